// Profile of a unit, comparison, years: tables of the tree with drawings, and lines.

// -- rows of the tree ------------------------------------------------------------------------------

/** Nodes from the root down, each with its depth. */
const tree = (() => {
  const out = [];
  const walk = (node, depth) => {
    out.push({ node, depth });
    for (const kid of model.groupOf.get(node)?.kids ?? []) walk(kid, depth + 1);
  };
  walk(model.root.node, 0);
  return out;
})();

function treeHead(table, names) {
  $(table).tHead.rows[0].replaceChildren(
    ...names.map(([name, kind]) => make("th", { scope: "col", class: kind }, name)),
  );
}

const treeName = ({ node, depth }) =>
  make("th", { scope: "row", class: `d${Math.min(depth, 4)} ${model.groupOf.has(node) ? "group" : ""}` }, nodeName(node));

/** Least and greatest value of any node in the period. */
function reachOf(rows) {
  let low = Infinity, high = -Infinity;
  for (const column of now.values) {
    for (const i of rows) {
      if (column[i] < low) low = column[i];
      if (column[i] > high) high = column[i];
    }
  }
  // what differs by rounding only stands at one place
  return high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high)) ? [low, high] : [low, low];
}

// -- profile ---------------------------------------------------------------------------------------

function peersOf(i) {
  const order = scored().sort((a, b) => total(b) - total(a) || a - b);
  const at = order.indexOf(i);
  if (at < 0) return [];
  const from = Math.max(0, Math.min(at - AROUND, order.length - 2 * AROUND - 1));
  return order.slice(from, from + 2 * AROUND + 1).filter((r) => r !== i);
}

function showProfile() {
  const i = rowOf(state.unit);
  fillUnits($("who"), state.unit);
  $("whoname").textContent = state.unit >= 0 ? unitName(state.unit) : "";
  const body = $("profiletable").tBodies[0];
  body.replaceChildren();
  if (i < 0) {
    $("whostands").textContent = say("nobody");
    $("peersare").textContent = "";
    return;
  }
  const rows = rowsNow();
  let stands = ALONE
    ? scoreAlone(total(i))
    : say("standing", { rank: rankText(now.ranks[i]), all: scored().length, score: score(total(i)) });
  if (interval && Number.isFinite(interval.low[i])) {
    stands += say("standingInterval", { interval: between(interval.low[i], interval.high[i]) });
  }
  $("whostands").textContent = stands;
  const peers = peersOf(i);
  $("peersare").textContent = peers.length
    ? say("peersAre", { units: joined(peers.map((r) => unitName(data.unit[r]))) })
    : "";
  treeHead("profiletable", [
    [say("item"), ""],
    [say("value"), "n wide"],
    [say("normalised"), "n"],
    [say("position"), "graph"],
    ...(ALONE ? [] : [[say("median"), "n wide"], [say("peers"), "n wide"], [say("rank"), "n"]]),
  ]);
  const [low, high] = reachOf(rows);
  for (const at of tree) {
    const column = now.values[at.node];
    const sorted = rows.map((r) => column[r]).filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
    const near = peers.map((r) => column[r]).filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
    const [median, beside] = [quantile(sorted, 0.5), quantile(near, 0.5)];
    const others = ALONE ? {} : { band: [quantile(sorted, 0.25), quantile(sorted, 0.75)], tick: median, diamond: beside };
    const graph = strip({ low, high, ...others, dots: [[column[i], 0]] });
    body.append(
      make("tr", { class: model.groupOf.has(at.node) ? "group" : "" },
        treeName(at),
        make("td", { class: "n wide value" }, at.node < model.m ? valueText(i, at.node) : ""),
        make("td", { class: "n" }, score(column[i], 3)),
        make("td", { class: "graph" }, graph),
        ...(ALONE
          ? []
          : [
              make("td", { class: "n wide" }, score(median, 3)),
              make("td", { class: "n wide" }, score(beside, 3)),
              make("td", { class: "n" }, rankText(model.ranks(column, [rows])[i])),
            ])),
    );
  }
}

/** A cell of the data as it was received; marked where it was filled in, or changed before use. */
function valueText(i, j) {
  const { received, used } = model.value(i, j);
  if (Number.isNaN(used) && Number.isNaN(received)) return say("missing");
  const unit = data.nodes[j].unit ? ` ${pick(data.nodes[j].unit)}` : "";
  const aside = (text) => (state.lang === "zh" ? `（${text}）` : ` (${text})`);
  if (model.imputed(i, j)) return plainNumber(used) + unit + aside(say("filled"));
  const changed = used === received ? "" : aside(say("used", { value: plainNumber(used) }));
  return plainNumber(received) + unit + changed;
}

// -- comparison ------------------------------------------------------------------------------------

function fillUnits(select, chosen, empty = false) {
  const known = select.dataset.lang;
  if (known !== state.lang) {
    const order = new Intl.Collator(state.lang === "zh" ? "zh-Hans" : "en", { numeric: true });
    const units = data.units.map((name, u) => ({ name, u })).sort((a, b) => order.compare(a.name, b.name));
    select.replaceChildren(
      ...(empty ? [make("option", { value: "" }, say("choose"))] : []),
      ...units.map(({ name, u }) => make("option", { value: u }, name)),
    );
    select.dataset.lang = state.lang;
  }
  select.value = empty ? "" : String(chosen);
}

function showChosen(list, select) {
  fillUnits($(select), -1, true);
  $(select).disabled = state.compared.length >= MOST;
  $(list).replaceChildren(
    ...state.compared.map((u, k) => {
      const key = draw("svg", { class: "key", viewBox: "0 0 12 12", "aria-hidden": "true" }, mark(6, 6, k));
      const away = make("button", { type: "button", "aria-label": say("remove", { unit: unitName(u) }) }, "×");
      away.addEventListener("click", () => {
        state.compared = state.compared.filter((v) => v !== u);
        show();
        ($(list).querySelector("button") ?? $(select)).focus();
      });
      return make("li", {}, key, unitName(u), away);
    }),
  );
}

function showComparison() {
  showChosen("chosen", "addunit");
  treeHead("comparetable", [
    [say("item"), ""],
    [say("position"), "graph"],
    ...state.compared.map((u) => [unitName(u), "n"]),
  ]);
  const rows = rowsNow();
  const [low, high] = reachOf(rows);
  const body = $("comparetable").tBodies[0];
  body.replaceChildren();
  const mine = state.compared.map(rowOf);
  const ranks = make("tr", { class: "group" }, make("th", { scope: "row", class: "d0" }, say("rank")), make("td", { class: "graph" }));
  for (const i of mine) ranks.append(make("td", { class: "n" }, i < 0 ? "—" : rankText(now.ranks[i])));
  body.append(ranks);
  for (const at of tree) {
    const column = now.values[at.node];
    const values = mine.map((i) => (i < 0 ? NaN : column[i]));
    const best = Math.max(...values.filter((v) => !Number.isNaN(v)));
    const sorted = rows.map((r) => column[r]).filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
    body.append(
      make("tr", { class: model.groupOf.has(at.node) ? "group" : "" },
        treeName(at),
        make("td", { class: "graph" }, strip({ low, high, tick: quantile(sorted, 0.5), dots: values.map((v, k) => [v, k]) })),
        ...values.map((v) => make("td", { class: v === best && values.length > 1 ? "n best" : "n" }, score(v, 3)))),
    );
  }
}

// -- years -----------------------------------------------------------------------------------------

function showYears() {
  if (!data.periods || data.periods.length < 2) return;
  showChosen("chosenyears", "addyear");
  const comparable = data.comparable && now.local.every((w) => w.length === 1);
  const metrics = ALONE ? ["score"] : comparable ? ["score", "rank"] : ["rank"];
  const metric = metrics.includes(state.metric) ? state.metric : metrics[0];
  $("metric").replaceChildren(...metrics.map((k) => make("option", { value: k }, say(k))));
  $("metric").value = metric;
  $("yearsnote").textContent = comparable || ALONE ? "" : say("incomparable");
  const ranks = metric === "rank";
  const column = ranks ? now.ranks : now.values[model.root.node];
  const line = (u) => model.periods.map((_, t) => {
    const i = model.unitRow(u, t);
    return i < 0 ? NaN : column[i];
  });
  const lines = state.compared.map((u, series) => ({ name: unitName(u), values: line(u), series }));
  const others = data.units.map((_, u) => u).filter((u) => !state.compared.includes(u));
  $("chart").replaceChildren(
    lineChart({
      width: Math.max(280, $("chart").clientWidth),
      periods: model.periods, lines, pale: others.map(line), ranks,
      said: say("yearsChart", { what: say(metric) }),
      number: (v) => (ranks ? String(v) : String(Number(v.toPrecision(6)))),
    }),
  );
  const head = $("yearstable").tHead.rows[0];
  head.replaceChildren(
    make("th", { scope: "col" }, say("unit")),
    ...model.periods.map((p) => make("th", { scope: "col", class: "n" }, p)),
  );
  $("yearstable").tBodies[0].replaceChildren(
    ...lines.map((l) =>
      make("tr", {}, make("th", { scope: "row" }, l.name),
        ...l.values.map((v) => make("td", { class: "n" }, ranks ? rankText(v) : score(v)))),
    ),
  );
}

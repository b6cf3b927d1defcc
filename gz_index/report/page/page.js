// The page: state, what is shown of it, and what moves it.

const data = JSON.parse(document.getElementById("data").textContent);
const model = new Model(data);
const $ = (id) => document.getElementById(id);
const STEPS = 200; // of a slider; the model reads its value as a share of these
const MOST = 4; // units compared
const AROUND = 3; // peers above and below

const state = {
  lang: data.lang,
  theme: "",
  set: 0,
  moves: new Map(),
  period: model.periods.length - 1,
  unit: -1,
  compared: [],
  tab: "ranking",
  metric: "score",
  sort: "rank",
  down: false,
  numbers: false,
  find: "",
};

// -- words and numbers -----------------------------------------------------------------------------

const pick = (pair) => pair[state.lang === "zh" ? 0 : 1];
const say = (key, places = {}) =>
  pick(data.words[key]).replace(/\{(\w+)\}/g, (_, name) => String(places[name] ?? ""));
const nodeName = (k) => pick(data.nodes[k].name);
const unitName = (u) => data.units[u];
const joined = (names) => names.join(state.lang === "zh" ? "、" : ", ");
const percent = (v) => `${(100 * v).toFixed(1)}${state.lang === "zh" ? "%" : "%"}`;

/** Decimals that tell the scores of this index apart. */
const decimals = (() => {
  const most = model.library.reduce((m, v) => (Number.isNaN(v) ? m : Math.max(m, Math.abs(v))), 0);
  return most >= 20 ? 2 : most >= 2 ? 3 : 4;
})();
const score = (v, d = decimals) => (Number.isFinite(v) ? v.toFixed(d).replace("-", "−") : "—");
const rankText = (v) => (Number.isFinite(v) ? String(v) : "—");
function plainNumber(v) {
  if (!Number.isFinite(v)) return "—";
  const size = Math.abs(v);
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  return size !== 0 && (size >= 1e9 || size < 1e-3)
    ? v.toExponential(2)
    : v.toLocaleString("en", { maximumFractionDigits: digits });
}

// -- what is computed ------------------------------------------------------------------------------

const definition = model.run(model.sets[0], new Map());
const definitionRanks = model.ranks(definition.values[model.root.node]);
let now = { ...definition, ranks: definitionRanks };
let leaders = null;

function compute() {
  try {
    const found = model.run(model.sets[state.set], state.moves);
    now = { ...found, ranks: model.ranks(found.values[model.root.node]) };
    $("alert").textContent = "";
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const unit = error.row >= 0 ? rowName(error.row) : "";
    $("alert").textContent = say(error.key, { node: nodeName(error.group.node), unit });
  }
}

const rowName = (i) =>
  unitName(data.unit[i]) + (data.periods ? ` ${model.periods[data.slot[i]]}` : "");
const rowsNow = () => model.rows[state.period];
const rowOf = (unit) => model.unitRow(unit, state.period);
const total = (i) => now.values[model.root.node][i];
const scored = () => rowsNow().filter((i) => !Number.isNaN(total(i)));

const interval = (() => {
  if (data.interval.why) return null;
  return { low: singles(data.interval.low), high: singles(data.interval.high) };
})();

// -- the leader ------------------------------------------------------------------------------------

function showLeader() {
  const rows = scored().sort((a, b) => total(b) - total(a));
  const best = rows.length ? total(rows[0]) : NaN;
  const first = rows.filter((i) => total(i) === best);
  const names = first.map((i) => unitName(data.unit[i]));
  $("leader").textContent = !first.length
    ? say("nobody")
    : first.length > 1
      ? say("tied", { units: joined(names.slice(0, 4)) })
      : say("leads", { unit: names[0] });
  const second = rows[first.length];
  $("leadscore").textContent = !first.length
    ? ""
    : second === undefined
      ? say("leadAlone", { score: score(best) })
      : say("lead", {
          score: score(best),
          second: unitName(data.unit[second]),
          gap: score(best - total(second)),
        });
  const key = first.map((i) => data.unit[i]).join();
  if (leaders !== null && leaders.period === state.period && leaders.key !== key && first.length) {
    $("news").textContent = say("newLeader", { unit: joined(names.slice(0, 4)), old: joined(leaders.names) });
  } else if (leaders !== null && leaders.period !== state.period) {
    $("news").textContent = "";
  }
  leaders = { key, names: names.slice(0, 4), period: state.period };
  let count = 0, most = 0, who = -1;
  for (const i of rowsNow()) {
    const off = Math.abs(now.ranks[i] - definitionRanks[i]);
    if (off > 0) count++;
    if (off > most) [most, who] = [off, i];
  }
  const untouched = state.set === 0 && !state.moves.size;
  $("moved").textContent = untouched
    ? say("asDefined")
    : count
      ? say("moved", { count, most, unit: unitName(data.unit[who]) })
      : say("sameRanks");
}

// -- ranking ---------------------------------------------------------------------------------------

const pillars = model.root.kids;
const adds = parts(model.root, [1, 1], [0.5, 0.5], 1) !== null && model.root.live;
const columnsOf = () => [
  { key: "rank", name: say("rank"), number: true },
  { key: "change", name: say("change"), number: true, title: say("changeTitle") },
  { key: "unit", name: say("unit") },
  { key: "score", name: say("score"), number: true },
  ...(state.numbers || !adds
    ? pillars.map((k, j) => ({ key: `p${j}`, name: nodeName(k), number: true, pillar: j }))
    : [{ key: "bar", name: say("contributions") }]),
  ...(interval ? [{ key: "interval", name: say("interval"), number: true }] : []),
];

/** What a row is sorted by: greater is first when descending. */
function sortValue(i, key) {
  if (key === "rank") return now.ranks[i];
  if (key === "score" || key === "bar") return total(i);
  if (key === "change") return definitionRanks[i] - now.ranks[i];
  if (key === "interval") return interval.high[i] - interval.low[i];
  return pillarValue(i)[Number(key.slice(1))];
}
const pillarValue = (i) =>
  (adds ? model.contributions(now, i) : pillars.map((k) => now.values[k][i])) ?? pillars.map(() => NaN);

let drawnRows = new Map();

function buildRanking() {
  const head = $("ranks").tHead.rows[0];
  head.replaceChildren(
    ...columnsOf().map((c) => {
      const button = make("button", { type: "button", title: c.title }, c.name);
      const cell = make("th", { scope: "col", class: `c-${c.key} ${c.number ? "n" : ""}` }, button);
      cell.dataset.key = c.key;
      button.addEventListener("click", () => sortBy(c.key));
      if (c.pillar !== undefined) cell.prepend(make("i", { class: `k fill f${c.pillar % 8}` }));
      return cell;
    }),
  );
  const keys = columnsOf().filter((c) => c.key !== "bar");
  const extra = state.numbers || !adds ? [] : pillars.map((k, j) => ({ key: `p${j}`, name: nodeName(k) }));
  $("sort").replaceChildren(...[...keys, ...extra].map((c) => make("option", { value: c.key }, c.name)));
  $("sort").value = state.sort;
  $("legend").replaceChildren(
    ...(adds && !state.numbers && pillars.length <= 12
      ? pillars.map((k, j) => make("li", {}, make("i", { class: `k fill f${j % 8}` }), nodeName(k)))
      : []),
  );
  const body = $("ranks").tBodies[0];
  body.replaceChildren();
  drawnRows = new Map();
  for (const i of rowsNow()) {
    const unit = data.unit[i];
    const name = make("button", { type: "button", class: "name" }, unitName(unit));
    name.addEventListener("click", () => {
      state.unit = unit;
      openTab("profile");
      $("profile").focus({ preventScroll: true });
      show();
    });
    const cells = {};
    const row = make("tr");
    for (const c of columnsOf()) {
      const cell = make(c.key === "unit" ? "th" : "td", {
        class: `c-${c.key} ${c.number ? "n" : ""}`,
        scope: c.key === "unit" ? "row" : null,
      });
      cells[c.key] = cell;
      row.append(cell);
    }
    cells.unit.append(name);
    if (cells.bar) {
      const bar = make("div", { class: "stack", "aria-hidden": "true" });
      for (let j = 0; j < pillars.length; j++) bar.append(make("i", { class: `f${j % 8}` }));
      const said = make("span", { class: "hidden" });
      cells.bar.append(bar, said);
    }
    if (cells.interval) {
      cells.interval.append(make("span"), make("div", { class: "whisker", "aria-hidden": "true" }, make("i")));
    }
    body.append(row);
    drawnRows.set(i, { row, cells });
  }
  const says = [];
  if (!adds) says.push(say("nothingAdds", { method: pick(data.groups[data.groups.length - 1].label) }));
  says.push(
    interval
      ? say("intervalMoves", { says: pick(data.interval.says) })
      : say("intervalAbsent", { why: pick(data.interval.why) }),
  );
  $("ranknote").textContent = says.join(state.lang === "zh" ? "" : " ");
}

function showRanking() {
  const rows = rowsNow();
  const values = new Map(rows.map((i) => [i, pillarValue(i)]));
  // the longest bar fills the column; parts below zero stand left of the axis
  let reach = 0, under = 0;
  if (adds) {
    for (const v of values.values()) {
      let up = 0, low = 0;
      for (const part of v) part > 0 ? (up += part) : (low -= part || 0);
      reach = Math.max(reach, up);
      under = Math.max(under, low);
    }
  }
  const span = reach + under || 1;
  const count = rows.length;
  for (const i of rows) {
    const { cells } = drawnRows.get(i);
    cells.rank.textContent = rankText(now.ranks[i]);
    cells.score.textContent = Number.isNaN(total(i)) ? say("withheld") : score(total(i));
    const shift = definitionRanks[i] - now.ranks[i];
    cells.change.textContent = shift > 0 ? `↑${shift}` : shift < 0 ? `↓${-shift}` : "·";
    cells.change.className = `c-change n ${shift > 0 ? "up" : shift < 0 ? "down" : ""}`;
    cells.change.setAttribute(
      "aria-label",
      shift > 0 ? say("up", { n: shift }) : shift < 0 ? say("down", { n: -shift }) : say("same"),
    );
    const mine = values.get(i);
    if (cells.bar) {
      const [bar, said] = cells.bar.children;
      let at = under;
      let back = under;
      mine.forEach((part, j) => {
        const v = Number.isFinite(part) ? part : 0;
        const style = bar.children[j].style;
        if (v < 0) back += v;
        style.left = `${(100 * (v < 0 ? back : at)) / span}%`;
        style.width = `${(100 * Math.abs(v)) / span}%`;
        if (v > 0) at += v;
      });
      said.textContent = joined(mine.map((v, j) => `${nodeName(pillars[j])} ${score(v)}`));
    } else {
      mine.forEach((v, j) => (cells[`p${j}`].textContent = score(v)));
    }
    if (cells.interval) {
      const [text, whisker] = cells.interval.children;
      const [low, high] = [interval.low[i], interval.high[i]];
      const there = Number.isFinite(low);
      text.textContent = there ? (low === high ? String(low) : `${low}–${high}`) : "—";
      const style = whisker.firstChild.style;
      style.left = there ? `${(100 * (low - 1)) / count}%` : "0";
      style.width = there ? `${(100 * (high - low + 1)) / count}%` : "0";
    }
  }
  orderRanking();
}

function orderRanking() {
  const { sort } = state;
  const sign = (sort === "unit" || sort === "rank" ? 1 : -1) * (state.down ? -1 : 1);
  const wanted = state.find.trim().toLowerCase();
  const rows = rowsNow().map((i) => ({ i, name: unitName(data.unit[i]) }));
  if (sort === "unit") {
    const order = new Intl.Collator(state.lang === "zh" ? "zh-Hans" : "en");
    rows.sort((a, b) => sign * order.compare(a.name, b.name));
  } else {
    for (const r of rows) r.key = sortValue(r.i, sort);
    const missing = (r) => Number.isNaN(r.key);
    rows.sort((a, b) => missing(a) - missing(b) || sign * (a.key - b.key) || now.ranks[a.i] - now.ranks[b.i] || a.i - b.i);
  }
  let shown = 0;
  const body = $("ranks").tBodies[0];
  rows.forEach(({ i, name }, k) => {
    const { row } = drawnRows.get(i);
    const hit = !wanted || name.toLowerCase().includes(wanted);
    row.hidden = !hit;
    shown += hit;
    if (body.rows[k] !== row) body.insertBefore(row, body.rows[k] ?? null);
  });
  const count = !shown ? say("noneFound") : shown < rows.length ? say("shown", { count: shown, all: rows.length }) : "";
  if ($("count").textContent !== count) $("count").textContent = count;
  for (const cell of $("ranks").tHead.rows[0].cells) {
    const mine = cell.dataset.key === sort || (sort === "score" && cell.dataset.key === "bar");
    const rising = (sort === "unit" || sort === "rank") !== state.down;
    if (mine) cell.setAttribute("aria-sort", rising ? "ascending" : "descending");
    else cell.removeAttribute("aria-sort");
  }
}

function sortBy(key) {
  const wanted = key === "bar" ? "score" : key;
  state.down = state.sort === wanted ? !state.down : false;
  state.sort = wanted;
  $("sort").value = wanted;
  orderRanking();
}

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
  return [low, high];
}

function placeIn(column, i, rows) {
  let above = 1;
  for (const r of rows) if (column[r] > column[i]) above++;
  return Number.isNaN(column[i]) ? NaN : above;
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
  let stands = say("standing", { rank: rankText(now.ranks[i]), all: scored().length, score: score(total(i)) });
  if (interval && Number.isFinite(interval.low[i])) {
    stands += say("standingInterval", { low: interval.low[i], high: interval.high[i] });
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
    [say("median"), "n wide"],
    [say("peers"), "n wide"],
    [say("rank"), "n"],
  ]);
  const [low, high] = reachOf(rows);
  for (const at of tree) {
    const column = now.values[at.node];
    const sorted = rows.map((r) => column[r]).filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
    const near = peers.map((r) => column[r]).filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
    const [median, beside] = [quantile(sorted, 0.5), quantile(near, 0.5)];
    let raw = "";
    if (at.node < model.m) {
      const unit = data.nodes[at.node].unit;
      raw = plainNumber(model.value(i, at.node)) + (unit ? ` ${pick(unit)}` : "");
      if (model.imputed(i, at.node)) raw += ` (${say("filled")})`;
      if (Number.isNaN(column[i])) raw = say("missing");
    }
    const graph = strip({
      low, high, band: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
      tick: median, diamond: beside, dots: [[column[i], 0]],
    });
    body.append(
      make("tr", { class: model.groupOf.has(at.node) ? "group" : "" },
        treeName(at),
        make("td", { class: "n wide" }, raw),
        make("td", { class: "n" }, score(column[i], 3)),
        make("td", { class: "graph" }, graph),
        make("td", { class: "n wide" }, score(median, 3)),
        make("td", { class: "n wide" }, score(beside, 3)),
        make("td", { class: "n" }, rankText(placeIn(column, i, rows)))),
    );
  }
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
  $("metric").replaceChildren(...["score", "rank"].map((k) => make("option", { value: k }, say(k))));
  $("metric").value = state.metric;
  const ranks = state.metric === "rank";
  const column = ranks ? now.ranks : now.values[model.root.node];
  const line = (u) => model.periods.map((_, t) => {
    const i = model.unitRow(u, t);
    return i < 0 ? NaN : column[i];
  });
  const lines = state.compared.map((u, series) => ({ name: unitName(u), values: line(u), series }));
  const others = data.units.map((_, u) => u).filter((u) => !state.compared.includes(u));
  $("chart").replaceChildren(
    lineChart({
      periods: model.periods, lines, pale: others.map(line), ranks,
      said: say("yearsChart", { what: say(state.metric) }),
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

// -- weights ---------------------------------------------------------------------------------------

const sliders = new Map();

function buildWeights() {
  $("sets").replaceChildren(
    ...model.sets.map((s, k) => {
      const input = make("input", { type: "radio", name: "set", value: k, id: `set${k}` });
      input.checked = state.set === k;
      input.addEventListener("change", () => {
        state.set = k;
        state.moves.clear();
        changed();
      });
      return make("label", { for: `set${k}` }, input, make("span", {}, pick(s.name)));
    }),
  );
  $("absent").replaceChildren(
    ...(data.absent.length
      ? [make("details", { class: "absent" }, make("summary", {}, say("absent")),
          make("ul", {}, ...data.absent.map((a) => make("li", {}, make("b", {}, pick(a.name)), ` — ${pick(a.why)}`))))]
      : []),
  );
  const open = new Set([...document.querySelectorAll("#sliders details[open]")].map((d) => d.dataset.node));
  sliders.clear();
  $("sliders").replaceChildren(...groupOfSliders(model.root, open));
}

function groupOfSliders(g, open) {
  const out = [];
  if (!g.open && g.closedBy === g) {
    out.push(make("p", { class: "off" }, say("off", { node: nodeName(g.node), method: pick(g.label) })));
  }
  for (const kid of g.kids) {
    out.push(slider(g, kid));
    const below = model.groupOf.get(kid);
    if (below && below.leaves.length > 1) {
      const box = make("details", { class: "below" },
        make("summary", {}, say("openGroup", { group: nodeName(kid), count: below.leaves.length })),
        ...groupOfSliders(below, open));
      box.dataset.node = kid;
      box.open = open.has(String(kid));
      out.push(box);
    }
  }
  return out;
}

function slider(g, kid) {
  const alone = g.kids.length === 1;
  const id = `w${kid}`;
  const text = make("output", { for: id });
  const row = make("div", { class: "slider" }, make("label", { for: id }, nodeName(kid)), text);
  if (alone) {
    text.textContent = say("single");
    row.replaceChildren(make("span", { class: "label" }, nodeName(kid)), text);
    return row;
  }
  const input = make("input", { type: "range", id, min: 0, max: STEPS, step: 1 });
  input.disabled = !g.open;
  input.addEventListener("input", () => move(kid, Number(input.value)));
  row.append(input);
  sliders.set(kid, { input, text, g });
  return row;
}

function showWeights() {
  const at = state.period;
  for (const [kid, { input, text, g }] of sliders) {
    const j = g.kids.indexOf(kid);
    const k = g.node - model.m;
    const vector = (w) => (w.length > 1 ? w[at] : w[0]);
    const share = vector(now.local[k])[j];
    const stored = model.sets[state.set].local[k];
    const base = Array.isArray(stored[0]) ? stored[at][j] : stored[j];
    const value = String(state.moves.get(kid) ?? Math.round(base * STEPS));
    if (input.value !== value) input.value = value;
    const isMoved = state.moves.has(kid) && g.open;
    input.parentElement.classList.toggle("moved", isMoved);
    text.textContent = percent(share);
    input.setAttribute("aria-valuetext", say("within", { share: percent(share) }) + (isMoved ? say("movedFrom", { share: percent(base) }) : ""));
    input.style.setProperty("--at", `${(100 * Number(value)) / STEPS}%`);
  }
  $("undo").disabled = !state.moves.size;
  [...$("sets").querySelectorAll("input")].forEach((input, k) => (input.checked = state.set === k));
  const set = model.sets[state.set];
  const says = [set.says ? pick(set.says) : "", ...set.notes.map(pick)];
  if (set.local.some((w) => Array.isArray(w[0]))) says.push(say("periodic"));
  $("setsays").textContent = says.filter(Boolean).join(state.lang === "zh" ? "；" : "; ");
}

/** Set the slider of a node; what every slider calls. */
function move(node, value) {
  state.moves.set(node, Math.min(STEPS, Math.max(0, Math.round(value))));
  changed();
}

// -- about -----------------------------------------------------------------------------------------

function showAbout() {
  $("aboutindex").textContent = pick(data.index.about);
  $("facts").replaceChildren(
    ...data.facts.flatMap(([head, text]) => [make("dt", {}, pick(head)), make("dd", {}, pick(text))]),
  );
  let same = 0, all = 0, most = 0;
  const mine = definition.values[model.root.node];
  model.library.forEach((v, i) => {
    if (Number.isNaN(v) && Number.isNaN(mine[i])) return;
    all++;
    if (v === mine[i]) same++;
    else most = Math.max(most, Math.abs(v - mine[i]) / Math.max(Math.abs(v), 1e-300));
  });
  $("checked").textContent = say("checked", { same, all, most: most ? most.toExponential(1) : "0" });
  $("notes").replaceChildren(...data.notes.map((n) => make("li", {}, pick(n))));
  $("noteshead").hidden = !data.notes.length;
}

// -- links -----------------------------------------------------------------------------------------

function toHash() {
  const p = new URLSearchParams();
  p.set("v", `1.${data.hash}.${data.dataHash}`);
  if (state.set) p.set("s", model.sets[state.set].id);
  if (state.moves.size) p.set("w", [...state.moves].map(([k, v]) => `${k}.${v}`).join("_"));
  if (state.period !== model.periods.length - 1) p.set("t", state.period);
  if (state.unit >= 0) p.set("u", state.unit);
  if (state.compared.length) p.set("c", state.compared.join("_"));
  if (state.tab !== "ranking") p.set("p", state.tab);
  if (state.metric !== "score") p.set("m", state.metric);
  p.set("l", state.lang);
  return `#${p}`;
}

/** Take a setting from a link; whatever in it does not fit is left out and said. */
function fromHash(text) {
  const p = new URLSearchParams(text.replace(/^#/, ""));
  if (!p.has("v")) return "";
  const [version, definitionHash, dataHash] = p.get("v").split(".");
  if (p.get("l") === "zh" || p.get("l") === "en") state.lang = p.get("l");
  if (version !== "1" || definitionHash !== data.hash) return "otherDefinition";
  let bad = false;
  const whole = (value, limit) => {
    const fits = /^\d{1,7}$/.test(value) && Number(value) < limit;
    bad ||= !fits;
    return fits ? Number(value) : -1;
  };
  state.set = 0;
  state.moves.clear();
  if (p.has("s")) {
    const k = model.sets.findIndex((s) => s.id === p.get("s"));
    bad ||= k < 0;
    state.set = Math.max(0, k);
  }
  for (const part of (p.get("w") ?? "").split("_").filter(Boolean)) {
    const [a, b] = part.split(".");
    const [node, value] = [whole(a ?? "", data.nodes.length), whole(b ?? "", STEPS + 1)];
    const parent = node >= 0 ? model.groupOf.get(data.nodes[node].parent) : null;
    if (node < 0 || value < 0 || !parent?.open || parent.kids.length < 2) bad = true;
    else state.moves.set(node, value);
  }
  const tabs = ["ranking", "profile", "comparison", "years", "about"];
  if (p.has("p")) tabs.includes(p.get("p")) ? (state.tab = p.get("p")) : (bad = true);
  if (p.has("m")) ["score", "rank"].includes(p.get("m")) ? (state.metric = p.get("m")) : (bad = true);
  if (dataHash !== data.dataHash) return "otherData";
  if (p.has("t")) {
    const t = whole(p.get("t"), model.periods.length);
    if (t >= 0) state.period = t;
  }
  if (p.has("u")) {
    const u = whole(p.get("u"), data.units.length);
    if (u >= 0) state.unit = u;
  }
  if (p.has("c")) {
    const units = p.get("c").split("_").map((u) => whole(u, data.units.length));
    state.compared = [...new Set(units)].filter((u) => u >= 0).slice(0, MOST);
  }
  return bad ? "badLink" : "";
}

let hashTimer = 0;
function keepHash() {
  clearTimeout(hashTimer);
  hashTimer = setTimeout(() => {
    try {
      history.replaceState(null, "", toHash());
    } catch {
      // a page that may not change its address still works
    }
  }, 250);
}

// -- all of it -------------------------------------------------------------------------------------

const SHOW = { ranking: showRanking, profile: showProfile, comparison: showComparison, years: showYears, about: showAbout };

let waiting = 0;
/** Compute and show again, once for all that changes before the next frame. */
function changed() {
  if (waiting) return;
  waiting = requestAnimationFrame(() => {
    waiting = 0;
    refresh();
  });
}

function refresh() {
  compute();
  show();
}

function show() {
  showLeader();
  showWeights();
  SHOW[state.tab]();
  keepHash();
}

function openTab(name) {
  state.tab = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const mine = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(mine));
    tab.tabIndex = mine ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !mine;
  }
}

function speak() {
  document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
  document.title = pick(data.index.name);
  $("title").textContent = pick(data.index.name);
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = say(e.dataset.t);
  for (const e of document.querySelectorAll("[data-l]")) e.setAttribute("aria-label", say(e.dataset.l));
  $("language").lang = state.lang === "zh" ? "en" : "zh-CN";
  const size = { units: data.units.length, indicators: model.m, periods: model.periods.length };
  $("size").textContent = say(model.periods.length > 1 ? "sizePeriods" : "size", size);
  showTheme();
}

function showTheme() {
  const root = document.documentElement;
  if (state.theme) root.dataset.theme = state.theme;
  else delete root.dataset.theme;
  const name = say(state.theme || "auto");
  $("theme").textContent = state.lang === "zh" ? `${say("theme")}：${name}` : `${say("theme")}: ${name}`;
}

function rebuild() {
  speak();
  buildRanking();
  buildWeights();
  openTab(state.tab);
  refresh();
}

function start() {
  const many = data.periods && data.periods.length > 1;
  $("periodbox").hidden = !many;
  $("tab-years").hidden = !many;
  if (many) $("period").replaceChildren(...model.periods.map((p, t) => make("option", { value: t }, p)));
  const said = fromHash(location.hash);
  if (!many && state.tab === "years") state.tab = "ranking";
  const best = [...rowsNow()].filter((i) => definitionRanks[i] > 0).sort((a, b) => definitionRanks[a] - definitionRanks[b]);
  if (state.unit < 0) state.unit = data.unit[best[0] ?? rowsNow()[0]];
  if (!state.compared.length) state.compared = best.slice(0, 3).map((i) => data.unit[i]);
  $("period").value = state.period;
  if (window.matchMedia("(max-width: 62rem)").matches) $("weightsbox").open = false;
  rebuild();
  if (said) $("news").textContent = say(said);
  listen();
}

function listen() {
  $("language").addEventListener("click", () => {
    state.lang = state.lang === "zh" ? "en" : "zh";
    rebuild();
  });
  $("theme").addEventListener("click", () => {
    state.theme = { "": "light", light: "dark", dark: "" }[state.theme];
    showTheme();
  });
  $("share").addEventListener("click", async () => {
    const link = location.href.split("#")[0] + toHash();
    $("shared").hidden = false;
    $("link").value = link;
    $("link").select();
    try {
      await navigator.clipboard.writeText(link);
      $("copied").textContent = say("copied");
    } catch {
      $("copied").textContent = say("copy");
    }
  });
  $("period").addEventListener("change", () => {
    state.period = Number($("period").value);
    buildRanking();
    show();
  });
  $("find").addEventListener("input", () => {
    state.find = $("find").value;
    orderRanking();
  });
  $("sort").addEventListener("change", () => {
    state.sort = $("sort").value;
    state.down = false;
    orderRanking();
  });
  $("numbers").addEventListener("change", () => {
    state.numbers = $("numbers").checked;
    buildRanking();
    showRanking();
  });
  $("who").addEventListener("change", () => {
    state.unit = Number($("who").value);
    show();
  });
  for (const id of ["addunit", "addyear"]) {
    $(id).addEventListener("change", () => {
      const u = $(id).value;
      if (u !== "" && !state.compared.includes(Number(u))) state.compared.push(Number(u));
      show();
    });
  }
  $("metric").addEventListener("change", () => {
    state.metric = $("metric").value;
    show();
  });
  $("undo").addEventListener("click", () => {
    state.moves.clear();
    refresh();
    $("weightsbox").querySelector("summary").focus();
  });
  window.addEventListener("hashchange", () => {
    const said = fromHash(location.hash);
    $("period").value = state.period;
    rebuild();
    if (said) $("news").textContent = say(said);
  });
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      openTab(tab.id.slice(4));
      show();
    });
    tab.addEventListener("keydown", (event) => {
      const there = tabs.filter((t) => !t.hidden);
      const at = there.indexOf(tab);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: there.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = there[(to + there.length) % there.length];
      next.focus();
      next.click();
    });
  }
}

start();

/**
 * What a script may do that stands in for a reader: move sliders by the code of their node, choose
 * a set by its id; `ranks()` are those of the period shown, by unit.
 */
window.gzPage = Object.freeze({
  move(values) {
    for (const [code, value] of Object.entries(values)) move(data.nodes.findIndex((k) => k.code === code), value);
  },
  choose(id) {
    state.set = Math.max(0, model.sets.findIndex((s) => s.id === id));
    state.moves.clear();
    changed();
  },
  flush() {
    if (waiting) cancelAnimationFrame(waiting);
    waiting = 0;
    refresh();
  },
  ranks: () => Object.fromEntries(rowsNow().map((i) => [unitName(data.unit[i]), now.ranks[i]])),
  scores: () => Object.fromEntries(rowsNow().map((i) => [unitName(data.unit[i]), total(i)])),
});

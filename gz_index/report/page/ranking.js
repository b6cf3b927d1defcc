// The table of ranks.

const pillars = model.root.kids;
const adds = parts(model.root, [1, 1], [0.5, 0.5], 1) !== null && model.root.live;
const columnsOf = () => [
  ...(ALONE
    ? []
    : [
        { key: "rank", name: say("rank"), number: true },
        { key: "change", name: say("change"), number: true, title: say("changeTitle") },
      ]),
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
  $("ranks").classList.toggle("fixed", !state.numbers && adds);
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
    cells.change?.append(make("span", { role: "img" }));
    if (cells.bar) {
      cells.bar.append(make("div", { class: "stack", role: "img" }));
    }
    if (cells.interval) {
      const [low, high] = [interval.low[i], interval.high[i]];
      const there = Number.isFinite(low);
      const whisker = make("span", { class: "whisker", "aria-hidden": "true" }, make("i"));
      const count = rowsNow().length;
      // at the last rank the least width would reach beyond the end
      whisker.firstChild.style.left = there ? `min(${(100 * (low - 1)) / count}%, 100% - 3px)` : "0";
      whisker.firstChild.style.width = there ? `${(100 * (high - low + 1)) / count}%` : "0";
      cells.interval.append(make("span", {}, there ? between(low, high) : "—"), whisker);
    }
    body.append(row);
    drawnRows.set(i, { row, cells });
  }
  const says = [];
  if (!adds) says.push(say("nothingAdds", { method: pick(data.groups[data.groups.length - 1].label) }));
  says.push(
    ALONE
      ? say("alone")
      : interval
        ? say("intervalMoves", { says: pick(data.interval.says) })
        : say("intervalAbsent", { why: pick(data.interval.why) }),
  );
  $("ranknote").textContent = says.join(state.lang === "zh" ? "" : " ");
}

/** Put a text where it is another one: what stays is not laid out again. */
function put(element, text) {
  if (element.firstChild) {
    if (element.firstChild.data !== text) element.firstChild.data = text;
  } else if (text) element.textContent = text;
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
  for (const i of rows) {
    const { cells } = drawnRows.get(i);
    put(cells.score, Number.isNaN(total(i)) ? say("withheld") : score(total(i)));
    if (!ALONE) {
      put(cells.rank, rankText(now.ranks[i]));
      const shift = definitionRanks[i] - now.ranks[i];
      const arrow = cells.change.firstChild;
      put(arrow, shift > 0 ? `↑${shift}` : shift < 0 ? `↓${-shift}` : "");
      arrow.setAttribute("aria-label", shift > 0 ? say("up", { n: shift }) : shift < 0 ? say("down", { n: -shift }) : say("same"));
      cells.change.className = `c-change n ${shift > 0 ? "up" : shift < 0 ? "down" : ""}`;
    }
    const mine = values.get(i);
    if (cells.bar) {
      const bar = cells.bar.firstChild;
      bar.style.background = stacked(mine, under, span);
      bar.setAttribute("aria-label", joined(mine.map((v, j) => `${nodeName(pillars[j])} ${score(v)}`)));
    } else {
      mine.forEach((v, j) => put(cells[`p${j}`], score(v)));
    }
  }
  orderRanking();
}

/** Parts as one background: those below zero leftwards from the axis, the others rightwards. */
function stacked(values, under, span) {
  const left = [], right = [];
  let [back, at] = [under, under];
  values.forEach((v, j) => {
    if (v < 0) left.unshift([(back += v), back - v, j]);
    else if (v > 0) right.push([at, (at += v), j]);
  });
  const stops = [`transparent ${(100 * back) / span}%`];
  for (const [a, b, j] of [...left, ...right]) {
    const [from, to] = [(100 * a) / span, (100 * b) / span];
    stops.push(`var(--f${j % 8}) ${from}% calc(${to}% - 1px)`, `var(--paper) calc(${to}% - 1px) ${to}%`);
  }
  return `linear-gradient(to right, ${stops.join(", ")}, transparent 0)`;
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
    const mine = cell.dataset.key === sort;
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

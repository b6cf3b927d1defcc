// What the page stands at, its words and numbers, and what is computed of it.

const data = JSON.parse(document.getElementById("data").textContent);
const model = new Model(data);
const $ = (id) => document.getElementById(id);
const STEPS = 200; // of a slider; the model reads its value as a share of these
const MOST = 4; // units compared
const AROUND = 3; // peers above and below

/** The last period in which something has a score. */
const LAST = (() => {
  const has = (t) => model.rows[t].some((i) => !Number.isNaN(model.library[i]));
  for (let t = model.periods.length - 1; t > 0; t--) if (has(t)) return t;
  return 0;
})();

const ALONE = data.units.length === 1; // there is nothing to rank

/** What a link says beside the weights, where it says nothing; null is chosen by `settle`. */
const usual = () => ({ period: LAST, unit: -1, compared: null, tab: "ranking", metric: "score" });

const state = {
  lang: data.lang,
  theme: "",
  set: 0,
  moves: new Map(),
  ...usual(),
  sort: ALONE ? "score" : "rank",
  down: false,
  numbers: false,
  find: "",
};

// -- words and numbers -----------------------------------------------------------------------------

const pick = (pair) => pair[state.lang === "zh" ? 0 : 1];
/** Words with their places filled; what is a function is asked in the language of the moment. */
const say = (key, places = {}) =>
  pick(data.words[key]).replace(/\{(\w+)\}/g, (_, name) => {
    const value = places[name];
    return String((typeof value === "function" ? value() : value) ?? "");
  });
const nodeName = (k) => pick(data.nodes[k].name);
const unitName = (u) => data.units[u];
const joined = (names) => names.join(state.lang === "zh" ? "、" : ", ");
/** Some names and how many more there are. */
const some = (names, most = 4) =>
  names.length > most
    ? say("andMore", { units: joined(names.slice(0, most)), count: names.length - most })
    : joined(names);
const percent = (v) => `${(100 * v).toFixed(1)}%`;

/** Decimals that tell the scores of this index apart. */
const decimals = (() => {
  const most = model.library.reduce((m, v) => (Number.isNaN(v) ? m : Math.max(m, Math.abs(v))), 0);
  return most >= 20 ? 2 : most >= 2 ? 3 : 4;
})();
/** A number with a true minus; zero has none. */
const signed = (text) => (/[1-9]/.test(text) ? text.replace("-", "−") : text.replace("-", ""));
const score = (v, d = decimals) => (Number.isFinite(v) ? signed(v.toFixed(d)) : "—");
/** A difference above zero, also where it is less than the last digit. */
function gapText(v) {
  const step = (10 ** -decimals).toFixed(decimals);
  return v > 0 && v < Number(step) ? say("lessThan", { step }) : score(v);
}
const between = (low, high) => (low === high ? String(low) : `${low}–${high}`);
const rankText = (v) => (Number.isFinite(v) ? String(v) : "—");
function plainNumber(v) {
  if (!Number.isFinite(v)) return "—";
  const size = Math.abs(v);
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
  return signed(
    size !== 0 && (size >= 1e15 || size < 1e-3)
      ? v.toExponential(2)
      : v.toLocaleString("en", { maximumFractionDigits: digits }),
  );
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

let news = [];
/** Say something to everybody, also to those who hear the page: pairs of words and their places. */
function tell(...said) {
  news = said;
  $("news").textContent = said.map(([key, places]) => say(key, places)).join(state.lang === "zh" ? "" : " ");
}

/** A score by itself: with what it means, if that is known. */
function scoreAlone(v) {
  const means = data.base && Number.isFinite(v) ? pick(data.base) : "";
  return say("leadAlone", { score: score(v) }) + means;
}

function showLeader() {
  const rows = scored().sort((a, b) => total(b) - total(a));
  const best = rows.length ? total(rows[0]) : NaN;
  const first = rows.filter((i) => total(i) === best);
  const names = first.map((i) => unitName(data.unit[i]));
  $("leader").textContent = !first.length
    ? say("nobody")
    : first.length > 1
      ? say("tied", { units: some(names) })
      : rows.length > 1
        ? say("leads", { unit: names[0] })
        : names[0];
  const second = rows[first.length];
  $("leadscore").textContent = !first.length
    ? ""
    : second === undefined
      ? scoreAlone(best)
      : say("lead", {
          score: score(best),
          second: unitName(data.unit[second]),
          gap: gapText(best - total(second)),
        });
  const key = first.map((i) => data.unit[i]).join();
  if (leaders !== null && leaders.period === state.period && leaders.key !== key && first.length) {
    const old = leaders.names;
    tell(["newLeader", { unit: () => some(names), old: () => some(old) }]);
  } else if (leaders !== null && leaders.period !== state.period) {
    tell();
  }
  leaders = { key, names, period: state.period };
  const untouched = state.set === 0 && !state.moves.size;
  if (ALONE) {
    const was = definition.values[model.root.node][rowsNow()[0]];
    const says = [untouched ? say("asDefined") : say("underDefinition", { score: score(was) }), say("alone")];
    $("moved").textContent = says.join(state.lang === "zh" ? "" : " ");
    return;
  }
  let count = 0, most = 0, who = -1;
  for (const i of rowsNow()) {
    const off = Math.abs(now.ranks[i] - definitionRanks[i]);
    if (off > 0) count++;
    if (off > most) [most, who] = [off, i];
  }
  $("moved").textContent = untouched
    ? say("asDefined")
    : count
      ? say("moved", { count, most, unit: unitName(data.unit[who]) })
      : say("sameRanks");
}

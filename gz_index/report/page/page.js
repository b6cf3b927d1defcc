// Where the numbers come from, links, and what starts and moves all of it.

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
  const set = model.sets[state.set];
  if (state.set) p.set("s", `${set.id}.${set.hash}`);
  if (state.moves.size) p.set("w", [...state.moves].map(([k, v]) => `${k}.${v}`).join("_"));
  if (state.period !== LAST) p.set("t", state.period);
  if (state.unit >= 0) p.set("u", state.unit);
  p.set("c", state.compared.join("_"));
  if (state.tab !== "ranking") p.set("p", state.tab);
  if (state.metric !== "score") p.set("m", state.metric);
  p.set("l", state.lang);
  return `#${p}`;
}

/** Take a setting from a link; return what to say of what in it does not fit and was left out. */
function fromHash(text) {
  const p = new URLSearchParams(text.replace(/^#/, ""));
  if (!p.has("v")) return [];
  const [version, definitionHash, dataHash] = p.get("v").split(".");
  if (p.get("l") === "zh" || p.get("l") === "en") state.lang = p.get("l");
  if (version !== "1" || definitionHash !== data.hash) return [["otherDefinition"]];
  let bad = false;
  const whole = (value, limit) => {
    const fits = /^\d{1,7}$/.test(value) && Number(value) < limit;
    bad ||= !fits;
    return fits ? Number(value) : -1;
  };
  const said = [];
  state.set = 0;
  state.moves.clear();
  // a set is known by its name and its weights: moved sliders would mean another thing with others
  const at = (p.get("s") ?? "").lastIndexOf(".");
  const id = (p.get("s") ?? "").slice(0, at < 0 ? undefined : at);
  if (p.has("s")) state.set = model.sets.findIndex((s) => p.get("s") === `${s.id}.${s.hash}`);
  if (state.set < 0) {
    state.set = 0;
    said.push([dataHash === data.dataHash ? "otherSet" : "otherBoth", { set: id }]);
  }
  for (const part of said.length ? [] : (p.get("w") ?? "").split("_").filter(Boolean)) {
    const [a, b] = part.split(".");
    const [node, value] = [whole(a ?? "", data.nodes.length), whole(b ?? "", STEPS + 1)];
    const parent = node >= 0 ? model.groupOf.get(data.nodes[node].parent) : null;
    if (node < 0 || value < 0 || !parent?.open || parent.kids.length < 2) bad = true;
    else state.moves.set(node, value);
  }
  if (dataHash !== data.dataHash) return said.length ? said : [["otherData"]];
  Object.assign(state, usual());
  if (p.has("p")) $(`tab-${p.get("p")}`)?.hidden === false ? (state.tab = p.get("p")) : (bad = true);
  if (p.has("m")) ["score", "rank"].includes(p.get("m")) ? (state.metric = p.get("m")) : (bad = true);
  if (p.has("t")) {
    const t = whole(p.get("t"), model.periods.length);
    if (t >= 0) state.period = t;
  }
  if (p.has("u")) {
    const u = whole(p.get("u"), data.units.length);
    if (u >= 0) state.unit = u;
  }
  if (p.has("c")) {
    const units = p.get("c").split("_").filter(Boolean).map((u) => whole(u, data.units.length));
    state.compared = [...new Set(units)].filter((u) => u >= 0).slice(0, MOST);
  }
  return bad ? [...said, ["badLink"]] : said;
}

/** Choose units where nobody has: the best ones of the definition. */
function settle() {
  const best = rowsNow().filter((i) => definitionRanks[i] > 0).sort((a, b) => definitionRanks[a] - definitionRanks[b]);
  if (state.unit < 0) state.unit = data.unit[best[0] ?? rowsNow()[0]];
  state.compared ??= best.slice(0, 3).map((i) => data.unit[i]);
  $("period").value = state.period;
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

/** A table that is wider than its place can be scrolled by keyboard. */
function reachable() {
  for (const box of document.querySelectorAll(".scroll")) {
    const wide = box.scrollWidth > box.clientWidth + 1; // widths are rounded
    if (wide === box.hasAttribute("tabindex")) continue;
    const settings = { tabindex: "0", role: "region", "aria-label": box.querySelector("caption").textContent };
    for (const [name, value] of Object.entries(settings)) {
      if (wide) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
  }
}

function openTab(name) {
  state.tab = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const mine = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(mine));
    tab.tabIndex = mine ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !mine;
  }
  requestAnimationFrame(reachable);
}

function speak() {
  document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
  document.title = pick(data.index.name);
  $("title").textContent = pick(data.index.name);
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = say(e.dataset.t);
  for (const e of document.querySelectorAll("[data-l]")) e.setAttribute("aria-label", say(e.dataset.l));
  $("language").lang = state.lang === "zh" ? "en" : "zh-CN";
  const size = { units: data.units.length, indicators: model.m, periods: model.periods.length };
  $("size").textContent = say(ALONE ? "sizeAlone" : model.periods.length > 1 ? "sizePeriods" : "size", size);
  tell(...news);
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
  $("tab-comparison").hidden = ALONE;
  if (ALONE) {
    $("tab-ranking").dataset.t = "score";
    $("ranks").caption.dataset.t = "contributions";
    document.querySelector("[data-t=weightsHow]").dataset.t = "weightsAlone";
    for (const id of ["find", "sort", "who", "addyear"]) $(id).parentElement.hidden = true;
    for (const e of [$("chosenyears"), document.querySelector("#profile .legend")]) e.hidden = true;
  }
  if (many) $("period").replaceChildren(...model.periods.map((p, t) => make("option", { value: t }, p)));
  const said = fromHash(location.hash);
  settle();
  if (window.matchMedia("(max-width: 62rem)").matches) $("weightsbox").open = false;
  rebuild();
  if (said.length) tell(...said);
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
    reachable();
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
  window.addEventListener("hashchange", (event) => {
    const said = fromHash(new URL(event.newURL).hash); // the address itself may have moved on
    settle();
    rebuild();
    tell(...said);
  });
  window.addEventListener("resize", () => {
    reachable();
    if (state.tab === "years") showYears();
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
 * a set by its id; `ranks()`, `scores()` and `contributions()` are those of the period shown, by
 * unit.
 */
window.gzPage = Object.freeze({
  move(values) {
    for (const [code, value] of Object.entries(values)) {
      const node = data.nodes.findIndex((k) => k.code === code);
      if (!sliders.has(node)) throw new RangeError(`no slider for ${code}`);
      move(node, value);
    }
  },
  choose(id) {
    const k = model.sets.findIndex((s) => s.id === id);
    if (k < 0) throw new RangeError(`no set of weights ${id}`);
    state.set = k;
    state.moves.clear();
    changed();
  },
  flush() {
    if (waiting) cancelAnimationFrame(waiting);
    waiting = 0;
    refresh();
  },
  ranks: () => Object.fromEntries(rowsNow().map((i) => [unitName(data.unit[i]), now.ranks[i]])),
  contributions: () => Object.fromEntries(rowsNow().map((i) => [unitName(data.unit[i]), model.contributions(now, i)])),
  setting: () => ({
    set: model.sets[state.set].id,
    period: model.periods[state.period],
    moves: Object.fromEntries([...state.moves].map(([k, v]) => [data.nodes[k].code, v])),
  }),
  scores: () => Object.fromEntries(rowsNow().map((i) => [unitName(data.unit[i]), total(i)])),
});

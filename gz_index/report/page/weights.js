// Sets of weights and sliders.

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
        make("summary", {}, make("span", { class: "hidden" }, `${nodeName(kid)} `), say("openGroup", { count: below.leaves.length })),
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
  }
  $("undo").disabled = !state.moves.size;
  [...$("sets").querySelectorAll("input")].forEach((input, k) => (input.checked = state.set === k));
  const set = model.sets[state.set];
  const says = set.notes.map(pick);
  if (set.local.some((w) => Array.isArray(w[0]))) says.push(say("periodic"));
  $("setsays").textContent = says.filter(Boolean).join(state.lang === "zh" ? "；" : "; ");
}

/** Set the slider of a node; what every slider calls. */
function move(node, value) {
  if (!Number.isFinite(value)) throw new RangeError(`no place of a slider: ${value}`);
  state.moves.set(node, Math.min(STEPS, Math.max(0, Math.round(value))));
  changed();
}

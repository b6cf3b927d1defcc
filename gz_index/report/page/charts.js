// Elements and drawings. Text only ever goes in as text.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; strings become text. */
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((c) => c !== null));
  return element;
}

/** Place of a value on a scale from low to high, from 0 to 1. */
const along = (value, low, high) => (high > low ? (value - low) / (high - low) : 0.5);

/** Value at a share of sorted numbers, between neighbours in proportion. */
function quantile(sorted, share) {
  if (!sorted.length) return NaN;
  const at = share * (sorted.length - 1);
  const k = Math.floor(at);
  return sorted[k] + (at - k) * ((sorted[k + 1] ?? sorted[k]) - sorted[k]);
}

/** A strip on a common scale: a band, ticks, a diamond, dots with the class of their series. */
function strip({ low, high, band = null, tick = null, diamond = null, dots = [] }) {
  const x = (v) => 4 + 152 * Math.min(1, Math.max(0, along(v, low, high)));
  const svg = draw("svg", { class: "strip", viewBox: "0 0 160 18", "aria-hidden": "true", focusable: "false" });
  svg.append(draw("line", { class: "axis", x1: 4, x2: 156, y1: 9, y2: 9 }));
  if (band && band.every(Number.isFinite)) {
    const [a, b] = band.map(x);
    svg.append(draw("rect", { class: "band", x: a, width: Math.max(1, b - a), y: 5, height: 8 }));
  }
  if (Number.isFinite(tick)) svg.append(draw("line", { class: "tick", x1: x(tick), x2: x(tick), y1: 2, y2: 16 }));
  if (Number.isFinite(diamond)) {
    const at = x(diamond);
    svg.append(draw("path", { class: "diamond", d: `M${at - 4.5} 9L${at} 4.5L${at + 4.5} 9L${at} 13.5Z` }));
  }
  for (const [value, series] of dots) {
    if (Number.isFinite(value)) svg.append(mark(x(value), 9, series));
  }
  return svg;
}

/** A dot whose shape tells its series without colour. */
function mark(x, y, series) {
  const shape = [
    () => draw("circle", { cx: x, cy: y, r: 4.5 }),
    () => draw("rect", { x: x - 4, y: y - 4, width: 8, height: 8 }),
    () => draw("path", { d: `M${x} ${y - 5}L${x + 5} ${y + 4}L${x - 5} ${y + 4}Z` }),
    () => draw("path", { d: `M${x} ${y + 5}L${x + 5} ${y - 4}L${x - 5} ${y - 4}Z` }),
  ][series % 4]();
  shape.setAttribute("class", `mark s${series}`);
  return shape;
}

/** Round steps of an axis. */
function steps(low, high, most = 5) {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / most));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => span / s <= most);
  const out = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++) out.push(k * step);
  return out;
}

/**
 * Lines over periods: `pale` in the back, `lines` ({name, values, series}) with their names at the
 * right end; ranks with 1 on top.
 */
function lineChart({ width, periods, pale, lines, ranks, said, number }) {
  const all = [...pale, ...lines.map((l) => l.values)].flat().filter(Number.isFinite);
  if (!all.length) return make("p", {}, "—");
  let low = Infinity, high = -Infinity;
  for (const v of all) [low, high] = [Math.min(low, v), Math.max(high, v)]; // too many to be arguments
  if (ranks) low = Math.min(1, low);
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const W = width, narrow = W < 520;
  const H = narrow ? 300 : 400, left = 44, right = narrow ? 78 : 132, top = 14, bottom = 30;
  const x = (t) => left + (periods.length > 1 ? (t / (periods.length - 1)) * (W - left - right) : 0);
  const y = (v) => {
    const p = along(v, low, high);
    return top + (ranks ? p : 1 - p) * (H - top - bottom);
  };
  const svg = draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": said });
  const ticks = steps(low, high).filter((v) => !ranks || (v >= 1 && Number.isInteger(v)));
  if (ranks && !ticks.includes(1)) ticks.unshift(1);
  for (const v of ticks) {
    svg.append(draw("line", { class: "gridline", x1: left, x2: W - right, y1: y(v), y2: y(v) }));
    svg.append(draw("text", { class: "label", x: left - 8, y: y(v) + 4, "text-anchor": "end" }, number(v)));
  }
  const every = Math.ceil(periods.length / (narrow ? 4 : 10));
  periods.forEach((p, t) => {
    if (t % every === 0) svg.append(draw("text", { class: "label", x: x(t), y: H - 8, "text-anchor": "middle" }, p));
  });
  const path = (values) => {
    let d = "", pen = false;
    values.forEach((v, t) => {
      if (Number.isFinite(v)) d += `${pen ? "L" : "M"}${x(t).toFixed(1)} ${y(v).toFixed(1)}`;
      pen = Number.isFinite(v);
    });
    return d;
  };
  for (const values of pale) svg.append(draw("path", { class: pale.length > 60 ? "pale many" : "pale", d: path(values) }));
  const ends = [];
  for (const { name, values, series } of lines) {
    svg.append(draw("path", { class: `line s${series}`, d: path(values) }));
    values.forEach((v, t) => Number.isFinite(v) && svg.append(mark(x(t), y(v), series)));
    const last = values.findLastIndex?.(Number.isFinite) ?? values.length - 1;
    if (last >= 0 && Number.isFinite(values[last])) ends.push({ name, series, y: y(values[last]) });
  }
  ends.sort((a, b) => a.y - b.y);
  for (let k = 1; k < ends.length; k++) ends[k].y = Math.max(ends[k].y, ends[k - 1].y + 17);
  const over = ends.length ? Math.max(0, ends[ends.length - 1].y - (H - bottom)) : 0;
  for (const e of ends) {
    const most = narrow ? 8 : 14;
    const text = e.name.length > most ? `${e.name.slice(0, most - 1)}…` : e.name;
    svg.append(draw("text", { class: `end s${e.series}`, x: W - right + 12, y: e.y - over + 4 }, text));
  }
  return svg;
}

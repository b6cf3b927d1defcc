// The index as the library computes it: the same formulas in the same order of additions.

/** Bytes of base64 text. */
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const doubles = (text) => new Float64Array(bytes(text).buffer);
const singles = (text) => new Float32Array(bytes(text).buffer);

/** Why an index cannot be computed: a key of the words, the group, the row. */
class Refused extends Error {
  constructor(key, group, row = -1) {
    super(key);
    Object.assign(this, { key, group, row });
  }
}

/** Sum of n numbers from `start` on, added in pairs as numpy does. */
function sum(a, start = 0, n = a.length) {
  if (n < 8) {
    let s = 0;
    for (let i = 0; i < n; i++) s += a[start + i];
    return s;
  }
  if (n <= 128) {
    const r = Array.from({ length: 8 }, (_, k) => a[start + k]);
    let i = 8;
    for (; i < n - (n % 8); i += 8) for (let k = 0; k < 8; k++) r[k] += a[start + i + k];
    let s = r[0] + r[1] + (r[2] + r[3]) + (r[4] + r[5] + (r[6] + r[7]));
    for (; i < n; i++) s += a[start + i];
    return s;
  }
  let half = Math.floor(n / 2);
  half -= half % 8;
  return sum(a, start, half) + sum(a, start + half, n - half);
}

/** Weights of siblings from numbers >= 0: left alone where they sum to one, else over their sum. */
function shares(raw) {
  const total = sum(raw);
  return Math.abs(total - 1) <= 1e-9 ? Float64Array.from(raw) : Float64Array.from(raw, (v) => v / total);
}

function dot(x, w) {
  let s = w[0] * x[0];
  for (let j = 1; j < w.length; j++) s += w[j] * x[j];
  return s;
}

/** Largest (sign 1) or least (-1) value among those with weight. */
function extreme(x, w, sign) {
  let out = -sign * Infinity;
  for (let j = 0; j < w.length; j++) {
    if (w[j] > 0 && (sign > 0 ? x[j] > out : x[j] < out)) out = x[j];
  }
  return out;
}

/** Scores of rows of children's values under one vector of weights; null where they are refused. */
const MEANS = {
  arithmetic: () => (x, w) => dot(x, w),
  geometric: () => (x, w) => Math.exp(dot(x.map(Math.log), w)),
  harmonic: () => (x, w) => {
    let low = x[0];
    for (const v of x) if (v < low) low = v;
    return low / dot(x.map((v) => low / v), w);
  },
  power: (rule, rows) => {
    const r = Number(rule.exponent);
    if (r === 1) return MEANS.arithmetic();
    if (Math.abs(r) < 1e-15) return MEANS.geometric();
    if (!Number.isFinite(r)) return (x, w) => extreme(x, w, Math.sign(r));
    if (Math.abs(r) < 0.01 && rows.every((x) => x.every((v) => v > 0))) {
      return (x, w) => {
        const logs = x.map(Math.log);
        const centre = dot(logs, w);
        const off = logs.map((v) => Math.expm1(r * (v - centre)));
        return Math.exp(centre + Math.log1p(dot(off, w)) / r);
      };
    }
    const power = Math.abs(r);
    return (x, w) => {
      const top = extreme(x, w, Math.sign(r));
      const unit = top > 0 ? top : 1;
      const share = x.map((v, j) => {
        const seen = w[j] > 0 ? v : top;
        return (r > 0 ? seen / unit : unit / seen) ** power;
      });
      return unit * dot(share, w) ** (1 / r);
    };
  },
  "mean-min": (rule) => {
    const { a = 1, b = 0 } = rule;
    return (x, w) => {
      const mean = dot(x, w);
      return mean - a * (Math.hypot(mean - extreme(x, w, -1), b) - b);
    };
  },
  mpi: (rule, rows, paired) => (x, w) => {
    const mean = dot(x, w);
    if (!(mean > 0)) return null;
    const squares = x.map((v, j) => {
      const gap = (v - mean) / mean;
      return gap * gap * w[j];
    });
    const cv2 = paired ? sum(squares) : squares.reduce((s, v) => s + v);
    return rule.penalty === "+" ? mean * (1 + cv2) : mean * (1 - cv2);
  },
};

/** Whether a mean takes a value only above zero, above or at zero (0), or any (null). */
function domain(rule) {
  if (rule.method === "geometric" || rule.method === "harmonic") return "positive";
  const r = Number(rule.exponent);
  if (rule.method !== "power" || r === 1 || !Number.isFinite(r)) return "any";
  return r < 0 || Math.abs(r) < 1e-15 ? "positive" : "natural";
}

/** Parts of a score that add up to it, or null where the method has none. */
function parts(rule, x, w, score) {
  const { method } = rule;
  if (method === "arithmetic") return x.map((v, j) => v * w[j]);
  if (method === "mpi") {
    const m = dot(x, w);
    const c = x.reduce((s, v, j) => s + ((v - m) / m) ** 2 * w[j], 0);
    return x.map((v, j) => {
      const slope = w[j] * ((2 * (v - m)) / m - c);
      return v * (rule.penalty === "+" ? w[j] + slope : w[j] - slope);
    });
  }
  const r = { geometric: 0, harmonic: -1, power: Number(rule.exponent) }[method];
  if (r === undefined) return null;
  if (r === 1) return x.map((v, j) => v * w[j]);
  if (!Number.isFinite(r)) {
    const hit = x.map((v, j) => (v === score && w[j] > 0 ? 1 : 0));
    return hit.map((h) => (score * h) / sum(hit));
  }
  const unit = score > 0 ? score : 1;
  return x.map((v, j) => {
    const seen = w[j] > 0 ? v : unit;
    return score * w[j] * (r > 0 ? seen / unit : unit / seen) ** Math.abs(r);
  });
}

/** Data of the page, and scores and ranks under any setting of its weights. */
class Model {
  constructor(data) {
    this.data = data;
    this.m = data.nodes.length - data.groups.length;
    this.n = data.unit.length;
    const z = doubles(data.z);
    this.columns = data.nodes.map(() => new Float64Array(this.n));
    for (let j = 0; j < this.m; j++) for (let i = 0; i < this.n; i++) this.columns[j][i] = z[i * this.m + j];
    this.gaps = z.some(Number.isNaN);
    this.library = doubles(data.scores);
    this.raw = doubles(data.raw);
    this.used = new Map(Object.entries(data.used).map(([j, text]) => [Number(j), doubles(text)]));
    this.filled = data.imputed ? bytes(data.imputed) : null;
    this.sets = data.sets.map((s) => ({
      ...s,
      fixed: Object.fromEntries(Object.entries(s.fixed).map(([g, text]) => [g, doubles(text)])),
    }));
    this.periods = data.periods ?? [""];
    this.rows = this.periods.map(() => []);
    data.slot.forEach((t, i) => this.rows[t].push(i));
    this.groups = data.groups.map((g, k) => ({ ...g, node: this.m + k, live: g.method !== "" }));
    this.groupOf = new Map(this.groups.map((g) => [g.node, g]));
    this.root = this.groups[this.groups.length - 1];
    // sliders work where every group from here up is computed
    for (const g of [...this.groups].reverse()) {
      const above = this.groupOf.get(data.nodes[g.node].parent);
      g.open = g.live && (above ? above.open : true);
      g.closedBy = g.live ? (above?.closedBy ?? null) : g;
    }
    this.below = this.groups.map((g) => this.known(g));
  }

  /** Share of the indicators below a group that each row has. */
  known(g) {
    if (!this.gaps) return null;
    const out = new Float64Array(this.n);
    for (let i = 0; i < this.n; i++) {
      let count = 0;
      for (const j of g.leaves) if (!Number.isNaN(this.columns[j][i])) count++;
      out[i] = count / g.leaves.length;
    }
    return out;
  }

  /**
   * Weights of the children of a group, one vector or one for each period.
   * `moves` maps a node to what its slider says, a share of 200.
   */
  weights(set, moves, g) {
    const base = set.local[g.node - this.m];
    const one = (w) => {
      if (!g.open || !g.kids.some((k) => moves.has(k))) return Float64Array.from(w);
      const raw = g.kids.map((k, j) => (moves.has(k) ? moves.get(k) / 200 : w[j]));
      if (!raw.some((v) => v > 0)) throw new Refused("zeroWeights", g);
      return shares(raw);
    };
    return Array.isArray(base[0]) ? base.map(one) : [one(base)];
  }

  /** Values of every node under a set of weights and moved sliders, as columns; local weights. */
  run(set, moves) {
    const values = this.columns.slice(0, this.m);
    const local = [];
    for (const g of this.groups) {
      const w = this.weights(set, moves, g);
      local.push(w);
      values.push(g.live ? this.group(g, w, values) : this.given(set, g));
    }
    return { values, local };
  }

  given(set, g) {
    const k = g.node - this.m;
    return set.fixed[k] ?? this.sets[0].fixed[k];
  }

  group(g, weights, values) {
    const out = new Float64Array(this.n).fill(NaN);
    for (const { rows, present, w } of this.pieces(g, weights, values)) {
      const columns = present.map((j) => values[g.kids[j]]);
      const x = rows.map((i) => columns.map((c) => c[i]));
      const limit = domain(g);
      if (limit !== "any") {
        const strict = limit === "positive";
        const bad = x.findIndex((row) => row.some((v) => !(strict ? v > 0 : v >= 0)));
        if (bad >= 0) throw new Refused("notPositive", g, rows[bad]);
      }
      // how the library's array of squares lies in memory: added along rows in pairs, or by column
      const paired = rows.length === 1 || (!this.gaps && weights.length > 1);
      const mean = MEANS[g.method](g, x, paired);
      for (let r = 0; r < rows.length; r++) {
        const s = mean(x[r], w);
        if (s === null) throw new Refused("notPositive", g, rows[r]);
        out[rows[r]] = s;
      }
    }
    return out;
  }

  /** Rows that share weights and the children that are there; weights rescaled over these. */
  *pieces(g, weights, values) {
    const all = g.kids.map((_, j) => j);
    const chunks = weights.length > 1 ? this.rows : [null];
    for (let t = 0; t < chunks.length; t++) {
      const rows = chunks[t] ?? this.everyone;
      if (!this.gaps) {
        yield { rows, present: all, w: weights[t] };
        continue;
      }
      const below = this.below[g.node - this.m];
      const patterns = new Map();
      for (const i of rows) {
        if (!(below[i] >= this.data.coverage)) continue;
        const present = all.filter((j) => !Number.isNaN(values[g.kids[j]][i]));
        if (!present.length) continue;
        const key = present.length === all.length ? "" : present.join();
        if (!patterns.has(key)) patterns.set(key, { rows: [], present });
        patterns.get(key).rows.push(i);
      }
      for (const { rows: some, present } of patterns.values()) {
        const w = present.map((j) => weights[t][j]);
        const total = sum(w);
        if (total > 0) yield { rows: some, present, w: w.map((v) => v / total) };
      }
    }
  }

  get everyone() {
    return (this._everyone ??= Array.from({ length: this.n }, (_, i) => i));
  }

  /** Rank of each row of a column within its period, in some periods; NaN where there is no value. */
  ranks(column, periods = this.rows) {
    const out = new Float64Array(this.n).fill(NaN);
    for (const rows of periods) {
      const order = rows.filter((i) => !Number.isNaN(column[i])).sort((a, b) => column[b] - column[a]);
      let dense = 0;
      for (let a = 0, b; a < order.length; a = b) {
        b = a + 1;
        while (b < order.length && column[order[b]] === column[order[a]]) b++;
        dense++;
        const rank = { min: a + 1, max: b, average: (a + 1 + b) / 2, dense }[this.data.ties];
        for (let i = a; i < b; i++) out[order[i]] = rank;
      }
    }
    return out;
  }

  /** Weights that a row gave the children of a group: rescaled where some are missing. */
  rowWeights(g, local, values, i) {
    const w = local[g.node - this.m];
    const mine = w[w.length > 1 ? this.data.slot[i] : 0];
    if (!this.gaps) return Array.from(mine);
    const there = g.kids.map((k) => !Number.isNaN(values[k][i]));
    const total = sum(Array.from(mine).filter((_, j) => there[j]));
    return Array.from(mine, (v, j) => (there[j] ? v / total : 0));
  }

  /** What the children of the root contribute to the score of a row; null where nothing adds up. */
  contributions({ values, local }, i) {
    const g = this.root;
    const score = values[g.node][i];
    if (!g.live || Number.isNaN(score)) return null;
    const w = this.rowWeights(g, local, values, i);
    const at = g.kids.map((_, j) => j).filter((j) => !Number.isNaN(values[g.kids[j]][i]));
    const found = parts(g, at.map((j) => values[g.kids[j]][i]), at.map((j) => w[j]), score);
    if (found === null) return null;
    const out = g.kids.map(() => 0);
    at.forEach((j, k) => (out[j] = found[k]));
    return out;
  }

  unitRow(unit, period) {
    this._places ??= new Map(this.data.unit.map((u, i) => [u * this.rows.length + this.data.slot[i], i]));
    return this._places.get(unit * this.rows.length + period) ?? -1;
  }

  /** Value of a cell as it was received, and as it was used. */
  value(i, j) {
    const received = this.raw[i * this.m + j];
    return { received, used: this.used.has(j) ? this.used.get(j)[i] : received };
  }

  imputed(i, j) {
    if (!this.filled) return false;
    const at = i * this.m + j;
    return ((this.filled[at >> 3] >> (at & 7)) & 1) === 1;
  }
}

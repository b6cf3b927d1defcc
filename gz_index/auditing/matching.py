"""Results of conventions held against published numbers: how near, after which scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.auditing.conventions import SHIFTS, Convention, scorings
from gz_index.auditing.recipes import Bench, Recipe
from gz_index.consensus import average_ranks, correlation
from gz_index.errors import GzIndexError
from gz_index.framework import Text

__all__ = [
    "Match",
    "Trial",
    "distinct",
    "nearest_scores",
    "ranked",
    "reversed_trials",
    "shifted_trials",
    "spearman",
    "tolerance",
    "trial",
]

#: how near two results are one and the same
_SAME = 1e-11
#: scores that are compared in full, of the nearest by each way of looking
_NEAREST = 60
_NEAREST_QUICK = 8
#: reversed indicators that are looked for one after the other
_TURNS = 3


@dataclass(frozen=True, eq=False)
class Match:
    """One convention held against published numbers.

    Attributes
    ----------
    code : str
    name, remark : Text
        What it is, and what is wrong with it or should be known of it.
    formula : str
    sound : bool
        False if some part of it is a mistake.
    fitted : int
        How many things were fitted to the published numbers (a shift, a direction, a line).
    difference : float
        Largest absolute difference.
    correlation : float
        Spearman's; missing where all the numbers are equal.
    agrees : bool
        Within rounding.
    values : Series
        What it gives.
    also : tuple of str
        Codes of conventions that give the same on these data.
    """

    recipe: Recipe = field(repr=False)
    difference: float
    correlation: float
    agrees: bool
    values: pd.Series[float] = field(repr=False)
    also: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """A short name."""
        return self.recipe.code

    @property
    def name(self) -> Text:
        """A description."""
        return Text(self.recipe.name("zh"), self.recipe.name("en"))

    @property
    def formula(self) -> str:
        """The formulas of its parts."""
        return "; ".join(c.formula for c in self.recipe.parts)

    @property
    def remark(self) -> Text:
        """What is wrong with it, or should be known of it."""
        return self.recipe.remark

    @property
    def sound(self) -> bool:
        """Whether no part of it is a mistake."""
        return self.recipe.sound

    @property
    def fitted(self) -> int:
        """How many things were fitted to the published numbers."""
        return self.recipe.fitted


@dataclass(frozen=True)
class Trial:
    """A recipe, what it gives, how far that is off, and whether it agrees within rounding."""

    recipe: Recipe
    values: Array
    difference: float
    agrees: bool

    @property
    def key(self) -> tuple[bool, int, float]:
        """Agreeing first: sound ones, those with little fitted; others by their distance."""
        if self.agrees:
            return False, 2 * self.recipe.fitted + 1000 * (not self.recipe.sound), 0.0
        return True, 0, self.difference


def trial(recipe: Recipe, values: Array, p: Array, allowed: Any) -> Trial:
    """Hold what a recipe gives against published numbers p, with what rounding allows."""
    off = np.abs(values - p)
    return Trial(recipe, values, float(off.max()), bool((off <= allowed).all()))


def tolerance(digits: int) -> float:
    """Half a unit of the last digit, with what float64 loses."""
    return 0.5 * 10.0**-digits * (1 + 1e-9) + 1e-12


def distinct(pairs: Sequence[tuple[Recipe, Array]]) -> list[tuple[Recipe, Array]]:
    """Return the first of those that give the same numbers."""
    return [pairs[i] for i, first in enumerate(_first([v for _, v in pairs])) if first == i]


def _first(values: Sequence[Array]) -> list[int]:
    """Position of the first that gives the same numbers, of each."""
    out: list[int] = []
    stack = np.empty((len(values), len(values[0]) if values else 0))
    kept: list[int] = []
    for i, v in enumerate(values):
        gap = np.abs(stack[: len(kept)] - v).max(axis=1, initial=0.0)
        same = np.flatnonzero(gap <= _SAME * max(1.0, float(np.abs(v).max())))
        if not same.size:
            stack[len(kept)] = v
            kept.append(i)
        out.append(kept[same[0]] if same.size else i)
    return out


def ranked(trials: Sequence[Trial], published: pd.Series[float]) -> tuple[Match, ...]:
    """Sort trials, and put those together that give the same."""
    trials = sorted(trials, key=lambda t: t.key)  # stable: the more usual first
    first = _first([t.values for t in trials])
    also: dict[int, list[str]] = {i: [] for i in sorted(set(first))}
    for i, j in enumerate(first):
        if i != j:
            also[j].append(trials[i].recipe.code)
    stack = np.array([trials[i].values for i in also])
    return tuple(
        Match(
            recipe=(t := trials[i]).recipe,
            difference=t.difference,
            correlation=float(r),
            agrees=t.agrees,
            values=pd.Series(t.values, published.index),
            also=tuple(same),
        )
        for (i, same), r in zip(also.items(), spearman(stack, published.to_numpy()), strict=True)
    )


def spearman(stack: Array, p: Any) -> Array:
    """Rank correlation of each row with p; NaN where all of one are equal."""
    out = np.full(len(stack), np.nan)
    moving = np.ptp(stack, axis=1) > _SAME
    if p.size > 1 and np.ptp(p) > 0 and moving.any():
        out[moving] = correlation(average_ranks(np.vstack([p, stack[moving]]).T.round(12)))[0, 1:]
    return out


def reversed_trials(
    bench: Bench, nearest: float, look: Callable[[Bench], list[Trial]]
) -> list[Trial]:
    """Trials that agree if one direction, all, or up to three one after the other are reversed."""
    m = bench.case.sign.size
    for depth in range(min(_TURNS, m)):
        codes = bench.case.table.codes
        benches = [bench.turn([j]) for j in range(m) if codes[j] not in bench.turned]
        if depth == 0 and m > 1:
            benches.append(bench.turn(range(m)))
        found = [(t, b) for b in benches for t in look(b)]
        agreeing = [t for t, _ in found if t.agrees]
        if agreeing or not found:
            return agreeing
        best, bench = min(found, key=lambda f: f[0].difference)
        if best.difference > nearest / 2:
            return []  # a right step leaves much less to explain
        nearest = best.difference
    return []


# -- weights ---------------------------------------------------------------------------------------


def shifted_trials(bench: Bench, p: Array, allowed: float) -> list[Trial]:
    """Entropy weights with the shift before the logarithm fitted, where they agree."""
    out = []
    for r in bench.recipes():
        norm = r.norm
        if norm is None or r.weigh.code not in ("entropy", "entropy-ln-T"):
            continue
        if norm.on in SHIFTS and r.shift == SHIFTS[norm.on][0]:
            fitted = _fit_shift(bench, r, max(0.0, -float(bench.z[norm.code].min())), p)
            if fitted is not None:
                out.append(trial(fitted, bench.weights(fitted), p, allowed))
    return [t for t in out if t.agrees]


def _fit_shift(bench: Bench, r: Recipe, low: float, p: Array) -> Recipe | None:
    """Return the recipe with the shift above ``low`` that brings it nearest to p.

    Shifts below 0.0005 are not looked for: they move weights by little more than rounding does.
    """
    from scipy.optimize import minimize_scalar

    def made(log: float) -> Recipe:
        return replace(r, shift=low + 10.0**log, shift_fitted=True)

    def off(log: float) -> float:
        try:
            return float(np.abs(bench.weights(made(log)) - p).max())
        except GzIndexError:
            return np.inf

    grid = np.linspace(-3, 1.5, 19)
    gaps = [off(g) for g in grid]
    if not np.isfinite(gaps).all():
        return None
    at = float(grid[np.argmin(gaps)])
    best = minimize_scalar(
        off, bounds=(max(at - 0.25, -3.3), at + 0.25), method="bounded", options={"xatol": 1e-9}
    )
    return made(float(best.x))


# -- scores ----------------------------------------------------------------------------------------

#: known changes of the scale of scores: code, name, and how
_SCALES: tuple[tuple[Text, float, float], ...] = (
    (Text("得分极差化到[0, 1]", "scores min-max to [0, 1]"), 0.0, 1.0),
    (Text("得分极差化到[0, 100]", "scores min-max to [0, 100]"), 0.0, 100.0),
    (Text("得分变换到[60, 100]", "scores taken to [60, 100]"), 60.0, 100.0),
)


def nearest_scores(
    bench: Bench,
    sets: tuple[list[Recipe], Array, float],
    rows: NDArray[np.intp],
    y: Array,
    tolerance: float,
) -> tuple[list[Trial], int]:
    """Scores by every way to score: those nearest as they are, and nearest to a straight line."""
    recipes, w, rounding = sets
    plain = (w >= 0).all(axis=1) & (np.abs(w.sum(axis=1) - 1) <= w.shape[1] * max(rounding, 1e-10))
    ways: list[tuple[Convention, Convention, float, int]] = []
    gaps: list[Array] = []
    for form in scorings():
        at = np.arange(len(w)) if form.code == "sum" else np.flatnonzero(plain)
        used = w[at] if form.code == "sum" else w[at] / w[at].sum(axis=1, keepdims=True)
        for code, z in bench.z.items():
            norm = bench.norms[code]
            shifted = form.on == "shift" and norm.on == "interval"
            for s in (float(v) for v in SHIFTS[norm.on]) if shifted else (0.0,):
                try:
                    found = form.run(z + s if s else z, used)
                except GzIndexError as error:
                    bench.leave_out(f"{form.code} on {code}", error)
                    continue
                direct, line = _gaps(found[:, rows], y)
                ways += [(form, norm, s, int(k)) for k in at]
                gaps.append(np.stack([direct, line]))
    gap = np.concatenate(gaps, axis=1)
    most = _NEAREST_QUICK if bench.quick else _NEAREST
    chosen = sorted({int(i) for g in gap for i in np.argsort(g, kind="stable")[:most]})
    out = []
    for i in chosen:
        form, norm, s, k = ways[i]
        recipe = replace(recipes[k], score=form, score_norm=norm, score_shift=s)
        uncertain = rounding if recipe.weigh.code == "printed" else 0.0
        out.append(_scale(bench, recipe, w[k], rows, y, tolerance, uncertain))
    return out, len(ways)


def _gaps(s: Array, y: Array) -> tuple[Array, Array]:
    """Largest difference of scores (K, n) from y, as they are and from the best rising line."""
    centred, level = s - s.mean(axis=1, keepdims=True), y - y.mean()
    squares = (centred**2).sum(axis=1)
    slope = np.divide(centred @ level, squares, out=np.zeros(len(s)), where=squares > 1e-24)
    line = np.abs(level - np.maximum(slope, 0.0)[:, None] * centred).max(axis=1)
    direct = np.minimum(np.abs(s - y).max(axis=1), np.abs(100 * s - y).max(axis=1))
    return direct, line


def _scale(
    bench: Bench,
    recipe: Recipe,
    w: Array,
    rows: NDArray[np.intp],
    y: Array,
    tolerance: float,
    rounding: float,
) -> Trial:
    """Hold one way to score against y, as it is and after each change of scale."""
    assert recipe.score is not None
    assert recipe.score_norm is not None
    z = bench.z[recipe.score_norm.code] + recipe.score_shift
    sets = w[None, :]
    if rounding:  # with each weight moved by its rounding
        sets = np.vstack([w, w + rounding * np.eye(w.size)])
    if recipe.score.code != "sum":
        sets = sets / sets.sum(axis=1, keepdims=True)
    s = np.asarray(recipe.score.run(z, sets))
    trials = []
    for scale, sound, values in _scales(s, bench.case.slot):
        v = values[:, rows]
        allowed = tolerance + np.abs(v[1:] - v[0]).sum(axis=0)
        made = replace(recipe, scale=scale, scale_sound=sound)
        trials.append(trial(made, v[0], y, allowed))
        if trials[-1].agrees:
            return trials[-1]
    v = s[:, rows]
    line = _line(v[0], y, tolerance, np.abs(v[1:] - v[0]).sum(axis=0))
    if line is not None:
        a, b, allowed = line
        scale = Text(f"仅差直线变换{a:.6g} + {b:.6g} S", f"up to a line, {a:.6g} + {b:.6g} S")
        made = replace(recipe, scale=scale, scale_fitted=True)
        return trial(made, a + b * v[0], y, allowed)
    return min(trials, key=lambda t: t.difference)


def _scales(s: Array, slot: NDArray[np.intp] | None) -> list[tuple[Text, bool, Array]]:
    """Scores (K, n) on every scale in use."""
    out = [(Text(), True, s), (Text("得分乘以100", "scores times 100"), True, 100 * s)]
    whole = np.zeros(s.shape[1], dtype=np.intp)
    windows: list[tuple[NDArray[np.intp], str, str]] = [(whole, "", "")]
    if slot is not None:
        windows.append((slot, "，分年", ", within each period"))
    for at, zh, en in windows:
        unit = np.empty_like(s)
        for t in range(int(at.max()) + 1):
            part = s[:, at == t]
            low, span = part.min(axis=1, keepdims=True), np.ptp(part, axis=1)[:, None]
            unit[:, at == t] = (part - low) / np.where(span > 0, span, 1.0)
        for name, a, b in _SCALES:
            out.append((Text(name.zh + zh, name.en + en), not en, a + (b - a) * unit))
    return out


def _line(s: Array, y: Array, tolerance: float, more: Any) -> tuple[float, float, Array] | None:
    """Rising line a + b s that meets every y within its rounding, if there is one."""
    from scipy.optimize import linprog

    level = s - s.mean()
    if y.size < 5 or np.ptp(s) < _SAME or np.ptp(y) <= 2 * tolerance:
        return None  # a line through so little would say nothing
    slope = max(float(level @ y / (level @ level)), 0.0)
    allowed: Array = tolerance + slope * np.broadcast_to(more, y.shape)
    if _gaps(s[None, :], y)[1][0] > 3 * allowed.max():
        return None
    ones = np.ones_like(s)
    above, below = np.column_stack([ones, s, -allowed]), np.column_stack([-ones, -s, -allowed])
    solved = linprog(
        [0.0, 0.0, 1.0],
        A_ub=np.vstack([above, below]),
        b_ub=np.concatenate([y, -y]),
        bounds=[(None, None), (0, None), (0, None)],
    )
    if not solved.success:
        return None
    a, b, worst = np.asarray(solved.x).tolist()
    return (a, b, allowed) if b > 0 and worst <= 1 else None

"""Where scores cross as one weight moves, and the least change of weights that ties two units.

Everything here is on plain arrays and exact up to rounding: no grid, no draws.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gz_index._arrays import SUM_TOLERANCE, Array
from gz_index.errors import MethodError

__all__ = ["TIE", "Interval", "Norm", "least_change", "order_interval", "top_interval"]

Positions: TypeAlias = NDArray[np.intp]
Norm: TypeAlias = Literal["l2", "l1"]

#: scores closer than this, in units of the largest score or slope, tie; their gap is rounding
TIE = 1e-12

_AT_THE_END = 1e-9  # a crossing this near to weight 0 or 1 is there
_PAIRS = 1 << 17  # pairs looked at together


class Interval(NamedTuple):
    """The range of a weight in which something stays, and who ends it.

    Attributes
    ----------
    low, high : float in [0, 1]
        The weight itself always lies in [low, high].
    at_low, at_high : (int, int) or None
        Positions of the pair that ties at this end: who passes whom when the weight moves on,
        (riser, faller). The end itself then does not belong to the interval. None: the range ends
        only because a weight lies in [0, 1], and the end belongs to it.
    """

    low: float
    high: float
    at_low: tuple[int, int] | None
    at_high: tuple[int, int] | None


class _Curves(NamedTuple):
    """Scores as functions of the move tau of a weight, with the classes that tell them apart.

    ``levels`` (3, n) are ranks of scores, slopes and curvatures; equal within rounding is equal.
    """

    a: Array
    b: Array
    c: Array
    outer: float | None
    levels: NDArray[np.intp]

    @classmethod
    def of(
        cls, scores: ArrayLike, slopes: ArrayLike, bends: ArrayLike | None, outer: float | None
    ) -> _Curves:
        a, b = np.asarray(scores, dtype=np.float64), np.asarray(slopes, dtype=np.float64)
        c = np.zeros_like(a) if bends is None else np.asarray(bends, dtype=np.float64)
        if a.ndim != 1 or a.size < 1 or not a.shape == b.shape == c.shape:
            raise MethodError(
                f"scores, slopes and bends are (n,) each; got {a.shape}, {b.shape}, {c.shape}"
            )
        bad = np.flatnonzero(~(np.isfinite(a) & np.isfinite(b) & (c >= 0) & np.isfinite(c)))
        if bad.size:
            raise MethodError(
                "scores, slopes and bends are finite, bends >= 0; this fails at {rows}",
                rows=bad.tolist(),
                hint="leave out the units without a score",
            )
        if outer is not None and not (np.isfinite(outer) and outer > 0):
            raise MethodError(f"outer is {outer}", hint="give the weight above, > 0")
        unit = max(float(np.abs(a).max()), float(np.abs(b).max()))
        levels = np.stack([_levels(a, unit), _levels(b, unit), _levels(b * c, unit)])
        return cls(a, b, c, outer, levels)

    def side(self, sign: int) -> Positions:
        """Positions from best to worst just after the weight begins to move, (n,).

        A(tau) = a + b tau - b c tau^2 + ...: score first, then slope, then curvature.
        """
        a, b, bc = self.levels
        return np.lexsort((bc, -sign * b, -a))

    def meetings(self, sign: int, upper: Positions, lower: Positions) -> Array:
        """How far the weight moves until each upper unit meets its lower one; inf if never.

        ``upper`` is ahead of ``lower`` just after the move begins.
        """
        gap = self.a[upper] - self.a[lower]
        b_up, b_low = self.b[upper], self.b[lower]
        c_up, c_low = self.c[upper], self.c[lower]
        if self.outer is not None:  # a + outer log(1 + ...): compare exp(. / outer)
            b_low = b_low * np.exp(-np.maximum(gap, 0.0) / self.outer)
            gap = -np.expm1(-np.maximum(gap, 0.0) / self.outer)
        # gap + b tau / (1 + c tau) of the one less the other, times both denominators
        tied = self.levels[0, upper] == self.levels[0, lower]
        same = tied & (self.levels[1, upper] == self.levels[1, lower])
        q0 = np.where(tied, 0.0, gap)
        q1 = np.where(same, 0.0, sign * (q0 * (c_up + c_low) + b_up - b_low))
        q2 = q0 * c_up * c_low + b_up * c_low - b_low * c_up
        return np.where(same, np.inf, _first_root(q0, q1, q2))


def _levels(v: Array, unit: float) -> NDArray[np.intp]:
    """Rank of each value from below, 0, 1, ...; neighbours within rounding share one."""
    order = np.argsort(v, kind="stable")
    steps = np.diff(v[order], prepend=v[order[:1]]) > TIE * unit
    out = np.empty(v.size, dtype=np.intp)
    out[order] = np.cumsum(steps)
    return out


def _first_root(q0: Array, q1: Array, q2: Array) -> Array:
    """Least root > 0 of q0 + q1 t + q2 t^2, or inf; q0 >= 0, and the sign just above 0 is plus."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        root = np.sqrt(q1 * q1 - 4 * q0 * q2)
        w = -0.5 * (q1 + np.where(q1 < 0, -root, root))
        both = np.stack([q0 / w, w / q2])
    return np.asarray(np.where(both > 0, both, np.inf).min(axis=0))


def order_interval(
    scores: ArrayLike,
    slopes: ArrayLike,
    at: float,
    *,
    bends: ArrayLike | None = None,
    outer: float | None = None,
) -> Interval:
    r"""Range of one weight in which the whole order of the units stays.

    Scores are :math:`A_i(t) = A_i + b_i (t - t_0)`; units i and l meet at
    :math:`t = t_0 - (A_i - A_l) / (b_i - b_l)`. As the weight moves, the first two to meet are
    neighbours in the order, so n - 1 pairs are enough.

    Two units tied at ``at`` (within :data:`TIE`) part on either side unless their curves are the
    same: the interval is then [at, at] and names them. Units with the same curve stay tied for
    good and are no change of order.

    Parameters
    ----------
    scores : (n,)
        Scores at the present weight, finite.
    slopes : (n,)
        Change of each score by unit of weight.
    at : float in [0, 1]
        The present weight t0.
    bends : (n,), optional
        Where weights are rescaled over what is known: c_i >= 0 in
        :math:`A_i + b_i \tau / (1 + c_i \tau)`, :math:`\tau = t - t_0`. Default 0.
    outer : float > 0, optional
        For a mean below geometric means: scores are
        :math:`A_i + m \log(1 + b_i \tau / (1 + c_i \tau))` with this m.

    Returns
    -------
    Interval

    Raises
    ------
    MethodError
        Shapes that differ, values that are not finite, a weight outside [0, 1].

    References
    ----------
    Wolters, W. T. M. and Mareschal, B. (1995). Novel types of sensitivity analysis for additive
    MCDM methods. European Journal of Operational Research 81(2), 281-290.

    Examples
    --------
    >>> order_interval([3.0, 2.0, 1.0], [0.0, 2.0, 0.0], 0.25)
    Interval(low=0.0, high=0.75, at_low=None, at_high=(1, 0))
    """
    curves, at = _Curves.of(scores, slopes, bends, outer), _weight(at)

    def moves(sign: int) -> tuple[float, tuple[int, int] | None]:
        o = curves.side(sign)
        a, b, bc = np.diff(curves.levels[:, o], axis=1) != 0
        parting = np.flatnonzero(~a & (b | bc))
        if parting.size:
            i = parting[0]
            return 0.0, (int(o[i]), int(o[i + 1]))
        edges = np.flatnonzero(a)
        return _nearest(curves, sign, o[edges], o[edges + 1])

    return _interval(at, moves(-1), moves(1))


def top_interval(
    scores: ArrayLike,
    slopes: ArrayLike,
    at: float,
    k: int,
    *,
    bends: ArrayLike | None = None,
    outer: float | None = None,
) -> Interval:
    r"""Range of one weight in which the set of the k best stays; k = 1: in which the leader stays.

    The k best are the units with fewer than k others strictly above them, so a tie for the last
    place lets in more than k. The set changes when a unit outside meets one inside: k (n - k)
    pairs, in blocks. Where a tie at ``at`` (within :data:`TIE`) has to part as the weight begins
    to move, and with it the set, the interval ends at ``at`` on that side; the pair names the one
    that stays and the one that drops out.

    Parameters
    ----------
    scores, slopes, at, bends, outer
        As in :func:`order_interval`.
    k : int >= 1

    Returns
    -------
    Interval
        [0, 1] where everybody is among the k best.

    Raises
    ------
    MethodError
        As :func:`order_interval`; or k is no whole number >= 1.

    Examples
    --------
    >>> top_interval([3.0, 2.0, 1.0], [0.0, 0.0, 4.0], 0.25, 1)
    Interval(low=0.0, high=0.75, at_low=None, at_high=(2, 0))
    >>> top_interval([2.0, 2.0, 1.0], [0.0, 1.0, 0.0], 0.25, 1)
    Interval(low=0.25, high=0.25, at_low=(0, 1), at_high=(1, 0))
    """
    curves, at = _Curves.of(scores, slopes, bends, outer), _weight(at)
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise MethodError(f"the top {k!r}", hint="k is a whole number >= 1")
    n = curves.a.size

    def moves(sign: int) -> tuple[float, tuple[int, int] | None]:
        if k >= n:
            return np.inf, None
        o = curves.side(sign)
        level = curves.levels[:, o]
        now = int(np.count_nonzero(level[0] >= level[0, k - 1]))
        last = np.flatnonzero((level == level[:, [k - 1]]).all(axis=0))
        start, end = int(last[0]), int(last[-1]) + 1  # those that stay tied with the k-th
        if end < now:
            return 0.0, (int(o[end - 1]), int(o[end]))
        inside, outside = o[:end], o[end:]
        if end > k:  # more than k: the set also shrinks when one falls below those tied
            found = [_nearest_of(curves, sign, inside, outside)]
            falls = _nearest_of(curves, sign, o[:start], o[[start]])
            if (
                falls[0] < (at if sign < 0 else 1 - at) - _AT_THE_END
            ):  # it falls out beyond the tie only
                found.append(falls)
            return min(found, key=lambda f: f[0])
        return _nearest_of(curves, sign, inside, outside)

    return _interval(at, moves(-1), moves(1))


def _weight(at: float) -> float:
    if not 0 <= at <= 1:
        raise MethodError(f"the weight is {at}", hint="a weight lies in [0, 1]")
    return float(at)


def _nearest(
    curves: _Curves, sign: int, upper: Positions, lower: Positions
) -> tuple[float, tuple[int, int] | None]:
    """Least move until one of the pairs meets, and the pair as (riser, faller)."""
    if not upper.size:
        return np.inf, None
    moves = curves.meetings(sign, upper, lower)
    i = int(moves.argmin())
    return float(moves[i]), (int(lower[i]), int(upper[i]))


def _nearest_of(
    curves: _Curves, sign: int, upper: Positions, lower: Positions
) -> tuple[float, tuple[int, int] | None]:
    """Least move until any of ``upper`` meets any of ``lower``, block by block."""
    best: tuple[float, tuple[int, int] | None] = (np.inf, None)
    step = max(1, _PAIRS // max(1, lower.size))
    for s in range(0, upper.size, step):
        part = upper[s : s + step]
        found = _nearest(curves, sign, np.repeat(part, lower.size), np.tile(lower, part.size))
        best = min(best, found, key=lambda f: f[0])
    return best


def _interval(
    at: float,
    left: tuple[float, tuple[int, int] | None],
    right: tuple[float, tuple[int, int] | None],
) -> Interval:
    """Cut the moves to both sides at weights 0 and 1."""

    def end(room: float, move: float) -> tuple[float, bool]:
        if room == 0 or move > room + _AT_THE_END:
            return room, False
        return (room if move > room - _AT_THE_END and move > 0 else move), True

    (down, low_met), (up, high_met) = end(at, left[0]), end(1.0 - at, right[0])
    low = 0.0 if down == at else at - down
    high = 1.0 if up == 1.0 - at else at + up
    return Interval(low, high, left[1] if low_met else None, right[1] if high_met else None)


# -- least change of weights ---------------------------------------------------------------------


def least_change(w: ArrayLike, d: ArrayLike, *, norm: Norm = "l2") -> Array | None:
    r"""Weights nearest to ``w`` under which the weighted sum of ``d`` is not negative.

    With ``d = x_b - x_a`` they are the nearest weights that let unit b draw level with unit a:
    the projection of w on :math:`\{v \ge 0, \sum v = 1, d'v \ge 0\}`.

    - ``l2``: :math:`v = \max(0, w + \lambda d - \mu)`; while no weight reaches zero its distance
      is :math:`-d'w / \|d - \bar d\|`. Both multipliers are found exactly, by Newton steps on the
      support (d'v is piecewise linear and never falls in :math:`\lambda`).
    - ``l1``: weight goes to the largest d, taken from the smallest first: a unit of weight moved
      costs 2 and gains their difference. Where several solutions are equally near, one of them.

    Parameters
    ----------
    w : (k,)
        Weights >= 0 that sum to one.
    d : (k,)
        Advantage of b over a in each component, finite.
    norm : {"l2", "l1"}
        Euclidean distance, or the sum of absolute changes.

    Returns
    -------
    (k,) or None
        ``w`` itself where ``d'w >= 0`` already; None where no weights let b pass a, because
        ``max d <= 0``.

    Raises
    ------
    MethodError
        ``w`` is no set of weights, ``d`` does not fit or is not finite, an unknown norm.

    Examples
    --------
    >>> least_change([0.5, 0.3, 0.2], [-1.0, 0.0, 1.0]).round(4)
    array([0.35, 0.3 , 0.35])
    >>> least_change([0.5, 0.3, 0.2], [-1.0, 0.0, 2.0], norm="l1").round(4)
    array([0.4667, 0.3   , 0.2333])
    """
    w, d = np.asarray(w, dtype=np.float64), np.asarray(d, dtype=np.float64)
    if norm not in get_args(Norm):
        raise MethodError(f"no norm {norm!r}", hint=f"norm is one of {', '.join(get_args(Norm))}")
    if w.ndim != 1 or w.shape != d.shape:
        raise MethodError(f"weights and advantages are (k,) each; got {w.shape} and {d.shape}")
    bad = np.flatnonzero(~((w >= 0) & np.isfinite(d)))
    if bad.size or not abs(w.sum() - 1.0) <= SUM_TOLERANCE:
        raise MethodError(
            f"least change: weights >= 0 that sum to one (sum {w.sum():.12g}) and finite "
            "advantages; look at {columns}",
            columns=bad.tolist() or range(w.size),
        )
    unit = float(np.abs(d).max())
    if unit == 0 or d @ w >= 0:
        return w.copy()
    if d.max() <= 0:
        return None
    return _least_l2(w, d / unit) if norm == "l2" else _least_l1(w, d)


def _least_l1(w: Array, d: Array) -> Array:
    """Move weight from the smallest d up until the sum is zero; all of it to the largest."""
    best = int(d.argmax())
    order = np.argsort(d, kind="stable")
    gains = w[order] * (d[best] - d[order])  # of moving all of each weight
    before = np.concatenate([[0.0], np.cumsum(gains)])
    need = -float(d @ w)
    last = min(int(np.searchsorted(before[1:], need)), w.size - 1)  # the one moved in part
    out = w.copy()
    out[order[:last]] = 0.0
    j = order[last]
    if j != best:
        out[j] -= min(w[j], (need - before[last]) / (d[best] - d[j]))
    out[best] = 0.0
    out[best] = 1.0 - out.sum()
    return out


def _least_l2(w: Array, d: Array) -> Array:
    """Projection on the simplex cut by d'v >= 0, for d'w < 0 < max d; Newton in a bracket."""
    eps = float(np.finfo(np.float64).eps)
    low, high = 0.0, np.inf
    v = _on_simplex(w)
    while high - low > 2 * eps * high or np.isinf(high):
        on = v > 0
        inner = w[on] + (1.0 - w[on].sum()) / on.sum()
        centred = d[on] - d[on].mean()
        square = float(centred @ centred)
        # on this support v = w + lambda d - mu sums to one and d'v = 0 (the KKT conditions)
        at = -float(d[on] @ inner) / square if square > 0 else np.inf
        inside = low <= at <= high and np.isfinite(at)
        if not inside:
            at = (low + high) / 2 if np.isfinite(high) else 2 * low + 1.0
        v = _on_simplex(w + at * d)
        if inside:
            exact = np.zeros_like(w)
            exact[on] = inner + at * centred
            if np.abs(exact - v).max() <= 8 * eps * (1 + at):
                return np.maximum(exact, 0.0)
        low, high = (at, high) if d @ v < 0 else (low, at)
    return v


def _on_simplex(v: Array) -> Array:
    """Euclidean projection on the simplex: max(0, v - mu) with the sum one."""
    s = np.sort(v)[::-1]
    excess = (np.cumsum(s) - 1.0) / np.arange(1, v.size + 1)
    mu = excess[np.flatnonzero(s > excess)[-1]]
    return np.asarray(np.maximum(v - mu, 0.0))

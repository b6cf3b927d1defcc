"""Benefit of the doubt: each unit is weighed as suits it best (data envelopment)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import SUM_TOLERANCE, Array, matrix, refuse_cells
from gz_index.errors import MethodError

__all__ = ["Frontier", "bod"]


@dataclass(frozen=True)
class Frontier:
    """Scores under the most favourable weights.

    Attributes
    ----------
    scores : (n,)
        In (0, 1]; 1 on the frontier.
    weights : (n, k)
        Of each unit; they multiply the data and do not sum to one. They are optimal but not
        unique: another solution may give the same score by other weights.
    shares : (n, k)
        Part of each indicator in the unit's score; rows sum to one.
    data : (n, k)
    """

    scores: Array
    weights: Array
    shares: Array
    data: Array

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be said where these scores are printed."""
        at_top = int((self.scores > 1 - 1e-9).sum())
        return (
            f"{at_top} of {len(self.scores)} units score 1 and are not told apart",
            "the weights of a unit are optimal, not unique; its score is unique",
        )

    def cross_efficiency(self) -> Array:
        """Mean score of each unit under the weights of all units, (n,).

        It depends on which of several optimal weight vectors was found.
        """
        return np.asarray((self.data @ self.weights.T).mean(axis=1))


def bod(
    x: ArrayLike,
    *,
    bounds: tuple[Sequence[float] | float, Sequence[float] | float] | None = None,
    shares: tuple[Sequence[float] | float, Sequence[float] | float] | None = None,
    ratios: Sequence[tuple[int, int, float, float]] = (),
) -> Frontier:
    r"""Benefit of the doubt: the ratio programme, one linear programme for each unit.

    .. math::

        CI_c = \max_{w \ge 0} \sum_j w_j x_{cj} \quad \text{s.t.} \quad
        \sum_j w_j x_{ij} \le 1 \ \text{for all units } i

    The weights are not made to sum to one: with :math:`\sum w = 1` the programme only finds the
    best single indicator. Without limits many units score 1.

    Parameters
    ----------
    x : (n, k)
        Normalised data >= 0, bigger is better; no unit may be zero throughout.
    bounds : (low, high), optional
        Absolute limits >= 0 of the weights, numbers or (k,); high may be infinite. They are in
        units of 1 / x: with limits, a change of unit changes the scores.
    shares : (low, high), optional
        Limits of each indicator's part in the unit's own score,
        :math:`L_j \sum_l w_l x_{cl} \le w_j x_{cj} \le U_j \sum_l w_l x_{cl}`. A unit that is zero
        where a share above zero is asked cannot keep them.
    ratios : sequence of (j, l, low, high)
        :math:`low \le w_j / w_l \le high`, columns by position, 0 <= low <= high; high may be
        infinite.

    Returns
    -------
    Frontier

    Raises
    ------
    MethodError
        Negative data, a unit of zeros only, limits in the wrong order, or limits that no weights
        can keep, or that leave only the score zero (the unit is named).

    References
    ----------
    Cherchye, L., Moesen, W., Rogge, N. and Van Puyenbroeck, T. (2007). An introduction to
    'benefit of the doubt' composite indicators. Social Indicators Research 82(1), 111-145.
    doi:10.1007/s11205-006-9029-7

    Examples
    --------
    >>> f = bod([[1.0, 0.5], [0.5, 1.0], [0.5, 0.5]])
    >>> f.scores.round(4)
    array([1.    , 1.    , 0.6667])
    >>> bod([[1.0, 0.5], [0.5, 1.0], [0.5, 0.5]], shares=(0.4, 0.6)).scores.round(4)
    array([0.9..., 0.9..., 0.6667])
    """
    from scipy.optimize import linprog

    a = matrix(x, "bod", min_rows=1)
    n, k = a.shape
    if (a < 0).any():
        refuse_cells("bod", a, a < 0, "negative", "normalise by min-max first")
    empty = np.flatnonzero(a.sum(axis=1) == 0)
    if empty.size:
        raise MethodError(
            "bod: {rows} zero in every indicator",
            rows=empty.tolist(),
            hint="normalise to an interval above zero, e.g. to = [1, 100]",
        )
    unit = _size(a.max(axis=0))  # x / unit, w * unit: the solver takes small cells for zeros
    z = a / unit
    limits: list[tuple[float, float]] = [(0.0, np.inf)] * k
    if bounds is not None:
        low, high = _pair("bounds", bounds, k)
        if not ((low >= 0) & (low <= high) & np.isfinite(low)).all():
            raise MethodError("bod: bounds are not 0 <= low <= high", hint="give (low, high)")
        limits = list(zip((low * unit).tolist(), (high * unit).tolist(), strict=True))
    fixed = np.vstack([z, *(_ratio_rows(ratio, unit) for ratio in ratios)])
    part = None
    if shares is not None:
        part = low, high = _pair("shares", shares, k)
        ordered = ((low >= 0) & (low <= high) & (high <= 1)).all()
        if not ordered or low.sum() > 1 + SUM_TOLERANCE or high.sum() < 1 - SUM_TOLERANCE:
            raise MethodError(
                "bod: shares are not 0 <= low <= high <= 1 with sum(low) <= 1 <= sum(high)",
                hint="give (low, high) that some shares of sum one keep",
            )
    weights = np.empty((n, k))
    for c in range(n):
        own = z[c] / _size(z[c].max())
        left = fixed
        if part is not None:
            mine = np.diag(own)
            left = np.vstack([fixed, part[0][:, None] * own - mine, mine - part[1][:, None] * own])
        right = np.zeros(len(left))
        right[:n] = 1.0  # sum_j w_j x_ij <= 1; every other row is <= 0
        found = linprog(-own, A_ub=left, b_ub=right, bounds=limits, method="highs")
        if found.status == 2:
            raise MethodError(
                "bod: no weights keep the limits for {rows}", rows=[c], hint="widen the limits"
            )
        if found.status != 0:
            raise MethodError(
                f"bod: the solver stopped at {{rows}} ({found.message})",
                rows=[c],
                hint="check for cells that are all but zero",
            )
        if own @ found.x < 1e-9:
            zero = np.flatnonzero(own == 0)
            raise MethodError(
                "bod: the limits leave {rows} no score but zero"
                + (" (it is zero in {columns})" if zero.size else ""),
                rows=[c],
                columns=zero.tolist(),
                hint="widen the limits, or normalise to an interval above zero, e.g. to = [1, 100]",
            )
        weights[c] = found.x
    value = z * weights
    whole = value.sum(axis=1)
    return Frontier(np.minimum(1.0, whole), weights / unit, value / whole[:, None], a)


def _size(peak: ArrayLike) -> Array:
    """Return the power of two nearest to a number > 0 (dividing by it rounds nothing); 1 for 0."""
    a = np.asarray(peak, dtype=np.float64)
    return np.asarray(np.exp2(np.round(np.log2(np.where(a > 0, a, 1.0)))))


def _pair(
    name: str, limits: tuple[Sequence[float] | float, Sequence[float] | float], k: int
) -> tuple[Array, Array]:
    """Return the low and the high limit of each column, (k,) each."""
    try:
        low, high = (np.broadcast_to(np.asarray(b, dtype=np.float64), k) for b in limits)
    except (TypeError, ValueError):
        raise MethodError(
            f"bod: {name} = {limits!r} for {k} columns",
            hint="give (low, high), each a number or one number for each column",
        ) from None
    return low, high


def _ratio_rows(ratio: tuple[int, int, float, float], unit: Array) -> Array:
    """Rows r (2, k) with r w <= 0 that keep low <= w_j / w_l <= high, for rescaled weights."""
    try:
        j, other, low, high = ratio
        fits = 0 <= low <= high and np.isfinite(low) and j != other
        fits = fits and all(0 <= c < unit.size and c == int(c) for c in (j, other))
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise MethodError(
            f"bod: the ratio limit {ratio!r} is not (j, l, low, high) with two of the "
            f"{unit.size} columns and 0 <= low <= high",
            hint="count columns from 0; high may be infinite",
        )
    rows = np.zeros((2, unit.size))
    rows[0, [j, other]] = -1.0, low * unit[j] / unit[other]  # low w_l - w_j <= 0
    if np.isfinite(high):
        rows[1, [j, other]] = 1.0, -high * unit[j] / unit[other]  # w_j - high w_l <= 0
    return np.asarray(rows / np.abs(rows).max(axis=1, keepdims=True).clip(min=1.0))

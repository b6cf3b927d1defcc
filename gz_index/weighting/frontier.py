"""Benefit of the doubt: each unit is weighed as suits it best (data envelopment)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import Array, matrix, refuse_cells
from gz_index.errors import MethodError

__all__ = ["Frontier", "bod"]


@dataclass(frozen=True)
class Frontier:
    """Scores under the most favourable weights.

    Attributes
    ----------
    scores : (n,)
        In [0, 1]; 1 on the frontier.
    weights : (n, k)
        Of each unit; they multiply the data and do not sum to one. They are optimal but not
        unique: another solution may give the same score by other weights.
    shares : (n, k)
        Part of each indicator in the unit's score; rows sum to one (0 where the score is 0).
    data : (n, k)
    """

    scores: Array
    weights: Array
    shares: Array
    data: Array

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
        Absolute limits of the weights, numbers or (k,).
    shares : (low, high), optional
        Limits of each indicator's part in the unit's own score,
        :math:`L_j \sum_l w_l x_{cl} \le w_j x_{cj} \le U_j \sum_l w_l x_{cl}`.
    ratios : sequence of (j, l, low, high)
        :math:`low \le w_j / w_l \le high`, columns by position.

    Returns
    -------
    Frontier

    Raises
    ------
    MethodError
        Negative data, a unit of zeros only, or limits that no weights can keep (the unit is named).

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
    limits: list[tuple[float, float | None]] = [(0.0, None)] * k
    if bounds is not None:
        low, high = (np.broadcast_to(np.asarray(b, dtype=np.float64), k) for b in bounds)
        if not ((low >= 0) & (low <= high)).all():
            raise MethodError("bod: bounds are not 0 <= low <= high")
        limits = [(float(p), float(q)) for p, q in zip(low, high, strict=True)]
    fixed = [np.zeros((0, k))]
    for j, other, least, most in ratios:
        row = np.zeros((2, k))
        row[0, [j, other]] = -1.0, least  # w_j >= least * w_l
        row[1, [j, other]] = 1.0, -most
        fixed.append(row)
    part = None
    if shares is not None:
        low, high = (np.broadcast_to(np.asarray(s, dtype=np.float64), k) for s in shares)
        if not ((low >= 0) & (low <= high) & (high <= 1)).all() or low.sum() > 1 or high.sum() < 1:
            raise MethodError(
                "bod: shares are not 0 <= low <= high <= 1 with sum(low) <= 1 <= sum(high)"
            )
        part = (low, high)
    scores, weights = np.empty(n), np.empty((n, k))
    for c in range(n):
        rows = [a, *fixed]
        if part is not None:
            own = np.diag(a[c])
            rows += [part[0][:, None] * a[c] - own, own - part[1][:, None] * a[c]]
        left = np.vstack(rows)
        right = np.zeros(len(left))
        right[:n] = 1.0
        found = linprog(-a[c], A_ub=left, b_ub=right, bounds=limits, method="highs")
        if found.status != 0:
            raise MethodError(
                "bod: no weights keep the limits for {rows}", rows=[c], hint="widen the limits"
            )
        weights[c] = found.x
        scores[c] = min(1.0, float(a[c] @ found.x))
    value = a * weights
    whole = value.sum(axis=1, keepdims=True)
    return Frontier(
        scores, weights, np.divide(value, whole, out=np.zeros_like(value), where=whole > 0), a
    )

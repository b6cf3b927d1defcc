"""Scores from order alone: rank-sum ratio, Borda, Copeland, Condorcet-Kemeny."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.aggregate._common import inputs
from gz_index.errors import MethodError

__all__ = [
    "Kemeny",
    "borda",
    "borda_contributions",
    "copeland",
    "kemeny",
    "kemeny_order",
    "outranking",
    "rsr",
    "rsr_contributions",
]

Order: TypeAlias = NDArray[np.intp]

#: units up to which the exact order is sought by default
EXACT = 60

#: the solver stops within 1e-6 of the best value, whatever the numbers are
_SCALE = 1e7


def _ranks(x: Array) -> Array:
    """Average ranks along the units, 1 is the lowest value."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(x, axis=-2))


def rsr(x: Array, w: Array) -> Array:
    r"""Rank-sum ratio (秩和比), :math:`\sum_j w_j R_{ij} / n`, ties get average ranks.

    Parameters
    ----------
    x : (..., n, k)
        Bigger is better; only the order within each column matters.
    w : (..., k)
        Weights >= 0 that sum to one.

    Returns
    -------
    (..., n)
        In (0, 1]; 1 is best in every indicator.

    References
    ----------
    Tian, F. T. (1993). 秩和比法及其应用 (Rank-sum ratio and its application). 中国统计出版社.

    Examples
    --------
    >>> rsr([[1.0, 9.0], [2.0, 8.0], [3.0, 7.0]], [0.5, 0.5]).round(4)
    array([0.6667, 0.6667, 0.6667])
    """
    return np.asarray(rsr_contributions(x, w).sum(axis=-1))


def rsr_contributions(x: Array, w: Array) -> Array:
    """Weighted rank shares (..., n, k), which add up to the ratio."""
    x, w = inputs("rsr", x, w)
    return np.asarray(w[..., None, :] * _ranks(x) / x.shape[-2])


def borda(x: Array, w: Array) -> Array:
    r"""Weighted Borda count: the mean number of units beaten, ties count one half.

    :math:`\sum_j w_j (R_{ij} - 1)` with average ranks.

    Parameters
    ----------
    x : (..., n, k)
    w : (..., k)
        Weights >= 0 that sum to one.

    Returns
    -------
    (..., n)
        In [0, n - 1].

    Examples
    --------
    >>> borda([[1.0, 9.0], [2.0, 9.0], [3.0, 7.0]], [0.5, 0.5])
    array([0.75, 1.25, 1.  ])
    """
    return np.asarray(borda_contributions(x, w).sum(axis=-1))


def borda_contributions(x: Array, w: Array) -> Array:
    """Weighted Borda points (..., n, k), which add up to the count."""
    x, w = inputs("borda", x, w)
    return np.asarray(w[..., None, :] * (_ranks(x) - 1))


def outranking(x: Array, w: Array) -> Array:
    r"""Outranking matrix: share of weight by which one unit beats another, ties one half.

    :math:`e_{ab} = \sum_j w_j [x_{aj} > x_{bj}] + \tfrac12 \sum_j w_j [x_{aj} = x_{bj}]`, so that
    :math:`e_{ab} + e_{ba} = 1`; the diagonal is 0.

    Parameters
    ----------
    x : (..., n, k)
    w : (..., k)
        Weights >= 0 that sum to one.

    Returns
    -------
    (..., n, n)

    References
    ----------
    Munda, G. and Nardo, M. (2009). Noncompensatory/nonlinear composite indicators for ranking
    countries: a defensible setting. Applied Economics 41(12), 1513-1523.
    doi:10.1080/00036840601019364

    Examples
    --------
    >>> outranking([[1.0, 5.0], [2.0, 5.0]], [0.6, 0.4])
    array([[0. , 0.2],
           [0.8, 0. ]])
    """
    x, w = inputs("outranking", x, w)
    n = x.shape[-2]
    half = np.zeros((*np.broadcast_shapes(x.shape[:-2], w.shape[:-1]), n, n))
    for j in range(x.shape[-1]):  # one column at a time: memory stays at a few (n, n)
        a, b = x[..., j][..., :, None], x[..., j][..., None, :]
        with np.errstate(over="ignore"):  # the sign of an infinite difference is right
            half += w[..., j, None, None] * np.sign(a - b)
    out = 0.5 + 0.5 * half
    out[..., np.arange(n), np.arange(n)] = 0.0
    return np.asarray(out)


def copeland(x: Array, w: Array) -> Array:
    r"""Copeland score: units beaten by majority of weight less units lost to.

    :math:`\#\{b: e_{ab} > \tfrac12\} - \#\{b: e_{ab} < \tfrac12\}` over the other units.

    Parameters
    ----------
    x : (..., n, k)
    w : (..., k)
        Weights >= 0 that sum to one.

    Returns
    -------
    (..., n)
        Whole numbers in [-(n - 1), n - 1].

    Examples
    --------
    >>> copeland([[1.0, 5.0], [2.0, 4.0], [3.0, 3.0]], [0.6, 0.4])
    array([-2.,  0.,  2.])
    """
    return np.asarray(_majority(outranking(x, w)).sum(axis=-1))


def _majority(e: Array) -> Array:
    """Sign of each comparison, 0 on the diagonal; sums of weights are equal within rounding."""
    margin = e - np.swapaxes(e, -1, -2)
    return np.where(np.abs(margin) <= 1e-12, 0.0, np.sign(margin))


@dataclass(frozen=True, eq=False)
class Kemeny:
    """The order that agrees best with all pairwise comparisons.

    Attributes
    ----------
    order : tuple of int
        Row numbers from best to worst.
    support : float
        Sum of the outranking matrix over all pairs of the order; the largest there is if ``exact``.
    exact : bool
        Whether the order was proved to be the best; otherwise a local search found it.
    outranking : (n, n)
    """

    order: tuple[int, ...]
    support: float
    exact: bool
    outranking: Array


def kemeny_order(x: Array, w: Array, *, exact_up_to: int = EXACT, seconds: float = 60.0) -> Kemeny:
    r"""Condorcet-Kemeny-Young-Levenglick: the order with the largest support.

    :math:`\varphi(s) = \sum_{a \text{ before } b} e_{ab}` is maximised over all orders s.
    Units fall into blocks of which each beats the next by majority; blocks never mix in a best
    order, and each is solved by itself: exactly (mixed-integer programme over the linear orderings)
    while it is small enough, else by moving single units until nothing gains. Among equally good
    orders the choice does not depend on the order of the rows.

    Parameters
    ----------
    x : (n, k)
    w : (k,)
        Weights >= 0 that sum to one.
    exact_up_to : int
        Largest block that is solved exactly.
    seconds : float
        Time for one block; when it runs out, the local search stands and ``exact`` is false.

    Raises
    ------
    MethodError
        Several draws at once, no time, or what :func:`outranking` refuses.

    References
    ----------
    Young, H. P. and Levenglick, A. (1978). A consistent extension of Condorcet's election
    principle. SIAM Journal on Applied Mathematics 35(2), 285-300. doi:10.1137/0135023

    Truchon, M. (1998). An extension of the Condorcet criterion and Kemeny orders. Cahier 98-15,
    Universite Laval.

    Examples
    --------
    >>> kemeny_order([[1.0, 5.0], [2.0, 4.0], [3.0, 3.0]], [0.6, 0.4]).order
    (2, 1, 0)
    """
    from scipy.sparse.csgraph import connected_components

    x, w = inputs("kemeny", x, w)
    if x.ndim != 2 or w.ndim != 1:
        raise MethodError("kemeny_order takes one matrix (n, k)", hint="loop over the draws")
    if not seconds > 0:
        raise MethodError(f"kemeny: seconds = {seconds}", hint="give the seconds for one block")
    # rows in an order of their own, whatever order rows and columns came in
    wins = outranking(x, w).sum(axis=1)
    peak = np.abs(x).max()
    z = x / peak if peak > 0 else x
    key = np.lexsort((*x.T, (z**2 @ w).round(9), (z @ w).round(9), wins.round(9)))
    e = outranking(x[key], w)
    sign = _majority(e)
    count, block = connected_components(sign >= 0, directed=True, connection="strong")
    wins = sign.sum(axis=1)
    blocks = [np.flatnonzero(block == b) for b in range(count)]
    blocks.sort(key=lambda rows: -float(wins[rows].mean()))
    line: list[int] = []
    exact = True
    for rows in blocks:
        part = e[np.ix_(rows, rows)]
        best = _search(part, np.argsort(-part.sum(axis=1), kind="stable"))
        if len(rows) > 2:
            proved = _solve(part, seconds) if len(rows) <= exact_up_to else None
            exact = exact and proved is not None
            if proved is not None and _support(part, proved) > _support(part, best) + 1e-12:
                best = proved
        line += rows[best].tolist()
    return Kemeny(
        tuple(int(i) for i in key[line]), _support(e, np.array(line)), exact, outranking(x, w)
    )


def _support(e: Array, order: Order) -> float:
    return float(np.triu(e[np.ix_(order, order)], 1).sum())


def _search(e: Array, order: Order) -> Order:
    """Move single units to their best place until no move gains."""
    margin = e - e.T
    line = order.tolist()
    moved = True
    while moved:
        moved = False
        for unit in line.copy():
            at = line.index(unit)
            rest = line[:at] + line[at + 1 :]
            gain = np.concatenate([[0.0], np.cumsum(margin[rest, unit])])  # unit after each of them
            best = int(np.argmax(gain))
            if gain[best] > gain[at] + 1e-12:
                line = [*rest[:best], unit, *rest[best:]]
                moved = True
    return np.array(line)


def _solve(e: Array, seconds: float) -> Order | None:
    """Exact order of one block, or None when time runs out."""
    from itertools import combinations

    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    n = len(e)
    pairs = {p: i for i, p in enumerate(combinations(range(n), 2))}
    gain = np.array([e[a, b] - e[b, a] for a, b in pairs])
    triples = list(combinations(range(n), 3))
    columns = [(pairs[a, b], pairs[b, c], pairs[a, c]) for a, b, c in triples]
    shape = (len(triples), len(pairs))
    rows = np.repeat(np.arange(len(triples)), 3)
    values = np.tile([1.0, 1.0, -1.0], len(triples))
    transitive = csr_array((values, (rows, np.ravel(columns))), shape=shape)
    found = milp(
        -_SCALE * gain,
        integrality=np.ones(len(pairs), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(transitive, 0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},  # by default 1e-4 short is "optimal"
    )
    if found.status != 0:
        return None
    before = np.zeros(n)
    for (a, b), y in zip(pairs, found.x, strict=True):
        before[a if y > 0.5 else b] += 1
    return np.argsort(-before, kind="stable")


def kemeny(x: Array, w: Array, *, exact_up_to: int = EXACT, seconds: float = 60.0) -> Array:
    """Score by the Kemeny order: the number of units below; equal rows share their mean.

    See :func:`kemeny_order`, which also says whether the order was proved to be the best.

    Parameters
    ----------
    x : (..., n, k)
    w : (..., k)
        Weights >= 0 that sum to one.
    exact_up_to, seconds
        As in :func:`kemeny_order`.

    Examples
    --------
    >>> kemeny([[1.0, 5.0], [2.0, 4.0], [3.0, 3.0]], [0.6, 0.4])
    array([0., 1., 2.])
    """
    x, w = inputs("kemeny", x, w)
    shape = np.broadcast_shapes(x.shape[:-2], w.shape[:-1])
    n, k = x.shape[-2:]
    data = np.broadcast_to(x, (*shape, n, k)).reshape(-1, n, k)
    weights = np.broadcast_to(w, (*shape, k)).reshape(-1, k)
    out = np.empty((len(data), n))
    for i, (one, v) in enumerate(zip(data, weights, strict=True)):
        found = kemeny_order(one, v, exact_up_to=exact_up_to, seconds=seconds)
        out[i, list(found.order)] = np.arange(n - 1, -1, -1)
        _, same = np.unique(one, axis=0, return_inverse=True)
        same = same.ravel()
        out[i] = (np.bincount(same, out[i]) / np.bincount(same))[same]
    return out.reshape(*shape, n)

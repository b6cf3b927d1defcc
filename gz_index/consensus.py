"""How far several rankings of the same units agree, and the ranking that they agree on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import BLOCK, Array, matrix
from gz_index.errors import MethodError, said_of
from gz_index.sensitivity.ranks import Ties, ranks_of
from gz_index.table import Table

__all__ = [
    "Consensus",
    "Rankings",
    "average_ranks",
    "consensus",
    "correlation",
    "kendall_w",
    "tau_b",
]


def average_ranks(x: Array) -> Array:
    """Rank each column of ``x`` (n, m), 1 is the highest; equal values share their mean rank.

    Examples
    --------
    >>> average_ranks([[3.0, 1.0], [3.0, 2.0], [1.0, 9.0]]).tolist()
    [[1.5, 3.0], [1.5, 2.0], [3.0, 1.0]]
    """
    from scipy.stats import rankdata

    return np.asarray(rankdata(-np.asarray(x, dtype=np.float64), axis=0))


def correlation(x: Array) -> Array:
    r"""Pearson's correlation between the columns; of average ranks it is Spearman's.

    :math:`r_{ab} = \sum_i (x_{ia} - \bar x_a)(x_{ib} - \bar x_b) / (s_a s_b)`.

    Parameters
    ----------
    x : (n, m)
        Scores, or average ranks, of n units by m judges.

    Returns
    -------
    (m, m)
        In [-1, 1]; the diagonal is 1.

    Raises
    ------
    MethodError
        Fewer than two units, a cell that is not finite, or a column with one value only.

    Examples
    --------
    >>> correlation([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0]]).round(4).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    x = matrix(x, "correlation")
    _refuse_tied("correlation", (x == x[:1]).all(axis=0))
    size = np.abs(x).max(axis=0)
    d = x / size  # neither overflow nor underflow in the squares
    d = d - d.mean(axis=0)
    d /= np.sqrt((d**2).sum(axis=0))
    out = np.clip(d.T @ d, -1.0, 1.0)
    np.fill_diagonal(out, 1.0)
    return np.asarray(out)


def tau_b(x: Array) -> Array:
    r"""Kendall's tau-b between the columns, corrected for ties.

    :math:`\tau_b = (C - D) / \sqrt{(P - T_a)(P - T_b)}` with C concordant and D discordant pairs
    of units, P pairs in all, and T pairs that a column ties.

    Parameters
    ----------
    x : (n, m)
        Scores or ranks of n units by m judges.

    Returns
    -------
    (m, m)
        In [-1, 1]; the diagonal is 1.

    Raises
    ------
    MethodError
        Fewer than two units, a cell that is not finite, or a column with one value only.

    References
    ----------
    Kendall, M. G. (1945). The treatment of ties in ranking problems. Biometrika 33(3), 239-251.
    doi:10.1093/biomet/33.3.239

    Examples
    --------
    >>> tau_b([[1.0, 1.0], [2.0, 3.0], [3.0, 2.0]]).round(4).tolist()
    [[1.0, 0.3333], [0.3333, 1.0]]
    """
    x = matrix(x, "tau-b")
    _refuse_tied("tau-b", (x == x[:1]).all(axis=0))
    n, m = x.shape
    pairs = np.zeros((m, m))
    step = max(1, 8 * BLOCK // (n * m))
    for i in range(0, n, step):  # each pair is met twice, which cancels
        a, b = x[i : i + step, None, :], x[None, :, :]
        sign = ((a > b).astype(np.float64) - (a < b)).reshape(-1, m)
        pairs += sign.T @ sign
    untied = pairs.diagonal()
    return np.asarray(pairs / np.sqrt(untied[:, None] * untied))


def _refuse_tied(method: str, tied: Array) -> None:
    if tied.any():
        raise MethodError(
            f"{method} is not defined: {{columns}} gives every unit the same score",
            hint="leave it out, or choose a method that tells the units apart",
            columns=np.flatnonzero(tied).tolist(),
        )


def kendall_w(ranks: Array) -> float:
    """Kendall's coefficient of concordance W, corrected for ties.

    ``W = 12 S / (m^2 (n^3 - n) - m T)`` with S the sum of squared deviations of the rank sums
    and T the sum of t^3 - t over all groups of ties.

    Parameters
    ----------
    ranks : (n, m)
        Average ranks of n units by m judges.

    Returns
    -------
    float
        In [0, 1]; 1 is full agreement.

    Raises
    ------
    MethodError
        Fewer than two units or judges, or every judge ties all units.

    References
    ----------
    Kendall, M. G. and Babington Smith, B. (1939). The problem of m rankings. Annals of
    Mathematical Statistics 10(3), 275-287. doi:10.1214/aoms/1177732186

    Examples
    --------
    >>> import numpy as np
    >>> kendall_w(np.array([[1.0, 1, 2], [2, 3, 1], [3, 2, 3]]))
    0.444...
    """
    n, m = ranks.shape
    if n < 2 or m < 2:
        raise MethodError(f"W needs two units and two rankings; got {n} and {m}")
    sums = ranks.sum(axis=1)
    spread = float(((sums - sums.mean()) ** 2).sum())
    ties = 0.0
    for j in range(m):
        _, count = np.unique(ranks[:, j], return_counts=True)
        ties += float((count.astype(float) ** 3 - count).sum())
    whole = m**2 * (n**3 - n) - m * ties
    if whole == 0:
        raise MethodError("W is not defined: every ranking ties all units")
    return float(12 * spread / whole)


class Consensus(NamedTuple):
    """Points of n units by which several rankings become one; more is better.

    Attributes
    ----------
    borda : (n,)
        Units beaten, summed over the judges; ties count one half. In [0, m (n - 1)].
    copeland : (n,)
        Units beaten by a majority of the judges less units lost to. In [-(n - 1), n - 1].
    """

    borda: Array
    copeland: Array


def consensus(x: Array) -> Consensus:
    r"""Put the rankings of several judges together, by Borda and by Copeland.

    Borda: :math:`\sum_j (n - R_{ij})` with average ranks, 1 the best, so that its order is that of
    the mean rank; Copeland: see :func:`gz_index.aggregate.copeland`.

    Parameters
    ----------
    x : (n, m)
        Scores of n units by m judges; only the order within each column matters.

    Raises
    ------
    MethodError
        A cell is not finite.

    References
    ----------
    Saari, D. G. and Merlin, V. R. (1996). The Copeland method I: relationships and the dictionary.
    Economic Theory 8(1), 51-76.

    Examples
    --------
    >>> found = consensus([[3.0, 3.0, 1.0], [2.0, 2.0, 3.0], [1.0, 1.0, 2.0]])
    >>> found.borda.tolist(), found.copeland.tolist()
    ([4.0, 4.0, 1.0], [2.0, 0.0, -2.0])
    """
    from gz_index.aggregate import copeland

    x = matrix(x, "consensus", min_rows=1)
    n, m = x.shape
    ranks = average_ranks(x)
    # n - R is a whole number of halves: sums are exact, and equal ones tie
    return Consensus((n - ranks).sum(axis=1), copeland(ranks * -1.0, np.full(m, 1.0 / m)))


@dataclass(frozen=True, eq=False)
class Rankings:
    """Scores of the same rows by several judges, ranked within each period.

    All is about the rows that every judge scores, ranked among each other.

    Attributes
    ----------
    table : Table
        Names the rows.
    scores : (n, m)
        NaN where a judge gives none; the first judge is the reference.
    names : tuple of str, (m,)
    ties : tuple, (m,)
        Each judge's rule for equal scores.
    """

    table: Table
    scores: Array
    names: tuple[str, ...]
    ties: tuple[Ties, ...]

    @cached_property
    def segments(self) -> list[tuple[str, NDArray[np.intp]]]:
        """Each period's label with its rows, where there are any."""
        there = ~np.isnan(self.scores).any(axis=1)
        if self.table.slot is None or self.table.periods is None:
            found = [("", np.flatnonzero(there))]
        else:
            found = [
                (f"period {p}", np.flatnonzero(there & (self.table.slot == t)))
                for t, p in enumerate(self.table.periods)
            ]
        return [(label, at) for label, at in found if at.size]

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Rows that every judge scores."""
        return np.flatnonzero(~np.isnan(self.scores).any(axis=1))

    @cached_property
    def places(self) -> Array:
        """Rank (n, m) of each row in its period; NaN where some judge gives no score."""
        out = np.full(self.scores.shape, np.nan)
        for rule in dict.fromkeys(self.ties):
            judges = np.flatnonzero([own == rule for own in self.ties])
            for _, at in self.segments:
                cells = np.ix_(at, judges)
                out[cells] = ranks_of(self.scores[cells].T, rule).T
        return out

    def mean(self, of: Callable[[Array], Any]) -> Any:
        """Mean of a measure of agreement over the periods that have two rows or more.

        Raises
        ------
        MethodError
            There is no such period, or a judge ties all units of one.
        """
        each = []
        for label, at in self.segments:
            if at.size > 1:
                try:
                    each.append(of(self.scores[at]))
                except MethodError as error:
                    named = error.named(columns=self.names)
                    raise (said_of(label, named) if label else named) from None
        if not each:
            raise MethodError(
                f"no period has two units that {', '.join(self.names[:5])} all score",
                hint="ranks need units to be ranked with; enlarge the data, or fill gaps",
            )
        return np.mean(each, axis=0)

    def shift(self, judge: int) -> dict[str, Any]:
        """Change of rank against the first judge: mean size, the largest, and whose it is.

        Raises
        ------
        MethodError
            No row is scored by all.
        """
        at = self.rows
        if not at.size:
            raise MethodError(f"no row is scored by all of {', '.join(self.names[:5])}")
        moved = self.places[at, judge] - self.places[at, 0]
        i = int(np.abs(moved).argmax())
        row = self.table.index[at[i]]
        who = ", ".join(map(str, row)) if isinstance(row, tuple) else str(row)
        return {
            "mean_shift": float(np.abs(moved).mean()),
            "largest": float(moved[i]),
            "at": who if moved[i] else "",
        }

    def unmoved(self, judge: int) -> int:
        """Number of rows whose rank is that of the first judge."""
        at = self.rows
        return int((self.places[at, judge] == self.places[at, 0]).sum())

    def overlap(self, top: int) -> Array:
        """Share of the first judge's top that is in each judge's top, (m,); mean over periods.

        The top k are the units with fewer than k units ahead: ties can make them more than k, and
        then the share is of the larger set.
        """
        each = []
        for _, at in self.segments:
            ahead = ranks_of(self.scores[at].T, "min") <= top
            both = (ahead & ahead[0]).sum(axis=1)
            each.append(both / np.maximum(ahead.sum(axis=1), ahead[0].sum()))
        return np.asarray(np.mean(each, axis=0))

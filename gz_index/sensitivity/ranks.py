"""Ranks of many draws at once: fast where scores differ, exact where they tie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError

__all__ = ["Ranker", "ranks_of"]

Ties: TypeAlias = Literal["min", "max", "average", "dense"]
Ints: TypeAlias = NDArray[np.int32]

_MAGNITUDE = np.int64(0x7FFF_FFFF_FFFF_FFFF)

#: cells of the rank histogram that stay in the cache while a block is counted
_CACHED = 250_000


def ranks_of(scores: Array, ties: Ties = "min") -> Array:
    """Rank each row of scores, 1 is the highest; equal scores share a rank by the named rule.

    Parameters
    ----------
    scores : (..., n)
    ties : {"min", "max", "average", "dense"}
        Rank of equal scores, as :meth:`pandas.DataFrame.rank` names it.

    Returns
    -------
    (..., n) of float64

    Raises
    ------
    MethodError
        A score is NaN: it has no rank.

    Examples
    --------
    >>> ranks_of([[3.0, 1.0, 3.0], [1.0, 2.0, 4.0]]).tolist()
    [[1.0, 3.0, 1.0], [3.0, 2.0, 1.0]]
    """
    s = np.asarray(scores, dtype=np.float64)
    ranker = Ranker(s.shape[-1], ties)
    ranks = ranker.ranks(s.reshape(-1, s.shape[-1])).reshape(s.shape)
    return np.asarray(ranks / ranker.unit)


@dataclass(frozen=True)
class Ranker:
    """Ranks of n units under one rule for ties, in whole steps of ``1 / unit``.

    The units of a draw are sorted by a packed key: the bits of the score, of which the lowest
    ceil(log2 n) hold the number of the unit, so that one sort of integers gives the order. Two
    scores that agree in all other bits (relative distance below 2^(ceil(log2 n) - 52)) may tie:
    such draws are ranked again by their full scores, so that only equal numbers share a rank, and
    they do so by the rule and not by their position.

    Parameters
    ----------
    n : int
        Number of units.
    ties : {"min", "max", "average", "dense"}
    """

    n: int
    ties: Ties = "min"

    @property
    def unit(self) -> int:
        """Steps in one rank: 2 for average ranks, which may be halves, else 1."""
        return 2 if self.ties == "average" else 1

    @property
    def steps(self) -> int:
        """Number of distinct values that a rank can take, counted in steps from zero."""
        return self.n * self.unit + 1

    @cached_property
    def _ids(self) -> NDArray[np.int64]:
        return np.arange(self.n, dtype=np.int64)

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        """Where the histogram of each place in the order begins, lowest score first."""
        return np.arange(self.n, 0, -1, dtype=np.int64) * (self.unit * self.n)

    @cached_property
    def _low(self) -> np.int64:
        return np.int64((1 << max(self.n - 1, 1).bit_length()) - 1)

    def order(self, s: Array) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """Sort the units of each draw, lowest score first.

        Returns
        -------
        (D, n), (d,)
            Numbers of the units in order, and the draws in which some may tie.
        """
        if np.isnan(s.sum()) and np.isnan(s).any():
            draw, unit = np.argwhere(np.isnan(s))[0]
            raise MethodError(
                f"draw {draw}: the score of {{rows}} is not a number and has no rank",
                rows=[int(unit)],
                hint="leave the row out, or mend the method that gives no score",
            )
        if s.min(initial=1.0) > 0:  # bits of positive floats rise with them
            key = np.bitwise_and(np.ascontiguousarray(s).view(np.int64), ~self._low)
        else:
            bits = (s + 0.0).view(np.int64)  # -0.0 becomes 0.0
            key = bits ^ ((bits >> 63) & _MAGNITUDE)
            key &= ~self._low
        key |= self._ids
        key.sort(axis=-1)
        away = key[:, 1:] ^ key[:, :-1]
        tied = np.empty(0, np.intp)
        if away.min(initial=_MAGNITUDE) <= self._low:
            tied = np.flatnonzero(away.min(axis=-1) <= self._low)
        key &= self._low
        return key, tied

    def exact(self, s: Array) -> Ints:
        """Ranks in steps, (D, n), by the full scores and the rule for ties."""
        order = np.argsort(-s, axis=-1, kind="stable")
        ordered = np.take_along_axis(s, order, axis=-1)
        new = np.ones(s.shape, dtype=np.bool_)
        new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        place = np.arange(1, self.n + 1, dtype=np.int32)
        first = np.maximum.accumulate(np.where(new, place, 0), axis=-1)
        if self.ties == "dense":
            found = new.cumsum(axis=-1, dtype=np.int32)
        elif self.ties == "min":
            found = first
        else:
            ends = np.ones(s.shape, dtype=np.bool_)
            ends[:, :-1] = new[:, 1:]
            last = np.where(ends, place, self.n)[:, ::-1]
            last = np.minimum.accumulate(last, axis=-1)[:, ::-1]
            found = last if self.ties == "max" else first + last
        out = np.empty(s.shape, dtype=np.int32)
        np.put_along_axis(out, order, found.astype(np.int32), axis=-1)
        return out

    def ranks(self, s: Array) -> Ints:
        """Ranks (D, n) of scores (D, n), 1 is the highest, in steps of ``1 / unit``."""
        order, tied = self.order(s)
        out = np.empty(s.shape, dtype=np.int32)
        place = np.arange(self.n, 0, -1, dtype=np.int32) * self.unit
        np.put_along_axis(out, order, np.broadcast_to(place, s.shape), axis=-1)
        if tied.size:
            out[tied] = self.exact(s[tied])
        return out

    def count(self, s: Array, histogram: Ints) -> None:
        """Add the ranks of a block of draws to a histogram (steps, n), rank first."""
        order, tied = self.order(s)
        if tied.size:
            self.tally(self.exact(s[tied]), histogram)
            order = np.delete(order, tied, axis=0)
        flat = histogram.reshape(-1)
        width = max(1, _CACHED // self.n)  # places counted at a time
        for start in range(0, self.n, width):
            here = slice(start, min(start + width, self.n))
            at = order[:, here] + self._offsets[here]
            np.add.at(flat, at.reshape(-1), np.int32(1))

    def tally(self, ranks: Ints, histogram: Ints) -> None:
        """Add ranks (D, n) in steps to a histogram (steps, n)."""
        at = ranks.astype(np.int64) * self.n + self._ids
        np.add.at(histogram.reshape(-1), at.reshape(-1), np.int32(1))

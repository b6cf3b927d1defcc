"""Ranks of many draws at once: fast where scores differ, exact where they tie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError

if TYPE_CHECKING:
    from gz_index.sensitivity.compiled import Kernels

__all__ = ["CompiledCounts", "Counts", "Ranker", "counting", "ranks_of"]

Ties: TypeAlias = Literal["min", "max", "average", "dense"]
Ints: TypeAlias = NDArray[np.int32]

#: cells of the histogram that stay in the cache while orders are counted; places counted at once;
#: cells of orders kept
_CACHED, _ROOM, _KEPT = 50_000, 10_000, 8_000_000

#: draws whose ranks are counted together by loops in machine code
_TOGETHER = 2048


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

    The units of a draw are sorted by a packed key: the score in whole steps of the range of all
    scores, and in the lowest bits the number of the unit, so that one sort of integers gives the
    order. Scores that share a step are put in order by their full values; only equal numbers share
    a rank, and they do so by the rule and not by their position.

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

    @property
    def _kind(self) -> Any:
        """Type of the keys: of 32 bits while few scores share a step, since these sort faster."""
        return np.int32 if self.n <= 4096 else np.int64

    def order(self, s: Array) -> tuple[NDArray[np.signedinteger[Any]], NDArray[np.intp]]:
        """Sort the units of each draw, lowest score first.

        Returns
        -------
        (D, n), (d,)
            Numbers of the units in order, until the next call; and the draws that hold ties, whose
            order is not settled.
        """
        key, step = self._space(len(s))
        cut = self.cut(s, 2.0 ** (8 * key.itemsize - 1) - 2.0 ** (8 * key.itemsize - 31))
        if cut is None:
            key[:] = np.arange(self.n)
            return key, np.arange(len(s))
        low, per = cut
        np.subtract(s, low, out=step)
        np.copyto(key, np.multiply(step, per, out=step), casting="unsafe")
        mask = key.dtype.type((1 << (self.n - 1).bit_length()) - 1)
        np.bitwise_and(key, ~mask, out=key)
        np.bitwise_or(key, np.arange(self.n, dtype=key.dtype), out=key)
        key.sort(axis=-1)
        flat = key.reshape(-1)
        apart = step.view(key.dtype).reshape(-1)[: max(flat.size - 1, 0)]
        np.bitwise_xor(flat[1:], flat[:-1], out=apart)  # neighbours, also from draw to draw
        near = np.flatnonzero(apart <= mask)
        np.bitwise_and(key, mask, out=key)
        return key, self._settle(s, key, near)

    def _settle(
        self, s: Array, number: NDArray[np.signedinteger[Any]], at: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """Put neighbours that share a step in order by their scores; return draws that hold ties.

        A draw in which too many scores share a step is returned too.
        """
        at = at[at % self.n != self.n - 1]  # within a draw
        flat, draw = number.reshape(-1), at // self.n
        rows = draw * self.n
        if not at.size:
            return draw
        scores, odd = s.reshape(-1), at % 2 == 1
        for _ in range(8):  # exchange of neighbours, at even places and at odd ones in turn
            a, b = scores[rows + flat[at]], scores[rows + flat[at + 1]]
            wrong = a > b
            if not wrong.any():
                return np.unique(draw[a == b])
            for which in (wrong & odd, ~odd):
                here, row = at[which], rows[which]
                here = here[scores[row + flat[here]] > scores[row + flat[here + 1]]]
                flat[here], flat[here + 1] = flat[here + 1], flat[here]
        return np.unique(draw)

    @cached_property
    def _spaces(self) -> dict[int, tuple[Any, Array]]:
        return {}

    def _space(self, draws: int) -> tuple[Any, Array]:
        """Room for keys and steps; fresh memory for each block would cost a sort."""
        if draws not in self._spaces:
            self._spaces.clear()
            shape = (draws, self.n)
            self._spaces[draws] = np.empty(shape, self._kind), np.empty(shape)
        return self._spaces[draws]

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
        np.put_along_axis(out, order.astype(np.intp), np.broadcast_to(place, s.shape), axis=-1)
        if tied.size:
            out[tied] = self.exact(s[tied])
        return out

    def cut(self, s: Array, limit: float) -> tuple[float, float] | None:
        """Lowest score, and steps for a unit of score so that they number less than ``limit``.

        Returns
        -------
        (low, per) or None
            None where all scores are the same, or too close or too far apart to be cut.

        Raises
        ------
        MethodError
            A score is NaN.
        """
        low, high = (float(s.min()), float(s.max())) if s.size else (0.0, 1.0)
        if np.isnan(low):
            self._refuse(s)
        per = limit / (high - low) if high > low else np.inf
        return (low, per) if 0 < per < np.inf else None

    def _refuse(self, s: Array) -> None:
        if np.isnan(s).any():
            draw, unit = np.argwhere(np.isnan(s))[0]
            raise MethodError(
                f"draw {draw}: the score of {{rows}} is not a number and has no rank",
                rows=[int(unit)],
                hint="leave the row out, or mend the method that gives no score",
            )


class Counts:
    """How often each unit has each rank.

    Orders are kept until there are enough of them to be counted a stretch of places at a time, so
    that the part of the histogram which is written to stays in the cache.

    Parameters
    ----------
    ranker : Ranker

    Attributes
    ----------
    histogram : (steps, n) of int32
        Rank first; complete after :meth:`flush`.
    """

    def __init__(self, ranker: Ranker) -> None:
        self.ranker = ranker
        self.histogram = np.zeros((ranker.steps, ranker.n), np.int32)
        cells = self.histogram.size
        cells = _CACHED if cells <= _CACHED else min(2 * cells, _KEPT)
        self._kept = np.empty((max(1, cells // ranker.n), ranker.n), np.int32)
        self._filled = 0
        places = np.arange(ranker.n, 0, -1, dtype=np.int64)
        self._offsets = places * (ranker.unit * ranker.n)

    def add(self, s: Array) -> None:
        """Count the ranks of the scores (D, n) of some draws."""
        order, tied = self.ranker.order(s)
        if tied.size:
            self.add_ranks(self.ranker.exact(s[tied]))
            order = np.delete(order, tied, axis=0)
        self.add_orders(order)

    def add_ranks(self, ranks: Ints) -> None:
        """Add ranks (D, n) in steps."""
        at = ranks.astype(np.int64) * self.ranker.n + np.arange(self.ranker.n)
        np.add.at(self.histogram.reshape(-1), at.reshape(-1), np.int32(1))

    def add_orders(self, orders: NDArray[np.signedinteger[Any]]) -> None:
        """Add units (D, n) in order, lowest score first, none of them tied."""
        while len(orders):
            room = len(self._kept) - self._filled
            part, orders = orders[:room], orders[room:]
            self._kept[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            if self._filled == len(self._kept):
                self.flush()

    def flush(self) -> None:
        """Count what has been kept."""
        kept, flat = self._kept[: self._filled], self.histogram.reshape(-1)
        width = max(1, _CACHED // self.ranker.n)  # places counted at a time
        rows = max(1, _ROOM // width)
        for start in range(0, self.ranker.n, width):
            here = slice(start, start + width)
            for first in range(0, len(kept), rows):
                part = kept[first : first + rows, here]
                at = np.add(part, self._offsets[here], dtype=np.int64)
                np.add.at(flat, at.reshape(-1), np.int32(1))
        self._filled = 0


class CompiledCounts:
    """The same counts by loops in machine code; see :class:`Counts`.

    Parameters
    ----------
    ranker : Ranker
        Of at most 65,535 units.
    loops : Kernels
    """

    def __init__(self, ranker: Ranker, loops: Kernels) -> None:
        self.ranker, self._loops = ranker, loops
        self._cells = np.zeros((ranker.n, ranker.steps), np.int32)
        self._places = np.empty((0, ranker.n), np.uint16)
        self._filled = 0
        self._cut: tuple[float, float] | None = None
        # few scores of a draw share a step then
        self._bits = max(2, round(0.7 * math.log2(ranker.n) + 1.2))

    @property
    def histogram(self) -> Ints:
        """(steps, n) of int32, complete after :meth:`flush`."""
        return self._cells.T

    def add(self, s: Array) -> None:
        """Count the ranks of the scores (D, n) of some draws."""
        if self._filled + len(s) > len(self._places):
            self.flush()
        if len(s) > len(self._places):
            n = self.ranker.n
            self._places = np.empty((max(len(s), min(2 * n, _TOGETHER)), n), np.uint16)
        s = np.ascontiguousarray(s)
        odd = self._place(s)
        if odd.size:
            self._cut = self._wider(s)  # they may lie outside the steps
            rest = s[odd]
            odd = self._place(rest)
            for own, ranks in zip(self._cells, self.ranker.exact(rest[odd]).T, strict=True):
                np.add.at(own, ranks, np.int32(1))

    def _place(self, s: Array) -> NDArray[np.intp]:
        """Keep the ranks of draws; return those that are left out."""
        if self._cut is None:
            return np.arange(len(s))
        self._filled, odd = self._loops.place(s, *self._cut, self._bits, self._places, self._filled)
        return np.asarray(odd)

    def _wider(self, s: Array) -> tuple[float, float] | None:
        """Return the cut into steps for these scores, with some room for those to come."""
        cut = self.ranker.cut(s, 0.8 * 4.0**self._bits)
        if cut is None:
            return None
        low, per = cut
        return low - 0.1 * 4.0**self._bits / per, per

    def flush(self) -> None:
        """Count what has been kept."""
        self._loops.count(self._places, self._filled, self.ranker.unit, self._cells)
        self._filled = 0


def counting(ranker: Ranker, loops: Kernels | None) -> Counts | CompiledCounts:
    """Return what counts ranks, with loops in machine code where there are any."""
    return Counts(ranker) if loops is None or ranker.n > 65_535 else CompiledCounts(ranker, loops)

"""The innermost loops of many draws in machine code, by numba (extra ``scale``).

The loops below are plain Python, so that they can be read and tested as they stand; nobody runs
them so. They give the same numbers, bit for bit, as the array code that does without numba
(:class:`gz_index.sensitivity.ranks.Counts`, :class:`gz_index.sensitivity.montecarlo.Moments`),
which goes over memory many times and needs a general sort of each draw.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array

__all__ = ["MEMORY", "Kernels", "count", "kernels", "moments", "pays", "place"]

#: moves by which the order that the digits gave may be mended, as a multiple of the units
_MOVES = 8

#: cells from which on it pays to load numba, and to translate the loops if they are not kept
_ENOUGH = 100_000_000

#: bytes that numba takes in a process
MEMORY = 120_000_000


class Kernels(NamedTuple):
    """The loops, compiled."""

    place: Callable[..., Any]
    count: Callable[..., Any]
    moments: Callable[..., Any]


def pays(cells: int) -> bool:
    """Whether numba is installed, and so many cells of scores are worth its loading."""
    return cells >= _ENOUGH and find_spec("numba") is not None


@cache
def kernels() -> Kernels | None:
    """Return the loops, compiled; None where numba does not work, as arrays do as well.

    The machine code is kept for the next process, if there is a place for it.
    """
    try:
        from numba import config, njit
    except Exception:  # it does not fit the numpy that is installed, say
        return None
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return None
    for keep in (True, False):  # there may be no place to keep it, or what is kept be broken
        with suppress(Exception):
            made = Kernels(*(njit(f, cache=keep) for f in (place, count, moments)))
            _try(made)
            return made
    return None


def _try(loops: Kernels) -> None:
    """Run the loops once, so that they are translated."""
    s, places, histogram = np.ones((2, 3)), np.empty((2, 3), np.uint16), np.zeros((3, 4), np.int32)
    loops.place(s, 0.0, 1.0, 2, places, 0)
    loops.count(places, 0, 1, histogram)
    loops.moments(s, s[0].copy(), *np.zeros((4, 3)))


def place(
    s: Array, low: float, per: float, bits: int, places: NDArray[np.uint16], start: int
) -> tuple[int, NDArray[np.int64]]:
    """Rank the units of each draw, 1 is the highest; leave out draws that hold ties.

    Scores in whole steps of their range are sorted by two digits of ``bits`` bits, the lower digit
    first; what shares a step is put in order by its full value.

    Parameters
    ----------
    s : (D, n)
        At most 65,535 units.
    low, per : float
        A score x is ``int((x - low) * per)`` steps.
    bits : int
        Of a digit.
    places : (K, n) of uint16
        Written to: a row for each draw without ties, from ``start`` on; K >= start + D.
    start : int

    Returns
    -------
    int, (d,)
        The row after the last one, and the draws that were left out: they hold ties, a score that
        is no number or not within ``4**bits`` steps, or too many scores that share a step.
    """
    draws, n = s.shape
    digits = 1 << bits
    mask, shift, half, one = np.uint32(digits - 1), np.uint32(bits), np.uint32(16), np.uint32(1)
    low_digit = np.zeros(digits, np.uint32)
    high_digit = np.zeros(digits, np.uint32)
    a, b = np.empty(n, np.uint32), np.empty(n, np.uint32)
    odd, left_out, end = np.empty(draws, np.int64), 0, start
    top = float(digits * digits)
    beyond = np.uint32(digits * digits)
    for d in range(draws):
        row = s[d]
        most = np.uint32(0)
        for i in range(n):
            step = (row[i] - low) * per
            step = step if 0.0 <= step < top else top
            a[i] = np.uint32(np.int32(step))
            most |= a[i]
        if most >= beyond:
            odd[left_out] = d
            left_out += 1
            continue
        low_digit[:] = 0
        high_digit[:] = 0
        for i in range(n):
            low_digit[a[i] & mask] += one
            high_digit[a[i] >> shift] += one
        low_next, high_next = np.uint32(0), np.uint32(0)
        for j in range(digits):  # from how many have a digit to where the first of them goes
            x, y = low_digit[j], high_digit[j]
            low_digit[j], high_digit[j] = low_next, high_next
            low_next += x
            high_next += y
        for i in range(n):
            digit = a[i] & mask
            at = low_digit[digit]
            low_digit[digit] = at + one
            b[at] = ((a[i] >> shift) << half) | np.uint32(i)
        for j in range(n):
            digit = b[j] >> half
            at = high_digit[digit]
            high_digit[digit] = at + one
            a[at] = b[j] & np.uint32(0xFFFF)
        moves, tied, last = 0, False, row[a[0]]
        for j in range(1, n):
            unit = a[j]
            x = row[unit]
            if x > last:
                last = x
                continue
            q = np.uint32(j)
            while q > 0 and row[a[q - one]] > x:
                a[q] = a[q - one]
                q -= one
                moves += 1
            a[q] = unit
            if moves > _MOVES * n or (q > 0 and row[a[q - one]] == x):
                tied = True
                break
        if tied:
            odd[left_out] = d
            left_out += 1
            continue
        own = places[end]
        for j in range(n):
            own[a[j]] = n - j
        end += 1
    return end, odd[:left_out]


def count(places: NDArray[np.uint16], end: int, unit: int, histogram: NDArray[np.int32]) -> None:
    """Add the ranks in the first rows, (K, n), to a histogram (n, steps) of ranks in steps."""
    n, some = histogram.shape[0], 16
    # of some units, to stay in the cache; rows a power of two apart would push each other out
    turned = np.empty((some, end + 33), np.uint16)
    for first in range(0, n, some):
        k = min(some, n - first)
        for d in range(end):
            part = places[d, first : first + k]
            for i in range(k):
                turned[i, d] = part[i]
        for i in range(k):
            own, ranks = histogram[first + i], turned[i]
            for d in range(end):
                own[ranks[d] * np.uint32(unit)] += 1


def moments(s: Array, origin: Array, total: Array, square: Array, low: Array, high: Array) -> None:
    """Add up scores (D, n) about an origin (n,), and their squares; keep the least and greatest."""
    draws, n = s.shape
    some = 256
    for first in range(0, n, some):
        k = min(some, n - first)
        centre, least, most = (
            origin[first : first + k],
            low[first : first + k],
            high[first : first + k],
        )
        once, twice = np.zeros(k), np.zeros(k)
        for d in range(draws):
            row = s[d, first : first + k]
            for i in range(k):
                x = row[i]
                away = x - centre[i]
                once[i] += away
                twice[i] += away * away
                least[i] = x if x < least[i] else least[i]
                most[i] = x if x > most[i] else most[i]
        for i in range(k):
            total[first + i] += once[i]
            square[first + i] += twice[i]

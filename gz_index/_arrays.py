"""Checks on plain arrays that every numerical module shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gz_index.errors import MethodError

Array: TypeAlias = NDArray[np.float64]

#: how far the sum of weights may lie from one
SUM_TOLERANCE = 1e-9

#: cells of a block of rows that stays in the cache of a processor core
BLOCK = 32_768


def matrix(x: ArrayLike, method: str, *, min_rows: int = 2, min_columns: int = 1) -> Array:
    """Return ``x`` as a finite float64 matrix of shape (n, k); refuse what cannot be one.

    The input is never written to; it is returned itself (not a copy) where it already fits.

    Raises
    ------
    MethodError
        Not two axes, too few rows or columns, NaN or infinite cells, not numbers.
    """
    try:
        a = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(
            f"{method}: the data are not numbers ({error})", hint="convert or drop the text columns"
        ) from None
    if a.ndim != 2:
        raise MethodError(
            f"{method} needs a matrix (rows, indicators); got {a.ndim} axes, shape {a.shape}",
            hint="pass x with two axes",
        )
    n, k = a.shape
    if n < min_rows or k < min_columns:
        raise MethodError(
            f"{method} needs at least {min_rows} rows and {min_columns} columns; got {n} x {k}",
            hint="use equal, given or expert weights when there are so few rows",
        )
    # one pass: a column sum is finite only if every cell is (or the sum overflows: looked at below)
    with np.errstate(over="ignore", invalid="ignore"):
        total = a.sum()
    if not np.isfinite(total):
        bad = ~np.isfinite(a)
        if bad.any():
            refuse_cells(
                method,
                a,
                bad,
                "not a finite number",
                "fill or drop these cells first; see the missing-data policy",
            )
    return a


def refuse_cells(method: str, a: Array, bad: NDArray[np.bool_], what: str, hint: str) -> None:
    """Raise a MethodError that names the columns, the rows and the first offending value."""
    rows, columns = np.nonzero(bad)
    first = float(a[rows[0], columns[0]])
    raise MethodError(
        f"{method}: {rows.size} cell(s) {what} in {{columns}} (first: {first!r} at {{rows}})",
        hint=hint,
        columns=list(dict.fromkeys(columns.tolist())),
        rows=[int(rows[0])],
    )


def to_weights(raw: Any, method: str, *, hint: str = "") -> Array:
    """Scale non-negative numbers (k,) to weights that sum to one; refuse negatives and 0/0.

    Raises
    ------
    MethodError
        A number is negative or not finite (named by column), or all are zero.
    """
    w = np.asarray(raw, dtype=np.float64)
    bad = ~np.isfinite(w) | (w < 0)
    if bad.any():
        at = np.flatnonzero(bad)
        raise MethodError(
            f"{method}: weight {w[at[0]]:.6g} of {{columns}} is negative or not finite",
            hint=hint or "these numbers give no weights under this method; choose another",
            columns=at.tolist(),
        )
    peak = w.max(initial=0.0)
    if peak == 0:
        raise MethodError(
            f"{method}: every weight is zero (no indicator tells the units apart)",
            hint=hint or "use equal weights or other indicators",
        )
    w = w / peak  # no overflow in the sum
    return np.asarray(w / w.sum(), dtype=np.float64)


class Columns(NamedTuple):
    """Columns (n, k) whose sums and squares neither overflow nor vanish, with what was seen.

    ``unit`` (k,) is what each column was divided by: 1 wherever its numbers are of common size.
    """

    x: Array
    low: Array
    high: Array
    mean: Array
    unit: Array

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Which columns hold one value only, up to the last digits of float64, (k,)."""
        ulp = np.finfo(np.float64).eps * np.maximum(np.abs(self.low), np.abs(self.high))
        return np.asarray(self.high - self.low <= 4 * ulp)


def row_blocks(a: Array) -> Iterator[Array]:
    """Yield consecutive rows, as many at a time as stay in the cache."""
    step = max(1, BLOCK // a.shape[1])
    for start in range(0, a.shape[0], step):
        yield a[start : start + step]


def columns(a: Array) -> Columns:
    """Look at each column of a finite matrix once: smallest, largest and mean value, (k,) each."""
    k = a.shape[1]
    low, high, total = np.full(k, np.inf), np.full(k, -np.inf), np.zeros(k)
    with np.errstate(over="ignore", invalid="ignore"):
        for block in row_blocks(a):
            np.minimum(low, block.min(axis=0), out=low)
            np.maximum(high, block.max(axis=0), out=high)
            total += block.sum(axis=0)
    peak = np.maximum(np.abs(low), np.abs(high))
    extreme = (peak > 1e100) | ((peak < 1e-100) & (peak > 0))
    if extreme.any():
        unit = np.where(extreme, peak, 1.0)
        return columns(a / unit)._replace(unit=unit)
    mean = np.clip(total / a.shape[0], low, high)  # exact for a constant column
    return Columns(a, low, high, mean, np.ones(k))


def cross_products(c: Columns) -> Array:
    """Sums of squares and products about the means, (k, k): two passes, so that nothing cancels."""
    k = c.mean.size
    total = np.zeros((k, k))
    buffer: Array | None = None
    for block in row_blocks(c.x):
        if buffer is None:
            buffer = np.empty_like(block)
        d = np.subtract(block, c.mean, out=buffer[: len(block)])
        total += d.T @ d
    return total

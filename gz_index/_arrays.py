"""Checks on plain arrays that every numerical module shares."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gz_index.errors import MethodError

Array: TypeAlias = NDArray[np.float64]

#: how far the sum of weights may lie from one
SUM_TOLERANCE = 1e-9


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
    first = a[rows[0], columns[0]]
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

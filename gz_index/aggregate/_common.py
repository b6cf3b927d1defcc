"""What every aggregator checks, and how draws along leading axes are matched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import SUM_TOLERANCE, Array, refuse_cells
from gz_index.errors import MethodError

__all__ = ["inputs", "positive", "refuse"]


def refuse(method: str, x: Array, bad: NDArray[np.bool_], what: str, hint: str) -> None:
    """Refuse the cells ``bad`` of the first draw that has any, so that rows keep their number."""
    n, k = x.shape[-2:]
    mask = bad.reshape(-1, n, k)
    draw = int(mask.any(axis=(1, 2)).argmax())
    refuse_cells(method, x.reshape(-1, n, k)[draw], mask[draw], what, hint)


def inputs(method: str, x: Array, w: Array) -> tuple[Array, Array]:
    """Return ``x`` (..., n, k) and ``w`` (..., k) as float64; refuse what does not fit.

    Raises
    ------
    MethodError
        Wrong shapes, missing or infinite cells, weights that are negative or do not sum to one.
    """
    try:
        x = np.asarray(x, dtype=np.float64)
        w = np.asarray(w, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(
            f"{method}: the data or the weights are not numbers ({error})",
            hint="convert or drop the text columns",
        ) from None
    if x.ndim < 2 or w.ndim < 1 or x.shape[-1] != w.shape[-1]:
        raise MethodError(
            f"{method} needs x (..., n, k) and w (..., k); got {x.shape} and {w.shape}",
            hint="one weight for each column",
        )
    if x.size == 0:
        raise MethodError(f"{method}: x of shape {x.shape} is empty", hint="give at least one row")
    if x.ndim > 2 and w.ndim > 1:
        try:
            np.broadcast_shapes(x.shape[:-2], w.shape[:-1])
        except ValueError:
            raise MethodError(
                f"{method}: the draws of x {x.shape} and w {w.shape} do not match",
                hint="give as many weight vectors as matrices, or one of either",
            ) from None
    with np.errstate(over="ignore", invalid="ignore"):
        total = x.sum()
    if not np.isfinite(total):  # a missing or infinite cell, or the sum itself was too large
        bad = ~np.isfinite(x)
        if bad.any():
            refuse(method, x, bad, "not a finite number", "fill or drop these cells")
    if not (w >= 0).all():
        at = np.flatnonzero(~(w.reshape(-1, w.shape[-1]) >= 0).all(axis=0))
        raise MethodError(
            f"{method}: a weight of {{columns}} is negative or missing",
            columns=at.tolist(),
            hint="weights are >= 0 and sum to one",
        )
    sums = w.sum(axis=-1)
    if not (np.abs(sums - 1) <= SUM_TOLERANCE).all():
        off = float(np.ravel(sums)[np.argmax(np.abs(np.ravel(sums) - 1))])
        raise MethodError(
            f"{method}: the weights sum to {off:.12g}, not to one", hint="divide them by their sum"
        )
    return x, w


def positive(method: str, x: Array) -> None:
    """Refuse zeros and negative values, naming column, row and value.

    Raises
    ------
    MethodError
        A value is not above zero.
    """
    if not (x > 0).all():
        refuse(
            method,
            x,
            ~(x > 0),
            "not above zero",
            "normalise to an interval above zero, e.g. {method = 'minmax', to = [1, 100]}, "
            "or aggregate by the arithmetic mean",
        )

"""What every aggregator checks, and how draws along leading axes are matched."""

from __future__ import annotations

import numpy as np

from gz_index._arrays import SUM_TOLERANCE, Array, refuse_cells
from gz_index.errors import MethodError

__all__ = ["inputs", "positive"]


def inputs(method: str, x: Array, w: Array) -> tuple[Array, Array]:
    """Return ``x`` (..., n, k) and ``w`` (..., k) as float64; refuse what does not fit.

    Raises
    ------
    MethodError
        Wrong shapes, missing or infinite cells, weights that are negative or do not sum to one.
    """
    x = np.asarray(x, dtype=np.float64)
    w = np.asarray(w, dtype=np.float64)
    if x.ndim < 2 or w.ndim < 1 or x.shape[-1] != w.shape[-1]:
        raise MethodError(
            f"{method} needs x (..., n, k) and w (..., k); got {x.shape} and {w.shape}",
            hint="one weight for each column",
        )
    if not np.isfinite(x.sum()):
        bad = ~np.isfinite(x)
        if bad.any():
            flat, mask = x.reshape(-1, x.shape[-1]), bad.reshape(-1, x.shape[-1])
            refuse_cells(method, flat, mask, "not a finite number", "fill or drop these cells")
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
        flat = x.reshape(-1, x.shape[-1])
        refuse_cells(
            method,
            flat,
            ~(flat > 0),
            "not above zero",
            "normalise to an interval above zero, e.g. {method = 'minmax', to = [1, 100]}, "
            "or aggregate by the arithmetic mean",
        )

"""A third party's methods: plain functions, named by the entry points in pyproject.toml."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gz_index import MethodError
from gz_index.normalise import Normaliser


def headroom(x, *, power=1.0):
    """Weigh each indicator by how far the average unit lies behind the best one."""
    x = np.asarray(x, dtype=float)
    if not np.isfinite(x).all():
        raise MethodError("headroom: a cell is missing or infinite", hint="fill or drop it first")
    room = (x.max(axis=0) - x.mean(axis=0)) ** power
    return room / room.sum()


def overdrawn(x):
    """Return weights that no scheme may return: one is negative."""
    w = np.full(np.shape(x)[1], 1.0)
    w[0] = -0.5
    return w / w.sum()


@dataclass(frozen=True, kw_only=True)
class ShareOfBest(Normaliser):
    """One less the gap to the best value of the window, as a share of that value."""

    method: ClassVar[str] = "share-of-best"

    def fit(self, x, columns, rows):
        """Keep the best value of each column."""
        return {"best": np.fmax.reduce(columns.oriented(x), axis=0)}

    def apply(self, x, fitted, columns, rows):
        """Return 1 for the best and less for all others."""
        return 1 + (columns.oriented(x) - fitted["best"]) / np.abs(fitted["best"])


def weakest(x, w):
    """Score each unit by its lowest value among the children that weigh anything."""
    w = np.asarray(w)[..., None, :]
    return np.where(w > 0, x, np.inf).min(axis=-1)

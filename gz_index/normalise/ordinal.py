"""Normalisers that look at order only: ranks, percentile ranks, Borda, percentile classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.normalise.base import Columns, Fitted, Normaliser, Rows, lowest

__all__ = ["Borda", "Categorical", "PercentileRank", "Rank"]

Ties = Literal["average", "min", "max"]


@dataclass(frozen=True, kw_only=True)
class Rank(Normaliser):
    """Rank within the window, the best unit has the highest number.

    The fitted sample is kept: a new value is ranked among it, half-way between its neighbours.

    Parameters
    ----------
    ties : {"average", "min", "max"}
        Rank of equal values.
    """

    method: ClassVar[str] = "rank"
    ties: Ties = "average"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ties not in get_args(Ties):
            raise MethodError(
                f"{self.method}: ties = {self.ties!r}", hint=f"one of {', '.join(get_args(Ties))}"
            )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        o = np.sort(columns.oriented(x), axis=0)  # NaN last
        n = (~np.isnan(o)).sum(axis=0)
        if self._needs_two:
            high = o[np.maximum(n - 1, 0), np.arange(n.size)]
            columns.refuse_constant(self.method, o[0], high, rows)
        return {"sample": o, "n": n.astype(np.float64)}

    @property
    def _needs_two(self) -> bool:
        return False

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        o = columns.oriented(x)
        out = np.empty(o.shape)
        for j in range(o.shape[1]):
            sample = fitted["sample"][: int(fitted["n"][j]), j]
            left = np.searchsorted(sample, o[:, j], side="left").astype(np.float64)
            right = np.searchsorted(sample, o[:, j], side="right").astype(np.float64)
            new = left == right
            if self.ties == "average":
                rank = (left + right + 1) / 2
            else:
                rank = np.where(new, left + 0.5, left + 1 if self.ties == "min" else right)
            out[:, j] = np.where(np.isnan(o[:, j]), np.nan, self._value(rank, sample.size))
        return out

    def _value(self, rank: Array, n: int) -> Array:
        return rank


@dataclass(frozen=True, kw_only=True)
class PercentileRank(Rank):
    """Share of the other units below: (rank - 1) / (n - 1), in [0, 1]."""

    method: ClassVar[str] = "percentile-rank"

    @property
    def _needs_two(self) -> bool:
        return True

    def _value(self, rank: Array, n: int) -> Array:
        return (rank - 1) / max(n - 1, 1)


@dataclass(frozen=True, kw_only=True)
class Borda(Rank):
    """Number of units below: rank - 1."""

    method: ClassVar[str] = "borda"

    def _value(self, rank: Array, n: int) -> Array:
        return rank - 1


@dataclass(frozen=True, kw_only=True)
class Categorical(Normaliser):
    """Percentile classes: 0 below P15, then 20, 40 (from P25), 60 (P65), 80 (P85), 100 (from P95).

    Percentiles are those of linear interpolation (Hyndman and Fan's type 7).

    Parameters
    ----------
    cuts : percentiles in (0, 100)
    values : one more than the cuts

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, table 3.
    doi:10.1787/9789264043466-en
    """

    method: ClassVar[str] = "categorical"
    cuts: tuple[float, ...] = (15.0, 25.0, 65.0, 85.0, 95.0)
    values: tuple[float, ...] = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("cuts", "values"):
            object.__setattr__(self, name, tuple(float(v) for v in getattr(self, name)))
        rising = all(np.diff(self.cuts) > 0) and all(np.diff(self.values) >= 0)
        inside = all(0 < c < 100 for c in self.cuts)
        if not (rising and inside and len(self.values) == len(self.cuts) + 1):
            raise MethodError(
                f"categorical: cuts = {self.cuts}, values = {self.values}",
                hint="cuts rise within (0, 100), values rise and are one more",
            )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        o = columns.oriented(x)
        out = np.full((len(self.cuts), o.shape[1]), np.nan)
        for j in range(o.shape[1]):
            known = o[~np.isnan(o[:, j]), j]
            if known.size:
                out[:, j] = np.percentile(known, self.cuts)
        columns.refuse_constant("categorical", *lowest(o), rows)
        return {"cuts": out}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        o = columns.oriented(x)
        reached = (o[:, None, :] >= fitted["cuts"]).sum(axis=1)
        return np.where(np.isnan(o), np.nan, np.array(self.values)[reached])

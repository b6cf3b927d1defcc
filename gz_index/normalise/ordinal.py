"""Normalisers that look at order only: ranks, percentile ranks, Borda, percentile classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.normalise.base import (
    Columns,
    Fitted,
    Normaliser,
    Rows,
    lowest,
    number,
    one_of,
    quantiles,
)

__all__ = ["Borda", "Categorical", "PercentileRank", "Rank"]

Ties = Literal["average", "min", "max"]


@dataclass(frozen=True, kw_only=True)
class Rank(Normaliser):
    """Rank within the window: 1 for the worst, the number of known values for the best.

    The fitted sample is kept: a new value stands half-way between its neighbours in it.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`.
    ties : {"average", "min", "max"}
        Rank of equal values.

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, table 3.
    doi:10.1787/9789264043466-en

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [7.0, 5, 5, 9]}, index=list("wxyz"))
    >>> gz.Index(framework=f, normalise="rank").evaluate(data).normalised["a"].tolist()
    [3.0, 1.5, 1.5, 4.0]
    """

    method: ClassVar[str] = "rank"
    ties: Ties = "average"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.method, "ties", self.ties, get_args(Ties))

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return the sorted sample (n, m), NaN last, and how many are known, (m,)."""
        o = columns.oriented(x)
        columns.refuse_constant(self.method, *lowest(o), rows)
        return {"sample": np.sort(o, axis=0), "known": (~np.isnan(o)).sum(axis=0).astype(float)}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return ranks among the fitted sample, or what follows from them."""
        o = columns.oriented(x)
        below, upto = np.empty(o.shape), np.empty(o.shape)
        known = fitted["known"]
        for j, n in enumerate(known.astype(int).tolist()):
            sample, v = fitted["sample"][:n, j], np.ascontiguousarray(o[:, j])
            below[:, j] = sample.searchsorted(v, side="left")
            upto[:, j] = sample.searchsorted(v, side="right")
        between = (below + upto + 1) / 2
        if self.ties != "average":
            rank = below + 1 if self.ties == "min" else upto
            between = np.where(below == upto, between, rank)
        return np.where(np.isnan(o) | (known == 0), np.nan, self._value(between, known))

    def _value(self, rank: Array, known: Array) -> Array:
        return rank


@dataclass(frozen=True, kw_only=True)
class PercentileRank(Rank):
    """Share of the other units that are worse: (rank - 1) / (n - 1).

    The units it was fitted to lie in [0, 1]; a new value beyond them all stands half a step
    outside.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`.
    ties : {"average", "min", "max"}
        Rank of equal values.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [7.0, 5, 5, 9, 8]}, index=list("vwxyz"))
    >>> gz.Index(framework=f, normalise="percentile-rank").evaluate(data).normalised["a"].tolist()
    [0.5, 0.125, 0.125, 1.0, 0.75]
    """

    method: ClassVar[str] = "percentile-rank"

    def _value(self, rank: Array, known: Array) -> Array:
        return np.asarray((rank - 1) / np.maximum(known - 1, 1))


@dataclass(frozen=True, kw_only=True)
class Borda(Rank):
    """Borda points: the number of units that are worse, rank - 1.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`.
    ties : {"average", "min", "max"}
        Rank of equal values.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a", direction=gz.Direction(-1)),))
    >>> data = pd.DataFrame({"a": [7.0, 5, 9]}, index=list("xyz"))
    >>> gz.Index(framework=f, normalise="borda").evaluate(data).normalised["a"].tolist()
    [1.0, 2.0, 0.0]
    """

    method: ClassVar[str] = "borda"

    def _value(self, rank: Array, known: Array) -> Array:
        return rank - 1


@dataclass(frozen=True, kw_only=True)
class Categorical(Normaliser):
    """Percentile classes: 0 below P15, then 20, 40 (from P25), 60 (P65), 80 (P85), 100 (from P95).

    Percentiles are those of linear interpolation (Hyndman and Fan's type 7) of the oriented values.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`; the Handbook's classes are those of each period.
    cuts : percentiles in (0, 100), rising
    values : one more than the cuts, not falling

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, table 3.
    doi:10.1787/9789264043466-en

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [1.0, 2, 3, 4, 5]}, index=list("vwxyz"))
    >>> gz.Index(framework=f, normalise="categorical").evaluate(data).normalised["a"].tolist()
    [0.0, 40.0, 40.0, 60.0, 100.0]
    """

    method: ClassVar[str] = "categorical"
    cuts: tuple[float, ...] = (15.0, 25.0, 65.0, 85.0, 95.0)
    values: tuple[float, ...] = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for option in ("cuts", "values"):
            value = getattr(self, option)
            if not isinstance(value, tuple | list):
                raise MethodError(
                    f"categorical: {option} = {value!r}", hint="give a list of numbers"
                )
            numbers = tuple(number("categorical", option, v) for v in value)
            object.__setattr__(self, option, numbers)
        rising = bool((np.diff(self.cuts) > 0).all() and (np.diff(self.values) >= 0).all())
        inside = all(0 < c < 100 for c in self.cuts)
        if not (rising and inside and len(self.values) == len(self.cuts) + 1 > 1):
            raise MethodError(
                f"categorical: cuts = {self.cuts}, values = {self.values}",
                hint="cuts rise within (0, 100); values do not fall and are one more",
            )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return the percentiles of each oriented column, (cuts, m)."""
        o = columns.oriented(x)
        columns.refuse_constant("categorical", *lowest(o), rows)
        return {"cuts": quantiles(o, np.array(self.cuts) / 100)}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return the value of the class of each cell."""
        o = columns.oriented(x)
        reached = np.zeros(o.shape, dtype=np.intp)
        for cut in fitted["cuts"]:
            reached += o >= cut
        unknown = np.isnan(o) | np.isnan(fitted["cuts"][0])
        return np.where(unknown, np.nan, np.array(self.values)[reached])

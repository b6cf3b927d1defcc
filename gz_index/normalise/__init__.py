"""Normalising: from raw units to comparable numbers, bigger is better.

The direction of an indicator is consumed here and nowhere else. A normaliser is a frozen value;
fitted to data it gives a :class:`Scale`, which replays on other data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from gz_index import _registry
from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.normalise.base import Columns, Fitted, Normaliser, Rows
from gz_index.normalise.efficacy import Efficacy, LogEfficacy
from gz_index.normalise.linear import Ampi, MinMax, ZScore
from gz_index.normalise.ordinal import Borda, Categorical, PercentileRank, Rank
from gz_index.normalise.ratio import AboveMean, BaseIndex, Distance, Ratio
from gz_index.normalise.scale import Part, Scale, fit


@dataclass(frozen=True, kw_only=True)
class Elementwise(Normaliser):
    """A function of the oriented values, the same for every cell; nothing is fitted.

    Parameters
    ----------
    function : callable
        ``(n, m) -> (n, m)``; each cell must depend on its own value only.
    name : str
        Registered name, if it has one.
    options : mapping
        Keyword options of the function.
    """

    function: Callable[..., Array]
    name: str = ""
    options: Mapping[str, Any] | None = None

    @property
    def label(self) -> str:
        """Name for messages."""
        return self.name or str(getattr(self.function, "__name__", "function"))

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        return {}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        z = np.asarray(self.function(columns.oriented(x), **(self.options or {})), np.float64)
        if z.shape != x.shape:
            raise MethodError(f"{self.label} returned shape {z.shape} for data of shape {x.shape}")
        if not np.isfinite(z[~np.isnan(x)]).all():
            raise MethodError(f"{self.label} returned a number that is not finite")
        return z


NormaliserLike: TypeAlias = str | Mapping[str, Any] | Normaliser | Callable[..., Any]

#: normalisers that a definition can name
NORMALISERS: dict[str, Callable[..., Normaliser]] = {
    "minmax": MinMax,
    "goalposts": partial(MinMax, window="goalposts"),
    "zscore": ZScore,
    "rank": Rank,
    "percentile-rank": PercentileRank,
    "borda": Borda,
    "distance-to-reference": Distance,
    "distance-to-leader": partial(Distance, reference="leader"),
    "distance-to-target": partial(Distance, reference="target"),
    "ratio": Ratio,
    "categorical": Categorical,
    "above-mean": AboveMean,
    "efficacy": Efficacy,
    "log-efficacy": LogEfficacy,
    "ampi": Ampi,
    "base-index": BaseIndex,
}


def normaliser(spec: NormaliserLike) -> Normaliser:
    """Make a normaliser from whatever ``normalise=`` may be; the one place that does.

    Parameters
    ----------
    spec
        A name, a table ``{"method": ..., options}``, a :class:`Normaliser`, or a function of the
        oriented values ``(n, m) -> (n, m)`` that treats each cell by itself.

    Raises
    ------
    NotFoundError
        Nobody provides the name.
    MethodError
        An option is unknown or out of range.

    Examples
    --------
    >>> normaliser({"method": "minmax", "to": [1, 100]}).to
    (1.0, 100.0)
    """
    if isinstance(spec, Normaliser):
        return spec
    if isinstance(spec, str):
        spec = {"method": spec}
    if not isinstance(spec, Mapping):
        if callable(spec):
            return Elementwise(function=spec)
        raise MethodError(
            f"{spec!r} is no way to normalise",
            hint="give a name, {method = ..., options}, or a function of an array",
        )
    options = dict(spec)
    name = options.pop("method", None)
    if not isinstance(name, str):
        raise MethodError(f"{dict(spec)!r} names no method", hint="write method = 'minmax'")
    make = _registry.find("normalise", name, NORMALISERS)
    kind = make.func if isinstance(make, partial) else make
    if not (isinstance(kind, type) and issubclass(kind, Normaliser)):
        extra = {k: options.pop(k) for k in list(options) if k != "window"}
        _registry.check_options(name, make, extra)
        return Elementwise(function=make, name=name, options=extra)
    known = [f.name for f in fields(kind) if f.init]
    for option in options:
        if option not in known:
            raise MethodError(
                f"{name} has no option {option!r}{_registry.closest(option, known)}",
                hint=f"options are {', '.join(known)}",
            )
    for key, value in options.items():
        if isinstance(value, list):
            options[key] = tuple(value)
    made: Normaliser = make(**options)
    return made


def to_spec(value: Normaliser) -> dict[str, Any]:
    """Return the table that :func:`normaliser` reads; window and clip always stand in it.

    Raises
    ------
    MethodError
        It is a Python function without a registered name.
    """
    if isinstance(value, Elementwise):
        if not value.name:
            raise MethodError(
                f"the normalising function {value.label} has no name that a definition can hold",
                hint="register it as an entry point in the group gz_index.normalise",
            )
        return {"method": value.name, **(value.options or {})}
    out: dict[str, Any] = {"method": value.method}
    for f in fields(value):
        v = getattr(value, f.name)
        default = f.default if f.default is not MISSING else None
        if f.name in ("window", "clip") or v != default:
            out[f.name] = list(v) if isinstance(v, tuple) else v
    return {k: v for k, v in out.items() if v is not None}


__all__ = [
    "NORMALISERS",
    "AboveMean",
    "Ampi",
    "BaseIndex",
    "Borda",
    "Categorical",
    "Columns",
    "Distance",
    "Efficacy",
    "Elementwise",
    "LogEfficacy",
    "MinMax",
    "Normaliser",
    "Part",
    "PercentileRank",
    "Rank",
    "Ratio",
    "Scale",
    "ZScore",
    "fit",
    "normaliser",
    "to_spec",
]

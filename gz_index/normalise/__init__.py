"""Normalising: from raw units to comparable numbers, bigger is better.

The direction of an indicator is consumed here and nowhere else. A normaliser is a frozen value;
fitted to data it gives a :class:`Scale`, which replays on other data. :data:`NORMALISERS` lists
those that a definition can name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, ClassVar, TypeAlias

import numpy as np

from gz_index import _registry
from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.normalise.base import Columns, Fitted, Normaliser, Rows
from gz_index.normalise.efficacy import Efficacy, LogEfficacy
from gz_index.normalise.fitting import fit, fit_draws
from gz_index.normalise.linear import Ampi, MinMax, ZScore
from gz_index.normalise.ordinal import Borda, Categorical, PercentileRank, Rank
from gz_index.normalise.ratio import AboveMean, BaseIndex, Distance, Ratio
from gz_index.normalise.scale import Part, Scale


@dataclass(frozen=True, kw_only=True)
class Elementwise(Normaliser):
    """A function of the oriented values, the same for every cell; nothing is fitted.

    What depends on other rows (a mean, a maximum) cannot be replayed on new data: that needs a
    :class:`Normaliser` with a ``fit`` of its own.

    Parameters
    ----------
    function : callable
        ``(n, m) -> (n, m)``; each cell must depend on its own value only. It gets a copy.
    name : str
        Registered name, if it has one.
    options : mapping
        Keyword options of the function.
    """

    windows: ClassVar[tuple[str, ...]] = ("pooled",)
    function: Callable[..., Any]
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name for messages, with the options."""
        name = self.name or str(getattr(self.function, "__name__", type(self.function).__name__))
        extra = ", ".join(f"{k}={v}" for k, v in self.options.items())
        return name + (f"({extra})" if extra else "")

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return nothing; refuse a function that looks at other rows.

        Raises
        ------
        MethodError
            The first or the last row gives other numbers by itself.
        """
        whole = self.apply(x, {}, columns, rows)
        for i in (0, len(x) - 1):  # both: a leader divided by the maximum is 1 by itself too
            one = self.apply(x[[i]], {}, columns, rows.take(np.array([i])))
            if np.allclose(one, whole[[i]], rtol=1e-9, equal_nan=True):
                continue
            raise MethodError(
                f"{self.label}: what it gives for a row depends on the other rows",
                hint="derive a class from gz_index.normalise.Normaliser and look at them in fit",
            )
        return {}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return what the function gives; NaN where the data are missing."""
        with np.errstate(all="ignore"):  # what is not finite is refused below
            z = self.function(columns.oriented(x).copy(), **self.options)
        try:
            z = np.asarray(z, np.float64)
        except (TypeError, ValueError) as error:
            raise MethodError(
                f"{self.label} returned no numbers ({error})",
                hint="return one number for each cell",
            ) from None
        if z.shape != x.shape:
            raise MethodError(
                f"{self.label} returned shape {z.shape} for data of shape {x.shape}",
                hint="return one number for each cell",
            )
        missing = np.isnan(x)
        bad = ~np.isfinite(z) & ~missing
        columns.refuse(
            self.label, rows, x, bad, "for which it gives no finite number", "mend the function"
        )
        return np.where(missing, np.nan, z)


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
    options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in spec.items()}
    name = options.pop("method", None)
    if not isinstance(name, str):
        raise MethodError(f"{dict(spec)!r} names no method", hint="write method = 'minmax'")
    make = _registry.find("normalise", name, NORMALISERS)
    fixed: Mapping[str, Any] = make.keywords if isinstance(make, partial) else {}
    kind = make.func if isinstance(make, partial) else make
    if not (isinstance(kind, type) and issubclass(kind, Normaliser)):
        window, base = options.pop("window", "pooled"), options.pop("base", None)
        _registry.check_options(name, make, options)
        return Elementwise(function=make, name=name, options=options, window=window, base=base)
    known = [f.name for f in fields(kind) if f.init and f.name not in fixed]
    for option, value in options.items():
        if option not in known and fixed.get(option, _NONE) != value:
            raise MethodError(
                f"{name} has no option {option!r}{_registry.closest(option, known)}"
                if option not in fixed
                else f"{name} is {kind.method} with {option} = {fixed[option]!r}, not {value!r}",
                hint=f"options are {', '.join(known)}",
            )
    made: Normaliser = make(**options)
    return made


_NONE = object()


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
        return {"method": value.name, **value.options, "window": value.window}
    out: dict[str, Any] = {"method": value.method}
    for f in fields(value):
        v = getattr(value, f.name)
        if f.name in ("window", "clip") or v != f.default:
            out[f.name] = list(v) if isinstance(v, tuple) else v
    return out


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
    "fit_draws",
    "normaliser",
    "to_spec",
]

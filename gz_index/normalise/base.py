"""What every normaliser works with: columns that know their direction, rows with their names."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, DefinitionError, MethodError, Problem
from gz_index.framework import Indicator

__all__ = [
    "TRANSFORMS",
    "Columns",
    "Fitted",
    "Normaliser",
    "Rows",
    "Window",
    "lowest",
    "mean",
    "named",
    "number",
    "one_of",
    "pair",
    "quantiles",
    "same_in_every_row",
    "transform",
]

Window: TypeAlias = Literal["pooled", "period", "base", "goalposts"]
Fitted: TypeAlias = Mapping[str, Any]

#: kinds of targets whose number is a level that a value can be held against
_LEVELS = ("level", "share", "binary")

#: transforms before normalising, all of them rising: function, domain, and its name
TRANSFORMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], str]] = {
    "log": (np.log, lambda x: x > 0, "above zero"),
    "log10": (np.log10, lambda x: x > 0, "above zero"),
    "log1p": (np.log1p, lambda x: x > -1, "above -1"),
    "sqrt": (np.sqrt, lambda x: x >= 0, "zero or more"),
    "logit": (lambda x: np.log(x / (1 - x)), lambda x: (x > 0) & (x < 1), "between 0 and 1"),
}


def transform(name: str | None, value: Any) -> Any:
    """Apply a transform by name; None leaves the value alone."""
    return value if name is None else TRANSFORMS[name][0](value)


def named(indicator: Indicator) -> str:
    """Return ``code (name)`` of an indicator, for messages."""
    name = str(indicator.name)
    return f"{indicator.code} ({name})" if name and name != indicator.code else indicator.code


@dataclass(frozen=True)
class Rows:
    """The rows of the data at hand: units, which of them are of the base period, names.

    Attributes
    ----------
    units : sequence, (n,)
    base : (n,) of bool
        Rows of the base period; all rows of a cross-section.
    label : callable
        From a position to a name for messages.
    several : bool
        Whether the table holds more than one period.
    period : str
        The period they belong to, where it is one.
    everyone : sequence
        Units of the whole table, as often as they have rows.
    """

    units: Sequence[Hashable]
    base: NDArray[np.bool_]
    label: Callable[[int], str]
    several: bool
    period: str = ""
    everyone: Sequence[Hashable] = ()

    def take(self, at: NDArray[np.intp], period: str = "") -> Rows:
        """Return the rows at some positions."""
        label = self.label
        units = [self.units[i] for i in at.tolist()]
        base = self.base[at]
        return Rows(units, base, lambda i: label(int(at[i])), self.several, period, self.everyone)


@dataclass(frozen=True)
class Columns:
    """What a normaliser knows of m indicators; all numbers are (m,) and transformed already.

    Attributes
    ----------
    codes, names : tuple of str
        The names are for messages: ``code (name)``, after ``log of`` or the like if transformed.
    transforms : tuple of str or None
    sign : +1 more is better, -1 less is better, 0 an interval is best
    low, high : goalposts, NaN where there are none
    ideal_low, ideal_high : best interval where sign is 0, else NaN
    bound_low, bound_high : declared worst values on both sides of it, else NaN
    target : NaN where there is none, or none that is a level (an increment, a rate)
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    transforms: tuple[str | None, ...]
    sign: Array
    low: Array
    high: Array
    ideal_low: Array
    ideal_high: Array
    bound_low: Array
    bound_high: Array
    target: Array

    @classmethod
    def of(cls, indicators: Sequence[Indicator]) -> Columns:
        """Collect the columns of indicators.

        Raises
        ------
        DefinitionError
            A goalpost, bound or target is outside the domain of the indicator's transform.
        """
        none = (np.nan, np.nan)
        table = np.empty((len(indicators), 8))
        for row, i in zip(table, indicators, strict=True):
            d, t = i.direction, i.target
            level = t is not None and t.value is not None and t.kind in _LEVELS
            row[0] = d.sign
            row[1:3] = i.goalposts or none
            row[3:5] = d.ideal or none
            row[5:7] = d.bounds or none
            row[7] = t.value if t is not None and level else np.nan
        plain = [named(i) for i in indicators]
        transforms = tuple(i.transform for i in indicators)
        problems = []
        for j, name in enumerate(transforms):
            if name is None:
                continue
            _, inside, where = TRANSFORMS[name]
            outside = ~inside(table[j, 1:]) & ~np.isnan(table[j, 1:])
            problems += [
                Problem(
                    plain[j],
                    f"{key} {value:g} is not {where}",
                    f"correct it, or take transform = {name!r} out",
                )
                for key, value in zip(
                    np.array(_KEYS)[outside], table[j, 1:][outside].tolist(), strict=True
                )
            ]
            if not outside.any():
                table[j, 1:] = transform(name, table[j, 1:])
        if problems:
            raise DefinitionError(
                "a declared value is outside the domain of its transform", problems
            )
        # what messages show of a transformed indicator are transformed values
        names = tuple(f"{t} of {n}" if t else n for n, t in zip(plain, transforms, strict=True))
        return cls(tuple(i.code for i in indicators), names, transforms, *table.T)

    def tile(self, times: int) -> Columns:
        """Return the columns side by side so many times."""
        wide: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            wide[f.name] = value * times if isinstance(value, tuple) else np.tile(value, times)
        return Columns(**wide)

    def oriented(self, x: Array) -> Array:
        """Return ``x`` (n, m) so that bigger is better; minus the distance from a best interval."""
        if (self.sign == 1).all():
            return x
        out = np.asarray(x * self.sign)
        at = self.sign == 0
        if at.any():
            inside = np.clip(x[:, at], self.ideal_low[at], self.ideal_high[at])
            out[:, at] = -np.abs(x[:, at] - inside)
        return out

    def constants(self, value: float) -> Array:
        """Return one number in raw units as it is in each transformed column, (m,)."""
        if not any(self.transforms):
            return np.full(len(self.codes), float(value))
        bad = [
            n for n, t in zip(self.names, self.transforms, strict=True) if t and not _in(t, value)
        ]
        if bad:
            raise MethodError(
                f"{value:g} is outside the domain of the transform of {', '.join(bad)}",
                hint="name another number, or take the transform out",
            )
        return np.array([transform(t, np.float64(value)) for t in self.transforms])

    def refuse_moderate(self, method: str) -> None:
        """Refuse indicators of which an interval is best.

        Raises
        ------
        MethodError
            There is one.
        """
        at = np.flatnonzero(self.sign == 0)
        if at.size:
            raise MethodError(
                f"{method}: {self.names[at[0]]} is best within an interval, "
                "and a distance from it has no ratios",
                hint="give this indicator normalise = 'minmax' or 'goalposts'",
            )

    def refuse(
        self, method: str, rows: Rows, x: Array, bad: NDArray[np.bool_], what: str, hint: str
    ) -> None:
        """Refuse cells of ``x`` (n, m), naming indicator, unit and value.

        Raises
        ------
        DataError
            A cell is bad.
        """
        if not bad.any():
            return
        at = np.argwhere(bad)
        problems = [
            Problem(self.names[j], f"{x[i, j]:.10g} for {rows.label(int(i))}", hint)
            for i, j in at[:20]
        ]
        if len(at) > 20:
            problems.append(Problem("and", f"{len(at) - 20} more"))
        raise DataError(f"{method}: {len(at)} cell(s) {what}", problems)

    def refuse_columns(
        self,
        method: str,
        bad: NDArray[np.bool_],
        what: str,
        values: Array | None,
        hint: str,
        *,
        title: str = ": an indicator cannot be normalised",
    ) -> None:
        """Refuse whole columns; ``what`` may hold a place ``{}`` for the column's value.

        Raises
        ------
        DataError
            A column is bad.
        """
        at = np.flatnonzero(bad)
        if at.size:
            shown = np.full(len(self.codes), np.nan) if values is None else values
            raise DataError(
                method + title,
                [Problem(self.names[j], what.format(f"{shown[j]:.10g}"), hint) for j in at],
            )

    def refuse_constant(
        self, method: str, low: Array, high: Array, rows: Rows, what: str = "is {} throughout"
    ) -> None:
        """Refuse columns with one oriented value only, up to the last digits of float64.

        Raises
        ------
        DataError
            A column does not vary.
        """
        bad = constant(low, high)
        if not bad.any():
            return
        moderate = bad & (self.sign == 0)
        hint = "leave the indicator out, or set goalposts and use window = 'goalposts'"
        text = "is {} away from its best interval throughout"
        title = same_in_every_row(rows)
        if moderate.any():
            self.refuse_columns(method, moderate, text, -low, hint, title=title)
        self.refuse_columns(method, bad, what, low * self.sign, hint, title=title)


def same_in_every_row(rows: Rows) -> str:
    """Return the head of a message on columns that do not vary, with the period if it is one."""
    one = f" (there is one row: {rows.label(0)})" if len(rows.units) == 1 else ""
    where = f" in {rows.period}" if rows.period else ""
    return f": an indicator is the same in every row{where}{one}"


_KEYS = ("goalpost", "goalpost", "best value", "best value", "bound", "bound", "target")


def _in(name: str, value: float) -> bool:
    return bool(TRANSFORMS[name][1](value))


@dataclass(frozen=True, kw_only=True)
class Normaliser:
    """A way to make indicators comparable: a frozen value with ``fit`` and ``apply``.

    A method of one's own derives from it, names itself by ``method``, and writes both functions;
    ``apply`` may use of the data only the row at hand and what ``fit`` returned.

    Parameters
    ----------
    window : {"pooled", "period", "base", "goalposts"}
        Rows that parameters are taken from: all; each period by itself (levels of different periods
        then cannot be compared); the base period, frozen; or none, the bounds of the definition.
        In a cross-section the first three are the same.
    base : label, optional
        The base period; the first one by default.
    """

    method: ClassVar[str] = ""
    #: windows that it has
    windows: ClassVar[tuple[str, ...]] = ("pooled", "period", "base")
    #: whether a row is measured against its own unit
    per_unit: ClassVar[bool] = False
    #: whether the base period has a meaning under every window
    needs_base: ClassVar[bool] = False
    window: Window = "pooled"
    base: Any = None

    def __post_init__(self) -> None:
        name = self.method or self.label
        allowed = [w for w in get_args(Window) if w in self.windows]
        one_of(name, "window", self.window, allowed)
        if self.base is not None and self.window != "base" and not self.needs_base:
            raise MethodError(
                f"{name}: base = {self.base!r} has no effect with window = {self.window!r}",
                hint="set window = 'base', or take base out",
            )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return what has to be known of the data (n, m) of the window; NaN is missing.

        Values are arrays, or lists of labels; they are saved and replayed.
        """
        raise NotImplementedError

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return normalised data (n, m) as a new array, oriented so that bigger is better."""
        raise NotImplementedError

    def limits(self) -> tuple[float, float] | None:
        """Return where values are cut off, or None."""
        return None

    def cut(self, rows: Rows) -> NDArray[np.bool_] | slice:
        """Return the rows to which the limits apply."""
        return slice(None)

    @property
    def label(self) -> str:
        """A short name for tables: the method and the options that differ from their defaults."""
        extra = [
            f"{f.name}={getattr(self, f.name)}"
            for f in fields(self)
            if getattr(self, f.name) != f.default
        ]
        return self.method + (f"({', '.join(extra)})" if extra else "")

    def __str__(self) -> str:
        return self.label


# -- numbers ---------------------------------------------------------------------------------------


def lowest(x: Array) -> tuple[Array, Array]:
    """Return minimum and maximum of each column; NaN is passed over, and stays where all is NaN."""
    return np.fmin.reduce(x, axis=0), np.fmax.reduce(x, axis=0)


def constant(low: Array, high: Array) -> NDArray[np.bool_]:
    """Say which columns hold one value only, up to the last digits of float64."""
    digits = 4 * np.finfo(np.float64).eps * np.maximum(np.abs(low), np.abs(high))
    return np.asarray(high - low <= digits)


def mean(x: Array) -> Array:
    """Return the mean of what is known of each column; NaN where nothing is."""
    total = x.sum(axis=0)
    if not np.isnan(total).any():
        return np.asarray(total / x.shape[0])
    n = (~np.isnan(x)).sum(axis=0)
    return np.where(n > 0, np.nansum(x, axis=0) / np.maximum(n, 1), np.nan)


def quantiles(x: Array, q: Sequence[float] | Array) -> Array:
    """Return quantiles (q, m) of what is known, by linear interpolation (Hyndman and Fan's 7)."""
    gaps = np.isnan(x).any(axis=0)
    out = np.full((len(q), x.shape[1]), np.nan)
    if not gaps.all():
        out[:, ~gaps] = np.quantile(x[:, ~gaps], q, axis=0)
    for j in np.flatnonzero(gaps):
        known = x[~np.isnan(x[:, j]), j]
        if known.size:
            out[:, j] = np.quantile(known, q)
    return out


# -- options ---------------------------------------------------------------------------------------


def number(method: str, option: str, value: Any, ok: bool | None = None, what: str = "") -> float:
    """Return an option that is a finite number; ``ok`` says whether it is within its range."""
    fine = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (fine and np.isfinite(value)) or ok is False:
        raise MethodError(f"{method}: {option} = {value!r}", hint=f"give a number{what}")
    return float(value)


def pair(method: str, option: str, value: Any) -> tuple[float, float]:
    """Return an option that is two rising numbers."""
    try:
        low, high = (number(method, option, v) for v in value)
    except (TypeError, ValueError):
        low = high = np.nan
    if not low < high:
        raise MethodError(f"{method}: {option} = {value!r}", hint="give [low, high], low < high")
    return low, high


def one_of(method: str, option: str, value: Any, choices: Sequence[Any]) -> None:
    """Refuse an option that is none of the choices."""
    if not any(type(value) is type(c) and value == c for c in choices):
        *first, last = map(repr, choices)
        valid = f"{', '.join(first)} or {last}" if first else last
        raise MethodError(f"{method} has no {option} = {value!r}", hint=f"{option} is {valid}")

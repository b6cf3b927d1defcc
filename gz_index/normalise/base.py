"""What every normaliser works with: columns with their direction, rows with their names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import Indicator

__all__ = ["TRANSFORMS", "Columns", "Fitted", "Normaliser", "Rows", "Window", "lowest", "transform"]

Window: TypeAlias = Literal["pooled", "period", "base", "goalposts"]
Fitted: TypeAlias = Mapping[str, Any]

#: transforms before normalising: function, and where it is defined
TRANSFORMS: dict[str, tuple[Any, Any, str]] = {
    "log": (np.log, lambda x: x > 0, "above zero"),
    "log10": (np.log10, lambda x: x > 0, "above zero"),
    "log1p": (np.log1p, lambda x: x > -1, "above -1"),
    "sqrt": (np.sqrt, lambda x: x >= 0, "not below zero"),
    "logit": (lambda x: np.log(x / (1 - x)), lambda x: (x > 0) & (x < 1), "between 0 and 1"),
}


def transform(name: str | None, value: Any) -> Any:
    """Apply a transform by name; None leaves the value alone."""
    return value if name is None else TRANSFORMS[name][0](value)


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
        Whether there is more than one period.
    where : str
        The period that the rows are of, where they are of one only; for messages.
    """

    units: Sequence[Hashable]
    base: NDArray[np.bool_]
    label: Any
    several: bool
    where: str = ""

    def take(self, at: NDArray[np.intp]) -> Rows:
        """Return some of the rows."""
        label = self.label
        return Rows(
            [self.units[i] for i in at], self.base[at], lambda i: label(int(at[i])), self.several
        )


@dataclass(frozen=True)
class Columns:
    """What a normaliser knows of m indicators; arrays are (m,), bounds are transformed already.

    Attributes
    ----------
    codes, names : tuple of str
    sign : +1 more is better, -1 less is better, 0 an interval is best
    low, high : goalposts, NaN where there are none
    ideal_low, ideal_high : best interval where sign is 0, else NaN
    bound_low, bound_high : worst values on both sides of it, NaN where none are given
    target : NaN where there is none
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
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
        """Collect the columns of indicators."""
        nan = float("nan")

        def pair(i: Indicator, value: tuple[float, float] | None) -> tuple[float, float]:
            if value is None:
                return nan, nan
            low, high = (float(transform(i.transform, np.float64(v))) for v in value)
            return low, high

        rows = []
        for i in indicators:
            bounds = i.direction.bounds or (i.goalposts if i.direction.sign == 0 else None)
            target = nan if i.target is None or i.target.value is None else i.target.value
            aim = float(transform(i.transform, np.float64(target)))
            rows.append(
                (
                    float(i.direction.sign),
                    *pair(i, i.goalposts),
                    *pair(i, i.direction.ideal),
                    *pair(i, bounds),
                    aim,
                )
            )
        table = np.array(rows, dtype=np.float64).reshape(len(rows), 8)
        names = tuple(
            f"{i.code} ({i.name})" if i.name and str(i.name) != i.code else i.code
            for i in indicators
        )
        return cls(tuple(i.code for i in indicators), names, *table.T)

    def oriented(self, x: Array) -> Array:
        """Return ``x`` (n, m) so that bigger is better; minus the distance from a best interval."""
        if (self.sign == 1).all():
            return x
        out = np.asarray(x * self.sign)
        if (self.sign == 0).any():
            at = self.sign == 0
            inside = np.clip(x[:, at], self.ideal_low[at], self.ideal_high[at])
            out[:, at] = -np.abs(x[:, at] - inside)
        return out

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
                f"{method}: {self.names[at[0]]} is best within an interval, which has no ratio",
                hint="use minmax, goalposts or efficacy for it (normalise = ... on the indicator)",
            )

    def refuse(self, method: str, rows: Rows, x: Array, bad: NDArray[np.bool_], what: str) -> None:
        """Refuse cells of ``x``, naming indicator, unit and value.

        Raises
        ------
        DataError
            A cell is bad.
        """
        if not bad.any():
            return
        at = np.argwhere(bad)
        raise DataError(
            f"{method}: {len(at)} cell(s) {what}",
            [
                Problem(self.names[j], f"{x[i, j]:.10g} for {rows.label(int(i))}", "choose minmax")
                for i, j in at[:20]
            ],
        )

    def refuse_constant(self, method: str, low: Array, high: Array, rows: Rows) -> None:
        """Refuse columns with one value only.

        Raises
        ------
        DataError
            A column does not vary.
        """
        at = np.flatnonzero(low == high)
        if not at.size:
            return
        where = f" in {rows.where or rows.label(0)}" if rows.where or len(rows.units) == 1 else ""
        raise DataError(
            f"{method}: an indicator is the same in every row{where}",
            [
                Problem(
                    self.names[j],
                    f"is {abs(low[j]):.10g} throughout",
                    "take it out, give goalposts, or use window = 'pooled'",
                )
                for j in at
            ],
        )


@dataclass(frozen=True, kw_only=True)
class Normaliser:
    """A way to make indicators comparable: a frozen value with ``fit`` and ``apply``.

    Parameters
    ----------
    window : {"pooled", "period", "base", "goalposts"}
        Rows that bounds are taken from: all; each period by itself (levels of different periods
        then cannot be compared); the base period, frozen; or none, the bounds of the definition.
    base : label, optional
        The base period; the first one by default.
    """

    method: ClassVar[str] = ""
    windows: ClassVar[tuple[str, ...]] = ("pooled", "period", "base")
    #: whether a row is measured against its own unit
    per_unit: ClassVar[bool] = False
    window: Window = "pooled"
    base: Any = None

    def __post_init__(self) -> None:
        if self.window not in get_args(Window) or self.window not in self.windows:
            raise MethodError(
                f"{self.method} has no window = {self.window!r}",
                hint=f"window is one of {', '.join(self.windows)}",
            )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return what has to be known of the data (n, m) of the window; NaN is missing."""
        raise NotImplementedError

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return normalised data (n, m), oriented so that bigger is better."""
        raise NotImplementedError

    def limits(self) -> tuple[float, float] | None:
        """Return where values are cut off, or None."""
        return None

    def replace(self, **changes: Any) -> Normaliser:
        """Return a copy with some options changed."""
        return replace(self, **changes)


def lowest(x: Array) -> tuple[Array, Array]:
    """Return minimum and maximum of each column; NaN is passed over, and stays where all is NaN."""
    return np.fmin.reduce(x, axis=0), np.fmax.reduce(x, axis=0)

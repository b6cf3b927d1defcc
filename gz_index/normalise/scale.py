"""Fitting normalisers to a table, and the frozen scale that replays on other data."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import DataError, DefinitionError, Problem
from gz_index.framework import Framework
from gz_index.normalise.base import (
    TRANSFORMS,
    Columns,
    Fitted,
    Normaliser,
    Rows,
    named,
    transform,
)
from gz_index.normalise.plain import (
    from_indicator,
    from_label,
    from_plain,
    plain_indicator,
    plain_spec,
    to_label,
    to_plain,
)

if TYPE_CHECKING:
    from gz_index.table import Table

__all__ = ["Part", "Scale", "each_period", "in_range", "rows_of", "transformed"]

_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Part:
    """The indicators that share a normaliser, and what was fitted.

    Attributes
    ----------
    normaliser : Normaliser
    at : (k,)
        Positions of the indicators in the framework.
    columns : Columns
    base : label or None
        The base period.
    fitted : tuple of mappings
        One, or one for each period where ``window = "period"``.
    blank : tuple of (k,) of bool
        As ``fitted``: indicators of which the window held no value.
    """

    normaliser: Normaliser
    at: NDArray[np.intp]
    columns: Columns
    base: Hashable | None
    fitted: tuple[Fitted, ...]
    blank: tuple[NDArray[np.bool_], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Scale:
    """Everything normalising took from the data, frozen; it replays on other rows and periods.

    Attributes
    ----------
    framework : Framework
        For which it was fitted: directions, goalposts, transforms (without the tree once saved).
    parts : tuple of Part
    periods : tuple or None
        Periods it was fitted to, in order.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> index = gz.Index(framework=f, normalise="minmax")
    >>> scale = index.evaluate(pd.DataFrame({"a": [2.0, 4.0]}, index=["x", "y"])).scale
    >>> scale(pd.DataFrame({"a": [3.0, 5.0]}, index=["new", "newer"]))["a"].tolist()
    [0.5, 1.5]
    """

    framework: Framework
    parts: tuple[Part, ...]
    periods: tuple[Hashable, ...] | None

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the indicators."""
        return self.framework.codes

    def apply(self, table: Table) -> tuple[Array, NDArray[np.intp]]:
        """Normalise aligned data; columns are found by code, in any order, some may be left out.

        Returns
        -------
        (n, m), (m,)
            Oriented values in the columns of the table, NaN where missing, and how many cells of
            each indicator were cut off at a limit.

        Raises
        ------
        DataError
            A value is outside the domain of a transform or method; an indicator, period or unit was
            not fitted.
        """
        if table.codes == self.codes:
            return self._apply(table.values, table)
        place = {code: j for j, code in enumerate(self.codes)}
        new = [code for code in table.codes if code not in place]
        if new:
            raise DataError(
                "the scale was fitted without these indicators",
                [Problem(code, "is new", "fit again, or leave it out") for code in new],
            )
        at = [place[code] for code in table.codes]
        x = np.full((len(table.values), len(self.codes)), np.nan)
        x[:, at] = table.values
        z, clipped = self._apply(x, table)
        return z[:, at], clipped[at]

    def _apply(self, x: Array, table: Table) -> tuple[Array, NDArray[np.intp]]:
        return self.apply_transformed(transformed(self.framework, x, table), table)

    def apply_transformed(self, x: Array, table: Table) -> tuple[Array, NDArray[np.intp]]:
        """Normalise values that are transformed already."""
        out = np.empty(x.shape)
        clipped = np.zeros(x.shape[1], dtype=np.intp)
        for part in self.parts:
            whole = part.at.size == x.shape[1]
            v = x if whole else x[:, part.at]
            z = self._one(part, v, table)
            limits = part.normaliser.limits()
            if limits is not None:
                rows = part.normaliser.cut(rows_of(table, part.base))
                here, (low, high) = z[rows], limits
                # what lies beyond by rounding only is cut too, but was not clipped
                slack = 4 * np.finfo(np.float64).eps * max(abs(v) for v in limits if np.isfinite(v))
                clipped[part.at] = ((here < low - slack) | (here > high + slack)).sum(axis=0)
                z[rows] = here.clip(low, high)
            if whole:
                out = z
            else:
                out[:, part.at] = z
        return out, clipped

    def _one(self, part: Part, x: Array, table: Table) -> Array:
        """Return z (n, k) of one part, before any clipping."""
        rows = rows_of(table, part.base)
        if part.normaliser.window != "period" or self.periods is table.periods is None:
            self._refuse_blank(part, 0, x, rows)
            with in_range(part, x):
                return part.normaliser.apply(x, part.fitted[0], part.columns, rows)
        if table.periods is None:
            raise DataError(
                "the scale was fitted to each period by itself, and these rows have no period",
                [Problem("period", "is missing", f"label it; {self._known()}")],
            )
        z = np.empty(x.shape)
        for t, at in each_period(table):
            k, here = self._fitted_period(table.periods[t]), rows.take(at, str(table.periods[t]))
            self._refuse_blank(part, k, x[at], here)
            with in_range(part, x[at]):
                z[at] = part.normaliser.apply(x[at], part.fitted[k], part.columns, here)
        return z

    def _known(self) -> str:
        if self.periods is None:
            return "the rows it was fitted to have no period"
        return f"fitted are {', '.join(map(str, self.periods))}"

    def _fitted_period(self, label: Hashable) -> int:
        if self.periods is None or label not in self.periods:
            raise DataError(
                f"the scale was not fitted to period {label!r}",
                [
                    Problem(
                        f"period {label}",
                        self._known(),
                        "fit again; for an open-ended series use window = 'base' or 'goalposts'",
                    )
                ],
            )
        return self.periods.index(label)

    def _refuse_blank(self, part: Part, k: int, x: Array, rows: Rows) -> None:
        """Refuse known cells of an indicator of which the window held no value."""
        if part.blank[k].any():
            window = {"base": f"the base period ({part.base})", "period": "this period"}
            window = {} if self.periods is None else window
            where = window.get(part.normaliser.window, "the data it was fitted to")
            part.columns.refuse(
                part.normaliser.label,
                rows,
                x,
                part.blank[k] & ~np.isnan(x),
                f"of an indicator that has no known value in {where}",
                "fill in the window, choose another one, or leave the indicator out",
            )

    def __call__(self, data: Any) -> pd.DataFrame:
        """Normalise a labelled table; rows are units or (unit, period)."""
        from gz_index.table import align

        table = align(data, self.framework)
        return pd.DataFrame(self.apply(table)[0], index=table.index, columns=list(self.codes))

    def to_frame(self) -> pd.DataFrame:
        """Return what was fitted: indicator, method, window, period, parameter, value.

        Values are those of the transformed indicator where it has a transform; those of oriented
        methods (z-scores, distances) have the sign turned where less is better.
        """
        rows = []
        for part in self.parts:
            method, window = part.normaliser.method or part.normaliser.label, part.normaliser.window
            labels = (window == "period" and self.periods) or (None,)
            for label, fitted in zip(labels, part.fitted, strict=True):
                for name, value in fitted.items():
                    if not isinstance(value, np.ndarray) or value.shape != part.at.shape:
                        continue
                    rows += [
                        (code, method, window, label, name, v)
                        for code, v in zip(part.columns.codes, value.tolist(), strict=True)
                        if v == v
                    ]
        place = {code: j for j, code in enumerate(self.codes)}
        rows.sort(key=lambda r: place[r[0]])
        heads = ["indicator", "method", "window", "period", "parameter", "value"]
        return pd.DataFrame(rows, columns=heads)

    # -- saving ----------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the scale in plain types; floats keep every bit, labels their type.

        Raises
        ------
        MethodError
            A normaliser is a Python function without a registered name.
        """
        return {
            "format": _FORMAT,
            "periods": None if self.periods is None else [to_label(p) for p in self.periods],
            "indicators": [plain_indicator(i) for i in self.framework.indicators],
            "parts": [
                {
                    "normaliser": plain_spec(p.normaliser),
                    "codes": list(p.columns.codes),
                    "base": to_label(p.base),
                    "fitted": [{k: to_plain(v) for k, v in f.items()} for f in p.fitted],
                    "blank": [np.flatnonzero(b).tolist() for b in p.blank],
                }
                for p in self.parts
            ],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Scale:
        """Make a scale from what :meth:`to_dict` gave.

        Raises
        ------
        DataError
            It is of another format, or was altered.
        """
        if plain.get("format") != _FORMAT:
            raise DataError(
                f"a scale of format {plain.get('format')}; this version reads {_FORMAT}"
            )
        try:
            return cls._from_dict(plain)
        except (KeyError, TypeError, IndexError) as error:
            raise DataError(f"this is no saved scale ({error!r})") from error

    @classmethod
    def _from_dict(cls, plain: Mapping[str, Any]) -> Scale:
        from gz_index.normalise import normaliser

        indicators = tuple(from_indicator(i) for i in plain["indicators"])
        framework = Framework(indicators)
        place = {c: i for i, c in enumerate(framework.codes)}
        parts = []
        for p in plain["parts"]:
            at = np.array([place[c] for c in p["codes"]], dtype=np.intp)
            spec = {k: from_label(v) if k == "base" else v for k, v in p["normaliser"].items()}
            parts.append(
                Part(
                    normaliser=normaliser(spec),
                    at=at,
                    columns=Columns.of([indicators[i] for i in at]),
                    base=from_label(p["base"]),
                    fitted=tuple({k: from_plain(v) for k, v in f.items()} for f in p["fitted"]),
                    blank=tuple(np.isin(np.arange(at.size), b) for b in p["blank"]),
                )
            )
        periods = plain["periods"]
        labels = None if periods is None else tuple(from_label(v) for v in periods)
        return cls(framework, tuple(parts), labels)

    def save(self, path: str | Path) -> None:
        """Write the scale as JSON."""
        text = json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
        Path(path).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Scale:
        """Read a scale that :meth:`save` wrote.

        Raises
        ------
        DataError
            The file is no scale.
        """
        try:
            plain = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{path} is no saved scale ({error})") from error
        if not isinstance(plain, dict):
            raise DataError(f"{path} is no saved scale (it holds no table)")
        return cls.from_dict(plain)

    def __repr__(self) -> str:
        parts = ", ".join(p.normaliser.label for p in self.parts)
        return f"<Scale of {len(self.codes)} indicators: {parts}>"


def each_period(table: Table) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield each period's position and its rows."""
    assert table.slot is not None
    for t in range(len(table.periods or ())):
        yield t, np.flatnonzero(table.slot == t)


def rows_of(table: Table, base: Hashable | None) -> Rows:
    """Return the rows of a table as normalisers see them."""
    n = len(table.units)
    if table.slot is None or table.periods is None:
        here, several = np.full(n, base is None), False
    else:
        first = table.periods.index(base) if base in table.periods else -1
        here, several = table.slot == first, len(table.periods) > 1
    return Rows(table.units, here, table.row_name, several, everyone=table.units)


@contextmanager
def in_range(part: Part, x: Array) -> Iterator[None]:
    """Turn what overflows, or is divided by nothing, into an error that names the indicators."""
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        try:
            yield
        except FloatingPointError as error:
            size = np.fmax.reduce(np.abs(x), axis=0)
            odd = (size > 1e100) | (size < 1e-100)
            what = "holds numbers that are too large or too small to reckon with (up to {})"
            part.columns.refuse_columns(
                part.normaliser.label, odd, what, size, "state it in another unit"
            )
            raise DataError(f"{part.normaliser.label}: {error}") from error


def transformed(framework: Framework, x: Array, table: Table) -> Array:
    """Return the values after the transforms of the indicators; refuse what is out of a domain."""
    names = [i.transform for i in framework.indicators]
    if not any(names):
        return x
    x = x.copy()
    problems = []
    for j, name in enumerate(names):
        if name is None:
            continue
        if name not in TRANSFORMS:
            what = f"there is no transform {name!r}{closest(name, TRANSFORMS)}"
            hint = f"one of {', '.join(TRANSFORMS)}"
            raise DefinitionError(
                "an unknown transform", [Problem(named(framework.indicators[j]), what, hint)]
            )
        _, inside, where = TRANSFORMS[name]
        bad = np.flatnonzero(~inside(x[:, j]) & ~np.isnan(x[:, j]))
        problems += [
            Problem(
                named(framework.indicators[j]),
                f"{x[i, j]:.10g} for {table.row_name(int(i))} is not {where}",
                f"correct the value, or take transform = {name!r} out",
            )
            for i in bad[:20]
        ]
        if not bad.size:
            x[:, j] = transform(name, x[:, j])
    if problems:
        raise DataError("a value is outside the domain of its transform", problems)
    return x

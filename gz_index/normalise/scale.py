"""Fitting normalisers to a table, and the frozen scale that replays on other data."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import Direction, Framework, Indicator, Target, Text
from gz_index.normalise.base import TRANSFORMS, Columns, Fitted, Normaliser, Rows, transform

if TYPE_CHECKING:
    from gz_index.table import Table

__all__ = ["Part", "Scale", "fit"]

_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Part:
    """The indicators that share a normaliser, and what was fitted, for each period or for all."""

    normaliser: Normaliser
    at: NDArray[np.intp]
    columns: Columns
    fitted: tuple[Fitted, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Scale:
    """Everything normalising took from the data, frozen; it replays on other rows and periods.

    Attributes
    ----------
    framework : Framework
        For which it was fitted: directions, goalposts, transforms.
    parts : tuple of Part
    periods : tuple or None
        Periods it was fitted to, in order.
    base : label or None
        The base period.

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
    base: Hashable | None

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the indicators."""
        return self.framework.codes

    def apply(self, table: Table) -> tuple[Array, NDArray[np.intp]]:
        """Normalise aligned data.

        Returns
        -------
        (n, m), (m,)
            Oriented values, and how many cells of each indicator were cut off at a limit.

        Raises
        ------
        DataError
            A value is outside the domain of a transform or method; a period or unit was not fitted.
        """
        x = _transformed(self.framework, table)
        out = np.empty(x.shape)
        clipped = np.zeros(x.shape[1], dtype=np.intp)
        rows = _rows(table, self.base)
        for part in self.parts:
            v = x if part.at.size == x.shape[1] else x[:, part.at]
            if part.normaliser.window == "period" and table.slot is not None:
                z = np.empty(v.shape)
                for t, at in _each_period(table):
                    fitted = part.fitted[self._fitted_period(table, t)]
                    z[at] = part.normaliser.apply(v[at], fitted, part.columns, rows.take(at))
            else:
                z = part.normaliser.apply(v, part.fitted[0], part.columns, rows)
            limits = part.normaliser.limits()
            if limits is not None:
                clipped[part.at] = ((z < limits[0]) | (z > limits[1])).sum(axis=0)
                z = np.clip(z, *limits)
            if part.at.size == x.shape[1]:
                return z, clipped
            out[:, part.at] = z
        return out, clipped

    def _fitted_period(self, table: Table, t: int) -> int:
        assert table.periods is not None
        label = table.periods[t]
        if self.periods is None or label not in self.periods:
            raise DataError(
                f"the scale was not fitted to period {label!r}",
                [
                    Problem(
                        str(label),
                        f"fitted periods are {', '.join(map(str, self.periods or ()))}",
                        "fit again, or use window = 'base' or 'goalposts' for open-ended series",
                    )
                ],
            )
        return self.periods.index(label)

    def __call__(self, data: Any) -> pd.DataFrame:
        """Normalise a labelled table; rows are units or (unit, period)."""
        from gz_index.table import align

        table = align(data, self.framework)
        return pd.DataFrame(self.apply(table)[0], index=table.index, columns=list(self.codes))

    def to_frame(self) -> pd.DataFrame:
        """Return what was fitted, one row an indicator (and period) and parameter."""
        rows = []
        for part in self.parts:
            labels = self.periods if len(part.fitted) > 1 and self.periods else [None]
            for label, fitted in zip(labels, part.fitted, strict=True):
                for name, value in fitted.items():
                    if isinstance(value, np.ndarray) and value.shape == (part.at.size,):
                        rows += [
                            (code, part.normaliser.method, part.normaliser.window, label, name, v)
                            for code, v in zip(part.columns.codes, value.tolist(), strict=True)
                        ]
        heads = ["indicator", "method", "window", "period", "parameter", "value"]
        return pd.DataFrame(rows, columns=heads)

    # -- saving ----------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the scale in plain types; floats keep every bit.

        Raises
        ------
        MethodError
            A normaliser is a Python function without a registered name.
        """
        from gz_index.normalise import to_spec

        return {
            "format": _FORMAT,
            "periods": None if self.periods is None else [_label(p) for p in self.periods],
            "base": _label(self.base),
            "indicators": [_indicator(i) for i in self.framework.indicators],
            "parts": [
                {
                    "normaliser": to_spec(p.normaliser),
                    "codes": list(p.columns.codes),
                    "fitted": [{k: _plain(v) for k, v in f.items()} for f in p.fitted],
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
            It is of another format.
        """
        from gz_index.normalise import normaliser

        if plain.get("format") != _FORMAT:
            raise DataError(
                f"a scale of format {plain.get('format')}; this version reads {_FORMAT}"
            )
        indicators = tuple(_from_indicator(i) for i in plain["indicators"])
        framework = Framework(indicators)
        place = {c: i for i, c in enumerate(framework.codes)}
        parts = []
        for p in plain["parts"]:
            at = np.array([place[c] for c in p["codes"]], dtype=np.intp)
            columns = Columns.of([indicators[i] for i in at])
            fitted = tuple({k: _restored(v) for k, v in f.items()} for f in p["fitted"])
            parts.append(Part(normaliser(p["normaliser"]), at, columns, fitted))
        periods = plain["periods"]
        return cls(
            framework,
            tuple(parts),
            None if periods is None else tuple(_from_label(v) for v in periods),
            _from_label(plain["base"]),
        )

    def save(self, path: str | Path) -> None:
        """Write the scale as JSON."""
        text = json.dumps(self.to_dict(), ensure_ascii=False, indent=1)
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
        return cls.from_dict(plain)

    def __repr__(self) -> str:
        parts = ", ".join(f"{p.normaliser.method} ({p.normaliser.window})" for p in self.parts)
        return f"<Scale of {len(self.codes)} indicators: {parts}>"


def fit(table: Table, framework: Framework, normaliser: Normaliser) -> Scale:
    """Fit a normaliser to aligned data; indicators may have one of their own.

    Parameters
    ----------
    table : Table
    framework : Framework
        ``indicator.normalise`` takes the place of ``normaliser``.
    normaliser : Normaliser

    Raises
    ------
    DataError
        A column does not vary in the window, lacks goalposts, or is out of a domain.
    """
    x = _transformed(framework, table)
    groups: list[tuple[Normaliser, list[int]]] = []
    for j, indicator in enumerate(framework.indicators):
        own = indicator.normalise if indicator.normalise is not None else normaliser
        for known, members in groups:
            if known is own or known == own:
                members.append(j)
                break
        else:
            groups.append((own, [j]))
    bases = {n.base for n, _ in groups if n.base is not None}
    if len(bases) > 1:
        raise MethodError(
            f"normalisers with different base periods {sorted(map(str, bases))}",
            hint="use one base period",
        )
    base = bases.pop() if bases else None
    if table.periods is not None:
        base = table.periods[0] if base is None else base
        if base not in table.periods:
            raise DataError(
                f"there are no rows of the base period {base!r}",
                [Problem("base", repr(base), f"periods are {', '.join(map(str, table.periods))}")],
            )
    rows = _rows(table, base)
    parts = []
    for own, members in groups:
        at = np.array(members, dtype=np.intp)
        columns = Columns.of([framework.indicators[j] for j in members])
        v = x if at.size == x.shape[1] else x[:, at]
        fitted: list[Fitted]
        if own.window == "period" and table.slot is not None:
            fitted = [
                own.fit(v[i], columns, _alone(rows.take(i), table, t))
                for t, i in _each_period(table)
            ]
        elif own.window == "base":
            first = np.flatnonzero(rows.base)
            fitted = [own.fit(v[first], columns, rows.take(first))]
        else:
            fitted = [own.fit(v, columns, rows)]
        parts.append(Part(own, at, columns, tuple(fitted)))
    return Scale(framework, tuple(parts), table.periods, base)


def _alone(rows: Rows, table: Table, t: int) -> Rows:
    """Rows of one period, every one of which is a base row there."""
    assert table.periods is not None
    base = np.ones(len(rows.units), dtype=bool)
    return replace(rows, base=base, several=False, where=str(table.periods[t]))


def _each_period(table: Table) -> list[tuple[int, NDArray[np.intp]]]:
    assert table.slot is not None
    return [(t, np.flatnonzero(table.slot == t)) for t in range(len(table.periods or ()))]


def _rows(table: Table, base: Hashable | None) -> Rows:
    n = len(table.units)
    if table.slot is None or table.periods is None:
        return Rows(table.units, np.ones(n, dtype=bool), table.row_name, False)
    first = table.periods.index(base) if base in table.periods else -1
    return Rows(table.units, table.slot == first, table.row_name, len(table.periods) > 1)


def _transformed(framework: Framework, table: Table) -> Array:
    names = [i.transform for i in framework.indicators]
    if not any(names):
        return table.values
    x = table.values.copy()
    problems = []
    for j, name in enumerate(names):
        if name is None:
            continue
        _, inside, where = TRANSFORMS[name]
        bad = np.flatnonzero(~inside(x[:, j]) & ~np.isnan(x[:, j]))
        indicator = framework.indicators[j]
        problems += [
            Problem(
                f"{indicator.code} ({indicator.name})",
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


def _indicator(i: Indicator) -> dict[str, Any]:
    """Return what normalising needs to know of an indicator."""
    return {
        "code": i.code,
        "zh": i.name.zh,
        "en": i.name.en,
        "direction": i.direction.to_toml(),
        "goalposts": i.goalposts,
        "transform": i.transform,
        "target": None if i.target is None else i.target.value,
    }


def _from_indicator(plain: Mapping[str, Any]) -> Indicator:
    posts, target = plain["goalposts"], plain["target"]
    return Indicator(
        code=plain["code"],
        name=Text(plain["zh"], plain["en"]),
        direction=Direction.of(plain["direction"]),
        goalposts=None if posts is None else (posts[0], posts[1]),
        transform=plain["transform"],
        target=None if target is None else Target(target),
    )


# -- plain types ---------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        flat = [None if v != v else v for v in value.ravel().tolist()]
        return {"shape": list(value.shape), "values": flat}
    return [_label(v) for v in value]


def _restored(value: Any) -> Any:
    if isinstance(value, Mapping):
        flat = [float("nan") if v is None else v for v in value["values"]]
        return np.array(flat, dtype=np.float64).reshape(value["shape"])
    return [_from_label(v) for v in value]


_LABELS: Sequence[tuple[str, type, Callable[[str], Any]]] = (
    ("int", int, int),
    ("float", float, float),
    ("timestamp", pd.Timestamp, pd.Timestamp),
)


def _label(value: Any) -> Any:
    """Write a label of a unit or period so that its type comes back."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, pd.Period):
        return {"period": str(value), "freq": value.freqstr}
    for name, kind, _ in _LABELS:
        if isinstance(value, kind):
            return {name: str(value)}
    raise MethodError(
        f"a label of type {type(value).__name__} cannot be saved",
        hint="use text, whole numbers or dates for units and periods",
    )


def _from_label(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "period" in value:
        return pd.Period(value["period"], freq=value["freq"])
    for name, _, make in _LABELS:
        if name in value:
            return make(value[name])
    raise DataError(f"unknown label {dict(value)!r} in a saved scale")

"""What a step of preparation is: a frozen value that is fitted once and replayed on other rows."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import MethodError, Problem
from gz_index.framework import Framework, Indicator, Text
from gz_index.table import Table

__all__ = ["Fitted", "Key", "Sheet", "Step"]

#: what a step has to know to be replayed: text, numbers, lists and mappings of these
Fitted = dict[str, Any]
#: unit and period of a row (period None in a cross-section)
Key = tuple[Hashable, Hashable]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Data on their way through the steps of preparation.

    Attributes
    ----------
    table : Table
        Values (n, m) in the order of ``framework.codes``; NaN is missing.
    framework : Framework
        The tree; a step that leaves out indicators makes it smaller.
    extra : mapping of str to (n,)
        Other columns that steps need: population, GDP, a price index.
    imputed : (n, m) of bool
        Cells that a step filled in.
    left : tuple of (str, str, Text)
        Units and indicators that have left: ``"unit"`` or ``"indicator"``, label, and why.
    """

    table: Table
    framework: Framework
    extra: Mapping[str, Array] = field(default_factory=dict, repr=False)
    imputed: NDArray[np.bool_] = field(
        default_factory=lambda: np.zeros((0, 0), dtype=np.bool_), repr=False
    )
    left: tuple[tuple[str, str, Text], ...] = ()

    def __post_init__(self) -> None:
        if self.imputed.shape != self.values.shape:
            blank = np.zeros(self.values.shape, dtype=np.bool_)
            object.__setattr__(self, "imputed", blank)

    @property
    def values(self) -> Array:
        """Values (n, m); not to be written to."""
        return self.table.values

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the columns."""
        return self.framework.codes

    @property
    def keys(self) -> list[Key]:
        """Unit and period of each row."""
        t = self.table
        if t.periods is None or t.slot is None:
            return [(u, None) for u in t.units]
        return [(u, t.periods[s]) for u, s in zip(t.units, t.slot.tolist(), strict=True)]

    def column(self, name: str) -> Array:
        """Return an indicator or another column, (n,).

        Raises
        ------
        MethodError
            There is none of this name.
        """
        if name in self.codes:
            return self.values[:, self.codes.index(name)]
        if name in self.extra:
            return self.extra[name]
        if any(what == "indicator" and name == code for what, code, _ in self.left):
            raise MethodError(
                f"indicator {name!r} was screened out, and this step reads it",
                hint="name it in keep of the screen, screen after this step, or read another",
            )
        known = [*self.codes, *self.extra]
        raise MethodError(
            f"no column {name!r}{closest(name, known)}", hint="it has to stand in the data"
        )

    def with_values(self, values: Array, *, imputed: NDArray[np.bool_] | None = None) -> Sheet:
        """Return the sheet with other values (n, m), and more cells marked as imputed."""
        values = np.array(values, dtype=np.float64)
        values.setflags(write=False)
        marks = self.imputed if imputed is None else self.imputed | imputed
        return dataclasses.replace(
            self, table=dataclasses.replace(self.table, values=values), imputed=marks
        )

    def take(self, rows: NDArray[Any], left: Sequence[tuple[str, str, Text]] = ()) -> Sheet:
        """Return some rows, by position or mask, noting which units have left."""
        at = np.arange(len(self.table.units))[rows]
        return dataclasses.replace(
            self,
            table=self.table.take(at),
            extra={k: v[at] for k, v in self.extra.items()},
            imputed=self.imputed[at],
            left=(*self.left, *left),
        )

    def without(self, left: Sequence[tuple[str, str, Text]]) -> Sheet:
        """Return the sheet without indicators, given as ``("indicator", code, why)``."""
        gone = {code for _, code, _ in left}
        keep = [j for j, c in enumerate(self.codes) if c not in gone]
        framework = self.framework.without(gone)
        values = np.array(self.values[:, keep])
        values.setflags(write=False)
        table = dataclasses.replace(self.table, values=values, codes=framework.codes)
        return dataclasses.replace(
            self,
            table=table,
            framework=framework,
            imputed=self.imputed[:, keep],
            left=(*self.left, *left),
        )

    def indicator(self, j: int) -> Indicator:
        """The indicator of a column."""
        return self.framework.indicators[j]

    def label(self, j: int) -> str:
        """``code (name)`` of a column, for messages."""
        i = self.indicator(j)
        return f"{i.code} ({i.name})" if i.name and str(i.name) != i.code else i.code

    def by_unit(self) -> list[NDArray[np.intp]]:
        """Rows of each unit in the order of periods."""
        order: dict[Hashable, list[int]] = {}
        slot = self.table.slot if self.table.slot is not None else np.zeros(len(self.table.units))
        for i in np.argsort(slot, kind="stable").tolist():
            order.setdefault(self.table.units[i], []).append(i)
        return [np.array(rows) for rows in order.values()]


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """One step of preparation: options as fields, nothing fitted inside.

    Parameters
    ----------
    columns : tuple of str, optional
        Indicators, or groups for all that hang on them; every indicator by default.
    """

    #: name of the step in definitions
    kind: ClassVar[str]
    #: whether it changes a column as a whole; such changes are recorded by column, not by cell
    whole: ClassVar[bool] = False

    columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.columns, str):
            raise MethodError(
                f"{self.kind}: columns = {self.columns!r} is no list",
                hint=f"columns = [{self.columns!r}]",
            )
        if self.columns is not None and not isinstance(self.columns, Iterable):
            raise MethodError(
                f"{self.kind}: columns = {self.columns!r} is no list", hint="columns = ['x1', 'x2']"
            )
        if self.columns is not None:
            object.__setattr__(self, "columns", tuple(self.columns))

    @property
    def label(self) -> str:
        """A short name for tables; a subclass may say more."""
        return self.kind

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns of the data that it reads beside the indicators."""
        return ()

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree, before any data are seen."""
        known = list(framework.nodes)
        return [
            Problem(f"prepare.{self.kind}", f"no node {c!r}{closest(c, known)}", "correct it")
            for c in self.columns or ()
            if c not in framework.nodes
        ]

    def at(self, sheet: Sheet) -> list[int]:
        """Positions of the columns that it works on; those that have left are passed over."""
        if self.columns is None:
            return list(range(len(sheet.codes)))
        f = sheet.framework
        named = {leaf for c in self.columns if c in f.nodes for leaf in f.leaves(c)}
        return [j for j, c in enumerate(sheet.codes) if c in named]

    def without(self, gone: Collection[str]) -> Step | None:
        """Return the step for a tree without some nodes; None where nothing is left to it.

        Columns that it only reads stay: they are then taken from the data as they come.
        """
        if self.columns is None:
            return self
        there = tuple(c for c in self.columns if c not in gone)
        return dataclasses.replace(self, columns=there) if there else None

    @abstractmethod
    def fit(self, sheet: Sheet) -> Fitted:
        """Return what has to be known to replay the step: JSON types only.

        Raises
        ------
        MethodError, DataError
            The step cannot be used on these numbers; indicator, unit and way out are named.
        """

    @abstractmethod
    def apply(self, sheet: Sheet, fitted: Fitted) -> Sheet:
        """Return the sheet after the step; rows that were fitted come out as when fitted.

        A step whose outcome for a row depends on other rows keeps that outcome in ``fitted``.
        """

    def kept(self, before: Sheet, after: Sheet, fitted: Fitted) -> Fitted:
        """Return what was fitted, and what a replay decided of new rows: it holds from now on."""
        return fitted

    def within(self, sheet: Sheet, fitted: Fitted) -> Fitted:
        """Return of what was fitted that which is of the rows at hand, to be said of them."""
        return fitted

    def whole_columns(self, fitted: Fitted, sheet: Sheet) -> frozenset[str]:
        """Columns that were changed as a whole, and not cell by cell."""
        return frozenset(sheet.codes if self.whole else ())

    def said(self, fitted: Fitted) -> tuple[Text, ...]:
        """What a reader has to know of the step, in both languages."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """Return what a definition holds: the kind, and options that differ from their defaults."""
        out: dict[str, Any] = {"kind": self.kind}
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            default = (
                f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default
            )
            if value != default and value is not None:
                out[f.name] = _plain(value)
        return out


def others(given: Any, gone: Collection[str]) -> Any:
    """Return a mapping by node, or names, without some; anything else as it is."""
    if isinstance(given, Mapping):
        return {k: v for k, v in given.items() if k not in gone}
    return tuple(c for c in given if c not in gone) if isinstance(given, tuple) else given


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def label_index(keys: Sequence[Key]) -> pd.Index[Any]:
    """Rows as an index: unit, and period where there is one."""
    if all(p is None for _, p in keys):
        return pd.Index([u for u, _ in keys], name="unit")
    return pd.MultiIndex.from_tuples(keys, names=["unit", "period"])

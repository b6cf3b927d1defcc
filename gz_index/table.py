"""Data aligned to a framework: plain arrays, with the labels of rows and columns beside them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import DataError, NotFoundError, Problem
from gz_index.framework import Excluded, Framework, Text
from gz_index.labels import (
    Rows,
    are_periods,
    by_rows,
    find_labels,
    kept_notes,
    listed,
    misfit,
    plain,
    row_labels,
    unlabelled,
)

__all__ = ["Table", "align", "as_frame"]


@dataclass(frozen=True, eq=False)
class Table:
    """Data aligned to a framework.

    Attributes
    ----------
    values : (n, m)
        One column per indicator in the order of ``framework.codes``, in raw units; NaN is missing.
        A copy that nobody can write to.
    codes : tuple of str
        Codes of the columns.
    index : Index
        The rows as the user gave them, order and names kept.
    units : tuple, (n,)
        Unit of each row.
    periods : tuple, (T,), or None
        Distinct periods in order; None for a cross-section.
    slot : (n,) or None
        Position of each row's period in ``periods``.
    notes : tuple of Text
        What was left aside or read in a certain way.
    """

    values: Array = field(repr=False)
    codes: tuple[str, ...]
    index: pd.Index = field(repr=False)
    units: tuple[Hashable, ...] = field(repr=False)
    periods: tuple[Hashable, ...] | None = None
    slot: NDArray[np.intp] | None = field(default=None, repr=False)
    notes: tuple[Text, ...] = ()

    @property
    def count(self) -> int:
        """Number of units; rows that are periods are those of one unit."""
        return 1 if are_periods(self.index) else len(set(self.units))

    def row_name(self, i: int) -> str:
        """Name a row for a message: its unit, and its period where there is one."""
        return Rows(self.units, self.periods, self.slot).name(i)

    def rows_of(self, period: Hashable | None) -> NDArray[np.intp]:
        """Positions of the rows of one period; of all for None.

        Raises
        ------
        NotFoundError
            There is no such period.
        """
        if period is None:
            return np.arange(len(self.units))
        if self.periods is None or self.slot is None or period not in self.periods:
            known = "none" if self.periods is None else ", ".join(map(str, self.periods))
            raise NotFoundError(f"no period {period!r}; there are {known}")
        return np.flatnonzero(self.slot == self.periods.index(period))

    def only(self, codes: tuple[str, ...]) -> Table:
        """Return the table of some columns, in that order."""
        at = [self.codes.index(c) for c in codes]
        return replace(self, values=_frozen(self.values[:, at]), codes=codes)

    def take(self, rows: NDArray[Any] | Sequence[int]) -> Table:
        """Return the table of some rows, given by position or by a mask; unused periods go.

        Parameters
        ----------
        rows : (n,) of bool, or positions
        """
        at = np.arange(len(self.units))[np.asarray(rows)]
        periods, slot = self.periods, self.slot
        if periods is not None and slot is not None:
            used, new = np.unique(slot[at], return_inverse=True)
            periods, slot = tuple(periods[t] for t in used), _frozen(new.astype(np.intp))
        return Table(
            values=_frozen(self.values[at]),
            codes=self.codes,
            index=self.index[at],
            units=tuple(self.units[i] for i in at),
            periods=periods,
            slot=slot,
            notes=self.notes,
        )


def align(
    data: Any,
    framework: Framework,
    excluded: Iterable[Excluded] = (),
    *,
    strict: bool = False,
) -> Table:
    """Align data to a framework by label; every fault is named, all of them at once.

    Columns are found by the code of an indicator, or by its Chinese or English name. Rows are
    units, or (unit, period) in either order of levels. Missing cells stay NaN: what to do with
    them is the policy of the index.

    Parameters
    ----------
    data : DataFrame, or a table that narwhals reads (polars, Arrow, ...)
        Numbers in raw units. A table without labelled rows may hold unit and period as columns.
    framework : Framework
        Says which columns there have to be.
    excluded : iterable of Excluded
        Columns that the definition leaves out on purpose; noted with the reason when met.
    strict : bool
        Refuse columns that the definition does not know; otherwise they are noted.

    Raises
    ------
    DataError
        A column is missing, ambiguous or (if strict) unknown; a row has no unit or period, or
        stands twice; a cell is not a number or is infinite; it cannot be told which level is the
        period.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a", name=gz.Text.of("GDP")), gz.Indicator(code="b")))
    >>> data = pd.DataFrame({"b": [1, 2], "n": [0, 0], "GDP": [3, None]}, index=["x", "y"])
    >>> table = align(data, f)
    >>> table.values.tolist(), str(table.notes[0])
    ([[3.0, 1.0], [nan, 2.0]], "columns left aside, not in the definition: 'n'")
    """
    frame = as_frame(data)
    notes = [Text.of(n) for n in kept_notes(frame)]
    if frame.columns.nlevels > 1:
        raise misfit(
            Problem("columns", f"have {frame.columns.nlevels} levels", "name each by one code")
        )
    excluded = tuple(excluded)
    if unlabelled(frame.index):
        known = {plain(n) for i in (*framework.indicators, *excluded) for n in _called(i)}
        unit, period = find_labels(frame.columns, known=known, required=False)
        if unit is not None:
            frame = by_rows(frame, unit, period, notes)
    if not len(frame):
        raise misfit(Problem("rows", "there is none", "give one row per unit (and period)"))
    problems: list[Problem] = []
    names = frame.columns.tolist()
    at = None
    if tuple(names) != framework.codes:
        at = _columns(names, framework, excluded, strict, notes, problems)
    rows = row_labels(frame, notes, problems)
    values = _values(frame, at, framework, rows, problems)
    if problems:
        raise misfit(*problems)
    return Table(
        values=_frozen(values),
        codes=framework.codes,
        index=frame.index.view(),  # renaming the user's index does not reach it
        units=rows.units,
        periods=rows.periods,
        slot=rows.slot,
        notes=tuple(notes),
    )


def _frozen(a: Any) -> Any:
    a.setflags(write=False)
    return a


def as_frame(data: Any) -> pd.DataFrame:
    """Return a pandas table as it is, and any other that narwhals reads converted to pandas.

    Raises
    ------
    DataError
        It is no table.
    """
    if isinstance(data, pd.DataFrame):
        return data
    import narwhals as nw

    try:
        table = nw.from_native(data)
    except TypeError:
        raise DataError(
            f"a {type(data).__name__} is no table with named columns",
            [Problem("data", "cannot be aligned by label", "pass a DataFrame, or gz.read_table")],
        ) from None
    if isinstance(table, nw.LazyFrame):
        table = table.collect()
    frame: pd.DataFrame = table.to_pandas()
    return frame


# -- columns -------------------------------------------------------------------------------------


def _called(node: Any) -> tuple[str, str, str]:
    return node.code, node.name.zh.strip(), node.name.en.strip()


def node_label(framework: Framework, code: str) -> str:
    """Return a code with its name, or the code alone where they are the same."""
    name = framework.name(code)
    return code if name == code else f"{code} ({name})"


def _left_out(column: str, excluded: Excluded) -> Text:
    why = excluded.reason
    return Text(
        zh=f"列“{column}”由定义排除" + (f"：{why.get('zh')}" if why else ""),
        en=f"column {column!r} is left out by the definition" + (f": {why}" if why else ""),
    )


def _columns(
    names: Sequence[Hashable],
    framework: Framework,
    excluded: Sequence[Excluded],
    strict: bool,
    notes: list[Text],
    problems: list[Problem],
) -> list[int]:
    """Find the position of each indicator's column; -1 where it is missing."""
    where: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        where.setdefault(str(name).strip(), []).append(position)
    named: dict[str, list[str]] = {}
    for i in framework.indicators:
        for name in {n for n in _called(i)[1:] if n}:
            named.setdefault(name, []).append(i.code)
    codes = set(framework.codes)
    out, used, missing = [], set(), []
    for i in framework.indicators:
        code, zh, en = _called(i)
        # a column that is some indicator's code is found by that code only
        fits = [n for n in dict.fromkeys((code, zh, en)) if n in where]
        fits = [n for n in fits if n == code or n not in codes]
        found = [p for n in fits for p in where[n]]
        used.update(found)
        out.append(found[0] if found else -1)
        if not found:
            missing.append(code)
        elif len(found) > 1:
            which = ", ".join(repr(names[p]) for p in found)
            problems.append(
                Problem(
                    node_label(framework, code), f"fits {len(found)} columns: {which}", "keep one"
                )
            )
        elif fits[0] != code and len(named[fits[0]]) > 1 and code == named[fits[0]][0]:
            problems.append(
                Problem(
                    f"column {fits[0]!r}",
                    f"is the name of {' and '.join(named[fits[0]])}",
                    "name the column by code",
                )
            )
    left = [n for n, at in where.items() if not used & set(at)]
    apart = {n: e for e in excluded for n in left if n and n in _called(e)}
    extra = [n for n in left if n not in apart]
    notes += [_left_out(n, e) for n, e in apart.items()]
    if extra and strict:
        problems += listed(
            len(extra),
            "unknown columns",
            lambda k: Problem(
                f"column {extra[k]!r}", "is not in the definition", "drop it, or strict=False"
            ),
        )
    elif extra:
        shown, rest = extra[:20], len(extra) - 20
        notes.append(
            Text(
                f"定义中没有、未采用的列：{'、'.join(shown)}" + (f"等{len(extra)}列" * (rest > 0)),
                f"columns left aside, not in the definition: {', '.join(map(repr, shown))}"
                + (f" and {rest} more" * (rest > 0)),
            )
        )
    if missing:
        problems += listed(
            len(missing), "missing columns", lambda k: _missing(framework, missing[k], extra)
        )
        if extra:
            unused = ", ".join(repr(n) for n in extra[:20])
            way = "rename them to codes or names"
            problems.append(Problem("columns that fit nothing", unused, way))
    return out


def _missing(framework: Framework, code: str, extra: list[str]) -> Problem:
    near = next(
        (c for n in _called(framework.node(code)) if n and (c := closest(n, extra))),
        "",
    )
    hint = "" if near else "add it; leave its cells empty where nothing is known"
    return Problem(node_label(framework, code), f"there is no such column{near}", hint)


# -- cells ---------------------------------------------------------------------------------------


def _values(
    frame: pd.DataFrame,
    at: list[int] | None,
    framework: Framework,
    rows: Rows,
    problems: list[Problem],
) -> Array:
    """Copy the columns into one float64 array (n, m); name the cells that are no finite number."""
    if at is not None and -1 not in at:
        frame = frame if at == list(range(frame.shape[1])) else frame.take(at, axis=1)
        at = None
    raw = frame.to_numpy() if at is None else None
    if raw is not None and raw.dtype.kind in "fiu":
        values = np.array(raw, dtype=np.float64, order="C")
    else:
        at = list(range(frame.shape[1])) if at is None else at
        values = np.full((len(frame), len(at)), np.nan)
        bad: list[tuple[str, int, Any]] = []
        for j, position in enumerate(at):
            if position >= 0:
                column = frame.iloc[:, position]
                label = node_label(framework, framework.codes[j])
                values[:, j] = _column(column, label, rows, problems, bad)
        problems += listed(
            len(bad),
            "such cells",
            lambda k: Problem(
                bad[k][0],
                f"{bad[k][2]!r} for {rows.name(bad[k][1])} is not a number",
                "correct or empty the cell",
            ),
        )
    infinite = np.isinf(values)
    if infinite.any():
        where = np.argwhere(infinite)
        problems += listed(
            len(where),
            "infinite cells",
            lambda k: Problem(
                node_label(framework, framework.codes[where[k, 1]]),
                f"{values[where[k, 0], where[k, 1]]} for {rows.name(where[k, 0])} is infinite",
                "correct or empty the cell",
            ),
        )
    return values


def _column(
    column: pd.Series[Any],
    label: str,
    rows: Rows,
    problems: list[Problem],
    bad: list[tuple[str, int, Any]],
) -> Any:
    """Turn one column into floats, NaN where a cell is missing or was found to be no number.

    What is wrong with a column as a whole goes to ``problems``, single cells go to ``bad``.
    """
    kinds = pd.api.types
    dtype: Any = column.dtype
    if kinds.is_bool_dtype(dtype):
        problems.append(Problem(label, "is true or false", "make it numbers: .astype(float)"))
        return np.nan
    if kinds.is_numeric_dtype(dtype) and not kinds.is_complex_dtype(dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    out = np.full(len(column), np.nan)
    cells, there = column.tolist(), np.flatnonzero(column.notna())
    wrong = []
    for i in there.tolist():
        if isinstance(cells[i], Real | Decimal) and not isinstance(cells[i], bool):
            out[i] = _float(cells[i])
        else:
            wrong.append(i)
    if not wrong:
        return out
    texts = [i for i in wrong if isinstance(cells[i], str)]
    odd = [i for i in wrong if not (isinstance(cells[i], str) and _is_number(cells[i]))]
    first = f"{cells[wrong[0]]!r} for {rows.name(wrong[0])}"
    first += f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    if not odd:
        problems.append(Problem(label, f"holds numbers as text: {first}", "use pd.to_numeric"))
    elif len(odd) == there.size > 1:
        kind = "text" if len(texts) == len(wrong) else dtype
        problems.append(Problem(label, f"is {kind}: {first}", "an indicator has to be numbers"))
    else:
        bad += [(label, i, cells[i]) for i in odd]
    return out


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:
        return -math.inf if cell < 0 else math.inf


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

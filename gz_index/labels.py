"""What the labels of a table say: which columns or levels are unit and period, and their order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._registry import closest
from gz_index.errors import DataError, Problem
from gz_index.framework import Text

__all__ = [
    "Rows",
    "are_periods",
    "by_rows",
    "find_labels",
    "kept_notes",
    "label_text",
    "listed",
    "misfit",
    "period_text",
    "plain",
    "row_labels",
    "unlabelled",
]

#: problems of one kind that are listed one by one; the rest is counted
_LISTED = 20


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Usual names of columns and levels, in the form that `plain` gives.
_UNIT = _words(
    "unit units country region area province city district county "
    "地区 省份 省 省市 城市 市 地级市 区 区县 县 国家 单位 评价对象"
)
_PERIOD = _words("year years period time date quarter month 年份 年 年度 时间 时期 日期 季度 月份")
_INDICATOR = _words("indicator code variable 指标 指标名称 指标代码 变量")
_VALUE = _words("value values 数值 值 指标值")


def plain(name: Any) -> str:
    """Return a name as it is compared: half-width, lower case, without spaces around it."""
    return unicodedata.normalize("NFKC", str(name)).strip().casefold()


def label_text(cell: Any) -> str | None:
    """Return a label as text: without spaces around it, a whole number without its point."""
    if blank(cell):
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()


def blank(label: Any) -> bool:
    """Say whether a label is missing: None, NaN, NaT, NA, or nothing but spaces."""
    if isinstance(label, str):
        return not label or label.isspace()
    return label is None or label is pd.NA or bool(label != label)


def listed(count: int, more: str, make: Callable[[int], Problem]) -> list[Problem]:
    """Make the first problems of a kind and count the rest."""
    out = [make(k) for k in range(min(count, _LISTED))]
    if count > _LISTED:
        out.append(Problem("and", f"{count - _LISTED} more {more}"))
    return out


def misfit(*problems: Problem) -> DataError:
    """Return the error that a table does not fit the definition."""
    return DataError("the table does not fit the definition", problems)


def kept_notes(frame: pd.DataFrame) -> list[Any]:
    """Notes of reading that a table carries: texts, or ``{zh, en}``; others are not ours."""
    kept = frame.attrs.get("notes", [])
    if not isinstance(kept, list | tuple):
        return []
    return [
        n
        for n in kept
        if isinstance(n, str)
        or (isinstance(n, dict) and n and all(isinstance(n.get(k), str) for k in ("zh", "en")))
    ]


def unlabelled(index: pd.Index) -> bool:
    """Say whether rows are merely numbered, without a name; some may have been taken out."""
    flat = not isinstance(index, pd.MultiIndex)
    return flat and index.name is None and index.dtype.kind in "iu"


# -- labels in columns ---------------------------------------------------------------------------


def find_labels(
    columns: Iterable[Hashable],
    *,
    unit: str | None = None,
    period: str | Literal[False] | None = None,
    known: Collection[str] = (),
    required: bool = True,
) -> tuple[Any, Any]:
    """Find the columns that hold unit and period, by the name given or by a usual one.

    Parameters
    ----------
    columns : iterable
    unit, period : str, optional
        Their names; ``period=False`` says that there is none.
    known : collection of str
        Names of indicators (see :func:`plain`), which are never taken for labels.
    required : bool
        Refuse a table without a column of units.

    Raises
    ------
    DataError
        A name given is not there; several columns have a usual name; none has.
    """
    heads = list(columns)
    free = [c for c in heads if plain(c) not in known]
    time = None if period is False else _find(heads, free, "period", period, _PERIOD, required)
    usual = _UNIT
    if _tidy(free) and sum(plain(c) in _UNIT for c in free) > 1:
        usual = _UNIT - {"unit", "单位"}  # in a tidy table that is the unit of measurement
    if required and heads and heads[0] == "":
        usual = usual | {""}  # how pandas writes an index without a name
    by = _find(heads, [c for c in free if c != time], "unit", unit, usual, required)
    if by is None and (required or time is not None):
        shown = ", ".join(repr(c) for c in heads)
        hint = "name it: unit=..." if required else "data.set_index([...]) on unit and period"
        if time is not None:
            hint += f"; to compare the periods of one unit, take {time!r} for the unit"
        raise DataError(
            "no column of units",
            [Problem("unit", f"none of the columns {shown} has a usual name", hint)],
        )
    return by, None if by == time else time


def _find(
    heads: list[Any],
    free: list[Any],
    what: str,
    given: str | None,
    usual: Collection[str],
    required: bool,
) -> Any:
    shown = ", ".join(repr(c) for c in heads)
    if given is not None:
        fits = [c for c in heads if c == given] or [c for c in heads if plain(c) == plain(given)]
        if not fits:
            near = closest(given, [str(c) for c in heads])
            raise DataError(
                f"no column {given!r}{near}",
                [Problem(what, f"the columns are {shown}", f"{what}=...")],
            )
        return fits[0]
    fits = [c for c in free if plain(c) in usual]
    if len(fits) > 1:
        which = " and ".join(repr(c) for c in fits)
        way = f"{what}={fits[0]!r}" if required else "data.set_index([...]) on unit and period"
        raise DataError(
            f"several columns may be the {what}",
            [Problem(what, f"{which}, of {shown}", f"say which: {way}")],
        )
    return fits[0] if fits else None


def _tidy(columns: Iterable[Any]) -> tuple[Any, Any] | None:
    """Return the columns of indicator and value, if there is just one of each."""
    columns = list(columns)
    names = [c for c in columns if plain(c) in _INDICATOR]
    values = [c for c in columns if plain(c) in _VALUE]
    return (names[0], values[0]) if len(names) == len(values) == 1 else None


def by_rows(frame: pd.DataFrame, unit: Any, period: Any, notes: list[Text]) -> pd.DataFrame:
    """Return the table indexed by its columns of unit and period; a tidy one is made wide.

    Rows and columns stand in the order in which they come.

    Raises
    ------
    DataError
        A tidy table names no indicator in some row, or gives a cell twice.
    """
    keys = [unit] if period is None else [unit, period]
    tidy = _tidy(c for c in frame.columns if c not in keys)
    # with one row per unit and period, "code" and "value" are columns like others
    if tidy is None or not (frame.duplicated(keys).any() or len(set(frame[tidy[0]])) == 1):
        return frame.set_index(keys)
    name, value = tidy
    codes = [label_text(c) for c in frame[name]]
    labels = frame[keys].copy()
    labels[""] = codes
    unnamed = [i for i, c in enumerate(codes) if c is None]
    twice = np.flatnonzero(labels.duplicated() & labels[""].notna())

    def where(i: int) -> str:
        return ", ".join(str(v) for v in labels[keys].iloc[i])

    problems = listed(
        len(unnamed),
        "rows without one",
        lambda k: Problem(where(unnamed[k]), f"no {name} is named", "fill it in"),
    )
    problems += listed(
        twice.size,
        "cells",
        lambda k: Problem(f"{codes[twice[k]]} for {where(twice[k])}", "stands twice", "keep one"),
    )
    if problems:
        raise DataError("the tidy table cannot be made wide", problems)
    row = frame.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(row, return_index=True)[1]
    column, heads = pd.factorize(np.array(codes, dtype=object))
    cells = np.full((first.size, len(heads)), None, dtype=object)
    cells[row, column] = frame[value].to_numpy(dtype=object)
    wide = pd.DataFrame(cells, columns=list(heads)).infer_objects()
    wide.index = frame[keys].iloc[first].set_index(keys).index
    absent = cells.size - len(frame)
    notes.append(
        Text(
            f"长表：“{value}”的{len(frame)}个数转为{len(heads)}列"
            + (f"；其中{absent}个组合没有数" if absent else ""),
            f"tidy table: {len(frame)} cells of {value!r} were made {len(heads)} columns"
            + (f"; {absent} combinations are not in it" if absent else ""),
        )
    )
    aside = [c for c in frame.columns if c not in (*keys, name, value)]
    if aside:
        notes.append(
            Text(
                f"转为宽表时未用的列：{'、'.join(map(str, aside))}",
                f"columns left aside in making it wide: {', '.join(map(repr, aside))}",
            )
        )
    return wide


# -- labels of rows ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """Labels of rows: unit (n,), periods (T,) in order, position of each row's period (n,)."""

    units: tuple[Hashable, ...]
    periods: tuple[Hashable, ...] | None = None
    slot: NDArray[np.intp] | None = None

    def name(self, i: int) -> str:
        """Name a row; one without a unit by its position."""
        unit = f"row {i} (no unit)" if blank(self.units[i]) else str(self.units[i])
        if self.periods is None or self.slot is None:
            return unit
        at = self.slot[i]
        return f"{unit}, {period_text(self.periods[at]) if at >= 0 else 'no period'}"


def period_text(period: Any) -> str:
    """Return a period as text; a moment at midnight as its date.

    Examples
    --------
    >>> period_text(pd.Timestamp("2020-01-01")), period_text(2020)
    ('2020-01-01', '2020')
    """
    if isinstance(period, pd.Timestamp) and period == period.normalize():
        return str(period.date())
    return str(period)


def row_labels(frame: pd.DataFrame, notes: list[Text], problems: list[Problem]) -> Rows:
    """Split the labels of rows into units and periods; name the missing and the repeated ones.

    Raises
    ------
    DataError
        It cannot be told which level is the period, or what the levels are.
    """
    index = frame.index
    lost: NDArray[np.intp] = np.empty(0, dtype=np.intp)
    if isinstance(index, pd.MultiIndex):
        rows = _levels(index, notes)
        if rows.slot is not None:
            lost = np.flatnonzero(rows.slot < 0)
    else:
        rows = Rows(tuple(index.tolist()))
        if rows.units and isinstance(rows.units[0], tuple):
            to = "data.index = pd.MultiIndex.from_tuples(data.index, names=['unit', 'period'])"
            raise misfit(Problem("rows", "are labelled by tuples", to))
        if are_periods(index):
            notes.append(
                Text(
                    f"各行是时期（{index.name or '日期'}），按评价对象作比较；"
                    "如为同一对象的各期，行标签应为（对象，时期）",
                    f"the rows are periods ({index.name or 'dates'}) and are compared as units "
                    "are; for the periods of one unit label the rows by (unit, period)",
                )
            )
    empty = [i for i, u in enumerate(rows.units) if blank(u)]
    hint = "name each row's unit; fill merged cells down"
    problems += listed(
        len(empty),
        "rows without a unit",
        lambda k: Problem(rows.name(empty[k]), "the unit is missing", hint),
    )
    problems += listed(
        lost.size,
        "rows without a period",
        lambda k: Problem(rows.name(int(lost[k])), "the period is missing", "fill it in"),
    )
    if not index.is_unique:
        problems += _repeated(frame, rows)
    return rows


def are_periods(index: pd.Index) -> bool:
    """Say whether rows of one level are periods: by dates, or by a usual name."""
    if isinstance(index, pd.MultiIndex):
        return False
    return isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) or plain(index.name) in _PERIOD


def _repeated(frame: pd.DataFrame, rows: Rows) -> list[Problem]:
    number, _ = pd.factorize(frame.index, use_na_sentinel=False)
    times = np.bincount(number)
    again = np.flatnonzero(times > 1)
    first = [int(np.argmax(number == g)) for g in again[:_LISTED]]
    dated = [c for c in frame.columns if plain(c) in _PERIOD]
    way = "keep one row of each"
    if rows.periods is None and dated:
        way = f"is it a panel? data.set_index({dated[0]!r}, append=True)"
    return listed(
        again.size,
        "repeated rows",
        lambda k: Problem(rows.name(first[k]), f"stands {times[again[k]]} times", way),
    )


def _levels(index: pd.MultiIndex, notes: list[Text]) -> Rows:
    if index.nlevels > 2:
        names = ", ".join(map(repr, index.names))
        way = "keep unit and period: data.droplevel(...)"
        raise misfit(Problem("rows", f"have {index.nlevels} levels: {names}", way))
    p = _period_level(index) if index.nlevels == 2 else None
    u = 0 if p is None else 1 - p
    labels = [*index.levels[u].tolist(), None]  # code -1, a missing label, falls on the last
    units = tuple([labels[c] for c in index.codes[u].tolist()])
    if p is None:
        return Rows(units)
    codes = np.asarray(index.codes[p], dtype=np.intp)
    level, used = index.levels[p], np.unique(codes[codes >= 0])
    if used.size == 0:
        raise misfit(Problem("period", "no row has one", "give units without that level"))
    order = _ordered(level, used, notes)
    slots = np.full(len(level) + 1, -1, dtype=np.intp)
    slots[order] = np.arange(order.size)
    slot = slots[codes]
    slot.setflags(write=False)
    return Rows(units, tuple(level[order].tolist()), slot)


def _ordered(level: pd.Index, used: NDArray[np.intp], notes: list[Text]) -> NDArray[np.intp]:
    """Put the periods in use in order: by category, by time, by number, or as text."""
    if isinstance(level, pd.CategoricalIndex) and level.ordered:
        return used[np.argsort(np.asarray(level.codes)[used])]
    labels = dict(zip(used.tolist(), level[used].tolist(), strict=True))
    texts = [t for t in labels.values() if isinstance(t, str)]
    try:
        if texts and all(t.isdecimal() for t in labels.values()):
            return np.array(sorted(labels, key=lambda c: int(labels[c])), dtype=np.intp)
        order = np.array(sorted(labels, key=lambda c: labels[c]), dtype=np.intp)
    except (TypeError, AttributeError):
        kinds = " and ".join(sorted({type(p).__name__ for p in labels.values()}))
        raise misfit(
            Problem("period", f"mixes {kinds}", "write every period in the same way")
        ) from None
    if not all(re.match(r"\d{4}", t) and len(t) == len(texts[0]) for t in texts):
        first, last = labels[order[0]], labels[order[-1]]
        notes.append(
            Text(
                f"时期为文本，按文本顺序排列，从{first}到{last}",
                f"periods are text and stand in its order, from {first!r} to {last!r}",
            )
        )
    return order


def _period_level(index: pd.MultiIndex) -> int:
    """Tell which of two levels is the period: by name, else by the kind of label."""
    names = [plain(n) for n in index.names]
    timed = [n in _PERIOD for n in names]
    if not any(timed):
        units = [n in _UNIT for n in names]
        if sum(units) == 1 and _like_periods(index.levels[units.index(False)]):
            return units.index(False)
        if not any(units):
            dated = [isinstance(v, pd.DatetimeIndex | pd.PeriodIndex) for v in index.levels]
            timed = dated if any(dated) else [_years(v) for v in index.levels]
    if sum(timed) == 1:
        return timed.index(True)
    names_ = ", ".join(map(repr, index.names))
    raise misfit(
        Problem(
            "rows",
            f"it cannot be told which level is the period, of {names_}",
            "name them: data.rename_axis(['unit', 'period'])",
        )
    )


def _like_periods(level: pd.Index) -> bool:
    """Say whether labels may be periods: dates, small numbers, or text that begins with a year."""
    if isinstance(level, pd.DatetimeIndex | pd.PeriodIndex):
        return True
    if level.dtype.kind in "iu":
        return bool(len(level) and level.min() >= 0 and level.max() < 3000)
    return all(re.match(r"[12]\d{3}(?!\d)", str(v)) for v in level)


def _years(level: pd.Index) -> bool:
    if level.dtype.kind not in "iu" or not len(level):
        return False
    return bool(level.min() >= 1000 and level.max() < 3000)

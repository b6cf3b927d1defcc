"""The methods of imputation: what each learns from a sheet, and how it fills gaps from that."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import Text
from gz_index.labels import label_text
from gz_index.prepare import learned
from gz_index.prepare.base import Fitted, Sheet
from gz_index.prepare.em import conditional, em

if TYPE_CHECKING:
    from gz_index.prepare.impute import Impute

__all__ = ["METHODS", "OUTCOMES", "Filled", "Method", "naming", "stopping", "targets", "variables"]

#: values (n, columns), NaN where there is none, and a code of :data:`OUTCOMES` for each of these
Filled: TypeAlias = tuple[Array, NDArray[np.str_]]

#: why a cell could not be filled, and the way out
OUTCOMES: Mapping[str, tuple[Text, str]] = {
    "no-known": (
        Text("没有可用的已知值", "there is no known value to take it from"),
        "another method, or leave the indicator or the unit out",
    ),
    "no-group": (
        Text("该对象没有分组，或拟合时没有该组", "its group is not given, or was not there to fit"),
        "name its group in by, or fit again with these rows",
    ),
    "outside": (
        Text("位于该对象已知时期之外", "it lies outside the periods that its unit knows"),
        "ends = 'nearest' or 'cagr'",
    ),
    "no-growth": (
        Text(
            "该对象缺少两个同号的已知值，无法计算年均增长率",
            "its unit has no average growth: that takes two known values of one sign",
        ),
        "ends = 'nearest'",
    ),
    "nothing-before": (
        Text("该对象此前没有已知值", "its unit knows no value at or before it"),
        "give earlier periods, or method = 'linear' with ends = 'nearest'",
    ),
    "too-old": (
        Text("该对象最近的已知值超过期限", "its unit's newest value is older than the limit"),
        "a larger limit",
    ),
    "not-in-table": (Text("给定的表中没有", "it is not in the table"), "add it to table"),
    "no-predictor": (
        Text("预测变量也缺失", "a predictor is missing too"),
        "predictors without gaps (on = ...), or method = 'em'",
    ),
    "not-learned": (
        Text("拟合时没有缺失，模型未能建立", "nothing was missing to fit, and no model was"),
        "fit again with these rows, or fewer predictors (on = ...)",
    ),
    "no-neighbour": (
        Text("没有可比的行知道该值", "no comparable row knows it"),
        "more columns to compare (on = ...), or another method",
    ),
    "empty-row": (
        Text("该行没有任何已知值可作依据", "its row knows nothing to tell it from"),
        "screen the unit out, or learn from columns that it knows (on = ...)",
    ),
}


class Method(NamedTuple):
    """A method: its name in words, its options, and its two halves.

    Attributes
    ----------
    label : Text
    across : bool
        Whether it takes values of other units.
    options : tuple of str
    learn : callable
        ``(step, sheet, at) -> model`` of JSON types; ``at`` are the positions of the columns.
    fill : callable
        ``(step, sheet, at, model) -> values, codes``, both (n, columns).
    """

    label: Text
    across: bool
    options: tuple[str, ...]
    learn: Callable[[Impute, Sheet, list[int]], Fitted]
    fill: Callable[[Impute, Sheet, list[int], Fitted], Filled]


def _blank(sheet: Sheet, at: Sequence[int], code: str) -> Filled:
    shape = (len(sheet.table.units), len(at))
    return np.full(shape, np.nan), np.full(shape, code, dtype="<U16")


def _nothing(step: Impute, sheet: Sheet, at: list[int]) -> Fitted:
    return {}


# -- mean and median -------------------------------------------------------------------------------


def _groups(step: Impute, sheet: Sheet) -> list[str | None]:
    """Group of each row; one for all without ``by``."""
    if step.by is None:
        return [""] * len(sheet.table.units)
    if step.by == "period":
        _panel(step, sheet)
        return [label_text(p) for _, p in sheet.keys]
    return [step.by.get(label_text(u)) for u in sheet.table.units]


def _learn_centre(step: Impute, sheet: Sheet, at: list[int]) -> Fitted:
    groups = np.array(_groups(step, sheet), dtype=object)
    names = sorted({g for g in groups if g is not None})
    centre = np.mean if step.method == "mean" else np.median
    out: Fitted = {}
    for j in at:
        x = sheet.values[:, j]
        known = {g: np.sort(x[(groups == g) & ~np.isnan(x)]) for g in names}
        out[sheet.codes[j]] = {g: float(centre(v)) for g, v in known.items() if v.size}
    return out


def _fill_centre(step: Impute, sheet: Sheet, at: list[int], model: Fitted) -> Filled:
    values, why = _blank(sheet, at, "no-known")
    groups = _groups(step, sheet)
    learned_of = {g for found in model.values() for g in found}
    for c, j in enumerate(at):
        found = model[sheet.codes[j]]
        values[:, c] = [found.get(g, np.nan) for g in groups]
    why[[g not in learned_of for g in groups]] = "no-group" if step.by else "no-known"
    return values, why


# -- along time, and from a table ------------------------------------------------------------------


def _panel(step: Impute, sheet: Sheet) -> tuple[Any, ...]:
    periods = sheet.table.periods
    if periods is None:
        raise MethodError(
            f"impute: {step.method} goes by periods, and the rows have none",
            hint="label the rows by (unit, period), or use another method",
        )
    return periods


def _slots(sheet: Sheet) -> NDArray[np.intp]:
    assert sheet.table.slot is not None
    return sheet.table.slot


def _times(step: Impute, sheet: Sheet) -> Array:
    """When each row is: numbers as they stand, dates in years, quarters and the like counted."""
    periods = _panel(step, sheet)
    read = [_time(p) for p in periods]
    kinds = {kind for kind, _ in read}
    if len(kinds) != 1 or None in kinds:
        odd = next((p for p, (kind, _) in zip(periods, read, strict=True) if kind is None), periods)
        raise MethodError(
            f"impute: {step.method} measures time, and the periods {odd!r} cannot be measured",
            hint="label periods by numbers, dates, or text such as 2020, 2020Q1, 2020-03",
        )
    return np.array([t for _, t in read])[_slots(sheet)]


def _time(label: Any) -> tuple[str | None, float]:
    if isinstance(label, datetime.date):
        first = datetime.date(label.year, 1, 1).toordinal()
        days = datetime.date(label.year + 1, 1, 1).toordinal() - first
        return "date", label.year + (datetime.date.toordinal(label) - first) / days
    text = str(label).strip().removesuffix("年")
    try:
        return "number", float(text)
    except ValueError:
        pass
    try:
        period = label if isinstance(label, pd.Period) else pd.Period(text)
    except ValueError:
        return None, np.nan
    return period.freqstr, float(period.ordinal)


def _fill_linear(step: Impute, sheet: Sheet, at: list[int], model: Fitted) -> Filled:
    values, why = _blank(sheet, at, "no-known")
    times, x = _times(step, sheet), sheet.values[:, at]
    for rows in sheet.by_unit():
        for c in np.flatnonzero(np.isnan(x[rows]).any(axis=0)).tolist():
            known = rows[~np.isnan(x[rows, c])]
            if known.size:
                values[rows, c], code = _line(times[rows], times[known], x[known, c], step.ends)
                why[rows, c] = code
    return values, why


def _line(t: Array, s: Array, y: Array, ends: str) -> tuple[Array, str]:
    """Interpolate y at times s to times t; outside as ``ends`` says, or NaN and why."""
    out = np.interp(t, s, y)  # the nearest value outside
    before, after = t < s[0], t > s[-1]
    if ends == "none":
        out[before | after] = np.nan
        return out, "outside"
    if ends == "cagr":
        if y.size < 2 or not y[0] * y[-1] > 0:
            out[before | after] = np.nan
            return out, "no-growth"
        growth = (y[-1] / y[0]) ** (1 / (s[-1] - s[0]))
        out[before] = y[0] * growth ** (t[before] - s[0])
        out[after] = y[-1] * growth ** (t[after] - s[-1])
    return out, ""


def _fill_carry(step: Impute, sheet: Sheet, at: list[int], model: Fitted) -> Filled:
    values, why = _blank(sheet, at, "nothing-before")
    _panel(step, sheet)
    times = _slots(sheet).astype(float) if step.limit is None else _times(step, sheet)
    limit = np.inf if step.limit is None else step.limit
    for rows in sheet.by_unit():
        for c, j in enumerate(at):
            known = ~np.isnan(sheet.values[rows, j])
            last = np.maximum.accumulate(np.where(known, np.arange(rows.size), -1))
            there = last >= 0
            source = rows[last[there]]
            old = times[rows[there]] - times[source] > limit
            values[rows[there], c] = np.where(old, np.nan, sheet.values[source, j])
            why[rows[there], c] = "too-old"
    return values, why


def _fill_table(step: Impute, sheet: Sheet, at: list[int], model: Fitted) -> Filled:
    values, why = _blank(sheet, at, "not-in-table")
    for c, j in enumerate(at):
        cells = step.table.get(sheet.codes[j], {})
        for i, (unit, period) in enumerate(sheet.keys):
            value = cells.get(label_text(unit))
            if isinstance(value, Mapping):
                value = value.get(label_text(period))
            if value is not None:
                values[i, c] = value
    return values, why


# -- learned from other columns --------------------------------------------------------------------


def variables(step: Impute, sheet: Sheet) -> tuple[str, ...]:
    """Columns that a learned method looks at: those that it fills first, then the others."""
    mine = [sheet.codes[j] for j in step.at(sheet)]
    return tuple(dict.fromkeys((*mine, *predictors(step, sheet))))


def predictors(step: Impute, sheet: Sheet) -> tuple[str, ...]:
    """Columns to learn from."""
    return sheet.codes if step.on is None else step.on


def targets(step: Impute, sheet: Sheet) -> tuple[Array, list[int], list[int]]:
    """Return :func:`variables` as x (n, p), and the positions of targets and of predictors."""
    names = variables(step, sheet)
    x = np.column_stack([sheet.column(c) for c in names])
    on = [names.index(c) for c in predictors(step, sheet)]
    return x, list(range(len(step.at(sheet)))), on


def stopping(step: Impute) -> dict[str, Any]:
    """When to stop, as far as it is given."""
    given = {"tol": step.tol, "iterations": step.iterations}
    return {k: v for k, v in given.items() if v is not None}


@contextmanager
def naming(step: Impute, sheet: Sheet) -> Iterator[None]:
    """Name the columns in an error of a function on the array of :func:`variables`."""
    try:
        yield
    except MethodError as error:
        known = list(variables(step, sheet))
        names = [sheet.label(sheet.codes.index(c)) if c in sheet.codes else c for c in known]
        raise error.named(columns=names) from error


def _learn(step: Impute, sheet: Sheet, at: list[int]) -> Fitted:
    x, mine, on = targets(step, sheet)
    with naming(step, sheet):
        if step.method == "regression":
            return learned.regression(x, mine, on)
        if step.method == "knn":
            return learned.neighbours(x)
        if step.method == "iterative":
            return learned.chain(x, **stopping(step))
        fit = em(x, **stopping(step))
    return {
        "mean": fit.mean.tolist(),
        "covariance": fit.covariance.tolist(),
        "iterations": fit.iterations,
    }


def _fill_learned(step: Impute, sheet: Sheet, at: list[int], model: Fitted) -> Filled:
    x, mine, _ = targets(step, sheet)
    empty = np.asarray(np.isnan(x).all(axis=1))
    values, why = _blank(sheet, at, "empty-row")
    if step.method == "regression":
        values = learned.fill_regression(x, mine, model)
        why[:] = "no-predictor"
        why[:, [e["b"] is None for e in model["equations"]]] = "not-learned"
    elif step.method == "knn":
        values = learned.fill_neighbours(x, mine, model, k=step.neighbours)
        why[~empty] = "no-neighbour"
    elif step.method == "iterative":
        values = learned.fill_chain(x, mine, model)
    else:
        full = conditional(x, np.array(model["mean"]), np.array(model["covariance"]))
        values = np.where(empty[:, None], np.nan, full[:, mine])
    return values, why


_STOP = ("on", "tol", "iterations")

#: every method of imputation
METHODS: Mapping[str, Method] = {
    "mean": Method(Text("均值", "the mean"), True, ("by",), _learn_centre, _fill_centre),
    "median": Method(Text("中位数", "the median"), True, ("by",), _learn_centre, _fill_centre),
    "linear": Method(
        Text("对象内线性插值", "linear interpolation within the unit"),
        False,
        ("ends",),
        _nothing,
        _fill_linear,
    ),
    "carry": Method(
        Text("沿用对象最近的已知值", "the newest known value of the unit"),
        False,
        ("limit",),
        _nothing,
        _fill_carry,
    ),
    "cold-deck": Method(
        Text("给定的表", "a given table"), False, ("table",), _nothing, _fill_table
    ),
    "regression": Method(
        Text("对其他指标的回归", "regression on other columns"),
        True,
        ("on",),
        _learn,
        _fill_learned,
    ),
    "knn": Method(
        Text("最近邻均值", "the mean of the nearest rows"),
        True,
        ("on", "neighbours"),
        _learn,
        _fill_learned,
    ),
    "iterative": Method(
        Text("链式回归（IterativeImputer）", "chained regressions (IterativeImputer)"),
        True,
        _STOP,
        _learn,
        _fill_learned,
    ),
    "em": Method(
        Text("EM估计的多元正态条件期望", "expectation under a multivariate normal (EM)"),
        True,
        _STOP,
        _learn,
        _fill_learned,
    ),
}

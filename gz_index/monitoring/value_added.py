"""Value added of the core industries of the digital economy, and its share of GDP."""

from __future__ import annotations

import html
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from gz_index.errors import DataError, MethodError, NotFoundError, Problem
from gz_index.framework import Framework, Indicator, Lang, Text
from gz_index.labels import by_rows, find_labels, label_text, unlabelled
from gz_index.monitoring.classes import Classification, given_away, industry, is_share
from gz_index.table import Table, align, as_frame

__all__ = ["OUTCOMES", "ValueAdded", "core_value_added"]

Splitting: TypeAlias = Mapping[str, Mapping[str, float]]

#: what a total of classes may be
OUTCOMES: dict[str, Text] = {
    "complete": Text("完整", "complete"),
    "partial": Text("不完整：仅为已知部分之和", "partial: the sum of what is known"),
    "missing": Text("无数据", "nothing is known"),
}


def core_value_added(
    table: Any,
    *,
    gdp: Any = None,
    classification: Classification | None = None,
    by: Literal["class", "gbt4754"] = "class",
    splitting: Splitting | None = None,
) -> ValueAdded:
    """Add up the value added of the core industries of the digital economy, and its share of GDP.

    The core is the sum of its classes (01 to 04). Class 05, digitalisation in other industries, is
    reported beside it and is never part of it. A class is what is given for it, else the sum of its
    groups, and these of their sub-classes; by industry it is the sum of share times value added.

    Parameters
    ----------
    table : DataFrame, Series or mapping
        Value added, in one unit throughout. A Series or mapping by code, for one place and year; or
        a table with a row for each area, or (area, year), and a column for each code; or a tidy one
        with columns code, value, area, and year if there are several. Categories may also be called
        by name.
    gdp : number, Series or mapping, optional
        GDP of the rows, in the same unit; by their labels where there are several.
    classification : Classification, optional
        By default that of 2021, without sub-classes.
    by : {"class", "gbt4754"}
        Whether columns are categories, of any level, or industries of GB/T 4754.
    splitting : mapping, optional
        For industries: ``{industry: {category: share}}``, in place of the coefficients of the
        sub-classes.

    Raises
    ------
    DataError
        No column fits; a category and those below it do not add up (up to the rounding of the
        figures); GDP is missing for a row, is not above zero, or is less than the core; a share is
        none; every fault of a kind at once.
    MethodError
        Industries without sub-classes or splitting.

    Notes
    -----
    What is not known is not counted as zero: a total that lacks something is called partial, and
    what it lacks is named. It is the least that the total can be.

    References
    ----------
    国家统计局 (2021). 数字经济及其核心产业统计分类（2021）. 国家统计局令第33号.

    Examples
    --------
    China in 2023, in 100 million yuan:

    >>> from gz_index.monitoring.value_added import core_value_added
    >>> v = core_value_added({"01": 43135, "02": 4037, "03": 55636, "04": 24747})
    >>> v.core.tolist(), v.to_frame().loc[("value", "01"), "of_core"].round(1)
    ([127555.0], np.float64(33.8))
    """
    tree = classification or Classification.load()
    if by not in ("class", "gbt4754"):
        raise MethodError(f"core_value_added has no by = {by!r}", hint="'class' or 'gbt4754'")
    if by == "class" and splitting is not None:
        raise MethodError("splitting belongs to industries", hint="by='gbt4754', or leave it out")
    remarks: list[Text] = []
    frame = _wide(table, remarks)
    unmapped: tuple[str, ...] = ()
    if by == "class":
        data = _categories(frame, tree)
        found = _from_categories(data, tree)
    else:
        shares = _shares(tree, splitting)
        data, unmapped = _by_industry(frame, shares)
        found = _from_industries(data, shares, tree)
    remarks += data.notes
    out = _report(found, _gdp(gdp, data), data, tree)
    return ValueAdded(out, tree, unmapped, tuple(remarks))


def _wide(table: Any, notes: list[Text]) -> pd.DataFrame:
    """Return a table with a row for each place (and year), and a column for each code."""
    if isinstance(table, Mapping):
        table = pd.Series(dict(table), dtype=object).infer_objects()
    if isinstance(table, pd.Series):
        label = "value" if table.name is None else table.name
        return pd.DataFrame([table.tolist()], index=[label], columns=table.index.tolist())
    frame = as_frame(table)
    if unlabelled(frame.index):
        unit, period = find_labels(frame.columns, required=False)
        if unit is not None:
            return by_rows(frame, unit, period, notes)
        if {"code", "value"} <= set(frame.columns):
            return _wide(frame.set_index("code")["value"], notes)
    return frame


def _columns(frame: pd.DataFrame) -> list[str]:
    return [label_text(c) or "" for c in frame.columns]


def _categories(frame: pd.DataFrame, tree: Classification) -> Table:
    """Align the columns that are categories, by code or by name."""
    heads = _columns(frame)
    problems = [
        Problem(f"column {head}", unknown, "correct or drop it")
        for head in heads
        if head.isdecimal() and (unknown := _unknown(tree, head))
    ]
    if problems:
        raise DataError("the table does not fit the classification", problems)
    there = [c for c in tree.categories if {c.code, c.name.zh, c.name.en} & set(heads)]
    return _align(frame, [Indicator(code=c.code, name=c.name) for c in there], tree.id)


def _unknown(tree: Classification, code: str) -> str:
    """Say what is wrong with a code, if something is."""
    try:
        tree.category(code)
    except NotFoundError as error:
        return str(error)
    return ""


def _align(frame: pd.DataFrame, indicators: list[Indicator], what: str) -> Table:
    if not indicators:
        heads = ", ".join(_columns(frame)[:10])
        raise DataError(
            f"no column is a code of {what}",
            [Problem("columns", heads or "none", "a column for each code, a row for each area")],
        )
    return align(frame.set_axis(_columns(frame), axis=1), Framework(tuple(indicators)))


@dataclass(frozen=True)
class _Sum:
    """A total, None where nothing is known, and what it lacks."""

    value: float | None
    lacking: tuple[str, ...] = ()


def _from_categories(data: Table, tree: Classification) -> list[dict[str, _Sum]]:
    """Roll values up to the classes, row by row; refuse those that contradict each other."""
    problems: list[Problem] = []
    out = []
    for i, row in enumerate(data.values.tolist()):
        given = {c: v for c, v in zip(data.codes, row, strict=True) if v == v}
        where = data.row_name(i)
        out.append({c: _rolled(c, given, tree, where, problems) for c in tree.children()})
    if problems:
        raise DataError("categories and those below them do not add up", problems)
    return out


def _rolled(
    code: str, given: Mapping[str, float], tree: Classification, where: str, problems: list[Problem]
) -> _Sum:
    kids = [_rolled(k, given, tree, where, problems) for k in tree.children(code)]
    known = [k.value for k in kids if k.value is not None]
    if code not in given:
        if not known:
            return _Sum(None, (code,))
        return _Sum(sum(known), tuple(c for k in kids for c in k.lacking))
    own, total = given[code], sum(known)
    whole = not any(k.lacking for k in kids)
    off = abs(total - own) if whole else total - own
    if known and off > _rounding([own, *known]):
        parts = "its parts add up to" if whole else "the parts that are given add up to"
        what = f"{own:.10g} is given, {parts} {total:.10g}"
        problems.append(
            Problem(f"{code} ({tree.name(code)}), {where}", what, "correct one, or leave it out")
        )
    return _Sum(own)


def _rounding(values: list[float]) -> float:
    """How far a total may lie from its parts when all are rounded to the digits they show."""
    digits = max(0, *(-int(Decimal(repr(v)).normalize().as_tuple().exponent) for v in values))
    slack = 1e-9 * max(abs(v) for v in values)
    return max(0.5 * 10.0**-digits * len(values) * (1 + 1e-9), slack)


def _shares(tree: Classification, splitting: Splitting | None) -> dict[str, dict[str, float]]:
    """Return {industry: {category: share}}, checked."""
    found: Mapping[str, Mapping[str, float | None]] = tree.splitting
    if splitting is not None:
        found = {str(k): dict(v) for k, v in splitting.items()}
    if not found:
        raise MethodError(
            f"{tree.id} has no industries of GB/T 4754: its sub-classes are not shipped",
            hint="classification.with_subclasses(your table), or splitting={industry: {class: 1}}",
        )
    problems = []
    for code, to in found.items():
        if industry(code) != (code, False):
            problems.append(Problem(code, "is no code of GB/T 4754", "two to four digits"))
        for category, share in to.items():
            where = f"GB/T {code} in {category}"
            if unknown := _unknown(tree, category):
                problems.append(Problem(where, unknown, "correct it"))
            if share is None:
                way = "give its coefficient, or splitting=..."
                problems.append(Problem(where, "only a part belongs, of unknown share", way))
            elif not is_share(share):
                problems.append(Problem(where, f"share {share!r}", "a share in (0, 1]"))
    if not problems:
        problems += given_away(found)
    if problems:
        raise DataError("industries cannot be split", problems)
    return {k: {c: float(s) for c, s in to.items() if s is not None} for k, to in found.items()}


def _by_industry(frame: pd.DataFrame, shares: Mapping[str, Any]) -> tuple[Table, tuple[str, ...]]:
    """Align the columns that are industries in the splitting; name those that are not in it."""
    read = [industry(h) for h in _columns(frame)]  # a starred column is a part, and left aside
    whole = [code if code and not part else "" for code, part in read]
    codes = [c for c in dict.fromkeys(whole) if c]
    heads = [c or h for c, h in zip(whole, _columns(frame), strict=True)]
    frame = frame.set_axis(heads, axis=1)
    data = _align(
        frame.drop(columns=[c for c in codes if c not in shares]),
        [Indicator(code=c) for c in codes if c in shares],
        "an industry that is split (GB/T 4754)",
    )
    return data, tuple(c for c in codes if c not in shares)


def _from_industries(
    data: Table, shares: Mapping[str, Mapping[str, float]], tree: Classification
) -> list[dict[str, _Sum]]:
    """Sum share times value added by class, row by row; name industries and groups without any."""
    parts: dict[str, list[tuple[str, float]]] = {c: [] for c in tree.children()}
    reached: set[str] = set()
    for code, to in shares.items():
        for category, share in to.items():
            parts[category[:2]].append((code, share))
            reached.add(category[:4])
    out = []
    for row in data.values.tolist():
        given = {c: v for c, v in zip(data.codes, row, strict=True) if v == v}
        found = {}
        for c, split in parts.items():
            known = [share * given[k] for k, share in split if k in given]
            lacking = [f"GB/T {k}" for k in dict.fromkeys(k for k, _ in split) if k not in given]
            if c not in reached:
                lacking += [g for g in tree.children(c) if g not in reached]
            found[c] = _Sum(sum(known), tuple(lacking)) if known else _Sum(None, (c,))
        out.append(found)
    return out


def _gdp(gdp: Any, data: Table) -> list[float | None]:
    """Return GDP of every row."""
    labels = data.index.tolist()
    if gdp is None:
        return [None] * len(labels)
    if isinstance(gdp, int | float | np.number):
        if len(labels) > 1:
            raise DataError(
                "one GDP for several rows",
                [Problem("gdp", f"{gdp:.10g}", "give a Series by the labels of the rows")],
            )
        values: dict[Hashable, Any] = {labels[0]: gdp}
    else:
        values = dict(pd.Series(gdp).items())
    problems, out = [], []
    for i, label in enumerate(labels):
        value = values.get(label)
        fine = isinstance(value, int | float | np.number) and 0 < value < np.inf
        if not fine:
            shown = "is not given" if label not in values else f"{value!r} is no GDP"
            problems.append(
                Problem(f"gdp of {data.row_name(i)}", shown, "give a number above zero")
            )
        out.append(float(value) if fine and value is not None else None)
    if problems:
        raise DataError("GDP does not fit the rows", problems)
    return out


def _report(
    found: list[dict[str, _Sum]], gdp: list[float | None], data: Table, tree: Classification
) -> pd.DataFrame:
    """Make the table of core and classes, and of their shares."""
    keys, rows, problems = [], [], []
    for i, (label, classes, whole) in enumerate(zip(data.index, found, gdp, strict=True)):
        core = _total([classes[c] for c in tree.core])
        for code, s in {"core": core, **classes}.items():
            within = code == "core" or code in tree.core
            rows.append(
                (
                    np.nan if s.value is None else s.value,
                    _percent(s.value, core.value if within and not core.lacking else None),
                    _percent(s.value, whole),
                    "missing" if s.value is None else "partial" if s.lacking else "complete",
                    ", ".join(s.lacking),
                )
            )
            keys.append((*(label if isinstance(label, tuple) else (label,)), code))
        if whole is not None and core.value is not None and core.value > whole:
            what = f"core {core.value:.10g} is more than GDP {whole:.10g}"
            problems.append(Problem(data.row_name(i), what, "give both in one unit"))
    if problems:
        raise DataError("the core is more than GDP", problems)
    index = pd.MultiIndex.from_tuples(keys, names=[*data.index.names, "code"])
    heads = ["value", "of_core", "of_gdp", "outcome", "lacking"]
    return pd.DataFrame(rows, columns=heads, index=index)


def _total(parts: list[_Sum]) -> _Sum:
    known = [p.value for p in parts if p.value is not None]
    return _Sum(sum(known) if known else None, tuple(c for p in parts for c in p.lacking))


def _percent(part: float | None, whole: float | None) -> float:
    return np.nan if part is None or whole is None or whole <= 0 else 100.0 * part / whole


@dataclass(frozen=True, eq=False, repr=False)
class ValueAdded:
    """Value added of the core of the digital economy and of its classes; see `core_value_added`.

    Attributes
    ----------
    table : DataFrame
        Of each row of the data ``core`` and every class: ``value`` in the unit of the data;
        ``of_core`` and ``of_gdp`` in per cent (the former is empty for class 05 and where the core
        is not complete or not above zero, the latter without GDP); ``outcome``, a key of
        :data:`OUTCOMES`; ``lacking``, the categories or industries that are not known.
    classification : Classification
    unmapped : tuple of str
        Industries in the data that belong to no category, and were not counted.
    """

    table: pd.DataFrame = field(repr=False)
    classification: Classification
    unmapped: tuple[str, ...] = ()
    remarks: tuple[Text, ...] = ()

    @property
    def core(self) -> pd.Series[float]:
        """Value added of the core, by row."""
        return self._core("value")

    @property
    def share(self) -> pd.Series[float]:
        """Share of the core in GDP, in per cent, by row; empty without GDP."""
        return self._core("of_gdp")

    @property
    def outcome(self) -> pd.Series[str]:
        """Whether the core is complete, partial or missing, by row."""
        return self._core("outcome")

    def _core(self, column: str) -> pd.Series[Any]:
        return self.table.xs("core", level="code")[column].rename("core")

    def to_frame(self, *, lang: Literal["code", "zh", "en"] = "code") -> pd.DataFrame:
        """Return the table; with a language also the names of the classes in it."""
        out = self.table.copy()
        if lang != "code":
            whole = Text("数字经济核心产业", "Core industries of the digital economy").get(lang)
            codes = out.index.get_level_values("code")
            tree = self.classification
            out.insert(0, "name", [whole if c == "core" else tree.name(c, lang) for c in codes])
        return out

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know, in English; ``notes_in("zh")`` gives Chinese."""
        return self.notes_in("en")

    def notes_in(self, lang: Lang) -> tuple[str, ...]:
        """Return the notes in one language."""
        out = list(self.remarks)
        core = self.table.xs("core", level="code")
        for label, outcome, lacking in core[["outcome", "lacking"]].itertuples():
            if outcome != "complete":
                where = ", ".join(map(str, label if isinstance(label, tuple) else (label,)))
                text = OUTCOMES[outcome]
                out.append(
                    Text(
                        f"{where}：核心产业{text.zh}；缺{lacking}",
                        f"{where}: core {text.en}; lacking {lacking}",
                    )
                )
        if self.unmapped:
            which = ", ".join(self.unmapped)
            out.append(
                Text(
                    f"不属于任何类别、未计入的行业：{which}",
                    f"industries that belong to no category and are not counted: {which}",
                )
            )
        return tuple(t.get(lang) for t in out)

    def __repr__(self) -> str:
        table = self.to_frame(lang="en").head(20).to_string(float_format=lambda v: f"{v:.4f}")
        more = f"\n({len(self.table)} rows)" if len(self.table) > 20 else ""
        return f"value added by {self.classification.id}\n{table}{more}" + "".join(
            f"\n- {n}" for n in self.notes
        )

    def _repr_html_(self) -> str:
        head = html.escape(f"value added by {self.classification.id}")
        table = self.to_frame(lang="en").head(50).to_html(float_format=lambda v: f"{v:.4f}")
        notes = "".join(f"<li>{html.escape(n)}</li>" for n in self.notes)
        return f"<p><b>{head}</b></p>{table}<ul>{notes}</ul>"

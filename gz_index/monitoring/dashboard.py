"""The dashboard of a plan: one row an indicator, with target, progress, class and clause."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np
import pandas as pd

from gz_index.errors import DataError, DefinitionError, MethodError, NotFoundError, Problem
from gz_index.framework import ROOT, Group, Indicator, Node, Target, Text
from gz_index.labels import listed
from gz_index.monitoring import words
from gz_index.monitoring.assessment import (
    CONVENTIONS,
    Convention,
    Progress,
    convention,
    progress,
    trend,
)
from gz_index.monitoring.rows import base_year, imputed, marks, one_unit, years
from gz_index.monitoring.targets import Goal, goal, target_text
from gz_index.normalise.base import named
from gz_index.study import Study
from gz_index.table import Table

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.monitoring.projection import Projection
    from gz_index.prepare.rule import Prepared
    from gz_index.result import IndexResult

__all__ = ["Monitor", "monitor"]

Lang = Literal["zh", "en"]

_NUMBERS = (
    *("base", "value", "aim", "completion", "time_share", "growth", "required"),
    *("ratio", "gap_rate", "remaining", "left", "distance"),
)


def monitor(
    index: Index,
    data: Any,
    *,
    unit: Hashable | None = None,
    year: int | None = None,
    base: int | None = None,
    horizon: int | None = None,
    wording: str | Convention = "plan",
    flags: pd.DataFrame | None = None,
) -> Monitor:
    """Assess every indicator of a plan against its target, year by year.

    Parameters
    ----------
    index : Index
        Its indicators hold targets and baselines.
    data : DataFrame
        Rows are (unit, period), periods are years; columns are indicators. Other units serve as
        peers for distances in standard deviations.
    unit : label, optional
        The unit to monitor; needed where the data hold several.
    year : int, optional
        Assess as of this year; by default the last one in the data.
    base : int, optional
        Base year of indicators without a ``baseline``; by default the earliest year of the
        baselines, else the first year of the data.
    horizon : int, optional
        Assess against the targets of this year; by default each indicator's next one with a
        number, else its last.
    wording : {"plan", "eurostat", "un"} or Convention
        Names of the classes in the column ``class``. The history has all three.
    flags : DataFrame, optional
        Like the data, with a word where a cell is provisional or imputed; shown beside the value.

    Raises
    ------
    DataError
        The table does not fit, has no years, or it cannot be told which unit is meant; a yes/no
        indicator is neither 1 nor 0, a share lies outside 0 and its limit.
    MethodError
        A year is no whole number.
    DefinitionError
        A target contradicts its indicator; all of them are named.
    NotFoundError
        There is no such unit, year, target year or wording.

    References
    ----------
    广州市人民政府 (2024). 广州市数字经济高质量发展规划，第九章.

    Examples
    --------
    >>> import gz_index as gz
    >>> m = gz.monitor(gz.load("gz-2025"), gz.data("gz-2025"))
    >>> row = m.table.loc["g5_stations"]
    >>> float(row["value"]), row["target"], round(float(row["completion"]), 3), row["class"]
    (9.17, '> 10', 0.648, 'faster')
    """
    for what, given in (("year", year), ("base", base), ("horizon", horizon)):
        if given is not None and (
            isinstance(given, bool) or not isinstance(given, int | np.integer)
        ):
            raise MethodError(f"monitor: {what} = {given!r}", hint="a whole year, such as 2025")
    names = convention(wording)
    index, table, prepared = index.ready(data)
    known, who = years(table), one_unit(table, unit)
    now = max(known) if year is None else year
    if now not in known:
        raise NotFoundError(f"no year {now} in the data; there are {', '.join(map(str, known))}")
    start = base_year(index, known) if base is None else base
    marked = imputed(prepared, who) | marks(flags, table, known, who)
    out = Monitor(index, table, who, now, start, horizon, names, marked, prepared)
    _ = out.goals  # refuse what cannot be assessed before anything is shown
    _refuse_values(out)
    return out


def _refuse_values(m: Monitor) -> None:
    """Refuse values that an indicator of its kind cannot have."""
    problems = []
    for i in m.index.framework.indicators:
        if i.code not in m.goals:
            continue
        target = m.goals[i.code].target
        for year, x in m.series(i.code).items():
            where, shown = f"{named(i)} for {m.unit}, {year}", f"{x:.10g}"
            cap = target.cap
            if target.kind == "binary" and x not in (0, 1):
                what = f"a yes/no indicator is {shown}"
                problems.append(Problem(where, what, "write 1 for yes and 0 for no"))
            elif cap is not None and not 0 <= x <= cap * (1 + 1e-9):
                what = f"a share is {shown}, outside 0 and its limit {cap:g}"
                problems.append(Problem(where, what, "correct the cell, or the cap of the target"))
    if problems:
        raise DataError(
            "values do not fit the kind of their target",
            listed(len(problems), "cells", problems.__getitem__),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Monitor(Study):
    """A plan with its numbers assessed; see :func:`monitor`.

    Attributes
    ----------
    unit : label
    year : int
        Assessed as of.
    base_year : int
    horizon : int or None
    wording : Convention
    """

    kind: ClassVar[str] = "monitor"
    definition: Index = field(repr=False)
    data: Table = field(repr=False)
    unit: Hashable
    year: int
    base_year: int
    horizon: int | None
    wording: Convention = field(repr=False)
    flags: Mapping[tuple[str, int], str] = field(repr=False)
    prepared: Prepared | None = field(default=None, repr=False)

    @property
    def index(self) -> Index:
        """The definition."""
        return self.definition

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what computed it, and hashes of definition and data."""
        from gz_index.result import versions

        return versions(self.index, self.data)  # a plan with gaps need not be an index

    @cached_property
    def evaluated(self) -> IndexResult:
        """The index of the same data, for targets of groups and for provenance."""
        return self.index.score(self.data)

    # -- goals -----------------------------------------------------------------------------------

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """What is monitored: every indicator, and groups that have a target of their own."""
        f = self.index.framework
        return (*f.indicators, *(g for g in f.groups if g.targets))

    @cached_property
    def goals(self) -> dict[str, Goal]:
        """The goal of each node that has a target."""
        out: dict[str, Goal] = {}
        problems: list[Problem] = []
        for node in self.nodes:
            target = self._target(node)
            if target is None:
                continue
            as_indicator = node if isinstance(node, Indicator) else _scored(node)
            declared = as_indicator.baseline
            year = self.base_year if declared is None else declared.year or self.base_year
            value = self.series(node.code).get(year)
            try:
                out[node.code] = goal(as_indicator, target, base=value, base_year=year)
            except DefinitionError as error:
                problems.extend(error.problems)
        if problems:
            raise DefinitionError("a target cannot be assessed", problems)
        if self.horizon is not None and not out:
            due = sorted({t.year for n in self.nodes for t in n.targets if t.year})
            raise NotFoundError(
                f"no target is due in {self.horizon}; there are {', '.join(map(str, due))}"
            )
        return out

    def _target(self, node: Node) -> Target | None:
        if self.horizon is not None:
            return next((t for t in node.targets if t.year == self.horizon), None)
        numbers = [t for t in node.targets if t.value is not None] or list(node.targets)
        coming = [t for t in numbers if t.year is None or t.year >= self.year]
        return next(iter(coming or numbers[-1:]), None)

    @cached_property
    def _series(self) -> dict[str, dict[int, float]]:
        return {}

    def series(self, code: str) -> dict[int, float]:
        """Known values of a node by year, up to the year of assessment."""
        if code not in self._series:
            when, slot, units = years(self.data), self.data.slot, self.data.units
            assert slot is not None
            if code in self.data.codes:
                x = self.data.values[:, self.data.codes.index(code)]
            else:
                numbers = any(t.value is not None for t in self.index.framework.node(code).targets)
                x = (
                    self.evaluated.scores[code].to_numpy()
                    if numbers
                    else np.full(len(units), np.nan)
                )
            found = {
                when[slot[i]]: float(x[i])
                for i in range(len(units))
                if units[i] == self.unit and x[i] == x[i] and when[slot[i]] <= self.year
            }
            self._series[code] = dict(sorted(found.items()))
        return self._series[code]

    def name(self, code: str, lang: Lang = "en") -> str:
        """Name of a node; the root is called by the name of the index."""
        own = self.index.name if code == ROOT else self.index.framework.node(code).name
        return own.get(lang) or code

    # -- tables ----------------------------------------------------------------------------------

    def assess(self, code: str, year: int) -> tuple[Progress, dict[str, str]]:
        """Progress of a node in a year, and its class by every convention.

        A node without target has its trend since its ``baseline``, else since the first known
        year.
        """
        known = self.series(code)
        value = known.get(year)
        names = {**CONVENTIONS, "": self.wording}
        aim = self.goals.get(code)
        if aim is not None:
            numbers = value is not None and aim.target.value is not None
            if numbers and aim.base_year is not None and year < aim.base_year:
                p = Progress("before base")
            else:
                p = progress(aim, value, year)
            early = aim.target.year is not None and year < aim.target.year
            return p, {k: c.of(p, early=early) for k, c in names.items()}
        node = self.index.framework.node(code)
        sign = node.direction.sign if isinstance(node, Indicator) else 1
        start, since = self._start(node, known)
        t = trend(start, since, value, year, sign)
        p = Progress(t.outcome, growth=t.growth, without=t.without)
        return p, {k: c.of_trend(t) for k, c in names.items()}

    @cached_property
    def table(self) -> pd.DataFrame:
        """The dashboard: one row an indicator, as of the year of assessment.

        ``completion`` and ``time_share`` are shares; ``growth``, ``required`` and ``remaining``
        yearly growth as fractions; ``left`` is in the unit of the indicator. A number that does
        not exist is missing, and ``outcome`` and ``without`` say why.
        """
        rows = [self._row(node) for node in self.nodes]
        frame = pd.DataFrame(
            rows, columns=["code", *words.COLUMNS, *(f"class_{k}" for k in CONVENTIONS)]
        )
        kinds = dict.fromkeys(("base_year", "year", "target_year"), "Int64")
        kinds |= dict.fromkeys(_NUMBERS, "float64")
        return frame.astype(kinds).set_index("code")

    def _row(self, node: Node) -> dict[str, Any]:
        f, code = self.index.framework, node.code
        known, aim = self.series(code), self.goals.get(code)
        year = max(known, default=self.year)
        p, classes = self.assess(code, year)
        base, base_year = (aim.base, aim.base_year) if aim else self._start(node, known)
        target = aim.target if aim else None
        row = asdict(p) | {
            "code": code,
            "zone": _zone(f, code),
            "name": self.name(code),
            "unit": str(node.unit) if isinstance(node, Indicator) else "",
            "base_year": base_year,
            "base": None if aim and aim.counted else base,
            "year": year if known else None,
            "value": known.get(year),
            "aim": None if aim is None else aim.aim,
            "distance": self._distance(code, p.left),
            "class": classes.pop(""),
            "disagree": p.disagree,
            "flag": self.flags.get((code, year), ""),
            "method": str(self.wording.name),
        }
        row |= {f"class_{k}": v for k, v in classes.items()}
        clause = getattr(node, "clause", "")
        if target is None:
            return row | {
                "target": "",
                "clause": clause,
                "force": "",
                "assumption": False,
                "words": "",
            }
        return row | {
            "target": target_text(target),
            "target_year": target.year,
            "force": target.force,
            "assumption": target.assumption,
            "clause": target.clause or clause,
            "words": target.text,
        }

    def _start(self, node: Node, known: Mapping[int, float]) -> tuple[float | None, int | None]:
        declared = node.baseline if isinstance(node, Indicator) else None
        if declared is not None:
            return declared.value, declared.year or self.base_year
        first = min(known, default=None)
        return (None, None) if first is None else (known[first], first)

    def _distance(self, code: str, left: float | None) -> float | None:
        """Distance to the target in standard deviations (n - 1) of all units in the base year."""
        if left is None or code not in self.data.codes or self.data.slot is None:
            return None
        when = years(self.data)
        if self.base_year not in when:
            return None
        there = self.data.slot == when.index(self.base_year)
        x = self.data.values[there, self.data.codes.index(code)]
        x = x[~np.isnan(x)]
        spread = float(x.std(ddof=1)) if x.size > 2 else 0.0
        return left / spread if spread > 0 else None

    @cached_property
    def history(self) -> pd.DataFrame:
        """Every indicator with a number or a target in every year from its base on."""
        rows = []
        for node in self.nodes:
            known, aim = self.series(node.code), self.goals.get(node.code)
            start = aim.base_year if aim and aim.base_year is not None else self.base_year
            for year in (y for y in years(self.data) if start <= y <= self.year):
                if not known and aim is None:
                    continue
                p, classes = self.assess(node.code, year)
                classes.pop("")
                row = {"code": node.code, "year": year, "value": known.get(year)} | asdict(p)
                row["disagree"] = p.disagree
                rows.append(row | {f"class_{k}": v for k, v in classes.items()})
        columns = ["code", "year", "value", *Progress.__dataclass_fields__, "disagree"]
        frame = pd.DataFrame(rows, columns=[*columns, *(f"class_{k}" for k in CONVENTIONS)])
        kinds = dict.fromkeys((c for c in _NUMBERS if c in frame), "float64")
        return frame.astype(kinds).set_index(["code", "year"])

    @cached_property
    def zones(self) -> pd.DataFrame:
        """Roll-up by zone: indicators, targets, known and assessed ones, classes, completion.

        ``completion`` is the plain mean over the indicators for which it exists, with
        over-fulfilment counted as 1, so that one indicator does not stand in for another.
        """
        t, rows = self.table[self.table.index.isin(self.index.framework.codes)], {}
        heads = [*self.wording.edges, self.wording.worst, "achieved", self.wording.early]
        heads = list(dict.fromkeys([*heads, "missed", "lost"]))
        for zone, part in [*t.groupby("zone", sort=False), ("all", t)]:
            aimed = part[part["target"] != ""]
            capped = aimed["completion"].clip(upper=1)
            rows[zone] = {
                "indicators": len(part),
                "known": int(part["value"].notna().sum()),
                "targets": len(aimed),
                "assessed": int((aimed["class"] != "").sum()),
                **{h: int((aimed["class"] == h).sum()) for h in heads},
                "completion": float(capped.mean()) if capped.notna().any() else None,
            }
        out = pd.DataFrame.from_dict(rows, orient="index").rename_axis("zone")
        return out.astype({"completion": "float64"})

    @property
    def missed_binding(self) -> list[str]:
        """Binding targets that are due and not met."""
        t = self.table
        return t.index[(t["force"] == "binding") & (t["outcome"] == "missed")].tolist()

    def project(self, code: str, to: int | None = None, **how: Any) -> Projection:
        """Carry the series of an indicator on to the year of its target.

        The series begins with the ``baseline``, where the data lack its year.

        Parameters
        ----------
        code : str
        to : int, optional
            By default the target year.
        **how
            ``methods``, ``level``, ``horizon``, ``minimum`` of :func:`gz_index.project`.

        Raises
        ------
        MethodError
            There is neither a target with a year nor ``to``; or more is neither better nor worse,
            as within an interval or of yes and no.
        """
        from gz_index.monitoring.projection import project

        aim, direction = self.goals.get(code), self.index.framework.node(code)
        sign = direction.direction.sign if isinstance(direction, Indicator) else 1
        to = to if to is not None or aim is None else aim.target.year
        if to is None or sign == 0:
            raise MethodError(
                f"{self.name(code)}: " + ("best within an interval" if to else "no target year"),
                hint="gz.project(series, to) takes any series" if to else "name one: to = ...",
            )
        if aim is not None and aim.target.kind == "binary":
            raise MethodError(f"{self.name(code)}: yes or no", hint="there is nothing to carry on")
        known = self.series(code)
        base = direction.baseline if isinstance(direction, Indicator) else None
        if base is not None and (since := base.year or self.base_year) <= self.year:
            known = {since: base.value} | known
        series = pd.Series(known, name=self.name(code), dtype=np.float64)
        if aim is None or aim.aim is None:
            return project(series, to, better=sign, **how)
        cap, sign_ = aim.target.cap, aim.target.operator
        operator = "=" if sign_ in ("range", "~") else sign_
        return project(series, to, target=aim.aim, better=sign, operator=operator, cap=cap, **how)

    def to_frame(self, *, lang: Literal["code", "zh", "en"] = "code") -> pd.DataFrame:
        """Return the dashboard; with ``lang`` in words, with heads, names and classes translated.

        Columns without any entry are left out of the translated table.
        """
        return self.table if lang == "code" else words.dashboard(self, lang)

    def to_zones(self, *, lang: Literal["code", "zh", "en"] = "code") -> pd.DataFrame:
        """Return the roll-up by zone; see :attr:`zones`."""
        return self.zones if lang == "code" else words.zones(self, lang)

    def _brief(self) -> pd.DataFrame:
        there = self.table[(self.table["target"] != "") | (self.table["class"] != "")]
        shown = ["name", "base", "year", "value", "target", "completion", "time_share", "ratio"]
        return there[[*shown, "class", "outcome"]]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        return {"table": self.table, "history": self.history, "zones": self.zones}

    def settings(self) -> dict[str, Any]:
        """Return how it was made."""
        return {
            "unit": str(self.unit),
            "year": self.year,
            "base_year": self.base_year,
            "horizon": self.horizon,
            "wording": str(self.wording.name),
            "edges": dict(self.wording.edges),
            "source": self.wording.source,
        }

    def to_csv(self, path: str | Path, *, lang: Literal["code", "zh", "en"] = "zh") -> Path:
        """Write the dashboard as CSV that spreadsheets read (UTF-8 with a mark)."""
        self.to_frame(lang=lang).to_csv(path, encoding="utf-8-sig")
        return Path(path)

    def to_excel(self, path: str | Path, *, lang: Lang = "zh") -> Path:
        """Write a workbook: dashboard, zones, history, notes; classes coloured and in words."""
        from gz_index.monitoring.workbook import write

        return write(self, Path(path), lang)

    def _write_more(self, folder: Path) -> None:
        for lang in get_args(Lang):
            self.to_excel(folder / f"dashboard.{lang}.xlsx", lang=lang)
            self.to_csv(folder / f"dashboard.{lang}.csv", lang=lang)

    def _prepared(self) -> Prepared | None:
        return self.prepared

    def _texts(self) -> tuple[Text, ...]:
        return tuple(words.notes(self))


def _zone(f: Any, code: str) -> str:
    """The child of the root that a node hangs on; none for the root."""
    above = [code, *f.ancestors(code)]
    return "" if code == ROOT else next(c for c in above if f.node(c).parent == ROOT)


def _scored(group: Group) -> Indicator:
    """A group as an indicator: its score, more is better."""
    return Indicator(code=group.code, name=group.name, targets=group.targets)

"""Where index numbers start: the unit and its base period, values that can be one, targets."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from gz_index.errors import DataError, DefinitionError, MethodError, NotFoundError, Problem
from gz_index.framework import Framework, Indicator, Text
from gz_index.monitoring.targets import goal
from gz_index.normalise.base import named
from gz_index.table import Table

if TYPE_CHECKING:
    from gz_index.engine import Plan
    from gz_index.index import Index

__all__ = ["Form", "refuse_definition", "refuse_values", "selected", "with_goals"]

Form: TypeAlias = Literal["fixed-base", "symmetric", "efficacy"]


def refuse_definition(index: Index) -> None:
    """Refuse weights that are read from the data, other means, and best intervals."""
    f, plan = index.framework, index.plan
    rules = [plan.weigh(g.code) or index.weight for g in f.groups]
    reading = dict.fromkeys(r.label for r in rules if r.reads_data)
    if reading:
        raise MethodError(
            f"index numbers: {', '.join(reading)} weights are read from the data; of one unit over "
            "a few periods they only reflect the slopes, and each year added would change them",
            hint="use equal, given or AHP weights, or those of a set of peers: "
            "index.evaluate(peers).freeze()",
        )
    bent = [f"{g.code!r} by {plan.rule(g.code).label}" for g in f.groups if not _mean(plan, g.code)]
    if bent:
        raise MethodError(
            f"index numbers are weighted arithmetic means; aggregated otherwise: {', '.join(bent)}",
            hint="index.replace(aggregate='arithmetic'), and no aggregate on the groups",
        )
    moderate = [i for i in f.indicators if i.direction.sign == 0]
    if moderate:
        raise MethodError(
            f"index numbers: best within an interval: {', '.join(map(named, moderate))}; "
            "growth is neither good nor bad for these",
            hint=_without(moderate),
        )


def _mean(plan: Plan, group: str) -> bool:
    return plan.rule(group).method == "arithmetic"


def _without(indicators: list[Indicator]) -> str:
    return f"index.without([{', '.join(repr(i.code) for i in indicators)}])"


def selected(
    table: Table, form: Form, base: Hashable | None, unit: Hashable | None
) -> tuple[Table, Hashable]:
    """Return the rows of the unit that is asked for, and the base period."""
    if table.periods is None:
        raise DataError(
            "index numbers follow a unit over periods, and the rows have no period",
            [
                Problem(
                    "rows",
                    f"one label each, such as {table.row_name(0)!r}",
                    "label them by (unit, period); the years of one city: "
                    "pd.concat({'city': data}, names=['unit', 'year'])",
                )
            ],
        )
    if unit is not None:
        at = np.array([u == unit for u in table.units])
        if not at.any():
            known = ", ".join(str(u) for u in dict.fromkeys(table.units))
            raise NotFoundError(f"no unit {unit!r}; there are {known}")
        table = table.take(at)
    periods = table.periods or ()
    units = list(dict.fromkeys(table.units))
    if form == "efficacy" and len(units) > 1:
        raise MethodError(
            f"efficacy: base and target are those of one unit, and there are {len(units)}",
            hint=f"name it: unit = {units[0]!r}",
        )
    if form != "efficacy" and len(periods) < 2:
        raise DataError(
            f"{form} index numbers need two periods",
            [Problem("periods", f"there is {periods[0]!r} only", "add a period")],
        )
    start = periods[0] if base is None else next((p for p in periods if p == base), None)
    if start is None:
        raise NotFoundError(f"no period {base!r}; there are {', '.join(map(str, periods))}")
    return table, start


def refuse_values(f: Framework, table: Table, form: Form, start: Hashable) -> None:
    """Refuse what no ratio can be taken of."""
    assert table.periods is not None
    assert table.slot is not None
    x, divides = table.values, np.array([i.direction.sign < 0 for i in f.indicators])
    if form == "fixed-base":
        divides = divides | (table.slot == table.periods.index(start))[:, None]
    else:
        divides = np.ones(x.shape, dtype=bool)
    at = np.argwhere((x <= 0) & divides)
    if not len(at):
        return
    problems = [
        Problem(named(f.indicators[j]), f"{x[i, j]:.10g} for {table.row_name(int(i))}")
        for i, j in at[:20]
    ]
    if len(at) > 20:
        problems.append(Problem("and", f"{len(at) - 20} more"))
    where = "of the base period and where less is better " if form == "fixed-base" else ""
    bad = [f.indicators[j] for j in dict.fromkeys(at[:, 1].tolist())]
    raise DataError(
        f"{form}: values {where}have to be above zero; leave these out, {_without(bad)}, "
        "or take form = 'efficacy'",
        problems,
    )


# -- scores from base to target --------------------------------------------------------------------


def with_goals(
    f: Framework, table: Table, start: Hashable
) -> tuple[tuple[Indicator, ...], list[Text]]:
    """Give each indicator its base and target as goalposts."""
    assert table.periods is not None
    assert table.slot is not None
    row = int(np.flatnonzero(table.slot == table.periods.index(start))[0])
    year = int(str(start)[:4]) if str(start)[:4].isdecimal() else None
    out: list[Indicator] = []
    bad: list[Indicator] = []
    problems: list[Problem] = []
    remarks: list[Text] = []
    for i, x in zip(f.indicators, table.values[row].tolist(), strict=True):
        try:
            low, high, said = _goal(i, None if np.isnan(x) else x, year)
        except DefinitionError as error:
            bad.append(i)
            problems += error.problems
            continue
        out.append(replace(i, goalposts=(low, high)))
        remarks += [Text(f"{named(i)}：{t.zh}", f"{named(i)}: {t.en}") for t in said]
    if problems:
        raise DataError(
            f"efficacy: {len(bad)} of {len(f.indicators)} indicators lack a usable base or "
            f"target; give them, or leave these out: {_without(bad)}",
            problems,
        )
    remarks.append(
        Text(
            "功效分以60为下限，其百分比增速随下限而变，应比较分值之差",
            "scores stand on a floor of 60 on which their growth in per cent depends: compare "
            "differences in points",
        )
    )
    return tuple(out), remarks


def _goal(
    indicator: Indicator, value: float | None, year: int | None
) -> tuple[float, float, list[Text]]:
    """Return base and target in order, with what has to be said of them."""

    def fault(what: str, hint: str) -> DefinitionError:
        return DefinitionError("no goal", [Problem(named(indicator), what, hint)])

    base = indicator.baseline
    since = base.year if base is not None and base.year is not None else year
    target = next(
        (
            t
            for t in indicator.targets
            if t.kind in ("level", "share", "increment")
            and (t.year is None or since is None or t.year > since)
        ),
        None,
    )
    if target is None:
        after = "" if since is None else f" after {since}"
        raise fault(f"no target{after} that is a level, share or increment", "give targets")
    if base is None and value is None:
        raise fault("no base: no baseline, and no value in the base period", "give its baseline")
    found = goal(indicator, target, base=value, base_year=year)
    assert found.base is not None
    assert found.aim is not None
    if (found.aim - found.base) * indicator.direction.sign <= 0:
        raise fault(
            f"the target {found.aim:g} is no better than the base {found.base:g}",
            "correct one of them or the direction",
        )
    said = list(found.notes)
    if target.assumption:
        said.append(Text("目标为使用者的假设", "the target is an assumption of the user"))
    return min(found.base, found.aim), max(found.base, found.aim), said

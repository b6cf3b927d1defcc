"""Sections of a report on where the index is to go: targets of a plan, and what is in the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gz_index.errors import GzIndexError, MethodError
from gz_index.framework import Indicator
from gz_index.report import figures
from gz_index.report.documents.case import Case, Inapplicable, upto
from gz_index.report.documents.chapters import PLACES, section_of
from gz_index.report.documents.content import Block, Items, Prose, Section, Tabled, joined
from gz_index.report.drawing.canvas import signs

__all__ = ["on_obstacles", "on_targets"]

#: units whose obstacles are listed one by one
MOST_UNITS = 40
#: decimals of degrees, %, that tell two of them apart
_SAME = 9


# -- targets ---------------------------------------------------------------------------------------


def on_targets(case: Case) -> Section:
    """Progress of the targets of the definition."""
    import gz_index as gz

    f = case.framework
    if not any(n.targets for n in f.nodes.values()):
        raise Inapplicable("定义没有目标", "the definition has no targets")
    year: Any = case.period
    try:
        study = gz.monitor(
            case.index, case.data, unit=case.unit, year=_year(case) if year is not None else None
        )
    except GzIndexError as error:
        raise Inapplicable(*[case.why("monitor", error)] * 2) from None
    case.studies["monitor"] = study
    t = study.table[(study.table["target"] != "") & (study.table["outcome"] != "in words")]
    if t.empty:
        raise Inapplicable("没有带数值的目标", "no target has a number")
    from gz_index.monitoring.assessment import OUTCOMES
    from gz_index.monitoring.targets import target_text
    from gz_index.monitoring.words import class_text

    lang = case.lang
    rows = [
        {
            "base": _dated(r["base"], r["base_year"]),
            "value": _dated(r["value"], r["year"]),
            "aim": signs(target_text(study.goals[str(c)].target, lang)),
            "due": "" if pd.isna(r["target_year"]) else str(r["target_year"]),
            "completion": 100 * r["completion"],
            "time": 100 * r["time_share"],
            "class": class_text(r["class"], lang) or OUTCOMES[r["outcome"]].get(lang),
        }
        for c, r in t.iterrows()
    ]
    names = pd.Index([_with_unit(case, study, str(c)) for c in t.index], name="indicator")
    frame = pd.DataFrame(rows, index=names)
    say = case.say
    heads = {
        "base": say("基期值", "Base"),
        "value": say("最新值", "Latest"),
        "aim": say("目标", "Target"),
        "due": say("目标年", "Due"),
        "completion": say("完成度（%）", "Done (%)"),
        "time": say("时间进度（%）", "Time gone (%)"),
        "class": say("评价", "Class"),
    }
    notes = study.notes_in(lang)
    rated = t["class"][t["class"] != ""].value_counts()
    counts = [
        (class_text(str(k), lang, sign=False), say(f"{n}项", str(n))) for k, n in rated.items()
    ]
    point = notes[0] + say("。", ".")
    said = [point]
    if counts:
        said.append(
            say(f"评价结果：{case.bracketed(counts)}。", f"Classes: {case.bracketed(counts)}.")
        )
    caption = say(
        f"{study.unit}规划目标进展（截至{study.year}年）",
        f"Targets of {study.unit} as of {study.year}",
    )
    right = ("base", "value", "aim", "due")
    why = say("括号内为年份；“—”表示无从计算。", "Years in brackets; — where there is no number.")
    blocks: list[Block] = [Prose(joined(said, lang))]
    blocks.append(Tabled(frame, caption, (why,), 1, heads, right))
    blocks += case.figure(
        lambda: figures.targets(study, lang=lang),
        say(
            f"目标完成度与时间进度（截至{study.year}年）", f"Completion and time gone, {study.year}"
        ),
        say(
            f"条形图：{len(t)}项目标由基期到目标已完成的比例，竖线为已过去的时间。",
            f"Bars: how much of the way from base to target {len(t)} targets have gone; an upright "
            "line shows the time that has gone.",
        ),
    )
    blocks += [_zones(case, study)]
    blocks += [Items(notes[1:])] if len(notes) > 1 else []
    return section_of(case, "targets", blocks, [joined(said, lang)])


def _with_unit(case: Case, study: Any, code: str) -> str:
    """Name of what has a target, with its unit of measure."""
    node = study.index.framework.node(code)
    unit = node.unit.get(case.lang) if isinstance(node, Indicator) else ""
    left, right = case.say("（", " ("), case.say("）", ")")
    name: str = study.name(code, case.lang)
    return f"{name}{left}{unit}{right}" if unit else name


def _year(case: Case) -> int | None:
    """The reported period if it is a year and was asked for, or the last one."""
    periods = case.result.table.periods
    if periods is None or case.asked is None:
        return None
    return int(str(case.asked)) if str(case.asked).isdigit() else None


def _zones(case: Case, study: Any) -> Tabled:
    frame = study.to_zones(lang=case.lang)
    filled = [c for c in frame if frame[c].notna().any() and (frame[c] != 0).any()]
    caption = case.say("目标进展分区汇总", "Targets by zone")
    return Tabled(frame[filled], caption)


def _dated(value: Any, year: Any) -> str:
    return "—" if pd.isna(value) else f"{value:g} ({year})"


# -- obstacles -------------------------------------------------------------------------------------


def on_obstacles(case: Case) -> Section:
    """The largest obstacles of the unit in focus, or of each unit, and how often each is one."""
    import gz_index as gz

    try:
        study = gz.obstacles(case.result, ideal=_ideal(case))
    except MethodError as error:
        raise Inapplicable(*[case.why("obstacles", error)] * 2) from None
    if not len(case.rows):
        raise Inapplicable("没有任何得分", "no unit has a score")
    case.studies["obstacles"] = study
    say = case.say
    pooled, counts = _over_all(study, case)
    sizes = pooled.round(_SAME).sort_values(ascending=False, kind="stable")
    order = sizes.index[: upto(sizes.tolist(), 5)]
    top = [(case.name(c), f"{pooled[c]:.1f}%") for c in order[: upto(sizes.tolist(), PLACES)]]
    when = case.when(case.period)
    place = f" in {when}" if when else ""
    whole = say("全部评价对象合计，", f"Over all units{place}, the")
    if case.single:
        whole = say("", f"In {when} the" if when else "The")
    named = case.bracketed(top, 5)
    point = say(
        f"{when}{whole}障碍度最大的指标为{named}。", f"{whole} largest obstacles are {named}."
    )
    if sizes.min() == sizes.max():
        point = say(
            f"{when}{whole}各指标的障碍度相同（{pooled.iloc[0]:.1f}%）。",
            f"{whole} indicators are obstacles of the same degree ({pooled.iloc[0]:.1f}%).",
        )
    rules = {case.plan.rule(g.code).method for g in case.framework.groups if _many(case, g.code)}
    if rules - {"arithmetic"}:
        point += say(
            "指数并非加权和，障碍度分解的是各指标距离的加权和。",
            " The index is no weighted sum: the degrees share out the weighted distances of the "
            "indicators, not that of the index.",
        )
    frame = pd.DataFrame({"degree": pooled[order], "count": counts[order]})
    frame.index = pd.Index([case.name(c) for c in order], name="indicator")
    heads = {
        "degree": say("合计障碍度（%）", "Degree over all (%)"),
        "count": say("居前五位的评价对象数", "Units with it in their top 5"),
    }
    intro = say(
        "障碍度把各评价对象与理想值的差距按权重分摊到指标，合计为100%。",
        "The obstacle degree shares the distance of a unit from the ideal out among the "
        "indicators, by their weights; it adds up to 100%.",
    )
    blocks: list[Block] = [Prose(joined([intro, point], case.lang))]
    if not case.single:
        caption = say(f"{when}主要障碍指标", f"Main obstacles{f', {when}' if when else ''}")
        blocks.append(Tabled(frame, caption, study.notes_in(case.lang), 1, heads))
    points = [point]
    if case.focus is not None or case.single:
        row = case.focus if case.focus is not None else int(case.rows[0])
        notes = study.notes_in(case.lang) if case.single else ()
        blocks.append(_own_obstacles(case, study, row, notes))
    elif len(case.rows) <= MOST_UNITS:
        blocks.append(_obstacles_of_each(case, study.degrees.to_numpy()[case.rows]))
    return section_of(case, "obstacles", blocks, points)


def _many(case: Case, code: str) -> bool:
    return len(case.framework.children(code)) > 1


def _ideal(case: Case) -> float:
    """The best score there is, where every indicator has the same."""
    from gz_index.normalise import MinMax

    found = {
        p.normaliser.to[1] if isinstance(p.normaliser, MinMax) else None
        for p in case.result.scale.parts
    }
    ideal = found.pop() if len(found) == 1 else None
    if ideal is None:
        raise Inapplicable(
            "标准化方法没有统一的理想值",
            "the normalising has no best score that is the same for all indicators",
        )
    return float(ideal)


def _over_all(study: Any, case: Case) -> tuple[pd.Series[float], pd.Series[int]]:
    """Degrees over all units of the period, and how many have each among their first five."""
    codes = list(case.framework.codes)
    if case.period is None:
        return study.pooled("all")[codes].iloc[0], study.frequency(5)["count"]
    often = study.frequency(5, by="period")["count"].xs(case.period, level=0)
    return study.pooled("period").loc[case.period, codes].astype(float), often


def _own_obstacles(case: Case, study: Any, row: int, notes: tuple[str, ...]) -> Tabled:
    degrees = study.degrees.iloc[row].dropna().sort_values(ascending=False, kind="stable")
    degrees = degrees[degrees > 0]
    degrees = degrees.iloc[: upto(degrees.round(_SAME).tolist(), 5)]
    f = case.framework
    frame = pd.DataFrame(
        {
            "indicator": [case.name(str(c)) for c in degrees.index],
            "pillar": [case.name(f.node(str(c)).parent) for c in degrees.index],
            "degree": degrees.to_numpy(),
        },
        index=pd.Index(range(1, len(degrees) + 1), name="rank"),
    )
    who = case.result.table.units[row]
    heads = {
        "pillar": case.say("所属分项", "Pillar"),
        "degree": case.say("障碍度（%）", "Degree (%)"),
    }
    caption = case.say(f"{who}的主要障碍指标", f"Main obstacles of {who}")
    return Tabled(frame, caption, notes, 1, heads)


def _obstacles_of_each(case: Case, degrees: Any) -> Tabled:
    codes, tied = list(case.framework.codes), False
    rows = []
    for d in np.nan_to_num(degrees):
        order = [j for j in np.argsort(-np.round(d, _SAME), kind="stable") if d[j] > 0]
        more = upto(np.round(d, _SAME)[order].tolist(), PLACES) - PLACES
        cells = [f"{case.name(codes[j])} ({d[j]:.1f})" for j in order[:PLACES]]
        if more > 0:
            cells[-1] += f" +{more}"
            tied = True
        rows.append(cells + [""] * (PLACES - len(cells)))
    columns = [case.say(f"第{k + 1}位", f"No. {k + 1}") for k in range(PLACES)]
    frame = pd.DataFrame(rows, columns=columns, index=pd.Index(case.names, name=case.units_head))
    notes = [case.say("括号内为障碍度（%）。", "Degrees in brackets, %.")]
    if tied:
        notes.append(
            case.say(
                "“+n”为另有n项与末项障碍度相同。", "“+n”: n more of the same degree as the last."
            )
        )
    caption = case.say("各评价对象的主要障碍指标", "Main obstacles of each unit")
    return Tabled(frame, caption, tuple(notes))

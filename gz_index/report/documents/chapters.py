"""Section of a report on the level of the index: ranking, pillars, the unit in focus."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gz_index.framework import ROOT
from gz_index.report import figures
from gz_index.report.documents.case import Case, Inapplicable, upto
from gz_index.report.documents.content import (
    SECTIONS,
    Block,
    Figure,
    Items,
    Prose,
    Section,
    Tabled,
    joined,
)
from gz_index.report.grids import period_text

__all__ = ["PLACES", "is_based", "on_level", "section_of"]

#: how many units a sentence names
PLACES = 3


def section_of(
    case: Case, key: str, blocks: list[Block], points: list[str], parts: tuple[Section, ...] = ()
) -> Section:
    """Make a section under its usual title."""
    return Section(key, SECTIONS[key].get(case.lang), tuple(blocks), parts, tuple(points))


# -- level -----------------------------------------------------------------------------------------


def on_level(case: Case) -> Section:
    """Ranking, scores of the pillars, and where the unit in focus stands."""
    if not len(case.rows):
        raise Inapplicable("没有任何得分", "no unit has a score")
    if case.single:
        return _of_one(case)
    said = _ranking_sentences(case)
    blocks: list[Block] = [Prose(joined(said, case.lang)), _ranking_table(case)]
    blocks += _ranking_figure(case)
    leaders = _pillar_leaders(case)
    if leaders:
        blocks += [Prose(case.say("各分项得分最高的评价对象：", "Highest score of each pillar:"))]
        blocks.append(Items(tuple(leaders)))
    points = [said[0]]
    if case.focus is not None:
        own = _focus_sentences(case, case.focus)
        points += own[:1]
        blocks += [Prose(joined(own, case.lang)), *_profile(case)]
    elif case.lacking:
        points.append(case.lacking)
        blocks.append(Prose(case.lacking))
    return section_of(case, "level", blocks, points)


def _ranking_sentences(case: Case) -> list[str]:
    """Who leads, who is last, mean and median."""
    total = case.result.total.to_numpy()[case.rows]
    n, when = len(case.rows), case.when(case.period)
    head = case.say(f"{when}，" if when else "", f"In {when}, " if when else "")
    who = [(case.names[k], case.number(total[k])) for k in range(n)]
    first = [w for w, p in zip(who, case.places, strict=True) if p == case.places[0]]
    rest = who[len(first) : upto(case.places.tolist(), PLACES)] if len(first) < PLACES else []
    leaders, verb = case.bracketed(first, PLACES), "leads" if len(first) == 1 else "lead"
    out = case.say(f"{head}{n}个评价对象中，{leaders}居首", f"{head}{leaders} {verb} the {n} units")
    if rest:
        then = case.bracketed(rest, PLACES)
        out += case.say(f"，其后为{then}", f", followed by {then}")
    out += case.say("。", ".")
    mean, median = case.number(float(total.mean())), case.number(float(np.median(total)))
    last = [w for w, p in zip(who, case.places, strict=True) if p == case.places[-1]]
    end = case.bracketed(last[::-1], PLACES)
    middle = case.say(f"平均{mean}，中位数{median}。", f"mean {mean}, median {median}.")
    tail = case.say(f"末位为{end}；", f"Last: {end}; ") + middle
    if len(first) == n:
        tail = case.say("得分全部相同；", "All scores are the same; ") + middle
    gone = case.result.table.rows_of(case.period).size - n
    left = case.say(
        f"另有{gone}个因数据不足未给出总指数。",
        f"{gone} more {'has' if gone == 1 else 'have'} no index for lack of data.",
    )
    return [out, tail, *([left] if gone else [])]


def _ranking_table(case: Case) -> Tabled:
    """Rank, index and pillars; of many pillars the index alone, as the heat map has the rest."""
    shown = case.pillars if len(case.pillars) <= 8 else []
    frame = case.result.scores.reindex(columns=[ROOT]).iloc[case.rows].copy()
    keys = {c: f"{c} " if c in ("rank", case.units_head) else c for c in [ROOT, *shown]}
    for code in shown:  # no pillar takes the place of the rank or of the units
        frame[keys[code]] = case.result.values[case.rows, case.plan.position[code]]
    frame.insert(0, "rank", case.places)
    if (case.places == np.round(case.places)).all():
        frame["rank"] = frame["rank"].astype("int64")
    frame.index = pd.Index(case.names, name=case.units_head)
    frame, notes = case.cut(frame)
    when = case.when(case.period)
    caption = case.say(
        f"{when}总指数与分项得分", "Index and pillars" + (f", {when}" if when else "")
    )
    if not shown:
        caption = case.say(f"{when}总指数", "Index" + (f", {when}" if when else ""))
    heads = {keys[c]: head for c, head in case.heads([ROOT, *shown]).items()}
    return Tabled(frame, caption, notes, case.digits, heads)


def _ranking_figure(case: Case) -> list[Figure]:
    total = case.result.total.to_numpy()[case.rows]
    when, n = case.when(case.period), len(case.rows)
    ends = (case.names[0], case.number(total[0]), case.names[-1], case.number(total[-1]))
    how: dict[str, Any] = {"lang": case.lang, "period": case.period}
    found = case.figure(
        lambda: figures.contributions(case.result, **how),
        case.say(f"{when}总指数及各分项的贡献", "Index and what each pillar contributes"),
        case.say(
            f"条形图：{n}个评价对象按总指数由高到低排列，条形由各分项的贡献组成。"
            f"最高{ends[0]}{ends[1]}，最低{ends[2]}{ends[3]}。",
            f"Bars: {n} units by their index, each bar made of what the pillars contribute. "
            f"Highest {ends[0]} {ends[1]}, lowest {ends[2]} {ends[3]}.",
        ),
    )
    return found or case.figure(
        lambda: figures.heat_map(case.result, **how),
        case.say(f"{when}各分项得分", "Scores of the pillars"),
        case.say(
            f"热力图：{n}个评价对象的各分项得分，颜色越深得分越高，格内为数值。",
            f"Heat map: scores of the pillars of {n} units, darker is higher, with the numbers.",
        ),
    )


def _pillar_leaders(case: Case) -> list[str]:
    out = []
    for code in case.pillars if len(case.pillars) <= 8 else []:
        v = case.result.values[case.rows, case.plan.position[code]]
        if np.isnan(v).all() or len(case.pillars) < 2:
            continue
        best = np.flatnonzero(v == np.nanmax(v))
        who = case.bracketed([(case.names[i], case.number(v[i])) for i in best], PLACES)
        out.append(case.say(f"{case.name(code)}：{who}", f"{case.name(code)}: {who}"))
    return out


def _focus_sentences(case: Case, row: int) -> list[str]:
    """Score and rank of the unit in focus, and its best and weakest pillars by rank."""
    at = list(case.rows).index(row)
    score, place, n = (
        case.number(case.result.total.iloc[row]),
        f"{case.places[at]:g}",
        len(case.rows),
    )
    out = [
        case.say(
            f"{case.unit}的总指数为{score}，在{n}个评价对象中居第{place}位。",
            f"{case.unit} has an index of {score}, rank {place} of {n}.",
        )
    ]
    ranks = {}
    for code in case.pillars:
        found = _place(case, code, row)
        if found == found:
            ranks[code] = found
    if len(set(ranks.values())) > 1:
        best, worst = min(ranks.values()), max(ranks.values())
        high, low = ([case.name(c) for c, r in ranks.items() if r == k] for k in (best, worst))
        out.append(
            case.say(
                f"分项中位次最前的是{case.listed(high)}（第{best:g}位），"
                f"最后的是{case.listed(low)}（第{worst:g}位）。",
                f"Its best pillar by rank is {case.listed(high)} (rank {best:g}), its weakest "
                f"{case.listed(low)} (rank {worst:g}).",
            )
        )
    return out


def _place(case: Case, code: str, row: int) -> float:
    """Rank of a row in a node of the tree, among all rows of the period, by the rule for ties."""
    result = case.result
    at = result.table.rows_of(case.period)
    scores = pd.Series(result.values[at, case.plan.position[code]], index=at)
    return float(scores.rank(method=result.index.ties, ascending=False)[row])


def _profile(case: Case) -> list[Figure]:
    return case.figure(
        lambda: figures.radar(case.result, case.unit, lang=case.lang, period=case.period),
        case.say(f"{case.unit}的分项得分与参照", f"Pillars of {case.unit} beside others"),
        case.say(
            f"雷达图：{case.unit}的各分项得分，与得分居前者及各评价对象的中位数对照。",
            f"Radar: the pillars of {case.unit}, beside a leading unit and the median of all.",
        ),
    )


def _of_one(case: Case) -> Section:
    """The index of a single unit, period by period: there is nothing to rank."""
    result, unit = case.result, case.result.table.units[0]
    codes = [ROOT, *(c for c in case.pillars if len(case.pillars) <= 8)]
    frame = pd.DataFrame(result.values[:, [case.plan.position[c] for c in codes]], columns=codes)
    periods = result.table.periods
    if periods is not None and result.table.slot is not None:
        shown = [period_text(periods[t]) for t in result.table.slot]
        frame.index = pd.Index(shown, name="period")
        frame = frame.iloc[np.argsort(result.table.slot, kind="stable")]
    last = case.number(result.total.iloc[case.rows[0]])
    note = ""
    if is_based(case):
        base: Any = result.scale.parts[0].normaliser
        note = case.say(f"（定基指数，基期为{base.to:g}）", f" (the base is {base.to:g})")
    when = case.when(case.period)
    point = case.say(
        f"{when}{unit}总指数为{last}{note}。",
        f"The index of {unit} is {last}{f' in {when}' if when else ''}{note}.",
    )
    said = [point]
    said += [case.say("只有一个评价对象，不作排名。", "There is one unit, hence no ranking.")]
    gaps = [case.when(p) for p in frame.index[frame[ROOT].isna()]]
    if gaps:
        why = case.say("因已知指标不足未给出总指数。", "has no index, as too little is known.")
        said.append(f"{case.listed(gaps)}{case.say('', ' ')}{why}")
    caption = case.say(f"{unit}各期总指数与分项得分", f"Index and pillars of {unit}")
    table = Tabled(frame, caption, (), case.digits, case.heads(codes))
    return section_of(case, "level", [Prose(joined(said, case.lang)), table], [point])


def is_based(case: Case) -> bool:
    """Whether every indicator is an index number of a base period."""
    return all(p.normaliser.method == "base-index" for p in case.result.scale.parts)

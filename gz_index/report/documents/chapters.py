"""Sections of a report on what the index says: its level, its trend, targets and obstacles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gz_index.errors import GzIndexError
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

__all__ = ["on_level", "on_trend"]

#: how many units a sentence names
PLACES = 3
_FULL = 15.5  # cm
#: a part of a change below this is one of rounding
_NOTHING = 1e-12


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
    if _is_based(case):
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


def _is_based(case: Case) -> bool:
    """Whether every indicator is an index number of a base period."""
    return all(p.normaliser.method == "base-index" for p in case.result.scale.parts)


# -- trend -----------------------------------------------------------------------------------------


def on_trend(case: Case) -> Section:
    """Scores and ranks of the first and the last period, and who moved most."""
    periods = case.result.table.periods
    if periods is None or len(periods) < 2:
        raise Inapplicable("数据只有一个时期", "the data have a single period")
    known = case.result.total.notna().to_numpy()
    slot = case.result.table.slot
    assert slot is not None
    last = periods.index(case.period)
    scored = [t for t in range(last + 1) if known[slot == t].any()]
    if len(scored) < 2:
        raise Inapplicable(
            "给出总指数的时期不足两个", "fewer than two periods up to this one have an index"
        )
    frame = _change_table(case, scored[0], scored[-1])
    first, final = (case.when(periods[t]) for t in (scored[0], scored[-1]))
    if frame.empty:
        raise Inapplicable(
            f"没有评价对象在{first}与{final}均有总指数",
            f"no unit has an index both in {first} and in {final}",
        )
    said = _trend_sentences(case, frame, first, final)
    shown, notes = case.cut(frame)
    if "growth" in frame and not _is_based(case):
        zero = case.say(
            "增速是得分之比减一，取决于标准化把零点放在何处。",
            "growth depends on where the normalising puts the zero of the scores",
        )
        notes = (*notes, zero)
    caption = case.say(f"{first}与{final}的总指数", f"Index in {first} and {final}")
    if not case.comparable:
        said.append(
            case.say(
                "标准化或权重逐期计算，不同时期的得分不可比，这里只比较名次。",
                "Data were normalised or weighted within each period, so that scores of "
                "different periods cannot be compared; only ranks are.",
            )
        )
    heads = _trend_heads(case, first, final)
    decimals = {"growth": 1, **dict.fromkeys(("before", "after", "change"), case.digits)}
    blocks: list[Block] = [Prose(joined(said, case.lang))]
    blocks.append(Tabled(shown, caption, notes, decimals, heads))
    blocks += _trend_figures(case, first, final)
    if case.comparable:
        blocks += _accounts(case, periods[scored[0]], periods[scored[-1]])
    return section_of(case, "trend", blocks, said[:1])


def _change_table(case: Case, first: int, last: int) -> pd.DataFrame:
    """Index and rank of both periods, for the units that have them in both."""
    table, total = case.result.table, case.result.total.to_numpy()
    places = np.asarray(case.result.ranks[ROOT].to_numpy(dtype=float, na_value=np.nan))
    assert table.slot is not None
    at: dict[int, dict[Any, int]] = {
        t: {table.units[i]: int(i) for i in np.flatnonzero(table.slot == t)} for t in (first, last)
    }
    rows = {}
    for unit, i in at[last].items():
        j = at[first].get(unit)
        if j is None or np.isnan(total[[i, j]]).any():
            continue
        rows[unit] = {
            "before": total[j],
            "after": total[i],
            "change": total[i] - total[j],
            "growth": 100 * (total[i] / total[j] - 1) if total[j] > 0 else np.nan,
            "rank_before": places[j],
            "rank_after": places[i],
            "moved": places[j] - places[i],
        }
    columns = [*("before", "after", "change", "growth"), *("rank_before", "rank_after", "moved")]
    labels = pd.Index(list(rows), dtype=object, name=case.units_head, tupleize_cols=False)
    out = pd.DataFrame(list(rows.values()), index=labels, columns=columns)
    out = out.sort_values("rank_after", kind="stable")
    if not case.comparable:
        out = out.drop(columns=["before", "after", "change", "growth"])
    if case.single:
        out = out.drop(columns=["rank_before", "rank_after", "moved"])
    whole = [
        c for c in out if str(c).startswith(("rank", "moved")) and (out[c] == out[c].round()).all()
    ]
    return out.astype(dict.fromkeys(whole, "int64"))


def _trend_heads(case: Case, first: str, last: str) -> dict[str, str]:
    say = case.say
    return {
        "before": first,
        "after": last,
        "change": say("变动", "Change"),
        "growth": say("增速（%）", "Growth (%)"),
        "rank_before": say(f"{first}名次", f"Rank {first}"),
        "rank_after": say(f"{last}名次", f"Rank {last}"),
        "moved": say("名次升降", "Places gained"),
    }


def _trend_sentences(case: Case, frame: pd.DataFrame, first: str, last: str) -> list[str]:
    out = []
    if case.comparable:
        a, b = (case.number(float(frame[c].mean())) for c in ("before", "after"))
        up = int((frame["change"] > 0).sum())
        some = case.say(f"其中{up}个上升", f"{up} of them rose")
        every = case.say("全部上升", "all of them rose")
        none = case.say("无一上升", "none of them rose")
        rose = {0: none, len(frame): every}.get(up, some)
        many = f"{len(frame)} unit{'s' if len(frame) != 1 else ''}"
        if case.single:
            out.append(
                case.say(
                    f"总指数由{first}的{a}变为{last}的{b}。",
                    f"The index went from {a} in {first} to {b} in {last}.",
                )
            )
        else:
            out.append(
                case.say(
                    f"{first}至{last}，{len(frame)}个评价对象的平均总指数由{a}变为{b}，{rose}。",
                    f"From {first} to {last} the mean index of {many} went from {a} to {b}; "
                    f"{rose}.",
                )
            )
    for gained in (True, False) if "moved" in frame else ():
        most = frame["moved"].max() if gained else -frame["moved"].min()
        if most > 0:
            by = frame["moved"] if gained else -frame["moved"]
            places = f"{most:g}"
            pairs = [(u, case.say(f"{places}位", places)) for u in frame.index[by == most]]
            who = case.bracketed(pairs, PLACES)
            zh, en = ("上升", "gained") if gained else ("下降", "lost")
            out.append(case.say(f"名次{zh}最多的是{who}。", f"The most places were {en} by {who}."))
    mine = frame[[u == case.unit for u in frame.index]]
    if case.unit is not None and mine.empty:
        out.append(
            case.say(
                f"{case.unit}在其中一期没有总指数，未列入。",
                f"{case.unit} has no index in one of the two and is not listed.",
            )
        )
    if case.unit is not None and len(mine) and "moved" in frame:
        r = mine.iloc[0]
        was, now = f"{r['rank_before']:g}", f"{r['rank_after']:g}"
        moved = case.say(f"由第{was}位变为第{now}位", f"went from rank {was} to {now}")
        kept = case.say(f"两期均居第{now}位", f"had rank {now} in both")
        out.append(
            f"{case.unit}{case.say('', ' ')}{kept if was == now else moved}{case.say('。', '.')}"
        )
    return out


def _trend_figures(case: Case, first: str, last: str) -> list[Figure]:
    result = case.result if case.period == _last(case) else _until(case)
    named = None if case.unit is None or case.single else _with_leaders(case)
    lines = case.figure(
        lambda: figures.trend(result, lang=case.lang, units=named, size=(_FULL, 8)),
        case.say("总指数的变化", "The index over the periods"),
        case.say(
            f"折线图：{first}至{last}部分评价对象的总指数，背景为全部评价对象的中位数与分布区间。",
            f"Lines: the index of some units from {first} to {last}, before the median and the "
            "range of all.",
        ),
    )
    if case.single:
        return lines
    return lines + case.figure(
        lambda: figures.bump(result, lang=case.lang, units=named),
        case.say("名次的变化", "Ranks over the periods"),
        case.say(
            f"名次图：{first}至{last}各评价对象的名次，每条线为一个评价对象，右端为{last}的顺序。",
            f"Ranks of the units from {first} to {last}, a line each, in the order of {last}.",
        ),
    )


def _last(case: Case) -> Any:
    periods = case.result.table.periods
    return None if periods is None else periods[-1]


def _until(case: Case) -> Any:
    """The same result without the periods after the one that is reported, for figures of scores."""
    table = case.result.table
    assert table.periods is not None
    assert table.slot is not None
    last = table.periods.index(case.period)
    rows = np.flatnonzero(table.slot <= last)
    local = {k: w[: last + 1] if w.ndim > 1 else w for k, w in case.result.local.items()}
    values = case.result.values[rows]
    # what was prepared is of all rows: it goes, as scores need it no more
    return replace(case.result, table=table.take(rows), values=values, local=local, prepared=None)


def _with_leaders(case: Case) -> list[Any]:
    units = [case.result.table.units[i] for i in case.rows[:5]]
    return list(dict.fromkeys([case.unit, *units]))[:5]


def _accounts(case: Case, first: Any, last: Any) -> list[Block]:
    """What the change of one unit is made of."""
    import gz_index as gz

    unit = case.unit if case.unit is not None else case.result.table.units[case.rows[0]]
    try:
        study = gz.change(case.result, since=first, until=last, unit=unit)
        below = study.of(unit)
    except GzIndexError as error:
        title = case.say(f"{unit}总指数变动的分解", f"the split of the change of {unit}")
        why = case.why(title, error)
        case.undrawn[_steps(case, unit, first, last)] = why
        return [Prose(case.say(f"未作{title}：{why}。", f"Not made: {title} ({why})."))]
    case.studies["change"] = study
    below = below[below["parent"] == ROOT]
    apart = ["data", "inner_weights", "own_weight"]
    apart = apart if (below[apart[1:]].abs() > _NOTHING).any(axis=None) else []
    frame = below[["part_before", "part_after", *apart, "points", "share"]].copy()
    frame.index = pd.Index(
        [case.name(c) for c in below.index.get_level_values("node")], name="pillar"
    )
    heads = {
        "pillar": case.say("分项", "Pillar"),
        "part_before": case.say(f"{case.when(first)}贡献", f"Part in {case.when(first)}"),
        "part_after": case.say(f"{case.when(last)}贡献", f"Part in {case.when(last)}"),
        "data": case.say("其中：数据", "From data"),
        "inner_weights": case.say("其中：下级权重", "From weights below"),
        "own_weight": case.say("其中：自身权重", "From its own weight"),
        "points": case.say("拉动（点）", "Points of the change"),
        "share": case.say("贡献率（%）", "Share of the change (%)"),
    }
    points = frame["points"].to_numpy()
    at = np.flatnonzero(np.isclose(abs(points), abs(points).max(), rtol=1e-9, atol=0))
    sizes = [case.number(points[k]) for k in at]
    pairs = [
        (frame.index[k], case.say(f"{n}点", f"{n} points")) for k, n in zip(at, sizes, strict=True)
    ]
    most = case.bracketed(pairs, PLACES)
    text = case.say(
        f"{unit}总指数的变动按分项分解，绝对贡献最大的是{most}。",
        f"Of the change of {unit}, the largest part is that of {most}.",
    )
    caption = case.say(f"{unit}总指数变动的分解", f"What the change of {unit} is made of")
    decimals = {
        "share": 1,
        **dict.fromkeys(("part_before", "part_after", *apart, "points"), case.digits),
    }
    notes = study.notes_in(case.lang)
    out: list[Block] = [Prose(text), Tabled(frame, caption, notes, decimals, heads)]
    out += case.figure(
        lambda: figures.waterfall(study, lang=case.lang, unit=unit, size=(_FULL, 8)),
        _steps(case, unit, first, last),
        case.say(
            f"瀑布图：{_steps(case, unit, first, last)}，逐项为各分项的贡献。",
            f"Waterfall: {_steps(case, unit, first, last)}; a step for each pillar.",
        ),
    )
    return out


def _steps(case: Case, unit: Any, first: Any, last: Any) -> str:
    """Caption of the figure of a change."""
    a, b = case.when(first), case.when(last)
    return case.say(f"{unit}总指数由{a}到{b}的变动", f"Steps from {a} to {b}, {unit}")

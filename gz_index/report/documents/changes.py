"""Section of a report on how the index moved: its trend, and what a change is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gz_index.errors import GzIndexError
from gz_index.framework import ROOT
from gz_index.report import figures
from gz_index.report.documents.case import Case, Inapplicable
from gz_index.report.documents.chapters import PLACES, is_based, section_of
from gz_index.report.documents.content import Block, Figure, Prose, Section, Tabled, joined

__all__ = ["on_trend"]

_FULL = 15.5  # cm
#: a part of a change below this is one of rounding
_NOTHING = 1e-12


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
    if "growth" in frame and not is_based(case):
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

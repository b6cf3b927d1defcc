"""Section of a report on how much the ranks depend on what was chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gz_index.choices import Discrete
from gz_index.errors import GzIndexError
from gz_index.report import figures, phrases
from gz_index.report.documents.case import Case, Inapplicable
from gz_index.report.documents.chapters import section_of
from gz_index.report.documents.content import Block, Items, Prose, Section, Tabled, joined
from gz_index.report.drawing.canvas import signs
from gz_index.report.grids import period_text

if TYPE_CHECKING:
    from gz_index.choices import Choice
    from gz_index.comparison import Comparison

__all__ = ["on_robustness"]

#: what a definition is compared with, part by part
_VARIANTS = (
    *(("weight", w) for w in ("equal", "entropy", "critic", "cv", "pca")),
    ("normalise", "minmax"),
    ("normalise", "zscore"),
    ("normalise", "rank"),
    ("aggregate", "arithmetic"),
    ("aggregate", "geometric"),
)
_SPREAD = 0.25


def on_robustness(case: Case) -> Section:
    """Intervals of ranks, other methods, and what the ranks depend on most."""
    if case.single or len(case.rows) < 2:
        raise Inapplicable(
            "名次须有两个以上评价对象", "ranks need two units or more, and there are fewer"
        )
    say = case.say
    parts, points, failed = [], [], []
    made = (
        ("uncertainty", say("名次的不确定性", "Uncertainty of ranks"), _intervals),
        ("comparison", say("换用其他方法", "Other methods"), _others),
        ("sobol", say("名次取决于什么", "What the ranks depend on"), _shares),
    )
    for key, title, make in made:
        try:
            blocks, said = make(case)
        except GzIndexError as error:
            failed.append(f"{title}{say('：', ': ')}{case.why(title, error)}")
        except Inapplicable as why:
            failed.append(f"{title}{say('：', ': ')}{why.why.get(case.lang)}")
        else:
            parts.append(Section(key, title, tuple(blocks)))
            points += said
    if not parts:
        raise Inapplicable("；".join(failed), "; ".join(failed))
    blocks = [Prose(say("未作的分析：", "Not made:")), Items(tuple(failed))] if failed else []
    return section_of(case, "robustness", blocks, points, tuple(parts))


def _intervals(case: Case) -> tuple[list[Block], list[str]]:
    import gz_index as gz

    own = case.index.sensitivity is not None
    choices = None if own else [gz.Spread(size=_SPREAD)]
    study = gz.uncertainty(
        case.index, case.data, choices, draws=case.draws, seed=case.seed, period=case.period
    )
    case.studies["uncertainty"] = study
    say, level = case.say, f"{study.level:.0%}"
    r = study.ranks.sort_values("nominal", kind="stable")
    frame = r[["nominal", "median", "low", "high", "shift"]].copy()
    whole = [c for c in ("nominal", "median", "low", "high") if (r[c] == r[c].round()).all()]
    frame = frame.astype(dict.fromkeys(whole, "int64"))
    frame["top"] = 100 * study.top(3).reindex(r.index)
    frame.index = pd.Index(_unit_names(case, frame.index), name=case.units_head)
    heads = {
        "nominal": say("名次", "Rank"),
        "median": say("中位名次", "Median"),
        "low": say("区间下限", "From"),
        "high": say("区间上限", "To"),
        "shift": say("平均变动（位）", "Mean shift"),
        "top": say("前三的比例（%）", "In the first three (%)"),
    }
    varied = case.listed([_described(case, c) for c in study.model.choices])
    intro = say(
        f"按定义，各次抽样中变动的有：{varied}。"
        if own
        else f"定义没有说明哪些选择可变，这里让各权重上下变动{_SPREAD:.0%}。",
        f"As the definition says, these vary from draw to draw: {varied}."
        if own
        else f"The definition does not say what may vary; every weight varies by {_SPREAD:.0%}.",
    )
    n, out = len(r), study.outside
    inside = say("各评价对象的名义名次均在区间之内。", "All nominal ranks lie in their intervals.")
    if out:
        inside = say(
            f"{n}个评价对象中有{out}个的名义名次在区间之外。",
            f"{out} of {n} units have their nominal rank outside the interval.",
        )
    # what the first two notes say is said here in the words of a report
    notes = study.notes_in(case.lang)[2:]
    text = _widths(case, r["high"] - r["low"], level)
    point = say(
        f"名次检验（{study.draws}次抽样）：名次平均变动{study.shift:.2f}位，{text}",
        f"Over {study.draws} draws the mean shift of ranks is {study.shift:.2f}. {text}",
    )
    shown, more = case.cut(frame)
    caption = say(f"名次与{level}区间", f"Ranks and their {level} intervals")
    blocks: list[Block] = [
        Prose(joined([intro, point, inside, *(_sentence(case, n) for n in notes)], case.lang))
    ]
    blocks.append(Tabled(shown, caption, more, {"shift": 2, "top": 1}, heads))
    blocks += case.figure(
        lambda: figures.rank_intervals(study, lang=case.lang, period=case.period),
        caption,
        say(
            f"区间图：{len(r)}个评价对象的名次，粗线为{level}区间，细线为最好与最差名次，点为名义名次。",
            f"Intervals: ranks of {len(r)} units; thick lines are {level} intervals, thin ones go "
            "from best to worst, dots are nominal ranks.",
        ),
    )
    return blocks, [point]


def _described(case: Case, choice: Choice) -> str:
    """A choice with its size: of alternatives their number."""
    title = choice.title.get(case.lang)
    more = replace(choice, name="").title.get(case.lang) if choice.name else ""
    if isinstance(choice, Discrete):
        count = len(choice.levels)
        more = case.say(f"{count}种", f"{count} alternatives")
    return signs(case.bracketed([(title, more)]) if more else title)


def _widths(case: Case, wide: pd.Series[float], level: str) -> str:
    """How wide the intervals of ranks are, and whose is the widest."""
    middle, most = f"{wide.median():g}", wide.max()
    out = case.say(
        f"{level}名次区间宽度的中位数为{middle}位",
        f"The {level} intervals of ranks are {middle} place{'s' if middle != '1' else ''} wide in "
        "the median",
    )
    if most > 0:
        names = _unit_names(case, wide.index[wide == most])
        who = case.bracketed([(u, case.say(f"{most:g}位", f"{most:g}")) for u in names], 3)
        out += case.say(f"，最宽的是{who}", f"; the widest: {who}")
    return out + case.say("。", ".")


def _sentence(case: Case, text: str) -> str:
    """A note as a sentence."""
    end = case.say("。", ".")
    return text if text.endswith(end) else (text[:1].upper() + text[1:] + end)


def _unit_names(case: Case, labels: Any) -> list[str]:
    """Names of units from labels that may hold the period too."""
    units = dict(zip(case.result.table.index, case.result.table.units, strict=True))
    return [period_text(units.get(x, x)) for x in labels]


def _others(case: Case) -> tuple[list[Block], list[str]]:
    from gz_index.comparison import Comparison

    say, lang = case.say, case.lang
    words = {
        "weight": phrases.WEIGHED,
        "normalise": phrases.NORMALISED,
        "aggregate": phrases.AGGREGATES,
    }
    results = {say("本定义", "As defined"): case.result}
    failed, idle = [], []
    for part, name in _VARIANTS:
        label = words[part][name].name.get(lang)
        label = label.removeprefix("the ")
        try:
            index = case.index.replace(**{part: name})
            if index.hash == case.index.hash:
                continue
            result = index.evaluate(case.data)
        except GzIndexError as error:
            failed.append((label, case.why(label, error)))
            continue
        if not result.table.index.equals(case.result.table.index):
            failed.append((label, say("评价对象与本定义不同", "it is of other units")))
        elif (np.nan_to_num(result.values) != np.nan_to_num(case.result.values)).any():
            results[label] = result
        elif _own_rules(case, part):  # else another name for what the definition says
            idle.append(label)
    notes = _overridden(case)
    if idle:
        names = case.listed(idle)
        notes.append(say(f"没有影响，未列入：{names}", f"not listed, as without effect: {names}"))
    notes += [say(f"不能应用{a}：{b}", f"{a} cannot be applied: {b}") for a, b in failed]
    if len(results) < 2:
        why = say("没有可比的方案", "no other method can be applied")
        raise Inapplicable(
            *["；".join([why, *notes]) if lang == "zh" else "; ".join([why, *notes])] * 2
        )
    study = Comparison(results)
    case.studies["comparison"] = study
    blocks, text = _compared(case, study, notes)
    return blocks, [text]


def _own_rules(case: Case, part: str) -> list[str]:
    """Nodes that keep a rule of their own, whatever the whole index has for this part."""
    f, plan = case.framework, case.plan
    if part == "normalise":
        return [i.code for i in f.indicators if i.normalise is not None]
    own: Any = {"weight": lambda g: g.weigh, "aggregate": lambda g: g.aggregate}[part]
    return [g.code for g in f.groups if len(plan.framework.children(g.code)) > 1 and own(g)]


def _overridden(case: Case) -> list[str]:
    """What other methods do not reach, part by part."""
    say, out = case.say, []
    parts = {
        "weight": say("赋权方法", "other weights"),
        "normalise": say("标准化方法", "other ways of normalising"),
        "aggregate": say("合成方法", "other ways of aggregating"),
    }
    for part, word in parts.items():
        codes = _own_rules(case, part)
        if codes:
            names = case.listed([case.name(c) for c in codes[:8]])
            more = len(codes) - 8
            names += say(f"等{len(codes)}个", f" and {more} more") if more > 0 else ""
            out.append(
                say(
                    f"换用{word}对下列各处没有影响，它们有自己的规则：{names}",
                    f"{word} have no effect on these, which have a rule of their own: {names}",
                )
            )
    return out


def _compared(case: Case, study: Comparison, notes: list[str]) -> tuple[list[Block], str]:
    """The table of the variants, and what it says."""
    say = case.say
    t = study.table().iloc[1:]
    frame = t[["spearman", "kendall", "mean_shift", "largest", "at", "same_rank"]].copy()
    frame["largest"] = [abs(v) for v in frame["largest"]]
    ranks = study.ranks().astype(float)
    frame["at"] = [_moved_most(case, ranks.iloc[:, 0], ranks[v]) for v in frame.index]
    frame.index.name = "variant"
    ranked = int(ranks.notna().all(axis=1).sum())
    heads = {
        "variant": say("方案", "Variant"),
        "spearman": "Spearman",
        "kendall": "Kendall τ-b",
        "mean_shift": say("平均变动（位）", "Mean shift"),
        "largest": say("最大变动（位）", "Largest shift"),
        "at": say("最大者", "Whose"),
        "same_rank": say(f"名次不变（共{ranked}个名次）", f"Same rank (of {ranked})"),
    }
    panel = case.result.counts["periods"] > 1
    low, high = (f"{v:.3f}" for v in (frame["spearman"].min(), frame["spearman"].max()))
    span = low if low == high else say(f"{low}—{high}", f"{low} to {high}")
    if low != high:
        names = case.listed(list(frame.index[frame["spearman"] == frame["spearman"].min()]))
        span += say(f"，最低的是{names}", f", lowest with {names}")
    mean = say("（各时期平均）", " (mean over the periods)") if panel else ""
    w, n = f"{study.kendall_w:.3f}", len(frame)
    many = "another method" if n == 1 else f"{n} other methods, one at a time"
    text = say(
        f"逐一换用{n}种方法，与本定义名次的Spearman相关系数{mean}为{span}；"
        f"全部方案的Kendall协和系数W为{w}。",
        f"With {many}, Spearman's correlation with the ranks as "
        f"defined{mean} is {span}; Kendall's W of all variants is {w}.",
    )
    caption = say("换用其他方法时的名次", "Ranks under other methods")
    decimals = {"spearman": 3, "kendall": 3, "mean_shift": 2, "largest": 0}
    over = say(
        "相关系数为各时期平均；平均变动、最大变动与名次不变按全部时期的各行计",
        "correlations are means over the periods; shifts and equal ranks are of the rows of all "
        "periods",
    )
    notes = [over, *notes] if panel else notes
    return [Prose(text), Tabled(frame, caption, tuple(notes), decimals, heads)], text


def _moved_most(case: Case, before: pd.Series[float], after: pd.Series[float]) -> str:
    """Name of the row whose rank changes most."""
    moved = np.nan_to_num((after - before).abs().to_numpy())
    at = int(moved.argmax())
    if not moved[at]:
        return ""
    table, unit = case.result.table, str(case.result.table.units[at])
    if table.periods is None or table.slot is None:
        return unit
    return f"{unit}{case.say('，', ', ')}{period_text(table.periods[table.slot[at]])}"


def _shares(case: Case) -> tuple[list[Block], list[str]]:
    import gz_index as gz

    if case.index.sensitivity is None or len(case.index.sensitivity.choices) < 2:
        raise Inapplicable(
            "定义中可变的选择少于两项，无从比较",
            "the definition lets fewer than two choices vary: there is nothing to compare",
        )
    study = gz.sobol(
        case.index,
        case.data,
        targets=["shift"],
        points=case.points,
        seed=case.seed,
        period=case.period,
    )
    case.studies["sobol"] = study
    say = case.say
    found = study.of("shift")
    columns = [c for c in ("first", "total", "total_low", "total_high", "shapley") if c in found]
    frame = found[columns].copy()
    names = [signs(study.title_of(str(c)).get(case.lang)) for c in found.index]
    frame.index = pd.Index(names, name="choice")
    heads = {
        "choice": say("选择", "Choice"),
        "first": say("一阶", "First order"),
        "total": say("总效应", "Total"),
        "total_low": say("总效应下限", "Total, from"),
        "total_high": say("总效应上限", "Total, to"),
        "shapley": "Shapley",
    }
    text = say(
        "各选择引起的名次变动方差的份额。", "Shares of the variance of rank shifts by choice."
    )
    points = []
    if frame["total"].notna().any():
        point = _leading(case, frame)
        text, points = joined([text, point], case.lang), [point]
    notes = study.notes_in(case.lang)
    if not study.exact and (frame["total"].max() > 1 or frame["first"].sum() > 1):
        notes += (
            say(
                "有份额或其和大于1：样本太小，须加大points",
                "some shares, or their sum, are above 1: the sample is too small; raise points",
            ),
        )
    caption = say("名次变动的方差来自哪些选择", "What the variance of rank shifts comes from")
    blocks: list[Block] = [Prose(text), Tabled(frame, caption, notes, 3, heads)]
    blocks += case.figure(
        lambda: figures.variance_shares(study, lang=case.lang, target="shift"),
        caption,
        say(
            "条形图：各选择的一阶与总效应份额。",
            "Bars: first-order and total shares of each choice.",
        ),
    )
    return blocks, points


def _leading(case: Case, frame: pd.DataFrame) -> str:
    """Which choice the shifts of ranks depend on most, if the run tells it from all others."""
    say, total = case.say, frame["total"]
    bounds = ("total_low", "total_high") if "total_low" in frame else ("total", "total")
    low, high = (frame[b].fillna(total) for b in bounds)
    first = int(np.argmax(total))
    rival = high >= low.iloc[first]

    def shown(k: int) -> tuple[str, str]:
        value = f"{total.iloc[k]:.2f}"
        if bounds[0] != "total":
            value += say("，区间", ", interval ")
            value += say("—", " to ").join(f"{b.iloc[k]:.2f}" for b in (low, high))
        return str(frame.index[k]), value

    order = np.argsort(-total.to_numpy(), kind="stable")
    pairs = [shown(int(k)) for k in order if rival.iloc[k] or k == first]
    if len(pairs) == 1:
        name, value = pairs[0]
        return say(
            f"名次变动主要取决于“{name}”（总效应{value}）。",
            f"Shifts of ranks depend most on {name!r} (total effect {value}).",
        )
    named = case.bracketed(pairs)
    return say(
        f"名次变动最取决于哪项选择，本次计算不能分辨：{named}（括号内为总效应）。",
        f"Which choice the shifts of ranks depend on most cannot be told: {named} are too near to "
        "each other (total effects in brackets).",
    )

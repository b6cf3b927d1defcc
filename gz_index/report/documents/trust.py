"""Sections of a report on how far the index can be trusted: robustness, audit, methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gz_index.errors import GzIndexError
from gz_index.framework import ROOT, Indicator, Text
from gz_index.report import figures, phrases
from gz_index.report.documents.case import Case, Inapplicable, short_of
from gz_index.report.documents.chapters import section_of
from gz_index.report.documents.content import Block, Formula, Items, Prose, Section, Tabled, joined
from gz_index.report.methods import methods_text

__all__ = ["on_audit", "on_methods", "on_robustness"]

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


# -- robustness ------------------------------------------------------------------------------------


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
            failed.append(f"{title}{say('：', ': ')}{short_of(error)}")
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
    intro = say(
        "变动幅度见定义的[sensitivity]。"
        if own
        else f"定义没有[sensitivity]，各权重上下变动{_SPREAD:.0%}。",
        "What varies stands in the definition."
        if own
        else f"The definition does not say what may vary; every weight varies by {_SPREAD:.0%}.",
    )
    notes = study.notes_in(case.lang)
    text = _widths(case, r["high"] - r["low"], level)
    point = say(
        f"名次检验（{study.draws}次抽样）：名次平均变动{study.shift:.2f}位，{text}",
        f"Over {study.draws} draws the mean shift of ranks is {study.shift:.2f}. {text}",
    )
    shown, more = case.cut(frame)
    caption = say(f"名次与{level}区间", f"Ranks and their {level} intervals")
    blocks: list[Block] = [
        Prose(joined([intro, *(_sentence(case, n) for n in notes), text], case.lang))
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
    return [str(units.get(x, x)) for x in labels]


def _others(case: Case) -> tuple[list[Block], list[str]]:
    from gz_index.comparison import Comparison

    say, lang = case.say, case.lang
    words = {
        "weight": phrases.WEIGHED,
        "normalise": phrases.NORMALISED,
        "aggregate": phrases.AGGREGATES,
    }
    results = {say("本定义", "As defined"): case.result}
    failed = []
    for part, name in _VARIANTS:
        label = words[part][name].name.get(lang)
        label = label.removeprefix("the ")
        try:
            index = case.index.replace(**{part: name})
            if index.hash == case.index.hash:
                continue
            result = index.evaluate(case.data)
        except GzIndexError as error:
            failed.append((label, short_of(error)))
            continue
        if result.table.index.equals(case.result.table.index):
            same = (np.nan_to_num(result.values) == np.nan_to_num(case.result.values)).all()
            if not same:  # another name for what the definition says
                results[label] = result
    if len(results) < 2:
        raise Inapplicable("没有可比的方案", "no other method can be applied")
    study = Comparison(results)
    case.studies["comparison"] = study
    t = study.table().iloc[1:]
    frame = t[["spearman", "kendall", "mean_shift", "largest", "at", "same_rank"]].copy()
    frame["largest"] = [abs(v) for v in frame["largest"]]
    frame["at"] = [_row_name(case, v) for v in frame["at"]]
    frame.index.name = "variant"
    heads = {
        "variant": say("方案", "Variant"),
        "spearman": "Spearman",
        "kendall": "Kendall τ-b",
        "mean_shift": say("平均变动（位）", "Mean shift"),
        "largest": say("最大变动（位）", "Largest shift"),
        "at": say("最大者", "Whose"),
        "same_rank": say("名次不变", "Same rank"),
    }
    periods = case.result.counts["periods"]
    over = say("各时期平均", "means over the periods") if periods > 1 else ""
    low, high = (f"{v:.3f}" for v in (frame["spearman"].min(), frame["spearman"].max()))
    span = low if low == high else say(f"{low}—{high}", f"{low} to {high}")
    if low != high:
        name = str(frame["spearman"].idxmin())
        span += say(f"，最低的是{name}", f", lowest with {name}")
    span += (say(f"（{over}）", f" ({over})")) if over else ""
    w = f"{study.kendall_w:.3f}"
    text = say(
        f"逐一换用{len(frame)}种方法，与本定义名次的Spearman相关系数为{span}；"
        f"全部方案的Kendall协同系数W为{w}。",
        f"With {len(frame)} other methods, one at a time, Spearman's correlation with the ranks as "
        f"defined is {span}; Kendall's W of all variants is {w}.",
    )
    caption = say("换用其他方法时的名次", "Ranks under other methods")
    decimals = {"spearman": 3, "kendall": 3, "mean_shift": 2, "largest": 0}
    notes = [say(f"相关系数与变动均为{over}", over)] if over else []
    notes += [say(f"不能应用：{a}（{b}）", f"cannot be applied: {a} ({b})") for a, b in failed]
    blocks: list[Block] = [Prose(text), Tabled(frame, caption, tuple(notes), decimals, heads)]
    return blocks, [text]


def _row_name(case: Case, label: Any) -> str:
    if isinstance(label, tuple):
        return ", ".join(map(str, label))
    return str(label)


def _shares(case: Case) -> tuple[list[Block], list[str]]:
    import gz_index as gz

    if case.index.sensitivity is None or len(case.index.sensitivity.choices) < 2:
        raise Inapplicable(
            "定义的[sensitivity]少于两项选择，无从比较",
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
        most = frame["total"].idxmax()
        point = say(
            f"名次变动主要取决于“{most}”（总效应{frame['total'].max():.2f}）。",
            f"Shifts of ranks depend most on {most!r} (total effect {frame['total'].max():.2f}).",
        )
        text, points = joined([text, point], case.lang), [point]
    notes = study.notes_in(case.lang)
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


# -- audit -----------------------------------------------------------------------------------------


def on_audit(case: Case) -> Section:
    """Findings of the statistical audit, from warnings up."""
    import gz_index as gz
    from gz_index.auditing.report import folded, more_text, severity_text

    how: dict[str, Any] = {"points": case.points}
    how |= {} if case.draws is None else {"draws": case.draws}
    how |= {} if case.seed is None else {"seed": case.seed}
    study = gz.audit(case.index, case.data, period=case.period, **how)
    case.studies["audit"] = study
    say, lang = case.say, case.lang
    shown = study.at_least("warning")
    counts = [(severity_text(s, lang), n) for s, n in study.counts.items() if n]
    each = [say(f"{s}{n}项", f"{s} {n}") for s, n in counts]
    found = case.listed(each or [say("没有发现", "no findings")])
    point = say(f"统计审计：{found}。", f"Statistical audit: {found}.")
    blocks: list[Block] = [
        Prose(
            joined(
                [
                    say(
                        "按联合研究中心（JRC）的清单逐项核查定义、数据、结构、权重与稳健性。",
                        "Definition, data, structure, weights and robustness were gone through by "
                        "the checklist of the Joint Research Centre.",
                    ),
                    point,
                ],
                lang,
            )
        )
    ]
    if shown:
        rows = [
            (severity_text(f.severity, lang), f.code)
            + ((more_text(n, lang), "") if n else (f.message.get(lang), f.advice.get(lang)))
            for f, n in folded(shown)
        ]
        columns = [
            say("程度", "Severity"),
            say("代码", "Code"),
            say("发现", "Finding"),
            say("建议", "Advice"),
        ]
        frame = pd.DataFrame(rows, columns=columns)
        caption = say("警告及以上的发现", "Findings from warnings up")
        blocks.append(Tabled(frame, caption, study.notes_in(lang)))
    else:
        blocks.append(Prose(say("没有警告或更严重的发现。", "There is no warning or worse.")))
    return section_of(case, "audit", blocks, [point])


# -- methods ---------------------------------------------------------------------------------------


def on_methods(case: Case) -> Section:
    """What was done, with formulas; the indicators; remarks; references; versions."""
    methods = methods_text(case.result, lang=case.lang)
    case.studies["methods"] = methods
    say = case.say
    blocks: list[Block] = [Prose(p) for p in methods.text.split("\n\n")]
    blocks += [Formula(f, k) for k, f in enumerate(methods.formulas, start=1)]
    versions = dict(case.result.versions)
    hashes = {k: versions.pop(k) for k in _HASHES}
    software = ", ".join(f"{k} {v}" for k, v in versions.items() if k != "definition")
    made = [f"{t.get(case.lang)}{say('：', ': ')}{hashes[k]}" for k, t in _HASHES.items()]
    made.insert(0, f"{say('软件：', 'software: ')}{software}")
    notes = tuple(dict.fromkeys(case.result.notes_in(case.lang)))
    parts = [
        Section("indicators", say("指标体系", "Indicators"), (_indicators(case),)),
        Section("notes", say("数据说明与限制", "Remarks and limits"), (Items(notes),)),
        Section("references", say("参考文献", "References"), (Items(_references(methods)),)),
        Section("versions", say("可复现信息", "To reproduce"), (Items(tuple(made)),)),
    ]
    return section_of(case, "methods", blocks, [], tuple(p for p in parts if _full(p)))


_HASHES = {
    "definition_hash": Text("定义的校验值", "hash of the definition"),
    "data_hash": Text("数据的校验值", "hash of the data"),
}


def _full(section: Section) -> bool:
    return any(not isinstance(b, Items) or b.texts for b in section.blocks)


def _references(methods: Any) -> tuple[str, ...]:
    return tuple(
        f"[{s.key}] {s.text().replace('{', '').replace('}', '')}" for s in methods.references
    )


def _indicators(case: Case) -> Tabled:
    """The tree: pillar, indicator, unit, direction, weight in the index."""
    f, say, lang = case.framework, case.say, case.lang
    weights = case.result.weights["global"]
    if isinstance(weights.index, pd.MultiIndex):  # by period: those of the one reported
        weights = weights.xs(case.period, level=1)
    signs = {1: say("正向", "+"), -1: say("逆向", "−"), 0: say("区间最优", "interval")}
    rows = []
    for code in f.codes:
        node = f.node(code)
        assert isinstance(node, Indicator)
        above = [a for a in f.ancestors(code) if f.node(a).parent == ROOT]
        rows.append(
            {
                "pillar": case.name(above[0]) if above else "",
                "indicator": case.name(code),
                "unit": node.unit.get(lang),
                "direction": signs[node.direction.sign],
                "weight": float(weights[code]),
            }
        )
    frame = pd.DataFrame(rows)
    frame = frame.loc[:, [c for c in frame if not (frame[c] == "").all()]]
    heads = {
        "pillar": say("分项", "Pillar"),
        "unit": say("单位", "Unit of measure"),
        "direction": say("方向", "Direction"),
        "weight": say("总权重", "Weight in the index"),
    }
    return Tabled(frame, say("指标体系与权重", "Indicators and weights"), (), 4, heads)

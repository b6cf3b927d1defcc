"""Sections of a report on how far the index can be trusted: audit, methods."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gz_index.framework import ROOT, Indicator, Text
from gz_index.report.documents.case import Case
from gz_index.report.documents.chapters import section_of
from gz_index.report.documents.content import Block, Formula, Items, Prose, Section, Tabled, joined
from gz_index.report.drawing.canvas import signs
from gz_index.report.methods import methods_text

__all__ = ["on_audit", "on_methods"]

# -- audit -----------------------------------------------------------------------------------------


def on_audit(case: Case) -> Section:
    """Findings of the statistical audit, from warnings up."""
    import gz_index as gz
    from gz_index.auditing.report import folded, more_text, severity_text

    how: dict[str, Any] = {} if case.points is None else {"points": case.points}
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
        blocks.append(Tabled(frame, caption, tuple(map(signs, study.notes_in(lang)))))
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

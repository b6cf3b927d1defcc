"""What the dashboard says in Chinese and in English: heads, classes, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gz_index.framework import Indicator, Text
from gz_index.monitoring.assessment import CLASSES, CONVENTIONS, GROWTH, OUTCOMES
from gz_index.monitoring.targets import target_text

if TYPE_CHECKING:
    from gz_index.monitoring.dashboard import Monitor

__all__ = ["COLUMNS", "class_text", "dashboard", "notes", "zones"]

Lang = Literal["zh", "en"]

#: columns of the dashboard: heads in both languages, and whether they are shares
COLUMNS: Mapping[str, Text] = {
    "zone": Text("区域", "Zone"),
    "name": Text("指标", "Indicator"),
    "unit": Text("单位", "Unit"),
    "base_year": Text("基期", "Base year"),
    "base": Text("基期值", "Base"),
    "year": Text("最新年份", "Latest year"),
    "value": Text("最新值", "Latest"),
    "target": Text("目标", "Target"),
    "target_year": Text("目标年", "Due"),
    "aim": Text("目标值", "Target level"),
    "completion": Text("完成度", "Completion"),
    "time_share": Text("时间进度", "Time elapsed"),
    "growth": Text("年均增速", "Growth a year"),
    "required": Text("所需增速", "Growth required"),
    "ratio": Text("增速比R", "Ratio R"),
    "gap_rate": Text("差距缩减比", "Gap closing"),
    "remaining": Text("剩余所需增速", "Growth still required"),
    "left": Text("距目标", "Left to go"),
    "distance": Text("距目标（标准差）", "Left, in sd of peers"),
    "outcome": Text("评估状态", "Outcome"),
    "class": Text("评价", "Class"),
    "disagree": Text("线性与增速判断不一", "Rules disagree"),
    "without": Text("增速说明", "Why no growth"),
    "flag": Text("数据标记", "Data flag"),
    "force": Text("约束性", "Force"),
    "assumption": Text("使用者假设", "User's assumption"),
    "method": Text("方法", "Method"),
    "clause": Text("条款", "Clause"),
    "words": Text("目标原文", "Words of the target"),
}


_ZONE_HEADS: Mapping[str, Text] = {
    "indicators": Text("指标数", "Indicators"),
    "known": Text("有数据", "Known"),
    "targets": Text("有目标", "With target"),
    "assessed": Text("可评估", "Assessed"),
    "completion": Text("平均完成度", "Mean completion"),
}


def class_text(name: str, lang: Lang, *, sign: bool = True) -> str:
    """Return a class in words, with its sign before it."""
    if not name:
        return ""
    words, mark = CLASSES.get(name, (Text.of(name), ""))  # a convention may have its own
    return f"{mark} {words.get(lang)}".lstrip() if sign else words.get(lang)


def dashboard(m: Monitor, lang: Lang) -> pd.DataFrame:
    """Return the dashboard in words; see :meth:`Monitor.to_frame`."""
    f = m.index.framework
    out = m.table.drop(columns=[f"class_{k}" for k in CONVENTIONS])
    out["zone"] = [f.name(z, lang) if z else "" for z in out["zone"]]
    out["name"] = [m.name(c, lang) for c in out.index]
    out["unit"] = [n.unit.get(lang) if isinstance(n, Indicator) else "" for n in m.nodes]
    out["target"] = [
        target_text(m.goals[c].target, lang) if c in m.goals else "" for c in out.index
    ]
    out["class"] = [class_text(c, lang) for c in out["class"]]
    out["outcome"] = [OUTCOMES[o].get(lang) for o in out["outcome"]]
    out["without"] = [GROWTH[w].get(lang) if w else "" for w in out["without"]]
    forces = {"binding": Text("约束性", "binding"), "expected": Text("预期性", "expected")}
    out["force"] = [forces[w].get(lang) if w else "" for w in out["force"]]
    out["method"] = m.wording.name.get(lang)
    yes = "是" if lang == "zh" else "yes"
    for c in ("disagree", "assumption"):
        out[c] = np.where(out[c].astype(bool), yes, "")
    empty = [c for c in out if out[c].isna().all() or (out[c].astype(object) == "").all()]
    out = out.drop(columns=empty).rename(columns={k: v.get(lang) for k, v in COLUMNS.items()})
    return out.rename_axis("代码" if lang == "zh" else "Code")


def zones(m: Monitor, lang: Lang) -> pd.DataFrame:
    """Return the roll-up by zone in words."""
    f = m.index.framework
    heads = {k: v.get(lang) for k, v in _ZONE_HEADS.items()}
    heads |= {k: words.get(lang) for k, (words, _) in CLASSES.items()}
    names = [
        (Text("合计", "All").get(lang) if z == "all" else f.name(z, lang)) for z in m.zones.index
    ]
    out = m.zones.rename(columns=heads)
    out.index = pd.Index(names, name=COLUMNS["zone"].get(lang))
    return out


def notes(m: Monitor) -> Iterator[Text]:
    """Give what a reader of the dashboard has to know."""
    yield from _known(m)
    yield from _disagreements(m)
    yield from _understood(m)
    yield from _marked(m)
    if m.prepared is not None:
        yield from (t for t in m.prepared.texts() if t not in m.prepared.filled)


def _known(m: Monitor) -> Iterator[Text]:
    """How many targets can be assessed, and why the others cannot."""
    t = m.table
    numbers = t[(t["target"] != "") & (t["outcome"] != "in words")]
    unrated = numbers[numbers["class"] == ""]
    why = [  # of what is assessed without a class: why the numbers say nothing
        GROWTH[w] if o == "assessed" and w else OUTCOMES[o]
        for o, w in zip(unrated["outcome"], unrated["without"], strict=True)
    ]
    done = len(numbers) - len(why)
    causes = Counter(why).most_common()
    zh, en = f"可评估{done}项", f"{done} can be assessed"
    if causes:
        zh += "；其余：" + "、".join(f"{o.zh}{n}项" for o, n in causes)
        en += "; the others: " + ", ".join(f"{n} {o.en}" for o, n in causes)
    yield Text(
        f"{m.unit}，截至{m.year}年：{len(numbers)}项有数值目标，{zh}",
        f"{m.unit} as of {m.year}: {len(numbers)} targets with a number, {en}",
    )
    bare = t[t["target"] == ""]["outcome"]
    old, none = int((bare == "too few points").sum()), int((bare == "no data").sum())
    if len(bare):
        yield Text(
            f"{len(bare)}项没有目标，只能看趋势，其中{old}项只有一个时点，{none}项无数据",
            f"{len(bare)} indicators have no target, only a trend; of these {old} have a single "
            f"year and {none} have no data",
        )


def _disagreements(m: Monitor) -> Iterator[Text]:
    """Where the linear rule and the rule of growth do not say the same."""
    for code, row in m.table[m.table["disagree"]].iterrows():
        done, share, ratio = (f"{row[c]:.3f}" for c in ("completion", "time_share", "ratio"))
        yield Text(
            f"{m.name(str(code), 'zh')}：线性完成度{done}对时间进度{share}，增速比{ratio}，"
            "两种规则判断不一",
            f"{m.name(str(code))}: completion {done} against {share} of the time, ratio of growth "
            f"{ratio}: the two rules disagree",
        )


def _understood(m: Monitor) -> Iterator[Text]:
    """What is known without a base, and how targets and bases were read; each remark once."""
    for code, row in m.table[m.table["outcome"] == "no base"].iterrows():
        if pd.notna(row["remaining"]):
            now, due, rate = f"{row['value']:g}", f"{row['aim']:g}", f"{row['remaining']:.1%}"
            yield Text(
                f"{m.name(str(code), 'zh')}：{row['year']}年为{now}，无基期值；此后年均增长{rate}，"
                f"可在{row['target_year']}年达到{due}",
                f"{m.name(str(code))}: {now} in {row['year']}, no base; {rate} a year from then on "
                f"would reach {due} in {row['target_year']}",
            )
    said: dict[Text, list[str]] = {}
    for code, aim in m.goals.items():
        for note in aim.notes:
            said.setdefault(note, []).append(code)
    for i in m.index.framework.indicators:
        base = i.baseline
        since = m.base_year if base is None or base.year is None else base.year
        if base and base.operator != "=" and any(y > since for y in m.series(i.code)):
            said.setdefault(_SOFT, []).append(i.code)
    for code, aim in m.goals.items():
        if aim.target.assumption:
            said.setdefault(_ASSUMED, []).append(code)
    for note, codes in said.items():
        zh = "、".join(m.name(c, "zh") for c in codes)
        yield Text(f"{zh}：{note.zh}", f"{'; '.join(map(m.name, codes))}: {note.en}")


_SOFT = Text(
    "基期值为下限或约数，增速为近似", "the base is a bound or approximate, and so is growth"
)
_ASSUMED = Text("目标是使用者的假设", "the target is the user's assumption")


def _marked(m: Monitor) -> Iterator[Text]:
    """Targets in words, and binding ones that are missed."""
    for target in (g.target for g in m.goals.values() if g.target.value is None):
        yield Text(
            f"{target.year or ''}年目标为定性表述，不作量化评估：{target.text}",
            f"the target of {target.year} is in words and is not assessed: {target.text}",
        )
    for code in m.missed_binding:
        yield Text(
            f"约束性目标未实现：{m.name(code, 'zh')}", f"binding target missed: {m.name(code)}"
        )

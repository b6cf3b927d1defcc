"""What an audit can find: the checklist, its words in both languages, and its thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from gz_index.auditing import coherence
from gz_index.framework import Text

__all__ = ["CHECKS", "SECTIONS", "SEVERITIES", "THRESHOLDS", "Check", "Finding", "Severity"]

Severity: TypeAlias = Literal["not checked", "note", "warning", "serious"]

#: from the least to the most severe
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

#: parts of the checklist in their order; codes begin with the same letter
SECTIONS: Mapping[str, Text] = MappingProxyType(
    {
        "concept": Text("概念与框架", "Concept and framework"),
        "data": Text("数据", "Data"),
        "pillars": Text("各组内部的一致性", "Coherence within pillars"),
        "weights": Text("权重与实际重要性", "Weights against importance"),
        "levels": Text("各组之间及与总指数的关系", "Pillars and the index"),
        "uncertainty": Text("名次的不确定性", "Uncertainty of ranks"),
        "sensitivity": Text("名次的敏感性", "What the ranks depend on"),
        "frontier": Text("效率前沿", "Distance to the frontier"),
    }
)

#: default thresholds. They are conventions of audits (those of the JRC and of COINr, whose editions
#: differ) or, where marked *, of this package; none is a published norm
THRESHOLDS: Mapping[str, float] = MappingProxyType(
    {
        **coherence.LIMITS,
        # share of known cells: of the whole table (*), of an indicator, a unit, a unit's pillar
        "coverage": 0.9,
        "indicator_coverage": 0.65,
        "unit_coverage": 0.65,
        "pillar_coverage": 0.65,
        # share of the known values
        "zeros": 0.5,
        "unique": 0.5,
        # outliers are left if both are passed
        "skewness": 2.0,
        "kurtosis": 3.5,
        # share of cells filled in (*)
        "imputed": 0.1,
        # |share of importance - declared| / declared (*), and correlation ratio with the index (*)
        "gap": 0.5,
        "idle": 0.05,
        # correlation of a group with the one above it
        "low": 0.7,
        "high": 0.95,
        # places that make a difference: so many, or that share of the units if it is less
        "places": 10.0,
        "places_share": 0.1,
        # share of units that are so far apart in pillar and index (*)
        "added": 0.3,
        # noise on weights; width of an interval of ranks: places, or that share of the units (*)
        "noise": 0.25,
        "interval": 10.0,
        "interval_share": 0.2,
        # total share of one choice in the variance of rank shifts (*)
        "choice": 0.5,
        # mean shift of ranks without an indicator, as a share of the units (*)
        "omission": 0.05,
        # share of the units at the frontier (*), and lowest efficiency (*)
        "frontier": 0.5,
        "efficiency": 0.5,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of an audit.

    Attributes
    ----------
    code : str
        Stable, such as ``D1-coverage``: a key of :data:`CHECKS`; ``D0-...`` was not checked.
    section : str
        A key of :data:`SECTIONS`.
    severity : {"not checked", "note", "warning", "serious"}
    where : str
        Code of the indicator or group, label of the unit, name of the choice; two are joined by
        a comma; empty where it is of the whole.
    figure, threshold : float or None
        The number found, and that which it is held against.
    message, advice : Text

    Examples
    --------
    >>> f = finding("D1-coverage", figure=0.8, threshold=0.9)
    >>> f.severity, str(f.message)
    ('warning', '80.0% of all cells are known, below 90%')
    >>> Finding.of(f.to_dict()) == f
    True
    """

    code: str
    section: str
    severity: Severity
    where: str = ""
    figure: float | None = None
    threshold: float | None = None
    message: Text = field(default_factory=Text)
    advice: Text = field(default_factory=Text)

    @property
    def number(self) -> int:
        """Its place within the section."""
        return int(self.code[1:].partition("-")[0])

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain types."""
        return {
            "code": self.code,
            "section": self.section,
            "severity": self.severity,
            "where": self.where,
            "figure": self.figure,
            "threshold": self.threshold,
            "message": {"zh": self.message.zh, "en": self.message.en},
            "advice": {"zh": self.advice.zh, "en": self.advice.en},
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Finding:
        """Read what :meth:`to_dict` wrote."""
        texts = {k: Text.of(plain[k]) for k in ("message", "advice")}
        return cls(**{**plain, **texts})


class Check(NamedTuple):
    """What one code says, by default how severe it is, and what to do."""

    severity: Severity
    message: Text
    advice: Text


_WIDE = "的90%名次区间为[{low:g}, {high:g}]，宽{figure:g}位，超过{threshold:g}位"
_WIDE_EN = "ranks in [{low:g}, {high:g}] in 90% of draws, {figure:g} places, above {threshold:g}"
_OUT_ZH = "的名义名次{nominal:g}在其90%名次区间[{low:g}, {high:g}]之外"
_OUT_EN = "has nominal rank {nominal:g}, outside its own 90% interval [{low:g}, {high:g}]"
_TIED = Text(
    "名次相差不到区间宽度的对象不宜分先后，发布时同时给出区间",
    "do not read an order into smaller differences; print the interval beside the rank",
)
_UNLUCKY = Text(
    "名次取决于某一特定选择，说明为何这样选择，或报告中位名次",
    "the rank hangs on one particular choice: say why it was made, or report the median rank",
)

_STRONG = ("redundant", "contrary", "silent", "opposed")
_TAKEN = Text.of("{said}"), Text.of("{way}")

#: every code; those of structure take their words from it
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "C1-unit": Check(
            "note",
            Text("{name}没有计量单位", "{name} has no unit"),
            Text("在定义中写明unit", "state its unit in the definition"),
        ),
        "C2-source": Check(
            "note",
            Text("{name}没有数据来源", "{name} has no source"),
            Text("在定义中写明source或agency", "state source or agency in the definition"),
        ),
        "C3-reason": Check(
            "note",
            Text("{name}没有说明选取与方向的理由", "{name} states no reason for its direction"),
            Text(
                "在定义中写明reason：为何选它，为何越大（越小）越好",
                "write in reason why it stands there and why more (or less) of it is better",
            ),
        ),
        "C4-size": Check(
            "warning",
            Text.of("{why}"),
            Text(
                "比较发展水平时除以人口、地区生产总值或面积，或声明指数衡量规模",
                "divide by population, GDP or area, or say that the index is about size",
            ),
        ),
        "C5-duplicate": Check(
            "serious",
            Text(
                "{name}与{other}在原始数据中完全线性相关（r = {figure:.6f}）：同一信息计了两次",
                "{name} and {other} are one and the same in the raw data (r = {figure:.6f}): "
                "counted twice",
            ),
            Text("保留其一", "keep one of them"),
        ),
        "C6-goalposts": Check(
            "serious",
            Text(
                "{name}没有上下限，而标准化方法{method}需要",
                "{name} has no goalposts, which {method} needs",
            ),
            Text(
                "用原始单位写明goalposts = [低, 高]，或改用其他window",
                "give goalposts = [low, high] in raw units, or another window",
            ),
        ),
        "C7-polarity": Check(
            "warning",
            Text(
                "{name}与所属的{other}相关{figure:.3f}：数据中的方向与声明相反",
                "{name} correlates {figure:.3f} with its own {other}: the data run against the "
                "declared direction",
            ),
            Text(
                "核对方向；方向无误则考虑移出该组，或说明它为何与该组此消彼长",
                "check the direction; if it is right, move it out or say what it trades off with",
            ),
        ),
        "D1-coverage": Check(
            "warning",
            Text(
                "已知单元格占{figure:.1%}，低于{threshold:.0%}",
                "{figure:.1%} of all cells are known, below {threshold:.0%}",
            ),
            Text("补充数据，或说明缺失的处理", "fill the gaps, or say how they are dealt with"),
        ),
        "D2-indicator": Check(
            "warning",
            Text(
                "{name}的已知值占{figure:.1%}，低于{threshold:.0%}",
                "{figure:.1%} of {name} is known, below {threshold:.0%}",
            ),
            Text("更换或筛除该指标", "replace the indicator, or screen it out"),
        ),
        "D3-unit": Check(
            "warning",
            Text(
                "{name}的已知值占{figure:.1%}，低于{threshold:.0%}",
                "{figure:.1%} of the cells of {name} are known, below {threshold:.0%}",
            ),
            Text("不给出其名次，或筛除", "do not rank it, or screen it out"),
        ),
        "D4-pillar": Check(
            "warning",
            Text(
                "{name}在{other}中的已知值占{figure:.1%}，低于{threshold:.0%}",
                "{figure:.1%} of {other} is known for {name}, below {threshold:.0%}",
            ),
            Text("不引用该组得分", "do not quote its score there"),
        ),
        "D5-zeros": Check(
            "note",
            Text(
                "{name}的零值占{figure:.1%}，高于{threshold:.0%}",
                "{figure:.1%} of the values of {name} are zero, above {threshold:.0%}",
            ),
            Text(
                "确认零不是缺失；零过多的指标区分度低",
                "make sure that zero is not missing; such an indicator tells few units apart",
            ),
        ),
        "D6-unique": Check(
            "note",
            Text(
                "{name}的不同取值仅占{figure:.1%}，低于{threshold:.0%}",
                "only {figure:.1%} of the values of {name} are distinct, below {threshold:.0%}",
            ),
            Text("考虑按类别处理或更换", "treat it as categories, or find a finer measure"),
        ),
        "D7-outliers": Check(
            "warning",
            Text(
                "{name}进入指数时偏度{figure:.2f}、峰度{kurtosis:.2f}，"
                "超过{threshold:g}与{limit:g}：有未处理的异常值",
                "{name} enters the index with skewness {figure:.2f} and kurtosis {kurtosis:.2f}, "
                "beyond {threshold:g} and {limit:g}: outliers are left",
            ),
            Text(
                "缩尾或取对数（prepare中的treat），或说明为何保留",
                "winsorise or take logs (a step treat in prepare), or say why they stay",
            ),
        ),
        "D8-imputed": Check(
            "warning",
            Text(
                "{name}的插补值占{figure:.1%}，高于{threshold:.0%}",
                "{figure:.1%} of the cells of {name} are imputed, above {threshold:.0%}",
            ),
            Text(
                "检验插补质量，并让插补方法参与敏感性分析",
                "check the quality of the imputation, and let it vary in the sensitivity analysis",
            ),
        ),
        "D9-break": Check(
            "warning",
            Text(
                "{name}（{role}）{previous}—{period}：{share:.0%}的评价对象同时跳变，"
                "中位变动{size}",
                "{name} ({role}) jumps from {previous} to {period}: {size} in the median, joined "
                "by {share:.0%} of the units",
            ),
            Text.of("{advice}"),
        ),
        "D10-left": Check(
            "note",
            Text("{name}被筛除：{why}", "{name} was screened out: {why}"),
            Text("在报告中列出", "list it in the report"),
        ),
        "D11-unscored": Check(
            "warning",
            Text("{name}没有总得分：已知数据太少", "{name} has no score: too little is known"),
            Text("补充数据，或从名单中剔除", "fill its gaps, or take it out of the list"),
        ),
        **{
            f"{letter}{n}-{kind}": Check("warning" if kind in _STRONG else "note", *_TAKEN)
            for n, kind in enumerate(coherence.FINDINGS, 1)
            for letter in ("P" if kind in ("silent", "stranger") else "PL")
        },
        "L3-weak": Check(
            "warning",
            Text(
                "{name}与{other}相关{figure:.3f}，低于{threshold:g}：上一级得分没有充分反映它",
                "{name} correlates {figure:.3f} with {other}, below {threshold:g}: the level above "
                "hardly reflects it",
            ),
            Text(
                "单独公布其得分，或重新考虑权重与归属",
                "publish its score beside the index, or think again of its weight and place",
            ),
        ),
        "L4-dominant": Check(
            "note",
            Text(
                "{name}与{other}相关{figure:.3f}，高于{threshold:g}：上一级得分几乎由它决定",
                "{name} correlates {figure:.3f} with {other}, above {threshold:g}: nearly the same",
            ),
            Text("检查其余各组的作用", "look at what the others add"),
        ),
        "L9-added": Check(
            "note",
            Text(
                "仅{figure:.1%}的评价对象在{name}与总指数中的名次相差{places:g}位以上，"
                "低于{threshold:.0%}：总指数比它多提供的信息有限",
                "only {figure:.1%} of the units are {places:g} places or more apart in {name} and "
                "in the index, below {threshold:.0%}: the index adds little to it",
            ),
            Text(
                "说明总指数在该组之外还提供什么",
                "say what the index tells beyond this pillar",
            ),
        ),
        "W1-gap": Check(
            "warning",
            Text(
                "{name}的权重占{declared:.1%}，实际重要性占{share:.1%}",
                "{name} has {declared:.1%} of the weight and {share:.1%} of the importance",
            ),
            Text(
                "权重不是重要性：用gz.balance求相称的权重，或公布实际重要性",
                "weights are not importance: find weights that fit with gz.balance, or publish the "
                "effective ones",
            ),
        ),
        "W2-idle": Check(
            "warning",
            Text(
                "{name}与总指数的相关比为{figure:.3f}，低于{threshold:g}：对名次几无影响",
                "{name} has a correlation ratio of {figure:.3f} with the index, below "
                "{threshold:g}: it hardly contributes",
            ),
            Text("说明保留理由，或移出", "say why it is kept, or take it out"),
        ),
        "W3-zero": Check(
            "warning",
            Text("{name}的权重为零", "{name} has weight zero"),
            Text("移出，或给以权重", "take it out, or give it a weight"),
        ),
        "U1-wide": Check("note", Text("{name}" + _WIDE, "{name} " + _WIDE_EN), _TIED),
        "U2-outside": Check("warning", Text("{name}" + _OUT_ZH, "{name} " + _OUT_EN), _UNLUCKY),
        "U3-wide-own": Check(
            "note",
            Text(
                "按定义自带的[sensitivity]，{name}" + _WIDE,
                "by the definition's own [sensitivity], {name} " + _WIDE_EN,
            ),
            _TIED,
        ),
        "U4-outside-own": Check(
            "warning",
            Text(
                "按定义自带的[sensitivity]，{name}" + _OUT_ZH,
                "by the definition's own [sensitivity], {name} " + _OUT_EN,
            ),
            _UNLUCKY,
        ),
        "S1-choice": Check(
            "note",
            Text(
                "名次变动的方差中{figure:.0%}与“{name}”有关（一阶{first:.0%}），{how}",
                "{figure:.0%} of the variance of rank shifts involves {name!r} (first order "
                "{first:.0%}), {how}",
            ),
            Text("先论证这一选择", "this is the choice to argue for first"),
        ),
        "S2-omission": Check(
            "warning",
            Text(
                "去掉{name}后名次平均变动{figure:.2f}位，超过{threshold:.2f}位；"
                "变动最大的是{unit}（{largest:+g}）",
                "without {name} ranks shift by {figure:.2f} places in the mean, above "
                "{threshold:.2f}; most of all {unit} ({largest:+g})",
            ),
            Text("名次依赖单一指标，核实其数据", "ranks hang on one indicator: verify its data"),
        ),
        "S3-leader": Check(
            "note",
            Text(
                "去掉{name}后，榜首由{old}变为{new}", "without {name} {new} leads in place of {old}"
            ),
            Text("不宜过分强调榜首", "do not make much of the first place"),
        ),
        "F1-frontier": Check(
            "note",
            Text(
                "按最有利于自身的权重，{count}个评价对象（{figure:.0%}）并列最优，"
                "超过{threshold:.0%}",
                "under the weights that suit each best, {count} units ({figure:.0%}) are at the "
                "frontier, above {threshold:.0%}",
            ),
            Text(
                "各组得分各有长短，名次主要取决于权重",
                "each is best at something: the order among them is made by the weights",
            ),
        ),
        "F2-lowest": Check(
            "note",
            Text(
                "即使按最有利于自身的权重，{name}的效率也只有{figure:.3f}，低于{threshold:g}",
                "even under the weights that suit it best {name} reaches {figure:.3f}, below "
                "{threshold:g}",
            ),
            Text("落后与权重无关", "no choice of weights is to blame for its place"),
        ),
    }
)

_OF = {name[0].upper(): name for name in SECTIONS}


def finding(
    code: str,
    where: str = "",
    figure: float | None = None,
    threshold: float | None = None,
    *,
    severity: Severity | None = None,
    **words: Any,
) -> Finding:
    """Make a finding: fill the words of its check in, in both languages."""
    check = CHECKS[code]
    figure = None if figure is None else float(figure)
    threshold = None if threshold is None else float(threshold)
    words = {"figure": figure, "threshold": threshold, **words}

    def said(template: Text) -> Text:
        zh, en = (
            template.get(lang).format(
                **{k: v.get(lang) if isinstance(v, Text) else v for k, v in words.items()}
            )
            for lang in ("zh", "en")
        )
        return Text(zh, en)

    return Finding(
        code=code,
        section=_OF[code[0]],
        severity=severity or check.severity,
        where=where,
        figure=figure,
        threshold=threshold,
        message=said(check.message),
        advice=said(check.advice),
    )


def unchecked(section: str, what: str, why: Text) -> Finding:
    """Make the finding that something could not be checked."""
    return Finding(
        code=f"{section[0].upper()}0-{what}",
        section=section,
        severity="not checked",
        message=why,
    )

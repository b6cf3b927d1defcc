"""Why something could not be done, as readers of a page or a report are told in either language."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gz_index.errors import GzIndexError, MethodError
from gz_index.framework import Framework, Text
from gz_index.weighting.local import labels

__all__ = ["listed", "reason"]

#: a part of what the library says, and the reason in both languages
_KINDS: tuple[tuple[str, Text], ...] = (
    (
        "not identified for one unit",
        Text("只有一个评价对象，数据决定不了权重", "data of a single unit cannot tell weights"),
    ),
    (
        "fewer than two rows have a score",
        Text("有得分的不足两个，无从排名", "fewer than two have a score, so there are no ranks"),
    ),
    (r"cell\(s\) negative", Text("标准化值有负数", "some normalised values are below zero")),
    (
        "not above zero",
        Text("标准化值并非都大于零", "not all normalised values are above zero"),
    ),
    (
        "the same in every row",
        Text("有指标处处取值相同", "an indicator has the same value throughout"),
    ),
    ("zero in every row", Text("有指标处处为零", "an indicator is zero throughout")),
    (
        r"needs at least \d+ rows",
        Text("没有缺失值的行太少", "there are too few rows without gaps"),
    ),
    (
        "every weight is zero|tells the units apart",
        Text("各指标区分不出评价对象", "the indicators do not tell the units apart"),
    ),
    (
        "common factor|do not identify the model|maximum of the likelihood|varimax",
        Text("求不出各指标的公共因子", "no common factor of the indicators can be found"),
    ),
    (
        "choosing the best row|different rows are best|impact losses",
        Text(
            "此法要求各指标的最优者不同且唯一",
            "it takes indicators that are each best in a row of its own",
        ),
    ),
    ("has no score of", Text("有些抽样中得不出得分", "some draws leave a unit without a score")),
    ("max_memory", Text("对象太多，内存不够", "there are too many units for the memory allowed")),
    (
        "have to be above zero",
        Text("要求数值大于零", "it needs values above zero"),
    ),
    ("does not vary", Text("数值没有差异", "the values do not differ")),
    (r"not a finite number|cells? (are|is) missing", Text("数据有缺失值", "cells are missing")),
    (
        r"the data hold several units",
        Text(
            "数据含多个评价对象，须指明其一（unit=，命令行用--of）",
            "the data hold several units; say which: unit = ..., or --of on the command line",
        ),
    ),
    (
        r"monitoring needs years",
        Text("各行须以年份为时期", "the rows need years as their periods"),
    ),
    (
        r"^[0-2] axes",
        Text("雷达图至少要有三个轴", "a radar needs three axes or more"),
    ),
    (r"^\d+ axes", Text("雷达图至多有八个轴", "a radar has eight axes or fewer")),
    (
        r"a radar begins at zero",
        Text("得分有负值，而雷达图从零画起", "there are scores below zero, where a radar begins"),
    ),
    (
        r"no exact additive split|shares out ranks of groups",
        Text(
            "该合成方法没有精确的加法分解",
            "the method of aggregation has no exact additive split",
        ),
    ),
    (
        r"is no mean of which a change can be split",
        Text(
            "按该合成方法，变动不能精确分解",
            "a change cannot be split exactly under the method of aggregation",
        ),
    ),
    (
        r"no change of .* could be split",
        Text(
            "两期之一没有总指数，或该处斜率不是有限数",
            "it has no index in one of the periods, or a slope there is no finite number",
        ),
    ),
    (
        r"scores of different periods cannot be compared|within each period",
        Text("不同时期的得分不可比", "scores of different periods cannot be compared"),
    ),
    (
        r"no two periods",
        Text("没有两个时期可作比较", "there are no two periods to compare"),
    ),
    (
        r"measured against the unit's own base",
        Text(
            "按自身基期标准化，没有理想值",
            "units are measured against their own base, so there is no ideal",
        ),
    ),
    (
        r"outside \[0, ",
        Text(
            "有得分超出零到理想值的范围，障碍度没有意义；可用极差标准化，或截断的固定上下限",
            "there are scores outside the range from zero to the ideal, where the obstacle degree "
            "has no meaning; normalise by minmax, or between goalposts with clip = true",
        ),
    ),
    (
        r"would drop every unit|leaves other indicators",
        Text("会剔除全部数据或其他指标", "it would leave out all units, or other indicators"),
    ),
)


def reason(error: GzIndexError, framework: Framework, *, way_out: bool = False) -> Text:
    """Return a short reason; the library's own words, marked as such, where no kind fits.

    These come with the way out, where that is of use: who reads a report may have made it.

    Examples
    --------
    >>> import gz_index as gz
    >>> odd = gz.MethodError("x is odd", hint="take y")
    >>> reason(odd, gz.load("tai-2008").framework, way_out=True).en
    'not computed on these data (in the words of the library: x is odd -> take y)'
    """
    said = " ".join((str(error) if way_out else str(error).partition(" -> ")[0]).split())
    for pattern, text in _KINDS:
        if re.search(pattern, said):
            who = _indicators(error, framework)
            return Text(f"{text.zh}（{who.zh}）", f"{text.en} ({who.en})") if who else text
    return Text(
        f"这些数据算不出（软件的英文原文：{said}）",
        f"not computed on these data (in the words of the library: {said})",
    )


def _indicators(error: GzIndexError, framework: Framework) -> Text:
    """Name the indicators or groups that an error speaks of."""
    if not isinstance(error, MethodError) or error.names[0] is None:
        return Text()
    codes = list(framework.nodes)
    known = dict(zip(labels(framework, codes), codes, strict=True))
    found = [known.get(error.names[0][j]) for j in error.columns]
    return listed(framework, [c for c in found if c is not None], most=3)


def listed(framework: Framework, codes: Sequence[str], most: int = 20) -> Text:
    """Return the names of nodes in both languages; more than ``most`` are counted."""
    zh, en = ([framework.name(c, lang) for c in codes[:most]] for lang in ("zh", "en"))
    if left := len(codes) - len(zh):
        return Text(f"{'、'.join(zh)}等{len(codes)}项", f"{', '.join(en)} and {left} more")
    return Text("、".join(zh), ", ".join(en))

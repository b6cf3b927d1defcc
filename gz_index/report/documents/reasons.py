"""Why a part of a report could not be made, in a few words of both languages."""

from __future__ import annotations

import re

from gz_index.errors import GzIndexError
from gz_index.framework import Text

__all__ = ["reason_of"]

#: what errors are known by, and what a reader of a report is told in their place
_KINDS: tuple[tuple[str, Text], ...] = (
    (
        r"not above zero|have to be above zero",
        Text("要求数值大于零", "it needs values above zero"),
    ),
    (r"cell\(s\) negative", Text("要求数值不为负", "it needs values that are not negative")),
    (r"needs at least \d+ rows", Text("数据的行数太少", "the data have too few rows")),
    (r"not a finite number|cells? (are|is) missing", Text("数据有缺失值", "cells are missing")),
    (
        r"not identified for one unit|read from the data; of one unit",
        Text(
            "只有一个评价对象，权重无法由数据得出",
            "weights cannot be found from the data of one unit",
        ),
    ),
    (
        r"the same in every row|zero in every row|every weight is zero|does not vary",
        Text("数值没有差异", "the values do not differ"),
    ),
    (
        r"fewer than two rows have a score",
        Text("有得分的行不足两个", "fewer than two rows have a score"),
    ),
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


def reason_of(error: GzIndexError) -> Text:
    """Say in a few words why something was not done.

    A reader of a report has no use for cells and codes; an error of no known kind keeps its own
    words in English, with the way out, and Chinese says what it is about in general.

    Examples
    --------
    >>> from gz_index.errors import MethodError
    >>> reason_of(MethodError("entropy: 3 cell(s) negative in a", hint="min-max")).zh
    '要求数值不为负'
    >>> reason_of(MethodError("x is odd", hint="take y")).en
    'x is odd -> take y'
    """
    said = " ".join(str(error).split())
    for pattern, text in _KINDS:
        if re.search(pattern, said):
            return text
    return Text("数据或定义不符合该方法的要求", said)

"""Why something could not be computed, as a reader of the page is told in either language."""

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
)


def reason(error: GzIndexError, framework: Framework) -> Text:
    """Return a short reason; the library's own words, marked as such, where no kind fits."""
    said = " ".join(str(error).partition(" -> ")[0].split())
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

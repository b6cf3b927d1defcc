"""How each kind of judgement file becomes weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import Text
from gz_index.weighting.ahp import AHP, ahp
from gz_index.weighting.ahp_group import aij, aip
from gz_index.weighting.judgement import BWM, Budget, budget, bwm, g1, rank_order
from gz_index.weighting.pairwise import number

__all__ = ["GROUP", "KINDS", "Kind", "Solved"]

Part: TypeAlias = AHP | BWM | Budget

#: name of the part that holds the judgements of several experts put together
GROUP = "group"


@dataclass(frozen=True, eq=False)
class Solved:
    """The weights of the children of one group, and what they were made from.

    Attributes
    ----------
    weights : dict of str to float
        By code; sum to one.
    parts : tuple of (str, AHP or BWM or Budget)
        What was worked out: one for each expert (by name) and, where judgements were put together,
        one for ``"group"``; the name is empty for a single judge.
    notes : tuple of Text
    """

    weights: dict[str, float]
    parts: tuple[tuple[str, Part], ...] = ()
    notes: tuple[Text, ...] = ()


def _solve_ahp(given: Mapping[str, Any], options: Mapping[str, Any]) -> Solved:
    options = dict(options)
    group = given.get("group", options.pop("group", "aij"))
    options.pop("group", None)
    if "matrix" in given:
        one = ahp(_table(given["matrix"]), **options)
        return Solved(_by_code(one.labels, one.weights), (("", one),))
    judged = [ahp(_table(m), **options) for m in given["matrices"]]
    names = given.get("experts", [f"expert {e + 1}" for e in range(len(judged))])
    parts = list(zip(names, judged, strict=True))
    importance = given.get("importance")
    if group == "aip":
        w = aip(judged, importance=importance)
        return Solved(_by_code(judged[0].labels, w), tuple(parts))
    tables = [_table(m) for m in given["matrices"]]
    tolerance = {k: v for k, v in options.items() if k == "tolerance"}
    one = ahp(aij(tables, importance=importance, **tolerance), **options)
    return Solved(_by_code(one.labels, one.weights), (*parts, (GROUP, one)))


def _solve_bwm(given: Mapping[str, Any], options: Mapping[str, Any]) -> Solved:
    one = bwm(**given, **options)
    return Solved(_by_code(one.labels, one.weights), (("", one),))


def _solve_g1(given: Mapping[str, Any], options: Mapping[str, Any]) -> Solved:
    order = [str(c) for c in given["order"]]
    w = g1(given["ratios"], **options)
    if len(order) != len(w):
        raise MethodError(
            f"g1: {len(order)} criteria need {len(order) - 1} ratios; got {len(w) - 1}",
            hint="one ratio for each pair of neighbours in the order",
        )
    return Solved(_by_code(order, w))


def _solve_rank(given: Mapping[str, Any], options: Mapping[str, Any]) -> Solved:
    ranks = given["ranks"]
    return Solved(_by_code(list(ranks), rank_order(list(ranks.values()), **options)))


def _solve_budget(given: Mapping[str, Any], options: Mapping[str, Any]) -> Solved:
    points = given["weights"]
    experts = points if _nested(points) else {"the expert": points}
    cells = {e: {c: number(v, f"{c} by {e}") for c, v in row.items()} for e, row in experts.items()}
    table = pd.DataFrame.from_dict(cells, orient="index")
    one = budget(table, **options)
    return Solved(_by_code(one.labels, one.weights), (("", one),))


def _solve_given(given: Mapping[str, Any], options: Mapping[str, Any]) -> Solved:
    if _nested(given["weights"]):
        raise MethodError("given weights have one column", hint="kind = 'budget' takes experts")
    raw = {str(c): number(v, str(c)) for c, v in given["weights"].items()}
    for code, value in raw.items():
        if not (math.isfinite(value) and value >= 0):
            raise MethodError(f"the weight of {code} is {value:g}", hint="weights are >= 0")
    total = math.fsum(raw.values())
    if total <= 0:
        raise MethodError("every weight is zero", hint="give at least one positive weight")
    notes: tuple[Text, ...] = ()
    if abs(total - 1) > 1e-9:
        notes = (
            Text(
                zh=f"所给权重之和为 {total:g}，已按比例化为 1",
                en=f"the weights as given add up to {total:g}; scaled to one",
            ),
        )
    return Solved(_by_code(list(raw), np.array(list(raw.values())) / total), notes=notes)


@dataclass(frozen=True)
class Kind:
    """A kind of judgement file.

    Attributes
    ----------
    solve : callable
        Judgements of one group and options, to weights.
    needs : tuple of tuple of str
        Keys of a group; of each tuple exactly one has to be there.
    takes, options : tuple of str
        Further keys of a group, and options of the file.
    """

    solve: Callable[[Mapping[str, Any], Mapping[str, Any]], Solved]
    needs: tuple[tuple[str, ...], ...]
    takes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


#: kinds by the name that a file gives
KINDS: dict[str, Kind] = {
    "ahp": Kind(
        _solve_ahp,
        (("matrix", "matrices"),),
        ("experts", "importance", "group"),
        ("method", "random_index", "tolerance", "group"),
    ),
    "bwm": Kind(
        _solve_bwm, (("best_to_others",), ("others_to_worst",)), ("best", "worst"), ("model",)
    ),
    "g1": Kind(_solve_g1, (("order",), ("ratios",))),
    "rank": Kind(_solve_rank, (("ranks",),), (), ("formula", "exponent")),
    "budget": Kind(_solve_budget, (("weights",),), (), ("total",)),
    "given": Kind(_solve_given, (("weights",),)),
}


def _by_code(codes: Sequence[str], w: Array) -> dict[str, float]:
    return {str(c): float(x) for c, x in zip(codes, w, strict=True)}


def _table(matrix: Mapping[str, Any]) -> pd.DataFrame:
    index = matrix.get("index", matrix["labels"])
    return pd.DataFrame(matrix["rows"], index=index, columns=matrix["labels"])


def _nested(table: Mapping[str, Any]) -> bool:
    return all(isinstance(v, Mapping) for v in table.values())

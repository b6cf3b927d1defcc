"""Sets of weights that a page offers, worked out by the library on the normalised values."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.errors import GzIndexError, MethodError, said_of
from gz_index.framework import ROOT, Direction, Framework, Text
from gz_index.report.page.words import WORDS
from gz_index.report.phrases import WEIGHED
from gz_index.report.reasons import listed, reason
from gz_index.weighting.judgements import Judgements
from gz_index.weighting.rule import Weight, WeightLike, weight

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["LIVE", "USUAL", "Rest", "WeightSets", "both", "packed", "rules_of", "sets_asked"]

#: sets of weights beside those of the definition, where nothing is said
USUAL = ("equal", "entropy", "ahp", "pca")

#: aggregations that the script of the page computes
LIVE = frozenset({"arithmetic", "geometric", "harmonic", "power", "mean-min", "mpi"})


def both(text: Text) -> list[str]:
    """Return a text as the page holds it: Chinese, English."""
    return [text.get("zh"), text.get("en")]


def packed(values: Array, kind: str = "<f8") -> str:
    """Return numbers, row by row, as base64 of their bytes."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()


def _same(x: Array) -> Array:
    return x


@dataclasses.dataclass(frozen=True)
class Rest:
    """The part of an index that comes after normalising, as an index of normalised values.

    So a replayed scale, and whatever was prepared, stay as they are.
    """

    result: IndexResult
    index: Index
    data: pd.DataFrame

    @classmethod
    def of(cls, result: IndexResult) -> Rest:
        """Return what is left of the index of a result."""
        f = result.index.framework
        bare = tuple(
            dataclasses.replace(
                i, direction=Direction(), goalposts=None, transform=None, normalise=None
            )
            for i in f.indicators
        )
        index = result.index.replace(
            framework=Framework(bare, f.groups),
            normalise=_same,
            prepare=(),
            sensitivity=None,
            excluded=(),
        )
        return cls(result, index, result.normalised)


# -- what the groups are weighed by ----------------------------------------------------------------


def _rules(index: Index) -> dict[str, tuple[Weight, bool]]:
    """Rule that weighs the children of each group that has several, and whether it is its own."""
    plan = index.plan
    out: dict[str, tuple[Weight, bool]] = {}
    for code, _, leaves in reversed(plan.groups):
        own = plan.weigh(code)
        rule = own or (plan.weight if code == ROOT else None)
        if rule is None:
            continue
        reach = set(leaves.tolist()) if rule.over == "leaves" else set()
        for g, _, at in plan.groups:
            if g == code or set(at.tolist()) <= reach:
                out[g] = (rule, own is not None)
    f = index.framework
    codes = [ROOT, *(g.code for g in f.groups if g.code != ROOT)]
    several = [code for code in codes if len(f.children(code)) > 1]
    return {code: out.get(code, (plan.weight, False)) for code in several}


def rules_of(index: Index) -> Text:
    """Name the weighting of the definition; each one with its groups where these differ."""
    groups: dict[Text, list[str]] = {}
    for code, (rule, _) in _rules(index).items():
        groups.setdefault(_weight_name(rule), []).append(code)
    if len(groups) < 2:
        return next(iter(groups), _weight_name(index.weight))
    f = index.framework
    named = [(name, _groups(f, codes)) for name, codes in groups.items()]
    return Text(
        "；".join(f"{name.get('zh')}（{who.zh}）" for name, who in named),
        "; ".join(f"{name.get('en')} ({who.en})" for name, who in named),
    )


def _groups(f: Framework, codes: Sequence[str]) -> Text:
    """Name groups; the root without a name is the index."""
    if ROOT in codes and not f.node(ROOT).name:
        total, rest = WORDS["total"], listed(f, [c for c in codes if c != ROOT])
        return Text(f"{total.zh}、{rest.zh}", f"{total.en}, {rest.en}") if rest else total
    return listed(f, codes)


def _weight_name(rule: Weight) -> Text:
    if isinstance(rule.scheme, Judgements):
        return rule.scheme.title or Text.of(rule.scheme.id)
    if isinstance(rule.scheme, str) and rule.scheme in WEIGHED and rule.label == rule.scheme:
        name = WEIGHED[rule.scheme].name
        return Text(name.zh, name.en[:1].upper() + name.en[1:])
    return Text.of(rule.label)


# -- the sets --------------------------------------------------------------------------------------


def sets_asked(sets: Any) -> list[tuple[str | None, WeightLike]]:
    """Return the sets asked for, each with the name it is given, if any.

    Raises
    ------
    MethodError
        It is no list of weightings, nor a mapping of names to these.
    """
    if isinstance(sets, str):
        return [(None, sets)]
    if isinstance(sets, Mapping) and all(isinstance(name, str) for name in sets):
        return list(sets.items())
    if isinstance(sets, Sequence):
        return [(None, s) for s in sets]
    raise MethodError(
        f"sets = {sets!r} is no list of weights",
        hint="a list of schemes, judgements or values, e.g. ['equal', 'entropy'], or {name: ...}",
    )


class WeightSets:
    """Sets of weights as the page holds them, and those that it does not offer, with the reason.

    Parameters
    ----------
    rest : Rest
    sets : sequence or mapping
        See :func:`gz_index.report.page.to_page`.

    Raises
    ------
    MethodError, NotFoundError, DefinitionError
        A set asked for is no weighting, or none of this definition.
    """

    def __init__(self, rest: Rest, sets: Sequence[WeightLike] | Mapping[str, WeightLike]) -> None:
        self.rest = rest
        self.absent: list[dict[str, Any]] = []
        index = rest.result.index
        name = rules_of(index)
        said = Text(f"定义所用：{name.zh}", f"The definition has: {name.en}")
        self.found = [self._entry("definition", WORDS["definition"], rest.result, [said])]
        own = [code for code, (_, mine) in _rules(index).items() if mine]
        self.own = _groups(index.framework, own) if own else None
        asked = sets_asked(sets)
        judged = any(isinstance(s, Judgements) and s.kind == "ahp" for _, s in asked)
        for name_, spec in asked:
            if spec != "ahp":
                self._add(name_, spec)
            elif not judged:
                self._add_judged(name_)

    def _add_judged(self, name: str | None) -> None:
        scheme = self.rest.result.index.weight.scheme
        if isinstance(scheme, Judgements) and scheme.kind == "ahp":
            self._add(name, scheme)
        else:
            self._leave_out(WORDS["ahp"], WORDS["unjudged"])

    def _leave_out(self, name: Text, why: Text) -> None:
        self.absent.append({"name": both(name), "why": both(why)})

    def _add(self, name: str | None, spec: WeightLike) -> None:
        try:
            rule = weight(spec)
            index = self.rest.index.replace(weight=rule)
        except GzIndexError as error:
            raise said_of("sets", error) from error
        label = _weight_name(rule) if name is None else Text.of(name)
        try:
            result = index.evaluate(self.rest.data)
        except GzIndexError as error:
            self._leave_out(label, reason(error, index.framework))
            return
        notes = list(rule.scheme.notes) if isinstance(rule.scheme, Judgements) else []
        if self.own is not None:
            if self._as_defined(result):
                why = Text(
                    f"与定义的权重相同，因为这些组用自己的赋权规则：{self.own.zh}",
                    "the same weights as the definition's, as these groups have rules of their "
                    f"own: {self.own.en}",
                )
                self._leave_out(label, why)
                return
            notes.append(
                Text(
                    f"这些组仍用自己的赋权规则：{self.own.zh}",
                    f"These groups keep rules of their own: {self.own.en}",
                )
            )
        key = name if name is not None else rule.label
        taken = {s["id"] for s in self.found}
        while key in taken:
            key += "'"
        self.found.append(self._entry(key, label, result, notes))

    def _as_defined(self, result: IndexResult) -> bool:
        mine = self.rest.result.local
        return all(np.array_equal(w, mine[code]) for code, w in result.local.items())

    def _entry(
        self, key: str, label: Text, result: IndexResult, notes: Sequence[Text]
    ) -> dict[str, Any]:
        plan, base = self.rest.result.index.plan, self.rest.result
        fixed = {}
        for g, (code, _, _) in enumerate(plan.groups):
            rule = plan.rule(code)
            if not (isinstance(rule.method, str) and rule.method in LIVE):
                values = result.values[:, plan.position[code]]
                mine = base.values[:, plan.position[code]]
                if result is base or not np.array_equal(values, mine, equal_nan=True):
                    fixed[str(g)] = packed(values)
        local = [result.local[code] for code, _, _ in plan.groups]
        # links carry it: the same name may stand for other weights in another page
        rounded = json.dumps([w.round(9).tolist() for w in local])
        return {
            "id": key,
            "hash": hashlib.sha256(rounded.encode()).hexdigest()[:8],
            "name": both(label),
            "local": [w.tolist() for w in local],
            "fixed": fixed,
            "notes": [both(n) for n in notes],
        }

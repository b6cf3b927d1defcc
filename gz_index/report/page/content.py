"""What the page holds: the tree, its rules, normalised values, sets of weights, intervals."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index._version import __version__
from gz_index.choices import Spread
from gz_index.errors import DataError, GzIndexError, MethodError, Problem
from gz_index.framework import ROOT, Direction, Framework, Text
from gz_index.report.page.words import MISSING, TIES, WORDS
from gz_index.report.phrases import AGGREGATES, WEIGHED, normalise_name
from gz_index.sensitivity.montecarlo import uncertainty as drawn
from gz_index.weighting.judgements import Judgements
from gz_index.weighting.rule import Weight, WeightLike, weight

if TYPE_CHECKING:
    from gz_index.aggregate.rule import Aggregate
    from gz_index.index import Index
    from gz_index.normalise import Normaliser
    from gz_index.result import IndexResult
    from gz_index.sensitivity.montecarlo import Uncertainty

__all__ = ["USUAL", "content"]

#: sets of weights beside those of the definition, where nothing is said
USUAL = ("equal", "entropy", "ahp", "pca")

#: aggregations that the script of the page computes
_LIVE = frozenset({"arithmetic", "geometric", "harmonic", "power", "mean-min", "mpi"})
_SIZE = 0.25  # of the noise on weights where no study is given


def content(
    result: IndexResult,
    sets: Sequence[WeightLike] | Mapping[str, WeightLike],
    uncertainty: Uncertainty | None,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """Return all that the page shows and computes from, in the plain types of JSON."""
    index, table, f = result.index, result.table, result.index.framework
    units = list(dict.fromkeys(table.units))
    place = {u: i for i, u in enumerate(units)}
    n, m = table.values.shape
    rest = _Rest.of(result)
    weight_sets = _WeightSets(rest)
    weight_sets.add_all(sets)
    name = index.name or Text.of(index.id)
    return {
        "format": 1,
        "hash": _hash(index)[1][:8],
        "dataHash": result.data_hash.removeprefix("sha256:")[:8],
        "index": {"id": index.id, "name": _both(name), "about": _both(index.description)},
        "units": [str(u) for u in units],
        "unit": [place[u] for u in table.units],
        "slot": [0] * n if table.slot is None else table.slot.tolist(),
        "periods": None if table.periods is None else [_short(p) for p in table.periods],
        "nodes": _nodes(f, index.plan.nodes),
        "groups": [_group(index, code, kids, leaves) for code, kids, leaves in index.plan.groups],
        "coverage": index.missing.coverage,
        "ties": index.ties,
        "z": _packed(result.values[:, :m]),
        "raw": _packed(table.values, "<f4"),
        "imputed": _bits(result.imputed) if result.imputed.any() else "",
        "scores": _packed(result.values[:, -1]),
        "sets": weight_sets.found,
        "absent": weight_sets.absent,
        "interval": _interval(rest, uncertainty, draws, seed),
        "notes": _notes(result),
        "facts": _facts(result),
    }


def _hash(index: Index) -> tuple[Text, str]:
    """Hash of the definition, as text and in digits; of its tree where it cannot be written."""
    try:
        return Text.of(index.hash), index.hash.removeprefix("sha256:")
    except MethodError:  # a function without a name
        f = index.framework
        tree = [(n.code, n.parent) for n in f.nodes.values()]
        rules = [index.plan.rule(g.code).label for g in f.groups]
        plain = repr((index.id, index.version, tree, index.weight.label, rules))
        return WORDS["unwritten"], hashlib.sha256(plain.encode()).hexdigest()


def _both(text: Text) -> list[str]:
    return [text.get("zh"), text.get("en")]


def _short(period: Any) -> str:
    if isinstance(period, pd.Timestamp) and period == period.normalize():
        return str(period.date())
    return str(period)


def _packed(values: Array, kind: str = "<f8") -> str:
    """Numbers, row by row, as base64 of their bytes."""
    with np.errstate(over="ignore"):
        return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()


def _bits(cells: Any) -> str:
    return base64.b64encode(np.packbits(cells, bitorder="little").tobytes()).decode()


def _nodes(f: Framework, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Indicators, then groups from the bottom up, as the engine numbers them."""
    place = {c: i for i, c in enumerate(codes)}
    out = []
    for code in codes:
        node = f.node(code)
        name = node.name or (WORDS["total"] if code == ROOT else Text.of(code))
        one: dict[str, Any] = {"code": code, "name": _both(name), "parent": -1}
        if code != ROOT:
            one["parent"] = place[node.parent]
        unit = getattr(node, "unit", None)
        if unit:
            one["unit"] = _both(unit)
        out.append(one)
    return out


def _group(index: Index, code: str, kids: Any, leaves: Any) -> dict[str, Any]:
    rule = index.plan.rule(code)
    method = rule.method if isinstance(rule.method, str) else ""
    live = method in _LIVE
    out: dict[str, Any] = {
        "kids": kids.tolist(),
        "leaves": leaves.tolist(),
        "method": method if live else "",
        "label": _both(_rule_name(rule)),
    }
    if live:
        out |= {
            k: ("Infinity" if v > 0 else "-Infinity") if _infinite(v) else v
            for k, v in rule.options.items()
        }
    return out


def _infinite(v: Any) -> bool:
    return isinstance(v, float) and math.isinf(v)


def _rule_name(rule: Aggregate) -> Text:
    phrase = AGGREGATES.get(rule.method) if isinstance(rule.method, str) else None
    if phrase is None:
        return Text.of(rule.label)
    extra = ", ".join(f"{k} = {v}" for k, v in rule.options.items())
    name = phrase.name
    return Text(f"{name.zh}（{extra}）", f"{name.en} ({extra})") if extra else name


def _notes(result: IndexResult) -> list[list[str]]:
    zh, en = result.notes_in("zh"), result.notes_in("en")
    return [[a, b] for a, b in zip(zh, en, strict=True)]


def _facts(result: IndexResult) -> list[list[list[str]]]:
    """Head and text of each line on where the numbers come from."""
    index = result.index
    rules = [_rule_name(index.plan.rule(g.code)) for g in index.framework.groups]
    gaps = MISSING[index.missing.policy]
    if index.missing.policy == "renormalise":
        gaps = Text(
            *(t.replace("{coverage}", f"{index.missing.coverage:g}") for t in (gaps.zh, gaps.en))
        )
    return [
        [_both(head), _both(text)]
        for head, text in (
            (Text("定义", "Definition"), Text.of(f"{index.id} {index.version}")),
            (
                Text("标准化", "Normalising"),
                _listed([_scale_name(p.normaliser) for p in result.scale.parts]),
            ),
            (Text("赋权", "Weights"), _weight_name(index.weight)),
            (Text("合成", "Aggregation"), _listed(rules)),
            (Text("缺失值", "Missing cells"), gaps),
            (Text("同分", "Equal scores"), TIES[index.ties]),
            (Text("定义校验码", "Hash of the definition"), _hash(index)[0]),
            (Text("数据校验码", "Hash of the data"), Text.of(result.data_hash)),
            (Text("软件", "Software"), Text.of(f"gz_index {__version__}")),
        )
    ]


def _listed(texts: Sequence[Text]) -> Text:
    texts = list(dict.fromkeys(texts))
    return Text("；".join(t.zh for t in texts), "; ".join(t.en for t in texts))


def _scale_name(method: Normaliser) -> Text:
    phrase = normalise_name(method)
    return Text.of(method.label) if phrase is None else phrase.name


# -- the index from its normalised values on -------------------------------------------------------


def _same(x: Array) -> Array:
    return x


@dataclasses.dataclass(frozen=True)
class _Rest:
    """The part of an index that comes after normalising, as an index of normalised values.

    So a replayed scale, and whatever was prepared, stay as they are.
    """

    result: IndexResult
    index: Index
    data: pd.DataFrame

    @classmethod
    def of(cls, result: IndexResult) -> _Rest:
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


class _WeightSets:
    """Sets of weights as the page holds them, and those that could not be computed."""

    def __init__(self, rest: _Rest) -> None:
        self.rest = rest
        self.absent: list[dict[str, Any]] = []
        own = rest.result.index.weight
        self.found = [self._entry("definition", WORDS["definition"], rest.result)]
        name = _weight_name(own)
        said = Text(f"定义所用：{name.get('zh')}", f"The definition has: {name.get('en')}")
        self.found[0]["notes"] = [_both(said)]

    def add_all(self, sets: Sequence[WeightLike] | Mapping[str, WeightLike]) -> None:
        """Compute the sets asked for, in their order."""
        named: list[tuple[str | None, WeightLike]] = (
            list(sets.items())
            if isinstance(sets, Mapping)
            else [(None, s) for s in ([sets] if isinstance(sets, str) else sets)]
        )
        judged = any(isinstance(s, Judgements) and s.kind == "ahp" for _, s in named)
        for name, spec in named:
            if spec != "ahp":
                self._add(name, spec)
            elif not judged:
                self._add_judged(name)

    def _add_judged(self, name: str | None) -> None:
        scheme = self.rest.result.index.weight.scheme
        if isinstance(scheme, Judgements) and scheme.kind == "ahp":
            self._add(name, scheme)
        else:
            self.absent.append({"name": _both(WORDS["ahp"]), "why": _both(WORDS["unjudged"])})

    def _add(self, name: str | None, spec: WeightLike) -> None:
        label = Text.of(name) if name is not None else Text.of(str(spec))
        try:
            rule = weight(spec)
            if name is None:
                label = _weight_name(rule)
            rest = self.rest.index.replace(weight=rule).evaluate(self.rest.data)
        except GzIndexError as error:
            self.absent.append({"name": _both(label), "why": [_line(error)] * 2})
            return
        key = name if name is not None else rule.label
        taken = {s["id"] for s in self.found}
        while key in taken:
            key += "'"
        self.found.append(self._entry(key, label, rest))
        if isinstance(rule.scheme, Judgements):
            self.found[-1]["notes"] = [_both(n) for n in rule.scheme.notes]

    def _entry(self, key: str, label: Text, result: IndexResult) -> dict[str, Any]:
        plan, base = self.rest.result.index.plan, self.rest.result
        fixed = {}
        for g, (code, _, _) in enumerate(plan.groups):
            rule = plan.rule(code)
            if not (isinstance(rule.method, str) and rule.method in _LIVE):
                values = result.values[:, plan.position[code]]
                mine = base.values[:, plan.position[code]]
                if result is base or not np.array_equal(values, mine, equal_nan=True):
                    fixed[str(g)] = _packed(values)
        return {
            "id": key,
            "name": _both(label),
            "local": [result.local[code].tolist() for code, _, _ in plan.groups],
            "fixed": fixed,
            "notes": [],
        }


def _weight_name(rule: Weight) -> Text:
    if isinstance(rule.scheme, Judgements):
        return rule.scheme.title or Text.of(rule.scheme.id)
    if isinstance(rule.scheme, str) and rule.scheme in WEIGHED and rule.label == rule.scheme:
        name = WEIGHED[rule.scheme].name
        return Text(name.zh, name.en[:1].upper() + name.en[1:])
    return Text.of(rule.label)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


# -- intervals of ranks ----------------------------------------------------------------------------


def _interval(rest: _Rest, study: Uncertainty | None, draws: int, seed: int) -> dict[str, Any]:
    """Ends of the interval of each row's rank, and what they are of; or why there are none."""
    result = rest.result
    if study is not None:
        _refuse_other(result, study)
    else:
        try:
            study = drawn(
                rest.index, rest.data, [Spread(size=_SIZE)], draws=draws, seed=seed, keep=False
            )
        except GzIndexError as error:
            return {"why": [_line(error)] * 2}
    n = len(result.values)
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    ranks = study.ranks
    low[study.model.rows], high[study.model.rows] = ranks["low"], ranks["high"]
    said = study.notes_in("zh")[0], study.notes_in("en")[0]
    return {"low": _packed(low, "<f4"), "high": _packed(high, "<f4"), "says": list(said)}


def _refuse_other(result: IndexResult, study: Uncertainty) -> None:
    nominal = study.nominal
    same = nominal.table.index.equals(result.table.index) and np.array_equal(
        nominal.values, result.values, equal_nan=True
    )
    if not same:
        raise DataError(
            "the study of uncertainty is of another result",
            [
                Problem(
                    "uncertainty", "rows or scores differ", "make it from the same index and data"
                )
            ],
        )

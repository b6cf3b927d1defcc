"""What the page holds: the tree, its rules, normalised values, sets of weights, intervals."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gz_index._arrays import Array
from gz_index._version import __version__
from gz_index.choices import Spread
from gz_index.errors import DataError, GzIndexError, MethodError, Problem
from gz_index.framework import ROOT, Framework, Text
from gz_index.labels import period_text
from gz_index.report.grids import clean
from gz_index.report.page.sets import LIVE, Rest, WeightSets, both, packed, rules_of
from gz_index.report.page.words import MISSING, TIES, WORDS
from gz_index.report.phrases import AGGREGATES, normalise_name
from gz_index.report.reasons import reason
from gz_index.sensitivity.montecarlo import uncertainty as drawn
from gz_index.weighting.rule import WeightLike

if TYPE_CHECKING:
    from gz_index.aggregate.rule import Aggregate
    from gz_index.index import Index
    from gz_index.normalise import Normaliser
    from gz_index.result import IndexResult
    from gz_index.sensitivity.montecarlo import Uncertainty

__all__ = ["pack"]

_SIZE = 0.25  # of the noise on weights where no study is given


def pack(
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
    rest = Rest.of(result)
    weight_sets = WeightSets(rest, sets)
    raw, used = _received(result)
    out = {
        "hash": _hash(index)[1][:8],
        "dataHash": result.data_hash.removeprefix("sha256:")[:8],
        "index": {"name": both(index.name or Text.of(index.id)), "about": both(index.description)},
        "units": [str(u) for u in units],
        "unit": [place[u] for u in table.units],
        "slot": [0] * n if table.slot is None else table.slot.tolist(),
        "periods": None if table.periods is None else [period_text(p) for p in table.periods],
        "nodes": _nodes(f, index.plan.nodes),
        "groups": [_group(index, code, kids, leaves) for code, kids, leaves in index.plan.groups],
        "coverage": index.missing.coverage,
        "ties": index.ties,
        "comparable": _is_comparable(result),
        "base": _base(result),
        "z": packed(result.values[:, :m]),
        "raw": packed(raw),
        "used": used,
        "imputed": _bits(result.imputed) if result.imputed.any() else "",
        "scores": packed(result.values[:, -1]),
        "sets": weight_sets.found,
        "absent": weight_sets.absent,
        "interval": _interval(rest, uncertainty, draws, seed),
        "notes": _notes(result),
        "facts": _facts(result),
    }
    cleaned: dict[str, Any] = _cleaned(out)
    return cleaned


def _cleaned(value: Any) -> Any:
    """Return the same without the control characters that no page may hold."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {k: _cleaned(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_cleaned(v) for v in value]
    return value


def _received(result: IndexResult) -> tuple[Array, dict[str, str]]:
    """Return the values as they came (n, m), and the columns in use that were prepared."""
    table = result.table
    if result.prepared is None:
        return table.values, {}
    sheet = result.prepared.before
    place = {key: i for i, key in enumerate(sheet.keys)}
    periods = (
        [None] * len(table.units)
        if table.periods is None or table.slot is None
        else [table.periods[t] for t in table.slot.tolist()]
    )
    rows = [place[key] for key in zip(table.units, periods, strict=True)]
    raw = sheet.values[np.ix_(rows, [sheet.codes.index(c) for c in table.codes])]
    changed = ~((raw == table.values) | (np.isnan(raw) & np.isnan(table.values)))
    prepared = np.flatnonzero(changed.any(axis=0)).tolist()
    return raw, {str(j): packed(table.values[:, j]) for j in prepared}


def _is_comparable(result: IndexResult) -> bool:
    """Whether scores of different periods are on one scale; weights by period aside."""
    rules = [result.index.plan.rule(g.code) for g in result.index.framework.groups]
    return not (
        any(p.normaliser.window == "period" for p in result.scale.parts)
        or any(r.window == "period" and not r.rowwise for r in rules)
    )


def _base(result: IndexResult) -> list[str] | None:
    """What a score means where every indicator is an index number of the same base."""
    parts = result.scale.parts
    bases = {(p.base, getattr(p.normaliser, "to", None)) for p in parts}
    if len(bases) > 1 or any(p.normaliser.method != "base-index" for p in parts):
        return None
    [(base, to)] = bases
    when = period_text(base)
    return both(Text(f"（基期{when}为{to:g}）", f" (the base, {when}, is {to:g})"))


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


def _bits(cells: Any) -> str:
    return base64.b64encode(np.packbits(cells, bitorder="little").tobytes()).decode()


def _nodes(f: Framework, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Indicators, then groups from the bottom up, as the engine numbers them."""
    place = {c: i for i, c in enumerate(codes)}
    out = []
    for code in codes:
        node = f.node(code)
        name = node.name or (WORDS["total"] if code == ROOT else Text.of(code))
        one: dict[str, Any] = {"code": code, "name": both(name), "parent": -1}
        if code != ROOT:
            one["parent"] = place[node.parent]
        unit = getattr(node, "unit", None)
        if unit:
            one["unit"] = both(unit)
        out.append(one)
    return out


def _group(index: Index, code: str, kids: Any, leaves: Any) -> dict[str, Any]:
    rule = index.plan.rule(code)
    method = rule.method if isinstance(rule.method, str) else ""
    live = method in LIVE
    out: dict[str, Any] = {
        "kids": kids.tolist(),
        "leaves": leaves.tolist(),
        "method": method if live else "",
        "label": both(_rule_name(rule)),
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
        [both(head), both(text)]
        for head, text in (
            (Text("定义", "Definition"), Text.of(f"{index.id} {index.version}")),
            (
                Text("标准化", "Normalising"),
                _listed([_scale_name(p.normaliser) for p in result.scale.parts]),
            ),
            (Text("赋权", "Weights"), rules_of(index)),
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


# -- intervals of ranks ----------------------------------------------------------------------------


def _interval(rest: Rest, study: Uncertainty | None, draws: int, seed: int) -> dict[str, Any]:
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
            return {"why": both(reason(error, result.index.framework))}
    n = len(result.values)
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    ranks = study.ranks
    low[study.model.rows], high[study.model.rows] = ranks["low"], ranks["high"]
    return {"low": packed(low, "<f4"), "high": packed(high, "<f4"), "says": _says(study)}


def _says(study: Uncertainty) -> list[str]:
    """What a reader has to know of the study, in each language."""
    said = ("；".join(study.notes_in("zh")), "; ".join(study.notes_in("en")))
    return [text.replace("+-", "±") for text in said]


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

"""What an audit looks at in definition, data, structure and weights, section by section."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gz_index.auditing.case import Case
from gz_index.auditing.coherence import FINDINGS, Structure
from gz_index.auditing.findings import Severity
from gz_index.auditing.jumps import KINDS, SHAPES, breaks
from gz_index.auditing.reliability import correlations, kurtosis, skewness
from gz_index.framework import ROOT, Framework, Group, Text
from gz_index.normalise.base import constant, transform
from gz_index.prepare.denominate import size_only
from gz_index.prepare.screen import indicator_shares, unit_shares
from gz_index.sensitivity.effective import importance

__all__ = ["concept", "data", "levels", "pillars", "weights"]

#: |r| from which two columns are one
_SAME = 1 - 1e-9
#: methods to which the size of an outlier makes no difference
_ORDINAL = ("rank", "percentile-rank", "borda", "categorical")


# -- 1 concept ------------------------------------------------------------------------------------


def concept(case: Case) -> None:
    """Unit, source, reason, size, double counting, goalposts, polarity."""
    index, f = case.index, case.index.framework
    for i in f.indicators:
        lacks = {
            "C1-unit": not i.unit,
            "C2-source": not (i.source or i.agency),
            "C3-reason": not i.reason,
        }
        for code, lacking in lacks.items():
            if lacking:
                case.add(code, i.code)
    why = size_only(index)
    if why is not None:
        case.add("C4-size", why=why)
    values = case.sheet.values
    if len(values) >= 3 and len(f.codes) > 1:
        r = correlations(values, gaps="pairwise").r
        for a, b in np.argwhere(np.triu(np.abs(r) >= _SAME, 1)).tolist():
            _pair(case, "C5-duplicate", f.codes[a], f.codes[b], r[a, b], _SAME)
    for i in f.indicators:
        rule = i.normalise or index.normalise
        if rule.window == "goalposts" and i.goalposts is None and i.direction.bounds is None:
            case.add("C6-goalposts", i.code, method=rule.label)
    if case.result is None:
        return
    s = case.structure("concept")
    if s is None:
        return
    for t in _own(s, f.codes):
        if t.r < 0:
            how = {"other": case.name(t.b), "severity": _against(case, t.r)}
            case.add("C7-polarity", t.a, t.r, 0.0, **how)


def _against(case: Case, r: float) -> Severity | None:
    """Running against the group above is serious; None leaves what the check says."""
    return "serious" if r < case.limits["contrary"] else None


def _pair(case: Case, code: str, a: str, b: str, *numbers: float) -> None:
    case.add(code, f"{a}, {b}", *numbers, name=case.name(a), other=case.name(b))


def _own(s: Structure, codes: tuple[str, ...]) -> list[Any]:
    """Correlations of some nodes with the group above them."""
    own = s.correlations[(s.correlations["relation"] == "own") & s.correlations["a"].isin(codes)]
    return list(own.itertuples())


# -- 2 data ---------------------------------------------------------------------------------------


def data(case: Case) -> None:
    """Coverage, zeros, distinct values, outliers, imputed cells, breaks, who left."""
    sheet, limits = case.sheet, case.limits
    columns, units = indicator_shares(sheet), unit_shares(sheet)
    distinct = [np.unique(v[~np.isnan(v)]).size for v in sheet.values.T]
    columns["distinct"] = np.array(distinct) / columns["known"].replace(0, np.nan)
    case.results |= {"indicators": columns, "units": units}
    share = columns["known"].sum() / columns["cells"].sum()
    if share < limits["coverage"]:
        case.add("D1-coverage", "", share, limits["coverage"])

    for code, column, limit, sign in (
        ("D2-indicator", "available", "indicator_coverage", 1),
        ("D5-zeros", "zeros", "zeros", -1),
        ("D6-unique", "distinct", "unique", 1),
    ):
        for where, value in columns[column].items():
            if sign * value < sign * limits[limit]:
                case.add(code, str(where), value, limits[limit])
    for unit, t in units.iterrows():
        who = str(unit)
        if t["available"] < limits["unit_coverage"]:
            case.add("D3-unit", who, t["available"], limits["unit_coverage"], name=who)
        if t["pillars"] < limits["pillar_coverage"]:
            words = {"name": who, "other": case.name(t["pillar"])}
            case.add("D4-pillar", who, t["pillars"], limits["pillar_coverage"], **words)
    if case.result is not None:
        _outliers(case)
        _imputed(case)
    _breaks(case)
    if case.result is not None:
        _left(case)


def _outliers(case: Case) -> None:
    """Skewness and kurtosis of what is normalised."""
    index, limits = case.known.index, case.limits
    shapes = {}
    for i, v in zip(index.framework.indicators, case.known.table.values[case.rows].T, strict=True):
        x = transform(i.transform, v[~np.isnan(v)])
        rule = i.normalise or index.normalise
        if rule.method in _ORDINAL or x.size < 4 or constant(x.min(), x.max()):
            continue
        x = (x - x.mean())[:, None]
        skew, kurt = shapes[i.code] = float(skewness(x)[0]), float(kurtosis(x)[0])
        if abs(skew) > limits["skewness"] and kurt > limits["kurtosis"]:
            more = {"kurtosis": kurt, "limit": limits["kurtosis"]}
            case.add("D7-outliers", i.code, skew, limits["skewness"], **more)
    table = pd.DataFrame.from_dict(shapes, orient="index", columns=["skewness", "kurtosis"])
    case.results["indicators"] = case.results["indicators"].join(table)


def _imputed(case: Case) -> None:
    prepared, limit = case.known.prepared, case.limits["imputed"]
    if prepared is None:
        return
    sheet = prepared.after
    at = sheet.table.rows_of(case.period)
    cells = pd.DataFrame(sheet.imputed[at], columns=list(sheet.codes))
    units = [str(sheet.table.units[i]) for i in at]
    whole = cells.to_numpy().mean()
    if whole > limit:
        case.add("D8-imputed", "", whole, limit, name=Text("全部数据", "all data"))
    for code, value in cells.mean().items():
        if value > limit:
            case.add("D8-imputed", str(code), value, limit)
    for unit, value in cells.mean(axis=1).groupby(units, sort=False).mean().items():
        if value > limit:
            case.add("D8-imputed", str(unit), value, limit, name=str(unit))


_ROLES = {
    "indicator": Text("指标", "indicator"),
    "excluded": Text("已由定义排除", "left out by the definition"),
    "other": Text("不在定义中", "not in the definition"),
}


def _breaks(case: Case) -> None:
    """Jumps of all units together, in the whole panel."""
    if case.sheet.table.periods is None:
        return
    b = case.attempt("data", "breaks", lambda: breaks(case.index, case.data))
    if b is None:
        return
    if b.outcome.startswith("few"):
        case.skip("data", "breaks", Text(b.notes_in("zh")[0], b.notes[0]))
    names = {
        e.code: Text(*(f"{e.code} ({e.name.get(x)})" for x in ("zh", "en")))
        for e in case.index.excluded
        if e.name
    }
    for t in b.to_frame().to_dict("records"):
        code, log = t["series"], t["measure"] == "log"
        severity = "warning" if t["kind"] == "event" else "serious"
        kind, shape = KINDS[t["kind"]], SHAPES[t["shape"]]
        case.add(
            "D9-break",
            code,
            t["factor"] if log else t["change"],
            severity=severity if t["role"] == "indicator" else "note",
            name=names.get(code) or case.name(code),
            role=_ROLES[t["role"]],
            size=f"x{t['factor']:.3g}" if log else f"{t['change']:+.2f} sd",
            advice=Text(f"{kind.zh}（{shape.zh}）", f"{kind.en} ({shape.en})"),
            **{k: t[k] for k in ("previous", "period", "share")},
        )


def _left(case: Case) -> None:
    """Who was screened out, and who has no score for another reason."""
    prepared, raw = case.known.prepared, case.sheet.table
    screened = set()
    for what, label, why in prepared.after.left if prepared is not None else ():
        screened.add(label)
        case.add(
            "D10-left", label, name=case.name(label) if what == "indicator" else label, why=why
        )
    rows = case.rows[~np.isnan(case.scores(ROOT)[case.rows])].tolist()
    scored = {case.row_name(row) for row in rows}
    for row, unit in enumerate(raw.units):
        who = case.row_name(row, raw)
        if who not in scored and not screened & {who, str(unit)}:
            case.add("D11-unscored", who, name=who)


# -- 3 and 5 pillars and levels -------------------------------------------------------------------

_REGROUP = Text(
    '考虑拆分，或更换不合群的项（见results["structure"].items）',
    "think of splitting it, or replace what does not fit (results['structure'].items tells)",
)


def _coherence(case: Case, s: Structure, letter: str) -> None:
    """Findings of the structure: of indicators (P), or of groups among each other (L).

    An indicator that runs against its own group is a matter of polarity, and a group that hardly
    shows in the one above of the range of its correlation.
    """
    f = case.known.index.framework
    for t in s.findings.to_dict("records"):
        kind, node, other, value = t["kind"], t["node"], t["other"], t["value"]
        within = kind in ("divided", "diffuse", "opposed", "unreliable")
        if letter != ("L" if _upper(f, node, within) else "P"):
            continue
        own = not within and other == f.node(node).parent
        if own and (value < 0 or letter == "L"):
            continue
        where = node if within or own or kind == "stranger" else f"{node}, {other}"
        said = s.say(t)
        (zh, way_zh), (en, way) = (
            part.rsplit(at, 1) for part, at in ((said.zh, "："), (said.en, ": "))
        )
        code = f"{letter}{list(FINDINGS).index(kind) + 1}-{kind}"
        words = {"said": Text(zh, en), "way": Text(way_zh, way)}
        if kind in ("diffuse", "unreliable"):
            words = {"said": said, "way": _REGROUP}
        case.add(code, other if kind == "opposed" else where, value, t["limit"], **words)


def _upper(f: Framework, node: str, within: bool) -> bool:
    """Whether a finding is of groups: of the children of a node, or of the node itself."""
    if not within:
        return isinstance(f.node(node), Group)
    return any(isinstance(f.node(c), Group) for c in f.children(node))


def pillars(case: Case) -> None:
    """Redundant, contrary, silent, misplaced indicators; dimensions and reliability of a group."""
    s = case.structure("pillars")
    if s is not None:
        _coherence(case, s, "P")


def levels(case: Case) -> None:
    """Correlation of groups with each other and with the one above; what the index adds."""
    f = case.known.index.framework
    groups = tuple(g.code for g in f.groups if g.code != ROOT)
    if not groups:
        case.skip("levels", "groups", Text("指标体系没有分组", "the framework has no groups"))
        return
    s = case.structure("levels")
    if s is not None:
        _coherence(case, s, "L")
        for t in _own(s, groups):
            if len(f.children(t.b)) > 1:
                low, high = case.limits["low"], case.limits["high"]
                how = {"other": case.name(t.b), "severity": _against(case, t.r)}
                if t.r < low:
                    case.add("L3-weak", t.a, t.r, low, **how)
                elif t.r > high:
                    case.add("L4-dominant", t.a, t.r, high, **how)
    top = [c for c in f.children(ROOT) if c in groups]
    if len(f.children(ROOT)) < 2:
        return
    shares, far = {}, case.places("places")
    for code in top:
        rows, ranks = case.ranks(case.scores(ROOT), case.scores(code))
        if not rows.size:
            continue
        apart = np.abs(ranks[:, 0] - ranks[:, 1])
        share = shares[code] = float((apart >= far).mean())
        if share < case.limits["added"]:
            case.add("L9-added", code, share, case.limits["added"], places=np.ceil(far))
    case.results["added"] = pd.DataFrame({"share": shares}).rename_axis("pillar")


# -- 4 weights ------------------------------------------------------------------------------------


def weights(case: Case) -> None:
    """Declared weight and effective importance of every node."""
    score = case.scores(ROOT)[case.rows]
    score = score[~np.isnan(score)]
    if score.size > 1 and constant(score.min(), score.max()):
        same = Text("总指数在各行相同", "the index is the same in every row")
        case.skip("weights", "importance", same)
        return
    found = case.attempt(
        "weights",
        "importance",
        lambda: importance(case.index, case.data, period=case.period, seed=case.seed),
    )
    if found is None:
        return
    f = case.known.index.framework
    for code, t in found.to_frame().iterrows():
        node = str(code)
        if t["parent"] != ROOT and len(f.children(t["parent"])) == 1:
            continue  # it is its group
        if t["declared"] == 0:
            case.add("W3-zero", node, 0.0, 0.0)
            continue
        linear = 0.0 if np.isnan(t["linear"]) else t["linear"]
        gap = t["gap"] / t["declared"]
        if linear < case.limits["idle"]:
            case.add("W2-idle", node, linear, case.limits["idle"])
        elif abs(gap) > case.limits["gap"]:
            words = {"declared": t["declared"], "share": t["share"]}
            severity = None if t["level"] == 1 else "note"
            case.add("W1-gap", node, gap, case.limits["gap"], severity=severity, **words)

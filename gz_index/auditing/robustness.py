"""What an audit looks at in the ranks: how firm they are, what they depend on, the frontier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gz_index.auditing.case import Case
from gz_index.choices import Alternatives, Choice, Spread
from gz_index.comparison import leave_one_out
from gz_index.errors import GzIndexError, MethodError
from gz_index.framework import ROOT, Text
from gz_index.sensitivity.montecarlo import Uncertainty, uncertainty
from gz_index.sensitivity.variance import VarianceShares, sobol
from gz_index.weighting.frontier import bod

__all__ = ["frontier", "sensitive", "uncertain"]

# -- 6 uncertainty --------------------------------------------------------------------------------


def _noise(case: Case) -> Choice:
    return Spread(size=case.limits["noise"])


def _mean(case: Case) -> Choice:
    """The rule at the root, or another mean: arithmetic and geometric."""
    rule = case.known.index.plan.rule(ROOT)
    other = "geometric" if rule.method == "arithmetic" else "arithmetic"
    return Alternatives(part="aggregate", node=ROOT, of=[rule, other])


def uncertain(case: Case) -> None:
    """Ranks under noise on the weights and another mean; and by the definition's own table."""

    def drawn(choices: list[Choice] | None) -> Uncertainty:
        return uncertainty(
            case.index,
            case.data,
            choices,
            draws=case.draws,
            seed=case.seed,
            level=0.9,
            period=case.period,
        )

    noise = _noise(case)
    name = "uncertainty"
    try:
        u: Uncertainty | None = drawn([noise, _mean(case)])
        case.results[name] = u
    except GzIndexError as error:  # zeros, or a rule that cannot be exchanged: weights alone
        case.skip(name, "aggregation", error)
        u = case.attempt(name, name, lambda: drawn([noise]))
    if u is not None:
        _ranks(case, u, "U1-wide", "U2-outside")
    if case.known.index.sensitivity is not None and case.known.index.sensitivity.choices:
        own = case.attempt(name, "uncertainty-own", lambda: drawn(None))
        if own is not None:
            _ranks(case, own, "U3-wide-own", "U4-outside-own")


def _ranks(case: Case, u: Uncertainty, wide: str, outside: str) -> None:
    limit = case.places("interval")
    for row, t in zip(u.model.rows, u.ranks.to_dict("records"), strict=True):
        who = case.row_name(int(row))
        ends = {"name": who, **{k: t[k] for k in ("nominal", "low", "high")}}
        if t["high"] - t["low"] > limit:
            case.add(wide, who, t["high"] - t["low"], limit, **ends)
        if t["outside"]:
            bound = t["low"] if t["nominal"] < t["low"] else t["high"]
            case.add(outside, who, t["nominal"], bound, **ends)


# -- 7 sensitivity --------------------------------------------------------------------------------


def sensitive(case: Case) -> None:
    """Which choice moves the ranks most, and which indicator."""
    own = case.known.index.sensitivity

    def shares() -> VarianceShares:
        several = own is not None and len(own.choices) > 1
        return sobol(
            case.index,
            case.data,
            None if several else [_noise(case), _mean(case)],
            targets=["shift"],
            points=case.points,
            seed=case.seed,
            period=case.period,
        )

    s = case.attempt("sensitivity", "choices", shares)
    if s is not None:
        found, limit = s.of("shift").dropna(), case.limits["choice"]
        for name, t in zip(found.index, found.to_dict("records"), strict=True):
            if t["total"] == found["total"].max() and t["total"] >= limit:
                words = {"name": str(name), "first": t["first"], "how": _certainty(s, t)}
                case.add("S1-choice", str(name), t["total"], limit, **words)
    _omissions(case)


def _certainty(s: VarianceShares, t: Mapping[Any, Any]) -> Text:
    """How well a total share is known."""
    if s.exact:
        return Text("精确计算", "exactly")
    ends = f"{t['total_low']:.0%}", f"{t['total_high']:.0%}"
    return Text(
        f"由{s.points}个Sobol点估计，95%区间为{ends[0]}至{ends[1]}",
        f"estimated from {s.points} Sobol points, 95% interval {ends[0]} to {ends[1]}",
    )


def _omissions(case: Case) -> None:
    """Ranks without each indicator in turn, everything else worked out again."""
    left = case.attempt("sensitivity", "omissions", lambda: leave_one_out(case.index, case.data))
    if left is None:
        return
    whole, table, rows = case.scores(ROOT), case.known.table, {}
    limit = case.limits["omission"] * case.count
    for code, scores in left.parts.items():
        at = scores.index.get_indexer(table.index)
        part = np.where(at < 0, np.nan, scores[ROOT].to_numpy()[at])
        judged, ranks = case.ranks(whole, part)
        if not judged.size:
            continue
        moved = ranks[:, 1] - ranks[:, 0]
        most = int(np.abs(moved).argmax())
        unit = case.row_name(int(judged[most]))
        where, shift = str(code), float(np.abs(moved).mean())
        rows[where] = {"shift": shift, "largest": moved[most], "at": unit}
        if shift > limit:
            case.add("S2-omission", where, shift, limit, unit=unit, largest=moved[most])
        _, first = case.ranks(whole, part, ties="min")
        old, new = ([case.row_name(int(i)) for i in judged[r == 1]] for r in first.T)
        if old != new:
            gone, come = [u for u in old if u not in new], [u for u in new if u not in old]
            words = {"old": ", ".join(gone or old), "new": ", ".join(come or new)}
            case.add("S3-leader", where, **words)
    columns = ["shift", "largest", "at"]
    shifts = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    case.results["shifts"] = shifts.rename_axis("indicator")


# -- 8 frontier -----------------------------------------------------------------------------------


def frontier(case: Case) -> None:
    """Benefit of the doubt over the children of the root."""
    f = case.known.index.framework
    kids = list(f.children(ROOT))
    x = np.stack([case.scores(c)[case.rows] for c in kids], axis=1)
    full = ~np.isnan(x).any(axis=1)
    rows, limits = case.rows[full], case.limits

    def solved() -> pd.DataFrame:
        names = [case.row_name(int(i)) for i in rows]
        try:
            best = bod(x[full])
        except MethodError as error:
            raise error.named(columns=kids, rows=names) from None
        out = pd.DataFrame({"efficiency": best.scores}, index=pd.Index(names, name="unit"))
        return out.assign(**{f"share_{c}": best.shares[:, j] for j, c in enumerate(kids)})

    table = case.attempt("frontier", "frontier", solved)
    if table is None:
        return
    score = table["efficiency"]
    count = int((score > 1 - 1e-9).sum())
    if count / len(score) > limits["frontier"]:
        case.add("F1-frontier", "", count / len(score), limits["frontier"], count=count)
    if score.min() < limits["efficiency"]:
        who = str(score.idxmin())
        case.add("F2-lowest", who, score.min(), limits["efficiency"], name=who)

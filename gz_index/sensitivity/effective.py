"""Declared weights against effective importance, and weights that bring the two together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, DefinitionError, MethodError, Problem
from gz_index.framework import ROOT, Framework, Text
from gz_index.sensitivity.ratios import (
    balanced_weights,
    correlation_ratio,
    linear_parts,
    residuals,
)
from gz_index.sensitivity.shapley import shapley_linear
from gz_index.study import Study
from gz_index.weighting.local import to_root

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["Balance", "Importance", "balance", "importance"]


def importance(
    index: Index, data: Any, *, period: Hashable | None = None, seed: int = 0
) -> Importance:
    r"""Say how much each indicator and group really counts, beside the weight it was given.

    Importance is the share of the variance of the index that goes with a variable (the correlation
    ratio :math:`S_q`, linear and along a smoothing spline). It has a part of its own, through what
    the variable does not share with the others of its level, and a part that it owes to its
    correlation with them, which may be negative. Scaled to add up to one it can be held against the
    declared weight. Shapley effects share the variance out completely, correlation included.

    Parameters
    ----------
    index : Index
    data : DataFrame
    period : label, optional
        Rows of one period only; by default all rows.
    seed : int
        Of the random orders of Shapley effects where a level has more than 16 variables.

    Raises
    ------
    DataError
        Fewer than three rows are complete.
    MethodError
        The index, or a variable, is the same in every row.

    Notes
    -----
    The covariances are those of the units at hand. Indicators are compared with all indicators, and
    groups with the groups at the same depth. Rows with a missing value are left out and counted.

    References
    ----------
    Becker, W., Saisana, M., Paruolo, P. and Vandecasteele, I. (2017). Weights and importance in
    composite indicators: closing the gap. Ecological Indicators 80, 12-22.
    doi:10.1016/j.ecolind.2017.03.056

    Examples
    --------
    >>> import gz_index as gz
    >>> i = gz.importance(gz.load("desi-2022"), gz.data("desi-2022"))
    >>> i.to_frame().loc[["1", "2", "3", "4"], ["weight", "share"]].round(2).to_numpy().tolist()
    [[0.25, 0.3], [0.25, 0.12], [0.25, 0.29], [0.25, 0.29]]
    """
    result = index.evaluate(data)
    rows = result.table.rows_of(period)
    f, plan = result.index.framework, result.index.plan
    frames, texts = [], []
    for codes in _levels(f):
        at = [plan.position[c] for c in codes]
        v = result.values[rows][:, [*at, len(plan.nodes) - 1]]
        full = ~np.isnan(v).any(axis=1)
        name = ", ".join(codes) if len(codes) < 5 else f"{codes[0]}, ..., {codes[-1]}"
        if full.sum() < 3:
            raise DataError(
                "fewer than three rows are complete",
                [Problem(name, f"{int(full.sum())} of {full.size}", "fill the gaps")],
            )
        if not full.all():
            lost = int((~full).sum())
            texts.append(
                Text(
                    f"{name}：{lost}行有缺失，未纳入",
                    f"{name}: {lost} rows with gaps are left out",
                )
            )
        table, more = _level(result, codes, v[full, :-1], v[full, -1], rows[full], seed)
        frames.append(table)
        texts += more
    table = pd.concat(frames)
    order = [c for c in f.nodes if c != ROOT]
    return Importance(result, period, table.loc[order], tuple(dict.fromkeys(texts)))


def _levels(f: Framework) -> list[list[str]]:
    """All indicators, and the groups of each depth."""
    depths = sorted({f.depth(g.code) for g in f.groups if g.code != ROOT})
    groups = [[g.code for g in f.groups if f.depth(g.code) == d] for d in depths]
    return [*groups, list(f.codes)]


def _global(result: IndexResult, codes: list[str], rows: NDArray[np.intp]) -> Array:
    """Weight of each node in the index; the mean over the rows where it differs by period."""
    f, slot = result.index.framework, result.table.slot
    found = [to_root(f, result.local, c) for c in codes]
    return np.array(
        [float(w if w.ndim == 0 or slot is None else w[slot[rows]].mean()) for w in found]
    )


def _level(
    result: IndexResult,
    codes: list[str],
    x: Array,
    y: Array,
    rows: NDArray[np.intp],
    seed: int,
) -> tuple[pd.DataFrame, list[Text]]:
    """Importance of the variables of one level."""
    f, texts = result.index.framework, []
    if np.ptp(y) <= 1e-12 * np.abs(y).max(initial=1e-300):
        raise MethodError(
            "the index is the same in every row, so that nothing has importance for it",
            hint="take rows in which it varies",
        )
    w = _global(result, codes, rows)
    still = [c for c, v in zip(codes, x.T, strict=True) if v.max() == v.min()]
    if still:
        texts.append(
            Text(
                f"各行取值相同，没有重要性：{', '.join(still)}",
                f"the same in every row, so without importance: {', '.join(still)}",
            )
        )
    moving = [j for j, c in enumerate(codes) if c not in still]
    x = x[:, moving]
    k = len(moving)
    out = pd.DataFrame(
        {
            "parent": [f.node(c).parent for c in codes],
            "level": [f.depth(c) for c in codes],
            "weight": w,
            "declared": w / w.sum(),
        },
        index=pd.Index(codes, name="node"),
    )
    names = ("correlation", "linear", "spline", "correlated", "uncorrelated", "share", "gap")
    found = {n: np.full(len(codes), np.nan) for n in (*names, "shapley", "shapley_error")}
    r = np.array([np.corrcoef(v, y)[0, 1] for v in x.T])
    linear = r**2
    found["correlation"][moving], found["linear"][moving] = r, linear
    found["spline"][moving] = [_bent(v, y) for v in x.T]
    found["share"][moving] = linear / linear.sum()
    found["gap"][moving] = linear / linear.sum() - out["declared"].to_numpy()[moving]
    if len(y) > k:
        left = residuals(x)
        own = np.array([correlation_ratio(v, y) if v.any() else 0.0 for v in left.T])
        found["uncorrelated"][moving], found["correlated"][moving] = own, linear - own
    else:
        texts.append(
            Text(
                f"{k}个变量、{len(y)}行：无法区分相关与不相关部分",
                f"{k} variables in {len(y)} rows: their own and their correlated parts cannot be "
                "told apart",
            )
        )
    if _additive(result, codes):
        s = np.atleast_2d(np.cov(x.T, bias=True))
        effects, errors = shapley_linear(s, w[moving], seed=seed)
        found["shapley"][moving], found["shapley_error"][moving] = effects, errors
    else:
        texts.append(
            Text(
                "非加法汇总：不给出Shapley效应",
                "not additive above this level: no Shapley effects",
            )
        )
    return out.assign(**found), texts


def _bent(x: Array, y: Array) -> float:
    """Correlation ratio along a spline; missing where x has too few values for one."""
    return correlation_ratio(x, y, method="spline") if np.unique(x).size >= 5 else np.nan


def _additive(result: IndexResult, codes: list[str]) -> bool:
    """Whether the index is the weighted sum of these nodes, in every row alike."""
    plan, f = result.index.plan, result.index.framework
    above = {a for c in codes for a in f.ancestors(c)}
    leaves = sorted(leaf for c in codes for leaf in f.leaves(c))
    return (
        leaves == sorted(f.codes)
        and all(plan.rule(g).method == "arithmetic" for g in above)
        and all(result.local[g].ndim == 1 for g in above)
    )


@dataclass(frozen=True, eq=False, repr=False)
class Importance(Study):
    """Declared weight and effective importance of every node; see :func:`importance`.

    Attributes
    ----------
    period : label or None
    table : DataFrame
        A row for each indicator and group: ``weight`` in the index, ``declared`` (its share within
        the level), ``correlation`` with the index, correlation ratio ``linear`` and ``spline``,
        ``correlated`` and ``uncorrelated`` part of the former, ``share`` (linear, within the
        level), ``gap`` = share - declared, ``shapley`` effect and its standard error.
    """

    kind: ClassVar[str] = "importance"
    nominal: IndexResult
    period: Hashable | None
    table: pd.DataFrame = field(repr=False)
    remarks: tuple[Text, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.table

    def settings(self) -> dict[str, Any]:
        """Return the period."""
        return {"period": None if self.period is None else str(self.period)}

    def _texts(self) -> tuple[Text, ...]:
        return self.remarks


# -- weights that meet an aim ----------------------------------------------------------------------


def balance(
    index: Index,
    data: Any,
    *,
    target: Literal["declared", "equal"] | Mapping[str, float] = "declared",
    node: str = ROOT,
    period: Hashable | None = None,
) -> Balance:
    """Find weights under which the children of a group have the importance that is intended.

    Importance is the linear correlation ratio with the group's score, as a share. Weights are never
    negative; where no weights meet the aim, the nearest ones are returned and it is said.

    Parameters
    ----------
    index : Index
    data : DataFrame
    target : {"declared", "equal"} or mapping
        Intended shares: those of the present weights, equal ones, or by code.
    node : str
        A group that is aggregated by the arithmetic mean.
    period : label, optional
        Rows of one period only; by default all rows.

    Raises
    ------
    MethodError
        The group is not additive, or a child does not vary.
    DefinitionError
        The target does not name the children.

    References
    ----------
    Becker et al. (2017), as :func:`importance`.

    Examples
    --------
    >>> import gz_index as gz
    >>> b = gz.balance(gz.load("desi-2022"), gz.data("desi-2022"))
    >>> b.reached, b.to_frame()["weight"].round(3).tolist()
    (True, [0.096, 0.554, 0.134, 0.216])
    """
    result = index.evaluate(data)
    f, plan = result.index.framework, result.index.plan
    kids = f.children(node)
    if len(kids) < 2:
        raise MethodError(f"{node!r} has no two children to weigh", hint="name a group with more")
    if plan.rule(node).method != "arithmetic" or result.local[node].ndim > 1:
        raise MethodError(
            f"{node!r} is aggregated by {plan.rule(node).label}",
            hint="weights can be balanced below an arithmetic mean with one set of weights",
        )
    rows = result.table.rows_of(period)
    x = result.values[rows][:, [plan.position[c] for c in kids]]
    full = ~np.isnan(x).any(axis=1)
    if full.sum() < 3:
        raise DataError(
            "fewer than three rows are complete",
            [Problem(node, f"{int(full.sum())} of {full.size}", "fill the gaps")],
        )
    before = result.local[node]
    t = _target(target, kids, before)
    s = np.cov(x[full].T, bias=True)
    try:
        w, shares = balanced_weights(s, t)
        now = linear_parts(s, before)[0]
    except MethodError as error:
        raise error.at(f"balance of {node!r}", list(kids), error.rows) from error
    table = pd.DataFrame(
        {
            "target": t,
            "weight_before": before,
            "share_before": now / now.sum(),
            "weight": w,
            "share": shares,
            "gap": shares - t,
        },
        index=pd.Index(kids, name="node"),
    )
    return Balance(result, node, period, table, int((~full).sum()))


def _target(target: Any, kids: tuple[str, ...], w: Array) -> Array:
    if isinstance(target, str):
        if target not in ("declared", "equal"):
            raise MethodError(f"target = {target!r}", hint="'declared', 'equal', or shares by code")
        t = w if target == "declared" else np.ones(len(kids))
    else:
        if set(target) != set(kids):
            raise DefinitionError(
                "the target does not name the children",
                [Problem("target", ", ".join(map(str, target)), f"name {', '.join(kids)}")],
            )
        t = np.array([float(target[c]) for c in kids])
    bad = [c for c, v in zip(kids, t, strict=True) if not (np.isfinite(v) and v > 0)]
    if bad:
        raise MethodError(
            f"the intended importance of {', '.join(bad)} is not above zero",
            hint="leave out what should not count",
        )
    return np.asarray(t / t.sum())


@dataclass(frozen=True, eq=False, repr=False)
class Balance(Study):
    """Weights that bring importance to an aim; see :func:`balance`.

    Attributes
    ----------
    node : str
    period : label or None
    table : DataFrame
        Of each child: ``target``, weight and share of importance before and after, ``gap`` left.
    lost : int
        Rows with gaps, which were left out.
    """

    kind: ClassVar[str] = "balance"
    nominal: IndexResult
    node: str
    period: Hashable | None
    table: pd.DataFrame = field(repr=False)
    lost: int

    @property
    def reached(self) -> bool:
        """Whether every share meets its target within 1e-6."""
        return bool(self.table["gap"].abs().max() <= 1e-6)

    @property
    def balanced(self) -> Index:
        """The index with these weights below the node."""
        w = {str(c): float(v) for c, v in self.table["weight"].items()}
        f = self.index.framework
        groups = tuple(replace(g, weigh=w) if g.code == self.node else g for g in f.groups)
        return self.index.replace(framework=Framework(f.indicators, groups))

    def to_frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.table

    def settings(self) -> dict[str, Any]:
        """Return node and period."""
        return {
            "node": self.node,
            "period": None if self.period is None else str(self.period),
            "reached": self.reached,
        }

    def _texts(self) -> tuple[Text, ...]:
        out = []
        if not self.reached:
            gap = self.table["gap"].to_numpy()
            at = int(np.abs(gap).argmax())
            worst = self.table.index[at]
            zero = ", ".join(str(c) for c in self.table.index[self.table["weight"] == 0])
            zh = f"；权重降为零：{zero}" if zero else ""
            en = f"; at weight zero: {zero}" if zero else ""
            out.append(
                Text(
                    f"没有非负权重能达到目标；最大差距{gap[at]:+.3f}（{worst}）{zh}",
                    f"no weights >= 0 meet the target; the largest gap left is {gap[at]:+.3f} "
                    f"({worst}){en}",
                )
            )
        if self.lost:
            out.append(
                Text(f"{self.lost}行有缺失，未纳入", f"{self.lost} rows with gaps are left out")
            )
        return tuple(out)

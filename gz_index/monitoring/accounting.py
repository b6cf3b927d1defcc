"""What made the index move: contributions of indicators, groups and weights between periods."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, NotFoundError, Problem
from gz_index.framework import ROOT, Text
from gz_index.study import Study

if TYPE_CHECKING:
    from gz_index.engine import Plan
    from gz_index.result import IndexResult
    from gz_index.table import Table

__all__ = ["OUTCOMES", "Change", "change"]

#: an index that moves by less than this share of its size, or of all its parts, did not move
_STILL = 1e-9

#: what may be said of a unit between two periods; several are joined by "; "
OUTCOMES: Mapping[str, Text] = MappingProxyType(
    {
        "split": Text("已分解", "split into parts"),
        "no change": Text(
            "指数未变动，无份额可言", "the index did not move, so there are no shares"
        ),
        "no growth rate": Text(
            "起始期指数不大于零，无增长率与拉动百分点",
            "the index was not above zero before, so it has no growth rate and nothing pulls it",
        ),
        "no score": Text("某一期未给出指数", "the index is not given in one of the periods"),
        "absent": Text("某一期没有该评价对象", "the unit has no row in one of the periods"),
        "no slope": Text(
            "得分停在零点，该处均值的斜率不是有限数",
            "a score stays at zero, where the slope of the mean is no finite number",
        ),
    }
)

#: exponent r of the means that are quasi-arithmetic with phi(z) = (z^r - 1) / r
_EXPONENTS = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0}


def change(
    result: IndexResult,
    *,
    since: Hashable | None = None,
    until: Hashable | None = None,
    unit: Hashable | None = None,
) -> Change:
    r"""Split the change of the index between two periods among indicators, groups and weights.

    A group whose score is a mean with :math:`\varphi(S) = \sum_c w_c \varphi(z_c)` (arithmetic:
    identity; geometric: ln; harmonic: 1/z; power: :math:`z^r`) moves by

    .. math:: \Delta\varphi(S) = \sum_c \bar w_c\,\Delta\varphi(z_c)
        + \sum_c \Delta w_c\,(\bar\varphi(z_c) - \bar\varphi(S)),

    where a bar is the mean of both periods (Bennet's split). It becomes points by the ratio
    :math:`\Delta S / \Delta\varphi(S)` (of the geometric mean: the logarithmic mean of both
    scores), and goes down the tree since :math:`\Delta\varphi(z_c)` is :math:`\Delta z_c` times
    such a ratio. Nothing is left over, and exchanging the periods turns every sign.

    Parameters
    ----------
    result : IndexResult
        Over two periods or more; every group is aggregated by an arithmetic, geometric, harmonic or
        power mean.
    since, until : label, optional
        The two periods; by default the first and the last. ``since="previous"`` takes every period
        with the one before it, or only ``until`` with the one before it.
    unit : label, optional
        One unit only.

    Raises
    ------
    MethodError
        A node is aggregated by something else; scores of different periods cannot be compared,
        because indicators were normalised within each period; the periods are the same.
    DataError
        There are no two periods.
    NotFoundError
        There is no such period or unit.

    Notes
    -----
    The part of a weight is measured from the score of the group, as in Griliches and Regev (1995):
    it is positive for a child that is better than the group and gains weight. Over a group this
    adds up to :math:`\sum_c \bar\varphi(z_c) \Delta w_c`, but the part of a single child does not
    depend on where the scores have their zero, or on their unit.

    Weights differ between periods where they were computed by period, and where missing cells made
    the others share them; otherwise the parts of weights are zero. A child that is known in one of
    the periods only has not changed: it counts through weights alone.

    Growth rates and pulling points are percentages of the index of the earlier period, and mean as
    little as the zero of its scores does.

    References
    ----------
    Ang, B. W. (2015). LMDI decomposition approach: a guide for implementation. Energy Policy 86,
    233-238. doi:10.1016/j.enpol.2015.07.007

    Bennet, T. L. (1920). The theory of measurement of changes in cost of living. Journal of the
    Royal Statistical Society 83(3), 455-462.

    Griliches, Z. and Regev, H. (1995). Firm productivity in Israeli industry 1979-1988. Journal of
    Econometrics 65(1), 175-203.

    Examples
    --------
    >>> import gz_index as gz
    >>> from gz_index.monitoring.accounting import change
    >>> result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    >>> c = change(result, since=2017, until=2022, unit="广东省")
    >>> c.totals[["before", "after", "change", "growth"]].round(4).to_numpy().tolist()
    [[0.6094, 0.7502, 0.1408, 23.1046]]
    >>> c.below()[["points", "share", "pulling"]].droplevel([0, 1, 2]).round(3)
                points   share  pulling
    node
    innovation   0.069  49.005   11.322
    fusion       0.025  17.824    4.118
    data         0.031  22.300    5.152
    open         0.015  10.705    2.473
    governance   0.000   0.166    0.038
    """
    exponents = _exponents(result.index.plan)
    _refuse_own_windows(result)
    table = result.table
    pairs = _pairs(table, since, until)
    units = list(dict.fromkeys(table.units))
    if unit is not None:
        if unit not in units:
            raise NotFoundError(f"no unit {unit!r}; there are {', '.join(map(str, units))}")
        units = [unit]
    assert table.periods is not None
    assert table.slot is not None
    row = {key: i for i, key in enumerate(zip(table.units, table.slot.tolist(), strict=True))}
    at = np.array([[row.get((u, t), -1) for t in pair] for u in units for pair in pairs])
    labels = [(u, *(table.periods[t] for t in pair)) for u in units for pair in pairs]
    keys = pd.MultiIndex.from_tuples(labels, names=["unit", "since", "until"])
    return _change(result, exponents, keys, at)


def _exponents(plan: Plan) -> dict[str, float]:
    """Exponent of the mean of every group; refuse what is no such mean."""
    out: dict[str, float] = {}
    for code, _, _ in plan.groups:
        rule = plan.rule(code)
        found = rule.options["exponent"] if rule.method == "power" else None
        r = _EXPONENTS.get(str(rule.method)) if found is None else float(found)
        if r is None or np.isinf(r):
            raise MethodError(
                f"{rule.label} (at {code!r}) is no mean of which a change can be split exactly",
                hint="compare result.scores of both periods, or aggregate by an arithmetic, "
                "geometric, harmonic or power mean",
            )
        out[code] = r
    return out


def _refuse_own_windows(result: IndexResult) -> None:
    parts = [p for p in result.scale.parts if p.normaliser.window == "period"]
    if parts:
        codes = [c for p in parts for c in p.columns.codes]
        more = f" and {len(codes) - 5} more" if len(codes) > 5 else ""
        raise MethodError(
            f"{', '.join(codes[:5])}{more}: normalised within each period, so scores of different "
            "periods cannot be compared",
            hint="normalise with window = 'pooled', 'base' or 'goalposts'",
        )


def _pairs(table: Table, since: Hashable | None, until: Hashable | None) -> list[tuple[int, int]]:
    """Positions of the periods to be compared."""
    periods = table.periods
    if periods is None or len(periods) < 2:
        n = "no periods" if periods is None else f"one period ({periods[0]})"
        what = f"a change needs two periods, and the data have {n}"
        raise DataError(what, [Problem("rows", "have none to compare", "label by unit and period")])

    def find(label: Hashable) -> int:
        if label not in periods:
            raise NotFoundError(f"no period {label!r}; there are {', '.join(map(str, periods))}")
        return periods.index(label)

    last = len(periods) - 1 if until is None else find(until)
    if since == "previous":
        pairs = list(pairwise(range(len(periods))))
        if until is not None:
            pairs = [p for p in pairs if p[1] == last]
        if not pairs:
            raise NotFoundError(f"no period before {until!r}, which is the first one")
        return pairs
    first = 0 if since is None else find(since)
    if first == last:
        raise MethodError(
            f"since and until are both {periods[first]!r}", hint="name two different periods"
        )
    return [(first, last)]


# -- the split -------------------------------------------------------------------------------------


class _Parts(NamedTuple):
    """Parts of a change in points of the index, (p, nodes), in the order of ``Plan.nodes``.

    ``data``: of the values of the indicators at or below a node; ``inner``: of weights below it;
    ``own``: of its own weight among its siblings.
    """

    data: Array
    inner: Array
    own: Array


def _split(result: IndexResult, exponents: dict[str, float], a: Any, b: Any) -> _Parts:
    """Split the change from rows ``a`` to rows ``b``, (p,) each, both with a score."""
    plan, m = result.index.plan, len(result.index.framework.codes)
    shape = (len(a), len(plan.nodes))
    data, inner, own, factor = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    factor[:, -1] = 1.0  # points of the index for a point of the node
    weights, values = result.row_weights, result.values
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for code, kids, _ in reversed(plan.groups):
            r, here = exponents[code], plan.position[code]
            w0, w1 = weights[code][a], weights[code][b]
            z0, z1, s0, s1, unit = _scaled(values[a], values[b], kids, here, r)
            up = _times(factor[:, [here]], 1 / _slope(s0, s1, r))
            lift = (_phi(z0, r) + _phi(z1, r)) / 2 - (_phi(s0, r) + _phi(s1, r)) / 2
            own[:, kids] = _times(up, (w1 - w0) * lift * unit)
            steps = _times(_times(up, (w0 + w1) / 2), _slope(z0, z1, r))
            lacking = np.isnan(values[a][:, kids]) | np.isnan(values[b][:, kids])
            factor[:, kids] = np.where(lacking, 0.0, steps)  # known once: has not changed
        moved = np.nan_to_num(values[b, :m] - values[a, :m])
        data[:, :m] = _times(factor[:, :m], moved)
        for code, kids, _ in plan.groups:
            here = plan.position[code]
            data[:, here] = data[:, kids].sum(axis=1)
            inner[:, here] = (inner[:, kids] + own[:, kids]).sum(axis=1)
    return _Parts(data, inner, own)


def _scaled(v0: Array, v1: Array, kids: Any, here: int, r: float) -> tuple[Array, ...]:
    """Values of the children and the group in both periods, in units of the score; the unit.

    Means are homogeneous: in units of the score no power overflows. A gap takes the value of the
    other period, or that of the score.
    """
    s0, s1 = v0[:, [here]], v1[:, [here]]
    z0, z1 = v0[:, kids], v1[:, kids]
    z0, z1 = np.where(np.isnan(z0), z1, z0), np.where(np.isnan(z1), z0, z1)
    z0, z1 = np.where(np.isnan(z0), s0, z0), np.where(np.isnan(z1), s1, z1)
    unit = np.ones_like(s0)
    if r != 1:
        score = np.fmax(s0, s1) if r > 0 else np.fmin(s0, s1)
        unit = np.where(score > 0, score, 1.0)
    scaled = (v / unit for v in (z0, z1, s0, s1))
    # a group without score counts nothing, whatever stands here
    return (*(np.where(np.isnan(v), 1.0, v) for v in scaled), unit)


def _phi(z: Array, r: float) -> Array:
    """(z^r - 1) / r, ln z for r = 0."""
    if r == 1:
        return z
    return np.asarray(np.log(z) if r == 0 else np.expm1(r * np.log(z)) / r)


def _slope(a: Array, b: Array, r: float) -> Array:
    """(phi(b) - phi(a)) / (b - a), the derivative where a = b; the same if they are exchanged."""
    if r == 1:
        return np.ones_like(a)
    low, high = np.minimum(a, b), np.maximum(a, b)
    d = (high - low) / low
    log = np.log1p(d)
    grown = log / d if r == 0 else np.expm1(r * log) / (r * d)
    inside = low ** (r - 1) * np.where(d == 0, 1.0, grown)
    return np.where(low > 0, inside, high ** (r - 1) / r)  # from zero, possible for r > 0 only


def _times(a: Array, b: Array) -> Array:
    """Product that is zero where a factor is, even if the other one is infinite."""
    return np.where((a == 0) | (b == 0), 0.0, a * b)


# -- tables ----------------------------------------------------------------------------------------


def _change(
    result: IndexResult, exponents: dict[str, float], keys: pd.MultiIndex, at: NDArray[np.intp]
) -> Change:
    score = np.append(result.values[:, -1], np.nan)  # position -1 is a row that is not there
    s = score[at]
    there = np.flatnonzero(~np.isnan(s).any(axis=1))
    parts = _split(result, exponents, *at[there].T)
    fine = np.isfinite(parts.data + parts.inner + parts.own).all(axis=1)
    parts = _Parts(*(p[fine] for p in parts))
    full = there[fine]
    outcome = np.where((at < 0).any(axis=1), "absent", "no score").astype(object)
    outcome[there] = "no slope"
    outcome[full] = _outcomes(s[full], parts)
    growth, data, weights = np.full((3, len(s)), np.nan)
    np.divide(s[:, 1] - s[:, 0], s[:, 0], out=growth, where=s[:, 0] > 0)
    data[full], weights[full] = parts.data[:, -1], parts.inner[:, -1]
    totals = pd.DataFrame(
        {
            "before": s[:, 0],
            "after": s[:, 1],
            "change": s[:, 1] - s[:, 0],
            "growth": growth * 100,
            "data": data,
            "weights": weights,
            "outcome": outcome,
        },
        index=keys,
    )
    known = ~np.isnan(result.table.values)[at[full]]
    once = int((known[:, 0] != known[:, 1]).sum())
    return Change(result, totals, _table(result, totals.iloc[full], at[full], parts), once)


def _outcomes(s: Array, parts: _Parts) -> list[str]:
    """Name what can be said of each change, (p, 2) scores before and after."""
    leaves = np.abs(parts.own).sum(axis=1) + np.abs(parts.data).sum(axis=1)
    size = np.maximum(np.abs(s).max(axis=1), leaves)
    still = np.abs(s[:, 1] - s[:, 0]) <= _STILL * size
    codes = zip(
        np.where(still, "no change", ""), np.where(s[:, 0] > 0, "", "no growth rate"), strict=True
    )
    return ["; ".join(c for c in pair if c) or "split" for pair in codes]


def _table(result: IndexResult, totals: pd.DataFrame, at: Any, parts: _Parts) -> pd.DataFrame:
    f, plan = result.index.framework, result.index.plan
    levels = result.contributions.to_numpy()
    codes = list(f.nodes)
    order = [plan.position[c] for c in codes]
    place = {c: j for j, c in enumerate(f.codes)}
    below = [[place[leaf] for leaf in f.leaves(c)] for c in codes]
    data, inner, own = (p[:, order] for p in parts)
    before, after = (
        np.stack([levels[i][:, j].sum(axis=1) for j in below], axis=1) for i in np.transpose(at)
    )
    index = pd.MultiIndex.from_tuples(
        [(*key, code) for key in totals.index for code in codes],
        names=[*totals.index.names, "node"],
    )
    columns = {
        "part_before": before,
        "part_after": after,
        "data": data,
        "inner_weights": inner,
        "own_weight": own,
        "points": data + inner + own,
    }
    filled = result.imputed
    if filled.any():
        cells = filled[at].sum(axis=1)  # (p, m): in one of the periods, or in both
        columns["imputed"] = np.stack([cells[:, j].sum(axis=1) for j in below], axis=1)
    times = len(totals)
    out = pd.DataFrame({k: v.ravel() for k, v in columns.items()}, index=index)
    out.insert(0, "parent", [f.node(c).parent for c in codes] * times)
    out.insert(1, "level", [f.depth(c) for c in codes] * times)
    return _with_shares(out, totals)


def _with_shares(table: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Add shares of the change in per cent, pulling points, and the outcome."""
    t = totals.loc[pd.MultiIndex.from_arrays([table.index.get_level_values(i) for i in range(3)])]
    whole = (t["data"] + t["weights"]).to_numpy()
    still = t["outcome"].str.contains("no change").to_numpy(dtype=bool)
    base, points = t["before"].to_numpy(), table["points"].to_numpy()
    share, pulling = np.full(len(t), np.nan), np.full(len(t), np.nan)
    np.divide(points, whole, out=share, where=~still)
    np.divide(points, base, out=pulling, where=base > 0)
    return table.assign(share=share * 100, pulling=pulling * 100, outcome=t["outcome"].to_numpy())


@dataclass(frozen=True, eq=False, repr=False)
class Change(Study):
    """What made the index of each unit move between periods; see :func:`change`.

    Attributes
    ----------
    nominal : IndexResult
    totals : DataFrame
        A row for each unit and pair of periods: index ``before`` and ``after``, ``change``,
        ``growth`` in per cent, the parts of ``data`` and of ``weights``, and the ``outcome``, one
        of :data:`OUTCOMES` or several.
    table : DataFrame
        A row for each node of each change that was split: parts of both scores (``part_before``,
        ``part_after``, see :attr:`IndexResult.contributions`); points of the change that come from
        ``data`` at or below the node, from weights below it (``inner_weights``) and from its
        ``own_weight`` among its siblings; their sum ``points``; its ``share`` in per cent of the
        change; ``pulling`` points, per cent of the index before. Where cells were filled in,
        ``imputed`` counts those at or below the node, of both periods.
    known_once : int
        Cells that are known in one period and missing in the other.
    """

    kind: ClassVar[str] = "change"
    nominal: IndexResult
    totals: pd.DataFrame = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    known_once: int

    def to_frame(self) -> pd.DataFrame:
        """Return the table of all nodes."""
        return self.table

    def below(self, group: str = ROOT) -> pd.DataFrame:
        """Return the children of a group, by default the pillars, which add up to the change.

        Raises
        ------
        NotFoundError
            There is no such group.
        """
        self.index.framework.node(group)
        return self.table[self.table["parent"] == group].drop(columns=["parent", "level"])

    @property
    def indicators(self) -> pd.DataFrame:
        """All indicators, and the groups whose own weight had a part; they add up to the change."""
        node, codes = self.table.index.get_level_values("node"), self.index.framework.codes
        shifted = self.table[self.table["own_weight"] != 0].index.get_level_values("node").unique()
        out = self.table[node.isin([*codes, *shifted])].drop(columns=["parent", "level"])
        group = ~out.index.get_level_values("node").isin(codes)
        out.loc[group, ["part_before", "part_after", "data", "inner_weights"]] = 0.0
        if "imputed" in out:
            out.loc[group, "imputed"] = 0
        out.loc[group, "points"] = out.loc[group, "own_weight"]
        return _with_shares(out, self.totals)

    def of(self, unit: Hashable) -> pd.DataFrame:
        """Return the table of one unit.

        Raises
        ------
        NotFoundError
            There is no such unit, or no change of it could be split; it is said why.
        """
        if unit not in self.totals.index.get_level_values("unit"):
            raise NotFoundError(f"no unit {unit!r} in this study")
        mine = self.table[self.table.index.get_level_values("unit") == unit]
        if mine.empty:
            why = self.totals.xs(unit, level="unit")["outcome"].unique()
            said = "; ".join(str(OUTCOMES[w]) for w in why)
            raise NotFoundError(f"no change of {unit!r} could be split: {said}")
        return mine.droplevel("unit")

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the table of all nodes, the totals, and the indicators."""
        return {"table": self.table, "totals": self.totals, "indicators": self.indicators}

    def settings(self) -> dict[str, Any]:
        """Return the pairs of periods."""
        pairs = dict.fromkeys((since, until) for _, since, until in self.totals.index)
        return {"periods": [[str(s), str(t)] for s, t in pairs]}

    def _texts(self) -> tuple[Text, ...]:
        said = self.totals["outcome"].str.split("; ").explode().value_counts()
        out = [
            Text(f"{said[code]}项：{text.zh}", f"{said[code]} of {len(self.totals)}: {text.en}")
            for code, text in OUTCOMES.items()
            if code != "split" and code in said
        ]
        if (self.totals["weights"].abs() > 0).any():
            out.append(
                Text(
                    "两期权重不同（逐期赋权，或缺失值使其余指标分担权重）：权重部分单独列出",
                    "weights differ between periods (computed by period, or shared out where cells "
                    "are missing): their parts stand apart from those of the data",
                )
            )
        if self.known_once:
            out.append(
                Text(
                    f"仅一期有值的单元格：{self.known_once}，只经由权重计入变动",
                    f"cells known in one of the periods only: {self.known_once}; they count "
                    "through weights alone",
                )
            )
        return tuple(out)

"""Structure of an index: do the indicators of a pillar belong together, and to that pillar?"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gz_index._arrays import Array, columns
from gz_index._registry import closest
from gz_index.auditing.components import bartlett, cluster, kmo, parallel, vif
from gz_index.auditing.reliability import (
    Kind,
    correlations,
    cronbach,
    items,
)
from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import ROOT, Framework, Text
from gz_index.study import Study
from gz_index.weighting.pca import principal_components

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["FINDINGS", "LIMITS", "Structure", "structure"]

#: default thresholds. They are habits of JRC audits, whose editions differ (.92 or .95 for
#: redundant, -.3 or -.4 for contrary, 60 or 70 per cent for dominant); none is a published norm
LIMITS: Mapping[str, float] = {
    "redundant": 0.92,
    "silent": 0.3,
    "contrary": -0.3,
    "dominant": 0.6,
    "eigenvalue": 1.0,
    "alpha": 0.7,
}

#: what each kind of finding means
FINDINGS: dict[str, Text] = {
    "redundant": Text(
        "{node}与{other}相关{value}，高于{limit}：实为重复计数，保留其一或合并",
        "{node} and {other} correlate {value}, above {limit}: one thing counted twice; keep one, "
        "or share one weight between them",
    ),
    "contrary": Text(
        "{node}与{other}相关{value}，低于{limit}：此消彼长，先核对方向，再考虑移出或另设一组",
        "{node} and {other} correlate {value}, below {limit}: one makes up for the other; check "
        "the direction, then move it out or say why it belongs there",
    ),
    "silent": Text(
        "{node}与所属的{other}相关{value}，低于{limit}：对该组得分几无影响，检查数据、权重与归属",
        "{node} correlates {value} with its own {other}, below {limit}: it hardly shows in that "
        "score; check data, weight and place",
    ),
    "stranger": Text(
        "{node}与{other}相关{value}，高于与本组的{limit}：检查归属",
        "{node} correlates {value} with {other}, more than the {limit} with its own group: check "
        "where it belongs",
    ),
    "divided": Text(
        "{node}：大于特征值界限的主成分有{value}个，应为{limit}个：其中不止一个维度，考虑拆分",
        "{node} has {value} components above the limit for eigenvalues where {limit} is expected: "
        "it measures more than one thing; think of splitting it",
    ),
    "diffuse": Text(
        "{node}：第一主成分解释{value}，低于{limit}：没有主导维度",
        "{node}: the first component explains {value}, below {limit}: nothing dominates",
    ),
    "opposed": Text(
        "{other}在{node}第一主成分上的载荷为{value}，与其余相反：检查方向",
        "{other} loads {value} on the first component of {node}, against the others: check its "
        "direction",
    ),
    "unreliable": Text(
        "{node}：标准化α为{value}，低于{limit}：各项未必度量同一事物",
        "{node}: standardised alpha is {value}, below {limit}: its parts may not measure one thing",
    ),
}


def structure(
    index: Index,
    data: Any,
    *,
    correlation: Kind = "pearson",
    period: Hashable | None = None,
    alpha: float = 0.05,
    thresholds: Mapping[str, float] | None = None,
    clusters: int | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> Structure:
    """Look at how the indicators of an index hang together, as it sees them.

    Every number is of the data that enter the index: prepared, normalised, turned so that bigger is
    better. Scores of groups contain their parts, so a correlation of a part with its own group is
    partly with itself; ``total`` in the table of items leaves it out.

    Parameters
    ----------
    index : Index
    data : DataFrame
    correlation : {"pearson", "spearman", "kendall"}
    period : label, optional
        Rows of one period only; by default all rows.
    alpha : float in (0, 1)
        Level at which a correlation is marked as significant, after the adjustment.
    thresholds : mapping, optional
        In place of some of :data:`LIMITS`.
    clusters : int, optional
        Number of clusters of indicators and of units; by default that with the largest mean
        silhouette, from 2 to 10.
    draws, seed : int
        Of the parallel analysis.

    Returns
    -------
    Structure

    Raises
    ------
    DataError
        Fewer than three rows.
    NotFoundError
        There is no such period.
    MethodError
        An option is out of range, or a threshold has an unknown name.

    Notes
    -----
    Correlations are taken over the rows that both sides have, with their number n; p values are
    adjusted within each relation so that the expected share of false discoveries is at most
    ``alpha`` (Benjamini and Hochberg 1995). Alpha, KMO, Bartlett, VIF and components are of the
    children of a group, over the rows in which all of them are known. All tests take rows as
    independent, which the periods of one unit are not.

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, step 4.
    doi:10.1787/9789264043466-en

    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
    Royal Statistical Society B 57, 289-300. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> import gz_index as gz
    >>> s = structure(gz.load("desi-2022"), gz.data("desi-2022"))
    >>> s.groups.loc[["1", "2", "3"], ["alpha", "first", "kmo"]].round(2).values.tolist()
    [[0.74, 0.82, 0.5], [-0.33, 0.4, 0.41], [0.86, 0.83, 0.64]]
    """
    if not 0 < alpha < 1:
        raise MethodError(f"structure: alpha = {alpha}", hint="a level in (0, 1), e.g. 0.05")
    limits = _limits(thresholds)
    result = index.evaluate(data)
    rows = result.table.rows_of(period)
    if rows.size < 3:
        raise DataError(
            "fewer than three rows cannot be correlated",
            [Problem("rows", str(rows.size), "give more units, or all periods")],
        )
    z = pd.DataFrame(result.values[rows], columns=list(result.index.plan.nodes))
    f = result.index.framework
    pairs = _pairs(f, z, correlation, alpha)
    table, parts, components, texts = _groups(f, z, limits, draws, seed)
    units = pd.Index([result.table.units[i] for i in rows], name="unit")
    tables, more = _clusters(f, pairs, z[list(f.codes)].set_axis(units), clusters)
    found = _findings(pairs, table, parts, limits)
    gaps = _said_of_rows(result, z, pairs, period)
    return Structure(
        nominal=result,
        correlation=correlation,
        period=period,
        level=alpha,
        limits=limits,
        draws=draws,
        seed=seed,
        findings=found,
        correlations=pairs,
        groups=table,
        items=parts,
        components=components,
        clusters=tables,
        remarks=(*gaps, *texts, *more),
    )


def _limits(given: Mapping[str, float] | None) -> dict[str, float]:
    unknown = [k for k in given or {} if k not in LIMITS]
    if unknown:
        raise MethodError(
            f"structure: no threshold {unknown[0]!r}{closest(unknown[0], LIMITS)}",
            hint=f"there are {', '.join(LIMITS)}",
        )
    return {**LIMITS, **{k: float(v) for k, v in (given or {}).items()}}


# -- correlations ---------------------------------------------------------------------------------


def _relations(f: Framework) -> list[tuple[str, str, str]]:
    """Relation and the two nodes of each correlation that is reported."""
    parent = {n.code: n.parent for n in f.nodes.values()}
    groups = [g.code for g in f.groups if g.code != ROOT]
    out = [
        ("within" if parent[a] == parent[b] else "across", a, b)
        for a, b in combinations(f.codes, 2)
    ]
    nodes = [*groups, *f.codes]
    out += [("own", c, parent[c]) for c in nodes]
    for c in f.codes:
        depth, above = f.depth(parent[c]), f.ancestors(c)
        out += [("other", c, g) for g in groups if f.depth(g) == depth and g not in above]
    out += [("index", c, ROOT) for c in nodes]
    out += [("groups", a, b) for a, b in combinations(groups, 2) if f.depth(a) == f.depth(b)]
    return out


def _pairs(f: Framework, z: pd.DataFrame, method: Kind, alpha: float) -> pd.DataFrame:
    from scipy.stats import false_discovery_control

    at = {c: k for k, c in enumerate(z.columns)}
    c = correlations(z.to_numpy(), method=method, gaps="pairwise")
    out = pd.DataFrame(_relations(f), columns=["relation", "a", "b"])
    i, j = out["a"].map(at).to_numpy(), out["b"].map(at).to_numpy()
    parent = {n.code: n.parent for n in f.nodes.values()}
    out["parent_a"], out["parent_b"] = out["a"].map(parent), out["b"].map(parent)
    out["r"], out["p"], out["n"] = c.r[i, j], c.p[i, j], c.n[i, j]
    out["p_adjusted"] = np.nan
    for _, part in out[out["p"].notna()].groupby("relation"):
        out.loc[part.index, "p_adjusted"] = false_discovery_control(part["p"])
    out["significant"] = out["p_adjusted"] <= alpha
    return out


# -- groups ---------------------------------------------------------------------------------------

_OUTCOMES: dict[str, Text] = {
    "few-rows": Text("完整的行少于三行，未计算", "fewer than three complete rows: no measures"),
    "constant": Text("有一项在完整的行中不变，未计算", "a part is the same in every complete row"),
    "singular": Text(
        "相关矩阵奇异（行数不足或各项线性相关）：无KMO、Bartlett检验与VIF",
        "the correlation matrix is singular (too few rows, or parts that determine each other): "
        "no KMO, Bartlett's test or VIF",
    ),
    "cancelling": Text(
        "各项之和不变：无α", "sums of the parts do not vary: no alpha"
    ),
}  # fmt: skip


def _groups(
    f: Framework, z: pd.DataFrame, limits: dict[str, float], draws: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[Text]]:
    table, parts, components, texts = [], [], [], []
    for g in f.groups:
        kids = list(f.children(g.code))
        if len(kids) < 2:
            continue
        full = z[kids].dropna()
        row: dict[str, Any] = {"group": g.code, "items": len(kids), "n": len(full)}
        row["lost"] = len(z) - len(full)
        x = full.to_numpy()
        if len(x) < 3:
            outcome: list[str] = ["few-rows"]
        elif columns(x).constant.any():
            outcome = ["constant"]
        else:
            measured, kept, outcome = _measured(x, limits["eigenvalue"], draws, seed)
            row |= measured
            loading = kept["items"]["loading"]
            if abs(loading.sum()) <= 1e-9:  # two parts against each other: either may be positive
                kept["items"]["loading"] = loading * np.sign(loading[kids.index(min(kids))])
            parts.append(pd.DataFrame({"group": g.code, "item": kids} | kept["items"]))
            components.append(
                pd.DataFrame({"group": g.code, "component": range(1, len(kids) + 1)} | kept["pca"])
            )
        row["outcome"] = ", ".join(outcome)
        table.append(row)
        for o in outcome:
            said = _OUTCOMES[o]
            texts.append(Text(f"{f.name(g.code, 'zh')}：{said.zh}", f"{f.name(g.code)}: {said.en}"))
    heads = ["group", "items", "n", "lost", *_MEASURES, "outcome"]
    return (
        pd.DataFrame(table, columns=heads).set_index("group"),
        _stacked(parts, ["group", "item", *_ITEMS]),
        _stacked(components, ["group", "component", *_PCA]),
        texts,
    )


_MEASURES = ["alpha", "alpha_standardised", "kmo", "chi2", "df", "p"]
_MEASURES += ["first", "above", "kept", "opposed"]
_ITEMS = ["total", "alpha_deleted", "alpha_standardised_deleted", "kmo", "vif", "loading"]
_PCA = ["eigenvalue", "share", "cumulative", "threshold"]


def _stacked(frames: list[pd.DataFrame], heads: list[str]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=heads)


def _measured(
    x: Array, eigenvalue: float, draws: int, seed: int
) -> tuple[dict[str, Any], dict[str, dict[str, Any]], list[str]]:
    """All measures of the parts of one group, (n, k) without gaps, none constant."""
    k, outcome = x.shape[1], []
    row: dict[str, Any] = dict.fromkeys(_MEASURES, np.nan)
    part: dict[str, Any] = dict.fromkeys(_ITEMS, np.nan)
    try:
        row["alpha"], row["alpha_standardised"] = cronbach(x), cronbach(x, standardised=True)
        if k > 2:
            part["total"], part["alpha_deleted"] = items(x)
            part["alpha_standardised_deleted"] = items(x, standardised=True).deleted
    except MethodError:
        outcome.append("cancelling")
    try:
        row["kmo"], part["kmo"] = kmo(x)
        row |= bartlett(x)._asdict()
        part["vif"] = vif(x)
    except MethodError:
        outcome.append("singular")
    p = principal_components(x, retain=k)
    random = parallel(x, draws=draws, seed=seed)
    share = p.eigenvalues / k
    part["loading"] = p.loadings[:, 0]
    row |= {
        "first": float(share[0]),
        "above": int((p.eigenvalues > eigenvalue + 1e-12).sum()),
        "kept": random.kept,
        "opposed": int((part["loading"] < 0).sum()),
    }
    pca = {
        "eigenvalue": p.eigenvalues,
        "share": share,
        "cumulative": share.cumsum(),
        "threshold": random.thresholds,
    }
    return row, {"items": part, "pca": pca}, outcome


# -- clusters -------------------------------------------------------------------------------------

_MERGE = ["left", "right", "height", "size"]


def _clusters(
    f: Framework, pairs: pd.DataFrame, z: pd.DataFrame, count: int | None
) -> tuple[dict[str, pd.DataFrame], list[Text]]:
    """Cluster indicators by 1 - r, and units by their distance in standardised indicators."""
    codes = list(f.codes)
    out, texts = {}, []
    near = np.zeros((len(codes), len(codes)))
    above = np.triu_indices(len(codes), 1)  # the order in which pairs of indicators stand
    near[above] = 1 - pairs.loc[pairs["relation"].isin(["within", "across"]), "r"].to_numpy()
    near += near.T
    if len(codes) < 3 or np.isnan(near).any():
        texts.append(
            Text(
                "指标聚类需要至少三个指标且相关系数齐全，未计算",
                "indicators are not clustered: fewer than three, or a correlation is missing",
            )
        )
    else:
        c = cluster(near, method="average", count=count)
        parents = [f.node(code).parent for code in codes]
        out["indicators"] = pd.DataFrame({"node": codes, "parent": parents, "cluster": c.labels})
        out["indicator_tree"] = pd.DataFrame(c.merges, columns=_MERGE)
    full = z.dropna()
    x = full.groupby(level=0, sort=False).mean()
    if len(x) < len(full):
        texts.append(
            Text(
                "评价对象聚类用各期完整行的均值",
                "units are clustered by the mean of their complete rows",
            )
        )
    x = x.loc[:, [not flat for flat in columns(x.to_numpy()).constant]] if len(x) > 2 else x
    if len(x) < 3 or not x.shape[1]:
        texts.append(
            Text(
                "完整的评价对象少于三个，未聚类",
                "units are not clustered: fewer than three are complete, or nothing varies",
            )
        )
    else:
        from scipy.spatial.distance import pdist, squareform

        u = ((x - x.mean()) / x.std()).to_numpy()
        c = cluster(squareform(pdist(u)), method="ward", count=count)
        out["units"] = pd.DataFrame({"unit": x.index, "cluster": c.labels})
        out["unit_tree"] = pd.DataFrame(c.merges, columns=_MERGE)
    return out, texts


# -- findings -------------------------------------------------------------------------------------


def _findings(
    pairs: pd.DataFrame, groups: pd.DataFrame, parts: pd.DataFrame, limits: dict[str, float]
) -> pd.DataFrame:
    heads = ["kind", "node", "other", "value", "limit", "n", "p_adjusted"]
    siblings = pairs[
        pairs["relation"].isin(["within", "groups"]) & (pairs["parent_a"] == pairs["parent_b"])
    ]
    own, other = (pairs[pairs["relation"] == r] for r in ("own", "other"))
    out: list[tuple[Any, ...]] = []

    def of_pairs(kind: str, chosen: pd.DataFrame, limit: Any) -> None:
        at = np.broadcast_to(limit, len(chosen))
        for t, v in zip(chosen.itertuples(), at, strict=True):
            out.append((kind, t.a, t.b, t.r, float(v), t.n, t.p_adjusted))

    of_pairs("redundant", siblings[siblings["r"] > limits["redundant"]], limits["redundant"])
    low = limits["contrary"]
    of_pairs("contrary", own[own["r"] < low], low)
    of_pairs("contrary", siblings[siblings["r"] < low], low)
    quiet = own[(own["r"] < limits["silent"]) & ~(own["r"] < low)]
    of_pairs("silent", quiet, limits["silent"])
    other = other.sort_values("r", ascending=False, kind="stable").drop_duplicates("a").sort_index()
    home = other["a"].map(own.set_index("a")["r"]).astype(float)
    nearer = (other["r"] > home).to_numpy()
    of_pairs("stranger", other[nearer], home[nearer])
    for g, t in groups[groups["first"].notna()].iterrows():
        if t["above"] != 1:
            out.append(("divided", g, "", t["above"], 1.0, t["n"], np.nan))
        if t["first"] < limits["dominant"]:
            out.append(("diffuse", g, "", t["first"], limits["dominant"], t["n"], np.nan))
        mine = parts[(parts["group"] == g) & (parts["loading"] < 0)]
        out += [("opposed", g, m.item, m.loading, 0.0, t["n"], np.nan) for m in mine.itertuples()]
        if t["alpha_standardised"] < limits["alpha"]:
            out.append(
                ("unreliable", g, "", t["alpha_standardised"], limits["alpha"], t["n"], np.nan)
            )
    return pd.DataFrame(out, columns=heads).astype(
        {"value": float, "limit": float, "n": "int64", "p_adjusted": float}
    )


def _said_of_rows(
    result: IndexResult, z: pd.DataFrame, pairs: pd.DataFrame, period: Hashable | None
) -> list[Text]:
    out = []
    gaps = int(z[list(result.index.framework.codes)].isna().any(axis=1).sum())
    if gaps:
        out.append(
            Text(
                f"{len(z)}行中{gaps}行有缺失：相关系数逐对计算（见n），α、KMO与主成分仅用完整的行",
                f"{gaps} of {len(z)} rows have gaps: correlations are pairwise (see n), alpha, KMO "
                "and components are of complete rows (see lost)",
            )
        )
    if period is None and result.table.periods is not None and len(result.table.periods) > 1:
        out.append(
            Text(
                "各期合并：同一对象的各期并不独立，p值偏小；逐期查看用period=",
                "all periods together: those of one unit are not independent, so p values are too "
                "small; look at one with period=",
            )
        )
    lost = pairs[pairs["r"].isna()]
    if len(lost):
        named = ", ".join(dict.fromkeys(f"{t.a}-{t.b}" for t in lost.head(5).itertuples()))
        out.append(
            Text(
                f"{len(lost)}个相关系数无法计算（不变或共有的行不足三行）：{named}",
                f"{len(lost)} correlations cannot be had (no variation, or fewer than three rows "
                f"in common): {named}",
            )
        )
    return out


# -- result ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Structure(Study):
    """How the indicators of an index hang together; see :func:`structure`.

    Attributes
    ----------
    findings : DataFrame
        ``kind`` (see :data:`FINDINGS`), ``node``, ``other`` (the node it was compared with),
        ``value``, ``limit``, ``n``, ``p_adjusted`` of a correlation.
    correlations : DataFrame
        One row a pair: ``relation`` is within (two indicators of one parent), across, own (a node
        and its parent), other (an indicator and the other groups of its parent's depth), index (a
        node and the whole), groups (two of one depth); ``a``, ``b``, their parents, ``r``, ``p``,
        ``n``, ``p_adjusted``, ``significant``.
    groups : DataFrame
        Of the children of each group with two or more (a group with one child is that child):
        ``alpha`` raw and standardised, ``kmo``,
        Bartlett's ``chi2``, ``df``, ``p``, share of the ``first`` component, how many eigenvalues
        stand ``above`` the limit and are ``kept`` by parallel analysis, how many children load
        ``opposed``; ``lost`` rows with gaps; ``outcome`` names what could not be had.
    items : DataFrame
        Of each child: corrected item-``total`` correlation, alpha if ``deleted`` (both need three
        children), its ``kmo``, ``vif`` and ``loading`` on the first component.
    components : DataFrame
        Eigenvalues of each group with their share, and the threshold of the parallel analysis.
    clusters : dict of DataFrame
        ``indicators``, ``units``: the cluster of each; ``indicator_tree``, ``unit_tree``: the
        merges, as scipy's ``dendrogram`` takes them.
    """

    kind: ClassVar[str] = "structure"
    nominal: IndexResult
    correlation: Kind
    period: Hashable | None
    level: float
    limits: Mapping[str, float]
    draws: int
    seed: int
    findings: pd.DataFrame = field(repr=False)
    correlations: pd.DataFrame = field(repr=False)
    groups: pd.DataFrame = field(repr=False)
    items: pd.DataFrame = field(repr=False)
    components: pd.DataFrame = field(repr=False)
    clusters: Mapping[str, pd.DataFrame] = field(repr=False)
    remarks: tuple[Text, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the findings."""
        return self.findings

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return findings, correlations, groups, items, components and clusters."""
        return {
            "table": self.findings,
            "correlations": self.correlations,
            "groups": self.groups,
            "items": self.items,
            "components": self.components,
            **self.clusters,
        }

    def settings(self) -> dict[str, Any]:
        """Return kind of correlation, period, level, limits, draws and seed."""
        return {
            "correlation": self.correlation,
            "period": None if self.period is None else str(self.period),
            "alpha": self.level,
            "thresholds": dict(self.limits),
            "draws": self.draws,
            "seed": self.seed,
        }

    def say(self, row: Any) -> Text:
        """Say one finding (a row of :attr:`findings`) in words, with what to do about it."""
        f = self.index.framework

        def text(lang: Any) -> str:
            names = {
                x: f"{row[x]} ({name})" if (name := f.name(row[x], lang)) != row[x] else name
                for x in ("node", "other")
                if row[x]
            }
            value, limit = f"{row['value']:.3g}", f"{row['limit']:.3g}"
            return FINDINGS[row["kind"]].get(lang).format(**names, value=value, limit=limit)

        return Text(text("zh"), text("en"))

    def _texts(self) -> tuple[Text, ...]:
        return (*(self.say(row) for row in self.findings.to_dict("records")), *self.remarks)

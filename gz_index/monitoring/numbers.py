"""Index numbers: one city, or each unit, measured against itself over a few periods."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, GzIndexWarning, MethodError, Problem
from gz_index.framework import ROOT, Framework, Text
from gz_index.monitoring.bases import Form, refuse_definition, refuse_values, selected, with_goals
from gz_index.monitoring.linking import growth_shares, symmetric_growth
from gz_index.study import Study
from gz_index.table import Table

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["OUTCOMES", "IndexNumbers", "index_numbers"]

#: what may become of a contribution to growth
OUTCOMES: Mapping[str, Text] = MappingProxyType(
    {
        "split": Text("已分解", "split"),
        "first": Text("首期，无上期可比", "the first period: there is none before it"),
        "no score": Text("某一期未给出指数", "the index is not given in one of the periods"),
        "other parts": Text("两期构成不同，不可分解", "its known parts differ between the periods"),
        "no change": Text("指数未变动，无份额可言", "the index did not move: there are no shares"),
        "not known": Text("该分项未知，不计入", "this component is not known and does not count"),
    }
)

#: percent of the growth of the index above which one component dominates it
_HALF = 50.0


def index_numbers(
    index: Index,
    data: Any,
    *,
    form: Form = "fixed-base",
    base: Hashable | None = None,
    unit: Hashable | None = None,
) -> IndexNumbers:
    r"""Follow each unit against its own past, where no comparison of units gives weights or bounds.

    - fixed-base: :math:`y_{jt} = 100\, x_{jt} / x_{j0}` (less is better: :math:`x_{j0} / x_{jt}`),
      weighted arithmetic means up the tree; the form of the index of new drivers (新动能指数).
    - symmetric: :math:`g_{jt} = 100 (x_{jt} - x_{j,t-1}) / ((x_{jt} + x_{j,t-1}) / 2)`, its sign
      turned where less is better, weighted means :math:`V_{kt}` up the tree, and at every node
      :math:`I_{kt} = I_{k,t-1} (200 + V_{kt}) / (200 - V_{kt})`, 100 at the base; the form that
      is commonly reported for the innovation index (中国创新指数): the release names the steps, and
      its formula of growth was not checked. Growth is bounded, so that no indicator explodes.
    - efficacy: :math:`60 + 40 (x_{jt} - x_{j0}) / (x_{jT} - x_{j0})`, 60 at the base and 100 at the
      target, weighted arithmetic means up the tree: score and distance to the target are one.

    A year that is added changes no earlier number.

    Parameters
    ----------
    index : Index
        Its tree, weights and policy for missing cells; how it normalises is set aside.
    data : DataFrame
        Rows are (unit, period), raw units; above zero, apart from the efficacy form.
    form : {"fixed-base", "symmetric", "efficacy"}
    base : label, optional
        The base period; the first one by default.
    unit : label, optional
        One unit only; by default each (the efficacy form has one).

    Returns
    -------
    IndexNumbers

    Warns
    -----
    GzIndexWarning
        One component makes more than half of the growth of the index in some period.

    Raises
    ------
    MethodError
        Weights are read from the data, a mean is not arithmetic, an indicator is best within an
        interval.
    DataError
        Rows have no periods, a value cannot be the base of a ratio, cells are missing (unless the
        index is to rescale weights), or indicators have no base or target.
    NotFoundError
        There is no such unit or period.

    Notes
    -----
    Contributions are :math:`W_k (I_{kt} - I_{k,t-1}) / (I_t - I_{t-1})`; in the symmetric form
    :math:`W_k V_{kt} / V_t`, which adds up where levels do not. With weights rescaled over what is
    known, a fixed-base index moves too when the set of known indicators does; the symmetric form
    compares like with like. The base of an efficacy score is the ``baseline`` of the indicator,
    else its value in the base period; the target is the first one after it that is a level, a
    share or an increment.

    References
    ----------
    国家统计局 (2025). 2024年经济发展新动能指数增长14.2%. 附件: 统计指标体系及测算方法.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> index = gz.Index(framework=gz.Framework([gz.Indicator(code=c) for c in "abc"]))
    >>> rows = pd.MultiIndex.from_product([["x"], [2022, 2023]], names=["unit", "year"])
    >>> data = pd.DataFrame({"a": [8.0, 10], "b": [50.0, 60], "c": [4.0, 4.6]}, index=rows)
    >>> index_numbers(index, data).levels["total"].round(6).tolist()
    [100.0, 120.0]
    >>> index_numbers(index, data, form="symmetric").contributions["share"].round(1).tolist()
    [nan, nan, nan, 40.9, 33.4, 25.7]
    """
    if form not in get_args(Form):
        raise MethodError(f"form = {form!r}", hint=f"form is one of {', '.join(get_args(Form))}")
    refuse_definition(index)
    index, whole, prepared = index.ready(data)
    table, start = selected(whole, form, base, unit)
    f = index.framework
    remarks: list[Text] = []
    if form == "efficacy":
        indicators, remarks = with_goals(f, table, start)
        spec: dict[str, Any] = {"method": "efficacy", "window": "goalposts"}
    else:
        refuse_values(f, table, form, start)
        indicators, spec = f.indicators, {"method": "base-index", "base": start}
    aside = [i.code for i in f.indicators if i.normalise is not None or i.transform is not None]
    bare = Framework(
        tuple(replace(i, normalise=None, transform=None) for i in indicators), f.groups
    )
    made = index.replace(framework=bare, normalise=spec)
    result = replace(made.score(table), prepared=prepared)
    if aside:
        remarks.append(
            Text(
                f"不采用指标自带的标准化或变换：{', '.join(aside)}",
                f"normalising or transforms of their own are set aside: {', '.join(aside)}",
            )
        )
    return _numbers(result, form, start, remarks)


def _numbers(result: IndexResult, form: Form, start: Hashable, remarks: list[Text]) -> IndexNumbers:
    """Put levels, growth and contributions together, and warn of a dominant component."""
    before = _previous(result.table)
    nodes = list(result.index.plan.nodes)
    values, rates = result.values, None
    if form == "symmetric":
        rates = _rates(result, before)
        values = _chained(result, rates, before, start)
    f = result.index.framework
    order = [ROOT, *(g.code for g in f.groups if g.code != ROOT), *f.codes]
    rows = result.table.index
    levels = pd.DataFrame(values, index=rows, columns=nodes)[order]
    rise = np.full(values.shape, np.nan)
    later = before >= 0
    ratio = values[later] / np.where(values[before[later]] > 0, values[before[later]], np.nan)
    rise[later] = 100 * ratio - 100
    growth = pd.DataFrame(rise, index=rows, columns=nodes)[order]
    parts = _contributions(result, values, rates, before, growth[ROOT].to_numpy())
    out = IndexNumbers(
        nominal=result,
        form=form,
        base=start,
        levels=levels,
        growth=growth,
        contributions=parts,
        remarks=(*remarks, *result.extra_notes, *_remarks(result, form, values, before)),
    )
    if said := out._dominance():
        warnings.warn(str(said), GzIndexWarning, stacklevel=3)
    return out


# -- levels ----------------------------------------------------------------------------------------


def _previous(table: Table) -> NDArray[np.intp]:
    """Row of the same unit in its period before, (n,); -1 where there is none."""
    assert table.slot is not None
    code, _ = pd.factorize(np.array(table.units, dtype=object))
    order = np.lexsort((table.slot, code))
    same = np.flatnonzero(code[order][1:] == code[order][:-1])
    out = np.full(order.size, -1, dtype=np.intp)
    out[order[same + 1]] = order[same]
    return out


def _rates(result: IndexResult, before: NDArray[np.intp]) -> Array:
    """Symmetric growth of every node (n, nodes), oriented; missing in the first period."""
    plan, f, x = result.index.plan, result.index.framework, result.table.values
    later = np.flatnonzero(before >= 0)
    sign = np.array([i.direction.sign for i in f.indicators])
    out = np.full((len(x), len(plan.nodes)), np.nan)
    rates = sign * symmetric_growth(x[before[later]], x[later])
    out[later] = plan.run(rates, None, 1).values
    at = np.argwhere(np.abs(out) >= 200)
    if len(at):
        where = [
            Problem(plan.nodes[j], f"{out[i, j]:g} for {result.table.row_name(int(i))}")
            for i, j in at[:20]
        ]
        raise DataError(
            "symmetric: growth of 200 per cent has no level after it; one of two values is out of "
            "all proportion: correct it or leave the indicator out",
            where,
        )
    return out


def _chained(result: IndexResult, rates: Array, before: NDArray[np.intp], start: Hashable) -> Array:
    """Levels of every node from its growth, 100 in the base period."""
    table = result.table
    assert table.periods is not None
    assert table.slot is not None
    out = np.full(rates.shape, 100.0)
    for i in np.argsort(table.slot, kind="stable"):
        if before[i] >= 0:
            # I_kt = I_k,t-1 (200 + V) / (200 - V)
            out[i] = out[before[i]] * (200 + rates[i]) / (200 - rates[i])
    if start != table.periods[0]:
        home = np.flatnonzero(table.slot == table.periods.index(start))
        level = {table.units[i]: out[i] for i in home}
        out = 100 * out / np.array([level[u] for u in table.units])
    m = len(table.codes)
    out[:, :m] = result.values[:, :m]  # the chain of one series is its ratio to the base
    return out


# -- contributions ---------------------------------------------------------------------------------


def _contributions(
    result: IndexResult, values: Array, rates: Array | None, before: NDArray[np.intp], growth: Array
) -> pd.DataFrame:
    """Share of each child of the root in the growth of the index, a row for each."""
    plan, table = result.index.plan, result.table
    kids = result.index.framework.children(ROOT)
    at = [plan.position[c] for c in kids]
    past = np.where(before[:, None] >= 0, values[before], np.nan)
    if rates is None:
        w = _root_weights(result, values)
        x, start, other = values[:, at], past[:, at], (w != w[before]).any(axis=1)
    else:  # W_k V_kt / V_t: growth is of what is known in both periods
        w = _root_weights(result, rates)
        x, start, other = rates[:, at], np.zeros(w.shape), np.zeros(len(w), dtype=bool)
    unknown = np.isnan(x) | np.isnan(start)
    share = growth_shares(np.where(unknown, 0.0, start), np.where(unknown, 0.0, x), w)
    lacking = np.isnan(values[:, -1]) | np.isnan(past[:, -1])
    state = np.select(
        [before < 0, lacking, other, np.isnan(share).all(axis=1)],
        ["first", "no score", "other parts", "no change"],
        "split",
    )[:, None]
    outcome = np.where(unknown & (state == "split"), "not known", state)
    share[outcome != "split"] = np.nan
    labels = [name or f"level {k}" for k, name in enumerate(table.index.names)]
    keys = [(*row, c) for row in table.index for c in kids]
    return pd.DataFrame(
        {
            "weight": w.ravel(),
            "share": share.ravel(),
            "points": (share * growth[:, None] / 100).ravel(),
            "outcome": outcome.ravel(),
        },
        index=pd.MultiIndex.from_tuples(keys, names=[*labels, "component"]),
    )


def _root_weights(result: IndexResult, values: Array) -> Array:
    """Weights of the children of the root in each row (n, k), over those that are known."""
    plan, m = result.index.plan, len(result.index.framework.codes)
    _, kids, leaves = plan.groups[-1]
    known = ~np.isnan(values)
    below = known[:, :m][:, leaves].mean(axis=1)
    out = np.zeros((len(values), kids.size))
    for rows, present, w in plan.pieces(ROOT, known[:, kids], result.local[ROOT], None, below):
        out[np.ix_(np.arange(len(values))[rows], np.arange(kids.size)[present])] = w
    return out


# -- what a reader has to know ---------------------------------------------------------------------


def _remarks(
    result: IndexResult, form: Form, values: Array, before: NDArray[np.intp]
) -> list[Text]:
    table, out, m = result.table, [], len(result.table.codes)
    assert table.slot is not None
    gaps, blank = np.isnan(table.values), np.isnan(values[:, :m])
    if gaps.any():
        c = result.index.missing.coverage
        out.append(
            Text(
                f"{int(gaps.sum())}个缺失单元格：在已知部分间重新归一权重（覆盖率下限{c:g}）",
                f"{int(gaps.sum())} missing cells: weights rescaled over what is known (coverage "
                f"of at least {c:g})",
            )
        )
    if baseless := [table.codes[j] for j in np.flatnonzero((blank & ~gaps).any(axis=0))]:
        zh, en = ("，未纳入", "left out") if form != "symmetric" else ("，无水平值", "no level")
        who = ", ".join(baseless)
        out.append(Text(f"基期缺值{zh}：{who}", f"{en}, for want of a value in the base: {who}"))
    later = np.flatnonzero(before >= 0)
    mixed = later if form != "symmetric" else later[:0]
    said = (
        (
            [i for i in mixed if (blank[i] != blank[before[i]]).any()],
            "已知指标与上期不同，增速含构成变化",
            "known indicators differ from the period before, so growth is not of like with like "
            "(in the symmetric form it is)",
        ),
        (
            np.flatnonzero(np.isnan(values[:, -1])),
            "未给出指数（已知不足）",
            "no index, too little is known",
        ),
        (
            [i for i in later if table.slot[i] - table.slot[before[i]] > 1],
            "增速跨越不止一期",
            "growth over more than one period",
        ),
        (
            [i for i in later if values[before[i], -1] <= 0],
            "上期指数不大于零，无百分比增速",
            "no growth in per cent from zero or below",
        ),
    )
    for rows, zh, en in said:
        if len(rows):
            who = "; ".join(table.row_name(int(i)) for i in rows[:5])
            who += f" (+{len(rows) - 5})" if len(rows) > 5 else ""
            out.append(Text(f"{zh}：{who}", f"{en}: {who}"))
    return out


_WAYS: Mapping[str, Text] = {
    "fixed-base": Text(
        "可换基期（base）、改用对称增长率（form='symmetric'）或有界标度（form='efficacy'）",
        "take a later base, form = 'symmetric', or a bounded scale such as form = 'efficacy'",
    ),
    "symmetric": Text(
        "可检查其权重，或改用有界标度（form='efficacy'）",
        "look at its weight, or take a bounded scale (form = 'efficacy')",
    ),
    "efficacy": Text("请检查其权重、基期值与目标值", "look at its weight, its base and its target"),
}


@dataclass(frozen=True, eq=False, repr=False)
class IndexNumbers(Study):
    """Index numbers of one unit or of each; see :func:`index_numbers`.

    Attributes
    ----------
    nominal : IndexResult
        The fixed-base or efficacy scores; for the symmetric form, its fixed-base counterpart.
    form : str
    base : label
        The base period.
    levels : DataFrame
        Rows as the data; the index (``total``), groups and indicators.
    growth : DataFrame
        Change to the period before of the same unit, in per cent.
    contributions : DataFrame
        A row for each unit, period and child of the root: its ``weight``, its ``share`` in the
        growth of the index (per cent, adding up to 100), the percentage ``points`` of that growth
        that it makes, and an ``outcome``, see :data:`OUTCOMES`.
    """

    kind: ClassVar[str] = "index-numbers"
    nominal: IndexResult
    form: Form
    base: Hashable
    levels: pd.DataFrame = field(repr=False)
    growth: pd.DataFrame = field(repr=False)
    contributions: pd.DataFrame = field(repr=False)
    remarks: tuple[Text, ...] = field(repr=False)

    @property
    def dominant(self) -> pd.DataFrame:
        """Where one component makes more than half of the growth: its share, per cent."""
        over = self.contributions["share"].abs() > _HALF * (1 + 1e-9)
        return self.contributions.loc[over, ["share"]]

    def to_frame(self) -> pd.DataFrame:
        """Return the levels."""
        return self.levels

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return levels, growth and contributions."""
        return {
            "table": self.levels,
            "growth": self.growth,
            "contributions": self.contributions,
        }

    def settings(self) -> dict[str, Any]:
        """Return form and base."""
        return {"form": self.form, "base": str(self.base)}

    def _dominance(self) -> Text | None:
        found = self.dominant["share"]
        if found.empty or len(self.index.framework.children(ROOT)) < 2:
            return None
        top = found.index[int(found.abs().argmax())]
        share, f = found[top], self.index.framework
        where = ", ".join(str(v) for v in top[:-1])
        more = len(found) - 1
        way = _WAYS[self.form]
        return Text(
            f"{f.name(top[-1], 'zh')}对总指数增长的贡献率为{share:.1f}%（{where}）"
            + (f"，另有{more}处超过一半" if more else "")
            + f"；{way.zh}",
            f"{f.name(top[-1])} makes {share:.1f} % of the growth of the index ({where})"
            + (f", and {more} more above half" if more else "")
            + f"; {way.en}",
        )

    def _texts(self) -> tuple[Text, ...]:
        said = self._dominance()
        return self.remarks if said is None else (said, *self.remarks)

"""Two editions of an index side by side: what was revised, and why."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, GzIndexError, MethodError, NotFoundError, Problem
from gz_index.framework import ROOT, Text
from gz_index.study import Study

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.normalise import Scale
    from gz_index.result import IndexResult
    from gz_index.table import Table

__all__ = ["OUTCOMES", "Revision", "revision"]

#: what may be said of a score that two editions have
OUTCOMES: Mapping[str, Text] = MappingProxyType(
    {
        "split": Text("已按原因分解", "split by cause"),
        "joint": Text(
            "新数据无法按旧定义计算，各原因不可分开",
            "the new data give no score under the old definition: the causes cannot be told apart",
        ),
        "no score": Text("某一版未给出该得分", "one of the editions does not give this score"),
    }
)

_CAUSES = ("data", "bounds", "weights")

#: difference of two scores, as a share of the values they are made of, that is mere rounding
_ROUNDING = 64 * np.finfo(np.float64).eps


def revision(old: IndexResult, new: IndexResult) -> Revision:
    r"""Split the revision of every score that two editions both have by its causes.

    - data: other values of the indicators;
    - bounds: what normalising fitted (least and greatest values, means, ...);
    - weights: other local weights in the same tree;
    - definition: all the rest, i.e. the tree, its indicators, their directions, goalposts and
      transforms, the ways to normalise and aggregate, and the policy for missing cells.

    Under the old definition the scores are worked out for all eight combinations of old and new
    data, bounds and weights. Each cause gets the mean of what it changes over the six orders in
    which the three may come (Shapley value), so that they add up to the change under the old
    definition; the rest of the revision is due to the definition.

    Parameters
    ----------
    old, new : IndexResult
        Of the same kind of rows: units, or units over periods. Only rows of both count.

    Raises
    ------
    DataError
        The editions have no row in common, or one has periods and the other has none.

    Notes
    -----
    Where the new bounds do not fit the old definition (a direction or a method was changed), the
    old definition is fitted to the new data in their place. Where groups have other children, the
    new weights are those that the old rule gives for the new data. Where the new data give no score
    under the old definition, because an indicator is gone, the revision is one number, ``joint``.
    Where a score rests on all rows (TOPSIS, Borda), rows that come and go are new data.

    Ranks are those of each edition, among all its units of the period. Differences in the last
    digits of float64 are rounding, not revision, and are zero.

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games. In: Contributions to the Theory of Games II,
    307-317. doi:10.1515/9781400881970-018

    Examples
    --------
    >>> import gz_index as gz
    >>> from gz_index.monitoring.editions import revision
    >>> index = gz.load("cn-provinces-2022").replace(weight="entropy")
    >>> data = gz.data("cn-provinces-2022")
    >>> before = data.index.get_level_values("year") < 2022
    >>> r = revision(index.evaluate(data[before]), index.evaluate(data))
    >>> r.at().loc[("广东省", 2021), ["old", "new", "bounds", "weights"]].astype(float).round(4)
    old        0.7932
    new        0.7550
    bounds    -0.0380
    weights   -0.0002
    Name: (广东省, 2021), dtype: float64
    """
    rows = _common(old.table, new.table)
    mine, other = old.index.framework, new.index.framework
    codes = [g.code for g in mine.groups if g.code in {h.code for h in other.groups}]
    before, after = (
        r.scores[codes].to_numpy()[at] for r, at in zip((old, new), rows.T, strict=True)
    )
    reason = ""
    try:
        corners = _corners(old, new, rows, codes)
    except GzIndexError as error:
        reason = str(error)
        corners = np.full((2, 2, 2, *before.shape), np.nan)
    table = _table(old, new, rows, codes, (before, after, corners))
    return Revision(new, old, table, _cells(old, new, rows), reason)


def _keys(table: Table) -> list[tuple[Hashable, ...]]:
    """Unit, and period where there is one, of each row."""
    if table.periods is None or table.slot is None:
        return [(u,) for u in table.units]
    return [(u, table.periods[t]) for u, t in zip(table.units, table.slot.tolist(), strict=True)]


def _common(old: Table, new: Table) -> NDArray[np.intp]:
    """Positions (n, 2) of the rows that both tables have."""
    if (old.periods is None) != (new.periods is None):
        which = "new" if old.periods is None else "old"
        raise DataError(
            "the editions are not over the same kind of rows",
            [Problem("rows", f"only the {which} edition has periods", "label both alike")],
        )
    place = {key: i for i, key in enumerate(_keys(new))}
    rows = [(i, place[key]) for i, key in enumerate(_keys(old)) if key in place]
    if not rows:
        a, b = (t.row_name(0) for t in (old, new))
        raise DataError(
            "the editions have no row in common",
            [Problem("rows", f"the old ones begin with {a}, the new ones with {b}", "label alike")],
        )
    return np.array(rows, dtype=np.intp)


# -- the old definition on everything old and new --------------------------------------------------


def _corners(
    old: IndexResult, new: IndexResult, rows: NDArray[np.intp], codes: Sequence[str]
) -> Array:
    """Scores (2, 2, 2, n, nodes) for old and new data, bounds and weights, under the old rules."""
    index, plan = old.index, old.index.plan
    tables = [old.table, _under(index, new.table)]
    editions = [(old.scale, old.local, old.table.periods), _fitted(old, new, tables[1])]
    at = [plan.position[c] for c in codes]
    # the score of a row rests on that row alone, or on all rows of its edition
    alone = all(plan.rule(g).rowwise for g, _, _ in plan.groups)
    keys = [_keys(old.table)[i] for i in rows[:, 0]]
    out = np.full((2, 2, 2, len(rows), len(codes)), np.nan)
    for d, table in enumerate(tables):
        table, _ = index._without_gaps(table.take(rows[:, d]) if alone else table)
        place = {key: i for i, key in enumerate(_keys(table))}
        here = np.array([place.get(key, -1) for key in keys])
        units = len(set(table.units))
        for s, (scale, _, _) in enumerate(editions):
            z = scale.apply(table)[0]
            for w, (_, local, periods) in enumerate(editions):
                given = {g: _of_periods(v, periods, table) for g, v in local.items()}
                run = plan.run(z, table.slot, units, table.periods, leaf_weights=given)
                out[d, s, w] = np.where((here < 0)[:, None], np.nan, run.values[here][:, at])
    return out


def _under(index: Index, table: Table) -> Table:
    """Return data with the columns of another definition."""
    gone = [c for c in index.framework.codes if c not in table.codes]
    if gone:
        raise DataError(
            "the new data do not fit the old definition",
            [Problem(c, "is not in the new edition") for c in gone],
        )
    return table.only(index.framework.codes)


def _fitted(
    old: IndexResult, new: IndexResult, table: Table
) -> tuple[Scale, Mapping[str, Array], Any]:
    """Scale, local weights and their periods of the new edition, as the old definition has them."""
    index, f, other = old.index, old.index.framework, new.index.framework
    local = {}
    for g in f.groups:
        kids, there = f.children(g.code), other.nodes.get(g.code) and other.children(g.code)
        if there and set(kids) == set(there):
            local[g.code] = new.local[g.code][..., [there.index(c) for c in kids]]
    same_tree = len(local) == len(f.groups)
    fits: Scale | None = new.scale
    try:
        index._refuse_other(new.scale)
    except DataError:
        fits = None
    if same_tree and fits is not None:
        return fits, local, new.table.periods
    again = index.score(table, scale=fits)
    if same_tree:
        return again.scale, local, new.table.periods
    return again.scale, again.local, again.table.periods


def _of_periods(w: Array, periods: Sequence[Hashable] | None, table: Table) -> Array:
    """Return local weights by period for the periods of a table."""
    if w.ndim == 1:
        return w
    lacking = [p for p in table.periods or () if p not in (periods or ())]
    if lacking:
        raise MethodError(f"weights by period: there are none for {lacking[0]!r}")
    return w[[(periods or ()).index(p) for p in table.periods or ()]]


def _shapley(corners: Array) -> list[Array]:
    """Mean effect of each of three switches over the orders in which they may be turned."""
    out = []
    for axis in range(3):
        v = np.moveaxis(corners, axis, 0)
        d = v[1] - v[0]
        out.append((2 * d[0, 0] + d[0, 1] + d[1, 0] + 2 * d[1, 1]) / 6)
    return out


# -- tables ----------------------------------------------------------------------------------------


def _labels(table: Table, rows: NDArray[np.intp], more: Sequence[str], name: str) -> pd.MultiIndex:
    keys = _keys(table)
    names = ["unit", name] if table.periods is None else ["unit", "period", name]
    return pd.MultiIndex.from_tuples([(*keys[i], c) for i in rows for c in more], names=names)


def _table(
    old: IndexResult,
    new: IndexResult,
    rows: NDArray[np.intp],
    codes: list[str],
    found: tuple[Array, Array, Array],
) -> pd.DataFrame:
    before, after, corners = found
    sizes = (np.abs(r.values[at]) for r, at in zip((old, new), rows.T, strict=True))
    largest = np.fmax(*(np.fmax.reduce(v, axis=1) for v in sizes))
    digit = _ROUNDING * largest[:, None]  # a sum may round another way among other rows
    whole = _beyond(digit, after - before)
    causes = _shapley(corners)
    rest = _beyond(digit, whole - (corners[1, 1, 1] - corners[0, 0, 0]))
    apart = ~np.isnan(corners).any(axis=(0, 1, 2)) & ~np.isnan(whole)
    columns = {"old": before, "new": after, "revision": whole}
    columns |= {c: np.where(apart, v, np.nan) for c, v in zip(_CAUSES, causes, strict=True)}
    columns["definition"] = np.where(apart, rest, np.nan)
    columns["joint"] = np.where(apart, np.nan, whole)
    out = pd.DataFrame(
        {k: v.ravel() for k, v in columns.items()},
        index=_labels(old.table, rows[:, 0], codes, "node"),
    )
    for name, result, at in (("old_rank", old, rows[:, 0]), ("new_rank", new, rows[:, 1])):
        ranks = result.ranks[codes].iloc[at].to_numpy(dtype=np.float64, na_value=np.nan)
        out[name] = pd.Series(ranks.ravel(), out.index).convert_dtypes()
    outcome = np.where(np.isnan(whole), "no score", np.where(apart, "split", "joint"))
    out["outcome"] = outcome.ravel()
    return out


def _beyond(digit: Array, difference: Array) -> Array:
    """Return a difference, zero where it is mere rounding."""
    return np.where(np.abs(difference) <= digit, 0.0, difference)


def _cells(old: IndexResult, new: IndexResult, rows: NDArray[np.intp]) -> pd.DataFrame:
    """Cells that differ, of the rows and indicators that both editions have."""
    codes = [c for c in old.table.codes if c in new.table.codes]
    x, y = (
        r.table.values[at][:, [r.table.codes.index(c) for c in codes]]
        for r, at in zip((old, new), rows.T, strict=True)
    )
    differs = (x != y) & ~(np.isnan(x) & np.isnan(y))
    out = pd.DataFrame(
        {"old": x.ravel(), "new": y.ravel()},
        index=_labels(old.table, rows[:, 0], codes, "indicator"),
    )
    return out.take(np.flatnonzero(differs))


@dataclass(frozen=True, eq=False, repr=False)
class Revision(Study):
    """The revision of every score between two editions, by cause; see :func:`revision`.

    Attributes
    ----------
    nominal, old : IndexResult
        The new and the old edition.
    table : DataFrame
        A row for each unit (and period) and group that both editions have: ``old`` and ``new``
        score, their difference ``revision``, and what of it is due to ``data``, ``bounds``,
        ``weights``, ``definition``, or cannot be told apart (``joint``); ranks; the ``outcome``,
        one of :data:`OUTCOMES`.
    cells : DataFrame
        Cells of the data that differ, in raw units: ``old`` and ``new``.
    reason : str
        Why the causes cannot be told apart; empty where they can.
    """

    kind: ClassVar[str] = "revision"
    nominal: IndexResult
    old: IndexResult = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    cells: pd.DataFrame = field(repr=False)
    reason: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return the table of all groups."""
        return self.table

    def at(self, node: str = ROOT) -> pd.DataFrame:
        """Return the rows of one group, by default of the index.

        Raises
        ------
        NotFoundError
            The editions have no such group in common.
        """
        there = self.table.index.get_level_values("node")
        if node not in there:
            raise NotFoundError(
                f"no group {node!r} in both editions; there are {', '.join(there.unique())}"
            )
        return self.table.loc[there == node].droplevel("node")

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the table of all groups and the cells that differ."""
        return {"table": self.table, "cells": self.cells}

    def settings(self) -> dict[str, Any]:
        """Return which editions they are: definition, version, hash of the data."""
        return {
            name: {"id": r.index.id, "version": r.index.version, "data": r.data_hash}
            for name, r in (("old", self.old), ("new", self.nominal))
        }

    def _texts(self) -> tuple[Text, ...]:
        keys, others = set(_keys(self.old.table)), set(_keys(self.nominal.table))
        counts = (
            ("有修订的数据单元格", "cells of the data that were revised", len(self.cells)),
            ("仅旧版有的行", "rows of the old edition only", len(keys - others)),
            ("仅新版有的行", "rows of the new edition only", len(others - keys)),
        )
        out = [Text(f"{zh}：{n}", f"{en}: {n}") for zh, en, n in counts if n]
        changed = _differences(self.old.index, self.nominal.index)
        if changed:
            shown = "; ".join(changed[:10]) + (f" (+{len(changed) - 10})" if changed[10:] else "")
            out.append(Text(f"定义有变动：{shown}", f"the definition was changed: {shown}"))
        if self.reason:
            out.append(
                Text(
                    f"各原因不可分开：{self.reason}",
                    f"the causes cannot be told apart: {self.reason}",
                )
            )
        said = self.table["outcome"].value_counts()
        out += [
            Text(f"{said[code]}项：{text.zh}", f"{said[code]} of {len(self.table)}: {text.en}")
            for code, text in OUTCOMES.items()
            if code != "split" and code in said
        ]
        return tuple(out)


def _differences(old: Index, new: Index) -> list[str]:
    """Name what differs between two definitions beyond their weights."""
    a, b = _parts(old), _parts(new)
    out = []
    for node in dict.fromkeys([*a, *b]):
        if node not in a or node not in b:
            out.append(f"{'+' if node not in a else '-'}{node}")
        else:
            out += [f"{node}.{k}" for k in a[node] if a[node][k] != b[node].get(k)]
    return out


def _parts(index: Index) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {"index": {"missing": index.missing}}
    for g in index.framework.groups:
        out[g.code] = {"parent": g.parent, "aggregate": index.plan.rule(g.code)}
    for i in index.framework.indicators:
        out[i.code] = {
            "parent": i.parent,
            "direction": i.direction,
            "goalposts": i.goalposts,
            "transform": i.transform,
            "normalise": i.normalise or index.normalise,
        }
    return out

"""Obstacle degree (障碍度): which indicators keep a unit from the ideal, and by how much."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT, Text
from gz_index.normalise.base import named
from gz_index.study import Study

if TYPE_CHECKING:
    from gz_index.result import IndexResult

__all__ = ["OUTCOMES", "Obstacles", "obstacles"]

By: TypeAlias = Literal["row", "unit", "period", "all"]

#: what a row may be, beside having obstacles
OUTCOMES: dict[str, Text] = {
    "rated": Text("有障碍度", "has obstacles, which add up to 100"),
    "at its ideal": Text("各指标均达到理想值，没有障碍", "every indicator is at its ideal"),
    "not scored": Text("指数因覆盖率不足未给出", "the index is withheld for lack of coverage"),
}


def obstacles(
    result: IndexResult, *, ideal: float = 1.0, unit: Hashable | None = None
) -> Obstacles:
    r"""Share out the distance of every unit from the ideal among the indicators.

    The obstacle degree of indicator j for unit i in period t, in per cent, is

    .. math:: O_{ijt} = 100\, F_j (z^* - z_{ijt}) / \sum_j F_j (z^* - z_{ijt})

    with :math:`F_j` the global weight of the indicator in the index (of the period, where weights
    differ by period), z the oriented normalised value and :math:`z^*` the ideal. The degree of a
    group is the sum over its indicators.

    Parameters
    ----------
    result : IndexResult
        Scores of indicators within [0, ideal].
    ideal : float > 0
        The best score there is: 1 of a min-max, 100 of scores up to 100.
    unit : label, optional
        Rows of one unit only.

    Raises
    ------
    MethodError
        A score is outside [0, ideal], which would make an obstacle negative or a distance longer
        than the scale; or indicators are measured against the own base, where there is no ideal.
    NotFoundError
        There is no such unit.

    Notes
    -----
    The ideal is that of the normalising: with a pooled min-max the best value in the data, so that
    the degrees change when data are added; with goalposts a value that was declared.

    Where cells are missing the weights of the others are rescaled, as the index rescaled them.

    References
    ----------
    鲁春阳, 文枫, 杨庆媛 (2011). 资源科学 33(3), 535-541 (an application of the model).

    Examples
    --------
    >>> import gz_index as gz
    >>> from gz_index.monitoring.obstacle import obstacles
    >>> result = gz.load("desi-2022").evaluate(gz.data("desi-2022"))
    >>> o = obstacles(result, ideal=100, unit="EL")
    >>> o.groups[["1", "2", "3", "4"]].round(1).loc["EL"].to_dict()
    {'1': 24.5, '2': 20.6, '3': 30.0, '4': 24.8}
    >>> o.top(2, lang="en").round(1).to_numpy().tolist()
    [[1, 'Digital public services for businesses', 10.2],
     [2, 'Digital public services for citizens', 8.6]]
    """
    ideal = float(ideal)
    if not (np.isfinite(ideal) and ideal > 0):
        raise MethodError(
            f"obstacles: ideal = {ideal}", hint="give the best score there is, say 1 or 100"
        )
    rows = np.arange(result.values.shape[0])
    if unit is not None:
        rows = np.array([i for i, u in enumerate(result.table.units) if u == unit], dtype=np.intp)
        if not rows.size:
            known = ", ".join(dict.fromkeys(map(str, result.table.units)))
            raise NotFoundError(f"no unit {unit!r}; there are {known}")
    z = result.values[rows, : len(result.index.framework.codes)]
    slack = 4 * np.finfo(np.float64).eps * ideal  # what is off by rounding only is at the limit
    _refuse_outside(result, z, ideal, slack, rows)
    away = np.where(z >= ideal - slack, 0.0, ideal - z)
    parts = np.where(_in_scores(result), _weights(result), np.nan)[rows] * away
    parts.setflags(write=False)
    return Obstacles(result, ideal, unit, rows, parts)


def _refuse_outside(
    result: IndexResult, z: Array, ideal: float, slack: float, rows: NDArray[np.intp]
) -> None:
    """Refuse scores that are no distance from the ideal."""
    f = result.index.framework
    method = {c: p.normaliser for p in result.scale.parts for c in p.columns.codes}
    own = [i for i in f.indicators if method[i.code].per_unit]
    if own:
        raise MethodError(
            f"obstacles: {named(own[0])} is measured against the unit's own base "
            f"({method[own[0].code].label}), where there is no ideal",
            hint="normalise by 'minmax' or 'goalposts'",
        )
    bad = np.argwhere((z < -slack) | (z > ideal + slack))
    if len(bad):
        i, j = bad[0]
        more = f" (and {len(bad) - 1} more cells)" if len(bad) > 1 else ""
        raise MethodError(
            f"obstacles: {named(f.indicators[j])} scores {z[i, j]:.6g} for "
            f"{result.table.row_name(int(rows[i]))}{more}, outside [0, {ideal:g}], by "
            f"{method[f.codes[j]].label}; an obstacle degree would be negative or have no meaning",
            hint="normalise by 'minmax' over all rows (window = 'pooled') or by goalposts with "
            "clip = true, or pass the best score as ideal = ... (100 where scores end there)",
        )


def _weights(result: IndexResult) -> Array:
    """Weight of each indicator in the index, in each row (n, m), as the evaluation rescaled it."""
    plan, w = result.index.plan, np.ones(result.values.shape)
    for code, kids, _ in reversed(plan.groups):
        w[:, kids] = w[:, [plan.position[code]]] * result.row_weights[code]
    return w[:, : len(result.index.framework.codes)]


def _in_scores(result: IndexResult) -> NDArray[np.bool_]:
    """Say which cells went into the index: known, in groups that are scored, (n, m)."""
    f, plan = result.index.framework, result.index.plan
    there = ~np.isnan(result.values)
    paths = [[plan.position[a] for a in (c, *f.ancestors(c))] for c in f.codes]
    return np.stack([there[:, p].all(axis=1) for p in paths], axis=1)


@dataclass(frozen=True, eq=False, repr=False)
class Obstacles(Study):
    """Obstacle degrees of indicators and groups; see :func:`obstacles`.

    Attributes
    ----------
    nominal : IndexResult
    ideal : float
    unit : label or None
    rows : (r,)
        Positions in the result of the rows that are shown.
    parts : (r, m)
        Weight times distance from the ideal; NaN of an indicator that is not in the row's index.
    """

    kind: ClassVar[str] = "obstacles"
    nominal: IndexResult
    ideal: float
    unit: Hashable | None
    rows: NDArray[np.intp] = field(repr=False)
    parts: Array = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the degrees of every row.

        Columns are ``outcome`` (a key of :data:`OUTCOMES`), ``shortfall`` (the sum of weight times
        distance; of an additive index the ideal minus the index), and the degree of every group
        and indicator in per cent. A cell is empty where the row has no degrees or the node is not
        in its index.
        """
        return self._frame("row")

    @property
    def degrees(self) -> pd.DataFrame:
        """Degree of each indicator in per cent, a row for each unit (and period)."""
        return self.to_frame()[list(self.index.framework.codes)]

    @property
    def groups(self) -> pd.DataFrame:
        """Degree of each group: the sum over its indicators."""
        return self.to_frame()[self._groups]

    def pooled(self, by: Literal["unit", "period", "all"] = "unit") -> pd.DataFrame:
        r"""Return degrees over several rows: of each unit over its periods, or the like.

        They are ratios of sums, :math:`100 \sum_t F_j (z^* - z_{ijt}) / \sum_t \sum_j F_j (z^* -
        z_{ijt})`, and not averages of percentages: a period in which little is left to gain counts
        little, and one at the ideal counts nothing. An indicator counts where it has a value.

        Parameters
        ----------
        by : {"unit", "period", "all"}
            Rows of a unit together, of a period, or all; ``shortfall`` is the mean of their rows.
        """
        return self._frame(by)

    def top(
        self, k: int = 5, *, by: By = "row", lang: Literal["code", "zh", "en"] = "code"
    ) -> pd.DataFrame:
        """Return the largest obstacles, as a long table: rank, indicator, degree.

        Equal degrees (to 1e-9) share a rank, so that more than ``k`` may be listed; an indicator at
        its ideal is no obstacle, so that fewer may be.

        Parameters
        ----------
        k : int >= 1
        by : {"row", "unit", "period", "all"}
            Of each row, or of the :meth:`pooled` degrees.
        lang : {"code", "zh", "en"}
            Indicators by code, or by name in one language.

        Returns
        -------
        DataFrame
            Where cells were filled in, ``imputed`` counts those that a degree stands on.
        """
        f = self.index.framework
        frame = self._frame(by)[list(f.codes)]
        place, hit = _first(frame.to_numpy(), k)
        i, j = np.nonzero(hit)
        order = np.lexsort((j, place[i, j], i))
        i, j = i[order], j[order]
        names = [c if lang == "code" else f.name(c, lang) for c in f.codes]
        out = {
            "rank": place[i, j].astype(np.int64),
            "indicator": [names[c] for c in j],
            "degree": frame.to_numpy()[i, j],
        }
        imputed = self.nominal.imputed[self.rows]
        if imputed.any():
            pools = (
                imputed if by == "row" else [imputed[at].sum(axis=0) for _, at in self._pools(by)]
            )
            out["imputed"] = np.asarray(pools).astype(np.int64)[i, j]
        return pd.DataFrame(out, index=frame.index[i])

    def frequency(
        self, k: int = 5, *, by: Literal["unit", "period", "all"] = "all"
    ) -> pd.DataFrame:
        """Return how often each indicator is among the ``k`` largest obstacles of a row.

        Parameters
        ----------
        k : int >= 1
        by : {"unit", "period", "all"}
            Count over the periods of each unit, over the units of each period, or over all rows.

        Returns
        -------
        DataFrame
            Of each indicator ``count``; ``rows``, in how many it has a degree; ``share`` of these
            in per cent, missing where there is none. With "all" the most frequent come first.
        """
        codes = list(self.index.framework.codes)
        degrees = self.degrees.to_numpy()
        hit = _first(degrees, k)[1]
        has = ~np.isnan(degrees)
        out = []
        for label, at in self._pools(by):
            counts, rows = hit[at].sum(axis=0), has[at].sum(axis=0)
            share = np.full(len(codes), np.nan)
            np.divide(100.0 * counts, rows, out=share, where=rows > 0)
            table = {"indicator": codes, "count": counts, "rows": rows, "share": share}
            out.append(pd.DataFrame(table).assign(**{by: [label] * len(codes)}))
        frame = pd.concat(out)
        if by != "all":
            return frame.set_index([by, "indicator"])
        frame = frame.drop(columns="all").set_index("indicator")
        return frame.sort_values("count", ascending=False, kind="stable")

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the degrees by row and pooled, the five largest, and their frequency."""
        return {
            "table": self.to_frame(),
            "pooled": self.pooled(),
            "top": self.top(),
            "frequency": self.frequency(),
        }

    def settings(self) -> dict[str, Any]:
        """Return the ideal and the unit."""
        return {"ideal": self.ideal, "unit": None if self.unit is None else str(self.unit)}

    @property
    def _groups(self) -> list[str]:
        return [g.code for g in self.index.framework.groups if g.code != ROOT]

    def _pools(self, by: str) -> list[tuple[Any, NDArray[np.intp]]]:
        """Labels and rows of units, of periods, or of everything."""
        table, at = self.nominal.table, np.arange(self.rows.size)
        if by == "all":
            return [("all", at)]
        if by == "unit":
            rows: dict[Hashable, list[int]] = {}
            for k, i in enumerate(self.rows.tolist()):
                rows.setdefault(table.units[i], []).append(k)
            return [(u, np.array(k, dtype=np.intp)) for u, k in rows.items()]
        if by == "period" and table.periods is not None and table.slot is not None:
            slot = table.slot[self.rows]
            return [(p, at[slot == t]) for t, p in enumerate(table.periods) if (slot == t).any()]
        raise MethodError(
            f"obstacles: there is no by = {by!r}",
            hint="by is 'unit' or 'all', or 'period' where rows have one",
        )

    def _frame(self, by: str) -> pd.DataFrame:
        parts, index = self.parts, self.nominal.table.index[self.rows]
        if by != "row":
            pools = self._pools(by)
            parts = np.stack([_mean(parts[at]) for _, at in pools])
            index = pd.Index([label for label, _ in pools], name=by)
        f = self.index.framework
        total, scored = np.nansum(parts, axis=1), ~np.isnan(parts).all(axis=1)
        rated = scored & (total > 0)
        degrees = np.full(parts.shape, np.nan)
        degrees[rated] = 100.0 * parts[rated] / total[rated, None]
        out: dict[str, Any] = {
            "outcome": np.where(rated, "rated", np.where(scored, "at its ideal", "not scored")),
            "shortfall": np.where(scored, total, np.nan),
        }
        at = {c: j for j, c in enumerate(f.codes)}
        for g in self._groups:
            x = degrees[:, [at[c] for c in f.leaves(g)]]
            out[g] = np.where(np.isnan(x).all(axis=1), np.nan, np.nansum(x, axis=1))
        out |= {c: degrees[:, j] for c, j in at.items()}
        return pd.DataFrame(out, index=index)

    def _texts(self) -> tuple[Text, ...]:
        result, f, out = self.nominal, self.index.framework, []
        best = float(np.nanmax(result.normalised.to_numpy(), initial=0.0))
        if best < self.ideal / 2:
            out.append(
                Text(
                    f"最高得分为{best:.4g}，远低于理想值{self.ideal:g}：请核对理想值是否与得分同一尺度",
                    f"the highest score is {best:.4g}, far below the ideal of {self.ideal:g}: "
                    "check that the ideal is on the scale of the scores",
                )
            )
        rules = {
            g.code: self.index.plan.rule(g.code) for g in f.groups if len(f.children(g.code)) > 1
        }
        bent = [f"{c} {r.label}" for c, r in rules.items() if r.method != "arithmetic"]
        if bent:
            which = f"{', '.join(bent[:5])}{' ...' if len(bent) > 5 else ''}"
            out.append(
                Text(
                    f"障碍度按加权和定义；本指数并非加权和（{which}），"
                    "障碍度分解的是各指标距离的加权和，而不是指数与理想值之差",
                    f"obstacle degrees are defined for weighted sums; this index is none ({which}):"
                    " they share out the weighted distances of the indicators, not the distance of "
                    "the index",
                )
            )
        table = self.to_frame()
        for outcome in ("at its ideal", "not scored"):
            rows = self.rows[(table["outcome"] == outcome).to_numpy()]
            if rows.size:
                who = "; ".join(result.table.row_name(int(i)) for i in rows[:5])
                who += f" (+{rows.size - 5})" if rows.size > 5 else ""
                text = OUTCOMES[outcome]
                out.append(Text(f"{who}：{text.zh}", f"{who}: {text.en}"))
        scored = (table["outcome"] != "not scored").to_numpy()
        lost = int(np.isnan(self.parts[scored]).sum())
        if lost:
            out.append(
                Text(
                    f"{lost}个单元格缺失，没有障碍度；同行其余指标的权重与指数一样重新归一",
                    f"{lost} cells are not in the index and have no degree; the weights of the "
                    "others in their rows are rescaled as in the index",
                )
            )
        several = result.table.periods is not None and len(result.table.periods) > 1
        own = any(p.normaliser.window == "period" for p in result.scale.parts)
        if several and (own or any(w.ndim > 1 for w in result.local.values())):
            out.append(
                Text(
                    "标准化或权重逐期而异：合并多期的障碍度混合了不同的尺度",
                    "scales or weights differ by period: degrees pooled over periods mix them",
                )
            )
        return tuple(out)


def _mean(parts: Array) -> Array:
    """Mean over the rows that are scored (r, m) -> (m,); NaN where an indicator is in none."""
    known = ~np.isnan(parts)
    scored = max(int(known.any(axis=1).sum()), 1)
    return np.where(known.any(axis=0), np.nansum(parts, axis=0) / scored, np.nan)


def _first(degrees: Array, k: int) -> tuple[Array, NDArray[np.bool_]]:
    """Rank of each degree in its row, 1 the largest, and whether it is among the first k."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise MethodError(f"obstacles: k = {k!r}", hint="give a whole number from 1")
    rounded = pd.DataFrame(np.round(degrees, 9))
    place = rounded.rank(axis=1, method="min", ascending=False).to_numpy()
    return place, (place <= k) & (degrees > 0)

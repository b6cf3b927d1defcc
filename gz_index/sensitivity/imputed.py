"""Multiple imputation carried through to scores and ranks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT, Text
from gz_index.prepare.impute import Impute
from gz_index.prepare.pooling import Pooled, multiple, pool
from gz_index.prepare.ready import sheet
from gz_index.prepare.rule import Prepare
from gz_index.sensitivity.blocks import seeded
from gz_index.sensitivity.ranks import ranks_of
from gz_index.study import Study

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["Imputations", "imputations"]


def imputations(
    index: Index, data: Any, *, m: int = 20, seed: int = 0, level: float = 0.95
) -> Imputations:
    """Fill the gaps several times and say how far scores and ranks depend on what was filled in.

    The step ``impute`` of the definition, by ``em`` or ``regression``, is drawn ``m`` times with
    the uncertainty of its parameters; the steps after it, normalising and weights are worked out
    anew for each. Scores are pooled by Rubin's rules; as a score has no sampling variance of its
    own, the intervals are those of imputation alone.

    Parameters
    ----------
    index : Index
        Its ``prepare`` holds one step ``impute`` by em or regression.
    data : DataFrame
    m : int
        Completed tables, at least two.
    seed : int
    level : float
        Probability of the intervals.

    Raises
    ------
    MethodError
        No step can be drawn, or several; or a completed table cannot be evaluated.

    References
    ----------
    Rubin, D. B. (1987). Multiple Imputation for Nonresponse in Surveys. Wiley.
    doi:10.1002/9780470316696

    Examples
    --------
    >>> import gz_index as gz
    >>> index = gz.load("cn-provinces-2022").replace(
    ...     prepare=[{"kind": "impute", "method": "em"}], missing="error"
    ... )
    >>> data = gz.data("cn-provinces-2022").xs(2022, level="year")
    >>> several = gz.imputations(index, data, m=5)
    >>> several.ranks.loc["广东省", ["nominal", "low", "high"]].tolist()
    [1.0, 1.0, 1.0]
    """
    seeded(seed)
    if not isinstance(m, int) or m < 2:
        raise MethodError(f"m = {m!r}", hint="two completed tables or more")
    if not 0 < level < 1:
        raise MethodError(f"level = {level!r}", hint="a probability, e.g. 0.95")
    steps = index.prepare.steps
    at = [
        k for k, s in enumerate(steps) if isinstance(s, Impute) and s.method in ("em", "regression")
    ]
    if len(at) != 1:
        raise MethodError(
            f"{len(at)} steps of the preparation can be drawn, not one",
            hint="give prepare one step { kind = 'impute', method = 'em' } or 'regression'",
        )
    nominal = index.evaluate(data)
    before = Prepare(steps[: at[0]]).fit(sheet(index, data)).after
    drawn = multiple(steps[at[0]], before, m=m, seed=seed)
    rest, gaps = Prepare(steps[at[0] + 1 :]), np.isnan(before.values)
    codes = [g.code for g in nominal.index.framework.groups]
    out = np.empty((m, len(nominal.table.units), len(codes)))
    for k, values in enumerate(drawn):
        filled = before.with_values(values, imputed=gaps & ~np.isnan(values))
        one = nominal.index.score(rest.fit(filled).after.table)
        if not one.table.index.equals(nominal.table.index):
            raise MethodError(
                f"imputation {k + 1} leaves other rows than the nominal one",
                hint="screen before the gaps are filled",
            )
        out[k] = one.scores[codes].to_numpy()
    return Imputations(nominal, m, seed, level, tuple(codes), out)


@dataclass(frozen=True, eq=False, repr=False)
class Imputations(Study):
    """Scores and ranks over several completed tables; see :func:`imputations`.

    Attributes
    ----------
    m, seed : int
    level : float
    """

    kind: ClassVar[str] = "imputations"
    nominal: IndexResult
    m: int
    seed: int
    level: float
    codes: tuple[str, ...]
    values: Array = field(repr=False)

    def _node(self, node: str) -> Array:
        if node not in self.codes:
            raise NotFoundError(f"no group {node!r}; there are {', '.join(self.codes)}")
        return np.asarray(self.values[:, :, self.codes.index(node)])

    def pooled(self, node: str = ROOT) -> Pooled:
        """Scores of a group pooled by Rubin's rules."""
        return pool(self._node(node), level=self.level)

    def score_table(self, node: str = ROOT) -> pd.DataFrame:
        """Nominal score, pooled mean, standard error of imputation, interval."""
        p = self.pooled(node)
        out = {
            "nominal": self.nominal.scores[node].to_numpy(),
            "mean": p.mean,
            "error": p.error,
            "low": p.lower,
            "high": p.upper,
        }
        return pd.DataFrame(out, index=self.nominal.table.index)

    def rank_table(self, node: str = ROOT) -> pd.DataFrame:
        """Nominal rank, mean rank, and the least and greatest rank that occurs."""
        s, t = self._node(node), self.nominal.table
        ranks = np.full(s.shape, np.nan)
        slot = np.zeros(s.shape[1], dtype=np.intp) if t.slot is None else t.slot
        for p in np.unique(slot):
            rows = np.flatnonzero((slot == p) & ~np.isnan(s).any(axis=0))
            ranks[:, rows] = ranks_of(s[:, rows], self.index.ties)
        out = {
            "nominal": self.nominal.ranks[node].astype("float64").to_numpy(),
            "mean": ranks.mean(axis=0),
            "low": ranks.min(axis=0),
            "high": ranks.max(axis=0),
        }
        return pd.DataFrame(out, index=t.index)

    @property
    def scores(self) -> pd.DataFrame:
        """Scores of the index; see :meth:`score_table`."""
        return self.score_table()

    @property
    def ranks(self) -> pd.DataFrame:
        """Ranks by the index; see :meth:`rank_table`."""
        return self.rank_table()

    def to_frame(self) -> pd.DataFrame:
        """Return ranks and scores of the index, best nominal rank first within each period."""
        frames = [self.ranks.add_prefix("rank_"), self.scores.add_prefix("score_")]
        out = pd.concat(frames, axis=1)
        t = self.nominal.table
        slot = np.zeros(len(out)) if t.slot is None else t.slot
        return out.iloc[np.lexsort((out["rank_nominal"].to_numpy(), slot))]

    def settings(self) -> dict[str, Any]:
        """Return how it was made."""
        return {"m": self.m, "seed": self.seed, "level": self.level}

    def _texts(self) -> tuple[Text, ...]:
        r = self.ranks
        moved = int((r["low"] < r["high"]).sum())
        return (
            Text(
                f"{self.m}次插补；{len(r)}行中{moved}行的名次随插补而变；区间只含插补的不确定性",
                f"{self.m} imputations; ranks of {moved} of {len(r)} rows depend on them; the "
                "intervals are those of imputation alone",
            ),
        )

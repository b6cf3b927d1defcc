"""Several results for the same units side by side: ranks, agreement, the largest shifts."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import ROOT

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["Comparison", "compare", "kendall_w"]


def kendall_w(ranks: Array) -> float:
    """Kendall's coefficient of concordance W, corrected for ties.

    ``W = 12 S / (m^2 (n^3 - n) - m T)`` with S the sum of squared deviations of the rank sums
    and T the sum of t^3 - t over all groups of ties.

    Parameters
    ----------
    ranks : (n, m)
        Average ranks of n units by m judges.

    Returns
    -------
    float
        In [0, 1]; 1 is full agreement.

    Raises
    ------
    MethodError
        Fewer than two units or judges, or every judge ties all units.

    References
    ----------
    Kendall, M. G. and Babington Smith, B. (1939). The problem of m rankings. Annals of
    Mathematical Statistics 10(3), 275-287. doi:10.1214/aoms/1177732186

    Examples
    --------
    >>> import numpy as np
    >>> kendall_w(np.array([[1.0, 1, 2], [2, 3, 1], [3, 2, 3]]))
    0.444...
    """
    n, m = ranks.shape
    if n < 2 or m < 2:
        raise MethodError(f"W needs two units and two rankings; got {n} and {m}")
    sums = ranks.sum(axis=1)
    spread = float(((sums - sums.mean()) ** 2).sum())
    ties = 0.0
    for j in range(m):
        _, count = np.unique(ranks[:, j], return_counts=True)
        ties += float((count.astype(float) ** 3 - count).sum())
    whole = m**2 * (n**3 - n) - m * ties
    if whole == 0:
        raise MethodError("W is not defined: every ranking ties all units")
    return float(12 * spread / whole)


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Results of several indices over the same rows.

    Attributes
    ----------
    results : dict
        Label to result, in order; the first is the reference of all shifts.
    """

    results: Mapping[str, IndexResult]

    @classmethod
    def of(cls, results: Sequence[IndexResult]) -> Comparison:
        """Label results by what differs between them."""
        parts = [
            (r.index.id, r.index.normalise, r.index.weight.label, r.index.aggregate.label)
            for r in results
        ]
        differs = [len({str(p[i]) for p in parts}) > 1 for i in range(4)]
        labels: list[str] = []
        for p in parts:
            label = " / ".join(str(v) for v, d in zip(p, differs, strict=True) if d) or p[0]
            labels.append(label if label not in labels else f"{label} #{labels.count(label) + 2}")
        return cls(dict(zip(labels, results, strict=True)))

    def __post_init__(self) -> None:
        if len(self.results) < 2:
            raise MethodError("a comparison needs two results or more")
        first = next(iter(self.results.values()))
        for label, r in self.results.items():
            if not r.scores.index.equals(first.scores.index):
                raise DataError(
                    "the results are not over the same rows",
                    [Problem(label, "has other units or periods", "evaluate on the same data")],
                )

    def scores(self, node: str = ROOT) -> pd.DataFrame:
        """Score of one node under each variant."""
        return pd.DataFrame({k: r.scores[node] for k, r in self.results.items()})

    def ranks(self, node: str = ROOT) -> pd.DataFrame:
        """Rank of one node's score under each variant (within each period)."""
        return pd.DataFrame({k: r.ranks[node] for k, r in self.results.items()})

    @cached_property
    def _average_ranks(self) -> list[Array]:
        """Average ranks (units, variants) of each period, of the rows that all variants score."""
        slot = next(iter(self.results.values())).table.slot
        scores = self.scores().to_numpy()
        slot = np.zeros(len(scores), dtype=np.intp) if slot is None else slot
        out = []
        for t in range(int(slot.max()) + 1):
            part = scores[(slot == t) & ~np.isnan(scores).any(axis=1)]
            if len(part) > 1:
                out.append(pd.DataFrame(-part).rank().to_numpy())
        return out

    @cached_property
    def spearman(self) -> pd.DataFrame:
        """Spearman's rank correlation between variants; the mean over periods."""
        if not self._average_ranks:
            raise MethodError("no period has two units that all variants score")
        each = [np.corrcoef(r.T) for r in self._average_ranks]
        names = list(self.results)
        return pd.DataFrame(np.mean(each, axis=0), index=names, columns=names)

    @cached_property
    def kendall_w(self) -> float:
        """Kendall's W of all variants; the mean over periods."""
        if not self._average_ranks:
            raise MethodError("no period has two units that all variants score")
        return float(np.mean([kendall_w(r) for r in self._average_ranks]))

    @cached_property
    def shifts(self) -> pd.DataFrame:
        """Change of rank against the first variant: mean, largest, and the row it happens to."""
        ranks = self.ranks().astype(float)
        base = next(iter(self.results))
        rows = {}
        for label in list(self.results)[1:]:
            shift = (ranks[label] - ranks[base]).dropna()
            i = int(shift.abs().to_numpy().argmax())
            at = shift.index[i]
            rows[label] = {
                "mean_shift": shift.abs().mean(),
                "largest": shift.iloc[i],
                "at": ", ".join(map(str, at)) if isinstance(at, tuple) else str(at),
            }
        return pd.DataFrame.from_dict(rows, orient="index")

    def to_frame(self) -> pd.DataFrame:
        """Return scores and ranks of every variant side by side."""
        return pd.concat({"score": self.scores(), "rank": self.ranks()}, axis=1)

    def __repr__(self) -> str:
        table = self.to_frame().head(10).to_string(float_format=lambda v: f"{v:.4f}")
        return (
            f"{len(self.results)} variants; Kendall's W {self.kendall_w:.4f}\n{table}\n"
            f"Spearman\n{self.spearman.to_string(float_format=lambda v: f'{v:.4f}')}\n"
            f"Shift of rank against {next(iter(self.results))!r}\n"
            f"{self.shifts.to_string(float_format=lambda v: f'{v:.2f}')}"
        )

    def _repr_html_(self) -> str:
        head = f"{len(self.results)} variants; Kendall's W {self.kendall_w:.4f}"
        return (
            f"<p><b>{html.escape(head)}</b></p>"
            + self.to_frame().head(20).to_html(float_format=lambda v: f"{v:.4f}")
            + self.spearman.to_html(float_format=lambda v: f"{v:.4f}")
            + self.shifts.to_html(float_format=lambda v: f"{v:.2f}")
        )


def compare(index: Index, data: Any, **variants: Sequence[Any]) -> Comparison:
    """Evaluate an index under several variants of its parts, side by side.

    Parameters
    ----------
    index : Index
    data : DataFrame
    **variants : sequence
        Parts of the index with their alternatives; several parts give all combinations.

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> c = gz.compare(index, data, weight=["equal", "entropy", "pca"])
    >>> list(c.results), bool(c.kendall_w > 0.8)
    (['equal', 'entropy', 'pca'], True)
    """
    if not variants:
        raise MethodError("nothing to compare", hint="pass e.g. weight=['equal', 'entropy']")
    names = list(variants)
    return Comparison.of(
        [
            index.replace(**dict(zip(names, choice, strict=True))).evaluate(data)
            for choice in product(*variants.values())
        ]
    )

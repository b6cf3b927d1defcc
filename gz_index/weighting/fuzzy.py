"""Fuzzy AHP with triangular numbers (Buckley 1985, 模糊层次分析法)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import Text
from gz_index.weighting.ahp import AHP, ahp
from gz_index.weighting.pairwise import TOLERANCE

__all__ = ["FuzzyAHP", "fuzzy_ahp"]


@dataclass(frozen=True, eq=False)
class FuzzyAHP:
    """Weights from triangular judgements. Made by :func:`fuzzy_ahp`.

    Attributes
    ----------
    fuzzy_weights : (n, 3)
        Lower, modal and upper weight of each criterion.
    weights : (n,)
        Centres of area of the fuzzy weights, scaled to sum to one.
    modal : AHP
        The crisp AHP (row geometric means) of the modal judgements; its consistency ratio is what
        papers report.
    """

    fuzzy_weights: Array
    weights: Array
    modal: AHP

    @property
    def labels(self) -> tuple[str, ...]:
        """The criteria."""
        return self.modal.labels

    @property
    def cr(self) -> float:
        """Consistency ratio of the modal judgements."""
        return self.modal.cr

    @property
    def notes(self) -> tuple[Text, ...]:
        """What should be known before the weights are printed."""
        return self.modal.notes

    def to_frame(self) -> pd.DataFrame:
        """Fuzzy and crisp weights, one row a criterion."""
        table = pd.DataFrame(
            self.fuzzy_weights, index=list(self.labels), columns=["low", "mode", "high"]
        )
        return table.assign(weight=self.weights)

    def _repr_html_(self) -> str:
        return self.to_frame().round(4).to_html()


def fuzzy_ahp(
    matrix: ArrayLike | Sequence[Any],
    *,
    labels: Sequence[str] | None = None,
    random_index: str = "saaty1980",
    tolerance: float = TOLERANCE,
) -> FuzzyAHP:
    r"""Weights from triangular fuzzy judgements by fuzzy row geometric means.

    .. math:: \tilde r_i = \Big(\prod_j \tilde a_{ij}\Big)^{1/n}, \quad
        \tilde w_i = \tilde r_i \otimes \Big(\sum_k \tilde r_k\Big)^{-1}
        = (l_i / \textstyle\sum u, \; m_i / \sum m, \; u_i / \sum l)

    The crisp weight is the centre of area (l + m + u) / 3, scaled to sum to one. Judgements
    (a, a, a) give the geometric-mean AHP exactly.

    Parameters
    ----------
    matrix : (n, n, 3)
        Triangular numbers 0 < l <= m <= u; ã_ji = (1/u, 1/m, 1/l). All three NaN where only the
        other side of the pair is given. Every pair has to be judged.
    labels : sequence of str, optional
        Names of the criteria; default x1, x2, ...
    random_index : str
        For the consistency ratio of the modal judgements; see
        :func:`~gz_index.weighting.ahp.ahp`.
    tolerance : float
        How far a pair may be from reciprocal, as in ``ahp``, for each of the three numbers.

    Raises
    ------
    MethodError
        Not (n, n, 3), numbers that are not positive or not in order, a diagonal that is not one, a
        pair that is not reciprocal or not judged.

    References
    ----------
    Buckley, J. J. (1985). Fuzzy hierarchical analysis. *Fuzzy Sets and Systems* 17(3), 233-247.

    Examples
    --------
    >>> empty, one = (None,) * 3, (1, 1, 1)
    >>> fuzzy_ahp([[one, (2, 3, 4)], [empty, one]], labels=["a", "b"]).to_frame().round(3)
         low  mode   high  weight
    a  0.522  0.75  1.045   0.742
    b  0.185  0.25  0.369   0.258
    """
    try:
        a = np.array(matrix, dtype=np.float64)
    except (TypeError, ValueError):
        a = np.empty(0)
    if a.ndim != 3 or a.shape[0] != a.shape[1] or a.shape[2] != 3:
        raise MethodError(
            "a fuzzy judgement matrix has shape (n, n, 3), a triangular number (l, m, u) for each "
            "pair",
            hint="write (l, m, u), and (None, None, None) where only the other side is given",
        )
    n = len(a)
    names = [f"x{i + 1}" for i in range(n)] if labels is None else [str(c) for c in labels]
    # each of the three numbers is read and checked as a crisp matrix: (l_ij, u_ji), (m), (u, l)
    upper = np.triu(np.ones((n, n), dtype=bool))[:, :, None]
    flipped = np.where(upper, a, a[:, :, ::-1])
    low, mode, high = (
        ahp(
            flipped[:, :, s],
            labels=names,
            method="geometric",
            random_index=random_index,
            tolerance=tolerance,
        )
        for s in range(3)
    )
    if mode.missing:
        i, j = np.argwhere(np.isnan(mode.matrix))[0]
        raise MethodError(
            f"fuzzy_ahp needs every pair; {names[i]} : {names[j]} was not judged",
            hint="judge it, or use ahp, which can do without",
        )
    l, u = np.where(upper[:, :, 0], (low.matrix, high.matrix), (high.matrix, low.matrix))  # noqa: E741
    m = mode.matrix
    bad = ~((l <= m * (1 + 1e-12)) & (m <= u * (1 + 1e-12)))
    if bad.any():
        i, j = np.argwhere(bad)[0]
        raise MethodError(
            f"a triangular number is l <= m <= u; {names[i]} : {names[j]} = "
            f"({l[i, j]:.6g}, {m[i, j]:.6g}, {u[i, j]:.6g})",
            hint="sort the three numbers",
        )
    # Buckley (1985): fuzzy geometric means of the rows, then their fuzzy shares
    r = np.exp(np.log(np.stack([l, m, u])).mean(axis=2))
    sums = r.sum(axis=1)
    fuzzy = (r / sums[::-1, None]).T
    centre = fuzzy.mean(axis=1)
    w = centre / centre.sum()
    for array in (fuzzy, w):
        array.setflags(write=False)
    return FuzzyAHP(fuzzy, w, mode)

"""Several judges and several levels: AIJ, AIP and the consistency of a whole hierarchy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gz_index._arrays import Array, to_weights
from gz_index.errors import MethodError
from gz_index.weighting.ahp import AHP
from gz_index.weighting.pairwise import TOLERANCE, Comparisons, Judged, comparisons

__all__ = ["aij", "aip", "hierarchy_cr"]


def aij(
    matrices: Sequence[Judged | Comparisons],
    *,
    importance: ArrayLike | None = None,
    labels: Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
) -> pd.DataFrame:
    r"""Aggregate individual judgements: one matrix of weighted geometric means.

    .. math:: a_{ij} = \prod_e (a_{ij}^{(e)})^{\beta_e}, \quad \sum_e \beta_e = 1

    Unlike an arithmetic mean this keeps a_ji = 1 / a_ij. A pair that some judges left out is the
    mean of those who judged it.

    Parameters
    ----------
    matrices : sequence of DataFrame or (n, n)
        One matrix for each judge, about the same criteria; see :func:`~gz_index.weighting.ahp.ahp`.
    importance : (judges,), optional
        Weight of each judge, >= 0; default equal.
    labels : sequence of str, optional
        Names of the criteria, where the matrices carry none.
    tolerance : float
        See :func:`~gz_index.weighting.ahp.ahp`.

    Returns
    -------
    DataFrame
        The matrix of the group; NaN where nobody judged. Feed it to ``ahp``.

    Raises
    ------
    MethodError
        No matrix, one that is no judgement matrix, or judges who speak of different criteria.

    References
    ----------
    Aczél, J. and Saaty, T. L. (1983). Procedures for synthesizing ratio judgements. *Journal of
    Mathematical Psychology* 27(1), 93-102.
    Forman, E. and Peniwati, K. (1998). Aggregating individual judgments and priorities with the
    analytic hierarchy process. *European Journal of Operational Research* 108(1), 165-169.

    Examples
    --------
    >>> aij([[[1, 2], ["1/2", 1]], [[1, 8], ["1/8", 1]]], labels=["a", "b"])
          a    b
    a  1.00  4.0
    b  0.25  1.0
    """
    read = [
        m if isinstance(m, Comparisons) else comparisons(m, labels=labels, tolerance=tolerance)
        for m in matrices
    ]
    beta = _importance(importance, len(read), "aij")
    first = read[0].labels
    at = [_same(first, r.labels, e) for e, r in enumerate(read)]
    values = np.stack([r.values[np.ix_(p, p)] for r, p in zip(read, at, strict=True)])
    known = ~np.isnan(values)
    share = known * beta[:, None, None]
    total = share.sum(axis=0)
    logs = np.where(known, np.log(np.where(known, values, 1.0)), 0.0)
    with np.errstate(invalid="ignore"):
        mean = np.triu((share * logs).sum(axis=0) / total, 1)
    return pd.DataFrame(np.exp(mean - mean.T), index=list(first), columns=list(first))


def aip(judged: Sequence[AHP], *, importance: ArrayLike | None = None) -> Array:
    r"""Aggregate individual priorities: weighted geometric means of the weights, normalised.

    .. math:: w_i \propto \prod_e (w_i^{(e)})^{\beta_e}, \quad \sum_e \beta_e = 1

    Parameters
    ----------
    judged : sequence of AHP
        One for each judge, about the same criteria.
    importance : (judges,), optional
        Weight of each judge, >= 0; default equal.

    Returns
    -------
    (n,)
        Weights in the order of the first judge's labels.

    Raises
    ------
    MethodError
        No judge, or judges who speak of different criteria.

    References
    ----------
    Forman, E. and Peniwati, K. (1998). Aggregating individual judgments and priorities with the
    analytic hierarchy process. *European Journal of Operational Research* 108(1), 165-169.

    Examples
    --------
    >>> from gz_index.weighting.ahp import ahp
    >>> aip([ahp([[1, 2], ["1/2", 1]]), ahp([[1, 8], ["1/8", 1]])])
    array([0.8, 0.2])
    """
    beta = _importance(importance, len(judged), "aip")
    first = judged[0].labels
    w = np.stack([a.weights[_same(first, a.labels, e)] for e, a in enumerate(judged)])
    y = beta @ np.log(w)
    out = np.exp(y - y.max())
    return np.asarray(out / out.sum())


def hierarchy_cr(
    judged: Mapping[str, AHP], *, importance: Mapping[str, float] | None = None
) -> float:
    r"""Consistency ratio of a whole hierarchy.

    .. math:: CR = \frac{\sum_k b_k CI_k}{\sum_k b_k RI_k}

    Parameters
    ----------
    judged : mapping of str to AHP
        For each group its judged children (the labels).
    importance : mapping of str to float, optional
        b_k, the weight of each group in the whole. Default: found from ``judged``, where every
        group but one has to be a child of another.

    Returns
    -------
    float
        0 where no group can contradict itself (two children at most).

    Raises
    ------
    MethodError
        A group without importance, or several roots.

    References
    ----------
    Saaty, T. L. (1980). *The Analytic Hierarchy Process*. McGraw-Hill.

    Examples
    --------
    >>> from gz_index.weighting.ahp import ahp
    >>> top = ahp([[1, 3], ["1/3", 1]], labels=["a", "b"])
    >>> a = ahp([[1, 2, 8], [None, 1, 2], [None, None, 1]])
    >>> round(hierarchy_cr({"total": top, "a": a}), 4), round(a.cr, 4)
    (0.0462, 0.0462)
    """
    b = _global(judged) if importance is None else importance
    lacking = [k for k in judged if k not in b]
    if lacking:
        raise MethodError(
            f"no importance for {', '.join(lacking)}", hint="give the weight of each group"
        )
    ci = sum(b[k] * a.ci for k, a in judged.items())
    ri = sum(b[k] * a.ri for k, a in judged.items())
    return ci / ri if ri > 0 else 0.0


def _global(judged: Mapping[str, AHP]) -> dict[str, float]:
    parent = {c: k for k, a in judged.items() for c in a.labels if c in judged}
    roots = [k for k in judged if k not in parent]
    if len(roots) != 1:
        raise MethodError(
            f"the judged groups {', '.join(judged)} hang on {len(roots)} roots "
            f"({', '.join(roots)})",
            hint="give the weight of each group by importance=",
        )
    out: dict[str, float] = {}
    for k in judged:
        b, node = 1.0, k
        while node in parent:
            above = judged[parent[node]]
            b *= float(above.weights[above.labels.index(node)])
            node = parent[node]
        out[k] = b
    return out


def _importance(importance: ArrayLike | None, judges: int, what: str) -> Array:
    if judges == 0:
        raise MethodError(f"{what} needs at least one judge")
    beta = np.ones(judges) if importance is None else np.asarray(importance, dtype=np.float64)
    if beta.shape != (judges,):
        raise MethodError(
            f"{what}: importance of shape {beta.shape} for {judges} judges",
            hint="one number for each judge",
        )
    return to_weights(beta, f"{what}: importance of the judges")


def _same(first: Sequence[str], labels: Sequence[str], judge: int) -> list[int]:
    odd = sorted(set(first) ^ set(labels))
    if odd:
        raise MethodError(
            f"judge {judge + 1} does not speak of the same criteria: {', '.join(odd)}",
            hint="every judge compares all criteria; leave pairs empty that were not judged",
        )
    return [list(labels).index(c) for c in first]

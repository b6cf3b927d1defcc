"""Weights from the spread of each indicator: variation, deviation, Gini, scatter degree."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import (
    Array,
    Columns,
    columns,
    cross_products,
    matrix,
    refuse_cells,
    to_weights,
)
from gz_index.errors import MethodError

__all__ = ["cv", "gini", "scatter_degree", "std"]

#: relative difference below which two values of the scatter degree count as equal
_TIE = 1e-9


def cv(x: ArrayLike) -> Array:
    r"""Weights in proportion to the coefficient of variation of each column (变异系数法).

    .. math:: v_j = s_j / \bar x_j, \quad w_j = v_j / \sum_j v_j

    The divisor of the variance (n or n - 1) cancels. A change of unit changes nothing; a change of
    origin does, so min-max data and raw data have different weights, and z-scores (mean zero) none.

    Parameters
    ----------
    x : (n, k)
        Oriented data, all >= 0 and on a ratio scale, n >= 2.

    Returns
    -------
    (k,)
        Weights; exactly 0 for a column that is the same in every row.

    Raises
    ------
    MethodError
        A cell is missing, infinite or negative; the mean of a column is zero; no column varies.

    References
    ----------
    Guo, F., Wang, J., Wang, F., Kong, T., Zhang, X. and Cheng, Z. (2020).
    测度中国数字普惠金融发展：指数编制与空间特征. 经济学（季刊） 19(4), 1401-1418 (a use of it).

    Examples
    --------
    >>> cv([[1, 10, 7], [2, 11, 7], [3, 12, 7]]).round(4)
    array([0.8462, 0.1538, 0.    ])
    """
    c = columns(matrix(x, "cv"))
    _refuse_no_ratio_scale("cv", c)
    if c.mean.size == 1:
        return np.ones(1)
    return to_weights(_deviation(c) / c.mean, "cv")


def std(x: ArrayLike, *, scale: Literal["minmax"] | None = "minmax") -> Array:
    r"""Weights in proportion to the standard deviation of each column (均方差法).

    .. math:: w_j = \sigma(z_j) / \sum_j \sigma(z_j), \quad
        z_{ij} = (x_{ij} - \min_i x_{ij}) / (\max_i x_{ij} - \min_i x_{ij})

    The divisor of the variance (n or n - 1) cancels.

    Parameters
    ----------
    x : (n, k)
        Oriented data, n >= 2; negative values are fine.
    scale : {"minmax", None}, default "minmax"
        Min-max each column first, so that neither unit nor origin of a column matters. With
        ``None`` the numbers are taken as they are: only for columns in the same unit, since the
        column with the largest numbers takes nearly all the weight.

    Returns
    -------
    (k,)
        Weights; exactly 0 for a column that is the same in every row.

    Raises
    ------
    MethodError
        A cell is missing or infinite; no column varies; unknown ``scale``.

    References
    ----------
    Diakoulaki, D., Mavrotas, G. and Papayannakis, L. (1995). Determining objective weights in
    multiple criteria problems: the CRITIC method. Computers & Operations Research 22(7), 763-770,
    doi:10.1016/0305-0548(94)00059-H (compares it).

    Examples
    --------
    >>> x = [[1, 1000, 7], [2, 9000, 7], [3, 9000, 7]]
    >>> std(x).round(4), std(x, scale=None).round(4)
    (array([0.4641, 0.5359, 0.    ]), array([2.000e-04, 9.998e-01, 0.000e+00]))
    """
    c = columns(matrix(x, "std"))
    s = deviation(c, "std", scale)
    return np.ones(1) if s.size == 1 else to_weights(s, "std")


def gini(x: ArrayLike) -> Array:
    r"""Weights in proportion to the Gini coefficient of each column (基尼系数赋权法).

    .. math::

        G_j = \frac{\sum_i \sum_r |x_{ij} - x_{rj}|}{2 n^2 \bar x_j}
            = \frac{\sum_i (2i - n - 1) x_{(i)j}}{n^2 \bar x_j}, \quad w_j = G_j / \sum_j G_j

    where :math:`x_{(1)j} \le x_{(2)j} \le \dots` is the sorted column. A change of unit changes
    nothing; a change of origin does.

    Parameters
    ----------
    x : (n, k)
        Oriented data, all >= 0 and on a ratio scale, n >= 2.

    Returns
    -------
    (k,)
        Weights; exactly 0 for a column that is the same in every row.

    Raises
    ------
    MethodError
        A cell is missing, infinite or negative; the mean of a column is zero; no column varies.

    References
    ----------
    Li, G. and Chi, G. (2009). A new determining objective weights method: Gini coefficient weight.
    First International Conference on Information Science and Engineering, 3726-3729.

    Examples
    --------
    >>> gini([[1, 0, 5], [2, 1, 5], [3, 8, 5]]).round(4)
    array([0.2727, 0.7273, 0.    ])
    """
    c = columns(matrix(x, "gini"))
    _refuse_no_ratio_scale("gini", c)
    n, k = c.x.shape
    if k == 1:
        return np.ones(1)
    rank = 2.0 * np.arange(1, n + 1) - n - 1
    # the ranks sum to zero, so any origin gives the same numerator; from the minimum none cancels
    spread = rank @ (np.sort(c.x, axis=0) - c.low)
    spread[c.constant] = 0.0
    return to_weights(spread / c.mean, "gini")  # n^2 cancels


def scatter_degree(x: ArrayLike) -> Array:
    r"""Weights that spread the scores of pooled rows most (纵横向拉开档次法).

    .. math::

        \max_w \; w' H w \quad \text{s.t. } \lVert w \rVert = 1, \; w \ge 0, \qquad
        H = \sum_t Z_t' Z_t = Z' Z

    with z-scores over all pooled rows (units x periods). The answer is the eigenvector of the
    largest eigenvalue of H if that has no negative entry. Otherwise the constraint binds, and
    indicators that run against the rest get weight 0: the maximum is then found by projected power
    steps from 3k starting points (each unit vector, the positive part of each eigenvector and of
    its opposite), which never lower the objective and end in a point that fulfils the
    Karush-Kuhn-Tucker conditions; the best end point is solved as an eigenvector over its non-zero
    entries. Since H is n times the correlation matrix, unit and origin of a column do not matter.

    Parameters
    ----------
    x : (n, k)
        Oriented data of all units and periods, one below the other, n >= 2.

    Returns
    -------
    (k,)
        Weights that sum to one (the unit vector divided by its sum).

    Raises
    ------
    MethodError
        A cell is missing or infinite; a column is constant (it has no z-scores); the maximum is
        not unique, as for two indicators with a correlation <= 0.

    References
    ----------
    Guo, Y. (2002). 一种新的动态综合评价方法. 管理科学学报 5(2), 49-54.

    Examples
    --------
    >>> scatter_degree([[1, 2, 9], [2, 4, 7], [3, 5, 8], [4, 9, 9]]).round(4)
    array([0.4197, 0.4275, 0.1528])
    >>> scatter_degree([[1, 2, 9], [2, 4, 7], [3, 5, 5], [4, 9, 4]]).round(4)
    array([0.5, 0.5, 0. ])
    """
    c = columns(matrix(x, "scatter_degree"))
    if c.mean.size == 1:
        return np.ones(1)
    refuse_constant("scatter_degree", c, "has no z-scores")
    return to_weights(_steepest(correlation(c)), "scatter_degree")


def deviation(c: Columns, method: str, scale: str | None, products: Array | None = None) -> Array:
    """Return numbers in proportion to the standard deviations (k,), min-max scaled if asked for.

    ``products`` are the sums of squares and products about the means, where they are known.
    """
    if scale not in ("minmax", None):
        raise MethodError(f"{method}: scale = {scale!r}", hint="scale is 'minmax' or None")
    s = _deviation(c, products)
    if scale is None:
        return np.asarray(s * c.unit)
    span = c.high - c.low
    return np.divide(s, span, out=np.zeros_like(s), where=span > 0)


def correlation(c: Columns) -> Array:
    """Return the Pearson correlations (k, k) of columns none of which is constant."""
    return correlation_of(cross_products(c))


def correlation_of(products: Array) -> Array:
    """Return correlations (k, k) from sums of squares and products about the means."""
    s = np.sqrt(np.diag(products))
    r = np.clip(products / s / s[:, None], -1.0, 1.0)
    np.fill_diagonal(r, 1.0)
    return np.asarray((r + r.T) / 2)


def refuse_constant(method: str, c: Columns, why: str) -> None:
    """Raise a MethodError that names the columns with one value only, if there are any."""
    if c.constant.any():
        at = np.flatnonzero(c.constant)
        raise MethodError(
            f"{method}: {{columns}} the same in every row and {why}",
            hint="drop the indicator, or use a scheme that gives it weight 0 (entropy, cv, std)",
            columns=at.tolist(),
        )


def _deviation(c: Columns, products: Array | None = None) -> Array:
    """Return the standard deviations (n in the divisor) in the units of ``c.x``, (k,)."""
    products = cross_products(c) if products is None else products
    s = np.sqrt(np.diag(products) / c.x.shape[0])
    s[c.constant] = 0.0
    return np.asarray(s)


def _refuse_no_ratio_scale(method: str, c: Columns) -> None:
    if (c.low < 0).any():
        refuse_cells(
            method,
            c.x * c.unit,
            c.x < 0,
            "negative",
            f"{method} needs a ratio scale: use the raw data or min-max, not z-scores",
        )
    if (c.high == 0).any():
        raise MethodError(
            f"{method}: {{columns}} zero in every row, so that its mean is zero",
            hint="drop the indicator",
            columns=np.flatnonzero(c.high == 0).tolist(),
        )


def _steepest(r: Array) -> Array:
    """Return w >= 0 of length one that maximises w'rw, (k,), r a correlation matrix (k, k)."""
    value, vector = np.linalg.eigh(r)
    first = vector[:, -1] * np.sign(vector[np.abs(vector[:, -1]).argmax(), -1])
    if (first >= -1e-12).all():
        if value[-1] - value[-2] < _TIE * value[-1]:
            raise _not_unique()
        return np.asarray(np.maximum(first, 0.0))
    starts = np.concatenate([np.eye(len(r)), np.maximum(vector, 0), np.maximum(-vector, 0)], axis=1)
    w = starts[:, np.linalg.norm(starts, axis=0) > 0]
    for _ in range(10_000):
        step = np.maximum(w + r @ w, 0.0)  # r + I has the same maximum and takes no w to zero
        step /= np.linalg.norm(step, axis=0)
        moved = np.abs(step - w).max()
        w = step
        if moved < 1e-13:
            break
    height = np.einsum("ij,ij->j", w, r @ w)
    best = w[:, height.argmax()]
    ties = w[:, height > height.max() * (1 - _TIE)]
    if np.abs(ties - best[:, None]).max() > 1e-3:
        raise _not_unique()
    kept = best > 1e-8
    exact = np.linalg.eigh(r[np.ix_(kept, kept)])[1][:, -1]
    out = np.zeros(len(r))
    out[kept] = np.abs(exact)
    return out


def _not_unique() -> MethodError:
    return MethodError(
        "scatter_degree: several weightings spread the scores equally well (indicators are "
        "uncorrelated or run against each other)",
        hint="check the directions of the indicators, or use another scheme",
    )

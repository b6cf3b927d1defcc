"""How indicators hang together: correlations, Cronbach's alpha, and the shape of each.

Plain functions on arrays of rows and indicators, (n, k). No labels here; a
:class:`~gz_index.errors.MethodError` speaks of columns by position.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gz_index._arrays import Array, Columns, columns, cross_products, matrix
from gz_index.errors import MethodError
from gz_index.weighting.dispersion import correlation_of

__all__ = [
    "Correlations",
    "Items",
    "correlations",
    "cronbach",
    "items",
    "kurtosis",
    "skewness",
]

Kind: TypeAlias = Literal["pearson", "spearman", "kendall"]

#: smallest eigenvalue of a correlation matrix, against its largest, that still is not zero
_SINGULAR = 1e-10


def checked(x: ArrayLike, method: str, rows: int = 3, wide: int = 1) -> Array:
    """Return data (n, k) as numbers; refuse too few rows or columns, and gaps."""
    shape = np.shape(x)
    if len(shape) == 2 and (shape[0] < rows or shape[1] < wide):
        raise MethodError(
            f"{method} needs at least {rows} rows and {wide} columns; got {shape[0]} x {shape[1]}",
            hint="take more units or indicators together",
        )
    return matrix(x, method)


def refuse_constant(method: str, c: Columns) -> None:
    """Refuse columns that are the same in every row."""
    if c.constant.any():
        raise MethodError(
            f"{method}: {{columns}} the same in every row",
            hint="leave it out, or take rows in which it varies",
            columns=np.flatnonzero(c.constant).tolist(),
        )


# -- correlations ---------------------------------------------------------------------------------


class Correlations(NamedTuple):
    """Correlation of each pair of columns, its two-sided p value, and rows used; (k, k) each."""

    r: Array
    p: Array
    n: NDArray[np.int64]


def correlations(
    x: ArrayLike,
    *,
    method: Kind = "pearson",
    gaps: Literal["refuse", "pairwise"] = "refuse",
) -> Correlations:
    r"""Correlation of each pair of columns with the p value of the test that it is zero.

    For Pearson's and Spearman's coefficients :math:`t = r \sqrt{(n - 2) / (1 - r^2)}` with n - 2
    degrees of freedom; Kendall's tau-b with scipy's test (exact for few rows without ties). The
    tests take rows as independent of each other.

    Parameters
    ----------
    x : (n, k)
        n >= 3.
    method : {"pearson", "spearman", "kendall"}
    gaps : {"refuse", "pairwise"}
        What to do with NaN. Pairwise, each pair is correlated over the rows in which both are
        known; a pair with fewer than three such rows, or one of which does not vary in them, has
        no correlation, and r and p are NaN.

    Returns
    -------
    Correlations

    Raises
    ------
    MethodError
        Too few rows; ``gaps="refuse"`` and a cell is missing or a column is constant.

    Examples
    --------
    >>> c = correlations([[1, 2], [2, 1], [3, 4], [4, 3]], method="spearman")
    >>> c.r[0, 1].round(3), c.p[0, 1].round(3), int(c.n[0, 1])
    (np.float64(0.6), np.float64(0.4), 4)
    """
    if method not in ("pearson", "spearman", "kendall"):
        raise MethodError(
            f"correlations: method = {method!r}", hint="'pearson', 'spearman' or 'kendall'"
        )
    if gaps == "refuse":
        a = checked(x, "correlations")
        refuse_constant("correlations", columns(a))
    elif gaps == "pairwise":
        cells = np.asarray(x, dtype=object)
        checked(np.where(pd.isna(cells), 0.0, cells), "correlations")
        a = np.asarray(cells, dtype=np.float64)
    else:
        raise MethodError(f"correlations: gaps = {gaps!r}", hint="'refuse' or 'pairwise'")
    k = a.shape[1]
    known = ~np.isnan(a)
    n = known.T.astype(np.int64) @ known.astype(np.int64)
    r, p = np.full((k, k), np.nan), np.full((k, k), np.nan)
    for i in range(k):
        for j in range(i, k):
            both = known[:, i] & known[:, j]
            r[i, j], p[i, j] = r[j, i], p[j, i] = _pair(a[both, i], a[both, j], method)
    return Correlations(r, p, n)


def _pair(a: Array, b: Array, method: Kind) -> tuple[float, float]:
    from scipy import stats

    if len(a) < 3 or columns(np.column_stack([a, b])).constant.any():
        return np.nan, np.nan
    if method == "kendall":
        tau = stats.kendalltau(a, b)
        return float(tau.statistic), float(tau.pvalue)
    if method == "spearman":
        a, b = stats.rankdata(a), stats.rankdata(b)
    r = float(correlation_of(cross_products(columns(np.column_stack([a, b]))))[0, 1])
    r = min(1.0, max(-1.0, r))
    if abs(r) == 1:
        return r, 0.0
    t = abs(r) * np.sqrt((len(a) - 2) / (1 - r * r))
    return r, float(2 * stats.t.sf(t, len(a) - 2))


# -- reliability ----------------------------------------------------------------------------------


def cronbach(x: ArrayLike, *, standardised: bool = False) -> float:
    r"""Cronbach's coefficient alpha of k columns that are to measure one thing.

    .. math:: \alpha = \frac{k}{k - 1} \left(1 - \frac{\sum_j \operatorname{var}(x_j)}
        {\operatorname{var}(\sum_j x_j)}\right), \qquad
        \alpha_{std} = \frac{k \bar r}{1 + (k - 1) \bar r}

    The second is the first of z-scores. The raw one adds columns up as they are, so it means
    something only where they have one unit. It is at most one, and negative where columns oppose
    each other.

    Parameters
    ----------
    x : (n, k)
        Oriented, n >= 3, k >= 2.
    standardised : bool
        From the mean correlation.

    Raises
    ------
    MethodError
        A cell is missing, a column or the sum of all is constant, or there are too few.

    References
    ----------
    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika
    16, 297-334. doi:10.1007/BF02310555

    Examples
    --------
    >>> x = [[1, 2, 1], [2, 1, 3], [3, 4, 2], [4, 3, 4], [5, 6, 5]]
    >>> round(cronbach(x), 4), round(cronbach(x, standardised=True), 4)
    (0.8986, 0.9075)
    """
    return _alpha(_spread(x, "Cronbach's alpha", standardised, 2))


def _spread(x: ArrayLike, method: str, standardised: bool, least: int) -> Array:
    """Covariance matrix (up to a factor), or correlation matrix."""
    c = columns(checked(x, method, wide=least))
    refuse_constant(method, c)
    products = cross_products(c)
    if standardised:
        return correlation_of(products)
    unit = c.unit / c.unit.max()
    return np.asarray(products * unit * unit[:, None])


def _alpha(s: Array) -> float:
    k, own, whole = len(s), np.trace(s), s.sum()
    if whole <= 1e-12 * own:
        raise MethodError(
            "Cronbach's alpha: the sum of the columns does not vary",
            hint="orient all columns the same way first",
        )
    return float(k / (k - 1) * (1 - own / whole))


class Items(NamedTuple):
    """What each column adds to the scale, (k,) each.

    ``total`` is its correlation with the sum of the others (corrected item-total correlation),
    ``deleted`` Cronbach's alpha of the others.
    """

    total: Array
    deleted: Array


def items(x: ArrayLike, *, standardised: bool = False) -> Items:
    """Correlation of each column with the sum of the others, and alpha if it is left out.

    Parameters
    ----------
    x : (n, k)
        Oriented, n >= 3, k >= 3.
    standardised : bool
        Of z-scores.

    Raises
    ------
    MethodError
        As :func:`cronbach`, also of the columns that are left.

    Examples
    --------
    >>> i = items([[1, 2, 1], [2, 1, 3], [3, 4, 2], [4, 3, 4], [5, 6, 5]])
    >>> i.total.round(4), i.deleted.round(4)
    (array([0.9646, 0.7168, 0.7559]), array([0.7216, 0.9474, 0.8929]))
    """
    s = _spread(x, "item analysis", standardised, 3)
    k = len(s)
    total, deleted = np.empty(k), np.empty(k)
    for j in range(k):
        rest = np.arange(k) != j
        try:
            deleted[j] = _alpha(s[np.ix_(rest, rest)])
        except MethodError as error:
            raise MethodError(
                "item analysis: without {columns} the sum of the others does not vary",
                hint=error.hint,
                columns=[j],
            ) from None
        total[j] = s[j, rest].sum() / np.sqrt(s[j, j] * s[np.ix_(rest, rest)].sum())
    return Items(total, deleted)


# -- shape ----------------------------------------------------------------------------------------


def skewness(x: ArrayLike) -> Array:
    r"""Skewness of each column, corrected for the number of rows (pandas, Excel ``SKEW``).

    .. math:: G_1 = \frac{n}{(n-1)(n-2)} \sum_i \left(\frac{x_i - \bar x}{s}\right)^3

    with the standard deviation s of divisor n - 1.

    Parameters
    ----------
    x : (n, k)
        n >= 3.

    Returns
    -------
    (k,)

    Raises
    ------
    MethodError
        A cell is missing, a column is constant, or there are too few rows.

    References
    ----------
    Joanes, D. N. and Gill, C. A. (1998). Comparing measures of sample skewness and kurtosis. The
    Statistician 47, 183-189. doi:10.1111/1467-9884.00122

    Examples
    --------
    >>> skewness([[1], [2], [3], [4], [10]]).round(4)  # 1.2 times root of 2
    array([1.6971])
    """
    from scipy.stats import skew

    return np.asarray(skew(_shaped(x, "skewness", 3).x, axis=0, bias=False))


def kurtosis(x: ArrayLike) -> Array:
    r"""Excess kurtosis of each column, corrected for the number of rows (pandas, Excel ``KURT``).

    .. math:: G_2 = \frac{n(n+1)}{(n-1)(n-2)(n-3)} \sum_i \left(\frac{x_i - \bar x}{s}\right)^4
        - \frac{3 (n-1)^2}{(n-2)(n-3)}

    with the standard deviation s of divisor n - 1. Zero for a normal distribution.

    Parameters
    ----------
    x : (n, k)
        n >= 4.

    Returns
    -------
    (k,)

    Raises
    ------
    MethodError
        A cell is missing, a column is constant, or there are too few rows.

    References
    ----------
    Joanes and Gill (1998), as :func:`skewness`.

    Examples
    --------
    >>> kurtosis([[1], [2], [3], [4], [10]]).round(4)
    array([3.152])
    """
    from scipy.stats import kurtosis as of

    return np.asarray(of(_shaped(x, "kurtosis", 4).x, axis=0, bias=False))


def _shaped(x: ArrayLike, method: str, least: int) -> Columns:
    c = columns(checked(x, method, least))
    refuse_constant(method, c)
    return c

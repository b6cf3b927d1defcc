"""What indicators have in common: KMO, Bartlett, VIF, parallel analysis, clusters.

Plain functions on arrays, as in :mod:`gz_index.auditing.reliability`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gz_index._arrays import BLOCK, Array, columns, cross_products
from gz_index.auditing.reliability import checked, refuse_constant
from gz_index.errors import MethodError
from gz_index.weighting.dispersion import correlation_of

__all__ = ["Bartlett", "Clusters", "Parallel", "bartlett", "cluster", "kmo", "parallel", "vif"]

#: smallest eigenvalue of a correlation matrix, against its largest, that still is not zero
_SINGULAR = 1e-10


# -- is there something in common -----------------------------------------------------------------


def _correlation(x: ArrayLike, method: str) -> tuple[Array, int]:
    """Correlation matrix that can be inverted, and the number of rows."""
    a = checked(x, method, wide=2)
    c = columns(a)
    refuse_constant(method, c)
    r = correlation_of(cross_products(c))
    if len(a) <= r.shape[0]:
        raise MethodError(
            f"{method}: {len(a)} rows of {r.shape[0]} columns have a singular correlation matrix",
            hint="take more rows than columns, or look at each pillar by itself",
        )
    values, vectors = np.linalg.eigh(r)
    if values[0] <= _SINGULAR * values[-1]:
        part = np.abs(vectors[:, 0])
        raise MethodError(
            f"{method}: the correlation matrix is singular; {{columns}} determine each other",
            hint="leave one of them out",
            columns=np.flatnonzero(part > 0.01 * part.max()).tolist(),
        )
    return r, len(a)


def kmo(x: ArrayLike) -> tuple[float, Array]:
    r"""Kaiser-Meyer-Olkin measure of sampling adequacy, of all columns and of each.

    .. math:: \mathrm{KMO} = \frac{\sum_{i \ne j} r_{ij}^2}
        {\sum_{i \ne j} r_{ij}^2 + \sum_{i \ne j} p_{ij}^2}

    with the partial correlations :math:`p_{ij}` given all other columns; that of a column sums over
    its own pairs. In [0, 1]: near one where correlations are owed to something in common.

    Parameters
    ----------
    x : (n, k)
        n > k >= 2.

    Returns
    -------
    overall : float
    each : (k,)

    Raises
    ------
    MethodError
        A cell is missing, a column is constant, the correlation matrix is singular, or a column is
        uncorrelated with every other.

    References
    ----------
    Kaiser, H. F. (1974). An index of factorial simplicity. Psychometrika 39, 31-36.
    doi:10.1007/BF02291575

    Examples
    --------
    >>> overall, each = kmo([[1, 2, 1], [2, 1, 3], [3, 4, 2], [4, 3, 4], [5, 6, 5]])
    >>> round(overall, 4), each.round(4)
    (0.4751, array([0.4865, 0.4633, 0.4715]))
    """
    r, _ = _correlation(x, "KMO")
    inverse = np.linalg.inv(r)
    scale = np.sqrt(np.diag(inverse))
    off = ~np.eye(len(r), dtype=bool)
    plain = np.where(off, r, 0.0) ** 2
    partial = np.where(off, inverse / np.outer(scale, scale), 0.0) ** 2
    own, left = plain.sum(axis=0), partial.sum(axis=0)
    alone = np.flatnonzero(own + left <= 1e-24)
    if alone.size:
        raise MethodError(
            "KMO: {columns} uncorrelated with every other column",
            hint="leave it out",
            columns=alone.tolist(),
        )
    return float(own.sum() / (own.sum() + left.sum())), np.asarray(own / (own + left))


class Bartlett(NamedTuple):
    """Statistic, degrees of freedom, and p value."""

    chi2: float
    df: int
    p: float


def bartlett(x: ArrayLike) -> Bartlett:
    r"""Bartlett's test of sphericity: are the columns uncorrelated in the population?

    .. math:: \chi^2 = -\left(n - 1 - \frac{2k + 5}{6}\right) \ln |R|, \qquad
        df = \frac{k (k - 1)}{2}

    Parameters
    ----------
    x : (n, k)
        n > k >= 2; rows independent and normal.

    Raises
    ------
    MethodError
        A cell is missing, a column is constant, or the correlation matrix is singular.

    References
    ----------
    Bartlett, M. S. (1951). The effect of standardization on a chi-square approximation in factor
    analysis. Biometrika 38, 337-344. doi:10.1093/biomet/38.3-4.337

    Examples
    --------
    >>> b = bartlett([[1, 2, 1], [2, 1, 3], [3, 4, 2], [4, 3, 4], [5, 6, 5]])
    >>> round(b.chi2, 4), b.df, round(b.p, 4)
    (7.2888, 3, 0.0632)
    """
    from scipy.stats import chi2

    r, n = _correlation(x, "Bartlett's test")
    k = len(r)
    df = k * (k - 1) // 2
    value = max(0.0, -(n - 1 - (2 * k + 5) / 6) * float(np.linalg.slogdet(r)[1]))
    return Bartlett(value, df, float(chi2.sf(value, df)))


def vif(x: ArrayLike) -> Array:
    r"""Variance inflation factor of each column, :math:`1 / (1 - R_j^2)`, diagonal of R inverse.

    :math:`R_j^2` is of the regression, with constant, of a column on all the others.

    Parameters
    ----------
    x : (n, k)
        n > k >= 2.

    Returns
    -------
    (k,)
        At least 1.

    Raises
    ------
    MethodError
        A cell is missing, a column is constant, or the correlation matrix is singular.

    Examples
    --------
    >>> vif([[1, 2, 1], [2, 1, 3], [3, 4, 2], [4, 3, 4], [5, 6, 5]]).round(4)
    array([19.3359,  5.4922,  9.375 ])
    """
    r, _ = _correlation(x, "VIF")
    return np.maximum(1.0, np.diag(np.linalg.inv(r)))


class Parallel(NamedTuple):
    """Eigenvalues (k,), thresholds (k,) of random data, and how many stand above from the first."""

    eigenvalues: Array
    thresholds: Array
    kept: int


def parallel(x: ArrayLike, *, draws: int = 1000, quantile: float = 0.95, seed: int = 0) -> Parallel:
    """Horn's parallel analysis: which eigenvalues are larger than those of unrelated columns.

    The eigenvalues of the correlation matrix are held against a quantile of those of ``draws``
    tables of independent normal numbers with as many rows and columns. Components are kept from the
    first one until one is not above its threshold.

    Parameters
    ----------
    x : (n, k)
        n >= 3, k >= 2.
    draws : int
    quantile : float in (0, 1)
        Horn (1965) compares with the mean; the 95 per cent quantile keeps fewer.
    seed : int

    Raises
    ------
    MethodError
        A cell is missing, a column is constant, or an option is out of range.

    References
    ----------
    Horn, J. L. (1965). A rationale and test for the number of factors in factor analysis.
    Psychometrika 30, 179-185. doi:10.1007/BF02289447

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(100, 1)) + rng.normal(size=(100, 4))
    >>> parallel(x).kept
    1
    """
    a = checked(x, "parallel analysis", wide=2)
    if draws < 1 or not 0 < quantile < 1:
        raise MethodError(
            f"parallel analysis: draws = {draws}, quantile = {quantile}",
            hint="draws >= 1, quantile in (0, 1), e.g. 0.95",
        )
    c = columns(a)
    refuse_constant("parallel analysis", c)
    own = np.linalg.eigvalsh(correlation_of(cross_products(c)))[::-1]
    n, k = a.shape
    rng = np.random.default_rng(seed)
    found = np.empty((draws, k))
    step = max(1, 16 * BLOCK // (n * k))
    for start in range(0, draws, step):
        z = rng.standard_normal((min(step, draws - start), n, k))
        z -= z.mean(axis=1, keepdims=True)
        z /= np.sqrt((z * z).sum(axis=1, keepdims=True))
        found[start : start + step] = np.linalg.eigvalsh(np.swapaxes(z, 1, 2) @ z)[:, ::-1]
    limit = np.quantile(found, quantile, axis=0)
    return Parallel(np.maximum(own, 0.0), limit, int(np.cumprod(own > limit).sum()))


# -- clusters -------------------------------------------------------------------------------------

#: clusters that are tried where no number is asked for
_MOST = 10


class Clusters(NamedTuple):
    """Cluster (m,) of each thing, from 1 in order of appearance, merges, and mean silhouette.

    ``merges`` (m - 1, 4) is what scipy's ``dendrogram`` takes; ``silhouette`` is NaN for one
    cluster and for as many as there are things.
    """

    labels: NDArray[np.int64]
    merges: Array
    silhouette: float


def cluster(
    distance: ArrayLike, *, method: Literal["average", "ward"] = "average", count: int | None = None
) -> Clusters:
    """Put things together that are near each other, by merging the nearest clusters in turn.

    Parameters
    ----------
    distance : (m, m)
        Symmetric, m >= 3; Euclidean for Ward's method.
    method : {"average", "ward"}
        Distance of clusters: the mean of all pairs, or the growth of the sum of squares.
    count : int, optional
        Number of clusters; by default that with the largest mean silhouette, from 2 to 10.

    Returns
    -------
    Clusters

    Raises
    ------
    MethodError
        A distance is missing, the matrix is not square, or there are not so many clusters.

    References
    ----------
    Ward, J. H. (1963). Hierarchical grouping to optimize an objective function. Journal of the
    American Statistical Association 58, 236-244. doi:10.1080/01621459.1963.10500845

    Rousseeuw, P. J. (1987). Silhouettes: a graphical aid to the interpretation and validation of
    cluster analysis. Journal of Computational and Applied Mathematics 20, 53-65.
    doi:10.1016/0377-0427(87)90125-7

    Examples
    --------
    >>> place = np.array([0.0, 0.1, 5.0, 5.2, 0.3])
    >>> cluster(np.abs(place - place[:, None])).labels
    array([1, 1, 2, 2, 1])
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform
    from sklearn.metrics import silhouette_score

    d = checked(distance, "clusters", wide=3)
    m = len(d)
    if d.shape != (m, m) or not np.allclose(d, d.T) or np.diag(d).any():
        raise MethodError(
            "clusters: the distances are not symmetric with a zero diagonal",
            hint="give one row and one column for each thing, as scipy's squareform(pdist(x)) does",
        )
    if count is not None and not 1 <= count <= m:
        raise MethodError(f"clusters: count = {count} of {m} things", hint=f"give 1 to {m}")
    merges = linkage(squareform(d, checks=False), method)
    best = Clusters(np.empty(0, dtype=np.int64), merges, -np.inf)
    for k in range(2, min(_MOST, m - 1) + 1) if count is None else [count]:
        cut = fcluster(merges, k, "maxclust")
        _, first, place = np.unique(cut, return_index=True, return_inverse=True)
        labels = np.argsort(np.argsort(first))[place] + 1
        apart = 1 < labels.max() < m
        fit = float(silhouette_score(d, labels, metric="precomputed")) if apart else np.nan
        if count is not None or fit > best.silhouette or not best.labels.size:
            best = Clusters(labels.astype(np.int64), merges, fit)
    return best

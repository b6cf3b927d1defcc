"""Weights from principal components and from rotated factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import Array, columns, cross_products, matrix, to_weights
from gz_index.errors import MethodError
from gz_index.weighting.dispersion import correlation_of, refuse_constant

__all__ = [
    "PCA",
    "Factors",
    "factor",
    "factor_analysis",
    "pca",
    "principal_components",
    "varimax",
    "weights_from_loadings",
]

Retain: TypeAlias = Literal["kaiser", "variance", "handbook"] | int

#: eigenvalue from which the Handbook's "close to one" holds here (Jolliffe 2002, section 6.1.2)
NEAR_ONE = 0.7


@dataclass(frozen=True)
class PCA:
    """Principal components of the correlation matrix.

    Attributes
    ----------
    eigenvalues : (k,)
        All of them, largest first; they sum to k.
    coefficients : (k, r)
        Unit eigenvectors of the r retained components, in columns; each is turned so that its
        scores correlate positively with the simple mean of the standardised indicators.
    retained : int
        r.
    mean, sd : (k,)
        By which new rows are standardised (sd with divisor n - 1).
    """

    eigenvalues: Array
    coefficients: Array
    retained: int
    mean: Array
    sd: Array

    @property
    def loadings(self) -> Array:
        """Correlations of indicators and components, coefficient times root of eigenvalue."""
        return np.asarray(self.coefficients * np.sqrt(self.eigenvalues[: self.retained]))

    @property
    def shares(self) -> Array:
        """Share of each retained component in the variance that all retained ones explain, (r,)."""
        kept = self.eigenvalues[: self.retained]
        return np.asarray(kept / kept.sum())

    def scores(self, x: ArrayLike) -> Array:
        r"""Return the PCA score of each row, :math:`\sum_k s_k F_k`.

        An interval scale with mean zero: negative values are in order, and ratios, logarithms and
        Gini-type measures of it mean nothing.

        Parameters
        ----------
        x : (n, k)
        """
        a = matrix(x, "PCA scores", min_rows=1)
        if a.shape[1] != self.mean.size:
            raise MethodError(
                f"PCA scores: {a.shape[1]} columns, fitted on {self.mean.size}",
                hint="give the indicators that the components were fitted on, in the same order",
            )
        z = (a - self.mean) / self.sd
        return np.asarray(z @ self.coefficients @ self.shares)


def principal_components(x: ArrayLike, *, retain: Retain = "kaiser", variance: float = 0.85) -> PCA:
    r"""Principal components of the correlation matrix, with a rule for their signs.

    Parameters
    ----------
    x : (n, k)
        Oriented data on any scale, n >= 3.
    retain : {"kaiser", "variance", "handbook"} or int
        How many components: eigenvalue > 1 (kaiser); a cumulative share of at least ``variance``;
        the Handbook's practice (an eigenvalue above or close to one, here > 0.7, and more than 10
        per cent of the variance; as many as together explain more than 60 per cent); or a number.
        At least one is always kept, also where no eigenvalue is above one; components of equal
        eigenvalue are kept together, since only together are they determined.
    variance : float in (0, 1]
        For ``retain="variance"``.

    Returns
    -------
    PCA

    Raises
    ------
    MethodError
        A cell is missing, a column is constant, or ``retain`` is out of range.

    References
    ----------
    Jolliffe, I. T. (2002). Principal Component Analysis, 2nd ed. Springer. doi:10.1007/b98835

    Examples
    --------
    >>> x = [[1, 3, 2], [2, 1, 3], [4, 4, 1], [3, 5, 5], [6, 4, 6], [5, 7, 4], [8, 6, 7]]
    >>> p = principal_components(x)
    >>> p.eigenvalues.round(4), p.retained
    (array([2.2462, 0.5372, 0.2166]), 1)
    """
    a = matrix(x, "PCA", min_rows=3)
    c = columns(a)
    refuse_constant("PCA", c, "has no correlation with the others")
    products = cross_products(c)
    values, vectors = np.linalg.eigh(correlation_of(products))
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    kept = _retained(values, retain, variance)
    while kept < len(values) and values[kept - 1] - values[kept] <= 1e-10 * values[0]:
        kept += 1
    vectors = vectors[:, :kept]
    # covariance of component k with the simple mean of the z-scores is lambda_k * sum_j v_jk / K
    sums = vectors.sum(axis=0)
    lead = vectors[np.abs(vectors).argmax(axis=0), np.arange(kept)]
    turn = np.where(np.abs(sums) > 1e-12, np.sign(sums), np.sign(lead))
    sd = np.sqrt(np.diag(products) / (len(a) - 1)) * c.unit
    return PCA(values, vectors * turn, kept, c.mean * c.unit, sd)


def _retained(values: Array, retain: Retain, variance: float) -> int:
    k = values.size
    if isinstance(retain, int | np.integer) and not isinstance(retain, bool):
        if not 1 <= retain <= k:
            raise MethodError(f"retain = {retain} of {k} components", hint=f"give 1 to {k}")
        return int(retain)
    share = values / k
    if retain == "kaiser":
        return max(1, int((values > 1 + 1e-12).sum()))
    if retain == "variance":
        if not 0 < variance <= 1:
            raise MethodError(f"variance = {variance}", hint="a share in (0, 1], e.g. 0.85")
        return min(k, int(np.searchsorted(share.cumsum(), variance - 1e-12)) + 1)
    if retain == "handbook":
        enough = min(k, int(np.searchsorted(share.cumsum(), 0.6, side="right")) + 1)
        return max(enough, int(((values > NEAR_ONE) & (share > 0.1)).sum()))
    raise MethodError(
        f"retain = {retain!r}", hint="'kaiser', 'variance', 'handbook' or a number of components"
    )


def pca(
    x: ArrayLike,
    *,
    retain: Retain = "kaiser",
    variance: float = 0.85,
    form: Literal["squared", "coefficients"] = "squared",
) -> Array:
    r"""PCA weights: coefficients of the components, weighted by their shares of variance.

    - ``form="squared"``: :math:`w_j = \sum_k s_k v_{jk}^2`; the squared coefficients of a
      component sum to one, and so do the weights. No sign can spoil them.
    - ``form="coefficients"`` (the recipe of the SPSS tutorials):
      :math:`c_j = \sum_k s_k v_{jk}`, divided by their sum. Components after the first have
      negative coefficients; where a weight comes out negative it is refused.

    with :math:`s_k = \lambda_k / \sum_{l \le r} \lambda_l` over the retained components.

    Parameters
    ----------
    x : (n, k)
        Oriented data on any scale, n >= 3.
    retain, variance
        As in :func:`principal_components`.
    form : {"squared", "coefficients"}

    Returns
    -------
    (k,)

    Raises
    ------
    MethodError
        A cell is missing, a column is constant, or a weight is negative.

    References
    ----------
    Jolliffe, I. T. (2002). Principal Component Analysis, 2nd ed. Springer. doi:10.1007/b98835

    Examples
    --------
    >>> pca([[1, 2, 9], [2, 4, 7], [3, 5, 5], [4, 9, 6]]).round(4)
    array([0.3742, 0.3326, 0.2932])
    """
    if form not in ("squared", "coefficients"):
        raise MethodError(f"pca: form = {form!r}", hint="'squared' or 'coefficients'")
    if np.shape(x)[-1:] == (1,):
        matrix(x, "pca")
        return np.ones(1)
    p = principal_components(x, retain=retain, variance=variance)
    if form == "squared":
        return to_weights(p.coefficients**2 @ p.shares, "pca")
    return to_weights(
        p.coefficients @ p.shares,
        "pca with form = 'coefficients'",
        hint="use form = 'squared', retain = 1, or publish the PCA score (PCA.scores), which is "
        "no weighted mean",
    )


# -- factor analysis ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Factors:
    """Rotated factors and the weights that the OECD/JRC Handbook builds from them.

    Attributes
    ----------
    eigenvalues : (k,)
        Of the correlation matrix, largest first.
    loadings : (k, r)
        Rotated by varimax.
    explained : (r,)
        Sum of squared rotated loadings of each factor.
    shares : (r,)
        Explained by each factor, of what all explain, after rotation.
    own : (k,)
        The factor that each indicator belongs to: where its scaled squared loading is largest.
    weights : (k,)
    """

    eigenvalues: Array
    loadings: Array
    explained: Array
    shares: Array
    own: tuple[int, ...]
    weights: Array

    @property
    def negative(self) -> tuple[int, ...]:
        """Columns whose loading on their own factor is opposed to that factor's other loadings."""
        out = []
        for j, f in enumerate(self.own):
            whole = self.loadings[:, f].sum()
            if self.loadings[j, f] * whole < 0:
                out.append(j)
        return tuple(out)


def factor_analysis(
    x: ArrayLike,
    *,
    retain: Retain = "handbook",
    variance: float = 0.85,
    kaiser_normalise: bool = True,
) -> Factors:
    r"""Factors as in the OECD/JRC Handbook: principal components, rotated by varimax.

    1. Correlation matrix, its eigenvalues; keep r factors.
    2. Loadings :math:`L = V \Lambda^{1/2}` (not the unit eigenvectors), rotated by varimax.
    3. Squared loadings scaled to unity sum for each factor,
       :math:`a_{jk} = l_{jk}^2 / \sum_j l_{jk}^2`.
    4. Each indicator belongs to the factor with its largest :math:`a_{jk}`.
    5. :math:`w_j \propto a_{j,k(j)} s_{k(j)}` with the shares s of variance after rotation.

    Parameters
    ----------
    x : (n, k)
        Oriented data on any scale, n >= 3.
    retain : {"handbook", "kaiser", "variance"} or int
        As in :func:`principal_components`; it can change the weights a good deal. With as many
        factors as indicators, each is its own factor and the weights are nearly equal.
    variance : float in (0, 1]
        For ``retain="variance"``.
    kaiser_normalise : bool
        Scale each indicator to unit communality while rotating, as statistics packages do by
        default; the Handbook's table of rotated loadings is reproduced with it.

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, section 6.1 and tables
    17 and 22. doi:10.1787/9789264043466-en

    Nicoletti, G., Scarpetta, S. and Boylaud, O. (2000). Summary indicators of product market
    regulation. OECD Economics Department Working Papers 226. doi:10.1787/215182844604

    Examples
    --------
    >>> f = factor_analysis([[1, 2, 9, 3], [2, 4, 7, 1], [3, 5, 5, 8], [4, 9, 6, 2], [5, 7, 1, 6]])
    >>> f.own, f.weights.round(4)
    ((0, 0, 1, 1), array([0.2839, 0.2973, 0.1163, 0.3025]))
    """
    p = principal_components(x, retain=retain, variance=variance)
    rotated = varimax(p.loadings, kaiser_normalise=kaiser_normalise)
    signs = np.where(rotated.sum(axis=0) < 0, -1.0, 1.0)
    rotated = rotated * signs
    explained = (rotated**2).sum(axis=0)
    own, weights = _from_loadings(rotated)
    return Factors(p.eigenvalues, rotated, explained, explained / explained.sum(), own, weights)


def weights_from_loadings(loadings: ArrayLike) -> Array:
    """Weights of the Handbook from rotated loadings (k, r), steps 3 to 5 of the construction.

    Examples
    --------
    >>> weights_from_loadings([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]]).round(4)
    array([0.3584, 0.2832, 0.3584])
    """
    return _from_loadings(matrix(loadings, "weights from loadings", min_rows=1))[1]


def _from_loadings(loadings: Array) -> tuple[tuple[int, ...], Array]:
    squared = loadings**2
    explained = squared.sum(axis=0)
    if not (explained > 0).all():
        raise MethodError("a factor has no loadings at all", hint="retain fewer factors")
    scaled = squared / explained
    own = scaled.argmax(axis=1)
    shares = explained / explained.sum()
    raw = scaled[np.arange(len(own)), own] * shares[own]
    return tuple(int(f) for f in own), to_weights(raw, "factor")


def factor(
    x: ArrayLike,
    *,
    retain: Retain = "handbook",
    variance: float = 0.85,
    kaiser_normalise: bool = True,
) -> Array:
    """Factor weights of the OECD/JRC Handbook; see :func:`factor_analysis`.

    Parameters
    ----------
    x : (n, k)
        Oriented data on any scale, n >= 3.
    retain, variance, kaiser_normalise
        As in :func:`factor_analysis`.

    Returns
    -------
    (k,)

    Examples
    --------
    >>> factor([[1, 2, 9, 3], [2, 4, 7, 1], [3, 5, 5, 8], [4, 9, 6, 2], [5, 7, 1, 6]]).round(4)
    array([0.2839, 0.2973, 0.1163, 0.3025])
    """
    a = matrix(x, "factor", min_rows=2)
    if a.shape[1] == 1:
        return np.ones(1)
    found = factor_analysis(a, retain=retain, variance=variance, kaiser_normalise=kaiser_normalise)
    return found.weights


def varimax(loadings: ArrayLike, *, kaiser_normalise: bool = False) -> Array:
    """Rotate loadings (k, r) by varimax until nothing moves (angles below 1e-13).

    Rotating pairs of factors by the closed-form angle of Kaiser converges to full precision;
    stopping when the criterion grows by less than 1e-5, as is usual, is too early. Where the
    criterion is the same at every angle (a plane in which the indicators lie evenly around the
    circle), the plane is left as it is.

    Raises
    ------
    MethodError
        Ten thousand sweeps were not enough.

    References
    ----------
    Kaiser, H. F. (1958). The varimax criterion for analytic rotation in factor analysis.
    Psychometrika 23(3), 187-200. doi:10.1007/BF02289233

    Examples
    --------
    >>> varimax([[0.8, 0.3], [0.7, 0.4], [0.3, 0.9]]).round(4)
    array([[0.796 , 0.3105],
           [0.6947, 0.4092],
           [0.2881, 0.9039]])
    """
    a = np.array(matrix(loadings, "varimax", min_rows=1))
    length = np.sqrt((a**2).sum(axis=1, keepdims=True))
    length = np.where(kaiser_normalise & (length > 0), length, 1.0)
    a /= length
    k, r = a.shape
    for _ in range(10_000):
        widest = 0.0
        for i in range(r - 1):
            for j in range(i + 1, r):
                u = a[:, i] ** 2 - a[:, j] ** 2
                v = 2 * a[:, i] * a[:, j]
                top = 2 * (k * (u @ v) - u.sum() * v.sum())
                low = k * (u @ u - v @ v) - (u.sum() ** 2 - v.sum() ** 2)
                if np.hypot(top, low) <= 1e-13 * k * (u @ u + v @ v):
                    continue  # flat: no angle is better than another
                angle = np.arctan2(top, low) / 4  # Kaiser (1958), eq. 7
                widest = max(widest, abs(angle))
                cos, sin = np.cos(angle), np.sin(angle)
                a[:, i], a[:, j] = cos * a[:, i] + sin * a[:, j], cos * a[:, j] - sin * a[:, i]
        if widest < 1e-13:
            return np.asarray(a * length)
    raise MethodError("varimax did not converge", hint="retain another number of factors")

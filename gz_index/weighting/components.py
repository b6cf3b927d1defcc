"""The unobserved-components model: one factor behind all indicators, with standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import Array, columns, cross_products, matrix, to_weights
from gz_index.errors import MethodError
from gz_index.weighting.dispersion import correlation_of, refuse_constant

__all__ = ["Components", "ucm_weights", "unobserved_components"]

#: share of own variance below which an indicator counts as being the factor itself
HEYWOOD = 1e-5
_STEPS = 500
_TINY = 1e-12


@dataclass(frozen=True)
class Components:
    r"""Estimates of the unobserved-components model.

    Attributes
    ----------
    alpha, beta : (k,)
        Mean and slope of each indicator.
    sigma : (k,)
        Standard deviation of its error, in units of the phenomenon.
    precision : (k,)
        :math:`w_q = \sigma_q^{-2} / (1 + \sum_q \sigma_q^{-2})`; they sum to less than one, the
        rest being the weight of the prior.
    scores : (n,)
        Expected phenomenon of each unit, mean 0.
    standard_error : float
        Of each score, :math:`(1 + \sum_q \sigma_q^{-2})^{-1/2}`.
    """

    alpha: Array
    beta: Array
    sigma: Array
    precision: Array
    scores: Array
    standard_error: float


def unobserved_components(x: ArrayLike) -> Components:
    r"""Unobserved-components model, :math:`I_{qc} = \alpha_q + \beta_q (ph_c + \epsilon_{qc})`.

    With :math:`ph \sim N(0, 1)` and :math:`\epsilon_q \sim N(0, \sigma_q^2)` independent, the
    parameters are estimated by maximum likelihood (Newton's method, to full precision), and
    :math:`E[ph_c | I] = \sum_q w_{q} (I_{qc} - \alpha_q) / \beta_q`.

    Parameters
    ----------
    x : (n, k)
        Oriented data on any scale, n >= 4, k >= 3 (below that the model is not identified).

    Returns
    -------
    Components

    Raises
    ------
    MethodError
        A cell is missing, a column is constant or moves against the factor, fewer than three
        columns, or one indicator takes the place of the factor (a Heywood case).

    References
    ----------
    Kaufmann, D., Kraay, A. and Zoido-Lobaton, P. (1999). Aggregating governance indicators. World
    Bank Policy Research Working Paper 2195.

    Joreskog, K. G. (1967). Some contributions to maximum likelihood factor analysis. Psychometrika
    32(4), 443-482. doi:10.1007/BF02289658

    Examples
    --------
    >>> x = [[1, 3, 2], [2, 1, 3], [4, 4, 1], [3, 5, 5], [6, 4, 6], [5, 7, 4], [8, 6, 7], [7, 8, 9]]
    >>> m = unobserved_components(x)
    >>> m.precision.round(3), round(m.standard_error, 3)
    (array([0.497, 0.162, 0.245]), 0.31)
    """
    name = "unobserved-components"
    a = matrix(x, name, min_rows=4)
    n, k = a.shape
    if k < 3:
        raise MethodError(
            f"{name}: {k} indicators do not identify the model", hint="give three or more"
        )
    c = columns(a)
    refuse_constant(name, c, "says nothing of the factor")
    products = cross_products(c)
    sd = np.sqrt(np.diag(products) / n) * c.unit
    load, own = _one_factor(correlation_of(products))
    if load.sum() < 0:
        load = -load
    against = np.flatnonzero(load <= 0)
    if against.size:
        raise MethodError(
            f"{name}: {{columns}} moves against the common factor (loading {load[against[0]]:.3g})",
            columns=against.tolist(),
            hint="check the direction, or take the indicator out",
        )
    beta = load * sd
    error = own / load**2  # variance in units of the phenomenon
    whole = 1 + (1 / error).sum()
    precision = (1 / error) / whole
    alpha = c.mean * c.unit
    return Components(
        alpha,
        beta,
        np.sqrt(error),
        precision,
        np.asarray(((a - alpha) / beta) @ precision),
        float(1 / np.sqrt(whole)),
    )


def _one_factor(r: Array) -> tuple[Array, Array]:
    """Loadings and own variances (k,) of one factor, by maximum likelihood from correlations.

    Newton's method in the logarithms u of the own variances, the loadings being profiled out
    (Joreskog 1967); with theta the eigenvalues, ascending, and Omega the eigenvectors of
    exp(-u/2) R exp(-u/2), up to constants the deviance is sum(u) + ln theta_k + sum_{m<k} theta_m.
    """

    def deviance(u: Array) -> tuple[float, Array, Array]:
        theta, omega = np.linalg.eigh(r * np.exp(-(u[:, None] + u) / 2))
        return float(u.sum() + np.log(theta[-1]) + theta[:-1].sum()), theta, omega

    values, vectors = np.linalg.eigh(r)
    start = 1 - vectors[:, -1] ** 2 * max(values[-1] - 1, 0.1)
    u = np.log(np.clip(start, 0.05, 0.95))
    f, theta, omega = deviance(u)
    for _ in range(_STEPS):
        rest, top = theta[:-1], theta[-1]
        o, lead = omega[:, :-1], omega[:, -1]
        slope = o**2 @ (1 - rest)
        bend = (1 - rest) * (rest + top) / np.maximum(top - rest, _TINY)
        curve = ((o * rest) @ o.T) * (o @ o.T) + ((o * bend) @ o.T) * np.outer(lead, lead)
        size, axes = np.linalg.eigh(curve)
        step = -axes @ ((axes.T @ slope) / np.maximum(np.abs(size), 1e-8))  # always downhill
        longest = float(np.abs(step).max())
        if longest < 1e-12:
            return np.exp(u / 2) * lead * np.sqrt(max(top - 1, 0.0)), np.exp(u)
        step *= min(1.0, 2 / longest)
        while True:
            new = u + step
            found = deviance(new)
            if found[0] <= f + 1e-13 * abs(f) or np.abs(step).max() < 1e-12:
                break
            step /= 2
        u, (f, theta, omega) = new, found
        if u.min() < np.log(HEYWOOD):
            raise MethodError(
                "unobserved-components: {columns} takes the place of the common factor (its own "
                f"variance falls below {HEYWOOD:g}; a Heywood case)",
                columns=[int(u.argmin())],
                hint="take an indicator out that repeats it, or use pca or equal weights",
            )
    raise MethodError(
        f"unobserved-components: no maximum of the likelihood after {_STEPS} steps",
        hint="use pca or equal weights",
    )


def ucm_weights(x: ArrayLike) -> Array:
    r"""Weights in proportion to the precision of each indicator in the unobserved-components model.

    Parameters
    ----------
    x : (n, k)
        Oriented data, k >= 3.

    Returns
    -------
    (k,)
        :math:`\sigma_q^{-2} / \sum_q \sigma_q^{-2}`, for standardised indicators.

    Examples
    --------
    >>> x = [[1, 3, 2], [2, 1, 3], [4, 4, 1], [3, 5, 5], [6, 4, 6], [5, 7, 4], [8, 6, 7], [7, 8, 9]]
    >>> ucm_weights(x).round(3)
    array([0.549, 0.179, 0.271])
    """
    a = matrix(x, "unobserved-components")
    if a.shape[1] == 1:
        return np.ones(1)
    return to_weights(unobserved_components(a).precision, "unobserved-components")

"""Shapley effects of correlated variables in a weighted sum."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np

from gz_index._arrays import Array, matrix
from gz_index.errors import MethodError

__all__ = ["shapley_linear"]

#: variables up to which all subsets are gone through
EXACT = 16

#: share of its variance below which what is left of a variable is rounding
_NOTHING = 1e-10


def shapley_linear(
    cov: Array, w: Array, *, permutations: int = 2000, seed: int = 0
) -> tuple[Array, Array]:
    r"""Shapley effects of correlated x in :math:`y = \sum w_j x_j`, as shares of the variance of y.

    The value of a set u of variables is the variance of y that it explains linearly,
    :math:`v(u) = w' S_{\cdot u} S_{uu}^{-1} S_{u \cdot} w` (for Gaussian x the variance of
    :math:`E(y \mid x_u)`); a variable gets its mean gain over all orders in which variables may be
    added:

    .. math::

        \phi_i = \frac{1}{k V} \sum_{u \not\ni i} \binom{k-1}{|u|}^{-1} (v(u \cup i) - v(u)).

    The effects are >= 0 and add up to one, whatever the correlations.

    Parameters
    ----------
    cov : (k, k)
        Covariance S.
    w : (k,)
    permutations : int
        Random orders (each with its reverse) where k > 16; up to 16 all subsets are gone through.
    seed : int

    Returns
    -------
    effects : (k,)
    errors : (k,)
        Standard errors; 0 where the effects are exact.

    References
    ----------
    Owen, A. B. and Prieur, C. (2017). On Shapley value for measuring importance of dependent
    inputs. SIAM/ASA Journal on Uncertainty Quantification 5(1), 986-1002. doi:10.1137/16M1097717

    Song, E., Nelson, B. L. and Staum, J. (2016). Shapley effects for global sensitivity analysis:
    theory and computation. SIAM/ASA Journal on Uncertainty Quantification 4(1), 1060-1083.
    doi:10.1137/15M1048070

    Examples
    --------
    >>> effects, _ = shapley_linear(np.array([[1, 0.5], [0.5, 1]]), np.array([1.0, 2.0]))
    >>> effects.round(8).tolist()
    [0.33928571, 0.66071429]
    """
    s, w = matrix(cov, "covariance", min_rows=1), np.asarray(w, dtype=np.float64)
    k = w.size
    if s.shape != (k, k) or not np.allclose(s, s.T, rtol=1e-9, atol=0):
        raise MethodError(f"a covariance of shape {s.shape} for {k} weights", hint="(k, k), (k,)")
    c = s @ w
    variance = float(w @ c)
    if variance <= 0:
        raise MethodError("the sum does not vary", hint="nothing is to be shared out")
    joint = np.empty((k + 1, k + 1))  # covariance of the variables and the sum
    joint[:k, :k], joint[:k, k], joint[k, :k], joint[k, k] = s, c, c, variance
    if k <= EXACT:
        return _all_subsets(joint) / variance, np.zeros(k)
    gains = _orders(joint, permutations, np.random.default_rng(seed)) / variance
    return gains.mean(axis=0), gains.std(axis=0, ddof=1) / np.sqrt(len(gains))


def _swept(a: Array, floor: Any) -> Array:
    """Covariances (..., m, m) given the first variable, without it."""
    pivot = a[..., :1, :1]
    safe = np.where(pivot > floor, pivot, np.inf)  # a combination of those before adds nothing
    return np.asarray(a[..., 1:, 1:] - a[..., 1:, :1] * a[..., :1, 1:] / safe)


def _all_subsets(joint: Array) -> Array:
    """Shapley values from every subset, variable by variable."""
    k = len(joint) - 1
    given = joint[None]
    for i in range(k):  # rows: subsets of the variables so far; columns: those to come
        given = np.concatenate([given[:, 1:, 1:], _swept(given, _NOTHING * joint[i, i])])
    value = joint[k, k] - given[:, 0, 0]
    masks = np.arange(1 << k)
    size = np.array([bin(m).count("1") for m in masks.tolist()])
    weight = np.array([1.0 / (k * comb(k - 1, s)) if s < k else 0.0 for s in range(k + 1)])
    out = np.empty(k)
    for i in range(k):
        without = masks[masks & (1 << i) == 0]
        out[i] = (weight[size[without]] * (value[without | (1 << i)] - value[without])).sum()
    return out


def _orders(joint: Array, count: int, rng: np.random.Generator) -> Array:
    """Gains (count, k): the mean of a random order and its reverse, in each row."""
    k = len(joint) - 1
    out = np.zeros((count, k))
    step = max(1, 4_000_000 // (k + 1) ** 2)
    for start in range(0, count, step):
        orders = rng.permuted(np.tile(np.arange(k), (min(step, count - start), 1)), axis=1)
        for order in (orders, orders[:, ::-1]):
            at = np.column_stack([order, np.full(len(order), k)])
            given = joint[at[:, :, None], at[:, None, :]]
            for i in range(k):
                before = given[:, -1, -1]
                floor = _NOTHING * joint[order[:, i], order[:, i]][:, None, None]
                given = _swept(given, floor)
                gain = before - given[:, -1, -1]
                out[np.arange(start, start + len(order)), order[:, i]] += gain / 2
    return out

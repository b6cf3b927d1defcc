"""How often one unit scores above another when the weights may be anything: exact, as a volume."""

from __future__ import annotations

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import MethodError

__all__ = ["expected_ranks", "pairwise_winning", "simplex_cut"]

#: differences of units in one piece of work
_PAIRS = 65_536


def simplex_cut(d: Array) -> Array:
    r"""Share of the simplex of weights on which :math:`d'w > 0`.

    For weights that are uniform on the simplex this is a probability. With the negative components
    :math:`x_1 \dots x_K` and the others :math:`y_1 \dots y_J` of -d, Varsi's recursion

    .. math::

        A_0 = 1, \quad A_1 = \dots = A_J = 0; \qquad
        A_j \leftarrow \frac{y_j A_j - x_k A_{j-1}}{y_j - x_k}
        \quad (k = 1 \dots K;\ j = 1 \dots J)

    ends with :math:`A_J`, the share. Every step is a mean of two numbers in [0, 1], so that nothing
    cancels. Repeating a component a times gives Dirichlet weights with the parameter a in its place
    (a sum of a exponential variates is the gamma variate).

    Parameters
    ----------
    d : (..., k)
        Advantages, one a criterion.

    Returns
    -------
    (...)
        In [0, 1]; 0 where no component is above zero.

    Raises
    ------
    MethodError
        A component is not finite.

    References
    ----------
    Varsi, G. (1973). The multidimensional content of the frustum of the simplex. Pacific Journal of
    Mathematics 46(1), 303-314. doi:10.2140/pjm.1973.46.303

    Examples
    --------
    >>> simplex_cut([[2.0, -1.0], [1.0, 0.0], [-1.0, 0.0]]).round(4).tolist()
    [0.6667, 1.0, 0.0]
    """
    d = np.asarray(d, dtype=np.float64)
    if not np.isfinite(d).all():
        raise MethodError("a difference is not finite", hint="leave out units without a score")
    flat = -d.reshape(-1, d.shape[-1])
    with np.errstate(over="ignore"):
        scale = np.abs(flat).max(axis=1, keepdims=True, initial=0.0)
    flat = np.sort(flat / np.where(scale > 0, scale, 1.0), axis=1)
    negative = (flat < 0).sum(axis=1)
    out = np.zeros(len(flat))
    for count in np.unique(negative):
        rows = np.flatnonzero(negative == count)
        if count == 0:
            continue  # nothing speaks for it
        out[rows] = _recursion(flat[rows, :count].T.copy(), flat[rows, count:].T.copy())
    return out.reshape(d.shape[:-1])


def _recursion(x: Array, y: Array) -> Array:
    """Varsi's recursion for negative components x (K, r) and others y (J, r)."""
    a = np.zeros((len(y) + 1, x.shape[1]))
    a[0] = 1.0
    for down in x:
        for j, up in enumerate(y):
            share = up / (up - down)
            a[j + 1] = share * a[j + 1] + (1 - share) * a[j]
    return np.asarray(a[-1])


def pairwise_winning(z: Array) -> Array:
    """Probability that each unit scores above each other one, weights uniform on the simplex.

    Parameters
    ----------
    z : (n, k)
        Components of an additive score, one row a unit.

    Returns
    -------
    (n, n)
        Row above column; pairs that are the same on every component have one half each, and the
        diagonal has one half.

    Examples
    --------
    >>> pairwise_winning([[3.0, 0.0], [1.0, 1.0]]).round(4).tolist()
    [[0.5, 0.6667], [0.3333, 0.5]]
    """
    z = np.asarray(z, dtype=np.float64)
    n = len(z)
    out = np.full((n, n), 0.5)
    i, j = np.triu_indices(n, 1)
    for start in range(0, i.size, _PAIRS):
        a, b = i[start : start + _PAIRS], j[start : start + _PAIRS]
        d = z[a] - z[b]
        p = simplex_cut(d)
        p[(d == 0).all(axis=1)] = 0.5
        out[a, b], out[b, a] = p, 1 - p
    return out


def expected_ranks(winning: Array) -> Array:
    """Expected rank of each unit: one more than the expected number of units above it.

    Parameters
    ----------
    winning : (n, n)
        As :func:`pairwise_winning` returns it.

    Examples
    --------
    >>> expected_ranks(pairwise_winning([[3.0, 0.0], [1.0, 1.0]])).round(4).tolist()
    [1.3333, 1.6667]
    """
    winning = np.asarray(winning, dtype=np.float64)
    return np.asarray(1 + winning.sum(axis=0) - np.diag(winning))

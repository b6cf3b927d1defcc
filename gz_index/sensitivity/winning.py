"""How often one unit scores above another when the weights may be anything: exact, as a volume."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import Array, matrix
from gz_index.errors import MethodError

__all__ = ["expected_ranks", "pairwise_winning", "simplex_cut"]

#: differences of units in one piece of work
_PAIRS = 65_536


def simplex_cut(d: ArrayLike) -> Array:
    r"""Share of the simplex of weights on which :math:`d'w > 0`.

    For weights that are uniform on the simplex this is a probability. With the negative components
    :math:`x_1 \dots x_K` and the others :math:`y_1 \dots y_J` of -d, Varsi's recursion

    .. math::

        A_0 = 1, \quad A_1 = \dots = A_J = 0; \qquad
        A_j \leftarrow \frac{y_j A_j - x_k A_{j-1}}{y_j - x_k}
        \quad (k = 1 \dots K;\ j = 1 \dots J)

    ends with :math:`A_J`, the share. Every step is a mean of two numbers in [0, 1], so that nothing
    cancels, and there are k**2 / 4 of them at most. Repeating a component m times gives Dirichlet
    weights with the parameter m in its place (m exponential variates add up to a gamma variate).

    Parameters
    ----------
    d : (..., k)
        Advantages, one a criterion.

    Returns
    -------
    (...)
        In [0, 1]; 0 where no component is above zero. The share on which :math:`d'w = 0` is zero
        unless d is zero throughout, so that the share of -d is one minus that of d.

    Raises
    ------
    MethodError
        There is no component, or one is not finite.

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
    if d.ndim == 0 or d.shape[-1] == 0:
        raise MethodError(f"no components: shape {d.shape}", hint="pass d as (..., k)")
    flat = matrix(d.reshape(-1, d.shape[-1]), "winning probability", min_rows=0)
    scale = np.abs(flat).max(axis=1, keepdims=True)
    flat = np.sort(-flat / np.where(scale > 0, scale, 1.0), axis=1)
    negative = (flat < 0).sum(axis=1)
    out = np.zeros(len(flat))
    for count in np.unique(negative[negative > 0]):  # with none, nothing speaks for it
        rows = np.flatnonzero(negative == count)
        out[rows] = _recursion(flat[rows, :count].T.copy(), flat[rows, count:].T.copy())
    return out.reshape(d.shape[:-1])


def _recursion(x: Array, y: Array) -> Array:
    """Varsi's recursion for negative components x (K, r) and others y (J, r)."""
    a = np.zeros((len(y) + 1, x.shape[1]))
    a[0] = 1.0
    for down in x:
        for j, up in enumerate(y):
            a[j + 1] = (up * a[j + 1] - down * a[j]) / (up - down)
    return np.asarray(a[-1])


def pairwise_winning(z: ArrayLike) -> Array:
    """Probability that each unit scores above each other one, weights uniform on the simplex.

    Parameters
    ----------
    z : (n, k)
        Components of an additive score, one row a unit.

    Returns
    -------
    (n, n)
        Row above column; pairs that are the same on every component have one half each, and the
        diagonal has one half, so that a matrix and its transpose add up to one.

    Raises
    ------
    MethodError
        A component is not finite; the column and the row are named.

    Examples
    --------
    >>> pairwise_winning([[3.0, 0.0], [1.0, 1.0]]).round(4).tolist()
    [[0.5, 0.6667], [0.3333, 0.5]]
    """
    z = matrix(z, "pairwise winning", min_rows=1)
    if np.abs(z).max() > np.finfo(np.float64).max / 2:
        z = z / 2  # differences stay finite
    n = len(z)
    out = np.full((n, n), 0.5)
    step = max(1, _PAIRS // n)
    for start in range(0, n, step):
        i, j = np.nonzero(np.arange(start, min(start + step, n))[:, None] < np.arange(n))
        i += start
        d = z[i] - z[j]
        p = simplex_cut(d)
        p[~d.any(axis=1)] = 0.5
        out[i, j], out[j, i] = p, 1 - p
    return out


def expected_ranks(winning: ArrayLike) -> Array:
    """Expected rank of each unit: one more than the expected number of units above it.

    With one half for ties these are averages of the ranks that tied units share.

    Parameters
    ----------
    winning : (n, n)
        As :func:`pairwise_winning` returns it; the diagonal does not count.

    Returns
    -------
    (n,)
        1 is the best; they add up to n (n + 1) / 2.

    Examples
    --------
    >>> expected_ranks(pairwise_winning([[3.0, 0.0], [1.0, 1.0]])).round(4).tolist()
    [1.3333, 1.6667]
    """
    winning = matrix(winning, "expected ranks", min_rows=1)
    return np.asarray(1 + winning.sum(axis=0) - np.diag(winning))

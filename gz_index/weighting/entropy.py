"""Entropy weights: an indicator weighs the more, the less evenly its total is spread over the rows.

Rows may be units, or units x periods pooled (panel entropy): the constant ``1 / ln n`` is always
taken from the rows that were summed over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import Array, columns, matrix, refuse_cells, row_blocks, to_weights
from gz_index.errors import MethodError

__all__ = ["audit_entropy", "entropy", "entropy_stata_ln_t", "entropy_values"]

#: rounding allowed in e before it is called out of [0, 1]
_ROUNDING = 1e-9


def entropy(x: ArrayLike, *, shift: float = 0.0) -> Array:
    r"""Entropy weights over all rows of ``x`` (熵值法; of a panel with pooled rows: 面板熵值法).

    .. math::

        p_{ij} = \frac{x_{ij}}{\sum_i x_{ij}}, \quad
        e_j = -\frac{1}{\ln n} \sum_i p_{ij} \ln p_{ij}, \quad
        w_j = \frac{1 - e_j}{\sum_j (1 - e_j)}

    with the limit ``0 ln 0 = 0``, so that no small number need be added. Weights do not change
    when a column is multiplied by a positive constant, but they do when its origin moves: min-max
    data and raw data have different entropy weights. For weights by period, call it on the rows of
    each period.

    Parameters
    ----------
    x : (n, k)
        Oriented data, all >= 0 and on a ratio scale, n >= 2; usually min-max in [0, 1].
    shift : float, default 0
        Number added to every cell first, >= 0. Only to replicate a study that did so: it pulls the
        weights together, the more the larger it is.

    Returns
    -------
    (k,)
        Weights; exactly 0 for a column that is the same in every row.

    Raises
    ------
    MethodError
        A cell is missing, infinite or negative; a column is zero throughout (its shares are 0/0);
        no column varies.

    References
    ----------
    Shannon, C. E. (1948). A mathematical theory of communication. Bell System Technical Journal
    27, 379-423.

    Zeleny, M. (1982). Multiple Criteria Decision Making. McGraw-Hill, New York.

    Examples
    --------
    >>> entropy([[1, 0, 5], [2, 1, 5], [3, 8, 5]]).round(4)
    array([0.1042, 0.8958, 0.    ])
    """
    d = _redundancy(x, shift)
    return np.ones(1) if d.size == 1 else to_weights(d, "entropy")  # w = d / sum d


def entropy_values(x: ArrayLike, *, shift: float = 0.0) -> Array:
    r"""Entropy ``e`` (k,) of each column, in [0, 1]; the weight of a column rises with ``1 - e``.

    Worth printing beside the weights: where every ``e`` is close to one the weights rest on very
    small differences.

    Parameters
    ----------
    x : (n, k)
        Oriented data, all >= 0, n >= 2.
    shift : float, default 0
        As in :func:`entropy`.

    Raises
    ------
    MethodError
        As in :func:`entropy`; a constant column has ``e = 1``.

    References
    ----------
    Shannon, C. E. (1948). A mathematical theory of communication. Bell System Technical Journal
    27, 379-423.

    Examples
    --------
    >>> entropy_values([[1, 0, 5], [2, 1, 5], [3, 8, 5]]).round(4)
    array([0.9206, 0.3175, 1.    ])
    """
    return audit_entropy(1.0 - _redundancy(x, shift))


def audit_entropy(e: ArrayLike) -> Array:
    """Return entropies (k,) if all lie in [0, 1]; otherwise say what their error is the sign of.

    For entropies from elsewhere, say a column of a published table or of another program.

    Parameters
    ----------
    e : (k,)
        Entropy of each indicator.

    Raises
    ------
    MethodError
        A value is above 1 (the constant does not match the rows summed), below 0, or missing.

    Examples
    --------
    >>> audit_entropy([0.86, 0.91])
    array([0.86, 0.91])
    >>> audit_entropy([1.9, 2.1])
    Traceback (most recent call last):
        ...
    gz_index.errors.MethodError: entropy 1.9 of columns 0, 1 is above 1: ...
    """
    a = np.asarray(e, dtype=np.float64)
    for bad, what, hint in (
        (
            ~np.isfinite(a),
            "is not a finite number: 0 ln 0 was not taken as 0, or a cell was missing or negative",
            "use the limit 0 ln 0 = 0 and fill missing cells",
        ),
        (
            a > 1 + _ROUNDING,
            "is above 1: the constant is not 1/ln of the number of rows summed (1/ln of the "
            "periods over a whole panel, or no constant at all); 1 - e is then negative and the "
            "weights come out in reverse order",
            "divide by ln(number of rows summed)",
        ),
        (
            a < -_ROUNDING,
            "is below 0: the shares do not sum to one or some are negative",
            "form shares of each column from data >= 0",
        ),
    ):
        if bad.any():
            at = np.flatnonzero(bad)
            raise MethodError(
                f"entropy {float(a[at[0]]):.6g} of {{columns}} {what}",
                hint=hint,
                columns=at.tolist(),
            )
    return np.asarray(np.clip(a, 0.0, 1.0))


def entropy_stata_ln_t(x: ArrayLike, *, periods: int) -> Array:
    r"""Weights of a widely copied Stata recipe for panels, which is wrong; to check a paper only.

    The recipe sums ``p ln p`` over all n rows (units x periods) but divides by ``ln T``, T the
    number of periods, instead of ``ln n``:

    .. math::

        w_j = \frac{1 - H_j / \ln T}{\sum_j (1 - H_j / \ln T)}, \quad
        H_j = -\sum_i p_{ij} \ln p_{ij}

    As a rule every :math:`H_j / \ln T` exceeds 1. Numerator and denominator are then both negative,
    which hides that the weights rise with entropy: their order is the reverse of that of
    :func:`entropy`. This is no scheme and cannot be named in a definition.

    Parameters
    ----------
    x : (n, k)
        The pooled rows, all >= 0.
    periods : int
        Number of periods T that the recipe divides by, 2 <= T < n.

    Returns
    -------
    (k,)
        What the recipe gives; sums to one, but single values may be negative.

    Raises
    ------
    MethodError
        As in :func:`entropy`; ``periods`` out of range; the recipe divides by zero.

    Examples
    --------
    >>> x = [[1, 0], [2, 1], [3, 8], [4, 9]]
    >>> entropy(x).round(3), entropy_stata_ln_t(x, periods=2).round(3)
    (array([0.17, 0.83]), array([0.771, 0.229]))
    """
    n = matrix(x, "entropy_stata_ln_t").shape[0]
    if not 2 <= periods < n:
        raise MethodError(
            f"entropy_stata_ln_t: {periods} periods in {n} rows", hint="2 <= periods < rows"
        )
    d = 1.0 - (1.0 - _redundancy(x, 0.0)) * np.log(n) / np.log(periods)
    total = d.sum()
    if abs(total) < _ROUNDING:
        raise MethodError("entropy_stata_ln_t: 1 - e sums to zero, the recipe divides by it")
    return np.asarray(d / total)


def _redundancy(x: ArrayLike, shift: float) -> Array:
    """Return d = 1 - e of each column, (k,), without forming e first (d may be tiny beside it)."""
    a = matrix(x, "entropy")
    if not (shift >= 0 and np.isfinite(shift)):
        raise MethodError(
            f"entropy: shift = {shift!r}", hint="a shift is a finite number >= 0; 0 adds nothing"
        )
    if shift:
        a = a + shift
    c = columns(a)
    if (c.low < 0).any():
        refuse_cells(
            "entropy", a, a < 0, "negative", "normalise to >= 0 first (min-max, not z-scores)"
        )
    if (c.high == 0).any():
        raise MethodError(
            "entropy: {columns} zero in every row, so that shares are 0/0",
            hint="drop the indicator",
            columns=np.flatnonzero(c.high == 0).tolist(),
        )
    n, k = a.shape
    # With y = n p = x / mean:  ln(n) d = (1/n) sum(y ln y) = (1/n) sum(y ln y - y + 1).
    # Each term of the last sum is >= 0 and flat where y = 1, so that nothing cancels.
    rate = 1.0 / c.mean
    tiny = np.finfo(np.float64).tiny
    total = np.zeros(k)
    y = term = np.empty(0)
    for block in row_blocks(c.x):
        if not y.size:
            y, term = np.empty_like(block), np.empty_like(block)
        b, t = y[: len(block)], term[: len(block)]
        np.multiply(block, rate, out=b)
        np.maximum(b, tiny, out=t)  # 0 ln 0 = 0: ln(tiny) is finite and is multiplied by 0
        np.log(t, out=t)
        t *= b
        b -= 1.0
        t -= b
        total += t.sum(axis=0)
    d = np.clip(total / (n * np.log(n)), 0.0, 1.0)  # rounding only
    d[c.constant] = 0.0
    return np.asarray(d)

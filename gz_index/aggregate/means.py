"""Weighted means: arithmetic, geometric, harmonic, power; the mean-min function and OWA."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gz_index._arrays import SUM_TOLERANCE, Array
from gz_index.aggregate._common import inputs, positive
from gz_index.errors import MethodError

__all__ = ["arithmetic", "geometric", "harmonic", "mean_min", "owa", "power"]


def _dot(x: Array, w: Array) -> Array:
    """Weighted sums (..., n); one matrix product where all draws share the data.

    Under one vector of weights it goes column by column: a matrix product may round a row otherwise
    once others join it, and what is published stays to the last bit.
    """
    if x.ndim == 2 and w.ndim == 1:
        out = w[0] * x[:, 0]
        for j in range(1, w.size):
            out += w[j] * x[:, j]
        return np.asarray(out)
    if x.ndim == 2:
        return np.asarray((x @ w.T).T)
    return np.asarray((x @ w[..., None])[..., 0])


def _shape(x: Array, w: Array) -> tuple[int, ...]:
    """Shape of the scores."""
    return (*np.broadcast_shapes(x.shape[:-2], w.shape[:-1]), x.shape[-2])


def arithmetic(x: Array, w: Array) -> Array:
    r"""Weighted arithmetic mean, :math:`\sum_j w_j x_j`; fully compensatory.

    Parameters
    ----------
    x : (..., n, k)
        Normalised data, bigger is better.
    w : (..., k)
        Weights >= 0 that sum to one.

    Returns
    -------
    (..., n)

    Raises
    ------
    MethodError
        Missing cells, or weights that are no weights.

    Examples
    --------
    >>> arithmetic([[1.0, 3.0], [2.0, 2.0]], [0.25, 0.75])
    array([2.5, 2. ])
    """
    x, w = inputs("arithmetic", x, w)
    return _dot(x, w)


def geometric(x: Array, w: Array) -> Array:
    r"""Weighted geometric mean, :math:`\prod_j x_j^{w_j}`; partly compensatory.

    Parameters
    ----------
    x : (..., n, k)
        Normalised data > 0 on a ratio scale, bigger is better.
    w : (..., k)
        Weights >= 0 that sum to one.

    Raises
    ------
    MethodError
        A value is zero or negative: a zero would decide the score whatever the rest is.

    Examples
    --------
    >>> geometric([[1.0, 4.0]], [0.5, 0.5])
    array([2.])
    """
    x, w = inputs("geometric", x, w)
    positive("geometric", x)
    return np.asarray(np.exp(_dot(np.log(x), w)))


def harmonic(x: Array, w: Array) -> Array:
    r"""Weighted harmonic mean, :math:`1 / \sum_j (w_j / x_j)`; punishes low values most.

    Parameters
    ----------
    x : (..., n, k)
        Normalised data > 0 on a ratio scale.
    w : (..., k)
        Weights >= 0 that sum to one.

    Raises
    ------
    MethodError
        A value is zero or negative.

    Examples
    --------
    >>> harmonic([[1.0, 3.0]], [0.5, 0.5])
    array([1.5])
    """
    x, w = inputs("harmonic", x, w)
    positive("harmonic", x)
    low = x.min(axis=-1)  # in units of the least value: 1 / x of a tiny one is infinite
    return np.asarray(low / _dot(low[..., None] / x, w))


def power(x: Array, w: Array, *, exponent: float) -> Array:
    r"""Weighted power mean, :math:`(\sum_j w_j x_j^r)^{1/r}`.

    ``exponent`` r = 1 is arithmetic, 0 geometric, -1 harmonic; plus and minus infinity are the
    maximum and the minimum over the children with positive weight.

    Parameters
    ----------
    x : (..., n, k)
        Normalised data; > 0 unless the exponent is 1 or infinite (>= 0 for other positive ones).
    w : (..., k)
        Weights >= 0 that sum to one.
    exponent : float

    Raises
    ------
    MethodError
        The exponent is not a number, or the data are out of its domain.

    References
    ----------
    Hardy, G. H., Littlewood, J. E. and Polya, G. (1934). Inequalities. Cambridge University Press.

    Examples
    --------
    >>> power([[1.0, 3.0]], [0.5, 0.5], exponent=2).round(6)
    array([2.236068])
    """
    r = float(exponent)
    if np.isnan(r):
        raise MethodError("power: the exponent is not a number", hint="give e.g. exponent = 0.5")
    if r == 1:
        return arithmetic(x, w)
    if abs(r) < 1e-15:  # nearer to the geometric mean than float64 can tell
        return geometric(x, w)
    x, w = inputs("power", x, w)
    if np.isinf(r):
        out = _extreme(x, w, 1 if r > 0 else -1)
        return np.array(np.broadcast_to(out, _shape(x, w)))
    if r < 0 or (x < 0).any():
        positive("power", x)
    if abs(r) < 0.01 and (x > 0).all():
        # near the geometric mean g: g exp(log1p(sum w expm1(r ln(x / g))) / r) keeps all digits
        logs = np.log(x)
        centre = _dot(logs, w)
        return np.asarray(
            np.exp(centre + np.log1p(_dot(np.expm1(r * (logs - centre[..., None])), w)) / r)
        )
    # in units of the value that decides each row, so that x^r neither overflows nor vanishes;
    # children without weight do not decide
    top = _extreme(x, w, 1 if r > 0 else -1)[..., None]
    unit = np.where(top > 0, top, 1.0)
    if (w > 0).all():
        share = x / unit if r > 0 else unit / x
    else:
        seen = np.where(w[..., None, :] > 0, x, top)
        share = seen / unit if r > 0 else unit / seen
    return np.asarray(unit[..., 0] * _dot(share ** abs(r), w) ** (1 / r))


def _extreme(x: Array, w: Array, sign: int) -> Array:
    """Largest (or, with ``sign`` -1, least) value of each row over the children with weight."""
    if not (w > 0).all():
        x = np.where(w[..., None, :] > 0, x, -sign * np.inf)
    return np.asarray(x.max(axis=-1) if sign > 0 else x.min(axis=-1))


def mean_min(x: Array, w: Array, *, a: float = 1.0, b: float = 0.0) -> Array:
    r"""Mean-min function: the mean less a penalty for its distance from the minimum.

    :math:`M - a(\sqrt{(M - m)^2 + b^2} - b)` with M the weighted mean and m the minimum over the
    children with positive weight: a = 0 is the mean; a = 1, b = 0 is the minimum.

    Parameters
    ----------
    x : (..., n, k)
    w : (..., k)
        Weights >= 0 that sum to one.
    a : float in [0, 1]
        Intensity of the penalty.
    b : float >= 0
        Smoothness: above 0 the function has no kink where all values agree.

    Raises
    ------
    MethodError
        ``a`` or ``b`` is out of its range.

    References
    ----------
    Casadio Tarabusi, E. and Guarini, G. (2013). An unbalance adjustment method for development
    indicators. Social Indicators Research 112(1), 19-45. doi:10.1007/s11205-012-0070-4

    Examples
    --------
    >>> mean_min([[1.0, 3.0]], [0.5, 0.5], a=0.5)
    array([1.5])
    """
    if not (0 <= a <= 1 and 0 <= b < np.inf):
        raise MethodError(f"mean-min: a = {a}, b = {b}", hint="a lies in [0, 1], b is >= 0")
    x, w = inputs("mean-min", x, w)
    mean = _dot(x, w)
    low = _extreme(x, w, -1)
    return np.asarray(mean - a * (np.hypot(mean - low, b) - b))


def owa(x: Array, w: Array, *, order: Sequence[float]) -> Array:
    r"""Ordered weighted average, :math:`\sum_j v_j x_{(j)}`, values sorted from best to worst.

    Order weights belong to positions, not to indicators: the indicator weights ``w`` have to be
    equal, or they would be ignored without a word.

    Parameters
    ----------
    x : (..., n, k)
    w : (..., k)
        Equal weights.
    order : (k,)
        Weights of the best, second best, ..., worst value; >= 0, sum to one.

    Raises
    ------
    MethodError
        The indicator weights are not equal, or ``order`` does not fit.

    References
    ----------
    Yager, R. R. (1988). On ordered weighted averaging aggregation operators in multicriteria
    decisionmaking. IEEE Transactions on Systems, Man, and Cybernetics 18(1), 183-190.
    doi:10.1109/21.87068

    Examples
    --------
    >>> owa([[1.0, 5.0, 3.0]], [1 / 3] * 3, order=[0.0, 0.5, 0.5])
    array([2.])
    """
    x, w = inputs("owa", x, w)
    v = np.asarray(order, dtype=np.float64)  # of the best, second best, ...
    k = x.shape[-1]
    if v.shape != (k,) or not (v >= 0).all() or abs(v.sum() - 1) > SUM_TOLERANCE:
        raise MethodError(
            f"owa: order = {v.tolist()} for {k} children",
            hint=f"give {k} weights >= 0 that sum to one, best position first",
        )
    if np.abs(w - 1 / k).max() > SUM_TOLERANCE:
        raise MethodError(
            "owa weighs positions and would ignore the unequal weights of the indicators",
            hint="use equal weights here, or another aggregation",
        )
    out = np.sort(x, axis=-1) @ v[::-1]
    return np.array(np.broadcast_to(out, _shape(x, w)))

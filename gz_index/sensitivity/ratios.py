"""How much of a variance goes with one variable: correlation ratios and their parts."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from gz_index._arrays import Array, matrix
from gz_index.errors import MethodError

__all__ = ["balanced_weights", "correlation_ratio", "linear_parts", "residuals"]

Method: TypeAlias = Literal["linear", "spline"]

#: pieces of the spline; its penalty, not their number, says how far it bends
_PIECES = 12

#: share of its own variance below which what is left of a variable is rounding
_NOTHING = 1e-10


def correlation_ratio(x: Array, y: Array, *, method: Method = "linear") -> float:
    r"""Share of the variance of y that goes with x, :math:`V[E(y \mid x)] / V(y)`.

    ``linear``: the squared correlation. ``spline``: the variance of a penalised spline through the
    points (its penalty chosen by generalised cross-validation) over that of y; it follows bends,
    and with few points a little of the noise as well.

    Parameters
    ----------
    x, y : (n,)
    method : {"linear", "spline"}

    Returns
    -------
    float
        In [0, 1] up to rounding.

    Raises
    ------
    MethodError
        A value is not finite, x or y does not vary, or a spline has fewer than five different x.

    References
    ----------
    Paruolo, P., Saisana, M. and Saltelli, A. (2013). Ratings and rankings: voodoo or science?
    Journal of the Royal Statistical Society A 176(3), 609-634.
    doi:10.1111/j.1467-985X.2012.01059.x

    Eilers, P. H. C. and Marx, B. D. (1996). Flexible smoothing with B-splines and penalties.
    Statistical Science 11(2), 89-121. doi:10.1214/ss/1038425655

    Examples
    --------
    >>> x = np.linspace(-1, 1, 201)
    >>> [round(correlation_ratio(x, x**2, method=m), 3) for m in ("linear", "spline")]
    [0.0, 1.0]
    """
    if method not in get_args(Method):
        raise MethodError(f"no method {method!r}", hint=f"one of {', '.join(get_args(Method))}")
    v = matrix(np.column_stack([x, y]), "correlation ratio", min_rows=3)
    mean = v.mean(axis=0)
    v = v - mean
    power = (v**2).sum(axis=0)
    still = power <= len(v) * (np.finfo(np.float64).eps * np.abs(mean)) ** 2
    if still.any():
        name = "x" if still[0] else "y"
        raise MethodError(f"correlation ratio: {name} does not vary", hint="leave it out")
    if method == "linear":
        return float((v[:, 0] @ v[:, 1]) ** 2 / power[0] / power[1])
    return _spline(v[:, 0], v[:, 1])


def _spline(x: Array, y: Array) -> float:
    """Variance of a penalised B-spline (Eilers and Marx 1996) over that of y, both centred."""
    from scipy.interpolate import BSpline

    distinct = np.unique(x).size
    if distinct < 5:
        raise MethodError(
            f"correlation ratio: a spline needs five different values, and x has {distinct}",
            hint="use method = 'linear'",
        )
    pieces = min(_PIECES, distinct - 1)
    at = np.clip((x - x.min()) / (x.max() - x.min()), 0, 1)
    knots = np.arange(-3, pieces + 4) / pieces
    basis = BSpline.design_matrix(at, knots, 3).toarray()
    bends = np.diff(np.eye(basis.shape[1]), 2, axis=0)
    cross, right, penalty = basis.T @ basis, basis.T @ y, bends.T @ bends
    ridge = 1e-10 * np.trace(cross) / len(cross) * np.eye(len(cross))
    best, found = np.inf, 0.0
    for exponent in np.linspace(-4, 6, 41):  # generalised cross-validation over the penalty
        system = cross + 10**exponent * penalty + ridge
        fitted = basis @ np.linalg.solve(system, right)
        freedom = np.trace(np.linalg.solve(system, cross))
        score = ((y - fitted) ** 2).sum() / (len(y) - freedom) ** 2
        if freedom < len(y) - 1 and score < best:
            best, found = score, float(((fitted - fitted.mean()) ** 2).sum() / (y**2).sum())
    return found


def residuals(x: Array) -> Array:
    """What each column does not share with the others: residuals of linear regressions, (n, k).

    Columns of which nothing is left, up to rounding, are zero.

    Raises
    ------
    MethodError
        There are no more rows than columns: nothing would be left of any.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0], [4.0, 2.0]])
    >>> bool(np.allclose(residuals(x)[:, 0] @ (x[:, 1] - x[:, 1].mean()), 0))
    True
    """
    x = matrix(x, "residuals")
    n, k = x.shape
    if n <= k:
        raise MethodError(
            f"{n} rows cannot tell apart {k} columns: each is a combination of the others",
            hint="take fewer columns, or pool several periods",
        )
    v = x - x.mean(axis=0)
    out: Array = np.zeros_like(v)
    for j in range(k):
        rest = np.delete(v, j, axis=1)
        left = v[:, j]
        if k > 1:
            left = left - rest @ np.linalg.lstsq(rest, v[:, j], rcond=None)[0]
        if (left**2).sum() > _NOTHING * (v[:, j] ** 2).sum():
            out[:, j] = left
    return out


def linear_parts(cov: Array, w: Array) -> tuple[Array, Array]:
    r"""Correlation ratios of a weighted sum :math:`y = \sum w_j x_j`, and their uncorrelated parts.

    With covariance S and V = w'Sw:

    .. math::

        S_q = \frac{(S w)_q^2}{S_{qq} V}, \qquad
        S_q^u = \frac{w_q^2}{(S^{-1})_{qq} V}.

    The correlated part is the difference; it may be negative.

    Parameters
    ----------
    cov : (k, k)
    w : (k,)

    Returns
    -------
    total, uncorrelated : (k,)
        Where a variable is a combination of the others its uncorrelated part is 0.

    References
    ----------
    Becker, W., Saisana, M., Paruolo, P. and Vandecasteele, I. (2017). Weights and importance in
    composite indicators: closing the gap. Ecological Indicators 80, 12-22.
    doi:10.1016/j.ecolind.2017.03.056

    Examples
    --------
    >>> s = np.array([[1, 0.8, 0.2], [0.8, 1, 0.1], [0.2, 0.1, 1]])
    >>> total, own = linear_parts(s, np.array([0.4, 0.3, 0.3]))
    >>> total.round(6).tolist(), own.round(6).tolist()
    ([0.819398, 0.706522, 0.281104], [0.092429, 0.053616, 0.142977])
    """
    s, w = matrix(cov, "covariance", min_rows=1), np.asarray(w, dtype=np.float64)
    diagonal = np.diag(s)
    variance = float(w @ s @ w)
    if not (diagonal > 0).all() or variance <= 0:
        at = np.flatnonzero(~(diagonal > 0)).tolist()
        raise MethodError("{columns} does not vary, or the sum does not", columns=at)
    total = (s @ w) ** 2 / diagonal / variance
    own = np.empty_like(w)
    for j in range(w.size):  # what is left of x_j given the others is 1 / (S^-1)_jj
        rest = np.delete(np.arange(w.size), j)
        shared = np.linalg.lstsq(s[np.ix_(rest, rest)], s[rest, j], rcond=None)[0]
        left = diagonal[j] - s[rest, j] @ shared
        own[j] = max(left, 0.0) if left > _NOTHING * diagonal[j] else 0.0
    return total, w**2 * own / variance


def balanced_weights(cov: Array, target: Array) -> tuple[Array, Array]:
    r"""Weights under which the correlation ratios of a sum are in given proportions.

    The shares :math:`S_q / \sum S` meet the target t where
    :math:`(S w)_q \propto \sqrt{t_q S_{qq}}`, which :math:`S^{-1}` solves for the weights.
    Where that has a negative weight the aim is out of reach, and the least sum of squared gaps over
    weights >= 0 that sum to one is sought instead.

    Parameters
    ----------
    cov : (k, k)
    target : (k,)
        Shares > 0 that sum to one.

    Returns
    -------
    weights : (k,)
    shares : (k,)
        What they achieve.

    References
    ----------
    Becker et al. (2017), as :func:`linear_parts`.

    Examples
    --------
    >>> s = np.array([[1, 0.8, 0.2], [0.8, 1, 0.1], [0.2, 0.1, 1]])
    >>> w, shares = balanced_weights(s, np.ones(3) / 3)
    >>> w.round(6).tolist(), shares.round(6).tolist()
    ([0.142857, 0.380952, 0.47619], [0.333333, 0.333333, 0.333333])
    """
    s, t = matrix(cov, "covariance", min_rows=1), np.asarray(target, dtype=np.float64)
    if t.shape != (len(s),) or not (t > 0).all() or abs(t.sum() - 1) > 1e-9:
        raise MethodError(f"target = {t.tolist()}", hint="shares above zero that sum to one")
    root = np.sqrt(np.diag(s))
    if not (root > 0).all():
        at = np.flatnonzero(~(root > 0)).tolist()
        raise MethodError("{columns} does not vary", columns=at, hint="leave it out")
    r = s / np.outer(root, root)  # in units of the standard deviations

    def shares(v: Array) -> Array:
        power = (r @ v) ** 2
        return np.asarray(power / power.sum())

    v = np.linalg.lstsq(r, np.sqrt(t), rcond=None)[0]
    if not (v >= 0).all() or np.abs(shares(v) - t).max() > 1e-9:
        v = _nearest(r, t, v)
    w = v / root
    w = w / w.sum()
    return w, shares(w * root)


def _nearest(r: Array, t: Array, first: Array) -> Array:
    """Weights >= 0 with the least sum of squared gaps between shares and target."""
    from scipy.optimize import minimize

    k = t.size

    def loss(v: Array) -> tuple[float, Array]:
        g = r @ v
        power = g**2
        total = power.sum()
        gap = power / total - t
        slope = 2 * g * (gap - gap @ power / total) / total  # by the chain rule
        return float(gap @ gap), np.asarray(2 * r @ slope)

    one = {"type": "eq", "fun": lambda v: v.sum() - 1, "jac": lambda v: np.ones(k)}
    how: dict[str, Any] = {
        "jac": True,
        "method": "SLSQP",
        "bounds": [(0.0, 1.0)] * k,
        "constraints": one,
        "options": {"ftol": 1e-15, "maxiter": 500},
    }
    starts = [np.maximum(first, 0.0), np.sqrt(t), np.ones(k), *np.eye(k)]
    best: tuple[float, Array] | None = None
    for start in starts:
        if start.sum() <= 0:
            continue
        found = minimize(loss, start / start.sum(), **how)
        v = np.maximum(found.x, 0.0)
        v[v < 1e-9 * v.max()] = 0.0
        value = loss(v / v.sum())[0]
        if best is None or value < best[0]:
            best = value, v / v.sum()
    assert best is not None
    return best[1]

"""Combination of several weight vectors into one (组合赋权)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import SUM_TOLERANCE, Array, matrix, to_weights
from gz_index.errors import MethodError

__all__ = [
    "Combination",
    "game_theory",
    "least_squares",
    "linear",
    "max_deviation",
    "multiplicative",
    "relative_entropy",
]

#: condition number of the game's system above which its solution is noise
SINGULAR = 1e10


@dataclass(frozen=True)
class Combination:
    """A combined weight vector and how the parts entered.

    Attributes
    ----------
    weights : (k,)
    alpha : (L,) or None
        Share of each vector, where the method has shares.
    condition : float or None
        Condition number of the linear system, where one was solved.
    convention : str
        Which printed form was used, where there are several.
    """

    weights: Array
    alpha: Array | None = None
    condition: float | None = None
    convention: str = ""


def _vectors(weights: ArrayLike, method: str) -> Array:
    w = matrix(weights, method, min_rows=2)
    negative = np.argwhere(w < 0)
    if negative.size:
        i, j = negative[0]
        raise MethodError(
            f"{method}: vector {i} has the negative weight {w[i, j]:.6g} at {{columns}}",
            columns=[int(j)],
            hint="combine weights only; a PCA score with negative coefficients is none",
        )
    off = np.flatnonzero(np.abs(w.sum(axis=1) - 1) > SUM_TOLERANCE)
    if off.size:
        raise MethodError(
            f"{method}: vector {off[0]} sums to {w[off[0]].sum():.12g}, not to one",
            hint="divide it by its sum, at full precision",
        )
    return w


def linear(weights: ArrayLike, *, alpha: Sequence[float] | None = None) -> Combination:
    r"""Linear combination, :math:`w = \sum_l \alpha_l w^{(l)}`.

    Parameters
    ----------
    weights : (L, k)
        L vectors of weights, each >= 0 and summing to one.
    alpha : (L,), optional
        Shares >= 0 that sum to one; equal by default.

    Raises
    ------
    MethodError
        A vector is no weight vector, or ``alpha`` does not fit.

    Examples
    --------
    >>> linear([[0.2, 0.8], [0.6, 0.4]]).weights
    array([0.4, 0.6])
    """
    w = _vectors(weights, "linear")
    a = np.full(len(w), 1 / len(w)) if alpha is None else np.asarray(alpha, dtype=np.float64)
    if a.shape != (len(w),) or not (a >= 0).all() or abs(a.sum() - 1) > SUM_TOLERANCE:
        raise MethodError(
            f"linear: alpha = {a.tolist()} for {len(w)} vectors",
            hint="give one share >= 0 for each, summing to one",
        )
    return Combination(to_weights(a @ w, "linear"), a)


def multiplicative(weights: ArrayLike) -> Combination:
    r"""Multiplicative combination, :math:`w_j \propto \prod_l w_j^{(l)}`.

    It sharpens: what several vectors find large becomes larger still.

    Examples
    --------
    >>> multiplicative([[0.2, 0.8], [0.6, 0.4]]).weights.round(4)
    array([0.2727, 0.7273])
    """
    w = _vectors(weights, "multiplicative")
    return Combination(_product(w, 1.0, "multiplicative"))


def relative_entropy(weights: ArrayLike) -> Combination:
    r"""Least relative entropy (最小相对信息熵): :math:`w_j \propto (\prod_l w_j^{(l)})^{1/L}`.

    Minimises :math:`\sum_l \sum_j w_j \ln (w_j / w_j^{(l)})` subject to :math:`\sum_j w_j = 1`.

    Examples
    --------
    >>> relative_entropy([[0.2, 0.8], [0.6, 0.4]]).weights.round(4)
    array([0.3798, 0.6202])
    """
    w = _vectors(weights, "relative-entropy")
    return Combination(_product(w, 1 / len(w), "relative-entropy"))


def _product(w: Array, power: float, method: str) -> Array:
    zero = (w == 0).any(axis=0)
    logs = power * np.log(np.where(w > 0, w, 1.0)).sum(axis=0)
    if zero.all():
        raise MethodError(
            f"{method}: in each indicator one vector has weight zero",
            hint="use the linear combination",
        )
    raw = np.where(zero, 0.0, np.exp(logs - logs[~zero].max()))
    return to_weights(raw, method)


def least_squares(weights: ArrayLike, x: ArrayLike) -> Combination:
    r"""Least squares: scores as near as possible to those under each vector.

    :math:`\min_w \sum_i \sum_j \sum_l ((w_j - w_j^{(l)}) x_{ij})^2` subject to
    :math:`\sum_j w_j = 1, w \ge 0`. With :math:`q_j = \sum_i x_{ij}^2` the solution is
    :math:`w_j = \max(0, \bar w_j + \mu / q_j)` with the multiplier that makes the sum one; as the
    mean of the vectors sums to one already, it is that mean.

    Parameters
    ----------
    weights : (L, k)
    x : (n, k)
        Normalised data; has no influence on the solution, as the formula shows. It is checked.

    Examples
    --------
    >>> least_squares([[0.2, 0.8], [0.6, 0.4]], [[1.0, 0.1], [0.5, 0.2]]).weights
    array([0.4, 0.6])
    """
    w = _vectors(weights, "least-squares")
    _data(w, x, "least-squares")
    return Combination(to_weights(w.mean(axis=0), "least-squares"), np.full(len(w), 1 / len(w)))


def max_deviation(weights: ArrayLike, x: ArrayLike) -> Combination:
    r"""Maximum deviation (离差最大化): shares in proportion to how far each vector spreads units.

    :math:`\alpha_l \propto \sum_j w_j^{(l)} \sum_i \sum_r |x_{ij} - x_{rj}|`.

    Parameters
    ----------
    weights : (L, k)
    x : (n, k)
        Normalised data.

    Raises
    ------
    MethodError
        No indicator that has weight varies.

    Examples
    --------
    >>> c = max_deviation([[0.2, 0.8], [0.6, 0.4]], [[0.0, 0.0], [1.0, 0.5]])
    >>> c.alpha.round(4), c.weights.round(4)
    (array([0.4286, 0.5714]), array([0.4286, 0.5714]))
    """
    w = _vectors(weights, "max-deviation")
    a = _data(w, x, "max-deviation")
    a = np.sort(a / (np.abs(a).max() or 1.0), axis=0)  # one scale for all: shares stay as they are
    a -= a[0]
    n = len(a)
    # sum over pairs |x_i - x_r| = 2 sum_i (2i - n - 1) x_(i), i = 1..n
    spread = 2 * ((2 * np.arange(1, n + 1) - n - 1) @ a)
    if not (w @ spread).any():
        raise MethodError(
            "max-deviation: no indicator that has weight tells the units apart",
            hint="use the linear combination",
        )
    alpha = to_weights(w @ spread, "max-deviation")
    return Combination(to_weights(alpha @ w, "max-deviation"), alpha)


def _data(w: Array, x: ArrayLike, method: str) -> Array:
    a = matrix(x, method)
    if a.shape[1] != w.shape[1]:
        raise MethodError(
            f"{method}: {w.shape[1]} weights for {a.shape[1]} columns of data",
            hint="give the data of the same indicators, in the same order",
        )
    return a


def game_theory(
    weights: ArrayLike,
    *,
    convention: Literal["normalised", "absolute", "improved"] = "normalised",
) -> Combination:
    r"""Game-theory combination (博弈论组合赋权).

    Solves :math:`\sum_l \alpha_l\, w^{(l)} \cdot w^{(k)} = w^{(k)} \cdot w^{(k)}`, k = 1..L. Two
    conventions for the shares are in print: :math:`\alpha_l / \sum \alpha` (``normalised``) and
    :math:`|\alpha_l| / \sum |\alpha|` (``absolute``). The system is the stationarity of each
    player by itself; the objective usually printed with it is minimised by plain averaging. With
    similar vectors it is nearly singular and the shares can be large and of both signs:
    ``improved`` takes :math:`\alpha_k \propto \sum_l w^{(k)} \cdot w^{(l)}`, always positive.

    Parameters
    ----------
    weights : (L, k)
    convention : {"normalised", "absolute", "improved"}

    Returns
    -------
    Combination
        With the condition number of the system.

    Raises
    ------
    MethodError
        The system is singular, or a final weight is negative; the condition number is named.

    Examples
    --------
    >>> c = game_theory([[0.2, 0.3, 0.5], [0.5, 0.3, 0.2]])
    >>> c.alpha.round(4), c.weights.round(4), round(c.condition, 3)
    (array([0.5, 0.5]), array([0.35, 0.3 , 0.35]), 7.444)
    """
    if convention not in ("normalised", "absolute", "improved"):
        raise MethodError(
            f"game-theory: convention = {convention!r}",
            hint="'normalised', 'absolute' or 'improved'",
        )
    w = _vectors(weights, "game-theory")
    gram = w @ w.T
    condition = float(np.linalg.cond(gram))
    out = "use convention = 'improved', or the linear combination"
    if convention == "improved":
        alpha = gram.sum(axis=1)
    elif condition > SINGULAR:
        raise MethodError(
            f"game-theory: the system is singular (condition number {condition:.3g}): some "
            "vectors are equal or nearly so",
            hint=out,
        )
    else:
        alpha = np.linalg.solve(gram, np.diag(gram))
    if convention == "absolute":
        alpha = np.abs(alpha)
    if abs(alpha.sum()) < 1e-12 * np.abs(alpha).sum():
        raise MethodError(f"game-theory: the shares {alpha.tolist()} sum to zero", hint=out)
    alpha = alpha / alpha.sum()
    combined = alpha @ w
    if (combined < 0).any():
        at = np.flatnonzero(combined < 0)
        shares = ", ".join(f"{a:.3g}" for a in alpha)
        raise MethodError(
            f"game-theory: weight {combined[at[0]]:.4g} of {{columns}} is negative (shares "
            f"{shares}; condition number {condition:.3g})",
            columns=at.tolist(),
            hint=out,
        )
    return Combination(to_weights(combined, "game-theory"), alpha, condition, convention)

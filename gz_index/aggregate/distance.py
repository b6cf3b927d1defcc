"""Scores by distance from an ideal: TOPSIS, the Wroclaw taxonomy, grey relational analysis."""

from __future__ import annotations

from typing import Literal

import numpy as np

from gz_index._arrays import Array
from gz_index.aggregate._common import inputs, refuse
from gz_index.errors import MethodError

__all__ = ["grey_relational", "topsis", "wroclaw"]


def _choice(method: str, option: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise MethodError(f"{method}: {option} = {value!r}", hint=f"one of {', '.join(choices)}")


def _within_unit(method: str, x: Array) -> None:
    """Refuse values outside [0, 1] where the ideal is 1: beyond it, better would score worse."""
    bad = (x < -1e-9) | (x > 1 + 1e-9)
    if bad.any():
        refuse(
            f"{method} with ideal = 'unit'",
            x,
            bad,
            "outside [0, 1]",
            "use ideal = 'sample', or normalise to [0, 1] (and clip)",
        )


def _distance(x: Array, ideal: Array, v: Array) -> Array:
    """Weighted distances (..., n), square root of sum v (x - ideal)^2, without overflow."""
    d = x - ideal
    unit = np.abs(d).max(axis=(-2, -1), keepdims=True)
    unit = np.where(unit > 0, unit, 1.0)
    return np.asarray(unit[..., 0] * np.sqrt(((d / unit) ** 2 @ v[..., None])[..., 0]))


def topsis(
    x: Array,
    w: Array,
    *,
    weigh: Literal["matrix", "distance"] = "matrix",
    ideal: Literal["sample", "unit"] = "sample",
    scale: Literal["none", "vector"] = "none",
) -> Array:
    r"""Closeness to the ideal, :math:`C = D^- / (D^+ + D^-)`, in [0, 1].

    Two conventions are in print and give different numbers:

    - ``weigh="matrix"`` (Hwang and Yoon): the weights multiply the data,
      :math:`D^\pm = \sqrt{\sum_j w_j^2 (x_j - x_j^\pm)^2}`;
    - ``weigh="distance"``: they weigh the squares, :math:`\sqrt{\sum_j w_j (x_j - x_j^\pm)^2}`.

    Parameters
    ----------
    x : (..., n, k)
        Normalised data, bigger is better.
    w : (..., k)
        Weights >= 0 that sum to one.
    weigh : {"matrix", "distance"}
    ideal : {"sample", "unit"}
        Best and worst are those of the rows at hand, or 1 and 0.
    scale : {"none", "vector"}
        Divide each column by its Euclidean norm first.

    Raises
    ------
    MethodError
        All rows are equal under positive weights (0/0), a value is outside [0, 1] where the ideal
        is 1, or an option is unknown.

    References
    ----------
    Hwang, C.-L. and Yoon, K. (1981). Multiple Attribute Decision Making. Springer.
    doi:10.1007/978-3-642-48318-9

    Examples
    --------
    >>> topsis([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]], [0.5, 0.5])
    array([0. , 1. , 0.5])
    """
    _choice("topsis", "weigh", weigh, ("matrix", "distance"))
    _choice("topsis", "ideal", ideal, ("sample", "unit"))
    _choice("topsis", "scale", scale, ("none", "vector"))
    x, w = inputs("topsis", x, w)
    if ideal == "unit":
        _within_unit("topsis", x)
    if scale == "vector":
        top = np.abs(x).max(axis=-2, keepdims=True)
        x = x / np.where(top > 0, top, 1.0)
        norm = np.sqrt((x**2).sum(axis=-2, keepdims=True))
        x = x / np.where(norm > 0, norm, 1.0)
    best = x.max(axis=-2, keepdims=True) if ideal == "sample" else np.ones(())
    worst = x.min(axis=-2, keepdims=True) if ideal == "sample" else np.zeros(())
    v = w**2 if weigh == "matrix" else w
    near, far = _distance(x, best, v), _distance(x, worst, v)
    if not (near + far > 0).all():
        raise MethodError(
            "topsis: the units do not differ in any weighted indicator (0/0)",
            hint="drop constant indicators, or use ideal = 'unit'",
        )
    return np.asarray(far / (far + near))


def wroclaw(x: Array, w: Array) -> Array:
    r"""Taxonomic measure of development, :math:`1 - d_i / (\bar d + 2 s_d)`.

    :math:`d_i = \sqrt{\sum_j w_j (x_{ij} - x_j^+)^2}` is the distance from the best value of each
    column, with mean and population standard deviation over the units. The original grows with the
    distance; one less it is returned, so that bigger is better. The best possible is 1; a very
    poor unit may fall below 0.

    Parameters
    ----------
    x : (..., n, k)
    w : (..., k)
        Weights >= 0 that sum to one.

    Raises
    ------
    MethodError
        The units do not differ.

    References
    ----------
    Hellwig, Z. (1968). On the application of the taxonomic method to the typological division of
    countries. Przeglad Statystyczny 15(4), 307-327.

    Examples
    --------
    >>> wroclaw([[0.0, 0.0], [1.0, 1.0]], [0.5, 0.5]).round(4)
    array([0.3333, 1.    ])
    """
    x, w = inputs("wroclaw", x, w)
    best = x.max(axis=-2, keepdims=True)
    d = _distance(x, best, w)
    far = d.max(axis=-1, keepdims=True)
    if not (far > 0).all():
        raise MethodError("wroclaw: the units do not differ", hint="drop constant indicators")
    d = d / far  # the measure is free of the unit of the data
    return np.asarray(1 - d / (d.mean(axis=-1, keepdims=True) + 2 * d.std(axis=-1, keepdims=True)))


def grey_relational(
    x: Array, w: Array, *, rho: float = 0.5, ideal: Literal["unit", "sample"] = "unit"
) -> Array:
    r"""Grey relational grade against the ideal unit.

    :math:`\xi_{ij} = (\min\min\Delta + \rho \max\max\Delta) / (\Delta_{ij} + \rho\max\max\Delta)`,
    :math:`\gamma_i = \sum_j w_j \xi_{ij}`, with :math:`\Delta_{ij} = |x_j^* - x_{ij}|`; minimum and
    maximum are taken over all units and indicators, so that a further unit can change every grade.

    Parameters
    ----------
    x : (..., n, k)
    w : (..., k)
        Weights >= 0 that sum to one.
    rho : float in (0, 1]
        Distinguishing coefficient.
    ideal : {"unit", "sample"}
        The ideal is 1 in each indicator, or the best of the rows.

    Raises
    ------
    MethodError
        ``rho`` is out of range, every unit is the ideal (0/0), or a value is outside [0, 1] where
        the ideal is 1.

    References
    ----------
    Deng, J. (1989). Introduction to grey system theory. Journal of Grey System 1(1), 1-24.

    Examples
    --------
    >>> grey_relational([[0.0, 1.0], [1.0, 1.0]], [0.5, 0.5]).round(4)
    array([0.6667, 1.    ])
    """
    _choice("grey-relational", "ideal", ideal, ("unit", "sample"))
    if not 0 < rho <= 1:
        raise MethodError(f"grey-relational: rho = {rho}", hint="rho lies in (0, 1], usually 0.5")
    x, w = inputs("grey-relational", x, w)
    if ideal == "unit":
        _within_unit("grey-relational", x)
    best = x.max(axis=-2, keepdims=True) if ideal == "sample" else 1.0
    delta = np.abs(best - x)
    low = delta.min(axis=(-2, -1), keepdims=True)
    high = delta.max(axis=(-2, -1), keepdims=True)
    if not (high > 0).all():
        raise MethodError(
            "grey-relational: every unit is the ideal (0/0)", hint="drop constant indicators"
        )
    return np.asarray((((low + rho * high) / (delta + rho * high)) @ w[..., None])[..., 0])

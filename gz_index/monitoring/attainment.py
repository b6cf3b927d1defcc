"""Degree of realisation (实现程度): a value as a share of its target, capped at 100."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import Direction

__all__ = ["realisation"]

_FILL = "leave out what is missing; correct the others"


def realisation(
    x: ArrayLike,
    target: ArrayLike | None = None,
    *,
    direction: Literal[1, -1, "+", "-"] = 1,
    interval: tuple[float, float] | None = None,
    limits: tuple[float, float] | None = None,
    cap: float | None = 100.0,
) -> Array:
    r"""Return how far a target is realised, in per cent (实现程度 of well-off-society monitoring).

    With the target :math:`x^*`

    - more is better: :math:`100\, x / x^*`
    - less is better: :math:`100\, x^* / x`
    - best within :math:`[a, b]`: 100 inside, :math:`100 (1 - (a - x) / (a - l))` below,
      :math:`100 (1 - (x - b) / (u - b))` above, and 0 beyond the limits l and u

    all of them cut off at ``cap``.

    Parameters
    ----------
    x : array of any shape, or number
        Values of one indicator, in raw units; for a ratio >= 0 (> 0 where less is better).
    target : array that broadcasts with x, or number > 0
        In the same unit; not with an interval.
    direction : {1, -1}
        Whether more or less is better; not used with an interval.
    interval : (a, b), optional
        Where the indicator is best, a <= b.
    limits : (l, u), optional
        Values at which it is worst, l < a and u > b; needed with an interval.
    cap : float > 0, or None
        Highest degree given; None lets over-fulfilment show.

    Returns
    -------
    array of the shape of x and target
        Degrees in [0, cap].

    Raises
    ------
    MethodError
        A target of zero, a negative value, a zero where less is better, a value that is no finite
        number; an interval without limits, or limits inside it.

    Notes
    -----
    The formulas are those commonly reported for the monitoring of the well-off society (全面小康);
    the scheme itself was read for its indicators and weights only.

    The ratio has no base: where the target is not far above today's level the degree is high on the
    first day. 7.64 of 100 thousand 5G stations are 76.4 per cent before anything is built; against
    the baseline 7.64 the progress is zero.

    In an index the same degrees, as shares of one, are those of
    ``normalise = {"method": "distance-to-target", "clip": True}``, and for an interval with bounds
    those of ``{"method": "goalposts", "clip": True}``; the composite degree is then the weighted
    mean of the index.

    Examples
    --------
    >>> from gz_index.monitoring.attainment import realisation
    >>> realisation([7.64, 10.5], 10).tolist()
    [76.4, 100.0]
    >>> float(realisation(0.8, 0.6, direction=-1).round(12))
    75.0
    >>> realisation([4.0, 7.0, 9.5], interval=(3, 6), limits=(0, 9)).round(1).tolist()
    [100.0, 66.7, 0.0]
    """
    if cap is not None and not (np.isfinite(cap) and cap > 0):
        raise MethodError(f"realisation: cap = {cap!r}", hint="give a degree > 0, or None")
    if (target is None) == (interval is None):
        raise MethodError(
            "realisation needs a target or an interval, and not both",
            hint="realisation(x, 10), or realisation(x, interval=(3, 6), limits=(0, 9))",
        )
    v = _numbers(x, "x")
    if interval is not None:
        z = _within(v, interval, limits)
    else:
        z = _ratio(v, _numbers(target, "target"), direction, limits)
    return z if cap is None else np.minimum(z, cap)


def _ratio(v: Array, t: Array, direction: Any, limits: Any) -> Array:
    if limits is not None:
        raise MethodError("realisation: limits belong to an interval", hint="leave them out")
    try:
        sign = Direction.of(direction).sign
    except ValueError as error:
        raise MethodError(f"realisation: {error}") from None
    if sign == 0:
        raise MethodError(
            f"realisation: direction = {direction!r} is that of an interval",
            hint="give interval=(a, b) and limits=(l, u) in place of a target",
        )
    _refuse(t == 0, t, "target", "of which nothing is a share", "set a target > 0, or an interval")
    _refuse(t < 0, t, "target", "below zero: a ratio has no meaning", "set an interval and limits")
    _refuse(v < 0, v, "x", "below zero: a ratio has no meaning", "set an interval and limits")
    if sign < 0:
        way = "set interval=(0, target) and limits"
        _refuse(v == 0, v, "x", "where less is better: target / x does not exist", way)
    try:
        return np.asarray(100.0 * v / t if sign > 0 else 100.0 * t / v)
    except ValueError:
        raise MethodError(
            f"realisation: x of shape {v.shape} and target of shape {t.shape} do not go together",
            hint="give one target, or one for each value",
        ) from None


def _within(v: Array, interval: Any, limits: Any) -> Array:
    if limits is None:
        raise MethodError(
            f"realisation: the interval {interval} has no limits",
            hint="state limits=(l, u), the values at which the indicator is worst",
        )
    try:
        d = Direction.of({"interval": interval, "bounds": limits})
    except (TypeError, ValueError) as error:
        raise MethodError(f"realisation: interval {interval}, limits {limits}: {error}") from None
    assert d.ideal is not None
    assert d.bounds is not None
    (a, b), (low, high) = d.ideal, d.bounds
    off = np.maximum((a - v) / (a - low), (v - b) / (high - b))
    return np.asarray(100.0 * (1.0 - off.clip(0.0, 1.0)))


def _numbers(x: Any, what: str) -> Array:
    try:
        v = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(f"realisation: {what} is not numbers ({error})", hint=_FILL) from None
    _refuse(~np.isfinite(v), v, what, "which is no finite number", _FILL)
    return v


def _refuse(bad: NDArray[np.bool_], v: Array, what: str, why: str, hint: str) -> None:
    if not bad.any():
        return
    at = np.argwhere(bad)
    place = f" at position {', '.join(map(str, at[0].tolist()))}" if v.ndim else ""
    more = f" (and {len(at) - 1} more)" if len(at) > 1 else ""
    raise MethodError(f"realisation: {what} = {v[bad][0]:g}{place}{more}, {why}", hint=hint)

"""Growth that a target asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gz_index.errors import MethodError

__all__ = ["remaining_growth", "required_growth"]


def required_growth(value: float, target: float, years: float) -> float:
    r"""Average growth a year that leads from a value to a target: :math:`(y_T/y_0)^{1/T} - 1`.

    Parameters
    ----------
    value, target : float
        Above zero, in the same unit.
    years : float
        Above zero.

    Returns
    -------
    float
        A fraction: 0.1 is 10 % a year.

    Raises
    ------
    MethodError
        A value or a target that is not above zero, or no years.

    Examples
    --------
    >>> round(required_growth(7.64, 10, 3), 5)
    0.09388
    """
    for name, v in (("value", value), ("target", target)):
        if not (np.isfinite(v) and v > 0):
            raise MethodError(
                f"required growth: {name} = {v!r}",
                hint="no rate of growth leads from or to zero or below; use yearly increments",
            )
    if not (np.isfinite(years) and years > 0):
        raise MethodError(f"required growth: years = {years!r}", hint="a number above zero")
    return float(np.expm1((np.log(target) - np.log(value)) / years))


def remaining_growth(target_rate: float, growths: Sequence[float], years: int) -> float:
    r"""Average growth still needed for an average over a plan, given the growth of its first years.

    .. math:: g = \left( (1 + g^*)^T / \prod_{s \le t} (1 + g_s) \right)^{1/(T - t)} - 1

    Parameters
    ----------
    target_rate : float
        :math:`g^*`, the average a year over the whole plan, a fraction above -1.
    growths : (t,)
        Growth of each year that has passed, fractions above -1.
    years : int
        T, of the whole plan; more than have passed.

    Returns
    -------
    float
        A fraction.

    Raises
    ------
    MethodError
        A rate at or below -1 or not finite, or no year left.

    Examples
    --------
    >>> round(remaining_growth(0.10, [0.08, 0.09], 5), 5)
    0.11012
    """
    past = np.asarray(growths, dtype=np.float64)
    if years != int(years) or past.ndim != 1 or past.size >= years:
        raise MethodError(
            f"remaining growth: {past.size} of {years} years have passed",
            hint="years is the whole length of the plan, and at least one has to be left",
        )
    for name, rate in (
        ("target_rate", float(target_rate)),
        *(("growths", g) for g in past.tolist()),
    ):
        if not (np.isfinite(rate) and rate > -1):
            raise MethodError(
                f"remaining growth: {name} has {rate!r}", hint="fractions above -1; 0.1 is 10 %"
            )
    need = years * np.log1p(target_rate) - np.log1p(past).sum()
    return float(np.expm1(need / (years - past.size)))

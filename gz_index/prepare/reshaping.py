"""Transforms with fitted parameters: log, shifted log, Box-Cox, Yeo-Johnson."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, Problem
from gz_index.labels import listed
from gz_index.prepare.base import Sheet

__all__ = [
    "OUT_OF_LOG",
    "check_domain",
    "likeliest",
    "refuse_declared",
    "reshaped",
    "transform_name",
    "transformed",
]

#: what to do about values that no logarithm takes
OUT_OF_LOG = "then = 'yeo-johnson' takes any number"


def reshaped(sheet: Sheet, j: int, how: Mapping[str, Any]) -> Array:
    """Return a column transformed as it was fitted.

    Raises
    ------
    DataError
        A value is outside the domain, or its transform is no number.
    """
    if how["transform"] != "yeo-johnson":
        least = how.get("shift", 0.0)
        check_domain(sheet, j, lambda x: x > least, transform_name(how), OUT_OF_LOG)
    out = np.array(sheet.values[:, j])
    known = ~np.isnan(out)
    out[known] = transformed(out[known], how)
    finite = np.isfinite(out)
    check_domain(sheet, j, lambda _: finite, transform_name(how), "choose a power nearer to 1")
    return out


def transformed(x: Array, how: Mapping[str, Any]) -> Array:
    """Transform values within the domain; infinite where a power is too large for a number."""
    name = how["transform"]
    if name in ("log", "log-shift"):
        return np.asarray(np.log(x - how.get("shift", 0.0)))
    with np.errstate(all="ignore"):
        if name == "box-cox":
            from scipy.special import boxcox

            return np.asarray(boxcox(x, how["power"]))
        from scipy.stats import yeojohnson

        return np.asarray(yeojohnson(x, lmbda=how["power"]))


def likeliest(name: str, v: Array) -> float:
    """Return the lambda of the largest likelihood."""
    from scipy.stats import boxcox_normmax, yeojohnson_normmax

    with np.errstate(all="ignore"):
        found = boxcox_normmax(v, method="mle") if name == "box-cox" else yeojohnson_normmax(v)
    return float(found)


def check_domain(
    sheet: Sheet, j: int, inside: Callable[[Array], NDArray[np.bool_]], what: str, hint: str
) -> None:
    """Refuse values of a column that a transform cannot take."""
    x = sheet.values[:, j]
    bad = np.flatnonzero(~inside(x) & ~np.isnan(x))
    if bad.size:
        raise DataError(
            f"treat: {what} cannot take every value",
            listed(
                bad.size,
                "such cells",
                lambda k: Problem(
                    sheet.label(j),
                    f"{x[bad[k]]:.10g} for {sheet.table.row_name(int(bad[k]))}",
                    hint,
                ),
            ),
        )


def refuse_declared(sheet: Sheet, j: int, then: str) -> None:
    """Refuse a transform of an indicator whose definition holds numbers in raw units."""
    i = sheet.indicator(j)
    held = {
        "goalposts": i.goalposts,
        "a best interval": i.direction.ideal,
        "a target": i.target,
        "a baseline": i.baseline,
    }
    have = [name for name, value in held.items() if value is not None]
    if have:
        raise MethodError(
            f"treat: {sheet.label(j)} is still skewed and would be transformed ({then}), but it "
            f"has {' and '.join(have)} in raw units",
            hint="set then = 'none' for it, raise points, or give it a transform of its own",
        )


def transform_name(how: Mapping[str, Any]) -> str:
    """Name of a fitted transform, with its parameter."""
    name = how["transform"]
    if name == "log-shift":
        return f"log of x {'-' if how['shift'] >= 0 else '+'} {abs(how['shift']):.6g}"
    return f"{name}, λ = {how['power']:.4g}" if "power" in how else str(name)

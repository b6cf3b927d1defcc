"""Normalisers that are straight lines: min-max and goalposts, z-scores, AMPI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, Problem
from gz_index.normalise.base import Columns, Fitted, Normaliser, Rows, lowest

__all__ = ["Ampi", "MinMax", "ZScore"]


def bounds(
    method: str, window: str, x: Array, columns: Columns, rows: Rows, constant: float | None = None
) -> dict[str, Any]:
    """Worst and best value of each oriented column, and the width of moderate ones to both sides.

    For a best interval [a, b] the worst is ``c = max(a - min x, max x - b)`` away on both sides, or
    as far as the bounds of the definition say.
    """
    moderate = columns.sign == 0
    if window == "goalposts":
        plus = columns.sign >= 0
        worst = np.where(plus, columns.low, -columns.high)
        best = np.where(plus, columns.high, -columns.low)
        lacking = np.isnan(np.where(moderate, columns.bound_low, columns.low))
        if lacking.any():
            raise DataError(
                f"{method} with window = 'goalposts' needs goalposts",
                [
                    Problem(columns.names[j], "has none", "give goalposts = [low, high]")
                    for j in np.flatnonzero(lacking)
                ],
            )
    else:
        worst, best = lowest(columns.oriented(x))
    below, above = columns.ideal_low - columns.bound_low, columns.bound_high - columns.ideal_high
    if moderate.any():
        best = np.where(moderate, 0.0, best)
        below = np.where(np.isnan(below), -worst, below)
        above = np.where(np.isnan(above), -worst, above)
        worst = np.where(moderate, -np.maximum(below, above), worst)
    if constant is None:
        columns.refuse_constant(method, worst, best, rows)
    return {"worst": worst, "best": best, "below": below, "above": above}


def fraction(x: Array, fitted: Fitted, columns: Columns) -> Array:
    """Where each value lies between worst (0) and best (1)."""
    worst, best = fitted["worst"], fitted["best"]
    span = best - worst
    out: Array = np.asarray(columns.oriented(x) - worst)
    np.divide(out, span, out=out, where=span != 0)
    moderate = columns.sign == 0
    if moderate.any():
        v = x[:, moderate]
        low = (columns.ideal_low[moderate] - v) / fitted["below"][moderate]
        high = (v - columns.ideal_high[moderate]) / fitted["above"][moderate]
        out[:, moderate] = 1 - np.maximum(0.0, np.maximum(low, high))
    return out


@dataclass(frozen=True, kw_only=True)
class MinMax(Normaliser):
    r"""Min-max: :math:`a + (b - a)(x - L) / (U - L)`; with direction -, :math:`(U - x)/(U - L)`.

    With ``window="goalposts"`` L and U are those of the definition. An indicator that is best in an
    interval scores b inside and falls in a straight line to a at the farthest value, or at the
    bounds of its direction.

    Parameters
    ----------
    to : (a, b)
        Interval that worst and best are taken to.
    clip : bool
        Cut values beyond the bounds off (possible with ``base`` and ``goalposts``); they are
        counted in the result.
    constant : float, optional
        Value for an indicator that does not vary; by default that is an error.
    """

    method: ClassVar[str] = "minmax"
    windows: ClassVar[tuple[str, ...]] = ("pooled", "period", "base", "goalposts")
    to: tuple[float, float] = (0.0, 1.0)
    clip: bool = False
    constant: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        a, b = self.to
        object.__setattr__(self, "to", (float(a), float(b)))
        if not a < b:
            raise MethodError(f"minmax: to = [{a}, {b}]", hint="give low < high")

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        return bounds("minmax", self.window, x, columns, rows, self.constant)

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        a, b = self.to
        out = fraction(x, fitted, columns)
        if (a, b) != (0.0, 1.0):
            out *= b - a
            out += a
        if self.constant is not None:
            at = fitted["worst"] == fitted["best"]
            out[:, at] = np.where(np.isnan(x[:, at]), np.nan, self.constant)
        return out

    def limits(self) -> tuple[float, float] | None:
        return self.to if self.clip else None


@dataclass(frozen=True, kw_only=True)
class ZScore(Normaliser):
    r"""Standardisation: :math:`m + s (x - \bar x) / \sigma`; direction - turns the sign.

    Parameters
    ----------
    mean, sd : float
        Of the result; 100 and 10 for the Mazziotta-Pareto index.
    ddof : {1, 0}
        Divisor n - 1 (SPSS, Stata, R) or n (numpy; the Mazziotta-Pareto index).
    """

    method: ClassVar[str] = "zscore"
    mean: float = 0.0
    sd: float = 1.0
    ddof: Literal[0, 1] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ddof not in (0, 1) or not self.sd > 0:
            raise MethodError(
                f"zscore: ddof = {self.ddof}, sd = {self.sd}", hint="ddof is 0 or 1, sd is > 0"
            )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        o = columns.oriented(x)
        low, high = lowest(o)
        columns.refuse_constant("zscore", low, high, rows)
        n = (~np.isnan(o)).sum(axis=0)
        none = n == 0
        centre = np.where(none, np.nan, np.nansum(o, axis=0) / np.maximum(n, 1))
        spread = np.nansum((o - centre) ** 2, axis=0) / np.maximum(n - self.ddof, 1)
        return {"centre": centre, "spread": np.where(none, np.nan, np.sqrt(spread))}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        z = (columns.oriented(x) - fitted["centre"]) / fitted["spread"]
        return np.asarray(z if (self.mean, self.sd) == (0, 1) else self.mean + self.sd * z)


@dataclass(frozen=True, kw_only=True)
class Ampi(Normaliser):
    r"""Re-scaling of the adjusted Mazziotta-Pareto index: 100 is the reference.

    :math:`r = 60 (x - Min) / (Max - Min) + 70` with :math:`Min, Max = Ref \mp \Delta` and
    :math:`\Delta = (\sup x - \inf x) / 2` over all units and periods. Aggregate by ``mpi``.

    Parameters
    ----------
    reference : {"base", "target"}
        Mean of the base period (of all rows where there is one period), or the indicator's target.

    References
    ----------
    Mazziotta, M. and Pareto, A. (2016). On a generalized non-compensatory composite index for
    measuring socio-economic phenomena. Social Indicators Research 127(3), 983-1003.
    doi:10.1007/s11205-015-0998-2
    """

    method: ClassVar[str] = "ampi"
    windows: ClassVar[tuple[str, ...]] = ("pooled",)
    reference: Literal["base", "target"] = "base"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reference not in ("base", "target"):
            raise MethodError(f"ampi: reference = {self.reference!r}", hint="'base' or 'target'")

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        o = columns.oriented(x)
        low, high = lowest(o)
        columns.refuse_constant("ampi", low, high, rows)
        first = o[rows.base]
        n = (~np.isnan(first)).sum(axis=0)
        ref = np.where(n > 0, np.nansum(first, axis=0) / np.maximum(n, 1), np.nan)
        if self.reference == "target":
            ref = columns.oriented(columns.target[None, :])[0]
            columns.refuse(
                "ampi", rows, columns.target[None, :], np.isnan(ref)[None, :], "no target"
            )
        return {"reference": ref, "half": (high - low) / 2}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        part = (columns.oriented(x) - fitted["reference"]) / (2 * fitted["half"])
        return np.asarray(60 * part + 100)

"""Efficacy functions (功效函数): scores between a not-allowed and a satisfied value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.normalise.base import Columns, Fitted, Normaliser, Rows
from gz_index.normalise.linear import bounds, fraction

__all__ = ["Efficacy", "LogEfficacy"]

Curve = Literal["linear", "logarithmic", "exponential", "power"]


@dataclass(frozen=True, kw_only=True)
class Efficacy(Normaliser):
    r"""Efficacy: ``floor`` at the not-allowed value, ``floor + span`` at the satisfied one.

    With :math:`x^s` not allowed and :math:`x^h` satisfied (swapped where less is better):

    - linear: :math:`d = c + q (x - x^s) / (x^h - x^s)`
    - logarithmic: :math:`d = c + q (\ln x - \ln x^s) / (\ln x^h - \ln x^s)`
    - exponential: :math:`d = c\, e^{B u}`, u the linear part, :math:`B = \ln((c + q) / c)`
    - power: :math:`d = c + q (x^a - x^{s\,a}) / (x^{h\,a} - x^{s\,a})`

    A floor such as 60 compresses: geometric means and measures of inequality of such scores depend
    on it.

    Parameters
    ----------
    curve : {"linear", "logarithmic", "exponential", "power"}
    floor, span : float
        c and q; 60 and 40 are the classic pair.
    exponent : float
        a, for the power curve.
    clip : bool
        Cut at floor and floor + span.
    """

    method: ClassVar[str] = "efficacy"
    windows: ClassVar[tuple[str, ...]] = ("pooled", "period", "base", "goalposts")
    curve: Curve = "linear"
    floor: float = 60.0
    span: float = 40.0
    exponent: float = 1.0
    clip: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.curve not in get_args(Curve):
            raise MethodError(
                f"efficacy: curve = {self.curve!r}", hint=f"one of {', '.join(get_args(Curve))}"
            )
        if not self.span > 0 or (self.curve == "exponential" and not self.floor > 0):
            raise MethodError(
                f"efficacy: floor = {self.floor}, span = {self.span}",
                hint="span is > 0; the exponential curve needs a floor > 0",
            )
        if self.curve == "power" and not self.exponent > 0:
            raise MethodError(f"efficacy: exponent = {self.exponent}", hint="give one > 0")

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        if self.curve in ("logarithmic", "power"):
            columns.refuse_moderate(f"efficacy with curve = {self.curve!r}")
        return bounds("efficacy", self.window, x, columns, rows)

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        if self.curve in ("linear", "exponential"):
            u = fraction(x, fitted, columns)
        else:
            s, h = columns.sign * fitted["worst"], columns.sign * fitted["best"]  # raw units
            f = np.log if self.curve == "logarithmic" else lambda v: v**self.exponent
            columns.refuse("efficacy", rows, x, x <= 0, "not above zero")
            ends = np.vstack([s, h])
            columns.refuse("efficacy", rows, ends, ends <= 0, "(bounds) not above zero")
            u = (f(x) - f(s)) / (f(h) - f(s))
        if self.curve == "exponential":
            return np.asarray(self.floor * np.exp(np.log(1 + self.span / self.floor) * u))
        return np.asarray(self.floor + self.span * u)

    def limits(self) -> tuple[float, float] | None:
        return (self.floor, self.floor + self.span) if self.clip else None


@dataclass(frozen=True, kw_only=True)
class LogEfficacy(Normaliser):
    r"""Logarithmic efficacy between base-year quantiles, as in the PKU digital finance index.

    :math:`d = 100 (\ln x - \ln x^l) / (\ln x^h - \ln x^l)` with the 5 and 95 per cent quantiles
    over units in the base year (swapped where less is better). In the base year values beyond
    them take the bound; later years are not capped, so that growth shows.

    Parameters
    ----------
    quantiles : (low, high)
        Linear interpolation (Hyndman and Fan's type 7).

    References
    ----------
    Guo, F., Wang, J., Wang, F., Kong, T., Zhang, X. and Cheng, Z. (2020).
    测度中国数字普惠金融发展：指数编制与空间特征. 经济学（季刊）19(4), 1401-1418.
    """

    method: ClassVar[str] = "log-efficacy"
    windows: ClassVar[tuple[str, ...]] = ("base",)
    window: Literal["base"] = "base"
    quantiles: tuple[float, float] = (0.05, 0.95)

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = self.quantiles
        object.__setattr__(self, "quantiles", (float(low), float(high)))
        if not 0 <= low < high <= 1:
            raise MethodError(
                f"log-efficacy: quantiles = {self.quantiles}", hint="0 <= low < high <= 1"
            )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        columns.refuse_moderate("log-efficacy")
        columns.refuse("log-efficacy", rows, x, x <= 0, "not above zero")
        out = np.full((2, x.shape[1]), np.nan)
        for j in range(x.shape[1]):
            known = x[~np.isnan(x[:, j]), j]
            if known.size:
                out[:, j] = np.quantile(known, self.quantiles)
        columns.refuse_constant("log-efficacy", out[0], out[1], rows)
        low, high = np.where(columns.sign > 0, out, out[::-1])
        return {"low": low, "high": high}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        columns.refuse("log-efficacy", rows, x, x <= 0, "not above zero")
        low, high = np.log(fitted["low"]), np.log(fitted["high"])
        d = 100 * (np.log(x) - low) / (high - low)
        d[rows.base] = np.clip(d[rows.base], 0.0, 100.0)
        return np.asarray(d)

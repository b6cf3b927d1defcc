"""Efficacy functions (功效函数): scores between a not-allowed and a satisfied value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.normalise.base import Columns, Fitted, Normaliser, Rows, number, one_of, pair
from gz_index.normalise.linear import bounds, fraction

__all__ = ["Efficacy", "LogEfficacy"]

Curve = Literal["linear", "logarithmic", "exponential", "power"]

_WAY = "choose curve = 'linear' or 'exponential' for this indicator"
_NO_LOG = "correct it, or give this indicator another normalise, say 'minmax'"


def _quantiles(method: str, value: Any) -> tuple[float, float]:
    low, high = pair(method, "quantiles", value)
    if not 0 <= low < high <= 1:
        raise MethodError(f"{method}: quantiles = {value!r}", hint="0 <= low < high <= 1")
    return low, high


def curved(x: Array, fitted: Fitted, exponent: float | None = None) -> Array:
    """Where f(x) lies between those of worst (0) and best (1), f a power or the logarithm."""
    s, h = fitted["worst"], fitted["best"]
    if exponent is None:
        return np.asarray((np.log(x) - np.log(s)) / (np.log(h) - np.log(s)))
    return np.asarray((x**exponent - s**exponent) / (h**exponent - s**exponent))


@dataclass(frozen=True, kw_only=True)
class Efficacy(Normaliser):
    r"""Efficacy function: ``floor`` at the not-allowed, ``floor + span`` at the satisfied value.

    With :math:`x^s` not allowed and :math:`x^h` satisfied (swapped where less is better) and
    :math:`u = (x - x^s) / (x^h - x^s)`:

    - linear: :math:`d = c + q u`
    - logarithmic: :math:`d = c + q (\ln x - \ln x^s) / (\ln x^h - \ln x^s)`
    - exponential: :math:`d = c\, e^{B u}`, :math:`B = \ln((c + q) / c)`
    - power: :math:`d = c + q (x^a - x^{s\,a}) / (x^{h\,a} - x^{s\,a})`

    A floor such as 60 compresses: geometric means and measures of inequality of such scores depend
    on it.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`. The two values are minimum and maximum of the window, or the
        goalposts.
    curve : {"linear", "logarithmic", "exponential", "power"}
    floor, span : float
        c and q; 60 and 40 are the classic pair.
    exponent : float > 0
        a, for the power curve.
    quantiles : (low, high), optional
        In place of minimum and maximum, by linear interpolation (Hyndman and Fan's type 7).
    clip : bool
        Cut at floor and floor + span; each cell is counted. Otherwise over-fulfilment shows.

    References
    ----------
    邱东 (1991). 多指标综合评价方法的系统分析. 北京: 中国统计出版社.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [1.0, 10.0, 100.0]}, index=["x", "y", "z"])
    >>> index = gz.Index(framework=f, normalise={"method": "efficacy", "curve": "logarithmic"})
    >>> index.evaluate(data).normalised["a"].tolist()
    [60.0, 80.0, 100.0]
    """

    method: ClassVar[str] = "efficacy"
    windows: ClassVar[tuple[str, ...]] = ("pooled", "period", "base", "goalposts")
    curve: Curve = "linear"
    floor: float = 60.0
    span: float = 40.0
    exponent: float | None = None
    quantiles: tuple[float, float] | None = None
    clip: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("efficacy", "curve", self.curve, get_args(Curve))
        one_of("efficacy", "clip", self.clip, [True, False])
        floor, span = (number("efficacy", k, getattr(self, k)) for k in ("floor", "span"))
        number("efficacy", "span", span, span > 0, " > 0")
        if self.curve == "exponential":
            number("efficacy", "floor", floor, floor > 0, " > 0 for the exponential curve")
        object.__setattr__(self, "floor", floor)
        object.__setattr__(self, "span", span)
        if (self.exponent is None) == (self.curve == "power"):
            raise MethodError(
                f"efficacy: exponent = {self.exponent} with curve = {self.curve!r}",
                hint="the power curve needs an exponent > 0, the others have none",
            )
        if self.exponent is not None:
            a = number("efficacy", "exponent", self.exponent)
            object.__setattr__(self, "exponent", number("efficacy", "exponent", a, a > 0, " > 0"))
        if self.quantiles is not None:
            object.__setattr__(self, "quantiles", _quantiles("efficacy", self.quantiles))
            if self.window == "goalposts":
                raise MethodError(
                    "efficacy: quantiles have no effect with window = 'goalposts'",
                    hint="take one of them out",
                )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return the not-allowed (worst) and the satisfied (best) value of each column, (m,)."""
        if self.curve in ("logarithmic", "power"):
            columns.refuse_moderate(f"efficacy with curve = {self.curve!r}")
            self._in_domain(x, columns, rows)
        fitted = bounds("efficacy", self.window, x, columns, rows, q=self.quantiles)
        if self.curve in ("logarithmic", "power"):
            low = np.minimum(fitted["worst"], fitted["best"])
            bad = low <= 0 if self.curve == "logarithmic" else low < 0
            what = "has {} as a bound, outside the domain of the curve"
            columns.refuse_columns("efficacy", bad, what, low, _WAY)
        return fitted

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return scores, floor at the worst and floor + span at the best value."""
        if self.curve == "linear":
            return fraction(x, fitted, columns, (self.floor, self.floor + self.span))
        if self.curve == "exponential":
            growth = np.log(1 + self.span / self.floor)  # B
            return np.asarray(self.floor * np.exp(growth * fraction(x, fitted, columns)))
        self._in_domain(x, columns, rows)
        return np.asarray(self.floor + self.span * curved(x, fitted, self.exponent))

    def _in_domain(self, x: Array, columns: Columns, rows: Rows) -> None:
        bad, what = (x < 0, "below zero") if self.exponent else (x <= 0, "not above zero")
        columns.refuse("efficacy", rows, x, bad, what, _WAY)

    def limits(self) -> tuple[float, float] | None:
        """Return floor and ceiling if clipped."""
        return (self.floor, self.floor + self.span) if self.clip else None


@dataclass(frozen=True, kw_only=True)
class LogEfficacy(Normaliser):
    r"""Logarithmic efficacy between base-year quantiles, as in the PKU digital finance index.

    :math:`d = 100 (\ln x - \ln x^l) / (\ln x^h - \ln x^l)` with the 5 and 95 per cent quantiles
    over units in the base year (swapped where less is better). In the base year values beyond
    them take the bound (each is counted); later years are not capped, so that growth shows.

    Parameters
    ----------
    base : label, optional
        The base period; the first one by default.
    quantiles : (low, high)
        By linear interpolation (Hyndman and Fan's type 7).

    References
    ----------
    郭峰, 王靖一, 王芳, 孔涛, 张勋, 程志云 (2020). 测度中国数字普惠金融发展：指数编制与空间特征.
    经济学（季刊）19(4), 1401-1418.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [1.0, 10.0, 100.0]}, index=["x", "y", "z"])
    >>> spec = {"method": "log-efficacy", "quantiles": [0, 1]}
    >>> gz.Index(framework=f, normalise=spec).evaluate(data).normalised["a"].tolist()
    [0.0, 50.0, 100.0]
    """

    method: ClassVar[str] = "log-efficacy"
    windows: ClassVar[tuple[str, ...]] = ("base",)
    window: Literal["base"] = "base"
    quantiles: tuple[float, float] = (0.05, 0.95)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "quantiles", _quantiles("log-efficacy", self.quantiles))

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return the bound of the worst and of the best values, (m,)."""
        columns.refuse_moderate("log-efficacy")
        columns.refuse("log-efficacy", rows, x, x <= 0, "not above zero", _NO_LOG)
        return bounds("log-efficacy", "base", x, columns, rows, q=self.quantiles)

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return 0 at the lower and 100 at the upper bound."""
        columns.refuse("log-efficacy", rows, x, x <= 0, "not above zero", _NO_LOG)
        return 100 * curved(x, fitted)

    def limits(self) -> tuple[float, float]:
        """Return 0 and 100."""
        return 0.0, 100.0

    def cut(self, rows: Rows) -> NDArray[np.bool_]:
        """Return the rows of the base period: only these are capped."""
        return rows.base

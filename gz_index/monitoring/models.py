"""The models that carry a yearly series on: each gives a centre and the error of a new value."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import Text
from gz_index.monitoring.grey import gm11, grey_path

__all__ = ["METHODS", "TINY", "Aim", "Fit", "refusal"]

#: relative differences below this are rounding
TINY = 1e-9


# t are years since the first, y the values; both (n,)


class _Scale(NamedTuple):
    """The scale on which a method is fitted, and the way back; both are increasing."""

    to: Callable[[Any], Any] = np.asarray
    back: Callable[[Any], Any] = np.asarray


_SAME = _Scale()


class Fit(NamedTuple):
    """Centre, and standard error of a new value if there is one, at years s, on a scale."""

    at: Callable[[Array], tuple[Array, Array | None]]
    df: float = np.inf  # of Student's t
    scale: _Scale = _SAME

    def centre(self, s: Array) -> Array:
        """Median of a new value at years s."""
        with np.errstate(over="ignore"):
            return np.asarray(self.scale.back(self.at(s)[0]))

    def interval(self, s: Array, level: float) -> tuple[Array, Array] | None:
        """Central interval of a new value, or None where its error is not known."""
        from scipy.stats import t as student

        m, error = self.at(s)
        if error is None:
            return None
        half = student.ppf((1 + level) / 2, self.df) * error
        with np.errstate(over="ignore"):
            return self.scale.back(m - half), self.scale.back(m + half)

    def chance(self, s: float, target: float, aim: Aim) -> float | None:
        """Probability that a new value at s meets the target."""
        from scipy.stats import t as student

        m, error = self.at(np.array([s]))
        if error is None:
            return None
        with np.errstate(divide="ignore"):
            goal = float(self.scale.to(target))
        if error[0] <= TINY * max(abs(m[0]), abs(goal)):
            return float(aim.met(self.centre(np.array([s])), target)[0])
        z = (goal - m[0]) / error[0]
        return float(student.sf(aim.better * z, self.df))


class Aim(NamedTuple):
    """Which values meet a target: better = 1, above it; -1, below; sign says whether at it."""

    better: int
    sign: str

    def met(self, values: Array, target: float) -> NDArray[np.bool_]:
        """Say which values meet the target."""
        near = np.isclose(values, target, rtol=TINY, atol=0)
        beyond = values > target if self.better > 0 else values < target
        return np.asarray(beyond & ~near if self.sign in "<>" else beyond | near)


def _norm(x: Array) -> float:
    from scipy.linalg import norm

    return float(norm(x))  # BLAS: neither overflow nor underflow


def _linear(t: Array, y: Array, cap: float | None = None, scale: _Scale = _SAME) -> Fit:
    """Ordinary least squares on time; the error of a new value is exact under normality."""
    from statsmodels.regression.linear_model import OLS

    middle, unit = t.mean(), float(np.abs(y).max()) or 1.0  # squares of y would overflow

    def on(u: Array) -> Array:
        return np.column_stack([np.ones_like(u), u - middle])

    fit = OLS(y / unit, on(t)).fit()

    def at(u: Array) -> tuple[Array, Array]:
        if t.size == 2:
            return unit * fit.predict(on(u)), np.zeros_like(u)
        new = fit.get_prediction(on(u))
        return unit * new.predicted_mean, unit * new.se_obs

    return Fit(at, t.size - 2, scale)


def _log_linear(t: Array, y: Array, cap: float | None) -> Fit:
    def log(v: Any) -> Any:
        return np.log(np.maximum(v, 0.0))

    return _linear(t, log(y), scale=_Scale(log, np.exp))


def _logit(t: Array, y: Array, cap: float | None) -> Fit:
    from scipy.special import expit, logit

    assert cap is not None
    scale = _Scale(lambda v: logit(np.clip(v / cap, 0.0, 1.0)), lambda z: cap * expit(z))
    return _linear(t, scale.to(y), scale=scale)


def _cagr(t: Array, y: Array, cap: float | None) -> Fit:
    rate = (np.log(y[-1]) - np.log(y[0])) / (t[-1] - t[0])

    def at(s: Array) -> tuple[Array, None]:
        with np.errstate(over="ignore"):
            return y[-1] * np.exp(rate * (s - t[-1])), None

    return Fit(at)


def _drift(t: Array, y: Array, cap: float | None) -> Fit:
    """Random walk with drift; over unequal steps its variance grows with time."""
    step, span = np.diff(t), t[-1] - t[0]
    slope, df = (y[-1] - y[0]) / span, t.size - 2
    s = _norm((np.diff(y) - slope * step) / np.sqrt(step)) / np.sqrt(df)

    def at(u: Array) -> tuple[Array, Array]:
        h = u - t[-1]
        return y[-1] + slope * h, s * np.sqrt(h + h**2 / span)

    return Fit(at, df)


def _grey(t: Array, y: Array, cap: float | None) -> Fit | None:
    try:
        g = gm11(y)
    except MethodError:  # values above zero from which it has no parameters
        return None

    def at(s: Array) -> tuple[Array, None]:
        k = np.rint(s).astype(int)
        return grey_path(g.a, g.b, y[0], int(k.max()) + 1)[k], None

    return Fit(at)


def _holt(t: Array, y: Array, cap: float | None, damped: bool = False) -> Fit | None:
    """Exponential smoothing by likelihood, the best of three starts; None if none converges."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel
    from threadpoolctl import threadpool_limits

    if np.abs(np.diff(y, 1 if damped else 2)).max() <= 1e-12 * np.abs(y).max():
        return _linear(t, y)  # the limit without errors, where the likelihood has no maximum
    unit = np.ptp(y)
    v = pd.Series((y - y[0]) / unit)
    slope = v.iloc[-1] / (t.size - 1)
    fits = []
    with (
        threadpool_limits(1, user_api="blas"),  # of arrays this small threads make it slower
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        model = ETSModel(v, error="add", trend="add", damped_trend=damped)
        for start in ((0.1, 0.01), (0.9, 0.09), (0.9, 0.45)):
            first = [*start, *([0.95] if damped else []), -slope, slope]
            fit = model.fit(start_params=first, disp=False)
            if fit.mle_retvals["converged"] and np.isfinite(fit.llf):
                fits.append(fit)
    if not fits:
        return None
    best = max(fits, key=lambda f: float(f.llf))
    df = t.size - len(best.params)

    def at(s: Array) -> tuple[Array, Array]:
        k = np.rint(s - t[-1]).astype(int) - 1
        p = best.get_prediction(start=t.size, end=t.size + int(k.max()))
        mean, variance = np.asarray(p.predicted_mean)[k], np.asarray(p.forecast_variance)[k]
        return y[0] + unit * mean, unit * np.sqrt(variance * t.size / df)  # theirs is SSE / n

    return Fit(at, df)


def _damped(t: Array, y: Array, cap: float | None) -> Fit | None:
    return _holt(t, y, cap, damped=True)


class Method(NamedTuple):
    fit: Callable[[Array, Array, float | None], Fit | None]
    least: int  # points
    name: Text
    needs: str = ""  # "positive" values, or values within "limits"
    yearly: bool = False


#: Every method: how it is fitted, the fewest points it takes, its name, what it needs.
METHODS: Mapping[str, Method] = {
    "linear": Method(_linear, 2, Text("线性趋势", "Linear trend")),
    "cagr": Method(_cagr, 2, Text("年均增长率", "Average growth"), "positive"),
    "log-linear": Method(_log_linear, 3, Text("对数线性趋势", "Log-linear trend"), "positive"),
    "holt": Method(_holt, 6, Text("霍尔特指数平滑", "Holt"), yearly=True),
    "damped": Method(_damped, 7, Text("阻尼趋势指数平滑", "Damped trend"), yearly=True),
    "logit": Method(_logit, 3, Text("logit趋势", "Logit trend"), "limits"),
    "gm11": Method(_grey, 4, Text("GM(1,1)", "GM(1,1)"), "positive", yearly=True),
    "drift": Method(_drift, 3, Text("带漂移随机游走", "Random walk with drift")),
}


def refusal(name: str, least: int, t: Array, y: Array, cap: float | None) -> str:
    """Say why a method cannot be used; empty if it can."""
    method = METHODS[name]
    if y.size < least:
        return "insufficient data"
    if method.yearly and (np.diff(t) > 1).any():
        return "gap in the years"
    if method.needs == "positive" and y.min() <= 0:
        return "values not above zero"
    if method.needs == "limits":
        if cap is None:
            return "no cap"
        if y.min() <= 0 or y.max() >= cap:
            return "outside its limits"
    return ""

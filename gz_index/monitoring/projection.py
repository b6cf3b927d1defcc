"""Forecast of one yearly series to the year of its target, by several methods side by side."""

from __future__ import annotations

import html
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import DataError, MethodError, NotFoundError, Problem
from gz_index.framework import Text
from gz_index.labels import blank, listed
from gz_index.monitoring.grey import gm11
from gz_index.monitoring.models import METHODS, TINY, Aim, Fit, refusal

__all__ = ["Projection", "project"]

Lang: TypeAlias = Literal["code", "zh", "en"]

#: points below which the spread around a trend is not known from the series alone
_INTERVAL = 5
#: errors of forecasts below which methods are not compared
_ORIGINS = 3

_WORDS = {
    "ok": Text("可用", "ok"),
    "insufficient data": Text("数据不足", "insufficient data"),
    "gap in the years": Text("年份不连续，该方法需逐年数据", "needs every year; there is a gap"),
    "values not above zero": Text("存在零或负值，该方法不适用", "needs values above zero"),
    "no cap": Text("未给出上限cap（百分比为100）", "needs cap=, 100 for a share in per cent"),
    "outside its limits": Text(
        "存在不在0与上限之间的值，该方法不适用", "needs values strictly between 0 and its cap"
    ),
    "exceeds its limit": Text(
        "预测值超出0至上限的范围，未截断；宜用logit",
        "the forecast lies outside 0 and its cap and is not cut; use logit",
    ),
    "no estimate": Text("未得到估计", "no estimate was found"),
    "no finite forecast": Text("预测值超出数值范围", "the forecast overflows"),
    "given": Text("已给出", "given"),
    "insufficient data for an interval": Text(
        "数据不足，无法给出区间", "insufficient data for an interval"
    ),
    "none by this method": Text("该方法不提供区间", "none by this method"),
    "no target": Text("无目标", "no target"),
    "already reached": Text("已达到", "already reached"),
    "reached": Text("将达到", "reached"),
    "not reached": Text("{}年前达不到", "not reached by {}"),
    "moves away": Text("偏离目标", "moves away"),
    "": Text(),
}

_HEADS = {
    "outcome": Text("结论", "Outcome"),
    "forecast": Text("预测值", "Forecast"),
    "low": Text("区间下限", "Low"),
    "high": Text("区间上限", "High"),
    "interval": Text("区间", "Interval"),
    "reached": Text("目标", "Target"),
    "year": Text("达到年份", "Year reached"),
    "probability": Text("达标概率", "Probability"),
    "origins": Text("滚动起点数", "Origins"),
    "mae": Text("一步MAE", "MAE, 1 year"),
    "mape": Text("一步MAPE（%）", "MAPE, 1 year (%)"),
    "drift_mae": Text("漂移一步MAE", "MAE of drift, 1 year"),
    "beats_drift": Text("优于漂移", "Beats drift"),
    "origins_h": Text("滚动起点数（h步）", "Origins, h years"),
    "mae_h": Text("h步MAE", "MAE, h years"),
    "mape_h": Text("h步MAPE（%）", "MAPE, h years (%)"),
    "drift_mae_h": Text("漂移h步MAE", "MAE of drift, h years"),
}


# -- the projection --------------------------------------------------------------------------------


def project(
    series: pd.Series[Any] | Mapping[int, float],
    to: int,
    *,
    target: float | None = None,
    better: int = 1,
    operator: str = "=",
    methods: Sequence[str] | None = None,
    level: float = 0.9,
    cap: float | None = None,
    horizon: int | None = None,
    minimum: Mapping[str, int] | None = None,
) -> Projection:
    r"""Forecast a yearly series to a year by several methods, beside how such forecasts fared.

    ===========  ==================================================  ======  ====================
    method       model, t years                                      points  prediction interval
    ===========  ==================================================  ======  ====================
    linear       :math:`y = \alpha + \beta t + e`, least squares     2       Student t, n - 2
    cagr         :math:`y_n (y_n/y_1)^{(t - t_n)/(t_n - t_1)}`       2       none
    log-linear   linear in :math:`\ln y`                             3       Student t, n - 2
    holt         level and trend, ETS(A,A,N)                         6       Student t, n - 4
    damped       the same with a damped trend, ETS(A,Ad,N)           7       Student t, n - 5
    logit        linear in :math:`\ln(y / (cap - y))`                3       Student t, n - 2
    gm11         grey model, see :func:`gm11`                        4       none
    drift        random walk with drift, the benchmark               3       Student t, n - 2
    ===========  ==================================================  ======  ====================

    The half-width of the interval is :math:`t_{n-2} s \sqrt{1 + 1/n + (t-\bar t)^2/S_{tt}}` for
    linear, and :math:`t_{n-2} s \sqrt{h + h^2/(t_n - t_1)}` for drift h years ahead. No interval is
    given from fewer than five points: so few do not show their spread. Forecasts on another scale
    are carried back by quantiles, so each forecast is the median.

    Parameters
    ----------
    series : Series or mapping
        Value by year, in any order. A year without a value is a gap; holt, damped and gm11 need
        every year.
    to : int
        A year after the last one.
    target : float, optional
        In the unit of the series.
    better : {1, -1}
        -1 where less is better.
    operator : {"=", ">=", ">", "<=", "<"}
        How values meet the target; for "=" the direction decides.
    methods : sequence of str, optional
        Keys of :data:`METHODS`; all by default.
    level : float
        Of the intervals, in (0, 1).
    cap : float, optional
        Natural limit: 100 for a share in per cent. logit needs it; of other methods a forecast
        outside 0 and cap is named and never cut.
    horizon : int, optional
        Last year in which the target is looked for; ten years after ``to`` by default.
    minimum : mapping of str to int, optional
        More points for a method than its own minimum.

    Returns
    -------
    Projection

    Raises
    ------
    DataError
        Years that are not whole numbers or stand twice, values that are not finite numbers.
    MethodError
        Options out of range.
    NotFoundError
        An unknown method.

    Notes
    -----
    Accuracy is that of forecasts made from the first points only (rolling origin), one year and
    h = to - last year ahead, beside drift from the same points; fit in the sample is not accuracy.
    The intervals of holt and damped take the smoothing parameters for known, so they are too
    narrow, although the variance is divided by the degrees of freedom that are left: of intervals
    at 90 % three years ahead, over 80 synthetic straight lines with noise for each of n = 8, 14 and
    25, holt covered 84 to 89 % and damped 70 to 78 %. Their likelihood has several maxima: the best
    of three starts is taken.

    References
    ----------
    Hyndman, R. J., Koehler, A. B., Ord, J. K. and Snyder, R. D. (2008). Forecasting with
    Exponential Smoothing. Springer. doi:10.1007/978-3-540-71918-2
    Tashman, L. J. (2000). Out-of-sample tests of forecasting accuracy. International Journal of
    Forecasting 16(4), 437-450. doi:10.1016/S0169-2070(00)00065-0

    Examples
    --------
    5G base stations in Guangzhou, in 10 000, and the target of the plan for 2025:

    >>> p = project({2022: 7.64, 2023: 9.17}, 2025, target=10)
    >>> p.table.loc[["linear", "cagr", "drift"], ["outcome", "forecast", "year"]].round(2)
                      outcome  forecast  year
    method
    linear                 ok     12.23  2024
    cagr                   ok     13.21  2024
    drift   insufficient data       NaN  <NA>
    """
    years, y, remarks = _read(series)
    aim = _aim(better, operator)
    if isinstance(to, bool) or not isinstance(to, int | np.integer):
        raise MethodError(f"to = {to!r}", hint="a whole year")
    end = to + 10 if horizon is None else horizon
    _check(years[-1], to, end, level, target, cap)
    least = _minimum(minimum)
    t, h = np.array(years, dtype=np.float64) - years[0], to - years[-1]
    rows: dict[str, dict[str, Any]] = {}
    paths: dict[str, pd.DataFrame] = {}
    names = list(METHODS) if methods is None else _known(methods)
    with warnings.catch_warnings():  # statsmodels adds filters when it is first imported
        for name in names:
            why = refusal(name, least[name], t, y, cap)
            fit = None if why else METHODS[name].fit(t, y, cap)
            rows[name] = {"outcome": why or "no estimate"}
            if fit is None:
                continue
            path = _path(fit, years, end, level)
            at = path.iloc[h - 1]
            if not np.isfinite(at["forecast"]):
                rows[name] = {"outcome": "no finite forecast"}
                continue
            paths[name] = path.loc[:to]
            rows[name] = _answer(at, y, cap) | _reached(path, end, years, y, target, aim)
            if rows[name]["interval"] == "given" and target is not None:
                rows[name]["probability"] = fit.chance(t[-1] + h, target, aim)
        errors = _errors(list(dict.fromkeys([*paths, "drift"])), least, years, y, cap, h)
    for name in paths:
        rows[name] |= _accuracy(errors, name, h, float(np.abs(y).max()))
    if "gm11" in paths:
        remarks += gm11(y).texts()
    return Projection(
        pd.Series(y, pd.Index(years, name="year"), name=getattr(series, "name", None)),
        to,
        target,
        aim.sign,
        level,
        cap,
        end,
        _table(rows),
        _paths(paths),
        errors,
        tuple(remarks),
    )


def _read(series: Any) -> tuple[list[int], Array, list[Text]]:
    """Years in order and their values; a missing value is a gap and is noted."""
    if not isinstance(series, pd.Series | Mapping):
        raise DataError(
            f"a {type(series).__name__} has no years",
            [Problem("series", "give a Series indexed by year", "or a mapping of year to value")],
        )
    known: dict[int, float] = {}
    gaps, problems = [], []
    for label, value in series.items():
        where = str(label)
        if isinstance(label, bool) or not isinstance(label, int | np.integer):
            hint = "series.index = series.index.astype(int), or .index.year of dates"
            problems.append(Problem(where, "is not a whole year", hint))
        elif int(label) in known or int(label) in gaps:
            problems.append(Problem(where, "stands twice", "keep one"))
        elif blank(value):
            gaps.append(int(label))
        elif not _number(value):
            problems.append(Problem(where, f"{value!r} is not a finite number", "correct it"))
        else:
            known[int(label)] = float(value)
    if problems or not known:
        what = str(getattr(series, "name", None) or "series")
        found = problems or [Problem(what, "no year has a value", "give at least one")]
        raise DataError(
            "the series cannot be projected", listed(len(found), "years", found.__getitem__)
        )
    years = sorted(known)
    remarks = []
    if gaps:
        which = ", ".join(map(str, sorted(gaps)))
        remarks.append(Text(f"无数值的年份：{which}", f"years without a value: {which}"))
    return years, np.array([known[i] for i in years]), remarks


def _number(value: Any) -> bool:
    real = isinstance(value, int | float | np.integer | np.floating)
    return real and not isinstance(value, bool) and bool(np.isfinite(value))


def _aim(better: int, operator: str) -> Aim:
    if better not in (1, -1):
        raise MethodError(f"better = {better!r}", hint="1: more is better; -1: less is better")
    fitting = ("=", ">=", ">") if better > 0 else ("=", "<=", "<")
    if operator not in fitting:
        raise MethodError(
            f"operator = {operator!r} with better = {better}",
            hint=f"one of {', '.join(fitting)}, or turn the direction",
        )
    sign = ">=" if better > 0 else "<="
    return Aim(better, sign if operator == "=" else operator)


def _check(
    last: int, to: int, horizon: int, level: float, target: float | None, cap: float | None
) -> None:
    if not isinstance(horizon, int | np.integer):
        raise MethodError(f"horizon = {horizon!r}", hint="a whole year")
    if to <= last:
        raise MethodError(f"to = {to}, but {last} is known", hint="name a year after the last one")
    if horizon < to:
        raise MethodError(f"horizon = {horizon} before to = {to}", hint="look further")
    if not 0 < level < 1:
        raise MethodError(f"level = {level!r}", hint="between 0 and 1, such as 0.9")
    if cap is not None and not 0 < cap < np.inf:
        raise MethodError(f"cap = {cap!r}", hint="a number above zero: 100 for a share in per cent")
    if target is not None and not np.isfinite(target):
        raise MethodError(f"target = {target!r}", hint="a finite number, or None")
    if target is not None and cap is not None and target > cap:
        raise MethodError(f"target = {target:g} lies above cap = {cap:g}", hint="correct one")


def _known(names: Sequence[str]) -> list[str]:
    names = [names] if isinstance(names, str) else names
    for name in names:
        if name not in METHODS:
            there = ", ".join(METHODS)
            raise NotFoundError(
                f"no projection {name!r}{closest(name, list(METHODS))}; there are {there}"
            )
    return list(dict.fromkeys(names))


def _minimum(given: Mapping[str, int] | None) -> dict[str, int]:
    least, more = {name: method.least for name, method in METHODS.items()}, dict(given or {})
    for name in _known(list(more)):
        if more[name] < least[name]:
            raise MethodError(f"minimum of {name} = {more[name]}", hint=f"at least {least[name]}")
    return least | more


def _path(fit: Fit, years: list[int], end: int, level: float) -> pd.DataFrame:
    """Forecasts from the first year ahead to the end, at least two, so that they have a slope."""
    ahead = np.arange(years[-1] + 1, max(end, years[-1] + 2) + 1)
    s = (ahead - years[0]).astype(np.float64)
    out = pd.DataFrame({"forecast": fit.centre(s)}, index=pd.Index(ahead, name="year"))
    bounds = fit.interval(s, level) if len(years) >= _INTERVAL else None
    out["low"], out["high"] = bounds or (np.nan, np.nan)
    return out


def _answer(at: pd.Series[Any], y: Array, cap: float | None) -> dict[str, Any]:
    """Forecast and interval in the year asked for, and whether the limit allows them."""
    f = float(at["forecast"])
    beyond = cap is not None and (f > cap * (1 + TINY) or f < 0 <= y.min())
    given = "given" if not np.isnan(at["low"]) else "none by this method"
    return {
        "outcome": "exceeds its limit" if beyond else "ok",
        **at,
        "interval": given if y.size >= _INTERVAL else "insufficient data for an interval",
    }


def _reached(
    path: pd.DataFrame, end: int, years: list[int], y: Array, target: float | None, aim: Aim
) -> dict[str, Any]:
    """First year that meets the target: of those observed up to the last, else of the forecasts."""
    if target is None:
        return {"reached": "no target"}
    met = aim.met(y, target)
    if met[-1]:
        since = int(np.flatnonzero([True, *~met])[-1])  # the year after the last miss
        return {"reached": "already reached", "year": years[since]}
    f = path["forecast"].to_numpy()
    hits = np.flatnonzero(aim.met(f, target))
    if hits.size and (year := int(path.index[hits[0]])) <= end:
        return {"reached": "reached", "year": year}
    first, last = f[[0, -1]]
    away = aim.better * (last - first) < -TINY * max(abs(first), abs(last))
    return {"reached": "moves away" if away else "not reached"}


def _errors(
    names: list[str], least: dict[str, int], years: list[int], y: Array, cap: float | None, h: int
) -> pd.DataFrame:
    """Forecasts of known years from the points before them, one year and h years ahead."""
    t, at = np.array(years, dtype=np.float64) - years[0], {v: i for i, v in enumerate(years)}
    rows = []
    for name in names:
        for n in range(max(least[name], least["drift"]), y.size):
            steps = [s for s in sorted({1, h}) if years[n - 1] + s in at]
            fit = METHODS[name].fit(t[:n], y[:n], cap) if steps else None
            if fit is None:
                continue
            for s in steps:
                actual, f = y[at[years[n - 1] + s]], fit.centre(t[n - 1 : n] + s)[0]
                rows.append((name, years[n - 1], s, actual, f, actual - f))
    heads = ["method", "origin", "ahead", "actual", "forecast", "error"]
    return pd.DataFrame(rows, columns=heads)


def _accuracy(errors: pd.DataFrame, name: str, h: int, peak: float) -> dict[str, Any]:
    """Mean errors of a method, and of drift from the same origins."""
    out: dict[str, Any] = {}
    for tail, ahead in (("", 1), ("_h", h)):
        part = errors[errors["ahead"] == ahead].set_index("origin")
        own, drift = (part[part["method"] == m] for m in (name, "drift"))
        out["origins" + tail] = len(own)
        if len(own):
            out["mae" + tail] = own["error"].abs().mean()
            out["drift_mae" + tail] = drift.loc[own.index, "error"].abs().mean()
            if (own["actual"] != 0).all():
                out["mape" + tail] = 100 * (own["error"] / own["actual"]).abs().mean()
    if out["origins"] and name != "drift":
        out["beats_drift"] = bool(out["mae"] < out["drift_mae"] - TINY * peak)
    return out


def _table(rows: dict[str, dict[str, Any]]) -> pd.DataFrame:
    blank_row = {"interval": "", "reached": "", "origins": 0, "origins_h": 0}
    full = [blank_row | row for row in rows.values()]
    out = pd.DataFrame(full, pd.Index(list(rows), name="method"), list(_HEADS))
    kinds = dict.fromkeys(out.columns, "float64") | {"year": "Int64", "beats_drift": "boolean"}
    kinds |= dict.fromkeys(["outcome", "interval", "reached"], "str")
    kinds |= dict.fromkeys(["origins", "origins_h"], "int64")
    return out.astype(kinds)


def _paths(paths: dict[str, pd.DataFrame]) -> pd.DataFrame:
    if paths:
        return pd.concat(paths, names=["method"])
    index = pd.MultiIndex.from_arrays([[], []], names=["method", "year"])
    return pd.DataFrame(columns=["forecast", "low", "high"], index=index, dtype=np.float64)


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """Forecasts of one series to a year; see :func:`project`.

    Attributes
    ----------
    series : Series
        The values that were used, by year.
    to, horizon : int
    target, cap : float or None
    operator : str
        As it was applied: never "=".
    level : float
    table : DataFrame
        A row for each method: ``outcome`` ("ok", or why there is no forecast or a doubtful one),
        ``forecast`` at ``to`` with ``low`` and ``high``, ``interval`` (given, or why not),
        ``reached`` and the ``year``: the first forecast that meets the target, or, where the last
        value meets it already, the year since when; ``probability`` that the target is met at
        ``to``. Then the errors of forecasts of known years: ``origins`` (how many), ``mae``,
        ``mape`` in per cent, ``drift_mae`` from the same origins, ``beats_drift``, all one year
        ahead; with ``_h`` as many years ahead as ``to`` is. Missing where there is no answer.
    path : DataFrame
        ``forecast``, ``low``, ``high`` by (method, year), from the first year ahead up to ``to``.
    errors : DataFrame
        Every forecast of a known year from the years up to its ``origin``; error = actual -
        forecast.
    """

    series: pd.Series[float]
    to: int
    target: float | None
    operator: str
    level: float
    cap: float | None
    horizon: int
    table: pd.DataFrame = field(repr=False)
    path: pd.DataFrame = field(repr=False)
    errors: pd.DataFrame = field(repr=False)
    remarks: tuple[Text, ...] = ()

    @cached_property
    def best(self) -> str | None:
        """The method of least mean absolute error one year ahead, over the same origins for all.

        Among those whose forecast is "ok" and that have at least three origins; those with an
        interval go before those without. None where there is none.
        """
        t = self.table[(self.table["outcome"] == "ok") & (self.table["origins"] >= _ORIGINS)]
        given = t[t["interval"] == "given"]
        names = list((given if len(given) else t).index)
        e = self.errors[(self.errors["ahead"] == 1) & self.errors["method"].isin(names)]
        wide = e.pivot_table(index="origin", columns="method", values="error").dropna()
        if len(wide) < _ORIGINS:
            return None
        rounding = TINY * self.series.abs().max()
        return str(wide[names].abs().mean().clip(lower=rounding).idxmin())

    def to_frame(self, *, lang: Lang = "code") -> pd.DataFrame:
        """Return the table; in a language, with its heads, names and outcomes as words.

        Parameters
        ----------
        lang : {"code", "zh", "en"}
        """
        if lang == "code":
            return self.table
        out = self.table.rename(columns={k: v.get(lang) for k, v in _HEADS.items()})
        for head in ("outcome", "interval", "reached"):
            words = [_WORDS[v].get(lang).format(self.horizon) for v in self.table[head]]
            out[_HEADS[head].get(lang)] = words
        names = [METHODS[str(m)].name.get(lang) for m in out.index]
        return out.set_axis(pd.Index(names, name="方法" if lang == "zh" else "Method"))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know, in English; ``notes_in("zh")`` gives Chinese."""
        return self.notes_in("en")

    def notes_in(self, lang: Literal["zh", "en"]) -> tuple[str, ...]:
        """Return the notes in one language."""
        return tuple(t.get(lang) for t in (*self._texts(), *self.remarks))

    def _texts(self) -> list[Text]:
        t, n, out = self.table, len(self.series), []
        if n < _INTERVAL:
            out.append(
                Text(
                    f"仅{n}个数据点：数据不足，无法给出区间与达标概率；区间须借助同类地区的数据",
                    f"{n} point{'s' if n > 1 else ''}: insufficient data for an interval and for a "
                    "probability; an honest one needs the series of peers",
                )
            )
        for what, words in (
            (t["outcome"] == "exceeds its limit", _WORDS["exceeds its limit"]),
            (
                (t["outcome"] == "ok") & (t["high"] > (self.cap or np.inf)),
                Text("区间上限超出上限cap，未截断", "the interval passes the cap and is not cut"),
            ),
        ):
            if what.any():
                which = ", ".join(t.index[what])
                out.append(Text(f"{which}：{words.zh}", f"{which}: {words.en}"))
        best = self.best
        out.append(
            Text(
                f"对已知年份的一步预测误差最小：{best}",
                f"least error in forecasts of known years, one year ahead: {best}",
            )
            if best
            else Text(
                "对已知年份的预测不足三次，无法比较各方法的精度",
                "fewer than three forecasts of known years: the methods cannot be compared",
            )
        )
        return out

    def _caption(self) -> str:
        what = "series" if self.series.name is None else str(self.series.name)
        aim = "" if self.target is None else f", target {self.operator} {self.target:g}"
        years = self.series.index
        return f"projection of {what} ({years[0]}-{years[-1]}) to {self.to}{aim}"

    def __repr__(self) -> str:
        body = self.table.to_string(float_format=lambda v: f"{v:.4f}")
        return f"{self._caption()}\n{body}" + "".join(f"\n- {n}" for n in self.notes)

    def _repr_html_(self) -> str:
        table = self.to_frame(lang="en").to_html(float_format=lambda v: f"{v:.4f}", escape=True)
        notes = "".join(f"<li>{html.escape(n)}</li>" for n in self.notes)
        return f"<p><b>{html.escape(self._caption())}</b></p>{table}<ul>{notes}</ul>"

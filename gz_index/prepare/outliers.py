"""Outliers: the rule of the JRC on skewness and kurtosis, fences, and transforms that are kept."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import Framework, Text
from gz_index.normalise.base import TRANSFORMS, constant, number, one_of, pair, transform
from gz_index.prepare.base import Fitted, Sheet, Step, others
from gz_index.prepare.reshaping import (
    OUT_OF_LOG,
    check_domain,
    likeliest,
    refuse_declared,
    reshaped,
    transform_name,
    transformed,
)

__all__ = ["OUTCOMES", "Treat", "winsorise"]

Rule: TypeAlias = Literal["jrc", "iqr", "z", "bounds", "percentiles"]
Then: TypeAlias = Literal["log", "log-shift", "box-cox", "yeo-johnson", "none"]

#: limits of the rule of the JRC, as COINr has them
_SKEW, _KURTOSIS, _POINTS = 2.0, 3.5, 5

#: which rules an option belongs to
_OF: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("skew", "kurtosis", "points", "share", "then", "power"), ("jrc",)),
    "k": ("iqr", "z"),
    "bounds": ("bounds",),
    "percentiles": ("percentiles",),
}

#: what can come of a column
OUTCOMES: Mapping[str, Text] = {
    "untouched": Text("无异常值，未处理", "no outliers, left as it is"),
    "winsorised": Text("已缩尾", "winsorised"),
    "transformed": Text("已变换", "transformed"),
    "still-skewed": Text("处理后偏度与峰度仍超限", "still skewed after treatment"),
    "too-few": Text("数值少于四个，无法判断", "fewer than four values, cannot be judged"),
    "no-spread": Text("数值没有离散度，无法判断", "values have no spread to be judged by"),
}

#: back from an indicator's own transform
_BACK: Mapping[str, Any] = {
    "log": np.exp,
    "log10": lambda t: np.power(10.0, t),
    "log1p": np.expm1,
    "sqrt": lambda t: np.square(np.maximum(t, 0.0)),
    "logit": lambda t: 1 / (1 + np.exp(-t)),
}


# -- shape and winsorising of one column -----------------------------------------------------------


class _Shape(NamedTuple):
    """Skewness G1 and excess kurtosis G2 of a column."""

    skew: float
    kurtosis: float

    def flagged(self, skew: float, kurtosis: float) -> bool:
        """Whether both limits are passed."""
        return abs(self.skew) > skew and self.kurtosis > kurtosis


def _shape(v: Array) -> _Shape:
    """Shape of at least four values, corrected for their number: as pandas, Excel SKEW and KURT.

    Both are 0 where nothing varies.
    """
    n = v.size
    if _constant(v.min(), v.max()):
        return _Shape(0.0, 0.0)
    d = v / np.abs(v).max()
    d = d - d.mean()
    d = d / np.abs(d).max()  # no power of it vanishes
    s2 = float((d**2).sum()) / (n - 1)
    g1 = n / ((n - 1) * (n - 2)) * float((d**3).sum()) / s2**1.5
    g2 = n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * float((d**4).sum()) / s2**2
    return _Shape(g1, g2 - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3)))


def _constant(low: Any, high: Any) -> bool:
    return bool(constant(np.asarray(low), np.asarray(high)))


def _pull(t: Array, limit: int, skew: float, kurtosis: float) -> tuple[int, int, _Shape]:
    """Winsorise a sorted column until it passes; points moved below and above, and its shape."""
    low, high = 0, t.size - 1
    while True:
        now = _shape(np.clip(t, t[low], t[high]))
        if not now.flagged(skew, kurtosis):
            break
        to, end = low, high
        if now.skew >= 0:
            end = int(np.searchsorted(t, t[high], "left")) - 1
        else:
            to = int(np.searchsorted(t, t[low], "right"))
        if to + t.size - 1 - end > limit or t[to] == t[end]:  # never down to a single value
            break
        low, high = to, end
    return low, t.size - 1 - high, now


def winsorise(
    x: ArrayLike, points: int = _POINTS, *, skew: float = _SKEW, kurtosis: float = _KURTOSIS
) -> Array:
    """Move the most extreme values of a column to the next value until it is no longer skewed.

    While the skewness is beyond ``skew`` in absolute value and the excess kurtosis beyond
    ``kurtosis``, the largest value (the smallest, if the skewness is negative) becomes the next
    one. Values that are tied move together, and only if all of them stay within ``points`` and
    more than one value is left.

    Parameters
    ----------
    x : (n,)
        NaN is missing and stays so.
    points : int
        So many values may be moved, at both ends together.
    skew, kurtosis : float
        Bias-corrected, as in pandas and Excel. The defaults are those of the JRC.

    Returns
    -------
    (n,)
        A new array. Fewer than four values are returned as they are.

    Raises
    ------
    MethodError
        It is no column of numbers.

    References
    ----------
    Becker, W., Caperna, G., Del Sorbo, M., Norlen, H., Papadimitriou, E. and Saisana, M. (2022).
    COINr: An R package for developing composite indicators. Journal of Open Source Software
    7(78), 4567. doi:10.21105/joss.04567

    Examples
    --------
    >>> winsorise([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100]).tolist()[-3:]
    [10.0, 30.0, 30.0]
    """
    a = np.array(x, dtype=np.float64)
    if a.ndim != 1 or np.isinf(a).any():
        raise MethodError(
            f"winsorise needs one column of finite numbers; got shape {a.shape}",
            hint="pass the columns one by one",
        )
    limit = _count("points", points)
    v = np.sort(a[~np.isnan(a)])
    if v.size < 4:
        return a
    below, above, _ = _pull(v, limit, skew, kurtosis)
    return np.clip(a, v[below], v[v.size - 1 - above])


def _count(option: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise MethodError(f"treat: {option} = {value!r}", hint="give a whole number, 0 or more")
    return int(value)


# -- the step ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Treat(Step):
    r"""Winsorise or transform indicators with outliers; column by column, in raw values.

    Under the rule of the JRC a column is flagged if \|skewness\| > 2 and excess kurtosis > 3.5,
    both corrected for the number of values. Its most extreme values are moved to the next value,
    one after the other, until it passes (see :func:`winsorise`). If it does not pass within
    ``points``, that is undone, and the column is transformed and checked again. The other rules
    move what lies beyond two bounds to the bound.

    Bounds and parameters are taken from the rows of ``window`` and kept: other periods and later
    releases are cut off at the same bounds and transformed with the same parameters. An indicator
    that has a ``transform`` of its own is judged by its transformed values, and gets no second.

    Parameters
    ----------
    rule : {"jrc", "iqr", "z", "bounds", "percentiles"}
        ``iqr``: quartiles -/+ ``k`` times their distance; ``z``: mean -/+ ``k`` standard deviations
        (divisor n - 1); ``bounds``, ``percentiles``: as given.
    points : int, optional
        Of the JRC's rule: so many values may be moved; 5 by default.
    share : float, optional
        In place of ``points``: a share of the known values, rounded down.
    skew, kurtosis : float
        Limits of the JRC's rule.
    then : {"log", "log-shift", "box-cox", "yeo-johnson", "none"}
        Where winsorising is not enough: ln x; ln(x - min + a) with a = 1 % of the range; power
        transforms. With ``none``, or a transform of its own, the column stays winsorised.
    power : float, optional
        Lambda of ``box-cox`` or ``yeo-johnson``; by default that of the largest likelihood.
    k : float, optional
        1.5 for ``iqr``, 3 for ``z`` by default.
    bounds : mapping
        ``{code: [low, high]}`` in raw units; inf where there is none.
    percentiles : (float, float)
        In per cent, by linear interpolation; 1 and 99 by default.
    window : {"pooled", "base"}
        All rows, or those of the base period.
    base : label, optional
        The base period; the first one by default.

    References
    ----------
    Becker et al. (2022), as :func:`winsorise`; Box, G. E. P. and Cox, D. R. (1964). An analysis of
    transformations. Journal of the Royal Statistical Society B 26, 211-252; Yeo, I.-K. and
    Johnson, R. A. (2000). A new family of power transformations to improve normality or symmetry.
    Biometrika 87, 954-959. doi:10.1093/biomet/87.4.954

    Examples
    --------
    >>> import gz_index as gz
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [*range(1, 11), 30, 100]}, index=[*"ABCDEFGHIJKL"])
    >>> sheet = Sheet(gz.table.align(data, f), f)
    >>> step = Treat()
    >>> fitted = step.fit(sheet)
    >>> step.apply(sheet, fitted).values[-2:].ravel().tolist()
    [30.0, 30.0]
    >>> print(step.said(fitted)[0])
    winsorised: a (0 low, 1 high)
    """

    kind: ClassVar[str] = "treat"
    rule: Rule = "jrc"
    points: int | None = None
    share: float | None = None
    skew: float = _SKEW
    kurtosis: float = _KURTOSIS
    then: Then = "log"
    power: float | None = None
    k: float | None = None
    bounds: Mapping[str, tuple[float, float]] | None = None
    percentiles: tuple[float, float] | None = None
    window: Literal["pooled", "base"] = "pooled"
    base: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        put = object.__setattr__
        one_of("treat", "rule", self.rule, get_args(Rule))
        one_of("treat", "then", self.then, get_args(Then))
        one_of("treat", "window", self.window, ("pooled", "base"))
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            if value != f.default and self.rule not in _OF.get(f.name, (self.rule,)):
                raise MethodError(
                    f"treat: {f.name} = {value!r} has no effect with rule = {self.rule!r}",
                    hint=f"it belongs to rule = {' or '.join(map(repr, _OF[f.name]))}",
                )
        if self.points is not None:
            put(self, "points", _count("points", self.points))
        if self.points is not None and self.share is not None:
            raise MethodError("treat: both points and share are given", hint="take one of them out")
        if self.power is not None and self.then not in ("box-cox", "yeo-johnson"):
            raise MethodError(
                f"treat: power = {self.power!r} has no effect with then = {self.then!r}",
                hint="then = 'box-cox' or 'yeo-johnson'",
            )
        for name, least, most in (
            ("skew", 0, math.inf),
            ("kurtosis", -math.inf, math.inf),
            ("k", 0, math.inf),
            ("share", 0, 0.5),
            ("power", -math.inf, math.inf),
        ):
            value = getattr(self, name)
            if value is not None:
                ok = isinstance(value, int | float) and least < value < most
                where = "" if least < 0 else f" above 0{f', below {most}' if most < 1 else ''}"
                put(self, name, number("treat", name, value, ok, where))
        if self.base is not None and self.window != "base":
            raise MethodError(
                f"treat: base = {self.base!r} has no effect with window = {self.window!r}",
                hint="set window = 'base', or take base out",
            )
        if self.rule == "percentiles":
            low, high = pair("treat", "percentiles", self.percentiles or (1, 99))
            if low < 0 or high > 100:
                raise MethodError(
                    f"treat: percentiles = {self.percentiles!r}", hint="give two from 0 to 100"
                )
            put(self, "percentiles", (low, high))
        if self.rule == "bounds":
            put(self, "bounds", _bounds(self.bounds))

    @property
    def label(self) -> str:
        """The kind, and the rule."""
        return f"treat ({self.rule})"

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree: also bounds of what is no indicator."""
        known = list(framework.codes)
        return super().problems(framework) + [
            Problem("prepare.treat", f"bounds of {c!r}, no indicator{closest(c, known)}")
            for c in self.bounds or ()
            if c not in known
        ]

    def without(self, gone: Collection[str]) -> Step | None:
        """Return it for a tree without some nodes, and without their bounds."""
        step = super().without(gone)
        if not isinstance(step, Treat) or self.bounds is None:
            return step
        bounds = others(self.bounds, gone)
        return dataclasses.replace(step, bounds=bounds) if bounds else None

    def at(self, sheet: Sheet) -> list[int]:
        """Positions of its columns; with fixed bounds, of those that have some."""
        at = super().at(sheet)
        return at if self.bounds is None else [j for j in at if sheet.codes[j] in self.bounds]

    # -- fit -----------------------------------------------------------------------------------

    def fit(self, sheet: Sheet) -> Fitted:
        """Return of each column what was found and done: bounds, transform and its parameters.

        Raises
        ------
        DataError
            A value is outside the domain of a transform, or there are no rows of the base period.
        MethodError
            A column would be transformed, but has goalposts, a target or a best interval.
        """
        rows = self._rows(sheet)
        columns = {}
        for j in self.at(sheet):
            x = sheet.values[rows, j]
            columns[sheet.codes[j]] = self._judge(sheet, j, np.sort(x[~np.isnan(x)]))
        fitted: Fitted = {"columns": columns}
        self.apply(sheet, fitted)
        return fitted

    def _rows(self, sheet: Sheet) -> NDArray[np.bool_]:
        """Rows of the window."""
        table = sheet.table
        every = np.ones(len(table.units), dtype=bool)
        if self.window == "pooled":
            return every
        if table.periods is None or table.slot is None:
            if self.base is None:
                return every
            raise DataError(
                f"treat: the rows have no period, and base = {self.base!r} names one",
                [Problem("base", repr(self.base), "label the rows by (unit, period)")],
            )
        base = table.periods[0] if self.base is None else self.base
        if base not in table.periods:
            known = ", ".join(map(repr, table.periods))
            raise DataError(
                f"treat: there are no rows of the base period {base!r}",
                [Problem("base", repr(base), f"periods are {known}")],
            )
        return np.asarray(table.slot == table.periods.index(base))

    def _judge(self, sheet: Sheet, j: int, v: Array) -> dict[str, Any]:
        """Judge the known values of a column, sorted, and say what is done to it."""
        own = sheet.indicator(j).transform
        if own is not None:
            hint = "correct it, or take the indicator's transform out"
            check_domain(sheet, j, TRANSFORMS[own][1], f"transform = {own!r}", hint)
        out: dict[str, Any] = {"outcome": "untouched", "values": v.size, "below": 0, "above": 0}
        if self.rule == "bounds":
            assert self.bounds is not None
            return _between(out, v, *self.bounds[sheet.codes[j]])
        if v.size < 4:
            return {**out, "outcome": "too-few"}
        t = transform(own, v)
        if _constant(t[0], t[-1]):
            return {**out, "outcome": "no-spread"}
        if self.rule == "jrc":
            return self._jrc(sheet, j, v, t, out)
        if self.rule == "percentiles":
            return _between(out, v, *np.percentile(v, self.percentiles or (1, 99)))
        low, high = self._fences(t)
        if _constant(low, high):
            return {**out, "outcome": "no-spread"}
        with np.errstate(over="ignore"):  # no bound then
            ends = (low, high) if own is None else (_BACK[own](low), _BACK[own](high))
        return _between(out, v, *ends)

    def _fences(self, t: Array) -> tuple[float, float]:
        """Fences of a column about its mean or its quartiles."""
        if self.rule == "z":
            m, k = float(t.mean()), 3.0 if self.k is None else self.k
            return m - k * float(t.std(ddof=1)), m + k * float(t.std(ddof=1))
        low, high = (float(q) for q in np.percentile(t, (25, 75)))
        wide = (1.5 if self.k is None else self.k) * (high - low)
        return low - wide, high + wide

    def _jrc(self, sheet: Sheet, j: int, v: Array, t: Array, out: dict[str, Any]) -> dict[str, Any]:
        """Winsorise, else transform; v are raw values in order, t those that are judged."""
        before = _shape(t)
        out |= {"skew": before.skew, "kurtosis": before.kurtosis}
        limits = self.skew, self.kurtosis
        if not before.flagged(*limits):
            return out
        limit = _POINTS if self.points is None else self.points
        if self.share is not None:
            limit = math.floor(self.share * v.size + 1e-9)
        below, above, after = _pull(t, limit, *limits)
        passes = not after.flagged(*limits)
        if passes or self.then == "none" or sheet.indicator(j).transform is not None:
            out["outcome"] = "winsorised" if passes else "still-skewed"
            out |= {"below": below, "above": above}
            out |= {"low": float(v[below])} if below else {}
            out |= {"high": float(v[v.size - 1 - above])} if above else {}
        else:
            refuse_declared(sheet, j, self.then)
            out |= self._parameters(sheet, j, v)
            after = _shape(transformed(v, out))
            out["outcome"] = "still-skewed" if after.flagged(*limits) else "transformed"
        return out | {"skew_after": after.skew, "kurtosis_after": after.kurtosis}

    def _parameters(self, sheet: Sheet, j: int, v: Array) -> dict[str, Any]:
        """Return what the transform of a column needs, estimated from its values in order."""
        how: dict[str, Any] = {"transform": self.then}
        if self.then == "log-shift":
            # ln(x - min + a), a = 0.01 (max - min): the form of the COIN Tool
            how["shift"] = float(v[0] - 0.01 * (v[-1] - v[0]))
        elif self.then != "log":
            how["power"] = self.power
            if self.power is None:
                if self.then == "box-cox":
                    check_domain(sheet, j, lambda x: x > 0, "box-cox", OUT_OF_LOG)
                how["power"] = likeliest(self.then, v)
        column = reshaped(sheet, j, how)
        if _constant(np.nanmin(column), np.nanmax(column)):
            raise MethodError(
                f"treat: {transform_name(how)} leaves {sheet.label(j)} without distinct values",
                hint="choose another power, or another transform",
            )
        return how

    # -- replay --------------------------------------------------------------------------------

    def apply(self, sheet: Sheet, fitted: Fitted) -> Sheet:
        """Return the sheet cut off at the bounds and transformed, as they were fitted."""
        values = np.array(sheet.values)
        for code, how in fitted["columns"].items():
            if code not in sheet.codes:
                continue
            j = sheet.codes.index(code)
            if "transform" in how:
                values[:, j] = reshaped(sheet, j, how)
            elif "low" in how or "high" in how:
                values[:, j] = np.clip(values[:, j], how.get("low"), how.get("high"))
        return sheet.with_values(values)

    def whole_columns(self, fitted: Fitted, sheet: Sheet) -> frozenset[str]:
        """Columns that were transformed."""
        return frozenset(c for c, how in fitted["columns"].items() if "transform" in how)

    def said(self, fitted: Fitted) -> tuple[Text, ...]:
        """Which columns had which outcome."""
        out = []
        for outcome, words in OUTCOMES.items():
            cases = {c: h for c, h in fitted["columns"].items() if h["outcome"] == outcome}
            if cases and outcome != "untouched":
                zh = "、".join(_case(c, h, 0) for c, h in cases.items())
                en = ", ".join(_case(c, h, 1) for c, h in cases.items())
                out.append(Text(f"{words.zh}：{zh}", f"{words.en}: {en}"))
        return tuple(out)

    def table(self, fitted: Fitted) -> pd.DataFrame:
        """Return a row for each column: outcome, values moved, bounds, transform, shape.

        ``skew`` and ``kurtosis`` are those of the window before the treatment, ``skew_after`` and
        ``kurtosis_after`` those after it; all of them only under the rule of the JRC.
        """
        heads = ["outcome", "values", "below", "above", "low", "high", "transform", "power"]
        heads += ["shift", "skew", "kurtosis", "skew_after", "kurtosis_after"]
        rows = [[how.get(h) for h in heads] for how in fitted["columns"].values()]
        index = pd.Index(list(fitted["columns"]), name="indicator")
        out = pd.DataFrame(rows, columns=heads, index=index)
        numbers = [h for h in heads[4:] if h != "transform"]
        return out.astype(dict.fromkeys(numbers, np.float64))


def _bounds(given: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(given, Mapping) or not given:
        raise MethodError(f"treat: bounds = {given!r}", hint="bounds = { x1 = [low, high] }")
    out = {}
    for code, ends in given.items():
        try:
            low, high = (float(v) for v in ends)
        except (TypeError, ValueError):
            low = high = math.nan
        if not low < high:
            raise MethodError(
                f"treat: bounds of {code!r} are {ends!r}", hint="give [low, high], low < high"
            )
        out[str(code)] = (low, high)
    return out


def _between(out: dict[str, Any], v: Array, low: float, high: float) -> dict[str, Any]:
    """Note bounds, and how many of the values lie beyond them."""
    below, above = int((v < low).sum()), int((v > high).sum())
    if below or above:
        out |= {"outcome": "winsorised", "below": below, "above": above}
    ends = {"low": float(low), "high": float(high)}
    return out | {k: e for k, e in ends.items() if math.isfinite(e)}


# -- words -----------------------------------------------------------------------------------------


def _case(code: str, how: Mapping[str, Any], lang: int) -> str:
    """One column, in Chinese (0) or English (1)."""
    parts = []
    if "transform" in how:
        parts.append(transform_name(how))
    elif how["below"] or how["above"]:
        low, high = how["below"], how["above"]
        parts.append((f"低端{low}个，高端{high}个", f"{low} low, {high} high")[lang])
    if how["outcome"] == "still-skewed":
        g1, g2 = f"{how['skew_after']:.2f}", f"{how['kurtosis_after']:.2f}"
        parts.append((f"偏度{g1}，峰度{g2}", f"skewness {g1}, kurtosis {g2}")[lang])
    if not parts:
        return code
    return (f"{code}（{'；'.join(parts)}）", f"{code} ({'; '.join(parts)})")[lang]

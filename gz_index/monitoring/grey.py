"""GM(1,1), the grey forecast that reviewers ask for, with what it does and does not allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import Text

__all__ = ["GRADES", "REACHES", "Grey", "gm11", "grey_path"]

#: Grades of the fit, best first, in both languages.
GRADES = {
    "good": Text("好", "good"),
    "qualified": Text("合格", "qualified"),
    "marginal": Text("勉强合格", "marginal"),
    "failed": Text("不合格", "failed"),
    "constant": Text("序列为常数，无从评级", "a constant series, which has no grade"),
}

#: How far ahead the development coefficient lets one forecast.
REACHES = {
    "medium and long term": Text("可用于中长期预测", "fit for the medium and long term"),
    "short term": Text("可用于短期预测", "fit for the short term"),
    "doubtful": Text("短期预测亦须谨慎", "doubtful even for the short term"),
    "unusable": Text("不宜用GM(1,1)预测", "unusable"),
}


@dataclass(frozen=True, eq=False)
class Grey:
    """A fitted GM(1,1); see :func:`gm11`.

    Attributes
    ----------
    x : (n,)
        The series.
    a, b : float
        Least-squares parameters; ``-a`` is the development coefficient, ``b`` the grey input.
    shift : float
        What was added to the series before fitting and taken off every result.
    fitted : (n,)
        Of the series itself, not of its sums; the first is exact by construction.
    forecast : (ahead,)
    level_ratio : (n - 1,)
        Of the shifted series; all should lie strictly within ``bounds``.
    bounds : (float, float)
    posterior_ratio, small_error : float or None
        C and P of the fitted values, None for a constant series. They describe the fit, not the
        accuracy of a forecast.
    grade : str
        A key of :data:`GRADES`.
    reach : str
        A key of :data:`REACHES`.
    """

    x: Array = field(repr=False)
    a: float
    b: float
    shift: float
    fitted: Array = field(repr=False)
    forecast: Array
    level_ratio: Array = field(repr=False)
    bounds: tuple[float, float]
    posterior_ratio: float | None
    small_error: float | None
    grade: str
    reach: str

    @property
    def regular(self) -> bool:
        """Whether every level ratio lies within the bounds."""
        low, high = self.bounds
        return bool(np.all((self.level_ratio > low) & (self.level_ratio < high)))

    @property
    def least_shift(self) -> float:
        """The shift above which every level ratio lies within the bounds; 0 if none is needed."""
        (low, high), y = self.bounds, self.x
        least = max(np.max((y[:-1] - high * y[1:]) / (high - 1)), _least(low, y))
        return max(0.0, float(least))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know, in English; ``notes_in("zh")`` gives Chinese."""
        return self.notes_in("en")

    def notes_in(self, lang: Literal["zh", "en"]) -> tuple[str, ...]:
        """Return the notes in one language."""
        return tuple(t.get(lang) for t in self.texts())

    def texts(self) -> tuple[Text, ...]:
        """Return the notes in both languages."""
        reach, grade = REACHES[self.reach], GRADES[self.grade]
        out = [
            Text(
                f"GM(1,1)：发展系数−a = {-self.a:.4f}，{reach.zh}；拟合等级：{grade.zh}"
                "（样本内，不代表预测精度）",
                f"GM(1,1): development coefficient -a = {-self.a:.4f}, {reach.en}; grade of the "
                f"fit: {grade.en} (in-sample, not the accuracy of forecasts)",
            )
        ]
        if not self.regular:
            low, high = self.bounds
            out.append(
                Text(
                    f"GM(1,1)：级比超出({low:.4f}, {high:.4f})；"
                    f"平移量shift大于{self.least_shift:.6g}时全部落入",
                    f"GM(1,1): level ratios leave ({low:.4f}, {high:.4f}); a shift above "
                    f"{self.least_shift:.6g} brings all of them in",
                )
            )
        if self.shift:
            out.append(
                Text(
                    f"GM(1,1)：建模前各值加{self.shift:g}，结果已还原",
                    f"GM(1,1): {self.shift:g} was added before fitting and taken off the results",
                )
            )
        return tuple(out)


def gm11(
    x: ArrayLike,
    *,
    ahead: int = 0,
    shift: float = 0.0,
    grades: Sequence[tuple[float, float]] = ((0.35, 0.95), (0.5, 0.8), (0.65, 0.7)),
    reaches: tuple[float, float, float] = (0.3, 0.5, 0.8),
) -> Grey:
    r"""Fit GM(1,1) to a short positive series at equal steps and forecast it.

    With :math:`x^{(1)}` the running sums of x and :math:`z_k = (x^{(1)}_k + x^{(1)}_{k-1}) / 2`,
    a and b are the least squares of :math:`x_k = -a z_k + b` for k = 2..n, and

    .. math:: \hat x_{k+1} = (1 - e^a) (x_1 - b/a) e^{-ak}, \quad k \ge 1, \qquad \hat x_1 = x_1,

    computed as :math:`(b (e^a - 1)/a - x_1 (e^a - 1)) e^{-ak}`, which has the limit b at a = 0.
    Level ratios are :math:`x_{k-1}/x_k`, to lie in :math:`(e^{-2/(n+1)}, e^{2/(n+1)})`. With the
    residuals e, :math:`C = S_e / S_x` and P is the share of :math:`|e - \bar e| < 0.6745 S_x`,
    standard deviations with divisor n.

    Parameters
    ----------
    x : (n,)
        At least four positive values at equal steps, oldest first.
    ahead : int
        How many steps to forecast.
    shift : float
        Added before fitting, taken off the results; for a series whose level ratios leave the
        bounds. The forecast depends on it.
    grades : three pairs (C, P)
        A fit with C below and P above is good, qualified, marginal; else failed. The values are
        those of Chinese textbooks, taken from a secondary source; editions differ.
    reaches : three increasing numbers
        -a up to the first allows medium and long term, up to the second the short term; above the
        third the method is unusable; between these two it is called doubtful. From secondary
        sources as well.

    Returns
    -------
    Grey

    Raises
    ------
    MethodError
        Not a series of at least four finite values above zero (after the shift), options out of
        range, a first value beside which the others vanish, or a forecast too large for a number.

    References
    ----------
    Deng, J. L. (1982). Control problems of grey systems. Systems & Control Letters 1(5), 288-294.
    doi:10.1016/S0167-6911(82)80025-X

    Examples
    --------
    >>> g = gm11([2.874, 3.278, 3.337, 3.390, 3.679], ahead=2)
    >>> round(g.a, 6), round(g.b, 6), g.forecast.round(4).tolist(), g.grade, g.reach
    (-0.037204, 3.065363, [3.7507, 3.8928], 'good', 'medium and long term')
    """
    raw = _series(x)
    if not np.isfinite(shift):
        raise MethodError(f"gm11: shift = {shift!r}", hint="give a finite number; 0 for none")
    if ahead < 0 or ahead != int(ahead):
        raise MethodError(f"gm11: ahead = {ahead!r}", hint="give a whole number of steps")
    if len(grades) != 3 or not 0 < reaches[0] < reaches[1] < reaches[2]:
        raise MethodError(
            f"gm11: grades = {grades!r}, reaches = {reaches!r}",
            hint="give three pairs (C, P), and three increasing numbers above zero",
        )
    y = raw + shift
    if y.min() <= 0:
        at = int(y.argmin())
        raise MethodError(
            f"gm11 needs values above zero; {raw[at]:.6g}{f' + {shift:g}' if shift else ''} at "
            "{rows}",
            hint=f"give a shift above {0 - raw.min():g}, or use a linear trend",
            rows=[at],
        )
    n = y.size
    a, b = _parameters(y)
    path = grey_path(a, b, y[0], n + int(ahead)) - shift
    path[0] = raw[0]
    if not np.isfinite(path).all():
        raise MethodError(f"gm11: the forecast {ahead} steps ahead overflows", hint="look less far")
    unit = np.abs(raw).max()
    e, s = (raw - path[:n]) / unit, (raw / unit).std()
    c = p = None
    if raw.max() > raw.min():
        c = float(e.std() / s)
        p = float(np.mean(np.abs(e - e.mean()) < 0.6745 * s))
    half = 2 / (n + 1)
    with np.errstate(over="ignore"):
        ratios = y[:-1] / y[1:]
    return Grey(
        raw,
        a,
        b,
        float(shift),
        _frozen(path[:n]),
        _frozen(path[n:]),
        _frozen(ratios),
        (float(np.exp(-half)), float(np.exp(half))),
        c,
        p,
        _grade(c, p, grades),
        _reach(-a, reaches),
    )


def grey_path(a: float, b: float, first: float, n: int) -> Array:
    """Values 1..n of the restored series of a GM(1,1); infinite where they overflow.

    Examples
    --------
    >>> grey_path(0.0, 5.0, 4.0, 3).tolist()
    [4.0, 5.0, 5.0]
    """
    step = np.expm1(a)
    scale = b * (step / a if a else 1.0) - first * step
    with np.errstate(over="ignore"):
        out = scale * np.exp(-a * np.arange(n))
    out[:1] = first
    return np.asarray(out)


def _series(x: ArrayLike) -> Array:
    try:
        raw = np.array(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(f"gm11: the values are not numbers ({error})") from None
    if raw.ndim != 1 or raw.size < 4:
        raise MethodError(
            f"gm11 needs a series of at least four values; got shape {raw.shape}",
            hint="with fewer, state the growth between the first and the last",
        )
    bad = np.flatnonzero(~np.isfinite(raw))
    if bad.size:
        raise MethodError(
            f"gm11: {raw[bad[0]]} at {{rows}}", hint="fill the gaps first", rows=bad.tolist()
        )
    return _frozen(raw)


def _frozen(x: Array) -> Array:
    x.setflags(write=False)
    return x


def _parameters(y: Array) -> tuple[float, float]:
    """Least squares of x_k = -a z_k + b; the sums are of numbers of common size."""
    unit = y.max()
    v = y / unit
    total = np.cumsum(v)
    z, v = (total[1:] + total[:-1]) / 2, v[1:]
    if np.ptp(z) <= 1e-12 * z.max():
        raise MethodError(
            "gm11: the value at {rows} is so much larger than the others that they do not count",
            hint="leave it out",
            rows=[0],
        )
    d = z - z.mean()
    a = 0.0 - float(d @ (v - v.mean()) / (d @ d))
    return a, float((v.mean() + a * z.mean()) * unit)


def _least(low: float, y: Array) -> float:
    return float(np.max((low * y[1:] - y[:-1]) / (1 - low)))


def _grade(c: float | None, p: float | None, grades: Sequence[tuple[float, float]]) -> str:
    if c is None or p is None:
        return "constant"
    for name, (most, least) in zip(GRADES, grades, strict=False):
        if c < most and p > least:
            return name
    return "failed"


def _reach(growth: float, reaches: tuple[float, float, float]) -> str:
    """Read -a; a falling series has -a < 0 and reaches as far as a slowly growing one."""
    for name, limit in zip(REACHES, reaches, strict=False):
        if growth <= limit:
            return name
    return "unusable"

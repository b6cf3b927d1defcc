"""Normalisers that are straight lines: min-max and goalposts, z-scores, AMPI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from gz_index._arrays import BLOCK, Array
from gz_index.errors import MethodError
from gz_index.normalise.base import (
    Columns,
    Fitted,
    Normaliser,
    Rows,
    constant,
    lowest,
    mean,
    number,
    one_of,
    pair,
    quantiles,
    same_in_every_row,
)

__all__ = ["Ampi", "MinMax", "ZScore", "bounds", "fraction"]


def bounds(
    method: str,
    window: str,
    x: Array,
    columns: Columns,
    rows: Rows,
    *,
    q: tuple[float, float] | None = None,
    may_be_constant: bool = False,
) -> dict[str, Any]:
    """Worst and best value of each column, in its own units.

    For an indicator that is best in [a, b], ``below`` and ``above`` tell how far from a and b the
    value is worst: at its declared bounds, else on both sides at
    :math:`c = max(a - min x, max x - b)`. With goalposts these stand in for missing bounds.
    """
    moderate = columns.sign == 0
    if window == "goalposts":
        low, high = columns.low, columns.high
        lacking = np.isnan(np.where(moderate & ~np.isnan(columns.bound_low), 0.0, low))
        columns.refuse_columns(
            method,
            lacking,
            "has none",
            None,
            "give goalposts = [low, high] in raw units, or choose another window",
            title=" with window = 'goalposts' needs goalposts",
        )
    elif q is not None:
        low, high = quantiles(x, q)
    else:
        low, high = lowest(x)
    same = constant(low, high) & ~moderate
    if same.any():
        if not may_be_constant:
            seen = "is {} throughout" if q is None else f"is {{}} at both quantiles {q}"
            first, last = np.where(moderate, np.nan, [low, high]) * columns.sign
            columns.refuse_constant(method, first, last, rows, seen)
        high = np.where(same, low, high)
    down = columns.sign < 0
    out = {"worst": np.where(down, high, low), "best": np.where(down, low, high)}
    if moderate.any():
        below, above = columns.ideal_low - low, high - columns.ideal_high
        if window != "goalposts":
            below = above = np.maximum(below, above)
        declared = ~np.isnan(columns.bound_low)
        below = np.where(declared, columns.ideal_low - columns.bound_low, below)
        above = np.where(declared, columns.bound_high - columns.ideal_high, above)
        bad = moderate & ((below <= 0) | (above <= 0))
        if window == "goalposts":
            what, hint = "has goalposts inside its best interval", "give goalposts around it"
            columns.refuse_columns(method, bad, what, None, hint)
        elif not may_be_constant:
            what, hint = "has every value in its best interval", "give its direction bounds"
            columns.refuse_columns(method, bad, what, None, hint, title=same_in_every_row(rows))
        below, above = (np.where(bad, 0.0, side) for side in (below, above))
        out = {k: np.where(moderate, np.nan, v) for k, v in out.items()}
        out |= {k: np.where(moderate, v, np.nan) for k, v in (("below", below), ("above", above))}
    return out


def flat(fitted: Fitted) -> Array:
    """Say which columns were found not to vary."""
    same = fitted["worst"] == fitted["best"]
    return np.asarray(same | (fitted["below"] == 0) if "below" in fitted else same)


def fraction(
    x: Array, fitted: Fitted, columns: Columns, to: tuple[float, float] = (0.0, 1.0)
) -> Array:
    """Where each value lies between worst and best, as a point of the interval ``to``."""
    worst = fitted["worst"]
    span = fitted["best"] - worst
    span = np.where(span == 0, 1.0, span)
    (a, b), plain = to, to == (0.0, 1.0) and bool((columns.sign > 0).all())
    moderate = np.flatnonzero(columns.sign == 0)
    if moderate.size:
        below, above = (np.where(fitted[k] == 0, 1.0, fitted[k])[moderate] for k in _SIDES)
        low, high = columns.ideal_low[moderate], columns.ideal_high[moderate]
    out = np.empty(x.shape)
    step = max(1, BLOCK // max(1, x.shape[1]))
    for i in range(0, x.shape[0], step):  # rows that stay in the cache
        v, u = x[i : i + step], out[i : i + step]
        # (x - L)/(U - L), and (U - x)/(U - L) as (x - U)/(L - U): worst and best change places
        np.subtract(v, worst, out=u)
        u /= span
        if moderate.size:
            off = np.maximum((low - v[:, moderate]) / below, (v[:, moderate] - high) / above)
            u[:, moderate] = 1 - np.maximum(0.0, off)
        if not plain:
            u *= b - a
            u += a  # and -0.0 becomes 0.0
    return out


_SIDES = ("below", "above")


@dataclass(frozen=True, kw_only=True)
class MinMax(Normaliser):
    r"""Min-max: :math:`a + (b - a) u` with :math:`u = (x - L) / (U - L)`, or
    :math:`u = (U - x) / (U - L)` where less is better.

    With ``window = "goalposts"`` L and U are those of the definition. An indicator that is best in
    an interval :math:`[p, q]` has u = 1 inside and falls in a straight line on both sides, to 0 at
    the bounds of its direction, else at the value of the window that is farthest off:
    :math:`u = 1 - (p - x) / c` below, :math:`1 - (x - q) / c` above,
    :math:`c = \max(p - \min x, \max x - q)`.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`.
    to : (a, b)
        Interval that worst and best are taken to.
    clip : bool
        Cut values beyond the bounds off (possible under ``base``, ``goalposts`` and on new data);
        each is counted.
    constant : float, optional
        Value for an indicator that does not vary; by default that is an error.

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, table 3.
    doi:10.1787/9789264043466-en

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> down = gz.Indicator(code="b", direction=gz.Direction(-1))
    >>> f = gz.Framework((gz.Indicator(code="a"), down))
    >>> data = pd.DataFrame({"a": [1.0, 2, 5], "b": [0.0, 2, 10]}, index=["x", "y", "z"])
    >>> gz.Index(framework=f, normalise="minmax").evaluate(data).normalised.to_numpy().tolist()
    [[0.0, 1.0], [0.25, 0.8], [1.0, 0.0]]
    """

    method: ClassVar[str] = "minmax"
    windows: ClassVar[tuple[str, ...]] = ("pooled", "period", "base", "goalposts")
    to: tuple[float, float] = (0.0, 1.0)
    clip: bool = False
    constant: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "to", pair("minmax", "to", self.to))
        one_of("minmax", "clip", self.clip, [True, False])
        if self.constant is not None:
            object.__setattr__(self, "constant", number("minmax", "constant", self.constant))

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return worst and best value of each column, (m,)."""
        may = self.constant is not None
        return bounds("minmax", self.window, x, columns, rows, may_be_constant=may)

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return values in ``to``, beyond it where not clipped."""
        out = fraction(x, fitted, columns, self.to)
        if self.constant is not None:
            at = flat(fitted)
            out[:, at] = np.where(np.isnan(x[:, at]), np.nan, self.constant)
        return out

    def limits(self) -> tuple[float, float] | None:
        """Return ``to`` if clipped."""
        return self.to if self.clip else None


@dataclass(frozen=True, kw_only=True)
class ZScore(Normaliser):
    r"""Standardisation: :math:`m + s (x - \bar x) / \sigma`, less is better: the sign is turned.

    Of an indicator that is best in an interval, minus the distance from it is standardised.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`.
    mean, sd : float
        m and s, of the result; 100 and 10 for the Mazziotta-Pareto index.
    ddof : {1, 0}
        Divisor n - 1 (SPSS, Stata, R) or n (the Mazziotta-Pareto index).

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, table 3.
    doi:10.1787/9789264043466-en

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [1.0, 2, 3]}, index=["x", "y", "z"])
    >>> gz.Index(framework=f, normalise="zscore").evaluate(data).normalised["a"].tolist()
    [-1.0, 0.0, 1.0]
    """

    method: ClassVar[str] = "zscore"
    mean: float = 0.0
    sd: float = 1.0
    ddof: Literal[0, 1] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("zscore", "ddof", self.ddof, [0, 1])
        object.__setattr__(self, "mean", number("zscore", "mean", self.mean))
        sd = number("zscore", "sd", self.sd)
        object.__setattr__(self, "sd", number("zscore", "sd", sd, sd > 0, " > 0"))

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return mean and standard deviation of each oriented column, (m,)."""
        o = columns.oriented(x)
        columns.refuse_constant("zscore", *lowest(o), rows)
        n = (~np.isnan(o)).sum(axis=0)
        centre = mean(o)
        squares = o - centre
        squares *= squares
        total = squares.sum(axis=0)
        if np.isnan(total).any():
            total = np.nansum(squares, axis=0)
        spread = np.sqrt(total / np.maximum(n - self.ddof, 1))
        return {"mean": centre, "sd": np.where(n > 0, spread, np.nan)}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return z-scores."""
        z = columns.oriented(x) - fitted["mean"]
        z /= fitted["sd"]
        if (self.mean, self.sd) != (0.0, 1.0):
            z *= self.sd
            z += self.mean
        return np.asarray(z)


@dataclass(frozen=True, kw_only=True)
class Ampi(Normaliser):
    r"""Re-scaling of the adjusted Mazziotta-Pareto index: 100 is the reference.

    :math:`r = 60 (x - Min) / (Max - Min) + 70` with :math:`Min, Max = Ref \mp \Delta` and
    :math:`\Delta = (\sup x - \inf x) / 2` over all units and periods, and
    :math:`60 (Max - x) / (Max - Min) + 70` where less is better. Aggregate by ``mpi``.

    Parameters
    ----------
    base : label, optional
        The base period; the first one by default.
    reference : {"base", "target"} or float
        Mean of the base period (of all rows of a cross-section), the indicator's target, or a
        number for all indicators.

    References
    ----------
    Mazziotta, M. and Pareto, A. (2016). On a generalized non-compensatory composite index for
    measuring socio-economic phenomena. Social Indicators Research 127(3), 983-1003.
    doi:10.1007/s11205-015-0998-2

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [1.0, 2, 3]}, index=["x", "y", "z"])
    >>> gz.Index(framework=f, normalise="ampi").evaluate(data).normalised["a"].tolist()
    [70.0, 100.0, 130.0]
    """

    method: ClassVar[str] = "ampi"
    windows: ClassVar[tuple[str, ...]] = ("pooled",)
    needs_base: ClassVar[bool] = True
    reference: str | float = "base"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reference not in ("base", "target"):
            if isinstance(self.reference, str):
                raise MethodError(
                    f"ampi: reference = {self.reference!r}", hint="'base', 'target' or a number"
                )
            object.__setattr__(self, "reference", number("ampi", "reference", self.reference))

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return reference and range of each oriented column, (m,)."""
        o = columns.oriented(x)
        low, high = lowest(o)
        columns.refuse_constant("ampi", low, high, rows)
        if self.reference == "base":
            ref = mean(o[rows.base])
            unknown = np.isnan(ref) & ~np.isnan(low)
            columns.refuse_columns(
                "ampi",
                unknown,
                "has no known value in the base period",
                None,
                "choose another base, or reference = 'target'",
            )
        elif self.reference == "target":
            ref = targets("ampi", columns)
        else:
            ref = columns.oriented(columns.constants(float(self.reference))[None, :])[0]
        return {"reference": ref, "range": high - low}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return values around 100."""
        # 60 (x - Ref + D) / 2D + 70 = 60 (x - Ref) / 2D + 100
        return np.asarray(60 * (columns.oriented(x) - fitted["reference"]) / fitted["range"] + 100)


def targets(method: str, columns: Columns) -> Array:
    """Return the oriented targets (m,); every indicator has to have one that is a level."""
    columns.refuse_columns(
        method,
        np.isnan(columns.target),
        "has none that is a level (an increment or a rate is not)",
        None,
        "give target = { value = ... }, or this indicator another normalise",
        title=" needs targets",
    )
    return np.asarray(columns.oriented(columns.target[None, :])[0])

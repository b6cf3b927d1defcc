"""Normalisers that divide: by a reference, mean, maximum, sum or norm, or by the own base year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import DataError, Problem
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
)
from gz_index.normalise.linear import targets

__all__ = ["AboveMean", "BaseIndex", "Distance", "Ratio"]

Norm = Literal["mean", "max", "sum", "norm"]
Form = Literal["ratio", "difference", "range"]

_WAY = "give this indicator normalise = 'minmax', or make its values positive"


def _over(method: str, x: Array, whole: Any, columns: Columns, rows: Rows) -> Array:
    """Return x / whole, and whole / x where less is better; there x has to be above zero."""
    down = columns.sign < 0
    if not down.any():
        return np.asarray(x / whole)
    columns.refuse(method, rows, x, down & (x <= 0), "not above zero where less is better", _WAY)
    return np.where(down, whole, x) / np.where(down, x, whole)


@dataclass(frozen=True, kw_only=True)
class Ratio(Normaliser):
    r"""Ratio to the mean, the maximum, the sum or the vector norm of the column: :math:`x / m`.

    Where less is better :math:`1/x` takes the place of x: the ratio to the maximum is then
    :math:`\min x / x`, so that the best unit has 1 and the worst has least.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`.
    to : {"mean", "max", "sum", "norm"}
        :math:`\bar x`, :math:`\max x`, :math:`\sum x`, :math:`\sqrt{\sum x^2}`.

    References
    ----------
    Hwang, C.-L. and Yoon, K. (1981). Multiple Attribute Decision Making. Springer (vector norm).

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> down = gz.Indicator(code="b", direction=gz.Direction(-1))
    >>> f = gz.Framework((gz.Indicator(code="a"), down))
    >>> data = pd.DataFrame({"a": [1.0, 3, 4], "b": [1.0, 2, 4]}, index=["x", "y", "z"])
    >>> spec = {"method": "ratio", "to": "max"}
    >>> gz.Index(framework=f, normalise=spec).evaluate(data).normalised.to_numpy().tolist()
    [[0.25, 1.0], [0.75, 0.5], [1.0, 0.25]]
    """

    method: ClassVar[str] = "ratio"
    to: Norm = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("ratio", "to", self.to, get_args(Norm))

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return the divisor of each column, (m,)."""
        columns.refuse_moderate("ratio")
        u = _over("ratio", x, 1.0, columns, rows)
        if self.to != "norm":
            columns.refuse("ratio", rows, x, u < 0, "below zero", _WAY)
        if self.to == "max":
            divisor = lowest(u)[1]
        elif self.to == "mean":
            divisor = mean(u)
        else:
            known = ~np.isnan(u).all(axis=0)
            power = 1 if self.to == "sum" else 2
            divisor = np.where(known, np.nansum(u**power, axis=0) ** (1 / power), np.nan)
        columns.refuse_columns("ratio", divisor == 0, "is {} throughout", divisor, "leave it out")
        return {"divisor": divisor}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return the ratios."""
        u = _over("ratio", x, 1.0, columns, rows)
        return np.asarray(u / fitted["divisor"])


@dataclass(frozen=True, kw_only=True)
class Distance(Normaliser):
    r"""Distance to a reference: a unit, the leader, the mean, the target, or a number.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`.
    reference : str or float
        ``"leader"``, ``"mean"``, ``"target"``, the label of a unit (its value in the base period;
        with ``window = "period"`` in each period), or a number for all indicators. A whole number
        that is the label of a unit, 440100 say, is that unit; 440100.0 is a number.
    form : {"ratio", "difference", "range"}
        :math:`x / x_{ref}` (:math:`x_{ref} / x` where less is better);
        :math:`(x - x_{ref}) / |x_{ref}|`, its sign turned where less is better; or
        :math:`1 - (x_{ref} - x) / (x_{ref} - \min x)` of oriented values, which is 0 at the worst
        value of the window and 1 at the reference.
    clip : bool
        Nothing scores better than the reference; each cell cut is counted.

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, table 3.
    doi:10.1787/9789264043466-en

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [1.0, 2, 4]}, index=["x", "y", "z"])
    >>> spec = {"method": "distance-to-reference", "reference": "y", "form": "difference"}
    >>> gz.Index(framework=f, normalise=spec).evaluate(data).normalised["a"].tolist()
    [-0.5, 0.0, 1.0]
    """

    method: ClassVar[str] = "distance-to-reference"
    needs_base: ClassVar[bool] = True
    reference: Any = "leader"
    form: Form = "ratio"
    clip: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.method, "form", self.form, get_args(Form))
        one_of(self.method, "clip", self.clip, [True, False])
        if isinstance(self.reference, int | float | np.number):
            value = number(self.method, "reference", self.reference)
            whole = isinstance(self.reference, int | np.integer)
            object.__setattr__(self, "reference", int(self.reference) if whole else value)

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return reference and worst value of each oriented column, (m,)."""
        if self.form != "range":
            columns.refuse_moderate(f"{self.method} with form = {self.form!r}")
        o = columns.oriented(x)
        ref, (low, _) = self._reference(o, columns, rows), lowest(o)
        raw = np.where(columns.sign < 0, -ref, ref)
        if self.form == "range":
            what = "has a reference no better than its worst value"
            bad = (ref < low) | constant(low, ref)
            hint = "form = 'range' needs a better reference; or set form = 'difference'"
            columns.refuse_columns(self.method, bad, what, raw, hint)
        else:
            bad = raw == 0 if self.form == "difference" else raw <= 0
            columns.refuse_columns(
                self.method, bad, "has {} as reference, which cannot divide", raw, _WAY
            )
        return {"reference": ref, "worst": low}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return the distances; 1 (for a difference 0) at the reference."""
        o, ref = columns.oriented(x), fitted["reference"]
        if self.form == "range":
            # 1 - (ref - x) / (ref - min) = (x - min) / (ref - min)
            return np.asarray((o - fitted["worst"]) / (ref - fitted["worst"]))
        if self.form == "difference":
            return np.asarray((o - ref) / np.abs(ref))
        return _over(self.method, x, np.abs(ref), columns, rows)

    def limits(self) -> tuple[float, float] | None:
        """Return the reference as the upper limit if clipped."""
        return (-np.inf, 0.0 if self.form == "difference" else 1.0) if self.clip else None

    def _reference(self, o: Array, columns: Columns, rows: Rows) -> Array:
        unit = isinstance(self.reference, int) and self.reference in rows.everyone
        if isinstance(self.reference, int | float) and not unit:
            same = columns.constants(float(self.reference))
            return np.asarray(columns.oriented(same[None, :])[0])
        if self.reference == "leader":
            return lowest(o)[1]
        if self.reference == "mean":
            return mean(o)
        if self.reference == "target":
            return targets(self.method, columns)
        at = [i for i in np.flatnonzero(rows.base).tolist() if rows.units[i] == self.reference]
        if not at:
            raise DataError(
                f"{self.method}: no unit {self.reference!r}"
                + (f" in {rows.period}" if rows.period else " in the base period" * rows.several),
                [
                    Problem(
                        "reference",
                        repr(self.reference),
                        "'leader', 'mean', 'target', a number or the label of a unit",
                    )
                ],
            )
        ref = o[at[0]]
        lacking = np.isnan(ref) & ~np.isnan(o).all(axis=0)
        what = f"is missing for the reference {self.reference}"
        columns.refuse_columns(self.method, lacking, what, None, "fill the cell or name another")
        return np.asarray(ref)


@dataclass(frozen=True, kw_only=True)
class AboveMean(Normaliser):
    r"""Above or below the mean: 1 where :math:`x > (1 + p) \bar x`, -1 where
    :math:`x < (1 - p) \bar x`, else 0; the sign is turned where less is better.

    Parameters
    ----------
    window, base
        See :class:`Normaliser`.
    threshold : float in [0, 1)
        p.

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators, table 3.
    doi:10.1787/9789264043466-en

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> data = pd.DataFrame({"a": [1.0, 2, 2.1, 3]}, index=list("wxyz"))
    >>> gz.Index(framework=f, normalise="above-mean").evaluate(data).normalised["a"].tolist()
    [-1.0, 0.0, 0.0, 1.0]
    """

    method: ClassVar[str] = "above-mean"
    threshold: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        p = number("above-mean", "threshold", self.threshold)
        p = number("above-mean", "threshold", p, 0 <= p < 1, " in [0, 1)")
        object.__setattr__(self, "threshold", p)

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return the mean of each column, (m,)."""
        columns.refuse_moderate("above-mean")
        m = mean(x)
        columns.refuse_columns("above-mean", m <= 0, "has the mean {}, not above zero", m, _WAY)
        return {"mean": m}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return -1, 0 or 1."""
        share = x / fitted["mean"]
        above, below = share > 1 + self.threshold, share < 1 - self.threshold
        step = np.where(columns.sign < 0, below, above).astype(float)
        step -= np.where(columns.sign < 0, above, below)
        return np.where(np.isnan(share), np.nan, step)


@dataclass(frozen=True, kw_only=True)
class BaseIndex(Normaliser):
    r"""Index on a base: :math:`100 x_t / x_0` of each unit; less is better: :math:`100 x_0 / x_t`.

    The form of the fixed-base indices of statistics bureaus. It shows growth of each unit against
    itself and says nothing of levels between units. A cell whose unit has no base value of that
    indicator is missing; a unit without any base row is an error.

    Parameters
    ----------
    base : label, optional
        The base period; the first one by default.
    to : float
        Value in the base period.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> rows = pd.MultiIndex.from_product([["x"], [2022, 2023]], names=["unit", "year"])
    >>> data = pd.DataFrame({"a": [8.0, 10.0]}, index=rows)
    >>> gz.Index(framework=f, normalise="base-index").evaluate(data).normalised["a"].tolist()
    [100.0, 125.0]
    """

    method: ClassVar[str] = "base-index"
    windows: ClassVar[tuple[str, ...]] = ("base",)
    per_unit: ClassVar[bool] = True
    window: Literal["base"] = "base"
    to: float = 100.0

    def __post_init__(self) -> None:
        super().__post_init__()
        to = number("base-index", "to", self.to)
        object.__setattr__(self, "to", number("base-index", "to", to, to > 0, " > 0"))

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        """Return units and their base values, (units, m)."""
        columns.refuse_moderate("base-index")
        if not rows.several:
            raise DataError(
                "base-index needs a base period and at least one other",
                [
                    Problem(
                        "periods",
                        "there is one at most",
                        "label the rows by (unit, period); to compare units in one period use "
                        "index.replace(normalise={'method': 'minmax'})",
                    )
                ],
            )
        columns.refuse("base-index", rows, x, x <= 0, "not above zero in the base period", _WAY)
        return {"start": x.copy(), "units": list(rows.units)}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        """Return values relative to the unit's own base."""
        place = {u: i for i, u in enumerate(fitted["units"])}
        new = [u for u in dict.fromkeys(rows.units) if u not in place]
        if new:
            raise DataError(
                "base-index: units without a base period",
                [
                    Problem(
                        str(u), "has no row in it", "add the row and fit again, or leave it out"
                    )
                    for u in new
                ],
            )
        start = fitted["start"][[place[u] for u in rows.units]]
        return np.asarray(self.to * _over("base-index", x, start, columns, rows))

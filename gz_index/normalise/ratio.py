"""Normalisers that divide: by a reference, mean, maximum, sum or norm, or by the own base year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, Problem
from gz_index.normalise.base import Columns, Fitted, Normaliser, Rows, lowest

__all__ = ["AboveMean", "BaseIndex", "Distance", "Ratio"]

Norm = Literal["mean", "max", "sum", "norm"]
Form = Literal["ratio", "difference", "range"]


def _positive(method: str, x: Array, columns: Columns, rows: Rows) -> None:
    """Columns of which less is better enter as reciprocals: they have to be above zero."""
    down = columns.sign == -1
    columns.refuse(method, rows, x, down & (x <= 0), "of direction - not above zero")


def _mean(x: Array) -> Array:
    n = (~np.isnan(x)).sum(axis=0)
    return np.where(n > 0, np.nansum(x, axis=0) / np.maximum(n, 1), np.nan)


@dataclass(frozen=True, kw_only=True)
class Ratio(Normaliser):
    r"""Ratio to the mean, the maximum, the sum or the vector norm of the column.

    Where less is better 1/x takes the place of x: ratio to the maximum is then :math:`\min x / x`,
    so that the best unit has 1 and the worst the least.

    Parameters
    ----------
    to : {"mean", "max", "sum", "norm"}
    """

    method: ClassVar[str] = "ratio"
    to: Norm = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.to not in get_args(Norm):
            raise MethodError(
                f"ratio: to = {self.to!r}", hint=f"one of {', '.join(get_args(Norm))}"
            )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        u = self._ready(x, columns, rows)
        if self.to != "norm":
            columns.refuse("ratio", rows, x, u < 0, "negative")
        low, high = lowest(u)
        if self.to == "mean":
            whole = _mean(u)
        elif self.to == "max":
            whole = high
        else:
            squares = np.nansum(u**2, axis=0)
            whole = np.nansum(u, axis=0) if self.to == "sum" else np.sqrt(squares)
        columns.refuse_constant(
            "ratio", np.where(whole == 0, low, 0), np.where(whole == 0, high, 1), rows
        )
        return {"whole": whole}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        return np.asarray(self._ready(x, columns, rows) / fitted["whole"])

    def _ready(self, x: Array, columns: Columns, rows: Rows) -> Array:
        columns.refuse_moderate("ratio")
        down = columns.sign == -1
        if not down.any():
            return x
        _positive("ratio", x, columns, rows)
        return np.where(down, 1 / np.where(down, x, 1.0), x)


@dataclass(frozen=True, kw_only=True)
class Distance(Normaliser):
    r"""Distance to a reference: a unit, the leader, the mean, the target, or a number.

    Parameters
    ----------
    reference : str or float
        ``"leader"``, ``"mean"``, ``"target"``, the label of a unit (its value in the base period),
        or a number for all indicators.
    form : {"ratio", "difference", "range"}
        :math:`x / x_{ref}` (:math:`x_{ref} / x` where less is better);
        :math:`(x - x_{ref}) / |x_{ref}|`, sign turned where less is better; or
        :math:`1 - (x_{ref} - x) / (x_{ref} - \min x)` of oriented values.
    clip : bool
        Cut at the reference: nothing scores better than it.
    """

    method: ClassVar[str] = "distance-to-reference"
    reference: Any = "leader"
    form: Form = "ratio"
    clip: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.form not in get_args(Form):
            raise MethodError(
                f"distance: form = {self.form!r}", hint=f"one of {', '.join(get_args(Form))}"
            )

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        if self.form != "range":
            columns.refuse_moderate(f"distance with form = {self.form!r}")
        o = columns.oriented(x)
        low, high = lowest(o)
        if self.reference == "leader":
            ref = high
        elif self.reference == "mean":
            ref = _mean(o)
        elif self.reference == "target":
            ref = columns.oriented(columns.target[None, :])[0]
            if np.isnan(ref).any():
                raise DataError(
                    "distance to target needs targets",
                    [
                        Problem(columns.names[j], "has none", "give target = { value = ... }")
                        for j in np.flatnonzero(np.isnan(ref))
                    ],
                )
        elif isinstance(self.reference, int | float) and not isinstance(self.reference, bool):
            ref = columns.oriented(np.full((1, x.shape[1]), float(self.reference)))[0]
        else:
            at = [i for i, u in enumerate(rows.units) if u == self.reference and rows.base[i]]
            if not at:
                raise DataError(
                    f"distance: no unit {self.reference!r} in the base period",
                    [Problem("reference", repr(self.reference), "leader, mean, target or a unit")],
                )
            ref = o[at[0]]
        if self.form == "range":
            columns.refuse_constant("distance", low, ref, rows)
        raw = np.where(columns.sign == -1, -ref, ref)
        if self.form != "range":
            columns.refuse("distance", rows, raw[None, :], (raw == 0)[None, :], "zero as reference")
        return {"reference": ref, "low": low}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        o, ref = columns.oriented(x), fitted["reference"]
        if self.form == "range":
            return np.asarray(1 - (ref - o) / (ref - fitted["low"]))
        if self.form == "difference":
            return np.asarray((o - ref) / np.abs(ref))
        _positive("distance", x, columns, rows)
        down = columns.sign == -1
        safe = np.where(down, o, 1.0)
        return np.asarray(np.where(down, ref / safe, o / ref))

    def limits(self) -> tuple[float, float] | None:
        return (-np.inf, 0.0 if self.form == "difference" else 1.0) if self.clip else None


@dataclass(frozen=True, kw_only=True)
class AboveMean(Normaliser):
    """Above or below the mean: 1 above 1 + p times it, -1 below 1 - p times, else 0.

    Parameters
    ----------
    threshold : float
        p, in [0, 1).
    """

    method: ClassVar[str] = "above-mean"
    threshold: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.threshold < 1:
            raise MethodError(f"above-mean: threshold = {self.threshold}", hint="in [0, 1)")

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        columns.refuse_moderate("above-mean")
        mean = _mean(x)
        columns.refuse("above-mean", rows, mean[None, :], (mean <= 0)[None, :], "means not above 0")
        return {"mean": mean}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        share = x / fitted["mean"]
        step = 1.0 * (share > 1 + self.threshold) - 1.0 * (share < 1 - self.threshold)
        return np.where(np.isnan(x), np.nan, step * columns.sign)


@dataclass(frozen=True, kw_only=True)
class BaseIndex(Normaliser):
    r"""Index on a base, :math:`100\, x_t / x_0` (:math:`x_0 / x_t` where less is better).

    The form of the fixed-base indices of statistics bureaus. It shows growth of each unit against
    itself and says nothing of levels between units. An indicator without a base value is missing.

    Parameters
    ----------
    to : float
        Value in the base period.
    """

    method: ClassVar[str] = "base-index"
    windows: ClassVar[tuple[str, ...]] = ("base",)
    per_unit: ClassVar[bool] = True
    window: Literal["base"] = "base"
    to: float = 100.0

    def fit(self, x: Array, columns: Columns, rows: Rows) -> dict[str, Any]:
        columns.refuse_moderate("base-index")
        if not rows.several:
            raise DataError(
                "base-index needs a base period and at least one other",
                [
                    Problem(
                        "periods",
                        "there is one",
                        "to compare units in one period use "
                        "index.replace(normalise={'method': 'minmax'})",
                    )
                ],
            )
        columns.refuse("base-index", rows, x, x <= 0, "not above zero in the base period")
        return {"start": x.copy(), "units": list(rows.units)}

    def apply(self, x: Array, fitted: Fitted, columns: Columns, rows: Rows) -> Array:
        place = {u: i for i, u in enumerate(fitted["units"])}
        new = [u for u in dict.fromkeys(rows.units) if u not in place]
        if new:
            raise DataError(
                "base-index: units without a base period",
                [Problem(str(u), "has no row in it", "add the row, or fit again") for u in new],
            )
        start = fitted["start"][[place[u] for u in rows.units]]
        down = columns.sign == -1
        _positive("base-index", x, columns, rows)
        safe = np.where(down, x, 1.0)
        return np.asarray(np.where(down, self.to * start / safe, self.to * x / start))

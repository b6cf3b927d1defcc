"""Fill gaps: by peers, along time, from a table, or from other indicators; every cell recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import Framework, Text
from gz_index.labels import label_text, listed
from gz_index.prepare.base import Fitted, Sheet, Step, others
from gz_index.prepare.filling import METHODS, OUTCOMES, Filled
from gz_index.reading import read_table

__all__ = ["METHODS", "OUTCOMES", "Impute"]

#: a row in what is fitted: unit and period as text
Row: TypeAlias = tuple[str | None, str | None]

Rest: TypeAlias = Literal["refuse", "keep"]
Outside: TypeAlias = Literal["refuse", "clip"]
Ends: TypeAlias = Literal["none", "nearest", "cagr"]

#: lists of cells in what is fitted
_CELLS = ("filled", "clipped", "open")

#: options that belong to some methods only
_OPTIONS = {option for method in METHODS.values() for option in method.options}


@dataclass(frozen=True, kw_only=True)
class Impute(Step):
    r"""Fill missing cells; known ones are never changed.

    ============  ============================================  ================================
    method        a gap becomes                                 options
    ============  ============================================  ================================
    mean, median  that of the column, of its group or period    ``by``
    linear        the line between its unit's neighbours in     ``ends``
                  time
    carry         its unit's newest value at or before          ``limit``
    cold-deck     the value of a given table                    ``table``
    regression    the least squares prediction                  ``on``
    knn           the mean of the nearest rows                  ``on``, ``neighbours``
    iterative     what chained regressions agree on             ``on``, ``tol``, ``iterations``
    em            its expectation under a normal fitted by EM   ``on``, ``tol``, ``iterations``
    ============  ============================================  ================================

    Linear and carry stay within a unit, a table is given; all others take values of other units,
    of all periods together unless ``by="period"``, and say so.

    Parameters
    ----------
    method : str
    columns : tuple of str, optional
        Indicators to fill, or groups of them; all by default.
    by : "period" or mapping of unit to group, optional
    ends : {"none", "nearest", "cagr"}
        Before the first and after the last known value of a unit: nothing, that value, or that
        value carried on at the average growth between the two.
    limit : float, optional
        How far back a value may lie, in the unit of the periods (years; quarters of quarters).
    table : mapping of indicator to {unit: value} or {unit: {period: value}}, DataFrame, or path
        The donors of a cold deck. A path (in a definition: seen from its folder) is read by
        :func:`gz_index.read_table`; its numeric columns are indicators, and what it holds becomes
        part of the step, so that a definition stays whole without the file.
    on : tuple of str, optional
        Indicators or other columns to learn from, all indicators by default. A regression has just
        these for predictors; the others take the columns to be filled as well.
    neighbours : int
    tol, iterations : optional
        When to stop: as :func:`~gz_index.prepare.em.em` and
        :func:`~gz_index.prepare.learned.chain` have it.
    rest : {"refuse", "keep"}
        What becomes of cells that the method cannot fill: an error that names them, or they stay
        missing and are listed in what is said of the step.
    low, high : float or mapping by indicator, optional
        What is possible.
    outside : {"refuse", "clip"}
        What becomes of filled values beyond that: an error, or the bound, which is recorded.

    Raises
    ------
    MethodError
        An option is not valid, or is not one of the method.

    Notes
    -----
    What was filled is kept: a replay fills these cells alike whatever rows have come in, and gaps
    of new rows from the stored parameters or from their own unit's series.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> from gz_index.table import align
    >>> f = gz.Framework((gz.Indicator(code="a"),))
    >>> rows = pd.MultiIndex.from_product([["x"], [2020, 2021, 2023]], names=["unit", "year"])
    >>> data = pd.DataFrame({"a": [1.0, None, 4.0]}, index=rows)
    >>> step, sheet = Impute(method="linear"), Sheet(align(data, f), f)
    >>> fitted = step.fit(sheet)
    >>> step.apply(sheet, fitted).values.ravel().tolist()
    [1.0, 2.0, 4.0]
    >>> str(step.said(fitted)[0])
    '1 cell(s) filled by linear interpolation within the unit: a 1'
    """

    kind: ClassVar[str] = "impute"

    method: str
    by: Any = None
    ends: Ends = "none"
    limit: float | None = None
    table: Any = None
    on: tuple[str, ...] | None = None
    neighbours: int = 5
    tol: float | None = None
    iterations: int | None = None
    rest: Rest = "refuse"
    low: Any = None
    high: Any = None
    outside: Outside = "refuse"

    def __post_init__(self) -> None:
        super().__post_init__()
        put = object.__setattr__
        put(self, "method", str(self.method).replace("_", "-"))
        if self.method not in METHODS:
            raise MethodError(
                f"impute: no method {self.method!r}{closest(self.method, list(METHODS))}",
                hint=f"methods are {', '.join(METHODS)}",
            )
        own = METHODS[self.method].options
        for f in fields(self):
            value = getattr(self, f.name)
            given = isinstance(value, pd.DataFrame) or value != f.default
            if given and f.name in _OPTIONS and f.name not in own:
                raise MethodError(
                    f"impute: {self.method} has no option {f.name!r}",
                    hint=f"its options are {', '.join(own)}" if own else "it takes none",
                )
        for name, allowed in (("ends", Ends), ("rest", Rest), ("outside", Outside)):
            if getattr(self, name) not in get_args(allowed):
                raise MethodError(
                    f"impute: {name} = {getattr(self, name)!r}",
                    hint=f"one of {', '.join(get_args(allowed))}",
                )
        if isinstance(self.on, str):
            raise MethodError(f"impute: on = {self.on!r} is no list", hint=f"on = [{self.on!r}]")
        if self.on is not None:
            put(self, "on", tuple(self.on))
            if not self.on and self.method == "regression":
                raise MethodError("impute: a regression on nothing", hint="method = 'mean', or on")
        if self.by is not None and self.by != "period":
            if not isinstance(self.by, Mapping):
                raise MethodError(
                    f"impute: by = {self.by!r}", hint="'period', or a mapping of unit to group"
                )
            put(self, "by", {str(label_text(u)): str(g) for u, g in self.by.items()})
        if self.method == "cold-deck":
            put(self, "table", _table(self.table))
        for name, least in (("limit", 0), ("neighbours", 1), ("tol", 0), ("iterations", 1)):
            value = getattr(self, name)
            if value is None:
                continue
            whole = name in ("neighbours", "iterations")
            kinds = (int, np.integer) if whole else (int, float, np.number)
            if isinstance(value, bool) or not isinstance(value, kinds) or not value >= least:
                what = "a whole number, " if whole else "a number, "
                raise MethodError(f"impute: {name} = {value!r}", hint=f"{what}at least {least}")
        ends = {name: _limits(name, getattr(self, name)) for name in ("low", "high")}
        for code in {*ends["low"], *ends["high"]}:
            low, high = (ends[k].get(code, ends[k].get("")) for k in ("low", "high"))
            if low is not None and high is not None and low > high:
                raise MethodError(f"impute: low = {low:g} is above high = {high:g}", hint="swap")

    @property
    def label(self) -> str:
        """Method, and the options that change what it does."""
        by = self.by if self.by is None or self.by == "period" else "group"
        named = {"by": by, "limit": self.limit, "on": self.on and "+".join(self.on)}
        named["ends"] = None if self.ends == "none" else self.ends
        named["columns"] = self.columns and "+".join(self.columns)
        parts = [self.method, *(f"{k}={v}" for k, v in named.items() if v is not None)]
        return f"impute({', '.join(parts)})"

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns it learns from; those that are indicators are there anyway."""
        return self.on or ()

    def problems(self, framework: Framework) -> list[Problem]:
        """Return nodes and indicators that it names and the tree does not have."""
        out = super().problems(framework)
        for name in ("table", "low", "high"):
            value = getattr(self, name)
            for c in value if isinstance(value, Mapping) else ():
                if c not in framework.codes:
                    near = closest(c, list(framework.codes))
                    out.append(Problem(f"prepare.impute.{name}", f"no indicator {c!r}{near}"))
        return out

    def without(self, gone: Collection[str]) -> Step | None:
        """Return it for a tree without some nodes, of which it has no table and no limits."""
        step = super().without(gone)
        if not isinstance(step, Impute):
            return step
        mine = {name: others(getattr(self, name), gone) for name in ("table", "low", "high")}
        return replace(step, **mine)

    def fit(self, sheet: Sheet) -> Fitted:
        """Return the parameters, and every cell that was filled, clipped, or left open."""
        at = self.at(sheet)
        gaps = np.isnan(sheet.values[:, at])
        try:
            model = METHODS[self.method].learn(self, sheet, at)
        except MethodError:
            if gaps.any():
                raise
            model = None
        values, why = self._fill(sheet, at, model, gaps)
        bounded = self.bounded(sheet, at, values, gaps)
        open_ = gaps & np.isnan(values)
        self.check_rest(sheet, at, open_, why)
        return {
            "model": model,
            **self._cells(sheet, at, gaps, values, why, bounded),
            "periods": 0 if sheet.table.periods is None else len(sheet.table.periods),
        }

    def apply(self, sheet: Sheet, fitted: Fitted) -> Sheet:
        """Fill the cells that were fitted as they were, and those of new rows afresh."""
        at = self.at(sheet)
        gaps = np.isnan(sheet.values[:, at])
        out, fresh = self._old(sheet, at, gaps, fitted)
        if fresh.any():
            values, why = self._fill(sheet, at, fitted["model"], fresh)
            values = self.bounded(sheet, at, values, fresh)
            self.check_rest(sheet, at, fresh & np.isnan(values), why)
            out[fresh] = values[fresh]
        return _with_cells(sheet, at, gaps, out)

    def _old(
        self, sheet: Sheet, at: list[int], gaps: NDArray[np.bool_], fitted: Fitted
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Values (n, columns) of gaps that are known from before, and which are new."""
        old = {(code, u, p): v for code, u, p, v in fitted["filled"]}
        old |= {(code, u, p): np.nan for code, u, p, _ in fitted["open"]}
        out, fresh, rows = np.full(gaps.shape, np.nan), gaps.copy(), labels(sheet)
        for i, c in np.argwhere(gaps).tolist():
            key = (sheet.codes[at[c]], *rows[i])
            if key in old:
                out[i, c], fresh[i, c] = old[key], False
        return out, fresh

    def kept(self, before: Sheet, after: Sheet, fitted: Fitted) -> Fitted:
        """Return what was fitted with the gaps of new rows: how they were filled, or left open."""
        at = self.at(before)
        _, fresh = self._old(before, at, np.isnan(before.values[:, at]), fitted)
        if not fresh.any():
            return fitted
        values, why = self._fill(before, at, fitted["model"], fresh)
        new = self._cells(before, at, fresh, values, why, after.values[:, at])
        return fitted | {k: [*fitted[k], *cells] for k, cells in new.items()}

    def within(self, sheet: Sheet, fitted: Fitted) -> Fitted:
        """Return it without cells that are not gaps of this sheet."""
        rows, gaps = labels(sheet), np.argwhere(np.isnan(sheet.values)).tolist()
        here = {(sheet.codes[j], *rows[i]) for i, j in gaps}
        cells = {k: [c for c in fitted[k] if tuple(c[:3]) in here] for k in _CELLS}
        return fitted | cells

    def _cells(
        self,
        sheet: Sheet,
        at: list[int],
        gaps: NDArray[np.bool_],
        values: Array,
        why: NDArray[np.str_],
        bounded: Array,
    ) -> dict[str, list[list[Any]]]:
        """List the gaps (n, columns) that were filled, clipped, or left open."""
        codes, rows, open_ = [sheet.codes[j] for j in at], labels(sheet), gaps & np.isnan(values)

        def cells(mask: NDArray[np.bool_], what: NDArray[Any]) -> list[list[Any]]:
            found = np.argwhere(mask.T).tolist()  # column by column
            return [[codes[c], *rows[i], what[i, c].item()] for c, i in found]

        return {
            "filled": cells(gaps & ~open_, bounded),
            "clipped": cells(gaps & (bounded != values) & ~open_, values),
            "open": cells(open_, why),
        }

    def _fill(
        self, sheet: Sheet, at: list[int], model: Fitted | None, cells: NDArray[np.bool_]
    ) -> Filled:
        """Values for cells (n, columns), and why there is none."""
        if model is None or not cells.any():
            return np.full(cells.shape, np.nan), np.full(cells.shape, "not-learned")
        return METHODS[self.method].fill(self, sheet, at, model)

    def bounded(
        self, sheet: Sheet, at: Sequence[int], values: Array, cells: NDArray[np.bool_]
    ) -> Array:
        """Return values (n, columns) within what is possible; refuse cells beyond, if asked to."""
        codes = [sheet.codes[j] for j in at]
        low = np.array([_bound(self.low, c, -np.inf) for c in codes])
        high = np.array([_bound(self.high, c, np.inf) for c in codes])
        beyond = cells & ((values < low) | (values > high))
        if beyond.any() and self.outside == "refuse":
            found = np.argwhere(beyond).tolist()
            raise DataError(
                f"{self.method} fills in values that are not possible",
                listed(
                    len(found),
                    "such values",
                    lambda k: Problem(
                        sheet.label(at[found[k][1]]),
                        f"{values[tuple(found[k])]:.6g} for {sheet.table.row_name(found[k][0])} "
                        f"is not in [{low[found[k][1]]:g}, {high[found[k][1]]:g}]",
                        "outside = 'clip', or another method",
                    ),
                ),
            )
        return np.where(beyond, np.clip(values, low, high), values)

    def check_rest(
        self,
        sheet: Sheet,
        at: Sequence[int],
        open_: NDArray[np.bool_],
        why: NDArray[np.str_],
    ) -> None:
        """Refuse cells (n, columns) that could not be filled, unless they may stay missing."""
        found = np.argwhere(open_).tolist()
        if not found or self.rest == "keep":
            return

        def problem(k: int) -> Problem:
            i, c = found[k]
            text, way = OUTCOMES[str(why[i, c])]
            what = f"{sheet.table.row_name(i)} stays missing: {text}"
            return Problem(sheet.label(at[c]), what, f"{way}; or rest = 'keep'")

        raise DataError(
            f"{self.method} cannot fill {len(found)} cell(s)",
            listed(len(found), "such cells", problem),
        )

    def said(self, fitted: Fitted) -> tuple[Text, ...]:
        """How many cells were filled from what; which were clipped, and which could not be."""
        way, filled = METHODS[self.method], fitted["filled"]
        out = []
        if filled:
            some = _tally(filled)
            out.append(
                Text(
                    f"{way.label.zh}填补{len(filled)}个单元格：{some}",
                    f"{len(filled)} cell(s) filled by {way.label.en}: {some}",
                )
            )
            if way.across:
                pooled = fitted["periods"] > 1 and self.by != "period"
                out.append(
                    Text(
                        "填补值取自其他对象" + ("，各期合并" if pooled else ""),
                        "they come from values of other units"
                        + (", of all periods together" if pooled else ""),
                    )
                )
        if fitted["clipped"]:
            some = _tally(fitted["clipped"])
            n = len(fitted["clipped"])
            out.append(
                Text(f"{n}个填补值截到界限：{some}", f"{n} of them were cut to a bound: {some}")
            )
        for code in dict.fromkeys(c[3] for c in fitted["open"]):
            cells = [c for c in fitted["open"] if c[3] == code]
            shown = ", ".join(" ".join(str(v) for v in c[:3] if v is not None) for c in cells[:8])
            shown += f" (+{len(cells) - 8})" if len(cells) > 8 else ""
            text = OUTCOMES[code][0]
            out.append(
                Text(
                    f"{len(cells)}个单元格未填补（{text.zh}）：{shown}",
                    f"{len(cells)} cell(s) stay missing ({text.en}): {shown}",
                )
            )
        return tuple(out)


def _tally(cells: list[list[Any]]) -> str:
    codes = [c[0] for c in cells]
    return ", ".join(f"{c} {codes.count(c)}" for c in dict.fromkeys(codes))


def _limits(name: str, spec: Any) -> dict[str, float]:
    """Bounds by indicator, and for all others under ""; numbers, if there are any."""
    given = spec if isinstance(spec, Mapping) else {} if spec is None else {"": spec}
    for code, value in given.items():
        fine = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not fine or np.isnan(value):
            of = f" of {code}" if code else ""
            raise MethodError(f"impute: {name}{of} = {value!r}", hint="give a number")
    return {str(code): float(value) for code, value in given.items()}


def _bound(spec: Any, code: str, default: float) -> float:
    value = spec.get(code) if isinstance(spec, Mapping) else spec
    return default if value is None else float(value)


def _table(spec: Any) -> dict[str, dict[str, Any]]:
    """A cold deck as plain mappings with labels as text."""
    if isinstance(spec, str | Path):
        spec = read_table(spec).select_dtypes("number")
        if not len(spec.columns):
            raise MethodError(
                "impute: the table of a cold deck has no numeric column",
                hint="one column an indicator, named by its code",
            )
    if isinstance(spec, pd.DataFrame):
        spec = {
            str(code): {key: v for key, v in column.items() if not pd.isna(v)}
            for code, column in spec.items()
        }
    if not isinstance(spec, Mapping) or not all(isinstance(v, Mapping) for v in spec.values()):
        raise MethodError(
            "impute: the table of a cold deck is not given",
            hint="table = {indicator: {unit: value}}, a DataFrame, or a path",
        )
    out: dict[str, dict[str, Any]] = {}
    for code, cells in spec.items():
        mine: dict[str, Any] = {}
        for key, value in cells.items():
            if isinstance(key, tuple):  # rows of a DataFrame: unit and period
                mine.setdefault(str(label_text(key[0])), {})[str(label_text(key[1]))] = float(value)
            elif isinstance(value, Mapping):
                own = {str(label_text(p)): float(v) for p, v in value.items()}
                mine[str(label_text(key))] = own
            else:
                mine[str(label_text(key))] = float(value)
        out[str(code)] = mine
    return out


# -- rows and cells --------------------------------------------------------------------------------


def labels(sheet: Sheet) -> list[Row]:
    """Unit and period of each row as text, by which its cells are found again."""
    out = [(label_text(u), label_text(p)) for u, p in sheet.keys]
    if len(set(out)) < len(out):
        twice = next(r for r in out if out.count(r) > 1)
        raise DataError(
            "rows cannot be told apart by their labels as text",
            [Problem(" ".join(str(v) for v in twice if v), "stands twice", "rename one of them")],
        )
    return out


def _with_cells(sheet: Sheet, at: Sequence[int], gaps: NDArray[np.bool_], values: Array) -> Sheet:
    filled = np.zeros(sheet.values.shape, dtype=np.bool_)
    filled[:, at] = gaps & ~np.isnan(values)
    out = sheet.values.copy()
    out[:, at] = np.where(filled[:, at], values, out[:, at])
    return sheet.with_values(out, imputed=filled)

"""Fitting normalisers to a table: once, or to many versions of it side by side."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, Problem
from gz_index.framework import Framework
from gz_index.normalise.base import TRANSFORMS, Columns, Normaliser, transform
from gz_index.normalise.scale import Part, Scale, each_period, in_range, rows_of, transformed

if TYPE_CHECKING:
    from gz_index.table import Table

__all__ = ["fit", "fit_draws"]


def fit(table: Table, framework: Framework, normaliser: Normaliser) -> Scale:
    """Fit a normaliser to aligned data; indicators may have one of their own.

    Parameters
    ----------
    table : Table
        Its columns are those of the framework.
    framework : Framework
        ``indicator.normalise`` takes the place of ``normaliser``.
    normaliser : Normaliser

    Raises
    ------
    DataError
        A column does not vary in the window, lacks goalposts, or is out of a domain; the base
        period is not in the data.
    DefinitionError
        A goalpost, bound or target is outside the domain of its transform.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> from gz_index.normalise import normaliser
    >>> from gz_index.table import align
    >>> f = gz.Framework((gz.Indicator(code="a", direction=gz.Direction(-1)),))
    >>> table = align(pd.DataFrame({"a": [2.0, 3, 6]}, index=["x", "y", "z"]), f)
    >>> scale = fit(table, f, normaliser("minmax"))
    >>> scale.apply(table)[0].tolist()
    [[1.0], [0.75], [0.0]]
    >>> scale.to_frame()[["parameter", "value"]].to_numpy().tolist()
    [['worst', 6.0], ['best', 2.0]]
    """
    x = transformed(framework, table.values, table)
    groups: list[tuple[Normaliser, list[int]]] = []
    for j, indicator in enumerate(framework.indicators):
        own = indicator.normalise if indicator.normalise is not None else normaliser
        for known, at in groups:
            if known is own or known == own:
                at.append(j)
                break
        else:
            groups.append((own, [j]))
    parts = []
    for own, at_list in groups:
        columns = Columns.of([framework.indicators[j] for j in at_list])
        v = x if len(at_list) == x.shape[1] else x[:, at_list]
        parts.append(_fit_part(own, np.array(at_list, dtype=np.intp), columns, v, table))
    return Scale(framework, tuple(parts), table.periods)


def _fit_part(
    own: Normaliser, at: NDArray[np.intp], columns: Columns, x: Array, table: Table
) -> Part:
    base = _base(own, table)
    rows = rows_of(table, base)
    if own.window == "period" and table.periods is not None:
        pieces = [
            (x[i], replace(rows.take(i, str(table.periods[t])), base=np.ones(i.size, dtype=bool)))
            for t, i in each_period(table)
        ]
    elif own.window == "base" and table.periods is not None:
        first = np.flatnonzero(rows.base)
        pieces = [(x[first], rows.take(first, str(base)))]
    else:
        pieces = [(x, rows)]
    fitted, blank = [], []
    for v, here in pieces:
        part = Part(own, at, columns, base, (), ())
        with in_range(part, v):
            found = own.fit(v, columns, here)
        for value in found.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        none: NDArray[np.bool_] = np.zeros(at.size, dtype=bool)
        # a fixed window needs no data, and a unit's own base is looked for cell by cell
        if found and own.window != "goalposts" and not own.per_unit and np.isnan(v.sum()):
            none = np.asarray(np.isnan(v).all(axis=0))
        fitted.append(found)
        blank.append(none)
    return Part(own, at, columns, base, tuple(fitted), tuple(blank))


def _base(own: Normaliser, table: Table) -> Hashable | None:
    """Return the base period: the one that is named, else the first."""
    if table.periods is None:
        if own.base is not None:
            raise DataError(
                f"{own.label}: the rows have no period, and base = {own.base!r} names one",
                [
                    Problem(
                        "base", repr(own.base), "label the rows by (unit, period), or take it out"
                    )
                ],
            )
        return None
    if own.base is None:
        return table.periods[0]
    for period in table.periods:
        if period == own.base:
            return period
    raise DataError(
        f"{own.label}: there are no rows of the base period {own.base!r}",
        [Problem("base", repr(own.base), f"periods are {', '.join(map(repr, table.periods))}")],
    )


def fit_draws(
    scale: Scale, table: Table, x: Array, *, low: Array | None = None, high: Array | None = None
) -> Array:
    """Fit afresh, and normalise, many versions of a table at once.

    Indicators are normalised column by column, so the versions stand side by side as columns of
    one wide table.

    Parameters
    ----------
    scale : Scale
        Fitted to the table as it is; says which normaliser each indicator has.
    table : Table
    x : (D, n, m)
        Its values in raw units in each draw, m in the order of ``scale.codes``.
    low, high : (D, m), optional
        Goalposts in raw units in place of those of the definition.

    Returns
    -------
    (D, n, m)

    Raises
    ------
    DataError
        As for :func:`fit`.
    """
    draws, n, _ = x.shape
    values, limits = x.copy(), {"low": low, "high": high}
    for j, indicator in enumerate(scale.framework.indicators):
        if indicator.transform is None:
            continue
        for draw in np.flatnonzero(~TRANSFORMS[indicator.transform][1](x[..., j]).all(axis=1)):
            transformed(scale.framework, x[draw], table)  # passes over NaN, refuses the rest
        values[..., j] = transform(indicator.transform, x[..., j])
        limits = {
            k: None if v is None else _put(v, j, transform(indicator.transform, v[:, j]))
            for k, v in limits.items()
        }
    out = np.empty_like(values)
    for part in scale.parts:
        k = part.at.size
        columns = part.columns.tile(draws)
        given = {s: v[:, part.at].reshape(-1) for s, v in limits.items() if v is not None}
        columns = replace(columns, **given)  # type: ignore[arg-type]
        at = np.arange(draws * k)
        wide = np.moveaxis(values[..., part.at], 0, 1).reshape(n, draws * k)
        fitted = _fit_part(part.normaliser, at, columns, wide, table)
        z, _ = Scale(scale.framework, (fitted,), scale.periods).apply_transformed(wide, table)
        out[..., part.at] = np.moveaxis(z.reshape(n, draws, k), 1, 0)
    return out


def _put(a: Array, j: int, column: Array) -> Array:
    out = a.copy()
    out[:, j] = column
    return out

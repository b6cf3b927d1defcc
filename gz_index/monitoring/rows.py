"""The rows of a monitored plan: years, the unit, the base year, and marks on its cells."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gz_index.errors import DataError, NotFoundError, Problem
from gz_index.labels import blank, label_text, listed
from gz_index.table import Table

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.prepare.rule import Prepared

__all__ = ["base_year", "imputed", "marks", "one_unit", "years"]


def years(table: Table) -> tuple[int, ...]:
    """Periods of a table as years, in order."""
    if table.periods is None:
        raise DataError(
            "monitoring needs years",
            [
                Problem(
                    "data",
                    "the rows have no period",
                    "label rows by (unit, year); the years of one city: "
                    "pd.concat({'city': data}, names=['unit', 'year'])",
                )
            ],
        )
    years = []
    for p in table.periods:
        text = str(p.year) if isinstance(p, pd.Timestamp | pd.Period) else label_text(p) or ""
        if not re.fullmatch(r"\d{4}年?", text):
            raise DataError(
                "monitoring needs years",
                [Problem("period", f"{p!r} is no year", "one row a year; parts of years aside")],
            )
        years.append(int(text[:4]))
    if len(set(years)) < len(years):
        raise DataError("monitoring needs years", [Problem("period", "two fall in one year")])
    return tuple(years)


def one_unit(table: Table, unit: Hashable | None) -> Hashable:
    """The unit that is meant; the only one by default."""
    units = list(dict.fromkeys(table.units))
    shown = ", ".join(map(str, units[:8])) + (", ..." if len(units) > 8 else "")
    if unit is None and len(units) > 1:
        raise DataError(
            "the data hold several units",
            [Problem("unit", shown, "say which: unit = ..., or --of on the command line")],
        )
    if unit is not None and unit not in units:
        raise NotFoundError(f"no unit {unit!r}; there are {shown}")
    return units[0] if unit is None else unit


def base_year(index: Index, years: tuple[int, ...]) -> int:
    """Earliest year of the baselines, else the first one of the data."""
    known = [i.baseline.year for i in index.framework.indicators if i.baseline]
    return min([y for y in known if y is not None], default=years[0])


def marks(
    flags: pd.DataFrame | None, table: Table, years: tuple[int, ...], unit: Hashable
) -> dict[tuple[str, int], str]:
    """Words of the user on cells of the unit, by indicator and year."""
    if flags is None:
        return {}
    unknown = [str(c) for c in flags.columns if c not in table.codes]
    if unknown or not flags.index.isin(table.index).all():
        raise DataError(
            "flags have to be labelled as the data are",
            [Problem(f"flags, {c}", "no indicator has this code") for c in unknown]
            or [Problem("flags", "a row is not in the data", "use the index of the data")],
        )
    assert table.slot is not None
    out, problems = {}, []
    for i, row in enumerate(table.index):
        if table.units[i] == unit and row in flags.index:
            for code, word in flags.loc[row].items():
                if isinstance(word, str) and word:
                    out[str(code), years[table.slot[i]]] = word
                elif not blank(word) and word:
                    where = f"flags, {code} for {table.row_name(i)}"
                    problems.append(Problem(where, f"{word!r} is no word", "say 'provisional'"))
    if problems:
        raise DataError("flags are words", listed(len(problems), "cells", problems.__getitem__))
    return out


def imputed(prepared: Prepared | None, unit: Hashable) -> dict[tuple[str, int], str]:
    """Cells of the unit that were filled in."""
    if prepared is None:
        return {}
    s = prepared.after
    when, at = years(s.table), s.table.slot
    assert at is not None
    return {
        (s.codes[j], when[at[i]]): "imputed"
        for i, j in np.argwhere(s.imputed).tolist()
        if s.table.units[i] == unit
    }

"""A workbook in the making: where everything stands, and how cells are written."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import ROOT, Lang
from gz_index.monitoring.workbook import plain_cell
from gz_index.normalise.scale import transformed
from gz_index.report.sheets import FILLS, SHEETS, WORDS

if TYPE_CHECKING:
    from gz_index.result import IndexResult

__all__ = ["TOP", "Book", "after_transforms"]

TOP = 3  # first row of data, below codes and names
_LONGEST = 8000  # characters of a formula; Excel takes 8192


def after_transforms(result: IndexResult) -> Array:
    """Return the data (n, m) as they are normalised."""
    return transformed(result.index.framework, result.table.values, result.table)


@dataclass
class Book:
    """Where everything stands in the book, and how it gets there.

    Rows of all sheets of data are the same (by period, so that each is one range), and so are the
    columns of the indicators; they and the groups stand in the order of the tree, siblings side by
    side.
    """

    book: Any
    result: IndexResult
    lang: Lang
    formulas: bool

    # -- places ------------------------------------------------------------------------------------

    @cached_property
    def order(self) -> list[int]:
        """Rows of the table in the order of the sheets."""
        slot, n = self.result.table.slot, len(self.result.table.units)
        return list(range(n)) if slot is None else np.argsort(slot, kind="stable").tolist()

    @cached_property
    def labels(self) -> int:
        """How many columns name a row."""
        return 1 if self.result.table.periods is None else 2

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Indicators, siblings side by side."""
        return self.result.index.framework.leaves()

    @cached_property
    def groups(self) -> list[str]:
        """Groups from the bottom up, siblings side by side; the root is last."""
        f = self.result.index.framework
        place = {g.code: i for i, g in enumerate(f.groups)}
        keys = {
            g.code: (-f.depth(g.code), place.get(g.parent, -1), place[g.code]) for g in f.groups
        }
        return sorted(place, key=lambda c: keys[c])

    def period(self, i: int) -> Hashable | None:
        """Period of a row of the table."""
        t = self.result.table
        return None if t.periods is None or t.slot is None else t.periods[t.slot[i]]

    def rows(self, period: Hashable | None) -> tuple[int, int]:
        """First and last row of a period, or of all."""
        t = self.result.table
        if period is None or t.slot is None or t.periods is None:
            return TOP, TOP + len(self.order) - 1
        at = np.flatnonzero(t.slot[self.order] == t.periods.index(period))
        return TOP + int(at[0]), TOP + int(at[-1])

    def column(self, code: str, sheet: str) -> str:
        """Letters of the column of a node."""
        return self.columns[sheet == "weights"][code]

    @cached_property
    def columns(self) -> tuple[dict[str, str], dict[str, str]]:
        """Letters by node: groups from the first column on, or after the indicators."""
        from openpyxl.utils import get_column_letter

        first, wide = self.labels + 1, len(self.codes)
        own = {c: str(get_column_letter(first + k)) for k, c in enumerate(self.codes)}
        apart, after = (
            {g: str(get_column_letter(first + more + k)) for k, g in enumerate(self.groups)}
            for more in (0, wide)
        )
        return own | apart, own | after

    @cached_property
    def fills(self) -> dict[str, Any]:
        """Fills of cells by what they mean."""
        from openpyxl.styles import PatternFill

        return {k: PatternFill("solid", start_color=c) for k, c in FILLS.items()}

    def ref(self, sheet: str, cells: str) -> str:
        """Cells of another sheet."""
        return f"'{SHEETS[sheet].get(self.lang)}'!{cells}"

    def name(self, code: str) -> str:
        """Name of a node in the language of the book."""
        own = self.result.index.framework.node(code).name.get(self.lang)
        return own or (WORDS["total"].get(self.lang) if code == ROOT else code)

    @cached_property
    def source(self) -> str:
        """The sheet that normalising reads."""
        some = any(i.transform for i in self.result.index.framework.indicators)
        return "transformed" if some else "raw"

    @cached_property
    def x(self) -> Array:
        """The data after the transforms."""
        return after_transforms(self.result)

    # -- cells -------------------------------------------------------------------------------------

    def sheet(self, name: str) -> Any:
        """Add a sheet, which prints across one page of A3."""
        sheet = self.book.create_sheet(SHEETS[name].get(self.lang))
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8  # A3
        sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
        return sheet

    def put(self, sheet: Any, row: int, column: int | str, value: Any, fill: str = "") -> Any:
        """Write a number or a text; no text becomes a formula."""
        from openpyxl.utils import column_index_from_string

        at = column_index_from_string(column) if isinstance(column, str) else column
        cell = sheet.cell(row, at)
        value = plain_cell(value)
        cell.value = value if value is None or isinstance(value, int | float | str) else str(value)
        if isinstance(cell.value, str):
            cell.data_type = "s"
            cell.quotePrefix = cell.value[:1] in ("=", "+", "-", "@")
        if fill:
            cell.fill = self.fills[fill]
        return cell

    def live(self, sheet: Any, row: int, column: str, formula: str, value: float) -> None:
        """Write a formula, or its value where there are to be none."""
        cell = sheet[f"{column}{row}"]
        if self.formulas and len(formula) > _LONGEST:
            raise MethodError(
                f"the formula of {sheet.title} {column}{row} has {len(formula)} characters, "
                "more than a spreadsheet takes",
                hint="write the numbers only: formulas=False",
            )
        cell.value = f"={formula}" if self.formulas else plain_cell(float(value))
        cell.number_format = "0.0000"

    def heads(self, sheet: Any, codes: Sequence[str], names: Sequence[str]) -> None:
        """Codes and names above the columns of data."""
        from openpyxl.styles import Alignment, Border, Font, Side

        t = self.result.table
        first = [t.index.names[0] or WORDS["unit"].get(self.lang)]
        if self.labels == 2:
            first = [
                str(n or WORDS[w].get(self.lang))
                for n, w in zip(t.index.names, ("unit", "period"), strict=True)
            ]
        for j, text in enumerate([*first, *codes], start=1):
            self.put(sheet, 1, j, text).font = Font(bold=True)
        for j, text in enumerate(names, start=self.labels + 1):
            self.put(sheet, 2, j, text).alignment = Alignment(wrap_text=True, vertical="top")
        for cell in sheet[2]:
            cell.border = Border(bottom=Side("thin"))
        sheet.column_dimensions["A"].width = 22
        sheet.freeze_panes = sheet.cell(TOP, self.labels + 1)

    def data_sheet(self, name: str, codes: Sequence[str]) -> Any:
        """A sheet with a row for each row of the table, its heads and labels written."""
        sheet = self.sheet(name)
        self.heads(sheet, codes, [self.name(c) for c in codes])
        for r, label in enumerate(self.row_labels, start=TOP):
            for j, text in enumerate(label, start=1):
                self.put(sheet, r, j, text)
        return sheet

    @cached_property
    def row_labels(self) -> list[tuple[Any, ...]]:
        """Labels of the rows in the order of the sheets."""
        index = self.result.table.index
        keys = [k if isinstance(k, tuple) else (k,) for k in index]
        return [keys[i] for i in self.order]

    def frame(self, name: str, frame: pd.DataFrame) -> None:
        """A table of numbers as it is."""
        from openpyxl.styles import Font

        sheet = self.sheet(name)
        for j, head in enumerate(frame.columns, start=1):
            self.put(sheet, 1, j, str(head)).font = Font(bold=True)
            for r, value in enumerate(frame.iloc[:, j - 1], start=2):
                self.put(sheet, r, j, value)
        sheet.freeze_panes = "A2"

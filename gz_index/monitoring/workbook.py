"""The dashboard as a workbook that a bureau can pass on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gz_index.framework import Text
from gz_index.monitoring.assessment import CONVENTIONS, GROWTH, OUTCOMES
from gz_index.monitoring.words import COLUMNS, class_text

if TYPE_CHECKING:
    from gz_index.monitoring.dashboard import Monitor

__all__ = ["plain_cell", "write"]

_SHEETS = {
    "dashboard": Text("监测表", "Dashboard"),
    "zones": Text("分区汇总", "Zones"),
    "history": Text("逐年进展", "Years"),
    "notes": Text("说明", "Notes"),
}
#: fill behind a class, by its sign; light enough for black letters
_FILLS = {"✔": "C6E0B4", "▲": "E2EFDA", "●": "FFF2CC", "▼": "FCE4D6", "✘": "F8CBAD"}
_FORMATS = dict.fromkeys(("completion", "time_share", "growth", "required", "remaining"), "0.0%")
_FORMATS |= dict.fromkeys(("ratio", "gap_rate", "left", "distance"), "0.000")


def write(monitor: Monitor, path: Path, lang: Literal["zh", "en"]) -> Path:
    """Write the workbook; see :meth:`gz_index.monitoring.Monitor.to_excel`."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    how = {COLUMNS[c].get(lang): form for c, form in _FORMATS.items()}
    _fill(book, _SHEETS["dashboard"].get(lang), monitor.to_frame(lang=lang).reset_index(), how)
    mean = Text("平均完成度", "Mean completion").get(lang)
    _fill(
        book, _SHEETS["zones"].get(lang), monitor.to_zones(lang=lang).reset_index(), {mean: "0.0%"}
    )
    _fill(book, _SHEETS["history"].get(lang), _history(monitor, lang), how)
    notes = pd.DataFrame({_SHEETS["notes"].get(lang): monitor.notes_in(lang)})
    _fill(book, _SHEETS["notes"].get(lang), notes, {})
    book.save(path)
    return path


def _history(monitor: Monitor, lang: Literal["zh", "en"]) -> pd.DataFrame:
    out = monitor.history.reset_index()
    out["code"] = [monitor.name(c, lang) for c in out["code"]]
    out["outcome"] = [OUTCOMES[o].get(lang) for o in out["outcome"]]
    out["without"] = [GROWTH[w].get(lang) if w else "" for w in out["without"]]
    out["disagree"] = np.where(out["disagree"], "是" if lang == "zh" else "yes", "")
    heads = {c: t.get(lang) for c, t in COLUMNS.items()}
    heads |= {"code": COLUMNS["name"].get(lang), "year": Text("年份", "Year").get(lang)}
    heads["value"] = Text("数值", "Value").get(lang)
    for key, way in CONVENTIONS.items():
        out[f"class_{key}"] = [class_text(c, lang) for c in out[f"class_{key}"]]
        heads[f"class_{key}"] = way.name.get(lang)
    empty = [c for c in out if out[c].isna().all() or (out[c].astype(object) == "").all()]
    return out.drop(columns=empty).rename(columns=heads)


def _fill(book: Any, title: str, frame: pd.DataFrame, how: dict[str, str]) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        sheet.append([plain_cell(v) for v in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        cell.border = Border(bottom=Side("thin"))
    sheet.row_dimensions[1].height = 32  # two lines
    marks = {c[:1] for c in _FILLS}
    for column, cells in zip(frame.columns, sheet.iter_cols(min_row=2), strict=True):
        for cell in cells:
            text = isinstance(cell.value, str)
            cell.alignment = Alignment(wrap_text=True, vertical="top", indent=int(text))
            if text:
                cell.data_type = "s"  # a text that begins with "=" is no formula
                if cell.value[:1] in marks:
                    cell.fill = PatternFill("solid", start_color=_FILLS[cell.value[:1]])
            elif isinstance(cell.value, float):
                cell.number_format = how.get(column, "General")
        longest = max((_width(c.value) for c in cells), default=0)
        width = min(max(longest, _width(str(column)) / 2 + 1, 9), 44)
        sheet.column_dimensions[get_column_letter(cells[0].column if cells else 1)].width = width
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8  # A3
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    sheet.print_title_rows = "1:1"
    sheet.freeze_panes = "D2" if len(frame.columns) > 8 else "A2"


def plain_cell(value: Any) -> Any:
    """A cell as openpyxl takes it."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub("", value)  # control characters, which no cell may hold
    return value.item() if isinstance(value, np.generic) else value


def _width(value: Any) -> float:
    text = f"{value:.4g}" if isinstance(value, float) else str(value or "")
    return 1.5 + sum(2 if ord(c) > 0x2E80 else 1 for c in text)

"""Tables as bureaus keep them: CSV in UTF-8 or GB18030, xlsx, Parquet, Stata; wide or tidy."""

from __future__ import annotations

import csv
import io
import re
import struct
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
import pandas as pd

from gz_index._registry import closest
from gz_index.errors import DataError, Problem
from gz_index.framework import Text
from gz_index.labels import by_rows, find_labels, kept_notes, label_text, plain, unlabelled

__all__ = ["read_table"]

#: what stands in a cell for a missing number, in the form that :func:`plain` gives
_PLACEHOLDERS = {"-", "--", "—", "——", "–", "...", "......", "..", ".", "缺失", "缺"} | {
    *("na", "n/a", "n.a.", "#n/a", "nan", "null", "<na>")
}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_WHOLE = re.compile(r"(\d+)(年|年度)?")

_TEXT = (".csv", ".tsv", ".txt")
_SHEETS = (".xlsx", ".xlsm")
_TYPED = (".parquet", ".dta")


def read_table(
    path: str | Path,
    *,
    unit: str | None = None,
    period: str | Literal[False] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    r"""Read a table of indicators, indexed by unit or by (unit, period).

    CSV and TSV (also ``.txt``), xlsx, Parquet and Stata files. A table is wide, one column per
    indicator, or tidy, with one column that names the indicator and one that holds the value.
    What was read in a certain way stands in ``attrs["notes"]``, and later in the notes of a result.

    In CSV and xlsx a column is numeric if each of its cells is a number, is empty, or holds a usual
    sign for a missing number (``—``, ``…``, ``-``, ``..``, ``NA``, ``缺失``); full-width digits and
    thousands separators are understood. Where most cells are numbers, the others stay as they are
    beside them, to be named when the column is taken for an indicator. Any other column stays text.

    Parameters
    ----------
    path : path
    unit : str, optional
        Column of the units; without it, the one with a usual name (unit, country, 地区, ...).
    period : str, False, optional
        Column of the periods; without it, the one with a usual name (year, 年份, ...), if any.
        False says that there is none.
    sheet : str, optional
        Sheet of a workbook; without it, the first.
    encoding : str, optional
        Of a CSV file; without it UTF-8 (with or without a mark) is tried, then GB18030.

    Returns
    -------
    DataFrame
        Rows in the order of the file; other text columns are kept.

    Raises
    ------
    DataError
        No such file, not of a known kind, empty, corrupt or not decodable; the column of units or
        periods is not there or cannot be told; a column or a tidy cell stands twice; percent signs
        or commas that may mean two things.

    Examples
    --------
    >>> import gz_index as gz, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "gdp.csv")
    ...     _ = file.write_bytes("城市,年份,产值\n广州,2022年,\"28,839.0\"\n".encode("gb18030"))
    ...     data = gz.read_table(file)
    >>> data.to_dict(), len(data.attrs["notes"])
    ({'产值': {('广州', 2022): 28839.0}}, 3)
    """
    path = Path(path)
    kind = _kind(path)
    notes: list[Text] = []
    if sheet is not None and kind not in _SHEETS:
        _refuse(path, f"{kind} has no sheets", "leave out sheet=")
    if encoding is not None and kind not in _TEXT:
        _refuse(path, f"{kind} needs no encoding", "leave out encoding=")
    grouped = True
    try:
        if kind in _TEXT:
            frame, grouped = _from_text(path, encoding, notes)
        elif kind in _SHEETS:
            frame = _from_sheet(path, sheet, notes)
        else:
            frame = _from_typed(path, kind, notes)
    except OSError as error:
        _refuse(path, f"cannot be read ({error})", "is it whole, and of the kind its name says?")
    twice = [c for c, n in Counter(frame.columns).items() if n > 1]
    if twice:
        raise DataError(
            f"{path}: columns stand twice",
            [Problem(f"column {c!r}", "stands twice", "rename or drop one") for c in twice],
        )
    if not len(frame):
        _refuse(path, "has a head but no rows", "is it the right file or sheet?")
    try:
        by, time = find_labels(frame.columns, unit=unit, period=period)
    except DataError as error:
        raise DataError(f"{path}: {error.title}", error.problems) from None
    frame = frame.copy(deep=False)
    if kind not in _TYPED:
        frame[by] = pd.Series([label_text(c) for c in frame[by]], index=frame.index, dtype=object)
    if time is not None:
        frame[time] = _periods(frame[time].tolist(), time, notes)
    try:
        frame = by_rows(frame, by, time, notes)
        if kind not in _TYPED:
            frame = _numbers(frame, grouped, notes)
    except DataError as error:
        raise DataError(f"{path}: {error.title}", error.problems) from None
    frame.index.names = [n or None for n in frame.index.names]
    kept = kept_notes(frame)  # of a Parquet file that was written from such a table
    frame.attrs["notes"] = [*kept, *({"zh": n.zh, "en": n.en} for n in notes)]
    return frame


def _refuse(path: Path, what: str, hint: str) -> NoReturn:
    raise DataError(f"cannot read {path}", [Problem(path.name, what, hint)])


def _kind(path: Path) -> str:
    kinds = (*_TEXT, *_SHEETS, *_TYPED)
    if path.is_dir():
        _refuse(path, "is a folder", "name a file in it")
    if not path.exists():
        folder = path.parent
        there = [p.name for p in folder.iterdir()] if folder.is_dir() else []
        near = closest(path.name, there)
        _refuse(path, f"there is no such file{near}", "check folder and name")
    kind = path.suffix.lower()
    if kind not in kinds:
        hint = "save it as .xlsx" if kind == ".xls" else "save it as one of these"
        _refuse(path, f"{kind or 'no suffix'} is not one of {', '.join(kinds)}", hint)
    if path.stat().st_size == 0:
        _refuse(path, "is empty", "is it the right file?")
    return kind


# -- kinds of file -------------------------------------------------------------------------------


def _from_text(path: Path, encoding: str | None, notes: list[Text]) -> tuple[pd.DataFrame, bool]:
    raw = path.read_bytes()
    tried = [encoding] if encoding else ["utf-8-sig", "gb18030"]
    failed = []
    text = None
    for name in tried:
        try:
            text = raw.decode(name)
        except (UnicodeDecodeError, LookupError) as error:
            failed.append(str(error))
        else:
            if name == "gb18030":
                notes.append(
                    Text(
                        f"{path.name}不是UTF-8编码，按GB18030读取",
                        f"{path.name} was read as GB18030, since it is not UTF-8",
                    )
                )
            break
    if text is None or "\0" in text:
        _refuse(
            path,
            f"is not text in {' or '.join(tried)}" + (f" ({failed[-1]})" if failed else ""),
            "name its encoding=, e.g. 'utf-16'; a workbook has to end in .xlsx",
        )
    text = text.removeprefix("\ufeff")
    try:
        sep = _separator(text, path.suffix.lower())
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sep, strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        _refuse(path, f"is not a well-formed table ({error})", "look for an open quotation mark")
    frame = _grid(path, [(f"line {n}", [_empty(c) for c in row]) for n, row in rows])
    return frame, sep != ";"  # where ; separates, a comma may be the decimal one


def _separator(text: str, suffix: str) -> str:
    """Find the separator: the one that splits the first lines into equally many fields."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    best, most = "\t" if suffix == ".tsv" else ",", 1
    for sep in ("\t", ";", ","):
        widths = {len(row) for row in csv.reader(lines, delimiter=sep)}
        if len(widths) == 1 and max(widths) > most:
            best, most = sep, max(widths)
    if most == 1 and lines:  # ragged: the head decides, and the odd line is named later
        best = max((best, "\t", ";", ","), key=lambda s: lines[0].count(s))
    return best


def _empty(cell: str) -> str | None:
    return cell if cell.strip() else None


def _grid(path: Path, rows: Sequence[tuple[str, Sequence[Any]]]) -> pd.DataFrame:
    """Make a table of raw cells; the first row that is not blank is the head."""
    rows = [(where, r) for where, r in rows if any(c is not None for c in r)]
    if not rows:
        _refuse(path, "is empty", "is it the right file or sheet?")
    head = ["" if c is None else str(c).strip() for c in rows[0][1]]
    body = [r for _, r in rows[1:]]
    width = len(head)
    wrong = [
        Problem(f"{where} of {path.name}", f"has {len(r)} cells, the head has {width}", hint)
        for where, r in rows[1:]
        if len(r) < width or any(c is not None for c in r[width:])
        for hint in ["the first line has to be the head; mend the line"]
    ]
    if wrong:
        raise DataError(f"{path}: {len(wrong)} lines do not fit the head", wrong[:20])
    frame = pd.DataFrame([r[:width] for r in body], columns=head, dtype=object)
    keep = [h != "" or any(r[j] is not None for r in body) for j, h in enumerate(head)]
    counted = [str(i) for i in range(len(body))]
    if keep and head[0] == "" and [str(r[0]) for r in body] == counted:
        keep[0] = False  # the row numbers that pandas writes
    unnamed = [j + 1 for j, h in enumerate(head) if j and keep[j] and h == ""]
    if unnamed:
        _refuse(path, f"column {unnamed[0]} has cells but no name", "name it in the first line")
    return frame.loc[:, keep]


def _from_sheet(path: Path, sheet: str | None, notes: list[Text]) -> pd.DataFrame:
    import zipfile
    import zlib

    import openpyxl

    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, SyntaxError) as error:
        _refuse(path, f"is no workbook ({error})", "open it and save it as .xlsx again")
    names = [s.title for s in book.worksheets]
    if sheet is not None and sheet not in names:
        near = closest(sheet, names)
        _refuse(path, f"has no sheet {sheet!r}{near}", f"there are {', '.join(names)}")
    page = book[sheet or names[0]]
    if sheet is None and len(names) > 1:
        notes.append(
            Text(
                f"读取工作表“{names[0]}”；未读：{'、'.join(names[1:])}",
                f"read from sheet {names[0]!r}; not read: {', '.join(names[1:])}",
            )
        )
    cells = list(page.iter_rows())
    percent = {
        c.column
        for row in cells
        for c in row
        if isinstance(c.value, int | float) and "%" in str(c.number_format)
    }
    rows = [
        (f"row {n}", [_empty(c.value) if isinstance(c.value, str) else c.value for c in row])
        for n, row in enumerate(cells, start=1)
    ]
    frame = _grid(path, rows)
    _check_formulas(path, page.title, cells)
    head = next(r for _, r in rows if any(c is not None for c in r))
    notes += [
        Text(
            f"“{str(head[j - 1]).strip()}”列为百分比格式，按小数读取：显示为12%的数是0.12",
            f"column {str(head[j - 1]).strip()!r} is formatted as per cent and was read as a "
            "share: what shows as 12% is 0.12",
        )
        for j in sorted(percent)
    ]
    return frame


def _check_formulas(path: Path, sheet: str, cells: Sequence[Sequence[Any]]) -> None:
    """Refuse formulas that were never computed: their cells would look empty."""
    if all(c.value is not None for row in cells for c in row):
        return
    import openpyxl

    page = openpyxl.load_workbook(path)[sheet]
    bare = [
        c.coordinate
        for row in cells
        for c in row
        if c.value is None
        and c.data_type == "n"  # a computed empty text is of type "str"
        and page.cell(c.row, c.column).data_type == "f"
    ]
    if bare:
        _refuse(
            path,
            f"{len(bare)} formulas have no computed value (first: {sheet}!{bare[0]})",
            "open the workbook in a spreadsheet program and save it",
        )


def _from_typed(path: Path, kind: str, notes: list[Text]) -> pd.DataFrame:
    try:
        if kind == ".parquet":
            frame = pd.read_parquet(path)
            if not unlabelled(frame.index):
                names = ["" if n is None else n for n in frame.index.names]
                frame = frame.reset_index(names=names if names.count("") < 2 else None)
        else:
            raw = path.read_bytes()
            if raw.startswith(b"<stata_dta>") and not raw.rstrip().endswith(b"</stata_dta>"):
                raise ValueError("the end is missing")  # pandas would read it without its labels
            frame = pd.read_stata(path)
            bare = None
            for name in frame.select_dtypes("category"):
                if all(isinstance(c, str) for c in frame[name].cat.categories):
                    frame[name] = frame[name].astype(object)
                else:  # some values only are labelled: the numbers are meant
                    bare = pd.read_stata(path, convert_categoricals=False) if bare is None else bare
                    frame[name] = bare[name]
                    notes.append(
                        Text(
                            f"“{name}”只有部分取值有标签，标签未采用",
                            f"labels of some values of {name!r} were left aside",
                        )
                    )
    except (ValueError, LookupError, EOFError, struct.error) as error:
        _refuse(path, f"is no whole {kind} file ({error})", "write it again")
    return frame.rename(columns=lambda c: str(c).strip())


# -- cells ---------------------------------------------------------------------------------------


def _periods(cells: list[Any], column: str, notes: list[Text]) -> pd.Index:
    """Turn 2022, 2022.0, "2022", "2022年" and 1 January 2022 into the year; leave others."""
    there = [c for c in cells if c is not None and c == c]
    texts = [_WHOLE.fullmatch(plain(c)) if isinstance(c, str) else None for c in there]
    if there and all(texts):
        years = [int(m[1]) for m in texts if m]
        if any(m[2] for m in texts if m):
            notes.append(
                Text(
                    f"“{column}”按整年读取：{there[0]}记为{years[0]}",
                    f"{column!r} was read as whole years: {there[0]!r} as {years[0]}",
                )
            )
    elif there and all(isinstance(c, int | float) and float(c).is_integer() for c in there):
        years = [int(c) for c in there]
    elif there and all(isinstance(c, datetime) and c == datetime(c.year, 1, 1) for c in there):
        years = [c.year for c in there]
        notes.append(
            Text(
                f"“{column}”全为1月1日，按年份读取",
                f"{column!r} holds the first of January only and was read as years",
            )
        )
    else:
        return pd.Index([c.strip() if isinstance(c, str) else c for c in cells])
    found = iter(years)
    values = [next(found) if c is not None and c == c else None for c in cells]
    return pd.Index(values, dtype="int64" if len(years) == len(cells) else object)


def _numbers(frame: pd.DataFrame, grouped: bool, notes: list[Text]) -> pd.DataFrame:
    """Turn the columns of raw cells that hold numbers into floats; others stay text."""
    problems: list[Problem] = []
    out: dict[Any, Any] = {}
    for name in frame:
        cells = frame[name].tolist()
        out[name] = _column(cells, name, grouped, notes, problems, frame.index)
    if problems:
        raise DataError(f"{len(problems)} columns can be read in two ways", problems[:20])
    return pd.DataFrame(out, index=frame.index)


def _column(
    cells: list[Any],
    name: Any,
    grouped: bool,
    notes: list[Text],
    problems: list[Problem],
    index: pd.Index,
) -> Any:
    out = np.full(len(cells), np.nan)
    marks: Counter[str] = Counter()
    big, percent, comma, odd = [], [], [], []
    for i, cell in enumerate(cells):
        if cell is None or cell != cell:
            continue
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            out[i] = cell
            continue
        if not isinstance(cell, str):
            odd.append(i)
            continue
        text = plain(cell).replace("−", "-")
        if text in _PLACEHOLDERS:
            marks[cell.strip()] += 1
        elif _NUMBER.fullmatch(text):
            out[i] = float(text)
        elif grouped and _GROUPED.fullmatch(text):
            out[i] = float(text.replace(",", ""))
            big.append(i)
        elif not grouped and _COMMA.fullmatch(text):
            comma.append(i)
        elif text.endswith("%") and _NUMBER.fullmatch(text[:-1].strip()):
            percent.append(i)
        else:
            odd.append(i)
    if odd:
        numbers = int((~np.isnan(out)).sum())
        if len(odd) >= numbers:  # a column of text
            return cells
        # the few that are no numbers stay, and are named where numbers are due
        mixed: list[Any] = out.tolist()
        for i in odd:
            mixed[i] = cells[i]
        return mixed
    for found, what, hint in (
        (percent, "may be per cent or a share", "write 12 or 0.12 in the whole column"),
        (comma, "may have a decimal comma or a thousands separator", "write a decimal point"),
    ):
        if found:
            label = index[found[0]]
            row = ", ".join(map(str, label)) if isinstance(label, tuple) else label
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            problems.append(
                Problem(f"column {name!r}", f"{cells[found[0]]!r} for {row}{more} {what}", hint)
            )
    if big:
        notes.append(
            Text(
                f"“{name}”列：{len(big)}个单元格有千位分隔符，如{cells[big[0]]}读作"
                f"{out[big[0]]:.15g}",
                f"column {name!r}: {len(big)} cells with thousands separators, "
                f"e.g. {cells[big[0]]!r} read as {out[big[0]]:.15g}",
            )
        )
    if marks:
        which = ", ".join(f"{mark!r} {n}" for mark, n in marks.items())
        notes.append(
            Text(
                f"“{name}”列：{marks.total()}个单元格读作缺失（{which}）",
                f"column {name!r}: {marks.total()} cells read as missing ({which})",
            )
        )
    return out

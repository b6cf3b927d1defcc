"""The one notion of a table that every format writes: heads, rows of text, which are numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import ROOT, Lang, Text
from gz_index.labels import period_text

__all__ = ["HEADS", "Grid", "grid_of", "number", "period_text"]

TextLike: TypeAlias = str | Text | Mapping[str, str]
Heads: TypeAlias = Mapping[Any, TextLike]
Decimals: TypeAlias = int | Mapping[Any, int]

#: heads of columns and index levels that results of this package have
HEADS: dict[str, Text] = {
    "unit": Text("评价对象", "Unit"),
    "country": Text("国家", "Country"),
    "province": Text("省份", "Province"),
    "city": Text("城市", "City"),
    "period": Text("时期", "Period"),
    "year": Text("年份", "Year"),
    "node": Text("节点", "Node"),
    "parent": Text("上级", "Parent"),
    "level": Text("层级", "Level"),
    "local": Text("组内权重", "Local weight"),
    "global": Text("总权重", "Global weight"),
    "weight": Text("权重", "Weight"),
    "indicator": Text("指标", "Indicator"),
    "rank": Text("排名", "Rank"),
    ROOT: Text("总指数", "Index"),
}
NOTES = Text("注：", "Notes: ")
DECIMALS = 3
MISSING = "—"


@dataclass(frozen=True)
class Grid:
    """A table as plain text, not escaped yet; ``labels`` columns come from the index."""

    heads: list[list[str]]
    body: list[list[str]]
    numeric: list[bool]
    labels: int

    def spans(self, row: int) -> list[tuple[int, int]]:
        """First column and width of each head of a row; above the last row equal ones are one."""
        out: list[tuple[int, int]] = []
        for j in range(len(self.heads[row])):
            same = (
                row < len(self.heads) - 1
                and j > self.labels
                and all(h[j] == h[j - 1] for h in self.heads[: row + 1])
            )
            if same:
                out[-1] = (out[-1][0], out[-1][1] + 1)
            else:
                out.append((j, 1))
        return out


# -- from a frame to text --------------------------------------------------------------------------


def say(value: TextLike, lang: Lang) -> str:
    """Return a text in one language, in one line."""
    return " ".join(Text.of(value).get(lang).split())


def clean(text: str) -> str:
    r"""Return a text without the control characters that XML and HTML do not take.

    Examples
    --------
    >>> clean("a\x00b <c>")
    'ab <c>'
    """
    return _CONTROLS.sub("", text)


_CONTROLS = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def noted(notes: Sequence[TextLike], lang: Lang) -> list[str]:
    """Return the notes of a table in one language, the first with the word for notes."""
    said = [say(n, lang) for n in notes]
    return [NOTES.get(lang) + said[0], *said[1:]] if said else []


def grid_of(frame: pd.DataFrame, lang: Lang, decimals: Decimals, heads: Heads | None) -> Grid:
    """Lay a frame out as text; every format is written from this."""
    if lang not in ("zh", "en"):
        raise MethodError(f"lang = {lang!r}", hint="'zh' or 'en'")
    flat = flat_frame(frame)
    if not len(flat.columns):
        raise DataError("a table without columns", [Problem("frame", "is empty", "give it some")])
    labels = len(flat.columns) - len(frame.columns)
    columns = [flat.iloc[:, j] for j in range(len(flat.columns))]
    numeric = [j >= labels and is_numeric(c) for j, c in enumerate(columns)]
    places = [_places(decimals, key) for key in flat.columns[labels:]]
    cells = [
        [_cell(v, d, lang) for v in c]
        for c, d in zip(columns, [*[None] * labels, *places], strict=True)
    ]
    rows = [list(row) for row in zip(*heads_of(flat, lang, heads), strict=True)]
    return Grid(rows, [list(row) for row in zip(*cells, strict=True)], numeric, labels)


def flat_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the levels of its index as first columns; names need not be distinct."""
    index, deep = frame.index, frame.columns.nlevels
    if isinstance(index, pd.RangeIndex) and index.name is None:
        return frame
    first = [pd.Series(index.get_level_values(k)) for k in range(index.nlevels)]
    names = ["" if n is None else n for n in index.names]
    keys: list[Any] = [(*[""] * (deep - 1), n) if deep > 1 else n for n in names]
    parts = [s.set_axis(range(len(frame))) for s in first]
    parts += [frame.iloc[:, j].set_axis(range(len(frame))) for j in range(len(frame.columns))]
    out = pd.concat(parts, axis=1, keys=range(len(parts)))
    keys += list(frame.columns)
    return out.set_axis(pd.MultiIndex.from_tuples(keys) if deep > 1 else pd.Index(keys), axis=1)


def heads_of(flat: pd.DataFrame, lang: Lang, heads: Heads | None) -> list[list[str]]:
    """Heads of each column, one text for each level."""
    own = {**HEADS, **(heads or {})}

    def shown(key: Hashable, whole: Hashable) -> str:
        found = own.get(whole, own.get(key))
        return str(key) if found is None else say(found, lang)

    keys: list[Any] = list(flat.columns)
    return [
        [shown(part, key if k == len(key) - 1 else part) for k, part in enumerate(key)]
        if isinstance(key, tuple)
        else [shown(key, key)]
        for key in keys
    ]


def is_numeric(column: pd.Series[Any]) -> bool:
    """Whether all known cells are numbers, yes and no not counted."""
    if pd.api.types.is_bool_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    known = [v for v in column if not is_missing(v)]
    return bool(known) and all(
        isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in known
    )


def _places(decimals: Decimals, key: Any) -> int:
    found: Any = decimals
    if isinstance(decimals, Mapping):
        last = key[-1] if isinstance(key, tuple) else key
        found = decimals.get(key, decimals.get(last, DECIMALS))
    if not (isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= 15):
        raise MethodError(f"decimals = {found!r} of {key!r}", hint="a whole number from 0 to 15")
    return found


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or value is pd.NA or value is pd.NaT or value != value


def _cell(value: Any, places: int | None, lang: Lang) -> str:
    """One cell as text; without places (of a label) a number keeps its digits."""
    if is_missing(value):
        return MISSING
    if isinstance(value, bool | np.bool_):
        return Text("是", "Yes").get(lang) if value else Text("否", "No").get(lang)
    if isinstance(value, float | np.floating):
        exact = float(value)
        if math.isinf(exact):
            return "∞" if exact > 0 else "-∞"
        if places is None:
            return f"{exact:.15g}"
        return _rounded(exact, places)
    if isinstance(value, Text):
        return say(value, lang)
    return " ".join(period_text(value).split())


def _rounded(value: float, places: int) -> str:
    """A number with so many decimals; what rounds to zero has no sign."""
    shown = f"{value:.{places}f}"
    return shown[1:] if shown[0] == "-" and not shown.strip("-0.") else shown


def number(value: float, places: int) -> str:
    """Return a number as it stands in a sentence or a figure.

    Examples
    --------
    >>> number(-1.25, 1), number(-0.0004, 3)
    ('−1.2', '0.000')
    """
    return true_minus(_rounded(value, places))


def true_minus(text: str) -> str:
    """Return a number with the sign that is as wide as a digit."""
    return text.replace("-", "\N{MINUS SIGN}") if text[:1] == "-" else text

"""Tables as papers and bureaus want them: three-line LaTeX, Markdown, HTML, CSV, Stata.

Every function takes any DataFrame; the levels of its index become the first columns (an unnamed
count of rows is left out). Text is escaped, so that no label becomes a command of its format.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import ROOT, Text

__all__ = ["HEADS", "tex", "to_csv", "to_dta", "to_html", "to_latex", "to_markdown"]

Lang: TypeAlias = Literal["zh", "en"]
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
_NOTES = Text("注：", "Notes: ")
_DECIMALS = 3
_MISSING = "—"


@dataclass(frozen=True)
class _Grid:
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


def to_latex(
    frame: pd.DataFrame,
    *,
    lang: Lang = "en",
    caption: TextLike = "",
    label: str = "",
    notes: Sequence[TextLike] = (),
    decimals: Decimals = _DECIMALS,
    heads: Heads | None = None,
    long: bool = False,
) -> str:
    r"""Return a three-line table of LaTeX, with rules of 1.5, 0.75 and 1.5 pt.

    It needs the packages ``booktabs``, with notes ``threeparttable``, if ``long`` ``longtable``;
    for Chinese letters the class or package ``ctex``.

    Parameters
    ----------
    frame : DataFrame
    lang : {"zh", "en"}
        Language of heads, caption and notes.
    caption : str, Text or {"zh": ..., "en": ...}
    label : str
        Name for ``\ref``.
    notes : sequence of str or Text
        Below the table.
    decimals : int or mapping
        Decimals of numbers that are not whole by type; by column, with 3 for the others.
    heads : mapping, optional
        Heads by column or index name; else those of :data:`HEADS`, else the name itself.
    long : bool
        A table that breaks over pages, heads repeated.

    Raises
    ------
    MethodError
        ``decimals`` is no whole number from 0 to 15, ``lang`` is none, or ``label`` has characters
        that LaTeX does not take there.
    DataError
        The table has no column.

    Examples
    --------
    >>> frame = pd.DataFrame({"weight": [0.25, 0.75]}, index=pd.Index(["R&D", "use"], name="node"))
    >>> print(to_latex(frame, caption="Weights", label="tab:w", decimals=2))
    \begin{table}[htbp]
    \centering
    \caption{Weights}\label{tab:w}
    \begin{tabular}{lr}
    \toprule[1.5pt]
    Node & Weight \\
    \midrule[0.75pt]
    R\&D & 0.25 \\
    use & 0.75 \\
    \bottomrule[1.5pt]
    \end{tabular}
    \end{table}
    """
    if not re.fullmatch(r"[\w:.\-+/]*", label, re.ASCII):
        raise MethodError(f"label = {label!r}", hint="letters, digits and : . - + / _ only")
    grid = _grid(frame, lang, decimals, heads)
    columns = "".join("r" if n else "l" for n in grid.numeric)
    title = tex(_say(caption, lang))
    name = f"\\caption{{{title}}}" * bool(title) + f"\\label{{{label}}}" * bool(label)
    head = [line for row in range(len(grid.heads)) for line in _tex_head(grid, row)]
    body = [" & ".join(map(_tex_cell, row, grid.numeric)) + r" \\" for row in grid.body]
    said = [tex(_say(n, lang)) for n in notes]
    if said:
        said[0] = tex(_NOTES.get(lang)) + said[0]
    top, middle, bottom = r"\toprule[1.5pt]", r"\midrule[0.75pt]", r"\bottomrule[1.5pt]"
    if long:
        lines = [f"\\begin{{longtable}}{{{columns}}}"]
        lines += [name + r" \\"] if name else []
        lines += [top, *head, middle, r"\endfirsthead", top, *head, middle, r"\endhead"]
        lines += [bottom, r"\endfoot", *body, r"\end{longtable}"]
        return "\n".join([*lines, *(f"{{\\footnotesize {n}\\par}}" for n in said)])
    table = [f"\\begin{{tabular}}{{{columns}}}", top, *head, middle, *body, bottom]
    table += [r"\end{tabular}"]
    if said:
        items = [f"\\item {n}" for n in said]
        table = [r"\begin{threeparttable}", name, *table, r"\begin{tablenotes}\footnotesize"]
        table += [*items, r"\end{tablenotes}", r"\end{threeparttable}"]
        name = ""
    lines = [r"\begin{table}[htbp]", r"\centering", name, *table, r"\end{table}"]
    return "\n".join(line for line in lines if line)


def to_markdown(
    frame: pd.DataFrame,
    *,
    lang: Lang = "en",
    caption: TextLike = "",
    notes: Sequence[TextLike] = (),
    decimals: Decimals = _DECIMALS,
    heads: Heads | None = None,
) -> str:
    r"""Return a table of Markdown (as GitHub and pandoc read it); parameters as :func:`to_latex`.

    Heads of several levels are joined by a slash.

    Examples
    --------
    >>> frame = pd.DataFrame({"rank": [1, 2], "total": [0.9, None]}, index=["a|b", "c"])
    >>> print(to_markdown(frame, lang="zh"))
    |  | 排名 | 总指数 |
    | :--- | ---: | ---: |
    | a\|b | 1 | 0.900 |
    | c | 2 | — |
    """
    grid = _grid(frame, lang, decimals, heads)
    joined = [
        " / ".join(dict.fromkeys(h for h in column if h))
        for column in zip(*grid.heads, strict=True)
    ]
    rule = ["---:" if n else ":---" for n in grid.numeric]
    rows = [[*map(_mark, joined)], rule, *([*map(_mark, row)] for row in grid.body)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    title = _mark(_say(caption, lang))
    said = [_mark(_say(n, lang)) for n in notes]
    if said:
        said[0] = _NOTES.get(lang) + said[0]
    return "\n\n".join([*([f"**{title}**"] if title else []), table, *said])


def to_html(
    frame: pd.DataFrame,
    *,
    lang: Lang = "en",
    caption: TextLike = "",
    notes: Sequence[TextLike] = (),
    decimals: Decimals = _DECIMALS,
    heads: Heads | None = None,
) -> str:
    """Return a three-line table of HTML that needs no style sheet; parameters as :func:`to_latex`.

    Examples
    --------
    >>> frame = pd.DataFrame({"total": [0.5]}, index=["<b>"])
    >>> "&lt;b&gt;" in to_html(frame)
    True
    """
    grid = _grid(frame, lang, decimals, heads)
    top, thin = "border-top:1.5pt solid", "border-top:.75pt solid"
    out = [f'<table lang="{"zh-CN" if lang == "zh" else "en"}" style="border-collapse:collapse">']
    title = html.escape(_say(caption, lang))
    out += [f"<caption>{title}</caption>"] if title else []
    out.append(f'<thead style="{top}">')
    for row, texts in enumerate(grid.heads):
        cells = []
        for j, width in grid.spans(row):
            span = f' colspan="{width}"' if width > 1 else ""
            side = "center" if width > 1 else "right" if grid.numeric[j] else "left"
            scope = "colgroup" if width > 1 else "col"
            style = f"text-align:{side};padding:.2em .6em"
            cells.append(f'<th scope="{scope}"{span} style="{style}">{html.escape(texts[j])}</th>')
        out.append("<tr>" + "".join(cells) + "</tr>")
    out.append(f'</thead>\n<tbody style="{thin};border-bottom:1.5pt solid">')
    for texts in grid.body:
        cells = []
        for j, text in enumerate(texts):
            tag, end = ('th scope="row"', "th") if j < grid.labels else ("td", "td")
            side = "right" if grid.numeric[j] else "left"
            shown = html.escape(_minus(text) if grid.numeric[j] else text)
            style = f"text-align:{side};font-weight:normal;padding:.1em .6em"
            cells.append(f'<{tag} style="{style}">{shown}</{end}>')
        out.append("<tr>" + "".join(cells) + "</tr>")
    out.append("</tbody>")
    if notes:
        said = [html.escape(_say(n, lang)) for n in notes]
        said[0] = _NOTES.get(lang) + said[0]
        wide = len(grid.numeric)
        out.append(
            f'<tfoot><tr><td colspan="{wide}" style="font-size:smaller">'
            + "<br>".join(said)
            + "</td></tr></tfoot>"
        )
    return "\n".join([*out, "</table>"])


def to_csv(
    frame: pd.DataFrame, path: str | Path, *, lang: Lang = "en", heads: Heads | None = None
) -> Path:
    """Write a CSV that Excel reads as Chinese: UTF-8 with its mark; every digit is kept.

    Parameters as :func:`to_latex`. Cells are data as they are: a program that takes text with
    ``=`` in front for a formula has to be told not to.
    """
    flat = _flat(frame)
    names = [" / ".join(dict.fromkeys(t for t in h if t)) for h in _heads(flat, lang, heads)]
    flat.set_axis(names, axis=1).to_csv(path, index=False, encoding="utf-8-sig")
    return Path(path)


def to_dta(
    frame: pd.DataFrame, path: str | Path, *, lang: Lang = "en", heads: Heads | None = None
) -> Path:
    """Write a data set of Stata (14 or later); heads become the labels of the variables.

    Names are made valid and distinct: letters, digits and underscores, at most 32. Parameters as
    :func:`to_latex`.

    Raises
    ------
    DataError
        A number is infinite, or too large for Stata.
    """
    flat = _flat(frame)
    labels = [" / ".join(dict.fromkeys(t for t in h if t)) for h in _heads(flat, lang, heads)]
    names: list[str] = []
    keys: list[Any] = list(flat.columns)
    for key in keys:
        parts = key if isinstance(key, tuple) else (key,)
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", "_".join(str(p) for p in parts if str(p)))
        names.append(_distinct(plain.strip("_") or "v", names))
    out = {}
    for j, name in enumerate(names):
        out[name] = _for_stata(flat.iloc[:, j], labels[j] or name)
    data = pd.DataFrame(out)
    shown = {n: t[:80] for n, t in zip(names, labels, strict=True)}
    data.to_stata(path, write_index=False, version=118, variable_labels=shown)
    return Path(path)


# -- from a frame to text --------------------------------------------------------------------------


def _say(value: TextLike, lang: Lang) -> str:
    return " ".join(Text.of(value).get(lang).split())


def _grid(frame: pd.DataFrame, lang: Lang, decimals: Decimals, heads: Heads | None) -> _Grid:
    if lang not in ("zh", "en"):
        raise MethodError(f"lang = {lang!r}", hint="'zh' or 'en'")
    flat = _flat(frame)
    if not len(flat.columns):
        raise DataError("a table without columns", [Problem("frame", "is empty", "give it some")])
    labels = len(flat.columns) - len(frame.columns)
    columns = [flat.iloc[:, j] for j in range(len(flat.columns))]
    numeric = [j >= labels and _is_numeric(c) for j, c in enumerate(columns)]
    places = [_places(decimals, key) for key in flat.columns[labels:]]
    cells = [
        [_cell(v, d, lang) for v in c]
        for c, d in zip(columns, [*[None] * labels, *places], strict=True)
    ]
    rows = [list(row) for row in zip(*_heads(flat, lang, heads), strict=True)]
    return _Grid(rows, [list(row) for row in zip(*cells, strict=True)], numeric, labels)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
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


def _heads(flat: pd.DataFrame, lang: Lang, heads: Heads | None) -> list[list[str]]:
    """Heads of each column, one text for each level."""
    own = {**HEADS, **(heads or {})}

    def shown(key: Hashable, whole: Hashable) -> str:
        found = own.get(whole, own.get(key))
        return str(key) if found is None else _say(found, lang)

    keys: list[Any] = list(flat.columns)
    return [
        [shown(part, key if k == len(key) - 1 else part) for k, part in enumerate(key)]
        if isinstance(key, tuple)
        else [shown(key, key)]
        for key in keys
    ]


def _is_numeric(column: pd.Series[Any]) -> bool:
    if pd.api.types.is_bool_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    known = [v for v in column if not _missing(v)]
    return bool(known) and all(
        isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in known
    )


def _places(decimals: Decimals, key: Any) -> int:
    found: Any = decimals
    if isinstance(decimals, Mapping):
        last = key[-1] if isinstance(key, tuple) else key
        found = decimals.get(key, decimals.get(last, _DECIMALS))
    if not (isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= 15):
        raise MethodError(f"decimals = {found!r} of {key!r}", hint="a whole number from 0 to 15")
    return found


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value


def _cell(value: Any, places: int | None, lang: Lang) -> str:
    """One cell as text; without places (of a label) a number keeps its digits."""
    if _missing(value):
        return _MISSING
    if isinstance(value, bool | np.bool_):
        return Text("是", "Yes").get(lang) if value else Text("否", "No").get(lang)
    if isinstance(value, float | np.floating):
        number = float(value)
        if math.isinf(number):
            return "∞" if number > 0 else "-∞"
        if places is None:
            return f"{number:.15g}"
        shown = f"{number:.{places}f}"
        return shown[1:] if shown[0] == "-" and not shown.strip("-0.") else shown
    if isinstance(value, Text):
        return _say(value, lang)
    return " ".join(str(value).split())


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}") if text[:1] == "-" else text


# -- LaTeX and Markdown ----------------------------------------------------------------------------

_TEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",  # after the end of a row these would be its options
    "]": "{]}",
    "*": "{*}",
}


def tex(text: str) -> str:
    r"""Return a text as LaTeX prints it: every special character escaped, no control characters.

    Examples
    --------
    >>> print(tex("R&D_share [50%] -- {x}"))
    R\&D\_share {[}50\%{]} -{}- \{x\}
    """
    plain = "".join(c for c in text if c.isprintable() or c == " ")
    plain = "".join(_TEX.get(c, c) for c in plain)
    return re.sub(r"(?<=([-',]))(?=\1)", "{}", plain)  # no ligatures such as -- or ''


def _tex_cell(text: str, numeric: bool) -> str:
    if text == _MISSING:
        return "--"
    if not numeric:
        return tex(text)
    return tex(text).replace("-", "$-$", 1).replace("∞", r"$\infty$")


def _tex_head(grid: _Grid, row: int) -> list[str]:
    """A row of heads, and the rules below those that span several columns."""
    cells, rules = [], []
    for j, width in grid.spans(row):
        text = tex(grid.heads[row][j])
        if width > 1:
            cells.append(f"\\multicolumn{{{width}}}{{c}}{{{text}}}")
        else:
            cells.append(text)
        if row < len(grid.heads) - 1 and j >= grid.labels and text:
            rules.append(f"\\cmidrule(lr){{{j + 1}-{j + width}}}")
    return [" & ".join(cells) + r" \\", *([" ".join(rules)] if rules else [])]


def _mark(text: str) -> str:
    """Escape what Markdown would read as a mark, and what HTML would read as a tag."""
    text = "".join(c for c in text if c.isprintable() or c == " ")
    text = re.sub(r"([\\`*_\[\]|~$#])", r"\\\1", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# -- Stata -----------------------------------------------------------------------------------------

_RESERVED = frozenset(
    {"byte", "double", "float", "if", "in", "int", "long", "str", "strL", "using", "with"}
    | {"_all", "_b", "_coef", "_cons", "_n", "_N", "_pi", "_pred", "_rc", "_skip"}
)


def _distinct(name: str, taken: Sequence[str]) -> str:
    if name[0].isdigit() or name in _RESERVED:
        name = f"v{name}" if name[0] != "_" else f"v{name[1:]}"
    short, k = name[:32], 1
    while short in taken:
        k += 1
        short = f"{name[: 31 - len(str(k))]}_{k}"
    return short


def _for_stata(column: pd.Series[Any], name: str) -> pd.Series[Any]:
    if pd.api.types.is_bool_dtype(column) or _is_numeric(column):
        out = pd.Series(pd.to_numeric(column).astype("float64").to_numpy())
        whole = out.notna().all() and (out == out.round()).all() and out.abs().max() < 2**31 - 101
        largest = 8.9884656743e307
        bad = np.flatnonzero(~(out.abs() <= largest) & out.notna())
        if bad.size:
            raise DataError(
                "Stata has no such number",
                [Problem(name, f"{out[int(bad[0])]:g} in row {bad[0] + 1}", "leave the row out")],
            )
        return out.astype("int32") if whole and len(out) else out
    return pd.Series(["" if _missing(v) else str(v) for v in column], dtype=object)

"""Tables as papers and bureaus want them: three-line LaTeX, Word, Markdown, HTML, CSV, Stata.

Every function takes any DataFrame; the levels of its index become the first columns (an unnamed
count of rows is left out). Text is escaped, so that no label becomes a command of its format.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import Lang
from gz_index.report.drawing.canvas import cells as width_of
from gz_index.report.grids import (
    DECIMALS,
    HEADS,
    MISSING,
    Decimals,
    Grid,
    Heads,
    TextLike,
    flat_frame,
    grid_of,
    heads_of,
    is_missing,
    is_numeric,
    noted,
    say,
    true_minus,
)

__all__ = ["HEADS", "tex", "to_csv", "to_docx", "to_dta", "to_html", "to_latex", "to_markdown"]


def to_latex(
    frame: pd.DataFrame,
    *,
    lang: Lang = "en",
    caption: TextLike = "",
    label: str = "",
    notes: Sequence[TextLike] = (),
    decimals: Decimals = DECIMALS,
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
    grid = grid_of(frame, lang, decimals, heads)
    columns = "".join("r" if n else "l" for n in grid.numeric)
    title = tex(say(caption, lang))
    name = f"\\caption{{{title}}}" * bool(title) + f"\\label{{{label}}}" * bool(label)
    head = [line for row in range(len(grid.heads)) for line in _tex_head(grid, row)]
    body = [" & ".join(map(_tex_cell, row, grid.numeric)) + r" \\" for row in grid.body]
    said = [tex(n) for n in noted(notes, lang)]
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
    decimals: Decimals = DECIMALS,
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
    grid = grid_of(frame, lang, decimals, heads)
    joined = [
        " / ".join(dict.fromkeys(h for h in column if h))
        for column in zip(*grid.heads, strict=True)
    ]
    rule = ["---:" if n else ":---" for n in grid.numeric]
    rows = [[*map(_mark, joined)], rule, *([*map(_mark, row)] for row in grid.body)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    title = _mark(say(caption, lang))
    said = [_mark(n) for n in noted(notes, lang)]
    return "\n\n".join([*([f"**{title}**"] if title else []), table, *said])


def to_html(
    frame: pd.DataFrame,
    *,
    lang: Lang = "en",
    caption: TextLike = "",
    notes: Sequence[TextLike] = (),
    decimals: Decimals = DECIMALS,
    heads: Heads | None = None,
) -> str:
    """Return a three-line table of HTML that needs no style sheet; parameters as :func:`to_latex`.

    Examples
    --------
    >>> frame = pd.DataFrame({"total": [0.5]}, index=["<b>"])
    >>> "&lt;b&gt;" in to_html(frame)
    True
    """
    grid = grid_of(frame, lang, decimals, heads)
    return html_table(grid, say(caption, lang), noted(notes, lang), lang)


def html_table(grid: Grid, title: str, said: Sequence[str], lang: Lang) -> str:
    """Write what is laid out as HTML; caption and notes are plain text."""
    top, thin = "border-top:1.5pt solid", "border-top:.75pt solid"
    out = [f'<table lang="{"zh-CN" if lang == "zh" else "en"}" style="border-collapse:collapse">']
    out += [f"<caption>{html.escape(title)}</caption>"] if title else []
    out.append(f'<thead style="{top}">')
    for row, texts in enumerate(grid.heads):
        cells = []
        for j, width in grid.spans(row):
            span = f' colspan="{width}"' if width > 1 else ""
            side = "center" if width > 1 else "right" if grid.numeric[j] else "left"
            scope = "colgroup" if width > 1 else "col"
            style = f"text-align:{side};padding:.2em .6em{_one_line(texts[j], width == 1)}"
            cells.append(f'<th scope="{scope}"{span} style="{style}">{html.escape(texts[j])}</th>')
        out.append("<tr>" + "".join(cells) + "</tr>")
    out.append(f'</thead>\n<tbody style="{thin};border-bottom:1.5pt solid">')
    for texts in grid.body:
        cells = []
        for j, text in enumerate(texts):
            tag, end = ('th scope="row"', "th") if j < grid.labels else ("td", "td")
            side = "right" if grid.numeric[j] else "left"
            shown = html.escape(true_minus(text) if grid.numeric[j] else text)
            keep = _one_line(text, not grid.numeric[j])
            style = f"text-align:{side};font-weight:normal;padding:.1em .6em{keep}"
            cells.append(f'<{tag} style="{style}">{shown}</{end}>')
        out.append("<tr>" + "".join(cells) + "</tr>")
    out.append("</tbody>")
    if said:
        wide = len(grid.numeric)
        out.append(
            f'<tfoot><tr><td colspan="{wide}" style="font-size:smaller">'
            + "<br>".join(map(html.escape, said))
            + "</td></tr></tfoot>"
        )
    return "\n".join([*out, "</table>"])


def _one_line(text: str, breaks: bool) -> str:
    """Style that keeps a short text in one line: Chinese breaks between any two characters."""
    if not breaks or width_of(text) <= 14:
        return ";white-space:nowrap"
    return ";min-width:7em"


def to_docx(
    frame: pd.DataFrame,
    path: str | Path,
    *,
    lang: Lang = "en",
    caption: TextLike = "",
    notes: Sequence[TextLike] = (),
    decimals: Decimals = DECIMALS,
    heads: Heads | None = None,
    both: bool = False,
) -> Path:
    """Write a three-line table as a Word document, to be opened or pasted into another.

    The rules are of 1.5, 0.75 and 1.5 pt, as a journal wants them; the caption stands above and
    counts by a field (so that tables pasted together are numbered on), the notes stand below, and
    the heads are repeated where the table goes on over the page. Numbers are set in Times New
    Roman, Chinese in SimSun. What is not listed here is as for :func:`to_latex`.

    Parameters
    ----------
    path : path
        Of the .docx file; one that exists is replaced.
    both : bool
        The caption in both languages, one below the other, as Chinese journals print it.

    Raises
    ------
    MissingExtraError
        python-docx is not installed.
    MethodError, DataError
        As for :func:`to_latex`.

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"total": [0.75, 0.5]}, index=pd.Index(["甲", "乙"], name="unit"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = to_docx(frame, Path(folder) / "t.docx", lang="zh", caption="得分")
    ...     path.stat().st_size > 1000
    True
    """
    from gz_index.report.word import Word

    word = Word(lang)
    word.table(grid_of(frame, lang, decimals, heads), caption, noted(notes, lang), both=both)
    return word.save(path)


def to_csv(
    frame: pd.DataFrame, path: str | Path, *, lang: Lang = "en", heads: Heads | None = None
) -> Path:
    """Write a CSV that Excel reads as Chinese: UTF-8 with its mark; every digit is kept.

    Parameters as :func:`to_latex`. Cells are data as they are: a program that takes text with
    ``=`` in front for a formula has to be told not to.
    """
    flat = flat_frame(frame)
    names = [" / ".join(dict.fromkeys(t for t in h if t)) for h in heads_of(flat, lang, heads)]
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
    flat = flat_frame(frame)
    labels = [" / ".join(dict.fromkeys(t for t in h if t)) for h in heads_of(flat, lang, heads)]
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
    if text == MISSING:
        return "--"
    if not numeric:
        return tex(text)
    return tex(text).replace("-", "$-$", 1).replace("∞", r"$\infty$")


def _tex_head(grid: Grid, row: int) -> list[str]:
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
    if pd.api.types.is_bool_dtype(column) or is_numeric(column):
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
    return pd.Series(["" if is_missing(v) else str(v) for v in column], dtype=object)

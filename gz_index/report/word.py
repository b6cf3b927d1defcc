"""Word documents: real styles, three-line tables, numbered captions, formulas that can be edited.

Nothing here knows about indices; :mod:`gz_index.report.documents` and
:func:`gz_index.report.tables.to_docx` say what is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gz_index.errors import MissingExtraError
from gz_index.framework import Lang, Text
from gz_index.report.drawing.canvas import cells
from gz_index.report.grids import Grid, TextLike, clean, say, true_minus

__all__ = ["FULL", "Word"]

#: width of the text of a page, cm
FULL = 16.0
_LATIN = "Times New Roman"
_BODY, _HEADS = "宋体", "黑体"  # the names under which Word in any language knows them
_LABELS = {"table": Text("表", "Table"), "figure": Text("图", "Figure")}
#: points
_SIZE = 10.5
#: characters that a property of a file may have
_ABOUT = 255
#: eighths of a point
_TOP, _MIDDLE, _SPAN = 12, 6, 4
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#: height that a figure has at most, cm
_HIGH = 15.0
#: rows of a table that is kept on one page; those at either end that are kept together
_TOGETHER, _NEAR = 8, 3


class Word:
    """A document that is written from top to bottom.

    Parameters
    ----------
    lang : {"zh", "en"}
        Of captions; decides indents and the language of spelling.

    Raises
    ------
    MissingExtraError
        python-docx is not installed.
    """

    def __init__(self, lang: Lang, *, title: str = "", author: str = "") -> None:
        try:
            import docx
        except ImportError:
            raise MissingExtraError(
                "Word documents need python-docx, which is not installed "
                "-> pip install 'gz-index[report]'"
            ) from None
        self.lang: Lang = lang
        self._count = {"table": 0, "figure": 0}
        self._drawn = 0
        self._doc = docx.Document()
        self._styles()
        self._page()
        about = self._doc.core_properties
        about.title, about.author = (clean(text)[:_ABOUT] for text in (title, author))
        about.comments = ""
        about.language = "zh-CN" if lang == "zh" else "en-GB"

    # -- set-up ------------------------------------------------------------------------------------

    def _styles(self) -> None:
        from docx.enum.style import WD_STYLE_TYPE
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        zh, styles = self.lang == "zh", self._doc.styles
        for name in ("Table Text", "Notes", "Formula"):
            styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
        sizes = {"Normal": _SIZE, "Title": 20, "Subtitle": 11, "Heading 1": 15, "Heading 2": 12}
        sizes |= {"Caption": 9.5, "Table Text": 9, "Notes": 8.5, "Formula": 10.5}
        sizes |= {"List Bullet": 10.5, "Footer": 9}
        room: dict[str, tuple[float, float]] = {
            "Title": (0, 6),
            "Subtitle": (0, 18),
            "Heading 1": (20, 8),
            "Heading 2": (12, 6),
        }
        room |= {"Caption": (10, 4), "Table Text": (1.5, 1.5), "Notes": (3, 10), "Formula": (4, 4)}
        room |= {"List Bullet": (0, 3)}
        for name, size in sizes.items():
            style: Any = styles[name]
            head = name.startswith(("Title", "Heading", "Caption"))
            _set_fonts(style, _HEADS if head else _BODY, zh)
            style.font.size = Pt(size)
            style.font.bold = head and not (zh and name == "Caption")
            style.font.italic = False
            before, after = room.get(name, (0, 6))
            style.paragraph_format.space_before = Pt(before)
            style.paragraph_format.space_after = Pt(after)
            tight = name in ("Table Text", "Notes", "Caption")
            style.paragraph_format.line_spacing = 1.0 if tight else 1.3
        for name in ("Title", "Subtitle", "Caption"):
            styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for border in styles["Title"].element.findall(f".//{{{_W}}}pBdr"):
            border.getparent().remove(border)
        styles["Caption"].paragraph_format.keep_with_next = True
        for name in ("Heading 1", "Heading 2"):
            styles[name].paragraph_format.keep_with_next = True

    def _page(self) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Cm

        section = self._doc.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm((21 - FULL) / 2)
        section.top_margin = section.bottom_margin = Cm(2.5)
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _add_field(foot, "PAGE", "1")

    # -- writing -----------------------------------------------------------------------------------

    def heading(self, text: str, level: int) -> None:
        """Write a heading; level 0 is the title of the document."""
        self._doc.add_heading(clean(text), level)

    def paragraph(self, text: str, *, style: str = "Normal", indent: bool = True) -> None:
        """Write a paragraph; in Chinese its first line is indented by two characters."""
        from docx.shared import Pt

        p = self._doc.add_paragraph(clean(text), style=style)
        p.paragraph_format.keep_with_next = text.endswith((":", "：")) or None
        if self.lang == "zh" and style == "Normal" and indent:
            p.paragraph_format.first_line_indent = Pt(2 * _SIZE)
            p._p.get_or_add_pPr().find(f"{{{_W}}}ind").set(f"{{{_W}}}firstLineChars", "200")

    def items(self, texts: Sequence[str]) -> None:
        """Write a list."""
        for text in texts:
            self._doc.add_paragraph(clean(text), style="List Bullet")

    def table(
        self,
        grid: Grid,
        caption: TextLike = "",
        notes: Sequence[str] = (),
        *,
        both: bool = False,
    ) -> None:
        """Write a three-line table, its numbered caption above and its notes below."""
        self._caption("table", caption, both)
        layout = _Layout.of(grid)
        rows = [_head_row(grid, k, layout) for k in range(len(grid.heads))]
        n = len(grid.body)
        for k, texts in enumerate(grid.body):
            last = k == n - 1
            near = n <= _TOGETHER or k < _NEAR or k >= n - _NEAR  # of an end: no row alone
            stays = bool(notes) if last else near
            rows.append(_body_row(grid, texts, layout, stays, last))
        table = _element("w:tbl", children=[_table_settings(), _columns(layout), *rows])
        self._body_end().addprevious(table)
        for text in notes or [""]:  # two tables without anything between would become one
            self.paragraph(text, style="Notes")
        for p in self._doc.paragraphs[-len(notes) : -1] if len(notes) > 1 else ():
            p.paragraph_format.space_after = 0
            p.paragraph_format.keep_with_next = True

    def figure(self, png: bytes, caption: TextLike, alt: str, *, width: float = FULL) -> None:
        """Write a picture with its description, and a numbered caption below.

        Parameters
        ----------
        width : float
            In cm.
        """
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Cm, Pt

        picture = self._doc.add_picture(io.BytesIO(png), width=Cm(min(width, FULL)))
        if picture.height > Cm(_HIGH):
            picture.width = Cm(min(width, FULL) * Cm(_HIGH) / picture.height)
            picture.height = Cm(_HIGH)
        p = self._doc.paragraphs[-1]
        p.alignment = WD_ALIGN_PARAGRAPH.CENTER
        p.paragraph_format.keep_with_next = True
        p.paragraph_format.space_before = Pt(8)
        self._drawn += 1
        for shape in p._p.iter():
            if str(shape.tag).endswith("}docPr"):
                shape.set("descr", clean(alt))
                shape.set("name", f"Figure {self._drawn}")
        self._caption("figure", caption, False)
        after = self._doc.paragraphs[-1].paragraph_format
        after.keep_with_next, after.space_before, after.space_after = False, Pt(2), Pt(10)

    def formula(self, omml: Any, latex: str, number: int) -> None:
        """Write a numbered formula in the middle of a line.

        Parameters
        ----------
        omml : lxml element or None
            ``m:oMath``; without it the LaTeX is written.
        """
        from docx.enum.text import WD_TAB_ALIGNMENT
        from docx.shared import Cm

        p = self._doc.add_paragraph(style="Formula")
        p.paragraph_format.tab_stops.add_tab_stop(Cm(FULL / 2), WD_TAB_ALIGNMENT.CENTER)
        p.paragraph_format.tab_stops.add_tab_stop(Cm(FULL), WD_TAB_ALIGNMENT.RIGHT)
        p.add_run("\t")
        if omml is None:
            p.add_run(clean(latex))
        else:
            p._p.append(omml)
        p.add_run(f"\t({number})")

    def save(self, path: str | Path) -> Path:
        """Write the file."""
        self._doc.save(str(path))
        return Path(path)

    # -- parts -------------------------------------------------------------------------------------

    def _body_end(self) -> Any:
        return self._doc.element.body.find(f"{{{_W}}}sectPr")

    def _caption(self, kind: str, caption: TextLike, both: bool) -> None:
        own: Text = Text.of(caption)
        if not own:
            return
        self._count[kind] += 1
        langs: list[Lang] = [self.lang]
        if both and own.zh and own.en and own.zh != own.en:
            langs.append("en" if self.lang == "zh" else "zh")
        first = _LABELS[kind].get(self.lang)
        for lang in langs:
            p = self._doc.add_paragraph(style="Caption")
            p.add_run(_LABELS[kind].get(lang) + ("" if lang == "zh" else " "))
            again = "" if lang == self.lang else r" \c"  # the same number once more
            _add_field(p, f"SEQ {first} \\* ARABIC{again}", str(self._count[kind]))
            p.add_run(("\u3000" if lang == "zh" else ". ") + clean(say(own, lang)))
            if lang != langs[-1]:
                p.paragraph_format.space_after = 0


# -- XML -------------------------------------------------------------------------------------------


def _element(tag: str, children: Sequence[Any] = (), **attributes: object) -> Any:
    """Make an element; attributes get the prefix of WordprocessingML."""
    from docx.oxml import OxmlElement

    out: Any = OxmlElement(tag)  # type: ignore[no-untyped-call, unused-ignore]
    for key, value in attributes.items():
        out.set(f"{{{_W}}}{key}", str(value))
    out.extend(children)
    return out


def _set_fonts(style: Any, chinese: str, zh: bool) -> None:
    """Latin letters and numbers in one font, Chinese in another, whatever the theme says."""
    properties = style.element.get_or_add_rPr()
    for tag in ("rFonts", "color", "lang", "spacing", "kern"):
        for old in properties.findall(f"{{{_W}}}{tag}"):
            properties.remove(old)
    fonts = {"ascii": _LATIN, "hAnsi": _LATIN, "cs": _LATIN, "eastAsia": chinese}
    properties.insert(0, _element("w:rFonts", **fonts))
    properties.append(_element("w:lang", val="en-GB", eastAsia="zh-CN" if zh else "en-GB"))


def _add_field(paragraph: Any, code: str, shown: str) -> None:
    """Add a field that Word counts itself, with what it shows until then."""
    for kind in ("begin", code, "separate", shown, "end"):
        run = paragraph.add_run(shown if kind is shown else "")
        if kind is code:
            text = _element("w:instrText")
            text.text = f" {code} "
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            run._r.append(text)
        elif kind is not shown:
            run._r.append(_element("w:fldChar", fldCharType=kind))


def _columns(layout: _Layout) -> Any:
    return _element("w:tblGrid", [_element("w:gridCol", w=w) for w in layout.widths])


def _table_settings() -> Any:
    width = round(FULL / 2.54 * 1440)
    margins = [_element(f"w:{side}", w=70, type="dxa") for side in ("left", "right")]
    return _element(
        "w:tblPr",
        [
            _element("w:tblW", w=width, type="dxa"),
            _element("w:jc", val="center"),
            _element("w:tblLayout", type="fixed"),
            _element("w:tblCellMar", margins),
        ],
    )


@dataclass(frozen=True)
class _Layout:
    """Widths of the columns in twentieths of a point, which fill the page, and size of letters."""

    widths: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, grid: Grid) -> _Layout:
        """Give each column its longest word, and share out what is left by what they ask for."""
        columns = range(len(grid.numeric))
        least = [_least(grid, j) for j in columns]
        wants: list[float] = [
            max(low, _wants(grid, j)) for j, low in zip(columns, least, strict=True)
        ]
        # text may go on in the next line; it should not do so all the time
        goes = [12 if n else 22 for n in grid.numeric]
        needs = [max(low, min(w, t)) for low, w, t in zip(least, wants, goes, strict=True)]
        size = next((s for s, room in _ROOMS.items() if sum(needs) <= room), min(_ROOMS))
        room, spare = _ROOMS[size], sum(wants) - sum(least)
        left = room - sum(least)
        if 0 < left < spare:
            wants = [
                low + left * (want - low) / spare for low, want in zip(least, wants, strict=True)
            ]
        full = round(FULL / 2.54 * 1440)
        return cls(tuple(round(full * w / sum(wants)) for w in wants), size)


#: how many halves of a Chinese character fill the page, by the size of letters
_ROOMS = {9: 100, 8: 112, 7: 128}


def _alone(grid: Grid, j: int) -> list[str]:
    """Heads that stand over this column only."""
    return [grid.heads[k][j] for k in range(len(grid.heads)) if dict(grid.spans(k)).get(j) == 1]


def _least(grid: Grid, j: int) -> int:
    """Width below which words would break: Chinese breaks between any two characters."""
    heads = [cells(p) for text in _alone(grid, j) for p in _WORDS.findall(text)]
    body = [cells(row[j]) for row in grid.body] if grid.numeric[j] else []
    if not grid.numeric[j]:
        body = [min(18, cells(p)) for row in grid.body for p in _WORDS.findall(row[j])]
    # letters of some fonts are wider than half a Chinese character
    return round(1.15 * max([4, *(min(16, w) for w in heads), *body])) + 3


#: what a line is not broken within: words, up to their hyphens, and pairs of Chinese characters
_WORDS = re.compile(r"[^\s⺀-￯-]+-?|[⺀-￯]{1,3}")


def _wants(grid: Grid, j: int) -> int:
    """Width that a column asks for, so that only long texts and heads break."""
    body = max((cells(row[j]) for row in grid.body), default=0)
    heads = max((cells(text) for text in _alone(grid, j)), default=0)
    return max(min(60, body), min(14, heads)) + 3


def _head_row(grid: Grid, k: int, layout: _Layout) -> Any:
    """A row of heads, repeated on every page, and the lines above and below it."""
    last = k == len(grid.heads) - 1
    out, widths = [], layout.widths
    for j, span in grid.spans(k):
        text = grid.heads[k][j]
        side = "center" if span > 1 else "right" if grid.numeric[j] else "left"
        lines = {"top": _TOP} if k == 0 else {}
        if last:
            lines["bottom"] = _MIDDLE
        elif text and j >= grid.labels:
            lines["bottom"] = _SPAN
        width = sum(widths[j : j + span])
        out.append(_cell(text, width, side, lines, layout.size, span=span, stays=True, head=True))
    settings = _element("w:trPr", [_element("w:cantSplit"), _element("w:tblHeader")])
    return _element("w:tr", [settings, *out])


def _body_row(grid: Grid, texts: Sequence[str], layout: _Layout, stays: bool, last: bool) -> Any:
    lines = {"bottom": _TOP} if last else {}
    out = []
    for j, text in enumerate(texts):
        side = "right" if grid.numeric[j] else "left"
        shown = true_minus(text) if grid.numeric[j] else text
        out.append(_cell(shown, layout.widths[j], side, lines, layout.size, stays=stays))
    return _element("w:tr", [_element("w:trPr", [_element("w:cantSplit")]), *out])


def _cell(
    text: str,
    width: int,
    side: str,
    lines: dict[str, int],
    size: int,
    *,
    span: int = 1,
    stays: bool = False,
    head: bool = False,
) -> Any:
    properties = [_element("w:tcW", w=width, type="dxa")]
    if span > 1:
        properties.append(_element("w:gridSpan", val=span))
    borders = [
        _element(f"w:{at}", val="single", sz=lines[at], space=0, color="auto")
        for at in ("top", "bottom")
        if at in lines
    ]
    properties += [_element("w:tcBorders", borders)] if borders else []
    properties.append(_element("w:vAlign", val="bottom" if head else "center"))
    of_paragraph = [_element("w:pStyle", val="TableText")]
    of_paragraph += [_element("w:keepNext")] if stays else []
    of_paragraph.append(_element("w:jc", val=side))
    parts = [_element("w:pPr", of_paragraph)]
    if text:
        shown = _element("w:t")
        shown.text = clean(text)
        shown.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        sizes = [_element("w:sz", val=2 * size), _element("w:szCs", val=2 * size)]
        parts.append(_element("w:r", [_element("w:rPr", sizes), shown]))
    return _element("w:tc", [_element("w:tcPr", properties), _element("w:p", parts)])

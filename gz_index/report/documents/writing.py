"""Writers of documents: one for pages, one for Word, over the same sections and blocks."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gz_index._version import __version__
from gz_index.framework import Text
from gz_index.report.documents.content import (
    SECTIONS,
    Block,
    Document,
    Figure,
    Formula,
    Items,
    Prose,
    Section,
)
from gz_index.report.formulas import Unread, to_mathml, to_omml
from gz_index.report.grids import clean
from gz_index.report.tables import html_table

if TYPE_CHECKING:
    from gz_index.report.word import Word

__all__ = ["left_out", "page", "to_word"]

_WORDS = {
    "points": Text("要点", "Main findings"),
    "contents": Text("目录", "Contents"),
    "omitted": Text("未列入的部分", "What is left out"),
    "made": Text(
        f"由gz_index {__version__}生成；全部数字出自其中的计算，未作改动。",
        f"Made with gz_index {__version__}; every number comes from its computations.",
    ),
    "table": Text("表", "Table "),
    "figure": Text("图", "Figure "),
    "after": Text("\u3000", ". "),
    "colon": Text("：", ": "),
}


def page(document: Document) -> str:
    """Return a document as a page; see :meth:`~gz_index.report.documents.content.Document.html`."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    lang, count = document.lang, Counter[str]()
    words = {k: t.get(lang) for k, t in _WORDS.items()}

    def captioned(kind: str, caption: str) -> str:
        count[kind] += 1
        return f"{words[kind]}{count[kind]}{words['after']}{caption}"

    def shown(block: Block) -> dict[str, Any]:
        """What the template needs of a block; what is markup already was escaped where made."""
        kind = type(block).__name__.lower()
        if isinstance(block, Prose):
            return {"kind": kind, "text": block.text}
        if isinstance(block, Items):
            return {"kind": kind, "texts": block.texts}
        if isinstance(block, Formula):
            try:
                math: str = Markup(to_mathml(block.latex))
            except Unread:
                math = block.latex
            return {"kind": kind, "math": math, "number": block.number}
        title = captioned("figure" if isinstance(block, Figure) else "table", block.caption)
        if isinstance(block, Figure):
            svg = block.svg(f"f{count['figure']}-")
            return {"kind": kind, "svg": Markup(svg), "caption": title}
        table = html_table(block.grid(lang), title, block.said(lang), lang)
        return {"kind": kind, "html": Markup(table)}

    def section(s: Section) -> dict[str, Any]:
        blocks = [shown(b) for b in s.blocks]
        return {"key": s.key, "title": s.title, "blocks": blocks, "parts": map(section, s.parts)}

    sections = [
        {**section(s), "title": document.numeral(k) + s.title, "parts": [*map(section, s.parts)]}
        for k, s in enumerate(document.sections)
    ]
    source = (
        files("gz_index.report.documents").joinpath("document.html.j2").read_text(encoding="utf-8")
    )
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    whole = environment.from_string(source).render(
        document=document,
        code="zh-CN" if lang == "zh" else "en",
        words=words,
        sections=sections,
        omitted=left_out(document),
    )
    return clean(whole)


def left_out(document: Document) -> list[str]:
    """Sections and figures that are left out, each with the reason."""
    lang, word = document.lang, _WORDS["figure"].get(document.lang).strip()
    named = {SECTIONS[k].get(lang): why for k, why in document.omitted.items()}
    left, right = ("“", "”") if lang == "zh" else (" '", "'")
    named |= {f"{word}{left}{k}{right}": why for k, why in document.undrawn.items()}
    return [f"{k}{_WORDS['colon'].get(lang)}{why}" for k, why in named.items()]


def to_word(document: Document) -> Word:
    """Return a document as one of Word, ready to be saved."""
    from gz_index.report.word import Word

    lang = document.lang
    word = Word(lang, title=document.title, author=document.author)
    word.heading(document.title, 0)
    word.paragraph(document.subtitle, style="Subtitle")
    if document.points:
        word.heading(_WORDS["points"].get(lang), 1)
        word.items(document.points)
    for k, s in enumerate(document.sections):
        word.heading(document.numeral(k) + s.title, 1)
        _write(word, s, document)
    left = left_out(document)
    if left:
        word.heading(_WORDS["omitted"].get(lang), 1)
        word.items(left)
    word.paragraph(_WORDS["made"].get(lang), style="Notes")
    return word


def _write(word: Word, section: Section, document: Document) -> None:
    lang = document.lang
    for block in section.blocks:
        if isinstance(block, Prose):
            word.paragraph(block.text)
        elif isinstance(block, Items):
            word.items(block.texts)
        elif isinstance(block, Formula):
            try:
                math = to_omml(block.latex)
            except Unread:
                math = None
            word.formula(math, block.latex, block.number)
        elif isinstance(block, Figure):
            word.figure(block.png(), block.caption, block.alt, width=block.width)
        else:
            word.table(block.grid(lang), block.caption, block.said(lang))
    for part in section.parts:
        word.heading(part.title, 2)
        _write(word, part, document)

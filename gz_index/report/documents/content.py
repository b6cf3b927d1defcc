"""What a document is made of, before it is a page or a Word file: sections of blocks."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from gz_index.errors import MethodError, MissingExtraError
from gz_index.framework import Lang, Text
from gz_index.report.grids import Decimals, Grid, Heads, grid_of, noted
from gz_index.saving import new_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "SECTIONS",
    "Block",
    "Document",
    "Figure",
    "Formula",
    "Items",
    "Prose",
    "Section",
    "Tabled",
]

#: the sections that a document may have, in order
SECTIONS: dict[str, Text] = {
    "level": Text("总体水平", "Level"),
    "trend": Text("变化趋势", "Trend"),
    "targets": Text("目标进展", "Targets"),
    "obstacles": Text("障碍因素", "Obstacles"),
    "robustness": Text("稳健性", "Robustness"),
    "audit": Text("统计审计", "Audit"),
    "methods": Text("方法与数据", "Methods and data"),
}
#: what a .docx and an .html are written by
SUFFIXES = (".html", ".docx")
_RESOLUTION = 300
#: numbers of sections in Chinese
_NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Formula:
    """A formula as LaTeX, with the number by which the text calls it."""

    latex: str
    number: int


@dataclass(frozen=True, eq=False)
class Tabled:
    """A table: a frame as :mod:`gz_index.report.tables` takes it."""

    frame: pd.DataFrame = field(repr=False)
    caption: str
    notes: tuple[str, ...] = ()
    decimals: Decimals = 3
    heads: Heads | None = None
    right: tuple[str, ...] = ()

    def grid(self, lang: Lang) -> Grid:
        """Return its text; columns of text named in ``right`` stand there, as numbers do."""
        grid = grid_of(self.frame, lang, self.decimals, self.heads)
        at = [grid.labels + k for k, c in enumerate(self.frame.columns) if c in self.right]
        numeric = [n or j in at for j, n in enumerate(grid.numeric)]
        return replace(grid, numeric=numeric)

    def said(self, lang: Lang) -> list[str]:
        """Return its notes, the first with the word for notes."""
        return noted(self.notes, lang)


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure: its axes, its caption, and what it shows in words."""

    axes: Axes = field(repr=False)
    caption: str
    alt: str

    @property
    def width(self) -> float:
        """In cm."""
        return float(self._figure.get_figwidth() * 2.54)

    @property
    def _figure(self) -> Any:
        return self.axes.get_figure(root=True)

    def png(self) -> bytes:
        """Return it as a picture of 300 dots an inch."""
        return self._saved("png", dpi=_RESOLUTION, metadata={"Software": None})

    def svg(self, prefix: str) -> str:
        """Return it as an element of a page; ``prefix`` keeps its names apart from others."""
        return _inline(self._svg, prefix, self.alt)

    @cached_property
    def _svg(self) -> str:
        from matplotlib import rc_context

        with rc_context({"svg.hashsalt": "gz-index", "svg.fonttype": "path"}):
            return self._saved("svg", metadata={"Date": None, "Creator": None}).decode()

    def _saved(self, kind: str, **how: Any) -> bytes:
        out = io.BytesIO()
        self._figure.savefig(out, format=kind, facecolor="white", **how)
        return out.getvalue()


Block: TypeAlias = Prose | Items | Formula | Tabled | Figure


@dataclass(frozen=True)
class Section:
    """A section with its blocks, parts with headings of their own, and what to remember of it.

    Attributes
    ----------
    key : str
        One of :data:`SECTIONS`, or of the parts.
    title : str
    blocks : tuple of Block
    parts : tuple of Section
    points : tuple of str
        Its findings in a sentence each, for the summary.
    """

    key: str
    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple[Section, ...] = ()
    points: tuple[str, ...] = ()

    def all_blocks(self) -> Iterator[Block]:
        """Give its blocks and those of its parts, in order."""
        yield from self.blocks
        for part in self.parts:
            yield from part.all_blocks()


@dataclass(frozen=True, eq=False)
class Document:
    """A report as a value; see :func:`gz_index.report.documents.compose`.

    Attributes
    ----------
    title, subtitle : str
    lang : {"zh", "en"}
    sections : tuple of Section
    omitted : dict
        Keys of the sections that do not apply or could not be made, with the reason.
    undrawn : dict
        Captions of figures that these data do not have, with the reason.
    author : str
        Of the definition.
    studies : dict
        The results and studies that the text, the tables and the figures come from; under
        ``"errors"``, where there are some, what the library said of what could not be done.
    """

    title: str
    subtitle: str
    lang: Lang
    sections: tuple[Section, ...]
    omitted: dict[str, str]
    undrawn: dict[str, str] = field(default_factory=dict)
    author: str = ""
    studies: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def points(self) -> tuple[str, ...]:
        """The findings of all sections, in a sentence each."""
        return tuple(p for s in self.sections for p in s.points)

    def section(self, key: str) -> Section:
        """Return a section.

        Raises
        ------
        MethodError
            The document has none of this name; it is said why.
        """
        for s in self.sections:
            if s.key == key:
                return s
        why = self.omitted.get(key)
        there = ", ".join(s.key for s in self.sections)
        raise MethodError(f"no section {key!r}", hint=why or f"there are {there}")

    @property
    def tables(self) -> tuple[Tabled, ...]:
        """Every table, in order."""
        return tuple(b for s in self.sections for b in s.all_blocks() if isinstance(b, Tabled))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure, in order."""
        return tuple(b for s in self.sections for b in s.all_blocks() if isinstance(b, Figure))

    def numeral(self, k: int) -> str:
        """Return the number of a section, from 0 on, as it stands before its title."""
        if self.lang == "zh":
            return f"{_NUMERALS[k]}、" if k < len(_NUMERALS) else f"{k + 1}、"
        return f"{k + 1} "

    def html(self) -> str:
        """Return it as one page that needs no other file, for screen and print.

        Raises
        ------
        MissingExtraError
            Jinja2 is not installed.
        """
        from gz_index.report.documents.writing import page

        need_writer(".html")
        return page(self)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write it as a page or a Word document, by the end of the name.

        Parameters
        ----------
        path : path
            ``.html`` or ``.docx``; must not exist, unless ``overwrite``.

        Raises
        ------
        MethodError
            The name ends otherwise.
        DataError
            The file exists.
        MissingExtraError
            Jinja2 or python-docx is not installed.
        """
        path = Path(path)
        kind = known_suffix(path)
        need_writer(kind)
        with new_file(path, overwrite=overwrite) as part:
            if kind == ".html":
                part.write_text(self.html(), encoding="utf-8")
            else:
                from gz_index.report.documents.writing import to_word

                to_word(self).save(part)
        return path

    def _repr_html_(self) -> str:
        shown = "".join(f"<li>{html.escape(p)}</li>" for p in self.points)
        return f"<p><b>{html.escape(self.title)}</b></p><ul>{shown}</ul>"


def known_suffix(path: Path) -> str:
    """Return the kind of a file by the end of its name.

    Raises
    ------
    MethodError
        A report is not written as such.
    """
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise MethodError(f"a report named {path.name}", hint=f"end it in {' or '.join(SUFFIXES)}")
    return kind


def need_writer(kind: str) -> None:
    """Refuse a kind of file whose writer is not installed.

    Raises
    ------
    MissingExtraError
        Jinja2 (of .html) or python-docx (of .docx) is not installed.
    """
    module, name = {".html": ("jinja2", "Jinja2"), ".docx": ("docx", "python-docx")}[kind]
    try:
        import_module(module)
    except ImportError:
        raise MissingExtraError(
            f"a report as {kind} needs {name}, which is not installed "
            "-> pip install 'gz-index[report]'"
        ) from None


def _inline(whole: str, prefix: str, alt: str) -> str:
    """An SVG as part of a page: without head, names that others refer to made its own.

    Names that nothing refers to go: they would be those of units and indicators, and stand twice.
    """
    body = whole[whole.index("<svg") :]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', body))

    def named(found: re.Match[str]) -> str:
        return f' id="{prefix}{found[1]}"' if found[1] in used else ""

    body = re.sub(r' id="([^"]*)"', named, body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", body)
    body = re.sub(r"<!--.*?-->\n?", "", body, flags=re.DOTALL)
    body = re.sub(r"<metadata>.*?</metadata>\n?", "", body, flags=re.DOTALL)
    head = f'<svg role="img" aria-label="{html.escape(alt, quote=True)}"'
    return body.replace("<svg", head, 1).strip()


def joined(texts: Sequence[str], lang: Lang) -> str:
    """Join sentences: Chinese without a space."""
    return ("" if lang == "zh" else " ").join(t for t in texts if t)

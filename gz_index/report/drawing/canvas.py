"""What all figures share: axes without global state, sizes, colours, labels, choice of rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gz_index.errors import MethodError, MissingExtraError
from gz_index.framework import ROOT, Lang, Text
from gz_index.report.grids import clean
from gz_index.report.grids import number as number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.index import Index

__all__ = [
    "COLOURS",
    "drawing",
    "figure_kind",
    "said",
    "save",
    "shade",
    "tidy",
    "wrapped",
]

#: Okabe and Ito (2008), told apart by the colour blind; the yellow, weak on paper, last
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#F0E442")
DARK, GREY, LIGHT = "#222222", "#888888", "#D9D9D9"

_STYLE: Any = {
    "font.size": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.unicode_minus": True,
    "axes.grid": False,
    "lines.linewidth": 1.0,
    "hatch.linewidth": 0.6,
}


@contextmanager
def drawing(ax: Axes | None, size: tuple[float, float] | None, usual: Size) -> Iterator[Axes]:
    """Give axes to draw on, and see to their fonts at the end; settings last as long as this.

    Parameters
    ----------
    ax : Axes or None
        Drawn on as they are; otherwise axes of a new figure, which pyplot does not know.
    size, usual : (width, height)
        In cm.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    _refuse_unfit(ax, size)
    import matplotlib as mpl
    from matplotlib.figure import Figure

    wide, high = size or usual
    with mpl.rc_context(_STYLE):
        if ax is None:
            ax = Figure(figsize=(wide / 2.54, high / 2.54), layout="constrained").subplots()
        yield ax
        set_fonts(ax)


Size = tuple[float, float]


def _refuse_unfit(ax: Any, size: Any) -> None:
    """Refuse what is no axes, and what is no width and height; and to draw without matplotlib."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "figures need matplotlib, which is not installed -> pip install 'gz-index[plot]'"
        ) from None
    if ax is not None and size is not None:
        raise MethodError(
            "size and ax are both given", hint="size is for a new figure; axes have one already"
        )
    if ax is not None and not hasattr(ax, "get_subplotspec"):
        raise MethodError(
            f"ax is a {type(ax).__name__}", hint="axes of matplotlib, such as Figure().subplots()"
        )
    if size is None:
        return
    pair = isinstance(size, Sequence) and not isinstance(size, str) and len(size) == 2
    if not pair or not all(isinstance(v, Real) and 0 < float(v) < 500 for v in size):
        raise MethodError(f"size = {size!r}", hint="width and height in cm, such as (8.5, 6)")


def figure_kind(path: Path) -> str:
    """Return what the file of a figure ends in.

    Raises
    ------
    MethodError
        No figure is written so.
    """
    kind = path.suffix.lower()
    if kind not in _KINDS:
        raise MethodError(f"no figure is written as {path.name!r}", hint=" or ".join(_KINDS))
    return kind


def save(ax: Axes, path: str | Path, *, dpi: int = 300) -> Path:
    """Write the figure of some axes; the same figure gives the same file.

    Parameters
    ----------
    ax : Axes
    path : path
        Ends in .svg, .pdf, .png or .tiff.
    dpi : int
        Dots per inch of .png and .tiff.

    Raises
    ------
    MethodError
        The name of the file ends otherwise.

    Examples
    --------
    >>> import tempfile
    >>> import gz_index as gz
    >>> from gz_index.report import figures
    >>> ax = figures.contributions(gz.load("tai-2008").evaluate(gz.data("tai-2008")))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(figures.save(ax, f"{folder}/tai.svg").name)
    tai.svg
    """
    import matplotlib as mpl

    path = Path(path)
    figure = ax.get_figure(root=True)
    assert figure is not None
    kind = figure_kind(path)
    # no date in the file, and names of parts that do not change
    dated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    # journals ask for TrueType; Chinese fonts have outlines of another kind, which go in as type 3
    chinese = any(_CHINESE.search(t.get_text()) for t in _texts(figure))
    with mpl.rc_context({"svg.hashsalt": "gz_index", "pdf.fonttype": 3 if chinese else 42}):
        figure.savefig(path, dpi=dpi, metadata=dated.get(kind))
    return path


_CHINESE = re.compile("[⺀-￯]")

#: what the file of a figure may end in
_KINDS = (".svg", ".pdf", ".png", ".tiff")


def _texts(thing: Any) -> list[Any]:
    from matplotlib.text import Text as Drawn

    return [t for t in thing.findobj(Drawn) if isinstance(t, Drawn)]


def set_fonts(ax: Axes) -> None:
    """Give all texts of axes the fonts that they need."""
    from gz_index.report.drawing.fonts import families

    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_fontsize(8)  # that of axes made elsewhere
    drawn = _texts(ax)
    _clean_texts(ax, drawn)
    found = families(t.get_text() for t in drawn)
    for t in drawn:
        t.set_fontfamily(found)
        t.set_parse_math(False)  # a name with two dollar signs is a name
    ax.tick_params(labelfontfamily=found)


def _clean_texts(ax: Axes, drawn: Sequence[Any]) -> None:
    """Take control characters, which no font has, out of names and of the labels of ticks."""
    for axis in (ax.xaxis, ax.yaxis):
        labels = [t.get_text() for t in axis.get_ticklabels()]
        if (cleaned := [clean(label) for label in labels]) != labels:
            axis.set_ticks(axis.get_majorticklocs(), labels=cleaned)
    for t in drawn:
        t.set_text(clean(t.get_text()))


def tidy(ax: Axes, *, keep: Sequence[str] = ("bottom",)) -> None:
    """Leave the spines that are named, thin, and ticks only beside them."""
    for side, spine in ax.spines.items():
        spine.set_visible(side in keep)
        spine.set_linewidth(0.6)
    ax.tick_params(
        axis="both",
        width=0.6,
        length=2.5,
        labelsize=8,
        left="left" in keep,
        bottom="bottom" in keep,
    )


def room(ax: Axes) -> float:
    """Width in cm that is left beside the names of rows, before the layout is known."""
    beside = widest(t.get_text() for t in ax.get_yticklabels()) * _CELL
    return _span(ax) - beside - 0.8


def _span(ax: Axes) -> float:
    """Width in cm of the part of a figure that axes have with their labels."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    spec = ax.get_subplotspec()
    share = 0.775 if spec is None else spec.get_position(figure).width
    return float(share / 0.775 * figure.get_figwidth() * 2.54)


def span(ax: Axes | None, size: Size | None) -> float | None:
    """Width in cm for given axes, or in a new figure of a given size, with their labels."""
    _refuse_unfit(ax, size)
    if ax is None:
        return None if size is None else size[0] - 0.4
    return _span(ax)


def page(ax: Axes | None, size: Size | None) -> Size | None:
    """Width and height of given axes, or of those of a new figure of a given size, cm.

    Raises
    ------
    MethodError
        The axes are none, or the size is not two numbers.
    """
    _refuse_unfit(ax, size)
    if ax is None:
        return None if size is None else (size[0] - 0.4, size[1] - 0.4)
    figure = ax.get_figure(root=True)
    assert figure is not None
    place = ax.get_position()
    wide, high = figure.get_size_inches() * 2.54
    return float(place.width * wide), float(place.height * high)


def label_below(ax: Axes, text: str) -> None:
    """Name the horizontal axis, in lines as wide as the axes."""
    ax.set_xlabel(wrapped(text, max(16, int(room(ax) / _CELL)), 3))


def legend_above(
    ax: Axes, handles: Sequence[Any], labels: Sequence[str], *, left: float = 0.0
) -> None:
    """Put a legend above the axes, in as many columns as its labels leave room for.

    It begins so many cm left of the axes, above the names of rows.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    shown, columns = _in_legend(room(ax) + left, labels)
    drawn = ax.legend(
        handles,
        shown,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        bbox_transform=ax.transAxes + ScaledTranslation(-left / 2.54, 0, figure.dpi_scale_trans),
        ncols=columns,
        borderaxespad=0.3,
        handlelength=1.0,
        handleheight=0.8,
        columnspacing=1.2,
        fontsize=8,
        frameon=False,
    )
    keep_names(drawn.get_texts(), labels)


def _in_legend(wide: float, labels: Sequence[str]) -> tuple[list[str], int]:
    """Labels of a legend as they are shown in so many cm, and its columns."""
    shown = [wrapped(t, max(8, int((wide - 1.0) / _CELL))) for t in labels]
    each = widest(shown) * _CELL + 1.0
    return shown, max(1, min(len(labels), int(wide / each)))


def legend_height(wide: float, labels: Sequence[str]) -> float:
    """Height of a legend above axes so wide, cm."""
    shown, columns = _in_legend(wide, labels)
    by_column = [shown[k::columns] for k in range(columns)]
    lines = max(sum(1 + t.count("\n") for t in column) for column in by_column)
    return 0.3 + 0.36 * lines + 0.16 * -(-len(shown) // columns)


#: width of half a Chinese character at 8 points, cm
_CELL = 0.15


def said(lang: Lang, zh: str, en: str) -> str:
    """Return the words of a language.

    Raises
    ------
    MethodError
        It is neither ``"zh"`` nor ``"en"``.
    """
    if lang not in ("zh", "en"):
        raise MethodError(f"lang = {lang!r}", hint="'zh' or 'en'")
    return Text(zh, en).get(lang)


def node_name(index: Index, code: str, lang: Lang) -> str:
    """Name of a node; the root is called the index."""
    return said(lang, "总指数", "Index") if code == ROOT else index.framework.name(code, lang)


# -- names -----------------------------------------------------------------------------------------


def cells(text: str) -> int:
    """Width of a text in halves of a Chinese character."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def broad(texts: Iterable[str], points: float = 8.0) -> float:
    """Width of the widest of texts as it is drawn, cm."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from gz_index.report.drawing.fonts import families

    texts = [clean(t) for t in texts]
    figure, found = Figure((0.1, 0.1), dpi=288), families(texts)
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()  # else each text makes one of its own
    drawn = [
        figure.text(0, 0, t, fontsize=points, fontfamily=found, parse_math=False)
        for t in texts
        if t
    ]
    return max((t.get_window_extent(renderer).width for t in drawn), default=0.0) / 288 * 2.54


def fitted(text: str, wide: float, lines: int = 1, points: float = 8.0) -> str:
    """Return a text in lines that are no wider than so many cm, as :func:`wrapped` does."""
    most = max(int(wide / _CELL * 8 / points * 1.4), 3)
    return next(
        (t for n in range(most, 3, -1) if broad([t := wrapped(text, n, lines)], points) <= wide),
        wrapped(text, 3, lines),
    )


def several(given: Any) -> list[Any] | None:
    """Return labels as a list, where one may be given alone."""
    if given is None:
        return None
    return [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)


def widest(texts: Iterable[str]) -> int:
    """Width of the widest line of texts, in cells."""
    return max((cells(r) for t in texts for r in t.split("\n")), default=0)


def wrapped(text: str, width: int = 24, lines: int = 2) -> str:
    r"""Return a text in at most so many lines of so many cells; "…" stands for what is left out.

    Both ends are kept, as names that begin alike often differ at the end.

    Examples
    --------
    >>> wrapped("Demonstration zone for digital-real fusion", 24)
    'Demonstration zone for\ndigital-real fusion'
    >>> wrapped("数字创新发展引领区", 12), wrapped("数字创新发展引领区", 12, 1)
    ('数字创新发展\n引领区', '数字创…领区')
    >>> wrapped("互联网用户技能", 12)  # no character is left alone
    '互联网用户\n技能'
    """
    text = " ".join(str(text).split())
    rows = _rows(text, width)
    if len(rows) > lines:
        rows[lines - 1 :] = [_ends("".join(rows[lines - 1 :]).strip(), width)]
    elif len(rows) > 1 and cells(rows[-1]) <= 2 and len(closer := _rows(text, width - 2)) <= lines:
        rows = closer
    return "\n".join(r.strip() for r in rows)


def _rows(text: str, width: int) -> list[str]:
    """Break a text into lines, as many as it takes."""
    rows = [""]
    for token in _TOKENS.findall(text):
        for piece in _pieces(token, width):
            if cells((rows[-1] + piece).rstrip()) > width and piece not in _CLOSING:
                head = rows[-1].rstrip(_OPENING) or rows[-1]
                rows[-1:] = [head, rows[-1][len(head) :]]
            rows[-1] += piece
    return rows


#: what does not begin a line
_CLOSING = ("）", "”", "》", "，", "、", "。", "；", "：")
#: what does not end one
_OPENING = "（“《"
#: what a line may be broken between: words, parts with a hyphen, characters of Chinese, a unit in
#: brackets
_TOKENS = re.compile(r"\s+|（[^（）\s]{1,6}）|[⺀-￯”]|[^\s⺀-￯”]*?[a-z]-(?=[a-z])|[^\s⺀-￯”]+")


def _pieces(token: str, width: int) -> list[str]:
    """Cut a word that is wider than a line."""
    out = [""]
    for c in token:
        if out[-1] and cells(out[-1] + c) > width:
            out.append("")
        out[-1] += c
    return out


def _ends(text: str, width: int) -> str:
    """Keep the head of a text and a shorter tail."""
    head = _pieces(text, (width - 1) * 3 // 5)[0]
    tail = _pieces(text[::-1], width - 1 - cells(head))[0][::-1]
    return f"{head.rstrip()}…{tail.lstrip()}"


def keep_names(drawn: Iterable[Any], names: Iterable[str]) -> None:
    """Keep the full name of each text as its ``get_gid()``, which SVG keeps too."""
    for text, name in zip(drawn, names, strict=True):
        text.set_gid(name)


def when(period: Any, lang: Lang) -> str:
    """Say the period after the name of an axis."""
    return "" if period is None else said(lang, f"（{period}）", f", {period}")


def shade(colour: Any) -> str:
    """Return black or white, whichever is read better on a colour.

    Examples
    --------
    >>> shade("#F0E442"), shade("#0072B2")
    ('#222222', 'white')
    """
    from matplotlib.colors import to_rgb

    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    light = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return DARK if light > 0.22 else "white"


def digits_of(values: Any) -> int:
    """Decimals that show three figures of the largest value."""
    top = float(np.nanmax(np.abs(values), initial=0))
    return 3 if top < 2 else 2 if top < 10 else 1


def signs(text: str) -> str:
    """Write comparators and per cent as they are printed.

    Examples
    --------
    >>> signs(">= 3 more"), signs(">= 8 %/a")
    ('≥ 3 more', '≥ 8%/a')
    """
    for plain, printed in ((">=", "≥"), ("<=", "≤"), ("~", "≈"), ("+-", "±"), (" %", "%")):
        text = text.replace(plain, printed)
    return text


def scale_below(ax: Axes, mappable: Any, ticks: Sequence[float] | None = None) -> None:
    """Put a bar below the axes that says which colour stands for which number."""
    from gz_index.report.drawing.fonts import families

    figure = ax.get_figure()
    assert figure is not None
    bar = figure.colorbar(mappable, ax=ax, location="bottom", shrink=0.6, aspect=40, pad=0.02)
    bar.outline.set_visible(False)
    if ticks is None:
        low, high = mappable.get_clim()
        digits = digits_of([low, high])
        ticks, labels = (low, high), [number(v, digits) for v in (low, high)]
    else:
        labels = [f"{v:g}".replace("-", "−") for v in ticks]
    bar.set_ticks(list(ticks), labels=labels)
    bar.ax.tick_params(width=0.6, length=2, labelsize=7, labelfontfamily=families(["0"]))

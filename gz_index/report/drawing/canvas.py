"""What all figures share: axes without global state, sizes, colours, labels, choice of rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError, MissingExtraError
from gz_index.framework import ROOT, Lang, Text
from gz_index.report.grids import clean
from gz_index.report.grids import number as number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = [
    "COLOURS",
    "KINDS",
    "Chosen",
    "chosen",
    "drawing",
    "name_rows",
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
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError(
            "figures need matplotlib, which is not installed -> pip install 'gz-index[plot]'"
        ) from None
    if ax is not None and size is not None:
        raise MethodError(
            "size and ax are both given", hint="size is for a new figure; axes have one already"
        )
    wide, high = size or usual
    if not (0 < wide < 500 and 0 < high < 500):
        raise MethodError(f"size = {size!r}", hint="width and height in cm, such as (8.5, 6)")
    with mpl.rc_context(_STYLE):
        if ax is None:
            ax = Figure(figsize=(wide / 2.54, high / 2.54), layout="constrained").subplots()
        yield ax
        set_fonts(ax)


Size = tuple[float, float]


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
    if path.suffix not in KINDS:
        raise MethodError(f"no figure is written as {path.name!r}", hint=" or ".join(KINDS))
    # no date in the file, and names of parts that do not change
    dated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    # journals ask for TrueType; Chinese fonts have outlines of another kind, which go in as type 3
    chinese = any(_CHINESE.search(t.get_text()) for t in _texts(figure))
    with mpl.rc_context({"svg.hashsalt": "gz_index", "pdf.fonttype": 3 if chinese else 42}):
        figure.savefig(path, dpi=dpi, metadata=dated.get(path.suffix))
    return path


_CHINESE = re.compile("[⺀-￯]")

#: what the file of a figure may end in
KINDS = (".svg", ".pdf", ".png", ".tiff")


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
    figure = ax.get_figure(root=True)
    assert figure is not None
    spec = ax.get_subplotspec()
    share = 0.775 if spec is None else spec.get_position(figure).width
    beside = widest(t.get_text() for t in ax.get_yticklabels()) * _CELL
    return float(share / 0.775 * figure.get_figwidth() * 2.54 - beside - 0.8)


def page(ax: Axes | None, size: Size | None) -> Size | None:
    """Width and height of given axes, or of those of a new figure of a given size, cm."""
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


def legend_above(ax: Axes, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Put a legend above the axes, in as many columns as its labels leave room for."""
    there = room(ax)
    shown = [wrapped(t, max(8, int((there - 1.0) / _CELL))) for t in labels]
    each = widest(shown) * _CELL + 1.0
    drawn = ax.legend(
        handles,
        shown,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=max(1, min(len(labels), int(there / each))),
        borderaxespad=0.3,
        handlelength=1.0,
        handleheight=0.8,
        columnspacing=1.2,
        fontsize=8,
        frameon=False,
    )
    keep_names(drawn.get_texts(), labels)


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
#: what a line may be broken between: words, and characters of Chinese
_TOKENS = re.compile(r"\s+|[⺀-￯”]|[^\s⺀-￯”]+")


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


# -- rows ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """Rows that are drawn, best first: all, or the first and last ones with a gap between.

    Attributes
    ----------
    at : (n,)
        Positions of the rows.
    y : (n,)
        Where each stands, from 0 down.
    gap : float or None
        Where the rest would be.
    hidden : int
    """

    at: NDArray[np.intp]
    y: Array
    gap: float | None
    hidden: int

    @property
    def height(self) -> int:
        """Number of lines, with the gap."""
        return len(self.at) + (self.gap is not None)

    def rest(self, lang: Lang) -> str:
        """Say how many are left out."""
        return said(lang, f"⋮ 其余{self.hidden}个未显示 ⋮", f"⋮ {self.hidden} more, not shown ⋮")


def chosen(order: NDArray[np.intp], most: int) -> Chosen:
    """Choose at most so many rows of an order: from both its ends, where there are more.

    Examples
    --------
    >>> chosen(np.arange(300), 4).at.tolist(), chosen(np.arange(300), 4).y.tolist()
    ([0, 1, 298, 299], [0.0, 1.0, 3.0, 4.0])
    """
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 2:
        raise MethodError(f"most = {most!r}", hint="how many units to show, from 2 on")
    if len(order) <= most:
        return Chosen(order, np.arange(len(order), dtype=np.float64), None, 0)
    low = most // 2
    top = most - low
    y = np.r_[np.arange(top), top + 1 + np.arange(low)].astype(np.float64)
    return Chosen(np.r_[order[:top], order[len(order) - low :]], y, float(top), len(order) - most)


def line_height(names: Sequence[str]) -> float:
    """Room for a line in cm: more where names take two."""
    return 0.85 if any("\n" in n for n in names) else 0.42


def short(names: Sequence[str], width: int = 24) -> list[str]:
    """Names of rows as they are shown: in two lines, or in one where there are many."""
    return [wrapped(n, width, 2 if len(names) <= 16 else 1) for n in names]


def name_rows(
    ax: Axes, rows: Chosen, shown: Sequence[str], names: Sequence[str], lang: Lang
) -> None:
    """Name the rows along the vertical axis, best on top, and say what is left out."""
    ax.set_yticks(rows.y, shown)
    keep_names(ax.get_yticklabels(), names)
    ax.set_ylim(rows.height - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    if rows.gap is not None:
        ax.text(
            0.5,
            rows.gap,
            rows.rest(lang),
            transform=ax.get_yaxis_transform(),
            ha="center",
            va="center",
            color=GREY,
            fontsize=7.5,
        )


def period_rows(result: IndexResult, period: Any) -> tuple[Any, NDArray[np.intp]]:
    """Return the period, by default the last one, and the rows of it that have a score.

    Raises
    ------
    MethodError
        None has.
    """
    table = result.table
    if period is None and table.periods is not None:
        period = table.periods[-1]
    rows = table.rows_of(period)
    rows = rows[~np.isnan(result.total.to_numpy()[rows])]
    if not rows.size:
        raise MethodError(
            "no unit has a score" + ("" if period is None else f" in {period}"),
            hint="result.notes says why; show another period",
        )
    return period, rows


def weights_of(result: IndexResult, codes: Sequence[str], period: Hashable | None) -> Array:
    """Weight of nodes in the index; missing where there is no such node."""
    table = result.weights["global"]
    if table.index.nlevels > 1:
        periods = result.table.periods or ()
        period = periods[-1] if period is None else period
        result.table.rows_of(period)  # refuses an unknown one
        table = table.xs(period, level="period")
    return np.asarray(table.reindex(list(codes)).to_numpy(), dtype=np.float64)


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
    """Write comparators as they are printed.

    Examples
    --------
    >>> signs(">= 3 more")
    '≥ 3 more'
    """
    return text.replace(">=", "≥").replace("<=", "≤").replace("~", "≈").replace("+-", "±")


def spread(y: Array, gap: float) -> Array:
    """Move labels apart so that none is nearer to the next than ``gap``, as little as that takes.

    Examples
    --------
    >>> spread(np.array([0.0, 0.1, 5.0]), 1.0).tolist()
    [-0.45, 0.55, 5.0]
    """
    order = np.argsort(y, kind="stable")
    clusters: list[list[float]] = []  # count, sum of (y - place within the cluster)
    for v in y[order]:
        clusters.append([1, float(v)])
        while len(clusters) > 1:
            (n, a), (m, b) = clusters[-2:]
            if a / n + n * gap <= b / m:
                break
            clusters[-2:] = [[n + m, a + b - n * m * gap]]
    out = np.empty(len(y))
    out[order] = np.concatenate([s / n + gap * np.arange(n) for n, s in clusters] or [out])
    return out


def within(y: Array, gap: float, low: float, high: float) -> Array:
    """Keep labels that :func:`spread` moved apart between two ends, in the same order.

    Examples
    --------
    >>> within(np.array([-0.45, 0.55, 5.0]), 1.0, 0.0, 5.0).tolist()
    [0.0, 1.0, 5.0]
    """
    order = np.argsort(y, kind="stable")
    steps = gap * np.arange(len(y))
    out = np.empty(len(y))
    out[order] = np.clip(y[order] - steps, low, max(low, high - gap * (len(y) - 1))) + steps
    return out

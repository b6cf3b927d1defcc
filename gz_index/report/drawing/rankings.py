"""Figures of the units of one period: ranked bars of contributions, heat map of scores."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gz_index.errors import MethodError
from gz_index.framework import ROOT, Lang
from gz_index.report.drawing.canvas import (
    COLOURS,
    DARK,
    LIGHT,
    broad,
    digits_of,
    drawing,
    fitted,
    keep_names,
    label_below,
    legend_above,
    legend_height,
    node_name,
    number,
    scale_below,
    several,
    shade,
    span,
    tidy,
    when,
    widest,
)
from gz_index.report.drawing.rows import (
    Chosen,
    align_left,
    chosen,
    line_height,
    name_rows,
    numbered,
    period_rows,
    row_height,
    short,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.result import IndexResult

__all__ = ["contributions", "heat_map"]


def contributions(
    result: IndexResult,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    period: Hashable | None = None,
    most: int = 40,
    size: tuple[float, float] | None = None,
) -> Axes:
    r"""Draw the index of each unit as a bar made of what each pillar contributes, best on top.

    The parts are those of ``result.contributions``, summed by pillar (child of the root); they add
    up to the index, which is written at the end. Parts below zero stand left of the axis.

    Parameters
    ----------
    result : IndexResult
    ax : Axes, optional
        Drawn on these; by default on those of a new figure.
    lang : {"en", "zh"}
    period : label, optional
        By default the last one.
    most : int
        Units shown; of more the first and last ones, and it is said how many are between.
    size : (width, height), optional
        Of the new figure, in cm.

    Returns
    -------
    Axes

    Raises
    ------
    MethodError
        A method in the tree has no exact additive split; no unit has a score.
    NotFoundError
        There is no such period.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> import gz_index as gz
    >>> ax = contributions(gz.load("desi-2022").evaluate(gz.data("desi-2022")))
    >>> ax.get_yticklabels()[0].get_text(), ax.get_xlabel()
    ('\u20071  FI', 'Index')
    """
    f = result.index.framework
    period, at = period_rows(result, period)
    parts, pillars = result.contributions, f.children(ROOT)
    rows, shown, names = _ranked(result, at, most, ax, size, 2.0)
    parts = parts.iloc[rows.at]
    if (wide := span(ax, size)) is not None and len(pillars) > 1:
        labels = [f.name(c, lang) for c in pillars]
        legend = legend_height(wide - 0.15 * widest(shown) - 0.8 + broad(shown), labels)
        row_height(rows.height, ax, size, besides=1.4 + legend)
    high = rows.height * line_height(shown) + 1.6 + 0.4 * len(pillars)
    with drawing(ax, size, (14, high)) as ax:
        up, down = np.zeros(len(names)), np.zeros(len(names))
        handles = []
        for k, code in enumerate(pillars):
            v = parts[list(f.leaves(code))].sum(axis=1).to_numpy()
            start = np.where(v < 0, down, up)
            colour = COLOURS[k % len(COLOURS)]
            hatch = "////" if k >= len(COLOURS) else None  # the colours come round again
            bars = ax.barh(
                rows.y, v, 0.74, start, color=colour, edgecolor="white", linewidth=0.4, hatch=hatch
            )
            up, down = up + np.maximum(v, 0), down + np.minimum(v, 0)
            handles.append(bars)
        score = result.total.to_numpy()[rows.at]
        if (down < 0).any():
            ax.axvline(0, color=DARK, linewidth=0.6)
            ax.plot(
                score, rows.y, "D", color=DARK, markersize=2.5, markeredgecolor="white", mew=0.4
            )
        digits = digits_of(score)
        for x, y, s in zip(up, rows.y, score, strict=True):
            ax.annotate(
                number(s, digits),
                (x, y),
                (2, 0),
                textcoords="offset points",
                va="center_baseline",
                fontsize=7,
                color=DARK,
            )
        ax.set_xlim(1.04 * down.min() if down.min() < 0 else 0, 1.1 * up.max() or 1)
        tidy(ax)
        name_rows(ax, rows, shown, names, lang)
        align_left(ax, shown)
        label_below(ax, node_name(result.index, ROOT, lang) + when(period, lang))
        if len(pillars) > 1:
            labels = [f.name(c, lang) for c in pillars]
            legend_above(ax, handles, labels, left=broad(shown))
    return ax


def _ranked(
    result: IndexResult,
    at: NDArray[np.intp],
    most: int,
    ax: Axes | None,
    size: tuple[float, float] | None,
    besides: float,
) -> tuple[Chosen, list[str], list[str]]:
    """Choose rows in the order of ranks; their names as shown, with the rank, and in full."""
    ranks = result.ranks[ROOT].to_numpy(dtype=float, na_value=np.nan)
    rows = chosen(at[np.argsort(ranks[at], kind="stable")], most)
    names = [str(result.table.units[i]) for i in rows.at]
    tall = row_height(rows.height, ax, size, besides=besides)
    shown = numbered([f"{ranks[i]:g}" for i in rows.at], short(names, tall=tall))
    return rows, shown, names


def heat_map(
    result: IndexResult,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    period: Hashable | None = None,
    nodes: Sequence[str] | None = None,
    most: int = 40,
    size: tuple[float, float] | None = None,
) -> Axes:
    r"""Draw the scores of units by pillar as a map of cells with their values, best unit on top.

    All columns share one scale of colour, from the least to the greatest score of the period; a
    score that was not given is a grey cell with a dash. Where columns are too narrow their names
    stand upright, and where numbers would meet a bar below says what the colours stand for.

    Parameters
    ----------
    result : IndexResult
    ax, lang, period, most, size
        As :func:`contributions`.
    nodes : sequence of str, optional
        Columns: codes of groups or indicators; by default the index and the children of the root.

    Raises
    ------
    MethodError
        No unit has a score, ``nodes`` is empty, or the given size has no room for the columns.
    NotFoundError
        There is no such period or node.

    Examples
    --------
    >>> import gz_index as gz
    >>> ax = heat_map(gz.load("hdi-2010").evaluate(gz.data("hdi-2010")))
    >>> [t.get_text() for t in ax.get_xticklabels()]
    ['Index', 'Long and\nhealthy life', 'Knowledge', 'Decent\nstandard of\nliving']
    """
    f, plan = result.index.framework, result.index.plan
    nodes = several(nodes)
    codes = [ROOT, *f.children(ROOT)] if nodes is None else nodes
    for c in codes:
        f.node(c)
    if not codes:
        raise MethodError("nodes is empty", hint="name groups or indicators")
    period, at = period_rows(result, period)
    values = result.values[:, [plan.position[c] for c in codes]]
    low, high = np.nanmin(values[at]), np.nanmax(values[at])
    rows, shown, names = _ranked(result, at, most, ax, size, 2.2)
    heads = [node_name(result.index, c, lang) for c in codes]
    words = widest(word for h in heads for word in h.split() if word.isascii())
    usual_column = 0.15 * min(max(12, words), 16) + 0.1
    beside = broad(shown) + 0.3
    given = span(ax, size)
    column = usual_column if given is None else (given - beside) / len(codes)
    if column < _NARROW:
        need = beside + _NARROW * len(codes) + 0.4
        raise MethodError(
            f"{len(codes)} columns of {max(column, 0):.2f} cm",
            hint=f"they need a width of {need:.1f} cm: give more, or name fewer nodes",
        )
    short_heads, turned = _heads(heads, column)
    above = broad(short_heads) if turned else 0.36 * max(h.count("\n") + 1 for h in short_heads)
    v = values[rows.at]
    digits = digits_of(values[at])
    written = [["–" if np.isnan(t) else number(t, digits) for t in line] for line in v]
    printed = broad({t for line in written for t in line}, 7) + 0.08 <= column
    besides = above + (0.6 if printed else 1.4)
    row_height(rows.height, ax, size, besides=besides)
    usual = (column * len(codes) + beside + 0.4, rows.height * line_height(shown) + besides)
    with drawing(ax, size, usual) as ax:
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        colours = ScalarMappable(Normalize(low, high if high > low else low + 1), "cividis")
        for y, line, texts in zip(rows.y, v, written, strict=True):
            for x, (s, text) in enumerate(zip(line, texts, strict=True)):
                colour = LIGHT if np.isnan(s) else colours.to_rgba(s)
                ax.add_patch(_cell(x, y, colour))
                if printed or np.isnan(s):
                    ax.text(x, y, text, ha="center", va="center", fontsize=7, color=shade(colour))
        ax.set_xlim(-0.5, len(codes) - 0.5)
        ax.set_xticks(range(len(codes)), short_heads, rotation=90 if turned else 0)
        tidy(ax, keep=())
        ax.tick_params(axis="x", top=False, labeltop=True, labelbottom=False, pad=1)
        keep_names(ax.get_xticklabels(), heads)
        name_rows(ax, rows, shown, names, lang)
        align_left(ax, shown)
        ax.set_ylim(rows.height - 0.5, -0.5)
        if period is not None:
            ax.set_xlabel(str(period))
        if not printed:
            scale_below(ax, colours)
    return ax


#: least width of a column in cm, for a name that stands upright
_NARROW = 0.32


def _heads(names: Sequence[str], column: float) -> tuple[list[str], bool]:
    """Heads of columns in up to four lines, or upright where that cuts words; whether they are."""
    words = [w for n in names for w in n.split() if w.isascii()]
    if broad(words) <= column - 0.08:
        level = [fitted(n, column - 0.08, 4) for n in names]
        if not any("…" in t for t in level) and column > 0.8:
            return level, False
    return [fitted(n, 3.2, 2 if column >= 0.72 else 1) for n in names], True


def _cell(x: float, y: float, colour: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.6)

"""Figures of the indicators: how they hang together, and what each weighs in the whole."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gz_index.errors import MethodError
from gz_index.framework import ROOT, Framework, Lang
from gz_index.report.drawing.canvas import (
    COLOURS,
    DARK,
    GREY,
    LIGHT,
    cells,
    drawing,
    keep_names,
    label_below,
    node_name,
    number,
    page,
    period_rows,
    room,
    said,
    shade,
    spread,
    tidy,
    weights_of,
    when,
    widest,
    within,
    wrapped,
)
from gz_index.report.drawing.fonts import families

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.auditing.reliability import Kind
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["correlations", "framework"]

_KINDS = {
    "pearson": ("皮尔逊相关系数", "Pearson correlation"),
    "spearman": ("斯皮尔曼秩相关系数", "Spearman correlation"),
    "kendall": ("肯德尔秩相关系数", "Kendall correlation"),
}


def correlations(
    result: IndexResult,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    method: Kind = "pearson",
    period: Hashable | None = None,
    nodes: Sequence[str] | None = None,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw how each indicator correlates with each other one as a map of cells, by pillar.

    The indicators are normalised, so that in all of them more is better and a negative correlation
    means that one makes up for the other. Pairs are taken over the units in which both are known.
    Pillars are framed and named at the right. Values stand in the cells of up to 16 indicators; a
    pair that has no correlation (no variation, fewer than three units) is a grey cell.

    Parameters
    ----------
    result : IndexResult
    ax, lang, period, size
        As :func:`contributions`.
    method : {"pearson", "spearman", "kendall"}
    nodes : sequence of str, optional
        Two to 55 indicators or groups, drawn in the order of the tree; by default all indicators.

    Raises
    ------
    MethodError
        There are too few nodes or too many, or fewer than three units have a score.
    NotFoundError
        There is no such period or node.

    Examples
    --------
    >>> import gz_index as gz
    >>> result = gz.load("tai-2008").evaluate(gz.data("tai-2008"))
    >>> ax = correlations(result, method="spearman")
    >>> ax.get_xlabel(), ax.get_yticklabels()[0].get_text()
    ('Spearman correlation, 23 units', '1  Patents granted to residents')
    """
    from gz_index.auditing import reliability

    said(lang, "", "")  # refuses another language
    if method not in _KINDS:
        raise MethodError(f"method = {method!r}", hint=f"one of {', '.join(map(repr, _KINDS))}")
    f, plan = result.index.framework, result.index.plan
    nodes = [nodes] if isinstance(nodes, str) else nodes
    tree = [c for c in _in_order(f) if nodes is None or c in nodes]
    codes = [c for c in tree if nodes is not None or c in f.codes]
    for c in nodes or ():
        f.node(c)
    k = len(codes)
    if not 2 <= k <= _MOST:
        raise MethodError(f"{k} nodes to correlate", hint=f"name two to {_MOST} in nodes")
    period, at = period_rows(result, period)
    if len(at) < 3:
        raise MethodError(
            f"{len(at)} units have a score" + when(period, "en"), hint="three or more are needed"
        )
    values = result.values[at][:, [plan.position[c] for c in codes]]
    r = reliability.correlations(values, method=method, gaps="pairwise").r
    names = [node_name(result.index, c, lang) for c in codes]
    numbers = [str(i + 1) for i in range(k)]
    printed = k <= 16
    shown = [
        f"{i}  {wrapped(n, 28, 2 if printed else 1)}" for i, n in zip(numbers, names, strict=True)
    ]
    blocks = _blocks(f, codes)
    heads = [wrapped(node_name(result.index, p, lang), 20, max(1, b - a)) for p, a, b in blocks]
    if [p for p, _, _ in blocks] == [ROOT]:
        heads = [""]
    cell = 0.85 if printed else max(0.25, min(0.42, 9.6 / k))
    beside = (widest(shown) + widest(heads)) * 0.15
    with drawing(ax, size, (k * cell + beside + 1.2, k * max(cell, 0.42) + 2.4)) as ax:
        from matplotlib import colormaps
        from matplotlib.colors import Normalize
        from matplotlib.patches import Rectangle

        colours = colormaps["RdBu"].with_extremes(bad=LIGHT)
        mesh = ax.pcolormesh(
            np.arange(k + 1) - 0.5,
            np.arange(k + 1) - 0.5,
            np.ma.masked_invalid(r),
            cmap=colours,
            norm=Normalize(-1, 1),
            edgecolor="white",
            linewidth=0.4,
        )
        for (_, a, b), head in zip(blocks, heads, strict=True):
            ax.add_patch(
                Rectangle(
                    (a - 0.5, a - 0.5), b - a, b - a, fill=False, edgecolor=DARK, linewidth=1.2
                )
            )
            ax.annotate(
                head,
                (1, (a + b - 1) / 2),
                (5, 0),
                xycoords=ax.get_yaxis_transform(),
                textcoords="offset points",
                va="center",
                color=DARK,
                annotation_clip=False,
            )
        tidy(ax, keep=())
        ax.set_yticks(range(k), shown)
        keep_names(ax.get_yticklabels(), names)
        ax.set_xticks(range(k), numbers)
        ax.tick_params(axis="x", top=False, labeltop=True, labelbottom=False, pad=1)
        if not printed:
            ax.tick_params(axis="x", labelsize=6.5)
        if printed and (room(ax) - widest(heads) * 0.15) / k > 0.62:
            for (i, j), v in np.ndenumerate(r):
                text = "–" if np.isnan(v) else number(v, 2)
                ink = DARK if np.isnan(v) else shade(mesh.to_rgba(np.array(v)))
                ax.text(j, i, text, ha="center", va="center", fontsize=6.5, color=ink)
        ax.set_xlim(-0.5, k - 0.5)
        ax.set_ylim(k - 0.5, -0.5)
        about = said(lang, *_KINDS[method]) + when(period, lang)
        label_below(ax, about + said(lang, f"，{len(at)}个单位", f", {len(at)} units"))
        _scale_below(ax, mesh)
    return ax


#: what a page can hold
_MOST = 55


def _in_order(f: Framework, code: str = ROOT) -> list[str]:
    """Every node, each before what hangs on it."""
    return [code, *(c for kid in f.children(code) for c in _in_order(f, kid))]


def _blocks(f: Framework, codes: Sequence[str]) -> list[tuple[str, int, int]]:
    """Runs of nodes of one pillar: its code, first place and place after the last."""
    out: list[tuple[str, int, int]] = []
    for i, code in enumerate(codes):
        pillar = ([code, *f.ancestors(code)][:-1] or [ROOT])[-1]
        if pillar in f.codes:
            pillar = ROOT  # an indicator right below the root has no pillar
        if out and out[-1][0] == pillar:
            out[-1] = (pillar, out[-1][1], i + 1)
        else:
            out.append((pillar, i, i + 1))
    return out


def _scale_below(ax: Axes, mesh: Any) -> None:
    figure = ax.get_figure()
    assert figure is not None
    bar = figure.colorbar(mesh, ax=ax, location="bottom", shrink=0.6, aspect=40, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_ticks([-1, -0.5, 0, 0.5, 1], labels=["−1", "−0.5", "0", "0.5", "1"])
    bar.ax.tick_params(width=0.6, length=2, labelsize=7, labelfontfamily=families(["0"]))


def framework(
    index: Index | IndexResult,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    period: Hashable | None = None,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw the tree of an index from left to right: the index, its pillars, its indicators.

    Of a result each box is as high as its weight in the index, which stands after the name; of a
    definition alone every indicator is as high as the next. Boxes keep the order of the tree. The
    names of indicators stand at the right, moved apart where boxes are low; a group whose box is
    too low for its name has it before the names of its indicators.

    Parameters
    ----------
    index : Index or IndexResult
    ax, lang, size
        As :func:`contributions`.
    period : label, optional
        Of weights that differ by period; by default the last one.

    Raises
    ------
    MethodError
        There are more than 60 indicators, or more than the given size has room for; an index
        without data is asked for a period.
    NotFoundError
        There is no such period.

    Examples
    --------
    >>> import gz_index as gz
    >>> ax = framework(gz.load("hdi-2010"))
    >>> [t.get_gid() for t in ax.texts][:3]
    ['Index', 'Long and healthy life', 'Knowledge']
    """
    from gz_index.result import IndexResult

    said(lang, "", "")  # refuses another language
    result = index if isinstance(index, IndexResult) else None
    definition = index.index if isinstance(index, IndexResult) else index
    f = definition.framework
    leaves = list(f.leaves())
    if len(leaves) > 60:
        raise MethodError(f"{len(leaves)} indicators", hint="a page holds the names of 60")
    if result is None and period is not None:
        raise MethodError(f"period = {period!r} of a definition", hint="draw a result")
    equal = np.full(len(leaves), 1 / len(leaves))
    shares = equal if result is None else weights_of(result, leaves, period)
    edges = np.r_[0, shares.cumsum() / shares.sum()]
    depths = {c: f.depth(c) for c in f.nodes}
    deep = max(depths[c] for c in leaves)

    def share(code: str) -> float:
        return float(sum(shares[leaves.index(c)] for c in f.leaves(code)))

    def percent(code: str) -> str:
        return "" if result is None else f"{100 * share(code):.1f}%"

    # all places are in cm of a page
    given = page(ax, size)
    most = 20.4 if given is None else given[0]
    widths = [0.9, *(_column(f, definition, d, depths, lang, most) for d in range(1, deep)), 0.5]
    left = np.r_[0, np.cumsum(widths)]
    text_at = left[-1] + (1.7 if result is not None else 0.5)
    letters = max(8, int((most - text_at) / 0.15))
    full = {c: node_name(definition, c, lang) for c in f.nodes}
    long = max(cells(full[c]) for c in leaves) > letters
    if given is None:
        tall = max((0.76 if long and len(leaves) <= 30 else 0.42) * len(leaves), 4.0)
    else:
        tall = given[1]
    step = min(tall / len(leaves), 0.76)
    if step < 0.3:
        raise MethodError(
            f"{len(leaves)} names in {tall:.1f} cm",
            hint=f"they need axes of {0.4 * len(leaves):.0f} cm; let size be larger",
        )
    lines = 2 if long and step >= 0.7 else 1
    low = {c for c in f.nodes if c not in f.codes and c != ROOT and share(c) * tall < 0.36}
    names = {
        c: wrapped(
            " › ".join([full[a] for a in f.ancestors(c)[::-1] if a in low] + [full[c]]),
            letters,
            lines,
        )
        for c in leaves
    }
    end_at = text_at + 0.15 * widest(names.values()) + 0.2 if given is None else most
    with drawing(ax, size, (end_at + 0.2, tall + 0.4)) as ax:
        from matplotlib.patches import Rectangle

        for c in _in_order(f):
            mine = [leaves.index(leaf) for leaf in f.leaves(c)]
            top, bottom = tall * edges[mine[0]], tall * edges[mine[-1] + 1]
            x = left[depths[c]]
            end = left[depths[c] + 1] if c not in f.codes else left[-1]
            colour = _tint(f, c, depths[c])
            box = Rectangle(
                (x, top), end - x, bottom - top, facecolor=colour, edgecolor="white", linewidth=0.8
            )
            box.set_gid(c)
            ax.add_patch(box)
            if c in f.codes or c in low:
                continue
            name = wrapped(
                f"{full[c]} {percent(c) if c != ROOT else ''}".strip(),
                int((end - x - 0.3) / 0.16) if c != ROOT else int(tall / 0.15),
                max(1, int((bottom - top) / 0.36)) if c != ROOT else 1,
            )
            ax.text(
                x + 0.15 if c != ROOT else (x + end) / 2,
                (top + bottom) / 2,
                name,
                ha="left" if c != ROOT else "center",
                va="center",
                rotation=0 if c != ROOT else 90,
                color=shade(colour),
            ).set_gid(full[c])
        middle = tall * (edges[:-1] + edges[1:]) / 2
        places = within(spread(middle, step), step, step / 2, tall - step / 2)
        for c, y, place in zip(leaves, middle, places, strict=True):
            ax.plot([left[-1] + 0.05, left[-1] + 0.4], [y, place], color=GREY, linewidth=0.5)
            if result is not None:
                ax.text(text_at - 0.15, place, percent(c), ha="right", va="center", color=DARK)
            ax.text(text_at, place, names[c], va="center", color=DARK).set_gid(full[c])
        ax.set_xlim(0, end_at)
        ax.set_ylim(tall, 0)
        ax.set_axis_off()
    return ax


def _column(
    f: Framework, index: Index, depth: int, depths: dict[str, int], lang: Lang, most: float
) -> float:
    """Width of the column of groups at a depth, cm."""
    names = [node_name(index, c, lang) for c in f.nodes if depths[c] == depth and c not in f.codes]
    return min(4.4, 0.3 * most, max(2.0, widest(wrapped(n, 26, 3) for n in names) * 0.15 + 1.5))


def _tint(f: Framework, code: str, depth: int) -> Any:
    """Colour of a box: that of its pillar, lighter with every level below."""
    from matplotlib.colors import to_rgb

    if code == ROOT:
        return "#555555"
    pillar = [code, *f.ancestors(code)][-2]
    pillars = [c for c in f.children(ROOT) if c not in f.codes]
    colour = GREY if pillar in f.codes else COLOURS[pillars.index(pillar) % len(COLOURS)]
    light = 1 - 0.7 ** (depth - 1)
    return tuple(light + (1 - light) * v for v in to_rgb(colour))

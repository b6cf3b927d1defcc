"""Figures of the indicators: how they hang together, and what each weighs in the whole."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import ROOT, Framework, Lang
from gz_index.report.drawing.canvas import (
    COLOURS,
    DARK,
    GREY,
    LIGHT,
    broad,
    drawing,
    fitted,
    keep_names,
    node_name,
    number,
    page,
    said,
    scale_below,
    several,
    shade,
    span,
    tidy,
    when,
    widest,
    wrapped,
)
from gz_index.report.drawing.rows import (
    align_left,
    numbered,
    period_rows,
    row_height,
    spread,
    weights_of,
    within,
)

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
    pair that has no correlation (no variation, fewer than three units) is a grey cell. In a narrow
    figure the names of pillars are left out first, then indicators are named shorter, then by their
    number alone.

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
        There are too few nodes or too many, fewer than three units have a score, or the given size
        has no room for the cells.
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
    nodes = several(nodes)
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
    blocks = _blocks(f, codes)
    heads = [wrapped(node_name(result.index, p, lang), 20, max(1, b - a)) for p, a, b in blocks]
    if [p for p, _, _ in blocks] == [ROOT]:
        heads = [""] * len(heads)
    cell = 0.85 if k <= 16 else max(0.25, min(0.42, 9.6 / k))
    lines = 2 if k <= 16 else 1
    tall = row_height(k, ax, size, besides=2.4)
    shown = _row_names(numbers, names, 28, lines if tall is None or tall >= 0.66 else 1)
    beside = broad(shown) + broad(heads) + 0.6
    usual = (k * cell + beside + 0.6, k * max(cell, 0.42) + 2.4)
    given = span(ax, size)
    if given is not None:
        shown, heads, cell = _squeezed(given, numbers, names, shown, heads)
    with drawing(ax, size, usual) as ax:
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
        align_left(ax, shown)
        upright = cell < broad(numbers, 6.5) + 0.06
        every = 2 if cell < 0.26 else 1
        tops = [t if i % every == 0 else "" for i, t in enumerate(numbers)]
        ax.set_xticks(range(k), tops, rotation=90 if upright else 0)
        ax.tick_params(axis="x", top=False, labeltop=True, labelbottom=False, pad=1)
        if k > 16 or cell < 0.45:
            ax.tick_params(axis="x", labelsize=6.5)
        if k <= 16 and cell > 0.62:
            for (i, j), v in np.ndenumerate(r):
                text = "–" if np.isnan(v) else number(v, 2)
                ink = DARK if np.isnan(v) else shade(mesh.to_rgba(np.array(v)))
                ax.text(j, i, text, ha="center", va="center", fontsize=6.5, color=ink)
        ax.set_xlim(-0.5, k - 0.5)
        ax.set_ylim(k - 0.5, -0.5)
        about = said(lang, *_KINDS[method]) + when(period, lang)
        count = said(lang, f"{len(at)}个评价对象", f"{len(at)} units")
        line = about + said(lang, "，", ", ") + count
        wide = cell * k + 1.0
        ax.set_xlabel(line if broad([line]) <= wide else f"{fitted(about, wide, 2)}\n{count}")
        scale_below(ax, mesh, (-1, -0.5, 0, 0.5, 1))
    return ax


def _row_names(numbers: Sequence[str], names: Sequence[str], width: int, lines: int) -> list[str]:
    return numbered(numbers, [wrapped(n, width, lines) for n in names])


def _squeezed(
    wide: float,
    numbers: Sequence[str],
    names: Sequence[str],
    shown: list[str],
    heads: list[str],
) -> tuple[list[str], list[str], float]:
    """Names of rows and of pillars for a page of a width in cm, and the width of its cells."""
    k = len(numbers)
    none = [""] * len(heads)
    bare = [t.rstrip() for t in numbered(numbers, [""] * k)]
    lines = 2 if any("\n" in t for t in shown) else 1
    fewer = [_row_names(numbers, names, n, lines) for n in (22, 16)]
    ways = [
        (shown, heads, 0.36),
        (shown, none, 0.36),
        (fewer[0], none, 0.3),
        (fewer[1], none, 0.24),
    ]
    for rows, right, least in ways:
        cell = (wide - broad(rows) - broad(right) - 0.5) / k
        if cell >= least:
            return rows, right, cell
    cell = (wide - broad(bare) - 0.3) / k
    if cell < _CELL:
        raise MethodError(
            f"{k} columns of {max(cell, 0):.2f} cm",
            hint=f"they need a width of {_CELL * k + broad(bare) + 0.8:.1f} cm: give more, "
            "or name fewer nodes",
        )
    return bare, none, cell


#: least width of a cell, cm
_CELL = 0.22


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
        There are more than 60 indicators, or more than the given size has room for, so that their
        names would cover each other or could not be told apart; an index without data is asked for
        a period.
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
    full = {c: node_name(definition, c, lang) for c in f.nodes}
    groups = [c for c in f.nodes if c not in f.codes]
    levels = [[full[c] for c in groups if depths[c] == d] for d in range(1, deep)]

    def columns(wide: float) -> Array:
        """Left edges of the columns of a page so wide, and of what stands right of them."""
        return np.cumsum([0, 0.9, *(_column(level, wide, deep) for level in levels), 0.5])

    after = 1.7 if result is not None else 0.5
    wanted = broad(full[c] for c in leaves)
    left = columns(most)
    text_at = left[-1] + after
    long = wanted > most - text_at
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
    labels = {
        c: " › ".join([full[a] for a in f.ancestors(c)[::-1] if a in low] + [full[c]])
        for c in leaves
    }

    def named(wide: float) -> dict[str, str] | None:
        """Names of indicators on a page so wide; None where they cannot be told apart."""
        there = wide - columns(wide)[-1] - after
        if there < min(wanted, _NAME):
            return None
        out = {c: fitted(t, there, lines) for c, t in labels.items()}
        return out if len({*out.values()}) == len({*labels.values()}) else None

    names = named(most)
    if names is None:
        need = next(w for w in np.arange(np.ceil(most), 99.0, 0.5) if named(w) is not None)
        raise MethodError(
            f"no room for the names of indicators in {most:.1f} cm",
            hint=f"they need a width of {need + 0.4:.1f} cm: give more",
        )
    end_at = text_at + broad(names.values()) + 0.3 if given is None else most
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
            if c == ROOT:
                name = fitted(full[c], tall)
            else:
                name = _boxed(full[c], percent(c), end - x - 0.25, int((bottom - top) / 0.36))
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


#: least room for the names of indicators, cm
_NAME = 2.1


def _column(names: Sequence[str], wide: float, deep: int) -> float:
    """Width of a column of groups in a tree so wide and deep, cm; no word is broken."""
    share = (0.3 if deep <= 2 else 0.24) * wide
    usual = max(2.0, widest(wrapped(n, 26, 3) for n in names) * 0.15 + 1.5)
    words = broad(w for n in names for w in n.replace("-", "- ").split() if w.isascii())
    return max(min(4.4, share, usual), words + 0.3)


def _boxed(name: str, percent: str, wide: float, lines: int) -> str:
    """Name and weight of a group within its box; the weight goes before a name is shortened."""
    for text in (f"{name} {percent}".strip(), name):
        shown = fitted(text, wide, max(lines, 1))
        if "…" not in shown:
            break
    return shown


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

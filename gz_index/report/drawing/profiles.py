"""Figures of profiles: a unit against its peers, and weights by scheme."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT, Lang
from gz_index.report.drawing.canvas import (
    COLOURS,
    GREY,
    LIGHT,
    drawing,
    fitted,
    label_below,
    legend_above,
    node_name,
    page,
    said,
    several,
    tidy,
    when,
    widest,
)
from gz_index.report.drawing.rows import (
    chosen,
    line_height,
    name_rows,
    period_rows,
    row_height,
    short,
    weights_of,
)
from gz_index.report.phrases import WEIGHED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.comparison import Comparison
    from gz_index.result import IndexResult

__all__ = ["radar", "weights"]

_MARKERS = "osD^vPX*"


def weights(
    study: Comparison,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    nodes: Sequence[str] | None = None,
    period: Hashable | None = None,
    most: int = 40,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw the weight of each indicator in the index under each variant, a dot for each.

    Nodes stand in the order of their mean weight; variants that give the same weights are drawn
    once, by the name of the first.

    Parameters
    ----------
    study : Comparison
        From :func:`gz_index.compare`.
    ax, lang, most, size
        As :func:`contributions`.
    nodes : sequence of str, optional
        Indicators or groups; by default all indicators.
    period : label, optional
        Of weights that differ by period; by default the last one.

    Raises
    ------
    MethodError
        More than eight sets of weights differ; ``nodes`` is empty.
    NotFoundError
        There is no such node or period.

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> ax = weights(gz.compare(index, data, weight=["equal", "entropy", "critic"]))
    >>> len(ax.get_lines()), [t.get_text() for t in ax.get_legend().get_texts()]
    (3, ['equal', 'entropy', 'critic'])
    """
    f = study.index.framework
    nodes = several(nodes)
    codes = list(f.codes) if nodes is None else nodes
    for c in codes:
        f.node(c)
    if not codes:
        raise MethodError("nodes is empty", hint="name groups or indicators")
    found: dict[str, Array] = {}
    for label, r in study.results.items():
        w = weights_of(r, codes, period)
        if not any(np.allclose(w, v, rtol=1e-12, atol=0, equal_nan=True) for v in found.values()):
            found[label] = w
    if len(found) > len(_MARKERS):
        raise MethodError(
            f"{len(found)} sets of weights differ",
            hint=f"compare at most {len(_MARKERS)} at once, to tell the dots apart",
        )
    table = np.column_stack(list(found.values()))
    rows = chosen(np.argsort(-np.nanmean(table, axis=1), kind="stable"), most)
    names = [node_name(study.index, codes[i], lang) for i in rows.at]
    shown = short(names, 30, row_height(rows.height, ax, size, besides=2.2))
    with drawing(ax, size, (13, rows.height * line_height(shown) + 2.2)) as ax:
        part = 100 * table[rows.at]
        ax.hlines(rows.y, np.nanmin(part, axis=1), np.nanmax(part, axis=1), color=LIGHT, zorder=1)
        handles = []
        for k, v in enumerate(part.T):
            handles += ax.plot(
                v,
                rows.y,
                _MARKERS[k],
                color=COLOURS[k],
                markersize=5.5,
                markeredgecolor="white",
                markeredgewidth=0.4,
                label=list(found)[k],
            )
        tidy(ax)
        name_rows(ax, rows, shown, names, lang)
        ax.set_xlim(0, 1.05 * np.nanmax(part))
        label_below(ax, said(lang, "在总指数中的权重（%）", "Weight in the index (%)"))
        legend_above(ax, handles, [_scheme_name(label, lang) for label in found])
    return ax


def _scheme_name(label: str, lang: Lang) -> str:
    """Name of a variant: that of the scheme in Chinese, else its label."""
    return said(lang, WEIGHED[label].zh if label in WEIGHED else label, label)


def radar(
    result: IndexResult,
    unit: Hashable,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    peers: Sequence[Hashable] | None = None,
    period: Hashable | None = None,
    nodes: Sequence[str] | None = None,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw the pillars of a unit as a closed line about zero, beside peers and the median.

    Parameters
    ----------
    result : IndexResult
    unit : label
    ax, lang, period, size
        As :func:`contributions`; any axes will do, they need not be polar.
    peers : sequence of label, optional
        At most four; by default the unit that is first, or second if ``unit`` is first itself.
    nodes : sequence of str, optional
        Three to eight groups or indicators; by default the children of the root.

    Raises
    ------
    NotFoundError
        There is no such unit, period or node.
    MethodError
        There are fewer than three axes or more than eight, a score is below zero or was not
        given, or there are more than four peers.

    Examples
    --------
    >>> import gz_index as gz
    >>> ax = radar(gz.load("desi-2022").evaluate(gz.data("desi-2022")), "AT")
    >>> [line.get_label() for line in ax.get_lines()]
    ['median', 'FI', 'AT']
    """
    f, plan = result.index.framework, result.index.plan
    nodes = several(nodes)
    codes = list(f.children(ROOT)) if nodes is None else nodes
    for c in codes:
        f.node(c)
    if not 3 <= len(codes) <= 8:
        raise MethodError(
            f"{len(codes)} axes", hint="a radar has three to eight: name nodes, or draw heat_map"
        )
    period, at = period_rows(result, period)
    values = result.values[:, [plan.position[c] for c in codes]]
    row = {result.table.units[i]: i for i in at}
    if peers is None:
        order = at[np.argsort(-result.total.to_numpy()[at], kind="stable")]
        peers = [u for u in (result.table.units[i] for i in order[:2]) if u != unit][:1]
    peers = list(dict.fromkeys(several(peers) or []))
    if len(peers) > 4:
        raise MethodError(f"{len(peers)} peers", hint="name at most four, to tell the lines apart")
    for u in (unit, *peers):
        if u not in row:
            raise NotFoundError(f"no unit {u!r} with a score" + when(period, "en"))
        _refuse_unfit(u, values[row[u]], codes)
    drawn = {u: values[row[u]] for u in (*(p for p in peers if p != unit), unit)}
    middle = np.nanmedian(values[at], axis=0)
    legend_rows = -(-(len(drawn) + 1) * (4 + widest(map(str, drawn))) // 66)
    below = -_points(np.ones(len(codes)))[1].min() + (0.5 if period is None else 0.7)
    usual = (11, 3.0 * (1.35 + below) + 0.45 * legend_rows + 0.3)
    names = [node_name(result.index, c, lang) for c in codes]
    wide, high = page(ax, size) or usual
    # the first axis has its name above, in lines as wide as the figure
    heads = [fitted(names[0], 0.7 * wide, 2), *(fitted(n, 0.21 * wide + 0.6, 3) for n in names[1:])]
    above = 0.35 + 0.36 * (1 + heads[0].count("\n"))  # cm
    radius = min(wide / 3.5, max(high - 0.45 * legend_rows - 0.3 - above, 1.5) / (1 + below))
    with drawing(ax, size, usual) as ax:
        top = _web(ax, max(float(middle.max()), *(float(v.max()) for v in drawn.values())), codes)
        lines = [_closed(ax, np.maximum(middle, 0), said(lang, "中位数", "median"), GREY, "--", 1)]
        for k, (u, v) in enumerate(drawn.items()):
            mine = u == unit
            colour = COLOURS[0] if mine else (COLOURS[1], COLOURS[2], COLOURS[3], COLOURS[5])[k]
            lines.append(_closed(ax, v, str(u), colour, "-", 1.8 if mine else 1.1))
            if mine:
                ax.fill(*_points(v), color=colour, alpha=0.12, linewidth=0)
        corners = _points(np.full(len(codes), top)).T[:-1]
        for (x, y), text, name in zip(corners, heads, names, strict=True):
            middle_of = abs(x) < 0.1 * top
            up = (1 if y > 0 else -1) if middle_of else 0
            ax.annotate(
                text,
                (x, y),
                # the number of a ring stands at the end of the first axis
                (0 if middle_of else 5 if x > 0 else -5, 7 * up),
                textcoords="offset points",
                ha="center" if middle_of else "left" if x > 0 else "right",
                va=("top", "center", "bottom")[up + 1],
            ).set_gid(name)
        lines = [lines[-1], *lines[1:-1], lines[0]]
        legend_above(ax, lines, [str(line.get_label()) for line in lines])
        if period is not None:
            ax.text(0, -(below - 0.2) * top, str(period), ha="center", va="top")
        ax.set_ylim(-below * top, (1 + above / radius) * top)
    return ax


def _refuse_unfit(unit: Hashable, values: Array, codes: Sequence[str]) -> None:
    for code, v in zip(codes, values, strict=True):
        if np.isnan(v):
            raise MethodError(f"{unit}: no score of {code}", hint="leave it out of nodes")
        if v < 0:
            raise MethodError(
                f"{unit}: the score of {code} is {v:.4g}, and a radar begins at zero",
                hint="draw heat_map, or normalise to scores from zero on",
            )


def _points(values: Array) -> Array:
    """Corners (2, k + 1) of a closed line, the first axis upright, clockwise."""
    angle = np.pi / 2 - 2 * np.pi * np.arange(len(values) + 1) / len(values)
    r = np.append(values, values[0])
    return np.vstack([r * np.cos(angle), r * np.sin(angle)])


def _closed(ax: Axes, values: Array, label: str, colour: str, style: str, width: float) -> Any:
    (line,) = ax.plot(*_points(values), style, color=colour, linewidth=width, label=label)
    return line


def _web(ax: Axes, top: float, codes: Sequence[str]) -> float:
    """Draw rings with their numbers, and the axes; return the outermost ring."""
    from matplotlib.collections import LineCollection
    from matplotlib.patheffects import Normal, Stroke
    from matplotlib.ticker import MaxNLocator

    rings = [r for r in MaxNLocator(4).tick_values(0, top or 1) if r > 0]
    for r in rings:
        ax.fill(*_points(np.full(len(codes), r)), fill=False, edgecolor=LIGHT, linewidth=0.6)
        ax.text(
            -0.02 * rings[-1],
            r,
            f"{r:g}",
            fontsize=7,
            color="#555555",
            ha="right",
            va="center",
            zorder=5,
            path_effects=[Stroke(linewidth=2, foreground="white"), Normal()],
        )
    corners = _points(np.full(len(codes), rings[-1]))[:, :-1]
    ax.add_collection(
        LineCollection([[(0, 0), c] for c in corners.T], colors=LIGHT, linewidths=0.6)
    )
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_xlim(-1.75 * rings[-1], 1.75 * rings[-1])
    return float(rings[-1])

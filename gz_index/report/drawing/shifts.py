"""Figures of how all units move: their distribution over the years, their level against change."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT, Lang
from gz_index.report.drawing.canvas import (
    COLOURS,
    DARK,
    GREY,
    drawing,
    label_below,
    legend_above,
    node_name,
    page,
    room,
    said,
    set_fonts,
    several,
    tidy,
    when,
    wrapped,
)
from gz_index.report.drawing.years import comparable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.result import IndexResult

__all__ = ["quadrant", "ridges"]


# -- distributions ---------------------------------------------------------------------------------


def ridges(
    result: IndexResult,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    node: str = ROOT,
    periods: Sequence[Hashable] | None = None,
    bandwidth: float | Literal["scott", "silverman"] = "scott",
    beyond: bool = False,
    size: tuple[float, float] | None = None,
) -> Axes:
    r"""Draw the distribution of scores in each period as a ridge, the first period on top.

    Each ridge is a density estimated with Gaussian kernels,
    :math:`\hat f(x) = \frac{1}{n h} \sum_i \varphi\big((x - S_i) / h\big)`; all have one scale of
    height. The short lines below it are the units, the upright line is their median. It ends at the
    least and the greatest score, as there are none beyond.

    Parameters
    ----------
    result : IndexResult
        Of two periods or more.
    ax, lang, size
        As :func:`contributions`.
    node : str
        A group or an indicator.
    periods : sequence of label, optional
        At most 30; by default all.
    bandwidth : {"scott", "silverman"} or float
        The h of each period is s times n**(-1/5) (Scott) or s times (3n/4)**(-1/5) (Silverman),
        with s the standard deviation; or a number, h in units of the score, the same for all. It
        is written below the figure.
    beyond : bool
        Draw the densities on to three h beyond both ends.

    Raises
    ------
    MethodError
        There are no two periods, or their scores cannot be compared; in a period fewer than three
        units have a score, or all the same one; the bandwidth is not positive.
    NotFoundError
        There is no such node or period.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis. Chapman and Hall.

    Examples
    --------
    >>> import gz_index as gz
    >>> result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    >>> ax = ridges(result, periods=[2013, 2022], bandwidth=0.05)
    >>> [t.get_text() for t in ax.get_yticklabels()], ax.get_xlabel()
    (['2013', '2022'], 'Index (Gaussian kernel, bandwidth 0.05)')
    """
    from scipy.stats import gaussian_kde

    said(lang, "", "")  # refuses another language
    _, scores = comparable(result, node)
    there = list(result.table.periods or ())
    periods = several(periods)
    asked = there if periods is None else [p for p in there if p in periods]
    if lost := [p for p in periods or () if p not in there]:
        raise NotFoundError(f"no period {lost[0]!r}; there are {', '.join(map(str, there))}")
    if not 1 <= len(asked) <= 30:
        raise MethodError(f"{len(asked)} ridges", hint="name one to 30 periods")
    given: Any = bandwidth
    number = isinstance(given, int | float | np.number) and not isinstance(given, bool)
    positive = number and 0 < given < np.inf
    if given not in ("scott", "silverman") and not positive:
        raise MethodError(
            f"bandwidth = {bandwidth!r}", hint="'scott', 'silverman', or a number above zero"
        )
    found = []
    for p in asked:
        v = scores[:, there.index(p)]
        v = v[~np.isnan(v)]
        if len(np.unique(v)) < 3:
            raise MethodError(
                f"{p}: {len(np.unique(v))} different scores have no density",
                hint="three or more are needed; leave the period out",
            )
        sd = float(v.std(ddof=1))
        density = gaussian_kde(v, bandwidth if isinstance(bandwidth, str) else bandwidth / sd)
        h = density.factor * sd
        more = 3 * h if beyond else 0
        x = np.linspace(v.min() - more, v.max() + more, 256)
        found.append((v, h, x, density(x)))
    top = max(float(f.max()) for _, _, _, f in found)
    step = min(1.5, 20.0 / len(asked))
    with drawing(ax, size, (11, len(asked) * step + 2.6)) as ax:
        for k, (v, _, x, f) in enumerate(found):
            height = 0.84 * f / top
            middle = float(np.median(v))
            ax.fill_between(x, k, k - height, color=COLOURS[4], alpha=0.6, linewidth=0)
            ax.plot(x, k - height, color=COLOURS[0], linewidth=1)
            up = k - np.interp(middle, x, height)
            median = ax.vlines(middle, up, k, color=DARK, linewidth=1.2)
            rug = ax.vlines(v, k + 0.02, k + 0.12, color=DARK, linewidth=0.4)
        ax.set_ylim(len(asked) - 0.7, -0.95)
        tidy(ax)
        ax.set_yticks(range(len(asked)), list(map(str, asked)))
        ax.tick_params(axis="y", length=0)
        width = _bandwidth(bandwidth, [h for _, h, _, _ in found], lang)
        about = said(lang, f"（高斯核，{width}）", f" (Gaussian kernel, {width})")
        label_below(ax, node_name(result.index, node, lang) + about)
        words = said(lang, "中位数", "median"), said(lang, "各评价对象", "units")
        legend_above(ax, [median, rug], words)
    return ax


def _bandwidth(given: float | str, used: Sequence[float], lang: Lang) -> str:
    """Say by which rule bandwidths were set, and their range."""
    if not isinstance(given, str):
        return said(lang, f"带宽{given:g}", f"bandwidth {given:g}")
    low, high = f"{min(used):.2g}", f"{max(used):.2g}"
    values = low if low == high else said(lang, f"{low}至{high}", f"{low} to {high}")
    rule = given.title()
    return said(lang, f"{rule}法则带宽{values}", f"{rule}'s bandwidth {values}")


# -- level and change ------------------------------------------------------------------------------


def quadrant(
    result: IndexResult,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    node: str = ROOT,
    since: Hashable | None = None,
    until: Hashable | None = None,
    level: Literal["until", "since"] = "until",
    change: Literal["difference", "percent", "yearly"] = "difference",
    lines: Literal["median", "mean"] | tuple[float, float] = "median",
    units: Sequence[Hashable] | None = None,
    most: int = 40,
    size: tuple[float, float] | None = None,
) -> Axes:
    r"""Draw the level of each unit against its change between two periods, in four quadrants.

    How many units lie in each quadrant is written in its corner; a unit on a line counts as above
    it. Names stand beside the points where there is room, those of the units farthest from the
    middle first, and do not cover each other.

    Parameters
    ----------
    result : IndexResult
        Of two periods or more.
    ax, lang, size
        As :func:`contributions`.
    node : str
        A group or an indicator.
    since, until : label, optional
        The periods; by default the first and the last.
    level : {"until", "since"}
        Of which period the level is.
    change : {"difference", "percent", "yearly"}
        :math:`S_1 - S_0`, :math:`100 (S_1 / S_0 - 1)`, or the mean growth in a year,
        :math:`100 ((S_1 / S_0)^{1/T} - 1)` with periods that are years.
    lines : {"median", "mean"} or (level, change)
        Where the quadrants meet.
    units : sequence of label, optional
        Only these are named, and coloured.
    most : int
        Units named, those farthest from the middle; how many have no name is said.

    Raises
    ------
    MethodError
        There are no two periods, or their scores cannot be compared; growth is asked of a score
        that is not above zero, or per year of periods that are not years.
    NotFoundError
        There is no such node, period or unit.

    Examples
    --------
    >>> import gz_index as gz
    >>> result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    >>> ax = quadrant(result, since=2018, units=["广东省"])
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Index, 2022', 'Change, 2018 to 2022')
    >>> ax.texts[0].get_text()
    'lower level, smaller change: 12'
    """
    said(lang, "", "")  # refuses another language
    labels, scores = comparable(result, node)
    periods = list(result.table.periods or ())
    since = periods[0] if since is None else since
    until = periods[-1] if until is None else until
    for p in (since, until):
        if p not in periods:
            raise NotFoundError(f"no period {p!r}; there are {', '.join(map(str, periods))}")
    if periods.index(since) >= periods.index(until):
        raise MethodError(f"since = {since!r} is not before until = {until!r}")
    if level not in ("until", "since"):
        raise MethodError(f"level = {level!r}", hint="'until' or 'since'")
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 0:
        raise MethodError(f"most = {most!r}", hint="how many units to name")
    before, after = scores[:, periods.index(since)], scores[:, periods.index(until)]
    there = np.flatnonzero(~np.isnan(before + after))
    if not there.size:
        raise MethodError(f"no unit has a score in both {since} and {until}")
    names = [str(labels[i]) for i in there]
    x = (after if level == "until" else before)[there]
    y = _change(before[there], after[there], change, (since, until), names)
    middle = _middle(lines, x, y)
    if units is not None:
        units = several(units) or []
        if lost := [u for u in units if u not in labels or str(u) not in names]:
            raise NotFoundError(f"no unit {lost[0]!r} with a score in both {since} and {until}")
    marked = np.array([units is not None and labels[i] in units for i in there])
    away = np.hypot(*((v - m) / (np.ptp(v) or 1) for v, m in zip((x, y), middle, strict=True)))
    order = np.argsort(-away, kind="stable")
    wanted = [int(i) for i in order if units is None or marked[i]][
        : most if units is None else None
    ]
    with drawing(ax, size, (13, 10.5)) as ax:
        ax.axvline(middle[0], color=GREY, linewidth=0.6, zorder=1)
        ax.axhline(middle[1], color=GREY, linewidth=0.6, zorder=1)
        small = 4.0 if len(x) <= 60 else 2.5
        colour = np.where(marked, COLOURS[5], COLOURS[0])
        for c in dict.fromkeys(colour):
            at = colour == c
            ax.plot(
                x[at],
                y[at],
                "o",
                color=c,
                markersize=small,
                alpha=1.0 if len(x) <= 60 else 0.7,
                markeredgewidth=0,
                zorder=3,
            )
        corners = _corners(ax, x >= middle[0], y >= middle[1], lang)
        frame = page(ax, None)
        assert frame is not None
        above = 0.15 + 0.33 * (1 + any("\n" in t.get_text() for t in corners))  # cm
        for v, m, edge, put in (
            (x, middle[0], 0.1, ax.set_xlim),
            (y, middle[1], above / max(frame[1] - 0.5 - 2 * above, 1), ax.set_ylim),
        ):
            low, high = min(float(v.min()), m), max(float(v.max()), m)
            wide = (high - low) or abs(high) or 1.0
            put(low - edge * wide, high + edge * wide)
        tidy(ax, keep=("bottom", "left"))
        shown = until if level == "until" else since
        label_below(ax, node_name(result.index, node, lang) + when(shown, lang))
        ax.set_ylabel(_change_words(change, since, until, lang))
        bare = len(x) - _place(ax, x, y, names, wanted, colour)
        if units is None and bare:
            about = said(lang, f"；{bare}个点未标名", f"; {bare} points without a name")
            label_below(ax, ax.get_xlabel() + about)
    return ax


def _change(
    before: Array, after: Array, kind: str, periods: tuple[Any, Any], names: Sequence[str]
) -> Array:
    """Change of each unit between two periods."""
    if kind == "difference":
        return after - before
    if kind not in ("percent", "yearly"):
        raise MethodError(f"change = {kind!r}", hint="'difference', 'percent' or 'yearly'")
    if (bad := np.flatnonzero((before <= 0) | (after <= 0))).size:
        i = int(bad[0])
        raise MethodError(
            f"{names[i]} has the scores {before[i]:.4g} and {after[i]:.4g}: no growth is defined",
            hint="change='difference'",
        )
    if kind == "percent":
        return np.asarray(100 * (after / before - 1))
    if not all(isinstance(p, int | np.integer) for p in periods):
        raise MethodError(
            f"{periods[0]!r} and {periods[1]!r} are not years", hint="change='percent'"
        )
    return np.asarray(100 * ((after / before) ** (1 / (periods[1] - periods[0])) - 1))


def _change_words(kind: str, since: Hashable, until: Hashable, lang: Lang) -> str:
    zh = {"difference": "变动", "percent": "增长（%）", "yearly": "年均增长（%）"}[kind]
    en = {"difference": "Change", "percent": "Growth in %", "yearly": "Growth per year in %"}[kind]
    return said(lang, f"{since}至{until}年{zh}", f"{en}, {since} to {until}")


def _middle(lines: Any, x: Array, y: Array) -> tuple[float, float]:
    """Where the quadrants meet."""
    if isinstance(lines, str) and lines in ("median", "mean"):
        take = np.median if lines == "median" else np.mean
        return float(take(x)), float(take(y))
    pair = isinstance(lines, Sequence | np.ndarray) and len(lines) == 2
    if pair and all(isinstance(v, Real) and np.isfinite(float(v)) for v in lines):
        return float(lines[0]), float(lines[1])
    raise MethodError(f"lines = {lines!r}", hint="'median', 'mean', or (level, change)")


def _corners(ax: Axes, high: NDArray[np.bool_], fast: NDArray[np.bool_], lang: Lang) -> list[Any]:
    """Say in each corner which quadrant it is, and how many units it has."""
    half = max(14, int(room(ax) / 0.28))  # letters
    out = []
    for up in (False, True):
        for right in (False, True):
            count = int(((high == right) & (fast == up)).sum())
            text = ax.text(
                0.99 if right else 0.01,
                0.985 if up else 0.015,
                wrapped(
                    said(
                        lang,
                        f"水平较{'高' if right else '低'}、变动较{'大' if up else '小'}：{count}个",
                        f"{'higher' if right else 'lower'} level, "
                        f"{'larger' if up else 'smaller'} change: {count}",
                    ),
                    half,
                ),
                transform=ax.transAxes,
                ha="right" if right else "left",
                va="top" if up else "bottom",
                fontsize=7,
                color="#555555",
                bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1},
                zorder=2,
            )
            out.append(text)
    return out


#: ways from a point in which its name may stand, and how far, in points
_WAYS = tuple(
    (dx, dy, far)
    for far in (4.0, 9.0, 15.0, 22.0, 30.0)
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
)


def _place(
    ax: Axes, x: Array, y: Array, names: Sequence[str], wanted: Sequence[int], colour: Any
) -> int:
    """Write names beside points so that none covers a point, a name or a line to one."""
    from matplotlib.patheffects import Normal, Stroke

    figure = ax.get_figure(root=True)
    assert figure is not None
    texts = {i: ax.annotate(wrapped(names[i], 24, 1), (x[i], y[i]), fontsize=7) for i in wanted}
    set_fonts(ax)
    for text in texts.values():
        text.set_in_layout(False)
    figure.draw_without_rendering()  # places of points are known after it
    unit = figure.dpi / 72
    at = ax.transData.transform(np.column_stack([x, y]))
    edge = ax.get_window_extent()
    pad = 2.5 * unit
    taken = [at[:, 0] - pad, at[:, 1] - pad, at[:, 0] + pad, at[:, 1] + pad]
    boxes = np.column_stack(taken)
    own = [t.get_window_extent() for t in ax.texts if t not in texts.values()]
    boxes = np.vstack([boxes, *([b.x0, b.y0, b.x1, b.y1] for b in own)])
    named = 0
    for i, text in texts.items():
        extent = text.get_window_extent()
        wide, high = extent.width + 2 * unit, extent.height
        for dx, dy, far in _WAYS:
            near = at[i] + np.array([dx, dy]) * far * unit
            x0 = near[0] + (dx - 1) / 2 * wide
            y0 = near[1] + (dy - 1) / 2 * high
            box = np.array([x0, y0, x0 + wide, y0 + high])
            if box[0] < edge.x0 or box[1] < edge.y0 or box[2] > edge.x1 or box[3] > edge.y1:
                continue
            steps = np.linspace(0.3, 0.95, 9)[:, None] if far > 4 else np.empty((0, 1))
            line = at[i] + steps * (near - at[i])
            mine = np.vstack([box, np.hstack([line - 0.5, line + 0.5])])
            if (
                (
                    (mine[:, None, :2] < boxes[None, :, 2:])
                    & (mine[:, None, 2:] > boxes[None, :, :2])
                )
                .all(axis=2)
                .any()
            ):
                continue
            text.set_position((dx * far, dy * far))
            text.anncoords = "offset points"
            text.set_horizontalalignment(("right", "center", "left")[dx + 1])
            text.set_verticalalignment(("top", "center", "bottom")[dy + 1])
            text.set_color(DARK if colour[i] == COLOURS[0] else colour[i])
            text.set_gid(names[i])
            text.set_path_effects([Stroke(linewidth=1.5, foreground=ax.get_facecolor()), Normal()])
            if far > 4:
                ax.annotate(
                    "",
                    (x[i], y[i]),
                    (dx * far, dy * far),
                    textcoords="offset points",
                    arrowprops={
                        "arrowstyle": "-",
                        "color": GREY,
                        "linewidth": 0.4,
                        "shrinkA": 0,
                        "shrinkB": 2,
                    },
                ).set_in_layout(False)
            boxes = np.vstack([boxes, mine])
            named += 1
            break
        else:
            text.remove()
    return named

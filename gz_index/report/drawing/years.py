"""Figures over the years: ranks as lines that cross, and the index with its target."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT, Group, Lang, Target
from gz_index.monitoring.targets import target_text
from gz_index.report.drawing.canvas import (
    COLOURS,
    DARK,
    GREY,
    LIGHT,
    broad,
    drawing,
    label_below,
    legend_above,
    node_name,
    room,
    said,
    several,
    signs,
    tidy,
    widest,
    wrapped,
)
from gz_index.report.drawing.rows import row_height, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.result import IndexResult

__all__ = ["bump", "trend"]


def bump(
    result: IndexResult,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    units: Sequence[Hashable] | None = None,
    most: int = 31,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw the rank of each unit in each period as a line, the last period's order at the right.

    Parameters
    ----------
    result : IndexResult
        Of two periods or more.
    ax, lang, size
        As :func:`contributions`.
    units : sequence of label, optional
        Units in colour, at most eight; by default the first six of the last period. One that ends
        below the ranks shown is named there with its rank.
    most : int
        Ranks shown, from the first down; of more units it is said how many are below. A line that
        comes from a rank below the last one shown enters from there.

    Raises
    ------
    MethodError
        There are no two periods, or too many units are to be in colour.
    NotFoundError
        There is no such unit.

    Examples
    --------
    >>> import gz_index as gz
    >>> ax = bump(gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022")))
    >>> len(ax.get_lines()), ax.texts[0].get_text()
    (31, '广东省')
    """
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 2:
        raise MethodError(f"most = {most!r}", hint="how many ranks to show, from 2 on")
    labels, ranks = _over_periods(result, result.ranks[ROOT].to_numpy(float, na_value=np.nan))
    order = np.argsort(ranks[:, -1], kind="stable")  # missing ones come last
    order = order[~np.isnan(ranks[order, -1])]
    coloured = _coloured(labels, order, units, first=6)
    visible = [int(i) for i in order if ranks[i, -1] <= most]
    drawn = [*(i for i in visible if i not in coloured), *coloured]
    periods = list(map(str, result.table.periods or ()))
    last = len(periods) - 1
    deep = min(most, len(order))
    names = [wrapped(str(u), 24, 1) for u in labels]
    wide = max(8.5, 1.0 * len(periods)) + widest(names[i] for i in drawn) * 0.15 + 1
    row_height(deep + sum(ranks[i, -1] > most for i in coloured), ax, size)
    with drawing(ax, size, (min(wide, 17.0), max(deep * 0.42 + 1.6, 4.5))) as ax:
        for i in drawn:
            colour = coloured.get(i, "#C4C4C4")
            strong = i in coloured
            ax.plot(
                range(last + 1),
                ranks[i],
                color=colour,
                linewidth=1.6 if strong else 0.6,
                marker="o",
                markersize=3.5 if strong else 2,
                zorder=3 if strong else 2,
                label=str(labels[i]),
            )
        away = [i for i in coloured if i not in visible]
        for place, i in enumerate([*visible, *away]):
            rank = f"{ranks[i, -1]:g}".replace("nan", "–")
            text = ax.annotate(
                names[i] if i in visible else f"{names[i]} ({rank})",
                (last, place + 1),  # ties one below the other
                (5, 0),
                textcoords="offset points",
                va="center",
                color=coloured.get(i, DARK),
                annotation_clip=False,
            )
            text.set_gid(str(labels[i]))
        ax.set_xlim(-0.3, last + 0.1)
        ax.set_ylim(deep + 0.6 + len(away), 0.4)
        tidy(ax, keep=("bottom",))
        ax.set_yticks(range(1, deep + 1) if deep <= 10 else [1, *range(5, deep + 1, 5)])
        ax.set_ylabel(said(lang, "名次", "Rank"))
        ends = [t.get_text() for t in ax.texts]
        _year_ticks(ax, range(last + 1), periods, ends)
        below = len(set(order.tolist()) - {*visible, *away})
        if below:
            label_below(
                ax,
                said(
                    lang,
                    f"名次{deep}以后的{below}个未显示",
                    f"{below} after rank {deep}, not shown",
                ),
            )
    return ax


def trend(
    result: IndexResult,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    units: Sequence[Hashable] | None = None,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw the index over the periods, with the middle of all units and the target of the root.

    Behind the units that are named lie the median and the range from the 10% to the 90% quantile
    of all units that have a score in the period (where there are five or more). A target is a
    dashed line up to its year, and a diamond there.

    Parameters
    ----------
    result : IndexResult
        Of two periods or more.
    ax, lang, size
        As :func:`contributions`.
    units : sequence of label, optional
        At most eight; by default the first five of the last period.

    Raises
    ------
    MethodError
        There are no two periods; scores of different periods cannot be compared, as they were
        normalised or weighted within each; too many units.
    NotFoundError
        There is no such unit.

    Examples
    --------
    >>> import gz_index as gz
    >>> result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    >>> ax = trend(result, units=["广东省", "贵州省"], lang="zh")
    >>> [line.get_label() for line in ax.get_lines()]
    ['中位数', '广东省', '贵州省']
    """
    labels, scores = comparable(result, ROOT)
    order = np.argsort(-scores[:, -1], kind="stable")
    order = order[~np.isnan(scores[order, -1])]
    coloured = _coloured(labels, order, units, first=5)
    x, ticks = _times(result)
    targets = [t for t in _root(result).targets if t.value is not None]
    names = [wrapped(str(labels[i]), 24, 1) for i in coloured]
    with drawing(ax, size, (10 + widest(names) * 0.15, 7.5)) as ax:
        behind = _background(ax, x, scores, lang) if len(labels) >= 5 else []
        for i, colour in coloured.items():
            ax.plot(
                x, scores[i], "o-", color=colour, markersize=3, linewidth=1.4, label=str(labels[i])
            )
        for t in targets:
            _draw_target(ax, t, x, lang)
        _name_ends(ax, x, scores, labels, coloured, names)
        tidy(ax, keep=("bottom", "left"))
        due = [t.year for t in targets if t.year is not None and 0 < x[0] <= t.year]
        if due:
            at = sorted({*x.tolist(), *map(float, due)})
            _year_ticks(ax, at, [f"{v:g}" for v in at], names)
        else:
            _year_ticks(ax, x, ticks, names)
        ax.set_ylabel(node_name(result.index, ROOT, lang))
        if behind:
            legend_above(ax, behind, [str(h.get_label()) for h in behind])
    return ax


def _root(result: IndexResult) -> Group:
    root = result.index.framework.node(ROOT)
    assert isinstance(root, Group)
    return root


def _times(result: IndexResult) -> tuple[Array, list[str]]:
    """Places of the periods, years where they are, and their labels."""
    periods = list(result.table.periods or ())
    if all(isinstance(p, int | np.integer) for p in periods):
        return np.array(periods, dtype=np.float64), list(map(str, periods))
    return np.arange(len(periods), dtype=np.float64), list(map(str, periods))


def _background(ax: Axes, x: Array, scores: Array, lang: Lang) -> list[Any]:
    known = ~np.isnan(scores).all(axis=0)
    low, middle, high = np.nanquantile(scores[:, known], (0.1, 0.5, 0.9), axis=0)
    band = said(lang, "全部评价对象的10%至90%分位", "10 to 90% of all units")
    area = ax.fill_between(x[known], low, high, color=LIGHT, alpha=0.7, linewidth=0, label=band)
    name = said(lang, "中位数", "median")
    return [area, *ax.plot(x[known], middle, color=GREY, linewidth=1, label=name)]


def _draw_target(ax: Axes, target: Target, x: Array, lang: Lang) -> None:
    assert target.value is not None
    dated = target.year is not None and x[0] > 0
    to = float(target.year) if dated and target.year is not None else float(x[-1])
    ends = (min(float(x[0]), to), to)
    label = (
        said(lang, "目标", "Target")
        + f" {signs(target_text(target, lang))}"
        + (f" ({to:g})" if dated else "")
    )
    if target.value_max is not None:
        ax.fill_between(ends, target.value, target.value_max, color=DARK, alpha=0.12, linewidth=0)
    ax.plot(ends, [target.value] * 2, "--", color=DARK, linewidth=0.9, label=label)
    if dated:
        ax.plot([to], [target.value], "D", color=DARK, markersize=4, label="_")
    ax.annotate(
        label,
        (ends[0], target.value),
        (0, 3),
        textcoords="offset points",
        color=DARK,
        fontsize=7.5,
    )


def _name_ends(
    ax: Axes,
    x: Array,
    scores: Array,
    labels: Sequence[Hashable],
    coloured: dict[int, str],
    names: Sequence[str],
) -> None:
    """Name each line right of its last point, the names moved apart."""
    low, high = ax.get_ylim()
    figure = ax.get_figure(root=True)
    assert figure is not None
    tall = ax.get_position().height * figure.get_figheight() * 2.54
    known = [np.flatnonzero(~np.isnan(scores[i])) for i in coloured]
    if lost := [str(labels[i]) for i, k in zip(coloured, known, strict=True) if not k.size]:
        raise MethodError(f"{lost[0]} has no score in any period", hint="name other units")
    ends = np.array([scores[i, k[-1]] for i, k in zip(coloured, known, strict=True)])
    places = spread(ends, 0.38 * (high - low) / tall)
    right = max(float(x[-1]), ax.dataLim.x1)
    for i, k, end, place, name in zip(coloured, known, ends, places, names, strict=True):
        text = ax.annotate(
            name,
            (x[k[-1]], end),
            (right + 0.04 * (right - x[0]), place),
            color=coloured[i],
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": coloured[i],
                "linewidth": 0.5,
                "shrinkA": 1,
                "shrinkB": 3,
            },
        )
        text.set_gid(str(labels[i]))


def comparable(result: IndexResult, node: str) -> tuple[list[Hashable], Array]:
    """Return the units, and the scores (n units, T periods) of a node; refuse them if of no use."""
    if any(p.normaliser.window == "period" for p in result.scale.parts) or any(
        w.ndim > 1 for w in result.local.values()
    ):
        raise MethodError(
            "scores of different periods cannot be compared: they were normalised or weighted "
            "within each period",
            hint="draw the ranks (bump), or normalise over all periods",
        )
    result.index.framework.node(node)
    return _over_periods(result, result.values[:, result.index.plan.position[node]])


def _over_periods(result: IndexResult, values: Any) -> tuple[list[Hashable], Array]:
    """Return the units in order, and values (n units, T periods) of the rows."""
    table = result.table
    if table.periods is None or table.slot is None or len(table.periods) < 2:
        raise MethodError(
            "there are no two periods to draw a line between",
            hint="label rows by (unit, period), or draw contributions(result)",
        )
    place = {u: i for i, u in enumerate(dict.fromkeys(table.units))}
    out = np.full((len(place), len(table.periods)), np.nan)
    out[[place[u] for u in table.units], table.slot] = values
    return list(place), out


def _coloured(
    labels: Sequence[Hashable],
    order: NDArray[np.intp],
    units: Sequence[Hashable] | None,
    first: int,
) -> dict[int, str]:
    """Return the colour of each unit that is named, or of the first ones of an order."""
    if units is None:
        found = [int(i) for i in order[:first]]
    else:
        listed = list(dict.fromkeys(several(units) or []))
        if lost := [u for u in listed if u not in labels]:
            raise NotFoundError(f"no unit {lost[0]!r} in this result")
        found = [labels.index(u) for u in listed]
    if not found:
        raise MethodError("no unit to draw has a score in the last period", hint="units = [...]")
    if len(found) > len(_LINES):
        raise MethodError(
            f"{len(found)} units in colour", hint=f"name at most {len(_LINES)}, to tell them apart"
        )
    return dict(zip(found, _LINES, strict=False))


#: colours of lines, dark enough on paper
_LINES = (*COLOURS[:6], "#8C6D00", DARK)


def _year_ticks(
    ax: Axes, at: Sequence[float] | Array, labels: Sequence[str], names: Sequence[str]
) -> None:
    """Label the periods from the last one back, as many as there is room for.

    ``names`` stand right of the axes and take some of it.
    """
    low, high = ax.get_xlim()
    wide = max(room(ax) - broad(names) - 1.0, 1.0)  # cm
    gap = (broad(labels) + 0.2) / wide * (high - low)
    shown, last = [""] * len(labels), np.inf
    step = next((k for k in range(1, len(at)) if at[-1] - at[-1 - k] >= gap), max(len(at) - 1, 1))
    for i in range(len(at) - 1, -1, -step):
        if last - at[i] >= gap:
            shown[i], last = labels[i], float(at[i])
    ax.set_xticks(at, shown)

"""A map of scores on areas that the user brings; this package holds no boundaries."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, MissingExtraError, NotFoundError, Problem
from gz_index.framework import ROOT, Lang
from gz_index.report.drawing.canvas import (
    GREY,
    broad,
    digits_of,
    drawing,
    fitted,
    node_name,
    number,
    room,
    said,
    tidy,
    when,
)
from gz_index.report.drawing.rows import period_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.result import IndexResult

__all__ = ["choropleth"]

_SCHEMES = {
    "quantiles": ("Quantiles", "分位数分级", "quantiles"),
    "natural-breaks": ("FisherJenks", "自然断点分级", "natural breaks"),
    "equal": ("EqualInterval", "等间距分级", "equal intervals"),
}


def choropleth(
    result: IndexResult,
    areas: Any,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    on: str | None = None,
    node: str = ROOT,
    period: Hashable | None = None,
    scheme: Literal["natural-breaks", "quantiles", "equal"] = "natural-breaks",
    classes: int = 5,
    missing: Literal["refuse", "hatch"] = "refuse",
    approval: str = "",
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw the scores of a period on the areas of a GeoDataFrame, in classes of colour.

    The boundaries are the user's, drawn as they are in their projection. Scores and areas are
    joined by name, exactly. The legend gives the range of scores and the number of units of each
    class; the kind of classes stands below the map.

    Parameters
    ----------
    result : IndexResult
    areas : geopandas.GeoDataFrame
        One area for each unit.
    ax, lang, period, size
        As :func:`contributions`.
    on : str, optional
        Column with the names of the units; by default the index of ``areas``.
    node : str
        A group or an indicator.
    scheme : {"natural-breaks", "quantiles", "equal"}
        Natural breaks are those of Fisher and Jenks, which make the sum of squares within the
        classes least.
    classes : int
        From 2 to 9.
    missing : {"refuse", "hatch"}
        What to do with areas that have no score: name them in an error, or hatch them.
    approval : str
        Number under which the map was approved (审图号), printed below it. Maps of China that are
        published need one.

    Raises
    ------
    DataError
        A unit has no area, an area no unit (unless they are hatched), or two areas one name; all
        are named.
    NotFoundError
        There is no such column, node or period.
    MethodError
        There are fewer different scores than classes.
    MissingExtraError
        geopandas or mapclassify is not installed.

    References
    ----------
    Jenks, G. F. (1977). Optimal Data Classification for Choropleth Maps. University of Kansas.

    Examples
    --------
    Squares stand for the areas of a real map:

    >>> import geopandas, shapely, gz_index as gz
    >>> result = gz.load("tai-2008").evaluate(gz.data("tai-2008"))
    >>> squares = [shapely.box(i % 6, i // 6, i % 6 + 1, i // 6 + 1) for i in range(23)]
    >>> areas = geopandas.GeoDataFrame({"name": result.table.units}, geometry=squares)
    >>> ax = choropleth(result, areas, on="name", classes=3)
    >>> [t.get_text() for t in ax.get_legend().get_texts()]
    ['0.666 – 0.745 (5)', '0.536 – 0.630 (12)', '0.459 – 0.515 (6)']
    """
    try:
        import geopandas
        import mapclassify
    except ImportError:
        raise MissingExtraError(
            "maps need geopandas and mapclassify, which are not installed "
            "-> pip install 'gz-index[spatial]'"
        ) from None
    said(lang, "", "")  # refuses another language
    if not isinstance(areas, geopandas.GeoDataFrame):
        raise MethodError(
            f"areas is a {type(areas).__name__}", hint="read them with geopandas.read_file(...)"
        )
    if scheme not in _SCHEMES:
        raise MethodError(f"scheme = {scheme!r}", hint=f"one of {', '.join(map(repr, _SCHEMES))}")
    if missing not in ("refuse", "hatch"):
        raise MethodError(f"missing = {missing!r}", hint="'refuse' or 'hatch'")
    if isinstance(classes, bool) or classes not in range(2, 10):
        raise MethodError(f"classes = {classes!r}", hint="from 2 to 9")
    if on is not None and on not in areas.columns:
        raise NotFoundError(
            f"areas have no column {on!r}; there are {', '.join(map(str, areas.columns))}"
        )
    result.index.framework.node(node)
    period, at = period_rows(result, period)
    at = at[~np.isnan(result.values[at, result.index.plan.position[node]])]
    scores = result.values[at, result.index.plan.position[node]]
    place = _joined(
        list(areas.index if on is None else areas[on]),
        [result.table.units[i] for i in at],
        missing,
    )
    if len(np.unique(scores)) < classes:
        raise MethodError(
            f"{len(np.unique(scores))} different scores in {classes} classes",
            hint="ask for fewer classes",
        )
    kind, *words = _SCHEMES[scheme]
    found = getattr(mapclassify, kind)(scores, k=classes)
    with drawing(ax, size, _page(areas)) as ax:
        from matplotlib import colormaps
        from matplotlib.patches import Patch

        colours = colormaps["YlGnBu"](np.linspace(0.12, 0.95, classes))
        known = place >= 0
        areas[known].plot(
            ax=ax, color=colours[found.yb[place[known]]], edgecolor="white", linewidth=0.4
        )
        handles = [Patch(facecolor=c, edgecolor="white") for c in colours]
        labels = _ranges(scores, found.yb, classes)
        if not known.all():
            style: Any = {"facecolor": "white", "edgecolor": GREY, "hatch": "/////"}
            areas[~known].plot(ax=ax, linewidth=0.4, **style)
            handles.append(Patch(linewidth=0.4, **style))
            labels.append(said(lang, "无数据", "no data") + f" ({int((~known).sum())})")
        ax.set_aspect(ax.get_aspect(), adjustable="datalim")  # the legend stays beside its axes
        tidy(ax, keep=())
        ax.set_xticks([])
        ax.set_yticks([])
        about = node_name(result.index, node, lang) + when(period, lang)
        about += said(lang, f"，{words[0]}", f", {words[1]}")
        ax.set_ylabel("")
        ax.legend(
            handles[::-1],
            labels[::-1],
            loc="center left",
            bbox_to_anchor=(1.0, 0.5),
            handlelength=1.4,
            handleheight=1.0,
            fontsize=8,
            frameon=False,
        )
        beside = room(ax) - broad(labels) - 1.0  # the legend takes some of it
        lines = [fitted(about, max(beside, 2.5), 4)]
        if approval:  # never shortened
            lines += _approved(approval, max(beside, 2.5), lang)
        ax.set_xlabel("\n".join(lines))
    return ax


def _approved(number: str, wide: float, lang: Lang) -> list[str]:
    """Say under which number the map was approved, in lines of so many cm, all of it."""
    whole = said(lang, f"审图号：{number}", f"Map approval number: {number}")
    if broad([whole]) <= wide:
        return [whole]
    parts = (said(lang, "审图号：", "Map approval number:"), number)
    return [fitted(t, wide, len(t)) for t in parts]


def _page(areas: Any) -> tuple[float, float]:
    """Width and height of a figure that areas fill, beside their legend, cm."""
    left, low, right, high = areas.total_bounds
    wide, tall = (right - left) or 1.0, (high - low) or 1.0
    if areas.crs is not None and areas.crs.is_geographic:
        wide *= float(np.cos(np.radians((low + high) / 2)))  # as geopandas draws degrees
    scale = min(10.5 / wide, 18.0 / tall)
    return scale * wide + 4.5, max(scale * tall, 3.5) + 1.5


def _joined(names: Sequence[Hashable], units: Sequence[Hashable], missing: str) -> NDArray[np.intp]:
    """Return for each area the place of its unit, -1 where it has none."""
    problems = [
        Problem(str(n), f"{names.count(n)} areas have this name", "join them with dissolve()")
        for n in dict.fromkeys(names)
        if names.count(n) > 1
    ]
    there = set(names)
    problems += [
        Problem(str(u), "this unit has no area", "names have to be the same, to the character")
        for u in units
        if u not in there
    ]
    place = {u: i for i, u in enumerate(units)}
    if missing == "refuse":
        problems += [
            Problem(str(n), "this area has no score", "missing='hatch' draws it hatched")
            for n in dict.fromkeys(names)
            if n not in place
        ]
    if problems:
        raise DataError("areas and units do not fit", problems)
    return np.array([place.get(n, -1) for n in names], dtype=np.intp)


def _ranges(scores: Array, of: NDArray[np.intp], classes: int) -> list[str]:
    """Say from where to where the scores of each class go, and how many they are."""
    digits = digits_of(scores)
    out = []
    for k in range(classes):
        mine = scores[of == k]
        low, high = (number(v, digits) for v in (mine.min(), mine.max()))
        out.append((low if low == high else f"{low} – {high}") + f" ({len(mine)})")
    return out

"""Figures of monitoring: targets of a plan as bullets, what a change is made of as steps."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT, Indicator, Lang
from gz_index.monitoring.assessment import OUTCOMES
from gz_index.monitoring.targets import target_text
from gz_index.monitoring.words import class_text
from gz_index.report.drawing.canvas import (
    COLOURS,
    DARK,
    GREY,
    LIGHT,
    broad,
    digits_of,
    drawing,
    fitted,
    label_below,
    legend_above,
    node_name,
    number,
    said,
    signs,
    span,
    tidy,
    widest,
)
from gz_index.report.drawing.rows import chosen, line_height, name_rows, row_height, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from gz_index.monitoring.accounting import Change
    from gz_index.monitoring.dashboard import Monitor

__all__ = ["targets", "waterfall"]


def targets(
    monitor: Monitor,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    most: int = 40,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw how much of the way from base to target each indicator of a plan has gone.

    The bar is the completion, the upright line on it the share of the time that has gone, the end
    of the track the target. At the right stand the value, the target and the class. Where no
    completion can be given the row says why; bars end at -50% and 150%, the number is written.

    Parameters
    ----------
    monitor : Monitor
        From :func:`gz_index.monitor`.
    ax, lang, most, size
        As :func:`contributions`; rows stand in the order of the plan.

    Raises
    ------
    MethodError
        No indicator has a target with a number.

    Examples
    --------
    >>> import gz_index as gz
    >>> ax = targets(gz.monitor(gz.load("gz-2025"), gz.data("gz-2025")))
    >>> ax.texts[0].get_text()
    '9.17 → > 10 (2025), 65%, ▲ faster than planned'
    """
    said(lang, "", "")  # refuses another language
    t = monitor.table
    t = t[(t["target"] != "") & (t["outcome"] != "in words")]
    if t.empty:
        raise MethodError(
            f"no indicator of {monitor.unit} has a target with a number",
            hint="give indicators targets, or draw the trend of the index",
        )
    rows = chosen(np.arange(len(t)), most)
    t = t.iloc[rows.at]
    names = [_named(monitor, c, lang) for c in t.index]
    shown = short(names, 28)
    facts = [_row_words(monitor, code, row, lang) for code, row in t.iterrows()]
    comma = said(lang, "，", ", ")
    words = [comma.join(parts) for parts in facts]
    done = t["completion"].to_numpy(dtype=float)
    time = t["time_share"].to_numpy(dtype=float)
    known = ~np.isnan(done)
    right = min(1.5, float(np.nanmax(done, initial=1.0)))
    left = max(-0.5, float(np.nanmin(done, initial=0.0)))
    marks = [v for v in (-0.5, 0, 0.5, 1, 1.5) if left <= v <= right + 1e-9]
    wide = 6 + (widest(shown) + widest(words)) * 0.15
    there, tall = span(ax, size), row_height(rows.height, ax, size, besides=2.0)
    if there is not None and tall is not None and there < wide - 2:
        for letters in (16, 14, 12):
            shown = short(names, letters, tall)
            beside = there - broad(shown) - 1.6  # the bars need some
            words = [_narrow(parts, beside, tall, comma) for parts in facts]
            if not any("…" in w for w in words):
                break
        if (there - broad(shown) - broad(words)) / len(marks) < 1.1:
            marks = [v for v in marks if v in (0, 1)]
        if lost := [w for w in words if "…" in w]:
            whole = [t for parts in facts for t in (comma.join(parts[:2]), *parts[2:])]
            need = there - beside + broad(whole) + 0.5
            raise MethodError(
                f"no room for {lost[0]!r} in {there:.1f} cm",
                hint=f"the figure needs a width of {need:.1f} cm",
            )
    with drawing(ax, size, (wide, rows.height * line_height(shown) + 2.0)) as ax:
        ax.barh(rows.y, 1, 0.62, color=LIGHT)
        bars = ax.barh(rows.y[known], np.clip(done[known], left, right), 0.34, color=COLOURS[0])
        aim = ax.vlines(np.ones(len(rows.y)), rows.y - 0.31, rows.y + 0.31, color=DARK, linewidth=2)
        went = ~np.isnan(time)
        gone = ax.vlines(
            np.clip(time[went], 0, 1),
            rows.y[went] - 0.31,
            rows.y[went] + 0.31,
            color=COLOURS[5],
            linewidth=1.4,
        )
        for y, text in zip(rows.y, words, strict=True):
            ax.annotate(
                text,
                (1, y),
                (4, 0),
                xycoords=ax.get_yaxis_transform(),
                textcoords="offset points",
                va="center",
                color=DARK,
                annotation_clip=False,
            )
        for y in rows.y[~known]:
            outcome = t["outcome"].iloc[int(np.flatnonzero(rows.y == y)[0])]
            why = OUTCOMES[outcome].get(lang)
            ax.text(0.5, y, why, ha="center", va="center", color="#555555", fontsize=7)
        tidy(ax)
        name_rows(ax, rows, shown, names, lang)
        ax.set_xlim(left, right + 0.02)
        ax.set_xticks(marks)
        ax.xaxis.set_major_formatter(lambda v, _: f"{100 * v:.0f}%".replace("-", "−"))
        year = monitor.year
        label_below(ax, said(lang, f"完成度，截至{year}年", f"Completion, as of {year}"))
        names_ = ("完成度", "时间进度", "目标"), ("completion", "time elapsed", "target")
        legend_above(ax, [bars, gone, aim], names_[lang == "en"])
    return ax


def _named(monitor: Monitor, code: str, lang: Lang) -> str:
    node = monitor.index.framework.node(code)
    unit = node.unit.get(lang) if isinstance(node, Indicator) else ""
    return monitor.name(code, lang) + (said(lang, f"（{unit}）", f" ({unit})") if unit else "")


def _row_words(monitor: Monitor, code: object, row: pd.Series[float], lang: Lang) -> list[str]:
    """Value and target of an indicator, completion and class, as far as there are."""
    target = monitor.goals[str(code)].target
    x = row["value"]
    value = "–" if np.isnan(x) else number(x, 0) if abs(x) >= 1000 else f"{x:.4g}"
    due = f" ({target.year})" if target.year is not None else ""
    parts = [f"{value.replace('-', '−')} → {signs(target_text(target, lang))}{due}"]
    if not np.isnan(row["completion"]):
        parts.append(f"{100 * row['completion']:.0f}%".replace("-", "−"))
    if row["class"]:
        parts.append(class_text(str(row["class"]), lang))
    return parts


def _narrow(parts: Sequence[str], wide: float, tall: float, comma: str) -> str:
    """Words of a row in a narrow column: none broken, the class on a line of its own.

    In a row too low for that the sign of the class stands alone.
    """
    numbers, of_class = comma.join(parts[:2]), parts[2:]
    lines = [numbers] if broad([numbers]) <= wide else list(parts[:2])
    if len(lines + list(of_class)) * 0.34 > tall:
        lines, of_class = [" ".join([numbers, *(t.split()[0] for t in of_class)])], []
    return "\n".join(fitted(t, wide) for t in [*lines, *of_class])


def waterfall(
    study: Change,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    unit: Hashable | None = None,
    until: Hashable | None = None,
    of: Literal["pillars", "indicators"] = "pillars",
    most: int = 15,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw the steps that lead a unit's index from one period to another, from the top down.

    Steps up are blue, steps down orange-red; they add up to the change. Of more steps than are to
    be shown the smallest are put together as one.

    Parameters
    ----------
    study : Change
        From :func:`gz_index.change`.
    ax, lang, size
        As :func:`contributions`.
    unit : label, optional
        Needed where the study is of several.
    until : label, optional
        Which change, where the study has several of a unit; by default the last one.
    of : {"pillars", "indicators"}
    most : int
        Steps shown.

    Raises
    ------
    MethodError
        It cannot be told which unit is meant.
    NotFoundError
        There is no such unit or period, or its change could not be split.

    Examples
    --------
    >>> import gz_index as gz
    >>> result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    >>> ax = waterfall(gz.change(result, unit="广东省"), lang="zh")
    >>> [t.get_text() for t in ax.get_yticklabels()][::6]
    ['2013', '2022']
    """
    said(lang, "", "")  # refuses another language
    if of not in ("pillars", "indicators"):
        raise MethodError(f"of = {of!r}", hint="'pillars' or 'indicators'")
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 2:
        raise MethodError(f"most = {most!r}", hint="how many steps to show, from 2 on")
    units = study.totals.index.get_level_values("unit").unique().tolist()
    if unit is None and len(units) > 1:
        raise MethodError(
            f"the study is of {len(units)} units", hint=f"say which: unit = {units[0]!r}"
        )
    unit = units[0] if unit is None else unit
    study.of(unit)  # refuses what is not there, and says why
    table = study.below() if of == "pillars" else study.indicators
    mine = table[table.index.get_level_values("unit") == unit].droplevel("unit")
    ends = mine.index.get_level_values("until")
    until = ends[-1] if until is None else until
    mine = mine[ends == until]
    if mine.empty:
        raise NotFoundError(
            f"no change of {unit!r} until {until!r}; there is one until "
            + " or ".join(map(repr, ends.unique().tolist()))
        )
    since = mine.index.get_level_values("since")[0]
    at: Any = (unit, since, until)
    total = study.totals.loc[at]
    points = mine["points"].to_numpy()
    names = [node_name(study.index, c, lang) for c in mine.index.get_level_values("node")]
    if len(points) > most:
        keep = np.sort(np.argsort(-np.abs(points), kind="stable")[: most - 1])
        rest, count = points.sum() - points[keep].sum(), len(points) - len(keep)
        points = np.append(points[keep], rest)
        names = [*(names[i] for i in keep), said(lang, f"其余{count}项", f"{count} others")]
    starts = total["before"] + np.r_[0, points.cumsum()]
    names = [str(since), *names, str(until)]
    rows = chosen(np.arange(len(names)), len(names))
    shown = short(names, 30, row_height(rows.height, ax, size))
    with drawing(ax, size, (12, rows.height * line_height(shown) + 1.6)) as ax:
        ax.barh(rows.y[[0, -1]], [total["before"], total["after"]], 0.7, color=GREY)
        colours = [COLOURS[0] if p >= 0 else COLOURS[5] for p in points]
        ax.barh(rows.y[1:-1], points, 0.7, starts[:-1], color=colours)
        ax.vlines(starts, rows.y[:-1], rows.y[1:], color=DARK, linewidth=0.6)
        digits = digits_of(np.array([total["before"], total["after"]]))
        places = [total["before"], *np.maximum(starts[:-1], starts[1:]), total["after"]]
        for y, x, v in zip(rows.y, places, [total["before"], *points, total["after"]], strict=True):
            text = number(v, digits)
            inner = 0 < y < rows.y[-1]
            ax.annotate(
                f"+{text}" if inner and v >= 0 else text,
                (max(x, 0), y),
                (3, 0),
                textcoords="offset points",
                va="center_baseline",
                fontsize=7,
                color=DARK,
            )
        low, high = min(0.0, float(starts.min())), max(0.0, float(starts.max()))
        ax.set_xlim(low - 0.02 * (high - low) * (low < 0), high + 0.12 * (high - low))
        tidy(ax)
        name_rows(ax, rows, shown, names, lang)
        label_below(ax, node_name(study.index, ROOT, lang) + said(lang, f"，{unit}", f", {unit}"))
    return ax

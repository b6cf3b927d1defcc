"""Figures of robustness: intervals of ranks, shares of variance, acceptability, stability."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT, Lang
from gz_index.report.drawing.canvas import (
    COLOURS,
    DARK,
    GREY,
    broad,
    drawing,
    label_below,
    legend_above,
    node_name,
    room,
    said,
    several,
    shade,
    signs,
    tidy,
    when,
    widest,
    wrapped,
)
from gz_index.report.drawing.fonts import families
from gz_index.report.drawing.rows import chosen, line_height, name_rows, row_height, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gz_index.sensitivity.acceptability import Acceptability
    from gz_index.sensitivity.model import Model
    from gz_index.sensitivity.montecarlo import Uncertainty
    from gz_index.sensitivity.variance import VarianceShares
    from gz_index.sensitivity.weight_intervals import Stability

__all__ = ["acceptability", "rank_intervals", "variance_shares", "weight_intervals"]


def rank_intervals(
    study: Uncertainty,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    period: Hashable | None = None,
    node: str = ROOT,
    most: int = 40,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw how far the rank of each unit moves when the choices vary, best nominal rank on top.

    A thick line is the central interval of the study, a thin one goes from the best to the worst
    rank met; the dot is the nominal rank, hollow where it lies outside the interval, and the short
    upright line is the median.

    Parameters
    ----------
    study : Uncertainty
        From :func:`gz_index.uncertainty`.
    ax, lang, most, size
        As :func:`contributions`.
    period : label, optional
        Of a study of several; by default the last one.
    node : str
        A group that was followed.

    Raises
    ------
    MethodError, NotFoundError
        There is no such period or node.

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> ax = rank_intervals(gz.uncertainty(index, data, [gz.Spread(size=0.25)], draws=200))
    >>> ax.get_xlabel(), ax.get_yticklabels()[0].get_text()
    ('Rank', 'Finland')
    """
    period, at = _rows(study.model, period)
    table = study.rank_table(node).iloc[at]
    rows = chosen(np.argsort(table["nominal"].to_numpy(), kind="stable"), most)
    table = table.iloc[rows.at]
    units = study.nominal.table.units
    names = [str(units[study.model.rows[at[i]]]) for i in rows.at]
    shown = short(names, tall=row_height(rows.height, ax, size, besides=2.0))
    with drawing(ax, size, (12, rows.height * line_height(shown) + 2.0)) as ax:
        thin = ax.hlines(rows.y, table["best"], table["worst"], color=GREY, linewidth=0.8)
        thick = ax.hlines(rows.y, table["low"], table["high"], color=COLOURS[4], linewidth=4)
        (middle,) = ax.plot(
            table["median"], rows.y, "|", color=DARK, markersize=7, markeredgewidth=1
        )
        inner = ~table["outside"].to_numpy()
        dots = [
            ax.plot(
                table["nominal"].to_numpy()[where],
                rows.y[where],
                "o",
                markersize=4,
                markerfacecolor=fill,
                markeredgecolor=COLOURS[5],
            )[0]
            for where, fill in ((inner, COLOURS[5]), (~inner, "white"))
        ]
        tidy(ax)
        name_rows(ax, rows, shown, names, lang)
        ax.set_xlim(0.3, max(float(table["worst"].max()), 2) + 0.7)
        _whole_ranks(ax, len(at))
        label_below(ax, said(lang, "名次", "Rank") + when(period, lang))
        handles = [dots[0], middle, thick, thin]
        said_of = [
            said(lang, "名义名次", "nominal"),
            said(lang, "中位数", "median"),
            said(lang, f"{study.level:.0%}区间", f"{study.level:.0%} interval"),
            said(lang, "最好至最差", "best to worst"),
        ]
        if not inner.all():
            handles.insert(1, dots[1])
            said_of.insert(1, said(lang, "名义名次（区间之外）", "nominal, outside interval"))
        legend_above(ax, handles, said_of)
    return ax


def variance_shares(
    study: VarianceShares,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    target: str | None = None,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw which choice the variance of a target comes from, with intervals where estimated.

    Each choice has a bar for its first-order index and one for its total index; where the shares
    are exact there is a third one for its Shapley effect, and no interval. The choice with the
    largest total stands on top; one that the user named has that name in both languages.

    Parameters
    ----------
    study : VarianceShares
        From :func:`gz_index.sobol`.
    ax, lang, size
        As :func:`contributions`.
    target : str, optional
        By default the first one of the study.

    Raises
    ------
    NotFoundError
        There is no such target.
    MethodError
        The target does not vary.

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> choices = [gz.Spread(size=0.25), gz.CellError(size=0.05)]
    >>> ax = variance_shares(gz.sobol(index, data, choices, points=64))
    >>> [t.get_text() for t in ax.get_yticklabels()]
    ['errors of cells, 5%', 'weights ±25%']
    """
    target = study.targets[0] if target is None else target
    table = study.of(target)
    if table["total"].isna().all():
        raise MethodError(
            f"{target} does not vary, so that there is nothing to share", hint="draw another target"
        )
    table = table.iloc[np.argsort(-table["total"].to_numpy(), kind="stable")]
    kinds = {
        "first": said(lang, "一阶指数", "first order"),
        "total": said(lang, "总效应指数", "total"),
        "shapley": said(lang, "Shapley效应", "Shapley"),
    }
    kinds = {k: v for k, v in kinds.items() if k in table}
    names = [signs(study.title_of(str(c)).get(lang)) for c in table.index]
    shown = [wrapped(n, 28, 2) for n in names]
    rows = chosen(np.arange(len(names)), max(len(names), 2))
    thick = 0.8 / len(kinds)
    with drawing(ax, size, (12, len(names) * (0.35 * len(kinds) + 0.25) + 2.0)) as ax:
        handles = []
        for k, kind in enumerate(kinds):
            y = rows.y + (k - (len(kinds) - 1) / 2) * thick
            v = table[kind].to_numpy()
            colour = (COLOURS[0], COLOURS[1], COLOURS[2])[k]
            handles.append(ax.barh(y, v, thick * 0.9, color=colour))
            if f"{kind}_low" in table:
                ends = table[[f"{kind}_low", f"{kind}_high"]].to_numpy().T
                ax.hlines(y, *ends, color=DARK, linewidth=0.8)
        ax.axvline(0, color=DARK, linewidth=0.6)
        tidy(ax)
        name_rows(ax, rows, shown, names, lang)
        of = _target_words(target, lang)
        label_below(ax, said(lang, f"方差份额（{of}）", f"Share of the variance ({of})"))
        legend_above(ax, handles, list(kinds.values()))
    return ax


def _target_words(target: str, lang: Lang) -> str:
    """Say what the variance is of: ``shift``, ``rank X``, ``score X``, or a pair as it is."""
    if target == "shift":
        return said(lang, "名次变动", "shift of ranks")
    for kind, zh in (("rank", "名次"), ("score", "得分")):
        if target.startswith(f"{kind} "):
            unit = target.removeprefix(f"{kind} ")
            return said(lang, f"{unit}的{zh}", f"{kind} of {unit}")
    return target


def acceptability(
    study: Acceptability,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    most: int = 40,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw how often each unit takes each rank when weights are not known, as a map of cells.

    The best expected rank stands on top. Where there is room a cell holds its share in per cent;
    shares that round to zero are left out.

    Parameters
    ----------
    study : Acceptability
        From :func:`gz_index.smaa`.
    ax, lang, most, size
        As :func:`contributions`.

    Examples
    --------
    >>> import gz_index as gz
    >>> ax = acceptability(gz.smaa(gz.load("tai-2008"), gz.data("tai-2008"), draws=500))
    >>> ax.get_yticklabels()[0].get_text(), ax.get_xlabel()
    ('United States', 'Rank')
    """
    p = study.acceptability.to_numpy()
    order = np.argsort(study.expected_ranks.to_numpy(), kind="stable")
    rows = chosen(order, most)
    units, n = study.nominal.table.units, p.shape[1]
    names = [str(units[study.model.rows[i]]) for i in rows.at]
    shown = short(names, tall=row_height(rows.height, ax, size))
    wide = min(max(0.55 * n, 7.0), 13.0) + widest(shown) * 0.15 + 1.5
    with drawing(ax, size, (wide, rows.height * line_height(shown) + 1.6)) as ax:
        from matplotlib.colors import PowerNorm

        grid = np.full((rows.height, n), np.nan)
        grid[rows.y.astype(int)] = p[rows.at]
        edges = np.arange(n + 1) + 0.5
        mesh = ax.pcolormesh(
            edges,
            np.arange(rows.height + 1) - 0.5,
            grid,
            cmap="Blues",
            norm=PowerNorm(0.5, 0, float(p.max())),  # so that small shares are seen
        )
        tidy(ax)
        name_rows(ax, rows, shown, names, lang)
        if room(ax) / n > 0.36:  # the bar of colours takes some of it
            for y, line in zip(rows.y, p[rows.at], strict=True):
                for rank in np.flatnonzero(np.round(100 * line) >= 1).tolist():
                    ax.text(
                        rank + 1,
                        y,
                        f"{100 * line[rank]:.0f}",
                        ha="center",
                        va="center",
                        fontsize=6.5,
                        color=shade(mesh.to_rgba(line[rank])),
                    )
        ax.set_ylim(rows.height - 0.5, -0.5)
        ax.set_xlim(0.5, n + 0.5)
        _whole_ranks(ax, n)
        label_below(ax, said(lang, "名次", "Rank") + when(study.model.period, lang))
        figure = ax.get_figure()
        assert figure is not None
        bar = figure.colorbar(mesh, ax=ax, fraction=0.03, pad=0.02, aspect=30, format="{x:.0%}")
        bar.outline.set_visible(False)
        bar.ax.tick_params(width=0.6, length=2, labelsize=7)
        label = said(lang, "可接受度", "Acceptability")
        bar.set_label(label, fontfamily=families([label]), fontsize=8)
    return ax


def weight_intervals(
    study: Stability,
    *,
    ax: Axes | None = None,
    lang: Lang = "en",
    keeps: Sequence[str] = ("leader", "order"),
    most: int = 40,
    size: tuple[float, float] | None = None,
) -> Axes:
    """Draw how far each weight can move before the leader, or the whole order, changes.

    Weights are those within the group. The dot is the weight now; the siblings keep their
    proportions while one moves.

    Parameters
    ----------
    study : Stability
        From :func:`gz_index.stability`.
    ax, lang, most, size
        As :func:`contributions`; rows are nodes in the order of the tree.
    keeps : sequence of str
        What is kept, from the wide interval to the narrow one: ``"leader"``, ``"order"``,
        ``"top 3"``, ...; at most three.

    Raises
    ------
    NotFoundError
        The study has no such intervals.
    MethodError
        ``keeps`` names none, or more than three.

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> ax = weight_intervals(gz.stability(index, data))
    >>> [t.get_text() for t in ax.get_legend().get_texts()]
    ['weight', 'leader stays', 'order stays']
    """
    keeps = several(keeps) or []
    table = study.intervals
    known = table.index.get_level_values("keeps").unique().tolist()
    if lost := [k for k in keeps if k not in known]:
        raise NotFoundError(f"no intervals that keep {lost[0]!r}; there are {', '.join(known)}")
    if not 1 <= len(keeps) <= 3:
        raise MethodError(f"{len(keeps)} kinds of intervals", hint="name one to three in keeps")
    nodes = table.index.get_level_values("node").unique().tolist()
    rows = chosen(np.arange(len(nodes)), most)
    nodes = [nodes[i] for i in rows.at]
    names = [node_name(study.index, c, lang) for c in nodes]
    shown = short(names, 30, row_height(rows.height, ax, size, besides=2.0))
    with drawing(ax, size, (12, rows.height * line_height(shown) + 2.0)) as ax:
        handles, labels = [], [said(lang, "权重", "weight")]
        for k, kept in enumerate(keeps):
            part = table.xs(kept, level="keeps").loc[nodes]
            colour, width = ((GREY, 1.2), (COLOURS[4], 4.5), (COLOURS[0], 7))[k]
            lines = ax.hlines(
                rows.y, part["low"], part["high"], color=colour, linewidth=width, zorder=2 + k
            )
            handles.append(lines)
            labels.append(_kept(kept, lang))
        now = table.xs(keeps[0], level="keeps").loc[nodes, "weight"]
        (dot,) = ax.plot(now, rows.y, "o", color=COLOURS[5], markersize=4, zorder=6)
        tidy(ax)
        name_rows(ax, rows, shown, names, lang)
        ax.set_xlim(-0.02, 1.02)
        label_below(
            ax, said(lang, "组内权重", "Weight within the group") + when(study.period, lang)
        )
        legend_above(ax, [dot, *handles], labels)
    return ax


def _kept(kept: str, lang: Lang) -> str:
    names = {"order": "全部名次不变", "leader": "首位不变"}
    top = f"前{kept.removeprefix('top ')}名不变"
    return said(lang, names.get(kept, top), f"{kept} stays")


def _whole_ranks(ax: Axes, n: int) -> None:
    """Set ticks at 1 and at round ranks, as many as there is room for."""
    wide = max(room(ax) - 1.2, 1.0)  # a bar of colours may take some of it
    most = min(10.0, wide / (broad([str(n)]) + 0.15))
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, n) if n <= most * s or s == n)
    low, high = ax.get_xlim()
    ticks = [1, *(r for r in range(step, n + 1, step) if r > max(1, step / 2))]
    ax.set_xticks([r for r in ticks if low <= r <= high])


def _rows(model: Model, period: Hashable | None) -> tuple[Hashable | None, NDArray[np.intp]]:
    """Return a period of a study, by default its last one, and the rows of it."""
    table = model.nominal.table
    if table.periods is None or table.slot is None:
        table.rows_of(period)  # refuses a period, as there is none
        return None, np.arange(model.rows.size)
    slot = table.slot[model.rows]
    if period is None:
        period = table.periods[slot.max()]
    at = np.flatnonzero(np.isin(model.rows, table.rows_of(period)))
    if not at.size:
        raise MethodError(f"the study has no row of {period}", hint="run it for that period")
    return period, at

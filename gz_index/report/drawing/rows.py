"""Rows of figures and their names: which are shown, how they are named, how labels keep apart."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import Lang
from gz_index.report.drawing.canvas import GREY, broad, keep_names, page, said, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.result import IndexResult

__all__ = [
    "Chosen",
    "align_left",
    "chosen",
    "line_height",
    "name_rows",
    "numbered",
    "period_rows",
    "row_height",
    "short",
    "spread",
    "weights_of",
    "within",
]


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


def short(names: Sequence[str], width: int = 24, tall: float | None = None) -> list[str]:
    """Names of rows as they are shown: in two lines, or in one where there are many.

    ``tall`` is the height of a row in cm where it is given.
    """
    lines = 2 if len(names) <= 16 and (tall is None or tall >= _TWO) else 1
    return [wrapped(n, width, lines) for n in names]


#: least height of a row in cm, for a name in one line and in two
_ONE, _TWO = 0.27, 0.66


def row_height(
    rows: float, ax: Axes | None, size: tuple[float, float] | None, *, besides: float = 1.6
) -> float | None:
    """Height of a row in cm in axes or a figure that are given; None where they are not.

    ``besides`` is what a figure needs above and below its rows, cm.

    Raises
    ------
    MethodError
        Names would cover each other.
    """
    given = page(ax, size)
    if given is None:
        return None
    tall = (given[1] if size is None else size[1] - besides) / rows
    if tall < _ONE:
        need = 0.3 * rows + (0 if size is None else besides)
        high = given[1] if size is None else size[1]
        raise MethodError(
            f"{rows:g} rows in {high:.1f} cm",
            hint=f"they need {need:.1f} cm of height: give more, or show fewer rows",
        )
    return tall


def numbered(numbers: Sequence[str], names: Sequence[str]) -> list[str]:
    r"""Put numbers before names, all as wide as the widest; lines below stand under the name.

    Examples
    --------
    >>> numbered(["1", "27"], ["Guangdong", "Xinjiang\nUygur"])
    ['\u20071  Guangdong', '27  Xinjiang\n\u2007\u2007  Uygur']
    """
    from gz_index.report.drawing.fonts import figure_space

    blank, wide = figure_space(), max(map(len, numbers), default=0)
    indent = "\n" + blank * wide + "  "
    return [
        f"{blank * (wide - len(k))}{k}  {n}".replace("\n", indent)
        for k, n in zip(numbers, names, strict=True)
    ]


def align_left(ax: Axes, shown: Sequence[str]) -> None:
    """Let the names of rows begin at one place, so that their numbers stand below each other."""
    ax.tick_params(axis="y", pad=broad(shown) / 2.54 * 72 + 3.5)
    for text in ax.get_yticklabels():
        text.set_horizontalalignment("left")


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
    result.table.rows_of(period)  # refuses an unknown one
    table = result.weights["global"]
    if table.index.nlevels > 1:
        periods = result.table.periods or ()
        period = periods[-1] if period is None else period
        table = table.xs(period, level="period")
    return np.asarray(table.reindex(list(codes)).to_numpy(), dtype=np.float64)


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

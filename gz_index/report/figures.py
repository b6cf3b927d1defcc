"""Figures of results and studies: each function takes one, draws it on axes and returns them.

``result.plot`` gives those that can draw a result, with the result put in as their first
argument; :func:`save` writes the file.
"""

from __future__ import annotations

from functools import cache
from inspect import signature
from types import MethodType
from typing import TYPE_CHECKING, Any

from gz_index.errors import NotFoundError
from gz_index.report.drawing.canvas import save as save
from gz_index.report.drawing.indicators import correlations, framework
from gz_index.report.drawing.maps import choropleth
from gz_index.report.drawing.plans import targets, waterfall
from gz_index.report.drawing.profiles import radar, weights
from gz_index.report.drawing.rankings import contributions, heat_map
from gz_index.report.drawing.robust import (
    acceptability,
    rank_intervals,
    variance_shares,
    weight_intervals,
)
from gz_index.report.drawing.shifts import quadrant, ridges
from gz_index.report.drawing.years import bump, trend

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

__all__ = [
    "acceptability",
    "bump",
    "choropleth",
    "contributions",
    "correlations",
    "framework",
    "heat_map",
    "quadrant",
    "radar",
    "rank_intervals",
    "ridges",
    "targets",
    "trend",
    "variance_shares",
    "waterfall",
    "weight_intervals",
    "weights",
]


class Plot:
    """The figures of an index, a result or a study, as methods of it.

    Each is a function of this module with its first argument put in; which ones there are is said
    by the class of the first argument in their signatures.

    Examples
    --------
    >>> import gz_index as gz
    >>> result = gz.load("tai-2008").evaluate(gz.data("tai-2008"))
    >>> result.plot.contributions(most=10).get_xlabel()
    'Index'
    >>> dir(gz.stability(result.index, gz.data("tai-2008")).plot)
    ['weight_intervals']
    >>> result.plot.acceptability
    Traceback (most recent call last):
        ...
    gz_index.report.figures.NoFigureError: ...
    """

    def __init__(self, of: object) -> None:
        self._of = of

    def __dir__(self) -> list[str]:
        classes = {c.__name__ for c in type(self._of).__mro__}
        return [name for name in __all__ if classes & _drawn()[name]]

    def __getattr__(self, name: str) -> Callable[..., Axes]:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in dir(self):
            return MethodType(globals()[name], self._of)
        kind = type(self._of).__name__
        raise NoFigureError(
            f"no figure {name!r} of {kind}; there {_are(dir(self))}"
            + (f" ({name} draws {' or '.join(sorted(_drawn()[name]))})" if name in __all__ else "")
        )

    def __repr__(self) -> str:
        width = max(map(len, dir(self)), default=0)
        lines = [f"{n:{width}}  {globals()[n].__doc__.splitlines()[0]}" for n in dir(self)]
        return "\n".join([f"figures of {type(self._of).__name__}", *lines])


class NoFigureError(NotFoundError, AttributeError):
    """There is no such figure of this class; the message lists those that there are."""


def _are(names: list[str]) -> str:
    return f"are {', '.join(names)}" if names else "is none"


@cache
def _drawn() -> dict[str, set[str]]:
    """Names of the classes that each figure draws: those of its first argument."""
    first: Any = {n: next(iter(signature(globals()[n]).parameters.values())) for n in __all__}
    return {name: set(p.annotation.split(" | ")) for name, p in first.items()}

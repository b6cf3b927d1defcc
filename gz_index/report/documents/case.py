"""What the sections of a report are made from: a definition, data, the result, and the choices."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index.errors import GzIndexError
from gz_index.framework import ROOT, Lang, Text
from gz_index.report.documents.content import Figure
from gz_index.report.drawing.canvas import digits_of
from gz_index.report.grids import number, period_text
from gz_index.report.reasons import reason

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gz_index.engine import Plan
    from gz_index.framework import Framework
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["Case", "Inapplicable", "upto"]

#: rows of a table in a report; what is beyond is counted in a note
MOST = 60


class Inapplicable(Exception):
    """A section has nothing to say about these data, and why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.why = Text(zh, en)


def upto(places: Sequence[float], most: int) -> int:
    """Return how many are the first ``most`` in order, with those that tie with the last of them.

    Examples
    --------
    >>> upto([1, 2, 3, 3, 5], 3), upto([1, 2], 3)
    (4, 2)
    """
    if len(places) <= most:
        return len(places)
    return most + sum(p == places[most - 1] for p in places[most:])


@dataclass(frozen=True, eq=False)
class Case:
    """A report in the making; ``studies`` collects what its numbers come from, and the errors.

    ``period`` is the one that is reported, ``asked`` what the caller named, if anything;
    ``undrawn`` are captions of figures that these data do not have, with the reason.
    """

    index: Index
    data: Any
    result: IndexResult
    lang: Lang
    period: Hashable | None
    asked: Hashable | None
    unit: Hashable | None
    draws: int | None
    points: int | None
    seed: int | None
    studies: dict[str, Any] = field(default_factory=dict)
    undrawn: dict[str, str] = field(default_factory=dict)

    # -- words -----------------------------------------------------------------------------------

    def say(self, zh: str, en: str) -> str:
        """Return the words of the language."""
        return zh if self.lang == "zh" else en

    def listed(self, names: Sequence[object]) -> str:
        """Join names as they stand in a sentence."""
        shown = [str(n) for n in names]
        if self.lang == "zh":
            return "、".join(shown)
        return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]

    def name(self, code: str) -> str:
        """Name of a node; the root is called the index."""
        if code == ROOT:
            return self.say("总指数", "Index")
        return self.framework.name(code, self.lang)

    def when(self, period: Hashable | None) -> str:
        """Name a period as it stands in a sentence: a year is said to be one in Chinese."""
        if period is None:
            return ""
        text = period_text(period)
        return f"{text}年" if self.lang == "zh" and text.isdigit() and len(text) == 4 else text

    def number(self, value: float) -> str:
        """Write a score."""
        return number(value, self.digits)

    def bracketed(self, pairs: Sequence[tuple[object, str]], most: int | None = None) -> str:
        """Join names with what stands in brackets after each; of many the first, and the count."""
        left, right = self.say("（", " ("), self.say("）", ")")
        shown = [f"{name}{left}{text}{right}" for name, text in pairs[:most]]
        if more := len(pairs) - len(shown):
            if self.lang == "zh":
                return f"{self.listed(shown)}等{len(pairs)}个"
            shown.append(f"{more} more")
        return self.listed(shown)

    @property
    def framework(self) -> Framework:
        """The tree that was computed, after any screening."""
        return self.result.index.framework

    @property
    def plan(self) -> Plan:
        """Where the nodes stand among the values of the result."""
        return self.result.index.plan

    # -- rows ------------------------------------------------------------------------------------

    @property
    def single(self) -> bool:
        """Whether there is one unit only, which no ranking is of."""
        return self.result.table.count == 1

    @cached_property
    def pillars(self) -> list[str]:
        """Children of the root."""
        return list(self.framework.children(ROOT))

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Rows of the period that have an index, best first."""
        at = self.result.table.rows_of(self.period)
        total = self.result.total.to_numpy()
        at = at[~np.isnan(total[at])]
        return at[np.argsort(-total[at], kind="stable")]

    @cached_property
    def names(self) -> list[str]:
        """Units of these rows."""
        return [str(self.result.table.units[i]) for i in self.rows]

    @cached_property
    def places(self) -> NDArray[np.float64]:
        """Ranks of these rows."""
        found = self.result.ranks[ROOT].to_numpy(dtype=float, na_value=np.nan)
        return np.asarray(found)[self.rows]

    @cached_property
    def focus(self) -> int | None:
        """Row of the unit in focus, if it has an index in the period."""
        found = [int(i) for i in self.rows if self.result.table.units[i] == self.unit]
        return found[0] if found and self.unit is not None else None

    @property
    def lacking(self) -> str:
        """Why the unit that was asked for has no index in the period; "" where it has."""
        if self.unit is None or self.focus is not None:
            return ""
        table, when = self.result.table, self.when(self.period)
        here = [table.units[i] for i in table.rows_of(self.period)]
        place = f" in {when}" if when else ""
        if self.unit in here:
            return self.say(
                f"{self.unit}{f'在{when}' if when else ''}因数据不足没有总指数。",
                f"{self.unit} has no index{place} for lack of data.",
            )
        return self.say(
            f"{when}的数据没有{self.unit}。", f"There are no data of {self.unit}{place}."
        )

    @cached_property
    def digits(self) -> int:
        """Decimals of scores."""
        return digits_of(self.result.total.to_numpy())

    @property
    def units_head(self) -> str:
        """Name of the level of the rows that holds the units."""
        names = [str(n) for n in self.result.table.index.names if n is not None]
        return names[0] if len(names) == 1 else next((n for n in names if self._units(n)), "unit")

    def _units(self, level: str) -> bool:
        found = self.result.table.index.get_level_values(level)
        return list(found[:50]) == list(self.result.table.units[:50])

    @cached_property
    def comparable(self) -> bool:
        """Whether scores of different periods can be compared."""
        own = any(p.normaliser.window == "period" for p in self.result.scale.parts)
        return not own and not any(w.ndim > 1 for w in self.result.local.values())

    def heads(self, codes: Sequence[str]) -> dict[str, Text]:
        """Heads of columns that are nodes."""
        return {c: Text.of(self.name(c)) for c in codes}

    def cut(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Return the first rows of a long table, and the note that says how many are left out."""
        if len(frame) <= MOST:
            return frame, ()
        left = len(frame) - MOST
        note = self.say(f"其余{left}行未列出", f"{left} more rows are not listed")
        return frame.iloc[:MOST], (note,)

    # -- studies ---------------------------------------------------------------------------------

    def figure(self, draw: Callable[[], Axes], caption: str, alt: str) -> list[Figure]:
        """Draw a figure, or note why these data have none: a radar, say, has three axes or more."""
        try:
            return [Figure(draw(), caption, alt)]
        except GzIndexError as error:
            self.undrawn[caption] = self.why(caption, error)
            return []

    def why(self, what: str, error: GzIndexError) -> str:
        """Say why something was not done; what the error itself says is kept with the studies."""
        self.studies.setdefault("errors", {})[what] = str(error)
        return reason(error, self.framework, way_out=True).get(self.lang)

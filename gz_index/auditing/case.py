"""What is audited and how, what has been found so far, and the studies that checks share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.auditing.coherence import LIMITS, Structure, structure
from gz_index.auditing.findings import Finding, finding, unchecked
from gz_index.errors import GzIndexError
from gz_index.framework import ROOT, Text
from gz_index.prepare.base import Sheet
from gz_index.table import Table

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["Case"]

T = TypeVar("T")


@dataclass(eq=False)
class Case:
    """What is audited, how, and what has been found so far.

    Attributes
    ----------
    index, data
        As given.
    sheet : Sheet
        The raw data of the rows that are judged.
    result : IndexResult or None
        None where the index cannot be computed.
    """

    index: Index
    data: Any
    sheet: Sheet
    result: IndexResult | None
    period: Hashable | None
    limits: Mapping[str, float]
    draws: int
    points: int
    seed: int
    found: list[Finding] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)
    _failed: dict[str, GzIndexError] = field(default_factory=dict)

    def add(self, code: str, where: str = "", *numbers: float, **words: Any) -> None:
        """Add a finding; ``name`` is that of the node, or what it is called."""
        words.setdefault("name", self.name(where))
        self.found.append(finding(code, where, *numbers, **words))

    def attempt(self, section: str, what: str, call: Callable[[], T]) -> T | None:
        """Return a study under its name, made once; or add that it could not be made, and why."""
        if what not in self.results and what not in self._failed:
            try:
                self.results[what] = call()
            except GzIndexError as error:
                self._failed[what] = error
        if what in self._failed:
            self.skip(section, what, self._failed[what])
        made: T | None = self.results.get(what)
        return made

    def skip(self, section: str, what: str, why: GzIndexError | Text) -> None:
        """Add that something could not be checked."""
        said = why if isinstance(why, Text) else Text.of(" ".join(str(why).split()))
        self.found.append(unchecked(section, what, said))

    def name(self, code: str) -> Text:
        """``code (name)`` of a node, and anything else as it is."""
        f = self.index.framework
        if code == ROOT:
            return Text("总指数", "the index")
        if code not in f.nodes:
            return Text.of(code)
        zh, en = (f.name(code, lang) for lang in ("zh", "en"))
        return Text(*(code if n == code else f"{code} ({n})" for n in (zh, en)))

    @property
    def known(self) -> IndexResult:
        """The evaluated index; asked for only where there is one."""
        assert self.result is not None
        return self.result

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Rows of the result that are judged."""
        return self.known.table.rows_of(self.period)

    @cached_property
    def slots(self) -> NDArray[np.intp]:
        """Which of the rows that are judged are ranked with each other."""
        slot = self.known.table.slot
        return np.zeros(self.rows.size, dtype=np.intp) if slot is None else slot[self.rows]

    @property
    def count(self) -> int:
        """Number of units that are ranked with each other."""
        return int(np.bincount(self.slots).max())

    def places(self, limit: str) -> float:
        """So many places make a difference: fewer where there are few units."""
        return min(self.limits[limit], self.limits[f"{limit}_share"] * self.count)

    def ranks(self, *scores: Array, ties: Any = None) -> tuple[NDArray[np.intp], Array]:
        """Rows (m,) that all of these scores (n,) cover, and ranks (m, k) among them."""
        s = pd.DataFrame(np.stack([v[self.rows] for v in scores], axis=1))
        full = s.notna().all(axis=1).to_numpy()
        by = s[full].groupby(self.slots[full])
        found = by.rank(method=ties or self.known.index.ties, ascending=False)
        return self.rows[full], np.asarray(found, dtype=np.float64)

    def scores(self, code: str) -> Array:
        """Scores (n,) of a node."""
        return self.known.values[:, self.known.index.plan.position[code]]

    def row_name(self, row: int, table: Table | None = None) -> str:
        """Name a row: its unit, and its period where there are several."""
        table = table or self.known.table
        return table.row_name(row) if self.period is None else str(table.units[row])

    def structure(self, section: str) -> Structure | None:
        """How the indicators hang together."""
        limits = {k: v for k, v in self.limits.items() if k in LIMITS}
        return self.attempt(
            section,
            "structure",
            lambda: structure(
                self.index, self.data, period=self.period, thresholds=limits, seed=self.seed
            ),
        )

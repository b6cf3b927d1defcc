"""The combinations of discrete choices: each a definition of its own, worked out once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.choices import Alternatives, Choice, Discrete, Omit, Tables
from gz_index.engine import Plan
from gz_index.errors import DataError, GzIndexError, MethodError, Problem, said_of
from gz_index.framework import Framework
from gz_index.normalise import fit
from gz_index.sensitivity.climb import Climb
from gz_index.table import Table
from gz_index.weighting.local import LocalWeights

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.normalise import Scale

__all__ = ["Key", "State", "Variants", "in_combination", "prepares"]

V = TypeVar("V")
Key = tuple[int, ...]
Changes = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class State:
    """One combination of the discrete choices, evaluated: what draws of the others start from.

    Attributes
    ----------
    label : str
        The combination, for messages.
    climb : Climb
    local : mapping
        Nominal weights of each group's children.
    scale : Scale
    table : Table
    scores : (nodes, n)
        Of the combination itself, in every row.
    """

    label: str
    climb: Climb
    local: Mapping[str, Array]
    scale: Scale
    table: Table
    scores: Array

    @property
    def plan(self) -> Plan:
        """The compiled tree."""
        return self.climb.plan

    @cached_property
    def reads_data(self) -> bool:
        """Whether some weights depend on the numbers."""
        f = self.plan.framework
        rules = [self.plan.weigh(g.code) or self.plan.weight for g in f.groups]
        return any(r.reads_data for r in rules)


class Variants:
    """An index under every combination of its discrete choices; what these share is kept.

    Parameters
    ----------
    index : Index
    choices : sequence of Choice
    table : Table
        The data of the study, prepared.
    nodes : tuple of str
        Groups whose scores are followed.
    data : DataFrame
        The data as they came, for alternatives to the preparation.
    source : Index
        The index before a screen left out indicators, by which other tables are prepared.
    """

    def __init__(
        self,
        index: Index,
        choices: Sequence[Choice],
        table: Table,
        nodes: tuple[str, ...],
        data: Any = None,
        source: Index | None = None,
    ) -> None:
        self.index, self.choices, self.table, self.nodes = index, choices, table, nodes
        self.data, self.source = data, index if source is None else source
        self.discrete = [i for i, c in enumerate(choices) if isinstance(c, Discrete)]
        self.levels = {i: self.choice(i).levels for i in self.discrete}
        self._tables: dict[Any, Table] = {}
        self._variants: dict[Any, Index] = {}
        self._scales: dict[Any, tuple[Scale, Array, Table]] = {}
        self._plans: dict[Any, Plan] = {}
        self._leaf_weights: dict[Any, dict[str, Array]] = {}

    def choice(self, i: int) -> Discrete:
        """Return a choice that is discrete."""
        found = self.choices[i]
        assert isinstance(found, Discrete)
        return found

    @property
    def count(self) -> int:
        """Number of combinations."""
        out = 1
        for i in self.discrete:
            out *= len(self.levels[i])
        return out

    def combinations(self) -> Iterator[Key]:
        """Every combination, the last choice changing fastest."""
        return product(*(range(len(self.levels[i])) for i in self.discrete))

    def label(self, key: Key) -> str:
        """Name a combination, for messages."""
        named = [
            f"{self.choices[i].label} = {self.levels[i][level]}"
            for i, level in zip(self.discrete, key, strict=True)
        ]
        return f"combination {', '.join(named)}" if named else ""

    def state(self, key: Key) -> State:
        """Evaluate a combination."""
        label = self.label(key)
        levels = dict(zip(self.discrete, key, strict=True))
        chosen = [(i, self.choices[i], level) for i, level in levels.items()]
        omitted = tuple((i, k) for i, c, k in chosen if isinstance(c, Omit))
        tables = tuple((i, k) for i, c, k in chosen if isinstance(c, Tables) or prepares(c))
        parts: dict[str, tuple[tuple[int, int], ...]] = {"whole": (), "column": (), "tree": ()}
        for i, c, k in chosen:
            if isinstance(c, Alternatives) and not prepares(c):
                kind = _reach(c)
                parts[kind] = (*parts[kind], (i, k))
        index = self._variant((*omitted, *parts["tree"], *parts["column"]))
        normalise = self._replaced("normalise", parts["whole"], index.normalise)
        aggregate = self._replaced("aggregate", parts["whole"], index.aggregate)
        zkey = (omitted, tables, parts["column"], _only(self.choices, "normalise", parts["whole"]))
        scale, z, table = _once(
            self._scales, zkey, lambda: self._normalised(index, normalise, tables)
        )
        missing = self._replaced("missing", parts["whole"], index.missing)
        pkey = (
            omitted,
            parts["tree"],
            parts["column"],
            _only(self.choices, "aggregate", parts["whole"]),
            missing.coverage,
        )
        plan = _once(
            self._plans,
            pkey,
            lambda: Plan(index.framework, index.weight, aggregate, missing.coverage),
        )
        units = table.count
        shape = (table.slot, units, table.periods)
        leaf_key = (zkey, omitted, parts["tree"])
        try:
            leaf = _once(
                self._leaf_weights,
                leaf_key,
                lambda: plan.leaf_weights(z, LocalWeights(index.framework, *shape)),
            )
            rolled = plan.run(z, *shape, leaf)
        except MethodError as error:
            if error.rows:
                raise error.named(
                    rows=[table.row_name(i) for i in range(len(table.units))]
                ) from None
            raise
        scores = rolled.values[:, [plan.position[c] for c in self.nodes]].T
        climb = Climb(plan, z, table.slot, self.nodes)
        return State(label, climb, rolled.local, scale, table, scores)

    def _variant(self, changes: tuple[tuple[int, int], ...]) -> Index:
        """Return the index with weights and nodes changed and nodes left out."""
        return _once(self._variants, changes, lambda: self._made_variant(changes))

    def _made_variant(self, changes: tuple[tuple[int, int], ...]) -> Index:
        index, gone = self.index, []
        for i, level in changes:
            c = self.choices[i]
            if isinstance(c, Omit):
                gone += [] if c.levels[level] == "nothing" and c.none else [c.levels[level]]
                continue
            assert isinstance(c, Alternatives)
            value = c.of[level]
            if c.node is None:
                index = index.replace(weight=value)
            else:
                index = index.replace(framework=_with(index.framework, c.node, c.part, value))
        return index.without(gone) if gone else index

    def _replaced(self, part: str, changes: tuple[tuple[int, int], ...], value: Any) -> Any:
        for i, level in changes:
            c = self.choices[i]
            if isinstance(c, Alternatives) and c.part == part:
                value = c.of[level]
        return value

    def _normalised(
        self, index: Index, normalise: Any, tables: tuple[tuple[int, int], ...]
    ) -> tuple[Scale, Array, Table]:
        table = self.table
        for i, level in tables:
            table = _once(self._tables, (i, level), lambda i=i, k=level: self._other_table(i, k))
        if len(index.framework.codes) < len(table.codes):
            table = table.only(index.framework.codes)
        scale = fit(table, index.framework, normalise)
        return scale, scale.apply(table)[0], table

    def _other_table(self, i: int, level: int) -> Table:
        c = self.choices[i]
        assert isinstance(c, Tables | Alternatives)
        name = c.levels[level]
        if isinstance(c, Tables):
            table = self.source.ready(c.of[name]).table
        else:
            table = self.source.replace(prepare=c.of[level]).ready(self.data).table
        if table.codes != self.table.codes:
            other = sorted({*table.codes} ^ {*self.table.codes})
            raise DataError(
                f"{c.label} = {name} leaves other indicators",
                [
                    Problem(v, "is in one of the tables only", "screen before the study")
                    for v in other
                ],
            )
        where = pd.Index(table.index).get_indexer(self.table.index)
        more = len(table.units) > len(self.table.units) and self.index.missing.policy != "drop"
        if (where < 0).any() or more:
            lacking = [str(v) for v in self.table.index[where < 0][:5]]
            raise DataError(
                f"the table {name!r} does not have the rows of the data",
                [Problem("rows", f"missing: {', '.join(lacking)}" if lacking else "more of them")],
            )
        table = table.take(where)
        if np.isnan(table.values).any() and self.index.missing.policy != "renormalise":
            row, j = np.argwhere(np.isnan(table.values))[0]
            raise DataError(
                f"the table {name!r} has gaps",
                [Problem(table.codes[j], f"missing for {table.row_name(int(row))}", "fill it")],
            )
        return table


def prepares(c: Choice) -> bool:
    """Whether a choice gives another table of data."""
    return isinstance(c, Alternatives) and c.part == "prepare"


def _reach(c: Alternatives) -> str:
    """Say what an alternative changes: the whole index's rule, a column's scale, or the tree."""
    if c.part in ("normalise", "aggregate", "missing") and c.node is None:
        return "whole"
    return "column" if c.part in ("normalise", "goalposts", "transform") else "tree"


def _only(
    choices: Sequence[Choice], part: str, changes: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    return tuple((i, k) for i, k in changes if getattr(choices[i], "part", "") == part)


def _once(store: dict[Any, V], key: Any, make: Any) -> V:
    if key not in store:
        store[key] = make()
    return store[key]


def _with(f: Framework, code: str, part: str, value: Any) -> Framework:
    key = "weigh" if part == "weight" else part
    groups = tuple(replace(g, **{key: value}) if g.code == code else g for g in f.groups)
    if code in f.codes:
        new = tuple(replace(i, **{key: value}) if i.code == code else i for i in f.indicators)
        return Framework(new, f.groups)
    return Framework(f.indicators, groups)


@contextmanager
def in_combination(where: str) -> Iterator[None]:
    """Name the combination in whatever goes wrong within."""
    try:
        yield
    except GzIndexError as error:
        if not where:
            raise
        raise said_of(where, error) from error

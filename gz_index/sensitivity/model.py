"""An index with its choices, compiled: from points of the unit cube to scores, many at once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.choices import (
    Alternatives,
    CellError,
    Choice,
    Dirichlet,
    Discrete,
    Exponent,
    Goalposts,
    Omit,
    OnWeights,
    Tables,
    Within,
    choice,
)
from gz_index.errors import (
    DataError,
    DefinitionError,
    MethodError,
    NotFoundError,
    Problem,
)
from gz_index.framework import ROOT, Framework, Text
from gz_index.normalise import fit_draws
from gz_index.sensitivity.variants import Key, State, Variants, in_combination, prepares
from gz_index.weighting.local import LocalWeights, to_root

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["Model"]

#: combinations that are all tried before a run; of more, only those that are drawn
TRIED = 4096


class Model:
    """The index as a function of a point of the unit cube, for some nodes and rows.

    Parameters
    ----------
    index : Index
    data : DataFrame
    choices : sequence of Choice or tables
        What varies; by default the ``[sensitivity]`` table of the definition.
    nodes : sequence of str
        Groups whose scores are followed.
    period : label, optional
        Report the rows of this period only (all rows still take part in normalising).
    """

    def __init__(
        self,
        index: Index,
        data: Any,
        choices: Sequence[Any] | None = None,
        *,
        nodes: Sequence[str] = (ROOT,),
        period: Hashable | None = None,
    ) -> None:
        self.nominal: IndexResult = index.evaluate(data)
        source = index
        self.index = index = self.nominal.index  # a screen may have left out indicators
        self.choices = _choices(index, choices, source)
        self.nodes = tuple(nodes)
        for code in self.nodes:
            if not index.framework.children(code):
                raise MethodError(f"{code!r} is an indicator and has no score of a group")
        self._refuse_misfits(source.framework)
        self.table = self.nominal.table
        self.rows = self._rows(period)
        self.period = period
        widths = [c.width(index.framework) for c in self.choices]
        ends = np.cumsum([0, *widths])
        self.columns = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        self.width = int(ends[-1])
        self.variants = Variants(index, self.choices, self.table, self.nodes, data, source)
        self._states: dict[Key, State] = {}

    # -- what the study is about -----------------------------------------------------------------

    @cached_property
    def unscored(self) -> tuple[str, ...]:
        """Rows without a nominal score, which are left out."""
        lacking = np.isnan(self._nominal_scores).any(axis=0) & self._reported
        return tuple(self.table.row_name(int(i)) for i in np.flatnonzero(lacking))

    @cached_property
    def _nominal_scores(self) -> Array:
        plan = self.index.plan
        return self.nominal.values[:, [plan.position[c] for c in self.nodes]].T

    def _rows(self, period: Hashable | None) -> NDArray[np.intp]:
        table = self.nominal.table
        here = np.ones(len(table.units), dtype=np.bool_)
        if period is not None:
            if table.periods is None or table.slot is None:
                raise NotFoundError(f"the data have no periods, so there is none called {period!r}")
            if period not in table.periods:
                known = ", ".join(map(str, table.periods))
                raise NotFoundError(f"no period {period!r}; there are {known}")
            here = table.slot == table.periods.index(period)
        self._reported = here
        plan = self.index.plan
        scores = self.nominal.values[:, [plan.position[c] for c in self.nodes]]
        rows = np.flatnonzero(here & ~np.isnan(scores).any(axis=1))
        if rows.size < 2:
            raise DataError(
                "fewer than two rows have a score, so there is nothing to rank",
                [Problem("rows", f"{rows.size} of {int(here.sum())}", "see the policy on gaps")],
            )
        return rows

    @cached_property
    def labels(self) -> pd.Index[Any]:
        """Labels of the rows: units where one period is reported, else as in the data."""
        if self.period is None:
            return self.table.index[self.rows]
        return cast(
            "pd.Index[Any]",
            pd.Index([self.table.units[i] for i in self.rows], name=self._unit_name),
        )

    @property
    def _unit_name(self) -> Any:
        names = self.table.index.names
        return names[0] if len(names) > 1 else None

    @cached_property
    def segments(self) -> list[NDArray[np.intp]]:
        """Positions, among the rows, of those that are ranked with each other."""
        if self.table.slot is None:
            return [np.arange(self.rows.size)]
        slot = self.table.slot[self.rows]
        return [np.flatnonzero(slot == t) for t in np.unique(slot)]

    @cached_property
    def scores0(self) -> Array:
        """Nominal scores (nodes, rows)."""
        return self._nominal_scores[:, self.rows]

    def _refuse_misfits(self, whole: Framework) -> None:
        """Refuse choices that do not fit; alternatives to the preparation are of the whole tree."""
        f = self.index.framework
        problems = [p for c in self.choices for p in c.problems(whole if prepares(c) else f)]
        names = [c.label for c in self.choices]
        problems += [
            Problem(n, "two choices have this name", "give one of them name = ...")
            for n in sorted({n for n in names if names.count(n) > 1})
        ]
        if not problems:
            problems += _clashes(self.choices, f) + _without_effect(self.choices, self.index)
        for c in self.choices:
            gone = c.codes if isinstance(c, Omit) else ()
            problems += [
                Problem(c.label, f"{n!r} is asked for and left out", "leave out its parts")
                for n in self.nodes
                if set(gone) & {n, *(f.ancestors(n) if n in f.nodes else ())}
            ]
        if problems:
            raise DefinitionError("the choices do not fit the index", problems)

    @property
    def varied(self) -> Text:
        """The choices, one after the other."""
        zh = "、".join(c.title.get("zh") for c in self.choices)
        return Text(zh, "; ".join(c.label for c in self.choices))

    # -- combinations ----------------------------------------------------------------------------

    @property
    def combinations(self) -> int:
        """Number of combinations of the discrete choices."""
        return self.variants.count

    def state(self, key: Key) -> State:
        """Return a combination, evaluated; each is worked out once.

        Raises
        ------
        MethodError, DataError, DefinitionError
            It cannot work; it is named.
        """
        if key not in self._states:
            with in_combination(self.variants.label(key) or "a draw"):
                state = self.variants.state(key)
                self._refuse_unscored(state.scores[:, self.rows])
                self._try(state)
            self._states[key] = state
        return self._states[key]

    def nominal_of(self, key: Key) -> Array:
        """Scores (nodes, rows) of a combination itself."""
        return self.state(key).scores[:, self.rows]

    def prepare(self, points: Iterable[Array]) -> None:
        """Work out every combination that will be met, before the run.

        Raises
        ------
        MethodError, DataError, DefinitionError
            One cannot work; it is named.
        """
        if self.combinations <= TRIED:
            for key in self.variants.combinations():
                self.state(key)
            return
        for u in points:
            for key in np.unique(self.levels(u), axis=0).tolist():
                self.state(tuple(key))

    @property
    def cells(self) -> int:
        """Numbers that one draw takes before its scores: of its point, or of its data."""
        if any(isinstance(c, CellError | Goalposts) for c in self.choices):
            return int(self.table.values.size)
        return self.width

    def _refuse_unscored(self, scores: Array) -> None:
        if np.isnan(scores).any():
            node, row = np.argwhere(np.isnan(scores))[0]
            raise MethodError(
                f"{self.labels[row]} has no score of {self.nodes[node]!r}",
                hint="too little of it is known then; lower the coverage, fill the gaps, or drop "
                "the choice",
            )

    def _try(self, state: State) -> None:
        """Try the middle of the cube, and both ends of the exponents."""
        if not self._continuous:
            return
        points = np.full((3, self.width), 0.5)
        for c, at in self._continuous:
            if isinstance(c, Exponent):
                points[:, at] = [[0.5], [0.0], [1.0]]
        for _ in self._climbed(state, points, self._drawn_data(state, points)):
            pass

    # -- draws -----------------------------------------------------------------------------------

    def levels(self, u: Array) -> NDArray[np.intp]:
        """Levels (D, discrete choices) for points (D, width)."""
        found = [
            self.variants.choice(i).level(u[:, self.columns[i].start])
            for i in self.variants.discrete
        ]
        return np.stack(found, axis=1) if found else np.empty((len(u), 0), dtype=np.intp)

    def scores(self, u: Array) -> Array:
        """Scores (D, nodes, rows) at points ``u`` (D, width) of the unit cube.

        Raises
        ------
        GzIndexError
            A draw cannot be evaluated; its combination is named.
        """
        out = np.empty((len(u), len(self.nodes), self.rows.size))
        for at, scores in self.slices(u):
            out[at] = scores
        return out

    def slices(self, u: Array) -> Iterator[tuple[NDArray[np.intp], Array]]:
        """Give the scores of some points at a time, with their positions, in no certain order.

        What is given holds until the next one; see :meth:`scores`.
        """
        if not self.variants.discrete:
            where = np.arange(len(u))
            for start, scores in self._drawn(self.state(()), u):
                yield where[start : start + len(scores)], scores
            return
        keys, which = np.unique(self.levels(u), axis=0, return_inverse=True)
        which = which.ravel()
        order = np.argsort(which, kind="stable")
        ends = np.searchsorted(which[order], np.arange(len(keys) + 1))
        for k, key in enumerate(keys.tolist()):
            at = order[ends[k] : ends[k + 1]]
            for start, scores in self._drawn(self.state(tuple(key)), u[at]):
                yield at[start : start + len(scores)], scores

    @cached_property
    def _continuous(self) -> list[tuple[Choice, slice]]:
        found = zip(self.choices, self.columns, strict=True)
        return [(c, at) for c, at in found if not isinstance(c, Discrete)]

    def _drawn(self, state: State, u: Array) -> Iterator[tuple[int, Array]]:
        """Scores of a combination at points, some at a time."""
        if not self._continuous:
            scores = state.scores[:, self.rows]
            for start in range(0, len(u), 64):
                yield start, np.tile(scores, (min(64, len(u) - start), 1, 1))
            return
        with in_combination(state.label or "a draw"):
            z = self._drawn_data(state, u)
            for start, found in self._climbed(state, u, z):
                out = found[..., self.rows] if self.rows.size < found.shape[-1] else found
                if np.isnan(out.sum()):
                    bad = np.argwhere(np.isnan(out))
                    if bad.size:
                        self._refuse_unscored(out[bad[0][0]])
                yield start, out

    def _climbed(self, state: State, u: Array, z: Array | None) -> Iterator[tuple[int, Array]]:
        try:
            yield from self._climbed_by_position(state, u, z)
        except MethodError as error:
            if not error.rows or error.names[1] is not None:
                raise
            units = range(len(state.table.units))
            raise error.named(rows=[state.table.row_name(i) for i in units]) from None

    def _climbed_by_position(
        self, state: State, u: Array, z: Array | None
    ) -> Iterator[tuple[int, Array]]:
        if z is None or not state.reads_data:
            yield from self._up(state, state.local, u, z)
            return
        units, table = state.table.count, state.table
        for d, one in enumerate(z):  # weights have to be worked out draw by draw
            local = state.plan.run(one, table.slot, units, table.periods).local
            for _, scores in self._up(state, local, u[[d]], one[None]):
                yield d, scores

    def _up(
        self, state: State, local: Mapping[str, Array], u: Array, z: Array | None
    ) -> Iterator[tuple[int, Array]]:
        weights = dict(local)
        exponents: dict[str, Array] = {}
        f, drawn = state.plan.framework, set()
        for c, at in self._continuous:
            if isinstance(c, OnWeights):
                new = self._drawn_weights(c, f, weights, u[:, at])
                weights |= new
                drawn |= set(new)
            elif isinstance(c, Exponent):
                exponents |= {g: c.exponents(u[:, at]) for g in _groups(c, f)}
        return state.climb.slices(len(u), weights, frozenset(drawn), exponents=exponents, z=z)

    def _drawn_weights(
        self, c: OnWeights, f: Framework, local: Mapping[str, Array], u: Array
    ) -> dict[str, Array]:
        """Weights (D, ..., k) of each group that a choice varies."""
        full = self.index.framework
        if c.over == "leaves":
            keep = [j for j, code in enumerate(full.codes) if code in f.codes]
            nominal = np.stack([to_root(f, local, code) for code in f.codes], axis=-1)
            some = u if u.shape[1] == 1 else u[:, keep]
            w = c.weights(some, nominal, f.codes)
            return LocalWeights(f, None, 2).spread(w, ROOT)
        out, start = {}, 0
        for code, k in c.sets(full):
            columns = u[:, start : start + k] if u.shape[1] > 1 else u
            start += k
            if code not in f.nodes:
                continue
            kids, all_kids = f.children(code), full.children(code)
            if len(kids) < 2:
                continue
            if u.shape[1] > 1 and len(kids) < k:
                columns = columns[:, [all_kids.index(kid) for kid in kids]]
            out[code] = c.weights(columns, local[code], kids)
        return out

    def _drawn_data(self, state: State, u: Array) -> Array | None:
        """Normalised data (D, n, m) of each draw, where cells or goalposts vary."""
        f, table = state.plan.framework, state.table
        errors, low, high = None, None, None
        for c, at in self._continuous:
            if isinstance(c, CellError):
                added = c.errors(u[:, at], table.values, f)
                errors = added if errors is None else errors + added
            elif isinstance(c, Goalposts):
                low, high = _moved(c, self.index.framework, f, u[:, at])
        if errors is None and low is None:
            return None
        x = table.values + (np.zeros((len(u), 1, 1)) if errors is None else errors)
        return fit_draws(state.scale, table, x, low=low, high=high)


def _choices(index: Index, given: Sequence[Any] | None, source: Index) -> tuple[Choice, ...]:
    if given is None:
        table, whole = index.sensitivity, source.sensitivity
        given = table.choices if table is not None else ()
        if whole is not None:  # preparations are those of the whole tree
            asked = [c for c in whole.choices if prepares(c)]
            given = tuple(asked[0] if asked and prepares(c) else c for c in given)
        if not given:
            raise MethodError(
                f"nothing is said to vary: the definition {index.id!r} has no [sensitivity] table",
                hint="pass choices, e.g. [gz.Spread(size=0.25)], or add the table",
            )
    if isinstance(given, Choice | Mapping):
        given = [given]
    made = tuple(choice(c) for c in given)
    if not made:
        raise MethodError("no choice varies", hint="pass e.g. [gz.Spread(size=0.25)]")
    return made


def _clashes(choices: Sequence[Choice], f: Framework) -> list[Problem]:
    """Two choices that vary the same thing."""
    seen: dict[Any, str] = {}
    out = []
    for c in choices:
        marks: list[Any] = []
        if isinstance(c, OnWeights):
            marks = [("noise", g) for g, _ in c.sets(f)]
            if c.over == "leaves":
                marks = [("noise", g.code) for g in f.groups]
        elif isinstance(c, Exponent):
            marks = [("exponent", g) for g in _groups(c, f)]
        elif isinstance(c, Alternatives):
            marks = [(c.part, c.node)]
        elif isinstance(c, Goalposts | Tables):
            marks = [c.kind]
        for mark in marks:
            if mark in seen:
                out.append(
                    Problem(c.label, f"varies the same as {seen[mark]!r}", "take one of them out")
                )
                break
        seen |= dict.fromkeys(marks, c.label)
    return out + [
        Problem(c.label, f"has no effect, as {other.label!r} takes its place", "take one out")
        for c in choices
        if isinstance(c, Alternatives)
        for other in choices
        if _takes_the_place(other, c, f)
    ]


def _without_effect(choices: Sequence[Choice], index: Index) -> list[Problem]:
    """Choices that nothing in the index reads."""
    out, policy = [], index.missing.policy
    given = [
        v for c in choices if isinstance(c, Alternatives) and c.part == "normalise" for v in c.of
    ]
    for c in choices:
        if isinstance(c, Goalposts):
            rules = {i.code: i.normalise or index.normalise for i in index.framework.indicators}
            used = [*given, *(rules[code] for code in c.codes(index.framework))]
            if not any(r.window == "goalposts" for r in used):
                what = "no normalising looks at goalposts"
                out.append(Problem(c.label, what, "normalise with window = 'goalposts'"))
        elif isinstance(c, Alternatives) and c.part == "missing" and policy != "renormalise":
            what = f"the policy of the index is {policy!r}"
            out.append(Problem(c.label, what, "set missing = 'renormalise'"))
    return out


def _takes_the_place(other: Choice, c: Alternatives, f: Framework) -> bool:
    """Whether a choice leaves nothing of the alternatives at their node."""
    if c.part == "aggregate" and isinstance(other, Exponent):
        over = set(_groups(other, f))
        own = {g.code for g in f.groups if g.aggregate is None}
    elif c.part == "weight" and (
        isinstance(other, Within) or (isinstance(other, Dirichlet) and other.centre == "equal")
    ):
        over = (
            {g.code for g in f.groups} if other.over == "leaves" else {g for g, _ in other.sets(f)}
        )
        own = {g.code for g in f.groups if g.weigh is None and len(f.children(g.code)) > 1}
    else:
        return False
    return ({c.node} if c.node is not None else own) <= over


def _groups(c: Exponent, f: Framework) -> list[str]:
    if c.node is None:
        return [g.code for g in f.groups]
    return [c.node] if c.node in f.nodes else []


def _moved(c: Goalposts, full: Framework, f: Framework, u: Array) -> tuple[Array, Array]:
    """Goalposts (D, m) of each draw."""
    none = (np.nan, np.nan)
    posts = np.array([i.goalposts or none for i in f.indicators])
    low, high = (np.tile(p, (len(u), 1)) for p in posts.T)
    noise = c.size * (2 * u.reshape(len(u), -1, 2) - 1)
    for k, code in enumerate(c.codes(full)):
        if code in f.codes:
            j = f.codes.index(code)
            span = posts[j, 1] - posts[j, 0]
            low[:, j] += span * noise[:, k, 0]
            high[:, j] += span * noise[:, k, 1]
    return low, high

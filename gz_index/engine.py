"""The compiled index: arrays and positions, no labels. Weights and scores go up the tree here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.aggregate.rule import Aggregate
from gz_index.errors import MethodError
from gz_index.framework import Framework, Group, Text
from gz_index.weighting.local import LocalWeights, by_period, labels
from gz_index.weighting.rule import Weight

__all__ = ["Plan", "Rolled"]

Rows: TypeAlias = NDArray[np.intp] | slice
Slot: TypeAlias = NDArray[np.intp] | None


@dataclass(frozen=True)
class Rolled:
    """What a run up the tree gives.

    Attributes
    ----------
    values : (n, nodes)
        Value of every node of :attr:`Plan.nodes`; NaN where a node is not scored.
    local : dict
        Weights of the children of each group, (k,), or (T, k) when they differ by period.
    complete : int or None
        Rows without gaps that data-driven weights were computed from, where there were gaps.
    notes : tuple of Text
        What the weighting has to say.
    """

    values: Array
    local: dict[str, Array]
    complete: int | None
    notes: tuple[Text, ...]


@dataclass(frozen=True)
class Plan:
    """A framework with its weighting and aggregation, compiled to positions.

    Nodes are numbered: indicators in order, then groups from the bottom up; the root is last.
    """

    framework: Framework
    weight: Weight
    aggregate: Aggregate
    coverage: float

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Codes of the indicators, then of the groups from the bottom up."""
        return (*self.framework.codes, *(g.code for g in self.framework.bottom_up))

    @cached_property
    def position(self) -> dict[str, int]:
        """Number of each node."""
        return {code: i for i, code in enumerate(self.nodes)}

    @cached_property
    def groups(self) -> tuple[tuple[str, NDArray[np.intp], NDArray[np.intp]], ...]:
        """Each group with the numbers of its children and of the indicators below, bottom up."""
        f = self.framework
        return tuple(
            (
                g.code,
                np.array([self.position[c] for c in f.children(g.code)]),
                np.array([self.position[c] for c in f.leaves(g.code)]),
            )
            for g in f.bottom_up
        )

    def rule(self, group: str) -> Aggregate:
        """Return how the children of a group are put together."""
        node = self.framework.node(group)
        assert isinstance(node, Group)
        own: Aggregate | None = node.aggregate
        return own or self.aggregate

    def weigh(self, group: str) -> Weight | None:
        """Return how the children of a group are weighed, where it says so itself."""
        node = self.framework.node(group)
        assert isinstance(node, Group)
        own: Weight | None = node.weigh
        return own

    def run(
        self,
        z: Array,
        slot: Slot,
        units: int,
        periods: Sequence[object] | None = None,
        leaf_weights: Mapping[str, Array] | None = None,
    ) -> Rolled:
        """Weigh and aggregate normalised data up the tree.

        Parameters
        ----------
        z : (n, m)
            Oriented, normalised; NaN where missing.
        slot : (n,) or None
            Position of each row's period.
        units : int
            Number of distinct units, for the guard on data-driven weights.
        periods : sequence, optional
            Labels of the periods, for messages.
        leaf_weights : mapping, optional
            What :meth:`leaf_weights` gave for the same data.
        """
        known = ~np.isnan(z)
        gaps = not known.all()
        values = np.empty((z.shape[0], len(self.nodes)))
        values[:, : z.shape[1]] = z
        weights = LocalWeights(self.framework, slot, units, periods)
        local = dict(self.leaf_weights(z, weights) if leaf_weights is None else leaf_weights)
        for code, kids, leaves in self.groups:
            x = values[:, kids]
            if code not in local:
                local[code] = weights.siblings(self.weigh(code) or self.weight, code, x)
            below = known[:, leaves].mean(axis=1) if gaps else None
            there = ~np.isnan(x) if gaps else None
            out = values[:, self.position[code]]
            out[:] = np.nan
            for rows, present, w in self.pieces(code, there, local[code], slot, below):
                try:
                    out[rows] = self.rule(code)(x[rows][:, present], w)
                except MethodError as error:
                    names = np.array(labels(self.framework, self.framework.children(code)))
                    at = np.arange(z.shape[0])[rows][list(error.rows)].tolist()
                    raise error.at(f"score of {code!r}", names[present].tolist(), at) from error
        return Rolled(values, local, weights.complete, tuple(weights.notes))

    def leaf_weights(self, z: Array, weights: LocalWeights) -> dict[str, Array]:
        """Local weights of the groups that rules over all indicators reach, from the root down."""
        local: dict[str, Array] = {}
        for code, _, leaves in reversed(self.groups):
            rule = self.weigh(code) or (self.weight if code == self.nodes[-1] else None)
            if rule is not None and rule.over == "leaves":
                local |= weights.spread(weights.leaves(rule, code, z[:, leaves]), code)
            elif rule is not None:
                local.pop(code, None)
        return local

    def pieces(
        self,
        group: str,
        there: NDArray[np.bool_] | None,
        w: Array,
        slot: Slot,
        below: Array | None,
        *,
        draws: bool = False,
    ) -> Iterator[tuple[Rows, NDArray[np.bool_] | slice, Array]]:
        """Split the rows of a group into those that share weights and the children present.

        Yields rows, the children present, and their weights, which sum to one. Rows of which too
        little is known are left out.

        Parameters
        ----------
        group : str
        there : (n, k) of bool, or None
            Which children have a value; None when all have.
        w : (k,) or (T, k); with draws (D, k) or (D, T, k)
        slot : (n,) or None
        below : (n,) or None
            Share of the indicators below the group that are known; None when all are.
        draws : bool
            Whether the first axis of ``w`` counts draws.
        """
        rule = self.rule(group)
        chunks: list[tuple[int, Rows]] = [(0, slice(None))]
        periodic = w.ndim > 1 + draws
        if slot is not None and (periodic or (rule.window == "period" and not rule.rowwise)):
            chunks = list(by_period(slot))
        for t, rows in chunks:
            local = w[..., t, :] if periodic else w
            if below is None or there is None:
                yield rows, slice(None), local
                continue
            enough = np.arange(below.size)[rows]
            enough = enough[(below[enough] >= self.coverage) & there[enough].any(axis=1)]
            if not rule.rowwise and not there[enough].all():
                raise MethodError(
                    f"score of {group!r}: {rule.label} compares units and cannot leave out the "
                    "indicators that one of them lacks",
                    hint="fill or drop the missing cells, or aggregate by a mean",
                )
            patterns, which = np.unique(there[enough], axis=0, return_inverse=True)
            for p, present in enumerate(patterns):
                total = local[..., present].sum(axis=-1, keepdims=True)
                if (total > 0).all():
                    yield enough[which.ravel() == p], present, local[..., present] / total

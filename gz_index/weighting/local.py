"""From a weighting rule to the local weights of each group, for one table of data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import ROOT, Framework, Text
from gz_index.weighting.rule import Weight

__all__ = ["LocalWeights", "by_period", "labels", "to_root"]


def by_period(slot: NDArray[np.intp]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield each period's position and its rows."""
    for t in range(int(slot.max()) + 1):
        yield t, np.flatnonzero(slot == t)


def labels(framework: Framework, codes: Sequence[str]) -> list[str]:
    """Return ``code (name)`` of nodes, for messages."""
    return [c if framework.name(c) == c else f"{c} ({framework.name(c)})" for c in codes]


def to_root(framework: Framework, local: Mapping[str, Array], code: str) -> Array:
    """Weight of a node in the index: the product of local weights on its way to the root."""
    out = np.ones(())
    while code != ROOT:
        parent = framework.node(code).parent
        out = out * local[parent][..., framework.children(parent).index(code)]
        code = parent
    return out


class LocalWeights:
    """Finds local weights, (k,) or by period (T, k), of one group after the other.

    Parameters
    ----------
    framework : Framework
    slot : (n,) or None
        Position of each row's period.
    units : int
        Number of distinct units; data-driven weights are refused for a single one, unless its
        periods stand as units (no slot) and are at least 10 and as many as the columns weighed.
    periods : sequence, optional
        Labels of the periods, for messages.

    Attributes
    ----------
    complete : int or None
        Fewest rows that a data-driven scheme was left with after rows with gaps were set aside.
    notes : list of Text
        Shares (and condition numbers) of combinations.
    """

    def __init__(
        self,
        framework: Framework,
        slot: NDArray[np.intp] | None,
        units: int,
        periods: Sequence[object] | None = None,
    ) -> None:
        self.framework = framework
        self.slot = slot
        self.units = units
        self.periods = periods
        self.complete: int | None = None
        self.notes: list[Text] = []

    def siblings(self, rule: Weight, group: str, x: Array) -> Array:
        """Weights of the children of ``group`` whose values are ``x`` (n, k)."""
        if isinstance(rule.scheme, tuple):
            return self._combine(rule, [self.siblings(p, group, x) for p in rule.scheme], x)
        given = rule.values(self.framework, group)
        if given is not None:
            return given
        if x.shape[1] == 1:
            return np.ones(1)
        return self._solve(rule, x, self.framework.children(group), f"weights below {group!r}")

    def leaves(self, rule: Weight, group: str, z: Array) -> Array:
        """Weights of all indicators below ``group``, whose values are ``z`` (n, m)."""
        codes = self.framework.leaves(group)
        if isinstance(rule.scheme, tuple):
            return self._combine(rule, [self._part(p, group, z) for p in rule.scheme], z)
        if isinstance(rule.scheme, Mapping):
            lacking = [c for c in codes if c not in rule.scheme]
            if lacking:
                raise MethodError(
                    f"{rule.label}: no weight for {', '.join(lacking)}",
                    hint="over = 'leaves' needs a weight for every indicator",
                )
            w = np.array([rule.scheme[c] for c in codes], dtype=np.float64)
            return np.asarray(w / w.sum())
        if rule.values(self.framework, group) is not None:
            raise MethodError(
                f"{rule.label} gives local weights and cannot be taken over all indicators",
                hint="use over = 'siblings'",
            )
        return self._solve(rule, z, codes, f"weights of the indicators below {group!r}")

    def spread(self, w: Array, group: str) -> dict[str, Array]:
        """Local weights of every group at or below ``group`` from weights of its indicators.

        The weight of a group is the sum over its indicators. Below a group that weighs nothing
        any local weights give the same index; they are set equal.
        """
        total = dict(zip(self.framework.leaves(group), np.moveaxis(w, -1, 0), strict=True))
        out: dict[str, Array] = {}
        for g in self.framework.bottom_up:
            kids = self.framework.children(g.code)
            if not all(c in total for c in kids):
                continue
            below = np.stack([total[c] for c in kids], axis=-1)
            sums = below.sum(axis=-1, keepdims=True)
            even = np.full_like(below, 1.0 / len(kids))
            out[g.code] = np.divide(below, sums, out=even, where=sums > 0)
            total[g.code] = sums[..., 0]
        return out

    def _part(self, rule: Weight, group: str, z: Array) -> Array:
        """Leaf weights by one part of a combination; a part may hold local weights."""
        if rule.over == "leaves":
            return self.leaves(rule, group, z)
        if rule.reads_data:
            raise MethodError(
                f"{rule.label} over siblings cannot be combined over all indicators",
                hint="set over = 'leaves' in this part, or over = 'siblings' in the combination",
            )
        local = {
            g.code: self.siblings(rule, g.code, np.empty((0, len(self.framework.children(g.code)))))
            for g in self.framework.bottom_up
        }
        return np.stack([to_root(self.framework, local, c) for c in self.framework.leaves(group)])

    def _combine(self, rule: Weight, parts: list[Array], x: Array) -> Array:
        assert isinstance(rule.scheme, tuple)
        from gz_index.weighting import COMBINATIONS, ON_DATA

        if any(p.ndim > 1 for p in parts):
            raise MethodError(
                f"{rule.label}: weights that differ by period cannot be combined",
                hint="use window = 'pooled' or 'base' in each part",
            )
        options = {k: v for k, v in rule.options.items() if k != "by"}
        by = rule.options.get("by", "linear")
        data = (x[self._complete(x)],) if by in ON_DATA else ()
        found = COMBINATIONS[by](np.stack(parts), *data, **options)
        if found.alpha is not None and len(parts[0]) > 1:
            shares = ", ".join(
                f"{p.label} {a:.3g}" for p, a in zip(rule.scheme, found.alpha, strict=True)
            )
            form = f" ({found.convention})" if found.convention else ""
            zh, en = (
                f"组合赋权 {by}{form}：份额 {shares}",
                f"combination {by}{form}: shares {shares}",
            )
            if found.condition is not None:
                zh += f"；方程组条件数 {found.condition:.3g}"
                en += f"; condition number of the system {found.condition:.3g}"
            self.notes.append(Text(zh, en))
        return np.asarray(found.weights)

    def _solve(self, rule: Weight, x: Array, codes: Sequence[str], what: str) -> Array:
        if not rule.reads_data:
            return rule.solve(x)
        if self.units == 1 and (self.slot is not None or len(x) < max(10, x.shape[1])):
            raise MethodError(
                f"{what}: {rule.label} weights are not identified for one unit over a few periods "
                "(they would only reflect the slope of each series)",
                hint="use equal, given or AHP weights, enlarge the reference set by peers, or take "
                "index numbers, gz.index_numbers(index, data, form=...): fixed-base, symmetric "
                "(growth rates), or efficacy (60 at the base, 100 at the target)",
            )
        rows = np.arange(x.shape[0])
        if rule.window == "pooled" or self.slot is None:
            return self._rows(rule, x, rows, codes, what)
        if rule.window == "base":
            return self._rows(rule, x, rows[self.slot == 0], codes, f"{what}, {self._period(0)}")
        return np.stack(
            [
                self._rows(rule, x, i, codes, f"{what}, {self._period(t)}")
                for t, i in by_period(self.slot)
            ]
        )

    def _period(self, t: int) -> str:
        return f"period {t if self.periods is None else self.periods[t]}"

    def _rows(
        self, rule: Weight, x: Array, rows: NDArray[np.intp], codes: Sequence[str], what: str
    ) -> Array:
        rows = rows[self._complete(x[rows])]
        try:
            return rule.solve(x[rows])
        except MethodError as error:
            at = rows[list(error.rows)].tolist()
            raise error.at(what, labels(self.framework, codes), at) from error

    def _complete(self, x: Array) -> NDArray[np.bool_]:
        full = np.asarray(~np.isnan(x).any(axis=1))
        count = int(full.sum())
        if count < full.size:
            self.complete = min(count, self.complete if self.complete is not None else count)
        return full

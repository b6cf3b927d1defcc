"""Scores of one period as functions of weights: linear ones, or such that crossings are exact."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import SUM_TOLERANCE, Array
from gz_index.aggregate.rule import Aggregate
from gz_index.engine import Plan
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT
from gz_index.result import IndexResult
from gz_index.weighting.local import labels, to_root

__all__ = ["Curves", "Snapshot"]

_EXPONENTS = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0}
_OTHERWISE = "choose other nodes or groups, or use gz.uncertainty, which draws weights"


@dataclass(frozen=True, eq=False)
class Curves:
    """Scores against one local weight; the arguments of ``order_interval``.

    Attributes
    ----------
    scores, slopes, bends : (n,)
    at : float
        The weight now.
    outer : float or None
    """

    scores: Array
    slopes: Array
    bends: Array
    at: float
    outer: float | None


def _exponent(rule: Aggregate) -> float | None:
    """Exponent of a power mean; None where the rule is no such mean."""
    if not isinstance(rule.method, str):
        return None
    r = float(rule.options["exponent"]) if rule.method == "power" else _EXPONENTS.get(rule.method)
    return r if r is None or np.isfinite(r) else None


def _transform(x: Array, r: float, unit: float) -> Array:
    """Box-Cox: increasing for any r, and linear in the weights where x is a power mean.

    ``((x / unit)^r - 1) / r``, the logarithm for r = 0, x itself for r = 1.
    """
    if r == 1:
        return x
    with np.errstate(divide="ignore"):  # the log of a zero, whose power is zero
        logs = np.log(x / unit)
    return logs if abs(r) < 1e-15 else np.asarray(np.expm1(r * logs) / r)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The scored rows of one period as plain arrays.

    Attributes
    ----------
    plan : Plan
    values : (n, nodes)
        Value of every node of the plan.
    local : dict
        Weights of the children of each group, (k,), summing to one.
    units : tuple, (n,)
    period : label or None
    """

    plan: Plan
    values: Array
    local: Mapping[str, Array]
    units: tuple[Hashable, ...]
    period: Hashable | None

    @classmethod
    def of(cls, result: IndexResult, period: Hashable | None) -> Snapshot:
        """Take one period of a result, by default the last."""
        table, t = result.table, 0
        rows = ~np.isnan(result.values[:, -1])
        if table.periods is None or table.slot is None:
            if period is not None:
                raise MethodError(f"there is no period {period!r}: the data have no periods")
        else:
            if period is not None and period not in table.periods:
                known = ", ".join(map(str, table.periods))
                raise NotFoundError(f"no period {period!r}; there are {known}")
            t = len(table.periods) - 1 if period is None else table.periods.index(period)
            period = table.periods[t]
            rows &= table.slot == t
        at = np.flatnonzero(rows)
        local = {g: w[t] if w.ndim > 1 else w for g, w in result.local.items()}
        local = {g: np.asarray(w / w.sum()) for g, w in local.items()}
        units = tuple(table.units[i] for i in at)
        return cls(result.index.plan, result.values[at], local, units, period)

    @property
    def scores(self) -> Array:
        """The index, (n,)."""
        return self.values[:, -1]

    def curves(self, node: str) -> Curves:
        """Scores as the local weight of a node moves and its siblings share the rest as now.

        Raises
        ------
        MethodError
            A rule on the way to the root, or a missing cell, allows no closed form; node and rule,
            or unit and indicator, are named.
        """
        f, unit = self.plan.framework, self._unit
        parent = f.node(node).parent
        path = (parent, *f.ancestors(parent))
        r, under = self._form(path, repr(node))
        x, share = self._children(parent), self._share(parent)
        w, j = self.local[parent], f.children(parent).index(node)
        alone = ~np.isnan(x[:, j]) & np.isnan(x[:, w > 0]).all(axis=1)
        if w[j] == 0 and alone.any():  # there is no score now, and one for any weight > 0
            self._refuse_gaps(f"{node!r} has no weight and no known sibling", [parent], alone)
        if not under:
            slopes, bends = _leverage(_transform(x, r, unit), w, j)
            scores = _transform(self.scores, r, unit)
            return Curves(scores, share * slopes, bends, float(w[j]), None)
        # under geometric means: log A = c + (share / r) log q, where q = P^r is linear in weights
        if np.ptp(share) > SUM_TOLERANCE:
            differs = np.abs(share - to_root(f, self.local, parent)) > SUM_TOLERANCE
            what = f"{node!r}: the weight of {parent!r} differs between units"
            self._refuse_gaps(what, path, differs)
        slopes, bends = _leverage((x / unit) ** r, w, j)
        now = (self.values[:, self.plan.position[parent]] / unit) ** r
        outer = float(share[0]) / r
        move = slopes / now if outer > 0 else np.zeros_like(now)
        return Curves(np.log(self.scores), move, bends, float(w[j]), outer or None)

    def sums(self, over: str) -> tuple[tuple[str, ...], Array, Array]:
        """Scores as weighted sums ``y @ w`` over all indicators or over the children of a group.

        Parameters
        ----------
        over : str
            ``"indicators"``, or the code of a group.

        Returns
        -------
        codes (k,), y (n, k), w (k,)
            The sums are the scores of an arithmetic index, and an increasing function of them
            (:func:`_transform`) otherwise.

        Raises
        ------
        MethodError
            Scores are no such sums; or a cell is missing, so that weights differ between units.
        """
        f, unit = self.plan.framework, self._unit
        if over == "indicators":
            r, _ = self._form([g.code for g in f.groups], over, alike=True)
            y = self.values[:, : len(f.codes)]
            if np.isnan(y).any():
                self._refuse_gaps(f"{over}: weights differ between units", [ROOT])
            w = np.array([float(to_root(f, self.local, c)) for c in f.codes])
            return f.codes, _transform(y, r, unit), w
        codes = f.children(over)
        if not codes:
            raise NotFoundError(f"{over!r} is no group; over is 'indicators' or a group's code")
        r, _ = self._form((over, *f.ancestors(over)), repr(over), alike=True)
        x, w, share = self._children(over), self.local[over], self._share(over)[:, None]
        if np.isnan(x).any():
            self._refuse_gaps(f"{over!r}: weights differ between units", [over])
        y = share * _transform(x, r, unit)
        rest = _transform(self.scores, r, unit) - y @ w  # what does not hang on these weights
        return codes, y + rest[:, None], w

    @property
    def _unit(self) -> float:
        return float(np.abs(self.scores).max()) or 1.0

    def _children(self, group: str) -> Array:
        f = self.plan.framework
        return self.values[:, [self.plan.position[c] for c in f.children(group)]]

    def _share(self, group: str) -> Array:
        """Weight of a group in each row's score, (n,): weights rescaled over what is known."""
        f = self.plan.framework
        out = np.ones(len(self.units))
        while group != ROOT:
            parent = f.node(group).parent
            there = ~np.isnan(self._children(parent))
            j, w = f.children(parent).index(group), self.local[parent]
            known = np.where(there.all(axis=1), 1.0, there @ w)
            out = out * np.divide(
                w[j] * there[:, j], known, out=np.zeros_like(out), where=known > 0
            )
            group = parent
        return out

    def _form(self, groups: Sequence[str], what: str, *, alike: bool = False) -> tuple[float, bool]:
        """Exponent of the means of some groups, and whether it is that of the first alone.

        One and the same power mean throughout; or (unless ``alike``) a mean of exponent > 0 in the
        first group and geometric means in the others. Groups of one child hand on its value.
        """
        found: dict[str, float] = {}
        for code in groups:
            rule = self.plan.rule(code)
            r = _exponent(rule)
            if r is None:
                raise MethodError(
                    f"{what}: {code!r} is aggregated by {rule.label}, under which scores are no "
                    "weighted sums of known values",
                    hint=_OTHERWISE,
                )
            if len(self.plan.framework.children(code)) > 1:
                found[code] = r
        rs = list(found.values()) or [1.0]
        if len(set(rs)) == 1:
            return rs[0], False
        if not alike and rs[0] > 0 and set(rs[1:]) == {0.0}:
            return rs[0], True
        raise MethodError(
            f"{what}: different means lie on the way to the root: "
            + ", ".join(f"{self.plan.rule(c).label} at {c!r}" for c in found),
            hint=_OTHERWISE,
        )

    def _refuse_gaps(
        self, what: str, groups: Sequence[str], rows: NDArray[np.bool_] | None = None
    ) -> NoReturn:
        """Name the first missing cell below some groups, in some rows."""
        f = self.plan.framework
        leaves = [c for g in groups for c in f.leaves(g)]
        at = [self.plan.position[c] for c in leaves]
        gaps = np.isnan(self.values[:, at])
        i, j = np.argwhere(gaps if rows is None else gaps & rows[:, None])[0]
        raise MethodError(
            f"{what}, because {labels(f, leaves)[j]} is missing for {self.units[i]}",
            hint="fill the cell, leave out the unit, or choose another period",
        )


def _leverage(x: Array, w: Array, j: int) -> tuple[Array, Array]:
    r"""Slopes and bends (n,) of the mean of the children, as the weight of the j-th moves.

    With t for its weight, r for the mean of the others that are known and :math:`\rho` for their
    share in the weight of all others, the mean is :math:`r + (x_j - r) t / (t + (1 - t) \rho)`:
    linear where nothing is missing. Without child j it does not move.
    """
    there = ~np.isnan(x)
    others = np.arange(w.size) != j
    rest = w[others] / w[others].sum()
    known = np.where(there[:, others].all(axis=1), 1.0, there[:, others] @ rest)
    sums = np.where(there, x, 0.0)[:, others] @ rest
    moves = there[:, j] & (known > 0)
    known = np.where(moves, known, 1.0)
    now = known + (1.0 - known) * w[j]
    slopes = np.where(moves, known / now**2 * (np.where(moves, x[:, j], 0.0) - sums / known), 0.0)
    return slopes, np.where(moves, (1.0 - known) / now, 0.0)

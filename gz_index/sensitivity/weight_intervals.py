"""How far each weight of an index can move before its ranking changes; exact, without draws."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT, Text
from gz_index.sensitivity.crossings import Interval, Norm, order_interval, top_interval
from gz_index.sensitivity.unit_pairs import Overtake, SafePairs
from gz_index.sensitivity.weight_paths import Snapshot
from gz_index.study import Study

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult
    from gz_index.sensitivity.weightset import WeightSet

__all__ = ["Stability", "stability"]


@dataclass(frozen=True, eq=False, repr=False)
class Stability(Study):
    """How far each weight can move before the order, the leader, or the top k changes.

    Attributes
    ----------
    nominal : IndexResult
        The index as its definition says.
    period : label or None
        The period whose ranking is looked at.
    intervals : DataFrame
        By (node, keeps): ``weight`` among its siblings now; ``low`` and ``high``, between which it
        may lie; the same as a relative change in per cent (infinite for a weight of zero); and at
        either end who rises past whom (missing where the end is 0 or 1 and nothing changes there).
    remarks : tuple of Text
        How to read the ends, and which nodes, sizes and units were left out.
    snapshot : Snapshot
        The period's scores as functions of weights.
    """

    kind: ClassVar[str] = "stability"
    nominal: IndexResult
    period: Hashable | None
    intervals: pd.DataFrame
    remarks: tuple[Text, ...]
    snapshot: Snapshot = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the intervals."""
        return self.intervals

    def settings(self) -> dict[str, Any]:
        """Return the period."""
        return {"period": self.period if self.period is None else str(self.period)}

    def _texts(self) -> tuple[Text, ...]:
        return self.remarks

    def overtake(
        self, a: Hashable, b: Hashable, *, over: str = ROOT, norm: Norm = "l2"
    ) -> Overtake:
        r"""Return the least change of weights by which unit b passes unit a.

        The projection of the weights on :math:`\{w \ge 0, \sum w = 1, d'w \ge 0\}`, d being the
        advantage of b over a; see :func:`gz_index.sensitivity.least_change`.

        Parameters
        ----------
        a, b : label
            Units.
        over : str
            The code of a group: local weights of its children move (default: of the root's); or
            ``"indicators"``: weights of the indicators in the whole index.
        norm : {"l2", "l1"}
            Euclidean distance, or the sum of absolute changes.

        Raises
        ------
        NotFoundError
            No such unit or group.
        MethodError
            Scores are no weighted sums of these components; node and rule are named.

        Examples
        --------
        >>> import gz_index as gz
        >>> s = stability(gz.load("desi-2022"), gz.data("desi-2022"))
        >>> passing = s.overtake("FI", "NL")
        >>> passing.weights.round(4).to_dict(), round(passing.distance, 4)
        ({'1': 0.1825, '2': 0.3818, '3': 0.1964, '4': 0.2394}, 0.1579)
        """
        who = (self._position(a), self._position(b))
        return Overtake.of(self.nominal, self.snapshot, who, over=over, norm=norm)

    def safe_pairs(self, weights: WeightSet | None = None, *, over: str = ROOT) -> SafePairs:
        """Return the pairs of units that keep their order under all weights of a set.

        Unit a is safe above b if the least of :math:`(y_a - y_b)'w` over the set is not negative
        (and that of b over a is); over all weights it is the least component of the difference.

        Parameters
        ----------
        weights : WeightSet, optional
            Over the children of ``over``, or over the indicators. Default: all weights.
        over : str
            The code of a group (default the root), or ``"indicators"``.

        Raises
        ------
        MethodError
            Scores are no weighted sums of these components; or the set is over others.

        References
        ----------
        Greco, S., Mousseau, V. and Slowinski, R. (2008). Ordinal regression revisited: multiple
        criteria ranking using a set of additive value functions. European Journal of Operational
        Research 191(2), 416-436. doi:10.1016/j.ejor.2007.08.013

        Examples
        --------
        >>> import gz_index as gz
        >>> s = stability(gz.load("desi-2022"), gz.data("desi-2022"))
        >>> s.safe_pairs().count  # of 378
        180
        """
        return SafePairs.of(self.nominal, self.snapshot, weights, over=over)

    def _position(self, unit: Hashable) -> int:
        units = self.snapshot.units
        if unit not in units:
            raise NotFoundError(
                f"no unit {unit!r} with a score"
                + ("" if self.period is None else f" in {self.period}")
                + f"; there are {', '.join(map(str, units))}"
            )
        return units.index(unit)


def stability(
    index: Index,
    data: Any,
    *,
    top: int | Sequence[int] | None = (3, 5, 10),
    period: Hashable | None = None,
    nodes: str | Sequence[str] | None = None,
) -> Stability:
    r"""Find the interval in which each weight can move before the ranking changes.

    The weight t of a node among its siblings moves, the siblings share :math:`1 - t` in the
    proportions they have. Scores are then linear in t, :math:`A_i(t) = A_i + b_i (t - t_0)` with
    :math:`b_i = W (x_{ij} - \bar x_{i,-j})` (W the weight of the parent in the index), and two
    units cross at :math:`t_0 - (A_i - A_l) / (b_i - b_l)`: exact, by comparing pairs.

    It takes arithmetic means from the node's parent up to the root, or one and the same geometric,
    harmonic or power mean (whose transformed score is linear), or such a mean with exponent > 0
    under geometric means; whatever stands below the node or beside this path. Where weights are
    rescaled over missing cells, crossings are roots of a quadratic, exact as well.

    Parameters
    ----------
    index : Index
    data : DataFrame
    top : int, sequence of int, or None
        Sizes k of the top sets to look at, beside the leader; those that are not smaller than the
        number of units are left out.
    period : label, optional
        Period whose ranking is looked at, with the weights of that period; default the last.
    nodes : str or sequence of str, optional
        Indicators and groups whose weights move; default all that have siblings with weight.

    Returns
    -------
    Stability

    Raises
    ------
    MethodError
        A rule on the way to the root allows no closed form (node and rule are named); fewer than
        two units are scored; a node has no siblings with weight; ``top`` is no whole number >= 1.
    NotFoundError
        No such period or node.

    See Also
    --------
    gz_index.sensitivity.order_interval : the same on arrays; says what a tie means.

    Examples
    --------
    >>> import gz_index as gz
    >>> s = stability(gz.load("desi-2022"), gz.data("desi-2022"), top=3)
    >>> row = s.intervals.loc[("1", "leader")]
    >>> f"{row.low:.4f} < {row.weight} <= {row.high}; then {row.low_riser} passes {row.low_faller}"
    '0.2334 < 0.25 <= 1.0; then DK passes FI'
    """
    result = index.evaluate(data)
    snapshot = Snapshot.of(result, period)
    n = len(snapshot.units)
    if n < 2:
        raise MethodError(f"stability compares units; {n} is scored", hint="add units")
    sizes = _sizes(top)
    rows: list[dict[str, Any]] = []
    moving, fixed = _moving(snapshot, nodes)
    for node in moving:
        c = snapshot.curves(node)
        found = {"order": order_interval(c.scores, c.slopes, c.at, bends=c.bends, outer=c.outer)}
        for k in (1, *(k for k in sizes if k < n)):
            found["leader" if k == 1 else f"top {k}"] = top_interval(
                c.scores, c.slopes, c.at, k, bends=c.bends, outer=c.outer
            )
        parent = index.framework.node(node).parent
        for keeps, interval in found.items():
            head = {"node": node, "keeps": keeps, "parent": parent}
            rows.append(head | _row(interval, c.at, snapshot.units))
    return Stability(
        nominal=result,
        period=snapshot.period,
        intervals=pd.DataFrame(rows).set_index(["node", "keeps"]),
        remarks=_remarks(result, snapshot, fixed, [k for k in sizes if k >= n]),
        snapshot=snapshot,
    )


def _sizes(top: int | Sequence[int] | None) -> list[int]:
    """Sizes of the top sets, each once; the leader has its own row."""
    sizes = [] if top is None else [top] if isinstance(top, int) else list(top)
    for k in sizes:
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise MethodError(f"top = {k!r}", hint="give whole numbers >= 1, or None")
    return sorted(set(sizes) - {1})


def _moving(snapshot: Snapshot, nodes: str | Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Nodes whose weight can move, and (where none are named) those whose weight cannot."""
    f = snapshot.plan.framework
    moving: list[str] = []
    fixed: list[str] = []
    named = [nodes] if isinstance(nodes, str) else nodes
    for node in dict.fromkeys(named if named is not None else [c for c in f.nodes if c != ROOT]):
        parent = f.node(node).parent
        if node == ROOT:
            raise MethodError(f"{ROOT!r} has no weight", hint="name indicators or groups below it")
        w = snapshot.local[parent]
        others = np.delete(w, f.children(parent).index(node))
        (moving if others.any() else fixed).append(node)
    if fixed and nodes is not None:
        raise MethodError(
            f"{', '.join(fixed)}: no sibling has any weight, so the weight is always one",
            hint="name nodes with siblings, or leave nodes out",
        )
    if not moving:
        raise MethodError("no node has siblings with weight", hint="no weight can move")
    return moving, fixed


def _row(interval: Interval, weight: float, units: Sequence[Hashable]) -> dict[str, Any]:
    """One line of the table, with units in place of positions."""

    def change(end: float) -> float:
        if weight == 0:
            return 0.0 if end == 0 else np.inf
        return 100 * (end - weight) / weight

    pairs = {"low": interval.at_low, "high": interval.at_high}
    who = {
        f"{end}_{role}": None if pair is None else units[pair[i]]
        for end, pair in pairs.items()
        for i, role in enumerate(("riser", "faller"))
    }
    low, high = interval.low, interval.high
    changes = {"low_change": change(low), "high_change": change(high)}
    return {"weight": weight, "low": low, "high": high, **changes, **who}


def _remarks(
    result: IndexResult,
    snapshot: Snapshot,
    fixed: Sequence[str],
    sizes: Sequence[int],
) -> tuple[Text, ...]:
    """What a reader has to know about the intervals."""
    out = [
        Text(
            "low和high是同级权重，其余同级按比例调整；端点列出评价对象时，二者在该点持平，"
            "越过后riser高于faller",
            "low and high are local weights; siblings keep their proportions; at an end that names "
            "units these tie, beyond it the riser is above the faller",
        )
    ]
    if snapshot.period is not None:
        out.append(Text(f"时期{snapshot.period}", f"period {snapshot.period}"))
    if fixed:
        codes = ", ".join(fixed)
        out.append(
            Text(f"同级中权重恒为1：{codes}", f"always of weight one among their siblings: {codes}")
        )
    if sizes:
        top, n = ", ".join(map(str, sizes)), len(snapshot.units)
        out.append(
            Text(
                f"前{top}名：共{n}个评价对象，未列出",
                f"top {top}: left out, for there are {n} units",
            )
        )
    table = result.table
    rows = np.isnan(result.values[:, -1])
    if table.periods is not None and table.slot is not None:
        rows &= table.slot == table.periods.index(snapshot.period)
    lacking = [str(table.units[i]) for i in np.flatnonzero(rows)]
    if lacking:
        who = ", ".join(lacking)
        out.append(Text(f"没有得分，未纳入：{who}", f"without a score, left out: {who}"))
    return tuple(out)

"""Pairs of units: the least change of weights that turns one round, and those none can turn."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import Text
from gz_index.sensitivity.crossings import TIE, Norm, least_change
from gz_index.study import Study

if TYPE_CHECKING:
    from gz_index.result import IndexResult
    from gz_index.sensitivity.weight_paths import Snapshot
    from gz_index.sensitivity.weightset import WeightSet

__all__ = ["Overtake", "SafePairs"]

_CELLS = 1 << 21  # cells of a block of differences between units


@dataclass(frozen=True, eq=False, repr=False)
class Overtake(Study):
    """The least change of weights by which one unit draws level with another; see ``Stability``.

    Attributes
    ----------
    nominal : IndexResult
    a, b : label
        ``b`` is to pass ``a``.
    period : label or None
    over : str
        Whose weights move: ``"indicators"``, or the children of a group.
    norm : {"l2", "l1"}
    before : Series
        Weights as they are.
    advantage : Series
        Score of b less that of a if this component had all the weight; for other means than the
        arithmetic, of an increasing function of the scores.
    weights : Series or None
        The nearest weights under which the two tie (or ``before``, if b is not below a); None if
        no weights let b pass a. Any step further in the same direction puts b ahead.
    distance : float
        Euclidean length or sum of absolute changes; infinite if impossible.
    """

    kind: ClassVar[str] = "overtake"
    nominal: IndexResult
    a: Hashable
    b: Hashable
    period: Hashable | None
    over: str
    norm: Norm
    before: pd.Series[float]
    advantage: pd.Series[float]
    weights: pd.Series[float] | None
    distance: float

    @classmethod
    def of(
        cls,
        nominal: IndexResult,
        snapshot: Snapshot,
        who: tuple[int, int],
        *,
        over: str,
        norm: Norm,
    ) -> Overtake:
        """Find the change for units given by position, (a, b)."""
        codes, y, w = snapshot.sums(over)
        d = y[who[1]] - y[who[0]]
        new = least_change(w, d, norm=norm)
        names = pd.Index(codes, name="node")
        distance = np.inf if new is None else np.linalg.norm(new - w, 2 if norm == "l2" else 1)
        return cls(
            nominal=nominal,
            a=snapshot.units[who[0]],
            b=snapshot.units[who[1]],
            period=snapshot.period,
            over=over,
            norm=norm,
            before=pd.Series(w, names),
            advantage=pd.Series(d, names),
            weights=None if new is None else pd.Series(new, names),
            distance=float(distance),
        )

    @property
    def possible(self) -> bool:
        """Whether any weights let b draw level with a and pass."""
        return self.weights is not None

    def to_frame(self) -> pd.DataFrame:
        """Return weights before and after, and the advantage of b, by component."""
        table = pd.DataFrame({"advantage": self.advantage, "before": self.before})
        if self.weights is not None:
            table["after"] = self.weights
            table["change"] = self.weights - self.before
        return table

    def settings(self) -> dict[str, Any]:
        """Return who is to pass whom, in which period, and by what norm."""
        period = self.period if self.period is None else str(self.period)
        who = {"a": str(self.a), "b": str(self.b), "period": period}
        return who | {"over": self.over, "norm": self.norm}

    def _texts(self) -> tuple[Text, ...]:
        a, b, over = self.a, self.b, self.over
        if self.weights is None:
            most = self.advantage.max()
            return (
                Text(
                    f"无论{over}的权重如何，{b}都不能超过{a}：没有一项领先（最大差距{most:.4g}）",
                    f"no weights over {over} let {b} pass {a}: it is ahead in none of them "
                    f"(largest advantage {most:.4g})",
                ),
            )
        if self.distance == 0:
            return (Text(f"现行权重下{b}已不低于{a}", f"{b} is not below {a} as the weights are"),)
        return (
            Text(
                f"{over}的权重改变{self.distance:.6g}（{self.norm}）后，{b}与{a}持平",
                f"{b} draws level with {a} after a change of {self.distance:.6g} ({self.norm}) in "
                f"the weights over {over}",
            ),
        )


@dataclass(frozen=True, eq=False, repr=False)
class SafePairs(Study):
    """Pairs of units that keep their order under all weights of a set (necessary preference).

    Attributes
    ----------
    nominal : IndexResult
    period : label or None
    over : str
        Whose weights vary: ``"indicators"``, or the children of a group.
    margins : DataFrame (n, n)
        Least lead of the row unit over the column unit under any weights of the set; negative
        where the column unit can be ahead. In units of the score; for other means than the
        arithmetic, of an increasing function of it.
    """

    kind: ClassVar[str] = "safe-pairs"
    nominal: IndexResult
    period: Hashable | None
    over: str
    margins: pd.DataFrame

    @classmethod
    def of(
        cls, nominal: IndexResult, snapshot: Snapshot, weights: WeightSet | None, *, over: str
    ) -> SafePairs:
        """Find the pairs under all weights of a set; None is all weights."""
        codes, y, _ = snapshot.sums(over)
        if weights is not None and set(weights.codes) != set(codes):
            raise MethodError(
                f"the set of weights is over {', '.join(weights.codes)}, not over the components "
                f"of {over!r}",
                hint=f"they are {', '.join(codes)}",
            )
        best_first = np.argsort(-snapshot.scores, kind="stable")
        y = y[best_first]
        if weights is not None:
            y = y[:, [codes.index(c) for c in weights.codes]]
        least = _margins(y, None if weights is None or weights.whole else weights)
        names = pd.Index([snapshot.units[i] for i in best_first], name="above")
        frame = pd.DataFrame(least, index=names, columns=names.rename("below"))
        return cls(nominal=nominal, period=snapshot.period, over=over, margins=frame)

    @property
    def matrix(self) -> pd.DataFrame:
        """Whether the row unit is never below the column unit, and above it under some weights."""
        m = self.margins.to_numpy()
        safe = (m >= 0) & (m.T < 0)
        return pd.DataFrame(safe, index=self.margins.index, columns=self.margins.columns)

    @property
    def count(self) -> int:
        """Number of safe pairs, of n (n - 1) / 2."""
        return int(self.matrix.to_numpy().sum())

    def to_frame(self) -> pd.DataFrame:
        """Return the safe pairs with their margins, best units first."""
        above, below = np.nonzero(self.matrix.to_numpy())
        units = self.margins.index
        margin = self.margins.to_numpy()[above, below]
        return pd.DataFrame({"above": units[above], "below": units[below], "margin": margin})

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the pairs and the matrix of margins."""
        return {"table": self.to_frame(), "margins": self.margins}

    def settings(self) -> dict[str, Any]:
        """Return period and weights."""
        period = self.period if self.period is None else str(self.period)
        return {"period": period, "over": self.over}

    def _texts(self) -> tuple[Text, ...]:
        n = len(self.margins)
        pairs = n * (n - 1) // 2
        return (
            Text(
                f"{pairs}对中{self.count}对的先后在任何允许的权重下都不变",
                f"{self.count} of {pairs} pairs keep their order under all weights",
            ),
        )


def _margins(y: Array, weights: WeightSet | None) -> Array:
    """Least of (y_a - y_b) @ w over a set of weights, (n, n); rounding is taken for zero."""
    n, k = y.shape
    out = np.empty((n, n))
    step = max(1, _CELLS // (n * k))
    for s in range(0, n, step):
        d = (y[s : s + step, None] - y).reshape(-1, k)
        least = d.min(axis=1) if weights is None else weights.minimum(d)
        out[s : s + step] = least.reshape(-1, n)
    out[np.abs(out) <= TIE * np.abs(y).max()] = 0.0
    return out

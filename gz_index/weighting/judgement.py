"""Weights from simpler judgements than a matrix: best-worst, order relation, ranks, budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gz_index._arrays import Array, to_weights
from gz_index._registry import closest
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import Text
from gz_index.weighting.pairwise import number

__all__ = ["BWM", "Budget", "budget", "bwm", "g1", "rank_order"]

Compared: TypeAlias = Mapping[str, float | str] | pd.Series


# Best-worst method ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class BWM:
    """Weights by the best-worst method. Made by :func:`bwm`.

    Attributes
    ----------
    labels : tuple of str
    best, worst : str
    weights : (n,)
        Sum to one.
    low, high : (n,)
        Range of each weight over all optimal solutions; equal to ``weights`` where the solution is
        unique. For the linear model only the solution found is given.
    ksi : float
        The optimal deviation: of the differences ``|w_B - a_Bj w_j|`` (linear) or of the ratios
        ``|w_B / w_j - a_Bj|`` (nonlinear).
    cr : float
        Input-based consistency ratio (Liang, Brunelli and Rezaei 2020); does not depend on
        the model.
    output_cr : float or None
        ksi over the consistency index of Rezaei (2015), which is defined for the nonlinear model
        only.
    model : str
    notes : tuple of Text
    """

    labels: tuple[str, ...]
    best: str
    worst: str
    weights: Array
    low: Array
    high: Array
    ksi: float
    cr: float
    output_cr: float | None
    model: str
    notes: tuple[Text, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Weights and their range, one row a criterion."""
        columns = {"weight": self.weights, "low": self.low, "high": self.high}
        return pd.DataFrame(columns, index=list(self.labels))

    def _repr_html_(self) -> str:
        head = f"BWM ({self.model}), ksi {self.ksi:.4f}, input-based CR {self.cr:.4f}"
        return f"<p>{head}</p>{self.to_frame().round(4).to_html()}"


def bwm(
    best_to_others: Compared,
    others_to_worst: Compared,
    *,
    best: str | None = None,
    worst: str | None = None,
    model: Literal["linear", "nonlinear"] = "linear",
) -> BWM:
    r"""Weights by the best-worst method (最优最劣法).

    Linear (Rezaei 2016):

    .. math:: \min \xi \;:\; |w_B - a_{Bj} w_j| \le \xi,\; |w_j - a_{jW} w_W| \le \xi,\;
        \sum_j w_j = 1,\; w \ge 0

    Nonlinear (Rezaei 2015), solved exactly: with :math:`r = w_B / w_W` every j leaves
    :math:`(a_{Bj} - \xi)(a_{jW} - \xi) \le r \le (a_{Bj} + \xi)(a_{jW} + \xi)`, and
    :math:`|r - a_{BW}| \le \xi`; :math:`\xi` is the smallest for which such an r exists.

    Parameters
    ----------
    best_to_others : mapping of str to number
        a_Bj >= 1, how many times the best criterion weighs j; 1 for the best itself.
    others_to_worst : mapping of str to number
        a_jW >= 1, how many times j weighs the worst criterion; 1 for the worst itself.
    best, worst : str, optional
        Needed only where several criteria are judged 1.
    model : {"linear", "nonlinear"}
        The nonlinear model has many optimal solutions for more than three criteria: ``low`` and
        ``high`` hold their range, ``weights`` the middle of it, scaled to sum to one.

    Raises
    ------
    MethodError
        Criteria judged in one vector only, a judgement below 1, best or worst that is not clear,
        or two different values of a_BW; names the criterion.

    References
    ----------
    Rezaei, J. (2015). Best-worst multi-criteria decision-making method. *Omega* 53, 49-57.
    doi:10.1016/j.omega.2014.11.009
    Rezaei, J. (2016). Best-worst multi-criteria decision-making method: some properties and a
    linear model. *Omega* 64, 126-130. doi:10.1016/j.omega.2015.12.001
    Liang, F., Brunelli, M. and Rezaei, J. (2020). Consistency issues in the best worst method:
    measurements and thresholds. *Omega* 96, 102175.

    Examples
    --------
    >>> best = {"price": 1, "quality": 2, "style": 8}
    >>> worst = {"price": 8, "quality": 5, "style": 1}
    >>> bwm(best, worst, model="nonlinear").to_frame().round(4)
             weight     low    high
    price    0.5899  0.5899  0.5899
    quality  0.3387  0.3387  0.3387
    style    0.0714  0.0714  0.0714
    """
    if model not in ("linear", "nonlinear"):
        raise NotFoundError(f"bwm has no model {model!r}; there are linear, nonlinear")
    labels, bo, ow = _vectors(best_to_others, others_to_worst)
    b = _one(labels, bo, best, "best")
    w = _one(labels, ow, worst, "worst")
    if b == w and len(labels) > 1:
        raise MethodError(
            f"{labels[b]!r} is judged the best and the worst criterion",
            hint="say which is which by best= and worst=",
        )
    if bo[w] != ow[b]:
        raise MethodError(
            f"{labels[b]} : {labels[w]} is {bo[w]:g} in best_to_others and {ow[b]:g} in "
            "others_to_worst",
            hint="it is one judgement; give it the same value twice",
        )
    a = float(bo[w])
    if model == "linear":
        weights, ksi = _bwm_linear(bo, ow, b, w)
        low, high, output = weights, weights, None
    else:
        low, high, ksi = _bwm_nonlinear(bo, ow, b, w)
        weights = to_weights((low + high) / 2, "bwm")
        index = _bwm_index(a)
        output = ksi / index if index > 0 else 0.0
    # Liang et al. (2020), eq. of the input-based ratio: max_j |a_Bj a_jW - a_BW| / (a_BW^2 - a_BW)
    cr = float(np.abs(bo * ow - a).max() / (a * a - a)) if a > 1 else 0.0
    for array in (weights, low, high):
        array.setflags(write=False)
    return BWM(
        labels=labels,
        best=labels[b],
        worst=labels[w],
        weights=weights,
        low=low,
        high=high,
        ksi=ksi,
        cr=cr,
        output_cr=output,
        model=model,
        notes=_bwm_notes(labels, bo, ow, a),
    )


def _vectors(
    best_to_others: Compared, others_to_worst: Compared
) -> tuple[tuple[str, ...], Array, Array]:
    bo = {str(k): v for k, v in best_to_others.items()}
    ow = {str(k): v for k, v in others_to_worst.items()}
    odd = sorted(set(bo) ^ set(ow))
    if odd or not bo:
        raise MethodError(
            f"bwm: {', '.join(odd) or 'nothing'} is judged in one of the two vectors only",
            hint="best_to_others and others_to_worst have the same criteria",
        )
    labels = tuple(bo)
    values = [[number(v[c], c) for c in labels] for v in (bo, ow)]
    for row, what in zip(values, ("best_to_others", "others_to_worst"), strict=True):
        for c, x in zip(labels, row, strict=True):
            if not (1 <= x < np.inf):
                raise MethodError(
                    f"bwm: {what}[{c!r}] = {x:g}",
                    hint="judgements of the best-worst method are >= 1, and none is left out",
                )
    return labels, np.array(values[0]), np.array(values[1])


def _one(labels: Sequence[str], values: Array, given: str | None, what: str) -> int:
    ones = [c for c, x in zip(labels, values, strict=True) if x == 1]
    if given is None and len(ones) == 1:
        given = ones[0]
    if given is None or given not in ones:
        raise MethodError(
            f"bwm: the {what} criterion is the one judged 1; "
            f"{', '.join(ones) or 'none'} is judged 1" + (f", not {given}" if given else ""),
            hint=f"name it by {what}=, and judge it 1",
        )
    return labels.index(given)


def _bwm_linear(bo: Array, ow: Array, b: int, w: int) -> tuple[Array, float]:
    from scipy.optimize import linprog

    n = len(bo)
    rows = np.zeros((2 * n, n + 1))  # variables w_1 .. w_n, ksi
    rows[np.arange(n), np.arange(n)] -= bo
    rows[:n, b] += 1.0  # w_B - a_Bj w_j
    rows[np.arange(n, 2 * n), np.arange(n)] += 1.0
    rows[n:, w] -= ow  # w_j - a_jW w_W
    sides = np.vstack([rows, -rows])
    sides[:, n] = -1.0
    found = linprog(
        np.eye(n + 1)[n],
        A_ub=sides,
        b_ub=np.zeros(4 * n),
        A_eq=np.append(np.ones(n), 0.0)[None],
        b_eq=[1.0],
        method="highs",
    )
    if found.x is None:  # pragma: no cover  # any weights are feasible for a large ksi
        raise MethodError(f"bwm: {found.message}")
    weights = to_weights(np.maximum(found.x[:n], 0.0), "bwm")
    return weights, float(np.abs(rows[:, :n] @ weights).max())


def _bwm_nonlinear(bo: Array, ow: Array, b: int, w: int) -> tuple[Array, Array, float]:
    n, a = len(bo), float(bo[w])
    others = np.array([j for j in range(n) if j not in (b, w)], dtype=np.intp)

    def ratio(ksi: float) -> tuple[float, float]:
        """Smallest and largest w_B / w_W that a deviation of ksi allows."""
        least = np.maximum(bo[others] - ksi, 0.0) * np.maximum(ow[others] - ksi, 0.0)
        most = (bo[others] + ksi) * (ow[others] + ksi)
        return max([a - ksi, *least, 0.0]), min([a + ksi, *most])

    ksi = 0.0
    low, high = ratio(ksi)
    if low > high:
        few, enough = 0.0, max(a, *bo, *ow)  # at this deviation everything is allowed
        while few < (ksi := (few + enough) / 2) < enough:  # bisection down to the last bit
            low, high = ratio(ksi)
            few, enough = (ksi, enough) if low > high else (few, ksi)
        ksi = enough
        low, high = ratio(ksi)
    r = (low + high) / 2  # low = high but for rounding
    # with w_W = 1: w_B = r, and each other weight in its own interval
    least, most = np.ones(n), np.ones(n)
    least[b] = most[b] = r
    tall = np.maximum(bo[others] - ksi, 0.0)
    least[others] = np.maximum(r / (bo[others] + ksi), ow[others] - ksi)
    with np.errstate(divide="ignore"):
        most[others] = np.minimum(np.where(tall > 0, r / tall, np.inf), ow[others] + ksi)
    most = np.maximum(least, most)
    smallest = least / (least + most.sum() - most)
    largest = most / (most + least.sum() - least)
    return smallest, largest, ksi


def _bwm_index(a: float) -> float:
    """Largest ksi for a given a_BW: ksi^2 - (1 + 2a) ksi + a^2 - a = 0 (Rezaei 2015, Table 1)."""
    return float((1 + 2 * a - np.sqrt(1 + 8 * a)) / 2)


def _bwm_notes(labels: Sequence[str], bo: Array, ow: Array, a: float) -> tuple[Text, ...]:
    beyond = [c for c, x, y in zip(labels, bo, ow, strict=True) if max(x, y) > a]
    if not beyond:
        return ()
    names = ", ".join(beyond)
    return (
        Text(
            zh=f"最优最劣法：{names} 的判断值大于最优与最劣之比 {a:g}，排序自相矛盾",
            en=f"best-worst method: a judgement of {names} exceeds that of the best over the worst "
            f"({a:g}), which contradicts the order",
        ),
    )


# Order relation, ranks --------------------------------------------------------------------------


def g1(ratios: ArrayLike) -> Array:
    r"""Weights by the order relation method G1 (序关系分析法).

    .. math:: w_m = \Big(1 + \sum_{k=2}^m \prod_{i=k}^m r_i\Big)^{-1}, \quad w_{k-1} = r_k w_k

    Parameters
    ----------
    ratios : (m - 1,)
        r_k = w_{k-1} / w_k >= 1 for k = 2 .. m, the criteria taken from the most to the least
        important; usually 1.0, 1.2, 1.4, 1.6 or 1.8.

    Returns
    -------
    (m,)
        Weights in that order.

    Raises
    ------
    MethodError
        A ratio below 1 (it contradicts the order), or not finite.

    References
    ----------
    郭亚军 (2012). 综合评价理论、方法及拓展. 科学出版社.

    Examples
    --------
    >>> g1([1.0, 2.0])
    array([0.4, 0.4, 0.2])
    """
    r = np.atleast_1d(np.asarray(ratios, dtype=np.float64))
    if r.ndim != 1:
        raise MethodError(f"g1 needs a vector of ratios; got shape {r.shape}")
    bad = np.flatnonzero(~((r >= 1) & np.isfinite(r)))
    if bad.size:
        k = int(bad[0])
        raise MethodError(
            f"g1: the ratio of criterion {k + 1} to criterion {k + 2} of the order is {r[k]:g}",
            hint="ratios are >= 1; reorder the criteria from the most to the least important",
        )
    # products from the right, in logarithms so that long orders do not overflow
    logs = np.append(np.cumsum(np.log(r)[::-1])[::-1], 0.0)
    w = np.exp(logs - logs[0])
    return np.asarray(w / w.sum())


RankFormula: TypeAlias = Literal["roc", "rs", "rr"]


def rank_order(ranks: ArrayLike, *, formula: RankFormula = "roc", exponent: float = 1.0) -> Array:
    r"""Weights from a ranking of the criteria alone.

    ============================  =====================================================
    ``roc`` rank order centroid   :math:`w_{(r)} = \frac1k \sum_{i=r}^k \frac1i`
    ``rs``  rank sum              :math:`w_{(r)} \propto (k + 1 - r)^p`
    ``rr``  rank reciprocal       :math:`w_{(r)} \propto 1 / r`
    ============================  =====================================================

    Parameters
    ----------
    ranks : (k,)
        1 = the most important; equal numbers are ties. Only the order matters. Tied criteria share
        the mean of the weights of the places that they take.
    formula : {"roc", "rs", "rr"}
    exponent : float
        p of the rank sum (1 = rank sum, 0 = equal weights); other formulas have none.

    Returns
    -------
    (k,)
        Weights in the order of ``ranks``.

    Raises
    ------
    MethodError
        Ranks that are not finite, or an exponent that the formula does not take.

    References
    ----------
    Stillwell, W. G., Seaver, D. A. and Edwards, W. (1981). A comparison of weight approximation
    techniques in multiattribute utility decision making. *Organizational Behavior and Human
    Performance* 28(1), 62-77.
    Barron, F. H. and Barrett, B. E. (1996). Decision quality using ranked attribute weights.
    *Management Science* 42(11), 1515-1523.

    Examples
    --------
    >>> rank_order([1, 2, 3]).round(4)
    array([0.6111, 0.2778, 0.1111])
    >>> rank_order([2, 1, 2], formula="rs").round(4)
    array([0.25, 0.5 , 0.25])
    """
    if formula not in get_args(RankFormula):
        known = list(get_args(RankFormula))
        raise NotFoundError(
            f"rank_order has no formula {formula!r}{closest(formula, known)}; "
            f"there are {', '.join(known)}"
        )
    r = np.asarray(ranks, dtype=np.float64)
    if r.ndim != 1 or r.size == 0 or not np.isfinite(r).all():
        raise MethodError(
            f"rank_order needs one finite rank for each criterion; got {r.tolist()}",
            hint="1 for the most important; equal numbers for ties",
        )
    if not (np.isfinite(exponent) and exponent >= 0) or (formula != "rs" and exponent != 1.0):
        raise MethodError(
            f"rank_order: exponent {exponent:g} with formula {formula!r}",
            hint="an exponent >= 0 goes with formula='rs'",
        )
    place = np.arange(1, r.size + 1, dtype=np.float64)
    if formula == "roc":
        by_place = np.cumsum((1.0 / place)[::-1])[::-1]  # Barron & Barrett (1996)
    elif formula == "rs":
        by_place = (r.size + 1 - place) ** exponent  # Stillwell et al. (1981)
    else:
        by_place = 1.0 / place  # Stillwell et al. (1981)
    _, which, count = np.unique(r, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    sums = np.append(0.0, np.cumsum(by_place))
    shared = (sums[ends] - sums[ends - count]) / count
    return to_weights(shared[which], "rank_order")


# Budget allocation ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Budget:
    """Weights by budget allocation. Made by :func:`budget`.

    Attributes
    ----------
    points : DataFrame (experts, k)
        What each expert gave.
    weights : (k,)
        Mean shares; sum to one.
    """

    points: pd.DataFrame
    weights: Array

    @property
    def labels(self) -> tuple[str, ...]:
        """The indicators."""
        return tuple(str(c) for c in self.points.columns)

    def to_frame(self) -> pd.DataFrame:
        """Weight and spread over the experts (in shares of one), one row an indicator.

        ``sd`` has the divisor experts - 1 and is NaN for a single expert; ``cv`` is sd / weight.
        """
        share = self.points.div(self.points.sum(axis=1), axis=0)
        sd = share.std(axis=0, ddof=1)
        w = pd.Series(self.weights, index=self.points.columns)
        return pd.DataFrame(
            {
                "weight": w,
                "sd": sd,
                "cv": sd / w.where(w > 0),
                "min": share.min(axis=0),
                "max": share.max(axis=0),
            }
        )

    def _repr_html_(self) -> str:
        return f"<p>Budget of {len(self.points)} expert(s)</p>{self.to_frame().round(4).to_html()}"


def budget(points: pd.DataFrame | ArrayLike, *, total: float | None = None) -> Budget:
    """Weights by budget allocation: experts share out points, and the shares are averaged.

    Parameters
    ----------
    points : DataFrame or (experts, k)
        Points >= 0 that each expert (row) gave to each indicator (column).
    total : float, optional
        What every expert had to give; default: what the first one gave.

    Raises
    ------
    MethodError
        A missing or negative number of points, or an expert whose points do not add up to the
        total; names the expert.

    References
    ----------
    OECD/JRC (2008). *Handbook on Constructing Composite Indicators*, ch. 6.
    doi:10.1787/9789264043466-en

    Examples
    --------
    >>> table = pd.DataFrame({"a": [50, 70], "b": [50, 30]}, index=["Li", "Wang"])
    >>> budget(table).to_frame().round(3)
       weight     sd     cv  min  max
    a     0.6  0.141  0.236  0.5  0.7
    b     0.4  0.141  0.354  0.3  0.5
    """
    frame = points if isinstance(points, pd.DataFrame) else _named(points)
    try:
        frame = frame.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError(f"budget: the points are not numbers ({error})") from None
    a = frame.to_numpy()
    if a.size == 0:
        raise MethodError("budget needs at least one expert and one indicator")
    bad = np.argwhere(~(np.isfinite(a) & (a >= 0)))
    if bad.size:
        e, j = (int(i) for i in bad[0])
        raise MethodError(
            f"budget: expert {frame.index[e]} gave {a[e, j]:g} points to {frame.columns[j]}",
            hint="points are finite and >= 0; give 0 where an indicator deserves none",
        )
    sums = a.sum(axis=1)
    wanted = float(sums[0] if total is None else total)
    wrong = np.flatnonzero(np.abs(sums - wanted) > 1e-9 * max(wanted, 1.0))
    if wrong.size or wanted <= 0:
        named = ", ".join(f"{frame.index[int(e)]} ({sums[e]:g})" for e in wrong) or "everybody (0)"
        raise MethodError(
            f"budget: the points of every expert add up to {wanted:g}; not so for {named}",
            hint="ask the expert again, or scale the points knowingly before",
        )
    return Budget(frame, to_weights((a / wanted).mean(axis=0), "budget"))


def _named(points: ArrayLike) -> pd.DataFrame:
    a = np.atleast_2d(np.asarray(points, dtype=np.float64))
    experts = [f"expert {e + 1}" for e in range(len(a))]
    return pd.DataFrame(a, index=experts, columns=[f"x{j + 1}" for j in range(a.shape[1])])

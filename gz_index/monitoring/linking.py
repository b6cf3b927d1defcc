"""Index numbers as plain series: growth, contributions to it, another base, links."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, NotFoundError, Problem
from gz_index.framework import Text

__all__ = ["Linked", "chain_link", "class_contributions", "rebase", "symmetric_growth"]

Numbers = TypeVar("Numbers", "pd.Series[Any]", pd.DataFrame)

#: a change smaller than this part of the level is rounding
_STILL = 1e-12


def symmetric_growth(previous: ArrayLike, current: ArrayLike) -> Array:
    r"""Return growth against the mid-point of two periods, in per cent, between -200 and 200.

    :math:`g = (x_t - x_{t-1}) / ((x_t + x_{t-1}) / 2) \times 100`; the growth of :math:`1/x` is
    :math:`-g`, so the sign is all that changes where less is better. Values are above zero.

    Examples
    --------
    >>> symmetric_growth([100.0, 50.0], [300.0, 50.0]).tolist()
    [100.0, 0.0]
    """
    p, x = np.asarray(previous, dtype=np.float64), np.asarray(current, dtype=np.float64)
    return np.asarray(200 * ((x / 2 - p / 2) / (x / 2 + p / 2)))  # halves: no sum overflows


def class_contributions(previous: Any, current: Any, w: Any) -> Any:
    r"""Return the share of each class in the growth of an index, in per cent; they add up to 100.

    :math:`C_k = W_k (I_{k,t} - I_{k,t-1}) / (I_t - I_{t-1}) \times 100` with
    :math:`I_t = \sum_k W_k I_{k,t}`, as in the releases on the index of new drivers.

    Parameters
    ----------
    previous, current : (..., k) array or Series
        Levels of the classes in two periods.
    w : (k,), (..., k) array or Series
        Weights of the classes; only their proportions count.

    Returns
    -------
    (..., k) array, or a Series where ``current`` is one

    Raises
    ------
    DataError
        A number is missing, or the labels of Series differ.
    MethodError
        A weight is negative; the index did not move, so that its growth has no shares.

    References
    ----------
    国家统计局 (2025). 2024年经济发展新动能指数增长14.2%. 附件: 统计指标体系及测算方法.

    Examples
    --------
    >>> class_contributions([100.0, 100.0], [130.0, 110.0], [0.5, 0.5]).tolist()
    [75.0, 25.0]
    """
    labels = current.index if isinstance(current, pd.Series) else None
    p, x, weights = (_numbers(v, labels) for v in (previous, current, w))
    if (weights < 0).any():
        raise MethodError(
            f"contributions: the weights are {weights.tolist()}", hint="give weights >= 0"
        )
    shares = growth_shares(p, x, weights)
    if np.isnan(shares).any():
        raise MethodError(
            "contributions: the index did not move, so its growth has no shares",
            hint="report the change of each class in points",
        )
    return shares if labels is None else pd.Series(shares, index=labels)


def growth_shares(previous: Array, current: Array, w: Array) -> Array:
    """Shares (..., k) as :func:`class_contributions` gives them; missing where nothing moved."""
    parts = np.ascontiguousarray(w * (current - previous))  # so that each row is summed by itself
    change = parts.sum(axis=-1, keepdims=True)
    size = (w * (np.abs(current) + np.abs(previous))).sum(axis=-1, keepdims=True)
    moved = np.abs(change) > _STILL * size
    return np.asarray(100 * parts / np.where(moved, change, np.nan))


def _numbers(values: Any, labels: pd.Index | None) -> Array:
    if isinstance(values, pd.Series) and labels is not None:
        lost = [str(c) for c in labels.symmetric_difference(values.index)]
        if lost or not values.index.is_unique:
            raise DataError(
                "contributions: the classes differ",
                [Problem(", ".join(lost) or "labels", "not once in each", "give the same classes")],
            )
        values = values.reindex(labels)
    out = np.asarray(values, dtype=np.float64)
    if not np.isfinite(out).all():
        raise DataError(
            "contributions: a number is missing",
            [Problem("classes", f"{out.tolist()}", "fill it, or leave the class out of both")],
        )
    return out


def rebase(series: Numbers, at: Hashable, to: float = 100.0) -> Numbers:
    """Return a series on another base: each value over the one at ``at``, times ``to``.

    Growth rates stay as they are. Levels of several nodes are rebased node by node, after which
    the levels of groups are no longer means of those below.

    Parameters
    ----------
    series : Series or DataFrame
        Rows are periods of one unit; a column for each node.
    at : label
        The period that becomes the base.
    to : float > 0
        Its level.

    Raises
    ------
    NotFoundError
        There is no such period.
    DataError
        Periods are repeated, or a value at ``at`` is missing or not above zero.

    Examples
    --------
    >>> rebase(pd.Series({2022: 100.0, 2023: 125.0, 2024: 150.0}), 2023).tolist()
    [80.0, 100.0, 120.0]
    """
    if not (np.isfinite(to) and to > 0):
        raise MethodError(f"rebase: to = {to!r}", hint="give a number above zero")
    out: Numbers = to * (series / _value("rebase", "series", series, at))
    return out


def _place(index: pd.Index, at: Hashable) -> int:
    return int(index.get_indexer(pd.Index([at]))[0])


def _value(what: str, name: str, series: Any, at: Hashable) -> Any:
    """Return the value at a period, by node for a table; refuse what cannot divide."""
    if not isinstance(series, pd.Series | pd.DataFrame):
        raise DataError(
            f"{what}: the {name} is a {type(series).__name__}",
            [Problem(name, "has no periods", "pass a Series or a DataFrame with periods as rows")],
        )
    index = series.index
    if isinstance(index, pd.MultiIndex):
        raise DataError(
            f"{what}: the rows of the {name} have {index.nlevels} levels",
            [Problem(name, "holds several units", "take one: levels.xs('unit name')")],
        )
    if not index.is_unique:
        again = ", ".join(str(p) for p in index[index.duplicated()].unique())
        raise DataError(f"{what}: periods are repeated", [Problem(name, again, "keep one of each")])
    place = _place(index, at)
    if place < 0:
        known = ", ".join(map(repr, index.tolist()))
        raise NotFoundError(f"{what}: the {name} has no period {at!r}; there are {known}")
    value = series.iloc[place]
    cells = value if isinstance(value, pd.Series) else pd.Series({series.name or name: value})
    cells = cells.astype(float)
    bad = cells[~((cells > 0) & (cells < np.inf))]
    if len(bad):
        raise DataError(
            f"{what}: the value at {at!r} has to be a number above zero",
            [Problem(str(c), f"{v} in the {name}", "take another period") for c, v in bad.items()],
        )
    return value


@dataclass(frozen=True, eq=False)
class Linked:
    """Two series linked into one; see :func:`chain_link`.

    Attributes
    ----------
    series : Series or DataFrame
        The old one before the link, the new one on the old level from it on.
    old, new : Series or DataFrame
        What was linked, as it was.
    at : label
        Period of the link.
    factor : float or Series
        Old over new level at the link, of each node.
    """

    series: Any
    old: Any = field(repr=False)
    new: Any = field(repr=False)
    at: Hashable
    factor: Any
    remarks: tuple[Text, ...] = field(repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know, in English; ``notes_in("zh")`` gives Chinese."""
        return self.notes_in("en")

    def notes_in(self, lang: Literal["zh", "en"]) -> tuple[str, ...]:
        """Return the notes in one language."""
        return tuple(t.get(lang) for t in self.remarks)


def chain_link(old: Numbers, new: Numbers, at: Hashable) -> Linked:
    r"""Link a series on a new base, basket or weights to the old one.

    :math:`I_t = I_s^{old} \, I_t^{new} / I_s^{new}` from the period s on, the old series before
    it; the growth rates of both stay. Tables are linked node by node.

    Parameters
    ----------
    old, new : Series or DataFrame
        Rows are periods of one unit, in any order.
    at : label
        The period s; both have it.

    Returns
    -------
    Linked
        Its series stands in the order of periods. Both inputs are kept.

    Raises
    ------
    NotFoundError
        One of them lacks the period.
    DataError
        Periods are repeated, a value at the link is missing or not above zero, tables share no
        node, or periods cannot be put in one order.

    Examples
    --------
    >>> old = pd.Series({2021: 597.3, 2022: 766.8})
    >>> new = pd.Series({2022: 100.0, 2023: 119.0, 2024: 136.0})
    >>> chain_link(old, new, 2022).series.round(1).tolist()
    [597.3, 766.8, 912.5, 1042.8]
    """
    if isinstance(old, pd.DataFrame) is not isinstance(new, pd.DataFrame):
        raise DataError(
            "chain_link: one is a table and the other is not",
            [Problem("old, new", "differ in kind", "link two Series, or two DataFrames")],
        )
    remarks = [
        Text(
            f"于{at}链接：链接后各分项水平不再可加，总指数不等于分项的加权和",
            f"linked at {at}: levels of components are no longer additive after linking, the index "
            "is not their weighted sum",
        )
    ]
    if isinstance(old, pd.DataFrame) and isinstance(new, pd.DataFrame):
        both = old.columns.intersection(new.columns, sort=False)
        if not len(both):
            raise DataError(
                "chain_link: the tables share no node",
                [Problem("columns", ", ".join(map(str, new.columns)), "name them alike")],
            )
        alone = [str(c) for c in [*old.columns, *new.columns] if c not in both]
        if alone:
            listed = ", ".join(alone)
            remarks.append(
                Text(
                    f"只在一个序列中，未链接：{listed}",
                    f"in one of the two only, not linked: {listed}",
                )
            )
        before, after = old[both], new[both]
    else:
        before, after = old, new
    start = _value("chain_link", "old series", before, at)
    link = _value("chain_link", "new series", after, at)
    try:
        before, after = before.sort_index(), after.sort_index()
    except TypeError as error:
        raise DataError(
            "chain_link: the periods cannot be put in one order",
            [Problem("periods", str(error), "write every period in the same way")],
        ) from None
    head = before.iloc[: _place(before.index, at)]
    tail = after.iloc[_place(after.index, at) :]
    return Linked(
        series=pd.concat([head, start * (tail / link)]),
        old=old,
        new=new,
        at=at,
        factor=start / link,
        remarks=tuple(remarks),
    )

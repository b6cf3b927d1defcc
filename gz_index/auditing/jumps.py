"""Breaks of series: jumps that all units of a panel make together and none of them explains."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.framework import Excluded, Framework, Indicator, Text
from gz_index.labels import by_rows, find_labels, plain, unlabelled
from gz_index.result import IndexResult
from gz_index.study import Study
from gz_index.table import Table, align, as_frame

if TYPE_CHECKING:
    from gz_index.index import Index

__all__ = ["KINDS", "SHAPES", "Breaks", "breaks"]

#: standard deviation of a normal distribution by its median absolute deviation
_MAD = 1.4826
#: a change is not judged in fewer units
_LEAST = 3
#: how near a ratio has to come to a power of ten, as a share
_TEN = 0.05
#: share of a jump by which the next change may miss undoing it
_UNDONE = 0.3

#: what a jump looks like, and what to do about it
KINDS: dict[str, Text] = {
    "unit": Text(
        "与10的整数次幂之比相近，疑为计量单位变更：核对单位，将一段数据换算后再用",
        "the ratio is near a power of ten, as where the unit changed: look the unit up and convert "
        "one part",
    ),
    "base": Text(
        "各评价对象几乎按同一倍数变动，疑为价格基期、单位或口径变更：按同一口径平减或衔接，"
        "或剔除该指标，或以断点之后的年份为标准化基期",
        "the units moved by nearly the same factor, as where the price base, the unit or the "
        "definition changed: deflate or splice the parts, leave the series out, or normalise over "
        "a base window after the break",
    ),
    "event": Text(
        "各评价对象同向但幅度不一，可能是统计范围或口径变更，也可能是真实变化：先查年鉴说明，"
        "确属真实变化则保留",
        "the units moved together, but by different amounts: coverage or definition may have "
        "changed, or it is real; look it up before anything is done, and keep what is real",
    ),
}

#: what happened to a jump afterwards
SHAPES: dict[str, Text] = {
    "shift": Text("此后停留在新水平", "the new level stays"),
    "spike": Text(
        "下一期又回到原水平：先核对该期数据", "undone in the next period: check this one"
    ),
    "return": Text("由上一期的跳变返回", "back from the jump before"),
    "last": Text("为最后一期，尚不知是否持续", "the last period: whether it stays is not known"),
}


def breaks(
    index: Index,
    data: Any,
    *,
    factor: float = 1.25,
    step: float = 0.5,
    unusual: float = 3.5,
    share: float = 0.9,
    alike: float = 0.2,
) -> Breaks:
    r"""Look in each series of a panel for jumps that all units make together.

    The change of a series between two successive periods is the median over units of
    :math:`\ln(x_t / x_{t-1})`. Where a series has negative values, or zeros in most pairs, it is
    the median of :math:`x_t - x_{t-1}` in robust standard deviations of the series. It is held
    against the usual change, the median of the series' other changes, in units of

    .. math:: s = \max(1.4826\, \mathrm{MAD\ of\ the\ other\ changes},\
        \mathrm{usual\ spread\ between\ units}), \qquad z = (change - usual) / s.

    A jump is a change that is large (by ``factor`` or more, itself and off the usual), that
    ``share`` of the units join by half of it or more, and that is either unusual
    (\|z\| >= ``unusual``) or runs against the series' usual direction. The last finds a drop in a
    series that is so erratic, or so broken, that nothing in it is unusual.

    Parameters
    ----------
    index : Index
    data : DataFrame
        A panel, in raw units, as it is before preparation. Besides the indicators every numeric
        column that the definition excludes or does not know is looked at.
    factor : float > 1
        Smallest jump, as a ratio (and its inverse).
    step : float > 0
        Smallest jump of a series that is measured by differences.
    unusual : float > 0
        3.5 is a common cut for robust z.
    share : float in (0.5, 1]
    alike : float > 0
        The units moved by nearly the same factor where the spread of their changes is at most this
        share of the jump.

    Returns
    -------
    Breaks
        Its ``outcome`` is ``"found"``, ``"none"``, or says why nothing could be looked at:
        ``"no-periods"``, ``"few-periods"`` (fewer than three), ``"few-units"`` (fewer than three).

    Raises
    ------
    DataError
        The table does not fit the definition.
    MethodError
        An option is out of range.

    Notes
    -----
    The defaults are this package's convention, not a published rule. A change is not divided by the
    time that it took. Pairs of periods with a gap in between are not compared.

    References
    ----------
    Iglewicz, B. and Hoaglin, D. C. (1993). How to Detect and Handle Outliers. ASQC Quality Press
    (for robust z and its cut).

    Examples
    --------
    >>> import gz_index as gz
    >>> b = breaks(gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022"))
    >>> b.to_frame().loc[:2, ["series", "period", "factor", "kind"]].round(3).values.tolist()
    [['x8', 2021, 0.121, 'base'], ['x8', 2016, 0.68, 'base'], ['x3', 2014, 1.446, 'event']]
    """
    options = {
        "factor": factor,
        "step": step,
        "unusual": unusual,
        "share": share,
        "alike": alike,
    }
    limits = {"factor": (1, np.inf), "share": (0.5, 1.0)}
    for name, value in options.items():
        low, high = limits.get(name, (0, np.inf))
        if not low < value <= high or np.isinf(value):
            raise MethodError(f"breaks: {name} = {value}", hint=f"above {low}, at most {high}")
    table, roles, notes = _series(index, data)
    if table.periods is None or table.slot is None:
        outcome, changes = "no-periods", pd.DataFrame(columns=_COLUMNS)
    elif len(table.periods) < 3:
        outcome, changes = "few-periods", pd.DataFrame(columns=_COLUMNS)
    elif len(set(table.units)) < _LEAST:
        outcome, changes = "few-units", pd.DataFrame(columns=_COLUMNS)
    else:
        changes, more = _changes(table, roles, options)
        notes += more
        outcome = "found" if (changes["outcome"] == "break").any() else "none"
    return Breaks(index, table, outcome, changes, roles, options, tuple(notes))


def _series(index: Index, data: Any) -> tuple[Table, dict[str, str], list[Text]]:
    """Align indicators and every other numeric column; say what each of them is."""
    f, frame = index.framework, as_frame(data)
    read: list[Text] = []
    names = {n for i in f.indicators for n in _called(i)}
    apart = {n for e in index.excluded for n in _called(e)}
    if unlabelled(frame.index):
        known = {plain(n) for n in names | apart}
        unit, period = find_labels(frame.columns, known=known, required=False)
        if unit is not None:
            frame = by_rows(frame, unit, period, read)
    roles, aside = dict.fromkeys(f.codes, "indicator"), []
    for column, dtype in zip(frame.columns, frame.dtypes, strict=True):
        name = str(column).strip()
        if name in names:
            continue
        if dtype.kind not in "iuf" or name in f.nodes or not name:
            aside.append(name)
        else:
            roles[name] = "excluded" if name in apart else "other"
    more = tuple(Indicator(code=c) for c, role in roles.items() if role != "indicator")
    table = align(frame, Framework((*f.indicators, *more), f.groups))
    notes = [Text.of(n) for n in read]
    if aside:
        listed = ", ".join(repr(a) for a in aside)
        notes.append(Text(f"未检查的非数值列：{listed}", f"columns not looked at: {listed}"))
    return table, roles, notes


def _called(node: Indicator | Excluded) -> set[str]:
    return {node.code, node.name.zh.strip(), node.name.en.strip()} - {""}


# -- changes --------------------------------------------------------------------------------------

_NUMBERS = ("before", "after", "change", "factor", "usual", "scale", "z", "share", "spread")
_COLUMNS = ["series", "role", "measure", "previous", "period", "n", *_NUMBERS]
_COLUMNS += ["against", "outcome", "kind", "shape"]


def _changes(
    table: Table, roles: dict[str, str], options: dict[str, float]
) -> tuple[pd.DataFrame, list[Text]]:
    periods, slot = table.periods, table.slot
    assert periods is not None
    assert slot is not None
    units = {u: i for i, u in enumerate(dict.fromkeys(table.units))}
    cube = np.full((len(periods), len(units), len(table.codes)), np.nan)
    cube[slot, [units[u] for u in table.units]] = table.values
    rows: list[dict[str, Any]] = []
    notes = []
    for s, code in enumerate(table.codes):
        found = _one(cube[:, :, s], options)
        for t, row in enumerate(found):
            ends = {"previous": periods[t], "period": periods[t + 1]}
            rows.append({"series": code, "role": roles[code], **ends, **row})
        notes += _said_of_series(code, found, periods)
    return pd.DataFrame(rows, columns=_COLUMNS), notes


def _one(m: Array, options: dict[str, float]) -> list[dict[str, Any]]:
    """Changes of one series, (T, units)."""
    a, b = m[:-1], m[1:]
    known = ~np.isnan(a) & ~np.isnan(b)
    positive = known & (a > 0) & (b > 0)
    measure, use = "log", positive
    if (m < 0).any() or positive.sum() < known.sum() / 2:
        measure, use = "difference", known
    d = np.full(a.shape, np.nan)
    if measure == "log":
        d[use] = np.log(b[use]) - np.log(a[use])
    else:
        d[use] = (b[use] - a[use]) / _wide(m[~np.isnan(m)])
    out = [_change(a[t], b[t], d[t], known[t], measure) for t in range(len(a))]
    judged = [r for r in out if not r["outcome"]]
    between = float(np.median([r["spread"] for r in judged])) if judged else 0.0
    size = np.log(options["factor"]) if measure == "log" else options["step"]
    for r in judged:
        others = np.array([o["change"] for o in judged if o is not r])
        if not others.size:
            r["outcome"] = "no-usual"
            continue
        usual = float(np.median(others))
        scale = max(_MAD * float(np.median(np.abs(others - usual))), between)
        off = r["change"] - usual
        z = off / scale if scale > 0 else float(np.copysign(np.inf, off)) if off else 0.0
        against = bool(r["change"] * usual < 0)
        joined = float(((r.pop("moves") - usual) * np.sign(off) >= abs(off) / 2).mean())
        large = min(abs(off), abs(r["change"])) >= size and joined >= options["share"]
        jump = large and (abs(z) >= options["unusual"] or against)
        r |= {"usual": usual, "scale": scale, "z": z, "share": joined, "against": against}
        r["outcome"] = "break" if jump else "usual"
        if jump:
            r["kind"] = _kind(r, off, options["alike"])
    _shapes(out)
    return out


def _wide(values: Array) -> float:
    """Robust standard deviation, or the plain one where most values are the same; 1 if all are."""
    mad = _MAD * float(np.median(np.abs(values - np.median(values)))) if values.size else 0.0
    return mad or (float(values.std()) if values.size else 0.0) or 1.0


def _change(a: Array, b: Array, d: Array, known: NDArray[Any], measure: str) -> dict[str, Any]:
    use = ~np.isnan(d)
    out: dict[str, Any] = dict.fromkeys(_NUMBERS, np.nan)
    out |= {"measure": measure, "n": int(use.sum()), "against": False}
    out |= {"outcome": "", "kind": "", "shape": "", "lost": int((known & ~use).sum())}
    if use.sum() < _LEAST:
        out["outcome"] = "zeros" if known.sum() >= _LEAST else "gap"
        return out
    d = d[use]
    change = float(np.median(d))
    return out | {
        "before": float(np.median(a[use])),
        "after": float(np.median(b[use])),
        "change": change,
        "factor": float(np.exp(change)) if measure == "log" else np.nan,
        "moves": d,
        "spread": _MAD * float(np.median(np.abs(d - change))),
    }


def _kind(r: dict[str, Any], off: float, alike: float) -> str:
    tens = round(off / np.log(10))
    if r["measure"] == "log" and tens and abs(off - tens * np.log(10)) <= np.log1p(_TEN):
        return "unit"
    return "base" if r["spread"] <= alike * abs(off) else "event"


def _shapes(out: list[dict[str, Any]]) -> None:
    for t, r in enumerate(out):
        if r["outcome"] != "break":
            continue
        before = out[t - 1] if t else None
        after = out[t + 1] if t + 1 < len(out) else None
        if before is not None and before["shape"] == "spike":
            r["shape"] = "return"
        elif after is None:
            r["shape"] = "last"
        else:
            off, then = (o["change"] - r["usual"] for o in (r, after))
            r["shape"] = "spike" if abs(off + then) <= _UNDONE * abs(off) else "shift"


def _said_of_series(
    code: str, found: list[dict[str, Any]], periods: tuple[Hashable, ...]
) -> list[Text]:
    out = []
    gaps = [f"{periods[t]}-{periods[t + 1]}" for t, r in enumerate(found) if r["outcome"] == "gap"]
    if gaps:
        at = ", ".join(gaps)
        out.append(Text(f"{code}：{at}有缺失，未比较", f"{code}: not compared for gaps: {at}"))
    zeros = sum(r["lost"] for r in found)
    if zeros:
        out.append(
            Text(
                f"{code}：{zeros}对数值含零，未计入对数比",
                f"{code}: {zeros} pairs with a zero are left out of the log ratios",
            )
        )
    if any(r["measure"] == "difference" for r in found):
        out.append(
            Text(
                f"{code}：有负值或零值居多，按差分衡量",
                f"{code}: has negative values or mostly zeros; measured by differences",
            )
        )
    if sum(not np.isnan(r["change"]) for r in found) == 2:
        out.append(
            Text(
                f"{code}：通常变动仅由另一次变动得出",
                f"{code}: the usual change rests on one other change",
            )
        )
    return out


# -- result ---------------------------------------------------------------------------------------

_OUTCOMES: dict[str, Text] = {
    "no-periods": Text("数据没有时期，无从检查断点", "the data have no periods to compare"),
    "few-periods": Text("少于三个时期，无从检查断点", "fewer than three periods: no usual change"),
    "few-units": Text(
        "少于三个评价对象，无从判断是否同时跳变",
        "fewer than three units: whether all jump together cannot be told",
    ),
    "none": Text("未发现断点", "no breaks found"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Breaks(Study):
    """Jumps of series that all units make together; see :func:`breaks`.

    Attributes
    ----------
    table : Table
        Every series that was looked at.
    outcome : str
    changes : DataFrame
        Each series and pair of successive periods: ``n`` units, their median ``before`` and
        ``after``, ``change`` (median log ratio, or difference in standard deviations) and its
        ``factor``, ``usual`` change, ``scale``, ``z``, ``share`` of units that went half of
        the way from the usual to it or further, ``spread`` of their changes, whether it runs
        ``against`` the usual direction, and ``outcome``: break, usual, gap, zeros (too few units
        are positive in both), no-usual (no other change is known). A break has a ``kind`` and a
        ``shape``, see :data:`KINDS` and :data:`SHAPES`.
    roles : dict
        Of each series: indicator, excluded (by the definition), or other.
    """

    kind: ClassVar[str] = "breaks"
    definition: Index
    table: Table = field(repr=False)
    outcome: str
    changes: pd.DataFrame = field(repr=False)
    roles: dict[str, str]
    options: dict[str, float]
    remarks: tuple[Text, ...]

    @property
    def index(self) -> Index:
        """The definition."""
        return self.definition

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what computed it, and hashes of the definition and of all series."""
        unscored = cast(Any, None)  # the index need not be computable: breaks come first
        return IndexResult(
            self.definition, self.table, unscored, self.table.values, {}, unscored
        ).versions

    def to_frame(self) -> pd.DataFrame:
        """Return the breaks, the largest first."""
        found = self.changes[self.changes["outcome"] == "break"]
        size = (found["change"] - found["usual"]).astype(float).abs()
        out = found.loc[size.sort_values(ascending=False, kind="stable").index]
        return out.drop(columns="outcome").reset_index(drop=True)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the breaks, and the changes of every series."""
        return {"table": self.to_frame(), "changes": self.changes}

    def settings(self) -> dict[str, Any]:
        """Return the limits and the outcome."""
        return {**self.options, "outcome": self.outcome}

    def advice(self, row: Any) -> Text:
        """Say in words what one break is (a row of the main table) and what to do about it."""
        code = row["series"]
        names = [e.name for e in self.index.excluded if code in _called(e)]
        if code in self.index.framework.nodes:
            names = [self.index.framework.node(code).name]
        zh, en = (
            code if not names or names[0].get(x) in ("", code) else f"{code} ({names[0].get(x)})"
            for x in ("zh", "en")
        )
        if row["measure"] == "log":
            size = f"x{row['factor']:.3g}", f"x{np.exp(row['usual']):.3g}"
        else:
            size = f"{row['change']:+.2f} sd", f"{row['usual']:+.2f} sd"
        against = (
            Text("，与其通常方向相反", ", against its usual direction")
            if row["against"]
            else Text()
        )
        kind, shape = KINDS[row["kind"]], SHAPES[row["shape"]]
        return Text(
            f"{zh}，{row['previous']}—{row['period']}：中位变动{size[0]}，通常{size[1]}，"
            f"{row['share']:.0%}的评价对象随之变动{against.zh}；{kind.zh}（{shape.zh}）",
            f"{en}, {row['previous']} to {row['period']}: {size[0]} in the median where {size[1]} "
            f"is usual, joined by {row['share']:.0%} of the units{against.en}; {kind.en} "
            f"({shape.en})",
        )

    def _texts(self) -> tuple[Text, ...]:
        found = [self.advice(row) for row in self.to_frame().to_dict("records")]
        if self.outcome != "found":
            found = [_OUTCOMES[self.outcome]]
        return (*found, *self.remarks)

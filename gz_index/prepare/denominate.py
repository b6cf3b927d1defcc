"""Totals made comparable: per head, per unit of GDP or area, and money in constant prices."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import DataError, MethodError, Problem
from gz_index.framework import Framework, Indicator, Text
from gz_index.labels import listed
from gz_index.normalise.base import number
from gz_index.prepare.base import Fitted, Sheet, Step

if TYPE_CHECKING:
    from gz_index.index import Index

__all__ = ["Deflate", "Denominate", "divided_twice", "size_only"]


@dataclass(frozen=True, kw_only=True)
class _Divide(Step):
    """A step that divides the columns it names by something above zero."""

    whole: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.columns:
            raise MethodError(
                f"{self.kind} names no columns, and shares are not to be divided",
                hint="columns = ['x1', 'x2']; ['total'] if every indicator is meant",
            )

    def divides(self, framework: Framework) -> tuple[str, ...]:
        """Return the codes of the indicators that it divides."""
        named = [c for c in self.columns or () if c in framework.nodes]
        return tuple(dict.fromkeys(leaf for c in named for leaf in framework.leaves(c)))

    def _divide(self, sheet: Sheet, by: Array, times: float | Array, what: str, hint: str) -> Sheet:
        """Return the sheet with value / by * times; ``by`` (n,) has to be above zero."""
        values = np.array(sheet.values)
        at = self.at(sheet)
        bad = ~(np.isfinite(by) & (by > 0))[:, None] & ~np.isnan(values[:, at])
        where = np.argwhere(bad)
        if len(where):
            raise DataError(
                f"{self.kind}: {what} is missing, zero or negative",
                listed(
                    len(where),
                    "such cells",
                    lambda k: Problem(
                        sheet.label(at[where[k, 1]]),
                        f"{what} is {_shown(by[where[k, 0]])} for "
                        f"{sheet.table.row_name(int(where[k, 0]))}",
                        hint,
                    ),
                ),
            )
        # where the cell itself is missing, nothing is lost with its denominator
        safe = np.where(by > 0, by, np.nan)
        with np.errstate(over="ignore"):
            out = values[:, at] / safe[:, None] * np.reshape(times, (-1, 1))
        over = np.argwhere(np.isinf(out))
        if len(over):
            i, j = int(over[0, 0]), int(over[0, 1])
            raise DataError(
                f"{self.kind}: a result is too large for a number",
                [Problem(sheet.label(at[j]), f"{_shown(values[i, at[j]])} by {what}", hint)],
            )
        values[:, at] = out
        return sheet.with_values(values)


def _shown(value: float) -> str:
    return "missing" if np.isnan(value) else f"{value:.10g}"


@dataclass(frozen=True, kw_only=True)
class Denominate(_Divide):
    r"""Divide indicators by another column: per head, per unit of GDP, per square kilometre.

    .. math:: x' = \frac{x}{d} \cdot scale

    The denominator is above zero, so more stays more, and the direction keeps its meaning.
    Goalposts and targets of the definition are those of the divided numbers.

    Parameters
    ----------
    columns : tuple of str
        Indicators, or groups for all that hang on them; they have to be named.
    by : str
        A column of the data, or an indicator as it stands at this step.
    scale : float
        E.g. 10 000 where the data are in persons and a figure per 10 000 persons is wanted.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="patents"),))
    >>> data = pd.DataFrame({"patents": [30.0, 8.0]}, index=["A", "B"])
    >>> sheet = Sheet(gz.table.align(data, f), f, {"people": [1500.0, 200.0]})
    >>> step = Denominate(columns=("patents",), by="people", scale=1000)
    >>> step.apply(sheet, step.fit(sheet)).values.tolist()
    [[20.0], [40.0]]
    """

    kind: ClassVar[str] = "denominate"
    by: str
    scale: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.by, str):
            raise MethodError(f"denominate: by = {self.by!r}", hint="name a column of the data")
        scale = number("denominate", "scale", self.scale, _positive(self.scale), " above zero")
        object.__setattr__(self, "scale", scale)

    @property
    def label(self) -> str:
        """The kind, and by what."""
        return f"denominate (by {self.by})"

    @property
    def needs(self) -> tuple[str, ...]:
        """The denominator."""
        return (self.by,)

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree: also a column divided by itself."""
        out = super().problems(framework)
        if self.by in self.divides(framework):
            what = f"{self.by!r} would be divided by itself"
            out.append(Problem("prepare.denominate", what, "name the other columns one by one"))
        return out

    def fit(self, sheet: Sheet) -> Fitted:
        """Return the columns it divides, and those that are no totals by their unit."""
        self.apply(sheet, {})
        at = self.at(sheet)
        return {
            "columns": [sheet.codes[j] for j in at],
            "ratios": [sheet.codes[j] for j in at if _is_ratio(sheet.indicator(j).unit)],
        }

    def apply(self, sheet: Sheet, fitted: Fitted) -> Sheet:
        """Return the sheet with the columns divided."""
        by = np.asarray(sheet.column(self.by), dtype=np.float64)
        hint = f"give {self.by}, above zero, for every unit (and period) that has a value"
        return self._divide(sheet, by, self.scale, f"denominator {self.by!r}", hint)

    def said(self, fitted: Fitted) -> tuple[Text, ...]:
        """Which columns were divided by what; and which were shares before."""
        codes, ratios = ", ".join(fitted["columns"]), ", ".join(fitted["ratios"])
        times = f"{self.scale:.10g}"
        one = self.scale == 1
        out = [
            Text(
                f"{codes}除以{self.by}" + ("" if one else f"，再乘以{times}"),
                f"{codes}: divided by {self.by}" + ("" if one else f", times {times}"),
            )
        ]
        if ratios:
            out.append(
                Text(
                    f"按单位看，{ratios}本来就不是总量，却又除以了{self.by}",
                    f"{ratios}: no total by its unit, yet divided by {self.by}",
                )
            )
        return tuple(out)


@dataclass(frozen=True, kw_only=True)
class Deflate(_Divide):
    r"""Bring indicators in money to constant prices.

    .. math:: x' = \frac{x}{p} \cdot p_0

    with the price index p of the row, and :math:`p_0` = ``level``, or its value in the period
    ``base``. The index has one fixed base: one with the previous period = 100 has to be chained
    first.

    Parameters
    ----------
    columns : tuple of str
        Indicators in money, or groups; they have to be named.
    by : str or mapping
        A column of the data with the price index of each row, or ``{period: index}``.
    base : label, optional
        Period in whose prices the values are wanted. With a column each unit has its own index,
        and its own value of it in that period, which is kept for the replay.
    level : float
        Value of the index where prices are wanted, if ``base`` is not given.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> f = gz.Framework((gz.Indicator(code="sales"),))
    >>> rows = pd.MultiIndex.from_product([["A"], [2020, 2021]], names=["unit", "year"])
    >>> sheet = Sheet(gz.table.align(pd.DataFrame({"sales": [50.0, 63.0]}, index=rows), f), f)
    >>> step = Deflate(columns=("sales",), by={2020: 100, 2021: 105}, base=2020)
    >>> step.apply(sheet, step.fit(sheet)).values.ravel().tolist()
    [50.0, 60.0]
    """

    kind: ClassVar[str] = "deflate"
    by: str | Mapping[str, float]
    base: Any = None
    level: float = 100.0

    def __post_init__(self) -> None:
        super().__post_init__()
        put = object.__setattr__
        by: Any = self.by
        if isinstance(by, Mapping):
            prices = {
                str(p): number("deflate", f"price index of {p}", v, _positive(v), " above zero")
                for p, v in by.items()
            }
            put(self, "by", prices)
            if self.base is not None and str(self.base) not in prices:
                raise MethodError(
                    f"deflate: no price index for the base period {self.base!r}",
                    hint=f"periods are {', '.join(prices)}",
                )
        elif not isinstance(by, str):
            hint = "name a column of the data, or give {period = index}"
            raise MethodError(f"deflate: by = {by!r}", hint=hint)
        level = number("deflate", "level", self.level, _positive(self.level), " above zero")
        put(self, "level", level)
        if self.base is not None and level != 100:
            raise MethodError(
                f"deflate: level = {level:g} has no effect with base = {self.base!r}",
                hint="take one of them out",
            )

    @property
    def label(self) -> str:
        """The kind, and the prices."""
        return "deflate" if self.base is None else f"deflate (prices of {self.base})"

    @property
    def needs(self) -> tuple[str, ...]:
        """The column of the price index, if it is one."""
        return (self.by,) if isinstance(self.by, str) else ()

    def fit(self, sheet: Sheet) -> Fitted:
        """Return the columns, and each unit's price index in the base period.

        Raises
        ------
        DataError
            A price index is missing, zero or negative; a unit has none in the base period.
        MethodError
            The rows have no period.
        """
        fitted: Fitted = {"columns": [sheet.codes[j] for j in self.at(sheet)], "base": []}
        if isinstance(self.by, str) and self.base is not None:
            fitted["base"] = [[u, p] for u, p in self._own(sheet).items()]
        self.apply(sheet, fitted)
        return fitted

    def apply(self, sheet: Sheet, fitted: Fitted) -> Sheet:
        """Return the sheet in constant prices; a unit that was fitted keeps its base."""
        if isinstance(self.by, str):
            prices, name = np.asarray(sheet.column(self.by), dtype=np.float64), self.by
            hint = f"give {name}, above zero, for every unit and period that has a value"
        else:
            table, name = self.by, "of the period"
            periods = _periods(sheet, f"by = {dict(self.by)}")
            prices = np.array([table.get(str(p), np.nan) for p in periods])
            hint = f"add the period to by, which has {', '.join(table)}"
        to: float | Array = self.level
        if self.base is not None and not isinstance(self.by, str):
            to = self.by[str(self.base)]
        elif self.base is not None:
            to = self._bases(sheet, dict(fitted["base"]))
        return self._divide(sheet, prices, to, f"price index {name}", hint)

    def kept(self, before: Sheet, after: Sheet, fitted: Fitted) -> Fitted:
        """Return what was fitted, with the base of new units."""
        if self.base is None or not isinstance(self.by, str):
            return fitted
        known = {u for u, _ in fitted["base"]}
        new = [[u, p] for u, p in self._own(before).items() if u not in known]
        return fitted | {"base": [*fitted["base"], *new]}

    def _own(self, sheet: Sheet) -> dict[str, float]:
        """Price index of each unit in the base period, where it has one."""
        assert isinstance(self.by, str)
        periods, prices = _periods(sheet, f"base = {self.base!r}"), sheet.column(self.by)
        return {
            str(u): float(p)
            for u, t, p in zip(sheet.table.units, periods, prices, strict=True)
            if str(t) == str(self.base) and _positive(p)
        }

    def _bases(self, sheet: Sheet, known: Mapping[str, float]) -> Array:
        """Price index in the base period of the unit of each row: as fitted, else its own."""
        units = [str(u) for u in sheet.table.units]
        if not known.keys() >= set(units):
            known = {**self._own(sheet), **known}
        lost = list(dict.fromkeys(u for u in units if u not in known))
        if lost:
            raise DataError(
                f"deflate: no price index above zero in the base period {self.base!r}",
                listed(
                    len(lost),
                    "such units",
                    lambda k: Problem(
                        lost[k],
                        f"{self.by} is missing, zero or negative in {self.base}",
                        "fill it in, or give an index with one base for all and no base here",
                    ),
                ),
            )
        return np.array([known[u] for u in units])

    def said(self, fitted: Fitted) -> tuple[Text, ...]:
        """Which columns are in constant prices."""
        codes = ", ".join(fitted["columns"])
        name = self.by if isinstance(self.by, str) else ", ".join(self.by)
        if self.base is None:
            at = f"{self.level:.10g}"
            zh, en = f"价格指数等于{at}时的价格", f"prices where the index is {at}"
        else:
            zh, en = f"{self.base}的价格", f"prices of {self.base}"
        return (Text(f"{codes}按{zh}计（价格指数：{name}）", f"{codes}: in {en} (index: {name})"),)


def _positive(value: Any) -> bool:
    return bool(isinstance(value, int | float | np.number) and np.isfinite(value) and value > 0)


def _periods(sheet: Sheet, option: str) -> list[Hashable]:
    if sheet.table.periods is None:
        raise MethodError(
            f"deflate: the rows have no period, and {option} names some",
            hint="label the rows by (unit, period), or name a column of price indices",
        )
    return [p for _, p in sheet.keys]


def divided_twice(steps: Iterable[Step], framework: Framework) -> list[Problem]:
    """Return the indicators that two steps denominate, or that two steps deflate.

    Examples
    --------
    >>> import gz_index as gz
    >>> f = gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b")))
    >>> steps = [Denominate(columns=("a", "b"), by="people"), Denominate(columns=("a",), by="gdp")]
    >>> [str(p) for p in divided_twice(steps, f)]
    ["prepare.denominate: 'a' is divided twice -> name it in one step"]
    """
    seen: set[tuple[str, str]] = set()
    out = []
    for s in steps:
        if isinstance(s, _Divide):
            for code in s.divides(framework):
                if (s.kind, code) in seen:
                    what = f"{code!r} is divided twice"
                    out.append(Problem(f"prepare.{s.kind}", what, "name it in one step"))
                seen.add((s.kind, code))
    return out


# -- totals and ratios -----------------------------------------------------------------------------

#: in a unit or a name: no total
_RATIO = re.compile(
    r"[%‰/]|人均|户均|平均|每|占|比重|比例|比率|率|密度|强度|指数|得分|评分|分数|倍|中位"
    r"|\b(per|share|shares|rate|ratio|percent|percentage|proportion|density|intensity|index|score"
    r"|average|mean|median|penetration|coverage)\b",
    re.IGNORECASE,
)
#: units that totals are counted in
_TOTAL = re.compile(
    r"^[十百千万亿]*(元|美元|欧元|人|人次|人年|户|个|件|台|套|项|家|辆|部|篇|条|处|座|公里|千米"
    r"|平方公里|平方千米|公顷|亩|吨|吨标准煤|千瓦时|度|立方米)$"
    r"|\b(thousand|million|billion|trillion|yuan|rmb|cny|usd|dollars|us\$|euros|eur|persons|people"
    r"|employees|person-years|units|patents|households|subscribers|users|enterprises|firms"
    r"|companies|calls|addresses|names|ports|sites|stations|racks|licences|terminals|records"
    r"|km|kilometres|hectares|tonnes|tons|kwh|mwh|gwh)(?![\w])",
    re.IGNORECASE,
)


def _is_ratio(text: Text) -> bool:
    return any(_RATIO.search(t) for t in (text.zh, text.en))


def _is_total(indicator: Indicator) -> bool:
    unit = indicator.unit
    counted = any(_TOTAL.search(t.strip()) for t in (unit.zh, unit.en))
    return counted and not _is_ratio(unit) and not _is_ratio(indicator.name)


def size_only(index: Index) -> Text | None:
    """Point out an index of totals only: it mainly measures how large a unit is.

    Goes by the units and names of the definition, and says nothing where it cannot be sure: every
    indicator has to have a unit that totals are counted in (yuan, persons, patents, ...), none a
    unit or name of a ratio (%, per, average, 人均, 占比, ...), and none may be denominated.

    Returns
    -------
    Text or None

    Examples
    --------
    >>> import gz_index as gz
    >>> people, sales = gz.Text("万人", "10,000 persons"), gz.Text("亿元", "100 million yuan")
    >>> f = gz.Framework((gz.Indicator(code="a", unit=people), gz.Indicator(code="b", unit=sales)))
    >>> print(size_only(gz.Index(framework=f)))
    all 2 indicators are totals and none is per head or a share: the index mainly measures size
    """
    f = index.framework
    steps = index.prepare.steps
    if any(s.divides(f) for s in steps if isinstance(s, Denominate)):
        return None
    if not all(_is_total(i) for i in f.indicators):
        return None
    n = len(f.indicators)
    return Text(
        f"{n}个指标全部是总量，没有人均或占比指标：指数主要反映规模",
        f"all {n} indicators are totals and none is per head or a share: "
        "the index mainly measures size",
    )

"""The sheets of a workbook that normalise: parameters, and the cells made from them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gz_index.errors import GzIndexError
from gz_index.normalise import BaseIndex, MinMax, Part, ZScore
from gz_index.normalise.scale import rows_of
from gz_index.report.book import TOP, Book
from gz_index.report.sheets import PARAMETERS, WORDS

if TYPE_CHECKING:
    from gz_index.result import IndexResult

__all__ = ["NormalisingBook", "base_rows"]


def base_rows(result: IndexResult, part: Part) -> dict[Hashable, int]:
    """Return the row of the base period for each unit that has one."""
    t = result.table
    if t.periods is None or t.slot is None or part.base not in t.periods:
        return {}
    first = t.periods.index(part.base)
    return {t.units[i]: i for i in np.flatnonzero(t.slot == first).tolist()}


class NormalisingBook(Book):
    """A book that can write how data were normalised."""

    @cached_property
    def slots(self) -> tuple[Hashable | None, ...]:
        """Periods that are normalised by themselves, or one for all."""
        periods = self.result.table.periods
        own = any(p.normaliser.window == "period" for p in self.result.scale.parts)
        return (None,) if periods is None or not own else periods

    def slot_of(self, part: Part, i: int) -> int:
        """Which of the slots holds for a row of the table."""
        t = self.result.table
        by_period = part.normaliser.window == "period" and self.slots != (None,)
        return int(t.slot[i]) if by_period and t.slot is not None else 0

    def parameter(self, name: str, slot: int, code: str) -> str:
        """The cell of a parameter."""
        row = TOP + slot * len(PARAMETERS) + PARAMETERS.index(name)
        return self.ref("bounds", f"{self.column(code, 'bounds')}${row}")

    def bounds(self) -> None:
        """Parameters of normalising: by slot, a row each."""
        sheet = self.sheet("bounds")
        self.heads(sheet, self.codes, [self.name(c) for c in self.codes])
        for j, word in enumerate(("parameter", "period")[: self.labels], start=1):
            self.put(sheet, 1, j, WORDS[word].get(self.lang))
        for s, period in enumerate(self.slots):
            for p, name in enumerate(PARAMETERS):
                row = TOP + s * len(PARAMETERS) + p
                self.put(sheet, row, 1, WORDS[name].get(self.lang))
                if self.labels == 2:
                    self.put(sheet, row, 2, period)
        for part in self.result.scale.parts:
            own = self.slots if part.normaliser.window == "period" else (None,)
            for s, period in enumerate(own):
                for j, code in enumerate(part.columns.codes):
                    for name, value, formula in self.fitted(part, j, s, period):
                        row = TOP + s * len(PARAMETERS) + PARAMETERS.index(name)
                        column = self.column(code, "bounds")
                        if formula:
                            self.live(sheet, row, column, formula, value)
                        else:
                            self.put(sheet, row, column, value, "input")

    def fitted(
        self, part: Part, j: int, slot: int, period: Hashable | None
    ) -> Iterator[tuple[str, float, str]]:
        """Name, value and formula (none for an input) of the parameters of an indicator."""
        n, code = part.normaliser, part.columns.codes[j]
        sign = float(part.columns.sign[j])
        yield "sign", sign, ""
        if isinstance(n, BaseIndex):
            yield "b", n.to, ""
            return
        a, b = n.to if isinstance(n, MinMax) else (n.mean, n.sd)  # type: ignore[attr-defined]
        yield "a", a, ""
        yield "b", b, ""
        periods = self.result.scale.periods
        k = periods.index(period) if period is not None and periods is not None else 0
        found = {
            name: float(v[j])
            for name, v in part.fitted[k].items()
            if isinstance(v, np.ndarray) and not np.isnan(v[j])
        }
        if sign == 0:
            yield "low", float(part.columns.ideal_low[j]), ""
            yield "high", float(part.columns.ideal_high[j]), ""
        if isinstance(n, MinMax) and _is_flat(found) and n.constant is not None:
            yield "constant", n.constant, ""
        first, last = self.rows(part.base if n.window == "base" else period)
        column = self.column(code, "raw")
        cells = self.ref(self.source, f"{column}${first}:{column}${last}")
        low, high = ("MAX", "MIN") if sign < 0 else ("MIN", "MAX")
        forms = {"worst": f"{low}({cells})", "best": f"{high}({cells})"}
        if isinstance(n, ZScore):
            forms["mean"] = f"{'-' * (sign < 0)}AVERAGE({cells})"
            forms["sd"] = f"{'STDEV' if n.ddof else 'STDEVP'}({cells})"
        live = sign != 0 and n.window != "goalposts" and self.is_fitted_here(part, k, first, last)
        for name, value in found.items():
            yield name, value, forms.get(name, "") if live else ""

    def is_fitted_here(self, part: Part, k: int, first: int, last: int) -> bool:
        """Whether fitting the rows at hand gives what was fitted."""
        at = np.sort(np.array(self.order[first - TOP : last - TOP + 1]))
        rows = rows_of(self.result.table, part.base).take(at)
        try:
            again = part.normaliser.fit(self.x[np.ix_(at, part.at)], part.columns, rows)
        except GzIndexError:
            return False
        return all(
            np.allclose(v, part.fitted[k][name], rtol=1e-12, atol=0, equal_nan=True)
            for name, v in again.items()
        )

    def normalised(self) -> None:
        """Normalised indicators from raw data and bounds."""
        sheet, z = self.data_sheet("normalised", self.codes), self.result.values
        for part in self.result.scale.parts:
            supported = type(part.normaliser) in (MinMax, ZScore, BaseIndex)
            base = base_rows(self.result, part) if supported else {}
            for j, (code, place) in enumerate(
                zip(part.columns.codes, part.at.tolist(), strict=True)
            ):
                column = self.column(code, "raw")
                for r, i in enumerate(self.order, start=TOP):
                    formula = ""
                    if self.formulas:
                        x = self.ref(self.source, f"{column}{r}")
                        start = base.get(self.result.table.units[i])
                        formula = self.one(part, j, self.slot_of(part, i), x, start)
                    self.live(sheet, r, column, formula, z[i, place])

    def one(self, part: Part, j: int, slot: int, x: str, start: int | None) -> str:
        """The formula of a normalised cell."""
        n, code, sign = part.normaliser, part.columns.codes[j], part.columns.sign[j]

        def p(name: str) -> str:
            return self.parameter(name, slot, code)

        if isinstance(n, BaseIndex):
            assert start is not None
            row = TOP + self.order.index(start)
            first = self.ref(self.source, f"{self.column(code, 'raw')}${row}")
            ratio = f"{first}/{x}" if sign < 0 else f"{x}/{first}"
            return f'IF(OR({x}="",{first}=""),"",{p("b")}*{ratio})'
        if isinstance(n, ZScore):
            nearest = f"MEDIAN({x},{p('low')},{p('high')})"
            oriented = f"-ABS({x}-{nearest})" if sign == 0 else f"{p('sign')}*{x}"
            return f'IF({x}="","",{p("a")}+{p("b")}*({oriented}-{p("mean")})/{p("sd")})'
        assert isinstance(n, MinMax)
        k = self.result.scale.periods
        at = k.index(self.slots[slot]) if k and self.slots[slot] is not None else 0
        found = {m: float(v[j]) for m, v in part.fitted[at].items() if not np.isnan(v[j])}
        if n.constant is not None and _is_flat(found):
            return f'IF({x}="","",{p("constant")})'
        if sign == 0:
            off = f"({p('low')}-{x})/{p('below')},({x}-{p('high')})/{p('above')}"
            u = f"(1-MAX(0,{off}))"
        else:
            u = f"({x}-{p('worst')})/({p('best')}-{p('worst')})"
        value = f"{p('a')}+({p('b')}-{p('a')})*{u}"
        if n.clip:
            value = f"MAX({p('a')},MIN({p('b')},{value}))"
        return f'IF({x}="","",{value})'


def _is_flat(found: dict[str, float]) -> bool:
    """Whether an indicator does not vary."""
    return found.get("below") == 0 or ("worst" in found and found["worst"] == found["best"])

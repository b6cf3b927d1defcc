"""An index as a workbook: one sheet a step, with formulas from the raw data to the ranks."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.errors import GzIndexError, MethodError
from gz_index.framework import ROOT, Lang
from gz_index.monitoring.workbook import plain_cell
from gz_index.normalise import BaseIndex, MinMax, Part, ZScore
from gz_index.normalise.scale import rows_of, transformed
from gz_index.report.sheets import FILLS, LEGEND, PARAMETERS, SHEETS, TRANSFORMS, WORDS

if TYPE_CHECKING:
    from gz_index.result import IndexResult

__all__ = ["to_workbook"]

_TOP = 3  # first row of data, below codes and names
_LONGEST = 8000  # characters of a formula; Excel takes 8192


def to_workbook(
    result: IndexResult, path: str | Path, *, lang: Lang = "en", formulas: bool = True
) -> Path:
    """Write an index as an xlsx workbook whose arithmetic can be followed cell by cell.

    Sheets: raw data, bounds of normalising, normalised data, weights, scores of the groups from the
    bottom up, ranks. Each is made of formulas on the sheets before it; inputs are coloured, imputed
    cells flagged. The numbers appear when Excel or LibreOffice opens it; the last columns of the
    ranking hold what the library computed, and the difference.

    Weights are numbers, also where a scheme found them: entropy and its like are not worked out
    again. Bounds are formulas where they were fitted to the data at hand, else numbers. Scores that
    agree in all but their last digits may get another order of ranks.

    Parameters
    ----------
    result : IndexResult
    path : path
    lang : {"zh", "en"}
    formulas : bool
        With False every sheet holds numbers, whatever the methods.

    Raises
    ------
    MethodError
        There is no formula for a method: normalising other than min-max, goalposts, z-scores and
        base index; weights that differ by period; aggregation other than arithmetic and geometric;
        dense ranks. The way out is ``formulas=False``.

    Examples
    --------
    >>> import tempfile, gz_index as gz
    >>> result = gz.load("tai-2008").evaluate(gz.data("tai-2008"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_workbook(result, Path(folder) / "tai.xlsx").name
    'tai.xlsx'
    """
    from openpyxl import Workbook

    if lang not in ("zh", "en"):
        raise MethodError(f"lang = {lang!r}", hint="'zh' or 'en'")
    if formulas and (lacking := _lacking(result)):
        raise MethodError(
            "no spreadsheet formula for " + "; ".join(lacking),
            hint="write the numbers only: formulas=False",
        )
    book = Workbook()
    book.remove(book.active)
    _Writer(book, result, lang, formulas).write()
    book.calculation.fullCalcOnLoad = True
    book.save(path)
    return Path(path)


def _lacking(result: IndexResult) -> list[str]:
    """Name what no formula is written for."""
    out = []
    for part in result.scale.parts:
        if type(part.normaliser) not in (MinMax, ZScore, BaseIndex):
            out.append(f"normalise = {part.normaliser.label!r}")
        elif isinstance(part.normaliser, BaseIndex) and not _own_base(result, part):
            out.append("a base index whose base period is not in the data")
    if any(w.ndim > 1 for w in result.local.values()):
        out.append("weights that differ by period")
    rules = [result.index.plan.rule(g.code) for g in result.index.framework.groups]
    methods = {r.label for r in rules if r.method not in ("arithmetic", "geometric")}
    out += [f"aggregate = {m!r}" for m in sorted(methods)]
    if result.index.ties == "dense":
        out.append("ties = 'dense'")
    return list(dict.fromkeys(out))


def _own_base(result: IndexResult, part: Part) -> bool:
    """Whether the base values of every unit stand in the data as they were fitted."""
    rows = _base_rows(result, part)
    x = _after_transforms(result)[:, part.at]
    place = {u: i for i, u in enumerate(part.fitted[0]["units"])}
    units = set(result.table.units)
    return units <= set(rows) and all(
        np.array_equal(x[rows[u]], part.fitted[0]["start"][place[u]], equal_nan=True) for u in units
    )


def _base_rows(result: IndexResult, part: Part) -> dict[Hashable, int]:
    t = result.table
    if t.periods is None or t.slot is None or part.base not in t.periods:
        return {}
    first = t.periods.index(part.base)
    return {t.units[i]: i for i in np.flatnonzero(t.slot == first).tolist()}


def _after_transforms(result: IndexResult) -> Array:
    return transformed(result.index.framework, result.table.values, result.table)


@dataclass
class _Writer:
    """Where everything stands in the book, and how it gets there.

    Rows of all sheets of data are the same (by period, so that each is one range), and so are the
    columns of the indicators; they and the groups stand in the order of the tree, siblings side by
    side.
    """

    book: Any
    result: IndexResult
    lang: Lang
    formulas: bool

    # -- places ------------------------------------------------------------------------------------

    @cached_property
    def order(self) -> list[int]:
        """Rows of the table in the order of the sheets."""
        slot, n = self.result.table.slot, len(self.result.table.units)
        return list(range(n)) if slot is None else np.argsort(slot, kind="stable").tolist()

    @cached_property
    def labels(self) -> int:
        """How many columns name a row."""
        return 1 if self.result.table.periods is None else 2

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Indicators, siblings side by side."""
        return self.result.index.framework.leaves()

    @cached_property
    def groups(self) -> list[str]:
        """Groups from the bottom up, siblings side by side; the root is last."""
        f = self.result.index.framework
        place = {g.code: i for i, g in enumerate(f.groups)}
        keys = {
            g.code: (-f.depth(g.code), place.get(g.parent, -1), place[g.code]) for g in f.groups
        }
        return sorted(place, key=lambda c: keys[c])

    def period(self, i: int) -> Hashable | None:
        """Period of a row of the table."""
        t = self.result.table
        return None if t.periods is None or t.slot is None else t.periods[t.slot[i]]

    def rows(self, period: Hashable | None) -> tuple[int, int]:
        """First and last row of a period, or of all."""
        t = self.result.table
        if period is None or t.slot is None or t.periods is None:
            return _TOP, _TOP + len(self.order) - 1
        at = np.flatnonzero(t.slot[self.order] == t.periods.index(period))
        return _TOP + int(at[0]), _TOP + int(at[-1])

    def column(self, code: str, sheet: str) -> str:
        """Letters of the column of a node."""
        return self.columns[sheet == "weights"][code]

    @cached_property
    def columns(self) -> tuple[dict[str, str], dict[str, str]]:
        """Letters by node: groups from the first column on, or after the indicators."""
        from openpyxl.utils import get_column_letter

        first, wide = self.labels + 1, len(self.codes)
        own = {c: str(get_column_letter(first + k)) for k, c in enumerate(self.codes)}
        apart, after = (
            {g: str(get_column_letter(first + more + k)) for k, g in enumerate(self.groups)}
            for more in (0, wide)
        )
        return own | apart, own | after

    @cached_property
    def fills(self) -> dict[str, Any]:
        from openpyxl.styles import PatternFill

        return {k: PatternFill("solid", start_color=c) for k, c in FILLS.items()}

    def ref(self, sheet: str, cells: str) -> str:
        """Cells of another sheet."""
        return f"'{SHEETS[sheet].get(self.lang)}'!{cells}"

    def name(self, code: str) -> str:
        """Name of a node in the language of the book."""
        own = self.result.index.framework.node(code).name.get(self.lang)
        return own or (WORDS["total"].get(self.lang) if code == ROOT else code)

    @cached_property
    def source(self) -> str:
        """The sheet that normalising reads."""
        some = any(i.transform for i in self.result.index.framework.indicators)
        return "transformed" if some else "raw"

    @cached_property
    def x(self) -> Array:
        """The data after the transforms."""
        return _after_transforms(self.result)

    # -- cells -------------------------------------------------------------------------------------

    def sheet(self, name: str) -> Any:
        sheet = self.book.create_sheet(SHEETS[name].get(self.lang))
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8  # A3
        sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
        return sheet

    def put(self, sheet: Any, row: int, column: int | str, value: Any, fill: str = "") -> Any:
        """Write a number or a text; no text becomes a formula."""
        from openpyxl.utils import column_index_from_string

        at = column_index_from_string(column) if isinstance(column, str) else column
        cell = sheet.cell(row, at)
        value = plain_cell(value)
        cell.value = value if value is None or isinstance(value, int | float | str) else str(value)
        if isinstance(cell.value, str):
            cell.data_type = "s"
            cell.quotePrefix = cell.value[:1] in ("=", "+", "-", "@")
        if fill:
            cell.fill = self.fills[fill]
        return cell

    def live(self, sheet: Any, row: int, column: str, formula: str, value: float) -> None:
        """Write a formula, or its value where there are to be none."""
        cell = sheet[f"{column}{row}"]
        if self.formulas and len(formula) > _LONGEST:
            raise MethodError(
                f"the formula of {sheet.title} {column}{row} has {len(formula)} characters, "
                "more than a spreadsheet takes",
                hint="write the numbers only: formulas=False",
            )
        cell.value = f"={formula}" if self.formulas else plain_cell(float(value))
        cell.number_format = "0.0000"

    def heads(self, sheet: Any, codes: Sequence[str], names: Sequence[str]) -> None:
        """Codes and names above the columns of data."""
        from openpyxl.styles import Alignment, Border, Font, Side

        t = self.result.table
        first = [t.index.names[0] or WORDS["unit"].get(self.lang)]
        if self.labels == 2:
            first = [
                str(n or WORDS[w].get(self.lang))
                for n, w in zip(t.index.names, ("unit", "period"), strict=True)
            ]
        for j, text in enumerate([*first, *codes], start=1):
            self.put(sheet, 1, j, text).font = Font(bold=True)
        for j, text in enumerate(names, start=self.labels + 1):
            self.put(sheet, 2, j, text).alignment = Alignment(wrap_text=True, vertical="top")
        for cell in sheet[2]:
            cell.border = Border(bottom=Side("thin"))
        sheet.column_dimensions["A"].width = 22
        sheet.freeze_panes = sheet.cell(_TOP, self.labels + 1)

    def data_sheet(self, name: str, codes: Sequence[str]) -> Any:
        """A sheet with a row for each row of the table, its heads and labels written."""
        sheet = self.sheet(name)
        self.heads(sheet, codes, [self.name(c) for c in codes])
        for r, label in enumerate(self.row_labels, start=_TOP):
            for j, text in enumerate(label, start=1):
                self.put(sheet, r, j, text)
        return sheet

    @cached_property
    def row_labels(self) -> list[tuple[Any, ...]]:
        index = self.result.table.index
        keys = [k if isinstance(k, tuple) else (k,) for k in index]
        return [keys[i] for i in self.order]

    # -- the sheets --------------------------------------------------------------------------------

    def write(self) -> None:
        """Write every sheet."""
        self.about()
        if self.result.prepared is not None:
            before = self.result.prepared.before
            frame = pd.DataFrame(
                before.values, index=before.table.index, columns=list(before.codes)
            )
            self.frame("received", frame.reset_index())
        self.raw()
        if self.source == "transformed":
            self.transformed()
        if self.formulas:
            self.bounds()
        else:
            self.frame("bounds", self.result.scale.to_frame())
        self.normalised()
        if self.formulas:
            self.weights()
        else:
            self.frame("weights", self.result.weights.reset_index())
        self.scores()
        self.ranking()
        if self.result.prepared is not None:
            self.frame("changes", self.result.prepared.cells)

    def frame(self, name: str, frame: pd.DataFrame) -> None:
        """A table of numbers as it is."""
        from openpyxl.styles import Font

        sheet = self.sheet(name)
        for j, head in enumerate(frame.columns, start=1):
            self.put(sheet, 1, j, str(head)).font = Font(bold=True)
            for r, value in enumerate(frame.iloc[:, j - 1], start=2):
                self.put(sheet, r, j, value)
        sheet.freeze_panes = "A2"

    def about(self) -> None:
        """What this is, and what the colours mean."""
        from openpyxl.styles import Alignment

        sheet, i = self.sheet("about"), self.result.index
        lines = [f"{i.name.get(self.lang) or i.id} ({i.id} {i.version})"]
        lines += [f"{k}: {v}" for k, v in self.result.versions.items()]
        methods = dict.fromkeys(p.normaliser.label for p in self.result.scale.parts)
        rules = dict.fromkeys(i.plan.rule(g.code).label for g in i.framework.groups)
        lines.append(f"normalise: {', '.join(methods)}")
        lines.append(f"weight: {i.weight.label}")
        lines.append(f"aggregate: {', '.join(rules)}")
        for r, text in enumerate(lines, start=1):
            self.put(sheet, r, 1, text)
        r = len(lines) + 2
        for key, meaning in LEGEND.items():
            self.put(sheet, r, 1, meaning.get(self.lang), key)
            r += 1
        for k, note in enumerate(self.result.notes_in(self.lang), start=r + 1):
            self.put(sheet, k, 1, note).alignment = Alignment(wrap_text=True)
        sheet.column_dimensions["A"].width = 100

    @cached_property
    def flags(self) -> dict[tuple[Any, ...], tuple[str, str]]:
        """Cells that preparation changed: the fill, and what is to be said."""
        if self.result.prepared is None:
            return {}
        prepared = self.result.prepared
        after = prepared.after
        rows, columns = np.nonzero(after.imputed)
        imputed = {(*after.keys[i], after.codes[j]) for i, j in zip(rows, columns, strict=True)}
        out: dict[tuple[Any, ...], tuple[str, str]] = {}
        for row in prepared.cells.to_dict("records"):
            key = (row["unit"], row.get("period"), row["indicator"])
            old = out[key][1] + "; " if key in out else ""
            before = float(row["before"])
            was = WORDS["missing"].get(self.lang) if np.isnan(before) else _num(before)
            said = f"{old}{row['step']}: {was} -> {_num(float(row['after']))}"
            out[key] = ("imputed" if key in imputed else "changed", said)
        return out

    def raw(self) -> None:
        """The data that enter the index."""
        from openpyxl.comments import Comment

        sheet, t = self.data_sheet("raw", self.codes), self.result.table
        for r, i in enumerate(self.order, start=_TOP):
            key = t.units[i], self.period(i)
            for code in self.codes:
                value = t.values[i, t.codes.index(code)]
                fill, said = self.flags.get((*key, code), ("", ""))
                fill = "missing" if np.isnan(value) else fill or "input"
                cell = self.put(sheet, r, self.column(code, "raw"), value, fill)
                if said:
                    cell.comment = Comment(said, "gz_index")

    def transformed(self) -> None:
        """The data after the transforms of the indicators."""
        f = self.result.index.framework
        sheet = self.data_sheet("transformed", self.codes)
        for code in self.codes:
            node, j = f.node(code), f.codes.index(code)
            name, c = getattr(node, "transform", None), self.column(code, "raw")
            form = TRANSFORMS[name] if name else "{x}"
            for r, i in enumerate(self.order, start=_TOP):
                cell = self.ref("raw", f"{c}{r}")
                formula = f'IF({cell}="","",{form.format(x=cell)})'
                self.live(sheet, r, c, formula, self.x[i, j])

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
        row = _TOP + slot * len(PARAMETERS) + PARAMETERS.index(name)
        return self.ref("bounds", f"{self.column(code, 'bounds')}${row}")

    def bounds(self) -> None:
        """Parameters of normalising: by slot, a row each."""
        sheet = self.sheet("bounds")
        self.heads(sheet, self.codes, [self.name(c) for c in self.codes])
        for j, word in enumerate(("parameter", "period")[: self.labels], start=1):
            self.put(sheet, 1, j, WORDS[word].get(self.lang))
        for s, period in enumerate(self.slots):
            for p, name in enumerate(PARAMETERS):
                row = _TOP + s * len(PARAMETERS) + p
                self.put(sheet, row, 1, WORDS[name].get(self.lang))
                if self.labels == 2:
                    self.put(sheet, row, 2, period)
        for part in self.result.scale.parts:
            own = self.slots if part.normaliser.window == "period" else (None,)
            for s, period in enumerate(own):
                for j, code in enumerate(part.columns.codes):
                    for name, value, formula in self.fitted(part, j, s, period):
                        row = _TOP + s * len(PARAMETERS) + PARAMETERS.index(name)
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
        at = np.sort(np.array(self.order[first - _TOP : last - _TOP + 1]))
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
            base = _base_rows(self.result, part) if supported else {}
            for j, (code, place) in enumerate(
                zip(part.columns.codes, part.at.tolist(), strict=True)
            ):
                column = self.column(code, "raw")
                for r, i in enumerate(self.order, start=_TOP):
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
            row = _TOP + self.order.index(start)
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

    def weights(self) -> None:
        """Local weights as inputs, global ones from them, and the least coverage."""
        sheet, f = self.sheet("weights"), self.result.index.framework
        nodes = [*self.codes, *(g for g in self.groups if g != ROOT)]
        self.heads(sheet, nodes, [self.name(c) for c in nodes])
        for row, word in enumerate(("parent", "local", "global"), start=_TOP):
            self.put(sheet, row, 1, WORDS[word].get(self.lang))
        for code in nodes:
            column, parent = self.column(code, "weights"), f.node(code).parent
            place = f.children(parent).index(code)
            self.put(sheet, _TOP, column, parent)
            self.put(sheet, _TOP + 1, column, self.result.local[parent][place], "input")
            above = "1" if parent == ROOT else f"{self.column(parent, 'weights')}{_TOP + 2}"
            value = float(self.result.weights.loc[code, "global"])  # type: ignore[arg-type]
            self.live(sheet, _TOP + 2, column, f"{column}{_TOP + 1}*{above}", value)
        missing = self.result.index.missing
        self.put(sheet, _TOP + 3, 1, WORDS["coverage"].get(self.lang))
        least = missing.coverage if missing.policy == "renormalise" else 1.0
        self.put(sheet, _TOP + 3, self.labels + 1, least, "input")

    def scores(self) -> None:
        """Scores of the groups; a cell depends on cells to its left and on normalised ones."""
        sheet, plan = self.data_sheet("scores", self.groups), self.result.index.plan
        for code in self.groups:
            column = self.column(code, "scores")
            for r, i in enumerate(self.order, start=_TOP):
                formula = self.score(code, r) if self.formulas else ""
                self.live(sheet, r, column, formula, self.result.values[i, plan.position[code]])

    def score(self, code: str, r: int) -> str:
        """The formula of a score."""
        from openpyxl.utils import get_column_letter

        f = self.result.index.framework
        kids = f.children(code)
        groups, own = ([c for c in kids if (c in self.codes) is leaf] for leaf in (False, True))
        local = _TOP + 1
        products, present, factors = [], [], []
        for sheet, codes in (("scores", groups), ("normalised", own)):
            if not codes:
                continue
            columns = [self.column(c, sheet) for c in codes]
            shown = [self.column(c, "weights") for c in codes]
            x = f"{columns[0]}{r}:{columns[-1]}{r}"
            x = x if sheet == "scores" else self.ref(sheet, x)
            w = self.ref("weights", f"${shown[0]}${local}:${shown[-1]}${local}")
            products.append(f"SUMPRODUCT({w},{x})")
            present.append(f'SUMPRODUCT({w}*({x}<>""))')
            for c, v in zip(columns, shown, strict=True):
                one = f"{c}{r}" if sheet == "scores" else self.ref(sheet, f"{c}{r}")
                weight = self.ref("weights", f"${v}${local}")
                factors.append(f'IF(OR({one}="",{weight}=0),1,{one}^{weight})')
        known = "+".join(present)
        if self.result.index.plan.rule(code).method == "arithmetic":
            value = f"({'+'.join(products)})/({known})"
        else:
            value = f"({'*'.join(factors)})^(1/({known}))"
        leaves = [self.column(c, "normalised") for c in f.leaves(code)]
        below = self.ref("normalised", f"{leaves[0]}{r}:{leaves[-1]}{r}")
        least = self.ref("weights", f"${get_column_letter(self.labels + 1)}${_TOP + 3}")
        return f'IF(OR(COUNT({below})/{len(leaves)}<{least},{known}=0),"",{value})'

    def ranking(self) -> None:
        """Ranks within each period, and what the library found."""
        from openpyxl.utils import get_column_letter

        f, result = self.result.index.framework, self.result
        codes = [ROOT, *(g.code for g in f.groups if g.code != ROOT)]
        rank = WORDS["rank"].get(self.lang)
        said = [self.name(ROOT), *(f"{rank}: {self.name(c)}" for c in codes)]
        said += [WORDS["library"].get(self.lang), WORDS["difference"].get(self.lang)]
        sheet = self.data_sheet("ranking", [])
        self.heads(sheet, [ROOT, *codes, ROOT, ""], said)
        letter = [get_column_letter(self.labels + 1 + k) for k in range(len(said))]
        ranks = result.ranks
        for r, i in enumerate(self.order, start=_TOP):
            first, last = self.rows(self.period(i))
            score = self.ref("scores", f"{self.column(ROOT, 'scores')}{r}")
            value = float(result.total.iloc[i])
            self.live(sheet, r, letter[0], score, value)
            for k, code in enumerate(codes, start=1):
                c = self.column(code, "scores")
                x = self.ref("scores", f"{c}{r}")
                cells = self.ref("scores", f"{c}${first}:{c}${last}")
                place = ranks.iloc[i][code]
                number = np.nan if pd.isna(place) else float(place)
                self.live(sheet, r, letter[k], _rank(result.index.ties, x, cells), number)
                sheet[f"{letter[k]}{r}"].number_format = "General"
            self.put(sheet, r, letter[-2], value)
            if self.formulas and not np.isnan(value):
                a, b = f"{letter[0]}{r}", f"{letter[-2]}{r}"
                self.live(sheet, r, letter[-1], f"{a}-{b}", 0.0)
                sheet[f"{letter[-1]}{r}"].number_format = "0.0E+00"


def _num(value: float) -> str:
    return f"{value:.10g}"


def _is_flat(found: dict[str, float]) -> bool:
    """Whether an indicator does not vary."""
    return found.get("below") == 0 or ("worst" in found and found["worst"] == found["best"])


def _rank(ties: str, x: str, cells: str) -> str:
    if ties == "max":
        found = f"SUMPRODUCT(ISNUMBER({cells})*({cells}>={x}))"
    else:
        found = f"{'_xlfn.RANK.AVG' if ties == 'average' else 'RANK'}({x},{cells},0)"
    return f'IF({x}="","",{found})'

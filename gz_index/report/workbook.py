"""An index as a workbook: one sheet a step, with formulas from the raw data to the ranks."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gz_index.errors import MethodError
from gz_index.framework import ROOT, Lang
from gz_index.normalise import BaseIndex, MinMax, Part, ZScore
from gz_index.report.book import TOP, after_transforms
from gz_index.report.bounds import NormalisingBook, base_rows
from gz_index.report.sheets import LEGEND, TRANSFORMS, WORDS

if TYPE_CHECKING:
    from gz_index.result import IndexResult

__all__ = ["to_workbook"]


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
    rows = base_rows(result, part)
    x = after_transforms(result)[:, part.at]
    place = {u: i for i, u in enumerate(part.fitted[0]["units"])}
    units = set(result.table.units)
    return units <= set(rows) and all(
        np.array_equal(x[rows[u]], part.fitted[0]["start"][place[u]], equal_nan=True) for u in units
    )


class _Writer(NormalisingBook):
    """Writes the sheets one after another."""

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
        for r, i in enumerate(self.order, start=TOP):
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
            for r, i in enumerate(self.order, start=TOP):
                cell = self.ref("raw", f"{c}{r}")
                formula = f'IF({cell}="","",{form.format(x=cell)})'
                self.live(sheet, r, c, formula, self.x[i, j])

    def weights(self) -> None:
        """Local weights as inputs, global ones from them, and the least coverage."""
        sheet, f = self.sheet("weights"), self.result.index.framework
        nodes = [*self.codes, *(g for g in self.groups if g != ROOT)]
        self.heads(sheet, nodes, [self.name(c) for c in nodes])
        for row, word in enumerate(("parent", "local", "global"), start=TOP):
            self.put(sheet, row, 1, WORDS[word].get(self.lang))
        for code in nodes:
            column, parent = self.column(code, "weights"), f.node(code).parent
            place = f.children(parent).index(code)
            self.put(sheet, TOP, column, parent)
            self.put(sheet, TOP + 1, column, self.result.local[parent][place], "input")
            above = "1" if parent == ROOT else f"{self.column(parent, 'weights')}{TOP + 2}"
            value = float(self.result.weights.loc[code, "global"])  # type: ignore[arg-type]
            self.live(sheet, TOP + 2, column, f"{column}{TOP + 1}*{above}", value)
        missing = self.result.index.missing
        self.put(sheet, TOP + 3, 1, WORDS["coverage"].get(self.lang))
        least = missing.coverage if missing.policy == "renormalise" else 1.0
        self.put(sheet, TOP + 3, self.labels + 1, least, "input")

    def scores(self) -> None:
        """Scores of the groups; a cell depends on cells to its left and on normalised ones."""
        sheet, plan = self.data_sheet("scores", self.groups), self.result.index.plan
        for code in self.groups:
            column = self.column(code, "scores")
            for r, i in enumerate(self.order, start=TOP):
                formula = self.score(code, r) if self.formulas else ""
                self.live(sheet, r, column, formula, self.result.values[i, plan.position[code]])

    def score(self, code: str, r: int) -> str:
        """The formula of a score."""
        from openpyxl.utils import get_column_letter

        f = self.result.index.framework
        kids = f.children(code)
        groups, own = ([c for c in kids if (c in self.codes) is leaf] for leaf in (False, True))
        local = TOP + 1
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
        least = self.ref("weights", f"${get_column_letter(self.labels + 1)}${TOP + 3}")
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
        for r, i in enumerate(self.order, start=TOP):
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


def _rank(ties: str, x: str, cells: str) -> str:
    if ties == "max":
        found = f"SUMPRODUCT(ISNUMBER({cells})*({cells}>={x}))"
    else:
        found = f"{'_xlfn.RANK.AVG' if ties == 'average' else 'RANK'}({x},{cells},0)"
    return f'IF({x}="","",{found})'

"""The command that computes an index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

import gz_index as gz
from gz_index.cli.shared import (
    Data,
    Definition,
    Lang,
    Periods,
    Units,
    app,
    data_of,
    index_of,
    part_of,
    plain_errors,
    print_written,
    terminal,
)
from gz_index.framework import ROOT
from gz_index.saving import new_file, refuse_existing, refuse_file


@app.command()
def evaluate(
    definition: Definition,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the result (must not exist).")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier result in --out.")] = False,
    weight: Annotated[str | None, typer.Option(help="In place of the definition's.")] = None,
    normalise: Annotated[str | None, typer.Option(help="In place of the definition's.")] = None,
    aggregate: Annotated[str | None, typer.Option(help="In place of the definition's.")] = None,
    missing: Annotated[str | None, typer.Option(help="error, renormalise or drop.")] = None,
    unit: Units = None,
    period: Periods = None,
    figure: Annotated[
        Path | None, typer.Option(help="Also draw the ranking: a .svg, .pdf or .png file.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Rows to print.")] = 10,
    lang: Lang = "en",
) -> None:
    """Compute an index, print the ranking of the last period, and write the result."""
    with plain_errors():
        index = index_of(definition)
        parts = {"weight": weight, "normalise": normalise, "aggregate": aggregate}
        changes: dict[str, Any] = {k: part_of(v) for k, v in parts.items() if v is not None}
        if missing is not None:
            changes["missing"] = missing
        index = index.replace(**changes)
        if out is not None:
            refuse_existing(out, mark="result.json", overwrite=overwrite)
        if figure is not None:
            from gz_index.report.drawing.canvas import figure_kind

            figure_kind(figure)
            refuse_file(figure, overwrite=overwrite)
        result = index.evaluate(data_of(index, data, unit, period, lang))
        drawn = None if figure is None else result.plot.contributions(lang=lang, most=40)
        if out is not None:
            result.save(out, overwrite=overwrite)
        if drawn is not None and figure is not None:
            from gz_index.report.figures import save

            with new_file(figure, overwrite=overwrite) as part:
                save(drawn, part)
    console = terminal()
    _print(console, result, top, lang)
    print_written(console, out)
    if figure is not None:
        console.print(f"drawn: {figure}", soft_wrap=True)


def _print(console: Console, result: gz.IndexResult, top: int, lang: Literal["en", "zh"]) -> None:
    f, frame = result.index.framework, result.to_frame()
    periods = result.table.periods
    title = f"{result.index.name.get(lang) or result.index.id}"
    if periods is not None:
        slot = pd.Series(result.table.slot, index=result.table.index)
        frame = frame[(slot.reindex(frame.index) == len(periods) - 1).to_numpy()]
        title = f"{title}, {periods[-1]}"
    table = Table(title=title)
    table.add_column("排名" if lang == "zh" else "Rank", justify="right")
    table.add_column("评价对象" if lang == "zh" else "Unit")
    shown = [ROOT, *(c for c in f.children(ROOT) if c not in f.codes)]
    for code in shown:
        whole = "总指数" if lang == "zh" else "Index"
        table.add_column(
            whole if code == ROOT else f.name(code, lang), justify="right", overflow="fold"
        )
    names = dict(zip(result.table.index, result.table.units, strict=True))
    for label, row in frame.head(top).iterrows():
        cells = ["-" if pd.isna(row[c]) else f"{row[c]:.4f}" for c in shown]
        rank = "-" if pd.isna(row["rank"]) else f"{row['rank']:g}"
        table.add_row(rank, str(names[label]), *cells)
    console.print(table)
    c = result.counts
    more = max(len(frame) - top, 0)
    units, years, m = c["units"], c["periods"], len(f.codes)
    weight, mean = result.index.weight.label, result.index.aggregate.label
    en = f"{more} more units. " if more else ""
    en += f"{units} units" + (f" x {years} periods" if years > 1 else "")
    en += f", {m} indicators; weight {weight}, aggregate {mean}; definition "
    zh = f"另有{more}个评价对象未列。" if more else ""
    zh += f"共{units}个评价对象" + (f"×{years}期" if years > 1 else "")
    from gz_index.report.phrases import AGGREGATES, WEIGHED

    weight = WEIGHED[weight].zh if weight in WEIGHED else weight
    mean = AGGREGATES[mean].zh if mean in AGGREGATES else mean
    zh += f"，{m}项指标；赋权：{weight}，合成：{mean}；定义"
    console.print(gz.Text(zh, en).get(lang) + result.index.hash[:19])
    for note in result.notes_in(lang):
        console.print(f"- {note}", style="dim", soft_wrap=True)

"""The command that monitors a plan, and what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
    plain_errors,
    print_written,
    terminal,
)
from gz_index.framework import Text
from gz_index.saving import refuse_existing

if TYPE_CHECKING:
    from gz_index.monitoring.dashboard import Monitor


@app.command()
def monitor(
    definition: Definition,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for dashboard, xlsx and csv (must not exist).")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier dashboard in --out.")] = False,
    of: Annotated[str | None, typer.Option("--of", help="Unit to monitor, of several.")] = None,
    year: Annotated[int | None, typer.Option(help="Assess as of this year.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Against the targets of this year.")] = None,
    wording: Annotated[str, typer.Option(help="plan, eurostat or un.")] = "plan",
    full: Annotated[bool, typer.Option("--all", help="Also indicators without target.")] = False,
    unit: Units = None,
    period: Periods = None,
    lang: Lang = "en",
) -> None:
    """Assess a plan: each target with base, latest value, completion, growth and class.

    Writes the dashboard as xlsx and csv, in Chinese and in English.
    """
    with plain_errors():
        index = index_of(definition)
        frame = data_of(index, data, unit, period)
        if out is not None:
            refuse_existing(out, mark="study.json", overwrite=overwrite)
        study = gz.monitor(index, frame, unit=of, year=year, horizon=horizon, wording=wording)
        if out is not None:
            study.save(out, overwrite=overwrite)
        console = terminal()
        print_monitor(console, study, lang, full=full)
    print_written(console, out)


_TARGET = Text("目标", "Target")
_HEADS: tuple[tuple[Text, Literal["left", "right"]], ...] = (
    (Text("指标", "Indicator"), "left"),
    (Text("基期", "Base"), "right"),
    (Text("最新", "Latest"), "right"),
    (_TARGET, "right"),
    (Text("完成度/时间", "Done / time"), "right"),
    (Text("增速/所需", "Growth / due"), "right"),
    (Text("评价", "Class"), "left"),
)


def print_monitor(console: Console, m: Monitor, lang: Literal["en", "zh"], *, full: bool) -> None:
    """Print the targets with their progress, the roll-up by zone, and the notes.

    Parameters
    ----------
    full : bool
        Also the indicators without a target.
    """
    from gz_index.monitoring.assessment import OUTCOMES
    from gz_index.monitoring.targets import target_text
    from gz_index.monitoring.words import class_text

    shown = m.table if full else m.table[m.table["target"] != ""]
    shown = shown[shown["outcome"] != "in words"]  # the notes have them
    due = shown["target_year"].dropna().unique()
    table = Table(title=f"{m.index.name.get(lang) or m.index.id}, {m.unit}, {m.year}")
    for head, side in _HEADS:
        year = f" {due[0]}" if head is _TARGET and len(due) == 1 else ""
        table.add_column(head.get(lang) + year, justify=side, overflow="fold")
    for code, row in shown.iterrows():
        aim = m.goals.get(str(code))
        table.add_row(
            m.name(str(code), lang),
            _dated(row["base"], row["base_year"]),
            _dated(row["value"], row["year"]),
            "" if aim is None else _due(target_text(aim.target, lang), aim.target.year, len(due)),
            _pair(row["completion"], row["time_share"], ".3f"),
            _pair(row["growth"], row["required"], ".1%"),
            class_text(row["class"], lang) or OUTCOMES[row["outcome"]].get(lang),
        )
    console.print(table)
    zones = m.to_zones(lang=lang)
    zones = zones.loc[:, [c for c in zones if zones[c].notna().any() and (zones[c] != 0).any()]]
    roll = Table(title="分区汇总" if lang == "zh" else "By zone")
    for head in (zones.index.name, *zones.columns):
        roll.add_column(str(head), justify="left" if head == zones.index.name else "right")
    for zone, row in zones.iterrows():
        roll.add_row(str(zone), *(_number(v) for v in row))
    console.print(roll)
    for note in m.notes_in(lang):
        console.print(f"- {note}", style="dim", soft_wrap=True)


def _number(value: Any) -> str:
    return "-" if pd.isna(value) else f"{value:g}" if value == int(value) else f"{value:.3f}"


def _dated(value: Any, year: object) -> str:
    return "-" if pd.isna(value) else f"{value:g} ({year})"


def _due(target: str, year: int | None, several: int) -> str:
    return target if year is None or several == 1 else f"{target} ({year})"


def _pair(a: Any, b: Any, how: str) -> str:
    if pd.isna(a) and pd.isna(b):
        return "-"
    return " / ".join("-" if pd.isna(v) else format(v, how) for v in (a, b))

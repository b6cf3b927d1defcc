"""The command that audits an index: what it prints, and when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
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
    period_of,
    plain_errors,
    print_written,
    terminal,
)
from gz_index.errors import NotFoundError
from gz_index.saving import refuse_existing

if TYPE_CHECKING:
    from gz_index.auditing.report import Audit


@app.command()
def audit(
    definition: Definition,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for pages, JSON and tables (must not exist).")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier audit in --out.")] = False,
    fail_at: Annotated[
        str | None, typer.Option(help="Severity from which the status is 1, for pipelines.")
    ] = None,
    show: Annotated[str, typer.Option(help="Least severity to print.")] = "warning",
    at: Annotated[str | None, typer.Option("--at", help="Period; all by default.")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Section or code to leave out.")] = None,
    unit: Units = None,
    period: Periods = None,
    lang: Lang = "en",
) -> None:
    """Audit an index as the JRC would: concept, data, pillars, weights, levels, robustness."""
    from gz_index.auditing.findings import SEVERITIES

    with plain_errors():
        for severity in (show, *([fail_at] if fail_at is not None else [])):
            if severity not in SEVERITIES:
                raise NotFoundError(f"no severity {severity!r}; there are {', '.join(SEVERITIES)}")
        index = index_of(definition)
        frame = data_of(index, data, unit, period, lang)
        if out is not None:
            refuse_existing(out, mark="study.json", overwrite=overwrite)
        when = None if at is None else period_of(index, frame, at)
        found = gz.audit(index, frame, period=when, skip=skip or ())
        if out is not None:
            found.save(out, overwrite=overwrite)
    console = terminal()
    print_audit(console, found, lang, show)
    print_written(console, out)
    if fail_at is not None and exit_status(found, fail_at):
        raise typer.Exit(1)


_COLOURS = {"serious": "red", "warning": "yellow", "note": "cyan", "not checked": "dim"}
_HEADS = {"en": ("", "Code", "Finding", "Advice"), "zh": ("程度", "代码", "发现", "建议")}


def print_audit(
    console: Console, audit: Audit, lang: Literal["en", "zh"], minimum: str = "not checked"
) -> None:
    """Print the findings that are at least so severe, section by section, and the notes."""
    from gz_index.auditing.findings import SECTIONS
    from gz_index.auditing.report import folded, more_text, severity_text

    shown = audit.at_least(minimum)
    console.print(escape(audit.title(lang)), style="bold", soft_wrap=True)
    console.print(audit.summary(lang))
    for number, section in enumerate(SECTIONS, 1):
        mine = [f for f in shown if f.section == section]
        if not mine:
            continue
        table = Table(title=f"{number} {SECTIONS[section].get(lang)}", title_justify="left")
        for head in _HEADS[lang]:
            table.add_column(head, overflow="fold")
        for f, more in folded(mine):
            said = more_text(more, lang) if more else f.message.get(lang)
            advice = "" if more else f.advice.get(lang)
            table.add_row(
                f"[{_COLOURS[f.severity]}]{severity_text(f.severity, lang)}[/]",
                f.code,
                escape(said),
                escape(advice),
            )
        console.print(table)
    for note in audit.notes_in(lang):
        console.print(f"- {escape(note)}", style="dim", soft_wrap=True)


def exit_status(audit: Audit, severity: str = "serious") -> int:
    """Return 1 where a finding is at least so severe, else 0: for pipelines.

    Raises
    ------
    MethodError
        There is no such severity.
    """
    return 1 if audit.at_least(severity) else 0

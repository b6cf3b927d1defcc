"""The command that writes a report: its checks, and what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

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
    terminal,
)
from gz_index.saving import refuse_file

if TYPE_CHECKING:
    from gz_index.report.documents import Document


@app.command()
def report(
    definition: Definition,
    data: Data = None,
    out: Annotated[
        Path, typer.Option(help="The report, NAME.html or NAME.docx (must not exist).")
    ] = Path("report.html"),
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier file at --out.")] = False,
    of: Annotated[str | None, typer.Option("--of", help="Unit in focus.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Period; the last by default.")] = None,
    section: Annotated[
        list[str] | None, typer.Option(help="Section to write, again for more; all by default.")
    ] = None,
    title: Annotated[str, typer.Option(help="In place of the definition's.")] = "",
    draws: Annotated[int | None, typer.Option(min=2, help="Monte Carlo draws.")] = None,
    points: Annotated[int | None, typer.Option(min=2, help="Sobol points, 2^k.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the random streams.")] = None,
    unit: Units = None,
    period: Periods = None,
    lang: Lang = "en",
) -> None:
    """Write a report: level, trend, targets, obstacles, robustness, audit, methods.

    A page that needs no other file, or a Word document; what does not apply is left out with the
    reason.
    """
    from gz_index.report.documents import compose

    with plain_errors():
        refuse_report(out, overwrite=overwrite)
        index = index_of(definition)
        frame = data_of(index, data, unit, period, lang)
        made = compose(
            index,
            frame,
            lang=lang,
            sections=section or None,
            period=None if at is None else period_of(index, frame, at),
            unit=of,
            draws=draws,
            points=points,
            seed=seed,
            title=title,
        )
        made.save(out, overwrite=overwrite)
    console = terminal()
    print_report(console, made)
    console.print(f"written: {out}", soft_wrap=True)


def refuse_report(out: Path, *, overwrite: bool) -> None:
    """Refuse a file that cannot be written, before any work is done.

    Raises
    ------
    MethodError
        It is named neither .html nor .docx.
    DataError
        It exists.
    MissingExtraError
        What writes it is not installed.
    """
    from gz_index.report.documents.content import known_suffix, need_writer

    need_writer(known_suffix(out))
    refuse_file(out, overwrite=overwrite)


def print_report(console: Console, report: Document) -> None:
    """Print the findings of a report, and the sections and figures that it lacks."""
    from gz_index.report.documents.writing import left_out

    console.print(escape(report.title), style="bold", soft_wrap=True)
    for point in report.points:
        console.print(f"- {escape(point)}", soft_wrap=True)
    for left in left_out(report):
        console.print(f"- {escape(left)}", style="dim", soft_wrap=True)

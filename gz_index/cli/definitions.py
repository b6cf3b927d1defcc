"""Commands on definitions: list, check, cite, new."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.table import Table

import gz_index as gz
from gz_index import catalog
from gz_index.cli.shared import Definition, Periods, Units, app, index_of, plain_errors, terminal
from gz_index.errors import DataError, GzIndexError, Problem


@app.command("list")
def list_() -> None:
    """List the definitions, judgements and data sets that are shipped."""
    with plain_errors():
        table = Table(title="Definitions")
        for head in ("name", "version", "indicators", "title", "名称"):
            table.add_column(head)
        for name in catalog.available():
            i = gz.load(name)
            count = str(len(i.framework.codes))
            table.add_row(name, i.version, count, i.name.get("en"), i.name.get("zh"))
        console = terminal()
        console.print(table)
        for title, kind in (("Judgements and published weights", "weights"), ("Data sets", "data")):
            console.print(f"{title}: {', '.join(catalog.available(kind))}")  # type: ignore[arg-type]


@app.command()
def check(
    definitions: Annotated[list[str], typer.Argument(help="Names or .toml files.")],
) -> None:
    """Check definitions; every problem is listed, and the status says whether there was one."""
    failed = False
    for name in definitions:
        try:
            index = index_of(name)
        except (GzIndexError, OSError) as error:
            failed = True
            print(error if name in str(error) else f"{name}: {error}", file=sys.stderr)
        else:
            print(f"{name}: ok, {len(index.framework.codes)} indicators, {index.hash}")
    if failed:
        raise typer.Exit(1)


@app.command()
def cite(
    definition: Definition,
    bibtex: Annotated[bool, typer.Option("--bibtex", help="As BibTeX.")] = False,
) -> None:
    """Print how to cite a definition and what it stands on."""
    with plain_errors():
        print(index_of(definition).cite(style="bibtex" if bibtex else "text"))


@app.command()
def new(
    data: Annotated[Path, typer.Argument(help="A table with one column per indicator.")],
    to: Annotated[Path, typer.Argument(help="The definition to write, NAME.toml.")],
    unit: Units = None,
    period: Periods = None,
) -> None:
    """Start a definition from a table: every numeric column becomes an indicator, direction +."""
    with plain_errors():
        if to.suffix != ".toml":
            raise DataError(f"{to} is no definition", [Problem(to.name, "is to end in .toml")])
        if to.exists():
            raise DataError(
                f"{to} exists already", [Problem(str(to), "is in the way", "name a new file")]
            )
        frame = gz.read_table(data, unit=unit, period=period)
        columns = _indicators(frame, data)
        framework = gz.Framework(
            tuple(gz.Indicator(code=str(c), name=gz.Text.of(str(c))) for c in columns)
        )
        index = gz.Index(framework=framework, id=to.stem, version="0.1.0", name=gz.Text.of(to.stem))
        index.to_toml(to)
    aside = [str(c) for c in frame if c not in columns]
    if aside:
        print(f"columns of text, left aside: {', '.join(aside)}")
    print(f"{to}: {len(columns)} indicators. Now set direction, unit, groups and source of each;")
    print(f"gz-index check {to}; gz-index evaluate {to} {data}")


def _indicators(frame: pd.DataFrame, path: Path) -> list[Any]:
    """Columns of numbers; one that holds text beside numbers is refused, with its first such cell.

    Raises
    ------
    DataError
        There is such a column, or none of numbers.
    """
    problems, columns = [], list(frame.select_dtypes("number").columns)
    for name in (c for c in frame if c not in columns):
        cells = frame[name].tolist()
        odd = [i for i, c in enumerate(cells) if isinstance(c, str)]
        if odd and any(isinstance(c, float) and c == c for c in cells):
            label = frame.index[odd[0]]
            row = ", ".join(map(str, label)) if isinstance(label, tuple) else label
            more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
            what = f"{cells[odd[0]]!r} for {row} is no number{more}"
            problems.append(Problem(f"column {name!r}", what, "empty the cell, or correct it"))
    if problems:
        raise DataError(f"{path}: {len(problems)} columns hold text beside numbers", problems)
    if not columns:
        raise DataError(f"{path} has no numeric column to make an indicator of")
    return columns

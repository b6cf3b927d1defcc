"""What the commands share: their options, and how they read, print and fail."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import typer
from rich.console import Console

import gz_index as gz
from gz_index import catalog
from gz_index.errors import DataError, GzIndexError, NotFoundError, Problem

__all__ = [
    "Data",
    "Definition",
    "Lang",
    "Periods",
    "Units",
    "app",
    "data_of",
    "index_of",
    "part_of",
    "period_of",
    "plain_errors",
    "print_written",
    "terminal",
]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Composite indices that can be defended in print.",
)

Definition = Annotated[
    str, typer.Argument(help="Name of a shipped definition, or path of a .toml file.")
]
Data = Annotated[
    Path | None, typer.Argument(help="csv, xlsx, parquet or dta; without it the embedded data.")
]
Units = Annotated[str | None, typer.Option("--unit", help="Column of the units in the file.")]
Periods = Annotated[str | None, typer.Option("--period", help="Column of the periods in the file.")]
Lang = Annotated[Literal["en", "zh"], typer.Option("--lang", help="Language of names and heads.")]


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print an error of ours as one message, and end with status 2."""
    try:
        yield
    except (GzIndexError, OSError) as error:
        print(f"gz-index: {error}", file=sys.stderr)
        raise typer.Exit(2) from None


def terminal() -> Console:
    """Return the console; where it is no terminal, lines are 120 wide."""
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def index_of(name: str) -> gz.Index:
    """Read a definition, from a file or among the shipped ones."""
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return gz.Index.from_toml(path)
    return gz.load(name)


def _braced(text: str) -> str:
    return text if text.startswith("{") and text.endswith("}") else f"{{ {text} }}"


def part_of(text: str) -> Any:
    """Read an option: a name, a shipped judgement file, or ``key = value, ...`` as in TOML."""
    if "=" in text:
        try:
            return tomllib.loads(f"part = {_braced(text.strip())}")["part"]
        except tomllib.TOMLDecodeError as error:
            raise DataError(
                f"cannot read {text!r} ({error})",
                [Problem("option", "not a TOML table", "scheme = 'critic', conflict = 'absolute'")],
            ) from None
    return {"judgements": text} if text in catalog.available("weights") else text


def data_of(
    index: gz.Index,
    path: Path | None,
    unit: str | None,
    period: str | None,
    lang: Literal["en", "zh"] | None = None,
) -> pd.DataFrame:
    """Read the table, else the embedded data, whose units are named in the language."""
    if path is not None:
        return gz.read_table(path, unit=unit, period=period)
    if not index.data:
        raise NotFoundError(
            f"no data are embedded for {index.id!r}; give a file: gz-index evaluate {index.id} FILE"
        )
    frame: pd.DataFrame = gz.data(index.data, lang=lang)
    return frame


def period_of(index: gz.Index, frame: pd.DataFrame, at: str | None) -> Any:
    """Return the period of this name, the last one by default; None without periods."""
    periods = index.evaluate(frame).table.periods
    if periods is None or at is None:
        if at is not None:
            raise NotFoundError(f"the data have no periods, so there is none called {at!r}")
        return None if periods is None else periods[-1]
    for p in periods:
        if str(p) == at:
            return p
    raise NotFoundError(f"no period {at!r}; there are {', '.join(map(str, periods))}")


def print_written(console: Console, out: Path | None) -> None:
    """Say which files were written to a folder."""
    if out is not None:
        files = ", ".join(sorted(p.name for p in out.iterdir()))
        console.print(f"written: {out}/ ({files})", soft_wrap=True)

"""The command that writes an index as an interactive page."""

# no "from __future__ import annotations": typer has to see the types that `register` takes from cli

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command ``page``."""
    from gz_index import cli
    from gz_index.cli import Data, Definition, Lang, Periods, Units
    from gz_index.errors import DataError, Problem
    from gz_index.report.page import USUAL, to_page

    @app.command()
    def page(
        definition: Definition,
        data: Data = None,
        out: Annotated[Path, typer.Option(help="File to write (must not exist).")] = Path(
            "page.html"
        ),
        overwrite: Annotated[bool, typer.Option(help="Replace --out.")] = False,
        sets: Annotated[
            list[str] | None,
            typer.Option("--set", help="Weights to go back to; a scheme or shipped judgements."),
        ] = None,
        draws: Annotated[int, typer.Option(min=2, help="For the intervals of ranks.")] = 1000,
        seed: Annotated[int, typer.Option(min=0, help="Of the random streams.")] = 0,
        unit: Units = None,
        period: Periods = None,
        lang: Lang = "en",
    ) -> None:
        """Write an index as one page with sliders for its weights; it asks nothing of the network.

        Without --set the page offers equal, entropy, AHP (where the definition has judgements) and
        principal-component weights.
        """
        with cli._plain_errors():
            if out.exists() and not (overwrite and out.is_file()):
                raise DataError(
                    f"{out} exists already",
                    [Problem("--out", "is in the way", "name a new file, or add --overwrite")],
                )
            index = cli._index(definition)
            result = index.evaluate(cli._data(index, data, unit, period, lang))
            asked: list[Any] = [cli._part(s) for s in sets] if sets else list(USUAL)
            to_page(result, out, lang=lang, sets=asked, draws=draws, seed=seed, overwrite=overwrite)
        cli._console().print(f"written: {out}", soft_wrap=True)

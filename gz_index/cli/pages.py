"""The command that writes an index as an interactive page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

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
    terminal,
)
from gz_index.saving import refuse_file


@app.command()
def page(
    definition: Definition,
    data: Data = None,
    out: Annotated[Path, typer.Option(help="File to write (must not exist).")] = Path("page.html"),
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
    from gz_index.report.page import USUAL, to_page

    with plain_errors():
        refuse_file(out, overwrite=overwrite)
        index = index_of(definition)
        result = index.evaluate(data_of(index, data, unit, period, lang))
        asked: list[Any] = [part_of(s) for s in sets] if sets else list(USUAL)
        to_page(result, out, lang=lang, sets=asked, draws=draws, seed=seed, overwrite=overwrite)
    terminal().print(f"written: {out}", soft_wrap=True)

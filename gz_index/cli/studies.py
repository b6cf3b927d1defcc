"""The command on robustness, and what it prints of its studies."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

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
    period_of,
    plain_errors,
    terminal,
)
from gz_index.errors import DataError, MethodError
from gz_index.framework import ROOT
from gz_index.saving import new_folder, refuse_existing

if TYPE_CHECKING:
    from gz_index.sensitivity.montecarlo import Uncertainty
    from gz_index.sensitivity.variance import VarianceShares
    from gz_index.study import Study


@app.command()
def sensitivity(
    definition: Definition,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the studies (must not exist).")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace earlier studies in --out.")] = False,
    draws: Annotated[int | None, typer.Option(min=2, help="Monte Carlo draws.")] = None,
    points: Annotated[int | None, typer.Option(min=2, help="Sobol points, 2^k.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the random streams.")] = None,
    level: Annotated[float, typer.Option(help="Probability of the intervals of ranks.")] = 0.9,
    at: Annotated[str | None, typer.Option("--at", help="Period; the last by default.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes; -1 for one a core.")] = 1,
    unit: Units = None,
    period: Periods = None,
    top: Annotated[int, typer.Option(min=1, help="Rows to print.")] = 10,
    lang: Lang = "en",
) -> None:
    """Say how far the ranking can be trusted: uncertainty, what it depends on, stability.

    What varies stands in the [sensitivity] table of the definition; without one, every weight
    varies by a quarter.
    """
    with plain_errors():
        index = index_of(definition)
        frame = data_of(index, data, unit, period, lang)
        if out is not None:
            refuse_existing(out, mark="uncertainty/study.json", overwrite=overwrite)
        if index.sensitivity is None:
            index = index.replace(sensitivity={"choices": [gz.Spread(size=0.25)]})
        when = period_of(index, frame, at)
        how: dict[str, Any] = {
            "seed": seed,
            "period": when,
            "n_jobs": jobs,
            "progress": "rich" if sys.stderr.isatty() else None,
        }
        studies: dict[str, Study] = {
            "uncertainty": gz.uncertainty(index, frame, draws=draws, level=level, **how),
        }
        if len(index.sensitivity.choices) > 1:  # the variance of one choice is all its own
            studies["sobol"] = gz.sobol(index, frame, points=points, targets=["shift"], **how)
        refused = []
        for name, study in (("stability", gz.stability), ("importance", gz.importance)):
            try:
                studies[name] = study(index, frame, period=when)
            except (MethodError, DataError) as error:  # not every index has them
                refused.append(f"{name}: {error}")
        if out is not None:
            with new_folder(out, mark="uncertainty/study.json", overwrite=overwrite) as part:
                for name, study in studies.items():
                    study.save(part / name)
    console = terminal()
    title = index.name.get(lang) or index.id
    print_studies(console, studies, f"{title}, {when}" if when is not None else title, top, lang)
    for why in refused:
        console.print(f"- {why}", style="dim", soft_wrap=True)
    if out is not None:
        console.print(f"written: {out}/ ({', '.join(studies)})", soft_wrap=True)


_HEADS = {
    "en": ("Rank", "Unit", "Interval", "Median", "Shift", "Top 3", "Score", "Interval of score"),
    "zh": ("名次", "评价对象", "名次区间", "中位名次", "平均变动", "前三", "得分", "得分区间"),
}
_CHOICES = {
    "en": (
        "What varies",
        "First order",
        "Total",
        "Shapley",
        "Share of the variance of rank shifts",
    ),
    "zh": ("变动因素", "一阶", "总效应", "Shapley", "名次变动方差的来源"),
}
_WEIGHTS = {
    "en": ("Node", "Weight", "Leader stays within", "Overtaken by", "Weights and the leader"),
    "zh": ("节点", "权重", "榜首不变的权重区间", "被谁超过", "权重与榜首"),
}
_COUNTS = {
    "en": ("Node", "Declared", "Importance", "Gap", "Shapley", "Declared weight and importance"),
    "zh": ("节点", "名义权重", "重要性", "差距", "Shapley", "名义权重与实际重要性"),
}


def print_studies(
    console: Console,
    studies: Mapping[str, Study],
    title: str,
    top: int,
    lang: Literal["en", "zh"],
) -> None:
    """Print ranks with their intervals, shares of variance, and how firm the leader is."""
    u = cast("Uncertainty", studies["uncertainty"])
    _ranks(console, u, title, top, lang)
    if "sobol" in studies:
        _shares(console, cast("VarianceShares", studies["sobol"]), lang)
    if "stability" in studies:
        _leader(console, studies["stability"], lang)
    if "importance" in studies:
        _counts(console, studies["importance"], lang)
    for study in studies.values():
        for note in study.notes_in(lang):
            console.print(f"- {note}", style="dim", soft_wrap=True)


def _ranks(
    console: Console, u: Uncertainty, title: str, top: int, lang: Literal["en", "zh"]
) -> None:
    heads = _HEADS[lang]
    table = Table(title=title)
    for i, head in enumerate(heads):
        table.add_column(head, justify="left" if i == 1 else "right")
    scores, three = u.scores, u.top(3)
    order = u.ranks.sort_values("nominal", kind="stable").index[:top]
    for unit in order:
        r, s = u.ranks.loc[unit], scores.loc[unit]
        shown = "low" in scores and not u.mixed_scales
        spread = f"{s['low']:.3f} - {s['high']:.3f}" if shown else "-"
        table.add_row(
            f"{r['nominal']:g}",
            str(unit),
            f"{r['low']:g} - {r['high']:g}",
            f"{r['median']:g}",
            f"{r['shift']:.2f}",
            f"{three[unit]:.0%}",
            f"{s['nominal']:.4f}",
            spread,
        )
    console.print(table)


def _shares(console: Console, shares: VarianceShares, lang: Literal["en", "zh"]) -> None:
    choice, first, total, shapley, title = _CHOICES[lang]
    found = shares.of("shift")
    table = Table(title=title)
    table.add_column(choice)
    for head in (first, total, *([shapley] if shares.exact else [])):
        table.add_column(head, justify="right")
    for name, row in found.iterrows():
        cells = [row["first"], row["total"], *([row["shapley"]] if shares.exact else [])]
        table.add_row(str(name), *("-" if c != c else f"{c:.3f}" for c in cells))
    console.print(table)


def _leader(console: Console, stability: Study, lang: Literal["en", "zh"]) -> None:
    node, weight, stays, by, title = _WEIGHTS[lang]
    table = Table(title=title)
    for head in (node, weight, stays, by):
        table.add_column(head, justify="left" if head in (node, by) else "right")
    found = stability.to_frame()
    f = stability.index.framework
    for code in f.children(ROOT):
        if (code, "leader") not in found.index:
            continue
        row = {str(k): v for k, v in found.xs((code, "leader")).items()}
        who = [str(row[c]) if isinstance(row[c], str) else "-" for c in ("low_riser", "high_riser")]
        table.add_row(
            f.name(code, lang),
            f"{row['weight']:.4f}",
            f"{row['low']:.4f} - {row['high']:.4f}",
            " / ".join(who),
        )
    console.print(table)


def _counts(console: Console, importance: Study, lang: Literal["en", "zh"]) -> None:
    *heads, title = _COUNTS[lang]
    table = Table(title=title)
    for i, head in enumerate(heads):
        table.add_column(head, justify="left" if i == 0 else "right")
    found, f = importance.to_frame(), importance.index.framework
    top = found[(found["level"] == 1)]
    for code, row in top.iterrows():
        shapley = row["shapley"]
        table.add_row(
            f.name(str(code), lang),
            f"{row['declared']:.3f}",
            "-" if row["share"] != row["share"] else f"{row['share']:.3f}",
            "-" if row["gap"] != row["gap"] else f"{row['gap']:+.3f}",
            "-" if shapley != shapley else f"{shapley:.3f}",
        )
    console.print(table)

"""The command ``gz-index`` and what its parts share."""

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
from rich.table import Table

import gz_index as gz
from gz_index import catalog, cli_page
from gz_index.auditing.findings import SEVERITIES
from gz_index.cli_audit import exit_status, print_audit
from gz_index.cli_monitor import print_monitor
from gz_index.cli_report import print_report, refuse_report, unit_named
from gz_index.cli_studies import print_studies
from gz_index.errors import DataError, GzIndexError, MethodError, NotFoundError, Problem
from gz_index.framework import ROOT
from gz_index.report import figures
from gz_index.report.canvas import KINDS
from gz_index.saving import new_folder, refuse_existing
from gz_index.study import Study

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


def main() -> None:
    """Run the command; an error is one message and a non-zero status."""
    app()


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except (GzIndexError, OSError) as error:
        print(f"gz-index: {error}", file=sys.stderr)
        raise typer.Exit(2) from None


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def _index(name: str) -> gz.Index:
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return gz.Index.from_toml(path)
    return gz.load(name)


def _braced(text: str) -> str:
    return text if text.startswith("{") and text.endswith("}") else f"{{ {text} }}"


def _part(text: str) -> Any:
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


@app.command("list")
def list_() -> None:
    """List the definitions, judgements and data sets that are shipped."""
    with _plain_errors():
        table = Table(title="Definitions")
        for head in ("name", "version", "indicators", "title", "名称"):
            table.add_column(head)
        for name in catalog.available():
            i = gz.load(name)
            count = str(len(i.framework.codes))
            table.add_row(name, i.version, count, i.name.get("en"), i.name.get("zh"))
        console = _console()
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
            index = _index(name)
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
    with _plain_errors():
        print(_index(definition).cite(style="bibtex" if bibtex else "text"))


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
    with _plain_errors():
        index = _index(definition)
        parts = {"weight": weight, "normalise": normalise, "aggregate": aggregate}
        changes: dict[str, Any] = {k: _part(v) for k, v in parts.items() if v is not None}
        if missing is not None:
            changes["missing"] = missing
        index = index.replace(**changes)
        if out is not None:
            refuse_existing(out, mark="result.json", overwrite=overwrite)
        if figure is not None:
            _refuse_figure(figure, overwrite)
        result = index.evaluate(_data(index, data, unit, period, lang))
        drawn = None if figure is None else figures.contributions(result, lang=lang, most=40)
        if out is not None:
            result.save(out, overwrite=overwrite)
        if drawn is not None and figure is not None:
            figure.parent.mkdir(parents=True, exist_ok=True)
            figures.save(drawn, figure)
    console = _console()
    _print(console, result, top, lang)
    _print_written(console, out)
    if figure is not None:
        console.print(f"drawn: {figure}", soft_wrap=True)


def _refuse_figure(path: Path, overwrite: bool) -> None:
    if path.suffix not in KINDS:
        raise MethodError(f"no figure is written as {path.name!r}", hint=" or ".join(KINDS))
    if path.exists() and not overwrite:
        way = "name a new file, or add --overwrite"
        raise DataError(f"{path} exists already", [Problem("--figure", "is in the way", way)])


def _print_written(console: Console, out: Path | None) -> None:
    if out is not None:
        files = ", ".join(sorted(p.name for p in out.iterdir()))
        console.print(f"written: {out}/ ({files})", soft_wrap=True)


def _data(
    index: gz.Index,
    path: Path | None,
    unit: str | None,
    period: str | None,
    lang: Literal["en", "zh"] | None = None,
) -> pd.DataFrame:
    if path is not None:
        return gz.read_table(path, unit=unit, period=period)
    if not index.data:
        raise NotFoundError(
            f"no data are embedded for {index.id!r}; give a file: gz-index evaluate {index.id} FILE"
        )
    frame: pd.DataFrame = gz.data(index.data, lang=lang)
    return frame


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
    zh += f"，{m}项指标；赋权{weight}，合成{mean}；定义"
    console.print(gz.Text(zh, en).get(lang) + result.index.hash[:19])
    for note in result.notes_in(lang):
        console.print(f"- {note}", style="dim", soft_wrap=True)


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
    with _plain_errors():
        index = _index(definition)
        frame = _data(index, data, unit, period, lang)
        if out is not None:
            refuse_existing(out, mark="uncertainty/study.json", overwrite=overwrite)
        if index.sensitivity is None:
            index = index.replace(sensitivity={"choices": [gz.Spread(size=0.25)]})
        when = _period(index, frame, at)
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
    console = _console()
    title = index.name.get(lang) or index.id
    print_studies(console, studies, f"{title}, {when}" if when is not None else title, top, lang)
    for why in refused:
        console.print(f"- {why}", style="dim", soft_wrap=True)
    if out is not None:
        console.print(f"written: {out}/ ({', '.join(studies)})", soft_wrap=True)


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
    with _plain_errors():
        for severity in (show, *([fail_at] if fail_at is not None else [])):
            if severity not in SEVERITIES:
                raise NotFoundError(f"no severity {severity!r}; there are {', '.join(SEVERITIES)}")
        index = _index(definition)
        frame = _data(index, data, unit, period, lang)
        if out is not None:
            refuse_existing(out, mark="study.json", overwrite=overwrite)
        when = None if at is None else _period(index, frame, at)
        found = gz.audit(index, frame, period=when, skip=skip or ())
        if out is not None:
            found.save(out, overwrite=overwrite)
    console = _console()
    print_audit(console, found, lang, show)
    _print_written(console, out)
    if fail_at is not None and exit_status(found, fail_at):
        raise typer.Exit(1)


def _period(index: gz.Index, frame: pd.DataFrame, at: str | None) -> Any:
    periods = index.evaluate(frame).table.periods
    if periods is None or at is None:
        if at is not None:
            raise NotFoundError(f"the data have no periods, so there is none called {at!r}")
        return None if periods is None else periods[-1]
    for p in periods:
        if str(p) == at:
            return p
    raise NotFoundError(f"no period {at!r}; there are {', '.join(map(str, periods))}")


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
    with _plain_errors():
        index = _index(definition)
        frame = _data(index, data, unit, period)
        if out is not None:
            refuse_existing(out, mark="study.json", overwrite=overwrite)
        study = gz.monitor(index, frame, unit=of, year=year, horizon=horizon, wording=wording)
        if out is not None:
            study.save(out, overwrite=overwrite)
        console = _console()
        print_monitor(console, study, lang, full=full)
    _print_written(console, out)


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
    points: Annotated[int, typer.Option(min=2, help="Sobol points, 2^k.")] = 128,
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

    with _plain_errors():
        refuse_report(out, overwrite=overwrite)
        index = _index(definition)
        frame = _data(index, data, unit, period)
        made = compose(
            index,
            frame,
            lang=lang,
            sections=section or None,
            period=None if at is None else _period(index, frame, at),
            unit=None if of is None else unit_named(index.evaluate(frame).table.units, of),
            draws=draws,
            points=points,
            seed=seed,
            title=title,
        )
        made.save(out, overwrite=overwrite)
    console = _console()
    print_report(console, made, lang)
    console.print(f"written: {out}", soft_wrap=True)


@app.command()
def new(
    data: Annotated[Path, typer.Argument(help="A table with one column per indicator.")],
    to: Annotated[Path, typer.Argument(help="The definition to write, NAME.toml.")],
    unit: Units = None,
    period: Periods = None,
) -> None:
    """Start a definition from a table: every numeric column becomes an indicator, direction +."""
    with _plain_errors():
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
        found = pd.to_numeric(frame[name], errors="coerce").notna()
        odd = frame[name].notna() & ~found
        if found.any() and odd.any():
            label = frame.index[int(odd.argmax())]
            row = ", ".join(map(str, label)) if isinstance(label, tuple) else label
            what = f"{frame[name].iloc[int(odd.argmax())]!r} for {row} is no number"
            problems.append(Problem(f"column {name!r}", what, "empty the cell, or correct it"))
    if problems:
        raise DataError(f"{path}: {len(problems)} columns hold text beside numbers", problems)
    if not columns:
        raise DataError(f"{path} has no numeric column to make an indicator of")
    return columns


cli_page.register(app)


if __name__ == "__main__":
    main()

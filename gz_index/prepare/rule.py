"""What ``prepare=`` may be: steps in their order; and what was fitted, changed and left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from gz_index._registry import closest
from gz_index.errors import DefinitionError, GzIndexError, MethodError, Problem, said_of
from gz_index.framework import Framework, Text
from gz_index.prepare.base import Fitted, Sheet, Step, label_index

__all__ = ["KINDS", "Prepare", "PrepareLike", "Prepared", "prepare"]

#: every kind of step, and where its class is
KINDS: Mapping[str, str] = {
    "screen": "gz_index.prepare.screen:Screen",
    "denominate": "gz_index.prepare.denominate:Denominate",
    "deflate": "gz_index.prepare.denominate:Deflate",
    "impute": "gz_index.prepare.impute:Impute",
    "treat": "gz_index.prepare.outliers:Treat",
}

PrepareLike: TypeAlias = "Prepare | Step | Mapping[str, Any] | Sequence[Step | Mapping[str, Any]]"


def step(spec: Step | Mapping[str, Any], *, where: Path | None = None) -> Step:
    """Make a step from a table ``{kind = ..., options}`` or from itself; the one place that does.

    Parameters
    ----------
    spec : Step or mapping
    where : Path, optional
        Folder against which the path of a table of donors is read.

    Raises
    ------
    MethodError
        The kind or an option is not known, or an option is not valid.
    """
    if isinstance(spec, Step):
        return spec
    if not isinstance(spec, Mapping) or "kind" not in spec:
        raise MethodError(f"{spec!r} is no step", hint=f"kind = one of {', '.join(KINDS)}")
    table = {str(k): tuple(v) if isinstance(v, list) else v for k, v in spec.items()}
    kind = str(table.pop("kind"))
    if kind not in KINDS:
        raise MethodError(
            f"no step {kind!r}{closest(kind, list(KINDS))}",
            hint=f"kinds are {', '.join(KINDS)}",
        )
    donors = table.get("table")
    if where is not None and isinstance(donors, str):
        table["table"] = where / donors
    module, name = KINDS[kind].split(":")
    made = getattr(import_module(module), name)
    known = [f.name for f in dataclasses.fields(made)]
    for option in table:
        if option not in known:
            raise MethodError(
                f"a step of kind {kind!r} has no option {option!r}{closest(option, known)}",
                hint=f"options are {', '.join(known)}",
            )
    try:
        out: Step = made(**table)
    except TypeError as error:  # an option that is required is lacking
        raise MethodError(f"{kind}: {error}", hint=f"options are {', '.join(known)}") from None
    return out


@dataclass(frozen=True)
class Prepare:
    """Steps of preparation in their order; empty by default.

    Examples
    --------
    >>> prepare([{"kind": "impute", "method": "median"}]).label
    'impute...'
    """

    steps: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)

    @property
    def label(self) -> str:
        """A short name for tables."""
        return ", ".join(s.label for s in self.steps) or "none"

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns of the data that steps read beside the indicators."""
        return tuple(dict.fromkeys(c for s in self.steps for c in s.needs))

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with the steps for this tree."""
        from gz_index.prepare.denominate import divided_twice

        found = [p for s in self.steps for p in s.problems(framework)]
        codes = {
            str(name): i.code
            for i in framework.indicators
            for name in (i.name.zh, i.name.en)
            if name
        }
        found += [
            Problem("prepare", f"{c!r} is the name of an indicator", f"write {codes[c]!r}")
            for c in self.needs
            if c in codes and c not in framework.codes
        ]
        return found or divided_twice(self.steps, framework)

    def without(self, gone: Collection[str]) -> Prepare:
        """Return the steps for a tree without some nodes."""
        made = [s.without(gone) for s in self.steps]
        return Prepare(tuple(s for s in made if s is not None))

    def to_list(self) -> list[dict[str, Any]]:
        """Return what :func:`prepare` reads, in plain types."""
        return [s.to_dict() for s in self.steps]

    def fit(self, sheet: Sheet) -> Prepared:
        """Fit each step on what the one before it left, and apply it.

        Raises
        ------
        MethodError, DataError
            A step cannot be used; it is named.
        """
        stages, fitted = [sheet], []
        for number, s in enumerate(self.steps):
            try:
                found = s.fit(stages[-1])
                stages.append(s.apply(stages[-1], found))
            except GzIndexError as error:
                raise said_of(f"prepare, step {number + 1} ({s.label})", error) from error
            fitted.append(found)
        return Prepared(self.steps, tuple(fitted), tuple(stages))


def prepare(spec: PrepareLike | None, *, where: Path | None = None) -> Prepare:
    """Make a :class:`Prepare` from whatever ``prepare=`` may be; the one place that does.

    ``where`` is the folder against which files are read that steps name.

    Raises
    ------
    DefinitionError
        Steps are not valid; every one is named.
    """
    if spec is None:
        return Prepare()
    if isinstance(spec, Prepare):
        return spec
    given: Iterable[Any] = [spec] if isinstance(spec, Step | Mapping) else spec
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise MethodError(f"prepare = {spec!r} is no list of steps", hint="[{kind = ...}, ...]")
    steps, problems = [], []
    for number, one in enumerate(given):
        try:
            steps.append(step(one, where=where))
        except GzIndexError as error:
            problems.append(Problem(f"prepare[{number}]", str(error)))
    if problems:
        raise DefinitionError("the steps of preparation are not valid", problems)
    return Prepare(tuple(steps))


@dataclass(frozen=True, eq=False)
class Prepared:
    """Steps as they were fitted, and what they did to the data.

    Attributes
    ----------
    steps : tuple of Step
    fitted : tuple of dict
        What each has to know to be replayed.
    """

    steps: tuple[Step, ...]
    fitted: tuple[Fitted, ...] = field(repr=False)
    stages: tuple[Sheet, ...] = field(repr=False)

    @property
    def before(self) -> Sheet:
        """The data as they came."""
        return self.stages[0]

    @property
    def after(self) -> Sheet:
        """The data that enter the index."""
        return self.stages[-1]

    @property
    def gone(self) -> tuple[str, ...]:
        """Codes of the indicators that were screened out."""
        return tuple(label for what, label, _ in self.after.left if what == "indicator")

    @property
    def remaining(self) -> Prepare:
        """The steps as the definition without those indicators has them."""
        old, new = self.before.framework, self.after.framework
        return Prepare(self.steps).without([n for n in old.nodes if n not in new.nodes])

    def replay(self, sheet: Sheet) -> Prepared:
        """Apply to other rows what was fitted; rows that were fitted come out as they did.

        What is decided of new rows is kept with the rest, so that the release after this one, which
        replays the outcome, changes no figure of this one either.

        Raises
        ------
        MethodError, DataError
            A step cannot be applied; it is named.
        """
        stages, kept = [sheet], []
        for number, (s, found) in enumerate(zip(self.steps, self.fitted, strict=True)):
            try:
                stages.append(s.apply(stages[-1], found))
            except GzIndexError as error:
                raise said_of(f"prepare, step {number + 1} ({s.label})", error) from error
            kept.append(s.kept(stages[-2], stages[-1], found))
        return Prepared(self.steps, tuple(kept), tuple(stages))

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Every cell that a step changed by itself: filled in, winsorised.

        Columns that were changed as a whole (denominated, transformed) are in the notes.

        Returns
        -------
        DataFrame
            ``step``, ``unit``, ``period`` (where there is one), ``indicator``, ``before``,
            ``after``; in the order of steps, columns, rows.
        """
        rows = []
        stages = zip(self.steps, self.fitted, self.stages[:-1], self.stages[1:], strict=True)
        for s, found, old, new in stages:
            whole = s.whole_columns(found, new)
            place = {key: i for i, key in enumerate(old.keys)}
            keys = new.keys
            at = np.array([place[key] for key in keys], dtype=np.intp)
            for j, code in enumerate(new.codes):
                if code in whole:
                    continue
                a, b = old.values[at, old.codes.index(code)], new.values[:, j]
                changed = (a != b) & ~(np.isnan(a) & np.isnan(b))
                at_ = np.flatnonzero(changed).tolist()
                rows += [(s.label, *keys[i], code, a[i], b[i]) for i in at_]
        heads = ["step", "unit", "period", "indicator", "before", "after"]
        out = pd.DataFrame(rows, columns=heads)
        return out.drop(columns="period") if self.before.table.periods is None else out

    @cached_property
    def left(self) -> pd.DataFrame:
        """Units and indicators that left, and why, in both languages."""
        rows = [(what, label, why.en, why.zh) for what, label, why in self.after.left]
        return pd.DataFrame(rows, columns=["what", "label", "why", "why_zh"])

    @cached_property
    def imputed(self) -> pd.DataFrame:
        """Which cells were filled in, by row and indicator."""
        s = self.after
        return pd.DataFrame(s.imputed, index=label_index(s.keys), columns=list(s.codes))

    @property
    def filled(self) -> tuple[Text, ...]:
        """How many cells are imputed, for every table that stands on them; nothing if none is."""
        count = int(self.after.imputed.sum())
        share = count / max(self.after.values.size, 1)
        said = Text(
            f"{count}个单元格为插补值（占{share:.1%}）",
            f"{count} cells are imputed ({share:.1%} of those that enter the index)",
        )
        return (said,) if count else ()

    def texts(self) -> tuple[Text, ...]:
        """What a reader has to know of each step."""
        out = []
        for s, found, sheet in zip(self.steps, self.fitted, self.stages[:-1], strict=True):
            out += list(s.said(s.within(sheet, found)))
        out += self.filled
        gone = [(what, label) for what, label, _ in self.after.left]
        for kind, zh in (("unit", "评价对象"), ("indicator", "指标")):
            who = [label for what, label in gone if what == kind]
            if who:
                some = ", ".join(who[:8]) + (f" (+{len(who) - 8})" if len(who) > 8 else "")
                out.append(
                    Text(
                        f"筛选剔除{len(who)}个{zh}：{some}",
                        f"screened out {len(who)} {kind}(s): {some}",
                    )
                )
        return tuple(out)

    def save(self, folder: Path) -> None:
        """Write the data as they came, and what was changed; to look at and to read again."""
        s = self.before
        raw = pd.DataFrame(s.values, index=s.table.index, columns=list(s.codes))
        raw.assign(**dict(s.extra)).to_parquet(folder / "raw.parquet")
        self.cells.to_csv(folder / "changed_cells.csv", index=False, encoding="utf-8-sig")
        self.left.to_csv(folder / "left_out.csv", index=False, encoding="utf-8-sig")

    def to_dict(self) -> dict[str, Any]:
        """Return steps and what was fitted, in plain types."""
        return {
            "steps": [s.to_dict() for s in self.steps],
            "fitted": [dict(f) for f in self.fitted],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any], sheet: Sheet) -> Prepared:
        """Read what :meth:`to_dict` wrote, and replay it on the data as they came."""
        steps = tuple(step(s) for s in plain["steps"])
        return cls(steps, tuple(dict(f) for f in plain["fitted"]), (sheet,)).replay(sheet)

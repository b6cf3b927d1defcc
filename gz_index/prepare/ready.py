"""From the user's table to the data that enter an index: aligned, prepared, without what left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gz_index.errors import DataError, Problem
from gz_index.framework import Excluded, Framework, Indicator, Text
from gz_index.prepare.base import Sheet
from gz_index.prepare.rule import Prepare, Prepared
from gz_index.table import Table, align

if TYPE_CHECKING:
    from gz_index.index import Index

__all__ = ["Ready", "ready", "sheet"]


class Ready(NamedTuple):
    """Data that enter an index.

    Attributes
    ----------
    definition : Index
        Without the indicators that a screen left out.
    table : Table
    prepared : Prepared or None
        What was done; None where the definition has no steps.
    """

    definition: Index
    table: Table
    prepared: Prepared | None


def ready(
    index: Index, data: Any, *, prepared: Prepared | None = None, strict: bool = False
) -> Ready:
    """Align data to a definition and take its steps of preparation, or replay fitted ones."""
    if prepared is None:
        if not index.prepare:
            return Ready(index, align(data, index.framework, index.excluded, strict=strict), None)
        done = index.prepare.fit(sheet(index, data, strict=strict))
    else:
        _refuse_other(index, prepared)
        old = Source(prepared.before.framework, Prepare(prepared.steps), index.excluded)
        done = prepared.replay(sheet(old, data, strict=strict))
    gone = [code for code in done.gone if code in index.framework.codes]
    return Ready(index.without(gone), done.after.table, done)


def _refuse_other(index: Index, prepared: Prepared) -> None:
    """Refuse a preparation of other steps, or of other indicators or another order of them.

    It may be that of the whole definition, or of what a screen left of it, which is the definition
    of the result.
    """
    codes = index.framework.codes
    left = prepared.gone and codes == prepared.after.codes
    steps = prepared.remaining.steps if left else prepared.steps
    if not index.prepare and steps:
        raise DataError(
            "the definition has no steps of preparation to replay",
            [Problem("prepared", f"holds {len(prepared.steps)} steps", "leave it out")],
        )
    if index.prepare.steps != steps:
        raise DataError(
            "the preparation was fitted with other steps",
            [Problem("prepare", f"{index.prepare.label} now", "fit again: leave prepared out")],
        )
    fitted = prepared.before.codes
    if not left and codes != fitted:
        other = sorted({*codes} ^ {*fitted})
        what = f"other are {', '.join(other)}" if other else "their order is another"
        raise DataError(
            "the preparation was fitted with other indicators",
            [Problem("prepare", what, "fit again: leave prepared out")],
        )


class Source(NamedTuple):
    """What of a definition says how data are aligned for its steps."""

    framework: Framework
    prepare: Prepare
    excluded: tuple[Excluded, ...]


def sheet(index: Index | Source, data: Any, *, strict: bool = False) -> Sheet:
    """Align data to a definition, with the other columns that its steps need."""
    f = index.framework
    more = [c for c in index.prepare.needs if c not in f.codes]
    excluded = tuple(e for e in index.excluded if e.code not in (*more, *f.codes))
    named = {e.code: e.name for e in index.excluded}
    others = (Indicator(code=c, name=named.get(c, Text())) for c in more)
    wide = Framework((*f.indicators, *others), f.groups)
    table = align(data, wide, excluded, strict=strict)
    m = len(f.codes)
    values = np.array(table.values[:, :m])
    values.setflags(write=False)
    extra = {c: table.values[:, m + k] for k, c in enumerate(more)}
    return Sheet(replace(table, values=values, codes=f.codes), f, extra)

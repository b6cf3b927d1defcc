"""From the user's table to the data that enter an index: aligned, prepared, without what left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gz_index.errors import DataError, Problem
from gz_index.framework import Framework, Indicator
from gz_index.prepare.base import Sheet
from gz_index.prepare.rule import Prepared
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
    if not index.prepare:
        if prepared is not None:
            raise DataError(
                "the definition has no steps of preparation to replay",
                [Problem("prepared", f"holds {len(prepared.steps)} steps", "leave it out")],
            )
        return Ready(index, align(data, index.framework, index.excluded, strict=strict), None)
    if prepared is not None and prepared.steps != index.prepare.steps:
        raise DataError(
            "the preparation was fitted with other steps",
            [Problem("prepare", f"{index.prepare.label} now", "fit again: leave prepared out")],
        )
    raw = sheet(index, data, strict=strict)
    done = index.prepare.fit(raw) if prepared is None else prepared.replay(raw)
    gone = [label for what, label, _ in done.after.left if what == "indicator"]
    return Ready(index.without(gone), done.after.table, done)


def sheet(index: Index, data: Any, *, strict: bool = False) -> Sheet:
    """Align data to a definition, with the other columns that its steps need."""
    f = index.framework
    more = [c for c in index.prepare.needs if c not in f.codes]
    excluded = tuple(e for e in index.excluded if e.code not in more)
    wide = Framework((*f.indicators, *(Indicator(code=c) for c in more)), f.groups)
    table = align(data, wide, excluded, strict=strict)
    m = len(f.codes)
    values = np.array(table.values[:, :m])
    values.setflags(write=False)
    extra = {c: table.values[:, m + k] for k, c in enumerate(more)}
    return Sheet(replace(table, values=values, codes=f.codes), f, extra)

"""What the command does for a report: the document, its file, and what it prints of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.markup import escape

from gz_index.errors import NotFoundError
from gz_index.report.content import SECTIONS, Document, known_suffix
from gz_index.saving import refuse_file

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

__all__ = ["print_report", "refuse_report", "unit_named"]


def refuse_report(out: Path, *, overwrite: bool) -> None:
    """Refuse a file that cannot be written, before any work is done.

    Raises
    ------
    MethodError
        It is named neither .html nor .docx.
    DataError
        It exists.
    """
    known_suffix(out)
    refuse_file(out, overwrite=overwrite)


def unit_named(units: Iterable[Hashable], name: str) -> Any:
    """Return the label of the unit of this name; labels need not be text.

    Raises
    ------
    NotFoundError
        There is none.
    """
    known = list(dict.fromkeys(units))
    for unit in known:
        if str(unit) == name:
            return unit
    raise NotFoundError(f"no unit {name!r}; there are {', '.join(map(str, known))}")


def print_report(console: Console, report: Document, lang: Literal["en", "zh"]) -> None:
    """Print the findings of a report, and the sections that it lacks."""
    console.print(escape(report.title), style="bold", soft_wrap=True)
    for point in report.points:
        console.print(f"- {escape(point)}", soft_wrap=True)
    for key, why in report.omitted.items():
        left = f"{SECTIONS[key].get(lang)}{'：' if lang == 'zh' else ': '}{why}"
        console.print(f"- {escape(left)}", style="dim", soft_wrap=True)

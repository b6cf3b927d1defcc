"""What the command prints of an audit, and when it fails."""

from __future__ import annotations

from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gz_index.auditing.findings import SECTIONS
from gz_index.auditing.report import Audit, folded, more_text, severity_text

__all__ = ["exit_status", "print_audit"]

_COLOURS = {"serious": "red", "warning": "yellow", "note": "cyan", "not checked": "dim"}
_HEADS = {"en": ("", "Code", "Finding", "Advice"), "zh": ("程度", "代码", "发现", "建议")}


def print_audit(
    console: Console, audit: Audit, lang: Literal["en", "zh"], minimum: str = "not checked"
) -> None:
    """Print the findings that are at least so severe, section by section, and the notes."""
    shown = audit.at_least(minimum)
    console.print(escape(audit.title(lang)), style="bold", soft_wrap=True)
    console.print(audit.summary(lang))
    for number, section in enumerate(SECTIONS, 1):
        mine = [f for f in shown if f.section == section]
        if not mine:
            continue
        table = Table(title=f"{number} {SECTIONS[section].get(lang)}", title_justify="left")
        for head in _HEADS[lang]:
            table.add_column(head, overflow="fold")
        for f, more in folded(mine):
            said = more_text(more, lang) if more else f.message.get(lang)
            advice = "" if more else f.advice.get(lang)
            table.add_row(
                f"[{_COLOURS[f.severity]}]{severity_text(f.severity, lang)}[/]",
                f.code,
                escape(said),
                escape(advice),
            )
        console.print(table)
    for note in audit.notes_in(lang):
        console.print(f"- {escape(note)}", style="dim", soft_wrap=True)


def exit_status(audit: Audit, severity: str = "serious") -> int:
    """Return 1 where a finding is at least so severe, else 0: for pipelines.

    Raises
    ------
    MethodError
        There is no such severity.
    """
    return 1 if audit.at_least(severity) else 0

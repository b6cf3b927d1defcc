"""What every choice has: a name, a width in the unit cube, and what it needs of the tree."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from gz_index._registry import closest
from gz_index.errors import MethodError, Problem
from gz_index.framework import Framework, Text

__all__ = ["Choice", "listed", "not_indicators", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Choice(ABC):
    """One thing that varies, independently of the others.

    Parameters
    ----------
    name : str, Text or {zh, en}
        Name in tables; made from the rest where it is empty.
    """

    kind: ClassVar[str]
    name: str | Text = ""

    @property
    def label(self) -> str:
        """Name by which tables and messages know it: that of :attr:`title` in English."""
        return str(self.title)

    @property
    def title(self) -> Text:
        """Name in both languages."""
        return Text.of(self.name) if self.name else self._title()

    @abstractmethod
    def _title(self) -> Text: ...

    @abstractmethod
    def width(self, framework: Framework) -> int:
        """Return how many numbers of the unit cube it reads."""

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree."""
        return []

    def to_dict(self) -> dict[str, Any]:
        """Return what :func:`choice` reads, in plain types."""
        out: dict[str, Any] = {"kind": self.kind}
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            if value != f.default:
                out[f.name] = _plain(value)
        return out


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return value.en if value.zh == value.en else {"zh": value.zh, "en": value.en}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return value


def listed(where: str, option: str, codes: Sequence[str]) -> tuple[str, ...]:
    """Return codes as a tuple; one string is no list of its letters."""
    if isinstance(codes, str):
        raise MethodError(
            f"{where}: {option} = {codes!r} is no list", hint=f"{option} = [{codes!r}]"
        )
    return tuple(codes)


def unknown(where: str, codes: Sequence[str], framework: Framework) -> list[Problem]:
    """Name the codes that the tree does not have."""
    known = list(framework.nodes)
    return [
        Problem(where, f"no node {c!r}{closest(c, known)}", f"nodes are {', '.join(known)}")
        for c in codes
        if c not in framework.nodes
    ]


def not_indicators(where: str, codes: Sequence[str], framework: Framework) -> list[Problem]:
    """Name the codes that are no indicators."""
    return unknown(where, codes, framework) or [
        Problem(where, f"{c!r} is a group", "name indicators")
        for c in codes
        if c not in framework.codes
    ]

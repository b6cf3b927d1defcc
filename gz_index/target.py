"""Baselines and targets: what a node of the tree starts from, and what it should reach."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

__all__ = ["FORCES", "KINDS", "OPERATORS", "Baseline", "Target", "in_order"]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A known starting value: the number, its year, and the comparator of the source."""

    value: float
    year: int | None = None
    operator: str = "="

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _finite("value", self.value))
        object.__setattr__(self, "year", _year(self.year))
        if self.operator not in OPERATORS:
            raise ValueError(f"operator is {self.operator!r}; one of {', '.join(OPERATORS)}")


def _finite(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} is {value!r}, not a finite number")
    return number


def _year(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real) or not float(value).is_integer():
        raise ValueError(f"year is {value!r}, not a whole number")
    return int(float(value))


#: kinds of targets, see :class:`Target`
KINDS = ("level", "increment", "rate", "share", "binary", "qualitative")
OPERATORS = ("=", ">", ">=", "<", "<=", "range", "~")
FORCES = ("binding", "expected")


@dataclass(frozen=True, slots=True)
class Target:
    """What a node of the tree should reach: number or range, year, comparator, kind, and source.

    Attributes
    ----------
    value : float, optional
        In the unit of the indicator; for an increment what is to be added to the base, for a rate
        the yearly growth in per cent, for a yes/no target 1. A qualitative target has none.
    value_max : float, optional
        Upper end, where the source gives a range.
    year : int, optional
        Year in which it is due.
    operator : {"=", ">", ">=", "<", "<=", "range", "~"}
        Comparator of the source. ``">"`` is not met by the number itself.
    kind : {"level", "increment", "rate", "share", "binary", "qualitative"}
        A share has a natural limit, ``cap``.
    text : str
        The words of the source.
    cap : float, optional
        Natural limit of a share; 100 by default.
    force : {"binding", "expected"}, optional
        约束性 or 预期性, where the source says so.
    assumption : bool
        The user's own, not of a source: a goalpost of a scenario. Marked in every table.
    clause : str
        Where it stands in the source; that of the indicator by default.

    Raises
    ------
    ValueError
        The parts do not go together.

    Examples
    --------
    >>> Target(10, year=2025, operator=">").kind, Target(kind="share", value=80).cap
    ('level', 100.0)
    """

    value: float | None = None
    value_max: float | None = None
    year: int | None = None
    operator: str = "="
    kind: str = "level"
    text: str = ""
    cap: float | None = None
    force: str = ""
    assumption: bool = False
    clause: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in ("value", "value_max", "cap"):
            if getattr(self, name) is not None:
                put(self, name, _finite(name, getattr(self, name)))
        put(self, "year", _year(self.year))
        for name, known in (("kind", KINDS), ("operator", OPERATORS), ("force", ("", *FORCES))):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; one of {', '.join(filter(None, known))}"
                )
        if self.kind == "binary" and self.value is None:
            put(self, "value", 1.0)
        if self.kind == "share" and self.cap is None:
            put(self, "cap", 100.0)
        if fault := self._fault():
            raise ValueError(fault)

    def _fault(self) -> str:
        value, top = self.value, self.value_max
        if self.kind == "qualitative":
            return "" if value is None and top is None else "a qualitative target has no value"
        if value is None:
            return 'value is missing: give a number, or kind = "qualitative"'
        if self.kind == "binary" and (value not in (0, 1) or top is not None):
            shown = f"{value:g}" if top is None else f"{value:g} to {top:g}"
            return f"a yes/no target is 1 or 0, not {shown}"
        if self.kind == "rate" and value <= -100:
            return f"a rate of {value:g} per cent a year leaves nothing"
        if (self.operator == "range") != (top is not None):
            return 'a range has operator = "range" and both value and value_max'
        if top is not None and not value < top:
            return f"the range from {value:g} to {top:g} is empty"
        if self.cap is not None and self.kind != "share":
            return "cap belongs to a share"
        if self.cap is not None and max(value, top or value) > self.cap:
            return f"value {max(value, top or value):g} is above the limit of a share, {self.cap:g}"
        if self.kind == "share" and value < 0:
            return f"value {value:g} is below zero, and a share is not"
        return ""


def in_order(given: Any) -> tuple[Target, ...]:
    """Return targets in the order of their years, those without one last."""
    found = (given,) if isinstance(given, Target) else given or ()
    listed = not isinstance(found, str | Mapping) and isinstance(found, Iterable)
    found = tuple(found) if listed else (found,)
    if wrong := [t for t in found if not isinstance(t, Target)]:
        raise TypeError(f"targets: {wrong[0]!r} is no target; write Target(10, year=2025)")
    return tuple(sorted(found, key=lambda t: math.inf if t.year is None else t.year))

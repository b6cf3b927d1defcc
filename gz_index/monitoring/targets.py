"""What a target asks for in numbers: where it starts, where it ends, and when it is met."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from gz_index.errors import DefinitionError, Problem
from gz_index.framework import Direction, Indicator, Target, Text

__all__ = ["Goal", "goal", "target_level", "target_text"]


def target_level(target: Target, base: float | None, years: float | None = None) -> float | None:
    """Return the level that a target asks for, in the unit of the indicator.

    Level, share and yes/no: the value. Increment: base + value, and the value alone where no base
    is known, since the series then counts what is added. Rate g (per cent a year):
    ``base (1 + g / 100)^years``.

    Parameters
    ----------
    target : Target
    base : float or None
        Value in the base year.
    years : float, optional
        From the base year to the target year; a rate needs it.

    Returns
    -------
    float or None
        None for a qualitative target, and for a rate without base or years, or on a base that is
        not above zero.

    Examples
    --------
    >>> added = Target(5, kind="increment")
    >>> target_level(added, 12.0), target_level(added, None)
    (17.0, 5.0)
    >>> round(target_level(Target(10, kind="rate"), 6470.0, 3), 2)
    8611.57
    """
    if target.value is None:
        return None
    if target.kind == "increment":
        return (base or 0.0) + target.value
    if target.kind == "rate":
        if base is None or base <= 0 or years is None:
            return None
        return float(base * (1 + target.value / 100) ** years)
    return target.value


def target_text(target: Target, lang: Literal["zh", "en"] = "en") -> str:
    """Return a target in a few signs: ``> 10``, ``5 more``, ``10 %/a``.

    Examples
    --------
    >>> target_text(Target(10, operator=">")), target_text(Target(5, kind="increment"), "zh")
    ('> 10', '新增5')
    """
    if target.value is None:
        return "定性" if lang == "zh" else "in words"
    if target.kind == "binary":
        yes, no = ("是", "否") if lang == "zh" else ("yes", "no")
        return yes if target.value else no
    number = f"{target.value:g}"
    if target.value_max is not None:
        number = f"{number}\u2013{target.value_max:g}"  # with a hyphen spreadsheets read a date
    sign = {"=": "", "range": ""}.get(target.operator, f"{target.operator} ")
    if target.kind == "increment":
        return f"{sign}新增{number}" if lang == "zh" else f"{sign}{number} more"
    if target.kind == "rate":
        return f"{sign}年均{number}%" if lang == "zh" else f"{sign}{number} %/a"
    return sign + number


@dataclass(frozen=True, slots=True)
class Goal:
    """A target of an indicator with its start, in numbers.

    Attributes
    ----------
    target : Target
    direction : Direction
    base : float or None
        Value in the base year.
    base_year : int or None
    aim : float or None
        Level to be reached; of a range the end that is reached first.
    aim_max : float or None
        The other end of a range.
    counted : bool
        Whether no base is known and the series counts what is new since the base year.
    notes : tuple of Text
        How the numbers were understood.
    """

    target: Target
    direction: Direction = field(default_factory=Direction)
    base: float | None = None
    base_year: int | None = None
    aim: float | None = None
    aim_max: float | None = None
    counted: bool = False
    notes: tuple[Text, ...] = ()

    @property
    def upwards(self) -> bool:
        """Whether more is better."""
        return self.direction.sign > 0

    def met(self, value: float) -> bool:
        """Say whether a value fulfils the target.

        ``=`` is fulfilled by what is at least as good, ``>`` and ``<`` only by what is beyond, a
        range by its first end. An indicator that is best within an interval has to lie in it.
        """
        assert self.aim is not None
        if self.direction.sign == 0:
            low, high = self.interval
            return low <= value <= high
        if self.target.kind == "binary":
            return value == self.aim
        if value == self.aim:
            return self.target.operator not in (">", "<")
        return (value > self.aim) == self.upwards

    @property
    def interval(self) -> tuple[float, float]:
        """Values that fulfil the target of an indicator that is best within an interval."""
        assert self.aim is not None
        if self.aim_max is not None:
            return self.aim, self.aim_max
        ideal = self.direction.ideal
        return ideal if ideal is not None else (self.aim, self.aim)

    def missing(self, value: float) -> float:
        """How far a value is from the target, in the unit of the indicator; 0 where it is met."""
        assert self.aim is not None
        if self.direction.sign == 0:
            low, high = self.interval
            return max(low - value, value - high, 0.0)
        if self.target.kind == "binary":
            return abs(self.aim - value)
        away = self.aim - value if self.upwards else value - self.aim
        return max(away, 0.0)


def goal(
    indicator: Indicator,
    target: Target,
    *,
    base: float | None = None,
    base_year: int | None = None,
) -> Goal:
    """Put a target and its start into numbers.

    Parameters
    ----------
    indicator : Indicator
    target : Target
        One of its targets.
    base, base_year : optional
        Value of the data in the base year; the indicator's own ``baseline`` goes first.

    Raises
    ------
    DefinitionError
        Comparator and direction contradict each other, the target lies outside the interval in
        which the indicator is best, or it is due before the base.
    """
    notes = []
    ideal = indicator.direction.ideal
    if ideal is not None and target.operator in ("<", "<=", ">", ">="):
        raise _fault(
            indicator,
            f"the target is {target_text(target)} while it is best within "
            f"[{ideal[0]:g}, {ideal[1]:g}]",
            'give a range, or operator = "=" for the interval itself',
        )
    better = {1: ("<", "<="), -1: (">", ">="), 0: ()}[indicator.direction.sign]
    if target.operator in better:
        raise _fault(
            indicator,
            f"the target is {target_text(target)} while {'more' if better[0] == '<' else 'less'} "
            "is better",
            "correct the operator or the direction",
        )
    declared = indicator.baseline
    if declared is not None:
        same = declared.year is None or declared.year == base_year  # else of another year
        if same and base is not None and not math.isclose(base, declared.value, rel_tol=1e-12):
            notes.append(
                Text(
                    f"基期值采用定义中的{declared.value:g}，数据为{base:g}",
                    f"the base is {declared.value:g}, as the definition says; the data: {base:g}",
                )
            )
        base, base_year = declared.value, declared.year or base_year
    counted = target.kind == "increment" and base is None
    if counted:
        base = 0.0
        notes.append(
            Text(
                "无基期值：数据视为基期以来的新增数", "no base: the data count what is new since it"
            )
        )
    if base_year is not None and target.year is not None and target.year <= base_year:
        raise _fault(
            indicator,
            f"the target of {target.year} is not after the base year {base_year}",
            "correct the year of the target or of the baseline",
        )
    years = None if base_year is None or target.year is None else target.year - base_year
    aim = target_level(target, base, years)
    top = None if target.value_max is None else target_level(_top(target), base, years)
    if ideal is not None and aim is not None and top is None and not ideal[0] <= aim <= ideal[1]:
        raise _fault(
            indicator,
            f"the target {aim:g} lies outside [{ideal[0]:g}, {ideal[1]:g}], where it is best",
            "correct the target or the direction",
        )
    if top is not None and indicator.direction.sign < 0:
        aim, top = top, aim
    return Goal(target, indicator.direction, base, base_year, aim, top, counted, tuple(notes))


def _fault(indicator: Indicator, what: str, hint: str) -> DefinitionError:
    where = f"{indicator.code} ({indicator.name})" if indicator.name else indicator.code
    return DefinitionError("a target cannot be assessed", [Problem(where, what, hint)])


def _top(target: Target) -> Target:
    return Target(target.value_max, kind=target.kind, cap=target.cap)

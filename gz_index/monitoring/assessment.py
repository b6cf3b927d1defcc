"""Progress towards one target: how far, how fast, and what that is called."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import Text
from gz_index.monitoring.targets import Goal

__all__ = [
    "CLASSES",
    "CONVENTIONS",
    "GROWTH",
    "OUTCOMES",
    "Convention",
    "Progress",
    "Trend",
    "convention",
    "plan_wording",
    "progress",
    "trend",
]

#: what an assessment may come to, apart from a class
OUTCOMES: Mapping[str, Text] = MappingProxyType(
    {
        "assessed": Text("已评估", "assessed"),
        "met": Text("已实现", "met"),
        "missed": Text("到期未实现", "due and not met"),
        "held": Text("基期已达标，保持", "met at the base already, and kept"),
        "lost": Text("基期已达标，现已退出", "met at the base, and lost since"),
        "at base": Text("基期，尚无进展可评", "the base year: nothing has elapsed"),
        "no base": Text("缺基期值", "no base"),
        "no rate": Text(
            "基期值不大于零，增速目标无从换算", "the base is not above zero: a rate leads nowhere"
        ),
        "before base": Text("仅有基期之前的数据", "known before the base year only"),
        "no data": Text("缺数据", "no data"),
        "no target": Text("无目标，仅评趋势", "no target: trend only"),
        "no due year": Text("目标未定年份", "the target names no year"),
        "too few points": Text("少于两个时点", "fewer than two points"),
        "in words": Text("定性目标，无数值", "a target in words, without a number"),
    }
)

#: why growth rates say nothing, while completion may
GROWTH: Mapping[str, Text] = MappingProxyType(
    {
        "zero base": Text("基期为零，增速无定义", "the base is zero: growth is not defined"),
        "zero": Text("数值或目标为零，增速无定义", "the value or the target is zero"),
        "sign": Text("正负号改变，增速无定义", "signs differ: growth is not defined"),
        "no change due": Text("目标等于基期", "the target is the base itself"),
        "interval": Text("适度指标，无增速", "best within an interval: no growth is due"),
        "yes/no": Text("是否型指标，无增速", "yes or no: no growth is due"),
    }
)


@dataclass(frozen=True, slots=True)
class Progress:
    r"""Progress of one indicator in one year; ``outcome`` says why a number is None.

    Attributes
    ----------
    outcome : str
        A key of :data:`OUTCOMES`.
    completion : float or None
        :math:`G = (x_t - x_0) / (x_T - x_0)`; 1 is the target, above it over-fulfilled.
    time_share : float or None
        :math:`\tau = (t - t_0) / (T - t_0)`, not above 1.
    growth, required : float or None
        Yearly growth so far and from base to target, as fractions:
        :math:`(x_t / x_0)^{1 / (t - t_0)} - 1`.
    ratio : float or None
        :math:`R = d\, growth / |required|`, d = 1 where more is better, else -1.
    remaining : float or None
        Yearly growth that would still reach the target.
    left : float or None
        Distance to the target in the unit of the indicator, 0 where it is met.
    gap_rate : float or None
        For a share: how fast the gap to its limit closes against how fast it has to,
        :math:`\ln((c - x_t) / (c - x_0)) / (t - t_0)` over the same with :math:`x_T, T`.
    without : str
        A key of :data:`GROWTH` where growth says nothing.
    """

    outcome: str
    completion: float | None = None
    time_share: float | None = None
    growth: float | None = None
    required: float | None = None
    ratio: float | None = None
    remaining: float | None = None
    left: float | None = None
    gap_rate: float | None = None
    without: str = ""

    @property
    def disagree(self) -> bool:
        """Whether the linear rule and the growth rule fall on two sides of the schedule."""
        if self.completion is None or self.time_share is None or self.ratio is None:
            return False
        return (self.completion >= self.time_share) != (self.ratio >= 1)


def progress(goal: Goal, value: float | None, year: int) -> Progress:
    r"""Assess one value against a goal.

    Parameters
    ----------
    goal : Goal
    value : float or None
        In the unit of the indicator.
    year : int
        Its year.

    Raises
    ------
    MethodError
        The value is not a finite number; the year lies before the base; a yes/no indicator has
        another value than 0 or 1.

    References
    ----------
    Eurostat, Sustainable development in the European Union: monitoring report, chapter on the
    assessment method. National Development and Reform Commission (2023), mid-term evaluation of
    the 14th five-year plan.

    Examples
    --------
    >>> from gz_index.framework import Target
    >>> aim = Goal(Target(10, year=2025, operator=">"), base=7.64, base_year=2022, aim=10.0)
    >>> p = progress(aim, 9.18, 2024)
    >>> round(p.completion, 3), round(p.time_share, 3), round(p.ratio, 3), p.disagree
    (0.653, 0.667, 1.024, True)
    """
    target = goal.target
    if value is not None and not math.isfinite(value):
        raise MethodError(f"{value} in {year} is no number", hint="leave the cell empty")
    if goal.aim is None and target.value is None:
        return Progress("in words")
    if value is None:
        return Progress("no data")
    if target.kind == "binary" and value not in (0, 1):
        raise MethodError(
            f"a yes/no indicator is {value:g} in {year}", hint="write 1 for yes and 0 for no"
        )
    if goal.aim is None:  # a rate
        if goal.base is None:
            return Progress("no base")
        return Progress("no rate" if goal.base <= 0 else "no due year")
    left, met = goal.missing(value), goal.met(value)
    if target.year is None:
        return Progress("met" if met else "no due year", left=left)
    due = year >= target.year
    if goal.base is None or goal.base_year is None:
        outcome = "met" if met else "missed" if due else "no base"
        remaining = None if met or due else _remaining(goal, value, year)
        return Progress(outcome, left=left, remaining=remaining)
    span, gone = target.year - goal.base_year, year - goal.base_year
    if gone < 0:
        raise MethodError(
            f"{year} lies before the base year {goal.base_year}", hint="assess later years"
        )
    share = min(gone / span, 1.0)
    at_base = goal.met(goal.base)
    if at_base:
        outcome = "held" if met else "missed" if due else "lost"
    elif met:
        outcome = "met"
    elif due:
        outcome = "missed"
    else:
        outcome = "assessed" if gone else "at base"
    steady = at_base or goal.direction.sign == 0 or goal.aim == goal.base
    out = Progress(
        outcome,
        completion=None if steady else (value - goal.base) / (goal.aim - goal.base),
        time_share=share,
        left=left,
        remaining=None if met or due else _remaining(goal, value, year),
    )
    return _with_growth(out, goal, (goal.base, value, goal.aim), gone, span) if gone else out


def _growth(start: float, end: float, years: float) -> float:
    """Yearly growth between two numbers of one sign; of negative ones, of their sizes."""
    return math.expm1(math.log(end / start) / years)


def _with_growth(
    p: Progress, goal: Goal, at: tuple[float, float, float], gone: float, span: float
) -> Progress:
    """Add growth so far and due; ``at`` holds base, value and aim."""
    base, value, aim = at
    if goal.target.kind == "binary" or goal.direction.sign == 0:
        return replace(p, without="yes/no" if goal.target.kind == "binary" else "interval")
    if base == 0 or value == 0 or aim == 0:
        return replace(p, without="zero base" if base == 0 else "zero")
    if not (base > 0) == (value > 0) == (aim > 0):
        return replace(p, without="sign")
    growth, required = _growth(base, value, gone), _growth(base, aim, span)
    if required == 0:
        return replace(p, growth=growth, required=0.0, without="no change due")
    better = (1 if goal.upwards else -1) * (1 if base > 0 else -1)
    return replace(
        p,
        growth=growth,
        required=required,
        ratio=better * growth / abs(required),
        gap_rate=_gap_rate(goal, at, gone, span),
    )


def _gap_rate(goal: Goal, at: tuple[float, float, float], gone: float, span: float) -> float | None:
    """How fast the gap to the limit of a share closes, against how fast it has to."""
    cap = goal.target.cap
    if cap is None or not max(at) < cap or not goal.upwards:
        return None
    base, value, aim = (math.log(cap - x) for x in at)
    return (value - base) / gone / ((aim - base) / span)


def _remaining(goal: Goal, value: float, year: int) -> float | None:
    due, aim = goal.target.year, goal.aim
    if due is None or aim is None or goal.direction.sign == 0 or goal.target.kind == "binary":
        return None
    if due <= year or value == 0 or aim == 0 or (value > 0) != (aim > 0):
        return None
    return _growth(value, aim, due - year)


@dataclass(frozen=True, slots=True)
class Trend:
    """Direction of an indicator without a target: oriented yearly growth, or why there is none."""

    outcome: str
    growth: float | None = None
    without: str = ""


def trend(
    start: float | None, start_year: int | None, value: float | None, year: int, sign: int
) -> Trend:
    """Assess an indicator without target by its growth, turned so that a rise is good.

    Parameters
    ----------
    start, start_year
        First known value.
    value, year
        Latest one.
    sign : {1, -1, 0}
        Direction.

    Examples
    --------
    >>> trend(100, 2022, 121, 2024, 1)
    Trend(outcome='no target', growth=0.09..., without='')
    >>> trend(0, 2022, 5, 2024, 1).without, trend(None, None, 5, 2024, 1).outcome
    ('zero base', 'too few points')
    """
    if value is None:
        return Trend("no data")
    if start is None or start_year is None or start_year >= year:
        return Trend("too few points")
    if sign == 0:
        return Trend("no target", without="interval")
    if start == 0 or value == 0:
        return Trend("no target", without="zero base" if start == 0 else "zero")
    if (start > 0) != (value > 0):
        return Trend("no target", without="sign")
    grown = _growth(start, value, year - start_year)
    return Trend("no target", growth=grown * sign * (1 if start > 0 else -1))


@dataclass(frozen=True)
class Convention:
    """Names for progress: which number is looked at, where the edges are, what the classes are.

    Attributes
    ----------
    name : Text
    by : {"growth", "time"}
        With a target: by :attr:`Progress.ratio`, or by completion over the time share.
    edges : mapping of str to float
        Least value of each class, best first; what is below all is ``worst``.
    worst : str
    trend_edges : mapping of str to float
        The same for oriented growth without a target; empty where the convention has no such.
    trend_worst : str
    early : str
        Class of a target that is met before it is due.
    source : str
    """

    name: Text
    by: Literal["growth", "time"]
    edges: Mapping[str, float]
    worst: str
    source: str
    trend_edges: Mapping[str, float] = field(default_factory=dict)
    trend_worst: str = ""
    early: str = "achieved"

    def of(self, p: Progress, *, early: bool) -> str:
        """Class of some progress, or ``""`` where there is none.

        Parameters
        ----------
        p : Progress
        early : bool
            Whether the target is not yet due.
        """
        if p.outcome in ("met", "held"):
            return self.early if early and p.outcome == "met" else "achieved"
        if p.outcome in ("missed", "lost"):
            return p.outcome
        if p.outcome != "assessed":
            return ""
        if self.by == "growth":
            x = p.ratio
        else:
            x = p.completion / p.time_share if p.completion is not None and p.time_share else None
        return "" if x is None else _class(x, self.edges, self.worst)

    def of_trend(self, t: Trend) -> str:
        """Class of a trend without target, or ``""``."""
        if t.growth is None or not self.trend_edges:
            return ""
        return _class(t.growth, self.trend_edges, self.trend_worst)


def _class(x: float, edges: Mapping[str, float], worst: str) -> str:
    return next((name for name, edge in edges.items() if x >= edge), worst)


#: what classes are called, with a sign for each
CLASSES: Mapping[str, tuple[Text, str]] = MappingProxyType(
    {
        "achieved": (Text("已实现", "achieved"), "✔"),
        "ahead": (Text("提前实现", "met ahead of time"), "✔"),
        "faster": (Text("快于预期", "faster than planned"), "▲"),
        "on course": (Text("基本符合预期", "broadly as planned"), "●"),
        "behind": (Text("滞后", "behind"), "▼"),
        "missed": (Text("到期未实现", "due and not met"), "✘"),
        "lost": (Text("得而复失", "met at the base, lost since"), "▼"),
        "improving": (Text("向好", "improving"), "▲"),
        "steady": (Text("基本持平", "steady"), "●"),
        "worsening": (Text("下滑", "worsening"), "▼"),
        "significant progress": (Text("显著进展", "significant progress"), "▲"),
        "moderate progress": (Text("中等进展", "moderate progress"), "●"),
        "insufficient progress": (Text("进展不足", "insufficient progress"), "▼"),
        "moving away": (Text("背离目标", "moving away"), "✘"),
        "moderately away": (Text("略有背离", "moderate movement away"), "▼"),
        "on track": (Text("正常推进", "on track"), "▲"),
        "fair progress": (Text("有进展，需加快", "fair progress, acceleration needed"), "●"),
        "limited progress": (Text("进展有限或停滞", "limited or no progress"), "▼"),
        "deterioration": (Text("倒退", "deterioration"), "✘"),
    }
)


def plan_wording(tolerance: float = 0.05) -> Convention:
    """Return the wording of Chinese mid-term reviews over completion and time elapsed.

    ``faster`` from ``1 + tolerance`` times the time share on, ``on course`` down to
    ``1 - tolerance``, ``behind`` down to the base value. The reviews print the words and no
    thresholds: the tolerance is ours, and so is ``moving away`` for what lies behind its base, and
    the one per cent a year that separates rising from steady where there is no target.

    Raises
    ------
    MethodError
        The tolerance is not in [0, 1).

    Examples
    --------
    >>> plan_wording(0.1).edges
    {'faster': 1.1, 'on course': 0.9, 'behind': 0.0}
    """
    if not 0 <= tolerance < 1:
        raise MethodError(f"tolerance = {tolerance!r}", hint="a share of the path, e.g. 0.05")
    return Convention(
        name=Text("中期评估用语", "Chinese mid-term review"),
        by="time",
        edges={"faster": 1 + tolerance, "on course": 1 - tolerance, "behind": 0.0},
        worst="moving away",
        trend_edges={"improving": 0.01, "steady": -0.01},
        trend_worst="worsening",
        early="ahead",
        source="国家发展和改革委员会 (2023), 《“十四五”规划纲要》实施中期评估；门槛为本库所设",
    )


#: conventions by name; the edges are options, since editions of the sources differ
CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        "plan": plan_wording(),
        "eurostat": Convention(
            name=Text("欧盟统计局", "Eurostat"),
            by="growth",
            edges={
                "significant progress": 0.95,
                "moderate progress": 0.6,
                "insufficient progress": 0.0,
            },
            worst="moving away",
            trend_edges={
                "significant progress": 0.01,
                "moderate progress": 0.0,
                "moderately away": -0.01,
            },
            trend_worst="moving away",
            source="Eurostat, Sustainable development in the European Union (edges as commonly "
            "reported; check the edition that you cite)",
        ),
        "un": Convention(
            name=Text("联合国", "United Nations"),
            by="growth",
            edges={"on track": 0.95, "fair progress": 0.5, "limited progress": -0.1},
            worst="deterioration",
            source="United Nations, SDG Progress Chart, technical note (edges as commonly "
            "reported; check the edition that you cite)",
        ),
    }
)


def convention(given: str | Convention) -> Convention:
    """Return a convention by its name, or as it is.

    Raises
    ------
    NotFoundError
        There is none of this name.
    """
    if isinstance(given, Convention):
        return given
    if given not in CONVENTIONS:
        raise NotFoundError(f"no convention {given!r}; there are {', '.join(CONVENTIONS)}")
    return CONVENTIONS[given]

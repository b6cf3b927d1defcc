"""Progress towards one target: published examples, named outcomes, laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import gz_index as gz
from gz_index.framework import Baseline, Direction, Indicator, Target
from gz_index.monitoring.assessment import (
    CLASSES,
    CONVENTIONS,
    GROWTH,
    OUTCOMES,
    convention,
    plan_wording,
    progress,
    trend,
)
from gz_index.monitoring.targets import Goal, goal, target_level, target_text

STATIONS = Indicator(
    code="g5",
    baseline=Baseline(7.64, 2022),
    targets=Target(10, year=2025, operator=">"),
)


def aimed(target: Target, base: float | None = None, *, direction="+", year: int = 2022) -> Goal:
    return goal(
        Indicator(code="x", direction=Direction.of(direction)), target, base=base, base_year=year
    )


def classes(p, *, early: bool = True) -> dict[str, str]:
    return {k: c.of(p, early=early) for k, c in CONVENTIONS.items()}


# -- the 5G stations of the plan -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "year", "ratio", "completion", "share", "expected"),
    [
        (8.30, 2023, 0.920, 0.280, 0.333, ("behind", "moderate progress", "fair progress")),
        (9.18, 2024, 1.024, 0.653, 0.667, ("on course", "significant progress", "on track")),
        (7.50, 2023, -0.195, -0.059, 0.333, ("moving away", "moving away", "deterioration")),
        (9.17, 2023, 2.133, 0.648, 0.333, ("faster", "significant progress", "on track")),
    ],
)
def test_5g_stations(value, year, ratio, completion, share, expected):
    p = progress(goal(STATIONS, STATIONS.targets[0]), value, year)
    assert round(p.ratio, 3) == ratio
    assert round(p.completion, 3) == completion
    assert round(p.time_share, 3) == share
    assert p.outcome == "assessed"
    assert tuple(classes(p).values()) == expected


def test_the_growth_that_the_plan_asks_for():
    p = progress(goal(STATIONS, STATIONS.targets[0]), 9.18, 2024)
    assert round(100 * p.required, 3) == 9.388
    assert p.disagree  # ahead by growth, behind on the line
    assert not progress(goal(STATIONS, STATIONS.targets[0]), 9.17, 2023).disagree


def test_more_than_ten_is_not_met_by_ten():
    aim = goal(STATIONS, STATIONS.targets[0])
    assert progress(aim, 10, 2025).outcome == "missed"
    assert progress(aim, 10.01, 2025).outcome == "met"
    early = progress(aim, 10.01, 2024)
    assert classes(early) == {"plan": "ahead", "eurostat": "achieved", "un": "achieved"}
    assert classes(progress(aim, 10.01, 2025), early=False)["plan"] == "achieved"


# -- named outcomes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "base", "value", "year", "outcome"),
    [
        (Target(10, year=2025), 5, None, 2023, "no data"),
        (Target(10, year=2025), None, 7, 2023, "no base"),
        (Target(10, year=2025), None, 11, 2023, "met"),
        (Target(10, year=2025), None, 7, 2025, "missed"),
        (Target(10, year=2025), 5, 5, 2022, "at base"),
        (Target(10, year=2025), 12, 13, 2023, "held"),
        (Target(10, year=2025), 12, 9, 2023, "lost"),
        (Target(10, year=2025), 12, 9, 2026, "missed"),
        (Target(10), 5, 7, 2023, "no due year"),
        (Target(kind="qualitative", year=2035, text="领先"), 5, 7, 2023, "in words"),
        (Target(8, kind="rate", year=2025), None, 7, 2023, "no base"),
    ],
)
def test_each_case_without_an_answer_has_a_name(target, base, value, year, outcome):
    p = progress(aimed(target, base), value, year)
    assert p.outcome == outcome
    assert OUTCOMES[outcome].zh
    if outcome in ("no data", "no base", "in words", "no due year"):
        assert (p.completion, p.ratio) == (None, None)
        assert set(classes(p).values()) == {""}


@pytest.mark.parametrize(
    ("target", "base", "value", "direction", "without"),
    [
        (Target(5, year=2025), 0, 2, "+", "zero base"),
        (Target(5, year=2025), 1, 0, "+", "zero"),
        (Target(0, year=2025), 4, 2, "-", "zero"),
        (Target(5, year=2025), -1, 2, "+", "sign"),
        (Target(5, year=2025, operator=">"), 5, 4, "+", "no change due"),
        (Target(1, year=2025, kind="binary"), 0, 1, "+", "yes/no"),
        (Target(3, 6, year=2025, operator="range"), 8, 7, {"interval": [3, 6]}, "interval"),
    ],
)
def test_where_growth_says_nothing_the_reason_is_named(target, base, value, direction, without):
    p = progress(aimed(target, base, direction=direction), value, 2023)
    assert p.without == without
    assert p.ratio is None
    assert GROWTH[without].en
    assert CONVENTIONS["eurostat"].of(p, early=True) in ("", "achieved")


def test_a_zero_base_still_has_a_completion():
    p = progress(aimed(Target(5, year=2025), 0), 2, 2023)
    assert p.completion == 0.4
    assert CONVENTIONS["plan"].of(p, early=True) == "faster"


def test_a_target_equal_to_the_base_has_no_completion():
    p = progress(aimed(Target(5, year=2025, operator=">"), 5), 4, 2023)
    assert p.completion is None
    assert classes(p)["plan"] == ""


def test_less_is_better():
    p = progress(aimed(Target(4, year=2025), 10, direction="-"), 8, 2023)
    assert p.completion == pytest.approx(1 / 3, rel=1e-15)
    assert p.ratio == pytest.approx(math.expm1(math.log(0.8)) / math.expm1(math.log(0.4) / 3))
    assert p.left == 4
    assert progress(aimed(Target(4, year=2025), 10, direction="-"), 11, 2023).ratio < 0
    assert progress(aimed(Target(4, year=2025), 10, direction="-"), 4, 2024).outcome == "met"


def test_negative_series_are_assessed_by_their_size():
    p = progress(aimed(Target(-2, year=2024), -8), -4, 2023)
    assert p.completion == pytest.approx(2 / 3)
    assert p.ratio == pytest.approx(1.0)  # halved each year


def test_an_interval_is_met_inside_it():
    aim = aimed(Target(3, 6, year=2025, operator="range"), 8, direction={"interval": [3, 6]})
    assert progress(aim, 5, 2023).outcome == "met"
    assert progress(aim, 7, 2023).left == 1
    assert progress(aim, 2, 2023).left == 1
    assert progress(aim, 7, 2023).completion is None


def test_a_range_is_met_at_its_first_end():
    aim = aimed(Target(1, 2, year=2025, operator="range", kind="increment"), None)
    assert (aim.base, aim.aim, aim.aim_max) == (0, 1, 2)
    assert progress(aim, 1, 2024).outcome == "met"
    assert "新增数" in aim.notes[0].zh


def test_increments_rates_and_shares():
    assert aimed(Target(5, year=2025, kind="increment"), 12).aim == 17
    assert aimed(Target(10, year=2025, kind="rate"), 100).aim == pytest.approx(133.1)
    share = aimed(Target(90, year=2025, kind="share"), 70)
    p = progress(share, 80, 2024)
    # the gap to 100 goes from 30 to 20 in two of three years, and has to go to 10
    assert p.gap_rate == pytest.approx(math.log(20 / 30) / 2 / (math.log(10 / 30) / 3))
    assert progress(aimed(Target(90, year=2025), 70), 80, 2024).gap_rate is None
    full = aimed(Target(100, year=2025, kind="share"), 70)
    assert progress(full, 80, 2024).gap_rate is None  # the gap would have to vanish


def test_growth_that_is_still_required():
    p = progress(aimed(Target(15, year=2025, kind="share"), None), 13, 2023)
    assert p.outcome == "no base"
    assert (1 + p.remaining) ** 2 * 13 == pytest.approx(15)


# -- refused ---------------------------------------------------------------------------------------


def test_bad_numbers_are_refused():
    aim = goal(STATIONS, STATIONS.targets[0])
    with pytest.raises(gz.MethodError, match="nan in 2023 is no number"):
        progress(aim, float("nan"), 2023)
    with pytest.raises(gz.MethodError, match="2021 lies before the base year 2022"):
        progress(aim, 7.0, 2021)
    with pytest.raises(gz.MethodError, match=r"a yes/no indicator is 0.5 in 2023"):
        progress(aimed(Target(kind="binary", year=2025), 0), 0.5, 2023)


def test_a_target_that_contradicts_its_indicator_is_refused():
    with pytest.raises(gz.DefinitionError, match="x: the target is <= 5 while more is better"):
        aimed(Target(5, year=2025, operator="<="), 3)
    with pytest.raises(gz.DefinitionError, match="2022 is not after the base year 2022"):
        aimed(Target(5, year=2022), 3)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"kind": "stretch", "value": 1}, "kind is 'stretch'; one of level"),
        ({"operator": "=>", "value": 1}, "operator is '=>'; one of ="),
        ({"force": "hard", "value": 1}, "force is 'hard'; one of binding, expected"),
        ({}, "value is missing"),
        ({"kind": "qualitative", "value": 1}, "qualitative target has no value"),
        ({"kind": "binary", "value": 2}, "yes/no target is 1 or 0, not 2"),
        ({"value": 1, "operator": "range"}, "range has operator"),
        ({"value": 1, "value_max": 2}, "range has operator"),
        ({"value": 2, "value_max": 1, "operator": "range"}, "from 2 to 1 is empty"),
        ({"value": 120, "kind": "share"}, "120 is above the limit of a share, 100"),
        ({"value": 1, "cap": 100}, "cap belongs to a share"),
        ({"value": -5, "kind": "share"}, "-5 is below zero, and a share is not"),
        ({"value": -100, "kind": "rate"}, "-100 per cent a year leaves nothing"),
        ({"value": 0, "value_max": 1, "operator": "range", "kind": "binary"}, "not 0 to 1"),
        ({"value": float("nan")}, "value is nan, not a finite number"),
        ({"value": "ten"}, "value is 'ten', not a finite number"),
        ({"value": 1, "year": "2025"}, "year is '2025', not a whole number"),
    ],
)
def test_targets_that_make_no_sense(parts, message):
    with pytest.raises(ValueError, match=message):
        Target(**parts)


def test_what_is_no_target_or_baseline_is_refused_by_name():
    for wrong in ({"value": 10}, "10", 10, [10]):
        with pytest.raises(gz.DefinitionError, match="x: targets: .* is no target"):
            Indicator(code="x", targets=wrong)
        with pytest.raises(gz.DefinitionError, match="g: targets: .* is no target"):
            gz.Group(code="g", targets=wrong)
    with pytest.raises(gz.DefinitionError, match="x: baseline: 5; write Baseline"):
        Indicator(code="x", baseline=5)
    with pytest.raises(ValueError, match="operator is '=='"):
        Baseline(5, 2022, "==")


def test_years_of_numpy_are_years():
    target = Target(10, year=np.int64(2025))
    index = gz.Index(
        id="t", version="1", framework=gz.Framework((Indicator(code="x", targets=target),))
    )
    assert gz.Index.from_toml(index.to_toml()).framework == index.framework


def test_words_of_conventions():
    assert plan_wording(0.1).edges["faster"] == 1.1
    with pytest.raises(gz.MethodError, match="tolerance = 2"):
        plan_wording(2)
    with pytest.raises(gz.NotFoundError, match="no convention 'oecd'; there are plan, eurostat"):
        convention("oecd")
    for c in CONVENTIONS.values():
        names = [*c.edges, c.worst, *c.trend_edges, c.trend_worst or c.worst, c.early]
        assert set(names) <= set(CLASSES)
        assert list(c.edges.values()) == sorted(c.edges.values(), reverse=True)


@pytest.mark.parametrize(
    ("target", "en", "zh"),
    [
        (Target(10, operator=">"), "> 10", "> 10"),
        (Target(5, kind="increment"), "5 more", "新增5"),
        (Target(1, 2, kind="increment", operator="range"), "1\u20132 more", "新增1\u20132"),
        (Target(8, kind="rate", operator=">="), ">= 8 %/a", ">= 年均8%"),
        (Target(kind="binary"), "yes", "是"),
        (Target(kind="qualitative"), "in words", "定性"),
    ],
)
def test_targets_in_a_few_signs(target, en, zh):
    assert (target_text(target), target_text(target, "zh")) == (en, zh)


# -- laws ------------------------------------------------------------------------------------------

numbers = st.floats(0.1, 1e4)


@given(base=numbers, aim=numbers, share=st.floats(0.05, 0.95))
def test_the_line_has_completion_equal_to_time(base, aim, share):
    assume(abs(aim - base) > 1e-6 * base)
    years = 20
    gone = max(1, round(share * years))
    target = Target(aim, year=2022 + years)
    x = base + (aim - base) * gone / years
    p = progress(aimed(target, base, direction="+" if aim > base else "-"), x, 2022 + gone)
    assert p.completion == pytest.approx(p.time_share, rel=1e-6)


@given(base=numbers, factor=st.floats(0.3, 3), gone=st.integers(1, 9))
def test_even_growth_has_ratio_one(base, factor, gone):
    assume(abs(math.log(factor)) > 1e-3)
    target = Target(base * factor, year=2032)
    direction = "+" if factor > 1 else "-"
    x = base * factor ** (gone / 10)
    p = progress(aimed(target, base, direction=direction), x, 2022 + gone)
    assert p.ratio == pytest.approx(1, rel=1e-9)
    assert p.remaining == pytest.approx(p.required, rel=1e-7, abs=1e-12)


@given(base=numbers, aim=numbers, value=numbers, scale=st.floats(0.01, 100))
def test_the_unit_does_not_matter(base, aim, value, scale):
    assume(aim > base * 1.001)
    one = progress(aimed(Target(aim, year=2025), base), value, 2024)
    assume(abs(value / aim - 1) > 1e-9)
    two = progress(aimed(Target(aim * scale, year=2025), base * scale), value * scale, 2024)
    assert one.outcome == two.outcome
    assert one.ratio == pytest.approx(two.ratio, rel=1e-6, abs=1e-9)
    assert one.completion == pytest.approx(two.completion, rel=1e-6, abs=1e-9)


@given(a=numbers, b=numbers)
def test_progress_is_monotone_in_the_value(a, b):
    aim = aimed(Target(200, year=2025), 100)
    low, high = (progress(aim, v, 2023) for v in sorted((a, b)))
    assert low.completion <= high.completion
    assert low.ratio <= high.ratio


def test_trends_without_a_target():
    assert trend(100, 2020, 110, 2021, 1).growth == pytest.approx(0.1)
    assert trend(100, 2020, 110, 2021, -1).growth == pytest.approx(-0.1)
    assert trend(100, 2020, None, 2021, 1).outcome == "no data"
    assert trend(100, 2021, 100, 2021, 1).outcome == "too few points"
    assert trend(-1, 2020, 1, 2021, 1).without == "sign"
    assert trend(1, 2020, 1, 2021, 0).without == "interval"
    eurostat, plan = CONVENTIONS["eurostat"], CONVENTIONS["plan"]
    assert eurostat.of_trend(trend(100, 2020, 100.5, 2021, 1)) == "moderate progress"
    assert eurostat.of_trend(trend(100, 2020, 97, 2021, 1)) == "moving away"
    assert plan.of_trend(trend(100, 2020, 100.5, 2021, 1)) == "steady"
    assert CONVENTIONS["un"].of_trend(trend(100, 2020, 110, 2021, 1)) == ""


def test_levels_of_targets():
    assert target_level(Target(kind="qualitative"), 5.0) is None
    assert target_level(Target(5, kind="rate"), None, 3) is None
    assert target_level(Target(kind="binary"), 0.0) == 1

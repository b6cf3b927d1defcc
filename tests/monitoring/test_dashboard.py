"""The dashboard: the plan with its embedded data, and made plans for what these do not show."""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest

import gz_index as gz
from gz_index.framework import Baseline, Target
from gz_index.monitoring.assessment import Convention, plan_wording
from gz_index.study import Saved

#: the numbers of the plan for 2025, as its second chapter has them
PLAN = {
    "core_share": ("share", "=", 15, None),
    "g5_stations": ("level", ">", 10, None),
    "hundred_billion_chains": ("level", ">=", 3, None),
    "little_giants": ("level", "=", 300, None),
    "single_champions": ("increment", "=", 5, None),
    "cross_industry_platforms": ("increment", "range", 1, 2),
    "specialised_platforms": ("increment", ">=", 3, None),
    "city_platform_coverage": ("share", "=", 90, None),
    "licence_use_rate": ("share", ">=", 80, None),
    "open_datasets": ("level", "=", 1600, None),
}


@pytest.fixture(scope="module")
def plan() -> gz.Index:
    return gz.load("gz-2025")


@pytest.fixture(scope="module")
def known(plan):
    return gz.monitor(plan, gz.data("gz-2025"))


def made(*indicators: gz.Indicator, **values: list[float | None]) -> tuple[gz.Index, pd.DataFrame]:
    """A made plan of one city from 2022 on."""
    f = gz.Framework(indicators, tuple(gz.Group(code=c) for c in {i.parent for i in indicators}))
    n = len(next(iter(values.values())))
    rows = pd.MultiIndex.from_product([["city"], range(2022, 2022 + n)], names=["unit", "year"])
    index = gz.Index(id="made", framework=f, missing="renormalise")
    return index, pd.DataFrame(values, index=rows, dtype=float)


def aim(code: str, target: Target | list[Target], **fields) -> gz.Indicator:
    return gz.Indicator(code=code, parent="p", targets=target, **fields)


# -- the plan --------------------------------------------------------------------------------------


def test_every_target_of_the_plan_is_in_the_definition_with_its_clause(plan):
    found = {i.code: i.targets for i in plan.framework.indicators if i.targets}
    assert set(found) == set(PLAN)
    for code, (kind, operator, value, top) in PLAN.items():
        (t,) = found[code]
        assert (t.kind, t.operator, t.value, t.value_max) == (kind, operator, value, top)
        assert (t.year, t.clause) == (2025, "第二章 三、发展目标")
        assert f"{value:g}" in t.text or code == "hundred_billion_chains"
    (outlook,) = plan.framework.node("total").targets
    assert (outlook.kind, outlook.year, outlook.value) == ("qualitative", 2035, None)
    assert gz.Index.from_toml(plan.to_toml()).hash == plan.hash


def test_the_known_value_of_2023_is_assessed(known):
    row = known.table.loc["g5_stations"]
    assert (row["base"], row["value"], row["year"]) == (7.64, 9.17, 2023)
    assert row["completion"] == pytest.approx(1.53 / 2.36, rel=1e-12)
    assert row["class"] == "faster"
    assert row["clause"] == "第二章 三、发展目标"


def test_what_is_not_known_is_said(known):
    t = known.table
    assert t.loc["core_share", "outcome"] == "no base"
    assert (1 + t.loc["core_share", "remaining"]) ** 2 * 13 == pytest.approx(15)
    rest = set(PLAN) - {"g5_stations", "core_share"}
    assert set(t.loc[sorted(rest), "outcome"]) == {"no data"}
    assert t.loc["total", "outcome"] == "in words"
    assert np.isnan(t.loc["single_champions", "base"])  # counted from zero, which is no figure
    assert (t.loc[t["target"] == "", "class"] == "").all()  # one year is no trend
    assert "10 targets with a number, 1 can be assessed" in known.notes[0]
    assert "8 no data, 1 no base" in known.notes[0]
    assert "缺数据8项、缺基期值1项" in known.notes_in("zh")[0]
    assert any("would reach 15 in 2025" in n for n in known.notes)


def test_no_progress_between_measures_that_differ(known):
    # R1: terminals connected and coverage of industries; R2: licences issued and use rate
    t = known.table
    for measured, targeted in (
        ("iot_terminals", "city_platform_coverage"),
        ("e_licences", "licence_use_rate"),
    ):
        assert t.loc[measured, "target"] == ""
        assert np.isnan(t.loc[measured, "completion"])
        assert np.isnan(t.loc[targeted, "base"])
        assert np.isnan(t.loc[targeted, "completion"])


def test_zones_add_up(known, plan):
    z = known.zones
    assert list(z.index) == [*plan.framework.children("total"), "all"]
    parts = z.drop(index="all").drop(columns="completion").sum()
    assert (parts == z.loc["all"].drop("completion")).all()
    assert (z.loc["all", "indicators"], z.loc["all", "targets"]) == (41, 10)


def test_both_rules_are_printed_where_they_disagree(plan):
    data = gz.data("gz-2025")
    data.loc[("广州市", 2023), "g5_stations"] = np.nan
    later = data.loc[[("广州市", 2023)]].rename(index={2023: 2024})
    later["g5_stations"] = 9.18
    m = gz.monitor(plan, pd.concat([data, later]))
    row = m.table.loc["g5_stations"]
    assert (round(row["ratio"], 3), round(row["completion"], 3)) == (1.024, 0.653)
    assert (row["class_plan"], row["class_un"], row["class_eurostat"]) == (
        "on course",
        "on track",
        "significant progress",
    )
    assert any("0.653 against 0.667 of the time, ratio of growth 1.024" in n for n in m.notes)
    assert any("两种规则判断不一" in n for n in m.notes_in("zh"))


def test_a_scenario_for_2035_is_marked_as_the_users(plan):
    f = plan.framework
    share = f.node("core_share")
    own = Target(25, year=2035, kind="share", assumption=True, text="scenario")
    assert isinstance(share, gz.Indicator)
    from dataclasses import replace

    with_own = replace(share, targets=(*share.targets, own))
    swapped = [with_own if i.code == "core_share" else i for i in f.indicators]
    index = plan.replace(framework=gz.Framework(tuple(swapped), f.groups))
    again = gz.Index.from_toml(index.to_toml())
    assert again.framework.node("core_share").targets == with_own.targets
    m = gz.monitor(again, gz.data("gz-2025"), horizon=2035)
    row = m.table.loc["core_share"]
    assert (row["target_year"], row["aim"], row["assumption"]) == (2035, 25, True)
    assert m.table.loc["g5_stations", "target"] == ""
    assert any("the target is the user's assumption" in n for n in m.notes)
    assert gz.monitor(again, gz.data("gz-2025")).table.loc["core_share", "target_year"] == 2025


# -- made plans ------------------------------------------------------------------------------------


def test_a_declared_baseline_goes_before_the_data():
    index, data = made(
        aim("a", Target(10, year=2025), baseline=Baseline(5, 2022)), a=[5.5, 7.5, 8.0]
    )
    m = gz.monitor(index, data)
    assert m.table.loc["a", "completion"] == 0.6
    assert any("the base is 5, as the definition says; the data: 5.5" in n for n in m.notes)


def test_the_base_comes_from_the_data_otherwise():
    index, data = made(aim("a", Target(10, year=2025)), a=[4, 7])
    assert gz.monitor(index, data).table.loc["a", "completion"] == 0.5
    assert gz.monitor(index, data, base=2023).table.loc["a", "outcome"] == "at base"


def test_history_has_every_year_and_every_convention():
    index, data = made(aim("a", Target(10, year=2025)), a=[4, 5, 9])
    h = gz.monitor(index, data).history.loc["a"]
    assert h["outcome"].tolist() == ["at base", "assessed", "assessed"]
    assert h["class_plan"].tolist() == ["", "behind", "faster"]
    assert h["class_un"].tolist()[0] == ""
    assert gz.monitor(index, data, year=2023).history.loc["a"].index.tolist() == [2022, 2023]


def test_the_latest_known_value_counts_and_its_year_is_shown():
    index, data = made(aim("a", Target(10, year=2025)), gz.Indicator(code="b", parent="p"),
                       a=[4, 7, None], b=[1, 2, 3])  # fmt: skip
    row = gz.monitor(index, data).table.loc["a"]
    assert (row["year"], row["value"], row["time_share"]) == (2023, 7, 1 / 3)


def test_binding_targets_that_are_missed_are_flagged():
    index, data = made(
        aim("a", Target(10, year=2023, force="binding")),
        aim("b", Target(10, year=2023, force="expected")),
        a=[4, 7],
        b=[4, 7],
    )
    m = gz.monitor(index, data)
    assert m.missed_binding == ["a"]
    assert any(n == "binding target missed: a" for n in m.notes)
    assert m.table["class"].tolist() == ["missed", "missed"]


def test_targets_of_groups_are_those_of_their_score():
    f = gz.Framework(
        (gz.Indicator(code="a", parent="p"), gz.Indicator(code="b", parent="p")),
        (gz.Group(code="p", targets=Target(200, year=2026)),),
    )
    rows = pd.MultiIndex.from_product([["city"], [2022, 2023, 2024]], names=["unit", "year"])
    data = pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 1, 1]}, index=rows)
    index = gz.Index(id="g", framework=f, normalise={"method": "base-index", "window": "base"})
    row = gz.monitor(index, data).table.loc["p"]
    assert (row["base"], row["value"], row["completion"]) == (100, 200, 1)
    assert row["class"] == "ahead"


def test_distances_in_standard_deviations_of_peers():
    f = gz.Framework((aim("a", Target(10, year=2025), weight=None),), (gz.Group(code="p"),))
    rows = pd.MultiIndex.from_product([["x", "y", "z"], [2022, 2023]], names=["unit", "year"])
    data = pd.DataFrame({"a": [4.0, 6, 5, 5, 9, 9]}, index=rows)
    m = gz.monitor(gz.Index(id="p", framework=f), data, unit="x")
    assert m.table.loc["a", "distance"] == pytest.approx(4 / np.std([4, 5, 9], ddof=1))
    with pytest.raises(gz.DataError, match=r"several units(?s:.*)x, y, z.*say which: unit = "):
        gz.monitor(m.index, data)
    with pytest.raises(gz.NotFoundError, match="no unit 'w'; there are x, y, z"):
        gz.monitor(m.index, data, unit="w")


def test_flags_stand_beside_the_value():
    index, data = made(aim("a", Target(10, year=2025)), a=[4, 7])
    flags = pd.DataFrame({"a": ["", "provisional"]}, index=data.index)
    assert gz.monitor(index, data, flags=flags).table.loc["a", "flag"] == "provisional"
    with pytest.raises(gz.DataError, match=r"flags, b: no indicator has this code"):
        gz.monitor(index, data, flags=flags.rename(columns={"a": "b"}))


def test_what_cannot_be_monitored_is_refused():
    index, data = made(aim("a", Target(10, year=2025)), a=[4, 7])
    with pytest.raises(gz.DataError, match="the rows have no period"):
        gz.monitor(index, data.droplevel("year").iloc[:1])
    with pytest.raises(gz.DataError, match="'2022Q1' is no year"):
        gz.monitor(index, data.rename(index={2022: "2022Q1", 2023: "2023Q1"}))
    with pytest.raises(gz.NotFoundError, match="no year 2030 in the data; there are 2022, 2023"):
        gz.monitor(index, data, year=2030)
    with pytest.raises(gz.NotFoundError, match="no target is due in 2030; there are 2025"):
        gz.monitor(index, data, horizon=2030)
    with pytest.raises(gz.NotFoundError, match="no convention 'x'"):
        gz.monitor(index, data, wording="x")
    bad, _ = made(
        aim("a", Target(10, year=2025, operator="<")), aim("b", Target(1, year=2020)), a=[4], b=[1]
    )
    with pytest.raises(gz.DefinitionError, match=r"(?s)a: the target is < 10.*b: the target of 20"):
        gz.monitor(bad, data.assign(b=1.0))


def test_periods_may_be_dates_or_text():
    index, data = made(aim("a", Target(10, year=2025)), a=[4, 7])
    want = gz.monitor(index, data).table
    for label in (lambda y: pd.Timestamp(y, 12, 31), lambda y: f"{y}年"):
        got = gz.monitor(index, data.rename(index={y: label(y) for y in (2022, 2023)})).table
        pd.testing.assert_frame_equal(got, want)


def test_tolerance_of_the_wording_is_an_option():
    index, data = made(aim("a", Target(10, year=2025)), a=[4, 5.8])
    assert gz.monitor(index, data).table.loc["a", "class"] == "behind"
    wide = gz.monitor(index, data, wording=plan_wording(0.2))
    assert wide.table.loc["a", "class"] == "on course"


def test_nothing_is_written_to(plan):
    data = gz.data("gz-2025")
    before = data.copy(deep=True)
    gz.monitor(plan, data).to_frame(lang="zh")
    pd.testing.assert_frame_equal(data, before)


def test_a_series_is_carried_on_to_its_target(known):
    p = known.project("g5_stations")
    assert (p.to, p.target, p.operator) == (2025, 10, ">")
    assert p.table.loc["linear", "forecast"] == pytest.approx(9.17 + 2 * 1.53)
    assert p.table.loc["linear", "year"] == 2024
    assert p.table.loc["holt", "outcome"] == "insufficient data"
    assert known.project("core_share").cap == 100
    with pytest.raises(gz.MethodError, match="5G users: no target year -> name one: to = "):
        known.project("g5_users")
    assert known.project("g5_users", 2025).target is None


# -- words and files -------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_dashboard_in_words(known, lang):
    t = known.to_frame(lang=lang)
    row = t.loc["g5_stations"]
    assert (
        row.iloc[:3].tolist()
        == {
            "zh": ["数字创新发展引领区", "5G基站数", "万座"],
            "en": ["Leading zone for digital innovation", "5G base stations", "10,000 stations"],
        }[lang]
    )
    assert (
        row["评价" if lang == "zh" else "Class"]
        == {
            "zh": "▲ 快于预期",
            "en": "▲ faster than planned",
        }[lang]
    )
    assert ("差距缩减比" if lang == "zh" else "Gap closing") not in t  # nothing in it


def test_saved_workbook_and_csv(known, tmp_path):
    folder = known.save(tmp_path / "m")
    saved = Saved.load(folder)
    assert saved.kind == "monitor"
    pd.testing.assert_frame_equal(saved.tables["table"], known.table, check_dtype=False)
    assert saved.settings["year"] == 2023
    table = pd.read_csv(folder / "dashboard.zh.csv", encoding="utf-8-sig", index_col=0)
    assert table.loc["g5_stations", "完成度"] == known.table.loc["g5_stations", "completion"]
    book = openpyxl.load_workbook(folder / "dashboard.zh.xlsx")
    assert book.sheetnames == ["监测表", "分区汇总", "逐年进展", "说明"]
    heads = [c.value for c in book["监测表"][1]]
    cells = dict(zip(heads, list(book["监测表"][2]), strict=True))
    assert cells["完成度"].value == pytest.approx(known.table.loc["g5_stations", "completion"])
    assert cells["完成度"].number_format == "0.0%"
    assert cells["评价"].value == "▲ 快于预期"
    assert cells["评价"].fill.start_color.rgb.endswith("E2EFDA")


def test_a_name_that_looks_like_a_formula_stays_text(tmp_path):
    index, data = made(aim("a", Target(10, year=2025), name=gz.Text.of('=HYPERLINK("x")')), a=[4])
    path = gz.monitor(index, data).to_excel(tmp_path / "m.xlsx")
    sheet = openpyxl.load_workbook(path)["监测表"]
    (cell,) = [c for c in sheet[2] if isinstance(c.value, str) and c.value.startswith("=")]
    assert cell.data_type == "s"


# -- found by a review -----------------------------------------------------------------------------


def test_a_trend_starts_at_the_declared_baseline():
    index, data = made(
        gz.Indicator(code="a", parent="p", baseline=Baseline(100, 2021)), a=[110.0, 121.0]
    )
    row = gz.monitor(index, data).table.loc["a"]
    assert (row["base"], row["base_year"]) == (100, 2021)
    assert row["growth"] == pytest.approx(0.1)
    single = gz.monitor(index, data.iloc[:1]).table.loc["a"]
    assert (single["outcome"], single["class"]) == ("no target", "improving")


def test_a_baseline_of_another_year_is_not_compared_with_the_base_year():
    index, data = made(
        aim("a", Target(10, year=2025), baseline=Baseline(7.64, 2023)),
        gz.Indicator(code="b", parent="p", baseline=Baseline(1, 2022)),
        a=[5, 7.64, 9],
        b=[1, 2, 3],
    )
    assert not any("as the definition says" in n for n in gz.monitor(index, data).notes)


def test_a_target_without_a_year_is_not_met_ahead_of_time():
    index, data = made(aim("a", Target(10)), a=[5, 11])
    row = gz.monitor(index, data).table.loc["a"]
    assert (row["outcome"], row["class"]) == ("met", "achieved")


def test_values_that_do_not_fit_their_target_are_named_at_once():
    index, data = made(
        aim("a", Target(kind="binary", year=2025), name="Law"),
        aim("b", Target(90, kind="share", year=2025)),
        a=[0, 0.5],
        b=[80, 105],
    )
    with pytest.raises(gz.DataError, match=r"(?s)Law\) for city, 2023: a yes/no indicator is 0\.5"
                       r".*b.*2023: a share is 105, outside 0 and its limit 100"):  # fmt: skip
        gz.monitor(index, data)


def test_values_before_the_base_only():
    index, data = made(aim("a", Target(10, year=2025), baseline=Baseline(7, 2024)), a=[5, 6])
    row = gz.monitor(index, data).table.loc["a"]
    assert (row["outcome"], row["class"]) == ("before base", "")


@pytest.mark.parametrize("base", [0.0, -10.0])
def test_a_rate_on_a_base_not_above_zero_is_no_number(base):
    index, data = made(aim("a", Target(5, kind="rate", year=2025)), a=[base, 8])
    row = gz.monitor(index, data).table.loc["a"]
    assert (row["outcome"], row["class"]) == ("no rate", "")
    assert row[["aim", "completion", "ratio", "left"]].isna().all()


def test_targets_of_moderate_indicators():
    best = {"interval": [3, 6]}
    for target, said in (
        (Target(2, year=2025, operator="<"), r"< 2 while it is best within \[3, 6\]"),
        (Target(9, year=2025), r"the target 9 lies outside \[3, 6\]"),
    ):
        index, data = made(aim("a", target, direction=best), a=[8, 4])
        with pytest.raises(gz.DefinitionError, match=said):
            gz.monitor(index, data)


def test_why_an_assessed_target_has_no_class_is_said():
    index, data = made(aim("a", Target(5, year=2025, operator=">")), a=[5, 4])
    assert (
        "0 can be assessed; the others: 1 the target is the base"
        in gz.monitor(index, data).notes[0]
    )


def test_an_unfulfilled_yes_no_target_has_something_left():
    index, data = made(aim("a", Target(0, kind="binary", year=2025)), a=[1, 1])
    assert gz.monitor(index, data).table.loc["a", "left"] == 1


def test_a_plan_with_gaps_is_saved_although_it_is_no_index(tmp_path):
    index, data = made(aim("a", Target(10, year=2025)), aim("b", Target(9, year=2025)),
                       a=[5, 6, 7], b=[4, None, 5])  # fmt: skip
    m = gz.monitor(index.replace(missing="error"), data)
    assert Saved.load(m.save(tmp_path / "out")).versions == m.versions
    assert m.versions["data_hash"] == index.evaluate(data).versions["data_hash"]


def test_a_convention_with_classes_of_its_own(tmp_path):
    own = Convention(name=gz.Text("本市", "ours"), by="time", edges={"good": 1.0}, worst="poor",
                     source="ours")  # fmt: skip
    index, data = made(aim("a", Target(10, year=2025)), a=[5, 6])
    m = gz.monitor(index, data, wording=own)
    assert m.to_frame(lang="zh")["评价"].tolist() == ["poor"]
    m.to_excel(tmp_path / "own.xlsx")


def test_control_characters_do_not_stop_the_workbook(tmp_path):
    index, data = made(aim("a", Target(10, year=2025), name="bell\x07"), a=[5, 6])
    book = openpyxl.load_workbook(gz.monitor(index, data).to_excel(tmp_path / "o.xlsx"))
    assert "bell" in [c.value for c in book.worksheets[0][2]]


def test_a_target_in_words_does_not_hide_one_that_was_missed():
    later = Target(kind="qualitative", year=2035)
    index, data = made(aim("a", [Target(10, year=2023, force="binding"), later]), a=[5, 6, 7])
    assert gz.monitor(index, data).missed_binding == ["a"]


@pytest.mark.parametrize("what", ["year", "base", "horizon"])
def test_years_are_whole_numbers(what):
    index, data = made(aim("a", Target(10, year=2025)), a=[5, 6])
    with pytest.raises(gz.MethodError, match=f"monitor: {what} = '2023'"):
        gz.monitor(index, data, **{what: "2023"})
    floats = data.set_axis(data.index.set_levels([2022.0, 2023.0], level="year"))
    assert gz.monitor(index, floats).table.loc["a", "completion"] == 0.2


def test_flags_that_are_no_words_are_refused():
    index, data = made(aim("a", Target(10, year=2025)), a=[5, 6])
    with pytest.raises(gz.DataError, match="flags, a for city, 2023: True is no word"):
        gz.monitor(index, data, flags=pd.DataFrame({"a": [False, True]}, index=data.index))


def test_a_projection_begins_with_the_baseline():
    index, data = made(aim("a", Target(10, year=2025), baseline=Baseline(4, 2021)), a=[5])
    p = gz.monitor(index, data).project("a")
    assert p.series.to_dict() == {2021: 4, 2022: 5}
    law, data = made(aim("a", Target(kind="binary", year=2025)), a=[0, 0])
    with pytest.raises(gz.MethodError, match="yes or no"):
        gz.monitor(law, data).project("a")

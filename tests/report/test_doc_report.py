"""Reports: sections, numbers, sentences, both writers, both languages."""

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.report.documents import compose
from gz_index.report.documents.content import SECTIONS

pytest.importorskip("docx")
pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")


def tables_of(section):
    return [b for b in section.all_blocks() if type(b).__name__ == "Tabled"]


def text_of(section):
    return " ".join(getattr(b, "text", "") for b in section.all_blocks())


# -- which sections --------------------------------------------------------------------------------


def test_a_panel_has_a_trend_and_no_targets(provinces):
    report = provinces[2]
    assert [s.key for s in report.sections] == [k for k in SECTIONS if k != "targets"]
    assert report.omitted == {"targets": "定义没有目标"}


def test_a_single_year_has_no_trend(desi):
    report = desi[2]
    assert "trend" not in [s.key for s in report.sections]
    assert report.omitted["trend"] == "the data have a single period"
    with pytest.raises(gz.MethodError, match="single period"):
        report.section("trend")


def test_a_plan_has_targets_and_no_ranking(plan):
    report = plan[2]
    assert [s.key for s in report.sections] == ["level", "targets", "audit", "methods"]
    assert set(report.omitted) == {"trend", "obstacles", "robustness"}
    assert "不作排名" in text_of(report.section("level"))


def test_sections_are_chosen_and_stand_in_order(desi):
    index, data, _ = desi
    report = compose(index, data, sections=["methods", "level"], title="Mine")
    assert [s.key for s in report.sections] == ["level", "methods"]
    assert report.omitted == {}
    assert report.title == "Mine"
    assert set(report.studies) == {"result", "methods"}  # nothing else was computed


# -- numbers ---------------------------------------------------------------------------------------


def test_the_ranking_is_that_of_the_result(provinces):
    index, data, report = provinces
    result = index.evaluate(data)
    table = tables_of(report.section("level"))[0].frame
    now = result.total.xs(2022, level="year")
    assert table.index.tolist() == now.sort_values(ascending=False).index.tolist()
    np.testing.assert_array_equal(table["total"], now[table.index])
    np.testing.assert_array_equal(
        table["rank"], result.ranks.xs(2022, level="year")["total"][table.index]
    )
    np.testing.assert_array_equal(
        table["fusion"], result.scores.xs(2022, level="year")["fusion"][table.index]
    )
    first = f"{table.index[0]}（{now.max():.3f}）居首"
    assert first in report.points[0]
    assert f"平均{now.mean():.3f}，中位数{now.median():.3f}" in text_of(report.section("level"))


def test_the_unit_in_focus(provinces):
    index, data, report = provinces
    result = index.evaluate(data)
    rank = result.ranks.loc[("江苏省", 2022), "total"]
    assert (
        f"江苏省的总指数为{result.total['江苏省', 2022]:.3f}，在31个评价对象中居第{rank}位"
        in report.points[1]
    )
    own = tables_of(report.section("obstacles"))[-1]
    expected = gz.obstacles(result, unit="江苏省").top(5).loc[("江苏省", 2022)]
    np.testing.assert_allclose(own.frame["degree"], expected["degree"])
    assert "江苏省" in own.caption


def test_the_trend_is_that_of_the_result(provinces):
    index, data, report = provinces
    result = index.evaluate(data)
    table, parts = tables_of(report.section("trend"))
    before, after = (result.total.xs(y, level="year") for y in (2013, 2022))
    np.testing.assert_array_equal(table.frame["change"], (after - before)[table.frame.index])
    ranks = result.ranks["total"]
    moved = ranks.xs(2013, level="year") - ranks.xs(2022, level="year")
    np.testing.assert_array_equal(table.frame["moved"], moved[table.frame.index])
    change = gz.change(result, since=2013, until=2022, unit="江苏省")
    np.testing.assert_array_equal(parts.frame["points"], change.below()["points"])
    assert parts.frame["points"].sum() == pytest.approx((after - before)["江苏省"])


def test_obstacles_over_all_units_are_ratios_of_sums(desi):
    index, data, report = desi
    study = gz.obstacles(index.evaluate(data), ideal=100)
    table = tables_of(report.section("obstacles"))[0].frame
    pooled = study.pooled("all")[list(index.framework.codes)].iloc[0].nlargest(5)
    np.testing.assert_allclose(table["degree"], pooled)
    np.testing.assert_array_equal(table["count"], study.frequency(5)["count"][pooled.index])


def test_robustness_is_that_of_the_studies(desi):
    index, data, report = desi
    u = gz.uncertainty(index, data, draws=50, seed=1)
    intervals, others, shares = tables_of(report.section("robustness"))
    order = u.ranks.sort_values("nominal", kind="stable")
    np.testing.assert_array_equal(intervals.frame["low"], order["low"])
    np.testing.assert_array_equal(intervals.frame["high"], order["high"])
    assert f"Over 50 draws the mean shift of ranks is {u.shift:.2f}" in " ".join(report.points)
    entropy = gz.compare(index, data, weight=[index.weight, "entropy"]).table().iloc[1]
    assert others.frame.loc["entropy weights", "spearman"] == pytest.approx(entropy["spearman"])
    s = gz.sobol(index, data, targets=["shift"], points=16, seed=1).of("shift")
    np.testing.assert_array_equal(shares.frame["total"], s["total"])
    assert "arithmetic" not in " ".join(others.frame.index)  # it is what the definition has


def test_methods_that_cannot_be_applied_are_said(desi):
    notes = tables_of(desi[2].section("robustness"))[1].notes
    assert any("weighted geometric mean cannot be applied: not all" in n for n in notes)
    assert not any("{" in n for n in notes)


def test_targets_are_those_of_the_dashboard(plan):
    index, data, report = plan
    m = gz.monitor(index, data)
    table = tables_of(report.section("targets"))[0].frame
    stations = table.loc["5G基站数（万座）"]
    assert stations["completion"] == pytest.approx(100 * m.table.loc["g5_stations", "completion"])
    assert (stations["base"], stations["value"], stations["aim"]) == (
        "7.64 (2022)",
        "9.17 (2023)",
        "> 10",
    )
    numbers = (m.table["target"] != "") & (m.table["outcome"] != "in words")
    assert len(table) == numbers.sum()
    assert m.notes_in("zh")[0] in report.points[1]


def test_the_audit_counts_and_the_methods_are_the_librarys(provinces):
    index, data, report = provinces
    audit = gz.audit(index, data, period=2022, draws=50, points=16, seed=1)
    for severity, word in (("warning", "警告"), ("note", "提示")):
        assert f"{word}{audit.counts[severity]}项" in report.points[-1]
    methods = report.studies["methods"]
    said = report.section("methods")
    assert (
        text_of(said)
        .replace(" ", "")
        .startswith(methods.text.split("\n\n")[0][:30].replace(" ", ""))
    )
    formulas = [b for b in said.blocks if type(b).__name__ == "Formula"]
    assert [f.latex for f in formulas] == list(methods.formulas)
    weights = tables_of(said)[0].frame["weight"]
    assert weights.sum() == pytest.approx(1)


def test_scores_that_cannot_be_compared_are_not():
    index = gz.load("cn-provinces-2022")
    index = index.replace(normalise={"method": "minmax", "window": "period"})
    report = compose(index, gz.data("cn-provinces-2022"), sections=["trend"])
    (table,) = tables_of(report.section("trend"))
    assert list(table.frame) == ["rank_before", "rank_after", "moved"]
    assert "only ranks are" in text_of(report.section("trend"))
    assert len(report.figures) == 1  # ranks; no line of scores, no parts of a change


def test_an_earlier_period_is_the_present_when_it_is_asked_for(provinces):
    index, data, _ = provinces
    report = compose(index, data, period=2015, sections=["level", "trend"])
    assert report.points[0].startswith("In 2015, ")
    assert tables_of(report.section("trend"))[0].caption == "Index in 2013 and 2015"


def test_an_earlier_period_keeps_the_weights_of_the_result():
    """Data-driven weights would be others, if what came later were left out before weighting."""
    index, data = (
        gz.load("cn-provinces-2022").replace(weight="entropy"),
        gz.data("cn-provinces-2022"),
    )
    report = compose(index, data, period=2015, unit="广东省", sections=["trend"])
    drawn = report.figures[0].axes.get_lines()
    line = next(x for x in drawn if x.get_label() == "广东省").get_ydata()
    np.testing.assert_allclose(line, index.evaluate(data).total["广东省"].loc[:2015])


def test_studies_get_the_data_as_they_came(small):
    """What a screen leaves out is left out of every section, once."""
    rng = np.random.default_rng(5)
    data = pd.DataFrame(
        rng.uniform(1, 9, (12, 5)), columns=list("vwxyz"), index=list("abcdefghijkl")
    )
    data.loc["a":"f", "v"] = np.nan
    tree = gz.Framework([gz.Indicator(code=c) for c in "vwxyz"])
    screen = {"kind": "screen", "indicators": {"available": 0.65}}
    index = gz.Index(framework=tree, prepare=[screen], id="screened")
    report = compose(index, data, **small)
    assert set(report.omitted) == {"trend", "targets"}
    weights = tables_of(report.section("methods"))[0].frame
    assert weights["indicator"].tolist() == list("wxyz")
    u = gz.uncertainty(index, data, [gz.Spread(size=0.25)], draws=50, seed=1)
    found = tables_of(report.section("robustness"))[0].frame["shift"]
    np.testing.assert_array_equal(found.sort_index(), u.ranks["shift"].sort_index())


def test_many_first_places_are_counted():
    data = pd.DataFrame({"x": [1.0] * 5 + [0.0], "y": [1.0] * 5 + [0.0]}, index=list("abcdef"))
    index = gz.Index(framework=gz.Framework((gz.Indicator(code="x"), gz.Indicator(code="y"))))
    zh, en = (compose(index, data, sections=["level"], lang=k).points[0] for k in ("zh", "en"))
    assert zh == "6个评价对象中，a（1.000）、b（1.000）、c（1.000）等5个居首。"
    assert en == "a (1.000), b (1.000), c (1.000) and 2 more lead the 6 units."


def test_without_a_sensitivity_table_weights_vary_by_a_quarter(own, small):
    report = compose(*own, **small)
    u = gz.uncertainty(*own, [gz.Spread(size=0.25)], draws=50, seed=1)
    assert f"{u.shift:.2f}" in " ".join(report.points)
    said = text_of(report.section("robustness"))
    assert "every weight varies by 25%" in said
    left = [t for b in report.section("robustness").blocks for t in getattr(b, "texts", ())]
    assert any("fewer than two choices" in t for t in left)  # nothing to share out


def test_the_data_and_global_settings_are_left_alone(own, small):
    import matplotlib as mpl

    index, data = own
    before, settings = data.copy(deep=True), dict(mpl.rcParams)
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    compose(index, data, **small).html()
    pd.testing.assert_frame_equal(data, before)
    assert dict(mpl.rcParams) == settings
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002

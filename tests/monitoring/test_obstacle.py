"""Obstacle degree: the golden values, sums and pooling, gaps, what is refused, laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.monitoring.obstacle import obstacles
from gz_index.study import Saved
from tests.golden import CODES, golden, index, table


def golden_index(**parts):
    return index(**{"weight": "entropy", **parts})


@pytest.fixture(scope="module")
def panel():
    return golden_index().evaluate(table())


def pillars(**parts):
    """Two pillars of unlike size, given weights; scores are the data."""
    f = gz.Framework(
        tuple(
            gz.Indicator(code=c, parent=c[0], goalposts=(0, 1))
            for c in ("a1", "a2", "b1", "b2", "b3")
        ),
        (gz.Group(code="a"), gz.Group(code="b")),
    )
    posts = {"method": "minmax", "window": "goalposts"}
    w = {"a": 0.6, "b": 0.4, "a1": 0.5, "a2": 0.5, "b1": 0.2, "b2": 0.3, "b3": 0.5}
    return gz.Index(framework=f, **{"normalise": posts, "weight": w, **parts})


def scores(rows, index=None):
    return pd.DataFrame(rows, columns=["a1", "a2", "b1", "b2", "b3"], index=index or list("xyz"))


ROWS = [[0.5, 1.0, 0.0, 1.0, 0.5], [1.0, 1.0, 1.0, 1.0, 1.0], [0.2, 0.9, 0.4, 0.6, 0.7]]


# -- numbers ---------------------------------------------------------------------------------------


def test_golden(panel):
    want = golden("obstacle_year3")
    o = obstacles(panel)
    third = o.to_frame().xs(2022, level="year")
    ours = third[CODES].to_numpy() / 100
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(want))
    rated = ~np.isnan(want).any(axis=1)
    assert np.abs(ours - want)[rated].max() < 1e-9
    assert third["outcome"].tolist() == ["rated"] * 3 + ["at its ideal", "rated"]
    assert o.notes == ("city 3, 2022: every indicator is at its ideal",)
    assert o.notes_in("zh") == ("city 3, 2022：各指标均达到理想值，没有障碍",)


def test_global_weights_and_sums_over_pillars():
    result = pillars().evaluate(scores(ROWS))
    o = obstacles(result)
    # F (1 - z) by hand: .3 x .5, 0, .08 x 1, 0, .2 x .5
    assert o.degrees.loc["x"].tolist() == pytest.approx(
        [15 / 0.33, 0, 8 / 0.33, 0, 10 / 0.33], abs=1e-12
    )
    assert o.groups.loc["x"].tolist() == pytest.approx([15 / 0.33, 18 / 0.33], abs=1e-12)
    table = o.to_frame()
    assert list(table) == ["outcome", "shortfall", "a", "b", "a1", "a2", "b1", "b2", "b3"]
    np.testing.assert_allclose(table["shortfall"], 1 - result.total, rtol=0, atol=1e-15)
    assert table["outcome"].tolist() == ["rated", "at its ideal", "rated"]
    assert table.loc["y", "a":].isna().all()
    assert table.loc["y", "shortfall"] == 0


def test_an_efficacy_score_has_the_degrees_of_its_minmax(panel):
    efficacy = golden_index(
        normalise="efficacy", weight=dict(zip(CODES, [4, 3, 2, 1], strict=True))
    )
    linear = efficacy.replace(normalise="minmax")
    ours = obstacles(efficacy.evaluate(table()), ideal=100)
    np.testing.assert_allclose(
        ours.degrees, obstacles(linear.evaluate(table())).degrees, rtol=0, atol=1e-10
    )


def test_weights_by_period():
    index = golden_index(weight={"scheme": "entropy", "window": "period"})
    result = index.evaluate(table())
    o = obstacles(result)
    w = result.weights["global"].unstack("period").loc[CODES]
    for (city, year), z in result.normalised.iterrows():
        f = w[year].to_numpy() * (1 - z.to_numpy())
        if f.sum() > 0:
            got = o.degrees.loc[(city, year)]
            np.testing.assert_allclose(got, 100 * f / f.sum(), rtol=0, atol=1e-10)
    assert any("differ by period" in n for n in o.notes)
    assert any("逐期而异" in n for n in o.notes_in("zh"))


def test_pooled_degrees_are_ratios_of_sums(panel):
    o = obstacles(panel)
    w = panel.weights.loc[CODES, "global"].to_numpy()
    parts = w * (1 - panel.normalised)
    for by, level in (("unit", "city"), ("period", "year")):
        sums = parts.groupby(level=level, sort=False).sum()
        want = 100 * sums.div(sums.sum(axis=1), axis=0)
        got = o.pooled(by)
        assert got.index.name == by
        np.testing.assert_allclose(got.loc[want.index, CODES], want, rtol=0, atol=1e-10)
    # city 3 reaches the ideal in its last year: a mean of percentages would not exist
    assert o.pooled().loc["city 3", "outcome"] == "rated"
    averages = o.degrees.groupby(level="city").mean()
    assert (o.pooled()[CODES] - averages).abs().max().max() > 0.1
    whole = o.pooled("all")
    assert whole.loc["all", "shortfall"] == pytest.approx(1 - panel.total.mean(), abs=1e-14)
    assert whole.loc["all", CODES].sum() == pytest.approx(100, abs=1e-10)


def test_the_largest_obstacles():
    result = pillars().evaluate(scores(ROWS))
    o = obstacles(result)
    top = o.top(2)
    assert top.index.tolist() == ["x", "x", "z", "z"]  # y has none
    assert top["rank"].tolist() == [1, 2, 1, 2]
    assert top["indicator"].tolist() == ["a1", "b3", "a1", "b3"]
    assert top.loc["x", "degree"].tolist() == pytest.approx([15 / 0.33, 10 / 0.33], abs=1e-12)
    assert len(o.top(5).loc["x"]) == 3  # two are at their ideal
    # z: .24 .03 .048 .048 .06, so b1 and b2 share rank 3
    assert o.top(3).loc["z"][["rank", "indicator"]].to_numpy().tolist() == [
        [1, "a1"],
        [2, "b3"],
        [3, "b1"],
        [3, "b2"],
    ]
    assert o.top(1, by="all")["indicator"].tolist() == ["a1"]


def test_names_of_the_largest_obstacles():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    o = obstacles(index.evaluate(data), unit="广东省")
    f = index.framework
    first = o.top(1).iloc[0]["indicator"]
    assert o.top(1, lang="zh").iloc[0]["indicator"] == f.name(first, "zh")
    assert o.top(1, lang="en").iloc[0]["indicator"] == f.name(first, "en")


def test_frequency():
    years = [2021, 2022]
    rows = pd.MultiIndex.from_product([["x", "y"], years], names=["unit", "year"])
    data = pd.DataFrame(
        [
            [0.0, 1.0, 1.0, 1.0, 1.0],
            [0.0, 0.5, 1.0, 1.0, 1.0],
            [1.0, 1.0, 1.0, 0.0, 1.0],
            [1.0, 1.0, 1.0, 1.0, 1.0],
        ],
        columns=["a1", "a2", "b1", "b2", "b3"],
        index=rows,
    )
    o = obstacles(pillars().evaluate(data))
    t = o.frequency(1)
    assert t.index.tolist() == ["a1", "b2", "a2", "b1", "b3"]
    assert t["count"].tolist() == [2, 1, 0, 0, 0]
    assert t["rows"].tolist() == [3] * 5  # the row at its ideal has no obstacles
    assert t.loc["a1", "share"] == pytest.approx(200 / 3)
    by_unit = o.frequency(2, by="unit")
    assert by_unit.loc[("x", "a1"), "count"] == 2
    assert by_unit.loc[("x", "a2"), "count"] == 1
    assert by_unit.loc[("y", "b2"), ["count", "rows", "share"]].tolist() == [1, 1, 100]
    assert o.frequency(1, by="period").loc[(2022, "a1"), "count"] == 1


# -- gaps, other scales, other aggregation ---------------------------------------------------------


def test_gaps_rescale_the_weights_as_the_index_did():
    rows = [[np.nan, 0.5, 0.0, 1.0, 0.5], [0.2, 0.4, np.nan, np.nan, np.nan], [np.nan] * 5]
    index = pillars(missing={"policy": "renormalise", "coverage": 0.3})
    result = index.evaluate(scores(rows))
    o = obstacles(result)
    t = o.to_frame()
    # x: a2 weighs .6 alone; .4 x (.2, .3, .5) below b
    parts = np.array([0.6 * 0.5, 0.08, 0.0, 0.2 * 0.5])
    got = t.loc["x", ["a2", "b1", "b2", "b3"]].astype(float)
    np.testing.assert_allclose(got, 100 * parts / parts.sum(), rtol=0, atol=1e-12)
    assert np.isnan(t.loc["x", "a1"])
    # y: pillar b is not scored, so that a carries all
    assert t.loc["y", ["a1", "a2"]].tolist() == pytest.approx([800 / 14, 600 / 14], abs=1e-12)
    assert t.loc["y", ["b", "b1"]].isna().all()
    assert t.loc["z", "outcome"] == "not scored"
    np.testing.assert_allclose(t["shortfall"], 1 - result.total, rtol=0, atol=1e-15)
    assert any(n.startswith("4 cells are not in the index") for n in o.notes)
    assert any("z: the index is withheld" in n for n in o.notes)
    assert o.frequency(5).loc["b1", ["count", "rows"]].tolist() == [1, 1]


def test_a_known_cell_in_a_group_that_is_not_scored_has_no_degree():
    rows = [[0.2, 0.4, 0.5, np.nan, np.nan], ROWS[0], ROWS[2]]
    index = pillars(missing={"policy": "renormalise", "coverage": 0.5})
    o = obstacles(index.evaluate(scores(rows)))
    assert np.isnan(o.degrees.loc["x", "b1"])
    assert o.degrees.loc["x"].sum() == pytest.approx(100, abs=1e-10)


def test_an_indicator_of_weight_zero_is_no_obstacle():
    w = {"a": 1, "b": 0, "a1": 0.5, "a2": 0.5, "b1": 0.2, "b2": 0.3, "b3": 0.5}
    o = obstacles(pillars(weight=w).evaluate(scores([[1, 1, 0, 0, 0], ROWS[0], ROWS[2]])))
    assert o.to_frame().loc["x", "outcome"] == "at its ideal"
    assert o.groups.loc["y"].tolist() == [100, 0]


def test_rounding_is_no_obstacle():
    z = scores([[1 - 1e-16, 1.0, 1 + 2e-16, 1.0, 1.0], ROWS[0], ROWS[2]])
    o = obstacles(pillars().evaluate(z))
    assert o.to_frame().loc["x", "outcome"] == "at its ideal"


def test_other_aggregation_is_noted():
    result = pillars(aggregate="geometric").evaluate(scores([ROWS[2], ROWS[1], [0.5] * 5]))
    o = obstacles(result)
    same = obstacles(pillars().evaluate(scores([ROWS[2], ROWS[1], [0.5] * 5])))
    pd.testing.assert_frame_equal(o.degrees, same.degrees)
    assert any("defined for weighted sums" in n and "geometric" in n for n in o.notes)
    assert any("按加权和定义" in n for n in o.notes_in("zh"))


def test_an_ideal_off_the_scale_is_noted(panel):
    assert any("far below the ideal of 100" in n for n in obstacles(panel, ideal=100).notes)
    assert any("远低于理想值100" in n for n in obstacles(panel, ideal=100).notes_in("zh"))


def test_one_unit(panel):
    o = obstacles(panel, unit="city 1")
    assert o.degrees.index.tolist() == [("city 1", y) for y in (2020, 2021, 2022)]
    pd.testing.assert_frame_equal(
        o.degrees, obstacles(panel).degrees.xs("city 1", drop_level=False)
    )
    assert o.pooled("period").shape[0] == 3
    with pytest.raises(gz.NotFoundError, match=r"no unit 'city 9'; there are city 0, city 1"):
        obstacles(panel, unit="city 9")


# -- refusals --------------------------------------------------------------------------------------


def test_a_score_above_the_ideal_is_named():
    result = golden_index(normalise={"method": "minmax", "window": "base"}, weight="equal")
    with pytest.raises(
        gz.MethodError,
        match=r"a scores 1.3 for city 3, 2021 \(and 7 more cells\), outside \[0, 1\], by "
        r"minmax\(window=base\).*pooled.*clip = true.*ideal = ",
    ):
        obstacles(result.evaluate(table()))


@pytest.mark.parametrize(
    ("normalise", "ideal", "message"),
    [
        ("zscore", 1.0, r"scores -.* outside \[0, 1\], by zscore"),
        ("efficacy", 1.0, r"outside \[0, 1\], by efficacy.*100 where scores end there"),
        ("base-index", 1.0, r"a is measured against the unit's own base \(base-index\)"),
        ("base-index", 500.0, r"where there is no ideal"),
    ],
)
def test_scales_without_that_ideal(normalise, ideal, message):
    result = golden_index(normalise=normalise, weight="equal").evaluate(table())
    with pytest.raises(gz.MethodError, match=message):
        obstacles(result, ideal=ideal)


def test_refusals_of_options(panel):
    for ideal in (0, -1, np.nan, np.inf):
        with pytest.raises(gz.MethodError, match="ideal = "):
            obstacles(panel, ideal=ideal)
    o = obstacles(panel)
    for k in (0, 2.5, True):
        with pytest.raises(gz.MethodError, match="k = "):
            o.top(k)
    with pytest.raises(gz.MethodError, match="no by = 'city'"):
        o.pooled("city")
    flat = obstacles(pillars().evaluate(scores(ROWS)))
    with pytest.raises(gz.MethodError, match="'period' where rows have one"):
        flat.frequency(by="period")


# -- as a study ------------------------------------------------------------------------------------


def test_it_is_saved(tmp_path, panel):
    o = obstacles(panel)
    back = Saved.load(o.save(tmp_path / "o"))
    assert back.kind == "obstacles"
    assert back.settings == {"ideal": 1.0, "unit": None}
    assert set(back.tables) == {"table", "pooled", "top", "frequency"}
    pd.testing.assert_frame_equal(back.tables["table"], o.to_frame())
    assert "at its ideal" in repr(o)
    with pytest.raises(ValueError, match="read-only"):
        o.parts[0, 0] = 1


# -- laws ------------------------------------------------------------------------------------------

cells = st.floats(0, 1).map(lambda v: round(v, 6))
tables = st.lists(st.lists(cells, min_size=5, max_size=5), min_size=2, max_size=6)
weights = st.lists(st.integers(1, 50), min_size=5, max_size=5)


def law(rows, w):
    codes = ["a1", "a2", "b1", "b2", "b3"]
    index = pillars(weight=dict(zip(codes, w, strict=True)))
    units = [f"u{i}" for i in range(len(rows))]
    return index, pd.DataFrame(rows, columns=codes, index=units)


@settings(max_examples=40, deadline=None)
@given(tables, weights)
def test_rows_sum_to_a_hundred(rows, w):
    index, x = law(rows, w)
    t = obstacles(index.evaluate(x)).to_frame()
    rated = t[t["outcome"] == "rated"]
    codes = list(index.framework.codes)
    for columns in (codes, ["a", "b"]):
        assert ((rated[columns].sum(axis=1) - 100).abs() < 1e-10).all()
    assert ((rated[codes] >= 0) & (rated[codes] <= 100 + 1e-10)).all().all()
    assert ((x.loc[t["outcome"] == "at its ideal"]) == 1).all().all()


@settings(max_examples=25, deadline=None)
@given(tables, weights, st.randoms(use_true_random=False), st.integers(1, 1000))
def test_order_and_scale_of_weights_do_not_matter(rows, w, random, factor):
    index, x = law(rows, w)
    want = obstacles(index.evaluate(x)).degrees
    units = random.sample(list(x.index), len(x))
    moved = obstacles(index.evaluate(x.loc[units])).degrees
    pd.testing.assert_frame_equal(moved, want.loc[units], rtol=0, atol=1e-10)
    f = index.framework
    turned = gz.Framework(tuple(random.sample(f.indicators, len(f.indicators))), f.groups[::-1])
    other = obstacles(index.replace(framework=turned).evaluate(x)).degrees
    pd.testing.assert_frame_equal(other[list(f.codes)], want, rtol=0, atol=1e-10)
    scaled, _ = law(rows, [factor * v for v in w])
    pd.testing.assert_frame_equal(obstacles(scaled.evaluate(x)).degrees, want, rtol=0, atol=1e-10)

"""Breaks: x8 of the provinces is found, made breaks are named, ordinary series are left alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.auditing.jumps import KINDS, SHAPES, breaks
from gz_index.framework import Excluded

YEARS = range(2010, 2020)


def index(*codes, **parts):
    return gz.Index(framework=gz.Framework(tuple(gz.Indicator(code=c) for c in codes)), **parts)


def panel(units=12, years=YEARS, seed=0, growth=0.05, noise=0.02):
    """One growing series ``a`` and one ``b`` without trend, (unit, year)."""
    rng = np.random.default_rng(seed)
    t = len(years)
    level = rng.uniform(3, 6, units)[:, None]
    a = np.exp(level + growth * np.arange(t) + noise * rng.normal(size=(units, t)).cumsum(axis=1))
    b = 50 * np.exp(0.05 * rng.normal(size=(units, t)))
    rows = pd.MultiIndex.from_product(
        [[f"u{i}" for i in range(units)], years], names=["unit", "year"]
    )
    return pd.DataFrame({"a": a.ravel(), "b": b.ravel()}, index=rows)


def since(data, year):
    return data.index.get_level_values("year") >= year


def found(data, **how):
    return breaks(index("a", "b"), data, **how).to_frame()


@pytest.fixture(scope="module")
def provinces():
    return breaks(gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022"))


# -- the provinces --------------------------------------------------------------------------------


def test_x8_of_the_provinces_is_found_by_itself(provinces):
    t = provinces.to_frame()
    x8 = t[t["series"] == "x8"]
    # prices of 2015 in place of 2010, and of 2020 in place of 2015
    assert x8["period"].tolist() == [2021, 2016]
    assert (x8["kind"] == "base").all()
    assert (x8["shape"] == "shift").all()
    assert x8["against"].all()
    assert (x8["share"] == 1).all()
    assert (x8["role"] == "excluded").all()
    data = gz.data("cn-provinces-2022")["x8"].unstack("year")
    assert data[2020].sum().round() == 136557
    assert data[2021].sum().round() == 17055
    ratio = np.exp(np.median(np.log(data[2021] / data[2020])))
    assert x8["factor"].iloc[0] == pytest.approx(ratio, rel=1e-12)
    assert "x8" in provinces.notes[0]
    assert "deflate or splice" in provinces.notes[0]
    assert "基期" in provinces.notes_in("zh")[0]


def test_what_else_is_flagged_in_the_provinces(provinces):
    """Base stations after the licences for 4G of December 2013: real, and so to be kept."""
    t = provinces.to_frame()
    other = t.loc[t["series"] != "x8", ["series", "period", "kind"]]
    assert other.values.tolist() == [["x3", 2014, "event"]]
    assert len(provinces.changes) == 20 * 9


def test_gaps_are_named_and_not_bridged(provinces):
    t = provinces.changes
    gap = t[t["outcome"] == "gap"]
    assert list(zip(gap["series"], gap["period"], strict=True)) == [
        ("x5", 2015),
        ("x5", 2016),
        ("x5", 2017),
    ]
    assert any(
        "x5: not compared for gaps: 2014-2015, 2015-2016, 2016-2017" in n for n in provinces.notes
    )


# -- made breaks ----------------------------------------------------------------------------------


def test_an_ordinary_panel_has_no_breaks():
    for seed in range(20):
        b = breaks(index("a", "b"), panel(seed=seed))
        assert b.outcome == "none"
        assert b.to_frame().empty
        assert b.notes == ("no breaks found",)


def test_a_change_of_unit():
    for factor in (10, 1e4, 1e-4):
        data = panel()
        data.loc[since(data, 2015), "a"] *= factor
        t = found(data)
        assert t[["series", "period", "kind", "shape"]].values.tolist() == [
            ["a", 2015, "unit", "shift"]
        ]
        assert t["factor"][0] == pytest.approx(factor, rel=0.1)


def test_a_change_of_price_base():
    data = panel()
    data.loc[since(data, 2014), "a"] *= 0.6
    b = breaks(index("a", "b"), data)
    t = b.to_frame()
    assert t[["series", "period", "kind", "against"]].values.tolist() == [["a", 2014, "base", True]]
    assert "against its usual direction; the units moved by nearly the same factor" in b.notes[0]


def test_units_that_move_by_unlike_amounts_may_be_real():
    data = panel()
    unlike = np.linspace(1.6, 3.0, 12).repeat(len(YEARS))
    late = since(data, 2016)
    data.loc[late, "a"] *= unlike[late]
    assert found(data)[["period", "kind"]].values.tolist() == [[2016, "event"]]


def test_a_jump_of_some_units_is_theirs():
    data = panel()
    some = data.index.get_level_values("unit").isin([f"u{i}" for i in range(8)])
    data.loc[some & since(data, 2015), "a"] *= 10
    assert found(data).empty
    assert found(data, share=0.6)["period"].tolist() == [2015]


def test_a_spike_and_its_return_and_a_jump_at_the_end():
    data = panel()
    data.loc[pd.IndexSlice[:, 2013], "a"] *= 2
    data.loc[since(data, 2019), "b"] *= 3
    t = found(data).set_index(["series", "period"])["shape"]
    assert t.to_dict() == {("b", 2019): "last", ("a", 2013): "spike", ("a", 2014): "return"}


def test_two_breaks_in_an_erratic_series_are_found_by_direction():
    """With much variation nothing is unusual; a fall of all units in a growing series is."""
    data = panel(noise=0.0)
    growth = np.array([0, 0.1, 0.9, 0.5, 0.2, -0.4, 0.6, 0.1, 0.9, 0.3]).cumsum()
    data["a"] = 100 * np.exp(np.tile(growth, 12))
    t = found(data)
    assert t["period"].tolist() == [2015]
    assert abs(t["z"][0]) < 3.5
    assert t["against"][0]


def test_small_jumps_are_left_alone():
    data = panel()
    data.loc[since(data, 2014), "a"] *= 1.2
    assert found(data).empty
    assert found(data, factor=1.1)["period"].tolist() == [2014]


def test_negative_values_are_measured_by_differences():
    data = panel()
    data["b"] = data["b"] - 50
    assert found(data).empty
    data.loc[since(data, 2014), "b"] += 20
    b = breaks(index("a", "b"), data)
    t = b.to_frame()
    assert t[["series", "measure", "period"]].values.tolist() == [["b", "difference", 2014]]
    assert np.isnan(t["factor"][0])
    assert t["kind"][0] in ("base", "event")
    assert any("measured by differences" in n for n in b.notes)
    assert " sd in the median where " in b.notes[0]


def test_zeros_are_left_out_of_ratios_and_counted():
    data = panel()
    data.loc[("u0", 2012), "a"] = 0.0
    b = breaks(index("a", "b"), data)
    assert b.outcome == "none"
    assert any("a: 2 pairs with a zero are left out" in n for n in b.notes)
    data.loc[pd.IndexSlice[:, 2012], "a"] = 0.0
    t = breaks(index("a", "b"), data).changes
    assert t.query("outcome == 'zeros'")["period"].tolist() == [2012, 2013]
    data["a"] = 0.0
    t = breaks(index("a", "b"), data).changes.query("series == 'a'")
    assert (t["measure"] == "difference").all()
    assert (t["outcome"] == "usual").all()
    assert (t["z"] == 0).all()


def test_a_series_that_never_moves_and_then_jumps():
    data = panel()
    data["a"] = 7.0
    data.loc[since(data, 2015), "a"] = 700.0
    t = found(data)
    assert t[["period", "kind", "z"]].values.tolist() == [[2015, "unit", np.inf]]


# -- what is looked at, and when nothing can be ---------------------------------------------------


def test_columns_that_the_definition_does_not_know_are_looked_at():
    data = panel()
    data["more"] = data["a"]
    data.loc[since(data, 2015), "more"] *= 100
    data["words"] = "x"
    for excluded, role in (((), "other"), ((Excluded(code="more"),), "excluded")):
        b = breaks(index("a", "b", excluded=excluded), data)
        assert b.to_frame()["series"].tolist() == ["more"]
        assert b.roles == {"a": "indicator", "b": "indicator", "more": role}
    assert any("columns not looked at: 'words'" in n for n in b.notes)


def test_labels_in_columns_and_order_of_rows_do_not_matter():
    data = panel()
    data.loc[since(data, 2015), "a"] *= 10
    expected = found(data)
    mixed = data.sample(frac=1, random_state=1).reset_index()
    pd.testing.assert_frame_equal(found(mixed), expected)
    pd.testing.assert_frame_equal(found(data.swaplevel()), expected)


@pytest.mark.parametrize(
    ("data", "outcome", "note"),
    [
        (panel(years=[2010]).droplevel("year"), "no-periods", "no periods"),
        (panel(years=[2010, 2011]), "few-periods", "fewer than three periods"),
        (panel(units=2), "few-units", "fewer than three units"),
    ],
)
def test_too_little_to_compare_is_an_outcome(data, outcome, note, tmp_path):
    b = breaks(index("a", "b"), data)
    assert b.outcome == outcome
    assert b.to_frame().empty
    assert note in b.notes[0]
    assert b.notes_in("zh")[0] != b.notes[0]
    b.save(tmp_path / "b")


def test_three_periods_have_one_other_change():
    data = panel(years=[2010, 2011, 2012])
    data.loc[since(data, 2012), "a"] *= 10
    b = breaks(index("a", "b"), data)
    assert b.to_frame()[["series", "period"]].values.tolist() == [["a", 2012]]
    assert any("a: the usual change rests on one other change" in n for n in b.notes)
    data.loc[pd.IndexSlice[:, 2010], "b"] = np.nan
    t = breaks(index("a", "b"), data).changes.query("series == 'b'")
    assert t["outcome"].tolist() == ["gap", "no-usual"]


def test_data_that_the_index_would_refuse_can_be_looked_at(tmp_path):
    data = panel()
    data.iloc[0, 0] = np.nan
    with pytest.raises(gz.DataError, match="missing"):
        index("a", "b").evaluate(data)
    b = breaks(index("a", "b"), data)
    assert b.outcome == "none"
    b.save(tmp_path / "b")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"factor": 1}, "factor = 1"),
        ({"share": 0.5}, "share = 0.5"),
        ({"unusual": 0}, "unusual = 0"),
    ],
)
def test_options_out_of_range(how, message):
    with pytest.raises(gz.MethodError, match=message):
        found(panel(), **how)


def test_it_is_saved_and_every_kind_and_shape_has_words(tmp_path, provinces):
    from gz_index.study import Saved

    provinces.save(tmp_path / "b")
    back = Saved.load(tmp_path / "b")
    pd.testing.assert_frame_equal(back.tables["table"], provinces.to_frame())
    assert back.settings["outcome"] == "found"
    for words in (KINDS, SHAPES):
        assert all(t.zh and t.en and t.zh != t.en for t in words.values())


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 999),
    scale=st.sampled_from([1e-6, 3.0, 1e9]),
    year=st.sampled_from(YEARS[1:]),
)
def test_a_unit_of_measurement_and_the_order_of_units_do_not_matter(seed, scale, year):
    data = panel(seed=seed)
    data.loc[since(data, year), "b"] *= 4
    before = data.copy()
    expected = breaks(index("a", "b"), data).changes
    other = breaks(index("b", "a"), data.iloc[::-1] * scale).changes
    order = ["series", "period"]
    same = [*order, "change", "usual", "z", "share", "outcome", "kind", "shape"]
    pd.testing.assert_frame_equal(
        other.sort_values(order)[same].reset_index(drop=True),
        expected.sort_values(order)[same].reset_index(drop=True),
        rtol=1e-7,
        atol=1e-9,
    )
    assert (expected.query("outcome == 'break'")["period"] == year).all()
    pd.testing.assert_frame_equal(data, before)

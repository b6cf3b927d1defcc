import dataclasses
import json
import tomllib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gz_index as gz
from gz_index.definition import _inline
from gz_index.prepare import Sheet, step
from gz_index.prepare.denominate import Deflate, Denominate, divided_twice, size_only
from gz_index.table import align


def framework(*codes, **more):
    indicators = tuple(gz.Indicator(code=c, parent="p", **more) for c in codes)
    return gz.Framework((*indicators, gz.Indicator(code="z")), (gz.Group(code="p"),))


def sheet(values, index, f=None, **extra):
    f = f or framework("x", "y")
    data = pd.DataFrame(values, columns=list(f.codes), index=index)
    return Sheet(align(data, f), f, {k: np.asarray(v, float) for k, v in extra.items()})


def cross(**extra):
    return sheet([[10, 2, 1], [30, np.nan, 2], [5, 8, 3]], ["A", "B", "C"], **extra)


def panel(prices, **more):
    index = pd.MultiIndex.from_product([["A", "B"], [2020, 2021]], names=["unit", "year"])
    return sheet([[100, 1, 1], [210, 2, 2], [50, 3, 3], [66, 4, 4]], index, cpi=prices, **more)


def run(s, data, fitted=None):
    return s.apply(data, s.fit(data) if fitted is None else fitted)


def back(s):
    """A step after a way through TOML."""
    rows = [f"{k} = {_inline(v)}" for k, v in s.to_dict().items()]
    return step(tomllib.loads("\n".join(rows)))


# -- denominate ------------------------------------------------------------------------------------


def test_a_column_is_divided_and_scaled_and_others_stay():
    before = cross(people=[2000, 1000, 500])
    after = run(Denominate(columns=("x", "y"), by="people", scale=1000), before)
    expected = [[5, 1, 1], [30, np.nan, 2], [10, 16, 3]]
    np.testing.assert_array_equal(after.values, expected)
    assert before.values[0, 0] == 10
    assert not after.imputed.any()


def test_a_group_is_divided_and_an_indicator_may_be_the_denominator():
    s = Denominate(columns=("p",), by="z")
    np.testing.assert_array_equal(
        run(s, cross()).values[:, :2], [[10, 2], [15, np.nan], [5 / 3, 8 / 3]]
    )
    assert s.needs == ("z",)
    assert s.divides(framework("x", "y")) == ("x", "y")
    assert s.problems(framework("x", "y")) == []


def test_what_is_said_of_a_division():
    f = gz.Framework(
        (gz.Indicator(code="x", unit=gz.Text("亿元", "yuan")), gz.Indicator(code="y", unit="%"))
    )
    data = sheet([[1, 2], [3, 4]], ["A", "B"], f, people=[1, 2])
    s = Denominate(columns=("total",), by="people", scale=10_000)
    first, second = s.said(s.fit(data))
    assert first.en == "x, y: divided by people, times 10000"
    assert first.zh == "x, y除以people，再乘以10000"
    assert second.en == "y: no total by its unit, yet divided by people"
    assert "不是总量" in second.zh
    one = Denominate(columns=("x",), by="people")
    assert [t.en for t in one.said(one.fit(data))] == ["x: divided by people"]


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ([2, 0, 1], r"'people' is 0 for B -> give people, above zero"),
        ([2, 1, -3], r"x: denominator 'people' is -3 for C"),
        ([np.nan, 1, 1], r"x: denominator 'people' is missing for A"),
    ],
)
def test_a_denominator_has_to_be_above_zero(people, message):
    with pytest.raises(gz.DataError, match=message):
        Denominate(columns=("x",), by="people").fit(cross(people=people))


def test_a_denominator_is_not_needed_where_the_cell_is_missing():
    after = run(Denominate(columns=("y",), by="people"), cross(people=[2, 0, 4]))
    np.testing.assert_array_equal(after.values[:, 1], [1, np.nan, 2])


def test_a_result_beyond_all_numbers_is_named():
    with pytest.raises(gz.DataError, match=r"too large.*\n.*x: 10 by denominator 'people'"):
        Denominate(columns=("x",), by="people").fit(cross(people=[1e-320, 1, 1]))


def test_new_rows_are_checked_too():
    s = Denominate(columns=("x",), by="people")
    fitted = s.fit(cross(people=[1, 2, 3]))
    with pytest.raises(gz.DataError, match="is 0 for A"):
        s.apply(cross(people=[0, 2, 3]), fitted)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"by": "people"}, "names no columns.*'total'"),
        ({"by": "people", "columns": "x"}, "is no list"),
        ({"by": 3, "columns": ("x",)}, "by = 3 -> name a column"),
        ({"by": "people", "columns": ("x",), "scale": 0}, "scale = 0 -> give a number above zero"),
        ({"by": "people", "columns": ("x",), "scale": True}, "scale = True"),
        ({"by": "people", "columns": ("x",), "scale": "k"}, "scale = 'k'"),
    ],
)
def test_refusals_of_denominate(how, message):
    with pytest.raises(gz.MethodError, match=message):
        Denominate(**how)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(gz.MethodError, match="no column 'peopel' .did you mean 'people'"):
        Denominate(columns=("x",), by="peopel").fit(cross(people=[1, 1, 1]))


def test_problems_before_any_data():
    f = framework("x", "y")
    (p,) = Denominate(columns=("p",), by="x").problems(f)
    assert "'x' would be divided by itself" in str(p)
    (p,) = Denominate(columns=("xx",), by="people").problems(f)
    assert "no node 'xx'" in str(p)


def test_divided_twice():
    f = framework("x", "y")
    by = {"columns": ("p",), "by": "people"}
    once = [
        Denominate(**by),
        Denominate(columns=("z",), by="gdp"),
        Deflate(columns=("p",), by="cpi"),
    ]
    assert divided_twice(once, f) == []
    twice = [*once, Denominate(columns=("y",), by="gdp"), Deflate(columns=("x",), by="cpi")]
    found = [str(p) for p in divided_twice(twice, f)]
    assert [p.split(" ->")[0] for p in found] == [
        "prepare.denominate: 'y' is divided twice",
        "prepare.deflate: 'x' is divided twice",
    ]


@given(
    st.lists(st.tuples(st.integers(-1000, 1000), st.floats(1e-3, 1e6)), min_size=2, max_size=12),
    st.integers(-8, 8),
)
def test_order_within_equal_denominators_and_scaling(rows, power):
    x, d = np.array(rows).T
    index = [f"u{i}" for i in range(len(x))]
    f = framework("x")
    data = sheet(np.column_stack([x, x]), index, f, d=d)
    one = run(Denominate(columns=("x",), by="d"), data).values[:, 0]
    np.testing.assert_array_equal(np.sign(one), np.sign(x))
    scaled = run(Denominate(columns=("x",), by="d", scale=2.0**power), data).values[:, 0]
    np.testing.assert_array_equal(scaled, one * 2.0**power)
    alike = run(
        Denominate(columns=("x",), by="d"), sheet(np.column_stack([x, x]), index, f, d=d * 0 + 7)
    )
    assert (np.diff(alike.values[np.argsort(x), 0]) >= 0).all()


# -- deflate ---------------------------------------------------------------------------------------


def test_a_mapping_of_periods_with_a_base():
    s = Deflate(columns=("x",), by={2020: 80, 2021: 84}, base=2020)
    after = run(s, panel([1, 1, 1, 1]))
    np.testing.assert_allclose(after.values[:, 0], [100, 200, 50, 66 / 1.05], rtol=1e-15)
    np.testing.assert_array_equal(after.values[:, 1:], panel([1, 1, 1, 1]).values[:, 1:])
    assert s.needs == ()
    plain = run(Deflate(columns=("x",), by={2020: 80, 2021: 84}), panel([1, 1, 1, 1]))
    np.testing.assert_allclose(plain.values[:, 0], [125, 250, 62.5, 66 / 0.84], rtol=1e-15)


def test_a_column_with_an_index_of_each_unit():
    data = panel([100, 105, 50, 55])
    fixed = run(Deflate(columns=("x",), by="cpi"), data)
    np.testing.assert_allclose(fixed.values[:, 0], [100, 200, 100, 120], rtol=1e-15)
    s = Deflate(columns=("x",), by="cpi", base=2020)
    fitted = s.fit(data)
    assert fitted["base"] == [["A", 100.0], ["B", 50.0]]
    np.testing.assert_allclose(s.apply(data, fitted).values[:, 0], [100, 200, 50, 60], rtol=1e-15)
    assert s.needs == ("cpi",)


def test_the_base_is_kept_for_the_replay():
    s = Deflate(columns=("x",), by="cpi", base=2020)
    fitted = json.loads(json.dumps(s.fit(panel([100, 105, 50, 55])), allow_nan=False))
    index = pd.MultiIndex.from_tuples(
        [("A", 2021), ("A", 2022), ("C", 2020), ("C", 2021)], names=["unit", "year"]
    )
    rows = [[210, 2, 2], [220, 2, 2], [10, 1, 1], [12, 1, 1]]
    after = s.apply(sheet(rows, index, cpi=[105, 110, 20, 24]), fitted)
    np.testing.assert_allclose(after.values[:, 0], [200, 200, 10, 10], rtol=1e-15)
    with pytest.raises(gz.DataError, match=r"base period 2020\n.*C: cpi is missing"):
        s.apply(sheet(rows, index, cpi=[105, 110, np.nan, 24]), fitted)


def test_what_is_said_of_prices():
    data = panel([100, 105, 50, 55])
    s = Deflate(columns=("x",), by="cpi", base=2020)
    (text,) = s.said(s.fit(data))
    assert (text.en, text.zh) == (
        "x: in prices of 2020 (index: cpi)",
        "x按2020的价格计（价格指数：cpi）",
    )
    s = Deflate(columns=("x",), by="cpi")
    (text,) = s.said(s.fit(data))
    assert text.en == "x: in prices where the index is 100 (index: cpi)"


@pytest.mark.parametrize(
    ("how", "prices", "message"),
    [
        ({"by": "cpi"}, [100, 0, 1, 1], "x: price index cpi is 0 for A, 2021 -> give cpi"),
        ({"by": "cpi"}, [100, 1, np.nan, 1], "price index cpi is missing for B, 2020"),
        ({"by": "cpi"}, [100, 1, 1, -5], "price index cpi is -5 for B, 2021"),
        ({"by": {2020: 1.0}}, [1, 1, 1, 1], "of the period is missing for A, 2021 -> add the per"),
        ({"by": "cpi", "base": 2019}, [1, 1, 1, 1], r"base period 2019\n.*A: cpi is missing"),
        ({"by": "cpi", "base": 2020}, [1, 1, 0, 1], r"base period 2020\n.*B: cpi is missing"),
    ],
)
def test_prices_that_are_not_there(how, prices, message):
    with pytest.raises(gz.DataError, match=message):
        Deflate(columns=("x",), **how).fit(panel(prices))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"by": "cpi"}, "names no columns"),
        ({"by": 5, "columns": ("x",)}, "by = 5 -> name a column of the data, or give"),
        ({"by": {2020: 0}, "columns": ("x",)}, "price index of 2020 = 0 -> give a number above"),
        ({"by": {2020: 1}, "columns": ("x",), "base": 2019}, "no price index for the base period"),
        ({"by": "cpi", "columns": ("x",), "level": -1}, "level = -1 -> give a number above zero"),
        ({"by": "cpi", "columns": ("x",), "level": 1, "base": 2020}, "level = 1 has no effect"),
    ],
)
def test_refusals_of_deflate(how, message):
    with pytest.raises(gz.MethodError, match=message):
        Deflate(**how)


@pytest.mark.parametrize("how", [{"by": {2020: 1}}, {"by": "cpi", "base": 2020}])
def test_prices_of_periods_need_periods(how):
    with pytest.raises(gz.MethodError, match="the rows have no period"):
        Deflate(columns=("x",), **how).fit(cross(cpi=[1, 1, 1]))


# -- both ------------------------------------------------------------------------------------------

STEPS = [
    Denominate(columns=("x", "y"), by="people"),
    Denominate(columns=("p",), by="people", scale=10_000),
    Deflate(columns=("x",), by="cpi"),
    Deflate(columns=("x",), by="cpi", level=1),
    Deflate(columns=("x",), by="cpi", base=2020),
    Deflate(columns=("x",), by={2020: 100, 2021: 102.5}, base=2021),
]


@pytest.mark.parametrize("s", STEPS, ids=lambda s: s.label)
def test_definitions_hold_every_option(s):
    assert back(s) == s
    assert s.to_dict()["kind"] == s.kind
    set_ = {f.name for f in dataclasses.fields(s) if getattr(s, f.name) is not None}
    assert set(s.to_dict()) <= {"kind", *set_}


@pytest.mark.parametrize("s", STEPS, ids=lambda s: s.label)
def test_a_replay_is_the_same_to_the_bit(s):
    data = panel([100, 105, 50, 55], people=[3, 7, 11, 13])
    fitted = s.fit(data)
    again = s.apply(data, json.loads(json.dumps(fitted, allow_nan=False)))
    np.testing.assert_array_equal(again.values, s.apply(data, fitted).values)
    part = data.take(np.array([3, 0]))
    np.testing.assert_array_equal(s.apply(part, fitted).values, again.values[[3, 0]])
    assert s.whole


# -- size only -------------------------------------------------------------------------------------


def of_units(*units, names=None, **parts):
    names = names or [""] * len(units)
    return gz.Index(
        framework=gz.Framework(
            tuple(
                gz.Indicator(code=f"c{i}", unit=u, name=n)
                for i, (u, n) in enumerate(zip(units, names, strict=True))
            )
        ),
        **parts,
    )


TOTALS = ["亿元", {"zh": "万人", "en": "10,000 persons"}, "patents", "100 million yuan", "公里"]


def test_an_index_of_totals_is_pointed_out():
    text = size_only(of_units(*TOTALS))
    assert text.en.startswith("all 5 indicators are totals")
    assert text.zh == "5个指标全部是总量，没有人均或占比指标：指数主要反映规模"


@pytest.mark.parametrize("unit", ["%", "yuan per person", "元/人", "", "years", "score (0-100)"])
def test_one_that_is_or_may_be_a_ratio_is_enough(unit):
    assert size_only(of_units(*TOTALS, unit)) is None


@pytest.mark.parametrize("name", ["人均地区生产总值", "GDP per capita", "Average wage", "普及率"])
def test_a_name_speaks_too(name):
    assert size_only(of_units("yuan", "元", names=["", name])) is None


def test_a_denominated_index_is_not_one_of_totals():
    per_head = {"kind": "denominate", "columns": ["c0"], "by": "people"}
    assert size_only(of_units(*TOTALS, prepare=[per_head])) is None
    prices = {"kind": "deflate", "columns": ["c0"], "by": "cpi"}
    assert size_only(of_units(*TOTALS, prepare=[prices])) is not None


@pytest.mark.parametrize("name", gz.available())
def test_no_definition_of_the_catalogue_is_suspected(name):
    assert size_only(gz.load(name)) is None


def test_through_the_definition_of_an_index():
    f = gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b")))
    steps = [{"kind": "denominate", "columns": ["a"], "by": "people", "scale": 100}]
    index = gz.Index(framework=f, prepare=steps)
    data = pd.DataFrame(
        {"a": [1.0, 5.0, 3.0], "b": [1.0, 2.0, 3.0], "people": [10.0, 20.0, 50.0]},
        index=list("XYZ"),
    )
    by_hand = gz.Index(framework=f).evaluate(data[["a", "b"]].assign(a=[10.0, 25.0, 6.0]))
    pd.testing.assert_series_equal(index.evaluate(data).total, by_hand.total)

"""Aligning: what fits is taken by label, what does not is named."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.framework import Excluded, Text
from gz_index.table import align, as_frame

FRAMEWORK = gz.Framework(
    (
        gz.Indicator(code="a", name=Text("产值", "Output")),
        gz.Indicator(code="b", name=Text("专利", "Patents")),
        gz.Indicator(code="c"),
    )
)
YEARS = [2020, 2021, 2022]


def cross(**columns):
    data = {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0], "c": [7.0, 8.0, 9.0]} | columns
    return pd.DataFrame(data, index=["x", "y", "z"])


def panel():
    rows = pd.MultiIndex.from_product([["x", "y"], YEARS], names=["province", "year"])
    return pd.DataFrame(np.arange(18.0).reshape(6, 3), index=rows, columns=list("abc"))


def refused(data, match, **options):
    with pytest.raises(gz.DataError, match=match) as e:
        align(data, FRAMEWORK, **options)
    return e.value


# -- what is taken -------------------------------------------------------------------------------


def test_a_cross_section():
    t = align(cross(), FRAMEWORK)
    assert t.values.tolist() == [[1, 4, 7], [2, 5, 8], [3, 6, 9]]
    assert t.values.flags.c_contiguous
    assert (t.codes, t.units, t.periods, t.slot, t.notes) == (
        ("a", "b", "c"),
        ("x", "y", "z"),
        None,
        None,
        (),
    )
    assert t.row_name(1) == "y"


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("names", [("province", "year"), ("地区", "年份"), ("city", None)])
def test_a_panel_in_either_order_of_levels(swap, names):
    data = panel().rename_axis(list(names))
    data = data.swaplevel() if swap else data
    t = align(data, FRAMEWORK)
    assert t.units == ("x", "x", "x", "y", "y", "y")
    assert t.periods == (2020, 2021, 2022)
    assert t.slot.tolist() == [0, 1, 2, 0, 1, 2]
    assert t.index.names == list(names)[:: -1 if swap else 1]
    assert t.row_name(4) == "y, 2021"


@pytest.mark.parametrize(
    "periods",
    [
        [2019, 2020, 2021],
        pd.to_datetime(["2019-01-01", "2020-01-01", "2021-01-01"]),
        pd.period_range("2019Q1", periods=3, freq="Q"),
    ],
)
@pytest.mark.parametrize("swap", [False, True])
def test_levels_without_names_are_told_by_kind(periods, swap):
    rows = pd.MultiIndex.from_product([["x", "y"], periods])
    data = pd.DataFrame(np.arange(18.0).reshape(6, 3), index=rows, columns=list("abc"))
    t = align(data.swaplevel() if swap else data, FRAMEWORK)
    assert t.periods == tuple(periods)
    assert t.units == ("x", "x", "x", "y", "y", "y")


def test_which_level_is_the_period_has_to_be_clear():
    rows = pd.MultiIndex.from_product([[1, 2], [3, 4]])
    data = pd.DataFrame(np.ones((4, 3)), index=rows, columns=list("abc"))
    refused(data, "cannot be told which level is the period.*rename_axis")
    refused(data.rename_axis(["year", "quarter"]), "'year', 'quarter'")
    refused(data.rename_axis(["province", "city"]), "'province', 'city'")
    assert align(data.rename_axis(["id", "year"]), FRAMEWORK).periods == (3, 4)
    assert align(data.rename_axis(["wave", "country"]), FRAMEWORK).periods == (1, 2)
    both_years = data.set_axis(pd.MultiIndex.from_product([[2001, 2002], [2003, 2004]]))
    refused(both_years, "cannot be told")


def test_periods_stand_in_order_of_time_number_category_or_text():
    def order(periods):
        rows = pd.MultiIndex.from_arrays([["x"] * 3, periods], names=["unit", "period"])
        return align(cross().set_axis(rows), FRAMEWORK)

    assert order([2022, 2020, 2021]).periods == (2020, 2021, 2022)
    assert order([2022, 2020, 2021]).slot.tolist() == [2, 0, 1]
    assert order(["9", "10", "8"]).periods == ("8", "9", "10")
    assert order(["2021Q2", "2021Q1", "2020Q4"]).periods == ("2020Q4", "2021Q1", "2021Q2")
    assert order(["2021Q2", "2021Q1", "2020Q4"]).notes == ()
    plan = ["十二五", "十三五", "十四五"]
    text = order(plan[::-1])
    assert "stand in its order" in str(text.notes[0])
    by_plan = order(pd.Categorical(plan[::-1], categories=plan, ordered=True))
    assert by_plan.periods == tuple(plan)
    assert by_plan.slot.tolist() == [2, 1, 0]
    with pytest.raises(gz.DataError, match="mixes int and str.*same way"):
        order([2020, "2021", "2022"])
    days = order(pd.to_datetime(["2020-01-31", "2020-03-31", "2020-02-29"]))
    assert days.row_name(2) == "x, 2020-02-29"


def test_periods_that_a_slice_left_behind_are_not_counted():
    data = panel().loc[(slice(None), [2020, 2022]), :]
    t = align(data, FRAMEWORK)
    assert t.periods == (2020, 2022)
    assert t.slot.tolist() == [0, 1, 0, 1]


def test_columns_go_by_code_then_chinese_then_english_name():
    data = cross().rename(columns={"a": " 产值 ", "b": "Patents"})[["c", "Patents", " 产值 "]]
    t = align(data, FRAMEWORK)
    assert np.array_equal(t.values, align(cross(), FRAMEWORK).values)
    # a name that is another indicator's code belongs to that code
    f = gz.Framework((gz.Indicator(code="a", name=Text("b", "b")), gz.Indicator(code="b")))
    assert align(cross(), f).values.tolist() == [[1, 4], [2, 5], [3, 6]]


def test_codes_may_look_like_numbers():
    f = gz.Framework((gz.Indicator(code="1"), gz.Indicator(code="2")))
    assert align(pd.DataFrame([[3.0, 4.0]], index=["x"], columns=[2, 1]), f).values.tolist() == [
        [4, 3]
    ]


def test_unit_and_period_may_be_columns_when_rows_are_only_counted():
    t = align(panel().reset_index(), FRAMEWORK)
    assert np.array_equal(t.values, align(panel(), FRAMEWORK).values)
    assert t.index.names == ["province", "year"]
    assert align(cross().rename_axis("城市").reset_index(), FRAMEWORK).units == ("x", "y", "z")
    assert align(cross().reset_index(drop=True), FRAMEWORK).units == (0, 1, 2)
    tidy = panel().reset_index().melt(["province", "year"], var_name="指标", value_name="数值")
    assert np.array_equal(align(tidy, FRAMEWORK).values, t.values)
    refused(panel().reset_index().drop(columns="province"), "no column of units")
    refused(panel().reset_index().assign(city="k"), "several columns may be the unit.*\n.*city")


def test_an_indicator_is_never_taken_for_a_label():
    f = gz.Framework((gz.Indicator(code="time"), gz.Indicator(code="r", name=Text("市", "City"))))
    data = pd.DataFrame({"unit": ["x", "y"], "time": [3.0, 1], "City": [4.0, 5]})
    assert align(data, f).values.tolist() == [[3, 4], [1, 5]]


def test_rows_that_are_periods_are_noted():
    data = cross().set_axis(pd.Index(YEARS, name="year"))
    t = align(data, FRAMEWORK)
    assert t.units == (2020, 2021, 2022)
    assert t.periods is None
    assert "rows are periods (year)" in str(t.notes[0])


@pytest.mark.parametrize(
    "column",
    [
        pd.array([1, None, 3], dtype="Int64"),
        pd.array([1.0, None, 3.0], dtype="Float64"),
        pd.array([1, None, 3], dtype=pd.ArrowDtype(pa.int32())),
        pd.array([Decimal(1), None, Decimal(3)], dtype=pd.ArrowDtype(pa.decimal128(6, 2))),
        [Decimal(1), None, 3],
        [1, np.nan, np.float32(3)],
        [1, pd.NA, 3],
        pd.Categorical([1, None, 3]),
        np.array([1, np.nan, 3], dtype=np.float32),
    ],
    ids=lambda c: str(getattr(c, "dtype", [type(v).__name__ for v in c])),
)
def test_numbers_of_any_kind_are_taken_and_missing_is_nan(column):
    t = align(cross(b=column), FRAMEWORK)
    assert t.values.dtype == np.float64
    assert np.array_equal(t.values[:, 1], [1, np.nan, 3], equal_nan=True)
    assert t.values[:, 0].tolist() == [1, 2, 3]


def test_an_empty_column_is_missing_and_left_to_the_policy():
    t = align(cross(b=[None] * 3), FRAMEWORK)
    assert np.isnan(t.values[:, 1]).all()


def test_other_tables_come_through_narwhals():
    arrow = pa.Table.from_pandas(panel().reset_index(), preserve_index=False)
    assert np.array_equal(align(arrow, FRAMEWORK).values, align(panel(), FRAMEWORK).values)
    frame = cross()
    assert as_frame(frame) is frame


def test_polars_frames_lazy_or_not():
    pl = pytest.importorskip("polars")
    data = pl.from_pandas(panel().reset_index())
    want = align(panel(), FRAMEWORK)
    for table in (align(data, FRAMEWORK), align(data.lazy(), FRAMEWORK)):
        assert np.array_equal(table.values, want.values)
        assert table.units == want.units


# -- what is noted -------------------------------------------------------------------------------


def test_extra_and_excluded_columns_are_noted_or_refused():
    out = Excluded(
        code="x8", name=Text("电信业务", "Telecom"), reason=Text("不变价", "constant prices")
    )
    data = cross(Telecom=1.0, population=2.0, note="text")
    t = align(data, FRAMEWORK, excluded=[out])
    assert tuple(map(str, t.notes)) == (
        "column 'Telecom' is left out by the definition: constant prices",
        "columns left aside, not in the definition: 'population', 'note'",
    )
    assert t.notes[0].get("zh") == "列“Telecom”由定义排除：不变价"
    assert align(cross(), FRAMEWORK, excluded=[out]).notes == ()
    error = refused(data, "'population': is not in the definition", excluded=[out], strict=True)
    assert [p.where for p in error.problems] == ["column 'population'", "column 'note'"]
    assert align(cross(x8=1.0), FRAMEWORK, excluded=[out], strict=True).values.shape == (3, 3)
    many = cross(**{f"k{i}": 0.0 for i in range(25)})
    assert str(align(many, FRAMEWORK).notes[0]).endswith("'k19' and 5 more")
    assert str(refused(many, "k0", strict=True)).endswith("and: 5 more unknown columns")


def test_notes_of_reading_are_carried_on():
    data = cross()
    data.attrs["notes"] = ["read as GB18030"]
    assert align(data, FRAMEWORK).notes == (Text.of("read as GB18030"),)
    data.attrs["notes"] = "a remark of the user's own"
    assert align(data, FRAMEWORK).notes == ()


# -- what is refused -----------------------------------------------------------------------------


def test_every_fault_is_listed_at_once():
    data = panel().rename(columns={"a": "outputs"})
    data["b"] = data["b"].astype(object)
    data.loc[("x", 2021), "b"] = "n.k."
    data.loc[("y", 2022), "c"] = -np.inf
    data = pd.concat([data, data.iloc[:1]])
    text = str(refused(data, "does not fit the definition"))
    assert text.splitlines()[1:] == [
        "  - a (Output): there is no such column (did you mean 'outputs'?)",
        "  - columns that fit nothing: 'outputs' -> rename them to codes or names",
        "  - x, 2020: stands 2 times -> keep one row of each",
        "  - b (Patents): 'n.k.' for x, 2021 is not a number -> correct or empty the cell",
        "  - c: -inf for y, 2022 is infinite -> correct or empty the cell",
    ]


def test_missing_columns():
    error = refused(cross().drop(columns=["a", "b", "c"]), "a .Output.: there is no such column")
    assert len(error.problems) == 3


def test_columns_that_fit_twice():
    data = cross()
    data.columns = ["a", "b", "b"]
    refused(data, r"b \(Patents\): fits 2 columns: 'b', 'b' -> keep one")
    refused(cross(产值=1.0), r"a \(Output\): fits 2 columns: 'a', '产值'")
    refused(
        cross(产值=1.0).drop(columns="a").assign(Output=1.0), "fits 2 columns: '产值', 'Output'"
    )
    same = gz.Framework(tuple(gz.Indicator(code=c, name=Text.of("GDP")) for c in "ab"))
    with pytest.raises(gz.DataError, match="'GDP': is the name of a and b -> name .* by code") as e:
        align(pd.DataFrame({"GDP": [1.0]}, index=["x"]), same)
    assert len(e.value.problems) == 1
    extra = cross().join(pd.DataFrame(0.0, index=list("xyz"), columns=["k", "k"]))
    assert "'k'" in str(align(extra, FRAMEWORK).notes[0])


@pytest.mark.parametrize(
    ("column", "match"),
    [
        (
            ["1", "2", None],
            r"b \(Patents\): holds numbers as text: '1' for x and 1 more.*to_numeric",
        ),
        (["p", "q", None], "is text: 'p' for x and 1 more.*has to be numbers"),
        (["1", "2", "1O3"], "'1O3' for z is not a number"),
        ([1, 2, "—"], "'—' for z is not a number"),
        ([1, 2, ""], "'' for z is not a number"),
        ([1, 2, True], "True for z is not a number"),
        ([1, 2, [3]], r"\[3\] for z is not a number"),
        ([True, False, True], r"b \(Patents\): is true or false.*astype"),
        (pd.array([True, None, True], dtype="boolean"), "is true or false"),
        ([1j, 2, 3], "is complex128"),
        (pd.to_datetime(["2020-01-01"] * 3), "is datetime64"),
        ([1, 2, np.inf], "inf for z is infinite"),
        (pd.array([1, 2, np.inf], dtype="Float64"), "inf for z is infinite"),
        ([1, 2, Decimal("Infinity")], "inf for z is infinite"),
        (np.array([1, 2, -(10**400)], dtype=object), "-inf for z is infinite"),
    ],
)
def test_cells_that_are_no_finite_number(column, match):
    refused(cross(b=column), match)


def test_long_lists_are_cut_and_counted():
    n = 50
    index = [f"u{i}" for i in range(n)]
    x = np.ones((n, 3))
    x[:, 1] = np.inf
    text = str(refused(pd.DataFrame(x, index=index, columns=list("abc")), "u19 is infinite"))
    assert "u20" not in text
    assert text.endswith("and: 30 more infinite cells")
    mixed = pd.DataFrame(np.ones((n, 3)), index=index, columns=list("abc")).astype(object)
    mixed.iloc[5:30, :2] = "?"
    assert str(refused(mixed, "not a number")).endswith("and: 30 more such cells")
    f = gz.Framework(tuple(gz.Indicator(code=f"k{i}") for i in range(25)))
    with pytest.raises(gz.DataError, match="and: 5 more missing columns"):
        align(cross(), f)
    twice = pd.DataFrame(np.ones((2 * n, 3)), index=index * 2, columns=list("abc"))
    assert str(refused(twice, "u0: stands 2 times")).endswith("and: 30 more repeated rows")


def test_rows_without_unit_or_period_or_standing_twice():
    refused(cross().set_axis(["x", None, "z"]), r"row 1 \(no unit\): the unit is missing.*merged")
    refused(cross().set_axis(["x", " ", "z"]), r"row 1 \(no unit\)")
    refused(cross().set_axis([1.0, np.nan, 2.0]), r"row 1 \(no unit\)")
    refused(cross().set_axis(["x", "y", "x"]), "x: stands 2 times -> keep one")
    refused(cross(year=YEARS).set_axis(["x"] * 3), r"panel\? data.set_index\('year', append=True\)")
    rows = pd.MultiIndex.from_arrays([["x", None, "z"], [2020, 2020, None]], names=["u", "year"])
    text = str(refused(cross().set_axis(rows), "does not fit"))
    assert "row 1 (no unit), 2020: the unit is missing" in text
    assert "z, no period: the period is missing" in text
    rows = pd.MultiIndex.from_arrays([["x", "x", "z"], [None, None, None]], names=["unit", "year"])
    refused(cross().set_axis(rows), "period: no row has one")


def test_shapes_that_are_no_table_of_indicators():
    refused(cross().iloc[:0], "rows: there is none")
    refused(pd.DataFrame({("a", "b"): [1.0]}, index=["x"]), "columns: have 2 levels")
    three = panel().assign(k=1).set_index("k", append=True)
    refused(three, "have 3 levels: 'province', 'year', 'k'.*droplevel")
    tuples = pd.Index(list(panel().index), tupleize_cols=False)
    refused(panel().set_axis(tuples), "labelled by tuples.*from_tuples")
    for bad in ({"a": [1]}, np.ones((2, 3)), [1, 2], cross()["a"], None):
        refused(bad, "is no table with named columns")
    one = cross().set_axis(pd.MultiIndex.from_arrays([list("xyz")]))
    assert align(one, FRAMEWORK).units == ("x", "y", "z")


# -- laws ----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(data=st.data(), n=st.integers(1, 6), years=st.integers(1, 4), swap=st.booleans())
def test_the_order_of_rows_and_columns_does_not_matter(data, n, years, swap):
    rows = pd.MultiIndex.from_product(
        [[f"u{i}" for i in range(n)], range(2000, 2000 + years)], names=["unit", "year"]
    )
    x = np.arange(float(len(rows) * 3)).reshape(-1, 3)
    frame = pd.DataFrame(x, index=rows, columns=list("abc"))
    r = data.draw(st.permutations(range(len(rows))))
    c = data.draw(st.permutations(range(3)))
    mixed = frame.iloc[r, c]
    t, m = align(frame, FRAMEWORK), align(mixed.swaplevel() if swap else mixed, FRAMEWORK)
    assert np.array_equal(m.values, t.values[r])
    assert m.units == tuple(t.units[i] for i in r)
    assert m.periods == t.periods
    assert np.array_equal(m.slot, t.slot[r])


@settings(max_examples=40, deadline=None)
@given(keep=st.lists(st.booleans(), min_size=6, max_size=6).filter(any))
def test_taking_rows_is_aligning_those_rows(keep):
    t = align(panel(), FRAMEWORK).take(np.array(keep))
    want = align(panel()[keep], FRAMEWORK)
    assert np.array_equal(t.values, want.values)
    assert (t.units, t.periods, t.codes) == (want.units, want.periods, want.codes)
    assert np.array_equal(t.slot, want.slot)
    assert t.index.equals(want.index)
    assert not t.values.flags.writeable


def test_taking_by_position_keeps_order():
    t = align(cross(), FRAMEWORK).take([2, 0])
    assert t.units == ("z", "x")
    assert t.periods is None
    assert t.values[:, 0].tolist() == [3, 1]


@pytest.mark.parametrize(
    "data", [cross(), panel(), cross(b=[1, None, 3]), cross(k=1)[["c", "a", "b", "k"]]]
)
def test_neither_side_reaches_the_other(data):
    kept = data.copy(deep=True)
    t = align(data, FRAMEWORK)
    before = t.values.copy()
    with pytest.raises(ValueError, match="read-only"):
        t.values[0, 0] = 99.0
    assert not any(np.shares_memory(t.values, data[c].to_numpy()) for c in data)
    pd.testing.assert_frame_equal(data, kept)
    data.iloc[:, :3] = -1.0
    data.index.names = [f"k{i}" for i in range(data.index.nlevels)]
    assert np.array_equal(t.values, before, equal_nan=True)
    assert list(t.index.names) == list(kept.index.names)

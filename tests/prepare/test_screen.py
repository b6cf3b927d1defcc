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
from gz_index.prepare.screen import Screen, indicator_shares, unit_shares
from gz_index.table import align

N = np.nan


def sheet(values, index, codes=("a1", "a2", "b1", "b2")):
    f = gz.Framework(
        tuple(gz.Indicator(code=c, parent=c[0]) for c in codes),
        tuple(gz.Group(code=p) for p in dict.fromkeys(c[0] for c in codes)),
    )
    return Sheet(align(pd.DataFrame(values, columns=list(codes), index=index), f), f)


def cross():
    return sheet(
        [[1, 2, 3, 4], [0, 0, N, 1], [1, N, N, N], [5, 5, 5, 5], [0, 0, 0, 0], [7, 1, 8, 8]],
        list("UVWXYZ"),
    )


def panel():
    index = pd.MultiIndex.from_product([["U", "V"], [2020, 2021]], names=["unit", "year"])
    return sheet([[1, 2, 3, 4], [N, N, N, 1], [1, 2, 3, 4], [5, 6, 7, 8]], index)


def run(s, data):
    return s.apply(data, json.loads(json.dumps(s.fit(data), allow_nan=False)))


def gone(after):
    return [(what, label) for what, label, _ in after.left]


# -- counts ----------------------------------------------------------------------------------------


def test_counts_of_indicators():
    t = indicator_shares(cross())
    assert t.index.tolist() == ["a1", "a2", "b1", "b2"]
    assert t["known"].tolist() == [6, 5, 4, 5]
    np.testing.assert_array_equal(t["available"], [1, 5 / 6, 4 / 6, 5 / 6])
    np.testing.assert_array_equal(t["zeros"], [2 / 6, 2 / 5, 1 / 4, 1 / 5])
    np.testing.assert_array_equal(t["same"], [2 / 6, 2 / 5, 1 / 4, 1 / 5])
    blank = indicator_shares(sheet([[1, N], [1, N]], ["U", "V"], ["a1", "b1"]))
    assert blank.loc["b1", "available"] == 0
    assert np.isnan(blank.loc["b1", "zeros"])


def test_counts_of_units_name_the_thinnest_pillar():
    t = unit_shares(cross())
    np.testing.assert_array_equal(t["available"], [1, 0.75, 0.25, 1, 1, 1])
    np.testing.assert_array_equal(t["zeros"], [0, 2 / 3, 0, 0, 1, 0])
    assert t.loc["V", "pillar"] == "b"
    np.testing.assert_array_equal(t["pillars"], [1, 0.5, 0, 1, 1, 1])
    assert unit_shares(cross(), at=[0, 1]).loc["W", "pillar"] == "a"


def test_counts_of_a_panel():
    t = unit_shares(panel())
    assert t.index.tolist() == ["U", "V"]
    np.testing.assert_array_equal(t["available"], [5 / 8, 1])
    each = unit_shares(panel(), window="each")
    assert each.index.tolist() == ["U, 2020", "U, 2021", "V, 2020", "V, 2021"]
    np.testing.assert_array_equal(each["available"], [1, 0.25, 1, 1])


# -- decisions -------------------------------------------------------------------------------------


def test_the_usual_limits():
    s = Screen()
    after = run(s, cross())
    assert s.units == {"available": 0.65, "pillars": 0.65}
    assert s.indicators == {"available": 0.65}
    assert after.table.units == tuple("UXYZ")
    assert after.codes == ("a1", "a2", "b1", "b2")
    why = {label: text for _, label, text in after.left}
    assert why["V"].en == "1 of 2 values known in b (50.0 %), below 65 %"
    assert why["V"].zh == "b中2个数值中有1个（50.0%），低于65%"
    assert why["W"].en == (
        "1 of 4 values known (25.0 %), below 65 %; 0 of 2 values known in b (0.0 %), below 65 %"
    )


def test_a_limit_is_kept_by_the_share_itself():
    data = sheet([[1, N, 1, N], [1, 1, 1, 1], [1, 1, 1, 1]], list("UVW"))
    only = {"indicators": {}}
    assert gone(run(Screen(units={"available": 0.5}, **only), data)) == []
    assert gone(run(Screen(units={"available": 0.51}, **only), data)) == [("unit", "U")]
    values = np.ones((20, 1))
    values[:7] = N  # 13 of 20 is 65 %
    data = sheet(values, list("ABCDEFGHIJKLMNOPQRST"), ["a1"])
    assert run(Screen(units={}), data).codes == ("a1",)


def test_indicators_leave_first_and_units_are_judged_by_the_rest():
    data = sheet([[1, N, 1, 2], [2, N, 1, 1], [3, N, N, 1], [N, 5, 2, N]], list("UVWX"))
    after = run(Screen(units={"available": 0.65}), data)
    assert gone(after) == [("indicator", "a2"), ("unit", "X")]
    assert after.left[0][2].en == "1 of 4 values known (25.0 %), below 65 %"
    assert after.codes == ("a1", "b1", "b2")
    assert after.framework.leaves("a") == ("a1",)
    np.testing.assert_array_equal(after.values, [[1, 1, 2], [2, 1, 1], [3, N, 1]])


def test_a_pillar_whose_indicators_leave_goes_too():
    data = sheet([[1, 1, N, N], [1, 2, N, N], [1, 2, 3, 4]], list("UVW"))
    after = run(Screen(), data)
    assert after.codes == ("a1", "a2")
    assert [g.code for g in after.framework.groups] == ["total", "a"]


def test_zeros_and_equal_values():
    after = run(Screen(units={"zeros": 0.6}, indicators={}), cross())
    assert gone(after) == [("unit", "V"), ("unit", "Y")]
    assert after.left[0][2].en == "66.7 % of the known values are zero, above 60 %"
    assert after.left[0][2].zh == "零值占66.7%，高于60%"
    after = run(Screen(units={}, indicators={"same": 0.3, "zeros": 0.35}), cross())
    assert gone(after) == [("indicator", "a1"), ("indicator", "a2")]
    a1, a2 = (text.en for _, _, text in after.left)
    assert a1 == "33.3 % of the known values are one and the same, above 30 %"
    assert a2.endswith("; 40.0 % of the known values are zero, above 35 %")


def test_only_the_columns_that_are_named_are_looked_at():
    after = run(Screen(columns=("a",), units={"available": 1}), cross())
    assert gone(after) == [("unit", "W")]
    assert after.codes == ("a1", "a2", "b1", "b2")


def test_some_stay_and_some_leave_by_name():
    s = Screen(keep=("W", "b1"), leave=("Z", "a1"), indicators={"available": 0.7})
    data = cross()
    fitted = s.fit(data)
    after = s.apply(data, fitted)
    assert gone(after) == [("indicator", "a1"), ("unit", "V"), ("unit", "Z")]
    assert after.left[0][2] == gz.Text("按指定剔除", "left out by name")
    en = [t.en for t in s.said(fitted)]
    assert en[0] == "b1 stays by name, although 4 of 6 values known (66.7 %), below 70 %"
    assert en[1].startswith("W stays by name, although 0 of 3 values known (0.0 %), below 65 %; ")
    assert s.said(fitted)[0].zh == "b1按指定保留，尽管6个数值中有4个（66.7%），低于70%"


def test_labels_that_are_numbers_can_be_named():
    data = sheet([[1, 1, 1, 1], [2, 2, 2, 2]], pd.Index([110000, 120000], name="id"))
    assert run(Screen(leave=(110000,)), data).table.units == (120000,)


# -- panels ----------------------------------------------------------------------------------------


def test_a_unit_of_a_panel_leaves_as_a_whole_or_by_row():
    after = run(Screen(indicators={}), panel())
    assert after.table.units == ("V", "V")
    assert gone(after) == [("unit", "U")]
    assert after.left[0][2].en.startswith("5 of 8 values known (62.5 %)")
    each = run(Screen(indicators={}, window="each"), panel())
    assert each.keys == [("U", 2020), ("V", 2020), ("V", 2021)]
    assert gone(each) == [("unit", "U, 2021")]
    stays = run(Screen(indicators={}, window="each", keep=("U",)), panel())
    assert len(stays.keys) == 4
    leaves = run(Screen(indicators={}, window="each", leave=("V",)), panel())
    assert leaves.keys == [("U", 2020)]


def test_a_new_period_of_a_unit_keeps_its_decision():
    s = Screen(indicators={})
    fitted = s.fit(panel())
    index = pd.MultiIndex.from_tuples([("U", 2022), ("V", 2022), ("T", 2022), ("S", 2022)])
    index.names = ["unit", "year"]
    full, thin = [1, 1, 1, 1], [1, 1, N, N]
    after = s.apply(sheet([full, thin, full, thin], index), fitted)
    assert after.table.units == ("V", "T")
    assert gone(after) == [("unit", "U"), ("unit", "S")]
    assert after.left[0][2].en.startswith("5 of 8")  # as it was fitted
    assert after.left[1][2].en.startswith("2 of 4")


def test_an_indicator_keeps_its_decision_too():
    s = Screen(indicators={"available": 0.9}, units={})
    fitted = s.fit(cross())
    after = s.apply(sheet([[1, 2, 3, 4]], ["new"]), fitted)
    assert after.codes == ("a1",)
    assert gone(after) == [("indicator", c) for c in ("a2", "b1", "b2")]


# -- laws ------------------------------------------------------------------------------------------

cells = st.sampled_from([N, 0.0, 1.0, 2.0, 3.0])
tables = st.lists(st.lists(cells, min_size=4, max_size=4), min_size=3, max_size=9)
LIMITS = {
    "units": {"available": 0.5, "pillars": 0.5, "zeros": 0.7},
    "indicators": {"available": 0.4, "zeros": 0.8, "same": 0.9},
}


def outcome(s, data):
    try:
        after = run(s, data)
    except gz.DataError as error:
        return str(error).splitlines()[0]
    by = {u: tuple(np.nan_to_num(v, nan=-1)) for u, v in zip(after.keys, after.values, strict=True)}
    return after.codes, by, sorted((a, b, c.en, c.zh) for a, b, c in after.left)


@given(tables, st.randoms(use_true_random=False), st.sampled_from(["pooled", "each"]))
def test_the_order_of_rows_does_not_matter(rows, random, window):
    index = [(f"u{i // 2}", 2020 + i % 2) for i in range(len(rows))]
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    s = Screen(window=window, **LIMITS)

    def labelled(order):
        labels = pd.MultiIndex.from_tuples([index[i] for i in order], names=["unit", "year"])
        return sheet([rows[i] for i in order], labels)

    assert outcome(s, labelled(range(len(rows)))) == outcome(s, labelled(shuffled))


@given(tables, tables)
def test_rows_that_are_added_change_no_earlier_row(rows, more):
    old, new = [f"u{i}" for i in range(len(rows))], [f"v{i}" for i in range(len(more))]
    s = Screen(**LIMITS)
    data = sheet(rows, old)
    try:
        fitted = s.fit(data)
    except gz.DataError:
        return
    before, after = s.apply(data, fitted), s.apply(sheet(rows + more, old + new), fitted)
    assert after.codes == before.codes
    n = len(before.table.units)
    assert after.table.units[:n] == before.table.units
    np.testing.assert_array_equal(after.values[:n], before.values)
    assert [u for u in after.left if not u[1].startswith("v")] == list(before.left)


# -- options and errors ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "s",
    [
        Screen(),
        Screen(columns=("a",), units={}, indicators={}),
        Screen(units={"available": 0.5, "pillars": 2 / 3, "zeros": 0.5}, window="each"),
        Screen(indicators={"available": 1, "zeros": 0.9, "same": 0.5}, keep=("U",), leave=("a1",)),
    ],
)
def test_definitions_hold_every_option(s):
    rows = [f"{k} = {_inline(v)}" for k, v in s.to_dict().items()]
    assert step(tomllib.loads("\n".join(rows))) == s
    assert Screen().to_dict() == {"kind": "screen"}


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"units": 0.65}, r"units = 0.65 -> units = { available = 0.65 }"),
        ({"units": {"same": 0.5}}, "units has no limit 'same'.*available, pillars, zeros"),
        ({"indicators": {"pillars": 0.5}}, "indicators has no limit 'pillars'"),
        ({"units": {"availble": 0.5}}, "did you mean 'available'"),
        ({"units": {"available": 65}}, "units.available = 65 -> give a number from 0 to 1"),
        ({"indicators": {"zeros": -0.1}}, "indicators.zeros = -0.1"),
        ({"keep": "U"}, r"keep = 'U' is no list -> keep = \['U'\]"),
        ({"keep": ("U",), "leave": ("U",)}, "'U' is to stay and to leave"),
        ({"window": "base"}, "no window = 'base' -> window is 'pooled' or 'each'"),
    ],
)
def test_refusals(how, message):
    with pytest.raises(gz.MethodError, match=message):
        Screen(**how)


def test_names_that_nobody_has():
    message = "leave names 'b11', neither unit nor indicator .did you mean 'b1'"
    with pytest.raises(gz.NotFoundError, match=message):
        Screen(leave=("b11",)).fit(cross())
    both = sheet([[1, 1], [2, 2]], ["a1", "V"], ["a1", "b1"])
    with pytest.raises(gz.MethodError, match="keep names 'a1', which is a unit and an indicator"):
        Screen(keep=("a1",)).fit(both)


def test_nothing_left_is_an_error():
    with pytest.raises(gz.DataError, match=r"no unit is left\n.*U: 1 of 2 values known"):
        Screen(indicators={}).fit(sheet([[1, N], [N, 1]], ["U", "V"], ["a1", "b1"]))
    with pytest.raises(gz.DataError, match=r"no indicator is left\n.*a1: 1 of 2 values known"):
        Screen().fit(sheet([[1, N], [N, 1]], ["U", "V"], ["a1", "b1"]))
    s = Screen(units={"available": 1}, indicators={})
    fitted = s.fit(sheet([[1, 1], [1, N]], ["U", "V"], ["a1", "b1"]))
    with pytest.raises(gz.DataError, match=r"no unit is left\n.*V: 1 of 2"):
        s.apply(sheet([[1, 1]], ["V"], ["a1", "b1"]), fitted)


def test_through_the_definition_of_an_index():
    f = cross().framework
    data = pd.DataFrame(cross().values, index=list("UVWXYZ"), columns=list(f.codes))
    index = gz.Index(framework=f, prepare=[{"kind": "screen"}])
    result = index.evaluate(data)
    assert result.total.index.tolist() == list("UXYZ")
    expected = gz.Index(framework=f).evaluate(data.loc[list("UXYZ")])
    pd.testing.assert_series_equal(result.total, expected.total)

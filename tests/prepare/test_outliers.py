import json
import math
import tomllib

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

import gz_index as gz
from gz_index.definition import _inline
from gz_index.prepare import Sheet, step
from gz_index.prepare.outliers import OUTCOMES, Treat, winsorise
from gz_index.table import align

# Source: COINr 1.1.14, https://bluefoxr.github.io/COINr/reference/winsorise.html (example and its
# output) and tests/testthat/test-treat.R (expectations); MIT licence.
COINR = [*range(1, 11), 30, 100]
COINR_WINSORISED = [*range(1, 11), 30, 30]
LONG = [*range(1, 21), 100, 200]  # winmax = 1 is not enough; the logarithm replaces it

N = np.nan


def sheet(index=None, indicators=None, **columns):
    indicators = indicators or [gz.Indicator(code=c) for c in columns]
    data = pd.DataFrame({c: np.asarray(v, float) for c, v in columns.items()})
    data.index = pd.Index([f"u{i}" for i in range(len(data))]) if index is None else index
    f = gz.Framework(tuple(indicators))
    return Sheet(align(data, f), f)


def panel(first, second):
    index = pd.MultiIndex.from_tuples(
        [(f"u{i}", 2020 + t) for t in (0, 1) for i in range(len(first))], names=["unit", "year"]
    )
    return sheet(index, a=[*first, *second])


def plain(fitted):
    return json.loads(json.dumps(fitted, allow_nan=False))


def run(s, data):
    """The values after the step, and what was fitted of the only column."""
    fitted = plain(s.fit(data))
    return s.apply(data, fitted).values[:, 0], next(iter(fitted["columns"].values()))


# -- the rule of the JRC ---------------------------------------------------------------------------


def test_a_column_worked_by_hand():
    # mean 4, deviations -3 -3 -2 -2 10, squares 126, cubes 930, fourth powers 10194, s2 = 31.5
    g1 = 5 / 12 * 930 / 31.5**1.5
    g2 = 30 / 24 * 10194 / 31.5**2 - 3 * 16 / 6
    assert (round(g1, 4), round(g2, 4)) == (2.1918, 4.842)
    z, how = run(Treat(), sheet(a=[1, 14, 2, 1, 2]))
    assert z.tolist() == [1, 2, 2, 1, 2]
    assert how["outcome"] == "winsorised"
    assert (how["below"], how["above"], how["high"]) == (0, 1, 2)
    assert how["skew"] == pytest.approx(g1, rel=1e-13)
    assert how["kurtosis"] == pytest.approx(g2, rel=1e-13)
    # 1 1 2 2 2: mean 1.6, cubes -0.24, s2 = 0.3
    assert how["skew_after"] == pytest.approx(5 / 12 * -0.24 / 0.3**1.5, rel=1e-12)
    assert run(Treat(skew=2.2), sheet(a=[1, 14, 2, 1, 2]))[1]["outcome"] == "untouched"
    assert run(Treat(kurtosis=4.9), sheet(a=[1, 14, 2, 1, 2]))[1]["outcome"] == "untouched"


def test_the_documented_example_of_coinr():
    z, how = run(Treat(), sheet(a=COINR))
    assert z.tolist() == COINR_WINSORISED
    assert (how["below"], how["above"]) == (0, 1)
    assert winsorise(COINR).tolist() == COINR_WINSORISED


def test_the_expectations_of_coinr():
    z, _ = run(Treat(), sheet(a=[*range(1, 11), 100]))
    assert z.tolist() == [*range(1, 11), 10]
    z, how = run(Treat(points=1), sheet(a=LONG))
    assert how["transform"] == "log"
    assert z.tolist() == np.log(LONG).tolist()
    z, how = run(Treat(points=1, then="none"), sheet(a=LONG))
    assert how["outcome"] == "still-skewed"
    assert z.tolist() == [*range(1, 21), 100, 100]
    z, how = run(Treat(points=2, then="log-shift"), sheet(a=[*range(1, 11), -100]))
    assert z.tolist() == [*range(1, 11), 1]
    assert (how["below"], how["above"], how["low"]) == (1, 0, 1)


def test_both_ends():
    x = [*range(40, 60), 4000, -400]
    z, how = run(Treat(), sheet(a=x))
    assert z.tolist() == [*range(40, 60), 59, 40]
    assert (how["below"], how["above"], how["low"], how["high"]) == (1, 1, 40, 59)


def test_tied_values_move_together_or_not_at_all():
    x = [*range(1, 21), 300, 300]
    assert winsorise(x, 2).tolist() == [*range(1, 21), 20, 20]
    assert winsorise(x, 1).tolist() == x
    assert run(Treat(points=1, then="none"), sheet(a=x))[1]["outcome"] == "still-skewed"


def test_a_column_is_never_pulled_down_to_one_value():
    x = [0, 0, 0, 0, 10]
    assert winsorise(x).tolist() == x
    z, how = run(Treat(then="none"), sheet(a=x))
    assert how["outcome"] == "still-skewed"
    assert how["skew"] == pytest.approx(math.sqrt(5), rel=1e-14)
    assert how["kurtosis"] == pytest.approx(5, rel=1e-14)
    assert z.tolist() == x


def test_a_share_in_place_of_a_number():
    x = [*range(1, 30), 200, 300, 400]
    assert run(Treat(points=3), sheet(a=x))[1]["above"] == 3
    _, how = run(Treat(share=0.1), sheet(a=x))  # 3 of 32
    assert (how["outcome"], how["above"]) == ("winsorised", 3)
    assert "transform" in run(Treat(share=0.09), sheet(a=x))[1]  # 2 of 32


@given(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=30), st.sampled_from([1e-9, 1, 1e9]))
def test_skewness_and_kurtosis_are_those_of_pandas(x, unit):
    v = np.array(x) * unit
    assume(v.std() > 1e-6 * max(np.abs(v).max(), 1e-3 * unit))
    how = plain(Treat(then="none").fit(sheet(a=v)))["columns"]["a"]
    big = pd.Series(v / v.std())  # pandas takes moments of small numbers for zeros
    assert how["skew"] == pytest.approx(big.skew(), rel=1e-9, abs=1e-9)
    assert how["kurtosis"] == pytest.approx(big.kurt(), rel=1e-9, abs=1e-9)


# -- transforms ------------------------------------------------------------------------------------

SKEWED = np.exp(np.linspace(-2, 3, 40) ** 3 / 9)


def test_box_cox_and_yeo_johnson_are_those_of_scipy():
    v = np.sort(SKEWED)
    z, how = run(Treat(points=0, then="box-cox"), sheet(a=SKEWED))
    expected, power = stats.boxcox(v)
    assert how["power"] == pytest.approx(power, rel=1e-12)
    np.testing.assert_allclose(np.sort(z), expected, rtol=1e-12)
    z, how = run(Treat(points=0, then="yeo-johnson"), sheet(a=SKEWED - 1))
    expected, power = stats.yeojohnson(v - 1)
    assert how["power"] == pytest.approx(power, rel=1e-12)
    np.testing.assert_allclose(np.sort(z), expected, rtol=1e-12)
    assert how["outcome"] == "transformed"


def test_a_power_may_be_given():
    z, how = run(Treat(points=0, then="box-cox", power=0), sheet(a=SKEWED))
    np.testing.assert_allclose(z, np.log(SKEWED), rtol=1e-13, atol=1e-15)
    assert how["power"] == 0
    z, _ = run(Treat(points=0, then="box-cox", power=0.5), sheet(a=SKEWED))
    np.testing.assert_allclose(z, 2 * (np.sqrt(SKEWED) - 1), rtol=1e-13, atol=1e-15)


def test_the_shifted_logarithm():
    x = np.array([-5, *range(-3, 20), 300.0, 500.0])
    z, how = run(Treat(points=1, then="log-shift"), sheet(a=x))
    np.testing.assert_allclose(z, np.log(x + 5 + 0.01 * 505), rtol=1e-14)
    assert how["shift"] == pytest.approx(-10.05, rel=1e-15)


def test_still_skewed_is_named():
    s = Treat(points=0)
    data = sheet(a=[1, 14, 2, 1, 2, 1.5, 1.2, 1.1, 1.3], b=[1, 1, 1, 1, 1, 1, 1, 1, 2.0])
    fitted = s.fit(data)
    assert fitted["columns"]["b"]["outcome"] == "still-skewed"
    (text,) = s.said(fitted)
    g1, g2 = 3.0, 9.0  # one of nine differs
    assert text.en.endswith(f"b (log; skewness {g1:.2f}, kurtosis {g2:.2f})")
    assert text.en.startswith("still skewed after treatment: a (log; ")
    assert text.zh.startswith("处理后偏度与峰度仍超限：a（log；偏度")


def test_an_indicator_with_a_transform_of_its_own_gets_no_second():
    logged = [gz.Indicator(code="a", transform="log")]
    x = np.exp(np.linspace(0, 9, 20))
    assert "skew_after" in run(Treat(), sheet(a=x))[1]  # flagged
    assert run(Treat(), sheet(a=x, indicators=logged))[1]["outcome"] == "untouched"
    x = np.exp(COINR)
    z, how = run(Treat(points=0), sheet(a=x, indicators=logged))
    assert how["outcome"] == "still-skewed"
    assert z.tolist() == x.tolist()
    z, how = run(Treat(), sheet(a=x, indicators=logged))
    assert how["outcome"] == "winsorised"
    assert z.tolist() == np.exp(COINR_WINSORISED).tolist()
    with pytest.raises(
        gz.DataError, match="transform = 'log' cannot take.*\n.*a: 0 for u1 -> corr"
    ):
        Treat().fit(sheet(a=[1, 0, 2, 3], indicators=logged))


# -- fences ----------------------------------------------------------------------------------------


def test_fences_about_the_quartiles():
    x = [1, 2, 3, 4, 5, 6, 7, 8, 100]  # quartiles 3 and 7
    z, how = run(Treat(rule="iqr"), sheet(a=x))
    assert (how["low"], how["high"]) == (-3, 13)
    assert z.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 13]
    assert run(Treat(rule="iqr", k=3), sheet(a=x))[1]["high"] == 19
    assert run(Treat(rule="iqr", k=30), sheet(a=x))[1]["outcome"] == "untouched"


def test_fences_about_the_mean():
    x = np.array([1, 2, 3, 4, 5, 6, 7, 8, 100.0])
    z, how = run(Treat(rule="z", k=2), sheet(a=x))
    high = x.mean() + 2 * x.std(ddof=1)
    assert how["high"] == pytest.approx(high, rel=1e-14)
    assert z[-1] == how["high"]
    assert run(Treat(rule="z"), sheet(a=x))[1]["outcome"] == "untouched"


def test_percentiles():
    x = np.arange(101.0)
    z, how = run(Treat(rule="percentiles"), sheet(a=x))
    assert (how["low"], how["high"], how["below"], how["above"]) == (1, 99, 1, 1)
    assert z[[0, 1, 99, 100]].tolist() == [1, 1, 99, 99]
    _, how = run(Treat(rule="percentiles", percentiles=(5, 90)), sheet(a=x))
    assert (how["low"], how["high"]) == (5, 90)


def test_fixed_bounds_work_on_the_columns_they_name():
    s = Treat(rule="bounds", bounds={"a": [0, 10], "b": [-math.inf, 1]})
    data = sheet(a=[-1, 5, 11], b=[-9, 2, N], c=[1, 2, 100])
    fitted = plain(s.fit(data))
    np.testing.assert_array_equal(
        s.apply(data, fitted).values, [[0, -9, 1], [5, 1, 2], [10, N, 100]]
    )
    assert list(fitted["columns"]) == ["a", "b"]
    assert "low" not in fitted["columns"]["b"]


def test_fences_of_a_transformed_indicator_are_set_on_its_scale():
    x = np.exp([1, 2, 3, 4, 5, 6, 7, 8, 100.0])
    z, how = run(
        Treat(rule="iqr"), sheet(a=x, indicators=[gz.Indicator(code="a", transform="log")])
    )
    assert how["high"] == pytest.approx(math.exp(13), rel=1e-13)
    assert z[-1] == how["high"]
    assert (z[:-1] == x[:-1]).all()


@pytest.mark.parametrize("name", ["log", "log10", "log1p", "sqrt", "logit"])
@pytest.mark.parametrize("rule", ["iqr", "z"])
def test_wide_fences_of_transformed_indicators_touch_nothing(name, rule):
    x = np.linspace(0.05, 0.95, 12)
    data = sheet(a=x, indicators=[gz.Indicator(code="a", transform=name)])
    z, how = run(Treat(rule=rule, k=1e4), data)
    assert how["outcome"] == "untouched"
    assert z.tolist() == x.tolist()


# -- cases without an answer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "x", "outcome"),
    [
        ("jrc", [1, 2, 300], "too-few"),
        ("jrc", [1, 2, N, 300, N], "too-few"),
        ("z", [N, N, N, N], "too-few"),
        ("jrc", [5, 5, 5, 5, 5], "no-spread"),
        ("z", [5, 5, 5, 5, 5], "no-spread"),
        ("iqr", [5, 5, 5, 5, 5], "no-spread"),
        ("iqr", [0, 0, 0, 0, 0, 0, 0, 9], "no-spread"),
    ],
)
def test_what_cannot_be_judged_is_named_and_left(rule, x, outcome):
    s = Treat(rule=rule)
    data = sheet(a=x)
    z, how = run(s, data)
    np.testing.assert_array_equal(z, x)
    assert how["outcome"] == outcome
    (text,) = s.said(s.fit(data))
    assert text.en == f"{OUTCOMES[outcome].en}: a"
    assert text.zh == f"{OUTCOMES[outcome].zh}：a"


def test_what_is_said_of_each_column():
    data = sheet(a=COINR, b=range(12), c=[*range(10), -300, N])
    s = Treat()
    fitted = s.fit(data)
    (text,) = s.said(fitted)
    assert text.en == "winsorised: a (0 low, 1 high), c (1 low, 0 high)"
    assert text.zh == "已缩尾：a（低端0个，高端1个）、c（低端1个，高端0个）"
    t = s.table(fitted)
    assert t["outcome"].tolist() == ["winsorised", "untouched", "winsorised"]
    assert t["values"].tolist() == [12, 12, 11]
    assert t.loc["c", "low"] == 0
    assert np.isnan(t.loc["b", "skew_after"])


# -- windows and replay ----------------------------------------------------------------------------


def test_the_base_period_sets_the_bounds_for_all():
    data = panel(COINR, [0, *range(2, 11), 29, 1000])
    z, how = run(Treat(window="base"), data)
    assert how["values"] == 12
    assert z.tolist() == [*COINR_WINSORISED, 0, *range(2, 11), 29, 30]
    z, how = run(Treat(window="base", base=2021), data)
    assert how["high"] == 29
    assert z[:12].tolist() == [*range(1, 11), 29, 29]
    assert run(Treat(), data)[1]["values"] == 24
    assert run(Treat(window="base"), sheet(a=COINR))[0].tolist() == COINR_WINSORISED


def test_a_base_that_is_not_there():
    with pytest.raises(gz.DataError, match=r"base period 1999\n.*periods are 2020, 2021"):
        Treat(window="base", base=1999).fit(panel(COINR, COINR))
    with pytest.raises(gz.DataError, match="the rows have no period, and base = 2020 names one"):
        Treat(window="base", base=2020).fit(sheet(a=COINR))


def test_new_rows_are_cut_off_and_transformed_as_fitted():
    s = Treat()
    fitted = plain(s.fit(sheet(a=COINR, b=range(12))))
    after = s.apply(sheet(a=[-50, 29, 31, N], b=[500, 1, 2, 3]), fitted)
    np.testing.assert_array_equal(after.values[:, 0], [-50, 29, 30, N])
    np.testing.assert_array_equal(after.values[:, 1], [500, 1, 2, 3])
    s = Treat(points=0, then="box-cox")
    fitted = plain(s.fit(sheet(a=SKEWED)))
    power = fitted["columns"]["a"]["power"]
    after = s.apply(sheet(a=[7.0, N, 1e6]), fitted).values[:, 0]
    np.testing.assert_array_equal(after, stats.boxcox([7.0, N, 1e6], power))
    with pytest.raises(gz.DataError, match=r"box-cox, λ = .* cannot take.*\n.*a: -1 for u1 -> the"):
        s.apply(sheet(a=[7.0, -1.0]), fitted)


def test_a_replay_passes_over_columns_that_are_gone():
    s = Treat()
    fitted = s.fit(sheet(a=COINR, b=COINR))
    assert s.apply(sheet(b=COINR), fitted).values[-1, 0] == 30


# -- laws ------------------------------------------------------------------------------------------

numbers = st.one_of(st.integers(-50, 50).map(float), st.sampled_from([500.0, -800.0, 3000.0, N]))
columns = st.lists(numbers, min_size=1, max_size=30).map(np.array)
steps = st.one_of(
    st.builds(Treat, points=st.integers(0, 6), then=st.sampled_from(["none", "yeo-johnson"])),
    st.builds(Treat, share=st.floats(0.01, 0.2), then=st.just("log-shift")),
    st.builds(Treat, rule=st.sampled_from(["iqr", "z"]), k=st.floats(0.5, 4)),
    st.builds(Treat, rule=st.just("percentiles"), percentiles=st.just((10, 85.5))),
    st.builds(Treat, rule=st.just("bounds"), bounds=st.just({"a": (-40, 30)})),
)


@given(columns, st.integers(0, 6))
def test_winsorising_keeps_the_order_and_touches_few(x, points):
    z = winsorise(x, points)
    known = ~np.isnan(x)
    np.testing.assert_array_equal(np.isnan(z), ~known)
    assert (z[known] != x[known]).sum() <= points
    assert set(z[known]) <= set(x[known])
    order = np.argsort(x[known], kind="stable")
    assert (np.diff(z[known][order]) >= 0).all()


@given(columns, steps)
def test_every_rule_keeps_the_order_and_can_be_replayed(x, s):
    data = sheet(a=x)
    before = data.values.copy()
    fitted = s.fit(data)
    z = s.apply(data, fitted).values[:, 0]
    np.testing.assert_array_equal(data.values, before)
    np.testing.assert_array_equal(s.apply(data, plain(fitted)).values[:, 0], z)
    how = fitted["columns"]["a"]
    known = ~np.isnan(x)
    np.testing.assert_array_equal(np.isnan(z), ~known)
    order = np.argsort(x[known], kind="stable")
    assert (np.diff(z[known][order]) >= 0).all()
    if "transform" not in how:
        assert (z[known] != x[known]).sum() == how["below"] + how["above"]
        limit = 5 if s.points is None else s.points
        if s.rule == "jrc" and s.share is None:
            assert how["below"] + how["above"] <= limit


@given(columns, st.permutations(range(30)), steps)
def test_the_order_of_rows_does_not_matter(x, order, s):
    order = [i for i in order if i < len(x)]
    one = s.fit(sheet(a=x))
    other = s.fit(sheet(a=x[order]))
    assert plain(one) == plain(other)


@given(columns, columns, steps)
def test_rows_that_are_added_change_no_earlier_row(x, more, s):
    data = sheet(a=x)
    fitted = s.fit(data)
    if s.then == "log-shift":
        more = np.abs(more) + np.nan_to_num(x).max()  # within its domain
    after = s.apply(sheet(a=[*x, *more]), fitted).values[: len(x), 0]
    np.testing.assert_array_equal(after, s.apply(data, fitted).values[:, 0])


@given(columns, st.integers(-20, 20), st.sampled_from(["jrc", "iqr", "z", "percentiles"]))
def test_bounds_go_with_the_scale(x, power, rule):
    s = Treat(rule=rule, **({"then": "none"} if rule == "jrc" else {}))
    one = s.fit(sheet(a=x))["columns"]["a"]
    other = s.fit(sheet(a=x * 2.0**power))["columns"]["a"]
    assert one["outcome"] == other["outcome"]
    for end in ("low", "high"):
        assert (end in one) == (end in other)
        if end in one:
            assert other[end] == one[end] * 2.0**power


# -- options and errors ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "s",
    [
        Treat(),
        Treat(columns=("a",), points=3, skew=2.5, kurtosis=4, then="none"),
        Treat(share=0.05, then="box-cox", power=0.25, window="base", base=2020),
        Treat(then="yeo-johnson", window="base"),
        Treat(then="log-shift"),
        Treat(rule="iqr", k=3),
        Treat(rule="z", k=2.5),
        Treat(rule="bounds", bounds={"a": [0, 1], "b": [-math.inf, 2.5]}),
        Treat(rule="percentiles"),
        Treat(rule="percentiles", percentiles=[5, 95]),
    ],
)
def test_definitions_hold_every_option(s):
    rows = [f"{k} = {_inline(v)}" for k, v in s.to_dict().items()]
    assert step(tomllib.loads("\n".join(rows))) == s
    assert Treat().to_dict() == {"kind": "treat"}


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            {"rule": "mad"},
            "no rule = 'mad' -> rule is 'jrc', 'iqr', 'z', 'bounds' or 'percentiles'",
        ),
        ({"then": "sqrt"}, "no then = 'sqrt'"),
        ({"window": "each"}, "no window = 'each' -> window is 'pooled' or 'base'"),
        (
            {"rule": "z", "points": 3},
            "points = 3 has no effect with rule = 'z' -> it belongs to rule",
        ),
        ({"k": 3}, "k = 3 has no effect with rule = 'jrc' -> it belongs to rule = 'iqr' or 'z'"),
        ({"rule": "iqr", "then": "none"}, "then = 'none' has no effect with rule = 'iqr'"),
        ({"points": 2, "share": 0.1}, "both points and share"),
        ({"points": -1}, "points = -1 -> give a whole number, 0 or more"),
        ({"points": 2.5}, "points = 2.5"),
        ({"share": 0.5}, "share = 0.5 -> give a number above 0, below 0.5"),
        ({"skew": 0}, "skew = 0 -> give a number above 0"),
        ({"kurtosis": "x"}, "kurtosis = 'x' -> give a number"),
        ({"rule": "iqr", "k": -1}, "k = -1"),
        ({"power": 1}, "power = 1 has no effect with then = 'log' -> then = 'box-cox' or"),
        ({"power": math.inf, "then": "box-cox"}, "power = inf -> give a number"),
        ({"base": 2020}, "base = 2020 has no effect with window = 'pooled'"),
        ({"rule": "percentiles", "percentiles": [1, 101]}, "percentiles = .* -> give two from 0"),
        ({"rule": "percentiles", "percentiles": [9, 1]}, "give .low, high., low < high"),
        ({"rule": "bounds"}, "bounds = None -> bounds = { x1 = .low, high. }"),
        ({"rule": "bounds", "bounds": {"a": [2, 1]}}, "bounds of 'a' are .2, 1. -> give"),
        ({"rule": "bounds", "bounds": {"a": 3}}, "bounds of 'a' are 3"),
    ],
)
def test_refusals(how, message):
    with pytest.raises(gz.MethodError, match=message):
        Treat(**how)


def test_bounds_of_what_is_no_indicator():
    f = gz.Framework((gz.Indicator(code="income"),))
    s = Treat(rule="bounds", bounds={"incme": [0, 1]})
    (p,) = s.problems(f)
    assert str(p) == "prepare.treat: bounds of 'incme', no indicator (did you mean 'income'?)"
    assert Treat().problems(f) == []


@pytest.mark.parametrize("then", ["log", "box-cox"])
def test_a_logarithm_of_what_is_not_above_zero_is_refused(then):
    data = sheet(a=[0, *LONG])
    with pytest.raises(
        gz.DataError, match=rf"{then}.*cannot take.*\n.*a: 0 for u0 -> then = 'yeo-"
    ):
        Treat(points=1, then=then).fit(data)
    assert run(Treat(points=1, then="yeo-johnson"), data)[1]["transform"] == "yeo-johnson"


@pytest.mark.parametrize(
    ("held", "what"),
    [
        ({"goalposts": (0, 100)}, "goalposts"),
        ({"targets": gz.Target(100)}, "a target"),
        ({"baseline": gz.framework.Baseline(3)}, "a baseline"),
        ({"direction": {"point": 7}}, "a best interval"),
    ],
)
def test_a_transform_does_not_go_with_numbers_in_raw_units(held, what):
    data = sheet(a=LONG, indicators=[gz.Indicator(code="a", name="Sales", **held)])
    with pytest.raises(
        gz.MethodError, match=rf"a .Sales. is still skewed .*log.* has {what} in raw"
    ):
        Treat(points=1).fit(data)
    assert run(Treat(points=2), data)[1]["outcome"] == "winsorised"
    assert run(Treat(points=1, then="none"), data)[1]["outcome"] == "still-skewed"


def test_powers_that_leave_no_numbers():
    with pytest.raises(gz.MethodError, match="box-cox, λ = -40 leaves a without distinct values"):
        Treat(points=0, then="box-cox", power=-40).fit(sheet(a=np.array(LONG) * 100))
    with pytest.raises(
        gz.DataError, match=r"cannot take.*\n.*a: 100 for u20 -> choose a power near"
    ):
        Treat(points=0, then="box-cox", power=200).fit(sheet(a=LONG))


@pytest.mark.parametrize("x", [[[1, 2], [3, 4]], [1, 2, math.inf, 3]])
def test_winsorise_takes_one_column_of_finite_numbers(x):
    with pytest.raises(gz.MethodError, match="one column of finite numbers"):
        winsorise(x)


def test_through_the_definition_of_an_index():
    f = gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b")))
    data = pd.DataFrame({"a": COINR, "b": range(12)}, index=[f"u{i}" for i in range(12)])
    index = gz.Index(framework=f, prepare=[{"kind": "treat"}])
    by_hand = gz.Index(framework=f).evaluate(data.assign(a=COINR_WINSORISED))
    pd.testing.assert_series_equal(index.evaluate(data).total, by_hand.total)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.monitoring.grey import GRADES, REACHES, gm11, grey_path
from tests.golden import reference

DENG = reference("deng_gm11")
positive = st.lists(st.floats(1.0, 1e3), min_size=4, max_size=12)


def test_the_textbook_series_to_its_last_digit():
    g = gm11(DENG["x"], ahead=2)
    atol = DENG["rounding"]
    assert g.a == pytest.approx(DENG["a"], rel=0, abs=atol)
    assert g.b == pytest.approx(DENG["b"], rel=0, abs=atol)
    both = np.concatenate([g.fitted, g.forecast])
    np.testing.assert_allclose(both, DENG["fitted_and_forecast"], rtol=0, atol=atol)
    assert g.posterior_ratio == pytest.approx(DENG["posterior_ratio"], rel=0, abs=atol)
    assert g.small_error == DENG["small_error"]
    np.testing.assert_allclose(g.level_ratio, DENG["level_ratio"], rtol=0, atol=atol)
    np.testing.assert_allclose(g.bounds, DENG["bounds"], rtol=0, atol=atol)
    assert (g.grade, g.reach, g.regular) == ("good", "medium and long term", True)


def test_parameters_are_least_squares_of_the_grey_equation():
    x = np.array(DENG["x"])
    total = np.cumsum(x)
    z = (total[1:] + total[:-1]) / 2
    a, b = np.linalg.lstsq(np.column_stack([-z, np.ones(z.size)]), x[1:], rcond=None)[0]
    g = gm11(x)
    assert (g.a, g.b) == pytest.approx((a, b), rel=1e-11)
    sums = (x[0] - b / a) * np.exp(-a * np.arange(x.size)) + b / a
    np.testing.assert_allclose(g.fitted[1:], np.diff(sums), rtol=1e-11)


@pytest.mark.parametrize("q", [0.7, 0.95, 1.02, 1.2, 1.5])
def test_of_an_exact_exponential_the_parameters_are_known(q):
    """-a = 2 (q - 1) / (q + 1): near ln q, so a forecast is near the exponential but not it."""
    c, n = 3.0, 8
    g = gm11(c * q ** np.arange(n), ahead=3)
    a = -2 * (q - 1) / (q + 1)
    assert g.a == pytest.approx(a, rel=1e-9)
    assert g.b == pytest.approx(2 * c / (q + 1), rel=1e-9)
    k = np.arange(n, n + 3)
    theory = c * q / (q - 1) * (1 - np.exp(a)) * np.exp(-a * k)
    np.testing.assert_allclose(g.forecast, theory, rtol=1e-9)
    assert abs(g.a + np.log(q)) < abs(np.log(q)) ** 3 / 6


def test_a_constant_series_is_the_limit_and_has_no_grade():
    g = gm11([5.0] * 6, ahead=3)
    assert (g.a, g.b, g.grade) == (0.0, 5.0, "constant")
    assert g.posterior_ratio is None
    assert g.small_error is None
    np.testing.assert_array_equal(g.forecast, [5.0, 5.0, 5.0])


@pytest.mark.parametrize("a", [1e-5, -1e-5, 1e-12, -1e-12, 1e-300])
def test_the_limit_at_zero_is_approached_smoothly(a):
    near, limit = grey_path(a, 5.0, 4.0, 6), grey_path(0.0, 5.0, 4.0, 6)
    slope = np.abs(5.0 / 2 - 4.0 - 5.0 * np.arange(6)).max()
    np.testing.assert_allclose(near, limit, rtol=0, atol=1.01 * slope * abs(a) + 1e-15)


def test_level_ratios_out_of_bounds_and_the_shift_that_brings_them_in():
    x = [1.0, 10.0, 2.0, 30.0, 4.0]  # synthetic
    g = gm11(x)
    assert not g.regular
    assert f"a shift above {g.least_shift:.6g}" in g.notes[1]
    assert "平移量" in g.notes_in("zh")[1]
    assert gm11(x, shift=g.least_shift * 1.0001).regular
    assert not gm11(x, shift=g.least_shift * 0.9999).regular
    assert gm11(DENG["x"]).least_shift == 0


def test_a_shift_is_undone_and_named():
    x = np.array(DENG["x"])
    g, plain = gm11(x, ahead=2, shift=10), gm11(x + 10, ahead=2)
    np.testing.assert_allclose(g.forecast, plain.forecast - 10, rtol=1e-14)
    np.testing.assert_allclose(g.fitted, plain.fitted - 10, rtol=1e-13)
    assert g.posterior_ratio == pytest.approx(plain.posterior_ratio, rel=1e-12)
    assert any("10 was added before fitting" in n for n in g.notes)
    assert not any("added" in n for n in gm11(x).notes)


@pytest.mark.parametrize(
    ("q", "reach"),
    [
        (1.2, "medium and long term"),
        (0.5, "medium and long term"),
        (1.5, "short term"),
        (2.0, "doubtful"),
        (3.0, "unusable"),
    ],
)
def test_how_far_the_development_coefficient_reaches(q, reach):
    g = gm11(q ** np.arange(5.0))
    assert g.reach == reach
    assert REACHES[reach].zh in g.notes_in("zh")[0]


def test_grades_are_an_option():
    x = [1.0, 10.0, 2.0, 30.0, 4.0]  # synthetic; C = .917, P = .4
    assert gm11(x).grade == "failed"
    assert gm11(x, grades=((0.95, 0.3), (1, 0), (1, 0))).grade == "good"
    assert gm11(x, grades=((0.1, 0.3), (0.95, 0.3), (1, 0))).grade == "qualified"
    assert gm11(x, grades=((0.1, 0.3), (0.1, 0.3), (0.95, 0.3))).grade == "marginal"
    assert gm11(x, grades=((0.95, 0.4), (0.1, 0), (0.1, 0))).grade == "failed"  # P is not above
    assert set(GRADES) >= {"good", "qualified", "marginal", "failed"}


@given(positive, st.floats(1e-3, 1e3))
def test_a_change_of_unit_changes_nothing_but_the_unit(x, c):
    g, scaled = gm11(x, ahead=3), gm11(np.array(x) * c, ahead=3)
    assert scaled.a == pytest.approx(g.a, abs=1e-10)
    top = max(np.abs(g.forecast).max(), max(x))
    np.testing.assert_allclose(scaled.forecast / c, g.forecast, rtol=1e-9, atol=1e-9 * top)


@settings(max_examples=30)
@given(positive)
def test_input_is_not_written_to_and_results_are_frozen(x):
    given_, copy = np.array(x), np.array(x)
    g = gm11(given_, ahead=1)
    np.testing.assert_array_equal(given_, copy)
    for part in (g.x, g.fitted, g.forecast, g.level_ratio):
        assert not part.flags.writeable
    assert g.fitted[0] == x[0]


def test_large_and_small_numbers():
    x = np.array(DENG["x"])
    for c in (1e300, 1e-300):
        np.testing.assert_allclose(
            gm11(x * c, ahead=2).forecast / c, gm11(x, ahead=2).forecast, rtol=1e-11
        )


@pytest.mark.parametrize(
    ("x", "how", "message"),
    [
        ([1, 2, 3], {}, r"at least four values; got shape \(3,\)"),
        ([[1, 2, 3, 4]], {}, r"shape \(1, 4\)"),
        ([1, 2, "much", 4], {}, "not numbers"),
        ([1, np.nan, 3, 4], {}, "nan at row 1 -> fill the gaps"),
        ([1, 2, 0, 4], {}, "above zero; 0 at row 2 -> give a shift above 0"),
        ([1, 2, -3, 4], {"shift": 2}, r"-3 \+ 2 at row 2 -> give a shift above 3"),
        ([1, 2, 3, 4], {"shift": np.inf}, "shift = inf"),
        ([1, 2, 3, 4], {"ahead": -1}, "ahead = -1"),
        ([1, 2, 3, 4], {"ahead": 1.5}, "ahead = 1.5"),
        ([1e20, 2, 3, 4], {}, "row 0 is so much larger than the others"),
        ([1, 2, 3, 4], {"ahead": 5000}, "overflows"),
        ([1, 2, 3, 4], {"reaches": (0.5, 0.3, 0.8)}, "three increasing numbers"),
        ([1, 2, 3, 4], {"grades": ((0.35, 0.95),)}, "three pairs"),
    ],
)
def test_refusals(x, how, message):
    with pytest.raises(gz.MethodError, match=message):
        gm11(x, **how)

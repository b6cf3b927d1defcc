"""Every normaliser against numbers computed elsewhere, or the formula written out."""

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.framework import Direction, Target
from gz_index.normalise import fit, normaliser
from gz_index.table import align
from tests.golden import direction, golden, raw

YEARS = (2020, 2021, 2022)
RNG = np.random.default_rng(20)
X = RNG.uniform(1, 9, (12, 3))


def framework(signs, **fields):
    """Indicators of these directions (+1, -1 or a Direction), code i0, i1, ..."""
    made = [s if isinstance(s, Direction) else Direction(int(s)) for s in signs]
    return gz.Framework(
        tuple(
            gz.Indicator(code=f"i{j}", direction=d, **{k: v[j] for k, v in fields.items()})
            for j, d in enumerate(made)
        )
    )


def scaled(x, spec, signs=None, *, units=None, **fields):
    """Normalise a cross-section (n, m), or a panel (T, n, m) given period by period."""
    x = np.asarray(x, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    f = framework(np.ones(x.shape[-1]) if signs is None else signs, **fields)
    n = x.shape[-2]
    names = units or [f"u{i}" for i in range(n)]
    index = pd.Index(names, name="unit")
    if x.ndim == 3:
        years = range(2020, 2020 + x.shape[0])
        index = pd.MultiIndex.from_product([years, names], names=["year", "unit"])
    table = align(pd.DataFrame(x.reshape(-1, x.shape[-1]), index=index, columns=list(f.codes)), f)
    z = fit(table, f, normaliser(spec)).apply(table)[0]
    return z.reshape(x.shape)


# -- the made panel --------------------------------------------------------------------------------


def test_base_year_min_max_of_the_golden_panel():
    z = scaled(raw(), {"method": "minmax", "window": "base"}, direction())
    assert np.abs(z - golden("base_year_minmax")).max() < 1e-9


def test_pooled_efficacy_60_40_of_the_golden_panel():
    z = scaled(raw(), "efficacy", direction())
    assert np.abs(z[2] - golden("efficacy_60_40_year3_pooled")).max() < 1e-9


def test_log_efficacy_with_base_year_quantiles_of_the_golden_panel():
    want = golden("log_efficacy_base_year_q05_q95_linear_quantile")
    z = scaled(raw(), "log-efficacy", direction())
    assert np.abs(z - want).max() < 1e-9
    assert z[0].min() == 0  # capped in the base year
    assert z[0].max() == 100
    assert z[2].max() > 143  # and open later


def test_efficacy_by_quantiles_is_the_log_efficacy_before_it_is_capped():
    spec = {"method": "efficacy", "curve": "logarithmic", "floor": 0, "span": 100}
    z = scaled(raw(), {**spec, "window": "base", "quantiles": [0.05, 0.95]}, direction())
    want = golden("log_efficacy_base_year_q05_q95_linear_quantile")
    assert np.abs(z.clip(0, 100)[0] - want[0]).max() < 1e-9
    assert np.abs(z[1:] - want[1:]).max() < 1e-9


# -- targets of a monitoring scheme ----------------------------------------------------------------


def test_xiaokang_forms():
    """Degree of achievement: positive x/x*, negative x*/x, interval with stated bounds; in %."""
    to_target = {"method": "distance-to-target", "clip": True}
    up = scaled([7.64, 12.0], to_target, targets=[Target(value=10.0)])
    assert 100 * up[0, 0] == pytest.approx(76.4, abs=1e-9)
    assert up[1, 0] == 1  # capped
    down = scaled([0.8, 0.5], to_target, [-1], targets=[Target(value=0.6)])
    assert 100 * down[0, 0] == pytest.approx(75.0, abs=1e-9)
    assert down[1, 0] == 1
    interval = Direction(0, (3.0, 6.0), (0.0, 9.0))
    spec = {"method": "minmax", "to": [0, 100], "clip": True}
    z = scaled([7.0, 3.0, 6.0, 4.5, 1.5, 9.0, 11.0], spec, [interval])
    assert z[0, 0] == pytest.approx(66.666666666667, abs=1e-9)
    assert z[1:, 0] == pytest.approx([100, 100, 100, 50, 0, 0], abs=1e-9)


# -- moderate indicators ---------------------------------------------------------------------------


def test_point_and_interval_fall_to_the_farthest_value_of_the_window():
    x = np.array([1.0, 4.0, 5.0, 7.0, 12.0])
    z = scaled(x, "minmax", [Direction(0, (5.0, 5.0))])[:, 0]
    assert z == pytest.approx(1 - np.abs(x - 5) / 7, abs=1e-15)
    z = scaled(x, "minmax", [Direction(0, (4.0, 6.0))])[:, 0]
    c = max(4 - 1, 12 - 6)
    assert z == pytest.approx([1 - 3 / c, 1, 1, 1 - 1 / c, 0], abs=1e-15)


def test_bounds_may_differ_on_both_sides_and_stand_in_as_goalposts():
    x = [1.0, 2.0, 4.0, 10.0, 18.0]
    want = [0.0, 0.5, 1.0, 2 / 3, 0.0]
    declared = Direction(0, (3.0, 6.0), (1.0, 18.0))
    assert scaled(x, "minmax", [declared])[:, 0] == pytest.approx(want, abs=1e-15)
    assert scaled(x, "goalposts", [declared])[:, 0] == pytest.approx(want, abs=1e-15)
    posts = scaled(x, "goalposts", [Direction(0, (3.0, 6.0))], goalposts=[(1.0, 18.0)])
    assert posts[:, 0] == pytest.approx(want, abs=1e-15)
    linear = scaled(x, {"method": "efficacy", "window": "goalposts"}, [declared])
    assert linear[:, 0] == pytest.approx(60 + 40 * np.array(want), abs=1e-12)


def test_goalposts_inside_the_best_interval_are_refused():
    interval = [Direction(0, (3.0, 6.0))]
    for spec in ("goalposts", {"method": "goalposts", "constant": 0.5}):
        with pytest.raises(gz.DataError, match="i0: has goalposts inside its best interval"):
            scaled([1.0, 2, 9], spec, interval, goalposts=[(4.0, 9.0)])


@pytest.mark.parametrize("method", ["zscore", "rank", "borda", "percentile-rank", "categorical"])
def test_other_normalisers_take_minus_the_distance_from_the_best_interval(method):
    moderate = scaled(X, method, [Direction(0, (4.0, 5.0))] * 3)
    distance = np.maximum(np.maximum(4 - X, X - 5), 0)
    assert np.array_equal(moderate, scaled(-distance, method))


@pytest.mark.parametrize("method", ["ratio", "above-mean", "log-efficacy", "distance-to-leader"])
def test_ratios_of_a_moderate_indicator_are_refused(method):
    with pytest.raises(gz.MethodError, match=r"i0 is best within an .* -> give this indicator"):
        scaled(X[:, :1], method, [Direction(0, (4.0, 5.0))])


# -- COINr's formulas (its sign convention: x times direction first) -------------------------------

SIGNS = np.array([1, -1, 1])
Y = X * SIGNS
TIED = np.array([[3.0], [1], [3], [2], [1], [1], [8]])


@pytest.mark.parametrize(
    ("spec", "want"),
    [
        (
            {"method": "minmax", "to": [0, 100]},  # n_minmax
            (Y - Y.min(0)) / (Y.max(0) - Y.min(0)) * 100,
        ),
        ("zscore", (Y - Y.mean(0)) / Y.std(0, ddof=1)),  # n_zscore: sample sd
        ({"method": "zscore", "mean": 5, "sd": 2}, (Y - Y.mean(0)) / Y.std(0, ddof=1) * 2 + 5),
        (
            {"method": "distance-to-leader", "form": "range"},  # n_dist2max
            1 - (Y.max(0) - Y) / (Y.max(0) - Y.min(0)),
        ),
        (
            {"method": "distance-to-reference", "reference": "u4", "form": "range"},  # n_dist2ref
            1 - (Y[4] - Y) / (Y[4] - Y.min(0)),
        ),
        (
            {
                "method": "distance-to-reference",
                "reference": "u4",
                "form": "range",
                "clip": True,  # cap_max
            },
            np.minimum(1 - (Y[4] - Y) / (Y[4] - Y.min(0)), 1),
        ),
    ],
    ids=str,
)
def test_coinr_normalisation(spec, want):
    assert np.abs(scaled(X, spec, SIGNS) - want).max() < 1e-12


@pytest.mark.parametrize("sign", [1, -1])
def test_coinr_ranks(sign):
    rank = pd.Series(TIED[:, 0] * sign).rank(method="min").to_numpy()  # best has the highest
    for method, want in (
        ("rank", rank),
        ("borda", rank - 1),
        ("percentile-rank", (rank - 1) / 6),
    ):
        got = scaled(TIED, {"method": method, "ties": "min"}, [sign])[:, 0]
        assert np.array_equal(got, want)


@pytest.mark.parametrize("ties", ["average", "min", "max"])
def test_ranks_of_ties(ties):
    want = pd.Series(TIED[:, 0]).rank(method=ties).to_numpy()
    assert np.array_equal(scaled(TIED, {"method": "rank", "ties": ties})[:, 0], want)


def test_coinr_distance_to_target_and_goalposts():
    x = np.array([1.0, 2, 3, 4])
    spec = {"method": "distance-to-target", "form": "range"}
    up = scaled(x, spec, targets=[Target(value=3.0)])[:, 0]
    assert up == pytest.approx((x - 1) / (3 - 1), abs=1e-15)  # n_dist2targ
    down = scaled(x, spec, [-1], targets=[Target(value=2.0)])[:, 0]
    assert down == pytest.approx((4 - x) / (4 - 2), abs=1e-15)
    posts = {"method": "goalposts", "to": [0, 10], "clip": True}
    up = scaled(x, posts, goalposts=[(1.5, 3.5)])[:, 0]  # n_goalposts(trunc2posts)
    assert up == pytest.approx(10 * np.clip((x - 1.5) / 2, 0, 1), abs=1e-15)
    down = scaled(x, posts, [-1], goalposts=[(1.5, 3.5)])[:, 0]
    assert down == pytest.approx(10 * np.clip((x - 3.5) / (1.5 - 3.5), 0, 1), abs=1e-15)


def test_coinr_fraction_of_the_maximum():
    spec = {"method": "ratio", "to": "max"}
    assert np.array_equal(scaled(X, spec), X / X.max(0))  # n_fracmax


# -- the Handbook's table 3, and the ratio forms of papers -----------------------------------------


def test_zscore_with_n_in_the_divisor():
    want = (X - X.mean(0)) / X.std(0)
    assert np.abs(scaled(X, {"method": "zscore", "ddof": 0}) - want).max() < 1e-14


@pytest.mark.parametrize(
    ("to", "divisor"),
    [
        ("mean", lambda v: v.mean(0)),
        ("max", lambda v: v.max(0)),
        ("sum", lambda v: v.sum(0)),
        ("norm", lambda v: np.sqrt((v**2).sum(0))),
    ],
)
def test_ratio_forms(to, divisor):
    spec = {"method": "ratio", "to": to}
    assert np.abs(scaled(X, spec) - X / divisor(X)).max() < 1e-15
    inverse = scaled(X, spec, [-1] * 3)
    assert np.abs(inverse - (1 / X) / divisor(1 / X)).max() < 1e-15


def test_distance_to_a_reference_in_both_printed_forms():
    by = {"method": "distance-to-reference"}
    for reference, ref in (("mean", X.mean(0)), ("leader", X.max(0)), ("u3", X[3]), (5, 5.0)):
        ratio = scaled(X, {**by, "reference": reference})
        assert np.abs(ratio - X / ref).max() < 1e-14
        difference = scaled(X, {**by, "reference": reference, "form": "difference"})
        assert np.abs(difference - (X - ref) / ref).max() < 1e-14
    ratio = scaled(X, {**by, "reference": "leader"}, [-1] * 3)
    assert np.array_equal(ratio, X.min(0) / X)
    difference = scaled(X, {**by, "reference": "leader", "form": "difference"}, [-1] * 3)
    assert np.abs(difference - (X.min(0) - X) / X.min(0)).max() < 1e-15
    assert scaled(X, {**by, "reference": "u3"}, [1, -1, 1])[3].tolist() == [1, 1, 1]


def test_the_reference_unit_is_that_of_the_base_period():
    x = raw()
    spec = {"method": "distance-to-reference", "reference": "u3"}
    assert np.abs(scaled(x, spec) - x / x[0, 3]).max() < 1e-15
    own = scaled(x, {**spec, "window": "period"})
    assert np.abs(own - x / x[:, 3:4]).max() < 1e-15
    second = scaled(x, {**spec, "base": 2021})
    assert np.abs(second - x / x[1, 3]).max() < 1e-15


def test_percentile_classes():
    x = np.arange(1.0, 102.0)  # percentile p is 1 + p
    z = scaled(x, "categorical")[:, 0]
    p = x - 1
    want = np.select([p < 15, p < 25, p < 65, p < 85, p < 95], [0, 20, 40, 60, 80], 100)
    assert np.array_equal(z, want)
    halves = scaled(x, {"method": "categorical", "cuts": [50], "values": [0, 1]})[:, 0]
    assert np.array_equal(halves, p >= 50)


def test_above_and_below_the_mean():
    x = np.array([1.0, 7.9, 8, 12, 12.1, 19])  # mean 10; at the thresholds themselves it is 0
    assert scaled(x, "above-mean")[:, 0].tolist() == [-1, -1, 0, 0, 1, 1]
    assert scaled(x, "above-mean", [-1])[:, 0].tolist() == [1, 1, 0, 0, -1, -1]
    strict = scaled(x, {"method": "above-mean", "threshold": 0})[:, 0]
    assert strict.tolist() == [-1, -1, -1, 1, 1, 1]


# -- efficacy functions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "want"),
    [
        ({}, lambda x, s, h: 60 + 40 * (x - s) / (h - s)),
        ({"floor": 50, "span": 50}, lambda x, s, h: 50 + 50 * (x - s) / (h - s)),
        (
            {"curve": "logarithmic"},
            lambda x, s, h: 60 + 40 * (np.log(x) - np.log(s)) / (np.log(h) - np.log(s)),
        ),
        # A exp(B u), A = 60, B = -ln 0.6
        (
            {"curve": "exponential"},
            lambda x, s, h: 60 * np.exp(-np.log(0.6) * (x - s) / (h - s)),
        ),
        (
            {"curve": "power", "exponent": 0.5},
            lambda x, s, h: 60 + 40 * (x**0.5 - s**0.5) / (h**0.5 - s**0.5),
        ),
    ],
    ids=["classic", "50-50", "logarithmic", "exponential", "power"],
)
def test_efficacy_curves(options, want):
    spec = {"method": "efficacy", **options}
    low, high = X.min(0), X.max(0)
    assert np.abs(scaled(X, spec) - want(X, low, high)).max() < 1e-12
    # less is better: the satisfied and the not-allowed value change places
    assert np.abs(scaled(X, spec, [-1] * 3) - want(X, high, low)).max() < 1e-12
    posts = [(0.5, 20.0)] * 3
    fixed = scaled(X, {**spec, "window": "goalposts"}, goalposts=posts)
    assert np.abs(fixed - want(X, 0.5, 20.0)).max() < 1e-12


def test_the_exponential_curve_meets_60_and_100():
    z = scaled([2.0, 5.0, 9.0], {"method": "efficacy", "curve": "exponential"})[:, 0]
    assert z[[0, 2]] == pytest.approx([60, 100], abs=1e-12)
    assert z[1] < 60 + 40 * 3 / 7  # convex


@pytest.mark.parametrize(
    ("options", "value", "what"),
    [
        ({"curve": "logarithmic"}, 0.0, "not above zero"),
        ({"curve": "power", "exponent": 2}, -1.0, "below zero"),
    ],
)
def test_a_curve_outside_its_domain_names_indicator_unit_and_value(options, value, what):
    with pytest.raises(gz.DataError, match=rf"(?s)efficacy.*{what}.*i0.*{value:g}.*curve = 'lin"):
        scaled([3.0, value, 5.0], {"method": "efficacy", **options})


# -- Mazziotta and Pareto --------------------------------------------------------------------------

MADE = np.array([[1.0, 2, 3], [2, 2, 2], [3, 1, 5], [4, 4, 4]])


def penalised(r):
    """Mean less S cv of each unit, with m in the divisor."""
    mean, s = r.mean(axis=1), r.std(axis=1)
    return mean - s * (s / mean)


def test_ampi_of_made_data():
    """Reference: the column means; printed to four digits."""
    z = scaled(MADE, "ampi")
    low, high = MADE.min(0), MADE.max(0)
    ref, half = MADE.mean(0), (high - low) / 2
    assert np.abs(z - ((MADE - (ref - half)) / (2 * half) * 60 + 70)).max() < 1e-12
    assert np.abs(penalised(z) - [83.6275, 83.6275, 100.0794, 124.0667]).max() < 0.5e-4


def test_mpi_of_made_data():
    z = scaled(MADE, {"method": "zscore", "mean": 100, "sd": 10, "ddof": 0})
    assert np.abs(penalised(z) - [93.0241, 93.0241, 101.1019, 111.0950]).max() < 0.5e-4


def test_ampi_of_a_panel_has_the_base_year_mean_at_100():
    x, sign = raw(), direction()
    z = scaled(x, "ampi", sign)
    low, high, ref = x.min((0, 1)), x.max((0, 1)), x[0].mean(0)
    half = (high - low) / 2
    up = (x - (ref - half)) / (2 * half) * 60 + 70
    down = ((ref + half) - x) / (2 * half) * 60 + 70
    assert np.abs(z - np.where(sign > 0, up, down)).max() < 1e-12
    assert z[0].mean(0) == pytest.approx([100] * 4, abs=1e-12)
    given = scaled(x, {"method": "ampi", "reference": 30}, sign)
    assert np.abs(given[x == 30] - 100).max() < 1e-12
    targets = [Target(value=v) for v in (15, 20, 30, 50)]
    aimed = scaled(x, {"method": "ampi", "reference": "target"}, sign, targets=targets)
    assert aimed[2, 4, [0, 1, 3]].tolist() == [100, 100, 100]


# -- index on a base -------------------------------------------------------------------------------


def test_base_index():
    x = raw()
    assert np.abs(scaled(x, "base-index") - 100 * x / x[0]).max() < 1e-12
    z = scaled(x, {"method": "base-index", "base": 2021, "to": 1}, [-1] * 4)
    assert np.abs(z - x[1] / x).max() < 1e-15
    assert (z[1] == 1).all()


# -- pitfalls --------------------------------------------------------------------------------------


def test_pitfall_02_pooled_bounds_show_growth_and_yearly_ones_erase_it():
    """Ten per cent a year: the pooled mean rises by the same ten per cent, the yearly is flat."""
    first = np.random.default_rng(3).uniform(1, 9, (30, 5))
    x = np.stack([first * 1.1**t for t in range(10)])
    pooled = scaled(x, "minmax").mean(axis=(1, 2))
    yearly = scaled(x, {"method": "minmax", "window": "period"}).mean(axis=(1, 2))
    assert np.ptp(yearly) < 1e-12
    assert (np.diff(pooled) > 0).all()
    low, high = x.min((0, 1)), x.max((0, 1))
    rise = ((x[9] - x[0]) / (high - low)).mean()
    assert pooled[9] - pooled[0] == pytest.approx(rise, abs=1e-12)
    assert rise > 0.2


def test_pitfall_21_value_over_maximum_never_rewards_the_worst_unit():
    x = np.array([2.0, 4.0, 8.0])  # less is better: the first is best
    z = scaled(x, {"method": "ratio", "to": "max"}, [-1])[:, 0]
    assert z.tolist() == [1.0, 0.5, 0.25]  # not 0.25, 0.5, 1


def test_pitfall_21_goalposts_know_the_direction():
    x = [1.0, 3.0, 5.0]
    posts = [(0.0, 10.0)]
    assert scaled(x, "goalposts", [1], goalposts=posts)[:, 0].tolist() == [0.1, 0.3, 0.5]
    assert scaled(x, "goalposts", [-1], goalposts=posts)[:, 0].tolist() == [0.9, 0.7, 0.5]


@pytest.mark.parametrize("bad", [0.0, -2.0])
@pytest.mark.parametrize("method", ["ratio", "distance-to-leader"])
def test_pitfall_21_a_reciprocal_of_nothing_is_refused(method, bad):
    with pytest.raises(gz.DataError, match=rf"(?s)i0: {bad:g} for u1.*minmax|i0.*{bad:g}"):
        scaled([3.0, bad, 5.0], method, [-1])

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import gz_index as gz
from gz_index.monitoring.grey import gm11
from gz_index.monitoring.growth import remaining_growth, required_growth
from gz_index.monitoring.models import METHODS
from gz_index.monitoring.projection import project

FAST = ["linear", "cagr", "log-linear", "logit", "gm11", "drift"]
STATIONS = {2022: 7.64, 2023: 9.17}  # 5G base stations in Guangzhou, 10 000; the plan: 10 in 2025
values = st.lists(st.floats(1.0, 99.0).map(lambda v: round(v, 3)), min_size=5, max_size=9)


def synthetic(n=12, seed=3, slope=2.0, noise=1.5, start=2010):
    rng = np.random.default_rng(seed)
    y = 40 + slope * np.arange(n) + rng.normal(0, noise, n)
    return pd.Series(y, index=range(start, start + n), name="synthetic")


# -- few points ------------------------------------------------------------------------------------


def test_two_points_of_the_plan_give_two_lines_and_otherwise_insufficient_data():
    p = project(STATIONS, 2025, target=10)
    t = p.table
    assert t.loc["linear", "forecast"] == pytest.approx(9.17 + 2 * 1.53, rel=1e-14)
    assert t.loc["cagr", "forecast"] == pytest.approx(9.17 * (9.17 / 7.64) ** 2, rel=1e-14)
    assert t.loc[["linear", "cagr"], "year"].tolist() == [2024, 2024]
    assert t.loc[["linear", "cagr"], "reached"].tolist() == ["reached", "reached"]
    rest = t.drop(["linear", "cagr"])
    assert (rest["outcome"] == "insufficient data").all()
    assert rest[["forecast", "low", "high", "probability", "mae"]].isna().all(axis=None)
    assert t.loc["linear", "interval"] == "insufficient data for an interval"
    assert t[["low", "high", "probability"]].isna().all(axis=None)
    assert p.best is None
    assert any("2 points: insufficient data for an interval" in n for n in p.notes)
    assert any("数据不足" in n for n in p.notes_in("zh"))


def test_one_point_is_an_answer_without_numbers():
    p = project({2022: 15.0}, 2025, target=20)
    assert (p.table["outcome"] == "insufficient data").all()
    assert p.path.empty
    assert p.errors.empty
    assert p.best is None
    assert any(n.startswith("1 point:") for n in p.notes)


@pytest.mark.parametrize("n", range(2, 9))
def test_each_method_from_its_own_number_of_points(n):
    p = project(synthetic(n), 2010 + n, cap=100)
    ok = p.table.index[p.table["outcome"] == "ok"].tolist()
    assert ok == [m for m, method in METHODS.items() if method.least <= n]
    given_ = p.table["interval"] == "given"
    none = p.table["interval"] == "none by this method"
    assert given_.any() == none.any() == (n >= 5)
    assert (p.table.loc[given_, "low"] < p.table.loc[given_, "high"]).all()
    assert p.table.loc[~given_, ["low", "high"]].isna().all(axis=None)
    assert p.table.index[none].tolist() == (["cagr", "gm11"] if n >= 5 else [])


def test_a_minimum_may_be_raised():
    y = synthetic(6)
    assert project(y, 2020, minimum={"linear": 7}).table.loc["linear", "outcome"] == (
        "insufficient data"
    )
    with pytest.raises(gz.MethodError, match="minimum of gm11 = 3 -> at least 4"):
        project(y, 2020, minimum={"gm11": 3})


# -- each method -----------------------------------------------------------------------------------


def test_linear_equals_statsmodels_and_the_formula_of_the_hand():
    import statsmodels.api as sm

    y = synthetic().drop([2013, 2017])
    p = project(y, 2025, methods=["linear"], level=0.9)
    years, t = y.index.to_numpy(float) - 2015, np.arange(2022, 2026) - 2015.0
    fit = sm.OLS(y.to_numpy(), sm.add_constant(years)).fit()
    theirs = fit.get_prediction(sm.add_constant(t)).summary_frame(alpha=0.1)
    ours = p.path.loc["linear"]
    heads = ["mean", "obs_ci_lower", "obs_ci_upper"]
    np.testing.assert_allclose(ours, theirs[heads].to_numpy(), rtol=1e-10)
    n, d = len(y), years - years.mean()
    slope = (d * y).sum() / (d**2).sum()
    s2 = ((y - y.mean() - slope * d) ** 2).sum() / (n - 2)
    u = t[-1] - years.mean()
    half = stats.t.ppf(0.95, n - 2) * np.sqrt(s2 * (1 + 1 / n + u**2 / (d**2).sum()))
    at = p.table.loc["linear"]
    assert at["forecast"] == pytest.approx(y.mean() + slope * u, rel=1e-12)
    assert (at["high"] - at["low"]) / 2 == pytest.approx(half, rel=1e-12)


def test_log_linear_and_logit_are_linear_on_their_scales():
    y = synthetic()
    p = project(y, 2024, cap=100, methods=["log-linear", "logit"])
    for name, to in (("log-linear", np.log), ("logit", lambda v: np.log(v / (100 - v)))):
        plain = project(to(y), 2024, methods=["linear"]).path.loc["linear"]
        np.testing.assert_allclose(to(p.path.loc[name]), plain, rtol=1e-12)


def test_drift_by_the_formula_and_over_a_gap():
    y = synthetic()
    p = project(y, 2024, methods=["drift"], level=0.8).table.loc["drift"]
    steps, h = np.diff(y), 3
    s, m = steps.std(ddof=1), len(steps)
    assert p["forecast"] == pytest.approx(y.iloc[-1] + h * steps.mean(), rel=1e-12)
    half = stats.t.ppf(0.9, m - 1) * s * np.sqrt(h + h**2 / m)
    assert (p["high"] - p["low"]) / 2 == pytest.approx(half, rel=1e-12)
    # generalised least squares of increments over unequal steps
    gap = y.drop([2012, 2013, 2018])
    p = project(gap, 2024, methods=["drift"], level=0.8).table.loc["drift"]
    dt = np.diff(gap.index.to_numpy(float))
    scaled, design = np.diff(gap) / np.sqrt(dt), np.sqrt(dt)[:, None]
    (slope,), (sse,), *_ = np.linalg.lstsq(design, scaled, rcond=None)
    variance = sse / (dt.size - 1) * (h + h**2 / (design**2).sum())
    assert p["forecast"] == pytest.approx(gap.iloc[-1] + h * slope, rel=1e-12)
    half = stats.t.ppf(0.9, dt.size - 1) * np.sqrt(variance)
    assert (p["high"] - p["low"]) / 2 == pytest.approx(half, rel=1e-12)


def test_gm11_is_the_grey_model_and_says_its_grade():
    y = synthetic(7)
    p = project(y, 2019, methods=["gm11"])
    np.testing.assert_allclose(p.path["forecast"], gm11(y, ahead=3).forecast, rtol=1e-13)
    assert set(gm11(y).notes) <= set(p.notes)
    assert set(gm11(y).notes_in("zh")) <= set(p.notes_in("zh"))


@pytest.mark.parametrize(("name", "damped"), [("holt", False), ("damped", True)])
def test_holt_is_the_best_of_many_starts_of_statsmodels(name, damped):
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    y = synthetic(12, noise=4.0)
    ours = project(y, 2024, methods=[name]).path.loc[name]
    model = ETSModel(y.reset_index(drop=True), error="add", trend="add", damped_trend=damped)
    starts = [[a, b * a] for a in (0.1, 0.5, 0.9) for b in (0.1, 0.5, 0.9)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        more = [0.9] if damped else []
        fits = [model.fit(start_params=[*s, *more, 38, 2], disp=False) for s in starts]
    best = max(fits, key=lambda f: f.llf)
    theirs = best.get_prediction(start=12, end=14)
    np.testing.assert_allclose(ours["forecast"], theirs.predicted_mean, rtol=1e-3)
    df = 12 - len(best.params)
    half = stats.t.ppf(0.95, df) * np.sqrt(theirs.forecast_variance * 12 / df)
    np.testing.assert_allclose((ours["high"] - ours["low"]) / 2, half, rtol=1e-3)


def test_a_poor_start_does_not_decide_holt():
    """statsmodels' own start ends at a log-likelihood of 20 where 40 can be had."""
    y = pd.Series(1.1 ** np.arange(12), index=range(2010, 2022))  # synthetic
    f = project(y, 2022, methods=["holt"]).table.loc["holt", "forecast"]
    assert f == pytest.approx(y.iloc[-1] + (y.iloc[-1] - y.iloc[-2]), rel=1e-2)


# -- exact series ----------------------------------------------------------------------------------


def test_an_exact_straight_line():
    y = {2010 + i: 3.0 + 2 * i for i in range(9)}
    p = project(y, 2025, target=33)
    t = p.table
    for name in ("linear", "drift", "holt"):
        assert t.loc[name, "forecast"] == pytest.approx(33, rel=1e-13)
        assert t.loc[name, "high"] - t.loc[name, "low"] == pytest.approx(0, abs=1e-12)
        assert t.loc[name, "mae"] == pytest.approx(0, abs=1e-12)
        assert t.loc[name, "year"] == 2025
        assert t.loc[name, "probability"] == 1
    assert not t.loc["linear", "beats_drift"]  # both are exact
    assert t.loc["log-linear", "mae"] > 0.1
    assert p.best == "linear"
    strict = project(y, 2025, target=33, operator=">").table
    assert strict.loc["linear", "year"] == 2026
    assert strict.loc["linear", "probability"] == 0


@pytest.mark.parametrize("q", [0.9, 1.15])
def test_an_exact_exponential(q):
    y = {2010 + i: 5 * q**i for i in range(9)}
    t = project(y, 2022, methods=FAST).table
    for name in ("cagr", "log-linear"):
        assert t.loc[name, "forecast"] == pytest.approx(5 * q**12, rel=1e-12)
        assert t.loc[name, "mape"] == pytest.approx(0, abs=1e-11)
    a = -2 * (q - 1) / (q + 1)  # GM(1,1), in closed form
    theory = 5 * q / (q - 1) * (1 - np.exp(a)) * np.exp(-a * 12)
    assert t.loc["gm11", "forecast"] == pytest.approx(theory, rel=1e-9)
    assert t.loc["gm11", "forecast"] == pytest.approx(5 * q**12, rel=5e-3)


def test_an_exact_logistic_curve():
    def curve(year):
        return 100 / (1 + np.exp(-(year - 2016) / 3))

    y = {v: curve(v) for v in range(2010, 2019)}
    p = project(y, 2030, target=99, cap=100)
    assert p.table.loc["logit", "forecast"] == pytest.approx(curve(2030), rel=1e-12)
    assert p.table.loc["logit", "mae"] == pytest.approx(0, abs=1e-11)
    first = next(v for v in range(2019, 2041) if curve(v) >= 99)
    assert p.table.loc["logit", "year"] == first == 2030
    assert p.best == "logit"
    for name in ("cagr", "log-linear", "gm11"):  # growth without a limit: named, not cut
        assert p.table.loc[name, "outcome"] == "exceeds its limit"
        assert p.table.loc[name, "forecast"] > 100
    assert any("is not cut; use logit" in n and "gm11" in n for n in p.notes)


def test_a_constant_series():
    t = project(dict.fromkeys(range(2010, 2019), 7.0), 2022, target=8, cap=100).table
    np.testing.assert_allclose(t["forecast"], 7, rtol=1e-12)
    assert (t["reached"] == "not reached").all()
    assert (t["probability"].dropna() == 0).all()
    assert (t["outcome"] == "ok").all()


# -- target ----------------------------------------------------------------------------------------


def test_a_target_met_already_names_the_year_since_when():
    y = {2018: 5, 2019: 12, 2020: 8, 2021: 11, 2022: 13}
    t = project(y, 2025, target=10, methods=["linear", "drift"]).table
    assert (t["reached"] == "already reached").all()
    assert (t["year"] == 2021).all()
    t = project(y, 2025, target=4, methods=["linear"]).table
    assert t.loc["linear", "year"] == 2018


def test_a_trend_that_moves_away_and_one_that_is_too_slow():
    down = {2018 + i: 50 - 2.0 * i for i in range(5)}
    assert project(down, 2025, target=60, methods=["linear"]).table.loc["linear", "reached"] == (
        "moves away"
    )
    less = project(down, 2025, target=30, better=-1, methods=["linear"]).table.loc["linear"]
    assert (less["reached"], less["year"]) == ("reached", 2028)
    near = project(down, 2025, target=30, better=-1, methods=["linear"], horizon=2027)
    assert near.table.loc["linear", "reached"] == "not reached"
    assert pd.isna(near.table.loc["linear", "year"])
    assert near.to_frame(lang="en").loc["Linear trend", "Target"] == "not reached by 2027"
    assert near.to_frame(lang="zh").loc["线性趋势", "目标"] == "2027年前达不到"


def test_the_horizon_is_inclusive_even_when_it_is_the_next_year():
    y = {2018 + i: 2.0 * i for i in range(5)}
    for target, reached in ((10, "reached"), (11, "not reached")):
        p = project(y, 2023, target=target, horizon=2023, methods=["linear"])
        assert p.table.loc["linear", "reached"] == reached
        assert p.path.loc["linear"].index.tolist() == [2023]


def test_probability_of_meeting_is_the_tail_beyond_the_target():
    y = synthetic()
    target = 70
    t = project(y, 2024, target=target, cap=100).table
    for name in ("linear", "drift"):
        half = (t.loc[name, "high"] - t.loc[name, "low"]) / 2
        error = half / stats.t.ppf(0.95, len(y) - 2)
        z = (t.loc[name, "forecast"] - target) / error
        assert t.loc[name, "probability"] == pytest.approx(stats.t.cdf(z, len(y) - 2), rel=1e-9)
    for name in ("linear", "log-linear", "logit", "holt", "damped", "drift"):
        low, high = t.loc[name, ["low", "high"]]
        at = [
            project(y, 2024, target=v, cap=100, methods=[name]).table.loc[name, "probability"]
            for v in (low, high)
        ]
        assert at == pytest.approx([0.95, 0.05], rel=1e-9)
    less = project(y, 2024, target=target, cap=100, better=-1).table["probability"]
    np.testing.assert_allclose(less + t["probability"], np.where(t["low"].isna(), np.nan, 1))
    assert t.loc[["cagr", "gm11"], "probability"].isna().all()


def test_targets_beyond_the_scale_of_a_method():
    y = synthetic()
    t = project(y, 2024, target=-5, better=-1, cap=100).table
    assert t.loc[["log-linear", "logit"], "probability"].tolist() == [0, 0]
    t = project(y, 2024, target=100, cap=100).table
    assert t.loc["logit", "probability"] == 0


@settings(max_examples=40, deadline=None)
@given(values, st.floats(0, 120), st.floats(0, 120))
def test_a_lower_target_is_no_less_probable(y, a, b):
    series = {2010 + i: v for i, v in enumerate(y)}
    low, high = (
        project(series, 2022, target=v, methods=["linear", "log-linear", "drift"]).table
        for v in sorted((a, b))
    )
    assert (low["probability"] >= high["probability"]).all()
    assert (low["year"].fillna(9999) <= high["year"].fillna(9999)).all()


def test_operators():
    y = {2018 + i: 2.0 * i for i in range(5)}
    for operator, year in (("=", 2023), (">=", 2023), (">", 2024)):
        t = project(y, 2025, target=10, operator=operator, methods=["linear"]).table
        assert t.loc["linear", "year"] == year
    for operator, better in ((">=", -1), ("<", 1), ("~", 1)):
        with pytest.raises(gz.MethodError, match=f"operator = '{operator}' with better"):
            project(y, 2025, target=10, operator=operator, better=better)


def test_no_target():
    t = project(synthetic(), 2024).table
    assert set(t["reached"]) == {"no target", ""}
    assert t["probability"].isna().all()
    assert t["year"].isna().all()


# -- what a method cannot take ---------------------------------------------------------------------


@pytest.mark.parametrize("low", [0.0, -3.0])
def test_zero_and_negative_values_are_named_and_other_methods_run(low):
    y = synthetic()
    y[2014] = low
    t = project(y, 2024, cap=100).table
    assert (t.loc[["cagr", "log-linear", "gm11"], "outcome"] == "values not above zero").all()
    assert t.loc["logit", "outcome"] == "outside its limits"
    assert (t.loc[["linear", "holt", "damped", "drift"], "outcome"] == "ok").all()
    assert t.loc["linear", "mape"] > 0 or low == 0
    assert project(y, 2024).table.loc["logit", "outcome"] == "no cap"


def test_mape_is_missing_where_a_value_is_zero():
    y = synthetic()
    y[2014] = 0.0
    t = project(y, 2022, methods=["linear", "damped"]).table
    assert np.isnan(t.loc["linear", "mape"])
    assert t.loc["linear", "mae"] > 0
    assert t.loc["damped", "mape"] > 0  # its first origin is 2016


def test_a_gap_in_the_years():
    y = synthetic()
    y[2014] = np.nan
    p = project(y, 2024, cap=100)
    yearly = ["holt", "damped", "gm11"]
    assert (p.table.loc[yearly, "outcome"] == "gap in the years").all()
    assert (p.table.drop(yearly)["outcome"] == "ok").all()
    assert "years without a value: 2014" in p.notes
    dropped = project(y.dropna(), 2024, cap=100)
    pd.testing.assert_frame_equal(dropped.table, p.table)
    # from 2013 there is no next year, to 2014 no forecast
    origins = p.errors.query("method == 'linear' and ahead == 1")["origin"].tolist()
    assert origins == [2012, 2015, 2016, 2017, 2018, 2019, 2020]


def test_a_forecast_below_zero_of_a_share_and_an_interval_past_the_cap():
    falling = {2010 + i: 30 - 3.0 * i for i in range(8)}
    t = project(falling, 2022, cap=100, methods=["linear", "logit"]).table
    assert t["outcome"].tolist() == ["exceeds its limit", "ok"]
    assert t.loc["linear", "forecast"] == pytest.approx(-6, rel=1e-12)
    p = project(synthetic(noise=4, slope=4), 2022, cap=100, methods=["linear"])
    assert p.table.loc["linear", "forecast"] < 100 < p.table.loc["linear", "high"]
    assert any("passes the cap and is not cut" in n for n in p.notes)


def test_a_method_without_an_estimate_is_named():
    t = project({2010: 1e20, 2011: 2.0, 2012: 3.0, 2013: 4.0}, 2015).table
    assert t.loc["gm11", "outcome"] == "no estimate"
    assert t.loc["linear", "outcome"] == "ok"


def test_numbers_far_from_one():
    a = project(synthetic(9), 2021, methods=FAST).table
    for c in (2.0**900, 2.0**-900):
        b = project(c * synthetic(9), 2021, methods=FAST).table
        pd.testing.assert_series_equal(a["outcome"], b["outcome"])
        heads = ["forecast", "low", "high", "mae"]
        np.testing.assert_allclose(b[heads] / c, a[heads], rtol=1e-10)


def test_a_forecast_too_large_for_a_number():
    y = {2010 + i: 10.0 ** (40 * i) for i in range(6)}
    t = project(y, 2025, methods=["cagr", "log-linear", "gm11"]).table
    assert t.loc["cagr", "outcome"] == "no finite forecast"
    assert t.loc["log-linear", "outcome"] == "no finite forecast"
    assert np.isnan(t.loc["cagr", "forecast"])


# -- accuracy --------------------------------------------------------------------------------------


def test_errors_are_those_of_forecasts_from_the_first_points_only():
    y = synthetic(10)
    p = project(y, 2022, methods=["linear", "gm11"])
    e = p.errors.set_index(["method", "origin", "ahead"])["error"]
    t, v = np.arange(10), y.to_numpy()
    for n in range(3, 10):
        line = np.polynomial.Polynomial.fit(t[:n], v[:n], 1)
        slope = (v[n - 1] - v[0]) / (n - 1)
        for h in (1, 3):
            if n - 1 + h < 10:
                at = (2010 + n - 1, h)
                actual = v[n - 1 + h]
                assert e["linear", *at] == pytest.approx(actual - line(n - 1 + h), abs=1e-10)
                assert e["drift", *at] == pytest.approx(actual - v[n - 1] - h * slope, abs=1e-10)
    assert len(e["linear"]) == 7 + 5
    row = p.table.loc["gm11"]
    own = e["gm11"].xs(1, level="ahead")
    assert own.index.tolist() == list(range(2013, 2019))
    assert row["origins"] == 6
    assert row["mae"] == pytest.approx(own.abs().mean(), rel=1e-14)
    assert row["mape"] == pytest.approx(
        100 * (own / y[own.index + 1].to_numpy()).abs().mean(), rel=1e-12
    )
    drift = e["drift"].xs(1, level="ahead")[own.index]  # from the same origins
    assert row["drift_mae"] == pytest.approx(drift.abs().mean(), rel=1e-14)
    assert row["beats_drift"] == (own.abs().mean() < drift.abs().mean())
    assert row["mae_h"] == pytest.approx(e["gm11"].xs(3, level="ahead").abs().mean(), rel=1e-14)


def test_the_next_year_is_both_horizons():
    t = project(synthetic(), 2022, methods=FAST, cap=100).table
    for head in ("origins", "mae", "mape", "drift_mae"):
        pd.testing.assert_series_equal(t[head], t[head + "_h"], check_names=False)
    assert pd.isna(t.loc["drift", "beats_drift"])
    assert t.loc["drift", "mae"] == t.loc["drift", "drift_mae"]


def test_the_best_has_an_interval_and_the_least_error_over_common_origins():
    p = project(synthetic(), 2024, cap=100)
    assert p.table.loc[p.best, "interval"] == "given"
    e = p.errors.query("ahead == 1").pivot_table(index="origin", columns="method", values="error")
    e = e.drop(columns=["cagr", "gm11"]).dropna()
    assert len(e) == 12 - METHODS["damped"].least
    assert p.best == e.abs().mean().idxmin()
    assert p.best in p.notes[0]
    only = project(synthetic(), 2024, methods=["cagr", "gm11"])
    assert only.best in ("cagr", "gm11")
    assert project(synthetic(5), 2024).best is None  # too few forecasts to compare
    assert project(synthetic(6), 2024).best is not None


def test_a_random_walk_is_forecast_best_by_drift():
    rng = np.random.default_rng(11)
    y = pd.Series(100 + rng.normal(1, 5, 40).cumsum(), index=range(1980, 2020))  # synthetic
    p = project(y, 2025, methods=FAST)
    assert p.best == "drift"
    assert not p.table["beats_drift"].dropna().any()


def test_coverage_of_the_interval_of_a_straight_line():
    """Of 400 synthetic Gaussian series, as many are covered as a binomial allows."""
    rng, hits = np.random.default_rng(2025), 0
    for _ in range(400):
        y = 20 + 1.3 * np.arange(13) + rng.normal(0, 2, 13)
        series = dict(zip(range(2010, 2020), y[:10], strict=True))
        row = project(series, 2022, methods=["linear"], level=0.9).table.loc["linear"]
        hits += row["low"] <= y[12] <= row["high"]
    low, high = stats.binom.interval(0.99, 400, 0.9)
    assert low <= hits <= high


# -- laws ------------------------------------------------------------------------------------------

SAME = ["outcome", "interval", "reached", "origins", "origins_h"]
SIZES = ["forecast", "low", "high", "mae", "drift_mae", "mae_h", "drift_mae_h"]


@settings(max_examples=30, deadline=None)
@given(values, st.integers(-1500, 500))
def test_a_shift_of_the_years_changes_nothing(y, shift):
    a = project({2010 + i: v for i, v in enumerate(y)}, 2024, target=60, cap=100, methods=FAST)
    b = project(
        {2010 + shift + i: v for i, v in enumerate(y)},
        2024 + shift,
        target=60,
        cap=100,
        methods=FAST,
    )
    pd.testing.assert_frame_equal(
        a.table.assign(year=a.table["year"] + shift), b.table, check_exact=True
    )


@settings(max_examples=30, deadline=None)
@given(values, st.floats(1e-3, 1e3))
def test_scaling_the_series_scales_the_forecasts(y, c):
    a = project({2010 + i: v for i, v in enumerate(y)}, 2024, methods=FAST, cap=100).table
    b = project({2010 + i: c * v for i, v in enumerate(y)}, 2024, methods=FAST, cap=100 * c).table
    pd.testing.assert_frame_equal(a[SAME], b[SAME])
    atol = 1e-9 * max(a["forecast"].abs().max(), 100)
    np.testing.assert_allclose(b[SIZES] / c, a[SIZES], rtol=1e-8, atol=atol)


@pytest.mark.parametrize("c", [1e-6, 3.0, 1e9])
def test_scaling_for_holt_within_the_tolerance_of_the_optimiser(c):
    y = synthetic(9, noise=3.0)
    a, b = (project(v, 2021, methods=["holt", "damped"]).table for v in (y, c * y))
    np.testing.assert_allclose(b[SIZES] / c, a[SIZES], rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_of_rows_changes_nothing(order):
    y = synthetic(8)
    a, b = (project(v, 2021, methods=FAST, cap=100) for v in (y, y.iloc[order]))
    pd.testing.assert_frame_equal(a.table, b.table, check_exact=True)
    pd.testing.assert_series_equal(a.series, b.series)


def test_input_options_and_filters_are_left_alone():
    y = synthetic(9)
    copy, filters = y.copy(), list(warnings.filters)
    state, printing = np.random.get_state()[1].copy(), np.get_printoptions()  # noqa: NPY002
    project(y, 2022)
    pd.testing.assert_series_equal(y, copy)
    assert warnings.filters == filters
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert np.get_printoptions() == printing


# -- what it looks like ----------------------------------------------------------------------------


def test_in_two_languages():
    p = project(synthetic(), 2024, target=70, cap=100)
    assert p.to_frame() is p.table
    zh, en = p.to_frame(lang="zh"), p.to_frame(lang="en")
    assert zh.index[0] == "线性趋势"
    assert en.columns[0] == "Outcome"
    assert zh.shape == en.shape == p.table.shape
    assert len(p.notes) == len(p.notes_in("zh"))
    assert not any(a == b for a, b in zip(p.notes, p.notes_in("zh"), strict=True))
    assert "projection of synthetic (2010-2021) to 2024, target >= 70" in repr(p)
    odd = project(synthetic().rename("<b>"), 2024)
    assert "&lt;b&gt;" in odd._repr_html_()
    assert "<b>" not in odd._repr_html_().replace("<p><b>projection", "")


@pytest.mark.parametrize(
    ("series", "how", "error", "message"),
    [
        ([1, 2, 3], {}, gz.DataError, "a list has no years"),
        ({"2022": 1.0}, {}, gz.DataError, "2022: is not a whole year -> series.index"),
        ({2022.5: 1.0}, {}, gz.DataError, "2022.5: is not a whole year"),
        (pd.Series([1.0, 2.0], [2022, 2022]), {}, gz.DataError, "2022: stands twice"),
        ({2022: 1.0, 2023: np.inf}, {}, gz.DataError, "2023: inf is not a finite number"),
        ({2022: 1.0, 2023: "n/a"}, {}, gz.DataError, "2023: 'n/a' is not a finite number"),
        ({2022: 1.0, 2023: True}, {}, gz.DataError, "2023: True is not a finite number"),
        ({2022: None}, {}, gz.DataError, "no year has a value"),
        ({}, {}, gz.DataError, "no year has a value"),
        (STATIONS, {"to": 2023}, gz.MethodError, "to = 2023, but 2023 is known"),
        (STATIONS, {"to": 2025.0}, gz.MethodError, "to = 2025.0 -> a whole year"),
        (STATIONS, {"horizon": 2024}, gz.MethodError, "horizon = 2024 before to = 2025"),
        (STATIONS, {"level": 90}, gz.MethodError, "level = 90"),
        (STATIONS, {"cap": 0}, gz.MethodError, "cap = 0"),
        (STATIONS, {"target": np.nan}, gz.MethodError, "target = nan"),
        (STATIONS, {"target": 120, "cap": 100}, gz.MethodError, "120 lies above cap = 100"),
        (STATIONS, {"better": 0}, gz.MethodError, "better = 0"),
        (STATIONS, {"methods": ["liner"]}, gz.NotFoundError, "did you mean 'linear'"),
        (STATIONS, {"minimum": {"arima": 9}}, gz.NotFoundError, "no projection 'arima'"),
    ],
)
def test_refusals(series, how, error, message):
    with pytest.raises(error, match=message):
        project(series, **{"to": 2025, **how})


# -- growth ----------------------------------------------------------------------------------------


def test_required_growth_of_the_plan():
    g = required_growth(7.64, 10, 3)
    assert g == pytest.approx((10 / 7.64) ** (1 / 3) - 1, rel=1e-13)
    assert round(100 * g, 3) == 9.388
    assert required_growth(5, 5, 4) == 0
    assert required_growth(10, 7.64, 3) < 0


@given(st.lists(st.floats(-0.5, 1.0), max_size=6), st.floats(-0.3, 0.5), st.integers(1, 5))
def test_remaining_growth_brings_the_average_to_the_target(growths, rate, left):
    years = len(growths) + left
    g = remaining_growth(rate, growths, years)
    whole = np.prod(1 + np.array(growths)) * (1 + g) ** left
    assert whole == pytest.approx((1 + rate) ** years, rel=1e-11)


def test_remaining_growth_equals_required_growth_of_what_is_left():
    done = [0.2, 0.05]
    value = 100 * 1.2 * 1.05
    expected = required_growth(value, 100 * 1.1**5, 3)
    assert remaining_growth(0.1, done, 5) == pytest.approx(expected, rel=1e-12)
    assert remaining_growth(0.1, [], 5) == pytest.approx(0.1, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: required_growth(0, 10, 3), "value = 0 -> no rate of growth leads"),
        (lambda: required_growth(5, -1, 3), "target = -1"),
        (lambda: required_growth(5, 10, 0), "years = 0"),
        (lambda: required_growth(5, np.nan, 3), "target = nan"),
        (lambda: remaining_growth(0.1, [0.1] * 5, 5), "5 of 5 years have passed"),
        (lambda: remaining_growth(0.1, [0.1], 2.5), "1 of 2.5 years"),
        (lambda: remaining_growth(-1, [0.1], 5), "target_rate has -1.0"),
        (lambda: remaining_growth(0.1, [0.1, -1.2], 5), "growths has -1.2"),
        (lambda: remaining_growth(0.1, [np.nan], 5), "growths has nan"),
    ],
)
def test_refusals_of_growth(call, message):
    with pytest.raises(gz.MethodError, match=message):
        call()


def test_options_that_are_easily_mistaken():
    with pytest.raises(gz.MethodError, match="to = '2025'"):
        project({2022: 1.0, 2023: 2.0}, "2025")
    assert project({2022: 1.0, 2023: 2.0}, 2025, methods="linear").table.index.tolist() == [
        "linear"
    ]
    with pytest.raises(gz.DataError, match="stations: no year has a value"):
        project(pd.Series({2022: None}, name="stations"), 2025)


def test_filters_stay_when_statsmodels_is_first_imported():
    code = (
        "import sys, warnings, pandas, gz_index as gz\n"
        "filters = list(warnings.filters)\n"
        "assert 'statsmodels' not in sys.modules\n"
        "gz.project({2015 + k: 1 + k + k % 3 for k in range(9)}, 2026, target=12, cap=99)\n"
        "assert filters == list(warnings.filters)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

import gz_index as gz
from gz_index.prepare.base import Sheet
from gz_index.prepare.impute import Impute
from gz_index.prepare.pooling import multiple, pool
from gz_index.table import align

REFERENCE = Path(__file__).parents[1] / "reference"


def sheet_of(data):
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in data.columns))
    return Sheet(align(data, f), f)


def related(n=40, gaps=8, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    x[:, 2] += 2 * x[:, 0]
    data = pd.DataFrame(x, columns=list("abc"), index=[f"u{i}" for i in range(n)])
    data.iloc[:gaps, 2] = np.nan
    return data


def test_rules_worked_by_hand():
    # Q = 1, 2, 3 and U = 1: W = 1, B = 1, T = 1 + 4/3, r = 4/3, df = 2 (1 + 3/4)^2 = 49/8
    p = pool([1.0, 2, 3], [1.0, 1, 1])
    assert (p.mean, p.within, p.between) == (2, 1, 1)
    assert p.total == pytest.approx(7 / 3, rel=1e-14)
    assert p.df == pytest.approx(49 / 8, rel=1e-14)
    assert p.missing == pytest.approx((4 / 3 + 2 / (49 / 8 + 3)) / (4 / 3 + 1), rel=1e-14)
    half = t.ppf(0.975, 49 / 8) * np.sqrt(7 / 3)
    assert p.upper == pytest.approx(2 + half, rel=1e-14)
    assert p.lower == pytest.approx(2 - half, rel=1e-14)
    assert p.error == pytest.approx(np.sqrt(7 / 3), rel=1e-14)
    # Barnard and Rubin with 10 complete degrees of freedom: nu_obs = 10 * 11/13 * 3/7
    small = pool([1.0, 2, 3], [1.0, 1, 1], complete_df=10)
    assert small.df == pytest.approx(1 / (8 / 49 + 13 * 7 / 330), rel=1e-14)
    assert small.missing == p.missing


def test_rules_on_a_published_set_of_estimates():
    text = (REFERENCE / "sas_fitness.toml").read_text(encoding="utf-8")
    ref = tomllib.loads(text)["pool"]
    q, u = np.array(ref["estimates"]), np.array(ref["errors"]) ** 2
    p = pool(q, u, complete_df=ref["complete_df"])
    for k in range(3):  # in the plainest arithmetic
        mean = sum(q[:, k]) / 5
        w, b = sum(u[:, k]) / 5, sum((q[:, k] - mean) ** 2) / 4
        total = w + 1.2 * b
        nu = 4 * (1 + w / (1.2 * b)) ** 2
        observed = (31 / 33) * 30 * (1 - 1.2 * b / total)
        assert p.mean[k] == pytest.approx(mean, rel=1e-12)
        assert p.total[k] == pytest.approx(total, rel=1e-12)
        assert p.df[k] == pytest.approx(1 / (1 / nu + 1 / observed), rel=1e-9)


def test_without_variances_all_variance_is_that_of_imputation():
    p = pool(np.array([[1.0, 5, 0.1], [2, 5, 0.1], [6, 5, 0.1]]))
    assert p.total.tolist() == pytest.approx([4 / 3 * 7, 0, 0])
    assert p.df.tolist() == [2, np.inf, np.inf]
    assert p.missing.tolist() == [1, 0, 0]
    assert p.lower[1] == p.mean[1] == p.upper[1] == 5


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9), st.floats(1e-3, 1e3))
def test_laws_of_pooling(estimates, variance):
    p = pool(estimates, [variance] * len(estimates))
    assert p.total >= p.within
    assert 0 <= p.missing <= 1 + 1e-12
    assert p.df >= len(estimates) - 1
    assert pool(estimates, [variance] * len(estimates), complete_df=20).df <= 20
    one = pool(np.transpose([estimates, estimates]), np.full((len(estimates), 2), variance))
    np.testing.assert_array_equal(one.total, [p.total, p.total])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pool([1.0]), "1 estimates cannot be pooled"),
        (lambda: pool([1.0, 2], [1.0]), "differ in shape"),
        (lambda: pool([1.0, np.nan]), "not finite"),
        (lambda: pool([1.0, 2], [1.0, -1]), "variance is negative"),
        (lambda: pool([1.0, 2], [1.0, 1], level=1), "level = 1"),
        (lambda: pool([1.0, 2], complete_df=5), "goes with variances above zero"),
    ],
)
def test_refusals_of_pool(call, message):
    with pytest.raises(gz.MethodError, match=message):
        call()


@pytest.mark.parametrize("method", ["em", "regression"])
def test_copies_differ_in_the_gaps_only(method):
    data = related()
    step, sheet = Impute(method=method), sheet_of(related())
    values = multiple(step, sheet, m=5, seed=1)
    known = ~np.isnan(data.to_numpy())
    assert values.shape == (5, 40, 3)
    assert not np.isnan(values).any()
    assert np.array_equal(values[:, known], np.repeat(data.to_numpy()[known][None], 5, axis=0))
    assert (values[:, ~known].std(axis=0) > 0).all()
    assert np.array_equal(multiple(step, sheet, m=5, seed=1), values)
    assert not np.array_equal(multiple(step, sheet, m=5, seed=2), values)
    centre = step.apply(sheet, step.fit(sheet)).values[~known]
    many = multiple(step, sheet, m=400)[:, ~known]
    apart = (many.mean(axis=0) - centre) / (many.std(axis=0) / np.sqrt(400))
    assert np.abs(apart).max() < 5


def test_regression_draws_have_the_predictive_variance():
    # two columns, y on x: t with n - 2 degrees of freedom, variance s2 (1 + h) (n - 2) / (n - 4)
    data = related(n=16, gaps=1, seed=3)[["a", "c"]]
    drawn = multiple(Impute(method="regression"), sheet_of(data), m=4000)[:, 0, 1]
    full = data.iloc[1:]
    design = np.column_stack([np.ones(15), full["a"]])
    b, rss, *_ = np.linalg.lstsq(design, full["c"].to_numpy(), rcond=None)
    at = np.array([1, data["a"].iloc[0]])
    spread = float(rss[0]) / 11 * (1 + at @ np.linalg.inv(design.T @ design) @ at)
    assert drawn.mean() == pytest.approx(at @ b, abs=4 * np.sqrt(spread / 4000))
    assert drawn.var() == pytest.approx(spread, rel=4 * np.sqrt(2.7 / 4000))


def test_scores_are_pooled():
    data = related()
    index = gz.Index(framework=sheet_of(data).framework, normalise="zscore")
    totals = [
        index.evaluate(pd.DataFrame(v, index=data.index, columns=data.columns)).total
        for v in multiple(Impute(method="em"), sheet_of(data), m=6)
    ]
    p = pool(totals)
    assert p.mean.shape == (40,)
    assert (p.upper - p.lower > 0).all()  # the bounds of the third column move with the gaps
    assert p.error[:8].min() > p.error[8:].max()


@pytest.mark.parametrize(
    ("step", "how", "message"),
    [
        ({"method": "mean"}, {}, "mean has no distribution to draw from"),
        ({"method": "em", "on": []}, {"m": 1}, "m = 1"),
        ({"method": "em", "on": [], "low": 0.0}, {}, "values that are not possible"),
        ({"method": "regression", "on": ["d"]}, {}, "d.*does not vary"),
    ],
)
def test_refusals_of_multiple(step, how, message):
    sheet = sheet_of(related().assign(d=1.0))
    step = Impute(columns=("a", "b", "c"), **step)
    with pytest.raises((gz.MethodError, gz.DataError), match=message):
        multiple(step, sheet, **how)


def test_draws_stay_within_bounds_that_clip():
    data = related()
    step = Impute(method="em", low=-0.1, outside="clip")
    values = multiple(step, sheet_of(data), m=4)
    assert values[:, :8, 2].min() == -0.1


def test_a_row_that_tells_nothing_is_refused_or_stays_open():
    data = related()
    data.iloc[3] = np.nan
    with pytest.raises(gz.DataError, match="u3 stays missing: its row knows nothing"):
        multiple(Impute(method="em"), sheet_of(data))
    values = multiple(Impute(method="em", rest="keep"), sheet_of(data), m=2)
    assert np.isnan(values[:, 3]).all()
    assert not np.isnan(np.delete(values, 3, axis=1)).any()


def test_degrees_of_freedom_as_the_guide_of_sas_prints_them():
    """m = 5 and a relative increase of 10 %: 484, and any design that gives them."""
    text = (REFERENCE / "sas_fitness.toml").read_text(encoding="utf-8")
    published = tomllib.loads(text)["degrees_of_freedom"]
    m, r = published["m"], published["relative_increase"]
    spread = np.array([-2.0, -1, 0, 1, 2])  # variance 2.5
    within = 1.0
    estimates = spread * np.sqrt(r * within / (1 + 1 / m) / 2.5)
    pooled = pool(estimates, np.full(m, within))
    assert (1 + 1 / m) * pooled.between / pooled.within == pytest.approx(r, rel=1e-12)
    assert pooled.df == pytest.approx(published["df"], rel=1e-12)

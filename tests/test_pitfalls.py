"""Traps of other tools that are not already a test beside the method they touch."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import gz_index as gz
from gz_index import aggregate, weighting
from gz_index.framework import Direction


def test_pitfall_10_game_theory_with_similar_vectors_is_refused_with_its_condition_number():
    triple = np.array(
        [
            [0.151, 0.148, 0.489, 0.094, 0.071, 0.047],
            [0.216, 0.129, 0.497, 0.069, 0.053, 0.036],
            [0.258, 0.120, 0.469, 0.072, 0.043, 0.038],
        ]
    )  # three ordinary vectors that agree within a few points
    gram = triple @ triple.T
    alpha = np.linalg.solve(gram, np.diag(gram))
    naive = (alpha / alpha.sum()) @ triple
    assert naive.min() < -0.2
    with pytest.raises(gz.MethodError, match=r"-0\.22.*columns 3, 5 is negative.*number 4e\+03"):
        weighting.game_theory(triple)
    absolute = weighting.game_theory(triple, convention="absolute")
    want = (np.abs(alpha) / np.abs(alpha).sum()) @ triple  # the other printed convention
    assert np.abs(absolute.weights - want).max() < 1e-9
    assert absolute.condition == pytest.approx(np.linalg.cond(gram))
    improved = weighting.game_theory(triple, convention="improved").weights
    assert (improved > 0).all()
    with pytest.raises(gz.MethodError, match="singular"):
        weighting.game_theory([[0.5, 0.5], [0.5, 0.5]])


def test_pitfall_16_the_sign_of_a_component_follows_a_rule():
    rng = np.random.default_rng(0)
    common = rng.normal(size=(60, 1))
    x = common + 0.8 * rng.normal(size=(60, 5))
    ours = []
    for _ in range(500):
        sample = x[rng.integers(0, 60, 60)]
        ours.append(weighting.principal_components(sample).coefficients[:, 0].sum() > 0)
    assert all(ours)
    opposed = x.copy()
    opposed[:, 0] *= -1
    with pytest.raises(gz.MethodError, match=r"negative.*squared"):
        weighting.pca(opposed, form="coefficients", retain=1)


def test_pitfall_17_rotating_eigenvectors_or_another_retention_rule_moves_the_weights():
    x = gz.data("tai-2008")[list(gz.load("tai-2008").framework.codes)].to_numpy(float)
    p = weighting.principal_components(x, retain=4)
    from gz_index.weighting.pca import varimax, weights_from_loadings

    right = weights_from_loadings(varimax(p.loadings, kaiser_normalise=True))
    wrong = weights_from_loadings(varimax(p.coefficients, kaiser_normalise=True))
    assert np.abs(right - wrong).max() > 0.01
    assert np.abs(right - weighting.factor(x, retain=4)).max() < 1e-12
    assert np.abs(weighting.factor(x, retain=2) - right).max() > 0.02
    # converged: one more rotation of any pair of factors moves nothing
    once = varimax(p.loadings)
    assert np.abs(np.abs(varimax(once)) - np.abs(once)).max() < 1e-10


def test_pitfall_18_zeros_and_a_floor_of_60():
    with pytest.raises(gz.MethodError, match=r"not above zero.*\[1, 100\]"):
        aggregate.geometric(np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([0.5, 0.5]))
    x = np.array([[0.02, 1.0], [0.3, 0.4]])
    w = np.array([0.5, 0.5])
    plain, floored = aggregate.geometric(x, w), aggregate.geometric(60 + 40 * x, w)
    assert plain[0] < plain[1]
    assert floored[0] > floored[1]  # a floor turns the order round: the scale is not a ratio scale


def test_pitfall_19_penalties_order_and_gaps():
    x, w = np.array([[90.0, 110.0, 100.0]]), np.full(3, 1 / 3)
    minus, plus = (aggregate.mpi(x, w, penalty=p)[0] for p in "-+")
    s2 = ((x - 100) ** 2).mean()  # divisor n
    assert minus == pytest.approx(100 - s2 / 100, abs=1e-12)
    assert plus == pytest.approx(100 + s2 / 100, abs=1e-12)
    with pytest.raises(gz.MethodError, match="not a finite number"):
        aggregate.power(np.array([[1.0, np.nan]]), np.array([0.5, 0.5]), exponent=2)
    rng = np.random.default_rng(1)
    y, v = rng.integers(1, 5, (9, 4)).astype(float), np.array([0.4, 0.3, 0.2, 0.1])
    order = rng.permutation(9)
    for method in (aggregate.copeland, aggregate.borda, aggregate.kemeny):
        assert (method(y[order], v) == method(y, v)[order]).all()


def test_pitfall_20_benefit_of_the_doubt_is_the_ratio_programme():
    rng = np.random.default_rng(2)
    x = rng.uniform(0.1, 1.0, (12, 3))
    ours = weighting.bod(x).scores
    for c in range(12):
        found = linprog(-x[c], A_ub=x, b_ub=np.ones(12), bounds=(0, None))
        assert ours[c] == pytest.approx(-found.fun, abs=1e-9)
    summing = (x / x.max(axis=0)).max(axis=1)  # sum(w) = 1 only finds the best single indicator
    assert np.abs(ours - summing).max() > 0.05
    f = weighting.bod(x)
    assert np.abs((f.weights * x).sum(axis=1) - f.scores).max() < 1e-9


@pytest.mark.parametrize(
    "spec",
    [
        "minmax",
        "zscore",
        "rank",
        "percentile-rank",
        "borda",
        {"method": "ratio", "to": "max"},
        {"method": "ratio", "to": "mean"},
        "distance-to-leader",
        "efficacy",
        {"method": "efficacy", "curve": "logarithmic"},
        "goalposts",
        "log-efficacy",
        "ampi",
    ],
)
def test_pitfall_21_a_direction_is_consumed_once_and_never_rewards_the_worst(spec):
    post = (1.0, 10.0)
    f = gz.Framework((gz.Indicator(code="x", direction=Direction(-1), goalposts=post),))
    data = pd.DataFrame({"x": [2.0, 4.0, 8.0]}, index=["best", "middle", "worst"])
    r = gz.Index(framework=f, normalise=spec).evaluate(data)
    assert r.total["best"] > r.total["middle"] > r.total["worst"]
    assert r.ranks["total"].tolist() == [1, 2, 3]
    if spec == "goalposts":
        assert r.total.tolist() == pytest.approx([8 / 9, 6 / 9, 2 / 9], abs=1e-12)

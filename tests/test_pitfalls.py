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


# -- uncertainty and sensitivity -------------------------------------------------------------------


def plain(n=20, k=4, seed=0, **parts):
    rng = np.random.default_rng(seed)
    codes = [f"i{j}" for j in range(k)]
    x = pd.DataFrame(rng.uniform(1, 9, (n, k)), index=[f"u{i}" for i in range(n)], columns=codes)
    return gz.Index(framework=gz.Framework(tuple(gz.Indicator(code=c) for c in codes)), **parts), x


def test_pitfall_22_one_output_that_is_no_number_is_refused_and_not_turned_into_zeros():
    from gz_index.sensitivity import design, sobol_indices

    d = design(64, [1, 1], 0)
    y = d.rows() @ [[1.0], [2.0]]
    y[70] = np.nan
    with pytest.raises(gz.MethodError, match="not finite"):
        sobol_indices(*d.split(y))


def test_pitfall_23_sizes_are_powers_of_two_and_estimates_are_centred_and_not_clipped():
    from gz_index.sensitivity import design, sobol_indices

    with pytest.raises(gz.MethodError, match="take 64 or 128"):
        gz.sobol(*plain(), [gz.Spread()], points=100)
    # far from zero, with N as small as published studies have it
    near, far, least = [], [], []
    for seed in range(20):
        d = design(64, [1, 1, 1], seed)
        u = d.rows()
        y = (u[:, 0] + 0.2 * u[:, 1] * u[:, 2])[:, None]
        near.append(sobol_indices(*d.split(y))[0])
        far.append(sobol_indices(*d.split(y + 1000))[0])
        least.append(near[-1].min())
    np.testing.assert_allclose(far, near, atol=1e-7)
    assert min(least) < 0  # an estimate of nearly nothing may fall below zero, and is shown


def test_pitfall_24_a_replication_that_fails_is_an_error_with_its_combination():
    index, x = plain(normalise="minmax")
    choices = [
        gz.Alternatives(part="aggregate", of=["arithmetic", "geometric"]),
        gz.Spread(size=0.5),
    ]
    with pytest.raises(gz.MethodError, match="combination aggregate = geometric: .*not above zero"):
        gz.uncertainty(index, x, choices, draws=100)


def test_pitfall_25_every_draw_of_constrained_weights_keeps_its_own_bounds():
    limits = {"lower": {"i0": 0.3, "i1": 0.1}, "upper": {"i2": 0.2}}
    index, x = plain(normalise="minmax")
    choice = gz.Within(**limits, pool=4000)
    u = np.random.default_rng(0).random((4000, 1))
    w = choice.weights(u, np.full(4, 0.25), list(x.columns))
    assert (w[:, 0] >= 0.3).all()
    assert (w[:, 1] >= 0.1).all()
    assert (w[:, 2] <= 0.2).all()
    np.testing.assert_allclose(w.sum(axis=1), 1, rtol=1e-12)
    assert gz.uncertainty(index, x, [choice], draws=200).ranks.shape[0] == 20


def test_pitfall_26_a_unit_without_a_score_has_no_rank():
    from gz_index.sensitivity import ranks_of

    with pytest.raises(gz.MethodError, match="is not a number and has no rank"):
        ranks_of(np.array([[1.0, np.nan, 2.0]]))
    index, x = plain(missing={"policy": "renormalise", "coverage": 0.9})
    x.iloc[4, 0] = np.nan
    u = gz.uncertainty(index, x, [gz.Spread()], draws=100)
    assert "u4" not in u.ranks.index
    assert u.ranks["best"].min() == 1
    assert any("u4" in note for note in u.notes)


def test_pitfall_27_scores_that_float32_cannot_tell_apart_keep_their_order():
    n = 60
    framework = gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b")))
    step = 1e-9  # far below the 6e-8 that float32 resolves near one
    x = pd.DataFrame({"a": 0.9 + step * np.arange(n), "b": 0.9 + step * np.arange(n)})
    x.loc[n] = [0.0, 0.0]
    index = gz.Index(framework=framework, normalise="minmax")
    u = gz.uncertainty(index, x, [gz.Spread(size=0.9)], draws=300)
    means = u.scores["mean"].to_numpy()[:n]
    assert np.unique(means).size == n
    assert np.unique(means.astype(np.float32)).size < n / 2
    ranks = u.ranks
    expected = np.arange(n, 0, -1)
    assert (ranks["best"][:n] == expected).all()
    assert (ranks["worst"][:n] == expected).all()


# -- analysis and data -----------------------------------------------------------------------------


def test_pitfall_30_tables_that_are_not_sorted_by_time_give_the_same():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    mixed = data.sample(frac=1, random_state=1)
    one, two = index.evaluate(data), index.evaluate(mixed)
    pairs = [
        (gz.change(r, since="previous").totals["change"] for r in (one, two)),
        (gz.obstacles(r).degrees["x1"] for r in (one, two)),
        (gz.revision(one, r).table["revision"] for r in (one, two)),
    ]
    for a, b in pairs:
        pd.testing.assert_series_equal(a.sort_index(), b.sort_index(), rtol=1e-12, atol=1e-13)
    plan, known = gz.load("gz-2025"), gz.data("gz-2025")
    a, b = (gz.monitor(plan, d).table for d in (known, known.iloc[::-1]))
    pd.testing.assert_frame_equal(a, b)
    made = gz.Index(framework=gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b"))))
    rows = pd.MultiIndex.from_product([["x", "y"], range(2020, 2025)], names=["unit", "year"])
    x = pd.DataFrame(np.random.default_rng(0).uniform(1, 9, (10, 2)), rows, ["a", "b"])
    for form in ("fixed-base", "symmetric"):
        with pytest.warns(gz.GzIndexWarning):
            levels = [gz.index_numbers(made, d, form=form).levels for d in (x, x.iloc[::-1])]
        pd.testing.assert_frame_equal(levels[0], levels[1].loc[levels[0].index])

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.sensitivity.sigma_mu import frontiers
from gz_index.sensitivity.weightset import WeightSet


def small(n=6, k=4, seed=0, **parts):
    rng = np.random.default_rng(seed)
    codes = [f"i{j}" for j in range(k)]
    x = pd.DataFrame(rng.uniform(1, 9, (n, k)), index=[f"u{i}" for i in range(n)], columns=codes)
    framework = gz.Framework(tuple(gz.Indicator(code=c) for c in codes))
    return gz.Index(framework=framework, **parts), x


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_acceptabilities_add_up_by_unit_and_by_rank(seed, twins):
    index, x = small(seed=seed)
    if twins:  # who tie in every draw
        x.iloc[3] = x.iloc[1]
    s = gz.smaa(index, x, draws=300, seed=seed)
    a = s.acceptability
    np.testing.assert_allclose(a.sum(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-12)
    w = s.central_weights.dropna()
    np.testing.assert_allclose(w.sum(axis=1), 1, rtol=1e-12)
    if twins:
        np.testing.assert_allclose(a.loc["u1"], a.loc["u3"], rtol=1e-12)
        assert s.winning.loc["u1", "u3"] == 0.5


def test_exact_pairs_are_what_the_draws_come_to():
    index, x = small(n=8, k=5)
    draws = 200_000
    exact = gz.smaa(index, x, draws=1000)
    assert exact.exact
    u = gz.uncertainty(index, x, [gz.Dirichlet(node="total")], draws=draws, seed=3)
    p, q = exact.winning.to_numpy(), u.winning().to_numpy()
    off = ~np.eye(8, dtype=bool)
    error = np.sqrt(np.maximum(p * (1 - p), 1e-9) / draws)
    assert (np.abs(p - q)[off] <= 4.5 * error[off] + 1e-12).all()
    np.testing.assert_allclose(exact.expected_ranks, u.ranks["mean"], atol=0.02)
    moments, scores = exact.moments, u.scores
    np.testing.assert_allclose(moments["mean"], scores["mean"], atol=0.002)
    np.testing.assert_allclose(moments["sd"], scores["sd"], rtol=0.01)


def test_moments_of_uniform_weights():
    """Var(w) = (k-1)/(k^2 (k+1)) on the simplex; for z = (1, 0) w is uniform: sd = 1/sqrt(12)."""
    framework = gz.Framework(
        (gz.Indicator(code="a", goalposts=(0, 1)), gz.Indicator(code="b", goalposts=(0, 1)))
    )
    index = gz.Index(framework=framework, normalise="goalposts")
    x = pd.DataFrame({"a": [1.0, 0.5], "b": [0.0, 0.5]}, index=["x", "y"])
    m = gz.smaa(index, x, draws=10).moments
    np.testing.assert_allclose(m.loc["x", ["mean", "sd"]], [0.5, 12**-0.5], rtol=1e-12)
    np.testing.assert_allclose(m.loc["y", ["mean", "sd"]], [0.5, 0], atol=1e-15)


def test_central_weights_make_their_unit_first_if_only_weights_vary():
    index, data = gz.load("desi-2022"), gz.data("desi-2022")
    s = gz.smaa(index, data, draws=5000)
    first = s.acceptability[1]
    assert s.confidence.isna().equals(first == 0)
    assert (s.confidence.dropna() == 1).all()  # the weights for which a unit is first are convex
    u = gz.smaa(index, data, draws=5000, choices=[gz.CellError(size=0.1)])
    assert not u.exact
    known = u.confidence.dropna()
    assert ((known > 0) & (known < 1)).any()


def test_weights_within_a_set():
    index, data = gz.load("desi-2022"), gz.data("desi-2022")
    order = WeightSet(("1", "2", "3", "4"), order=(("1", "2", "3", "4"),))
    s = gz.smaa(index, data, weights=order, draws=4000, seed=1)
    w = s.central_weights.dropna().to_numpy()
    assert (np.diff(w, axis=1) <= 1e-12).all()
    assert not s.exact
    with pytest.raises(gz.MethodError, match="the weights are over a, b"):
        gz.smaa(index, data, weights=WeightSet(("a", "b")))


def test_over_all_indicators_and_over_a_pillar():
    index, data = gz.load("desi-2022"), gz.data("desi-2022")
    s = gz.smaa(index, data, over="indicators", draws=3000)
    assert s.exact
    assert len(s.central_weights.columns) == 33
    z = index.evaluate(data).normalised.mean(axis=1)
    np.testing.assert_allclose(s.moments["mean"], z, rtol=1e-10)
    pillar = gz.smaa(index, data, over="2", draws=500)
    assert not pillar.exact
    with pytest.raises(gz.MethodError, match="'4' has no two children"):
        gz.smaa(index, data, over="4")


def test_a_geometric_index_is_not_called_exact():
    index, x = small(normalise={"method": "minmax", "to": [1, 2]}, aggregate="geometric")
    s = gz.smaa(index, x, draws=400)
    assert not s.exact
    p = s.winning.fillna(0.5).to_numpy()
    np.testing.assert_allclose(p + p.T, 1, rtol=1e-12)


def test_a_panel_is_of_one_period():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    s = gz.smaa(index, data, draws=500)
    assert s.settings()["period"] == "2022"
    assert s.to_frame().index[0] == "广东省"
    assert gz.smaa(index, data, draws=100, period=2013).to_frame().shape[0] == 31


def test_bits_do_not_depend_on_the_workers():
    index, x = small(n=30)
    choices = [gz.CellError(size=0.2)]
    one, two = (gz.smaa(index, x, choices=choices, draws=3000, n_jobs=j) for j in (1, 2))
    for name in one.tables():
        pd.testing.assert_frame_equal(one.tables()[name], two.tables()[name], check_exact=True)


def test_choices_on_weights_are_refused():
    index, x = small()
    with pytest.raises(gz.MethodError, match="drawn already"):
        gz.smaa(index, x, choices=[gz.Spread()])


# -- frontiers -------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 12), st.integers(0, 10**6))
def test_margins_against_a_fine_grid(n, seed):
    rng = np.random.default_rng(seed)
    mean, sd = rng.random(n), rng.random(n)
    frontier, margin = frontiers(mean, sd)
    alpha = np.linspace(0, 1, 2001)[:, None]
    value = alpha * mean - (1 - alpha) * sd
    for i in range(n):
        lead = (value[:, [i]] - np.delete(value, i, axis=1)).min(axis=1).max()
        assert lead - 1e-12 <= margin[i] <= lead + 2e-3
    assert (frontier[margin > 1e-9] == 1).all()
    assert (frontier[margin < -1e-9] > 1).all()
    assert set(range(1, int(frontier.max()) + 1)) == set(frontier.astype(int))


def test_frontiers_of_units_that_are_the_same():
    frontier, margin = frontiers(np.array([1.0, 1.0, 0.5]), np.array([0.2, 0.2, 0.3]))
    assert frontier.tolist() == [1, 1, 2]
    np.testing.assert_allclose(margin[:2], 0, atol=1e-15)

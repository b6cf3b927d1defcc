import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.sensitivity import shapley
from gz_index.sensitivity.shapley import shapley_linear


def by_definition(s, w):
    k = len(w)
    c = s @ w

    def value(u):
        u = list(u)
        return c[u] @ np.linalg.solve(s[np.ix_(u, u)], c[u]) if u else 0.0

    out = np.zeros(k)
    for i in range(k):
        others = [j for j in range(k) if j != i]
        for size in range(k):
            for u in itertools.combinations(others, size):
                out[i] += (value((*u, i)) - value(u)) / math.comb(k - 1, size) / k
    return out / (w @ c)


def covariance(seed, k):
    x = np.random.default_rng(seed).normal(size=(2 * k + 4, k))
    return np.cov((x @ np.random.default_rng(seed + 1).normal(size=(k, k))).T)


def test_two_correlated_variables():
    """Owen and Prieur (2017), section 3.1, in closed form: rho = 1/2, beta = (1, 2), V = 7."""
    rho, b1, b2 = 0.5, 1.0, 2.0
    v = b1**2 + 2 * rho * b1 * b2 + b2**2
    first = (b1**2 * (1 - rho**2 / 2) + rho * b1 * b2 + b2**2 * rho**2 / 2) / v
    np.testing.assert_allclose([first, 1 - first], [0.33928571, 0.66071429], atol=5e-9)
    effects, errors = shapley_linear(np.array([[1, rho], [rho, 1]]), np.array([b1, b2]))
    np.testing.assert_allclose(effects, [0.33928571, 0.66071429], rtol=0, atol=1e-8)
    assert (errors == 0).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10**6))
def test_against_the_definition(k, seed):
    s = np.atleast_2d(covariance(seed, k))
    w = np.random.default_rng(seed).normal(size=k)
    effects, _ = shapley_linear(s, w)
    np.testing.assert_allclose(effects, by_definition(s, w), rtol=1e-6, atol=1e-9)
    assert effects.sum() == pytest.approx(1, abs=1e-9)
    assert (effects >= -1e-12).all()
    order = np.random.default_rng(seed).permutation(k)
    again, _ = shapley_linear(s[np.ix_(order, order)], w[order])
    np.testing.assert_allclose(again, effects[order], rtol=1e-6, atol=1e-9)


def test_independent_variables_keep_their_own_variance():
    w, d = np.array([1.0, 2.0, 3.0]), np.array([4.0, 1.0, 0.5])
    effects, _ = shapley_linear(np.diag(d), w)
    np.testing.assert_allclose(effects, w**2 * d / (w**2 * d).sum(), rtol=1e-12)


def test_variables_that_are_the_same_share_alike():
    x = np.random.default_rng(0).normal(size=(50, 2))
    x = np.column_stack([x, x[:, 0]])
    effects, _ = shapley_linear(np.cov(x.T), np.array([0.5, 0.3, 0.2]))
    assert effects[0] == pytest.approx(effects[2], rel=1e-9)
    assert effects.sum() == pytest.approx(1, abs=1e-9)


def test_random_orders_agree_with_all_subsets(monkeypatch):
    s, w = covariance(5, 9), np.arange(1.0, 10)
    exact, _ = shapley_linear(s, w)
    monkeypatch.setattr(shapley, "EXACT", 3)
    effects, errors = shapley_linear(s, w, permutations=3000, seed=1)
    assert (np.abs(effects - exact) <= 4 * errors).all()
    assert effects.sum() == pytest.approx(1, abs=1e-9)
    assert (errors < 0.01).all()
    same, _ = shapley_linear(s, w, permutations=3000, seed=1)
    assert (same == effects).all()


def test_sixteen_variables_are_exact():
    s = covariance(1, 16)
    effects, errors = shapley_linear(s, np.ones(16))
    assert effects.sum() == pytest.approx(1, abs=1e-9)
    assert (errors == 0).all()


@pytest.mark.parametrize(
    ("s", "w", "message"),
    [
        (np.eye(2), [0.0, 0.0], "the sum does not vary"),
        (np.eye(3), [1.0, 1.0], r"covariance of shape \(3, 3\) for 2 weights"),
        (np.array([[1.0, np.nan], [0.0, 1.0]]), [1.0, 1.0], "not a finite number"),
        (np.array([[1.0, 0.5], [0.1, 1.0]]), [1.0, 1.0], "for 2 weights"),
    ],
)
def test_refusals(s, w, message):
    with pytest.raises(gz.MethodError, match=message):
        shapley_linear(s, np.array(w))

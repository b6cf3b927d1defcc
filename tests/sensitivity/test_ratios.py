from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.sensitivity.ratios import (
    balanced_weights,
    correlation_ratio,
    linear_parts,
    residuals,
)

#: unit variances, correlations .8, .2, .1
S = np.array([[1, 0.8, 0.2], [0.8, 1, 0.1], [0.2, 0.1, 1]])


def inverse(a):
    """Inverse of a matrix of fractions."""
    n = len(a)
    rows = [[*row, *(Fraction(i == j) for j in range(n))] for i, row in enumerate(a)]
    for i in range(n):
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for j in range(n):
            if j != i:
                rows[j] = [x - rows[j][i] * y for x, y in zip(rows[j], rows[i], strict=True)]
    return [row[n:] for row in rows]


def covariance(seed, k):
    x = np.random.default_rng(seed).normal(size=(3 * k + 5, k)) @ np.diag(np.arange(1, k + 1))
    return np.cov(x.T)


def test_parts_of_a_sum_in_fractions():
    s = [[Fraction(str(v)) for v in row] for row in S.tolist()]
    w = [Fraction(2, 5), Fraction(3, 10), Fraction(3, 10)]
    sw = [sum(a * b for a, b in zip(row, w, strict=True)) for row in s]
    v = sum(a * b for a, b in zip(w, sw, strict=True))
    total = [float(c**2 / v) for c in sw]
    inv = inverse(s)
    own = [float(w[i] ** 2 / inv[i][i] / v) for i in range(3)]
    np.testing.assert_allclose(total, [0.819398, 0.706522, 0.281104], atol=5e-7)
    np.testing.assert_allclose(own, [0.092429, 0.053616, 0.142977], atol=5e-7)
    got = linear_parts(S, np.array([0.4, 0.3, 0.3]))
    np.testing.assert_allclose(got[0], total, rtol=1e-14)
    np.testing.assert_allclose(got[1], own, rtol=1e-13)


def test_parts_from_data_are_those_from_its_covariance():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4))
    w = np.array([0.4, 0.3, 0.2, 0.1])
    y = x @ w
    total, own = linear_parts(np.cov(x.T), w)
    np.testing.assert_allclose([correlation_ratio(v, y) for v in x.T], total, rtol=1e-10)
    left = residuals(x)
    np.testing.assert_allclose([correlation_ratio(v, y) for v in left.T], own, rtol=1e-9)


def test_a_combination_of_the_others_has_nothing_of_its_own():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    x = np.column_stack([x, x @ [1, -2, 3]])
    assert (residuals(x) == 0).all()
    _, own = linear_parts(np.cov(x.T), np.ones(4) / 4)
    assert (own == 0).all()


def test_too_few_rows_for_residuals():
    with pytest.raises(gz.MethodError, match="3 rows cannot tell apart 3 columns"):
        residuals(np.eye(3))


def test_a_spline_follows_what_a_line_does_not():
    x = np.linspace(-2, 2, 120)
    noise = np.random.default_rng(0).normal(scale=0.3, size=120)
    y = x**2 + noise
    truth = np.corrcoef(x**2, y)[0, 1] ** 2
    assert correlation_ratio(x, y) < 0.02
    assert correlation_ratio(x, y, method="spline") == pytest.approx(truth, abs=0.03)


def test_a_spline_of_a_line_is_the_line():
    rng = np.random.default_rng(1)
    x = rng.random(80)
    np.testing.assert_allclose(correlation_ratio(x, 3 * x - 1, method="spline"), 1, atol=1e-6)
    y = x + rng.normal(scale=0.2, size=80)
    line, spline = correlation_ratio(x, y), correlation_ratio(x, y, method="spline")
    assert line - 1e-3 <= spline <= line + 0.1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["linear", "spline"]))
def test_ratios_lie_between_nought_and_one_whatever_the_units(seed, method):
    rng = np.random.default_rng(seed)
    x = rng.choice([rng.normal(size=40), rng.integers(0, 6, 40).astype(float), rng.random(40) ** 9])
    if np.unique(x).size < 5:
        return
    y = rng.normal(size=40) + x
    found = correlation_ratio(x, y, method=method)
    assert -1e-9 <= found <= 1 + 1e-9
    again = correlation_ratio(1e6 * x + 5, -y / 1e3, method=method)
    assert again == pytest.approx(found, abs=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "method", "message"),
    [
        ([1, 1, 1, 1], [1, 2, 3, 4], "linear", "x does not vary"),
        ([1, 2, 3, 4], [2, 2, 2, 2], "linear", "y does not vary"),
        ([1, 2, 3, np.nan], [1, 2, 3, 4], "linear", "not a finite number"),
        ([1, 2, 1, 2, 3, 4], [1, 2, 3, 4, 5, 6], "spline", "x has 4"),
        ([1, 2, 3, 4], [1, 2, 3, 4], "cubic", "no method 'cubic'"),
    ],
)
def test_refusals_of_ratios(x, y, method, message):
    with pytest.raises(gz.MethodError, match=message):
        correlation_ratio(x, y, method=method)


# -- balanced weights ------------------------------------------------------------------------------


def test_equal_importance_in_fractions():
    s = [[Fraction(str(v)) for v in row] for row in S.tolist()]
    w = [sum(row) for row in inverse(s)]
    w = [float(v / sum(w)) for v in w]
    np.testing.assert_allclose(w, [0.142857, 0.380952, 0.476190], atol=5e-7)
    got, shares = balanced_weights(S, np.ones(3) / 3)
    np.testing.assert_allclose(got, w, rtol=1e-12)
    np.testing.assert_allclose(shares, 1 / 3, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_weights_are_never_negative_and_shares_are_what_they_achieve(seed, k):
    s = covariance(seed, k)
    t = np.random.default_rng(seed).dirichlet(np.full(k, 3.0)) + 1e-6
    t /= t.sum()
    w, shares = balanced_weights(s, t)
    assert (w >= 0).all()
    assert w.sum() == pytest.approx(1, abs=1e-12)
    total, _ = linear_parts(s, w)
    np.testing.assert_allclose(shares, total / total.sum(), rtol=1e-9)
    # as good as equal weights, and as any of some random ones
    gap = ((shares - t) ** 2).sum()
    for v in np.random.default_rng(seed + 1).dirichlet(np.ones(k), 200):
        other, _ = linear_parts(s, v)
        assert gap <= ((other / other.sum() - t) ** 2).sum() + 1e-9


def test_an_aim_that_would_take_negative_weights():
    s = np.array([[1.0, 0.9, -0.6], [0.9, 1.0, -0.5], [-0.6, -0.5, 1.0]])
    t = np.array([0.8, 0.1, 0.1])
    assert (np.linalg.solve(s, np.sqrt(t)) < 0).any()
    w, shares = balanced_weights(s, t)
    assert (w >= 0).all()
    assert np.abs(shares - t).max() > 1e-3


@pytest.mark.parametrize("t", [[0.5, 0.5, 0.5], [1.0, 0.0, 0.0], [0.5, 0.5]])
def test_targets_that_are_none(t):
    with pytest.raises(gz.MethodError, match="shares above zero that sum to one"):
        balanced_weights(S, np.array(t))

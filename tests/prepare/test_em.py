import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.prepare.em import conditional, draws, em, standard

REFERENCE = Path(__file__).parents[1] / "reference"
NAN = np.nan


def published(name):
    return tomllib.loads((REFERENCE / f"{name}.toml").read_text(encoding="utf-8"))


def factored(x, blocks):
    """ML estimates for monotone gaps: each block regressed on those before it (Anderson 1957)."""
    first = blocks[0]
    rows = ~np.isnan(x[:, first]).any(axis=1)
    order, mean = list(first), x[rows][:, first].mean(axis=0)
    cov = np.atleast_2d(np.cov(x[rows][:, first].T, bias=True))
    for block in blocks[1:]:
        rows = ~np.isnan(x[:, block]).any(axis=1)
        design = np.column_stack([np.ones(rows.sum()), x[rows][:, order]])
        b, *_ = np.linalg.lstsq(design, x[rows][:, block], rcond=None)
        left = x[rows][:, block] - design @ b
        residual = left.T @ left / rows.sum()
        cross = cov @ b[1:]
        cov = np.block([[cov, cross], [cross.T, residual + b[1:].T @ cov @ b[1:]]])
        mean = np.concatenate([mean, b[0] + mean @ b[1:]])
        order += block
    back = np.argsort(order)
    return mean[back], cov[np.ix_(back, back)]


def test_one_missing_block_worked_by_hand():
    # y known in three rows of four: slope 1/2, intercept 1; s_xx = 5/4, residual variance 1/2
    x = np.array([[1.0, 1.0], [2, 3], [3, 2], [4, NAN]])
    fit = em(x, tol=1e-12)
    np.testing.assert_allclose(fit.mean, [2.5, 1 + 0.5 * 2.5], atol=1e-8)
    s = [[1.25, 0.625], [0.625, 0.5 + 0.25 * 1.25]]
    np.testing.assert_allclose(fit.covariance, s, atol=1e-8)
    np.testing.assert_allclose(conditional(x, fit.mean, fit.covariance)[3], [4, 3], atol=1e-8)


def test_monotone_gaps_have_the_closed_form():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 4)) @ rng.normal(size=(4, 4)) + [3, 100, -5, 0]
    x[30:, 2], x[20:, 3] = NAN, NAN
    mean, cov = factored(x, [[0, 1], [2], [3]])
    fit = em(x, tol=1e-12)
    np.testing.assert_allclose(fit.mean, mean, atol=1e-8)
    np.testing.assert_allclose(fit.covariance, cov, atol=1e-8)


def test_cement_as_published():
    ref = published("rubin1976_cement")
    x = np.array(ref["x"])
    fit = em(x, tol=1e-13)
    np.testing.assert_allclose(fit.mean, ref["mean"], atol=ref["rounding"])
    mean, cov = factored(x, [[2, 4], [0, 1], [3]])
    np.testing.assert_allclose(fit.mean, mean, atol=1e-8)
    np.testing.assert_allclose(fit.covariance, cov, atol=1e-8)


def test_fitness_as_published():
    ref = published("sas_fitness")
    fit = em(np.array(ref["x"]))
    known = ref["em"]
    np.testing.assert_allclose(fit.mean, known["mean"], atol=known["tolerance"])
    np.testing.assert_allclose(fit.covariance, known["covariance"], atol=2 * known["tolerance"])


def test_the_gradient_of_the_likelihood_vanishes():
    x = np.array(published("sas_fitness")["x"])
    fit = em(x)
    score = np.zeros(3)
    for row in x:
        o = ~np.isnan(row)
        score[o] += np.linalg.solve(fit.covariance[np.ix_(o, o)], row[o] - fit.mean[o])
    np.testing.assert_allclose(score * np.sqrt(np.diag(fit.covariance)), 0, atol=1e-7)


def test_complete_data_are_left_alone():
    x = np.random.default_rng(2).normal(size=(30, 4))
    fit = em(x)
    np.testing.assert_allclose(fit.mean, x.mean(axis=0), atol=1e-14)
    np.testing.assert_allclose(fit.covariance, np.cov(x.T, bias=True), atol=1e-14)
    assert fit.iterations == 1
    assert np.array_equal(conditional(x, fit.mean, fit.covariance), x)
    copies = draws(x, 3, np.random.default_rng(0))
    assert np.array_equal(copies, np.repeat(x[None], 3, axis=0))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), gaps=st.floats(0.05, 0.25))
def test_order_and_units_do_not_matter(seed, gaps):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(25, 3)) @ rng.normal(size=(3, 3))
    x[rng.random(x.shape) < gaps] = NAN
    try:
        fit = em(x)
    except gz.MethodError:
        assume(False)
    rows, columns = rng.permutation(25), rng.permutation(3)
    other = em(x[rows])
    np.testing.assert_allclose(other.mean, fit.mean, rtol=0, atol=1e-10)
    np.testing.assert_allclose(other.covariance, fit.covariance, rtol=0, atol=1e-10)
    other = em(x[:, columns], tol=1e-12)
    np.testing.assert_allclose(other.mean, em(x, tol=1e-12).mean[columns], rtol=0, atol=1e-8)
    scale, shift = np.array([1e6, 1e-6, 3]), np.array([5e6, 0, -2])
    other = em(x * scale + shift, tol=1e-12)
    expected = em(x, tol=1e-12).mean * scale + shift
    np.testing.assert_allclose(other.mean, expected, rtol=1e-7, atol=1e-12)


def test_standard_passes_over_gaps_and_constants():
    x = np.array([[1.0, 7, NAN], [3, 7, NAN], [NAN, 7, NAN]])
    mean, unit = standard(x)
    assert mean.tolist() == [2, 7, 0]
    assert unit.tolist() == [1, 1, 1]


def test_draws_have_the_predictive_distribution():
    # one gap: under Jeffreys' prior it is t with n - 1 = 11 degrees of freedom about the regression
    rng = np.random.default_rng(3)
    x = rng.normal(size=(13, 2)) @ [[1, 0.5], [0, 2]] + [0, 10]
    x[12, 1] = NAN
    m = 2000
    copies = draws(x, m, np.random.default_rng(5))
    assert np.array_equal(copies[:, :12], np.repeat(x[None, :12], m, axis=0))
    drawn = copies[:, 12, 1]
    design = np.column_stack([np.ones(12), x[:12, 0]])
    b, rss, *_ = np.linalg.lstsq(design, x[:12, 1], rcond=None)
    at = np.array([1, x[12, 0]])
    spread = float(rss[0]) / 9 * (1 + at @ np.linalg.inv(design.T @ design) @ at)
    assert drawn.mean() == pytest.approx(at @ b, abs=4 * np.sqrt(spread / m))
    assert drawn.var() == pytest.approx(spread, rel=4 * np.sqrt(2.9 / m))  # kurtosis of that t


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1.0, 2], [2, NAN]], "2 rows with a known cell for 2 columns"),
        ([[1.0, 2], [1, NAN], [1, 5]], "column 0 without two different known values"),
        ([[1.0, NAN], [2, NAN], [NAN, 1], [NAN, 2]], "columns 0, 1 are never known in the same"),
        ([[1.0, 2], [2, 4], [3, 6], [4, NAN]], "columns 0, 1 depend on each other linearly"),
    ],
)
def test_what_cannot_be_estimated_is_refused(x, message):
    with pytest.raises(gz.MethodError, match=message):
        em(np.array(x))


def test_no_convergence_is_an_error():
    with pytest.raises(gz.MethodError, match="not converged after 3 iterations"):
        em(np.array(published("sas_fitness")["x"]), iterations=3)

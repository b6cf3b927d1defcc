"""Unobserved components: the closed form of three indicators, other programs, laws, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gz_index import MethodError
from gz_index.weighting import ucm_weights, unobserved_components


def one_factor(load, n=60, seed=0):
    load = np.asarray(load)
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n, load.size))
    return rng.normal(size=(n, 1)) * load + noise * np.sqrt(1 - load**2)


def with_correlations(r, n=20):
    """Data whose sample correlation matrix is r, up to rounding."""
    z = np.random.default_rng(8).normal(size=(n, len(r)))
    z = np.linalg.qr(z - z.mean(axis=0))[0]
    return z @ np.linalg.cholesky(np.asarray(r)).T


X = one_factor([0.9, 0.8, 0.7, 0.5, 0.4])


def deviance(r, load, own):
    sigma = np.outer(load, load) + np.diag(own)
    return np.linalg.slogdet(sigma)[1] + np.trace(np.linalg.solve(sigma, r))


def standardised(m, x):
    """Loadings and own variances of the standardised indicators."""
    load = m.beta / x.std(axis=0)
    return load, m.sigma**2 * load**2


def test_three_indicators_have_a_closed_form():
    # r_12 = l_1 l_2 and so on: l_1^2 = r_12 r_13 / r_23
    r = np.array([[1, 0.72, 0.54], [0.72, 1, 0.48], [0.54, 0.48, 1]])
    x = with_correlations(r)
    m = unobserved_components(x)
    load, own = standardised(m, x)
    assert load == pytest.approx([0.9, 0.8, 0.6], abs=1e-10)
    assert own == pytest.approx([0.19, 0.36, 0.64], abs=1e-10)
    # sigma^-2 = l^2 / (1 - l^2)
    precision = np.array([0.81 / 0.19, 0.64 / 0.36, 0.36 / 0.64])
    assert ucm_weights(x) == pytest.approx(precision / precision.sum(), abs=1e-10)
    assert m.precision == pytest.approx(precision / (1 + precision.sum()), abs=1e-10)
    assert m.standard_error == pytest.approx((1 + precision.sum()) ** -0.5, abs=1e-10)


def test_scores_are_the_conditional_mean_of_the_normal_law():
    m = unobserved_components(X)
    cov = np.outer(m.beta, m.beta) + np.diag((m.beta * m.sigma) ** 2)
    want = (X - m.alpha) @ np.linalg.solve(cov, m.beta)
    assert np.abs(m.scores - want).max() < 1e-12
    assert m.standard_error == pytest.approx(np.sqrt(1 - m.beta @ np.linalg.solve(cov, m.beta)))
    assert abs(m.scores.mean()) < 1e-12


def test_the_likelihood_has_its_maximum_there():
    r = np.corrcoef(X.T)
    load, own = standardised(unobserved_components(X), X)
    assert np.abs(load**2 + own - 1).max() < 1e-12  # the diagonal is reproduced
    best, rng = deviance(r, load, own), np.random.default_rng(1)
    for size in (1e-4, 1e-2, 0.1):
        for _ in range(50):
            change = rng.normal(size=(2, 5)) * size
            assert deviance(r, load + change[0], own * np.exp(change[1])) > best


# at this tolerance the optimiser of some versions gives up after it has arrived
@pytest.mark.filterwarnings("ignore:Fitting did not converge")
def test_the_maximum_is_that_of_statsmodels():
    from statsmodels.multivariate.factor import Factor

    found = Factor(X, n_factor=1, method="ml").fit(opt={"gtol": 1e-9})
    load, own = standardised(unobserved_components(X), X)
    theirs = found.loadings[:, 0] * np.sign(found.loadings[:, 0].sum())
    assert np.abs(load - theirs).max() < 1e-6
    assert np.abs(own - found.uniqueness).max() < 1e-6


def test_more_indicators_than_units_are_still_a_likelihood():
    x = one_factor(np.linspace(0.7, 0.9, 12), n=9, seed=14)
    r = np.corrcoef(x.T)
    load, own = standardised(unobserved_components(x), x)
    rng = np.random.default_rng(1)
    for _ in range(50):
        change = rng.normal(size=(2, 12)) * 1e-2
        assert deviance(r, load + change[0], own * np.exp(change[1])) > deviance(r, load, own)


def test_a_heywood_case_is_named():
    # r_12 r_13 / r_23 = 1.05: the first indicator would have to explain more than itself
    r = np.array([[1, 0.7, 0.6], [0.7, 1, 0.4], [0.6, 0.4, 1]])
    with pytest.raises(MethodError, match="column 0 takes the place .* Heywood"):
        unobserved_components(with_correlations(r))
    # 63 % of itself, and all is well
    r[1, 2] = r[2, 1] = 0.42 / 0.63
    x = with_correlations(r)
    assert standardised(unobserved_components(x), x)[0][0] == pytest.approx(np.sqrt(0.63))
    with pytest.raises(MethodError, match="Heywood"):
        ucm_weights(np.column_stack([X, X[:, 2]]))


def test_an_indicator_close_to_the_factor_is_no_heywood_case():
    r = np.array([[1, 0.999 * 0.8, 0.999 * 0.6], [0, 1, 0.48], [0, 0, 1]])
    r = r + np.triu(r, 1).T
    x = with_correlations(r)
    load, _ = standardised(unobserved_components(x), x)
    assert load == pytest.approx([0.999, 0.8, 0.6], abs=1e-8)


def test_what_is_not_identified_is_named():
    with pytest.raises(MethodError, match="2 indicators do not identify"):
        ucm_weights(X[:, :2])
    with pytest.raises(MethodError, match="at least 4 rows"):
        unobserved_components(X[:3])
    with pytest.raises(MethodError, match="column 1 the same in every row"):
        unobserved_components(np.column_stack([X[:, 0], np.ones(60), X[:, 1:]]))
    gap = X.copy()
    gap[2, 1] = np.inf
    with pytest.raises(MethodError, match="not a finite number in column 1"):
        ucm_weights(gap)
    turned = X * [1, 1, -1, 1, 1]
    with pytest.raises(MethodError, match="column 2 moves against"):
        ucm_weights(turned)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(3, 7), data=st.data())
def test_weights_keep_the_laws(seed, k, data):
    x = one_factor(np.linspace(0.5, 0.85, k), n=80, seed=seed)
    before = x.copy()
    try:
        w = ucm_weights(x)
    except MethodError as error:
        refusal = str(error)
        w = None
    if w is None:
        assert "Heywood" in refusal or "moves against" in refusal
        return
    assert (x == before).all()
    assert (w > 0).all()
    assert abs(w.sum() - 1) < 1e-12
    columns = data.draw(st.permutations(range(k)))
    assert np.abs(ucm_weights(x[:, columns]) - w[columns]).max() < 1e-9
    assert np.abs(ucm_weights(x[::-1]) - w).max() < 1e-9
    unit = data.draw(st.lists(st.sampled_from([1e-6, 1.0, 1e6]), min_size=k, max_size=k))
    assert np.abs(ucm_weights(x * unit + 5) - w).max() < 1e-6
    assert np.abs(ucm_weights(x * unit) - w).max() < 1e-9
    m = unobserved_components(x)
    assert 0 < m.standard_error < 1
    assert m.precision.sum() == pytest.approx(1 - m.standard_error**2)

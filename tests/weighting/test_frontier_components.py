import numpy as np
import pytest

from gz_index import MethodError
from gz_index.weighting import bod, ucm_weights, unobserved_components


def test_a_frontier_that_can_be_drawn_by_hand():
    f = bod([[1.0, 0.5], [0.5, 1.0], [0.5, 0.5], [0.25, 0.5]])
    assert f.scores == pytest.approx([1, 1, 2 / 3, 0.5])
    assert (f.data @ f.weights.T <= 1 + 1e-9).all()
    assert f.shares.sum(axis=1) == pytest.approx(1)
    assert (f.cross_efficiency() <= f.scores + 1e-9).all()


def test_limits_are_kept():
    x = np.random.default_rng(0).uniform(0.1, 1, (10, 3))
    free = bod(x)
    shared = bod(x, shares=(0.2, 0.5))
    assert ((shared.shares >= 0.2 - 1e-7) & (shared.shares <= 0.5 + 1e-7)).all()
    tied = bod(x, ratios=[(0, 1, 0.5, 2.0)])
    ratio = tied.weights[:, 0] / tied.weights[:, 1]
    assert ((ratio >= 0.5 - 1e-7) & (ratio <= 2 + 1e-7)).all()
    low = bod(x, bounds=(0.1, 2.0))
    assert (low.weights >= 0.1 - 1e-9).all()
    for limited in (shared, tied, low):
        assert (limited.scores <= free.scores + 1e-9).all()


def test_a_change_of_unit_changes_no_score():
    x = np.random.default_rng(1).uniform(0.1, 1, (10, 3))
    assert np.abs(bod(x * [1, 10, 1000]).scores - bod(x).scores).max() < 1e-9


def test_what_has_no_frontier_is_named():
    with pytest.raises(MethodError, match=r"row 1 zero in every indicator"):
        bod([[1.0, 0.5], [0.0, 0.0]])
    with pytest.raises(MethodError, match=r"negative in column 0"):
        bod([[1.0, 0.5], [-1.0, 0.5]])
    with pytest.raises(MethodError, match=r"no weights keep the limits for row 0"):
        bod([[1.0, 1.0], [0.5, 0.5]], bounds=(2.0, 3.0))
    with pytest.raises(MethodError, match="shares are not"):
        bod([[1.0, 1.0]], shares=(0.6, 0.9))


def simulated(n=4000):
    rng = np.random.default_rng(5)
    beta, sigma = np.array([1.0, 2.0, 0.5, 3.0]), np.array([0.5, 1.0, 1.5, 0.8])
    ph = rng.normal(size=(n, 1))
    x = 10 + beta * (ph + sigma * rng.normal(size=(n, 4)))
    return x, ph[:, 0], beta, sigma


def test_unobserved_components_are_found_again():
    x, ph, beta, sigma = simulated()
    m = unobserved_components(x)
    assert np.abs(m.beta / beta - 1).max() < 0.06
    assert np.abs(m.sigma / sigma - 1).max() < 0.08
    assert m.alpha == pytest.approx(x.mean(axis=0))
    assert m.standard_error == pytest.approx(1 / np.sqrt(1 + (1 / m.sigma**2).sum()))
    assert m.precision.sum() == pytest.approx(1 - m.standard_error**2)
    assert np.corrcoef(m.scores, ph)[0, 1] > 0.9
    assert np.sqrt(((m.scores - ph) ** 2).mean()) == pytest.approx(m.standard_error, rel=0.05)


def test_the_likelihood_is_that_of_factor_analysis():
    from sklearn.decomposition import FactorAnalysis

    x = simulated(300)[0]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    fa = FactorAnalysis(n_components=1, tol=1e-12, max_iter=20000).fit(z)
    m = unobserved_components(x)
    assert np.abs(np.abs(fa.components_[0]) - m.beta / x.std(axis=0)).max() < 1e-5
    scores = fa.transform(z)[:, 0] * np.sign(fa.components_[0].sum())
    assert np.abs(scores - m.scores).max() < 1e-5


def test_weights_are_precisions_whatever_the_unit():
    x = simulated(300)[0]
    m = unobserved_components(x)
    w = ucm_weights(x)
    assert w == pytest.approx((1 / m.sigma**2) / (1 / m.sigma**2).sum())
    assert ucm_weights(x * [1, 100, 1, 0.01] + 5) == pytest.approx(w, abs=1e-9)


def test_what_the_model_cannot_tell_is_named():
    x = simulated(300)[0]
    with pytest.raises(MethodError, match="two|2 indicators do not identify"):
        unobserved_components(x[:, :2])
    x2 = x.copy()
    x2[:, 2] *= -1
    with pytest.raises(MethodError, match="column 2 moves against"):
        unobserved_components(x2)
    double = np.column_stack([x, x[:, 0] * 3 + 1])
    with pytest.raises(MethodError, match="Heywood"):
        unobserved_components(double)

"""Principal components and factors: what follows from the formulas, and the laws they keep."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gz_index as gz
from gz_index import MethodError
from gz_index.weighting import factor, factor_analysis, pca, principal_components
from gz_index.weighting.pca import varimax, weights_from_loadings
from tests.golden import reference

RNG = np.random.default_rng(3)
X = RNG.normal(size=(40, 1)) + RNG.normal(size=(40, 5)) * [0.5, 0.8, 1, 1.5, 2]
TABLES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(6, 15), st.integers(2, 5)),
    elements=st.floats(0.05, 1.0),
    unique=True,
)


def tai():
    return gz.data("tai-2008")[reference("oecd2008_factor")["order"]].to_numpy(float)


def correlated(r, n=30):
    """Data whose sample correlation matrix is r, up to rounding."""
    z = np.random.default_rng(8).normal(size=(n, len(r)))
    z = np.linalg.qr(z - z.mean(axis=0))[0]
    return z @ np.linalg.cholesky(np.asarray(r)).T


def plain(x, kept):
    """The barest form of the squared coefficients."""
    values, vectors = np.linalg.eigh(np.corrcoef(x.T))
    values, vectors = values[::-1][:kept], vectors[:, ::-1][:, :kept]
    return vectors**2 @ (values / values.sum())


def separate(x, kept):
    """Eigenvalues around the cut are far enough apart to be told from one another."""
    values = principal_components(x).eigenvalues
    return kept == len(values) or values[kept - 1] - values[kept] > 1e-4


# -- principal components -------------------------------------------------------------------------


def test_two_indicators_by_hand():
    p = principal_components(correlated([[1, 0.6], [0.6, 1]]), retain=2)
    assert p.eigenvalues == pytest.approx([1.6, 0.4])
    assert p.shares == pytest.approx([0.8, 0.2])
    assert np.abs(p.coefficients[:, 0]) == pytest.approx([np.sqrt(0.5)] * 2)
    assert p.loadings[:, 0] == pytest.approx([np.sqrt(0.8)] * 2)


def test_three_indicators_by_hand():
    # one indicator apart from a pair: eigenvalues 1 + r, 1, 1 - r; retain the pair's component
    r = [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]
    assert pca(correlated(r), retain=1) == pytest.approx([0.5, 0.5, 0])
    # two components: shares .6 and .4
    assert pca(correlated(r), retain=2) == pytest.approx([0.3, 0.3, 0.4])


@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_squared_weights_are_those_of_the_barest_form(kept):
    assert np.abs(pca(X, retain=kept) - plain(X, kept)).max() < 1e-12


def test_all_components_together_weigh_equally():
    # sum_k lambda_k v_jk^2 is the diagonal of the correlation matrix
    assert np.abs(pca(X, retain=5) - 0.2).max() < 1e-14
    assert np.abs(pca(X, retain="variance", variance=1.0) - 0.2).max() < 1e-14


def test_the_rules_of_retention():
    values = principal_components(tai()).eigenvalues
    assert (values > 1).sum() == 2
    assert principal_components(tai(), retain="kaiser").retained == 2
    assert principal_components(tai(), retain="handbook").retained == 4  # the fourth is .89
    share = values.cumsum() / 8
    for level in (0.5, 0.7, 0.85, 0.95):
        kept = principal_components(tai(), retain="variance", variance=level).retained
        assert share[kept - 1] >= level
        assert kept == 1 or share[kept - 2] < level
    assert principal_components(tai(), retain=np.int64(3)).retained == 3


def test_the_handbook_does_not_keep_a_component_far_below_one():
    # eigenvalues 2.2, .4, .4: each explains more than ten per cent
    r = np.full((3, 3), 0.6) + 0.4 * np.eye(3)
    assert principal_components(correlated(r), retain="handbook").retained == 1
    # .55 of the variance is not enough: one more, though its eigenvalue is far below one
    r = np.full((4, 4), 0.4) + 0.6 * np.eye(4) + np.diag([0.05] * 3, 1) + np.diag([0.05] * 3, -1)
    p = principal_components(correlated(r), retain="handbook")
    assert p.eigenvalues[0] / 4 < 0.6
    assert p.retained == 2


def test_without_an_eigenvalue_above_one_something_is_kept():
    design = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], float)
    p = principal_components(design, retain="kaiser")
    assert p.eigenvalues == pytest.approx([1, 1, 1])
    # three equal eigenvalues: no single component is determined, so all are kept
    assert p.retained == 3
    assert pca(design) == pytest.approx([1 / 3] * 3)
    assert pca(design, retain=1) == pytest.approx([1 / 3] * 3)


def test_the_score_is_the_weighted_sum_of_the_components():
    p = principal_components(X, retain=2)
    z = (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)
    score = p.scores(X)
    by_component = [z @ p.coefficients[:, k] for k in range(2)]
    assert score == pytest.approx(p.shares @ by_component, abs=1e-12)
    assert abs(score.mean()) < 1e-12
    assert score.min() < 0
    assert p.scores(X[:1])[0] == pytest.approx(score[0])  # a new row by the old mean and deviation
    with pytest.raises(MethodError, match="4 columns, fitted on 5"):
        p.scores(X[:, :4])


def test_pitfall_16_the_sign_of_a_component_is_that_of_the_mean_of_the_indicators():
    x, rng = tai(), np.random.default_rng(0)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    flipped = 0
    for _ in range(500):
        rows = rng.integers(0, len(x), len(x))
        p = principal_components(x[rows], retain=4)
        s = (x[rows] - x[rows].mean(axis=0)) / x[rows].std(axis=0)
        assert (np.array([np.cov(s @ v, s.mean(axis=1))[0, 1] for v in p.coefficients.T]) > 0).all()
        bare = np.linalg.eigh(np.corrcoef(x[rows].T))[1][:, -1]
        flipped += np.cov(s @ bare, s.mean(axis=1))[0, 1] < 0
    assert 100 < flipped < 400  # what comes out of the solver is as good as a coin
    assert np.cov(z @ principal_components(x).coefficients[:, 0], z.mean(axis=1))[0, 1] > 0


def test_pitfall_16_negative_coefficients_are_never_made_into_weights():
    # the fifth indicator opposes the first four in every component that is kept
    x = X.copy()
    x[:, 4] = -x[:, 0] + 0.1 * x[:, 4]
    p = principal_components(x, retain=2)
    c = p.coefficients @ p.shares
    assert (c / c.sum()).min() < -0.2
    with pytest.raises(MethodError, match=r"-0\.\d+ of column 4 is negative.*squared.*PCA\.scores"):
        pca(x, retain=2, form="coefficients")
    assert (pca(x, retain=2) > 0).all()


def test_the_coefficient_form_is_the_recipe():
    p = principal_components(X, retain=1)
    by_loadings = p.loadings[:, 0] / np.sqrt(p.eigenvalues[0])
    w = pca(X, retain=1, form="coefficients")
    assert np.abs(w - by_loadings / by_loadings.sum()).max() < 1e-14
    p = principal_components(tai())
    c = p.coefficients @ p.shares
    assert np.abs(pca(tai(), form="coefficients") - c / c.sum()).max() < 1e-14


def test_large_means_and_extreme_units_do_not_spoil_the_digits():
    assert np.abs(pca(X + 1e8) - pca(X)).max() < 1e-7  # eight digits are left of sixteen
    assert np.abs(pca(X + 1e4) - pca(X)).max() < 1e-11
    assert np.abs(pca(X * [1e200, 1, 1e-200, 1e9, 1]) - pca(X)).max() < 1e-13


def test_what_has_no_components_is_named():
    with pytest.raises(MethodError, match="column 2 the same in every row"):
        pca(np.column_stack([X[:, :2], np.ones(40)]))
    gap = X.copy()
    gap[7, 3] = np.nan
    with pytest.raises(MethodError, match=r"not a finite number in column 3 .*row 7"):
        factor(gap)
    with pytest.raises(MethodError, match="at least 3 rows"):
        pca(X[:2])
    for retain in (0, 6, "scree", True):
        with pytest.raises(MethodError, match="retain = "):
            pca(X, retain=retain)
    for variance in (0.0, 1.5):
        with pytest.raises(MethodError, match="variance = "):
            factor(X, retain="variance", variance=variance)
    with pytest.raises(MethodError, match="form = 'rotated'"):
        pca(X, form="rotated")


@settings(max_examples=40, deadline=None)
@given(x=TABLES, data=st.data())
def test_squared_weights_keep_the_laws(x, data):
    k = x.shape[1]
    kept = data.draw(st.integers(1, k))
    assume(separate(x, kept))
    before = x.copy()
    w = pca(x, retain=kept)
    assert (x == before).all()
    assert (w >= 0).all()
    assert abs(w.sum() - 1) < 1e-12
    columns = data.draw(st.permutations(range(k)))
    rows = data.draw(st.permutations(range(len(x))))
    assert np.abs(pca(x[rows], retain=kept) - w).max() < 1e-8
    assert np.abs(pca(x[:, columns], retain=kept) - w[columns]).max() < 1e-8
    # a change of unit, of origin, even of direction
    turned = x * data.draw(st.sampled_from([-1.0, 100.0, 0.001])) + 5
    assert np.abs(pca(turned, retain=kept) - w).max() < 1e-8
    assert np.abs(w - plain(x, kept)).max() < 1e-8


# -- factors --------------------------------------------------------------------------------------


def test_the_five_steps_by_hand():
    loadings = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, -0.7]])
    # the share of a factor cancels its sum of squares: w_j is the own squared loading, rescaled
    own = np.array([0.81, 0.64, 0.49])
    assert weights_from_loadings(loadings) == pytest.approx(own / own.sum())
    with pytest.raises(MethodError, match="no loadings at all"):
        weights_from_loadings([[0.9, 0.0], [0.8, 0.0]])


def test_the_own_factor_has_the_largest_scaled_loading_not_the_largest_loading():
    # .6 of a factor that explains much is less of it than .5 of one that explains little
    loadings = np.array([[0.9, 0.0], [0.9, 0.1], [0.9, 0.1], [0.6, 0.5]])
    w = weights_from_loadings(loadings)
    own = np.array([0.81, 0.81, 0.81, 0.25])
    assert w == pytest.approx(own / own.sum())


def test_one_factor_gives_the_squared_coefficients():
    assert np.abs(factor(X, retain=1) - pca(X, retain=1)).max() < 1e-14


def test_an_opposed_indicator_is_told():
    x = X.copy()
    x[:, 1] *= -1
    f = factor_analysis(x, retain=1)
    assert f.negative == (1,)
    assert f.weights[1] > 0
    assert f.weights == pytest.approx(factor(X, retain=1))
    assert factor_analysis(X, retain=1).negative == ()


def test_a_rotation_changes_no_communality_and_raises_the_criterion():
    loadings = principal_components(tai(), retain=4).loadings

    def criterion(a):
        return (a**4).sum() - ((a**2).sum(axis=0) ** 2).sum() / len(a)

    turned = varimax(loadings)
    assert np.abs((turned**2).sum(axis=1) - (loadings**2).sum(axis=1)).max() < 1e-13
    assert criterion(turned) > criterion(loadings)
    f = factor_analysis(tai())
    assert f.explained.sum() == pytest.approx(f.eigenvalues[:4].sum())
    assert f.shares.sum() == pytest.approx(1)
    # no angle of any pair of factors is better
    for i in range(4):
        for j in range(i + 1, 4):
            for angle in np.linspace(-0.7, 0.7, 29):
                other = turned.copy()
                other[:, i] = np.cos(angle) * turned[:, i] + np.sin(angle) * turned[:, j]
                other[:, j] = np.cos(angle) * turned[:, j] - np.sin(angle) * turned[:, i]
                assert criterion(other) <= criterion(turned) + 1e-12


def test_a_plane_without_a_best_angle_is_left_alone():
    around = np.deg2rad([10, 70, 130])
    loadings = 0.9 * np.column_stack([np.cos(around), np.sin(around)])
    assert varimax(loadings) == pytest.approx(loadings)
    assert varimax(loadings, kaiser_normalise=True) == pytest.approx(loadings)


def early_stop(loadings, growth):
    """Varimax by singular values, ended when the criterion grows less than a share ``growth``."""
    p, k = loadings.shape
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    a, turn, last = loadings / length, np.eye(k), 0.0
    for _ in range(100_000):
        z = a @ turn
        u, s, v = np.linalg.svd(a.T @ (z**3 - z * ((z**2).sum(axis=0) / p)))
        turn = u @ v
        if s.sum() <= last * (1 + growth):
            break
        last = s.sum()
    return (a @ turn) * length


def test_pitfall_17_rotation_stopped_early_has_not_arrived():
    loadings = principal_components(tai(), retain=5).loadings
    ours = varimax(loadings, kaiser_normalise=True)
    early, late = (np.sort(np.abs(early_stop(loadings, g)).ravel()) for g in (1e-5, 0.0))
    arrived = np.sort(np.abs(ours).ravel())
    assert np.abs(early - arrived).max() > 0.002
    assert np.abs(late - arrived).max() < 1e-6


def test_pitfall_17_the_rule_of_retention_moves_a_weight_threefold():
    royalties = {r: factor(tai(), retain=r)[1] for r in ("kaiser", "handbook")}
    assert royalties["kaiser"] == pytest.approx(0.052, abs=5e-4)
    assert royalties["handbook"] == pytest.approx(0.155, abs=5e-4)


def test_pitfall_17_shares_before_rotation_or_all_columns_are_other_methods():
    f = factor_analysis(tai())
    squared = f.loadings**2
    scaled = squared / squared.sum(axis=0)
    rows = np.arange(8)
    before = f.eigenvalues[:4] / f.eigenvalues[:4].sum()
    unrotated = scaled[rows, list(f.own)] * before[list(f.own)]
    assert np.abs(unrotated / unrotated.sum() - f.weights).max() > 0.01
    every = scaled @ f.shares
    assert np.abs(every / every.sum() - f.weights).max() > 0.01


@settings(max_examples=30, deadline=None)
@given(x=TABLES, data=st.data())
def test_factor_weights_keep_the_laws(x, data):
    k = x.shape[1]
    kept = data.draw(st.integers(1, k))
    assume(separate(x, kept))
    f = factor_analysis(x, retain=kept)
    assert (f.weights >= 0).all()
    assert abs(f.weights.sum() - 1) < 1e-12
    assert len(f.own) == k
    rows = data.draw(st.permutations(range(len(x))))
    assert np.abs(factor(x[rows], retain=kept) - f.weights).max() < 1e-6
    assert np.abs(factor(x * 10.0 + 3, retain=kept) - f.weights).max() < 1e-6
    communality = (f.loadings**2).sum(axis=1)
    assert (communality < 1 + 1e-9).all()
    own = f.loadings[np.arange(k), list(f.own)] ** 2
    assert np.abs(f.weights - own / own.sum()).max() < 1e-12

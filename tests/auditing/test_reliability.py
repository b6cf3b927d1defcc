"""Reliability, adequacy and shape: hand-worked cases, other software's definitions, laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gz_index as gz
from gz_index import MethodError
from gz_index.auditing.components import bartlett, cluster, kmo, parallel, vif
from gz_index.auditing.reliability import (
    correlations,
    cronbach,
    items,
    kurtosis,
    skewness,
)
from gz_index.weighting import principal_components
from tests.golden import reference

RNG = np.random.default_rng(4)
X = RNG.normal(size=(40, 1)) + RNG.normal(size=(40, 5)) * [0.5, 0.8, 1, 1.5, 2]
TABLES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(7, 15), st.integers(3, 5)),
    elements=st.integers(1, 1000),  # ties, but no near ties, which a change of unit would break
)
BOOK = reference("oecd2008_structure")


def tai(*, logs=True):
    x = gz.data("tai-2008")
    return x if logs else x.assign(**{c: 10 ** x[c] for c in ("telephones", "electricity")})


# -- published and hand-worked --------------------------------------------------------------------


def test_alpha_of_the_tai_is_that_of_the_standardised_logarithms():
    x = tai().to_numpy()
    assert round(cronbach(x, standardised=True), 2) == BOOK["alpha"]
    assert cronbach(x) == pytest.approx(0.119, abs=5e-4)
    assert cronbach(tai(logs=False), standardised=True) == pytest.approx(0.688, abs=5e-4)
    z = gz.load("tai-2008").evaluate(tai()).normalised
    assert cronbach(z, standardised=True) == pytest.approx(0.686, abs=5e-4)
    assert cronbach(z) == pytest.approx(0.501, abs=5e-4)


def test_eigenvalues_of_the_tai():
    printed = gz.data("tai-2008", table="eigenvalues")
    found = parallel(tai().to_numpy(), draws=10).eigenvalues
    cut = BOOK["eigenvalues"]["truncated"]
    rounded = [k for k in range(8) if k not in cut]
    assert found.round(1)[rounded].tolist() == printed["eigenvalue"].iloc[rounded].tolist()
    assert (np.floor(found * 10) / 10)[cut].tolist() == printed["eigenvalue"].iloc[cut].tolist()
    off = np.abs(100 * found / 8 - printed["percent"].to_numpy()) > 0.05
    assert np.flatnonzero(off).tolist() == BOOK["eigenvalues"]["shares_differ"]
    assert found == pytest.approx(principal_components(tai().to_numpy()).eigenvalues)


def test_correlations_of_the_tai_but_for_three_cells():
    printed = gz.data("tai-2008", table="correlations")
    codes = list(printed.columns)
    r = correlations(tai()[codes].to_numpy()).r
    off = {
        frozenset((codes[i], codes[j])): (printed.iloc[i, j], r[i, j])
        for i in range(8)
        for j in range(i)
        if abs(r[i, j] - printed.iloc[i, j]) > 0.005
    }
    named = {frozenset(d["pair"]): (d["printed"], d["data"]) for d in BOOK["differs"]}
    assert off.keys() == named.keys()
    for pair, (shown, value) in off.items():
        assert named[pair] == (shown, round(value, 3))


def test_shape_by_hand():
    x = [[1.0], [2], [3], [4], [10]]  # mean 4, s^2 = 12.5, sums of powers 180 and 1394
    assert skewness(x)[0] == pytest.approx(5 / 12 * 180 / 12.5**1.5, rel=1e-14)
    assert skewness(x)[0] == pytest.approx(1.2 * 2**0.5, rel=1e-14)
    assert kurtosis(x)[0] == pytest.approx(5 * 6 / 24 * 1394 / 12.5**2 - 3 * 16 / 6, rel=1e-14)
    assert kurtosis(x)[0] == pytest.approx(3.152, rel=1e-14)


def test_shape_is_that_of_pandas():
    x = tai()
    np.testing.assert_allclose(skewness(x), x.skew(), rtol=1e-12)
    np.testing.assert_allclose(kurtosis(x), x.kurt(), rtol=1e-12)


def test_alpha_by_hand():
    r = np.array([[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]])
    z = np.linalg.qr(X[:, :3] - X[:, :3].mean(axis=0))[0]
    x = z @ np.linalg.cholesky(r).T
    mean = 1 / 3
    assert cronbach(x) == pytest.approx(3 * mean / (1 + 2 * mean))
    i = items(x)
    assert i.deleted == pytest.approx([2 * q / (1 + q) for q in (0.3, 0.2, 0.5)])
    assert i.total[0] == pytest.approx(0.7 / 2.6**0.5)


def test_items_are_what_leaving_out_gives():
    for standardised in (False, True):
        i = items(X, standardised=standardised)
        s = (X - X.mean(axis=0)) / X.std(axis=0) if standardised else X
        for j in range(5):
            rest = np.delete(s, j, axis=1)
            assert i.deleted[j] == pytest.approx(cronbach(rest), rel=1e-12)
            assert i.total[j] == pytest.approx(np.corrcoef(s[:, j], rest.sum(axis=1))[0, 1])


def test_kmo_by_partial_correlations():
    overall, each = kmo(X)
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    r, p = np.corrcoef(z.T), np.zeros((5, 5))
    for i in range(5):
        for j in range(5):
            if i != j:
                rest = np.delete(z, [i, j], axis=1)
                left = [z[:, q] - rest @ np.linalg.lstsq(rest, z[:, q])[0] for q in (i, j)]
                p[i, j] = np.corrcoef(left)[0, 1]
    r2, p2 = (r - np.eye(5)) ** 2, p**2
    assert overall == pytest.approx(r2.sum() / (r2.sum() + p2.sum()))
    assert each == pytest.approx(r2.sum(axis=0) / (r2 + p2).sum(axis=0))
    assert kmo(X[:, :2])[0] == pytest.approx(0.5)  # two columns have nothing to hold constant


def test_vif_is_that_of_statsmodels():
    from statsmodels.stats.outliers_influence import variance_inflation_factor

    design = np.column_stack([np.ones(40), X])
    theirs = [variance_inflation_factor(design, j + 1) for j in range(5)]
    assert vif(X) == pytest.approx(theirs)


def test_bartlett_by_hand():
    r = np.corrcoef(X[:, :2].T)[0, 1]
    b = bartlett(X[:, :2])
    chi2 = -(39 - 9 / 6) * np.log(1 - r * r)
    assert (b.chi2, b.df) == (pytest.approx(chi2), 1)
    # with one degree of freedom it is a squared normal variable
    from scipy.stats import norm

    assert b.p == pytest.approx(2 * norm.sf(np.sqrt(chi2)))


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_correlations_are_those_of_scipy(method):
    from scipy import stats

    x = X.round(0)  # with ties
    test = {"pearson": stats.pearsonr, "spearman": stats.spearmanr, "kendall": stats.kendalltau}
    c = correlations(x, method=method)
    for i in range(5):
        for j in range(i):
            there = test[method](x[:, i], x[:, j])
            assert c.r[i, j] == pytest.approx(there.statistic, rel=1e-10)
            assert c.p[i, j] == pytest.approx(there.pvalue, rel=1e-8)
    assert (c.n == 40).all()


def test_gaps_are_refused_or_taken_pairwise():
    x = X.copy()
    x[3, 1] = x[4, 2] = np.nan
    with pytest.raises(MethodError, match="not a finite number in columns 1, 2"):
        correlations(x)
    c = correlations(x, gaps="pairwise")
    both = ~np.isnan(x[:, [1, 2]]).any(axis=1)
    assert c.n[1, 2] == 38
    assert c.n[0, 1] == 39
    assert c.r[1, 2] == pytest.approx(np.corrcoef(x[both][:, [1, 2]].T)[0, 1])
    x[:, 3] = 1.0
    assert np.isnan(correlations(x, gaps="pairwise").r[3]).all()
    x[0, 0] = np.inf
    with pytest.raises(MethodError, match="not a finite number"):
        correlations(x, gaps="pairwise")


def test_parallel_analysis_keeps_what_is_there():
    rng = np.random.default_rng(0)
    two = rng.normal(size=(200, 2)) @ np.kron(np.eye(2), np.ones((1, 3)))
    assert parallel(two + rng.normal(size=(200, 6)), draws=300).kept == 2
    noise = parallel(rng.normal(size=(200, 6)), draws=300)
    assert noise.kept == 0
    assert (np.diff(noise.thresholds) < 0).all()
    assert noise.thresholds[0] > 1 > noise.thresholds[-1]
    same, other = parallel(X, draws=50, seed=3), parallel(X, draws=50, seed=4)
    assert (same.thresholds == parallel(X, draws=50, seed=3).thresholds).all()
    assert (same.thresholds != other.thresholds).any()


def test_clusters_are_found_and_numbered_in_order():
    place = np.concatenate([RNG.normal(9, 0.3, 5), RNG.normal(0, 0.3, 4), RNG.normal(4, 0.3, 6)])
    d = np.abs(place - place[:, None])
    for method in ("average", "ward"):
        c = cluster(d, method=method)
        assert c.labels.tolist() == [1] * 5 + [2] * 4 + [3] * 6
        assert c.silhouette > 0.8
        assert c.merges.shape == (14, 4)
    assert cluster(d, count=2).labels.max() == 2
    assert np.isnan(cluster(d, count=1).silhouette)


# -- refusals -------------------------------------------------------------------------------------

FLAT = np.column_stack([X[:, :2], np.full(40, 0.1)])
SINGULAR = np.column_stack([X[:, :3], X[:, 0] - X[:, 2]])


@pytest.mark.parametrize(
    "f", [cronbach, items, kmo, bartlett, vif, parallel, skewness, kurtosis, correlations]
)
def test_constant_columns_gaps_and_few_rows_are_named(f):
    with pytest.raises(MethodError, match="column 2 the same in every row -> leave it out"):
        f(FLAT)
    gap = X.copy()
    gap[5, 1] = np.nan
    with pytest.raises(MethodError, match=r"not a finite number in column 1 .*row 5.* -> fill"):
        f(gap)
    with pytest.raises(MethodError, match=r"at least [34] rows.*take more units"):
        f(X[:2])


@pytest.mark.parametrize("f", [kmo, bartlett, vif])
def test_singular_matrices_are_named(f):
    with pytest.raises(MethodError, match="singular; columns 0, 2, 3 determine each other"):
        f(SINGULAR)
    with pytest.raises(MethodError, match="5 rows of 5 columns.*more rows than columns"):
        f(X[:5])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: cronbach(np.column_stack([X[:, 0], -X[:, 0]])),
            "sum of the columns does not vary",
        ),
        (lambda: items(np.column_stack([X[:, 0], -X[:, 0], X[:, 1]])), "without column 2 the sum"),
        (lambda: items(X[:, :2]), "at least 3 rows and 3 columns"),
        (lambda: kmo(np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])), "columns 0, 1 uncorrelated"),
        (lambda: parallel(X, draws=0), "draws = 0"),
        (lambda: parallel(X, quantile=1.0), "quantile = 1.0"),
        (lambda: correlations(X, method="r"), "method = 'r'"),
        (lambda: correlations(X, gaps="drop"), "gaps = 'drop'"),
        (lambda: correlations([["a", 1]] * 4, gaps="pairwise"), "are not numbers"),
        (lambda: cluster(X[:5]), "not symmetric"),
        (lambda: cluster(np.ones((4, 4)) - np.eye(4), count=5), "count = 5 of 4"),
    ],
)
def test_other_refusals(call, message):
    with pytest.raises(MethodError, match=message):
        call()


# -- laws -----------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(x=TABLES, data=st.data())
def test_rows_columns_and_units_do_not_matter(x, data):
    n, k = x.shape
    assume((x.std(axis=0) > 0).all())
    assume(np.linalg.eigvalsh(np.corrcoef(x.T))[0] > 1e-3)
    assume(x.sum(axis=1).std() > 1)
    rows = data.draw(st.permutations(range(n)))
    order = data.draw(st.permutations(range(k)))
    scale = data.draw(st.sampled_from([0.01, 1.0, 1000.0]))
    own = scale * 10.0 ** np.arange(k)  # a unit for each column
    before = x.copy()
    y = (x * scale + 3 * scale)[rows][:, order]
    z = (x * own)[rows][:, order]

    def near(a, b):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)

    near(cronbach(y), cronbach(x))
    near(cronbach(z, standardised=True), cronbach(x, standardised=True))
    for a, b in zip(items(z, standardised=True), items(x, standardised=True), strict=True):
        near(a, b[order])
    near(kmo(z)[0], kmo(x)[0])
    near(kmo(z)[1], kmo(x)[1][order])
    near(bartlett(z).chi2, bartlett(x).chi2)
    near(vif(z), vif(x)[order])
    near(skewness(z), skewness(x)[order])
    near(kurtosis(z), kurtosis(x)[order])
    near(parallel(z, draws=5).eigenvalues, parallel(x, draws=5).eigenvalues)
    for method in ("pearson", "spearman", "kendall"):
        near(
            correlations(z, method=method).r,
            correlations(x, method=method).r[np.ix_(order, order)],
        )
    assert (x == before).all()
    assert cronbach(x) <= 1 + 1e-12
    assert 0 <= kmo(x)[0] <= 1
    assert (vif(x) >= 1).all()


def test_numbers_of_extreme_size_have_the_same_shape_and_reliability():
    assert skewness(X * 1e200) == pytest.approx(skewness(X))
    assert kurtosis(X * 1e-200) == pytest.approx(kurtosis(X))
    assert cronbach(X * 1e200) == pytest.approx(cronbach(X))
    assert correlations(X * [1e200, 1, 1e-200, 1, 1]).r == pytest.approx(correlations(X).r)


def test_a_data_frame_is_read_as_it_is():
    assert cronbach(pd.DataFrame(X)) == cronbach(X)

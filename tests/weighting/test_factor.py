"""The factor weights of the OECD/JRC Handbook: what reproduces, and why the rest does not."""

import numpy as np
import pytest

import gz_index as gz
from gz_index.weighting import factor, factor_analysis, principal_components
from gz_index.weighting.pca import varimax, weights_from_loadings
from tests.golden import reference

PRINTED = reference("oecd2008_factor")
HALF = 0.005  # rounding of two decimals


def tai():
    codes = PRINTED["order"]
    return gz.data("tai-2008")[codes].to_numpy(float)


def test_the_five_steps_from_the_printed_loadings():
    w = weights_from_loadings(PRINTED["loadings"])
    assert (w.round(2) == PRINTED["weights_from_loadings"]).all()


def test_the_rotated_loadings_come_from_the_data():
    f = factor_analysis(tai())
    assert f.loadings.shape[1] == 4  # the Handbook's rule keeps the eigenvalue .89 of 11 %
    printed = np.array(PRINTED["loadings"])
    order = [int(np.abs(printed.T @ f.loadings[:, k]).argmax()) for k in range(4)]
    assert sorted(order) == [0, 1, 2, 3]
    # printed at two decimals from data printed at two decimals: a unit of the last place and a half
    assert np.abs(f.loadings - printed[:, order]).max() < 0.015


def test_table_22_reproduces_where_it_follows_from_table_17():
    w, table = factor(tai()), np.array(PRINTED["weights_table_22"])
    steps = np.array(PRINTED["weights_from_loadings"])
    same = steps == table
    assert same.tolist() == [True, False, True, True, True, False, False, True]
    assert np.abs(steps - table).max() == pytest.approx(0.01)
    assert np.abs(w - steps).max() < 0.01
    near = np.abs(w - table) <= HALF
    assert near[[0, 1, 2, 3, 7]].all()


def test_table_22_is_that_of_telephones_and_electricity_without_logarithm():
    x = tai()
    x[:, 4:6] = 10 ** x[:, 4:6]
    table = np.array(PRINTED["weights_table_22"])
    near = np.abs(factor(x, retain=4, kaiser_normalise=False) - table) <= HALF
    assert near.tolist() == [True, True, True, False, True, True, True, True]
    # and yet the printed correlations are those of the logarithms
    r = gz.data("tai-2008", table="correlations").to_numpy(float)
    assert np.abs(np.corrcoef(tai().T) - r).max() < 0.02
    assert np.abs(np.corrcoef(x.T) - r).max() > 0.1


def test_table_7_but_for_a_truncated_digit():
    values = principal_components(tai()).eigenvalues
    table = gz.data("tai-2008", table="eigenvalues")
    printed = table["eigenvalue"].to_numpy()
    assert (values.round(1) == printed).tolist() == [False] + [True] * 7
    assert printed[0] == 3.3
    assert values[0] / 8 * 100 == pytest.approx(table["percent"].iloc[0], abs=0.05)


def test_varimax_agrees_with_statsmodels_run_to_convergence():
    from statsmodels.multivariate.factor_rotation import rotate_factors

    loadings = principal_components(tai(), retain=4).loadings
    theirs, _ = rotate_factors(loadings, "varimax", tol=1e-12, max_tries=5000)
    ours = varimax(loadings)
    order = [int(np.abs(theirs.T @ ours[:, k]).argmax()) for k in range(4)]
    theirs = theirs[:, order] * np.sign((theirs[:, order] * ours).sum(axis=0))
    assert np.abs(ours - theirs).max() < 1e-5
    criterion = [float((a**4).sum() - ((a**2).sum(axis=0) ** 2).sum() / 8) for a in (ours, theirs)]
    assert criterion[0] >= criterion[1] - 1e-12

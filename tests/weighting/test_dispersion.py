"""Weights from spread (cv, std, gini, scatter degree): reference values and known traps."""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gz_index.errors import MethodError
from gz_index.weighting.dispersion import cv, gini, scatter_degree, std
from tests.golden import golden, panel, raw

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymcdm import weights as pymcdm
    from skcriteria.preprocessing import weighters as skcriteria

Z = panel().reshape(-1, 4)


def positive(n: int, k: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(0.1, 5.0, (n, k))


# --- reference values -----------------------------------------------------------------------------


def test_golden_cv() -> None:
    np.testing.assert_allclose(
        cv(Z), golden("cv_weights_ddof1_on_pooled_minmax"), rtol=0, atol=1e-9
    )


def test_golden_scatter_degree() -> None:
    expected = golden("scatter_degree_weights")
    w = scatter_degree(Z)
    np.testing.assert_allclose(w, expected["w"], rtol=0, atol=1e-9)
    # the same of raw data, whose last column must be turned: unit and origin do not matter
    np.testing.assert_allclose(
        scatter_degree(raw().reshape(-1, 4) * [1, 1, 1, -1]), expected["w"], rtol=0, atol=1e-9
    )
    # H w = lambda_max w, H = sum over years of Z_t' Z_t with z-scores over all rows
    z = ((Z - Z.mean(axis=0)) / Z.std(axis=0)).reshape(3, 5, 4)
    H = sum(zt.T @ zt for zt in z)
    np.testing.assert_allclose(H @ w, expected["lambda_max"] * w, rtol=1e-9)


@pytest.mark.parametrize("shape", [(2, 2), (12, 5), (300, 40)])
def test_agrees_with_other_packages(shape: tuple[int, int]) -> None:
    x = positive(*shape)
    for theirs in (pymcdm.standard_deviation_weights, skcriteria.std_weights):
        np.testing.assert_allclose(std(x, scale=None), theirs(x), rtol=0, atol=1e-9)
    for theirs in (pymcdm.gini_weights, skcriteria.gini_weights):
        np.testing.assert_allclose(gini(x), theirs(x), rtol=0, atol=1e-9)


# --- formulas -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("n", [819, 820, 5001])
def test_blocks_of_rows_do_not_show(n: int, order: Any) -> None:
    x = np.asarray(positive(n, 40), order=order)
    v = x.std(axis=0) / x.mean(axis=0)
    np.testing.assert_allclose(cv(x), v / v.sum(), rtol=1e-12)
    s = x.std(axis=0) / np.ptp(x, axis=0)
    np.testing.assert_allclose(std(x), s / s.sum(), rtol=1e-12)


def test_deviation_far_from_zero_keeps_its_digits() -> None:
    x = positive(50, 3).round(2)
    np.testing.assert_allclose(std(x + 1e8, scale=None), std(x, scale=None), rtol=1e-7)


def test_gini_is_the_mean_absolute_difference() -> None:
    x = positive(30, 3)
    g = np.abs(x[:, None] - x[None]).mean(axis=(0, 1)) / (2 * x.mean(axis=0))
    np.testing.assert_allclose(gini(x), g / g.sum(), rtol=1e-12)


# --- scatter degree with indicators that run against each other -----------------------------------


def best_by_enumeration(r: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Largest w'rw over w >= 0, |w| = 1: a positive top eigenvector of some block of r."""
    best, w = 0.0, np.zeros(len(r))
    for size in range(1, len(r) + 1):
        for block in map(list, combinations(range(len(r)), size)):
            value, vector = np.linalg.eigh(r[np.ix_(block, block)])
            v = vector[:, -1] * np.sign(vector[np.abs(vector[:, -1]).argmax(), -1])
            if value[-1] > best and (v >= 0).all():
                best, w = value[-1], np.zeros(len(r))
                w[block] = v
    return best, w


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(3, 7), n=st.integers(6, 40))
def test_scatter_degree_is_the_constrained_maximum(seed: int, k: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k)) @ rng.normal(size=(k, k))
    r = np.corrcoef(x, rowvar=False)
    best, right = best_by_enumeration(r)
    if best < 1 + 1e-9:  # no pair is better than one indicator alone: single indicators tie
        with pytest.raises(MethodError, match="equally well"):
            scatter_degree(x)
        return
    w = scatter_degree(x)
    np.testing.assert_allclose(w, right / right.sum(), rtol=0, atol=1e-6)
    assert w @ r @ w / (w @ w) == pytest.approx(best, rel=1e-12)


def test_an_opposed_indicator_weighs_nothing() -> None:
    x = positive(40, 1) + 0.3 * positive(40, 4, seed=1)
    x[:, 2] *= -1
    w = scatter_degree(x)
    assert w[2] == 0.0
    np.testing.assert_allclose(w[[0, 1, 3]], scatter_degree(x[:, [0, 1, 3]]), rtol=1e-12)


@pytest.mark.parametrize("x", [[[1, 3], [2, 2], [3, 1]], [[1, 1], [1, -1], [-1, 1], [-1, -1]]])
def test_scatter_degree_is_refused_where_it_is_not_unique(x: Any) -> None:
    with pytest.raises(MethodError, match="equally well.*check the directions"):
        scatter_degree(x)


# --- traps ----------------------------------------------------------------------------------------


def test_pitfall_05_a_constant_column_weighs_exactly_nothing() -> None:
    x = positive(12, 4)
    x[:, 1] = 0.1 + 0.2
    for scheme in (cv, std, gini):
        w = scheme(x)
        assert w[1] == 0.0
        rest = [0, 2, 3]
        np.testing.assert_allclose(w[rest], scheme(x[:, rest]), rtol=1e-14)
    with pytest.raises(MethodError, match="column 1 the same in every row and has no z-scores"):
        scatter_degree(x)
    # 0.3 and 0.1 + 0.2 are the same number but for the last digit
    x[::2, 1] = 0.3
    assert std(x)[1] == cv(x)[1] == gini(x)[1] == 0.0


@pytest.mark.parametrize("scheme", [cv, std, gini])
def test_no_column_varies(scheme: Any) -> None:
    with pytest.raises(MethodError, match="no indicator tells the units apart"):
        scheme([[1, 7], [1, 7]])


@pytest.mark.parametrize("scale", [1e307, 1e-300, 1e-320])
def test_pitfall_06_very_large_and_very_small_numbers(scale: float) -> None:
    x = positive(12, 4)
    small = x.copy()
    with np.errstate(under="ignore"):
        small[:, 0] *= scale  # one column in odd units
    for scheme in (cv, std, gini, scatter_degree):
        np.testing.assert_allclose(
            scheme(small), scheme(x), rtol=0, atol=1e-3 * (scale < 1e-310) + 1e-12
        )
    with np.errstate(all="ignore"):
        assert not np.isfinite(pymcdm.standard_deviation_weights(x * scale)).all()
        assert not np.isfinite(skcriteria.std_weights(x * scale)).all()


def test_raw_deviations_of_huge_numbers() -> None:
    x = positive(12, 3)
    np.testing.assert_allclose(std(x * 1e307, scale=None), std(x, scale=None), rtol=1e-12)


@pytest.mark.parametrize("scheme", [cv, std, gini, scatter_degree])
def test_pitfall_06_too_few_rows_or_columns(scheme: Any) -> None:
    with pytest.raises(MethodError, match="at least 2 rows"):
        scheme([[1, 2, 3]])
    with pytest.raises(MethodError, match="at least 2 rows and 1 columns; got 3 x 0"):
        scheme(np.empty((3, 0)))
    with pytest.raises(MethodError, match="needs a matrix"):
        scheme([1, 2, 3])
    np.testing.assert_array_equal(scheme([[1], [2]]), [1.0])


def test_pitfall_07_raw_deviations_follow_the_unit() -> None:
    x = positive(30, 4)
    yuan = x * [1, 1, 10_000, 1]  # one column from 10,000 yuan to yuan
    assert pymcdm.standard_deviation_weights(yuan)[2] > 0.997
    assert std(yuan, scale=None)[2] > 0.997  # on request only
    np.testing.assert_allclose(std(yuan), std(x), rtol=1e-12)
    np.testing.assert_allclose(cv(yuan), cv(x), rtol=1e-12)


@pytest.mark.parametrize("scheme", [cv, gini])
def test_pitfall_04_no_ratio_scale_is_refused(scheme: Any) -> None:
    x = positive(12, 4)
    x[3, 2] = -1.0
    with pytest.raises(MethodError, match=r"negative in column 2 \(first: -1.0 at row 3\).*ratio"):
        scheme(x)
    # other packages return plausible weights
    for theirs in (pymcdm.gini_weights, skcriteria.gini_weights):
        assert (theirs(x) > 0).all()
    z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    with pytest.raises(MethodError, match="not z-scores"):
        scheme(z)
    with pytest.raises(MethodError, match="column 1 zero in every row, so that its mean is zero"):
        scheme([[1, 0], [2, 0]])


def test_unknown_scale() -> None:
    with pytest.raises(MethodError, match="std: scale = 'zscore' -> scale is 'minmax' or None"):
        std(Z, scale="zscore")  # type: ignore[arg-type]

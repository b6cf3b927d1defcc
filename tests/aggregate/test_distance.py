"""TOPSIS, Wroclaw taxonomy and grey relational analysis."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gz_index import MethodError
from gz_index.aggregate import grey_relational, topsis, wroclaw
from tests.golden import golden, panel

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymcdm.methods import TOPSIS as PYMCDM
    from pymcdm.normalizations import minmax_normalization, vector_normalization
    from skcriteria import mkdm
    from skcriteria.agg.topsis import TOPSIS as SKCRITERIA
    from skcriteria.preprocessing.scalers import VectorScaler

Matrix = NDArray[np.float64]
Z = panel().reshape(-1, 4)
W = golden("panel_entropy_limit0")["w"]


def made(seed: int = 0, shape: tuple[int, int] = (12, 4)) -> tuple[Matrix, Matrix]:
    rng = np.random.default_rng(seed)
    w = rng.uniform(0.1, 1, shape[1])
    return rng.uniform(0.1, 1, shape), np.asarray(w / w.sum())


def equal(a: Matrix, b: Matrix, atol: float = 1e-9) -> None:
    np.testing.assert_allclose(a, b, rtol=0, atol=atol)


# golden -----------------------------------------------------------------------------------------


def test_topsis_golden() -> None:
    equal(topsis(Z, W).reshape(3, 5), golden("topsis_weighted_matrix"))
    equal(topsis(Z, W, weigh="distance").reshape(3, 5), golden("topsis_weighted_distance"))
    # pooled min-max: best and worst of the rows are 1 and 0
    equal(topsis(Z, W, ideal="unit"), topsis(Z, W), 1e-15)


def test_grey_relational_golden() -> None:
    equal(grey_relational(Z, W).reshape(3, 5), golden("gra_rho05_weighted"))
    equal(grey_relational(Z, W, ideal="sample"), grey_relational(Z, W), 1e-15)


# TOPSIS -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_topsis_agrees_with_two_packages(seed: int) -> None:
    x, w = made(seed)
    up = np.ones(4)
    equal(topsis(x, w, scale="vector"), PYMCDM(vector_normalization)(x, w, up))
    z = (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))
    equal(topsis(z, w), PYMCDM(minmax_normalization)(x, w, up))
    table = mkdm(x, [max] * 4, weights=w)
    equal(topsis(x, w), SKCRITERIA().evaluate(table).e_.similarity)
    scaled = VectorScaler(target="matrix").transform(table)
    equal(topsis(x, w, scale="vector"), SKCRITERIA().evaluate(scaled).e_.similarity)


def test_the_two_conventions_differ_but_for_equal_weights() -> None:
    x, w = made(1)
    assert np.abs(topsis(x, w) - topsis(x, w, weigh="distance")).max() > 0.005
    quarters = np.full(4, 0.25)
    equal(topsis(x, quarters), topsis(x, quarters, weigh="distance"), 1e-14)


@settings(max_examples=80, deadline=None)
@given(
    x=arrays(np.float64, (6, 3), elements=st.floats(0, 1), unique=True),
    w=arrays(np.float64, 3, elements=st.floats(0.01, 1)),
)
def test_scores_lie_in_the_unit_interval_and_extremes_are_reached(x: Matrix, w: Matrix) -> None:
    w = w / w.sum()
    x = np.vstack([x, np.zeros(3), np.ones(3)])
    for score in (topsis(x, w), topsis(x, w, weigh="distance"), grey_relational(x, w)):
        assert ((score >= 0) & (score <= 1 + 1e-12)).all()
        assert score[-1] == pytest.approx(1, abs=1e-12)
        assert score.argmin() == 6 or score.min() == pytest.approx(score[6], abs=1e-12)
    assert topsis(x, w)[6] == 0
    taxonomic = wroclaw(x, w)
    assert taxonomic[-1] == 1
    assert (taxonomic <= 1).all()


def test_a_fixed_ideal_does_not_move_with_the_sample() -> None:
    x, w = made(2)
    equal(topsis(x, w, ideal="unit")[:4], topsis(x[:4], w, ideal="unit"), 1e-15)
    assert np.abs(topsis(x, w)[:4] - topsis(x[:4], w)).max() > 0.01
    one = topsis(x[:1], w, ideal="unit")
    by_hand = np.linalg.norm(w * x[0]) / (np.linalg.norm(w * x[0]) + np.linalg.norm(w * (1 - x[0])))
    equal(one, np.array([by_hand]), 1e-14)


def test_topsis_refuses_what_it_cannot_tell_apart() -> None:
    half = np.full(2, 0.5)
    for x in ([[0.5, 0.5]] * 3, [[0.5, 0.2]]):
        with pytest.raises(MethodError, match="do not differ .* -> drop constant .* 'unit'"):
            topsis(x, half)
    with pytest.raises(MethodError, match="do not differ"):
        topsis([[1.0, 0.2], [1.0, 0.9]], [1.0, 0.0])  # they differ without weight only
    equal(topsis([[0.5, 0.5]] * 3, half, ideal="unit"), np.full(3, 0.5))
    # a constant column of zeros has no norm; the others decide
    equal(topsis([[0.0, 1.0], [0.0, 2.0]], half, scale="vector"), np.array([0.0, 1.0]))


@pytest.mark.parametrize("method", [topsis, grey_relational])
def test_an_ideal_of_one_refuses_better_than_ideal(method: object) -> None:
    x, w = made(3)
    x[7, 2] = 1.5
    with pytest.raises(MethodError, match=r"outside \[0, 1\] in column 2 .*1.5 at row 7.*'sample'"):
        method(x, w, ideal="unit")  # type: ignore[operator]
    assert np.isfinite(method(x, w, ideal="sample")).all()  # type: ignore[operator]


def test_unknown_options_list_what_is_known() -> None:
    x, w = made()
    with pytest.raises(MethodError, match="weigh = 'rows' -> one of matrix, distance"):
        topsis(x, w, weigh="rows")  # type: ignore[arg-type]
    with pytest.raises(MethodError, match="ideal = 'best' -> one of sample, unit"):
        topsis(x, w, ideal="best")  # type: ignore[arg-type]
    with pytest.raises(MethodError, match="scale = 'max' -> one of none, vector"):
        topsis(x, w, scale="max")  # type: ignore[arg-type]
    with pytest.raises(MethodError, match="ideal = 'best' -> one of unit, sample"):
        grey_relational(x, w, ideal="best")  # type: ignore[arg-type]


# Wroclaw taxonomy -------------------------------------------------------------------------------


def test_wroclaw_by_hand() -> None:
    x, w = made(4)
    d = np.array([np.sqrt(sum(w * (row - x.max(axis=0)) ** 2)) for row in x])
    spread = np.sqrt(((d - d.mean()) ** 2).mean())
    equal(wroclaw(x, w), 1 - d / (d.mean() + 2 * spread), 1e-13)


def test_a_very_poor_unit_falls_below_zero() -> None:
    x = np.vstack([np.ones((20, 2)) - 0.01 * np.eye(20, 2), [[-9.0, -9.0]]])
    score = wroclaw(x, np.array([0.5, 0.5]))
    assert score[-1] < 0
    assert (score[:-1] > 0.9).all()


def test_wroclaw_refuses_units_that_do_not_differ() -> None:
    with pytest.raises(MethodError, match="do not differ -> drop"):
        wroclaw(np.full((3, 2), 0.4), np.array([0.5, 0.5]))


# grey relational analysis -----------------------------------------------------------------------


def test_minimum_and_maximum_are_taken_over_all_indicators() -> None:
    x, w = made(5)
    rho = 0.3
    delta = 1 - x
    xi = (delta.min() + rho * delta.max()) / (delta + rho * delta.max())
    equal(grey_relational(x, w, rho=rho), xi @ w, 1e-14)
    per_column = (delta.min(axis=0) + rho * delta.max(axis=0)) / (delta + rho * delta.max(axis=0))
    assert np.abs(grey_relational(x, w, rho=rho) - per_column @ w).max() > 0.01


def test_a_further_unit_moves_every_grade() -> None:
    x, w = made(6)
    worse = np.vstack([x, np.full((1, 4), 0.0)])
    assert (grey_relational(worse, w)[:-1] > grey_relational(x, w)).all()


def test_grey_relational_refusals() -> None:
    x, w = made()
    for rho in (0, -1, 1.5, np.nan):
        with pytest.raises(MethodError, match=r"rho = .* -> rho lies in \(0, 1\]"):
            grey_relational(x, w, rho=rho)
    with pytest.raises(MethodError, match="every unit is the ideal .* -> drop"):
        grey_relational(np.ones((3, 4)), w)

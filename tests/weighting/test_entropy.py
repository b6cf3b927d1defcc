"""Entropy weights: reference values, agreement with other packages, and known traps."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from gz_index.errors import MethodError
from gz_index.weighting.entropy import audit_entropy, entropy, entropy_stata_ln_t, entropy_values
from tests.golden import golden, panel, raw, reference

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymcdm.weights import entropy_weights as pymcdm_entropy
    from skcriteria.preprocessing.weighters import entropy_weights as skcriteria_entropy

Z = panel().reshape(-1, 4)


def positive(n: int, k: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(0.1, 5.0, (n, k))


def bare(x: NDArray[np.float64]) -> Any:
    p = x / x.sum(axis=0)
    d = 1 + (p * np.log(p)).sum(axis=0) / np.log(len(x))
    return d / d.sum()


# --- reference values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shift"), [("panel_entropy_limit0", 0.0), ("panel_entropy_plus1e-4", 1e-4)]
)
def test_golden_panel(name: str, shift: float) -> None:
    expected = golden(name)
    np.testing.assert_allclose(entropy_values(Z, shift=shift), expected["e"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(entropy(Z, shift=shift), expected["w"], rtol=0, atol=1e-9)
    scores = (Z + shift) @ entropy(Z, shift=shift)
    # the score is of the data without the shift
    np.testing.assert_allclose(
        scores.reshape(3, 5) - shift, expected["score_year_city"], rtol=0, atol=1e-9
    )


def test_golden_cross_section() -> None:
    z = panel()[2]
    z = (z - z.min(axis=0)) / (z.max(axis=0) - z.min(axis=0))
    expected = golden("cross_section_entropy_year3")
    np.testing.assert_allclose(entropy_values(z), expected["e"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(entropy(z), expected["w"], rtol=0, atol=1e-9)


def test_xu_2004() -> None:
    paper = reference("xu2004")
    np.testing.assert_allclose(
        entropy(paper["x"]), paper["entropy"], rtol=0, atol=paper["rounding"]
    )


@pytest.mark.parametrize("theirs", [pymcdm_entropy, skcriteria_entropy])
@pytest.mark.parametrize("shape", [(2, 2), (12, 5), (300, 40)])
def test_agrees_with_other_packages(theirs: Any, shape: tuple[int, int]) -> None:
    x = positive(*shape)
    np.testing.assert_allclose(entropy(x), theirs(x), rtol=0, atol=1e-9)


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("n", [819, 820, 5001])
def test_blocks_of_rows_do_not_show(n: int, order: Any) -> None:
    x = np.asarray(positive(n, 40), order=order)
    np.testing.assert_allclose(entropy(x), bare(x), rtol=1e-12)
    np.testing.assert_allclose(entropy(x[::2, ::3]), bare(x[::2, ::3]), rtol=1e-12)


def test_zero_cells_take_the_limit() -> None:
    # column 0: p = (1/2, 1/2, 0, 0), e = ln 2 / ln 4; column 1: all in one row, e = 0
    x = [[1, 3], [1, 0], [0, 0], [0, 0]]
    np.testing.assert_allclose(entropy_values(x), [0.5, 0.0], rtol=0, atol=1e-15)
    np.testing.assert_allclose(entropy(x), [1 / 3, 2 / 3], rtol=1e-15)


def test_columns_that_hardly_vary_keep_their_digits() -> None:
    u = np.random.default_rng(1).normal(size=(50, 3)) * [1.0, 2.0, 3.0]
    x = 1.0 + 1e-8 * u
    # d = var / (2 mean^2 ln n) + O(1e-24)
    right = (x - 1).var(axis=0) / (x - 1).var(axis=0).sum()
    np.testing.assert_allclose(entropy(x), right, rtol=1e-6)
    # 1 - e cannot hold them
    assert np.abs(skcriteria_entropy(x) - right).max() > 0.05


def test_any_table_of_numbers_is_taken() -> None:
    x = positive(20, 3).round(3)
    frame = pd.DataFrame(x, columns=list("abc"))
    np.testing.assert_allclose(entropy(frame), entropy(x.tolist()), rtol=1e-14)
    np.testing.assert_allclose(entropy(x.astype(np.float32)), entropy(x), rtol=1e-5)
    np.testing.assert_array_equal(entropy([[3], [1]]), [1.0])


# --- traps ----------------------------------------------------------------------------------------


def made_panel() -> NDArray[np.float64]:
    """30 units x 10 periods, 12 indicators of different skewness, min-max over all rows."""
    rng = np.random.default_rng(1)
    level = rng.lognormal(0.0, np.linspace(0.2, 1.2, 12), (30, 1, 12))
    growth = rng.uniform(1.02, 1.2, (30, 1, 12)) ** np.arange(10)[None, :, None]
    x = (level * growth).reshape(300, 12)
    return np.asarray((x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0)))


def test_pitfall_01_ln_t_reverses_the_weights() -> None:
    z = made_panel()
    right, recipe = entropy(z), entropy_stata_ln_t(z, periods=10)
    # the recipe looks sound ...
    assert (recipe > 0).all()
    assert recipe.sum() == pytest.approx(1)
    # ... and is exactly upside down, which changes who leads in the last period
    assert spearmanr(right, recipe).statistic == pytest.approx(-1, abs=1e-12)
    last = z.reshape(30, 10, 12)[:, -1]
    assert np.argmax(last @ right) != np.argmax(last @ recipe)


def test_pitfall_01_entropies_above_one_are_refused() -> None:
    e = entropy_values(made_panel()) * np.log(300) / np.log(10)  # what the recipe calls entropy
    assert (e > 1).all()
    with pytest.raises(MethodError, match=r"columns 0, 1, 2, 3, 4 and 7 more is above 1.*reverse"):
        audit_entropy(e)


def test_stata_recipe_by_its_own_steps() -> None:
    z = panel().reshape(-1, 4) + 0.01
    p = z / z.sum(axis=0)
    d = 1 + (p * np.log(p)).sum(axis=0) / np.log(3)
    np.testing.assert_allclose(entropy_stata_ln_t(z, periods=3), d / d.sum(), rtol=1e-12)
    for periods in (1, 15):
        with pytest.raises(MethodError, match="2 <= periods < rows"):
            entropy_stata_ln_t(z, periods=periods)


@pytest.mark.parametrize(
    ("e", "match"),
    [
        ([0.5, 1.01], "entropy 1.01 of column 1 is above 1"),
        ([-0.2, 0.5], "entropy -0.2 of column 0 is below 0"),
        ([0.2, np.nan], "column 1 is not a finite number: 0 ln 0"),
    ],
)
def test_audit_names_the_column_and_the_cause(e: list[float], match: str) -> None:
    with pytest.raises(MethodError, match=match):
        audit_entropy(e)


def test_audit_lets_rounding_pass() -> None:
    np.testing.assert_array_equal(audit_entropy([1 + 1e-15, -1e-16, 0.4]), [1.0, 0.0, 0.4])


def test_pitfall_04_a_negative_cell_is_refused() -> None:
    x = positive(12, 5)
    x[3, 2] = -1.0
    with pytest.raises(MethodError, match=r"negative in column 2 \(first: -1.0 at row 3\) -> norm"):
        entropy(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(skcriteria_entropy(x)[2])


def test_a_shift_may_lift_negative_cells() -> None:
    x = positive(12, 5) - 1.0
    np.testing.assert_allclose(entropy(x, shift=2.0), entropy(x + 2.0), rtol=1e-12)
    with pytest.raises(MethodError, match="negative"):
        entropy(x, shift=0.5)


def test_pitfall_08_the_limit_needs_no_shift_and_a_shift_moves_weights() -> None:
    limit = entropy(Z)
    moves = [np.abs(entropy(Z, shift=s) - limit).max() for s in (1e-10, 1e-4, 1e-2, 1.0)]
    assert moves == sorted(moves)
    assert moves[0] < 1e-9
    assert moves[1] < 3e-5  # 1e-4 is harmless
    assert moves[3] > 50 * moves[1]
    # a sparse column makes the shift matter more
    sparse = np.column_stack([np.where(np.arange(15) < 12, 0.0, Z[:, 0]), Z[:, 1:]])
    assert np.abs(entropy(sparse, shift=1.0) - entropy(sparse)).max() > 0.05
    # another package refuses the zeros that min-max makes in every column
    with pytest.raises(ValueError, match="positive"):
        pymcdm_entropy(Z)


@pytest.mark.parametrize("shift", [-0.1, np.inf, np.nan])
def test_a_shift_is_finite_and_not_negative(shift: float) -> None:
    with pytest.raises(MethodError, match="shift = .*adds nothing"):
        entropy(Z, shift=shift)


def test_pitfall_09_the_normalisation_is_part_of_the_scheme() -> None:
    x = raw().reshape(-1, 4)
    x[:, 3] = 1 / x[:, 3]
    by_sum, by_norm = x / x.sum(axis=0), x / np.sqrt((x**2).sum(axis=0))
    minmax = (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))
    # unit does not matter, origin does
    np.testing.assert_allclose(entropy(by_sum), entropy(x), rtol=0, atol=1e-12)
    np.testing.assert_allclose(entropy(by_norm), entropy(x), rtol=0, atol=1e-12)
    assert np.abs(entropy(minmax) - entropy(x)).max() > 0.05
    # ... without bound: far from zero the same spread weighs nothing
    far = np.column_stack([x[:, 0] + 1e4, x[:, 1]])
    assert entropy(far)[0] < 1e-4 < 0.3 < entropy(x[:, :2])[0]


def test_zero_columns_have_no_shares() -> None:
    with pytest.raises(MethodError, match="columns 1, 2 zero in every row.*drop the indicator"):
        entropy([[1, 0, 0], [2, 0, 0]])
    np.testing.assert_array_equal(entropy([[1, 0, 0], [2, 0, 0]], shift=1.0), [1.0, 0.0, 0.0])


def test_no_column_varies() -> None:
    with pytest.raises(MethodError, match="no indicator tells the units apart"):
        entropy([[1, 7], [1, 7]])

"""The Mazziotta-Pareto index by its formula: divisor n, both penalties, weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gz_index import MethodError
from gz_index.aggregate import arithmetic, mpi

Matrix = NDArray[np.float64]
#: a made table, four units and three indicators; the results below are rounded to four decimals
X = np.array([[1.0, 2, 3], [2, 2, 2], [3, 1, 5], [4, 4, 4]])
THIRDS = np.full(3, 1 / 3)


def standardised() -> Matrix:
    """Mean 100, population standard deviation 10."""
    return np.asarray(100 + 10 * (X - X.mean(axis=0)) / X.std(axis=0))


def around_reference() -> Matrix:
    """Goalposts 70 to 130 of the length of the range, 100 at the mean of each column."""
    reference, half = X.mean(axis=0), (X.max(axis=0) - X.min(axis=0)) / 2
    return np.asarray((X - (reference - half)) / (2 * half) * 60 + 70)


def test_mpi_of_a_small_table() -> None:
    want = [93.0241, 93.0241, 101.1019, 111.0950]
    np.testing.assert_allclose(mpi(standardised(), THIRDS), want, rtol=0, atol=5.1e-5)


def test_adjusted_mpi_of_a_small_table() -> None:
    want = [83.6275, 83.6275, 100.0794, 124.0667]
    np.testing.assert_allclose(mpi(around_reference(), THIRDS), want, rtol=0, atol=5.1e-5)


def test_divisor_is_n_and_the_sign_of_the_penalty_counts() -> None:  # pitfall 19
    z = standardised()
    mean, spread = z.mean(axis=1), z.var(axis=1)
    minus, plus = mpi(z, THIRDS), mpi(z, THIRDS, penalty="+")
    np.testing.assert_allclose(minus, mean - spread / mean, rtol=1e-13)
    np.testing.assert_allclose(plus, mean + spread / mean, rtol=1e-13)
    assert (np.abs(minus - (mean - z.var(axis=1, ddof=1) / mean)) > 0.1).any()
    assert (plus - minus > 1).any()


def test_weights_act_as_repeated_columns() -> None:
    z = standardised()
    repeated = mpi(z[:, [0, 0, 0, 1, 1, 2]], np.full(6, 1 / 6))
    np.testing.assert_allclose(mpi(z, np.array([3, 2, 1]) / 6), repeated, rtol=1e-13)
    by_hand = 110 - (0.25 * 30**2 + 0.75 * 10**2) / 110
    assert mpi([[80.0, 120.0]], [0.25, 0.75])[0] == pytest.approx(by_hand, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(
    x=arrays(np.float64, (4, 5), elements=st.floats(50, 150)),
    w=arrays(np.float64, 5, elements=st.floats(0.01, 1)),
)
def test_penalties_lie_on_both_sides_of_the_mean_and_vanish_with_balance(
    x: Matrix, w: Matrix
) -> None:
    w = w / w.sum()
    mean, minus, plus = arithmetic(x, w), mpi(x, w), mpi(x, w, penalty="+")
    np.testing.assert_allclose(minus + plus, 2 * mean, rtol=1e-12)
    assert (minus <= mean).all()
    level = np.repeat(x[:, :1], 5, axis=1)
    for penalty in ("-", "+"):
        np.testing.assert_allclose(mpi(level, w, penalty=penalty), x[:, 0], rtol=1e-12)


def test_refusals() -> None:
    x = np.array([[1.0, 2.0], [-3.0, 1.0], [1.0, 1.0]])
    w = np.array([0.5, 0.5])
    with pytest.raises(MethodError, match=r"mean of row 1 is -1, not above zero -> normalise to"):
        mpi(x, w)
    with pytest.raises(MethodError, match="mean of row 1 is -1"):
        mpi(np.stack([x + 9, x]), w)
    for penalty in ("POS", "", None, 1):
        with pytest.raises(MethodError, match="penalty = .* -> penalty is '-' or '\\+'"):
            mpi(x + 9, w, penalty=penalty)  # type: ignore[arg-type]

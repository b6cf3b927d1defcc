"""Rank-sum ratio, Borda, outranking, Copeland and the Kemeny order."""

from __future__ import annotations

import itertools
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gz_index import MethodError
from gz_index.aggregate import borda, copeland, kemeny, kemeny_order, outranking, rsr
from tests.golden import golden

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymcdm.methods import PROMETHEE_II

Matrix = NDArray[np.float64]
#: three orders of four units, weighing .5, .3 and .2, whose outranking matrix is the golden one
BALLOTS = np.array([[4, 1, 2], [3, 3, 1], [2, 2, 4], [1, 4, 3]], dtype=float)
BALLOT_WEIGHTS = np.array([0.5, 0.3, 0.2])
#: each unit beats the next by two thirds: a cycle
CYCLE = np.array([[3, 1, 2], [2, 3, 1], [1, 2, 3]], dtype=float)
THIRDS = np.full(3, 1 / 3)

small = arrays(
    np.int64, st.tuples(st.integers(2, 6), st.integers(1, 5)), elements=st.integers(0, 4)
)
raw_weights = arrays(np.float64, 5, elements=st.floats(0.01, 1))


def made(seed: int, n: int, k: int) -> tuple[Matrix, Matrix]:
    rng = np.random.default_rng(seed)
    w = rng.uniform(0.1, 1, k)
    return rng.uniform(size=(n, k)), np.asarray(w / w.sum())


def support(e: Matrix, order: tuple[int, ...]) -> float:
    return float(sum(e[a, b] for i, a in enumerate(order) for b in order[i + 1 :]))


def best_support(e: Matrix) -> float:
    """Largest support of all n! orders."""
    return max(support(e, order) for order in itertools.permutations(range(len(e))))


def by_pairs(x: Matrix, w: Matrix) -> Matrix:
    """Outranking matrix by its definition."""
    n = len(x)
    e = np.zeros((n, n))
    for a, b in itertools.permutations(range(n), 2):
        e[a, b] = w[x[a] > x[b]].sum() + w[x[a] == x[b]].sum() / 2
    return e


# rank sums --------------------------------------------------------------------------------------


def test_rank_sums_with_ties() -> None:
    x = np.array([[1.0, 5, 2], [2, 5, 2], [3, 1, 2], [3, 7, 2]])
    w = np.array([0.5, 0.3, 0.2])
    ranks = np.array([[1, 2.5, 2.5], [2, 2.5, 2.5], [3.5, 1, 2.5], [3.5, 4, 2.5]])
    np.testing.assert_allclose(rsr(x, w), ranks @ w / 4, rtol=1e-14)
    np.testing.assert_allclose(borda(x, w), (ranks - 1) @ w, rtol=1e-14)


@settings(max_examples=80, deadline=None)
@given(x=small, v=raw_weights)
def test_borda_counts_the_weight_of_units_beaten(x: Matrix, v: Matrix) -> None:
    w = v[: x.shape[1]] / v[: x.shape[1]].sum()
    e = by_pairs(x, w)
    np.testing.assert_allclose(outranking(x, w), e, atol=1e-14)
    np.testing.assert_allclose(borda(x, w), e.sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(rsr(x, w) * len(x), borda(x, w) + 1, atol=1e-12)
    assert borda(x, w).sum() == pytest.approx(len(x) * (len(x) - 1) / 2)


@pytest.mark.parametrize("seed", range(3))
def test_borda_is_the_net_flow_of_promethee_with_the_usual_criterion(seed: int) -> None:
    x, w = made(seed, 12, 5)
    flow = PROMETHEE_II("usual")(x, w, np.ones(5))  # in [-1, 1]
    np.testing.assert_allclose(borda(x, w), 11 / 2 * (1 + flow), rtol=0, atol=1e-9)


@pytest.mark.parametrize("method", [rsr, borda, copeland, kemeny, outranking])
def test_only_the_order_within_columns_counts(method: object) -> None:
    x, w = made(1, 9, 4)
    y = np.column_stack([np.exp(9 * x[:, 0]), x[:, 1] ** 3 - 5, 1e-200 * x[:, 2], -1 / x[:, 3]])
    np.testing.assert_array_equal(method(x, w), method(y, w))  # type: ignore[operator]
    z = np.where(x > 0.5, 1e308 * x, -1e308 * (1 - x))  # differences beyond float64
    np.testing.assert_array_equal(method(z, w), method(x, w))  # type: ignore[operator]


# outranking and Copeland ------------------------------------------------------------------------


def test_golden_outranking_copeland_and_kemeny() -> None:
    want = golden("kemeny")
    np.testing.assert_allclose(outranking(BALLOTS, BALLOT_WEIGHTS), want["E"], rtol=0, atol=1e-9)
    found = kemeny_order(BALLOTS, BALLOT_WEIGHTS)
    order = tuple(int(i) for i in want["order"])
    # another order may have the same support; the golden one is among the best
    assert found.exact
    assert found.support == pytest.approx(support(want["E"], order), abs=1e-9)
    assert found.support == pytest.approx(best_support(want["E"]), abs=1e-9)
    # the golden row counts the diagonal, 0 < 1/2, as a loss of each unit against itself
    np.testing.assert_array_equal(copeland(BALLOTS, BALLOT_WEIGHTS), want["copeland"] + 1)


@settings(max_examples=80, deadline=None)
@given(x=small, v=raw_weights, seed=st.integers(0, 99))
def test_copeland_is_wins_less_losses_in_any_order_of_rows(x: Matrix, v: Matrix, seed: int) -> None:
    w = v[: x.shape[1]] / v[: x.shape[1]].sum()
    e = by_pairs(x, w)
    off = ~np.eye(len(x), dtype=bool)
    wins, losses = (e > 0.5 + 1e-12) & off, (e < 0.5 - 1e-12) & off
    score = copeland(x, w)
    np.testing.assert_array_equal(score, wins.sum(axis=1) - losses.sum(axis=1))
    rows = np.random.default_rng(seed).permutation(len(x))
    np.testing.assert_array_equal(copeland(x[rows], w), score[rows])


def test_sums_that_are_equal_but_for_rounding_are_ties() -> None:
    w = np.array([0.1, 0.2, 0.3, 0.4])  # .1 + .4 against .2 + .3
    x = np.array([[1.0, 0, 0, 1], [0, 1, 1, 0]])
    for columns in itertools.permutations(range(4)):
        assert copeland(x[:, columns], w[list(columns)]).tolist() == [0, 0]


# Kemeny -----------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(x=small, v=raw_weights, seed=st.integers(0, 99))
def test_kemeny_is_the_best_of_all_orders_whatever_the_order_of_rows(
    x: Matrix, v: Matrix, seed: int
) -> None:
    w = v[: x.shape[1]] / v[: x.shape[1]].sum()
    found = kemeny_order(x, w)
    assert found.exact
    assert sorted(found.order) == list(range(len(x)))
    np.testing.assert_allclose(found.outranking, by_pairs(x, w), atol=1e-14)
    assert found.support == pytest.approx(support(found.outranking, found.order), abs=1e-12)
    assert found.support == pytest.approx(best_support(found.outranking), abs=1e-12)
    rows = np.random.default_rng(seed).permutation(len(x))
    np.testing.assert_array_equal(kemeny(x[rows], w), kemeny(x, w)[rows])


@settings(max_examples=60, deadline=None)
@given(
    v=arrays(np.float64, (6,), elements=st.floats(0.1, 1)),
    near=st.floats(-1e-5, 1e-5),
    seed=st.integers(0, 999),
)
def test_the_exact_order_is_exact_to_the_last_digits(v: Matrix, near: float, seed: int) -> None:
    """Six orders of six units that weigh all but the same: supports differ in small digits."""
    w = 1 + near * v
    w = w / w.sum()
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.permutation(6) for _ in range(6)]).astype(float)
    found = kemeny_order(x, w)
    assert found.support == pytest.approx(best_support(found.outranking), abs=1e-12)


@pytest.mark.parametrize(("n", "k"), [(7, 3), (7, 6), (8, 5)])
def test_kemeny_of_one_large_cycle(n: int, k: int) -> None:
    x, w = made(n * k, n, k)
    x[:, 0], x[:, 1], x[:, 2] = (
        np.arange(n),
        np.roll(np.arange(n), n // 3),
        np.roll(np.arange(n), 2 * n // 3),
    )
    e = outranking(x, w)
    # every order of n units by dynamic programming over sets (Held and Karp)
    best = np.zeros(1 << n)
    for s in range(1, 1 << n):
        inside = [a for a in range(n) if s >> a & 1]
        best[s] = max(best[s ^ 1 << a] + sum(e[b, a] for b in inside if b != a) for a in inside)
    found = kemeny_order(x, w)
    assert found.exact
    assert found.support == pytest.approx(best[-1], abs=1e-12)


def test_blocks_are_stacked_in_the_order_of_majority() -> None:
    """Three cycles of three, each above the next by unanimity; rows shuffled."""
    x = np.vstack([CYCLE + 20, CYCLE + 10, CYCLE])
    rows = np.random.default_rng(0).permutation(9)
    found = kemeny_order(x[rows], THIRDS)
    assert found.exact
    level = [int(rows[i]) // 3 for i in found.order]
    assert level == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    # within a cycle of strength 2/3 the best order loses one comparison: 2/3 + 2/3 + 1/3
    assert found.support == pytest.approx(27 + 3 * 5 / 3, abs=1e-12)
    # each cycle is solved by itself: no block is larger than three
    again = kemeny_order(x[rows], THIRDS, exact_up_to=3)
    assert again.exact
    assert again.order == found.order


@settings(max_examples=60, deadline=None)
@given(
    x=arrays(np.int64, (6, 3), elements=st.integers(0, 5)),
    v=arrays(np.float64, 3, elements=st.floats(0.1, 1)),
)
def test_the_condorcet_winner_is_first_and_the_loser_last(x: Matrix, v: Matrix) -> None:
    w = v / v.sum()
    e, order = outranking(x, w), kemeny_order(x, w).order
    wins = (e > 0.5 + 1e-9).sum(axis=1)
    if wins.max() == 5:
        assert order[0] == wins.argmax()
    losses = (e.T > 0.5 + 1e-9).sum(axis=1)
    if losses.max() == 5:
        assert order[-1] == losses.argmax()


def test_a_search_is_flagged_and_never_better_than_the_proof() -> None:
    for seed in range(6):
        x, w = made(seed, 14, 5)
        exact, rough = kemeny_order(x, w), kemeny_order(x, w, exact_up_to=2)
        assert exact.exact
        assert not rough.exact
        assert sorted(rough.order) == list(range(14))
        assert rough.support <= exact.support + 1e-12
        assert rough.support >= 0.99 * exact.support
        # no single unit gains by moving
        for unit, place in itertools.product(range(14), range(14)):
            line = [u for u in rough.order if u != unit]
            line.insert(place, unit)
            assert support(rough.outranking, tuple(line)) <= rough.support + 1e-11


def test_without_cycles_nothing_has_to_be_searched() -> None:
    x = np.arange(400.0)[:, None] + np.zeros(3)
    found = kemeny_order(x, THIRDS, exact_up_to=2)
    assert found.exact
    assert found.order == tuple(range(399, -1, -1))
    assert found.support == pytest.approx(400 * 399 / 2)


def test_when_time_runs_out_the_search_stands_and_says_so() -> None:
    x, w = made(3, 40, 7)
    start = time.perf_counter()
    found = kemeny_order(x, w, seconds=0.01)
    assert time.perf_counter() - start < 10
    assert not found.exact
    assert sorted(found.order) == list(range(40))
    np.testing.assert_array_equal(
        np.argsort(-kemeny(x, w, exact_up_to=2)), kemeny_order(x, w, exact_up_to=2).order
    )
    for seconds in (0.0, -1.0, np.nan):
        with pytest.raises(MethodError, match=r"seconds = .* -> give"):
            kemeny_order(x, w, seconds=seconds)


def test_scores_count_the_units_below_and_equal_rows_share_them() -> None:
    x = np.array([[3.0, 3], [1, 1], [2, 2], [2, 2], [0, 0]])
    assert kemeny(x, np.array([0.5, 0.5])).tolist() == [4, 1, 2.5, 2.5, 0]
    assert kemeny(np.ones((4, 2)), np.array([0.5, 0.5])).tolist() == [1.5] * 4
    assert kemeny([[1.0, 2.0]], [0.5, 0.5]).tolist() == [0]


def test_thirty_one_units_are_ordered_exactly_in_a_moment() -> None:
    x, w = made(31, 31, 10)
    start = time.perf_counter()
    assert kemeny_order(x, w).exact
    assert time.perf_counter() - start < 10


def test_one_matrix_at_a_time() -> None:
    x, w = made(0, 5, 3)
    with pytest.raises(MethodError, match=r"one matrix \(n, k\) -> loop over the draws"):
        kemeny_order(x[None], w)
    with pytest.raises(MethodError, match=r"one matrix \(n, k\) -> loop over the draws"):
        kemeny_order(x, np.stack([w, w]))

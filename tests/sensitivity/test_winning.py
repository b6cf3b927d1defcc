from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import gz_index as gz
from gz_index.sensitivity.winning import expected_ranks, pairwise_winning, simplex_cut

#: components with ties, zeros and signs of both kinds, far from underflow
NUMBERS = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.5]), st.floats(1e-3, 1e3), st.floats(-1e3, -1e-3)
)


def rows(columns):
    return arrays(np.float64, columns, elements=NUMBERS)


ANY = st.integers(1, 12).flatmap(rows)


def exact(d):
    """Divided difference over distinct components, in fractions."""
    d = [Fraction(float(v)) for v in d]
    total = Fraction(0)
    for j, a in enumerate(d):
        if a > 0:
            term = a ** (len(d) - 1)
            for i, b in enumerate(d):
                if i != j:
                    term /= a - b
            total += term
    return total


def test_two_components_by_hand():
    # d = (a, -b): a w > b (1 - w) where w > b / (a + b)
    d = [[3.0, -1.0], [1.0, -3.0], [0.0, 2.0], [0.0, -2.0], [5.0, 5.0]]
    np.testing.assert_allclose(simplex_cut(d), [3 / 4, 1 / 4, 1, 0, 1], rtol=1e-15)


def test_three_components_by_hand():
    # one above, two below: the corner cut off has the sides a/(a+b) and a/(a+c)
    d = [[2.0, -1.0, -3.0], [-2.0, 1.0, 3.0], [1.0, 0.0, -1.0], [1.0, 1.0, -1.0]]
    cut = 2 / 3 * 2 / 5
    np.testing.assert_allclose(simplex_cut(d), [cut, 1 - cut, 1 / 2, 3 / 4], rtol=1e-15)


def test_nothing_above_zero_has_no_share_and_zero_throughout_neither():
    assert simplex_cut([[0.0, 0.0], [-1.0, 0.0], [-1.0, -2.0]]).tolist() == [0, 0, 0]
    assert simplex_cut([0.0, 1.0, 0.0]) == 1


def test_the_shape_is_kept():
    d = np.random.default_rng(0).normal(size=(2, 3, 5))
    p = simplex_cut(d)
    assert p.shape == (2, 3)
    assert p[1, 2] == simplex_cut(d[1, 2])
    assert simplex_cut(np.zeros((0, 4))).shape == (0,)


@pytest.mark.parametrize("k", [2, 5, 13, 40])
def test_it_equals_the_divided_difference_in_fractions(k):
    d = np.random.default_rng(k).normal(size=(20, k))
    d[:5] += 1  # few against it
    d[5:10, : k // 2] *= 1e-9  # components of very different size
    expected = [float(exact(row)) for row in d]
    np.testing.assert_allclose(simplex_cut(d), expected, rtol=1e-13)


def test_the_smallest_probabilities_keep_their_digits():
    d = np.append(1e-6, -np.arange(1.0, 40.0))
    assert float(exact(d)) < 1e-200
    np.testing.assert_allclose(simplex_cut(d), float(exact(d)), rtol=1e-13)


def test_equal_components_by_hand():
    # as many for as against: one half by symmetry
    assert simplex_cut(np.repeat([1.0, -1.0], 20)) == pytest.approx(0.5, abs=1e-14)
    # sums of exponentials: P(3 G_a > G_b), G gamma of 2 and 3, is P(Beta(2, 3) > 1/4)
    below = 1 - (1 - 1 / 4) ** 4 - 4 * (1 / 4) * (1 - 1 / 4) ** 3
    assert simplex_cut([3.0, 3.0, -1.0, -1.0, -1.0]) == pytest.approx(1 - below, abs=1e-15)


def test_pairwise_winning_agrees_with_two_million_draws():
    rng = np.random.default_rng(20)
    z = rng.normal(size=(6, 5))
    p = pairwise_winning(z)
    above, draws, part = np.zeros((6, 6)), 2_000_000, 200_000
    for _ in range(draws // part):
        w = rng.standard_exponential((part, 5))
        s = w @ z.T
        above += (s[:, :, None] > s[:, None, :]).sum(axis=0)
    error = np.sqrt(p * (1 - p) / draws)
    off = ~np.eye(6, dtype=bool)
    assert (np.abs(above / draws - p)[off] <= 4.5 * error[off]).all()
    assert ((p > 0.01) & (p < 0.99))[off].sum() >= 15  # of 30: there was something to estimate


def test_a_repeated_component_is_a_dirichlet_parameter():
    rng, draws = np.random.default_rng(7), 400_000
    d, a = rng.normal(size=4), np.array([3, 1, 2, 4])
    p = float(simplex_cut(np.repeat(d, a)))
    found = (rng.dirichlet(a, draws) @ d > 0).mean()
    assert abs(found - p) <= 4.5 * np.sqrt(p * (1 - p) / draws)
    assert abs(found - simplex_cut(d)) > 20 * np.sqrt(p * (1 - p) / draws)  # it does matter


@settings(max_examples=80, deadline=None)
@given(d=ANY)
def test_what_is_not_above_is_below(d):
    above, below = simplex_cut(d), simplex_cut(-d)
    assert 0 <= above <= 1
    assert above + below == pytest.approx(float(d.any()), abs=1e-13)


@settings(max_examples=60, deadline=None)
@given(d=ANY, scale=st.floats(1e-150, 1e150), seed=st.integers(0, 99))
def test_neither_scale_nor_order_matters(d, scale, seed):
    p = simplex_cut(d)
    np.testing.assert_allclose(simplex_cut(d * scale), p, rtol=1e-12)
    np.testing.assert_allclose(
        simplex_cut(np.random.default_rng(seed).permutation(d)), p, rtol=1e-12
    )


@settings(max_examples=60, deadline=None)
@given(d=ANY, at=st.integers(0, 11), more=st.floats(0, 100))
def test_a_greater_advantage_never_wins_less_often(d, at, more):
    better = d.copy()
    better[at % d.size] += more
    assert simplex_cut(better) >= simplex_cut(d) - 1e-13


@settings(max_examples=40, deadline=None)
@given(z=st.integers(1, 5).flatmap(lambda k: rows((6, k))), seed=st.integers(0, 99))
def test_laws_of_pairwise_winning(z, seed):
    p = pairwise_winning(z)
    np.testing.assert_allclose(p + p.T, 1, rtol=0, atol=1e-15)
    assert (np.diag(p) == 0.5).all()
    assert expected_ranks(p).sum() == pytest.approx(21, abs=1e-12)
    order = np.random.default_rng(seed).permutation(6)
    np.testing.assert_allclose(
        pairwise_winning(z[order]), p[np.ix_(order, order)], rtol=0, atol=1e-12
    )


def test_units_that_are_the_same_share_their_ranks():
    p = pairwise_winning([[1.0, 2.0], [3.0, 3.0], [1.0, 2.0]])
    assert p.tolist() == [[0.5, 0, 0.5], [1, 0.5, 1], [0.5, 0, 0.5]]
    assert expected_ranks(p).tolist() == [2.5, 1, 2.5]


def test_expected_ranks_are_the_means_of_drawn_ranks():
    rng, draws = np.random.default_rng(3), 100_000
    z = rng.normal(size=(7, 4))
    s = rng.dirichlet(np.ones(4), draws) @ z.T
    ranks = 1 + (s[:, None, :] > s[:, :, None]).sum(axis=2)
    error = ranks.std(axis=0) / np.sqrt(draws)
    assert (np.abs(ranks.mean(axis=0) - expected_ranks(pairwise_winning(z))) <= 4.5 * error).all()


def test_the_size_of_the_blocks_does_not_matter(monkeypatch):
    z = np.random.default_rng(1).normal(size=(41, 6))
    whole = pairwise_winning(z)
    for pairs in (1, 100, 333):
        monkeypatch.setattr("gz_index.sensitivity.winning._PAIRS", pairs)
        assert (pairwise_winning(z) == whole).all()


def test_the_greatest_numbers_do_not_overflow():
    big = np.finfo(np.float64).max
    p = pairwise_winning([[big, -big], [-big, big], [0.0, 0.0]])
    np.testing.assert_allclose(p, 0.5, rtol=1e-15)
    assert simplex_cut([5e-324, -5e-324]) == 0.5


def test_what_is_not_a_number_is_refused_by_place():
    with pytest.raises(gz.MethodError, match=r"winning probability.*column 1 .*nan at row 0"):
        simplex_cut([1.0, np.nan])
    with pytest.raises(gz.MethodError, match=r"pairwise winning.*column 0 .*inf at row 1"):
        pairwise_winning([[1.0, 2.0], [np.inf, 0.0]])
    with pytest.raises(gz.MethodError, match=r"no components: shape \(\)"):
        simplex_cut(1.0)
    with pytest.raises(gz.MethodError, match=r"no components: shape \(3, 0\)"):
        simplex_cut(np.zeros((3, 0)))


def test_the_input_is_not_written_to():
    z = np.random.default_rng(2).normal(size=(5, 3))
    before = z.copy()
    pairwise_winning(z)
    simplex_cut(z)
    assert (z == before).all()

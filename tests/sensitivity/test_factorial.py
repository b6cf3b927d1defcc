import itertools
import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.sensitivity.factorial import anova
from gz_index.sensitivity.indices import bootstrap, design

HALF = np.array([0.5, 0.5])


def subsets(d):
    return [u for size in range(d + 1) for u in itertools.combinations(range(d), size)]


def closed_by_definition(y, shares):
    """V[E(y | x_u)] / V for every set u, in fractions, from the definition."""
    d = len(shares)
    levels = [range(len(s)) for s in shares]
    p = {
        c: math.prod(s[k] for s, k in zip(shares, c, strict=True))
        for c in itertools.product(*levels)
    }
    mean = sum(p[c] * y[c] for c in p)

    def variance(u):
        groups = {}
        for c in p:
            weight, total = groups.get(tuple(c[i] for i in u), (0, 0))
            groups[tuple(c[i] for i in u)] = (weight + p[c], total + p[c] * y[c])
        return sum(w * (t / w - mean) ** 2 for w, t in groups.values())

    v = variance(tuple(range(d)))
    return mean, v, {u: variance(u) / v for u in subsets(d)}


def shapley_by_definition(closed, d):
    """Mean gain of choice i over all orders in which the choices can be settled."""
    out = [Fraction(0)] * d
    for order in itertools.permutations(range(d)):
        for k, i in enumerate(order):
            out[i] += closed[tuple(sorted(order[: k + 1]))] - closed[tuple(sorted(order[:k]))]
    return [total / math.factorial(d) for total in out]


SHARES = [
    [Fraction(1, 4), Fraction(3, 4)],
    [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)],
    [Fraction(2, 5), Fraction(3, 5)],
]


def as_floats(values):
    return np.array(values, dtype=float)


def test_a_function_worked_by_hand():
    """y = x1 + x1 x2 with x1 and x2 in {0, 1}, a half each.

    Values 0, 0, 1, 2: mean 3/4, variance 5/4 - 9/16 = 11/16. E(y|x1) is 0 or 3/2: variance 9/16,
    share 9/11. E(y|x2) is 1/2 or 1: variance 1/16, share 1/11. The rest, 1/11, is interaction, of
    which each choice gets half as its Shapley share.
    """
    y = np.array([[0.0, 0.0], [1.0, 2.0]])[..., None]
    e = anova(y, [HALF, HALF])
    np.testing.assert_allclose(e.mean, 3 / 4, rtol=1e-15)
    np.testing.assert_allclose(e.variance, 11 / 16, rtol=1e-15)
    np.testing.assert_allclose(e.first[:, 0], [9 / 11, 1 / 11], rtol=0, atol=1e-12)
    np.testing.assert_allclose(e.total[:, 0], [10 / 11, 2 / 11], rtol=0, atol=1e-12)
    np.testing.assert_allclose(e.shapley[:, 0], [19 / 22, 3 / 22], rtol=0, atol=1e-12)
    np.testing.assert_allclose(e.interaction[0, 1], 1 / 11, rtol=0, atol=1e-12)
    assert list(e.closed) == [(), (0,), (1,), (0, 1)]
    np.testing.assert_allclose(
        as_floats(list(e.closed.values()))[:, 0], [0, 9 / 11, 1 / 11, 1], rtol=0, atol=1e-12
    )


def test_probabilities_that_are_not_equal_worked_by_hand():
    """y = max(x1, x2) with P(x1 = 1) = 1/4 and P(x2 = 1) = 2/3.

    P(y = 1) = 1 - 3/4 1/3 = 3/4, variance 3/16. E(y|x1) is 2/3 or 1: variance 3/16 1/9 = 1/48,
    share 1/9. E(y|x2) is 1/4 or 1: variance 2/9 9/16 = 1/8, share 2/3. Interaction 2/9.
    """
    y = np.array([[0.0, 1.0], [1.0, 1.0]])[..., None]
    e = anova(y, [np.array([3 / 4, 1 / 4]), np.array([1 / 3, 2 / 3])])
    np.testing.assert_allclose(e.variance, 3 / 16, rtol=0, atol=1e-12)
    np.testing.assert_allclose(e.first[:, 0], [1 / 9, 2 / 3], rtol=0, atol=1e-12)
    np.testing.assert_allclose(e.total[:, 0], [3 / 9, 8 / 9], rtol=0, atol=1e-12)
    np.testing.assert_allclose(e.shapley[:, 0], [2 / 9, 7 / 9], rtol=0, atol=1e-12)


def test_every_share_against_its_definition_in_fractions():
    rng = np.random.default_rng(0)
    y = rng.integers(-9, 9, (2, 3, 2, 5))
    e = anova(y.astype(float), [as_floats(s) for s in SHARES])
    for q in range(5):
        values = {c: Fraction(int(y[(*c, q)])) for c in np.ndindex(2, 3, 2)}
        mean, variance, closed = closed_by_definition(values, SHARES)
        assert e.mean[q] == pytest.approx(float(mean), abs=1e-12)
        assert e.variance[q] == pytest.approx(float(variance), rel=1e-12)
        assert list(e.closed) == list(closed)
        assert list(e.interaction) == list(closed)[1:]
        for u, want in closed.items():
            assert e.closed[u][q] == pytest.approx(float(want), abs=1e-12)
        for u in e.interaction:  # Moebius inversion
            inner = (v for v in closed if set(v) <= set(u))
            want = sum((-1) ** (len(u) - len(v)) * closed[v] for v in inner)
            assert e.interaction[u][q] == pytest.approx(float(want), abs=1e-12)
        first = [closed[i,] for i in range(3)]
        total = [1 - closed[tuple(j for j in range(3) if j != i)] for i in range(3)]
        shapley = shapley_by_definition(closed, 3)
        for got, exact in ((e.first, first), (e.total, total), (e.shapley, shapley)):
            np.testing.assert_allclose(got[:, q], as_floats(exact), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shift", [1e6, -1e12])
def test_a_large_mean_does_not_spoil_the_shares(shift):
    y = np.random.default_rng(1).integers(-9, 9, (2, 3, 2, 4)).astype(float)  # exact when shifted
    shares = [as_floats(s) for s in SHARES]
    near, far = anova(y, shares), anova(y + shift, shares)
    rounding = 100 * np.spacing(abs(shift))  # of the mean, once
    for name in ("first", "total", "shapley"):
        np.testing.assert_allclose(
            getattr(far, name), getattr(near, name), rtol=0, atol=max(1e-12, rounding)
        )


@pytest.mark.parametrize("scale", [2.0**-1000, 1e-200, 1e-3, 1e200, 2.0**1000])
def test_the_scale_of_an_output_changes_nothing(scale):
    y = np.random.default_rng(2).normal(size=(2, 3, 2, 4))
    shares = [as_floats(s) for s in SHARES]
    plain, scaled = anova(y, shares), anova(y * scale, shares)
    for name in ("first", "total", "shapley"):
        np.testing.assert_allclose(
            getattr(scaled, name), getattr(plain, name), rtol=1e-12, atol=1e-15
        )
    np.testing.assert_allclose(scaled.mean, plain.mean * scale, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
    st.integers(0, 10**6),
    st.integers(0, 4),
)
def test_shares_add_up_and_are_in_order(levels, seed, still):
    rng = np.random.default_rng(seed)
    d = len(levels)
    shares = [rng.dirichlet(np.full(k, 5.0)) for k in levels]
    y = rng.normal(size=(*levels, 3)) + 100
    if still < d:  # a choice without effect
        y = np.repeat(np.take(y, [0], axis=still), levels[still], axis=still)
    e = anova(y, shares)
    if e.constant.any():
        assert math.prod(k for i, k in enumerate(levels) if i != still) == 1
        assert np.isnan(e.first).all()
        return
    np.testing.assert_allclose(sum(e.interaction.values()), 1, rtol=1e-12)
    np.testing.assert_allclose(e.closed[tuple(range(d))], 1, rtol=1e-12)
    np.testing.assert_allclose(e.shapley.sum(axis=0), 1, rtol=1e-12)
    assert all((share >= 0).all() for share in e.interaction.values())
    assert (e.first <= e.shapley + 1e-15).all()
    assert (e.shapley <= e.total + 1e-15).all()
    if still < d:
        assert (e.first[still] == 0).all()
        assert (e.shapley[still] == 0).all()
        assert (e.total[still] == 0).all()
        assert all((s == 0).all() for u, s in e.interaction.items() if still in u)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(3)), st.integers(0, 10**6))
def test_permuting_choices_permutes_their_shares(order, seed):
    y = np.random.default_rng(seed).normal(size=(2, 3, 2, 2))
    shares = [as_floats(s) for s in SHARES]
    plain = anova(y, shares)
    moved = anova(y.transpose(*order, 3), [shares[i] for i in order])
    for name in ("first", "total", "shapley"):
        want = getattr(plain, name)[order]
        np.testing.assert_allclose(getattr(moved, name), want, rtol=0, atol=1e-12)
    for u, share in moved.interaction.items():
        want = plain.interaction[tuple(sorted(order[i] for i in u))]
        np.testing.assert_allclose(share, want, rtol=0, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 0.9), st.integers(0, 10**6))
def test_a_level_said_twice_changes_nothing(part, seed):
    y = np.random.default_rng(seed).normal(size=(2, 3, 2))
    shares = [as_floats(s) for s in SHARES[:2]]
    plain = anova(y, shares)
    p = shares[1]
    twice = [shares[0], np.array([p[0], p[1] * part, p[1] * (1 - part), p[2]])]
    again = anova(y[:, [0, 1, 1, 2]], twice)
    for name in ("mean", "variance", "first", "total", "shapley"):
        want = getattr(plain, name)
        np.testing.assert_allclose(getattr(again, name), want, rtol=0, atol=1e-12)


def test_many_outputs_are_each_by_itself_and_need_little_memory():
    y = np.random.default_rng(3).normal(size=(*(2,) * 10, 400))  # more than a block
    y[..., 5] = 0.3
    shares = [HALF] * 10
    tracemalloc.start()
    together = anova(y, shares)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 12 * y.nbytes  # what is returned is two of it
    assert np.flatnonzero(together.constant).tolist() == [5]
    for q in (0, 5, 399):
        alone = anova(y[..., [q]], shares)
        for name in ("first", "total", "shapley"):
            got = getattr(together, name)[:, [q]]
            np.testing.assert_allclose(got, getattr(alone, name), rtol=0, atol=1e-12)


def test_what_does_not_vary_has_no_shares_and_says_so():
    y = np.zeros((2, 3, 3))
    y[..., 0], y[..., 1] = 0.1, [[0], [1]]
    e = anova(y, [as_floats(s) for s in SHARES[:2]])
    assert e.constant.tolist() == [True, False, True]
    for shares in (e.first, e.total, e.shapley, *e.closed.values(), *e.interaction.values()):
        assert np.isnan(shares[..., [0, 2]]).all()
    np.testing.assert_array_equal(e.mean[[0, 2]], [0.1, 0.0])
    np.testing.assert_array_equal(e.first[:, 1], [1, 0])
    np.testing.assert_array_equal(e.shapley[:, 1], [1, 0])


def test_the_estimate_agrees_with_the_exact_shares():
    y = np.random.default_rng(2).normal(size=(3, 2, 4, 1))
    shares = [np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4]), np.full(4, 0.25)]
    e = anova(y, shares)
    d = design(4096, [1, 1, 1], 0, second=True)
    u = d.rows()
    at = [np.searchsorted(s.cumsum()[:-1], u[:, i], side="right") for i, s in enumerate(shares)]
    found = bootstrap(*d.split(y[tuple(at)]), rng=np.random.default_rng(0))
    assert ((found.first_low <= e.first) & (e.first <= found.first_high)).all()
    assert ((found.total_low <= e.total) & (e.total <= found.total_high)).all()
    for i, j in itertools.combinations(range(3), 2):
        share = e.interaction[i, j]
        assert found.second_low[i, j] <= share <= found.second_high[i, j]


def test_the_input_is_not_written_to():
    y = np.random.default_rng(4).normal(size=(2, 2, 3))
    before = y.copy()
    y.flags.writeable = HALF.flags.writeable = False
    anova(y, [HALF, HALF])
    np.testing.assert_array_equal(y, before)


def test_what_is_no_full_factorial_is_refused():
    for bad in ([0.5, 0.6], [1.0, 0.0], [1.5, -0.5], [np.nan, 1.0]):
        with pytest.raises(gz.MethodError, match=r"of choice 1 are not > 0 with sum one"):
            anova(np.zeros((2, 2, 1)), [HALF, np.array(bad)])
    with pytest.raises(gz.MethodError, match=r"outputs \(2, 3, 1\) for choices with \[2, 2\]"):
        anova(np.zeros((2, 3, 1)), [HALF, HALF])
    with pytest.raises(gz.MethodError, match=r"outputs \(3,\) for choices with \[\]"):
        anova(np.zeros(3), [])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_one_output_that_is_no_number_is_refused(value):
    y = np.zeros((2, 2, 2))
    y[1, 0, 1] = y[1, 1, 0] = value
    said = r"2 outputs are not finite \(first: output 1 at the combination \[1, 0\]\)"
    with pytest.raises(gz.MethodError, match=said):
        anova(y, [HALF, HALF])

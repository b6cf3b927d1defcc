import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import gz_index as gz
from gz_index.sensitivity.factorial import anova
from gz_index.sensitivity.indices import bootstrap, design, sobol_indices

FIRST = np.array([0.31390519, 0.44241114, 0.0])
TOTAL = np.array([0.55758886, 0.44241114, 0.24368366])


def ishigami(u, a=7.0, b=0.1):
    x = np.pi * (2 * u - 1)
    y = np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])
    return y[:, None]


def test_the_reference_values_follow_from_the_closed_form():
    a, b = 7.0, 0.1
    v1 = 0.5 * (1 + b * math.pi**4 / 5) ** 2
    v2, v13 = a**2 / 8, 8 * b**2 * math.pi**8 / 225
    v = v1 + v2 + v13
    np.testing.assert_allclose([v1 / v, v2 / v, 0], FIRST, atol=5e-9)
    np.testing.assert_allclose([(v1 + v13) / v, v2 / v, v13 / v], TOTAL, atol=5e-9)


def test_ishigami_is_within_its_intervals():
    d = design(4096, [1, 1, 1], seed=1)
    found = bootstrap(*d.split(ishigami(d.rows())), rng=np.random.default_rng(1))
    for name, truth in (("first", FIRST), ("total", TOTAL)):
        low, high = getattr(found, f"{name}_low")[:, 0], getattr(found, f"{name}_high")[:, 0]
        assert ((low <= truth) & (truth <= high)).all()
        assert (high - low < 0.12).all()


def test_the_intervals_cover_what_they_promise():
    hits, seeds = np.zeros(6), 200
    for seed in range(seeds):
        d = design(1024, [1, 1, 1], seed=seed)
        y = d.split(ishigami(d.rows()))
        found = bootstrap(*y, resamples=200, rng=np.random.default_rng(seed))
        truth = np.concatenate([FIRST, TOTAL])
        low = np.concatenate([found.first_low[:, 0], found.total_low[:, 0]])
        high = np.concatenate([found.first_high[:, 0], found.total_high[:, 0]])
        hits += (low <= truth) & (truth <= high)
    # 95 % intervals; three standard errors of a share of 200
    assert (hits / seeds >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / seeds)).all(), hits / seeds


def test_factors_of_several_columns():
    d = design(4096, [1, 1, 1], seed=3)
    a, b = d.a[:, [0, 2, 1]], d.b[:, [0, 2, 1]]  # x1 and x3 together
    grouped = type(d)(a, b, (2, 1))
    rows = grouped.rows()[:, [0, 2, 1]]
    found = bootstrap(*grouped.split(ishigami(rows)), rng=np.random.default_rng(0))
    truth = [1 - FIRST[1], FIRST[1]]
    for low, high in ((found.first_low, found.first_high), (found.total_low, found.total_high)):
        assert ((low[:, 0] <= truth) & (truth <= high[:, 0])).all()


def test_second_order():
    d = design(8192, [1, 1, 1], seed=0, second=True)
    found = bootstrap(*d.split(ishigami(d.rows())), resamples=200, rng=np.random.default_rng(0))
    assert found.second is not None
    truth = {(0, 1): 0.0, (0, 2): TOTAL[2], (1, 2): 0.0}
    for (i, j), value in truth.items():
        assert found.second_low[i, j, 0] <= value <= found.second_high[i, j, 0]
    assert np.isnan(found.second[np.tril_indices(3)]).all()


def test_the_same_as_scipy():
    rng = np.random.default_rng(0)
    y = rng.normal(5, 2, (5, 256, 3))
    first, total, _ = sobol_indices(y[0], y[1], y[2:])
    theirs = stats.sobol_indices(
        func={"f_A": y[0].T, "f_B": y[1].T, "f_AB": np.moveaxis(y[2:], 2, 1)}, n=256
    )
    np.testing.assert_allclose(first.T, theirs.first_order, rtol=0, atol=1e-12)
    np.testing.assert_allclose(total.T, theirs.total_order, rtol=0, atol=1e-12)


def test_estimates_below_zero_are_not_hidden():  # pitfall 23
    seen = 0
    for seed in range(40):
        d = design(64, [1, 1, 1], seed=seed)
        seen += (sobol_indices(*d.split(ishigami(d.rows())))[0] < 0).any()
    assert seen > 5


def test_a_large_mean_does_not_spoil_the_estimate():  # pitfall 23: centred
    d = design(256, [1, 1, 1], seed=5)
    y = ishigami(d.rows())
    near = sobol_indices(*d.split(y))[0]
    far = sobol_indices(*d.split(y + 1e6))[0]
    np.testing.assert_allclose(far, near, rtol=1e-6, atol=1e-8)


def test_one_output_that_is_no_number_is_refused():  # pitfall 22
    d = design(16, [1, 1, 1], seed=0)
    y = np.concatenate([ishigami(d.rows())] * 2, axis=1)
    y[16 * 3 + 4, 1] = np.nan
    with pytest.raises(gz.MethodError, match=r"1 outputs at AB .* output 1 in row 4 of factor 1\)"):
        sobol_indices(*d.split(y))
    with pytest.raises(gz.MethodError, match="outputs at AB are not finite"):
        bootstrap(*d.split(y), rng=np.random.default_rng(0))


@pytest.mark.parametrize(("n", "near"), [(100, "take 64 or 128"), (1000, "take 512 or 1024")])
def test_sizes_that_are_no_power_of_two_are_refused(n, near):  # pitfall 23
    with pytest.raises(gz.MethodError, match=near):
        design(n, [1], seed=0)


def test_what_does_not_vary_has_no_shares_and_says_so():
    d = design(64, [1, 1], seed=0)
    y = np.column_stack([np.full(d.count, 0.1), d.rows()[:, 0]])
    found = bootstrap(*d.split(y), resamples=50, rng=np.random.default_rng(0))
    assert found.constant.tolist() == [True, False]
    assert np.isnan(found.first[:, 0]).all()
    assert np.isnan(found.total_high[:, 0]).all()
    # a factor without effect has exactly none
    assert found.first[1, 1] == found.total[1, 1] == found.total_high[1, 1] == 0


def test_rows_are_the_same_in_pieces():
    d = design(32, [2, 1, 3], seed=4, second=True)
    rows = d.rows()
    pieces = [d.blocks(i, min(i + 37, d.count)) for i in range(0, d.count, 37)]
    np.testing.assert_array_equal(np.concatenate(pieces), rows)
    assert len(rows) == d.count == 32 * 8
    np.testing.assert_array_equal(rows[32 * 3 : 32 * 4, 2], d.b[:, 2])
    np.testing.assert_array_equal(rows[32 * 3 : 32 * 4, :2], d.a[:, :2])
    np.testing.assert_array_equal(rows[32 * 7 :, 3:], d.a[:, 3:])


def test_too_many_columns():
    with pytest.raises(gz.MethodError, match="a Sobol sequence of 21202"):
        design(4, [10_601], seed=0)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.1, 5), min_size=2, max_size=5), st.integers(0, 1000))
def test_indices_of_a_sum_add_up_to_one(slopes, seed):
    d = design(256, [1] * len(slopes), seed=seed)
    y = d.rows() @ np.array(slopes)[:, None]
    found = bootstrap(*d.split(y), resamples=100, rng=np.random.default_rng(seed))
    truth = np.square(slopes) / np.sum(np.square(slopes))
    # of a sum: five standard errors of the sum of first-order indices about one, and none of total
    spread = (found.first_high - found.first_low)[:, 0] / (2 * 1.96)
    assert abs(found.first.sum() - 1) <= 5 * np.sqrt((spread**2).sum())
    np.testing.assert_allclose(found.total[:, 0], truth, atol=0.02)
    # permuting the factors permutes the indices; the scale of the output changes nothing
    order = np.random.default_rng(seed).permutation(len(slopes))
    f_a, f_b, f_ab, _ = d.split(y)
    again = sobol_indices(1000 * f_a, 1000 * f_b, 1000 * f_ab[order])
    np.testing.assert_allclose(again[0], found.first[order], rtol=1e-9, atol=1e-12)


# -- exact -----------------------------------------------------------------------------------------


def exactly(y, shares):
    """First, total and Shapley shares by definition, in fractions."""
    d = len(shares)
    levels = [range(len(s)) for s in shares]
    p = {
        c: math.prod(s[k] for s, k in zip(shares, c, strict=True))
        for c in itertools.product(*levels)
    }
    mean = sum(p[c] * y[c] for c in p)

    def closed(u):
        groups = {}
        for c in p:
            weight, total = groups.get(tuple(c[i] for i in u), (0, 0))
            groups[tuple(c[i] for i in u)] = (weight + p[c], total + p[c] * y[c])
        return sum(w * (t / w - mean) ** 2 for w, t in groups.values())

    v = closed(range(d))
    first = [closed([i]) / v for i in range(d)]
    total = [1 - closed([j for j in range(d) if j != i]) / v for i in range(d)]
    shapley = []
    for i in range(d):
        others = [j for j in range(d) if j != i]
        gains = Fraction(0)
        for size in range(d):
            for u in itertools.combinations(others, size):
                gains += (closed([*u, i]) - closed(u)) / math.comb(d - 1, size)
        shapley.append(gains / d / v)
    return first, total, shapley


def test_a_discrete_function_worked_by_hand():
    """y = x1 + x1 x2 with x1 in {0, 1} (halves) and x2 in {0, 1} (halves).

    Values 0, 0, 1, 2: mean 3/4, variance 11/16. E(y|x1) is 0 or 3/2: variance 9/16, share 9/11.
    E(y|x2) is 1/2 or 1: variance 1/16, share 1/11. The rest, 1/11, is interaction.
    """
    half = np.array([0.5, 0.5])
    y = np.array([[0.0, 0.0], [1.0, 2.0]])[..., None]
    e = anova(y, [half, half])
    np.testing.assert_allclose(e.mean, 3 / 4, rtol=1e-15)
    np.testing.assert_allclose(e.variance, 11 / 16, rtol=1e-15)
    np.testing.assert_allclose(e.first[:, 0], [9 / 11, 1 / 11], rtol=0, atol=1e-12)
    np.testing.assert_allclose(e.total[:, 0], [10 / 11, 2 / 11], rtol=0, atol=1e-12)
    np.testing.assert_allclose(e.shapley[:, 0], [9.5 / 11, 1.5 / 11], rtol=0, atol=1e-12)
    np.testing.assert_allclose(e.interaction[0, 1], 1 / 11, rtol=0, atol=1e-12)


def test_against_the_definition_in_fractions():
    shares = [
        [Fraction(1, 4), Fraction(3, 4)],
        [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)],
        [Fraction(2, 5), Fraction(3, 5)],
    ]
    rng = np.random.default_rng(0)
    y = rng.integers(-9, 9, (2, 3, 2))
    values = {c: Fraction(int(y[c])) for c in np.ndindex(2, 3, 2)}
    e = anova(y[..., None].astype(float), [np.array(s, dtype=float) for s in shares])
    expected = exactly(values, shares)
    for got, want in zip((e.first, e.total, e.shapley), expected, strict=True):
        np.testing.assert_allclose(got[:, 0], np.array(want, dtype=float), rtol=0, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
    st.integers(0, 10**6),
    st.integers(0, 3),
)
def test_shares_add_up(levels, seed, still):
    rng = np.random.default_rng(seed)
    d = len(levels)
    shares = [rng.dirichlet(np.full(k, 5.0)) for k in levels]
    y = rng.normal(size=(*levels, 3)) + 100
    if still < d:  # a choice without effect
        y = np.repeat(np.take(y, [0], axis=still), levels[still], axis=still)
    e = anova(y, shares)
    if e.constant.any():
        assert np.isnan(e.first).all()
        return
    np.testing.assert_allclose(sum(e.interaction.values()), 1, rtol=1e-9)
    np.testing.assert_allclose(e.shapley.sum(axis=0), 1, rtol=1e-9)
    slack = 1e-9
    assert (e.first <= e.shapley + slack).all()
    assert (e.shapley <= e.total + slack).all()
    if still < d:
        assert (e.first[still] < 1e-30).all()
        assert (e.total[still] == 0).all()


def test_the_estimate_agrees_with_the_exact_shares():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(3, 2, 4, 1))
    shares = [np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4]), np.full(4, 0.25)]
    e = anova(y, shares)
    d = design(4096, [1, 1, 1], seed=0)
    u = d.rows()
    at = [np.searchsorted(s.cumsum()[:-1], u[:, i], side="right") for i, s in enumerate(shares)]
    found = bootstrap(*d.split(y[tuple(at)]), rng=np.random.default_rng(0))
    assert ((found.first_low <= e.first) & (e.first <= found.first_high)).all()
    assert ((found.total_low <= e.total) & (e.total <= found.total_high)).all()


def test_refusals_of_the_factorial():
    half = np.array([0.5, 0.5])
    with pytest.raises(gz.MethodError, match="not > 0 with sum one"):
        anova(np.zeros((2, 1)), [np.array([0.5, 0.6])])
    with pytest.raises(gz.MethodError, match=r"outputs \(2, 3, 1\) for choices with \[2, 2\]"):
        anova(np.zeros((2, 3, 1)), [half, half])
    y = np.zeros((2, 2, 2))
    y[1, 0, 1] = np.inf
    with pytest.raises(gz.MethodError, match=r"output 1 at the combination \[1, 0\]"):
        anova(y, [half, half])

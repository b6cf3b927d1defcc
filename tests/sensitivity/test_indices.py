import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import gz_index as gz
from gz_index.sensitivity import indices
from gz_index.sensitivity.indices import Design, bootstrap, design, sobol_indices

FIRST = np.array([0.31390519, 0.44241114, 0.0])
TOTAL = np.array([0.55758886, 0.44241114, 0.24368366])
ENDS = ("low", "high", "error")


def ishigami(u, a=7.0, b=0.1):
    x = np.pi * (2 * u - 1)
    y = np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])
    return y[:, None]


def grouped(u):
    """The same with columns x1, x3, x2, so that a group can hold the first two."""
    return ishigami(u[:, [0, 2, 1]])


def outputs(seed, f=3, n=32, q=2, mean=5.0):
    y = np.random.default_rng(seed).normal(mean, 2, (2 + 2 * f, n, q))
    return y[0], y[1], y[2 : 2 + f], y[2 + f :]


def everything(found):
    names = [f"{v}_{end}" for v in ("first", "total", "second") for end in ENDS]
    return [getattr(found, name) for name in ["first", "total", "second", *names]]


# -- the design ------------------------------------------------------------------------------------


def test_rows_are_stacked_as_documented_and_the_same_in_pieces():
    d = design(32, [2, 1, 3], 4, second=True)
    spans = [slice(0, 2), slice(2, 3), slice(3, 6)]
    expected = [d.a, d.b]
    for own, other in ((d.a, d.b), (d.b, d.a)):
        for span in spans:
            mixed = own.copy()
            mixed[:, span] = other[:, span]
            expected.append(mixed)
    rows = d.rows()
    assert len(rows) == d.count == 32 * 8
    np.testing.assert_array_equal(rows, np.concatenate(expected))
    pieces = [d.blocks(i, i + 37) for i in range(0, d.count, 37)]
    np.testing.assert_array_equal(np.concatenate(pieces), rows)
    first_only = design(32, [2, 1, 3], 4)
    np.testing.assert_array_equal(first_only.rows(), rows[: 32 * 5])


def test_outputs_are_split_in_the_order_of_the_rows():
    d = design(8, [1, 1], 0, second=True)
    y = np.arange(2.0 * d.count).reshape(d.count, 2)
    f_a, f_b, f_ab, f_ba = d.split(y)
    np.testing.assert_array_equal(np.concatenate([f_a, f_b, *f_ab, *f_ba]), y)
    assert f_ab.shape == f_ba.shape == (2, 8, 2)
    assert design(8, [1, 1], 0).split(y[:32])[3] is None
    with pytest.raises(gz.MethodError, match=r"\(47, 2\) outputs for a design of 48 rows"):
        d.split(y[1:])


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 9), st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(0, 99))
def test_every_column_has_one_point_in_each_of_n_intervals(power, groups, seed):
    n = 2**power
    d = design(n, groups, seed)
    both = np.concatenate([d.a, d.b], axis=1)
    assert both.shape == (n, 2 * sum(groups))
    for column in both.T:
        assert sorted((column * n).astype(int)) == list(range(n))
    # centres of cells: an inverse distribution function is never asked for 0 or 1
    assert (both * 2.0**31 % 2 == 1).all()


def test_the_same_seed_gives_the_same_points():
    d = design(16, [2, 1], 7)
    same = design(np.int64(16), (2, 1), np.random.default_rng(7))
    np.testing.assert_array_equal(d.rows(), same.rows())
    assert not np.array_equal(d.rows(), design(16, [2, 1], 8).rows())


@pytest.mark.parametrize(
    ("n", "near"),
    [
        (100, "100 points are no power of two .* take 64 or 128"),
        (1000, "take 512 or 1024"),
        (1, "take 2 or 4"),
        (-8, "take 2 or 4"),
        (64.0, r"n = 64\.0 points -> a whole number"),
        (2**31, r"2147483648 points -> a sequence has 2\*\*30 at most"),
    ],
)
def test_sizes_that_are_no_power_of_two_are_refused(n, near):  # pitfall 23
    with pytest.raises(gz.MethodError, match=near):
        design(n, [1], 0)


def test_columns_a_sequence_cannot_have_are_refused():
    with pytest.raises(gz.MethodError, match="a Sobol sequence of 21202"):
        design(4, [10_000, 601], 0)
    for groups in ([1, 0], []):
        with pytest.raises(gz.MethodError, match="every factor needs a column"):
            design(4, groups, 0)


# -- the estimators --------------------------------------------------------------------------------


def test_the_reference_values_follow_from_the_closed_form():
    a, b = 7.0, 0.1
    v1 = 0.5 * (1 + b * math.pi**4 / 5) ** 2
    v2, v13 = a**2 / 8, 8 * b**2 * math.pi**8 / 225
    v = v1 + v2 + v13
    np.testing.assert_allclose([v1 / v, v2 / v, 0], FIRST, atol=5e-9)
    np.testing.assert_allclose([(v1 + v13) / v, v2 / v, v13 / v], TOTAL, atol=5e-9)


@pytest.mark.parametrize("mean", [0.0, 5.0, 1e4])
def test_the_same_as_scipy(mean):
    f_a, f_b, f_ab, _ = outputs(0, f=3, n=256, q=3, mean=mean)
    first, total, _ = sobol_indices(f_a, f_b, f_ab)
    theirs = stats.sobol_indices(
        func={"f_A": f_a.T, "f_B": f_b.T, "f_AB": np.moveaxis(f_ab, 2, 1)}, n=256
    )
    np.testing.assert_allclose(first.T, theirs.first_order, rtol=0, atol=1e-12)
    np.testing.assert_allclose(total.T, theirs.total_order, rtol=0, atol=1e-12)


def test_second_order_by_its_formula():
    f_a, f_b, f_ab, f_ba = outputs(1, f=4)
    first, total, second = sobol_indices(f_a, f_b, f_ab, f_ba)
    plain = sobol_indices(f_a, f_b, f_ab)
    np.testing.assert_array_equal(first, plain[0])
    np.testing.assert_array_equal(total, plain[1])
    assert plain[2] is None
    for q in range(2):
        both = [*f_a[:, q], *f_b[:, q]]
        m = math.fsum(both) / len(both)
        v = math.fsum((y - m) ** 2 for y in both) / len(both)
        # Saltelli (2002): closed index of the pair less both first-order indices, once with A and
        # B as they are and once with their places changed; the mean of the two
        a, b, ab, ba = f_a[:, q] - m, f_b[:, q] - m, f_ab[..., q] - m, f_ba[..., q] - m

        def index(i, j, a, b, ab, ba, v=v):
            closed = math.fsum(ba[i] * ab[j] - a * b)
            ones = math.fsum(b * (ab[i] - a)) + math.fsum(b * (ab[j] - a))
            return (closed - ones) / (len(a) * v)

        for i, j in itertools.combinations(range(4), 2):
            expected = (index(i, j, a, b, ab, ba) + index(i, j, b, a, ba, ab)) / 2
            assert second[i, j, q] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(second[np.tril_indices(4)]).all()


def test_estimates_below_zero_are_not_hidden():  # pitfall 23
    seen = 0
    for seed in range(40):
        d = design(64, [1, 1, 1], seed)
        seen += (sobol_indices(*d.split(ishigami(d.rows())))[0] < 0).any()
    assert seen > 5


def test_a_large_mean_does_not_spoil_the_estimate():  # pitfall 23: centred
    d = design(256, [1, 1, 1], 5)
    y = ishigami(d.rows())
    near = sobol_indices(*d.split(y))[0]
    far = sobol_indices(*d.split(y + 1e6))[0]
    np.testing.assert_allclose(far, near, rtol=0, atol=1e-9)  # 1e6 leaves y ten digits


@pytest.mark.parametrize("scale", [2.0**-1000, 1e-200, 1e-3, 1e200, 2.0**1000])
def test_the_scale_of_an_output_changes_nothing(scale):
    y = outputs(2)
    for got, want in zip(sobol_indices(*(v * scale for v in y)), sobol_indices(*y), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-13)


def test_the_input_is_not_written_to():
    y = outputs(3)
    before = [v.copy() for v in y]
    for v in y:
        v.flags.writeable = False
    bootstrap(*y, resamples=20, rng=np.random.default_rng(0))
    for v, old in zip(y, before, strict=True):
        np.testing.assert_array_equal(v, old)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_output_that_is_no_number_is_refused(value):  # pitfall 22
    d = design(16, [1, 1, 1], 0, second=True)
    y = np.concatenate([ishigami(d.rows())] * 2, axis=1)
    y[16 * 3 + 4, 1] = value
    said = r"^1 outputs are not finite \(first: output 1 at AB, row 4 of factor 1\)"
    with pytest.raises(gz.MethodError, match=said):
        sobol_indices(*d.split(y))
    y[16 + 2, 0] = y[-1, 0] = np.nan
    with pytest.raises(
        gz.MethodError, match=r"^3 outputs .* \(first: output 0 at B, row 2\), and no index"
    ):
        bootstrap(*d.split(y), rng=np.random.default_rng(0))


def test_shapes_that_do_not_fit_are_refused():
    f_a, f_b, f_ab, f_ba = outputs(0)
    for parts in (
        (f_a[:, 0], f_b[:, 0], f_ab[..., 0]),
        (f_a, f_b[1:], f_ab),
        (f_a, f_b, f_ab[..., :1]),
        (f_a, f_b, f_ab, f_ba[:, 1:]),
    ):
        with pytest.raises(gz.MethodError, match="outputs of shapes"):
            sobol_indices(*parts)
    with pytest.raises(gz.MethodError, match="3 factors in f_ab, 2 in f_ba"):
        sobol_indices(f_a, f_b, f_ab, f_ba[1:])


def test_what_does_not_vary_has_no_shares_and_says_so():
    d = design(64, [1, 1], 0, second=True)
    y = np.column_stack([np.full(d.count, 0.1), d.rows()[:, 0], np.zeros(d.count)])
    found = bootstrap(*d.split(y), resamples=50, rng=np.random.default_rng(0))
    assert found.constant.tolist() == [True, False, True]
    for values in everything(found):
        assert np.isnan(values[..., found.constant]).all()
    # a factor without effect has exactly none
    for values in (found.first, found.total, found.total_low, found.first_high, found.first_error):
        assert values[1, 1] == 0
    assert found.second[0, 1, 1] == found.second_high[0, 1, 1] == 0


# -- the intervals ---------------------------------------------------------------------------------


def test_ishigami_is_within_its_intervals():
    d = design(4096, [1, 1, 1], 1)
    found = bootstrap(*d.split(ishigami(d.rows())), rng=np.random.default_rng(1))
    assert (found.n, found.level) == (4096, 0.95)
    for name, truth in (("first", FIRST), ("total", TOTAL)):
        low, high = getattr(found, f"{name}_low")[:, 0], getattr(found, f"{name}_high")[:, 0]
        assert ((low <= truth) & (truth <= high)).all()
        assert (high - low < 0.12).all()


def covered(n, points):
    """How often each of six intervals holds the truth, over 200 seeds."""
    hits, seeds = np.zeros(6), 200
    truth = np.concatenate([FIRST, TOTAL])
    for seed in range(seeds):
        d = points(n, seed)
        y = d.split(ishigami(d.rows()))
        found = bootstrap(*y, resamples=200, rng=np.random.default_rng(seed))
        low = np.concatenate([found.first_low[:, 0], found.total_low[:, 0]])
        high = np.concatenate([found.first_high[:, 0], found.total_high[:, 0]])
        hits += (low <= truth) & (truth <= high)
    return hits / seeds


def test_the_intervals_cover_at_least_what_they_promise():
    share = covered(4096, lambda n, seed: design(n, [1, 1, 1], seed))
    assert (share >= 0.95).all(), share


def test_the_intervals_cover_what_they_promise_where_rows_are_independent():
    def independent(n, seed):
        a, b = np.random.default_rng([seed, 1]).random((2, n, 3))
        return Design(a, b, (1, 1, 1))

    share = covered(2048, independent)
    # three standard errors of a share of 200: here the bootstrap knows all there is to know
    assert (abs(share - 0.95) <= 3 * math.sqrt(0.95 * 0.05 / 200)).all(), share


def test_factors_of_several_columns():
    d = design(4096, [2, 1], 3)
    found = bootstrap(*d.split(grouped(d.rows())), rng=np.random.default_rng(0))
    # x1 and x3 together, and x2: no interaction between them, so first order and total agree
    truth = [1 - FIRST[1], FIRST[1]]
    for low, high in ((found.first_low, found.first_high), (found.total_low, found.total_high)):
        assert ((low[:, 0] <= truth) & (truth <= high[:, 0])).all()
        assert (high - low < 0.1).all()


def test_second_order():
    d = design(8192, [1, 1, 1], 0, second=True)
    found = bootstrap(*d.split(ishigami(d.rows())), resamples=200, rng=np.random.default_rng(0))
    truth = {(0, 1): 0.0, (0, 2): TOTAL[2], (1, 2): 0.0}
    for (i, j), value in truth.items():
        assert found.second_low[i, j, 0] <= value <= found.second_high[i, j, 0]
        assert found.second_high[i, j, 0] - found.second_low[i, j, 0] < 0.15


@pytest.mark.parametrize("n", [64, 16_384])  # 16,384 rows: resamples come in two pieces
def test_a_resample_takes_whole_rows(n):
    y = outputs(4, f=2, n=n, q=1)
    resamples = 150
    found = bootstrap(*y, resamples=resamples, level=0.9, rng=np.random.default_rng(6))
    drawn = []
    for weights in indices._Draws(n, resamples, np.random.default_rng(6)):
        for w in weights:
            at = np.repeat(np.arange(n), np.rint(w * n).astype(int))
            assert at.size == n
            drawn.append(sobol_indices(*(v[..., at, :] for v in y)))
    assert len(drawn) == resamples
    for k, name in enumerate(("first", "total", "second")):
        sample = np.stack([each[k] for each in drawn])
        low, high = np.quantile(sample, [0.05, 0.95], axis=0)
        error = sample.std(axis=0, ddof=1)
        for end, want in zip(ENDS, (low, high, error), strict=True):
            got = getattr(found, f"{name}_{end}")
            np.testing.assert_allclose(got, want, rtol=0, atol=1e-11)


def test_many_outputs_are_each_by_itself():
    y = outputs(5, f=2, n=64, q=600)  # more than a block
    assert indices._CELLS < 64 * 10 * 600 * 10
    y[0][:, 7] = y[1][:, 7] = 3.0  # one that does not vary
    together = bootstrap(*y, resamples=300, rng=np.random.default_rng(1))
    for q in (0, 7, 333, 599):
        alone = bootstrap(*(v[..., [q]] for v in y), resamples=300, rng=np.random.default_rng(1))
        assert together.constant[q] == alone.constant[0] == (q == 7)
        for got, want in zip(everything(together), everything(alone), strict=True):
            np.testing.assert_allclose(got[..., [q]], want, rtol=0, atol=1e-12)


def test_resamples_in_which_nothing_varies_are_left_out():
    y = [v.copy() for v in outputs(6, f=2, n=64, q=2)]
    for v in y:
        v[..., 1] = 0.1
    y[0][11, 1] = 0.2  # one row only: a third of the resamples are without it
    found = bootstrap(*y, resamples=300, rng=np.random.default_rng(0))
    assert not found.constant.any()
    draws = np.concatenate(list(indices._Draws(64, 300, np.random.default_rng(0))))
    share = draws[draws[:, 11] > 0][:, 11]
    assert 150 < share.size < 230
    # A is 0.1 higher in a share w of rows: total = (w / 2) / (w / 2 - (w / 2)^2)
    want = np.quantile(1 / (1 - share / 2), [0.025, 0.975])
    np.testing.assert_allclose([found.total_low[0, 1], found.total_high[0, 1]], want, rtol=1e-9)


def test_memory_does_not_grow_with_the_number_of_outputs():
    def peak(q):
        y = outputs(0, f=6, n=128, q=q)
        tracemalloc.start()
        bootstrap(*y, resamples=100, rng=np.random.default_rng(0))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    results = 12 * 36 * 8 * 1500  # at most: twelve tables of 36 numbers an output
    assert peak(2500) - peak(1000) < results
    assert peak(2500) < results * 5 / 3 + 10 * 8 * indices._CELLS


@pytest.mark.parametrize(
    "options", [{"level": 1.0}, {"level": 0}, {"resamples": 1}, {"resamples": 50.0}]
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(gz.MethodError, match="a probability, and a whole number from 2 on"):
        bootstrap(*outputs(0), **options, rng=np.random.default_rng(0))


# -- laws ------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.1, 5), min_size=2, max_size=5), st.integers(0, 1000))
def test_indices_of_a_sum_add_up_to_one(slopes, seed):
    d = design(256, [1] * len(slopes), seed)
    y = d.rows() @ np.array(slopes)[:, None]
    found = bootstrap(*d.split(y), resamples=100, rng=np.random.default_rng(seed))
    truth = np.square(slopes) / np.sum(np.square(slopes))
    errors = found.first_error[:, 0]
    assert abs(found.first.sum() - 1) <= 5 * math.sqrt((errors**2).sum())
    assert (abs(found.first[:, 0] - truth) <= 5 * errors).all()
    # a sum has no interaction: the total index is the first-order one
    assert (abs(found.total[:, 0] - truth) <= 5 * found.total_error[:, 0]).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 5), st.integers(0, 1000))
def test_permuting_factors_permutes_their_indices(f, seed):
    f_a, f_b, f_ab, f_ba = outputs(seed, f=f)
    order = np.random.default_rng(seed).permutation(f)
    plain = bootstrap(f_a, f_b, f_ab, f_ba, resamples=30, rng=np.random.default_rng(0))
    moved = bootstrap(
        f_a, f_b, f_ab[order], f_ba[order], resamples=30, rng=np.random.default_rng(0)
    )
    for name in ("first", "total", "first_low", "first_high", "total_low", "total_high"):
        want = getattr(plain, name)[order]
        np.testing.assert_allclose(getattr(moved, name), want, rtol=0, atol=1e-12)
    for i, j in itertools.combinations(range(f), 2):
        a, b = sorted((order[i], order[j]))
        for name in ("second", "second_low", "second_high"):
            got, want = getattr(moved, name)[i, j], getattr(plain, name)[a, b]
            np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", [16, 32, 64, 128])
def test_no_column_has_the_same_halves_in_both_samples(n):
    """With few points two columns of a sequence may agree in their first digit throughout."""
    for d in (1, 2, 5, 20, 40, 74, 149):
        made = design(n, [1] * d, 3)
        agree = ((made.a > 0.5) == (made.b > 0.5)).sum(axis=0)
        assert ((agree > 0) & (agree < n)).all()

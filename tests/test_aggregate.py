"""Each aggregator by its formula, against other packages, and the laws that it keeps."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gz_index import MethodError, aggregate
from gz_index.aggregate import AGGREGATORS, CONTRIBUTIONS, ROWWISE

OPTIONS = {"power": {"exponent": 0.5}, "owa": {"order": [0.4, 0.3, 0.2, 0.1]}}
MEANS = {"arithmetic", "geometric", "harmonic", "power", "owa", "mean-min"}
HOMOGENEOUS = ["arithmetic", "geometric", "harmonic", "power", "owa", "mpi"]


def data(seed=0, shape=(9, 4)):
    return np.random.default_rng(seed).uniform(0.1, 1.0, shape)


def weights(seed, name, k=4):
    if name == "owa":
        return np.full(k, 1 / k)
    w = np.random.default_rng(seed).uniform(0.1, 1, k)
    return w / w.sum()


def call(name, x, w):
    return AGGREGATORS[name](x, w, **OPTIONS.get(name, {}))


@pytest.mark.parametrize("name", AGGREGATORS)
def test_draws_along_leading_axes_give_what_a_loop_gives(name):
    many = data(1, (3, 9, 4))
    ws = np.stack([weights(i, name) for i in range(3)])
    pairs = np.stack([call(name, x, w) for x, w in zip(many, ws, strict=True)])
    assert np.allclose(call(name, many, ws), pairs, rtol=1e-12, atol=1e-14)
    one_table = np.stack([call(name, many[0], w) for w in ws])
    assert np.allclose(call(name, many[0], ws), one_table, rtol=1e-12, atol=1e-14)
    one_weight = np.stack([call(name, x, ws[0]) for x in many])
    assert np.allclose(call(name, many, ws[0]), one_weight, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_bad_input_is_refused_by_name(name):
    x, w = data(), weights(0, name)
    holed = x.copy()
    holed[2, 1] = np.nan
    with pytest.raises(MethodError, match=r"not a finite number in column 1 \(first: nan at row 2"):
        call(name, holed, w)
    with pytest.raises(MethodError, match="sum to 0.9"):
        call(name, x, w * 0.9)
    with pytest.raises(MethodError, match=r"weight of column 0 is negative"):
        call(name, x, np.array([-0.5, 0.5, 0.5, 0.5]))
    with pytest.raises(MethodError, match=r"x \(..., n, k\) and w"):
        call(name, x, np.full(3, 1 / 3))


@pytest.mark.parametrize("name", sorted(ROWWISE))
def test_the_score_of_a_row_depends_on_that_row_alone(name):
    x, w = data(), weights(0, name)
    assert np.allclose(call(name, x[:3], w), call(name, x, w)[:3], rtol=1e-15)


@settings(max_examples=60, deadline=None)
@given(
    x=hnp.arrays(np.float64, (5, 4), elements=st.floats(0.01, 100)),
    w=hnp.arrays(np.float64, 4, elements=st.floats(0.01, 1)),
    r=st.floats(-5, 5),
    s=st.floats(-5, 5),
)
def test_means_are_ordered_and_lie_between_the_extremes(x, w, r, s):
    w = w / w.sum()
    low, high = x.min(axis=1) * (1 - 1e-9), x.max(axis=1) * (1 + 1e-9)
    a, g, h = (f(x, w) for f in (aggregate.arithmetic, aggregate.geometric, aggregate.harmonic))
    assert (a >= g * (1 - 1e-9)).all()
    assert (g >= h * (1 - 1e-9)).all()
    for v in (a, g, h, aggregate.mean_min(x, w, a=0.7, b=0.2)):
        assert ((low <= v) & (v <= high)).all()
    small, big = sorted((r, s))
    assert (
        aggregate.power(x, w, exponent=small) <= aggregate.power(x, w, exponent=big) * (1 + 1e-7)
    ).all()


def test_the_power_mean_holds_its_special_cases():
    x, w = data(), weights(0, "power")
    for exponent, same in ((1, "arithmetic"), (0, "geometric"), (-1, "harmonic")):
        assert np.allclose(aggregate.power(x, w, exponent=exponent), AGGREGATORS[same](x, w))
    assert np.allclose(aggregate.power(x, w, exponent=np.inf), x.max(axis=1))
    assert np.allclose(aggregate.power(x, w, exponent=-np.inf), x.min(axis=1))
    assert np.allclose(
        aggregate.power(x * 1e300, w, exponent=3), 1e300 * aggregate.power(x, w, exponent=3)
    )
    assert np.allclose(aggregate.power(x, w, exponent=1e-9), aggregate.geometric(x, w), rtol=1e-7)
    with pytest.raises(MethodError, match="not above zero"):
        aggregate.power(x - 0.5, w, exponent=0.5)


@pytest.mark.parametrize("name", CONTRIBUTIONS)
def test_contributions_add_up_and_are_eulers(name):
    x, w = data(3), weights(3, name)
    parts = CONTRIBUTIONS[name](x, w, **OPTIONS.get(name, {}))
    score = call(name, x, w)
    assert np.allclose(parts.sum(axis=1), score, rtol=1e-12)
    if name not in HOMOGENEOUS:
        return
    assert np.allclose(call(name, 3 * x, w), 3 * score, rtol=1e-12)
    for j in range(4):
        step = np.zeros(4)
        step[j] = 1e-6
        slope = (call(name, x + step, w) - call(name, x - step, w)) / 2e-6
        assert np.allclose(parts[:, j], x[:, j] * slope, rtol=1e-6, atol=1e-9)


def test_the_mean_min_function_between_mean_and_minimum():
    x, w = data(), weights(0, "mean-min")
    assert np.allclose(aggregate.mean_min(x, w, a=0), x @ w)
    assert np.allclose(aggregate.mean_min(x, w, a=1), x.min(axis=1))
    with pytest.raises(MethodError, match="a lies in"):
        aggregate.mean_min(x, w, a=2)


def test_owa_refuses_weights_that_it_would_ignore():
    with pytest.raises(MethodError, match="would ignore the unequal weights"):
        aggregate.owa(data(), np.array([0.4, 0.3, 0.2, 0.1]), order=[0.25] * 4)
    with pytest.raises(MethodError, match="for 4 children"):
        aggregate.owa(data(), np.full(4, 0.25), order=[0.5, 0.5])


def test_mpi_with_weights():
    x, w = np.array([[80.0, 120.0]]), np.array([0.25, 0.75])
    mean = 110.0
    variance = 0.25 * 30**2 + 0.75 * 10**2
    assert aggregate.mpi(x, w)[0] == pytest.approx(mean - variance / mean, abs=1e-12)
    with pytest.raises(MethodError, match="not above zero"):
        aggregate.mpi(x - 120, w)
    with pytest.raises(MethodError, match="penalty is"):
        aggregate.mpi(x, w, penalty="POS")


def test_topsis_agrees_with_pymcdm_and_scikit_criteria():
    from pymcdm.methods import TOPSIS
    from pymcdm.normalizations import vector_normalization
    from skcriteria import mkdm
    from skcriteria.agg.topsis import TOPSIS as SKTOPSIS

    x, w = data(7, (12, 4)), weights(7, "topsis")
    theirs = TOPSIS(normalization_function=vector_normalization)(x, w, np.ones(4))
    ours = aggregate.topsis(x, w, scale="vector")
    assert np.abs(ours - theirs).max() < 1e-9
    plain = SKTOPSIS().evaluate(mkdm(x, [max] * 4, weights=w)).e_.similarity
    assert np.abs(aggregate.topsis(x, w) - plain).max() < 1e-9


def test_topsis_refuses_what_does_not_differ():
    with pytest.raises(MethodError, match="do not differ"):
        aggregate.topsis(np.ones((3, 2)), np.array([0.5, 0.5]))
    assert aggregate.topsis(np.full((3, 2), 0.5), np.array([0.5, 0.5]), ideal="unit").tolist() == [
        0.5,
        0.5,
        0.5,
    ]


@pytest.mark.parametrize("name", ["topsis", "grey-relational"])
def test_an_ideal_of_one_never_rewards_the_worst_of_other_scales(name):
    x, w = 1 + 99 * data(), np.full(4, 0.25)
    with pytest.raises(MethodError, match=r"ideal = 'unit'.*outside \[0, 1\].*ideal = 'sample'"):
        AGGREGATORS[name](x, w, ideal="unit")
    scores = AGGREGATORS[name](x, w, ideal="sample")
    assert scores[x.mean(axis=1).argmax()] > scores[x.mean(axis=1).argmin()]


def test_wroclaw_by_hand():
    x, w = data(2), weights(2, "wroclaw")
    d = np.sqrt((w * (x - x.max(axis=0)) ** 2).sum(axis=1))
    assert np.allclose(aggregate.wroclaw(x, w), 1 - d / (d.mean() + 2 * d.std()), rtol=1e-13)


def test_rank_sums_with_ties():
    x = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 1.0]])
    w = np.array([0.5, 0.5])
    assert aggregate.rsr(x, w).tolist() == pytest.approx([3.5 / 6, 4.5 / 6, 4 / 6])
    assert aggregate.borda(x, w).tolist() == pytest.approx([0.75, 1.25, 1.0])


def brute(e):
    best = max(
        permutations(range(len(e))),
        key=lambda s: sum(e[a, b] for i, a in enumerate(s) for b in s[i + 1 :]),
    )
    return sum(e[a, b] for i, a in enumerate(best) for b in best[i + 1 :])


@settings(max_examples=40, deadline=None)
@given(
    x=hnp.arrays(np.int64, st.tuples(st.integers(2, 6), st.just(5)), elements=st.integers(0, 4)),
    w=hnp.arrays(np.float64, 5, elements=st.floats(0.01, 1)),
)
def test_kemeny_is_the_best_of_all_orders(x, w):
    w = w / w.sum()
    x = x.astype(float)
    found = aggregate.kemeny_order(x, w)
    assert found.exact
    e = aggregate.outranking(x, w)
    assert np.allclose(e + e.T + np.eye(len(e)), 1)
    assert found.support == pytest.approx(brute(e), abs=1e-9)
    rows = np.random.default_rng(0).permutation(len(x))
    columns = np.random.default_rng(1).permutation(5)
    again = aggregate.kemeny(x[rows][:, columns], w[columns])
    assert np.allclose(again, aggregate.kemeny(x, w)[rows])


def test_a_block_too_large_is_searched_and_said_to_be():
    rng = np.random.default_rng(4)
    x, w = rng.uniform(size=(14, 5)), np.full(5, 0.2)
    exact = aggregate.kemeny_order(x, w)
    rough = aggregate.kemeny_order(x, w, exact_up_to=2)
    assert exact.exact
    assert not rough.exact
    assert rough.support <= exact.support + 1e-12
    assert sorted(rough.order) == list(range(14))


def test_benefit_of_the_doubt_as_an_aggregator_takes_limits():
    x, w = data(5), weights(5, "bod")
    free = aggregate.bod(x, w)
    tight = aggregate.bod(x, w, shares=(0.2, 0.3))
    assert (tight <= free + 1e-9).all()
    assert free.max() == pytest.approx(1)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_nothing_is_written_to(name):
    x, w = data(), weights(0, name)
    kept = x.copy(), w.copy()
    call(name, x, w)
    assert np.array_equal(x, kept[0])
    assert np.array_equal(w, kept[1])

"""Means, their parts, and what every aggregator keeps: draws, permutations, refusals, parts."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import gz_index as gz
from gz_index import MethodError
from gz_index.aggregate import (
    AGGREGATORS,
    CONTRIBUTIONS,
    ROWWISE,
    arithmetic,
    bod,
    geometric,
    harmonic,
    mean_min,
    owa,
    power,
)
from gz_index.weighting.frontier import bod as frontier

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymcdm.methods import WPM, WSM
    from skcriteria import mkdm
    from skcriteria.agg.simple import WeightedProductModel, WeightedSumModel

Matrix = NDArray[np.float64]
ORDER = (0.4, 0.3, 0.2, 0.1)
OPTIONS: dict[str, dict[str, Any]] = {"power": {"exponent": 0.5}, "owa": {"order": ORDER}}
#: method and options, each way in which parts are claimed
PARTS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in CONTRIBUTIONS if name not in OPTIONS and name != "mpi"),
    *(("power", {"exponent": r}) for r in (-3.0, -1.0, -1e-3, 0.0, 1e-3, 0.5, 1.0, 2.0, 7.0)),
    *(("power", {"exponent": r}) for r in (np.inf, -np.inf)),
    ("owa", {"order": ORDER}),
    ("mpi", {"penalty": "-"}),
    ("mpi", {"penalty": "+"}),
]
HOMOGENEOUS = {"arithmetic", "geometric", "harmonic", "power", "owa", "mpi", "mean-min"}
#: unchanged when all data are multiplied by one positive number
SCALE_FREE = {"topsis", "wroclaw", "rsr", "borda", "copeland", "kemeny", "bod"}


def data(seed: int = 0, shape: tuple[int, ...] = (7, 4)) -> Matrix:
    return np.random.default_rng(seed).uniform(0.1, 1.0, shape)


def weights(name: str, seed: int = 0, shape: tuple[int, ...] = (4,)) -> Matrix:
    if name == "owa":
        return np.full(shape, 1 / shape[-1])
    w = np.random.default_rng(seed).uniform(0.1, 1.0, shape)
    return np.asarray(w / w.sum(axis=-1, keepdims=True))


def call(name: str, x: Any, w: Any) -> Matrix:
    return AGGREGATORS[name](x, w, **OPTIONS.get(name, {}))


def close(a: Any, b: Any, rtol: float = 1e-12, atol: float = 1e-14) -> None:
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)  # shapes have to agree too


# every aggregator -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", AGGREGATORS)
def test_draws_give_shape_and_numbers_of_a_loop(name: str) -> None:
    x, w = data(1, (3, 7, 4)), weights(name, 1, (3, 4))
    for got, loop in (
        (call(name, x, w), [call(name, a, b) for a, b in zip(x, w, strict=True)]),
        (call(name, x[0], w), [call(name, x[0], b) for b in w]),
        (call(name, x, w[0]), [call(name, a, w[0]) for a in x]),
        (call(name, x[None], w[:, None]), [[call(name, a, b) for a in x] for b in w]),
    ):
        assert got.shape == np.shape(loop)
        close(got, loop)


@pytest.mark.parametrize(("name", "options"), PARTS)
def test_parts_of_draws_give_shape_and_numbers_of_a_loop(
    name: str, options: dict[str, Any]
) -> None:
    def parts(x: Matrix, w: Matrix) -> Matrix:
        return CONTRIBUTIONS[name](x, w, **options)

    x, w = data(2, (3, 7, 4)), weights(name, 2, (3, 4))
    close(parts(x, w), [parts(a, b) for a, b in zip(x, w, strict=True)])
    close(parts(x[0], w), [parts(x[0], b) for b in w])
    close(parts(x, w[0]), [parts(a, w[0]) for a in x])


@pytest.mark.parametrize("name", AGGREGATORS)
def test_neither_order_of_rows_nor_of_columns_matters(name: str) -> None:
    x, w = data(3, (9, 4)), weights(name, 3)
    rng = np.random.default_rng(3)
    for _ in range(5):
        rows, columns = rng.permutation(9), rng.permutation(4)
        close(call(name, x[rows], w), call(name, x, w)[rows])
        close(call(name, x[:, columns], w[columns]), call(name, x, w))


@pytest.mark.parametrize("name", sorted(ROWWISE))
def test_rowwise_methods_look_at_no_other_row(name: str) -> None:
    x, w = data(4), weights(name, 4)
    whole = call(name, x, w)
    for i in range(len(x)):
        close(call(name, x[i : i + 1], w), whole[i : i + 1], rtol=1e-15)


@pytest.mark.parametrize("name", sorted(set(AGGREGATORS) - ROWWISE))
def test_other_methods_do_look_at_other_rows(name: str) -> None:
    x, w = data(4), weights(name, 4)
    more = np.vstack([x, np.full((2, 4), 0.01), [[1.0, 1.0, 1.0, 0.5]]])
    assert np.abs(call(name, more, w)[:-3] - call(name, x, w)).max() > 1e-3


@pytest.mark.parametrize("name", AGGREGATORS)
def test_lists_integers_and_read_only_arrays_are_read_and_not_written(name: str) -> None:
    w = weights(name, 5)
    x = data(5)
    x.flags.writeable = w.flags.writeable = False
    got = call(name, x, w)
    close(call(name, x.tolist(), w.tolist()), got, rtol=0, atol=0)
    got[:] = 0  # the answer is an array of its own
    whole = np.array([[1, 0, 1, 1], [0, 1, 1, 1], [1, 1, 0, 1]]) if name in ORDINAL else None
    if whole is not None:
        close(call(name, whole, w), call(name, whole.astype(float), w), rtol=0, atol=0)


ORDINAL = {"rsr", "borda", "copeland", "kemeny"}


@pytest.mark.parametrize("name", AGGREGATORS)
def test_refusals_name_what_is_wrong_and_the_way_out(name: str) -> None:
    x, w = data(6), weights(name, 6)
    for value in (np.nan, np.inf, -np.inf):
        holed = x.copy()
        holed[2, 1] = value
        with pytest.raises(MethodError, match=r"finite number in column 1 .*row 2\) -> fill"):
            call(name, holed, w)
        with pytest.raises(MethodError, match=r"finite number in column 1 .*row 2\) -> fill"):
            call(name, np.stack([x, holed]), w)  # the row within its draw
    for v, what in (
        (w * 0.9, r"sum to 0\.9, not to one -> divide"),
        (w * (1 + 3e-9), "sum to 1.000000003, not to one"),
        (np.array([-0.25, 0.5, 0.5, 0.25]), "weight of column 0 is negative or missing ->"),
        (np.array([0.25, np.nan, 0.5, 0.25]), "weight of column 1 is negative or missing ->"),
        (np.array([0.25, np.inf, 0.5, 0.25]), "sum to inf"),
        (np.stack([w, w * 0.5]), r"sum to 0\.5"),
        (np.full(3, 1 / 3), r"needs x \(\.\.\., n, k\) and w .*got \(7, 4\) and \(3,\)"),
        (1.0, "one weight for each column"),
        (["a"] * 4, "not numbers"),
    ):
        with pytest.raises(MethodError, match=what):
            call(name, x, v)
    with pytest.raises(MethodError, match="needs x"):
        call(name, x[0], w)
    with pytest.raises(MethodError, match="is empty -> give at least one row"):
        call(name, x[:0], w)
    with pytest.raises(MethodError, match="draws of x .* do not match"):
        call(name, np.stack([x, x]), np.stack([w, w, w]))
    with pytest.raises(MethodError, match="not numbers .* -> convert or drop"):
        call(name, [["a", "b", "c", "d"]] * 2, w)


@pytest.mark.parametrize("name", sorted(HOMOGENEOUS))
@pytest.mark.parametrize("unit", [1e-200, 1e-3, 7.0, 1e200])
def test_homogeneous_of_degree_one_whatever_the_unit(name: str, unit: float) -> None:
    x, w = data(7), weights(name, 7)
    close(call(name, unit * x, w) / unit, call(name, x, w))


@pytest.mark.parametrize("name", sorted(SCALE_FREE))
@pytest.mark.parametrize("unit", [1e-200, 1e-3, 7.0, 1e200])
def test_free_of_the_unit(name: str, unit: float) -> None:
    if name == "bod":
        unit = min(max(unit, 1e-4), 1e4)  # its linear programme is solved in the units of the data
    x, w = data(7), weights(name, 7)
    close(call(name, unit * x, w), call(name, x, w))


@pytest.mark.parametrize("name", sorted(set(AGGREGATORS) - {"owa", "grey-relational", "bod"}))
def test_a_child_without_weight_does_not_count(name: str) -> None:
    x, w = data(8), np.array([0.5, 0.0, 0.3, 0.2])
    keep = [0, 2, 3]
    close(call(name, x, w), call(name, x[:, keep], w[keep]))
    if name in CONTRIBUTIONS:
        parts = CONTRIBUTIONS[name](x, w, **OPTIONS.get(name, {}))
        assert (parts[:, 1] == 0).all()
        close(parts.sum(axis=1), call(name, x, w))


# parts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "options"), PARTS)
@pytest.mark.parametrize("seed", range(4))
def test_parts_add_up_to_the_score(name: str, options: dict[str, Any], seed: int) -> None:
    x, w = data(seed, (20, 4)), weights(name, seed)
    parts = CONTRIBUTIONS[name](x.tolist(), w.tolist(), **options)
    close(parts.sum(axis=1), AGGREGATORS[name](x, w, **options), atol=0)


@pytest.mark.parametrize(("name", "options"), [p for p in PARTS if p[0] in HOMOGENEOUS])
def test_parts_are_those_of_euler(name: str, options: dict[str, Any]) -> None:
    x, w = data(9, (20, 4)), weights(name, 9)
    parts = CONTRIBUTIONS[name](x, w, **options)
    for j in range(4):
        step = 1e-6 * np.eye(4)[j]
        up, down = (AGGREGATORS[name](x + s, w, **options) for s in (step, -step))
        close(parts[:, j], x[:, j] * (up - down) / 2e-6, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("name", "options"), PARTS)
def test_parts_refuse_what_the_score_refuses(name: str, options: dict[str, Any]) -> None:
    x, w = data(), weights(name)
    x[1, 3] = np.nan
    with pytest.raises(MethodError, match="finite number in column 3"):
        CONTRIBUTIONS[name](x, w, **options)
    with pytest.raises(MethodError, match="not to one"):
        CONTRIBUTIONS[name](data(), 2 * w, **options)


def test_parts_of_an_ordered_average_with_ties_do_not_depend_on_the_order_of_columns() -> None:
    x = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 2.0, 2.0]])
    w = np.full(4, 0.25)
    parts = CONTRIBUTIONS["owa"](x, w, order=ORDER)
    # the two threes share the weights 0.4 and 0.3 of the first two places
    close(parts, [[0.1, 1.05, 1.05, 0.4], [0.5, 0.5, 0.5, 0.5]])
    close(parts.sum(axis=1), owa(x, w, order=ORDER))
    with pytest.raises(MethodError, match="would ignore the unequal weights"):
        CONTRIBUTIONS["owa"](x, np.array(ORDER), order=ORDER)


# means ------------------------------------------------------------------------------------------

values = st.one_of(
    st.floats(0.01, 100), st.floats(1e-300, 1e-290), st.floats(1e290, 1e300), st.floats(1e-9, 1e9)
)
shares = arrays(np.float64, 4, elements=st.floats(0.01, 1))


@settings(max_examples=150, deadline=None)
@given(x=arrays(np.float64, (3, 4), elements=values), w=shares)
def test_arithmetic_geometric_harmonic_are_in_this_order_within_the_extremes(
    x: Matrix, w: Matrix
) -> None:
    w = w / w.sum()
    line = [x.min(axis=1), harmonic(x, w), geometric(x, w), arithmetic(x, w), x.max(axis=1)]
    for small, big in itertools.pairwise(line):
        assert (small <= big * (1 + 1e-12)).all()


@settings(max_examples=300, deadline=None)
@given(
    x=arrays(np.float64, (3, 4), elements=values),
    w=shares,
    r=st.one_of(st.floats(-1, 1), st.floats(-600, 600), st.sampled_from([np.inf, -np.inf])),
    s=st.one_of(st.floats(-1, 1), st.floats(-600, 600)),
)
def test_power_grows_with_the_exponent_and_never_overflows(
    x: Matrix, w: Matrix, r: float, s: float
) -> None:
    w = w / w.sum()
    small, big = sorted((r, s))
    low, high = power(x, w, exponent=small), power(x, w, exponent=big)
    assert (low <= high * (1 + 1e-11)).all()
    assert (x.min(axis=1) <= low * (1 + 1e-11)).all()
    assert (high <= x.max(axis=1) * (1 + 1e-11)).all()


def test_power_holds_the_other_means() -> None:
    x, w = data(), weights("power")
    for r, same in ((1, arithmetic), (0, geometric), (-1, harmonic)):
        close(power(x, w, exponent=r), same(x, w))
    close(power(x, w, exponent=np.inf), x.max(axis=1))
    close(power(x, w, exponent=-np.inf), x.min(axis=1))
    close(power(x, w, exponent=2), np.sqrt((w * x**2).sum(axis=1)))
    close(power(x, w, exponent=-0.7), (w * x**-0.7).sum(axis=1) ** (-1 / 0.7))
    v = np.array([0.0, 0.5, 0.5, 0.0])
    close(power(x, v, exponent=np.inf), x[:, 1:3].max(axis=1))
    close(power(x, v, exponent=-np.inf), x[:, 1:3].min(axis=1))


@pytest.mark.parametrize("sign", [-1, 1])
def test_power_is_continuous_where_the_formula_changes(sign: int) -> None:
    x, w = data(), weights("power")
    near, far = (power(x, w, exponent=sign * r) for r in (0.01 * (1 - 1e-9), 0.01 * (1 + 1e-9)))
    close(near, far, rtol=1e-10)
    # d ln M / dr at 0 is half the weighted variance of ln x
    variance = (w * (np.log(x) - (w * np.log(x)).sum(axis=1)[:, None]) ** 2).sum(axis=1)
    slope = np.log(power(x, w, exponent=sign * 1e-6) / geometric(x, w)) / (sign * 1e-6)
    close(slope, variance / 2, rtol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_arithmetic_and_geometric_agree_with_two_packages(seed: int) -> None:
    x, w = data(seed, (12, 4)), weights("geometric", seed)
    share = x / x.sum(axis=0)  # what pymcdm normalises by
    close(arithmetic(share, w), WSM()(x, w, np.ones(4)), rtol=1e-9)
    close(geometric(share, w), WPM()(x, w, np.ones(4)), rtol=1e-9)
    table = mkdm(x, [max] * 4, weights=w)
    close(arithmetic(x, w), WeightedSumModel().evaluate(table).e_.score, rtol=1e-9)
    # scikit-criteria returns the decimal logarithm of the product
    close(geometric(x, w), 10 ** WeightedProductModel().evaluate(table).e_.score, rtol=1e-9)


def test_power_takes_zeros_only_where_they_are_defined() -> None:
    x, w = np.array([[0.0, 4.0], [0.0, 0.0]]), np.array([0.5, 0.5])
    close(power(x, w, exponent=0.5), [1.0, 0.0])
    close(power(x, w, exponent=2), [np.sqrt(8), 0.0])
    close(CONTRIBUTIONS["power"](x, w, exponent=0.5), [[0.0, 1.0], [0.0, 0.0]])
    for r in (0.0, -1e-3, -2.0):
        with pytest.raises(MethodError, match=r"not above zero in column"):
            power(x, w, exponent=r)
    with pytest.raises(MethodError, match="not above zero"):
        power(-x, w, exponent=2)
    close(power(-x, w, exponent=1), [-2.0, 0.0])
    close(power(-x, w, exponent=-np.inf), [-4.0, 0.0])
    with pytest.raises(MethodError, match="exponent is not a number -> give"):
        power(x, w, exponent=np.nan)


def test_tiny_and_huge_numbers() -> None:
    w = np.array([0.5, 0.5])
    close(arithmetic([[1e308, 1e308], [-1e308, 1e308]], w), [1e308, 0.0])
    close(geometric([[1e-300, 1e300]], w), [1.0])
    close(harmonic([[5e-324, 5e-324], [1e-310, 1e300]], w), [5e-324, 2e-310], atol=5e-324)
    close(power([[1e-300, 1e300]], w, exponent=-2), [np.sqrt(2) * 1e-300])
    close(power([[1e-300, 1e300]], w, exponent=2), [np.sqrt(0.5) * 1e300])


def test_zeros_and_negatives_are_refused_by_geometric_and_harmonic() -> None:  # pitfall 18
    x, w = data(), weights("geometric")
    for value in (0.0, -0.5):
        x[4, 2] = value
        for mean in (geometric, harmonic):
            with pytest.raises(
                MethodError,
                match=rf"not above zero in column 2 \(first: {value} at row 4\) -> "
                r"normalise to an interval above zero.*\[1, 100\].*arithmetic",
            ):
                mean(x, w)


def test_a_floor_of_sixty_hides_unbalance_and_turns_the_ranking_round() -> None:  # pitfall 18
    x = np.array([[0.05, 0.95], [0.4, 0.42], [0.3, 0.3]])
    w = np.array([0.5, 0.5])
    plain, floored = geometric(x, w), geometric(60 + 40 * x, w)
    assert plain.argmax() == 1
    assert floored.argmax() == 0
    assert plain.max() / plain.min() > 1.8
    assert floored.max() / floored.min() < 1.12  # next to no relative difference is left
    # what geometric takes off the arithmetic mean all but vanishes above the floor
    assert 1 - plain[0] / arithmetic(x, w)[0] > 0.5
    assert 1 - floored[0] / arithmetic(60 + 40 * x, w)[0] < 0.03


def test_mean_min_goes_from_the_mean_to_the_minimum() -> None:
    x, w = data(), weights("mean-min")
    close(mean_min(x, w, a=0), x @ w)
    close(mean_min(x, w), x.min(axis=1))
    close(mean_min(x, w, a=0.3), 0.7 * (x @ w) + 0.3 * x.min(axis=1))
    close(mean_min(x, w, b=1e6), x @ w, rtol=1e-6)  # ever smoother, ever less penalty
    by_hand = x @ w - 0.5 * (np.sqrt((x @ w - x.min(axis=1)) ** 2 + 0.2**2) - 0.2)
    close(mean_min(x, w, a=0.5, b=0.2), by_hand)
    line = [mean_min(x, w, a=a, b=0.1) for a in (0, 0.25, 0.5, 1)]
    assert (np.diff(line, axis=0) <= 0).all()
    close(mean_min(np.full((2, 4), 0.7), w, a=0.6, b=0.3), [0.7, 0.7])  # balanced: no penalty
    for wrong in ({"a": -0.1}, {"a": 1.1}, {"a": np.nan}, {"b": -1.0}, {"b": np.inf}):
        with pytest.raises(MethodError, match=r"a lies in \[0, 1\], b is >= 0"):
            mean_min(x, w, **wrong)


def test_owa_by_position() -> None:
    x, w = data(), np.full(4, 0.25)
    close(owa(x, w, order=[1, 0, 0, 0]), x.max(axis=1))
    close(owa(x, w, order=[0, 0, 0, 1]), x.min(axis=1))
    close(owa(x, w, order=w), x.mean(axis=1))
    close(owa(x, w, order=[0, 0.5, 0.5, 0]), np.median(x, axis=1))
    close(owa([[1.0, 4.0, 3.0, 2.0]], w, order=ORDER), [4 * 0.4 + 3 * 0.3 + 2 * 0.2 + 0.1])


def test_owa_refuses_weights_it_would_ignore_and_orders_that_do_not_fit() -> None:
    x, w = data(), np.full(4, 0.25)
    with pytest.raises(MethodError, match="ignore the unequal weights .* -> use equal weights"):
        owa(x, np.array(ORDER), order=ORDER)
    with pytest.raises(MethodError, match="ignore the unequal weights"):
        owa(x, np.stack([w, ORDER]), order=ORDER)
    for order in ([0.5, 0.5], [0.5, 0.6, -0.1, 0], [0.3] * 4, [np.nan, 1, 0, 0], [np.inf, 0, 0, 0]):
        with pytest.raises(MethodError, match="for 4 children -> give 4 weights"):
            owa(x, w, order=order)


# benefit of the doubt ---------------------------------------------------------------------------


def test_bod_is_the_frontier_of_weighting_with_its_options() -> None:
    x, w = data(10), weights("bod", 10)
    free = bod(x, w)
    close(free, frontier(x).scores, rtol=0, atol=0)
    assert free.max() == pytest.approx(1, abs=1e-9)
    tight = bod(x, w, shares=(0.2, 0.3))
    close(tight, frontier(x, shares=(0.2, 0.3)).scores, rtol=0, atol=0)
    assert (tight <= free + 1e-9).all()
    assert (tight < free - 1e-3).any()
    close(bod(x, w[::-1]), free, rtol=0, atol=0)  # the weights given are not used
    with pytest.raises(MethodError, match="bod: .*negative in column 0"):
        bod(x - np.array([1.0, 0, 0, 0]), w)


@pytest.mark.parametrize(("method", "option"), [("owa", "order"), ("power", "exponent")])
def test_a_method_without_the_option_that_it_needs_is_refused_before_any_work(method, option):
    with pytest.raises(gz.DefinitionError, match=f"{method} needs the option '{option}'"):
        gz.load("tai-2008").replace(aggregate=method)

"""Crossings of scores and least changes of weights, on arrays."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from gz_index import MethodError
from gz_index.sensitivity.crossings import least_change, order_interval, top_interval

GRID = np.linspace(0.0, 1.0, 200_001)


# -- intervals: an exact oracle in fractions -----------------------------------------------------


def order_of(scores):
    return [[(x > y) - (x < y) for y in scores] for x in scores]


def top_of(k):
    return lambda scores: {i for i, x in enumerate(scores) if sum(y > x for y in scores) < k}


def oracle(a, b, at, state):
    """Ends by evaluating the state exactly at every crossing and between all of them."""

    def scores(t):
        return [x + y * (t - at) for x, y in zip(a, b, strict=True)]

    now = state(scores(at))
    cross = {at - (a[i] - a[j]) / (b[i] - b[j]) for i, j in pairs(a) if b[i] != b[j]}

    def end(points):
        before = at
        for t in points:
            if state(scores((before + t) / 2)) != now:
                return before, True
            if state(scores(t)) != now:
                return t, True
            before = t
        return before, False

    right = end([*sorted(t for t in cross if at < t < 1), *([Fraction(1)] if at < 1 else [])])
    left = end(
        [
            *sorted((t for t in cross if 0 < t < at), reverse=True),
            *([Fraction(0)] if at > 0 else []),
        ]
    )
    return left, right


def pairs(a):
    return combinations(range(len(a)), 2)


@st.composite
def lines(draw):
    n = draw(st.integers(1, 6))
    whole = st.integers(-3, 3)
    a, b = (draw(st.lists(whole, min_size=n, max_size=n)) for _ in range(2))
    at = Fraction(draw(st.integers(0, 8)), 8)
    return [Fraction(v) for v in a], [Fraction(v) for v in b], at


def check(interval, a, b, at, state):
    (low, low_met), (high, high_met) = oracle(a, b, at, state)
    assert abs(interval.low - float(low)) <= 1e-15
    assert abs(interval.high - float(high)) <= 1e-15
    for sign, end, pair, met in (
        (-1, low, interval.at_low, low_met),
        (1, high, interval.at_high, high_met),
    ):
        assert (pair is not None) == met
        if pair is not None:
            riser, faller = pair
            ends = [a[i] + b[i] * (end - at) for i in pair]
            assert ends[0] == ends[1]  # the two tie exactly there
            assert (b[riser] - b[faller]) * sign > 0


@settings(max_examples=300, deadline=None)
@given(lines())
def test_order_interval_is_exact_with_ties(case):
    a, b, at = case
    found = order_interval([float(v) for v in a], [float(v) for v in b], float(at))
    check(found, a, b, at, order_of)


@settings(max_examples=300, deadline=None)
@given(lines(), st.integers(1, 7))
def test_top_interval_is_exact_with_ties(case, k):
    a, b, at = case
    found = top_interval([float(v) for v in a], [float(v) for v in b], float(at), k)
    check(found, a, b, at, top_of(k))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bent", ["lines", "bends", "outer", "both"])
def test_intervals_against_a_fine_grid(seed, bent):
    rng = np.random.default_rng(seed)
    n, at = 14, 0.3
    a, b = rng.random(n), rng.normal(size=n) * 0.3
    bends = rng.random(n) if bent in ("bends", "both") else None
    outer = 0.4 if bent in ("outer", "both") else None
    move = (GRID - at)[:, None]
    scores = b * move / (1 + (0 if bends is None else bends) * move)
    scores = a + (scores if outer is None else outer * np.log1p(scores))
    order = np.argsort(-a)
    ordered = scores[:, order]

    def same(stays, interval):
        here = int(at * 200_000)
        assert stays[here]
        left = np.flatnonzero(~stays[:here])
        right = np.flatnonzero(~stays[here:])
        low = GRID[left[-1]] if left.size else 0.0
        high = GRID[here + right[0]] if right.size else 1.0
        assert low <= interval.low <= low + 5.001e-6
        assert high - 5.001e-6 <= interval.high <= high
        assert (interval.at_low is not None) == bool(left.size)
        assert (interval.at_high is not None) == bool(right.size)

    options = {"bends": bends, "outer": outer}
    same((np.diff(ordered, axis=1) < 0).all(axis=1), order_interval(a, b, at, **options))
    for k in (1, 4, 9):
        stays = ordered[:, :k].min(axis=1) > ordered[:, k:].max(axis=1)
        same(stays, top_interval(a, b, at, k, **options))


def test_curves_tied_in_score_and_slope_part_by_their_bend():
    # both start at 1 with slope 1; the one with a bend falls behind on either side
    found = top_interval([1.0, 1.0, 0.0], [1.0, 1.0, 0.0], 0.5, 1, bends=[0.0, 0.5, 0.0])
    assert found == (0.5, 0.5, (0, 1), (0, 1))
    same = order_interval([1.0, 1.0, 0.0], [1.0, 1.0, 0.0], 0.5, bends=[0.5, 0.5, 0.0])
    assert same == (0.0, 1.0, None, None)


def test_a_tie_for_the_last_place_may_part_on_one_side_only():
    # three tie for places 1 to 3 of a top 2: on the left two tie ahead and the third drops out;
    # on the right one leads and the other two still share place 2
    found = top_interval([1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], 0.5, 2)
    assert found == (0.5, 1.0, (2, 0), None)


def test_identical_units_stay_tied_whatever_rounding_says():
    a = np.array([0.1 + 0.2, 0.3, 0.0])
    assert a[0] != a[1]
    found = order_interval(a, [0.7, 0.1 * 7, 0.0], 0.5)
    assert found.at_high is None
    assert found.at_low == (2, 1) or found.at_low == (2, 0)
    assert abs(found.low - (0.5 - 0.3 / 0.7)) <= 1e-15


def test_blocks_give_the_same_as_one_piece(monkeypatch):
    rng = np.random.default_rng(5)
    a, b = rng.random(300), rng.normal(size=300)
    whole = [top_interval(a, b, 0.2, k) for k in (10, 150)]
    monkeypatch.setattr("gz_index.sensitivity.crossings._PAIRS", 1000)
    assert [top_interval(a, b, 0.2, k) for k in (10, 150)] == whole


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_permuting_units_permutes_the_names(seed, k):
    rng = np.random.default_rng(seed)
    a, b, p = rng.random(7), rng.normal(size=7), rng.permutation(7)
    for one, other in (
        (order_interval(a, b, 0.4), order_interval(a[p], b[p], 0.4)),
        (top_interval(a, b, 0.4, k), top_interval(a[p], b[p], 0.4, k)),
    ):
        named = [q and (int(p[q[0]]), int(p[q[1]])) for q in other[2:]]
        assert (*other[:2], *named) == one


@pytest.mark.parametrize(
    ("arguments", "options", "match"),
    [
        (([1.0, np.nan], [0.0, 0.0], 0.5), {}, "this fails at row 1 .*leave out the units"),
        (([1.0, 2.0], [0.0, np.inf], 0.5), {}, "this fails at row 1"),
        (([1.0, 2.0], [0.0, 1.0], 0.5), {"bends": [0.0, -1.0]}, "this fails at row 1"),
        (([1.0, 2.0], [0.0], 0.5), {}, r"\(n,\) each; got \(2,\), \(1,\)"),
        (([1.0, 2.0], [0.0, 1.0], 1.5), {}, "the weight is 1.5"),
        (([1.0, 2.0], [0.0, 1.0], np.nan), {}, "the weight is nan"),
        (([1.0, 2.0], [0.0, 1.0], 0.5), {"outer": 0.0}, "outer is 0.0"),
    ],
)
def test_what_is_no_line_is_refused(arguments, options, match):
    with pytest.raises(MethodError, match=match):
        order_interval(*arguments, **options)


@pytest.mark.parametrize("k", [0, 2.0, True])
def test_top_is_a_whole_number(k):
    with pytest.raises(MethodError, match="whole number >= 1"):
        top_interval([1.0, 2.0], [0.0, 1.0], 0.5, k)


# -- least change --------------------------------------------------------------------------------


def test_least_change_while_no_bound_binds_is_the_formula():
    w, d = np.full(4, 0.25), np.array([-3.0, 1.0, 0.5, -0.5])
    v = least_change(w, d)
    assert np.linalg.norm(v - w) == pytest.approx(
        -(d @ w) / np.linalg.norm(d - d.mean()), abs=1e-15
    )
    assert (v > 0).all()


def test_least_change_by_hand():
    # all weight but that of the best is taken from the worst: .2 (x) (-5 -> 1) needs x = 1 / 6
    w, d = np.array([0.2, 0.8]), np.array([-5.0, 0.0])
    assert least_change(w, d) is None  # b can draw level at (0, 1) but never pass
    d = np.array([-5.0, 1.0, 0.0])
    w = np.array([0.2, 0.0, 0.8])
    np.testing.assert_allclose(least_change(w, d, norm="l1"), [1 / 30, 1 / 6, 0.8], atol=1e-16)


@st.composite
def weighted(draw):
    k = draw(st.integers(2, 6))
    raw = draw(st.lists(st.integers(0, 5), min_size=k, max_size=k).filter(any))
    d = draw(st.lists(st.integers(-4, 4), min_size=k, max_size=k))
    return np.array(raw, dtype=float) / sum(raw), np.array(d, dtype=float)


@settings(max_examples=150, deadline=None)
@given(weighted())
def test_least_change_ties_the_two_and_is_least(case):
    w, d = case
    l2, l1 = least_change(w, d), least_change(w, d, norm="l1")
    if d @ w >= 0:
        assert np.array_equal(l2, w)
        assert np.array_equal(l1, w)
        return
    if d.max() <= 0:
        assert l2 is None
        assert l1 is None
        return
    for v in (l2, l1):
        assert (v >= 0).all()
        assert abs(v.sum() - 1) <= 1e-15
        assert abs(d @ v) <= 1e-14
    k = w.size
    both = np.concatenate([np.ones(k), -np.ones(k)])
    best = linprog(
        np.ones(2 * k),
        A_ub=[-np.tile(d, 2) * both],
        b_ub=[d @ w],
        A_eq=[both],
        b_eq=[0.0],
        bounds=[(0, None)] * k + [(0, x) for x in w],
    )
    assert np.abs(l1 - w).sum() == pytest.approx(best.fun, abs=1e-12)
    # the variational inequality of a projection, at the vertices of the set: exact optimality
    for v in vertices(d):
        assert (w - l2) @ (v - l2) <= 1e-13


def vertices(d):
    """Vertices of {v >= 0, sum v = 1, d'v >= 0}: corners, and points of edges where d'v = 0."""
    eye = np.eye(d.size)
    yield from eye[d >= 0]
    for i, j in combinations(range(d.size), 2):
        if d[i] * d[j] < 0:
            yield (d[j] * eye[i] - d[i] * eye[j]) / (d[j] - d[i])


@pytest.mark.parametrize("seed", range(5))
def test_least_change_against_a_general_optimiser(seed):
    rng = np.random.default_rng(seed)
    w, d = rng.dirichlet(np.ones(6)), rng.normal(size=6) - 1
    d[0] = 0.8
    v = least_change(w, d)
    found = minimize(
        lambda u: ((u - w) ** 2).sum(),
        np.eye(6)[0],
        jac=lambda u: 2 * (u - w),
        bounds=[(0, 1)] * 6,
        constraints=[
            {"type": "eq", "fun": lambda u: u.sum() - 1},
            {"type": "ineq", "fun": lambda u: u @ d},
        ],
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    np.testing.assert_allclose(v, found.x, atol=1e-6)  # the optimiser's own precision


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-6, 1e6))
def test_units_of_the_scores_do_not_matter(seed, unit):
    rng = np.random.default_rng(seed)
    w, d = rng.dirichlet(np.full(8, 0.4)), rng.normal(size=8) - 0.8
    one, other = least_change(w, d), least_change(w, unit * d)
    if one is None:
        assert other is None
    else:
        np.testing.assert_allclose(one, other, atol=1e-13)


@pytest.mark.parametrize(
    ("w", "d", "norm", "match"),
    [
        ([0.5, 0.6], [1.0, -1.0], "l2", "sum 1.1"),
        ([1.5, -0.5], [1.0, -1.0], "l2", "look at column 1"),
        ([0.5, 0.5], [np.nan, -1.0], "l2", "look at column 0"),
        ([0.5, 0.5], [1.0], "l2", r"got \(2,\) and \(1,\)"),
        ([0.5, 0.5], [1.0, -1.0], "l3", "norm is one of l2, l1"),
    ],
)
def test_least_change_refuses(w, d, norm, match):
    with pytest.raises(MethodError, match=match):
        least_change(w, d, norm=norm)

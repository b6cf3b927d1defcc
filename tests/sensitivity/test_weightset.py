import pickle
import tomllib
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import gz_index as gz
from gz_index.sensitivity.weightset import WeightSet

ABC = ("a", "b", "c")
ABCD = (*ABC, "d")
MANY = tuple(f"c{i}" for i in range(12))

#: sets of every kind, and whether their draws are independent and exactly uniform
SETS = {
    "whole": (WeightSet(ABCD), True),
    "lower": (WeightSet(ABCD, lower={"a": 0.2, "c": 0.1}), True),
    "lower-full": (WeightSet(ABC, lower={"a": 0.7, "b": 0.2, "c": 0.1}), True),
    "pinned": (WeightSet(ABCD, lower={"a": 0.3}, upper={"a": 0.3}), True),
    "chain": (WeightSet(ABCD, order=(ABCD,)), True),
    "chain-lower": (WeightSet(ABCD, lower=dict.fromkeys(ABCD, 0.05), order=(ABCD,)), True),
    "two-chains": (WeightSet(ABCD, order=(("d", "a"), ("b", "c"))), True),
    "crossing-chains": (WeightSet(ABCD, order=(("a", "b"), ("a", "c"))), True),
    "upper": (WeightSet(ABCD, upper={"a": 0.4, "b": 0.35}), True),
    "share": (WeightSet(ABCD, shares=((("a", "b"), 0.2, 0.5),)), True),
    "line": (WeightSet(ABC, lower={"a": 0.3}, upper={"a": 0.3, "b": 0.4}), True),
    "point": (WeightSet(ABC, upper={"a": 0.5, "b": 0.3, "c": 0.2}), True),
    "tight": (
        WeightSet(
            MANY,
            lower=dict.fromkeys(MANY, 0.06),
            upper=dict.fromkeys(MANY, 0.1),
            order=(MANY[:3],),
        ),
        False,
    ),
    "flat": (
        WeightSet(ABCD, upper={"a": 0.35}, shares=((("a", "b"), 0.6, 0.6),)),
        False,
    ),
    "flat-pinned": (
        WeightSet(
            (*ABCD, "e"),
            lower={"e": 0.2},
            upper={"e": 0.2},
            order=(("a", "b"),),
            shares=((("a", "c"), 0.5, 0.5),),
        ),
        False,
    ),
}


def near(w, mean, variance=None, *, independent=True):
    """Whether draws have these moments, at 4.5 standard errors."""
    n = len(w)
    z = np.abs(w.mean(axis=0) - mean) / (w.std(axis=0) / np.sqrt(n))
    assert (z <= 4.5).all(), z
    if variance is not None:
        square = (w - mean) ** 2
        z = np.abs(square.mean(axis=0) - variance) / (square.std(axis=0) / np.sqrt(n))
        assert (z <= 4.5).all(), z


def walked(s, count, seed):
    """Draws of the random walk, one of each chain so that they are independent, whatever s is."""
    out = []
    for part in range(-(-count // 1024)):
        rng = np.random.default_rng([seed, part])
        out.append(s._flat.walked(1024, s._cover.corners, rng))
    return np.concatenate(out)


def violation(s, w):
    """The most by which weights break a limit, from the limits as they were written."""
    w = dict(zip(s.codes, np.asarray(w).T, strict=True))
    worst = [np.abs(sum(w.values()) - 1), *(-v for v in w.values())]
    worst += [low - w[c] for c, low in s.lower.items()]
    worst += [w[c] - high for c, high in s.upper.items()]
    worst += [w[b] - w[a] for chain in s.order for a, b in pairwise(chain)]
    for codes, low, high in s.shares:
        total = sum(w[c] for c in codes)
        worst += [low - total, total - high]
    return max(float(np.max(v)) for v in worst)


# -- drawing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_every_draw_keeps_every_limit(name):
    s, exact = SETS[name]
    w = s.sample(3000, np.random.default_rng(1))
    assert w.shape == (3000, len(s.codes))
    assert violation(s, w) <= 1e-12
    assert s.contains(w).all()
    assert s.exact is exact


@pytest.mark.parametrize("name", SETS)
def test_the_generator_alone_decides_the_draws(name):
    s, _ = SETS[name]
    w = s.sample(300, np.random.default_rng(5))
    again = WeightSet.of(s.to_dict(), s.codes).sample(300, np.random.default_rng(5))
    assert (w == again).all()
    if name not in ("lower-full", "point"):
        assert not (w == s.sample(300, np.random.default_rng(6))).all()


def test_normalising_draws_breaks_bounds_and_a_set_does_not():
    # the mistake: draw within bounds, then divide by the sum
    rng = np.random.default_rng(0)
    s = WeightSet(ABCD, lower=dict.fromkeys(ABCD, 0.2), upper=dict.fromkeys(ABCD, 0.3))
    wrong = rng.uniform(0.2, 0.3, (4000, 4))
    wrong /= wrong.sum(axis=0)
    assert s.contains(wrong).mean() == 0
    assert s.contains(s.sample(4000, rng)).all()


def test_the_whole_simplex_has_the_moments_of_dirichlet():
    k = 4
    w = SETS["whole"][0].sample(100_000, np.random.default_rng(2))
    near(w, 1 / k, (k - 1) / (k**2 * (k + 1)))
    near(w[:, :1] * w[:, 1:2], 1 / (k * (k + 1)))


def test_lower_bounds_are_a_smaller_simplex():
    s, _ = SETS["lower"]
    w = s.sample(100_000, np.random.default_rng(3))
    near(w, np.array([0.2, 0, 0.1, 0]) + 0.7 / 4, 0.7**2 * 3 / 80)


def test_a_fixed_weight_leaves_a_simplex_of_the_others():
    w = SETS["pinned"][0].sample(100_000, np.random.default_rng(4))
    assert (w[:, 0] == 0.3).all()
    near(w[:, 1:], 0.7 / 3, 0.7**2 * 2 / 36)


@pytest.mark.parametrize(("name", "low"), [("chain", 0.0), ("chain-lower", 0.05)])
def test_an_order_has_the_means_of_order_statistics(name, low):
    # E w_(j) = (1/k) sum_{i >= j} 1/i
    w = SETS[name][0].sample(100_000, np.random.default_rng(5))
    harmonic = np.cumsum(1 / np.arange(4, 0, -1.0))[::-1] / 4
    near(w, low + (1 - 4 * low) * harmonic)


def test_orders_without_a_common_weight_are_drawn_by_symmetry():
    w = SETS["two-chains"][0].sample(100_000, np.random.default_rng(6))
    # two of four parts of the simplex: their greater and lesser have 3/4 and 1/4 of the sum
    near(w, np.array([1, 3, 1, 3]) / 8)


def polygon(s):
    """Centroid and second moments about it of a set of three weights, from its corners."""
    a, b, _, _ = s.constraints()
    lift = np.array([[1.0, 0], [0, 1], [-1, -1]])
    g, h = a @ lift, b - a @ np.array([0, 0, 1.0])
    corners = []
    for i, j in combinations(range(len(g)), 2):
        if abs(np.linalg.det(g[[i, j]])) > 1e-12:
            p = np.linalg.solve(g[[i, j]], h[[i, j]])
            if (g @ p <= h + 1e-12).all():
                corners.append(p)
    corners = np.unique(np.round(corners, 12), axis=0)
    middle = corners.mean(axis=0)
    corners = corners[np.argsort(np.arctan2(*(corners - middle).T))]
    area, first, second = 0.0, np.zeros(2), np.zeros((2, 2))
    for p, q in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        t = np.array([middle, p, q])
        size = abs(np.linalg.det(np.array([p - middle, q - middle]))) / 2
        area += size
        first += size * t.mean(axis=0)
        # over a triangle E xx' = (sum of v v' + 9 m m') / 12, m the mean of its corners v
        second += size * (t.T @ t + 9 * np.outer(t.mean(axis=0), t.mean(axis=0))) / 12
    mean = first / area
    variance = second / area - np.outer(mean, mean)
    return lift @ mean + np.array([0, 0, 1.0]), np.diag(lift @ variance @ lift.T)


POLYGONS = [
    WeightSet(ABC, lower={"a": 0.1}, upper={"a": 0.5, "b": 0.6}),
    WeightSet(ABC, lower={"c": 0.15}, upper={"b": 0.3}, order=(("a", "c"),)),
    WeightSet(ABC, upper={"a": 0.45}, shares=((("b", "c"), 0.2, 0.7), (("a", "b"), 0.5, 0.9))),
    WeightSet(ABC, lower={"a": 0.6}, upper={"a": 0.61}),
]


def test_the_triangle_itself_has_the_moments_of_dirichlet():
    mean, variance = polygon(WeightSet(ABC))
    np.testing.assert_allclose(mean, 1 / 3, rtol=1e-14)
    np.testing.assert_allclose(variance, 1 / 18, rtol=1e-13)


@pytest.mark.parametrize("s", POLYGONS, ids=range(len(POLYGONS)))
def test_draws_and_walks_have_the_moments_of_the_polygon(s):
    mean, variance = polygon(s)
    near(s.sample(50_000, np.random.default_rng(7)), mean, variance)
    near(walked(s, 20_480, 7), mean, variance)


@pytest.mark.parametrize("name", ["whole", "lower", "chain", "two-chains", "upper", "share"])
def test_walks_agree_with_exact_draws(name):
    s, _ = SETS[name]
    e = s.sample(1_000_000, np.random.default_rng(8))
    near(walked(s, 10_240, 8), e.mean(axis=0), e.var(axis=0))


@pytest.mark.parametrize("parts", [0, 1, 2])
def test_walks_leave_their_start_behind_in_many_dimensions(parts):
    # a walk that is too short stays near the centre: its largest weight is too small
    k = 24
    codes = tuple(f"c{i}" for i in range(k))
    orders = [(), (codes,), (codes[:12], codes[12:])]
    w = walked(WeightSet(codes, order=orders[parts]), 2048, 9)
    near(w.max(axis=1)[:, None], np.sum(1 / np.arange(1, k + 1)) / k)  # whatever the order
    near((w**2).sum(axis=1)[:, None], 2 / (k + 1))


def test_orders_that_cross_leave_the_largest_weight_as_it_is():
    tree = tuple((MANY[(i - 1) // 2], MANY[i]) for i in range(1, 12))
    s = WeightSet(MANY, order=tree)
    assert not s.exact
    near(walked(s, 4096, 10)[:, :1], np.sum(1 / np.arange(1, 13)) / 12)


def test_a_flat_set_is_uniform_within_its_own_dimension():
    w = SETS["flat"][0].sample(1024, np.random.default_rng(11))
    near(w, [0.175, 0.425, 0.2, 0.2], [0.35**2 / 12] * 2 + [0.4**2 / 12] * 2)
    line = SETS["line"][0].sample(20_000, np.random.default_rng(12))
    near(line[:, 1:], [0.2, 0.5], 0.4**2 / 12)
    assert np.ptp(line[:, 0]) == 0


@pytest.mark.parametrize("width", [1e-3, 1e-6, 1e-8])
def test_a_thin_set_is_walked_to_its_ends(width):
    s = WeightSet((*ABC, "d"), lower={"a": 0.3, "b": 0.2}, upper={"a": 0.3 + width, "b": 0.5})
    w = s.sample(1024, np.random.default_rng(3))
    assert violation(s, w) <= 1e-12
    assert not s.exact
    near((w[:, :1] - 0.3) / width, 1 / 2, 1 / 12)  # up to terms of the size of the width
    # the others: w_b over [0.2, 0.5] with the density of what is left for c and d, 0.7 - w_b
    b = np.linspace(0.2, 0.5, 3001)
    near(w[:, 1:2], np.average((b[1:] + b[:-1]) / 2, weights=0.7 - (b[1:] + b[:-1]) / 2))


def test_a_point_is_drawn_as_it_is():
    w = SETS["point"][0].sample(3, np.random.default_rng(0))
    np.testing.assert_allclose(w, np.tile([0.5, 0.3, 0.2], (3, 1)), rtol=0, atol=1e-12)


def test_rejection_in_small_pieces_fills_the_count(monkeypatch):
    s, _ = SETS["upper"]
    monkeypatch.setattr("gz_index.sensitivity.weightset._CELLS", 40)
    w = s.sample(501, np.random.default_rng(0))
    assert w.shape == (501, 4)
    assert s.contains(w).all()


def test_nearly_no_draw_is_rejected_where_nearly_none_breaks_a_limit():
    s = WeightSet(ABC, upper={"a": 0.99})
    assert s._accepted > 0.999


def test_no_draws_are_refused():
    with pytest.raises(gz.MethodError, match="0 draws -> ask for one or more"):
        WeightSet(ABC).sample(0, np.random.default_rng(0))


# -- extremes ----------------------------------------------------------------------------------


def by_programme(s, d):
    a, b, a_eq, b_eq = s.constraints()
    return [linprog(row, a, b, a_eq, b_eq, bounds=(None, None)).fun for row in d]


@pytest.mark.parametrize("name", SETS)
def test_the_minimum_is_that_of_a_linear_programme(name):
    s, _ = SETS[name]
    d = np.random.default_rng(13).normal(size=(40, len(s.codes)))
    least = s.minimum(d)
    np.testing.assert_allclose(least, by_programme(s, d), rtol=0, atol=1e-9)
    reached = d @ s.sample(2000, np.random.default_rng(14)).T
    assert (reached >= least[:, None] - 1e-12).all()


def test_minima_by_hand():
    d = np.array([[3.0, 1.0, -4.0], [-1.0, 2.0, 0.0]])
    assert WeightSet(ABC).minimum(d).tolist() == [-4, -1]
    # means of the first components: 3, 2, 0 and -1, 1/2, 1/3
    np.testing.assert_allclose(WeightSet(ABC, order=(ABC,)).minimum(d), [0, -1], atol=1e-15)
    # 0.5 of the least, then 0.3 of the next, and the rest
    s = WeightSet(ABC, upper={"a": 0.5, "b": 0.3, "c": 0.5})
    np.testing.assert_allclose(s.minimum(d), [-2 + 0.3 + 0.6, -0.5], rtol=1e-14)
    # w_b + w_c = 1/2 and w_a >= w_b
    s = WeightSet(ABC, order=(("a", "b"),), shares=((("b", "c"), 0.5, 0.5),))
    np.testing.assert_allclose(s.minimum(d), [1.5 - 2, -0.5], rtol=1e-12)


def test_the_minimum_does_not_depend_on_scale_or_on_the_number_of_rows():
    s, _ = SETS["tight"]
    d = np.random.default_rng(15).normal(size=(400, 12))
    least = s.minimum(d)
    np.testing.assert_allclose(s.minimum(d[:1]), least[:1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(s.minimum(d * 1e-9), least * 1e-9, rtol=0, atol=1e-20)
    np.testing.assert_allclose(s.minimum(d + 5), least + 5, rtol=0, atol=1e-12)
    assert s.minimum(np.zeros((2, 12))).tolist() == [0, 0]
    assert s.minimum(np.zeros((0, 12))).shape == (0,)


def test_the_minimum_refuses_what_it_cannot_take():
    with pytest.raises(gz.MethodError, match="2 columns for 3 weights -> one column each for a, b"):
        WeightSet(ABC).minimum(np.zeros((1, 2)))
    with pytest.raises(gz.MethodError, match=r"least value.*column 1 .*nan at row 0"):
        WeightSet(ABC).minimum([[0, np.nan, 0]])


# -- as a value --------------------------------------------------------------------------------


def test_a_set_comes_from_toml_and_goes_back():
    text = """
    order = [["a", "b"]]
    shares = [{ of = ["a", "b"], low = 0.2, high = 0.5 }, { of = ["c"], high = 0.6 }]
    [lower]
    a = 0.1
    [upper]
    d = 0.7
    """
    s = WeightSet.of(tomllib.loads(text), list(ABCD))
    assert s == WeightSet(
        ABCD, {"a": 0.1}, {"d": 0.7}, (("a", "b"),), ((("a", "b"), 0.2, 0.5), (("c",), 0, 0.6))
    )
    assert WeightSet.of(s.to_dict(), ABCD) == s
    assert pickle.loads(pickle.dumps(s)) == s
    assert WeightSet(ABC).to_dict() == {}


def test_a_set_does_not_follow_later_changes_of_a_mapping():
    lower = {"a": 0.1}
    s = WeightSet(ABC, lower=lower)
    lower["a"] = 0.9
    assert s.lower == {"a": 0.1}


def test_whole_is_a_set_without_limits_that_bind():
    assert WeightSet(ABC).whole
    assert WeightSet(ABC, {"a": 0.0}, {"b": 1.0}, (), ((("a", "b"), 0, 1),)).whole
    for name, (s, _) in SETS.items():
        assert s.whole is (name == "whole")


def test_contains_looks_at_every_limit():
    s = WeightSet(ABC, {"a": 0.1}, {"b": 0.5}, (("a", "c"),), ((("a", "b"), 0.6, 0.9),))
    w = [
        [0.4, 0.3, 0.3],
        [0.05, 0.5, 0.45],
        [0.45, 0.55, 0.0],
        [0.3, 0.35, 0.35],
        [0.4, 0.1, 0.3],
        [0.5, 0.5, 0.0],
        [0.6, 0.5, -0.1],
    ]
    assert s.contains(w).tolist() == [True] + [False] * 6
    assert s.contains([[w[0]]]).tolist() == [[True]]
    assert s.contains([0.4 + 1e-9, 0.3, 0.3], tol=1e-8)
    assert not s.contains([0.4 + 1e-9, 0.3, 0.3])


def test_constraints_are_the_limits():
    s = WeightSet(ABC, {"a": 0.1}, {"b": 0.5}, (("a", "c"),), ((("a", "b"), 0.6, 0.9),))
    a, b, a_eq, b_eq = s.constraints()
    assert a.tolist()[3:] == [[0, 1, 0], [-1, 0, 1], [-1, -1, 0], [1, 1, 0]]
    assert (-a[:3]).tolist() == np.eye(3).tolist()
    assert (b + 0).tolist() == [-0.1, 0, 0, 0.5, 0, -0.6, 0.9]
    assert (a_eq.tolist(), b_eq.tolist()) == ([[1, 1, 1]], [1])


# -- what is refused ---------------------------------------------------------------------------

REFUSED = {
    "unknown": ({"lower": {"aa": 0.1}}, r"lower: no weight 'aa' \(did you mean 'a'\?\)"),
    "unknown-order": ({"order": [["a", "x"]]}, "order: no weight 'x' -> there are a, b, c"),
    "unknown-share": ({"shares": [{"of": ["x"], "low": 0.1}]}, "shares: no weight 'x'"),
    "negative": ({"lower": {"a": -0.1}}, r"a: bound -0.1 -> a number in \[0, 1\]"),
    "percent": ({"upper": {"a": 30}}, r"a: bound 30 -> a number in \[0, 1\]"),
    "nan": ({"upper": {"a": float("nan")}}, "a: bound nan"),
    "text": ({"lower": {"a": "0.1"}}, "a: bound '0.1'"),
    "truth": ({"lower": {"a": True}}, "a: bound True"),
    "crossed": ({"lower": {"a": 0.4}, "upper": {"a": 0.3}}, "a: lower bound 0.4 > upper bound 0.3"),
    "crossed-share": (
        {"shares": [{"of": ["a", "b"], "low": 0.5, "high": 0.4}]},
        r"sum of a \+ b: lower bound 0.5 > upper bound 0.4",
    ),
    "circle": ({"order": [["a", "b", "c"], ["c", "a"]]}, "goes round in a circle at a, b, c"),
    "itself": ({"order": [["a", "a"]]}, "goes round in a circle at a"),
    "one": ({"order": [["a"]]}, r"order: \('a',\) is no list of 2 or more codes"),
    "not-nested": ({"order": ["a", "b"]}, r'order: \'a\' is no list .* -> write \[\["a", "b"\]\]'),
    "order-text": ({"order": "ab"}, "order: 'ab' -> write"),
    "order-number": ({"order": [1, 2]}, r"order: \[1, 2\] -> write"),
    "share-number": ({"shares": 0.3}, "shares: 0.3 -> write { of ="),
    "share-text": ({"shares": [{"of": "ab", "low": 0.1}]}, "shares: 'ab' is no list"),
    "share-none": ({"shares": [{"of": [], "low": 0.1}]}, r"shares: \(\) is no list of 1 or more"),
    "share-twice": ({"shares": [{"of": ["a", "a"]}]}, r"\['a', 'a'\] names a weight twice"),
    "share-key": ({"shares": [{"of": ["a"], "min": 0.1}]}, "shares: .* -> write { of ="),
    "key": ({"lowr": {"a": 0.1}}, r"lowr: unknown key \(did you mean 'lower'\?\)"),
    "no-table": ({"lower": [0.1, 0.2]}, r"lower: \[0.1, 0.2\] -> write { code = number }"),
    "too-much": (
        {"lower": {"a": 0.5, "b": 0.6, "c": 0.0}},
        r"no weights satisfy a >= 0.5, b >= 0.6 -> loosen one of these",
    ),
    "too-little": (
        {"upper": {"a": 0.3, "b": 0.3, "c": 0.3}},
        "no weights satisfy a <= 0.3, b <= 0.3, c <= 0.3",
    ),
    "order-against-bounds": (
        {"lower": {"b": 0.4, "c": 0.05}, "upper": {"a": 0.3}, "order": [["a", "b"]]},
        "no weights satisfy b >= 0.4, a <= 0.3, a >= b ->",
    ),
    "share-against-bounds": (
        {"lower": {"a": 0.3, "b": 0.05}, "shares": [{"of": ["a", "b"], "high": 0.2}]},
        r"no weights satisfy a >= 0.3, a \+ b <= 0.2 ->",
    ),
    "by-rounding": (
        {"upper": dict.fromkeys(ABC, 0.33333333)},
        "a <= 0.33333333, b <= 0.33333333, c <= 0.33333333",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_limits_that_cannot_be_are_refused_by_name(name):
    table, match = REFUSED[name]
    with pytest.raises(gz.DefinitionError, match=match):
        WeightSet.of(table, ABC)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(gz.DefinitionError) as error:
        WeightSet(ABC, {"x": 0.1, "a": 2.0}, {"b": -1.0}, (("c", "c"),))
    said = [p.where for p in error.value.problems]
    assert said == ["lower", "a", "b", "order"]


@pytest.mark.parametrize("codes", [("a",), (), ("a", "a")])
def test_codes_are_two_or_more_each_once(codes):
    with pytest.raises(gz.DefinitionError, match="codes: .* -> name two or more, each once"):
        WeightSet(codes)


def test_bounds_that_leave_no_room_in_the_last_digits_never_give_draws_that_break_them():
    refused = []
    for digits in range(4, 16):
        for bound in (round(1 / 3, digits), round(1 / 3, digits) + 10.0**-digits):
            for kind in ("lower", "upper"):
                limits = {kind: dict.fromkeys(ABC, bound)}
                try:
                    s = WeightSet(ABC, **limits)
                except gz.DefinitionError:
                    refused.append(abs(3 * bound - 1))
                else:
                    assert violation(s, s.sample(50, np.random.default_rng(0))) <= 1e-12
    assert len(refused) >= 12
    assert min(refused) > 1e-13  # not for what is rounding of float64


SHARE = st.integers(0, 20).map(lambda i: i / 20)


@st.composite
def limits(draw):
    codes = MANY[: draw(st.integers(2, 5))]
    some = st.dictionaries(st.sampled_from(codes), SHARE, max_size=3)
    chains = st.lists(st.sampled_from(codes), min_size=2, max_size=3, unique=True).map(tuple)
    groups = st.lists(st.sampled_from(codes), min_size=1, max_size=3, unique=True).map(tuple)
    shares = st.tuples(groups, SHARE, SHARE)
    return {
        "codes": codes,
        "lower": {c: v / 4 for c, v in draw(some).items()},
        "upper": draw(some),
        "order": tuple(draw(st.lists(chains, max_size=2))),
        "shares": tuple(draw(st.lists(shares, max_size=2))),
    }


def empty(codes, lower, upper, order, shares):
    """Whether no weights keep the limits, by a programme of its own."""
    rows, ends = [], []
    for a, b in (p for chain in order for p in pairwise(chain)):
        rows.append([(c == b) - (c == a) for c in codes])
        ends.append(0)
    for group, low, high in shares:
        inside = np.array([c in group for c in codes], float)
        rows += [inside, -inside]
        ends += [high, -low]
    found = linprog(
        np.zeros(len(codes)),
        np.array(rows, float).reshape(-1, len(codes)),
        ends,
        np.ones((1, len(codes))),
        [1],
        bounds=[(lower.get(c, 0), upper.get(c, 1)) for c in codes],
    )
    return found.status == 2


@settings(max_examples=60, deadline=None)
@given(limits=limits(), seed=st.integers(0, 99))
def test_any_set_is_empty_or_gives_what_it_promises(limits, seed):
    rng = np.random.default_rng(seed)
    try:
        s = WeightSet(**limits)
    except gz.DefinitionError as error:
        said = str(error)
        assert "no weights satisfy" not in said or empty(**limits)
        return
    assert not empty(**limits)
    w = s.sample(200, rng)
    assert violation(s, w) <= 1e-12
    d = rng.normal(size=(3, len(s.codes)))
    least = s.minimum(d)
    assert (w @ d.T >= least - 1e-9).all()
    np.testing.assert_allclose(least, by_programme(s, d), rtol=0, atol=1e-6)

"""Weight stability intervals, least changes and safe pairs of an index."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.sensitivity.weight_intervals import stability
from gz_index.study import Saved
from gz_index.weighting.rule import Weight

GRID = np.linspace(0.0, 1.0, 200_001)
ALL = "total"


@pytest.fixture(scope="module")
def desi():
    index, data = gz.load("desi-2022"), gz.data("desi-2022")
    return stability(index, data), data


def nested(rows=9, seed=0, **parts):
    """Three pillars of 3, 2 and 1 indicators, and one indicator beside them; data in [1, 2]."""
    rng = np.random.default_rng(seed)
    codes = {"a": "123", "b": "12", "c": "1"}
    indicators = [
        gz.Indicator(code=f"{g}{i}", parent=g, weight=float(i)) for g, s in codes.items() for i in s
    ]
    indicators.append(gz.Indicator(code="z", weight=1.0))
    groups = parts.pop("groups", {})
    tree = gz.Framework(
        tuple(indicators),
        tuple(gz.Group(code=g, weight=2.0, aggregate=groups.get(g)) for g in codes),
    )
    index = gz.Index(
        framework=tree,
        normalise={"method": "minmax", "to": [1, 2]},
        **({"weight": "given"} | parts),
    )
    data = pd.DataFrame(
        rng.random((rows, len(indicators))),
        index=[f"u{i}" for i in range(rows)],
        columns=list(tree.codes),
    )
    return index, data


def moved(result, data, weights, period=None):
    """Total under other local weights, by a fresh evaluation on the scale of the result."""
    local = {g: w if w.ndim == 1 else w[-1] for g, w in result.local.items()}
    f = result.index.framework
    values = {
        c: float(v)
        for g in f.groups
        for c, v in zip(f.children(g.code), local[g.code], strict=True)
    }
    index = result.index.replace(weight=Weight(values | weights, over="siblings"))
    total = index.evaluate(data, scale=result.scale).total
    if period is None:
        return total
    level = next(i for i in range(2) if period in total.index.get_level_values(i))
    return total.xs(period, level=level).dropna()


def shift(result, node, t, period=None):
    """Local weights of a node and its siblings when the node has weight t."""
    f = result.index.framework
    parent = f.node(node).parent
    at = ((node, period), "local") if result.weights.index.nlevels > 1 else (node, "local")
    now = result.weights.loc[at]
    rest = {}
    for c in f.children(parent):
        key = (c, period) if result.weights.index.nlevels > 1 else c
        rest[c] = float(result.weights.loc[key, "local"]) * (1 - t) / (1 - now)
    return rest | {node: t}


def state(total, keeps):
    """What the interval says stays: the order of the units, or the set of the best."""
    if keeps == "order":
        return tuple(total.sort_values(ascending=False).index)
    k = 1 if keeps == "leader" else int(keeps.split()[1])
    return frozenset(total.nlargest(k).index)


def check_ends(found, data, nodes):
    """Just inside an end all stays; at it the two named tie; just beyond they have changed."""
    result, period = found.nominal, found.period
    ends = 0
    for node, keeps in product(nodes, found.intervals.index.unique("keeps")):
        row = found.intervals.loc[(node, keeps)]
        assert 0 <= row.low <= row.weight <= row.high <= 1
        now = state(moved(result, data, {}, period), keeps)
        for end, to in (("low", 0.0), ("high", 1.0)):
            at, riser, faller = row[end], row[f"{end}_riser"], row[f"{end}_faller"]

            def total(t, node=node):
                return moved(result, data, shift(result, node, t, period), period)

            inside = at + 1e-7 * (row.weight - at)
            if not 0 < inside < 1:
                continue
            assert state(total(inside), keeps) == now
            if pd.isna(riser):
                assert at == to
                continue
            ends += 1
            tied = total(at)
            assert abs(tied[riser] - tied[faller]) <= 1e-12 * tied.abs().max()
            beyond = at + 1e-7 * np.sign(at - row.weight)
            if 0 < beyond < 1:
                after = total(beyond)
                assert state(after, keeps) != now
                assert after[riser] > after[faller]
    return ends


def test_desi_ends_by_evaluating_just_inside_and_outside(desi):
    found, data = desi
    assert check_ends(found, data, ["1", "4", "3b", "1a", "2c2", "4a3"]) > 20


@pytest.mark.parametrize("node", ["2", "1a", "3b", "2c2", "3c1"])
def test_desi_against_a_fine_grid(desi, node):
    found, data = desi
    result = found.nominal
    edges = [moved(result, data, shift(result, node, t)).to_numpy() for t in (0.0, 1.0)]
    scores = edges[0] + GRID[:, None] * (edges[1] - edges[0])  # linear: two evaluations span it
    order = np.argsort(-result.total.to_numpy())
    ranked = scores[:, order]
    now = result.weights.loc[node, "local"]
    here = int(np.abs(GRID - now).argmin())
    for keeps, row in found.intervals.loc[node].iterrows():
        if keeps == "order":
            stays = (np.diff(ranked, axis=1) < 0).all(axis=1)
        else:
            k = 1 if keeps == "leader" else int(keeps.split()[1])
            stays = ranked[:, :k].min(axis=1) > ranked[:, k:].max(axis=1)
        assert stays[here]
        left, right = np.flatnonzero(~stays[:here]), np.flatnonzero(~stays[here:])
        low = GRID[left[-1]] if left.size else 0.0
        high = GRID[here + right[0]] if right.size else 1.0
        assert low - 1e-12 <= row.low <= low + 5.001e-6
        assert high - 5.001e-6 <= row.high <= high + 1e-12


def test_only_children_are_left_out_and_named(desi):
    found, _ = desi
    left_out = set(found.index.framework.nodes) - set(found.intervals.index.unique("node"))
    assert left_out == {ALL, "4a", "2d1", "3a1"}
    assert any("of weight one among their siblings: 4a, 2d1, 3a1" in n for n in found.notes)


def test_changes_are_relative_and_in_per_cent(desi):
    row = desi[0].intervals.loc[("1", "leader")]
    assert row.low_change == pytest.approx(100 * (row.low - 0.25) / 0.25, abs=1e-12)
    assert row.high_change == 300.0


@pytest.mark.parametrize(
    "aggregate",
    [
        "arithmetic",
        "geometric",
        "harmonic",
        {"method": "power", "exponent": 0.3},
        {"method": "power", "exponent": -2},
        {"method": "power", "exponent": 3},
        {"method": "power", "exponent": 0.001},
    ],
    ids=str,
)
def test_one_mean_throughout(aggregate):
    index, data = nested(aggregate=aggregate)
    found = stability(index, data, top=2)
    assert check_ends(found, data, ["a", "z", "a1", "b2"]) > 8


@pytest.mark.parametrize("below", ["arithmetic", {"method": "power", "exponent": 0.5}], ids=str)
def test_a_mean_under_geometric_means(below):
    index, data = nested(aggregate="geometric", groups={"a": below})
    found = stability(index, data, top=2)
    assert check_ends(found, data, ["a", "a1", "a3", "b1"]) > 8


def test_hdi_education_is_arithmetic_under_a_geometric_root():
    index, data = gz.load("hdi-2010"), gz.data("hdi-2010")
    found = stability(index, data, top=3)
    assert check_ends(found, data, list(found.intervals.index.unique("node"))) > 5


def test_any_rule_may_stand_beside_or_below_the_path():
    index, data = nested(groups={"b": "topsis"})
    found = stability(index, data, top=None, nodes=["a", "b", "a2"])
    assert check_ends(found, data, ["a", "b", "a2"]) > 3
    with pytest.raises(gz.MethodError, match=r"'b1'.*'b' is aggregated by topsis.*gz.uncertainty"):
        stability(index, data)


@pytest.mark.parametrize("period", [2022, 2013, 2015, 2018])
def test_provinces_with_and_without_gaps(period):
    # x13 lacks 26 provinces in 2013, x5 all in 2015, x21 one in 2018: weights are rescaled there
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    f = index.framework
    nodes = {2013: ["x13"], 2015: ["x5"], 2018: ["x21"], 2022: ["x1"]}[period]
    parent = f.node(nodes[0]).parent
    nodes += [next(c for c in f.children(parent) if c != nodes[0]), parent]
    found = stability(index, data, top=3, period=period, nodes=nodes)
    assert found.period == period
    missing = data.xs(period, level="year" if "year" in data.index.names else 1)[nodes[0]].isna()
    if missing.all():  # its weight moves nothing
        assert (found.intervals.loc[nodes[0], "high"] == 1).all()
        nodes = nodes[1:]
    assert check_ends(found, data, nodes) >= 2


def test_the_last_period_is_the_default():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    found = stability(index, data, nodes="x1")
    assert found.period == 2022
    assert "period 2022" in found.notes


def test_weights_by_period_are_those_of_the_period():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    data = data.fillna(data.mean())
    index = index.replace(weight={"scheme": "entropy", "window": "period"})
    found = stability(index, data, top=None, period=2020, nodes="x1")
    weight = found.nominal.weights.loc[("x1", 2020), "local"]
    assert found.intervals.loc[("x1", "order"), "weight"] == pytest.approx(weight, abs=1e-15)


def test_a_weight_of_zero_and_siblings_without_weight():
    index, data = nested(
        weight={"a": 1.0, "b": 0, "c": 0, "z": 0, "a1": 1.0, "a2": 1, "a3": 0}
        | {"b1": 1.0, "b2": 1, "c1": 1}
    )
    found = stability(index, data, top=None)
    assert "a" not in found.intervals.index.unique("node")
    row = found.intervals.loc[("a3", "order")]
    assert row.weight == row.low == row.low_change == 0
    assert row.high_change == np.inf
    for below_nothing in ("b1", "b2"):
        assert found.intervals.loc[(below_nothing, "order"), ["low", "high"]].tolist() == [0, 1]
    with pytest.raises(gz.MethodError, match="a: no sibling has any weight"):
        stability(index, data, nodes="a")


def test_units_that_tie():
    index, data = nested()
    index = index.replace(normalise={"method": "minmax", "to": [0, 1]}, weight="equal")
    twins = pd.concat([data, data.iloc[[3]].rename(index={"u3": "twin"})])
    one, two = stability(index, data), stability(index, twins)
    columns = ["weight", "low", "high"]
    pd.testing.assert_frame_equal(
        one.intervals.xs("order", level="keeps")[columns],
        two.intervals.xs("order", level="keeps")[columns],
        atol=1e-12,
    )
    # mirror images in two pillars of equal weight tie, and part as either pillar's weight moves
    plain = gz.Framework((gz.Indicator(code="p"), gz.Indicator(code="q")))
    mirror = pd.DataFrame({"p": [0.0, 1, 0.2], "q": [1.0, 0, 0.2]}, index=list("xyw"))
    found = stability(gz.Index(framework=plain), mirror, top=2)
    row = found.intervals.loc[("p", "leader")]
    assert (row.low, row.high, row.low_riser, row.high_riser) == (0.5, 0.5, "x", "y")
    row = found.intervals.loc[("p", "top 2")]
    assert (row.low, row.high) == pytest.approx((0.2, 0.8), abs=1e-15)
    assert (row.low_riser, row.low_faller, row.high_riser, row.high_faller) == ("w", "y", "w", "x")


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_permuting_units_and_scaling_data_change_nothing(seed):
    index, data = nested(seed=seed, rows=6)
    p = np.random.default_rng(seed).permutation(6)
    one = stability(index, data, top=(2, 3))
    columns = ["low", "high", "low_riser", "low_faller", "high_riser", "high_faller"]
    nodes = one.intervals
    assert ((nodes.low <= nodes.weight) & (nodes.weight <= nodes.high)).all()
    factor = 2.0 ** np.arange(data.shape[1])  # min-max takes units out
    for other in (data.iloc[p], data * factor):
        found = stability(index, other, top=(2, 3)).intervals
        pd.testing.assert_frame_equal(found[columns], nodes[columns], rtol=0, atol=1e-9)


# -- overtaking ----------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["l2", "l1"])
@pytest.mark.parametrize(("a", "b"), [("FI", "NL"), ("DE", "PL"), ("SE", "HU")])
def test_overtake_ties_the_two_in_a_fresh_evaluation(desi, a, b, norm):
    found, data = desi
    for over in ("total", "1", "2c", "indicators"):
        passing = found.overtake(a, b, over=over, norm=norm)
        if not passing.possible:
            assert passing.advantage.max() <= 0
            assert passing.distance == np.inf
            continue
        change = (passing.weights - passing.before).to_numpy()
        size = np.abs(change).sum() if norm == "l1" else np.sqrt((change**2).sum())
        assert passing.distance == pytest.approx(size, abs=1e-15)
        if over == "indicators":
            new = found.index.replace(weight=passing.weights.to_dict())
            total = new.evaluate(data).total
        else:
            total = moved(found.nominal, data, passing.weights.to_dict())
        assert abs(total[a] - total[b]) <= 1e-12 * total.abs().max()


def test_no_other_local_weights_are_nearer(desi):
    found, _ = desi
    passing = found.overtake("ES", "AT")
    assert (passing.weights == 0).any()  # a bound binds
    rng = np.random.default_rng(1)
    w = rng.dirichlet(np.ones(4), 200_000)
    ahead = w[w @ passing.advantage.to_numpy() >= 0]
    for norm, of in (
        ("l2", lambda d: np.sqrt((d**2).sum(axis=1))),
        ("l1", lambda d: abs(d).sum(1)),
    ):
        near = of(ahead - passing.before.to_numpy()).min()
        assert found.overtake("ES", "AT", norm=norm).distance <= near


@pytest.mark.parametrize("aggregate", ["geometric", "harmonic"])
def test_overtake_under_other_means(aggregate):
    index, data = nested(aggregate=aggregate)
    found = stability(index, data)
    order = found.nominal.total.sort_values(ascending=False).index
    a, b = order[2], order[4]
    for over in ("total", "a"):
        passing = found.overtake(a, b, over=over)
        if passing.possible:
            total = moved(found.nominal, data, passing.weights.to_dict())
            assert abs(total[a] - total[b]) <= 1e-13
    assert found.overtake(a, b).possible


def test_overtake_that_needs_no_change_and_one_that_cannot_be(desi):
    found, _ = desi
    done = found.overtake("NL", "FI")
    assert done.distance == 0
    pd.testing.assert_series_equal(done.weights, done.before)
    assert "FI is not below NL" in done.notes[0]
    never = found.overtake("FI", "RO")
    assert not never.possible
    assert never.weights is None
    assert "no weights over total let RO pass FI" in never.notes[0]
    assert list(never.to_frame()) == ["advantage", "before"]


# -- safe pairs ----------------------------------------------------------------------------------


class Box:
    """Weights within bounds around equal ones, with the interface of a weight set."""

    whole = False

    def __init__(self, codes, half):
        self.codes, self.half = tuple(codes), half

    def minimum(self, d):
        # largest-first: take from the best, give to the worst, as far as the bounds let it
        k = d.shape[1]
        s = np.sort(d, axis=1)
        move = np.zeros(k)
        move[: k // 2], move[k - k // 2 :] = self.half, -self.half
        return d.mean(axis=1) + s @ move


def test_safe_pairs_over_all_weights_are_those_that_are_ahead_in_every_pillar(desi):
    found, _ = desi
    scores = found.nominal.scores[["1", "2", "3", "4"]]
    safe = found.safe_pairs()
    count = 0
    for a, b in product(scores.index, repeat=2):
        ahead = (scores.loc[a] >= scores.loc[b]).all() and (scores.loc[a] > scores.loc[b]).any()
        assert safe.matrix.loc[a, b] == ahead
        least = (scores.loc[a] - scores.loc[b]).min()
        assert safe.margins.loc[a, b] == pytest.approx(least, abs=1e-12)
        count += ahead
    assert safe.count == count == len(safe.to_frame())
    assert f"{count} of 378 pairs" in safe.notes[0]


def test_safe_pairs_within_a_set_of_weights(desi):
    found, _ = desi
    codes = ["3", "1", "4", "2"]  # any order
    counts = [found.safe_pairs(Box(codes, half)).count for half in (0.0, 0.05, 0.25)]
    assert counts[0] == 378
    assert counts[0] > counts[1] > counts[2] > found.safe_pairs().count
    pairs = found.safe_pairs(Box(codes, 0.05)).to_frame()
    w = np.array([[0.3, 0.3, 0.2, 0.2], [0.2, 0.3, 0.2, 0.3], [0.25, 0.2, 0.3, 0.25]])
    totals = found.nominal.scores[["1", "2", "3", "4"]] @ w.T
    assert (
        totals.loc[pairs.above].to_numpy() - totals.loc[pairs.below].to_numpy()
        >= pairs.margin.to_numpy()[:, None] - 1e-12
    ).all()
    with pytest.raises(gz.MethodError, match="over a, b, not over the components of 'total'"):
        found.safe_pairs(Box("ab", 0.1))


def test_the_set_of_all_weights_is_the_default(desi):
    every = Box(["3", "1", "4", "2"], 0.0)
    every.whole = True
    pd.testing.assert_frame_equal(desi[0].safe_pairs(every).margins, desi[0].safe_pairs().margins)


def test_safe_pairs_in_blocks(desi, monkeypatch):
    whole = desi[0].safe_pairs(over="indicators").margins
    monkeypatch.setattr("gz_index.sensitivity.unit_pairs._CELLS", 5000)
    pd.testing.assert_frame_equal(desi[0].safe_pairs(over="indicators").margins, whole)


def test_units_that_are_the_same_are_no_pair():
    index, data = nested()
    twins = pd.concat([data, data.iloc[[3]].rename(index={"u3": "twin"})])
    safe = stability(index, twins).safe_pairs()
    assert not safe.matrix.loc["u3", "twin"]
    assert not safe.matrix.loc["twin", "u3"]
    assert safe.margins.loc["u3", "twin"] == 0


# -- what is refused, and saving -----------------------------------------------------------------


def test_what_has_no_closed_form_is_refused():
    index, data = nested(aggregate="mpi")
    with pytest.raises(gz.MethodError, match=r"'a'.*'total' is aggregated by mpi.*gz.uncertainty"):
        stability(index, data)
    index, data = nested(groups={"a": "geometric"})
    with pytest.raises(gz.MethodError, match="geometric at 'a', arithmetic at 'total'"):
        stability(index, data)
    found = stability(index, data, nodes=["a", "b1", "z"])
    with pytest.raises(gz.MethodError, match="'a': different means .*: geometric at 'a', arith"):
        found.overtake("u0", "u1", over="a")
    with pytest.raises(gz.MethodError, match="indicators: different means"):
        found.safe_pairs(over="indicators")


def test_gaps_that_make_weights_differ_between_units_are_named():
    index, data = nested(missing="renormalise")
    data.loc["u4", "a2"] = np.nan
    found = stability(index, data)
    with pytest.raises(gz.MethodError, match="indicators.*a2 is missing for u4"):
        found.safe_pairs(over="indicators")
    with pytest.raises(gz.MethodError, match="'a'.*a2 is missing for u4"):
        found.overtake("u0", "u1", over="a")
    assert found.safe_pairs().count > 0  # the pillars are all known


def test_gaps_that_leave_no_closed_form_are_named():
    index, data = nested(missing={"policy": "renormalise", "coverage": 0.1}, aggregate="geometric")
    low = index.replace(framework=nested(groups={"a": "arithmetic"})[0].framework)
    data.loc["u2", "a1"] = np.nan  # within the pillar it is rescaled
    data.loc["u5", "z"] = np.nan  # beside the pillar it changes the pillar's weight
    assert check_ends(stability(index, data, top=2), data, ["a", "a1", "a2", "z"]) > 6
    with pytest.raises(
        gz.MethodError, match="'a1': the weight of 'a' differs.*z is missing for u5"
    ):
        stability(low, data, nodes="a1")
    data.loc["u5", "z"] = 0.5
    assert check_ends(stability(low, data, top=2), data, ["a", "a1", "a2"]) > 4
    given = {"a": 1.0, "b": 1, "c": 1, "z": 1, "a1": 0, "a2": 1, "a3": 1, "b1": 1, "b2": 1, "c1": 1}
    data.loc["u7", ["a2", "a3"]] = np.nan
    with pytest.raises(gz.MethodError, match="'a1' has no weight.*a2 is missing for u7"):
        stability(index.replace(weight=given), data, nodes="a1")


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"top": 0}, gz.MethodError, "top = 0"),
        ({"top": (3, 2.5)}, gz.MethodError, "top = 2.5"),
        ({"nodes": "total"}, gz.MethodError, "'total' has no weight"),
        ({"nodes": ["q"]}, gz.NotFoundError, "no indicator or group 'q'"),
        ({"nodes": "c1"}, gz.MethodError, "c1: no sibling has any weight"),
        ({"period": 2020}, gz.MethodError, "no period 2020: the data have no periods"),
    ],
)
def test_options_that_do_not_fit(options, error, match):
    index, data = nested()
    with pytest.raises(error, match=match):
        stability(index, data, **options)


def test_units_periods_and_groups_that_are_not_there(desi):
    found, _ = desi
    with pytest.raises(gz.NotFoundError, match="no unit 'XX' with a score; there are AT, "):
        found.overtake("FI", "XX")
    with pytest.raises(gz.NotFoundError, match="'1a1' is no group"):
        found.overtake("FI", "NL", over="1a1")
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    with pytest.raises(gz.NotFoundError, match="no period 1999; there are 2013, "):
        stability(index, data, period=1999)


def test_one_unit_or_one_indicator_has_nothing_to_compare():
    plain = gz.Framework((gz.Indicator(code="p", goalposts=(0, 9)),))
    index = gz.Index(framework=plain, normalise="goalposts")
    with pytest.raises(gz.MethodError, match="compares units; 1 is scored"):
        stability(index, pd.DataFrame({"p": [1.0]}, index=["x"]))
    with pytest.raises(gz.MethodError, match="no node has siblings with weight"):
        stability(index, pd.DataFrame({"p": [1.0, 2]}, index=["x", "y"]))


def test_sets_as_large_as_the_table_are_left_out_and_noted():
    index, data = nested(rows=6)
    found = stability(index, data, top=(3, 6, 10))
    assert list(found.intervals.index.unique("keeps")) == ["order", "leader", "top 3"]
    assert any("top 6, 10: left out, for there are 6 units" in n for n in found.notes)


def test_studies_save_and_show(desi, tmp_path):
    found, _ = desi
    for study in (
        found,
        found.overtake("FI", "NL"),
        found.overtake("FI", "RO"),
        found.safe_pairs(),
    ):
        saved = Saved.load(study.save(tmp_path / f"{study.kind}-{id(study)}"))
        assert saved.kind == study.kind
        assert len(saved.tables["table"]) == len(study.to_frame())
        assert study.notes[0] in repr(study)

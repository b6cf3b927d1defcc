"""Contributions to the change of an index: exact, by hand, and against a plain recursion."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.framework import ROOT, Direction
from gz_index.monitoring.accounting import OUTCOMES, change
from gz_index.weighting.rule import Weight
from tests.golden import direction, golden, raw

KEYS = ["unit", "since", "until"]
MEANS = [
    "arithmetic",
    "geometric",
    "harmonic",
    {"method": "power", "exponent": 0.5},
    {"method": "power", "exponent": 3},
    {"method": "power", "exponent": -2},
    {"method": "power", "exponent": 1e-9},
]


def same(x):
    """Normalise nothing."""
    return x


def by_mean(x):
    """Weights in proportion to the means of what is known; equal where nothing is."""
    mean = x.mean(axis=0) if len(x) else np.ones(x.shape[1])
    return mean / mean.sum()


def panel(rows, **columns):
    index = pd.MultiIndex.from_tuples(rows, names=["unit", "year"])
    return pd.DataFrame(columns, index=index, dtype=float)


def flat(codes="ab", **parts):
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in codes))
    return gz.Index(framework=f, **({"normalise": same} | parts))


TWO = [("u", 2020), ("u", 2021)]


# -- by hand ---------------------------------------------------------------------------------------


def test_golden_contributions():
    codes = list("abcd")
    f = gz.Framework(
        tuple(
            gz.Indicator(code=c, direction=Direction(int(s)))
            for c, s in zip(codes, direction(), strict=True)
        )
    )
    rows = [(f"city {i}", 2020 + t) for t in range(3) for i in range(5)]
    data = panel(rows, **dict(zip(codes, raw().reshape(-1, 4).T, strict=True)))
    c = change(gz.Index(framework=f, weight="entropy").evaluate(data), unit="city 0")
    want = golden("contribution_city0_year1_to_3")
    assert np.abs(c.below()["points"].to_numpy() - want).max() < 1e-11
    assert (c.totals["weights"] == 0).all()
    assert np.abs(c.below()["share"].to_numpy() - want / want.sum() * 100).max() < 1e-8


def test_bennet_by_hand():
    # weights (.25, .75) then (.5, .5); values (2, 4) then (6, 10): the index goes from 3.5 to 8
    data = panel([*TWO, ("v", 2020), ("v", 2021)], a=[2, 6, 0, 2], b=[4, 10, 2, -2])
    index = flat(weight=Weight(by_mean, over="siblings", window="period"))
    r = index.evaluate(data)
    np.testing.assert_allclose(r.local[ROOT], [[0.25, 0.75], [0.5, 0.5]])
    t = change(r).of("u").droplevel(["since", "until"])
    # data: .375 * 4 and .625 * 6; the mean values 4 and 7 lie 1.75 below and 1.25 above 5.75
    assert t.loc["a", ["data", "own_weight"]].tolist() == pytest.approx([1.5, 0.25 * -1.75])
    assert t.loc["b", ["data", "own_weight"]].tolist() == pytest.approx([3.75, -0.25 * 1.25])
    # as if measured from zero: .25 * 4 - .25 * 7
    assert t.loc[ROOT, "inner_weights"] == pytest.approx(0.25 * 4 - 0.25 * 7)
    assert t.loc[ROOT, ["data", "points"]].tolist() == pytest.approx([5.25, 4.5])
    assert t["share"].tolist() == pytest.approx([100, 1.0625 / 0.045, 3.4375 / 0.045])
    assert t["pulling"].tolist() == pytest.approx([450 / 3.5, 106.25 / 3.5, 343.75 / 3.5])


def test_logarithmic_mean_by_hand():
    r = flat(aggregate="geometric", weight={"a": 1, "b": 3}).evaluate(
        panel(TWO, a=[1, 16], b=[1, 1])
    )
    t = change(r).of("u").droplevel(["since", "until"])
    assert t["points"].tolist() == pytest.approx([1, 1, 0])  # 16^(1/4) - 1, all of it from a
    r = flat(aggregate="geometric").evaluate(panel(TWO, a=[1, 4], b=[4, 9]))
    points = change(r).below()["points"].tolist()
    mean = 4 / math.log(3)  # of 2 and 6
    assert points == pytest.approx([mean * math.log(4) / 2, mean * math.log(9 / 4) / 2])


def test_pulling_points_are_share_times_growth():
    data = gz.data("cn-provinces-2022")
    c = change(gz.load("cn-provinces-2022").evaluate(data), since=2021, until=2022)
    t = c.table.join(c.totals["growth"])
    np.testing.assert_allclose(t["pulling"], t["share"] * t["growth"] / 100, rtol=1e-9, atol=1e-12)
    root = t.xs(ROOT, level="node")
    assert (root["share"] == 100).all()
    np.testing.assert_allclose(root["pulling"], root["growth"], rtol=1e-10)


# -- laws ------------------------------------------------------------------------------------------


@st.composite
def panels(draw, means=MEANS):
    """A random tree with a mean at each group, weights of several kinds, three years, gaps."""
    groups, indicators, n = [], [], 0
    mean, weight = st.sampled_from(means), st.floats(0.1, 9)
    for g in range(draw(st.integers(1, 3))):
        inner = [(f"g{g}", ROOT)] + [(f"g{g}s{s}", f"g{g}") for s in range(draw(st.integers(0, 2)))]
        for code, parent in inner:
            groups.append(
                gz.Group(code=code, parent=parent, weight=draw(weight), aggregate=draw(mean))
            )
            for _ in range(draw(st.integers(1, 3))):
                indicators.append(gz.Indicator(code=f"i{n}", parent=code, weight=draw(weight)))
                n += 1
    f = gz.Framework(tuple(indicators), tuple(groups))
    fitted = draw(st.sampled_from(["given", "siblings", "leaves"]))
    w = "given" if fitted == "given" else Weight(by_mean, over=fitted, window="period")
    index = gz.Index(
        framework=f,
        normalise=same,
        weight=w,
        aggregate=draw(mean),
        missing={"policy": "renormalise", "coverage": draw(st.sampled_from([0.01, 0.6]))},
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = [(u, y) for u in "uvw" for y in (2020, 2021, 2022)]
    x = rng.uniform(1, 9, (len(rows), n)) * 10.0 ** draw(st.integers(-3, 3))
    gaps = rng.random(x.shape) < draw(st.sampled_from([0, 0.2]))
    gaps[:, gaps.all(axis=0)] = False
    x[gaps] = np.nan
    return index, panel(rows, **dict(zip(f.codes, x.T, strict=True)))


def sums(frame):
    return frame.groupby(level=KEYS, sort=False).sum(numeric_only=True)


def sizes(c):
    """How large the numbers of each change are that have to cancel out."""
    size = sums(c.indicators[["points"]].abs())["points"]
    return np.maximum(size, c.totals.loc[size.index, ["before", "after"]].max(axis=1))


@settings(max_examples=100, deadline=None)
@given(panels(), st.sampled_from([None, "previous"]))
def test_contributions_add_up_exactly(case, since):
    index, data = case
    c = change(index.evaluate(data), since=since)
    full = c.totals[c.totals["outcome"] == "split"]
    assume(len(full))
    size, t, shown = sizes(c).to_numpy(), c.table, c.indicators

    def off(parts, whole):
        return (np.abs(np.asarray(parts) - np.asarray(whole)) / size).max()

    moved = full["change"].to_numpy()
    assert off(full["data"] + full["weights"], moved) < 1e-12
    alone = sums(shown)
    assert off(alone["points"], moved) < 1e-12
    assert off(alone["share"] / 100 * moved, moved) < 1e-12
    for g in index.framework.groups:  # every group is its children and its own weight
        group, kids = t.xs(g.code, level="node"), sums(c.below(g.code))
        assert off(kids["points"] + group["own_weight"].to_numpy(), group["points"]) < 1e-12
        np.testing.assert_allclose(kids["part_after"], group["part_after"], rtol=1e-12)
    if index.weight.scheme == "given" and not data.isna().to_numpy().any():
        assert not t[["inner_weights", "own_weight"]].to_numpy().any()
        assert set(shown.index.get_level_values("node")) == set(index.framework.codes)


@settings(max_examples=40, deadline=None)
@given(panels())
def test_exchanging_the_periods_turns_every_sign(case):
    index, data = case
    r = index.evaluate(data)
    there, back = (change(r, since=a, until=b).table for a, b in ((2020, 2022), (2022, 2020)))
    parts = ["data", "inner_weights", "own_weight", "points"]
    np.testing.assert_array_equal(there[parts], -back[parts])
    np.testing.assert_array_equal(there["part_before"], back["part_after"])


@settings(max_examples=40, deadline=None)
@given(panels(), st.randoms(use_true_random=False))
def test_permuting_indicators_permutes_contributions(case, random):
    index, data = case
    c = change(index.evaluate(data))
    nodes, groups = list(index.framework.indicators), list(index.framework.groups)
    random.shuffle(nodes)
    random.shuffle(groups)
    other = index.replace(framework=gz.Framework(tuple(nodes), tuple(groups)))
    again = change(other.evaluate(data.sample(frac=1, random_state=1))).table.loc[c.table.index]
    size = sizes(c).loc[c.table.index.droplevel("node")].to_numpy()
    for part in ("data", "inner_weights", "own_weight", "points"):
        assert (np.abs(again[part] - c.table[part]) / size).max() < 1e-12 if len(size) else True


@settings(max_examples=40, deadline=None)
@given(panels(), st.floats(0.01, 1000))
def test_another_unit_of_the_scores_multiplies_every_part(case, times):
    index, data = case
    parts = ["data", "inner_weights", "own_weight", "points"]
    one, many = (change(index.evaluate(x)) for x in (data, data * times))
    size = sizes(one).loc[one.table.index.droplevel("node")].to_numpy()[:, None]
    off = np.abs(many.table[parts].to_numpy() / times - one.table[parts].to_numpy()) / size
    assert off.max(initial=0) < 1e-11


def phi(rule):
    if rule.method == "arithmetic":
        return lambda z: z
    if rule.method == "geometric":
        return math.log
    r = -1 if rule.method == "harmonic" else rule.options["exponent"]
    return lambda z: z**r


def by_hand(r, code, before, after, factor):
    """Data part of each indicator and weight part of each node, by the formula as it stands."""
    f, rule = r.index.framework, r.index.plan.rule(code)
    g, nodes = phi(rule), r.index.plan.position
    value = lambda row, c: r.values[row, nodes[c]]  # noqa: E731
    s0, s1 = value(before, code), value(after, code)
    assume(abs(s1 - s0) > 1e-6 * abs(s1))  # the formula as it stands divides by the change
    up = factor * (s1 - s0) / (g(s1) - g(s0))
    out = {}
    for j, kid in enumerate(f.children(code)):
        slot = r.table.slot
        w0, w1 = (
            w[slot[row], j] if (w := r.local[code]).ndim > 1 else w[j] for row in (before, after)
        )
        z0, z1 = value(before, kid), value(after, kid)
        lift = (g(z0) + g(z1) - g(s0) - g(s1)) / 2
        out["weight", kid] = up * (w1 - w0) * lift
        step = up * (w0 + w1) / 2 * (g(z1) - g(z0))
        if f.children(kid):
            assume(z1 != z0)
            out |= by_hand(r, kid, before, after, step / (z1 - z0))
        else:
            out["data", kid] = step
    return out


@settings(max_examples=40, deadline=None)
@given(panels(means=MEANS[:-1]))
def test_parts_are_those_of_a_plain_recursion(case):
    index, data = case
    r = index.evaluate(data.fillna(data.max().max() / 2))
    t = change(r, unit="v").of("v").droplevel(["since", "until"])
    rows = [r.table.index.get_loc(("v", y)) for y in (2020, 2022)]
    for (part, code), want in by_hand(r, ROOT, *rows, 1.0).items():
        column = "own_weight" if part == "weight" else "data"
        assert t.loc[code, column] == pytest.approx(
            want, rel=1e-6, abs=1e-9 * t["points"].abs().max()
        )


def test_a_score_that_hardly_moves_keeps_its_digits():
    step = 1e-13
    r = flat(aggregate="geometric").evaluate(panel(TWO, a=[2, 2 + step], b=[5, 5]))
    points = change(r).of("u").xs("a", level="node")["points"].item()
    moved = (2 + step) - 2
    assert points == pytest.approx(moved * math.sqrt(10) / 4, rel=1e-6)  # the derivative


# -- gaps, outcomes --------------------------------------------------------------------------------


def test_a_child_known_once_counts_through_weights_alone():
    index = flat("abc", missing={"policy": "renormalise", "coverage": 0.5})
    r = index.evaluate(panel(TWO, a=[1, 2], b=[3, 3], c=[np.nan, 7]))
    c = change(r)
    t = c.of("u").droplevel(["since", "until"])
    assert t.loc["c", "data"] == 0
    assert t.loc["a", "data"] == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert t.loc["c", "own_weight"] == pytest.approx((7 - 3) / 3)  # the mean of scores 2 and 4 is 3
    assert t.loc[ROOT, "points"] == pytest.approx(2)
    assert any("cells known in one of the periods only: 1" in n for n in c.notes)
    assert any("weights differ between periods" in n for n in c.notes)


def test_a_group_without_score_in_one_period_counts_through_its_weight_alone():
    f = gz.Framework(
        tuple(gz.Indicator(code=c, parent=p) for c, p in zip("abcd", "ppqq", strict=True)),
        (gz.Group(code="p"), gz.Group(code="q", aggregate="geometric")),
    )
    index = gz.Index(
        framework=f, normalise=same, missing={"policy": "renormalise", "coverage": 0.6}
    )
    r = index.evaluate(panel(TWO, a=[1, 2], b=[3, 3], c=[5, 7], d=[np.nan, 9]))
    t = change(r).of("u").droplevel(["since", "until"])
    assert not t.loc[["c", "d"], ["data", "own_weight"]].to_numpy().any()
    assert t.loc["q", "own_weight"] == t.loc["q", "points"] != 0
    shown = change(r).indicators.droplevel(["unit", "since", "until"])
    assert shown.index.tolist() == ["p", "q", "a", "b", "c", "d"]
    assert shown["points"].sum() == pytest.approx(r.total.iloc[1] - r.total.iloc[0], abs=1e-14)
    assert shown["share"].sum() == pytest.approx(100, abs=1e-10)


def test_an_index_that_did_not_move_has_points_and_no_shares():
    # in floating point .1 + .2 is not .3
    r = flat("abc").evaluate(panel(TWO, a=[0.1, 0.3], b=[0.2, 0.1], c=[0.3, 0.2]))
    c = change(r)
    assert r.total.iloc[0] != r.total.iloc[1] or c.totals["change"].item() == 0
    assert c.totals["outcome"].item() == "no change"
    t = c.below()
    assert t["points"].tolist() == pytest.approx([0.2 / 3, -0.1 / 3, -0.1 / 3])
    assert t["share"].isna().all()
    assert t["pulling"].tolist() == pytest.approx([100 / 3, -50 / 3, -50 / 3])
    assert any("did not move" in n for n in c.notes)
    assert any("未变动" in n for n in c.notes_in("zh"))
    still = flat(aggregate="geometric").evaluate(panel(TWO, a=[2, 2], b=[5, 5]))
    assert change(still).totals["outcome"].item() == "no change"
    assert not change(still).table["points"].any()


def test_outcomes_of_units_that_cannot_be_split():
    rows = [*TWO, ("late", 2021), ("bare", 2020), ("bare", 2021), ("low", 2020), ("low", 2021)]
    data = panel(rows, a=[1, 2, 5, np.nan, 4, -3, 4], b=[1, 2, 5, 2, 4, 1, 4])
    index = flat(missing={"policy": "renormalise", "coverage": 0.9})
    c = change(index.evaluate(data))
    assert c.totals["outcome"].droplevel([1, 2]).to_dict() == {
        "u": "split",
        "late": "absent",
        "bare": "no score",
        "low": "no growth rate",
    }
    assert set(c.table.index.get_level_values("unit")) == {"u", "low"}
    assert c.of("low")["pulling"].isna().all()
    assert c.of("low")["share"].tolist() == pytest.approx([100, 70, 30])
    assert len(c.notes) == len(c.notes_in("zh")) == 3
    with pytest.raises(gz.NotFoundError, match="'late' could be split: the unit has no row"):
        c.of("late")
    with pytest.raises(gz.NotFoundError, match="no unit 'x'"):
        c.of("x")


def test_nobody_can_be_split():
    index = flat(missing={"policy": "renormalise", "coverage": 0.9})
    c = change(index.evaluate(panel(TWO, a=[1, 2], b=[np.nan, 3])))
    assert c.totals["outcome"].tolist() == ["no score"]
    assert c.table.empty
    assert c.indicators.empty


def test_zeros_under_a_power_mean():
    root = flat(aggregate={"method": "power", "exponent": 0.5})
    t = change(root.evaluate(panel(TWO, a=[0, 4], b=[0, 0]))).of("u")
    assert t["points"].tolist() == [1, 1, 0]
    parents = {"a": ROOT, "b": "p", "c": "p"}
    f = gz.Framework(
        tuple(gz.Indicator(code=c, parent=p) for c, p in parents.items()),
        (gz.Group(code="p", aggregate="arithmetic"),),
    )
    index = gz.Index(framework=f, normalise=same, aggregate={"method": "power", "exponent": 0.5})
    c = change(index.evaluate(panel(TWO, a=[1, 4], b=[-1, -2], c=[1, 2])))
    assert c.totals["outcome"].tolist() == ["no slope"]
    assert any("stays at zero" in n for n in c.notes)


def test_zero_under_a_geometric_mean_is_refused_by_name():
    with pytest.raises(gz.MethodError, match=r"geometric.* in a .*0\.0 at u, 2021.*arithmetic"):
        flat(aggregate="geometric").evaluate(panel(TWO, a=[1, 0], b=[1, 1]))


# -- what is asked for -----------------------------------------------------------------------------

THREE = panel([("u", y) for y in (2020, 2021, 2022)], a=[1, 2, 4], b=[1, 5, 6])


@pytest.mark.parametrize(
    ("how", "pairs"),
    [
        ({}, [(2020, 2022)]),
        ({"since": 2021}, [(2021, 2022)]),
        ({"until": 2021}, [(2020, 2021)]),
        ({"since": "previous"}, [(2020, 2021), (2021, 2022)]),
        ({"since": "previous", "until": 2022}, [(2021, 2022)]),
    ],
)
def test_periods(how, pairs):
    c = change(flat().evaluate(THREE), **how)
    assert [tuple(k[1:]) for k in c.totals.index] == pairs
    assert c.settings() == {"periods": [[str(a), str(b)] for a, b in pairs]}


def test_order_of_levels_and_rows_does_not_matter():
    r = flat().evaluate(THREE)
    turned = flat().evaluate(THREE.swaplevel().iloc[::-1])
    pd.testing.assert_frame_equal(change(r).table, change(turned).table)


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"since": 1999}, gz.NotFoundError, "no period 1999; there are 2020, 2021, 2022"),
        ({"until": 2020}, gz.MethodError, "since and until are both 2020"),
        ({"since": "previous", "until": 2020}, gz.NotFoundError, "no period before 2020"),
        ({"unit": "w"}, gz.NotFoundError, "no unit 'w'; there are u"),
    ],
)
def test_refusals(how, error, message):
    with pytest.raises(error, match=message):
        change(flat().evaluate(THREE), **how)


def test_one_period_is_refused():
    cross = pd.DataFrame({"a": [1.0, 2], "b": [2.0, 3]}, index=["u", "v"])
    with pytest.raises(gz.DataError, match="the data have no periods"):
        change(flat().evaluate(cross))
    with pytest.raises(gz.DataError, match=r"one period \(2020\)"):
        change(flat().evaluate(THREE.iloc[:1]))


def test_scores_normalised_within_periods_are_refused():
    data = panel([(u, y) for u in "uv" for y in (1, 2)], a=[1, 2, 3, 5], b=[1, 2, 5, 9])
    index = flat(normalise={"method": "minmax", "window": "period"})
    with pytest.raises(gz.MethodError, match="a, b: normalised within each period.*pooled"):
        change(index.evaluate(data))
    change(flat(normalise={"method": "minmax", "window": "base"}).evaluate(data))


@pytest.mark.parametrize(
    "method", ["topsis", "mpi", "borda", "mean-min", {"method": "power", "exponent": np.inf}]
)
def test_other_aggregators_are_refused_by_node(method):
    f = gz.Framework(
        tuple(gz.Indicator(code=c, parent="p") for c in "ab"),
        (gz.Group(code="p", aggregate=method),),
    )
    data = panel([(u, y) for u in "uv" for y in (1, 2)], a=[1, 2, 3, 5], b=[1, 2, 5, 9])
    r = gz.Index(framework=f, normalise=same).evaluate(data)
    with pytest.raises(gz.MethodError, match=r"\(at 'p'\).*aggregate by an arithmetic"):
        change(r)


def test_one_unit_is_the_same_as_among_all():
    r = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    whole, one = change(r), change(r, unit="广东省")
    pd.testing.assert_frame_equal(one.of("广东省"), whole.of("广东省"))
    assert len(whole.totals) == 31
    with pytest.raises(gz.NotFoundError, match="no indicator or group 'x'"):
        whole.below("x")


def test_saved_and_shown(tmp_path):
    from gz_index.study import Saved

    r = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    c = change(r, since="previous", until=2022)
    c.save(tmp_path / "change")
    back = Saved.load(tmp_path / "change")
    for name, frame in c.tables().items():
        pd.testing.assert_frame_equal(back.tables[name], frame)
    assert "change of" in repr(c)
    assert "北京市" in c._repr_html_()
    assert all(t.zh and t.en for t in OUTCOMES.values())

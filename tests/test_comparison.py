from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import gz_index as gz
from gz_index import comparison
from gz_index.comparison import kendall_w, leave_one_out
from gz_index.consensus import average_ranks, consensus, correlation, tau_b
from gz_index.prepare import ready
from gz_index.study import Saved


def test_w_without_ties_is_the_mean_spearman_in_disguise():
    rng = np.random.default_rng(0)
    ranks = np.column_stack([rng.permutation(9) + 1.0 for _ in range(4)])
    rho = np.corrcoef(ranks.T)[np.triu_indices(4, 1)].mean()
    assert kendall_w(ranks) == pytest.approx((3 * rho + 1) / 4, abs=1e-12)


def test_w_with_ties_is_one_when_all_agree():
    r = np.array([1.0, 2.5, 2.5, 4])
    assert kendall_w(np.column_stack([r, r, r])) == pytest.approx(1, abs=1e-12)
    with pytest.raises(gz.MethodError, match="ties all units"):
        kendall_w(np.ones((4, 3)))


def test_variants_side_by_side():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    c = gz.compare(index, data, weight=["equal", "entropy"], aggregate=["arithmetic", "topsis"])
    assert len(c.results) == 4
    scores = c.scores()
    rho = stats.spearmanr(scores.iloc[:, 0], scores.iloc[:, 3]).statistic
    assert c.spearman.iloc[0, 3] == pytest.approx(rho, abs=1e-12)
    for label, row in c.shifts.iterrows():
        shift = c.ranks()[label] - c.ranks().iloc[:, 0]
        assert abs(row["largest"]) == shift.abs().max()
        assert shift[row["at"]] == row["largest"]
        assert row["mean_shift"] == pytest.approx(shift.abs().mean())
    assert "Kendall" in repr(c)
    assert "<table" in c._repr_html_()


def test_results_over_other_rows_cannot_be_compared():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    with pytest.raises(gz.DataError, match="not over the same rows"):
        index.evaluate(data).compare(index.evaluate(data.iloc[1:]))
    with pytest.raises(gz.MethodError, match="nothing to compare"):
        gz.compare(index, data)


def test_rows_that_some_variant_does_not_score_are_left_out_of_the_agreement():
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in "abc"))
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.uniform(1, 9, (8, 3)), index=list("stuvwxyz"), columns=list("abc"))
    data.loc["t", ["a", "b"]] = np.nan
    low, high = (
        gz.Index(framework=f, missing={"policy": "renormalise", "coverage": c}, weight=w)
        for c, w in ((0.3, "equal"), (0.6, {"a": 3, "b": 1, "c": 1}))
    )
    c = low.evaluate(data).compare(high.evaluate(data))
    assert 0 <= c.kendall_w <= 1
    assert c.shifts["at"].iloc[0] != "t"


# -- agreement -----------------------------------------------------------------------------------


def scores_with_ties(n, m, seed):
    return np.random.default_rng(seed).integers(0, 6, (n, m)).astype(float)


@pytest.mark.parametrize("seed", range(5))
def test_correlations_are_those_of_scipy(seed):
    x = scores_with_ties(23, 4, seed)
    for a in range(4):
        for b in range(4):
            pair = x[:, a], x[:, b]
            assert correlation(x)[a, b] == pytest.approx(stats.pearsonr(*pair)[0], abs=1e-13)
            assert tau_b(x)[a, b] == pytest.approx(stats.kendalltau(*pair)[0], abs=1e-13)
            rho = correlation(average_ranks(x))[a, b]
            assert rho == pytest.approx(stats.spearmanr(*pair)[0], abs=1e-13)


def test_tau_b_in_blocks_is_tau_b_at_once(monkeypatch):
    x = scores_with_ties(40, 3, 9)
    whole = tau_b(x)
    monkeypatch.setattr("gz_index.consensus.BLOCK", 50)
    np.testing.assert_array_equal(tau_b(x), whole)


def test_correlation_of_numbers_of_any_size():
    x = np.random.default_rng(1).normal(size=(9, 2))
    expected = stats.pearsonr(x[:, 0], x[:, 1])[0]
    for size in (1e-300, 1e300):
        assert correlation(x * [1, size])[0, 1] == pytest.approx(expected, abs=1e-13)


def test_a_judge_who_ties_all_is_refused_by_name():
    x = np.array([[1.0, 4], [2, 4], [3, 4]])
    for of in (correlation, tau_b):
        with pytest.raises(gz.MethodError, match="column 1 gives every unit the same score"):
            of(x)
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in "ab"))
    data = pd.DataFrame({"a": [1.0, 2, 3], "b": [3.0, 2, 1]}, index=list("xyz"))
    c = gz.compare(
        gz.Index(framework=f), data, weight={"a alone": {"a": 1, "b": 0}, "half": "equal"}
    )
    with pytest.raises(gz.MethodError, match="half gives every unit the same score"):
        c.table()
    assert "half gives every unit" in repr(c)
    assert "half gives every unit" in c._repr_html_()


def test_consensus_by_hand():
    # three judges, each column from best to worst: x y z / y z x / x z y, with one tie
    x = np.array([[3.0, 1, 3], [2, 3, 1], [1, 2, 2], [0, 0, 1]])
    found = consensus(x)
    # x beats y (2:1), z (2:1), u (3:0); y beats z? 3rd says z: 2:1 for y; y and u tie once: 2.5:0.5
    assert found.copeland.tolist() == [3, 1, -1, -3]
    # beaten: x 3+1+3, y 2+3+.5, z 1+2+2, u 0+0+.5
    assert found.borda.tolist() == [7, 5.5, 5, 0.5]


def test_copeland_follows_the_majority_where_borda_does_not():
    # three judges put x first and last but one by far; two put y first
    x = np.array([[3.0, 3, 3, 0, 0], [2, 2, 2, 3, 3], [1, 1, 1, 2, 2], [0, 0, 0, 1, 1]])
    found = consensus(x)
    assert found.borda.tolist() == [9, 12, 7, 2]
    assert found.copeland.tolist() == [3, 1, -1, -3]


def test_consensus_of_a_comparison():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    c = gz.compare(index, data, weight=["equal", "entropy", "pca"])
    found = c.consensus
    pd.testing.assert_series_equal(
        found["mean_rank"], c.ranks().mean(axis=1), check_names=False, rtol=0, atol=1e-12
    )
    for year, part in found.groupby("year"):
        x = c.scores().xs(year, level="year")
        beaten = (len(x) - x.rank(ascending=False)).sum(axis=1)
        assert part["borda"].tolist() == beaten.tolist()
        assert part["borda_rank"].tolist() == beaten.rank(ascending=False, method="min").tolist()
        wins = np.sign((np.sign(x.to_numpy()[:, None] - x.to_numpy()[None])).sum(axis=2))
        assert part["copeland"].tolist() == wins.sum(axis=1).tolist()
        by_points = part["copeland"].rank(ascending=False, method="min")
        assert part["copeland_rank"].tolist() == by_points.tolist()


@pytest.mark.parametrize(("ties", "expected"), [("min", 1), ("max", 2), ("average", 1.5)])
def test_equal_points_share_a_rank_by_the_rule_of_the_index(ties, expected):
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in "ab"))
    data = pd.DataFrame({"a": [3.0, 2, 1], "b": [2.0, 3, 1]}, index=list("xyz"))
    index = gz.Index(framework=f, ties=ties)
    found = gz.compare(index, data, weight=[{"a": 1, "b": 0}, {"a": 0, "b": 1}]).consensus
    assert found.loc["x", "borda_rank"] == found.loc["y", "copeland_rank"] == expected


# -- the table -----------------------------------------------------------------------------------


def test_the_table_by_scipy_and_pandas():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    c = gz.compare(
        index, data, weight=["equal", "entropy", "pca"], aggregate=["arithmetic", "topsis"]
    )
    table = c.table(top=5)
    base = c.results["equal / arithmetic"]
    for label, r in c.results.items():
        row = table.loc[label]
        assert row["pearson"] == pytest.approx(stats.pearsonr(base.total, r.total)[0], abs=1e-12)
        assert row["spearman"] == pytest.approx(stats.spearmanr(base.total, r.total)[0], abs=1e-12)
        assert row["kendall"] == pytest.approx(stats.kendalltau(base.total, r.total)[0], abs=1e-12)
        moved = r.ranks["total"] - base.ranks["total"]
        assert row["mean_shift"] == pytest.approx(moved.abs().mean(), abs=1e-12)
        assert abs(row["largest"]) == moved.abs().max()
        assert row["at"] == "" if row["largest"] == 0 else moved[row["at"]] == row["largest"]
        assert row["same_rank"] == (moved == 0).sum()
        top = [set(v.total.nlargest(5).index) for v in (base, r)]
        assert row["top_5"] == len(top[0] & top[1]) / 5
        parts = (r.index.normalise.label, r.index.weight.label, r.index.aggregate.label)
        assert tuple(row[["normalise", "weight", "aggregate"]]) == parts
    assert f"Kendall's W {c.kendall_w:.4f}" in table.attrs["caption"]
    assert "top_10" in c.table()
    with pytest.raises(gz.MethodError, match="top = 0"):
        c.table(top=0)


def test_the_top_with_ties_is_as_large_as_it_has_to_be():
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in "ab"))
    data = pd.DataFrame({"a": [4.0, 3, 3, 0], "b": [4.0, 3, 2, 0]}, index=list("wxyz"))
    c = gz.compare(gz.Index(framework=f), data, weight=[{"a": 1, "b": 0}, {"a": 0, "b": 1}])
    assert c.table(top=2)["top_2"].tolist() == [1, 2 / 3]
    assert c.table().columns[-1] == "top_2"


def test_correlations_of_a_panel_are_means_over_its_periods():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    c = gz.compare(index, data, weight=["equal", "entropy"])
    x = c.scores()
    for name, of in (
        ("pearson", stats.pearsonr),
        ("spearman", stats.spearmanr),
        ("kendall", stats.kendalltau),
    ):
        each = [of(g["equal"], g["entropy"])[0] for _, g in x.groupby("year")]
        assert c.table().loc["entropy", name] == pytest.approx(np.mean(each), abs=1e-12)
        assert getattr(c, name).loc["equal", "entropy"] == c.table().loc["entropy", name]


def test_any_group_can_be_compared():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    c = gz.compare(index, data, weight=["equal", "entropy"])
    part = c.at("fusion")
    pd.testing.assert_frame_equal(part.ranks(), c.ranks("fusion"))
    pd.testing.assert_frame_equal(part.scores(), c.scores("fusion"))
    moved = c.ranks("fusion")["entropy"] - c.ranks("fusion")["equal"]
    assert part.shifts.loc["entropy", "mean_shift"] == pytest.approx(moved.abs().mean(), abs=1e-12)
    assert "fusion" in part.table().attrs["caption"]
    for bad in ("nowhere", "x1"):
        with pytest.raises(gz.NotFoundError, match=f"no group '{bad}' in 'equal'"):
            c.at(bad)


def test_one_unit_has_scores_to_compare_but_no_ranks():
    f = gz.Framework(tuple(gz.Indicator(code=c, goalposts=(0, 10)) for c in "ab"))
    data = pd.DataFrame({"a": [3.0], "b": [5.0]}, index=["Guangzhou"])
    index = gz.Index(framework=f, normalise="goalposts")
    c = gz.compare(index, data, aggregate=["arithmetic", "geometric"])
    assert c.scores().iloc[0].tolist() == pytest.approx([0.4, 0.15**0.5], abs=1e-15)
    with pytest.raises(gz.MethodError, match="no period has two units that arithmetic, geometric"):
        c.table()
    assert "0.4000" in repr(c)


def test_a_comparison_is_saved_with_its_tables(tmp_path):
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    c = gz.compare(index, data, weight=["equal", "entropy"])
    saved = Saved.load(c.save(tmp_path / "c"))
    assert saved.kind == "comparison"
    assert saved.settings["variants"] == ["equal", "entropy"]
    assert saved.settings["kendall_w"] == c.kendall_w
    for name, frame in c.tables().items():
        pd.testing.assert_frame_equal(saved.tables[name], frame)


# -- combinations --------------------------------------------------------------------------------


def big(n=51, k=49, seed=0):
    f = gz.Framework(
        tuple(
            gz.Indicator(
                code=f"x{i}", parent=f"p{i // 10}", direction=gz.Direction(1 - 2 * (i % 2))
            )
            for i in range(k)
        ),
        tuple(gz.Group(code=f"p{i}") for i in range(-(-k // 10))),
    )
    x = np.random.default_rng(seed).uniform(1, 9, (n, k))
    return gz.Index(framework=f), pd.DataFrame(x, columns=f.codes)


PARTS = {
    "normalise": [
        {"method": "minmax", "to": [1, 100]},
        {"method": "zscore", "mean": 100, "sd": 10},
        {"method": "minmax", "to": [10, 20]},
        "rank",
    ],
    "weight": [
        "equal",
        "entropy",
        "critic",
        {"scheme": "combination", "of": ["cv", "equal"], "by": "linear"},
    ],
    "aggregate": [
        "arithmetic",
        "geometric",
        "topsis",
        "harmonic",
        {"method": "power", "exponent": 0.5},
        "mpi",
        "borda",
        "copeland",
        "mean-min",
    ],
}


def test_144_combinations_give_the_bits_of_single_evaluations():
    index, data = big()
    c = gz.compare(index, data, **PARTS)
    assert len(c.results) == 144
    for r, choice in zip(c.results.values(), product(*PARTS.values()), strict=True):
        single = index.replace(**dict(zip(PARTS, choice, strict=True))).evaluate(data)
        np.testing.assert_array_equal(r.values, single.values)
        assert r.notes == single.notes
        assert r.index.hash == single.index.hash
        for code, w in single.local.items():
            np.testing.assert_array_equal(r.local[code], w)
    assert len(c.table()) == 144


@pytest.mark.parametrize("policy", ["renormalise", "drop"])
def test_combinations_of_a_panel_with_gaps_give_the_bits_of_single_evaluations(policy):
    index, data = big(24, 12)
    units, years = [f"u{i}" for i in range(8)], [2020, 2021, 2022]
    data.index = pd.MultiIndex.from_product([units, years], names=["unit", "year"])
    data.iloc[[3, 10], [2, 5]] = np.nan
    parts = {
        "missing": [policy, {"policy": policy, "coverage": 0.9}],
        "weight": ["entropy", {"scheme": "cv", "window": "period"}, PARTS["weight"][3]],
        "normalise": ["minmax", {"method": "minmax", "window": "period"}],
    }
    c = gz.compare(index, data, **parts)
    for r, choice in zip(c.results.values(), product(*parts.values()), strict=True):
        single = index.replace(**dict(zip(parts, choice, strict=True))).evaluate(data)
        np.testing.assert_array_equal(r.values, single.values)
        assert (r.complete, r.notes) == (single.complete, single.notes)
        assert r.data_hash == single.data_hash


def test_what_variants_share_is_worked_out_once(monkeypatch):
    index, data = big()
    calls = {"align": 0, "fit": 0}
    for module, name in ((ready, "align"), (comparison, "fit")):
        plain = getattr(module, name)

        def counted(*args, name=name, plain=plain, **options):
            calls[name] += 1
            return plain(*args, **options)

        monkeypatch.setattr(module, name, counted)
    gz.compare(index, data, **PARTS)
    assert calls == {"align": 1, "fit": 4}


def test_a_combination_that_cannot_work_is_named():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    with pytest.raises(
        gz.MethodError,
        match=r"^combination weight = entropy, aggregate = geometric: score of 'total': geometric: "
        r".* not above zero in .*Patents.* -> normalise to an interval above zero",
    ) as found:
        gz.compare(
            index.replace(normalise="minmax"),
            data,
            weight=["entropy"],
            aggregate=["arithmetic", "geometric"],
        )
    assert " at row " not in str(found.value)
    with pytest.raises(gz.DefinitionError, match="combination weight = entropyy: the definition"):
        gz.compare(index, data, weight=["equal", "entropyy"])
    with pytest.raises(gz.DataError, match=r"combination normalise = ratio.*: ratio"):
        gz.compare(index, data - 3, normalise=["minmax", "ratio"])


def test_variants_are_named_by_what_differs():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    codes = index.framework.codes
    one, two = (dict.fromkeys(codes, 1) | {codes[0]: w} for w in (2, 3))
    c = gz.compare(index, data, weight=[one, two, one], ties=["min"])
    assert list(c.results) == [f"values(over=leaves){n}" for n in ("", " #2", " #3")]
    named = gz.compare(index, data, weight={"two": one, "three": two}, ties=["min", "max"])
    assert list(named.results) == ["two / min", "two / max", "three / min", "three / max"]
    same = index.evaluate(data).compare(*[index.evaluate(data)] * 3)
    assert list(same.results) == ["tai-2008", "tai-2008 #2", "tai-2008 #3", "tai-2008 #4"]
    other = index.evaluate(data).compare(index.replace(normalise="zscore").evaluate(data))
    assert list(other.results)[1] == "zscore"


@pytest.mark.parametrize("given", ["entropy", [], 3, {}])
def test_alternatives_are_a_list(given):
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    with pytest.raises(gz.MethodError, match="weight (= .* is no list|has no alternatives)"):
        gz.compare(index, data, weight=given)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(4)))
def test_the_order_of_variants_orders_the_table(seed, order):
    index, data = big(9, 12, seed)
    options = ["equal", "entropy", "critic", "cv"]
    c = gz.compare(index, data, weight=options)
    moved = gz.compare(index, data, weight=[options[i] for i in order])
    for name in ("pearson", "spearman", "kendall"):
        a, b = getattr(c, name), getattr(moved, name)
        np.testing.assert_allclose(a.loc[b.index, b.columns], b, rtol=0, atol=1e-14)
    assert moved.kendall_w == pytest.approx(c.kendall_w, abs=1e-14)
    pd.testing.assert_frame_equal(
        c.consensus.drop(columns="mean_rank"), moved.consensus.drop(columns="mean_rank")
    )
    first = options[order[0]]
    a, b = gz.Comparison({first: c.results[first], **c.results}), moved
    pd.testing.assert_frame_equal(a.table().loc[b.table().index], b.table(), atol=1e-14, rtol=0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 12))
def test_identical_variants_agree_entirely(seed, n):
    index, data = big(n, 6, seed)
    c = gz.compare(index, data, weight=["equal"] * 3)
    table = c.table()
    assert (table[["spearman", "kendall", "pearson"]].to_numpy() >= 1 - 1e-14).all()
    assert (table[["mean_shift", "largest"]].to_numpy() == 0).all()
    assert (table["same_rank"] == n).all()
    assert (table.iloc[:, -1] == 1).all()
    assert (table["at"] == "").all()
    assert c.kendall_w == pytest.approx(1, abs=1e-12)


# -- leaving out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", ["entropy", {"scheme": "critic", "over": "siblings"}])
@pytest.mark.parametrize("over", ["indicators", "pillars", "units", "periods"])
def test_leaving_out_is_evaluating_what_remains(over, weight):
    index = gz.load("cn-provinces-2022").replace(weight=weight)
    data = gz.data("cn-provinces-2022").iloc[::-1]
    left = leave_one_out(index, data, over)
    f = index.framework
    found = {
        "indicators": list(f.codes),
        "pillars": list(f.children("total")),
        "units": list(dict.fromkeys(data.index.get_level_values("province"))),
        "periods": sorted(set(data.index.get_level_values("year"))),
    }[over]
    assert list(left.parts) == found
    table = left.to_frame()
    whole = index.evaluate(data)
    assert list(table.index) == found
    for key in found[:: max(1, len(found) // 4)]:
        if over in ("indicators", "pillars"):
            single = index.without(key).evaluate(data)
        else:
            level = "province" if over == "units" else "year"
            single = index.evaluate(data[data.index.get_level_values(level) != key])
        pd.testing.assert_frame_equal(left.parts[key], single.scores, rtol=0, atol=0)
        both = pd.DataFrame({"whole": whole.total, "part": single.total}).dropna()
        ranks = both.groupby("year").rank(ascending=False, method="min")
        moved = ranks["part"] - ranks["whole"]
        row = table.loc[key]
        assert row["mean_shift"] == pytest.approx(moved.abs().mean(), abs=1e-12)
        assert abs(row["largest"]) == moved.abs().max()
        for name, of in (("spearman", stats.spearmanr), ("kendall", stats.kendalltau)):
            each = [of(g["whole"], g["part"])[0] for _, g in both.groupby("year")]
            assert row[name] == pytest.approx(np.mean(each), abs=1e-12)
        last = both.xs(both.index.get_level_values("year").max(), level="year")
        assert row["leader"] == last["part"].idxmax()
        firsts = both.groupby("year").agg("idxmax")
        assert row["new_leader"] == (firsts["whole"] != firsts["part"]).sum()


def test_a_leader_that_leaves_is_no_shift_of_those_behind():
    f = gz.Framework(tuple(gz.Indicator(code=c, goalposts=(0, 10)) for c in "ab"))
    data = pd.DataFrame(
        {"a": [9.0, 7, 5, 3], "b": [8.0, 7, 5, 4]}, index=pd.Index(list("wxyz"), name="city")
    )
    index = gz.Index(framework=f, normalise="goalposts")
    table = leave_one_out(index, data, "units").to_frame()
    assert (table[["mean_shift", "largest", "new_leader"]].to_numpy() == 0).all()
    assert (table["at"] == "").all()
    assert table["leader"].tolist() == ["x", "w", "w", "w"]
    # between the ends of the data, where one is far off, a leaving unit moves the others
    data = pd.DataFrame({"a": [0.0, 5, 4, 100], "b": [6.0, 2, 5, 5]}, index=list("wxyz"))
    table = leave_one_out(gz.Index(framework=f), data, "units").to_frame()
    assert table.loc["z", "mean_shift"] > 0


def test_leaving_out_for_a_group():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    left = leave_one_out(index, data, "pillars").at("fusion")
    assert left.notes == ("nothing remains of 'fusion' without fusion",)
    assert "fusion" not in left.to_frame().index
    assert (left.to_frame()["mean_shift"] == 0).all()
    assert "over pillars: fusion" in repr(left)
    assert "<table" in left._repr_html_()
    with pytest.raises(gz.NotFoundError, match="no group 'x1'"):
        left.at("x1")


def test_leaving_out_what_the_index_stands_on_is_refused_by_name():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    beside = index.replace(normalise={"method": "distance-to-reference", "reference": "Finland"})
    with pytest.raises(gz.GzIndexError, match="^without unit Finland: "):
        leave_one_out(beside, data, "units")
    for over in ("pillars", "periods"):
        with pytest.raises(gz.MethodError, match=f"fewer than two {over}"):
            leave_one_out(index, data, over)
    with pytest.raises(gz.MethodError, match="one of indicators, pillars, units, periods"):
        leave_one_out(index, data, "years")


def test_leaving_out_needs_units_to_rank():
    f = gz.Framework(tuple(gz.Indicator(code=c, goalposts=(0, 10)) for c in "ab"))
    index = gz.Index(framework=f, normalise="goalposts")
    data = pd.DataFrame({"a": [3.0, 4], "b": [5.0, 5]}, index=["x", "y"])
    with pytest.raises(gz.MethodError, match="no period has two units"):
        leave_one_out(index, data.iloc[:1])
    with pytest.raises(gz.MethodError, match="without a gives every unit the same score"):
        leave_one_out(index, data)


def test_a_dropped_unit_comes_back_without_its_gap():
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in "abc"))
    data = pd.DataFrame(np.random.default_rng(3).uniform(1, 9, (6, 3)), columns=list("abc"))
    data.index = list("uvwxyz")
    data.loc["v", "b"] = np.nan
    index = gz.Index(framework=f, missing="drop")
    left = leave_one_out(index, data)
    assert len(left.nominal.total) == 5
    assert len(left.parts["b"]) == 6
    expected = index.without("b").evaluate(data).total.drop("v").rank(ascending=False)
    moved = expected - left.nominal.ranks["total"]
    assert left.to_frame().loc["b", "mean_shift"] == pytest.approx(moved.abs().mean(), abs=1e-12)
    assert "v" not in leave_one_out(index, data, "units").parts


def test_leave_one_out_is_saved(tmp_path):
    left = leave_one_out(gz.load("tai-2008"), gz.data("tai-2008"))
    saved = Saved.load(left.save(tmp_path / "l"))
    assert saved.settings == {"over": "indicators", "node": "total"}
    pd.testing.assert_frame_equal(saved.tables["table"], left.to_frame())

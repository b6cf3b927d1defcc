import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.framework import Direction
from gz_index.weighting.rule import Weight


def toy(**parts):
    f = gz.Framework(
        (
            gz.Indicator(code="a", parent="p"),
            gz.Indicator(code="b", parent="p", direction=Direction(-1)),
            gz.Indicator(code="c", parent="q"),
            gz.Indicator(code="d", parent="q"),
        ),
        (gz.Group(code="p"), gz.Group(code="q")),
    )
    return gz.Index(framework=f, **parts)


def panel(seed=0, units=6, years=(2020, 2021, 2022)):
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product(
        [[f"u{i}" for i in range(units)], list(years)], names=["unit", "year"]
    )
    return pd.DataFrame(rng.uniform(1, 9, (len(rows), 4)), index=rows, columns=list("abcd"))


def test_the_index_is_what_the_formulas_say():
    data = panel()
    x = data.to_numpy()
    z = (x - x.min(0)) / np.ptp(x, axis=0)
    z[:, 1] = 1 - z[:, 1]
    r = toy().evaluate(data)
    assert np.allclose(r.normalised, z, atol=1e-15)
    want = (z[:, :2].mean(1) + z[:, 2:].mean(1)) / 2
    assert np.abs(r.total - want).max() < 1e-15
    assert r.weights.loc["a"].tolist() == ["p", 2, 0.5, 0.25]
    for year in (2020, 2021, 2022):
        at = r.total.xs(year, level="year").rank(ascending=False)
        assert (r.ranks["total"].xs(year, level="year") == at).all()


def test_rows_columns_and_levels_may_stand_in_any_order():
    data, r = panel(), toy(weight="entropy").evaluate(panel())
    mixed = data.sample(frac=1, random_state=3)[list("dbca")].swaplevel()
    again = toy(weight="entropy").evaluate(mixed)
    assert list(again.scores.index) == list(mixed.index)
    back = again.total.swaplevel().reindex(data.index)
    assert np.abs(back - r.total).max() < 1e-14


def test_entropy_over_all_leaves_gives_local_weights_by_summing():
    from gz_index import weighting

    r = toy(weight="entropy").evaluate(panel())
    w = weighting.entropy(r.normalised.to_numpy())
    assert np.abs(r.weights.loc[list("abcd"), "global"] - w).max() < 1e-15
    assert r.weights.loc["p", "local"] == pytest.approx(w[0] + w[1], abs=1e-15)
    assert np.abs(r.total - r.normalised.to_numpy() @ w).max() < 1e-15


def test_weights_over_siblings_look_at_the_scores_below():
    from gz_index import weighting

    r = toy(weight={"scheme": "std", "over": "siblings", "scale": None}).evaluate(panel())
    top = weighting.std(r.scores[["p", "q"]].to_numpy(), scale=None)
    assert np.abs(r.weights.loc[["p", "q"], "local"] - top).max() < 1e-15


def test_a_node_may_weigh_and_aggregate_in_its_own_way():
    f = toy().framework
    groups = (
        gz.Group(code="p", weigh={"scheme": "critic"}, aggregate="geometric"),
        gz.Group(code="q", weigh={"values": {"c": 1, "d": 3}}),
    )
    index = gz.Index(
        framework=gz.Framework(f.indicators, groups), normalise={"method": "minmax", "to": [1, 100]}
    )
    r = index.evaluate(panel())
    assert r.weights.loc[["c", "d"], "local"].tolist() == [0.25, 0.75]
    z, w = r.normalised[["a", "b"]], r.weights.loc[["a", "b"], "local"].to_numpy()
    assert np.abs(r.scores["p"] - np.exp(np.log(z) @ w)).max() < 1e-12
    again = gz.Index.from_toml(index.to_toml())
    assert np.array_equal(again.evaluate(panel()).total, r.total)


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric", "harmonic", "mpi"])
def test_contributions_add_up_to_the_index(aggregate):
    index = toy(normalise={"method": "minmax", "to": [1, 100]}, aggregate=aggregate)
    r = index.evaluate(panel())
    assert np.abs(r.contributions.sum(axis=1) - r.total).max() < 1e-12 * 100


def test_contributions_of_a_method_without_a_split_are_refused_by_name():
    r = toy(aggregate="topsis").evaluate(panel())
    with pytest.raises(gz.MethodError, match="topsis.*no exact additive split"):
        _ = r.contributions


def test_a_frozen_scale_replays_the_same_bits():
    for spec in ("minmax", "zscore", "rank", {"method": "minmax", "window": "period"}):
        index = toy(normalise=spec, weight="entropy" if spec == "minmax" else "equal")
        r = index.evaluate(panel())
        assert np.array_equal(index.evaluate(panel(), scale=r.scale).values, r.values)
        frozen = r.freeze()
        assert np.array_equal(frozen.evaluate(panel(), scale=r.scale).total, r.total)


@pytest.mark.parametrize("window", ["base", "goalposts"])
def test_adding_a_year_changes_no_earlier_score(window):
    f = gz.Framework(
        tuple(
            gz.Indicator(code=c, parent=p, goalposts=(0.0, 10.0))
            for c, p in zip("abcd", "ppqq", strict=True)
        ),
        (gz.Group(code="p"), gz.Group(code="q")),
    )
    index = gz.Index(
        framework=f,
        normalise={"method": "minmax", "window": window},
        weight={"scheme": "entropy", "window": "base"} if window == "goalposts" else "equal",
    )
    early, late = panel(years=(2020, 2021)), panel(years=(2020, 2021, 2022), seed=5)
    late = pd.concat([early, late.loc[(slice(None), 2022), :]])
    before = index.evaluate(early).total
    after = index.evaluate(late).total.loc[before.index]
    assert np.array_equal(before, after)
    pooled = index.replace(normalise="minmax", weight="equal")
    late.iloc[-1] = 100.0
    assert not np.allclose(
        pooled.evaluate(early).total, pooled.evaluate(late).total.loc[early.index]
    )


def test_pitfall_02_min_max_inside_each_year_erases_growth():
    data = panel(units=12, years=range(2013, 2023))
    growth = 1.1 ** (data.index.get_level_values("year").to_numpy() - 2013)
    data = pd.DataFrame(
        data.groupby("unit").transform("first").to_numpy() * growth[:, None],
        index=data.index,
        columns=data.columns,
    )
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in "abcd"))
    pooled = gz.Index(framework=f).evaluate(data).total.groupby("year").mean()
    yearly = gz.Index(framework=f, normalise={"method": "minmax", "window": "period"})
    flat = yearly.evaluate(data).total.groupby("year").mean()
    assert pooled.is_monotonic_increasing
    assert pooled.iloc[-1] > 2 * pooled.iloc[0]
    assert np.ptp(flat) < 1e-12
    assert any("normalised within each period" in n for n in yearly.evaluate(data).notes)


def test_missing_cells_are_an_error_by_default_and_each_is_named():
    data = panel()
    data.loc[("u1", 2021), "b"] = np.nan
    data.loc[("u2", 2020), "d"] = np.nan
    with pytest.raises(gz.DataError, match=r"2 cells are missing") as e:
        toy().evaluate(data)
    text = str(e.value)
    for part in ("b", "u1", "2021", "d", "u2", "2020", "renormalise"):
        assert part in text


def test_drop_drops_whole_units_and_counts_them():
    data = panel()
    data.loc[("u1", 2021), "b"] = np.nan
    r = toy(missing="drop").evaluate(data)
    assert "u1" not in r.scores.index.get_level_values("unit")
    assert r.counts["units"] == 5
    assert any("dropped 1 unit" in n and "u1" in n for n in r.notes)
    want = toy().evaluate(data.drop("u1", level="unit"))
    assert np.array_equal(r.total, want.total)


def test_renormalise_rescales_weights_over_what_is_known_and_says_so():
    data = panel()
    data.loc[("u1", 2021), "b"] = np.nan
    r = toy(missing={"policy": "renormalise", "coverage": 0.5}).evaluate(data)
    row = r.normalised.loc[("u1", 2021)]
    assert r.scores.loc[("u1", 2021), "p"] == row["a"]
    want = (row["a"] + (row["c"] + row["d"]) / 2) / 2
    assert r.total[("u1", 2021)] == pytest.approx(want, abs=1e-15)
    assert any("1 missing cell" in n for n in r.notes)
    assert np.abs(r.contributions.sum(axis=1) - r.total).max() < 1e-14


def test_a_score_below_the_coverage_is_withheld_named_and_unranked():
    data = panel()
    data.loc[("u1", 2021), ["a", "b", "c"]] = np.nan
    r = toy(missing={"policy": "renormalise", "coverage": 0.5}).evaluate(data)
    assert np.isnan(r.total[("u1", 2021)])
    assert r.ranks["total"].isna().sum() == 1  # never a rank of -9223372036854775808
    assert r.ranks["total"].dropna().between(1, 6).all()
    assert r.counts["rows_without_index"] == 1
    assert any("withheld" in n and "u1" in n for n in r.notes)


def test_data_driven_weights_use_rows_without_gaps_and_count_them():
    from gz_index import weighting

    data = panel()
    data.loc[("u1", 2021), "b"] = np.nan
    r = toy(missing={"policy": "renormalise", "coverage": 0.5}, weight="critic").evaluate(data)
    full = r.normalised.dropna().to_numpy()
    w = weighting.critic(full)
    assert np.abs(r.weights.loc[list("abcd"), "global"] - w).max() < 1e-14
    assert any("17 rows without gaps" in n for n in r.notes)


def test_a_method_that_compares_units_cannot_leave_cells_out():
    data = panel()
    data.loc[("u1", 2021), "b"] = np.nan
    index = toy(missing={"policy": "renormalise", "coverage": 0.5}, aggregate="topsis")
    with pytest.raises(gz.MethodError, match="topsis compares units"):
        index.evaluate(data)


def test_weights_by_period_stand_in_the_result_with_a_warning_note():
    r = toy(weight={"scheme": "entropy", "window": "period"}).evaluate(panel())
    assert r.weights.index.names == ["node", "period"]
    by_year = r.weights["global"].unstack("period").loc[list("abcd")]
    assert np.allclose(by_year.sum(), 1, atol=1e-12)
    assert any("cannot be compared" in n for n in r.notes)
    with pytest.raises(gz.MethodError, match="cannot be frozen"):
        r.freeze()


def test_errors_of_a_method_name_indicator_and_unit():
    with pytest.raises(gz.MethodError, match=r"score of 'p'.*geometric.*[ab].*u\d"):
        toy(aggregate="geometric").evaluate(panel())
    data = panel()
    data["c"] = 4.0
    with pytest.raises(gz.DataError, match=r"c\b.*4"):
        toy().evaluate(data)


def test_weights_that_do_not_fit_the_tree_are_refused_at_once():
    with pytest.raises(gz.DefinitionError, match="no weight for b"):
        toy(weight={"p": 1, "q": 1, "a": 1, "c": 1, "d": 1})
    with pytest.raises(gz.DefinitionError, match="no node has this code"):
        toy(weight={"p": 1, "q": 1, "a": 1, "b": 1, "c": 1, "d": 1, "zz": 1})
    with pytest.raises(
        gz.DefinitionError, match="no weighting scheme 'entropi'.*did you mean 'entropy'"
    ):
        toy(weight="entropi")
    with pytest.raises(gz.DefinitionError, match="no option 'shfit'.*shift"):
        toy(weight={"scheme": "entropy", "shfit": 1})
    with pytest.raises(gz.DefinitionError, match="no such part"):
        toy().replace(wieght="entropy")


def test_values_for_all_indicators_are_weights_over_all_of_them():
    r = toy(weight={"a": 4, "b": 3, "c": 2, "d": 1}).evaluate(panel())
    assert r.weights.loc[list("abcd"), "global"].tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert r.weights.loc["p", "local"] == pytest.approx(0.7)


def test_combined_weights():
    spec = {"scheme": "combination", "of": ["entropy", "equal"], "by": "linear"}
    r = toy(weight=spec).evaluate(panel())
    e = toy(weight="entropy").evaluate(panel()).weights.loc[list("abcd"), "global"]
    assert np.abs(r.weights.loc[list("abcd"), "global"] - (e + 0.25) / 2).max() < 1e-15
    for by in ("multiplicative", "relative-entropy", "least-squares", "max-deviation"):
        w = toy(weight={**spec, "by": by}).evaluate(panel()).weights.loc[list("abcd"), "global"]
        assert w.sum() == pytest.approx(1, abs=1e-9)
    game = toy(weight={**spec, "by": "game-theory"}).evaluate(panel())
    assert any("shares entropy" in n and "condition number" in n for n in game.notes)
    with pytest.raises(gz.DefinitionError, match="no combination"):
        toy(weight={**spec, "by": "magic"})


def test_judgements_over_the_zones_combine_with_entropy():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    zones = gz.judgements("five-zones-illustrative")
    r = index.replace(weight=zones).evaluate(data)
    local = r.weights.loc[list(zones.local("total")), "local"]
    assert np.allclose(local, list(zones.local("total").values()), atol=1e-12)
    both = {"scheme": "combination", "of": [{"judgements": zones}, "entropy"]}
    w = index.replace(weight=both).evaluate(data).weights.loc[list(index.framework.codes), "global"]
    assert w.sum() == pytest.approx(1, abs=1e-12)


def test_a_callable_can_stand_anywhere():
    def steep(x):
        w = np.arange(1, x.shape[1] + 1, dtype=float)
        return w / w.sum()

    def best(x, w):
        return x.max(axis=-1)

    r = toy(weight=Weight(steep, over="siblings"), aggregate=best, normalise=np.tanh).evaluate(
        panel()
    )
    assert r.weights.loc["q", "local"] == pytest.approx(2 / 3)
    assert (r.scores["q"] == r.normalised[["c", "d"]].max(axis=1)).all()
    with pytest.raises(gz.GzIndexError, match="entry point"):
        r.index.to_toml()


def test_a_callable_that_breaks_the_contract_is_named():
    def wrong(x):
        return np.full(x.shape[1], 0.5)

    with pytest.raises(gz.MethodError, match="wrong.*sum to one"):
        toy(weight=wrong).evaluate(panel())


def test_ties_follow_the_named_rule():
    f = gz.Framework((gz.Indicator(code="a"),))
    data = pd.DataFrame({"a": [1.0, 2, 2, 3]}, index=list("wxyz"))
    for ties, want in {
        "min": [4, 2, 2, 1],
        "max": [4, 3, 3, 1],
        "average": [4, 2.5, 2.5, 1],
        "dense": [3, 2, 2, 1],
    }.items():
        r = gz.Index(framework=f, ties=ties).evaluate(data)
        assert r.ranks["total"].tolist() == want


def test_evaluation_writes_to_nothing():
    data = panel()
    kept = data.copy()
    options = np.get_printoptions()
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    toy(weight="entropy").evaluate(data)
    pd.testing.assert_frame_equal(data, kept)
    assert np.get_printoptions() == options
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002

"""Preparation as a part of the definition: fitted, recorded, replayed, saved, varied."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.prepare import Prepare, prepare
from gz_index.prepare.impute import Impute

STEPS = [
    {"kind": "screen", "units": {"available": 0.5}},
    {"kind": "denominate", "columns": ["a"], "by": "people"},
    {"kind": "impute", "method": "median"},
    {"kind": "treat", "points": 2, "then": "none"},
]


def framework() -> gz.Framework:
    return gz.Framework(
        tuple(gz.Indicator(code=c, parent="p") for c in "abc"), (gz.Group(code="p"),)
    )


def data(n: int = 12, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(
        rng.uniform(1, 9, (n, 4)),
        index=pd.Index([f"u{i}" for i in range(n)], name="unit"),
        columns=["a", "b", "c", "people"],
    )
    x.loc["u3", "b"] = np.nan
    x.loc["u5", "c"] = 500.0
    x.loc["u7", ["a", "b"]] = np.nan
    return x


@pytest.fixture
def index() -> gz.Index:
    return gz.Index(id="t", framework=framework(), prepare=STEPS)


def test_steps_are_taken_in_their_order(index):
    x = data()
    result = index.evaluate(x)
    kept = x.drop(index="u7")
    want = kept[["a", "b", "c"]].copy()
    want["a"] /= kept["people"]
    want["b"] = want["b"].fillna(want["b"].median())
    top = want["c"].drop("u5").max()
    want.loc["u5", "c"] = top
    assert list(result.table.units) == list(kept.index)
    np.testing.assert_allclose(result.table.values, want.to_numpy(), rtol=1e-15)
    plain = gz.Index(framework=framework()).evaluate(want)
    np.testing.assert_array_equal(result.values, plain.values)


def test_what_was_changed_is_recorded(index):
    p = index.evaluate(data()).prepared
    cells = p.cells.set_index(["unit", "indicator"])
    assert list(cells.index) == [("u3", "b"), ("u5", "c")]
    assert np.isnan(cells.loc[("u3", "b"), "before"])
    assert cells.loc[("u5", "c"), "before"] == 500
    assert p.imputed.loc["u3", "b"]
    assert p.imputed.to_numpy().sum() == 1
    assert p.left["label"].tolist() == ["u7"]
    assert "33.3" in p.left.loc[0, "why"]
    assert p.left.loc[0, "why_zh"]


def test_notes_say_what_was_done_in_both_languages(index):
    r = index.evaluate(data())
    en, zh = " | ".join(r.notes), " | ".join(r.notes_in("zh"))
    assert "1 cells are imputed" in en
    assert "screened out 1 unit(s): u7" in en
    assert "divided by people" in en
    assert "1个单元格为插补值" in zh
    assert "筛选剔除1个评价对象：u7" in zh


def test_the_definition_is_written_and_read(index):
    again = gz.Index.from_toml(index.to_toml())
    assert again.prepare == index.prepare
    assert again.hash == index.hash
    assert "[[prepare]]" in index.to_toml()
    assert index.hash != index.replace(prepare=None).hash


def test_replay_on_new_rows_changes_no_earlier_row(index):
    x = data()
    one = index.evaluate(x)
    more = pd.concat([x, data(4, seed=9).rename(index=lambda u: f"new {u}")])
    two = index.evaluate(more, scale=one.scale, prepared=one.prepared)
    earlier = two.scores.loc[one.scores.index]
    pd.testing.assert_frame_equal(earlier, one.scores, check_exact=True)
    same = index.evaluate(x, scale=one.scale, prepared=one.prepared)
    np.testing.assert_array_equal(same.values, one.values)
    fresh = index.evaluate(more)
    assert (fresh.table.values[: len(one.table.units)] != one.table.values).any()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), extra=st.integers(1, 5))
def test_replay_law(seed, extra):
    index = gz.Index(framework=framework(), prepare=STEPS)
    x = data(seed=seed)
    one = index.evaluate(x)
    more = pd.concat([data(extra, seed=seed + 1).rename(index=lambda u: f"new {u}"), x])
    two = index.evaluate(more, scale=one.scale, prepared=one.prepared)
    np.testing.assert_array_equal(two.scores.loc[one.scores.index], one.scores)


def test_a_saved_result_brings_its_preparation_back(index, tmp_path):
    r = index.evaluate(data())
    folder = r.save(tmp_path / "r")
    again = gz.IndexResult.load(folder)
    np.testing.assert_array_equal(again.values, r.values)
    pd.testing.assert_frame_equal(again.prepared.cells, r.prepared.cells)
    assert again.prepared.fitted == r.prepared.fitted
    assert {"raw.parquet", "changed_cells.csv", "left_out.csv"} <= {
        p.name for p in folder.iterdir()
    }


def test_a_screened_indicator_leaves_the_tree():
    x = data()
    x.loc[x.index[:9], "b"] = np.nan
    steps = [{"kind": "screen", "indicators": {"available": 0.5}}]
    index = gz.Index(framework=framework(), prepare=steps, missing="renormalise")
    r = index.evaluate(x)
    assert r.index.framework.codes == ("a", "c")
    assert r.weights.loc["a", "local"] == 0.5
    assert any("screened out 1 indicator(s): b" in n for n in r.notes)
    again = index.evaluate(x, scale=r.scale, prepared=r.prepared)
    np.testing.assert_array_equal(again.values, r.values)


def test_nodes_that_are_left_out_leave_the_steps():
    steps = [
        {"kind": "denominate", "columns": ["a", "b"], "by": "people"},
        {"kind": "denominate", "columns": ["c"], "by": "people"},
    ]
    index = gz.Index(framework=framework(), prepare=steps)
    smaller = index.without("c")
    assert [s.columns for s in smaller.prepare.steps] == [("a", "b")]
    assert [s.columns for s in index.without("a").prepare.steps] == [("b",), ("c",)]


def test_errors_name_the_step(index):
    x = data()
    x.loc["u2", "people"] = 0
    with pytest.raises(gz.DataError, match=r"(?s)prepare, step 2 \(denominate.*\).*u2"):
        index.evaluate(x)
    with pytest.raises(gz.DataError, match="people"):
        index.evaluate(x.drop(columns="people"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("screen", "is no list of steps"),
        ([{"kind": "scren"}], r"prepare\[0\]: no step 'scren'.*screen"),
        ([{"kind": "treat", "point": 3}], "no option 'point'"),
        ([{"method": "em"}], "is no step"),
        ([{"kind": "denominate", "columns": ["a"]}], "denominate"),
    ],
)
def test_specs_that_make_no_sense(spec, message):
    with pytest.raises(gz.GzIndexError, match=message):
        prepare(spec)


def test_problems_with_the_tree_are_named_before_any_data():
    with pytest.raises(gz.DefinitionError, match="no node 'z'"):
        gz.Index(
            framework=framework(),
            prepare=[{"kind": "denominate", "columns": ["z"], "by": "people"}],
        )
    twice = [{"kind": "denominate", "columns": ["a"], "by": "people"}] * 2
    with pytest.raises(gz.DefinitionError, match="a"):
        gz.Index(framework=framework(), prepare=twice)


def test_a_preparation_of_other_steps_is_refused(index):
    r = index.evaluate(data())
    other = index.replace(prepare=STEPS[1:3], missing="renormalise")
    with pytest.raises(gz.DataError, match="was fitted with other steps"):
        other.evaluate(data(), prepared=r.prepared)
    with pytest.raises(gz.DataError, match="no steps of preparation to replay"):
        index.replace(prepare=None).evaluate(data(), prepared=r.prepared)


def test_alternatives_to_the_preparation_vary():
    x = data().drop(index="u7")
    base = STEPS[1:3]
    index = gz.Index(id="t", framework=framework(), prepare=base)
    of = [base, [*base, STEPS[3]], [base[0], {"kind": "impute", "method": "mean"}]]
    choice = gz.Alternatives(part="prepare", of=of, labels=["median", "treated", "mean"])
    shares = gz.sobol(index, x, [choice, gz.Alternatives(part="weight", of=["equal", "std"])],
                      targets=["shift"])  # fmt: skip
    assert set(shares.of("shift").index) == {"prepare", "weight"}
    from gz_index.sensitivity.model import Model

    model = Model(index, x, [choice])
    for k, steps in enumerate(of):
        want = index.replace(prepare=steps).evaluate(x).total.to_numpy()
        np.testing.assert_array_equal(model.nominal_of((k,))[0], want)
    from gz_index.choices import choice as read

    assert read(choice.to_dict()) == choice
    screening = gz.Alternatives(part="prepare", of=[base, [STEPS[0], *base]], labels=["a", "b"])
    bare = index.replace(missing="renormalise")
    with pytest.raises(gz.DataError, match="does not have the rows of the data"):
        Model(bare, data(), [screening]).prepare([])


def test_studies_take_the_prepared_data(index):
    x = data()
    r = index.evaluate(x)
    u = gz.uncertainty(index, x, [gz.Spread(size=0.2)], draws=50)
    np.testing.assert_array_equal(u.scores["nominal"], r.total)
    c = gz.compare(index, x, weight=["equal", "std"])
    np.testing.assert_array_equal(c.nominal.values, r.values)
    loo = gz.leave_one_out(index, x, over="indicators")
    np.testing.assert_array_equal(loo.nominal.values, r.values)
    without = index.replace(prepare=None).without("a").score(r.table.only(("b", "c")))
    np.testing.assert_allclose(loo.parts["a"]["total"], without.total, rtol=1e-15)


def test_monitoring_marks_imputed_values():
    f = gz.Framework((gz.Indicator(code="a", targets=gz.Target(10, year=2025)),))
    rows = pd.MultiIndex.from_product([["city"], [2021, 2022, 2023]], names=["unit", "year"])
    x = pd.DataFrame({"a": [4.0, np.nan, 6.0]}, index=rows)
    index = gz.Index(id="m", framework=f, prepare=[{"kind": "impute", "method": "linear"}])
    m = gz.monitor(index, x, year=2022)
    row = m.table.loc["a"]
    assert (row["value"], row["flag"]) == (5, "imputed")
    assert gz.monitor(index, x).table.loc["a", "flag"] == ""


def test_nothing_is_written_to(index):
    x = data()
    before = x.copy(deep=True)
    index.evaluate(x)
    pd.testing.assert_frame_equal(x, before)
    assert not Prepare()
    assert index.replace(prepare=None).evaluate(x.dropna()).prepared is None


# -- multiple imputation ---------------------------------------------------------------------------


def test_imputations_reach_scores_and_ranks():
    x = data(30, seed=4).drop(columns="people")
    index = gz.Index(id="i", framework=framework(), prepare=[Impute(method="em")])
    several = gz.imputations(index, x, m=8, seed=1)
    full = ~x.isna().any(axis=1).to_numpy()
    s = several.score_table("p")
    assert (s["error"][~full] > 0).all()
    low, mean, high = (several.ranks[c] for c in ("low", "mean", "high"))
    assert ((low <= mean) & (mean <= high)).all()
    again = gz.imputations(index, x, m=8, seed=1)
    np.testing.assert_array_equal(again.values, several.values)
    assert (gz.imputations(index, x, m=8, seed=2).values != several.values).any()
    values = several.values[:, :, 0]
    np.testing.assert_allclose(several.scores["mean"], values.mean(axis=0), rtol=1e-12)
    between = values.var(axis=0, ddof=1) * (1 + 1 / 8)
    np.testing.assert_allclose(several.scores["error"], np.sqrt(between), rtol=1e-9, atol=1e-15)
    assert "8 imputations" in several.notes[0]


def test_without_gaps_imputations_agree():
    x = data(20).drop(columns="people")
    x = x.fillna(5.0)
    index = gz.Index(id="i", framework=framework(), prepare=[Impute(method="em")])
    several = gz.imputations(index, x, m=3)
    assert (several.ranks["low"] == several.ranks["high"]).all()
    assert several.scores["error"].max() == 0


def test_imputations_are_refused_by_name():
    x = data(20).drop(columns="people")
    bare = gz.Index(framework=framework(), prepare=[Impute(method="median")])
    with pytest.raises(gz.MethodError, match="0 steps of the preparation can be drawn"):
        gz.imputations(bare, x)
    index = gz.Index(framework=framework(), prepare=[Impute(method="em")])
    for how, message in (({"m": 1}, "m = 1"), ({"level": 2}, "level = 2"), ({"seed": -1}, "seed")):
        with pytest.raises(gz.MethodError, match=message):
            gz.imputations(index, x, **how)


# -- a preparation and everything else -------------------------------------------------------------

POOR = [{"kind": "screen", "units": {}, "indicators": {"available": 0.5}}]


def poor(n: int = 12) -> pd.DataFrame:
    """Data of which a screen leaves out b."""
    x = data(n).drop(index="u7")
    x.loc[x.index[:9], "b"] = np.nan
    return x


def screened(*more: dict) -> gz.Index:
    return gz.Index(id="t", framework=framework(), prepare=[*POOR, *more], missing="renormalise")


DIVIDED = {"kind": "denominate", "columns": ["a", "b"], "by": "people"}


def test_a_saved_result_without_a_screened_indicator_comes_back(tmp_path):
    index, x = screened(DIVIDED), poor()
    r = index.evaluate(x)
    again = gz.IndexResult.load(r.save(tmp_path / "r"))
    np.testing.assert_array_equal(again.values, r.values)
    pd.testing.assert_frame_equal(again.prepared.left, r.prepared.left)
    assert again.notes == r.notes
    later = index.evaluate(x, scale=again.scale, prepared=again.prepared)
    np.testing.assert_array_equal(later.values, r.values)


@pytest.mark.parametrize("of", [lambda r: r.index, lambda r: r.freeze()])
@pytest.mark.parametrize("more", [(), (DIVIDED,), ({**DIVIDED, "columns": ["b"]},)])
def test_what_a_screen_left_of_a_definition_is_replayed(of, more):
    r = screened(*more).evaluate(poor())
    two = of(r).evaluate(poor().iloc[3:], scale=r.scale, prepared=r.prepared)
    np.testing.assert_array_equal(two.scores, r.scores.iloc[3:])


@pytest.mark.parametrize("method", ["em", "knn", "iterative", "regression", "mean"])
def test_a_preparation_of_other_indicators_or_another_order_is_refused(method):
    x = data()
    step = {"kind": "impute", "method": method, "rest": "keep"}
    index = gz.Index(framework=framework(), prepare=[step], missing="renormalise")
    fitted = index.evaluate(x).prepared
    f = index.framework
    turned = index.replace(framework=gz.Framework(tuple(reversed(f.indicators)), f.groups))
    new = x.rename(index=lambda u: f"new {u}")
    with pytest.raises(gz.DataError, match="order is another"):
        turned.evaluate(new, prepared=fitted)
    with pytest.raises(gz.DataError, match="other are b"):
        index.without("b").evaluate(new, prepared=fitted)


@pytest.mark.parametrize(
    ("step", "left"),
    [
        ({"kind": "treat", "rule": "bounds", "bounds": {"a": [0, 5], "b": [0, 5]}},
         {"kind": "treat", "rule": "bounds", "bounds": {"a": [0.0, 5.0]}}),
        ({"kind": "treat", "rule": "bounds", "bounds": {"b": [0, 5]}}, None),
        ({"kind": "impute", "method": "mean", "low": {"a": 0.0, "b": 1.0}},
         {"kind": "impute", "method": "mean", "low": {"a": 0.0}}),
        ({"kind": "impute", "method": "cold-deck", "rest": "keep",
          "table": {"a": {"u1": 1.0}, "b": {"u1": 1.0}}},
         {"kind": "impute", "method": "cold-deck", "rest": "keep", "table": {"a": {"u1": 1.0}}}),
        ({"kind": "screen", "keep": ["b", "u1"], "leave": ["a"]},
         {"kind": "screen", "keep": ["u1"], "leave": ["a"]}),
    ],
)  # fmt: skip
def test_what_steps_say_of_a_node_leaves_with_it(step, left):
    index = gz.Index(framework=framework(), prepare=[step], missing="renormalise")
    assert index.without("b").prepare.to_list() == ([] if left is None else [left])
    if step["kind"] != "screen":  # a screen before it does the same
        assert screened(step).evaluate(poor()).index.framework.codes == ("a", "c")


def test_an_indicator_that_left_by_name_leaves_the_definition_of_the_result():
    steps = [{"kind": "screen", "units": {}, "leave": ["b"]}]
    r = gz.Index(framework=framework(), prepare=steps, missing="renormalise").evaluate(data())
    np.testing.assert_array_equal(r.index.evaluate(data()).values, r.values)


def test_a_step_that_reads_a_screened_indicator_says_so():
    index = screened({"kind": "denominate", "columns": ["a"], "by": "b"})
    with pytest.raises(gz.MethodError, match="'b' was screened out"):
        index.evaluate(poor())


def test_compare_prepares_each_variant_and_leaves_out_what_is_screened():
    x = poor()
    parts = {"prepare": [POOR, [*POOR, DIVIDED]], "weight": ["equal", "std"]}
    c = gz.compare(screened(), x, **parts)
    for (steps, w), found in zip(
        [(p, w) for p in parts["prepare"] for w in parts["weight"]], c.results.values(), strict=True
    ):
        want = screened().replace(prepare=steps, weight=w).evaluate(x)
        np.testing.assert_array_equal(found.values, want.values)
        assert set(found.notes) == set(want.notes)
    loo = gz.leave_one_out(screened(DIVIDED), x)
    assert loo.nominal.prepared is not None


def test_choices_are_over_what_a_screen_left_and_preparations_over_all():
    from gz_index.sensitivity.model import Model

    x = poor()
    of = [[*POOR, DIVIDED], POOR, [{**POOR[0], "leave": ["b"]}]]
    choice = gz.Alternatives(part="prepare", of=of, labels=["divided", "plain", "named"])
    index = screened(DIVIDED)
    own = index.replace(sensitivity={"choices": [choice]})
    assert gz.Index.from_toml(own.to_toml()) == own
    for model in (Model(index, x, [choice]), Model(own, x)):
        for k, steps in enumerate(of):
            want = index.replace(prepare=steps).evaluate(x).total.to_numpy()
            np.testing.assert_array_equal(model.nominal_of((k,))[0], want)
    bare = gz.Alternatives(part="prepare", of=[POOR, []], labels=["screened", "all"])
    with pytest.raises(gz.DataError, match=r"(?s)leaves other indicators.*b"):
        Model(index, x, [bare]).prepare([])
    tables = gz.Tables(of={"one": x, "two": x * 2})
    named = index.replace(prepare=of[2])
    assert Model(named, x, [tables]).nominal_of((1,)).shape == (1, 11)


def test_columns_that_steps_read_may_bear_the_name_of_what_was_excluded():
    x = data().drop(index="u7").rename(columns={"people": "常住人口"})
    aside = {"code": "people", "name": gz.framework.Text(zh="常住人口")}
    index = gz.Index(
        framework=framework(), prepare=STEPS[1:3], excluded=[gz.framework.Excluded(**aside)]
    )
    plain = gz.Index(framework=framework(), prepare=STEPS[1:3])
    want = plain.evaluate(data().drop(index="u7"))
    np.testing.assert_array_equal(index.evaluate(x).values, want.values)


def test_an_indicator_that_is_called_by_its_name_is_pointed_out():
    f = gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b", name="人口")))
    step = {"kind": "denominate", "columns": ["a"], "by": "人口"}
    with pytest.raises(gz.DefinitionError, match="write 'b'"):
        gz.Index(framework=f, prepare=[step])


@pytest.mark.parametrize("saved", [False, True])
def test_a_replay_is_kept_for_the_release_after_it(saved, tmp_path):
    rng = np.random.default_rng(3)
    rows = pd.MultiIndex.from_product(
        [[f"u{i}" for i in range(8)], [2020, 2021, 2022]], names=["unit", "year"]
    )
    x = pd.DataFrame(rng.uniform(1, 9, (24, 4)), index=rows, columns=["a", "b", "c", "cpi"])
    x.loc[("u1", 2021), "b"] = np.nan  # to be taken from 2020, later known from both sides
    x.loc[("u7", 2020), ["b", "c"]] = np.nan
    x.loc[("u6", 2021), ["b", "c"]] = np.nan  # a new unit, at first too little known
    steps = [
        {"kind": "screen", "units": {"available": 0.5}, "indicators": {}},
        {"kind": "deflate", "columns": ["a"], "by": "cpi", "base": 2020},
        {
            "kind": "impute",
            "method": "linear",
            "ends": "nearest",
            "low": {"c": 2},
            "outside": "clip",
        },
    ]
    index = gz.Index(framework=framework(), prepare=steps)
    year, unit = rows.get_level_values(1), rows.get_level_values(0)
    one = index.evaluate(x[(year < 2022) & (unit != "u6") & ~((unit == "u1") & (year == 2021))])
    two = index.evaluate(
        x[(year < 2022) & ((unit != "u6") | (year == 2021))],
        scale=one.scale,
        prepared=one.prepared,
    )
    assert (
        two.table.values[list(two.table.index).index(("u1", 2021)), 1] == x.loc[("u1", 2020), "b"]
    )
    assert "u6" in two.prepared.left["label"].tolist()
    if saved:
        two = gz.IndexResult.load(two.save(tmp_path / "two"))
    three = index.evaluate(x, scale=two.scale, prepared=two.prepared)
    np.testing.assert_array_equal(three.scores.loc[two.scores.index], two.scores)
    assert "u6" in three.prepared.left["label"].tolist()


def test_what_is_said_of_a_replay_is_of_its_own_rows():
    x = data().drop(index="u7")
    index = gz.Index(framework=framework(), prepare=STEPS[1:3])
    r = index.evaluate(x)
    assert any("1 cell(s) filled by the median: b 1" in n for n in r.notes)
    other = index.evaluate(x.drop(index="u3"), scale=r.scale, prepared=r.prepared)
    assert not any("filled" in n or "imputed" in n for n in other.notes)
    known = index.evaluate(x.fillna(5.0), scale=r.scale, prepared=r.prepared)
    assert not any("filled" in n for n in known.notes)


@pytest.mark.parametrize("over", ["p", "indicators"])
@pytest.mark.parametrize(
    "others", [(), (gz.Alternatives(part="normalise", of=["minmax", "zscore"]),)]
)
def test_acceptabilities_are_over_what_a_screen_left(over, others):
    x, index = poor(), screened(DIVIDED)
    s = gz.smaa(index, x, over=over, draws=64, choices=others)
    plain = gz.Index(id="t", framework=framework(), missing="renormalise").without("b")
    ready = index.evaluate(x).table
    same = pd.DataFrame(ready.values, index=ready.index, columns=list(ready.codes))
    want = gz.smaa(plain, same, over=over, draws=64, choices=others)
    pd.testing.assert_frame_equal(s.to_frame(), want.to_frame())


def test_every_study_says_that_cells_are_imputed():
    x = data(14).drop(columns="people")
    index = gz.Index(id="i", framework=framework(), prepare=[Impute(method="median")])
    r = index.evaluate(x)
    studies = [
        gz.uncertainty(index, x, [gz.Spread(size=0.1)], draws=20),
        gz.stability(index, x),
        gz.importance(index, x),
        gz.obstacles(r),
        gz.structure(index, x, draws=20),
        gz.leave_one_out(index, x, over="indicators"),
    ]
    for s in studies:
        assert any("cells are imputed" in n for n in s.notes), type(s)
        assert any("个单元格为插补值" in n for n in s.notes_in("zh"))
    full = gz.stability(index, x.fillna(3.0))
    assert not any("imputed" in n for n in full.notes)


def test_tables_of_cells_mark_what_is_imputed(tmp_path):
    rows = pd.MultiIndex.from_product([["x", "y"], [2020, 2021]], names=["unit", "year"])
    x = pd.DataFrame({"a": [1.0, 2, np.nan, np.nan], "b": [3.0, np.nan, 2, 4]}, index=rows)
    index = gz.Index(
        id="i",
        version="1",
        framework=gz.Framework(
            (gz.Indicator(code="a", parent="p"), gz.Indicator(code="b", parent="q")),
            (gz.Group(code="p"), gz.Group(code="q")),
        ),
        prepare=[{"kind": "impute", "method": "mean"}],
    )
    result = index.evaluate(x)
    top = gz.obstacles(result, ideal=1).top(2, by="unit").set_index("indicator", append=True)
    assert top["imputed"].to_dict() == {
        ("x", "a"): 0,
        ("x", "b"): 1,
        ("y", "a"): 2,
        ("y", "b"): 0,
    }
    change = gz.change(result, since=2020, until=2021)
    assert change.of("y")["imputed"].droplevel([0, 1]).to_dict() == {
        "total": 2,
        "a": 2,
        "b": 0,
        "p": 2,
        "q": 0,
    }
    assert change.indicators["imputed"].sum() == 3
    result.save(tmp_path / "r")
    assert gz.IndexResult.load(tmp_path / "r").imputed.tolist() == result.imputed.tolist()
    plain = index.replace(prepare=()).evaluate(x.fillna(1.0))
    assert not plain.imputed.any()
    assert "imputed" not in gz.obstacles(plain, ideal=1).top(2)
    assert "imputed" not in gz.change(plain, since=2020, until=2021).table


def test_a_target_whose_indicator_was_screened_out_is_said():
    f = gz.Framework(
        (
            gz.Indicator(code="a", targets=gz.Target(10, year=2025)),
            gz.Indicator(code="b", targets=gz.Target(10, year=2025)),
        )
    )
    rows = pd.MultiIndex.from_product([["city"], [2021, 2022, 2023]], names=["unit", "year"])
    x = pd.DataFrame({"a": [4.0, 5, 6.0], "b": [np.nan, np.nan, 1]}, index=rows)
    index = gz.Index(id="m", framework=f, prepare=[{"kind": "screen"}])
    m = gz.monitor(index, x)
    assert "b" not in m.table.index
    assert any("screened out 1 indicator(s): b" in n for n in m.notes)

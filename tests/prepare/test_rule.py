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

"""Revisions between two editions: exactly zero, exactly one cause, and the average over orders."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.framework import ROOT
from gz_index.monitoring.editions import OUTCOMES, revision
from gz_index.weighting.rule import Weight

CAUSES = ["data", "bounds", "weights", "definition"]
TREE = gz.Framework(
    tuple(gz.Indicator(code=c, parent=p) for c, p in zip("abcde", "ppqqq", strict=True)),
    (gz.Group(code="p"), gz.Group(code="q")),
)
INDEX = gz.Index(framework=TREE)
UNITS = list("stuvw")


def panel(years=(2020, 2021, 2022), seed=0):
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product([UNITS, years], names=["unit", "year"])
    return pd.DataFrame(rng.uniform(1, 9, (len(rows), 5)), index=rows, columns=list("abcde"))


def until(data, year):
    return data[data.index.get_level_values("year") <= year]


def revised(data, **cells):
    out = data.copy()
    for column, (row, value) in cells.items():
        out.loc[row, column] = value
    return out


def only(r, cause):
    """Whether the whole revision is due to one cause, and there is one."""
    t = r.table
    others = [c for c in CAUSES if c != cause]
    np.testing.assert_allclose(t[cause], t["revision"], rtol=0, atol=1e-15)
    assert (t["outcome"] == "split").all()
    return t["revision"].any() and not t[others].to_numpy().any()


def adds_up(r):
    t = r.table
    np.testing.assert_allclose(t["new"] - t["old"], t["revision"], rtol=0, atol=1e-13)
    total = t[[*CAUSES, "joint"]].sum(axis=1)[t["outcome"] != "no score"]
    np.testing.assert_allclose(total, t["revision"].dropna(), rtol=0, atol=1e-13)
    assert (t["joint"].notna() == (t["outcome"] == "joint")).all()


# -- nothing is revised ----------------------------------------------------------------------------


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric", "harmonic"])
@pytest.mark.parametrize("weight", ["equal", "entropy", "critic"])
def test_a_period_appended_under_frozen_parameters_revises_nothing(aggregate, weight):
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    index = index.replace(
        weight=weight, aggregate=aggregate, normalise={"method": "minmax", "to": [1, 100]}
    )
    old = index.evaluate(until(data, 2021))
    new = old.freeze().evaluate(data, scale=old.scale)
    r = revision(old, new)
    t = r.table
    assert len(t) == 279 * 6
    assert (t.loc[t["outcome"] == "split", ["revision", *CAUSES]] == 0).all(axis=None)
    assert set(t["outcome"]) <= {"split", "no score"}
    assert t["old_rank"].equals(t["new_rank"].rename("old_rank"))
    assert r.cells.empty
    assert r.notes[0] == "rows of the new edition only: 31"


def test_the_same_edition_twice():
    result = gz.load("desi-2022").evaluate(gz.data("desi-2022"))
    r = revision(result, result)
    assert not r.table[["revision", *CAUSES]].to_numpy().any()
    assert r.table["joint"].isna().all()
    assert r.notes == ()


# -- one cause -------------------------------------------------------------------------------------


def test_data_alone():
    data = panel()
    old = INDEX.evaluate(data)
    new = revised(data, a=(("s", 2021), 5.5), d=(("t", 2022), 4.25))
    r = revision(old, INDEX.evaluate(new, scale=old.scale))
    assert only(r, "data")
    assert r.cells.index.names == ["unit", "period", "indicator"]
    assert r.cells["new"].to_dict() == {("s", 2021, "a"): 5.5, ("t", 2022, "d"): 4.25}
    assert r.cells["old"].tolist() == [data.loc[("s", 2021), "a"], data.loc[("t", 2022), "d"]]
    moved = r.table["revision"][r.table["revision"] != 0].index.tolist()
    assert moved == [("s", 2021, ROOT), ("s", 2021, "p"), ("t", 2022, ROOT), ("t", 2022, "q")]
    assert "cells of the data that were revised: 2" in r.notes


def test_bounds_alone():
    data = panel()
    data.loc[("s", 2022), "b"] = 50
    r = revision(INDEX.evaluate(until(data, 2021)), INDEX.evaluate(data))
    assert only(r, "bounds")
    assert r.cells.empty


def test_weights_alone():
    data = panel()
    old = INDEX.evaluate(data)
    for weight in ("entropy", {"a": 3, "b": 1, "c": 1, "d": 1, "e": 1}):
        assert only(revision(old, INDEX.replace(weight=weight).evaluate(data)), "weights")


OTHER = {
    "aggregate": INDEX.replace(aggregate="mpi", normalise="ampi"),
    "normalise": INDEX.replace(normalise="rank"),
    "goalposts": INDEX.replace(normalise={"method": "minmax", "to": [0, 100]}),
    "direction": INDEX.replace(
        framework=gz.Framework(
            tuple(replace(i, direction=gz.Direction(-1)) if i.code == "c" else i
                  for i in TREE.indicators),
            TREE.groups,
        )
    ),
    "without": INDEX.without("a"),
    "moved": INDEX.replace(
        framework=gz.Framework(
            tuple(replace(i, parent="q") if i.code == "b" else i for i in TREE.indicators),
            TREE.groups,
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", [w for w in OTHER if w != "without"])
def test_definition_alone(what):
    data = panel()
    r = revision(INDEX.evaluate(data), OTHER[what].evaluate(data))
    assert only(r, "definition")
    assert any("the definition was changed" in n for n in r.notes)


def test_an_indicator_that_comes_is_the_definition():
    data = panel()
    r = revision(OTHER["without"].evaluate(data), INDEX.evaluate(data))
    assert only(r, "definition")
    assert "the definition was changed: +a" in r.notes
    assert r.at("q")["revision"].eq(0).all()


# -- several causes --------------------------------------------------------------------------------


def test_the_mean_over_the_orders():
    # entropy weights, bounds of the data, three cells revised: all three causes at once
    index, data = INDEX.replace(weight="entropy"), panel()
    changed = revised(data, a=(("s", 2021), 12), c=(("t", 2020), 0.5), e=(("u", 2022), 3))
    old, new = index.evaluate(data), index.evaluate(changed)
    r = revision(old, new)
    pick = lambda which, a, b: b if which else a  # noqa: E731

    def score(state):
        frozen = pick(state["weights"], old, new).freeze()
        scale = pick(state["bounds"], old, new).scale
        return frozen.evaluate(pick(state["data"], data, changed), scale=scale).total.to_numpy()

    names = ["data", "bounds", "weights"]
    effects = dict.fromkeys(names, 0.0)
    for order in permutations(names):
        state = dict.fromkeys(names, False)
        for cause in order:
            before = score(state)
            state[cause] = True
            effects[cause] = effects[cause] + (score(state) - before) / 6
    for cause in names:
        np.testing.assert_allclose(r.at()[cause], effects[cause], rtol=0, atol=1e-15)
        assert r.at()[cause].any()
    assert not r.at()["definition"].any()
    adds_up(r)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["equal", "entropy", "critic", Weight("cv", window="period")]),
    st.sampled_from([None, *OTHER]),
    st.sampled_from(["arithmetic", "topsis"]),
)
def test_causes_add_up_to_the_revision(seed, weight, other, aggregate):
    rng = np.random.default_rng(seed)
    data = panel(seed=seed)
    changed = data + np.where(rng.random(data.shape) < 0.2, rng.uniform(0, 2, data.shape), 0)
    index = INDEX.replace(weight=weight, aggregate=aggregate)
    other = index if other is None else OTHER[other].replace(weight=weight)
    r = revision(index.evaluate(until(data, 2021)), other.evaluate(changed))
    adds_up(r)
    if other is index and index.weight.window != "period":
        assert (r.table["definition"] == 0).all()
        assert (r.table["outcome"] == "split").all()


def test_weights_by_period():
    equal, data = INDEX.replace(normalise=lambda x: x), panel()
    index = equal.replace(weight=Weight("cv", window="period"))
    old = index.evaluate(until(data, 2021))
    r = revision(old, index.evaluate(data))  # each period has the weights that it had
    assert not r.table[["revision", *CAUSES]].to_numpy().any()
    assert only(revision(old, equal.evaluate(data)), "weights")


def test_scores_that_rest_on_all_rows():
    index, data = INDEX.replace(aggregate="topsis"), panel()
    old = index.evaluate(until(data, 2021))
    new = index.evaluate(data)
    r = revision(old, new)
    # the ideal point moves with the rows: that is the data, though no cell was revised
    assert r.cells.empty
    assert r.table["data"].any()
    adds_up(r)
    assert (r.table["definition"] == 0).all()


def test_units_that_come_and_go_change_ranks():
    index = gz.load("desi-2022")
    data = gz.data("desi-2022")
    old = index.evaluate(data.drop(index="FI"))
    new = index.evaluate(data.drop(index="IT").iloc[::-1], scale=old.scale)
    r = revision(old, new)
    t = r.at()
    assert len(t) == len(data) - 2
    assert t["old_rank"].tolist() == old.ranks.loc[t.index, ROOT].tolist()
    assert t["new_rank"].tolist() == new.ranks.loc[t.index, ROOT].tolist()
    assert r.table.index.names == ["unit", "node"]
    assert r.notes == ("rows of the old edition only: 1", "rows of the new edition only: 1")
    assert r.notes_in("zh") == ("仅旧版有的行：1", "仅新版有的行：1")


# -- what cannot be told apart ---------------------------------------------------------------------


def test_an_indicator_that_is_gone():
    data = panel()
    r = revision(INDEX.evaluate(data), OTHER["without"].evaluate(data))
    t = r.table
    assert (t["outcome"] == "joint").all()
    assert t[CAUSES].isna().all(axis=None)
    pd.testing.assert_series_equal(t["joint"], t["revision"], check_names=False)
    assert "a: is not in the new edition" in r.reason
    assert any("the causes cannot be told apart" in n for n in r.notes)
    assert any("无法按旧定义计算" in n for n in r.notes_in("zh"))
    adds_up(r)


def test_gaps_that_the_old_definition_refuses():
    data = panel()
    gap = revised(data, a=(("s", 2021), np.nan))
    loose = INDEX.replace(missing={"policy": "renormalise", "coverage": 0.5})
    r = revision(INDEX.evaluate(data), loose.evaluate(gap))
    assert (r.table["outcome"] == "joint").all()
    assert "a" in r.reason
    assert "cells are missing" in r.reason
    dropping = INDEX.replace(missing="drop")
    r = revision(dropping.evaluate(data), loose.evaluate(gap))
    assert set(r.table.loc["s"]["outcome"]) == {"joint"}
    assert set(r.table.drop(index="s")["outcome"]) == {"split"}
    adds_up(r)


def test_scores_withheld_are_named():
    index = INDEX.replace(missing={"policy": "renormalise", "coverage": 0.7})
    data = panel()
    gap = revised(data, a=(("s", 2021), np.nan))
    r = revision(index.evaluate(data), index.evaluate(gap))
    assert r.table.loc[("s", 2021, "p"), "outcome"] == "no score"
    assert r.table.loc[("s", 2021, ROOT), "outcome"] == "split"
    assert r.cells.loc[("s", 2021, "a")].isna().tolist() == [False, True]
    adds_up(r)
    bare = data.copy()
    bare.loc[("s", 2021)] = np.nan
    t = revision(index.evaluate(bare), index.evaluate(data)).table
    assert set(t.loc[("s", 2021)]["outcome"]) == {"no score"}
    assert t.loc[("s", 2021), "old_rank"].isna().all()


def test_refusals():
    data = panel()
    old = INDEX.evaluate(data)
    with pytest.raises(gz.DataError, match="only the old edition has periods"):
        revision(old, INDEX.evaluate(data.xs(2020, level="year")))
    with pytest.raises(
        gz.DataError, match="old ones begin with s, 2020, the new ones with s, 202001"
    ):
        revision(old, INDEX.evaluate(panel([202001, 202002])))
    with pytest.raises(
        gz.NotFoundError, match="no group 'x' in both editions; there are total, p, q"
    ):
        revision(old, old).at("x")


def test_saved_and_shown(tmp_path):
    from gz_index.study import Saved

    data = panel()
    r = revision(INDEX.evaluate(until(data, 2021)), INDEX.evaluate(data))
    r.save(tmp_path / "revision")
    back = Saved.load(tmp_path / "revision")
    for name, frame in r.tables().items():
        # old versions of pandas do not keep the type of labels of an empty table
        how = {"check_index_type": "equiv" if len(frame) else False}
        pd.testing.assert_frame_equal(back.tables[name], frame, **how)
    assert back.settings["old"]["data"] == r.old.data_hash
    assert "revision of" in repr(r)
    assert all(t.zh and t.en for t in OUTCOMES.values())

"""Faults that once passed without a word: each is refused, named or right."""

import numpy as np
import pandas as pd
import pytest

import gz_index as gz

D = pd.DataFrame(
    {"a": [1.0, 2, 3], "b": [10.0, 40, 20], "c": [1, 5, 2.0], "d": [3, 1, 2.0]}, index=list("xyz")
)


def flat(*codes, **parts):
    return gz.Index(framework=gz.Framework(tuple(gz.Indicator(code=c) for c in codes)), **parts)


def tree(**root):
    return gz.Framework(
        tuple(gz.Indicator(code=c, parent="gh"[j // 2]) for j, c in enumerate("abcd")),
        (gz.Group(code="total", parent="", **root), gz.Group(code="g"), gz.Group(code="h")),
    )


def test_rows_that_were_taken_out_do_not_turn_numbers_into_units():
    panel = pd.DataFrame(
        {
            "city": list("xyzxyz"),
            "year": [2019] * 3 + [2020] * 3,
            "a": [1.0, 2, 3, 2, 3, 5],
            "b": [10.0, 40, 20, 11, 44, 25],
        }
    )
    some = panel[panel.city != "z"].sort_values("a")
    result = flat("a", "b").evaluate(some)
    assert result.counts["units"] == 2
    assert result.counts["periods"] == 2
    assert result.ranks["total"].max() == 2
    with pytest.raises(gz.MethodError, match="not identified for one unit"):
        flat("a", "b", weight="entropy").evaluate(panel[panel.city == "y"])


def test_a_second_label_of_units_is_not_taken_for_the_period():
    rows = pd.MultiIndex.from_tuples(
        [("北京", 110000), ("天津", 120000), ("河北", 130000)], names=["province", "行政区划代码"]
    )
    with pytest.raises(gz.DataError, match="cannot be told which level is the period"):
        flat("a", "b").evaluate(D.set_index(rows))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"a": 1, "b": 2, "c": float("nan"), "d": 1}, "weight of c is nan"),
        ({"a": 1, "b": 2, "c": -1, "d": 1}, "weight of c is -1.0"),
        ({"a": 0, "b": 0, "c": 0, "d": 0}, "every weight is zero"),
        ({"a": 1, "b": float("inf"), "c": 1, "d": 1}, "weight of b is inf"),
    ],
)
def test_weights_of_indicators_are_checked(values, message):
    with pytest.raises(gz.DefinitionError, match=message):
        gz.Index(framework=tree(), weight=values)


def test_a_scale_of_another_definition_is_refused():
    fitted = flat("a", "b").evaluate(D).scale
    turned = gz.Framework((gz.Indicator(code="a", direction="-"), gz.Indicator(code="b")))
    with pytest.raises(gz.DataError, match="a.direction: - now, \\+ when fitted"):
        gz.Index(framework=turned).evaluate(D, scale=fitted)
    with pytest.raises(gz.DataError, match="a.normalise: zscore now, minmax when fitted"):
        flat("a", "b", normalise="zscore").evaluate(D, scale=fitted)
    again = flat("a", "b").evaluate(D, scale=fitted)
    assert again.total.equals(flat("a", "b").evaluate(D).total)


def test_natural_input_of_an_indicator():
    i = gz.Indicator(code="a", name="产值", direction="-", goalposts=("0", 10), weight=1)
    assert (i.name.get("zh"), i.direction.sign, i.goalposts, i.weight) == (
        "产值",
        -1,
        (0.0, 10.0),
        1.0,
    )
    assert gz.Group(code="g", name="组").name.get("zh") == "组"
    with pytest.raises(gz.DefinitionError, match="a: not enough values|a: too many values"):
        gz.Indicator(code="a", goalposts=(0, 10, 20))
    with pytest.raises(ValueError, match="sign 1 or -1"):
        gz.Direction(0)
    with pytest.raises(gz.DefinitionError, match="is no direction"):
        gz.Indicator(code="a", direction="up")


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ({"values": {"a": 1, "b": 1}, "overr": "leaves"}, "unknown key.*overr"),
        ({"judgements": "textbook-travel", "shift": 3}, "unknown key.*shift"),
        ({"scheme": "given", "shift": 3}, "given has no option 'shift'"),
        ({"scheme": 2}, "2 is no scheme"),
    ],
)
def test_keys_of_a_weighting_that_nobody_reads(weight, message):
    with pytest.raises(gz.DefinitionError, match=message):
        flat("a", "b", weight=weight)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_a_function_of_the_user_returns_is_checked(bad):
    def mine(x, w):
        return np.where(x.sum(-1) > 1, bad, x.sum(-1))

    with pytest.raises(gz.MethodError, match="mine gave a score that is no finite number for [yz]"):
        flat("a", "b", aggregate=mine).evaluate(D)


@pytest.mark.parametrize("method", ["rsr", "borda"])
def test_ranks_of_groups_are_not_split_among_indicators(method):
    index = gz.Index(framework=tree(aggregate=method), normalise="zscore")
    x = pd.DataFrame(np.random.default_rng(5).normal(size=(30, 4)), columns=list("abcd"))
    with pytest.raises(gz.MethodError, match="shares out ranks of groups"):
        _ = index.evaluate(x).contributions
    alone = flat("a", "b", aggregate=method).evaluate(D)
    np.testing.assert_allclose(alone.contributions.sum(axis=1), alone.total, rtol=1e-12)


def test_a_floor_of_sixty_under_a_geometric_mean_is_noted():
    result = flat("a", "b", normalise="efficacy", aggregate="geometric").evaluate(D)
    assert any("arbitrary floor" in n for n in result.notes)
    assert any("下限" in n for n in result.notes_in("zh"))
    added = flat("a", "b", normalise="efficacy").evaluate(D)
    assert not any("floor" in n for n in added.notes)


def test_whole_numbers_survive_being_saved(tmp_path):
    framework = gz.Framework(
        (
            gz.Indicator(code="a", weight=1, goalposts=(0, 10)),
            gz.Indicator(code="b", weight=np.float64(2)),
        )
    )
    index = gz.Index(
        framework=framework,
        id="x",
        version="1",
        weight="given",
        missing={"policy": "renormalise", "coverage": 1},
        aggregate={"method": "power", "exponent": np.float64(1.5)},
        normalise={"method": "minmax", "to": [1, 2]},
    )
    result = index.evaluate(D)
    result.save(tmp_path / "r")
    back = gz.IndexResult.load(tmp_path / "r")
    assert back.index.hash == index.hash
    assert back.total.equals(result.total)


def test_scores_that_were_altered_are_told(tmp_path):
    result = flat("a", "b", id="x", version="1").evaluate(D)
    result.save(tmp_path / "r")
    path = tmp_path / "r" / "nodes.parquet"
    frame = pd.read_parquet(path)
    frame["total"] *= 2
    frame.to_parquet(path)
    with pytest.raises(gz.DataError, match="hash of the scores"):
        gz.IndexResult.load(tmp_path / "r")


def test_years_that_stand_as_units_give_no_weights_when_they_are_few():
    x = np.random.default_rng(0).uniform(1, 9, (10, 2))
    years = pd.DataFrame(x, columns=["a", "b"], index=pd.Index(range(2010, 2020), name="year"))
    index = flat("a", "b", weight="entropy")
    with pytest.raises(gz.MethodError, match=r"not identified for one unit.*index_numbers"):
        index.evaluate(years.iloc[:9])
    assert any("rows are periods" in n for n in index.evaluate(years).notes)
    cities = years.iloc[:9].rename_axis("city")
    assert index.evaluate(cities).counts["units"] == 9

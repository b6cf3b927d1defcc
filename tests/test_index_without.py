import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.weighting.rule import Weight, weight

TREE = gz.Framework(
    tuple(gz.Indicator(code=c, parent=p) for c, p in zip("abcde", "ppqqr", strict=True)),
    (gz.Group(code="p"), gz.Group(code="q"), gz.Group(code="r")),
)
VALUES = {"p": 5, "q": 3, "r": 2, "a": 1, "b": 3, "c": 1, "d": 1}
DATA = pd.DataFrame(
    np.random.default_rng(0).uniform(1, 9, (7, 5)), index=list("stuvwxy"), columns=list("abcde")
)


def locals_of(index):
    return index.evaluate(DATA).weights["local"].to_dict()


def judged(otherwise="equal", **more):
    table = pd.DataFrame([[1, 2, 4], ["1/2", 1, 2], ["1/4", "1/2", 1]], list("pqr"), list("pqr"))
    below = pd.DataFrame([[1, 3], ["1/3", 1]], index=list("ab"), columns=list("ab"))
    return gz.Judgements.from_matrices(
        {"total": table, "p": below}, id="mine", who="I", otherwise=otherwise, **more
    )


def test_what_is_left_out_stands_in_excluded_and_is_noted():
    whole = gz.Index(framework=TREE, notes=("first",))
    index = whole.without(["q", "a"])
    assert index.framework.codes == ("b", "e")
    assert [g.code for g in index.framework.groups] == ["total", "p", "r"]
    assert [e.code for e in index.excluded] == ["a", "c", "d"]
    assert [str(n) for n in index.notes] == ["first", "built without q, a"]
    assert index.notes[1].get("zh") == "构建时不含：q、a"
    notes = index.evaluate(DATA).notes
    assert "column 'c' is left out by the definition: the index was built without it" in notes
    assert whole.excluded == ()
    assert len(whole.notes) == 1


def test_an_indicator_that_was_its_group_takes_it_along():
    assert gz.Index(framework=TREE).without("e").framework.children("total") == ("p", "q")
    index = gz.Index(framework=TREE)
    assert index.without([]) is index


@pytest.mark.parametrize(
    ("rule", "gone", "expected"),
    [
        (VALUES, "q", {"p": 5 / 7, "r": 2 / 7, "a": 0.25, "b": 0.75, "e": 1}),
        (VALUES, "a", {"p": 0.5, "q": 0.3, "r": 0.2, "b": 1, "c": 0.5, "d": 0.5, "e": 1}),
        ({"a": 1, "b": 3, "c": 1, "d": 3, "e": 2}, "q", {"p": 4 / 6, "r": 2 / 6, "b": 0.75}),
        (judged(), "r", {"p": 2 / 3, "q": 1 / 3, "a": 0.75, "c": 0.5}),
        (judged(), "a", {"p": 4 / 7, "q": 2 / 7, "r": 1 / 7, "b": 1, "d": 0.5}),
        (judged(), "c", {"p": 4 / 7, "a": 0.75, "d": 1}),
        ("equal", "r", {"p": 0.5, "a": 0.5}),
    ],
)
def test_given_and_judged_weights_keep_their_proportions(rule, gone, expected):
    index = gz.Index(framework=TREE, weight=rule).without(gone)
    found = locals_of(index)
    assert {k: found[k] for k in expected} == pytest.approx(expected, abs=1e-12)
    again = gz.Index.from_toml(index.to_toml())
    assert again.hash == index.hash
    assert locals_of(again) == found


def test_weights_of_the_definition_keep_their_proportions():
    f = gz.Framework(
        tuple(gz.Indicator(code=c, weight=w) for c, w in zip("abc", (1, 2, 5), strict=True))
    )
    found = locals_of(gz.Index(framework=f, weight="given").without("b"))
    assert found == pytest.approx({"a": 1 / 6, "c": 5 / 6}, abs=1e-15)


def test_judgements_that_lose_nothing_stay_as_they_are():
    j = judged()
    assert gz.Index(framework=TREE, weight=j).without("c").weight.scheme is j
    assert gz.Index(framework=TREE, weight=j).without("a").weight.scheme.kind == "given"


def test_judgements_keep_who_made_them_and_their_caveats():
    odd = pd.DataFrame([[1, 9, "1/9"], ["1/9", 1, 9], [9, "1/9", 1]], list("pqr"), list("pqr"))
    j = gz.Judgements.from_matrices(
        {"total": odd}, id="odd", who="I", when="2024", illustrative=True, otherwise="equal"
    )
    index = gz.Index(framework=TREE, weight=j)
    rest = index.without("q")
    assert (rest.weight.scheme.who, rest.weight.scheme.when) == (j.who, "2024")
    before, after = index.evaluate(DATA).notes, rest.evaluate(DATA).notes
    assert len(j.notes) >= 2
    assert set(before) <= set(after)
    assert rest.weight.label == "odd"


def test_parts_of_a_combination_and_rules_on_groups_are_restricted_too():
    f = gz.Framework(
        TREE.indicators, (gz.Group(code="p", weigh={"a": 1, "b": 4}), *TREE.groups[2:])
    )
    parts = (weight(VALUES), Weight(judged()), Weight("entropy"))
    both = Weight(parts, {"by": "linear"})
    index = gz.Index(framework=f, weight=both)
    rest = index.without(["q", "b"])
    values, judgements, scheme = rest.weight.scheme
    assert values.scheme == {"p": 5, "r": 2, "a": 1}
    assert set(judgements.scheme.local("total")) == {"p", "r"}
    assert scheme == Weight("entropy")
    assert rest.framework.node("p").weigh.scheme == {"a": 1}
    assert gz.Index.from_toml(rest.to_toml()).hash == rest.hash
    assert locals_of(rest)["a"] == 1


def test_schemes_are_worked_out_again():
    index = gz.Index(framework=TREE, weight="entropy").without("a")
    f = gz.Framework(TREE.indicators[1:], TREE.groups[1:])
    by_hand = gz.Index(framework=f, weight="entropy")
    x = DATA.drop(columns="a")
    np.testing.assert_array_equal(index.evaluate(DATA).values, by_hand.evaluate(x).values)


def test_choices_about_what_is_gone_are_left_out_and_named():
    choices = [
        {"kind": "spread", "node": "q"},
        {"kind": "spread", "node": "p", "size": 0.1},
        {"kind": "omit", "codes": ["a", "c"]},
    ]
    index = gz.Index(framework=TREE, sensitivity={"choices": choices, "seed": 4})
    rest = index.without("q")
    assert [c.node for c in rest.sensitivity.choices] == ["p"]
    assert rest.sensitivity.seed == 4
    assert str(rest.notes[-1]) == "no longer varied: weights below q +-25%, omit"
    assert gz.Index.from_toml(rest.to_toml()).hash == rest.hash
    kept = gz.Index(framework=TREE, sensitivity={"choices": choices[1:2]}).without("e")
    assert len(kept.sensitivity.choices) == 1
    assert len(kept.notes) == 1


def test_what_cannot_be_left_out():
    index = gz.Index(framework=TREE)
    for all_of_it in ("total", "abcde", ["p", "q", "e"]):
        gone = list(all_of_it) if all_of_it == "abcde" else all_of_it
        with pytest.raises(gz.DefinitionError, match="nothing remains of 'unnamed' without"):
            index.without(gone)
    with pytest.raises(gz.NotFoundError, match="no indicator or group 'z'"):
        index.without("z")
    values = gz.Index(framework=TREE, weight={**VALUES, "a": 0})
    with pytest.raises(gz.DefinitionError, match="not all zero"):
        values.without("b").evaluate(DATA)


@pytest.mark.parametrize("name", gz.available())
def test_every_shipped_definition_without_each_pillar(name):
    index = gz.load(name)
    for code in index.framework.children("total"):
        rest = index.without(code)
        again = gz.Index.from_toml(rest.to_toml())
        assert again.hash == rest.hash
        assert code not in again.framework.nodes
        assert len(again.excluded) == len(index.excluded) + len(index.framework.leaves(code))


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from("abcde"), min_size=1, max_size=4), st.randoms())
def test_leaving_out_at_once_is_leaving_out_one_after_another(gone, random):
    order = sorted(gone)
    random.shuffle(order)
    index = gz.Index(framework=TREE, weight=VALUES)
    step = index
    for code in order:
        step = step.without(code)
    whole = index.without(order)
    assert step.framework == whole.framework
    assert step.weight == whole.weight

import pytest

from gz_index import DefinitionError, Direction, Framework, Group, Indicator, NotFoundError, Text


def tree():
    return Framework(
        (
            Indicator(code="a", parent="p1"),
            Indicator(code="b", parent="p1"),
            Indicator(code="c", parent="p2"),
            Indicator(code="d"),
        ),
        (Group(code="p1"), Group(code="p2", parent="q"), Group(code="q")),
    )


def test_the_tree_of_any_depth_is_walked_from_the_bottom():
    f = tree()
    assert f.children("total") == ("p1", "q", "d")
    assert f.leaves("total") == ("a", "b", "c", "d")
    assert f.ancestors("c") == ("p2", "q", "total")
    order = [g.code for g in f.bottom_up]
    assert order[-1] == "total"
    assert order.index("p2") < order.index("q")
    assert f.depth("c") == 3


def test_without_takes_what_hangs_below_and_empty_groups_too():
    f = tree().without(["c"])
    assert set(f.nodes) == {"total", "p1", "a", "b", "d"}


def test_every_fault_of_a_tree_is_named_at_once():
    with pytest.raises(DefinitionError) as e:
        Framework(
            (
                Indicator(code="a", parent="nowhere"),
                Indicator(code="a", goalposts=(3, 1)),
                Indicator(code="w", weight=-1.0),
            ),
            (Group(code="x", parent="y"), Group(code="y", parent="x"), Group(code="empty")),
        )
    text = str(e.value)
    for part in ("nowhere", "stands twice", "not low < high", "negative", "circle", "no children"):
        assert part in text
    assert len(e.value.problems) >= 6


def test_an_unknown_node_lists_the_known_ones():
    with pytest.raises(NotFoundError, match="p1"):
        tree().children("nope")


@pytest.mark.parametrize(
    ("value", "sign"), [("+", 1), ("-", -1), ("−", -1), (1, 1), (-1, -1), ({"point": 2}, 0)]
)
def test_directions_are_read_and_written(value, sign):
    d = Direction.of(value)
    assert d.sign == sign
    assert Direction.of(d.to_toml()) == d


@pytest.mark.parametrize(
    "value", ["up", {"interval": [6, 3]}, {"interval": [3, 6], "bounds": [4, 9]}, {"spot": 1}, 0]
)
def test_a_direction_that_means_nothing_is_refused(value):
    with pytest.raises(ValueError, match=r"direction|interval|bounds"):
        Direction.of(value)


def test_a_text_falls_back_to_the_other_language():
    assert Text(zh="数据").get("en") == "数据"
    assert not Text()

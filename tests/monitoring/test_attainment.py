"""Degree of realisation: the golden values, its relation to the index, what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gz_index as gz
from gz_index.framework import Target
from gz_index.monitoring.attainment import realisation


def test_the_worked_values_of_the_specification():
    assert float(realisation(7.64, 10)) == 76.4
    assert float(realisation(0.8, 0.6, direction=-1)) == pytest.approx(75.0, abs=1e-12)
    z = float(realisation(7.0, interval=(3, 6), limits=(0, 9)))
    assert z == pytest.approx(66.666666666667, abs=5e-13)


def test_sides_of_an_interval():
    z = realisation([3, 6, 4.5, 1.5, 8, 0, -2, 9, 12], interval=(3, 6), limits=(0, 10))
    assert z.tolist() == pytest.approx([100, 100, 100, 50, 50, 0, 0, 25, 0], abs=1e-12)


def test_the_cap():
    assert realisation([5, 10, 15], 10).tolist() == [50, 100, 100]
    assert realisation([5, 10, 15], 10, cap=None).tolist() == [50, 100, 150]
    assert realisation([5, 10, 15], 10, cap=120).tolist() == [50, 100, 120]
    assert realisation([0.5, 2], 1, direction="-", cap=None).tolist() == [200, 50]


def test_a_target_for_each_column():
    z = realisation([[1.0, 2.0], [3.0, 8.0]], [4.0, 8.0])
    assert z.tolist() == [[25, 25], [75, 100]]


def test_an_index_gives_the_same_degrees():
    f = gz.Framework(
        (
            gz.Indicator(code="a", targets=Target(value=10.0)),
            gz.Indicator(code="b", direction="-", targets=Target(value=0.6)),
            gz.Indicator(
                code="c",
                direction={"interval": [3, 6], "bounds": [0, 9]},
                normalise={"method": "goalposts", "clip": True},
            ),
        )
    )
    index = gz.Index(framework=f, normalise={"method": "distance-to-target", "clip": True})
    x = pd.DataFrame(
        {"a": [7.64, 12.0, 0.0], "b": [0.8, 0.5, 6.0], "c": [7.0, 1.0, 20.0]}, index=list("xyz")
    )
    z = np.stack(
        [
            realisation(x["a"], 10),
            realisation(x["b"], 0.6, direction=-1),
            realisation(x["c"], interval=(3, 6), limits=(0, 9)),
        ],
        axis=1,
    )
    result = index.evaluate(x)
    np.testing.assert_allclose(100 * result.normalised.to_numpy(), z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(100 * result.total, z.mean(axis=1), rtol=0, atol=1e-12)


def test_nothing_is_written_to():
    x = np.array([1.0, 20.0])
    realisation(x, 10)
    assert x.tolist() == [1, 20]


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        ((1.0, 0.0), {}, r"target = 0, of which nothing is a share -> set a target > 0"),
        ((1.0, 0.0), {"direction": -1}, r"target = 0"),
        ((1.0, -2.0), {}, r"target = -2, below zero"),
        (([1.0, -3.0], 2.0), {}, r"x = -3 at position 1, below zero: a ratio has no meaning"),
        (([[1.0, 2], [0, 0]], 2.0), {"direction": -1}, r"x = 0 at position 1, 0 \(and 1 more\)"),
        ((0.0, 2.0), {"direction": -1}, r"interval=\(0, target\)"),
        (([1.0, np.nan], 2.0), {}, r"x = nan at position 1, which is no finite number"),
        ((1.0, np.inf), {}, r"target = inf, which is no finite number"),
        (("many", 2.0), {}, r"x is not numbers"),
        ((1.0,), {}, r"needs a target or an interval"),
        ((1.0, 2.0), {"interval": (1, 2), "limits": (0, 3)}, r"and not both"),
        ((1.0,), {"interval": (1, 2)}, r"has no limits"),
        ((1.0,), {"interval": (1, 2), "limits": (1, 3)}, r"lie outside the best interval"),
        ((1.0,), {"interval": (2, 1), "limits": (0, 3)}, r"is empty"),
        ((1.0,), {"interval": 3, "limits": (0, 3)}, r"interval 3"),
        ((1.0, 2.0), {"limits": (0, 3)}, r"limits belong to an interval"),
        ((1.0, 2.0), {"direction": "up"}, r"'up' is no direction"),
        ((1.0, 2.0), {"direction": {"point": 1}}, r"is that of an interval"),
        ((1.0, 2.0), {"cap": 0}, r"cap = 0"),
        (([1.0, 2.0], [1.0, 2.0, 3.0]), {}, r"do not go together"),
    ],
)
def test_refusals(args, options, message):
    with pytest.raises(gz.MethodError, match=message):
        realisation(*args, **options)


positive = st.floats(1e-3, 1e6)


@given(st.lists(positive, min_size=1, max_size=8), positive, st.sampled_from([1, -1]))
def test_within_its_range_and_monotone(x, target, direction):
    z = realisation(x, target, direction=direction)
    assert ((z >= 0) & (z <= 100)).all()
    order = np.argsort(x)[::direction]
    assert (np.diff(z[order]) >= 0).all()
    # a change of unit changes nothing
    scaled = realisation(1024 * np.array(x), 1024 * target, direction=direction)
    np.testing.assert_allclose(scaled, z, rtol=1e-13)

"""The way up the tree, against the plainest loop one can write."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz


@st.composite
def trees(draw):
    """A random tree of three levels with given weights, and data for it."""
    groups, indicators, n = [], [], 0
    for g in range(draw(st.integers(1, 4))):
        groups.append(gz.Group(code=f"g{g}", weight=draw(st.floats(0.1, 9))))
        groups += [
            gz.Group(code=f"g{g}s{s}", parent=f"g{g}", weight=draw(st.floats(0.1, 9)))
            for s in range(draw(st.integers(0, 2)))
        ]
        for parent in [f"g{g}"] + [x.code for x in groups if x.parent == f"g{g}"]:
            for _ in range(draw(st.integers(1, 3))):
                w = draw(st.floats(0.1, 9))
                indicators.append(gz.Indicator(code=f"i{n}", parent=parent, weight=w))
                n += 1
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.uniform(1, 9, (draw(st.integers(2, 8)), n))
    f = gz.Framework(tuple(indicators), tuple(groups))
    return f, pd.DataFrame(x, index=[f"u{i}" for i in range(len(x))], columns=list(f.codes))


def by_hand(f, z, code):
    """Score of one unit, by recursion."""
    kids = f.children(code)
    if not kids:
        return z[code]
    weights = [f.node(k).weight for k in kids]
    parts = [(w, by_hand(f, z, k)) for w, k in zip(weights, kids, strict=True)]
    parts = [(w, v) for w, v in parts if v == v]
    total = sum(w for w, _ in parts)
    return sum(w * v for w, v in parts) / total if total else np.nan


@settings(max_examples=60, deadline=None)
@given(trees(), st.data())
def test_scores_are_those_of_a_plain_recursion(tree, draw):
    f, data = tree
    holes = draw.draw(
        st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, data.shape[1] - 1)))
    )
    for i, j in holes:
        if data.iloc[:, j].notna().sum() > 2:
            data.iloc[i, j] = np.nan
    index = gz.Index(
        framework=f, weight="given", missing={"policy": "renormalise", "coverage": 1e-9}
    )
    r = index.evaluate(data)
    for unit, row in r.normalised.iterrows():
        want = by_hand(f, row, "total")
        assert r.total[unit] == pytest.approx(want, abs=1e-12, nan_ok=True)
    assert np.allclose(r.contributions.sum(axis=1), r.total.fillna(0), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(trees(), st.randoms(use_true_random=False))
def test_units_and_indicators_may_be_permuted(tree, random):
    f, data = tree
    index = gz.Index(framework=f, weight="entropy")
    r = index.evaluate(data)
    rows, columns = list(data.index), list(data.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    again = index.evaluate(data.loc[rows, columns])
    assert np.allclose(again.total, r.total[rows], atol=1e-13)
    nodes = list(f.indicators)
    random.shuffle(nodes)
    other = index.replace(framework=gz.Framework(tuple(nodes), f.groups)).evaluate(data)
    assert np.allclose(other.total, r.total, atol=1e-13)


@settings(max_examples=40, deadline=None)
@given(trees())
def test_a_saved_scale_and_frozen_weights_give_the_same_bits(tree):
    from gz_index.normalise import Scale

    f, data = tree
    r = gz.Index(framework=f, weight="entropy").evaluate(data)
    scale = Scale.from_dict(r.scale.to_dict())
    again = r.freeze().evaluate(data, scale=scale)
    assert np.array_equal(again.values, r.values)

"""The public contract, run over every method that a definition can name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gz_index import GzIndexError, testing
from gz_index.aggregate import AGGREGATORS
from gz_index.normalise import NORMALISERS
from gz_index.weighting import SCHEMES

OPTIONS = {"power": {"exponent": 0.5}, "owa": {"order": [0.4, 0.3, 0.2, 0.1]}}
#: methods that are not defined to reward a better unit under all circumstances
NOT_MONOTONE = {"wroclaw"}
#: needs what the data of the check do not have
NEEDS = {"distance-to-reference": {"reference": "mean"}}


@pytest.mark.parametrize("name", SCHEMES)
def test_every_weighting_scheme_keeps_the_contract(name):
    if name == "equal":
        assert SCHEMES[name](np.ones((3, 4))).tolist() == [0.25] * 4
    else:
        testing.check_weighting(SCHEMES[name])


@pytest.mark.parametrize("name", AGGREGATORS)
def test_every_aggregator_keeps_the_contract(name):
    testing.check_aggregator(
        AGGREGATORS[name], monotone=name not in NOT_MONOTONE, **OPTIONS.get(name, {})
    )


@pytest.mark.parametrize("name", NORMALISERS)
def test_every_normaliser_keeps_the_contract(name):
    testing.check_normaliser({"method": name, **NEEDS.get(name, {})})


@pytest.mark.parametrize("name", sorted(set(SCHEMES) - {"equal"}))
@settings(max_examples=15, deadline=None)
@given(
    x=hnp.arrays(
        np.float64,
        st.tuples(st.integers(6, 20), st.integers(3, 5)),
        elements=st.floats(0.05, 1.0),
        unique=True,
    )
)
def test_weights_are_weights_or_a_clear_refusal(name, x):
    try:
        w = SCHEMES[name](x)
    except GzIndexError as error:
        refusal = str(error)
    else:
        refusal = None
    if refusal is not None:
        assert "->" in refusal  # every refusal shows the way out
        return
    assert w.shape == (x.shape[1],)
    assert (w >= 0).all()
    assert abs(w.sum() - 1) < 1e-9


def wrong_sum(x):
    return np.ones(x.shape[1])


def by_position(x):
    w = np.arange(1.0, x.shape[1] + 1)
    return w / w.sum()


def deaf(x):
    return np.nan_to_num(x).sum(0) / np.nansum(x)


@pytest.mark.parametrize(
    ("scheme", "what"),
    [
        (wrong_sum, "not to one"),
        (by_position, "order of the columns"),
        (deaf, "missing cell was not refused"),
    ],
)
def test_the_check_of_a_scheme_finds_what_is_wrong(scheme, what):
    with pytest.raises(AssertionError, match=what):
        testing.check_weighting(scheme)


def test_the_check_of_an_aggregator_finds_what_is_wrong():
    with pytest.raises(AssertionError, match="leading axis"):
        testing.check_aggregator(lambda x, w: x @ np.full(4, 0.25) + (x.ndim == 3))
    with pytest.raises(AssertionError, match="lower score"):
        testing.check_aggregator(lambda x, w: -(x * w[..., None, :]).sum(axis=-1))


def test_the_check_of_a_normaliser_finds_what_is_wrong():
    with pytest.raises(AssertionError, match="not monotone"):
        testing.check_normaliser(lambda x: -x)
    with pytest.raises(AssertionError, match="depends on the other rows"):
        testing.check_normaliser(lambda x: x + np.arange(len(x))[:, None])

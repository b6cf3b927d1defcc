import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import gz_index as gz
from gz_index.sensitivity.ranks import Counts, Ranker, ranks_of

TIES = ("min", "max", "average", "dense")


def reference(s: np.ndarray, ties: str) -> np.ndarray:
    return pd.DataFrame(s).rank(axis=1, method=ties, ascending=False).to_numpy()


@pytest.mark.parametrize("ties", TIES)
@settings(max_examples=60, deadline=None)
@given(
    s=arrays(
        np.float64,
        st.tuples(st.integers(1, 4), st.integers(1, 9)),
        elements=st.one_of(
            st.sampled_from([0.0, -0.0, 1.0, -1.0, 1 + 2**-52, 1e-310, -1e300, 1e300]),
            st.floats(-1e6, 1e6),
        ),
    )
)
def test_ranks_are_those_of_pandas_whatever_the_scores(s, ties):
    assert (ranks_of(s, ties) == reference(s, ties)).all()


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("n", [2, 31, 64, 65, 300])
def test_the_histogram_counts_the_ranks(ties, n):
    rng = np.random.default_rng(n)
    s = np.concatenate([rng.normal(size=(40, n)), rng.integers(0, 5, (40, n)).astype(float)])
    ranker = Ranker(n, ties)
    counts = Counts(ranker)
    for part in np.array_split(s, 7):
        ranker.count(part, counts)
    counts.flush()
    counted = counts.histogram
    expected = np.zeros_like(counted)
    for row in (reference(s, ties) * ranker.unit).astype(int):
        expected[row, np.arange(n)] += 1
    assert (counted == expected).all()
    assert (counted.sum(axis=0) == len(s)).all()


def test_scores_that_differ_in_the_last_bit_are_not_tied():
    s = np.full(300, 0.7)
    s[117] = np.nextafter(0.7, 1)
    ranks = ranks_of(s)
    assert ranks[117] == 1
    assert (np.delete(ranks, 117) == 2).all()


def test_ties_do_not_depend_on_the_position_of_a_unit():
    rng = np.random.default_rng(0)
    s = rng.integers(0, 4, (20, 50)).astype(float)
    order = rng.permutation(50)
    for ties in TIES:
        assert (ranks_of(s, ties)[:, order] == ranks_of(s[:, order], ties)).all()


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(gz.MethodError, match="draw 1: the score of row 2 is not a number"):
        ranks_of([[1.0, 2, 3], [1, 2, np.nan]])


def test_the_scores_are_not_written_to():
    s = np.random.default_rng(0).normal(size=(5, 8))
    before = s.copy()
    ranker = Ranker(8)
    ranker.ranks(s)
    ranker.count(s, Counts(ranker))
    assert (s == before).all()

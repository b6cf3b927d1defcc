import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import gz_index as gz
from gz_index.sensitivity import compiled, montecarlo
from gz_index.sensitivity.ranks import CompiledCounts, Counts, Ranker, ranks_of

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


AS_WRITTEN = compiled.Kernels(compiled.place, compiled.count, compiled.moments)


@pytest.fixture(scope="module", params=["arrays", "loops as written", "compiled"])
def counter(request):
    """What counts the ranks: three ways that have to agree."""
    if request.param == "arrays":
        return Counts
    if request.param == "compiled":
        pytest.importorskip("numba")
        loops = compiled.kernels()
    else:
        loops = AS_WRITTEN
    return lambda ranker: CompiledCounts(ranker, loops)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("n", [1, 2, 31, 64, 65, 300])
def test_the_histogram_counts_the_ranks(counter, ties, n):
    rng = np.random.default_rng(n)
    s = np.concatenate(
        [
            rng.normal(size=(40, n)),
            rng.integers(0, 5, (40, n)).astype(float),
            np.exp(4 * rng.normal(size=(20, n))),  # most share a step
            np.zeros((3, n)),
        ]
    )
    ranker = Ranker(n, ties)
    counts = counter(ranker)
    for part in np.array_split(s, 7):
        counts.add(part)
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


def test_a_score_that_is_no_number_is_refused_by_whatever_counts(counter):
    s = np.array([[1.0, 2, 3], [1, 2, np.nan]])
    with pytest.raises(gz.MethodError, match="draw 1: the score of"):
        counter(Ranker(3)).add(s)


def test_the_scores_are_not_written_to(counter):
    s = np.random.default_rng(0).normal(size=(5, 8))
    before = s.copy()
    ranker = Ranker(8)
    ranker.ranks(s)
    counter(ranker).add(s)
    assert (s == before).all()


def test_moments_are_the_same_to_the_last_bit():
    pytest.importorskip("numba")
    rng = np.random.default_rng(3)
    s, origin = rng.lognormal(size=(70, 700)), rng.normal(size=700)
    ways = (montecarlo.Moments(), compiled.kernels().moments, compiled.moments)
    found = []
    for add in ways:
        sums = [np.zeros(700), np.zeros(700), np.full(700, np.inf), np.full(700, -np.inf)]
        for part in np.array_split(s, 3):
            add(part, origin, *sums)
        found.append(np.array(sums))
    assert (found[0] == found[1]).all()
    assert (found[0] == found[2]).all()
    assert found[0][2] == pytest.approx(s.min(axis=0), abs=0)


@pytest.mark.parametrize("choice", [gz.Spread(size=0.5), gz.Dirichlet()])
def test_a_study_is_the_same_with_and_without_machine_code(choice, monkeypatch):
    pytest.importorskip("numba")
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    made = []
    for enough in (10**12, 1):
        monkeypatch.setattr(compiled, "_ENOUGH", enough)
        made.append(
            gz.uncertainty(index, data, [choice], draws=3000, nodes=["total", "data"], keep=False)
        )
    assert compiled.pays(1)
    for name, table in made[0].tables().items():
        pd.testing.assert_frame_equal(table, made[1].tables()[name], check_exact=True)


@pytest.mark.parametrize("fault", ["import", "cache", "off"])
def test_where_numba_does_not_work_arrays_take_its_place(fault, monkeypatch):
    numba = pytest.importorskip("numba")
    if fault == "import":
        monkeypatch.setitem(sys.modules, "numba", None)
    elif fault == "off":
        monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    else:
        monkeypatch.setattr(numba, "njit", broken)
    monkeypatch.setattr(compiled, "_ENOUGH", 1)
    compiled.kernels.cache_clear()
    try:
        assert compiled.kernels() is None
        index, data = gz.load("tai-2008"), gz.data("tai-2008")
        u = gz.uncertainty(index, data, [gz.Spread(size=0.2)], draws=50, seed=1)
        assert len(u.ranks) == 23
    finally:
        compiled.kernels.cache_clear()


def broken(function, cache=False):
    raise OSError("the kept file is cut off")

"""Benefit of the doubt: closed forms, the dual programme, limits, and the laws of the scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linprog

from gz_index import MethodError
from gz_index.weighting import bod

X = np.random.default_rng(4).uniform(0.1, 1, (15, 4))
TABLES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(2, 8), st.integers(1, 4)),
    elements=st.floats(0.05, 1.0),
)


def test_one_indicator_or_one_unit():
    x = np.array([[2.0], [8.0], [5.0]])
    assert bod(x).scores == pytest.approx([0.25, 1, 0.625])
    assert bod([[3.0, 0.0, 7.0]]).scores == pytest.approx([1])


def test_the_dual_programme_gives_the_same_scores():
    # the least sum of multiples of units that together reach the unit in every indicator
    for c, score in enumerate(bod(X).scores):
        dual = linprog(np.ones(15), A_ub=-X.T, b_ub=-X[c])
        assert score == pytest.approx(dual.fun, abs=1e-9)


def test_fixed_shares_have_a_closed_form():
    s = np.array([0.4, 0.3, 0.2, 0.1])
    f = bod(X, shares=(s, s))
    # w_j = s_j CI / x_cj, and CI is as large as the strictest unit allows
    want = [1 / (X / X[c] @ s).max() for c in range(15)]
    assert np.abs(f.scores - want).max() < 1e-9
    assert np.abs(f.shares - s).max() < 1e-9


def test_fixed_ratios_give_a_weighted_mean_over_the_best():
    ratios = [(0, 1, 2.0, 2.0), (0, 2, 4.0, 4.0), (0, 3, 4.0, 4.0)]
    mean = X @ np.array([4, 2, 1, 1]) / 8
    assert np.abs(bod(X, ratios=ratios).scores - mean / mean.max()).max() < 1e-9


def test_fixed_weights_give_the_weighted_sum():
    w = np.array([0.4, 0.3, 0.2, 0.1])
    f = bod(X, bounds=(w, w))
    assert np.abs(f.scores - X @ w).max() < 1e-9
    assert np.abs(f.weights - w).max() < 1e-12


def test_wider_limits_never_lower_a_score():
    for kind in ("shares", "bounds"):
        last = np.zeros(15)
        for low, high in ((0.2, 0.3), (0.1, 0.5), (0.0, 1.0)):
            scores = bod(X, **{kind: (low, high)}).scores
            assert (scores >= last - 1e-9).all()
            last = scores
    assert np.abs(bod(X, shares=(0, 1)).scores - bod(X).scores).max() < 1e-9
    assert np.abs(bod(X, bounds=(0, np.inf)).scores - bod(X).scores).max() < 1e-9
    assert np.abs(bod(X, ratios=[(0, 1, 0, np.inf)]).scores - bod(X).scores).max() < 1e-9


def test_limits_follow_the_unit_of_the_data():
    unit = np.array([1e-6, 1.0, 1e6, 3.0])
    free = bod(X, bounds=([0.1] * 4, [0.5] * 4)).scores
    assert np.abs(bod(X * unit, bounds=(0.1 / unit, 0.5 / unit)).scores - free).max() < 1e-9
    tied = bod(X, ratios=[(0, 2, 0.5, 2.0)]).scores
    other = bod(X * unit, ratios=[(0, 2, 0.5 * 1e12, 2.0 * 1e12)]).scores
    assert np.abs(other - tied).max() < 1e-9


@pytest.mark.parametrize("unit", [1e-200, 1e-12, 1e-9, 1e-6, 1e9, 1e200])
def test_no_cell_is_too_small_or_large_for_the_solver(unit):
    # solvers take what is below 1e-9 for zero: a share of the units lost .7 of their score by it
    free = bod(X)
    for scale in (unit, [unit, 1, 1, 1], [1, unit, 1, 1 / unit]):
        f = bod(X * scale)
        assert np.abs(f.scores - free.scores).max() < 1e-12
        assert np.abs((f.weights * f.data).sum(axis=1) - f.scores).max() < 1e-12
    assert bod([[1.0, 1.0], [1e-11, 2e-11]]).scores[1] == pytest.approx(2e-11, rel=1e-9)


def test_a_column_of_zeros_changes_nothing():
    f = bod(np.column_stack([X, np.zeros(15)]))
    assert np.abs(f.scores - bod(X).scores).max() < 1e-9
    assert (f.shares[:, 4] == 0).all()


def test_notes_say_what_is_not_unique():
    f = bod([[1.0, 0.5], [0.5, 1.0], [0.5, 0.5]])
    assert f.notes[0] == "2 of 3 units score 1 and are not told apart"
    assert "not unique" in f.notes[1]


def test_the_cross_score_is_the_mean_under_the_weights_of_all():
    f = bod(X)
    want = [np.mean([f.weights[k] @ X[c] for k in range(15)]) for c in range(15)]
    assert np.abs(f.cross_efficiency() - want).max() < 1e-12
    assert (f.cross_efficiency() <= f.scores + 1e-9).all()


def test_a_score_of_zero_is_the_doing_of_the_limits_and_is_refused():
    x = [[1.0, 0.0, 0.3], [0.5, 0.5, 0.1]]
    with pytest.raises(
        MethodError, match=r"leave row 0 no score but zero .*zero in column 1.*to ="
    ):
        bod(x, shares=(0.2, 0.6))
    with pytest.raises(MethodError, match="leave row 0 no score but zero"):
        bod([[1.0, 0.0], [0.5, 0.5]], bounds=([0, 0], [0, 1]))
    assert bod(x).scores[0] == 1


@pytest.mark.parametrize(
    "ratio",
    [
        (0, 1, 2.0, 1.0),
        (0, 0, 0.5, 2.0),
        (-1, 0, 0.5, 2.0),
        (4, 0, 0.5, 2.0),
        (0.5, 0, 0.5, 2.0),
        (0, 1, np.nan, 2.0),
        (0, 1, np.inf, np.inf),
        (0, 1, 0.5),
    ],
)
def test_a_ratio_limit_that_says_nothing_is_refused(ratio):
    with pytest.raises(MethodError, match=r"the ratio limit .* two of the 4 columns"):
        bod(X, ratios=[ratio])


@pytest.mark.parametrize("kind", ["bounds", "shares"])
def test_limits_in_the_wrong_order_or_number_are_refused(kind):
    with pytest.raises(MethodError, match=f"{kind} are not 0 <= low <= high"):
        bod(X, **{kind: (0.6, 0.4)})
    with pytest.raises(MethodError, match=f"{kind} are not 0 <= low <= high"):
        bod(X, **{kind: (np.nan, 0.4)})
    with pytest.raises(MethodError, match=f"{kind} = .* for 4 columns"):
        bod(X, **{kind: ([0.1, 0.2], 0.5)})
    with pytest.raises(MethodError, match=f"{kind} = .* for 4 columns"):
        bod(X, **{kind: (0.1, 0.2, 0.5)})


@settings(max_examples=40, deadline=None)
@given(x=TABLES, data=st.data())
def test_scores_keep_the_laws(x, data):
    n, k = x.shape
    before = x.copy()
    f = bod(x)
    assert (x == before).all()
    assert ((f.scores > 0) & (f.scores <= 1)).all()
    assert f.scores.max() == pytest.approx(1)
    assert (f.weights >= 0).all()
    assert (x @ f.weights.T <= 1 + 1e-9).all()
    assert np.abs(f.shares.sum(axis=1) - 1).max() < 1e-9
    rows, columns = data.draw(st.permutations(range(n))), data.draw(st.permutations(range(k)))
    assert np.abs(bod(x[rows][:, columns]).scores - f.scores[rows]).max() < 1e-9
    # nobody does worse than under any weights that all have in common
    w = data.draw(hnp.arrays(np.float64, k, elements=st.floats(0.01, 1)))
    assert (f.scores >= x @ w / (x @ w).max() - 1e-9).all()
    # a unit that another exceeds throughout moves no frontier
    more = np.vstack([x, 0.9 * x[0]])
    assert np.abs(bod(more).scores[:n] - f.scores).max() < 1e-9
    # who gets better in something scores no less
    up = x.copy()
    up[0, 0] += 0.3
    assert bod(up).scores[0] >= f.scores[0] - 1e-9

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import minimize

from gz_index import MethodError
from gz_index.weighting import COMBINATIONS, ON_DATA, game_theory, least_squares, max_deviation
from gz_index.weighting.combine import linear, multiplicative, relative_entropy

W = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])
X = np.random.default_rng(0).uniform(size=(8, 3))


def run(name, w, x=X):
    return COMBINATIONS[name](w, x) if name in ON_DATA else COMBINATIONS[name](w)


def test_the_formulas_by_hand():
    assert linear(W, alpha=[0.25, 0.75]).weights == pytest.approx([0.275, 0.225, 0.5])
    product = W[0] * W[1]
    assert multiplicative(W).weights == pytest.approx(product / product.sum())
    root = np.sqrt(product)
    assert relative_entropy(W).weights == pytest.approx(root / root.sum())


def test_least_squares_is_the_minimum_of_its_objective_and_that_is_the_mean():
    def objective(w):
        return sum((((w - v) * X) ** 2).sum() for v in W)

    found = minimize(
        objective,
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-15},
    )
    ours = least_squares(W, X).weights
    assert np.abs(ours - found.x).max() < 1e-6
    assert np.abs(ours - W.mean(axis=0)).max() < 1e-15


def test_maximum_deviation_against_the_double_loop():
    spread = np.array([[abs(a - b).tolist() for b in X] for a in X]).sum(axis=(0, 1))
    alpha = W @ spread
    c = max_deviation(W, X)
    assert np.abs(c.alpha - alpha / alpha.sum()).max() < 1e-14


def test_the_objective_printed_with_the_game_is_minimised_by_plain_averaging():
    def objective(a):
        return sum(((a @ W - v) ** 2).sum() for v in W)

    found = minimize(objective, np.array([0.9, 0.1]), tol=1e-12)
    assert found.x == pytest.approx([0.5, 0.5], abs=1e-5)
    game = game_theory(W)
    gram = W @ W.T
    solved = np.linalg.solve(gram, np.diag(gram))
    assert game.alpha == pytest.approx(solved / solved.sum())
    assert game.condition == pytest.approx(np.linalg.cond(gram))


def test_what_is_no_weight_vector_is_named():
    with pytest.raises(MethodError, match=r"vector 1 sums to 0.9"):
        linear([[0.5, 0.5], [0.5, 0.4]])
    with pytest.raises(MethodError, match=r"vector 0 has the negative weight -0.1 at column 1"):
        multiplicative([[1.1, -0.1], [0.5, 0.5]])
    with pytest.raises(MethodError, match="one vector has weight zero"):
        multiplicative([[1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(MethodError, match="alpha"):
        linear(W, alpha=[0.5, 0.6])
    with pytest.raises(MethodError, match="convention"):
        game_theory(W, convention="nash")
    with pytest.raises(MethodError, match="3 weights for 2 columns"):
        least_squares(W, X[:, :2])


@pytest.mark.parametrize("name", COMBINATIONS)
@settings(max_examples=30, deadline=None)
@given(w=hnp.arrays(np.float64, (2, 3), elements=st.floats(0.05, 1)))
def test_a_combination_is_a_weight_vector_and_follows_its_columns(name, w):
    w = w / w.sum(axis=1, keepdims=True)
    try:
        c = run(name, w)
    except MethodError as error:
        refusal = str(error)
        c = None
    if c is None:
        assert name == "game-theory"
        assert "condition number" in refusal or "sum to zero" in refusal
        return
    assert (c.weights >= 0).all()
    assert abs(c.weights.sum() - 1) < 1e-12
    order = [2, 0, 1]
    assert np.allclose(run(name, w[:, order], X[:, order]).weights, c.weights[order], atol=1e-9)
    same = run(name, np.stack([w[0], w[0]])).weights if name != "game-theory" else w[0]
    if name != "multiplicative":  # which sharpens even what agrees
        assert np.allclose(same, w[0], atol=1e-12)

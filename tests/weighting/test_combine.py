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


def test_relative_entropy_is_the_minimum_of_its_objective():
    def objective(w):
        return sum((w * np.log(w / v)).sum() for v in W)

    ours, rng = relative_entropy(W).weights, np.random.default_rng(2)
    for size in (1e-3, 1e-2, 0.1):
        for other in ours * np.exp(size * rng.normal(size=(100, 3))):
            assert objective(other / other.sum()) > objective(ours)


def test_multiplying_sharpens_and_the_root_does_not():
    same = np.array([[0.5, 0.3, 0.2]] * 2)
    assert multiplicative(same).weights == pytest.approx(np.array([25, 9, 4]) / 38)
    assert relative_entropy(same).weights == pytest.approx(same[0])


def test_no_product_is_too_small():
    tiny = [[1e-200, 3e-200, 1.0], [2e-200, 1e-200, 1.0]]
    w = relative_entropy(tiny).weights
    assert w[:2] == pytest.approx(np.sqrt([2, 3]) * 1e-200, rel=1e-9)
    many = np.full((400, 3), 1 / 3)
    assert multiplicative(many).weights == pytest.approx([1 / 3] * 3)


def test_the_game_is_each_vectors_own_stationarity():
    # the derivative of |sum_l a_l w_l - w_k|^2 by a_k is zero for every k
    c = game_theory(W)
    gram = W @ W.T
    raw = np.linalg.solve(gram, np.diag(gram))
    assert np.abs([(raw @ W - v) @ v for v in W]).max() < 1e-15
    assert c.weights == pytest.approx(raw @ W / raw.sum())
    # vectors that have nothing in common, and equally long, share alike
    apart = game_theory([[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])
    assert apart.alpha == pytest.approx([0.5, 0.5])
    assert apart.condition == pytest.approx(1)


def test_the_conventions_of_the_game_differ_only_by_signs():
    plain, absolute = game_theory(W), game_theory(W, convention="absolute")
    assert (plain.alpha > 0).all()
    assert absolute.weights == pytest.approx(plain.weights)
    assert (plain.convention, absolute.convention) == ("normalised", "absolute")
    improved = game_theory(W, convention="improved")
    by_length = (W @ W.T).sum(axis=1)
    assert improved.alpha == pytest.approx(by_length / by_length.sum())


def test_the_game_with_equal_or_too_many_vectors_is_refused_with_the_way_out():
    for vectors in ([W[0], W[0]], [W[0], W[1], W.mean(axis=0)], np.eye(2)[[0, 1, 0]]):
        with pytest.raises(MethodError, match=r"condition number.*'improved', or the linear"):
            game_theory(vectors)
        with pytest.raises(MethodError, match="condition number"):
            game_theory(vectors, convention="absolute")
        assert game_theory(vectors, convention="improved").weights.sum() == pytest.approx(1)


def test_maximum_deviation_by_hand_and_at_the_ends_of_the_numbers():
    # spreads 2 and 1: shares (.2 * 2 + .8, .6 * 2 + .4) = (1.2, 1.6)
    c = max_deviation([[0.2, 0.8], [0.6, 0.4]], [[0.0, 0.0], [1.0, 0.5]])
    assert c.alpha == pytest.approx([3 / 7, 4 / 7])
    free = max_deviation(W, X).alpha
    for unit in (1e-300, 1e6, 1e308):
        assert max_deviation(W, X * unit).alpha == pytest.approx(free, abs=1e-12)
    assert max_deviation(W, X + 1e6).alpha == pytest.approx(free, abs=1e-8)
    assert max_deviation(W, X[::-1]).alpha == pytest.approx(free, abs=1e-15)
    with pytest.raises(MethodError, match="tells the units apart"):
        max_deviation(W, np.ones((4, 3)))
    with pytest.raises(MethodError, match="tells the units apart"):  # what varies has no weight
        max_deviation([[1.0, 0.0], [1.0, 0.0]], [[1.0, 2.0], [1.0, 3.0]])


@pytest.mark.parametrize("name", COMBINATIONS)
def test_every_combination_checks_its_vectors_and_leaves_them_alone(name):
    before = W.copy()
    run(name, W)
    assert (before == W).all()
    gap = W.copy()
    gap[1, 2] = np.nan
    with pytest.raises(MethodError, match="not a finite number in column 2"):
        run(name, gap)
    with pytest.raises(MethodError, match="at least 2 rows"):
        run(name, W[:1])
    with pytest.raises(MethodError, match="vector 1 sums to 1.2"):
        run(name, W * [[1], [1.2]])
    with pytest.raises(MethodError, match=r"vector 0 has the negative weight -0.1 at column 2"):
        run(name, [[0.6, 0.5, -0.1], [0.2, 0.2, 0.6]])


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

"""Best-worst method, order relation, rank-order weights and budget allocation."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gz_index.errors import MethodError, NotFoundError
from gz_index.weighting.judgement import budget, bwm, g1, rank_order

REZAEI = tomllib.loads(
    (Path(__file__).parents[1] / "reference" / "rezaei2015.toml").read_text("utf-8")
)

consistent = st.lists(st.floats(0.01, 1.0), min_size=2, max_size=8, unique=True).map(np.array)


def vectors(w: Any) -> tuple[dict[str, float], dict[str, float]]:
    codes = [f"c{i}" for i in range(len(w))]
    return dict(zip(codes, max(w) / w, strict=True)), dict(zip(codes, w / min(w), strict=True))


# Best-worst -------------------------------------------------------------------------------------


def test_bwm_rezaei_2015() -> None:
    judged = bwm(REZAEI["best_to_others"], REZAEI["others_to_worst"], model="nonlinear")
    assert (judged.best, judged.worst) == ("third", "first")
    assert judged.ksi == pytest.approx(REZAEI["ksi"], abs=0.005)
    assert judged.ksi == pytest.approx(4 - np.sqrt(14), abs=1e-12)  # (2-k)(5-k) = 8+k
    np.testing.assert_array_less(np.abs(judged.weights - REZAEI["weights"]), 0.001)
    assert judged.output_cr == pytest.approx(judged.ksi / 4.47, abs=1e-4)


def test_bwm_consistency_index() -> None:
    """Table 1 of the paper: the largest ksi for each a_BW, reached when j is as far as both."""
    for a, printed in enumerate(REZAEI["consistency_index"], start=1):
        judged = bwm({"b": 1, "j": a, "w": a}, {"b": a, "j": a, "w": 1}, best="b", worst="w",
                     model="nonlinear")  # fmt: skip
        assert judged.ksi == pytest.approx(printed, abs=0.005)
        assert judged.output_cr == pytest.approx(1.0 if a > 1 else 0.0)


def test_bwm_input_based_ratio_by_hand() -> None:
    bo = {"b": 1, "i": 2, "j": 4, "w": 8}
    ow = {"b": 8, "i": 5, "j": 2, "w": 1}
    for model in ("linear", "nonlinear"):
        judged = bwm(bo, ow, model=model)  # type: ignore[arg-type]
        assert judged.cr == pytest.approx((2 * 5 - 8) / (8 * 8 - 8))
    assert bwm(bo, ow).output_cr is None


def brute(bo: Any, ow: Any, b: int, w: int) -> float:
    """Smallest largest ratio deviation over a fine grid of weights, n = 3."""
    grid = np.linspace(0.005, 0.99, 500)
    x, y = np.meshgrid(grid, grid)
    v = np.stack([x, y, 1 - x - y])[:, x + y < 0.995]
    dev = [np.abs(v[b] / v[j] - bo[j]) for j in range(3)]
    dev += [np.abs(v[j] / v[w] - ow[j]) for j in range(3)]
    return float(np.max(dev, axis=0).min())


def test_bwm_nonlinear_is_optimal() -> None:
    bo, ow = [1, 3, 5], [5, 3, 1]
    judged = bwm(dict(zip("bjw", bo, strict=True)), dict(zip("bjw", ow, strict=True)),
                 model="nonlinear")  # fmt: skip
    best = brute(bo, ow, 0, 2)
    assert judged.ksi <= best <= judged.ksi + 0.1
    w = judged.weights
    reached = [abs(w[0] / w[j] - bo[j]) for j in range(3)]
    reached += [abs(w[j] / w[2] - ow[j]) for j in range(3)]
    assert max(reached) == pytest.approx(judged.ksi, abs=1e-12)


def test_bwm_nonlinear_range_of_optimal_weights() -> None:
    """With four criteria one is free inside an interval; its ends keep ksi."""
    bo, ow = {"b": 1, "i": 2, "j": 2, "w": 8}, {"b": 8, "i": 5, "j": 4, "w": 1}
    judged = bwm(bo, ow, model="nonlinear")
    free = judged.labels.index("j")
    assert judged.low[free] < judged.weights[free] < judged.high[free]
    assert judged.low[1] < judged.high[1]  # only because the sum is shared
    other = bwm({**bo, "j": 2}, {**ow, "j": 4}, model="nonlinear")
    assert other.ksi == judged.ksi


def test_bwm_linear_is_optimal() -> None:
    bo, ow = {"b": 1, "i": 2, "j": 4, "w": 9}, {"b": 9, "i": 5, "j": 3, "w": 1}
    judged = bwm(bo, ow)
    rng = np.random.default_rng(3)
    near = np.abs(judged.weights + rng.normal(0, 0.01, (20_000, 4)))
    near /= near.sum(axis=1, keepdims=True)
    dev = np.abs(np.concatenate(
        [near[:, [0]] - near * list(bo.values()), near - near[:, [3]] * list(ow.values())], axis=1
    ))  # fmt: skip
    assert judged.ksi <= dev.max(axis=1).min() + 1e-12


@pytest.mark.parametrize("model", ["linear", "nonlinear"])
@given(w=consistent)
@settings(max_examples=25, deadline=None)
def test_law_bwm_consistent_judgements_give_back_their_weights(model: Any, w: Any) -> None:
    bo, ow = vectors(w)
    best, worst = f"c{np.argmax(w)}", f"c{np.argmin(w)}"
    ow[best] = bo[worst]  # one judgement, twice
    judged = bwm(bo, ow, best=best, worst=worst, model=model)
    np.testing.assert_allclose(judged.weights, w / w.sum(), atol=1e-9)
    assert judged.weights.sum() == pytest.approx(1, abs=1e-14)
    assert judged.ksi == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("bo", "ow", "message"),
    [
        ({"a": 1, "b": 2}, {"a": 2, "c": 1}, "b, c is judged in one of the two vectors only"),
        ({"a": 1, "b": "1/2"}, {"a": 2, "b": 1}, r"best_to_others\['b'\] = 0.5"),
        ({"a": 1, "b": 2}, {"a": 2, "b": None}, r"others_to_worst\['b'\] = nan"),
        ({"a": 1, "b": 2}, {"a": 3, "b": 1}, "a : b is 2 in best_to_others and 3 in"),
        ({"a": 1, "b": 1}, {"a": 1, "b": 1}, "the best criterion is .*; a, b is judged 1"),
        ({"a": 2, "b": 2}, {"a": 2, "b": 1}, "the best criterion is .*; none is judged 1"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, "'a' is judged the best and the worst"),
    ],
)
def test_bwm_errors(bo: Any, ow: Any, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        bwm(bo, ow)


def test_bwm_edges() -> None:
    assert bwm({"a": 1}, {"a": 1}).weights.tolist() == [1.0]
    two = bwm({"a": 1, "b": 1}, {"a": 1, "b": 1}, best="a", worst="b", model="nonlinear")
    assert (two.weights.tolist(), two.cr, two.output_cr) == ([0.5, 0.5], 0.0, 0.0)
    odd = bwm({"a": 1, "b": 9, "c": 3}, {"a": 3, "b": 2, "c": 1})
    assert "a judgement of b exceeds" in odd.notes[0].en
    with pytest.raises(NotFoundError, match="'quadratic'; there are linear, nonlinear"):
        bwm({"a": 1}, {"a": 1}, model="quadratic")  # type: ignore[arg-type]


# Order relation and ranks -----------------------------------------------------------------------


def test_g1_by_hand() -> None:
    r = [1.2, 1.0, 1.6]
    last = 1 / (1 + 1.6 + 1.0 * 1.6 + 1.2 * 1.0 * 1.6)
    np.testing.assert_allclose(g1(r), [1.2 * 1.6 * last, 1.6 * last, 1.6 * last, last], atol=1e-12)
    assert g1([]).tolist() == [1.0]
    assert np.isfinite(g1(np.full(5000, 1.8))).all()


@given(r=st.lists(st.floats(1.0, 1.8), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_law_g1(r: list[float]) -> None:
    w = g1(r)
    assert w.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(w[:-1] / w[1:], r, rtol=1e-9)


@pytest.mark.parametrize("bad", [0.9, np.nan, np.inf])
def test_g1_refuses_ratios_against_the_order(bad: float) -> None:
    with pytest.raises(MethodError, match="criterion 2 to criterion 3 of the order is"):
        g1([1.2, bad])


def test_rank_order_by_hand() -> None:
    np.testing.assert_allclose(rank_order([1, 2, 3, 4]), np.array([25, 13, 7, 3]) / 48, atol=1e-15)
    np.testing.assert_allclose(rank_order([3, 1, 2], formula="rs"), [1 / 6, 3 / 6, 2 / 6])
    np.testing.assert_allclose(rank_order([1, 2, 3], formula="rr"), [6 / 11, 3 / 11, 2 / 11])
    np.testing.assert_allclose(
        rank_order([1, 2, 3], formula="rs", exponent=2), [9 / 14, 4 / 14, 1 / 14]
    )
    np.testing.assert_allclose(rank_order([1, 2, 3], formula="rs", exponent=0), 1 / 3)


def test_rank_order_ties_share_their_places() -> None:
    full = rank_order([1, 2, 3, 4])
    shared = (full[1] + full[2]) / 2
    for ranks in ([1, 2, 2, 4], [1, 2, 2, 3], [1, 2.5, 2.5, 4]):  # however ties are written
        np.testing.assert_allclose(rank_order(ranks), [full[0], shared, shared, full[3]])


@pytest.mark.parametrize("formula", ["roc", "rs", "rr"])
@given(ranks=st.lists(st.integers(1, 9), min_size=1, max_size=12), seed=st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_law_rank_order(formula: Any, ranks: list[int], seed: int) -> None:
    w = rank_order(ranks, formula=formula)
    p = np.random.default_rng(seed).permutation(len(ranks))
    np.testing.assert_allclose(rank_order(np.array(ranks)[p], formula=formula), w[p], atol=1e-14)
    assert w.sum() == pytest.approx(1, abs=1e-14)
    order = np.argsort(ranks, kind="stable")
    assert (np.diff(w[order]) <= 1e-15).all()


def test_rank_order_errors() -> None:
    with pytest.raises(NotFoundError, match=r"'ro'.*there are roc, rs, rr"):
        rank_order([1, 2], formula="ro")  # type: ignore[arg-type]
    with pytest.raises(MethodError, match="exponent 2 with formula 'roc'"):
        rank_order([1, 2], exponent=2)
    for bad in ([], [1, np.nan], [[1, 2]]):
        with pytest.raises(MethodError, match="one finite rank"):
            rank_order(bad)


# Budget -----------------------------------------------------------------------------------------


def test_budget_by_hand() -> None:
    points = pd.DataFrame({"a": [50, 30], "b": [30, 30], "c": [20, 40]}, index=["Li", "Wang"])
    got = budget(points).to_frame()
    assert got["weight"].tolist() == pytest.approx([0.4, 0.3, 0.3])
    assert got["sd"].tolist() == pytest.approx([np.sqrt(0.02), 0, np.sqrt(0.02)])
    assert got.loc["c", ["min", "max"]].tolist() == pytest.approx([0.2, 0.4])
    assert got.loc["a", "cv"] == pytest.approx(np.sqrt(0.02) / 0.4)
    one = budget([[1, 3]])
    assert one.weights.tolist() == [0.25, 0.75]
    assert one.to_frame()["sd"].isna().all()


@pytest.mark.parametrize(
    ("points", "total", "message"),
    [
        ([[60, 40], [60, 50]], None, r"add up to 100; not so for Wang \(110\)"),
        ([[60, 40], [50, 50]], 10, r"add up to 10; not so for Li \(100\), Wang \(100\)"),
        ([[60, -40], [50, 50]], None, "expert Li gave -40 points to b"),
        ([[60, 40], [50, np.nan]], None, "expert Wang gave nan points to b"),
        ([[0, 0], [0, 0]], None, "add up to 0"),
        ([["x", 1], [1, 1]], None, "the points are not numbers"),
    ],
)
def test_budget_errors_name_the_expert(points: Any, total: Any, message: str) -> None:
    table = pd.DataFrame(points, index=["Li", "Wang"], columns=["a", "b"])
    with pytest.raises(MethodError, match=message):
        budget(table, total=total)

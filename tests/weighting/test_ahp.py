"""AHP, groups, hierarchies and fuzzy AHP against printed numbers, laws and known traps."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gz_index.errors import MethodError, NotFoundError
from gz_index.weighting.ahp import ahp
from gz_index.weighting.ahp_group import aij, aip, hierarchy_cr
from gz_index.weighting.fuzzy import fuzzy_ahp
from gz_index.weighting.pairwise import RANDOM_INDEX, random_index

METHODS = ["eigenvector", "geometric", "arithmetic"]
TESTS = Path(__file__).parents[1]
SCALE = [*(1 / k for k in range(9, 1, -1)), *map(float, range(1, 10))]
Matrix = NDArray[np.float64]


def reference(name: str) -> dict[str, Any]:
    return tomllib.loads((TESTS / "reference" / f"{name}.toml").read_text("utf-8"))


def shipped(name: str) -> pd.DataFrame:
    path = TESTS.parent / "weights" / f"{name}.csv"
    return pd.read_csv(path, dtype=str, index_col=0, keep_default_na=False)


def reciprocal(upper: list[float]) -> Matrix:
    """Make a matrix from the upper triangle, row by row."""
    n = int((1 + np.sqrt(1 + 8 * len(upper))) / 2)
    a = np.ones((n, n))
    a[np.triu_indices(n, 1)] = upper
    return np.triu(a) + np.tril(1 / a.T, -1)


sizes = st.integers(3, 7)
random_matrices = sizes.flatmap(
    lambda n: st.lists(
        st.sampled_from(SCALE), min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2
    ).map(reciprocal)
)
weight_vectors = st.lists(st.floats(0.01, 100.0), min_size=1, max_size=9).map(np.array)


# Published numbers ------------------------------------------------------------------------------


def test_textbook_matrix() -> None:
    expected = reference("textbook_travel")["independent"]
    judged = ahp(shipped("textbook-travel"))
    np.testing.assert_allclose(judged.weights, expected["weights"], atol=5e-7)
    assert judged.lambda_max == pytest.approx(expected["lambda_max"], abs=5e-7)
    assert judged.cr == pytest.approx(expected["cr"], abs=5e-7)


def test_textbook_prints_the_column_means() -> None:
    printed = reference("textbook_travel")
    judged = ahp(shipped("textbook-travel"), method="arithmetic")
    assert judged.lambda_max == pytest.approx(printed["lambda_max"], abs=5e-4)
    assert ahp(shipped("textbook-travel")).lambda_max != pytest.approx(
        printed["lambda_max"], abs=5e-4
    )
    assert (judged.ci, judged.cr) == pytest.approx((printed["ci"], printed["cr"]), abs=5e-4)
    scenery = ahp(printed["scenery"], method="arithmetic").weights
    np.testing.assert_allclose(scenery, printed["scenery_weights"], atol=5e-4)


def test_handbook_table_20() -> None:
    printed = reference("oecd2008_ahp")
    judged = ahp(shipped("oecd-2008-table20"))
    assert list(judged.labels) == printed["labels"]
    assert judged.lambda_max == pytest.approx(printed["lambda_max"], abs=5e-5)
    assert judged.consistent


@pytest.mark.parametrize("method", METHODS)
def test_handbook_table_22_cannot_come_from_table_20(method: Any) -> None:
    """Two criteria are judged alike and printed with different weights: no order explains it."""
    printed = reference("oecd2008_ahp")
    at = [printed["labels"].index(c) for c in ("telephones", "electricity")]
    judged = ahp(shipped("oecd-2008-table20"), method=method)
    np.testing.assert_array_equal(*judged.matrix[at])
    assert judged.weights[at[0]] == pytest.approx(judged.weights[at[1]], abs=1e-12)
    assert len(set(printed["table22_ahp"])) == 8  # so every pair of printed weights differs
    gap = np.abs(np.sort(judged.weights) - np.sort(printed["table22_ahp"]))
    assert (gap > 0.005).sum() >= 5  # beyond rounding, whatever the order
    assert sum(printed["table22_ahp"]) == pytest.approx(1.01)


def test_agrees_with_pymcdm_where_it_is_right() -> None:
    other = pytest.importorskip("pymcdm.weights.subjective").AHP
    rng = np.random.default_rng(7)
    for n in (3, 5, 8):  # judgements whose reciprocals have two decimals, which is all it takes
        a = reciprocal(rng.choice([1.0, 2.0, 4.0, 5.0, 0.5, 0.25, 0.2], n * (n - 1) // 2).tolist())
        np.testing.assert_allclose(ahp(a).weights, other(matrix=a)(), atol=1e-9)


def test_where_pymcdm_is_wrong() -> None:
    other = pytest.importorskip("pymcdm.weights.subjective").AHP
    third = [[1, 3], [0.33, 1]]  # 1/3 has to be written 0.33, and is taken literally
    assert abs(other(matrix=np.array(third))()[0] - 0.75) > 5e-4
    assert ahp(third).weights[0] == pytest.approx(0.75, abs=1e-15)
    with pytest.raises(ValueError, match="Valid values"):  # a matrix of geometric means
        other(matrix=np.array([[1, 2.6], [1 / 2.6, 1]]))
    with pytest.raises(IndexError):  # n > 15
        other(matrix=np.ones((16, 16))).get_cr()
    assert ahp(np.ones((16, 16)), random_index="simulated").cr == pytest.approx(0, abs=1e-12)


# Pitfalls ---------------------------------------------------------------------------------------


def test_pitfall_11_random_index_is_a_named_option() -> None:
    tables = reference("saaty1980")
    assert list(RANDOM_INDEX["saaty1980"]) == tables["random_index"]
    assert list(RANDOM_INDEX["chinese"]) == tables["chinese"]
    judged = [[1, 3, 5], [None, 1, 3], [None, None, 1]]
    one, two = ahp(judged), ahp(judged, random_index="chinese")
    assert (one.random_index, two.random_index) == ("saaty1980", "chinese")
    assert two.cr / one.cr == pytest.approx(0.58 / 0.52)
    with pytest.raises(NotFoundError, match=r"'saaty80' \(did you mean 'saaty1980'\?\)"):
        ahp(judged, random_index="saaty80")


@pytest.mark.parametrize("method", METHODS)
def test_pitfall_11_one_or_two_criteria_have_cr_0(method: Any) -> None:
    one, two = ahp([[1]], method=method), ahp([[1, 9], ["1/9", 1]], method=method)
    assert (one.cr, one.ci, two.cr, two.ci) == (0, 0, 0, 0)
    assert one.weights.tolist() == [1.0]
    np.testing.assert_allclose(two.weights, [0.9, 0.1], atol=1e-15)


def test_pitfall_11_more_than_15_criteria() -> None:
    a = reciprocal(np.random.default_rng(1).choice([1.0, 2.0, 3.0], 120).tolist())
    with pytest.raises(MethodError, match=r"'saaty1980' ends at n = 15.*alonso2006.*simulated"):
        ahp(a)
    # both tables that go on agree within what the regression was fitted to
    regression, simulated = (random_index(16, t) for t in ("alonso2006", "simulated"))
    assert regression == pytest.approx((1.7699 * 16 - 4.3513) / 15)
    assert simulated == pytest.approx(regression, abs=0.01)
    assert ahp(a, random_index="simulated").cr == pytest.approx(
        ahp(a, random_index="alonso2006").cr, rel=0.01
    )


def test_simulated_index_against_all_matrices() -> None:
    """n = 3 has 17^3 matrices and the 4-cycle 17^4: the exact means are known."""
    s = np.array(SCALE)
    q = (s[:, None, None] * s[None, :, None] / s[None, None, :]) ** (1 / 3)
    exact = float(((q + 1 / q + 1 - 3) / 2).mean())  # lambda_max of a 3 x 3 matrix
    spread = float(((q + 1 / q - 2) / 2).std()) / np.sqrt(10_000)
    assert random_index(3, "simulated") == pytest.approx(exact, abs=4 * spread)

    at = np.array(np.meshgrid(s, s, s, s)).reshape(4, -1)
    b = np.zeros((at.shape[1], 4, 4))
    b[:, range(4), range(4)] = 2.0  # Harker: one pair is missing in each row
    for k in range(4):
        b[:, k, (k + 1) % 4], b[:, (k + 1) % 4, k] = at[k], 1 / at[k]
    ci = (np.linalg.eigvals(b).real.max(axis=1) - 4) / 3
    known = np.abs(b[0]) > 0
    simulated = random_index(4, known=known)
    assert simulated == pytest.approx(ci.mean(), abs=4 * ci.std() / np.sqrt(10_000))


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 2], [2, 1]], "reciprocal.*a : b = 2 but b : a = 2"),
        ([[1, 3], [0.25, 1]], "a : b = 3 but b : a = 0.25"),
        ([[2, 2], [0.5, 1]], "diagonal.*a : a = 2"),
        ([[1, 0], [0, 1]], "positive and finite: a : b = 0; b : a = 0 -> leave a pair"),
        ([[1, -3], ["-1/3", 1]], "positive and finite: a : b = -3"),
        ([[1, np.inf], [0, 1]], "positive and finite: a : b = inf"),
        ([[1, "3-Jan"], ["", 1]], "'3-Jan' of a : b is no number"),
        ([[1, "1/0"], ["", 1]], "'1/0' of a : b is no number"),
        ([[1, 2]], "is square; this one has shape"),
        ([[1, None], [None, 1]], "no chain of comparisons joins a with b.*such as a : b"),
    ],
)
def test_pitfall_12_errors_name_the_pair(matrix: Any, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        ahp(matrix, labels=["a", "b"])


def test_pitfall_12_disconnected_comparisons() -> None:
    two_islands = [[1, 2, "", ""], ["", 1, "", ""], ["", "", 1, 3], ["", "", "", 1]]
    with pytest.raises(MethodError, match="joins a, b with c, d .*at least one pair"):
        ahp(two_islands, labels="abcd")


def test_pitfall_13_incomplete_matrices() -> None:
    """A consistent matrix with gaps gives back its weights, and CR 0, not -0.131."""
    w = np.array([0.4, 0.3, 0.2, 0.1])
    a = w[:, None] / w
    for gap in ((0, 3), (1, 2)):
        a[gap] = a[gap[::-1]] = np.nan
    for method in ("eigenvector", "geometric"):
        judged = ahp(a, method=method)  # type: ignore[arg-type]
        np.testing.assert_allclose(judged.weights, w, atol=1e-12)
        assert (judged.missing, judged.random_index) == (2, "simulated")
        assert 0 <= judged.cr < 1e-9
    with pytest.raises(MethodError, match="'arithmetic' needs every pair; x1 : x4 was not judged"):
        ahp(a, method="arithmetic")
    # zeros for missing pairs, as some tools take them, give a negative consistency index
    zeros = np.nan_to_num(a)
    assert (np.linalg.eigvals(zeros).real.max() - 4) / 3 < 0


def test_pitfall_13_harker_by_hand() -> None:
    a = np.array(
        [[1, 2, np.nan, 3], [0.5, 1, 4, np.nan], [np.nan, 0.25, 1, 1], [1 / 3, np.nan, 1, 1]]
    )
    b = np.nan_to_num(a) + np.eye(4)  # one pair is missing in each row
    values, vectors = np.linalg.eig(b)
    k = np.argmax(values.real)
    w = np.abs(vectors[:, k].real)
    judged = ahp(a)
    np.testing.assert_allclose(judged.weights, w / w.sum(), atol=1e-12)
    assert judged.lambda_max == pytest.approx(values[k].real, abs=1e-12)
    assert judged.ci == pytest.approx((values[k].real - 4) / 3, abs=1e-12)
    assert judged.cr == pytest.approx(judged.ci / random_index(4, known=~np.isnan(a)))
    # the weights complete the matrix: the largest eigenvalue stays the same
    full = np.where(np.isnan(a), judged.weights[:, None] / judged.weights, a)
    assert np.linalg.eigvals(full).real.max() == pytest.approx(judged.lambda_max, abs=1e-12)


def test_pitfall_13_log_least_squares_by_hand() -> None:
    a = np.array([[1, 2, np.nan], [0.5, 1, 4], [np.nan, 0.25, 1]])
    judged = ahp(a, method="geometric")  # a tree: the judgements hold exactly
    np.testing.assert_allclose(judged.weights, np.array([8, 4, 1]) / 13, atol=1e-12)
    assert (judged.ri, judged.cr) == (0.0, 0.0)
    b = np.array(
        [[1, 2, np.nan, 3], [0.5, 1, 4, np.nan], [np.nan, 0.25, 1, 1], [1 / 3, np.nan, 1, 1]]
    )
    i, j = np.nonzero(np.triu(~np.isnan(b), 1))
    design = np.zeros((len(i) + 1, 4))
    design[range(len(i)), i], design[range(len(i)), j], design[-1] = 1, -1, 1
    y = np.linalg.lstsq(design, np.append(np.log(b[i, j]), 0), rcond=None)[0]
    np.testing.assert_allclose(
        ahp(b, method="geometric").weights, np.exp(y) / np.exp(y).sum(), atol=1e-12
    )


def test_pitfall_14_group_matrices_and_rounded_reciprocals() -> None:
    group = ahp([[1, 2.6, 11.5], [0.3847, 1, 4], [0.0869, 0.25, 1]], labels="abc")
    assert group.matrix[0, 2] == 11.5
    assert group.matrix[1, 0] == 1 / 2.6  # the side >= 1 is the one that was taken
    assert "2 pair(s) read as rounded reciprocals" in group.notes[0].en
    rounded, exact = ahp([[1, 3], [0.33, 1]]), ahp([[1, 3], ["1/3", 1]])
    np.testing.assert_array_equal(rounded.weights, exact.weights)
    assert (len(rounded.notes), len(exact.notes)) == (1, 0)
    for k in range(2, 10):  # every reciprocal of the scale with two decimals
        assert len(ahp([[1, k], [round(1 / k, 2), 1]]).notes) == (k not in (2, 4, 5))
    with pytest.raises(MethodError, match=r"x1 : x2 = 3 but x2 : x1 = 0.33.*<= 0.001 passes"):
        ahp([[1, 3], [0.33, 1]], tolerance=1e-3)


def test_pitfall_14_one_side_of_a_pair_is_enough() -> None:
    upper, lower = (
        [[1, 3, 5], ["", 1, "1/2"], ["", "", 1]],
        [["", "", ""], ["1/3", "", ""], [0.2, 2, ""]],
    )
    np.testing.assert_array_equal(ahp(upper).matrix, ahp(lower).matrix)
    assert ahp(upper).missing == 0


@pytest.mark.parametrize("method", METHODS)
def test_pitfall_15_nothing_is_rounded_inside(method: Any) -> None:
    judged = ahp(shipped("oecd-2008-table20"), method=method)
    assert judged.weights.sum() == pytest.approx(1, abs=1e-15)
    assert not np.array_equal(judged.weights, judged.weights.round(6))


# Reading ----------------------------------------------------------------------------------------


def test_rows_are_found_by_label() -> None:
    table = shipped("oecd-2008-table20")
    shuffled = ahp(table.iloc[::-1])
    assert shuffled.labels == tuple(table.columns)
    np.testing.assert_array_equal(shuffled.weights, ahp(table).weights)


def test_labels_have_to_match() -> None:
    table = pd.DataFrame([[1, 2], [0.5, 1]], columns=["a", "b"])
    with pytest.raises(MethodError, match="0, 1, a, b stand in the rows or the columns only"):
        ahp(table)
    with pytest.raises(MethodError, match="'a' stands twice in the columns"):
        ahp(pd.DataFrame([[1, 2], [0.5, 1]], columns=["a", "a"], index=["a", "b"]))
    with pytest.raises(MethodError, match=r"1 labels \(a\) for 2 criteria"):
        ahp([[1, 2], [0.5, 1]], labels=["a"])
    with pytest.raises(NotFoundError, match="'eigen'.*eigenvector, geometric, arithmetic"):
        ahp([[1]], method="eigen")  # type: ignore[arg-type]


def test_the_input_is_not_written_to() -> None:
    a = np.array([[1, 3, np.nan], [0.33, 1, 2], [np.nan, 0.5, 1]])
    before = a.copy()
    judged = ahp(a)
    np.testing.assert_array_equal(a, before)
    with pytest.raises(ValueError, match="read-only"):
        judged.weights[0] = 1


# What the result can do -------------------------------------------------------------------------


def test_hints_find_the_wrong_judgement() -> None:
    w = np.array([8.0, 4.0, 2.0, 1.0])
    a = w[:, None] / w
    a[0, 2], a[2, 0] = 0.25, 4.0  # 4 was meant
    judged = ahp(a, labels="abcd")
    assert judged.cr > 0.1
    first = judged.hints().iloc[0]
    assert (first["row"], first["column"], first["judged"]) == ("a", "c", 0.25)
    i, j = 0, 2
    assert first["implied"] == pytest.approx(judged.weights[i] / judged.weights[j])
    a[i, j], a[j, i] = first["implied"], 1 / first["implied"]
    assert first["cr_after"] == pytest.approx(ahp(a).cr, abs=1e-12)
    assert first["cr_after"] < judged.cr
    assert "look at a : c first: judged 0.25" in judged.notes[0].en
    assert "先复核 a : c" in judged.notes[0].zh
    consistent = ahp(w[:, None] / w)
    assert len(consistent.hints()) == len(consistent.triads()) == len(consistent.notes) == 0


def test_cycles_and_triads() -> None:
    judged = ahp([[1, 2, "1/3", 1], ["", 1, 4, 2], ["", "", 1, 2], [""] * 4], labels="abcd")
    assert judged.cycles() == (("a", "b", "c"),)
    worst = judged.triads(1).iloc[0]
    assert (worst["i"], worst["j"], worst["k"], worst["cycle"]) == ("a", "b", "c", True)
    assert (worst["direct"], worst["indirect"]) == pytest.approx((1 / 3, 8))
    assert worst["error"] == pytest.approx(np.log(24))
    ties = ahp([[1, 1, 2], [1, 1, 1], ["1/2", 1, 1]])
    assert ties.cycles() == ()


def test_repair_on_request() -> None:
    judged = ahp([[1, 9, 9], ["", 1, 9], ["", "", 1]])
    repaired = judged.repair()
    assert judged.cr > 0.4 > 0.1 > repaired.cr
    assert "Xu & Wei 1999" in repaired.notes[0].en
    np.testing.assert_allclose(repaired.matrix * repaired.matrix.T, 1, atol=1e-12)
    # the formula by hand, one step
    once = judged.matrix**0.5 * (judged.weights[:, None] / judged.weights) ** 0.5
    np.testing.assert_allclose(judged.repair(lam=0.5, cr=0.4).matrix, once, rtol=1e-12)
    fine = ahp([[1, 2], [0.5, 1]])
    assert fine.repair() is fine
    with pytest.raises(MethodError, match="0 < lam < 1"):
        judged.repair(lam=1.0)


def test_shows_well() -> None:
    judged = ahp([[1, "1/2"], [2, 1]], labels=["<a>", "b"])
    assert repr(judged).splitlines()[1:] == ["  b  0.6667", "  <a>  0.3333"]
    assert "&lt;a&gt;" in judged._repr_html_()
    assert judged.to_frame().loc["b", ["<a>", "weight"]].tolist() == pytest.approx([2, 2 / 3])


# Laws -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@given(w=weight_vectors)
@settings(max_examples=40, deadline=None)
def test_law_consistent_matrices_give_back_their_weights(method: Any, w: Matrix) -> None:
    judged = ahp(w[:, None] / w, method=method)
    np.testing.assert_allclose(judged.weights, w / w.sum(), atol=1e-9)
    assert judged.lambda_max == pytest.approx(len(w), abs=1e-9)
    assert 0 <= judged.cr < 1e-9


@pytest.mark.parametrize("method", METHODS)
@given(a=random_matrices, seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_law_permutation_and_sum(method: Any, a: Matrix, seed: int) -> None:
    p = np.random.default_rng(seed).permutation(len(a))
    one, two = ahp(a, method=method), ahp(a[np.ix_(p, p)], method=method)
    np.testing.assert_allclose(two.weights, one.weights[p], atol=1e-9)
    assert two.cr == pytest.approx(one.cr, abs=1e-9)
    assert one.weights.sum() == pytest.approx(1, abs=1e-14)
    assert (one.weights > 0).all()
    assert one.lambda_max >= len(a) - 1e-9


@given(a=random_matrices, seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_law_aij_keeps_reciprocity(a: Matrix, seed: int) -> None:
    rng = np.random.default_rng(seed)
    others = [reciprocal(rng.choice(SCALE, len(a) * (len(a) - 1) // 2).tolist()) for _ in range(2)]
    g = aij([a, *others], importance=[1, 2, 3]).to_numpy()
    np.testing.assert_allclose(g * g.T, 1, atol=1e-12)
    # with row geometric means it makes no difference what is averaged
    each = [ahp(m, method="geometric") for m in (a, *others)]
    np.testing.assert_allclose(
        ahp(g, method="geometric").weights, aip(each, importance=[1, 2, 3]), atol=1e-12
    )


@given(a=random_matrices)
@settings(max_examples=25, deadline=None)
def test_law_crisp_fuzzy_numbers_are_the_geometric_mean(a: Matrix) -> None:
    crisp = fuzzy_ahp(np.repeat(a[:, :, None], 3, axis=2))
    np.testing.assert_allclose(crisp.weights, ahp(a, method="geometric").weights, atol=1e-14)
    assert crisp.cr == ahp(a, method="geometric").cr


# Groups, hierarchies, fuzzy ---------------------------------------------------------------------


def test_aij_with_gaps_and_labels_in_another_order() -> None:
    one = pd.DataFrame([[1, 4], [0.25, 1]], index=["a", "b"], columns=["a", "b"])
    two = pd.DataFrame([[1, 1], [1, 1]], index=["b", "a"], columns=["b", "a"])
    assert aij([one, two]).loc["a", "b"] == pytest.approx(2)
    assert aij([one, two], importance=[3, 1]).loc["a", "b"] == pytest.approx(4**0.75)
    gap = [[1, 4, 2], ["", 1, ""], ["", "", 1]]
    full = [[1, 4, 2], ["", 1, 9], ["", "", 1]]
    assert aij([gap, full]).iloc[1, 2] == pytest.approx(9)
    assert np.isnan(aij([gap, gap]).iloc[1, 2])


def test_group_errors() -> None:
    table = pd.DataFrame([[1, 4], [0.25, 1]], index=["a", "b"], columns=["a", "b"])
    other = table.set_axis(["a", "c"], axis=0).set_axis(["a", "c"], axis=1)
    with pytest.raises(MethodError, match="judge 2 does not speak of the same criteria: b, c"):
        aij([table, other])
    with pytest.raises(MethodError, match="at least one judge"):
        aip([])
    with pytest.raises(MethodError, match=r"importance of shape \(1,\) for 2 judges"):
        aij([table, table], importance=[1])


def test_hierarchy_cr() -> None:
    top = ahp(shipped("textbook-travel"))
    rough = ahp([[1, 2, 9], ["", 1, 2], ["", "", 1]])
    fine = ahp([[1, 2, 4], ["", 1, 2], ["", "", 1]])
    judged = {"total": top, "scenery": rough, "cost": fine}
    b = dict(zip(top.labels, top.weights, strict=True))
    expected = (top.ci + b["scenery"] * rough.ci) / (1.12 + (b["scenery"] + b["cost"]) * 0.58)
    assert hierarchy_cr(judged) == pytest.approx(expected, abs=1e-12)
    assert hierarchy_cr({"x": rough, "y": fine}, importance={"x": 1, "y": 3}) == pytest.approx(
        rough.ci / (4 * 0.58)
    )
    assert hierarchy_cr({"total": ahp([[1, 2], ["", 1]])}) == 0
    with pytest.raises(MethodError, match=r"hang on 2 roots \(x, y\).*importance="):
        hierarchy_cr({"x": rough, "y": fine})
    with pytest.raises(MethodError, match="no importance for y"):
        hierarchy_cr({"x": rough, "y": fine}, importance={"x": 1})


def test_fuzzy_by_hand() -> None:
    empty, one = (None,) * 3, (1, 1, 1)
    judged = fuzzy_ahp([[one, (1, 2, 3), (2, 4, 6)], [empty, one, (1, 2, 2)], [empty, empty, one]])
    low = np.cbrt([1 * 2, 1 / 3 * 1, 1 / 6 * 1 / 2])
    mode = np.cbrt([8, 1, 1 / 8])
    high = np.cbrt([18, 2, 1 / 2])
    expected = np.stack([low / high.sum(), mode / mode.sum(), high / low.sum()], axis=1)
    np.testing.assert_allclose(judged.fuzzy_weights, expected, atol=1e-12)
    centre = expected.mean(axis=1)
    np.testing.assert_allclose(judged.weights, centre / centre.sum(), atol=1e-12)
    assert judged.to_frame().index.tolist() == ["x1", "x2", "x3"]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ((3, 2, 4), r"l <= m <= u; a : b = \(3, 2, 4\)"),
        ((0, 1, 2), "positive and finite: a : b = 0"),
        ((None, None, None), "a with b"),
    ],
)
def test_fuzzy_errors(pair: Any, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        fuzzy_ahp([[(1, 1, 1), pair], [(None,) * 3, (1, 1, 1)]], labels=["a", "b"])


def test_fuzzy_shape_and_gaps() -> None:
    with pytest.raises(MethodError, match=r"shape \(n, n, 3\)"):
        fuzzy_ahp(np.ones((2, 2)))
    a = np.ones((3, 3, 3))
    a[0, 2] = a[2, 0] = np.nan
    with pytest.raises(MethodError, match="needs every pair; x1 : x3 was not judged"):
        fuzzy_ahp(a)
    a = np.ones((2, 2, 3))
    a[0, 1], a[1, 0] = (1, 2, 3), (1, 2, 3)
    with pytest.raises(MethodError, match="reciprocal"):
        fuzzy_ahp(a)

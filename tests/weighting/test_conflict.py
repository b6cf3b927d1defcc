"""CRITIC, MEREC, CILOS, IDOCRIW, LOPCOW; then laws and traps of all data-driven schemes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gz_index.errors import MethodError
from gz_index.testing import check_weighting
from gz_index.weighting.conflict import cilos, critic, idocriw, lopcow, merec
from gz_index.weighting.dispersion import cv, gini, scatter_degree, std
from gz_index.weighting.entropy import entropy
from tests.golden import golden, panel, reference

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymcdm import weights as pymcdm
    from skcriteria.preprocessing import weighters as skcriteria

Matrix = NDArray[np.float64]
Z = panel().reshape(-1, 4)

SCHEMES: dict[str, Callable[..., Matrix]] = {
    f.__name__: f
    for f in (entropy, cv, std, gini, scatter_degree, critic, merec, cilos, idocriw, lopcow)
}
#: weights that a new origin of a column does not change either
ORIGIN_FREE = ["std", "scatter_degree", "critic", "lopcow"]
every_scheme = pytest.mark.parametrize("name", SCHEMES)


def positive(n: int, k: int, seed: int = 0) -> Matrix:
    return np.random.default_rng(seed).uniform(0.1, 5.0, (n, k))


def up(k: int) -> NDArray[np.int_]:
    return np.ones(k, dtype=int)


#: the same scheme elsewhere: all of them take bigger as better
THEIRS: dict[str, list[Callable[[Matrix], Matrix]]] = {
    "entropy": [pymcdm.entropy_weights, skcriteria.entropy_weights],
    "critic": [pymcdm.critic_weights, lambda x: skcriteria.critic_weights(x, up(x.shape[1]))],
    "merec": [
        lambda x: pymcdm.merec_weights(x, up(x.shape[1])),
        lambda x: skcriteria.merec_weights(x, up(x.shape[1])),
    ],
    "cilos": [lambda x: pymcdm.cilos_weights(x, up(x.shape[1]))],
    "idocriw": [lambda x: pymcdm.idocriw_weights(x, up(x.shape[1]))],
    "lopcow": [lambda x: pymcdm.lopcow_weights(x, up(x.shape[1]))],
    "gini": [pymcdm.gini_weights, skcriteria.gini_weights],
}


def quietly(call: Callable[[Matrix], Matrix], x: Matrix) -> Matrix:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return call(x)


# --- reference values -----------------------------------------------------------------------------


def test_golden_critic() -> None:
    np.testing.assert_allclose(critic(Z), golden("critic_pooled_minmax_ddof1"), rtol=0, atol=1e-9)
    np.testing.assert_allclose(
        critic(Z, conflict="absolute"), golden("critic_abs_r_variant"), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("case", ["illustrative", "comparative"])
def test_merec_of_its_paper(case: str) -> None:
    paper = reference("keshavarz2021")[case]
    x = np.array(paper["x"], dtype=float) ** paper["direction"]  # falling ones as 1 / x
    np.testing.assert_allclose(merec(x), paper["merec"], rtol=0, atol=paper["rounding"])


def test_cilos_and_idocriw_of_their_paper() -> None:
    paper = reference("zavadskas2016")
    x = np.array(paper["x"])
    oriented = x ** np.array(paper["direction"])
    q = cilos(oriented)
    np.testing.assert_allclose(q, paper["cilos"], rtol=0, atol=paper["rounding"])
    # the paper takes entropy of the data before they are oriented
    product = q * entropy(x)
    np.testing.assert_allclose(
        product / product.sum(), paper["idocriw"], rtol=0, atol=paper["rounding"]
    )
    # which differs from entropy of what is scored
    assert np.abs(idocriw(oriented) - paper["idocriw"]).max() > 0.05


def test_critic_of_tus_2019() -> None:
    paper = reference("tus2019")
    np.testing.assert_allclose(critic(paper["x"]), paper["critic"], rtol=0, atol=paper["rounding"])


@pytest.mark.parametrize(("name", "k"), [(n, k) for n in THEIRS for k in (2, 5, 12)])
def test_agrees_with_other_packages(name: str, k: int) -> None:
    x = positive(30, k, seed=1)
    for theirs in THEIRS[name]:
        np.testing.assert_allclose(SCHEMES[name](x), theirs(x), rtol=0, atol=1e-9)


@pytest.mark.parametrize("correlation", ["pearson", "spearman", "kendall"])
@pytest.mark.parametrize("scale", ["minmax", None])
def test_critic_agrees_with_scikit_criteria(correlation: Any, scale: Any) -> None:
    x = positive(25, 4).round(1)  # with ties
    np.testing.assert_allclose(
        critic(x, correlation=correlation, scale=scale),
        skcriteria.critic_weights(x, up(4), correlation=correlation, scale=scale is not None),
        rtol=0,
        atol=1e-9,
    )


# --- formulas -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("n", [819, 820, 5001])
def test_blocks_of_rows_do_not_show(n: int, order: Any) -> None:
    x = np.asarray(positive(n, 40), order=order)
    z = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    c = z.std(axis=0) * (1 - np.corrcoef(z, rowvar=False)).sum(axis=0)
    np.testing.assert_allclose(critic(x), c / c.sum(), rtol=1e-12)


def test_absolute_conflict_takes_opposed_indicators_as_alike() -> None:
    x = positive(20, 3)
    flipped = x * [1, -1, 1]
    np.testing.assert_allclose(
        critic(flipped, conflict="absolute"), critic(x, conflict="absolute"), rtol=1e-12
    )


def test_cilos_solves_its_system() -> None:
    x = positive(15, 5)
    A = x[x.argmax(axis=0)]
    P = (np.diag(A) - A) / np.diag(A)
    q = cilos(x)
    np.testing.assert_allclose(P @ q, q * P.sum(axis=0), rtol=1e-12)


def test_tied_best_rows_of_cilos() -> None:
    x = np.array([[4.0, 1, 2], [4, 2, 1], [1, 5, 3], [2, 2, 6]])
    for scheme in (cilos, idocriw):
        with pytest.raises(
            MethodError, match="2 different rows are best on column 0: rows 0, 1 -> ties = 'mean'"
        ):
            scheme(x)
        w = scheme(x, ties="mean")
        np.testing.assert_allclose(scheme(x[[3, 1, 2, 0]], ties="mean"), w, rtol=1e-12)
        # the package that takes the first row depends on the order of the rows
        theirs = THEIRS[scheme.__name__][0]
        assert np.abs(theirs(x) - theirs(x[::-1])).max() > 0.005
        with pytest.raises(MethodError, match="ties = 'first' -> ties is 'refuse' or 'mean'"):
            scheme(x, ties="first")
    # equal rows are no question
    np.testing.assert_allclose(cilos(x[[0, 0, 2, 3]]), cilos(x[[0, 2, 3]]), rtol=1e-12)


def test_cilos_needs_best_units_that_differ() -> None:
    # one row of the panel is best on everything
    with pytest.raises(MethodError, match="cilos: choosing .* loses nothing in columns 0, 1, 2, 3"):
        cilos(Z)
    with pytest.raises(MethodError, match="idocriw: choosing .* loses nothing in column 2"):
        idocriw([[9, 1, 5], [1, 9, 5], [2, 2, 1]], ties="mean")


def test_lopcow_divisor() -> None:
    x = positive(10, 3)
    z = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    for ddof in (0, 1):
        v = np.abs(np.log(np.sqrt((z**2).mean(axis=0)) / z.std(axis=0, ddof=ddof)))
        np.testing.assert_allclose(lopcow(x, ddof=ddof), v / v.sum(), rtol=1e-12)  # type: ignore[arg-type]
    with pytest.raises(MethodError, match="ddof is 0 or 1"):
        lopcow(x, ddof=2)  # type: ignore[arg-type]


def test_lopcow_of_a_column_with_a_single_one() -> None:
    # root mean square and deviation (n - 1) are then equal: its weight is 0, not rounding
    x = positive(6, 3)
    x[:, 1] = [0, 0, 0.3, 0, 0, 0]
    assert lopcow(x)[1] == 0.0
    with pytest.raises(MethodError, match="every weight is zero"):
        lopcow(np.eye(4) * 0.7 + 0.1)


def test_critic_of_perfectly_correlated_columns() -> None:
    with pytest.raises(MethodError, match="perfectly correlated"):
        critic([[0.1, 0.3], [0.2, 0.6], [0.7, 2.1]])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"correlation": "cosine"}, "critic: correlation = 'cosine' -> correlation is one of pear"),
        ({"conflict": "squared"}, "conflict = 'squared' -> conflict is one of signed, absolute"),
        ({"scale": "vector"}, "critic: scale = 'vector' -> scale is 'minmax' or None"),
    ],
)
def test_unknown_options_of_critic(options: dict[str, Any], match: str) -> None:
    with pytest.raises(MethodError, match=match):
        critic(Z, **options)


# --- laws of every scheme -------------------------------------------------------------------------

#: whole numbers with a common factor in the rows, so that no scheme lacks a unique answer as a rule
tables = st.tuples(st.integers(4, 12), st.integers(2, 5)).flatmap(
    lambda shape: st.builds(
        lambda own, common: (own + common).astype(np.float64),
        arrays(np.int64, shape, elements=st.integers(1, 200)),
        arrays(np.int64, (shape[0], 1), elements=st.integers(0, 300)),
    )
)


def weights(name: str, x: Matrix) -> Matrix:
    """Weights, or another example where the scheme refuses this one (a constant column, say)."""
    try:
        return SCHEMES[name](x)
    except MethodError:
        reject()


def close(name: str, tolerance: float) -> float:
    # an eigenvector moves by rounding / gap between eigenvalues, and the gap may be small;
    # 1 - r keeps few digits where every r is nearly 1
    return {"scatter_degree": 1e-7, "critic": max(tolerance, 1e-10)}.get(name, tolerance)


@every_scheme
def test_keeps_the_contract(name: str) -> None:
    check_weighting(SCHEMES[name])


@every_scheme
@settings(max_examples=50, deadline=None)
@given(x=tables)
def test_weights_are_shares_and_the_input_stays(name: str, x: Matrix) -> None:
    kept = x.copy()
    x.flags.writeable = False
    w = weights(name, x)
    assert w.shape == (x.shape[1],)
    assert (w >= 0).all()
    assert abs(w.sum() - 1) <= 1e-12
    np.testing.assert_array_equal(x, kept)


@every_scheme
@settings(max_examples=50, deadline=None)
@given(x=tables, seed=st.integers(0, 1000))
def test_order_of_rows_and_columns_does_not_matter(name: str, x: Matrix, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(x.shape[0]), rng.permutation(x.shape[1])
    w = weights(name, x)
    tolerance = close(name, 1e-12)
    np.testing.assert_allclose(SCHEMES[name](x[rows]), w, rtol=0, atol=tolerance)
    np.testing.assert_allclose(SCHEMES[name](x[:, columns]), w[columns], rtol=0, atol=tolerance)


@every_scheme
@settings(max_examples=50, deadline=None)
@given(x=tables, seed=st.integers(0, 1000))
def test_units_do_not_matter(name: str, x: Matrix, seed: int) -> None:
    w = weights(name, x)
    unit = 10 ** np.random.default_rng(seed).uniform(-6, 6, x.shape[1])
    np.testing.assert_allclose(SCHEMES[name](x * unit), w, rtol=0, atol=close(name, 1e-9))


@pytest.mark.parametrize("name", ORIGIN_FREE)
@settings(max_examples=50, deadline=None)
@given(x=tables, seed=st.integers(0, 1000))
def test_origins_do_not_matter(name: str, x: Matrix, seed: int) -> None:
    w = weights(name, x)
    origin = np.random.default_rng(seed).uniform(-500, 500, x.shape[1])
    np.testing.assert_allclose(SCHEMES[name](x + origin), w, rtol=0, atol=close(name, 1e-9))


# --- traps of every scheme ------------------------------------------------------------------------


@every_scheme
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_pitfall_03_missing_and_infinite_cells_are_refused(name: str, value: float) -> None:
    x = positive(12, 5)
    x[3, 2] = value
    with pytest.raises(
        MethodError,
        match=rf"^{name}: 1 cell\(s\) not a finite number in column 2 \(first: {value} at row 3\)",
    ):
        SCHEMES[name](x)


@pytest.mark.parametrize("name", ["entropy", "critic", "merec", "lopcow", "gini"])
def test_pitfall_03_other_packages_return_nan_for_every_column(name: str) -> None:
    x = positive(12, 5)
    x[3, 2] = np.nan
    for theirs in THEIRS[name]:
        assert np.isnan(quietly(theirs, x)).all()


def test_pitfall_03_an_infinite_cell_takes_the_weight_elsewhere() -> None:
    x = positive(12, 5)
    x[3, 2] = np.inf
    assert quietly(pymcdm.entropy_weights, x)[2] > 0.7


@pytest.mark.parametrize("name", ["entropy", "cv", "gini", "merec", "cilos", "idocriw"])
def test_pitfall_04_negative_cells_are_refused(name: str) -> None:
    x = positive(12, 5)
    x[3, 2] = -1.0
    with pytest.raises(MethodError, match=rf"^{name}: .* in column 2 \(first: -1.0 at row 3\) -> "):
        SCHEMES[name](x)


def test_merec_needs_numbers_above_zero() -> None:
    with pytest.raises(MethodError, match=r"4 cell\(s\) not above zero in columns 0, 1, 2, 3"):
        merec(Z)


@pytest.mark.parametrize("name", ["entropy", "cv", "std", "gini", "merec"])
def test_pitfall_05_a_constant_column_weighs_exactly_nothing(name: str) -> None:
    x = positive(12, 5)
    x[:, 2] = 3.0
    w = SCHEMES[name](x)
    assert w[2] == 0.0
    assert (np.delete(w, 2) > 0).all()


@pytest.mark.parametrize("name", ["scatter_degree", "critic", "cilos", "idocriw", "lopcow"])
def test_pitfall_05_a_constant_column_without_an_answer_is_named(name: str) -> None:
    x = positive(12, 5)
    x[:, 2] = 3.0
    with pytest.raises(MethodError, match=rf"^{name}: column 2 the same in every row .* -> drop"):
        SCHEMES[name](x)


def test_pitfall_05_other_packages_on_a_constant_column() -> None:
    x = positive(12, 5)
    x[:, 2] = 3.0
    for theirs in THEIRS["entropy"]:
        assert -1e-14 < theirs(x)[2] < 0  # a negative weight
    for theirs in THEIRS["critic"]:
        assert np.isnan(quietly(theirs, x)).all()
    assert quietly(THEIRS["cilos"][0], x)[2] == pytest.approx(1)  # the constant takes it all
    assert quietly(THEIRS["idocriw"][0], x).min() < -1e-3
    assert np.isnan(quietly(THEIRS["lopcow"][0], x)[2])


@every_scheme
def test_pitfall_06_too_few_rows_or_columns(name: str) -> None:
    scheme = SCHEMES[name]
    with pytest.raises(
        MethodError, match=f"^{name} needs at least 2 rows and 1 columns; got 1 x 3"
    ):
        scheme([[1, 2, 3]])
    with pytest.raises(MethodError, match="got 0 x 0"):
        scheme(np.empty((0, 0)))
    np.testing.assert_array_equal(scheme([[1], [2]]), [1.0])
    np.testing.assert_array_equal(scheme([[2], [2]]), [1.0])


@every_scheme
@pytest.mark.parametrize("factor", [1e307, 1e-300])
def test_pitfall_06_very_large_and_very_small_numbers(name: str, factor: float) -> None:
    x = positive(12, 5) + positive(12, 1, seed=1)
    np.testing.assert_allclose(
        SCHEMES[name](x * factor), SCHEMES[name](x), rtol=0, atol=close(name, 1e-12)
    )


def test_pitfall_06_other_packages_overflow_to_equal_weights() -> None:
    x = positive(12, 5) * 1e307
    for theirs in THEIRS["entropy"]:
        np.testing.assert_allclose(quietly(theirs, x), 0.2, rtol=1e-12)
    for theirs in THEIRS["gini"]:
        assert np.isnan(quietly(theirs, x)).all()


def test_pitfall_07_direction_matters_to_critic() -> None:
    x = positive(30, 1) + 0.4 * positive(30, 5, seed=1)
    x[:, 4] = 8 - x[:, 4]  # say pollution: less is better, and it falls where the others rise
    oriented = x * [1, 1, 1, 1, -1]
    right, wrong = critic(oriented), critic(x)
    assert wrong[4] - right[4] > 0.2  # the unturned column gains a fifth of all weight
    # a package without directions gives the wrong one
    np.testing.assert_allclose(pymcdm.critic_weights(x), wrong, rtol=0, atol=1e-9)

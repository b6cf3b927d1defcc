import json
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.prepare.base import Sheet
from gz_index.prepare.filling import METHODS, OUTCOMES
from gz_index.prepare.impute import Impute
from gz_index.prepare.rule import step as make
from gz_index.table import align

NAN = np.nan


def sheet_of(data, extra=()):
    codes = [c for c in data.columns if c not in extra]
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in codes))
    return Sheet(align(data[codes], f), f, {c: data[c].to_numpy(float) for c in extra})


def run(data, extra=(), **options):
    step, sheet = Impute(**options), sheet_of(data, extra)
    fitted = step.fit(sheet)
    out = step.apply(sheet, fitted)
    codes = [c for c in data.columns if c not in extra]
    return pd.DataFrame(out.values, index=data.index, columns=codes), fitted, step


def panel(cells, units=("x", "y"), years=(2019, 2020, 2021, 2022)):
    rows = pd.MultiIndex.from_product([list(units), years], names=["unit", "year"])
    return pd.DataFrame(cells, index=rows)


def low_rank(seed=0, n=40, gaps=0.08, years=None):
    """A table of three factors with some noise, and gaps at random."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2)) @ rng.normal(size=(2, 5)) + 0.2 * rng.normal(size=(n, 5)) + 10
    hole = rng.random(x.shape) < gaps
    hole[:, 0] = False  # every row knows something
    hole[: n // 4] = False
    x[hole] = NAN
    rows = pd.Index([f"u{i}" for i in range(n)], name="unit")
    if years:
        units = [f"u{i}" for i in range(n // years)]
        rows = pd.MultiIndex.from_product([units, range(2000, 2000 + years)])
        rows.names = ["unit", "year"]
    return pd.DataFrame(x, index=rows, columns=list("abcde"))


# -- the methods -----------------------------------------------------------------------------------


def test_mean_and_median_of_column_group_and_period():
    data = panel({"a": [1.0, 2, 6, NAN, 10, 20, NAN, 40]})
    gap = [("x", 2022), ("y", 2021)]
    assert run(data, method="mean")[0].loc[gap, "a"].tolist() == [79 / 6] * 2
    assert run(data, method="median")[0].loc[gap, "a"].tolist() == [8] * 2
    by = {"x": "west", "y": "east"}
    assert run(data, method="mean", by=by)[0].loc[gap, "a"].tolist() == [3, 70 / 3]
    assert run(data, method="median", by=by)[0].loc[gap, "a"].tolist() == [2, 20]
    assert run(data, method="mean", by="period")[0].loc[gap, "a"].tolist() == [40, 6]


def test_linear_is_what_pandas_interpolates():
    rng = np.random.default_rng(0)
    years = [2001, 2002, 2005, 2006, 2010, 2011]
    data = panel({"a": rng.normal(size=18), "b": rng.normal(size=18)}, "xyz", years)
    data = data.mask(rng.random(data.shape) < 0.4)
    got = run(data, method="linear", rest="keep")[0]
    for unit in "xyz":
        own = data.loc[unit].interpolate(method="index", limit_area="inside")
        np.testing.assert_allclose(got.loc[unit], own, rtol=1e-14)


def test_ends_of_a_series():
    data = panel({"a": [NAN, 4.0, 8, NAN, 1, 2, 3, 4]})
    assert run(data, method="linear", ends="nearest")[0].loc["x", "a"].tolist() == [4, 4, 8, 8]
    assert run(data, method="linear", ends="cagr")[0].loc["x", "a"].tolist() == [2, 4, 8, 16]
    kept, fitted, _ = run(data, method="linear", rest="keep")
    assert kept.loc["x", "a"].isna().tolist() == [True, False, False, True]
    assert [c[3] for c in fitted["open"]] == ["outside"] * 2


@pytest.mark.parametrize(
    ("periods", "at"),
    [
        (["2020", "2021", "2024"], 1 / 4),
        (["2020年", "2021年", "2024年"], 1 / 4),
        (list(pd.to_datetime(["2021-01-01", "2022-01-01", "2024-01-01"])), 1 / 3),
        (["2020Q1", "2020Q2", "2021Q1"], 1 / 4),
        (list(pd.PeriodIndex(["2020-01", "2020-02", "2020-05"], freq="M")), 1 / 4),
    ],
)
def test_time_is_measured(periods, at):
    rows = pd.MultiIndex.from_product([["x"], periods], names=["unit", "period"])
    data = pd.DataFrame({"a": [0.0, NAN, 1]}, index=rows)
    assert run(data, method="linear")[0]["a"].iloc[1] == pytest.approx(at, rel=1e-12)


def test_carry_takes_the_newest_within_the_limit():
    data = panel({"a": [5.0, NAN, NAN, NAN, NAN, 7, NAN, 9]})
    got, fitted, _ = run(data, method="carry", rest="keep")
    np.testing.assert_array_equal(got["a"], [5, 5, 5, 5, NAN, 7, 7, 9])
    assert fitted["open"] == [["a", "y", "2019", "nothing-before"]]
    got, fitted, _ = run(data, method="carry", limit=2, rest="keep")
    np.testing.assert_array_equal(got["a"], [5, 5, 5, NAN, NAN, 7, 7, 9])
    assert fitted["open"][0] == ["a", "x", "2022", "too-old"]
    years = [2010, 2015, 2020]  # the limit is in years, not in rows
    data = panel({"a": [1.0, NAN, NAN]}, ["x"], years)
    got = run(data, method="carry", limit=5, rest="keep")[0]
    np.testing.assert_array_equal(got["a"], [1, 1, NAN])


def test_cold_deck_by_unit_and_by_period():
    data = panel({"a": [1.0, NAN, 3, NAN, NAN, 1, 1, 1]})
    table = {"a": {"x": {2020: 20, 2022: 22}, "y": 5}}
    got = run(data, method="cold-deck", table=table)[0]
    assert got["a"].tolist() == [1, 20, 3, 22, 5, 1, 1, 1]
    same = panel({"a": [0.0, 20, NAN, 22, 5, NAN, NAN, NAN]})
    assert run(data, method="cold-deck", table=same)[0].equals(got)


def test_cold_deck_from_a_file_beside_the_definition(tmp_path):
    (tmp_path / "donors.csv").write_bytes(
        "城市,年份,a,备注\nx,2020,20,甲\ny,2019,5,乙\n".encode("gb18030")
    )
    text = """
        index = { id = "i", version = "1" }
        prepare = [{ kind = "impute", method = "cold-deck", table = "donors.csv" }]
        indicators = [{ code = "a", direction = "+" }]

        [sensitivity]
        choices = [{ kind = "alternatives", part = "prepare", of = [
            [{ kind = "impute", method = "cold-deck", table = "donors.csv" }],
            [{ kind = "impute", method = "mean" }],
        ] }]
    """
    file = tmp_path / "i.toml"
    file.write_text(text, encoding="utf-8")
    index = gz.Index.from_toml(file)
    donors = {"a": {"x": {"2020": 20.0}, "y": {"2019": 5.0}}}
    assert index.prepare.steps[0].table == donors
    assert index.sensitivity.choices[0].of[0].steps[0].table == donors
    (tmp_path / "donors.csv").unlink()  # the definition holds what it needs
    assert gz.Index.from_toml(index.to_toml()) == index
    data = panel({"a": [1.0, NAN, 3, 4, NAN, 1, 1, 1]})
    filled = index.evaluate(data).prepared.cells["after"].tolist()
    assert filled == [20.0, 5.0]
    with pytest.raises(gz.DefinitionError, match=r"donors\.csv"):
        gz.Index.from_toml(file)
    with pytest.raises(gz.DataError, match=r"donors\.csv"):
        Impute(method="cold-deck", table=tmp_path / "donors.csv")
    (tmp_path / "donors.csv").write_text("city,note\nx,good\n", encoding="utf-8")
    with pytest.raises(gz.MethodError, match="no numeric column"):
        Impute(method="cold-deck", table=tmp_path / "donors.csv")


def test_regression_on_what_is_named():
    data = pd.DataFrame(
        {"a": [1.0, 2, 3, 4, 5], "b": [2.0, 1, 4, 3, 9], "c": [1.0, 3, 2, 5, NAN]},
        index=list("vwxyz"),
    )
    slope, start = np.polyfit(data["a"][:4], data["c"][:4], 1)
    got = run(data, method="regression", on=["a"])[0]
    assert got.loc["z", "c"] == pytest.approx(start + 5 * slope, rel=1e-12)
    design = np.column_stack([np.ones(4), data[["a", "b"]][:4]])
    b = np.linalg.solve(design.T @ design, design.T @ data["c"][:4])
    got = run(data, method="regression")[0]
    assert got.loc["z", "c"] == pytest.approx(b @ [1, 5, 9], rel=1e-10)
    gdp = data.rename(columns={"a": "gdp"})  # another column than an indicator
    step = Impute(method="regression", on=["gdp"])
    assert step.needs == ("gdp",)
    got = run(gdp, ("gdp",), method="regression", on=["gdp"])[0]
    assert got.loc["z", "c"] == pytest.approx(start + 5 * slope, rel=1e-12)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_knn_is_that_of_scikit_learn_on_standardised_columns(k):
    from sklearn.impute import KNNImputer

    data = low_rank(seed=4, gaps=0.2)
    mean, sd = data.mean(), data.std(ddof=0)
    expected = KNNImputer(n_neighbors=k).fit_transform((data - mean) / sd) * sd.to_numpy()
    got = run(data, method="knn", neighbours=k)[0]
    np.testing.assert_allclose(got, expected + mean.to_numpy(), rtol=1e-10)


def test_donors_that_are_equally_near_all_count():
    data = pd.DataFrame({"a": [0.0, 1, -1, 5], "b": [NAN, 10, 30, 90]}, index=list("wxyz"))
    assert run(data, method="knn", neighbours=1)[0].loc["w", "b"] == 20


def test_iterative_is_the_fixed_point_of_scikit_learn():
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    data = low_rank(seed=5)
    mean, sd = data.mean(), data.std(ddof=0)
    imputer = IterativeImputer(max_iter=100, random_state=0)
    expected = imputer.fit_transform((data - mean) / sd)
    got = (run(data, method="iterative")[0] - mean) / sd
    np.testing.assert_allclose(got, expected, atol=5e-3)  # they stop at 1e-3 of the largest value


def test_em_is_the_conditional_mean():
    from gz_index.prepare.em import conditional, em

    data = low_rank(seed=6)
    fit = em(data.to_numpy())
    expected = conditional(data.to_numpy(), fit.mean, fit.covariance)
    np.testing.assert_allclose(run(data, method="em")[0], expected, rtol=1e-14)
    two = ["a", "b"]  # within two columns only
    fit = em(data[two].to_numpy())
    expected = conditional(data[two].to_numpy(), fit.mean, fit.covariance)
    got = run(data, method="em", columns=two, on=[], rest="keep")[0]
    np.testing.assert_allclose(got[two], expected, rtol=1e-14)
    assert got[["c", "d", "e"]].equals(data[["c", "d", "e"]])


# -- laws ------------------------------------------------------------------------------------------

LAWS = [
    {"method": "mean"},
    {"method": "median", "by": "period"},
    {"method": "linear", "ends": "nearest"},
    {"method": "carry"},
    {"method": "cold-deck", "table": {c: {f"u{i}": i + 0.5 for i in range(20)} for c in "abcde"}},
    {"method": "regression", "on": ["a"]},
    {"method": "knn", "neighbours": 3},
    {"method": "iterative", "tol": 1e-2},
    {"method": "em"},
]


def test_every_method_is_under_the_laws():
    assert {law["method"] for law in LAWS} == set(METHODS)


@pytest.mark.parametrize("options", LAWS, ids=lambda o: o["method"])
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_laws(options, seed):
    data = low_rank(seed, n=60, gaps=0.15, years=4)
    step = Impute(**options, rest="keep")
    sheet = sheet_of(data)
    fitted = json.loads(json.dumps(step.fit(sheet), allow_nan=False))
    out = step.apply(sheet, fitted)
    known = data.notna().to_numpy()
    # known cells are never changed; what is filled is marked; what is not is listed
    assert np.array_equal(out.values[known], data.to_numpy()[known])
    assert np.array_equal(out.imputed, ~known & ~np.isnan(out.values))
    assert len(fitted["open"]) == int(np.isnan(out.values).sum())
    # a replay is the same to the last bit
    assert np.array_equal(step.apply(sheet, fitted).values, out.values, equal_nan=True)
    # the order of rows does not matter
    rows = np.random.default_rng(seed).permutation(60)
    other = sheet_of(data.iloc[rows])
    again = step.apply(other, step.fit(other)).values
    np.testing.assert_allclose(again, out.values[rows], rtol=1e-10, atol=1e-10)
    # new rows change no earlier cell, and are filled themselves
    new = data.xs(2003, level="year").assign(year=2004).set_index("year", append=True)
    new["b"] = NAN
    longer = step.apply(sheet_of(pd.concat([data, new])), fitted).values
    assert np.array_equal(longer[:60], out.values, equal_nan=True)
    if options.get("by") != "period":
        seen = data["b"].notna().groupby(level="unit", sort=False).any().to_numpy()
        if options["method"] in ("linear", "carry"):  # a unit without any value stays open
            assert np.array_equal(np.isnan(longer[60:, 1]), ~seen)
        else:
            assert not np.isnan(longer[60:, 1]).any()


@pytest.mark.parametrize("options", LAWS, ids=lambda o: o["method"])
def test_definitions_come_back_equal(options):
    step = Impute(columns=("a", "b"), **options, low={"a": 0.0}, outside="clip", rest="keep")
    again = make(json.loads(json.dumps(step.to_dict())))
    assert again == step
    assert again.to_dict() == step.to_dict()


def test_options_come_back_equal():
    for step in (
        Impute(method="mean", by={1: "a", "b": 2}),
        Impute(method="em", on=[]),
        Impute(method="cold_deck", table=panel({"a": [1.0, NAN, 3, 4, 5, 6, 7, 8]})),
        Impute(method="carry", limit=2),
    ):
        assert make(step.to_dict()) == step


# -- replay ----------------------------------------------------------------------------------------


def test_replay_keeps_what_new_years_would_change():
    old = panel({"a": [1.0, 2, NAN, NAN]}, ["x"])
    step, sheet = Impute(method="linear", ends="nearest"), sheet_of(old)
    fitted = step.fit(sheet)
    new = panel({"a": [1.0, 2, NAN, NAN, 10]}, ["x"], (2019, 2020, 2021, 2022, 2023))
    assert step.apply(sheet_of(new), fitted).values.ravel().tolist() == [1, 2, 2, 2, 10]
    fresh = step.fit(sheet_of(new))
    assert step.apply(sheet_of(new), fresh).values[2:4, 0] == pytest.approx([14 / 3, 22 / 3])
    # a cell that was missing and has been published since is taken as it is
    new = panel({"a": [1.0, 2, 7, NAN]}, ["x"])
    assert step.apply(sheet_of(new), fitted).values.ravel().tolist() == [1, 2, 7, 2]


def test_a_cell_left_open_stays_open():
    step = Impute(method="linear", rest="keep")
    fitted = step.fit(sheet_of(panel({"a": [1.0, 2, NAN]}, ["x"], (2019, 2020, 2021))))
    new = sheet_of(panel({"a": [1.0, 2, NAN, 4]}, ["x"]))
    assert np.isnan(step.apply(new, fitted).values[2, 0])


def test_new_units_use_stored_parameters():
    data = low_rank(seed=7)
    new = pd.DataFrame([[10.0, NAN, 11, 9, 10]], index=["new"], columns=list("abcde"))
    for options in ({"method": "em"}, {"method": "iterative"}, {"method": "mean"}):
        step = Impute(**options)
        fitted = step.fit(sheet_of(data))
        alone = step.apply(sheet_of(new), fitted).values
        beside = step.apply(sheet_of(pd.concat([data, new])), fitted).values[-1:]
        np.testing.assert_allclose(alone, beside, rtol=1e-12)


def test_a_period_that_was_not_fitted_is_refused():
    step = Impute(method="mean", by="period")
    fitted = step.fit(sheet_of(panel({"a": [1.0, 2, 3, NAN, 5, 6, 7, 8]})))
    new = sheet_of(panel({"a": [1.0, NAN]}, ["x"], (2019, 2030)))
    with pytest.raises(gz.DataError, match="its group is not given, or was not there to fit"):
        step.apply(new, fitted)


def test_a_regression_without_gaps_may_be_left_out_until_it_is_needed():
    step = Impute(method="regression", on=["a"])
    fitted = step.fit(sheet_of(pd.DataFrame({"a": [1.0, 2], "b": [1.0, 3]}, index=["x", "y"])))
    new = sheet_of(pd.DataFrame({"a": [1.0], "b": [NAN]}, index=["new"]))
    with pytest.raises(gz.DataError, match="nothing was missing to fit, and no model was"):
        step.apply(new, fitted)


def test_predictors_that_depend_on_each_other_are_refused():
    data = low_rank(seed=8)[["a", "b"]].assign(c=lambda d: 2 * d["a"] + 1)
    with pytest.raises(gz.MethodError, match="the predictor c does not vary, or is a sum"):
        run(data, method="regression", on=["a", "c"])


# -- what is said, bounds, refusals ----------------------------------------------------------------


def test_what_is_said():
    data = panel({"a": [1.0, NAN, 3, 4, 5, 6, 7, 8], "b": [NAN, 1.0, 2, 3, NAN, NAN, 4, 5]})
    _, fitted, step = run(data, method="mean")
    assert [t.en for t in step.said(fitted)] == [
        "4 cell(s) filled by the mean: a 1, b 3",
        "they come from values of other units, of all periods together",
    ]
    assert step.said(fitted)[0].zh == "均值填补4个单元格：a 1, b 3"
    _, fitted, step = run(data, method="linear", rest="keep")
    assert [t.en for t in step.said(fitted)] == [
        "1 cell(s) filled by linear interpolation within the unit: a 1",
        "3 cell(s) stay missing (it lies outside the periods that its unit knows): "
        "b x 2019, b y 2019, b y 2020",
    ]
    assert run(data.dropna(), method="mean")[2].said(run(data.dropna(), method="mean")[1]) == ()


def test_every_outcome_is_told_in_both_languages():
    for text, way in OUTCOMES.values():
        assert text.zh != text.en
        assert way


def test_bounds_refuse_or_clip():
    data = panel({"share": [NAN, 1.0, 3, 5, NAN, 8, 4, 2]})
    data["share"] -= 0.5
    with pytest.raises(gz.DataError, match=r"share: 11 for .*y.* is not in \[0, 10\]"):
        run(data + 3, method="cold-deck", table={"share": {"x": 3, "y": 11}}, low=0, high=10)
    deck = {"method": "cold-deck", "table": {"share": {"x": -2, "y": 3}}}
    got, fitted, step = run(data, **deck, low={"share": 0}, outside="clip")
    assert got["share"].iloc[[0, 4]].tolist() == [0, 3]
    assert fitted["clipped"] == [["share", "x", "2019", -2.0]]
    assert "1 of them were cut to a bound: share 1" in [t.en for t in step.said(fitted)]
    got = run(data, **deck)[0]
    assert got["share"].iloc[0] == -2


def test_cells_that_cannot_be_filled_are_refused_by_name():
    data = panel({"a": [NAN, 1.0, 2, 3, NAN, NAN, NAN, NAN]})
    with pytest.raises(gz.DataError) as error:
        run(data, method="linear")
    assert error.value.title == "linear cannot fill 5 cell(s)"
    first = str(error.value.problems[0])
    assert "a" in first
    assert "x" in first
    assert "2019" in first
    assert "ends = 'nearest' or 'cagr'; or rest = 'keep'" in first
    assert "there is no known value to take it from" in str(error.value.problems[1])


REASONS = [
    ("no-group", {"a": [1.0, NAN]}, {"method": "mean", "by": {"x": "g"}}),
    ("no-known", {"a": [NAN, NAN], "b": [1.0, 2]}, {"method": "mean"}),
    ("not-in-table", {"a": [1.0, NAN]}, {"method": "cold-deck", "table": {"a": {"x": 1}}}),
    (
        "no-predictor",
        {"a": [1.0, 2, 3, NAN], "b": [1.0, 3, 2, NAN]},
        {"method": "regression", "on": ["b"], "columns": ["a"]},
    ),
    ("empty-row", {"a": [1.0, 2, 3, NAN], "b": [1.0, 3, 2, NAN]}, {"method": "em"}),
    ("empty-row", {"a": [1.0, 2, 3, NAN], "b": [1.0, 3, 2, NAN]}, {"method": "iterative"}),
    ("empty-row", {"a": [1.0, 2, 3, NAN], "b": [1.0, 3, 2, NAN]}, {"method": "knn"}),
    (
        "no-neighbour",
        {"a": [1.0, 2, NAN], "b": [NAN, NAN, 1], "c": [1.0, 2, NAN]},
        {"method": "knn"},
    ),
]


@pytest.mark.parametrize(("code", "cells", "options"), REASONS)
def test_reasons_in_a_cross_section(code, cells, options):
    data = pd.DataFrame(cells, index=list("xyzw")[: len(cells["a"])])
    if code == "no-neighbour":
        data.loc["w"] = [NAN, 2, NAN]
    fitted = run(data, **options, rest="keep")[1]
    assert {c[3] for c in fitted["open"]} == {code}
    with pytest.raises(gz.DataError, match="cannot fill"):
        run(data, **options)


def test_no_growth_of_one_value_or_of_two_signs():
    data = panel({"a": [NAN, -1.0, 2, 3, NAN, 5, NAN, NAN]})
    fitted = run(data, method="linear", ends="cagr", rest="keep")[1]
    assert {tuple(c[1:]) for c in fitted["open"]} == {
        ("x", "2019", "no-growth"),
        ("y", "2019", "no-growth"),
        ("y", "2021", "no-growth"),
        ("y", "2022", "no-growth"),
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "meen"}, r"no method 'meen' \(did you mean 'mean'\?\)"),
        ({"method": "mean", "limit": 2}, "mean has no option 'limit' -> its options are by"),
        ({"method": "mean", "table": pd.DataFrame({"a": [1.0]})}, "no option 'table'"),
        ({"method": "linear", "ends": "flat"}, "ends = 'flat' -> one of none, nearest, cagr"),
        ({"method": "mean", "rest": "drop"}, "rest = 'drop'"),
        ({"method": "mean", "outside": "cut"}, "outside = 'cut'"),
        ({"method": "em", "on": "a"}, r"on = \['a'\]"),
        ({"method": "regression", "on": []}, "a regression on nothing"),
        ({"method": "mean", "by": "region"}, "'period', or a mapping"),
        ({"method": "cold-deck"}, "the table of a cold deck is not given"),
        ({"method": "carry", "limit": -1}, "limit = -1"),
        ({"method": "knn", "neighbours": 0}, "neighbours = 0"),
        ({"method": "em", "iterations": 0}, "iterations = 0"),
        ({"method": "em", "iterations": 10.5}, "iterations = 10.5 -> a whole number"),
        ({"method": "knn", "neighbours": 2.5}, "neighbours = 2.5 -> a whole number"),
        ({"method": "carry", "limit": "2"}, "limit = '2' -> a number"),
        ({"method": "mean", "low": "x"}, "low = 'x' -> give a number"),
        ({"method": "mean", "high": {"a": "x"}}, "high of a = 'x'"),
        ({"method": "mean", "low": {"a": 5}, "high": 1}, "low = 5 is above high = 1"),
        ({"method": "mean", "columns": 3}, "columns = 3 is no list"),
    ],
)
def test_options_are_refused(options, message):
    with pytest.raises(gz.MethodError, match=message):
        Impute(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "linear"}, "linear goes by periods, and the rows have none"),
        ({"method": "carry"}, "carry goes by periods"),
        ({"method": "mean", "by": "period"}, "mean goes by periods"),
        ({"method": "regression", "on": ["gpd"]}, r"no column 'gpd'"),
        ({"method": "regression"}, "cannot be regressed on 4 others: 4 rows are complete"),
        ({"method": "em"}, "5 rows with a known cell for 5 columns"),
        ({"method": "knn"}, "knn: e without two different known values"),
        ({"method": "iterative"}, "iterative: e without two different known values"),
        ({"method": "iterative", "columns": ["a"], "on": []}, "a alone has no others"),
        ({"method": "em", "columns": ["a", "e"], "on": []}, "EM: e without two different"),
    ],
)
def test_data_are_refused(options, message):
    data = low_rank(seed=1, n=5, gaps=0).assign(e=1.0)
    data.iloc[4, 0] = NAN
    with pytest.raises(gz.MethodError, match=message):
        run(data, **options)


@pytest.mark.parametrize("options", [{"method": "em"}, {"method": "regression"}], ids=str)
def test_where_nothing_is_missing_nothing_is_refused(options):
    data = low_rank(seed=1, n=5, gaps=0)
    got, fitted, step = run(data, **options)
    assert got.equals(data)
    assert step.said(fitted) == ()
    new = low_rank(seed=2, n=5, gaps=0).rename(lambda u: f"new {u}")
    new.iloc[0, 0] = NAN
    with pytest.raises(gz.DataError, match="nothing was missing to fit, and no model was"):
        step.apply(sheet_of(new), fitted)


def test_no_convergence_is_an_error_and_filters_stay():
    data = low_rank(seed=2, gaps=0.3)
    before = list(warnings.filters)
    with pytest.raises(gz.MethodError, match="chained equations have not converged after 1 rounds"):
        run(data, method="iterative", iterations=1, tol=1e-9)
    with pytest.raises(gz.MethodError, match="EM has not converged after 2"):
        run(data, method="em", iterations=2)
    assert warnings.filters == before


def test_periods_that_cannot_be_measured_are_refused():
    rows = pd.MultiIndex.from_product([["x"], ["2020 first", "2021 second"]])
    rows.names = ["unit", "period"]
    data = pd.DataFrame({"a": [1.0, NAN]}, index=rows)
    with pytest.raises(gz.MethodError, match="'2020 first' cannot be measured"):
        run(data, method="linear")
    assert run(data, method="carry")[0]["a"].tolist() == [1, 1]


def test_labels_that_are_the_same_as_text_are_refused():
    data = pd.DataFrame({"a": [1.0, NAN]}, index=[1, "1"])
    with pytest.raises(gz.DataError, match="1: stands twice"):
        run(data, method="mean")


def test_problems_before_any_data():
    f = gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b")))
    step = Impute(method="cold-deck", columns=("c",), table={"d": {}}, low={"bb": 0})
    assert [str(p) for p in step.problems(f)] == [
        "prepare.impute: no node 'c' -> correct it",
        "prepare.impute.table: no indicator 'd'",
        "prepare.impute.low: no indicator 'bb' (did you mean 'b'?)",
    ]


def test_labels_tell_steps_apart():
    assert Impute(method="mean", by={"x": "g"}).label == "impute(mean, by=group)"
    assert Impute(method="linear", ends="cagr").label == "impute(linear, ends=cagr)"
    assert Impute(method="regression", on=["a", "b"]).label == "impute(regression, on=a+b)"

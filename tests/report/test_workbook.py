"""The workbook: recomputed by LibreOffice it gives the library's numbers."""

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

import gz_index as gz
from gz_index.report.workbook import to_workbook

needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice here")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Let LibreOffice compute workbooks; values by sheet."""
    profile = tmp_path_factory.mktemp("profile")

    def recomputed(path):
        out = path.parent / "out"
        run = ["soffice", "--headless", f"-env:UserInstallation={profile.as_uri()}"]
        run += ["--convert-to", "xlsx", "--outdir", str(out), str(path)]
        subprocess.run(run, check=True, capture_output=True, timeout=300)
        return load_workbook(out / path.name, data_only=True)

    return recomputed


def table(book, title, result, width=None):
    """Numbers of a sheet, rows as in the result."""
    labels = 1 if result.table.periods is None else 2
    rows = list(book[title].iter_rows(values_only=True))
    heads = rows[0][labels:width]
    keys = [r[:labels] if labels > 1 else r[0] for r in rows[2:]]
    out = pd.DataFrame([r[labels:width] for r in rows[2:]], columns=heads, index=keys)
    want = [tuple(k) if labels > 1 else k for k in result.table.index]
    return out.replace("", np.nan).astype(float).loc[want].set_axis(result.table.index)


def agrees(book, result, *, ranks=True):
    """Every score, normalised value and rank is the library's."""
    z, s = table(book, "normalised", result), table(book, "scores", result)
    np.testing.assert_allclose(z[result.normalised.columns], result.normalised, rtol=0, atol=1e-9)
    np.testing.assert_allclose(s[result.scores.columns], result.scores, rtol=0, atol=1e-9)
    if not ranks:
        return
    labels = 1 if result.table.periods is None else 2
    rows = list(book["ranking"].iter_rows(values_only=True))[2:]
    got = {r[:labels]: r[labels + 1 : labels + 1 + result.ranks.shape[1]] for r in rows}
    for key, ranks in zip(result.ranks.index, result.ranks.itertuples(index=False), strict=True):
        mine = got[key if isinstance(key, tuple) else (key,)]
        assert [None if v == "" else v for v in mine] == [None if pd.isna(v) else v for v in ranks]


def small(indicators, rows, **how):
    codes = [i.code for i in indicators]
    index = gz.Index(framework=gz.Framework(tuple(indicators)), **how)
    return index, pd.DataFrame(rows, index=[f"u{i}" for i in range(len(rows))], columns=codes)


@needs_office
@pytest.mark.parametrize("name", ["desi-2022", "tai-2008", "cn-provinces-2022"])
def test_shipped_indices_are_recomputed(office, tmp_path, name):
    result = gz.load(name).evaluate(gz.data(name))
    book = office(to_workbook(result, tmp_path / "book.xlsx"))
    agrees(book, result)


@needs_office
def test_the_provinces_of_2022(office, tmp_path):
    data = gz.data("cn-provinces-2022")
    data = data[data.index.get_level_values("year") == 2022]
    result = gz.load("cn-provinces-2022").evaluate(data)
    agrees(office(to_workbook(result, tmp_path / "book.xlsx")), result)


@needs_office
@pytest.mark.parametrize(
    ("normalise", "aggregate"),
    [
        ({"method": "minmax", "window": "period", "to": [1, 100]}, "geometric"),
        ({"method": "minmax", "window": "base", "base": 2020, "clip": True}, "arithmetic"),
        ({"method": "zscore", "mean": 100, "sd": 10}, "geometric"),
        ({"method": "zscore", "window": "period", "ddof": 0}, "arithmetic"),
        ({"method": "base-index", "base": 2020}, "geometric"),
        ({"method": "base-index", "base": 2020}, "arithmetic"),
    ],
)
def test_windows_and_methods(office, tmp_path, normalise, aggregate):
    data = gz.data("cn-provinces-2022")
    data = data[data.index.get_level_values("year") >= 2020].drop(columns=["x21"])
    index = gz.load("cn-provinces-2022").without("x21")
    index = index.replace(normalise=normalise, aggregate=aggregate)
    x = data.copy()
    x.iloc[5, 3] = np.nan
    result = index.evaluate(x.iloc[np.random.default_rng(1).permutation(len(x))])
    tied = normalise["method"] == "base-index"  # all are 100 in the base period, but for rounding
    agrees(office(to_workbook(result, tmp_path / "book.xlsx")), result, ranks=not tied)


@needs_office
@pytest.mark.parametrize("ties", ["min", "max", "average"])
def test_directions_transforms_constants_ties_and_gaps(office, tmp_path, ties):
    I = gz.Indicator  # noqa: E741
    index, data = small(
        [
            I(code="up", transform="log10", weight=2),
            I(code="down", direction="-", weight=1, transform="sqrt"),
            I(code="mid", direction={"interval": [3, 5]}, weight=1),
            I(code="flat", weight=0),
            I(code="posts", goalposts=(0, 8), normalise="goalposts", weight=0.5),
            I(code="z", direction={"point": 2}, normalise="zscore", weight=0.25),
        ],
        [
            [1.0, 4, 4, 7, 1, 1],
            [1.0, 4, 4, 7, 1, 1],
            [10.0, 9, 1, 7, 5, 4],
            [100.0, 1, np.nan, 7, 9, 2],
            [np.nan, np.nan, np.nan, 7, 3, 3],
        ],
        normalise={"method": "minmax", "constant": 0.5},
        weight="given",
        missing={"policy": "renormalise", "coverage": 0.6},
        ties=ties,
    )
    result = index.evaluate(data)
    assert result.counts["rows_without_index"] == 1
    agrees(office(to_workbook(result, tmp_path / "book.xlsx")), result)


@needs_office
def test_a_replayed_scale_is_written_as_numbers(office, tmp_path):
    index, data = gz.load("tai-2008").replace(normalise="minmax"), gz.data("tai-2008")
    scale = index.evaluate(data).scale
    result = index.evaluate(data.iloc[:10], scale=scale)
    path = to_workbook(result, tmp_path / "book.xlsx")
    assert not any("MIN" in str(c.value) for row in load_workbook(path)["bounds"] for c in row)
    agrees(office(path), result)
    whole = to_workbook(index.evaluate(data), tmp_path / "whole.xlsx")
    assert load_workbook(whole)["bounds"]["B4"].value == "=MIN('raw'!B$3:B$25)"


@needs_office
def test_weights_that_a_scheme_found(office, tmp_path):
    result = gz.load("tai-2008").replace(weight="entropy").evaluate(gz.data("tai-2008"))
    agrees(office(to_workbook(result, tmp_path / "book.xlsx")), result)


@needs_office
def test_a_changed_input_changes_the_score(office, tmp_path):
    result = gz.load("tai-2008").evaluate(gz.data("tai-2008"))
    path = to_workbook(result, tmp_path / "book.xlsx")
    book = load_workbook(path)
    book["raw"]["B3"] = 900.0
    book.save(path)
    data = gz.data("tai-2008").copy()
    data.iloc[0, data.columns.get_loc(result.index.framework.codes[0])] = 900.0
    agrees(office(path), gz.load("tai-2008").evaluate(data))


def test_cells_are_coloured_and_flagged(tmp_path):
    data = gz.data("tai-2008").astype(float)
    data.iloc[2, 0] = np.nan
    index = gz.load("tai-2008").replace(prepare=[{"kind": "impute", "method": "median"}])
    result = index.evaluate(data)
    book = load_workbook(to_workbook(result, tmp_path / "book.xlsx"))
    column = 2 + result.index.framework.leaves().index(data.columns[0])
    cell = book["raw"].cell(5, column)
    assert cell.fill.start_color.rgb == "00F8CBAD"
    assert cell.comment.text.startswith("impute(median): missing -> ")
    assert book["raw"].cell(3, column).fill.start_color.rgb == "00FFF9DB"
    assert book["received"].cell(4, column).value is None
    assert book["changes"].max_row == 2
    assert book["weights"]["B4"].fill.start_color.rgb == "00FFF9DB"
    gaps = gz.load("tai-2008").replace(missing="renormalise").evaluate(data)
    book = load_workbook(to_workbook(gaps, tmp_path / "gaps.xlsx"))
    assert book["raw"].cell(5, column).fill.start_color.rgb == "00D9D9D9"


def test_cells_of_a_panel_are_flagged_whatever_comes_first(tmp_path):
    rows = pd.MultiIndex.from_product([[2021, 2022], ["x", "y", "z"]], names=["year", "unit"])
    data = pd.DataFrame({"a": [1.0, 2, 3, 4, np.nan, 6]}, index=rows)
    step = {"kind": "impute", "method": "carry", "limit": 1}
    index, _ = small([gz.Indicator(code="a")], [], prepare=[step])
    book = load_workbook(to_workbook(index.evaluate(data), tmp_path / "book.xlsx", lang="zh"))
    flagged = [c for row in book["原始数据"] for c in row if c.comment]
    assert [(c.coordinate, c.value, c.fill.start_color.rgb) for c in flagged] == [
        ("C7", 2.0, "00F8CBAD")
    ]
    assert "缺失 -> 2" in flagged[0].comment.text
    assert book["原始数据"]["A7"].value in (2022, "y")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x"])
def test_text_stays_text(tmp_path, start):
    index, data = small(
        [gz.Indicator(code="a", name=start), gz.Indicator(code=start)], [[1, 2]] * 2
    )
    data.iloc[1] = [3, 5]
    data.index = pd.Index([start, f"{start}b"], name=start)
    result = index.replace(notes=[start], name=start).evaluate(data)
    book = load_workbook(to_workbook(result, tmp_path / "book.xlsx"))
    texts = [c for s in book for row in s for c in row if str(c.value).startswith(start)]
    assert len(texts) > 10
    assert {c.data_type for c in texts} == {"s"}
    assert all(c.quotePrefix for c in texts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"normalise": "rank"}, "normalise = 'rank'.*formulas=False"),
        ({"aggregate": "topsis"}, "aggregate = 'topsis'.*formulas=False"),
        ({"ties": "dense"}, "ties = 'dense'"),
        ({"normalise": "rank", "aggregate": "harmonic"}, "'rank'; aggregate = 'harmonic'"),
    ],
)
def test_what_has_no_formula_is_refused_by_name(tmp_path, change, message):
    result = gz.load("tai-2008").replace(**change).evaluate(gz.data("tai-2008"))
    with pytest.raises(gz.MethodError, match=message):
        to_workbook(result, tmp_path / "book.xlsx")
    assert not (tmp_path / "book.xlsx").exists()


def test_weights_by_period_are_refused(tmp_path):
    data = gz.data("cn-provinces-2022")
    data = data[data.index.get_level_values("year") >= 2021]
    index = gz.load("cn-provinces-2022").replace(weight={"scheme": "cv", "window": "period"})
    result = index.without("x21").evaluate(data)
    with pytest.raises(gz.MethodError, match="weights that differ by period"):
        to_workbook(result, tmp_path / "book.xlsx")
    book = load_workbook(to_workbook(result, tmp_path / "v.xlsx", formulas=False))
    values = table(book, "scores", result)
    # openpyxl writes 16 digits
    np.testing.assert_allclose(values[result.scores.columns], result.scores, rtol=1e-15)


def test_numbers_only(tmp_path):
    result = gz.load("tai-2008").replace(aggregate="copeland").evaluate(gz.data("tai-2008"))
    book = load_workbook(to_workbook(result, tmp_path / "v.xlsx", lang="zh", formulas=False))
    assert book.sheetnames == ["说明", "原始数据", "标准化参数", "标准化", "权重", "得分", "排名"]
    assert not any(c.data_type == "f" for s in book for row in s for c in row)
    np.testing.assert_array_equal(table(book, "得分", result)["total"], result.total)


def test_a_base_outside_of_the_data_is_refused(tmp_path):
    rows = pd.MultiIndex.from_product([["x", "y"], [2020, 2021, 2022]], names=["unit", "year"])
    data = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 6]}, index=rows)
    index, _ = small([gz.Indicator(code="a")], [], normalise="base-index")
    scale = index.evaluate(data).scale
    later = index.evaluate(data[data.index.get_level_values("year") > 2020], scale=scale)
    with pytest.raises(gz.MethodError, match="base period is not in the data"):
        to_workbook(later, tmp_path / "book.xlsx")


def test_a_formula_that_is_too_long_is_refused(tmp_path):
    codes = [f"i{k}" for k in range(150)]
    index = gz.Index(
        framework=gz.Framework(tuple(gz.Indicator(code=c) for c in codes)),
        normalise={"method": "minmax", "to": [1, 2]},
        aggregate="geometric",
    )
    data = pd.DataFrame(np.random.default_rng(0).random((3, 150)), columns=codes)
    result = index.evaluate(data)
    with pytest.raises(gz.MethodError, match=r"characters.*formulas=False"):
        to_workbook(result, tmp_path / "book.xlsx")

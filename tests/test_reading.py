"""Reading files: what bureaus write is understood, what may mean two things is refused."""

import datetime

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gz_index as gz
from gz_index import read_table

WIDE = "province,year,x1,x2\n北京市,2021,1.5,10\n北京市,2022,2.5,20\n天津市,2021,3.5,30\n"


def wide():
    rows = pd.MultiIndex.from_tuples(
        [("北京市", 2021), ("北京市", 2022), ("天津市", 2021)], names=["province", "year"]
    )
    return pd.DataFrame({"x1": [1.5, 2.5, 3.5], "x2": [10.0, 20.0, 30.0]}, index=rows)


@pytest.fixture
def put(tmp_path):
    def write(text, name="data.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


@pytest.fixture
def book(tmp_path):
    def write(*rows, sheet="Sheet1", more=()):
        path = tmp_path / "data.xlsx"
        wb = openpyxl.Workbook()
        wb.active.title = sheet
        for row in rows:
            wb.active.append(row)
        for title in more:
            wb.create_sheet(title)
        wb.save(path)
        return path

    return write


def same(got, want=None):
    pd.testing.assert_frame_equal(got, wide() if want is None else want, check_index_type=False)


def refused(path, match, **options):
    with pytest.raises(gz.DataError, match=match) as e:
        read_table(path, **options)
    return str(e.value)


def said(frame):
    return [n["en"] for n in frame.attrs["notes"]]


# -- text ----------------------------------------------------------------------------------------


def test_a_plain_csv(put):
    got = read_table(put(WIDE))
    same(got)
    assert said(got) == []
    assert got.index.get_level_values("year").dtype == "int64"
    assert (got.dtypes == np.float64).all()
    same(read_table(str(put(WIDE))))


def test_a_mark_at_the_start_is_no_part_of_a_name(put):
    same(read_table(put(WIDE, encoding="utf-8-sig")))
    same(read_table(put(WIDE, encoding="utf-8-sig"), encoding="utf-8"))
    same(read_table(put(WIDE, encoding="utf-16"), encoding="utf-16"))


@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
def test_gb18030_with_chinese_heads_is_found_out_and_noted(put, encoding):
    text = "地区,年份,数字经济核心产业增加值占比\n广州市,2022,12.9\n深圳市,2022,30.0\n"
    got = read_table(put(text, encoding=encoding))
    assert got.index.names == ["地区", "年份"]
    assert got["数字经济核心产业增加值占比"].to_dict() == {
        ("广州市", 2022): 12.9,
        ("深圳市", 2022): 30.0,
    }
    assert said(got) == ["data.csv was read as GB18030, since it is not UTF-8"]
    assert got.attrs["notes"][0]["zh"] == "data.csv不是UTF-8编码，按GB18030读取"


def test_what_cannot_be_decoded_is_refused_with_what_was_tried(put):
    text = refused(put(b"unit,a\n\xff\xfe\xff,1\n"), "is not text in utf-8-sig or gb18030")
    assert "encoding=" in text
    refused(put(WIDE, encoding="gbk"), "is not text in utf-8", encoding="utf-8")
    refused(put(WIDE), "unknown encoding: klingon", encoding="klingon")
    refused(put(WIDE, encoding="utf-16-le"), "is not text")


@pytest.mark.parametrize(
    ("sep", "name"),
    [("\t", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), (",", "a.txt"), (",", "A.CSV")],
)
def test_the_separator_is_found_out(put, sep, name):
    same(read_table(put(WIDE.replace(",", sep), name)))
    if sep != ",":
        named = WIDE.replace(",", sep).replace("x1", '"GDP, total"')
        assert list(read_table(put(named, name))) == ["GDP, total", "x2"]


def test_line_ends_quotes_and_blank_lines(put):
    same(read_table(put(WIDE.replace("\n", "\r\n"))))
    same(read_table(put("\n" + WIDE + ",,,\n\n")))
    got = read_table(put('unit,"GDP\n(亿元)"\n"a, b",1\n'))
    assert got.to_dict() == {"GDP\n(亿元)": {"a, b": 1.0}}


def test_lines_that_do_not_fit_the_head_are_named(put):
    assert "line 3 of data.csv: has 5 cells, the head has 4" in refused(
        put(WIDE.replace("2.5,20", "2.5,20,7")), "1 lines do not fit the head"
    )
    assert "line 2 of data.csv: has 4 cells, the head has 1" in refused(
        put("Table 1\n" + WIDE), "4 lines do not fit the head"
    )
    refused(put('unit,a\n"x,1\n'), "not a well-formed table.*\n?.*quotation mark")


# -- cells ---------------------------------------------------------------------------------------


def test_numbers_as_they_are_written(put):
    cells = ["1", "-2.5", "１２．５", "+.5", "3.", "1e3", " 7 ", "−4", "28839.123456789012"]
    want = [1, -2.5, 12.5, 0.5, 3, 1000, 7, -4, 28839.123456789012]
    got = read_table(put("unit,a\n" + "".join(f"u{i},{c}\n" for i, c in enumerate(cells))))
    assert got["a"].tolist() == want
    assert said(got) == []


def test_thousands_are_read_only_where_every_cell_is_a_number(put):
    got = read_table(put('unit,a,b\nx,"1,234.5","1,234"\ny,"-12,345,678",about 9\n'))
    assert got["a"].tolist() == [1234.5, -12345678]
    assert got["b"].tolist() == ["1,234", "about 9"]
    assert said(got) == [
        "column 'a': 2 cells with thousands separators, e.g. '1,234.5' read as 1234.5"
    ]
    for odd in ("12,34", "0,123", "1,2345", ",123"):
        assert read_table(put(f'unit,a\nx,"{odd}"\n'))["a"].tolist() == [odd]


def test_a_comma_in_a_table_with_semicolons_may_mean_two_things(put):
    text = refused(put("unit;a;b\nx;1,234;1\ny;3,14;2\n"), "1 columns can be read in two ways")
    assert "column 'a': '1,234' for x and 1 more may have a decimal comma" in text
    assert "decimal point" in text


def test_per_cent_signs_are_refused_by_name(put):
    path = put("city,year,a,b,c\n广州,2022,12%,1,5% up\n深圳,2022,30.1％,2,3\n")
    text = refused(path, "1 columns can be read in two ways")
    assert "column 'a': '12%' for 广州, 2022 and 1 more may be per cent or a share -> " in text
    assert "0.12" in text
    ok = read_table(put("city,a\n广州,5% up\n深圳,3%\n"))
    assert ok["a"].tolist() == ["5% up", "3%"]


@pytest.mark.parametrize(
    "mark", ["—", "——", "…", "……", "-", "..", "NA", "n/a", "N/A", "缺失", "－", "#N/A"]
)
def test_signs_for_missing_numbers_are_noted(put, mark):
    got = read_table(put(f"unit,a,b\nx,1,{mark}\ny,{mark},{mark}\nz,,text\n"))
    assert np.array_equal(got["a"], [1, np.nan, np.nan], equal_nan=True)
    assert got["b"].tolist() == [mark, mark, "text"]
    assert said(got) == [f"column 'a': 1 cells read as missing ({mark!r} 1)"]


def test_infinite_numbers_are_left_to_be_refused_by_name(put):
    data = read_table(put("unit,a\nx,1\ny,-inf\n"))
    index = gz.Framework((gz.Indicator(code="a"),))
    from gz_index.table import align

    with pytest.raises(gz.DataError, match="-inf for y is infinite"):
        align(data, index)


# -- unit and period -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["unit", " Country ", "REGION", "省份", "城市", "评价对象", "ｃｉｔｙ"]
)
@pytest.mark.parametrize("time", ["Year", "年份", "period ", "时间", None])
def test_labels_are_known_by_usual_names(put, name, time):
    head = f"{name},a" if time is None else f"{time},{name},a"
    row = "x,1" if time is None else "2020,x,1"
    got = read_table(put(f"{head}\n{row}\n"))
    assert list(got.index) == ["x" if time is None else ("x", 2020)]
    assert list(got.index.names) == [n.strip() for n in (name, time) if n]


def test_labels_that_cannot_be_told_are_refused_with_the_way_out(put):
    assert "'who', 'a'" in refused(put("who,a\nx,1\n"), r"no column of units\n.*unit=")
    two = put("province,city,a\np,x,1\n")
    assert "unit='province'" in refused(two, "several columns may be the unit")
    assert list(read_table(two, unit="city").index) == ["x"]
    dates = put("unit,year,quarter,a\nx,2020,1,5\n")
    assert "period='year'" in refused(dates, "several columns may be the period")
    assert list(read_table(dates, period="quarter").index) == [("x", 1)]
    assert list(read_table(put("who,a\nx,1\n"), unit=" WHO").index) == ["x"]
    refused(put(WIDE), r"no column 'provinze' \(did you mean 'province'\?\)", unit="provinze")
    refused(put(WIDE), "no column 'when'", period="when")


def test_a_column_may_be_said_to_be_no_period(put):
    path = put("unit,time,a\nx,3,1\ny,4,2\n")
    assert read_table(path, period=False)["time"].tolist() == [3, 4]


def test_the_periods_of_one_unit(put):
    path = put("year,a\n2020,1\n2021,2\n")
    assert "take 'year' for the unit" in refused(path, "no column of units")
    assert list(read_table(path, unit="year").index) == ["2020", "2021"]


@pytest.mark.parametrize(
    ("cells", "want"),
    [
        (["2020", "2021"], [2020, 2021]),
        (["2020年", "2021年"], [2020, 2021]),
        (["２０２０年度", "2021"], [2020, 2021]),
        (["2020Q1", "2020Q2"], ["2020Q1", "2020Q2"]),
        (["2020-01-01", "2021-01-01"], ["2020-01-01", "2021-01-01"]),
    ],
)
def test_periods_as_they_are_written(put, cells, want):
    got = read_table(put(f"unit,year,a\nx,{cells[0]},1\nx,{cells[1]},2\n"))
    assert got.index.get_level_values("year").tolist() == want
    assert len(said(got)) == any("年" in c for c in cells)


def test_missing_labels_are_left_to_be_refused_by_name(put):
    from gz_index.table import align

    data = read_table(put("unit,year,a\nx,2020,1\n,2021,2\ny,,3\n"))
    with pytest.raises(gz.DataError) as e:
        align(data, gz.Framework((gz.Indicator(code="a"),)))
    assert "row 1 (no unit), 2021: the unit is missing" in str(e.value)
    assert "y, no period: the period is missing" in str(e.value)


def test_labels_of_units_stay_text(put, book):
    assert list(read_table(put("unit,a\n01,1\n 110000 ,2\n")).index) == ["01", "110000"]
    assert list(read_table(book(["unit", "a"], [110000, 1], [120000.0, 2])).index) == [
        "110000",
        "120000",
    ]


def test_what_pandas_writes_is_read_back(tmp_path):
    data = pd.DataFrame({"a": [1.0, 2.0]}, index=["x", "y"])
    path = tmp_path / "d.csv"
    data.to_csv(path)
    same(read_table(path), data)
    data.rename_axis("city").reset_index().to_csv(path)
    same(read_table(path), data.rename_axis("city"))
    data.to_excel(tmp_path / "d.xlsx")
    same(read_table(tmp_path / "d.xlsx"), data)
    data.assign(region="south").to_csv(path)
    refused(path, "several columns may be the unit.*\n.*'' and 'region'")
    data.reset_index(drop=True).to_csv(path)
    refused(path, "no column of units")


def test_heads_have_to_be_there_once(put):
    assert "column 'a': stands twice" in refused(put("unit,a, a\nx,1,2\n"), "columns stand twice")
    refused(put("unit,a,\nx,1,2\n"), "column 3 has cells but no name")
    assert list(read_table(put("unit,a,\nx,1,\n"))) == ["a"]


# -- tidy ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heads", ["province,year,indicator,value", "省份,年份,指标,数值", "City,Time,Variable,Value"]
)
def test_a_tidy_table_is_made_wide_in_the_order_it_comes(put, heads):
    rows = ["天津市,2021,x2,30", "北京市,2021,x2,10", "北京市,2021,x1,1.5", "天津市,2021,x1,—"]
    got = read_table(put("\n".join([heads, *rows, "北京市,2022,x1,2.5"])))
    assert list(got.index) == [("天津市", 2021), ("北京市", 2021), ("北京市", 2022)]
    assert list(got) == ["x2", "x1"]
    assert np.array_equal(got, [[30, np.nan], [10, 1.5], [np.nan, 2.5]], equal_nan=True)
    name = heads.split(",")[3]
    assert said(got) == [
        f"tidy table: 5 cells of {name!r} were made 2 columns; 1 combinations are not in it",
        "column 'x1': 1 cells read as missing ('—' 1)",
    ]


def test_tidy_and_wide_give_the_same(put, tmp_path):
    tidy = wide().reset_index().melt(["province", "year"], var_name="code")
    path = tmp_path / "tidy.csv"
    tidy.to_csv(path, index=False)
    same(read_table(path))
    tidy.to_parquet(tmp_path / "tidy.parquet")
    same(read_table(tmp_path / "tidy.parquet"))


def test_in_a_tidy_table_单位_is_the_unit_of_measurement(put):
    got = read_table(put("地区,年份,指标,单位,数值\n广州,2022,产值,亿元,5\n广州,2022,专利,件,7\n"))
    assert got.to_dict() == {"产值": {("广州", 2022): 5.0}, "专利": {("广州", 2022): 7.0}}
    assert "columns left aside in making it wide: '单位'" in said(got)


def test_tidy_faults_are_named(put):
    text = refused(
        put("unit,year,indicator,value\nx,2020,a,1\nx,2020,a,2\nx,2020,,3\n"), "cannot be made wide"
    )
    assert "x, 2020: no indicator is named" in text
    assert "a for x, 2020: stands twice" in text


def test_a_wide_table_may_have_columns_called_code_and_value(put):
    got = read_table(put("country,code,value\nChina,CN,1\nJapan,JP,2\n"))
    assert list(got) == ["code", "value"]
    assert got["value"].tolist() == [1, 2]
    one = read_table(put("country,indicator,value\nChina,gdp,1\nJapan,gdp,2\n"))
    assert one["gdp"].tolist() == [1, 2]


# -- workbooks -----------------------------------------------------------------------------------


def test_a_workbook(book):
    path = book(
        ["省份", "年份", "x1", "x2", "说明"],
        ["北京市", 2021, 1.5, "1,000", "甲"],
        ["北京市", 2022, "—", 20, None],
        [None] * 5,
    )
    got = read_table(path)
    assert list(got.index) == [("北京市", 2021), ("北京市", 2022)]
    assert np.array_equal(got[["x1", "x2"]], [[1.5, 1000], [np.nan, 20]], equal_nan=True)
    assert got["说明"].iloc[0] == "甲"
    assert len(said(got)) == 2


def test_sheets_go_by_name(book):
    path = book(["unit", "a"], ["x", 1], sheet="2022", more=["说明", "2021"])
    got = read_table(path)
    assert said(got) == ["read from sheet '2022'; not read: 说明, 2021"]
    assert read_table(path, sheet="2022").attrs["notes"] == []
    refused(path, "no sheet '2023'.*there are 2022, 说明, 2021", sheet="2023")
    refused(path, "is empty", sheet="说明")


def test_dates_and_years_in_a_workbook(book):
    first = [datetime.datetime(y, 1, 1) for y in (2020, 2021)]
    got = read_table(book(["unit", "year", "a"], ["x", first[0], 1], ["x", first[1], 2]))
    assert got.index.get_level_values("year").tolist() == [2020, 2021]
    assert "first of January" in said(got)[0]
    months = [datetime.datetime(2020, m, 1) for m in (1, 2)]
    got = read_table(book(["unit", "date", "a"], ["x", months[0], 1], ["x", months[1], 2]))
    assert got.index.get_level_values("date").tolist() == months
    assert list(read_table(book(["unit", "year", "a"], ["x", 2020.0, 1])).index) == [("x", 2020)]


def test_cells_shown_as_per_cent_are_shares_and_noted(book, tmp_path):
    path = book(["unit", "a"], ["x", 0.12])
    wb = openpyxl.load_workbook(path)
    wb.active["B2"].number_format = "0.0%"
    wb.save(path)
    got = read_table(path)
    assert got["a"].tolist() == [0.12]
    assert "column 'a' is formatted as per cent and was read as a share" in said(got)[0]


def test_formulas_that_were_never_computed_are_refused(book):
    path = book(["unit", "a", "b"], ["x", 1, "=B2*2"])
    assert "C2" in refused(path, "1 formulas have no computed value.*save it")


def test_errors_of_a_workbook_stay_text_to_be_named(book):
    path = book(["unit", "a"], ["x", 1], ["y", "#DIV/0!"])
    assert read_table(path)["a"].tolist() == [1, "#DIV/0!"]


# -- typed files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("indexed", [True, False])
def test_parquet(tmp_path, indexed):
    path = tmp_path / "d.parquet"
    (wide() if indexed else wide().reset_index()).to_parquet(path)
    same(read_table(path))


def test_parquet_keeps_kinds_of_columns_and_an_index_without_name(tmp_path):
    path = tmp_path / "d.parquet"
    data = pd.DataFrame({"a": [1, 2], "b": ["1,5", "x"]}, index=["x", "y"])
    data.to_parquet(path)
    same(read_table(path), data)
    pq.write_table(pa.table({"unit": ["x"], "a": ["12%"]}), path)
    assert read_table(path)["a"].tolist() == ["12%"]  # typed as text: for align to refuse


def test_stata(tmp_path):
    path = tmp_path / "d.dta"
    wide().reset_index().to_stata(path, write_index=False, version=118)
    same(read_table(path))


def test_stata_labels(tmp_path):
    path = tmp_path / "d.dta"
    data = pd.DataFrame({"province": [1, 2], "year": [2020.0, 2020.0], "a": [1, 9], "g": [5, 6]})
    labels = {"province": {1: "北京市", 2: "天津市"}, "a": {9: "many"}, "g": {5: "p", 6: "q"}}
    data.to_stata(path, write_index=False, version=118, value_labels=labels)
    got = read_table(path)
    assert list(got.index) == [("北京市", 2020), ("天津市", 2020)]
    assert got["a"].tolist() == [1, 9]
    assert got["g"].tolist() == ["p", "q"]
    assert said(got) == ["labels of some values of 'a' were left aside"]


# -- files ---------------------------------------------------------------------------------------


def test_files_that_cannot_be_read(put, tmp_path):
    put(WIDE, "provinces.csv")
    refused(tmp_path / "province.csv", r"no such file \(did you mean 'provinces.csv'\?\)")
    refused(tmp_path / "no" / "where.csv", "no such file")
    refused(tmp_path, "is a folder")
    refused(put("x", "a.xls"), r"\.xls is not one of .csv.*save it as .xlsx")
    refused(put("x", "a.sav"), r"\.sav is not one of")
    refused(put("x", "data"), "no suffix is not one of")
    for kind in ("csv", "xlsx", "parquet", "dta"):
        refused(put("", f"e.{kind}"), "is empty")
    refused(put("\n \n"), "is empty")
    refused(put("unit,a\n"), "has a head but no rows")
    refused(put("not a workbook", "a.xlsx"), "is no workbook")
    refused(put("not parquet at all", "a.parquet"), "is no whole .parquet file")
    refused(put("not stata at all", "a.dta"), "is no whole .dta file")
    refused(put(b"PK\x03\x04\x00\x00\xff\xff", "a.csv"), "is not text.*xlsx")
    refused(put(WIDE), "has no sheets", sheet="a")
    refused(put("x", "b.parquet"), "needs no encoding", encoding="gbk")


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "dta"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_half_written_files_are_one_clear_error(tmp_path, kind, share):
    path = tmp_path / f"d.{kind}"
    data = wide().reset_index()
    if kind == "dta":
        data.to_stata(path, write_index=False, version=118)
    else:
        getattr(data, {"xlsx": "to_excel", "parquet": "to_parquet"}[kind])(path, index=False)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(gz.DataError, match="cannot read .*d"):
        read_table(path)


def test_what_is_read_evaluates_like_the_table_it_was_made_from(tmp_path):
    from gz_index.table import align

    rng = np.random.default_rng(3)
    f = gz.Framework(
        tuple(gz.Indicator(code=c, name=gz.Text(z, c)) for c, z in zip("ab", "甲乙", strict=True))
    )
    rows = pd.MultiIndex.from_product([["x", "y"], [2020, 2021]], names=["城市", "年份"])
    data = pd.DataFrame(rng.lognormal(size=(4, 2)), index=rows, columns=["甲", "乙"])
    want = align(data, f)
    data.to_csv(tmp_path / "d.csv", encoding="gb18030")
    data.reset_index().to_excel(tmp_path / "d.xlsx", index=False)
    data.to_parquet(tmp_path / "d.parquet")
    for name in ("d.csv", "d.xlsx", "d.parquet"):
        got = align(read_table(tmp_path / name), f)
        if name == "d.xlsx":  # openpyxl writes 16 digits
            assert np.allclose(got.values, want.values, rtol=1e-15, atol=0)
        else:
            assert np.array_equal(got.values, want.values), name
        assert got.index.equals(want.index)


def test_merged_cells_leave_rows_without_a_unit_and_these_are_named(book):
    from gz_index.table import align

    path = book(["地区", "年份", "a"], ["广州", 2020, 1], [None, 2021, 2])
    wb = openpyxl.load_workbook(path)
    wb.active.merge_cells("A2:A3")
    wb.save(path)
    with pytest.raises(gz.DataError, match=r"row 1 \(no unit\), 2021.*fill merged cells down"):
        align(read_table(path), gz.Framework((gz.Indicator(code="a"),)))


def test_a_few_words_among_numbers_stay_beside_them_and_are_named(put):
    got = read_table(put('unit,a\nx,"1,234"\ny,两千\nz,9\nw,—\n'))
    assert got["a"].tolist()[:3] == [1234.0, "两千", 9.0]
    assert np.isnan(got["a"].tolist()[3])
    f = gz.Framework((gz.Indicator(code="a"),))
    with pytest.raises(gz.DataError) as caught:
        gz.Index(framework=f, id="i").evaluate(got)
    assert "两千" in str(caught.value)
    assert "1,234" not in str(caught.value)


def test_notes_survive_a_parquet_file_and_those_of_others_do_no_harm(put, tmp_path):
    got = read_table(put("城市,a\n广州,1\n深圳,—\n佛山,3\n".encode("gb18030")))
    got.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").attrs["notes"] == got.attrs["notes"]
    got.attrs["notes"] = [5, None, {"a": 1}, {"zh": 1, "en": 2}, "kept"]
    result = gz.Index(framework=gz.Framework((gz.Indicator(code="a"),)), id="i")
    table = result.replace(missing="drop").evaluate(got).table
    assert table.notes == (gz.Text("kept", "kept"),)

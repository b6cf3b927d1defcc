"""Classification, and value added of the core: published national values, made tables for the rest.

Sub-classes, their industries and coefficients in these tests are MADE: they are not those of the
official classification, of which only classes and groups are shipped.
"""

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.monitoring.classes import Classification
from gz_index.monitoring.value_added import core_value_added

CHINA_2023 = {"01": 43135, "02": 4037, "03": 55636, "04": 24747}


def made(**columns):
    """Four made sub-classes with made coefficients (not those of the official classification)."""
    table = {
        "code": ["010101", "010201", "020101", "030101"],
        "name_zh": ["自造甲", "自造乙", "自造丙", "自造丁"],
        "gbt4754": ["3911；3912", "3921 3922", "5177、5178", "6513"],
        "coefficient": [None, None, "1;0.4", 0.5],
    }
    return pd.DataFrame(table | columns)


def long(rows):
    return pd.DataFrame(rows, columns=["area", "year", "code", "value"])


# -- the classification ----------------------------------------------------------------------------


def test_classes_and_groups():
    c = Classification.load()
    assert c.children() == ("01", "02", "03", "04", "05")
    assert c.core == ("01", "02", "03", "04")
    assert [len(c.children(k)) for k in c.children()] == [6, 5, 5, 7, 9]
    assert c.name("0404") == "Digital content and media"
    assert c.name("0404", "zh") == "数字内容与媒体"
    group = c.category("0503")
    assert (group.level, group.parent, group.core) == (2, "05", False)
    assert c.children("0101") == ()
    assert repr(c) == "<Classification digital-economy-2021: 5 classes, 32 groups, 0 sub-classes>"
    table = c.to_frame()
    shipped = gz.data("digital-economy-2021")
    assert table.index.tolist() == shipped.index.tolist()
    for column in ("level", "name_zh", "name_en", "core"):
        assert table[column].tolist() == shipped[column].tolist()
    assert c == Classification.load()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("0410", r"no '0410' \(did you mean"),
        ("1", r"no '1' \(did you mean '01'\? read codes as text, else their zero is lost\)"),
        ("401", r"did you mean '0401'\?"),
    ],
)
def test_unknown_codes(code, message):
    with pytest.raises(gz.NotFoundError, match=message):
        Classification.load().name(code)
    with pytest.raises(gz.NotFoundError, match=message):
        Classification.load().children(code)


def test_a_data_set_that_is_no_classification():
    with pytest.raises(gz.NotFoundError, match="'tai-2008' is no classification"):
        Classification.load("tai-2008")


def test_made_subclasses():
    base = Classification.load()
    c = base.with_subclasses(made())
    assert base.children("0101") == ()  # a new value; the old one is as it was
    assert c.children("0101") == ("010101",)
    assert c.category("020101").core
    assert c.name("030101", "zh") == "自造丁"
    assert c.splitting == {
        "3911": {"010101": 1.0},
        "3912": {"010101": 1.0},
        "3921": {"010201": 1.0},
        "3922": {"010201": 1.0},
        "5177": {"020101": 1.0},
        "5178": {"020101": 0.4},
        "6513": {"030101": 0.5},
    }
    assert c.to_frame().loc["020101", "gbt4754"] == "5177;5178*0.4"
    assert (
        not base.with_subclasses(made(code=["050101"] * 1 + ["050201", "050301", "050401"]))
        .category("050101")
        .core
    )


def test_other_ways_to_write_a_table():
    c = Classification.load()
    table = made(gbt4754=["C3911,3912", "3921*", 5177.0, None], coefficient=[1, None, None, None])
    other = table.rename(columns={"name_zh": "name"}).set_index("code")
    other["name_en"] = ["made a", "made b", "made c", "made d"]
    found = c.with_subclasses(other)
    assert found.name("010101") == "made a"
    assert found.category("010201").industries == (("3921", None),)
    assert found.category("020101").industries == (("5177", 1.0),)
    assert found.category("030101").industries == ()


def test_every_fault_of_a_table_at_once():
    table = pd.DataFrame(
        {
            "code": ["010101", "010101", "10102", "019901", "020101", "0201", "030101", "030201"],
            "name": list("abcdefgh"),
            "gbt4754": ["3911", "3911", "39x1", "3920", "3911 40 4011", "41", "6510 6511", "6510"],
            "coefficient": [None, None, None, 1.5, "0.5;0.5;0.5", None, "0.6;1;1", 0.5],
        }
    )
    with pytest.raises(gz.DataError, match="the sub-classes do not fit") as e:
        Classification.load().with_subclasses(table)
    said = "\n".join(map(str, e.value.problems))
    for fault in (
        "row 1, 010101: this code stands twice",
        "row 2, 10102: '10102' is no code of a sub-class -> a sub-class has six digits",
        "row 2, 10102: '39x1' is no code of GB/T 4754",
        "row 3, 019901: there is no group 0199",
        "row 3, 019901: coefficient '1.5' -> a share in (0, 1]",
        "row 5, 0201: '0201' is no code of a sub-class",
        "row 5, 0201: this code stands twice",
        "row 6, 030101: 3 coefficients for 2 codes of GB/T 4754",
        "GB/T 3911: more than the whole of it is given away: 010101 (1), 020101 (0.5)",
        "GB/T 6510: more than the whole of it is given away: 030101 (1), 030201 (0.5)",
    ):
        assert fault in said


def test_no_table_of_subclasses():
    with pytest.raises(gz.DataError, match="no table of sub-classes") as e:
        Classification.load().with_subclasses(pd.DataFrame({"x": [1]}))
    assert [p.where for p in e.value.problems] == ["code", "gbt4754", "name_zh"]


@pytest.mark.parametrize(
    ("gbt", "coefficient", "message"),
    [
        (["3911", "3911", "1", "2"], None, "3911: more than the whole"),
        (["3911", "3911", "11", "12"], [0.6, 0.5, 1, 1], r"010101 \(0.6\), 010201 \(0.5\)"),
        (["3911", "3911*", "11", "12"], None, r"010101 \(1\), 010201 \(part\)"),
        (["39", "3911", "11", "12"], None, "all of GB/T 39 to 010101 -> take it out"),
        (["3911;3911", "12", "13", "14"], None, "3911 stands twice in it"),
        (["3911", "12", "13", "14"], ["many", 1, 1, 1], "coefficient 'many'"),
    ],
)
def test_what_is_given_away_twice(gbt, coefficient, message):
    with pytest.raises(gz.DataError, match=message):
        Classification.load().with_subclasses(made(gbt4754=gbt, coefficient=coefficient))


def test_what_may_stand_in_several():
    c = Classification.load()
    halves = made(gbt4754=["3911", "3911", "39*", "12"], coefficient=[0.5, 0.5, None, None])
    assert c.with_subclasses(halves).splitting["3911"] == {"010101": 0.5, "010201": 0.5}
    stars = made(gbt4754=["3911*", "3911*", "13", "12"], coefficient=None)
    assert c.with_subclasses(stars).splitting["3911"] == {"010101": None, "010201": None}


# -- value added by class --------------------------------------------------------------------------


def test_china_2023_from_the_shipped_facts():
    facts = gz.data("gz-2025", table="actuals").sort_index().loc[("全国", "2023")]
    parts = facts[facts["indicator_zh"].str.endswith("业增加值")].set_index("indicator_zh")["value"]
    whole = parts.pop("数字经济核心产业增加值")
    parts.index = parts.index.str.removesuffix("增加值")
    v = core_value_added(parts)
    assert v.core.tolist() == [whole] == [127555.0]
    assert v.outcome.tolist() == ["complete"]
    table = v.to_frame(lang="zh").droplevel(0)
    assert table["value"].loc[["01", "02", "03", "04"]].tolist() == list(CHINA_2023.values())
    assert table.loc["01", "name"] == "数字产品制造业"
    assert table.loc["core", "name"] == "数字经济核心产业"
    assert table.loc["05", "outcome"] == "missing"
    assert table["of_core"].iloc[:5].tolist() == pytest.approx(
        [100] + [100 * x / 127555 for x in CHINA_2023.values()], rel=1e-14
    )
    assert table["of_gdp"].isna().all()
    assert v.notes == ()


def test_share_of_gdp_with_a_made_gdp():
    """The GDP here is made, round numbers; no published share is meant."""
    v = core_value_added({"01": 4.0, "02": 1.0, "03": 3.0, "04": 2.0, "05": 7.0}, gdp=125.0)
    t = v.to_frame().droplevel(0)
    assert t["of_gdp"].tolist() == [8.0, 3.2, 0.8, 2.4, 1.6, 5.6]
    assert v.share.tolist() == [8.0]
    assert v.core.tolist() == [10.0]  # class 05 stands beside it
    assert np.isnan(t.loc["05", "of_core"])
    assert t.index.tolist() == ["core", "01", "02", "03", "04", "05"]


def test_areas_and_years_wide_and_tidy():
    rows = pd.MultiIndex.from_product([["甲", "乙"], [2022, 2023]], names=["area", "year"])
    wide = pd.DataFrame(
        {"01": [1.0, 2, 3, 4], "02": [1.0] * 4, "03": [2.0] * 4, "04": [0.5] * 4}, index=rows
    )
    gdp = pd.Series([45.0, 55.0, 65.0, 75.0], index=rows)
    v = core_value_added(wide, gdp=gdp)
    assert v.core.loc[("乙", 2022)] == 6.5
    assert v.share.tolist() == pytest.approx([10.0] * 4, rel=1e-14)
    assert v.table.index.names == ["area", "year", "code"]
    tidy = wide.reset_index().melt(["area", "year"], var_name="code")
    for table in (tidy, wide.reset_index(), wide[["04", "02", "01", "03"]]):
        pd.testing.assert_frame_equal(core_value_added(table, gdp=gdp).table, v.table)
    one = tidy[(tidy["area"] == "甲") & (tidy["year"] == 2022)][["code", "value"]]
    assert core_value_added(one.reset_index(drop=True)).core.tolist() == [4.5]


def test_groups_add_up_to_classes():
    groups = dict.fromkeys(Classification.load().children("02"), 2.0)
    given = CHINA_2023 | groups
    with pytest.raises(
        gz.DataError,
        match=r"02 \(Digital product services\), value: 4037 is given,"
        r" its parts add up to 10 -> correct one",
    ):
        core_value_added(given)
    given["02"] = 10
    assert core_value_added(given).core.tolist() == [43135 + 10 + 55636 + 24747]
    del given["02"]
    assert core_value_added(given).outcome.tolist() == ["complete"]
    given["02"] = 12  # five groups and the class, each rounded to a whole number
    assert core_value_added(given).to_frame().loc[("value", "02"), "value"] == 12
    given["02"] = 13.1
    with pytest.raises(gz.DataError, match=r"13.1 is given"):
        core_value_added(given)


def test_some_groups_may_not_exceed_their_class():
    assert core_value_added(CHINA_2023 | {"0201": 4000}).outcome.tolist() == ["complete"]
    with pytest.raises(gz.DataError, match="the parts that are given add up to 5000"):
        core_value_added(CHINA_2023 | {"0201": 5000})


def test_a_partial_core_is_named():
    v = core_value_added({"01": 4.0, "0201": 1.0, "0202": 2.0, "03": np.nan}, gdp=70.0)
    t = v.to_frame().droplevel(0)
    assert t["outcome"].tolist() == ["partial", "complete", "partial", *["missing"] * 3]
    assert t.loc["core", "lacking"] == "0203, 0204, 0205, 03, 04"
    assert t.loc["02", ["value", "lacking"]].tolist() == [3, "0203, 0204, 0205"]
    assert v.core.tolist() == [7.0]
    assert v.share.tolist() == [10.0]
    assert t["of_core"].isna().all()  # a share of an incomplete whole means nothing
    assert v.notes == (
        "value: core partial: the sum of what is known; lacking 0203, 0204, 0205, 03, 04",
    )
    assert v.notes_in("zh") == (
        "value：核心产业不完整：仅为已知部分之和；缺0203, 0204, 0205, 03, 04",
    )
    none = core_value_added({"05": 3.0})
    assert none.outcome.tolist() == ["missing"]
    assert none.core.isna().all()


@pytest.mark.parametrize(
    ("table", "options", "error", "message"),
    [
        ({1: 5.0, 2: 3.0}, {}, gz.DataError, r"column 1: .*did you mean '01'\? read codes as text"),
        ({"0110": 5.0}, {}, gz.DataError, "no '0110'"),
        ({"gdp": 5.0}, {}, gz.DataError, "no column is a code of digital-economy-2021"),
        ({}, {}, gz.DataError, "columns: none"),
        ({"01": "many"}, {}, gz.DataError, "'many' for value"),
        ({"01": 5.0}, {"gdp": 0}, gz.DataError, "0 is no GDP"),
        ({"01": 5.0}, {"gdp": {"全国": 10}}, gz.DataError, "gdp of value: is not given"),
        ({"01": 5.0}, {"gdp": 4.0}, gz.DataError, "core 5 is more than GDP 4"),
        ({"01": 5.0}, {"by": "nace"}, gz.MethodError, "no by = 'nace'"),
        ({"01": 5.0}, {"splitting": {}}, gz.MethodError, "splitting belongs to industries"),
        ({"3911": 5.0}, {"by": "gbt4754"}, gz.MethodError, "its sub-classes are not shipped"),
    ],
)
def test_refusals(table, options, error, message):
    with pytest.raises(error, match=message):
        core_value_added(table, **options)


def test_one_gdp_for_several_rows():
    table = pd.DataFrame({"01": [1.0, 2.0]}, index=["甲", "乙"])
    with pytest.raises(gz.DataError, match="one GDP for several rows"):
        core_value_added(table, gdp=100.0)
    with pytest.raises(gz.DataError, match="gdp of 乙: is not given"):
        core_value_added(table, gdp={"甲": 100.0})


# -- value added by industry -----------------------------------------------------------------------


def test_industries_with_made_coefficients():
    """Value added, industries and coefficients are made."""
    tree = Classification.load().with_subclasses(made())
    x = {"3911": 10, "3912": 1, "3921": 2, "3922": 3, "5177": 4, "5178": 10, "C6513": 8, "7777": 9}
    v = core_value_added(x, classification=tree, by="gbt4754", gdp=280)
    t = v.to_frame().droplevel(0)
    assert t["value"].iloc[:4].tolist() == [28.0, 16.0, 8.0, 4.0]
    assert t.loc["04":, "outcome"].tolist() == ["missing", "missing"]
    assert t.loc["01", "lacking"] == "0103, 0104, 0105, 0106"  # no sub-class of these in the table
    assert v.share.tolist() == [10.0]
    assert v.unmapped == ("7777",)
    assert v.notes[-1].endswith("not counted: 7777")
    assert v.notes_in("zh")[-1] == "不属于任何类别、未计入的行业：7777"


def test_industries_with_a_made_splitting():
    """Shares are made; industries straight to classes."""
    shares = {"39": {"01": 0.75, "05": 0.25}, "65": {"03": 1}, "51": {"02": 0.1}, "64": {"04": 1}}
    rows = pd.DataFrame(
        {"39": [4.0, 8.0], "65": [1.0, np.nan], "51": [10.0, 10.0], "64": [1.0, 1.0], "name": 0.0},
        index=["甲", "乙"],
    )
    v = core_value_added(rows, by="gbt4754", splitting=shares)
    assert v.core.tolist() == [6.0, 8.0]
    assert v.outcome.tolist() == ["complete", "partial"]
    assert v.table.loc[("乙", "core"), "lacking"] == "03"
    assert v.table.loc[("甲", "05"), "value"] == 1.0
    assert any("'name'" in n for n in v.notes)
    lacking = core_value_added({"39": 4.0}, by="gbt4754", splitting=shares | {"40": {"01": 1}})
    assert lacking.table.loc[("value", "01"), ["value", "lacking"]].tolist() == [3.0, "GB/T 40"]


def test_faults_of_a_splitting():
    shares = {"39": {"01": 0.75, "02": 0.5}}
    with pytest.raises(gz.DataError, match="more than the whole of it is given away: 01"):
        core_value_added({"39": 1.0}, by="gbt4754", splitting=shares)
    bad = {"39": {"1": 0.5}, "computers": {"01": 1}, "40": {"02": 1.5}}
    with pytest.raises(gz.DataError, match="industries cannot be split") as e:
        core_value_added({"39": 1.0}, by="gbt4754", splitting=bad)
    assert [p.where for p in e.value.problems] == ["GB/T 39 in 1", "computers", "GB/T 40 in 02"]
    tree = Classification.load().with_subclasses(
        made(gbt4754=["3911*", "12", "13", "14"], coefficient=None)
    )
    with pytest.raises(gz.DataError, match="GB/T 3911 in 010101: only a part belongs"):
        core_value_added({"3911": 1.0}, classification=tree, by="gbt4754")
    with pytest.raises(gz.DataError, match="no column is a code of an industry"):
        core_value_added({"3911*": 1.0}, by="gbt4754", splitting={"3911": {"01": 1}})


def test_it_shows():
    v = core_value_added(CHINA_2023)
    assert "127555.0000" in repr(v)
    assert "Digital-element-driven industry" in v._repr_html_()
    table = v.to_frame()
    table["value"] = 0
    assert v.core.tolist() == [127555.0]


def test_no_share_of_a_core_below_zero():
    v = core_value_added({"01": -5.0, "02": 1, "03": 1, "04": 1})
    assert v.table["of_core"].isna().all()

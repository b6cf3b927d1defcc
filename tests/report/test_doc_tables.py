"""Tables for Word: lines, captions, repeated heads, fonts; and the formulas beside them."""

import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.normalise import NORMALISERS, Distance, Efficacy, MinMax, Ratio, ZScore
from gz_index.report import phrases
from gz_index.report.formulas import Unread, to_mathml, to_omml
from gz_index.report.tables import to_docx, to_html

docx = pytest.importorskip("docx")

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
NASTY = '<script>&\x00\x01"q" ]]> 甲'


@pytest.fixture
def frame():
    heads = pd.MultiIndex.from_tuples([("equal", "weight"), ("equal", "rank"), ("pca", "rank")])
    rows = pd.MultiIndex.from_tuples([("广州", 2021), ("深圳", 2022)], names=["unit", "year"])
    return pd.DataFrame([[-0.25, 1, 2], [0.75, 2, np.nan]], index=rows, columns=heads)


def written(frame, folder, **how):
    path = to_docx(frame, folder / "t.docx", **how)
    return docx.Document(str(path))


def borders(cell):
    """Sides of a cell that have a line, with its size in eighths of a point."""
    return {
        b.tag.removeprefix(W): int(b.get(W + "sz")) for b in cell.iterfind(f".//{W}tcBorders/*")
    }


def rows_of(document):
    return list(document.element.body.find(f"{W}tbl").iterfind(f"{W}tr"))


def test_three_lines_and_nothing_else(tmp_path, frame):
    rows = rows_of(written(frame, tmp_path))
    cells = [list(r.iterfind(f"{W}tc")) for r in rows]
    assert [borders(c) for c in cells[0]] == [
        {"top": 12},
        {"top": 12},
        {"top": 12, "bottom": 4},
        {"top": 12, "bottom": 4},
    ]
    assert {tuple(borders(c).items()) for c in cells[1]} == {(("bottom", 6),)}
    assert [borders(c) for c in cells[2]] == [{}] * 5
    assert {tuple(borders(c).items()) for c in cells[3]} == {(("bottom", 12),)}


def test_a_table_without_style_has_no_lines_of_its_own(tmp_path, frame):
    table = written(frame, tmp_path).element.body.find(f"{W}tbl")
    settings = table.find(f"{W}tblPr")
    assert settings.find(f"{W}tblStyle") is None
    assert settings.find(f"{W}tblBorders") is None


def test_heads_are_repeated_and_span(tmp_path, frame):
    rows = rows_of(written(frame, tmp_path))
    assert [r.find(f"{W}trPr/{W}tblHeader") is not None for r in rows] == [True, True, False, False]
    spans = [c.find(f"{W}tcPr/{W}gridSpan") for c in rows[0].iterfind(f"{W}tc")]
    assert [None if s is None else s.get(W + "val") for s in spans] == [None, None, "2", None]
    assert all(r.find(f"{W}trPr/{W}cantSplit") is not None for r in rows)


def test_cells_are_those_of_the_other_formats(tmp_path, frame):
    how = {"lang": "zh", "decimals": {"weight": 2, "rank": 0}}
    table = written(frame, tmp_path, **how).tables[0]
    shown = [[c.text for c in r.cells] for r in table.rows]
    assert shown[1] == ["评价对象", "年份", "权重", "排名", "排名"]
    assert shown[2:] == [["广州", "2021", "−0.25", "1", "2"], ["深圳", "2022", "0.75", "2", "—"]]
    body = re.findall(r"<(?:td|th)[^>]*>([^<]*)<", to_html(frame, **how).split("<tbody")[1])
    assert body == [t for row in shown[2:] for t in row]


def test_numbers_stand_to_the_right(tmp_path, frame):
    row = rows_of(written(frame, tmp_path))[2]
    sides = [c.find(f".//{W}jc").get(W + "val") for c in row.iterfind(f"{W}tc")]
    assert sides == ["left", "left", "right", "right", "right"]


def test_widths_fill_the_page_and_no_number_is_broken(tmp_path):
    wide = pd.DataFrame(
        [[1234.5678] * 6 + ["一段很长的说明文字，" * 8]],
        columns=[*(f"n{k}" for k in range(6)), "text"],
    )
    table = written(wide, tmp_path, decimals=4).element.body.find(f"{W}tbl")
    widths = [int(c.get(W + "w")) for c in table.iterfind(f"{W}tblGrid/{W}gridCol")]
    assert sum(widths) == pytest.approx(16 / 2.54 * 1440, abs=len(widths))
    size = int(table.find(f".//{W}sz").get(W + "val")) / 2  # points
    assert min(widths[:6]) / 20 >= len("1234.5678") * size / 2 + 7  # digits are half as wide


def captions(document):
    return [p for p in document.paragraphs if p.style.name == "Caption"]


def test_captions_count_by_a_field_and_stand_above(tmp_path, frame):
    document = written(
        frame, tmp_path, caption={"zh": "得分", "en": "Scores"}, lang="zh", both=True
    )
    zh, en = captions(document)
    assert zh.text == "表1\u3000得分"
    assert en.text == "Table 1. Scores"
    codes = [p._p.find(f".//{W}instrText").text.strip() for p in (zh, en)]
    assert codes == ["SEQ 表 \\* ARABIC", "SEQ 表 \\* ARABIC \\c"]  # one count, said twice
    body = list(document.element.body)
    assert body.index(zh._p) < body.index(en._p) < body.index(document.tables[0]._tbl)
    assert zh.style.paragraph_format.keep_with_next


def test_one_language_has_one_caption_and_none_has_no_number(tmp_path, frame):
    (only,) = captions(written(frame, tmp_path, caption="Scores"))
    assert only.text == "Table 1. Scores"
    assert captions(written(frame, tmp_path)) == []


def test_notes_stand_below(tmp_path, frame):
    document = written(frame, tmp_path, lang="zh", notes=["甲", "乙"])
    notes = [p for p in document.paragraphs if p.style.name == "Notes"]
    assert [p.text for p in notes] == ["注：甲", "乙"]
    assert notes[0].paragraph_format.keep_with_next  # no note alone on the next page
    body = list(document.element.body)
    assert body.index(notes[0]._p) > body.index(document.tables[0]._tbl)


@pytest.mark.parametrize("name", ["Normal", "Table Text", "Notes", "Heading 1", "Caption", "Title"])
def test_fonts_of_both_scripts(tmp_path, frame, name):
    style = written(frame, tmp_path, lang="zh").styles[name].element
    fonts = style.find(f"{W}rPr/{W}rFonts")
    assert fonts.get(W + "ascii") == fonts.get(W + "hAnsi") == "Times New Roman"
    assert fonts.get(W + "eastAsia") in ("宋体", "黑体")
    assert not [k for k in fonts.attrib if "Theme" in k]  # they would win
    assert style.find(f"{W}rPr/{W}lang").get(W + "eastAsia") == "zh-CN"


def test_what_xml_does_not_take_is_left_out(tmp_path):
    frame = pd.DataFrame({NASTY: [NASTY]}, index=pd.Index([NASTY], name="unit"))
    document = written(frame, tmp_path, caption=NASTY, notes=[NASTY])
    kept = '<script>&"q" ]]> 甲'
    assert [c.text for c in document.tables[0].rows[1].cells] == [kept, kept]
    assert captions(document)[0].text.endswith(kept)


def test_the_frame_is_left_alone_and_refusals_are_those_of_all_formats(tmp_path, frame):
    before = frame.copy(deep=True)
    written(frame, tmp_path)
    pd.testing.assert_frame_equal(frame, before)
    with pytest.raises(gz.MethodError, match="decimals = -1"):
        to_docx(frame, tmp_path / "x.docx", decimals=-1)
    with pytest.raises(gz.MethodError, match="lang = 'fr'"):
        to_docx(frame, tmp_path / "x.docx", lang="fr")
    assert not (tmp_path / "x.docx").exists()


def test_the_extra_is_named(tmp_path, frame, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(gz.MissingExtraError, match=r"gz-index\[report\]"):
        to_docx(frame, tmp_path / "t.docx")


# -- formulas --------------------------------------------------------------------------------------

TABLES = ("NORMALISED", "JUDGED", "WEIGHED", "COMBINED", "AGGREGATES")
FORMULAS = {
    *(p.formula for t in TABLES for p in getattr(phrases, t).values() if p.formula),
    *(
        f
        for n in (
            *(MinMax(), MinMax(to=(1, 100)), ZScore(), ZScore(mean=50, sd=10)),
            *(Efficacy(curve=c) for c in ("linear", "exponential", "logarithmic")),
            *(Distance(form=f) for f in ("ratio", "difference", "range")),
            *(Ratio(to=t) for t in ("mean", "max", "sum", "norm")),
            *(make() for k, make in NORMALISERS.items() if k in ("base-index", "above-mean")),
        )
        for f in phrases.normalise_formulas(n, {1, -1, 0})
    ),
    *(
        phrases.aggregate_formula(name, options)
        for name, options in (
            *(("power", {"exponent": r}) for r in (0.5, 0, np.inf, -np.inf)),
            ("mean-min", {"a": 0.5, "b": 1}),
            ("mpi", {"penalty": "-"}),
            ("topsis", {"weigh": "matrix"}),
            ("grey-relational", {"rho": 0.5}),
        )
    ),
    phrases.weight_formula("critic", {"conflict": "absolute"}),
    phrases.weight_formula("pca", {"form": "coefficients"}),
    phrases.weight_formula("entropy", {"shift": 0.001}),
}


def letters(text):
    """What a formula says, without its layout."""
    return sorted(re.findall(r"[A-Za-z]|\d", text))


@pytest.mark.parametrize("latex", sorted(FORMULAS))
def test_every_formula_of_the_package_is_read(latex):
    page = ET.fromstring(to_mathml(latex))
    word = to_omml(latex)
    plain = re.sub(r"\\(text|mathrm)\{", "{", latex)
    plain = re.sub(r"\\(begin|end)\{cases\}", "", plain)
    plain = re.sub(r"\\(?!ln|max|min)[A-Za-z]+", "", plain)
    assert letters("".join(page.itertext())) == letters(plain)
    drawn = "".join(t.text for t in word.iter(f"{M}t"))
    assert letters(drawn) == letters(plain)
    assert "\\" not in drawn


def test_structure_of_a_formula():
    latex = r"e_j = -\frac{1}{\ln n} \sum_i p_{ij}^2, \quad w = 1"
    page = to_mathml(latex)
    assert "<munder><mo>∑</mo><mi>i</mi></munder>" in page
    assert "<msubsup><mi>p</mi><mrow><mi>i</mi><mi>j</mi></mrow><mn>2</mn></msubsup>" in page
    word = to_omml(latex)
    body = word.find(f".//{M}nary/{M}e")
    assert "".join(t.text for t in body.iter(f"{M}t")) == "pij2"  # up to the comma, and no further


@pytest.mark.parametrize("latex", [r"\unknown{x}", r"\frac{1}", r"\Big(x", "x}", r"{x"])
def test_what_is_not_read_is_refused(latex):
    with pytest.raises(Unread):
        to_mathml(latex)


def test_text_of_a_formula_is_escaped():
    assert "&lt;b&gt;" in to_mathml(r"x < y \text{<b>}")
    assert 'alttext="x &lt; y' in to_mathml(r"x < y \text{<b>}")

"""Reports: sections, numbers, sentences, both writers, both languages."""

import re
import sys
import zipfile
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gz_index as gz
from gz_index.cli import app
from gz_index.report.documents import compose
from gz_index.report.documents.content import SECTIONS

docx = pytest.importorskip("docx")
pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VOID = {"meta", "br", "use", "path", "rect", "mspace", "link", "image"}
SMALL = {"draws": 50, "points": 16, "seed": 1}


class Page(HTMLParser):
    """What a page holds: titles by level, tables, pictures, ids, text; and that tags close."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.heads, self.ids, self.tags = [], [], [], set()
        self.pictures, self.captions, self.texts = [], [], []
        self.tables = 0
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.tables += tag == "table"
        if tag == "svg":
            self.pictures.append(attrs.get("aria-label"))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.heads.append((tag, ""))
        if tag in ("caption", "figcaption"):
            self.captions.append("")

    def handle_startendtag(self, tag, attrs):
        self.ids += [v for k, v in attrs if k == "id"]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open or "svg" in self.open:
            return
        self.texts.append(data)
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.heads[-1] = (self.heads[-1][0], self.heads[-1][1] + data)
        if self.open and self.open[-1] in ("caption", "figcaption"):
            self.captions[-1] += data


@pytest.fixture(scope="module")
def provinces():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    return index, data, compose(index, data, lang="zh", unit="江苏省", **SMALL)


@pytest.fixture(scope="module")
def desi():
    index, data = gz.load("desi-2022"), gz.data("desi-2022").drop(index="EU")
    return index, data, compose(index, data, lang="en", **SMALL)


@pytest.fixture(scope="module")
def plan():
    index, data = gz.load("gz-2025"), gz.data("gz-2025")
    return index, data, compose(index, data, lang="zh", **SMALL)


def tables_of(section):
    return [b for b in section.all_blocks() if type(b).__name__ == "Tabled"]


def text_of(section):
    return " ".join(getattr(b, "text", "") for b in section.all_blocks())


# -- which sections --------------------------------------------------------------------------------


def test_a_panel_has_a_trend_and_no_targets(provinces):
    report = provinces[2]
    assert [s.key for s in report.sections] == [k for k in SECTIONS if k != "targets"]
    assert report.omitted == {"targets": "定义没有目标"}


def test_a_single_year_has_no_trend(desi):
    report = desi[2]
    assert "trend" not in [s.key for s in report.sections]
    assert report.omitted["trend"] == "the data have a single period"
    with pytest.raises(gz.MethodError, match="single period"):
        report.section("trend")


def test_a_plan_has_targets_and_no_ranking(plan):
    report = plan[2]
    assert [s.key for s in report.sections] == ["level", "targets", "audit", "methods"]
    assert set(report.omitted) == {"trend", "obstacles", "robustness"}
    assert "不作排名" in text_of(report.section("level"))


def test_sections_are_chosen_and_stand_in_order(desi):
    index, data, _ = desi
    report = compose(index, data, sections=["methods", "level"], title="Mine")
    assert [s.key for s in report.sections] == ["level", "methods"]
    assert report.omitted == {}
    assert report.title == "Mine"
    assert set(report.studies) == {"result", "methods"}  # nothing else was computed


# -- numbers ---------------------------------------------------------------------------------------


def test_the_ranking_is_that_of_the_result(provinces):
    index, data, report = provinces
    result = index.evaluate(data)
    table = tables_of(report.section("level"))[0].frame
    now = result.total.xs(2022, level="year")
    assert table.index.tolist() == now.sort_values(ascending=False).index.tolist()
    np.testing.assert_array_equal(table["total"], now[table.index])
    np.testing.assert_array_equal(
        table["rank"], result.ranks.xs(2022, level="year")["total"][table.index]
    )
    np.testing.assert_array_equal(
        table["fusion"], result.scores.xs(2022, level="year")["fusion"][table.index]
    )
    first = f"{table.index[0]}（{now.max():.3f}）居首"
    assert first in report.points[0]
    assert f"平均{now.mean():.3f}，中位数{now.median():.3f}" in text_of(report.section("level"))


def test_the_unit_in_focus(provinces):
    index, data, report = provinces
    result = index.evaluate(data)
    rank = result.ranks.loc[("江苏省", 2022), "total"]
    assert (
        f"江苏省的总指数为{result.total['江苏省', 2022]:.3f}，在31个评价对象中居第{rank}位"
        in report.points[1]
    )
    own = tables_of(report.section("obstacles"))[-1]
    expected = gz.obstacles(result, unit="江苏省").top(5).loc[("江苏省", 2022)]
    np.testing.assert_allclose(own.frame["degree"], expected["degree"])
    assert "江苏省" in own.caption


def test_the_trend_is_that_of_the_result(provinces):
    index, data, report = provinces
    result = index.evaluate(data)
    table, parts = tables_of(report.section("trend"))
    before, after = (result.total.xs(y, level="year") for y in (2013, 2022))
    np.testing.assert_array_equal(table.frame["change"], (after - before)[table.frame.index])
    ranks = result.ranks["total"]
    moved = ranks.xs(2013, level="year") - ranks.xs(2022, level="year")
    np.testing.assert_array_equal(table.frame["moved"], moved[table.frame.index])
    change = gz.change(result, since=2013, until=2022, unit="江苏省")
    np.testing.assert_array_equal(parts.frame["points"], change.below()["points"])
    assert parts.frame["points"].sum() == pytest.approx((after - before)["江苏省"])


def test_obstacles_over_all_units_are_ratios_of_sums(desi):
    index, data, report = desi
    study = gz.obstacles(index.evaluate(data), ideal=100)
    table = tables_of(report.section("obstacles"))[0].frame
    pooled = study.pooled("all")[list(index.framework.codes)].iloc[0].nlargest(5)
    np.testing.assert_allclose(table["degree"], pooled)
    np.testing.assert_array_equal(table["count"], study.frequency(5)["count"][pooled.index])


def test_robustness_is_that_of_the_studies(desi):
    index, data, report = desi
    u = gz.uncertainty(index, data, draws=50, seed=1)
    intervals, others, shares = tables_of(report.section("robustness"))
    order = u.ranks.sort_values("nominal", kind="stable")
    np.testing.assert_array_equal(intervals.frame["low"], order["low"])
    np.testing.assert_array_equal(intervals.frame["high"], order["high"])
    assert f"Over 50 draws the mean shift of ranks is {u.shift:.2f}" in " ".join(report.points)
    entropy = gz.compare(index, data, weight=[index.weight, "entropy"]).table().iloc[1]
    assert others.frame.loc["entropy weights", "spearman"] == pytest.approx(entropy["spearman"])
    s = gz.sobol(index, data, targets=["shift"], points=16, seed=1).of("shift")
    np.testing.assert_array_equal(shares.frame["total"], s["total"])
    assert "aggregate" not in " ".join(others.frame.index)  # arithmetic is what it is already


def test_methods_that_cannot_be_applied_are_said(desi):
    notes = tables_of(desi[2].section("robustness"))[1].notes
    assert any("cannot be applied: weighted geometric mean" in n for n in notes)
    assert not any("{" in n for n in notes)


def test_targets_are_those_of_the_dashboard(plan):
    index, data, report = plan
    m = gz.monitor(index, data)
    table = tables_of(report.section("targets"))[0].frame
    stations = table.loc["5G基站数（万座）"]
    assert stations["completion"] == pytest.approx(100 * m.table.loc["g5_stations", "completion"])
    assert (stations["base"], stations["value"], stations["aim"]) == (
        "7.64 (2022)",
        "9.17 (2023)",
        "> 10",
    )
    numbers = (m.table["target"] != "") & (m.table["outcome"] != "in words")
    assert len(table) == numbers.sum()
    assert m.notes_in("zh")[0] in report.points[1]


def test_the_audit_counts_and_the_methods_are_the_librarys(provinces):
    index, data, report = provinces
    audit = gz.audit(index, data, period=2022, draws=50, points=16, seed=1)
    for severity, word in (("warning", "警告"), ("note", "提示")):
        assert f"{word}{audit.counts[severity]}项" in report.points[-1]
    methods = report.studies["methods"]
    said = report.section("methods")
    assert (
        text_of(said)
        .replace(" ", "")
        .startswith(methods.text.split("\n\n")[0][:30].replace(" ", ""))
    )
    formulas = [b for b in said.blocks if type(b).__name__ == "Formula"]
    assert [f.latex for f in formulas] == list(methods.formulas)
    weights = tables_of(said)[0].frame["weight"]
    assert weights.sum() == pytest.approx(1)


def test_scores_that_cannot_be_compared_are_not():
    index = gz.load("cn-provinces-2022")
    index = index.replace(normalise={"method": "minmax", "window": "period"})
    report = compose(index, gz.data("cn-provinces-2022"), sections=["trend"])
    (table,) = tables_of(report.section("trend"))
    assert list(table.frame) == ["rank_before", "rank_after", "moved"]
    assert "only ranks are" in text_of(report.section("trend"))
    assert len(report.figures) == 1  # ranks; no line of scores, no parts of a change


def test_an_earlier_period_is_the_present_when_it_is_asked_for(provinces):
    index, data, _ = provinces
    report = compose(index, data, period=2015, sections=["level", "trend"])
    assert report.points[0].startswith("In 2015, ")
    assert tables_of(report.section("trend"))[0].caption == "Index in 2013 and 2015"


def test_an_earlier_period_keeps_the_weights_of_the_result():
    """Data-driven weights would be others, if what came later were left out before weighting."""
    index, data = (
        gz.load("cn-provinces-2022").replace(weight="entropy"),
        gz.data("cn-provinces-2022"),
    )
    report = compose(index, data, period=2015, unit="广东省", sections=["trend"])
    drawn = report.figures[0].axes.get_lines()
    line = next(x for x in drawn if x.get_label() == "广东省").get_ydata()
    np.testing.assert_allclose(line, index.evaluate(data).total["广东省"].loc[:2015])


def test_studies_get_the_data_as_they_came():
    """What a screen leaves out is left out of every section, once."""
    rng = np.random.default_rng(5)
    data = pd.DataFrame(
        rng.uniform(1, 9, (12, 5)), columns=list("vwxyz"), index=list("abcdefghijkl")
    )
    data.loc["a":"f", "v"] = np.nan
    tree = gz.Framework([gz.Indicator(code=c) for c in "vwxyz"])
    screen = {"kind": "screen", "indicators": {"available": 0.65}}
    index = gz.Index(framework=tree, prepare=[screen], id="screened")
    report = compose(index, data, **SMALL)
    assert set(report.omitted) == {"trend", "targets"}
    weights = tables_of(report.section("methods"))[0].frame
    assert weights["indicator"].tolist() == list("wxyz")
    u = gz.uncertainty(index, data, [gz.Spread(size=0.25)], draws=50, seed=1)
    found = tables_of(report.section("robustness"))[0].frame["shift"]
    np.testing.assert_array_equal(found.sort_index(), u.ranks["shift"].sort_index())


def test_a_figure_that_cannot_be_drawn_is_said():
    index = gz.load("tai-2008").replace(aggregate="topsis")
    report = compose(index, gz.data("tai-2008"), sections=["level"])
    (why,) = report.undrawn.values()
    assert "no exact additive split" in why
    assert [f.caption for f in report.figures] == ["Scores of the pillars"]  # in its place
    assert why in " ".join(Page(report.html()).texts)


def test_many_first_places_are_counted():
    data = pd.DataFrame({"x": [1.0] * 5 + [0.0], "y": [1.0] * 5 + [0.0]}, index=list("abcdef"))
    index = gz.Index(framework=gz.Framework((gz.Indicator(code="x"), gz.Indicator(code="y"))))
    zh, en = (compose(index, data, sections=["level"], lang=k).points[0] for k in ("zh", "en"))
    assert zh == "6个评价对象中，a（1.000）、b（1.000）、c（1.000）等5个居首。"
    assert en == "a (1.000), b (1.000), c (1.000) and 2 more lead the 6 units."


# -- a small index of one's own --------------------------------------------------------------------

EVIL = '<script>alert("x")</script> & $a$'


@pytest.fixture
def own():
    rng = np.random.default_rng(3)
    units = [EVIL, "b", "c", "d", "e", "f"]
    data = pd.DataFrame(rng.uniform(1, 9, (6, 4)), columns=list("wxyz"), index=units)
    tree = [gz.Indicator(code=c, parent=p, name=EVIL) for c, p in zip("wxyz", "ppqq", strict=True)]
    groups = [gz.Group(code="p", name=EVIL), gz.Group(code="q", name="Q")]
    index = gz.Index(framework=gz.Framework(tree, groups), name=EVIL, id="own", notes=[EVIL])
    return index, data


def test_what_users_write_is_no_markup(own, tmp_path):
    report = compose(*own, unit=EVIL, title=EVIL, **SMALL)
    text = report.html()
    page = Page(text)
    assert "script" not in page.tags
    assert "<script" not in text
    assert "onload" not in text
    assert page.heads[0] == ("h1", EVIL)
    assert any(EVIL in t for t in page.texts)
    path = report.save(tmp_path / "r.docx")
    document = docx.Document(str(path))
    assert document.paragraphs[0].text == EVIL
    assert document.tables[0].rows[1].cells[0].text in own[1].index


def test_without_a_sensitivity_table_weights_vary_by_a_quarter(own):
    report = compose(*own, **SMALL)
    u = gz.uncertainty(*own, [gz.Spread(size=0.25)], draws=50, seed=1)
    assert f"{u.shift:.2f}" in " ".join(report.points)
    said = text_of(report.section("robustness"))
    assert "every weight varies by 25%" in said
    left = [t for b in report.section("robustness").blocks for t in getattr(b, "texts", ())]
    assert any("fewer than two choices" in t for t in left)  # nothing to share out


def test_the_data_and_global_settings_are_left_alone(own):
    import matplotlib as mpl

    index, data = own
    before, settings = data.copy(deep=True), dict(mpl.rcParams)
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    compose(index, data, **SMALL).html()
    pd.testing.assert_frame_equal(data, before)
    assert dict(mpl.rcParams) == settings
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_the_same_run_writes_the_same_page(own):
    assert compose(*own, **SMALL).html() == compose(*own, **SMALL).html()


# -- the page --------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["provinces", "desi", "plan"])
def test_a_page_is_whole_and_stands_alone(which, request):
    report = request.getfixturevalue(which)[2]
    text = report.html()
    page = Page(text)
    assert f'<html lang="{"zh-CN" if report.lang == "zh" else "en"}">' in text
    assert len(page.ids) == len(set(page.ids))
    assert {s.key for s in report.sections} <= set(page.ids)
    for name in re.findall(r'(?:href="#|url\(#)([^")]+)', text):
        assert name in page.ids
    outside = re.findall(r'(?:src|href)="(?!#)([^"]+)"', text)
    assert outside == []
    assert page.tables == len(report.tables)
    assert page.pictures == [f.alt for f in report.figures]
    assert all(page.pictures)
    assert [t for h, t in page.heads if h == "h1"] == [report.title]
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_captions_of_a_page_are_numbered(provinces):
    report = provinces[2]
    captions = Page(report.html()).captions
    for word, blocks in (("表", report.tables), ("图", report.figures)):
        mine = [c for c in captions if c.startswith(word)]
        assert mine == [f"{word}{k}\u3000{b.caption}" for k, b in enumerate(blocks, start=1)]


def test_a_page_says_what_is_left_out(desi):
    words = " ".join(Page(desi[2].html()).texts)
    assert "Trend: the data have a single period" in words
    assert all(p in words for p in desi[2].points)


# -- the Word document -----------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["provinces", "desi", "plan"])
def test_word_holds_what_the_page_holds(which, request, tmp_path):
    report = request.getfixturevalue(which)[2]
    path = report.save(tmp_path / "r.docx")
    document = docx.Document(str(path))
    assert document.paragraphs[0].style.name == "Title"
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    page = Page(report.html())
    assert heads == [t for h, t in page.heads if h == "h2"]
    parts = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
    assert parts == [t for h, t in page.heads if h == "h3"]
    assert len(document.tables) == len(report.tables)
    assert len(document.inline_shapes) == len(report.figures)
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption"]
    assert captions == page.captions
    alts = [e.get("descr") for e in document.element.body.iter() if str(e.tag).endswith("}docPr")]
    assert alts == [f.alt for f in report.figures]
    assert all(t.rows[0]._tr.find(f"{W}trPr/{W}tblHeader") is not None for t in document.tables)
    items = [p.text for p in document.paragraphs if p.style.name == "List Bullet"]
    assert items[: len(report.points)] == list(report.points)


def test_figures_of_word_are_sharp_and_formulas_can_be_edited(desi, tmp_path):
    path = desi[2].save(tmp_path / "r.docx")
    with zipfile.ZipFile(path) as z:
        picture = z.read("word/media/image1.png")
        body = z.read("word/document.xml").decode()
    width = int.from_bytes(picture[16:20], "big")
    assert width == pytest.approx(desi[2].figures[0].width / 2.54 * 300, abs=2)
    formulas = [b for b in desi[2].section("methods").blocks if type(b).__name__ == "Formula"]
    assert body.count("<m:oMath>") == len(formulas) > 0


# -- files, the command, errors --------------------------------------------------------------------


def test_a_file_in_the_way_is_kept(own, tmp_path):
    report = compose(*own, sections=["level"])
    path = tmp_path / "new" / "r.html"
    assert report.save(path) == path
    with pytest.raises(gz.DataError, match="exists already"):
        report.save(path)
    path.write_text("old", encoding="utf-8")
    report.save(path, overwrite=True)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [p.name for p in path.parent.iterdir()] == ["r.html"]  # no remains
    (tmp_path / "d.docx").mkdir()
    with pytest.raises(gz.DataError, match="exists already"):
        report.save(tmp_path / "d.docx", overwrite=True)


def test_a_file_is_whole_or_not_there(own, tmp_path, monkeypatch):
    report = compose(*own, sections=["level"])
    monkeypatch.setattr(type(report), "html", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.save(tmp_path / "r.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"lang": "fr"}, gz.MethodError, "lang = 'fr'"),
        ({"sections": ["levl"]}, gz.MethodError, "no section 'levl'.*level"),
        ({"sections": []}, gz.MethodError, "without sections"),
        ({"unit": "zz"}, gz.NotFoundError, "no unit 'zz'"),
        ({"period": 1999}, gz.NotFoundError, "no period 1999"),
        ({"draws": 1}, gz.MethodError, "draws = 1"),
        ({"points": 100}, gz.MethodError, "points = 100.*power of two"),
        ({"seed": -1}, gz.MethodError, "seed = -1"),
    ],
)
def test_mistakes_of_the_call_are_errors(own, how, error, message):
    with pytest.raises(error, match=message):
        compose(*own, **how)


def test_a_report_has_one_of_two_forms(own, tmp_path):
    with pytest.raises(gz.MethodError, match=r"r\.pdf.*\.html or \.docx"):
        compose(*own, sections=["level"]).save(tmp_path / "r.pdf")


@pytest.mark.parametrize(("module", "suffix"), [("jinja2", "html"), ("docx", "docx")])
def test_the_extra_is_named(own, tmp_path, monkeypatch, module, suffix):
    report = compose(*own, sections=["level"])
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(gz.MissingExtraError, match=r"gz-index\[report\]"):
        report.save(tmp_path / f"r.{suffix}")


def test_figures_need_the_extra_too(own, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(gz.MissingExtraError, match=r"gz-index\[report\]"):
        compose(*own)


def run(*args):
    return CliRunner().invoke(app, ["report", *map(str, args)])


def test_the_command_writes_a_report(tmp_path):
    out = tmp_path / "r.docx"
    done = run("tai-2008", "--out", out, "--lang", "zh", "--of", "Japan", "--section", "level")
    assert done.exit_code == 0, done.output
    assert "Japan的总指数为" in done.output
    assert f"written: {out}" in done.output.replace("\n", "")
    heads = [p.text for p in docx.Document(str(out)).paragraphs if p.style.name == "Heading 1"]
    assert heads == ["要点", "一、总体水平"]


def test_the_command_takes_a_period(tmp_path):
    how = ("--section", "level", "--at", "2014", "--of", "贵州省")
    done = run("cn-provinces-2022", "--out", tmp_path / "r.html", *how)
    assert done.exit_code == 0, done.output
    assert "In 2014, " in done.output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--out", "r.pdf"], "end it in .html or .docx"),
        (["--of", "Atlantis"], "no unit 'Atlantis'"),
        (["--at", "2022"], "no periods"),
        (["--section", "x"], "no section 'x'"),
    ],
)
def test_mistakes_of_the_command(tmp_path, args, message):
    out = [] if "--out" in args else ["--out", tmp_path / "r.html"]
    done = run("tai-2008", *out, *args)
    assert done.exit_code == 2
    assert message in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_command_refuses_a_file_in_the_way_before_any_work(tmp_path):
    out = tmp_path / "r.html"
    out.write_text("old", encoding="utf-8")
    done = run("no-such-definition", "--out", out)
    assert done.exit_code == 2
    assert "exists already" in done.output
    assert out.read_text(encoding="utf-8") == "old"
    again = run("tai-2008", "--out", out, "--overwrite", "--section", "level")
    assert again.exit_code == 0, again.output

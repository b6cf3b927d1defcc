"""Reports as files: the page, the Word document, what users write in them, errors."""

import re
import sys
import zipfile
from html.parser import HTMLParser

import pytest

import gz_index as gz
from gz_index.report.documents import compose

docx = pytest.importorskip("docx")
pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VOID = {"meta", "br", "use", "path", "rect", "mspace", "link", "image"}


class Page(HTMLParser):
    """What a page holds: titles by level, tables, pictures, ids, text; and that tags close."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.heads, self.ids = [], [], []
        self.tags, self.attributes = set(), set()
        self.pictures, self.captions, self.texts = [], [], []
        self.tables = 0
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(attrs)
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


def test_a_figure_that_cannot_be_drawn_is_said():
    index = gz.load("tai-2008").replace(aggregate="topsis")
    report = compose(index, gz.data("tai-2008"), sections=["level"])
    (why,) = report.undrawn.values()
    assert "no exact additive split" in why
    assert [f.caption for f in report.figures] == ["Scores of the pillars"]  # in its place
    assert why in " ".join(Page(report.html()).texts)


def test_what_users_write_is_no_markup(own, tmp_path, small, evil):
    report = compose(*own, unit=evil, title=evil, **small)
    text = report.html()
    page = Page(text)
    assert not {"script", "img"} & page.tags
    assert not [a for a in page.attributes if a.startswith("on")]
    assert page.heads[0] == ("h1", evil)
    assert any(evil in t for t in page.texts)
    path = report.save(tmp_path / "r.docx")
    document = docx.Document(str(path))
    assert document.paragraphs[0].text == evil
    assert document.tables[0].rows[1].cells[0].text in own[1].index


def test_the_same_run_writes_the_same_page(own, small):
    assert compose(*own, **small).html() == compose(*own, **small).html()


# -- files, errors --------------------------------------------------------------------


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


def test_a_title_may_be_longer_than_a_property_of_a_file(own, tmp_path):
    title = "长" * 300
    document = docx.Document(
        str(compose(*own, sections=["level"], title=title).save(tmp_path / "r.docx"))
    )
    assert document.paragraphs[0].text == title
    assert document.core_properties.title == title[:255]


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

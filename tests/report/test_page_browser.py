"""The page in a browser: ranks are the library's, wherever the sliders are; anybody can use it."""

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.framework import Group
from gz_index.report.page import to_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def _lacking():
    try:
        import axe_playwright_python
        import playwright.sync_api  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed"
    assert axe_playwright_python
    return "" if CHROMIUM else "no chromium here"


WHY = _lacking()
# where all checks are run, nothing may be left out unseen
pytestmark = pytest.mark.skipif(bool(WHY) and not os.environ.get("CI"), reason=WHY or "-")


@pytest.fixture(scope="module")
def browser():
    assert not WHY, WHY
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Open a file in a new context; at the end nothing may have been complained of or asked for."""
    contexts, faults = [], []

    def open_(path, hash_="", *, width=1280, **how):
        context = browser.new_context(viewport={"width": width, "height": 800}, **how)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(f"{m.type}: {m.text}"))
        page.on("pageerror", lambda e: faults.append(str(e)))
        page.on("dialog", lambda d: (faults.append(f"dialog: {d.message}"), d.dismiss()))
        page.on("request", lambda r: r.url.startswith("file:") or faults.append(r.url))
        page.goto(Path(path).as_uri() + hash_)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def provinces(folder):
    """Arithmetic at every node, with gaps that are rescaled over."""
    result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    return result, to_page(result, folder / "provinces.html", lang="zh", draws=200)


@pytest.fixture(scope="module")
def geometric(folder):
    """Geometric over arithmetic, one unit with a gap, two with equal values."""
    return _two_levels(folder, "geometric", {"method": "geometric"})


def _two_levels(folder, name, root, below=None, **how):
    rng = np.random.default_rng(4)
    nodes = tuple(gz.Indicator(code=f"i{j}", parent=f"p{j // 3}") for j in range(9))
    groups = (
        Group(code="total", aggregate=root),
        *(Group(code=f"p{k}", aggregate=below, name=gz.Text(f"甲{k}", f"P{k}")) for k in range(3)),
    )
    index = gz.Index(
        framework=gz.Framework(nodes, groups),
        normalise={"method": "minmax", "to": [1, 100]},
        missing={"policy": "renormalise", "coverage": 0.5},
        id=name,
        **how,
    )
    frame = pd.DataFrame(
        rng.random((25, 9)).round(2), [f"u{i}" for i in range(25)], index.framework.codes
    )
    frame.iloc[3, 4] = np.nan
    frame.iloc[7] = frame.iloc[8]
    result = index.evaluate(frame)
    return result, to_page(result, folder / f"{name}.html", draws=20, lang="en")


def moves(result, rng, share):
    """Where sliders stand, of 0 to 200, for some nodes; never all zero below a group."""
    f = result.index.framework
    found = {
        kid: int(rng.integers(0, 201))
        for g in f.groups
        if len(f.children(g.code)) > 1
        for kid in f.children(g.code)
        if rng.random() < share
    }
    for g in f.groups:
        kids = f.children(g.code)
        if all(found.get(k) == 0 for k in kids):
            found[kids[0]] = 1
    return found


def evaluated(result, moved, base=None):
    """The result with the weights that a page has when its sliders are moved."""
    f, base = result.index.framework, base or result
    raw = {}
    for g in f.groups:
        for kid, w in zip(f.children(g.code), base.local[g.code], strict=True):
            raw[kid] = moved[kid] / 200 if kid in moved else float(w)
    nodes = tuple(dataclasses.replace(i, weight=raw[i.code]) for i in f.indicators)
    groups = tuple(dataclasses.replace(g, weight=raw.get(g.code), weigh=None) for g in f.groups)
    given = result.index.replace(framework=gz.Framework(nodes, groups), weight="given")
    return given.score(result.table, scale=None if base is result else base.scale)


def ranks_of(result):
    """Rank by unit in the last period, as the page writes it."""
    t = result.table
    at = t.rows_of(None if t.periods is None else t.periods[-1])
    ranks = result.ranks["total"].iloc[at]
    return {
        str(t.units[i]): "—" if pd.isna(r) else f"{r:g}" for i, r in zip(at, ranks, strict=True)
    }


READ = """() => Object.fromEntries([...document.querySelectorAll('#ranks tbody tr')].map(
    (row) => [row.querySelector('th').textContent, row.querySelector('.c-rank').textContent]))"""
MOVE = """(sets) => {
    const nodes = JSON.parse(document.getElementById('data').textContent).nodes.map((n) => n.code);
    return sets.map((moved) => {
        document.getElementById('undo').click();
        for (const [code, value] of Object.entries(moved)) {
            const slider = document.getElementById(`w${nodes.indexOf(code)}`);
            slider.value = value;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
        }
        gzPage.flush();
        return [READ(), gzPage.scores()];
    });
}""".replace("READ", f"({READ})")


@pytest.mark.parametrize("which", ["provinces", "geometric"])
def test_ranks_are_those_of_the_library_for_200_sets_of_weights(visit, request, which):
    result, path = request.getfixturevalue(which)
    rng = np.random.default_rng(11)
    sets = [moves(result, rng, share) for share in np.linspace(0.05, 1, 200)]
    found = visit(path).evaluate(MOVE, sets)
    seen = set()
    for moved, (ranks, scores) in zip(sets, found, strict=True):
        want = evaluated(result, moved)
        assert ranks == ranks_of(want), moved
        seen.add(tuple(sorted(ranks.items())))
        t = want.table
        at = t.rows_of(None if t.periods is None else t.periods[-1])
        mine = np.array([scores[str(t.units[i])] for i in at])
        if which == "provinces":
            np.testing.assert_array_equal(mine, want.values[at, -1])
        else:  # logarithms differ in the last digit
            np.testing.assert_allclose(mine, want.values[at, -1], rtol=1e-14)
    assert len(seen) > 150


MEANS = {
    "harmonic": {"method": "harmonic"},
    "square root": {"method": "power", "exponent": 0.5},
    "power -2": {"method": "power", "exponent": -2},
    "near geometric": {"method": "power", "exponent": 0.005},
    "maximum": {"method": "power", "exponent": float("inf")},
    "mean-min": {"method": "mean-min", "a": 0.5, "b": 0.2},
    "mpi": {"method": "mpi"},
    "mpi +": {"method": "mpi", "penalty": "+"},
}


@pytest.mark.parametrize("name", MEANS)
def test_every_mean_at_the_root_and_below(visit, folder, name):
    root, below = ({}, MEANS[name]) if name == "maximum" else (MEANS[name], {"method": "harmonic"})
    result, path = _two_levels(folder, name, root or None, below, ties="average")
    rng = np.random.default_rng(5)
    sets = [moves(result, rng, 0.6) for _ in range(10)]
    page = visit(path)
    for moved, (ranks, scores) in zip(sets, page.evaluate(MOVE, sets), strict=True):
        want = evaluated(result, moved)
        assert ranks == ranks_of(want)
        mine = np.array([scores[u] for u in want.table.units])
        if name in ("harmonic", "mpi", "mpi +"):
            np.testing.assert_array_equal(mine, want.total)
        else:
            np.testing.assert_allclose(mine, want.total, rtol=1e-14)
    parts = list(page.evaluate("gzPage.contributions()").values())
    if parts[0] is not None:
        np.testing.assert_allclose(np.sum(parts, axis=1), want.total, rtol=1e-12)
    else:
        assert name == "mean-min"


@pytest.mark.parametrize("gaps", [0, 0.1])
@pytest.mark.parametrize("method", ["arithmetic", "mpi"])
def test_sums_of_many_siblings_are_the_library_s_to_the_last_bit(visit, folder, method, gaps):
    rng = np.random.default_rng(2)
    codes = [f"i{j}" for j in range(170)]
    nodes = tuple(gz.Indicator(code=c, parent="pq"[j < 150]) for j, c in enumerate(codes))
    index = gz.Index(
        framework=gz.Framework(nodes, (Group(code="p"), Group(code="q"))),
        normalise={"method": "minmax", "to": [70, 130]},
        aggregate=method,
        missing={"policy": "renormalise", "coverage": 0.5},
        id="wide",
    )
    frame = pd.DataFrame(rng.random((12, 170)), [f"u{i}" for i in range(12)], codes)
    result = index.evaluate(frame.mask(rng.random(frame.shape) < gaps))
    path = to_page(result, folder / f"wide {method} {gaps}.html", lang="zh", draws=10, sets=[])
    sets = [moves(result, rng, 0.5) for _ in range(5)]
    for moved, (_, scores) in zip(sets, visit(path).evaluate(MOVE, sets), strict=True):
        want = evaluated(result, moved)
        mine = [scores[u] for u in want.table.units]
        np.testing.assert_array_equal(mine, want.total)


@pytest.mark.parametrize("ties", ["min", "max", "average", "dense"])
def test_ties_are_ranked_by_the_rule_of_the_definition(visit, folder, ties):
    result, path = _two_levels(folder, f"ties {ties}", None, ties=ties)
    ranks = visit(path).evaluate(READ)
    assert ranks == ranks_of(result)
    assert ranks["u7"] == ranks["u8"]


def test_sets_of_weights_are_those_of_the_library(visit, provinces):
    result, path = provinces
    page = visit(path)
    for name, label in (("entropy", "熵值法"), ("pca", "主成分分析赋权"), ("equal", "等权")):
        page.locator("#sets label", has_text=label).click()
        page.evaluate("gzPage.flush()")
        base = result.index.replace(weight=name).evaluate(gz.data("cn-provinces-2022"))
        assert page.evaluate(READ) == ranks_of(base)
        moved = {"fusion": 120, "x1": 3}
        page.evaluate("(m) => (gzPage.move(m), gzPage.flush())", moved)
        assert page.evaluate(READ) == ranks_of(evaluated(result, moved, base))


def test_weights_that_differ_by_period(visit, folder):
    index = gz.load("cn-provinces-2022").replace(weight={"scheme": "entropy", "window": "period"})
    data = gz.data("cn-provinces-2022")
    result = index.evaluate(data[data.index.get_level_values("year") >= 2019])
    page = visit(to_page(result, folder / "periodic.html", draws=10, sets=[], lang="en"))
    page.click("#tab-about")
    assert "of 124 scores under the definition, 124 equal" in page.inner_text("#checked")
    assert "differ by period" in page.inner_text("#setsays")
    first = page.locator("#sliders output").first.inner_text()
    page.select_option("#period", label="2019")
    assert page.locator("#sliders output").first.inner_text() != first


def test_by_keyboard(visit, geometric):
    result, path = geometric
    page = visit(path)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "range":
            break
    slider = page.locator(":focus")
    assert page.evaluate("document.activeElement.labels[0].textContent") == "P0"
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    value = int(slider.input_value())
    assert value == round(200 / 3) + 30
    page.evaluate("gzPage.flush()")
    want = evaluated(result, {"p0": value})
    assert page.evaluate(READ) == ranks_of(want)
    share = value / 200 / (value / 200 + 2 / 3)
    assert slider.get_attribute("aria-valuetext") == f"{share:.1%} of its group, was 33.3%"
    page.focus("#tab-ranking")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-profile"
    assert page.is_visible("#profiletable")
    assert not page.is_visible("#ranks")


def test_by_mouse(visit, provinces):
    result, path = provinces
    page = visit(path)
    slider = page.get_by_role("slider", name="数实融合发展示范区", exact=True)
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=5)
    page.mouse.up()
    value = int(slider.input_value())
    assert value > 140
    page.evaluate("gzPage.flush()")
    assert page.evaluate(READ) == ranks_of(evaluated(result, {"fusion": value}))
    page.click("#undo")
    assert page.evaluate(READ) == ranks_of(result)
    page.get_by_role("button", name="北京市", exact=True).click()
    assert page.inner_text("#whoname") == "北京市"
    assert page.inner_text("#whostands").startswith("第2位，共31位")


def test_a_new_leader_is_said(visit, provinces):
    result, path = provinces
    page = visit(path)
    assert page.inner_text("#news") == ""
    moved = {"innovation": 0, "fusion": 200, "data": 0, "governance": 0, "open": 100}
    want = evaluated(result, moved)
    leader = want.total.xs(2022, level="year").idxmax()
    assert leader == "北京市"
    page.evaluate("(m) => gzPage.move(m)", moved)
    page.evaluate("gzPage.flush()")
    assert page.inner_text("#news") == "榜首变了：北京市 取代 广东省"
    assert page.get_attribute("#news", "aria-live") == "polite"
    assert page.inner_text("#leader") == "北京市 居首"
    page.click("#language")
    assert page.inner_text("#news") == "The leader has changed: 北京市 in place of 广东省"


def test_weights_that_cannot_be_taken_leave_the_last_result(visit, geometric):
    result, path = geometric
    page = visit(path)
    before = page.evaluate(READ)
    page.evaluate("gzPage.move({ p0: 0, p1: 0, p2: 0 })")
    page.evaluate("gzPage.flush()")
    assert "Every weight below Index is zero" in page.inner_text("#alert")
    assert page.evaluate(READ) == before
    page.evaluate("gzPage.move({ p0: 10 })")
    page.evaluate("gzPage.flush()")
    assert page.inner_text("#alert") == ""
    assert page.evaluate(READ) == ranks_of(evaluated(result, {"p0": 10, "p1": 0, "p2": 0}))


def test_values_that_a_mean_refuses_are_named(visit, folder):
    nodes = tuple(gz.Indicator(code=c, parent=p) for c, p in zip("abcd", "xxyy", strict=True))
    groups = (
        Group(code="x"),
        Group(code="y"),
        Group(code="total", aggregate={"method": "geometric"}),
    )
    index = gz.Index(framework=gz.Framework(nodes, groups), id="zero")
    frame = pd.DataFrame([[1.0, 2, 3, 4], [2, 1, 1, 9], [3, 3, 9, 1]], list("uvw"), list("abcd"))
    frame.iloc[0, 0], frame.iloc[1, 1] = 0.0, 1.0
    result = index.evaluate(frame)
    page = visit(to_page(result, folder / "zero.html", draws=10, lang="en", sets=[]))
    page.evaluate("gzPage.move({ a: 100, b: 0 })")
    page.evaluate("gzPage.flush()")
    with pytest.raises(gz.MethodError, match="not above zero"):
        evaluated(result, {"a": 100, "b": 0})
    assert "Index cannot be computed: a value of u is not above zero" in page.inner_text("#alert")


def test_sliders_below_a_method_that_cannot_be_computed_are_off(visit, folder):
    nodes = tuple(gz.Indicator(code=f"i{j}", parent=f"p{j // 3}") for j in range(6))
    groups = (Group(code="p0", aggregate={"method": "topsis"}), Group(code="p1"))
    index = gz.Index(framework=gz.Framework(nodes, groups), id="half")
    frame = pd.DataFrame(
        np.random.default_rng(0).random((9, 6)), list("abcdefghi"), [f"i{j}" for j in range(6)]
    )
    result = index.evaluate(frame)
    page = visit(to_page(result, folder / "half.html", draws=10, lang="en"))
    closed = "[...document.querySelectorAll('#sliders input:disabled')]"
    off = page.evaluate(f"{closed}.map((input) => input.labels[0].textContent)")
    assert off == ["i0", "i1", "i2"]
    assert "Sliders are off here: p0 is put together by" in page.text_content(".off")
    moved = {"p0": 180, "i4": 150}
    page.evaluate("(m) => (gzPage.move(m), gzPage.flush())", moved)
    assert page.evaluate(READ) == ranks_of(evaluated(result, moved))
    page.evaluate("gzPage.choose('entropy')")
    page.evaluate("gzPage.flush()")
    assert page.evaluate(READ) == ranks_of(index.replace(weight="entropy").evaluate(frame))
    whole = index.replace(aggregate="copeland").evaluate(frame)
    page = visit(to_page(whole, folder / "whole.html", draws=10, lang="en"))
    assert page.evaluate("document.querySelectorAll('#sliders input:enabled').length") == 0
    assert page.evaluate(READ) == ranks_of(whole)


def test_a_shared_link_brings_the_setting_back(visit, provinces):
    result, path = provinces
    page = visit(path)
    page.click("#language")
    page.evaluate("gzPage.choose('entropy')")
    moved = {"open": 150, "x13": 7}
    page.evaluate("(m) => (gzPage.move(m), gzPage.flush())", moved)
    page.select_option("#period", label="2020")
    page.click("#tab-comparison")
    page.click("#share")
    link = page.input_value("#link")
    assert len(link.split("#")[1]) < 100
    other = visit(path, "#" + link.split("#")[1])
    for what in ("#comparetable", "#leader", "#sliders", "#moved", "h1"):
        assert other.inner_text(what) == page.inner_text(what)
    assert other.evaluate("gzPage.ranks()") == page.evaluate("gzPage.ranks()")
    base = result.index.replace(weight="entropy").evaluate(gz.data("cn-provinces-2022"))
    want = evaluated(result, moved, base)
    year = want.ranks["total"].xs(2020, level="year")
    assert other.evaluate("gzPage.ranks()") == {str(u): int(r) for u, r in year.items()}


def test_a_bad_link_is_taken_as_far_as_it_can_be(visit, provinces):
    result, path = provinces
    head = f"#v=1.{result.index.hash[7:15]}.{result.data_hash[7:15]}"
    page = visit(path, head + "&w=19.150_9999.3_x.y_20.201&s=%E0%A4&t=77&u=-1&c=1_a&p=nowhere&l=xx")
    assert page.inner_text("#news") == "链接有误，有误之处未采用。"
    f = result.index.plan.nodes
    assert page.evaluate("gzPage.setting().moves") == {f[19]: 150}
    assert page.inner_text("#leader").endswith("居首")
    page = visit(path, "#v=1.00000000.00000000&w=19.150&l=en")
    assert "another definition" in page.inner_text("#news")
    assert page.evaluate(READ) == ranks_of(result)
    page = visit(path, f"#v=1.{result.index.hash[7:15]}.00000000&w=19.150&t=1&l=en")
    assert "only its weights" in page.inner_text("#news")
    setting = page.evaluate("gzPage.setting()")
    assert setting == {"set": "definition", "period": "2022", "moves": {f[19]: 150}}
    visit(path, "#<script>alert(1)</script>")
    visit(path, "#v")


def test_sorting_finding_and_choosing(visit, provinces):
    result, path = provinces
    page = visit(path)
    shown = "[...document.querySelectorAll('#ranks tbody tr:not([hidden]) th')]"
    order = f"{shown}.map((head) => head.textContent)"
    best = result.total.xs(2022, level="year").sort_values(ascending=False)
    assert page.evaluate(order) == list(best.index)
    page.click("#ranks th.c-score button")
    page.click("#ranks th.c-score button")
    assert page.evaluate(order) == list(best.index[::-1])
    assert page.get_attribute("#ranks th.c-score", "aria-sort") == "ascending"
    page.check("#numbers")
    page.select_option("#sort", label="数字开放合作先行区")
    f = result.index.framework
    share = result.contributions[list(f.leaves("open"))].sum(axis=1).xs(2022, level="year")
    assert page.evaluate(order) == list(share.sort_values(ascending=False).index)
    cell = page.locator("#ranks tbody tr").first.locator("td.n").nth(-2)
    assert cell.evaluate("(e) => e.className") == "c-p4 n"
    first = page.locator("#ranks tbody tr").first.locator(".c-p3").inner_text()
    assert first == f"{share.max():.4f}"
    page.fill("#find", "江")
    assert sorted(page.evaluate(order)) == ["江苏省", "江西省", "浙江省", "黑龙江省"]
    assert page.inner_text("#count") == "显示4个，共31个"


def test_profile_comparison_and_years(visit, provinces):
    result, path = provinces
    page = visit(path)
    page.click("#tab-profile")
    page.select_option("#who", label="上海市")
    z = result.normalised.xs(2022, level="year")
    row = page.locator("#profiletable tbody tr", has_text=result.index.framework.name("x13", "zh"))
    cells = row.locator("td").all_inner_texts()
    assert cells[1] == f"{z.loc['上海市', 'x13']:.3f}"
    assert cells[3] == f"{z['x13'].median():.3f}"
    total = result.total.xs(2022, level="year").sort_values(ascending=False)
    at = list(total.index).index("上海市")
    peers = [u for u in total.index[at - 3 : at + 4] if u != "上海市"]
    assert "、".join(peers) in page.inner_text("#peersare")
    assert cells[4] == f"{z.loc[peers, 'x13'].median():.3f}"
    assert cells[5] == f"{z['x13'].rank(ascending=False, method='min')['上海市']:.0f}"
    page.click("#tab-comparison")
    page.select_option("#addunit", label="上海市")
    assert page.is_disabled("#addunit")
    heads = page.locator("#comparetable thead th").all_inner_texts()
    assert heads[2:] == [*total.index[:3], "上海市"]
    page.get_by_label("移去广东省").click()
    assert page.locator("#comparetable thead th").all_inner_texts()[2:] == [
        *total.index[1:3],
        "上海市",
    ]
    page.click("#tab-years")
    page.select_option("#metric", "rank")
    cells = page.locator("#yearstable tbody tr").last.locator("td").all_inner_texts()
    assert cells == [str(r) for r in result.ranks["total"].xs("上海市", level="province")]
    assert page.locator("#chart .pale").count() == 28
    assert page.locator("#chart .mark").count() == 30


def test_language_and_colours(visit, provinces):
    _, path = provinces
    page = visit(path, color_scheme="light")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.click("#language")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.inner_text("h1") == "Digital economy of China's provinces in five zones, 2013-2022"
    assert page.inner_text("#tab-ranking") == "Ranking"
    assert page.inner_text("#ranks th.c-unit") == "Unit"
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.click("#theme")  # light
    assert page.evaluate(paper) == light
    page.click("#theme")  # dark
    dark = page.evaluate(paper)
    assert dark != light
    assert visit(path, color_scheme="dark").evaluate(paper) == dark


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_telephone_need_not_be_scrolled_sideways(visit, provinces, folder, lang):
    desi = gz.load("desi-2022").evaluate(gz.data("desi-2022"))
    second = to_page(desi, folder / "desi.html", lang="zh", draws=10, overwrite=True)
    for path in (provinces[1], second):
        page = visit(path, width=360, has_touch=True)
        if lang == "en":
            page.click("#language")
        page.click("#weightsbox > summary")
        for box in page.locator("#sliders details").all():
            box.evaluate("(e) => (e.open = true)")
        page.evaluate("gzPage.choose('entropy')")
        page.click("#share")
        for tab in ("ranking", "profile", "comparison", "years", "about"):
            if not page.is_visible(f"#tab-{tab}"):
                continue
            page.click(f"#tab-{tab}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_axe_finds_nothing(visit, tmp_path, scheme, lang):
    from axe_playwright_python.sync_playwright import Axe

    data = gz.data("cn-provinces-2022")  # of few units: each row is looked at in the same way
    few = data[
        data.index.get_level_values("province").isin(["广东省", "北京市", "江苏省", "上海市"])
    ]
    path = to_page(
        gz.load("cn-provinces-2022").evaluate(few), tmp_path / "few.html", lang="zh", draws=10
    )
    page = visit(path, color_scheme=scheme)
    if lang == "en":
        page.click("#language")
    page.locator("#sliders details").first.evaluate("(e) => (e.open = true)")
    page.evaluate("gzPage.move({ innovation: 0, fusion: 200, data: 0, governance: 0 })")
    page.evaluate("gzPage.flush()")
    page.click("#share")
    tabs = ("ranking", "profile", "comparison", "years", "about")
    for tab in tabs if (lang == "zh") == (scheme == "light") else ("ranking", "years"):
        page.click(f"#tab-{tab}")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_a_label_that_is_markup_does_no_harm(visit, folder):
    names = ["<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>", "{{data}}"]
    evil = gz.Text(names[0], names[1])
    nodes = (gz.Indicator(code="a", name=evil, unit=evil), gz.Indicator(code="b"))
    index = gz.Index(
        framework=gz.Framework(nodes, (Group(code="total", name=evil),)),
        id="<img>",
        name=evil,
        notes=(evil,),
        description=evil,
    )
    frame = pd.DataFrame([[1.0, 2], [2, 3], [3, 1]], index=names, columns=["a", "b"])
    result = index.evaluate(frame)
    path = to_page(result, folder / "evil.html", sets={"<img src=x>": "equal"}, lang="zh", draws=10)
    page = visit(path, "#v=1.x&s=<img src=x onerror=alert(3)>")
    for tab in ("ranking", "profile", "comparison", "about"):
        page.click(f"#tab-{tab}")
        page.click("#language")
        assert page.locator("img, #main script").count() == 0
    page.click("#tab-ranking")
    assert page.evaluate(READ) == ranks_of(result)
    assert set(page.evaluate(READ)) == set(names)


def test_a_large_panel_answers(visit, folder):
    rng = np.random.default_rng(1)
    nodes = tuple(gz.Indicator(code=f"i{j}", parent=f"p{j // 5}") for j in range(40))
    index = gz.Index(
        framework=gz.Framework(nodes, tuple(Group(code=f"p{k}") for k in range(8))), id="large"
    )
    rows = pd.MultiIndex.from_product(
        [[f"u{i}" for i in range(300)], range(10)], names=["unit", "year"]
    )
    result = index.evaluate(pd.DataFrame(rng.random((3000, 40)), rows, index.framework.codes))
    page = visit(to_page(result, folder / "large.html", lang="zh", draws=20))
    sets = [moves(result, rng, 0.3) for _ in range(3)]
    for moved, (ranks, _) in zip(sets, page.evaluate(MOVE, sets), strict=True):
        assert ranks == ranks_of(evaluated(result, moved))

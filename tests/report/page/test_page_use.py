"""The page as its readers use it: keyboard, mouse, links, languages, small screens."""

import pandas as pd
import pytest
from driving import READ, evaluated, ranks_of

import gz_index as gz
from gz_index.framework import Group
from gz_index.report.page import to_page


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


FOLLOW = """(hash) => new Promise((done) => {
    history.replaceState(null, '', '#'); // so that there is a change in any case
    addEventListener('hashchange', () => done(), { once: true });
    location.hash = hash;
})"""


def test_a_bad_link_is_taken_as_far_as_it_can_be(visit, provinces):
    result, path = provinces
    head = f"v=1.{result.index.hash[7:15]}.{result.data_hash[7:15]}"
    page = visit(path, f"#{head}&w=19.150_9999.3_x.y_20.201&t=77&u=-1&c=1_a&p=nowhere&l=xx")
    assert page.inner_text("#news") == "链接有误，有误之处未采用。"
    f = result.index.plan.nodes
    assert page.evaluate("gzPage.setting().moves") == {f[19]: 150}
    assert page.inner_text("#leader").endswith("居首")
    page.evaluate(FOLLOW, f"{head}&s=%E0%A4&w=19.150")
    assert "与本页的不是一回事：权重未采用" in page.inner_text("#news")
    assert page.evaluate("gzPage.setting().moves") == {}
    page.evaluate(FOLLOW, "v=1.00000000.00000000&w=19.150&l=en")
    assert "another definition" in page.inner_text("#news")
    assert page.evaluate(READ) == ranks_of(result)
    other = f"v=1.{result.index.hash[7:15]}.00000000"
    page.evaluate(FOLLOW, f"{other}&w=19.150&t=1&p=about&l=en")
    assert "only its weights" in page.inner_text("#news")
    assert page.is_visible("#ranks")
    setting = page.evaluate("gzPage.setting()")
    assert setting == {"set": "definition", "period": "2022", "moves": {f[19]: 150}}
    page.evaluate(FOLLOW, f"{other}&s=entropy.00000000&w=19.150&l=en")
    said = "The link is of other data, with other weights by the name entropy"
    assert page.inner_text("#news").startswith(said)
    assert page.evaluate("gzPage.setting().moves") == {}
    page.evaluate(FOLLOW, "<script>alert(1)</script>")
    page.evaluate(FOLLOW, "v")


def test_a_second_link_brings_the_whole_setting(visit, provinces):
    path = provinces[1]
    page = visit(path)
    page.click("#share")
    first = page.input_value("#link").split("#")[1]
    seen = page.inner_text("main")
    page.select_option("#period", label="2016")
    page.click("#tab-years")
    page.select_option("#metric", "rank")
    page.locator("#chosenyears button").first.click()
    page.click("#share")
    second = page.input_value("#link").split("#")[1]
    page.evaluate(FOLLOW, first)
    assert page.inner_text("main") == seen
    page.click("#tab-years")
    assert page.input_value("#metric") == "score"
    assert page.locator("#chosenyears li").count() == 3
    page.evaluate(FOLLOW, second)
    assert page.input_value("#period") == "3"
    assert page.input_value("#metric") == "rank"
    assert page.locator("#chosenyears li").count() == 2


def test_a_link_to_weights_of_the_same_name_in_another_page(visit, geometric, folder):
    result = geometric[0]
    paths = [
        to_page(result, folder / f"panel {s}.html", sets={"Panel": s}, draws=10, lang="en")
        for s in ("equal", "entropy")
    ]
    first, second = map(visit, paths)
    first.evaluate("(gzPage.choose('Panel'), gzPage.move({ p0: 150 }), gzPage.flush())")
    first.click("#share")
    link = first.input_value("#link").split("#")[1]
    second.evaluate(FOLLOW, link)
    said = "The weights that the link calls Panel are none of this page: they were not taken."
    assert second.inner_text("#news") == said
    assert second.evaluate("gzPage.setting()")["set"] == "definition"
    assert second.evaluate(READ) == ranks_of(result)
    again = visit(paths[0], "#" + link)
    assert again.evaluate("gzPage.scores()") == first.evaluate("gzPage.scores()")


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


@pytest.fixture(scope="module")
def desi(folder):
    result = gz.load("desi-2022").evaluate(gz.data("desi-2022"))
    return to_page(result, folder / "desi.html", lang="zh", draws=10)


@pytest.fixture(scope="module")
def guangzhou(folder):
    result = gz.load("gz-2025").evaluate(gz.data("gz-2025"))
    return to_page(result, folder / "gz.html", lang="en", draws=10)


@pytest.mark.parametrize("which", ["provinces", "desi", "guangzhou"])
def test_a_telephone_need_not_be_scrolled_sideways(visit, request, which):
    made = request.getfixturevalue(which)
    page = visit(made[1] if which == "provinces" else made, width=360, has_touch=True)
    page.click("#weightsbox > summary")
    for box in page.locator("#sliders details").all():
        box.evaluate("(e) => (e.open = true)")
    if which != "guangzhou":
        page.evaluate("gzPage.choose('entropy')")
    page.click("#share")
    for _ in range(2):
        for tab in ("ranking", "profile", "comparison", "years", "about"):
            if not page.is_visible(f"#tab-{tab}"):
                continue
            page.click(f"#tab-{tab}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, tab
        page.click("#language")


@pytest.mark.parametrize("width", [1000, 1280])
def test_a_ranking_that_fits_is_no_region_to_scroll(visit, provinces, desi, width):
    for path in (provinces[1], desi):
        page = visit(path, width=width)
        page.wait_for_function("gzPage.flush() ?? new Promise(requestAnimationFrame)")
        box = page.locator("#rankscroll")
        assert box.evaluate("(e) => e.scrollWidth - e.clientWidth") == 0
        assert box.get_attribute("tabindex") is None


def test_a_single_unit_is_not_ranked(visit, guangzhou):
    page = visit(guangzhou)
    assert page.inner_text("#leader") == "广州市"
    assert page.inner_text("#leadscore") == "Score 100.00 (the base, 2022, is 100)"
    assert page.inner_text("#moved").endswith("There is only one unit, so no ranks.")
    assert page.inner_text("#tab-ranking") == "Score"
    heads = page.locator("#ranks thead th").all_inner_texts()
    assert heads == ["Unit", "Score", "Contributions"]
    assert page.inner_text("#ranknote").endswith("There is only one unit, so no ranks.")
    assert not page.is_visible("#tab-comparison")
    page.click("#tab-profile")
    assert page.inner_text("#whostands") == "Score 100.00 (the base, 2022, is 100)"
    assert page.locator("#profiletable thead th").count() == 4
    page.click("#tab-years")
    assert page.locator("#metric option").all_inner_texts() == ["Score"]
    page.evaluate("(gzPage.move({ innovation: 0 }), gzPage.flush())")
    assert page.inner_text("#moved").startswith("The score under the definition is 100.00.")
    page.click("#language")
    for tab in ("ranking", "profile", "years", "about"):
        page.click(f"#tab-{tab}")
        text = page.inner_text("main")
        assert "位，共" not in text
        assert "居首" not in text
        if tab != "about":
            assert "名次" not in text


def test_scores_that_cannot_be_compared_are_not_drawn_over_the_years(visit, folder):
    window = {"method": "minmax", "window": "period"}
    index = gz.load("cn-provinces-2022").replace(normalise=window)
    data = gz.data("cn-provinces-2022")
    result = index.evaluate(data[data.index.get_level_values("year") >= 2019])
    path = to_page(result, folder / "by year.html", draws=10, lang="en", sets=["equal"])
    page = visit(path, "#p=years&m=score")
    page.click("#tab-years")
    assert page.locator("#metric option").all_inner_texts() == ["Rank"]
    assert "scores of different periods cannot be compared" in page.inner_text("#yearsnote")
    cells = page.locator("#yearstable tbody tr").first.locator("td").all_inner_texts()
    first = page.locator("#yearstable tbody th").first.inner_text()
    assert cells == [str(r) for r in result.ranks["total"].xs(first, level="province")]
    own = gz.load("cn-provinces-2022").evaluate(data[data.index.get_level_values("year") >= 2019])
    by_year = {"scheme": "entropy", "window": "period"}
    page = visit(to_page(own, folder / "set by year.html", draws=10, lang="en", sets=[by_year]))
    page.click("#tab-years")
    assert page.locator("#metric option").all_inner_texts() == ["Score", "Rank"]
    assert page.inner_text("#yearsnote") == ""
    page.locator("#sets label").last.click()
    page.evaluate("gzPage.flush()")
    assert page.locator("#metric option").all_inner_texts() == ["Rank"]


@pytest.mark.parametrize(("lang", "scheme"), [("zh", "light"), ("en", "dark")])
def test_axe_finds_nothing(visit, folder, guangzhou, lang, scheme):
    from axe_playwright_python.sync_playwright import Axe

    data = gz.data("cn-provinces-2022")  # of few units: each row is looked at in the same way
    few = data[
        data.index.get_level_values("province").isin(["广东省", "北京市", "江苏省", "上海市"])
    ]
    result = gz.load("cn-provinces-2022").evaluate(few)
    path = to_page(result, folder / f"few {lang}.html", lang=lang, draws=10)
    page = visit(path, color_scheme=scheme)
    page.locator("#sliders details").first.evaluate("(e) => (e.open = true)")
    page.evaluate("gzPage.move({ innovation: 0, fusion: 200, data: 0, governance: 0 })")
    page.evaluate("gzPage.flush()")
    page.click("#share")
    for tab in ("ranking", "profile", "comparison", "years", "about"):
        page.click(f"#tab-{tab}")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    found = Axe().run(visit(guangzhou, color_scheme=scheme))
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

"""Figures at the width of a column and of a page: nothing is covered, cut or left out unsaid."""

import numpy as np
import pytest
from test_figures import (
    FIGURES,
    PANEL,
    compared,
    cut,
    full,
    legend,
    made,
    plan,
    result_of,
    rows,
    squares,
)
from test_figures_more import overlaps

import gz_index as gz

matplotlib = pytest.importorskip("matplotlib")

from gz_index.report import figures  # noqa: E402
from gz_index.report.drawing.canvas import broad, fitted, wrapped  # noqa: E402


def texts(ax):
    """Every text that is seen, with those of ticks, legend and bar of colours."""
    ax.figure.draw_without_rendering()
    out = []
    for a in ax.figure.axes:
        for axis, limits in ((a.xaxis, a.get_xlim()), (a.yaxis, a.get_ylim())):
            low, high = sorted(limits)
            ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            out += [t for v, t in ticks if low <= v <= high and a.axison]
            out.append(axis.label)
        out += [*a.texts, *(a.get_legend().get_texts() if a.get_legend() else [])]
    return [t for t in out if t.get_text().strip() and t.get_visible()]


@pytest.mark.parametrize("n", [5, 31, 300])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_covers_another_at_any_width(name, lang, n):
    given, more = FIGURES[name](n, lang)
    for wide in (8.5, 12, 17) if n == 31 else (8.5,):
        ax = getattr(figures, name)(given, lang=lang, size=(wide, 8 if n == 5 else 18), **more)
        assert not overlaps(texts(ax)), wide
        assert not cut(ax), wide


@pytest.fixture(scope="module")
def provinces():
    return {
        lang: gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022", lang=lang))
        for lang in ("en", "zh")
    }


@pytest.fixture(scope="module")
def countries():
    return {
        lang: gz.load("desi-2022").evaluate(gz.data("desi-2022", lang=lang))
        for lang in ("en", "zh")
    }


# -- columns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_correlations_of_many_indicators_fit_a_column_or_are_refused(
    provinces, countries, lang
):
    for result, k in ((provinces[lang], 19), (countries[lang], 33)):
        ax = figures.correlations(result, lang=lang, size=(8.5, 14))
        assert not overlaps(texts(ax))
        assert not cut(ax)
        assert ax.get_window_extent().width / k / ax.figure.dpi * 2.54 > 0.2  # cm of a cell
        f = result.index.framework
        assert full(ax) == [f.name(c, lang) for c in f.leaves()]
    assert [t.strip("\u2007") for t in rows(ax)] == [str(i + 1) for i in range(33)]
    with pytest.raises(gz.MethodError, match=r"33 columns of 0.1\d cm -> .* a width of 8.4 cm"):
        figures.correlations(countries[lang], lang=lang, size=(7, 14))


def test_names_of_correlations_are_given_up_in_order(countries):
    result = result_of(31)
    heads = [t.get_text() for t in figures.correlations(result, size=(8.5, 8)).texts[:3]]
    assert heads == ["One", "Two", "Three"]
    narrow = figures.correlations(result, size=(4, 8))
    assert not any(t.get_text() for t in narrow.texts)
    assert rows(narrow)[0] == "1  a1"
    bare = figures.correlations(countries["en"], size=(13, 18))
    assert "…" in "".join(rows(bare))
    assert not overlaps(texts(bare))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_heads_of_a_heat_map_do_not_meet(provinces, countries, lang):
    tai = gz.load("tai-2008").evaluate(gz.data("tai-2008", lang=lang))
    for result in (provinces[lang], countries[lang], tai):
        for wide in (8.5, 17):
            ax = figures.heat_map(result, lang=lang, size=(wide, 18))
            assert not overlaps(texts(ax)), wide
            assert not cut(ax)


def test_words_of_heads_are_not_broken(countries):
    f = countries["en"].index.framework
    nodes = [c for c in f.children("total") if len(f.name(c)) < 24]
    turned = set()
    for wide in (6, 7, 8.5, 12):
        ax = figures.heat_map(countries["en"], nodes=nodes, size=(wide, 16))
        for head in ax.get_xticklabels():
            assert set(head.get_gid().split()) <= set(head.get_text().split())
            turned.add(head.get_rotation())
    assert turned == {0, 90}


def test_a_heat_map_without_numbers_has_a_bar_of_colours():
    tai = gz.load("tai-2008").evaluate(gz.data("tai-2008"))
    ax = figures.heat_map(tai, size=(8.5, 16))
    assert not ax.texts
    low, high = ax.figure.axes[1].get_xticklabels()
    assert (low.get_text(), high.get_text()) == ("0.008", "1.000")
    assert {t.get_rotation() for t in ax.get_xticklabels()} == {90}
    assert len(figures.heat_map(tai, size=(17, 16)).texts) == 9 * 23
    with pytest.raises(gz.MethodError, match=r"9 columns of 0.\d\d cm -> they need a width of 6"):
        figures.heat_map(tai, size=(5, 16))


def test_rows_that_would_cover_each_other_are_refused(provinces):
    for draw in (figures.contributions, figures.heat_map, figures.bump):
        with pytest.raises(gz.MethodError, match=r"31 rows in 6.0 cm -> they need 1\d.\d cm"):
            draw(provinces["en"], size=(8.5, 6))
    ax = figures.contributions(provinces["en"], size=(8.5, 6), most=4)
    assert not overlaps(texts(ax))


# -- years -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [range(2013, 2023), range(1990, 2023), ["2020Q1", "2020Q2"]])
def test_years_do_not_meet(years):
    result = result_of(5, years=list(years))
    for draw in (figures.bump, figures.trend):
        for wide in (8.5, 12, 17):
            ax = draw(result, size=(wide, 7))
            ticks = [t for t in ax.get_xticklabels() if t.get_text()]
            assert not overlaps(ticks)
            assert ticks[-1].get_text() == str(list(years)[-1])
            assert len(ticks) >= 2


def test_the_year_of_a_target_is_labelled():
    from test_figures import targeted

    index, data = made(5, years=range(2010, 2023))
    ax = figures.trend(targeted(index, gz.Target(0.7, year=2024)).evaluate(data), size=(8.5, 7))
    ticks = [t for t in ax.get_xticklabels() if t.get_text()]
    assert ticks[-1].get_text() == "2024"
    assert not overlaps(ticks)


# -- maps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("wide", [8.5, 12, 17])
def test_the_approval_of_a_map_is_complete(lang, wide):
    result = result_of(31)
    number = "GS(2024)0650 and JS(2023)01-234"
    ax = figures.choropleth(
        result, squares(result.table.units), on="name", lang=lang, approval=number, size=(wide, 7)
    )
    assert number in ax.get_xlabel().replace("\n", " ")
    assert not cut(ax)
    assert not overlaps(texts(ax))


# -- trees -----------------------------------------------------------------------------------------


def drawn_not(of, lang, wide):
    """Whether a tree of three levels is refused at a width; the error says which it needs."""
    if isinstance(of, gz.Index) and lang == "zh":
        return False
    with pytest.raises(gz.MethodError, match="they need a width of"):
        figures.framework(of, lang=lang, size=(wide, 15))
    return True


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["desi-2022", "gz-2025", "cn-provinces-2022"])
def test_names_of_a_tree_stay_apart_in_their_boxes_or_are_refused(name, lang, countries):
    of = countries[lang] if name == "desi-2022" else gz.load(name)
    for wide in (8.5, 12, 17):
        if (name, wide) in {("desi-2022", 8.5), ("gz-2025", 8.5)} and drawn_not(of, lang, wide):
            continue
        ax = figures.framework(of, lang=lang, size=(wide, 15))
        assert not overlaps(texts(ax))
        assert not cut(ax)
        f = (of if isinstance(of, gz.Index) else of.index).framework
        shown = {t.get_gid(): t for t in ax.texts if t.get_gid()}
        boxes = {p.get_gid(): p.get_window_extent() for p in ax.patches if p.get_gid()}
        for c in f.nodes:
            if c not in f.codes and c != "total" and f.name(c, lang) in shown:
                text = shown[f.name(c, lang)]
                box = boxes[c]
                extent = text.get_window_extent()
                assert box.x0 - 1 <= extent.x0
                assert extent.x1 <= box.x1 + 1
                words = f.name(c, lang).replace("-", "- ").split()
                if "…" not in text.get_text() and lang == "en":  # no word is broken
                    assert set(words) <= set(text.get_text().replace("-", "- ").split())
        names = [shown[f.name(c, lang)].get_text() for c in f.leaves()]
        assert len(set(names)) == len(names)


def test_a_tree_without_room_for_names_says_how_wide_it_has_to_be(countries):
    with pytest.raises(gz.MethodError, match=r"in 8.1 cm -> they need a width of 1\d.\d cm") as e:
        figures.framework(countries["en"], size=(8.5, 15))
    need = float(str(e.value).split("width of ")[1].split(" cm")[0])
    assert figures.framework(countries["en"], size=(need, 15))
    assert figures.framework(gz.load("hdi-2010"), size=(8.5, 8))


def test_names_of_a_tree_can_be_told_apart():
    names = [
        f"Share of enterprises that are {size} in all of a province" for size in ("small", "large")
    ]
    index = gz.Index(
        framework=gz.Framework(
            tuple(gz.Indicator(code=f"i{k}", name=name) for k, name in enumerate(names))
        )
    )
    with pytest.raises(gz.MethodError, match=r"they need a width of \d+\.\d cm") as e:
        figures.framework(index, size=(5.5, 1.3))
    need = float(str(e.value).split("width of ")[1].split(" cm")[0])
    ax = figures.framework(index, size=(need, 1.3))
    assert len({t.get_text() for t in ax.texts if t.get_gid() in names}) == 2


def test_weights_of_a_period_that_is_not_there_are_refused(provinces):
    for result in (provinces["en"], result_of(5)):
        with pytest.raises(gz.NotFoundError, match="no period 1999"):
            figures.framework(result, period=1999)
    with pytest.raises(gz.NotFoundError, match="no period 1999; there are none"):
        figures.weights(compared(5), period=1999)
    assert figures.framework(provinces["en"], period=2013)


# -- plans and profiles ----------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_class_of_a_target_has_a_line_of_its_own(lang):
    m = gz.monitor(gz.load("gz-2025"), gz.data("gz-2025", lang=lang))
    ax = figures.targets(m, lang=lang, size=(8.5, 15))
    words = ax.texts[0].get_text().split("\n")
    assert words[0].endswith("65%")
    assert words[1:] == [{"en": "▲ faster than planned", "zh": "▲ 快于预期"}[lang]]
    assert not overlaps(texts(ax))
    assert not cut(ax)
    low = figures.targets(m, lang=lang, size=(8.5, 6.5)).texts[0].get_text()
    assert low.endswith("65% ▲")
    with pytest.raises(gz.MethodError, match=r"no room for .* a width of [78].\d cm"):
        figures.targets(m, lang=lang, size=(6, 15))


def test_a_unit_in_brackets_is_not_broken():
    assert wrapped("数字产业链群（个）", 14) == "数字产业链群\n（个）"
    assert wrapped("试验区总数（万人次）", 16) == "试验区总数\n（万人次）"
    assert wrapped("Demonstration zone for digital-real fusion", 32).split("\n")[1] == "real fusion"


def test_per_cent_signs_stand_close():
    m = plan(5)
    assert {t.get_text()[-1] for t in figures.targets(m).get_xticklabels()} == {"%"}
    result = result_of(5, years=PANEL)
    for lang in ("en", "zh"):
        every = [*texts(figures.targets(m, lang=lang)), *texts(figures.trend(result, lang=lang))]
        assert any("%" in t.get_text() for t in every)
        assert not [t.get_text() for t in every if " %" in t.get_text()]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("wide", [None, 8.5, 12, 17])
def test_the_numbers_of_a_radar_are_clear_of_its_names(provinces, countries, lang, wide):
    size = None if wide is None else (wide, 0.85 * wide)
    unit = {"en": "Guangdong", "zh": "广东省"}[lang]
    last = countries[lang].table.units[-1]
    for result, of in ((provinces[lang], unit), (countries[lang], last)):
        ax = figures.radar(result, of, lang=lang, size=size)
        assert not overlaps(texts(ax))
        assert not cut(ax)


# -- words and ranks -------------------------------------------------------------------------------


def test_units_are_called_as_in_tables():
    result = result_of(31, "zh", years=PANEL)
    assert "31个评价对象" in figures.correlations(result, lang="zh").get_xlabel()
    assert legend(figures.trend(result, lang="zh"))[0] == "全部评价对象的10%至90%分位"
    assert legend(figures.ridges(result, lang="zh"))[1] == "各评价对象"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_ranks_stand_below_each_other(provinces, lang):
    for draw in (figures.contributions, figures.heat_map):
        ax = draw(provinces[lang], lang=lang)
        ax.figure.draw_without_rendering()
        boxes = [t.get_window_extent() for t in ax.get_yticklabels()]
        np.testing.assert_allclose([b.x0 for b in boxes], boxes[0].x0, atol=1.5)
        assert max(b.x1 for b in boxes) < ax.get_window_extent().x0
        first, tenth = rows(ax)[0], rows(ax)[9]
        assert first.startswith("\u20071  ")
        assert tenth.startswith("10  ")
        wide = broad([first[:2]]), broad([tenth[:2]])
        assert wide[0] == pytest.approx(wide[1], abs=0.03)


def test_a_font_without_figure_spaces_has_two_spaces(monkeypatch):
    from gz_index.report.drawing import fonts

    monkeypatch.setattr(fonts, "_characters", lambda file: frozenset(range(32, 127)))
    assert fonts.figure_space() == "  "


def test_fitted_texts_are_as_narrow_as_they_have_to_be():
    for text in ("Demonstration zone for digital-real fusion", "数字创新发展引领区"):
        for wide in (1.2, 2.5, 5.0):
            assert broad([fitted(text, wide, 3)]) <= wide
    assert fitted("Index", 3.0) == "Index"


# -- what is no size, no axes, no list -------------------------------------------------------------


@pytest.mark.parametrize("size", [8, (8.5,), ("a", "b"), "ab", (8.5, np.nan), (8.5, 6, 1)])
@pytest.mark.parametrize("name", ["contributions", "framework", "trend", "correlations"])
def test_a_size_is_two_numbers(name, size):
    result = result_of(5, years=PANEL)
    with pytest.raises(gz.MethodError, match="size = .* -> width and height in cm"):
        getattr(figures, name)(result, size=size)


@pytest.mark.parametrize("name", ["contributions", "framework", "trend", "correlations"])
def test_axes_are_those_of_matplotlib(name):
    with pytest.raises(gz.MethodError, match="ax is a int -> axes of matplotlib"):
        getattr(figures, name)(result_of(5, years=PANEL), ax=5)


def test_one_label_may_be_given_alone():
    result = result_of(5, years=PANEL)
    assert rows(figures.ridges(result, periods=2022)) == ["2022"]
    ax = figures.heat_map(result, nodes="a")
    assert [t.get_text() for t in ax.get_xticklabels()] == ["One"]
    with pytest.raises(gz.NotFoundError, match="no indicator or group 'innovation'"):
        figures.heat_map(result, nodes="innovation")
    with pytest.raises(gz.NotFoundError, match="no indicator or group 'innovation'"):
        figures.radar(result, result.table.units[0], nodes="innovation")
    with pytest.raises(gz.MethodError, match="1 axes"):
        figures.radar(result, result.table.units[0], nodes="a")
    for draw in (figures.quadrant, figures.trend, figures.bump):
        with pytest.raises(gz.NotFoundError, match="no unit 5"):
            draw(result, units=5)


def test_bandwidths_and_lines_are_numbers():
    result = result_of(8, years=PANEL)
    for given in (None, True, np.inf, [0.1]):
        with pytest.raises(gz.MethodError, match="bandwidth = "):
            figures.ridges(result, bandwidth=given)
    assert figures.ridges(result, bandwidth=np.float64(0.1))
    for lines in (("a", "b"), None, (0.5, None), (0.5, np.inf)):
        with pytest.raises(gz.MethodError, match="lines = "):
            figures.quadrant(result, lines=lines)


def test_the_periods_of_a_change_are_plain_numbers():
    result = result_of(5, years=PANEL)
    study, unit = gz.change(result, since="previous"), result.table.units[1]
    with pytest.raises(gz.NotFoundError, match="there is one until 2021 or 2022"):
        figures.waterfall(study, unit=unit, until=1)


def test_capitals_in_the_name_of_a_file_are_no_matter(tmp_path):
    for name in ("a.SVG", "b.svg", "c.PNG"):
        ax = figures.contributions(result_of(5))
        figures.save(ax, tmp_path / name)
    assert (tmp_path / "a.SVG").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "c.PNG").read_bytes()[1:4] == b"PNG"
    with pytest.raises(gz.MethodError, match=r"no figure is written as 'a.GIF'"):
        figures.save(ax, tmp_path / "a.GIF")

import builtins
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import gz_index as gz

matplotlib = pytest.importorskip("matplotlib")

from gz_index.report import figures, fonts  # noqa: E402
from gz_index.report.canvas import cells, chosen, spread, wrapped  # noqa: E402

LONG = "The Federated Autonomous Metropolitan Region of Westphalia"
LONG_ZH = "新疆生产建设兵团第十三师新星市及周边地区联合体"


def made(n, lang="en", years=None, **parts):
    """Three pillars of two indicators for n units, every seventh with a long name."""
    rng = np.random.default_rng(0)
    codes = [f"{p}{k}" for p in "abc" for k in (1, 2)]
    framework = gz.Framework(
        tuple(gz.Indicator(code=c, parent=c[0]) for c in codes),
        tuple(
            gz.Group(code=p, name={"zh": z, "en": e})
            for p, z, e in zip(
                "abc", ("创新", "融合", "治理"), ("One", "Two", "Three"), strict=True
            )
        ),
    )
    usual, rare = ("广州市", LONG_ZH) if lang == "zh" else ("City", LONG)
    units = [f"{rare if i % 7 == 0 else usual} {i:03d}" for i in range(n)]
    base = rng.normal(size=(n, 6)) + np.linspace(1, -1, n)[:, None]
    if years is None:
        data = pd.DataFrame(base, columns=codes, index=pd.Index(units, name="unit"))
    else:
        data = pd.concat(
            pd.DataFrame(
                base + rng.normal(size=base.shape) / 2,
                columns=codes,
                index=pd.MultiIndex.from_product([units, [y]], names=["unit", "year"]),
            )
            for y in years
        )
    index = gz.Index(framework=framework, **({"normalise": "minmax", "weight": "equal"} | parts))
    return index, data


def result_of(*args, **kwargs):
    index, data = made(*args, **kwargs)
    return index.evaluate(data)


def rows(ax):
    return [t.get_text() for t in ax.get_yticklabels()]


def full(ax):
    return [t.get_gid() for t in ax.get_yticklabels()]


def legend(ax):
    return [t.get_text() for t in ax.get_legend().get_texts()]


def targeted(index, *targets):
    f = index.framework
    groups = tuple(replace(g, targets=targets) if g.code == "total" else g for g in f.groups)
    return index.replace(framework=gz.Framework(f.indicators, groups))


# -- of all figures --------------------------------------------------------------------------------

PANEL = [2020, 2021, 2022]


def uncertain(n, lang="en", **kwargs):
    index, data = made(n, lang, **kwargs)
    return gz.uncertainty(index, data, [gz.Spread(size=0.5)], draws=50)


FIGURES = {
    "contributions": lambda n, lang: (result_of(n, lang), {}),
    "heat_map": lambda n, lang: (result_of(n, lang), {}),
    "rank_intervals": lambda n, lang: (uncertain(n, lang), {}),
    "bump": lambda n, lang: (result_of(n, lang, PANEL), {}),
    "trend": lambda n, lang: (result_of(n, lang, PANEL), {}),
}


def test_every_figure_is_tried():
    assert set(FIGURES) == set(figures.__all__)


@pytest.mark.parametrize("n", [5, 31, 300])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_leaves_the_state_alone_and_stays_within_a_page(name, lang, n, tmp_path):
    before = dict(matplotlib.rcParams)
    given, more = FIGURES[name](n, lang)
    ax = getattr(figures, name)(given, lang=lang, **more)
    ax.figure.savefig(tmp_path / "f.svg")  # warns of a glyph that no font has
    assert dict(matplotlib.rcParams) == before
    wide, high = ax.figure.get_size_inches() * 2.54
    assert wide <= 21
    assert high <= 25
    assert max(cells(line) for t in rows(ax) for line in t.split("\n")) <= 29
    whole = [ax, *ax.figure.axes]
    sizes = {t.get_fontsize() for a in whole for t in a.texts if t.get_text()}
    assert all(6.5 <= s <= 9 for s in sizes)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_on_axes_that_are_given(name):
    from matplotlib.figure import Figure

    left, right = Figure(layout="constrained").subplots(1, 2)
    given, more = FIGURES[name](5, "en")
    draw = getattr(figures, name)
    assert draw(given, ax=right, **more) is right
    assert not left.has_data()
    with pytest.raises(gz.MethodError, match="size and ax are both given"):
        draw(given, ax=right, size=(8, 8), **more)
    with pytest.raises(gz.MethodError, match="width and height in cm"):
        draw(given, size=(0, 8), **more)
    wide = draw(given, size=(8.5, 6), **more).figure.get_size_inches()
    np.testing.assert_allclose(wide * 2.54, (8.5, 6))
    with pytest.raises(gz.MethodError, match="lang = 'fr'"):
        draw(given, lang="fr", **more)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    result = result_of(5)
    found = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return found(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(gz.MissingExtraError, match=r"pip install 'gz-index\[plot\]'"):
        figures.contributions(result)


def test_a_user_may_add_a_legend_of_his_own():
    ax = figures.trend(result_of(5, "en", PANEL))
    ax.legend()
    assert "median" in legend(ax)


# -- fonts and names -------------------------------------------------------------------------------


def test_latin_texts_keep_the_font_of_the_user():
    assert fonts.families(["GDP −1.5"]) == ["DejaVu Sans"]
    with matplotlib.rc_context({"font.family": "STIXGeneral"}):
        assert fonts.families(["GDP"]) == ["STIXGeneral"]
    with matplotlib.rc_context({"font.family": ["No such font", "serif"]}):
        assert fonts.families(["GDP"]) == ["DejaVu Serif"]


def test_chinese_without_a_font_is_said_by_name(monkeypatch):
    monkeypatch.setattr(fonts, "_chinese", list)
    with pytest.warns(gz.GzIndexWarning, match=r"has the characters 东广: .* fonts-noto-cjk"):
        assert fonts.families(["广东 GDP"]) == ["DejaVu Sans"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fonts.families(["GDP"]) == ["DejaVu Sans"]


def test_chinese_comes_from_an_installed_font():
    if not fonts._chinese():
        pytest.skip("no Chinese font is installed")
    ax = figures.contributions(result_of(5, "zh"), lang="zh")
    first, second = ax.xaxis.label.get_fontfamily()
    assert (first, second in fonts._CHINESE) == ("DejaVu Sans", True)
    assert ax.get_yticklabels()[0].get_fontfamily() == [first, second]


def test_names_keep_both_ends():
    assert wrapped(f"{LONG} 007", 24, 1) == "The Federated…phalia 007"
    assert cells(wrapped(f"{LONG_ZH}007", 24, 1)) <= 24
    assert wrapped(f"{LONG_ZH}007", 24, 1).endswith("007")
    assert wrapped("abcdefghij", 4, 3) == "abcd\nefgh\nij"
    assert wrapped("  two   words ") == "two words"
    assert wrapped("") == ""


def test_labels_are_moved_apart_as_little_as_possible():
    y = np.array([3.0, 1.0, 1.0, 1.2])
    out = spread(y, 0.5)
    gaps = np.diff(np.sort(out))
    assert (gaps >= 0.5 - 1e-12).all()
    assert out[[1, 2, 3]].mean() == pytest.approx(y[[1, 2, 3]].mean())
    assert out[0] == 3.0
    assert spread(np.array([]), 1.0).tolist() == []


def test_too_few_rows_to_show_are_refused():
    with pytest.raises(gz.MethodError, match="most = 1"):
        chosen(np.arange(5), 1)
    assert chosen(np.arange(5), 5).hidden == 0
    assert chosen(np.arange(6), 5).at.tolist() == [0, 1, 2, 4, 5]


# -- one by one ------------------------------------------------------------------------------------


def test_contributions_add_up_to_the_index():
    result = result_of(31)
    ax = figures.contributions(result)
    order = result.total.sort_values(ascending=False)
    assert full(ax) == order.index.tolist()
    assert rows(ax)[0].startswith("1  ")
    assert legend(ax) == ["One", "Two", "Three"]
    assert len(ax.containers) == 3
    assert len(ax.patches) == 93
    ends = [b.get_x() + b.get_width() for b in ax.containers[-1]]
    np.testing.assert_allclose(ends, order)
    first = result.contributions[["a1", "a2"]].sum(axis=1).loc[order.index]
    np.testing.assert_allclose([b.get_width() for b in ax.containers[0]], first)
    assert ax.texts[0].get_text() == f"{order.iloc[0]:.3f}"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_contributions_below_zero_stand_left():
    result = result_of(31, normalise="zscore")
    ax = figures.contributions(result)
    bars = [b for c in ax.containers for b in c]
    down = [b for b in bars if b.get_width() < 0]
    assert down
    assert all(b.get_x() <= 1e-12 for b in down)
    (dots,) = [line for line in ax.get_lines() if line.get_marker() == "D"]
    np.testing.assert_allclose(dots.get_xdata(), result.total.sort_values(ascending=False))
    assert any(t.get_text().startswith("−") for t in ax.texts)


def test_of_300_units_both_ends_are_shown_and_the_rest_is_counted():
    result = result_of(300)
    ax = figures.contributions(result, most=10)
    assert [int(t.split()[0]) for t in rows(ax)] == [1, 2, 3, 4, 5, 296, 297, 298, 299, 300]
    assert "290 more, not shown" in ax.texts[-1].get_text()
    zh = figures.contributions(result, most=10, lang="zh")
    assert "其余290个未显示" in zh.texts[-1].get_text()


def test_contributions_of_a_period():
    result = result_of(5, years=PANEL)
    assert figures.contributions(result).get_xlabel() == "Index, 2022"
    assert figures.contributions(result, period=2020, lang="zh").get_xlabel() == "总指数（2020）"
    with pytest.raises(gz.NotFoundError, match="no period 1999"):
        figures.contributions(result, period=1999)


def test_contributions_of_an_index_that_does_not_split_are_refused():
    with pytest.raises(gz.MethodError, match="no exact additive split"):
        figures.contributions(result_of(5, aggregate="topsis"))


def test_a_period_without_scores_is_refused():
    index, data = made(5, years=PANEL, missing={"coverage": 1.0})
    data.loc[(slice(None), 2022), "a1"] = np.nan
    result = index.evaluate(data)
    for draw in (figures.contributions, figures.heat_map):
        with pytest.raises(gz.MethodError, match="no unit has a score in 2022"):
            draw(result)
    for draw in (figures.bump, figures.trend):
        with pytest.raises(gz.MethodError, match="has a score in the last period"):
            draw(result)


def test_the_heat_map_writes_every_score():
    result = result_of(5)
    ax = figures.heat_map(result)
    order = result.total.sort_values(ascending=False).index
    written = np.array([t.get_text() for t in ax.texts]).reshape(5, 4)
    expected = result.scores.loc[order].map(lambda v: f"{v:.3f}").to_numpy()
    assert written.tolist() == expected.tolist()
    assert [t.get_text() for t in ax.get_xticklabels()] == ["Index", "One", "Two", "Three"]
    assert len(ax.patches) == 20
    assert ax.get_xlim() == (-0.5, 3.5)
    of_leaves = figures.heat_map(result, nodes=["a1", "a2"])
    assert len(of_leaves.patches) == 10
    with pytest.raises(gz.NotFoundError, match="no indicator or group 'zz'"):
        figures.heat_map(result, nodes=["zz"])
    with pytest.raises(gz.MethodError, match="nodes is empty"):
        figures.heat_map(result, nodes=[])


def test_a_score_withheld_is_a_dash():
    index, data = made(5)
    data.iloc[0, :2] = np.nan
    ax = figures.heat_map(index.replace(missing={"coverage": 0.5}).evaluate(data))
    assert [t.get_text() for t in ax.texts].count("–") == 1


def test_rank_intervals_are_those_of_the_study():
    u = uncertain(31)
    ax = figures.rank_intervals(u)
    table = u.ranks.sort_values("nominal", kind="stable")
    assert full(ax) == table.index.tolist()
    thin, thick = ax.collections
    for lines, low, high in ((thin, "best", "worst"), (thick, "low", "high")):
        ends = np.array([s[:, 0] for s in lines.get_segments()])
        np.testing.assert_allclose(ends, table[[low, high]])
    median, inside, outside = ax.get_lines()
    np.testing.assert_allclose(median.get_xdata(), table["median"])
    nominal = np.sort(np.r_[inside.get_xdata(), outside.get_xdata()])
    np.testing.assert_allclose(nominal, table["nominal"])
    assert legend(ax) == ["nominal", "median", "90% interval", "best to worst"]
    assert 1 in ax.get_xticks()


def test_rank_intervals_of_a_panel_are_of_one_period():
    u = uncertain(5, years=PANEL)
    ax = figures.rank_intervals(u)
    assert ax.get_xlabel() == "Rank, 2022"
    assert len(ax.get_yticklabels()) == 5
    assert figures.rank_intervals(u, period=2020, lang="zh").get_xlabel() == "名次（2020）"
    with pytest.raises(gz.NotFoundError, match="no period 1999"):
        figures.rank_intervals(u, period=1999)
    with pytest.raises(gz.NotFoundError, match="'a' was not followed"):
        figures.rank_intervals(u, node="a")


def test_bump_follows_every_rank():
    result = result_of(31, years=PANEL)
    ax = figures.bump(result)
    ranks = result.ranks["total"].unstack("year")
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert set(lines) == set(ranks.index)
    for unit, line in lines.items():
        assert line.get_ydata().tolist() == ranks.loc[unit].tolist()
    assert [t.get_gid() for t in ax.texts] == ranks[2022].sort_values().index.tolist()
    assert [t.get_text() for t in ax.get_xticklabels()] == ["2020", "2021", "2022"]
    assert ax.get_ylim() == (31.6, 0.4)
    assert sum(line.get_linewidth() > 1 for line in lines.values()) == 6


def test_bump_of_300_shows_the_first_ranks():
    result = result_of(300, years=PANEL)
    ax = figures.bump(result, most=20)
    assert len(ax.texts) == 20
    assert ax.get_xlabel() == "280 after rank 20, not shown"
    named = result.table.units[299]
    ax = figures.bump(result, units=[named], most=20)
    assert named in [line.get_label() for line in ax.get_lines()]
    with pytest.raises(gz.NotFoundError, match="no unit 'Nowhere'"):
        figures.bump(result, units=["Nowhere"])
    with pytest.raises(gz.MethodError, match="name at most 8"):
        figures.bump(result, units=list(result.table.units[:9]))
    with pytest.raises(gz.MethodError, match="most = 0"):
        figures.bump(result, most=0)


def test_a_cross_section_has_no_lines():
    for draw in (figures.bump, figures.trend):
        with pytest.raises(gz.MethodError, match="no two periods"):
            draw(result_of(5))


def test_trend_draws_the_target_of_the_root():
    index, data = made(31, years=PANEL)
    target = gz.Target(0.7, year=2025, operator=">=")
    result = targeted(index, target).evaluate(data)
    ax = figures.trend(result, units=[result.table.units[3]])
    lines = {line.get_label(): line for line in ax.get_lines()}
    scores = result.total.xs(result.table.units[3], level="unit")
    np.testing.assert_allclose(lines[result.table.units[3]].get_ydata(), scores)
    np.testing.assert_allclose(lines[result.table.units[3]].get_xdata(), PANEL)
    middle = result.total.groupby("year").median()
    np.testing.assert_allclose(lines["median"].get_ydata(), middle)
    aim = lines["Target ≥ 0.7 (2025)"]
    assert (list(aim.get_xdata()), list(aim.get_ydata())) == ([2020, 2025], [0.7, 0.7])
    assert ax.get_xticks()[-1] == 2025
    assert legend(ax) == ["10 to 90 % of all units", "median"]


def test_trend_without_target_or_background():
    ax = figures.trend(result_of(3, years=["2020Q1", "2020Q2"]))
    assert len(ax.get_lines()) == 3
    assert ax.get_legend() is None
    assert [t.get_text() for t in ax.get_xticklabels()] == ["2020Q1", "2020Q2"]


def test_scores_that_cannot_be_compared_are_not_joined():
    by_period = {"method": "minmax", "window": "period"}
    with pytest.raises(gz.MethodError, match="scores of different periods cannot be compared"):
        figures.trend(result_of(5, years=PANEL, normalise=by_period))

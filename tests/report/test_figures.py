import builtins
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import gz_index as gz

matplotlib = pytest.importorskip("matplotlib")

from gz_index.report import figures  # noqa: E402
from gz_index.report.drawing import fonts  # noqa: E402
from gz_index.report.drawing.canvas import cells, widest, wrapped  # noqa: E402
from gz_index.report.drawing.rows import chosen, spread  # noqa: E402

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


def renderer_of(figure):
    """What measures its texts; made once, as making it takes longer than the measuring."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    return FigureCanvasAgg(figure).get_renderer()


def cut(ax):
    """Texts that reach over the edge of the figure."""
    ax.figure.draw_without_rendering()
    wide, high = ax.figure.bbox.size
    legend = ax.get_legend()
    low, top = sorted(ax.get_ylim())
    ticks = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    texts = [*ax.texts, ax.xaxis.label]
    texts += [t for y, t in ticks if low <= y <= top and ax.axison]
    texts += [a.yaxis.label for a in ax.figure.axes] + (legend.get_texts() if legend else [])
    renderer = renderer_of(ax.figure)
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts if t.get_text()]
    return [t for t, b in boxes if b.x0 < -1 or b.y0 < -1 or b.x1 > wide + 1 or b.y1 > high + 1]


# -- of all figures --------------------------------------------------------------------------------

PANEL = [2020, 2021, 2022]


def uncertain(n, lang="en", **kwargs):
    index, data = made(n, lang, **kwargs)
    return gz.uncertainty(index, data, [gz.Spread(size=0.5)], draws=50)


def compared(n, lang="en"):
    return gz.compare(*made(n, lang), weight=["equal", "entropy", "critic"])


def shares(n, lang="en", choices=None, **kwargs):
    choices = choices or [gz.Spread(size=1.0), gz.CellError(size=0.5)]
    return gz.sobol(*made(n, lang), choices, points=16, **kwargs)


def plan(n):
    """A city from 2022 to 2024 with n targets; of the third there are no data."""
    indicators = tuple(
        gz.Indicator(
            code=f"i{k}",
            name=f"{LONG} {k}" if k % 7 == 0 else f"Stations {k}",
            targets=gz.Target(10.0 + k % 5, year=2025, operator=(">=", ">", "=")[k % 3]),
        )
        for k in range(n)
    )
    index = gz.Index(framework=gz.Framework(indicators), missing="renormalise")
    at = pd.MultiIndex.from_product([["city"], [2022, 2023, 2024]], names=["unit", "year"])
    start = np.linspace(1, 8, n)
    data = pd.DataFrame(
        [start, start + 1, start + 2], index=at, columns=[i.code for i in indicators]
    )
    data["i2"] = np.nan
    return gz.monitor(index, data)


def squares(units, width=20):
    """Illustrative areas, one square for each unit."""
    geopandas = pytest.importorskip("geopandas")
    from shapely import box

    places = [divmod(i, width) for i in range(len(units))]
    shapes = [box(x, y, x + 1, y + 1) for y, x in places]
    return geopandas.GeoDataFrame({"name": list(units)}, geometry=shapes)


FIGURES = {
    "contributions": lambda n, lang: (result_of(n, lang), {}),
    "heat_map": lambda n, lang: (result_of(n, lang), {}),
    "rank_intervals": lambda n, lang: (uncertain(n, lang), {}),
    "bump": lambda n, lang: (result_of(n, lang, PANEL), {}),
    "trend": lambda n, lang: (result_of(n, lang, PANEL), {}),
    "targets": lambda n, lang: (plan(n), {}),
    "variance_shares": lambda n, lang: (shares(n, lang), {}),
    "weights": lambda n, lang: (compared(n, lang), {}),
    "waterfall": lambda n, lang: (
        gz.change(result_of(n, lang, PANEL)),
        {"unit": result_of(n, lang, PANEL).table.units[1]},
    ),
    "radar": lambda n, lang: (
        result_of(n, lang),
        {"unit": result_of(n, lang).table.units[1]},
    ),
    "acceptability": lambda n, lang: (gz.smaa(*made(n, lang), draws=50), {}),
    "weight_intervals": lambda n, lang: (gz.stability(*made(n, lang)), {}),
    "correlations": lambda n, lang: (result_of(n, lang), {}),
    "framework": lambda n, lang: (result_of(n, lang), {}),
    "ridges": lambda n, lang: (result_of(n, lang, PANEL), {}),
    "quadrant": lambda n, lang: (result_of(n, lang, PANEL), {}),
    "choropleth": lambda n, lang: (
        result_of(n, lang),
        {"areas": squares(result_of(n, lang).table.units), "on": "name"},
    ),
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
    assert widest(rows(ax)) <= 33
    whole = [ax, *ax.figure.axes]
    sizes = {t.get_fontsize() for a in whole for t in a.texts if t.get_text()}
    assert all(6.5 <= s <= 9 for s in sizes)
    assert not cut(ax)


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


def test_lines_break_as_print_does():
    assert wrapped("产值达千亿元的数字产业链群（个）", 26) == "产值达千亿元的数字产业链群\n（个）"
    assert wrapped("高级技能与发展", 12) == "高级技能与\n发展"
    assert wrapped("数字生态治理试验区", 16, 1) == "数字生态…试验区"


def test_heads_of_a_heat_map_are_as_wide_as_their_words():
    result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    heads = [t.get_text() for t in figures.heat_map(result).get_xticklabels()]
    assert heads[2].startswith("Demonstration")


def test_choices_and_schemes_have_chinese_names():
    ax = figures.variance_shares(shares(5), lang="zh")
    assert set(rows(ax)) == {"权重±100%", "数据误差，50%"}
    assert legend(figures.weights(compared(5), lang="zh")) == ["等权", "熵值法", "CRITIC法"]


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


def test_a_name_is_no_formula(tmp_path):
    index, data = made(5)
    data.index = ["$\\frac$", "<script>", "a_b^c", "$", "_d"]
    ax = figures.contributions(index.evaluate(data))
    ax.figure.savefig(tmp_path / "f.svg")  # a formula that is none would raise
    assert set(full(ax)) == set(data.index)
    assert "<script" not in (tmp_path / "f.svg").read_text(encoding="utf-8")


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
    assert rows(ax)[0].lstrip("\u2007").startswith("1  ")
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
    index, data = made(5, years=PANEL, missing={"policy": "renormalise", "coverage": 1.0})
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
    ax = figures.heat_map(
        index.replace(missing={"policy": "renormalise", "coverage": 0.5}).evaluate(data)
    )
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
    last = result.ranks.loc[(named, 2022), "total"]
    assert ax.texts[-1].get_text() == f"{wrapped(named, 24, 1)} ({last})"
    assert ax.get_xlabel() == "279 after rank 20, not shown"
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
    assert legend(ax) == ["10 to 90% of all units", "median"]


def test_trend_without_target_or_background():
    ax = figures.trend(result_of(3, years=["2020Q1", "2020Q2"]))
    assert len(ax.get_lines()) == 3
    assert ax.get_legend() is None
    assert [t.get_text() for t in ax.get_xticklabels()] == ["2020Q1", "2020Q2"]


def test_scores_that_cannot_be_compared_are_not_joined():
    by_period = {"method": "minmax", "window": "period"}
    with pytest.raises(gz.MethodError, match="scores of different periods cannot be compared"):
        figures.trend(result_of(5, years=PANEL, normalise=by_period))


def test_targets_show_how_far_the_way_has_gone():
    m = plan(5)
    ax = figures.targets(m)
    t = m.table
    track, bars = ax.containers
    assert len(track) == 5
    known = t["completion"].notna()
    assert known.tolist() == [True, True, False, True, True]
    np.testing.assert_allclose([b.get_width() for b in bars], t["completion"][known])
    assert full(ax) == t["name"].tolist()
    words = [text.get_text() for text in ax.texts]
    assert words[0].startswith("3 → ≥ 10 (2025), 22%")
    assert words[2] == "– → 12 (2025)"
    assert "no data" in words
    np.testing.assert_allclose(
        [s[0, 0] for s in ax.collections[1].get_segments()], t["time_share"][known]
    )
    assert legend(figures.targets(m, lang="zh")) == ["完成度", "时间进度", "目标"]


def test_targets_beyond_the_frame_are_cut_and_written():
    indicator = gz.Indicator(code="a", targets=gz.Target(10, year=2025))
    index = gz.Index(framework=gz.Framework((indicator,)))
    at = pd.MultiIndex.from_product([["city"], [2022, 2023]], names=["unit", "year"])
    ax = figures.targets(gz.monitor(index, pd.DataFrame({"a": [8.0, 14.0]}, index=at)))
    assert ax.containers[1][0].get_width() == 1.5
    assert "300%" in ax.texts[0].get_text()
    back = figures.targets(gz.monitor(index, pd.DataFrame({"a": [8.0, 4.0]}, index=at)))
    assert back.containers[1][0].get_width() == -0.5
    assert "−200%" in back.texts[0].get_text()


def test_a_plan_without_targets_is_refused():
    index, data = made(1, years=PANEL)
    with pytest.raises(gz.MethodError, match="has a target with a number"):
        figures.targets(gz.monitor(index.replace(missing="renormalise"), data))


def test_shares_of_variance_have_intervals_where_estimated():
    s = shares(5)
    table = s.of("shift").sort_values("total", ascending=False)
    ax = figures.variance_shares(s)
    first, total = ax.containers
    np.testing.assert_allclose([b.get_width() for b in first], table["first"])
    np.testing.assert_allclose([b.get_width() for b in total], table["total"])
    ends = np.array([line[:, 0] for line in ax.collections[1].get_segments()])
    np.testing.assert_allclose(ends, table[["total_low", "total_high"]])
    assert legend(ax) == ["first order", "total"]
    unit = s.nominal.table.units[1]
    zh = figures.variance_shares(s, target=f"score {unit}", lang="zh")
    assert zh.get_xlabel() == f"方差份额（{unit}的得分）"
    with pytest.raises(gz.NotFoundError, match="no target 'x'"):
        figures.variance_shares(s, target="x")


def test_exact_shares_have_shapley_effects_and_no_interval():
    choices = [
        gz.Alternatives(part="normalise", of=["minmax", "rank"]),
        gz.Alternatives(part="weight", of=["equal", "entropy"]),
    ]
    ax = figures.variance_shares(gz.sobol(*made(31), choices))
    assert legend(ax) == ["first order", "total", "Shapley"]
    assert len(ax.collections) == 0
    assert sum(b.get_width() for b in ax.containers[2]) == pytest.approx(1)


def test_a_target_that_does_not_vary_is_refused():
    same = gz.Alternatives(part="weight", of=["equal", {"scheme": "equal"}], labels=("a", "b"))
    with pytest.raises(gz.MethodError, match="shift does not vary"):
        figures.variance_shares(gz.sobol(*made(5), [same]))


def test_weights_are_those_of_each_scheme():
    c = compared(31)
    ax = figures.weights(c)
    table = pd.DataFrame({k: r.weights["global"] for k, r in c.results.items()})
    table = table.loc[list(c.index.framework.codes)]
    order = table.mean(axis=1).sort_values(ascending=False).index
    assert full(ax) == order.tolist()
    for line in ax.get_lines():
        np.testing.assert_allclose(line.get_xdata(), 100 * table.loc[order, line.get_label()])
    assert len({line.get_marker() for line in ax.get_lines()}) == 3
    assert len(figures.weights(c, nodes=["a", "b", "c"]).get_yticklabels()) == 3
    with pytest.raises(gz.MethodError, match="nodes is empty"):
        figures.weights(c, nodes=[])
    with pytest.raises(gz.NotFoundError, match="'zz'"):
        figures.weights(c, nodes=["zz"])


def test_variants_with_the_same_weights_are_drawn_once():
    c = gz.compare(
        *made(5),
        aggregate=["arithmetic", {"method": "mean-min", "a": 0.5}],
        weight=["equal", "entropy"],
    )
    assert len(figures.weights(c).get_lines()) == 2


def test_weights_that_differ_by_period_are_of_the_last_one():
    index, data = made(8, years=PANEL)
    c = gz.compare(index, data, weight=[{"scheme": "entropy", "window": "period"}, "equal"])
    by_period = next(iter(c.results.values())).weights["global"]
    for asked, year in ((None, 2022), (2020, 2020)):
        ax = figures.weights(c, period=asked)
        dots = dict(zip(full(ax), ax.get_lines()[0].get_xdata(), strict=True))
        assert dots["a1"] == pytest.approx(100 * by_period[("a1", year)])
    with pytest.raises(gz.NotFoundError, match="no period 1999"):
        figures.weights(c, period=1999)


def test_the_waterfall_adds_up():
    result = result_of(5, years=PANEL)
    study, unit = gz.change(result), result.table.units[1]
    ax = figures.waterfall(study, unit=unit)
    before, after = study.totals.loc[(unit, 2020, 2022), ["before", "after"]]
    ends, steps = ax.containers
    np.testing.assert_allclose([b.get_width() for b in ends], [before, after])
    np.testing.assert_allclose(sum(b.get_width() for b in steps), after - before)
    assert steps[0].get_x() == pytest.approx(before)
    assert steps[-1].get_x() + steps[-1].get_width() == pytest.approx(after)
    assert rows(ax) == ["2020", "One", "Two", "Three", "2022"]
    few = figures.waterfall(study, unit=unit, of="indicators", most=3, lang="zh")
    assert rows(few)[-2] == "其余4项"
    steps = few.containers[1]
    np.testing.assert_allclose(sum(b.get_width() for b in steps), after - before)


def test_the_waterfall_asks_what_it_cannot_tell():
    result = result_of(5, years=PANEL)
    study, unit = gz.change(result, since="previous"), result.table.units[1]
    assert rows(figures.waterfall(study, unit=unit))[0] == "2021"
    assert rows(figures.waterfall(study, unit=unit, until=2021))[0] == "2020"
    with pytest.raises(gz.MethodError, match="of 5 units -> say which"):
        figures.waterfall(study)
    with pytest.raises(gz.NotFoundError, match="until 1999"):
        figures.waterfall(study, unit=unit, until=1999)
    with pytest.raises(gz.NotFoundError, match="no unit 'x'"):
        figures.waterfall(study, unit="x")
    with pytest.raises(gz.MethodError, match="'pillars' or 'indicators'"):
        figures.waterfall(study, unit=unit, of="zones")


def test_the_radar_is_closed_and_begins_at_zero():
    result = result_of(31)
    unit, peer = result.table.units[3], result.table.units[4]
    ax = figures.radar(result, unit, peers=[peer])
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert list(lines) == ["median", peer, unit]
    for name in (unit, peer):
        x, y = lines[name].get_data()
        assert (x[0], y[0]) == pytest.approx((x[-1], y[-1]))
        scores = result.scores.loc[name, ["a", "b", "c"]]
        np.testing.assert_allclose(np.hypot(x, y)[:-1], scores)
    np.testing.assert_allclose(lines[unit].get_xdata()[0], 0, atol=1e-12)
    assert legend(ax) == [unit, peer, "median"]
    named = [t.get_gid() for t in ax.texts if t.get_gid()]
    assert named == ["One", "Two", "Three"]


def test_a_radar_that_would_mislead_is_refused():
    result = result_of(31)
    unit = result.table.units[3]
    with pytest.raises(gz.MethodError, match="2 axes"):
        figures.radar(result, unit, nodes=["a", "b"])
    with pytest.raises(gz.NotFoundError, match="no unit 'x'"):
        figures.radar(result, "x")
    with pytest.raises(gz.MethodError, match="5 peers"):
        figures.radar(result, unit, peers=list(result.table.units[4:9]))
    below = result_of(31, normalise="zscore")
    with pytest.raises(gz.MethodError, match="a radar begins at zero"):
        figures.radar(below, below.total.idxmin())


def test_acceptability_is_a_map_of_units_and_ranks():
    study = gz.smaa(*made(5), draws=200)
    ax = figures.acceptability(study)
    order = study.expected_ranks.sort_values(kind="stable").index
    assert full(ax) == order.tolist()
    grid = np.asarray(ax.collections[0].get_array())
    np.testing.assert_allclose(grid, study.acceptability.loc[order])
    shown = [int(t.get_text()) for t in ax.texts]
    assert min(shown) >= 1
    assert len(shown) == (study.acceptability.round(2) >= 0.01).to_numpy().sum()
    assert len(ax.figure.axes) == 2
    many = figures.acceptability(gz.smaa(*made(60), draws=50), most=10)
    grid = np.ma.masked_invalid(many.collections[0].get_array())
    assert grid.shape == (11, 60)
    assert grid.mask[5].all()
    assert "50 more" in many.texts[0].get_text()


def test_weight_intervals_hold_the_weight():
    study = gz.stability(*made(5), top=[2])
    ax = figures.weight_intervals(study, keeps=["leader", "top 2", "order"], lang="zh")
    assert legend(ax) == ["权重", "首位不变", "前2名不变", "全部名次不变"]
    nodes = study.intervals.index.get_level_values("node").unique()
    for lines, kept in zip(ax.collections, ["leader", "top 2", "order"], strict=True):
        part = study.intervals.xs(kept, level="keeps").loc[nodes]
        ends = np.array([s[:, 0] for s in lines.get_segments()])
        np.testing.assert_allclose(ends, part[["low", "high"]])
    assert ax.get_xlim() == (-0.02, 1.02)
    with pytest.raises(gz.NotFoundError, match="keep 'top 7'"):
        figures.weight_intervals(study, keeps=["top 7"])
    with pytest.raises(gz.MethodError, match="0 kinds"):
        figures.weight_intervals(study, keeps=[])

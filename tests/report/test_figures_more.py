"""Correlations, framework, ridges, quadrants, maps; and figures as methods of what they draw."""

import copy
import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from test_figures import (
    LONG,
    PANEL,
    compared,
    full,
    legend,
    made,
    renderer_of,
    result_of,
    rows,
    squares,
)

import gz_index as gz

matplotlib = pytest.importorskip("matplotlib")

from gz_index.report import figures  # noqa: E402
from gz_index.report.drawing.rows import spread, within  # noqa: E402


def drawn(ax):
    """Extents of boxes by the code that they carry."""
    boxes = [p for p in ax.patches if p.get_gid()]
    return {p.get_gid(): (*p.get_xy(), p.get_width(), p.get_height()) for p in boxes}


def overlaps(texts):
    """Pairs of texts that cover each other once the figure is laid out."""
    from matplotlib.text import Text

    texts[0].figure.draw_without_rendering()
    # that of an annotation has its arrow in it
    renderer = renderer_of(texts[0].figure)
    boxes = np.array([Text.get_window_extent(t, renderer).extents for t in texts])
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    over = np.minimum(high, boxes[:, 2:]) - np.maximum(low, boxes[:, :2])
    pairs = np.argwhere(np.triu((over > 1).all(axis=2), 1))
    return [(texts[i].get_text(), texts[j].get_text()) for i, j in pairs]


# -- correlations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_correlations_are_those_of_the_normalised_indicators(method):
    result = result_of(31)
    ax = figures.correlations(result, method=method)
    expected = result.normalised.corr(method=method)
    np.testing.assert_allclose(ax.collections[0].get_array(), expected, atol=1e-12)
    assert full(ax) == ["a1", "a2", "b1", "b2", "c1", "c2"]
    assert rows(ax)[1] == "2  a2"
    assert [t.get_text() for t in ax.get_xticklabels()] == list("123456")
    values = [t.get_text().replace("−", "-") for t in ax.texts[3:]]
    np.testing.assert_allclose(np.array(values, float), expected.to_numpy().ravel(), atol=0.0051)


def test_pillars_are_framed_and_named():
    ax = figures.correlations(result_of(31, "zh"), lang="zh")
    frames = [(p.get_xy(), p.get_width(), p.get_height()) for p in ax.patches]
    assert frames == [((-0.5, -0.5), 2, 2), ((1.5, 1.5), 2, 2), ((3.5, 3.5), 2, 2)]
    assert [t.get_text() for t in ax.texts[:3]] == ["创新", "融合", "治理"]
    assert ax.get_xlabel() == "皮尔逊相关系数，31个评价对象"


def test_correlations_of_a_panel_are_of_one_period():
    result = result_of(8, years=PANEL)
    ax = figures.correlations(result, period=2021)
    expected = result.normalised.xs(2021, level="year").corr()
    np.testing.assert_allclose(ax.collections[0].get_array(), expected)
    assert ax.get_xlabel() == "Pearson correlation, 2021, 8 units"


def test_a_pair_without_a_correlation_is_a_dash():
    index, data = made(8)
    data["b1"] = 3.0
    index = index.replace(normalise={"method": "minmax", "window": "goalposts"})
    goalposts = tuple(
        gz.Indicator(code=i.code, parent=i.parent, goalposts=(-9, 9))
        for i in index.framework.indicators
    )
    index = index.replace(framework=gz.Framework(goalposts, index.framework.groups))
    ax = figures.correlations(index.evaluate(data))
    grid = ax.collections[0].get_array()
    assert np.ma.getmaskarray(grid)[2].all()
    assert [t.get_text() for t in ax.texts].count("–") == 11


def test_values_of_many_indicators_are_not_printed():
    result = gz.load("desi-2022").evaluate(gz.data("desi-2022"))
    ax = figures.correlations(result)
    assert len(rows(ax)) == 33
    assert [t.get_text().replace("\n", " ") for t in ax.texts] == [
        result.index.framework.name(c) for c in result.index.framework.children("total")
    ]


def test_nodes_to_correlate_are_chosen_and_checked():
    result = result_of(8)
    assert full(figures.correlations(result, nodes=["c", "a1", "a"])) == ["One", "a1", "Three"]
    with pytest.raises(gz.NotFoundError, match="'zz'"):
        figures.correlations(result, nodes=["a", "zz"])
    with pytest.raises(gz.MethodError, match="1 nodes to correlate"):
        figures.correlations(result, nodes="a1")
    with pytest.raises(gz.MethodError, match="method = 'cosine'"):
        figures.correlations(result, method="cosine")
    with pytest.raises(gz.MethodError, match="2 units have a score"):
        figures.correlations(result_of(2))


# -- framework -------------------------------------------------------------------------------------


def test_boxes_are_as_high_as_weights():
    result = gz.load("desi-2022").evaluate(gz.data("desi-2022"))
    ax = figures.framework(result)
    boxes = drawn(ax)
    assert set(boxes) == set(result.index.framework.nodes)
    whole = boxes["total"][3]
    weights = result.weights["global"]
    for code, (_, _, _, high) in boxes.items():
        if code != "total":
            assert high / whole == pytest.approx(weights[code])
    for code in boxes:
        kids = result.index.framework.children(code)
        if kids:  # children fill their parent from top to bottom
            left, top, wide, high = boxes[code]
            assert min(boxes[k][1] for k in kids) == pytest.approx(top)
            assert max(boxes[k][1] + boxes[k][3] for k in kids) == pytest.approx(top + high)
            assert all(boxes[k][0] == pytest.approx(left + wide) for k in kids)


def test_a_definition_alone_has_equal_indicators():
    index = gz.load("gz-2025")
    ax = figures.framework(index, lang="zh")
    boxes, f = drawn(ax), index.framework
    heights = [boxes[c][3] for c in f.codes]
    np.testing.assert_allclose(heights, heights[0])
    names = [t.get_gid() for t in ax.texts if t.get_gid()]
    assert names == [
        "总指数",
        *(f.name(c, "zh") for c in boxes if c not in f.codes and c != "total"),
        *(f.name(c, "zh") for c in f.leaves()),
    ]
    assert not [t for t in ax.texts if "%" in t.get_text()]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["gz-2025", "desi-2022", "cn-provinces-2022"])
def test_names_in_the_tree_do_not_cover_each_other(name, lang):
    index = gz.load(name)
    assert not overlaps(figures.framework(index, lang=lang).texts)


def uneven(share, name="Small"):
    indicators = (
        *(gz.Indicator(code=f"a{k}", parent="a", name=f"{LONG} {k}") for k in range(8)),
        gz.Indicator(code="b1", parent="b", name="Little"),
        gz.Indicator(code="b2", parent="b", name="Least"),
    )
    groups = (
        gz.Group(code="a", name="Great", weight=1 - share),
        gz.Group(code="b", name=name, weight=share),
    )
    f = gz.Framework(indicators, groups)
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 10)), columns=list(f.codes))
    weights = {"a": 1 - share, "b": share}
    weights |= {f"a{k}": 1.0 for k in range(8)} | {"b1": 1.0, "b2": 1.0}
    return gz.Index(framework=f, weight=weights).evaluate(data)


def test_a_group_too_low_for_its_name_has_it_at_its_indicators():
    ax = figures.framework(uneven(0.004))
    texts = [t.get_text() for t in ax.texts]
    assert "Small › Little" in texts
    assert "Small › Least" in texts
    assert "Great 99.6%" in texts
    assert texts.count("0.2%") == 2
    assert not overlaps(ax.texts)
    high = ax.get_ylim()[0]
    assert all(0 <= t.get_position()[1] <= high for t in ax.texts)


def test_the_tree_refuses_what_it_cannot_draw():
    with pytest.raises(gz.MethodError, match="period = 2022 of a definition"):
        figures.framework(gz.load("gz-2025"), period=2022)
    many = gz.Framework(tuple(gz.Indicator(code=f"i{k}") for k in range(61)))
    with pytest.raises(gz.MethodError, match="61 indicators"):
        figures.framework(gz.Index(framework=many))


def test_labels_stay_between_two_ends_and_apart():
    y = np.array([9.9, 9.8, 0.1, 0.0, 9.95])
    placed = within(spread(y, 1.0), 1.0, 0.5, 9.5)
    assert placed[np.argsort(y)].tolist() == [0.5, 1.5, 7.5, 8.5, 9.5]


# -- ridges ----------------------------------------------------------------------------------------


def test_ridges_are_densities_of_the_scores():
    from scipy.stats import gaussian_kde

    result = result_of(31, years=PANEL)
    ax = figures.ridges(result)
    assert rows(ax) == ["2020", "2021", "2022"]
    tops = []
    for k, (year, line) in enumerate(zip(PANEL, ax.get_lines(), strict=True)):
        v = result.total.xs(year, level="year").to_numpy()
        x, y = line.get_data()
        assert (x[0], x[-1]) == (v.min(), v.max())
        tops.append((k - y) / gaussian_kde(v)(x))
    np.testing.assert_allclose(np.concatenate(tops), tops[0][0])  # one scale for all
    rugs = [c for c in ax.collections if hasattr(c, "get_segments") and len(c.get_segments()) > 1]
    v = result.total.xs(2021, level="year")
    np.testing.assert_allclose([s[0, 0] for s in rugs[1].get_segments()], v)
    assert legend(ax) == ["median", "units"]
    assert "Scott's bandwidth 0.0" in ax.get_xlabel()


def test_the_bandwidth_is_the_one_that_is_named():
    result = result_of(31, years=PANEL)
    one = figures.ridges(result, bandwidth=0.05, periods=[2022], lang="zh")
    v = result.total.xs(2022, level="year").to_numpy()
    x, y = one.get_lines()[0].get_data()
    density = np.exp(-(((x[:, None] - v) / 0.05) ** 2) / 2).sum(axis=1)
    np.testing.assert_allclose(-y / -y.min(), density / density.max(), rtol=1e-6)
    assert one.get_xlabel() == "总指数（高斯核，带宽0.05）"
    wide = figures.ridges(result, bandwidth=0.05, periods=[2022], beyond=True)
    assert wide.get_lines()[0].get_xdata()[-1] == pytest.approx(v.max() + 0.15)
    quarters = result_of(8, years=["2020Q1", "2020Q10"])
    assert rows(figures.ridges(quarters, periods="2020Q10")) == ["2020Q10"]
    assert "Silverman" in figures.ridges(result, bandwidth="silverman").get_xlabel()


def test_ridges_that_would_mislead_are_refused():
    result = result_of(31, years=PANEL)
    for given in ("sheather", 0, -1.0, np.nan):
        with pytest.raises(gz.MethodError, match="bandwidth = "):
            figures.ridges(result, bandwidth=given)
    with pytest.raises(gz.NotFoundError, match="no period 1999"):
        figures.ridges(result, periods=[1999])
    with pytest.raises(gz.MethodError, match="0 ridges"):
        figures.ridges(result, periods=[])
    with pytest.raises(gz.MethodError, match="2 different scores have no density"):
        figures.ridges(result_of(2, years=PANEL))
    with pytest.raises(gz.NotFoundError, match="'zz'"):
        figures.ridges(result, node="zz")
    by_period = {"method": "minmax", "window": "period"}
    for draw in (figures.ridges, figures.quadrant):
        with pytest.raises(gz.MethodError, match="cannot be compared"):
            draw(result_of(5, years=PANEL, normalise=by_period))
        with pytest.raises(gz.MethodError, match="no two periods"):
            draw(result_of(5))


# -- quadrants -------------------------------------------------------------------------------------


def points(ax):
    return np.vstack([line.get_xydata() for line in ax.get_lines() if line.get_marker() == "o"])


def test_quadrants_count_every_unit():
    result = result_of(31, years=PANEL)
    scores = result.total.unstack("year")
    ax = figures.quadrant(result)
    x, y = scores[2022], scores[2022] - scores[2020]
    expected = np.column_stack([x, y])
    np.testing.assert_allclose(np.sort(points(ax), axis=0), np.sort(expected, axis=0))
    high, large = x >= x.median(), y >= y.median()
    counts = [int(((high == h) & (large == g)).sum()) for g in (False, True) for h in (False, True)]
    corners = [t.get_text() for t in ax.texts[:4]]
    assert corners == [
        f"lower level, smaller change: {counts[0]}",
        f"higher level, smaller change: {counts[1]}",
        f"lower level, larger change: {counts[2]}",
        f"higher level, larger change: {counts[3]}",
    ]
    assert sum(counts) == 31
    assert ax.get_ylabel() == "Change, 2020 to 2022"


@pytest.mark.parametrize(
    ("change", "of", "words"),
    [
        ("percent", lambda a, b: 100 * (b / a - 1), "2020至2022年增长（%）"),
        ("yearly", lambda a, b: 100 * (np.sqrt(b / a) - 1), "2020至2022年年均增长（%）"),
    ],
)
def test_growth_is_what_its_name_says(change, of, words):
    result = result_of(31, "zh", years=PANEL)
    scores = result.total.unstack("year")
    ax = figures.quadrant(result, change=change, level="since", lines=(0.5, 0.0), lang="zh")
    expected = of(scores[2020], scores[2022])
    np.testing.assert_allclose(np.sort(points(ax)[:, 1]), np.sort(expected))
    np.testing.assert_allclose(np.sort(points(ax)[:, 0]), np.sort(scores[2020]))
    assert ax.get_ylabel() == words
    assert ax.get_xlabel().startswith("总指数（2020）")
    assert [line.get_xdata()[0] for line in ax.get_lines()[:2]] == [0.5, 0]


@pytest.mark.parametrize("n", [5, 31, 300])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_names_of_points_do_not_cover_each_other(n, lang):
    result = result_of(n, lang, years=PANEL)
    ax = figures.quadrant(result, lang=lang)
    named = [t for t in ax.texts if t.get_gid()]
    assert not overlaps(named)
    assert len(named) <= 40
    bare = n - len(named)
    said = {"en": f"; {bare} points without a name", "zh": f"；{bare}个点未标名"}[lang]
    assert ax.get_xlabel().endswith(said) is bool(bare)
    again = figures.quadrant(result, lang=lang)
    assert [t.get_position() for t in again.texts] == [t.get_position() for t in ax.texts]
    if n == 5:
        assert bare == 0


@pytest.mark.parametrize("size", [(8.5, 6), (13, 10.5), (17, 9)])
@pytest.mark.parametrize("n", [5, 300])
def test_corners_cover_neither_points_nor_each_other(n, size):
    ax = figures.quadrant(result_of(n, years=PANEL), size=size)
    corners = ax.texts[:4]
    assert not overlaps(corners)
    at = ax.transData.transform(points(ax))
    for corner in corners:
        box = corner.get_window_extent()
        inside = (at > (box.x0, box.y0)) & (at < (box.x1, box.y1))
        assert not inside.all(axis=1).any()


def test_units_that_are_asked_for_are_named_and_coloured():
    result = result_of(31, years=PANEL)
    mine = [result.table.units[3], result.table.units[4]]
    ax = figures.quadrant(result, units=mine)
    assert {t.get_gid() for t in ax.texts if t.get_gid()} == set(mine)
    strong = [line for line in ax.get_lines() if line.get_color() == "#D55E00"]
    assert len(strong[0].get_xdata()) == 2
    assert "without" not in ax.get_xlabel()


def test_quadrants_that_would_mislead_are_refused():
    result = result_of(8, years=PANEL)
    with pytest.raises(gz.MethodError, match="not before"):
        figures.quadrant(result, since=2022, until=2020)
    for key in ("since", "until"):
        with pytest.raises(gz.NotFoundError, match="no period 1999; there are 2020, 2021, 2022"):
            figures.quadrant(result, **{key: 1999})
    with pytest.raises(gz.NotFoundError, match="no unit 'Nowhere'"):
        figures.quadrant(result, units=["Nowhere"])
    for lines in (0.5, (0.5, np.nan), (1, 2, 3)):
        with pytest.raises(gz.MethodError, match="lines = "):
            figures.quadrant(result, lines=lines)
    for key in ("lines", "change", "level"):
        with pytest.raises(gz.MethodError, match=f"{key} = 'mode'"):
            figures.quadrant(result, **{key: "mode"})
    with pytest.raises(gz.MethodError, match="most = -1"):
        figures.quadrant(result, most=-1)
    zscores = result_of(8, years=PANEL, normalise="zscore")
    with pytest.raises(gz.MethodError, match="no growth is defined"):
        figures.quadrant(zscores, change="percent")
    quarters = result_of(8, years=["2020Q1", "2020Q2"])
    with pytest.raises(gz.MethodError, match="are not years"):
        figures.quadrant(quarters, change="yearly")


# -- maps ------------------------------------------------------------------------------------------


def colours(ax):
    """Colour of each square by its lower left corner."""
    out = {}
    for collection in ax.collections:
        faces = collection.get_facecolor()
        for i, path in enumerate(collection.get_paths()):
            out[tuple(path.vertices.min(axis=0))] = tuple(faces[i % len(faces)])
    return out


def test_each_area_has_the_colour_of_its_class():
    result = result_of(31)
    areas = squares(result.table.units).sample(frac=1, random_state=1)  # in another order
    ax = figures.choropleth(result, areas, on="name", scheme="quantiles", classes=3)
    cut = np.quantile(result.total, [1 / 3, 2 / 3])
    expected = np.digitize(result.total, cut, right=True)
    found = colours(ax)
    palette = [p.get_facecolor() for p in ax.get_legend().get_patches()][::-1]
    for i, k in enumerate(expected):
        assert found[(i % 20, i // 20)] == pytest.approx(palette[k])
    counts = [int(t.split("(")[1][:-1]) for t in legend(ax)]
    assert counts == np.bincount(expected)[::-1].tolist()
    assert ax.get_xlabel() == "Index, quantiles"


@pytest.mark.parametrize("scheme", ["natural-breaks", "equal"])
def test_classes_are_those_of_their_name(scheme):
    result = result_of(31)
    areas = squares(result.table.units).set_index("name")
    ax = figures.choropleth(result, areas, scheme=scheme, classes=2)
    v = np.sort(result.total)
    if scheme == "equal":
        low = int((v <= (v[0] + v[-1]) / 2).sum())
    else:
        spread_of = [v[:i].var() * i + v[i:].var() * (31 - i) for i in range(1, 31)]
        low = int(np.argmin(spread_of)) + 1
    assert [int(t.split("(")[1][:-1]) for t in legend(ax)] == [31 - low, low]


def test_areas_and_units_that_do_not_fit_are_named():
    result = result_of(5)
    areas = squares([*result.table.units[1:], "Elsewhere"])
    with pytest.raises(gz.DataError) as caught:
        figures.choropleth(result, areas, on="name")
    said = str(caught.value)
    assert f"{LONG} 000: this unit has no area" in said
    assert "Elsewhere: this area has no score" in said
    twice = squares([*result.table.units, result.table.units[1]])
    with pytest.raises(gz.DataError, match="City 001: 2 areas have this name"):
        figures.choropleth(result, twice, on="name")
    with pytest.raises(gz.DataError, match="this unit has no area"):
        figures.choropleth(result, areas, on="name", missing="hatch")


def test_areas_without_a_score_are_hatched_if_that_is_asked_for():
    result = result_of(5, "zh")
    areas = squares([*result.table.units, "别处"])
    ax = figures.choropleth(
        result, areas, on="name", lang="zh", missing="hatch", approval="示例0000号", classes=2
    )
    assert legend(ax)[0] == "无数据 (1)"
    hatched = [c for c in ax.collections if c.get_hatch()]
    assert len(hatched) == 1
    assert len(hatched[0].get_paths()) == 1
    assert ax.get_xlabel() == "总指数，自然断点分级\n审图号：示例0000号"


def test_a_map_asks_for_what_it_needs(monkeypatch):
    result = result_of(5)
    areas = squares(result.table.units)
    with pytest.raises(gz.NotFoundError, match="no column 'city'; there are name, geometry"):
        figures.choropleth(result, areas, on="city")
    with pytest.raises(gz.MethodError, match="areas is a DataFrame"):
        figures.choropleth(result, pd.DataFrame({"name": ["a"]}))
    with pytest.raises(gz.MethodError, match="5 different scores in 6 classes"):
        figures.choropleth(result, areas, on="name", classes=6)
    for key, value in (("scheme", "pretty"), ("missing", "skip"), ("classes", 1)):
        with pytest.raises(gz.MethodError, match=f"{key} = "):
            figures.choropleth(result, areas, on="name", **{key: value})
    before = areas.copy()
    figures.choropleth(result, areas, on="name", classes=2)
    assert areas.equals(before)
    monkeypatch.setitem(__import__("sys").modules, "mapclassify", None)
    with pytest.raises(gz.MissingExtraError, match=r"pip install 'gz-index\[spatial\]'"):
        figures.choropleth(result, areas, on="name")


# -- figures as methods ----------------------------------------------------------------------------

OF_A_RESULT = {
    *("bump", "choropleth", "contributions", "correlations", "framework", "heat_map"),
    *("quadrant", "radar", "ridges", "trend"),
}


def test_every_figure_belongs_to_what_it_draws():
    index, data = made(5, years=PANEL)
    flat = made(5)
    every = {
        "framework": index,
        **dict.fromkeys(OF_A_RESULT, index.evaluate(data)),
        "weights": compared(5),
        "rank_intervals": gz.uncertainty(*flat, [gz.Spread(size=0.5)], draws=20),
        "acceptability": gz.smaa(*flat, draws=20),
        "variance_shares": gz.sobol(
            *flat, [gz.Alternatives(part="weight", of=["equal", "entropy"])]
        ),
        "weight_intervals": gz.stability(*flat),
        "targets": gz.monitor(gz.load("gz-2025"), gz.data("gz-2025")),
        "waterfall": gz.change(index.evaluate(data)),
    }
    assert set(every) == set(figures.__all__)
    for name, given in every.items():
        assert name in dir(given.plot)
        method = getattr(given.plot, name)
        assert method.__doc__ == getattr(figures, name).__doc__
        mine = list(inspect.signature(method).parameters)
        assert mine == list(inspect.signature(getattr(figures, name)).parameters)[1:]
    assert set(dir(every["bump"].plot)) == OF_A_RESULT
    assert dir(index.plot) == ["framework"]
    assert dir(every["weights"].plot) == ["weights"]


def test_a_method_draws_what_the_function_draws():
    result = result_of(8, years=PANEL)
    a, b = result.plot.heat_map(lang="zh", period=2020), figures.heat_map(result, lang="zh")
    assert a.get_xlabel() == "2020"
    assert full(a) == full(figures.heat_map(result, period=2020))
    assert full(b) == full(result.plot.heat_map())
    unit = result.table.units[1]
    assert legend(result.plot.radar(unit))[0] == unit


def test_an_unknown_figure_is_told_with_those_there_are():
    result = result_of(5)
    with pytest.raises(gz.NotFoundError, match="no figure 'pie' of IndexResult; there are bump, "):
        _ = result.plot.pie
    with pytest.raises(AttributeError, match="weights draws Comparison"):
        _ = result.plot.weights
    assert not hasattr(result.plot, "weights")
    obstacles = gz.obstacles(result)
    with pytest.raises(AttributeError, match="no figure 'bump' of Obstacles; there is none"):
        _ = obstacles.plot.bump
    assert dir(obstacles.plot) == []


def test_the_list_of_figures_says_what_each_is():
    said = repr(gz.stability(*made(5)).plot)
    assert said.splitlines()[0] == "figures of Stability"
    assert said.splitlines()[1].startswith("weight_intervals  Draw how far each weight can move")
    result = result_of(5)
    assert copy.copy(result.plot).heat_map
    assert dir(pickle.loads(pickle.dumps(result)).plot) == dir(result.plot)

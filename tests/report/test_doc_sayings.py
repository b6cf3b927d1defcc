"""What reports say where things are not plain: ties, gaps, what a run cannot tell, reasons."""

import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.report.documents import compose
from gz_index.report.documents.changes import _until
from gz_index.report.documents.content import Figure
from gz_index.report.reasons import reason

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")


def tree(codes="wxyz", parents="ppqq", names=None, **groups):
    """Indicators below pillars, both named by their codes."""
    own = names or {}
    leaves = [
        gz.Indicator(code=c, parent=p, name=own.get(c, c))
        for c, p in zip(codes, parents, strict=True)
    ]
    pillars = [gz.Group(code=p, name=own.get(p, p), **groups) for p in dict.fromkeys(parents)]
    return gz.Framework(leaves, pillars)


def index_of(framework=None, **how):
    return gz.Index(framework=framework or tree(), id="t", **how)


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    return pd.DataFrame(rng.uniform(1, 9, (8, 4)), index=list("abcdefgh"), columns=list("wxyz"))


@pytest.fixture
def panel():
    rows = pd.MultiIndex.from_product(
        [list("abcd"), pd.to_datetime(["2020-01-01", "2021-01-01"])], names=["unit", "year"]
    )
    values = np.random.default_rng(1).uniform(1, 9, (8, 4))
    return pd.DataFrame(values, index=rows, columns=list("wxyz"))


def tables_of(report):
    return {t.caption: t for t in report.tables}


def texts_of(report):
    blocks = [b for s in report.sections for b in s.all_blocks()]
    return [t for b in blocks for t in (getattr(b, "text", ""), *getattr(b, "texts", ()))]


# -- ties ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ties", "said"),
    [("min", ""), ("average", "p (rank 3.5)"), ("max", "p (rank 4)"), ("dense", "")],
)
def test_ranks_of_pillars_follow_the_rule_for_ties(ties, said):
    table = {"x": [1.0, 1, 0.5, 0.5, 0], "y": [1.0, 1, 0.5, 0.5, 0], "z": [1.0, 0, 0.5, 1, 0.2]}
    data = pd.DataFrame(table, index=list("abcde"))
    index = index_of(tree("xyz", "ppq"), ties=ties)
    report = compose(index, data, unit="c", sections=["level"])
    found = [t for t in texts_of(report) if t.startswith("c has")]
    assert (said in found[0]) if said else ("best pillar" not in found[0])
    ranks = index.evaluate(data).ranks.loc["c"]
    assert (ranks["p"] != ranks["q"]) == bool(said)


def test_those_that_tie_for_a_place_are_all_named():
    data = pd.DataFrame({"x": [1.0, 0, 0.5, 0.5, 0.75]}, index=list("aebcd"))
    data["y"] = data["x"]
    index = index_of(gz.Framework((gz.Indicator(code="x"), gz.Indicator(code="y"))))
    zh, en = (compose(index, data, sections=["level"], lang=k).points[0] for k in ("zh", "en"))
    assert en == "a (1.000) leads the 5 units, followed by d (0.750), b (0.500) and c (0.500)."
    assert zh == "5个评价对象中，a（1.000）居首，其后为d（0.750）、b（0.500）、c（0.500）。"


def test_obstacles_of_one_size_are_said_to_be():
    data = pd.DataFrame([[1.0, 2, 3, 4], [4.0, 3, 2, 1]], index=["a", "b"], columns=list("wxyz"))
    report = compose(index_of(), data, sections=["obstacles"])
    assert "the same degree (25.0%)" in report.points[0]
    each = tables_of(report)["Main obstacles of each unit"]
    assert each.notes == ("Degrees in brackets, %.",)  # two each, so none is left out


def test_obstacles_that_tie_with_the_third_are_named_and_counted():
    data = pd.DataFrame([[9.0] * 5, [0.0] * 5], index=["a", "b"], columns=list("vwxyz"))
    data.loc["c"] = [4.5, 9, 9, 9, 9]
    codes = gz.Framework(tuple(gz.Indicator(code=c) for c in "vwxyz"))
    report = compose(index_of(codes), data, sections=["obstacles"])
    assert "v (27.3%), w (18.2%), x (18.2%), y (18.2%) and z (18.2%)" in report.points[0]
    each = tables_of(report)["Main obstacles of each unit"]
    assert each.frame.loc["b", "No. 3"] == "x (20.0) +2"
    assert "+n" in each.notes[1]


# -- robustness ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "part", "idle"),
    [
        ({"weigh": "equal"}, "other weights", "CRITIC weights"),
        ({"aggregate": "arithmetic"}, "other ways of aggregating", "weighted geometric mean"),
    ],
)
def test_other_methods_that_groups_override_are_said(data, small, rule, part, idle):
    index = index_of(tree(**rule), normalise={"method": "minmax", "to": [1, 100]})
    total = gz.Group(code="total", **rule)
    whole = gz.Framework(index.framework.indicators, (*tree(**rule).groups[1:], total))
    for framework, all_of_it in ((index.framework, False), (whole, True)):
        report = compose(index.replace(framework=framework), data, sections=["robustness"], **small)
        table = tables_of(report)["Ranks under other methods"]
        notes = " ".join(table.notes)
        assert f"{part} have no effect on these, which have a rule of their own: " in notes
        assert "own: p" in notes
        assert (idle in table.frame.index) != all_of_it
        assert (f"without effect: {idle}" in notes or f", {idle}" in notes) == all_of_it
        many = len(table.frame)
        assert f"With {many} other methods" in " ".join(report.points)


def test_indicators_with_a_normaliser_of_their_own_are_said(data, small):
    own = [gz.Indicator(code="w", parent="p", normalise={"method": "minmax"})]
    rest = [gz.Indicator(code=c, parent=p) for c, p in zip("xyz", "pqq", strict=True)]
    index = index_of(gz.Framework((*own, *rest), (gz.Group(code="p"), gz.Group(code="q"))))
    report = compose(index, data, lang="zh", sections=["robustness"], **small)
    said = "换用标准化方法对下列各处没有影响，它们有自己的规则：w"
    assert said in tables_of(report)["换用其他方法时的名次"].notes


def test_a_choice_leads_only_if_the_run_tells_it_from_the_others(provinces):
    index, data = gz.load("desi-2022"), gz.data("desi-2022")
    clear = compose(index, data, sections=["robustness"], draws=20, lang="zh")
    study = clear.studies["sobol"].of("shift").loc["inclusion"]
    total, low, high = (f"{study[c]:.2f}" for c in ("total", "total_low", "total_high"))
    assert f"主要取决于“所含指标”（总效应{total}，区间{low}—{high}）" in clear.points[-1]
    vague = provinces[2].section("robustness")  # of 16 points
    said = vague.points[-1]
    assert "不能分辨" in said
    assert said.count("，区间") > 1
    notes = [n for b in vague.all_blocks() for n in getattr(b, "notes", ())]
    assert not any("交互" in n for n in notes)  # its share would be negative
    assert any("样本太小" in n for n in notes)


def test_numbers_of_the_studies_are_those_of_the_definition(data):
    choices = [gz.Spread(size=0.25), gz.Alternatives(part="weight", of=["equal", "entropy"])]
    index = index_of(sensitivity={"choices": choices, "draws": 30, "points": 32, "seed": 5})
    report = compose(index, data, sections=["robustness"])
    assert (report.studies["sobol"].points, report.studies["uncertainty"].draws) == (32, 30)
    given = compose(index, data, sections=["robustness"], points=64)
    assert given.studies["sobol"].points == 64


def test_what_varies_is_said_with_its_size(data, small):
    mine = gz.Spread(size=0.3, name="noise")
    choices = [mine, gz.Alternatives(part="weight", of=["equal", "entropy"])]
    index = index_of(sensitivity={"choices": choices})
    zh, en = (
        " ".join(texts_of(compose(index, data, lang=k, sections=["robustness"], **small)))
        for k in ("zh", "en")
    )
    assert "变动的有：noise（权重±30%）、赋权方法（2种）。" in zh
    assert "[sensitivity]" not in zh
    assert "noise (weights ±30%) and weight (2 alternatives)." in en


def test_equal_ranks_are_counted_out_of_all(provinces):
    table = tables_of(provinces[2])["换用其他方法时的名次"]
    assert table.heads["same_rank"] == "名次不变（共310个名次）"
    assert "最大变动" in table.notes[0]
    assert "均为各时期平均" not in table.notes[0]


def test_one_other_method_is_another(data, monkeypatch):
    only = (("normalise", "rank"),)
    monkeypatch.setattr("gz_index.report.documents.robustness._VARIANTS", only)
    report = compose(index_of(), data, sections=["robustness"], draws=20)
    assert any(p.startswith("With another method, Spearman's") for p in report.points)


# -- what is not there -----------------------------------------------------------------------------


def test_a_unit_without_index_in_the_period_is_spoken_of(panel):
    panel.loc[("b", "2021-01-01"), :] = np.nan
    index = index_of(missing={"policy": "renormalise", "coverage": 0.5})
    report = compose(index, panel, unit="b", sections=["level", "trend"])
    assert report.points[1] == "b has no index in 2021-01-01 for lack of data."
    said = " ".join(texts_of(report))
    assert "b has no index in one of the two and is not listed." in said
    assert "Not made: the split of the change of b" in said
    assert "1 more has no index" in said


def test_a_change_that_cannot_be_split_is_said_in_text_and_figures(panel):
    report = compose(index_of(aggregate="topsis"), panel, lang="zh", unit="b", sections=["trend"])
    assert "未作b总指数变动的分解：按该合成方法，变动不能精确分解。" in texts_of(report)
    assert "b总指数由2020-01-01到2021-01-01的变动" in report.undrawn
    assert "topsis" in " ".join(report.studies["errors"].values())


def test_a_unit_that_was_dropped_is_said_to_be_left_out(data):
    data.loc["a", "w"] = np.nan
    with pytest.raises(gz.NotFoundError, match="'a' was left out of the index, for gaps"):
        compose(index_of(missing="drop"), data, unit="a")
    screen = [{"kind": "screen", "units": {"available": 0.9}}]
    with pytest.raises(gz.NotFoundError, match="'a' was left out of the index"):
        compose(index_of(prepare=screen), data, unit="a")
    with pytest.raises(gz.NotFoundError, match="no unit 'zz' in the data"):
        compose(index_of(missing="drop"), data, unit="zz")


def test_parts_of_weights_stand_in_the_table_where_there_are_any(provinces):
    index, data, _ = provinces
    report = compose(index, data, unit="广东省", sections=["trend"], lang="zh")
    frame = tables_of(report)["广东省总指数变动的分解"].frame
    assert frame["inner_weights"].max() == pytest.approx(0.0165, abs=1e-4)
    parts = frame[["data", "inner_weights", "own_weight"]].sum(axis=1)
    np.testing.assert_allclose(parts, frame["points"])
    plain = compose(index, data, unit="江苏省", sections=["trend"], lang="zh")
    assert ("inner_weights" in tables_of(plain)["江苏省总指数变动的分解"].frame) == any(
        "权重部分" in n for n in tables_of(plain)["江苏省总指数变动的分解"].notes
    )


# -- reasons ---------------------------------------------------------------------------------------


def test_reasons_are_short_and_in_the_language(data, small):
    index = index_of(tree(names={"w": "Wool"}), normalise="zscore")
    report = compose(index, data, lang="zh", unit="c", **small)
    notes = [n for t in report.tables for n in t.notes if "不能应用" in n]
    assert any(n.startswith("不能应用熵值法：标准化值有负数") for n in notes)
    assert any(n.startswith("不能应用加权几何平均：标准化值并非都大于零") for n in notes)
    assert report.undrawn == {"c的分项得分与参照": "雷达图至少要有三个轴"}
    assert not any("cell(s)" in t or "axes" in t for t in (*notes, *report.undrawn.values()))
    assert "Wool" in report.studies["errors"]["熵值法"]  # the error itself is kept


def test_of_several_units_with_targets_one_has_to_be_named():
    index, data = gz.load("gz-2025"), gz.data("gz-2025")
    data = pd.concat([data, data.rename(index={"广州市": "乙市"}, level=0)])
    for lang, way in (("zh", "unit=，命令行用--of"), ("en", "say which: unit = ..., or --of")):
        report = compose(index, data, lang=lang, sections=["targets"])
        assert way in report.omitted["targets"]
    assert not compose(index, data, unit="乙市", sections=["targets"]).omitted


def test_an_error_of_no_known_kind_keeps_its_words_and_the_way_out():
    text = reason(
        gz.MethodError("odd", hint="be even"), gz.load("tai-2008").framework, way_out=True
    )
    assert "odd -> be even" in text.en
    assert "软件的英文原文：odd" in text.zh


def test_gaps_name_nodes_in_the_language():
    result = gz.load("gz-2025").evaluate(gz.data("gz-2025"))
    (zh,) = [n for n in result.notes_in("zh") if "覆盖率不足未给出" in n]
    (en,) = [n for n in result.notes_in("en") if "withheld for lack" in n]
    assert "数据价值转化活力区" in zh
    assert "Zone for" not in zh
    assert "Zone for turning data into value" in en


# -- names and numbers -----------------------------------------------------------------------------


def test_the_largest_part_is_that_of_the_pillar_also_if_names_are_alike(panel):
    index = index_of(tree(names={"p": "same", "q": "same"}))
    for unit in "abcd":
        report = compose(index, panel, unit=unit, sections=["trend"])
        points = tables_of(report)[f"What the change of {unit} is made of"].frame["points"]
        most = points.iloc[points.abs().argmax()]
        text = next(t for t in texts_of(report) if t.startswith("Of the change"))
        assert f"same ({most:.3f} points)".replace("-", "−") in text


def test_a_pillar_may_be_called_rank_or_as_the_units_are(data):
    data.index.name = "unit"
    codes = tree(parents=["rank", "rank", "unit", "unit"], names={"rank": "R", "unit": "U"})
    (table,) = compose(index_of(codes), data, sections=["level"]).tables
    assert table.grid("en").heads == [["Unit", "Rank", "Index", "R", "U"]]


def test_periods_are_written_short(panel):
    index = index_of(normalise={"method": "minmax", "window": "base"})
    for lang in ("zh", "en"):
        report = compose(index, panel, lang=lang, unit="b", draws=20, seed=1, points=16)
        shown = [f.caption + f.alt for f in report.figures]
        cells = [c for t in report.tables for row in t.grid(lang).body for c in row]
        heads = [h for t in report.tables for row in t.grid(lang).heads for h in row]
        captions = [t.caption for t in report.tables]
        said = [*report.points, report.subtitle, *texts_of(report), *shown]
        assert not [t for t in (*said, *cells, *heads, *captions) if "00:00" in t]
    based = index_of(normalise="base-index")
    alone = compose(based, panel.loc[["a"]], sections=["level"])
    assert [row[0] for row in alone.tables[0].grid("en").body] == ["2020-01-01", "2021-01-01"]


def test_a_single_unit_is_reported_in_the_period_that_was_asked_for(panel):
    index = index_of(normalise="base-index")
    rows = panel.loc[["a"]]
    report = compose(index, rows, period=pd.Timestamp("2020-01-01"), sections=["level"])
    assert report.points[0].startswith("The index of a is 100.0 in 2020-01-01")


def test_zero_has_no_sign(data):
    data = pd.DataFrame({"x": [1.0, 2, 3.0001], "y": [3.0, 2, 1]}, index=list("abc"))
    codes = gz.Framework((gz.Indicator(code="x"), gz.Indicator(code="y")))
    report = compose(index_of(codes, normalise="zscore"), data, sections=["level"])
    assert "−0.000" not in report.points[0]
    assert report.points[0].count("(0.000)") == 3


def test_units_that_are_numbers_and_text_are_two(panel):
    rows = pd.MultiIndex.from_product([[1, "1", 2], [2020, 2021]], names=["unit", "year"])
    frame = pd.DataFrame(panel.to_numpy()[:6], index=rows, columns=list("wxyz"))
    report = compose(index_of(), frame, sections=["trend"])
    assert len(tables_of(report)["Index in 2020 and 2021"].frame) == 3


def test_the_unit_may_be_named_where_labels_are_numbers(data):
    data.index = range(1, 9)
    one, same = (compose(index_of(), data, unit=u, sections=["level"]) for u in (3, "3"))
    assert one.points == same.points
    assert one.points[1].startswith("3 has an index of")


def test_the_result_up_to_a_period_holds_nothing_of_other_rows(panel):
    panel.iloc[2, 0] = np.nan
    step = [{"kind": "impute", "method": "median"}]
    result = index_of(prepare=step).evaluate(panel)
    early = _until(SimpleNamespace(result=result, period=result.table.periods[0]))
    assert early.imputed.shape == early.values[:, :4].shape == (4, 4)


def test_all_rose_or_none_or_some(panel):
    frame = panel.copy()
    now = frame.index.get_level_values("year") == "2021-01-01"
    frame[now] = frame[~now].to_numpy() + 1
    say = {True: "全部上升", False: "无一上升"}
    for rising in (True, False):
        values = frame if rising else -frame
        report = compose(index_of(), values, lang="zh", sections=["trend"])
        assert say[rising] in report.points[0]
        assert "其中" not in report.points[0]


def test_control_characters_reach_no_figure(data):
    data.index = ["a\x00", *"bcdefgh"]
    index = index_of(tree(names={"p": "p\x1f", "w": "w\x00"}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = compose(index, data, sections=["level"])
        assert b"PNG" in report.figures[0].png()[:8]
    (ax,) = (f.axes for f in report.figures if isinstance(f, Figure))
    assert any(t.get_text().endswith(" a") or t.get_text() == "a" for t in ax.get_yticklabels())


def test_an_index_that_is_no_weighted_sum_has_the_caveat_among_the_findings(data):
    how = {"normalise": {"method": "minmax", "to": [1, 100]}, "aggregate": "geometric"}
    report = compose(index_of(**how), data, sections=["obstacles"])
    assert "The index is no weighted sum" in report.points[0]
    plain = compose(index_of(), data, sections=["obstacles"])
    assert "no weighted sum" not in plain.points[0]


# -- before any work -------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "suffix"), [("jinja2", "html"), ("docx", "docx")])
def test_the_command_asks_for_what_it_needs_before_any_work(tmp_path, monkeypatch, module, suffix):
    from typer.testing import CliRunner

    from gz_index.cli import app

    monkeypatch.setitem(sys.modules, module, None)
    out = tmp_path / f"r.{suffix}"
    done = CliRunner().invoke(app, ["report", "no-such-definition", "--out", str(out)])
    assert done.exit_code == 2
    assert "gz-index[report]" in done.output


def test_the_command_prints_figures_that_are_left_out(tmp_path):
    from typer.testing import CliRunner

    from gz_index.cli import app

    definition = tmp_path / "t.toml"
    index = gz.load("tai-2008").replace(aggregate="topsis")
    definition.write_text(index.to_toml(), encoding="utf-8")
    out = tmp_path / "r.html"
    args = ["report", str(definition), "--out", str(out), "--section", "level"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert "no exact additive split" in done.output


def test_the_command_computes_the_index_once(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from gz_index.cli import app

    calls, evaluate = [], gz.Index.evaluate

    def counted(self, *args, **how):
        calls.append(1)
        return evaluate(self, *args, **how)

    monkeypatch.setattr(gz.Index, "evaluate", counted)
    args = ["report", "tai-2008", "--of", "Japan", "--section", "level"]
    done = CliRunner().invoke(app, [*args, "--out", str(tmp_path / "r.html")])
    assert done.exit_code == 0, done.output
    assert len(calls) == 1

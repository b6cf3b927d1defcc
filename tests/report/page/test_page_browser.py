"""The numbers of the page in a browser: ranks are the library's, wherever the sliders are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from driving import MOVE, READ, evaluated, moves, ranks_of, read_profile, two_levels

import gz_index as gz
from gz_index.framework import Group
from gz_index.report.page import to_page


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
    result, path = two_levels(folder, name, root or None, below, ties="average")
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
    result, path = two_levels(folder, f"ties {ties}", None, ties=ties)
    page = visit(path)
    ranks = page.evaluate(READ)
    assert ranks == ranks_of(result)
    assert ranks["u7"] == ranks["u8"]
    page.click("#tab-profile")
    last = result.total.idxmin()
    for unit in ("u7", last):
        page.select_option("#who", label=unit)
        cells = read_profile(page)
        assert f"Rank {ranks[unit]} of 25" in page.inner_text("#whostands")
        for name, code in {"Index": "total", "P0": "p0", "P1": "p1", "P2": "p2"}.items():
            assert cells[name][-1] == f"{result.ranks.loc[unit, code]:g}", name


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


def test_values_are_shown_as_received(visit, folder):
    index = gz.Index(
        framework=gz.Framework((gz.Indicator(code="a", unit="元"), gz.Indicator(code="b"))),
        prepare=[{"kind": "treat"}, {"kind": "impute", "method": "median"}],
        id="prepared",
    )
    frame = pd.DataFrame(
        {"a": [1.0, 2, 3, 4, 5, 6, 7, 99999], "b": [123456789.0, np.nan, 2, 9, 4, 7, 8, 3]},
        index=list("stuvwxyz"),
    )
    result = index.evaluate(frame)
    used = result.table.values
    page = visit(to_page(result, folder / "prepared.html", draws=10, sets=[], lang="en"))
    page.click("#tab-profile")
    page.select_option("#who", label="z")
    assert used[7, 0] < 100
    assert read_profile(page)["a"][0] == f"99,999 元 ({used[7, 0]:.2f} used)".replace(".00", "")
    page.select_option("#who", label="t")
    assert read_profile(page)["a"][0] == "2 元"
    assert read_profile(page)["b"][0] == f"{used[1, 1]:g} (imputed)"
    page.select_option("#who", label="s")
    assert read_profile(page)["b"][0].startswith("123,456,789")


def plain_page(folder, name, values, **how):
    """A page of one or two indicators that are taken as they are."""
    frame = pd.DataFrame(values)
    nodes = tuple(gz.Indicator(code=str(c)) for c in frame.columns)
    index = gz.Index(framework=gz.Framework(nodes), normalise=lambda x: x, id=name, **how)
    result = index.evaluate(frame)
    return to_page(result, folder / f"{name}.html", draws=10, sets=[], lang="en")


def test_many_that_tie_are_counted(visit, folder):
    values = {"a": dict.fromkeys("abcdef", 1.0) | {"g": 0.5}, "b": dict.fromkeys("abcdefg", 0.5)}
    values["b"]["g"] = 0.9
    page = visit(plain_page(folder, "six", values))
    assert page.inner_text("#leader") == "a, b, c, d and 2 more tie for first place"
    page.evaluate("(gzPage.move({ a: 0 }), gzPage.flush())")
    said = "The leader has changed: g in place of a, b, c, d and 2 more"
    assert page.inner_text("#news") == said
    page.click("#language")
    assert page.inner_text("#news") == "榜首变了：g 取代 a、b、c、d和另外2个"


def test_small_differences_and_zeros(visit, folder):
    values = {"a": {"a": 1.00001, "c": 1.0, "d": 0.0, "z": -0.00001}}
    page = visit(plain_page(folder, "tiny", values))
    assert page.inner_text("#leadscore") == "Score 1.0000, less than 0.0001 ahead of c"
    cells = page.locator("#ranks td.c-score").all_inner_texts()
    assert cells == ["1.0000", "1.0000", "0.0000", "0.0000"]
    page.click("#language")
    assert page.inner_text("#leadscore") == "得分 1.0000，领先 c 不足0.0001"


def test_a_script_that_asks_for_what_is_not_there_is_told(visit, geometric):
    from playwright.sync_api import Error

    page = visit(geometric[1])
    before = page.evaluate("gzPage.setting()")
    for call, said in (
        ("gzPage.choose('nope')", "no set of weights nope"),
        ("gzPage.move({ p0: NaN })", "no place of a slider: NaN"),
        ("gzPage.move({ nobody: 1 })", "no slider for nobody"),
    ):
        with pytest.raises(Error, match=said):
            page.evaluate(call)
    page.evaluate("gzPage.flush()")
    assert page.evaluate("gzPage.setting()") == before
    assert page.evaluate(READ) == ranks_of(geometric[0])


def test_lines_of_a_great_many(browser):
    page = browser.new_page()
    script = (Path(gz.report.page.__file__).parent / "charts.js").read_text(encoding="utf-8")
    drawn = page.evaluate(
        script
        + """; const many = Array.from({ length: 3000 }, (_, u) => Array(50).fill(u / 3000));
        lineChart({ width: 800, periods: Array(50).fill("y"), pale: many, said: "", number: String,
            lines: [{ name: "a", values: Array(50).fill(1), series: 0 }], ranks: false })
            .querySelectorAll(".pale").length"""
    )
    page.close()
    assert drawn == 3000

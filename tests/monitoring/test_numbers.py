import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.framework import Baseline, Target
from gz_index.monitoring.linking import (
    chain_link,
    class_contributions,
    rebase,
    symmetric_growth,
)
from gz_index.monitoring.numbers import OUTCOMES, index_numbers
from gz_index.study import Saved
from tests.golden import reference

FORMS = ("fixed-base", "symmetric")


def tree(**parts):
    """Two pillars, five indicators, of which less of b is better."""
    indicators = tuple(
        gz.Indicator(code=c, parent=p, direction="-" if c == "b" else "+")
        for c, p in zip("abcde", "ppqqq", strict=True)
    )
    groups = (gz.Group(code="p", weight=0.4), gz.Group(code="q", weight=0.6))
    return gz.Index(framework=gz.Framework(indicators, groups), **parts)


def city(x, units=("x",), first=2021):
    years = range(first, first + len(x) // len(units))
    rows = pd.MultiIndex.from_product([units, years], names=["unit", "year"])
    return pd.DataFrame(np.asarray(x, dtype=float), index=rows, columns=list("abcde"))


def made(seed=0, years=4, units=("x",)):
    rng = np.random.default_rng(seed)
    return city(rng.uniform(20, 40, (years * len(units), 5)), units)


def quiet(*args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gz.GzIndexWarning)
        return index_numbers(*args, **options)


# -- published numbers -----------------------------------------------------------------------------


def release(name, levels):
    """Index of the classes of a release, with their levels by year as the data."""
    r = reference("nbs_drivers")[name]
    indicators = [
        gz.Indicator(code=c, weight=w) for c, w in zip(r["classes"], r["weights"], strict=True)
    ]
    rows = pd.MultiIndex.from_product([["China"], list(levels)], names=["unit", "year"])
    data = pd.DataFrame(list(levels.values()), index=rows, columns=r["classes"])
    return gz.Index(framework=gz.Framework(indicators), weight="given"), data, r


def test_the_release_on_2022_and_its_dominant_class():
    r = reference("nbs_drivers")["release_2022"]
    levels = {2014: [100.0] * 5, 2021: r["levels_2021"], 2022: r["levels_2022"]}
    index, data, r = release("release_2022", levels)
    with pytest.warns(gz.GzIndexWarning, match=r"network economy makes 91\.6 % .*China, 2022") as w:
        n = index_numbers(index, data)
    assert len(w) == 1
    now = ("China", 2022)
    assert n.levels.loc[now, "total"] == pytest.approx(766.82, abs=1e-9)
    assert abs(n.levels.loc[now, "total"] - r["total_2022"]) <= r["rounding"]
    assert n.contributions.loc[now, "share"].round(1).tolist() == r["contributions"]
    assert n.growth.loc[now, "total"].round(1) == r["total_growth"]
    assert n.growth.loc[now, r["classes"]].round(1).tolist() == r["growth"]
    assert n.dominant.loc[now].index.tolist() == ["network economy"]
    with pytest.warns(gz.GzIndexWarning):  # the change since 100 is another number
        since = index_numbers(index, data.drop(2021, level="year"))
    assert since.contributions.loc[now, "share"].round(1).tolist() == [9.1, 7.1, 79.2, 1.9, 2.8]


def test_the_release_on_2024_within_its_rounding():
    r = reference("nbs_drivers")["release_2024"]
    now, g, w = (np.array(r[k]) for k in ("levels_2024", "growth", "weights"))
    index, data, r = release(
        "release_2024", {2022: [100.0] * 4, 2023: now / (1 + g / 100), 2024: now}
    )
    n = index_numbers(index, data)
    assert n.dominant.empty
    assert n.levels["total"].iloc[-1] == pytest.approx(136.01, abs=1e-9)
    assert abs(n.levels["total"].iloc[-1] - r["total_2024"]) <= r["rounding"]
    assert n.growth["total"].iloc[-1].round(1) == r["total_growth"]
    share = n.contributions.loc[("China", 2024), "share"]
    assert share.round(1).tolist() == [35.1, 28.6, 19.6, 16.7]
    corners = np.array(list(itertools.product([-0.05, 0.05], repeat=8)))
    x = now + corners[:, :4]
    p = x / (1 + (g + corners[:, 4:]) / 100)
    allowed = class_contributions(p, x, w)
    published = np.array(r["contributions"])
    assert (published + r["rounding"] >= allowed.min(axis=0)).all()
    assert (published - r["rounding"] <= allowed.max(axis=0)).all()


# -- the three forms -------------------------------------------------------------------------------


def test_fixed_base_is_the_formula_and_the_contributions_add_up():
    data = made()
    n = quiet(tree(weight={"p": 0.4, "q": 0.6, "a": 1, "b": 3, "c": 1, "d": 1, "e": 2}), data)
    x = data.to_numpy()
    y = 100 * x / x[0]
    y[:, 1] = 100 * x[0, 1] / x[:, 1]
    p, q = y[:, :2] @ [0.25, 0.75], y[:, 2:] @ [0.25, 0.25, 0.5]
    np.testing.assert_allclose(n.levels[["p", "q"]], np.column_stack([p, q]), rtol=1e-14)
    total = 0.4 * p + 0.6 * q
    np.testing.assert_allclose(n.levels["total"], total, rtol=1e-14)
    np.testing.assert_allclose(
        n.growth["total"].iloc[1:], 100 * np.diff(total) / total[:-1], rtol=1e-9
    )
    shares = n.contributions["share"].unstack()
    np.testing.assert_allclose(
        shares.iloc[1:]["p"], 100 * 0.4 * np.diff(p) / np.diff(total), rtol=1e-9
    )
    np.testing.assert_allclose(shares.iloc[1:].sum(axis=1), 100, rtol=1e-12)
    points = n.contributions["points"].unstack().iloc[1:].sum(axis=1)
    np.testing.assert_allclose(points, n.growth["total"].iloc[1:], rtol=1e-9)
    assert n.contributions.loc[("x", 2021), "outcome"].tolist() == ["first", "first"]
    assert n.levels.columns.tolist() == ["total", "p", "q", *"abcde"]


def test_symmetric_is_the_formula_at_every_node():
    data = made(3)
    n = quiet(tree(weight="equal"), data, form="symmetric")
    x = data.to_numpy()
    g = 100 * (x[1:] - x[:-1]) / ((x[1:] + x[:-1]) / 2)
    g[:, 1] *= -1
    v = {"p": g[:, :2].mean(axis=1), "q": g[:, 2:].mean(axis=1)}
    v["total"] = (v["p"] + v["q"]) / 2
    for node, rate in v.items():
        level = 100 * np.cumprod([1.0, *((200 + rate) / (200 - rate))])
        np.testing.assert_allclose(n.levels[node], level, rtol=1e-13)
    shares = n.contributions["share"].unstack().iloc[1:]
    np.testing.assert_allclose(shares["p"], 100 * v["p"] / (v["p"] + v["q"]), rtol=1e-9)
    for j, c in enumerate("abcde"):  # the chain of one series is its ratio to the base
        level = 100 * np.cumprod([1.0, *((200 + g[:, j]) / (200 - g[:, j]))])
        np.testing.assert_allclose(n.levels[c], level, rtol=1e-12)


def test_to_double_and_to_halve_comes_back_to_100():
    data = city([[1, 8, 3, 5, 7], [2, 4, 6, 10, 14], [1, 8, 3, 5, 7]])
    n = index_numbers(tree(), data, form="symmetric")
    np.testing.assert_allclose(n.levels.iloc[1], 200, rtol=1e-14)
    np.testing.assert_allclose(n.levels.iloc[2], 100, atol=1e-12, rtol=0)
    g = symmetric_growth([1.0, 2.0], [2.0, 1.0])
    assert g.tolist() == pytest.approx([200 / 3, -200 / 3], rel=1e-15)
    fixed = index_numbers(tree(), data)
    np.testing.assert_allclose(fixed.levels.iloc[2], 100, atol=1e-12, rtol=0)


@given(st.floats(1e-100, 1e100), st.floats(1e-100, 1e100))
def test_growth_of_the_reciprocal_is_the_growth_turned(a, b):
    g = symmetric_growth(a, b)
    assert -200 <= g <= 200
    assert symmetric_growth(1 / a, 1 / b) == pytest.approx(-g, rel=1e-9, abs=1e-12)
    assert symmetric_growth(b, a) == -g


def efficacious(targets, **parts):
    indicators = [gz.Indicator(code=c, **t) for c, t in targets.items()]
    return gz.Index(framework=gz.Framework(indicators), **parts)


def test_a_score_of_60_is_the_base_and_100_the_target():
    index = efficacious(
        {
            "g5": {
                "targets": Target(10, year=2025, operator=">"),
                "baseline": Baseline(7.64, 2022),
            },
            "share": {"targets": (Target(15, year=2025, kind="share"), Target(30, year=2035))},
            "loss": {"targets": Target(2, year=2025), "direction": "-"},
            "new": {
                "targets": Target(5, year=2025, kind="increment"),
                "baseline": Baseline(12, 2022),
            },
        }
    )
    rows = pd.MultiIndex.from_product([["gz"], range(2022, 2026)], names=["unit", "year"])
    x = np.array([[7.64, 12, 6, 12], [8.3, 13.5, 5, 13], [9.18, 12, 7, 15], [10, 15, 2, 17]])
    n = quiet(
        index, pd.DataFrame(x, index=rows, columns=["g5", "share", "loss", "new"]), form="efficacy"
    )
    scores = n.levels[["g5", "share", "loss", "new"]].to_numpy()
    assert (scores[0] == 60).all()
    assert (scores[-1] == 100).all()
    start, aim = np.array([7.64, 12, 6, 12]), np.array([10, 15, 2, 17.0])
    np.testing.assert_allclose(scores, 60 + 40 * (x - start) / (aim - start), rtol=1e-14)
    assert n.levels["total"].iloc[-1] == pytest.approx(100, abs=1e-12)
    np.testing.assert_allclose(n.levels["total"], scores.mean(axis=1), rtol=1e-14)
    assert any("floor of 60" in t for t in n.notes)
    kept = n.nominal.index.framework.node("loss").goalposts
    assert kept == (2.0, 6.0)


def test_the_score_is_the_completion_of_the_plan():
    from gz_index.monitoring.assessment import progress
    from gz_index.monitoring.targets import goal

    i = gz.Indicator(code="a", targets=Target(10, year=2025), baseline=Baseline(7.64, 2022))
    rows = pd.MultiIndex.from_product([["gz"], [2023, 2024]], names=["unit", "year"])
    data = pd.DataFrame({"a": [8.3, 9.18]}, index=rows)
    n = index_numbers(gz.Index(framework=gz.Framework([i])), data, form="efficacy")
    done = [
        progress(goal(i, i.targets[0]), v, y).completion for v, y in ((8.3, 2023), (9.18, 2024))
    ]
    np.testing.assert_allclose(n.levels["a"], 60 + 40 * np.array(done), rtol=1e-14)


def test_what_has_no_base_or_target_is_named_all_at_once():
    index = efficacious(
        {
            "good": {"targets": Target(9)},
            "bare": {},
            "words": {"targets": Target(kind="qualitative", text="领先")},
            "fast": {"targets": Target(10, kind="rate", year=2025)},
            "past": {"targets": Target(8, year=2020)},
            "met": {"targets": Target(1)},
            "wrong": {"targets": Target(9, operator="<=")},
            "blank": {"targets": Target(9)},
        },
        missing="renormalise",
    )
    rows = pd.MultiIndex.from_product([["x"], [2022, 2023]], names=["unit", "year"])
    data = pd.DataFrame(5.0, index=rows, columns=list(index.framework.codes))
    data.loc[("x", 2022), "blank"] = np.nan
    with pytest.raises(gz.DataError, match="7 of 8 indicators") as e:
        index_numbers(index, data, form="efficacy")
    out = ["bare", "words", "fast", "past", "met", "wrong", "blank"]
    assert f"index.without({out})" in str(e.value)
    assert [p.where for p in e.value.problems] == out
    for said in ("no target after 2022", "no better than the base", "no base", "operator"):
        assert said in str(e.value)
    n = index_numbers(index.without(out), data, form="efficacy")
    assert n.levels["total"].tolist() == [60.0, 60.0]
    assert n.contributions["outcome"].tolist() == ["first", "no change"]


def test_a_scenario_is_called_an_assumption():
    index = efficacious({"a": {"targets": Target(9, assumption=True)}, "b": {"targets": Target(9)}})
    rows = pd.MultiIndex.from_product([["x"], [2022, 2023]], names=["unit", "year"])
    n = quiet(index, pd.DataFrame({"a": [5.0, 6], "b": [5.0, 6]}, index=rows), form="efficacy")
    assert [t for t in n.notes if "assumption" in t] == [
        "a: the target is an assumption of the user"
    ]
    assert any("假设" in t for t in n.notes_in("zh"))


# -- laws ------------------------------------------------------------------------------------------


@st.composite
def panels(draw):
    years, units = draw(st.integers(3, 9)), draw(st.integers(1, 3))
    cells = st.floats(0.01, 1000, allow_subnormal=False)
    x = draw(
        st.lists(
            st.lists(cells, min_size=5, max_size=5), min_size=years * units, max_size=years * units
        )
    )
    weight = draw(st.sampled_from(["equal", {"a": 1, "b": 2, "c": 3, "d": 4, "e": 0.7}]))
    gap = draw(st.booleans())
    data = city(x, [f"u{k}" for k in range(units)])
    if gap:
        data.iloc[1, 2] = np.nan
    return tree(weight=weight, missing={"policy": "renormalise", "coverage": 0.5}), data


@settings(deadline=None, max_examples=60)
@given(panels(), st.sampled_from(FORMS))
def test_a_year_that_is_added_changes_no_published_figure(made_up, form):
    index, data = made_up
    last = data.index.get_level_values("year").max()
    before = quiet(index, data.drop(last, level="year"), form=form)
    after = quiet(index, data, form=form)
    for table in ("levels", "growth", "contributions"):
        old = getattr(before, table)
        pd.testing.assert_frame_equal(getattr(after, table).loc[old.index], old, check_exact=True)


@settings(deadline=None, max_examples=30)
@given(panels(), st.sampled_from(FORMS), st.randoms(use_true_random=False))
def test_order_of_rows_and_a_change_of_unit_of_measurement_do_not_matter(made_up, form, random):
    index, data = made_up
    n = quiet(index, data, form=form)
    order = list(range(len(data)))
    random.shuffle(order)
    mixed = quiet(index, data.iloc[order].swaplevel()[list("edcba")], form=form)
    assert mixed.levels.index.tolist() == data.iloc[order].swaplevel().index.tolist()
    back = mixed.levels.swaplevel().loc[data.index]
    pd.testing.assert_frame_equal(back, n.levels, rtol=1e-9)
    scaled = quiet(index, data * [10, 0.1, 3, 7, 100], form=form)
    pd.testing.assert_frame_equal(scaled.levels, n.levels, rtol=1e-9)


def test_another_base_of_the_symmetric_form_keeps_growth():
    data = made(5, units=("x", "y"))
    a, b = (quiet(tree(), data, form="symmetric", base=y) for y in (None, 2023))
    np.testing.assert_allclose(a.growth, b.growth, rtol=1e-9)
    assert b.levels.xs(2023, level="year").to_numpy() == pytest.approx(100, abs=1e-12)
    expected = rebase(a.levels.loc["y"], 2023)
    pd.testing.assert_frame_equal(b.levels.loc["y"], expected, rtol=1e-12)


@settings(deadline=None)
@given(
    st.lists(st.floats(0.1, 1e4), min_size=3, max_size=8),
    st.lists(st.floats(0.1, 1e4), min_size=3, max_size=8),
)
def test_linking_leaves_growth_as_it_is(x, y):
    old = pd.Series(x, index=range(2010, 2010 + len(x)))
    at = old.index[-1]
    new = pd.Series(y, index=range(at, at + len(y)))
    linked = chain_link(old, new, at)
    growth = linked.series.pct_change().dropna()
    np.testing.assert_allclose(growth.loc[:at], old.pct_change().dropna(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        growth.loc[at + 1 :], new.pct_change().dropna(), rtol=1e-9, atol=1e-12
    )
    assert linked.series[at] == old[at]
    assert linked.series.index.is_monotonic_increasing
    again = rebase(rebase(old, at), old.index[0], to=old.iloc[0])
    np.testing.assert_allclose(again, old, rtol=1e-12)


# -- gaps, and growth that has no shares -----------------------------------------------------------


def test_a_gap_is_refused_or_rescaled_and_said():
    data = made()
    data.loc[("x", 2023), "c"] = np.nan
    for form in FORMS:
        with pytest.raises(gz.DataError, match=r"1 cells are missing.*\n.*c: missing for x, 2023"):
            index_numbers(tree(), data, form=form)
    index = tree(missing={"policy": "renormalise", "coverage": 0.5})
    n = quiet(index, data, form="symmetric")
    x = data.to_numpy()
    g = symmetric_growth(x[1:], x[:-1]) * [-1, 1, -1, -1, -1]
    v = np.array([g[0, 2:].mean(), g[1, 3:].mean(), g[2, 3:].mean()])  # c is out twice
    np.testing.assert_allclose(
        n.levels["q"], 100 * np.cumprod([1, *((200 + v) / (200 - v))]), rtol=1e-13
    )
    assert n.levels["c"].isna().tolist() == [False, False, True, False]
    assert n.levels["total"].notna().all()
    assert any("1 missing cells" in t for t in n.notes)
    fixed = quiet(index, data)
    assert any("not of like with like" in t and "x, 2023; x, 2024" in t for t in fixed.notes)
    assert not any("like with like" in t for t in n.notes)


def test_a_chain_that_breaks_is_named():
    data = made()
    data.loc[("x", 2023), ["a", "b", "c"]] = np.nan
    n = quiet(tree(missing={"policy": "renormalise", "coverage": 0.5}), data, form="symmetric")
    assert n.levels["total"].isna().tolist() == [False, False, True, True]
    assert any("no index" in t and "x, 2023; x, 2024" in t for t in n.notes)
    assert set(n.contributions.loc[("x", 2024), "outcome"]) == {"no score"}


def test_a_component_known_in_one_period_only_gives_no_shares():
    data = made()
    data.loc[("x", 2023), ["a", "b"]] = np.nan
    n = quiet(tree(missing={"policy": "renormalise", "coverage": 0.5}), data)
    outcomes = n.contributions["outcome"].unstack()["q"].tolist()
    assert outcomes == ["first", "split", "other parts", "other parts"]
    assert n.contributions["share"].isna().tolist()[4:] == [True] * 4
    chained = quiet(
        tree(missing={"policy": "renormalise", "coverage": 0.5}), data, form="symmetric"
    )
    of_2023 = chained.contributions.loc[("x", 2023)]
    assert of_2023["outcome"].to_dict() == {"p": "not known", "q": "split"}
    assert of_2023.loc["q", "share"] == 100


def test_an_indicator_without_a_base_value_is_named():
    data = made()
    data.loc[("x", 2021), "c"] = np.nan
    index = tree(missing={"policy": "renormalise", "coverage": 0.5})
    n = quiet(index, data)
    assert n.levels["c"].isna().all()
    assert any("left out, for want of a value in the base: c" in t for t in n.notes)


def test_an_index_that_stands_still_has_no_shares():
    data = city([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [2, 2, 3, 4, 5]])
    for form in FORMS:
        n = quiet(tree(), data, form=form)
        assert n.contributions.loc[("x", 2022), "outcome"].tolist() == ["no change"] * 2
        assert n.contributions.loc[("x", 2022), "share"].isna().all()
        assert n.growth.loc[("x", 2022), "total"] == 0
    assert set(n.contributions["outcome"]) <= set(OUTCOMES)


def test_growth_over_a_period_that_a_unit_skips_is_said():
    data = made(units=("x", "y")).drop(("y", 2022))
    n = quiet(tree(), data)
    assert any("more than one period: y, 2023" in t for t in n.notes)
    assert not any("x," in t for t in n.notes[1:])


def test_no_growth_in_per_cent_from_zero():
    data = city([[1, 2, 3, 4, 5], [0, 2, 0, 0, 0], [1, 2, 3, 4, 5]])
    index = tree().without(["b"])
    n = quiet(index, data)
    assert n.levels["total"].tolist() == pytest.approx([100, 0, 100])
    assert np.isnan(n.growth["total"].iloc[2])
    assert any("from zero or below: x, 2023" in t for t in n.notes)
    assert n.contributions.loc[("x", 2023), "share"].sum() == pytest.approx(100)


# -- what the study is -----------------------------------------------------------------------------


def test_one_unit_of_several():
    data = made(2, units=("x", "y"))
    both, one = quiet(tree(), data), quiet(tree(), data, unit="y")
    pd.testing.assert_frame_equal(one.levels, both.levels.loc[["y"]], check_exact=True)
    with pytest.raises(gz.NotFoundError, match="no unit 'z'; there are x, y"):
        index_numbers(tree(), data, unit="z")


def test_what_normalises_otherwise_is_set_aside_and_said():
    f = gz.Framework(
        [gz.Indicator(code="a", transform="log"), gz.Indicator(code="b", normalise="zscore")]
    )
    rows = pd.MultiIndex.from_product([["x"], [1, 2]], names=["unit", "period"])
    data = pd.DataFrame({"a": [2.0, 3], "b": [4.0, 5]}, index=rows)
    n = quiet(gz.Index(framework=f), data)
    assert n.levels.loc[("x", 2), ["a", "b"]].tolist() == [150.0, 125.0]
    assert any("set aside: a, b" in t for t in n.notes)


def test_the_study_is_saved_and_writes_to_nothing(tmp_path):
    data = made()
    kept = data.copy()
    for form in FORMS:
        n = quiet(tree(), data, form=form)
        n.save(tmp_path / form)
        back = Saved.load(tmp_path / form)
        pd.testing.assert_frame_equal(back.tables["table"], n.levels)
        pd.testing.assert_frame_equal(back.tables["contributions"], n.contributions)
        assert back.settings == {"form": form, "base": "2021"}
        assert "index-numbers" in repr(n)
        assert len(n.notes) == len(n.notes_in("zh"))
    pd.testing.assert_frame_equal(data, kept)


def test_the_index_of_the_plan_over_made_values():
    index = gz.load("gz-2025").replace(missing="error")
    codes = list(index.framework.codes)
    rows = pd.MultiIndex.from_product([["广州市"], [2022, 2023, 2024]], names=["unit", "year"])
    steps = np.linspace(1.0, 1.3, len(codes))
    data = pd.DataFrame(50.0 * steps ** np.arange(3)[:, None], index=rows, columns=codes)
    n = quiet(index, data)
    expected = index.evaluate(data)
    np.testing.assert_allclose(n.levels["total"], expected.total, rtol=1e-14)
    again = rebase(n.levels.loc["广州市", "total"], 2023)
    assert again[2023] == 100


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "options", "error", "message"),
    [
        (tree(), {"form": "chained"}, gz.MethodError, "form is one of fixed-base, symmetric, eff"),
        (tree(weight="entropy"), {}, gz.MethodError, r"entropy weights are read.*freeze\(\)"),
        (tree(weight="critic"), {"form": "symmetric"}, gz.MethodError, "critic weights are read"),
        (tree(aggregate="geometric"), {}, gz.MethodError, "'p' by geometric.*aggregate='arith"),
        (tree(), {"base": 1999}, gz.NotFoundError, "no period 1999; there are 2021"),
        (tree(), {"form": "efficacy"}, gz.DataError, r"without\(\['a', 'b', 'c', 'd', 'e'\]\)"),
    ],
)
def test_refusals(index, options, error, message):
    with pytest.raises(error, match=message):
        index_numbers(index, made(), **options)


def test_refused_data():
    with pytest.raises(gz.DataError, match="no period.*\n.*pd.concat"):
        index_numbers(tree(), made().droplevel("unit"))
    with pytest.raises(gz.DataError, match="need two periods"):
        index_numbers(tree(), made(years=1))
    with pytest.raises(gz.MethodError, match="there are 2 -> name it: unit = 'x'"):
        index_numbers(tree(), made(units=("x", "y")), form="efficacy")
    f = gz.Framework([gz.Indicator(code="a", direction={"point": 3})])
    with pytest.raises(gz.MethodError, match=r"best within an interval: a.*without\(\['a'\]\)"):
        index_numbers(gz.Index(framework=f), made())
    zero = made()
    zero.loc[("x", 2022), ["a", "b"]] = [0.0, -1.0]
    with pytest.raises(gz.DataError, match=r"without\(\['b'\]\).*\n.*b: -1 for x, 2022$"):
        index_numbers(tree(), zero)
    with pytest.raises(gz.DataError, match=r"without\(\['a', 'b'\]\).*\n.*a: 0 for x, 2022\n"):
        index_numbers(tree(), zero, form="symmetric")
    far = made()
    far.loc[("x", 2022), "a"] = 1e300
    with pytest.raises(gz.DataError, match="200 per cent.*\n.*a: 200 for x, 2022"):
        index_numbers(tree(), far, form="symmetric")


def test_data_driven_weights_of_one_city_point_to_index_numbers():
    message = r"not identified for one unit.*AHP.*peers.*gz\.index_numbers.*60 at the base, 100 at"
    with pytest.raises(gz.MethodError, match=message):
        tree(weight="entropy").evaluate(made())


# -- plain functions -------------------------------------------------------------------------------


def test_contributions_of_series_go_by_label():
    before = pd.Series({"a": 100.0, "b": 100.0})
    after = pd.Series({"b": 110.0, "a": 130.0})
    got = class_contributions(before, after, pd.Series({"a": 1.0, "b": 1.0}))
    assert got.to_dict() == pytest.approx({"b": 25.0, "a": 75.0})
    assert class_contributions([100.0, 100], [90.0, 120], [0.5, 0.5]).tolist() == [-100.0, 200.0]
    with pytest.raises(gz.MethodError, match="did not move"):
        class_contributions([100.0, 100], [90.0, 110], [0.5, 0.5])
    with pytest.raises(gz.MethodError, match="weights are .0.5, -0.5."):
        class_contributions([100.0, 100], [90.0, 120], [0.5, -0.5])
    with pytest.raises(gz.DataError, match="a number is missing"):
        class_contributions([100.0, np.nan], [90.0, 110], [0.5, 0.5])
    with pytest.raises(gz.DataError, match="classes differ.*\n.*b, c"):
        class_contributions(before.rename({"b": "c"}), after, [0.5, 0.5])


def test_tables_are_linked_node_by_node():
    old = pd.DataFrame(
        {"total": [90.0, 80, 100], "p": [1.0, 2, 4], "gone": 1.0}, index=[2021, 2020, 2022]
    )
    new = pd.DataFrame({"p": [5.0, 10.0, 9], "total": [100.0, 110, 99]}, index=[2022, 2023, 2021])
    linked = chain_link(old, new, 2022)
    assert linked.series.to_dict("list") == {
        "total": [80.0, 90.0, 100.0, pytest.approx(110.0)],
        "p": [2.0, 1.0, 4.0, 8.0],
    }
    assert linked.series.index.tolist() == [2020, 2021, 2022, 2023]
    assert linked.factor.to_dict() == {"total": 1.0, "p": 0.8}
    assert linked.old is old
    assert linked.new is new
    assert "no longer additive" in linked.notes[0]
    assert "不再可加" in linked.notes_in("zh")[0]
    assert "not linked: gone" in linked.notes[1]


GOOD = pd.Series({2021: 90.0, 2022: 100.0})


@pytest.mark.parametrize(
    ("old", "new", "at", "error", "message"),
    [
        (GOOD, pd.Series({2023: 1.0}), 2022, gz.NotFoundError, "new series has no period 2022"),
        (GOOD, GOOD, 2023, gz.NotFoundError, "old series has no period 2023; there are 2021, 2022"),
        (GOOD, pd.Series({2022: 0.0, 2023: 1.0}), 2022, gz.DataError, "above zero.*\n.*0.0 in the"),
        (GOOD, pd.Series({2022: np.nan}), 2022, gz.DataError, "above zero"),
        (
            GOOD,
            pd.Series([1.0, 2.0], index=[2022, 2022]),
            2022,
            gz.DataError,
            "are repeated.*\n.*2022",
        ),
        (GOOD, GOOD.to_frame("total"), 2022, gz.DataError, "one is a table"),
        (GOOD.to_frame("a"), GOOD.to_frame("b"), 2022, gz.DataError, "share no node"),
        (pd.Series({"x": 1.0, 2022: 1.0}), GOOD, 2022, gz.DataError, "cannot be put in one order"),
        ([1.0, 2.0], GOOD, 2022, gz.DataError, "old series is a list"),
    ],
)
def test_series_that_cannot_be_linked(old, new, at, error, message):
    with pytest.raises(error, match=message):
        chain_link(old, new, at)


def test_what_cannot_be_rebased():
    with pytest.raises(gz.MethodError, match="to = 0"):
        rebase(GOOD, 2021, to=0)
    with pytest.raises(gz.DataError, match="2 levels.*\n.*levels.xs"):
        rebase(made()["a"], 2021)
    with pytest.raises(gz.NotFoundError, match="no period '2021'"):
        rebase(GOOD, "2021")

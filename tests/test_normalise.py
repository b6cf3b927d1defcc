"""Each normaliser by its formula, its windows, and the laws that all of them keep."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gz_index as gz
from gz_index.framework import Direction, Target
from gz_index.normalise import NORMALISERS, Scale, fit, normaliser, to_spec
from gz_index.table import align


def one(spec, x, direction="+", units=None, **fields):
    """Normalise one indicator over some units."""
    f = gz.Framework((gz.Indicator(code="x", direction=Direction.of(direction), **fields),))
    units = units or [f"u{i}" for i in range(len(x))]
    data = pd.DataFrame({"x": x}, index=units)
    return gz.Index(framework=f, normalise=spec).evaluate(data)


X = [2.0, 4.0, 10.0]


@pytest.mark.parametrize(
    ("spec", "up", "down"),
    [
        ("minmax", [0, 0.25, 1], [1, 0.75, 0]),
        ({"method": "minmax", "to": [1, 100]}, [1, 25.75, 100], [100, 75.25, 1]),
        (
            {"method": "zscore", "ddof": 0},
            ((np.array(X) - 16 / 3) / np.std(X)).tolist(),
            (-(np.array(X) - 16 / 3) / np.std(X)).tolist(),
        ),
        ("rank", [1, 2, 3], [3, 2, 1]),
        ("borda", [0, 1, 2], [2, 1, 0]),
        ("percentile-rank", [0, 0.5, 1], [1, 0.5, 0]),
        ({"method": "ratio", "to": "max"}, [0.2, 0.4, 1], [1, 0.5, 0.2]),
        ({"method": "ratio", "to": "sum"}, [0.125, 0.25, 0.625], [1 / 1.7, 0.5 / 1.7, 0.2 / 1.7]),
        (
            {"method": "ratio", "to": "norm"},
            (np.array(X) / np.sqrt(120)).tolist(),
            (1 / np.array(X) / np.sqrt((1 / np.array(X) ** 2).sum())).tolist(),
        ),
        ("distance-to-leader", [0.2, 0.4, 1], [1, 0.5, 0.2]),
        (
            {"method": "distance-to-reference", "reference": "u1", "form": "difference"},
            [-0.5, 0, 1.5],
            [0.5, 0, -1.5],
        ),
        (
            {"method": "distance-to-reference", "reference": "mean"},
            [x / (16 / 3) for x in X],
            [(16 / 3) / x for x in X],
        ),
        (
            {"method": "distance-to-reference", "reference": "u1", "form": "range", "clip": True},
            [0, 1, 1],
            [1, 1, 0],
        ),
        ("above-mean", [-1, -1, 1], [1, 1, -1]),
        ("efficacy", [60, 70, 100], [100, 90, 60]),
        (
            {"method": "efficacy", "curve": "logarithmic"},
            [60, 60 + 40 * np.log(2) / np.log(5), 100],
            [100, 60 + 40 * np.log(2.5) / np.log(5), 60],
        ),
        (
            {"method": "efficacy", "curve": "exponential"},
            [60, 60 * (100 / 60) ** 0.25, 100],
            [100, 60 * (100 / 60) ** 0.75, 60],
        ),
        (
            {"method": "efficacy", "curve": "power", "exponent": 2},
            [60, 60 + 40 * 12 / 96, 100],
            [100, 60 + 40 * 84 / 96, 60],
        ),
        (
            "ampi",
            [100 + 60 * (x - 16 / 3) / 8 for x in X],
            [100 - 60 * (x - 16 / 3) / 8 for x in X],
        ),
    ],
)
def test_the_formula_in_both_directions(spec, up, down):
    assert one(spec, X).total.tolist() == pytest.approx(up, abs=1e-12)
    assert one(spec, X, "-").total.tolist() == pytest.approx(down, abs=1e-12)


def test_the_handbooks_percentile_classes():
    x = np.arange(1.0, 101)
    z = one("categorical", x).total.to_numpy()
    edges = np.percentile(x, [15, 25, 65, 85, 95])
    want = np.select([x < e for e in edges], [0, 20, 40, 60, 80], 100)
    assert (z == want).all()


def test_a_moderate_point_and_an_interval():
    # 1 - |x - 5| / max |x - 5|
    assert one("minmax", [1.0, 5, 7], {"point": 5}).total.tolist() == [0, 1, 0.5]
    # c = max(3 - 1, 9 - 6) = 3
    z = one("minmax", [1.0, 4, 9], {"interval": [3, 6]}).total
    assert z.tolist() == pytest.approx([1 - 2 / 3, 1, 0], abs=1e-15)
    z = one("zscore", [1.0, 5, 7], {"point": 5}).total
    assert z["u1"] > z["u2"] > z["u0"]
    with pytest.raises(gz.GzIndexError, match="best within an interval"):
        one("ratio", [1.0, 5, 7], {"point": 5})
    with pytest.raises(gz.DataError, match="same in every row"):
        one("minmax", [4.0, 5], {"interval": [3, 6]})  # c = 0


def test_goalposts_clip_and_count():
    spec = {"method": "goalposts", "clip": True}
    r = one(spec, [-1.0, 5, 12], goalposts=(0.0, 10.0))
    assert r.total.tolist() == [0, 0.5, 1]
    assert r.counts["clipped_cells"] == 2
    assert one("goalposts", [-1.0, 5, 12], goalposts=(0.0, 10.0)).total.tolist() == [-0.1, 0.5, 1.2]
    assert one(spec, [-1.0, 5, 12], "-", goalposts=(0.0, 10.0)).total.tolist() == [1, 0.5, 0]
    with pytest.raises(gz.DataError, match=r"needs goalposts(.|\n)*x: has none"):
        one("goalposts", X)


def test_targets():
    r = one("distance-to-target", X, targets=Target(8.0))
    assert r.total.tolist() == [0.25, 0.5, 1.25]
    with pytest.raises(gz.DataError, match="needs targets"):
        one("distance-to-target", X)


def test_transforms_come_first_and_name_what_they_cannot_take():
    r = one("minmax", [1.0, 10, 100], transform="log10")
    assert r.total.tolist() == pytest.approx([0, 0.5, 1])
    posts = one("goalposts", [10.0], transform="log", goalposts=(1.0, 1000.0))
    assert posts.total.tolist() == pytest.approx([1 / 3])
    with pytest.raises(gz.DataError, match=r"x .*: -3 for u1 is not above zero"):
        one("minmax", [1.0, -3, 2], transform="log", name=gz.Text.of("Exports"))


def test_a_constant_indicator_is_refused_by_name_and_period():
    with pytest.raises(gz.DataError, match=r"x \(Ports\): is 4 throughout"):
        one("minmax", [4.0, 4, 4], name=gz.Text.of("Ports"))
    half = {"method": "minmax", "constant": 0.5}
    assert one(half, [4.0, 4]).total.tolist() == [0.5, 0.5]
    f = gz.Framework((gz.Indicator(code="x"),))
    rows = pd.MultiIndex.from_product([["a", "b"], [2020, 2021]], names=["unit", "year"])
    data = pd.DataFrame({"x": [1.0, 7, 2, 7]}, index=rows)
    with pytest.raises(gz.DataError, match="in 2021"):
        gz.Index(framework=f, normalise={"method": "minmax", "window": "period"}).evaluate(data)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("minmaxx", "no normaliser 'minmaxx'.*did you mean 'minmax'"),
        ({"method": "minmax", "tto": [0, 1]}, "no option 'tto'.*did you mean 'to'"),
        ({"method": "minmax", "to": [1, 1]}, "low < high"),
        ({"method": "zscore", "window": "goalposts"}, "no window = 'goalposts'"),
        ({"method": "zscore", "ddof": 2}, "ddof is 0 or 1"),
        ({"method": "efficacy", "curve": "cubic"}, "curve"),
        ({"method": "categorical", "cuts": [50, 40], "values": [0, 1, 2]}, "rise"),
        ({"to": [0, 1]}, "names no method"),
    ],
)
def test_a_bad_option_is_named_with_the_valid_ones(spec, message):
    with pytest.raises(gz.GzIndexError, match=message):
        normaliser(spec)


def panel(periods=(2020, 2021), seed=0, units=5):
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product(
        [[f"u{i}" for i in range(units)], list(periods)], names=["unit", "year"]
    )
    x = rng.uniform(1, 9, (len(rows), 3))
    return pd.DataFrame(x, index=rows, columns=list("abc"))


FRAMEWORK = gz.Framework(
    tuple(
        gz.Indicator(
            code=c,
            direction=Direction.of(d),
            goalposts=(0.5, 10.0),
            targets=Target(8.0),
            name=gz.Text(zh="指标", en=f"Indicator {c}"),
        )
        for c, d in zip("abc", "+-+", strict=True)
    )
)
EVERY = [
    *NORMALISERS,
    {"method": "minmax", "window": "period"},
    {"method": "minmax", "window": "base"},
    {"method": "zscore", "window": "base"},
    {"method": "rank", "window": "period"},
    {"method": "efficacy", "window": "goalposts", "clip": True},
    {"method": "distance-to-reference", "reference": "u1"},
]


@pytest.mark.parametrize("spec", EVERY, ids=str)
def test_a_scale_replays_the_same_bits_even_through_json(spec, tmp_path):
    data = panel()
    for periods in ((2020, 2021), ("2020Q1", "2020Q2"), tuple(pd.to_datetime(["2020", "2021"]))):
        data = panel(periods)
        table = align(data, FRAMEWORK)
        scale = fit(table, FRAMEWORK, normaliser(spec))
        z, clipped = scale.apply(table)
        assert np.isfinite(z).all()
        scale.save(tmp_path / "scale.json")
        again = Scale.load(tmp_path / "scale.json")
        z2, clipped2 = again.apply(table)
        assert np.array_equal(z, z2)
        assert np.array_equal(clipped, clipped2)
        assert json.dumps(again.to_dict()) == json.dumps(scale.to_dict())
        assert np.array_equal(again(data).to_numpy(), z)
    assert normaliser(to_spec(normaliser(spec))) == normaliser(spec)


@pytest.mark.parametrize("spec", EVERY, ids=str)
def test_missing_cells_stay_missing_and_disturb_nothing_else(spec):
    data = panel(units=7)
    table = align(data, FRAMEWORK)
    whole = fit(table, FRAMEWORK, normaliser(spec)).apply(table)[0]
    data.loc[("u3", 2021), "b"] = np.nan
    holed = align(data, FRAMEWORK)
    z = fit(holed, FRAMEWORK, normaliser(spec)).apply(holed)[0]
    assert np.isnan(z[:, 1]).sum() == 1
    assert np.isnan(z[data.index.get_loc(("u3", 2021)), 1])
    assert np.array_equal(z[:, [0, 2]], whole[:, [0, 2]])


@pytest.mark.parametrize(
    "spec",
    [
        {"method": "minmax", "window": "base"},
        {"method": "zscore", "window": "base"},
        {"method": "rank", "window": "base"},
        {"method": "ratio", "window": "base"},
        "goalposts",
        "log-efficacy",
        "base-index",
    ],
    ids=str,
)
def test_a_later_period_changes_no_earlier_value_where_the_window_is_fixed(spec):
    early = panel((2020, 2021))
    late = pd.concat([early, panel((2022,), seed=9)])
    r = gz.Index(framework=FRAMEWORK, normalise=spec)
    a, b = r.evaluate(early).normalised, r.evaluate(late).normalised.loc[early.index]
    assert np.array_equal(a, b)


def test_what_was_not_fitted_is_refused_by_name():
    scale = (
        gz.Index(framework=FRAMEWORK, normalise={"method": "minmax", "window": "period"})
        .evaluate(panel())
        .scale
    )
    with pytest.raises(gz.DataError, match="not fitted to period 2022"):
        scale(panel((2022,)))
    base = gz.Index(framework=FRAMEWORK, normalise="base-index").evaluate(panel()).scale
    stranger = panel().rename(index={"u1": "newcomer"})
    with pytest.raises(gz.DataError, match=r"newcomer: has no row in it"):
        base(stranger)
    with pytest.raises(gz.DataError, match=r"one period(.|\n)*minmax"):
        gz.Index(framework=FRAMEWORK, normalise="base-index").evaluate(panel((2020,)))


def test_base_index_leaves_what_has_no_base_value_missing():
    data = panel()
    data.loc[("u0", 2020), "a"] = np.nan
    data["c"] = np.nan
    i = gz.Index(
        framework=FRAMEWORK,
        normalise="base-index",
        missing={"policy": "renormalise", "coverage": 0.1},
    )
    z = i.evaluate(data).normalised
    assert z["c"].isna().all()
    assert np.isnan(z.loc[("u0", 2021), "a"])
    ratio = data.loc[("u1", 2021), "a"] / data.loc[("u1", 2020), "a"]
    assert z.loc[("u1", 2021), "a"] == pytest.approx(100 * ratio)
    back = data.loc[("u1", 2020), "b"] / data.loc[("u1", 2021), "b"]
    assert z.loc[("u1", 2021), "b"] == pytest.approx(100 * back)
    data.loc[("u1", 2020), "b"] = 0.0
    with pytest.raises(gz.DataError, match=r"base period(.|\n)*Indicator b(.|\n)*0 for u1, 2020"):
        i.evaluate(data)


def test_the_base_period_can_be_named():
    spec = {"method": "minmax", "window": "base", "base": 2021}
    data = panel()
    r = gz.Index(framework=FRAMEWORK, normalise=spec).evaluate(data)
    late = r.normalised.xs(2021, level="year")
    assert late.min().eq(0).all()
    assert late.max().eq(1).all()
    with pytest.raises(gz.DataError, match="no rows of the base period 2030"):
        gz.Index(framework=FRAMEWORK, normalise={**spec, "base": 2030}).evaluate(data)


def test_the_parameters_are_a_table():
    table = gz.Index(framework=FRAMEWORK).evaluate(panel()).scale.to_frame()
    row = table[(table["indicator"] == "a") & (table["parameter"] == "worst")]
    assert row["value"].item() == panel()["a"].min()


MONOTONE = [s for s in NORMALISERS if s not in ("base-index",)]


@pytest.mark.parametrize("spec", MONOTONE)
@settings(max_examples=25, deadline=None)
@given(
    x=hnp.arrays(np.float64, st.integers(4, 12), elements=st.floats(0.6, 9.9), unique=True),
    seed=st.integers(0, 99),
)
def test_better_is_never_worse_and_rows_may_be_permuted(spec, x, seed):
    f = gz.Framework(FRAMEWORK.indicators[:2])
    data = pd.DataFrame({"a": x, "b": x}, index=[f"u{i}" for i in range(len(x))])
    r = gz.Index(framework=f, normalise=spec).evaluate(data).normalised
    order = np.argsort(x)
    assert (np.diff(r["a"].to_numpy()[order]) >= -1e-12).all()
    assert (np.diff(r["b"].to_numpy()[order]) <= 1e-12).all()
    mixed = data.iloc[np.random.default_rng(seed).permutation(len(x))]
    again = gz.Index(framework=f, normalise=spec).evaluate(mixed).normalised.loc[data.index]
    assert np.allclose(again, r, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "spec", ["minmax", "zscore", "rank", "percentile-rank", "borda", "categorical"]
)
@settings(max_examples=25, deadline=None)
@given(
    x=hnp.arrays(np.int64, st.integers(4, 12), elements=st.integers(-50, 50), unique=True),
    a=st.sampled_from([0.5, 2.0, 1024.0]),
    b=st.sampled_from([-64.0, 0.0, 8.0]),
)
def test_unit_and_origin_do_not_matter_where_that_is_claimed(spec, x, a, b):
    plain, moved = one(spec, x.astype(float)).total, one(spec, a * x + b).total
    assert np.allclose(plain, moved, rtol=1e-12, atol=1e-12)

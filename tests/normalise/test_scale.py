"""Windows, replay, saving, and what is refused by name."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.framework import Direction, Target
from gz_index.normalise import Scale, fit, normaliser
from gz_index.table import align

TELECOM = gz.Text(zh="电信", en="telecom")


def two(**fields):
    """Indicators a (more is better) and b (less is better)."""
    return gz.Framework(
        (
            gz.Indicator(code="a", name=TELECOM, **fields),
            gz.Indicator(code="b", direction=Direction(-1), **fields),
        )
    )


def panel(a, b, years, units=("x", "y", "z")):
    rows = pd.MultiIndex.from_product([list(years), list(units)], names=["year", "unit"])
    return pd.DataFrame({"a": np.array(a, float), "b": np.array(b, float)}, index=rows)


def made(years=(2020, 2021), seed=0):
    rng = np.random.default_rng(seed)
    n = 3 * len(years)
    return panel(rng.uniform(1, 9, n), rng.uniform(1, 9, n), years)


def fitted(data, spec, f=None):
    f = f or two()
    table = align(data, f)
    return fit(table, f, normaliser(spec)), table


def through_json(scale):
    return Scale.from_dict(json.loads(json.dumps(scale.to_dict(), allow_nan=False)))


WINDOWS = [
    {"method": "minmax", "window": "pooled"},
    {"method": "minmax", "window": "period"},
    {"method": "minmax", "window": "base"},
    {"method": "zscore", "window": "period"},
    {"method": "rank", "window": "base"},
    {"method": "categorical"},
    {"method": "base-index"},
    {"method": "log-efficacy"},
    {"method": "ampi"},
    {"method": "distance-to-reference", "reference": "y"},
]


# -- windows ---------------------------------------------------------------------------------------


def test_windows_say_which_rows_the_bounds_come_from():
    data = panel([1, 2, 5, 2, 4, 10], [1, 2, 3, 4, 5, 6], (2020, 2021))
    for window, want in {
        "pooled": {"worst": [1.0], "best": [10.0]},
        "base": {"worst": [1.0], "best": [5.0]},
        "period": {"worst": [1.0, 2.0], "best": [5.0, 10.0]},
    }.items():
        frame = fitted(data, {"method": "minmax", "window": window})[0].to_frame()
        for parameter, value in want.items():
            rows = frame[(frame.indicator == "a") & (frame.parameter == parameter)]
            assert rows.value.tolist() == value
            assert (rows.window == window).all()
    # in raw units, whatever the direction
    b = frame[frame.indicator == "b"]
    assert b[b.parameter == "worst"].value.tolist() == [3, 6]
    assert b.period.dropna().unique().tolist() == [2020, 2021]


def test_the_base_period_may_be_named():
    data = made((2020, 2021, 2022))
    scale, table = fitted(data, {"method": "minmax", "window": "base", "base": 2021})
    z = scale.apply(table)[0][table.slot == 1]
    assert z.min() == 0
    assert z.max() == 1
    assert scale.parts[0].base == 2021


def test_indicators_may_have_base_periods_of_their_own():
    f = gz.Framework(
        (
            gz.Indicator(code="a"),
            gz.Indicator(code="b", normalise=normaliser({"method": "base-index", "base": 2021})),
        )
    )
    data = made((2020, 2021))
    scale, table = fitted(data, {"method": "minmax", "window": "base"}, f)
    z = scale.apply(table)[0]
    assert z[table.slot == 0, 0].tolist() == pytest.approx(_unit(data["a"].to_numpy()[:3]))
    assert z[table.slot == 1, 1].tolist() == [100, 100, 100]


def _unit(v):
    return ((v - v.min()) / np.ptp(v)).tolist()


def test_a_base_period_that_is_not_there_is_refused():
    with pytest.raises(gz.DataError, match=r"(?s)no rows of the base period 2019.*2020, 2021"):
        fitted(made(), {"method": "minmax", "window": "base", "base": 2019})
    flat = made().xs(2020, level="year")
    with pytest.raises(gz.DataError, match=r"rows have no period, and base = 2020"):
        fitted(flat, {"method": "minmax", "window": "base", "base": 2020})


def test_a_base_without_effect_is_refused():
    with pytest.raises(gz.MethodError, match=r"minmax: base = 2020 has no effect .*'base'"):
        normaliser({"method": "minmax", "base": 2020})


def test_in_a_cross_section_windows_are_the_same():
    flat = made().xs(2020, level="year")
    kinds = [{"method": "minmax", "window": w} for w in ("pooled", "period", "base")]
    results = [s.apply(t)[0] for s, t in (fitted(flat, k) for k in kinds)]
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


@pytest.mark.parametrize("window", ["base", "goalposts"])
def test_adding_a_later_period_changes_no_earlier_value(window):
    f = two(goalposts=(0.0, 10.0))
    spec = {"method": "minmax", "window": window}
    early, late = made((2020, 2021)), made((2022,), seed=4) * 3
    before = fitted(early, spec, f)[0](early)
    both = pd.concat([early, late])
    after = fitted(both, spec, f)[0](both)
    pd.testing.assert_frame_equal(after.iloc[: len(early)], before, check_exact=True)


# -- clipping --------------------------------------------------------------------------------------


def test_clipped_cells_are_counted_by_indicator():
    f = two(goalposts=(2.0, 8.0))
    data = panel([1, 2, 5, 8, 9, 10], [3, 4, 5, 6, 7, 9], (2020, 2021))
    for to in ([0, 1], [1, 100], [0.1, 0.7]):
        open_, table = fitted(data, {"method": "goalposts", "to": to}, f)
        z, none = open_.apply(table)
        assert none.tolist() == [0, 0]
        scale = fitted(data, {"method": "goalposts", "to": to, "clip": True}, f)[0]
        cut, counts = scale.apply(table)
        assert counts.tolist() == [3, 1]
        assert np.array_equal(cut, z.clip(*to))


def test_what_lies_on_the_bounds_is_not_counted_as_clipped():
    data = made(seed=7) * 0.1 + 0.7
    scale, table = fitted(data, {"method": "minmax", "to": [0.1, 0.7], "clip": True})
    z, counts = scale.apply(table)
    assert counts.tolist() == [0, 0]
    assert z.max() <= 0.7
    assert z.min() >= 0.1


def test_the_caps_of_the_base_year_are_counted():
    data = made((2020, 2021))
    z, counts = (scale := fitted(data, "log-efficacy")[0]).apply(align(data, two()))
    assert counts.tolist() == [2, 2]  # lowest and highest of three lie beyond the quantiles
    assert (z[:3].min(0) == 0).all()
    assert (z[:3].max(0) == 100).all()
    doubled = scale(data * 2)  # the same periods: only 2020 is capped
    assert doubled.iloc[:3].max().max() == 100
    assert doubled["a"].iloc[3:].max() > 100
    alone = scale(data.loc[2020] * 2)  # rows without a period are not of the base period
    assert alone["a"].max() > 100


# -- replay ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", WINDOWS, ids=lambda s: "-".join(map(str, s.values())))
def test_replay_is_the_same_bit_for_bit_also_from_a_file(spec, tmp_path):
    data = made((2020, 2021, 2022))
    scale, table = fitted(data, spec)
    z, counts = scale.apply(table)
    again, counted = scale.apply(table)
    assert np.array_equal(z, again)
    scale.save(tmp_path / "scale.json")
    loaded = Scale.load(tmp_path / "scale.json")
    again, counted = loaded.apply(table)
    assert np.array_equal(z, again)
    assert np.array_equal(counts, counted)
    assert loaded.to_dict() == scale.to_dict()
    pd.testing.assert_frame_equal(loaded.to_frame(), scale.to_frame(), check_exact=True)


def test_a_scale_is_read_only():
    scale, _ = fitted(made(), "minmax")
    with pytest.raises(ValueError, match="read-only"):
        scale.parts[0].fitted[0]["worst"][0] = 3
    with pytest.raises(ValueError, match="read-only"):
        through_json(scale).parts[0].fitted[0]["worst"][0] = 3


def test_new_cities_and_years_are_measured_by_the_frozen_bounds():
    scale = fitted(panel([1, 2, 5, 2, 4, 9], [1, 2, 3, 4, 5, 5], (2020, 2021)), "minmax")[0]
    new = scale(panel([13.0], [9.0], (2030,), ["new"]))
    assert new.loc[(2030, "new")].tolist() == [1.5, -1.0]


def test_new_values_stand_half_way_in_the_ranking():
    f = gz.Framework((gz.Indicator(code="a"),))
    old = pd.DataFrame({"a": [10.0, 20, 20, 40]}, index=list("wxyz"))
    new = pd.DataFrame({"a": [5.0, 15, 20, 30, 50]}, index=list("abcde"))
    for ties, tied in (("average", 2.5), ("min", 2), ("max", 3)):
        scale = fitted(old, {"method": "rank", "ties": ties}, f)[0]
        assert scale(new)["a"].tolist() == [0.5, 1.5, tied, 3.5, 4.5]


def test_a_period_that_was_not_fitted_is_refused_by_name():
    scale, _ = fitted(made(), {"method": "minmax", "window": "period"})
    with pytest.raises(gz.DataError, match=r"(?s)period 2022.*fitted are 2020, 2021.*'goalposts'"):
        scale(made((2021, 2022)))
    with pytest.raises(gz.DataError, match=r"(?s)each period by itself.*2020, 2021"):
        scale(made().xs(2020, level="year"))
    flat = fitted(made().xs(2020, level="year"), {"method": "minmax", "window": "period"})[0]
    with pytest.raises(gz.DataError, match=r"(?s)not fitted to period 2020.*have no period"):
        flat(made())


def test_periods_are_matched_by_label_and_not_by_place():
    data = made((2020, 2021))
    scale, table = fitted(data, {"method": "minmax", "window": "period"})
    later = data.loc[[2021]]
    assert np.array_equal(scale(later), scale.apply(table)[0][3:])


def test_columns_are_matched_by_code_and_not_by_place():
    data = made()
    scale, table = fitted(data, "minmax")
    turned = gz.Framework(two().indicators[::-1])
    z, counts = scale.apply(align(data, turned))
    assert np.array_equal(z[:, ::-1], scale.apply(table)[0])
    assert counts.shape == (2,)
    alone = gz.Framework(two().indicators[1:])
    assert np.array_equal(scale.apply(align(data, alone))[0][:, 0], z[:, 0])
    more = gz.Framework((*two().indicators, gz.Indicator(code="c")))
    with pytest.raises(gz.DataError, match=r"(?s)fitted without these.*c: is new"):
        scale.apply(align(data.assign(c=1.0), more))


def test_a_unit_that_has_no_base_is_refused_by_name():
    scale, _ = fitted(made((2020, 2021)), "base-index")
    with pytest.raises(gz.DataError, match=r"(?s)without a base period.*new: has no row"):
        scale(panel([1.0], [1.0], (2021,), ["new"]))
    two_years = made((2020, 2021)).drop(index=(2020, "y"))
    scale, table = fitted(two_years, "base-index")
    with pytest.raises(gz.DataError, match="y: has no row"):
        scale.apply(table)


def test_a_cell_without_a_base_is_missing_in_a_base_index():
    data = made((2020, 2021))
    data.loc[(2020, "x"), "a"] = np.nan
    z = fitted(data, "base-index")[0](data)
    assert z["a"].isna().tolist() == [True, False, False, True, False, False]
    assert z["b"].notna().all()


@pytest.mark.parametrize("method", ["minmax", "zscore", "rank", "ratio", "categorical"])
@pytest.mark.parametrize("window", ["base", "period"])
def test_a_value_of_a_window_that_knew_nothing_is_refused_and_not_lost(method, window):
    data = made((2020, 2021))
    data.loc[2020, "a"] = np.nan
    scale, table = fitted(data, {"method": method, "window": window})
    for again in (scale, through_json(scale)):
        if window == "period":
            assert np.array_equal(np.isnan(again.apply(table)[0]), np.isnan(table.values))
        known = align(made((2020, 2021)), two()) if window == "period" else table
        with pytest.raises(gz.DataError, match=r"(?s)no known value.*a \(telecom\): .* for x, 202"):
            again.apply(known)


def test_a_column_that_is_missing_throughout_stays_missing():
    data = made().assign(a=np.nan)
    z = fitted(data, "minmax")[0](data)
    assert z["a"].isna().all()
    assert z["b"].notna().all()


# -- saving ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        [2020, 2021],
        ["2020", "2021"],
        [pd.Timestamp("2020-01-01"), pd.Timestamp("2021-06-30 12:00")],
        [pd.Period("2020Q1"), pd.Period("2020Q2")],
        [2020.5, 2021.0],
        [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)],
    ],
    ids=lambda v: type(v[0]).__name__,
)
def test_labels_of_periods_come_back_with_their_type(labels):
    data = made(labels)
    for spec in ({"method": "minmax", "window": "period"}, {"method": "base-index"}):
        scale, table = fitted(data, spec)
        back = through_json(scale)
        assert back.periods == scale.periods
        assert [type(p) for p in back.periods] == [type(p) for p in scale.periods]
        assert back.parts[0].base == scale.parts[0].base
        assert np.array_equal(back.apply(table)[0], scale.apply(table)[0])


def test_a_named_base_period_comes_back_with_its_type():
    when = pd.Timestamp("2021-01-01")
    data = made([pd.Timestamp("2020-01-01"), when])
    scale, table = fitted(data, {"method": "minmax", "window": "base", "base": when})
    back = through_json(scale)
    assert back.parts[0].normaliser == scale.parts[0].normaliser
    assert np.array_equal(back.apply(table)[0], scale.apply(table)[0])


def test_overrides_transforms_and_directions_come_back():
    f = gz.Framework(
        (
            gz.Indicator(code="a", transform="log", normalise=normaliser("zscore")),
            gz.Indicator(code="b", direction=Direction(0, (3.0, 4.0))),
            gz.Indicator(code="c", parent="g", targets=Target(value=2.0, kind="share")),
        ),
        (gz.Group(code="g"),),
    )
    data = made().assign(c=[1.0, 2, 3, 4, 5, np.nan])
    scale, table = fitted(data, {"method": "minmax", "to": [1, 100]}, f)
    back = through_json(scale)
    assert np.array_equal(back.apply(table)[0], scale.apply(table)[0], equal_nan=True)
    assert back.framework.codes == ("a", "b", "c")
    x = np.log(data["a"])
    assert np.allclose(scale(data)["a"], (x - x.mean()) / x.std(), atol=1e-13)


def test_a_file_that_is_no_scale_is_refused(tmp_path):
    path = tmp_path / "scale.json"
    with pytest.raises(gz.DataError, match="no saved scale"):
        Scale.load(path)
    for text in ("{", "[]", '{"format": 1}', '{"format": 1, "indicators": 3}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(gz.DataError, match="no saved scale"):
            Scale.load(path)
    path.write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(gz.DataError, match="format 99"):
        Scale.load(path)


# -- constant columns ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", ["minmax", "zscore", "rank", "percentile-rank", "borda", "categorical", "efficacy"]
)
@pytest.mark.parametrize("value", [-3.0, 0.0, 0.1, 4.0])
def test_a_constant_column_is_refused_by_name_value_and_period(method, value):
    data = made().assign(a=value)
    with pytest.raises(
        gz.DataError, match=rf"(?s)a \(telecom\): is {value:g} throughout.*goalposts"
    ):
        fitted(data, method)
    data.iloc[0, 0] = 9.0
    with pytest.raises(
        gz.DataError, match=rf"(?s)every row in 2021.*a \(telecom\): is {value:g} thr"
    ):
        fitted(data, {"method": method, "window": "period"})


def test_constant_up_to_rounding_is_constant():
    data = made().assign(a=[0.3, 0.1 + 0.2, 0.3, 0.3, 0.3, 0.3])
    with pytest.raises(gz.DataError, match="a .*throughout"):
        fitted(data, "minmax")


def test_a_constant_column_may_have_a_stated_value():
    data = made().assign(a=4.0, b=3.0)
    data.iloc[2, 0] = np.nan
    f = gz.Framework(
        (gz.Indicator(code="a"), gz.Indicator(code="b", direction=Direction(0, (2.0, 5.0))))
    )
    scale, table = fitted(data, {"method": "minmax", "constant": 0.5}, f)
    for s in (scale, through_json(scale)):
        z = s.apply(table)[0]
        assert z[:, 1].tolist() == [0.5] * 6
        assert np.array_equal(z[:, 0], [0.5, 0.5, np.nan, 0.5, 0.5, 0.5], equal_nan=True)
    assert scale.to_dict()["parts"][0]["normaliser"]["constant"] == 0.5


def test_one_row_has_no_scale_but_goalposts():
    one = made().iloc[[0]].droplevel("year")
    for method in ("minmax", "zscore", "rank", "percentile-rank", "ampi", "log-efficacy"):
        with pytest.raises(gz.DataError, match=r"there is one row: x"):
            fitted(one, method)
    z = fitted(one, "goalposts", two(goalposts=(0.0, 10.0)))[0](one)
    assert z.loc["x"].tolist() == [one["a"].iloc[0] / 10, (10 - one["b"].iloc[0]) / 10]


def test_everything_within_the_best_interval_has_no_scale():
    f = gz.Framework((gz.Indicator(code="a", direction=Direction(0, (0.0, 10.0))),))
    with pytest.raises(gz.DataError, match=r"a: has every value in its best .*direction bounds"):
        fitted(made()[["a"]], "minmax", f)
    with pytest.raises(gz.DataError, match=r"a: is 0 away from its best interval throughout"):
        fitted(made()[["a"]], "zscore", f)


# -- other refusals --------------------------------------------------------------------------------


def test_missing_goalposts_are_named():
    with pytest.raises(
        gz.DataError, match=r"(?s)needs goalposts.*a \(telecom\): has none.*b: has none"
    ):
        fitted(made(), "goalposts")


def test_a_target_that_is_no_level_is_refused():
    f = two(targets=Target(value=5.0, kind="increment"))
    with pytest.raises(
        gz.DataError, match=r"(?s)needs targets.*a \(telecom\): has none that is a level"
    ):
        fitted(made(), "distance-to-target", f)


def test_an_unknown_reference_is_refused():
    with pytest.raises(gz.DataError, match=r"(?s)no unit 'nobody'.*'leader', 'mean'"):
        fitted(made(), {"method": "distance-to-reference", "reference": "nobody"})


def test_a_reference_that_is_missing_is_refused():
    data = made()
    data.loc[(2020, "y"), "a"] = np.nan
    with pytest.raises(gz.DataError, match=r"a \(telecom\): is missing for the reference y"):
        fitted(data, {"method": "distance-to-reference", "reference": "y"})


@pytest.mark.parametrize(("a", "value"), [([-3.0, -2, -1], "-1"), ([-3.0, -1, 0], "0")])
def test_a_ratio_to_a_reference_not_above_zero_is_refused(a, value):
    data = made((2020,)).assign(a=a)
    with pytest.raises(gz.DataError, match=rf"a \(telecom\): has {value} as reference"):
        fitted(data, "distance-to-leader")


def test_a_range_form_whose_reference_is_the_worst_is_refused():
    data = made()
    for reference in (0.5, float(data["a"].min())):
        spec = {"method": "distance-to-reference", "reference": reference, "form": "range"}
        with pytest.raises(gz.DataError, match=r"a \(telecom\): has a reference no better"):
            fitted(data, spec)


@pytest.mark.parametrize("big", [1e308, 1e200])
@pytest.mark.parametrize("method", ["minmax", "zscore", "ampi", "ratio"])
def test_numbers_near_the_limits_are_refused_or_right(method, big):
    data = made().assign(a=np.array([-1.0, 0.5, 1, 1, 0.2, 0.3]) * big)
    if method == "ratio":
        data["a"] = data["a"].abs()
    try:
        z = fitted(data, method)[0](data)["a"]
    except gz.DataError as error:
        assert "a (telecom): holds numbers that are too large" in str(error)  # noqa: PT017
    else:
        small = fitted(data.assign(a=data["a"] / big), method)[0](data.assign(a=data["a"] / big))
        np.testing.assert_allclose(z, small["a"], rtol=1e-12)


def test_a_cell_outside_a_transform_is_named():
    f = two(transform="logit")
    data = made() / 10
    data.iloc[1, 0] = 1.0
    with pytest.raises(
        gz.DataError, match=r"a \(telecom\): 1 for y, 2020 is not between 0 and 1 -> .*'logit'"
    ):
        fitted(data, "minmax", f)


@pytest.mark.parametrize(
    ("name", "forward"),
    [
        ("log", np.log),
        ("log10", np.log10),
        ("log1p", np.log1p),
        ("sqrt", np.sqrt),
        ("logit", lambda v: np.log(v / (1 - v))),
    ],
)
def test_transforms_apply_to_data_goalposts_and_targets(name, forward):
    f = two(transform=name, goalposts=(0.05, 0.95), targets=Target(value=0.9))
    data = made() / 10
    low, high = forward(0.05), forward(0.95)
    z = fitted(data, "goalposts", f)[0](data)["a"]
    np.testing.assert_allclose(z, (forward(data["a"]) - low) / (high - low), rtol=1e-13)
    spec = {"method": "distance-to-target", "form": "difference"}
    z = fitted(data, spec, f)[0](data)["a"]
    aim = forward(0.9)
    np.testing.assert_allclose(z, (forward(data["a"]) - aim) / abs(aim), rtol=1e-12)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"goalposts": (0.0, 9.0)}, "goalpost 0 is not above zero"),
        ({"targets": Target(value=-1.0)}, "target -1 is not above zero"),
    ],
)
def test_a_declared_value_outside_a_transform_is_named(fields, what):
    with pytest.raises(gz.DefinitionError, match=rf"a \(telecom\): {what} -> .*'log'"):
        fitted(made(), "minmax", two(transform="log", **fields))


def test_nothing_is_written_to():
    data = made()
    kept = data.copy()
    table = align(data, two())
    values = table.values.copy()
    for spec in WINDOWS:
        fit(table, two(), normaliser(spec)).apply(table)
    pd.testing.assert_frame_equal(data, kept)
    assert np.array_equal(table.values, values)


def test_a_scale_shows_itself():
    scale, _ = fitted(made(), {"method": "minmax", "window": "base"})
    assert repr(scale) == "<Scale of 2 indicators: minmax(window=base)>"
    frame = fitted(made(), "zscore")[0].to_frame()
    heads = ["indicator", "method", "window", "period", "parameter", "value"]
    assert list(frame.columns) == heads
    assert frame.parameter.tolist() == ["mean", "sd"] * 2
    a = made()["a"]
    assert frame.value[:2].tolist() == pytest.approx([a.mean(), a.std()])

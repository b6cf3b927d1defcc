"""Laws of indicators that are best within an interval, and of transformed ones."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.framework import Direction
from gz_index.normalise import Scale, fit, normaliser
from gz_index.normalise.base import TRANSFORMS
from gz_index.table import align

UNITS, YEARS = 6, (2020, 2021)
IDEAL = (4.0, 6.0)
#: what takes an interval as best; the others refuse it (a distance has no ratios)
TAKES = [
    {"method": "minmax"},
    {"method": "minmax", "window": "period", "to": [1, 100]},
    {"method": "minmax", "window": "base"},
    {"method": "goalposts"},
    {"method": "zscore"},
    {"method": "zscore", "window": "base", "ddof": 0},
    {"method": "rank"},
    {"method": "percentile-rank"},
    {"method": "borda", "window": "period", "ties": "max"},
    {"method": "categorical"},
    {"method": "ampi"},
    {"method": "distance-to-leader", "form": "range"},
    {"method": "efficacy"},
    {"method": "efficacy", "curve": "exponential", "window": "goalposts"},
]
every = pytest.mark.parametrize("spec", TAKES, ids=lambda s: "-".join(map(str, s.values())))


def framework(**fields):
    return gz.Framework((gz.Indicator(code="x", **fields),))


MODERATE = framework(direction=Direction(0, IDEAL), goalposts=(0.5, 12.0))


@st.composite
def panels(draw):
    """Values on both sides of the interval, in either period; never all within it."""
    inner = st.floats(0.6, 11.9)
    n = UNITS - 2
    x = [[1.0 + t, *draw(st.lists(inner, min_size=n, max_size=n)), 9.5 + t] for t in range(2)]
    rows = pd.MultiIndex.from_product([YEARS, [f"u{i}" for i in range(UNITS)]])
    return pd.DataFrame({"x": np.ravel(x)}, index=rows.set_names(["year", "unit"]))


def run(data, spec, f=MODERATE):
    t = align(data, f)
    scale = fit(t, f, normaliser(spec))
    return scale.apply(t)[0][:, 0], scale, t


@every
@settings(max_examples=15, deadline=None)
@given(panels())
def test_nearer_to_the_best_interval_never_scores_lower(spec, data):
    z, scale, t = run(data, spec)
    assert np.isfinite(z).all()
    x = t.values[:, 0]
    own = scale.parts[0].normaliser
    groups = [t.slot == k for k in range(2)] if own.window == "period" else [slice(None)]
    for rows in groups:
        inside = (x[rows] >= IDEAL[0]) & (x[rows] <= IDEAL[1])
        if inside.any():  # all of them are equally good, and nothing is better
            assert z[rows][inside].min() == z[rows].max()
        for side in (np.maximum(IDEAL[0] - x[rows], 0), np.maximum(x[rows] - IDEAL[1], 0)):
            off = np.flatnonzero(side > 0)
            by = off[np.argsort(side[off])]
            assert (np.diff(z[rows][by]) <= 0).all()


@every
@settings(max_examples=10, deadline=None)
@given(panels(), st.randoms(use_true_random=False))
def test_a_best_interval_replays_bit_for_bit_in_any_order(spec, data, random):
    z, scale, t = run(data, spec)
    back = Scale.from_dict(json.loads(json.dumps(scale.to_dict(), allow_nan=False)))
    assert np.array_equal(back.apply(t)[0][:, 0], z)
    assert back.framework.indicators[0].direction == Direction(0, IDEAL)
    rows = list(range(len(data)))
    random.shuffle(rows)
    np.testing.assert_allclose(run(data.iloc[rows], spec)[0], z[rows], rtol=1e-11, atol=1e-12)
    holed = data.copy()
    holed.iloc[[2, 9], 0] = np.nan
    missing = np.isnan(run(holed, spec)[0])
    assert np.flatnonzero(missing).tolist() == [2, 9]


@every
@pytest.mark.parametrize("name", list(TRANSFORMS))
@settings(max_examples=4, deadline=None)
@given(panels())
def test_a_transform_is_the_same_as_transformed_data_goalposts_and_interval(spec, name, data):
    data = data / 13  # within (0, 1), where every transform is defined
    forward = TRANSFORMS[name][0]
    ideal, posts = (np.array(pair) / 13 for pair in (IDEAL, (0.5, 12.0)))

    def moderate(best, bounds, **fields):
        return framework(
            direction=Direction(0, tuple(map(float, best))),
            goalposts=tuple(map(float, bounds)),
            **fields,
        )

    z = run(data, spec, moderate(ideal, posts, transform=name))[0]
    want = run(forward(data), spec, moderate(forward(ideal), forward(posts)))[0]
    assert np.array_equal(z, want)


# -- whole numbers as labels of units --------------------------------------------------------------

CODES = [440100, 440300, 440400]


def distance(x, reference, index, **options):
    f = framework()
    spec = {"method": "distance-to-reference", "reference": reference, **options}
    table = align(pd.DataFrame({"x": x}, index=index), f)
    return fit(table, f, normaliser(spec))


def test_a_whole_number_that_is_the_label_of_a_unit_is_that_unit():
    index = pd.Index(CODES, name="unit")
    table = align(pd.DataFrame({"x": [9.0, 2.0, 3.0]}, index=index), framework())

    def ref(reference):
        scale = distance([9.0, 2.0, 3.0], reference, index)
        return scale, scale.apply(table)[0][:, 0].tolist()

    assert ref(440300)[1] == [4.5, 1.0, 1.5]
    assert ref(np.int64(440300))[1] == [4.5, 1.0, 1.5]
    assert ref(440300.0)[1] == [9 / 440300, 2 / 440300, 3 / 440300]
    assert ref(4)[1] == [2.25, 0.5, 0.75]  # nobody's label
    for reference in (np.int64(440300), 440300, 440300.0):
        scale, z = ref(reference)
        back = Scale.from_dict(json.loads(json.dumps(scale.to_dict())))
        own = back.parts[0].normaliser
        assert type(own.reference) is (float if isinstance(reference, float) else int)
        assert back.apply(table)[0][:, 0].tolist() == z


def test_a_labelled_unit_that_a_period_lacks_is_refused_and_not_read_as_a_number():
    rows = [(2020, c) for c in CODES] + [(2021, c) for c in CODES[1:]]
    index = pd.MultiIndex.from_tuples(rows, names=["year", "unit"])
    with pytest.raises(gz.DataError, match="no unit 440100 in 2021"):
        distance([9.0, 2, 3, 4, 5], 440100, index, window="period")


# -- messages ------------------------------------------------------------------------------------


def evaluate(x, spec="minmax", **fields):
    data = pd.DataFrame({"x": x}, index=[f"u{i}" for i in range(len(x))])
    return gz.Index(framework=framework(**fields), normalise=spec).evaluate(data)


def test_an_unknown_transform_is_named_with_the_valid_ones():
    what = r"(?s)x \(Ports\): there is no transform 'log2' \(did you mean 'log.*'\?\).*sqrt, logit"
    with pytest.raises(gz.DefinitionError, match=what):
        evaluate([1.0, 2, 3], transform="log2", name=gz.Text.of("Ports"))


def test_a_message_says_that_its_value_is_transformed():
    with pytest.raises(gz.DataError, match=r"log10 of x: is 2 throughout"):
        evaluate([100.0, 100.0], transform="log10")
    with pytest.raises(gz.DataError, match=r"log of x: -0\.693147\d* for u0"):
        evaluate([0.5, 2.0, 3.0], "ratio", transform="log")


def test_a_column_that_was_missing_has_no_base_period_in_a_cross_section():
    f = framework()
    table = align(pd.DataFrame({"x": [np.nan, np.nan]}, index=["a", "b"]), f)
    scale = fit(table, f, normaliser("log-efficacy"))
    new = pd.DataFrame({"x": [1.0, 2.0]}, index=["a", "b"])
    with pytest.raises(gz.DataError, match="no known value in the data it was fitted to"):
        scale(new)


def test_the_table_of_parameters_names_the_period_even_if_there_is_one():
    index = pd.MultiIndex.from_product([[2020], ["a", "b"]], names=["year", "unit"])
    data = pd.DataFrame({"x": [1.0, 3.0]}, index=index)
    for window, period in (("period", 2020), ("pooled", None)):
        table = align(data, framework())
        scale = fit(table, framework(), normaliser({"method": "minmax", "window": window}))
        rows = scale.to_frame().to_dict("records")
        assert [(r["period"], r["parameter"], r["value"]) for r in rows] == [
            (period, "worst", 1.0),
            (period, "best", 3.0),
        ]


# -- functions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [[9.0, 2.0, 3.0], [2.0, 3.0, 9.0], [2.0, 9.0, 3.0]])
def test_a_function_that_divides_by_the_leader_is_refused_wherever_the_leader_stands(x):
    with pytest.raises(gz.MethodError, match="depends on the other rows"):
        evaluate(x, lambda v: v / v.max(axis=0))
    assert evaluate(x, lambda v: v / 9).total.tolist() == [v / 9 for v in x]


def test_a_function_that_returns_text_is_refused():
    with pytest.raises(gz.MethodError, match="returned no numbers.*one number for each cell"):
        evaluate([1.0, 2.0], lambda v: "many")

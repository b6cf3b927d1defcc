"""Laws over every normaliser, on data that hypothesis makes up."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.framework import Direction, Target
from gz_index.normalise import NORMALISERS, Scale, fit, normaliser
from gz_index.table import align

YEARS, UNITS, M = (2020, 2021, 2022), 5, 4
LOW, HIGH = 0.5, 64.0

EXTRA = [
    {"method": "minmax", "window": "period"},
    {"method": "minmax", "window": "base", "to": [1, 100]},
    {"method": "zscore", "window": "base", "ddof": 0},
    {"method": "rank", "ties": "min", "window": "period"},
    {"method": "ratio", "to": "max"},
    {"method": "ratio", "to": "norm"},
    {"method": "distance-to-reference", "reference": "u0", "form": "difference"},
    {"method": "distance-to-reference", "reference": "mean"},
    {"method": "distance-to-leader", "form": "range"},
    {"method": "efficacy", "curve": "logarithmic"},
    {"method": "efficacy", "curve": "exponential", "window": "goalposts"},
    {"method": "efficacy", "curve": "power", "exponent": 0.5, "quantiles": [0.1, 0.9]},
]
SPECS = [{"method": name} for name in NORMALISERS] + EXTRA
every = pytest.mark.parametrize("spec", SPECS, ids=lambda s: "-".join(map(str, s.values())))

#: values of this normaliser do not move with the unit of measurement, x -> k x (k > 0)
SCALE_FREE = {
    "minmax",
    "zscore",
    "rank",
    "percentile-rank",
    "borda",
    "categorical",
    "ratio",
    "above-mean",
    "distance-to-reference",
    "distance-to-leader",
    "log-efficacy",
    "ampi",
    "base-index",
    "efficacy",
}
#: nor with its origin, x -> k x + c
AFFINE = {"minmax", "zscore", "rank", "percentile-rank", "borda", "categorical", "ampi"}


def framework(signs, posts=(LOW / 4, HIGH * 4)):
    return gz.Framework(
        tuple(
            gz.Indicator(
                code=f"i{j}",
                direction=Direction(s),
                goalposts=posts,
                targets=Target(value=HIGH * 2 if s > 0 else LOW / 2),
            )
            for j, s in enumerate(signs)
        )
    )


@st.composite
def panels(draw, years=YEARS):
    """Positive values without ties, apart by at least a quarter of a per cent; and directions."""
    n = len(years) * UNITS
    steps = draw(st.permutations(range(2 * n)))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    grid = np.geomspace(LOW, HIGH, 2 * n)
    x = np.column_stack(
        [grid[np.array(steps)[:n]], *(rng.permutation(grid)[:n] for _ in range(M - 1))]
    )
    signs = [draw(st.sampled_from([1, -1])) for _ in range(M)]
    return table(x, years), signs


def table(x, years=YEARS):
    rows = pd.MultiIndex.from_product(
        [years, [f"u{i}" for i in range(UNITS)]], names=["year", "unit"]
    )
    return pd.DataFrame(x, index=rows, columns=[f"i{j}" for j in range(x.shape[1])])


def run(data, spec, signs, f=None):
    f = f or framework(signs)
    t = align(data, f)
    scale = fit(t, f, normaliser(spec))
    return scale.apply(t)[0], scale, t


@every
@settings(max_examples=10, deadline=None)
@given(panels())
def test_a_scale_replays_the_same_bits_also_through_json(spec, made):
    data, signs = made
    z, scale, t = run(data, spec, signs)
    assert np.isfinite(z).all()
    assert np.array_equal(scale.apply(t)[0], z)
    back = Scale.from_dict(json.loads(json.dumps(scale.to_dict(), allow_nan=False)))
    assert np.array_equal(back.apply(t)[0], z)
    assert np.array_equal(scale(data).to_numpy(), z)
    for i in (0, 7):  # a row by itself gives what it gave among the others
        assert np.array_equal(scale(data.iloc[[i]]).to_numpy()[0], z[i])


@every
@settings(max_examples=10, deadline=None)
@given(panels())
def test_a_better_value_never_scores_lower(spec, made):
    data, signs = made
    z, scale, t = run(data, spec, signs)
    for group in _comparable(scale, t):
        for j, sign in enumerate(signs):
            order = group[np.argsort(sign * t.values[group, j])]
            assert (np.diff(z[order, j]) >= 0).all()


def _comparable(scale, t):
    """Rows that are measured by the same parameters."""
    own = scale.parts[0].normaliser
    if own.per_unit:
        return [np.flatnonzero(np.array(t.units) == u) for u in dict.fromkeys(t.units)]
    if own.window == "period" or own.method == "log-efficacy":  # the base year is capped
        return [np.flatnonzero(t.slot == k) for k in range(len(t.periods))]
    return [np.arange(len(t.units))]


@every
@settings(max_examples=10, deadline=None)
@given(panels(), st.randoms(use_true_random=False))
def test_neither_rows_nor_columns_have_a_place(spec, made, random):
    data, signs = made
    z = run(data, spec, signs)[0]
    rows, columns = list(range(len(data))), list(range(M))
    random.shuffle(rows)
    random.shuffle(columns)
    f = framework(signs)
    turned = gz.Framework(tuple(f.indicators[j] for j in columns))
    again = run(data.iloc[rows], spec, signs, turned)[0]
    np.testing.assert_allclose(again, z[np.ix_(rows, columns)], rtol=1e-11, atol=1e-12)


@every
@settings(max_examples=10, deadline=None)
@given(panels(), st.floats(0.01, 100), st.floats(-50, 50))
def test_units_of_measurement_do_not_matter_where_they_should_not(spec, made, k, c):
    data, signs = made
    z = run(data, spec, signs)[0]
    name = spec["method"]
    if name in SCALE_FREE and spec.get("window") != "goalposts":
        again = run(data * k, spec, signs)[0]
        np.testing.assert_allclose(again, z, rtol=1e-9, atol=1e-9)
    if name in AFFINE:
        again = run(data * k + c, spec, signs)[0]
        np.testing.assert_allclose(again, z, rtol=1e-8, atol=1e-8)
    if name == "goalposts":
        posts = (k * LOW / 4 + c, k * HIGH * 4 + c)
        again = run(data * k + c, spec, signs, framework(signs, posts))[0]
        np.testing.assert_allclose(again, z, rtol=1e-8, atol=1e-8)


@every
@settings(max_examples=10, deadline=None)
@given(panels(YEARS[:2]), panels(YEARS[2:]))
def test_a_later_period_changes_no_earlier_value_under_fixed_windows(spec, early, late):
    (data, signs), (more, _) = early, late
    z, scale, _ = run(data, spec, signs)
    both = pd.concat([data, more * 2])
    after = run(both, spec, signs)[0][: len(data)]
    fixed = scale.parts[0].normaliser.window in ("base", "goalposts", "period")
    if fixed or spec["method"] == "distance-to-target":
        assert np.array_equal(after, z)
    elif spec == {"method": "minmax"}:
        assert not np.array_equal(after, z)  # pooled bounds move


@every
@settings(max_examples=10, deadline=None)
@given(panels())
def test_the_other_direction_mirrors(spec, made):
    """Less of -x is more of x; min-max, efficacy and AMPI mirror on their interval besides."""
    data, _ = made
    up, down = (run(data, spec, [s] * M)[0] for s in (1, -1))
    name, window = spec["method"], spec.get("window", "pooled")
    if name in ("minmax", "goalposts"):
        low, high = spec.get("to", [0, 1])
        np.testing.assert_allclose(up + down, low + high, atol=1e-9)
    elif name == "zscore":
        np.testing.assert_allclose(down, -up, atol=1e-12)
    elif name == "rank" and spec.get("ties") is None:
        np.testing.assert_allclose(up + down, len(data) + 1)
    elif name == "percentile-rank":
        np.testing.assert_allclose(up + down, 1, atol=1e-12)
    elif name == "borda":
        np.testing.assert_allclose(up + down, len(data) - 1)
    elif name == "efficacy" and spec.get("curve") != "exponential":
        np.testing.assert_allclose(up + down, 60 + 100, atol=1e-9)
    elif name == "above-mean":
        assert np.array_equal(up, -down)
    elif name == "base-index":
        np.testing.assert_allclose(up * down, 100**2, rtol=1e-12)
    else:
        for j in range(M):  # the order is turned round
            x = data.to_numpy()[:, j]
            rows = np.arange(len(x)) if window != "period" else np.arange(UNITS)
            if name == "log-efficacy":
                rows = np.arange(UNITS, 2 * UNITS)
            order = rows[np.argsort(x[rows])]
            assert (np.diff(up[order, j]) >= 0).all()
            assert (np.diff(down[order, j]) <= 0).all()


@every
@settings(max_examples=10, deadline=None)
@given(panels(), st.data())
def test_a_gap_stays_a_gap_and_moves_no_other_column(spec, made, choose):
    data, signs = made
    z = run(data, spec, signs)[0]
    # not of the reference unit, and no more than three rows
    rows = choose.draw(
        st.lists(st.sampled_from([1, 2, 6, 8, 13]), min_size=1, max_size=3, unique=True)
    )
    gaps = np.zeros(data.shape, dtype=bool)
    gaps[rows, 2] = True
    holed = data.mask(gaps)
    kept = holed.copy()
    got, scale, t = run(holed, spec, signs)
    pd.testing.assert_frame_equal(holed, kept)
    missing = gaps.copy()
    if scale.parts[0].normaliser.per_unit:  # no base, no index
        first = np.array(t.slot) == 0
        lost = {t.units[i] for i in np.flatnonzero(first & gaps[:, 2])}
        missing[:, 2] |= [u in lost for u in t.units]
    assert np.array_equal(np.isnan(got), missing)
    others = [0, 1, 3]
    assert np.array_equal(got[:, others], z[:, others])
    if not scale.parts[0].normaliser.per_unit:
        # what is known is measured as if the gaps had no rows
        short = data[["i2"]].drop(index=data.index[rows])
        bare, keep = run(short, spec, signs, _one(signs))[0], ~gaps[:, 2]
        np.testing.assert_allclose(got[keep, 2], bare[:, 0], rtol=1e-10, atol=1e-12)


def _one(signs):
    return gz.Framework((framework(signs).indicators[2],))


@every
def test_the_input_is_not_written_to(spec):
    x = np.random.default_rng(0).uniform(1, 9, (15, M))
    data = table(x)
    kept = data.copy()
    f = framework([1, -1, 1, -1])
    t = align(data, f)
    values = t.values.copy()
    z = fit(t, f, normaliser(spec)).apply(t)[0]
    assert not np.shares_memory(z, data.to_numpy())
    pd.testing.assert_frame_equal(data, kept)
    assert np.array_equal(t.values, values)

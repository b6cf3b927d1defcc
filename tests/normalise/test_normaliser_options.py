"""What ``normalise=`` may be, how it is written down, and functions of one's own."""

import sys
from importlib.metadata import EntryPoint, EntryPoints

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index import _registry
from gz_index.framework import Direction
from gz_index.normalise import NORMALISERS, MinMax, Normaliser, fit, normaliser, to_spec
from gz_index.table import align

F = gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b", direction=Direction(-1))))
DATA = pd.DataFrame({"a": [1.0, 2, np.nan, 5], "b": [4.0, 3, 2, 2.5]}, index=list("wxyz"))

OPTIONS = {
    "minmax": {"to": (1.0, 100.0), "clip": True, "constant": 0.5, "window": "period"},
    "goalposts": {"to": (0.0, 100.0)},
    "zscore": {"mean": 100.0, "sd": 10.0, "ddof": 0, "window": "base", "base": 2020},
    "rank": {"ties": "min"},
    "categorical": {"cuts": (50.0,), "values": (0.0, 1.0)},
    "above-mean": {"threshold": 0.1},
    "ratio": {"to": "norm"},
    "distance-to-reference": {"reference": "北京市", "form": "difference"},
    "distance-to-target": {"form": "range", "clip": True},
    "efficacy": {"curve": "power", "exponent": 2.0, "quantiles": (0.1, 0.9), "floor": 0.0},
    "log-efficacy": {"quantiles": (0.1, 0.9), "base": "2020"},
    "ampi": {"reference": 30.0},
    "base-index": {"to": 1.0, "base": 2021},
}


def run(spec, data=DATA, f=F):
    table = align(data, f)
    return fit(table, f, normaliser(spec)).apply(table)[0]


@pytest.mark.parametrize("name", NORMALISERS)
@pytest.mark.parametrize("changed", [False, True])
def test_what_is_written_is_what_is_read(name, changed):
    made = normaliser({"method": name, **(OPTIONS.get(name, {}) if changed else {})})
    spec = to_spec(made)
    assert normaliser(spec) == made
    assert hash(normaliser(spec)) == hash(made)
    assert "window" in spec
    assert ("clip" in spec) == hasattr(made, "clip")
    for option, value in OPTIONS.get(name, {}).items() if changed else ():
        assert spec[option] == (list(value) if isinstance(value, tuple) else value)


def test_only_what_differs_from_the_defaults_is_written():
    assert to_spec(MinMax()) == {"method": "minmax", "window": "pooled", "clip": False}
    assert to_spec(normaliser("distance-to-leader")) == {
        "method": "distance-to-reference",
        "window": "pooled",
        "clip": False,
    }
    assert str(normaliser({"method": "zscore", "ddof": 0})) == "zscore(ddof=0)"
    assert str(MinMax()) == "minmax"


def test_a_normaliser_is_taken_as_it_is():
    made = MinMax(to=(0, 100))
    assert normaliser(made) is made
    assert normaliser("percentile_rank") == normaliser("percentile-rank")
    with pytest.raises(AttributeError):
        made.clip = True


def test_an_unknown_name_lists_all_and_the_nearest():
    with pytest.raises(gz.NotFoundError, match=r"'minmx' .*did you mean 'minmax'") as e:
        normaliser("minmx")
    assert all(name in str(e.value) for name in NORMALISERS)


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        (3, r"3 is no way to normalise"),
        ({"window": "base"}, r"names no method"),
        ({"method": "minmax", "clipp": True}, r"no option 'clipp' \(did you mean 'clip'.*window"),
        ({"method": "minmax", "window": "yearly"}, r"no window = 'yearly' -> .* or 'goalposts'"),
        (
            {"method": "zscore", "window": "goalposts"},
            r"zscore has no window = 'goalposts' -> .* or 'base'$",
        ),
        (
            {"method": "log-efficacy", "window": "pooled"},
            r"log-efficacy has no window = 'pooled' -> window is 'base'",
        ),
        ({"method": "goalposts", "window": "pooled"}, r"goalposts is minmax with window = 'goal"),
        ({"method": "distance-to-target", "reference": "mean"}, r"with reference = 'target', not"),
        ({"method": "minmax", "to": [1, 1]}, r"to = \(1, 1\) -> give \[low, high\]"),
        ({"method": "minmax", "to": 3}, r"to = 3 -> give \[low, high\]"),
        ({"method": "minmax", "to": ["a", 2]}, r"to = \('a', 2\)"),
        ({"method": "minmax", "to": [0, float("inf")]}, r"to = \(0, inf\)"),
        ({"method": "minmax", "clip": "yes"}, r"clip = 'yes' -> clip is True or False"),
        ({"method": "minmax", "constant": "half"}, r"constant = 'half' -> give a number"),
        ({"method": "zscore", "sd": 0}, r"sd = 0.0 -> give a number > 0"),
        ({"method": "zscore", "mean": True}, r"mean = True"),
        ({"method": "zscore", "ddof": 2}, r"ddof = 2 -> ddof is 0 or 1"),
        ({"method": "rank", "ties": "dense"}, r"rank has no ties = 'dense' -> .*'average'"),
        ({"method": "borda", "ties": 1}, r"borda has no ties = 1"),
        ({"method": "categorical", "cuts": [50, 20]}, r"cuts rise"),
        ({"method": "categorical", "cuts": [50]}, r"one more"),
        ({"method": "categorical", "cuts": 50}, r"cuts = 50 -> give a list"),
        ({"method": "above-mean", "threshold": 1}, r"threshold = 1.0 -> give a number in \[0, 1\)"),
        ({"method": "ratio", "to": "median"}, r"to = 'median' -> .*'norm'"),
        ({"method": "distance-to-leader", "form": "log"}, r"form = 'log' -> .*'range'"),
        ({"method": "efficacy", "curve": "cubic"}, r"curve = 'cubic' -> .*'power'"),
        ({"method": "efficacy", "curve": "power"}, r"needs an exponent"),
        ({"method": "efficacy", "exponent": 2}, r"the others have none"),
        ({"method": "efficacy", "curve": "power", "exponent": -1}, r"exponent = -1.0"),
        ({"method": "efficacy", "span": 0}, r"span = 0.0"),
        ({"method": "efficacy", "curve": "exponential", "floor": 0}, r"floor = 0.0 -> .*> 0 for"),
        ({"method": "efficacy", "quantiles": [5, 95]}, r"quantiles = \(5, 95\) -> 0 <="),
        (
            {"method": "efficacy", "quantiles": [0.1, 0.9], "window": "goalposts"},
            r"quantiles have no effect",
        ),
        ({"method": "ampi", "reference": "first"}, r"reference = 'first' -> 'base', 'target'"),
        ({"method": "base-index", "to": 0}, r"to = 0.0"),
    ],
    ids=str,
)
def test_what_is_no_normaliser_is_refused_with_the_way_out(spec, what):
    with pytest.raises(gz.MethodError, match=what):
        normaliser(spec)


# -- functions of one's own ------------------------------------------------------------------------


def test_a_function_gets_oriented_values_and_keeps_gaps():
    z = run(lambda x: np.where(x > 0, x, -1 / x))
    assert np.array_equal(z[:, 0], [1, 2, np.nan, 5], equal_nan=True)
    assert z[:, 1].tolist() == [1 / 4, 1 / 3, 1 / 2, 1 / 2.5]
    filled = run(np.nan_to_num)  # what is missing stays missing
    assert np.isnan(filled).tolist() == DATA.isna().to_numpy().tolist()


def test_a_function_may_write_to_what_it_gets():
    def in_place(x):
        x *= 2
        return x

    assert run(in_place)[0].tolist() == [2, -8]


def test_a_function_that_looks_at_other_rows_is_refused():
    with pytest.raises(gz.MethodError, match=r"depends on the other rows -> derive a class"):
        run(lambda x: x - np.nanmean(x, axis=0))


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda x: x[:, 0], r"returned shape \(\d+,\)"),
        (lambda x: 1 / (x - 5), r"(?s)1 cell\(s\) for which it gives no finite number.*a: 5 for z"),
        (np.log, r"(?s)4 cell\(s\) for which it gives no finite number.*b: 4 for w"),
    ],
)
def test_what_a_function_returns_is_checked(function, what):
    with pytest.raises((gz.MethodError, gz.DataError), match=what):
        run(function)


def test_a_function_without_a_name_cannot_be_written():
    made = normaliser(np.tanh)
    assert made.label == "tanh"
    with pytest.raises(gz.MethodError, match="tanh has no name .* gz_index.normalise"):
        to_spec(made)
    table = align(DATA, F)
    with pytest.raises(gz.MethodError, match="no name"):
        fit(table, F, made).to_dict()


def squashed(x, *, k=1.0):
    return 1 / (1 + np.exp(-k * x))


class Halved(Normaliser):
    method = "halved"

    def fit(self, x, columns, rows):
        return {"high": np.fmax.reduce(columns.oriented(x), axis=0)}

    def apply(self, x, fitted, columns, rows):
        return columns.oriented(x) - fitted["high"] / 2


@pytest.fixture
def registered(monkeypatch):
    points = EntryPoints(
        EntryPoint(name, f"{__name__}:{value}", "gz_index.normalise")
        for name, value in {"squashed": "squashed", "halved": "Halved", "minmax": "Halved"}.items()
    )
    monkeypatch.setattr(_registry, "entry_points", lambda group: points.select(group=group))
    assert __name__ in sys.modules


@pytest.mark.usefixtures("registered")
def test_entry_points_give_names_to_functions_and_classes():
    made = normaliser({"method": "squashed", "k": 2})
    assert run(made)[0].tolist() == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(8))])
    assert to_spec(made) == {"method": "squashed", "k": 2, "window": "pooled"}
    assert normaliser(to_spec(made)) == made
    assert made.label == "squashed(k=2)"
    table = align(DATA, F)
    scale = fit(table, F, made)
    again = type(scale).from_dict(scale.to_dict())
    assert np.array_equal(again.apply(table)[0], scale.apply(table)[0], equal_nan=True)
    assert run("halved")[0].tolist() == [1 - 5 / 2, -4 + 2 / 2]
    assert to_spec(normaliser("halved")) == {"method": "halved", "window": "pooled"}
    assert normaliser("minmax") == MinMax()  # our own names cannot be taken over
    with pytest.raises(gz.MethodError, match=r"squashed has no option 'kk' \(did you mean 'k'"):
        normaliser({"method": "squashed", "kk": 2})
    with pytest.raises(gz.MethodError, match="squashed has no window = 'period'"):
        normaliser({"method": "squashed", "window": "period"})

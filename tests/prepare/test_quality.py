import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gz_index as gz
from gz_index.prepare.impute import Impute
from gz_index.prepare.quality import OUTCOMES, agreement, quality
from tests.prepare.test_impute import low_rank, panel, sheet_of


def test_figures_worked_by_hand():
    # O mean 3; |P - O| = 1, 1, 0; |P - 3| + |O - 3| = 1 + 2, 1 + 0, 2 + 2
    a = agreement(np.array([2.0, 2, 5]), np.array([1.0, 3, 5]))
    assert a["rmse"] == pytest.approx(np.sqrt(2 / 3), rel=1e-14)
    assert a["mae"] == pytest.approx(2 / 3, rel=1e-14)
    assert a["bias"] == pytest.approx(0, abs=1e-15)
    assert a["d1"] == pytest.approx(1 - 2 / 8, rel=1e-14)
    assert a["d2"] == pytest.approx(1 - 2 / 26, rel=1e-14)
    assert a["r2"] == pytest.approx(0.75, rel=1e-14)  # 6^2 / (6 * 8)
    assert (a["n"], a["outcome"]) == (3, "ok")


def test_figures_without_an_answer_are_named():
    few = agreement(np.array([1.0]), np.array([1.0]))
    assert (few["n"], few["outcome"]) == (1, "few")
    assert np.isnan(few["rmse"])
    flat = agreement(np.array([2.0, 2]), np.array([1.0, 3]))
    assert flat["outcome"] == "constant"
    assert np.isnan(flat["r2"])
    assert (flat["rmse"], flat["d2"]) == (1, 0)
    assert all(t.zh != t.en for t in OUTCOMES.values())


numbers = st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=20)


@given(numbers)
def test_laws_of_agreement(pairs):
    p, o = np.array(pairs).T
    a = agreement(p, o)
    tiny = 1e-150  # squares of smaller numbers vanish
    assert a["rmse"] * (1 + 1e-12) + tiny >= a["mae"]
    assert a["mae"] * (1 + 1e-12) + tiny >= abs(a["bias"])
    for k in ("r2", "d1", "d2"):
        assert np.isnan(a[k]) or -1e-9 <= a[k] <= 1 + 1e-9
    same = agreement(o, o)
    assert same["rmse"] == 0
    assert np.isnan(same["d2"]) or same["d2"] == 1


def test_methods_that_use_the_others_come_first_on_a_low_rank_table():
    data = low_rank(seed=0, n=60, gaps=0)
    steps = [Impute(method=m) for m in ("mean", "median", "em", "regression", "knn", "iterative")]
    steps[3] = Impute(method="regression", on=["a", "b"])
    # a regression leaves open what lacks a predictor; the ranking is on what all fill
    q = quality(data, steps, share=0.1, repeats=10, seed=1)
    rank = q.ranking.set_index("method")["rank"]
    plain = min(rank["impute(mean)"], rank["impute(median)"])
    assert max(rank["impute(em)"], rank["impute(regression, on=a+b)"]) < plain
    table = q.ranking.set_index("method")
    assert (table["n"] == table["n"].iloc[0]).all()
    assert table.loc["impute(regression, on=a+b)", "unfilled"] > 0
    assert table.loc["impute(em)", "unfilled"] == 0
    assert table.loc["impute(em)", "r2"] > 0.8 > table.loc["impute(mean)", "r2"]
    assert table.loc["impute(em)", "d2"] > table.loc["impute(mean)", "d2"]
    each = q.table.loc["impute(em)"]
    assert each.index.tolist() == list("abcde")
    assert each["n"].sum() == 10 * 30
    assert any("left" in n for n in q.notes)
    assert "hidden at random" in repr(q)
    assert "<table" in q._repr_html_()
    assert "随机" in q.notes_in("zh")[0]


def test_one_step_and_what_it_is_measured_by():
    data = low_rank(seed=2, n=30, gaps=0)
    q = quality(data, Impute(method="mean"), repeats=3, seed=5)
    again = quality(data, {"m": Impute(method="mean")}, repeats=3, seed=5)
    pd.testing.assert_frame_equal(q.table.droplevel(0), again.table.droplevel(0))
    other = quality(data, Impute(method="mean"), repeats=3, seed=6)
    assert not q.table.equals(other.table)
    sd = data.std(ddof=0).to_numpy()
    np.testing.assert_allclose(q.table["rmse_sd"], q.table["rmse"] / sd, rtol=1e-12)
    scaled = quality(data * [1, 10, 1e6, 1, 1], Impute(method="mean"), repeats=3, seed=5)
    columns = ["r2", "rmse", "mae", "d1", "d2", "bias"]
    np.testing.assert_allclose(scaled.ranking[columns], q.ranking[columns], rtol=1e-8, atol=1e-12)


def test_linear_in_time_beats_the_mean_where_there_is_a_trend():
    years = range(2010, 2020)
    data = panel({"a": [t + 20 * u for u in range(3) for t in range(10)]}, "xyz", years)
    data = data.astype(float)
    q = quality(data, [Impute(method="linear"), Impute(method="mean")], share=0.2, repeats=5)
    first = q.ranking.iloc[0]
    assert first["method"] == "impute(linear)"
    assert first["rmse"] == pytest.approx(0, abs=1e-12)
    assert first["unfilled"] > 0  # ends


def test_no_row_and_no_column_loses_everything():
    data = low_rank(seed=3, n=12, gaps=0)[["a", "b"]]
    data.iloc[4:, 1] = np.nan
    q = quality(data, Impute(method="mean"), share=0.9, repeats=5)
    assert q.short
    assert any("fewer were hidden than asked for" in n for n in q.notes)
    assert q.table.loc[("impute(mean)", "b"), "n"] <= 5 * 2


def test_values_that_were_filled_before_are_not_hidden():
    data = low_rank(seed=4)
    mean = Impute(method="mean")
    sheet = sheet_of(data)
    done = mean.apply(sheet, mean.fit(sheet))
    q = quality(done, mean, share=0.5, repeats=1)
    known = int(data.notna().to_numpy().sum())
    assert q.table["n"].sum() == round(known / 2)


@pytest.mark.parametrize(
    ("steps", "how", "message"),
    [
        ([], {}, "no step to try"),
        ([Impute(method="mean"), Impute(method="mean")], {}, "two steps have the same label"),
        (Impute(method="mean"), {"share": 1.0}, "share = 1.0"),
        (Impute(method="mean"), {"repeats": 0}, "repeats = 0"),
        (
            [Impute(method="mean", columns=("a",)), Impute(method="median", columns=("b",))],
            {},
            "no column is filled by every step",
        ),
        (Impute(method="linear"), {}, r"impute\(linear\), repeat 1: .* goes by periods"),
    ],
)
def test_refusals(steps, how, message):
    with pytest.raises(gz.MethodError, match=message):
        quality(low_rank(n=12, gaps=0), steps, **how)


def test_nothing_to_hide():
    data = pd.DataFrame({"a": [1.0, 2], "b": [1.0, 2]}, index=["x", "y"])
    with pytest.raises(gz.MethodError, match="no cell can be hidden"):
        quality(data, Impute(method="mean"), share=0.5)

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import gz_index as gz
from gz_index.comparison import kendall_w


def test_w_without_ties_is_the_mean_spearman_in_disguise():
    rng = np.random.default_rng(0)
    ranks = np.column_stack([rng.permutation(9) + 1.0 for _ in range(4)])
    rho = np.corrcoef(ranks.T)[np.triu_indices(4, 1)].mean()
    assert kendall_w(ranks) == pytest.approx((3 * rho + 1) / 4, abs=1e-12)


def test_w_with_ties_is_one_when_all_agree():
    r = np.array([1.0, 2.5, 2.5, 4])
    assert kendall_w(np.column_stack([r, r, r])) == pytest.approx(1, abs=1e-12)
    with pytest.raises(gz.MethodError, match="ties all units"):
        kendall_w(np.ones((4, 3)))


def test_variants_side_by_side():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    c = gz.compare(index, data, weight=["equal", "entropy"], aggregate=["arithmetic", "topsis"])
    assert len(c.results) == 4
    scores = c.scores()
    rho = stats.spearmanr(scores.iloc[:, 0], scores.iloc[:, 3]).statistic
    assert c.spearman.iloc[0, 3] == pytest.approx(rho, abs=1e-12)
    for label, row in c.shifts.iterrows():
        shift = c.ranks()[label] - c.ranks().iloc[:, 0]
        assert abs(row["largest"]) == shift.abs().max()
        assert shift[row["at"]] == row["largest"]
        assert row["mean_shift"] == pytest.approx(shift.abs().mean())
    assert "Kendall" in repr(c)
    assert "<table" in c._repr_html_()


def test_results_over_other_rows_cannot_be_compared():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    with pytest.raises(gz.DataError, match="not over the same rows"):
        index.evaluate(data).compare(index.evaluate(data.iloc[1:]))
    with pytest.raises(gz.MethodError, match="nothing to compare"):
        gz.compare(index, data)


def test_rows_that_some_variant_does_not_score_are_left_out_of_the_agreement():
    f = gz.Framework(tuple(gz.Indicator(code=c) for c in "abc"))
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.uniform(1, 9, (8, 3)), index=list("stuvwxyz"), columns=list("abc"))
    data.loc["t", ["a", "b"]] = np.nan
    low, high = (
        gz.Index(framework=f, missing={"policy": "renormalise", "coverage": c}, weight=w)
        for c, w in ((0.3, "equal"), (0.6, {"a": 3, "b": 1, "c": 1}))
    )
    c = low.evaluate(data).compare(high.evaluate(data))
    assert 0 <= c.kendall_w <= 1
    assert c.shifts["at"].iloc[0] != "t"

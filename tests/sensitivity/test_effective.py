import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.sensitivity.ratios import linear_parts


@pytest.fixture(scope="module")
def desi():
    return gz.load("desi-2022"), gz.data("desi-2022")


def two_pillars(seed=0, n=40, **parts):
    rng = np.random.default_rng(seed)
    codes = ["a1", "a2", "b1", "b2", "b3"]
    x = rng.normal(size=(n, 5))
    x[:, 1] += x[:, 0]
    framework = gz.Framework(
        tuple(gz.Indicator(code=c, parent=c[0]) for c in codes),
        (gz.Group(code="a", weight=0.7), gz.Group(code="b", weight=0.3)),
    )
    index = gz.Index(framework=framework, normalise="zscore", **parts)
    return index, pd.DataFrame(x, columns=codes, index=[f"u{i}" for i in range(n)])


def test_the_table_of_an_additive_index():
    index, x = two_pillars()
    i = gz.importance(index, x)
    t = i.to_frame()
    assert t.index.tolist() == ["a", "b", "a1", "a2", "b1", "b2", "b3"]
    result = index.evaluate(x)
    y = result.total.to_numpy()
    values = pd.concat([result.scores, result.normalised], axis=1)
    for code in t.index:
        r = np.corrcoef(values[code], y)[0, 1]
        assert t.loc[code, "correlation"] == pytest.approx(r, rel=1e-9)
        assert t.loc[code, "linear"] == pytest.approx(r**2, rel=1e-9)
    for codes in (["a", "b"], ["a1", "a2", "b1", "b2", "b3"]):
        part = t.loc[codes]
        w = result.weights.loc[codes, "global"].to_numpy()
        total, own = linear_parts(np.cov(values[codes].to_numpy().T), w)
        np.testing.assert_allclose(part["linear"], total, rtol=1e-9)
        np.testing.assert_allclose(part["uncorrelated"], own, rtol=1e-8)
        np.testing.assert_allclose(part["correlated"], total - own, rtol=1e-8)
        np.testing.assert_allclose(part["share"], total / total.sum(), rtol=1e-9)
        np.testing.assert_allclose(part["declared"], w / w.sum(), rtol=1e-12)
        assert part["gap"].sum() == pytest.approx(0, abs=1e-12)
        assert part["shapley"].sum() == pytest.approx(1, abs=1e-9)


def test_an_index_that_is_not_additive_has_no_shapley_effects():
    index, data = gz.load("hdi-2010"), gz.data("hdi-2010")
    i = gz.importance(index, data)
    assert i.to_frame()["shapley"].isna().all()
    assert any("not additive" in n for n in i.notes)
    assert any("Shapley" in n for n in i.notes_in("zh"))


def test_more_indicators_than_units_is_said(desi):
    i = gz.importance(*desi)
    t = i.to_frame()
    assert t.loc["1a1":"4a5", "uncorrelated"].isna().any()
    assert t.loc[["1", "2", "3", "4"], "uncorrelated"].notna().all()
    assert any("33 variables in 28 rows" in n for n in i.notes)


def test_rows_with_gaps_are_counted():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    i = gz.importance(index, data)
    assert any("89 rows with gaps" in n for n in i.notes)
    one = gz.importance(index, data, period=2022)
    assert one.notes == ()
    r = index.evaluate(data)
    last = r.scores.index.get_level_values("year") == 2022
    expected = np.corrcoef(r.scores.loc[last, "open"], r.total[last])[0, 1]
    assert one.to_frame().loc["open", "correlation"] == pytest.approx(expected, rel=1e-9)
    with pytest.raises(gz.NotFoundError, match="no period 1999"):
        gz.importance(index, data, period=1999)


def test_an_indicator_that_does_not_vary_is_named():
    index, x = two_pillars()
    index = index.replace(normalise={"method": "distance-to-leader"})
    x = x - x.min() + 1
    x["b2"] = 4.0
    i = gz.importance(index, x)
    assert np.isnan(i.to_frame().loc["b2", "linear"])
    assert any("b2" in n for n in i.notes)


def test_balance_reaches_the_declared_weights(desi):
    index, data = desi
    b = gz.balance(index, data)
    t = b.to_frame()
    assert b.reached
    np.testing.assert_allclose(t["share"], 0.25, atol=1e-9)
    after = gz.importance(b.balanced, data).to_frame().loc[["1", "2", "3", "4"]]
    np.testing.assert_allclose(after["share"], 0.25, atol=1e-9)
    np.testing.assert_allclose(after["weight"], t["weight"], rtol=1e-9)


def test_balance_says_when_the_aim_is_out_of_reach():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    b = gz.balance(index, data, target="equal")
    assert not b.reached
    assert (b.to_frame()["weight"] >= 0).all()
    assert any("no weights >= 0 meet the target" in n and "royalties" in n for n in b.notes)


def test_balance_below_a_group_and_towards_given_shares(desi):
    index, data = desi
    aim = {"2a": 0.3, "2b": 0.3, "2c": 0.2, "2d": 0.2}
    b = gz.balance(index, data, node="2", target=aim)
    t = b.to_frame()
    assert t.index.tolist() == list(aim)
    np.testing.assert_allclose(t["gap"], t["share"] - t["target"], atol=1e-15)
    scores = b.balanced.evaluate(data).scores
    r = np.array([np.corrcoef(scores[c], scores["2"])[0, 1] for c in aim])
    np.testing.assert_allclose(t["share"], r**2 / (r**2).sum(), rtol=1e-6)


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"target": "fair"}, gz.MethodError, "target = 'fair'"),
        ({"target": {"1": 1.0}}, gz.DefinitionError, "name 1, 2, 3, 4"),
        ({"target": {"1": 0, "2": 1, "3": 1, "4": 1}}, gz.MethodError, "of 1 is not above zero"),
        ({"node": "4"}, gz.MethodError, "no two children"),
    ],
)
def test_refusals_of_balance(desi, how, error, message):
    with pytest.raises(error, match=message):
        gz.balance(*desi, **how)


def test_balance_needs_a_sum():
    with pytest.raises(gz.MethodError, match="aggregated by geometric"):
        gz.balance(gz.load("hdi-2010"), gz.data("hdi-2010"))


def test_studies_are_saved(tmp_path, desi):
    from gz_index.study import Saved

    for study in (gz.importance(*desi), gz.balance(*desi)):
        study.save(tmp_path / study.kind)
        back = Saved.load(tmp_path / study.kind)
        pd.testing.assert_frame_equal(back.tables["table"], study.to_frame())
        assert study.kind in repr(study)


def test_an_index_that_does_not_vary_has_no_importance():
    index = gz.Index(framework=gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b"))))
    x = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [4.0, 3, 2, 1]})
    with pytest.raises(gz.MethodError, match="the index is the same in every row"):
        gz.importance(index, x)

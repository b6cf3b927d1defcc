"""Structure of an index: published numbers, every kind of finding, gaps, and laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.auditing import components, reliability
from gz_index.auditing.coherence import FINDINGS, LIMITS, structure
from tests.golden import reference

CODES = ["a1", "a2", "a3", "b1", "b2", "b3"]
BOOK = reference("oecd2008_structure")


def index(codes=CODES, **parts):
    """Two pillars, named by the first letter."""
    return gz.Index(
        framework=gz.Framework(
            tuple(gz.Indicator(code=c, parent=c[0]) for c in codes),
            tuple(gz.Group(code=g) for g in dict.fromkeys(c[0] for c in codes)),
        ),
        normalise="zscore",
        **parts,
    )


def made(seed=0, n=200, noise=0.6):
    """Each pillar one factor with three indicators; the factors correlate about .66."""
    rng = np.random.default_rng(seed)
    common = 1.4 * rng.normal(size=(n, 1))
    factors = common + rng.normal(size=(n, 2))
    x = factors[:, [0, 0, 0, 1, 1, 1]] + noise * rng.normal(size=(n, 6))
    return pd.DataFrame(x, columns=CODES, index=[f"u{i}" for i in range(n)])


def kinds(data, codes=CODES, **how):
    s = structure(index(codes), data, draws=20, **how)
    return {(t.kind, t.node, t.other) for t in s.findings.itertuples()}


# -- published ------------------------------------------------------------------------------------


def test_the_tai_has_the_alpha_and_correlations_of_the_handbook():
    # z-scores leave correlations alone; the clipped goalposts of the definition do not
    one = gz.load("tai-2008").replace(normalise="zscore")
    data = gz.data("tai-2008")
    s = structure(one, data)
    assert round(s.groups.loc["total", "alpha_standardised"], 2) == BOOK["alpha"]
    assert s.groups.loc["total", "alpha"] == pytest.approx(
        s.groups.loc["total", "alpha_standardised"]
    )
    printed = gz.data("tai-2008", table="correlations")
    within = s.correlations.query("relation == 'within'")
    assert len(within) == 28
    off = [{t.a, t.b} for t in within.itertuples() if abs(t.r - printed.loc[t.a, t.b]) > 0.005]
    named = [set(d["pair"]) for d in BOOK["differs"]]
    assert len(off) == 3
    assert all(pair in named for pair in off)
    shown = gz.data("tai-2008", table="eigenvalues")["eigenvalue"]
    assert s.components["eigenvalue"].round(1).tolist()[1:] == shown.tolist()[1:]
    clipped = structure(gz.load("tai-2008"), data).groups.loc["total", "alpha_standardised"]
    assert clipped == pytest.approx(0.686, abs=5e-4)


# -- findings: each fires, and does not -----------------------------------------------------------


def test_a_sound_index_has_no_findings():
    s = structure(index(), made())
    assert s.findings.empty
    assert s.notes == ()
    assert (s.groups["outcome"] == "").all()
    assert s.groups["kept"].tolist() == [1, 1, 1]


def test_redundant():
    data = made()
    data["a2"] = data["a1"] + 0.05 * data["b3"]
    assert ("redundant", "a1", "a2") in kinds(data)
    # across pillars it is no double counting within one
    data = made()
    data["b1"] = data["a1"] + 0.01 * data["b3"]
    assert not any(k == "redundant" for k, *_ in kinds(data))
    # groups too
    data = made()
    data[["b1", "b2", "b3"]] = data[["a1", "a2", "a3"]].to_numpy() + 0.1 * data[["b1"]].to_numpy()
    assert ("redundant", "a", "b") in kinds(data)


def test_contrary_and_opposed():
    data = made()
    data["a3"] = -data["a3"]
    found = kinds(data)
    assert {("contrary", "a1", "a3"), ("contrary", "a2", "a3"), ("opposed", "a", "a3")} <= found
    assert not any(k == "contrary" and "b" in n + o for k, n, o in found)
    # an indicator that outweighs the other turns the score against it
    f = gz.Framework(
        (gz.Indicator(code="a1", parent="a"), gz.Indicator(code="a2", parent="a")),
        (gz.Group(code="a", weigh={"a1": 1, "a2": 3}),),
    )
    turned = gz.Index(framework=f, normalise="zscore")
    t = structure(turned, data.assign(a2=-data["a1"] + 0.01 * data["b1"])[["a1", "a2"]]).findings
    assert ("contrary", "a1", "a") in set(zip(t["kind"], t["node"], t["other"], strict=True))


def test_silent():
    data = made()
    data["a3"] = np.random.default_rng(9).normal(size=200) - 0.55 * data[["a1", "a2"]].mean(axis=1)
    s = structure(index(), data, draws=20)
    own = s.correlations.query("relation == 'own' and a == 'a3'")["r"].item()
    assert -0.3 < own < 0.3
    assert ("silent", "a3", "a") in kinds(data)
    assert ("contrary", "a3", "a") not in kinds(data)
    assert ("silent", "a3", "a") not in kinds(data, thresholds={"silent": own - 0.01})


def test_stranger():
    data = made()
    data["a3"] = data[["b1", "b2", "b3"]].mean(axis=1) + 0.1 * data["a3"]
    assert ("stranger", "a3", "b") in kinds(data)
    s = structure(index(), data, draws=20)
    row = s.findings.query("kind == 'stranger'").iloc[0]
    r = s.correlations.query("a == 'a3'").set_index(["relation", "b"])["r"]
    assert (row["value"], row["limit"]) == (r["other", "b"], r["own", "a"])
    assert not any(k == "stranger" for k, *_ in kinds(made()))


def test_divided_and_diffuse_and_unreliable():
    codes = ["a1", "a2", "a3", "a4", "b1", "b2"]
    rng = np.random.default_rng(5)
    f = rng.normal(size=(200, 2))
    x = f[:, [0, 0, 1, 1, 0, 0]] + 0.5 * rng.normal(size=(200, 6))
    data = pd.DataFrame(x, columns=codes)
    assert ("divided", "a", "") in kinds(data, codes)
    assert ("diffuse", "a", "") in kinds(data, codes)
    assert ("unreliable", "a", "") in kinds(data, codes)
    assert not {k for k, n, _ in kinds(data, codes) if n == "b"}
    pca = structure(index(codes), data, draws=20).components.query("group == 'a'")
    between = pca["eigenvalue"].iloc[:2].mean()
    mild = {"eigenvalue": between, "dominant": 0.3, "alpha": 0.3}
    left = {k for k, n, _ in kinds(data, codes, thresholds=mild) if n == "a"}
    assert not left & {"divided", "diffuse", "unreliable"}


def test_every_finding_is_said_in_both_languages():
    data = made()
    data["a3"] = -data["a3"]
    s = structure(index(), data, draws=20)
    row = s.findings.query("kind == 'contrary' and node == 'a1'").iloc[0]
    assert f"a1 and a3 correlate {row['value']:.3g}, below -0.3" in str(s.say(row))
    assert "相关" in s.say(row).zh
    assert len(s.notes) >= len(s.findings)
    desi = structure(gz.load("desi-2022"), gz.data("desi-2022"), draws=20)
    seen = set(desi.findings["kind"]) | set(s.findings["kind"])
    assert seen == set(FINDINGS)
    assert not any("{" in n for n in (*desi.notes, *desi.notes_in("zh")))


# -- tables ---------------------------------------------------------------------------------------


def test_the_tables_are_those_of_plain_arrays():
    data = made(n=40)
    s = structure(index(), data, draws=50, seed=2)
    result = index().evaluate(data)
    x = result.normalised[["a1", "a2", "a3"]].to_numpy()
    g = s.groups.loc["a"]
    assert g["alpha"] == reliability.cronbach(x)
    assert g["kmo"] == components.kmo(x)[0]
    assert g["chi2"] == components.bartlett(x).chi2
    part = s.items.query("group == 'a'")
    np.testing.assert_array_equal(part["alpha_deleted"], reliability.items(x).deleted)
    np.testing.assert_array_equal(part["vif"], components.vif(x))
    pca = s.components.query("group == 'a'")
    np.testing.assert_array_equal(
        pca["threshold"], components.parallel(x, draws=50, seed=2).thresholds
    )
    assert pca["cumulative"].iloc[-1] == pytest.approx(1)
    c = s.correlations.set_index(["relation", "a", "b"])
    every = pd.concat([result.scores, result.normalised], axis=1)
    for (_, a, b), r in c["r"].items():
        assert r == pytest.approx(np.corrcoef(every[a], every[b])[0, 1])
    assert c.groupby("relation").size().to_dict() == {
        "across": 9, "groups": 1, "index": 8, "other": 6, "own": 8, "within": 6,
    }  # fmt: skip


def test_p_values_are_adjusted_within_a_relation():
    s = structure(index(), made(n=25, noise=3), draws=20)
    across = s.correlations.query("relation == 'across'").sort_values("p")
    m = len(across)
    steps = across["p"].to_numpy() * m / np.arange(1, m + 1)
    expected = np.minimum.accumulate(steps[::-1])[::-1]
    np.testing.assert_allclose(across["p_adjusted"], np.minimum(expected, 1))
    assert (across["significant"] == (across["p_adjusted"] <= 0.05)).all()


def test_kinds_of_correlation_and_periods():
    one, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    result = one.evaluate(data)
    last = result.normalised.xs(2022, level="year")
    for kind in ("spearman", "kendall"):
        s = structure(one, data, correlation=kind, period=2022, draws=20)
        t = s.correlations.query("a == 'x7' and b == 'x22'")
        assert t["r"].item() == pytest.approx(last["x7"].corr(last["x22"], method=kind))
        assert not any("all periods together" in n for n in s.notes)
    with pytest.raises(gz.NotFoundError, match="no period 1999"):
        structure(one, data, period=1999)


def test_gaps_are_pairwise_in_correlations_and_counted():
    s = structure(gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022"), draws=20)
    c = s.correlations
    assert c[(c["a"] == "x13") & (c["b"] == "x1")]["n"].tolist() == [310 - 26]
    assert s.groups.loc["open", "lost"] == 63
    assert s.groups.loc["data", "lost"] == 26
    assert any("89 of 310 rows have gaps" in n for n in s.notes)
    assert any("all periods together" in n for n in s.notes)
    assert any("mean of their complete rows" in n for n in s.notes)
    assert len(s.clusters["units"]) == 31


def test_clusters_of_indicators_and_units():
    data = made(n=60, noise=0.3)
    s = structure(index(), data, draws=20)
    c = s.clusters["indicators"]
    assert c.groupby("cluster")["parent"].nunique().tolist() == [1, 1]
    assert c["cluster"].max() == 2
    data += np.where(np.arange(60) < 25, 0, 9)[:, None]
    u = structure(index(), data, draws=20).clusters["units"]
    assert u["cluster"].tolist() == [1] * 25 + [2] * 35
    assert structure(index(), data, draws=20, clusters=4).clusters["units"]["cluster"].max() == 4


# -- what cannot be had is named ------------------------------------------------------------------


def test_more_parts_than_rows():
    s = structure(index(), made(n=3), draws=20)
    assert s.groups.loc["a", "outcome"] == "singular"
    assert np.isnan(s.groups.loc["a", "kmo"])
    assert s.groups.loc["a", "alpha"] <= 1
    assert any("a: the correlation matrix is singular" in n for n in s.notes)


def test_parts_that_cancel():
    data = made(n=30)
    data["b2"] = -data["b1"]
    codes = ["a1", "a2", "a3", "b1", "b2"]
    s = structure(index(codes), data[codes], draws=20)
    assert s.groups.loc["b", "outcome"] == "cancelling, singular"
    assert np.isnan(s.groups.loc["b", "alpha"])
    # the score of b is zero everywhere, so nothing correlates with it
    assert any("correlations cannot be had" in n for n in s.notes)


def test_groups_without_complete_rows_and_constant_parts():
    data = made(n=20)
    for k, c in enumerate(["a1", "a2", "a3"]):
        data.iloc[k::3, data.columns.get_loc(c)] = np.nan
    s = structure(index(missing={"policy": "renormalise", "coverage": 0.5}), data, draws=20)
    assert s.groups.loc["a", "outcome"] == "few-rows"
    assert s.groups.loc["a", "lost"] == 20
    assert "units" not in s.clusters
    assert any("units are not clustered" in n for n in s.notes)
    data = made(n=20)
    data += 10
    data["b1"] = 1.0
    s = structure(index().replace(normalise="distance-to-leader"), data, draws=20)
    assert s.groups.loc["b", "outcome"] == "constant"
    assert "indicators" not in s.clusters


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"thresholds": {"redundent": 1}}, gz.MethodError, "did you mean 'redundant'"),
        ({"alpha": 0}, gz.MethodError, "alpha = 0"),
        ({"correlation": "r"}, gz.MethodError, "method = 'r'"),
        ({"clusters": 99}, gz.MethodError, "count = 99"),
        ({"draws": 0}, gz.MethodError, "draws = 0"),
        ({"period": 3}, gz.NotFoundError, "no period 3; there are none"),
    ],
)
def test_refusals(how, error, message):
    with pytest.raises(error, match=message):
        structure(index(), made(n=20), **how)


def test_too_few_rows():
    with pytest.raises(gz.DataError, match="fewer than three rows"):
        structure(index(), made(n=2))


def test_it_is_saved(tmp_path):
    from gz_index.study import Saved

    s = structure(gz.load("hdi-2010"), gz.data("hdi-2010"), draws=20)
    s.save(tmp_path / "s")
    back = Saved.load(tmp_path / "s")
    for name, frame in s.tables().items():
        pd.testing.assert_frame_equal(back.tables[name], frame)
    assert back.settings["thresholds"] == dict(LIMITS)


def test_of_two_parts_against_each_other_the_order_does_not_choose_the_opposed_one():
    x = pd.DataFrame({"a": [1.0, 2, 3, 4, 5], "b": [5.0, 3, 4, 1, 2]}, index=list("vwxyz"))
    for codes in (["a", "b"], ["b", "a"]):
        f = gz.Framework(tuple(gz.Indicator(code=c) for c in codes))
        for scale in (1e-3, 1.0, 3.0, 1e6):
            s = structure(gz.Index(framework=f), x * scale + scale, draws=5)
            items = s.items.set_index("item")["loading"]
            assert items["a"] > 0 > items["b"]
            assert s.groups["opposed"].tolist() == [1]


# -- laws -----------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 99), data=st.data())
def test_order_and_units_of_measurement_do_not_matter(seed, data):
    x = made(seed, n=12, noise=1.5)
    rows = data.draw(st.permutations(range(12)))
    codes = data.draw(st.permutations(CODES))
    scale = data.draw(st.sampled_from([1e-3, 1.0, 1e6]))
    one = structure(index(), x, draws=5)
    other = structure(index(list(codes)), x.iloc[rows] * scale + scale, draws=5)

    def sides(s):
        c = s.correlations
        flip = c["relation"].isin(["within", "across", "groups"]) & (c["a"] > c["b"])
        a, b = c["a"].where(~flip, c["b"]), c["b"].where(~flip, c["a"])
        return c.assign(a=a, b=b).set_index(["relation", "a", "b"])[["r", "p", "n"]].sort_index()

    pd.testing.assert_frame_equal(sides(other), sides(one), rtol=1e-6, atol=1e-8)
    pd.testing.assert_frame_equal(other.groups.sort_index(), one.groups.sort_index(), rtol=1e-6)
    by = ["group", "item"]
    pd.testing.assert_frame_equal(
        other.items.set_index(by).sort_index(), one.items.set_index(by).sort_index(), rtol=1e-5
    )

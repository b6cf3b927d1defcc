import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index import weighting
from gz_index.aggregate import geometric, topsis
from gz_index.auditing.paper import check_paper
from gz_index.weighting.entropy import entropy_stata_ln_t

CODES = [f"x{j}" for j in range(1, 8)]
NEGATIVE = {"x2": "-", "x5": "-"}
YEARS = [2019, 2020, 2021, 2022]


@pytest.fixture(scope="module")
def panel():
    """12 units in 4 years: correlated, growing, x2 and x5 falling as the rest rises."""
    rng = np.random.default_rng(7)
    rows = pd.MultiIndex.from_product(
        [[f"u{i:02}" for i in range(12)], YEARS], names=["unit", "year"]
    )
    level = rng.normal(size=(12, 1)).repeat(4, axis=0) + 0.2 * np.tile(range(4), 12)[:, None]
    sign = np.array([1, -1, 1, 1, -1, 1, 1])
    x = np.exp(0.5 * level * sign + rng.normal(scale=0.6, size=(48, 7)))
    return pd.DataFrame(x, rows, CODES)


def minmax(data, negative=(), by=None):
    lo, hi = (data.min(), data.max()) if by is None else (by.transform("min"), by.transform("max"))
    z = (data - lo) / (hi - lo)
    for c in negative:
        z[c] = 1 - z[c]
    return z


def printed(values, data, digits=4):
    return pd.Series(np.round(np.asarray(values), digits), data.columns)


def best(check, code, sound=True):
    """The first one is this convention, and it agrees within rounding."""
    assert code in (check.best.code, *check.best.also)
    assert check.best.agrees
    assert check.best.sound is sound
    assert check.best.difference <= 0.5 * 10.0 ** -next(iter(check.found.values())).digits + 1e-12
    return check


# -- weights ---------------------------------------------------------------------------------------


def test_the_ln_t_error_is_named(panel):
    z = minmax(panel).to_numpy()
    w = entropy_stata_ln_t(z, periods=4)
    check = best(
        check_paper(panel, weights=printed(w, panel)), "minmax / entropy-ln-T", sound=False
    )
    agreeing = [m for m in check.found["weights"].matches if m.agrees]
    assert {m.recipe.weigh.code for m in agreeing} == {"entropy-ln-T"}
    assert {m.recipe.shift for m in agreeing} <= {0.0, 1e-4}
    assert "k = 1/ln T" in check.verdict.en
    assert "order of the weights is reversed" in check.verdict.en
    assert "rank correlation -1.00" in check.verdict.en
    assert "次序颠倒" in check.verdict.zh
    np.testing.assert_allclose(check.weights["right"], weighting.entropy(z), atol=1e-12)
    np.testing.assert_allclose(check.weights["found"], w, atol=1e-12)
    np.testing.assert_array_equal(check.weights["published"], printed(w, panel))


@pytest.mark.parametrize("shift", [0.001, 0.01, 0.1, 1.0])
def test_a_shift_before_the_logarithm(panel, shift):
    z = minmax(panel).to_numpy()
    w = weighting.entropy(z, shift=shift)
    check = best(check_paper(panel, weights=printed(w, panel)), f"minmax + {shift:.4g} / entropy")
    np.testing.assert_allclose(check.weights["right"], weighting.entropy(z), atol=1e-12)
    assert "Without the shift" in check.verdict.en


def test_a_shift_that_nobody_uses_is_fitted_and_said(panel):
    w = weighting.entropy(minmax(panel).to_numpy(), shift=0.037)
    check = check_paper(panel, weights=printed(w, panel))
    assert check.best.agrees
    assert check.best.fitted == 1
    assert check.best.recipe.shift == pytest.approx(0.037, abs=2e-4)
    assert any("fitted to the published numbers" in n for n in check.notes)


def test_min_max_within_each_year(panel):
    z = minmax(panel, by=panel.groupby("year")).to_numpy()
    check = check_paper(panel, weights=printed(weighting.entropy(z), panel))
    assert check.best.code == "minmax-period / entropy"
    assert "growth is erased" in check.best.remark.en


def test_directions_consumed_twice_ignored_or_right(panel):
    once = minmax(panel, NEGATIVE).to_numpy()
    turned = panel.assign(**{c: 1 / panel[c] for c in NEGATIVE})
    twice = minmax(turned, NEGATIVE).to_numpy()
    ignored = minmax(panel).to_numpy()
    for z, code, sound in (
        (once, "minmax / entropy", True),
        (twice, "minmax-twice / entropy", False),
        (ignored, "minmax-unoriented / entropy", False),
    ):
        w = printed(weighting.entropy(z), panel)
        check = best(check_paper(panel, weights=w, directions=NEGATIVE), code, sound)
        np.testing.assert_allclose(check.weights["right"], weighting.entropy(once), atol=1e-12)


def test_a_direction_that_was_read_the_other_way(panel):
    z = minmax(panel, ["x3"]).to_numpy()
    check = check_paper(panel, weights=printed(weighting.entropy(z), panel))
    assert check.best.agrees
    assert check.best.code == "minmax / entropy / x3 reversed"
    assert check.best.fitted == 1
    assert "x3 reversed" in check.verdict.en
    assert "x3方向相反" in check.verdict.zh


@pytest.mark.parametrize(("ddof", "shift"), [(1, 3), (0, 3), (1, 4), (0, 5)])
def test_z_scores_by_divisor_and_shift(panel, ddof, shift):
    z = ((panel - panel.mean()) / panel.std(ddof=ddof)).to_numpy() + shift
    w = printed(weighting.entropy(z), panel)
    best(check_paper(panel, weights=w), f"zscore-{ddof} + {shift} / entropy")


@pytest.mark.parametrize(
    ("count", "code"),
    [(12, "entropy-ln-n"), (7, "entropy-ln-m")],
)
def test_the_constant_of_other_numbers(panel, count, code):
    w = entropy_stata_ln_t(minmax(panel).to_numpy(), periods=count)
    best(check_paper(panel, weights=printed(w, panel)), f"minmax / {code}", sound=False)


def test_no_constant_entropy_itself_and_the_mean_of_the_years(panel):
    z = minmax(panel).to_numpy()
    e = weighting.entropy_values(z)
    h = e * np.log(48)
    year = panel.index.get_level_values("year")
    means = np.mean([weighting.entropy(z[year == t]) for t in YEARS], axis=0)
    for w, code, sound in (
        ((1 - h) / (1 - h).sum(), "entropy-no-constant", False),
        (e / e.sum(), "entropy-share", False),
        (means, "entropy-by-period", True),
    ):
        best(check_paper(panel, weights=printed(w, panel)), f"minmax / {code}", sound)


def test_critic_by_sign_of_the_correlation(panel):
    z = minmax(panel).to_numpy()
    r, s = np.corrcoef(z.T), z.std(axis=0, ddof=1)
    mixed = 48 / 47
    for conflict, code, sound in (
        (1 - r, "critic", True),
        (1 - abs(r), "critic-absolute", True),
        (1 - r * mixed, "critic-mixed", False),
    ):
        c = s * conflict.sum(axis=0)
        best(check_paper(panel, weights=printed(c / c.sum(), panel)), f"minmax / {code}", sound)


def test_pca_recipe_of_the_tutorials_with_a_negative_weight(panel):
    z = ((panel - panel.mean()) / panel.std()).to_numpy()
    values, vectors = np.linalg.eigh(np.corrcoef(z.T))
    values, vectors = values[::-1][:3], vectors[:, ::-1][:, :3]
    vectors *= np.where(vectors.sum(axis=0) < 0, -1, 1)
    share = values / values.sum()
    c, loadings = vectors @ share, vectors * np.sqrt(values) @ share
    squared, turned = vectors**2 @ share, vectors * [1, 1, -1] @ share
    for w, code, sound in (
        (c / c.sum(), "pca-coefficients", True),
        (c, "pca-score", True),
        (squared, "pca-squared", True),
        (loadings / loadings.sum(), "pca-loadings", False),
        (turned / turned.sum(), "pca-coefficients", False),
    ):
        check = check_paper(panel, weights=printed(w, panel))
        assert check.best.agrees
        assert check.best.code.split(" / ")[1].startswith(code)
        assert check.best.sound is sound
    assert check.best.code.endswith("-turned-3")
    assert (c / c.sum()).min() < 0


def test_equal_spread_and_factor_weights(panel):
    raw = panel.to_numpy()
    z = minmax(panel).to_numpy()
    for w, code, sound in (
        (np.full(7, 1 / 7), "equal", True),
        (weighting.cv(raw), "sum / cv", True),
        (weighting.cv(z), "minmax / cv", True),
        (weighting.std(z), "minmax / std", True),
        (weighting.std(raw, scale=None), "raw / std", False),
        (weighting.scatter_degree(raw), "minmax / scatter-degree", True),
        (weighting.factor(raw, retain="kaiser"), "minmax / factor-kaiser", True),
    ):
        best(check_paper(panel, weights=printed(w, panel)), code, sound)
    check = check_paper(panel, weights=printed(np.full(7, 1 / 7), panel))
    assert np.isnan(check.best.correlation)  # equal numbers have no order


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_random_weights_match_nothing(panel, seed):
    w = np.random.default_rng(seed).dirichlet(np.full(7, 3.0))
    check = check_paper(panel, weights=printed(w, panel))
    assert check.outcomes == {"weights": "none"}
    assert not check.to_frame()["agrees"].any()
    assert check.verdict.en.startswith("None of the ")
    assert "均不能再现权重" in check.verdict.zh
    distance = check.to_frame()["difference"]
    assert distance.is_monotonic_increasing
    assert distance.iloc[0] > 0.5e-4


def test_few_digits_leave_it_open(panel):
    w = printed(weighting.entropy(minmax(panel).to_numpy()), panel, 2)
    check = check_paper(panel, weights=w)
    assert check.outcomes == {"weights": "several"}
    assert "cannot be told apart" in check.verdict.en
    assert check.best.code == "minmax / entropy"
    assert check.best.sound


def test_digits_and_per_cent(panel):
    w = weighting.entropy(minmax(panel).to_numpy())
    check = check_paper(panel, weights=printed(100 * w, panel, 2))
    assert check.best.code == "minmax / entropy"
    assert check.found["weights"].digits == 4
    assert "the weights are read as per cent" in check.notes
    exact = check_paper(panel, weights=pd.Series(w, CODES))
    assert exact.found["weights"].digits == 10
    assert exact.outcomes == {"weights": "one"}
    assert check_paper(panel, weights=pd.Series(w, CODES), digits=3).found["weights"].digits == 3
    off = printed(w, panel)
    off["x1"] += 0.0001  # one unit in the last digit is no agreement
    assert check_paper(panel, weights=off).outcomes == {"weights": "none"}


# -- groups and the definitions that are shipped ---------------------------------------------------


def provinces():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    codes = list(index.framework.codes)
    return index, data[codes].dropna(), {i.code: i.parent for i in index.framework.indicators}


def test_the_definition_of_the_provinces_is_recognised():
    index, data, groups = provinces()
    flat = index.replace(weight="entropy").evaluate(data).weights.loc[list(groups), "global"]
    check = check_paper(data, weights=flat.round(4), groups=groups)
    assert check.best.code == "minmax / entropy"
    assert check.best.sound
    index = index.replace(weight={"scheme": "entropy", "over": "siblings"})
    result = index.evaluate(data)
    w = result.weights.loc[list(groups)]
    check = check_paper(data, weights=w["global"].round(4), groups=groups)
    assert check.best.code == "minmax / entropy / levels"
    assert check.best.sound
    both = check_paper(
        data, weights=w["global"].round(6), scores=result.total.round(4), groups=groups
    )
    assert both.outcomes == {"weights": "one", "scores": "one"}
    assert both.best.code == "minmax / entropy / levels / minmax / sum"
    local = check_paper(data, weights=w["local"].round(6), groups=groups)
    assert local.best.code == "minmax / entropy / within"
    assert "local weights" in local.notes[0]


def test_equal_groups_above_a_scheme():
    _, data, groups = provinces()
    z = minmax(data).to_numpy()
    w = np.empty(len(groups))
    parents = np.array(list(groups.values()))
    for g in set(parents):
        w[parents == g] = weighting.entropy(z[:, parents == g]) / 5
    check = check_paper(data, weights=pd.Series(w.round(5), list(groups)), groups=groups)
    assert check.best.code == "minmax / entropy / equal"


def test_one_year_by_itself(panel):
    one = panel.xs(2021, level="year")
    w = printed(weighting.entropy(minmax(one).to_numpy()), panel)
    best(check_paper(panel, weights=w, period=2021), "minmax / entropy")
    with pytest.raises(gz.NotFoundError, match="no period 1999; there are 2019"):
        check_paper(panel, weights=w, period=1999)


# -- scores ----------------------------------------------------------------------------------------


def scores_of(panel, kind):
    z = minmax(panel).to_numpy()
    w = weighting.entropy(z)
    vector = panel.to_numpy() / np.sqrt((panel.to_numpy() ** 2).sum(axis=0))
    made = {
        "minmax / sum": z @ w,
        "minmax / topsis-matrix": topsis(z, w),
        "minmax / topsis-distance": topsis(z, w, weigh="distance"),
        "norm / topsis-matrix": topsis(vector, w),
        "norm / topsis-distance": topsis(vector, w, weigh="distance"),
        "minmax + 0.01 / geometric": geometric(z + 0.01, w),
    }
    return w, made[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "minmax / sum",
        "minmax / topsis-matrix",
        "minmax / topsis-distance",
        "norm / topsis-matrix",
        "norm / topsis-distance",
        "minmax + 0.01 / geometric",
    ],
)
def test_scores_alone_and_with_weights(panel, kind):
    w, s = scores_of(panel, kind)
    s = pd.Series(s.round(4), panel.index)
    alone = check_paper(panel, scores=s)
    assert alone.best.code == f"minmax / entropy / {kind}"
    assert alone.best.sound
    both = check_paper(panel, scores=s, weights=printed(w, panel))
    assert both.best.code == f"minmax / entropy / {kind}"
    assert both.outcomes["scores"] == "one"
    pd.testing.assert_series_equal(both.found["scores"].published, s, check_names=False)


def test_scores_under_weights_that_nothing_explains(panel):
    rng = np.random.default_rng(3)
    w = rng.dirichlet(np.full(7, 3.0))
    s = pd.Series((minmax(panel).to_numpy() @ w).round(4), panel.index)
    check = check_paper(panel, weights=printed(w, panel), scores=s)
    assert check.outcomes == {"weights": "none", "scores": "one"}
    assert check.best.code == "printed / minmax / sum"
    apart = check_paper(panel, weights=printed(rng.dirichlet(np.full(7, 3.0)), panel), scores=s)
    assert apart.outcomes == {"weights": "none", "scores": "none"}
    assert "None of the" in apart.verdict.en


@pytest.mark.parametrize(
    ("scaled", "words"),
    [
        (lambda s: 100 * s, "scores times 100"),
        (lambda s: 100 * (s - s.min()) / (s.max() - s.min()), "scores min-max to [0, 100]"),
        (lambda s: 60 + 40 * (s - s.min()) / (s.max() - s.min()), "scores taken to [60, 100]"),
    ],
)
def test_scales_of_scores(panel, scaled, words):
    _, s = scores_of(panel, "minmax / sum")
    check = check_paper(panel, scores=pd.Series(scaled(s).round(2), panel.index))
    assert check.best.agrees
    assert check.best.code == f"minmax / entropy / minmax / sum / {words}"


def test_agreement_only_up_to_a_line_is_said(panel):
    _, s = scores_of(panel, "minmax / sum")
    check = check_paper(panel, scores=pd.Series((3 + 7 * s).round(4), panel.index))
    assert check.best.agrees
    assert check.best.code.startswith("minmax / entropy / minmax / sum / up to a line, ")
    assert check.best.fitted == 2
    np.testing.assert_allclose(check.best.values, 3 + 7 * s, atol=1e-4)
    assert "仅差直线变换" in check.verdict.zh
    falling = check_paper(panel, scores=pd.Series((3 - 7 * s).round(4), panel.index))
    assert not any(m.agrees and not m.recipe.turned for m in falling.found["scores"].matches)


def test_scores_of_some_rows(panel):
    _, s = scores_of(panel, "minmax / sum")
    some = pd.Series(s.round(4), panel.index).xs(2022, level="year", drop_level=False)
    check = check_paper(panel, scores=some)
    assert check.best.code == "minmax / entropy / minmax / sum"
    assert len(check.best.values) == 12


def test_scores_of_faulty_weights_come_with_the_right_weights(panel):
    z = minmax(panel).to_numpy()
    s = pd.Series((z @ entropy_stata_ln_t(z, periods=4)).round(5), panel.index)
    check = best(check_paper(panel, scores=s), "minmax / entropy-ln-T / minmax / sum", sound=False)
    np.testing.assert_allclose(check.weights["right"], weighting.entropy(z), atol=1e-12)
    assert list(check.weights) == ["found", "right"]


# -- laws ------------------------------------------------------------------------------------------


@settings(max_examples=6, deadline=None)
@given(rows=st.permutations(range(48)), columns=st.permutations(range(7)))
def test_the_order_of_rows_and_columns_changes_nothing(panel, rows, columns):
    w, s = scores_of(panel, "minmax / topsis-matrix")
    w, s = printed(w, panel), pd.Series(s.round(4), panel.index)
    before = check_paper(panel, weights=w, scores=s, directions=NEGATIVE)
    after = check_paper(
        panel.iloc[rows, columns],
        weights=w.iloc[columns],
        scores=s.iloc[rows],
        directions=NEGATIVE,
    )
    columns_ = ["of", "convention", "difference", "rank_correlation", "agrees", "also"]
    pd.testing.assert_frame_equal(before.table[columns_], after.table[columns_], check_exact=True)
    pd.testing.assert_frame_equal(before.weights, after.weights, check_exact=True)


def test_what_it_shows(panel):
    check = check_paper(panel, weights=printed(weighting.entropy(minmax(panel)), panel))
    zh = check.to_frame("zh")
    assert list(zh)[:3] == ["对象", "代码", "做法"]
    assert zh.loc[0, "在舍入内一致"] == "是"
    assert "entropy" in repr(check)
    assert check.verdict.zh in check._repr_html_()
    assert check.found["weights"].tried > 200
    assert len(check.notes) == len(check.notes_in("zh"))


def test_input_is_left_alone(panel):
    data, w = panel.copy(), printed(weighting.entropy(minmax(panel)), panel)
    given_ = w.copy()
    check_paper(panel, weights=w)
    pd.testing.assert_frame_equal(panel, data)
    pd.testing.assert_series_equal(w, given_)


# -- refusals --------------------------------------------------------------------------------------


def test_refusals(panel):
    w = printed(weighting.entropy(minmax(panel)), panel)
    s = pd.Series(0.5, panel.index)
    hole = panel.copy()
    hole.loc[("u03", 2020), "x4"] = np.nan
    cases = [
        ({}, gz.MethodError, "nothing to check"),
        ({"data": hole, "weights": w}, gz.DataError, "x4: is missing for u03, 2020"),
        ({"data": panel.assign(x6=3.0), "weights": w}, gz.DataError, "x6: is 3 in every row"),
        ({"weights": w.drop("x2")}, gz.DataError, "x2: is a column of the data and not named"),
        ({"weights": w.rename({"x2": "y2"})}, gz.DataError, "y2: is no column of the data"),
        ({"weights": w.where(w > w.min())}, gz.DataError, "not finite"),
        ({"weights": {**w, "x1": "much"}}, gz.DataError, "not numbers"),
        ({"weights": w, "directions": {"q": "-"}}, gz.DataError, "q: is no column"),
        ({"weights": w, "directions": {"x1": "down"}}, gz.MethodError, "direction of x1"),
        ({"weights": w, "directions": {"x1": {"point": 1}}}, gz.MethodError, "moderate"),
        ({"weights": w, "groups": {"x1": "a"}}, gz.DataError, "x2: is a column"),
        ({"weights": w, "digits": -1}, gz.MethodError, "digits = -1"),
        ({"scores": {("u99", 2020): 1.0}}, gz.DataError, r"\('u99', 2020\)'?: is no row"),
        ({"scores": s.head(2)}, gz.DataError, "there are 2"),
        ({"scores": s}, gz.DataError, "all the same"),
        ({"data": panel.head(2), "weights": w}, gz.DataError, "rows: there are 2"),
        ({"weights": w, "base": 1999}, gz.NotFoundError, "no base period 1999"),
    ]
    for how, error, message in cases:
        with pytest.raises(error, match=message):
            check_paper(how.pop("data", panel), **how)


def test_numbers_without_labels_are_refused(panel):
    with pytest.raises(gz.DataError, match="weights are not labelled"):
        gz.check_paper(panel, weights=[0.1] * panel.shape[1])
    with pytest.raises(gz.DataError, match="scores are not labelled"):
        gz.check_paper(panel, scores=[0.1] * len(panel))

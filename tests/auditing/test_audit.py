"""The audit: every finding fires and is silent, what cannot be checked is said, how it is shown."""

import dataclasses
import io
import json
import pickle
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import gz_index as gz
from gz_index.auditing import robustness
from gz_index.auditing.findings import CHECKS, SECTIONS, SEVERITIES, THRESHOLDS, Finding
from gz_index.auditing.report import audit
from gz_index.cli.audits import exit_status, print_audit
from gz_index.study import Saved

CODES = ("a1", "a2", "a3", "b1", "b2", "b3")
N = 40


def index(codes=CODES, fields=None, weigh=None, **parts):
    """Pillars named by the first letter of their indicators; every indicator is documented."""
    said = {"unit": "%", "source": "book", "reason": "why", "goalposts": (-100, 100), "weight": 1}
    of = {c: said | {"parent": c[0]} | (fields or {}).get(c, {}) for c in codes}
    groups = {c[0]: (weigh or {}).get(c[0], 1) for c in codes}
    framework = gz.Framework(
        tuple(gz.Indicator(code=c, **f) for c, f in of.items()),
        tuple(gz.Group(code=g, weight=w) for g, w in groups.items()),
    )
    return gz.Index(
        framework=framework,
        **{"normalise": {"method": "minmax", "to": [60, 100]}, "weight": "given"} | parts,
    )


def factors(seed=0, k=2, n=N):
    """Columns with mean 0 and sd 1 that are exactly uncorrelated."""
    z = np.random.default_rng(seed).normal(size=(n, k))
    q, _ = np.linalg.qr(z - z.mean(axis=0))
    return q / q.std(axis=0)


def made(common=None, codes=CODES, noise=0.7, seed=0):
    """Data of which each pillar has its factor; by default they correlate about .6."""
    rng = np.random.default_rng(seed)
    names = list(dict.fromkeys(c[0] for c in codes))
    if common is None:
        f = rng.normal(size=(N, 1)) * 1.2 + rng.normal(size=(N, len(names)))
    else:
        f = common
    x = f[:, [names.index(c[0]) for c in codes]] + noise * rng.normal(size=(N, len(codes)))
    return pd.DataFrame(x, columns=list(codes), index=[f"u{i}" for i in range(N)])


def changed(data, **columns):
    return data.assign(**columns)


def gaps(data, rows, columns):
    out = data.copy()
    out.loc[out.index[rows], columns] = np.nan
    return out


def base(**more):
    return index(), made(), more


def loose(**more):
    """An index that scores whatever is known."""
    return index(missing={"policy": "renormalise", "coverage": 0.5}, **more)


def noise_of(*codes, seed=5):
    """Columns that have nothing to do with anything."""
    z = np.random.default_rng(seed).normal(size=(N, len(codes)))
    return {c: z[:, j] for j, c in enumerate(codes)}


def panel(factor=10.0):
    rng = np.random.default_rng(3)
    rows = pd.MultiIndex.from_product(
        [[f"u{i}" for i in range(12)], range(2015, 2021)], names=["unit", "year"]
    )
    x = np.exp(rng.normal(size=(len(rows), 6)) * 0.05 + 2)
    data = pd.DataFrame(x, columns=list(CODES), index=rows)
    late = rows.get_level_values("year") >= 2018
    data.loc[late, "a1"] *= factor
    return data


def own(*choices):
    return {"sensitivity": {"choices": list(choices)}}


QUARTET = ("a1", "a2", "b1", "b2", "c1", "c2", "d1", "d2")
PAIRS = factors(k=2)[:, [0, 0, 1, 1]]
FLAT = gz.Framework(
    tuple(
        gz.Indicator(code=c, unit="%", source="book", reason="why", goalposts=(0, 1))
        for c in ("p", "q")
    )
)
TRIO = pd.DataFrame({"p": [1, 0, 0.5], "q": [0, 1, 0.5]}, index=["A", "B", "C"])
OTHER = {"kind": "alternatives", "part": "weight", "shares": [0.02, 0.98]}
OTHER |= {"of": ["given", {"a": 1, "b": 0, **dict.fromkeys(CODES, 1)}]}
FOUR = [gz.Spread(size=0.3, node=g) for g in "abcd"]

#: code: what makes it fire, and where
FIRES = {
    "C1-unit": (lambda: (index(fields={"a1": {"unit": ""}}), made(), {}), "a1"),
    "C2-source": (lambda: (index(fields={"a1": {"source": ""}}), made(), {}), "a1"),
    "C3-reason": (lambda: (index(fields={"a1": {"reason": ""}}), made(), {}), "a1"),
    "C4-size": (
        lambda: (index(fields={c: {"unit": "persons"} for c in CODES}), made(), {}),
        "",
    ),
    "C5-duplicate": (
        lambda: (index(), changed(made(), b1=2 * made()["a1"] + 3), {}),
        "a1, b1",
    ),
    "C6-goalposts": (
        lambda: (
            index(
                fields={"a1": {"goalposts": None}},
                normalise={"method": "minmax", "window": "goalposts"},
            ),
            made(),
            {},
        ),
        "a1",
    ),
    "C7-polarity": (lambda: (index(), changed(made(), a1=-made()["a1"]), {}), "a1"),
    "D1-coverage": (lambda: (loose(), gaps(made(), slice(0, 20), ["a1", "b1"]), {}), ""),
    "D2-indicator": (lambda: (loose(), gaps(made(), slice(0, 15), ["a1"]), {}), "a1"),
    "D3-unit": (lambda: (loose(), gaps(made(), [0], ["a1", "b1", "b2"]), {}), "u0"),
    "D4-pillar": (lambda: (loose(), gaps(made(), [0], ["a1", "a2"]), {}), "u0"),
    "D5-zeros": (
        lambda: (index(), changed(made(), a1=[0.0] * 21 + [*range(1, 20)]), {}),
        "a1",
    ),
    "D6-unique": (lambda: (index(), changed(made(), a1=made()["a1"].round()), {}), "a1"),
    "D7-outliers": (lambda: (index(), changed(made(), a1=[50.0, *made()["a1"][1:]]), {}), "a1"),
    "D8-imputed": (
        lambda: (
            index(prepare=[{"kind": "impute", "method": "median"}]),
            gaps(made(), slice(0, 5), ["a1"]),
            {},
        ),
        "a1",
    ),
    "D9-break": (lambda: (index(), panel(), {}), "a1"),
    "D10-left": (
        lambda: (
            loose(prepare=[{"kind": "screen", "units": {"available": 0.6}}]),
            gaps(made(), [0], ["a1", "b1", "b2"]),
            {},
        ),
        "u0",
    ),
    "D11-unscored": (lambda: (loose(), gaps(made(), [0], list(CODES[:5])), {}), "u0"),
    "P1-redundant": (
        lambda: (index(), changed(made(), a2=made()["a1"] + made()["b1"] / 9), {}),
        "a1, a2",
    ),
    "P2-contrary": (lambda: (index(), changed(made(), a1=-made()["a1"]), {}), "a1, a2"),
    "P3-silent": (
        lambda: (
            index(fields={"a1": {"weight": 0.05}}),
            changed(made(), **noise_of("a1")),
            {},
        ),
        "a1",
    ),
    "P4-stranger": (
        lambda: (
            index(),
            changed(made(factors()), a1=factors()[:, 1] + noise_of("a1")["a1"] / 9),
            {},
        ),
        "a1",
    ),
    "P5-divided": (
        lambda: (
            index(("a1", "a2", "a3", "a4", "b1")),
            made(PAIRS, ("a1", "b1", "c1", "d1"), 0.3)
            .set_axis(["a1", "a2", "a3", "a4"], axis=1)
            .assign(b1=made()["b1"]),
            {},
        ),
        "a",
    ),
    "P6-diffuse": (lambda: (index(), changed(made(), **noise_of("a1", "a2", "a3")), {}), "a"),
    "P7-opposed": (lambda: (index(), changed(made(), a1=-made()["a1"]), {}), "a1"),
    "P8-unreliable": (lambda: (index(), changed(made(), **noise_of("a1", "a2", "a3")), {}), "a"),
    "W1-gap": (lambda: (index(weigh={"a": 0.9, "b": 0.1}), made(), {}), "b"),
    "W2-idle": (
        lambda: (
            index(fields={"a1": {"weight": 0.01}}),
            changed(made(), **noise_of("a1")),
            {},
        ),
        "a1",
    ),
    "W3-zero": (
        lambda: (
            index(fields={"a1": {"weight": 0}}),
            made(),
            {},
        ),
        "a1",
    ),
    "L1-redundant": (lambda: (index(), made(factors()[:, [0, 0]], noise=0.2), {}), "a, b"),
    "L2-contrary": (lambda: (index(), made(factors()[:, [0, 0]] * [1, -1]), {}), "a, b"),
    "L3-weak": (lambda: (index(weigh={"a": 0.9, "b": 0.1}), made(factors()), {}), "b"),
    "L4-dominant": (lambda: (index(weigh={"a": 0.9, "b": 0.1}), made(factors()), {}), "a"),
    "L5-divided": (lambda: (index(QUARTET), made(PAIRS, QUARTET), {}), "total"),
    "L6-diffuse": (lambda: (index(), made(factors()), {}), "total"),
    "L7-opposed": (lambda: (index(), made(factors()[:, [0, 0]] * [1, -1]), {}), "b"),
    "L8-unreliable": (lambda: (index(), made(factors()), {}), "total"),
    "L9-added": (lambda: (index(), made(factors()[:, [0, 0]], noise=0.1), {}), "a"),
    "U1-wide": (lambda: (index(), made(factors(), noise=3), {"thresholds": {"noise": 0.9}}), None),
    "U2-outside": (lambda: (gz.Index(framework=FLAT), TRIO, {}), "C"),
    "U3-wide-own": (
        lambda: (index(**own(gz.Spread(size=1))), made(factors(), noise=3), {}),
        None,
    ),
    "U4-outside-own": (lambda: (index(**own(OTHER)), made(factors()), {}), None),
    "S1-choice": (lambda: base(), None),
    "S2-omission": (lambda: (gz.Index(framework=FLAT), two(), {}), "p"),
    "S3-leader": (lambda: (gz.Index(framework=FLAT), two(), {}), "p"),
    "F1-frontier": (lambda: (gz.Index(framework=FLAT), TRIO, {}), ""),
    "F2-lowest": (
        lambda: (index(normalise={"method": "minmax", "to": [1, 100]}), made(), {}),
        None,
    ),
}


def two():
    z = factors()
    return pd.DataFrame(z, columns=["p", "q"], index=[f"u{i}" for i in range(N)])


def leading():
    """One unit is best at everything."""
    data = made()
    data.iloc[0] = data.max() + 1
    return data


#: where the plain index would have the finding, something in which it has not
QUIET = {
    "C6-goalposts": lambda: (
        index(normalise={"method": "minmax", "window": "goalposts"}),
        made(),
        {},
    ),
    "D1-coverage": lambda: (loose(), gaps(made(), [0, 1], ["a1"]), {}),
    "D2-indicator": lambda: (loose(), gaps(made(), [0, 1], ["a1"]), {}),
    "D3-unit": lambda: (loose(), gaps(made(), [0], ["a1"]), {}),
    "D4-pillar": lambda: (loose(), gaps(made(), [0], ["a1"]), {}),
    "D8-imputed": lambda: (
        index(prepare=[{"kind": "impute", "method": "median"}]),
        gaps(made(), [0], ["a1"]),
        {"thresholds": {"imputed": 0.2}},
    ),
    "D9-break": lambda: (index(), panel(1.0), {}),
    "D10-left": lambda: (loose(prepare=[{"kind": "screen"}]), made(), {}),
    "L8-unreliable": lambda: (index(), made(factors()[:, [0, 0]], noise=0.3), {}),
    "L9-added": lambda: (index(), made(factors()), {}),
    "U1-wide": lambda: (index(), made(factors()[:, [0, 0]], noise=0.1), {}),
    "U2-outside": lambda: (gz.Index(framework=FLAT), changed(TRIO, q=[0, 1, 0.3]), {}),
    "U3-wide-own": lambda: (
        index(**own(gz.Spread(size=0.05))),
        made(factors()[:, [0, 0]], noise=0.1),
        {},
    ),
    "U4-outside-own": lambda: (index(**own(gz.Spread(size=0.25))), made(), {}),
    "S1-choice": lambda: (
        index(QUARTET, **own(*FOUR)),
        made(None, QUARTET),
        {"thresholds": {"choice": 0.9}},
    ),
    "S3-leader": lambda: (index(), leading(), {}),
    "F1-frontier": lambda: (index(), made(), {}),
}


def run(make, code, **more):
    """Audit one section only."""
    one, data, how = make()
    letter = code[0]
    away = [s for s in SECTIONS if s[0].upper() != letter]
    return audit(one, data, skip=away, **{"draws": 300, "points": 64, **how, **more})


@pytest.mark.parametrize("code", list(CHECKS))
def test_each_finding_fires(code):
    make, where = FIRES[code]
    found = [f for f in run(make, code).found if f.code == code]
    assert found
    assert where is None or where in {f.where for f in found}
    for f in found:
        assert f.section[0].upper() == code[0]
        assert f.message.zh
        assert f.message.en
        assert f.advice.zh
        assert f.advice.en


@pytest.mark.parametrize("code", list(CHECKS))
def test_each_finding_is_silent(code):
    a = run(QUIET.get(code, base), code)
    where = FIRES[code][1]
    found = {f.where for f in a.found if f.code == code}
    assert (not found) if where is None or code in QUIET else where not in found


# -- figures --------------------------------------------------------------------------------------


def one(code, where=None, **how):
    found = [f for f in run(FIRES[code][0], code, **how).found if f.code == code]
    return next(f for f in found if where is None or f.where == where)


def test_figures_of_counts_are_what_was_made():
    assert one("D1-coverage").figure == pytest.approx(200 / 240)
    assert one("D2-indicator").figure == pytest.approx(25 / 40)
    assert one("D3-unit").figure == pytest.approx(3 / 6)
    assert one("D4-pillar").figure == pytest.approx(1 / 3)
    assert one("D5-zeros").figure == pytest.approx(21 / 40)
    assert one("D8-imputed", "a1").figure == pytest.approx(5 / 40)
    assert one("D8-imputed", "u0").figure == pytest.approx(1 / 6)
    assert one("C5-duplicate").figure == pytest.approx(1)
    assert one("W3-zero").figure == 0


def test_the_figure_of_outliers_is_that_of_pandas():
    data = FIRES["D7-outliers"][0]()[1]
    f = one("D7-outliers")
    assert f.figure == pytest.approx(data["a1"].skew(), rel=1e-12)
    assert f"kurtosis {data['a1'].kurt():.2f}" in f.message.en
    # a log is taken before, and ranks do not mind
    lifted = data.assign(a1=np.exp(made()["a1"] * 3))
    for fields, normaliser, hit in (
        ({}, "minmax", True),
        ({"a1": {"transform": "log", "goalposts": None}}, "minmax", False),
        ({}, "rank", False),
    ):
        a = audit(
            index(fields=fields, normalise=normaliser),
            lifted,
            skip=[s for s in SECTIONS if s != "data"],
        )
        assert ("D7-outliers" in set(a.findings["code"])) is hit


def test_added_value_and_leave_one_out_count_places():
    one_, data, _ = FIRES["S2-omission"][0]()
    a = audit(one_, data, draws=50, points=16)
    both, alone = (one_.evaluate(data).scores["total"], data["q"])
    away = (alone.rank(ascending=False) - both.rank(ascending=False)).abs()
    found = a.of("sensitivity").set_index(["code", "where"])
    assert found.loc[("S2-omission", "p"), "figure"] == pytest.approx(away.mean())
    assert a.results["shifts"].loc["p", "at"] == away.idxmax()
    one_, data, _ = FIRES["L9-added"][0]()
    scores = one_.evaluate(data).scores.rank(ascending=False)
    apart = (scores["a"] - scores["total"]).abs()
    f = one("L9-added", "a")
    assert f.figure == pytest.approx((apart >= 4).mean())  # a tenth of 40 units
    assert run(FIRES["L9-added"][0], "L").results["added"].loc["a", "share"] == f.figure


def test_importance_and_correlation_are_those_of_the_studies():
    one_, data, _ = FIRES["W1-gap"][0]()
    t = gz.importance(one_, data).to_frame().loc["b"]
    f = one("W1-gap", "b")
    assert f.figure == pytest.approx(t["gap"] / t["declared"])
    assert f.severity == "warning"
    one_, data, _ = FIRES["L3-weak"][0]()
    scores = one_.evaluate(data).scores
    assert one("L3-weak", "b").figure == pytest.approx(scores["b"].corr(scores["total"]))


def test_a_severity_depends_on_how_bad_it_is():
    assert one("C7-polarity").severity == "serious"  # r below -.3
    mild = {"thresholds": {"contrary": -0.99}}
    assert one("C7-polarity", **mild).severity == "warning"
    assert one("D9-break").severity == "serious"
    without = gz.Index(
        framework=index(CODES[1:]).framework,
        normalise="minmax",
        excluded=(
            gz.framework.Excluded(code="a1", name=gz.Text.of("A one"), reason=gz.Text.of("breaks")),
        ),
    )
    f = next(f for f in audit(without, panel(), draws=10, points=4).found if f.code == "D9-break")
    assert (f.where, f.severity) == ("a1", "note")
    assert "a1 (A one) (left out by the definition)" in f.message.en


def test_an_indicator_against_its_own_pillar_is_told_once():
    one_, data, _ = FIRES["C7-polarity"][0]()
    t = audit(one_, data, skip=["uncertainty", "sensitivity", "frontier"]).findings
    own_ = t[(t["where"] == "a1") & t["code"].isin(["C7-polarity", "P2-contrary", "P3-silent"])]
    assert own_["code"].tolist() == ["C7-polarity"]


def test_a_unit_that_is_called_like_a_node_is_no_node():
    data = FIRES["D3-unit"][0]()[1].rename(index={"u0": "a1"})
    one_ = loose(fields={"a1": {"name": "First"}})
    away = [s for s in SECTIONS if s != "data"]
    t = audit(one_, data, skip=away).findings.set_index("code")
    assert t.loc["D3-unit", "message"] == "50.0% of the cells of a1 are known, below 65%"


# -- what cannot be checked -----------------------------------------------------------------------


def unchecked(a):
    return {f.code for f in a.found if f.severity == "not checked"}


def test_too_few_units_are_said_and_the_rest_is_done():
    a = audit(index(fields={"a1": {"unit": ""}}), made().iloc[:2], draws=20, points=4)
    assert {"C0-structure", "P0-structure", "L0-structure", "W0-importance"} <= unchecked(a)
    assert "C1-unit" in set(a.findings["code"])
    assert "fewer than three rows" in a.of("pillars").loc[0, "message"]
    assert (
        "fewer than three rows"
        in a.to_frame(lang="zh").set_index("code").loc["P0-structure", "message"]
    )


def test_an_index_that_cannot_be_computed_is_audited_as_far_as_it_goes():
    one_, data, _ = FIRES["C6-goalposts"][0]()
    a = audit(one_, gaps(data, slice(0, 30), ["b1"]))
    assert unchecked(a) == {f"{s[0].upper()}0-evaluate" for s in SECTIONS}
    assert {"C6-goalposts", "D2-indicator"} <= set(a.findings["code"])
    assert a.worst == "serious"
    assert "the index cannot be computed: 30 cells are missing" in str(a)


def test_a_mean_that_refuses_zeros_leaves_the_noise_on_weights():
    a = audit(gz.Index(framework=FLAT), TRIO, draws=50, points=4)
    assert {"U0-aggregation", "S0-choices", "L0-groups"} <= unchecked(a)
    assert a.of("weights").loc[0, "message"] == "the index is the same in every row"
    assert [c.label for c in a.results["uncertainty"].model.choices] == ["weights +-25%"]
    a = audit(index(), made(), draws=50, points=4)
    assert not unchecked(a)
    assert [c.kind for c in a.results["uncertainty"].model.choices] == ["spread", "alternatives"]


def test_a_short_panel_has_no_breaks_to_look_for():
    rows = panel().index.get_level_values("year")
    short = panel(1.0)[rows < 2017]
    away = [s for s in SECTIONS if s != "data"]
    assert unchecked(audit(index(), short, skip=away)) == {"D0-breaks"}
    assert unchecked(audit(index(), made(), skip=away)) == set()  # a cross-section is no panel


def test_a_fault_of_the_program_is_not_hidden(monkeypatch):
    def broken(*_):
        raise TypeError("a bug")

    monkeypatch.setattr(robustness, "leave_one_out", broken)
    with pytest.raises(TypeError, match="a bug"):
        audit(index(), made(), draws=20, points=4)


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"thresholds": {"silence": 1}}, gz.MethodError, "no threshold 'silence'.*'silent'"),
        ({"thresholds": {"gap": "wide"}}, gz.MethodError, "gap = 'wide'"),
        ({"thresholds": {"gap": float("nan")}}, gz.MethodError, "gap = nan"),
        ({"skip": ["pillar"]}, gz.MethodError, "no section or code 'pillar'.*'pillars'"),
        ({"draws": 1}, gz.MethodError, "draws = 1"),
        ({"points": 100}, gz.MethodError, "points = 100 -> a power of two"),
        ({"seed": -1}, gz.MethodError, "seed = -1"),
        ({"period": 2022}, gz.NotFoundError, "no period 2022"),
    ],
)
def test_mistakes_of_the_call_are_refused(how, error, message):
    with pytest.raises(error, match=message):
        audit(index(), made(), **how)


def test_a_table_that_does_not_fit_is_refused():
    with pytest.raises(gz.DataError, match="b3"):
        audit(index(), made().drop(columns="b3"))


# -- thresholds, skipping, periods ----------------------------------------------------------------


def test_thresholds_are_options_and_are_kept():
    away = [s for s in SECTIONS if s != "data"]
    a = audit(index(), made(), skip=away, thresholds={"unique": 1.1})
    assert (a.findings["code"] == "D6-unique").sum() == 6
    assert a.settings()["thresholds"] == {**THRESHOLDS, "unique": 1.1}
    with pytest.raises(TypeError):
        THRESHOLDS["unique"] = 1


def test_sections_and_codes_are_skipped():
    one_, data, _ = FIRES["C1-unit"][0]()
    a = audit(one_, data, skip=["C1-unit", *list(SECTIONS)[1:]])
    assert a.found == ()
    assert (a.worst, a.summary(), a.summary("zh")) == (None, "no findings", "无发现")
    assert "skipped: C1-unit, data" in a.notes[-1]
    assert audit(one_, data, skip="concept", draws=20, points=4).of("concept").empty


def test_one_period_is_judged_by_itself():
    data = panel(1.0)
    data.loc[("u3", 2020), ["a1", "a2", "a3", "b1"]] = np.nan
    one_ = loose()
    a = audit(one_, data, period=2020, draws=50, points=4)
    assert ("D3-unit", "u3") in set(zip(a.findings["code"], a.findings["where"], strict=True))
    assert ("D11-unscored", "u3") in set(zip(a.findings["code"], a.findings["where"], strict=True))
    assert a.results["units"]["cells"].eq(6).all()
    assert a.settings()["period"] == "2020"
    every = audit(one_, data, draws=50, points=4)
    assert every.results["units"]["cells"].eq(36).all()
    assert ("D11-unscored", "u3, 2020") in set(
        zip(every.findings["code"], every.findings["where"], strict=True)
    )


def test_a_period_of_which_no_row_is_left_is_said():
    data = panel(1.0)
    data.loc[data.index.get_level_values("year") == 2020, "a1"] = np.nan
    one_ = index(missing="drop")
    away = ["uncertainty", "sensitivity", "frontier"]
    with_gaps = data[data.index.get_level_values("unit").isin(["u0", "u1"])]
    rest = data[~data.index.get_level_values("unit").isin(["u0", "u1"])].drop(2020, level="year")
    a = audit(one_, pd.concat([with_gaps, rest]), period=2020, skip=away)
    assert "C0-evaluate" in unchecked(a)
    assert "no period 2020" in str(a)


def test_the_same_seed_finds_the_same():
    how = {"draws": 200, "points": 16}
    first, second = (audit(*noisy(), seed=3, **how) for _ in range(2))
    assert first.found == second.found
    assert first.to_json() == second.to_json()
    assert audit(*noisy(), seed=4, **how).found != first.found


def noisy():
    return index(**own(gz.Spread(size=1))), made(factors(), noise=3)


def test_the_order_of_rows_does_not_matter():
    one_, data, _ = FIRES["D11-unscored"][0]()
    away = ["uncertainty", "sensitivity"]
    first, second = (audit(one_, d, skip=away) for d in (data, data.sample(frac=1, random_state=1)))

    def said(a):
        return sorted((f.code, f.where, f.severity, f"{f.figure or 0:.9f}") for f in a.found)

    assert said(first) == said(second)


def test_dropped_units_are_told_and_screened_ones_only_once():
    data = gaps(made(), [0], ["a1"])
    away = [s for s in SECTIONS if s != "data"]
    t = audit(index(missing="drop"), data, skip=away).findings
    assert t.loc[t["code"] == "D11-unscored", "where"].tolist() == ["u0"]
    a = run(FIRES["D10-left"][0], "D")
    told = [f.code for f in a.found if f.where == "u0"]
    assert told == ["D3-unit", "D4-pillar", "D10-left"]


def test_an_audit_can_be_pickled(hostile):
    assert pickle.loads(pickle.dumps(hostile)).found == hostile.found


def test_neither_data_nor_definition_are_written_to():
    one_, data, _ = FIRES["D8-imputed"][0]()
    before = data.copy(deep=True)
    hash_ = one_.hash
    audit(one_, data, draws=20, points=4)
    pd.testing.assert_frame_equal(data, before)
    assert one_.hash == hash_


# -- how it is shown ------------------------------------------------------------------------------

BAD = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def hostile():
    """A unit, an indicator and the index with names that are markup."""
    data = gaps(made(), [0], ["a1", "b1", "b2"]).rename(index={"u0": BAD})
    one_ = loose(fields={"a1": {"name": BAD + "[red]", "unit": ""}}, name=BAD)
    return audit(one_, data, draws=50, points=4)


class Tags(HTMLParser):
    """Tags that a browser would see."""

    def __init__(self, page):
        super().__init__()
        self.seen = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def test_html_escapes_whatever_a_user_named(hostile):
    assert BAD in set(hostile.findings["where"])
    for page in (hostile.to_html(), hostile.to_html("zh"), hostile._repr_html_()):
        assert "<script" not in page
        assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page
        tags = Tags(page).seen
        assert not {t for t, _ in tags} & {"script", "link", "img", "iframe"}
        assert not [a for _, a in tags if set(a) & {"src", "href", "onclick"}]
    assert '<html lang="en"' in hostile.to_html()
    assert '<html lang="zh-CN"' in hostile.to_html("zh")


def test_the_command_prints_markup_as_it_is(hostile):
    out = io.StringIO()
    console = Console(file=out, width=300)
    print_audit(console, hostile, "en")
    assert BAD + "[red]" in out.getvalue()
    assert "C1-unit" in out.getvalue()
    out.truncate(0)
    print_audit(console, hostile, "zh", "warning")
    assert "C1-unit" not in out.getvalue()
    assert "警告" in out.getvalue()


def test_json_goes_there_and_back(hostile):
    plain = json.loads(hostile.to_json())
    assert tuple(Finding.of(f) for f in plain["findings"]) == hostile.found
    assert plain["settings"] == hostile.settings()
    assert plain["counts"] == hostile.counts
    assert plain["worst"] == hostile.worst
    assert plain["versions"]["definition_hash"] == hostile.index.hash


def test_counts_worst_and_exit_status():
    a = run(FIRES["C5-duplicate"][0], "C5-duplicate")
    assert a.counts == {"serious": 1, "warning": 0, "note": 0, "not checked": 0}
    assert a.worst == "serious"
    assert [exit_status(a, s) for s in SEVERITIES] == [1, 1, 1, 1]
    a = run(FIRES["C1-unit"][0], "C1-unit")
    assert [exit_status(a, s) for s in SEVERITIES] == [1, 1, 0, 0]
    assert exit_status(audit(index(), made(), skip=list(SECTIONS)), "not checked") == 0
    with pytest.raises(gz.MethodError, match="no severity 'bad'"):
        exit_status(a, "bad")
    with pytest.raises(gz.MethodError, match="no section 'weight'.*'weights'"):
        a.of("weight")


def test_many_findings_of_a_kind_are_folded_in_the_text_only():
    codes = (*CODES, "b4")
    bare = index(codes, fields={c: {"unit": ""} for c in codes})
    data = made().assign(b4=noise_of("b4")["b4"])
    a = audit(bare, data, skip=list(SECTIONS)[1:])
    assert len(a.found) == 7
    assert str(a).count("has no unit") == 5
    assert "C1-unit: and 2 more" in str(a)
    assert "C1-unit: 另有2项" in a.to_text("zh")
    assert a.to_html().count("has no unit") == 7


def test_the_table_stands_in_the_order_of_the_checklist(hostile):
    t = hostile.to_frame()
    order = [list(SECTIONS).index(s) for s in t["section"]]
    assert order == sorted(order)
    for _, part in t.groupby("section"):
        numbers = [int(c[1:].split("-")[0]) for c in part["code"]]
        assert numbers == sorted(numbers)
    zh = hostile.to_frame(lang="zh")
    assert zh["code"].tolist() == t["code"].tolist()
    assert "没有计量单位" in zh.set_index("code").loc["C1-unit", "message"]


def test_an_audit_is_saved(tmp_path, hostile):
    folder = hostile.save(tmp_path / "audit")
    back = Saved.load(folder)
    assert back.kind == "audit"
    pd.testing.assert_frame_equal(back.tables["table"], hostile.findings)
    assert {"indicators", "units", "added", "shifts", "frontier"} <= set(back.tables)
    assert (folder / "audit.html").read_text(encoding="utf-8") == hostile.to_html()
    assert (folder / "audit_zh.html").read_text(encoding="utf-8") == hostile.to_html("zh")
    assert (folder / "audit.json").read_text(encoding="utf-8") == hostile.to_json()


def test_codes_are_stable_and_findings_frozen():
    assert set(CHECKS) == set(FIRES)
    assert all(c[0] in {s[0].upper() for s in SECTIONS} for c in CHECKS)
    f = one("C1-unit")
    with pytest.raises(dataclasses.FrozenInstanceError):
        f.code = "X"


# -- shipped definitions --------------------------------------------------------------------------


def places(a, code):
    t = a.findings
    return t.loc[t["code"] == code, "where"].tolist()


def test_the_audit_of_desi():
    a = audit(gz.load("desi-2022"), gz.data("desi-2022").drop(index="EU"))
    assert a.worst == "warning"
    assert not unchecked(a)
    assert places(a, "D7-outliers") == ["2a3"]
    assert places(a, "P1-redundant") == ["1a1, 1a2", "1a1, 1a3"]
    assert places(a, "L1-redundant") == ["3a, 3b"]
    assert places(a, "L2-contrary") == ["2b, 2c"]
    assert places(a, "L3-weak") == ["2", "2a", "2b", "2d"]
    warned = a.of("weights").query("severity == 'warning' and code == 'W1-gap'")
    assert warned["where"].tolist() == ["2"]
    assert places(a, "U1-wide") == places(a, "U2-outside") == []
    assert places(a, "S1-choice") == ["inclusion"]


def test_the_audit_of_the_provinces():
    a = audit(gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022"), period=2022)
    assert unchecked(a) == {"U0-aggregation"}  # Tibet has zeros
    assert places(a, "D9-break") == ["x8", "x8", "x3"]
    severities = a.findings.query("code == 'D9-break'")["severity"].tolist()
    assert severities == ["note", "note", "warning"]
    assert places(a, "L1-redundant") == ["data, governance"]
    assert places(a, "P7-opposed") == ["x1"]
    assert places(a, "W2-idle") == ["x12", "x1"]
    assert places(a, "S1-choice") == ["normalisation"]
    assert places(a, "F2-lowest") == ["新疆维吾尔自治区"]

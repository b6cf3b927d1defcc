"""The method paragraph: it names what ran, its formulas are sound, its references parse."""

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.aggregate import AGGREGATORS
from gz_index.normalise import NORMALISERS
from gz_index.report import phrases
from gz_index.report.citations import CITATIONS
from gz_index.report.methods import methods_text
from gz_index.weighting import COMBINATIONS, SCHEMES

CODES = ["a", "b", "c", "d"]
OPTIONS = {"power": {"exponent": 0.5}, "owa": {"order": [0.4, 0.3, 0.2, 0.1]}}


def index(**how):
    names = {"a": "甲", "b": "乙", "c": "丙", "d": "丁"}
    tree = gz.Framework(tuple(gz.Indicator(code=c, name={"zh": names[c], "en": c}) for c in CODES))
    return gz.Index(framework=tree, id="own", name={"zh": "试", "en": "Trial"}, **how)


def panel(periods=3):
    rows = pd.MultiIndex.from_product([range(12), range(2020, 2020 + periods)])
    rows = rows.set_names(["unit", "year"])
    rng = np.random.default_rng(3)
    x = 5 + rng.uniform(-2, 2, (len(rows), 4)) + rng.uniform(-2, 2, (len(rows), 1))
    return pd.DataFrame(x, index=rows, columns=CODES)


def entries(bibtex):
    """Parse entries by counting braces; anything else is an error."""
    out, at = {}, 0
    while at < len(bibtex):
        head = re.compile(r"\s*@(\w+)\{([^,\s{}]+),\n").match(bibtex, at)
        assert head, bibtex[at : at + 80]
        at, depth, start = head.end(), 1, head.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(bibtex[at], 0)
            at += 1
        fields = re.findall(r"^  (\w+) = \{(.*)\},?$", bibtex[start : at - 1], re.M)
        assert len(fields) == bibtex[start : at - 1].strip().count("\n") + 1
        assert head[2] not in out
        out[head[2]] = dict(fields)
    return out


def check(result):
    """What holds for every text, in both languages."""
    both = [methods_text(result, lang=lang) for lang in ("zh", "en")]
    for m in both:
        assert [int(k) for k in dict.fromkeys(re.findall(r"\((\d{1,2})\)", m.text))] == list(
            range(1, len(m.formulas) + 1)
        )
        for f in m.formulas:
            bare = re.sub(r"\\[{}]", "", f)
            assert bare.count("{") == bare.count("}")
            assert f.count(r"\left") == f.count(r"\right")
            assert len(set(m.formulas)) == len(m.formulas)
        found = entries(m.bibtex)
        cited = re.findall(r"\[([\w-]+)\]", m.text)
        assert list(dict.fromkeys(cited)) == list(found) == [s.key for s in m.references]
    assert len(both[0].formulas) == len(both[1].formulas)
    assert [s.key for s in both[0].references] == [s.key for s in both[1].references]
    return both


def no_english(text, *allowed):
    """Words left of a Chinese text without keys, hashes, options and names."""
    text = re.sub(r"\[[\w-]+\]|sha256:\w+|（选项：[^）]*）|gz_index [\d.]+\w*", "", text)
    for name in sorted(allowed, key=len, reverse=True):
        text = text.replace(name, "")
    return re.findall(r"[A-Za-z]{2,}", text)


def spec(name):
    return {"method": name, **OPTIONS.get(name, {})}


@pytest.mark.parametrize("name", NORMALISERS)
def test_every_normaliser(name):
    if name in ("goalposts", "distance-to-target"):
        tree = tuple(
            gz.Indicator(code=c, goalposts=(0, 10), targets=gz.Target(value=9.0, year=2030))
            for c in CODES
        )
        base = gz.Index(framework=gz.Framework(tree), id="own")
    else:
        base = index()
    zh, en = check(base.replace(normalise=name).evaluate(panel()))
    key = "distance-to-reference" if name.startswith("distance") else name
    assert phrases.NORMALISED[key].zh in zh.text
    assert phrases.NORMALISED[key].en in en.text
    assert no_english(zh.text, "own", "unnamed", *CODES) == []
    assert len(zh.formulas) >= 2 + (name != "categorical")


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme(name):
    to = [1, 2] if name in ("merec", "cilos", "idocriw") else [0, 1]
    how = {"normalise": {"method": "minmax", "to": to}, "weight": name}
    zh, en = check(index(**how).evaluate(panel()))
    assert phrases.WEIGHED[name].zh in zh.text
    assert phrases.WEIGHED[name].en in en.text
    assert phrases.WEIGHED[name].formula in en.formulas
    assert no_english(zh.text, "own", phrases.WEIGHED[name].zh) == []
    assert ("over all indicators at once" in en.text) == (name != "equal")


@pytest.mark.parametrize("name", AGGREGATORS)
def test_every_aggregator(name):
    how = {"normalise": {"method": "minmax", "to": [0.1, 1]}, "aggregate": spec(name)}
    zh, en = check(index(**how).evaluate(panel(1)))
    assert phrases.AGGREGATES[name].zh in zh.text
    assert phrases.AGGREGATES[name].en in en.text
    assert no_english(zh.text, "own", phrases.AGGREGATES[name].zh) == []


@pytest.mark.parametrize("by", COMBINATIONS)
def test_every_combination(by):
    parts = {"scheme": "combination", "of": ["entropy", "equal"], "by": by}
    zh, en = check(index(weight=parts).evaluate(panel()))
    for phrase in (phrases.COMBINED[by], phrases.WEIGHED["entropy"], phrases.WEIGHED["equal"]):
        assert phrase.zh in zh.text
        assert phrase.en in en.text
    assert no_english(zh.text, "own", by, "entropy", "equal", "normalised") == []


@pytest.mark.parametrize("name", gz.available())
def test_shipped_definitions(name):
    result = gz.load(name).evaluate(gz.data(name))
    zh, en = check(result)
    assert no_english(zh.text, name, "OECD/JRC", "GDP", "log)", "DESI") == []
    c = result.counts
    assert f"{c['units']}个评价对象" in zh.text
    assert f"{c['units']} unit" in en.text
    assert result.index.hash[:19] in en.text
    assert result.data_hash[:19] in zh.text
    assert entries(en.bibtex)[name]["note"] == result.index.hash
    for source in result.index.sources:
        assert source.key in entries(en.bibtex)


def test_a_reference_that_the_definition_has_is_not_listed_twice():
    m = methods_text(gz.load("tai-2008").evaluate(gz.data("tai-2008")))
    assert [k for k in entries(m.bibtex) if "oecd" in k] == ["oecd2008handbook"]


def test_the_options_really_used():
    how = {
        "normalise": {"method": "minmax", "to": [1, 100], "window": "base"},
        "weight": {"scheme": "entropy", "shift": 0.01},
        "aggregate": {"method": "power", "exponent": 0.5},
    }
    data = panel()
    data.iloc[0], data.iloc[3] = 0.5, 9.5  # of 2020, so that later years lie within
    _, en = check(index(**how, missing="renormalise").evaluate(data))
    assert en.formulas[0] == r"z_{ij} = 1 + 99\,\frac{x_{ij} - L_j}{U_j - L_j}"
    assert r"\frac{z_{ij} + 0.01}{\sum_i (z_{ij} + 0.01)}" in en.formulas[1]
    assert en.formulas[2] == r"S_i = \Big(\sum_j w_j z_{ij}^{0.5}\Big)^{1/(0.5)}"
    assert "base period 2020" in en.text
    absolute = {"scheme": "critic", "conflict": "absolute", "window": "period"}
    _, en = check(index(weight=absolute).evaluate(panel()))
    assert "1 - |r_{jl}|" in en.formulas[1]
    assert "correlation = pearson, conflict = absolute" in en.text
    assert "in each period by itself" in en.text


def test_directions_have_their_own_formulas():
    tree = gz.Framework(
        (
            gz.Indicator(code="a"),
            gz.Indicator(code="b", direction="-"),
            gz.Indicator(code="c", direction={"interval": [3, 5]}),
            gz.Indicator(code="d", normalise="rank"),
        )
    )
    zh, en = check(gz.Index(framework=tree).evaluate(panel()))
    assert len(en.formulas) == 6
    assert "more is better for 2, less for 1, an interval is best for 1" in en.text
    assert any("逆向指标" in f for f in zh.formulas)
    assert "d were normalised by ranking" in en.text


def test_a_replayed_scale_is_said():
    first, later = panel(2), panel(3)
    i = index()
    scale = i.evaluate(first).scale
    _, en = check(i.evaluate(later, scale=scale))
    assert "taken over from an earlier fit" in en.text
    _, en = check(i.evaluate(first, scale=scale))
    assert "come from all units and periods together" in en.text


def test_missing_cells_and_preparation_are_counted():
    data = panel()
    data.iloc[[0, 1, 5], 2] = np.nan
    zh, en = check(index(missing="renormalise").evaluate(data))
    assert "3 cells are missing" in en.text
    assert "3个单元格缺失" in zh.text
    assert "no steps of preparation" in en.text
    dropped = index(missing="drop").evaluate(data)
    zh, en = check(dropped)
    assert "dropped 2 unit(s)" in en.text
    steps = [{"kind": "impute", "method": "em"}, {"kind": "treat"}]
    zh, en = check(index(prepare=steps).evaluate(data))
    assert "Preparation, step 1: imputation [dempster1977]; 3 cell(s) filled" in en.text
    assert "step 2: treatment of outliers [becker2022]" in en.text
    assert "3 cells were imputed and 0 units or indicators left out" in en.text
    assert "No cell that enters the index is missing" in en.text
    assert no_english(zh.text, "own", "EM") == []


def test_judgements_say_whose_they_are():
    result = gz.load("tai-2008").replace(weight=gz.judgements("oecd-2008-table22-ahp"))
    zh, en = check(result.evaluate(gz.data("tai-2008")))
    assert "weights stated directly" in en.text or "analytic hierarchy process" in en.text
    five = gz.load("cn-provinces-2022").replace(weight=gz.judgements("five-zones-illustrative"))
    zh, en = check(five.evaluate(gz.data("cn-provinces-2022")))
    assert "no expert's opinion" in en.text
    assert "不代表任何专家的意见" in zh.text
    unjudged = {
        c for g in five.framework.groups for c in [g.code] if c not in five.weight.scheme.nodes
    }
    assert ("equal weights in groups without judgements" in en.text) == bool(unjudged)


def test_weights_of_one_group_are_told_apart():
    groups = (gz.Group(code="p", name={"zh": "支柱", "en": "pillar"}, weigh="entropy"),)
    tree = tuple(gz.Indicator(code=c, parent="p" if c < "c" else "total") for c in CODES)
    i = gz.Index(framework=gz.Framework(tree, groups), weight="equal", id="own")
    zh, en = check(i.evaluate(panel()))
    assert "Below the index, weights: equal weights" in en.text
    assert "Below pillar, weights: entropy weights" in en.text
    assert "支柱之下的权重：熵值法" in zh.text


def halves(x):
    return x / 2


def by_hand(x, w):
    return (x * w).sum(axis=-1)


def first_only(x):
    return np.eye(x.shape[1])[0]


def test_methods_that_are_not_ours_are_named_as_such():
    i = index(normalise=halves, weight=first_only, aggregate=by_hand)
    zh, en = check(i.evaluate(panel()))
    assert en.formulas == ()
    for name in ("halves", "first_only", "by_hand"):
        assert f"the plug-in method '{name}' (not part of gz_index" in en.text
        assert f"插件方法“{name}”（不属于gz_index" in zh.text
    assert "has no hash" in en.text
    assert no_english(zh.text, "own", "gz_index", "halves", "first_only", "by_hand") == []


def test_an_unknown_language_is_refused():
    result = index().evaluate(panel())
    with pytest.raises(gz.MethodError, match="lang = 'fr'"):
        methods_text(result, lang="fr")


def test_every_reference_is_used_and_known():
    tables = (phrases.NORMALISED, phrases.WEIGHED, phrases.COMBINED, phrases.JUDGED)
    used = {r for t in (*tables, phrases.AGGREGATES) for p in t.values() for r in p.refs}
    assert used | {"becker2022", "dempster1977", "vanbuuren2011"} == set(CITATIONS)
    assert set(phrases.WEIGHED) == {*SCHEMES, "given"}
    assert set(phrases.AGGREGATES) == set(AGGREGATORS)
    assert set(phrases.COMBINED) == set(COMBINATIONS)
    assert len(entries("\n\n".join(s.bibtex() for s in CITATIONS.values()))) == len(CITATIONS)


@pytest.mark.skipif(shutil.which("xelatex") is None, reason="no XeLaTeX here")
def test_latex_compiles(tmp_path):
    texts = []
    for part, names in (("weight", SCHEMES), ("aggregate", AGGREGATORS)):
        for name in names:
            how = {"normalise": {"method": "minmax", "to": [0.1, 1]}}
            how[part] = spec(name) if part == "aggregate" else name
            texts.append(methods_text(index(**how).evaluate(panel(1))).latex)
    own = set(NORMALISERS) - {"goalposts", "distance-to-target"}
    texts += [methods_text(index(normalise=n).evaluate(panel())).latex for n in sorted(own)]
    head = r"\documentclass{article}\usepackage{amsmath}\begin{document}"
    text = "\n".join([head, *texts, r"\end{document}"])
    (tmp_path / "m.tex").write_text(text, encoding="utf-8")
    run = ["xelatex", "-interaction=nonstopmode", "-halt-on-error", "m.tex"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-1500:]
    assert "Missing character" not in done.stdout

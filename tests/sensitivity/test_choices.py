import numpy as np
import pytest

import gz_index as gz
from gz_index.choices import KINDS, Sensitivity, choice, experts

EXAMPLES = {
    "alternatives": gz.Alternatives(
        part="normalise", of=["minmax", {"method": "zscore"}], shares=[0.75, 0.25], name="scale"
    ),
    "omit": gz.Omit(codes=["a", "b"], none=False),
    "spread": gz.Spread(size=0.1, shape="normal", node="total"),
    "dirichlet": gz.Dirichlet(concentration=5, centre="nominal"),
    "within": gz.Within(lower={"a": 0.2}, order=[["a", "b"]], shares=[{"of": ["a"], "high": 0.9}]),
    "exponent": gz.Exponent(low=-1, high=1, node="total"),
    "goalposts": gz.Goalposts(size=0.2, indicators=["a"]),
    "cell-error": gz.CellError(size={"a": 0.3}, measure="absolute", shape="uniform"),
}


def test_every_kind_is_here():
    assert set(EXAMPLES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_choice_survives_being_written_as_a_table(kind):
    made = EXAMPLES[kind]
    plain = made.to_dict()
    assert plain["kind"] == kind
    assert choice(plain) == made
    assert choice(choice(plain).to_dict()).to_dict() == plain


def framework():
    return gz.Framework(
        (
            gz.Indicator(code="a", goalposts=(0, 1)),
            gz.Indicator(code="b", goalposts=(0, 1)),
            gz.Indicator(code="c"),
        )
    )


def test_choices_live_in_the_definition():
    index = gz.Index(
        framework=framework(),
        id="x",
        version="1",
        sensitivity={"draws": 500, "seed": 3, "choices": [c.to_dict() for c in EXAMPLES.values()]},
    )
    text = index.to_toml()
    again = gz.Index.from_toml(text)
    assert (
        again.sensitivity
        == index.sensitivity
        == Sensitivity(tuple(EXAMPLES.values()), 500, 1024, 3)
    )
    assert again.hash == index.hash
    assert again.to_toml() == text


def test_every_problem_of_the_table_is_told_at_once():
    with pytest.raises(gz.DefinitionError) as error:
        gz.Index(
            framework=framework(),
            sensitivity={
                "draws": 0,
                "points": 1000,
                "choices": [{"kind": "spred"}, {"kind": "spread", "sise": 0.1}, {"kind": "omit"}],
            },
        )
    text = str(error.value)
    for part in (
        "no kind of choice 'spred' (did you mean 'spread'?)",
        "has no option 'sise' (did you mean 'size'?)",
        "needs codes",
        "sensitivity.draws: 0",
    ):
        assert part in text, text
    with pytest.raises(gz.DefinitionError, match="unknown key.*draws"):
        gz.Index(framework=framework(), sensitivity={"draw": 5})
    with pytest.raises(gz.DefinitionError, match="a power of two"):
        gz.Index(framework=framework(), sensitivity={"points": 1000})
    with pytest.raises(gz.DefinitionError, match="no node 'zz'"):
        gz.Index(
            framework=framework(), sensitivity={"choices": [{"kind": "omit", "codes": ["a", "zz"]}]}
        )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gz.Alternatives(part="colour", of=[1, 2]), "no part 'colour'"),
        (lambda: gz.Alternatives(part="weight", of=["equal"]), "so that nothing varies"),
        (lambda: gz.Alternatives(part="weight", of=["equal", "equal"]), "stands twice"),
        (lambda: gz.Alternatives(part="weight", of="equal"), "is no list"),
        (lambda: gz.Alternatives(part="weight", of=["equal", "entropi"]), "entropi"),
        (lambda: gz.Omit(codes=["a", "b"], shares=[0.5, 0.5]), "for 3 levels"),
        (lambda: gz.Omit(codes=["a", "b"], shares=[0.5, 0.6, -0.1]), "above zero"),
        (lambda: gz.Spread(size=0), "share in"),
        (lambda: gz.Spread(size=1.5), "share in"),
        (lambda: gz.Spread(over="leaves", node="p"), "the whole index"),
        (lambda: gz.Dirichlet(concentration=0), "above zero"),
        (lambda: gz.Exponent(low=1, high=1), "low < high"),
        (lambda: gz.Goalposts(size=0.5), "below one half"),
        (lambda: gz.CellError(size=-1), "sizes are >= 0"),
        (lambda: gz.CellError(size=0), "not all zero"),
        (lambda: gz.CellError(size={"a": 1}, indicators=["b"]), "give one of them"),
        (lambda: gz.Within(node=None), "need a node"),
        (lambda: choice("spread"), "is no choice"),
        (lambda: choice({"kind": "omit", "codes": ["a"], "none": False}), "nothing varies"),
    ],
)
def test_refusals(make, message):
    with pytest.raises((gz.MethodError, gz.NotFoundError), match=message):
        make()


# -- what is drawn ---------------------------------------------------------------------------------


def uniform(n, k, seed=0):
    return np.random.default_rng(seed).random((n, k))


def test_levels_follow_their_probabilities_at_the_very_edges():
    c = gz.Alternatives(part="weight", of=["equal", "entropy", "pca"], shares=[0.5, 0.25, 0.25])
    assert c.level(np.array([0, 0.4999, 0.5, 0.7499, 0.75, 1 - 2**-53])).tolist() == [
        0,
        0,
        1,
        1,
        2,
        2,
    ]


def test_spread_keeps_the_ratio_of_two_weights_within_its_bound():
    w0 = np.array([0.5, 0.3, 0.2])
    w = gz.Spread(size=0.25).weights(uniform(20_000, 3), w0, "abc")
    np.testing.assert_allclose(w.sum(axis=1), 1, rtol=1e-14)
    relative = (w / w0)[:, :, None] / (w / w0)[:, None, :]
    assert relative.max() <= 1.25 / 0.75
    assert relative.max() > 1.6  # and it uses the room


def test_normal_spread_is_never_negative():
    w = gz.Spread(size=1.0, shape="normal").weights(uniform(20_000, 3), np.ones(3) / 3, "abc")
    assert (w >= 0).all()
    np.testing.assert_allclose(w.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("centre", ["equal", "nominal"])
@pytest.mark.parametrize("c", [1.0, 8.0])
def test_dirichlet_has_the_moments_of_its_parameters(centre, c):
    w0 = np.array([0.5, 0.3, 0.2])
    a = c * w0 if centre == "nominal" else np.full(3, c)
    n = 40_000
    w = gz.Dirichlet(concentration=c, centre=centre).weights(uniform(n, 3), w0, "abc")
    mean = a / a.sum()
    variance = mean * (1 - mean) / (a.sum() + 1)
    assert (np.abs(w.mean(axis=0) - mean) < 4.5 * np.sqrt(variance / n)).all()
    np.testing.assert_allclose(w.var(axis=0), variance, rtol=0.06)


def test_a_weight_of_zero_stays_zero_under_a_dirichlet_about_it():
    w = gz.Dirichlet(centre="nominal").weights(uniform(50, 3), np.array([0.6, 0.4, 0.0]), "abc")
    assert (w[:, 2] == 0).all()


def test_every_draw_keeps_its_own_limits():  # pitfall 25
    c = gz.Within(
        lower={"a": 0.3},
        upper={"b": 0.25},
        order=[["a", "b"]],
        shares=[{"of": ["b", "c"], "low": 0.2, "high": 0.6}],
        pool=4096,
    )
    w = c.weights(uniform(5000, 1), np.ones(4) / 4, ["a", "b", "c", "d"])
    slack = 1e-12
    np.testing.assert_allclose(w.sum(axis=1), 1, rtol=1e-12)
    assert (w[:, 0] >= 0.3 - slack).all()
    assert (w[:, 1] <= 0.25 + slack).all()
    assert (w[:, 0] >= w[:, 1] - slack).all()
    both = w[:, 1] + w[:, 2]
    assert ((both >= 0.2 - slack) & (both <= 0.6 + slack)).all()


@pytest.mark.parametrize("measure", ["relative", "sd", "absolute"])
@pytest.mark.parametrize("shape", ["normal", "uniform"])
def test_errors_have_the_size_they_say(measure, shape):
    f = framework()
    x = np.random.default_rng(0).uniform(1, 5, (20, 3))
    c = gz.CellError(size={"a": 0.2, "c": 0.1}, measure=measure, shape=shape)
    e = c.errors(uniform(4000, 1), x, f)
    assert e.shape == (4000, 20, 3)
    unit = {"relative": x, "sd": np.broadcast_to(x.std(axis=0, ddof=1), x.shape)}.get(
        measure, np.ones_like(x)
    )
    spread = unit * [0.2, 0.0, 0.1] * (1 if shape == "normal" else 3**-0.5)
    np.testing.assert_allclose(e.std(axis=0), spread, rtol=0.06)
    assert np.abs(e.mean(axis=0)).max() < 4.5 * spread.max() / np.sqrt(4000)
    # the same number gives the same errors, another one others
    u = np.array([[0.3], [0.3], [0.30000001]])
    one, same, other = c.errors(u, x, f)
    assert (one == same).all()
    assert not (one == other)[:, 0].any()


def test_an_expert_of_a_group():
    import pandas as pd

    def matrix(ratio):
        return pd.DataFrame([[1, ratio], [1 / ratio, 1]], index=["a", "b"], columns=["a", "b"])

    tables = [{"labels": ["a", "b"], "rows": matrix(r).to_numpy().tolist()} for r in (3, 0.25)]
    judged = gz.Judgements.from_dict(
        {
            "judgements": {"id": "two", "kind": "ahp", "who": "A and B"},
            "nodes": [{"node": "total", "experts": ["A", "B"], "matrices": tables}],
        }
    )
    c = experts(judged)
    assert c.levels == ("A", "B")
    assert [w.scheme for w in c.of] == [
        pytest.approx({"a": 0.75, "b": 0.25}),
        pytest.approx({"a": 0.2, "b": 0.8}),
    ]
    single = gz.Judgements.from_matrices({"total": matrix(3)}, id="one", who="A")
    with pytest.raises(gz.MethodError, match="needs the same two or more"):
        experts(single)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gz.Omit(codes="34"), "omit: codes = '34' is no list"),
        (lambda: gz.Goalposts(indicators="ab"), "goalposts: indicators = 'ab' is no list"),
        (lambda: gz.CellError(indicators="ab"), "cell-error: indicators = 'ab' is no list"),
        (lambda: choice({"kind": "experts"}), "kind 'experts' needs judgements"),
        (
            lambda: choice({"kind": "experts", "judgements": "x", "share": [1]}),
            r"kind 'experts' has no option 'share'.*options are judgements, name, node, shares",
        ),
    ],
)
def test_a_text_is_no_list_and_experts_have_options(make, message):
    with pytest.raises(gz.MethodError, match=message):
        make()


def test_experts_stand_beside_their_definition(tmp_path):
    for who, value in (("x", 3), ("y", 1)):
        matrix = f"code,a,b\na,1,{value}\nb,,1\n"
        (tmp_path / f"{who}.csv").write_text(matrix, encoding="utf-8")
    (tmp_path / "two.toml").write_text(
        '[judgements]\nid = "two"\nkind = "ahp"\n[[nodes]]\nnode = "total"\n'
        'matrices = ["x.csv", "y.csv"]\nexperts = ["x", "y"]\n',
        encoding="utf-8",
    )
    (tmp_path / "d.toml").write_text(
        '[index]\nid = "d"\nversion = "1"\n[sensitivity]\n'
        '[[sensitivity.choices]]\nkind = "experts"\njudgements = "two.toml"\nshares = [0.7, 0.3]\n'
        + "".join(f'[[indicators]]\ncode = "{c}"\ndirection = "+"\n' for c in "ab"),
        encoding="utf-8",
    )
    (drawn,) = gz.Index.from_toml(tmp_path / "d.toml").sensitivity.choices
    assert drawn.levels == ("x", "y")
    assert drawn.shares == (0.7, 0.3)


def test_every_choice_has_a_name_in_both_languages():
    choices = [
        gz.Spread(size=0.25),
        gz.Spread(size=0.25, node="a", shape="normal"),
        gz.Dirichlet(),
        gz.Dirichlet(concentration=50.0, centre="nominal"),
        gz.Within(node="a", upper={"a1": 0.6}),
        gz.CellError(size=0.05),
        gz.CellError(size=0.1, measure="sd"),
        gz.CellError(size=2.0, measure="absolute"),
        gz.CellError(size={"a1": 0.1}),
        gz.Goalposts(size=0.1),
        gz.Exponent(low=0, high=1),
        gz.Exponent(low=0, high=1, node="a"),
        gz.Omit(codes=("a1",)),
        gz.Alternatives(part="weight", of=["equal", "entropy"]),
        gz.Alternatives(part="normalise", of=["minmax", "zscore"]),
        gz.Alternatives(part="aggregate", of=["arithmetic", "geometric"]),
    ]
    for made in choices:
        zh = made.title.get("zh")
        assert any("一" <= c <= "龥" for c in zh), made.label
        assert made.label == made.title.get("en")
    assert gz.Spread(size=0.25, node="a").title == gz.Text(
        "a之下的权重±25%", "weights below a +-25%"
    )


def test_a_choice_is_named_in_one_language_or_in_two(tmp_path):
    one, two = (
        choice({"kind": "omit", "codes": ["a"], "name": "parts"}),
        {
            "kind": "spread",
            "size": 0.1,
            "name": {"zh": "权重扰动", "en": "noise"},
        },
    )
    assert (one.label, one.title.get("zh")) == ("parts", "parts")
    made = choice(two)
    assert (made.label, made.title.get("zh")) == ("noise", "权重扰动")
    assert choice(made.to_dict()) == made
    index = gz.load("tai-2008").replace(sensitivity={"choices": [two]})
    index.to_toml(tmp_path / "i.toml")
    again = gz.Index.from_toml(tmp_path / "i.toml")
    assert again.sensitivity.choices[0].title.get("zh") == "权重扰动"
    u = gz.uncertainty(index, gz.data("tai-2008"), draws=50)
    assert "变动：权重扰动" in u.notes_in("zh")[0]
    assert "draws of: noise" in u.notes_in("en")[0]

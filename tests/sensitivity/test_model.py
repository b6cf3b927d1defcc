"""The compiled model against `evaluate`, draw by draw."""

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index.sensitivity.model import Model

POSITIVE = {"method": "minmax", "to": [1, 100]}


def tree(aggregate=None, pillars=None) -> gz.Framework:
    codes = [f"i{j}" for j in range(9)]
    groups = [gz.Group(code=p, aggregate=(pillars or {}).get(p)) for p in ("a", "b", "c")]
    groups.append(gz.Group(code="total", parent="", aggregate=aggregate))
    return gz.Framework(
        tuple(
            gz.Indicator(
                code=c,
                parent="abc"[j // 3],
                goalposts=(-1.0 if j < 6 else 0.5, 12.0),
                direction=gz.Direction(-1 if j % 4 == 3 else 1),
            )
            for j, c in enumerate(codes)
        ),
        tuple(groups),
    )


def data(n=12, seed=0, gaps=False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(
        rng.uniform(1, 10, (n, 9)),
        index=[f"u{i}" for i in range(n)],
        columns=[f"i{j}" for j in range(9)],
    )
    if gaps:
        x.iloc[2, 1] = x.iloc[5, 4] = x.iloc[5, 3] = np.nan
    return x


def panel(seed=0) -> pd.DataFrame:
    return pd.concat({t: data(seed=seed + t) for t in (2020, 2021)}, names=["year", "unit"])


def local_weights(index, code, w):
    """Return the index with these weights of the children of one group."""
    f = index.framework
    groups = tuple(
        gz.Group(
            code=g.code,
            parent=g.parent,
            aggregate=g.aggregate,
            weigh=dict(zip(f.children(code), w, strict=True)) if g.code == code else g.weigh,
        )
        for g in f.groups
    )
    return index.replace(framework=gz.Framework(f.indicators, groups))


def drawn(choice, u, nominal, codes):
    return choice.weights(u, np.asarray(nominal), codes)[0]


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"aggregate": "geometric"},
        {"aggregate": "harmonic", "pillars": {"a": "geometric"}},
        {"aggregate": "arithmetic", "pillars": {"b": "mpi", "c": {"method": "mean-min", "a": 0.5}}},
        {"aggregate": {"method": "power", "exponent": 0.3}},
        {"aggregate": "topsis"},
    ],
    ids=["additive", "geometric", "harmonic", "penalties", "power", "topsis"],
)
def test_drawn_weights_give_what_evaluate_gives(rules, gaps):
    if gaps and rules.get("aggregate") == "topsis":
        return  # refused: TOPSIS cannot leave out what is missing
    index = gz.Index(
        framework=tree(**rules),
        normalise=POSITIVE,
        missing={"policy": "renormalise", "coverage": 0.3},
    )
    x = data(gaps=gaps)
    spread = gz.Spread(size=0.6)
    model = Model(index, x, [spread], nodes=("total", "b"))
    u = np.random.default_rng(1).random((5, model.width))
    got = model.scores(u)
    sets = spread.sets(index.framework)
    for d in range(5):
        changed, start = index, 0
        for code, k in sets:
            w = drawn(spread, u[[d], start : start + k], np.full(k, 1 / k), ())
            changed, start = local_weights(changed, code, w), start + k
        scores = changed.evaluate(x).scores
        np.testing.assert_allclose(got[d, 0], scores["total"], rtol=1e-12)
        np.testing.assert_allclose(got[d, 1], scores["b"], rtol=1e-12)


@pytest.mark.parametrize("r", [(-2.0, 3.0), (0.2, 4.0)])
@pytest.mark.parametrize("gaps", [False, True])
def test_drawn_exponents_give_what_evaluate_gives(r, gaps):
    index = gz.Index(
        framework=tree(), normalise=POSITIVE, missing={"policy": "renormalise", "coverage": 0.3}
    )
    x = data(gaps=gaps)
    model = Model(index, x, [gz.Exponent(low=r[0], high=r[1], node="total")])
    u = np.linspace(0, 1, 6)[:, None]
    got = model.scores(u)[:, 0]
    for d, exponent in enumerate(np.linspace(*r, 6)):
        rule = {"method": "power", "exponent": float(exponent)}
        changed = index.replace(framework=tree(aggregate=rule))
        np.testing.assert_allclose(got[d], changed.evaluate(x).total, rtol=1e-11)


def test_an_exponent_of_zero_is_the_geometric_mean():
    index = gz.Index(framework=tree(), normalise=POSITIVE)
    model = Model(index, data(), [gz.Exponent(low=-1, high=1)])
    geometric = index.replace(aggregate="geometric").evaluate(data()).total
    np.testing.assert_allclose(model.scores(np.array([[0.5]]))[0, 0], geometric, rtol=1e-12)


def test_exponents_above_zero_take_zeros():
    index = gz.Index(framework=tree(), normalise="minmax")
    model = Model(index, data(), [gz.Exponent(low=0.5, high=2, node="total")])
    rule = {"method": "power", "exponent": 1.25}
    expected = index.replace(framework=tree(aggregate=rule)).evaluate(data()).total
    np.testing.assert_allclose(model.scores(np.array([[0.5]]))[0, 0], expected, rtol=1e-12)
    with pytest.raises(gz.MethodError, match="power mean with exponents down to -1 meets 0 in"):
        Model(index, data(), [gz.Exponent(low=-1, high=2)]).prepare(())


@pytest.mark.parametrize("weight", ["equal", "entropy"])
@pytest.mark.parametrize("normalise", ["goalposts", "zscore", "rank", "minmax"])
def test_errors_of_cells_give_what_evaluate_gives(weight, normalise):
    index = gz.Index(framework=tree(), normalise=normalise, weight=weight)
    if normalise == "zscore" and weight == "entropy":
        return  # entropy refuses negative values
    x = panel()
    error = gz.CellError(size=0.1, measure="sd", indicators=["i1", "i4"])
    model = Model(index, x, [error])
    u = np.random.default_rng(2).random((4, 1))
    got = model.scores(u)[:, 0]
    for d in range(4):
        noise = error.errors(u[[d]], x.to_numpy(), index.framework)[0]
        assert (noise[:, [0, 2, 3, 5, 6, 7, 8]] == 0).all()
        np.testing.assert_allclose(got[d], index.evaluate(x + noise).total, rtol=1e-11)


def test_moved_goalposts_give_what_evaluate_gives():
    index = gz.Index(framework=tree(), normalise="goalposts")
    choice = gz.Goalposts(size=0.2, indicators=["i0", "i3"])
    model = Model(index, data(), [choice])
    u = np.array([[0.0, 1.0, 0.25, 0.5]])
    posts = {"i0": (-1 - 0.2 * 13, 12 + 0.2 * 13), "i3": (-1 - 0.1 * 13, 12.0)}
    f = index.framework
    moved = gz.Framework(
        tuple(
            gz.Indicator(
                code=i.code,
                parent=i.parent,
                direction=i.direction,
                goalposts=posts.get(i.code, i.goalposts),
            )
            for i in f.indicators
        ),
        f.groups,
    )
    expected = index.replace(framework=moved).evaluate(data()).total
    np.testing.assert_allclose(model.scores(u)[0, 0], expected, rtol=1e-12)


def test_alternatives_give_what_evaluate_gives_in_every_combination():
    index = gz.Index(framework=tree(), normalise=POSITIVE)
    x = panel()
    parts = {
        "normalise": [
            POSITIVE,
            {**POSITIVE, "window": "goalposts"},
            {"method": "minmax", "to": [10, 20]},
        ],
        "weight": ["equal", "critic", {"scheme": "pca"}],
        "aggregate": ["arithmetic", "geometric"],
    }
    choices = [gz.Alternatives(part=p, of=v) for p, v in parts.items()]
    choices.append(gz.Omit(codes=["i4", "c"]))
    model = Model(index, x, choices)
    assert model.combinations == 54
    for key in model.variants.combinations():
        changed = index.replace(**{p: v[k] for (p, v), k in zip(parts.items(), key, strict=False)})
        if key[-1]:
            changed = changed.without([("i4", "c")[key[-1] - 1]])
        np.testing.assert_array_equal(model.state(key).scores[0], changed.evaluate(x).total)


def test_alternatives_on_nodes():
    index = gz.Index(framework=tree(), normalise=POSITIVE)
    choices = [
        gz.Alternatives(part="aggregate", node="b", of=["arithmetic", "harmonic"]),
        gz.Alternatives(part="weight", node="a", of=["equal", {"i0": 2, "i1": 1, "i2": 1}]),
        gz.Alternatives(part="goalposts", node="i1", of=[[0, 10], [-5, 20]]),
        gz.Alternatives(part="normalise", node="i1", of=["goalposts", {**POSITIVE}]),
        gz.Alternatives(part="transform", node="i6", of=["", "log"]),
    ]
    model = Model(index, data(), choices)
    from dataclasses import replace

    f = index.framework
    expected = index.replace(
        framework=gz.Framework(
            tuple(
                replace(i, goalposts=(-5, 20), normalise="goalposts")
                if i.code == "i1"
                else replace(i, transform="log")
                if i.code == "i6"
                else i
                for i in f.indicators
            ),
            tuple(
                replace(g, aggregate="harmonic")
                if g.code == "b"
                else replace(g, weigh={"i0": 2, "i1": 1, "i2": 1})
                if g.code == "a"
                else g
                for g in f.groups
            ),
        )
    ).evaluate(data())
    np.testing.assert_array_equal(model.state((1, 1, 1, 0, 1)).scores[0], expected.total)


def test_noise_is_about_the_weights_that_each_scheme_gives():
    index = gz.Index(framework=tree(), normalise="minmax")
    choices = [
        gz.Alternatives(part="weight", of=["equal", "entropy"]),
        gz.Spread(size=0.5, node="total"),
    ]
    model = Model(index, data(), choices)
    u = np.array([[0.9, 0.5, 0.5, 0.5]])  # entropy, no noise
    expected = index.replace(weight="entropy").evaluate(data()).total
    np.testing.assert_allclose(model.scores(u)[0, 0], expected, rtol=1e-13)


def test_weights_that_differ_by_period():
    index = gz.Index(
        framework=tree(), normalise="minmax", weight={"scheme": "entropy", "window": "period"}
    )
    x = panel()
    model = Model(index, x, [gz.Spread(size=0.5)])
    still = model.scores(np.full((1, model.width), 0.5))[0, 0]
    np.testing.assert_allclose(still, index.evaluate(x).total, rtol=1e-13)


def test_weights_of_all_indicators_at_once():
    index = gz.Index(framework=tree(), normalise="minmax")
    choice = gz.Dirichlet(over="leaves")
    model = Model(index, data(), [choice])
    u = np.random.default_rng(3).random((4, 9))
    w = -np.log1p(-u)
    w /= w.sum(axis=1, keepdims=True)
    z = index.evaluate(data()).normalised.to_numpy()
    np.testing.assert_allclose(model.scores(u)[:, 0], w @ z.T, rtol=1e-12)


def test_what_is_left_out_is_left_out_of_the_noise_too():
    index = gz.Index(framework=tree(), normalise="minmax")
    choices = [gz.Omit(codes=["i0"], none=True), gz.Spread(size=0.5)]
    model = Model(index, data(), choices)
    u = np.full((1, model.width), 0.5)
    u[0, 0] = 0.9
    expected = index.without(["i0"]).evaluate(data()).total
    np.testing.assert_allclose(model.scores(u)[0, 0], expected, rtol=1e-13)


def test_tables_of_data():
    index = gz.Index(framework=tree(), normalise="minmax")
    x, other = data(), data(seed=5)
    model = Model(index, x, [gz.Tables(of={"first": x, "second": other.iloc[::-1]})])
    np.testing.assert_array_equal(model.state((0,)).scores[0], index.evaluate(x).total)
    expected = index.evaluate(other).total
    np.testing.assert_allclose(model.state((1,)).scores[0], expected, rtol=1e-15)
    with pytest.raises(gz.DataError, match="'short' does not have the rows of the data"):
        Model(index, x, [gz.Tables(of={"a": x, "short": x.iloc[:5]})]).prepare(())


# -- refusals --------------------------------------------------------------------------------------


def test_a_combination_that_cannot_work_is_refused_by_name_before_the_run():
    index = gz.Index(framework=tree(), normalise="minmax")
    choices = [
        gz.Alternatives(part="normalise", of=[POSITIVE, "minmax"], labels=["1-100", "0-1"]),
        gz.Alternatives(part="aggregate", of=["arithmetic", "geometric"]),
    ]
    told = []
    with pytest.raises(
        gz.MethodError,
        match=r"combination normalise = 0-1, aggregate = geometric: score of 'a': geometric: .* "
        r"not above zero .*first: 0.0 at u\d",
    ):
        gz.uncertainty(index, data(), choices, draws=50, progress=lambda at, n: told.append(at))
    assert told == []


def test_a_draw_that_fails_is_an_error_and_not_a_gap():
    x = data()
    index = gz.Index(
        framework=gz.Framework(tuple(gz.Indicator(code=c, transform="log") for c in x.columns)),
        normalise="minmax",
    )
    with pytest.raises(gz.DataError, match="a draw: a value is outside the domain"):
        gz.uncertainty(index, x, [gz.CellError(size=3.0)], draws=50)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ([gz.Omit(codes=["i99"])], "omit: no node 'i99'"),
        ([gz.Omit(codes=["total", "a"])], "the whole index cannot be left out"),
        ([gz.Spread(node="i1")], "'i1' has no two children"),
        ([gz.Spread(), gz.Dirichlet(node="a")], "varies the same as 'weights \\+-25%'"),
        ([gz.Spread(name="x"), gz.Exponent(low=0, high=1, name="x")], "two choices have this name"),
        ([gz.Alternatives(part="goalposts", of=[[0, 1], [0, 2]])], "names no node"),
        ([gz.Alternatives(part="weight", node="i1", of=["equal", "pca"])], "wrong kind of node"),
        ([gz.CellError(size={"a": 0.1})], "'a' is a group"),
        ([gz.Exponent(low=0, high=1, node="i2")], "'i2' is an indicator"),
    ],
)
def test_choices_that_do_not_fit_the_tree(choices, message):
    index = gz.Index(framework=tree(), normalise="minmax")
    with pytest.raises(gz.DefinitionError, match=message):
        Model(index, data(), choices)


def test_a_node_that_is_followed_cannot_be_left_out():
    index = gz.Index(framework=tree(), normalise="minmax")
    with pytest.raises(gz.DefinitionError, match="'b' is asked for and left out"):
        Model(index, data(), [gz.Omit(codes=["b", "i0"])], nodes=("total", "b"))


def test_nothing_to_vary():
    index = gz.Index(framework=tree(), normalise="minmax")
    with pytest.raises(gz.MethodError, match=r"has no \[sensitivity\] table"):
        Model(index, data())


def test_an_alternative_for_the_weights_of_the_root_leaves_those_below_alone():
    index = gz.Index(framework=tree(), normalise="minmax", weight="equal")
    weights = {"a": 3, "b": 1, "c": 1}
    model = Model(
        index, data(), [gz.Alternatives(part="weight", node="total", of=["equal", weights])]
    )
    from dataclasses import replace

    f = index.framework
    groups = tuple(replace(g, weigh=weights) if g.code == "total" else g for g in f.groups)
    expected = index.replace(framework=gz.Framework(f.indicators, groups)).evaluate(data()).total
    np.testing.assert_array_equal(model.state((1,)).scores[0], expected)


def test_limits_on_a_weight_that_may_be_left_out_are_refused_before_the_run():
    index = gz.Index(framework=tree(), normalise="minmax")
    choices = [gz.Within(lower={"a": 0.4}), gz.Omit(codes=["a", "b"])]
    with pytest.raises(gz.DefinitionError, match="combination omit = a: .*\n.*no weight 'a'"):
        Model(index, data(), choices).prepare(())


def test_a_tree_without_two_siblings_has_no_weights_to_vary():
    index = gz.Index(framework=gz.Framework((gz.Indicator(code="i0"),)))
    with pytest.raises(gz.DefinitionError, match="no group has two children"):
        Model(index, data()[["i0"]], [gz.Spread()])


def test_other_tables_of_an_index_that_drops_units():
    index = gz.Index(framework=tree(), normalise="minmax", missing="drop")
    x = data(gaps=True)
    model = Model(index, x, [gz.Tables(of={"as it is": x, "filled": x.fillna(5.0)})])
    np.testing.assert_array_equal(model.state((0,)).scores[0], index.evaluate(x).total)
    kept = index.evaluate(x).total.index
    expected = index.evaluate(x.fillna(5.0).loc[kept]).total
    np.testing.assert_allclose(model.state((1,)).scores[0], expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("other", "part", "of"),
    [
        (gz.Exponent(low=0.5, high=1), "aggregate", ["arithmetic", "geometric"]),
        (gz.Within(lower={"a": 0.1}, node="total"), "weight", ["equal", "std"]),
        (gz.Dirichlet(centre="equal"), "weight", ["equal", "std"]),
    ],
)
def test_a_choice_that_another_makes_void_is_refused(other, part, of):
    index = gz.Index(id="t", framework=tree(), normalise=POSITIVE)
    node = "total" if isinstance(other, gz.Within) else None
    choices = [other, gz.Alternatives(part=part, of=of, node=node)]
    with pytest.raises(
        gz.DefinitionError, match=rf"{part}.*: has no effect, as .* takes its place"
    ):
        Model(index, data(), choices)


def test_goalposts_that_nothing_looks_at_are_refused():
    index = gz.Index(id="t", framework=tree(), normalise="zscore")
    with pytest.raises(gz.DefinitionError, match="no normalising looks at goalposts"):
        Model(index, data(), [gz.Goalposts(size=0.1)])


def test_a_draw_that_fails_names_the_unit():
    index = gz.Index(id="t", framework=tree(), normalise="minmax")
    with pytest.raises(gz.MethodError, match=r"meets 0 in .* of u\d+"):
        gz.uncertainty(index, data(), [gz.Exponent(low=-1, high=1)], draws=10)


def test_the_coverage_may_vary():
    index = gz.Index(id="t", framework=tree(), missing={"policy": "renormalise", "coverage": 0.3})
    of = [{"policy": "renormalise", "coverage": c} for c in (0.3, 0.7)]
    choices = [gz.Alternatives(part="missing", of=of)]
    model = Model(index, data(gaps=True), choices)
    for key in ((0,), (1,)):
        expected = index.replace(missing=of[key[0]]).evaluate(data(gaps=True)).total
        np.testing.assert_array_equal(model.nominal_of(key)[0], expected.to_numpy())
    assert (model.nominal_of((0,)) != model.nominal_of((1,))).any()
    assert gz.choices.choice(choices[0].to_dict()) == choices[0]


def test_policies_that_change_the_units_are_no_alternatives():
    with pytest.raises(gz.MethodError, match="missing = 'drop' cannot be an alternative"):
        gz.Alternatives(part="missing", of=["drop", "renormalise"])
    index = gz.Index(id="t", framework=tree())
    of = [{"policy": "renormalise", "coverage": c} for c in (0.3, 0.9)]
    with pytest.raises(gz.DefinitionError, match="the policy of the index is 'error'"):
        Model(index, data(), [gz.Alternatives(part="missing", of=of)])

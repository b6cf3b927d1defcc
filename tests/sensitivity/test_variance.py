import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz

POSITIVE = {"method": "minmax", "to": [1, 100]}


def small(n=8, seed=0, **parts):
    rng = np.random.default_rng(seed)
    codes = [f"i{j}" for j in range(4)]
    x = pd.DataFrame(rng.uniform(1, 9, (n, 4)), index=[f"u{i}" for i in range(n)], columns=codes)
    framework = gz.Framework(tuple(gz.Indicator(code=c) for c in codes))
    return gz.Index(framework=framework, normalise=POSITIVE, **parts), x


def discrete():
    return [
        gz.Alternatives(part="weight", of=["equal", "entropy", "critic"]),
        gz.Alternatives(part="aggregate", of=["arithmetic", "geometric"], shares=[0.75, 0.25]),
        gz.Omit(codes=["i1", "i3"]),
    ]


def test_exact_shares_are_those_of_the_factorial():
    index, x = small()
    s = gz.sobol(index, x, discrete())
    assert s.exact
    rows, p = [], []
    for w in ("equal", "entropy", "critic"):
        for a, share in (("arithmetic", 0.75), ("geometric", 0.25)):
            for gone in ([], ["i1"], ["i3"]):
                changed = index.replace(weight=w, aggregate=a)
                changed = changed.without(gone) if gone else changed
                rows.append(changed.evaluate(x).ranks["total"].to_numpy(float))
                p.append(share / 9)
    ranks, p = np.array(rows).reshape(3, 2, 3, 8), np.array(p).reshape(3, 2, 3)
    nominal = index.evaluate(x).ranks["total"].to_numpy()
    shift = np.abs(ranks - nominal).mean(axis=-1)
    mean = (p * shift).sum()
    variance = (p * (shift - mean) ** 2).sum()
    by_weight = (p * shift).sum(axis=(1, 2)) * 3
    got = s.of("shift")
    first = ((by_weight - mean) ** 2).mean() / variance
    assert got.loc["weight", "first"] == pytest.approx(first, rel=1e-12)
    means = (p * shift).sum(axis=0) / p.sum(axis=0)
    left = (p * (shift - means) ** 2).sum() / variance
    assert got.loc["weight", "total"] == pytest.approx(left, rel=1e-12)
    assert got["shapley"].sum() == pytest.approx(1, rel=1e-12)
    assert (got["first"] <= got["shapley"] + 1e-12).all()
    assert (got["shapley"] <= got["total"] + 1e-12).all()
    assert set(s.targets) == {"shift", *(f"{k} u{i}" for k in ("score", "rank") for i in range(8))}


def test_the_estimate_agrees_with_the_exact_shares():
    index, x = small()
    exact = gz.sobol(index, x, discrete(), targets=["score", ("u0", "u1")])
    found = gz.sobol(
        index, x, discrete(), targets=["score", ("u0", "u1")], budget=0, points=2048, seed=2
    )
    assert not found.exact
    e, f = exact.to_frame(), found.to_frame()
    for name in ("first", "total"):
        # 95 % intervals of 27 shares, on the safe side
        inside = (f[f"{name}_low"] <= e[name]) & (e[name] <= f[f"{name}_high"])
        assert inside.mean() >= 0.9
        assert np.abs(f[name] - e[name]).max() < 0.06


def test_a_choice_that_changes_nothing_has_index_zero():
    index, x = small()
    same = gz.Alternatives(
        part="weight", of=["equal", {"scheme": "equal", "over": "leaves"}], name="twice the same"
    )
    other = gz.Alternatives(part="aggregate", of=["arithmetic", "geometric"])
    exact = gz.sobol(index, x, [same, other]).to_frame()
    none = exact.xs("twice the same", level="choice")
    assert (none.dropna() == 0).all().all()
    assert none["first"].notna().any()
    found = gz.sobol(index, x, [same, other], budget=0, points=64, targets=["score"])
    none = found.to_frame().xs("twice the same", level="choice")
    assert (none == 0).all().all()


def test_groups_of_choices():
    index, x = small()
    whole = gz.sobol(index, x, discrete(), targets=["shift"])
    grouped = gz.sobol(
        index, x, discrete(), targets=["shift"], groups={"method": ["aggregate", "weight"]}
    )
    got = grouped.of("shift")
    assert got.index.tolist() == ["method", "omit"]
    # what remains when both are settled is the total index of the other
    assert got.loc["method", "first"] == pytest.approx(
        1 - whole.of("shift").loc["omit", "total"], abs=1e-12
    )
    sampled = gz.sobol(
        index,
        x,
        [*discrete(), gz.Spread(size=0.3)],
        targets=["shift"],
        groups={"method": ["aggregate", "weight"]},
        points=512,
    )
    assert sampled.of("shift").index.tolist() == ["method", "omit", "weights +-30%"]
    with pytest.raises(gz.DefinitionError, match="no choice 'nothing'"):
        gz.sobol(index, x, discrete(), groups={"a": ["nothing"]})
    with pytest.raises(gz.DefinitionError, match="stands in two groups"):
        gz.sobol(index, x, discrete(), groups={"a": ["omit"], "b": ["omit"]})


def test_pairs():
    index, x = small()
    s = gz.sobol(index, x, discrete(), targets=["shift"])
    pairs = s.pairs().loc["shift"]["second"]
    three = 1 - s.of("shift")["first"].sum() - pairs.sum()
    assert -1e-12 <= three <= 1
    expected = s.of("shift").loc["weight", "total"] - s.of("shift").loc["weight", "first"]
    assert pairs.xs("weight", level="choice").sum() + three == pytest.approx(expected, abs=1e-12)
    with pytest.raises(gz.MethodError, match="pairs were not estimated"):
        gz.sobol(index, x, discrete(), budget=0, points=16).pairs()
    found = gz.sobol(index, x, discrete(), budget=0, points=64, second=True, targets=["score"])
    assert found.pairs().columns.tolist() == ["second", "second_low", "second_high"]


def test_the_same_seed_gives_the_same_bits_for_any_workers():
    index, x = small(n=20)
    choices = [*discrete(), gz.Spread(size=0.4), gz.CellError(size=0.02)]
    one, two, third = (
        gz.sobol(index, x, choices, points=64, seed=3, resamples=50, **how).to_frame()
        for how in ({}, {"n_jobs": 2}, {"max_memory": "30 MB"})
    )
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    pd.testing.assert_frame_equal(one, third, check_exact=True)


def test_a_panel_and_a_pillar():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    s = gz.sobol(
        index,
        data,
        [gz.Spread(size=0.4), gz.Alternatives(part="normalise", of=["minmax", "rank"])],
        node="data",
        period=2018,
        targets=["rank"],
        points=64,
    )
    assert len(s.targets) == 31
    assert s.targets[0] == "rank 北京市"


def test_outputs_that_do_not_vary_are_named():
    index, x = small()
    x.loc["u0"] = 9.5  # the best on everything
    s = gz.sobol(index, x, discrete(), targets=["rank"])
    assert s.to_frame().loc["rank u0"].isna().all().all()
    assert any("does not vary" in n and "rank u0" in n for n in s.notes)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"targets": ["scores"]}, "no target 'scores'"),
        ({"targets": [("u0", "nobody")]}, "no row 'nobody'"),
        ({"budget": 0, "points": 100}, "take 64 or 128"),
        ({"budget": 0, "points": 64, "max_memory": "1 kB"}, "max_memory"),
        ({"budget": 0, "points": 64, "level": 2}, "level = 2"),
    ],
)
def test_refusals(how, message):
    index, x = small()
    with pytest.raises((gz.MethodError, gz.NotFoundError), match=message):
        gz.sobol(index, x, discrete(), **how)


def test_an_unknown_target_is_told_by_name():
    index, x = small()
    with pytest.raises(gz.NotFoundError, match="no target 'score nobody'"):
        gz.sobol(index, x, discrete()).of("score nobody")


def test_it_is_saved(tmp_path):
    from gz_index.study import Saved

    index, x = small()
    s = gz.sobol(index, x, discrete())
    s.save(tmp_path / "s")
    back = Saved.load(tmp_path / "s")
    pd.testing.assert_frame_equal(back.tables["table"], s.to_frame())
    assert back.settings["exact"] is True


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_permuting_the_units_permutes_the_shares(seed):
    index, x = small(n=6, seed=seed)
    order = np.random.default_rng(seed).permutation(6)
    a = gz.sobol(index, x, discrete()).to_frame()
    b = gz.sobol(index, x.iloc[order], discrete()).to_frame()
    pd.testing.assert_frame_equal(a, b.loc[a.index], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("budget", [10_000, 0])
def test_memory_stays_within_its_bound(budget):
    import tracemalloc

    rng = np.random.default_rng(0)
    codes = [f"i{j}" for j in range(6)]
    x = pd.DataFrame(rng.uniform(1, 9, (150, 6)), columns=codes)
    index = gz.Index(
        framework=gz.Framework(tuple(gz.Indicator(code=c) for c in codes)), normalise=POSITIVE
    )
    choices = [
        gz.Alternatives(part="weight", of=["equal", "std", "cv"]),
        gz.Alternatives(part="aggregate", of=["arithmetic", "geometric"]),
        gz.Omit(codes=codes[:5]),
    ]

    def peak(limit: int) -> int:
        tracemalloc.start()
        try:
            gz.sobol(index, x, choices, budget=budget, points=256, max_memory=limit)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    with pytest.raises(gz.MethodError, match="max_memory"):
        peak(300_000)
    limit = 3_000_000 if budget else 86_000_000
    # what evaluated combinations and the data take is not counted
    held = 36 * (150 * (6 + 2) * 8 * 3 + 20_000)
    assert peak(limit) - held <= 1.2 * limit


def test_few_points_do_not_hide_a_choice_of_two_levels():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    for seed in (0, 4, 5):
        shares = gz.sobol(index, data, points=32, targets=["shift"], period=2022, seed=seed)
        assert shares.of("shift").loc["normalisation", "total"] > 0.1


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"targets": []}, gz.MethodError, "no targets"),
        ({"targets": [("FI", "XX")]}, gz.NotFoundError, "no row 'XX' in this study"),
        ({"seed": -1}, gz.MethodError, "seed = -1"),
        ({"seed": "a"}, gz.MethodError, "seed = 'a'"),
        ({"max_memory": "1.2.3 GB"}, gz.MethodError, "max_memory = '1.2.3 GB'"),
    ],
)
def test_arguments_that_make_no_sense_are_named(how, error, message):
    index, data = gz.load("desi-2022"), gz.data("desi-2022")
    with pytest.raises(error, match=re.escape(message)):
        gz.sobol(index, data, [gz.Spread(size=0.1)], **{"points": 16, **how})


def test_a_unit_of_a_panel_is_no_row_of_it():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    with pytest.raises(gz.NotFoundError, match="no row '广东省' in this study"):
        gz.sobol(index, data, [gz.Spread(size=0.1)], points=16, targets=[("广东省", "北京市")])


def test_a_group_may_not_be_called_like_a_choice_outside_it():
    index, data = gz.load("desi-2022"), gz.data("desi-2022")
    choices = [gz.Spread(size=0.1, node=n, name=n) for n in ("1", "2", "3")]
    with pytest.raises(gz.DefinitionError, match="groups.3: is the name of a choice outside it"):
        gz.sobol(index, data, choices, points=16, groups={"3": ["1", "2"]})

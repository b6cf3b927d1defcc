import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gz_index as gz
from gz_index.sensitivity.blocks import Blocks, RandomPoints, amount, memory, one_thread
from gz_index.sensitivity.model import Model


def small(n=9, k=4, seed=0, **parts):
    rng = np.random.default_rng(seed)
    codes = [f"i{j}" for j in range(k)]
    x = pd.DataFrame(rng.uniform(1, 9, (n, k)), index=[f"u{i}" for i in range(n)], columns=codes)
    framework = gz.Framework(tuple(gz.Indicator(code=c) for c in codes))
    return gz.Index(framework=framework, **parts), x


@pytest.fixture(scope="module")
def desi():
    return gz.load("desi-2022"), gz.data("desi-2022")


def scores_by_hand(index, x, choices, draws, seed):
    """Every score, from the same points, block after block."""
    model = Model(index, x, choices)
    blocks = Blocks.of(draws, model.cells)
    points = RandomPoints(model.width, seed)
    with one_thread():
        parts = [model.scores(points.block(b, *blocks.span(b)))[:, 0] for b in range(blocks.count)]
    return np.concatenate(parts)


def test_the_tables_are_what_the_draws_say():
    index, x = small(n=12, ties="average")
    choices = [gz.Spread(size=0.9), gz.Alternatives(part="normalise", of=["minmax", "rank"])]
    u = gz.uncertainty(index, x, choices, draws=3000, seed=5, level=0.8)
    s = scores_by_hand(index, x, choices, 3000, 5)
    table = u.scores
    np.testing.assert_allclose(table["mean"], s.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(table["sd"], s.std(axis=0, ddof=1), rtol=1e-10)
    tails = [(1 - 0.8) / 2, 0.5, 1 - (1 - 0.8) / 2]
    quantiles = np.quantile(s, tails, axis=0)
    np.testing.assert_array_equal(table[["low", "median", "high"]].to_numpy().T, quantiles)
    np.testing.assert_array_equal(
        table[["min", "max"]].to_numpy().T, [s.min(axis=0), s.max(axis=0)]
    )
    r = pd.DataFrame(s).rank(axis=1, ascending=False, method="average").to_numpy()
    nominal = index.evaluate(x).ranks["total"].to_numpy()
    ranks = u.ranks
    np.testing.assert_array_equal(ranks["nominal"], nominal)
    np.testing.assert_allclose(ranks["mean"], r.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(ranks["sd"], r.std(axis=0), rtol=1e-9, atol=1e-12)
    expected = np.quantile(r, [0.1, 0.5, 0.9], axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(ranks[["low", "median", "high"]].to_numpy().T, expected)
    np.testing.assert_array_equal(ranks[["best", "worst"]].to_numpy().T, [r.min(0), r.max(0)])
    away = np.abs(r - nominal)
    np.testing.assert_allclose(ranks["shift"], away.mean(axis=0), rtol=1e-12)
    assert u.shift == pytest.approx(away.mean(), rel=1e-12)
    np.testing.assert_allclose(u.shifts, away.mean(axis=1), rtol=1e-12)
    assert u.outside == int(((nominal < expected[0]) | (nominal > expected[2])).sum())
    np.testing.assert_allclose(u.top(3), (r <= 3).mean(axis=0), rtol=1e-12)
    above = (s[:, :, None] > s[:, None, :]).mean(axis=0) + 0.5 * (
        s[:, :, None] == s[:, None, :]
    ).mean(axis=0)
    np.fill_diagonal(above, np.nan)
    np.testing.assert_allclose(u.winning(), above, rtol=1e-12)
    pairs = u.indistinct()
    lower = np.triu(np.fmax(above, above.T) < 0.8, 1)
    assert len(pairs) == lower.sum() > 0
    first = pairs.iloc[0]
    total = index.evaluate(x).total
    assert total[first["above"]] >= total[first["below"]]
    i, j = x.index.get_loc(first["above"]), x.index.get_loc(first["below"])
    assert first["share"] == pytest.approx(above[i, j])
    gap = u.gap("u0", "u3")
    assert gap["mean"] == pytest.approx((s[:, 0] - s[:, 3]).mean(), rel=1e-9)
    assert gap["above"] == pytest.approx(above[0, 3])


def test_a_share_of_ranks_for_every_rank(desi):
    u = gz.uncertainty(*desi, [gz.Spread(size=0.5)], draws=4000, seed=1)
    p = u.rank_frequencies()
    assert p.shape == (28, 28)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(p.sum(axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize("keep", [True, False])
def test_the_same_seed_gives_the_same_bits_for_any_workers_and_memory(desi, keep):
    choices = [
        gz.Spread(size=0.3),
        gz.Alternatives(part="aggregate", node="1", of=["arithmetic", {"method": "mean-min"}]),
    ]
    index, data = desi
    index = index.replace(normalise={"method": "minmax", "window": "goalposts", "to": [1, 100]})

    def made(**how):
        u = gz.uncertainty(index, data, choices, draws=9000, seed=7, keep=keep, **how)
        return u.to_frame(), u.rank_frequencies()

    one, two = made(), made(n_jobs=2)
    third, fourth = made(max_memory="200 MB"), made(max_memory="4 GB", n_jobs=2)
    for a, b, c, d in zip(one, two, third, fourth, strict=True):
        pd.testing.assert_frame_equal(a, b, check_exact=True)
        pd.testing.assert_frame_equal(a, c, check_exact=True)
        pd.testing.assert_frame_equal(a, d, check_exact=True)


def test_another_seed_gives_other_draws(desi):
    a, b = (gz.uncertainty(*desi, [gz.Spread()], draws=100, seed=s).scores for s in (0, 1))
    assert not np.allclose(a["mean"], b["mean"], rtol=1e-9)


def test_the_streams_of_blocks_do_not_repeat():
    points = RandomPoints(3, 0)
    a, b = points.block(0, 0, 50), points.block(1, 50, 100)
    assert not np.isin(a, b).any()


def test_nothing_of_the_world_is_changed(desi):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    before = desi[1].copy()
    gz.uncertainty(*desi, [gz.Spread()], draws=100)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    pd.testing.assert_frame_equal(desi[1], before)


def test_memory_stays_within_its_bound():
    index, x = small(n=400, k=10)
    limit = 40_000_000
    tracemalloc.start()
    try:
        u = gz.uncertainty(index, x, [gz.Spread()], draws=20_000, max_memory=limit)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 1.2 * limit
    with pytest.raises(gz.MethodError, match="the scores of the draws were not kept"):
        u.gap("u1", "u2")
    assert "median" not in u.scores


def test_bounds_that_cannot_be_kept_are_refused_before_the_run():
    index, x = small(n=400, k=10)
    with pytest.raises(gz.MethodError, match=r"counting the ranks of 400 rows .* takes"):
        gz.uncertainty(index, x, [gz.Spread()], draws=100, max_memory="100 kB")
    with pytest.raises(gz.MethodError, match=r"keeping every score takes 64 MB"):
        gz.uncertainty(index, x, [gz.Spread()], draws=20_000, keep=True, max_memory="50 MB")


def test_an_interrupt_leaves_no_result(tmp_path, desi):
    def stop(at, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gz.uncertainty(*desi, [gz.Spread()], draws=10_000, progress=stop).save(tmp_path / "u")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told(desi):
    told = []
    gz.uncertainty(*desi, [gz.Spread()], draws=5000, progress=lambda at, n: told.append((at, n)))
    assert told[-1] == (5000, 5000)
    assert [a for a, _ in told] == sorted(a for a, _ in told)


def test_pillars_and_periods():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    choices = [gz.Spread(size=0.4)]
    u = gz.uncertainty(index, data, choices, draws=500, seed=2, nodes=("total", "data"))
    assert u.ranks.shape[0] == 310
    assert u.ranks["worst"].max() <= 31
    f = u.rank_frequencies("data")
    year = f.index.get_level_values("year") == 2018
    np.testing.assert_allclose(f[year].sum(axis=0), 1, rtol=1e-12)
    one = gz.uncertainty(
        index, data, choices, draws=500, seed=2, nodes=("total", "data"), period=2018
    )
    assert one.ranks.index.tolist() == f[year].index.get_level_values("province").tolist()
    np.testing.assert_allclose(one.rank_frequencies("data"), f[year], atol=1e-12)
    with pytest.raises(gz.NotFoundError, match="no period 1999; there are 2013"):
        gz.uncertainty(index, data, choices, period=1999)
    with pytest.raises(gz.NotFoundError, match="'open' was not followed"):
        u.rank_table("open")
    with pytest.raises(gz.MethodError, match="units of different periods are not compared"):
        u.winning()


def test_units_without_a_score_are_left_out_and_named():
    index, x = small(missing={"policy": "renormalise", "coverage": 0.7})
    x.iloc[3, :3] = np.nan
    u = gz.uncertainty(index, x, [gz.Spread()], draws=200)
    assert "u3" not in u.ranks.index
    assert len(u.ranks) == 8
    assert any("left out" in n and "u3" in n for n in u.notes)
    assert u.ranks["worst"].max() <= 8  # no rank is a number out of nowhere (pitfall 26)


def test_it_is_saved_and_read(tmp_path, desi):
    u = gz.uncertainty(*desi, [gz.Spread()], draws=500)
    u.save(tmp_path / "u")
    from gz_index.study import Saved

    back = Saved.load(tmp_path / "u")
    assert (back.kind, back.settings["draws"]) == ("uncertainty", 500)
    pd.testing.assert_frame_equal(back.tables["ranks"], u.ranks)
    assert (tmp_path / "u" / "table.csv").read_bytes()[:3] == b"\xef\xbb\xbf"
    with pytest.raises(gz.DataError, match="exists already"):
        u.save(tmp_path / "u")
    u.save(tmp_path / "u", overwrite=True)
    with pytest.raises(gz.DataError, match="holds no saved study"):
        Saved.load(tmp_path)
    assert "uncertainty of Digital Economy" in repr(u)
    assert "<table" in u._repr_html_()


def test_the_definition_says_what_varies(desi):
    index, data = desi
    index = index.replace(sensitivity={"draws": 300, "seed": 4, "choices": [{"kind": "spread"}]})
    u = gz.uncertainty(index, data)
    assert (u.draws, u.seed) == (300, 4)
    given = gz.uncertainty(desi[0], data, [gz.Spread()], draws=300, seed=4)
    pd.testing.assert_frame_equal(u.to_frame(), given.to_frame())


def test_more_combinations_than_are_tried_beforehand(monkeypatch):
    monkeypatch.setattr("gz_index.sensitivity.model.TRIED", 3)
    index, x = small(normalise={"method": "minmax", "to": [1, 2]})
    choices = [
        gz.Alternatives(part="weight", of=["equal", "entropy"]),
        gz.Alternatives(part="aggregate", of=["arithmetic", "geometric"]),
    ]
    u = gz.uncertainty(index, x, choices, draws=400)
    monkeypatch.undo()
    pd.testing.assert_frame_equal(
        u.to_frame(), gz.uncertainty(index, x, choices, draws=400).to_frame()
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.floats(0.05, 1))
def test_permuting_the_units_permutes_everything(seed, size):
    index, x = small(n=7, seed=seed)
    order = np.random.default_rng(seed).permutation(7)
    a = gz.uncertainty(index, x, [gz.Spread(size=size)], draws=64, seed=seed)
    b = gz.uncertainty(index, x.iloc[order], [gz.Spread(size=size)], draws=64, seed=seed)
    pd.testing.assert_frame_equal(
        a.rank_frequencies().iloc[order], b.rank_frequencies(), check_exact=True
    )
    np.testing.assert_allclose(a.scores.iloc[order], b.scores, rtol=1e-12)


def test_units_that_are_the_same_tie_in_every_draw():
    index, x = small(n=30, k=6)
    x.iloc[17] = x.iloc[4]
    u = gz.uncertainty(index, x, [gz.Spread(size=0.9)], draws=500, seed=3)
    p = u.rank_frequencies()
    np.testing.assert_array_equal(p.loc["u4"], p.loc["u17"])
    assert u.winning().loc["u4", "u17"] == 0.5


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"draws": 1}, "draws = 1"),
        ({"level": 1.0}, "level = 1.0"),
        ({"n_jobs": 0}, "n_jobs = 0"),
        ({"max_memory": "lots"}, "max_memory = 'lots'"),
        ({"progress": "spinner"}, "progress = 'spinner'"),
    ],
)
def test_refusals(desi, how, message):
    with pytest.raises(gz.MethodError, match=message):
        gz.uncertainty(*desi, [gz.Spread()], **({"draws": 100} | how))


def test_amounts_of_memory():
    assert [memory(m) for m in ("1GB", "1 GiB", "500kB", 77)] == [10**9, 2**30, 500_000, 77]
    assert amount(1_500_000) == "1.5 MB"


@pytest.mark.parametrize("bar", ["rich", "tqdm"])
def test_bars(desi, bar, capfd):
    gz.uncertainty(*desi, [gz.Spread()], draws=3000, progress=bar)
    out = capfd.readouterr()
    assert "3000" in out.out + out.err or "100%" in out.out + out.err


def test_a_bar_that_is_not_installed_names_the_extra(desi, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(gz.MissingExtraError, match=r"gz-index\[progress\]"):
        gz.uncertainty(*desi, [gz.Spread()], draws=100, progress="tqdm")


def test_the_index_is_always_followed(desi):
    index, data = desi
    u = gz.uncertainty(index, data, [gz.Spread(size=0.1)], draws=50, nodes="1")
    assert u.model.nodes == ("total", "1")
    assert u.rank_table("1").shape[0] == len(data)
    assert "total" not in repr(u.ranks.columns)


def test_all_workers_count_in_the_bound_on_memory(desi, monkeypatch):
    index, data = desi
    import joblib

    monkeypatch.setattr(joblib, "cpu_count", lambda: 400)
    with pytest.raises(gz.MethodError, match="counting the ranks of"):
        gz.uncertainty(index, data, [gz.Spread(size=0.1)], draws=50, n_jobs=-1, max_memory="100 MB")


def test_kept_scores_fit_with_all_else(desi):
    index, data = desi
    need = 50_000 * len(data) * 8
    with pytest.raises(gz.MethodError, match="with all else"):
        gz.uncertainty(
            index, data, [gz.Spread(size=0.1)], draws=50_000, keep=True, max_memory=need + 1000
        )

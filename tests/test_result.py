from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gz_index as gz


@pytest.fixture(scope="module")
def provinces():
    return gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))


@pytest.fixture(scope="module")
def desi():
    return gz.load("desi-2022").evaluate(gz.data("desi-2022"))


@pytest.mark.parametrize("which", ["provinces", "desi"])
def test_a_saved_result_loads_bit_for_bit(which, tmp_path, request):
    r = request.getfixturevalue(which)
    r.save(tmp_path / "out")
    again = gz.IndexResult.load(tmp_path / "out")
    first = (tmp_path / "out" / "scores.csv").read_text("utf-8-sig").splitlines()[0]
    assert first.endswith(",".join(r.to_frame()))
    assert np.array_equal(again.values, r.values, equal_nan=True)
    pd.testing.assert_frame_equal(again.scores, r.scores)
    pd.testing.assert_frame_equal(again.ranks, r.ranks)
    pd.testing.assert_frame_equal(again.weights, r.weights)
    pd.testing.assert_frame_equal(again.contributions, r.contributions)
    assert again.index == r.index
    assert again.counts == r.counts
    assert set(again.notes) == set(r.notes)
    data = gz.data(r.index.data)
    assert np.array_equal(again.index.evaluate(data, scale=again.scale).total, r.total)


def test_saving_is_all_or_nothing(desi, tmp_path, monkeypatch):
    with pytest.raises(gz.DataError, match="exists already"):
        desi.save(tmp_path)

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="disk full"):
        desi.save(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_overwriting_replaces_a_result_and_nothing_else(desi, tmp_path):
    desi.save(tmp_path / "out")
    desi.save(tmp_path / "out", overwrite=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("years of work")
    with pytest.raises(gz.DataError, match="exists already"):
        desi.save(tmp_path / "mine", overwrite=True)


def test_an_altered_result_is_noticed(desi, tmp_path):
    folder = desi.save(tmp_path / "out")
    data = pd.read_parquet(folder / "data.parquet")
    data.iloc[0, 0] += 1e-9
    data.to_parquet(folder / "data.parquet")
    with pytest.raises(gz.DataError, match="was altered"):
        gz.IndexResult.load(folder)
    with pytest.raises(gz.DataError, match="holds no saved result"):
        gz.IndexResult.load(tmp_path / "nothing")


def test_the_hashes_depend_on_data_and_definition_only(desi):
    again = gz.load("desi-2022").evaluate(gz.data("desi-2022"))
    assert again.data_hash == desi.data_hash
    data = gz.data("desi-2022")
    data.iloc[3, 4] *= 1.0001
    assert gz.load("desi-2022").evaluate(data).data_hash != desi.data_hash


def test_tables_are_sorted_and_named_in_the_language_asked_for(provinces):
    zh = provinces.to_frame(lang="zh")
    assert list(zh)[:2] == ["排名", "总指数"]
    assert "数据价值转化活力区" in zh or any("数据" in c for c in zh)
    first = zh.xs(2022, level="year", drop_level=False)["排名"]
    assert first.is_monotonic_increasing
    assert list(provinces.to_frame(lang="en"))[:2] == ["Rank", "Index"]


def test_the_views_are_short_and_safe():
    f = gz.Framework((gz.Indicator(code="a"),))
    data = pd.DataFrame({"a": [1.0, 2.0]}, index=["<script>alert(1)</script>", "y"])
    r = gz.Index(framework=f, name="<b>x</b>").evaluate(data)
    assert "<script>" not in r._repr_html_()
    assert "<b>x</b>" not in r._repr_html_()
    assert len(repr(r).splitlines()) < 20
    assert "equal" in repr(r)


def test_notes_come_in_both_languages(provinces):
    en, zh = provinces.notes_in("en"), provinces.notes_in("zh")
    assert len(en) == len(zh)
    assert any("一" <= c <= "鿿" for c in "".join(zh))


def test_weights_of_siblings_sum_to_one_and_global_ones_too(provinces):
    w = provinces.weights
    assert np.allclose(w.groupby("parent")["local"].sum(), 1, atol=1e-12)
    assert w.loc[list(provinces.index.framework.codes), "global"].sum() == pytest.approx(1)

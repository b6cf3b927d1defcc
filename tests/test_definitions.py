"""Each shipped definition on real data, against what was published."""

import numpy as np
import pandas as pd
import pytest

import gz_index as gz

ZONES = {"innovation", "fusion", "data", "open", "governance"}


@pytest.mark.parametrize("name", gz.available())
def test_every_definition_round_trips_and_is_cited(name):
    index = gz.load(name)
    again = gz.Index.from_toml(index.to_toml())
    assert again == index
    assert again.hash == index.hash
    assert index.id == name
    assert index.sources
    assert index.hash[:19] in gz.cite(name)
    assert all(f"{s.key}," in gz.cite(name, style="bibtex") for s in index.sources)


@pytest.mark.parametrize("name", gz.available())
def test_every_node_is_named_in_both_languages(name):
    f = gz.load(name).framework
    for node in [g for g in f.groups if g.code != "total"] + list(f.indicators):
        assert node.name.zh, node.code
        assert node.name.en, node.code
        assert any("一" <= c <= "鿿" for c in node.name.zh), node.code


def test_desi_2022_gives_every_published_score_at_every_level():
    result = gz.load("desi-2022").evaluate(gz.data("desi-2022"))
    published = gz.data("desi-2022", table="scores")
    assert set(result.scores) == set(published)
    assert len(published) == 28
    ours = result.scores.loc[published.index, published.columns]
    assert np.abs(ours - published).to_numpy().max() < 1e-9
    normalised = gz.data("desi-2022", table="normalised")
    ours = result.normalised.loc[normalised.index, normalised.columns] / 100
    assert np.abs(ours - normalised).to_numpy().max() < 1e-12


def test_tai_2008_gives_the_ranks_of_the_handbook_by_equal_and_expert_weights():
    index, data = gz.load("tai-2008"), gz.data("tai-2008")
    ranks = gz.data("tai-2008", table="ranks")
    equal = index.evaluate(data).ranks["total"]
    assert (equal.loc[ranks.index] == ranks["equal"]).all()
    assert len(ranks) == 23
    weights = gz.data("tai-2008", table="weights")
    if "method" in weights:
        weights = weights.set_index("method")
    bap = index.replace(weight=weights.loc["BAP"].to_dict()).evaluate(data).ranks["total"]
    assert (bap.loc[ranks.index] == ranks["bap"]).all()


def test_hdi_reproduces_the_full_precision_series_to_the_printed_digit():
    index = gz.load("hdi-2010")
    result = index.evaluate(gz.data("hdi-2010", table="series"))
    published = gz.data("hdi-2010", table="series_scores")["total"]
    assert (result.total.loc[published.index].round(3) == published).all()


def test_hdi_of_the_2014_table_agrees_within_the_rounding_of_its_inputs():
    index, data = gz.load("hdi-2010"), gz.data("hdi-2010")
    published = gz.data("hdi-2010", table="scores")["total"]
    result = index.evaluate(data)
    half = pd.Series({"le": 0.05, "eys": 0.05, "mys": 0.05, "gni": 0.5})
    low, high = (index.evaluate(data + s * half).total for s in (-1, 1))
    assert (low - 5e-4 <= published).all()
    assert (published <= high + 5e-4).all()
    assert (low < high).all()
    capped = data["eys"] > 18
    assert capped.any()
    assert result.normalised.loc[capped, "eys"].eq(1).all()
    assert result.counts["clipped_cells"] > 0
    assert any("clipped" in n for n in result.notes)


def test_hdi_is_the_geometric_mean_of_its_definition():
    x = pd.DataFrame({"le": [70.0], "eys": [12.0], "mys": [9.0], "gni": [10000.0]}, index=["u"])
    education = (12 / 18 + 9 / 15) / 2
    income = np.log(10000 / 100) / np.log(75000 / 100)
    want = (50 / 65 * education * income) ** (1 / 3)
    assert gz.load("hdi-2010").evaluate(x).total["u"] == pytest.approx(want, abs=1e-12)


def test_the_provinces_are_scored_in_five_zones_over_ten_years():
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    f = index.framework
    assert {g.code for g in f.groups} == ZONES | {"total"}
    for i in f.indicators:
        assert i.reason.zh, i.code
        assert i.proxy in ("strong", "medium", "weak")
    result = index.evaluate(data)
    assert result.counts["units"] == 31
    assert result.counts["periods"] == 10
    assert not result.total.isna().any()
    notes = " ".join(result.notes)
    assert "weak" in notes
    assert "x8" in notes  # the excluded column is named with its reason


def test_x8_is_a_volume_at_constant_prices_and_not_revenue():
    x8 = gz.data("cn-provinces-2022")["x8"].groupby("year").sum()
    assert x8[2020] == pytest.approx(136_557, abs=1)
    assert x8[2021] == pytest.approx(17_055, abs=1)
    assert "x8" not in gz.load("cn-provinces-2022").framework.codes


@pytest.mark.parametrize("weight", ["entropy", "pca", "equal", "critic", "cv", "std", "factor"])
def test_the_provinces_run_under_other_weights(weight):
    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    result = index.replace(weight=weight).evaluate(data)
    w = result.weights
    assert w.loc[list(index.framework.codes), "global"].sum() == pytest.approx(1, abs=1e-12)
    zones = w.loc[sorted(ZONES), "local"]
    assert zones.sum() == pytest.approx(1, abs=1e-12)


def test_gz_2025_holds_the_plan():
    index = gz.load("gz-2025")
    f = index.framework
    assert set(f.children("total")) == ZONES
    for zone in ZONES:
        assert len(f.leaves(zone)) >= 2
    origins = {i.origin for i in f.indicators}
    assert {"plan", "proposed"} <= origins
    for i in f.indicators:
        if i.origin == "proposed":
            assert all([i.agency, i.unit, i.reason.zh, i.reason.en]), i.code
        else:
            assert i.clause, i.code
    stations = next(i for i in f.indicators if i.baseline and i.baseline.value == 7.64)
    assert stations.target.value == 10
    assert stations.target.year == 2025
    with_both = [i.code for i in f.indicators if i.baseline and i.target]
    assert with_both == [stations.code]  # the only pair that measures the same thing


def test_gz_2025_says_honestly_what_is_known():
    index, data = gz.load("gz-2025"), gz.data("gz-2025")
    result = index.evaluate(data)
    assert result.counts["missing_cells"] > 0
    assert any("withheld" in n for n in result.notes)


def _made(index, units, periods):
    """Illustrative numbers, made here, for shapes that have no public data."""
    rng = np.random.default_rng(11)
    rows = pd.MultiIndex.from_product([units, periods], names=["unit", "year"])
    x = rng.uniform(10, 100, (len(rows), len(index.framework.codes)))
    return pd.DataFrame(x, index=rows, columns=list(index.framework.codes))


def test_gz_2025_runs_for_the_citys_own_years_for_districts_and_for_peers():
    index = gz.load("gz-2025")
    own = index.evaluate(_made(index, ["广州市"], [2022, 2023, 2024, 2025]))
    assert own.total.iloc[0] == pytest.approx(100, abs=1e-9)
    districts = list(gz.data("gz-2025", table="districts").index)
    assert len(districts) == 11
    one_year = _made(index, districts, [2022]).droplevel("year")
    by_district = index.replace(normalise="minmax").evaluate(one_year)
    assert sorted(by_district.ranks["total"]) == list(range(1, 12))
    peers = _made(index, ["广州市", "深圳市", "杭州市"], [2022, 2023])
    assert index.replace(normalise="minmax").evaluate(peers).counts["units"] == 3


def test_gz_2025_tells_a_cross_section_how_it_can_run():
    index = gz.load("gz-2025")
    one_year = _made(index, ["天河区", "越秀区"], [2022]).droplevel("year")
    with pytest.raises(gz.GzIndexError, match="minmax|period"):
        index.evaluate(one_year)


def test_weights_from_the_data_of_one_city_are_refused_with_advice():
    index = gz.load("gz-2025").replace(weight="entropy")
    with pytest.raises(
        gz.MethodError, match="not identified for one unit.*peers.*gz.index_numbers"
    ):
        index.evaluate(_made(index, ["广州市"], [2022, 2023, 2024]))

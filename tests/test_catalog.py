import pytest

import gz_index as gz
from gz_index.catalog import describe_data


@pytest.mark.parametrize("name", gz.available("data"))
def test_a_unit_that_is_named_is_there_and_no_two_get_the_same_name(name):
    about = describe_data(name)
    for names in about.get("names", {}).values():
        assert set(names) <= set(gz.data(name).index.get_level_values(0))
    for table in (None, *about.get("tables", {})):
        plain = gz.data(name, table=table)
        for lang in ("zh", "en"):
            named = gz.data(name, table=table, lang=lang)
            assert named.index.nunique() == plain.index.nunique()
            assert named.set_axis(plain.index).equals(plain)


def test_units_have_names_in_both_languages():
    assert gz.data("cn-provinces-2022", lang="en").index[-1] == ("Xinjiang", 2022)
    assert gz.data("cn-provinces-2022", lang="zh").index[-1] == ("新疆维吾尔自治区", 2022)
    assert gz.data("desi-2022", table="scores", lang="zh").index[0] == "奥地利"
    assert gz.data("gz-2025", table="districts", lang="en").index[0] == "Liwan"
    with pytest.raises(gz.MethodError, match="lang = 'fr'"):
        gz.data("tai-2008", lang="fr")

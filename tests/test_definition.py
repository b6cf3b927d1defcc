import pytest

import gz_index as gz

GOOD = """
[index]
id = "toy"
version = "1.0"
name = { zh = "示例", en = "Toy" }

[weight]
scheme = "critic"
conflict = "absolute"

[[sources]]
key = "k2020"
title = "A source"
year = 2020
doi = "10.0/x"

[[groups]]
code = "p"
weight = 0.4
aggregate = { method = "power", exponent = 0.5 }

[[groups]]
code = "q"
parent = "p"

[[indicators]]
code = "a"
parent = "q"
direction = { interval = [3, 6], bounds = [0, 9] }
source = "k2020"
targets = { value = 5, year = 2025, operator = ">", text = "超5" }

[[indicators]]
code = "b"
direction = "-"
unit = { zh = "件", en = "items" }
transform = "log"
goalposts = [1, 100]
baseline = { value = 7.64, year = 2022, operator = ">" }
"""


def test_a_definition_round_trips():
    index = gz.Index.from_toml(GOOD)
    assert index.framework.node("a").direction.ideal == (3, 6)
    assert index.framework.node("b").baseline.value == 7.64
    again = gz.Index.from_toml(index.to_toml())
    assert again == index
    assert again.hash == index.hash
    assert again.to_toml() == index.to_toml()


def test_the_hash_changes_with_the_definition_and_not_with_the_way_it_was_written(tmp_path):
    index = gz.Index.from_toml(GOOD)
    path = tmp_path / "toy.toml"
    path.write_text(GOOD.replace('version = "1.0"', 'version   =  "1.0"  # same'), "utf-8")
    assert gz.Index.from_toml(path).hash == index.hash
    assert gz.Index.from_toml(GOOD.replace('"-"', '"+"')).hash != index.hash


def test_every_problem_is_listed_at_once_with_its_key_and_the_way_out():
    bad = """
[index]
id = "toy"
versoin = "1.0"
ties = "first"

[wieght]
scheme = "equal"

[normalise]
method = "minmaxx"

[aggregate]
method = "power"
exponnent = 2

[missing]
policy = "guess"
coverage = 3

[[groups]]
code = "p"
parent = "nowhere"

[[indicators]]
code = "a"
parent = "p"
direction = "up"
goalposts = [5, 1]
proxy = "so-so"

[[indicators]]
code = "a"
weight = "heavy"
targets = { year = 2025 }
unti = "km"
transform = "cube"
"""
    with pytest.raises(gz.DefinitionError) as e:
        gz.Index.from_toml(bad)
    text = str(e.value)
    for part in (
        "index.versoin: unknown key (did you mean 'version'?)",
        "index.version: is missing",
        "index.ties",
        "wieght: unknown section (did you mean 'weight'?)",
        "normalise",
        "did you mean 'minmax'",
        "exponnent",
        "missing.policy",
        "missing.coverage",
        "p.parent: 'nowhere' is unknown",
        "indicators[a].direction",
        "a.goalposts",
        "indicators[a].proxy",
        "a: this code stands twice",
        "indicators[a].weight",
        "indicators[a].targets",
        "indicators[a].unti",
        "did you mean 'unit'",
        "indicators[a].transform",
    ):
        assert part in text, part
    assert len(e.value.problems) == 17
    assert f"({len(e.value.problems)} problems)" in text


def test_an_unknown_source_is_named():
    with pytest.raises(gz.DefinitionError, match="k2021.*did you mean 'k2020'"):
        gz.Index.from_toml(GOOD.replace('source = "k2020"', 'source = "k2021"'))


def test_a_missing_direction_is_never_guessed():
    with pytest.raises(gz.DefinitionError, match=r"indicators\[b\].direction: is missing"):
        gz.Index.from_toml(GOOD.replace('direction = "-"', ""))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(gz.DefinitionError, match="cannot read"):
        gz.Index.from_toml(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[index\n")
    with pytest.raises(gz.DefinitionError, match="is not TOML"):
        gz.Index.from_toml(broken)
    broken.write_bytes('name = "指标"'.encode("gbk"))
    with pytest.raises(gz.DefinitionError, match="not UTF-8"):
        gz.Index.from_toml(broken)


def test_a_judgement_file_beside_the_definition_is_found(tmp_path):
    (tmp_path / "mine.toml").write_text(
        """
[judgements]
id = "mine"
kind = "ahp"
who = "three members of the team"
when = "2026"
why = "a test"
licence = "MIT"
[[nodes]]
node = "total"
matrix = "mine.csv"
""",
        "utf-8",
    )
    (tmp_path / "mine.csv").write_text("node,a,b\na,1,3\nb,1/3,1\n", "utf-8")
    text = """
[index]
id = "toy"
version = "1"
[weight]
judgements = "mine.toml"
[[indicators]]
code = "a"
direction = "+"
[[indicators]]
code = "b"
direction = "+"
"""
    path = tmp_path / "toy.toml"
    path.write_text(text, "utf-8")
    index = gz.Index.from_toml(path)
    assert index.weight.values(index.framework, "total").tolist() == pytest.approx([0.75, 0.25])
    assert gz.Index.from_toml(index.to_toml()).hash == index.hash


def test_targets_and_baselines_that_are_no_tables_are_one_problem_each():
    text = """
[index]
id = "x"
version = "1"
[[indicators]]
code = "a"
direction = "+"
targets = 7
baseline = { value = "7", year = 2022 }
[[indicators]]
code = "b"
direction = "+"
baseline = 3
"""
    with pytest.raises(gz.DefinitionError) as caught:
        gz.Index.from_toml(text)
    assert [(p.where, p.what) for p in caught.value.problems] == [
        ("indicators[a].targets", "is a number, not a table"),
        ("indicators[a].baseline.value", "is '7', not a finite number"),
        ("indicators[b].baseline", "is a number, not a table"),
    ]

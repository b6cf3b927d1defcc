"""Judgement files: reading, checking, caveats, saving; and the files that are shipped."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tomli_w

from gz_index.errors import DefinitionError, MethodError, NotFoundError
from gz_index.weighting.ahp import ahp
from gz_index.weighting.ahp_group import aij, aip, hierarchy_cr
from gz_index.weighting.judgements import Judgements

WEIGHTS = Path(__file__).parents[2] / "weights"
SHIPPED = sorted(p.stem for p in WEIGHTS.glob("*.toml"))
TAI = ["patents", "royalties", "internet", "exports",
       "telephones", "electricity", "schooling", "university"]  # fmt: skip


def table(cells: list[list[Any]], codes: str) -> pd.DataFrame:
    return pd.DataFrame(cells, index=list(codes), columns=list(codes))


ONE = table([[1, "2", "4"], ["1/2", 1, "2"], ["1/4", "1/2", 1]], "abc")
TWO = table([[1, "1", ""], ["1", 1, "3"], ["", "1/3", 1]], "abc")
BAD = table([[1, 9, "1/9"], ["", 1, 9], ["", "", 1]], "abc")


def by_kind(kind: str, node: dict[str, Any], **head: Any) -> Judgements:
    return Judgements.from_dict(
        {"judgements": {"id": "j", "kind": kind, **head}, "nodes": [{"node": "total", **node}]}
    )


# Shipped ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_are_whole(name: str) -> None:
    j = Judgements.from_file(WEIGHTS / f"{name}.toml")
    assert j.id == name
    assert j.licence
    assert j.source
    for text in (j.title, j.who, j.why):
        assert text.zh
        assert text.en
    for node in j.nodes:
        assert sum(j.local(node).values()) == pytest.approx(1, abs=1e-14)  # type: ignore[union-attr]
    assert j.cr is None or j.cr < 0.1
    assert Judgements.from_dict(json.loads(json.dumps(j.to_dict(), ensure_ascii=False))) == j
    assert Judgements.from_dict(tomllib.loads(tomli_w.dumps(j.to_dict()))) == j


def test_five_zones_are_marked_as_nobodys_opinion() -> None:
    j = Judgements.from_file(WEIGHTS / "five-zones-illustrative.toml")
    assert list(j.local("total") or ()) == ["innovation", "fusion", "data", "open", "governance"]
    assert j.illustrative
    assert j.otherwise == "equal"
    assert j.local("innovation") is None
    assert j.notes[0].en.endswith("illustrative: no expert's opinion")
    assert "不代表任何专家" in j.notes[0].zh
    assert "nobody" in j.title.en
    assert "nobody" in j.who.en


def test_handbook_files() -> None:
    printed = Judgements.from_file(WEIGHTS / "oecd-2008-table20.toml")
    assert list(printed.local("total") or ()) == TAI
    assert printed.consistency().loc[0, "lambda_max"] == pytest.approx(8.2111, abs=5e-5)
    rows = {"fa": [17, 15, 11, 6, 8, 13, 13, 17], "bap": [11, 11, 11, 18, 10, 6, 15, 18],
            "ahp": [9, 10, 7, 21, 5, 6, 18, 25]}  # fmt: skip
    for method, percent in rows.items():
        j = Judgements.from_file(WEIGHTS / f"oecd-2008-table22-{method}.toml")
        w = j.local("total") or {}
        assert list(w) == TAI
        np.testing.assert_allclose(list(w.values()), np.array(percent) / sum(percent), atol=1e-15)
        assert len(j.notes) == (sum(percent) != 100)  # the AHP row adds up to 1.01


# Kinds ------------------------------------------------------------------------------------------


def test_ahp_options_reach_the_method() -> None:
    j = by_kind("ahp", {"matrix": {"labels": list("abc"), "rows": BAD.to_numpy().tolist()}},
                method="geometric", random_index="chinese")  # fmt: skip
    expected = ahp(BAD, method="geometric", random_index="chinese")
    assert list((j.local("total") or {}).values()) == expected.weights.tolist()
    row = j.consistency().iloc[0]
    assert (row["cr"], row["random_index"]) == (expected.cr, "chinese")
    assert (row["node"], row["expert"], row["n"], row["missing"]) == ("total", "", 3, 0)


def test_a_large_cr_is_no_error_but_can_be_seen() -> None:
    j = Judgements.from_matrices({"total": BAD}, id="mine")
    assert j.cr is not None
    assert j.cr > 0.1
    assert str(j.notes[0]).startswith("weights 'mine' below 'total': CR = ")
    assert "look at" in str(j.notes[0])
    assert Judgements.from_matrices({"total": ONE}).notes == ()


def test_groups_of_experts() -> None:
    for by in ("aij", "aip"):
        j = Judgements.from_matrices({"total": {"Li": ONE, "Wang": BAD}}, group=by)
        each = [ahp(ONE), ahp(BAD)]
        expected = ahp(aij([ONE, BAD])).weights if by == "aij" else aip(each)
        np.testing.assert_allclose(list((j.local("total") or {}).values()), expected, atol=1e-15)
        experts = ["Li", "Wang", "group"] if by == "aij" else ["Li", "Wang"]
        assert j.consistency()["expert"].tolist() == experts
        assert "below 'total' (Wang): CR" in str(j.notes[0])
        assert (j.cr is None) == (by == "aip")
        assert Judgements.from_dict(json.loads(json.dumps(j.to_dict()))) == j


def test_importance_and_unnamed_experts() -> None:
    plain = [{"labels": list("abc"), "rows": t.to_numpy().tolist()} for t in (ONE, TWO)]
    j = by_kind("ahp", {"matrices": plain, "importance": [3, 1]})
    expected = ahp(aij([ONE, TWO], importance=[3, 1])).weights
    np.testing.assert_allclose(list((j.local("total") or {}).values()), expected, atol=1e-15)
    assert j.consistency()["expert"].tolist() == ["expert 1", "expert 2", "group"]
    assert j.consistency()["missing"].tolist() == [0, 1, 0]


def test_hierarchy_wide_cr() -> None:
    low = BAD.set_axis(list("xyz"), axis=0).set_axis(list("xyz"), axis=1)
    j = Judgements.from_matrices({"total": ONE, "b": low})
    assert j.cr == pytest.approx(hierarchy_cr({"total": ahp(ONE), "b": ahp(low)}))
    assert Judgements.from_matrices({"a": ONE, "b": low}).cr is None  # two roots


def test_other_kinds() -> None:
    pairs = {
        "best_to_others": {"a": 1, "b": 2, "c": 8},
        "others_to_worst": {"a": 8, "b": 5, "c": 1},
    }
    bw = by_kind("bwm", pairs, model="nonlinear")
    assert (bw.local("total") or {})["a"] == pytest.approx(0.5899, abs=5e-5)
    assert bw.consistency().loc[0, "cr"] == pytest.approx(2 / 56)
    order = by_kind("g1", {"order": ["b", "a", "c"], "ratios": [1.0, 2.0]})
    assert order.local("total") == pytest.approx({"b": 0.4, "a": 0.4, "c": 0.2})
    ranks = by_kind("rank", {"ranks": {"a": 2, "b": 1}}, formula="rs")
    assert ranks.local("total") == pytest.approx({"a": 1 / 3, "b": 2 / 3})
    points = by_kind("budget", {"weights": {"Li": {"a": 60, "b": 40}, "Wang": {"a": 40, "b": 60}}})
    assert points.local("total") == pytest.approx({"a": 0.5, "b": 0.5})
    fixed = by_kind("given", {"weights": {"a": 25, "b": 75}})
    assert fixed.local("total") == {"a": 0.25, "b": 0.75}
    assert "add up to 100; scaled to one" in str(fixed.notes[0])
    for j in (bw, order, ranks, points, fixed):
        assert Judgements.from_dict(json.loads(json.dumps(j.to_dict()))) == j
        assert "<table" in j._repr_html_()
    for j in (order, ranks, points, fixed):
        assert j.consistency().empty
        assert j.cr is None


# Files ------------------------------------------------------------------------------------------


def write(folder: Path, text: str, **tables: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    for name, content in tables.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8-sig")
    return path


def test_files_with_several_experts_and_points(tmp_path: Path) -> None:
    head = '[judgements]\nkind = "{}"\n[[nodes]]\nnode = "total"\n'
    path = write(
        tmp_path,
        head.format("ahp") + 'matrices = ["m1.csv", "m2.csv"]\ngroup = "aip"\nexperts = ["L", "W"]',
        m1="code,a,b\na,1,1/3\nb,3,1\n",
        m2="code,b,a\nb,1,\na,3,1\n",
    )
    j = Judgements.from_file(path)
    assert (j.id, j.kind, j.nodes) == ("mine", "ahp", ("total",))
    assert j.local("total") == pytest.approx({"a": 0.5, "b": 0.5})  # one says 1/3, the other 3
    path = write(
        tmp_path, head.format("budget") + 'weights = "p.csv"', p="code,L,W\na,30,10\nb,70,90\n"
    )
    assert Judgements.from_file(path).local("total") == pytest.approx({"a": 0.2, "b": 0.8})
    one = write(tmp_path, head.format("budget") + 'weights = "p.csv"', p="code,L\na,30\nb,70\n")
    assert Judgements.from_file(one).local("total") == pytest.approx({"a": 0.3, "b": 0.7})


def test_every_problem_of_a_file_is_listed(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[judgements]\nkind = "ahp"\nmetod = "geometric"\notherwise = "entropy"\n'
        '[[nodes]]\nnode = "total"\nmatrix = "m.csv"\nexpert = "Li"\n'
        '[[nodes]]\nnode = "b"\nmatrices = ["m.csv"]\nexperts = ["L", "W"]\ngroup = "mean"\n'
        '[[nodes]]\nnode = "c"\n',
        m="code,a,b\na,1,3\nb,,1\n",
    )
    with pytest.raises(DefinitionError) as caught:
        Judgements.from_file(path)
    listed = {p.where: str(p) for p in caught.value.problems}
    assert set(listed) == {
        "metod", "otherwise", "nodes[total].expert", "nodes[b].group", "nodes[b].experts",
        "nodes[c]",
    }  # fmt: skip
    assert "did you mean 'method'" in listed["metod"]
    assert "2 names for 1 matrices" in listed["nodes[b].experts"]
    assert "needs matrix or matrices" in listed["nodes[c]"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[judgements", "cannot be read"),
        ('[[nodes]]\nnode = "total"', r"table \[judgements\] is missing"),
        ('[judgements]\nkind = "ahp"', "nothing is judged"),
        ('[judgements]\nkind = "ahb"\n[[nodes]]\nnode = "t"', "no kind 'ahb'.*mean 'ahp'"),
        ('[judgements]\nkind = "ahp"\n[[nodes]]\nmatrix = 1', r"nodes\[0\]: node is missing"),
        ('[judgements]\nkind = "ahp"\n[[node]]\nnode = "t"', "did you mean 'nodes'"),
        (
            '[judgements]\nkind = "given"\n[[nodes]]\nnode = "t"\nweights = {a = 1}\n'
            '[[nodes]]\nnode = "t"\nweights = {a = 1}',
            r"nodes\[t\]: is judged twice",
        ),
        ('[judgements]\nkind = "ahp"\n[[nodes]]\nnode = "t"\nmatrix = "no.csv"', "no.csv"),
        ('[judgements]\nkind = "ahp"\n[[nodes]]\nnode = "t"\nmatrix = 3', "3 is not a table"),
        (
            '[judgements]\nkind = "g1"\n[[nodes]]\nnode = "t"\norder = "ab"\nratios = [1]',
            "'ab' is not a list",
        ),
    ],
)
def test_problems_of_a_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        Judgements.from_file(write(tmp_path, text))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="'none' cannot be read"):
        Judgements.from_file(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("kind", "node", "message"),
    [
        ("ahp", {"matrix": {"labels": ["a", "b"], "rows": [[1, 2], [2, 1]]}}, "a : b = 2 but"),
        ("g1", {"order": ["a", "b"], "ratios": [1.0, 1.0]}, "2 criteria need 1 ratios; got 2"),
        ("given", {"weights": {"a": -1, "b": 2}}, "the weight of a is -1"),
        ("given", {"weights": {"a": 0}}, "every weight is zero"),
        ("given", {"weights": {"Li": {"a": 1}}}, "given weights have one column"),
        ("budget", {"weights": {"Li": {"a": 1}, "Wang": {"a": 2}}}, r"not so for Wang \(2\)"),
    ],
)
def test_errors_name_file_and_group(kind: str, node: dict[str, Any], message: str) -> None:
    with pytest.raises(MethodError, match=f"judgements 'j' below 'total': .*{message}"):
        by_kind(kind, node)


def test_budget_experts_are_matched_by_code() -> None:
    got = by_kind("budget", {"weights": {"Li": {"a": 60, "b": 40}, "Wang": {"b": 40, "a": 60}}})
    assert got.local("total") == pytest.approx({"a": 0.6, "b": 0.4})
    with pytest.raises(MethodError, match="Wang.*points to b"):
        by_kind("budget", {"weights": {"Li": {"a": 60, "b": 40}, "Wang": {"a": 100}}})


def test_an_unknown_method_names_file_and_group() -> None:
    with pytest.raises(NotFoundError, match="judgements 'j' below 'total': ahp has no method 'x'"):
        by_kind("ahp", {"matrix": {"labels": ["a"], "rows": [[1]]}}, method="x")


def test_a_value_does_not_change_with_what_it_was_made_from() -> None:
    given = {"weights": {"a": 1, "b": 3}}
    j = by_kind("given", given)
    given["weights"]["a"] = 9
    j.to_dict()["nodes"][0]["weights"]["a"] = 9
    (j.local("total") or {})["a"] = 9
    assert j.local("total") == {"a": 0.25, "b": 0.75}
    assert j.inputs["total"]["weights"] == {"a": 1, "b": 3}

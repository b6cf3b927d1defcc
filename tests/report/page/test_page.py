"""The page as a file: what it holds, its size, that no label becomes markup, what is refused."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gz_index as gz
from gz_index.cli import app
from gz_index.framework import Group
from gz_index.report import page
from gz_index.report.page import to_page
from gz_index.report.page.words import WORDS
from gz_index.weighting import SCHEMES

FOLDER = Path(page.__file__).parent


class Blocks(HTMLParser):
    """What a browser takes for style, script and data, and every tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.blocks, self._in = [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        kinds = {"script": dict(attrs).get("type"), "style": "style", "title": "title"}
        self._in = kinds.get(tag)
        if self._in:
            self.blocks.setdefault(self._in, "")

    def handle_endtag(self, tag):
        self._in = None

    def handle_data(self, data):
        if self._in:
            self.blocks[self._in] += data


def read(path):
    blocks = Blocks(path.read_text(encoding="utf-8"))
    return blocks, json.loads(blocks.blocks["application/json"])


def doubles(text):
    return np.frombuffer(base64.b64decode(text), dtype="<f8")


def illustrative(units, indicators, years, seed=0):
    """Numbers out of a generator, to have something of a size; they are nobody's data."""
    rng = np.random.default_rng(seed)
    nodes = tuple(gz.Indicator(code=f"i{j}", parent=f"p{j // 5}") for j in range(indicators))
    groups = tuple(Group(code=f"p{k}") for k in range((indicators + 4) // 5))
    index = gz.Index(framework=gz.Framework(nodes, groups), id="illustrative")
    rows = pd.MultiIndex.from_product(
        [[f"unit {u}" for u in range(units)], range(2013, 2013 + years)], names=["unit", "year"]
    )
    return index, pd.DataFrame(rng.random((len(rows), indicators)), rows, index.framework.codes)


def small(names, **how):
    index = gz.Index(
        framework=gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b"))), id="small", **how
    )
    data = pd.DataFrame({"a": [1.0, 2, 4], "b": [3.0, 9, 1]}, index=names)
    return index.evaluate(data)


@pytest.fixture(scope="module")
def provinces():
    return gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))


@pytest.fixture(scope="module")
def made(provinces, tmp_path_factory):
    path = to_page(provinces, tmp_path_factory.mktemp("page") / "p.html", draws=50)
    return read(path)


def test_values_and_weights_are_held_to_the_last_bit(provinces, made):
    data = made[1]
    z = doubles(data["z"]).reshape(provinces.normalised.shape)
    np.testing.assert_array_equal(z, provinces.normalised)
    np.testing.assert_array_equal(doubles(data["scores"]), provinces.total)
    codes = [n["code"] for n in data["nodes"]]
    assert codes == list(provinces.index.plan.nodes)
    sets = {s["id"]: s for s in data["sets"]}
    assert list(sets) == ["definition", "equal", "entropy", "pca"]
    for name in ("equal", "entropy", "pca"):
        want = provinces.index.replace(weight=name).evaluate(gz.data("cn-provinces-2022"))
        for code, w in zip(
            codes[len(provinces.index.framework.codes) :], sets[name]["local"], strict=True
        ):
            np.testing.assert_array_equal(w, want.local[code])


def test_a_set_that_cannot_be_computed_is_named_with_the_reason(made, tmp_path):
    [absent] = made[1]["absent"]
    assert absent["name"] == ["层次分析法", "AHP"]
    assert absent["why"][1] == "no judgements were given when the page was made"
    one = gz.load("gz-2025").evaluate(gz.data("gz-2025"))
    data = read(to_page(one, tmp_path / "one.html"))[1]
    alone = ["只有一个评价对象，数据决定不了权重", "data of a single unit cannot tell weights"]
    assert {a["name"][1]: a["why"] for a in data["absent"]} == {
        "Entropy weights": alone,
        "AHP": absent["why"],
        "Principal-component weights": alone,
    }
    assert data["interval"]["why"] == [
        "有得分的不足两个，无从排名",
        "fewer than two have a score, so there are no ranks",
    ]


@pytest.mark.parametrize("odd", ["negative", "constant", "two rows"])
def test_reasons_are_given_in_both_languages(tmp_path, odd):
    rng = np.random.default_rng(0)
    nodes = tuple(gz.Indicator(code=c, name=gz.Text(f"指标{c}", f"Item {c}")) for c in "abcd")
    index = gz.Index(framework=gz.Framework(nodes), normalise=lambda x: x, id="odd")
    frame = pd.DataFrame(rng.uniform(1, 9, (8, 4)), list("stuvwxyz"), list("abcd"))
    frame = {
        "negative": frame - 5,
        "constant": frame.assign(a=0.0),
        "two rows": frame.iloc[:2],
    }[odd]
    asked = [s for s in SCHEMES if s != "random"]
    path = to_page(index.evaluate(frame), tmp_path / "p.html", sets=asked, draws=10)
    absent = read(path)[1]["absent"]
    assert len(absent) > 3
    for zh, en in (a["why"] for a in absent):
        assert not re.search("[A-Za-z]{2,}", zh), zh
        assert "软件" not in zh
        assert "->" not in en
    if odd == "constant":
        whys = [a["why"] for a in absent]
        assert ["有指标处处为零（指标a）", "an indicator is zero throughout (Item a)"] in whys


def test_a_reason_of_no_known_kind_is_marked_as_the_words_of_the_library(tmp_path):
    def unwilling(x):
        raise gz.MethodError("the stars say no", hint="wait")

    path = to_page(small(["x", "y", "z"]), tmp_path / "p.html", sets=[unwilling], draws=10)
    [[zh, en]] = [a["why"] for a in read(path)[1]["absent"]]
    assert zh.startswith("这些数据算不出（软件的英文原文：")
    assert en.startswith("not computed on these data (in the words of the library: ")
    assert zh.endswith("the stars say no）")
    assert en.endswith("the stars say no)")


def weighed_by_group(**rules):
    """Two groups, with rules of their own where given."""
    rng = np.random.default_rng(1)
    nodes = tuple(gz.Indicator(code=c, parent="pq"[k // 2]) for k, c in enumerate("wxyz"))
    groups = tuple(
        Group(code=c, name=gz.Text(f"组{c}", f"Group {c}"), weigh=rules.get(c))
        for c in ("total", "p", "q")
    )
    index = gz.Index(framework=gz.Framework(nodes, groups), id="own")
    frame = pd.DataFrame(rng.uniform(1, 9, (8, 4)), list("abcdefgh"), list("wxyz"))
    return index.evaluate(frame)


def test_a_set_that_changes_nothing_is_not_offered(tmp_path):
    result = weighed_by_group(total="cv", p="entropy", q="critic")
    data = read(to_page(result, tmp_path / "p.html", draws=10))[1]
    assert [s["id"] for s in data["sets"]] == ["definition"]
    own = "Coefficient-of-variation weights (Group total); Entropy weights (Group p); CRITIC"
    assert data["sets"][0]["notes"][0][1].startswith(f"The definition has: {own}")
    [weights] = [text for head, text in data["facts"] if head[1] == "Weights"]
    assert weights[1].startswith(own)
    assert "熵值法（组p）" in weights[0]
    absent = {a["name"][1]: a["why"] for a in data["absent"]}
    assert absent["Equal weights"] == [
        "与定义的权重相同，因为这些组用自己的赋权规则：组total、组p、组q",
        "the same weights as the definition's, as these groups have rules of their own: "
        "Group total, Group p, Group q",
    ]
    assert absent["Entropy weights"] == absent["Principal-component weights"]
    assert absent["Entropy weights"] == absent["Equal weights"]


def test_a_set_that_reaches_part_of_the_tree_says_so(tmp_path):
    result = weighed_by_group(p="entropy")
    data = read(to_page(result, tmp_path / "p.html", draws=10))[1]
    assert [s["id"] for s in data["sets"]] == ["definition", "entropy", "pca"]
    assert data["sets"][1]["notes"] == [
        ["这些组仍用自己的赋权规则：组p", "These groups keep rules of their own: Group p"]
    ]
    own, entropy, _ = data["sets"]
    assert own["notes"][0][1] == (
        "The definition has: Equal weights (Group total, Group q); Entropy weights (Group p)"
    )
    at = [n["code"] for n in data["nodes"]].index("p") - 4
    assert entropy["local"][at] == own["local"][at]
    assert entropy["local"][-1] != own["local"][-1]
    assert [a["name"][1] for a in data["absent"]] == ["Equal weights", "AHP"]


def test_judgements_become_a_set_with_their_caveat(provinces, tmp_path):
    judged = gz.judgements("five-zones-illustrative")
    path = to_page(provinces, tmp_path / "p.html", sets=["ahp", judged], draws=10)
    data = read(path)[1]
    assert [s["id"] for s in data["sets"]] == ["definition", "five-zones-illustrative"]
    assert data["absent"] == []
    assert "illustrative" in data["sets"][1]["notes"][0][1]
    again = provinces.index.replace(weight=judged).evaluate(gz.data("cn-provinces-2022"))
    data = read(to_page(again, tmp_path / "q.html", sets=["ahp"], draws=10))[1]
    assert data["sets"][1]["local"] == data["sets"][0]["local"]
    data = read(to_page(provinces, tmp_path / "r.html", sets={"专家": judged}, draws=10))[1]
    assert data["sets"][1]["name"] == ["专家", "专家"]


def test_intervals_are_those_of_the_study(provinces, tmp_path):
    index, frame = provinces.index, gz.data("cn-provinces-2022")
    u = gz.uncertainty(index, frame, [gz.Spread(size=0.5)], draws=100, seed=3, period=2022)
    data = read(to_page(provinces, tmp_path / "p.html", uncertainty=u, sets=[]))[1]["interval"]
    low = np.frombuffer(base64.b64decode(data["low"]), dtype="<f4")
    at = provinces.table.rows_of(2022)
    np.testing.assert_array_equal(low[at], u.ranks["low"])
    assert np.isnan(np.delete(low, at)).all()
    assert "100 draws of: weights ±50%" in data["says"][1]
    assert "变动：权重±50%" in data["says"][0]
    scales = gz.Alternatives(part="normalise", of=["minmax", "rank"])
    u = gz.uncertainty(index, frame, [scales], draws=20)
    data = read(to_page(provinces, tmp_path / "s.html", uncertainty=u, sets=[]))[1]["interval"]
    assert "read the ranks only" in data["says"][1]
    assert "只可解读名次" in data["says"][0]
    other = index.replace(weight="entropy").evaluate(frame)
    with pytest.raises(gz.DataError, match="of another result"):
        to_page(other, tmp_path / "q.html", uncertainty=u)
    assert not (tmp_path / "q.html").exists()


def test_intervals_by_default_are_those_of_noise_on_the_weights(provinces, made):
    u = gz.uncertainty(
        provinces.index, gz.data("cn-provinces-2022"), [gz.Spread(size=0.25)], draws=50, seed=0
    )
    low = np.frombuffer(base64.b64decode(made[1]["interval"]["low"]), dtype="<f4")
    np.testing.assert_array_equal(low, u.ranks["low"])


def test_a_replayed_scale_stays(tmp_path):
    index, frame = illustrative(20, 6, 4)
    years = frame.index.get_level_values("year")
    first = index.evaluate(frame[years < 2015])
    result = index.evaluate(frame[years >= 2015] + 1, scale=first.scale)
    data = read(to_page(result, tmp_path / "p.html", draws=10))[1]
    np.testing.assert_array_equal(doubles(data["scores"]), result.total)
    assert "low" in data["interval"]
    assert len(data["sets"]) == 4


def test_a_method_that_the_page_cannot_compute_keeps_the_values_of_the_library(tmp_path):
    result = gz.load("tai-2008").replace(aggregate="topsis").evaluate(gz.data("tai-2008"))
    data = read(to_page(result, tmp_path / "p.html", draws=10))[1]
    [group] = data["groups"]
    assert group["method"] == ""
    own, equal, entropy, _ = data["sets"]
    np.testing.assert_array_equal(doubles(own["fixed"]["0"]), result.total)
    assert equal["fixed"] == {}  # the same as by the definition
    want = result.index.replace(weight="entropy").evaluate(gz.data("tai-2008"))
    np.testing.assert_array_equal(doubles(entropy["fixed"]["0"]), want.total)


def test_functions_of_ones_own(tmp_path):
    def middle(x, w):
        return np.median(x, axis=-1)

    result = small(["x", "y", "z"], aggregate=middle, normalise=lambda x: x)
    data = read(to_page(result, tmp_path / "p.html", draws=10))[1]
    [group] = data["groups"]
    assert group["label"] == ["middle", "middle"]
    np.testing.assert_array_equal(doubles(data["sets"][0]["fixed"]["0"]), [2, 5.5, 2.5])
    assert ["none: the definition holds a function without a name"] in [
        f[1][1:] for f in data["facts"]
    ]
    assert len(data["hash"]) == 8


def test_a_large_panel_stays_below_three_megabytes(tmp_path):
    result = gz.Index.evaluate(*illustrative(300, 40, 10))
    path = to_page(result, tmp_path / "p.html")
    assert path.stat().st_size < 3_000_000
    assert doubles(read(path)[1]["z"]).size == 300 * 40 * 10


def test_values_are_those_received_and_none_is_rounded(tmp_path):
    nodes = tuple(gz.Indicator(code=c) for c in "ab")
    index = gz.Index(
        framework=gz.Framework(nodes),
        id="prepared",
        prepare=[{"kind": "treat"}, {"kind": "impute", "method": "median"}],
    )
    frame = pd.DataFrame(
        {"a": [1.0, 2, 3, 4, 5, 6, 7, 99999], "b": [123456789.0, np.nan, 2, 9, 4, 7, 8, 3]},
        index=list("stuvwxyz"),
    )
    result = index.evaluate(frame)
    data = read(to_page(result, tmp_path / "p.html", draws=10))[1]
    np.testing.assert_array_equal(doubles(data["raw"]).reshape(8, 2), frame)
    for j, text in data["used"].items():
        np.testing.assert_array_equal(doubles(text), result.table.values[:, int(j)])
    assert list(data["used"]) == ["0", "1"]
    assert result.table.values[7, 0] < 100
    plain = read(to_page(small(["x", "y", "z"]), tmp_path / "q.html", draws=10))[1]
    assert plain["used"] == {}


def test_sets_of_one_name_are_told_apart_by_their_weights(provinces, tmp_path):
    paths = [
        to_page(provinces, tmp_path / f"{s}.html", sets={"Panel": s}, draws=10)
        for s in ("equal", "entropy")
    ]
    first, second = (read(p)[1]["sets"] for p in paths)
    assert first[1]["id"] == second[1]["id"] == "Panel"
    assert first[1]["hash"] != second[1]["hash"]
    assert first[0]["hash"] == second[0]["hash"] == first[1]["hash"]


def test_what_scores_mean_and_whether_periods_compare(provinces, made, tmp_path):
    assert made[1]["comparable"]
    assert made[1]["base"] is None
    window = {"method": "minmax", "window": "period"}
    by_year = provinces.index.replace(normalise=window).evaluate(gz.data("cn-provinces-2022"))
    assert not read(to_page(by_year, tmp_path / "p.html", draws=10))[1]["comparable"]
    topsis = {"method": "topsis", "window": "period"}
    by_year = illustrative(5, 4, 3)
    by_year = by_year[0].replace(aggregate=topsis).evaluate(by_year[1])
    assert not read(to_page(by_year, tmp_path / "q.html", draws=10))[1]["comparable"]
    one = gz.load("gz-2025").evaluate(gz.data("gz-2025"))
    data = read(to_page(one, tmp_path / "one.html"))[1]
    assert data["base"] == ["（基期2022为100）", " (the base, 2022, is 100)"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"sets": 5}, "sets = 5 is no list of weights -> a list of schemes"),
        ({"sets": {1: "equal"}}, "is no list of weights"),
        ({"sets": ["nope"]}, "no weighting scheme 'nope'"),
        ({"sets": [5]}, "5 is no way to weigh"),
        ({"sets": [{"nobody": 1.0}]}, "no node has this code"),
        ({"draws": 1}, "draws = 1 -> a whole number from 2 on"),
        ({"draws": "x"}, "draws = 'x'"),
        ({"draws": True}, "draws = True"),
        ({"seed": -1}, "seed = -1 -> a whole number from 0 on"),
    ],
)
def test_mistakes_of_the_call_are_errors(tmp_path, how, said):
    with pytest.raises(gz.GzIndexError, match=re.escape(said)):
        to_page(small(["x", "y", "z"]), tmp_path / "p.html", **{"draws": 10, **how})
    assert not any(tmp_path.iterdir())


def test_control_characters_stay_out(tmp_path):
    bad = "a\x00b\x1f\x85c"
    nodes = (gz.Indicator(code="a", name=bad, unit=bad), gz.Indicator(code="b"))
    index = gz.Index(framework=gz.Framework(nodes), id="x", name=bad, description=bad)
    frame = pd.DataFrame({"a": [1.0, 2, 4], "b": [3.0, 9, 1]}, index=["a\x00b\x7fc", "y", "z"])
    path = to_page(index.evaluate(frame), tmp_path / "p.html", sets={bad: "equal"}, draws=10)
    blocks, data = read(path)
    assert blocks.blocks["title"] == data["units"][0] == data["nodes"][0]["name"][0] == "abc"
    assert data["sets"][1]["id"] == "abc"
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|\\u00[01]", text)


NASTY = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "{{data}} & \u2028 '\"",
]


def test_no_label_becomes_markup(tmp_path):
    evil = gz.Text(*NASTY[:2])
    nodes = (gz.Indicator(code="<b>", name=evil, unit=evil), gz.Indicator(code="{{style}}"))
    index = gz.Index(
        framework=gz.Framework(nodes, (Group(code="total", name=evil),)),
        id="x",
        name=gz.Text("</title><script>alert(1)</script>", "<!-- <script>"),
        description=evil,
        notes=(evil,),
    )
    frame = pd.DataFrame([[1.0, 2], [2, 3], [3, 1]], index=NASTY, columns=["<b>", "{{style}}"])
    result = index.evaluate(frame)
    judged = {"</script>": "equal", "<i>": {"<b>": 1, "{{style}}": 0}}
    path = to_page(result, tmp_path / "p.html", lang="zh", sets=judged, draws=10)
    blocks, data = read(path)
    plain = read(to_page(small(["x", "y", "z"]), tmp_path / "q.html", draws=10))[0]
    assert [t for t, _ in blocks.tags] == [t for t, _ in plain.tags]
    assert data["units"] == NASTY
    assert data["nodes"][0]["name"] == NASTY[:2]
    assert [s["id"] for s in data["sets"]] == ["definition", "</script>", "<i>"]
    assert blocks.blocks["title"] == "</title><script>alert(1)</script>"
    text = path.read_text(encoding="utf-8")
    assert text.count("<script") == 2
    assert text.count("<!--") == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_comes_from_elsewhere(tmp_path, lang):
    path = to_page(small(["x", "y", "z"]), tmp_path / "p.html", lang=lang, draws=10)
    text = path.read_text(encoding="utf-8")
    blocks, _ = read(path)
    for _, attributes in blocks.tags:
        assert not {"src", "srcset", "action", "style", "onclick"} & set(attributes)
        assert attributes.get("href", "#").startswith("#")
    addresses = set(re.findall(r"https?://[\w./]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not a place
    [policy] = [
        a["content"] for t, a in blocks.tags if a.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(r.strip().partition(" ")[::2] for r in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    for rule, block in (("script-src", "module"), ("style-src", "style")):
        digest = hashlib.sha256(blocks.blocks[block].encode()).digest()
        assert rules[rule] == f"'sha256-{base64.b64encode(digest).decode()}'"
    [root] = [a for t, a in blocks.tags if t == "html"]
    assert root["lang"] == {"zh": "zh-CN", "en": "en"}[lang]
    assert WORDS["skip"].get(lang) in text


def test_the_script_makes_no_markup_of_text():
    for file in FOLDER.glob("*.js"):
        text = file.read_text(encoding="utf-8")
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
        assert not found, file.name
        assert "</script" not in text
        assert "import " not in text


def test_every_word_is_there_and_used():
    text = "".join(f.read_text(encoding="utf-8") for f in FOLDER.glob("*.[jhp]*"))
    for key, word in WORDS.items():
        assert word.zh
        assert word.en
        assert re.search(rf"[\"'{{:]{key}[\"'}}]", text.replace(f'    "{key}": Text', "")), key
        places = [set(re.findall(r"\{(\w+)\}", t)) for t in (word.zh, word.en)]
        assert places[0] == places[1], key
    asked = re.findall(r"say\(\s*\"(\w+)\"|(?:tell\(|\[)\[\"(\w+)\"", text)
    assert {a or b for a, b in asked} <= set(WORDS)


def test_a_file_that_exists_is_not_replaced_unasked(tmp_path):
    result, path = small(["x", "y", "z"]), tmp_path / "new" / "p.html"
    assert to_page(result, path, draws=10) == path
    before = path.read_bytes()
    with pytest.raises(gz.DataError, match="exists already"):
        to_page(result, path, lang="en", draws=10)
    assert path.read_bytes() == before
    to_page(result, path, lang="zh", draws=10, overwrite=True)
    assert path.read_bytes() != before
    with pytest.raises(gz.DataError, match="is in the way"):
        to_page(result, tmp_path / "new", overwrite=True)
    with pytest.raises(gz.MethodError, match="lang = 'fr'"):
        to_page(result, tmp_path / "q.html", lang="fr")


def test_the_same_result_gives_the_same_bytes(tmp_path):
    paths = [to_page(small(["x", "y", "z"]), tmp_path / f"{k}.html", draws=10) for k in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_labels_of_time_and_number(tmp_path):
    index, frame = illustrative(3, 5, 2)
    stamps = pd.to_datetime(["2020-01-01", "2021-01-01"])
    frame.index = pd.MultiIndex.from_product([[1, 2, 3], stamps], names=["unit", "year"])
    data = read(to_page(index.evaluate(frame), tmp_path / "p.html", draws=10))[1]
    assert data["periods"] == ["2020-01-01", "2021-01-01"]
    assert data["units"] == ["1", "2", "3"]


def test_the_command_writes_it(tmp_path):
    run, out = CliRunner(), tmp_path / "p.html"
    asked = ["page", "cn-provinces-2022", "--out", str(out), "--draws", "20", "--lang", "zh"]
    done = run.invoke(app, [*asked, "--set", "cv", "--set", "five-zones-illustrative"])
    assert done.exit_code == 0, done.output
    assert f"written: {out}" in done.stdout
    assert [s["id"] for s in read(out)[1]["sets"]] == [
        "definition",
        "cv",
        "five-zones-illustrative",
    ]
    done = run.invoke(app, asked)
    assert done.exit_code == 2
    assert "exists already" in done.stderr
    assert run.invoke(app, [*asked, "--overwrite"]).exit_code == 0
    done = run.invoke(app, ["page", "tai-2008", "--out", str(tmp_path / "q.html"), "--set", "nope"])
    assert done.exit_code == 2
    assert "no weighting scheme 'nope'" in done.stderr
    assert not (tmp_path / "q.html").exists()
    assert len(read(out)[1]["sets"]) == 4

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
    assert {a["name"][1]: a["why"][1].split(":")[0] for a in data["absent"]}.keys() == {
        "Entropy weights",
        "AHP",
        "Principal-component weights",
    }
    assert "not identified for one unit" in data["absent"][0]["why"][1]
    assert "fewer than two rows have a score" in data["interval"]["why"][1]


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
    assert "100 draws of: weights +-50%" in data["says"][1]
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
    asked = re.findall(r"say\(\s*\"(\w+)\"|tell\(\"(\w+)\"", text)
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
    assert len(read(out)[1]["sets"]) == 4

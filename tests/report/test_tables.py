"""Tables: structure in each format, escaping, numbers, and that LaTeX takes them."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gz_index as gz
from gz_index.report.tables import tex, to_csv, to_dta, to_html, to_latex, to_markdown

NASTY = r"""<script> & 100% $x_1$ #2 {a} ~ ^ \input{x} | "q" `b` [opt] *x* -- ''"""


@pytest.fixture(scope="module")
def scores():
    return gz.load("tai-2008").evaluate(gz.data("tai-2008")).to_frame().head(3)


def cells(latex):
    """Rows between the rules."""
    body = latex.split("\\midrule[0.75pt]\n")[-1].split("\\bottomrule")[0]
    return [line.removesuffix(r" \\").split(" & ") for line in body.splitlines()]


def test_three_lines_and_no_more(scores):
    out = to_latex(scores, caption={"zh": "得分", "en": "Scores"}, lang="zh", label="tab:s")
    rules = [f"\\{n}rule" for n in ("top", "mid", "bottom")]
    assert [out.count(r) for r in rules] == [1, 1, 1]
    assert "|" not in out
    assert "\\hline" not in out
    assert "\\caption{得分}\\label{tab:s}" in out
    assert out.index("\\caption") < out.index("\\begin{tabular}")
    assert "国家 & 排名 & 总指数" in out


def test_numbers_by_column():
    frame = pd.DataFrame(
        {
            "w": [0.12345, -0.00004, np.nan],
            "n": [1, 2, 3],
            "z": [-1.26, np.inf, -np.inf],
            "b": [True, False, True],
        },
        index=["a", "b", "c"],
    )
    out = cells(to_latex(frame, decimals={"w": 4, "z": 1}))
    assert out[0] == ["a", "0.1235", "1", "$-$1.3", "Yes"]
    assert out[1] == ["b", "0.0000", "2", r"$\infty$", "No"]  # 0.12345 is above its half in binary
    assert out[2] == ["c", "--", "3", r"$-$$\infty$", "Yes"]
    assert "\\begin{tabular}{lrrrl}" in to_latex(frame)
    assert "<td" in to_html(frame)
    assert "\N{MINUS SIGN}1.3" in to_html(frame, decimals=1)


def test_integers_of_pandas_with_gaps_and_objects():
    frame = pd.DataFrame(
        {
            "rank": pd.array([1, None], dtype="Int64"),
            "o": pd.Series([1.5, 2], dtype=object),
            "t": pd.Series(["x", None], dtype=object),
        }
    )
    assert cells(to_latex(frame, decimals=2)) == [["1", "1.50", "x"], ["--", "2", "--"]]
    assert "{rrl}" in to_latex(frame)


def test_heads_of_two_levels_share_a_rule():
    heads = pd.MultiIndex.from_tuples([("equal", "weight"), ("equal", "rank"), ("pca", "rank")])
    frame = pd.DataFrame([[0.5, 1, 2]], index=pd.Index(["a"], name="unit"), columns=heads)
    out = to_latex(frame, lang="zh", heads={"equal": gz.Text("等权", "Equal"), "pca": "PCA"})
    assert r"& \multicolumn{2}{c}{等权} & PCA \\" in out.replace(" &", " &")
    assert r"\cmidrule(lr){2-3} \cmidrule(lr){4-4}" in out
    assert r"评价对象 & 权重 & 排名 & 排名 \\" in out
    assert '<th scope="colgroup" colspan="2"' in to_html(frame)
    assert to_markdown(frame).startswith("| Unit | equal / Weight | equal / Rank | pca / Rank |")


def test_levels_of_the_index_are_columns_and_names_may_repeat():
    rows = pd.MultiIndex.from_tuples([("x", 2021), ("x", 2022)], names=["unit", "year"])
    frame = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], index=rows, columns=["a", "a"])
    out = to_latex(frame, decimals=0)
    assert "Unit & Year & a & a" in out
    assert cells(out) == [["x", "2021", "1", "2"], ["x", "2022", "3", "4"]]
    assert frame.columns.tolist() == ["a", "a"]


def test_notes_and_long_tables(scores):
    out = to_latex(scores, notes=["a & b", "second"], caption="c")
    assert "\\begin{tablenotes}\\footnotesize\n\\item Notes: a \\& b\n\\item second" in out
    assert out.index("\\begin{threeparttable}") < out.index("\\caption{c}")
    long = to_latex(scores, long=True, caption="c", label="t")
    assert long.count("\\toprule") == 2
    assert "\\caption{c}\\label{t} \\\\" in long
    assert "\\end{longtable}" in long


def test_nothing_gets_through_unescaped():
    frame = pd.DataFrame({NASTY: [NASTY]}, index=[NASTY])
    latex = to_latex(frame, caption=NASTY, notes=[NASTY])
    assert r"\textbackslash{}input\{x\}" in latex
    assert not re.search(r"(?<!\\)[%#$]", latex)
    assert not re.search(r"\\\\\s*\n\s*[\[*]", latex)

    class Tags(HTMLParser):
        seen: set[str] = set()  # noqa: RUF012

        def handle_starttag(self, tag, attrs):
            self.seen.add(tag)

    Tags().feed(to_html(frame, caption=NASTY, notes=[NASTY]))
    known = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
    assert Tags.seen == known
    mark = to_markdown(frame, caption=NASTY, notes=[NASTY])
    assert "<script>" not in mark
    lines = [x for x in mark.splitlines() if x.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", x)) for x in lines} == {3}


@given(st.text(max_size=30))
def test_escaped_text_is_balanced(text):
    out = tex(text)
    bare = re.sub(r"\\[&%$#_{}]", "", out)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"[&%$#_~^<>|`\"]", bare)
    assert set(re.findall(r"\\([a-z]+)", bare)) <= {
        "textbackslash",
        "textasciitilde",
        "textasciicircum",
        "textless",
        "textgreater",
        "textbar",
        "textasciigrave",
        "textquotedbl",
    }


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"decimals": -1}, "decimals = -1 of 'rank'"),
        ({"decimals": {"rank": 2.5}}, "decimals = 2.5"),
        ({"lang": "fr"}, "lang = 'fr'"),
        ({"label": "a}b"}, "label = 'a}b'"),
    ],
)
def test_refusals(scores, how, message):
    with pytest.raises(gz.MethodError, match=re.escape(message)):
        to_latex(scores, **how)


def test_a_table_without_columns_is_refused():
    with pytest.raises(gz.DataError, match="a table without columns"):
        to_latex(pd.DataFrame(index=range(2)))


def test_csv_keeps_every_digit_and_opens_as_chinese(tmp_path, scores):
    path = to_csv(scores, tmp_path / "t.csv", lang="zh")
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(path, encoding="utf-8-sig")
    assert back.columns[:3].tolist() == ["国家", "排名", "总指数"]
    np.testing.assert_array_equal(back["总指数"], scores["total"])


def test_dta_is_read_back_with_labels(tmp_path):
    frame = pd.DataFrame(
        {"1a": [0.1, np.nan], "x 1": [True, False], "x_1": ["甲", None], "using": [1, 2]},
        index=pd.MultiIndex.from_tuples([("广州", 2021), ("深圳", 2022)], names=["unit", "year"]),
    )
    path = to_dta(frame, tmp_path / "t.dta", lang="zh", heads={"1a": "指标甲"})
    back = pd.read_stata(path)
    assert back.columns.tolist() == ["unit", "year", "v1a", "x_1", "x_1_2", "vusing"]
    assert back["unit"].tolist() == ["广州", "深圳"]
    assert back["year"].tolist() == [2021, 2022]
    assert back["v1a"].isna().tolist() == [False, True]
    assert back["x_1_2"].tolist() == ["甲", ""]
    with pd.read_stata(path, iterator=True) as reader:
        labels = reader.variable_labels()
    assert labels["v1a"] == "指标甲"
    assert labels["unit"] == "评价对象"


def test_dta_refuses_what_stata_has_not(tmp_path):
    with pytest.raises(gz.DataError, match="a: inf in row 2"):
        to_dta(pd.DataFrame({"a": [1.0, np.inf]}), tmp_path / "t.dta")


@pytest.mark.skipif(shutil.which("xelatex") is None, reason="no XeLaTeX here")
def test_latex_compiles(tmp_path, scores):
    heads = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", "x")])
    deep = pd.DataFrame([[1.0, -2.0, np.nan]], index=["[u]"], columns=heads)
    nasty = pd.DataFrame({NASTY: [NASTY, "*"]}, index=[NASTY, "[0pt]"])
    many = pd.concat([scores.iloc[:, :3]] * 40)
    parts = [
        to_latex(scores.iloc[:, :3], caption="Scores", label="t:1", notes=["one", NASTY]),
        to_latex(deep, caption=NASTY, decimals=1),
        to_latex(nasty),
        to_latex(many, long=True, caption="Long", label="t:2", notes=["n"]),
    ]
    text = "\n".join(
        [
            r"\documentclass{article}\usepackage{booktabs,threeparttable,longtable}",
            r"\usepackage[paperwidth=60cm,paperheight=30cm]{geometry}\begin{document}",
            *parts,
            r"\end{document}",
        ]
    )
    (tmp_path / "t.tex").write_text(text, encoding="utf-8")
    for _ in range(2):
        done = subprocess.run(
            ["xelatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
    assert "undefined" not in done.stdout

import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gz_index as gz
from gz_index.cli import app

run = CliRunner()


def invoke(*args):
    out = run.invoke(app, [str(a) for a in args])
    assert "Traceback" not in out.output
    return out


def test_list_names_what_is_shipped():
    out = invoke("list")
    assert out.exit_code == 0
    for name in gz.available():
        assert name in out.stdout
    assert "five-zones-illustrative" in out.stdout


def test_check_says_ok_or_every_problem(tmp_path):
    assert invoke("check", *gz.available()).exit_code == 0
    bad = tmp_path / "bad.toml"
    bad.write_text('[index]\nid = "x"\n[[indicators]]\ncode = "a"\n')
    out = invoke("check", "desi-2022", bad)
    assert out.exit_code == 1
    assert "index.version: is missing" in out.stderr
    assert "direction: is missing" in out.stderr
    assert "desi-2022: ok" in out.stdout


def test_evaluate_prints_a_table_and_writes_a_result(tmp_path):
    out = invoke("evaluate", "cn-provinces-2022", "--out", tmp_path / "r", "--lang", "zh")
    assert out.exit_code == 0, out.output
    assert "广东省" in out.stdout
    assert "排名" in out.stdout
    result = gz.IndexResult.load(tmp_path / "r")
    assert result.counts["units"] == 31
    again = invoke("evaluate", "cn-provinces-2022", "--out", tmp_path / "r")
    assert again.exit_code == 2
    assert "exists already" in again.stderr
    ok = invoke("evaluate", "cn-provinces-2022", "--out", tmp_path / "r", "--overwrite")
    assert ok.exit_code == 0


def test_the_printed_ranking_is_that_of_the_library():
    out = invoke("evaluate", "desi-2022", "--top", 3)
    total = gz.load("desi-2022").evaluate(gz.data("desi-2022", lang="en")).total
    best = total.sort_values(ascending=False).index[:3]
    rows = [line for line in out.stdout.splitlines() if f"{total.max():.4f}" in line]
    assert len(rows) == 1
    assert best[0] in rows[0]


def test_units_have_names_in_both_languages():
    assert "Guangdong" in invoke("evaluate", "cn-provinces-2022").stdout
    assert "芬兰" in invoke("evaluate", "tai-2008", "--lang", "zh").stdout
    assert "Denmark" in invoke("evaluate", "desi-2022").stdout


def test_evaluate_draws_the_ranking(tmp_path):
    pytest.importorskip("matplotlib")
    file = tmp_path / "deep" / "tai.svg"
    out = invoke("evaluate", "tai-2008", "--figure", file)
    assert out.exit_code == 0, out.output
    assert "drawn: " in out.stdout
    drawn = re.findall("<!-- (.*?) -->", file.read_text(encoding="utf-8"))
    assert sum("Finland" in t for t in drawn) == 1
    assert invoke("evaluate", "tai-2008", "--figure", file).exit_code == 2
    first = file.read_bytes()
    assert invoke("evaluate", "tai-2008", "--figure", file, "--overwrite").exit_code == 0
    assert file.read_bytes() == first
    out = invoke("evaluate", "tai-2008", "--figure", tmp_path / "x.doc", "--out", tmp_path / "r")
    assert out.exit_code == 2
    assert ".svg or .pdf" in out.stderr
    assert not (tmp_path / "r").exists()


def test_methods_can_be_replaced_by_name_table_or_judgements():
    for weight in (
        "entropy",
        "scheme='critic', conflict='absolute'",
        "five-zones-illustrative",
    ):
        out = invoke("evaluate", "cn-provinces-2022", "--weight", weight)
        assert out.exit_code == 0, out.output
    out = invoke("evaluate", "cn-provinces-2022", "--weight", "entropi")
    assert out.exit_code == 2
    assert "did you mean 'entropy'" in out.stderr


def test_errors_are_one_message_and_leave_no_folder(tmp_path):
    data = gz.data("tai-2008")
    data.iloc[2, 3] = np.nan
    file = tmp_path / "tai.csv"
    data.to_csv(file)
    out = invoke("evaluate", "tai-2008", file, "--out", tmp_path / "r")
    assert out.exit_code == 2
    assert "cells are missing" in out.stderr
    assert "Sweden" in out.stderr
    assert not (tmp_path / "r").exists()
    for args in (
        ("evaluate", "nope"),
        ("evaluate", "tai-2008", tmp_path / "no.csv"),
        ("cite", "x"),
    ):
        out = invoke(*args)
        assert out.exit_code == 2
        assert out.stderr.startswith("gz-index: ")


def test_a_gbk_table_with_chinese_heads_is_read(tmp_path):
    index = gz.load("cn-provinces-2022")
    data = gz.data("cn-provinces-2022")[list(index.framework.codes)]
    data = data.rename(columns={c: index.framework.name(c, "zh") for c in data})
    file = tmp_path / "省.csv"
    data.reset_index().rename(columns={"province": "省份", "year": "年份"}).to_csv(
        file, encoding="gbk", index=False
    )
    out = invoke("evaluate", "cn-provinces-2022", file, "--lang", "zh")
    assert out.exit_code == 0, out.output
    assert "广东省" in out.stdout


def test_cite_gives_text_and_bibtex():
    assert "version" in invoke("cite", "desi-2022").stdout
    assert "@" in invoke("cite", "desi-2022", "--bibtex").stdout


def test_new_starts_a_definition_that_evaluates(tmp_path):
    file, definition = tmp_path / "mine.csv", tmp_path / "mine.toml"
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.uniform(1, 9, (5, 3)), columns=["港口 吞吐量", "b", "c"])
    table.insert(0, "城市", list("甲乙丙丁戊"))
    table.to_csv(file, index=False)
    out = invoke("new", file, definition)
    assert out.exit_code == 0, out.output
    assert invoke("check", definition).exit_code == 0
    assert invoke("evaluate", definition, file).exit_code == 0
    out = invoke("new", file, definition)
    assert out.exit_code == 2
    assert "exists already" in out.stderr


@pytest.mark.parametrize("args", [("evaluate", "desi-2022", "--top", "0"), ("frobnicate",)])
def test_wrong_usage_is_refused(args):
    assert invoke(*args).exit_code == 2


# -- sensitivity -----------------------------------------------------------------------------------


def test_sensitivity_prints_and_writes_the_studies(tmp_path):
    out = tmp_path / "s"
    done = invoke(
        "sensitivity", "cn-provinces-2022", "--draws", "500", "--points", "64", "--out", out
    )
    assert done.exit_code == 0, done.output
    for part in ("2 - 12", "Share of the variance", "Leader stays within", "Declared weight"):
        assert part in done.output, done.output
    assert "period 2022" in done.output
    names = ["importance", "sobol", "stability", "uncertainty"]
    assert sorted(p.name for p in out.iterdir()) == names
    assert all((out / n / "study.json").is_file() for n in names)
    again = invoke("sensitivity", "cn-provinces-2022", "--draws", "500", "--out", out)
    assert again.exit_code == 2
    assert "exists already" in again.output
    third = invoke(
        "sensitivity",
        "cn-provinces-2022",
        "--draws",
        "500",
        "--points",
        "64",
        "--out",
        out,
        "--overwrite",
        "--at",
        "2018",
        "--lang",
        "zh",
    )
    assert third.exit_code == 0, third.output
    assert "时期2018" in third.output
    assert "名次区间" in third.output


def test_sensitivity_of_a_definition_without_a_table_varies_the_weights():
    done = invoke("sensitivity", "tai-2008", "--draws", "300")
    assert done.exit_code == 0, done.output
    assert "weights +-25%" in done.output
    assert "Share of the variance" not in done.output  # of one choice it is all its own


def test_sensitivity_leaves_out_what_an_index_does_not_have():
    done = invoke("sensitivity", "hdi-2010", "--draws", "300")
    assert done.exit_code == 0, done.output
    assert "no Shapley effects" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gz-2025"], "nothing to rank"),
        (["tai-2008", "--at", "2010"], "the data have no periods"),
        (["cn-provinces-2022", "--at", "1999"], "no period '1999'; there are 2013"),
        (["desi-2022", "--points", "100"], "take 64 or 128"),
        (["desi-2022", "--level", "1.5"], "level = 1.5"),
    ],
)
def test_sensitivity_that_cannot_be_had(arguments, message):
    done = invoke("sensitivity", *arguments)
    assert done.exit_code == 2
    assert message in done.output


def test_monitor_prints_and_writes_the_dashboard(tmp_path):
    out = tmp_path / "m"
    done = invoke("monitor", "gz-2025", "--lang", "zh", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "▲ 快于预期" in done.output
    assert "缺数据8项、缺基期值1项" in done.output
    assert {"dashboard.zh.xlsx", "dashboard.en.csv", "study.json"} <= {
        p.name for p in out.iterdir()
    }
    again = invoke("monitor", "gz-2025", "--out", str(out))
    assert again.exit_code == 2
    assert invoke("monitor", "gz-2025", "--out", str(out), "--overwrite").exit_code == 0
    whole = invoke("monitor", "gz-2025", "--all", "--wording", "un")
    assert "5G users" in whole.output
    assert "on track" in whole.output


def test_monitor_of_a_table_that_does_not_fit_is_one_message(tmp_path):
    law = gz.Indicator(code="law", targets=gz.Target(kind="binary", year=2025))
    gz.Index(id="laws", version="1", framework=gz.Framework((law,))).to_toml(tmp_path / "l.toml")
    (tmp_path / "l.csv").write_text("城市,年份,law\n广州,2022,0\n广州,2023,9.5\n", encoding="gbk")
    done = invoke("monitor", str(tmp_path / "l.toml"), str(tmp_path / "l.csv"), "--lang", "zh")
    assert (done.exit_code, type(done.exception)) == (2, SystemExit)
    assert "law for 广州, 2023: a yes/no indicator is 9.5" in done.stderr


def test_monitor_refuses_by_name():
    for arguments, message in (
        (["gz-2025", "--year", "2030"], "no year 2030 in the data; there are 2022, 2023"),
        (["gz-2025", "--horizon", "2030"], "no target is due in 2030; there are 2025, 2035"),
        (["gz-2025", "--wording", "oecd"], "no convention 'oecd'"),
        (["cn-provinces-2022"], "the data hold several units"),
    ):
        done = invoke("monitor", *arguments)
        assert done.exit_code == 2
        assert message in done.stderr


def test_audit_prints_writes_and_fails_when_asked(tmp_path):
    out = tmp_path / "a"
    done = invoke("audit", "desi-2022", "--lang", "zh", "--out", out, "--skip", "frontier")
    assert done.exit_code == 0, done.output
    assert "P1-redundant" in done.output
    assert {"audit.html", "audit_zh.html", "audit.json"} <= {p.name for p in out.iterdir()}
    few = ("--skip", "uncertainty", "--skip", "sensitivity", "--skip", "frontier")
    assert invoke("audit", "desi-2022", "--fail-at", "warning", *few).exit_code == 1
    assert invoke("audit", "desi-2022", "--fail-at", "serious", *few).exit_code == 0
    assert invoke("audit", "desi-2022", "--show", "grave").exit_code == 2
    assert invoke("audit", "desi-2022", "--out", out).exit_code == 2


def test_new_refuses_text_among_numbers_and_names_the_columns_of_text(tmp_path):
    table, to = tmp_path / "t.csv", tmp_path / "t.toml"
    table.write_text(
        '城市,年份,a,b,说明\n广州,2022,"1,234",2,好\n深圳,2022,暂无,3,中\n佛山,2022,5,4,中\n',
        encoding="utf-8",
    )
    out = invoke("new", table, to)
    assert out.exit_code == 2
    assert "column 'a': '暂无' for 深圳, 2022 is no number" in out.stderr
    assert not to.exists()
    table.write_text("城市,年份,a,b,说明\n广州,2022,1,2,好\n深圳,2022,,3,中\n", encoding="utf-8")
    out = invoke("new", table, to)
    assert out.exit_code == 0, out.output
    assert "columns of text, left aside: 说明" in out.stdout
    assert gz.Index.from_toml(to).framework.codes == ("a", "b")
    assert invoke("new", table, tmp_path / "t.txt").exit_code == 2


def test_the_chinese_summary_is_chinese():
    out = invoke("evaluate", "cn-provinces-2022", "--lang", "zh").stdout
    assert (
        "另有21个评价对象未列。共31个评价对象×10期，19项指标；赋权：等权，合成：加权算术平均" in out
    )
    assert "units" not in out

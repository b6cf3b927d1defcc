"""The command that writes a report."""

import pytest
from typer.testing import CliRunner

from gz_index.cli import app

docx = pytest.importorskip("docx")
pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")


def run(*args):
    return CliRunner().invoke(app, ["report", *map(str, args)])


def test_the_command_writes_a_report(tmp_path):
    out = tmp_path / "r.docx"
    done = run("tai-2008", "--out", out, "--lang", "zh", "--of", "日本", "--section", "level")
    assert done.exit_code == 0, done.output
    assert "日本的总指数为" in done.output
    assert f"written: {out}" in done.output.replace("\n", "")
    heads = [p.text for p in docx.Document(str(out)).paragraphs if p.style.name == "Heading 1"]
    assert heads == ["要点", "一、总体水平"]


def test_the_command_takes_a_period(tmp_path):
    how = ("--section", "level", "--at", "2014", "--of", "Guizhou")
    done = run("cn-provinces-2022", "--out", tmp_path / "r.html", *how)
    assert done.exit_code == 0, done.output
    assert "In 2014, " in done.output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--out", "r.pdf"], "end it in .html or .docx"),
        (["--of", "Atlantis"], "no unit 'Atlantis'"),
        (["--at", "2022"], "no periods"),
        (["--section", "x"], "no section 'x'"),
    ],
)
def test_mistakes_of_the_command(tmp_path, args, message):
    out = [] if "--out" in args else ["--out", tmp_path / "r.html"]
    done = run("tai-2008", *out, *args)
    assert done.exit_code == 2
    assert message in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_command_refuses_a_file_in_the_way_before_any_work(tmp_path):
    out = tmp_path / "r.html"
    out.write_text("old", encoding="utf-8")
    done = run("no-such-definition", "--out", out)
    assert done.exit_code == 2
    assert "exists already" in done.output
    assert out.read_text(encoding="utf-8") == "old"
    again = run("tai-2008", "--out", out, "--overwrite", "--section", "level")
    assert again.exit_code == 0, again.output

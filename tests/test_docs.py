"""The pages tell the truth: every Python block runs, every shown output is what comes out.

A block marked ``python`` runs in one namespace per page, in order. A block marked ``sh`` whose
command is ``gz-index`` or ``cat`` runs as well. A ``text`` block right after one of these is what
it prints; ``...`` stands for anything. Definitions and data that a page shows as ``toml``, ``csv``
or ``python`` with a first line ``# file: NAME`` are written to a file that later blocks read.
"""

import contextlib
import doctest
import io
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gz_index as gz
from gz_index import aggregate, normalise, weighting
from gz_index.cli import app

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    p
    for p in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
    ]
    if "_build" not in p.parts
)
BLOCK = re.compile(r"^```([\w-]+)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
RUNS = ("gz-index ", "cat ")


def blocks(text: str) -> list[tuple[str, str, int, bool]]:
    """Return (language, body, line, follows at once) of every fenced block."""
    out, end = [], -1
    for m in BLOCK.finditer(text):
        line = text.count("\n", 0, m.start()) + 2
        out.append((m[1], m[2], line, not text[end : m.start()].strip() if end >= 0 else False))
        end = m.end()
    return out


def command(line: str) -> tuple[str, int]:
    """Return what a command of a page prints, and its status."""
    program, *arguments = shlex.split(line)
    if program == "cat":
        return "".join(Path(a).read_text(encoding="utf-8") for a in arguments), 0
    done = CliRunner().invoke(app, arguments, catch_exceptions=False, env={"COLUMNS": "120"})
    return done.output, done.exit_code


def same(want: str, got: str) -> bool:
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    return doctest.OutputChecker().check_output(want.strip() + "\n", got.strip() + "\n", options)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": page.stem}
    printed, failed = None, False
    for language, body, line, follows in blocks(page.read_text(encoding="utf-8")):
        at = f"{page.relative_to(ROOT)}:{line}"
        if language == "text" and follows and printed is not None:
            assert same(body, printed), f"{at} shows\n{body}\nbut this is printed:\n{printed}"
        else:  # a failure that is meant is shown
            assert not failed, f"the command above {at} failed:\n{printed}"
        printed, failed = None, False
        if m := re.match(r"# file: (\S+)\n", body):
            # a table starts with its heads, not with a comment
            text = body[m.end() :] if m[1].endswith(".csv") else body
            Path(m[1]).parent.mkdir(parents=True, exist_ok=True)
            Path(m[1]).write_text(text, encoding="utf-8")
        if language == "toml":
            tomllib.loads(body)
        elif language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                # padded, so that a traceback names the line of the page
                exec(compile("\n" * (line - 1) + body, at, "exec"), names)
            printed = out.getvalue()
        elif language == "sh" and body.startswith(RUNS):
            done = [command(row) for row in body.replace("\\\n", " ").splitlines()]
            printed = "".join(output for output, _ in done)
            failed = any(status for _, status in done)
    assert not failed, f"the last command of {page} failed:\n{printed}"


def test_pages_are_found():
    names = {str(p.relative_to(ROOT)) for p in PAGES}
    assert {"README.md", "README.zh.md", "CONTRIBUTING.md", "docs/tutorial.md"} <= names
    assert "docs/_build" not in " ".join(names)


@pytest.mark.parametrize("name", ["run", "test"])
def test_both_readmes_give_the_same_commands(name):
    found = [
        re.findall(
            rf"<!-- ci: {name} -->\s*```sh\n(.*?)```", (ROOT / f).read_text("utf-8"), re.DOTALL
        )
        for f in ("README.md", "README.zh.md")
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 1


def test_citation_and_changelog_name_this_version():
    assert f"\nversion: {gz.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## [{gz.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_key_of_a_definition_is_described():
    """Every key that the loader knows stands in docs/definitions.md."""
    page = (ROOT / "docs" / "definitions.md").read_text("utf-8")
    loader = (ROOT / "gz_index" / "definition.py").read_text("utf-8")
    keys = set(re.findall(r"\bt\.\w+\(\"(\w+)\"|\bs\.\w+\(\"(\w+)\"|head\.\w+\(\"(\w+)\"", loader))
    keys = {k for found in keys for k in found if k}
    assert len(keys) > 30
    assert not [k for k in sorted(keys) if f"`{k}`" not in page]


def test_python_version():
    """The pages promise what pyproject.toml says."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert wanted["requires-python"] == ">=3.11"
    assert sys.version_info >= (3, 11)
    for name in ("README.md", "README.zh.md"):
        assert "3.11" in (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("weight", [*weighting.SCHEMES, *weighting.COMBINATIONS]),
        ("normalise", list(normalise.NORMALISERS)),
        ("aggregate", list(aggregate.AGGREGATORS)),
    ],
)
def test_every_method_is_explained(page, names):
    text = (ROOT / "docs" / "explanation" / f"{page}.md").read_text("utf-8")
    assert not [name for name in names if f"`{name}`" not in text]


def test_every_choice_is_described():
    """Every kind of choice, and every key of it, stands in docs/definitions.md."""
    import dataclasses

    from gz_index.choices import KINDS, Sensitivity

    page = (ROOT / "docs" / "definitions.md").read_text("utf-8")
    section = page.split("## `[sensitivity]`")[1].split("\n## ")[0]
    keys = {f.name for kind in KINDS.values() for f in dataclasses.fields(kind)}
    keys |= {f.name for f in dataclasses.fields(Sensitivity)} | set(KINDS)
    assert len(keys) > 25
    assert not [k for k in sorted(keys) if f"`{k}`" not in section]


def test_every_public_name_is_in_the_reference():
    text = "".join(p.read_text("utf-8") for p in (ROOT / "docs" / "reference").glob("*.rst"))
    from gz_index import sensitivity

    assert not [n for n in sensitivity.__all__ if f".{n}\n" not in text]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_figure_of_the_readme_is_what_its_command_draws(lang, tmp_path):
    """Every label and number of the picture that is kept is in a new one, and the bars as well."""
    pytest.importorskip("matplotlib")
    words = re.search(r"gz-index (evaluate .*)\n```", (ROOT / "README.md").read_text("utf-8"))
    assert words is not None
    args = shlex.split(words[1].replace("out/", f"{tmp_path}/"))
    done = CliRunner().invoke(app, [*args, "--lang", lang])
    assert done.exit_code == 0, done.output
    kept, made = (
        (folder / name).read_text("utf-8")
        for folder, name in (
            (ROOT / "docs" / "figures", f"provinces-{lang}.svg"),
            (tmp_path, "provinces.svg"),
        )
    )
    texts = re.findall("<!-- (.*?) -->", kept)
    assert len(texts) > 70
    assert texts == re.findall("<!-- (.*?) -->", made)
    assert kept.count('<g id="patch_') == made.count('<g id="patch_') > 150

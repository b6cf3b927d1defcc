"""A third party's distribution, installed for real, and its methods used by name."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gz_index as gz
from gz_index import testing, weighting

pytest.importorskip("pip")
pytest.importorskip("hatchling")

HERE = Path(__file__).parent
THRIFT = HERE / "third_party" / "gz_thrift"

DEFINITION = """
[index]
id = "thrifty"
version = "1.0.0"

[normalise]
method = "minmax"

[weight]
scheme = "headroom"
power = 2

[aggregate]
method = "arithmetic"

[[indicators]]
code = "a"
direction = "+"

[[indicators]]
code = "b"
direction = "-"
"""

# min-max and oriented: a = 0, 0.25, 1; b = 1, 0.8, 0. Headroom: 1 - 5/12 and 1 - 0.6.
DATA = pd.DataFrame({"a": [1.0, 2, 5], "b": [0.0, 2, 10]}, index=["x", "y", "z"])
ROOM = np.array([7 / 12, 0.4])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Install the distribution into a folder, with no network and nothing else."""
    target = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "gz_thrift.py"):
        (source / name).write_bytes((THRIFT / name).read_bytes())
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--no-warn-conflicts"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", target, source],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def installed(site, monkeypatch):
    """The distribution can be seen by this process."""
    monkeypatch.syspath_prepend(str(site))
    yield
    sys.modules.pop("gz_thrift", None)


def test_a_definition_names_a_scheme_of_another_distribution(installed):
    result = gz.Index.from_toml(DEFINITION).evaluate(DATA)
    w = ROOM**2 / (ROOM**2).sum()
    np.testing.assert_allclose(result.weights.loc[["a", "b"], "global"], w, rtol=1e-14)
    np.testing.assert_allclose(result.total, [w[1], 0.25 * w[0] + 0.8 * w[1], w[0]], rtol=1e-14)
    assert result.index.weight.label == "headroom(power=2)"


def test_the_definition_is_written_and_read_again(installed, tmp_path):
    index = gz.Index.from_toml(DEFINITION)
    index.to_toml(tmp_path / "thrifty.toml")
    again = gz.Index.from_toml(tmp_path / "thrifty.toml")
    assert again == index
    assert again.hash == index.hash
    saved = index.evaluate(DATA).save(tmp_path / "result")
    pd.testing.assert_frame_equal(gz.IndexResult.load(saved).scores, index.evaluate(DATA).scores)


def test_without_the_distribution_the_name_is_unknown():
    with pytest.raises(gz.DefinitionError, match="no weighting scheme 'headroom'"):
        gz.Index.from_toml(DEFINITION)


def test_an_option_it_does_not_have_is_refused(installed):
    with pytest.raises(gz.DefinitionError, match=r"headroom has no option 'powr' \(did you mean"):
        gz.Index.from_toml(DEFINITION.replace("power", "powr"))


def test_what_it_returns_is_checked(installed):
    index = gz.Index.from_toml(DEFINITION.replace("headroom", "overdrawn").replace("power = 2", ""))
    with pytest.raises(gz.MethodError, match=r"overdrawn gave weights that are negative.* at a"):
        index.evaluate(DATA)


def test_a_name_of_our_own_cannot_be_taken_over(installed):
    index = gz.Index.from_toml(DEFINITION.replace("headroom", "equal").replace("power = 2", ""))
    assert index.evaluate(DATA).weights["global"].tolist() == [0.5, 0.5]
    assert weighting.SCHEMES["equal"] is weighting.equal


def test_its_normaliser_and_aggregator_work_by_name(installed):
    text = DEFINITION.replace('"minmax"', '"share-of-best"').replace('"arithmetic"', '"weakest"')
    result = gz.Index.from_toml(text).evaluate(DATA[["a"]].assign(b=[4.0, 2, 1]))
    np.testing.assert_allclose(result.normalised["a"], [0.2, 0.4, 1.0], rtol=1e-14)
    np.testing.assert_allclose(result.normalised["b"], [-2, 0, 1], rtol=1e-14)
    np.testing.assert_allclose(result.total, [-2, 0, 1], rtol=1e-14)
    frozen = gz.Index.from_toml(result.index.to_toml())
    assert frozen == result.index
    again = frozen.evaluate(DATA[["a"]].assign(b=[4.0, 2, 1]), scale=result.scale)
    assert again.total.tolist() == result.total.tolist()


def test_the_contract_accepts_its_methods(installed):
    import gz_thrift

    testing.check_weighting(gz_thrift.headroom)
    testing.check_weighting(gz_thrift.headroom, power=3)
    testing.check_aggregator(gz_thrift.weakest)
    testing.check_normaliser("share-of-best")
    with pytest.raises(AssertionError, match="not finite and >= 0"):
        testing.check_weighting(gz_thrift.overdrawn)


def test_the_command_line_knows_the_name(site, tmp_path):
    (tmp_path / "thrifty.toml").write_text(DEFINITION, encoding="utf-8")
    DATA.rename_axis("unit").to_csv(tmp_path / "data.csv")
    done = subprocess.run(
        [sys.executable, "-m", "gz_index.cli", "evaluate", "thrifty.toml", "data.csv"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(HERE.parent)])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "headroom(power=2)" in done.stdout


def test_the_guide_shows_the_scheme_that_is_tested_here():
    guide = (HERE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = guide.split("# file: gz_thrift.py\n")[1].split("```")[0]
    installed = (THRIFT / "gz_thrift.py").read_text(encoding="utf-8")
    assert shown.partition("def ")[2].strip() in installed

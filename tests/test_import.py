import os
import subprocess
import sys
from pathlib import Path

import gz_index as gz

ROOT = Path(__file__).parent.parent


def python(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_pitfall_31_importing_every_module_changes_no_global_state():
    code = """
import importlib, pkgutil, random, warnings
import numpy as np, pandas as pd
# what other packages do when they are imported is not ours to judge
import openpyxl, pyarrow, rich.console, rich.table, scipy, sklearn, statsmodels, typer
np.random.seed(5); random.seed(5)
warnings.simplefilter("error")
def options():
    return {k: pd.get_option(k) for k in ("display.max_rows", "display.precision",
            "display.float_format", "display.width")}
before = (np.get_printoptions(), list(warnings.filters), options(),
          np.random.get_state()[1].tolist(), random.getstate(), np.geterr())
import gz_index
for m in pkgutil.walk_packages(gz_index.__path__, "gz_index."):
    importlib.import_module(m.name)
r = gz_index.load("desi-2022").replace(weight="pca").evaluate(gz_index.data("desi-2022"))
repr(r), r._repr_html_(), r.ranks, r.contributions
after = (np.get_printoptions(), list(warnings.filters), options(),
         np.random.get_state()[1].tolist(), random.getstate(), np.geterr())
changed = [i for i, (a, b) in enumerate(zip(before, after)) if a != b]
assert not changed, changed
"""
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_importing_the_package_pulls_in_nothing_heavy():
    code = """
import sys, gz_index
heavy = {"sklearn", "statsmodels", "matplotlib", "scipy", "pandas", "typer"} & set(sys.modules)
assert not heavy, heavy
gz_index.weighting
gz_index.Index
heavy = {"sklearn", "statsmodels", "matplotlib", "scipy.optimize", "scipy.stats"} & set(sys.modules)
assert not heavy, heavy
"""
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_there_and_listed():
    for name in gz.__all__:
        assert getattr(gz, name) is not None
    assert set(gz.__all__) <= set(dir(gz))


def test_a_function_and_a_module_never_share_a_name():
    modules = {p.stem for p in (ROOT / "gz_index").iterdir() if not p.name.startswith("_")}
    assert not modules & set(gz.__all__)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(gz, "entropy_weights")

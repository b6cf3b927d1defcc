"""Figures warn where no Chinese font is installed; where one is, a warning is an error here.

Reports that several modules look at are made once.
"""

import numpy as np
import pandas as pd
import pytest

import gz_index as gz


def _has_chinese_font() -> bool:
    try:
        from gz_index.report.drawing.fonts import _chinese

        return bool(_chinese())
    except ImportError:  # no matplotlib
        return False


def pytest_collection_modifyitems(items):
    mine = [i for i in items if "tests/report" in i.path.as_posix()]
    there = bool(mine) and _has_chinese_font()
    for item in mine:
        if there:
            item.add_marker(pytest.mark.filterwarnings("error:no font that is installed"))
            item.add_marker(pytest.mark.filterwarnings(r"error:Glyph \d+"))
        elif "font" in item.name:
            item.add_marker(pytest.mark.skip(reason="no Chinese font is installed"))


# -- reports ---------------------------------------------------------------------------------------

#: a name that would be markup, were it not escaped
EVIL = '<script>alert("x")</script><img src="x" onload="y"> & $a$'


@pytest.fixture(scope="session")
def small():
    """Numbers of a quick report."""
    return {"draws": 50, "points": 16, "seed": 1}


@pytest.fixture(scope="session")
def evil():
    """A name that would be markup, were it not escaped."""
    return EVIL


@pytest.fixture(scope="session")
def provinces(small):
    """A panel: definition, data, report in Chinese."""
    from gz_index.report.documents import compose

    index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    return index, data, compose(index, data, lang="zh", unit="江苏省", **small)


@pytest.fixture(scope="session")
def desi(small):
    """A single year: definition, data, report in English."""
    from gz_index.report.documents import compose

    index, data = gz.load("desi-2022"), gz.data("desi-2022").drop(index="EU")
    return index, data, compose(index, data, lang="en", **small)


@pytest.fixture(scope="session")
def plan(small):
    """A plan with targets: definition, data, report in Chinese."""
    from gz_index.report.documents import compose

    index, data = gz.load("gz-2025"), gz.data("gz-2025")
    return index, data, compose(index, data, lang="zh", **small)


@pytest.fixture
def own():
    """A small index with names that would be markup, and its data."""
    rng = np.random.default_rng(3)
    units = [EVIL, "b", "c", "d", "e", "f"]
    data = pd.DataFrame(rng.uniform(1, 9, (6, 4)), columns=list("wxyz"), index=units)
    tree = [gz.Indicator(code=c, parent=p, name=EVIL) for c, p in zip("wxyz", "ppqq", strict=True)]
    groups = [gz.Group(code="p", name=EVIL), gz.Group(code="q", name="Q")]
    index = gz.Index(framework=gz.Framework(tree, groups), name=EVIL, id="own", notes=[EVIL])
    return index, data

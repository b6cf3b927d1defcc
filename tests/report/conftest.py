"""Figures warn where no Chinese font is installed; where one is, a warning is an error here."""

import pytest


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

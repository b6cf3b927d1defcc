"""A browser, and pages that several tests look at."""

import os
import shutil
from pathlib import Path

import pytest
from driving import two_levels

import gz_index as gz
from gz_index.report.page import to_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def _lacking():
    try:
        import axe_playwright_python
        import playwright.sync_api  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed"
    assert axe_playwright_python
    return "" if CHROMIUM else "no chromium here"


WHY = _lacking()


@pytest.fixture(scope="module")
def browser():
    if WHY and not os.environ.get("CI"):  # where all checks are run, nothing is left out unseen
        pytest.skip(WHY)
    assert not WHY, WHY
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Open a file in a new context; at the end nothing may have been complained of or asked for."""
    contexts, faults = [], []

    def open_(path, hash_="", *, width=1280, **how):
        context = browser.new_context(viewport={"width": width, "height": 800}, **how)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(f"{m.type}: {m.text}"))
        page.on("pageerror", lambda e: faults.append(str(e)))
        page.on("dialog", lambda d: (faults.append(f"dialog: {d.message}"), d.dismiss()))
        page.on("request", lambda r: r.url.startswith("file:") or faults.append(r.url))
        page.goto(Path(path).as_uri() + hash_)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def provinces(folder):
    """Arithmetic at every node, with gaps that are rescaled over."""
    result = gz.load("cn-provinces-2022").evaluate(gz.data("cn-provinces-2022"))
    return result, to_page(result, folder / "provinces.html", lang="zh", draws=200)


@pytest.fixture(scope="session")
def geometric(folder):
    """Geometric over arithmetic, one unit with a gap, two with equal values."""
    return two_levels(folder, "geometric", {"method": "geometric"})

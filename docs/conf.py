"""Sphinx configuration: ``python -m sphinx -W docs docs/_build``; the build fetches nothing."""

from gz_index import __version__

project = "gz_index"
author = "The gz_index developers"
copyright = "The gz_index developers, MIT licence"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = False
napoleon_use_ivar = True

# types in docstrings are words ("label", "codes"): they are not looked up as names
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = f"gz_index {version}"
html_show_sphinx = False

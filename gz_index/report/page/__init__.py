"""An index as one HTML page that computes it again as its weights are moved."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gz_index.errors import MethodError
from gz_index.framework import Lang
from gz_index.report.page.payload import pack
from gz_index.report.page.sets import USUAL, sets_asked
from gz_index.report.page.words import WORDS
from gz_index.saving import new_file, refuse_file
from gz_index.weighting.rule import WeightLike

if TYPE_CHECKING:
    from gz_index.result import IndexResult
    from gz_index.sensitivity.montecarlo import Uncertainty

__all__ = ["USUAL", "to_page"]

_HERE = Path(__file__).parent
_SCRIPTS = tuple(
    f"{name}.js" for name in ("model", "charts", "state", "ranking", "tables", "weights", "page")
)
#: in a block of JSON nothing may end the block or begin a comment or another one
_ESCAPES = {
    "<": r"\u003c",
    ">": r"\u003e",
    "&": r"\u0026",
    "\u2028": r"\u2028",
    "\u2029": r"\u2029",
}


def to_page(
    result: IndexResult,
    path: str | Path,
    *,
    lang: Lang = "en",
    sets: Sequence[WeightLike] | Mapping[str, WeightLike] = USUAL,
    uncertainty: Uncertainty | None = None,
    draws: int = 1000,
    seed: int = 0,
    overwrite: bool = False,
) -> Path:
    r"""Write an index as one HTML file: ranking, profiles, comparison, years, sliders of weights.

    The page asks nothing of the network. It holds the normalised values in full and computes the
    scores again, by the formulas of the library and in its order of additions, whenever a weight is
    moved: :math:`w_j = r_j / \sum_k r_k` among siblings, where r is the weight of the set chosen,
    or what its slider says. Nodes that are put together by arithmetic or harmonic means or by
    ``mpi`` come out to the last bit; geometric and power means as well as the browser's logarithms
    and powers (a few units of the last digit).

    Where a node is put together in another way (TOPSIS, Copeland, a function, ...) the page is made
    all the same: the node keeps the values that the library gave, the sliders below it are off, and
    it is said why. Chinese and English are both in the page.

    Parameters
    ----------
    result : IndexResult
    path : path
        The file to write, usually ``*.html``.
    lang : {"zh", "en"}
        Language in which it opens.
    sets : sequence or mapping
        Weights that a reader can go back to, beside those of the definition: schemes, judgements,
        values by code; with a mapping its keys are the names shown. ``"ahp"`` stands for the
        judgements of the definition. One that cannot be computed on these data, or that changes
        nothing as groups of the definition have rules of their own, is named in the page with the
        reason.
    uncertainty : Uncertainty, optional
        Gives the intervals of ranks, see :func:`gz_index.uncertainty`; it has to be of this result.
    draws, seed : int
        Without ``uncertainty``, intervals of 90 % from so many draws in which each weight varies
        by a quarter.
    overwrite : bool
        Replace the file if there is one.

    Raises
    ------
    DataError
        The file exists, or ``uncertainty`` is of another result.
    MethodError, NotFoundError, DefinitionError
        ``lang``, ``draws`` or ``seed`` is none; a set is no weighting, or none of this definition.

    Examples
    --------
    >>> import tempfile, gz_index as gz
    >>> result = gz.load("tai-2008").evaluate(gz.data("tai-2008"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = to_page(result, Path(folder) / "tai.html", lang="en")
    ...     text = path.read_text(encoding="utf-8")
    >>> "<title>Technology Achievement Index" in text, len(text) < 200_000
    (True, True)
    """
    if lang not in ("zh", "en"):
        raise MethodError(f"lang = {lang!r}", hint="'zh' or 'en'")
    for name, value, least in (("draws", draws, 2), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise MethodError(f"{name} = {value!r}", hint=f"a whole number from {least} on")
    sets_asked(sets)
    path = Path(path)
    refuse_file(path, overwrite=overwrite)
    page = _page(pack(result, sets, uncertainty, draws, seed), lang)
    with new_file(path, overwrite=overwrite) as part:
        part.write_text(page, encoding="utf-8", newline="\n")
    return path


def _page(data: Mapping[str, Any], lang: Lang) -> str:
    """Put template, style, scripts and data together."""
    style, script = _read("page.css"), "\n".join(map(_read, _SCRIPTS))
    words = {key: [text.zh, text.en] for key, text in WORDS.items()}
    plain = json.dumps(
        {"lang": lang, "words": words, **data},
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )
    for letter, escape in _ESCAPES.items():
        plain = plain.replace(letter, escape)
    zh, en = data["index"]["name"]
    parts = {
        "lang": "zh-CN" if lang == "zh" else "en",
        "title": html.escape(zh if lang == "zh" else en),
        "policy": _policy(style, script),
        "style": style,
        "data": plain,
        "script": script,
    }
    said = {f"t:{key}": html.escape(text.get(lang)) for key, text in WORDS.items()}
    # in one pass, so that nothing in what is put in is taken for a place
    return re.sub(r"\{\{([\w:-]+)\}\}", lambda m: (parts | said)[m[1]], _read("template.html"))


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Return the content security policy: this script and this style, nothing from elsewhere."""

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types"
    )

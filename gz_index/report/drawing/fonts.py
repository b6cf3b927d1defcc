"""Fonts for Chinese labels, found among what is installed; nothing global is set."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from gz_index.errors import GzIndexWarning

__all__ = ["families"]

#: families that hold Chinese, the ones with mainland forms first
_CHINESE = (
    *("Source Han Sans SC", "Source Han Sans CN", "Noto Sans CJK SC", "Noto Sans SC"),
    *("Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "SimHei"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP", "Droid Sans Fallback"),
    *("Source Han Serif SC", "Noto Serif CJK SC", "Songti SC", "SimSun", "Noto Serif CJK JP"),
    "Arial Unicode MS",
)
#: their files, which a font list that was cached before they were installed does not know
_FILES = re.compile(
    r"(sourcehan|noto)(sans|serif)(cjk|sc|cn)?.*(regular|sc|cn|cjk)|msyh|pingfang|heiti|hiragino"
    r"|simhei|simsun|songti|wqy|droidsansfallback|arial ?unicode",
    re.IGNORECASE,
)


def families(texts: Iterable[str]) -> list[str]:
    """Return the font families that texts need, in the order in which they are tried.

    The first is that of the user's settings; where it lacks a character, as those of Chinese, an
    installed family that has it comes after, so that numbers keep the first one.

    Parameters
    ----------
    texts : iterable of str

    Warns
    -----
    GzIndexWarning
        No font that is installed has the characters.

    Examples
    --------
    >>> families(["GDP 2022"])
    ['DejaVu Sans']
    """
    first = _first()
    need = {ord(c) for t in texts for c in t if not c.isspace()} - _characters(first.fname)
    if not need:
        return [first.name]
    for entry in _chinese():
        if need <= _characters(entry.fname):
            return [first.name, entry.name]
    shown = "".join(map(chr, sorted(need)[:8]))
    warnings.warn(
        f"no font that is installed has the characters {shown}: they will be empty boxes "
        "-> install one (Debian: apt install fonts-noto-cjk; elsewhere Noto Sans SC from "
        "fonts.google.com), or pass lang='en' and Latin names",
        GzIndexWarning,
        stacklevel=2,
    )
    return [first.name]


def figure_space() -> str:
    """Return a space as wide as a digit; two spaces, about as wide, where the font has none."""
    return "\u2007" if 0x2007 in _characters(_first().fname) else "  "


def _first() -> Any:
    """Return the first installed family of the user's settings."""
    from matplotlib import rcParams

    settings: Any = rcParams
    for name in settings["font.family"]:
        for family in settings.get(f"font.{name}", [name]):
            if (found := _installed(family)) is not None:
                return found
    return _installed("DejaVu Sans")  # comes with matplotlib


def _installed(family: str) -> Any:
    """Return the entry of the font list with this family, the plain one if there is a choice."""
    from matplotlib.font_manager import fontManager

    entries = [e for e in fontManager.ttflist if e.name == family]
    plain = [e for e in entries if e.style == "normal" and str(e.weight) in ("400", "normal")]
    return next(iter([*plain, *entries]), None)


def _chinese() -> list[Any]:
    known = [e for e in map(_installed, _CHINESE) if e is not None]
    if not known:
        _look_again()
        known = [e for e in map(_installed, _CHINESE) if e is not None]
    return known


@cache
def _look_again() -> None:
    """Read the files that the cached font list does not know; adds to it, in this process."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    have = {e.fname for e in fontManager.ttflist}
    for file in sorted(findSystemFonts()):
        if file not in have and _FILES.search(Path(file).stem):
            try:
                fontManager.addfont(file)
            except (OSError, RuntimeError):  # not a font that can be read
                continue


@cache
def _characters(file: str) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(file).get_charmap())

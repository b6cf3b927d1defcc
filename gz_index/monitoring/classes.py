"""The statistical classification of the digital economy, and sub-classes of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from gz_index import catalog
from gz_index._registry import closest
from gz_index.errors import DataError, NotFoundError, Problem
from gz_index.framework import Lang, Text
from gz_index.labels import label_text
from gz_index.table import as_frame

__all__ = ["Category", "Classification", "given_away", "industry", "is_share"]

_INDUSTRY = re.compile(r"[A-T]?(\d{2,4})(\*?)")
_BETWEEN = re.compile(r"[\s;；、,，]+")


@dataclass(frozen=True, slots=True)
class Category:
    """A class, group or sub-class.

    Attributes
    ----------
    code : str
        Two digits a level: ``01`` is a class, ``0101`` a group, ``010101`` a sub-class.
    name : Text
    core : bool
        Whether it belongs to the core industries.
    industries : tuple of (str, float or None)
        Industries of GB/T 4754 in a sub-class, and the share of each that belongs to it; None where
        only a part belongs and it is not known how much.
    """

    code: str
    name: Text
    core: bool
    industries: tuple[tuple[str, float | None], ...] = ()

    @property
    def level(self) -> int:
        """1 for a class, 2 for a group, 3 for a sub-class."""
        return len(self.code) // 2

    @property
    def parent(self) -> str:
        """Code of the category above; empty for a class."""
        return self.code[:-2]


@dataclass(frozen=True, repr=False)
class Classification:
    """A statistical classification of the digital economy: classes, groups, and sub-classes if any.

    Attributes
    ----------
    id : str
    categories : tuple of Category

    Examples
    --------
    >>> from gz_index.monitoring.classes import Classification
    >>> c = Classification.load()
    >>> c.core, c.name("04"), c.name("04", "zh"), len(c.children("04"))
    (('01', '02', '03', '04'), 'Digital-element-driven industry', '数字要素驱动业', 7)
    """

    id: str
    categories: tuple[Category, ...]

    @classmethod
    def load(cls, name: str = "digital-economy-2021") -> Classification:
        """Return a classification that is shipped: classes and groups.

        Raises
        ------
        NotFoundError
            No data set has this name.
        """
        frame = catalog.data(name)
        if not {"name_zh", "name_en", "core"} <= set(frame.columns):
            raise NotFoundError(f"data set {name!r} is no classification")
        return cls(
            name,
            tuple(
                Category(str(code), Text(zh, en), bool(core))
                for code, zh, en, core in zip(
                    frame.index, frame["name_zh"], frame["name_en"], frame["core"], strict=True
                )
            ),
        )

    @cached_property
    def _by_code(self) -> dict[str, Category]:
        return {c.code: c for c in self.categories}

    def category(self, code: str) -> Category:
        """Return the category of a code.

        Raises
        ------
        NotFoundError
            There is none.
        """
        try:
            return self._by_code[code]
        except KeyError:
            raise NotFoundError(f"{self.id} has no {code!r}{self._meant(code)}") from None

    def _meant(self, code: Any) -> str:
        padded = f"0{code}"
        if padded in self._by_code:
            return f" (did you mean {padded!r}? read codes as text, else their zero is lost)"
        return closest(str(code), list(self._by_code))

    def name(self, code: str, lang: Lang = "en") -> str:
        """Return the name of a category in one language."""
        return self.category(code).name.get(lang)

    def children(self, code: str = "") -> tuple[str, ...]:
        """Codes of the categories below one; of the classes, without a code."""
        if code:
            self.category(code)
        return self._children.get(code, ())

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        out: dict[str, list[str]] = {}
        for c in self.categories:
            out.setdefault(c.parent, []).append(c.code)
        return {k: tuple(v) for k, v in out.items()}

    @property
    def core(self) -> tuple[str, ...]:
        """Codes of the classes that are core industries."""
        return tuple(c.code for c in self.categories if c.level == 1 and c.core)

    @property
    def splitting(self) -> dict[str, dict[str, float | None]]:
        """Industries of GB/T 4754: the sub-classes each belongs to, and which share of it does."""
        out: dict[str, dict[str, float | None]] = {}
        for c in self.categories:
            for code, share in c.industries:
                out.setdefault(code, {})[c.code] = share
        return out

    def with_subclasses(self, table: Any) -> Classification:
        """Return the classification with sub-classes from a table of one's own.

        Parameters
        ----------
        table : DataFrame
            Columns ``code`` (six digits, as text), ``name_zh`` (or ``name``), ``name_en`` if there
            is one, ``gbt4754``: one or several codes of industries, between them a space, ``;`` or
            ``、``; and, if known, ``coefficient``: which share of the industry belongs to the
            sub-class, in (0, 1], one number or one for each code. Without one an industry belongs
            wholly, or, with a star (``3919*``), in a part that is not known.

        Raises
        ------
        DataError
            A column is missing, a code is unknown, stands twice or has the wrong length, a
            coefficient is no share, or more than the whole of an industry is given away; every
            fault is named.

        Examples
        --------
        A made row, not that of the official classification:

        >>> import pandas as pd
        >>> row = {"code": ["010199"], "name": ["made"], "gbt4754": ["9998;9999*"]}
        >>> c = Classification.load().with_subclasses(pd.DataFrame(row))
        >>> c.children("0101"), c.splitting
        (('010199',), {'9998': {'010199': 1.0}, '9999': {'010199': None}})
        """
        frame = as_frame(table)
        if "code" not in frame.columns and frame.index.name == "code":
            frame = frame.reset_index()
        names = [c for c in ("name_zh", "name") if c in frame.columns][:1]
        needed = {"code": "code", "gbt4754": "gbt4754", "name": (names or ["name_zh"])[0]}
        problems = [
            Problem(c, "there is no such column", "columns are code, name_zh, gbt4754")
            for c in needed.values()
            if c not in frame.columns
        ]
        if problems:
            raise DataError("this is no table of sub-classes", problems)
        blank: list[Any] = [None] * len(frame)
        columns = [frame[c].tolist() for c in needed.values()]
        columns += [
            frame[c].tolist() if c in frame.columns else blank for c in ("name_en", "coefficient")
        ]
        known, added = set(self._by_code), []
        for i, (cell, industries, zh, en, share) in enumerate(zip(*columns, strict=True)):
            code = label_text(cell) or ""
            where = f"row {i}, {code}"
            problems += self._code_problems(where, code, known)
            known.add(code)
            parts = _industries(where, industries, share, problems)
            above = self._by_code.get(code[:4])
            name = Text(label_text(zh) or "", label_text(en) or "")
            added.append(Category(code, name, above.core if above else False, parts))
        out = replace(self, categories=(*self.categories, *added))
        problems += given_away(out.splitting)
        if problems:
            raise DataError("the sub-classes do not fit", problems)
        return out

    def _code_problems(self, where: str, code: str, known: set[str]) -> Iterator[Problem]:
        if not (code.isascii() and code.isdecimal() and len(code) == 6):
            way = "a sub-class has six digits; read codes as text, else their first zero is lost"
            yield Problem(where, f"{code!r} is no code of a sub-class", way)
        elif code[:4] not in self._by_code:
            yield Problem(where, f"there is no group {code[:4]}{self._meant(code[:4])}", "correct")
        if code in known:
            yield Problem(where, "this code stands twice", "keep one row, with all its industries")

    def to_frame(self) -> pd.DataFrame:
        """Return code, level, parent, names, whether core, and industries."""
        rows = [
            (c.code, c.level, c.parent, c.name.zh, c.name.en, c.core, _shown(c.industries))
            for c in self.categories
        ]
        heads = ["code", "level", "parent", "name_zh", "name_en", "core", "gbt4754"]
        return pd.DataFrame(rows, columns=heads).set_index("code")

    def __repr__(self) -> str:
        counts = [sum(c.level == n for c in self.categories) for n in (1, 2, 3)]
        return f"<Classification {self.id}: {counts[0]} classes, {counts[1]} groups, " + (
            f"{counts[2]} sub-classes>"
        )


def _shown(industries: Iterable[tuple[str, float | None]]) -> str:
    return ";".join(c + ("*" if s is None else "" if s == 1 else f"*{s:g}") for c, s in industries)


def _industries(
    where: str, cell: Any, share: Any, problems: list[Problem]
) -> tuple[tuple[str, float | None], ...]:
    """Read the codes of GB/T 4754 in a cell, with the share of each."""
    codes = [c for c in _BETWEEN.split(label_text(cell) or "") if c]
    shares: list[Any] = [s for s in _BETWEEN.split(label_text(share) or "") if s]
    if len(shares) == 1:
        shares *= len(codes)
    if shares and len(shares) != len(codes):
        what = f"{len(shares)} coefficients for {len(codes)} codes of GB/T 4754"
        problems.append(Problem(where, what, "give one for all, or one for each"))
        shares = []
    out: dict[str, float | None] = {}
    for k, text in enumerate(codes):
        code, part = industry(text)
        if not code:
            problems.append(
                Problem(where, f"{text!r} is no code of GB/T 4754", "two to four digits")
            )
            continue
        if code in out:
            problems.append(Problem(where, f"GB/T {code} stands twice in it", "keep one"))
        out[code] = None if part else 1.0
        if shares and not is_share(shares[k]):
            problems.append(Problem(where, f"coefficient {shares[k]!r}", "a share in (0, 1]"))
        elif shares:
            out[code] = float(shares[k])
    return tuple(out.items())


def industry(text: str) -> tuple[str, bool]:
    """Return the digits of a code of GB/T 4754 and whether a star follows; no digits of another.

    Examples
    --------
    >>> industry("C3911"), industry("39*"), industry("GDP")
    (('3911', False), ('39', True), ('', False))
    """
    found = _INDUSTRY.fullmatch(text)
    return (found[1], bool(found[2])) if found else ("", False)


def is_share(value: Any) -> bool:
    """Say whether a value is a share in (0, 1]."""
    try:
        return 0 < float(value) <= 1
    except (TypeError, ValueError):
        return False


def given_away(splitting: Mapping[str, Mapping[str, float | None]]) -> Iterator[Problem]:
    """Name industries of which more than the whole is given away, alone or with their parents."""
    total = {k: sum(s for s in to.values() if s is not None) for k, to in splitting.items()}
    for code, to in splitting.items():
        who = ", ".join(f"{c} ({'part' if s is None else f'{s:g}'})" for c, s in to.items())
        if total[code] > 1 + 1e-9 or (total[code] > 1 - 1e-9 and None in to.values()):
            yield Problem(
                f"GB/T {code}",
                f"more than the whole of it is given away: {who}",
                "give coefficients that sum to one at most, or a star where only a part belongs",
            )
        for above in (code[:n] for n in range(2, len(code))):
            if total.get(above, 0.0) > 1 - 1e-9:
                what = f"belongs to {who}, and all of GB/T {above} to {', '.join(splitting[above])}"
                yield Problem(f"GB/T {code}", what, f"take it out, or give {above} a coefficient")

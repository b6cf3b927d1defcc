"""The method paragraph of a paper: what was really done, with formulas and references."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gz_index.errors import MethodError
from gz_index.framework import Lang
from gz_index.index import Source
from gz_index.report.paragraphs import Paragraphs
from gz_index.report.tables import tex

if TYPE_CHECKING:
    from gz_index.result import IndexResult

__all__ = ["Methods", "methods_text"]


@dataclass(frozen=True)
class Methods:
    r"""What a run did, in words; see :func:`methods_text`.

    Attributes
    ----------
    text : str
        Paragraphs. ``(1)`` is a formula, ``[key]`` a reference.
    formulas : tuple of str
        LaTeX of the formulas, in their order: the first one is (1).
    references : tuple of Source
    """

    text: str
    formulas: tuple[str, ...] = field(repr=False)
    references: tuple[Source, ...] = field(repr=False)

    @property
    def bibtex(self) -> str:
        """Every reference as BibTeX."""
        return "\n\n".join(s.bibtex() for s in self.references)

    @property
    def latex(self) -> str:
        r"""Text and numbered formulas as LaTeX (package ``amsmath``), references by ``\cite``."""
        text = "\n\n".join(tex(p) for p in self.text.split("\n\n"))
        for s in self.references:
            text = text.replace(f"{{[}}{tex(s.key)}{{]}}", f"~\\cite{{{s.key}}}").replace(" ~", "~")
        shown = [
            f"\\begin{{equation}}\\tag{{{k}}}\n{f}\n\\end{{equation}}"
            for k, f in enumerate(self.formulas, start=1)
        ]
        return "\n".join([text, *shown])

    def __str__(self) -> str:
        return self.text


def methods_text(result: IndexResult, *, lang: Lang = "en") -> Methods:
    r"""Say what was done to get a result: data, preparation, normalising, weights, aggregation.

    Only what the result itself shows is said: options that were used (also those left at their
    defaults), counts of this run, and formulas for the directions that occur. Methods that are not
    part of this package are named as such, without a formula.

    Parameters
    ----------
    result : IndexResult
    lang : {"zh", "en"}

    Raises
    ------
    MethodError
        ``lang`` is none of these.

    Examples
    --------
    >>> import gz_index as gz
    >>> m = methods_text(gz.load("tai-2008").evaluate(gz.data("tai-2008")))
    >>> print(m.text.split(". ")[0])
    The index "Technology Achievement Index, as worked in the OECD/JRC Handbook" (tai-2008,
    version 1.0.0) [tai-2008] was computed for 23 units from 8 indicators
    >>> print(m.formulas[-1])
    S_i = \sum_j w_j z_{ij}
    >>> [s.key for s in m.references]
    ['tai-2008', 'oecd2008handbook', 'undp2001hdr', 'saisana2005', 'gz_index']
    """
    if lang not in ("zh", "en"):
        raise MethodError(f"lang = {lang!r}", hint="'zh' or 'en'")
    said = Paragraphs(result, lang)
    space = " " if lang == "en" else ""
    text = "\n\n".join(space.join(p) for p in said.all())
    return Methods(text, tuple(said.formulas), tuple(said.cited.values()))

"""The statistical audit of an index: the JRC's checklist as findings, and how they are shown."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pandas as pd

from gz_index._registry import closest
from gz_index.auditing import checks, robustness
from gz_index.auditing.case import Case
from gz_index.auditing.findings import (
    CHECKS,
    SECTIONS,
    SEVERITIES,
    THRESHOLDS,
    Finding,
    Severity,
    unchecked,
)
from gz_index.errors import GzIndexError, MethodError
from gz_index.framework import Text
from gz_index.prepare.ready import sheet
from gz_index.result import versions
from gz_index.study import Study
from gz_index.table import Table

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.sensitivity.montecarlo import Uncertainty

__all__ = ["Audit", "audit", "folded"]

Lang = Literal["zh", "en"]

#: findings of one code that are shown in a text before the rest is counted
_SHOWN = 5

#: what looks at each section
_LOOKS: Mapping[str, Callable[[Case], None]] = {
    "concept": checks.concept,
    "data": checks.data,
    "pillars": checks.pillars,
    "weights": checks.weights,
    "levels": checks.levels,
    "uncertainty": robustness.uncertain,
    "sensitivity": robustness.sensitive,
    "frontier": robustness.frontier,
}


def audit(
    index: Index,
    data: Any,
    *,
    period: Hashable | None = None,
    thresholds: Mapping[str, float] | None = None,
    draws: int = 1000,
    points: int = 128,
    seed: int = 0,
    skip: Iterable[str] = (),
) -> Audit:
    """Audit an index: go through the checklist of the JRC and say what was found.

    The eight parts are concept, data, coherence of pillars, weights against importance, pillars and
    the index, uncertainty and sensitivity of ranks, and distance to the frontier. A check that
    cannot be made is a finding too, with the reason; the rest is done all the same, even where the
    index itself cannot be computed.

    Parameters
    ----------
    index : Index
    data : DataFrame
        As it comes, before preparation.
    period : label, optional
        Judge the rows of one period; by default all rows, ranked within each period. Normalising
        takes all rows in any case, and breaks are looked for in the whole panel.
    thresholds : mapping, optional
        In place of some of :data:`~gz_index.auditing.findings.THRESHOLDS`.
    draws : int
        Monte Carlo draws.
    points : int
        Sobol points, a power of two, where shares of variance are not exact.
    seed : int
    skip : sequence of str
        Sections that are not looked at, or codes that are not reported.

    Returns
    -------
    Audit

    Raises
    ------
    DataError
        The table does not fit the definition.
    NotFoundError
        There is no such period.
    MethodError
        A threshold, section or code is unknown, or an option is out of range.

    Notes
    -----
    The thresholds are conventions of audits, which differ from one to the next; none is a test. The
    uncertainty analysis varies every weight by ``noise`` (25 %) and the mean at the root
    (arithmetic, geometric) where all scores allow it; the ``[sensitivity]`` table of the
    definition is drawn by itself. Benefit of the doubt is over the children of the root, without
    limits on the weights.

    References
    ----------
    OECD and JRC (2008). Handbook on Constructing Composite Indicators. doi:10.1787/9789264043466-en

    Examples
    --------
    >>> import gz_index as gz
    >>> from gz_index.auditing.report import audit
    >>> data = gz.data("desi-2022").drop(index="EU")
    >>> a = audit(gz.load("desi-2022"), data, skip=["uncertainty", "sensitivity", "frontier"])
    >>> a.worst, a.of("levels")[["code", "where"]].to_numpy().tolist()[:2]
    ('warning', [['L1-redundant', '3a, 3b'], ['L2-contrary', '2b, 2c']])
    """
    away = (skip,) if isinstance(skip, str) else tuple(skip)
    known = [*SECTIONS, *CHECKS]
    for s in away:
        if s not in known:
            raise MethodError(
                f"audit: no section or code {s!r}{closest(s, known)}",
                hint=f"sections are {', '.join(SECTIONS)}",
            )
    limits = _limits(thresholds)
    _check_options(draws, points, seed)
    raw = sheet(index, data)
    rows = raw.table.rows_of(period)
    result, why = None, None  # IndexResult, Text
    try:
        result = index.evaluate(data)
        result.table.rows_of(period)  # it may have left
    except GzIndexError as error:
        result, said = None, " ".join(str(error).split())
        why = Text(f"指数无法计算：{said}", f"the index cannot be computed: {said}")
    case = Case(index, data, raw.take(rows), result, period, limits, draws, points, seed)
    for section, look in _LOOKS.items():
        if section in away:
            continue
        if why is not None:
            case.found.append(unchecked(section, "evaluate", why))
        if why is None or section in ("concept", "data"):
            look(case)
    found = sorted(case.found, key=lambda f: (list(SECTIONS).index(f.section), f.number))
    return Audit(
        definition=index,
        table=raw.table,
        found=tuple(f for f in found if f.code not in away),
        results=case.results,
        period=period,
        thresholds=limits,
        draws=draws,
        points=points,
        seed=seed,
        skipped=away,
    )


def _limits(given: Mapping[str, float] | None) -> dict[str, float]:
    for name, value in (given or {}).items():
        if name not in THRESHOLDS:
            raise MethodError(
                f"audit: no threshold {name!r}{closest(name, THRESHOLDS)}",
                hint=f"there are {', '.join(THRESHOLDS)}",
            )
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value):
            raise MethodError(f"audit: threshold {name} = {value!r}", hint="give a number")
    return {**THRESHOLDS, **{k: float(v) for k, v in (given or {}).items()}}


def _check_options(draws: Any, points: Any, seed: Any) -> None:
    """Refuse what every study would refuse: it is a mistake of the call, not of the index."""
    for name, value, least in (("draws", draws, 2), ("points", points, 2), ("seed", seed, 0)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise MethodError(f"audit: {name} = {value!r}", hint=f"a whole number from {least} on")
    if points & (points - 1):
        raise MethodError(f"audit: points = {points}", hint="a power of two, e.g. 128")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Audit(Study):
    """What an audit found; see :func:`audit`.

    Attributes
    ----------
    found : tuple of Finding
        In the order of the checklist.
    results : mapping
        The studies behind, as far as they could be made: ``structure``, ``breaks``,
        ``importance``, ``uncertainty``, ``uncertainty-own``, ``choices`` (shares of variance),
        ``omissions``; and tables of what was counted: ``indicators``, ``units``, ``added``,
        ``shifts``, ``frontier``.
    thresholds : mapping
        All that were used.
    """

    kind: ClassVar[str] = "audit"
    definition: Index = field(repr=False)
    table: Table = field(repr=False)
    found: tuple[Finding, ...]
    results: Mapping[str, Any] = field(repr=False)
    period: Hashable | None
    thresholds: Mapping[str, float]
    draws: int
    points: int
    seed: int
    skipped: tuple[str, ...]

    @property
    def index(self) -> Index:
        """The definition."""
        return self.definition

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what computed it, and hashes of the definition and of the raw data."""
        return versions(self.definition, self.table)

    # -- findings --------------------------------------------------------------------------------

    @property
    def findings(self) -> pd.DataFrame:
        """Every finding, in English; :meth:`to_frame` has both languages."""
        return self.to_frame()

    def to_frame(self, *, lang: Lang = "en") -> pd.DataFrame:
        """Return a row for each finding, in the order of the checklist."""
        rows = [
            {
                **f.to_dict(),
                "message": f.message.get(lang),
                "advice": f.advice.get(lang),
            }
            for f in self.found
        ]
        columns = ["code", "section", "severity", "where", "figure", "threshold"]
        out = pd.DataFrame(rows, columns=[*columns, "message", "advice"])
        return out.astype({"figure": float, "threshold": float})

    def of(self, section: str) -> pd.DataFrame:
        """Return the findings of one section.

        Raises
        ------
        MethodError
            There is no such section.
        """
        if section not in SECTIONS:
            raise MethodError(
                f"an audit has no section {section!r}{closest(section, SECTIONS)}",
                hint=f"sections are {', '.join(SECTIONS)}",
            )
        found = self.findings
        return found[found["section"] == section].reset_index(drop=True)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of findings of each severity, the most severe first."""
        return {s: sum(f.severity == s for f in self.found) for s in reversed(SEVERITIES)}

    @property
    def worst(self) -> Severity | None:
        """The highest severity that was found; None where there is no finding at all."""
        return next((s for s in reversed(SEVERITIES) if self.counts[s]), None)

    def at_least(self, severity: str) -> tuple[Finding, ...]:
        """Return the findings that are so severe or more.

        Raises
        ------
        MethodError
            There is no such severity.
        """
        if severity not in SEVERITIES:
            raise MethodError(
                f"no severity {severity!r}{closest(severity, list(SEVERITIES))}",
                hint=f"one of {', '.join(SEVERITIES)}",
            )
        least = SEVERITIES.index(severity)
        return tuple(f for f in self.found if SEVERITIES.index(f.severity) >= least)

    # -- study -----------------------------------------------------------------------------------

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the findings, and what was counted."""
        counted = {k: v for k, v in self.results.items() if isinstance(v, pd.DataFrame)}
        return {"table": self.findings, **counted}

    def settings(self) -> dict[str, Any]:
        """Return period, thresholds, draws, points, seed and what was skipped."""
        return {
            "period": None if self.period is None else str(self.period),
            "thresholds": dict(self.thresholds),
            "draws": self.draws,
            "points": self.points,
            "seed": self.seed,
            "skip": list(self.skipped),
        }

    def _texts(self) -> tuple[Text, ...]:
        out = [
            Text(
                "阈值是审计惯例，各机构、各版不尽相同，并非检验；超过阈值是需要说明之处，不等于错误",
                "thresholds are conventions of audits, which differ, and no tests: what passes one "
                "has to be explained, and need not be wrong",
            )
        ]
        out += [_said_of_ranks(u) for k, u in self.results.items() if k.startswith("uncertainty")]
        if "frontier" in self.results:
            out.append(_said_of_frontier(self.results["frontier"]["efficiency"]))
        if self.skipped:
            out.append(
                Text(f"略过：{'、'.join(self.skipped)}", f"skipped: {', '.join(self.skipped)}")
            )
        return tuple(out)

    def _write_more(self, folder: Path) -> None:
        (folder / "audit.html").write_text(self.to_html(), encoding="utf-8")
        (folder / "audit_zh.html").write_text(self.to_html(lang="zh"), encoding="utf-8")
        (folder / "audit.json").write_text(self.to_json(), encoding="utf-8")

    # -- shown -----------------------------------------------------------------------------------

    def title(self, lang: Lang = "en") -> str:
        """Return what was audited."""
        i = self.index
        name = i.name.get(lang) or i.id
        when = "" if self.period is None else f", {self.period}"
        head = "统计审计：" if lang == "zh" else "Statistical audit of "
        return f"{head}{name} ({i.id} {i.version}){when}"

    def summary(self, lang: Lang = "en") -> str:
        """Return the number of findings by severity in a line."""
        parts = [f"{severity_text(s, lang)} {n}" for s, n in self.counts.items() if n]
        return ", ".join(parts) or ("无发现" if lang == "zh" else "no findings")

    def to_text(self, lang: Lang = "en") -> str:
        """Return the audit as plain text; of many findings of one kind the first ones."""
        lines = [self.title(lang), self.summary(lang)]
        for number, section in enumerate(SECTIONS, 1):
            lines += ["", f"{number} {SECTIONS[section].get(lang)}"]
            mine = [f for f in self.found if f.section == section]
            if not mine:
                lines.append(f"  {nothing(section in self.skipped, lang)}")
            for f, more in folded(mine):
                head = f"  [{severity_text(f.severity, lang)}] {f.code}: "
                lines.append(head + (more_text(more, lang) if more else f.message.get(lang)))
                if f.advice and not more:
                    lines.append(f"      -> {f.advice.get(lang)}")
        return "\n".join([*lines, "", *(f"- {n}" for n in self.notes_in(lang))])

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self._body("en")

    def to_html(self, lang: Lang = "en") -> str:
        """Return the audit as one page that needs no other file."""
        code = "zh-CN" if lang == "zh" else "en"
        return (
            f'<!doctype html>\n<html lang="{code}"><head><meta charset="utf-8">'
            f"<title>{html.escape(self.title(lang))}</title></head>\n"
            f"<body>{self._body(lang)}</body></html>\n"
        )

    def _body(self, lang: Lang) -> str:
        heads = (
            ("程度", "代码", "发现", "建议") if lang == "zh" else ("", "Code", "Finding", "Advice")
        )
        top = "".join(f"<th>{h}</th>" for h in heads)
        out = [
            f"<style>{_STYLE}</style>",
            f'<div class="gz-audit"><h1>{html.escape(self.title(lang))}</h1>',
            f"<p>{html.escape(self.summary(lang))}</p>",
        ]
        for number, section in enumerate(SECTIONS, 1):
            out.append(f"<h2>{number} {html.escape(SECTIONS[section].get(lang))}</h2>")
            mine = [f for f in self.found if f.section == section]
            if not mine:
                out.append(f"<p>{html.escape(nothing(section in self.skipped, lang))}</p>")
                continue
            severe = sorted(mine, key=lambda f: -SEVERITIES.index(f.severity))
            shown = [f for f, more in folded(severe) if not more]
            rest = [f for f in severe if f not in shown]
            out.append(_rows(shown, top, lang))
            if rest:
                word = f"其余{len(rest)}条" if lang == "zh" else f"{len(rest)} more of these kinds"
                out.append(f"<details><summary>{word}</summary>{_rows(rest, top, lang)}</details>")
        notes = "".join(f"<li>{html.escape(n)}</li>" for n in self.notes_in(lang))
        limits = ", ".join(f"{k} {v:g}" for k, v in self.thresholds.items())
        word = "阈值" if lang == "zh" else "thresholds"
        made = "; ".join(f"{k} {v}" for k, v in self.versions.items())
        out.append(f"<ul>{notes}<li>{word}: {html.escape(limits)}</li>")
        out.append(f"<li>{html.escape(made)}</li></ul></div>")
        return "\n".join(out)

    def to_json(self) -> str:
        """Return the audit as JSON; :meth:`Finding.of` reads its findings back."""
        plain = {
            "kind": self.kind,
            "settings": self.settings(),
            "versions": self.versions,
            "worst": self.worst,
            "counts": self.counts,
            "findings": [f.to_dict() for f in self.found],
        }
        return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)


def _said_of_ranks(u: Uncertainty) -> Text:
    ranks = u.ranks
    varied = u.model.varied
    firm, n = int((ranks["high"] - ranks["low"] <= 5).sum()), len(ranks)
    return Text(
        f"变动{varied.zh}：名次平均变动{u.shift:.2f}位，{n}个中{firm}个的90%名次区间不超过5位",
        f"varying {varied.en}: mean shift of ranks {u.shift:.2f}; {firm} of {n} have a 90% "
        "interval of at most 5 places",
    )


def _said_of_frontier(score: pd.Series[float]) -> Text:
    top, n, low, who = int((score > 1 - 1e-9).sum()), len(score), score.min(), score.idxmin()
    return Text(
        f"按最有利的权重：{n}个中{top}个并列最优，最低效率{low:.3f}（{who}）",
        f"benefit of the doubt: {top} of {n} at the frontier, lowest efficiency {low:.3f} ({who})",
    )


def _rows(found: Iterable[Finding], top: str, lang: Lang) -> str:
    """Findings as a table."""
    out = [f"<table><thead><tr>{top}</tr></thead><tbody>"]
    for f in found:
        words = (severity_text(f.severity, lang), f.code, f.message.get(lang), f.advice.get(lang))
        row = "".join(f"<td>{html.escape(c)}</td>" for c in words)
        out.append(f'<tr class="{f.severity.replace(" ", "-")}">{row}</tr>')
    return "".join(out) + "</tbody></table>"


_STYLE = (
    ".gz-audit{font-family:sans-serif;max-width:70em;margin:auto}"
    ".gz-audit table{border-collapse:collapse;width:100%}"
    ".gz-audit td,.gz-audit th{border:1px solid #ccc;padding:.3em .5em;text-align:left;"
    "vertical-align:top}"
    ".gz-audit td:nth-child(-n+2){white-space:nowrap}.gz-audit details{margin:.3em 0}"
    ".gz-audit tr.serious td:first-child{background:#f4c7c3}"
    ".gz-audit tr.warning td:first-child{background:#fce8b2}"
    ".gz-audit tr.note td:first-child{background:#e3eefb}"
    ".gz-audit tr.not-checked td:first-child{background:#eee}"
)

_WORDS: Mapping[str, Text] = {
    "serious": Text("严重", "serious"),
    "warning": Text("警告", "warning"),
    "note": Text("提示", "note"),
    "not checked": Text("未检查", "not checked"),
}


def severity_text(severity: str, lang: Lang) -> str:
    """Say a severity in one language."""
    return _WORDS[severity].get(lang)


def more_text(count: int, lang: Lang) -> str:
    """Say that there are more findings of a kind."""
    return f"另有{count}项" if lang == "zh" else f"and {count} more"


def nothing(skipped: bool, lang: Lang) -> str:
    """Say that a section has no findings."""
    text = Text("略过", "skipped") if skipped else Text("无发现", "nothing found")
    return text.get(lang)


def folded(found: Iterable[Finding]) -> Iterator[tuple[Finding, int]]:
    """Give the first findings of each code with 0; then the next one with the number not shown."""
    by: dict[tuple[str, str], list[Finding]] = {}
    for f in found:
        by.setdefault((f.code, f.severity), []).append(f)
    for same in by.values():
        cut = len(same) if len(same) <= _SHOWN + 1 else _SHOWN
        yield from ((f, 0) for f in same[:cut])
        if cut < len(same):
            yield same[cut], len(same) - cut

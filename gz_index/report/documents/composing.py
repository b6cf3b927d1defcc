"""Reports: level, trend, targets, obstacles, robustness, audit, methods of an index in one go."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gz_index._registry import closest
from gz_index.errors import GzIndexError, MethodError, MissingExtraError, NotFoundError
from gz_index.framework import Lang
from gz_index.report.documents import aims, changes, chapters, robustness, trust
from gz_index.report.documents.case import Case, Inapplicable
from gz_index.report.documents.content import SECTIONS, Document, Section

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["Document", "compose"]

_MAKERS: dict[str, Callable[[Case], Section]] = {
    "level": chapters.on_level,
    "trend": changes.on_trend,
    "targets": aims.on_targets,
    "obstacles": aims.on_obstacles,
    "robustness": robustness.on_robustness,
    "audit": trust.on_audit,
    "methods": trust.on_methods,
}


def compose(
    index: Index,
    data: Any,
    *,
    lang: Lang = "en",
    sections: Sequence[str] | None = None,
    period: Hashable | None = None,
    unit: Hashable | None = None,
    draws: int | None = None,
    points: int | None = None,
    seed: int | None = None,
    title: str = "",
) -> Document:
    """Write the report of an index: what it says, how far it can be trusted, how it was made.

    Every number comes from the library's own studies (kept in ``studies``), every sentence from a
    number. A section that does not apply (the trend of a single year, say) is left out, and the
    document says so with the reason.

    Parameters
    ----------
    index : Index
    data : DataFrame
    lang : {"en", "zh"}
    sections : sequence of str, optional
        Of "level", "trend", "targets", "obstacles", "robustness", "audit", "methods"; by default
        all. They stand in this order.
    period : label, optional
        Reported as the present; by default the last one in which a unit has an index.
    unit : label, optional
        In focus: its rank, its profile, its obstacles, the parts of its change, its targets. Its
        name will do where labels are no text.
    draws : int, optional
        Of the study of uncertainty; by default those of the definition.
    points : int, optional
        Of Sobol's sample, a power of two; by default those of the definition.
    seed : int, optional
        By default that of the definition, else 0.
    title : str
        By default that of the definition.

    Returns
    -------
    Document
        ``save("report.html")`` and ``save("report.docx")`` write it.

    Raises
    ------
    MethodError
        There is no such section or language; a number is out of range.
    NotFoundError
        There is no such period or unit.
    MissingExtraError
        matplotlib is not installed.
    DataError, DefinitionError
        The index cannot be computed from these data.

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> report = compose(index, data, sections=["level", "trend"])
    >>> report.points[0]
    'Finland (0.745) leads the 23 units, followed by United States (0.733) and Sweden (0.704).'
    >>> report.omitted
    {'trend': 'the data have a single period'}
    """
    if lang not in ("zh", "en"):
        raise MethodError(f"lang = {lang!r}", hint="'zh' or 'en'")
    chosen = _chosen(sections)
    _check_numbers(draws, points, seed)
    _need_matplotlib()
    result = index.evaluate(data)
    when = _period(result, period)
    unit = None if unit is None else _unit(index, data, result, unit)
    case = Case(
        index, data, result, lang, when, period, unit, draws, points, seed, {"result": result}
    )
    made, omitted = [], {}
    for key in chosen:
        try:
            made.append(_MAKERS[key](case))
        except Inapplicable as none:
            omitted[key] = none.why.get(lang)
        except GzIndexError as error:
            omitted[key] = case.why(key, error)
    name = title or index.name.get(lang) or index.id
    return Document(
        title=name,
        subtitle=_subtitle(case),
        lang=lang,
        sections=tuple(made),
        omitted=omitted,
        undrawn=dict(case.undrawn),
        author=index.author,
        studies=dict(case.studies),
    )


def _chosen(sections: Sequence[str] | None) -> list[str]:
    if sections is None:
        return list(SECTIONS)
    given = [sections] if isinstance(sections, str) else list(sections)
    for key in given:
        if key not in SECTIONS:
            raise MethodError(
                f"no section {key!r}{closest(key, SECTIONS)}",
                hint=f"there are {', '.join(SECTIONS)}",
            )
    if not given:
        raise MethodError("a report without sections", hint=f"choose of {', '.join(SECTIONS)}")
    return [key for key in SECTIONS if key in given]


def _check_numbers(draws: int | None, points: int | None, seed: int | None) -> None:
    """Refuse a mistake of the call: later it would be taken for one of the data."""
    for name, value, least in (("draws", draws, 2), ("points", points, 2), ("seed", seed, 0)):
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int) or value < least
        ):
            raise MethodError(f"{name} = {value!r}", hint=f"a whole number from {least} on")
    if points is not None and points & (points - 1):
        raise MethodError(f"points = {points}", hint="a power of two, e.g. 128")


def _period(result: IndexResult, period: Hashable | None) -> Hashable | None:
    """The period that is reported: as asked, else the last one with an index."""
    result.table.rows_of(period)
    periods = result.table.periods
    if period is not None or periods is None:
        return period
    total = result.total.notna().to_numpy()
    there = [p for p in periods if total[result.table.rows_of(p)].any()]
    return there[-1] if there else periods[-1]


def _unit(index: Index, data: Any, result: IndexResult, unit: Hashable) -> Hashable:
    """The label of the unit that is meant; one that was left out on the way is said to be so."""

    def found(units: Iterable[Hashable]) -> Hashable | None:
        known = dict.fromkeys(units)
        return unit if unit in known else next((u for u in known if str(u) == unit), None)

    label = found(result.table.units)
    if label is not None:
        return label
    came = index.ready(data)[1].units if result.prepared is None else _before(result)
    if found(came) is not None:
        raise NotFoundError(
            f"the unit {unit!r} was left out of the index, for gaps in its data or by a screen; "
            "the notes of the result say why -> fill the gaps, or choose missing = 'renormalise'"
        )
    known = list(dict.fromkeys(map(str, result.table.units)))
    raise NotFoundError(f"no unit {unit!r} in the data{closest(str(unit), known)}")


def _before(result: IndexResult) -> Iterable[Hashable]:
    assert result.prepared is not None
    return (key[0] for key in result.prepared.before.keys)


def _subtitle(case: Case) -> str:
    """What was computed from what: units, indicators, version."""
    i = case.index
    parts = [] if case.period is None else [case.when(case.period)]
    m = len(i.framework.codes)
    n = case.result.table.count
    parts.append(case.say(f"{n}个评价对象", f"{n} unit{'s' if n != 1 else ''}"))
    parts.append(case.say(f"{m}项指标", f"{m} indicator{'s' if m != 1 else ''}"))
    parts.append(f"{i.id} {i.version}")
    return case.say("，", ", ").join(parts)


def _need_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "reports need matplotlib, which is not installed -> pip install 'gz-index[report]'"
        ) from None

"""An index as a frozen value: framework, normalising, weighting, aggregation. It evaluates data."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from gz_index._version import __version__
from gz_index.aggregate.rule import Aggregate, AggregateLike, aggregate
from gz_index.choices import Alternatives, Choice, Sensitivity
from gz_index.engine import Plan
from gz_index.errors import DataError, DefinitionError, GzIndexError, MethodError, Problem
from gz_index.framework import Excluded, Framework, Text
from gz_index.missing import Missing
from gz_index.normalise import Normaliser, fit, normaliser
from gz_index.prepare.rule import Prepared, prepare
from gz_index.result import IndexResult
from gz_index.table import Table, node_label
from gz_index.weighting.judgements import Judgements
from gz_index.weighting.rule import Weight, WeightLike, weight

if TYPE_CHECKING:
    from gz_index.normalise import Scale
    from gz_index.prepare.ready import Ready
    from gz_index.report.figures import Plot

__all__ = ["Index", "Missing", "Source"]

Ties: TypeAlias = Literal["min", "max", "average", "dense"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A reference that the index stands on, with the fields of a BibTeX entry."""

    key: str
    title: str
    author: str = ""
    year: int | str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Return the reference as one line."""
        head = " ".join(p for p in (self.author, f"({self.year})" if self.year else "") if p)
        parts = [head, self.title, *(f"{v}" for k, v in self.fields.items() if k != "type")]
        return ". ".join(p for p in parts if p) + "."

    def bibtex(self) -> str:
        r"""Return the reference as a BibTeX entry.

        ``& % # _`` are escaped, except in ``doi`` and ``url``.

        Examples
        --------
        >>> print(Source(key="k", title="R&D", fields={"url": "https://example.org/a_b"}).bibtex())
        @misc{k,
          title = {R\&D},
          url = {https://example.org/a_b}
        }
        """
        rows = {"author": self.author, "year": str(self.year), "title": self.title, **self.fields}
        kind = rows.pop("type", "misc")
        shown = {
            k: v if k in ("doi", "url") else re.sub(r"(?<!\\)[&%#_]", r"\\\g<0>", str(v))
            for k, v in rows.items()
            if v
        }
        body = ",\n".join(f"  {k} = {{{v}}}" for k, v in shown.items())
        return f"@{kind}{{{self.key},\n{body}\n}}"


@dataclass(frozen=True, kw_only=True)
class Index:
    """The definition of a composite index: a value that can be cited, varied and evaluated.

    Parameters
    ----------
    framework : Framework
        The tree of groups and indicators.
    normalise, weight, aggregate
        A name, a table with options, or a function; see :mod:`gz_index.normalise`,
        :mod:`gz_index.weighting` and :mod:`gz_index.aggregate`. Overrides stand on the nodes of the
        framework.
    prepare : list of tables or steps, optional
        What is done to the data before normalising; see :mod:`gz_index.prepare`.
    missing : str, mapping or Missing
        What to do with cells that are missing then.
    ties : {"min", "max", "average", "dense"}
        Rank of equal scores.
    id, version, name, description, author, licence, notes, sources, data, excluded
        What makes it citable; ``notes`` are carried into every result.
    sensitivity : mapping or Sensitivity, optional
        What may vary in it; see :mod:`gz_index.choices`.

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> index = gz.Index(
    ...     framework=gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b"))),
    ...     normalise="minmax",
    ... )
    >>> data = pd.DataFrame({"a": [1.0, 2, 3], "b": [10.0, 40, 20]}, index=["x", "y", "z"])
    >>> index.evaluate(data).total.round(4).to_dict()
    {'x': 0.0, 'y': 0.75, 'z': 0.6667}
    """

    framework: Framework
    normalise: Any = "minmax"
    weight: Any = "equal"
    aggregate: Any = "arithmetic"
    prepare: Any = ()
    missing: Any = "error"
    ties: Ties = "min"
    id: str = "unnamed"
    version: str = "0"
    name: Text = field(default_factory=Text)
    description: Text = field(default_factory=Text)
    author: str = ""
    licence: str = ""
    notes: tuple[Text, ...] = ()
    sources: tuple[Source, ...] = ()
    data: str = ""
    excluded: tuple[Excluded, ...] = ()
    sensitivity: Any = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        problems: list[Problem] = []

        def made(where: str, make: Any, spec: Any) -> Any:
            try:
                return make(spec)
            except DefinitionError as error:
                problems.extend(error.problems)
            except (GzIndexError, TypeError, ValueError) as error:
                problems.append(Problem(where, str(error)))
            return spec

        put(self, "normalise", made("normalise", normaliser, self.normalise))
        put(self, "weight", made("weight", weight, self.weight))
        put(self, "aggregate", made("aggregate", aggregate, self.aggregate))
        put(self, "prepare", made("prepare", prepare, self.prepare))
        put(self, "missing", made("missing", Missing.of, self.missing))
        put(self, "sensitivity", made("sensitivity", Sensitivity.of, self.sensitivity))
        put(self, "name", Text.of(self.name))
        put(self, "description", Text.of(self.description))
        put(self, "notes", tuple(Text.of(n) for n in self.notes))
        if self.ties not in get_args(Ties):
            problems.append(Problem("ties", repr(self.ties), f"one of {', '.join(get_args(Ties))}"))
        indicators = tuple(
            dataclasses.replace(i, normalise=made(f"{i.code}.normalise", normaliser, i.normalise))
            if i.normalise is not None
            else i
            for i in self.framework.indicators
        )
        groups = tuple(
            dataclasses.replace(
                g,
                weigh=g.weigh and made(f"{g.code}.weigh", weight, g.weigh),
                aggregate=g.aggregate and made(f"{g.code}.aggregate", aggregate, g.aggregate),
            )
            for g in self.framework.groups
        )
        put(self, "framework", Framework(indicators, groups))
        w = self.weight
        # values for just the indicators can only be their weights in the whole index
        if isinstance(w, Weight) and isinstance(w.scheme, Mapping):
            over: Any = "leaves" if set(w.scheme) == set(self.framework.codes) else w.over
            put(self, "weight", dataclasses.replace(w, over=over))
        if not problems:
            problems.extend(self._weight_problems())
            problems.extend(self.prepare.problems(self.framework))
            if self.sensitivity is not None:
                problems.extend(self.sensitivity.problems(self.framework))
        if problems:
            raise DefinitionError(f"the definition of {self.id!r} is not valid", problems)

    def _weight_problems(self) -> list[Problem]:
        out = []
        for g in self.framework.groups:
            rule = g.weigh or self.weight
            if rule.over == "siblings" and not isinstance(rule.scheme, tuple):
                try:
                    rule.values(self.framework, g.code)
                except MethodError as error:
                    out.append(Problem(f"weight of {g.code}", str(error)))
        for where, rule in [("weight", self.weight)] + [
            (f"weight of {g.code}", g.weigh) for g in self.framework.groups if g.weigh
        ]:
            out.extend(Problem(where, what, "finite, >= 0, not all zero") for what in rule.faults())
        if isinstance(self.weight.scheme, Mapping):
            out.extend(
                Problem(f"weight.{code}", "no node has this code", "take it out or correct it")
                for code in self.weight.scheme
                if code not in self.framework.nodes
            )
        return out

    # -- reading and writing ---------------------------------------------------------------------

    @property
    def plot(self) -> Plot:
        """Figures, such as ``index.plot.framework()``: see :mod:`gz_index.report.figures`."""
        from gz_index.report.figures import Plot

        return Plot(self)

    @classmethod
    def from_toml(cls, source: str | Path) -> Index:
        """Read a definition from a TOML file, or from TOML text (which holds a line break).

        Raises
        ------
        DefinitionError
            The file is missing, is not TOML, or the definition is not valid: all problems at once.
        """
        from gz_index import definition

        return definition.read(source)

    def to_toml(self, path: str | Path | None = None) -> str:
        """Return the definition as TOML text that :meth:`from_toml` reads; write it if asked.

        Raises
        ------
        MethodError
            A part is a Python function without a registered name.
        """
        from gz_index import definition

        text = definition.write(self)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the definition: equal for equal definitions, on every machine."""
        from gz_index import definition

        plain = json.dumps(
            definition.to_dict(self), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        )
        return "sha256:" + hashlib.sha256(plain.encode()).hexdigest()

    def cite(self, *, style: Literal["text", "bibtex"] = "text") -> str:
        """Return the citation of this definition and of the sources it stands on."""
        name = self.name.en or self.name.zh or self.id
        if style == "bibtex":
            note = f"definition {self.hash}, evaluated with gz_index {__version__}"
            own = Source(
                key=self.id,
                title=name,
                author=self.author,
                fields={"version": self.version, "note": note},
            )
            return "\n\n".join(s.bibtex() for s in (own, *self.sources))
        head = (
            f"{name} ({self.id}), version {self.version}, definition {self.hash[:19]}, "
            f"gz_index {__version__}."
        )
        return "\n".join([head, *(s.text() for s in self.sources)])

    # -- use -------------------------------------------------------------------------------------

    def replace(self, **changes: Any) -> Index:
        """Return the index with some parts replaced; overrides on nodes stay.

        Examples
        --------
        >>> import gz_index as gz
        >>> gz.load("tai-2008").replace(weight="entropy").weight.label
        'entropy'
        """
        names = [f.name for f in dataclasses.fields(self)]
        unknown = [c for c in changes if c not in names]
        if unknown:
            raise DefinitionError(
                "an index has no such part",
                [Problem(u, "unknown", f"parts are {', '.join(names)}") for u in unknown],
            )
        return dataclasses.replace(self, **changes)

    def without(self, codes: str | Iterable[str]) -> Index:
        """Return the index built without some indicators or groups; the rest is weighed again.

        Given and judged weights keep their proportions among the siblings that remain; schemes that
        look at data or count siblings are worked out on what remains. The columns stand in
        ``excluded``, so that an evaluation of the same data notes them; choices of the
        ``sensitivity`` table that name what is gone leave it, and a note says which.

        Parameters
        ----------
        codes : str or iterable of str
            Indicators, or groups with all that hangs on them. A group left empty goes too.

        Raises
        ------
        NotFoundError
            There is no such node.
        DefinitionError
            Nothing remains, or siblings remain whose given weights are all zero.
        MethodError
            Siblings remain whose judged weights are all zero.

        Examples
        --------
        >>> import gz_index as gz
        >>> smaller = gz.load("tai-2008").without(["patents", "university"])
        >>> len(smaller.framework.codes), str(smaller.notes[-1])
        (6, 'built without patents (Patents granted to residents), university (...)')
        """
        gone = tuple(dict.fromkeys([codes] if isinstance(codes, str) else codes))
        if not gone:
            return self
        f = self.framework
        lost = [i for i in f.indicators if {i.code, *f.ancestors(i.code)} & set(gone)]
        named = [c if f.name(c) == c else f"{c} ({f.name(c)})" for c in gone]
        if len(lost) == len(f.indicators):
            raise DefinitionError(
                f"nothing remains of {self.id!r} without {', '.join(named)}",
                [Problem("indicators", "every one of them goes", "leave at least one in")],
            )
        rest = f.without(gone)
        rest = Framework(
            rest.indicators,
            tuple(
                dataclasses.replace(g, weigh=g.weigh and _restricted(g.weigh, rest))
                for g in rest.groups
            ),
        )
        rule = _restricted(self.weight, rest)
        notes = [Text(f"构建时不含：{'、'.join(named)}", f"built without {', '.join(named)}")]
        if isinstance(self.weight.scheme, Judgements):  # its caveats hold for what remains of it
            known = rule.scheme.notes if isinstance(rule.scheme, Judgements) else ()
            notes += [n for n in self.weight.scheme.notes if n not in known]
        nodes = [n for n in f.nodes if n not in rest.nodes]
        varies = self.sensitivity
        if varies is not None:
            fewer = tuple(_prepared_without(c, nodes) for c in varies.choices)
            varies = dataclasses.replace(varies, choices=fewer)
        if varies is not None and varies.problems(rest):
            fit_in = tuple(c for c in varies.choices if not c.problems(rest))
            away = ", ".join(c.label for c in varies.choices if c not in fit_in)
            varies = dataclasses.replace(varies, choices=fit_in)
            notes.append(Text(f"不再变动：{away}", f"no longer varied: {away}"))
        return self.replace(
            framework=rest,
            weight=rule,
            prepare=self.prepare.without(nodes),
            sensitivity=varies,
            notes=(*self.notes, *notes),
            excluded=(
                *self.excluded,
                *(Excluded(code=i.code, name=i.name, reason=_LEFT_OUT) for i in lost),
            ),
        )

    def ready(self, data: Any, *, prepared: Prepared | None = None, strict: bool = False) -> Ready:
        """Return the data as they enter the index: aligned, and prepared by the steps of it.

        Parameters are those of :meth:`evaluate`.
        """
        from gz_index.prepare.ready import ready

        return ready(self, data, prepared=prepared, strict=strict)

    def evaluate(
        self,
        data: Any,
        *,
        scale: Scale | None = None,
        prepared: Prepared | None = None,
        strict: bool = False,
    ) -> IndexResult:
        """Compute the index for a table.

        Parameters
        ----------
        data : DataFrame or table that narwhals reads
            Rows are units, or (unit, period); columns are indicators by code or by name.
        scale : Scale, optional
            The fitted scale of an earlier result, replayed in place of a new fit.
        prepared : Prepared, optional
            The fitted preparation of an earlier result, replayed likewise.
        strict : bool
            Refuse columns that the definition does not know; otherwise they are noted.

        Raises
        ------
        DataError
            The table does not fit; every fault is named.
        MethodError
            A method cannot be used on these numbers; indicator, unit and way out are named.
        """
        index, table, done = self.ready(data, prepared=prepared, strict=strict)
        return replace(index.score(table, scale=scale), prepared=done)

    def score(self, table: Table, *, scale: Scale | None = None) -> IndexResult:
        """Compute the index for data that are aligned and prepared; see :meth:`evaluate`."""
        table, notes = self._without_gaps(table)
        if scale is not None:
            self._refuse_other(scale)
        else:
            scale = fit(table, self.framework, self.normalise)
        z, clipped = scale.apply(table)
        try:
            rolled = self.plan.run(z, table.slot, table.count, table.periods)
        except MethodError as error:
            if error.rows:
                raise error.named(
                    rows=[table.row_name(i) for i in range(len(table.units))]
                ) from None
            raise
        return IndexResult(
            index=self,
            table=table,
            scale=scale,
            values=rolled.values,
            local=rolled.local,
            clipped=clipped,
            complete=rolled.complete,
            extra_notes=(*notes, *rolled.notes),
        )

    def _refuse_other(self, scale: Scale) -> None:
        """Refuse a scale that was fitted for another direction, goalposts, transform or method."""
        fitted = {i.code: i for i in scale.framework.indicators}
        method = {c: p.normaliser for p in scale.parts for c in p.columns.codes}
        problems = []
        for i in self.framework.indicators:
            old = fitted.get(i.code)
            if old is None:
                continue  # said by the scale itself
            own = self.normalise if i.normalise is None else i.normalise
            problems += [
                Problem(f"{i.code}.{part}", f"{now} now, {then} when fitted", "fit again")
                for part, now, then in (
                    ("direction", i.direction.to_toml(), old.direction.to_toml()),
                    ("goalposts", i.goalposts, old.goalposts),
                    ("transform", i.transform, old.transform),
                    ("normalise", own, method[i.code]),
                )
                if now != then
            ]
        if problems:
            raise DataError("the scale was fitted for another definition", problems)

    @cached_property
    def plan(self) -> Plan:
        """The compiled form: positions in place of labels."""
        return Plan(self.framework, self.weight, self.aggregate, self.missing.coverage)

    def _without_gaps(self, table: Table) -> tuple[Table, tuple[Text, ...]]:
        gaps = np.isnan(table.values)
        if not gaps.any():
            return table, ()
        if self.missing.policy == "renormalise":
            return table, ()
        if self.missing.policy == "drop":
            lacking = {table.units[i] for i in np.flatnonzero(gaps.any(axis=1))}
            keep = np.array([u not in lacking for u in table.units])
            if not keep.any():
                raise DataError(
                    "policy drop would drop every unit",
                    [Problem("missing", f"{int(gaps.sum())} cells", "use policy renormalise")],
                )
            who = ", ".join(str(u) for u in sorted(lacking, key=str))
            note = Text(
                zh=f"剔除有缺失值的{len(lacking)}个评价对象：{who}",
                en=f"dropped {len(lacking)} unit(s) with missing cells: {who}",
            )
            return table.take(keep), (note,)
        rows, columns = np.nonzero(gaps)
        f = self.framework
        problems = [
            Problem(node_label(f, f.codes[j]), f"missing for {table.row_name(int(i))}")
            for i, j in list(zip(rows, columns, strict=True))[:20]
        ]
        if rows.size > 20:
            problems.append(Problem("and", f"{rows.size - 20} more cells"))
        raise DataError(
            f"{rows.size} cells are missing; fill them, or choose a policy: "
            "index.replace(missing='renormalise') or 'drop' (--missing on the command line)",
            problems,
        )

    def __repr__(self) -> str:
        f = self.framework
        name = self.name.en or self.name.zh
        return (
            f"<Index {self.id} {self.version}{f': {name}' if name else ''}; "
            f"{len(f.indicators)} indicators in {len(f.groups) - 1} groups; "
            f"weight {self.weight.label}, aggregate {self.aggregate.label}>"
        )


_LEFT_OUT = Text("构建时不含该指标", "the index was built without it")


def _prepared_without(c: Choice, gone: Collection[str]) -> Choice:
    """Return a choice whose preparations name some nodes no more; any other as it is."""
    if not isinstance(c, Alternatives) or c.part != "prepare":
        return c
    return dataclasses.replace(c, of=tuple(p.without(gone) for p in c.of), labels=c.levels)


def _restricted(rule: Weight, f: Framework) -> Weight:
    """Return a rule for weights with the values of those nodes only that a smaller tree has."""
    scheme = rule.scheme
    if isinstance(scheme, tuple):
        return dataclasses.replace(rule, scheme=tuple(_restricted(p, f) for p in scheme))
    if isinstance(scheme, Mapping):
        there = {c: v for c, v in scheme.items() if c in f.nodes}
        return dataclasses.replace(rule, scheme=there)
    if not isinstance(scheme, Judgements):
        return rule
    judged = {n: scheme.local(n) or {} for n in scheme.nodes if n in f.nodes}
    if all(set(w) == set(f.children(n)) for n, w in judged.items()):
        return rule
    inputs = {}
    for n, w in judged.items():
        there = {c: v for c, v in w.items() if c in f.nodes}
        total = sum(there.values()) or 1.0
        inputs[n] = {"weights": {c: v / total for c, v in there.items()}}
    given = dataclasses.replace(scheme, kind="given", inputs=inputs, options={})
    return dataclasses.replace(rule, scheme=given)


NormaliseLike: TypeAlias = str | Mapping[str, Any] | Normaliser
__all__ += ["Aggregate", "AggregateLike", "NormaliseLike", "WeightLike"]

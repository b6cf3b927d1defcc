"""Definitions as TOML: reading with every problem at once, and writing."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gz_index._registry import closest
from gz_index.choices import Sensitivity
from gz_index.errors import DefinitionError, GzIndexError, MethodError, Problem
from gz_index.framework import (
    ROOT,
    Baseline,
    Direction,
    Excluded,
    Framework,
    Group,
    Indicator,
    Target,
    Text,
)
from gz_index.index import Index, Source
from gz_index.missing import Missing
from gz_index.normalise import normaliser, to_spec
from gz_index.prepare.rule import prepare
from gz_index.target import FORCES, KINDS, OPERATORS
from gz_index.weighting.rule import weight

__all__ = ["read", "to_dict", "write"]

_SECTIONS = (
    "index",
    "sources",
    "prepare",
    "normalise",
    "weight",
    "aggregate",
    "missing",
    "sensitivity",
    "groups",
    "indicators",
    "excluded",
)
_WHOLE = ("prepare", "normalise", "weight", "aggregate", "missing", "sensitivity")
TRANSFORMS = ("log", "log10", "log1p", "sqrt", "logit")
PROXIES = ("strong", "medium", "weak")
ORIGINS = ("plan", "proposed", "statistics", "published")


class _Table:
    """One table of a definition, read key by key; what is wrong is collected, not raised."""

    def __init__(self, where: str, table: Any, problems: list[Problem]) -> None:
        self.where = where
        self.problems = problems
        if not isinstance(table, Mapping):
            self.problem("", f"is {_kind(table)}, not a table", f"write it as [{where}]")
            table = {}
        self.table: dict[str, Any] = dict(table)
        self.known: list[str] = []

    def problem(self, key: str, what: str, hint: str = "") -> None:
        at = f"{self.where}.{key}" if key else self.where
        self.problems.append(Problem(at, what, hint))

    def take(self, key: str) -> Any:
        self.known.append(key)
        return self.table.pop(key, None)

    def string(self, key: str, *, required: bool = False) -> str:
        value = self.take(key)
        if value is None:
            if required:
                self.problem(key, "is missing", f'add {key} = "..."')
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            self.problem(key, f"is {value!r}, not a text", f'write {key} = "..."')
            return ""
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str = "") -> str:
        value = self.string(key) or default
        if value and value not in choices:
            self.problem(
                key, f"is {value!r}{closest(value, list(choices))}", f"one of {', '.join(choices)}"
            )
        return value

    def text(self, key: str) -> Text:
        value = self.take(key)
        if value is None or isinstance(value, str):
            return Text.of(value)
        if (
            isinstance(value, Mapping)
            and set(value) <= {"zh", "en"}
            and all(isinstance(v, str) for v in value.values())
        ):
            return Text.of(value)
        self.problem(key, f"is {value!r}", f'write {key} = "..." or {{ zh = "...", en = "..." }}')
        return Text()

    def number(self, key: str) -> float | None:
        value = self.take(key)
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            self.problem(key, f"is {value!r}, not a finite number")
            return None
        return float(value)

    def integer(self, key: str) -> int | None:
        value = self.take(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            self.problem(key, f"is {value!r}, not a whole number")
            return None
        return value

    def boolean(self, key: str) -> bool:
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            self.problem(key, f"is {value!r}", f"write {key} = true or false")
        return value is True

    def pair(self, key: str) -> tuple[float, float] | None:
        value = self.take(key)
        if value is None:
            return None
        if (
            isinstance(value, list)
            and len(value) == 2
            and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
        ):
            return float(value[0]), float(value[1])
        self.problem(key, f"is {value!r}", f"write {key} = [low, high]")
        return None

    def made(self, key: str, make: Callable[[Any], Any]) -> Any:
        """Take a value and return what its maker makes of it; what that says becomes a problem."""
        value = self.take(key)
        if value is None:
            return None
        try:
            return make(value)
        except DefinitionError as error:
            self.problems.extend(error.problems)
        except (GzIndexError, TypeError, ValueError) as error:
            self.problem(key, str(error))
        return None

    def done(self) -> None:
        for key in self.table:
            hint = f"keys are {', '.join(self.known)}"
            self.problem(key, f"unknown key{closest(key, self.known)}", hint)


def _kind(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false"}.get(type(value), "a number")


def read(source: str | Path) -> Index:
    """Read a definition; see :meth:`gz_index.Index.from_toml`."""
    where: Path | None = None
    name = "the definition"
    if isinstance(source, Path) or "\n" not in source:
        path = Path(source)
        where, name = path.parent, str(path)
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise DefinitionError(f"cannot read {path}: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise DefinitionError(
                f"{path} is not UTF-8 (byte {error.start})",
                [Problem(str(path), "wrong encoding", "save the file as UTF-8")],
            ) from None
    else:
        text = source
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{name} is not TOML: {error}") from None
    return from_dict(raw, name=name, where=where)


def from_dict(
    raw: Mapping[str, Any], *, name: str = "definition", where: Path | None = None
) -> Index:
    """Make an index from the tables of a definition."""
    problems: list[Problem] = []
    for key in raw:
        if key not in _SECTIONS:
            hint = f"sections are {', '.join(_SECTIONS)}"
            problems.append(Problem(key, f"unknown section{closest(key, list(_SECTIONS))}", hint))

    def rows(key: str) -> list[_Table]:
        value = raw.get(key, [])
        if not isinstance(value, list):
            problems.append(Problem(key, "is not a list of tables", f"write [[{key}]]"))
            return []
        out = []
        for i, row in enumerate(value):
            mark = row.get("code") or row.get("key") if isinstance(row, Mapping) else None
            out.append(_Table(f"{key}[{mark or i}]", row, problems))
        return out

    head = _Table("index", raw.get("index", {}), problems)
    notes = head.take("notes") or []
    if not isinstance(notes, list):
        head.problem("notes", "is not a list", "write notes = [...]")
        notes = []
    fields: dict[str, Any] = {
        "id": head.string("id", required=True),
        "version": head.string("version", required=True),
        "name": head.text("name"),
        "description": head.text("description"),
        "author": head.string("author"),
        "licence": head.string("licence"),
        "data": head.string("data"),
        "ties": head.choice("ties", ("min", "max", "average", "dense"), "min"),
        "notes": tuple(Text.of(n) for n in notes if isinstance(n, str | Mapping)),
    }
    head.done()
    sources = tuple(_source(t) for t in rows("sources"))
    keys = {s.key for s in sources}
    indicators = tuple(_indicator(t, keys) for t in rows("indicators"))
    groups = tuple(_group(t, where) for t in rows("groups"))
    excluded = tuple(_excluded(t) for t in rows("excluded"))
    whole = _Table(
        "",
        {k: raw[k] for k in _WHOLE if k in raw},
        problems,
    )
    from gz_index.aggregate.rule import aggregate

    for key, make in (
        ("prepare", lambda v: prepare(v, where=where)),
        ("normalise", normaliser),
        ("weight", lambda v: weight(v, where=where)),
        ("aggregate", aggregate),
        ("missing", Missing.of),
        ("sensitivity", lambda v: Sensitivity.of(v, where=where)),
    ):
        value = whole.made(key, make)
        if value is not None:
            fields[key] = value
    problems[:] = [dataclasses.replace(p, where=p.where.lstrip(".")) for p in problems]
    tree = None
    try:
        tree = Framework(indicators, groups)
    except DefinitionError as error:
        problems.extend(error.problems)
    if tree is not None and not problems:
        try:
            return Index(framework=tree, sources=sources, excluded=excluded, **fields)
        except DefinitionError as error:
            problems.extend(error.problems)
    raise DefinitionError(f"{name} is not a valid definition ({len(problems)} problems)", problems)


def _source(t: _Table) -> Source:
    key, title, author = (
        t.string("key", required=True),
        t.string("title", required=True),
        t.string("author"),
    )
    year = t.take("year")
    rest = {str(k): str(v) for k, v in t.table.items()}
    return Source(
        key=key, title=title, author=author, year="" if year is None else year, fields=rest
    )


def _excluded(t: _Table) -> Excluded:
    out = Excluded(
        code=t.string("code", required=True), name=t.text("name"), reason=t.text("reason")
    )
    t.done()
    return out


def _group(t: _Table, where: Path | None) -> Group:
    from gz_index.aggregate.rule import aggregate

    code = t.string("code", required=True)
    out = Group(
        code=code,
        parent=t.string("parent") or ROOT,
        name=t.text("name"),
        weight=t.number("weight"),
        weigh=t.made("weigh", lambda v: weight(v, where=where)),
        aggregate=t.made("aggregate", aggregate),
        note=t.text("note"),
        targets=_targets(t),
    )
    t.done()
    return out


def _indicator(t: _Table, sources: set[str]) -> Indicator:
    direction = t.made("direction", Direction.of)
    if (
        "direction" not in t.table
        and direction is None
        and not any(p.where == f"{t.where}.direction" for p in t.problems)
    ):
        t.problem("direction", "is missing", 'write direction = "+" or "-" (or { point = x })')
    source = t.string("source")
    if source and sources and source not in sources:
        t.problem(
            "source",
            f"{source!r} is not in [[sources]]{closest(source, list(sources))}",
            f"keys are {', '.join(sorted(sources))}",
        )
    out = Indicator(
        code=t.string("code", required=True),
        parent=t.string("parent") or ROOT,
        name=t.text("name"),
        unit=t.text("unit"),
        direction=Direction() if direction is None else direction,
        weight=t.number("weight"),
        goalposts=t.pair("goalposts"),
        transform=t.choice("transform", TRANSFORMS) or None,
        normalise=t.made("normalise", normaliser),
        targets=_targets(t),
        baseline=_baseline(t),
        source=source,
        clause=t.string("clause"),
        classification=t.string("classification"),
        origin=t.choice("origin", ORIGINS),
        proxy=t.choice("proxy", PROXIES),
        agency=t.text("agency"),
        reason=t.text("reason"),
        definition=t.text("definition"),
    )
    t.done()
    return out


def _targets(t: _Table) -> tuple[Target, ...]:
    given = t.take("targets")
    rows = given if isinstance(given, list) else [given] * (given is not None)
    found = []
    for k, row in enumerate(rows):
        where = f"{t.where}.targets[{k}]" if len(rows) > 1 else f"{t.where}.targets"
        if not isinstance(row, Mapping):
            what = f"is {_kind(row)}, not a table"
            t.problems.append(Problem(where, what, "write targets = { value = 10, year = 2025 }"))
            continue
        s, before = _Table(where, row, t.problems), len(t.problems)
        parts: dict[str, Any] = {
            "value": s.number("value"),
            "value_max": s.number("value_max"),
            "year": s.integer("year"),
            "operator": s.choice("operator", OPERATORS, "="),
            "kind": s.choice("kind", KINDS, "level"),
            "text": s.string("text"),
            "cap": s.number("cap"),
            "force": s.choice("force", FORCES),
            "assumption": s.boolean("assumption"),
            "clause": s.string("clause"),
        }
        s.done()
        if len(t.problems) == before:
            try:
                found.append(Target(**parts))
            except ValueError as error:
                s.problem("", str(error))
    return tuple(found)


def _baseline(t: _Table) -> Baseline | None:
    raw = t.take("baseline")
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        way = "write baseline = { value = 7.64, year = 2022 }"
        t.problem("baseline", f"is {_kind(raw)}, not a table", way)
        return None
    s, before = _Table(f"{t.where}.baseline", raw, t.problems), len(t.problems)
    given = "value" in raw
    value, year = s.number("value"), s.integer("year")
    operator = s.choice("operator", OPERATORS, "=")
    s.done()
    if not given:
        s.problem("value", "is missing", "give a number, or take the baseline out")
    if value is None or len(t.problems) > before:
        return None
    return Baseline(value, year, operator)


# -- writing -------------------------------------------------------------------------------------


def to_dict(index: Index) -> dict[str, Any]:
    """Return the definition as plain tables; what equals its default is left out."""
    head = {
        "id": index.id,
        "version": index.version,
        "name": _plain(index.name),
        "description": _plain(index.description),
        "author": index.author,
        "licence": index.licence,
        "data": index.data,
        "ties": index.ties,
        "notes": [_plain(n) for n in index.notes],
    }
    out: dict[str, Any] = {
        "index": _tidy(head),
        "sources": [
            _tidy({"key": s.key, "author": s.author, "year": s.year, "title": s.title, **s.fields})
            for s in index.sources
        ],
        "prepare": index.prepare.to_list(),
        "normalise": to_spec(index.normalise),
        "weight": index.weight.to_dict(),
        "aggregate": index.aggregate.to_dict(),
        "missing": {"policy": index.missing.policy, "coverage": index.missing.coverage},
        "sensitivity": None if index.sensitivity is None else index.sensitivity.to_dict(),
        "groups": [_node(g) for g in index.framework.groups if _node(g) != {"code": ROOT}],
        "indicators": [_node(i) for i in index.framework.indicators],
        "excluded": [_node(e) for e in index.excluded],
    }
    return {k: v for k, v in out.items() if v}


def write(index: Index) -> str:
    """Return the definition as TOML text; see :meth:`gz_index.Index.to_toml`.

    One key a line and one table a node, as people write and compare them; a general TOML writer
    would pack short nodes into one array.
    """
    blocks = []
    for section, value in to_dict(index).items():
        many = isinstance(value, list)
        head = f"[[{section}]]" if many else f"[{section}]"
        for table in value if many else [value]:
            nested = {k: v for k, v in table.items() if section == "sensitivity" and k == "choices"}
            rows = [f"{_key(k)} = {_inline(v)}" for k, v in table.items() if k not in nested]
            blocks.append("\n".join([head, *rows]))
            for key, inner in nested.items():
                for one in inner:
                    rows = [f"{_key(k)} = {_inline(v)}" for k, v in one.items()]
                    blocks.append("\n".join([f"[[{section}.{key}]]", *rows]))
    return "\n\n".join(blocks) + "\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def _inline(value: Any) -> str:
    """Write a value as TOML on one line; strings in JSON are strings in TOML."""
    if hasattr(value, "item"):  # a number of numpy
        value = value.item()
    if value is None:
        raise MethodError("an option is None, which a definition cannot hold", hint="leave it out")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(v) for v in value) + "]"
    return repr(value)


def _node(node: Indicator | Group | Excluded) -> dict[str, Any]:
    from gz_index.aggregate.rule import aggregate

    out: dict[str, Any] = {}
    for f in dataclasses.fields(node):
        value = getattr(node, f.name)
        if f.name == "parent":
            value = "" if value == ROOT else value
        elif isinstance(value, Text):
            value = _plain(value)
        elif isinstance(value, Direction):
            value = value.to_toml()
        elif isinstance(value, Baseline):
            value = _tidy(dataclasses.asdict(value))
        elif f.name == "targets":
            made = [_target(v) for v in value]
            value = made[0] if len(made) == 1 else made
        elif f.name == "goalposts" and value is not None:
            value = [float(v) for v in value]
        elif f.name == "normalise" and value is not None:
            value = to_spec(normaliser(value))
        elif f.name == "weigh" and value is not None:
            value = weight(value).to_dict()
        elif f.name == "aggregate" and value is not None:
            value = aggregate(value).to_dict()
        out[f.name] = value
    return _tidy(out)


def _target(target: Target) -> dict[str, Any]:
    table = dataclasses.asdict(target)
    table["assumption"] = target.assumption or None
    table["cap"] = None if target.cap == 100 else target.cap
    return _tidy(table)


def _plain(text: Text) -> str | dict[str, str]:
    return text.zh if text.zh == text.en else _tidy({"zh": text.zh, "en": text.en})


def _tidy(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in table.items() if v is not None and v not in ("", [], {})}

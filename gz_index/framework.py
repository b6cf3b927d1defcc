"""The framework of an index: a tree of groups (pillars, zones, ...) over indicators.

Everything here is a frozen value without data. Direction, goalposts and targets stand on the
indicator and are consumed once, in :mod:`gz_index.normalise`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

from gz_index.errors import DefinitionError, NotFoundError, Problem
from gz_index.target import Baseline, Target, in_order

__all__ = [
    "ROOT",
    "Baseline",
    "Direction",
    "Excluded",
    "Framework",
    "Group",
    "Indicator",
    "Target",
    "Text",
]

#: code of the root of every tree
ROOT = "total"

Lang: TypeAlias = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """A short text in Chinese and English; where one is missing the other stands in.

    Examples
    --------
    >>> t = Text(zh="数据价值", en="Data value")
    >>> str(t), t.get("zh"), Text.of("GDP").get("zh")
    ('Data value', '数据价值', 'GDP')
    """

    zh: str = ""
    en: str = ""

    @classmethod
    def of(cls, value: str | Mapping[str, str] | Text | None) -> Text:
        """Make a text from a string (both languages), a ``{zh, en}`` mapping, or a text."""
        if value is None:
            return cls()
        if isinstance(value, Text):
            return value
        if isinstance(value, str):
            return cls(value, value)
        return cls(value.get("zh", ""), value.get("en", ""))

    def get(self, lang: Lang) -> str:
        """Return the text in one language, else in the other."""
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)

    def __str__(self) -> str:
        return self.en or self.zh

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


@dataclass(frozen=True, slots=True)
class Direction:
    """Which values of an indicator are better.

    ``sign`` is +1 (more is better) or -1 (less is better); for a moderate indicator it is 0 and
    ``ideal`` holds the interval [low, high] in which a value is best (low = high: a point);
    ``bounds`` are optional values at which it is worst.

    Examples
    --------
    >>> Direction.of("-").sign, Direction.of({"point": 3}).ideal
    (-1, (3.0, 3.0))
    >>> Direction.of({"interval": [3, 6], "bounds": [0, 9]})
    Direction(sign=0, ideal=(3.0, 6.0), bounds=(0.0, 9.0))
    """

    sign: int = 1
    ideal: tuple[float, float] | None = None
    bounds: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.sign not in (1, -1) and not (self.sign == 0 and self.ideal is not None):
            raise ValueError(
                f"a direction has sign 1 or -1, or 0 with an ideal interval; not {self.sign!r}"
            )

    @classmethod
    def of(cls, value: str | int | Mapping[str, Any] | Direction) -> Direction:
        """Make a direction from ``"+"``, ``"-"``, ``{point = x}`` or ``{interval = [a, b]}``.

        Raises
        ------
        ValueError
            The value is none of these.
        """
        if isinstance(value, Direction):
            return value
        if isinstance(value, str | int) and str(value) in ("+", "1", "+1"):
            return cls(1)
        if isinstance(value, str | int) and str(value) in ("-", "−", "-1"):
            return cls(-1)
        if isinstance(value, Mapping) and len(set(value) & {"point", "interval"}) == 1:
            unknown = set(value) - {"point", "interval", "bounds"}
            if unknown:
                raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
            if "point" in value:
                low = high = float(value["point"])
            else:
                low, high = _pair(value["interval"])
            bounds = _pair(value["bounds"]) if "bounds" in value else None
            if low > high:
                raise ValueError(f"the interval [{low:g}, {high:g}] is empty")
            if bounds and not (bounds[0] < low and high < bounds[1]):
                raise ValueError("bounds have to lie outside the best interval")
            return cls(0, (low, high), bounds)
        raise ValueError(
            f"{value!r} is no direction; write '+', '-', {{ point = x }} or {{ interval = [a, b] }}"
        )

    def to_toml(self) -> str | dict[str, Any]:
        """Return what :meth:`of` reads."""
        if self.ideal is None:
            return "+" if self.sign > 0 else "-"
        low, high = self.ideal
        out: dict[str, Any] = {"point": low} if low == high else {"interval": [low, high]}
        if self.bounds:
            out["bounds"] = list(self.bounds)
        return out


def _pair(value: Any) -> tuple[float, float]:
    low, high = value
    return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One measured column: names, unit, direction, bounds, target, source, place in the tree.

    Attributes
    ----------
    code : str
        Column name in the data.
    parent : str
        Code of the group it belongs to.
    goalposts : (float, float), optional
        Low < high in raw units, whatever the direction.
    transform : str, optional
        Applied to data and goalposts before normalising: log, log10, log1p, sqrt, logit.
    normalise : mapping, optional
        ``{method = ..., options}`` in place of the index's normaliser.
    weight : float, optional
        Nominal weight among its siblings, used by the scheme ``given``.
    targets : tuple of Target
        What it should reach, in the order of years; one may be given as it is.
    baseline : Baseline, optional
        The value that a plan starts from.
    classification : str
        Class of the 2021 Statistical Classification of the Digital Economy.
    origin, proxy, agency, reason, definition, clause, source
        Provenance, as free text or keys.
    """

    code: str
    parent: str = ROOT
    name: Text = field(default_factory=Text)
    unit: Text = field(default_factory=Text)
    direction: Direction = field(default_factory=Direction)
    weight: float | None = None
    goalposts: tuple[float, float] | None = None
    transform: str | None = None
    normalise: Any = None
    targets: tuple[Target, ...] = ()
    baseline: Baseline | None = None
    source: str = ""
    clause: str = ""
    classification: str = ""
    origin: str = ""
    proxy: str = ""
    agency: Text = field(default_factory=Text)
    reason: Text = field(default_factory=Text)
    definition: Text = field(default_factory=Text)

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in ("name", "unit", "agency", "reason", "definition"):
            put(self, name, Text.of(getattr(self, name)))
        try:
            put(self, "direction", Direction.of(self.direction))
            put(self, "weight", None if self.weight is None else float(self.weight))
            put(self, "goalposts", None if self.goalposts is None else _pair(self.goalposts))
            put(self, "targets", in_order(self.targets))
            if self.baseline is not None and not isinstance(self.baseline, Baseline):
                raise TypeError(f"baseline: {self.baseline!r}; write Baseline(7.64, 2022)")
        except (TypeError, ValueError) as error:
            raise DefinitionError(
                "an indicator is not valid", [Problem(self.code, str(error))]
            ) from None

    @property
    def target(self) -> Target | None:
        """The next target that has a number."""
        return next((t for t in self.targets if t.value is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A node above the indicators; ``weigh`` and ``aggregate`` override the index below it.

    ``targets`` are those of its score, or in words, such as the outlook of a plan.
    """

    code: str
    parent: str = ROOT
    name: Text = field(default_factory=Text)
    weight: float | None = None
    weigh: Any = None
    aggregate: Any = None
    note: Text = field(default_factory=Text)
    targets: tuple[Target, ...] = ()

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "targets", in_order(self.targets))
        except TypeError as error:
            raise DefinitionError(
                "a group is not valid", [Problem(self.code, str(error))]
            ) from None
        object.__setattr__(self, "name", Text.of(self.name))
        object.__setattr__(self, "note", Text.of(self.note))
        if self.weight is not None:
            object.__setattr__(self, "weight", float(self.weight))


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A column of the data that the index leaves out on purpose, with the reason."""

    code: str
    name: Text = field(default_factory=Text)
    reason: Text = field(default_factory=Text)


Node: TypeAlias = Indicator | Group


@dataclass(frozen=True)
class Framework:
    """The tree: indicators as leaves, groups above them, one root called ``total``.

    The root need not be given. Siblings keep the order in which they were given; a group's child
    groups come before its own indicators.

    Raises
    ------
    DefinitionError
        Duplicate code, unknown parent, cycle, group without indicators, no indicator; all at once.

    Examples
    --------
    >>> f = Framework(
    ...     (Indicator(code="a", parent="p"), Indicator(code="b", parent="p"), Indicator(code="c")),
    ...     (Group(code="p"),),
    ... )
    >>> f.children("total"), f.leaves("p"), [g.code for g in f.bottom_up]
    (('p', 'c'), ('a', 'b'), ['p', 'total'])
    """

    indicators: tuple[Indicator, ...]
    groups: tuple[Group, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "indicators", tuple(self.indicators))
        groups = tuple(self.groups)
        if not any(g.code == ROOT for g in groups):
            groups = (Group(code=ROOT, parent=""), *groups)
        groups = tuple(g if g.code != ROOT else _as_root(g) for g in groups)
        object.__setattr__(self, "groups", groups)
        problems = list(_tree_problems(self.indicators, self.groups))
        if problems:
            raise DefinitionError("the tree of the index is not valid", problems)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Codes of the indicators, in order."""
        return tuple(i.code for i in self.indicators)

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Every node by its code: groups first, root at the head."""
        return {n.code: n for n in _all(self.groups, self.indicators)}

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        out: dict[str, list[str]] = {g.code: [] for g in self.groups}
        for node in _all(self.groups, self.indicators):
            if node.code != ROOT:
                out[node.parent].append(node.code)
        return {k: tuple(v) for k, v in out.items()}

    def children(self, code: str) -> tuple[str, ...]:
        """Codes of the children of a group (none for an indicator)."""
        self.node(code)
        return self._children.get(code, ())

    def leaves(self, code: str = ROOT) -> tuple[str, ...]:
        """Codes of all indicators below a node."""
        kids = self.children(code)
        if not kids:
            return (code,)
        return tuple(leaf for kid in kids for leaf in self.leaves(kid))

    @cached_property
    def bottom_up(self) -> tuple[Group, ...]:
        """The groups, children before parents; the root is last."""
        depth = {ROOT: 0}
        for g in self.groups:
            self._depth(g.code, depth)
        return tuple(sorted(self.groups, key=lambda g: -depth[g.code]))

    def _depth(self, code: str, known: dict[str, int]) -> int:
        if code not in known:
            known[code] = 1 + self._depth(self.nodes[code].parent, known)
        return known[code]

    def depth(self, code: str) -> int:
        """Return how many edges lie between the root and a node."""
        self.node(code)
        return self._depth(code, {ROOT: 0})

    def node(self, code: str) -> Node:
        """Return the indicator or group of this code.

        Raises
        ------
        NotFoundError
            No node has this code.
        """
        try:
            return self.nodes[code]
        except KeyError:
            raise NotFoundError(
                f"no indicator or group {code!r}; there are {', '.join(self.nodes)}"
            ) from None

    def name(self, code: str, lang: Lang = "en") -> str:
        """Return the name of a node, or its code where it has none."""
        return self.node(code).name.get(lang) or code

    def without(self, codes: Iterable[str]) -> Framework:
        """Return the tree without these nodes (and what hangs on them); empty groups go too."""
        gone = set(codes)
        for code in gone:
            self.node(code)
        keep = [i for i in self.indicators if not gone & {i.code, *self.ancestors(i.code)}]
        used = {a for i in keep for a in self.ancestors(i.code)}
        return Framework(tuple(keep), tuple(g for g in self.groups if g.code in used))

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Codes from the parent of a node up to the root."""
        out = []
        while code != ROOT:
            code = self.node(code).parent
            out.append(code)
        return tuple(out)


def _all(groups: Iterable[Group], indicators: Iterable[Indicator]) -> list[Node]:
    return [*groups, *indicators]


def _as_root(group: Group) -> Group:
    return replace(group, code=ROOT, parent="")


def _tree_problems(
    indicators: tuple[Indicator, ...], groups: tuple[Group, ...]
) -> Iterable[Problem]:
    if not indicators:
        yield Problem("indicators", "there is none", "an index needs at least one [[indicators]]")
    seen: set[str] = set()
    for node in _all(groups, indicators):
        if node.code in seen:
            yield Problem(node.code, "this code stands twice", "give each node a code of its own")
        seen.add(node.code)
    parents = {g.code: g.parent for g in groups}
    for node in _all(groups, indicators):
        if node.code != ROOT and node.parent not in parents:
            kind = "an indicator" if node.parent in seen else "unknown"
            yield Problem(
                f"{node.code}.parent",
                f"{node.parent!r} is {kind}",
                f"name one of the groups: {', '.join(parents)}",
            )
    for code in parents:
        path, at = [code], code
        while at in parents and parents[at] in parents:
            at = parents[at]
            if at in path:
                if at == code:
                    yield Problem(
                        f"{code}.parent",
                        f"the groups {' > '.join([*path, at])} form a circle",
                        f"let one of them hang on {ROOT!r}",
                    )
                break
            path.append(at)
    used = {node.parent for node in _all(groups, indicators)}
    for g in groups:
        if g.code not in used and indicators:
            yield Problem(g.code, "this group has no children", "give it indicators or take it out")
    for i in indicators:
        if i.goalposts is not None:
            low, high = i.goalposts
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                yield Problem(
                    f"{i.code}.goalposts",
                    f"[{low:g}, {high:g}] is not low < high",
                    "give both in raw units, low first; the direction is taken care of",
                )
    for node in _all(groups, indicators):
        if node.weight is not None and not (math.isfinite(node.weight) and node.weight >= 0):
            yield Problem(f"{node.code}.weight", f"{node.weight} is negative", "give a number >= 0")

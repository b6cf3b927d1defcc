"""Discrete choices: alternatives of a part, what is left out, which expert, which table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import SUM_TOLERANCE, Array
from gz_index._registry import closest
from gz_index.aggregate.rule import aggregate
from gz_index.choices.base import Choice, listed, unknown
from gz_index.errors import MethodError, Problem
from gz_index.framework import ROOT, Framework, Group, Indicator, Text
from gz_index.missing import Missing
from gz_index.normalise import normaliser, to_spec
from gz_index.prepare.rule import prepare
from gz_index.weighting.judgements import Judgements
from gz_index.weighting.rule import Weight, weight

__all__ = ["Alternatives", "Discrete", "Omit", "Tables", "experts"]

Part = Literal["prepare", "normalise", "weight", "aggregate", "missing", "goalposts", "transform"]

#: parts that can be varied, with what each can stand on
_AT_NODE: dict[str, tuple[type, ...]] = {
    "normalise": (Indicator,),
    "weight": (Group,),
    "aggregate": (Group,),
    "missing": (),
    "prepare": (),
    "goalposts": (Indicator,),
    "transform": (Indicator,),
}


_PARTS: dict[str, str] = {
    "prepare": "数据预处理",
    "normalise": "标准化方法",
    "weight": "赋权方法",
    "aggregate": "合成方法",
    "missing": "缺失值处理",
    "goalposts": "上下限",
    "transform": "变换",
}


@dataclass(frozen=True, kw_only=True)
class Discrete(Choice):
    """A choice with a finite number of levels; base of the discrete choices.

    Parameters
    ----------
    shares : tuple of float, optional
        Probability of each level; equal by default.
    """

    shares: tuple[float, ...] | None = None

    @property
    @abstractmethod
    def levels(self) -> tuple[str, ...]:
        """Labels of the levels."""

    @property
    def probabilities(self) -> Array:
        """Probability of each level, (L,)."""
        count = len(self.levels)
        return np.full(count, 1 / count) if self.shares is None else np.array(self.shares)

    def width(self, framework: Framework) -> int:
        """One number chooses the level."""
        return 1

    def level(self, u: Array) -> NDArray[np.intp]:
        """Return the level (D,) for numbers ``u`` (D,) in [0, 1)."""
        edges = self.probabilities.cumsum()[:-1]
        return np.searchsorted(edges, u, side="right")

    def _check_levels(self) -> None:
        count = len(self.levels)
        if count < 2:
            raise MethodError(
                f"{self.label}: {count} level(s), so that nothing varies",
                hint="give two levels or more, the nominal one among them if it is one",
            )
        if len(set(self.levels)) < count:
            twice = next(v for v in self.levels if self.levels.count(v) > 1)
            raise MethodError(f"{self.label}: the level {twice!r} stands twice", hint="name each")
        if self.shares is None:
            return
        object.__setattr__(self, "shares", tuple(float(s) for s in self.shares))
        p = np.array(self.shares)
        if p.shape != (count,) or not (p > 0).all() or abs(p.sum() - 1) > SUM_TOLERANCE:
            raise MethodError(
                f"{self.label}: shares = {self.shares} for {count} levels",
                hint="give each level a probability above zero; they sum to one",
            )


@dataclass(frozen=True, kw_only=True)
class Alternatives(Discrete):
    """Alternatives for one part of the definition.

    Parameters
    ----------
    part : str
        "prepare", "normalise", "weight", "aggregate", "missing", "goalposts" or "transform".
    of : sequence
        What the part may be: whatever it may be in a definition. Of missing cells the coverage may
        vary, where the policy is to rescale weights. Of the preparation each alternative is a list
        of steps, an empty one for none.
    node : str, optional
        Group (weight, aggregate) or indicator (normalise, goalposts, transform) that it stands on;
        by default the whole index, where overrides on nodes stay.
    labels : sequence of str, optional
        Names of the alternatives in tables.

    Examples
    --------
    >>> Alternatives(part="weight", of=["equal", "entropy", {"scheme": "critic"}]).levels
    ('equal', 'entropy', 'critic')
    """

    kind: ClassVar[str] = "alternatives"
    part: Part
    of: Sequence[Any]
    node: str | None = None
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.part not in get_args(Part):
            raise MethodError(
                f"no part {self.part!r} of an index can be varied"
                f"{closest(str(self.part), list(get_args(Part)))}",
                hint=f"parts are {', '.join(get_args(Part))}",
            )
        make: dict[str, Callable[[Any], Any]] = {
            "normalise": normaliser,
            "weight": weight,
            "aggregate": aggregate,
            "missing": _missing,
            "prepare": prepare,
            "goalposts": _goalposts,
            "transform": lambda v: v or None,
        }
        if isinstance(self.of, str | Mapping):
            raise MethodError(f"{self.label}: of = {self.of!r} is no list", hint="of = [a, b]")
        object.__setattr__(self, "of", tuple(make[self.part](v) for v in self.of))
        if self.labels is not None:
            object.__setattr__(self, "labels", tuple(self.labels))
            if len(self.labels) != len(self.of):
                raise MethodError(f"{self.label}: {len(self.labels)} labels for {len(self.of)}")
        self._check_levels()

    def _title(self) -> Text:
        zh = _PARTS[self.part]
        return Text(
            f"{self.node}的{zh}" if self.node else zh,
            self.part + (f" of {self.node}" if self.node else ""),
        )

    @property
    def levels(self) -> tuple[str, ...]:
        """Labels of the alternatives."""
        if self.labels is not None:
            return self.labels
        return tuple(str(getattr(v, "label", v)) for v in self.of)

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree."""
        whole = self.part in ("prepare", "normalise", "weight", "aggregate", "missing")
        if self.part == "prepare":
            found = [p for v in self.of for p in v.problems(framework)]
            if found:
                return found
        if self.node is not None and self.part in ("prepare", "missing"):
            return [Problem(self.label, "is of the whole index", "take node out")]
        if self.node is None:
            return (
                []
                if whole
                else [Problem(self.label, "names no node", "add node = an indicator's code")]
            )
        found = unknown(self.label, [self.node], framework)
        if not found and not isinstance(framework.node(self.node), _AT_NODE[self.part]):
            found.append(Problem(self.label, f"{self.node!r} is the wrong kind of node"))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return what :func:`choice` reads."""
        plain: dict[str, Callable[[Any], Any]] = {
            "normalise": to_spec,
            "weight": lambda v: v.to_dict(),
            "aggregate": lambda v: v.to_dict(),
            "prepare": lambda v: v.to_list(),
            "missing": lambda v: {"policy": v.policy, "coverage": v.coverage},
            "goalposts": list,
            "transform": lambda v: v or "",
        }
        return {**super().to_dict(), "of": [plain[self.part](v) for v in self.of]}


def _missing(value: Any) -> Any:
    found = Missing.of(value)
    if found.policy != "renormalise":
        raise MethodError(
            f"missing = {found.policy!r} cannot be an alternative: it leaves other units",
            hint="vary the coverage: [{policy = 'renormalise', coverage = 0.5}, ...]",
        )
    return found


def _goalposts(value: Any) -> tuple[float, float]:
    low, high = (float(v) for v in value)
    if not low < high:
        raise MethodError(f"goalposts [{low:g}, {high:g}] are not low < high")
    return low, high


@dataclass(frozen=True, kw_only=True)
class Omit(Discrete):
    """One indicator or group is left out at a time; the rest is weighed again.

    Parameters
    ----------
    codes : sequence of str
        Indicators or groups, each of which may be left out.
    none : bool
        Whether leaving out nothing is a level too (the first).

    Examples
    --------
    >>> Omit(codes=["a", "b"]).levels
    ('nothing', 'a', 'b')
    """

    kind: ClassVar[str] = "omit"
    codes: tuple[str, ...]
    none: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", listed(self.kind, "codes", self.codes))
        self._check_levels()

    def _title(self) -> Text:
        return Text("剔除的指标", "omit")

    @property
    def levels(self) -> tuple[str, ...]:
        """Codes that are left out, one a level."""
        return (("nothing",) if self.none else ()) + self.codes

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree."""
        out = unknown(self.label, self.codes, framework)
        if not out and ROOT in self.codes:
            out.append(Problem(self.label, "the whole index cannot be left out", "name its parts"))
        return out


@dataclass(frozen=True, kw_only=True)
class Tables(Discrete):
    """Several versions of the data: other imputations, treatments of outliers, sources, vintages.

    It holds tables, so it cannot stand in a definition file.

    Parameters
    ----------
    of : mapping
        Label to table; each has the same units and periods as the data of the study.
    """

    kind: ClassVar[str] = "tables"
    of: Mapping[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        self._check_levels()

    def _title(self) -> Text:
        return Text("数据版本", "data")

    @property
    def levels(self) -> tuple[str, ...]:
        """Labels of the tables."""
        return tuple(self.of)

    def to_dict(self) -> dict[str, Any]:
        """Refuse: tables do not belong in a definition.

        Raises
        ------
        MethodError
            Always.
        """
        raise MethodError(
            f"the choice {self.label!r} holds tables, which a definition cannot",
            hint="pass it to the study itself",
        )


def experts(
    judgements: Judgements,
    *,
    name: str = "expert",
    node: str | None = None,
    shares: tuple[float, ...] | None = None,
) -> Alternatives:
    """Draw one expert of a group: each expert's own weights are an alternative.

    Parameters
    ----------
    judgements : Judgements
        With several experts to each judged group, the same ones in the same order.
    name : str
    node : str, optional
        The judged group, where only one is; its weights vary and the others stay.
    shares : tuple of float, optional
        Probability of each expert; equal by default.

    Raises
    ------
    MethodError
        There is one expert only, or the groups have different experts.

    Examples
    --------
    >>> judged = Judgements.from_dict({
    ...     "judgements": {"id": "two", "kind": "ahp", "who": "A and B"},
    ...     "nodes": [{
    ...         "node": "total",
    ...         "experts": ["A", "B"],
    ...         "matrices": [
    ...             {"labels": ["a", "b"], "rows": [[1, 3], ["1/3", 1]]},
    ...             {"labels": ["a", "b"], "rows": [[1, "1/4"], [4, 1]]},
    ...         ],
    ...     }],
    ... })
    >>> experts(judged).levels
    ('A', 'B')
    """
    people: tuple[str, ...] | None = None
    by_person: dict[str, dict[str, float]] = {}
    for node, solved in judgements.solved.items():
        own = [(n, p) for n, p in solved.parts if n and n != "group"]
        names = tuple(n for n, _ in own)
        if len(names) < 2 or (people is not None and names != people):
            raise MethodError(
                f"judgements {judgements.id!r} below {node!r} are by {', '.join(names) or 'one'}"
                + (f", those before by {', '.join(people)}" if people else ""),
                hint="a draw of experts needs the same two or more in every judged group",
            )
        people = names
        for n, part in own:
            values = dict(zip(part.labels, np.asarray(part.weights).tolist(), strict=True))
            by_person.setdefault(n, {}).update({str(k): float(v) for k, v in values.items()})
    rules = [Weight(values, over="siblings") for values in by_person.values()]
    return Alternatives(
        part="weight", of=rules, labels=tuple(by_person), name=name, node=node, shares=shares
    )

"""What can be varied in an index: typed choices, each of which maps a point of the unit cube.

A choice reads one or more numbers that are uniform on (0, 1) and turns them into a level (discrete
choices) or into weights, exponents, goalposts, cells (continuous ones). Nothing here is evaluated
as code: a definition names kinds and numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gz_index._registry import closest
from gz_index.choices.base import Choice
from gz_index.choices.discrete import Alternatives, Discrete, Omit, Tables, experts
from gz_index.choices.values import CellError, Exponent, Goalposts
from gz_index.choices.weights import Dirichlet, OnWeights, Spread, Within
from gz_index.errors import DefinitionError, GzIndexError, MethodError, Problem
from gz_index.framework import Framework, Text
from gz_index.prepare.rule import prepare
from gz_index.weighting.judgements import Judgements
from gz_index.weighting.rule import weight

__all__ = [
    "KINDS",
    "Alternatives",
    "CellError",
    "Choice",
    "Dirichlet",
    "Discrete",
    "Exponent",
    "Goalposts",
    "Omit",
    "OnWeights",
    "Sensitivity",
    "Spread",
    "Tables",
    "Within",
    "choice",
    "experts",
]

#: kinds of choices that a definition can hold
KINDS: dict[str, type[Choice]] = {
    k.kind: k
    for k in (Alternatives, Omit, Spread, Dirichlet, Within, Exponent, Goalposts, CellError)
}


def choice(spec: Choice | Mapping[str, Any], *, where: Path | None = None) -> Choice:
    """Make a choice from a table ``{kind = ..., options}`` or from itself; the one place that does.

    Raises
    ------
    MethodError
        The kind or an option is unknown or out of range.

    Examples
    --------
    >>> choice({"kind": "spread", "size": 0.2}).label
    'weights +-20%'
    """
    if isinstance(spec, Choice):
        return spec
    if not isinstance(spec, Mapping) or not isinstance(spec.get("kind"), str):
        raise MethodError(
            f"{spec!r} is no choice", hint=f"write kind = one of {', '.join(KINDS)}, or 'experts'"
        )
    table = dict(spec)
    kind = table.pop("kind")
    if kind == "experts":
        options = ["judgements", "name", "node", "shares"]
        for option in table:
            if option not in options:
                raise MethodError(
                    f"a choice of kind 'experts' has no option {option!r}"
                    f"{closest(option, options)}",
                    hint=f"options are {', '.join(options)}",
                )
        if "judgements" not in table:
            raise MethodError("a choice of kind 'experts' needs judgements")
        judged = weight({"judgements": table.pop("judgements")}, where=where).scheme
        assert isinstance(judged, Judgements)
        return experts(judged, **table)
    if kind not in KINDS:
        raise MethodError(
            f"there is no kind of choice {kind!r}{closest(kind, [*KINDS, 'experts'])}",
            hint=f"kinds are {', '.join(KINDS)}, experts",
        )
    known = [f.name for f in dataclasses.fields(KINDS[kind])]
    for option in table:
        if option not in known:
            raise MethodError(
                f"a choice of kind {kind!r} has no option {option!r}{closest(option, known)}",
                hint=f"options are {', '.join(known)}",
            )
    read: Any = {"weight": weight, "prepare": prepare}.get(str(table.get("part")))
    if read is not None and isinstance(table.get("of"), list | tuple):  # they may name files
        table["of"] = [read(v, where=where) for v in table["of"]]
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    if isinstance(table.get("name"), Mapping):
        given["name"] = Text.of(table["name"])
    required = [
        f.name
        for f in dataclasses.fields(KINDS[kind])
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    lacking = [name for name in required if name not in given]
    if lacking:
        raise MethodError(f"a choice of kind {kind!r} needs {', '.join(lacking)}")
    made: Any = KINDS[kind]
    return made(**given)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Sensitivity:
    """The ``[sensitivity]`` table of a definition: what varies, and how often it is drawn.

    Parameters
    ----------
    choices : sequence of Choice or tables
    draws : int
        Monte Carlo draws.
    points : int
        Size of the Sobol sample, a power of two.
    seed : int
    """

    choices: tuple[Choice, ...] = ()
    draws: int = 10_000
    points: int = 1024
    seed: int = 0

    def __post_init__(self) -> None:
        made, problems = [], []
        for i, spec in enumerate(self.choices):
            try:
                made.append(choice(spec))
            except (GzIndexError, TypeError, ValueError) as error:
                problems.append(Problem(f"sensitivity.choices[{i}]", str(error)))
        object.__setattr__(self, "choices", tuple(made))
        for name, least in (("draws", 2), ("points", 2), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                problems.append(
                    Problem(f"sensitivity.{name}", repr(value), f"a whole number >= {least}")
                )
        if not problems and self.points & (self.points - 1):
            problems.append(Problem("sensitivity.points", repr(self.points), "a power of two"))
        labels = [c.label for c in made]
        problems += [
            Problem(f"sensitivity: {v}", "two choices have this name", "set name = ... in one")
            for v in sorted({v for v in labels if labels.count(v) > 1})
        ]
        if problems:
            raise DefinitionError("the choices of the sensitivity analysis are not valid", problems)

    @classmethod
    def of(
        cls, value: Mapping[str, Any] | Sensitivity | None, *, where: Path | None = None
    ) -> Sensitivity | None:
        """Make it from a table, itself or nothing."""
        if value is None or isinstance(value, Sensitivity):
            return value
        names = [f.name for f in dataclasses.fields(cls)]
        unknown = [k for k in value if k not in names]
        if unknown:
            raise DefinitionError(
                "the sensitivity table is not valid",
                [
                    Problem(
                        f"sensitivity.{k}",
                        f"unknown key{closest(k, names)}",
                        f"keys are {', '.join(names)}",
                    )
                    for k in unknown
                ],
            )
        if where is not None and isinstance(value.get("choices"), list | tuple):
            made, problems = [], []
            for i, spec in enumerate(value["choices"]):
                try:
                    made.append(choice(spec, where=where))
                except (GzIndexError, TypeError, ValueError) as error:
                    problems.append(Problem(f"sensitivity.choices[{i}]", str(error)))
            if problems:
                raise DefinitionError(
                    "the choices of the sensitivity analysis are not valid", problems
                )
            value = {**value, "choices": made}
        return cls(**value)

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with the choices for this tree."""
        return [p for c in self.choices for p in c.problems(framework)]

    def to_dict(self) -> dict[str, Any]:
        """Return what :meth:`of` reads."""
        return {
            "draws": self.draws,
            "points": self.points,
            "seed": self.seed,
            "choices": [c.to_dict() for c in self.choices],
        }

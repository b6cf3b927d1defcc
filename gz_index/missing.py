"""What to do with cells that are missing when the index is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from gz_index.errors import DefinitionError, Problem

__all__ = ["Missing"]

Policy: TypeAlias = Literal["error", "renormalise", "drop"]


@dataclass(frozen=True, slots=True)
class Missing:
    """What to do with missing cells.

    Parameters
    ----------
    policy : {"error", "renormalise", "drop"}
        Refuse them; score a group from the children it has, with their weights rescaled (which
        amounts to filling a gap by the mean of the others); or drop each unit that has a gap.
    coverage : float in (0, 1]
        With ``renormalise``: share of the indicators below a node that must be known for the node
        to be scored at all.
    """

    policy: Policy = "error"
    coverage: float = 0.65

    def __post_init__(self) -> None:
        problems = []
        if self.policy not in get_args(Policy):
            problems.append(
                Problem(
                    "missing.policy", repr(self.policy), f"one of {', '.join(get_args(Policy))}"
                )
            )
        if not 0 < self.coverage <= 1:
            problems.append(Problem("missing.coverage", repr(self.coverage), "a share in (0, 1]"))
        if problems:
            raise DefinitionError("the policy for missing cells is not valid", problems)
        object.__setattr__(self, "coverage", float(self.coverage))

    @property
    def label(self) -> str:
        """A short name for tables."""
        scored = self.policy == "renormalise"
        return f"{self.policy}(coverage={self.coverage:g})" if scored else self.policy

    @classmethod
    def of(cls, value: str | Mapping[str, Any] | Missing) -> Missing:
        """Make a policy from its name, a table, or itself."""
        if isinstance(value, Missing):
            return value
        if isinstance(value, str):
            return cls(value)  # type: ignore[arg-type]  # checked above
        unknown = set(value) - {"policy", "coverage"}
        if unknown:
            raise DefinitionError(
                "the policy for missing cells is not valid",
                [
                    Problem(f"missing.{u}", "unknown key", "keys are policy, coverage")
                    for u in unknown
                ],
            )
        return cls(**value)

"""What ``weight=`` may be, and how it becomes the weights of the children of each group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from gz_index import _registry
from gz_index._arrays import SUM_TOLERANCE, Array
from gz_index.errors import MethodError, NotFoundError
from gz_index.weighting.judgements import Judgements

if TYPE_CHECKING:
    from gz_index.framework import Framework

__all__ = ["Over", "Scheme", "Weight", "WeightLike", "Window", "weight"]

Scheme: TypeAlias = Callable[..., Array]
Over: TypeAlias = Literal["siblings", "leaves"]
Window: TypeAlias = Literal["pooled", "period", "base"]


@dataclass(frozen=True)
class Weight:
    """How weights are found: one scheme, given values, judgements, or a combination of these.

    Parameters
    ----------
    scheme : str, callable, mapping, Judgements or tuple of Weight
        A name in ``gz_index.weighting.SCHEMES`` or of a plug-in; ``"given"`` (``weight`` of each
        node of the definition); a function ``(n, k) -> (k,)``; values by node code; judgements; or
        the parts of a combination.
    options : mapping
        Keyword options of the scheme (of the combination: ``by`` and its options).
    over : {"siblings", "leaves"}
        At each group over its children, or over all indicators at once; local weights then follow
        by summing. Default: ``leaves`` for schemes that look at the data (the practice of entropy
        papers) and combinations, ``siblings`` otherwise.
    window : {"pooled", "period", "base"}
        Which rows a data-driven scheme sees: all, each period by itself (weights then differ by
        period and scores are not comparable between periods), or those of the first period.

    Examples
    --------
    >>> Weight("entropy").over, Weight("equal").over
    ('leaves', 'siblings')
    >>> Weight("critic", {"correlation": "spearman"}, over="siblings").label
    'critic(correlation=spearman, over=siblings)'
    """

    scheme: str | Scheme | Mapping[str, float] | Judgements | tuple[Weight, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    over: Over | None = None
    window: Window = "pooled"

    def __post_init__(self) -> None:
        from gz_index.weighting import DATA_FREE

        if isinstance(self.scheme, str):
            object.__setattr__(self, "scheme", self.scheme.replace("_", "-"))
        if self.over is None:
            leaves = (
                self.scheme not in DATA_FREE
                if isinstance(self.scheme, str)
                else callable(self.scheme) or isinstance(self.scheme, tuple)
            )
            object.__setattr__(self, "over", "leaves" if leaves else "siblings")
        for name, kind in (("over", Over), ("window", Window)):
            if getattr(self, name) not in get_args(kind):
                raise MethodError(
                    f"weight has no {name} = {getattr(self, name)!r}",
                    hint=f"{name} is one of {', '.join(get_args(kind))}",
                )
        if self.scheme == "given" and self.options:
            raise MethodError(
                f"the scheme given has no option {', '.join(map(repr, self.options))}",
                hint="weights stand on the nodes of the definition",
            )
        if not (
            isinstance(self.scheme, str | Mapping | Judgements | tuple) or callable(self.scheme)
        ):
            raise MethodError(f"{self.scheme!r} is no scheme", hint="give a name or a function")
        if isinstance(self.scheme, str) and self.scheme != "given":
            _registry.check_options(self.scheme, self._function(), self.options)

    @property
    def label(self) -> str:
        """A short name for tables: scheme and what differs from its defaults."""
        if isinstance(self.scheme, str):
            name = self.scheme
        elif isinstance(self.scheme, Judgements):
            name = self.scheme.id
        elif isinstance(self.scheme, tuple):
            name = " + ".join(p.label for p in self.scheme)
        elif callable(self.scheme):
            name = getattr(self.scheme, "__name__", type(self.scheme).__name__)
        else:
            name = "values"
        extra = [f"{k}={v}" for k, v in self.options.items()]
        if self.over != Weight(self.scheme).over:
            extra.append(f"over={self.over}")
        if self.window != "pooled":
            extra.append(f"window={self.window}")
        return name + (f"({', '.join(extra)})" if extra else "")

    @property
    def reads_data(self) -> bool:
        """Whether the weights depend on the numbers, so that rows and missing cells matter."""
        from gz_index.weighting import DATA_FREE, ON_DATA

        if isinstance(self.scheme, str):
            return self.scheme not in DATA_FREE
        if isinstance(self.scheme, tuple):
            return any(p.reads_data for p in self.scheme) or self.options.get("by") in ON_DATA
        return callable(self.scheme)

    def faults(self) -> list[str]:
        """Name what is wrong with weights that are given as values."""
        if isinstance(self.scheme, tuple):
            return [fault for part in self.scheme for fault in part.faults()]
        if not isinstance(self.scheme, Mapping):
            return []
        out = [
            f"the weight of {code} is {w!r}"
            for code, w in self.scheme.items()
            if not (np.isfinite(w) and w >= 0)
        ]
        return out or ([] if any(self.scheme.values()) else ["every weight is zero"])

    def _function(self) -> Scheme:
        from gz_index.weighting import SCHEMES

        if isinstance(self.scheme, str):
            found: Scheme = _registry.find("weighting", self.scheme, SCHEMES)
            return found
        assert callable(self.scheme)
        return self.scheme

    def solve(self, x: Array) -> Array:
        """Return the weights (k,) that the scheme gives for data (n, k); checks what comes back."""
        w = np.asarray(partial(self._function(), **self.options)(x), dtype=np.float64)
        k = x.shape[1]
        if w.shape != (k,):
            raise MethodError(f"{self.label} returned shape {w.shape} for {k} columns")
        bad = np.flatnonzero(~(w >= 0))
        if bad.size or abs(w.sum() - 1.0) > SUM_TOLERANCE:
            raise MethodError(
                f"{self.label} gave weights that are negative, missing or do not sum to one "
                f"(sum {w.sum():.12g}) at {{columns}}",
                columns=bad.tolist() or range(k),
                hint="a scheme returns finite weights >= 0 that sum to one",
            )
        return w

    def values(self, framework: Framework, node: str) -> Array | None:
        """Return local weights of the children of ``node`` where these are given, else None.

        Raises
        ------
        MethodError
            Some children have a value and others have none, or all are zero.
        """
        kids = framework.children(node)
        if self.scheme == "given":
            found = {k: framework.node(k).weight for k in kids}
        elif isinstance(self.scheme, Judgements):
            found = dict(self.scheme.local(node) or {})
            if not found and self.scheme.otherwise == "equal":
                return np.full(len(kids), 1.0 / len(kids))
        elif isinstance(self.scheme, Mapping):
            found = {k: self.scheme[k] for k in kids if k in self.scheme}
        else:
            return None
        if len(kids) == 1 and not any(v is not None for v in found.values()):
            return np.ones(1)
        lacking = [k for k in kids if found.get(k) is None]
        if lacking:
            raise MethodError(
                f"{self.label}: no weight for {', '.join(lacking)} below {node!r}",
                hint="give every sibling a weight, or weigh this group by a scheme (weigh = ...)",
            )
        extra = [k for k in found if k not in kids]
        if extra:
            raise MethodError(
                f"{self.label}: {', '.join(extra)} are no children of {node!r}",
                hint=f"its children are {', '.join(kids)}",
            )
        w = np.array([found[k] for k in kids], dtype=np.float64)
        if not (np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0):
            raise MethodError(
                f"{self.label}: the weights below {node!r} are {w.tolist()}",
                hint="weights are finite, >= 0, and not all zero",
            )
        return w if abs(w.sum() - 1.0) <= SUM_TOLERANCE else np.asarray(w / w.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return what :func:`weight` reads, in plain types."""
        tail: dict[str, Any] = {"over": self.over, "window": self.window}
        if isinstance(self.scheme, Judgements):
            return {"judgements": self.scheme.to_dict(), **tail}
        if isinstance(self.scheme, tuple):
            parts = [p.to_dict() for p in self.scheme]
            return {"scheme": "combination", "of": parts, **self.options, **tail}
        if isinstance(self.scheme, Mapping):
            return {"values": dict(self.scheme), **tail}
        if isinstance(self.scheme, str):
            return {"scheme": self.scheme, **self.options, **tail}
        raise MethodError(
            f"the weighting function {self.label} has no name that a definition can hold",
            hint="register it as an entry point in the group gz_index.weighting",
        )


WeightLike: TypeAlias = (
    str | Scheme | Mapping[str, Any] | Judgements | Weight | Sequence["WeightLike"]
)


def weight(spec: WeightLike, *, where: Path | None = None) -> Weight:
    """Make a :class:`Weight` from whatever ``weight=`` may be; the one place that does.

    Parameters
    ----------
    spec
        A name; a function ``(n, k) -> (k,)``; a mapping: either a table as in a definition
        (``{"scheme": ...}``, ``{"judgements": ...}``, ``{"values": ...}``) or values by node code;
        judgements; or a :class:`Weight`.
    where : Path, optional
        Folder against which the path of a judgement file is read.

    Examples
    --------
    >>> weight({"a": 1, "b": 3}).scheme
    {'a': 1.0, 'b': 3.0}
    >>> weight({"scheme": "combination", "of": ["entropy", "equal"], "by": "linear"}).label
    'entropy + equal(by=linear)'
    """
    if isinstance(spec, Weight):
        return spec
    if isinstance(spec, str | Judgements) or callable(spec):
        return Weight(spec)
    if not isinstance(spec, Mapping):
        raise MethodError(
            f"{spec!r} is no way to weigh",
            hint="give a name, a function (n, k) -> (k,), values by code, or judgements",
        )
    table = dict(spec)
    tail = {k: table.pop(k) for k in ("over", "window") if k in table and not _is_number(table[k])}
    if "scheme" in table:
        scheme = table.pop("scheme")
        if scheme == "combination":
            parts = tuple(weight(p, where=where) for p in table.pop("of", ()))
            if len(parts) < 2:
                raise MethodError("a combination needs of = [two or more weightings]")
            from gz_index.weighting import COMBINATIONS

            by = table.setdefault("by", "linear")
            if by not in COMBINATIONS:
                raise NotFoundError(
                    f"no combination {by!r}{_registry.closest(str(by), list(COMBINATIONS))}; "
                    f"there are {', '.join(COMBINATIONS)}"
                )
            return Weight(parts, table, **tail)
        return Weight(scheme, table, **tail)
    if "judgements" in table:
        judged = _judgements(table.pop("judgements"), where)
        _refuse_keys(table, "judgements")
        return Weight(judged, {}, **tail)
    values = table
    if isinstance(table.get("values"), Mapping):
        values = table.pop("values")
        _refuse_keys(table, "values")
    try:
        numbers = {str(k): float(v) for k, v in values.items()}
    except (TypeError, ValueError):
        raise MethodError(
            f"{dict(spec)!r} is no way to weigh",
            hint="a table has scheme = ..., judgements = ..., values = {code = number}",
        ) from None
    return Weight(numbers, {}, **tail)


def _refuse_keys(left: Mapping[str, Any], beside: str) -> None:
    if left:
        raise MethodError(
            f"[weight] has {beside} and the unknown key(s) {', '.join(map(repr, left))}",
            hint="beside it stand over and window only",
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _judgements(spec: str | Mapping[str, Any] | Judgements, where: Path | None) -> Judgements:
    if isinstance(spec, Judgements):
        return spec
    if isinstance(spec, Mapping):
        return Judgements.from_dict(spec)
    if spec.endswith(".toml"):
        return Judgements.from_file((where or Path()) / spec)
    from gz_index import catalog

    return catalog.judgements(spec)

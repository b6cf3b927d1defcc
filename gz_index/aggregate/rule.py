"""What ``aggregate=`` may be: a method by name, a table with its options, or a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from gz_index import _registry
from gz_index._arrays import Array
from gz_index.errors import MethodError

__all__ = ["Aggregate", "AggregateLike", "aggregate"]

Aggregator: TypeAlias = Callable[..., Array]
Window: TypeAlias = Literal["pooled", "period"]


@dataclass(frozen=True)
class Aggregate:
    """How the children of a group become its score.

    Parameters
    ----------
    method : str or callable
        A name in ``gz_index.aggregate.AGGREGATORS`` or of a plug-in, or a function
        ``(..., n, k), (..., k) -> (..., n)``.
    options : mapping
        Keyword options of the method.
    window : {"pooled", "period"}
        For methods that compare rows (TOPSIS, Borda, ...): all rows at once, so that periods can be
        compared, or each period by itself. Without effect on the others.

    Examples
    --------
    >>> aggregate({"method": "power", "exponent": 0.5}).label
    'power(exponent=0.5)'
    """

    method: str | Aggregator
    options: Mapping[str, Any] = field(default_factory=dict)
    window: Window = "pooled"

    def __post_init__(self) -> None:
        from gz_index.aggregate import ALIASES

        if isinstance(self.method, str):
            key = self.method.replace("_", "-")
            object.__setattr__(self, "method", ALIASES.get(key, key))
        if self.window not in get_args(Window):
            raise MethodError(
                f"aggregate has no window = {self.window!r}",
                hint=f"window is one of {', '.join(get_args(Window))}",
            )
        _registry.check_options(self.label, self._function(), self.options)

    @property
    def label(self) -> str:
        """A short name for tables."""
        name = (
            self.method
            if isinstance(self.method, str)
            else getattr(self.method, "__name__", type(self.method).__name__)
        )
        extra = [f"{k}={v}" for k, v in self.options.items()]
        if self.window != "pooled":
            extra.append(f"window={self.window}")
        return name + (f"({', '.join(extra)})" if extra else "")

    @property
    def rowwise(self) -> bool:
        """Whether the score of a row depends on that row alone."""
        from gz_index.aggregate import ROWWISE

        return isinstance(self.method, str) and self.method in ROWWISE

    def _function(self) -> Aggregator:
        from gz_index.aggregate import AGGREGATORS

        if callable(self.method):
            return self.method
        found: Aggregator = _registry.find("aggregate", self.method, AGGREGATORS)
        return found

    def __call__(self, x: Array, w: Array) -> Array:
        """Return the scores (..., n) of data (..., n, k) under weights (..., k)."""
        out = np.asarray(self._function()(x, w, **self.options), dtype=np.float64)
        shape = (*np.broadcast_shapes(x.shape[:-2], w.shape[:-1]), x.shape[-2])
        if out.shape != shape:
            raise MethodError(f"{self.label} returned shape {out.shape} where {shape} is due")
        if callable(self.method) and not np.isfinite(out).all():
            rows = np.argwhere(~np.isfinite(out.reshape(-1, out.shape[-1])))[:, 1]
            raise MethodError(
                f"{self.label} gave a score that is no finite number for {{rows}}",
                rows=sorted(set(rows.tolist())),
                hint="mend the function: it gets complete rows and has to score each of them",
            )
        return out

    def contributions(self, x: Array, w: Array) -> Array | None:
        """Return (n, k) parts that add up to each row's score, or None where there are none."""
        from gz_index.aggregate import CONTRIBUTIONS

        if isinstance(self.method, str) and self.method in CONTRIBUTIONS:
            return np.asarray(CONTRIBUTIONS[self.method](x, w, **self.options))
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return what :func:`aggregate` reads, in plain types."""
        if not isinstance(self.method, str):
            raise MethodError(
                f"the aggregation function {self.label} has no name that a definition can hold",
                hint="register it as an entry point in the group gz_index.aggregate",
            )
        return {"method": self.method, **self.options, "window": self.window}


AggregateLike: TypeAlias = str | Aggregator | Mapping[str, Any] | Aggregate


def aggregate(spec: AggregateLike) -> Aggregate:
    """Make an :class:`Aggregate` from whatever ``aggregate=`` may be; the one place that does."""
    if isinstance(spec, Aggregate):
        return spec
    if isinstance(spec, str) or callable(spec):
        return Aggregate(spec)
    if not isinstance(spec, Mapping) or "method" not in spec:
        raise MethodError(
            f"{spec!r} is no way to aggregate",
            hint="give a name, a function (x, w) -> scores, or {method = ..., options}",
        )
    table = dict(spec)
    method = table.pop("method")
    window = table.pop("window", "pooled")
    return Aggregate(method, table, window)

"""gz_index: composite indices that can be defended in print.

>>> import gz_index as gz
>>> index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
>>> result = index.evaluate(data)
>>> result.ranks.loc[("广东省", 2022), "total"]
np.int64(1)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gz_index._version import __version__

if TYPE_CHECKING:
    from gz_index.catalog import available, cite, data, judgements, load
    from gz_index.comparison import Comparison, compare
    from gz_index.errors import (
        DataError,
        DefinitionError,
        GzIndexError,
        GzIndexWarning,
        MethodError,
        MissingExtraError,
        NotFoundError,
    )
    from gz_index.framework import Direction, Framework, Group, Indicator, Text
    from gz_index.index import Index
    from gz_index.reading import read_table
    from gz_index.result import IndexResult
    from gz_index.weighting.judgements import Judgements

# Names are imported on first use, so that `import gz_index` costs nothing.
_HOME = {
    "available": "catalog",
    "cite": "catalog",
    "data": "catalog",
    "judgements": "catalog",
    "load": "catalog",
    "Alternatives": "choices",
    "CellError": "choices",
    "Dirichlet": "choices",
    "Exponent": "choices",
    "Goalposts": "choices",
    "Omit": "choices",
    "Spread": "choices",
    "Tables": "choices",
    "Within": "choices",
    "experts": "choices",
    "balance": "sensitivity.effective",
    "importance": "sensitivity.effective",
    "imputations": "sensitivity.imputed",
    "leave_one_out": "comparison",
    "audit": "auditing.report",
    "breaks": "auditing.jumps",
    "change": "monitoring.accounting",
    "check_paper": "auditing.paper",
    "core_value_added": "monitoring.value_added",
    "index_numbers": "monitoring.numbers",
    "monitor": "monitoring.dashboard",
    "obstacles": "monitoring.obstacle",
    "project": "monitoring.projection",
    "revision": "monitoring.editions",
    "smaa": "sensitivity.acceptability",
    "structure": "auditing.coherence",
    "sobol": "sensitivity.variance",
    "stability": "sensitivity.weight_intervals",
    "uncertainty": "sensitivity.montecarlo",
    "Comparison": "comparison",
    "compare": "comparison",
    "DataError": "errors",
    "DefinitionError": "errors",
    "GzIndexError": "errors",
    "GzIndexWarning": "errors",
    "MethodError": "errors",
    "MissingExtraError": "errors",
    "NotFoundError": "errors",
    "Direction": "framework",
    "Framework": "framework",
    "Group": "framework",
    "Indicator": "framework",
    "Target": "framework",
    "Text": "framework",
    "Index": "index",
    "read_table": "reading",
    "IndexResult": "result",
    "Judgements": "weighting.judgements",
}

__all__ = [
    "Alternatives",
    "CellError",
    "Comparison",
    "DataError",
    "DefinitionError",
    "Direction",
    "Framework",
    "Group",
    "GzIndexError",
    "GzIndexWarning",
    "Index",
    "IndexResult",
    "Indicator",
    "Judgements",
    "MethodError",
    "MissingExtraError",
    "NotFoundError",
    "Text",
    "__version__",
    "available",
    "cite",
    "compare",
    "data",
    "judgements",
    "load",
    "read_table",
]


_MODULES = (
    *("aggregate", "auditing", "choices", "monitoring", "normalise", "prepare"),
    *("report", "sensitivity", "testing", "weighting"),
)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"gz_index.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'gz_index' has no attribute {name!r}")
    value = getattr(import_module(f"gz_index.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_MODULES})

"""The made panel of ``tests/reference/golden_panel.toml`` and the values computed from it.

``raw()`` is the data (T, n, k) = (3, 5, 4); ``panel()`` the pooled min-max z of the same shape,
oriented, exact to one rounding; ``golden(name)`` an array, or a dict of arrays.
``table()`` and ``index()`` are the same as a data frame and as a definition.
``reference(name)`` is any file of ``tests/reference``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import gz_index as gz
from gz_index.framework import Direction

__all__ = ["CODES", "direction", "golden", "index", "panel", "raw", "reference", "table"]

CODES = ["a", "b", "c", "d"]


@cache
def reference(name: str) -> dict[str, Any]:
    """Return the content of ``reference/<name>.toml``; not to be written to."""
    path = Path(__file__).parent / "reference" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def raw() -> NDArray[np.float64]:
    """Return the data, (3, 5, 4); integers, all positive."""
    return np.array(reference("golden_panel")["raw"], dtype=np.float64)


def direction() -> NDArray[np.float64]:
    """Return +1 where more is better, -1 where less is, (4,)."""
    return np.array(reference("golden_panel")["direction"], dtype=np.float64)


def panel() -> NDArray[np.float64]:
    """Return z in [0, 1], (3, 5, 4): min-max with bounds over all rows, bigger is better."""
    x = raw() * direction()
    low, high = x.min(axis=(0, 1)), x.max(axis=(0, 1))
    return np.asarray((x - low) / (high - low))


def table(x: NDArray[np.float64] | None = None) -> pd.DataFrame:
    """Return the data, or others of that shape, by city and year."""
    x = raw() if x is None else x
    years, cities = x.shape[:2]
    rows = [(f"city {i}", 2020 + t) for t in range(years) for i in range(cities)]
    labels = pd.MultiIndex.from_tuples(rows, names=["city", "year"])
    return pd.DataFrame(x.reshape(-1, x.shape[-1]), index=labels, columns=CODES)


def index(**parts: Any) -> gz.Index:
    """Return the index over the four columns; ``parts`` as those of an index."""
    f = gz.Framework(
        tuple(
            gz.Indicator(code=c, direction=Direction(int(s)))
            for c, s in zip(CODES, direction(), strict=True)
        )
    )
    return gz.Index(framework=f, **parts)


def golden(name: str) -> Any:
    """Return the value called ``name``: an array, or a dict of arrays; a fresh copy."""
    value = reference("golden_panel")["golden"][name]
    if isinstance(value, dict):
        return {k: np.array(v) for k, v in value.items()}
    return np.array(value)

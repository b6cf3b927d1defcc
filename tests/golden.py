"""The made panel of ``tests/reference/golden_panel.toml`` and the values computed from it.

``raw()`` is the data (T, n, k) = (3, 5, 4); ``panel()`` the pooled min-max z of the same shape,
oriented, exact to one rounding; ``golden(name)`` an array, or a dict of arrays.
``reference(name)`` is any file of ``tests/reference``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["direction", "golden", "panel", "raw", "reference"]


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


def golden(name: str) -> Any:
    """Return the value called ``name``: an array, or a dict of arrays; a fresh copy."""
    value = reference("golden_panel")["golden"][name]
    if isinstance(value, dict):
        return {k: np.array(v) for k, v in value.items()}
    return np.array(value)

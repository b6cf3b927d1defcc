"""Fitted parameters and labels in the plain types of JSON: every bit and type comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from gz_index.errors import MethodError
from gz_index.framework import Direction, Indicator, Target, Text
from gz_index.normalise.base import Normaliser

__all__ = [
    "from_indicator",
    "from_label",
    "from_plain",
    "plain_indicator",
    "plain_spec",
    "to_label",
    "to_plain",
]

#: kinds of labels that are no text: kind, how to write and how to read one
_LABELS: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "bool": (bool, str, lambda text: text == "True"),
    "int": (int, str, int),
    "float": (float, repr, float),
    "period": (pd.Period, lambda p: f"{p} {p.freqstr}", lambda text: _period(text)),
    "timestamp": (pd.Timestamp, str, pd.Timestamp),
    "date": (date, date.isoformat, date.fromisoformat),
}


def to_label(value: Any) -> Any:
    """Write the label of a unit or period so that its type comes back.

    Raises
    ------
    MethodError
        Labels of this type cannot be saved.

    Examples
    --------
    >>> to_label("a"), to_label(2022), to_label(pd.Period("2022Q1"))
    ('a', {'int': '2022'}, {'period': '2022Q1 Q-DEC'})
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, np.datetime64 | datetime):
        value = pd.Timestamp(value)
    elif isinstance(value, np.generic):
        value = value.item()
    for name, (kind, text, _) in _LABELS.items():
        if isinstance(value, kind):
            return {name: text(value)}
    raise MethodError(
        f"a label of type {type(value).__name__} cannot be saved",
        hint="use text, whole numbers or dates for units and periods",
    )


def from_label(value: Any) -> Any:
    """Read what :func:`to_label` wrote."""
    if not isinstance(value, Mapping):
        return value
    ((name, text),) = value.items()
    return _LABELS[name][2](text)


def _period(text: str) -> pd.Period:
    value, freq = text.rsplit(" ", 1)
    return pd.Period(value, freq=freq)


def to_plain(value: Any) -> Any:
    """Write a fitted parameter: an array (NaN as null) or a list of labels."""
    if isinstance(value, np.ndarray):
        flat = [None if v != v else v for v in value.ravel().tolist()]
        return {"shape": list(value.shape), "values": flat}
    return [to_label(v) for v in value]


def from_plain(value: Any) -> Any:
    """Read what :func:`to_plain` wrote."""
    if isinstance(value, Mapping):
        flat = [float("nan") if v is None else v for v in value["values"]]
        out = np.array(flat, dtype=np.float64).reshape(value["shape"])
        out.setflags(write=False)
        return out
    return [from_label(v) for v in value]


def plain_spec(own: Normaliser) -> dict[str, Any]:
    """Return the table of a normaliser with its base period written as a label."""
    from gz_index.normalise import to_spec

    return {k: to_label(v) if k == "base" else v for k, v in to_spec(own).items()}


def plain_indicator(i: Indicator) -> dict[str, Any]:
    """Return what normalising has to know of an indicator."""
    return {
        "code": i.code,
        "name": {"zh": i.name.zh, "en": i.name.en},
        "direction": i.direction.to_toml(),
        "goalposts": None if i.goalposts is None else list(i.goalposts),
        "transform": i.transform,
        "target": None if i.target is None else _level(i.target),
    }


def _level(target: Target) -> dict[str, Any]:
    kind = "level" if target.kind == "share" else target.kind  # the limit of a share is not needed
    return {"value": target.value, "kind": kind}


def from_indicator(plain: Mapping[str, Any]) -> Indicator:
    """Read what :func:`plain_indicator` wrote."""
    posts, target = plain["goalposts"], plain["target"]
    return Indicator(
        code=plain["code"],
        name=Text.of(plain["name"]),
        direction=Direction.of(plain["direction"]),
        goalposts=None if posts is None else (posts[0], posts[1]),
        transform=plain["transform"],
        targets=() if target is None else (Target(**target),),
    )

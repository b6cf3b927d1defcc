"""Find a method by name: our own table first, then what other distributions register."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from gz_index.errors import MethodError, NotFoundError

__all__ = ["check_options", "closest", "find", "names"]


_NOUNS = {"weighting": "weighting scheme", "normalise": "normaliser", "aggregate": "aggregator"}


def closest(name: str, known: Mapping[str, Any] | list[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` or nothing."""
    near = difflib.get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def find(kind: str, name: str, table: Mapping[str, Any]) -> Any:
    """Return the entry ``name`` of ``table``, else of the entry-point group ``gz_index.<kind>``.

    Names are kebab-case; an underscore is read as a hyphen.

    Raises
    ------
    NotFoundError
        Nobody provides the name; lists all names there are.
    """
    key = name.replace("_", "-")
    if key in table:
        return table[key]
    for point in entry_points(group=f"gz_index.{kind}"):
        if point.name in (name, key):
            return point.load()
    known = names(kind, table)
    raise NotFoundError(
        f"no {_NOUNS[kind]} {name!r}{closest(name, known)}; there are {', '.join(known)}"
    )


def names(kind: str, table: Mapping[str, Any]) -> list[str]:
    """Return all names one can use: our own and the registered ones."""
    return sorted({*table, *(p.name for p in entry_points(group=f"gz_index.{kind}"))})


def check_options(method: str, call: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Refuse an option that ``call`` does not take, and the lack of one that it cannot do without.

    Raises
    ------
    MethodError
        An unknown option, or one that is missing.
    """
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):  # a builtin without a signature: it will speak for itself
        return
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    valid = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for option in options:
        if option not in valid:
            raise MethodError(
                f"{method} has no option {option!r}{closest(option, valid)}",
                hint=f"options are {', '.join(valid)}" if valid else "it takes none",
            )
    for p in parameters:
        if p.kind is p.KEYWORD_ONLY and p.default is p.empty and p.name not in options:
            raise MethodError(
                f"{method} needs the option {p.name!r}",
                hint=f"write {{method = {method!r}, {p.name} = ...}}",
            )

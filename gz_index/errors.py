"""Every error and warning of gz_index.

Each message names what is wrong, where, and the way out. All errors derive from
:class:`GzIndexError`; each is also the built-in kind a caller would expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "DataError",
    "DefinitionError",
    "GzIndexError",
    "GzIndexWarning",
    "MethodError",
    "MissingExtraError",
    "NotFoundError",
    "Problem",
    "said_of",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the key or cell it stands at, what is wrong, and the way out."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" -> {self.hint}" if self.hint else "")


class GzIndexError(Exception):
    """Base of all errors of this package."""


class _Listed(GzIndexError, ValueError):
    """An error that lists every problem at once."""

    def __init__(self, title: str, problems: Sequence[Problem] = ()) -> None:
        self.title = title
        self.problems = tuple(problems)
        super().__init__("\n".join([title, *(f"  - {p}" for p in self.problems)]))

    def __reduce__(self) -> tuple[type, tuple[str, tuple[Problem, ...]]]:
        return type(self), (self.title, self.problems)


class DefinitionError(_Listed):
    """An index definition is not valid; ``problems`` lists every fault at once."""


class DataError(_Listed):
    """A table does not fit the definition; ``problems`` names indicator, unit and value."""


class MethodError(GzIndexError, ValueError):
    """A method cannot be used on these numbers.

    Plain functions on arrays know columns and rows by position only. They put ``{columns}``
    and ``{rows}`` into the message and pass the positions; :meth:`named` renders the same error
    with the labels of a table.

    Parameters
    ----------
    message : str
        What is wrong; may hold ``{columns}`` and ``{rows}``.
    hint : str
        The way out.
    columns, rows : sequence of int
        Zero-based positions that the message speaks of.

    Examples
    --------
    >>> e = MethodError("{columns} constant", hint="drop it", columns=[2])
    >>> str(e)
    'column 2 constant -> drop it'
    >>> str(e.named(columns=["a", "b", "x8 (telecom)"]))
    'x8 (telecom) constant -> drop it'
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        columns: Sequence[int] = (),
        rows: Sequence[int] = (),
        names: tuple[Sequence[str] | None, Sequence[str] | None] = (None, None),
    ) -> None:
        self.message = message
        self.hint = hint
        self.columns = tuple(int(c) for c in columns)
        self.rows = tuple(int(r) for r in rows)
        self.names = names
        text = message.replace("{columns}", _label("column", self.columns, names[0]))
        text = text.replace("{rows}", _label("row", self.rows, names[1]))
        super().__init__(text + (f" -> {hint}" if hint else ""))

    def named(
        self, *, columns: Sequence[str] | None = None, rows: Sequence[str] | None = None
    ) -> MethodError:
        """Return the same error with labels in place of positions."""
        return MethodError(
            self.message,
            hint=self.hint,
            columns=self.columns,
            rows=self.rows,
            names=(columns or self.names[0], rows or self.names[1]),
        )

    def at(self, where: str, columns: Sequence[str], rows: Sequence[int]) -> MethodError:
        """Return the same error said of a place in the tree, with its columns named."""
        return MethodError(
            f"{where}: {self.message}",
            hint=self.hint,
            columns=self.columns,
            rows=rows,
            names=(columns, None),
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _method_error, (self.message, self.hint, self.columns, self.rows, self.names)


def _method_error(
    message: str,
    hint: str,
    columns: Sequence[int],
    rows: Sequence[int],
    names: tuple[Sequence[str] | None, Sequence[str] | None],
) -> MethodError:
    return MethodError(message, hint=hint, columns=columns, rows=rows, names=names)


def _label(kind: str, at: Sequence[int], names: Sequence[str] | None) -> str:
    shown = [str(i) if names is None else str(names[i]) for i in at[:5]]
    more = f" and {len(at) - 5} more" if len(at) > 5 else ""
    if names is not None:
        return ", ".join(shown) + more
    return f"{kind}{'s' if len(at) != 1 else ''} {', '.join(shown)}{more}"


class NotFoundError(GzIndexError, LookupError):
    """A name (definition, scheme, data set, judgement file) is not known; lists what is."""


class MissingExtraError(GzIndexError, ImportError):
    """An optional part is not installed; the message names the extra to install."""


def said_of(where: str, error: GzIndexError) -> GzIndexError:
    """Return the same error, said of a place: a combination of choices, a draw."""
    if isinstance(error, _Listed):
        return type(error)(f"{where}: {error.title}", error.problems)
    if isinstance(error, MethodError):
        return MethodError(
            f"{where}: {error.message}",
            hint=error.hint,
            columns=error.columns,
            rows=error.rows,
            names=error.names,
        )
    return type(error)(f"{where}: {error}")


class GzIndexWarning(UserWarning):
    """A result is valid but something about it should be known before it is printed."""

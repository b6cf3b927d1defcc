"""What every study made from an index shares: tables, settings, saving, and how it shows."""

from __future__ import annotations

import html
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pandas as pd

from gz_index.errors import DataError
from gz_index.framework import Text
from gz_index.saving import new_folder

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.prepare.rule import Prepared
    from gz_index.report.figures import Plot
    from gz_index.result import IndexResult

__all__ = ["Saved", "Study"]

_FORMAT = 1


class Study(ABC):
    """A frozen result that keeps what it was made from; base of all studies of an index.

    Attributes
    ----------
    nominal : IndexResult
        The index as its definition says; a study that is made without it overrides
        :attr:`index` and :attr:`versions`.
    """

    #: short name of the kind of study, also in file names
    kind: ClassVar[str]

    if TYPE_CHECKING:

        @property
        def nominal(self) -> IndexResult: ...  # noqa: D102

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """Return the main table."""

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name, for saving; the main one is called ``table``."""
        return {"table": self.to_frame()}

    def settings(self) -> dict[str, Any]:
        """Return how it was made, in plain types: draws, seed, limits."""
        return {}

    def _texts(self) -> tuple[Text, ...]:
        """What a reader has to know, in both languages."""
        return ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know, in English; ``notes_in("zh")`` gives Chinese."""
        return self.notes_in("en")

    def notes_in(self, lang: Literal["zh", "en"]) -> tuple[str, ...]:
        """Return the notes in one language."""
        prepared = self._prepared()
        filled = () if prepared is None else prepared.filled
        return tuple(t.get(lang) for t in (*self._texts(), *filled))

    def _prepared(self) -> Prepared | None:
        """What was done to the data that the study stands on."""
        nominal: IndexResult | None = getattr(self, "nominal", None)
        return None if nominal is None else nominal.prepared

    @property
    def index(self) -> Index:
        """The definition."""
        return self.nominal.index

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what computed the study, and hashes of definition and data."""
        return self.nominal.versions

    @property
    def plot(self) -> Plot:
        """Figures, such as ``study.plot.rank_intervals()``: see :mod:`gz_index.report.figures`."""
        from gz_index.report.figures import Plot

        return Plot(self)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write every table as Parquet and as CSV, and ``study.json``; all or nothing.

        Parameters
        ----------
        folder : path
            Must not exist, unless ``overwrite``.
        overwrite : bool
            Replace an earlier study (only a folder that holds one).

        Raises
        ------
        DataError
            The folder exists.
        """
        about = {
            "format": _FORMAT,
            "kind": self.kind,
            "settings": self.settings(),
            "notes": {"en": self.notes, "zh": self.notes_in("zh")},
            "versions": self.versions,
            "definition": self.index.to_toml(),
            "tables": list(self.tables()),
        }
        folder = Path(folder)
        with new_folder(folder, mark="study.json", overwrite=overwrite) as part:
            for name, frame in self.tables().items():
                plain = frame.rename(columns=str) if frame.columns.nlevels == 1 else frame
                plain.to_parquet(part / f"{name}.parquet")
                plain.to_csv(part / f"{name}.csv", encoding="utf-8-sig")
            self._write_more(part)
            text = json.dumps(about, ensure_ascii=False, indent=1)
            (part / "study.json").write_text(text, encoding="utf-8")
        return folder

    def _write_more(self, folder: Path) -> None:  # noqa: B027
        """Write other files that belong to the study."""

    def _caption(self) -> str:
        i = self.index
        return f"{self.kind} of {i.name or i.id} ({i.id} {i.version})"

    def _brief(self) -> pd.DataFrame:
        """The part of the main table that is shown."""
        return self.to_frame()

    def __repr__(self) -> str:
        table = self._brief()
        more = f"\n({len(table)} rows)" if len(table) > 20 else ""
        body = table.head(20).to_string(float_format=lambda v: f"{v:.4f}")
        return f"{self._caption()}\n{body}{more}" + "".join(f"\n- {n}" for n in self.notes)

    def _repr_html_(self) -> str:
        table = self._brief().head(50).to_html(float_format=lambda v: f"{v:.4f}", escape=True)
        notes = "".join(f"<li>{html.escape(n)}</li>" for n in self.notes)
        return f"<p><b>{html.escape(self._caption())}</b></p>{table}<ul>{notes}</ul>"


@dataclass(frozen=True, eq=False)
class Saved:
    """A study read from a folder: its tables and how it was made.

    Attributes
    ----------
    kind : str
    tables : dict of DataFrame
    settings, versions : dict
    notes : tuple of str
    definition : str
        The definition as TOML.
    """

    kind: str
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    settings: Mapping[str, Any]
    notes: tuple[str, ...]
    versions: Mapping[str, str] = field(repr=False)
    definition: str = field(repr=False)

    @classmethod
    def load(cls, folder: str | Path) -> Saved:
        """Read a folder that :meth:`Study.save` wrote.

        Raises
        ------
        DataError
            It holds no study, or one of another format.
        """
        folder = Path(folder)
        try:
            about = json.loads((folder / "study.json").read_text(encoding="utf-8"))
            tables = {n: pd.read_parquet(folder / f"{n}.parquet") for n in about["tables"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{folder} holds no saved study ({error})") from error
        if about.get("format") != _FORMAT:
            raise DataError(
                f"{folder} is of format {about.get('format')}; this version reads {_FORMAT}"
            )
        return cls(
            kind=about["kind"],
            tables=tables,
            settings=about["settings"],
            notes=tuple(about["notes"]["en"]),
            versions=about["versions"],
            definition=about["definition"],
        )

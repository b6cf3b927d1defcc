"""Results as folders (Parquet and JSON to read again, CSV to look at) and files; all or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gz_index.errors import DataError, Problem

__all__ = ["new_file", "new_folder"]


@contextmanager
def new_folder(folder: str | Path, *, mark: str, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to write to; it gets its name only when everything in it is written.

    Parameters
    ----------
    folder : path
        Must not exist, unless ``overwrite``.
    mark : str
        File by which an earlier result is known: only a folder that holds it is replaced.
    overwrite : bool

    Raises
    ------
    DataError
        The folder exists.
    """
    folder = Path(folder)
    refuse_existing(folder, mark=mark, overwrite=overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield part
        part.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def refuse_existing(folder: Path, *, mark: str, overwrite: bool) -> None:
    """Refuse a folder that exists, before any work is done.

    Raises
    ------
    DataError
        It exists, and is not an earlier result that may be replaced.
    """
    if folder.exists() and not (overwrite and (folder / mark).is_file()):
        raise DataError(
            f"{folder} exists already",
            [Problem(str(folder), "is in the way", "name a new folder, or pass overwrite=True")],
        )


@contextmanager
def new_file(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a file to write to; it gets its name only when it is written.

    Parameters
    ----------
    path : path
        Must not exist, unless ``overwrite``.
    overwrite : bool

    Raises
    ------
    DataError
        The file exists, or is a folder.
    """
    path = Path(path)
    refuse_file(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        part = Path(folder) / path.name
        yield part
        os.replace(part, path)


def refuse_file(path: Path, *, overwrite: bool) -> None:
    """Refuse a file that exists, before any work is done.

    Raises
    ------
    DataError
        It exists and may not be replaced, or is a folder.
    """
    if path.is_dir() or (path.exists() and not overwrite):
        raise DataError(
            f"{path} exists already",
            [Problem(str(path), "is in the way", "name a new file, or pass overwrite=True")],
        )

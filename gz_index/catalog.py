"""What the package ships: definitions, judgements, data. The only module that knows where they lie.

In a wheel the three folders stand in ``gz_index/_catalog``; in a checkout they are ``methods/``,
``weights/`` and ``examples/data/`` beside the package.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gz_index._registry import closest
from gz_index.errors import MethodError, NotFoundError

if TYPE_CHECKING:
    import pandas as pd

    from gz_index.framework import Lang
    from gz_index.index import Index
    from gz_index.weighting.judgements import Judgements

__all__ = ["available", "cite", "data", "describe_data", "judgements", "load"]


def _folder(kind: Literal["methods", "weights", "data"]) -> Path:
    here = Path(__file__).parent
    shipped = here / "_catalog" / kind
    if shipped.is_dir():
        return shipped
    return here.parent / ("examples/data" if kind == "data" else kind)


def available(kind: Literal["methods", "weights", "data"] = "methods") -> tuple[str, ...]:
    """Return the names of the definitions (or judgements, or data sets) that are shipped.

    Examples
    --------
    >>> import gz_index as gz
    >>> gz.available()
    ('cn-provinces-2022', 'desi-2022', 'gz-2025', 'hdi-2010', 'tai-2008')
    """
    folder = _folder(kind)
    if kind == "data":
        return tuple(sorted(p.parent.name for p in folder.glob("*/data.toml")))
    return tuple(sorted(p.stem for p in folder.glob("*.toml")))


def _file(kind: Literal["methods", "weights", "data"], name: str) -> Path:
    known = available(kind)
    if name not in known:
        what = {"methods": "definition", "weights": "judgement file", "data": "data set"}[kind]
        raise NotFoundError(
            f"no {what} {name!r}{closest(name, list(known))}; there are {', '.join(known)}"
        )
    return _folder(kind) / (f"{name}/data.toml" if kind == "data" else f"{name}.toml")


@cache
def load(name: str) -> Index:
    """Return a shipped index definition.

    Raises
    ------
    NotFoundError
        No definition has this name.

    Examples
    --------
    >>> import gz_index as gz
    >>> gz.load("hdi-2010").framework.codes
    ('le', 'eys', 'mys', 'gni')
    """
    from gz_index.index import Index

    return Index.from_toml(_file("methods", name))


def judgements(name: str) -> Judgements:
    """Return a shipped set of judgements or published weights, usable as ``weight=``.

    Raises
    ------
    NotFoundError
        No judgement file has this name.

    Examples
    --------
    >>> import gz_index as gz
    >>> gz.judgements("five-zones-illustrative").illustrative
    True
    """
    from gz_index.weighting.judgements import Judgements

    return Judgements.from_file(_file("weights", name))


def describe_data(name: str) -> dict[str, Any]:
    """Return what is known of a shipped data set: title, source, licence, its tables.

    Raises
    ------
    NotFoundError
        No data set has this name.
    """
    with _file("data", name).open("rb") as stream:
        return tomllib.load(stream)


def data(name: str, *, table: str | None = None, lang: Lang | None = None) -> pd.DataFrame:
    """Return shipped real data, indexed by unit or by (unit, period).

    Parameters
    ----------
    name : str
        Name of a data set; that of a definition gives the data it is meant for.
    table : str, optional
        A further table of the set, such as published scores.
    lang : {"zh", "en"}, optional
        Language of the names of the units, for tables and figures; by default they stand as in the
        source. A unit whose name is not known in that language keeps its own.

    Raises
    ------
    NotFoundError
        No such data set or table.
    MethodError
        No such language.

    Examples
    --------
    >>> import gz_index as gz
    >>> gz.data("cn-provinces-2022").shape[0]
    310
    >>> gz.data("cn-provinces-2022", lang="en").index[0][0]
    'Beijing'
    """
    import pandas as pd

    if lang not in (None, "zh", "en"):
        raise MethodError(f"lang = {lang!r}", hint="'zh' or 'en'")

    about = describe_data(name)
    tables = about.get("tables", {})
    if table is not None and table not in tables:
        raise NotFoundError(
            f"data set {name!r} has no table {table!r}; there are {', '.join(tables) or 'none'}"
        )
    entry = about if table is None else tables[table]
    keys = [entry[k] for k in ("unit", "period") if k in entry]
    path = _file("data", name).parent / entry["file"]
    frame: pd.DataFrame = pd.read_csv(path, dtype={entry["unit"]: str} if "unit" in entry else None)
    frame = frame.drop(columns=entry.get("drop", []))
    names = {k: v for e in (about, entry) for k, v in e.get("names", {}).get(lang, {}).items()}
    if names and "unit" in entry:
        frame[entry["unit"]] = frame[entry["unit"]].replace(names)
    return frame.set_index(keys) if keys else frame


def cite(index: str | Index, *, style: Literal["text", "bibtex"] = "text") -> str:
    """Return how to cite an index definition and the sources it stands on.

    Parameters
    ----------
    index : str or Index
        Name of a shipped definition, or any index.
    style : {"text", "bibtex"}
        A plain list of references, or BibTeX entries.

    Examples
    --------
    >>> import gz_index as gz
    >>> print(gz.cite("hdi-2010").splitlines()[0])
    Human Development Index (hdi-2010), version ..., definition sha256:..., gz_index ...
    """
    index = load(index) if isinstance(index, str) else index
    return index.cite(style=style)

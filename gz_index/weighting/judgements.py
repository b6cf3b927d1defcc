"""Judgement files: who judged what, when and why, and the weights that follow.

A file ``weights/<name>.toml`` holds the judgements as they were made (matrices and vectors, some
in CSV tables beside it); :class:`Judgements` is the frozen value made from it. Weights are worked
out once, when it is made, and every caveat is kept in :attr:`Judgements.notes`.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from gz_index._registry import closest
from gz_index.errors import DefinitionError, MethodError, NotFoundError, Problem
from gz_index.framework import Text
from gz_index.weighting.ahp import AHP
from gz_index.weighting.ahp_group import hierarchy_cr
from gz_index.weighting.judgement import BWM, Budget
from gz_index.weighting.judgement_kinds import GROUP, KINDS, Solved
from gz_index.weighting.pairwise import number

__all__ = ["Judgements", "Solved"]

_TEXTS = ("title", "who", "why")
_STRINGS = ("when", "licence", "source")
_HEAD = ("id", "kind", *_TEXTS, *_STRINGS, "illustrative", "otherwise")


@dataclass(frozen=True)
class Judgements:
    """Expert judgements, or published weights, for some groups of a framework.

    Make it by :meth:`from_file`, :meth:`from_matrices` or :meth:`from_dict`; the shipped ones by
    ``gz.judgements(name)``. It may stand wherever weights are asked for.

    Attributes
    ----------
    id : str
    kind : {"ahp", "bwm", "g1", "rank", "budget", "given"}
    title, who, why : Text
        What this is, who judged, and what for.
    when, licence, source : str
    illustrative : bool
        True where this is nobody's opinion and only shows how the method works.
    otherwise : {"equal"} or None
        What becomes of groups without judgements; None: they have to be weighed by the definition.
    options : mapping
        Options of the kind, such as ``method`` of AHP.
    inputs : mapping
        By group: the judgements in plain types, as they were made.
    solved : mapping
        By group: :class:`Solved`.

    Examples
    --------
    >>> table = pd.DataFrame([[1, "3"], ["1/3", 1]], index=["a", "b"], columns=["a", "b"])
    >>> judged = Judgements.from_matrices({"total": table}, id="mine", who="I")
    >>> judged.local("total")
    {'a': 0.75, 'b': 0.25}
    >>> Judgements.from_dict(judged.to_dict()) == judged
    True
    """

    id: str
    kind: str
    inputs: Mapping[str, Mapping[str, Any]]
    title: Text = field(default_factory=Text)
    who: Text = field(default_factory=Text)
    when: str = ""
    why: Text = field(default_factory=Text)
    licence: str = ""
    source: str = ""
    illustrative: bool = False
    otherwise: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    solved: Mapping[str, Solved] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in _TEXTS:
            object.__setattr__(self, name, Text.of(getattr(self, name)))
        for name in ("inputs", "options"):
            object.__setattr__(self, name, deepcopy(dict(getattr(self, name))))
        problems = list(_problems(self))
        if problems:
            raise DefinitionError(f"judgements {self.id!r} are not valid", problems)
        kind = KINDS[self.kind]
        solved = {}
        for node, given in self.inputs.items():
            try:
                solved[node] = kind.solve(given, self.options)
            except NotFoundError as error:
                raise NotFoundError(f"judgements {self.id!r} below {node!r}: {error}") from error
            except MethodError as error:
                raise MethodError(
                    f"judgements {self.id!r} below {node!r}: {error.message}",
                    hint=error.hint,
                    columns=error.columns,
                    rows=error.rows,
                    names=error.names,
                ) from error
        object.__setattr__(self, "solved", solved)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Groups whose children are judged."""
        return tuple(self.solved)

    def local(self, node: str) -> dict[str, float] | None:
        """Weights of the children of a group, by code; None where it is not judged."""
        found = self.solved.get(node)
        return None if found is None else dict(found.weights)

    @property
    def notes(self) -> tuple[Text, ...]:
        """What should be known before the weights are printed; an index result carries it on."""
        out = []
        if self.illustrative:
            out.append(
                Text(
                    zh=f"权重“{self.id}”仅作演示，不代表任何专家的意见",
                    en=f"the weights {self.id!r} are illustrative: no expert's opinion",
                )
            )
        for node, found in self.solved.items():
            for name, note in _named_notes(found):
                zh, en = (f"（{name}）", f" ({name})") if name else ("", "")
                out.append(
                    Text(
                        zh=f"权重“{self.id}”，{node} 之下{zh}：{note.get('zh')}",
                        en=f"weights {self.id!r} below {node!r}{en}: {note}",
                    )
                )
        return tuple(out)

    def consistency(self) -> pd.DataFrame:
        """Consistency of every judged group, one row for each judge and for their group.

        Returns
        -------
        DataFrame
            ``node``, ``expert``, ``n`` criteria, ``missing`` pairs, ``lambda_max``, ``ci``,
            ``ri``, ``cr``, ``random_index``. For the best-worst method ``cr`` is the input-based
            ratio, whose limit is not 0.1 but depends on the scale. Kinds of judgements that cannot
            contradict themselves have no row.
        """
        rows = []
        for node, found in self.solved.items():
            for name, part in found.parts:
                row = {"node": node, "expert": name}
                if isinstance(part, AHP):
                    rows.append(
                        {
                            **row,
                            "n": len(part.labels),
                            **{c: getattr(part, c) for c in _CONSISTENCY},
                        }
                    )
                elif isinstance(part, BWM):
                    method = "input-based (Liang et al. 2020)"
                    rows.append(
                        {**row, "n": len(part.labels), "cr": part.cr, "random_index": method}
                    )
        return pd.DataFrame(rows, columns=["node", "expert", "n", *_CONSISTENCY])

    @property
    def cr(self) -> float | None:
        """Consistency ratio of the whole hierarchy of AHP judgements.

        None where there is none: other kinds, weights aggregated from several judges' priorities,
        or groups that do not hang on one root.
        """
        tops = {node: found.parts[-1][1] for node, found in self.solved.items() if found.parts}
        matrices = {node: part for node, part in tops.items() if isinstance(part, AHP)}
        if len(matrices) < len(self.solved) or any(
            len(s.parts) > 1 and s.parts[-1][0] != GROUP for s in self.solved.values()
        ):
            return None
        try:
            return hierarchy_cr(matrices)
        except MethodError:  # several roots
            return None

    def to_frame(self) -> pd.DataFrame:
        """All weights: ``node``, ``code``, ``weight`` (local)."""
        rows = [(n, c, w) for n, s in self.solved.items() for c, w in s.weights.items()]
        return pd.DataFrame(rows, columns=["node", "code", "weight"])

    def _repr_html_(self) -> str:
        from html import escape

        notes = "".join(f"<li>{escape(str(n))}</li>" for n in self.notes)
        head = escape(f"{self.title or self.id} ({self.kind}; {self.who}, {self.when})")
        return f"<p>{head}</p>{self.to_frame().round(4).to_html(index=False)}<ul>{notes}</ul>"

    # Making and saving ---------------------------------------------------------------------------

    @classmethod
    def from_file(cls, path: str | Path) -> Judgements:
        """Read ``<name>.toml`` and the CSV tables that it names, which lie beside it.

        Raises
        ------
        DefinitionError
            The file or a table cannot be read, or keys are missing or unknown; lists all problems.
        MethodError
            A judgement cannot be used; names the group and the pair.
        """
        path = Path(path)
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise DefinitionError(
                f"judgements {path.stem!r} cannot be read",
                [Problem(str(path), str(error), "a judgement file is TOML in UTF-8")],
            ) from None
        problems: list[Problem] = []
        nodes = [_inline(n, path.parent, problems) for n in _tables(content, problems)]
        if problems:
            raise DefinitionError(f"judgements {path.stem!r} are not valid", problems)
        head = {"id": path.stem, **content.get("judgements", {})}
        return cls.from_dict({"judgements": head, "nodes": nodes})

    @classmethod
    def from_matrices(
        cls,
        matrices: Mapping[str, pd.DataFrame | Mapping[str, pd.DataFrame]],
        *,
        id: str = "judgements",
        title: str | Mapping[str, str] | Text = "",
        who: str | Mapping[str, str] | Text = "",
        when: str = "",
        why: str | Mapping[str, str] | Text = "",
        licence: str = "",
        source: str = "",
        illustrative: bool = False,
        otherwise: str | None = None,
        **options: Any,
    ) -> Judgements:
        """AHP judgements from tables in memory.

        Parameters
        ----------
        matrices : mapping
            By group: its judgement matrix, a table labelled by the codes of the children; or one
            such table for each expert, by name.
        id, title, who, when, why, licence, source, illustrative, otherwise
            See the attributes.
        **options
            ``method``, ``random_index``, ``tolerance`` of :func:`~gz_index.weighting.ahp.ahp`, and
            ``group`` (``"aij"`` or ``"aip"``).
        """
        inputs: dict[str, dict[str, Any]] = {}
        for node, given in matrices.items():
            if isinstance(given, Mapping):
                inputs[node] = {
                    "experts": [str(e) for e in given],
                    "matrices": [_plain_matrix(m) for m in given.values()],
                }
            else:
                inputs[node] = {"matrix": _plain_matrix(given)}
        return cls(
            id=id,
            kind="ahp",
            inputs=inputs,
            title=Text.of(title),
            who=Text.of(who),
            when=when,
            why=Text.of(why),
            licence=licence,
            source=source,
            illustrative=illustrative,
            otherwise=otherwise,
            options=options,
        )

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Judgements:
        """Make judgements from what :meth:`to_dict` returns: a judgement file with its tables.

        Raises
        ------
        DefinitionError, MethodError
            As :meth:`from_file`.
        """
        problems: list[Problem] = []
        nodes = _tables(content, problems)
        if problems:
            raise DefinitionError("judgements are not valid", problems)
        head = dict(content["judgements"])
        known = {k: head.pop(k) for k in _HEAD if k in head}
        inputs = {str(n["node"]): {k: v for k, v in n.items() if k != "node"} for n in nodes}
        return cls(**{"id": "judgements", "kind": "", **known}, inputs=inputs, options=head)

    def to_dict(self) -> dict[str, Any]:
        """Return the judgements in plain types, ready for JSON or TOML."""
        head: dict[str, Any] = {"id": self.id, "kind": self.kind}
        for name in _TEXTS:
            text: Text = getattr(self, name)
            if text:
                head[name] = text.zh if text.zh == text.en else {"zh": text.zh, "en": text.en}
        head |= {k: getattr(self, k) for k in _STRINGS if getattr(self, k)}
        head |= {"illustrative": True} if self.illustrative else {}
        head |= {"otherwise": self.otherwise} if self.otherwise else {}
        nodes = [{"node": node, **deepcopy(given)} for node, given in self.inputs.items()]
        return {"judgements": head | dict(self.options), "nodes": nodes}


_SHAPES: dict[str, type] = {
    **dict.fromkeys(("matrix", "weights", "ranks", "best_to_others", "others_to_worst"), Mapping),
    **dict.fromkeys(("matrices", "experts", "importance", "order", "ratios"), list),
}
_CONSISTENCY = ("missing", "lambda_max", "ci", "ri", "cr", "random_index")


def _named_notes(found: Solved) -> list[tuple[str, Text]]:
    own = [("", note) for note in found.notes]
    return own + [
        (name, note)
        for name, part in found.parts
        if not isinstance(part, Budget)
        for note in part.notes
    ]


# Checks ----------------------------------------------------------------------------------------


def _problems(j: Judgements) -> list[Problem]:
    if j.kind not in KINDS:
        kinds = ", ".join(KINDS)
        return [Problem("kind", f"no kind {j.kind!r}{closest(j.kind, list(KINDS))}", kinds)]
    kind, out = KINDS[j.kind], []
    for key in j.options:
        if key not in kind.options:
            near = closest(key, [*_HEAD, *kind.options])
            hint = f"options of {j.kind}: {', '.join(kind.options) or 'none'}"
            out.append(Problem(key, f"unknown key{near}", hint))
    if j.otherwise not in (None, "equal"):
        out.append(Problem("otherwise", f"{j.otherwise!r}", "'equal', or leave it out"))
    if j.options.get("group", "aij") not in ("aij", "aip"):
        out.append(Problem("group", f"{j.options['group']!r}", "'aij' or 'aip'"))
    if not j.inputs:
        out.append(Problem("nodes", "nothing is judged", "add [[nodes]]"))
    for node, given in j.inputs.items():
        where = f"nodes[{node}]"
        allowed = [*(k for need in kind.needs for k in need), *kind.takes]
        out += [
            Problem(where, f"needs {' or '.join(need)}")
            for need in kind.needs
            if sum(k in given for k in need) != 1
        ]
        for key in given:
            if key not in allowed:
                hint = f"keys: node, {', '.join(allowed)}"
                out.append(Problem(f"{where}.{key}", f"unknown key{closest(key, allowed)}", hint))
        for key, expected in _SHAPES.items():
            if key in given and not isinstance(given[key], expected):
                what = "a table" if expected is Mapping else "a list"
                out.append(Problem(f"{where}.{key}", f"{given[key]!r} is not {what}"))
        if given.get("group", "aij") not in ("aij", "aip"):
            out.append(Problem(f"{where}.group", f"{given['group']!r}", "'aij' or 'aip'"))
        experts, matrices = given.get("experts", []), given.get("matrices", [])
        if isinstance(experts, list) and "experts" in given and len(experts) != len(matrices):
            what = f"{len(experts)} names for {len(matrices)} matrices"
            out.append(Problem(f"{where}.experts", what, "name every expert"))
    return out


# Plain types and files --------------------------------------------------------------------------


def _tables(content: Mapping[str, Any], problems: list[Problem]) -> list[Mapping[str, Any]]:
    """Return the [[nodes]]; note what is wrong with the outline."""
    if not isinstance(content.get("judgements"), Mapping):
        problems.append(Problem("judgements", "the table [judgements] is missing"))
    problems += [
        Problem(key, f"unknown key{closest(key, ['judgements', 'nodes'])}")
        for key in content
        if key not in ("judgements", "nodes")
    ]
    nodes = content.get("nodes", [])
    seen: set[str] = set()
    for i, n in enumerate(nodes):
        code = n.get("node") if isinstance(n, Mapping) else None
        if not isinstance(code, str) or code in seen:
            what = "is judged twice" if code in seen else "node is missing"
            problems.append(Problem(f"nodes[{code if code in seen else i}]", what))
        else:
            seen.add(code)
    return [n for n in nodes if isinstance(n, Mapping)]


def _inline(node: Mapping[str, Any], folder: Path, problems: list[Problem]) -> dict[str, Any]:
    """Put the contents of CSV files in the place of their names."""
    out = dict(node)
    where = f"nodes[{node.get('node')}]"
    for key, make in (("matrix", _plain_matrix), ("weights", _plain_weights)):
        if isinstance(out.get(key), str):
            out[key] = _read(folder / out[key], make, f"{where}.{key}", problems)
    if "matrices" in out:
        out["matrices"] = [
            _read(folder / m, _plain_matrix, f"{where}.matrices", problems)
            if isinstance(m, str)
            else m
            for m in out["matrices"]
        ]
    return out


def _read(
    path: Path, make: Callable[[pd.DataFrame], Any], where: str, problems: list[Problem]
) -> Any:
    try:
        table = pd.read_csv(
            path, dtype=str, keep_default_na=False, index_col=0, encoding="utf-8-sig"
        )
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        problems.append(Problem(where, f"{path.name}: {error}", "a CSV table in UTF-8"))
        return {}
    return make(table)


def _plain_matrix(table: pd.DataFrame) -> dict[str, Any]:
    return {
        "labels": [str(c) for c in table.columns],
        "index": [str(r) for r in table.index],
        "rows": [[_plain_cell(c) for c in row] for row in table.to_numpy(dtype=object)],
    }


def _plain_cell(cell: Any) -> str | float:
    if isinstance(cell, str):
        return cell.strip()
    value = number(cell, "a judgement")
    return "" if math.isnan(value) else value


def _plain_weights(table: pd.DataFrame) -> dict[str, Any]:
    """``{code: weight}`` from one column; ``{expert: {code: points}}`` from several."""
    columns = {str(c): {str(k): _plain_cell(v) for k, v in table[c].items()} for c in table.columns}
    return next(iter(columns.values())) if len(columns) == 1 else columns

"""What an evaluation gives: scores, ranks, weights, contributions, and how they came about."""

from __future__ import annotations

import hashlib
import html
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index._version import __version__
from gz_index.aggregate import OF_VALUES
from gz_index.errors import DataError, MethodError
from gz_index.framework import ROOT, Text
from gz_index.saving import new_folder
from gz_index.weighting.judgements import Judgements
from gz_index.weighting.local import to_root

if TYPE_CHECKING:
    from gz_index.comparison import Comparison
    from gz_index.index import Index
    from gz_index.normalise import Scale
    from gz_index.prepare.rule import Prepared
    from gz_index.report.figures import Plot
    from gz_index.report.methods import Methods
    from gz_index.table import Table

__all__ = ["IndexResult"]

_FORMAT = 1


@dataclass(frozen=True, eq=False, repr=False)
class IndexResult:
    """The result of :meth:`gz_index.Index.evaluate`, with everything it was made from.

    Attributes
    ----------
    index : Index
        The definition.
    table : Table
        The data, aligned to the definition.
    scale : Scale
        What normalising fitted; replay it with ``index.evaluate(new, scale=result.scale)``.
    prepared : Prepared or None
        What the preparation did and fitted, where the definition has steps; replay it likewise.

    Examples
    --------
    >>> import gz_index as gz
    >>> result = gz.load("desi-2022").evaluate(gz.data("desi-2022"))
    >>> float(result.total["FI"].round(2)), int(result.ranks.loc["FI", "total"])
    (69.6, 1)
    """

    index: Index
    table: Table
    scale: Scale
    values: Array = field(repr=False)
    local: Mapping[str, Array] = field(repr=False)
    clipped: Any = field(repr=False)
    complete: int | None = None
    extra_notes: tuple[Text, ...] = ()
    prepared: Prepared | None = None

    # -- scores ----------------------------------------------------------------------------------

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Score of every group: the index itself (``total``) first, then the groups in order."""
        codes = [g.code for g in self.index.framework.groups if g.code != ROOT]
        return self._frame([ROOT, *codes])

    @property
    def total(self) -> pd.Series[float]:
        """The index."""
        return self.scores[ROOT]

    @cached_property
    def normalised(self) -> pd.DataFrame:
        """Normalised indicators, oriented so that bigger is better."""
        return self._frame(list(self.index.framework.codes))

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """Rank of every group's score, 1 is best; within each period; missing where not scored."""
        keys = None if self.table.slot is None else pd.Series(self.table.slot, self.scores.index)
        scores = self.scores if keys is None else self.scores.groupby(keys.to_numpy())
        out = scores.rank(method=self.index.ties, ascending=False)
        if self.index.ties == "average":
            return out
        return out.astype("Int64") if out.isna().to_numpy().any() else out.astype("int64")

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Local weight (within its group) and global weight (in the index) of every node.

        Rows are node codes; with weights by period, (node, period).
        """
        f = self.index.framework
        rows = []
        periods = self.table.periods if any(w.ndim > 1 for w in self.local.values()) else None
        for node in f.nodes.values():
            if node.code == ROOT:
                continue
            local = self.local[node.parent][..., f.children(node.parent).index(node.code)]
            in_index = to_root(f, self.local, node.code)
            for t, period in enumerate(periods or [None]):
                at: Any = (node.code, period) if periods else node.code
                a, b = (v[t] if v.ndim else v for v in (local, in_index))
                rows.append((at, node.parent, f.depth(node.code), float(a), float(b)))
        keys = [r[0] for r in rows]
        index = (
            pd.MultiIndex.from_tuples(keys, names=["node", "period"])
            if periods
            else pd.Index(keys, name="node")
        )
        columns = ["parent", "level", "local", "global"]
        return pd.DataFrame([r[1:] for r in rows], index=index, columns=columns)

    @cached_property
    def row_weights(self) -> dict[str, Array]:
        """Weights (n, k) that each row gave the children of each group, rescaled where some lack.

        0 where a child is missing, and in every child of a group that was not scored.
        """
        plan, n = self.index.plan, len(self.values)
        known = ~np.isnan(self.values[:, : len(self.index.framework.codes)])
        out = {}
        for code, kids, leaves in plan.groups:
            there = below = None
            if not known.all():
                there, below = ~np.isnan(self.values[:, kids]), known[:, leaves].mean(axis=1)
            w = out[code] = np.zeros((n, len(kids)))
            for at, present, v in plan.pieces(
                code, there, self.local[code], self.table.slot, below
            ):
                w[np.ix_(np.arange(n)[at], np.arange(len(kids))[present])] = v
        return out

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Part of each indicator in each score of the index; the parts of a row add up to it.

        Arithmetic: weight times value. Other functions that are homogeneous of degree one are
        split by Euler's theorem, x_j times the partial derivative.

        Raises
        ------
        MethodError
            A method in the tree has no exact additive split (TOPSIS, Copeland, ...).
        """
        plan, f, n = self.index.plan, self.index.framework, self.values.shape[0]
        known = ~np.isnan(self.values[:, : len(f.codes)])
        factor = {ROOT: np.ones(n)}
        out = np.zeros((n, len(f.codes)))
        for code, kids, leaves in reversed(plan.groups):
            x = self.values[:, kids]
            below = None if known.all() else known[:, leaves].mean(axis=1)
            parts, steps = np.zeros_like(x), np.zeros_like(x)
            there = None if below is None else ~np.isnan(x)
            local = self.local[code]
            if plan.rule(code).method in OF_VALUES and any(k >= len(f.codes) for k in kids):
                raise MethodError(
                    f"{plan.rule(code).label} (at {code!r}) shares out ranks of groups, which "
                    "cannot be split among their indicators",
                    hint="read result.scores, or aggregate by a mean",
                )
            for rows, present, w in plan.pieces(code, there, local, self.table.slot, below):
                at = np.ix_(np.arange(n)[rows], np.arange(len(kids))[present])
                part = plan.rule(code).contributions(x[at], w)
                if part is None:
                    raise MethodError(
                        f"{plan.rule(code).label} (at {code!r}) has no exact additive split",
                        hint="read result.scores, or aggregate by a mean",
                    )
                parts[at] = part
                if plan.rule(code).method == "arithmetic":
                    steps[at] = w
                else:
                    np.divide(part, x[at], out=part, where=x[at] != 0)
                    steps[at] = part
            for j, kid in enumerate(f.children(code)):
                if plan.position[kid] < len(f.codes):
                    out[:, plan.position[kid]] = factor[code] * parts[:, j]
                else:
                    factor[kid] = factor[code] * steps[:, j]
        out[np.isnan(self.values[:, -1])] = np.nan
        return pd.DataFrame(out, index=self.table.index, columns=list(f.codes))

    @property
    def imputed(self) -> NDArray[np.bool_]:
        """Which cells (n, m) of the data were filled in by a step of preparation."""
        if self.prepared is None:
            return np.zeros(self.table.values.shape, dtype=bool)
        return self.prepared.after.imputed

    def _frame(self, codes: list[str]) -> pd.DataFrame:
        at = [self.index.plan.position[c] for c in codes]
        return pd.DataFrame(self.values[:, at], index=self.table.index, columns=codes)

    # -- provenance ------------------------------------------------------------------------------

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows, units, periods, and cells that were missing or clipped, and scores not given."""
        scored = ~np.isnan(self.values[:, len(self.index.framework.codes) :])
        return {
            "rows": self.values.shape[0],
            "units": len(set(self.table.units)),
            "periods": len(self.table.periods) if self.table.periods is not None else 1,
            "missing_cells": int(np.isnan(self.table.values).sum()),
            "clipped_cells": int(np.sum(self.clipped)),
            "rows_without_index": int((~scored[:, -1]).sum()),
            "scores_withheld": int((~scored).sum()),
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know, in English; ``notes_in("zh")`` gives Chinese."""
        return self.notes_in("en")

    def notes_in(self, lang: Literal["zh", "en"]) -> tuple[str, ...]:
        """Return the notes in one language."""
        return tuple(t.get(lang) for t in self._notes)

    @cached_property
    def _notes(self) -> tuple[Text, ...]:
        index, f, c = self.index, self.index.framework, self.counts
        out = list(index.notes)
        out += () if self.prepared is None else self.prepared.texts()
        out += dict.fromkeys(Text.of(n) for n in (*self.table.notes, *self.extra_notes))
        out += [
            Text(f"{g.name.zh or g.code}：{g.note.get('zh')}", f"{g.name.en or g.code}: {g.note}")
            for g in f.groups
            if g.note
        ]
        for g in f.groups:
            leaves = [f.node(code) for code in f.leaves(g.code)]
            if g.code != ROOT and all(getattr(i, "proxy", "") == "weak" for i in leaves):
                out.append(
                    Text(
                        f"{f.name(g.code, 'zh')}：全部指标均为弱代理变量",
                        f"{f.name(g.code)}: every indicator is a weak proxy",
                    )
                )
        if isinstance(index.weight.scheme, Judgements):
            out += [Text.of(n) for n in index.weight.scheme.notes]
        if c["missing_cells"]:
            out.append(
                Text(
                    f"{c['missing_cells']}个缺失单元格：在其余指标间重新归一权重"
                    f"（覆盖率下限{index.missing.coverage:g}）",
                    f"{c['missing_cells']} missing cells: weights rescaled over the indicators "
                    f"that are known (coverage of at least {index.missing.coverage:g})",
                )
            )
        if self.complete is not None:
            out.append(
                Text(
                    f"数据驱动权重仅由{self.complete}个无缺失的行计算",
                    f"data-driven weights computed from the {self.complete} rows without gaps",
                )
            )
        if c["scores_withheld"]:
            first = self.index.plan.nodes[len(f.codes) :]
            holes = np.argwhere(np.isnan(self.values[:, len(f.codes) :]))[:5]
            at = [(self.table.row_name(i), first[j]) for i, j in holes]
            zh = "；".join(f"{row}：{f.name(code, 'zh')}" for row, code in at)
            en = "; ".join(f"{row}: {f.name(code)}" for row, code in at)
            more = f" (+{c['scores_withheld'] - 5})" if c["scores_withheld"] > 5 else ""
            out.append(
                Text(
                    f"{c['scores_withheld']}个得分因覆盖率不足未给出：{zh}{more}",
                    f"{c['scores_withheld']} scores withheld for lack of coverage: {en}{more}",
                )
            )
        if c["clipped_cells"]:
            cut = [(i, n) for i, n in zip(f.codes, np.asarray(self.clipped), strict=True) if n]
            zh = "、".join(f"{f.name(code, 'zh')}{n}个" for code, n in cut)
            en = ", ".join(f"{code} {n}" for code, n in cut)
            out.append(
                Text(
                    f"{c['clipped_cells']}个标准化值被截断：{zh}",
                    f"{c['clipped_cells']} normalised cells clipped: {en}",
                )
            )
        if c["periods"] > 1 and any(p.normaliser.window == "period" for p in self.scale.parts):
            out.append(
                Text(
                    "标准化逐期进行：只可比较同期名次，不同时期的得分不可比",
                    "normalised within each period: ranks of one period can be compared, "
                    "scores of different periods cannot",
                )
            )
        floors = {p.normaliser.method for p in self.scale.parts} & {"efficacy"}
        ratios = {"geometric", "harmonic", "power"}
        if floors and any(index.plan.rule(g.code).method in ratios for g in f.groups):
            out.append(
                Text(
                    "功效系数有人为设定的下限，其比值没有意义：几何、调和与幂平均的结果随下限而变",
                    "efficacy scores have an arbitrary floor, so their ratios mean nothing: "
                    "geometric, harmonic and power means change with it",
                )
            )
        if any(w.ndim > 1 for w in self.local.values()):
            out.append(
                Text(
                    "权重逐期计算：不同时期的得分不可比",
                    "weights differ by period: scores of different periods cannot be compared",
                )
            )
        return tuple(out)

    @cached_property
    def data_hash(self) -> str:
        """SHA-256 of the aligned data: codes, row labels and values."""
        return _hash_of_data(self.table)

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what computed the result, and hashes of definition and data."""
        return versions(self.index, self.table)

    # -- use -------------------------------------------------------------------------------------

    @property
    def plot(self) -> Plot:
        """Figures, such as ``result.plot.contributions()``: see :mod:`gz_index.report.figures`."""
        from gz_index.report.figures import Plot

        return Plot(self)

    def methods_text(self, *, lang: Literal["zh", "en"] = "en") -> Methods:
        """What was done, as a paper says it: see :func:`gz_index.report.methods.methods_text`."""
        from gz_index.report.methods import methods_text

        return methods_text(self, lang=lang)

    def freeze(self) -> Index:
        """Return the index with the weights of this result as given values.

        ``result.freeze().evaluate(new, scale=result.scale, prepared=result.prepared)`` re-applies
        all that was fitted to a new release.

        Raises
        ------
        MethodError
            The weights differ by period.
        """
        if any(w.ndim > 1 for w in self.local.values()):
            raise MethodError("weights that differ by period cannot be frozen into one set")
        f = self.index.framework
        values = {
            kid: float(w)
            for g in f.groups
            for kid, w in zip(f.children(g.code), self.local[g.code], strict=True)
        }
        from gz_index.weighting.rule import Weight

        bare = type(f)(f.indicators, tuple(_unweighed(g) for g in f.groups))
        return self.index.replace(framework=bare, weight=Weight(values, over="siblings"))

    def compare(self, *others: IndexResult) -> Comparison:
        """Return this result beside others: ranks, correlations, largest shifts."""
        from gz_index.comparison import Comparison

        return Comparison.of([self, *others])

    def to_frame(self, *, lang: Literal["code", "zh", "en"] = "code") -> pd.DataFrame:
        """Return rank and scores as one table, best first (within each period).

        Parameters
        ----------
        lang : {"code", "zh", "en"}
            Heads of the columns: codes, or names in one language.
        """
        f = self.index.framework
        place = self.ranks[ROOT]
        out = self.scores.copy()
        out.insert(0, "rank", place)
        slot = self.table.slot if self.table.slot is not None else np.zeros(len(out), dtype=np.intp)
        order = np.lexsort(
            (np.arange(len(out)), place.to_numpy(dtype=float, na_value=np.inf), slot)
        )
        out = out.iloc[order]
        if lang == "code":
            return out
        rank, whole = ("排名", "总指数") if lang == "zh" else ("Rank", "Index")
        heads = {"rank": rank, ROOT: whole}
        for g in f.groups:
            heads[g.code] = g.name.get(lang) or heads.get(g.code, g.code)
        return out.rename(columns=heads)

    def __repr__(self) -> str:
        head, tail = self._caption()
        table = self.to_frame().head(10).to_string(float_format=lambda v: f"{v:.4f}")
        return f"{head}\n{table}\n{tail}"

    def _repr_html_(self) -> str:
        head, tail = self._caption()
        table = self.to_frame().head(20).to_html(float_format=lambda v: f"{v:.4f}", escape=True)
        return f"<p><b>{html.escape(head)}</b></p>{table}<p>{html.escape(tail)}</p>"

    def _caption(self) -> tuple[str, str]:
        i, c = self.index, self.counts
        shape = f"{c['units']} units" + (f" x {c['periods']} periods" if c["periods"] > 1 else "")
        head = (
            f"{i.name or i.id} ({i.id} {i.version}): {shape}, "
            f"{len(i.framework.codes)} indicators; weight {i.weight.label}, "
            f"aggregate {i.aggregate.label}"
        )
        return head, f"{c['rows']} rows; {len(self.notes)} notes in .notes"

    # -- saving ----------------------------------------------------------------------------------

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the result as a folder of Parquet and JSON, and CSV to look at; all or nothing.

        Parameters
        ----------
        folder : path
            Must not exist, unless ``overwrite``.
        overwrite : bool
            Replace an earlier result (only a folder that holds one).

        Raises
        ------
        DataError
            The folder exists.
        MethodError
            The definition holds a Python function without a registered name.
        """
        folder = Path(folder)
        about = {
            "format": _FORMAT,
            "versions": self.versions,
            "definition": self.index.to_toml(),
            "scale": self.scale.to_dict(),
            "local": {k: w.tolist() for k, w in self.local.items()},
            "clipped": np.asarray(self.clipped).tolist(),
            "complete": self.complete,
            "counts": self.counts,
            "notes": {"en": self.notes_in("en"), "zh": self.notes_in("zh")},
            "prepared": self.prepared and _plain_prepared(self.index, self.prepared),
            "scores_hash": _hash(self.values),
            "extra_notes": [
                {"zh": t.zh, "en": t.en}
                for t in dict.fromkeys(map(Text.of, (*self.table.notes, *self.extra_notes)))
            ],
        }
        data = pd.DataFrame(
            self.table.values, index=self.table.index, columns=list(self.table.codes)
        )
        with new_folder(folder, mark="result.json", overwrite=overwrite) as part:
            data.to_parquet(part / "data.parquet")
            if self.prepared is not None:
                self.prepared.save(part)
            self._frame(list(self.index.plan.nodes)).to_parquet(part / "nodes.parquet")
            self.ranks.to_parquet(part / "ranks.parquet")
            self.weights.to_parquet(part / "weights.parquet")
            self.to_frame().to_csv(part / "scores.csv", encoding="utf-8-sig")  # for spreadsheets
            self.weights.to_csv(part / "weights.csv", encoding="utf-8-sig")
            text = json.dumps(about, ensure_ascii=False, indent=1)
            (part / "result.json").write_text(text, encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> IndexResult:
        """Read a saved result; nothing is computed again.

        Raises
        ------
        DataError
            The folder holds no result, or one that this version cannot read or that was altered.
        """
        from gz_index.index import Index
        from gz_index.normalise import Scale
        from gz_index.table import align

        folder = Path(folder)
        try:
            about = json.loads((folder / "result.json").read_text(encoding="utf-8"))
            data = pd.read_parquet(folder / "data.parquet")
            nodes = pd.read_parquet(folder / "nodes.parquet")
        except (OSError, ValueError) as error:
            raise DataError(f"{folder} holds no saved result ({error})") from error
        if about.get("format") != _FORMAT:
            raise DataError(
                f"{folder} is of format {about.get('format')}; this version reads {_FORMAT}"
            )
        index = Index.from_toml(about["definition"])
        out = cls(
            index=index,
            table=align(data, index.framework),
            prepared=_prepared(index, about.get("prepared"), folder),
            scale=Scale.from_dict(about["scale"]),
            values=nodes[list(index.plan.nodes)].to_numpy(),
            local={k: np.array(w) for k, w in about["local"].items()},
            clipped=np.array(about["clipped"]),
            complete=about["complete"],
            extra_notes=tuple(Text.of(n) for n in about["extra_notes"]),
        )
        saved = about["versions"]
        if (out.data_hash, index.hash) != (saved["data_hash"], saved["definition_hash"]):
            raise DataError(f"{folder} was altered: the hashes of data or definition do not agree")
        if _hash(out.values) != about["scores_hash"]:
            raise DataError(f"{folder} was altered: the hash of the scores does not agree")
        return out


def _hash(values: Array) -> str:
    return "sha256:" + hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def _plain_prepared(index: Index, prepared: Prepared) -> dict[str, Any]:
    """Return a preparation in plain types, with the tree before a screen made it smaller."""
    out = prepared.to_dict()
    if prepared.gone:
        f = prepared.before.framework
        bare = type(f)(f.indicators, tuple(_unweighed(g) for g in f.groups))
        whole = type(index)(id=index.id, framework=bare, prepare=list(prepared.steps))
        out["definition"] = whole.to_toml()
    return out


def _prepared(index: Index, plain: Any, folder: Path) -> Prepared | None:
    if plain is None:
        return None
    from gz_index.prepare.ready import sheet
    from gz_index.prepare.rule import Prepared

    whole = type(index).from_toml(plain["definition"]) if "definition" in plain else index
    return Prepared.from_dict(plain, sheet(whole, pd.read_parquet(folder / "raw.parquet")))


def _unweighed(group: Any) -> Any:
    from dataclasses import replace

    return replace(group, weigh=None)


def _hash_of_data(table: Table) -> str:
    """SHA-256 of aligned data: codes, row labels and values."""
    sha = hashlib.sha256()
    sha.update("\x1f".join(table.codes).encode())
    sha.update("\x1f".join(map(str, table.index)).encode())
    sha.update(np.ascontiguousarray(table.values).tobytes())
    return "sha256:" + sha.hexdigest()


def versions(index: Index, table: Table) -> dict[str, str]:
    """Versions of what computes, and hashes of a definition and of aligned data."""
    import scipy

    return {
        "gz_index": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "scipy": scipy.__version__,
        "definition": f"{index.id} {index.version}",
        "definition_hash": index.hash,
        "data_hash": _hash_of_data(table),
    }

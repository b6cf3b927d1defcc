"""Several results side by side: agreement, consensus, shifts of rank; and leaving parts out."""

from __future__ import annotations

import html
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeAlias, TypeVar, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.consensus import (
    Rankings,
    average_ranks,
    consensus,
    correlation,
    kendall_w,
    tau_b,
)
from gz_index.errors import DataError, GzIndexError, MethodError, NotFoundError, Problem, said_of
from gz_index.framework import ROOT, Framework, Group, Text
from gz_index.normalise import fit
from gz_index.result import IndexResult
from gz_index.sensitivity.ranks import ranks_of
from gz_index.study import Study
from gz_index.table import Table
from gz_index.weighting.local import LocalWeights

if TYPE_CHECKING:
    from gz_index.index import Index
    from gz_index.normalise import Scale

__all__ = ["Comparison", "LeaveOneOut", "compare", "kendall_w", "leave_one_out"]

Over: TypeAlias = Literal["indicators", "pillars", "units", "periods"]
V = TypeVar("V")

#: parts of a definition that can be in the label of a variant
_SHOWN = ("id", "version", "normalise", "weight", "aggregate", "missing", "ties")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Study):
    """Results of several indices over the same rows, for one node of the tree.

    Agreement, consensus and shifts are about the rows that every variant scores, ranked among each
    other within each period; correlations and W are means over the periods.

    Attributes
    ----------
    results : dict
        Label to result, in order; the first is the reference of all shifts.
    node : str
        The group whose scores are compared; :meth:`at` gives the same for another one.

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> c = gz.compare(index, data, weight=["equal", "entropy", "pca"])
    >>> c.table()[["kendall", "mean_shift", "largest", "at", "same_rank"]].round(3)
             kendall  mean_shift  largest              at  same_rank
    equal      1.000       0.000      0.0                         23
    entropy    0.715       2.348      9.0       Singapore          4
    pca        0.968       0.348      1.0  United Kingdom         15
    >>> c.consensus.nsmallest(3, "copeland_rank").drop(columns="mean_rank")
                   borda  borda_rank  copeland  copeland_rank
    country
    Finland         64.0           1        22              1
    United States   63.0           2        20              2
    Sweden          59.0           4        18              3
    """

    kind: ClassVar[str] = "comparison"
    results: Mapping[str, IndexResult]
    node: str = ROOT

    @classmethod
    def of(cls, results: Sequence[IndexResult]) -> Comparison:
        """Label results by what differs between them."""
        names = [[_name(getattr(r.index, part)) for part in _SHOWN] for r in results]
        differs = [len(set(column)) > 1 for column in zip(*names, strict=True)]
        labels = [
            " / ".join(n for n, d in zip(row, differs, strict=True) if d) or row[0] for row in names
        ]
        return cls(dict(zip(_apart(labels), results, strict=True)))

    def __post_init__(self) -> None:
        if len(self.results) < 2:
            raise MethodError("a comparison needs two results or more")
        rows = self.nominal.table.index
        for label, r in self.results.items():
            if not r.table.index.equals(rows):
                raise DataError(
                    "the results are not over the same rows",
                    [Problem(label, "has other units or periods", "evaluate on the same data")],
                )
            _refuse_no_group(r.index.framework, self.node, f" in {label!r}")

    @property
    def nominal(self) -> IndexResult:
        """The first result, to which the others are compared."""
        return next(iter(self.results.values()))

    def at(self, node: str) -> Comparison:
        """Return the same comparison for the scores of another group.

        Raises
        ------
        NotFoundError
            Some variant has no such group.
        """
        return replace(self, node=node)

    def scores(self, node: str | None = None) -> pd.DataFrame:
        """Score of a group (by default :attr:`node`) under each variant."""
        return pd.DataFrame({k: r.scores[node or self.node] for k, r in self.results.items()})

    def ranks(self, node: str | None = None) -> pd.DataFrame:
        """Rank of a group's score under each variant, among the rows that this one scores."""
        return pd.DataFrame({k: r.ranks[node or self.node] for k, r in self.results.items()})

    @cached_property
    def _rankings(self) -> Rankings:
        found = list(self.results.values())
        scores = [r.values[:, r.index.plan.position[self.node]] for r in found]
        return Rankings(
            self.nominal.table,
            np.stack(scores, axis=1),
            tuple(self.results),
            tuple(r.index.ties for r in found),
        )

    def _agreement(self, of: Callable[[Array], Array]) -> pd.DataFrame:
        names = list(self.results)
        return pd.DataFrame(self._rankings.mean(of), index=names, columns=names)

    @cached_property
    def pearson(self) -> pd.DataFrame:
        """Pearson's correlation of the scores; the mean over periods."""
        return self._agreement(correlation)

    @cached_property
    def spearman(self) -> pd.DataFrame:
        """Spearman's rank correlation between variants; the mean over periods."""
        return self._agreement(_spearman)

    @cached_property
    def kendall(self) -> pd.DataFrame:
        """Kendall's tau-b between variants; the mean over periods."""
        return self._agreement(tau_b)

    @cached_property
    def kendall_w(self) -> float:
        """Kendall's W of all variants; the mean over periods."""
        return float(self._rankings.mean(lambda x: kendall_w(average_ranks(x))))

    @cached_property
    def shifts(self) -> pd.DataFrame:
        """Change of rank against the first variant: mean, largest, and the row it happens to."""
        rows = {k: self._rankings.shift(j) for j, k in enumerate(self.results) if j}
        return pd.DataFrame.from_dict(rows, orient="index")

    @cached_property
    def consensus(self) -> pd.DataFrame:
        """One ranking from all variants, for each row that all of them score, within its period.

        Columns are ``mean_rank``; ``borda`` (units beaten, summed over the variants; ties count one
        half) and ``borda_rank``; ``copeland`` (units beaten by a majority of the variants less
        those lost to) and ``copeland_rank``. Equal points share a rank by the rule of the first
        variant. See :func:`gz_index.consensus.consensus`.
        """
        r, ties = self._rankings, self.nominal.index.ties
        out = np.full((len(r.scores), 5), np.nan)
        out[:, 0] = r.places.mean(axis=1)
        for _, at in r.segments:
            for j, points in zip((1, 3), consensus(r.scores[at]), strict=True):
                out[at, j], out[at, j + 1] = points, ranks_of(points, ties)
        columns = ["mean_rank", "borda", "borda_rank", "copeland", "copeland_rank"]
        frame = pd.DataFrame(out, index=r.table.index, columns=columns).iloc[r.rows]
        whole = ["copeland"] + ([] if ties == "average" else ["borda_rank", "copeland_rank"])
        return frame.astype(dict.fromkeys(whole, "int64"))

    def table(self, *, top: int | None = None) -> pd.DataFrame:
        """One row a variant: what it is, and how it agrees with the first.

        Columns are ``normalise``, ``weight``, ``aggregate``; ``pearson``, ``spearman`` and
        ``kendall`` (tau-b) with the first variant; ``mean_shift`` (mean absolute change of rank,
        R_S), ``largest`` (change of rank, negative is better), ``at`` (whose it is), ``same_rank``
        (rows that keep their rank) and ``top_<k>`` (share of the first variant's top k in this
        one's; mean over periods). The caption, with Kendall's W, is in ``attrs["caption"]``.

        Parameters
        ----------
        top : int, optional
            k; by default 10, or half the units of the smallest period where these are fewer than
            20.

        Raises
        ------
        MethodError
            There are no two units to rank, or a variant gives all units of a period one score.

        References
        ----------
        Saisana, M., Saltelli, A. and Tarantola, S. (2005). Uncertainty and sensitivity analysis
        techniques as tools for the quality assessment of composite indicators. Journal of the Royal
        Statistical Society A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x
        """
        r = self._rankings
        caption = self._caption()
        if top is None:
            top = min(10, max(1, min(at.size for _, at in r.segments) // 2))
        elif top < 1:
            raise MethodError(f"top = {top}", hint="a whole number of one or more")
        frame = pd.DataFrame(
            {
                part: [_name(getattr(v.index, part)) for v in self.results.values()]
                for part in ("normalise", "weight", "aggregate")
            },
            index=list(self.results),
        )
        for name in ("pearson", "spearman", "kendall"):
            frame[name] = getattr(self, name).iloc[0]
        moved = [r.shift(j) for j in range(len(self.results))]
        for name in ("mean_shift", "largest", "at"):
            frame[name] = [m[name] for m in moved]
        frame["same_rank"] = [r.unmoved(j) for j in range(len(self.results))]
        frame[f"top_{top}"] = r.overlap(top)
        frame.attrs["caption"] = caption
        return frame

    def to_frame(self) -> pd.DataFrame:
        """Return scores and ranks of every variant side by side."""
        return pd.concat({"score": self.scores(), "rank": self.ranks()}, axis=1)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name, for saving."""
        return {
            "table": self.table(),
            "scores": self.scores(),
            "ranks": self.ranks(),
            "consensus": self.consensus,
            "pearson": self.pearson,
            "spearman": self.spearman,
            "kendall": self.kendall,
        }

    def settings(self) -> dict[str, Any]:
        """Return the node, the variants, and W."""
        return {"node": self.node, "variants": list(self.results), "kendall_w": self.kendall_w}

    def _texts(self) -> tuple[Text, ...]:
        lacking = len(self._rankings.scores) - self._rankings.rows.size
        if not lacking:
            return ()
        return (
            Text(
                f"有方案未给出得分的{lacking}行未纳入",
                f"{lacking} rows that some variant does not score are left out",
            ),
        )

    def _caption(self) -> str:
        units = len(set(self.nominal.table.units))
        shape = f"{len(self.results)} variants, {units} units"
        periods = self.nominal.table.periods
        shape += f" x {len(periods)} periods" if periods and len(periods) > 1 else ""
        return f"{super()._caption()}: {shape}, {self.node}; Kendall's W {self.kendall_w:.4f}"

    def _shown(self) -> tuple[str, pd.DataFrame]:
        """Head and table to show; scores alone where there is nothing to rank."""
        try:
            return self._caption(), self.table()
        except MethodError as error:
            return f"{super()._caption()}: {error}", self.to_frame()

    def __repr__(self) -> str:
        head, table = self._shown()
        more = f"\n({len(table)} rows)" if len(table) > 20 else ""
        body = table.head(20).to_string(float_format=lambda v: f"{v:.4f}")
        return f"{head}\n{body}{more}" + "".join(f"\n- {n}" for n in self.notes)

    def _repr_html_(self) -> str:
        head, table = self._shown()
        notes = "".join(f"<li>{html.escape(n)}</li>" for n in self.notes)
        body = table.to_html(float_format=lambda v: f"{v:.4f}", max_rows=200)
        return f"<p><b>{html.escape(head)}</b></p>{body}<ul>{notes}</ul>"


def _spearman(x: Array) -> Array:
    return correlation(average_ranks(x))


def _name(value: Any) -> str:
    """Short name of a part of a definition."""
    if isinstance(value, str | Mapping):
        return str(value)
    name = getattr(value, "label", None) or getattr(value, "policy", None)
    return str(name or type(value).__name__.lower())


def _apart(labels: Sequence[str]) -> list[str]:
    """Number labels that stand several times."""
    out: list[str] = []
    for label in labels:
        new, k = label, 1
        while new in out:
            k += 1
            new = f"{label} #{k}"
        out.append(new)
    return out


def _refuse_no_group(f: Framework, node: str, where: str = "") -> None:
    if not isinstance(f.nodes.get(node), Group):
        groups = ", ".join(g.code for g in f.groups)
        raise NotFoundError(f"there is no group {node!r}{where}; there are {groups}")


# -- evaluating many variants --------------------------------------------------------------------


class _Fitted(NamedTuple):
    """Data of a variant, normalised."""

    table: Table
    notes: tuple[Text, ...]
    scale: Scale
    z: Array
    clipped: Any


class _Weighed(NamedTuple):
    """Local weights that follow from the normalised indicators alone."""

    local: Mapping[str, Array]
    complete: int | None
    notes: tuple[Text, ...]


def _fitted(index: Index, table: Table) -> _Fitted:
    table, notes = index._without_gaps(table)
    scale = fit(table, index.framework, index.normalise)
    return _Fitted(table, notes, scale, *scale.apply(table))


def _weighed(index: Index, data: _Fitted) -> _Weighed:
    t = data.table
    weights = LocalWeights(index.framework, t.slot, t.count, t.periods)
    with _rows_named(t):
        local = index.plan.leaf_weights(data.z, weights)
    return _Weighed(local, weights.complete, tuple(weights.notes))


def _result(index: Index, data: _Fitted, weights: _Weighed) -> IndexResult:
    """Finish what :meth:`gz_index.Index.evaluate` does, to the same bits."""
    t = data.table
    with _rows_named(t):
        rolled = index.plan.run(data.z, t.slot, t.count, t.periods, weights.local)
    rows = [c for c in (weights.complete, rolled.complete) if c is not None]
    return IndexResult(
        index=index,
        table=t,
        scale=data.scale,
        values=rolled.values,
        local=rolled.local,
        clipped=data.clipped,
        complete=min(rows, default=None),
        extra_notes=(*data.notes, *weights.notes, *rolled.notes),
    )


@contextmanager
def _rows_named(table: Table) -> Iterator[None]:
    try:
        yield
    except MethodError as error:
        if not error.rows:
            raise
        raise error.named(rows=[table.row_name(i) for i in range(len(table.units))]) from None


@contextmanager
def _said_of(where: str) -> Iterator[None]:
    try:
        yield
    except GzIndexError as error:
        raise said_of(where, error) from error


def compare(index: Index, data: Any, **variants: Sequence[Any] | Mapping[str, Any]) -> Comparison:
    """Evaluate an index under several variants of its parts, side by side.

    Several parts give all combinations, the last one changing fastest. What they share (aligned
    data, normalised data, weights of the indicators) is worked out once; each result is that of
    :meth:`Index.evaluate`, to the last bit.

    Parameters
    ----------
    index : Index
    data : DataFrame
    **variants : sequence, or mapping from label to alternative
        Parts of the index with their alternatives. A variant is named by the parts that vary.

    Raises
    ------
    DefinitionError, DataError, MethodError
        A combination cannot work (a geometric mean of zeros, say); the first such is named, before
        anything is returned. ``Comparison`` takes any selection of results.

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> c = gz.compare(index, data, weight=["equal", "entropy"], aggregate=["arithmetic", "topsis"])
    >>> list(c.results)
    ['equal / arithmetic', 'equal / topsis', 'entropy / arithmetic', 'entropy / topsis']
    >>> c.table()[["spearman", "largest", "at"]].round(3)
                          spearman  largest         at
    equal / arithmetic       1.000      0.0
    equal / topsis           0.970     -4.0    Hungary
    entropy / arithmetic     0.881      9.0  Singapore
    entropy / topsis         0.869      9.0  Singapore
    """
    if not variants:
        raise MethodError("nothing to compare", hint="pass e.g. weight=['equal', 'entropy']")
    options = [_listed(part, given) for part, given in variants.items()]
    made: dict[tuple[int, ...], Index] = {}
    for key in product(*(range(len(o)) for o in options)):
        values = {part: o[k] for part, o, k in zip(variants, options, key, strict=True)}
        with _said_of("combination " + ", ".join(f"{p} = {_name(v)}" for p, v in values.items())):
            made[key] = index.replace(**values)
    names = [_alternatives(p, v, i, made) for i, (p, v) in enumerate(variants.items())]
    kept: dict[Any, Any] = {}
    results = {}
    for key, variant in made.items():
        parts = dict(zip(variants, key, strict=True))
        chosen = [n[k] for n, k in zip(names, key, strict=True)]
        where = ", ".join(f"{p} = {n}" for p, n in zip(variants, chosen, strict=True))
        with _said_of(f"combination {where}"):
            result = _shared(variant, data, parts, kept)
        label = " / ".join(c for c, n in zip(chosen, names, strict=True) if len(n) > 1)
        results[label or chosen[0]] = result
    return Comparison(results)


def _listed(part: str, given: Any) -> list[Any]:
    """Alternatives of one part."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise MethodError(f"{part} = {given!r} is no list", hint=f"pass {part}=[one, another]")
    out = list(given.values() if isinstance(given, Mapping) else given)
    if not out:
        raise MethodError(f"{part} has no alternatives", hint=f"pass {part}=[one, another]")
    return out


def _alternatives(
    part: str, given: Any, i: int, made: Mapping[tuple[int, ...], Index]
) -> list[str]:
    """Names of the alternatives of one part."""
    if isinstance(given, Mapping):
        return [str(k) for k in given]
    first: dict[int, str] = {}
    for key, variant in made.items():
        first.setdefault(key[i], _name(getattr(variant, part)))
    return _apart([first[k] for k in range(len(first))])


def _shared(index: Index, data: Any, parts: Mapping[str, int], kept: dict[Any, Any]) -> IndexResult:
    """Evaluate a variant, with what earlier ones worked out from the same parts."""

    def once(make: Callable[[], V], *of: str) -> V:
        key = (of, tuple(parts.get(p) for p in of))
        if key not in kept:
            kept[key] = make()
        found: V = kept[key]
        return found

    tree = ("framework", "excluded", "prepare")
    _, table, prepared = once(lambda: index.ready(data), *tree)
    index = index.without(() if prepared is None else prepared.gone)
    fitted = once(lambda: _fitted(index, table), *tree, "missing", "normalise")
    weights = once(lambda: _weighed(index, fitted), *tree, "missing", "normalise", "weight")
    return replace(_result(index, fitted, weights), prepared=prepared)


# -- leaving out ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class LeaveOneOut(Study):
    """The index without each of its parts in turn, against the whole; see :func:`leave_one_out`.

    Attributes
    ----------
    nominal : IndexResult
        The whole.
    over : {"indicators", "pillars", "units", "periods"}
    parts : mapping
        By what was left out: scores of every group that remains, for the rows that remain.
    node : str
        The group whose scores are compared; :meth:`at` gives the same for another one.
    """

    kind: ClassVar[str] = "leave-one-out"
    nominal: IndexResult
    over: Over
    parts: Mapping[Hashable, pd.DataFrame] = field(repr=False)
    node: str = ROOT

    def __post_init__(self) -> None:
        _refuse_no_group(self.nominal.index.framework, self.node)
        _ = self._table  # what cannot be ranked is refused here, not where it is shown

    def at(self, node: str) -> LeaveOneOut:
        """Return the same for the scores of another group.

        Raises
        ------
        NotFoundError
            There is no such group.
        MethodError
            Its scores cannot be ranked.
        """
        return replace(self, node=node)

    @cached_property
    def _there(self) -> dict[Hashable, pd.DataFrame]:
        """What was left out such that the node remains."""
        return {k: s for k, s in self.parts.items() if self.node in s}

    def _rankings(self, without: Hashable) -> Rankings:
        """Whole and part, over the rows of the whole."""
        whole, part = self.nominal, self._there[without]
        at = part.index.get_indexer(whole.table.index)
        y = np.where(at < 0, np.nan, part[self.node].to_numpy()[at])
        x = whole.values[:, whole.index.plan.position[self.node]]
        names = ("the whole", f"the index without {without}")
        return Rankings(whole.table, np.stack([x, y], axis=1), names, (whole.index.ties,) * 2)

    def to_frame(self) -> pd.DataFrame:
        """One row for each thing left out, compared over the rows that both sides score.

        Ranks are worked out again among these rows, so that leaving out a unit does not count as a
        shift of all that were behind it. Columns are ``name`` (of indicators and pillars);
        ``spearman`` and ``kendall`` (tau-b), means over the periods; ``mean_shift`` (mean absolute
        change of rank), ``largest`` (change of rank, negative is better), ``at`` (whose it is);
        ``leader`` (in the last period), and ``new_leader``, the number of periods in which another
        one leads than in the whole.
        """
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        f, rows = self.nominal.index.framework, {}
        for key in self._there:
            r = self._rankings(key)
            row: dict[str, Any] = {"name": f.name(str(key))} if self._of_nodes else {}
            row["spearman"], row["kendall"] = (r.mean(of)[0, 1] for of in (_spearman, tau_b))
            row |= r.shift(1)
            leaders = [_leaders(r, at) for _, at in r.segments]
            row["leader"] = " = ".join(map(str, leaders[-1][1]))
            row["new_leader"] = sum(a != b for a, b in leaders)
            rows[key] = row
        out = pd.DataFrame(list(rows.values()), index=pd.Index(list(rows), name=self.over[:-1]))
        out.attrs["caption"] = self._caption()
        return out

    @property
    def _of_nodes(self) -> bool:
        return self.over in ("indicators", "pillars")

    def settings(self) -> dict[str, Any]:
        """Return what was left out in turn, and the node."""
        return {"over": self.over, "node": self.node}

    def _texts(self) -> tuple[Text, ...]:
        gone = ", ".join(str(k) for k in self.parts if k not in self._there)
        if not gone:
            return ()
        return (
            Text(
                f"去掉{gone}后，{self.node!r}不复存在",
                f"nothing remains of {self.node!r} without {gone}",
            ),
        )

    def _caption(self) -> str:
        return f"{super()._caption()} over {self.over}: {self.node}"


def _leaders(r: Rankings, at: NDArray[np.intp]) -> tuple[list[Hashable], ...]:
    """Units with the highest score of each judge."""
    s = r.scores[at]
    return tuple([r.table.units[i] for i in at[c == c.max()]] for c in s.T)


def leave_one_out(index: Index, data: Any, over: Over = "indicators") -> LeaveOneOut:
    """Evaluate an index without each indicator, pillar, unit or period in turn.

    Everything is worked out again on what remains: bounds of min-max, data-driven weights, means.
    That a unit's leaving can move the others is what this shows.

    Parameters
    ----------
    index : Index
    data : DataFrame
    over : {"indicators", "pillars", "units", "periods"}
        What is left out; pillars are the groups right below the root.

    Raises
    ------
    MethodError
        There are too few of these to leave one out, or no two units to rank.
    DataError, DefinitionError, MethodError
        The index cannot be evaluated without one of them, which is named.

    Examples
    --------
    >>> import gz_index as gz
    >>> from gz_index.comparison import leave_one_out
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> found = leave_one_out(index, data).to_frame()
    >>> found[["spearman", "mean_shift", "largest", "at", "leader"]].round(3).head(3)
               spearman  mean_shift  largest           at   leader
    indicator
    patents       0.963       0.957      5.0        Japan  Finland
    royalties     0.945       1.565      5.0  Netherlands  Finland
    internet      0.931       2.087      5.0       Norway    Japan
    >>> index, data = gz.load("cn-provinces-2022"), gz.data("cn-provinces-2022")
    >>> found = leave_one_out(index, data, over="pillars").to_frame()
    >>> found[["kendall", "mean_shift", "largest", "at"]].round(2)
                kendall  mean_shift  largest            at
    pillar
    innovation     0.96        0.55      3.0     天津市, 2015
    fusion         0.91        1.18      6.0     上海市, 2013
    data           0.94        0.78     -6.0   西藏自治区, 2016
    open           0.91        1.10      8.0  内蒙古自治区, 2016
    governance     0.90        1.30     -9.0   西藏自治区, 2016
    """
    if over not in get_args(Over):
        raise MethodError(f"over = {over!r}", hint=f"one of {', '.join(get_args(Over))}")
    index, whole, prepared = index.ready(data)
    nominal = replace(_evaluated(index, whole), prepared=prepared)
    found = _candidates(nominal, over)
    if len(found) < 2:
        raise MethodError(
            f"there are fewer than two {over} to leave one out of",
            hint="leave out something else: indicators, pillars, units or periods",
        )
    parts = {}
    for key in found:
        with _said_of(f"without {over[:-1]} {key}"):
            smaller, table = index, whole
            if over in ("indicators", "pillars"):
                smaller = index.without(str(key))
                table = whole.only(smaller.framework.codes)
            elif over == "units":
                table = whole.take([u != key for u in whole.units])
            elif whole.slot is not None and whole.periods is not None:
                table = whole.take(whole.slot != whole.periods.index(key))
            parts[key] = _evaluated(smaller, table).scores
    return LeaveOneOut(nominal, over, parts)


def _evaluated(index: Index, table: Table) -> IndexResult:
    data = _fitted(index, table)
    return _result(index, data, _weighed(index, data))


def _candidates(nominal: IndexResult, over: Over) -> Sequence[Hashable]:
    f = nominal.index.framework
    if over == "indicators":
        return f.codes
    if over == "pillars":
        return [c for c in f.children(ROOT) if isinstance(f.node(c), Group)]
    if over == "units":
        return list(dict.fromkeys(nominal.table.units))
    return nominal.table.periods or ()

"""Uncertainty by Monte Carlo: how scores and ranks are distributed when the choices vary."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.choices import Alternatives
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import ROOT, Text
from gz_index.sensitivity.blocks import (
    Blocks,
    Points,
    Progress,
    RandomPoints,
    amount,
    memory,
    run,
    seeded,
    workers,
)
from gz_index.sensitivity.compiled import MEMORY, kernels, pays
from gz_index.sensitivity.model import Model
from gz_index.sensitivity.ranks import Ints, Ranker, counting
from gz_index.study import Study

if TYPE_CHECKING:
    from gz_index.choices import Choice
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["Uncertainty", "uncertainty"]


@dataclass(eq=False)
class _Tally:
    """What is summed up of some draws: moments of scores, counts of ranks; and scores if kept."""

    total: Array
    square: Array
    low: Array
    high: Array
    histograms: list[list[Ints]]
    scores: Array | None

    def add(self, other: _Tally) -> None:
        self.total += other.total
        self.square += other.square
        np.minimum(self.low, other.low, out=self.low)
        np.maximum(self.high, other.high, out=self.high)
        for mine, theirs in zip(self.histograms, other.histograms, strict=True):
            for a, b in zip(mine, theirs, strict=True):
                a += b


class Moments:
    """The same as :func:`gz_index.sensitivity.compiled.moments`, on whole arrays.

    Of one column numpy adds in pairs, and the last digit may differ.
    """

    def __init__(self) -> None:
        self._room = np.empty((0, 0))

    def __call__(
        self, s: Array, origin: Array, total: Array, square: Array, low: Array, high: Array
    ) -> None:
        if len(self._room) < len(s):
            self._room = np.empty(s.shape)
        # about the nominal score, so that squares do not cancel
        away = np.subtract(s, origin, out=self._room[: len(s)])
        total += np.add.reduce(away, axis=0)  # draw by draw
        np.multiply(away, away, out=away)
        square += np.add.reduce(away, axis=0)
        np.minimum(low, s.min(axis=0), out=low)
        np.maximum(high, s.max(axis=0), out=high)


@dataclass(frozen=True, eq=False)
class _Work:
    """One task: evaluate its blocks and sum up."""

    model: Model
    points: Points
    blocks: Blocks
    keep: bool
    compiled: bool

    def __call__(self, task: range) -> _Tally:
        origin = self.model.scores0
        total, square = np.zeros(origin.size), np.zeros(origin.size)
        low, high = np.full(origin.size, np.inf), np.full(origin.size, -np.inf)
        loops = kernels() if self.compiled else None
        add = Moments() if loops is None else loops.moments
        rankers = [Ranker(s.size, self.model.index.ties) for s in self.model.segments]
        counts = [[counting(r, loops) for r in rankers] for _ in origin]
        first, last = self.blocks.span(task[0])[0], self.blocks.span(task[-1])[1]
        kept = np.empty((last - first, *origin.shape)) if self.keep else None
        for b in task:
            start, stop = self.blocks.span(b)
            u = self.points.block(b, start, stop)
            for rows, s in self.model.slices(u):
                if kept is not None:
                    kept[start - first + rows] = s
                add(s.reshape(len(s), -1), origin.ravel(), total, square, low, high)
                for q, each in enumerate(counts):
                    for at, count in zip(self.model.segments, each, strict=True):
                        whole = at.size == origin.shape[1]
                        count.add(s[:, q] if whole else s[:, q][:, at])
        for each in counts:
            for count in each:
                count.flush()
        histograms = [[c.histogram for c in each] for each in counts]
        sums = [a.reshape(origin.shape) for a in (total, square, low, high)]
        return _Tally(sums[0], sums[1], sums[2], sums[3], histograms, kept)


def uncertainty(
    index: Index,
    data: Any,
    choices: Sequence[Choice | Any] | None = None,
    *,
    draws: int | None = None,
    seed: int | None = None,
    level: float = 0.9,
    nodes: Sequence[str] = (ROOT,),
    period: Hashable | None = None,
    keep: bool | None = None,
    n_jobs: int = 1,
    max_memory: int | str = "1 GB",
    progress: Progress = None,
) -> Uncertainty:
    """Draw the choices at random and say how scores and ranks are distributed.

    Parameters
    ----------
    index : Index
    data : DataFrame
    choices : sequence of Choice or tables, optional
        What varies, independently; by default the ``[sensitivity]`` table of the definition.
    draws : int, optional
        Replications; by default those of the table, else 10,000.
    seed : int, optional
        Of the random streams; by default that of the table, else 0. The same seed gives the same
        bits for any number of workers and any bound on memory.
    level : float in (0, 1)
        Probability of the intervals, which are central: 0.9 is from the 5 % to the 95 % quantile.
    nodes : sequence of str
        Groups that are followed: the index (``"total"``), pillars.
    period : label, optional
        Report the rows of one period; otherwise all rows, ranked within each period.
    keep : bool, optional
        Keep every score, which quantiles of scores and comparisons of two units need; by default
        if they take no more than half of ``max_memory``. Ranks are counted exactly in any case.
    n_jobs : int
        Processes; -1 for one a core.
    max_memory : int or str
        Bound on the memory of the run, beyond that of the data and the evaluated combinations.
    progress : None, "rich", "tqdm" or callable
        A bar, or a function of the draws done and all draws.

    Raises
    ------
    DefinitionError
        A choice does not fit the index.
    MethodError, DataError
        A combination of choices cannot be evaluated (refused before the run, by name), or a draw
        cannot; or the scores to be kept do not fit into ``max_memory``.

    References
    ----------
    Saisana, M., Saltelli, A. and Tarantola, S. (2005). Uncertainty and sensitivity analysis
    techniques as tools for the quality assessment of composite indicators. Journal of the Royal
    Statistical Society A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> u = gz.uncertainty(index, data, [gz.Spread(size=0.25)], draws=2000, seed=1)
    >>> u.ranks.iloc[0][["nominal", "low", "high"]].astype(int).tolist()
    [1, 1, 2]
    """
    table = index.sensitivity
    draws = (table.draws if table is not None else 10_000) if draws is None else draws
    seed = (table.seed if table is not None else 0) if seed is None else seed
    seed = seeded(seed)
    if not isinstance(draws, int) or draws < 2:
        raise MethodError(f"draws = {draws!r}", hint="a whole number from 2 on")
    if not 0 < level < 1:
        raise MethodError(f"level = {level!r}", hint="a probability, e.g. 0.9")
    nodes = (nodes,) if isinstance(nodes, str) else tuple(nodes)
    if ROOT not in nodes:  # what is shown and saved is of the index
        nodes = (ROOT, *nodes)
    model = Model(index, data, choices, nodes=nodes, period=period)
    limit = memory(max_memory)
    cells = model.cells
    blocks = Blocks.of(draws, cells)
    unit = Ranker(1, index.ties).unit
    counts = sum(4 * (g.size * unit + 1) * g.size for g in model.segments) * len(model.nodes)
    hands = workers(n_jobs)
    fixed = counts * (2 + 2 * hands) + (blocks.size * cells * 4 + 500_000) * 8 * hands
    if fixed > limit:
        raise MethodError(
            f"max_memory = {amount(limit)}: counting the ranks of {model.rows.size} rows and "
            f"{len(model.nodes)} node(s) takes {amount(fixed)}",
            hint="raise max_memory, follow fewer nodes, or report one period",
        )
    compiled = pays(draws * model.scores0.size) and fixed + MEMORY * hands <= limit
    fixed += MEMORY * hands if compiled else 0
    tasks = blocks.tasks(8 if counts > 10_000_000 else 32)  # each gives back all its counts
    need = draws * model.scores0.size * 8
    # of each worker a task's scores as they are filled in, and as they are given back
    more = 2 * need * (1 + 2 * hands) // len(tasks) if hands > 1 else need // len(tasks)
    keep = _kept(keep, need, need + more + fixed, limit)
    work = _Work(model, RandomPoints(model.width, seed), blocks, keep, compiled)
    model.prepare(work.points.block(b, *blocks.span(b)) for b in range(blocks.count))
    out: _Tally | None = None
    scores = np.empty((draws, *model.scores0.shape)) if keep else None

    def size(task: range) -> int:
        return blocks.span(task[-1])[1] - blocks.span(task[0])[0]

    found = run(work, tasks, n_jobs=n_jobs, progress=progress, total=draws, done=size)
    for task, part in zip(tasks, found, strict=True):
        if out is None:
            out = part
        else:
            out.add(part)
        if scores is not None and part.scores is not None:
            scores[blocks.span(task[0])[0] : blocks.span(task[-1])[1]] = part.scores
    assert out is not None
    out.scores = None
    return Uncertainty(model, draws, seed, level, out, scores)


def _kept(keep: bool | None, need: int, whole: int, limit: int) -> bool:
    """Whether scores are kept: ``need`` for themselves, ``whole`` with all else."""
    if keep is None:
        return need <= limit // 2 and whole <= limit
    if keep and whole > limit:
        raise MethodError(
            f"keeping every score takes {amount(need)}, with all else {amount(whole)}; max_memory "
            f"is {amount(limit)}",
            hint="raise max_memory, draw less often, or pass keep=False",
        )
    return keep


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty(Study):
    """How scores and ranks are distributed; see :func:`uncertainty`.

    Attributes
    ----------
    draws, seed : int
    level : float
        Probability of the intervals.
    """

    kind: ClassVar[str] = "uncertainty"
    model: Model = field(repr=False)
    draws: int
    seed: int
    level: float
    _tally: _Tally = field(repr=False)
    _scores: Array | None = field(repr=False)

    @property
    def nominal(self) -> IndexResult:
        """The index as its definition says."""
        return self.model.nominal

    # -- one node --------------------------------------------------------------------------------

    def _q(self, node: str) -> int:
        if node not in self.model.nodes:
            raise NotFoundError(
                f"{node!r} was not followed; nodes are {', '.join(self.model.nodes)}"
            )
        return self.model.nodes.index(node)

    def score_table(self, node: str = ROOT) -> pd.DataFrame:
        """Nominal score, mean, sd, least and greatest; median and interval where scores are kept.

        Returns
        -------
        DataFrame
            Rows are units (or unit and period), in the order of the data.
        """
        q, t = self._q(node), self._tally
        origin, away = self.model.scores0[q], t.total[q] / self.draws
        variance = np.maximum(t.square[q] - self.draws * away**2, 0) / (self.draws - 1)
        out = {"nominal": origin, "mean": origin + away, "sd": np.sqrt(variance)}
        if self._scores is not None:
            tail = (1 - self.level) / 2
            low, middle, high = self._quantiles(q, (tail, 0.5, 1 - tail))
            out |= {"low": low, "median": middle, "high": high}
        out |= {"min": t.low[q], "max": t.high[q]}
        return pd.DataFrame(out, index=self.model.labels)

    def _quantiles(self, q: int, at: tuple[float, ...]) -> Array:
        s = self._kept()[:, q]
        step = max(1, 4_000_000 // len(s))  # columns at a time
        parts = [np.quantile(s[:, i : i + step], at, axis=0) for i in range(0, s.shape[1], step)]
        return np.concatenate(parts, axis=1)

    def _kept(self) -> Array:
        if self._scores is None:
            raise MethodError(
                "the scores of the draws were not kept",
                hint="run again with keep=True, a larger max_memory, or fewer draws",
            )
        return self._scores

    @property
    def scores(self) -> pd.DataFrame:
        """Distribution of each unit's index; see :meth:`score_table`."""
        return self.score_table()

    def rank_frequencies(self, node: str = ROOT) -> pd.DataFrame:
        """Share of the draws in which each unit has each rank; rows sum to one.

        With ties by the rule "average" there are halves of ranks. With several periods a unit's
        row is over the ranks of its period.
        """
        q = self._q(node)
        unit = self._ranker(0).unit
        widest = max(s.size for s in self.model.segments)
        out = np.zeros((self.model.rows.size, widest * unit + 1))
        for at, h in zip(self.model.segments, self._tally.histograms[q], strict=True):
            out[at, : len(h)] = h.T / self.draws
        places = np.arange(unit, widest * unit + 1)
        columns = pd.Index(places if unit == 1 else places / unit, name="rank")
        return pd.DataFrame(out[:, unit:], index=self.model.labels, columns=columns)

    def _ranker(self, segment: int) -> Ranker:
        return Ranker(self.model.segments[segment].size, self.index.ties)

    def nominal_ranks(self, node: str = ROOT) -> pd.Series[float]:
        """Rank of each unit by its nominal score, among the rows of the study."""
        s = self.model.scores0[self._q(node)]
        out = np.empty(s.size)
        for k, at in enumerate(self.model.segments):
            ranker = self._ranker(k)
            out[at] = ranker.ranks(s[None, at])[0] / ranker.unit
        return pd.Series(out, index=self.model.labels, name="nominal")

    def rank_table(self, node: str = ROOT) -> pd.DataFrame:
        """Nominal rank, mean, sd, median, interval, best and worst rank; shift from the nominal.

        Quantiles are ranks that occur: the least rank r with P(rank <= r) >= p. ``shift`` is the
        mean distance from the nominal rank, and ``outside`` says whether the nominal rank lies
        outside its own interval.
        """
        p = self.rank_frequencies(node)
        places, f = p.columns.to_numpy(dtype=float), p.to_numpy()
        cumulated = f.cumsum(axis=1)
        tail = (1 - self.level) / 2
        slack = 1e-9

        def quantile(at: float) -> Array:
            return np.asarray(places[(cumulated >= at - slack).argmax(axis=1)])

        nominal, mean = self.nominal_ranks(node).to_numpy(), f @ places
        low, high = quantile(tail), quantile(1 - tail)
        seen = f > 0
        out = {
            "nominal": nominal,
            "mean": mean,
            "sd": np.sqrt(np.maximum(f @ places**2 - mean**2, 0)),
            "low": low,
            "median": quantile(0.5),
            "high": high,
            "best": places[seen.argmax(axis=1)],
            "worst": places[seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)],
            "shift": (f * np.abs(places - nominal[:, None])).sum(axis=1),
            "outside": (nominal < low) | (nominal > high),
        }
        return pd.DataFrame(out, index=self.model.labels)

    @property
    def ranks(self) -> pd.DataFrame:
        """Distribution of each unit's rank by the index; see :meth:`rank_table`."""
        return self.rank_table()

    def top(self, k: int, node: str = ROOT) -> pd.Series[float]:
        """Share of the draws in which each unit is among the first ``k``."""
        p = self.rank_frequencies(node)
        share = p.to_numpy()[:, p.columns.to_numpy(dtype=float) <= k].sum(axis=1)
        return pd.Series(share, index=self.model.labels, name=f"top {k}")

    @property
    def mixed_scales(self) -> bool:
        """Whether scores of different draws are on different scales, so that only ranks compare."""
        choices = self.model.choices
        return any(isinstance(c, Alternatives) and c.part == "normalise" for c in choices)

    # -- the whole ranking -----------------------------------------------------------------------

    @property
    def shift(self) -> float:
        r"""Mean absolute shift of ranks, :math:`\bar R_S`, over units and draws (Saisana 2005)."""
        return float(self.ranks["shift"].mean())

    @cached_property
    def shifts(self) -> pd.Series[float]:
        """R_S of each draw: mean over units of the distance from the nominal rank."""
        s = self._kept()[:, self._q(ROOT)]
        nominal = self.nominal_ranks().to_numpy()
        out = np.zeros(len(s))
        for k, at in enumerate(self.model.segments):
            ranker = self._ranker(k)
            for start in range(0, len(s), 4096):
                part = np.ascontiguousarray(s[start : start + 4096, at])
                away = np.abs(ranker.ranks(part) / ranker.unit - nominal[at])
                out[start : start + 4096] += away.sum(axis=1)
        return pd.Series(out / s.shape[1], name="shift")

    @property
    def outside(self) -> int:
        """Number of units whose nominal rank lies outside its own interval."""
        return int(self.ranks["outside"].sum())

    def winning(self, node: str = ROOT) -> pd.DataFrame:
        """Share of the draws in which the row's unit scores above the column's; ties count half.

        Of one period, or of a cross-section.
        """
        if len(self.model.segments) > 1:
            raise MethodError(
                "units of different periods are not compared", hint="run with period=..."
            )
        s = self._kept()[:, self._q(node)]
        n = s.shape[1]
        out = np.zeros((n, n))
        step = max(1, 8_000_000 // n)  # comparisons at a time
        for i in range(n):
            for start in range(0, len(s), step):
                part = s[start : start + step]
                mine = part[:, [i]]
                out[i] += (mine > part).sum(axis=0) + 0.5 * (mine == part).sum(axis=0)
        out /= len(s)
        np.fill_diagonal(out, np.nan)
        return pd.DataFrame(out, index=self.model.labels, columns=self.model.labels)

    def indistinct(self, node: str = ROOT) -> pd.DataFrame:
        """Pairs that cannot be told apart: neither scores above the other in ``level`` of draws.

        Returns
        -------
        DataFrame
            ``above``, ``below`` (by nominal score) and ``share`` of the draws in which the first
            is above the second; the most doubtful first.
        """
        p = self.winning(node).to_numpy()
        s = self.model.scores0[self._q(node)]
        i, j = np.nonzero(np.triu(np.maximum(p, p.T) < self.level, 1))
        swap = s[i] < s[j]
        first, second = np.where(swap, j, i), np.where(swap, i, j)
        share = p[first, second]
        order = np.argsort(share, kind="stable")
        names = self.model.labels
        return pd.DataFrame(
            {"above": names[first[order]], "below": names[second[order]], "share": share[order]}
        )

    def gap(self, a: Hashable, b: Hashable, node: str = ROOT) -> pd.Series[float]:
        """Distribution of the score of unit ``a`` less that of ``b``.

        Returns
        -------
        Series
            Nominal, mean, sd, median, interval, and the share of draws in which a is above.
        """
        i, j = self._row(a), self._row(b)
        q = self._q(node)
        d = self._kept()[:, q, i] - self._kept()[:, q, j]
        tail = (1 - self.level) / 2
        low, middle, high = np.quantile(d, (tail, 0.5, 1 - tail))
        origin = self.model.scores0[q]
        above = float(((d > 0) + 0.5 * (d == 0)).mean())
        return pd.Series(
            {
                "nominal": origin[i] - origin[j],
                "mean": d.mean(),
                "sd": d.std(ddof=1),
                "low": low,
                "median": middle,
                "high": high,
                "above": above,
            },
            name=f"{a} - {b}",
        )

    def _row(self, label: Hashable) -> int:
        try:
            found = self.model.labels.get_loc(label)
        except KeyError:
            found = None
        if not isinstance(found, int):
            raise NotFoundError(f"no row {label!r} in this study")
        return found

    # -- tables ----------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """Return ranks and scores of the index, best nominal rank first."""
        r, s = self.ranks, self.scores
        out = pd.concat([r.add_prefix("rank_"), s.add_prefix("score_")], axis=1)
        order = np.argsort(r["nominal"].to_numpy(), kind="stable")
        return out.iloc[order]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        out = {"table": self.to_frame()}
        for node in self.model.nodes:
            tail = "" if node == ROOT else f"_{node}"
            out[f"scores{tail}"] = self.score_table(node)
            out[f"ranks{tail}"] = self.rank_table(node)
            out[f"rank_frequencies{tail}"] = self.rank_frequencies(node)
        if self._scores is not None and len(self.model.segments) == 1:
            out["indistinct"] = self.indistinct()
        return out

    def settings(self) -> dict[str, Any]:
        """Return how it was made."""
        return {
            "draws": self.draws,
            "seed": self.seed,
            "level": self.level,
            "nodes": list(self.model.nodes),
            "period": None if self.model.period is None else str(self.model.period),
            "choices": [c.label for c in self.model.choices],
        }

    def _texts(self) -> tuple[Text, ...]:
        varied = self.model.varied
        n = self.model.rows.size
        outside = (
            f"{n}个评价对象中{self.outside}个的名义名次在区间之外"
            if self.outside
            else f"{n}个评价对象的名义名次均在区间内"
        )
        out = [
            Text(
                f"抽样{self.draws}次，变动：{varied.zh}；区间概率{self.level:.0%}",
                f"{self.draws} draws of: {varied.en}; intervals of {self.level:.0%}",
            ),
            Text(
                f"平均名次变动{self.shift:.3f}；{outside}",
                f"mean shift of ranks {self.shift:.3f}; {self.outside} of {n} units have their "
                "nominal rank outside the interval",
            ),
        ]
        if self.mixed_scales:
            out.append(
                Text(
                    "各次抽样的标准化方法不同，得分刻度不同：只可解读名次",
                    "draws differ in their normalisation, so that scores are on several scales: "
                    "read the ranks only",
                )
            )
        gone = self.model.unscored
        if gone:
            who = ", ".join(gone[:5]) + (f" (+{len(gone) - 5})" if len(gone) > 5 else "")
            out.append(
                Text(
                    f"没有名义得分，未纳入：{who}",
                    f"left out, as they have no nominal score: {who}",
                )
            )
        return tuple(out)

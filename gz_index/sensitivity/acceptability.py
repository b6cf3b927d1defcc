"""SMAA: what can be said of a ranking when the weights are not known."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index.choices import Dirichlet, OnWeights, Within, choice
from gz_index.errors import MethodError
from gz_index.framework import ROOT, Framework, Text
from gz_index.sensitivity.blocks import (
    Blocks,
    Progress,
    RandomPoints,
    amount,
    memory,
    run,
    seeded,
    workers,
)
from gz_index.sensitivity.model import Model
from gz_index.sensitivity.ranks import Counts, Ranker
from gz_index.sensitivity.sigma_mu import frontiers
from gz_index.sensitivity.weightset import WeightSet
from gz_index.sensitivity.winning import pairwise_winning
from gz_index.study import Study

if TYPE_CHECKING:
    from gz_index.choices import Choice
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["Acceptability", "smaa"]


def smaa(
    index: Index,
    data: Any,
    *,
    weights: WeightSet | None = None,
    over: str = ROOT,
    choices: Sequence[Choice | Any] = (),
    period: Hashable | None = None,
    draws: int = 10_000,
    seed: int = 0,
    n_jobs: int = 1,
    max_memory: int | str = "1 GB",
    progress: Progress = None,
) -> Acceptability:
    r"""Stochastic multicriteria acceptability analysis: every admissible weighting, equally likely.

    Gives the share of weightings under which each unit has each rank (rank acceptability), scores
    above each other one (pairwise winning), the mean weights under which it comes first (central
    weights), how often it does so under them (confidence factor), and mean and standard deviation
    of its score with the efficient frontiers of both. Pairwise winning is exact (a volume) where
    the weights are uniform on the whole simplex, the index is additive in them and nothing else
    varies; expected ranks and moments of the scores then are exact as well.

    Parameters
    ----------
    index : Index
    data : DataFrame
    weights : WeightSet, optional
        Admissible weights; by default the whole simplex.
    over : str
        The group whose children are weighed (the root by default; weights below and above it stay
        as the definition says), or ``"indicators"``: all indicators at once.
    choices : sequence of Choice, optional
        What else varies: errors of cells, alternatives; not weights.
    period : label, optional
        Needed where the data have several: rows of one period are ranked with each other. The last
        one by default.
    draws, seed, n_jobs, max_memory, progress
        As for :func:`gz_index.uncertainty`.

    Raises
    ------
    MethodError, DefinitionError, DataError
        A draw cannot be evaluated; the choices do not fit; the run does not fit into memory.

    References
    ----------
    Lahdelma, R. and Salminen, P. (2001). SMAA-2: stochastic multicriteria acceptability analysis
    for group decision making. Operations Research 49(3), 444-454.

    Tervonen, T. and Figueira, J. R. (2008). A survey on stochastic multicriteria acceptability
    analysis methods. Journal of Multi-Criteria Decision Analysis 15(1-2), 1-14.
    doi:10.1002/mcda.407

    Greco, S., Ishizaka, A., Tasiou, M. and Torrisi, G. (2019). Sigma-mu efficiency analysis: a
    methodology for evaluating units through composite indicators. European Journal of Operational
    Research 278(3), 942-960.

    Examples
    --------
    >>> import gz_index as gz
    >>> s = gz.smaa(gz.load("desi-2022"), gz.data("desi-2022"), draws=2000)
    >>> s.exact, s.to_frame().index[0]
    (True, 'FI')
    """
    f = index.ready(data).definition.framework if index.prepare else index.framework
    leaves = over == "indicators"
    node = ROOT if leaves else over
    codes = f.codes if leaves else f.children(node)
    if len(codes) < 2:
        raise MethodError(f"{over!r} has no two children to weigh", hint="name a group with more")
    if weights is not None and tuple(weights.codes) != tuple(codes):
        raise MethodError(
            f"the weights are over {', '.join(weights.codes)}, and those to be drawn over "
            f"{', '.join(codes)}",
            hint="give both in the same order",
        )
    others = tuple(choice(c) for c in choices)
    if any(isinstance(c, OnWeights) for c in others):
        raise MethodError("the weights are drawn already", hint="take choices on weights out")
    seeded(seed)
    if not isinstance(draws, int) or draws < 2:
        raise MethodError(f"draws = {draws!r}", hint="a whole number from 2 on")
    if period is None:
        aligned = index.evaluate(data).table
        period = aligned.periods[-1] if aligned.periods is not None else None
    drawn = _drawn(weights, node, leaves, draws)
    model = Model(index, data, (drawn, *others), period=period)
    blocks = Blocks.of(draws, model.cells)
    exact = _exact(model, others, weights, node, leaves)
    work = _Work(model, RandomPoints(model.width, seed), blocks, tuple(codes), not exact)
    n = model.rows.size
    need = (2 + workers(n_jobs)) * n * n * 8 * (2 if work.pairs else 1)
    if need > memory(max_memory):
        raise MethodError(
            f"acceptabilities of {n} units take {amount(need)}, max_memory is {max_memory}",
            hint="raise max_memory",
        )
    model.prepare(work.points.block(b, *blocks.span(b)) for b in range(blocks.count))
    total: _Tally | None = None
    tasks = blocks.tasks()

    def size(task: range) -> int:
        return blocks.span(task[-1])[1] - blocks.span(task[0])[0]

    for part in run(work, tasks, n_jobs=n_jobs, progress=progress, total=draws, done=size):
        total = part if total is None else total.add(part)
    assert total is not None
    z = None if work.pairs else _components(model, node, leaves)
    confidence = _confidence(index, data, others, period, node, leaves, codes, total, draws, seed)
    return Acceptability(model, over, tuple(codes), draws, seed, total, z, confidence)


@dataclass(frozen=True, eq=False)
class _Tally:
    """Sums over draws: ranks (rank, unit), wins, weights under which a unit is first, scores."""

    ranks: Array
    wins: Array | None
    first: Array
    total: Array
    square: Array

    def add(self, other: _Tally) -> _Tally:
        wins = None if self.wins is None or other.wins is None else self.wins + other.wins
        return _Tally(
            self.ranks + other.ranks,
            wins,
            self.first + other.first,
            self.total + other.total,
            self.square + other.square,
        )


@dataclass(frozen=True, eq=False)
class _Work:
    """One task: evaluate its blocks and sum up."""

    model: Model
    points: RandomPoints
    blocks: Blocks
    codes: tuple[str, ...]
    pairs: bool

    def __call__(self, task: range) -> _Tally:
        n = self.model.rows.size
        ranker = Ranker(n)
        drawn = self.model.choices[0]
        assert isinstance(drawn, OnWeights)
        at, k = self.model.columns[0], len(self.codes)
        counts = Counts(ranker)
        shared, wins = np.zeros((n, n)), np.zeros((n, n)) if self.pairs else None
        first, total, square = np.zeros((n, k)), np.zeros(n), np.zeros(n)
        origin = self.model.scores0[0]
        for b in task:
            u = self.points.block(b, *self.blocks.span(b))
            s = np.ascontiguousarray(self.model.scores(u)[:, 0])
            away = s - origin
            total += away.sum(axis=0)
            square += np.einsum("dn,dn->n", away, away)
            order, tied = ranker.order(s)
            w = drawn.weights(u[:, at], np.full(k, 1 / k), self.codes)
            clear = np.ones(len(s), dtype=np.bool_)
            clear[tied] = False
            counts.add_orders(order[clear])
            np.add.at(first, order[clear, -1], w[clear])
            for d in tied.tolist():
                _share(s[d], w[d], shared, first)
            if wins is not None:
                for one in s:
                    wins += one[:, None] > one
                    wins += 0.5 * (one[:, None] == one)
        counts.flush()
        return _Tally(counts.histogram[1:] + shared, wins, first, total, square)


def _share(s: Array, w: Array, ranks: Array, first: Array) -> None:
    """Count a draw with ties: units that tie share the ranks that they take up together."""
    order = np.argsort(-s, kind="stable")
    start = 0
    for stop in range(1, s.size + 1):
        if stop < s.size and s[order[stop]] == s[order[start]]:
            continue
        group = order[start:stop]
        ranks[np.ix_(np.arange(start, stop), group)] += 1 / group.size
        if start == 0:
            first[group] += w / group.size
        start = stop


def _drawn(weights: WeightSet | None, node: str, leaves: bool, draws: int) -> OnWeights:
    where: Any = {"over": "leaves"} if leaves else {"node": node}
    if weights is None or weights.whole:
        return Dirichlet(**where)
    plain = weights.to_dict()
    return Within(pool=max(draws, 16_384), **plain, **({"node": ROOT} | where))


def _exact(
    model: Model, others: Sequence[Choice], weights: WeightSet | None, node: str, leaves: bool
) -> bool:
    """Whether the score is linear in the weights, these are uniform, and nothing else varies."""
    if others or (weights is not None and not weights.whole):
        return False
    plan, f = model.index.plan, model.index.framework
    path = [g.code for g in f.groups] if leaves else [node, *f.ancestors(node)]
    if any(plan.rule(g).method != "arithmetic" for g in path):
        return False
    return node == ROOT and not np.isnan(_components(model, node, leaves)).any()


def _components(model: Model, node: str, leaves: bool) -> Array:
    f, plan = model.index.framework, model.index.plan
    at = [plan.position[c] for c in (f.codes if leaves else f.children(node))]
    return model.nominal.values[model.rows][:, at]


def _confidence(
    index: Index,
    data: Any,
    others: Sequence[Choice],
    period: Hashable | None,
    node: str,
    leaves: bool,
    codes: Sequence[str],
    total: _Tally,
    draws: int,
    seed: int,
) -> Array:
    """Share of draws in which each unit is first under its own central weights."""
    f = index.framework  # of which a screen may leave out some
    whole = f.codes if leaves else f.children(node)
    n = len(total.first)
    out = np.full(n, np.nan)
    for i in range(n):
        if total.ranks[0, i] == 0:
            continue
        w = total.first[i] / total.first[i].sum()
        given = dict.fromkeys(whole, 0.0) | dict(zip(codes, w.tolist(), strict=True))
        fixed = _weighed(index, node, leaves, given)
        if not others:
            result = fixed.evaluate(data)
            model = Model(fixed, data, [_drawn(None, node, leaves, draws)], period=period)
            s = result.values[model.rows, -1][None]
        else:
            model = Model(fixed, data, others, period=period)
            u = RandomPoints(model.width, seed).block(i, 0, min(draws, 2000))
            s = model.scores(u)[:, 0]
        best = s == s.max(axis=1, keepdims=True)
        out[i] = (best[:, i] / best.sum(axis=1)).mean()
    return out


def _weighed(index: Index, node: str, leaves: bool, w: dict[str, float]) -> Index:
    f = index.framework
    if leaves:
        bare = Framework(f.indicators, tuple(replace(g, weigh=None) for g in f.groups))
        return index.replace(framework=bare, weight=w)
    groups = tuple(replace(g, weigh=w) if g.code == node else g for g in f.groups)
    return index.replace(framework=Framework(f.indicators, groups))


@dataclass(frozen=True, eq=False, repr=False)
class Acceptability(Study):
    """Acceptability of ranks under weights that are not known; see :func:`smaa`.

    Attributes
    ----------
    over : str
        Whose weights were drawn.
    codes : tuple of str
        What was weighed.
    draws, seed : int
    """

    kind: ClassVar[str] = "smaa"
    model: Model = field(repr=False)
    over: str
    codes: tuple[str, ...]
    draws: int
    seed: int
    _tally: _Tally = field(repr=False)
    _z: Array | None = field(repr=False)
    _confidence: Array = field(repr=False)

    @property
    def nominal(self) -> IndexResult:
        """The index as its definition says."""
        return self.model.nominal

    @property
    def exact(self) -> bool:
        """Whether pairwise winning, expected ranks and moments of scores are exact."""
        return self._z is not None

    @cached_property
    def acceptability(self) -> pd.DataFrame:
        """Share of weightings under which each unit has each rank; rows and columns sum to one.

        Units that tie share the ranks which they take up together.
        """
        p = self._tally.ranks.T / self.draws
        ranks = pd.Index(np.arange(1, len(p) + 1), name="rank")
        return pd.DataFrame(p, index=self.model.labels, columns=ranks)

    @cached_property
    def winning(self) -> pd.DataFrame:
        """Probability that the row's unit scores above the column's; ties count half."""
        if self._z is not None:
            p = pairwise_winning(self._z)
        else:
            assert self._tally.wins is not None
            p = self._tally.wins / self.draws
        p = p.copy()
        np.fill_diagonal(p, np.nan)
        return pd.DataFrame(p, index=self.model.labels, columns=self.model.labels)

    @cached_property
    def moments(self) -> pd.DataFrame:
        """Mean and standard deviation of each unit's score, with the efficient frontiers."""
        if self._z is not None:
            k = self._z.shape[1]
            mean = self._z.mean(axis=1)
            # variance of a linear form of uniform weights on the simplex
            away = self._z - mean[:, None]
            sd = np.sqrt((away**2).sum(axis=1) / (k * (k + 1)))
        else:
            shift = self._tally.total / self.draws
            mean = self.model.scores0[0] + shift
            variance = self._tally.square - self.draws * shift**2
            sd = np.sqrt(np.maximum(variance, 0) / (self.draws - 1))
        frontier, margin = frontiers(mean, sd)
        columns = {"mean": mean, "sd": sd, "frontier": frontier.astype(int), "margin": margin}
        return pd.DataFrame(columns, index=self.model.labels)

    @cached_property
    def central_weights(self) -> pd.DataFrame:
        """Mean of the weights under which each unit comes first; missing where it never does."""
        first = self._tally.ranks[0]
        never = first == 0
        w = self._tally.first / np.where(never, 1, first)[:, None]
        w[never] = np.nan
        return pd.DataFrame(w, index=self.model.labels, columns=list(self.codes))

    @property
    def confidence(self) -> pd.Series[float]:
        """Share of draws in which each unit is first under its own central weights."""
        return pd.Series(self._confidence, index=self.model.labels, name="confidence")

    @property
    def expected_ranks(self) -> pd.Series[float]:
        """Expected rank, one more than the expected number of units above."""
        above = self.winning.fillna(0).sum(axis=0)
        return (1 + above).rename("expected_rank")

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each unit, best expected rank first."""
        a = self.acceptability
        out = pd.DataFrame(
            {
                "expected_rank": self.expected_ranks.to_numpy(),
                "first": a[1].to_numpy(),
                "top_3": a.iloc[:, :3].sum(axis=1).to_numpy(),
                "confidence": self._confidence,
            },
            index=self.model.labels,
        )
        out = pd.concat([out, self.moments], axis=1)
        return out.iloc[np.argsort(out["expected_rank"].to_numpy(), kind="stable")]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        return {
            "table": self.to_frame(),
            "acceptability": self.acceptability,
            "winning": self.winning,
            "central_weights": self.central_weights,
        }

    def settings(self) -> dict[str, Any]:
        """Return how it was made."""
        return {
            "over": self.over,
            "codes": list(self.codes),
            "draws": self.draws,
            "seed": self.seed,
            "period": None if self.model.period is None else str(self.model.period),
            "choices": [c.label for c in self.model.choices],
        }

    def _texts(self) -> tuple[Text, ...]:
        codes = ", ".join(self.codes)
        zh, en = "；全部由抽样估计", "; everything is estimated from them"
        if self.exact:
            zh = "；两两胜率、期望名次、均值与标准差为精确值"
            en = "; pairwise winning, expected ranks, means and standard deviations are exact"
        return (
            Text(
                f"权重抽样{self.draws}次（{codes}）{zh}",
                f"{self.draws} draws of weights over {codes}{en}",
            ),
        )

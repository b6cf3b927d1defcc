"""Which choice the result depends on: shares of variance, exact or by Sobol points."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import DefinitionError, MethodError, NotFoundError, Problem
from gz_index.framework import ROOT, Text
from gz_index.sensitivity.blocks import Blocks, Progress, amount, memory, run, seeded
from gz_index.sensitivity.factorial import Exact, anova
from gz_index.sensitivity.indices import Design, Indices, bootstrap, design
from gz_index.sensitivity.model import Model
from gz_index.sensitivity.ranks import Ranker
from gz_index.study import Study

if TYPE_CHECKING:
    from gz_index.choices import Choice
    from gz_index.index import Index
    from gz_index.result import IndexResult

__all__ = ["VarianceShares", "sobol"]

Target = str | tuple[Hashable, Hashable]


@dataclass(frozen=True, eq=False)
class _Outputs:
    """From scores (D, rows) to the numbers asked about, (D, q)."""

    ties: Any
    segments: list[NDArray[np.intp]]
    nominal: Array
    targets: tuple[Target, ...]
    rows: pd.Index[Any]

    @property
    def names(self) -> list[str]:
        """Label of each output."""
        out = []
        for t in self.targets:
            if isinstance(t, tuple):
                out.append(f"{t[0]} - {t[1]}")
            elif t == "shift":
                out.append("shift")
            else:
                out += [f"{t} {_said(r)}" for r in self.rows]
        return out

    def __call__(self, s: Array) -> Array:
        ranks: Array | None = None
        if {"shift", "rank"} & {t for t in self.targets if isinstance(t, str)}:
            ranks = np.empty(s.shape)
            for at in self.segments:
                ranker = Ranker(at.size, self.ties)
                ranks[:, at] = ranker.ranks(np.ascontiguousarray(s[:, at])) / ranker.unit
        out: list[Array] = []
        for t in self.targets:
            if isinstance(t, tuple):
                i, j = (self.rows.tolist().index(label) for label in t)
                out.append(s[:, [i]] - s[:, [j]])
            elif t == "score":
                out.append(s)
            elif ranks is not None:
                away = np.abs(ranks - self.nominal).mean(axis=1, keepdims=True)
                out.append(ranks if t == "rank" else away)
        return np.concatenate(out, axis=1)


@dataclass(frozen=True, eq=False)
class _Work:
    """One task: evaluate the design's rows of its blocks."""

    model: Model
    design: Design
    order: NDArray[np.intp]
    blocks: Blocks
    outputs: _Outputs

    def points(self, block: int) -> Array:
        return np.asarray(self.design.blocks(*self.blocks.span(block))[:, self.order])

    def __call__(self, task: range) -> Array:
        parts = [self.outputs(self.model.scores(self.points(b))[:, 0]) for b in task]
        return np.concatenate(parts)


def sobol(
    index: Index,
    data: Any,
    choices: Sequence[Choice | Any] | None = None,
    *,
    targets: Sequence[Target] = ("shift", "score", "rank"),
    node: str = ROOT,
    period: Hashable | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    points: int | None = None,
    seed: int | None = None,
    second: bool = False,
    level: float = 0.95,
    resamples: int = 1000,
    budget: int = 10_000,
    n_jobs: int = 1,
    max_memory: int | str = "1 GB",
    progress: Progress = None,
) -> VarianceShares:
    r"""Share the variance of scores, ranks, differences out among the choices.

    The first-order index :math:`S_i = V[E(y \mid x_i)] / V(y)` is what would go if choice i were
    settled; the total index :math:`S_{Ti} = E[V(y \mid x_{\sim i})] / V(y)` is what would remain if
    all others were settled. Their difference is interaction, which tables of one change at a time
    do not show. Where all choices are discrete and have no more than ``budget`` combinations, the
    full factorial is evaluated and the shares are exact (with Shapley shares, which add up to one);
    otherwise they are estimated from scrambled Sobol points, with bootstrap intervals.

    Parameters
    ----------
    index, data, choices
        As for :func:`gz_index.uncertainty`.
    targets : sequence
        ``"shift"``: mean absolute shift of ranks from the nominal ones; ``"score"``, ``"rank"``: of
        every unit; ``(a, b)``: the score of unit a less that of unit b.
    node : str
        The group whose scores these are.
    period : label, optional
        Rows of one period only.
    groups : mapping, optional
        Choices, by label, that are taken together as one, under a name.
    points : int, optional
        Size N of the sample, a power of two; the index is evaluated N (d + 2) times, or N (2d + 2)
        with ``second``.
    seed : int, optional
    second : bool
        Also indices of pairs.
    level : float
        Probability of the intervals.
    resamples : int
        Bootstrap resamples, of whole rows.
    budget : int
        Largest full factorial; 0 asks for Sobol points in any case.
    n_jobs, max_memory, progress
        As for :func:`gz_index.uncertainty`.

    Raises
    ------
    DefinitionError, MethodError, DataError
        As for :func:`gz_index.uncertainty`; a size that is no power of two; an unknown target.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer
    Physics Communications 181(2), 259-270. doi:10.1016/j.cpc.2009.09.018

    Saisana, M., Saltelli, A. and Tarantola, S. (2005). Uncertainty and sensitivity analysis
    techniques as tools for the quality assessment of composite indicators. Journal of the Royal
    Statistical Society A 168(2), 307-323. doi:10.1111/j.1467-985X.2005.00350.x

    Examples
    --------
    >>> import gz_index as gz
    >>> index, data = gz.load("tai-2008"), gz.data("tai-2008")
    >>> choices = [
    ...     gz.Alternatives(part="weight", of=["equal", "entropy", "pca"]),
    ...     gz.Alternatives(part="normalise", of=["minmax", "rank"]),
    ... ]
    >>> s = gz.sobol(index, data, choices)
    >>> s.exact, s.of("shift")["shapley"].round(2).tolist()
    (True, [..., ...])
    """
    table = index.sensitivity
    points = (table.points if table is not None else 1024) if points is None else points
    seed = (table.seed if table is not None else 0) if seed is None else seed
    seed = seeded(seed)
    model = Model(index, data, choices, nodes=(node,), period=period)
    factors = _factors(model, groups)
    outputs = _outputs(model, targets)
    exact = len(model.variants.discrete) == len(model.choices) and model.combinations <= budget
    if exact:
        # scores, outputs, and what their decomposition holds
        cells = model.combinations * (model.rows.size + 5 * len(outputs.names))
        _refuse_large(cells * 8, outputs, max_memory)
        found: Exact | Indices = _factorial(model, factors, outputs)
        return VarianceShares(model, tuple(factors), tuple(outputs.names), found, None, seed)
    widths = [sum(_width(model, i) for i in members) for members in factors.values()]
    plan = design(points, widths, seed, second=second)
    at = [c for members in factors.values() for i in members for c in _columns(model, i)]
    order = np.argsort(np.array(at), kind="stable")
    rows = points * ((2 if second else 1) * len(factors) + 2)
    y_bytes = rows * len(outputs.names) * 8
    # the outputs, those of a task beside them, and the blocks of the bootstrap
    _refuse_large(2 * y_bytes + min(90_000_000, 25 * y_bytes + 2_000_000), outputs, max_memory)
    blocks = Blocks.of(rows, model.cells)
    work = _Work(model, plan, order, blocks, outputs)
    model.prepare(work.points(b) for b in range(blocks.count))
    y = np.empty((rows, len(outputs.names)))
    tasks = blocks.tasks()

    def size(task: range) -> int:
        return blocks.span(task[-1])[1] - blocks.span(task[0])[0]

    made = run(work, tasks, n_jobs=n_jobs, progress=progress, total=rows, done=size)
    for task, part in zip(tasks, made, strict=True):
        y[blocks.span(task[0])[0] : blocks.span(task[-1])[1]] = part
    found = bootstrap(
        *plan.split(y), resamples=resamples, level=level, rng=np.random.default_rng(seed)
    )
    return VarianceShares(model, tuple(factors), tuple(outputs.names), found, points, seed)


def _refuse_large(need: float, outputs: _Outputs, limit: int | str) -> None:
    if need > memory(limit):
        raise MethodError(
            f"the shares of {len(outputs.names)} outputs take {amount(need)}, and max_memory is "
            f"{limit}",
            hint="ask for fewer targets or points, or raise max_memory",
        )


def _said(label: Any) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _width(model: Model, i: int) -> int:
    at = model.columns[i]
    return int(at.stop - at.start)


def _columns(model: Model, i: int) -> range:
    return range(model.columns[i].start, model.columns[i].stop)


def _factors(model: Model, groups: Mapping[str, Sequence[str]] | None) -> dict[str, list[int]]:
    """Factors by name, with the numbers of their choices."""
    names = [c.label for c in model.choices]
    if groups is None:
        return {name: [i] for i, name in enumerate(names)}
    problems, out, seen = [], {}, set()
    for group, members in groups.items():
        for m in members:
            if m not in names:
                problems.append(
                    Problem(
                        f"groups.{group}", f"no choice {m!r}", f"choices are {', '.join(names)}"
                    )
                )
            elif m in seen:
                problems.append(Problem(f"groups.{group}", f"{m!r} stands in two groups"))
            seen.add(m)
        out[group] = [names.index(m) for m in members if m in names]
    problems += [Problem(f"groups.{g}", "is empty") for g, m in groups.items() if not m]
    problems += [
        Problem(f"groups.{g}", "is the name of a choice outside it", "give it another name")
        for g, m in groups.items()
        if g in names and g not in m and g not in seen
    ]
    if problems:
        raise DefinitionError("the groups of choices are not valid", problems)
    return out | {name: [i] for i, name in enumerate(names) if name not in seen}


def _outputs(model: Model, targets: Sequence[Target]) -> _Outputs:
    targets = (targets,) if isinstance(targets, str) else tuple(targets)
    if not targets:
        raise MethodError("no targets", hint="'shift', 'score', 'rank', or a pair of units")
    labels = model.labels.tolist()  # a panel's index also holds a unit without its period
    for t in targets:
        if isinstance(t, tuple) and len(t) == 2:
            for label in t:
                if label not in labels:
                    raise NotFoundError(f"target {t!r}: no row {label!r} in this study")
        elif t not in ("shift", "score", "rank"):
            raise MethodError(
                f"there is no target {t!r}", hint="'shift', 'score', 'rank', or a pair of units"
            )
    nominal = np.empty(model.rows.size)
    for at in model.segments:
        ranker = Ranker(at.size, model.index.ties)
        nominal[at] = ranker.ranks(model.scores0[:1, at])[0] / ranker.unit
    return _Outputs(model.index.ties, model.segments, nominal, targets, model.labels)


def _factorial(model: Model, factors: Mapping[str, list[int]], outputs: _Outputs) -> Exact:
    """Evaluate every combination; axes of choices that are taken together are merged."""
    scores = np.stack([model.nominal_of(key)[0] for key in model.variants.combinations()])
    counts = [len(model.choices[i].levels) for i in model.variants.discrete]  # type: ignore[attr-defined]
    y = outputs(scores).reshape(*counts, -1)
    y = np.transpose(y, [*(i for m in factors.values() for i in m), len(counts)])
    sizes, shares, start = [], [], 0
    for members in factors.values():
        p = np.ones(1)
        for i in members:
            p = np.outer(p, model.choices[i].probabilities).ravel()  # type: ignore[attr-defined]
        sizes.append(p.size)
        shares.append(p)
        start += len(members)
    return anova(y.reshape(*sizes, y.shape[-1]), shares)


@dataclass(frozen=True, eq=False, repr=False)
class VarianceShares(Study):
    """Shares of variance by choice; see :func:`sobol`.

    Attributes
    ----------
    choices : tuple of str
        Choices, or groups of them.
    targets : tuple of str
        What the variance is of.
    points : int or None
        Size of the Sobol sample; None where the shares are exact.
    seed : int
    """

    kind: ClassVar[str] = "sobol"
    model: Model = field(repr=False)
    choices: tuple[str, ...]
    targets: tuple[str, ...]
    found: Exact | Indices = field(repr=False)
    points: int | None
    seed: int

    @property
    def nominal(self) -> IndexResult:
        """The index as its definition says."""
        return self.model.nominal

    def title_of(self, choice: str) -> Text:
        """Name of a choice in both languages; of a group of choices its own."""
        titles = {c.label: c.title for c in self.model.choices}
        return titles.get(choice, Text.of(choice))

    @property
    def exact(self) -> bool:
        """Whether the shares come from the full factorial."""
        return isinstance(self.found, Exact)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each target and choice.

        Columns are ``first`` and ``total``, with ``shapley`` where exact, and ``_low``, ``_high``
        ends of the intervals where estimated. Estimates below zero are shown as they are. Where an
        output does not vary at all there is nothing to share, and the cells are empty.
        """
        names = ["first", "total", "shapley"]
        if not isinstance(self.found, Exact):
            names = [f"{n}{tail}" for n in ("first", "total") for tail in ("", "_low", "_high")]
        keys = pd.MultiIndex.from_product([self.targets, self.choices], names=["target", "choice"])
        columns = {n: np.asarray(getattr(self.found, n)).T.ravel() for n in names}
        return pd.DataFrame(columns, index=keys)

    def of(self, target: str) -> pd.DataFrame:
        """Return the shares of one target, a row for each choice."""
        if target not in self.targets:
            raise NotFoundError(f"no target {target!r}; there are {', '.join(self.targets[:10])}")
        found = self.to_frame().xs(target, level="target")
        assert isinstance(found, pd.DataFrame)
        return found

    def pairs(self) -> pd.DataFrame:
        """Return the interaction of each pair of choices beyond their first-order indices.

        Raises
        ------
        MethodError
            They were not asked for.
        """
        low = high = None
        if isinstance(self.found, Exact):
            second = _exact_pairs(self.found, len(self.choices))
        elif self.found.second is None:
            raise MethodError("pairs were not estimated", hint="run again with second=True")
        else:
            second = self.found.second
            low, high = self.found.second_low, self.found.second_high
        rows, keys = [], []
        for q, target in enumerate(self.targets):
            for i in range(len(self.choices)):
                for j in range(i + 1, len(self.choices)):
                    keys.append((target, self.choices[i], self.choices[j]))
                    row = [second[i, j, q]]
                    if low is not None and high is not None:
                        row += [low[i, j, q], high[i, j, q]]
                    rows.append(row)
        columns = ["second", "second_low", "second_high"][: len(rows[0]) if rows else 1]
        at = pd.MultiIndex.from_tuples(keys, names=["target", "choice", "other"])
        return pd.DataFrame(rows, index=at, columns=columns)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        out = {"table": self.to_frame()}
        if len(self.choices) > 1 and (
            self.exact or getattr(self.found, "second", None) is not None
        ):
            out["pairs"] = self.pairs()
        return out

    def settings(self) -> dict[str, Any]:
        """Return how it was made."""
        return {
            "exact": self.exact,
            "points": self.points,
            "seed": self.seed,
            "node": self.model.nodes[0],
            "period": None if self.model.period is None else str(self.model.period),
            "choices": list(self.choices),
        }

    def _texts(self) -> tuple[Text, ...]:
        if self.exact:
            count = self.model.combinations
            out = [
                Text(f"精确：{count}种组合全部计算", f"exact: all {count} combinations evaluated")
            ]
        else:
            zh = f"由{self.points}个Sobol点估计（种子{self.seed}）"
            en = f"estimated from {self.points} Sobol points (seed {self.seed}); intervals of "
            level = getattr(self.found, "level", 0.95)
            out = [Text(f"{zh}，区间概率{level:.0%}", f"{en}{level:.0%}")]
        constant = np.asarray(self.found.constant)
        if constant.any():
            names = [t for t, c in zip(self.targets, constant, strict=True) if c]
            shown = ", ".join(names[:5]) + (f" (+{len(names) - 5})" if len(names) > 5 else "")
            out.append(
                Text(
                    f"不随选择变动，没有方差可分：{shown}",
                    f"does not vary, so that there is nothing to share: {shown}",
                )
            )
        if "shift" in self.targets and len(self.choices) > 1:
            first = self.of("shift")["first"].sum()
            if first < 1:  # estimates may add up to more
                out.append(
                    Text(
                        f"名次变动的方差中，{1 - first:.0%}来自各选择之间的交互",
                        f"shift of ranks: {1 - first:.0%} of the variance is interaction between "
                        "choices",
                    )
                )
        return tuple(out)


def _exact_pairs(found: Exact, d: int) -> Array:
    out = np.full((d, d, found.first.shape[1]), np.nan)
    for i in range(d):
        for j in range(i + 1, d):
            out[i, j] = found.interaction[i, j]
    return out

"""Random weights: noise, Dirichlet, and uniform within limits."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from gz_index._arrays import Array
from gz_index.choices.base import Choice, unknown
from gz_index.errors import DefinitionError, GzIndexError, MethodError, Problem
from gz_index.framework import ROOT, Framework, Text

if TYPE_CHECKING:
    from gz_index.sensitivity.weightset import WeightSet

__all__ = ["Dirichlet", "OnWeights", "Spread", "Within"]


@dataclass(frozen=True, kw_only=True)
class OnWeights(Choice):
    """Random weights among siblings; base of the choices on weights.

    Parameters
    ----------
    node : str, optional
        Group whose children's weights vary; by default every group with two children or more.
    over : {"siblings", "leaves"}
        Weights of the children of each group, or of all indicators in the whole index (then
        ``node`` is the root).
    """

    node: str | None = None
    over: Literal["siblings", "leaves"] = "siblings"

    def _check_over(self) -> None:
        if self.over not in ("siblings", "leaves"):
            raise MethodError(f"{self.label}: over = {self.over!r}", hint="siblings or leaves")
        if self.over == "leaves" and self.node not in (None, ROOT):
            raise MethodError(
                f"{self.label}: over = 'leaves' varies the weights of the whole index",
                hint=f"take node = {self.node!r} out, or use over = 'siblings'",
            )

    def sets(self, framework: Framework) -> list[tuple[str, int]]:
        """Return the groups whose weights vary, with how many weights each has."""
        if self.over == "leaves":
            return [(ROOT, len(framework.codes))]
        codes = [g.code for g in framework.groups] if self.node is None else [self.node]
        return [(c, len(framework.children(c))) for c in codes if len(framework.children(c)) > 1]

    def width(self, framework: Framework) -> int:
        """One number for each weight."""
        return sum(k for _, k in self.sets(framework))

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree."""
        if self.node is None:
            none = Problem(self.label, "no group has two children to weigh", "take it out")
            return [] if self.sets(framework) else [none]
        out = unknown(self.label, [self.node], framework)
        if not out and len(framework.children(self.node)) < 2:
            out.append(Problem(self.label, f"{self.node!r} has no two children to weigh"))
        return out

    @abstractmethod
    def weights(self, u: Array, nominal: Array, codes: Sequence[str]) -> Array:
        """Return weights (D, ..., k) that sum to one, from ``u`` (D, k) and nominal ones (..., k).

        ``codes`` names the k children: fewer than in the whole tree where some are left out.
        """


@dataclass(frozen=True, kw_only=True)
class Spread(OnWeights):
    r"""Relative noise on each weight, then scaled to sum to one.

    uniform: :math:`w_j (1 + s\,(2u - 1))`; normal: :math:`w_j \max(0, 1 + s\,\Phi^{-1}(u))`.
    Scaling moves a weight by the noise of the others as well: the ratio of two weights stays within
    (1 + s) / (1 - s) of the nominal one, a weight itself may leave w (1 +- s) by a little. Where
    limits have to hold exactly, use :class:`Within`.

    Parameters
    ----------
    size : float
        s: half width as a share of the weight, in (0, 1]; for the normal the standard deviation.
    shape : {"uniform", "normal"}

    Examples
    --------
    >>> import numpy as np
    >>> w = Spread(size=0.5).weights(np.array([[0.5, 1.0]]), np.array([0.5, 0.5]), ["a", "b"])
    >>> w.round(2).tolist()
    [[0.4, 0.6]]
    """

    kind: ClassVar[str] = "spread"
    size: float = 0.25
    shape: Literal["uniform", "normal"] = "uniform"

    def __post_init__(self) -> None:
        self._check_over()
        if self.shape not in ("uniform", "normal") or not 0 < self.size <= 1:
            raise MethodError(
                f"spread: size = {self.size!r}, shape = {self.shape!r}",
                hint="size is a share in (0, 1], shape is 'uniform' or 'normal'",
            )

    def _title(self) -> Text:
        zh, en = _below(self.node)
        normal = self.shape == "normal"
        return Text(
            f"{zh}权重±{self.size:.0%}" + "（正态）" * normal,
            f"weights{en} +-{self.size:.0%}" + ", normal" * normal,
        )

    def weights(self, u: Array, nominal: Array, codes: Sequence[str]) -> Array:
        """Return the weights of each draw."""
        if self.shape == "uniform":
            noise = u * (2 * self.size)
            noise += 1 - self.size
        else:
            noise = np.maximum(1 + self.size * _normal(u), 1e-12)
        return _scaled(_each(noise, nominal) * nominal)


@dataclass(frozen=True, kw_only=True)
class Dirichlet(OnWeights):
    r"""Dirichlet weights with parameters :math:`a_j`.

    Parameters
    ----------
    concentration : float
        c > 0. With ``centre = "nominal"`` :math:`a_j = c\,w_j`: the mean is the nominal weight, the
        variance :math:`w_j (1 - w_j) / (c + 1)`. With ``centre = "equal"`` :math:`a_j = c` for all:
        c = 1 is uniform on the simplex.
    centre : {"nominal", "equal"}

    Examples
    --------
    >>> import numpy as np
    >>> d = Dirichlet(concentration=1, centre="equal")
    >>> u = np.exp([[-1.0, -3.0]])
    >>> d.weights(1 - u, np.array([0.5, 0.5]), ["a", "b"]).round(4).tolist()
    [[0.25, 0.75]]
    """

    kind: ClassVar[str] = "dirichlet"
    concentration: float = 1.0
    centre: Literal["nominal", "equal"] = "equal"

    def __post_init__(self) -> None:
        self._check_over()
        if self.centre not in ("nominal", "equal") or not 0 < self.concentration < np.inf:
            raise MethodError(
                f"dirichlet: concentration = {self.concentration!r}, centre = {self.centre!r}",
                hint="concentration is above zero, centre is 'nominal' or 'equal'",
            )

    def _title(self) -> Text:
        zh, en = _below(self.node)
        if self.centre == "equal" and self.concentration == 1:
            return Text(f"{zh}任意权重", f"any weights{en}")
        c, centre = f"{self.concentration:g}", "等权" if self.centre == "equal" else "名义权重"
        return Text(
            f"{zh}狄利克雷权重（c={c}，中心为{centre}）",
            f"Dirichlet weights{en} (c={c}, {self.centre})",
        )

    def weights(self, u: Array, nominal: Array, codes: Sequence[str]) -> Array:
        """Return the weights of each draw: gamma variates over their sum."""
        if self.centre == "equal" and self.concentration == 1:
            flat = _scaled(-np.log1p(-u))  # exponential variates
            return np.asarray(np.broadcast_to(_each(flat, nominal), (*_lead(u, nominal),)))
        from scipy.special import gammaincinv

        shape = np.full(nominal.shape, self.concentration)
        if self.centre == "nominal":
            shape = self.concentration * nominal
        noise = np.broadcast_to(_each(u, nominal), _lead(u, nominal))
        return _scaled(np.where(shape > 0, gammaincinv(np.maximum(shape, 1e-300), noise), 0.0))


@dataclass(frozen=True, kw_only=True)
class Within(OnWeights):
    """Weights uniform over all that satisfy given limits, whatever the nominal ones are.

    Parameters
    ----------
    lower, upper : mapping
        Bounds by code.
    order : sequence of sequences of str
        Chains from the greatest weight to the least: ``[["a", "b"]]`` is w_a >= w_b.
    shares : sequence of mappings
        ``{of = [codes], low = ..., high = ...}``: limits on the sum of some weights.
    pool : int
        Number of vectors drawn beforehand (with a fixed seed), among which each draw chooses.

    Examples
    --------
    >>> import numpy as np
    >>> c = Within(node="total", lower={"a": 0.4}, order=[["a", "b"]], pool=1000)
    >>> w = c.weights(np.random.default_rng(0).random((500, 1)), np.ones(3) / 3, ["a", "b", "c"])
    >>> bool((w[:, 0] >= 0.4).all()), bool((w[:, 0] >= w[:, 1]).all())
    (True, True)
    """

    kind: ClassVar[str] = "within"
    node: str | None = ROOT
    lower: Mapping[str, float] = field(default_factory=dict)
    upper: Mapping[str, float] = field(default_factory=dict)
    order: Sequence[Sequence[str]] = ()
    shares: Sequence[Mapping[str, Any]] = ()
    pool: int = 16_384

    def __post_init__(self) -> None:
        self._check_over()
        if self.node is None:
            raise MethodError("limits on weights need a node", hint=f"node = {ROOT!r} is the root")
        object.__setattr__(self, "order", tuple(tuple(c) for c in self.order))
        object.__setattr__(self, "shares", tuple(dict(s) for s in self.shares))

    def _title(self) -> Text:
        zh, en = _below(self.node)
        return Text(f"{zh}权重（限定范围）", f"weights{en} within limits")

    def limits(self, codes: Sequence[str]) -> WeightSet:
        """Return the set of weights over some children."""
        from gz_index.sensitivity.weightset import WeightSet

        table = {"lower": self.lower, "upper": self.upper, "order": self.order}
        return WeightSet.of({**table, "shares": self.shares}, tuple(codes))

    def width(self, framework: Framework) -> int:
        """One number chooses a vector of the pool."""
        return 1

    def problems(self, framework: Framework) -> list[Problem]:
        """Return what is wrong with it for this tree."""
        out = super().problems(framework)
        if out:
            return out
        assert self.node is not None
        codes = framework.codes if self.over == "leaves" else framework.children(self.node)
        try:
            self.limits(codes)
        except DefinitionError as error:
            return list(error.problems) or [Problem(self.label, str(error))]
        except GzIndexError as error:
            return [Problem(self.label, str(error))]
        return []

    def weights(self, u: Array, nominal: Array, codes: Sequence[str]) -> Array:
        """Return the weights of each draw."""
        pool = _pool(self, tuple(codes))
        chosen = pool[np.minimum((u[:, 0] * len(pool)).astype(np.intp), len(pool) - 1)]
        return np.asarray(np.broadcast_to(_each(chosen, nominal), _lead(chosen, nominal)))


def _below(node: str | None) -> tuple[str, str]:
    return (f"{node}之下的", f" below {node}") if node else ("", "")


_POOLS: dict[tuple[str, tuple[str, ...]], Array] = {}


def _pool(within: Within, codes: tuple[str, ...]) -> Array:
    """Vectors to choose from; kept, as each block of draws asks for the same ones."""
    key = (repr(within), codes)
    if key not in _POOLS:
        if len(_POOLS) > 8:
            _POOLS.clear()
        _POOLS[key] = within.limits(codes).sample(within.pool, np.random.default_rng(0))
    return _POOLS[key]


def _each(u: Array, nominal: Array) -> Array:
    """Give ``u`` (D, k) the axis of periods that nominal weights (T, k) have."""
    return u[:, None, :] if nominal.ndim > 1 else u


def _lead(u: Array, nominal: Array) -> tuple[int, ...]:
    return (u.shape[0], *nominal.shape)


def _scaled(w: Array) -> Array:
    """Divide new weights by their sum, in place."""
    w /= w.sum(axis=-1, keepdims=True)
    return w


def _normal(u: Array) -> Array:
    from scipy.special import ndtri

    tiny = np.finfo(np.float64).tiny
    return np.asarray(ndtri(np.clip(u, tiny, 1 - 2**-53)))

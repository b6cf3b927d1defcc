"""Many draws of weights, exponents and data up the tree at once: arrays in, arrays out.

Nodes above which everything is arithmetic are kept as linear forms of the indicators, so that a
whole additive tree costs one matrix product. Other weighted means are sums of transformed values;
what remains goes through the aggregators themselves, which take draws along leading axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.engine import Plan, Rows, Slot
from gz_index.errors import MethodError
from gz_index.weighting.local import labels

__all__ = ["Climb"]

#: cells of scores in a slice of draws: a few tables of this size stay in the cache of a core
_SLICE = 65_536

Columns: TypeAlias = NDArray[np.bool_] | slice


@dataclass(frozen=True)
class _Linear:
    """A weighted sum of indicators: their positions (l,) and weights (l,) or (D, l)."""

    at: NDArray[np.intp]
    w: Array


@dataclass(frozen=True, eq=False)
class Climb:
    """The way from normalised data to the scores of some groups, for many draws at once.

    Attributes
    ----------
    plan : Plan
    z : (n, m)
        Normalised data as they are without measurement error; tells where cells are missing.
    slot : (n,) or None
    wanted : tuple of str
        Groups whose scores are asked for.
    """

    plan: Plan
    z: Array
    slot: Slot
    wanted: tuple[str, ...]

    @cached_property
    def _needed(self) -> list[tuple[str, NDArray[np.intp], NDArray[np.intp]]]:
        """The groups at or below a wanted one, bottom up."""
        f = self.plan.framework
        below = {g for g in f.nodes for w in self.wanted if g == w or w in f.ancestors(g)}
        return [g for g in self.plan.groups if g[0] in below]

    @cached_property
    def _known(self) -> NDArray[np.bool_] | None:
        known = ~np.isnan(self.z)
        return None if known.all() else known

    @cached_property
    def _gaps(self) -> dict[str, tuple[NDArray[np.bool_], Array]]:
        """Of each group: which children have a value (n, k), and the share known below (n,)."""
        if self._known is None:
            return {}
        has: dict[int, NDArray[np.bool_]] = dict(enumerate(self._known.T))
        out = {}
        for code, kids, leaves in self.plan.groups:
            there = np.stack([has[k] for k in kids.tolist()], axis=1)
            below = self._known[:, leaves].mean(axis=1)
            has[self.plan.position[code]] = (below >= self.plan.coverage) & there.any(axis=1)
            out[code] = there, below
        return out

    @cached_property
    def _chosen(self) -> dict[bytes, Array]:
        return {}

    def columns(self, z: Array, at: NDArray[np.intp]) -> Array:
        """Return some indicators (l, n), side by side in memory; kept for the next draws."""
        if z is not self.z:
            return z[:, at].T
        key = at.tobytes()
        if key not in self._chosen:
            self._chosen[key] = np.ascontiguousarray(z[:, at].T)
        return self._chosen[key]

    def __call__(
        self,
        draws: int,
        local: Mapping[str, Array],
        drawn: frozenset[str],
        *,
        exponents: Mapping[str, Array] | None = None,
        z: Array | None = None,
    ) -> Array:
        """Return the scores (D, wanted, n); parameters as for :meth:`slices`."""
        out = np.empty((draws, len(self.wanted), self.z.shape[0]))
        parts = self.slices(draws, local, drawn, exponents=exponents, z=z)
        for start, scores in parts:
            out[start : start + len(scores)] = scores
        return out

    def slices(
        self,
        draws: int,
        local: Mapping[str, Array],
        drawn: frozenset[str],
        *,
        exponents: Mapping[str, Array] | None = None,
        z: Array | None = None,
    ) -> Iterator[tuple[int, Array]]:
        """Give the scores (d, wanted, n) of some draws at a time, with the number of the first.

        Slices are as large as stays in the cache of a core. What is given holds until the next one.

        Parameters
        ----------
        draws : int
            D.
        local : mapping
            Weights of the children of each group: (k,) or (T, k), with a leading axis of draws
            where they are ``drawn``.
        drawn : frozenset of str
            Groups whose weights differ between draws.
        exponents : mapping, optional
            Exponent (D,) of the power mean that takes the place of a group's own rule.
        z : (D, n, m), optional
            Data of each draw in place of :attr:`z`.
        """
        exponents = exponents or {}
        n = self.z.shape[0]
        step = max(8, _SLICE // n)
        step = -(-draws // -(-draws // step))  # slices of one size
        if z is None and not exponents and len(self.wanted) == 1:
            form = _Run(self, draws, local, drawn, {}, self.z).form()
            if form is not None and form.w.ndim > 1:
                x, room = self.columns(self.z, form.at), np.empty((step, 1, n))
                for start in range(0, draws, step):
                    w = form.w[start : start + step]
                    np.matmul(w, x, out=room[: len(w), 0])
                    yield start, room[: len(w)]
                return
        for start in range(0, draws, step):
            here = slice(start, min(start + step, draws))
            some = {g: w[here] if g in drawn else w for g, w in local.items()}
            r = {g: e[here] for g, e in exponents.items()}
            data = self.z if z is None else z[here]
            yield start, _Run(self, here.stop - start, some, drawn, r, data).scores()


class _Run:
    """One call: the values of the nodes as they become known."""

    def __init__(
        self,
        climb: Climb,
        draws: int,
        local: Mapping[str, Array],
        drawn: frozenset[str],
        exponents: Mapping[str, Array],
        z: Array,
    ) -> None:
        self.climb, self.plan = climb, climb.plan
        self.draws, self.local, self.drawn = draws, local, drawn
        self.exponents, self.z = exponents, z
        self.linear: dict[int, _Linear] = {}
        self.values: dict[int, Array] = {}

    def form(self) -> _Linear | None:
        """Return the one wanted group as a linear form of indicators, where it is one."""
        for code, kids, _ in self.climb._needed:
            form = self._form(code, kids)
            if form is None:
                return None
            self.linear[self.plan.position[code]] = form
        return self.linear[self.plan.position[self.climb.wanted[0]]]

    def scores(self) -> Array:
        """Return (D, wanted, n)."""
        for code, kids, _ in self.climb._needed:
            at = self.plan.position[code]
            form = self._form(code, kids)
            if form is not None:
                self.linear[at] = form
            else:
                self.values[at] = self._value(code, kids)
        out = np.empty((self.draws, len(self.climb.wanted), self.z.shape[-2]))
        for i, code in enumerate(self.climb.wanted):
            out[:, i] = self._node(self.plan.position[code])
        return out

    def _form(self, code: str, kids: NDArray[np.intp]) -> _Linear | None:
        """Return a group as a linear form of indicators, where it is one."""
        rule, w = self.plan.rule(code), self.local[code]
        plain = w.ndim == 1 + (code in self.drawn)  # not by period
        if rule.method != "arithmetic" or code in self.exponents or self.climb._gaps or not plain:
            return None
        numbers = kids.tolist()
        if any(kid in self.values for kid in numbers):
            return None
        forms = [self.linear.get(kid) for kid in numbers]
        if not any(forms):
            return _Linear(kids, w)
        sizes = [1 if form is None else form.at.size for form in forms]
        lead = np.broadcast_shapes(w.shape[:-1], *(form.w.shape[:-1] for form in forms if form))
        at, out, start = np.empty(sum(sizes), np.intp), np.empty((*lead, sum(sizes))), 0
        for j, (kid, form, size) in enumerate(zip(numbers, forms, sizes, strict=True)):
            here = slice(start, start := start + size)
            at[here] = kid if form is None else form.at
            out[..., here] = w[..., [j]] if form is None else w[..., [j]] * form.w
        return _Linear(at, out)

    def _node(self, at: int) -> Array:
        """Values of a node: (n,) where all draws share them, else (D, n)."""
        if at in self.values:
            return self.values[at]
        if at not in self.linear:
            return np.asarray(self.z[..., at])
        form = self.linear[at]
        if self.z.ndim > 2:
            return np.asarray((self.z[..., form.at] @ form.w[..., None])[..., 0])
        return np.asarray(form.w @ self.climb.columns(self.z, form.at))

    def _value(self, code: str, kids: NDArray[np.intp]) -> Array:
        """Values of a group that is no linear form."""
        there, below = self.climb._gaps.get(code, (None, None))
        draws = code in self.drawn
        many = draws or code in self.exponents or any(self._many(k) for k in kids.tolist())
        n = self.z.shape[-2]
        out = np.full((self.draws, n) if many else (n,), np.nan)
        pieces = self.plan.pieces(
            code, there, self.local[code], self.climb.slot, below, draws=draws
        )
        for rows, present, w in pieces:
            x = _Children(self, kids[present].tolist(), rows)
            try:
                out[..., rows] = self._put_together(code, x, w)
            except MethodError as error:
                raise self._named(error, code, kids, rows, present) from error
        return out

    def _named(
        self, error: MethodError, code: str, kids: NDArray[np.intp], rows: Rows, present: Columns
    ) -> MethodError:
        names = np.array(labels(self.plan.framework, [self.plan.nodes[k] for k in kids.tolist()]))
        at = np.arange(self.z.shape[-2])[rows][list(error.rows)].tolist()
        return error.at(f"score of {code!r}", names[present].tolist(), at)

    def _many(self, at: int) -> bool:
        """Whether the values of a node differ between draws."""
        if self.z.ndim > 2:
            return True
        if at in self.linear:
            return self.linear[at].w.ndim > 1
        return at in self.values and self.values[at].ndim > 1

    def _put_together(self, code: str, x: _Children, w: Array) -> Array:
        rule = self.plan.rule(code)
        if code in self.exponents:
            return _power(x, w, self.exponents[code])
        means = {"arithmetic": None, "geometric": np.log, "harmonic": np.reciprocal}
        if rule.method in means and (w.ndim > 1 or not x.shared):
            found = _mean(x, w, means[rule.method])
            if found is not None:
                return found
        return rule(x.stacked(self.draws), w)


@dataclass(frozen=True)
class _Children:
    """Values of the children of a group at some rows, one after the other."""

    run: _Run
    numbers: list[int]
    rows: Rows

    def __iter__(self) -> Iterator[Array]:
        for number in self.numbers:
            v = self.run._node(number)
            yield v if isinstance(self.rows, slice) else v[..., self.rows]

    @property
    def shared(self) -> bool:
        """Whether all draws have the same values."""
        return not any(self.run._many(number) for number in self.numbers)

    def stacked(self, draws: int) -> Array:
        """Return (n, k), or (D, n, k) where draws differ."""
        if self.shared:
            return np.stack(list(self), axis=-1)
        out: Array | None = None
        for j, v in enumerate(self):
            if out is None:
                out = np.empty((draws, v.shape[-1], len(self.numbers)))
            out[..., j] = v
        assert out is not None
        return out


def _mean(x: _Children, w: Array, transform: np.ufunc | None) -> Array | None:
    """Mean under a transform, (D, n), or None where a value is not in its domain."""
    if x.shared:
        z = np.stack(list(x))
        if transform is None:
            return np.asarray(w @ z)
        if not z.min() > 1e-300:
            return None
        return np.asarray(_back(transform, w @ transform(z)))
    total: Array | None = None
    for j, v in enumerate(x):
        if transform is not None:
            if not v.min() > 1e-300:
                return None
            v = transform(v)
        part = np.multiply(w[..., j, None], v)
        if total is None or total.shape != part.shape:
            total = part if total is None else total + part
        else:
            total += part
    assert total is not None
    return total if transform is None else _back(transform, total)


def _back(transform: np.ufunc, total: Array) -> Array:
    return np.asarray((np.exp if transform is np.log else np.reciprocal)(total, out=total))


def _power(children: Iterable[Array], w: Array, r: Array) -> Array:
    """Power means with exponents r (D,): ``g (1 + sum w ((x / g)^r - 1))^(1/r)``.

    g is the weighted geometric mean, which is the limit at r = 0; so written, the digits of
    exponents near zero are kept. Where values are zero (allowed for r > 0 only), g is the maximum.
    """
    x, k = list(children), w.shape[-1]
    low = min(float(v.min()) for v in x)
    if low < 0 or (low == 0 and (r <= 0).any()):
        column = next(j for j, v in enumerate(x) if v.min() <= 0)
        bad = x[column].reshape(-1, x[column].shape[-1]).min(axis=0)
        row = int(bad.argmin())
        raise MethodError(
            f"the power mean with exponents down to {r.min():.3g} meets {bad[row]:.6g} in "
            "{columns} of {rows}",
            columns=[column],
            rows=[row],
            hint="normalise to an interval above zero, e.g. {method = 'minmax', to = [1, 100]}, "
            "or draw exponents above zero",
        )
    rising = r[:, None]
    if low > 0:
        logs = [np.log(v) for v in x]
        centre: Array = sum(w[..., j, None] * v for j, v in enumerate(logs))  # type: ignore
        safe = np.where(rising == 0, 1.0, rising)
        rest = sum(w[..., j, None] * np.expm1(safe * (logs[j] - centre)) for j in range(k))
        return np.asarray(np.exp(centre + np.where(rising == 0, 0.0, np.log1p(rest) / safe)))
    top = np.max(np.broadcast_arrays(*x), axis=0)
    unit = np.where(top > 0, top, 1.0)
    inner = sum(w[..., j, None] * (x[j] / unit) ** rising for j in range(k))
    return np.asarray(unit * inner ** (1 / rising))

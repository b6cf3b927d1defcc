"""Polytopes of weights: their centre, the flat that they span, random walks, linear programmes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import MethodError

__all__ = ["Flat", "flattened", "solved"]

#: chains of the random walk; per dimension: steps of a stage before they count, and between draws
_CHAINS, _BURN, _THIN = 1024, 40, 4

#: change of a slack that is rounding, and below what width a set is taken for flat
_SLACK, _FLAT = 1e-12, 1e-9


class Flat(NamedTuple):
    """A set as centre + basis @ y with a @ y <= b, of full dimension in y."""

    centre: Array
    basis: Array
    a: Array
    b: Array

    def walked(self, count: int, corners: Array, rng: np.random.Generator) -> Array:
        """Draws (count, k) by hit-and-run, along the edges between ``corners`` (m, k) too."""
        size = self.basis.shape[1]
        if size == 0:
            return np.tile(self.centre, (count, 1))
        i, j = np.triu_indices(len(corners), 1)
        edges = (corners[i] - corners[j]) @ self.basis
        edges = edges[np.abs(edges).max(axis=1, initial=0.0) > _FLAT]
        y: Array = np.zeros((_CHAINS, size))
        shape: Array = np.eye(size)
        spread, grows = -np.inf, True
        while grows:
            y = self._walk(y, shape, edges, _BURN * size, rng)
            cov = np.cov(y.T).reshape(size, size)
            cov += 1e-15 * np.trace(cov) * np.eye(size)  # what rounding leaves of a thin set
            shape = np.asarray(np.linalg.cholesky(cov), dtype=np.float64)
            before, spread = spread, 2 * np.log(np.diag(shape)).sum()
            grows = spread - before > 2 * np.sqrt(size / _CHAINS)  # what chance would do
        y = self._walk(y, shape, edges, _BURN * size, rng)
        out = np.empty((count, len(self.centre)))
        for s in range(0, count, _CHAINS):
            y = self._walk(y, shape, edges, _THIN * size, rng) if s else y
            out[s : s + _CHAINS] = (self.centre + y @ self.basis.T)[: count - s]
        return np.maximum(out, 0.0, out=out)

    def _walk(
        self, y: Array, shape: Array, edges: Array, steps: int, rng: np.random.Generator
    ) -> Array:
        """From points y (chains, size): a direction, a uniform point of the chord along it."""
        rates = edges @ self.a.T
        rates[np.abs(rates) < _SLACK] = 0.0
        slack = self.b - y @ self.a.T
        for step in range(steps):
            if step % 2 and len(edges):
                at = rng.integers(len(edges), size=len(y))
                direction, rate = edges[at], rates[at]
            else:
                direction = rng.standard_normal(y.shape) @ shape.T
                rate = direction @ self.a.T
            pace = rate / np.maximum(slack, 1e-18)
            near, far = 1 / pace.min(axis=1), 1 / pace.max(axis=1)
            t = (near + rng.random(len(y)) * (far - near))[:, None]
            y = y + t * direction
            slack -= t * rate
        return y


def flattened(a: Array, b: Array) -> Flat | None:
    """Find the centre of {a w <= b, sum w = 1} and the flat that it spans; None where empty."""
    from scipy.linalg import lstsq, null_space

    one = np.ones((1, a.shape[1]))
    origin, radius = _inscribed(a, b, one, np.ones(1))
    if radius < -_FLAT:
        return None
    tight = np.zeros(len(a), dtype=bool)
    if radius < _FLAT:  # which limits hold as equations?
        ends = b + _FLAT
        least = [row @ solved(row, a, ends, one, np.ones(1)) for row in a]
        tight = np.array(least) >= b - 10 * len(b) * _FLAT
    equations = np.concatenate([one, a[tight]])
    ends = np.concatenate([np.ones(1), b[tight]])
    origin = origin + lstsq(equations, ends - equations @ origin)[0]
    basis = null_space(equations)
    a, b = a[~tight], b[~tight]
    if basis.shape[1] > 0:
        none = np.zeros((0, basis.shape[1]))
        centre, _ = _inscribed(a @ basis, b - a @ origin, none, np.zeros(0))
        origin = origin + basis @ centre
    return Flat(origin, basis, a @ basis, b - a @ origin)


def _inscribed(a: Array, b: Array, a_eq: Array, b_eq: Array) -> tuple[Array, float]:
    """Centre and radius of the largest ball in {a w <= b, a_eq w = b_eq}; below 0 where empty."""
    norms = np.sqrt((a**2).sum(axis=1))
    cost = np.append(np.zeros(a.shape[1]), -1.0)
    a_eq = np.column_stack([a_eq, np.zeros(len(a_eq))])
    found = solved(cost, np.column_stack([a, norms]), b, a_eq, b_eq)
    return found[:-1], float(found[-1])


def solved(cost: Array, a: Any, b: Array, a_eq: Any, b_eq: Array) -> Array:
    """Solve a linear programme that has a solution."""
    from scipy.optimize import linprog

    found = linprog(
        cost,
        a,
        b,
        a_eq,
        b_eq,
        bounds=(None, None),
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if found.x is None:
        raise MethodError(
            f"the linear programme over the weights has no solution: {found.message}",
            hint="widen the limits on the weights a little",
        )
    return np.asarray(found.x)

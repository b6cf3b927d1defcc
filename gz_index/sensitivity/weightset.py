"""Sets of admissible weights: bounds, orders and limits on sums; draws from them, extremes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import DefinitionError, MethodError, Problem

__all__ = ["WeightSet"]

#: share of draws that has to be accepted for rejection to be used
_ACCEPTED = 0.02

#: chains of the random walk, steps before it counts and between two draws, per dimension
_CHAINS, _BURN, _THIN = 1024, 40, 4

_SLACK = 1e-12


@dataclass(frozen=True)
class WeightSet:
    r"""All weights :math:`w \ge 0,\ \sum w = 1` that satisfy some limits.

    Parameters
    ----------
    codes : tuple of str
        What is weighed, in order.
    lower, upper : mapping
        Bounds of single weights, in [0, 1].
    order : tuple of tuple of str
        Chains from the greatest weight to the least: ("a", "b", "c") is w_a >= w_b >= w_c.
    shares : tuple of (codes, low, high)
        Bounds of sums of weights.

    Raises
    ------
    DefinitionError
        A code is unknown, a bound is out of range, an order is circular, or no weights satisfy all
        limits.

    Examples
    --------
    >>> s = WeightSet(("a", "b", "c"), lower={"a": 0.2}, order=(("a", "b"),))
    >>> w = s.sample(1000, np.random.default_rng(0))
    >>> bool((w[:, 0] >= 0.2).all() and (w[:, 0] >= w[:, 1]).all())
    True
    >>> s.minimum(np.array([[1.0, 0.0, 0.0]]))
    array([0.2])
    """

    codes: tuple[str, ...]
    lower: Mapping[str, float] = field(default_factory=dict)
    upper: Mapping[str, float] = field(default_factory=dict)
    order: tuple[tuple[str, ...], ...] = ()
    shares: tuple[tuple[tuple[str, ...], float, float], ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "codes", tuple(self.codes))
        put(self, "order", tuple(tuple(c) for c in self.order))
        put(self, "shares", tuple((tuple(c), float(a), float(b)) for c, a, b in self.shares))
        problems = list(self._problems())
        if not problems and not self.whole and self._centre() is None:
            problems = self._conflict()
        if problems:
            raise DefinitionError("the limits on weights are not valid", problems)

    @classmethod
    def of(cls, table: Mapping[str, Any], codes: Sequence[str]) -> WeightSet:
        """Make a set from a table ``{lower, upper, order, shares = [{of, low, high}]}``.

        Raises
        ------
        DefinitionError
            As the class; or a key is unknown.
        """
        keys = ("lower", "upper", "order", "shares")
        unknown = [Problem(k, "unknown key", f"keys are {', '.join(keys)}") for k in table]
        unknown = [p for p in unknown if p.where not in keys]
        shares = []
        for s in table.get("shares", ()):
            if not isinstance(s, Mapping) or "of" not in s or set(s) - {"of", "low", "high"}:
                unknown.append(Problem("shares", f"{s!r}", "write { of = [..], low = , high = }"))
            else:
                shares.append((tuple(s["of"]), s.get("low", 0.0), s.get("high", 1.0)))
        if unknown:
            raise DefinitionError("the limits on weights are not valid", unknown)
        return cls(
            tuple(codes),
            dict(table.get("lower", {})),
            dict(table.get("upper", {})),
            tuple(tuple(c) for c in table.get("order", ())),
            tuple(shares),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what :meth:`of` reads; limits that are not set are left out."""
        out: dict[str, Any] = {
            "lower": dict(self.lower),
            "upper": dict(self.upper),
            "order": [list(c) for c in self.order],
            "shares": [{"of": list(c), "low": a, "high": b} for c, a, b in self.shares],
        }
        return {k: v for k, v in out.items() if v}

    def _problems(self) -> list[Problem]:
        out = []
        if len(self.codes) < 2 or len(set(self.codes)) < len(self.codes):
            out.append(Problem("codes", f"{list(self.codes)}", "name two or more, each once"))
        parts = [("lower", tuple(self.lower)), ("upper", tuple(self.upper))]
        parts += [("order", c) for c in self.order] + [("shares", c) for c, _, _ in self.shares]
        known = list(self.codes)
        out += [
            Problem(where, f"no weight {c!r}{closest(str(c), known)}", f"there are {known}")
            for where, codes in parts
            for c in codes
            if c not in known
        ]
        bounds = [(f"lower of {c}", v) for c, v in self.lower.items()]
        bounds += [(f"upper of {c}", v) for c, v in self.upper.items()]
        for codes, low, high in self.shares:
            bounds += [(f"low of {'+'.join(codes)}", low), (f"high of {'+'.join(codes)}", high)]
            if low > high:
                out.append(Problem(f"sum of {'+'.join(codes)}", f"low {low:g} > high {high:g}"))
        out += [Problem(w, f"{v!r}", "a number in [0, 1]") for w, v in bounds if not 0 <= v <= 1]
        out += [
            Problem(c, f"lower {v:g} > upper {self.upper[c]:g}")
            for c, v in self.lower.items()
            if c in self.upper and v > self.upper[c]
        ]
        pairs = {p for c in self.order for p in pairwise(c)}
        reach = set(pairs)
        for _ in self.codes:
            reach |= {(a, d) for a, b in reach for c, d in pairs if b == c}
        circular = sorted({a for a, b in reach if a == b})
        if circular:
            out.append(Problem("order", f"goes round in a circle at {', '.join(circular)}"))
        return out

    def _conflict(self) -> list[Problem]:
        """Name the limits of which each alone would have to go for the set not to be empty."""
        out = []
        for name in ("lower", "upper", "order", "shares"):
            if not getattr(self, name):
                continue
            parts = {
                n: getattr(self, n) for n in ("lower", "upper", "order", "shares") if n != name
            }
            try:
                WeightSet(self.codes, **parts)
            except DefinitionError:
                continue
            out.append(Problem(name, f"{getattr(self, name)!r} contradicts the rest", "loosen it"))
        return out or [Problem("limits", "no weights satisfy them all", "loosen several")]

    # -- as inequalities -------------------------------------------------------------------------

    @property
    def whole(self) -> bool:
        """Whether there is no limit besides the simplex itself."""
        return not (
            any(self.lower.values())
            or any(v < 1 for v in self.upper.values())
            or self.order
            or any(a > 0 or b < 1 for _, a, b in self.shares)
        )

    @cached_property
    def _low(self) -> Array:
        return np.array([float(self.lower.get(c, 0.0)) for c in self.codes])

    @cached_property
    def _high(self) -> Array:
        return np.array([float(self.upper.get(c, 1.0)) for c in self.codes])

    @cached_property
    def _order_and_shares(self) -> tuple[Array, Array]:
        """Rows g and numbers h of :math:`g'w <= h` for orders and sums."""
        k, place = len(self.codes), {c: j for j, c in enumerate(self.codes)}
        rows, ends = [], []
        for chain in self.order:
            for a, b in pairwise(chain):
                row = np.zeros(k)
                row[place[a]], row[place[b]] = -1.0, 1.0
                rows.append(row)
                ends.append(0.0)
        for codes, low, high in self.shares:
            row = np.zeros(k)
            row[[place[c] for c in codes]] = 1.0
            rows += [row, -row]
            ends += [high, -low]
        return np.array(rows).reshape(-1, k), np.array(ends)

    def constraints(self) -> tuple[Array, Array, Array, Array]:
        """Return (A_ub, b_ub, A_eq, b_eq): bounds, orders and sums, and that the sum is one."""
        k = len(self.codes)
        g, h = self._order_and_shares
        a = np.concatenate([-np.eye(k), np.eye(k), g])
        return a, np.concatenate([-self._low, self._high, h]), np.ones((1, k)), np.ones(1)

    def contains(self, w: Array, *, tol: float = _SLACK) -> Any:
        """Say which weight vectors (..., k) are in the set, up to ``tol``."""
        w = np.asarray(w, dtype=np.float64)
        a, b, _, _ = self.constraints()
        inside = (w @ a.T <= b + tol).all(axis=-1)
        return inside & (np.abs(w.sum(axis=-1) - 1) <= tol * len(self.codes))

    # -- extremes --------------------------------------------------------------------------------

    def minimum(self, d: Array) -> Array:
        """Return the least value (p,) that each of the linear forms ``d`` (p, k) takes on the set.

        Closed forms serve the whole simplex (the least component), one order over all (the least
        mean of the first components) and bounds of single weights (filling up from the least
        component); anything else is a linear programme for each form.
        """
        d = np.asarray(d, dtype=np.float64)
        if self.whole:
            return np.asarray(d.min(axis=1))
        boxed = not self.order and not self.shares
        if boxed:
            return self._filled(d)
        if self._chain_only:
            at = [self.codes.index(c) for c in self.order[0]]
            means = d[:, at].cumsum(axis=1) / np.arange(1, len(at) + 1)
            return np.asarray(means.min(axis=1))
        from scipy.optimize import linprog

        a, b, a_eq, b_eq = self.constraints()
        return np.array(
            [linprog(row, a, b, a_eq, b_eq, bounds=(None, None)).fun for row in d], np.float64
        )

    @property
    def _chain_only(self) -> bool:
        """Whether the one limit is an order over all weights."""
        free = not any(self.lower.values()) and all(v >= 1 for v in self.upper.values())
        one = len(self.order) == 1 and set(self.order[0]) == set(self.codes)
        return free and one and not self.shares

    def _filled(self, d: Array) -> Array:
        order = np.argsort(d, axis=1)
        room = (self._high - self._low)[order]
        rest = 1.0 - self._low.sum()
        fill = np.clip(rest - (room.cumsum(axis=1) - room), 0.0, room)
        return np.asarray(d @ self._low + (np.take_along_axis(d, order, axis=1) * fill).sum(axis=1))

    # -- drawing ---------------------------------------------------------------------------------

    @property
    def exact(self) -> bool:
        """Whether draws are independent and exactly uniform; otherwise they are a random walk's."""
        return self._direct or self._accepted >= _ACCEPTED

    @property
    def _direct(self) -> bool:
        boxed_below = (
            not self.order and not self.shares and all(v >= 1 for v in self.upper.values())
        )
        return self.whole or boxed_below or self._chain_only

    @cached_property
    def _accepted(self) -> float:
        """Share of draws from the covering set that satisfy all limits."""
        tried = self._covering(4096, np.random.default_rng(0))
        return float(self.contains(tried, tol=0.0).mean())

    def _covering(self, count: int, rng: np.random.Generator) -> Array:
        """Draws that satisfy lower bounds, or orders: whichever can be had exactly."""
        flat = rng.standard_exponential((count, len(self.codes)))
        flat /= flat.sum(axis=1, keepdims=True)
        chained = [c for chain in self.order for c in chain]
        if not self.order:
            return np.asarray(self._low + (1 - self._low.sum()) * flat)
        if len(set(chained)) == len(chained):  # by symmetry, sorting within a chain is exact
            for chain in self.order:
                at = [self.codes.index(c) for c in chain]
                flat[:, at] = -np.sort(-flat[:, at], axis=1)
        return flat

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Return weights (count, k), uniform on the set; every one satisfies every limit.

        The whole simplex, lower bounds and an order over all are drawn directly, and other sets by
        rejection where at least 2 % of such draws are accepted. Sets that are smaller yet, or flat
        (a weight or a sum is fixed), are walked through by hit-and-run from their centre: 1,024
        chains, with 80 steps per dimension before they count and 4 per dimension in between.

        References
        ----------
        Smith, R. L. (1984). Efficient Monte Carlo procedures for generating points uniformly
        distributed over bounded regions. Operations Research 32(6), 1296-1308.
        doi:10.1287/opre.32.6.1296
        """
        if count < 1:
            raise MethodError(f"{count} draws", hint="ask for one or more")
        if self._direct:
            return self._covering(count, rng)
        if self._accepted < _ACCEPTED:
            return self._walked(count, rng)
        found: list[Array] = []
        have = 0
        while have < count:
            tried = self._covering(int((count - have) / self._accepted * 1.1) + 64, rng)
            found.append(tried[self.contains(tried, tol=0.0)])
            have += len(found[-1])
        return np.concatenate(found)[:count]

    def _centre(self) -> Array | None:
        """A point of the set as far as can be from its limits, or None where the set is empty."""
        return _inscribed(*self.constraints())

    def _walked(self, count: int, rng: np.random.Generator) -> Array:
        a, b, a_eq, _ = self.constraints()
        a, b, basis, origin = _interior(a, b, a_eq, self._centre())
        if basis.shape[1] == 0:
            return np.tile(origin, (count, 1))
        a, b = a @ basis, b - a @ origin
        dimension = basis.shape[1]
        start = _inscribed(a, b, np.zeros((0, dimension)), np.zeros(0))
        assert start is not None
        chains = min(_CHAINS, count)
        y = np.tile(start, (chains, 1))
        y = _walk(y, a, b, _BURN * dimension, np.eye(dimension), rng)
        shape = (
            np.cov(y.T).reshape(dimension, dimension) if chains > dimension else np.eye(dimension)
        )
        shape = np.linalg.cholesky(shape + 1e-12 * np.trace(shape) * np.eye(dimension))
        y = _walk(y, a, b, _BURN * dimension, shape, rng)
        out = [y]
        for _ in range(1, -(-count // chains)):
            y = _walk(y, a, b, _THIN * dimension, shape, rng)
            out.append(y)
        w = np.maximum(origin + np.concatenate(out)[:count] @ basis.T, 0.0)
        return np.asarray(w)


def _inscribed(a: Array, b: Array, a_eq: Array, b_eq: Array) -> Array | None:
    """Centre of the largest ball in {a w <= b, a_eq w = b_eq}; None where that is empty."""
    from scipy.optimize import linprog

    k = a.shape[1]
    norms = np.sqrt((a**2).sum(axis=1))
    cost = np.zeros(k + 1)
    cost[-1] = -1.0
    found = linprog(
        cost,
        A_ub=np.column_stack([a, norms]),
        b_ub=b,
        A_eq=np.column_stack([a_eq, np.zeros(len(a_eq))]) if len(a_eq) else None,
        b_eq=b_eq if len(a_eq) else None,
        bounds=[(None, None)] * k + [(0, 10)],
    )
    return None if found.status != 0 or found.x is None else np.asarray(found.x)[:-1]


def _interior(
    a: Array, b: Array, a_eq: Array, inside: Array | None
) -> tuple[Array, Array, Array, Array]:
    """Set aside the limits that hold as equations; return the rest and a basis of the flat left."""
    from scipy.linalg import null_space
    from scipy.optimize import linprog

    assert inside is not None
    one = np.ones(1)
    least = np.array([linprog(row, a, b, a_eq, one, bounds=(None, None)).fun for row in a])
    tight = least >= b - 1e-10
    basis = null_space(np.concatenate([a_eq, a[tight]]))
    return a[~tight], b[~tight], basis, inside


def _walk(
    y: Array, a: Array, b: Array, steps: int, shape: Array, rng: np.random.Generator
) -> Array:
    """Hit-and-run: a random direction, a uniform point of the chord through it."""
    chains, dimension = y.shape
    slack = b - y @ a.T
    for _ in range(steps):
        direction = rng.standard_normal((chains, dimension)) @ shape.T
        rate = direction @ a.T
        with np.errstate(divide="ignore", invalid="ignore"):
            length = slack / rate
        far = np.where(rate > 1e-14, length, np.inf).min(axis=1)
        near = np.where(rate < -1e-14, length, -np.inf).max(axis=1)
        step = np.minimum(np.maximum(near, -1e6), 0.0)
        step += rng.random(chains) * (np.maximum(np.minimum(far, 1e6), 0.0) - step)
        y = y + step[:, None] * direction
        slack = np.maximum(b - y @ a.T, 0.0)
    return y

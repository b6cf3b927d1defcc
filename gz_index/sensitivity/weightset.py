"""Sets of admissible weights: bounds, orders and limits on sums; draws from them, extremes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gz_index._arrays import Array, matrix
from gz_index._registry import closest
from gz_index.errors import DefinitionError, MethodError, Problem
from gz_index.sensitivity.polytope import Flat, flattened, solved

__all__ = ["WeightSet"]

#: share of draws that has to be accepted for rejection to be used
_ACCEPTED = 0.02

#: how far a weight may break a limit
_SLACK = 1e-12

#: numbers in one piece of work of rejection, and of linear programmes
_CELLS, _PROGRAMME = 4_000_000, 2_000

_LISTS = (list, tuple, str)  # text is refused with a better word later

_TITLE = "the limits on weights are not valid"


@dataclass(frozen=True)
class WeightSet:
    r"""All weights :math:`w \ge 0,\ \sum w = 1` that satisfy some limits: a polytope.

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
        limits: then some that contradict each other are named, each of them needed for it.

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
        put(self, "lower", dict(self.lower))
        put(self, "upper", dict(self.upper))
        put(self, "order", tuple(_names(c) for c in self.order))
        put(self, "shares", tuple((_names(c), low, high) for c, low, high in self.shares))
        problems = _problems(self)
        if not problems and not self.whole and self._flat is None:
            problems = self._conflict()
        if problems:
            raise DefinitionError(_TITLE, problems)

    @classmethod
    def of(cls, table: Mapping[str, Any], codes: Sequence[str]) -> WeightSet:
        """Make a set from a table ``{lower, upper, order, shares = [{of, low, high}]}``.

        Raises
        ------
        DefinitionError
            As the class; or a key is unknown.
        """
        keys = ["lower", "upper", "order", "shares"]
        problems = [
            Problem(k, f"unknown key{closest(str(k), keys)}", f"keys are {', '.join(keys)}")
            for k in table
            if k not in keys
        ]
        problems += [
            Problem(key, f"{table[key]!r}", "write { code = number }")
            for key in ("lower", "upper")
            if not isinstance(table.get(key, {}), Mapping)
        ]
        order, shares = table.get("order", ()), table.get("shares", ())
        if not isinstance(order, list | tuple) or not all(isinstance(c, _LISTS) for c in order):
            problems.append(Problem("order", f"{order!r}", 'write [["a", "b"]]'))
        for s in shares if isinstance(shares, list | tuple) else [shares]:
            fits = isinstance(s, Mapping) and set(s) <= {"of", "low", "high"}
            if not fits or not isinstance(s.get("of"), _LISTS):
                problems.append(Problem("shares", f"{s!r}", "write { of = [..], low = , high = }"))
        if problems:
            raise DefinitionError(_TITLE, problems)
        return cls(
            tuple(codes),
            table.get("lower", {}),
            table.get("upper", {}),
            tuple(order),
            tuple((s["of"], s.get("low", 0.0), s.get("high", 1.0)) for s in shares),
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

    def _conflict(self) -> list[Problem]:
        """Name limits that contradict each other, of which each is needed for it.

        Chinneck & Dravnieks' (1991) deletion filter: what can go while the rest still contradicts
        itself, goes.
        """
        names, a, b = self._limits
        needed = []
        for i, name in enumerate(names):
            tried = b.copy()
            tried[i] = 0.0 if i < len(self.codes) else 2.0  # nothing on the simplex reaches this
            if name and flattened(a, tried) is None:
                b = tried
            elif name:
                needed.append(name)
        return [Problem("limits", f"no weights satisfy {', '.join(needed)}", "loosen one of these")]

    # -- as inequalities -------------------------------------------------------------------------

    @property
    def whole(self) -> bool:
        """Whether there is no limit besides the simplex itself."""
        return not any(self._limits[0])

    @cached_property
    def _low(self) -> Array:
        return np.array([float(self.lower.get(c, 0.0)) for c in self.codes])

    @cached_property
    def _high(self) -> Array:
        return np.array([float(self.upper.get(c, 1.0)) for c in self.codes])

    @cached_property
    def _shared(self) -> bool:
        """Whether any sum is limited."""
        return any(low > 0 or high < 1 for _, low, high in self.shares)

    @cached_property
    def _limits(self) -> tuple[list[str], Array, Array]:
        """Names, rows a (m, k) and ends b (m,) of the limits a w <= b; w >= 0 first, unnamed."""
        unit = dict(zip(self.codes, np.eye(len(self.codes)), strict=True))
        rows = [
            (f"{c} >= {low:.10g}" if low > 0 else "", -unit[c], -low)
            for c, low in zip(self.codes, self._low, strict=True)
        ]
        rows += [(f"{c} <= {v:.10g}", unit[c], v) for c, v in self.upper.items() if v < 1]
        for chain in self.order:
            rows += [(f"{a} >= {b}", unit[b] - unit[a], 0.0) for a, b in pairwise(chain)]
        for codes, low, high in self.shares:
            total, name = np.sum([unit[c] for c in codes], axis=0), " + ".join(codes)
            rows += [(f"{name} >= {low:.10g}", -total, -low)] if low > 0 else []
            rows += [(f"{name} <= {high:.10g}", total, high)] if high < 1 else []
        names, a, b = zip(*rows, strict=True)
        return list(names), np.array(a), np.array(b, dtype=np.float64)

    def constraints(self) -> tuple[Array, Array, Array, Array]:
        """Return (A_ub, b_ub, A_eq, b_eq): every limit, w >= 0 among them, and the sum of one.

        Bounds that the simplex implies (at most one) are left out. Pass ``bounds=(None, None)``
        with them to scipy's ``linprog``.
        """
        _, a, b = self._limits
        return a.copy(), b.copy(), np.ones((1, len(self.codes))), np.ones(1)

    def contains(self, w: ArrayLike, *, tol: float = _SLACK) -> NDArray[np.bool_]:
        """Say which weight vectors (..., k) are in the set, up to ``tol`` in each limit."""
        w = np.asarray(w, dtype=np.float64)
        _, a, b = self._limits
        inside = (w @ a.T <= b + tol).all(axis=-1)
        return np.asarray(inside & (np.abs(w.sum(axis=-1) - 1) <= tol))

    @cached_property
    def _flat(self) -> Flat | None:
        """The set in coordinates of its own dimension, about a centre; None where it is empty."""
        found = flattened(*self._limits[1:])
        fits = self._low.sum() <= 1 + _SLACK  # the solver is not that fine
        return found if found and fits and self.contains(found.centre) else None

    # -- extremes --------------------------------------------------------------------------------

    def minimum(self, d: ArrayLike) -> Array:
        """Return the least value (p,) that each of the linear forms ``d`` (p, k) takes on the set.

        Closed forms serve lower bounds and orders (the set is a simplex: the least component, or
        the least mean of the first components of an order) and bounds of single weights (filling
        up from the least component); anything else is a linear programme for each form.

        Raises
        ------
        MethodError
            ``d`` has other than k columns, or a number that is not finite.
        """
        d = matrix(d, "the least value on a set of weights", min_rows=0)
        if d.shape[1] != len(self.codes):
            raise MethodError(
                f"{d.shape[1]} columns for {len(self.codes)} weights",
                hint=f"one column each for {', '.join(self.codes)}",
            )
        if self._cover.whole:
            return np.asarray((d @ self._cover.corners.T).min(axis=1))
        if not self.order and not self._shared:
            return self._filled(d)
        return self._programmes(d)

    def _filled(self, d: Array) -> Array:
        """Fill from the least component up to its bound, and on (fractional knapsack)."""
        order = np.argsort(d, axis=1)
        room = (self._high - self._low)[order]
        rest = 1.0 - self._low.sum()
        fill = np.clip(rest - (room.cumsum(axis=1) - room), 0.0, room)
        return np.asarray(d @ self._low + (np.take_along_axis(d, order, axis=1) * fill).sum(axis=1))

    def _programmes(self, d: Array) -> Array:
        """Solve one linear programme a row; many at a time, as the blocks of a larger one."""
        from scipy.sparse import identity, kron

        mean = d.mean(axis=1, keepdims=True)  # the weights sum to one: it only adds itself
        peak = np.abs(d - mean).max(axis=1, keepdims=True, initial=0.0)
        away = (d - mean) / np.where(peak > 0, peak, 1.0)  # the solver's tolerances are absolute
        _, a, b = self._limits
        one, step = np.ones((1, d.shape[1])), max(1, _PROGRAMME // d.shape[1])
        least = np.empty(len(d))
        for s in range(0, len(d), step):
            part = away[s : s + step]
            eye, times = identity(len(part)), np.ones(len(part))
            w = solved(
                part.ravel(),
                kron(eye, a, format="csr"),
                np.tile(b, len(part)),
                kron(eye, one, format="csr"),
                times,
            )
            least[s : s + step] = (part * w.reshape(part.shape)).sum(axis=1)
        return np.asarray(mean[:, 0] + peak[:, 0] * least)

    # -- drawing ---------------------------------------------------------------------------------

    @cached_property
    def exact(self) -> bool:
        """Whether draws are independent and exactly uniform; otherwise they are a random walk's."""
        if self._cover.whole or self._accepted >= _ACCEPTED:
            return True
        assert self._flat is not None
        return bool(self._flat.basis.shape[1] <= 1)  # a step along a line is uniform on it

    @cached_property
    def _cover(self) -> _Cover:
        """The smallest simplex around the set that lower bounds and orders make."""
        chains: list[list[int]] = []
        place = {c: j for j, c in enumerate(self.codes)}
        low, free = self._low.copy(), self._low < self._high
        for chain in self.order:
            at = [place[c] for c in chain]
            if free[at].all() and not set(at) & {j for c in chains for j in c}:
                chains.append(at)
                low[at] = low[at[-1]]  # the weights before it are no less
        whole = (
            len(chains) == len(self.order)
            and bool((low >= self._low).all())
            and bool((self._high[free] >= 1).all())
            and not self._shared
        )
        tops = np.eye(len(low))
        for at in chains:  # the corners of an order are equal shares of its first weights
            tops[np.ix_(at, at)] = np.tri(len(at)) / np.arange(1, len(at) + 1)[:, None]
        tops = tops[free] if free.any() else tops * 0
        return _Cover(low, free, chains, low + max(1 - low.sum(), 0.0) * tops, whole)

    @cached_property
    def _accepted(self) -> float:
        """Share of draws from the covering simplex that satisfy all limits."""
        return float(self.contains(self._covering(4096, np.random.default_rng(0))).mean())

    def _covering(self, count: int, rng: np.random.Generator) -> Array:
        """Draws (count, k) from the covering simplex."""
        low, free, chains, _, _ = self._cover
        w = rng.standard_exponential((count, len(self.codes)))
        w[:, ~free] = 0.0
        total = w.sum(axis=1, keepdims=True)
        w *= max(1.0 - low.sum(), 0.0) / np.where(total > 0, total, 1.0)
        for at in chains:  # by symmetry, sorting within an order keeps draws uniform
            w[:, at] = -np.sort(-w[:, at], axis=1)
        w += low
        return w

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Return weights (count, k), uniform on the set; every one satisfies every limit to 1e-12.

        Lower bounds, fixed weights and orders that share no weight are drawn directly (exponential
        variates by their sum, sorted along each order), and other sets by rejection where at least
        2 % of such draws are accepted. Sets that are smaller yet, or flat (a sum is fixed), are
        walked through by hit-and-run within their own dimension, by turns in any direction and
        along an edge of the simplex that is drawn from else: 1,024 chains from the centre, before
        they count in stages of 40 steps per dimension until their spread (the determinant of their
        covariance) grows no more, and one stage more; then 4 between two draws of a chain.

        Parameters
        ----------
        count : int
            Number of draws, one or more.
        rng : numpy.random.Generator
            Its state alone decides the draws.

        References
        ----------
        Smith, R. L. (1984). Efficient Monte Carlo procedures for generating points uniformly
        distributed over bounded regions. Operations Research 32(6), 1296-1308.
        doi:10.1287/opre.32.6.1296
        """
        if count < 1:
            raise MethodError(f"{count} draws", hint="ask for one or more")
        if self._cover.whole:
            return self._covering(count, rng)
        if self._accepted < _ACCEPTED:
            assert self._flat is not None
            return self._flat.walked(count, self._cover.corners, rng)
        out, have = np.empty((count, len(self.codes))), 0
        most = max(1, _CELLS // len(self.codes))
        while have < count:
            tried = self._covering(min(most, int((count - have) / self._accepted * 1.1) + 64), rng)
            found = tried[self.contains(tried)][: count - have]
            out[have : have + len(found)] = found
            have += len(found)
        return out


class _Cover(NamedTuple):
    """A simplex: lower bounds, what can exceed them, orders, corners; and whether it is the set."""

    low: Array
    free: NDArray[np.bool_]
    chains: list[list[int]]
    corners: Array
    whole: bool


def _names(codes: Any) -> Any:
    """Make a tuple of a list of codes; text stays what it is, to be refused."""
    return codes if isinstance(codes, str) else tuple(codes)


def _problems(s: WeightSet) -> list[Problem]:
    """Say what is wrong with limits taken one by one."""
    known = list(s.codes)
    out = []
    if len(known) < 2 or len(set(known)) < len(known):
        out.append(Problem("codes", f"{known}", "name two or more, each once"))
    lists: list[tuple[str, Any, int]] = [("order", c, 2) for c in s.order]
    lists += [("shares", c, 1) for c, _, _ in s.shares]
    for where, codes, least in lists:
        if isinstance(codes, str) or len(codes) < least:
            hint = 'write [["a", "b"]]' if where == "order" else 'write { of = ["a", "b"] }'
            out.append(Problem(where, f"{codes!r} is no list of {least} or more codes", hint))
        elif where == "shares" and len(set(codes)) < len(codes):
            out.append(Problem(where, f"{list(codes)} names a weight twice", "name each once"))
    named: list[tuple[str, Any]] = [("lower", s.lower), ("upper", s.upper)]
    named += [(where, codes) for where, codes, _ in lists if not isinstance(codes, str)]
    out += [
        Problem(where, f"no weight {c!r}{closest(str(c), known)}", f"there are {', '.join(known)}")
        for where, codes in named
        for c in codes
        if c not in known
    ]
    bounds: list[tuple[str, Any, Any]] = [
        (c, s.lower.get(c, 0.0), s.upper.get(c, 1.0)) for c in {**s.lower, **s.upper}
    ]
    bounds += [(f"sum of {' + '.join(codes)}", low, high) for codes, low, high in s.shares]
    for where, low, high in bounds:
        bad = [v for v in (low, high) if not _is_share(v)]
        out += [Problem(where, f"bound {v!r}", "a number in [0, 1]") for v in bad]
        if not bad and low > high:
            out.append(Problem(where, f"lower bound {low:g} > upper bound {high:g}"))
    circular = _circular([codes for where, codes in named if where == "order"])
    if circular:
        out.append(Problem("order", f"goes round in a circle at {', '.join(map(str, circular))}"))
    return out


def _is_share(v: Any) -> bool:
    number = isinstance(v, int | float | np.integer | np.floating) and not isinstance(v, bool)
    return number and bool(0 <= v <= 1)


def _circular(order: Sequence[tuple[str, ...]]) -> list[str]:
    """Codes that come before themselves."""
    pairs = {p for c in order for p in pairwise(c)}
    reach: set[tuple[str, str]] = set()
    more = pairs
    while more - reach:
        reach |= more
        more = {(a, d) for a, b in reach for c, d in pairs if b == c}
    return sorted({a for a, b in reach if a == b})

"""Sobol indices on plain arrays: the design, the estimators, and their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise
from operator import index as whole

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError

__all__ = ["Design", "Indices", "bootstrap", "design", "sobol_indices"]

#: columns of a Sobol sequence that direction numbers are known for
_LARGEST = 21_201

#: binary digits of a coordinate, and so the logarithm of the largest number of points
_BITS = 30

#: cells of each array that a block of outputs or of resamples fills
_CELLS = 2_000_000

#: variance at or below which, relative to the square of the mean, an output does not vary
STILL = 1e-24


@dataclass(frozen=True, eq=False)
class Design:
    """The points at which a function has to be evaluated, in the unit cube.

    Rows are stacked in blocks of N: A; B; A with the columns of factor i from B (AB), for each
    factor; and, for second-order indices, B with the columns of factor i from A (BA).

    Attributes
    ----------
    a, b : (N, d)
    groups : tuple of int
        Columns of each factor, in order.
    second : bool
    """

    a: Array = field(repr=False)
    b: Array = field(repr=False)
    groups: tuple[int, ...]
    second: bool = False

    @property
    def n(self) -> int:
        """Size of the sample."""
        return len(self.a)

    @property
    def count(self) -> int:
        """Number of rows, N (f + 2) or N (2f + 2)."""
        return self.n * (2 + len(self.groups) * (2 if self.second else 1))

    @cached_property
    def _spans(self) -> list[slice]:
        ends = np.cumsum([0, *self.groups]).tolist()
        return [slice(a, b) for a, b in pairwise(ends)]

    def blocks(self, start: int, stop: int) -> Array:
        """Return rows ``start`` to ``stop`` of the stack, (stop - start, d)."""
        at = np.arange(start, min(stop, self.count))
        matrix, row = np.divmod(at, self.n)
        f = len(self.groups)
        own = (matrix == 0) | ((matrix >= 2) & (matrix < f + 2))
        out = np.where(own[:, None], self.a[row], self.b[row])
        for i, span in enumerate(self._spans):
            ab, ba = matrix == i + 2, matrix == i + 2 + f
            out[ab, span] = self.b[row[ab], span]
            out[ba, span] = self.a[row[ba], span]
        return out

    def rows(self) -> Array:
        """Return the whole stack."""
        return self.blocks(0, self.count)

    def split(self, y: Array) -> tuple[Array, Array, Array, Array | None]:
        """Split outputs (rows, q) into those at A, B, AB (f, N, q) and BA (f, N, q) or None."""
        y = np.asarray(y, dtype=np.float64)
        if y.ndim != 2 or len(y) != self.count:
            raise MethodError(
                f"{y.shape} outputs for a design of {self.count} rows",
                hint="one row of outputs for each row of the design",
            )
        stack = y.reshape(-1, self.n, y.shape[1])
        f = len(self.groups)
        return stack[0], stack[1], stack[2 : 2 + f], stack[2 + f :] if self.second else None


def design(
    n: int, groups: Sequence[int], rng: int | np.random.Generator, *, second: bool = False
) -> Design:
    """Make a design from one scrambled Sobol sequence of twice as many columns.

    A and B are halves of the columns of one sequence, not two sequences, so that they are balanced
    together. Coordinates are centres of cells of width 2**-30: never 0, never 1.

    Parameters
    ----------
    n : int
        Points, a power of two: the balance of the sequence needs it.
    groups : sequence of int
        Number of columns of each factor.
    rng : int or Generator
        Seed of the scrambling.
    second : bool
        Whether second-order indices are wanted.

    Raises
    ------
    MethodError
        ``n`` is no power of two; there are too many columns.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer
    Physics Communications 181(2), 259-270, section 5. doi:10.1016/j.cpc.2009.09.018

    Examples
    --------
    >>> d = design(4, [1, 2], 0)
    >>> d.rows().shape, bool((d.blocks(8, 12)[:, 0] == d.b[:, 0]).all())
    ((16, 3), True)
    """
    from scipy.stats import qmc

    power = _power(n)
    d = sum(groups)
    if min(groups, default=0) < 1:
        raise MethodError(f"groups = {list(groups)}: every factor needs a column")
    if 2 * d > _LARGEST:
        raise MethodError(
            f"{d} columns need a Sobol sequence of {2 * d}, and {_LARGEST} are known",
            hint="vary fewer weights at once, or take a choice that reads one number",
        )
    sequence = qmc.Sobol(2 * d, scramble=True, bits=_BITS, rng=np.random.default_rng(rng))
    points = sequence.random_base2(power)
    points += 2.0 ** -(_BITS + 1)
    a, b = points[:, :d], points[:, d:]
    return Design(a, b[:, _apart(a, b)], tuple(int(g) for g in groups), second)


def _apart(a: Array, b: Array) -> NDArray[np.intp]:
    """Order of the columns of B in which none has the halves of its column of A.

    With few points the first digits of two columns of a sequence may agree, or disagree, in every
    point. A choice of two levels would then have the same one in A and in B throughout, and a total
    index of exactly zero.
    """
    d = a.shape[1]
    high, other = a > 0.5, b > 0.5
    same = high.T.astype(np.float64) @ other + (~high).T.astype(np.float64) @ ~other
    alike = (same == 0) | (same == len(a))  # first digits are linear: all, none, or one half
    for turn in range(d):
        order = np.roll(np.arange(d), -turn)
        if not alike[np.arange(d), order].any():
            return order
    from scipy.optimize import linear_sum_assignment

    order = linear_sum_assignment(alike.astype(np.float64))[1]
    if len(a) >= 8 and alike[np.arange(d), order].any():
        raise MethodError(
            f"{len(a)} points are too few for {d} columns: some would be the same in both samples",
            hint=f"take {4 * len(a)} points or more",
        )
    return np.asarray(order)


def _power(n: int) -> int:
    """Logarithm of a power of two."""
    try:
        points = whole(n)
    except TypeError:
        raise MethodError(f"n = {n!r} points", hint="a whole number, a power of two") from None
    if points < 2 or points & (points - 1):
        low = 1 << max(1, points.bit_length() - 1) if points > 0 else 2
        raise MethodError(
            f"{points} points are no power of two from 2 on, which a Sobol sequence needs to be "
            "balanced",
            hint=f"take {low} or {2 * low}",
        )
    power = points.bit_length() - 1
    if power > _BITS:
        raise MethodError(f"{points} points", hint=f"a sequence has 2**{_BITS} at most")
    return power


@dataclass(frozen=True, eq=False)
class Indices:
    """Estimated Sobol indices of f factors for q outputs.

    Attributes
    ----------
    first, total : (f, q)
        Estimates, as they come: one near zero may be below it.
    first_low, first_high, total_low, total_high : (f, q)
        Ends of the intervals.
    first_error, total_error : (f, q)
        Standard errors: standard deviations over the resamples.
    second, second_low, second_high, second_error : (f, f, q) or None
        Interaction of each pair beyond its first-order indices; upper triangle, NaN elsewhere.
    constant : (q,) of bool
        Outputs that do not vary over A and B; their indices are NaN.
    n : int
        Size of the sample.
    level : float
        Probability of the intervals.
    """

    first: Array
    total: Array
    second: Array | None
    first_low: Array
    first_high: Array
    total_low: Array
    total_high: Array
    second_low: Array | None
    second_high: Array | None
    first_error: Array
    total_error: Array
    second_error: Array | None
    constant: NDArray[np.bool_]
    n: int
    level: float


def sobol_indices(
    f_a: Array, f_b: Array, f_ab: Array, f_ba: Array | None = None
) -> tuple[Array, Array, Array | None]:
    r"""First-order, total and (with ``f_ba``) second-order indices.

    With outputs centred by the mean of both samples, and V their variance over both:

    .. math::

        S_i = \frac{1}{NV} \sum_k f(B)_k (f(AB_i)_k - f(A)_k), \qquad
        S_{Ti} = \frac{1}{2NV} \sum_k (f(A)_k - f(AB_i)_k)^2

        S_{ij} = \frac{1}{2NV} \sum_k (f(BA_i)_k - f(B)_k) (f(AB_j)_k - f(A)_k)
            + (f(AB_i)_k - f(A)_k) (f(BA_j)_k - f(B)_k)

    Without centring the error of the first grows with the square of the mean. The last is the mean
    of the two estimates :math:`\frac{1}{NV} \sum_k (f(BA_i)_k f(AB_j)_k - f(A)_k f(B)_k) - S_i -
    S_j` that the same evaluations give, A and B changing places, in all of its terms; as a product
    of differences it needs no centring. Estimates are not clipped. A factor without effect has
    exactly 0.

    Parameters
    ----------
    f_a, f_b : (N, q)
    f_ab, f_ba : (f, N, q)

    Returns
    -------
    first, total : (f, q)
        NaN for an output that does not vary over A and B.
    second : (f, f, q) or None
        Upper triangle; NaN elsewhere.

    Raises
    ------
    MethodError
        An output is not finite; shapes do not fit.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer
    Physics Communications 181(2), 259-270. doi:10.1016/j.cpc.2009.09.018

    Jansen, M. J. W. (1999). Analysis of variance designs for model output. Computer Physics
    Communications 117(1-2), 35-43. doi:10.1016/S0010-4655(98)00154-4

    Saltelli, A. (2002). Making best use of model evaluations to compute sensitivity indices.
    Computer Physics Communications 145(2), 280-297. doi:10.1016/S0010-4655(02)00280-1

    Examples
    --------
    >>> d = design(1024, [1, 1], 0)
    >>> y = d.rows() @ [[1.0], [2.0]]
    >>> first, total, _ = sobol_indices(*d.split(y))
    >>> first.round(2).ravel().tolist()
    [0.2, 0.8]
    """
    _refuse(f_a, f_b, f_ab, f_ba)
    values = np.empty((_size(f_ab, f_ba), f_a.shape[1]))
    for at, terms in _blocks(f_a, f_b, f_ab, f_ba, resamples=1):
        values[:, at] = terms.indices()[0]
    return _parts(values, len(f_ab), f_ba is not None)


def bootstrap(
    f_a: Array,
    f_b: Array,
    f_ab: Array,
    f_ba: Array | None = None,
    *,
    resamples: int = 1000,
    level: float = 0.95,
    rng: np.random.Generator,
) -> Indices:
    """Estimate indices with percentile intervals from a bootstrap of whole rows.

    A resample takes the same rows for every term, the mean and the variance, and for every output;
    resamples in which an output does not vary have no indices and are left out of its interval. The
    rows of a scrambled Sobol sequence are more even than independent ones, which the bootstrap does
    not know: its intervals are on the safe side.

    Parameters
    ----------
    f_a, f_b : (N, q)
    f_ab, f_ba : (f, N, q)
    resamples : int
    level : float in (0, 1)
    rng : Generator

    Returns
    -------
    Indices
        The estimates of :func:`sobol_indices`, with intervals and standard errors.

    Raises
    ------
    MethodError
        An output is not finite; shapes do not fit; an option is out of range.

    References
    ----------
    Archer, G. E. B., Saltelli, A. and Sobol, I. M. (1997). Sensitivity measures, ANOVA-like
    techniques and the use of bootstrap. Journal of Statistical Computation and Simulation 58(2),
    99-120. doi:10.1080/00949659708811825

    Examples
    --------
    >>> import numpy as np
    >>> d = design(256, [1, 1], 0)
    >>> y = d.rows() @ [[1.0], [2.0]]
    >>> found = bootstrap(*d.split(y), rng=np.random.default_rng(0))
    >>> bool(found.total_low[1, 0] < 0.8 < found.total_high[1, 0])
    True
    """
    if not 0 < level < 1 or not isinstance(resamples, int) or resamples < 2:
        raise MethodError(
            f"level = {level!r}, resamples = {resamples!r}",
            hint="a probability, and a whole number from 2 on",
        )
    _refuse(f_a, f_b, f_ab, f_ba)
    n, q = f_a.shape
    f, pairs = len(f_ab), f_ba is not None
    size = _size(f_ab, f_ba)
    still = np.empty(q, dtype=bool)
    values, low, high, error = np.empty((4, size, q))
    draws = _Draws(n, resamples, rng)
    for at, terms in _blocks(f_a, f_b, f_ab, f_ba, resamples=resamples):
        still[at] = terms.still
        values[:, at] = terms.indices()[0]
        drawn = np.concatenate([terms.indices(w) for w in draws])
        low[:, at], high[:, at], error[:, at] = _spread(drawn, (1 - level) / 2)
    first, total, second = _parts(values, f, pairs)
    first_low, total_low, second_low = _parts(low, f, pairs)
    first_high, total_high, second_high = _parts(high, f, pairs)
    return Indices(
        first,
        total,
        second,
        first_low,
        first_high,
        total_low,
        total_high,
        second_low,
        second_high,
        *_parts(error, f, pairs),
        still,
        n,
        level,
    )


class _Draws:
    """Weights of the rows in each resample, (R, N) at a time; the same each time it is iterated."""

    def __init__(self, n: int, resamples: int, rng: np.random.Generator) -> None:
        self.n = n
        step = max(1, _CELLS // n)
        self.sizes = [min(step, resamples - i) for i in range(0, resamples, step)]
        self.seeds = rng.integers(2**63, size=len(self.sizes)).tolist()
        self.kept = self._weights(0) if len(self.sizes) == 1 else None

    def __iter__(self) -> Iterator[Array]:
        for i in range(len(self.sizes)):
            yield self._weights(i) if self.kept is None else self.kept

    def _weights(self, i: int) -> Array:
        size, n = self.sizes[i], self.n
        rows = np.random.default_rng(self.seeds[i]).integers(n, size=(size, n))
        rows += np.arange(0, size * n, n)[:, None]
        return np.bincount(rows.ravel(), minlength=size * n).reshape(size, n) / n


@dataclass(frozen=True, eq=False)
class _Terms:
    """Terms of each row whose weighted means give the indices, of a block of outputs.

    ``t`` is (N, terms, q): the mean of f_A and f_B, and of their squares; for each factor
    f_AB - f_A, f_B (f_AB - f_A), (f_A - f_AB)^2 / 2; for each pair the product of differences.
    """

    t: Array
    f: int
    still: NDArray[np.bool_]

    def indices(self, w: Array | None = None) -> Array:
        """Return first, total and second-order indices (R, f + f + pairs, q).

        Rows have weights (R, N); by default, once, the same.
        """
        n, terms, q = self.t.shape
        f = self.f
        if w is None:  # no matrix product: its last digits depend on the number of threads
            m = self.t.mean(axis=0, keepdims=True)
        else:
            m = (w @ self.t.reshape(n, -1)).reshape(len(w), terms, q)
        mean, power = m[:, :1], m[:, 1:2]
        variance = power - mean**2
        # a resample, or an output, in which nothing varies
        variance[(variance <= 1e-12 * power) | self.still] = np.nan
        change, cross, jansen = (m[:, 2 + k * f : 2 + (k + 1) * f] for k in range(3))
        # sum (f_B - mean) (f_AB - f_A): Saltelli et al. (2010), table 2 (b), centred
        first = (cross - mean * change) / variance
        total = jansen / variance  # table 2 (f): Jansen (1999)
        return np.concatenate([first, total, m[:, 2 + 3 * f :] / variance], axis=1)


def _size(f_ab: Array, f_ba: Array | None) -> int:
    """Number of indices of an output."""
    f = len(f_ab)
    return 2 * f + (0 if f_ba is None else f * (f - 1) // 2)


def _blocks(
    f_a: Array, f_b: Array, f_ab: Array, f_ba: Array | None, *, resamples: int
) -> Iterator[tuple[slice, _Terms]]:
    """Yield the terms of so many outputs at a time that memory stays bounded."""
    n, q = f_a.shape
    step = max(1, _CELLS // ((2 + len(f_ab) + _size(f_ab, f_ba)) * max(n, resamples)))
    for start in range(0, q, step):
        at = slice(start, start + step)
        ba = None if f_ba is None else f_ba[..., at]
        yield at, _terms(f_a[:, at], f_b[:, at], f_ab[..., at], ba)


def _terms(f_a: Array, f_b: Array, f_ab: Array, f_ba: Array | None) -> _Terms:
    y = np.stack([f_a, f_b, *f_ab, *(() if f_ba is None else f_ba)])
    y *= unit(y)
    centre = y[:2].mean(axis=(0, 1))
    y -= centre
    a, b, ab, ba = y[0], y[1], y[2 : 2 + len(f_ab)], y[2 + len(f_ab) :]
    still = np.asarray((y[:2] ** 2).mean(axis=(0, 1)) <= STILL * centre**2)
    changes = [x - a for x in ab]
    terms = [(a + b) / 2, (a**2 + b**2) / 2, *changes]
    terms += [b * c for c in changes]
    terms += [c**2 / 2 for c in changes]
    if f_ba is not None:
        back = [x - b for x in ba]
        # Saltelli (2002), theorem 2, in both directions, less the first-order indices
        terms += [
            (back[i] * changes[j] + changes[i] * back[j]) / 2
            for i, j in combinations(range(len(ab)), 2)
        ]
    return _Terms(np.stack(terms, axis=1), len(ab), still)


def unit(y: Array) -> Array:
    """Power of two (q,) that brings outputs (..., q) near one: exact, and squares keep in range."""
    peak = np.abs(y).max(axis=tuple(range(y.ndim - 1)))
    return np.asarray(np.ldexp(1.0, np.clip(-np.frexp(peak)[1], -1022, 1022)))


def _spread(drawn: Array, tail: float) -> Array:
    """Lower and upper quantile and standard deviation of resamples (R, ..., q), (3, ..., q).

    Only resamples in which the output varies count.
    """
    missing: NDArray[np.bool_] = np.asarray(np.isnan(drawn).any(axis=1))
    if not missing.any():
        ends = np.quantile(drawn, (tail, 1 - tail), axis=0)
        return np.concatenate([ends, drawn.std(axis=0, ddof=1)[None]])
    out = np.full((3, *drawn.shape[1:]), np.nan)
    for j in np.flatnonzero((~missing).sum(axis=0) > 1):
        out[..., [j]] = _spread(drawn[~missing[:, j]][..., [j]], tail)
    return out


def _parts(values: Array, f: int, pairs: bool) -> tuple[Array, Array, Array | None]:
    """Split (f + f + pairs, q) into first, total and a square of pairs."""
    if not pairs:
        return values[:f], values[f:], None
    second = np.full((f, f, values.shape[1]), np.nan)
    second[np.triu_indices(f, 1)] = values[2 * f :]
    return values[:f], values[f : 2 * f], second


def _refuse(f_a: Array, f_b: Array, f_ab: Array, f_ba: Array | None) -> None:
    """Refuse outputs that are not finite, and shapes that do not fit."""
    shapes = [np.shape(y) for y in (f_a, f_b, f_ab, f_ba) if y is not None]
    if len(shapes[0]) != 2 or shapes[1] != shapes[0] or any(s[1:] != shapes[0] for s in shapes[2:]):
        raise MethodError(
            f"outputs of shapes {', '.join(map(str, shapes))}",
            hint="f_a and f_b are (N, q), f_ab and f_ba are (factors, N, q)",
        )
    if len(set(shapes[2:])) > 1:
        raise MethodError(f"{len(f_ab)} factors in f_ab, {shapes[3][0]} in f_ba")
    parts = {"A": f_a, "B": f_b, "AB": f_ab} | ({} if f_ba is None else {"BA": f_ba})
    bad = {name: at for name, y in parts.items() if len(at := np.argwhere(~np.isfinite(y)))}
    if bad:
        name = next(iter(bad))
        *factor, row, output = bad[name][0].tolist()
        of = f" of factor {factor[0]}" if factor else ""
        raise MethodError(
            f"{sum(map(len, bad.values()))} outputs are not finite (first: output {output} at "
            f"{name}, row {row}{of}), and no index can be computed from the rest",
            hint="mend the function; leaving rows out would change the design",
        )

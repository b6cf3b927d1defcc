"""Sobol indices on plain arrays: the design, the estimators, and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError

__all__ = ["Design", "Indices", "bootstrap", "design", "sobol_indices"]

#: columns of a Sobol sequence that direction numbers are known for
_LARGEST = 21_201

#: cells of a block of the bootstrap
_CELLS = 4_000_000

#: variance below which, relative to the square of the mean, an output is taken not to vary
_STILL = 1e-24


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


def design(n: int, groups: Sequence[int], seed: int, *, second: bool = False) -> Design:
    """Make a design from one scrambled Sobol sequence of twice as many columns.

    Parameters
    ----------
    n : int
        Points, a power of two: the balance of the sequence needs it.
    groups : sequence of int
        Number of columns of each factor.
    seed : int
        Of the scrambling.
    second : bool
        Whether second-order indices are wanted.

    Raises
    ------
    MethodError
        ``n`` is no power of two; there are too many columns.

    Examples
    --------
    >>> d = design(4, [1, 2], seed=0)
    >>> d.rows().shape, bool((d.blocks(8, 12)[:, 0] == d.b[:, 0]).all())
    ((16, 3), True)
    """
    from scipy.stats import qmc

    if not isinstance(n, int) or n < 2 or n & (n - 1):
        low = 1 << max(1, int(n).bit_length() - 1) if isinstance(n, int) and n > 0 else 2
        raise MethodError(
            f"{n} points are no power of two, which a Sobol sequence needs to be balanced",
            hint=f"take {low} or {2 * low}",
        )
    d = sum(groups)
    if min(groups, default=0) < 1:
        raise MethodError(f"groups = {list(groups)}: every factor needs a column")
    if 2 * d > _LARGEST:
        raise MethodError(
            f"{d} columns need a Sobol sequence of {2 * d}, and {_LARGEST} are known",
            hint="vary fewer weights at once, or take a choice that reads one number",
        )
    points = qmc.Sobol(2 * d, scramble=True, rng=np.random.default_rng(seed)).random_base2(
        n.bit_length() - 1
    )
    return Design(points[:, :d], points[:, d:], tuple(int(g) for g in groups), second)


@dataclass(frozen=True, eq=False)
class Indices:
    """Estimated Sobol indices of f factors for q outputs.

    Attributes
    ----------
    first, total : (f, q)
    first_low, first_high, total_low, total_high : (f, q)
        Ends of the intervals.
    second, second_low, second_high : (f, f, q) or None
        Interaction of each pair beyond its first-order indices; upper triangle.
    constant : (q,) of bool
        Outputs that do not vary; their indices are NaN.
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
    constant: NDArray[np.bool_]
    n: int
    level: float


def sobol_indices(
    f_a: Array, f_b: Array, f_ab: Array, f_ba: Array | None = None
) -> tuple[Array, Array, Array | None]:
    r"""First-order, total and (with ``f_ba``) second-order indices.

    With outputs centred by the mean of both samples, and V their variance over both:

    .. math::

        S_i = \frac{1}{NV} \sum_j f(B)_j (f(AB_i)_j - f(A)_j), \qquad
        S_{Ti} = \frac{1}{2NV} \sum_j (f(A)_j - f(AB_i)_j)^2

        S_{ij} = \frac{1}{NV} \sum_k \left(f(BA_i)_k f(AB_j)_k - f(A)_k f(B)_k\right) - S_i - S_j

    Without centring the error of the first grows with the square of the mean.

    Parameters
    ----------
    f_a, f_b : (N, q)
    f_ab, f_ba : (f, N, q)

    Returns
    -------
    first, total : (f, q)
    second : (f, f, q) or None
        Upper triangle; NaN elsewhere.

    Raises
    ------
    MethodError
        An output is not finite.

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
    >>> d = design(1024, [1, 1], seed=0)
    >>> y = d.rows() @ [[1.0], [2.0]]
    >>> first, total, _ = sobol_indices(*d.split(y))
    >>> first.round(2).ravel().tolist()
    [0.2, 0.8]
    """
    moments, still = _moments(f_a, f_b, f_ab, f_ba)
    ones = np.full((1, len(f_a)), 1.0 / len(f_a))
    first, total, second = moments.indices(ones)
    first[:, :, still] = total[:, :, still] = np.nan
    if second is not None:
        second[..., still] = np.nan
    return first[0], total[0], None if second is None else second[0]


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

    A resample takes the same rows for every term, the mean and the variance; resamples in which an
    output does not vary have no indices and are left out of its interval. The rows of a
    scrambled Sobol sequence are more even than independent ones, so the intervals are on the safe
    side.

    Parameters
    ----------
    f_a, f_b : (N, q)
    f_ab, f_ba : (f, N, q)
    resamples : int
    level : float in (0, 1)
    rng : Generator

    Raises
    ------
    MethodError
        An output is not finite; an option is out of range.

    References
    ----------
    Archer, G. E. B., Saltelli, A. and Sobol, I. M. (1997). Sensitivity measures, ANOVA-like
    techniques and the use of bootstrap. Journal of Statistical Computation and Simulation 58(2),
    99-120. doi:10.1080/00949659708811825
    """
    if not 0 < level < 1 or not isinstance(resamples, int) or resamples < 2:
        raise MethodError(
            f"level = {level!r}, resamples = {resamples!r}",
            hint="a probability, and a whole number from 2 on",
        )
    n = len(f_a)
    moments, still = _moments(f_a, f_b, f_ab, f_ba)
    first, total, second = sobol_indices(f_a, f_b, f_ab, f_ba)
    weights = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples) / n
    tail = (1 - level) / 2
    low, high = ([np.full_like(v, np.nan) for v in (first, total)] for _ in range(2))
    pair = [None if second is None else np.full_like(second, np.nan) for _ in range(2)]
    f = len(f_ab)
    step = max(1, _CELLS // (resamples * f * (f if second is not None else 1)))
    moving = np.flatnonzero(~still)
    for start in range(0, moving.size, step):
        at = moving[start : start + step]
        drawn = moments.take(at).indices(weights)
        for k, part in enumerate(drawn[:2]):
            low[k][:, at], high[k][:, at] = _ends(part, tail)
        third = drawn[2]
        if third is not None and pair[0] is not None and pair[1] is not None:
            pair[0][..., at], pair[1][..., at] = _ends(third, tail)
    return Indices(
        first, total, second, low[0], high[0], low[1], high[1], pair[0], pair[1], still, n, level
    )


def _ends(drawn: Array, tail: float) -> Array:
    """Quantiles over the resamples in which the output varies."""
    if not np.isnan(drawn).any():
        return np.asarray(np.quantile(drawn, (tail, 1 - tail), axis=0))
    flat = drawn.reshape(len(drawn), -1)
    out = np.full((2, flat.shape[1]), np.nan)
    for j, column in enumerate(flat.T):
        known = column[~np.isnan(column)]
        if known.size:
            out[:, j] = np.quantile(known, (tail, 1 - tail))
    return out.reshape(2, *drawn.shape[1:])


@dataclass(frozen=True, eq=False)
class _Moments:
    """Per-row terms whose weighted means give the indices; outputs are centred roughly already."""

    mean: Array  # (N, q): (f_A + f_B) / 2
    square: Array  # (N, q): (f_A^2 + f_B^2) / 2
    b: Array
    change: Array  # (f, N, q): f_AB - f_A
    cross: Array  # f_B (f_AB - f_A)
    jansen: Array  # (f_A - f_AB)^2 / 2
    pairs: dict[
        tuple[int, int], tuple[Array, Array]
    ]  # f_BA_i f_AB_j - f_A f_B, and its linear part

    def take(self, at: NDArray[np.intp]) -> _Moments:
        """Return the moments of some outputs."""
        return _Moments(
            self.mean[:, at],
            self.square[:, at],
            self.b[:, at],
            self.change[..., at],
            self.cross[..., at],
            self.jansen[..., at],
            {k: (v[:, at], u[:, at]) for k, (v, u) in self.pairs.items()},
        )

    def indices(self, w: Array) -> tuple[Array, Array, Array | None]:
        """Return first and total (R, f, q) and second (R, f, f, q) under row weights (R, N)."""
        mean = w @ self.mean
        power = w @ self.square
        variance = power - mean**2
        variance[variance <= 1e-12 * power] = np.nan  # a resample in which nothing varies
        f = len(self.change)
        first = np.empty((len(w), f, mean.shape[1]))
        total = np.empty_like(first)
        with np.errstate(divide="ignore", invalid="ignore"):
            for i in range(f):
                # sum (f_B - mean) (f_AB - f_A): Saltelli et al. (2010), table 2 (b), centred
                first[:, i] = (w @ self.cross[i] - mean * (w @ self.change[i])) / variance
                total[:, i] = (w @ self.jansen[i]) / variance
            if not self.pairs:
                return first, total, None
            second = np.full((len(w), f, f, mean.shape[1]), np.nan)
            for (i, j), (product, linear) in self.pairs.items():
                closed = (w @ product - mean * (w @ linear)) / variance
                second[:, i, j] = closed - first[:, i] - first[:, j]
        return first, total, second


def _moments(
    f_a: Array, f_b: Array, f_ab: Array, f_ba: Array | None
) -> tuple[_Moments, NDArray[np.bool_]]:
    _refuse(f_a, f_b, f_ab, f_ba)
    centre = (f_a.mean(axis=0) + f_b.mean(axis=0)) / 2
    a, b, ab = f_a - centre, f_b - centre, f_ab - centre
    variance = ((a**2).mean(axis=0) + (b**2).mean(axis=0)) / 2
    still = np.asarray(variance <= _STILL * centre**2)
    change = ab - a
    pairs: dict[tuple[int, int], tuple[Array, Array]] = {}
    if f_ba is not None:
        ba = f_ba - centre
        for i in range(len(ab)):
            for j in range(i + 1, len(ab)):
                pairs[i, j] = (ba[i] * ab[j] - a * b, ba[i] + ab[j] - a - b)
    moments = _Moments((a + b) / 2, (a**2 + b**2) / 2, b, change, b * change, change**2 / 2, pairs)
    return moments, still


def _refuse(f_a: Array, f_b: Array, f_ab: Array, f_ba: Array | None) -> None:
    """Refuse outputs that are not finite, and shapes that do not fit."""
    if f_a.ndim != 2 or f_b.shape != f_a.shape or f_ab.shape[1:] != f_a.shape:
        raise MethodError(
            f"outputs of shapes {f_a.shape}, {f_b.shape}, {f_ab.shape}",
            hint="f_a and f_b are (N, q), f_ab is (factors, N, q)",
        )
    parts = {"A": f_a, "B": f_b, "AB": f_ab} | ({} if f_ba is None else {"BA": f_ba})
    for name, y in parts.items():
        bad = ~np.isfinite(y)
        if bad.any():
            *where, row, output = np.argwhere(bad)[0].tolist()
            of = f" of factor {where[0]}" if where else ""
            raise MethodError(
                f"{int(bad.sum())} outputs at {name} are not finite (first: output {output} in row "
                f"{row}{of}), and no index can be computed from the rest",
                hint="mend the function; leaving rows out would change the design",
            )

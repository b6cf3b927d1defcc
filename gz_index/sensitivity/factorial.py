"""Exact shares of variance over a full factorial: first-order, total, Shapley."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import SUM_TOLERANCE, Array
from gz_index.errors import MethodError

__all__ = ["Exact", "anova"]

#: variance below which, relative to the square of the mean, an output is taken not to vary
_STILL = 1e-24


@dataclass(frozen=True, eq=False)
class Exact:
    r"""Exact shares of the variance of q outputs over d independent discrete choices.

    Attributes
    ----------
    mean, variance : (q,)
    first, total, shapley : (d, q)
        Shares of the variance.
    closed : mapping of tuple of int to (q,)
        Of every set of choices: the share that settling them all would take away,
        :math:`V[E(y \mid x_u)] / V(y)`.
    interaction : mapping of tuple of int to (q,)
        The ANOVA component of every set of choices; these add up to one.
    constant : (q,) of bool
        Outputs that do not vary; their shares are NaN.
    """

    mean: Array
    variance: Array
    first: Array
    total: Array
    shapley: Array
    closed: Mapping[tuple[int, ...], Array] = field(repr=False)
    interaction: Mapping[tuple[int, ...], Array] = field(repr=False)
    constant: NDArray[np.bool_]


def anova(y: Array, shares: Sequence[Array]) -> Exact:
    r"""Share out the variance of a function of independent discrete choices, exactly.

    With :math:`v(u) = V[E(y \mid x_u)]` for each set u of choices: first order
    :math:`v(\{i\}) / V`, total :math:`1 - v(\sim i) / V`, and the Shapley share

    .. math::

        \frac{1}{dV} \sum_{u \not\ni i} \binom{d-1}{|u|}^{-1} \left(v(u \cup i) - v(u)\right),

    which lies between the two and adds up to one.

    Parameters
    ----------
    y : (L1, ..., Ld, q)
        Outputs at every combination of levels.
    shares : sequence of (Li,)
        Probability of each level.

    Raises
    ------
    MethodError
        An output is not finite; the probabilities do not fit.

    References
    ----------
    Sobol, I. M. (2001). Global sensitivity indices for nonlinear mathematical models and their
    Monte Carlo estimates. Mathematics and Computers in Simulation 55(1-3), 271-280.
    doi:10.1016/S0378-4754(00)00270-6

    Owen, A. B. (2014). Sobol' indices and Shapley value. SIAM/ASA Journal on Uncertainty
    Quantification 2(1), 245-251. doi:10.1137/130936233

    Examples
    --------
    >>> import numpy as np
    >>> half = np.array([0.5, 0.5])
    >>> y = np.array([[[0.0], [0.0]], [[0.0], [1.0]]])  # both needed
    >>> e = anova(y, [half, half])
    >>> e.first.ravel().round(4).tolist(), e.shapley.ravel().tolist()
    ([0.3333, 0.3333], [0.5, 0.5])
    """
    y = np.asarray(y, dtype=np.float64)
    p = [np.asarray(s, dtype=np.float64) for s in shares]
    d = len(p)
    if y.ndim != d + 1 or y.shape[:-1] != tuple(s.size for s in p):
        raise MethodError(
            f"outputs {y.shape} for choices with {[s.size for s in p]} levels",
            hint="y is (L1, ..., Ld, q)",
        )
    for i, s in enumerate(p):
        if not (s > 0).all() or abs(s.sum() - 1) > SUM_TOLERANCE:
            raise MethodError(f"probabilities {s.tolist()} of choice {i} are not > 0 with sum one")
    if not np.isfinite(y).all():
        *where, output = np.argwhere(~np.isfinite(y))[0].tolist()
        raise MethodError(
            f"output {output} at the combination {where} is not finite",
            hint="mend the function; shares of the rest would not be shares of the whole",
        )
    everything = tuple(range(d))
    mean = _average(y, p, everything)
    centred = y - mean
    power = _average(centred**2, p, everything)
    still = np.asarray(power <= _STILL * mean**2)
    variance = np.where(still, np.nan, power)
    closed: dict[tuple[int, ...], Array] = {(): np.where(still, np.nan, 0.0)}
    # conditional means of ever smaller sets, each from a set with one choice more
    means = {everything: centred}
    for size in range(d, 0, -1):
        for u in combinations(everything, size):
            if u not in means:
                extra = next(i for i in everything if i not in u)
                wider = tuple(sorted((*u, extra)))
                means[u] = _average(means[wider], [p[i] for i in wider], (wider.index(extra),))
            weights = [p[i] for i in u]
            if size == 1:
                closed[u] = _spread(means[u], weights[0], 0) / variance
            else:
                closed[u] = _average(means[u] ** 2, weights, tuple(range(size))) / variance
    closed[everything] = np.where(still, np.nan, 1.0)
    shapley = np.zeros((d, y.shape[-1]))
    for u in closed:
        for i in everything:
            if i not in u:
                gain = closed[tuple(sorted((*u, i)))] - closed[u]
                shapley[i] += gain / (d * comb(d - 1, len(u)))
    return Exact(
        mean=mean,
        variance=power,
        first=np.stack([closed[i,] for i in everything]),
        total=np.stack([_left(centred, p, i) / variance for i in everything]),
        shapley=shapley,
        closed=closed,
        interaction=_components(closed),
        constant=still,
    )


def _average(y: Array, p: Sequence[Array], axes: tuple[int, ...]) -> Array:
    """Mean over some axes with the probabilities of their levels."""
    for axis in sorted(axes, reverse=True):
        y = np.tensordot(p[axis], y, axes=(0, axis))
    return y


def _spread(y: Array, p: Array, axis: int) -> Array:
    """Variance along an axis; exactly zero where nothing changes along it."""
    away = y - np.take(y, [0], axis=axis)
    mean = np.tensordot(p, away, axes=(0, axis))
    return np.asarray(np.tensordot(p, away**2, axes=(0, axis)) - mean**2)


def _left(y: Array, p: Sequence[Array], i: int) -> Array:
    """Mean variance that is left when all choices but one are settled."""
    others = [s for j, s in enumerate(p) if j != i]
    return _average(_spread(y, p[i], i), others, tuple(range(len(others))))


def _components(closed: Mapping[tuple[int, ...], Array]) -> dict[tuple[int, ...], Array]:
    """ANOVA components by Moebius inversion, smaller sets first."""
    out: dict[tuple[int, ...], Array] = {}
    for u in sorted(closed, key=len):
        if u:
            inner = (out[v] for size in range(1, len(u)) for v in combinations(u, size))
            out[u] = closed[u] - sum(inner, start=np.zeros_like(closed[u]))
    return out

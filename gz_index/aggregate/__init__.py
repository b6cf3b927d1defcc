"""Aggregation: from the values of the children of a group to its score.

An aggregator is a function ``f(x, w, *, options) -> s`` of normalised data ``x`` (..., n, k),
bigger is better, and weights ``w`` (..., k) >= 0 that sum to one; ``s`` is (..., n). Leading axes
are draws: the same functions serve one index and a hundred thousand. :data:`AGGREGATORS` lists
those that a definition can name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gz_index._arrays import Array
from gz_index.aggregate._common import inputs
from gz_index.aggregate.distance import grey_relational, topsis, wroclaw
from gz_index.aggregate.means import (
    arithmetic,
    geometric,
    harmonic,
    mean_min,
    owa,
    power,
)
from gz_index.aggregate.ordinal import (
    Kemeny,
    borda,
    borda_contributions,
    copeland,
    kemeny,
    kemeny_order,
    outranking,
    rsr,
    rsr_contributions,
)
from gz_index.aggregate.penalty import mpi, mpi_contributions


def bod(x: Array, w: Array, **options: Any) -> Array:
    """Benefit of the doubt: each unit by the weights that suit it best.

    The weights of the definition are not used; limits on weights, shares and ratios are options of
    :func:`gz_index.weighting.bod`, which also gives each unit's weights and shares.

    Parameters
    ----------
    x : (..., n, k)
        Normalised data >= 0, bigger is better.
    w : (..., k)
        Checked, not used.

    Returns
    -------
    (..., n)
        In [0, 1]; 1 on the frontier.

    Examples
    --------
    >>> bod([[1.0, 0.5], [0.5, 1.0], [0.5, 0.5]], [0.5, 0.5]).round(4)
    array([1.    , 1.    , 0.6667])
    """
    from gz_index.weighting.frontier import bod as frontier

    x, w = inputs("bod", x, w)
    scores = [frontier(one, **options).scores for one in x.reshape(-1, *x.shape[-2:])]
    # draws of the weights alone leave the scores as they are
    shape = (*np.broadcast_shapes(x.shape[:-2], w.shape[:-1]), x.shape[-2])
    return np.array(np.broadcast_to(np.reshape(scores, x.shape[:-1]), shape))


def _arithmetic_parts(x: Array, w: Array) -> Array:
    x, w = inputs("arithmetic", x, w)
    return np.asarray(x * w[..., None, :])


def _power_parts(x: Array, w: Array, *, exponent: float) -> Array:
    """Euler's split of the power mean: shares w x^r / sum(w x^r); of the geometric mean, w."""
    if exponent == 1:
        return _arithmetic_parts(x, w)
    score = power(x, w, exponent=exponent)[..., None]
    x, w = inputs("power", x, w)
    weight = w[..., None, :]
    if np.isinf(exponent):
        hit = (x == score) & (weight > 0)
        return np.asarray(score * hit / hit.sum(axis=-1, keepdims=True))
    unit = np.where(score > 0, score, 1.0)
    seen = np.where(weight > 0, x, unit)
    share = seen / unit if exponent > 0 else unit / seen  # its power is at most 1 / w
    return np.asarray(score * weight * share ** abs(exponent))


def _owa_parts(x: Array, w: Array, *, order: Any) -> Array:
    """Each value times the weight of its place; equal values share the weights of their places."""
    owa(x, w, order=order)  # refuses what does not fit
    x, w = inputs("owa", x, w)
    above = (x[..., None, :] > x[..., :, None]).sum(axis=-1)
    equal = (x[..., None, :] == x[..., :, None]).sum(axis=-1)
    total = np.concatenate([[0.0], np.cumsum(np.asarray(order, dtype=np.float64))])
    parts = x * (total[above + equal] - total[above]) / equal
    return np.array(np.broadcast_to(parts, np.broadcast_shapes(parts.shape, (*w.shape[:-1], 1, 1))))


#: methods that a definition can name
AGGREGATORS: dict[str, Callable[..., Array]] = {
    "arithmetic": arithmetic,
    "geometric": geometric,
    "harmonic": harmonic,
    "power": power,
    "mean-min": mean_min,
    "owa": owa,
    "mpi": mpi,
    "topsis": topsis,
    "wroclaw": wroclaw,
    "grey-relational": grey_relational,
    "rsr": rsr,
    "borda": borda,
    "copeland": copeland,
    "kemeny": kemeny,
    "bod": bod,
}

#: other names in use
ALIASES: dict[str, str] = {
    "mean": "arithmetic",
    "additive": "arithmetic",
    "ampi": "mpi",
    "gra": "grey-relational",
    "rank-sum-ratio": "rsr",
    "ckyl": "kemeny",
    "benefit-of-the-doubt": "bod",
}

#: methods by which the score of a row depends on that row alone
ROWWISE = frozenset({"arithmetic", "geometric", "harmonic", "power", "mean-min", "owa", "mpi"})

#: exact additive parts (..., n, k) of the scores, where there are any: of functions homogeneous of
#: degree one by Euler's theorem, x_j times the partial derivative
CONTRIBUTIONS: dict[str, Callable[..., Array]] = {
    "arithmetic": _arithmetic_parts,
    "geometric": lambda x, w: _power_parts(x, w, exponent=0.0),
    "harmonic": lambda x, w: _power_parts(x, w, exponent=-1.0),
    "power": _power_parts,
    "owa": _owa_parts,
    "mpi": mpi_contributions,
    "rsr": rsr_contributions,
    "borda": borda_contributions,
}

#: of these the parts belong to values, not to what these are made of: no split through a group
OF_VALUES = frozenset({"rsr", "borda"})

__all__ = [
    "AGGREGATORS",
    "ALIASES",
    "CONTRIBUTIONS",
    "OF_VALUES",
    "ROWWISE",
    "Kemeny",
    "arithmetic",
    "bod",
    "borda",
    "copeland",
    "geometric",
    "grey_relational",
    "harmonic",
    "kemeny",
    "kemeny_order",
    "mean_min",
    "mpi",
    "outranking",
    "owa",
    "power",
    "rsr",
    "topsis",
    "wroclaw",
]

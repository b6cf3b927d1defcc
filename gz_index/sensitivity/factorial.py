"""Exact shares of variance over a full factorial: first-order, total, Shapley."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import SUM_TOLERANCE, Array
from gz_index.errors import MethodError
from gz_index.sensitivity.indices import STILL, unit

__all__ = ["Exact", "anova"]

#: cells of a block of outputs, of which a few are held for each choice
_CELLS = 100_000


@dataclass(frozen=True, eq=False)
class Exact:
    r"""Exact shares of the variance of q outputs over d independent discrete choices.

    Attributes
    ----------
    mean, variance : (q,)
    first, total, shapley : (d, q)
        Shares of the variance.
    closed : mapping of tuple of int to (q,)
        Of every set of choices, by their numbers in order: the share that settling them all would
        take away, :math:`V[E(y \mid x_u)] / V(y)`.
    interaction : mapping of tuple of int to (q,)
        The ANOVA component of every set of choices but the empty one; never negative, and these add
        up to one.
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

    The function is split into the part that each set u of choices adds to those of its subsets,

    .. math::

        y_u = \prod_{i \in u} (1 - E_i) \prod_{i \notin u} E_i \, y, \qquad
        \sigma_u^2 = E(y_u^2), \qquad V = \sum_{u \neq \emptyset} \sigma_u^2,

    where :math:`E_i` is the mean over choice i. Then

    .. math::

        S_i = \frac{\sigma_{\{i\}}^2}{V}, \qquad
        S_{Ti} = \sum_{u \ni i} \frac{\sigma_u^2}{V}, \qquad
        \phi_i = \sum_{u \ni i} \frac{\sigma_u^2}{|u| V}, \qquad
        \frac{V[E(y \mid x_u)]}{V} = \sum_{\emptyset \neq v \subseteq u} \frac{\sigma_v^2}{V}.

    The Shapley share :math:`\phi_i` lies between the other two and adds up to one. A sum of
    components has no cancellation in it: no share is negative, and a choice without effect has
    exactly 0.

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
    _refuse(y, p)
    p = [s / s.sum() for s in p]
    d, scale = len(p), unit(y)
    centred = y * scale
    mean = _settle(centred, p)
    centred -= mean
    step = max(1, _CELLS // (centred.size // y.shape[-1]))
    blocks = (centred[..., i : i + step] for i in range(0, y.shape[-1], step))
    power = np.concatenate([_components(block, p) for block in blocks], axis=-1)
    power[(0,) * d] = 0.0  # what rounding left of the mean
    variance = power.reshape(-1, y.shape[-1]).sum(axis=0)
    still = np.asarray(variance <= STILL * mean**2)
    power /= np.where(still, np.nan, variance)
    sizes = np.indices((2,) * d).sum(axis=0)[..., None]
    closed = power
    for axis in range(d):
        closed = closed.cumsum(axis=axis)
    sets = sorted(np.ndindex(*(2,) * d), key=lambda s: (sum(s), [-x for x in s]))
    members = {s: tuple(i for i in range(d) if s[i]) for s in sets}
    with np.errstate(over="ignore"):  # beyond float64 where the outputs are beyond its root
        raw = variance / scale / scale
    return Exact(
        mean=mean / scale,
        variance=raw,
        first=np.stack([power[tuple(np.eye(d, dtype=int)[i])] for i in range(d)]),
        total=_with(power),
        shapley=_with(power / np.maximum(sizes, 1)),  # Owen (2014), theorem 1
        closed={u: closed[s] for s, u in members.items()},
        interaction={u: power[s] for s, u in members.items() if u},
        constant=still,
    )


def _settle(y: Array, p: Sequence[Array]) -> Array:
    """Mean over all choices; exactly the value where there is one only."""
    for s in p:
        y = y[0] + np.tensordot(s, y - y[0], axes=1)
    return y


def _components(y: Array, p: Sequence[Array], axis: int = 0) -> Array:
    """Variance of each ANOVA component, (2, ..., 2, q): index 1 where a choice is in the set.

    One choice after the other is averaged away or kept; what is kept is multiplied by the root of
    its probabilities, so that a plain sum of squares is the variance. Depth first: what is held
    grows with the number of choices, not of their sets.
    """
    if axis == len(p):
        return np.asarray(np.square(y).sum(axis=tuple(range(axis))))
    return np.stack([_components(part, p, axis + 1) for part in _parted(y, p[axis], axis)])


def _parted(y: Array, p: Array, axis: int) -> tuple[Array, Array]:
    """Mean over a choice, and what is left of each level times the root of its probability."""
    p = p.reshape(-1, *(1,) * (y.ndim - axis - 1))
    start = y.take([0], axis=axis)
    away = y - start  # exactly 0 where nothing changes along the axis
    mean = (p * away).sum(axis=axis, keepdims=True)
    return start + mean, np.sqrt(p) * (away - mean)


def _with(power: Array) -> Array:
    """Sum over all sets that hold choice i, (d, q)."""
    d = power.ndim - 1
    return np.stack([power.take(1, axis=i).reshape(2 ** (d - 1), -1).sum(axis=0) for i in range(d)])


def _refuse(y: Array, p: Sequence[Array]) -> None:
    """Refuse what is no full factorial."""
    if not p or y.ndim != len(p) + 1 or y.shape[:-1] != tuple(s.size for s in p):
        raise MethodError(
            f"outputs {y.shape} for choices with {[s.size for s in p]} levels",
            hint="y is (L1, ..., Ld, q)",
        )
    for i, s in enumerate(p):
        if not (s > 0).all() or abs(s.sum() - 1) > SUM_TOLERANCE:
            raise MethodError(f"probabilities {s.tolist()} of choice {i} are not > 0 with sum one")
    bad = np.argwhere(~np.isfinite(y))
    if len(bad):
        *where, output = bad[0].tolist()
        raise MethodError(
            f"{len(bad)} outputs are not finite (first: output {output} at the combination "
            f"{where})",
            hint="mend the function; shares of the rest would not be shares of the whole",
        )

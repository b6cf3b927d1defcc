"""Efficient frontiers of mean and standard deviation of scores over weights."""

from __future__ import annotations

import numpy as np

from gz_index._arrays import Array

__all__ = ["frontiers"]


def frontiers(mean: Array, sd: Array) -> tuple[Array, Array]:
    r"""Efficient frontiers of mean and standard deviation, one inside the other.

    A unit is efficient if no convex combination of the others has a mean that is not lower and a
    standard deviation that is not higher, one of them strictly: if for some
    :math:`\alpha \in [0, 1]` its :math:`\alpha\mu - (1 - \alpha)\sigma` is the greatest. The units
    of the first frontier are taken away, and so on.

    Parameters
    ----------
    mean, sd : (n,)

    Returns
    -------
    frontier : (n,)
        Number of the frontier of each unit, 1 is the outermost.
    margin : (n,)
        :math:`\max_\alpha \min_j` of the lead over the others; above zero for efficient units only.

    References
    ----------
    Greco, S., Ishizaka, A., Tasiou, M. and Torrisi, G. (2019). Sigma-mu efficiency analysis.
    European Journal of Operational Research 278(3), 942-960.

    Examples
    --------
    >>> import numpy as np
    >>> frontier, margin = frontiers(np.array([3.0, 2.0, 1.0]), np.array([1.0, 0.5, 0.8]))
    >>> frontier.tolist(), margin.round(3).tolist()
    ([1.0, 1.0, 2.0], [1.0, 0.364, -0.3])
    """
    mean, sd = np.asarray(mean, np.float64), np.asarray(sd, np.float64)
    n = mean.size
    frontier = np.zeros(n)
    margin = _margins(mean, sd)
    left, level = np.arange(n), 1
    while left.size:
        lead = margin if level == 1 else _margins(mean[left], sd[left])
        best = lead >= -1e-12 * max(1.0, float(np.abs(mean).max()))
        frontier[left[best]] = level
        left, level = left[~best], level + 1
    return frontier, margin


def _margins(mean: Array, sd: Array) -> Array:
    """Greatest over alpha of the least lead: a concave function of one number, piecewise linear."""
    out = np.full(mean.size, np.inf)
    if mean.size == 1:
        return out
    for i in range(mean.size):
        up = np.delete(mean[i] - mean, i)  # lead at alpha = 1
        down = np.delete(sd - sd[i], i)  # lead at alpha = 0
        low, high = 0.0, 1.0
        # the lines that bind from the left and from the right meet at the top
        for _ in range(mean.size + 2):
            a = down + low * (up - down)
            b = down + high * (up - down)
            left, right = _binding(a, up - down, True), _binding(b, up - down, False)
            slope = (up - down)[[left, right]]
            if slope[0] <= 0:
                out[i] = a[left]
                break
            if slope[1] >= 0:
                out[i] = b[right]
                break
            meet = (down[right] - down[left]) / (slope[0] - slope[1])
            value = down[left] + meet * slope[0]
            lines = down + meet * (up - down)
            if lines.min() >= value - 1e-15 * max(1.0, abs(value)):
                out[i] = value
                break
            worst = int(lines.argmin())
            if (up - down)[worst] > 0:
                low = meet
            else:
                high = meet
        else:  # pragma: no cover - each round cuts a line off
            out[i] = lines.min()
    return out


def _binding(value: Array, slope: Array, left: bool) -> int:
    """Return the lowest line at an end; of several, the one that binds inside."""
    low = np.flatnonzero(value <= value.min())
    chosen = slope[low].argmin() if left else slope[low].argmax()
    return int(low[chosen])

"""The Mazziotta-Pareto index: a mean less (or plus) a penalty for unbalance."""

from __future__ import annotations

from typing import Literal

import numpy as np

from gz_index._arrays import Array
from gz_index.aggregate._common import inputs
from gz_index.aggregate.means import _dot
from gz_index.errors import MethodError

__all__ = ["mpi", "mpi_contributions"]


def _moments(x: Array, w: Array) -> tuple[Array, Array]:
    """Mean M and squared coefficient of variation (S / M)^2 of each row."""
    mean = _dot(x, w)
    if not (mean > 0).all():
        raise MethodError(
            f"mpi: the mean of {{rows}} is {float(mean.min()):.6g}, not above zero",
            rows=[int(np.argmin(mean) % mean.shape[-1])],
            hint="normalise to mean 100 and standard deviation 10, or by method ampi (70 to 130)",
        )
    gap = (x - mean[..., None]) / mean[..., None]
    return mean, np.asarray((gap**2 * w[..., None, :]).sum(axis=-1))  # divisor n, not n - 1


def _check(penalty: str) -> None:
    if penalty not in ("-", "+"):
        raise MethodError(f"mpi: penalty = {penalty!r}", hint="penalty is '-' or '+'")


def mpi(x: Array, w: Array, *, penalty: Literal["-", "+"] = "-") -> Array:
    r"""Mazziotta-Pareto index, :math:`M \mp S\,cv = M \mp S^2 / M`.

    M and S are the (weighted) mean and population standard deviation of the values of a unit. On
    data standardised to mean 100 and standard deviation 10 this is the MPI; on data re-scaled
    around a reference (normaliser ``ampi``) it is the adjusted one, AMPI, which can be compared
    over time.

    Parameters
    ----------
    x : (..., n, k)
    w : (..., k)
        Weights >= 0 that sum to one.
    penalty : {"-", "+"}
        ``-`` for a phenomenon of which more is better, ``+`` for one of which less is.

    Raises
    ------
    MethodError
        A mean is not above zero, or the penalty is neither.

    References
    ----------
    Mazziotta, M. and Pareto, A. (2016). On a generalized non-compensatory composite index for
    measuring socio-economic phenomena. Social Indicators Research 127(3), 983-1003.
    doi:10.1007/s11205-015-0998-2

    Examples
    --------
    >>> mpi([[90.0, 110.0]], [0.5, 0.5])
    array([99.])
    >>> mpi([[90.0, 110.0]], [0.5, 0.5], penalty="+")
    array([101.])
    """
    _check(penalty)
    x, w = inputs("mpi", x, w)
    mean, cv2 = _moments(x, w)
    return np.asarray(mean * (1 - cv2) if penalty == "-" else mean * (1 + cv2))


def mpi_contributions(x: Array, w: Array, *, penalty: Literal["-", "+"] = "-") -> Array:
    """Parts x_j dF/dx_j, which add up to the index: it is homogeneous of degree one."""
    x, w = inputs("mpi", x, w)
    _check(penalty)
    mean, cv2 = _moments(x, w)
    m, c = mean[..., None], cv2[..., None]
    slope = w[..., None, :] * (2 * (x - m) / m - c)  # of S^2 / M
    return np.asarray(x * (w[..., None, :] - slope if penalty == "-" else w[..., None, :] + slope))

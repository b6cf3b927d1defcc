"""The multivariate normal of a table with gaps: by EM, its conditional means, and draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gz_index._arrays import Array
from gz_index.errors import MethodError

__all__ = ["Normal", "check_varied", "conditional", "draws", "em", "standard"]

#: rows that lack the same cells: positions of the rows, of the known and of the missing columns
_Pattern = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]

#: smallest eigenvalue of standardised columns below which they count as linearly dependent
_SINGULAR = 1e-9


@dataclass(frozen=True, eq=False)
class Normal:
    """A multivariate normal by maximum likelihood; see :func:`em`.

    Attributes
    ----------
    mean : (p,)
    covariance : (p, p)
        With divisor n, as maximum likelihood has it.
    iterations : int
        How many it took.
    """

    mean: Array = field(repr=False)
    covariance: Array = field(repr=False)
    iterations: int


def standard(x: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation (divisor n) of the known cells of each column, (p,) each.

    A column without a known cell has mean 0; one that does not vary has 1 for its deviation.
    """
    known = ~np.isnan(x)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, x, 0.0).sum(axis=0) / count
    d = np.where(known, x - mean, 0.0)
    unit = np.sqrt((d * d).sum(axis=0) / count)
    still = unit <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
    return mean, np.where(still, 1.0, unit)


def em(x: Array, *, tol: float = 1e-10, iterations: int = 10_000) -> Normal:
    r"""Return mean and covariance of a multivariate normal by maximum likelihood, gaps and all.

    The E step replaces what is missing by its expectation given what is known,
    :math:`E(x_u \mid x_o) = \mu_u + \Sigma_{uo} \Sigma_{oo}^{-1} (x_o - \mu_o)`, and adds
    :math:`\Sigma_{uu} - \Sigma_{uo} \Sigma_{oo}^{-1} \Sigma_{ou}` to the products; the M step takes
    mean and covariance of that. It stops when no mean, variance or covariance of the standardised
    columns moves by ``tol`` or more. Cells are taken to be missing at random, and rows to be
    independent. Of complete data it is mean and covariance themselves.

    Parameters
    ----------
    x : (n, p)
        NaN is missing; rows without a known cell are passed over.
    tol : float
    iterations : int
        At most.

    Raises
    ------
    MethodError
        There are not more rows than columns; a column does not vary; two columns are never known in
        the same row; columns depend on each other linearly; it does not converge.

    References
    ----------
    Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977). Maximum likelihood from incomplete data
    via the EM algorithm. Journal of the Royal Statistical Society B 39, 1-38.
    Little, R. J. A. and Rubin, D. B. (2002). Statistical Analysis with Missing Data, 2nd ed.,
    section 11.2. doi:10.1002/9781119013563

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 1.0], [2, 3], [3, 2], [4, np.nan]])
    >>> fit = em(x)
    >>> fit.mean.round(6).tolist(), fit.covariance.round(6).tolist()
    ([2.5, 2.25], [[1.25, 0.625], [0.625, 0.8125]])
    """
    x = x[~np.isnan(x).all(axis=1)]
    _check(x)
    centre, unit = standard(x)
    z = (x - centre) / unit
    z = z[np.lexsort(z.T)]  # so that the order of rows does not matter to the last digit
    patterns, complete = _patterns(z), not np.isnan(z).any()
    mean, cov = np.zeros(z.shape[1]), np.eye(z.shape[1])
    step = np.inf
    for done in range(1, iterations + 1):
        full, extra = _expected(z, patterns, mean, cov)
        d = full - mean
        shift = d.mean(axis=0)
        new = (d.T @ d + extra) / len(z) - np.outer(shift, shift)
        step = max(np.abs(shift).max(), np.abs(new - cov).max())
        mean, cov = mean + shift, new
        _check_rank(cov)
        if step < tol or complete:
            return Normal(centre + unit * mean, cov * np.outer(unit, unit), done)
    raise MethodError(
        f"EM has not converged after {iterations} iterations (the last step was {step:.3g})",
        hint="more iterations, a larger tol, or fewer columns",
    )


def conditional(x: Array, mean: Array, covariance: Array) -> Array:
    """Return x (n, p) with each gap replaced by its expectation given what its row knows.

    A row without a known cell becomes the mean.

    Examples
    --------
    >>> x = np.array([[1.0, np.nan], [0.0, 2.0]])
    >>> conditional(x, np.zeros(2), np.array([[1.0, 0.5], [0.5, 1.0]])).tolist()
    [[1.0, 0.5], [0.0, 2.0]]
    """
    unit = np.sqrt(np.diag(covariance))
    z = (x - mean) / unit
    full, _ = _expected(z, _patterns(z), np.zeros_like(mean), covariance / np.outer(unit, unit))
    return np.where(np.isnan(x), mean + unit * full, x)


def draws(
    x: Array,
    m: int,
    rng: np.random.Generator,
    *,
    tol: float = 1e-10,
    iterations: int = 10_000,
) -> Array:
    r"""Return m tables (m, n, p) whose gaps are drawn from their Bayesian predictive distribution.

    Data augmentation: in turn the gaps are drawn given the parameters, and the parameters given the
    completed table, :math:`\Sigma \sim W^{-1}(n - 1, S)` and :math:`\mu \sim N(\bar x, \Sigma/n)`,
    the posterior under Jeffreys' prior. The chain starts at the estimate of :func:`em`. Before the
    first table, and between tables, it takes twice the steps that EM needs to a tolerance of 1e-4,
    at least 20: it forgets at about the rate at which EM converges.

    Rows without a known cell stay as they are.

    Raises
    ------
    MethodError
        As :func:`em`.

    References
    ----------
    Schafer, J. L. (1997). Analysis of Incomplete Multivariate Data, chapters 4 and 5.
    doi:10.1201/9780367803025
    """
    out = np.repeat(x[None], m, axis=0)
    rows = ~np.isnan(x).all(axis=1)
    if not np.isnan(x[rows]).any():
        return out
    start = em(x, tol=tol, iterations=iterations)
    steps = max(20, 2 * em(x, tol=max(tol, 1e-4), iterations=iterations).iterations)
    unit = np.sqrt(np.diag(start.covariance))
    z = (x[rows] - start.mean) / unit
    patterns = _patterns(z)
    mean, cov = np.zeros(len(unit)), start.covariance / np.outer(unit, unit)
    for k in range(m):
        for _ in range(steps):
            full = _drawn(z, patterns, mean, cov, rng)
            mean, cov = _parameters(full, rng)
        last = _drawn(z, patterns, mean, cov, rng)
        out[k, rows] = np.where(np.isnan(z), start.mean + unit * last, x[rows])
    return out


# -- steps -----------------------------------------------------------------------------------------


def _patterns(x: Array) -> list[_Pattern]:
    kinds, which = np.unique(~np.isnan(x), axis=0, return_inverse=True)
    return [
        (np.flatnonzero(which.ravel() == g), np.flatnonzero(k), np.flatnonzero(~k))
        for g, k in enumerate(kinds)
    ]


def _expected(
    x: Array, patterns: Sequence[_Pattern], mean: Array, cov: Array
) -> tuple[Array, Array]:
    """The E step: x with expectations in its gaps, and the covariances that they lack, summed."""
    full, extra = x.copy(), np.zeros_like(cov)
    for rows, o, u in patterns:
        if u.size:
            slope, left = _given(cov, o, u)
            full[np.ix_(rows, u)] = mean[u] + (x[np.ix_(rows, o)] - mean[o]) @ slope
            extra[np.ix_(u, u)] += rows.size * left
    return full, extra


def _given(cov: Array, o: NDArray[np.intp], u: NDArray[np.intp]) -> tuple[Array, Array]:
    """Slopes (o, u) of what is missing on what is known, and the covariance that is left."""
    slope = np.linalg.solve(cov[np.ix_(o, o)], cov[np.ix_(o, u)])
    return np.asarray(slope), cov[np.ix_(u, u)] - cov[np.ix_(u, o)] @ slope


def _drawn(
    x: Array, patterns: Sequence[_Pattern], mean: Array, cov: Array, rng: np.random.Generator
) -> Array:
    """Return x with its gaps drawn given the parameters."""
    full = x.copy()
    for rows, o, u in patterns:
        if u.size:
            slope, left = _given(cov, o, u)
            noise = rng.standard_normal((rows.size, u.size)) @ np.linalg.cholesky(left).T
            full[np.ix_(rows, u)] = mean[u] + (x[np.ix_(rows, o)] - mean[o]) @ slope + noise
    return full


def _parameters(x: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw mean and covariance given a complete table (Bartlett's decomposition)."""
    n, p = x.shape
    centre = x.mean(axis=0)
    d = x - centre
    a = np.tril(rng.standard_normal((p, p)), -1)
    a[np.diag_indices(p)] = np.sqrt(rng.chisquare(n - 1 - np.arange(p)))
    root = np.linalg.solve(a, np.linalg.cholesky(d.T @ d).T)
    cov = root.T @ root
    return centre + np.linalg.cholesky(cov / n) @ rng.standard_normal(p), cov


# -- what cannot be estimated ----------------------------------------------------------------------


def check_varied(x: Array, method: str) -> None:
    """Refuse columns without two different known values."""
    known = ~np.isnan(x)
    low = np.where(known, x, np.inf).min(axis=0)
    high = np.where(known, x, -np.inf).max(axis=0)
    still = np.flatnonzero(~(high > low))
    if still.size:
        raise MethodError(
            f"{method}: {{columns}} without two different known values",
            hint="leave it out (columns = ..., on = ...), or fill it by another method first",
            columns=still.tolist(),
        )


def _check(x: Array) -> None:
    n, p = x.shape
    if n <= p:
        raise MethodError(
            f"EM has {n} rows with a known cell for {p} columns",
            hint="it needs more rows than columns: name fewer (columns = ..., on = [])",
        )
    check_varied(x, "EM")
    known = ~np.isnan(x)
    apart = np.argwhere(np.triu((known.T.astype(int) @ known.astype(int)) == 0))
    if apart.size:
        raise MethodError(
            "EM: {columns} are never known in the same row, so that nothing tells how they go "
            "together",
            hint="name columns that overlap",
            columns=apart[0].tolist(),
        )


def _check_rank(cov: Array) -> None:
    values, vectors = np.linalg.eigh(cov)
    if values[0] < _SINGULAR:
        raise MethodError(
            "EM: {columns} depend on each other linearly in the rows at hand",
            hint="leave one of them out, or use more rows",
            columns=np.flatnonzero(np.abs(vectors[:, 0]) > 0.1).tolist(),
        )

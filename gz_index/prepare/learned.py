"""Imputation learned from other indicators: least squares, nearest neighbours, chained equations.

Functions on arrays with gaps as NaN. Each method learns a model of JSON types from x (n, p), and
fills the columns ``targets`` of any rows from it; a gap that it cannot fill stays NaN.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.prepare.em import check_varied, standard

__all__ = [
    "chain",
    "fill_chain",
    "fill_neighbours",
    "fill_regression",
    "neighbours",
    "regression",
    "regression_draws",
]

Model = dict[str, Any]


# -- least squares ---------------------------------------------------------------------------------


def regression(x: Array, targets: list[int], on: list[int]) -> Model:
    """Regress each target on the columns ``on`` (without itself) by least squares.

    Rows that are complete in them count. A target without gaps that cannot be regressed is left
    without coefficients.

    Raises
    ------
    MethodError
        A target with gaps has too few complete rows, or its predictors depend on each other.
    """
    out = []
    for j in targets:
        use = [k for k in on if k != j]
        try:
            out.append({"on": use, "b": _least_squares(x, j, use)[0].tolist()})
        except MethodError:
            if np.isnan(x[:, j]).any():
                raise
            out.append({"on": use, "b": None})
    return {"equations": out}


def fill_regression(x: Array, targets: list[int], model: Model) -> Array:
    """Return predictions (n, t); NaN where a predictor is missing."""
    out = np.full((len(x), len(targets)), np.nan)
    for c, equation in enumerate(model["equations"]):
        if equation["b"] is not None:
            b = np.array(equation["b"])
            out[:, c] = b[0] + x[:, equation["on"]] @ b[1:]
    return out


def regression_draws(
    x: Array, targets: list[int], on: list[int], m: int, rng: np.random.Generator
) -> Array:
    r"""Return m predictions (m, n, t) with drawn parameters and drawn residuals.

    :math:`\sigma^2 = RSS / \chi^2_\nu`, :math:`b \sim N(\hat b, \sigma^2 (X'X)^{-1})`, and a
    residual :math:`N(0, \sigma^2)` for each row (Rubin 1987, p. 167): the Bayesian predictive
    distribution under a flat prior.
    """
    out = np.full((m, len(x), len(targets)), np.nan)
    for c, j in enumerate(targets):
        if not np.isnan(x[:, j]).any():
            continue
        use = [k for k in on if k != j]
        b, rss, df, root = _least_squares(x, j, use)
        design = np.column_stack([np.ones(len(x)), x[:, use]])
        for k in range(m):
            sigma = np.sqrt(rss / rng.chisquare(df))
            drawn = b + sigma * root @ rng.standard_normal(b.size)
            out[k, :, c] = design @ drawn + sigma * rng.standard_normal(len(x))
    return out


def _least_squares(x: Array, j: int, use: list[int]) -> tuple[Array, float, int, Array]:
    """Coefficients (intercept first), residual squares, their degrees of freedom, root of (X'X)^-1.

    Done on standardised predictors, so that units do not decide on the rank.
    """
    full = ~np.isnan(x[:, [j, *use]]).any(axis=1)
    n, k = int(full.sum()), len(use)
    if n < k + 2:
        raise MethodError(
            f"{{columns}} cannot be regressed on {k} others: {n} rows are complete",
            hint=f"{k + 2} rows at least, or fewer predictors (on = ...), or method = 'em'",
            columns=[j],
        )
    p, y = x[full][:, use], x[full, j]
    mean, unit = standard(p)
    q, r = np.linalg.qr(np.column_stack([np.ones(n), (p - mean) / unit]))
    weak = np.abs(np.diag(r)) < 1e-8 * np.sqrt(n)
    if weak.any():
        raise MethodError(
            "the predictor {columns} does not vary, or is a sum of those before it",
            hint="leave it out (on = ...)",
            columns=[use[int(np.argmax(weak)) - 1]],
        )
    scaled = np.linalg.solve(r, q.T @ y)
    back = np.eye(k + 1)  # from standardised predictors to raw ones
    back[0, 1:] = -mean / unit
    back[range(1, k + 1), range(1, k + 1)] = 1 / unit
    left = y - q @ (q.T @ y)
    return back @ scaled, float(left @ left), n - k - 1, back @ np.linalg.inv(r)


# -- nearest neighbours ----------------------------------------------------------------------------


def neighbours(x: Array) -> Model:
    """Keep the rows as donors, and how to standardise them."""
    check_varied(x, "knn")
    mean, unit = standard(x)
    rows = [[None if np.isnan(v) else v for v in row] for row in x.tolist()]
    return {"mean": mean.tolist(), "unit": unit.tolist(), "donors": rows}


def fill_neighbours(x: Array, targets: list[int], model: Model, *, k: int) -> Array:
    r"""Return the mean of the k nearest donors that know the target, (n, t).

    The distance of rows a and b is :math:`\sqrt{(p / |S|) \sum_{j \in S} (z_{aj} - z_{bj})^2}`
    over the columns S that both know, of p standardised ones. Donors as far as the k-th nearest
    count as well.
    """
    mean, unit = np.array(model["mean"]), np.array(model["unit"])
    donors = np.array(model["donors"], dtype=np.float64)
    there = (donors - mean) / unit
    out = np.full((len(x), len(targets)), np.nan)
    for i in np.flatnonzero(np.isnan(x[:, targets]).any(axis=1)):
        d = ((x[i] - mean) / unit - there) ** 2
        shared = (~np.isnan(d)).sum(axis=1)
        far = np.full(len(there), np.nan)
        np.divide(np.nansum(d, axis=1), shared, out=far, where=shared > 0)
        for c, j in enumerate(targets):
            fit = ~np.isnan(donors[:, j]) & ~np.isnan(far)
            if fit.any():
                edge = np.sort(far[fit])[:k][-1]
                near = fit & (far <= edge * (1 + 1e-12) + 1e-300)
                out[i, c] = np.sort(donors[near, j]).mean()
    return out


# -- chained equations -----------------------------------------------------------------------------


def chain(x: Array, *, tol: float = 1e-3, iterations: int = 100) -> Model:
    """Regress each column on all others in turn, by scikit-learn's IterativeImputer.

    On standardised columns, with Bayesian ridge regression and the mean to start from; nothing in
    it is random. What is kept are the regressions of its last round.

    Raises
    ------
    MethodError
        There is one column only, a column does not vary, or it does not converge.

    References
    ----------
    van Buuren, S. and Groothuis-Oudshoorn, K. (2011). mice: multivariate imputation by chained
    equations in R. Journal of Statistical Software 45(3). doi:10.18637/jss.v045.i03
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    x = x[~np.isnan(x).all(axis=1)]
    p = x.shape[1]
    if p < 2:
        raise MethodError(
            "{columns} alone has no others to be regressed on", hint="on = [...]", columns=[0]
        )
    check_varied(x, "iterative")
    mean, unit = standard(x)
    z = (x - mean) / unit
    imputer = IterativeImputer(max_iter=iterations, tol=tol, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            imputer.fit(z[np.lexsort(z.T)])
        except ConvergenceWarning:
            raise MethodError(
                f"the chained equations have not converged after {iterations} rounds",
                hint="more iterations, a larger tol, fewer columns, or method = 'em'",
            ) from None
    b, start = np.zeros((p, p)), np.zeros(p)
    for j, others, fit in imputer.imputation_sequence_[-p:]:
        b[j, others], start[j] = fit.coef_, fit.intercept_
    return {
        "mean": mean.tolist(),
        "unit": unit.tolist(),
        "b": b.tolist(),
        "intercept": start.tolist(),
    }


def fill_chain(x: Array, targets: list[int], model: Model) -> Array:
    """Return the values (n, t) on which the regressions agree, given what a row knows.

    Each missing value is the prediction of its own equation from the known and the other missing
    ones: the fixed point of the rounds, found as the solution of linear equations.
    """
    mean, unit = np.array(model["mean"]), np.array(model["unit"])
    b, start = np.array(model["b"]), np.array(model["intercept"])
    z = (x - mean) / unit
    for i in np.flatnonzero(np.isnan(z).any(axis=1) & ~np.isnan(z).all(axis=1)):
        u = np.isnan(z[i])
        known = start[u] + b[np.ix_(u, ~u)] @ z[i, ~u]
        z[i, u] = np.linalg.solve(np.eye(int(u.sum())) - b[np.ix_(u, u)], known)
    return np.asarray((mean + unit * z)[:, targets])

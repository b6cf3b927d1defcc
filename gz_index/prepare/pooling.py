"""Multiple imputation: several completed tables, and Rubin's rules for what is computed of each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import Array
from gz_index.errors import MethodError
from gz_index.prepare.base import Sheet
from gz_index.prepare.em import draws
from gz_index.prepare.filling import naming, stopping, targets
from gz_index.prepare.impute import Impute
from gz_index.prepare.learned import regression_draws

__all__ = ["Pooled", "multiple", "pool"]


def multiple(step: Impute, sheet: Sheet, *, m: int = 20, seed: int = 0) -> Array:
    """Return m completed copies of the values, whose gaps are drawn rather than estimated.

    Parameters are drawn as well as residuals, so that the copies differ by all that is not known:
    ``em`` by data augmentation (:func:`~gz_index.prepare.em.draws`), ``regression`` from its
    Bayesian predictive distribution (:func:`~gz_index.prepare.learned.regression_draws`). Known
    cells are the same in all. Columns that the step does not fill keep their gaps.

    Parameters
    ----------
    step : Impute
        Of method ``em`` or ``regression``; ``rest``, ``low``, ``high`` and ``outside`` hold.
    sheet : Sheet
    m : int
        Number of copies, at least two.
    seed : int

    Returns
    -------
    (m, n, k)
        In the order of ``sheet.codes``; what is computed of each copy goes to :func:`pool`.

    Raises
    ------
    MethodError
        The method has no distribution to draw from, or cannot be used on these numbers.
    DataError
        A cell cannot be filled, or a draw lies beyond what is possible.

    References
    ----------
    Rubin, D. B. (1987). Multiple Imputation for Nonresponse in Surveys.
    doi:10.1002/9780470316696

    Examples
    --------
    >>> import gz_index as gz, pandas as pd
    >>> from gz_index.table import align
    >>> f = gz.Framework((gz.Indicator(code="a"), gz.Indicator(code="b")))
    >>> data = pd.DataFrame(
    ...     {"a": [1.0, 2, 3, 4, 5], "b": [2.0, 4, 7, 8, None]}, index=list("vwxyz")
    ... )
    >>> values = multiple(Impute(method="em"), Sheet(align(data, f), f), m=3)
    >>> values.shape, values[:, 3].tolist()
    ((3, 5, 2), [[4.0, 8.0], [4.0, 8.0], [4.0, 8.0]])
    """
    if step.method not in ("em", "regression"):
        raise MethodError(
            f"{step.method} has no distribution to draw from", hint="method = 'em' or 'regression'"
        )
    if m < 2:
        raise MethodError(f"m = {m} tables", hint="at least two, to see how they differ")
    at, rng = step.at(sheet), np.random.default_rng(seed)
    x, mine, on = targets(step, sheet)
    gaps = np.isnan(sheet.values[:, at])
    with naming(step, sheet):
        if step.method == "em":
            drawn = draws(x, m, rng, **stopping(step))[:, :, mine]
            code = "empty-row"
        else:
            drawn = regression_draws(x, mine, on, m, rng)
            code = "no-predictor"
    why = np.full(gaps.shape, code, dtype="<U16")
    step.check_rest(sheet, at, gaps & np.isnan(drawn[0]), why)
    out = np.repeat(sheet.values[None], m, axis=0)
    for copy, values in zip(out, drawn, strict=True):
        copy[:, at] = np.where(gaps, step.bounded(sheet, at, values, gaps), copy[:, at])
    return out


@dataclass(frozen=True, eq=False)
class Pooled:
    """Estimates from several completed tables as one, by Rubin's rules; see :func:`pool`.

    Attributes
    ----------
    mean : array
        The pooled estimate.
    within, between, total : array
        Variance within the tables, between them, and of the pooled estimate.
    df : array
        Degrees of freedom; infinite where the tables agree.
    missing : array in [0, 1]
        Fraction of the information that is missing.
    lower, upper : array
        Interval at ``level``.
    level : float
    m : int
        Number of tables.
    """

    mean: Array
    within: Array = field(repr=False)
    between: Array = field(repr=False)
    total: Array
    df: Array
    missing: Array
    lower: Array = field(repr=False)
    upper: Array = field(repr=False)
    level: float
    m: int

    @property
    def error(self) -> Array:
        """Standard error of the pooled estimate."""
        return np.sqrt(self.total)


def pool(
    estimates: ArrayLike,
    variances: ArrayLike | None = None,
    *,
    complete_df: float | None = None,
    level: float = 0.95,
) -> Pooled:
    r"""Combine what was computed of m completed tables by Rubin's rules.

    With the mean :math:`\bar Q` of the estimates, the mean W of their variances, and their own
    variance B (divisor m - 1), the variance of :math:`\bar Q` is :math:`T = W + (1 + 1/m) B`. With
    :math:`r = (1 + 1/m) B / W` the degrees of freedom are :math:`\nu = (m - 1)(1 + 1/r)^2` and the
    fraction of missing information is :math:`(r + 2/(\nu + 3)) / (r + 1)`. The interval is that of
    Student's t.

    Parameters
    ----------
    estimates : (m, ...)
        Scores of n units, say.
    variances : (m, ...), optional
        Of each estimate as if its table were complete. Without them W is zero: the estimates are
        exact given the table, as scores are, and all variance is that of imputation; nu is m - 1
        and all information on it is missing, except where the tables agree.
    complete_df : float, optional
        Degrees of freedom with complete data, :math:`\nu_0`. Then, by Barnard and Rubin (1999),
        :math:`1/\nu^* = 1/\nu + 1/\nu_{obs}` with
        :math:`\nu_{obs} = \nu_0 \frac{\nu_0 + 1}{\nu_0 + 3} \frac{W}{T}` takes the place of nu in
        the interval.
    level : float in (0, 1)

    Raises
    ------
    MethodError
        There are fewer than two tables, shapes differ, a number is not finite or a variance
        negative; degrees of freedom with complete data go with variances above zero.

    References
    ----------
    Rubin, D. B. (1987). Multiple Imputation for Nonresponse in Surveys, section 3.1.
    doi:10.1002/9780470316696
    Barnard, J. and Rubin, D. B. (1999). Small-sample degrees of freedom with multiple imputation.
    Biometrika 86, 948-955. doi:10.1093/biomet/86.4.948

    Examples
    --------
    >>> p = pool([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    >>> [round(float(v), 4) for v in (p.mean, p.total, p.df, p.missing)]
    [2.0, 2.3333, 6.125, 0.6654]
    """
    q = np.asarray(estimates, dtype=np.float64)
    m = q.shape[0] if q.ndim else 0
    if m < 2:
        raise MethodError(f"{m} estimates cannot be pooled", hint="at least two completed tables")
    u = np.zeros_like(q) if variances is None else np.asarray(variances, dtype=np.float64)
    if u.shape != q.shape:
        raise MethodError(f"estimates {q.shape} and variances {u.shape} differ in shape")
    if not (np.isfinite(q).all() and np.isfinite(u).all() and (u >= 0).all()):
        raise MethodError(
            "an estimate is not finite, or a variance is negative or not finite",
            hint="pool what every table has",
        )
    if not 0 < level < 1 or not (complete_df is None or complete_df > 0):
        raise MethodError(f"level = {level}, complete_df = {complete_df}", hint="in (0, 1); > 0")
    if complete_df is not None and not (u.mean(axis=0) > 0).all():
        raise MethodError(
            "complete_df goes with variances above zero", hint="give variances, or leave it out"
        )
    from scipy.stats import t

    w, b = u.mean(axis=0), q.var(axis=0, ddof=1)
    b = np.where(np.ptp(q, axis=0) == 0, 0.0, b)  # estimates that agree, rounding aside
    extra = (1 + 1 / m) * b
    total = w + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(total > 0, w / total, 1.0)  # 1 / (1 + r)
        df = (m - 1) / (1 - kept) ** 2
        missing = 1 - kept + kept * 2 / (df + 3)
        if complete_df is not None:
            whole = complete_df * (complete_df + 1) / (complete_df + 3) * kept
            df = 1 / (1 / df + 1 / whole)
    half = t.ppf((1 + level) / 2, df) * np.sqrt(total)
    mean = q.mean(axis=0)
    return Pooled(mean, w, b, total, df, missing, mean - half, mean + half, level, m)

"""Weights from how indicators conflict, or from what is lost without them or by choosing on them.

CRITIC, MEREC, CILOS, IDOCRIW and LOPCOW.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from gz_index._arrays import (
    Array,
    Columns,
    columns,
    cross_products,
    matrix,
    refuse_cells,
    to_weights,
)
from gz_index.errors import MethodError
from gz_index.weighting.dispersion import correlation as pearson
from gz_index.weighting.dispersion import correlation_of, deviation, refuse_constant
from gz_index.weighting.entropy import entropy

__all__ = ["cilos", "critic", "idocriw", "lopcow", "merec"]

Correlation = Literal["pearson", "spearman", "kendall"]
Conflict = Literal["signed", "absolute"]

#: distance of a correlation or a ratio from one that is rounding
_ROUNDING = 1e-13


def critic(
    x: ArrayLike,
    *,
    correlation: Correlation = "pearson",
    conflict: Conflict = "signed",
    scale: Literal["minmax"] | None = "minmax",
) -> Array:
    r"""CRITIC weights: standard deviation times the conflict with the other indicators.

    .. math::

        C_j = \sigma_j \sum_l (1 - r_{jl}), \quad w_j = C_j / \sum_j C_j

    with :math:`\sigma_j` of the min-max scaled columns. The divisor of the variance (n or n - 1)
    cancels. Columns must be oriented: a column left in the wrong direction has negative
    correlations, :math:`1 - r` up to 2, and up to twice its weight.

    Parameters
    ----------
    x : (n, k)
        Oriented data, n >= 2; negative values are fine.
    correlation : {"pearson", "spearman", "kendall"}
        Which coefficient r is; ``kendall`` is tau-b.
    conflict : {"signed", "absolute"}
        1 - r as in the paper, or ``1 - |r|`` (the "improved" form: opposed indicators repeat each
        other as much as parallel ones do).
    scale : {"minmax", None}
        Min-max each column first, so that neither unit nor origin matters; ``None`` takes the
        standard deviations of the numbers as they are (only for columns in the same unit).

    Returns
    -------
    (k,)
        Weights.

    Raises
    ------
    MethodError
        A cell is missing or infinite; a column is constant (it has no correlation); all columns
        are perfectly correlated; an unknown option.

    References
    ----------
    Diakoulaki, D., Mavrotas, G. and Papayannakis, L. (1995). Determining objective weights in
    multiple criteria problems: the CRITIC method. Computers & Operations Research 22(7), 763-770,
    doi:10.1016/0305-0548(94)00059-H.

    Examples
    --------
    >>> critic([[1, 2, 9], [2, 4, 7], [3, 5, 5], [4, 9, 6]]).round(4)
    array([0.2669, 0.2373, 0.4958])
    """
    for name, value, known in (
        ("correlation", correlation, get_args(Correlation)),
        ("conflict", conflict, get_args(Conflict)),
    ):
        if value not in known:
            raise MethodError(
                f"critic: {name} = {value!r}", hint=f"{name} is one of {', '.join(known)}"
            )
    c = columns(matrix(x, "critic"))
    if c.mean.size == 1:
        return np.ones(1)
    refuse_constant("critic", c, "has no correlation with the others")
    products = cross_products(c)
    r = correlation_of(products) if correlation == "pearson" else _BY_RANKS[correlation](c)
    apart = 1.0 - (r if conflict == "signed" else np.abs(r))
    apart[apart < _ROUNDING] = 0.0
    return to_weights(
        deviation(c, "critic", scale, products) * apart.sum(axis=0),  # eq. 5 of Diakoulaki et al.
        "critic",
        hint="the indicators are perfectly correlated: use one of them, or std",
    )


def merec(x: ArrayLike) -> Array:
    r"""MEREC weights: how much the performance of the rows changes when an indicator is removed.

    .. math::

        a_{ij} = \left| \ln \frac{\min_i x_{ij}}{x_{ij}} \right|, \quad
        S_i = \ln\Big(1 + \frac1k \sum_l a_{il}\Big), \quad
        S'_{ij} = \ln\Big(1 + \frac1k \sum_{l \ne j} a_{il}\Big), \quad
        w_j \propto \sum_i |S'_{ij} - S_i|

    A change of unit changes nothing; a change of origin does.

    Parameters
    ----------
    x : (n, k)
        Oriented data, all > 0, n >= 2.

    Returns
    -------
    (k,)
        Weights; exactly 0 for a column that is the same in every row.

    Raises
    ------
    MethodError
        A cell is missing, infinite, zero or negative; no column varies.

    References
    ----------
    Keshavarz-Ghorabaee, M., Amiri, M., Zavadskas, E. K., Turskis, Z. and Antucheviciene, J. (2021).
    Determination of objective weights using a new method based on the removal effects of criteria
    (MEREC). Symmetry 13(4), 525, doi:10.3390/sym13040525.

    Examples
    --------
    >>> merec([[1, 2, 7], [2, 3, 7], [4, 9, 7]]).round(4)
    array([0.532, 0.468, 0.   ])
    """
    a = matrix(x, "merec")
    k = a.shape[1]
    low = a.min(axis=0)
    if (low <= 0).any():
        refuse_cells(
            "merec", a, a <= 0, "not above zero", "rescale to [c, 1] with c > 0, or use critic"
        )
    if k == 1:
        return np.ones(1)
    part = np.log(a) - np.log(low)  # a_ij; a ratio of the numbers themselves may overflow
    whole = part.sum(axis=1, keepdims=True)
    # |S' - S| = ln((k + whole) / (k + whole - part)): eqs. 5 to 7 of the paper without cancelling
    removed = -np.log1p(-part / (k + whole))
    return to_weights(removed.sum(axis=0), "merec")


def cilos(x: ArrayLike, *, ties: Literal["refuse", "mean"] = "refuse") -> Array:
    r"""CILOS weights (criterion impact loss): a small loss by choosing on others weighs much.

    Let :math:`A_{lj}` be the value of indicator j in the row that is best on indicator l. Choosing
    that row loses the share :math:`P_{lj} = (A_{jj} - A_{lj}) / A_{jj}` of what j could reach, and

    .. math:: \sum_j P_{lj} q_j = q_l \sum_j P_{jl}, \quad \sum_l q_l = 1 .

    That is the stationary distribution of a Markov chain with rates P (from j to l), which is
    solved by the elimination of Grassmann, Taksar and Heyman: no subtraction, so that no weight can
    come out negative. Only the best rows matter, all others are ignored. A change of unit changes
    nothing; a change of origin does.

    Parameters
    ----------
    x : (n, k)
        Oriented data, all >= 0, n >= 2.
    ties : {"refuse", "mean"}
        What to do when several different rows are best on an indicator: refuse, since the paper
        leaves it open and the first one depends on the order of the rows; or take the mean of
        these rows.

    Returns
    -------
    (k,)
        Weights.

    Raises
    ------
    MethodError
        A cell is missing, infinite or negative; a column is constant; choosing on the others never
        loses anything in a column (it would take all the weight, as where one row is best on
        everything); tied best rows.

    References
    ----------
    Zavadskas, E. K. and Podvezko, V. (2016). Integrated determination of objective criteria weights
    in MCDM. International Journal of Information Technology & Decision Making 15(2), 267-283.

    Examples
    --------
    >>> cilos([[1, 9, 4], [2, 5, 8], [4, 6, 2]]).round(4)
    array([0.282 , 0.4465, 0.2715])
    """
    return _cilos(matrix(x, "cilos"), "cilos", ties)


def idocriw(x: ArrayLike, *, ties: Literal["refuse", "mean"] = "refuse") -> Array:
    r"""IDOCRIW weights: the product of entropy and CILOS weights.

    .. math:: w_j = q_j W_j / \sum_j q_j W_j

    with q of :func:`cilos` and W of :func:`gz_index.weighting.entropy`, both of the same oriented
    data. The example of the paper takes W of the data before falling criteria are turned; to
    replicate that, multiply the two yourself.

    Parameters
    ----------
    x : (n, k)
        Oriented data, all >= 0, n >= 2.
    ties : {"refuse", "mean"}
        As in :func:`cilos`.

    Returns
    -------
    (k,)
        Weights.

    Raises
    ------
    MethodError
        As in :func:`cilos`.

    References
    ----------
    Zavadskas, E. K. and Podvezko, V. (2016). Integrated determination of objective criteria weights
    in MCDM. International Journal of Information Technology & Decision Making 15(2), 267-283.

    Examples
    --------
    >>> idocriw([[1, 9, 4], [2, 5, 8], [4, 6, 2]]).round(4)
    array([0.4325, 0.151 , 0.4165])
    """
    a = matrix(x, "idocriw")
    return to_weights(_cilos(a, "idocriw", ties) * entropy(a), "idocriw")


def lopcow(x: ArrayLike, *, ddof: Literal[0, 1] = 1) -> Array:
    r"""LOPCOW weights (logarithmic percentage change): log ratio of root mean square to deviation.

    .. math::

        w_j \propto \left| \ln \frac{\sqrt{\sum_i z_{ij}^2 / n}}{\sigma_j} \right|

    with z the min-max scaled column and :math:`\sigma_j` its standard deviation, so that neither
    unit nor origin of a column matters.

    Parameters
    ----------
    x : (n, k)
        Oriented data, n >= 2; negative values are fine.
    ddof : {0, 1}
        The variance is divided by n - ddof. It matters here, unlike in other schemes, and the
        texts do not agree; 1 is what ``pymcdm`` takes.

    Returns
    -------
    (k,)
        Weights. With ``ddof=1`` a column whose z is 0 in all rows but one weighs 0.

    Raises
    ------
    MethodError
        A cell is missing or infinite; a column is constant (min-max is 0/0); ``ddof`` is neither 0
        nor 1.

    References
    ----------
    Ecer, F. and Pamucar, D. (2022). A novel LOPCOW-DOBI multi-criteria sustainability performance
    assessment methodology: an application in developing country banking sector. Omega 112, 102690,
    doi:10.1016/j.omega.2022.102690.

    Examples
    --------
    >>> lopcow([[1, 2, 9], [2, 4, 7], [3, 5, 5], [4, 9, 6]]).round(4)
    array([0.3882, 0.3042, 0.3076])
    """
    if ddof not in (0, 1):
        raise MethodError(f"lopcow: ddof = {ddof!r}", hint="ddof is 0 or 1")
    c = columns(matrix(x, "lopcow"))
    if c.mean.size == 1:
        return np.ones(1)
    refuse_constant("lopcow", c, "cannot be min-max scaled")
    n, span = c.x.shape[0], c.high - c.low
    centre = (c.mean - c.low) / span
    variance = (deviation(c, "lopcow", "minmax")) ** 2
    square = variance + centre**2  # mean of z^2
    change = np.abs(0.5 * np.log(square / variance * (n - ddof) / n))
    change[change < _ROUNDING] = 0.0  # exactly 0 for a column that is zero in all rows but one
    return to_weights(change, "lopcow")


def _spearman(c: Columns) -> Array:
    from scipy.stats import rankdata

    return pearson(columns(rankdata(c.x, axis=0)))


def _kendall(c: Columns) -> Array:
    from scipy.stats import kendalltau

    k = c.mean.size
    r = np.eye(k)
    for j in range(k):
        for m in range(j):
            r[j, m] = r[m, j] = kendalltau(c.x[:, j], c.x[:, m]).statistic
    return r


_BY_RANKS = {"spearman": _spearman, "kendall": _kendall}


def _cilos(a: Array, method: str, ties: str) -> Array:
    if ties not in ("refuse", "mean"):
        raise MethodError(f"{method}: ties = {ties!r}", hint="ties is 'refuse' or 'mean'")
    c = columns(a)
    if (c.low < 0).any():
        refuse_cells(method, a, a < 0, "negative", "normalise to >= 0 first, say by min-max")
    if c.mean.size == 1:
        return np.ones(1)
    refuse_constant(method, c, "would take all the weight")
    lost = 1.0 - _best_rows(c, method, ties) / c.high  # P of the paper
    lost[lost < _ROUNDING] = 0.0
    free = ~lost.any(axis=0)
    if free.any():
        raise MethodError(
            f"{method}: choosing the best row on any other indicator loses nothing in {{columns}}, "
            "which would take all the weight",
            hint="use another scheme: this one needs indicators that are best in different rows",
            columns=np.flatnonzero(free).tolist(),
        )
    return to_weights(_stationary(lost.T), method)


def _best_rows(c: Columns, method: str, ties: str) -> Array:
    """Return A (k, k): the row that is best on each column, or the mean of several such rows."""
    k = c.mean.size
    best = np.empty((k, k))
    for j in range(k):
        at = np.flatnonzero(c.x[:, j] == c.high[j])
        rows = c.x[at]
        if ties == "refuse" and (rows != rows[0]).any():
            raise MethodError(
                f"{method}: {at.size} different rows are best on {{columns}}: {{rows}}",
                hint="ties = 'mean' takes the mean of these rows; or use another scheme",
                columns=[j],
                rows=at.tolist(),
            )
        best[j] = rows.mean(axis=0)
    return best


def _stationary(rate: Array) -> Array:
    """Return q (k,) with q Q = 0 for transition rates (k, k), diagonal 0, rows 'from'.

    Elimination without subtraction: Grassmann, W. K., Taksar, M. I. and Heyman, D. P. (1985).
    Regenerative analysis and steady state distributions for Markov chains. Operations Research
    33(5), 1107-1116.
    """
    p = rate.copy()
    k = len(p)
    for m in range(k - 1, 0, -1):
        out = p[m, :m].sum()
        if out == 0:
            raise MethodError(
                "the impact losses do not link all indicators, so that weights are not unique",
                hint="use another scheme",
            )
        p[:m, m] /= out
        p[:m, :m] += np.outer(p[:m, m], p[m, :m])
    q = np.ones(k)
    for m in range(1, k):
        q[m] = q[:m] @ p[:m, m]
    return q

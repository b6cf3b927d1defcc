"""Weights from pairwise judgements: the analytic hierarchy process (AHP, 层次分析法)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import Text
from gz_index.weighting.pairwise import TOLERANCE, Comparisons, Judged, comparisons
from gz_index.weighting.pairwise import random_index as index_of

__all__ = ["AHP", "LIMIT", "ahp"]

Method: TypeAlias = Literal["eigenvector", "geometric", "arithmetic"]

#: consistency ratio from which judgements should be looked at again (Saaty 1980)
LIMIT = 0.1


@dataclass(frozen=True, eq=False)
class AHP:
    """Weights from one judgement matrix, with their consistency. Made by :func:`ahp`.

    Attributes
    ----------
    labels : tuple of str
        The criteria.
    matrix : (n, n)
        The judgements as they were read, completed by reciprocity; NaN where not judged.
    weights : (n,)
        Sum to one.
    lambda_max : float
        Largest eigenvalue; for the other methods the mean of (A w)_i / w_i.
    ci, ri, cr : float
        Consistency index, random index, and their ratio (0 where judgements cannot contradict
        each other).
    random_index : str
        Name of the table of ``ri``; ``"simulated"`` for incomplete matrices.
    method : str
    missing : int
        Pairs that were not judged.
    remarks : tuple of Text
        What was read otherwise than it was written, or changed.
    """

    labels: tuple[str, ...]
    matrix: Array
    weights: Array
    lambda_max: float
    ci: float
    ri: float
    cr: float
    random_index: str
    method: str
    missing: int
    remarks: tuple[Text, ...] = ()

    @property
    def notes(self) -> tuple[Text, ...]:
        """What should be known before the weights are printed: the remarks, and CR >= 0.1."""
        if self.consistent:
            return self.remarks
        worst = self.hints(1).iloc[0]
        pair = f"{worst['row']} : {worst['column']}"
        judged, implied = f"{worst['judged']:.4g}", f"{worst['implied']:.4g}"
        return (
            *self.remarks,
            Text(
                zh=f"CR = {self.cr:.4f} ≥ {LIMIT:g}（随机一致性指标 {self.random_index}）；"
                f"先复核 {pair}：判断为 {judged}，与其余判断相符的值为 {implied}",
                en=f"CR = {self.cr:.4f} >= {LIMIT:g} (random index {self.random_index}); look at "
                f"{pair} first: judged {judged}, {implied} would agree with the other judgements",
            ),
        )

    @property
    def consistent(self) -> bool:
        """Whether CR < 0.1."""
        return self.cr < LIMIT

    def _errors(self) -> Array:
        """ln(a_ij w_j / w_i), (n, n): what each judgement says beyond the weights."""
        y = np.log(self.weights)
        return np.asarray(np.log(self.matrix) - y[:, None] + y[None, :])

    def _replaced(self, matrix: Array) -> AHP:
        return ahp(
            matrix,
            labels=self.labels,
            method=self.method,  # type: ignore[arg-type]  # was checked when it was made
            random_index=self.random_index,
        )

    def hints(self, top: int = 3) -> pd.DataFrame:
        """Which judgements to look at first.

        Sorted by ``|ln(a_ij w_j / w_i)|``, the distance of a judgement from what the weights imply.

        Parameters
        ----------
        top : int
            How many.

        Returns
        -------
        DataFrame
            ``row``, ``column``, ``judged`` (a_ij), ``implied`` (w_i / w_j, the value that would
            agree with the others), ``cr_after`` (the consistency ratio with that value in its
            place). Empty when the judgements are perfectly consistent.

        Examples
        --------
        >>> judged = [[1, 2, 4, 8], [None, 1, 2, 4], [None, None, 1, 5], [None] * 4]
        >>> ahp(judged, labels="abcd").hints(1).round(3)
          row column  judged  implied  cr_after
        0   c      d     5.0    3.198      0.01
        """
        errors = np.nan_to_num(np.abs(np.triu(self._errors(), 1)))
        at = [
            divmod(int(k), len(self.labels))
            for k in np.argsort(-errors, axis=None, kind="stable")[:top]
        ]
        rows = []
        for i, j in at:
            if errors[i, j] <= 1e-9:
                break
            other = self.matrix.copy()
            other[i, j] = self.weights[i] / self.weights[j]
            other[j, i] = 1.0 / other[i, j]
            after = self._replaced(other).cr
            rows.append((self.labels[i], self.labels[j], self.matrix[i, j], other[i, j], after))
        return pd.DataFrame(rows, columns=["row", "column", "judged", "implied", "cr_after"])

    def triads(self, top: int | None = None) -> pd.DataFrame:
        """Triples of criteria whose three judgements contradict each other, the worst first.

        Returns
        -------
        DataFrame
            ``i``, ``j``, ``k``; ``direct`` a_ik and ``indirect`` a_ij a_jk, which agree in a
            consistent matrix; ``error`` ``|ln(a_ij a_jk / a_ik)|``; ``cycle``: whether they are
            even circular in order (see :meth:`cycles`).

        Examples
        --------
        >>> ahp([[1, 2, 8], [None, 1, 2], [None, None, 1]], labels="abc").triads().round(3)
           i  j  k  direct  indirect  error  cycle
        0  a  b  c     8.0       4.0  0.693  False
        """
        a, circles = self.matrix, {frozenset(c) for c in self.cycles()}
        rows = []
        for i, j, k in combinations(range(len(self.labels)), 3):
            error = abs(float(np.log(a[i, j]) + np.log(a[j, k]) - np.log(a[i, k])))
            if error > 1e-9:  # NaN (a pair not judged) is not
                names = tuple(self.labels[t] for t in (i, j, k))
                indirect = a[i, j] * a[j, k]
                rows.append((*names, a[i, k], indirect, error, frozenset(names) in circles))
        columns = ["i", "j", "k", "direct", "indirect", "error", "cycle"]
        table = pd.DataFrame(rows, columns=columns).sort_values(
            "error", ascending=False, kind="stable", ignore_index=True
        )
        return table if top is None else table.head(top)

    def cycles(self) -> tuple[tuple[str, str, str], ...]:
        """Three-cycles: i above j, j above k, and yet k above i.

        Such judgements are illogical whatever their strength; the consistency ratio may still be
        small.

        Examples
        --------
        >>> ahp([[1, 2, "1/2"], [None, 1, 2], [None, None, 1]], labels="abc").cycles()
        (('a', 'b', 'c'),)
        """
        with np.errstate(invalid="ignore"):
            above = self.matrix > 1.0
        out = []
        for i, j, k in combinations(range(len(self.labels)), 3):
            for p, q, r in ((i, j, k), (i, k, j)):
                if above[p, q] and above[q, r] and above[r, p]:
                    out.append((self.labels[p], self.labels[q], self.labels[r]))
        return tuple(out)

    def repair(self, *, lam: float = 0.9, cr: float = LIMIT) -> AHP:
        """Pull all judgements towards the weights until CR < ``cr``; only ever on request.

        The result no longer holds what was judged: going back to the judge (see :meth:`hints`) is
        better. A note says how far the judgements were moved.

        Parameters
        ----------
        lam : float
            Share of the old judgement in each step, 0 < lam < 1; the nearer to 1, the less is
            changed.
        cr : float
            Where to stop, > 0.

        References
        ----------
        Xu, Z. and Wei, C. (1999). A consistency improving method in the analytic hierarchy
        process. *European Journal of Operational Research* 116(2), 443-449.
        """
        if not (0 < lam < 1 and cr > 0):
            raise MethodError(f"repair needs 0 < lam < 1 and cr > 0; got {lam:g} and {cr:g}")
        now = self
        while now.cr >= cr:
            # Xu & Wei (1999): a_ij^(r+1) = (a_ij^(r))^lam (w_i / w_j)^(1 - lam)
            now = now._replaced(now.matrix * np.exp(-(1 - lam) * now._errors()))
        if now is self:
            return self
        factor = float(np.exp(np.nanmax(np.abs(np.log(now.matrix / self.matrix)))))
        note = Text(
            zh=f"判断矩阵经自动调整（Xu & Wei 1999，λ={lam:g}）：CR 由 {self.cr:.4f} 降至 "
            f"{now.cr:.4f}，单个判断最多改变 {factor:.2f} 倍",
            en=f"judgements changed automatically (Xu & Wei 1999, lambda = {lam:g}): CR from "
            f"{self.cr:.4f} to {now.cr:.4f}, a single judgement by a factor of up to {factor:.2f}",
        )
        return replace(now, remarks=(*self.remarks, note))

    def to_frame(self) -> pd.DataFrame:
        """Judgements and weights, one row a criterion."""
        table = pd.DataFrame(self.matrix, index=list(self.labels), columns=list(self.labels))
        return table.assign(weight=self.weights)

    def _head(self) -> str:
        gaps = f", {self.missing} pair(s) not judged" if self.missing else ""
        return (
            f"AHP({len(self.labels)} criteria, {self.method}{gaps}; lambda_max "
            f"{self.lambda_max:.4f}, CR {self.cr:.4f} by {self.random_index})"
        )

    def __repr__(self) -> str:
        order = np.argsort(-self.weights, kind="stable")
        lines = [f"  {self.labels[i]}  {self.weights[i]:.4f}" for i in order]
        return "\n".join([self._head(), *lines, *(f"  note: {n}" for n in self.notes)])

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(str(n))}</li>" for n in self.notes)
        table = self.to_frame().round(4).to_html()
        return f"<p>{escape(self._head())}</p>{table}" + (f"<ul>{notes}</ul>" if notes else "")


def ahp(
    matrix: Judged | Comparisons,
    *,
    labels: Sequence[str] | None = None,
    method: Method = "eigenvector",
    random_index: str = "saaty1980",
    tolerance: float = TOLERANCE,
) -> AHP:
    r"""Weights from a matrix of pairwise judgements.

    .. math:: A w = \lambda_{max} w, \quad CI = \frac{\lambda_{max} - n}{n - 1}, \quad CR = CI / RI

    Parameters
    ----------
    matrix : DataFrame or (n, n)
        a_ij > 0, how many times criterion i weighs j; numbers or strings such as ``"1/3"``; NaN,
        None or ``""`` where a pair was not judged; one side of a pair is enough. Values outside
        1/9 .. 9 are allowed (matrices of groups hold geometric means).
    labels : sequence of str, optional
        Names of the criteria; default: the columns of a table, else x1, x2, ...
    method : {"eigenvector", "geometric", "arithmetic"}
        Principal eigenvector (特征根法; with missing pairs Harker's), row geometric means (方根法;
        with missing pairs logarithmic least squares), or means of the normalised columns (和法;
        complete matrices only). All agree on a consistent matrix.
    random_index : {"saaty1980", "chinese", "alonso2006", "simulated"}
        Where RI comes from; see :func:`~gz_index.weighting.pairwise.random_index`. Incomplete
        matrices always use a simulated one with the same pairs missing.
    tolerance : float
        How far ln(a_ij a_ji) may lie from zero before the pair is refused as not reciprocal;
        0.33 for 1/3 passes, and a note says so.

    Returns
    -------
    AHP

    Raises
    ------
    MethodError
        The matrix is no judgement matrix (the pair is named), or the table of random indices ends
        before n.

    References
    ----------
    Saaty, T. L. (1980). *The Analytic Hierarchy Process*. McGraw-Hill.
    Harker, P. T. (1987). Incomplete pairwise comparisons in the analytic hierarchy process.
    *Mathematical Modelling* 9(11), 837-848.
    Crawford, G. and Williams, C. (1985). A note on the analysis of subjective judgment matrices.
    *Journal of Mathematical Psychology* 29(4), 387-405.

    Examples
    --------
    >>> judged = ahp([[1, 3, 5], ["1/3", 1, 3], ["1/5", "1/3", 1]], labels=["a", "b", "c"])
    >>> judged
    AHP(3 criteria, eigenvector; lambda_max 3.0385, CR 0.0332 by saaty1980)
      a  0.6370
      b  0.2583
      c  0.1047
    >>> ahp([[1, 3, 5], ["1/3", 1, 3], ["1/5", "1/3", 1]], random_index="chinese")
    AHP(3 criteria, eigenvector; lambda_max 3.0385, CR 0.0370 by chinese)
    ...
    """
    if method not in _SOLVERS:
        raise NotFoundError(
            f"ahp has no method {method!r}{closest(method, list(_SOLVERS))}; "
            f"there are {', '.join(_SOLVERS)}"
        )
    read = (
        matrix
        if isinstance(matrix, Comparisons)
        else comparisons(matrix, labels=labels, tolerance=tolerance)
    )
    n, missing = len(read.labels), int((~read.known).sum()) // 2
    y, lambda_max = _SOLVERS[method](read)
    ci = max(lambda_max - n, 0.0) / (n - 1) if n > 2 else 0.0  # lambda_max >= n up to rounding
    table = "simulated" if missing else random_index
    ri = index_of(n, table, known=read.known)
    cr = ci / ri if ri > 0 else 0.0
    w = np.exp(y - y.max())
    w /= w.sum()
    for array in (read.values, w):
        array.setflags(write=False)
    return AHP(
        read.labels, read.values, w, lambda_max, ci, ri, cr, table, method, missing, read.notes
    )


def _scaled(read: Comparisons, y: Array) -> Array:
    """Return a_ij e^(y_j - y_i), which is near one everywhere.

    Harker (1987): 0 for a missing pair; on the diagonal 1 + the number of pairs missing in the row.
    """
    known = read.known
    b = np.where(known, np.exp(np.log(read.values) - y[:, None] + y[None, :]), 0.0)
    b[np.diag_indices_from(b)] = 1.0 + (~known).sum(axis=1)
    return b


def _least_squares(read: Comparisons) -> Array:
    """Log weights that minimise sum (ln a_ij - y_i + y_j)^2 over the judged pairs; mean zero."""
    known = read.known
    n = len(read.labels)
    sums = np.where(known, np.log(read.values), 0.0).sum(axis=1)
    if known.all():
        return np.asarray(sums / n)  # row geometric means
    laplacian = np.diag(known.sum(axis=1)) - known.astype(np.float64)
    return np.asarray(np.linalg.solve(laplacian + 1.0 / n, sums))


def _eigenvector(read: Comparisons) -> tuple[Array, float]:
    y = _least_squares(read)
    values, vectors = np.linalg.eig(_scaled(read, y))  # similar to A, and well conditioned
    k = int(np.argmax(values.real))
    return y + np.log(np.abs(vectors[:, k].real)), float(values[k].real)  # Perron: one sign


def _geometric(read: Comparisons) -> tuple[Array, float]:
    y = _least_squares(read)
    return y, float(_scaled(read, y).sum(axis=1).mean())  # mean (A w)_i / w_i


def _arithmetic(read: Comparisons) -> tuple[Array, float]:
    if not read.known.all():
        i, j = np.argwhere(~read.known)[0]
        raise MethodError(
            f"method 'arithmetic' needs every pair; {read.labels[i]} : {read.labels[j]} was not "
            "judged",
            hint="use method='eigenvector' or 'geometric'",
        )
    a = read.values / read.values.max(axis=0)
    y = np.log((a / a.sum(axis=0)).mean(axis=1))
    return y, float(_scaled(read, y).sum(axis=1).mean())  # mean (A w)_i / w_i


_SOLVERS: dict[str, Callable[[Comparisons], tuple[Array, float]]] = {
    "eigenvector": _eigenvector,
    "geometric": _geometric,
    "arithmetic": _arithmetic,
}

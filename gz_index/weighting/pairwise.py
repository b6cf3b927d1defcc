"""Pairwise judgement matrices: read, complete by reciprocity, check; and the random index.

A matrix is read and checked in one place, :func:`comparisons`; what works on judgements
(:mod:`~gz_index.weighting.ahp`, groups) works on what it returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gz_index._arrays import Array
from gz_index._registry import closest
from gz_index.errors import MethodError, NotFoundError
from gz_index.framework import Text

__all__ = ["RANDOM_INDEX", "Comparisons", "Judged", "comparisons", "number", "random_index"]

Judged: TypeAlias = pd.DataFrame | ArrayLike | Sequence[Any]

#: how far ln(a_ij a_ji) may lie from zero: covers 1/2 .. 1/9 written with two decimals
TOLERANCE = 0.05


class Comparisons(NamedTuple):
    """A checked judgement matrix.

    Attributes
    ----------
    labels : tuple of str
    values : (n, n)
        a_ij = 1 / a_ji; NaN where the pair was not judged.
    notes : tuple of Text
        What was read otherwise than it was written.
    """

    labels: tuple[str, ...]
    values: Array
    notes: tuple[Text, ...]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which pairs were judged, (n, n); the diagonal is."""
        return ~np.isnan(self.values)


def number(cell: Any, where: str) -> float:
    """Read one judgement: a number, ``"1/3"``, or NaN for an empty cell.

    Raises
    ------
    MethodError
        The cell is no number.

    Examples
    --------
    >>> number("1/4", "a : b"), number("2.6", "a : b"), number("", "a : b")
    (0.25, 2.6, nan)
    """
    if cell is None or cell is pd.NA:
        return float("nan")
    try:
        if not isinstance(cell, str):
            return float(cell)
        if not cell.strip():
            return float("nan")
        top, slash, bottom = cell.partition("/")
        return float(top) / (float(bottom) if slash else 1.0)
    except (TypeError, ValueError, ZeroDivisionError):
        raise MethodError(
            f"the judgement {cell!r} of {where} is no number",
            hint="write 3, 1/3 or 0.5; a pair that was not judged stays empty "
            "(a spreadsheet may have turned 1/3 into a date: format the cells as text)",
        ) from None


def comparisons(
    matrix: Judged, *, labels: Sequence[str] | None = None, tolerance: float = TOLERANCE
) -> Comparisons:
    """Read a judgement matrix (n, n), complete it by reciprocity and check it.

    Parameters
    ----------
    matrix : DataFrame or (n, n)
        a_ij > 0: how many times i weighs j; numbers or strings such as ``"1/3"``; NaN, None or an
        empty string where a pair was not judged. One side of a pair is enough. Any positive number
        is allowed: matrices of groups hold geometric means. The rows of a table are found by label.
    labels : sequence of str, optional
        Names of the criteria; default: the columns of a table, else x1, x2, ...
    tolerance : float
        How far ln(a_ij a_ji) may lie from zero; within it the side >= 1 is taken and the other
        becomes its reciprocal, with a note.

    Raises
    ------
    MethodError
        Not square, labels that do not match, a judgement that is no number, infinite, zero or
        negative, a diagonal that is not 1, a pair that is not reciprocal, or groups of criteria
        that no chain of comparisons joins; names the pair by labels.
    """
    cells, names = _cells(matrix, labels)
    n = len(names)
    a = np.array(
        [[number(cells[i][j], f"{names[i]} : {names[j]}") for j in range(n)] for i in range(n)]
    ).reshape(n, n)
    _refuse_cells(a, ~np.isnan(a), names)
    np.fill_diagonal(a, 1.0)
    known = ~np.isnan(a)
    logs = np.log(a)
    gap = np.abs(np.where(known & known.T, logs + logs.T, 0.0))
    _refuse_pairs(a, gap > tolerance, names, tolerance)
    notes = _notes(gap > 1e-9, tolerance)
    a = np.where(known, a, 1.0 / a.T)
    # of two rounded sides the one >= 1 was written exactly (3, not 0.33)
    a = np.where(a > a.T, a, np.where(a < a.T, 1.0 / a.T, a / a.T))
    _refuse_unconnected(~np.isnan(a), names)
    return Comparisons(names, a, notes)


def _cells(matrix: Judged, labels: Sequence[str] | None) -> tuple[Any, tuple[str, ...]]:
    if isinstance(matrix, pd.DataFrame):
        columns = [str(c) for c in matrix.columns]
        rows = [str(r) for r in matrix.index]
        for side, what in ((columns, "columns"), (rows, "rows")):
            twice = sorted({c for c in side if side.count(c) > 1})
            if twice:
                raise MethodError(f"judgement matrix: {twice[0]!r} stands twice in the {what}")
        odd = sorted(set(columns) ^ set(rows))
        if odd:
            raise MethodError(
                f"judgement matrix: {', '.join(odd)} stand in the rows or the columns only",
                hint="rows and columns have the same labels; set the index of the table, or pass "
                "its values with labels=",
            )
        cells = matrix.iloc[[rows.index(c) for c in columns]].to_numpy(dtype=object)
        default = columns
    else:
        cells = np.array(matrix, dtype=object)
        if cells.ndim != 2 or cells.shape[0] != cells.shape[1]:
            raise MethodError(
                f"a judgement matrix is square; this one has shape {cells.shape}",
                hint="one row and one column for each criterion",
            )
        default = [f"x{i + 1}" for i in range(len(cells))]
    names = tuple(str(x) for x in (default if labels is None else labels))
    if len(names) != len(cells) or len(set(names)) != len(names) or not names:
        raise MethodError(
            f"{len(names)} labels ({', '.join(names)}) for {len(cells)} criteria",
            hint="give each criterion one label of its own",
        )
    return cells, names


def _pairs(bad: NDArray[np.bool_], a: Array, names: Sequence[str]) -> str:
    at = [(int(i), int(j)) for i, j in np.argwhere(bad)]
    shown = "; ".join(f"{names[i]} : {names[j]} = {a[i, j]:.6g}" for i, j in at[:5])
    return shown + (f" and {len(at) - 5} more" if len(at) > 5 else "")


def _refuse_cells(a: Array, known: NDArray[np.bool_], names: Sequence[str]) -> None:
    bad = known & ~((a > 1e-300) & (a < 1e300))
    if bad.any():
        raise MethodError(
            f"judgements are positive and finite: {_pairs(bad, a, names)}",
            hint="leave a pair that was not judged empty; write 1/3 where j weighs more than i",
        )
    bad = np.eye(len(a), dtype=bool) & known & (np.abs(np.where(known, a, 1.0) - 1.0) > 1e-9)
    if bad.any():
        raise MethodError(
            f"the diagonal of a judgement matrix is 1: {_pairs(bad, a, names)}",
            hint="each criterion weighs as much as itself",
        )


def _refuse_pairs(a: Array, bad: NDArray[np.bool_], names: Sequence[str], tolerance: float) -> None:
    if bad.any():
        at = [(int(i), int(j)) for i, j in np.argwhere(np.triu(bad, 1))]
        shown = "; ".join(
            f"{names[i]} : {names[j]} = {a[i, j]:.6g} but {names[j]} : {names[i]} = {a[j, i]:.6g}"
            for i, j in at[:5]
        )
        more = f" and {len(at) - 5} more" if len(at) > 5 else ""
        raise MethodError(
            f"a judgement and its mirror are reciprocal (a_ji = 1 / a_ij): {shown}{more}",
            hint="correct one of the two, or leave one side empty; "
            f"|ln(a_ij a_ji)| <= {tolerance:g} passes as rounding",
        )


def _notes(rounded: NDArray[np.bool_], tolerance: float) -> tuple[Text, ...]:
    if not rounded.any():
        return ()
    count = int(rounded.sum()) // 2
    return (
        Text(
            zh=f"{count} 对判断按四舍五入的倒数处理（|ln(a_ij a_ji)| ≤ {tolerance:g}）："
            "取不小于 1 的一侧",
            en=f"{count} pair(s) read as rounded reciprocals "
            f"(|ln(a_ij a_ji)| <= {tolerance:g}): the side >= 1 was taken",
        ),
    )


def _refuse_unconnected(known: NDArray[np.bool_], names: Sequence[str]) -> None:
    inside = _reached(known[None])[0]
    if not inside.all():
        here = [c for c, x in zip(names, inside, strict=True) if x]
        there = [c for c, x in zip(names, inside, strict=True) if not x]
        raise MethodError(
            f"no chain of comparisons joins {', '.join(here)} with {', '.join(there)}",
            hint=f"judge at least one pair between them, such as {here[0]} : {there[0]}",
        )


def _reached(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which criteria (b, n) a chain of judged pairs joins with the first one; known (b, n, n)."""
    inside = np.zeros(known.shape[:2], dtype=bool)
    inside[:, 0] = True
    for _ in range(known.shape[1] - 1):
        inside = inside | (known & inside[:, :, None]).any(axis=1)
    return inside


# Random index -----------------------------------------------------------------------------------

#: mean CI of random matrices on the scale 1/9 .. 9, for n = 1, 2, ...
RANDOM_INDEX: Mapping[str, tuple[float, ...]] = {
    # Saaty, T. L. (1980). The Analytic Hierarchy Process. McGraw-Hill.
    "saaty1980": (
        *(0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49),
        *(1.51, 1.48, 1.56, 1.57, 1.59),
    ),
    # the table that most Chinese textbooks print
    "chinese": (
        *(0.0, 0.0, 0.52, 0.89, 1.12, 1.26, 1.36, 1.41, 1.46, 1.49),
        *(1.52, 1.54, 1.56, 1.58, 1.59),
    ),
}

DRAWS, SEED = 10_000, 1980
SCALE = np.array([*(1 / k for k in range(9, 1, -1)), *range(1, 10)], dtype=np.float64)


def random_index(
    n: int, table: str = "saaty1980", *, known: NDArray[np.bool_] | None = None
) -> float:
    """Random index: the mean consistency index of matrices judged at random.

    Parameters
    ----------
    n : int
        Number of criteria.
    table : {"saaty1980", "chinese", "alonso2006", "simulated"}
        Two printed tables that end at n = 15; the regression of Alonso and Lamata, fitted to
        n = 3 .. 15 and printed for any n; or 10,000 random matrices drawn here with a fixed seed
        (standard error up to 1.5 %). Tables differ by up to a tenth, and the consistency ratio
        with them.
    known : (n, n) of bool, optional
        Which pairs were judged. An incomplete matrix is easier to keep consistent, so a table for
        complete ones would flatter it: the index is then always simulated with the same pairs
        missing (and is 0 where the judgements form a tree, which cannot contradict itself).

    Raises
    ------
    MethodError
        The table ends before n.
    NotFoundError
        No table has this name.

    References
    ----------
    Saaty, T. L. (1980). *The Analytic Hierarchy Process*. McGraw-Hill.
    Alonso, J. A. and Lamata, M. T. (2006). Consistency in the analytic hierarchy process: a new
    approach. *Int. J. Uncertainty, Fuzziness and Knowledge-Based Systems* 14(4), 445-459.
    Ágoston, K. Cs. and Csató, L. (2022). Inconsistency thresholds for incomplete pairwise
    comparison matrices. *Omega* 108, 102576. (On why the index depends on the missing pairs.)

    Examples
    --------
    >>> random_index(5), random_index(5, "chinese"), round(random_index(20, "alonso2006"), 3)
    (1.12, 1.12, 1.634)
    """
    names = (*RANDOM_INDEX, "alonso2006", "simulated")
    if table not in names:
        raise NotFoundError(
            f"no random-index table {table!r}{closest(table, list(names))}; "
            f"there are {', '.join(names)}"
        )
    if n <= 2:
        return 0.0
    if table == "simulated" or (known is not None and not known.all()):
        edges = np.ones((n, n), dtype=bool) if known is None else known
        return _simulated(n, np.packbits(edges).tobytes())
    if table == "alonso2006":
        # Alonso & Lamata (2006): mean lambda_max = 2.7699 n - 4.3513
        return (2.7699 * n - 4.3513 - n) / (n - 1)
    if n > len(RANDOM_INDEX[table]):
        raise MethodError(
            f"the random-index table {table!r} ends at n = {len(RANDOM_INDEX[table])}; "
            f"this matrix has {n} criteria",
            hint="use random_index='alonso2006' (a regression) or 'simulated', or, better, "
            "group the criteria: nobody judges so many pairs with care",
        )
    return RANDOM_INDEX[table][n - 1]


@lru_cache(maxsize=256)
def _simulated(n: int, edges: bytes) -> float:
    """Mean CI of DRAWS matrices of n criteria, judged at random on the scale 1/9 .. 9."""
    known = np.unpackbits(np.frombuffer(edges, np.uint8), count=n * n).reshape(n, n).astype(bool)
    i, j = np.nonzero(np.triu(known, 1))
    if i.size == n - 1:  # a tree
        return 0.0
    rng = np.random.default_rng(SEED)
    missing = (~known).sum(axis=1)
    total = 0.0
    for _ in range(10):
        judged = SCALE[rng.integers(0, SCALE.size, (DRAWS // 10, i.size))]
        b = np.zeros((DRAWS // 10, n, n))
        b[:, i, j] = judged
        b[:, j, i] = 1.0 / judged
        b[:, range(n), range(n)] = 1.0 + missing  # Harker (1987)
        total += float((_spectral_radius(b) - n).sum()) / (n - 1)
    return total / DRAWS


def _spectral_radius(b: Array) -> Array:
    """Largest eigenvalues (batch,) of positive-diagonal irreducible matrices, by power iteration.

    The eigenvalue lies between the smallest and the largest (b x)_i / x_i (Collatz-Wielandt).
    """
    x = np.ones((*b.shape[:2], 1))
    for _ in range(1000):
        y = b @ x
        ratio = y / x
        if float((ratio.max(axis=1) - ratio.min(axis=1)).max()) < 1e-3:
            break
        x = y / y.sum(axis=1, keepdims=True)
    return np.asarray(ratio.mean(axis=1)[:, 0])

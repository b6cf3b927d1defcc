"""The contract of a method as checks that anyone can run on a method of their own.

Each check raises ``AssertionError`` with what is wrong. The package runs them over all its own
methods.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from gz_index._arrays import SUM_TOLERANCE, Array
from gz_index.errors import GzIndexError

__all__ = ["check_aggregator", "check_normaliser", "check_weighting"]


def _data(seed: int, shape: tuple[int, ...]) -> Array:
    """Positive data with correlated columns, as indicators are."""
    rng = np.random.default_rng(seed)
    common = rng.uniform(0.2, 1.0, (*shape[:-1], 1))
    return np.asarray(0.6 * common + 0.4 * rng.uniform(0.05, 1.0, shape))


def _must(ok: bool, what: str) -> None:
    if not ok:
        raise AssertionError(what)


def check_weighting(scheme: Callable[..., Array], **options: Any) -> None:
    """Check that a function ``f(x, **options) -> w`` keeps the contract of a weighting scheme.

    The weights are finite, >= 0 and sum to one; one column weighs 1; neither the order of the rows
    nor that of the columns matters; the input is not written to; the same data give the same
    weights; a missing cell is refused.

    Examples
    --------
    >>> from gz_index import testing, weighting
    >>> testing.check_weighting(weighting.entropy)
    """
    x = _data(1, (40, 6))
    kept = x.copy()
    w = np.asarray(scheme(x, **options))
    _must(w.shape == (6,), f"weights of a (40, 6) matrix have shape {w.shape}, not (6,)")
    _must(bool(np.isfinite(w).all() and (w >= 0).all()), f"weights are not finite and >= 0: {w}")
    _must(abs(float(w.sum()) - 1) <= SUM_TOLERANCE, f"weights sum to {w.sum()!r}, not to one")
    _must(np.array_equal(x, kept), "the input was written to")
    _must(np.array_equal(w, scheme(x.copy(), **options)), "the same data gave other weights")
    rng = np.random.default_rng(2)
    rows, columns = rng.permutation(40), rng.permutation(6)
    moved = np.asarray(scheme(x[rows], **options))
    _must(np.allclose(moved, w, rtol=1e-7, atol=1e-9), "the order of the rows changes the weights")
    moved = np.asarray(scheme(x[:, columns], **options))
    _must(
        np.allclose(moved, w[columns], rtol=1e-7, atol=1e-9),
        "the order of the columns changes the weights",
    )
    x[3, 2] = np.nan
    try:
        scheme(x, **options)
    except GzIndexError:
        pass
    else:
        raise AssertionError("a missing cell was not refused with a GzIndexError")


def check_aggregator(
    method: Callable[..., Array], *, monotone: bool = True, **options: Any
) -> None:
    """Check that a function ``f(x, w, **options) -> s`` keeps the contract of an aggregator.

    Leading axes of draws give the same as a loop; neither the order of the units nor that of the
    children matters; a better value never lowers the score (if ``monotone``); the input is not
    written to.

    Examples
    --------
    >>> from gz_index import aggregate, testing
    >>> testing.check_aggregator(aggregate.geometric)
    """
    x = _data(3, (12, 4))
    w = np.full(4, 0.25)
    kept = x.copy(), w.copy()
    s = np.asarray(method(x, w, **options))
    _must(s.shape == (12,), f"scores of a (12, 4) matrix have shape {s.shape}, not (12,)")
    _must(bool(np.isfinite(s).all()), f"scores are not finite: {s}")
    _must(np.array_equal(x, kept[0]) and np.array_equal(w, kept[1]), "the input was written to")
    many = np.stack([x, _data(4, (12, 4)), _data(5, (12, 4))])
    loop = np.stack([method(m, w, **options) for m in many])
    _must(
        np.allclose(method(many, np.stack([w] * 3), **options), loop, rtol=1e-9, atol=1e-12),
        "draws along a leading axis do not give what a loop gives",
    )
    rng = np.random.default_rng(6)
    rows, columns = rng.permutation(12), rng.permutation(4)
    _must(
        np.allclose(method(x[rows], w, **options), s[rows], rtol=1e-9, atol=1e-12),
        "the order of the units changes the scores",
    )
    _must(
        np.allclose(method(x[:, columns], w[columns], **options), s, rtol=1e-9, atol=1e-12),
        "the order of the children changes the scores",
    )
    if monotone:
        better = x.copy()
        better[5] += 0.05
        _must(bool(method(better, w, **options)[5] >= s[5]), "a better unit got a lower score")


def check_normaliser(spec: Any) -> None:
    """Check that a normaliser (a name, a table, an object or a function) keeps its contract.

    Replaying the fitted scale gives the same bits; the order of the rows does not matter; a bigger
    value never scores lower where more is better, nor higher where less is; a missing cell stays
    missing and moves no other column; the input is not written to.

    Examples
    --------
    >>> from gz_index import testing
    >>> testing.check_normaliser({"method": "zscore", "window": "pooled"})
    """
    from gz_index.framework import Direction, Framework, Indicator, Target
    from gz_index.normalise import fit, normaliser
    from gz_index.table import align

    up = {"goalposts": (0.01, 2.0), "targets": Target(value=1.5)}
    framework = Framework(
        (
            Indicator(code="up", **up),  # type: ignore[arg-type]
            Indicator(code="down", direction=Direction(-1), **up),  # type: ignore[arg-type]
        )
    )
    units = [f"unit {i}" for i in range(15)]
    index = pd.MultiIndex.from_product([units, [2020, 2021]], names=["unit", "period"])
    values = _data(7, (30, 2))
    data = pd.DataFrame(values.copy(), index=index, columns=["up", "down"])
    table = align(data, framework)
    try:
        scale = fit(table, framework, normaliser(spec))
        z = scale.apply(table)[0]
    except GzIndexError as error:
        raise AssertionError(f"ordinary data are refused: {error}") from error
    _must(z.shape == (30, 2), f"normalised data have shape {z.shape}, not (30, 2)")
    _must(bool(np.isfinite(z).all()), "normalised data are not finite")
    _must(np.array_equal(z, scale.apply(table)[0]), "replaying the scale gives other numbers")
    _must(bool((data.to_numpy() == values).all()), "the input was written to")
    order = np.random.default_rng(8).permutation(30)
    again = align(data.iloc[order], framework)
    moved = fit(again, framework, normaliser(spec)).apply(again)[0]
    _must(np.allclose(moved, z[order], rtol=1e-9), "the order of the rows changes the numbers")
    for j, sign in ((0, 1), (1, -1)):
        for t in (0, 1):
            rows = np.arange(t, 30, 2)
            if normaliser(spec).per_unit:
                continue
            by = rows[np.argsort(values[rows, j])]
            steps = sign * np.diff(z[by, j])
            _must(bool((steps >= -1e-12).all()), f"column {framework.codes[j]!r} is not monotone")

"""Time of data-driven weights on a tall matrix, as a ratio to the barest vectorised NumPy.

    python benchmarks/weights.py [--rows 1000000] [--columns 40] [--runs 7]

"Barest" is the formula written once over whole arrays, with nothing else: no check for missing or
negative cells, no constant columns, no scaling against overflow, no weights refused.

- entropy: ``p = x / x.sum(0); d = 1 + (p * log(p)).sum(0) / log(n); d / d.sum()``
  (positive data, so that it needs no care for 0 ln 0);
- critic: min-max, ``std``, ``numpy.corrcoef``, ``s * (1 - r).sum(0)``;
- pca: ``numpy.corrcoef`` and ``numpy.linalg.eigh``, without anything that turns components into
  weights.

Ours and the bare form run in turn in one process; each ratio is that of the median times. BLAS
uses as many threads as it likes in both.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def bare_entropy(x: Any) -> Any:
    p = x / x.sum(axis=0)
    d = 1 + (p * np.log(p)).sum(axis=0) / np.log(len(x))
    return d / d.sum()


def bare_critic(x: Any) -> Any:
    z = (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))
    c = z.std(axis=0, ddof=1) * (1 - np.corrcoef(z, rowvar=False)).sum(axis=0)
    return c / c.sum()


def bare_pca(x: Any) -> Any:
    return np.linalg.eigh(np.corrcoef(x, rowvar=False))


def cases() -> dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    from gz_index.weighting.conflict import critic
    from gz_index.weighting.entropy import entropy

    found: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
        "entropy": (entropy, bare_entropy),
        "critic": (critic, bare_critic),
    }
    try:
        from gz_index.weighting.pca import pca
    except ModuleNotFoundError:
        return found
    return found | {"pca": (pca, bare_pca)}


def data(rows: int, columns: int) -> Any:
    """Positive numbers with a common factor and different spreads."""
    rng = np.random.default_rng(20260101)
    x = rng.uniform(0.05, 1.0, (rows, columns))
    x += rng.uniform(0.0, 1.0, (rows, 1))
    x *= np.linspace(1.0, 50.0, columns)
    return x


def seconds(call: Callable[[Any], Any], x: Any) -> float:
    start = time.perf_counter()
    call(x)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description="Weights: time as a ratio to bare NumPy.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=40)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    x = data(options.rows, options.columns)
    print(f"{options.rows:,} x {options.columns}, median of {options.runs} runs in turn")
    print(f"{'scheme':<10}{'ours, s':>10}{'bare, s':>10}{'ratio':>8}")
    for name, (ours, bare) in cases().items():
        ours(x[:1000])  # imports are not counted
        times = [(seconds(ours, x), seconds(bare, x)) for _ in range(options.runs)]
        mine, its = (statistics.median(t) for t in zip(*times, strict=True))
        print(f"{name:<10}{mine:>10.3f}{its:>10.3f}{mine / its:>8.2f}")


if __name__ == "__main__":
    main()

"""Time of one evaluation: 300 units x 40 indicators in five pillars, labels in, labels out.

Run: python benchmarks/evaluate.py
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import gz_index as gz

REPEATS = 200


def setting() -> tuple[gz.Index, pd.DataFrame]:
    codes = [f"i{j:02}" for j in range(40)]
    pillars = [f"p{j}" for j in range(5)]
    framework = gz.Framework(
        tuple(gz.Indicator(code=c, parent=pillars[j // 8]) for j, c in enumerate(codes)),
        tuple(gz.Group(code=p) for p in pillars),
    )
    rng = np.random.default_rng(1)
    units = [f"unit {i}" for i in range(300)]
    data = pd.DataFrame(rng.uniform(1, 100, (300, 40)), index=units, columns=codes)
    return gz.Index(id="benchmark", framework=framework), data


def bare(x: np.ndarray) -> np.ndarray:
    """Compute the same in the barest NumPy: min-max, means of eights, mean of five, ranks."""
    low, high = x.min(axis=0), x.max(axis=0)
    pillars = ((x - low) / (high - low)).reshape(300, 5, 8).mean(axis=2)
    total = pillars.mean(axis=1)
    return np.column_stack([total, pillars, (-total).argsort().argsort() + 1])


def median(call: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def main() -> None:
    index, data = setting()
    x = data.to_numpy()

    def labels_out() -> tuple[pd.DataFrame, pd.DataFrame]:
        result = index.evaluate(data)
        return result.scores, result.ranks

    def with_contributions() -> tuple[pd.DataFrame, ...]:
        result = index.evaluate(data)
        return result.scores, result.ranks, result.contributions

    np.testing.assert_allclose(labels_out()[0].to_numpy(), bare(x)[:, :6], rtol=1e-12)
    base = 0.0
    print(f"{'what':<44}{'ms, median':>12}{'x bare':>9}")
    for name, call in (
        ("bare NumPy, no labels, no checks", lambda: bare(x)),
        ("evaluate, scores, ranks", labels_out),
        ("evaluate with entropy weights", lambda: index.replace(weight="entropy").evaluate(data)),
        ("evaluate, scores, ranks, contributions", with_contributions),
    ):
        ms = median(call)
        base = base or ms
        print(f"{name:<44}{ms:>12.3f}{ms / base:>9.1f}")


if __name__ == "__main__":
    main()

"""Draws per second, scores and full ranks included, beside a plain loop and the machine's limit.

    python benchmarks/sensitivity.py [--quick] [--jobs 2]

Each block of figures comes from one run of this file. "Loop" calls ``Index.evaluate`` once a draw
with the weights replaced, as one would write it by hand. "Limit" is what this machine takes for the
matrix product and the sort of 32-bit integers alone, with no key packed, nothing counted, on one
process, times the number of processes.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from evaluate import setting
from threadpoolctl import threadpool_limits

import gz_index as gz
from gz_index.sensitivity.model import Model

SPREAD = gz.Spread(size=0.25)


def seconds(call: Callable[[], object], repeats: int = 1) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def sized(n: int, m: int, pillars: int = 5, seed: int = 1) -> tuple[gz.Index, pd.DataFrame]:
    codes = [f"i{j:02}" for j in range(m)]
    groups = [f"p{j}" for j in range(pillars)]
    framework = gz.Framework(
        tuple(gz.Indicator(code=c, parent=groups[j * pillars // m]) for j, c in enumerate(codes)),
        tuple(gz.Group(code=g) for g in groups),
    )
    x = np.random.default_rng(seed).uniform(1, 100, (n, m))
    data = pd.DataFrame(x, index=[f"unit {i}" for i in range(n)], columns=codes)
    return gz.Index(id="benchmark", framework=framework), data


def geometric_over_arithmetic(index: gz.Index) -> gz.Index:
    f = index.framework
    groups = [g for g in f.groups if g.code != "total"]
    root = gz.Group(code="total", parent="", aggregate="geometric")
    framework = gz.Framework(f.indicators, (root, *groups))
    return index.replace(framework=framework, normalise={"method": "minmax", "to": [1, 100]})


def loop(index: gz.Index, data: pd.DataFrame, draws: int = 100) -> float:
    """Draws per second of a loop that calls evaluate."""
    rng = np.random.default_rng(0)
    f = index.framework
    codes = [c for g in f.groups for c in f.children(g.code)]

    def run() -> None:
        for _ in range(draws):
            w = dict(zip(codes, 1 + 0.25 * (2 * rng.random(len(codes)) - 1), strict=True))
            result = index.replace(weight={"values": w, "over": "siblings"}).evaluate(data)
            _ = result.total, result.ranks["total"]

    return draws / seconds(run, 3)


def limit(n: int, m: int, jobs: int) -> float:
    """Draws per second of a matrix product and a sort, and nothing else."""
    rng = np.random.default_rng(0)
    block = max(8, 65_536 // n)
    z, w = rng.random((m, n)), rng.random((block, m))
    out, keys = np.empty((block, n)), rng.integers(0, 2**31, (block, n), dtype=np.int32)
    room = np.empty_like(keys)
    rounds = max(5, 2_000_000 // (n * block))

    def run() -> None:
        for _ in range(rounds):
            np.matmul(w, z, out=out)
            room[:] = keys
            room.sort(axis=-1)

    with threadpool_limits(limits=1):
        run()
        return jobs * rounds * block / seconds(run, 5)


def rate(index: gz.Index, data: pd.DataFrame, draws: int, jobs: int) -> float:
    def run() -> None:
        gz.uncertainty(index, data, [SPREAD], draws=draws, keep=False, n_jobs=jobs)

    return draws / seconds(run, 3)


class Peak(threading.Thread):
    """Greatest resident memory of this process and its children while it runs, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stop = threading.Event()
        self.most = 0

    def run(self) -> None:
        while not self.stop.wait(0.02):
            self.most = max(self.most, sum(resident(p) for p in family()))

    def __enter__(self) -> Peak:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.join()


def family() -> list[int]:
    import os

    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                parents[int(entry.name)] = int(fields[1])
            except OSError:
                continue
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def resident(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def factorial() -> tuple[gz.Index, pd.DataFrame, list[gz.Alternatives]]:
    """The 144 combinations of methods on 51 units x 49 indicators."""
    index, data = sized(51, 49, 8)
    choices = [
        gz.Alternatives(
            part="normalise",
            of=[
                {"method": "minmax", "to": [1, 100]},
                "rank",
                "efficacy",
                "distance-to-leader",
            ],
        ),
        gz.Alternatives(part="weight", of=["equal", "std", "cv", "critic"]),
        gz.Alternatives(part="aggregate", of=["arithmetic", "geometric", "harmonic"]),
        gz.Omit(codes=["i00", "i30"]),
    ]
    return index, data, choices


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the draws")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    jobs, few = args.jobs, 10 if args.quick else 1
    seconds(lambda: gz.uncertainty(*setting(), [SPREAD], draws=5000, n_jobs=jobs))  # workers start

    print(f"weights +-25 %, 300 units x 40 indicators in five pillars, {jobs} processes")
    print(f"{'':<36}{'draws/s':>12}{'x loop':>10}{'% of limit':>12}")
    additive, data = setting()
    for name, index in (
        ("additive", additive),
        ("geometric over arithmetic", geometric_over_arithmetic(additive)),
    ):
        base, top = loop(index, data), limit(300, 40, jobs)
        got = rate(index, data, 2_000_000 // few, jobs)
        print(f"{name:<36}{got:>12,.0f}{got / base:>10,.0f}{100 * got / top:>12.0f}")
        print(f"{'  loop that calls evaluate':<36}{base:>12,.0f}")
        print(f"{'  matrix product and sort alone':<36}{top:>12,.0f}")

    draws = 1_000_000 // few
    index, data = sized(3000, 40)
    with Peak() as peak:
        took = seconds(
            lambda: gz.uncertainty(index, data, [SPREAD], draws=draws, keep=False, n_jobs=jobs)
        )
    bare = draws / limit(3000, 40, jobs)
    print(f"\n{draws:,} draws x 3,000 units with the full rank histogram")
    print(f"{took:.1f} s, {peak.most / 1e9:.2f} GB; product and sort alone {bare:.1f} s")

    index, data, choices = factorial()
    model = Model(index, data, choices)
    count = model.combinations

    def exact() -> None:
        gz.sobol(index, data, choices)

    def by_hand() -> None:
        for n, w, a, o in product(*(c.of for c in choices[:3]), choices[3].levels):
            changed = index.replace(normalise=n, weight=w, aggregate=a)
            changed = changed if o == "nothing" else changed.without([o])
            _ = changed.evaluate(data).ranks["total"]

    ours, hand = seconds(exact, 5), seconds(by_hand, 2)
    print(f"\nexact shares of {count} combinations, 51 x 49: {ours:.3f} s", end="; ")
    print(f"loop that calls evaluate {hand:.2f} s ({hand / ours:.0f} x)")

    print("\ngrowth of one process (draws/s)")
    for n, m in ((30, 40), (300, 10), (300, 40), (300, 160), (3000, 40)):
        index, data = sized(n, m)
        some = 40_000_000 // (n * 40) // few
        print(f"{f'{n} units x {m} indicators':<36}{rate(index, data, some, 1):>12,.0f}")
    index, data = sized(300, 40)
    for draws in (1_000, 10_000, 100_000, 1_000_000):
        if draws > 100_000 and args.quick:
            continue
        got = statistics.median(rate(index, data, draws, 1) for _ in range(3))
        print(f"{f'300 x 40, {draws:,} draws':<36}{got:>12,.0f}")

    limit_bytes = 600_000_000
    index, data = sized(1000, 40)
    print("\nmemory used of max_memory = 600 MB, 1,000 units, on top of what was there before")
    for some, hands in ((35_000, 1), (35_000, 2), (1_000_000, 2)):  # scores kept; not kept
        with Peak() as peak:
            before = sum(resident(p) for p in family())
            gz.uncertainty(index, data, [SPREAD], draws=some, max_memory=limit_bytes, n_jobs=hands)
        print(f"{some:,} draws, {hands} processes: {(peak.most - before) / limit_bytes:.0%}")
    worst = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak of this process over the whole run: {worst / 1e6:.2f} GB", file=sys.stderr)


if __name__ == "__main__":
    main()

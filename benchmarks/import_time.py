"""Time of ``import gz_index`` (and of a first evaluation) against a bare ``import pandas``.

Each in a new process, taking turns, so that a slow moment of the machine hits all alike.
Run: python benchmarks/import_time.py
"""

import statistics
import subprocess
import sys

REPEATS = 15
CODE = {
    "python, no import": "pass",
    "import pandas": "import pandas",
    "import gz_index": "import gz_index",
    "import gz_index; gz_index.Index": "import gz_index; gz_index.Index",
    "load, data, evaluate (provinces)": (
        "import gz_index as gz; n = 'cn-provinces-2022'; gz.load(n).evaluate(gz.data(n)).total"
    ),
}
LAZY = ("scipy", "sklearn", "statsmodels", "pyarrow", "openpyxl", "matplotlib")


def seconds(code: str) -> float:
    timed = f"import time as _t; _s = _t.perf_counter(); {code}; print(_t.perf_counter() - _s)"
    done = subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    for code in CODE.values():  # byte code and disk cache
        seconds(code)
    times: dict[str, list[float]] = {name: [] for name in CODE}
    for _ in range(REPEATS):
        for name, code in CODE.items():
            times[name].append(seconds(code))
    base = statistics.median(times["import pandas"])
    print(f"{'what':<40}{'s, median':>10}{'x import pandas':>17}")
    for name, values in times.items():
        s = statistics.median(values)
        print(f"{name:<40}{s:>10.3f}{s / base:>17.2f}")
    loaded = f"import gz_index, sys; print([m for m in {LAZY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", loaded], check=True, capture_output=True, text=True
    )
    print(f"heavy modules loaded by import gz_index: {done.stdout.strip()}")


if __name__ == "__main__":
    main()

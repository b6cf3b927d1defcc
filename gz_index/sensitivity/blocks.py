"""Many draws in blocks: one random stream a block, workers, bounded memory, progress.

What a block computes depends on its number alone: not on how many workers there are, on which of
them has it, or on how much memory may be used. Results are therefore the same, bit for bit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

import numpy as np

from gz_index._arrays import Array
from gz_index.errors import MethodError, MissingExtraError

__all__ = ["Blocks", "Progress", "RandomPoints", "memory", "one_thread", "run", "seeded", "workers"]

T = TypeVar("T")
Progress: TypeAlias = str | Callable[[int, int], None] | None

#: numbers that the draws of a block take: the tables of a block stay in the cache of a core
_CELLS = 98_304

#: tasks that the blocks are dealt into, whatever the number of workers
_TASKS = 32


class Points(Protocol):
    """Where the points of the unit cube come from."""

    def block(self, number: int, start: int, stop: int) -> Array:
        """Return points (stop - start, width) of the block with this number."""
        ...


@dataclass(frozen=True)
class RandomPoints:
    """Random points: each block has a stream of its own, which the seed and its number name."""

    width: int
    seed: int

    def block(self, number: int, start: int, stop: int) -> Array:
        """Return points (stop - start, width), uniform on [0, 1)."""
        seed = np.random.SeedSequence(self.seed, spawn_key=(number,))
        rng = np.random.Generator(np.random.SFC64(seed))
        return rng.random((stop - start, self.width))


@dataclass(frozen=True)
class Blocks:
    """How a number of draws is cut into blocks, and these into tasks.

    Parameters
    ----------
    draws : int
    size : int
        Draws in a block.
    """

    draws: int
    size: int

    @classmethod
    def of(cls, draws: int, cells: int) -> Blocks:
        """Cut draws of so many cells each."""
        return cls(draws, int(min(max(_CELLS // max(cells, 1), 8), 1024)))

    @property
    def count(self) -> int:
        """Number of blocks."""
        return math.ceil(self.draws / self.size)

    def tasks(self, parts: int = _TASKS) -> list[range]:
        """Blocks of each task."""
        edges = np.linspace(0, self.count, min(parts, self.count) + 1).astype(int)
        return [range(a, b) for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)]

    def span(self, block: int) -> tuple[int, int]:
        """First draw of a block, and the one after its last."""
        return block * self.size, min((block + 1) * self.size, self.draws)


def run(
    work: Callable[[range], T],
    tasks: Sequence[range],
    *,
    n_jobs: int = 1,
    progress: Progress = None,
    total: int = 0,
    done: Callable[[range], int] = len,
) -> Iterator[T]:
    """Give what ``work`` makes of each task, in order, on one or more processes.

    Parameters
    ----------
    work : callable
        Picklable; called with the blocks of a task, on one BLAS thread (matrix products then do
        not depend on the number of threads).
    n_jobs : int
        Processes; -1 for one a core.
    progress : None, "rich", "tqdm" or callable
        A bar, or a function of the draws done and all draws.
    """
    n_jobs = workers(n_jobs)
    with _told(progress, total) as tell:
        for task, found in zip(tasks, _each(work, tasks, n_jobs), strict=True):
            tell(done(task))
            yield found


def seeded(seed: int) -> int:
    """Return a seed, or refuse what is none."""
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise MethodError(f"seed = {seed!r}", hint="a whole number >= 0")
    return seed


def workers(n_jobs: int) -> int:
    """Return the number of processes that ``n_jobs`` asks for."""
    if not isinstance(n_jobs, int) or n_jobs == 0 or n_jobs < -1:
        raise MethodError(f"n_jobs = {n_jobs!r}", hint="a whole number of processes, or -1")
    from joblib import cpu_count

    return int(cpu_count()) if n_jobs == -1 else n_jobs


def _each(work: Callable[[range], T], tasks: Sequence[range], n_jobs: int) -> Iterable[T]:
    if n_jobs == 1 or len(tasks) == 1:
        for task in tasks:
            with one_thread():
                found = work(task)
            yield found
        return
    from joblib import Parallel, delayed

    parallel = Parallel(
        n_jobs=n_jobs, return_as="generator", pre_dispatch="2 * n_jobs", batch_size=1
    )
    yield from parallel(delayed(_alone)(work, task) for task in tasks)


def _alone(work: Callable[[range], T], task: range) -> T:
    with one_thread():
        return work(task)


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one BLAS thread within; what was set before is set again."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


@contextmanager
def _told(progress: Progress, total: int) -> Iterator[Callable[[int], object]]:
    if progress is None:
        yield lambda _: None
    elif callable(progress):
        state = {"at": 0}

        def tell(more: int) -> None:
            state["at"] += more
            progress(state["at"], total)

        yield tell
    elif progress == "rich":
        from rich.progress import Progress as Bar

        with Bar() as bar:
            task = bar.add_task("draws", total=total)
            yield lambda more: bar.advance(task, more)
    elif progress == "tqdm":
        try:
            from tqdm.auto import tqdm
        except ImportError:
            raise MissingExtraError(
                "progress = 'tqdm' needs the extra: pip install 'gz-index[progress]'; "
                "progress = 'rich' needs none"
            ) from None
        with tqdm(total=total, unit="draw") as meter:
            yield meter.update
    else:
        raise MethodError(f"progress = {progress!r}", hint="None, 'rich', 'tqdm' or a function")


def memory(limit: int | str) -> int:
    """Read an amount of memory: bytes, or ``"500 MB"``, ``"2 GiB"``.

    Raises
    ------
    MethodError
        It is none.

    Examples
    --------
    >>> memory("1.5 GB"), memory("1 KiB"), memory(4096)
    (1500000000, 1024, 4096)
    """
    if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
        return limit
    found = (
        re.fullmatch(r"\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([kKMGT]?)(i?)[bB]?\s*", limit)
        if isinstance(limit, str)
        else None
    )
    if found is None:
        raise MethodError(f"max_memory = {limit!r}", hint="bytes, or e.g. '500 MB' or '2 GiB'")
    number, letter, binary = found.groups()
    power = "kmgt".index(letter.lower()) + 1 if letter else 0
    return int(float(number) * (1024 if binary else 1000) ** power)


def amount(count: float) -> str:
    """Return bytes as people write them.

    Examples
    --------
    >>> amount(2_400_000_000)
    '2.4 GB'
    """
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"

"""Work on an array block by block, on two threads, until somebody wants something newer."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

T = TypeVar("T")
Check = Callable[[], None]
"""Called between blocks; raises what ends the work when its answer is not wanted any more."""

BLOCK = 1 << 16
"""Elements: a few temporary arrays of so many float64 stay in the processor's cache."""
_THREADS = min(2, os.cpu_count() or 1)

# glibc gives every freed array of a block back to the system, and the next one is cleared page by page: that takes
# three times as long as the sums. Once a large array was freed, it keeps what is smaller.
np.empty(3 << 20)


def go_on() -> None:
    """The check of who wants the answer in any case."""


def map_blocks(size: int, work: Callable[[int, int], T], check: Check = go_on, block: int = BLOCK) -> list[T]:
    """What `work(start, stop)` gives for each block of range(size), in order."""
    starts = list(range(0, size, block))

    def run(part: list[int]) -> list[T]:
        found = []
        for start in part:
            check()
            found.append(work(start, min(start + block, size)))
        return found

    if len(starts) < 8 or _THREADS == 1:
        return run(starts)
    middle = len(starts) // 2
    with ThreadPoolExecutor(1, thread_name_prefix="values") as pool:
        second = pool.submit(run, starts[middle:])
        return run(starts[:middle]) + second.result()

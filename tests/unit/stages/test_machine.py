from __future__ import annotations

import sys

import pytest

from modelpack_gui.stages.machine import count_cores, look, parse_cpuinfo, parse_quota

_TWO_THREADS = """processor\t: {0}
physical id\t: {1}
core id\t\t: {2}
flags\t\t: fpu avx2
"""


def test_threads_of_one_core_are_one_core() -> None:
    text = "\n".join(_TWO_THREADS.format(n, n // 4, n % 2) for n in range(8))
    assert count_cores(parse_cpuinfo(text)) == 4


def test_processors_without_core_numbers_count_one_each() -> None:
    assert count_cores(parse_cpuinfo("processor : 0\nFeatures : asimd\n\nprocessor : 1\nFeatures : asimd\n")) == 2


def test_text_that_says_nothing_gives_no_cores() -> None:
    assert count_cores(parse_cpuinfo("")) == 0


@pytest.mark.parametrize(
    ("text", "processors"),
    [("max 100000\n", sys.maxsize), ("250000 100000", 2), ("", sys.maxsize), ("50000 100000", 1)],
)
def test_a_containers_quota_is_counted_in_whole_processors(text: str, processors: int) -> None:
    assert parse_quota(text) == processors


def test_this_machine_has_cores_and_memory() -> None:
    machine = look()
    assert machine.logical_cores >= machine.physical_cores >= 1
    assert machine.memory_bytes > 2**28

"""What all tests share: threads that leave a busy machine its cores, and random examples that are always the same."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in a worker; read once, when torch is imported

# No deadline: a busy machine is no fault. The same examples each time: a run that fails, fails again.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")


@pytest.fixture
def python_collects() -> Iterator[None]:
    """Python's own collector is on, as in a worker: windows of other tests may have taken it over."""
    was_on = gc.isenabled()
    gc.enable()
    yield
    if not was_on:
        gc.disable()

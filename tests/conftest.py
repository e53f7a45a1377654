"""What all tests share: threads that leave a busy machine its cores, and random examples that are always the same."""

from __future__ import annotations

import gc
import os
import random
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in a worker; read once, when torch is imported

# No limit of time: a busy machine is no fault. The same examples each time: a run that fails, fails again.
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")
# Hypothesis mixes in the constants of those of our modules that are imported: other tests of the process need some.
providers._get_local_constants = Constants

TORCH_SEED = 67280421310721
"""What torch itself starts with: a test that imports it first draws the same values as one that comes later."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """What a test draws without a seed of its own does not depend on the tests before it, nor on the clock."""
    random.seed(0)
    numpy, torch = sys.modules.get("numpy.random"), sys.modules.get("torch")
    if numpy is not None:
        numpy.seed(0)
    if torch is not None:
        torch.default_generator.manual_seed(TORCH_SEED)


@pytest.fixture
def python_collects() -> Iterator[None]:
    """Python's own collector is on, as in a worker: windows of other tests may have taken it over."""
    was_on = gc.isenabled()
    gc.enable()
    yield
    if not was_on:
        gc.disable()

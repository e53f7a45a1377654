"""What all tests share: threads that leave a busy machine its cores, and random examples that are always the same."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in a worker; read once, when torch is imported

# No deadline: a busy machine is no fault. The same examples each time: a run that fails, fails again.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")

"""Which profiler looks at which runner, and what all of them give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import ProfileRequest, ProfileRow
from modelpack_gui.stages.bench.base import Prepared, Runner

_COMPILED = ("torch_compile", "aot_inductor")


@dataclass(frozen=True)
class Profiled:
    """What a profiler gives; the shares of its rows are not yet computed.

    Attributes:
        total_us: A profiled run, mean of the faster half of them.
        runs: How many that were.
        probe_us: As in the report.
    """

    rows: tuple[ProfileRow, ...]
    total_us: float
    runs: int
    probe_us: float = 0.0
    notes: tuple[str, ...] = ()


Profile = Callable[[Prepared, ProfileRequest, Path, float, Context], Profiled]
"""Runs what is prepared under a profiler. The folder is where the runner was told to write its own trace; the number
is what a run takes without the profiler, microseconds."""


def profiler_of(runner: Runner) -> Profile:
    """The profiler for a runner.

    Raises:
        UserError: `profile-not-offered`.
    """
    if "onnxruntime" in runner.packages:
        from modelpack_gui.stages.bench.profile import onnx_profile

        return onnx_profile.profile
    if "openvino" in runner.packages:
        from modelpack_gui.stages.bench.profile import openvino_profile

        return openvino_profile.profile
    if "torch" in runner.packages:
        from modelpack_gui.stages.bench.profile import torch_profile

        return torch_profile.profile
    raise UserError(
        "profile-not-offered",
        f"{runner.title} cannot be profiled: it does not say where its time goes.",
        "Profile another runner, and compare the whole times on the Latency tab.",
    )


def arm(runner: Runner) -> None:
    """Have what is compiled from now on name its kernels to the profiler."""
    if runner.id in _COMPILED:
        import torch._inductor.config as config

        config.cpp.enable_kernel_profile = True

"""A profile by PyTorch's own profiler: eager, TorchScript, compiled, and exported programs."""

from __future__ import annotations

import re
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import ProfileRequest, ProfileRow
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.profile.profilers import Profiled
from modelpack_gui.stages.bench.profile.runs import faster_half
from modelpack_gui.stages.bench.profile.torch_modules import call_sites
from modelpack_gui.stages.bench.profile.torch_probe import probe_us
from modelpack_gui.stages.bench.profile.torch_trace import Operator, as_runs, trace

_KERNEL = re.compile(r"^graph_\d+_(.+)_\d+$")
"""`graph_0_cpp_fused_add_relu_3`: Inductor's name for a kernel, its own numbers around what it does."""

_SETTLE_RUNS = 3  # under the profiler, and not counted: its own first steps are slow


def profile(prepared: Prepared, request: ProfileRequest, folder: Path, wall_us: float, context: Context) -> Profiled:
    """Run under the profiler; a run before tells which module calls what.

    Raises:
        UserError: `profile-empty`.
    """
    del folder, wall_us  # the trace stays in memory, and what the profiler adds is measured apart
    with prepared.mode():
        for _ in range(request.warmup_runs):
            context.check_cancelled()
            prepared.call()
        sites = call_sites(prepared.model, prepared.call, context.check_cancelled)
        added_us = probe_us(context)
        traced = trace(prepared.call, _SETTLE_RUNS + request.runs, context.check_cancelled)[_SETTLE_RUNS:]
    if not traced:
        raise UserError(
            "profile-empty",
            "The profiler of PyTorch recorded no run.",
            "Try again; if it stays so, this build of PyTorch has no profiler.",
        )
    context.progress("Putting the time to modules", 0.9)
    means = faster_half(as_runs(traced, sites, added_us))
    rows = tuple(
        _row(operator, us, means.calls[operator], prepared.provider) for operator, us in means.own_us.items()
    )
    return Profiled(rows, means.total_us, means.runs, added_us)


def _row(operator: Operator, us: float, calls: float, provider: str) -> ProfileRow:
    where = f" in {operator.module}" if operator.module else f", call {operator.call}" if operator.call else ""
    return ProfileRow(
        name=operator.node or f"{operator.name}{where}",
        op_type=_KERNEL.sub(r"\1", operator.name),
        provider=provider,
        mean_us=us,
        calls=calls,
        share=0.0,
        originals=(operator.node,) if operator.node else (),
        module=operator.module,
        modules=(operator.module,) if operator.module else (),
    )

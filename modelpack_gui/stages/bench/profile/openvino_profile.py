"""A profile by OpenVINO itself, put back to the nodes of the file by the names that it keeps of what it has fused."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.module_paths import common_module
from modelpack_gui.core.records import ProfileRequest, ProfileRow
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.profile.onnx_file import NO_ONNX, Known, read_nodes
from modelpack_gui.stages.bench.profile.profilers import Profiled
from modelpack_gui.stages.bench.profile.runs import TracedRun, faster_half
from modelpack_gui.stages.bench.turn import time_calls
from modelpack_gui.stages.common.paths import resolve

_ORIGINALS = "originalLayersNames"


def profile(prepared: Prepared, request: ProfileRequest, folder: Path, wall_us: float, context: Context) -> Profiled:
    """Run, and read what the infer request counted after each run.

    Raises:
        UserError: `profile-empty`.
    """
    del folder, wall_us  # it writes no file, and costs next to nothing
    infer_request: Any = prepared.model
    runs: list[TracedRun[tuple[str, str, str]]] = []
    with prepared.mode():
        for number in range(request.warmup_runs + request.runs):
            elapsed: list[int] = []
            time_calls([prepared.call], elapsed, context.check_cancelled)
            run = TracedRun[tuple[str, str, str]](elapsed[0] / 1000.0)
            if number >= request.warmup_runs:
                _count(run, infer_request.profiling_info)
                runs.append(run)
    if not any(run.own_us for run in runs):
        raise UserError(
            "profile-empty",
            "OpenVINO counted no time of any node.",
            "Try again; if it stays so, this release of OpenVINO does not profile this processor.",
        )
    context.progress("Putting the time to nodes", 0.9)
    means = faster_half(runs)
    fused = _fused(infer_request.get_compiled_model().get_runtime_model())
    file = read_nodes(resolve(context, request.runner.artifact or request.artifact_path))
    rows = []
    for (name, op_type, kernel), us in means.own_us.items():
        known = file.known(file.places_of(fused.get(name, ()))) if file is not None else Known()
        rows.append(
            ProfileRow(
                name=name,
                op_type=op_type,
                provider=prepared.provider.rpartition(" ")[2],
                mean_us=us,
                calls=means.calls[name, op_type, kernel],
                share=0.0,
                originals=known.names,
                module=common_module(known.modules),
                modules=known.modules,
                indices=known.indices,
                kernel=kernel,
            )
        )
    return Profiled(tuple(rows), means.total_us, means.runs, notes=() if file is not None else (NO_ONNX,))


def _count(run: TracedRun[tuple[str, str, str]], counted: Iterable[Any]) -> None:
    """Nodes that ran, by name, type and the kernel that was taken; whole microseconds."""
    for info in counted:
        if info.status.name == "EXECUTED":
            us = info.real_time.total_seconds() * 1e6
            run.add((info.node_name, info.node_type, info.exec_type), us)


def _fused(runtime_model: Any) -> dict[str, tuple[str, ...]]:
    """The names of what each node that runs was made of."""
    found = {}
    for node in runtime_model.get_ordered_ops():
        facts = node.get_rt_info()
        if _ORIGINALS in facts:
            names = str(facts[_ORIGINALS].astype(str)).split(",")
            found[node.get_friendly_name()] = tuple(name for name in names if name)
    return found

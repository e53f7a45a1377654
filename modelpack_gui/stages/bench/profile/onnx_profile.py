"""A profile by ONNX Runtime itself, with its optimisations on, put back to the nodes of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.module_paths import common_module
from modelpack_gui.core.records import ProfileRequest, ProfileRow
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.onnx_session import CPU
from modelpack_gui.stages.bench.profile.onnx_file import NO_ONNX, FileNodes, Known, read_nodes
from modelpack_gui.stages.bench.profile.onnx_probe import added_us, probe_us
from modelpack_gui.stages.bench.profile.onnx_settings import optimised_path
from modelpack_gui.stages.bench.profile.onnx_trace import read_trace
from modelpack_gui.stages.bench.profile.originals import Originals
from modelpack_gui.stages.bench.profile.profilers import Profiled
from modelpack_gui.stages.bench.profile.runs import faster_half
from modelpack_gui.stages.common.paths import resolve


def profile(prepared: Prepared, request: ProfileRequest, folder: Path, wall_us: float, context: Context) -> Profiled:
    """Run, end the session's profile, and read what it wrote.

    Raises:
        UserError: `profile-empty`.
    """
    session: Any = prepared.model
    with prepared.mode():
        for _ in range(request.warmup_runs + request.runs):
            context.check_cancelled()
            prepared.call()
    trace = read_trace(Path(session.end_profiling()))
    runs = trace.runs[-request.runs :]
    if not runs or not any(run.own_us for run in runs):
        raise UserError(
            "profile-empty",
            "ONNX Runtime wrote a profile without a single node.",
            "Try again; if it stays so, this build of onnxruntime has no profiler.",
        )
    context.progress("Putting the time to nodes", 0.9)
    probe_folder = folder / "probe"
    probe_folder.mkdir()
    bounds = probe_us(probe_folder, context)
    means = faster_half(runs)
    added = added_us(means, wall_us, bounds)
    file = read_nodes(resolve(context, request.runner.artifact or request.artifact_path))
    originals = _originals(file, folder) if file is not None else None
    asked_other = _asks_for_other(session, request)
    rows = []
    for node, us in means.own_us.items():
        places = originals.of(node.name, node.op_type, node.index) if originals is not None else ()
        known = file.known(places) if file is not None else Known()
        rows.append(
            ProfileRow(
                name=node.name,
                op_type=node.op_type,
                provider=node.provider,
                mean_us=max(0.0, us - added * means.calls[node]),
                calls=means.calls[node],
                share=0.0,
                originals=known.names,
                module=common_module(known.modules),
                is_fallback=asked_other and node.provider == CPU,
                output_bytes=trace.output_bytes.get(node, 0),
                modules=known.modules,
                indices=known.indices,
            )
        )
    return Profiled(tuple(rows), means.total_us, means.runs, added, () if file is not None else (NO_ONNX,))


def _asks_for_other(session: Any, request: ProfileRequest) -> bool:
    """Whether another provider than the CPU was asked for; one that did not start is not in the session."""
    return session.get_providers()[0] != CPU or request.runner.options.get("provider", "cpu") != "cpu"


def _originals(file: FileNodes, folder: Path) -> Originals:
    """What puts the nodes of the optimised graph back to those of the file."""
    optimised = read_nodes(written) if (written := optimised_path(str(folder))).is_file() else None
    return Originals(file.nodes, optimised.nodes if optimised is not None else (), file.constants)

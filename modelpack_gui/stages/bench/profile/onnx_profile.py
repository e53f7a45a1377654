"""A profile by ONNX Runtime itself, with its optimisations on, put back to the nodes of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.module_paths import common_module
from modelpack_gui.core.records import ProfileRequest, ProfileRow
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.onnx_session import CPU
from modelpack_gui.stages.bench.profile.onnx_settings import optimised_path
from modelpack_gui.stages.bench.profile.onnx_trace import TracedNode, read_trace
from modelpack_gui.stages.bench.profile.profilers import Profiled
from modelpack_gui.stages.bench.profile.runs import middle_half
from modelpack_gui.stages.common.paths import resolve


class _Known(NamedTuple):
    """Names, numbers and modules of the nodes of the file that a traced node stands for."""

    names: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    modules: tuple[str, ...] = ()


def profile(prepared: Prepared, request: ProfileRequest, folder: Path, context: Context) -> Profiled:
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
    means = middle_half(runs)
    known, notes = _known_nodes(resolve(context, request.runner.artifact or request.artifact_path), folder)
    asked_other = _asks_for_other(session, request)
    rows = []
    for node, us in means.own_us.items():
        names, indices, modules = known(node)
        rows.append(
            ProfileRow(
                name=node.name,
                op_type=node.op_type,
                provider=node.provider,
                mean_us=us,
                calls=means.calls[node],
                share=0.0,
                originals=names,
                module=common_module(modules),
                is_fallback=asked_other and node.provider == CPU,
                output_bytes=trace.output_bytes.get(node, 0),
                modules=modules,
                indices=indices,
            )
        )
    return Profiled(tuple(rows), means.total_us, means.runs, notes)


def _asks_for_other(session: Any, request: ProfileRequest) -> bool:
    """Whether another provider than the CPU was asked for; one that did not start is not in the session."""
    return session.get_providers()[0] != CPU or request.runner.options.get("provider", "cpu") != "cpu"


def _known_nodes(path: Path, folder: Path) -> tuple[Callable[[TracedNode], _Known], tuple[str, ...]]:
    """What a traced node is in the file; without the onnx package, that is not known."""
    try:
        import onnx
    except ImportError:
        return (lambda _node: _Known()), (
            "Without the package onnx, fused nodes are not put back to those of the file.",
        )
    from modelpack_gui.stages.bench.profile.originals import Originals
    from modelpack_gui.stages.inspection.onnx_walk import node_numbers
    from modelpack_gui.stages.inspection.origin import origin_of_onnx

    model = onnx.load(str(path), load_external_data=False)
    nodes = list(model.graph.node)
    numbers = node_numbers(model.graph)
    optimised_file = optimised_path(str(folder))
    optimised = (
        list(onnx.load(str(optimised_file), load_external_data=False).graph.node) if optimised_file.is_file() else []
    )
    originals = Originals(nodes, optimised, frozenset(tensor.name for tensor in model.graph.initializer))

    def known(traced: TracedNode) -> _Known:
        found = [(place, nodes[place]) for place in originals.of(traced.name, traced.op_type, traced.index)]
        names = tuple(node.name or f"node {numbers[place]}" for place, node in found)
        origins = (
            origin_of_onnx(node.name, {item.key: item.value for item in node.metadata_props}) for _, node in found
        )
        modules = tuple(dict.fromkeys(origin.module_path for origin in origins))
        return _Known(names, tuple(numbers[place] for place, _ in found), modules)

    return known, ()

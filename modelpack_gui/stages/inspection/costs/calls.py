"""What calls of a model's own functions cost: each is inlined into a model of its own, and counted there.

The shapes inside a function are those of a call, so that they are nowhere in the file.
"""

from __future__ import annotations

import mmap
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context, PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.graph.costs.formulas.base import Work
from modelpack_gui.core.graph.costs.node_costs import costs_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.stages.export.artifact import parse_onnx
from modelpack_gui.stages.inspection.onnx_functions import calls_itself
from modelpack_gui.stages.inspection.onnx_graph import read_onnx
from modelpack_gui.stages.inspection.onnx_types import DTYPE_NAMES, text_of
from modelpack_gui.stages.inspection.onnx_walk import all_nodes

MOST_CALLS = 100
"""Calls that differ in what they are given: each takes some ten milliseconds. Those beyond stay unknown."""

_DTYPE_NUMBERS = {name: number for number, name in DTYPE_NAMES.items()}


def call_work(path: Path, graph: Graph, context: Context) -> dict[int, Work]:
    """What the nodes that call functions compute, by node; those inside of functions are left out.

    Args:
        graph: With the shapes that are to be counted with.
    """
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            model = parse_onnx(path, data)
    except (OSError, ValueError, UserError):  # gone since the graph was read: the shapes tell of it
        return {}
    if calls_itself(model):
        return {}
    known: dict[bytes, Work | None] = {}
    found: dict[int, Work] = {}
    for number, node in _calls(model, graph):
        context.check_cancelled()
        alone = _alone(model, graph, number, node)
        key = alone.graph.SerializeToString(deterministic=True)
        if key not in known:
            known[key] = _counted(alone, context) if len(known) < MOST_CALLS else None
        work = known[key]
        if work is not None:
            found[number] = work
    return found


def _calls(model: Any, graph: Graph) -> Iterator[tuple[int, Any]]:
    """Number and NodeProto of each call outside of functions."""
    scopes = graph.ints("node_scope")
    for number, node in enumerate(all_nodes(model)):
        if number >= len(scopes):
            return
        name = (text_of(node.domain) or "ai.onnx", text_of(node.op_type))
        if name in graph.function_scopes and graph.text("scope_kind", scopes[number]) in ("graph", "subgraph"):
            yield number, node


def _alone(model: Any, graph: Graph, number: int, node: Any) -> Any:
    """A model of one call; values are named by their place, so that like calls are alike."""
    import onnx

    call = onnx.NodeProto()
    call.CopyFrom(node)  # texts that are no UTF-8 could not be set one by one
    for field in ("input", "output", "name", "doc_string", "metadata_props"):
        call.ClearField(field)
    inputs = []
    for place, value in enumerate(graph.inputs(number)):
        call.input.append(f"x{place}" if value >= 0 else "")
        if value >= 0:
            info = graph.value_info(value)
            dtype = _DTYPE_NUMBERS.get(info.dtype, 0)
            inputs.append(onnx.helper.make_tensor_value_info(f"x{place}", dtype, info.shape))
    outputs = [onnx.ValueInfoProto(name=f"y{place}") for place in range(len(node.output))]
    call.output.extend(f"y{place}" for place in range(len(node.output)))
    return onnx.helper.make_model(
        onnx.helper.make_graph([call], "call", inputs, outputs),
        functions=model.functions,
        opset_imports=model.opset_import,
        ir_version=model.ir_version,
    )


def _counted(alone: Any, context: Context) -> Work | None:
    """All that an inlined call computes; None where onnx cannot inline it."""
    import onnx.inliner

    path = context.scratch / f"call-{uuid.uuid4().hex[:12]}.onnx"
    try:
        data = onnx.inliner.inline_local_functions(alone).SerializeToString()
        path.write_bytes(data)
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            graph = read_onnx(path, mapped, _Quiet(context)).graph
    except JobCancelled:
        raise
    except Exception:  # noqa: BLE001 (C++ raises several types of functions that mean nothing; they stay unknown)
        return None
    finally:
        path.unlink(missing_ok=True)
    sums = costs_of(graph, context.check_cancelled).groups
    root = graph.root_group(0)
    macs, flops = (_whole(sums[name].sums[root], sums[name].unknown[root]) for name in ("macs", "flops"))
    return Work(macs, flops - 2.0 * macs)


def _whole(value: float, unknown: int) -> float:
    return float("nan") if unknown else value


class _Quiet(PlainContext):
    """Tells nothing of the parts of a job, and stops with it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.base, context.scratch)
        self._context = context

    def check_cancelled(self) -> None:
        """As the job does."""
        self._context.check_cancelled()

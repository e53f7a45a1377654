"""Read results about nodes from a file of another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelpack_gui.core import serde
from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.columns import Column, write_columns
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.node_data.reading import Found, NodeDataError, TimedNode, read_results, timed
from modelpack_gui.core.graph.reading import stored_graph
from modelpack_gui.core.locations import is_device
from modelpack_gui.core.records import NodeDataOverlay, NodeDataReport, NodeDataRequest
from modelpack_gui.stages.bench.profile.onnx_trace import TracedNode, parse_trace
from modelpack_gui.stages.common.paths import resolve

LIMIT_BYTES = 2_000_000_000
_NAMES_TOLD = 20


def run(request: NodeDataRequest, context: Context) -> NodeDataReport:
    """Read the file, and write the values by node.

    Raises:
        UserError: `graph-unreadable`, `node-data-unreadable`, `node-data-unknown`, `node-data-unwritable`.
    """
    path = resolve(context, request.path)
    context.progress(f"Reading {path.name}", 0.0)
    data = _parsed(path)
    context.check_cancelled()
    context.progress("Finding the nodes", 0.6)
    graph = stored_graph(Path(request.columns))
    try:
        found = _found(data, graph, path.name)
    except NodeDataError as error:
        raise UserError(
            "node-data-unknown",
            f"{path} tells nothing about this graph: {error}.",
            "Choose the results of the model that is shown.",
        ) from error
    target = Path(request.folder) / "node-data.columns"
    columns: dict[str, Column] = {f"values_{i}": overlay.values for i, overlay in enumerate(found.overlays)}
    try:
        write_columns(target, columns)
    except OSError as error:
        raise UserError(
            "node-data-unwritable",
            f"The values could not be written to {target}: {error.strerror or error}.",
            "Make room on the disk.",
        ) from error
    known = {node for overlay in found.overlays for node, value in enumerate(overlay.values) if value == value}
    return NodeDataReport(
        path=str(path),
        columns=str(target),
        overlays=tuple(
            NodeDataOverlay(
                one.key,
                one.title,
                one.unit,
                one.kind,
                f"values_{i}",
                one.categories,
                one.combine,
                one.is_log,
                one.note,
            )
            for i, one in enumerate(found.overlays)
        ),
        nodes=len(known),
        unmatched=found.unmatched[:_NAMES_TOLD],
        unmatched_count=len(found.unmatched),
    )


def _parsed(path: Path) -> Any:
    if is_device(path):
        raise UserError("node-data-unreadable", f"{path} is a pipe or a device, not a file.", "Choose a file.")
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise UserError(
                "node-data-unreadable",
                f"{path} has {path.stat().st_size:,} bytes, which is too much to be read.",
                "Profile fewer runs.",
            )
        return serde.loads(path.read_bytes())
    except OSError as error:
        why = f"{error.strerror or error}"
        hint = "Choose another file."
    except ValueError as error:
        why = f"it is no JSON: {error}"
        hint = (
            "Choose node data of Model Explorer or Netron, or a profile of ONNX Runtime; a profile is whole once the "
            "session that writes it has ended: call its end_profiling()."
        )
    raise UserError("node-data-unreadable", f"{path} cannot be read: {why}.", hint)


def _found(data: Any, graph: Graph, title: str) -> Found:
    events = data.get("traceEvents") if isinstance(data, dict) else data
    if not isinstance(events, list):
        return read_results(data, graph, title)
    try:
        runs = parse_trace([event for event in events if isinstance(event, dict)]).runs
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise NodeDataError(f"it is no profile of ONNX Runtime ({type(error).__name__}: {error})") from error
    if not runs:
        raise NodeDataError("it holds no whole run of a model")
    sums: dict[TracedNode, float] = {}
    for one in runs:
        for node, us in one.own_us.items():
            sums[node] = sums.get(node, 0.0) + us
    nodes = [TimedNode(node.name, node.op_type, node.index, us / len(runs)) for node, us in sums.items()]
    return timed(nodes, graph, title, len(runs))

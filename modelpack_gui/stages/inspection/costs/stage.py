"""Count what the nodes of a graph cost, with the sizes that its inputs leave open chosen: the job `graph.costs`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.costs.dims import LARGEST, has_unknown, open_dims, with_sizes
from modelpack_gui.core.graph.costs.formulas.base import Work
from modelpack_gui.core.graph.costs.node_costs import COUNTED_WITH, Costs, costs_of
from modelpack_gui.core.graph.costs.op_costs import op_costs
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.reading import stored_graph
from modelpack_gui.core.records import ChosenDim, CostSum, GraphCosts, GraphCostsRequest

ASKED_NODES = 20_000
_NO_SHAPES = (
    "The file does not say the shapes of what its nodes make, so that arithmetic and memory are not known. An ONNX or"
    " .pt2 export of the same model does; of a TorchScript archive they are found for the example inputs."
)


def run(request: GraphCostsRequest, context: Context) -> GraphCosts:
    """Count, and write the numbers of each node and group.

    Raises:
        UserError: `size-not-valid`, `graph-unreadable`, or what reading the artifact raises.
    """
    started = time.perf_counter()
    _check_sizes(request.sizes)
    context.progress("Reading the graph", 0.0)
    graph = stored_graph(Path(request.columns))
    dims = tuple(
        ChosenDim(dim.key, dim.places, request.sizes.get(dim.key, dim.usual), dim.key not in request.sizes)
        for dim in open_dims(graph)
    )
    sizes = {**request.sizes, **{dim.key: dim.size for dim in dims}}
    context.check_cancelled()
    notes: list[str] = []
    shaped = with_sizes(graph, sizes) if sizes else graph
    is_doubted = _is_doubted(request, graph)
    if request.path.endswith(".onnx") and (is_doubted or has_unknown(shaped)):
        from modelpack_gui.stages.inspection.costs.fixed_shapes import infer_fixed

        context.progress("Inferring shapes", 0.2)
        shaped, note = infer_fixed(Path(request.path), shaped, sizes, context, asks=is_doubted)
        notes += [note] if note else []
    context.progress("Counting", 0.5)
    calls: dict[int, Work] = {}
    if request.path.endswith(".onnx") and graph.function_scopes:
        from modelpack_gui.stages.inspection.costs.calls import call_work

        calls = call_work(Path(request.path), shaped, context)
    costs = costs_of(shaped, context.check_cancelled, calls)
    path = Path(request.folder or context.scratch) / f"costs-{uuid.uuid4().hex[:12]}.columns"
    costs.write(path, {name: shaped.columns[name] for name in COUNTED_WITH})
    return _summed(shaped, costs, path, dims, tuple(notes), time.perf_counter() - started)


def _summed(
    graph: Graph, costs: Costs, path: Path, dims: tuple[ChosenDim, ...], notes: tuple[str, ...], duration_s: float
) -> GraphCosts:
    root = graph.root_group(0)
    sums = {name: CostSum(found.sums[root], found.unknown[root]) for name, found in costs.groups.items()}
    scopes, live = graph.ints("node_scope"), costs.live_bytes
    peak_node = max((node for node in range(len(scopes)) if scopes[node] == 0), key=live.__getitem__, default=-1)
    if sums["macs"].unknown and sums["activation_bytes"].unknown and not sums["activation_bytes"].value:
        notes = (*notes, _NO_SHAPES)
    return GraphCosts(
        costs=str(path.absolute()),
        dims=dims,
        parameters=sums["parameters"].value,
        weight_bytes=sums["weight_bytes"].value,
        macs=sums["macs"],
        flops=sums["flops"],
        activation_bytes=sums["activation_bytes"],
        peak_bytes=CostSum(live[peak_node] if peak_node >= 0 else 0.0, sum(costs.groups["live_bytes"].unknown)),
        peak_node=peak_node,
        by_op=op_costs(graph, costs),
        notes=notes,
        duration_s=duration_s,
    )


def _is_doubted(request: GraphCostsRequest, graph: Graph) -> bool:
    """Whether the nodes are asked if they stand chosen sizes: names alone do not tell, and asking takes its time."""
    return bool(request.sizes) and len(graph.nodes) <= ASKED_NODES


def _check_sizes(sizes: Mapping[str, int]) -> None:
    for name, size in sizes.items():
        if not 0 <= size <= LARGEST:
            raise UserError("size-not-valid", f"{name} = {size} is no size of a tensor.", "Give 1 or more.")

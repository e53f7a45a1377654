"""Compare the graphs of two files: the job `graph.compare`."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.graph.columns import ColumnsError
from modelpack_gui.core.graph.compare.align import align
from modelpack_gui.core.graph.compare.difference import Difference
from modelpack_gui.core.graph.compare.model_facts import fact_changes
from modelpack_gui.core.graph.compare.pairs import difference_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphCompareRequest, GraphComparison, GraphIndex, InspectRequest
from modelpack_gui.stages.common.collector import without_collection
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.compare.digests import digests_of, stored_kinds
from modelpack_gui.stages.inspection.stage import run as inspect

_FEW = 0.3


def run(request: GraphCompareRequest, context: Context) -> GraphComparison:
    """Align the nodes of two files and say what differs.

    Raises:
        UserError: What reading either file raises.
    """
    started = time.perf_counter()
    context.progress("Reading the first graph", 0.0)
    before, left = read_side(request.path, request.index, request.folder, context)
    context.progress("Reading the other graph", 0.2)
    after, right = read_side(request.other, request.other_index, request.folder, context)
    kinds = stored_kinds(left) & stored_kinds(right)
    context.progress("Reading weights", 0.4)
    digests = [
        digests_of(index.artifact, graph, kinds, context, reads_weights=request.reads_weights)
        for index, graph in ((before, left), (after, right))
    ]
    context.progress("Finding which node is which", 0.7)
    with without_collection():
        found = difference_of(align(left, right, digests[0], digests[1], context.check_cancelled))
    context.check_cancelled()
    return GraphComparison(
        before=before,
        after=after,
        columns=written(found, request.folder, context),
        counts=found.counts,
        clutter=found.clutter(left, right),
        aspects=found.aspect_counts,
        facts=fact_changes(before, after, domains_of(left) | domains_of(right)),
        notes=_notes(left, right, found, reads_weights=request.reads_weights),
        duration_s=time.perf_counter() - started,
    )


def read_side(path: str, index: GraphIndex | None, folder: str, context: Context) -> tuple[GraphIndex, Graph]:
    """A file's graph: the one that was read before if its columns are still there."""
    if index is not None:
        try:
            return index, Graph.read(Path(index.columns))
        except (OSError, ColumnsError):
            context.log("info", f"{index.columns} is gone; {path} is read again")
    index = inspect(InspectRequest(str(resolve(context, path)), folder), context)
    return index, Graph.read(Path(index.columns))


def domains_of(graph: Graph) -> set[str]:
    """The domains that nodes use."""
    return {graph.texts[text] for text in set(graph.ints("node_domain"))}


def written(found: Difference, folder: str, context: Context) -> str:
    """Write pairs and changes beside the graphs; the path."""
    path = Path(folder or context.scratch) / f"difference-{uuid.uuid4().hex[:12]}.columns"
    found.write(path)
    return str(path.absolute())


def _notes(left: Graph, right: Graph, found: Difference, *, reads_weights: bool) -> tuple[str, ...]:
    notes = []
    pairs = sum(1 for other in found.partner if other >= 0)
    smaller = max(min(len(left.nodes), len(right.nodes)), 1)
    if pairs < _FEW * smaller:
        notes.append(
            f"Only {pairs} of {smaller} nodes have a counterpart: these look like two different models, and single"
            " pairs may be chance."
        )
    if not reads_weights:
        notes.append("The values of weights were not compared.")
    return tuple(notes)

"""Lay a graph out: the job behind the canvas. It needs nothing but the standard library."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.engine import Known, lay_out
from modelpack_gui.core.graph.reading import stored_graph
from modelpack_gui.core.records import LayoutReport, LayoutRequest

KEPT = "graph.layout"
"""Under this the session keeps the graph that was laid out last: the next picture is most likely of it too."""


@dataclass
class _Kept:
    path: str
    graph: Graph
    known: Known = field(default_factory=dict)


def run(request: LayoutRequest, context: Context) -> LayoutReport:
    """Lay a graph out and write the scene.

    Raises:
        UserError: The columns cannot be read, the scene cannot be written, or the picture would be too big.
    """
    started = time.perf_counter()
    kept = context.session.get(KEPT)
    if not isinstance(kept, _Kept) or kept.path != request.columns:
        context.progress("Reading the graph")
        kept = context.session[KEPT] = _Kept(request.columns, stored_graph(Path(request.columns)))
    context.check_cancelled()
    context.progress("Laying the graph out")
    found = lay_out(kept.graph, request, context.check_cancelled, kept.known)
    scene = Path(request.folder or context.scratch) / f"scene-{uuid.uuid4().hex[:12]}.columns"
    try:
        found.scene.write(scene)
    except OSError as error:
        raise UserError(
            "scene-unwritable",
            f"The picture cannot be written to {scene.parent}: {error.strerror}.",
            "Make room there.",
        ) from error
    return LayoutReport(
        scene=str(scene.absolute()),
        box_count=len(found.scene.box_kind),
        edge_count=len(found.scene.edge_source),
        hidden_count=found.hidden_count,
        notes=tuple(found.notes),
        duration_s=time.perf_counter() - started,
    )

"""What a graph costs as the job counts it, for tests of the window."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import GraphCosts, GraphCostsRequest, Request
from modelpack_gui.stages.inspection.costs.stage import run


def counted(request: Request) -> GraphCosts:
    """The answer to a request: with shapes in full it needs no onnx."""
    assert isinstance(request, GraphCostsRequest)
    return run(GraphCostsRequest("graph", request.columns, request.folder, request.sizes), PlainContext(Path("/")))

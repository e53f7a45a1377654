"""Read all that a file says of one part of its graph: in full, and only when somebody looks at it."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import GraphDetails, GraphDetailsRequest
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import format_of, opened, read_artifact
from modelpack_gui.stages.inspection.attributes import WHOLE


def run(request: GraphDetailsRequest, context: Context) -> GraphDetails:
    """Look a part up.

    Raises:
        UserError: `graph-part-unknown`, or what reading the artifact raises.
    """
    path = resolve(context, request.path)
    try:
        with opened(path) as data:
            if format_of(path, data[:2]) == "onnx":
                from modelpack_gui.stages.inspection.onnx_details import read_details

                return read_details(request, path, data)
        return _of_torch(request, context)
    except IndexError as error:
        raise UserError(
            "graph-part-unknown",
            f"{path} has no {request.part} {request.name or request.number} any more.",
            "Read the graph again (F5): the file has changed since.",
        ) from error


def _of_torch(request: GraphDetailsRequest, context: Context) -> GraphDetails:
    """Of these formats the columns leave out nothing but the ends of long attributes."""
    if request.part != "node":
        return GraphDetails(request)
    artifact = read_artifact(resolve(context, request.path))
    if artifact.format == "pt2":
        from modelpack_gui.stages.inspection.pt2_graph import read_pt2

        found = read_pt2(artifact, context, WHOLE)
    else:
        from modelpack_gui.stages.inspection.torchscript_graph import read_torchscript

        found = read_torchscript(artifact, context, WHOLE)
    node = found.graph.nodes[request.number]
    return GraphDetails(request, attributes=node.attributes, doc=node.doc)

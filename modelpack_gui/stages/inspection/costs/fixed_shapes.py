"""Shapes of an ONNX model whose open sizes are chosen, by inferring them anew."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.graph.costs.dims import retyped, with_sizes
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.stages.export.artifact import parse_onnx
from modelpack_gui.stages.inspection.costs.propagate import propagate
from modelpack_gui.stages.inspection.onnx_shapes import ShapeInference
from modelpack_gui.stages.inspection.onnx_types import infos_by_name
from modelpack_gui.stages.inspection.onnx_walk import all_graphs

SMALL_BYTES = 4096
"""Initializers up to this size stay whole: shapes are computed from such."""


def infer_fixed(
    path: Path, graph: Graph, sizes: Mapping[str, int], context: Context, *, asks: bool
) -> tuple[Graph, str]:
    """The graph with the shapes that inference finds, and what it could not, in a sentence; empty if it could.

    Args:
        graph: With the sizes chosen as far as they follow from names (see `with_sizes`).
        asks: Whether it is to be said which nodes do not stand the sizes.

    Raises:
        UserError: The file is another now, and no ONNX file.
    """
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            model = parse_onnx(path, data, SMALL_BYTES)
    except (OSError, ValueError) as error:  # a file of no bytes cannot be mapped
        return graph, f"Shapes could not be inferred with these sizes: {path} cannot be read any more: {error}."
    context.check_cancelled()
    by_scope = _scopes(model)
    _fix(model.graph, graph)
    for scope, inner in by_scope.items():
        if scope:
            _forget(inner)
    note = ""
    for is_strict in (True, False) if asks else (False,):
        with ShapeInference(model, path, context.scratch, strict=is_strict) as shapes:
            inferred, problem = shapes.result(context)
        if not problem:
            propagate(inferred, context.check_cancelled)
            return _merged(graph, _scopes(inferred), sizes), note
        reason = problem.splitlines()[0][:200]
        note = note or f"Not all nodes fit these sizes, so that some numbers are unknown or wrong: {reason}"
    return graph, note


def _fix(main: Any, graph: Graph) -> None:
    """Put the known sizes into the inputs, and forget what is to be found anew."""
    for value in main.input:
        number = graph.value_named(value.name)
        shape = graph.value_info(number).shape if number >= 0 else None
        dims = value.type.tensor_type.shape.dim
        if shape is None or len(shape) != len(dims):
            continue
        for dim, size in zip(dims, shape, strict=True):
            if isinstance(size, int):
                dim.dim_value = size
    _forget(main)


def _forget(main: Any) -> None:
    """Open sizes of outputs and of values within a graph would only stand beside those that are found."""
    for value in (*main.value_info, *main.output):
        if value.type.WhichOneof("value") == "tensor_type":
            for dim in value.type.tensor_type.shape.dim:
                if not dim.HasField("dim_value"):
                    dim.Clear()


def _scopes(model: Any) -> dict[int, Any]:
    """The GraphProto of each scope by its number; functions have no shapes of their own."""
    return {scope: found for scope, found in enumerate(all_graphs(model)) if hasattr(found, "initializer")}


def _merged(graph: Graph, scopes: Mapping[int, Any], sizes: Mapping[str, int]) -> Graph:
    names = {
        (scope, name): (info.dtype, info.shape)
        for scope, main in scopes.items()
        for name, info in {**infos_by_name(main.value_info), **infos_by_name(main.output)}.items()
    }
    value_scope = graph.ints("value_scope")
    keys = ((value, names.get((value_scope[value], graph.value_name(value)))) for value in range(graph.value_count))
    return with_sizes(retyped(graph, {value: found for value, found in keys if found is not None}), sizes)

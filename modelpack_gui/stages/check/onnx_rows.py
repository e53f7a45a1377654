"""What the ONNX standard says of a file: the checker, shape inference, data files, unused inputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelpack_gui.core.records import CheckRow, ExportSpec
from modelpack_gui.stages.check.rows import failed, listed, passed, warning
from modelpack_gui.stages.export import size
from modelpack_gui.stages.inspection.onnx_shapes import infer_shapes
from modelpack_gui.stages.inspection.onnx_types import external_entries, spelled_size, tensor_info
from modelpack_gui.stages.inspection.onnx_walk import subgraphs_of, tensors_of


def checker(path: Path) -> CheckRow:
    """The checker with full_check, reading from the file, so that size and data files do not matter."""
    import onnx

    try:
        onnx.checker.check_model(str(path), full_check=True)
    except Exception as error:  # noqa: BLE001 (C++ raises several types; its text becomes the row)
        return failed(
            "onnx-checker",
            f"The checker of onnx {onnx.__version__} rejects the file: {_first_line(error)}",
            "Export it again, with the other exporter or another opset; a file that the checker rejects may run in "
            "one runtime and not in another.",
            details=str(error),
        )
    return passed("onnx-checker", f"The checker of onnx {onnx.__version__} finds nothing wrong, shapes included.")


def shape_inference(model: Any, path: Path, scratch: Path) -> CheckRow:
    """Strict shape inference; an output that it cannot describe is a warning."""
    inferred, error = infer_shapes(model, path, scratch, strict=True)
    if error:
        return failed(
            "shape-inference",
            f"Strict shape inference fails: {error.splitlines()[0]}",
            "Export it again with the other exporter: a shape in the file does not follow from its nodes, or a node "
            "has no rule.",
            details=error,
        )
    unknown = []
    for output in inferred.graph.output:
        info = tensor_info(output)
        if not info.dtype or info.shape is None or None in info.shape:
            unknown.append(f"{info.name} ({info.shape_text})")
    if unknown:
        return warning(
            "shape-inference",
            f"The shape of an output is not known in full: {listed(unknown)}.",
            "Give the dynamic dimensions names; some operators (custom ones, NonZero, loops) have no shape to infer.",
        )
    count = len(inferred.graph.output)
    return passed("shape-inference", f"dtype and shape of {'the output' if count == 1 else 'all outputs'} are known.")


def unused_inputs(model: Any) -> CheckRow:
    """Inputs that no node reads: callers must give them for nothing."""
    graph = model.graph
    stored = {tensor.name for tensor in graph.initializer}
    read = set(_read_names(graph)) | {output.name for output in graph.output}
    unused = [item.name for item in graph.input if item.name not in read and item.name not in stored]
    if unused:
        return warning(
            "unused-inputs",
            f"Nothing in the graph reads {listed(unused)}; a caller must still feed it.",
            "Check that forward uses it: if it only steered a Python branch, that branch is frozen.",
        )
    return passed("unused-inputs", "Every input is read by a node.")


def external_data(model: Any, path: Path, asked: ExportSpec | None) -> CheckRow | None:
    """Data files that are there: long enough, and as asked for. None if there are none and none were asked for."""
    needed: dict[str, int] = {}
    for tensor in tensors_of(model.graph):
        entries = external_entries(tensor)
        if entries:
            end = spelled_size(entries.get("offset", "")) + spelled_size(entries.get("length", ""))
            location = entries.get("location", "")
            needed[location] = max(needed.get(location, 0), end)
    wanted = asked is not None and asked.external_data
    if not needed:
        if not wanted:
            return None
        return warning(
            "external-data",
            "External data was asked for, and the weights are in the .onnx file itself.",
            "Export again if a runtime needs them apart; small models are often stored whole.",
            asked="a data file",
            got="one file",
        )
    short = [name for name, end in needed.items() if (path.parent / name).stat().st_size < end]
    if short:
        return failed(
            "external-data",
            f"{listed(short)} is shorter than the file says: it was cut off.",
            "Copy it again in full, or export again.",
            got=listed(short),
        )
    together = "Ship it with the .onnx file, in the same folder."
    asked_text = "" if asked is None else "a data file" if wanted else "one file"
    if asked is not None and not wanted and sum(needed.values()) < size.LIMIT_BYTES:
        text = f"The weights are in {listed(list(needed))}, though one file was asked for. {together}"
        return warning(
            "external-data",
            text,
            "Switch external data off if the model is below 2 GB.",
            asked=asked_text,
            got=listed(list(needed)),
        )
    text = f"The weights are in {listed(list(needed))}, which is there and long enough. {together}"
    return passed("external-data", text, asked=asked_text, got=listed(list(needed)))


def _read_names(graph: Any) -> Iterator[str]:
    """Names that nodes read, in subgraphs too: they see the values around them."""
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            for inner in subgraphs_of(attribute):
                yield from _read_names(inner)
                yield from (output.name for output in inner.output)


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__

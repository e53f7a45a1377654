"""Keep nodes that shall stay in float from being quantised by the runtime itself.

Found by trying onnxruntime 1.32: where a Conv, ConvTranspose or Gemm with float weights stands between a
DequantizeLinear and a QuantizeLinear, because its neighbours are quantised, the optimiser WeightBiasQuantization
quantises it when the model is loaded. So a node that was excluded for its accuracy runs in INT8 all the same. A Max
of one value, which gives that value, between it and the QuantizeLinear takes the pattern away; Identity is optimised
away too early for that.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelpack_gui.stages.export.external_data import save_with_data
from modelpack_gui.stages.quantize.graph_file import read_graph_only

_TAKEN = frozenset({"Conv", "ConvTranspose", "Gemm"})
_THROUGH = frozenset({"Relu", "Clip"})
"""The optimiser looks through these."""


def shield(path: Path, stays_in_float: Callable[[Any], bool], *, has_data: bool) -> int:
    """Rewrite a quantised model so that some of its nodes stay in float. How many had to be shielded.

    Args:
        stays_in_float: Whether a node shall.
        has_data: Whether weights are kept in a data file.
    """
    import onnx

    if not _places(read_graph_only(path).graph, stays_in_float):
        return 0
    model = onnx.load(str(path))
    places = _places(model.graph, stays_in_float)
    for number, (node, output) in enumerate(places):
        kept = f"{output}_in_float"
        node.output[list(node.output).index(output)] = kept
        guard = onnx.helper.make_node("Max", [kept], [output], name=f"keep_in_float_{number}_{node.name}")
        model.graph.node.insert(list(model.graph.node).index(node) + 1, guard)
    if has_data:
        path.with_name(f"{path.name}.data").unlink(missing_ok=True)  # onnx writes behind what is there
        save_with_data(model, path)
    else:
        onnx.save_model(model, str(path))
    return len(places)


def _places(graph: Any, stays_in_float: Callable[[Any], bool]) -> list[tuple[Any, str]]:
    """The nodes whose output the runtime would quantise, each with that output."""
    stored = {tensor.name for tensor in graph.initializer}
    maker = {output: node for node in graph.node for output in node.output}
    readers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    found = []
    for node in graph.node:
        is_like_it = node.op_type in _TAKEN and len(node.input) > 1 and node.input[1] in stored
        if not is_like_it or not stays_in_float(node):
            continue
        source = maker.get(node.input[0])
        if source is None or source.op_type != "DequantizeLinear":
            continue
        at = node
        after = readers.get(at.output[0], [])
        if len(after) == 1 and after[0].op_type in _THROUGH:
            at, after = after[0], readers.get(after[0].output[0], [])
        if any(one.op_type == "QuantizeLinear" for one in after):
            found.append((at, at.output[0]))
    return found

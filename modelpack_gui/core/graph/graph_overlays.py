"""What a graph itself tells of its nodes, as overlays."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from modelpack_gui.core.graph.costs.rollup import WeightUse, weight_use
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import Overlay, Unit, numbered
from modelpack_gui.core.operator_kinds import kind_of

FLOAT, QUANTIZED, WEIGHTS_ONLY, CONVERTS, WHOLE = (
    "in floating point",
    "quantised",
    "weights quantised",
    "quantises or dequantises",
    "whole numbers and shapes",
)
_BYTES = frozenset({"int8", "uint8", "int4", "uint4", "int2", "uint2"})
_INTEGER_OPS = frozenset(
    {"ConvInteger", "MatMulInteger", "QAttention", "QGemm", "MatMulIntegerToFloat", "DynamicQuantizeMatMul"}
)
_WEIGHTS_ONLY_OPS = frozenset({"MatMulNBits", "MatMulBnb4", "MatMulFpQ4", "GatherBlockQuantized", "QMoE"})
_FUSED_AFTER = frozenset({"Relu", "Clip"})
"""Activations that runtimes compute within the quantised operator before them."""
_CONVERTERS = frozenset({"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"})


def op_types(graph: Graph) -> Overlay:
    """The operator of each node."""
    return numbered("op-type", "Op type", _texts(graph, "node_op_type"), "The operator of each node.")


def op_kinds(graph: Graph) -> Overlay:
    """The kind of operator: convolution, normalisation, layout and shape."""
    kinds = {number: kind_of(graph.texts[number]) for number in set(graph.ints("node_op_type"))}
    texts = [kinds[number] for number in graph.ints("node_op_type")]
    return numbered("op-kind", "Kind of operator", texts, "Operators of one kind have one colour.")


def domains(graph: Graph) -> Overlay:
    """The domain of each node's operator."""
    note = "Who defines the operator: ai.onnx is the standard, others need a runtime that knows them."
    return numbered("domain", "Domain", _texts(graph, "node_domain"), note)


def dtypes(graph: Graph) -> Overlay:
    """Dtype of the first output."""
    return numbered("dtype", "Dtype", _first_dtypes(graph), "Of the first output of each node.", unknown="")


def parameters(graph: Graph, use: WeightUse | None = None) -> Overlay:
    """Elements of the initializers that each node reads; `use` is what they add up to, if that was counted."""
    if use is None:
        use = weight_use(graph, [_initializer_elements(graph)])[0]
    note = "Elements of the initializers that a node reads. One that several nodes read counts once in a module."
    return _weights("parameters", "Parameters", "count", use, note)


def weight_bytes(graph: Graph, use: WeightUse | None = None) -> Overlay:
    """Bytes of the initializers that each node reads; `use` as for `parameters`."""
    if use is None:
        use = weight_use(graph, [graph.ints("initializer_bytes")])[0]
    note = (
        "Bytes of the initializers that a node reads, as stored. One that several nodes read counts once in a module."
    )
    return _weights("weight-bytes", "Weight bytes", "B", use, note)


def _weights(key: str, title: str, unit: Unit, use: WeightUse, note: str) -> Overlay:
    return Overlay(
        key, title, unit, "sequential", use.nodes, combine="sum", is_log=True, groups=use.groups, note=note
    )


def quantized(graph: Graph) -> Overlay:
    """Whether each node computes in integers, reads quantised weights, or computes in floating point."""
    note = (
        "A node is quantised if it is an integer operator, or if all its floating-point inputs come from "
        "DequantizeLinear and its outputs go to QuantizeLinear, which a runtime then computes in integers; so is one "
        "that hands quantised values on, such as a MaxPool of bytes."
    )
    return numbered(
        "quantized",
        "Quantised or not",
        list(_precisions(graph)),
        note,
        order=(FLOAT, QUANTIZED, WEIGHTS_ONLY, CONVERTS, WHOLE),
        unknown="",
    )


def _precisions(graph: Graph) -> list[str]:
    ops, texts = graph.ints("node_op_type"), graph.texts
    known = {op: _known_precision(texts[op]) for op in set(ops)}
    found = [known[op] for op in ops]
    has_pairs = "DequantizeLinear" in {texts[op] for op in known}
    is_quantized = any(known.values())
    pairs = _Pairs(graph)
    for node, dtype in enumerate(_first_dtypes(graph)):
        if found[node]:
            continue
        if dtype and "float" not in dtype and not dtype.startswith(("complex", "sequence", "optional", "map")):
            found[node] = QUANTIZED if is_quantized and dtype in _BYTES else WHOLE
        elif not has_pairs:
            found[node] = FLOAT if dtype else ""
        else:
            maker = pairs.made_by_one(node)
            is_after = maker >= 0 and found[maker] == QUANTIZED and pairs.name(node) in _FUSED_AFTER
            found[node] = QUANTIZED if is_after and pairs.is_quantized_after(node) else pairs.precision(node)
    return found


def _known_precision(op_type: str) -> str:
    """What the operator alone tells; empty if it tells nothing."""
    if op_type in _CONVERTERS:
        return CONVERTS
    if op_type in _WEIGHTS_ONLY_OPS:
        return WEIGHTS_ONLY
    return QUANTIZED if op_type in _INTEGER_OPS or op_type.startswith("QLinear") else ""


class _Pairs:
    """Looks for nodes between DequantizeLinear and QuantizeLinear."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._ops = graph.ints("node_op_type")
        self._dtypes = graph.ints("value_dtype")

    def name(self, node: int) -> str:
        """Its op type."""
        return self._graph.texts[self._ops[node]]

    def made_by_one(self, node: int) -> int:
        """The node that makes its first input; -1 if none does."""
        inputs = self._graph.inputs(node)
        return self._graph.producers[inputs[0]] if len(inputs) and inputs[0] >= 0 else -1

    def precision(self, node: int) -> str:
        """Of a node that is no integer operator."""
        graph = self._graph
        read = [value for value in graph.inputs(node) if value >= 0 and self._is_float(value)]
        makers = [graph.producers[value] for value in read if value not in graph.initializer_of]
        pairs = [maker for maker in makers if maker >= 0 and self.name(maker) == "DequantizeLinear"]
        if not pairs:
            return FLOAT
        if len(pairs) == len(makers) and self.is_quantized_after(node):
            return QUANTIZED
        return WEIGHTS_ONLY if any(self._reads_weight(maker) for maker in pairs) else FLOAT

    def is_quantized_after(self, node: int) -> bool:
        """Whether all that it makes is quantised, at once or after an activation that is computed with it."""
        goes_to = [self._graph.consumers(value) for value in self._graph.outputs(node) if value >= 0]
        return all(
            len(nodes)
            and all(
                self.name(one) == "QuantizeLinear"
                or (
                    self.name(one) in _FUSED_AFTER
                    and self.name(node) not in _FUSED_AFTER
                    and self.is_quantized_after(one)
                )
                for one in nodes
            )
            for nodes in goes_to
        )

    def _is_float(self, value: int) -> bool:
        dtype = self._graph.texts[self._dtypes[value]]
        return not dtype or "float" in dtype

    def _reads_weight(self, node: int) -> bool:
        inputs = self._graph.inputs(node)
        return bool(len(inputs)) and inputs[0] in self._graph.initializer_of


def _first_dtypes(graph: Graph) -> list[str]:
    """Of the first output of each node; empty if unknown."""
    texts, value_dtypes = graph.texts, graph.ints("value_dtype")
    starts, values = graph.ints("output_starts"), graph.ints("output_values")
    found = []
    for start, end in itertools.pairwise(starts[: len(graph.nodes) + 1]):
        first = values[start] if start < end else -1
        found.append(texts[value_dtypes[first]] if first >= 0 else "")
    return found


def _initializer_elements(graph: Graph) -> list[float]:
    """Of each initializer; 0 where its shape is unknown. Many have the same shape, which is multiplied out once."""
    elements = [*map(_elements, graph.shapes), 0.0]  # a shape of -1 is unknown: the last
    shapes = graph.ints("value_shape")
    return [elements[shapes[value]] for value in graph.ints("initializer_value")]


def _elements(shape: Sequence[int | str | None] | None) -> float:
    return float(math.prod(size for size in shape if isinstance(size, int))) if shape is not None else 0.0


def _texts(graph: Graph, column: str) -> list[str]:
    texts = graph.texts
    return [texts[number] for number in graph.ints(column)]

"""How much memory the tensors of a run take, node by node, in the order of the file.

The order of the file is an order in which it can be run, and the one that onnxruntime keeps by default. Every tensor
lives from the node that makes it until the last one that reads it; inputs are there from the start, outputs until the
end. What only looks at a tensor in another shape takes no memory of its own, and neither do constants, nor what is
computed of constants alone, as the weights that a DequantizeLinear makes: runtimes do that beforehand, or never.
They may need less (they write over an input that nobody reads again) or more (they keep what they freed, and use
scratch).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from modelpack_gui.core.dtypes import element_bits
from modelpack_gui.core.graph.columns import floats, ints
from modelpack_gui.core.graph.costs.formulas.aten import plain_name
from modelpack_gui.core.graph.costs.formulas.base import LISTS, elements, is_no_tensor, known
from modelpack_gui.core.graph.graph import Graph

VIEWS = frozenset({"Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"})
"""Op types of ai.onnx whose output is their first input, maybe in another shape."""
_ATEN_VIEWS = frozenset(
    {
        "alias", "chunk", "detach", "dropout", "expand", "flatten", "movedim", "narrow", "permute", "reshape",
        "select", "slice", "split", "squeeze", "t", "transpose", "unbind", "unflatten", "unsqueeze", "view",
    }
)  # fmt: skip
_RANDOM = frozenset({"Bernoulli", "Multinomial", "RandomNormalLike", "RandomUniformLike", "rand_like", "randn_like"})


@dataclass(frozen=True)
class Activations:
    """Bytes of tensors that are made in a run.

    Attributes:
        made: By node, what it makes; NaN where that is not known.
        live: By node, what is there while it runs, its inputs and outputs included. Tensors of unknown size count
            nothing, so it is at least that.
        unknown: By scope, tensors in it whose size is not known.
    """

    made: array[float]
    live: array[float]
    unknown: array[int]


def value_bytes(graph: Graph) -> array[float]:
    """Bytes of each value; NaN where dtype or shape do not say. What is no tensor (of PyTorch) takes none."""
    sizes = [known(shape) for shape in graph.shapes]
    counts = [float("nan") if size is None else elements(size) for size in sizes]
    bits = [_bits(text) for text in graph.texts]
    found = floats([float("nan")]) * graph.value_count
    dtypes, shapes = graph.ints("value_dtype"), graph.ints("value_shape")
    for value, (dtype, shape) in enumerate(zip(dtypes, shapes, strict=True)):
        size = bits[dtype]
        if size == 0.0:
            found[value] = 0.0
        elif shape >= 0:
            found[value] = -(-counts[shape] * size // 8.0)
    return found


def _bits(dtype: str) -> float:
    """Bits of an element; 0 for what is no tensor, NaN if unknown."""
    bits = element_bits(dtype)
    return float(bits) if bits else 0.0 if is_no_tensor(dtype) else float("nan")


def activations(graph: Graph) -> Activations:
    """What the nodes of a graph make, and what is live beside it."""
    run = _Run(graph)
    for scope in reversed(range(len(graph.scopes))):  # a subgraph comes after the graph around it
        run.add_scope(scope)
    return Activations(run.made, run.live, run.unknown)


class _Run:
    def __init__(self, graph: Graph) -> None:
        count = len(graph.nodes)
        self.graph = graph
        self.bytes = value_bytes(graph)
        self.made, self.live = floats([0.0]) * count, floats([0.0]) * count
        self.unknown = ints([0]) * len(graph.scopes)
        self._extra: dict[int, float] = {}  # by node: the most that a graph inside it has live
        self._is_constant = bytearray(graph.value_count)
        for value in graph.ints("initializer_value"):
            self._is_constant[value] = 1
        self._nodes_of: list[list[int]] = [[] for _ in graph.scopes]
        for node, scope in enumerate(graph.ints("node_scope")):
            self._nodes_of[scope].append(node)
        self._items = self._in_lists()
        self._buffer = self._buffers()
        self._last_reader = self._readers()

    def _buffers(self) -> array[int]:
        """By value the one whose memory it lies in: itself, or what it is a view of."""
        graph = self.graph
        buffer = ints(range(graph.value_count))
        domains, op_types = graph.ints("node_domain"), graph.ints("node_op_type")
        texts = graph.texts
        owners = graph.scopes_of_node
        is_constant = self._is_constant
        for node in range(len(graph.nodes)):
            domain, op_type = texts[domains[node]], texts[op_types[node]]
            is_view = (
                op_type in VIEWS if domain == "ai.onnx" else domain == "aten" and plain_name(op_type) in _ATEN_VIEWS
            )
            inputs, outputs = graph.inputs(node), graph.outputs(node)
            if is_view and inputs and inputs[0] >= 0:
                outputs, others = outputs[:1], outputs[1:]
                for value in outputs:
                    if value >= 0 and value != inputs[0]:
                        buffer[value] = buffer[inputs[0]]
                        is_constant[value] = is_constant[inputs[0]]
                outputs = others
            if op_type in _RANDOM or node in owners:
                continue
            is_made_of_constants = all(value < 0 or is_constant[value] for value in inputs)
            if is_made_of_constants and (inputs or op_type == "Constant"):
                for value in outputs:
                    if value >= 0:
                        is_constant[value] = 1
        return buffer

    def _in_lists(self) -> dict[int, list[int]]:
        """The tensors in each list that TorchScript makes: who reads the list reads them."""
        graph = self.graph
        found: dict[int, list[int]] = {}
        for node, op in enumerate(graph.ints("node_op_type")):
            if graph.texts[op] in LISTS:
                items = [item for value in graph.inputs(node) for item in found.get(value, [value])]
                found.update(dict.fromkeys(graph.outputs(node), items))
        return found

    def _readers(self) -> dict[tuple[int, int], int]:
        """By scope and buffer the last node of that scope that reads it, itself or with a graph inside it."""
        graph = self.graph
        last: dict[tuple[int, int], int] = {}
        scopes, owners = graph.ints("node_scope"), graph.ints("scope_owner")
        for node in range(len(graph.nodes)):
            for value in graph.inputs(node):
                if value >= 0:
                    for item in self._items.get(value, (value,)):
                        self._note(last, self._buffer[item], node, scopes, owners)
        for scope in range(len(graph.scopes)):
            for value in graph.scopes[scope].outputs:
                last[scope, self._buffer[value]] = len(graph.nodes)
                if owners[scope] >= 0:
                    self._note(last, self._buffer[value], owners[scope], scopes, owners)
        return last

    def _note(
        self, last: dict[tuple[int, int], int], buffer: int, node: int, scopes: array[int], owners: array[int]
    ) -> None:
        home = self.graph.ints("value_scope")[buffer]
        while node >= 0:
            key = (scopes[node], buffer)
            last[key] = max(last.get(key, -1), node)
            if scopes[node] == home:
                return
            node = owners[scopes[node]]

    def add_scope(self, scope: int) -> None:
        graph, nodes = self.graph, self._nodes_of[scope]
        places = {node: place for place, node in enumerate(nodes)}
        changes = floats([0.0]) * (len(nodes) + 1)

        def add(buffer: int, first: int) -> None:
            size = self.bytes[buffer]
            last = self._last_reader.get((scope, buffer), -1)
            end = max(first, places.get(last, len(nodes) - 1 if last >= 0 else first))
            if first < len(nodes):
                changes[first] += size
                changes[end + 1] -= size

        for value in graph.scopes[scope].inputs:
            if not self._is_constant[value] and self._is_known(value, scope):
                add(value, 0)
        for place, node in enumerate(nodes):
            made = 0.0
            for number, value in enumerate(graph.outputs(node)):
                if value < 0 or self._is_constant[value] or self._buffer[value] != value:
                    continue
                if number and (scope, value) not in self._last_reader:
                    continue  # an optional output, such as the mask of a Dropout, is not made for nobody
                made += self.bytes[value]
                if self._is_known(value, scope):
                    add(value, place)
            self.made[node] = made
        total, highest = 0.0, 0.0
        for place, node in enumerate(nodes):
            total += changes[place]
            self.live[node] = total + self._extra.get(node, 0.0)
            highest = max(highest, self.live[node])
        owner = graph.ints("scope_owner")[scope]
        if owner >= 0:
            self._extra[owner] = max(self._extra.get(owner, 0.0), highest)

    def _is_known(self, value: int, scope: int) -> bool:
        if self.bytes[value] == self.bytes[value]:
            return True
        self.unknown[scope] += 1
        return False

"""Find the eager counterpart of the artifact's values: by module, by operation and order, and by output.

Shapes and dtypes must fit. Values are never looked at: what is near in value is not thereby the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelpack_gui.core.records import AlignedBy, TensorInfo
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.contradictions import contradictions
from modelpack_gui.stages.layers.eager_trace import EagerOp, EagerTrace, EagerValue, ModuleCall, Ref
from modelpack_gui.stages.layers.graph import ArtifactGraph, GraphNode
from modelpack_gui.stages.layers.kinds import families_of, is_same_operation, may_end_in
from modelpack_gui.stages.layers.matching import match_in_order
from modelpack_gui.stages.layers.written_out import biased_products, written_out_gelus


@dataclass(frozen=True)
class _Result:
    """What the nodes of one operation give.

    Attributes:
        node: The one that makes it.
        above: The nearest values with a counterpart that these nodes read.
    """

    node: GraphNode
    value: str
    above: frozenset[Ref]


class Aligner:
    """Aligns one graph with one eager run."""

    def __init__(self, graph: ArtifactGraph, trace: EagerTrace, inputs: Mapping[str, Ref]) -> None:
        self._graph, self._trace, self._inputs = graph, trace, inputs
        self._by_path: dict[str, list[GraphNode]] = {}
        for node in graph.nodes:
            self._by_path.setdefault(node.module_path, []).append(node)
        self._ops: dict[str, list[EagerOp]] = {}
        for op in trace.ops:
            self._ops.setdefault(op.module_path, []).append(op)
        self._folded = self._folded_norms()
        self._found: dict[str, Aligned] = {}
        self._taken: set[Ref] = set()

    def align(self) -> tuple[Aligned, ...]:
        """All values that have a counterpart, in order of execution."""
        self._add_outputs()
        self._add_modules()
        self._add_operations()
        for item in contradictions(self._graph, self._trace, self._found, self._inputs):
            del self._found[item]
        return tuple(sorted(self._found.values(), key=lambda item: self._graph.position[item.node.index]))

    def _add(self, node: GraphNode, value: str, ref: Ref, by: AlignedBy, name: str) -> None:
        ref = self._folded.get(ref, ref)
        if value in self._found or ref in self._taken or ref.op < 0 or value in self._graph.constant:
            return
        self._found[value] = Aligned(value, node, ref, by, name, self._trace.ops[ref.op].location)
        self._taken.add(ref)

    def _add_outputs(self) -> None:
        """By name where both sides have the same names, else by position."""
        refs = dict(self._trace.outputs)
        if len(refs) != len(self._graph.outputs):
            return
        is_named = set(refs) == set(self._graph.outputs)
        for value, (name, ref) in zip(self._graph.outputs, self._trace.outputs, strict=True):
            ref = refs[value] if is_named else ref
            node = self._graph.producer.get(value)
            if node is not None and ref is not None:
                self._add(node, value, ref, AlignedBy.OUTPUT, value if is_named else name)

    def _add_modules(self) -> None:
        """What leaves the nodes of a module is what the module gives; outer modules first."""
        calls: dict[str, list[ModuleCall]] = {}
        for call in self._trace.calls:
            if call.path:
                calls.setdefault(call.path, []).append(call)
        for path in sorted(calls, key=lambda path: path.count(".")):
            within = self._nodes_below(path)
            if not within:
                continue
            gives = [
                (call, position, ref)
                for call in sorted(calls[path], key=lambda call: call.first_op)
                for position, ref in enumerate(call.outputs)
                if ref is not None and call.first_op <= ref.op < call.end_op
            ]
            exits = [
                (node, value)
                for node, value in self._graph.exits(within)
                if value not in self._graph.constant and any(self._fits(value, ref) for _, _, ref in gives)
            ]
            if len(exits) != len(gives):
                continue
            for (node, value), (call, position, ref) in zip(exits, gives, strict=True):
                if self._fits(value, ref):
                    name = _call_name(call, len(calls[path]), position)
                    self._add(node, value, ref, AlignedBy.MODULE, name)

    def _nodes_below(self, path: str) -> list[GraphNode]:
        found = [
            node
            for other, nodes in self._by_path.items()
            if other == path or other.startswith(f"{path}.")
            for node in nodes
        ]
        return sorted(found, key=lambda node: self._graph.position[node.index])

    def _add_operations(self) -> None:
        """The operations of each module in order, by kind, shape and neighbours, between those that are known."""
        above = self._known_above()
        for path, nodes in self._by_path.items():
            results = [result for result in self._results(nodes, above) if result.value not in self._graph.constant]
            refs = [Ref(op.index, position) for op in self._ops.get(path, ()) for position in range(op.given)]
            for result, ref in match_in_order(results, refs, self._score):
                op = self._trace.ops[ref.op]
                name = f"{path}: {op.title}" if path else op.title
                name += f", output {ref.position}" if op.given > 1 else ""
                self._add(result.node, result.value, ref, AlignedBy.OPERATION, name)

    def _known_above(self) -> dict[str, frozenset[Ref]]:
        """The nearest values with a counterpart that each value is computed from, or its own."""
        above = {name: frozenset((ref,)) for name, ref in self._inputs.items()}
        for node in self._graph.nodes:
            read = frozenset[Ref]().union(*(above.get(name, frozenset()) for name in node.inputs))
            for value in node.outputs:
                item = self._found.get(value)
                above[value] = frozenset((item.ref,)) if item is not None else read
        return above

    def _results(self, nodes: Sequence[GraphNode], above: Mapping[str, frozenset[Ref]]) -> list[_Result]:
        """What the operations of a module give; of a node that is not known to be part of one, all that it gives."""
        named: dict[str, list[GraphNode]] = {}
        written_out = biased_products(self._graph, nodes)
        if nodes and any(op.name == "gelu" for op in self._ops.get(nodes[0].module_path, ())):
            written_out |= written_out_gelus(self._graph, nodes)
        for node in nodes:
            node = written_out.get(node.index, node)
            named.setdefault(node.group or f"#{node.index}", []).append(node)
        results = []
        for members in named.values():
            read = frozenset[Ref]().union(*(above.get(name, frozenset()) for node in members for name in node.inputs))
            exits = list(self._graph.exits(members))
            if not exits and not members[-1].group:
                exits = [(members[-1], members[-1].outputs[0])]
            results += [_Result(node, value, read) for node, value in exits]
        return results

    def _score(self, result: _Result, ref: Ref) -> int:
        """How well a result fits that of an operation; 0 if it cannot be it."""
        known = self._found.get(result.value)
        if known is not None:
            return 100 if known.ref == ref else 0
        if ref in self._taken or not self._fits(result.value, ref):
            return 0
        op, node = self._trace.ops[ref.op], result.node
        if node.operation:
            if not is_same_operation(node.operation, op.name):
                return 0
        elif not may_end_in(op.name, node.op_type):
            return 0
        reads_alike = not result.above.isdisjoint(op.inputs)
        return 8 + 2 * (node.location == op.location) + reads_alike + 2 * self._is_read_alike(result.value, ref)

    def _is_read_alike(self, value: str, ref: Ref) -> bool:
        """Whether a node reads it whose counterpart is known, and which reads the operation's result too."""
        readers = (self._found.get(name) for node in self._graph.readers.get(value, ()) for name in node.outputs)
        return any(item is not None and ref in self._trace.ops[item.ref.op].inputs for item in readers)

    def _fits(self, value: str, ref: Ref) -> bool:
        info = self._graph.infos.get(value)
        return info is None or fits(info, self._trace.value(self._folded.get(ref, ref)))

    def _folded_norms(self) -> dict[Ref, Ref]:
        """Outputs of convolutions whose batch norm was folded into them: they stand for what the norm gives.

        So it is where the norm is all that reads the convolution, and the artifact has no nodes of the norm.
        """
        readers: dict[Ref, list[EagerOp]] = {}
        for op in self._trace.ops:
            for ref in op.inputs:
                readers.setdefault(ref, []).append(op)
        found = {}
        for op in self._trace.ops:
            if "norm" not in families_of(op.name) or not op.inputs:
                continue
            ref = op.inputs[0]
            source = self._trace.ops[ref.op] if ref.op >= 0 else None
            if source is None or families_of(source.name).isdisjoint(("conv", "matmul")) or len(readers[ref]) > 1:
                continue
            if op.module_path != source.module_path and self._by_path.get(op.module_path):
                continue
            nodes = self._by_path.get(op.module_path, ())
            if not any(_is_norm(node) for node in nodes):
                found[ref] = Ref(op.index, 0)
        return found


def _is_norm(node: GraphNode) -> bool:
    return node.op_type == "BatchNormalization" or "norm" in families_of(node.operation)


def fits(info: TensorInfo, eager: EagerValue) -> bool:
    """Whether a value can be an eager one: the same sizes where they are known, and the same kind of numbers."""
    if info.dtype and _kind(info.dtype) != _kind(eager.dtype):
        return False
    if info.shape is None:
        return True
    return len(info.shape) == len(eager.shape) and all(
        size == other for size, other in zip(info.shape, eager.shape, strict=True) if isinstance(size, int)
    )


def _kind(dtype: str) -> str:
    if dtype.startswith(("float", "bfloat")):
        return "float"
    return "int" if dtype.startswith(("int", "uint")) else dtype


def _call_name(call: ModuleCall, calls: int, position: int) -> str:
    number = f" (call {call.number + 1})" if calls > 1 else ""
    return f"{call.path}{number}" + (f", output {position}" if len(call.outputs) > 1 else "")


def align(graph: ArtifactGraph, trace: EagerTrace, inputs: Mapping[str, int]) -> tuple[Aligned, ...]:
    """All values of an artifact that have a counterpart, in order of execution.

    Args:
        inputs: Position of the tensor that goes into each input of the graph.
    """
    return Aligner(graph, trace, {name: Ref(-1, position) for name, position in inputs.items()}).align()

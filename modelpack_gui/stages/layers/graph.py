"""The main graph of an artifact as the comparison sees it: nodes, who makes and who reads each value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from modelpack_gui.core.records import TensorInfo


@dataclass(frozen=True)
class GraphNode:
    """A node of the main graph.

    Attributes:
        index: As NodeInfo.index.
        op_type: `Conv`; of a .pt2 `conv2d`.
        scope: Of the module call that it is in, as the exporter names it: path, or path and a call number.
        module_path: Path of that module.
        group: Name of the operation of PyTorch that it is part of; empty if it is not known.
        operation: What that operation is: `conv2d`; empty if it is not known.
        inputs: Values that it reads; those that its subgraphs read are among them.
        has_subgraphs: Whether there are graphs in it.
    """

    index: int
    name: str
    op_type: str
    scope: str
    module_path: str
    group: str
    operation: str
    location: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    has_subgraphs: bool = False


@dataclass(frozen=True)
class ArtifactGraph:
    """Nodes in order of execution.

    Attributes:
        inputs: Names of the graph's inputs; stored constants are not among them.
        infos: What is known of values before the artifact is run; sizes that are not known are None or a name.
    """

    nodes: tuple[GraphNode, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    infos: Mapping[str, TensorInfo] = field(default_factory=dict)

    @cached_property
    def producer(self) -> dict[str, GraphNode]:
        """The node that makes a value."""
        return {value: node for node in self.nodes for value in node.outputs if value}

    @cached_property
    def readers(self) -> dict[str, tuple[GraphNode, ...]]:
        """The nodes that read a value."""
        found: dict[str, list[GraphNode]] = {}
        for node in self.nodes:
            for value in dict.fromkeys(node.inputs):
                found.setdefault(value, []).append(node)
        return {value: tuple(nodes) for value, nodes in found.items()}

    @cached_property
    def position(self) -> dict[int, int]:
        """Place in `nodes` by index."""
        return {node.index: place for place, node in enumerate(self.nodes)}

    @cached_property
    def constant(self) -> frozenset[str]:
        """Values that no input has a part in."""
        moving = set(self.inputs)
        still = set()
        for node in self.nodes:
            outputs = set(filter(None, node.outputs))
            if moving.isdisjoint(node.inputs) and not node.op_type.startswith(("Random", "Multinomial", "Bernoulli")):
                still |= outputs
            else:
                moving |= outputs
        return frozenset(still)

    def back_to(
        self, value: str, borders: Sequence[str] | frozenset[str] | set[str]
    ) -> tuple[list[GraphNode], list[str]]:
        """The nodes that make a value from the nearest borders, in order, and those borders.

        Inputs of the graph are borders too; the value itself is none.
        """
        ends = set(borders) | set(self.inputs)
        nodes: set[int] = set()
        found: dict[str, None] = {}
        stack = [value]
        seen = {value}
        while stack:
            node = self.producer.get(stack.pop())
            if node is None or node.index in nodes:
                continue
            nodes.add(node.index)
            for name in node.inputs:
                if not name or name in seen:
                    continue
                seen.add(name)
                if name in ends:
                    found[name] = None
                else:
                    stack.append(name)
        chosen = sorted(nodes, key=self.position.__getitem__)
        return [self.nodes[self.position[index]] for index in chosen], list(found)

    def exits(self, within: Sequence[GraphNode]) -> Iterator[tuple[GraphNode, str]]:
        """Values of some nodes that others read, or that the graph gives."""
        inside = {node.index for node in within}
        given = set(self.outputs)
        for node in within:
            for value in node.outputs:
                if value and (value in given or any(r.index not in inside for r in self.readers.get(value, ()))):
                    yield node, value

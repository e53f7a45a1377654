"""What a check is given, and what it gives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import Artifact, GraphFinding, Severity
from modelpack_gui.stages.export.artifact_errors import corrupt
from modelpack_gui.stages.inspection.onnx_walk import all_nodes


@dataclass(frozen=True)
class Subject:
    """A graph to look at.

    Attributes:
        provider: Of ONNX Runtime.
        reads_weights: Whether the bytes of weights may be read.
    """

    artifact: Artifact
    graph: Graph
    context: Context
    provider: str
    reads_weights: bool = True

    @property
    def path(self) -> Path:
        """Of the artifact."""
        return Path(self.artifact.path)

    @functools.cached_property
    def model(self) -> Any:
        """The ModelProto of an ONNX file, without what lies in data files.

        Raises:
            UserError: `artifact-corrupt`: it was written anew since the graph was read.
            OSError: It is gone.
        """
        import onnx
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

        try:
            return onnx.load(self.artifact.path, load_external_data=False)
        except DecodeError as error:
            raise corrupt(self.path, str(error)) from error

    @functools.cached_property
    def nodes(self) -> Sequence[Any]:
        """The NodeProtos of an ONNX file by their number."""
        return list(all_nodes(self.model))

    @functools.cached_property
    def op_types(self) -> Sequence[str]:
        """Of every node."""
        texts = self.graph.texts
        return [texts[number] for number in self.graph.ints("node_op_type")]

    @functools.cached_property
    def outputs(self) -> frozenset[int]:
        """Values that a graph, a subgraph or a function gives."""
        return frozenset(self.graph.ints("scope_outputs"))

    def version_of(self, domain: str) -> int:
        """Version of a domain that the model imports; 1 for one that it does not."""
        return self.artifact.opset_imports.get(domain, 1)

    def node(self, number: int) -> str:
        """How a node is called in a sentence."""
        name = self.graph.text("node_name", number)
        op_type = self.op_types[number]
        return f"{op_type} {name}" if name else f"{op_type} (node {number})"

    def value(self, number: int) -> str:
        """How a tensor is called in a sentence."""
        return self.graph.value_name(number) or "a tensor without a name"

    def dtype(self, value: int) -> str:
        """Of a value; empty if unknown."""
        return self.graph.text("value_dtype", value) if value >= 0 else ""

    def attribute(self, node: int, name: str) -> str | None:
        """The text of an attribute; None if the node leaves it out."""
        starts, names = self.graph.ints("attribute_starts"), self.graph.ints("attribute_names")
        for row in range(starts[node], starts[node + 1]):
            if self.graph.texts[names[row]] == name:
                return self.graph.text("attribute_texts", row)
        return None

    def used_by_one(self, value: int) -> int:
        """The one node that reads a value, which is no output; -1 if there are others or none."""
        nodes = self.graph.consumers(value)
        return nodes[0] if len(nodes) == 1 and value not in self.outputs else -1


Find = Callable[[Subject], Iterable[GraphFinding]]


@dataclass(frozen=True)
class Check:
    """Something to look for; see `GraphCheckResult` for what the texts are.

    Attributes:
        is_of_onnx: Whether it needs an ONNX file.
    """

    id: str
    title: str
    severity: Severity
    why: str
    fix: str
    find: Find
    is_of_onnx: bool = field(default=True, kw_only=True)


def named(op_types: Sequence[str], *wanted: str) -> Iterator[int]:
    """Nodes of some op types."""
    names = frozenset(wanted)
    return (node for node, op_type in enumerate(op_types) if op_type in names)

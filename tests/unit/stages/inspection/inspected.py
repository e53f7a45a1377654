"""A graph as the inspection stage reads it, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from modelpack_gui.core.context import Context, PlainContext
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphIndex, InitializerInfo, InspectRequest, NodeInfo, TensorInfo
from modelpack_gui.stages.inspection.stage import run


@dataclass(frozen=True)
class Inspected:
    """The facts and the graph."""

    index: GraphIndex
    graph: Graph

    @cached_property
    def nodes(self) -> tuple[NodeInfo, ...]:
        """All nodes."""
        return tuple(self.graph.nodes)

    @cached_property
    def initializers(self) -> tuple[InitializerInfo, ...]:
        """All initializers."""
        return tuple(self.graph.initializers)

    @cached_property
    def values(self) -> dict[str, TensorInfo]:
        """The values by name; of several of one name, that of the outermost scope."""
        infos = (self.graph.value_info(value) for value in range(self.graph.value_count - 1, -1, -1))
        return {info.name: info for info in infos}


def inspect(path: Path, folder: Path, context: Context | None = None) -> Inspected:
    """Read a file; its columns are put into a folder."""
    index = run(InspectRequest(str(path), str(folder)), context or PlainContext())
    return Inspected(index, Graph.read(Path(index.columns)))

"""The nodes of an ONNX file as a profile names them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from modelpack_gui.stages.inspection.onnx_types import metadata_of, text_of
from modelpack_gui.stages.inspection.onnx_walk import node_numbers
from modelpack_gui.stages.inspection.origin import origin_of_onnx

NO_ONNX = "Without the package onnx, fused nodes are not put back to those of the file."


class Known(NamedTuple):
    """Names, numbers and modules of some nodes of a file."""

    names: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    modules: tuple[str, ...] = ()


class FileNodes:
    """Nodes of a file's main graph, in its order.

    Attributes:
        nodes: As protobuf has them.
        constants: Names of the initializers.
    """

    def __init__(self, graph: Any) -> None:
        self.nodes: list[Any] = list(graph.node)
        self.constants = frozenset(tensor.name for tensor in graph.initializer)
        self._numbers = node_numbers(graph)
        self._places = {name: place for place, node in enumerate(self.nodes) for name in node.output if name}
        self._places |= {node.name: place for place, node in enumerate(self.nodes) if node.name}

    def places_of(self, names: Iterable[str]) -> tuple[int, ...]:
        """Places of the nodes with some names, or that make the values of these names; others are left out."""
        return tuple(sorted({self._places[name] for name in names if name in self._places}))

    def known(self, places: Iterable[int]) -> Known:
        """What is known of the nodes at some places."""
        found = [(self._numbers[place], self.nodes[place]) for place in places]
        origins = [origin_of_onnx(text_of(node.name), metadata_of(node)) for _, node in found]
        return Known(
            names=tuple(node.name or f"node {number}" for number, node in found),
            indices=tuple(number for number, _ in found),
            modules=tuple(dict.fromkeys(origin.module_path for origin in origins)),
        )


def read_nodes(path: Path) -> FileNodes | None:
    """The nodes of a file, its weights left where they are; None without the package onnx."""
    try:
        import onnx
    except ImportError:
        return None
    return FileNodes(onnx.load(str(path), load_external_data=False).graph)

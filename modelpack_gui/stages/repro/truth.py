"""What the model itself computes at the places of an artifact's graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from modelpack_gui.core.records import InputSpec, tensor_inputs
from modelpack_gui.stages.parity.reference import Reference
from modelpack_gui.stages.parity.runtimes import match_inputs
from modelpack_gui.stages.repro.subgraph import Graph
from modelpack_gui.stages.source.inputs import to_numpy

if TYPE_CHECKING:
    import numpy.typing as npt


class Inner(Protocol):
    """Gives what the model computes between its inputs and its outputs."""

    def __call__(self, tensors: Sequence[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """By name of the value in the graph; only those that are aligned."""


class Truth:
    """Values of the graph as the model has them: its inputs, its outputs, and what is aligned between them.

    Args:
        inner: None where nothing is aligned, as when the source is no PyTorch model.
    """

    def __init__(self, graph: Graph, reference: Reference, inputs: Sequence[InputSpec], inner: Inner | None) -> None:
        self._graph = graph
        self._reference = reference
        self._sources = match_inputs(graph.inputs, [item.name for item in tensor_inputs(inputs)])
        self._inner = inner

    def at(self, tensors: Sequence[Any]) -> dict[str, npt.NDArray[Any]]:
        """All of them for some inputs.

        Raises:
            UserError: The model does not run on these.
        """
        found: dict[str, npt.NDArray[Any]] = {}
        if self._inner is not None:
            found.update((name, values) for name, values in self._inner(tensors).items() if self._graph.has(name))
        outputs = self._reference.run(tensors)
        by_name = {output.info.name: output.values for output in outputs}
        names = self._graph.outputs
        if set(by_name) == set(names):
            found.update(by_name)
        elif len(outputs) == len(names):
            found.update(zip(names, (output.values for output in outputs), strict=True))
        for name, source in zip(self._graph.inputs, self._sources, strict=True):
            found[name] = to_numpy(tensors[source])
        return {name: _plain(values) for name, values in found.items()}


def _plain(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """In a dtype that numpy has of its own: bfloat16 and the 8-bit floats as float32, which holds them exactly."""
    return values if values.dtype.isbuiltin == 1 or values.dtype.kind in "OSU" else values.astype("float32")

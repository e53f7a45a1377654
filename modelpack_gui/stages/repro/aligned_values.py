"""What eager PyTorch computes at the values of the graph that the layers stage can align."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import InputSpec, tensor_inputs
from modelpack_gui.stages.layers.align import align
from modelpack_gui.stages.layers.aligned import Aligned
from modelpack_gui.stages.layers.eager import EagerModel
from modelpack_gui.stages.layers.eager_trace import EagerTrace, Ref
from modelpack_gui.stages.layers.graph import ArtifactGraph
from modelpack_gui.stages.layers.onnx_model import OnnxModel
from modelpack_gui.stages.layers.segments import size_of
from modelpack_gui.stages.parity.runtimes import match_inputs
from modelpack_gui.stages.source.call import plan_call
from modelpack_gui.stages.source.inputs import to_numpy

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

MOST_BYTES = 1 << 30
"""What the values may take that are held at once; those far from the fault are left out first."""


class AlignedValues:
    """See truth.Inner.

    Args:
        value: Where it goes wrong; empty if that is not known.
    """

    def __init__(
        self, path: Path, module: torch.nn.Module, inputs: Sequence[InputSpec], value: str, context: Context
    ) -> None:
        self._model = OnnxModel(path, context)
        self._module, self._plan, self._value = module, plan_call(module, inputs), value
        self._paths = frozenset(name for name, _ in module.named_modules())
        self._sources = match_inputs(self._model.inputs, [item.name for item in tensor_inputs(inputs)])

    def __call__(self, tensors: Sequence[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """See truth.Inner: aligned anew for each inputs, for the model may take another path."""
        eager = EagerModel(self._module, self._plan, tensors)
        trace = eager.run()
        names = zip(self._model.inputs, self._sources, strict=True)
        shapes = {name: tuple(tensors[source].shape) for name, source in names}
        graph = self._model.graph(shapes, self._paths)
        wanted: dict[Ref, list[str]] = {}
        for item in self._chosen(graph, trace):
            wanted.setdefault(item.ref, []).append(item.value)
        found: dict[str, npt.NDArray[Any]] = {}

        def watch(ref: Ref, tensor: torch.Tensor, exact: torch.Tensor | None) -> bool:  # noqa: ARG001
            for name in wanted.pop(ref, ()):
                found[name] = to_numpy(tensor.clone())
            return bool(wanted)

        if wanted:
            eager.run(watch)
        return found

    def _chosen(self, graph: ArtifactGraph, trace: EagerTrace) -> list[Aligned]:
        """The aligned values next to the fault, as many as may be held."""
        maker = graph.producer.get(self._value) if self._value else None
        place = graph.position[maker.index] if maker is not None else len(graph.nodes)
        sources = dict(zip(self._model.inputs, self._sources, strict=True))
        near = sorted(align(graph, trace, sources), key=lambda item: abs(graph.position[item.node.index] - place))
        chosen, taken = [], 0
        for item in near:
            taken += size_of(trace.value(item.ref))
            if taken > MOST_BYTES:
                break
            chosen.append(item)
        return chosen

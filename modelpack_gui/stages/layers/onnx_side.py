"""An ONNX file in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import Artifact
from modelpack_gui.stages.layers.graph import GraphNode
from modelpack_gui.stages.layers.onnx_model import OnnxModel
from modelpack_gui.stages.layers.onnx_runs import OnnxParts
from modelpack_gui.stages.parity.runtimes import match_inputs
from modelpack_gui.stages.parity.runtimes.onnxruntime_runtime import import_onnxruntime

if TYPE_CHECKING:
    import torch


class OnnxSide:
    """See ArtifactSide.

    Args:
        names: Of the example inputs, in order.
        levels: Asked for.

    Raises:
        UserError: `import-missing`, `inputs-do-not-match`.
    """

    def __init__(
        self,
        artifact: Artifact,
        tensors: Sequence[torch.Tensor],
        names: Sequence[str],
        levels: Sequence[str],
        module_paths: frozenset[str],
        context: Context,
    ) -> None:
        version = import_onnxruntime().__version__
        model = OnnxModel(Path(artifact.path), context)
        self.sources: Mapping[str, int] = dict(zip(model.inputs, match_inputs(model.inputs, names), strict=True))
        self.inputs: Mapping[str, torch.Tensor] = {name: tensors[source] for name, source in self.sources.items()}
        shapes = {name: tuple(tensor.shape) for name, tensor in self.inputs.items()}
        self.graph = model.graph(shapes, module_paths)
        self.can_be_cut = True
        self.levels = tuple(dict.fromkeys(levels))
        self.description = f"ONNX Runtime {version}, CPUExecutionProvider"
        self._model = model
        self._parts = OnnxParts(model)
        self._scratch = context.scratch
        self._makers: dict[str, dict[str, str]] = {}

    def run(
        self, level: str, outputs: Sequence[str], feeds: Mapping[str, torch.Tensor] | None = None
    ) -> dict[str, torch.Tensor]:
        """See ArtifactSide."""
        return self._parts.run(level, outputs, {**self.inputs, **(feeds or {})})

    def stored_bytes(self, node: GraphNode) -> int:
        """See ArtifactSide."""
        return sum(self._parts.stored_bytes(name) for name in node.inputs)

    def makers_are_known(self, level: str) -> bool:
        """See ArtifactSide."""
        return level == "off" or level in self._makers

    def makers(self, level: str) -> Mapping[str, str] | None:
        """See ArtifactSide."""
        if level == "off":
            return None
        if level not in self._makers:
            self._makers[level] = self._parts.makers(level, self._scratch)
        return self._makers[level]

    def close(self) -> None:
        """See ArtifactSide."""
        self._model.close()

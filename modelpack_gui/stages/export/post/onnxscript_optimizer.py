"""The optimizer of onnxscript."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.records import ArtifactFormat, ParitySpec
from modelpack_gui.stages.export.post.base import save_like


class OnnxscriptOptimizerStep:
    """Folds constants and removes what is not used, as the dynamo exporter does by itself."""

    id = "onnxscript-optimizer"
    format: ArtifactFormat = "onnx"
    title = "onnxscript optimizer"
    packages: tuple[str, ...] = ("onnx", "onnxscript")
    note = "Folds constants and drops what is not used; the dynamo exporter does it already, trace and script do not."
    rtol, atol = ParitySpec.rtol, ParitySpec.atol

    def apply(self, source: Path, target: Path) -> None:
        """See `PostStep.apply`."""
        import onnx
        from onnxscript import optimizer

        save_like(optimizer.optimize(onnx.load(str(source))), source, target)

"""onnxslim."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.records import ArtifactFormat, ParitySpec
from modelpack_gui.stages.export.post.base import save_like


class OnnxslimStep:
    """Simplifies the graph: constant folding, shape arithmetic, patterns that runtimes like to see."""

    id = "onnxslim"
    format: ArtifactFormat = "onnx"
    title = "onnxslim"
    packages: tuple[str, ...] = ("onnx", "onnxslim")
    note = "Simplifies shape arithmetic and merges operators; the file runs wherever the one before it does."
    rtol, atol = ParitySpec.rtol, ParitySpec.atol

    def apply(self, source: Path, target: Path) -> None:
        """See `PostStep.apply`."""
        import onnx
        import onnxslim  # type: ignore[import-untyped]

        slimmed = onnxslim.slim(onnx.load(str(source)))
        if slimmed is None:
            raise RuntimeError("onnxslim gave no model back")
        save_like(slimmed, source, target)

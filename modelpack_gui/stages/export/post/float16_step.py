"""Half precision."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.records import LOW_PRECISION, ArtifactFormat
from modelpack_gui.stages.export.post.base import save_like


class Float16Step:
    """Turns float32 weights and operators into float16; inputs and outputs stay float32.

    Operators without a float16 kernel, or that overflow in it, stay float32: the block list of onnxruntime.
    """

    id = "float16"
    format: ArtifactFormat = "onnx"
    title = "float16"
    packages: tuple[str, ...] = ("onnx", "onnxruntime")
    note = (
        "Half the size; inputs and outputs stay float32, and so do operators that half precision is too narrow for."
        " Fast on GPUs, slow on most CPUs; judged by rtol 0.01, atol 0.005."
    )
    rtol, atol = LOW_PRECISION["float16"]  # as on the Parity page

    def apply(self, source: Path, target: Path) -> None:
        """See `PostStep.apply`."""
        import onnx
        from onnxruntime.transformers import float16, onnx_model

        model = onnx.load(str(source))
        model.graph.ClearField("value_info")  # it says float32 of values that become float16
        halved = onnx_model.OnnxModel(float16.convert_float_to_float16(model, keep_io_types=True))
        halved.topological_sort()  # the casts of the inputs were put at the end
        save_like(halved.model, source, target)

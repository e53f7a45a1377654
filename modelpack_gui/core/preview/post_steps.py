"""The steps after an export as Python source; they have their imports with them, as few scripts need them."""

from __future__ import annotations

from modelpack_gui.core.preview.pycode import keywords, stacked
from modelpack_gui.core.records import ExportSpec

_STEPS = {
    "onnxscript-optimizer": ("from onnxscript import optimizer", "onnx_model = optimizer.optimize(onnx_model)"),
    "onnxslim": ("import onnxslim", "onnx_model = onnxslim.slim(onnx_model)"),
    "onnxruntime-offline": (
        "import onnxruntime",
        "options = onnxruntime.SessionOptions()",
        "options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC",
        'optimized_path = output_path.with_suffix(".optimized.onnx")',
        "options.optimized_model_filepath = str(optimized_path)",
        "onnxruntime.InferenceSession(str(output_path), options)",
        "onnx_model = onnx.load(optimized_path)",
        "optimized_path.unlink()",
    ),
    "float16": (
        "from onnxruntime.transformers import float16",
        "from onnxruntime.transformers.onnx_model import OnnxModel",
        'onnx_model.graph.ClearField("value_info")  # it says float32 of values that become float16',
        "halved = OnnxModel(float16.convert_float_to_float16(onnx_model, keep_io_types=True))",
        "halved.topological_sort()",
        "onnx_model = halved.model",
    ),
}


def post_step_lines(export: ExportSpec) -> list[str]:
    """Lines that take the file at `output_path` through the steps, without the parity checks between them."""
    if export.format != "onnx":
        return []
    lines = []
    for step in export.post_steps:
        known = _STEPS.get(step)
        if known is None:
            continue  # the dialog says that there is no such step
        lines += ["", "onnx_model = onnx.load(output_path)", *known]
        if export.external_data:  # onnx would put the new weights behind the old ones
            lines.append('output_path.with_name(f"{output_path.name}.data").unlink(missing_ok=True)')
        lines.append(save_line("onnx_model", export))
    return lines


def save_line(model: str, export: ExportSpec) -> str:
    """The call that saves an ONNX model to `output_path`, with its weights beside it where that is asked for."""
    if not export.external_data:
        return f"onnx.save_model({model}, output_path)"
    options = {
        "save_as_external_data": "True",
        "all_tensors_to_one_file": "True",
        "location": 'f"{output_path.name}.data"',
        "size_threshold": "256",
    }
    return stacked("onnx.save_model(", [model, "output_path", *keywords(options)], ")")

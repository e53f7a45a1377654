"""The steps after an export as Python source."""

from __future__ import annotations

from collections.abc import Sequence

_IMPORTS = {
    "onnxscript-optimizer": ("onnx", "onnxscript.optimizer"),
    "onnxslim": ("onnx", "onnxslim"),
    "onnxruntime-offline": ("onnxruntime",),
    "float16": ("onnx", "onnxruntime.transformers.float16", "onnxruntime.transformers.onnx_model"),
}
_LINES = {
    "onnxscript-optimizer": "onnx.save_model(onnxscript.optimizer.optimize(onnx.load(output_path)), output_path)",
    "onnxslim": "onnx.save_model(onnxslim.slim(onnx.load(output_path)), output_path)",
    "onnxruntime-offline": """\
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
optimized_path = output_path.with_name(f"optimized-{output_path.name}")
options.optimized_model_filepath = str(optimized_path)
onnxruntime.InferenceSession(str(output_path), options, providers=["CPUExecutionProvider"])
optimized_path.replace(output_path)""",
    "float16": """\
full = onnx.load(output_path)
full.graph.ClearField("value_info")  # it says float32 of values that become float16
half = onnxruntime.transformers.float16.convert_float_to_float16(full, keep_io_types=True)
half = onnxruntime.transformers.onnx_model.OnnxModel(half)
half.topological_sort()  # the casts of the inputs were put at the end
onnx.save_model(half.model, output_path)""",
}


def import_names(steps: Sequence[str]) -> set[str]:
    """Modules that the lines need."""
    return {name for step in steps for name in _IMPORTS.get(step, ())}


def step_lines(steps: Sequence[str]) -> list[str]:
    """Lines that take the file at `output_path` through the steps. A step that is not known here is named."""
    lines: list[str] = []
    for step in steps:
        lines += ["", _LINES.get(step, f"# The step {step} has no equivalent here.")]
    return lines

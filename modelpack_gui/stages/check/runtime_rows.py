"""Whether a runtime takes the artifact where it will be: away from the folder it was made in."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.records import Artifact, CheckRow, InputSpec, TensorInfo, tensor_inputs
from modelpack_gui.stages.check.rows import failed, from_error, not_tried, passed, skipped, warning
from modelpack_gui.stages.parity.runtimes import OnnxRuntime, Output, Runtime, TorchScriptRuntime, gist, open_session
from modelpack_gui.stages.source.arrays import make_values

_IR = re.compile(r"[Uu]nsupported model IR version: (\d+), max supported IR version: (\d+)")
_OPSET = re.compile(r"[Oo]pset \d+ is under development")
_NO_KERNEL = re.compile(r"Could not find an implementation for ([\w.]+)\((\d+)\)")
_NOT_REGISTERED = re.compile(r"(?<![\w.:])([\w.:]+)\(-?\d+\) is not a registered function/op")


def onnx_rows(path: Path, artifact: Artifact, inputs: Sequence[InputSpec], context: Context) -> list[CheckRow]:
    """The rows for loading in ONNX Runtime and, if example inputs are given, for running on them."""
    with tempfile.TemporaryDirectory(dir=context.scratch, prefix="check-", ignore_cleanup_errors=True) as folder:
        try:
            copied = _copy(path, artifact.external_files, Path(folder))
        except UserError as error:
            row = from_error("runtime-loads", error.info)
            return [row, *without_run(inputs)]
        except OSError as error:
            row = skipped("runtime-loads", f"Not tried: the file cannot be copied to {context.scratch}: {error}.")
            return [row, *without_run(inputs)]
        try:
            session = open_session(copied)
        except UserError as error:
            return [_not_loaded(error.info, artifact), *without_run(inputs)]
        import onnxruntime

        loaded = passed(
            "runtime-loads",
            f"ONNX Runtime {onnxruntime.__version__} loads a copy in an empty folder ({session.get_providers()[0]}).",
        )
        if not inputs:
            return [loaded]
        context.check_cancelled()
        context.progress("Running it once", 0.9)
        try:
            runtime = OnnxRuntime(session, [item.name for item in tensor_inputs(inputs)])
        except UserError as error:
            return [loaded, from_error("runtime-runs", error.info)]
        row = run_once(runtime, artifact, inputs, context)
        del runtime, session  # Windows deletes no folder with a mapped file in it
        return [loaded, row]


def torchscript_rows(path: Path, artifact: Artifact, inputs: Sequence[InputSpec], context: Context) -> list[CheckRow]:
    """The rows for loading with torch.jit.load and, if example inputs are given, for running on them."""
    try:
        runtime = TorchScriptRuntime(str(path), inputs)
    except UserError as error:
        return [from_error("runtime-loads", error.info), *without_run(inputs)]
    rows = [passed("runtime-loads", f"{runtime.description}, loads it without the class that it was made from.")]
    return [*rows, run_once(runtime, artifact, inputs, context)] if inputs else rows


def without_run(inputs: Sequence[InputSpec]) -> list[CheckRow]:
    """The row for running where nothing has loaded the file; none without example inputs."""
    return not_tried(["runtime-runs"], "no runtime has loaded it.") if inputs else []


def _copy(path: Path, data_files: Sequence[str], folder: Path) -> Path:
    for source in data_files:
        name = os.path.relpath(source, path.parent)
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise UserError(
                "external-data-outside",
                f"The data file {name} is not in the folder of the model or below it; runtimes refuse that.",
                "Export again, with the data file beside the .onnx file.",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return Path(shutil.copyfile(path, folder / path.name))


def _not_loaded(error: ErrorInfo, artifact: Artifact) -> CheckRow:
    """Say in plain words why ONNX Runtime refuses a file, for the reasons that are common."""
    if error.code == "import-missing":
        return from_error("runtime-loads", error)
    text = error.details
    ir, kernel, unknown_op = _IR.search(text), _NO_KERNEL.search(text), _NOT_REGISTERED.search(text)
    if ir:
        explanation = f"The file has IR version {ir[1]}, and this ONNX Runtime reads up to {ir[2]}: it is too new."
        fix = "Update onnxruntime, or export with an older opset, which takes an older IR version with it."
    elif unknown_op:
        explanation = f"This ONNX Runtime does not know the operator {unknown_op[1]}."
        fix = "A custom operator needs its library registered; a standard one needs another opset or a newer runtime."
    elif kernel:
        explanation = f"This ONNX Runtime cannot compute {kernel[1]} (opset {kernel[2]}) in this dtype on the CPU."
        fix = "Export with another opset or in float32, or update onnxruntime."
    elif _OPSET.search(text):
        explanation = f"The file uses opset {artifact.opset_version}, which this ONNX Runtime does not support yet."
        fix = "Export with an older opset, or update onnxruntime."
    elif "external" in text.lower() or "No such file" in text:
        explanation = "The weights cannot be read from the data file beside the copy: it is missing or cut off."
        fix = "Keep the whole data file in the folder of the .onnx file, under the name that it was exported with."
    else:
        explanation = f"ONNX Runtime cannot load it: {gist(text)}"
        fix = "Export it again, with the other exporter or another opset; the details hold what the runtime said."
    return failed("runtime-loads", explanation, fix, details=text)


def run_once(runtime: Runtime, artifact: Artifact, inputs: Sequence[InputSpec], context: Context) -> CheckRow:
    """The row for running on the example inputs, also where there is no torch."""
    try:
        outputs = runtime.run(make_values(inputs, context))
    except UserError as error:
        return from_error("runtime-runs", error.info)
    got = "; ".join(f"{output.info.name} {output.info.dtype} {output.info.shape_text}" for output in outputs)
    differing = _differing(artifact.outputs, outputs)
    if differing:
        return warning(
            "runtime-runs",
            f"It runs, but what it gives is not what it declares: {differing}.",
            "Export it again: a caller that allocates by the declared shape goes wrong.",
            got=got,
        )
    infinite = [output.info.name for output in outputs if not _all_finite(output.values)]
    if infinite:
        return warning(
            "runtime-runs",
            f"It runs; there are NaN or Inf in {', '.join(infinite)}. Parity says whether the model gives them too.",
            "Compare with the model in the parity stage, and check the value range of the example inputs.",
            got=got,
        )
    return passed("runtime-runs", f"It runs on the example inputs and gives {got}.", got=got)


def _differing(declared: Sequence[TensorInfo], outputs: Sequence[Output]) -> str:
    """Where the outputs contradict the file's own types; unknown dtypes and dynamic sizes contradict nothing."""
    texts = []
    for info, output in zip(declared, outputs, strict=False):
        actual = output.info
        fits = not info.dtype or info.dtype == actual.dtype
        if fits and info.shape is not None and actual.shape is not None:
            fits = len(info.shape) == len(actual.shape) and all(
                not isinstance(size, int) or size == real for size, real in zip(info.shape, actual.shape, strict=True)
            )
        if not fits:
            texts.append(
                f"{info.name} is {actual.dtype} {actual.shape_text} instead of {info.dtype} {info.shape_text}"
            )
    return "; ".join(texts)


def _all_finite(values: Any) -> bool:
    import numpy as np

    if values.dtype.kind in "OSUbiu":
        return True
    return bool(np.isfinite(values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)).all())

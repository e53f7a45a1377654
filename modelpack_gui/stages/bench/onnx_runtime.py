"""ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest, tensor_inputs
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import format_of


class OnnxRuntimeRunner:
    """Runs the ONNX artifact by `InferenceSession.run`, arrays in and arrays out."""

    id = "onnxruntime"
    title = "ONNX Runtime"
    needs_artifact = "onnx"
    packages = ("onnxruntime", "numpy")
    note = "All graph optimisations, one operator at a time."

    def prepare(self, request: BenchPrepareRequest, context: Context) -> Prepared:
        """Load the artifact into a session and run it once.

        Raises:
            UserError: `artifact-missing`, `package-missing`, `artifact-not-loadable`, `inputs-do-not-match`,
                `runtime-failed`.
        """
        path = _artifact(request, context)
        try:
            import onnxruntime as ort
        except ImportError as error:
            raise UserError(
                "package-missing", "This interpreter has no onnxruntime.", "Install it: pip install onnxruntime."
            ) from error
        from modelpack_gui.stages.parity.runtimes import match_inputs
        from modelpack_gui.stages.source.arrays import make_arrays
        from modelpack_gui.stages.source.inputs import make_inputs, to_numpy
        from modelpack_gui.stages.source.onnx_source import onnx_source

        options = ort.SessionOptions()
        options.intra_op_num_threads = request.threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        try:
            session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise _error("artifact-not-loadable", f"ONNX Runtime could not load {path}", error) from error
        is_onnx = onnx_source(request.source, context) is not None  # then there may be no torch
        tensors = make_arrays(request.inputs, context) if is_onnx else make_inputs(request.inputs, context)
        names = [info.name for info in session.get_inputs()]
        sources = match_inputs(names, [spec.name for spec in tensor_inputs(request.inputs)])
        feed = {name: to_numpy(tensors[source]) for name, source in zip(names, sources, strict=True)}

        def call() -> object:
            return session.run(None, feed)

        try:
            call()
        except Exception as error:
            raise _error("runtime-failed", f"ONNX Runtime could not run {path.name}", error) from error
        facts = {
            "onnxruntime": ort.__version__,
            "intra-op threads": str(request.threads),
            "inter-op threads": "1",
            "execution": "sequential",
            "graph optimisation": "all",
            "spinning": "on (default)",
        }
        return Prepared(call, session.get_providers()[0], facts)


def _artifact(request: BenchPrepareRequest, context: Context) -> Path:
    path = resolve(context, request.artifact_path)
    if not request.artifact_path or not path.is_file():
        what = f"There is no file {path}" if request.artifact_path else "There is no ONNX artifact yet"
        raise UserError("artifact-missing", f"{what}.", "Export the model to ONNX first.")
    with path.open("rb") as stream:
        is_onnx = format_of(path, stream.read(2)) == "onnx"
    if not is_onnx:
        raise UserError(
            "artifact-not-onnx", f"{path.name} is not an ONNX file.", "Export to ONNX, or leave ONNX Runtime out."
        )
    return path


def _error(code: str, what: str, error: Exception) -> UserError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return UserError(
        code, f"{what}: {lines[0]}", "See the Check page for what is wrong with the artifact.", str(error)
    )

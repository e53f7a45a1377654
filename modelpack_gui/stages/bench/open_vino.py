"""An ONNX file in OpenVINO, on the CPU."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo, tensor_inputs
from modelpack_gui.stages.bench.base import Call, Prepared, timed_first_run
from modelpack_gui.stages.bench.example import example_arrays, fresh_arrays
from modelpack_gui.stages.bench.files import artifact_of
from modelpack_gui.stages.bench.onnx_session import IO_BINDING
from modelpack_gui.stages.bench.options import THREADS, Options
from modelpack_gui.stages.bench.precision import low_precision
from modelpack_gui.stages.parity.runtimes.base import first_line, match_inputs

if TYPE_CHECKING:
    import numpy.typing as npt

    from modelpack_gui.stages.parity.runtimes.base import Output

PRECISION = OptionInfo(
    "precision",
    "Computes in",
    "choice",
    "float32",
    ("float32", "bfloat16", "float16"),
    note="By itself OpenVINO takes bfloat16 where the processor has instructions for it, which is less exact.",
)
HINT = OptionInfo(
    "hint",
    "Made for",
    "choice",
    "latency",
    ("latency", "throughput"),
    note="latency gives one request all threads; throughput runs several at once, each with a part of them.",
)

_PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}


class OpenVinoRunner:
    """Compiles an ONNX file for this processor and runs it by an infer request, arrays in and arrays out."""

    id = "openvino"
    title = "OpenVINO"
    needs_artifact = "onnx"
    packages = ("openvino", "numpy")
    note = "Intel's runtime; it reads ONNX and compiles it for this processor when it loads."

    def options(self) -> tuple[OptionInfo, ...]:
        """See Runner."""
        return (PRECISION, HINT, THREADS, IO_BINDING)

    def problem(self) -> str:
        """See Runner."""
        return ""

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Read and compile the artifact and run it once.

        Raises:
            UserError: `artifact-missing`, `artifact-not-onnx`, `package-broken`, `artifact-not-loadable`,
                `inputs-do-not-match`, `runtime-failed`.
        """
        path = artifact_of(request, "onnx", context)
        started_s = time.perf_counter()
        is_profiled = bool(request.profile_folder)
        version, compiled = _compiled(path, options, options.threads(request.threads), is_profiled=is_profiled)
        load_s = time.perf_counter() - started_s
        precision, price, unsure = low_precision(path, context)
        example = example_arrays(request, context)
        given = [spec.name for spec in tensor_inputs(request.inputs)]
        sources = match_inputs([_name(port, given) for port in compiled.inputs], given)
        is_bound = options.flag(IO_BINDING.name)

        def bind(infer_request: Any, seed_offset: int) -> Call:
            arrays = fresh_arrays(request, context, seed_offset, example)
            return _call(infer_request, [arrays[source] for source in sources], is_bound=is_bound)

        infer_request = compiled.create_infer_request()
        try:
            call = bind(infer_request, 0)
            first_run_ms = timed_first_run(call, Prepared.mode)
        except Exception as error:  # its exceptions have no common base
            raise _error("runtime-failed", f"OpenVINO could not run {path.name}", error) from error
        is_low = options.choice(PRECISION.name) != "float32"
        return Prepared(
            call,
            f"OpenVINO {', '.join(compiled.get_property('EXECUTION_DEVICES'))}",
            {"openvino": version, **_facts(compiled, options), "file": path.name}
            | ({"precision": precision} if precision else {}),
            make_call=lambda seed_offset: bind(compiled.create_infer_request(), seed_offset),
            read=lambda result: _read(compiled, result),
            first_run_ms=first_run_ms,
            is_lossy=is_low or bool(precision),
            warnings=unsure,
            model=infer_request,
            price=price,
            load_s=load_s + first_run_ms / 1e3,
        )


def _compiled(path: Path, options: Options, threads: int, *, is_profiled: bool) -> tuple[str, Any]:
    """The version of OpenVINO, and the model compiled for the CPU; it counts the time of its nodes if profiled."""
    # Importing OpenVINO reports the use of it over the network, in a process that runs while we measure. It has a
    # stand-in for where this package of its own is not installed.
    sys.modules.setdefault("openvino_telemetry", cast(ModuleType, None))
    try:
        import openvino
    except (ImportError, OSError) as error:
        raise UserError(
            "package-broken",
            f"OpenVINO is installed, and cannot be imported: {error}",
            "Install it again: pip install --force-reinstall openvino.",
        ) from error
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": options.choice(HINT.name).upper(),
        "INFERENCE_PRECISION_HINT": _PRECISIONS[options.choice(PRECISION.name)],
        "PERF_COUNT": is_profiled,
    }
    try:
        core = openvino.Core()
        return str(openvino.__version__), core.compile_model(core.read_model(str(path)), "CPU", settings)
    except Exception as error:  # its exceptions have no common base
        raise _error("artifact-not-loadable", f"OpenVINO could not load {path}", error) from error


def _call(infer_request: Any, arrays: Sequence[npt.NDArray[Any]], *, is_bound: bool) -> Call:
    """A call by an infer request, which keeps its buffers."""
    if is_bound:
        import openvino

        for index, array in enumerate(arrays):
            infer_request.set_input_tensor(index, openvino.Tensor(array, shared_memory=True))

        def call_bound() -> object:
            return infer_request.infer(share_outputs=True)

        return call_bound
    feed: Mapping[int, npt.NDArray[Any]] = dict(enumerate(arrays))

    def call() -> object:
        return infer_request.infer(feed, share_inputs=True)

    return call


def _read(compiled: Any, result: Any) -> tuple[Output, ...]:
    from modelpack_gui.stages.parity.runtimes.leaves import leaves

    found: list[Output] = []
    for index, port in enumerate(compiled.outputs):
        found += leaves(_name(port, ()), result[index].copy())
    return tuple(found)


def _name(port: Any, wanted: Sequence[str]) -> str:
    """A port's name: of the several that it may have the one that is wanted, else any."""
    names = port.get_names()
    known = next((name for name in wanted if name in names), None)
    return known or (min(names) if names else str(port.get_index()))


def _facts(compiled: Any, options: Options) -> dict[str, str]:
    return {
        "intra-op threads": str(compiled.get_property("INFERENCE_NUM_THREADS")),
        "streams": str(compiled.get_property("NUM_STREAMS")),
        "computes in": options.choice(PRECISION.name),
        "made for": options.choice(HINT.name),
        "IO binding": "on" if options.flag(IO_BINDING.name) else "off",
    }


def _error(code: str, what: str, error: Exception) -> UserError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Exception from", "Check '"))]  # its own source files
    return UserError(
        code,
        f"{what}: {telling[-1] if telling else first_line(error)}",
        "Compare the example inputs with what the file takes; it may also have an operator that OpenVINO lacks.",
        str(error),
    )

"""An ONNX file in ONNX Runtime."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo, tensor_inputs
from modelpack_gui.stages.bench import libraries, onnx_session
from modelpack_gui.stages.bench.base import Call, Prepared, timed_first_run
from modelpack_gui.stages.bench.example import example_arrays, fresh_arrays
from modelpack_gui.stages.bench.files import artifact_of
from modelpack_gui.stages.bench.onnx_binding import binding_call
from modelpack_gui.stages.bench.options import Options
from modelpack_gui.stages.bench.precision import low_precision

if TYPE_CHECKING:
    import numpy.typing as npt

    from modelpack_gui.stages.parity.runtimes.base import Output


class OnnxRuntimeRunner:
    """Runs an ONNX file by `InferenceSession.run`, arrays in and arrays out, or with its inputs and outputs bound."""

    id = "onnxruntime"
    title = "ONNX Runtime"
    needs_artifact = "onnx"
    packages = ("onnxruntime", "numpy")
    note = "Runs an ONNX file without PyTorch; arrays in and arrays out, unless they are bound."

    def options(self) -> tuple[OptionInfo, ...]:
        """See Runner."""
        return onnx_session.options(libraries.devices().providers)

    def problem(self) -> str:
        """See Runner."""
        return libraries.devices().problem

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Load the artifact into a session and run it once.

        Raises:
            UserError: `artifact-missing`, `artifact-not-onnx`, `artifact-not-loadable`, `provider-not-available`,
                `inputs-do-not-match`, `runtime-failed`.
        """
        path = artifact_of(request, "onnx", context)
        started_s = time.perf_counter()
        import onnxruntime as ort

        session = onnx_session.open_session(path, options, request.threads, request.profile_folder)
        load_s = time.perf_counter() - started_s
        from modelpack_gui.stages.parity.runtimes.base import match_inputs

        precision, price, unsure = low_precision(path, context)
        example = example_arrays(request, context)

        names = [info.name for info in session.get_inputs()]
        sources = match_inputs(names, [spec.name for spec in tensor_inputs(request.inputs)])
        provider, warnings = onnx_session.assigned(session, options)
        is_bound, device = options.flag(onnx_session.IO_BINDING.name), onnx_session.memory_of(provider)

        def make_feed(seed_offset: int) -> Mapping[str, npt.NDArray[Any]]:
            arrays = fresh_arrays(request, context, seed_offset, example)
            return {name: arrays[source] for name, source in zip(names, sources, strict=True)}

        def make_call(seed_offset: int) -> Call:
            feed = make_feed(seed_offset)
            return binding_call(session, feed, device) if is_bound else _plain_call(session, feed)

        try:
            first_run_ms = timed_first_run(_plain_call(session, make_feed(0)), Prepared.mode)
            call = make_call(0)
        except UserError:
            raise
        except Exception as error:  # its exceptions have no common base
            raise onnx_session.session_error(
                "runtime-failed", f"ONNX Runtime could not run {path.name}", error
            ) from error
        facts = {"onnxruntime": ort.__version__, **_facts(request, options), "file": path.name}
        if precision:
            facts["precision"] = precision
        return Prepared(
            call,
            provider,
            facts,
            make_call=make_call,
            read=lambda result: _read(session, result),
            first_run_ms=first_run_ms,
            is_lossy=bool(precision),
            warnings=(*warnings, *unsure),
            load_s=load_s + first_run_ms / 1e3,
            model=session,
            price=price,
        )


def _plain_call(session: Any, feed: Mapping[str, npt.NDArray[Any]]) -> Call:
    def call() -> object:
        return session.run(None, feed)

    return call


def _read(session: Any, result: Any) -> tuple[Output, ...]:
    """Named arrays of what a call gave: a list of values, or a binding that holds them."""
    from modelpack_gui.stages.parity.runtimes.leaves import leaves

    values = result if isinstance(result, list) else result.copy_outputs_to_cpu()
    found: list[Output] = []
    for output, value in zip(session.get_outputs(), values, strict=True):
        found += leaves(output.name, value)
    return tuple(found)


def _facts(request: BenchPrepareRequest, options: Options) -> dict[str, str]:
    return {
        "intra-op threads": str(options.threads(request.threads)),
        "inter-op threads": str(options.number(onnx_session.INTER_OP.name)),
        "execution": options.choice(onnx_session.EXECUTION.name),
        "graph optimisation": options.choice(onnx_session.OPTIMIZATION.name),
        "spinning": "on" if options.flag(onnx_session.SPINNING.name) else "off",
        "IO binding": "on" if options.flag(onnx_session.IO_BINDING.name) else "off",
    }

"""One way to quantise, from the float32 artifact to a judged file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core import serde
from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.parity.lossy import LossyOutput, judge_outputs
from modelpack_gui.core.quantize.advice import advise
from modelpack_gui.core.quantize.facts import QuantizeFacts, raises_opset
from modelpack_gui.core.quantize.text import file_name
from modelpack_gui.core.records import (
    Artifact,
    CalibrationSpec,
    QuantizeAdvice,
    QuantizedVariant,
    QuantizeRequest,
    QuantizeSpec,
    Verdict,
)
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.common.price import write_price
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.parity.runtimes.base import first_line
from modelpack_gui.stages.parity.runtimes.onnxruntime_runtime import import_onnxruntime, open_session, session_options
from modelpack_gui.stages.quantize.data import Data, gather
from modelpack_gui.stages.quantize.errors import FloatSide, measure
from modelpack_gui.stages.quantize.facts import facts_of
from modelpack_gui.stages.quantize.loading import loading_fault
from modelpack_gui.stages.quantize.methods import write_quantized
from modelpack_gui.stages.quantize.prepare import IN_ONE_FILE_BYTES, Prepared, prepare
from modelpack_gui.stages.quantize.results import ops_of
from modelpack_gui.stages.quantize.tools import LEAVE_OUT_HINT, reduce_range
from modelpack_gui.stages.source.onnx_source import onnx_source


class Workshop:
    """The float32 artifact, and what several ways to quantise it have in common: each is done once.

    Args:
        artifact: In float32.
        folder: Temporary, for prepared models and ranges.
        context: Of the job; of one part of it while that is done.
    """

    def __init__(self, artifact: Artifact, request: QuantizeRequest, folder: Path, context: Context) -> None:
        self.artifact = artifact
        self.context = context
        self._request = request
        self._folder = folder
        self._is_torch_needed = onnx_source(request.source, context) is None if request.source.location else False
        self._session: Any = None
        self._prepared: dict[object, Prepared] = {}
        self._data: dict[CalibrationSpec, Data] = {}
        self._sides: dict[tuple[CalibrationSpec, bool], FloatSide] = {}

    def facts(self, spec: QuantizeSpec) -> QuantizeFacts:
        """What is known of the artifact."""
        return facts_of(self.artifact, spec, self.context, self._request.inputs, self._request.input_sets)[0]

    def data(self, spec: CalibrationSpec) -> Data:
        """The samples.

        Raises:
            UserError: See `gather`.
        """
        if spec not in self._data:
            self.context.progress("Gathering calibration data")
            self._data[spec] = gather(
                spec,
                self._request.inputs,
                self._request.input_sets,
                self.artifact.inputs,
                self.context,
                is_torch_needed=self._is_torch_needed,
            )
        return self._data[spec]

    def side(self, spec: CalibrationSpec, *, is_held_out: bool) -> FloatSide:
        """What float32 makes of the samples."""
        key = (spec, is_held_out)
        if key not in self._sides:
            data = self.data(spec)
            if self._session is None:
                self._session = open_session(self.artifact.path)
            samples = data.held_out if is_held_out else data.calibration
            self._sides[key] = FloatSide(self._session, samples, self.context)
        return self._sides[key]

    def prepared(self, spec: QuantizeSpec) -> Prepared:
        """The artifact as the tools need it.

        Raises:
            UserError: See `prepare`.
        """
        key = (spec.preprocess, raises_opset(spec, self.artifact.opset_version))
        if key not in self._prepared:
            self._prepared[key] = prepare(self.artifact, spec, self.new_folder(), self.context)
        return self._prepared[key]

    def new_folder(self) -> Path:
        """An empty folder, gone when the workshop closes."""
        return Path(tempfile.mkdtemp(dir=self._folder))

    def ranges(self, spec: QuantizeSpec) -> Path:
        """Where the ranges are kept that these settings give."""
        parts = (
            self.prepared(spec).path.parent.name,
            spec.calibration_method,
            spec.percentile if spec.calibration_method == "percentile" else 0,
            sorted(spec.op_types),
            spec.format if not spec.op_types else "",
            serde.encode(spec.calibration),
        )
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return self._folder / f"ranges-{digest}.json"


def make_variant(
    spec: QuantizeSpec, label: str, shop: Workshop, taken: set[Path], context: Context
) -> QuantizedVariant:
    """Quantise, judge, and put the file where it belongs. Why that did not go is told in the variant.

    Args:
        taken: Files that other ways of this run made; this one's is added.

    Raises:
        JobCancelled: The user asked to stop; nothing is left behind.
    """
    started_s = time.perf_counter()
    facts = shop.facts(spec)
    known = advise(spec, facts)
    try:
        refused = next((one for one in known if one.severity == "error"), None)
        if refused is not None:
            raise UserError(refused.kind.replace("_", "-"), refused.text, refused.hint)
        made = _make(spec, label, shop, facts, known, taken, context)
    except UserError as error:
        made = _without_file(spec, label, known, error.info)
    return dataclasses.replace(made, duration_s=time.perf_counter() - started_s)


def _make(
    spec: QuantizeSpec,
    label: str,
    shop: Workshop,
    facts: QuantizeFacts,
    known: Sequence[QuantizeAdvice],
    taken: set[Path],
    context: Context,
) -> QuantizedVariant:
    target = _target(spec, shop.artifact, taken, context)
    data = shop.data(spec.calibration)
    prepared = shop.prepared(spec)
    context.check_cancelled()
    with paths.replace_files(target) as path:
        write_quantized(
            spec,
            prepared,
            data.calibration,
            path,
            context,
            reduce_range=reduce_range(spec, facts.cpu_flags),
            ranges=shop.ranges(spec),
        )
        context.check_cancelled()
        context.progress("Comparing with float32", 0.75)
        optimized = shop.new_folder() / "optimized.onnx"
        session = open_quantized(path, spec, optimized)
        on_calibration, lossy = measure(shop.side(spec.calibration, is_held_out=False), session, what=label)
        on_held_out = None
        if data.held_out:
            on_held_out, lossy = measure(shop.side(spec.calibration, is_held_out=True), session, what=label)
        del session
        quantized_ops, float_ops = ops_of(path, optimized, spec, prepared)
        verdict, note = judge_outputs(lossy)
        fault = loading_fault(path, context) if spec.method == "float16" else None  # no other was seen to need it
        if fault is not None:
            verdict = Verdict.worst([verdict, Verdict.WARNING])
        write_price(path, verdict, on_held_out or on_calibration)
    taken.add(target)
    artifact = read_artifact(target)
    notes = [
        fault.text if fault is not None else "",
        note,
        _same_class_note(lossy, (on_held_out or on_calibration).top_classes),
    ]
    if not quantized_ops:
        verdict, notes = Verdict.WARNING, ["Nothing runs in low precision: all stayed in float32."]
    return QuantizedVariant(
        spec=spec,
        label=label,
        path=str(target),
        size_bytes=artifact.size_bytes,
        sha256=artifact.sha256,
        quantized_ops=quantized_ops,
        float_ops=float_ops,
        on_calibration=on_calibration,
        on_held_out=on_held_out,
        advice=(*((fault,) if fault is not None else ()), *known),
        verdict=verdict,
        summary=" ".join(text for text in notes if text),
    )


def open_quantized(path: Path, spec: QuantizeSpec, optimized: Path | None = None) -> Any:
    """A session of what was made.

    Args:
        optimized: Where the runtime writes what it makes of the graph, fusions for this kind of machine included;
            not for models that one file cannot hold.

    Raises:
        UserError: `quantized-not-loadable`.
    """
    ort = import_onnxruntime()
    options = session_options(ort, "all")
    if optimized is not None and sum(item.stat().st_size for item in path.parent.iterdir()) < IN_ONE_FILE_BYTES:
        options = session_options(ort, "extended")  # the last level lays weights out anew, in names of its own
        options.optimized_model_filepath = str(optimized)
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base
        line = first_line(error)
        hint = LEAVE_OUT_HINT
        if "ConvInteger" in line and spec.weight_type == "int8":
            hint = "This version of onnxruntime has it for uint8 weights only: take those, or leave Conv out."
        raise UserError(
            "quantized-not-loadable", f"It was made, and onnxruntime cannot load it: {line}", hint, str(error)
        ) from error


def _target(spec: QuantizeSpec, artifact: Artifact, taken: set[Path], context: Context) -> Path:
    """Where the file goes.

    Raises:
        UserError: `output-is-artifact`, `output-taken`.
    """
    source = Path(artifact.path)
    if spec.output_path:
        target = paths.resolve(context, spec.output_path)
    else:
        target = source.parent / file_name(spec, source.stem)
    if target == source or (target.exists() and target.samefile(source)):
        raise UserError(
            "output-is-artifact",
            f"{target} is the float32 artifact itself, which is not written over.",
            "Choose another output path.",
        )
    if target in taken:
        raise UserError(
            "output-taken", f"Another way of this run has just written {target}.", "Give each its own output path."
        )
    return target


def _same_class_note(lossy: Sequence[LossyOutput], classes: int) -> str:
    """That agreement proves little where float32 itself says always the same; empty if there is no such doubt."""
    rows = max((one.rows for one in lossy), default=0)
    if classes != 1 or rows < 2:
        return ""
    return f"float32 gives one class for all {plural(rows, 'row')}, so that agreement on it proves little."


def _without_file(
    spec: QuantizeSpec, label: str, known: Sequence[QuantizeAdvice], error: ErrorInfo
) -> QuantizedVariant:
    return QuantizedVariant(
        spec, label, "", 0, advice=tuple(known), verdict=Verdict.FAILED, summary=error.message, error=error
    )

"""The job quantize.sensitivity: what quantising each node alone costs the outputs."""

from __future__ import annotations

import dataclasses
import math
import shutil
import time
from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.parity.lossy import error_share
from modelpack_gui.core.quantize.text import label_of
from modelpack_gui.core.records import QuantizeRequest, SensitivityReport, SensitivityRequest, SensitivityRow
from modelpack_gui.stages.inspection.onnx_types import metadata_of, text_of
from modelpack_gui.stages.inspection.origin import origin_of_onnx
from modelpack_gui.stages.parity.runtimes.onnxruntime_runtime import open_session
from modelpack_gui.stages.quantize.errors import FloatSide, measure
from modelpack_gui.stages.quantize.facts import check_quantizable, facts_of, read_float_artifact
from modelpack_gui.stages.quantize.methods import write_quantized
from modelpack_gui.stages.quantize.portion import Portion
from modelpack_gui.stages.quantize.prepare import Prepared
from modelpack_gui.stages.quantize.quiet import quiet
from modelpack_gui.stages.quantize.stage import workshop
from modelpack_gui.stages.quantize.tools import import_tools, reduce_range
from modelpack_gui.stages.quantize.variant import Workshop, open_quantized
from modelpack_gui.stages.quantize.weights import activation_sqnr_db, together_db, weight_sqnr_db, weights_of

_JUDGED_ON = 8
"""Samples at most: each node is judged on the same few."""

_ALL_ACTIVATIONS_BYTES = 1 << 30
"""Activations of one sample are looked at together if they are no larger than this."""

_FOLLOWERS = frozenset(
    {"Clip", "Flatten", "MaxPool", "Pad", "Relu", "Reshape", "Resize", "Slice", "Split", "Squeeze", "Transpose",
     "Unsqueeze"}
)  # fmt: skip
"""Op types that the tools quantise only behind another that is: alone they stay in float."""


def run(request: SensitivityRequest, context: Context) -> SensitivityReport:
    """Quantise each node alone, by the same ranges, and look at the outputs; those expected to be dearest first.

    Each is given as a part when it was measured. When the time is up the rest is estimated from its weights only.

    Raises:
        UserError: `quantize-nothing`, and those of quantising.
        JobCancelled: The user asked to stop.
    """
    started_s = time.perf_counter()
    artifact = read_float_artifact(request.artifact_path, context)
    import_tools()
    check_quantizable(artifact)
    spec = request.quantize
    asked = QuantizeRequest(
        request.source, request.inputs, request.input_sets, request.artifact_path, (request.quantize,)
    )
    with workshop(artifact, asked, context) as shop:
        prepared = shop.prepared(spec)
        facts, graph = facts_of(artifact, spec, context)
        candidates = _candidates(prepared, request)
        reduced = reduce_range(spec, facts.cpu_flags)
        side = _side(shop, request, context)
        measured = _Measure(shop, request, side, Portion(context, "All together", 0.0, 0.0), reduced=reduced)
        baseline = measured.sqnr_db(())
        context.progress("Estimating", 0.0)
        estimates = _estimates(prepared, candidates, request, side, context, reduced=reduced)
        order = sorted(candidates, key=lambda name: estimates[name][1])
        modules = {node.name: _module(node) for node in graph.node}
        rows: list[SensitivityRow] = []
        for number, name in enumerate(order):
            context.check_cancelled()
            original = prepared.originals.get(name, name)
            row = SensitivityRow(
                original, prepared.op_types[name], modules.get(original, ""), None, estimates[name][0], False
            )
            if number == 0 or time.perf_counter() - started_s < request.budget_s:
                label = f"{original} ({number + 1} of {len(order)})"
                measured.context = Portion(context, label, number / len(order), 1 / len(order))
                row = measured.row(row, name)
                context.partial(row)
            rows.append(row)
    rows.sort(key=lambda row: (not row.is_measured, math.inf if row.sqnr_db is None else row.sqnr_db))
    left = sum(not row.is_measured for row in rows)
    return SensitivityReport(
        rows=tuple(rows),
        baseline_sqnr_db=baseline,
        summary=_summary(rows, baseline, left),
        is_complete=not left,
        duration_s=time.perf_counter() - started_s,
    )


class _Measure:
    """Quantises some nodes and gives the worst output's SQNR.

    Attributes:
        context: Of the part of the job that is done now.
    """

    def __init__(
        self, shop: Workshop, request: SensitivityRequest, side: FloatSide, context: Context, *, reduced: bool
    ) -> None:
        self._shop = shop
        self._spec = request.quantize
        self._side = side
        self.context = context
        self._reduced = reduced

    def sqnr_db(self, names: Sequence[str]) -> float | None:
        """With these nodes alone in low precision, or all if there are none named.

        Raises:
            UserError: It could not be made, loaded or run.
        """
        spec = self._spec
        folder = self._shop.new_folder()
        try:
            path = folder / "model.onnx"
            write_quantized(
                spec,
                self._shop.prepared(spec),
                self._shop.data(spec.calibration).calibration,
                path,
                self.context,
                reduce_range=self._reduced,
                ranges=self._shop.ranges(spec),
                only=names,
            )
            error, _ = measure(self._side, open_quantized(path, spec), what=label_of(spec))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return error.worst_sqnr_db if error.is_finite else -math.inf

    def row(self, row: SensitivityRow, name: str) -> SensitivityRow:
        """The row with what was measured; as it is if the tool cannot quantise that node alone."""
        try:
            found = self.sqnr_db((name,))
        except UserError as error:
            self.context.log("info", f"{row.node} was not measured: {error.info.message}")
            return row
        return dataclasses.replace(row, sqnr_db=found, is_measured=True)


def _candidates(prepared: Prepared, request: SensitivityRequest) -> list[str]:
    found = prepared.quantizable(request.quantize)
    if request.quantize.method == "float16":
        excluded = set(prepared.excluded(request.quantize.exclude_nodes))
        types = request.quantize.op_types
        found = [
            name
            for name, op_type in prepared.op_types.items()
            if name not in excluded and (not types or op_type in types)
        ]
    found = [name for name in found if prepared.op_types[name] not in _FOLLOWERS and name not in prepared.counting]
    if not found:
        raise UserError(
            "quantize-nothing",
            "There is no node that this way quantises, so that none can cost anything.",
            "Choose another method, or other op types.",
        )
    return found


def _side(shop: Workshop, request: SensitivityRequest, context: Context) -> FloatSide:
    """Float32 on a few held-out samples; on those of the calibration where none are held out."""
    data = shop.data(request.quantize.calibration)
    samples = (data.held_out or data.calibration)[:_JUDGED_ON]
    return FloatSide(open_session(shop.artifact.path), samples, context)


def _estimates(
    prepared: Prepared,
    names: Sequence[str],
    request: SensitivityRequest,
    side: FloatSide,
    context: Context,
    *,
    reduced: bool,
) -> dict[str, tuple[float | None, float]]:
    """For each node the SQNR of its weight, and that of weight and input together, in dB."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(prepared.path))
    weights = weights_of(model.graph, names)
    activations = _activations(model, prepared, names, side, context)
    found: dict[str, tuple[float | None, float]] = {}
    for name in names:
        context.check_cancelled()
        of_weight = None
        if name in weights:
            node, tensor = weights[name]
            array = numpy_helper.to_array(tensor)
            if array.dtype.kind == "f":
                of_weight = weight_sqnr_db(node, array, request.quantize, reduce_range=reduced)
        of_input = activations.get(name) if request.quantize.method != "float16" else None
        found[name] = of_weight, together_db(of_weight, of_input)
    return found


def _activations(
    model: Any, prepared: Prepared, names: Sequence[str], side: FloatSide, context: Context
) -> dict[str, float]:
    """The SQNR of each node's first input on one sample; of none if they cannot be had."""
    import onnx

    if prepared.has_data or model.ByteSize() > _ALL_ACTIVATIONS_BYTES:
        return {}
    stored = {tensor.name for tensor in model.graph.initializer}
    given = {value.name for value in (*model.graph.input, *model.graph.output)}
    wanted, known = set(names), {value.name for value in model.graph.value_info}
    reads = {
        node.name: node.input[0]
        for node in model.graph.node
        if node.name in wanted and node.input and node.input[0] in known and node.input[0] not in stored | given
    }
    values = sorted(set(reads.values()))
    if not values:
        return {}
    with_outputs = onnx.ModelProto()
    with_outputs.CopyFrom(model)
    by_name = {value.name: value for value in with_outputs.graph.value_info}
    with_outputs.graph.output.extend(by_name[name] for name in values)
    path = prepared.path.parent / "activations.onnx"
    try:
        onnx.save_model(with_outputs, str(path))
        with quiet(context):
            session = open_session(path, "off")
            arrays = session.run(values, dict(side.samples[0].feeds))
    except Exception as error:  # noqa: BLE001 (they only say which nodes to try first)
        context.log("debug", f"Activations were not looked at: {error}")
        return {}
    finally:
        path.unlink(missing_ok=True)
    sqnrs = {
        name: activation_sqnr_db(array) if array.dtype.kind == "f" else None
        for name, array in zip(values, arrays, strict=True)
    }
    return {node: found for node, value in reads.items() if (found := sqnrs[value]) is not None}


def _module(node: Any) -> str:
    return origin_of_onnx(text_of(node.name), metadata_of(node)).module_path


def _summary(rows: Sequence[SensitivityRow], baseline: float | None, left: int) -> str:
    measured = [row for row in rows if row.is_measured]
    costly = [row for row in measured if row.sqnr_db is not None]
    if not costly:
        return "No node changes the outputs when it is quantised alone."
    worst = costly[0]
    assert worst.sqnr_db is not None
    where = f", in {worst.module}" if worst.module else ""
    text = f"{worst.node} ({worst.op_type}{where}) costs most"
    if math.isinf(worst.sqnr_db):
        text += ": it alone gives NaN or infinity."
    else:
        text += f": alone it makes an error of {error_share(worst.sqnr_db)} of the signal"
        text += f", all together {error_share(baseline)}." if baseline is not None and baseline > -math.inf else "."
    if left:
        text += f" {plural(left, 'node')} of {len(rows)} could not be measured in the time given, or at all."
    return text

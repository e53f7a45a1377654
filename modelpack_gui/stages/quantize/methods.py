"""The ways to quantise, each by a tool of onnxruntime: static, dynamic, float16."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import QuantizeSpec
from modelpack_gui.stages.export.external_data import save_with_data
from modelpack_gui.stages.parity.runtimes.base import first_line
from modelpack_gui.stages.quantize.data import make_reader
from modelpack_gui.stages.quantize.fit import Sample
from modelpack_gui.stages.quantize.prepare import Prepared
from modelpack_gui.stages.quantize.quiet import quiet
from modelpack_gui.stages.quantize.shield import shield
from modelpack_gui.stages.quantize.tools import LEAVE_OUT_HINT, quantizable_ops
from modelpack_gui.stages.source.usercode import trimmed_traceback


def write_quantized(
    spec: QuantizeSpec,
    prepared: Prepared,
    samples: Sequence[Sample],
    target: Path,
    context: Context,
    *,
    reduce_range: bool,
    ranges: Path | None = None,
    only: Sequence[str] = (),
) -> None:
    """Write a quantised model to `target`, with a data file beside it where the float32 one has one.

    Args:
        samples: That ranges come from; static only.
        ranges: Where they are kept, or to be kept, for the next time; older versions of onnxruntime find them anew.
        only: Names in the prepared model of the nodes to quantise; empty takes all.

    Raises:
        UserError: `quantize-failed`.
        JobCancelled: The user asked to stop.
    """
    try:
        with quiet(context):
            if spec.method == "static":
                _static(spec, prepared, samples, target, context, reduce_range, ranges, only)
                _shield(spec, prepared, target)
            elif spec.method == "dynamic":
                _dynamic(spec, prepared, target, reduce_range, only)
            else:
                _float16(spec, prepared, target, only)
    except (UserError, JobCancelled, MemoryError):
        raise
    except OSError as error:
        if error.errno is not None:  # the disk, which whoever opened the folder tells of
            raise
        raise _failed(spec, error) from error
    except Exception as error:
        raise _failed(spec, error) from error


def _static(
    spec: QuantizeSpec,
    prepared: Prepared,
    samples: Sequence[Sample],
    target: Path,
    context: Context,
    reduce_range: bool,
    ranges: Path | None,
    only: Sequence[str],
) -> None:
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    methods = {
        "minmax": CalibrationMethod.MinMax,
        "entropy": CalibrationMethod.Entropy,
        "percentile": CalibrationMethod.Percentile,
    }
    more: dict[str, Any] = {}
    if ranges is not None and "calibration_cache_path" in inspect.signature(quantize_static).parameters:
        more["calibration_cache_path"] = ranges
    context.progress("Calibrating" if not _is_known(ranges) else "Quantising")
    quantize_static(
        prepared.path,
        target,
        make_reader(samples, context),
        quant_format=QuantFormat.QOperator if spec.format == "qoperator" else QuantFormat.QDQ,
        op_types_to_quantize=sorted(quantizable_ops(spec)),
        per_channel=spec.per_channel,
        reduce_range=reduce_range,
        activation_type=QuantType.QInt8 if spec.activation_type == "int8" else QuantType.QUInt8,
        weight_type=QuantType.QInt8 if spec.weight_type == "int8" else QuantType.QUInt8,
        nodes_to_quantize=list(only),
        nodes_to_exclude=prepared.excluded(spec.exclude_nodes),
        use_external_data_format=prepared.has_data,
        calibrate_method=methods[spec.calibration_method],
        extra_options={
            "WeightSymmetric": spec.symmetric_weights,
            "ActivationSymmetric": spec.symmetric_activations,
            "CalibPercentile": spec.percentile,
            "CalibStridedMinMax": 1,  # one sample after another: all their activations at once may not fit in memory
        },
        **more,
    )


def _shield(spec: QuantizeSpec, prepared: Prepared, target: Path) -> None:
    """Hold the runtime to what was excluded."""
    ops, excluded = quantizable_ops(spec), set(prepared.excluded(spec.exclude_nodes))
    if excluded or spec.op_types:
        shield(target, lambda node: node.name in excluded or node.op_type not in ops, has_data=prepared.has_data)


def _is_known(ranges: Path | None) -> bool:
    return ranges is not None and ranges.is_file()


def _dynamic(spec: QuantizeSpec, prepared: Prepared, target: Path, reduce_range: bool, only: Sequence[str]) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    chosen = [*only, *(f"{name}_MatMul" for name in only if prepared.op_types.get(name) == "Gemm")]
    quantize_dynamic(
        prepared.path,
        target,
        op_types_to_quantize=sorted(quantizable_ops(spec)),
        per_channel=spec.per_channel,
        reduce_range=reduce_range,
        weight_type=QuantType.QInt8 if spec.weight_type == "int8" else QuantType.QUInt8,
        nodes_to_quantize=chosen,
        nodes_to_exclude=prepared.excluded(spec.exclude_nodes),
        use_external_data_format=prepared.has_data,
        extra_options={"WeightSymmetric": spec.symmetric_weights},
    )


def _float16(spec: QuantizeSpec, prepared: Prepared, target: Path, only: Sequence[str]) -> None:
    import onnx
    from onnxruntime.transformers import float16, onnx_model

    model = onnx.load(str(prepared.path))
    model.graph.ClearField("value_info")  # it says float32 of values that become float16
    kept = set(prepared.excluded(spec.exclude_nodes))
    if only:
        kept |= set(prepared.op_types) - set(only)
    blocked = list(float16.DEFAULT_OP_BLOCK_LIST)
    if spec.op_types:
        blocked += sorted(set(prepared.op_types.values()) - set(spec.op_types))
    converted = float16.convert_float_to_float16(
        model, keep_io_types=spec.keep_io_types, op_block_list=blocked, node_block_list=sorted(kept)
    )
    halved = onnx_model.OnnxModel(converted)
    halved.topological_sort()  # the casts of the inputs were put at the end
    if prepared.has_data:
        save_with_data(halved.model, target)
    else:
        onnx.save_model(halved.model, str(target))


def _failed(spec: QuantizeSpec, error: Exception) -> UserError:
    line = first_line(error)
    hint = LEAVE_OUT_HINT
    if "shape" in line.lower() and not spec.preprocess:
        hint = "Let the artifact be pre-processed first: that infers shapes."
    elif spec.method == "static" and spec.format == "qoperator":
        hint = "Take the format QDQ, which knows more operators."
    return UserError("quantize-failed", f"onnxruntime's tool failed: {line}", hint, trimmed_traceback(error))

"""Reports of quantising as the stages give them, with made-up figures."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.quantize.presets import usual_specs
from modelpack_gui.core.quantize.text import file_name, label_of
from modelpack_gui.core.records import (
    Estimate,
    OutputError,
    QuantizeAdvice,
    QuantizeAdviceReport,
    QuantizedVariant,
    QuantizeError,
    QuantizeReport,
    QuantizeSpec,
    SensitivityReport,
    SensitivityRow,
    Verdict,
)

FLOAT_BYTES = 314_000
SPECS = usual_specs()
STATIC, PER_TENSOR, ENTROPY, QOPERATOR, DYNAMIC, FLOAT16 = SPECS
_FIGURES = {  # size, SQNR of calibration and held-out data, same top class, speed-up
    STATIC: (88_000, 34.6, 33.9, 0.996, 1.91),
    PER_TENSOR: (85_000, 27.2, 26.5, 0.982, 1.93),
    ENTROPY: (88_000, 31.4, 30.1, 0.991, 1.90),
    QOPERATOR: (86_000, 34.4, 33.7, 0.996, 1.97),
    DYNAMIC: (87_000, 36.9, 36.4, 0.997, 0.48),
    FLOAT16: (160_000, 68.2, 68.0, 1.0, 0.93),
}
REFUSED = ErrorInfo("quantize-refused", "onnxruntime has no kernel for it.", "Choose QDQ.", "INVALID_GRAPH")


def error(sqnr_db: float, samples: int, top1: float | None) -> QuantizeError:
    logits = OutputError("logits", 10 ** (-sqnr_db / 20) * 4, 10 ** (-sqnr_db / 20), sqnr_db, 0.99987)
    return QuantizeError(samples, (logits,), top1, top1)


def variant(spec: QuantizeSpec, folder: Path, *, is_measured: bool = False, sha256: str = "") -> QuantizedVariant:
    """A variant whose file is there."""
    usual = dataclasses.replace(spec, exclude_nodes=(), calibration=STATIC.calibration)
    size, calibration, held_out, top1, speedup = _FIGURES[usual]
    path = folder / file_name(spec, "shapes")
    path.write_bytes(b"q" * 10)
    made = QuantizedVariant(
        spec=spec,
        label=label_of(spec),
        path=str(path),
        size_bytes=size,
        sha256=sha256 or f"{len(path.name):064x}",
        quantized_ops={"Conv": 4, "Gemm": 1},
        float_ops={"Gemm": 1},
        on_calibration=error(calibration, 48, top1),
        on_held_out=error(held_out, 16, top1),
        verdict=Verdict.PASSED if top1 > 0.99 else Verdict.WARNING,
        summary="as made",
        duration_s=1.2,
    )
    return measured(made, speedup) if is_measured else made


def measured(one: QuantizedVariant, speedup: float) -> QuantizedVariant:
    p50 = 0.62 / speedup
    return dataclasses.replace(
        one,
        p50_ms=Estimate(p50, p50 * 0.98, p50 * 1.02),
        speedup=Estimate(speedup, speedup * 0.97, speedup * 1.03),
    )


def unmade(spec: QuantizeSpec) -> QuantizedVariant:
    return QuantizedVariant(spec, label_of(spec), "", 0, verdict=Verdict.FAILED, error=REFUSED)


def report(*variants: QuantizedVariant) -> QuantizeReport:
    return QuantizeReport(
        artifact_path="/models/build/shapes.onnx",
        float_size_bytes=FLOAT_BYTES,
        variants=variants,
        calibration_note="48 samples drawn like the example inputs; 16 more held out.",
        summary="as the stage said",
        verdict=Verdict.PASSED,
        machine={"cpu": "A CPU"},
        duration_s=4.2,
    )


def advice_report() -> QuantizeAdviceReport:
    return QuantizeAdviceReport(
        advice=(
            QuantizeAdvice("random_data", "info", "The calibration data is drawn at random.", "Choose a folder."),
            QuantizeAdvice(
                "dynamic_on_conv",
                "warning",
                "Dynamic INT8 is slow on convolutional nets.",
                "Choose static",
                '{"method": "static", "per_channel": true}',
            ),
            QuantizeAdvice("no_vnni", "warning", "This processor has no VNNI.", "Expect less speed."),
        ),
        op_counts={"Conv": 4, "Relu": 4, "Gemm": 2},
        quantizable=("Conv", "Gemm"),
        node_names=("/conv0/Conv", "/conv1/Conv"),
    )


NODES = (
    SensitivityRow("/conv0/Conv", "Conv", "conv0", 22.0, 41.0),
    SensitivityRow("/conv1/Conv", "Conv", "conv1", 32.0, 42.0),
    SensitivityRow("/head/Gemm", "Gemm", "head", 42.0, 44.0),
    SensitivityRow("/pool/Pool", "AveragePool", "pool", None, None),
    SensitivityRow("/late/Gemm", "Gemm", "late", None, 39.0, is_measured=False),
)


def sensitivity_report(*rows: SensitivityRow) -> SensitivityReport:
    return SensitivityReport(rows or NODES, 20.9, "/conv0/Conv makes most of the error.", True, 8.1)

"""Cells of a matrix, made by hand."""

from __future__ import annotations

from typing import Any

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import (
    Artifact,
    Estimate,
    ExporterInfo,
    ExportRecord,
    ExportSpec,
    MatrixCell,
    MatrixChoice,
    MatrixLatency,
    MatrixSize,
    Mismatch,
    ParityBrief,
    Verdict,
)

DYNAMO = ExporterInfo("onnx", "dynamo", "torch.export (dynamo)", 18, 23, 20, ())
TRACE = ExporterInfo("onnx", "trace", "Trace", 7, 20, 17, ())
SCRIPT = ExporterInfo("torchscript", "script", "TorchScript by script", None, None, None, ())


def cell(
    exporter: str = "dynamo",
    opset: int | None = 20,
    *,
    format: Any = "onnx",  # noqa: A002 (named as in the record)
    ms: tuple[float, float, float] | None = None,
    size_bytes: int = 1000,
    mismatches: int = 0,
    wrong_at: str = "",
    parity: Verdict = Verdict.PASSED,
    check: Verdict = Verdict.PASSED,
    loads: Verdict = Verdict.PASSED,
) -> MatrixCell:
    """One that was exported."""
    spec = ExportSpec(format=format, exporter=exporter, opset_version=opset)
    artifact = Artifact(f"/p/{exporter}-{opset}", format, size_bytes, "", (), (), opset_version=opset)
    missing = tuple(Mismatch("opset_version", "17", "18") for _ in range(mismatches))
    sizes = tuple(
        MatrixSize(
            label,
            0,
            Verdict.FAILED if label == wrong_at else Verdict.PASSED,
            0.14 if label == wrong_at else 1e-6,
            0.1,
        )
        for label in ("example", "batch = 1", "batch = 3")
    )
    verdict = Verdict.FAILED if wrong_at else parity
    return MatrixCell(
        MatrixChoice(format, exporter, opset),
        "exported",
        export=ExportRecord(spec, artifact, missing, (), 2.0, 1.0, {}),
        check=check,
        loads=loads,
        parity=ParityBrief(verdict, "Passed", 1e-6, 0.1, len(sizes)),
        sizes=sizes,
        nodes=30,
        duration_s=2.5,
        latency=None if ms is None else MatrixLatency(Estimate(*ms), 60, "ONNX Runtime"),
    )


def failed(exporter: str, opset: int | None = None, outcome: Any = "failed") -> MatrixCell:
    """One that gave no artifact."""
    error = ErrorInfo("export-failed", "The exporter gave up.", "Use another.")
    return MatrixCell(MatrixChoice("onnx", exporter, opset), outcome, error=error)

"""The exporters there are. One line for each."""

from __future__ import annotations

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import ExporterInfo
from modelpack_gui.stages.export import torch_facts
from modelpack_gui.stages.export.base import Exporter
from modelpack_gui.stages.export.onnx_dynamo import OnnxDynamoExporter
from modelpack_gui.stages.export.onnx_script import OnnxScriptExporter
from modelpack_gui.stages.export.onnx_trace import OnnxTraceExporter
from modelpack_gui.stages.export.pt2_export import Pt2Exporter
from modelpack_gui.stages.export.torchscript_script import TorchScriptScriptExporter
from modelpack_gui.stages.export.torchscript_trace import TorchScriptTraceExporter

EXPORTERS: tuple[Exporter, ...] = (
    OnnxDynamoExporter(),
    OnnxTraceExporter(),
    OnnxScriptExporter(),
    TorchScriptTraceExporter(),
    TorchScriptScriptExporter(),
    Pt2Exporter(),
)


def exporter_infos() -> tuple[ExporterInfo, ...]:
    """What each exporter offers in this interpreter. Imports nothing outside the standard library."""
    return tuple(_info(exporter) for exporter in EXPORTERS)


def find(format: str, exporter: str) -> Exporter:  # noqa: A002 (named as in the recipe)
    """The exporter that a recipe names.

    Raises:
        UserError: `exporter-unknown`.
    """
    for candidate in EXPORTERS:
        if (candidate.format, candidate.id) == (format, exporter):
            return candidate
    known = ", ".join(f"{candidate.format} by {candidate.id}" for candidate in EXPORTERS)
    raise UserError("exporter-unknown", f"There is no exporter {exporter!r} for {format}.", f"There are {known}.")


def missing_packages(exporter: Exporter) -> tuple[str, ...]:
    """Packages that an exporter needs and this interpreter lacks, spelled for pip."""
    version = torch_facts.torch_version()
    if version is None:
        missing = ["torch"]
    elif version < exporter.min_torch:
        missing = [f'"torch>={exporter.min_torch[0]}.{exporter.min_torch[1]}"']
    else:
        missing = []
    return (*missing, *(package for package in exporter.packages if not torch_facts.is_installed(package)))


def _info(exporter: Exporter) -> ExporterInfo:
    opsets = exporter.opsets()
    return ExporterInfo(
        format=exporter.format,
        exporter=exporter.id,
        title=exporter.title,
        opset_min=opsets.min if opsets else None,
        opset_max=opsets.max if opsets else None,
        opset_default=opsets.default if opsets else None,
        missing=missing_packages(exporter),
        note=exporter.note,
        options=exporter.options,
    )

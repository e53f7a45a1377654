"""The exporters to choose from: what the interpreter says, or what every torch has while it has not answered."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core.artifact_formats import FORMAT_TITLES, SUFFIXES, USUAL_SUFFIX
from modelpack_gui.core.locations import is_folder, is_there
from modelpack_gui.core.records import ArtifactFormat, Capabilities, ExporterInfo, ExportSpec, PostStepInfo

_OPTIONAL = (
    "constant_folding", "input_names", "output_names", "external_data", "strict", "draft_report", "freeze",
    "optimize_for_inference", "check_trace",
)  # fmt: skip
_NAMES = ("input_names", "output_names")
_ONNX = ("opset_version", *_NAMES, "constant_folding", "external_data")
_DEFAULTS = (
    ExporterInfo(
        "onnx",
        "dynamo",
        "ONNX, dynamo",
        18,
        23,
        20,
        (),
        "Captures the whole graph with torch.export.",
        (*_ONNX, "strict", "draft_report"),
    ),
    ExporterInfo(
        "onnx", "trace", "ONNX, trace", 7, 20, 20, (), "Records one run: branches on data or sizes freeze.", _ONNX
    ),
    ExporterInfo(
        "onnx", "script", "ONNX, script", 7, 20, 20, (), "Compiles the source: keeps branches and loops.", _ONNX
    ),
    ExporterInfo(
        "torchscript",
        "trace",
        "TorchScript, trace",
        None,
        None,
        None,
        (),
        "Records one run: branches freeze.",
        ("freeze", "optimize_for_inference", "check_trace"),
    ),
    ExporterInfo(
        "torchscript",
        "script",
        "TorchScript, script",
        None,
        None,
        None,
        (),
        "Compiles the source: keeps branches.",
        ("freeze", "optimize_for_inference"),
    ),
    ExporterInfo(
        "pt2",
        "export",
        "torch.export",
        None,
        None,
        None,
        (),
        "Captures the whole graph; runs in PyTorch.",
        ("strict", "draft_report"),
    ),
)
_DEFAULT_STEPS = (
    PostStepInfo("onnxscript-optimizer", "onnx", "onnxscript optimizer", (), "Folds constants."),
    PostStepInfo("onnxslim", "onnx", "onnxslim", (), "Simplifies shape arithmetic and merges operators."),
    PostStepInfo("onnxruntime-offline", "onnx", "ONNX Runtime, offline", (), "Does its basic optimisations ahead."),
    PostStepInfo("float16", "onnx", "float16", (), "Half the size; inputs and outputs stay float32."),
)
FILE_FILTERS = {
    name: f"{FORMAT_TITLES[name]} ({' '.join(f'*{suffix}' for suffix in suffixes)})"
    for name, suffixes in SUFFIXES.items()
}


def exporters(capabilities: Capabilities | None) -> tuple[ExporterInfo, ...]:
    """All that can be chosen."""
    return capabilities.exporters if capabilities is not None and capabilities.exporters else _DEFAULTS


def post_steps(capabilities: Capabilities | None) -> tuple[PostStepInfo, ...]:
    """All steps that can follow an export."""
    return capabilities.post_steps if capabilities is not None and capabilities.post_steps else _DEFAULT_STEPS


def steps_for(found: Sequence[PostStepInfo], format_: str) -> tuple[PostStepInfo, ...]:
    """Those that work on a format."""
    return tuple(info for info in found if info.format == format_)


def steps_problem(found: Sequence[PostStepInfo], steps: Sequence[str]) -> str:
    """Why the chosen steps cannot be run, as a sentence; empty if they can. A format without any runs none."""
    known = {info.id: info for info in found}
    for step in steps if found else ():
        if step not in known:
            return f"There is no step {step}; untick it."
        if known[step].missing:
            return f"{known[step].title} needs {', '.join(known[step].missing)}; install it or untick the step."
    return ""


def of_format(found: Sequence[ExporterInfo], format_: str) -> tuple[ExporterInfo, ...]:
    """Those that make a format."""
    return tuple(info for info in found if info.format == format_)


def chosen(found: Sequence[ExporterInfo], export: ExportSpec) -> ExporterInfo | None:
    """The one that the options name; None if there is none."""
    return next((info for info in found if (info.format, info.exporter) == (export.format, export.exporter)), None)


def clamped_opset(opset: int | None, info: ExporterInfo | None) -> int | None:
    """The opset nearest to what was asked that the exporter can do; None stays None."""
    if opset is None or info is None or info.opset_min is None or info.opset_max is None:
        return opset
    return min(max(opset, info.opset_min), info.opset_max)


def uses_ranges(export: ExportSpec) -> bool:
    """Whether the exporter looks at the smallest and the largest size of a dynamic axis: those by torch.export do."""
    return export.exporter in ("dynamo", "export")


def with_format(export: ExportSpec, format_: ArtifactFormat, found: Sequence[ExporterInfo]) -> ExportSpec:
    """The options for another format: an exporter that makes it, and the suffix of its files."""
    names = [info.exporter for info in of_format(found, format_)]
    exporter = export.exporter if export.exporter in names or not names else names[0]
    path = export.output_path
    if path.endswith(SUFFIXES[export.format]):
        path = str(Path(path).with_suffix(USUAL_SUFFIX[format_]).as_posix())
    new = dataclasses.replace(export, format=format_, exporter=exporter, output_path=path)
    return dataclasses.replace(new, opset_version=clamped_opset(new.opset_version, chosen(found, new)))


def heeded(export: ExportSpec, info: ExporterInfo | None) -> ExportSpec:
    """The options without those that the exporter has no use for; an opset is kept for when ONNX is chosen again."""
    if info is None:
        return export
    plain = ExportSpec()
    unused: dict[str, Any] = {name: getattr(plain, name) for name in _OPTIONAL if name not in info.options}
    if export.format != "onnx":
        unused["post_steps"] = ()
    return dataclasses.replace(export, **unused)


def output_path_problem(path: str, format_: ArtifactFormat, base: Path) -> str:
    """Why an artifact cannot be written there, as a sentence; empty if it probably can."""
    if not path.strip():
        return "Choose an output path."
    whole = base / Path(path).expanduser()
    try:
        if is_folder(whole):
            return f"{path} is a folder; add a file name."
        for parent in whole.parents:
            if is_there(parent):
                if not is_folder(parent):
                    return f"{parent} is a file, not a folder."
                break
    except OSError as error:
        return f"{path} cannot be used: {error.strerror or error}."
    suffixes = SUFFIXES[format_]
    if whole.suffix.lower() not in suffixes:
        expected = suffixes[0] if len(suffixes) == 1 else f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        return f"The file name must end in {expected} for {FORMAT_TITLES[format_]}."
    return ""


def names_problem(names: tuple[str, ...], what: str) -> str:
    """Why names of inputs or outputs cannot be used, as a sentence; empty if they can."""
    if any(not name for name in names):
        return f"One of the {what} names is empty."
    if len(set(names)) != len(names):
        return f"Two {what} names are the same."
    return ""

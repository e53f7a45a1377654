"""What the formats of artifacts are called, and how their files end."""

from __future__ import annotations

from modelpack_gui.core.records.export import ArtifactFormat

FORMAT_TITLES: dict[str, str] = {"onnx": "ONNX", "torchscript": "TorchScript", "pt2": "ExportedProgram"}

SUFFIXES: dict[ArtifactFormat, tuple[str, ...]] = {
    "onnx": (".onnx",),
    "torchscript": (".pt", ".pth", ".ts", ".torchscript", ".ptl"),
    "pt2": (".pt2",),
}
"""Of the files of each format, the usual one first."""

USUAL_SUFFIX: dict[ArtifactFormat, str] = {name: suffixes[0] for name, suffixes in SUFFIXES.items()}

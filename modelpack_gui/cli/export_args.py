"""The options of an export on the command line."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from modelpack_gui.core.artifact_formats import USUAL_SUFFIX
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ArtifactFormat, ExportSpec

_EXPORTERS: dict[ArtifactFormat, tuple[str, ...]] = {
    "onnx": ("dynamo", "trace", "script"),
    "torchscript": ("trace", "script"),
    "pt2": ("export",),
}
_FIELDS = {
    "format": "format",
    "exporter": "exporter",
    "opset": "opset_version",
    "strict_capture": "strict",
    "draft_report": "draft_report",
    "freeze": "freeze",
    "optimize_for_inference": "optimize_for_inference",
    "check_trace": "check_trace",
    "constant_folding": "constant_folding",
    "external_data": "external_data",
    "post": "post_steps",
    "input_names": "input_names",
    "output_names": "output_names",
}


def add_export_options(
    options: argparse._ArgumentGroup, parse_dynamic: Callable[[str], Any], parse_words: Callable[[str], Any]
) -> None:
    """Add them; each changes what the recipe says."""

    def switch(name: str, field: str, *, value: bool, text: str) -> None:
        options.add_argument(name, dest=field, action="store_const", const=value, help=text)

    options.add_argument("--format", choices=tuple(_EXPORTERS), help="pt2 is an ExportedProgram of torch.export")
    options.add_argument("--exporter", choices=("dynamo", "trace", "script", "export"))
    options.add_argument("--opset", type=int, metavar="N", help="version of the default ONNX operator set")
    options.add_argument(
        "--dynamic",
        type=parse_dynamic,
        action="append",
        metavar="INPUT:AXIS=NAME[:MIN:MAX[:MULTIPLE]]",
        help="axis that shall take any size (repeat it); replaces those of the recipe",
    )
    switch("--strict", "strict_capture", value=True, text="let torch.export read the bytecode (dynamo, pt2)")
    switch("--draft-report", "draft_report", value=True, text="list all that stands in the way (dynamo, pt2)")
    switch("--freeze", "freeze", value=True, text="make the weights constants (TorchScript)")
    switch(
        "--optimize-for-inference",
        "optimize_for_inference",
        value=True,
        text="optimise for this kind of machine (TorchScript)",
    )
    switch("--no-check-trace", "check_trace", value=False, text="do not compare a trace with a run on other values")
    switch("--no-constant-folding", "constant_folding", value=False, text="leave constants as they are (ONNX)")
    switch("--external-data", "external_data", value=True, text="keep the weights in a file of their own (ONNX)")
    options.add_argument("--input-names", type=parse_words, metavar="A,B", help="of the artifact's inputs (ONNX)")
    options.add_argument("--output-names", type=parse_words, metavar="A,B", help="of its outputs (ONNX)")
    options.add_argument(
        "--post",
        type=parse_words,
        metavar="A,B",
        help="steps after the export, in order; `modelpack env` lists them; each is kept only if parity holds",
    )
    options.add_argument("--output", type=Path, metavar="PATH", help="where the artifact goes")


def with_export(recipe: Recipe, given: dict[str, Any]) -> Recipe:
    """The recipe with the options that were given, and an exporter and a file name that fit the format."""
    changes = {field: given[key] for key, field in _FIELDS.items() if given.get(key) is not None}
    if given.get("dynamic"):
        changes["dynamic"] = tuple(given["dynamic"])
    if given.get("output"):
        changes["output_path"] = str(given["output"].absolute())
    export = dataclasses.replace(recipe.export, **changes)
    if given.get("format") and not given.get("exporter") and export.exporter not in _EXPORTERS[export.format]:
        export = dataclasses.replace(export, exporter=_EXPORTERS[export.format][0])
    return dataclasses.replace(recipe, export=_with_path(export, recipe, given))


def _with_path(export: ExportSpec, recipe: Recipe, given: dict[str, Any]) -> ExportSpec:
    """A path for the format: a name after the model where there is none, another suffix where the format is new."""
    suffix = USUAL_SUFFIX[export.format]
    if not export.output_path:
        stem = recipe.source.name.rpartition(".")[2].lower() or "model"
        return dataclasses.replace(export, output_path=f"build/{stem}{suffix}")
    before = USUAL_SUFFIX[recipe.export.format]
    if given.get("output") or before == suffix or not export.output_path.endswith(before):
        return export
    return dataclasses.replace(export, output_path=PurePath(export.output_path).with_suffix(suffix).as_posix())

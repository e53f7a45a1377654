"""Fixes that are settings: each is offered only where it can be made in this interpreter."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from modelpack_gui.core.artifact_formats import USUAL_SUFFIX
from modelpack_gui.core.dims import edits as dim_edits
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Fix, RecipeEdit
from modelpack_gui.stages.explain.base import Situation
from modelpack_gui.stages.export.registry import find, missing_packages


def use_exporter(situation: Situation, exporter: str, details: str = "", *, verb: str = "Use") -> tuple[Fix, ...]:
    """Another exporter for the same format; nothing where there is none, or where it lacks a package.

    An opset that it cannot write goes back to its default.
    """
    spec = situation.spec
    if spec is None or spec.exporter == exporter:
        return ()
    try:
        other = find(spec.format, exporter)
    except UserError:
        return ()
    if missing_packages(other):
        return ()
    edits = [RecipeEdit("export.exporter", exporter)]
    opsets = other.opsets()
    if spec.opset_version is not None and not (opsets and opsets.min <= spec.opset_version <= opsets.max):
        edits.append(RecipeEdit("export.opset_version", None))
    return (Fix(f"{verb} the exporter {exporter}", tuple(edits), details),)


def use_torchscript(situation: Situation, details: str = "") -> tuple[Fix, ...]:
    """A trace as TorchScript instead of another format, its file named as such."""
    spec = situation.spec
    if spec is None or spec.format == "torchscript":
        return ()
    output = PurePosixPath(spec.output_path.replace("\\", "/"))
    edits = (
        RecipeEdit("export.format", "torchscript"),
        RecipeEdit("export.exporter", "trace"),
        RecipeEdit("export.opset_version", None),
        RecipeEdit("export.post_steps", []),
        RecipeEdit("export.output_path", str(output.with_suffix(USUAL_SUFFIX["torchscript"])) if output.name else ""),
    )
    return (Fix("Export to TorchScript", edits, details),)


def use_opset(situation: Situation, opset: int, details: str = "") -> tuple[Fix, ...]:
    """Another opset; nothing where the exporter cannot write it."""
    spec = situation.spec
    if spec is None:
        return ()
    opsets = find(spec.format, spec.exporter).opsets()
    if opsets is None or not opsets.min <= opset <= opsets.max:
        return ()
    return (Fix(f"Use opset {opset}", (RecipeEdit("export.opset_version", opset),), details),)


def make_static(situation: Situation, names: Iterable[str], details: str = "") -> tuple[Fix, ...]:
    """Dynamic dimensions taken away, so that the artifact takes the example's size only."""
    spec = situation.spec
    chosen = sorted(set(names) & {dim.name for dim in spec.dynamic}) if spec else []
    if spec is None or not chosen:
        return ()
    kept = tuple(dim for dim in spec.dynamic if dim.name not in chosen)
    return (Fix(f"Make {' and '.join(chosen)} static", (dim_edits.dynamic_edit(kept),), details),)

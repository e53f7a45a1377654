"""The axes of inputs: which were asked to be dynamic, and which are."""

from __future__ import annotations

from collections.abc import Iterator

from modelpack_gui.core.asked.base import AskedExport, AskedRow, Size, passed
from modelpack_gui.core.dims import edits
from modelpack_gui.core.explain.explanation import Explanation, Fix
from modelpack_gui.core.explain.mismatch_titles import MISMATCH_TITLES
from modelpack_gui.core.records import DynamicDim, InputSpec, Verdict


def input_dims(export: AskedExport) -> Iterator[AskedRow]:
    """A row for each axis that was asked to be dynamic or is."""
    examples = export.examples()
    if export.artifact.format == "pt2" and not examples:  # nested inputs have a name for each tensor
        return
    asked = {(dim.input, dim.axis): dim for dim in export.spec.dynamic}
    found = 0
    for info in export.artifact.inputs:
        example = examples.get(info.name)
        for axis, size in enumerate(info.shape or ()):
            dim = asked.pop((example.name, axis), None) if example is not None else None
            if dim is not None:
                yield _asked_dim(export, dim, info.name, size)
            elif not isinstance(size, int) and export.inputs:
                yield _unasked_dim(export, example, info.name, axis, size)
            else:
                continue
            found += 1
    have_vanished = _vanished(export)
    for dim in asked.values():
        found += 1
        if dim.input not in have_vanished:  # a row of its own says so
            yield _lost_dim(export, dim)
    if not found and export.artifact.format == "onnx":
        note = "No dynamic dimension was asked for, and every size of the inputs is fixed."
        yield passed("dynamic_dim", "none", "none", note)


def _vanished(export: AskedExport) -> set[str]:
    """Example inputs that the artifact does not take at all."""
    got = {info.name for info in export.artifact.inputs}
    if len(got) >= len(export.asked_names):
        return set()
    return {item.name for item, name in zip(export.tensors, export.asked_names, strict=False) if name not in got}


def _asked_dim(export: AskedExport, dim: DynamicDim, name: str, size: Size) -> AskedRow:
    spec = export.spec
    place = f"{name}[{dim.axis}]"
    asked, got = f"{place} = {dim.name}", f"{place} = {'?' if size is None else size}"
    others = {other.name for other in spec.dynamic} - {dim.name}
    static = edits.make_static(spec, *(item for item in spec.dynamic if item.name == dim.name))
    if isinstance(size, int):
        fixes = [static, Fix("Take the size from the input", details=edits.HOW_TO_KEEP_A_SIZE)]
        if size < 2:
            fixes.insert(0, edits.resized(export.inputs, dim, 2))
        known = Explanation(
            "dim-fixed",
            MISMATCH_TITLES["dim-fixed"],
            f"{dim.name} was asked to be dynamic, and the file takes {size} at {place} only: the model makes it a "
            "constant, by a number in a reshape, a branch on the size, int(), or an example of size 0 or 1.",
            fixes=tuple(fixes),
        )
        return AskedRow("dynamic_dim", Verdict.FAILED, asked, got, place, explanation=known)
    if size in others:
        known = Explanation(
            "dim-shared",
            MISMATCH_TITLES["dim-shared"],
            f"{dim.name} was asked to be a size of its own, and the file names it {size}, as another axis: the model "
            "makes the two equal.",
            fixes=(edits.share_name(spec, dim, str(size)),),
        )
        return AskedRow("dynamic_dim", Verdict.WARNING, asked, got, place, explanation=known)
    refusal = export.reference.refused.get(dim.name)
    if refusal:
        known = Explanation(
            "dim-refused-by-model",
            "The model itself does not take it",
            f"The file says that {place} takes any size, and the model in PyTorch refuses another one than the "
            f"example's: {refusal}",
            fixes=(static, Fix("Probe the sizes to see what the model takes")),
        )
        return AskedRow("dynamic_dim", Verdict.WARNING, asked, got, place, explanation=known)
    under = "" if size == dim.name else f", under the name {size}" if size else ", without a name"
    return passed("dynamic_dim", asked, got, f"{dim.name} takes any size{under}.", place)


def _unasked_dim(export: AskedExport, example: InputSpec | None, name: str, axis: int, size: str | None) -> AskedRow:
    place = f"{name}[{axis}]"
    fixes = [Fix("Export with a fixed size")]
    if example is not None:
        dim = DynamicDim(example.name, axis, size if size and size.isidentifier() else f"dim_{axis}")
        fixes.insert(0, edits.ask_for(export.spec, dim))
    known = Explanation(
        "dim-unasked",
        "A dimension is dynamic though not asked",
        f"Axis {axis} of {name} takes any size, as it depends on one that was asked for; parity does not try others.",
        fixes=tuple(fixes),
    )
    got = f"{place} = {size or '?'}"
    return AskedRow("dynamic_dim", Verdict.WARNING, f"{place} is static", got, place, explanation=known)


def _lost_dim(export: AskedExport, dim: DynamicDim) -> AskedRow:
    names = dict(zip((item.name for item in export.tensors), export.asked_names, strict=False))
    name = names.get(dim.input, dim.input)
    place = f"{name}[{dim.axis}]"
    shapes = {info.name: info.shape for info in export.artifact.inputs}
    fixes: list[Fix] = []
    if name not in shapes:
        close = edits.closest(dim.input, [item.name for item in export.inputs])
        if close and close != dim.input:
            fixes.append(edits.moved(export.spec, dim, close))
        cause = f"{dim.name} was asked to be dynamic, and the file takes no input {name!r}."
    else:
        cause = f"{dim.name} was asked to be dynamic, and the file does not say that {name!r} has such an axis."
    fixes.append(edits.make_static(export.spec, dim))
    known = Explanation("dim-lost", "A dimension is not in the artifact", cause, fixes=tuple(fixes))
    return AskedRow("dynamic_dim", Verdict.FAILED, f"{place} = {dim.name}", "missing", place, explanation=known)

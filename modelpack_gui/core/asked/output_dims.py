"""The axes of outputs: which change with an input in PyTorch, and which do in the artifact."""

from __future__ import annotations

from collections.abc import Iterator

from modelpack_gui.core.asked.base import AskedExport, AskedRow, Size, passed
from modelpack_gui.core.dims import edits
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit
from modelpack_gui.core.records import ExportSpec, Verdict


def output_dims(export: AskedExport) -> Iterator[AskedRow]:
    """A row for each axis of an output that the model changes with an input, or that is said to."""
    expected, got = export.reference.outputs, export.artifact.outputs
    if not expected:
        yield from _nothing_follows(export)
        return
    if len(expected) != len(got):
        return
    names = {dim.name for dim in export.spec.dynamic}
    for reference, info in zip(expected, got, strict=True):
        if reference.shape is None or info.shape is None or len(reference.shape) != len(info.shape):
            continue
        for axis, (should, size) in enumerate(zip(reference.shape, info.shape, strict=True)):
            row = _output_dim(export.spec, names, f"{info.name}[{axis}]", should, size)
            if row is not None:
                yield row


def _output_dim(spec: ExportSpec, names: set[str], place: str, should: Size, size: Size) -> AskedRow | None:
    asked = f"{place} = {'?' if should is None else should}"
    got = f"{place} = {'?' if size is None else size}"
    if isinstance(should, int):
        if isinstance(size, str) and size in names:
            known = Explanation(
                "output-follows-wrongly",
                "An output is said to change and does not",
                f"The file says that {place} changes with {size}, and in PyTorch it is always {should}.",
                fixes=(Fix("Look at what forward returns there"), *_other_exporter(spec)),
            )
            return AskedRow("output_dim", Verdict.WARNING, asked, got, place, explanation=known)
        return None
    follows = f"changes with {should}" if should in names else f"is {should}" if should else "changes with the inputs"
    if isinstance(size, int):
        cause = (
            f"In PyTorch {place} {follows}, and the file says that it is always {size}, as in the example. Either "
            "its answers at other sizes have the wrong shape, or only what it says is wrong: parity tells."
        )
        fixes = [Fix("Take the size from the input", details=edits.HOW_TO_KEEP_A_SIZE), *_other_exporter(spec)]
        if should in names:
            dims = [dim for dim in spec.dynamic if dim.name == should]
            fixes.append(edits.make_static(spec, *dims))
        known = Explanation("output-fixed", "An output does not follow its input", cause, fixes=tuple(fixes))
        # No more than a warning: of a GRU the dynamo exporter writes a false size, and what comes out is right.
        return AskedRow("output_dim", Verdict.WARNING, asked, got, place, explanation=known)
    if should in names and size in names and size != should:
        known = Explanation(
            "output-follows-another",
            "An output follows another dimension",
            f"In PyTorch {place} {follows}, and the file names it {size}.",
            fixes=(edits.share_names(spec, str(size), str(should)),),
        )
        return AskedRow("output_dim", Verdict.WARNING, asked, got, place, explanation=known)
    under = "" if size == should else " The file gives it no name." if size is None else f" The file names it {size}."
    return passed("output_dim", asked, got, f"{place} {follows}, as in PyTorch.{under}", place)


def _nothing_follows(export: AskedExport) -> Iterator[AskedRow]:
    """What can be said without a run of the model: what the file says, and that some output should change."""
    outputs = export.artifact.outputs
    is_fixed = all(info.shape is not None and all(isinstance(size, int) for size in info.shape) for info in outputs)
    is_open = any(not isinstance(size, int) for info in export.artifact.inputs for size in info.shape or ())
    names = {dim.name for dim in export.spec.dynamic}
    for info in outputs:
        for axis, size in enumerate(info.shape or ()):
            if size in names:
                place = f"{info.name}[{axis}]"
                asked = f"{place} = {size}"
                yield passed("output_dim", asked, asked, f"The file says that {place} changes with {size}.", place)
    if export.spec.dynamic and outputs and is_fixed and is_open:
        got = "; ".join(f"{info.name}: {info.shape_text}" for info in outputs)
        known = Explanation(
            "output-fixed",
            "An output does not follow its input",
            "An input takes any size, and every size of the outputs is fixed. That is right only if forward sums "
            "over that axis.",
            fixes=(Fix("Compare at other sizes: run the parity"), *_other_exporter(export.spec)),
        )
        yield AskedRow("output_dim", Verdict.WARNING, "follow the inputs", got, explanation=known)


def _other_exporter(spec: ExportSpec) -> tuple[Fix, ...]:
    other = {"trace": "dynamo", "dynamo": "script"}.get(spec.exporter)
    if spec.format != "onnx" or other is None:
        return ()
    return (Fix(f"Use the exporter {other}", (RecipeEdit("export.exporter", other),)),)

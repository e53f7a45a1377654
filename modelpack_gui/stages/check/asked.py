"""What the export asked for against what the artifact has."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from modelpack_gui.core.records import Artifact, CheckRow, DynamicDim, ExportSpec, InputSpec
from modelpack_gui.stages.check.rows import failed, listed, passed, warning


def asked_rows(artifact: Artifact, asked: ExportSpec, inputs: Sequence[InputSpec]) -> list[CheckRow]:
    """The rows for opset, names of inputs and outputs, and each dynamic dimension.

    TorchScript has no opset, no names of outputs and no fixed dimensions: those rows are left out. An ExportedProgram
    has the dimensions only, and takes its inputs by position under the names of forward.
    """
    example_names = tuple(item.name for item in inputs)
    if artifact.format == "pt2":
        names = tuple(item.name for item in artifact.inputs)
        if len(names) != len(example_names):  # nested inputs have a name for each tensor
            return []
        return _dynamic_dims(artifact, asked.dynamic, example_names, names)
    input_names = _asked_input_names(asked, example_names)
    rows = []
    if input_names:
        rows.append(_input_names(artifact, input_names))
    if artifact.format != "onnx":
        return rows
    rows.insert(0, _opset(artifact, asked.opset_version))
    if asked.output_names:
        rows.append(_output_names(artifact, asked.output_names))
    rows.extend(_dynamic_dims(artifact, asked.dynamic, example_names, input_names))
    return rows


def _asked_input_names(asked: ExportSpec, example_names: tuple[str, ...]) -> tuple[str, ...]:
    """An export can name the first inputs only; the others keep the names of the example inputs."""
    return asked.input_names + example_names[len(asked.input_names) :]


def _opset(artifact: Artifact, asked: int | None) -> CheckRow:
    got = "" if artifact.opset_version is None else str(artifact.opset_version)
    if asked is None:
        return passed("opset", f"No opset was asked for; the exporter took {got}.", asked="any", got=got)
    if asked == artifact.opset_version:
        return passed("opset", f"The file uses opset {got}, as asked.", asked=str(asked), got=got)
    if artifact.opset_version is None:
        return failed(
            "opset",
            "The file names no opset of the default domain.",
            "Export it again.",
            asked=str(asked),
            got="none",
        )
    return warning(
        "opset",
        f"Opset {asked} was asked for and the file has {got}. A runtime made for {asked} may not load it."
        if asked < artifact.opset_version
        else f"Opset {asked} was asked for and the file has the older {got}.",
        "Ask for an opset in the range of the exporter (the export dialog shows it), or take the other exporter.",
        asked=str(asked),
        got=got,
    )


def _input_names(artifact: Artifact, asked: tuple[str, ...]) -> CheckRow:
    got = tuple(item.name for item in artifact.inputs)
    texts = {"asked": listed(asked), "got": listed(got)}
    if got == asked:
        return passed("input-names", "The inputs have the names asked for, in their order.", **texts)
    missing = [name for name in asked if name not in got]
    if missing and len(got) < len(asked):
        return failed(
            "input-names",
            f"The file does not take {listed(missing)}. An exporter drops what does not affect the outputs.",
            "Check that forward uses it; if it is not needed, remove it from the example inputs.",
            **texts,
        )
    if sorted(got) == sorted(asked):
        return failed("input-names", "The inputs have another order than asked for.", "Feed them by name.", **texts)
    return failed(
        "input-names",
        "A caller that feeds the inputs by the names asked for gets an error.",
        "Set the input names in the export options and export again.",
        **texts,
    )


def _output_names(artifact: Artifact, asked: tuple[str, ...]) -> CheckRow:
    got = tuple(item.name for item in artifact.outputs)
    texts = {"asked": listed(asked), "got": listed(got)}
    if got == asked:
        return passed("output-names", "The outputs have the names asked for, in their order.", **texts)
    if got[: len(asked)] == asked:
        return warning(
            "output-names",
            f"The file has {len(got)} outputs and {len(asked)} names were given; the exporter named the rest.",
            "Give a name to each output.",
            **texts,
        )
    return failed(
        "output-names",
        "A caller that asks for the outputs by these names gets an error.",
        "Set as many output names as forward returns tensors, and export again.",
        **texts,
    )


def _dynamic_dims(
    artifact: Artifact, asked: Sequence[DynamicDim], example_names: Sequence[str], input_names: Sequence[str]
) -> list[CheckRow]:
    shapes = {item.name: item.shape for item in artifact.inputs}
    name_in_file = dict(zip(example_names, input_names, strict=False))
    rows = []
    wanted = set()
    for dim in asked:
        name = name_in_file.get(dim.input, dim.input)
        wanted.add((name, dim.axis))
        rows.append(_asked_dim(dim, name, shapes, others={other.name for other in asked} - {dim.name}))
    for name, shape in shapes.items():
        for axis, size in enumerate(shape or ()):
            if not isinstance(size, int) and (name, axis) not in wanted:
                rows.append(_unasked_dim(name, axis, size))
    if not rows:
        text = "No dynamic dimension was asked for, and every size in the file is fixed."
        rows.append(passed("dynamic-dims", text, asked="none", got="none"))
    return rows


def _asked_dim(
    dim: DynamicDim, name: str, shapes: dict[str, tuple[int | str | None, ...] | None], others: set[str]
) -> CheckRow:
    asked = f"{name}, axis {dim.axis}: {dim.name}"
    shape = shapes.get(name)
    if shape is None or dim.axis >= len(shape):
        what = f"takes no input {name!r}" if name not in shapes else f"does not say that {name!r} has such an axis"
        row = failed(
            "dynamic-dims",
            f"{dim.name} was asked to be dynamic, and the file {what}.",
            "Correct the name of the input and the axis in the export options.",
            asked=asked,
            got="missing",
        )
    elif isinstance(size := shape[dim.axis], int):
        row = failed(
            "dynamic-dims",
            f"{dim.name} was asked to be dynamic and is fixed at {size}: the file runs at this size only.",
            "Make the example size 2 or more, and do not turn sizes into Python numbers in forward (int(), .item()); "
            "the warnings of the export may name the line.",
            asked=asked,
            got=f"fixed at {size}",
        )
    elif size in others:
        row = warning(
            "dynamic-dims",
            f"{dim.name} was asked to be a size of its own, and the file names it {size}, as another axis: the model "
            "makes the two equal.",
            "Give axes that must have one size one name.",
            asked=asked,
            got=size,
        )
    else:
        got = size or "unnamed"
        renamed = "" if got == dim.name else f", under the name {got}" if size else ", without a name"
        row = passed("dynamic-dims", f"{dim.name} takes any size{renamed}.", asked=asked, got=str(got))
    return _for_axis(row, name, dim.axis, "dynamic as asked")


def _unasked_dim(name: str, axis: int, size: str | None) -> CheckRow:
    row = warning(
        "dynamic-dims",
        f"Axis {axis} of {name} takes any size, which was not asked for; parity is not tried on it.",
        "Mark it as dynamic in the export options, so that parity covers it, or export with a fixed size.",
        asked="fixed",
        got=size or "unnamed",
    )
    return _for_axis(row, name, axis, "dynamic though not asked")


def _for_axis(row: CheckRow, name: str, axis: int, what: str) -> CheckRow:
    """One row for each axis: the identifier and the title say which."""
    return dataclasses.replace(row, id=f"dynamic-dim-{name}-{axis}", title=f"{name}, axis {axis}: {what}")

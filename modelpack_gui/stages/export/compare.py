"""What was asked for against what the artifact has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import Artifact, ExportSpec, InputSpec, Mismatch, TensorInfo
from modelpack_gui.stages.export.artifact import TITLES


def mismatches(
    spec: ExportSpec, inputs: Sequence[InputSpec], artifact: Artifact, heeded: Sequence[str] | None = None
) -> tuple[Mismatch, ...]:
    """Everything that was asked for and not got, gravest first.

    Names of the inputs of TorchScript and pt2 files, and sizes of those of TorchScript, are not set by an export, so
    only their number is compared there.

    Args:
        heeded: Options that the exporter has a use for; None if that is not known.
    """
    found = [*_inputs(spec, inputs, artifact)]
    if artifact.format == "onnx":
        found += [*_opset(spec, artifact)]
    if artifact.format != "torchscript":
        found += [*_dims(spec, inputs, artifact)]
    found += [*_outputs(spec, artifact), *_external_data(spec, artifact), *_unheeded(spec, heeded)]
    return tuple(found)


_SWITCHES = ("strict", "draft_report", "freeze", "optimize_for_inference")


def _unheeded(spec: ExportSpec, heeded: Sequence[str] | None) -> Iterator[Mismatch]:
    """Options that were switched on, and that this exporter has no use for."""
    if heeded is None:
        return
    for name in _SWITCHES:
        if getattr(spec, name) and name not in heeded:
            yield Mismatch(
                name,
                "on",
                "not used",
                f"The exporter {spec.exporter} for {TITLES[spec.format]} has no such option.",
                "Switch it off, or choose an exporter that has it.",
            )


def _opset(spec: ExportSpec, artifact: Artifact) -> Iterator[Mismatch]:
    if spec.opset_version is not None and spec.opset_version != artifact.opset_version:
        yield Mismatch(
            "opset_version",
            str(spec.opset_version),
            str(artifact.opset_version),
            "The exporter could not write the model in the opset that was asked for, and kept its own.",
            "Ask for the opset it gave, or use another exporter.",
        )


def _inputs(spec: ExportSpec, inputs: Sequence[InputSpec], artifact: Artifact) -> Iterator[Mismatch]:
    asked = spec.input_names or tuple(item.name for item in inputs)
    got = tuple(info.name for info in artifact.inputs)
    if len(got) != len(asked):
        dropped = [name for name in asked if name not in got] if artifact.format == "onnx" else []
        which = f" ({', '.join(dropped)})" if dropped else ""
        yield Mismatch(
            "inputs",
            f"{len(asked)}: {', '.join(asked)}",
            f"{len(got)}: {', '.join(got)}",
            f"The artifact does not take every example input{which}: tracing drops what no operator uses."
            if len(got) < len(asked)
            else "The artifact takes more inputs than there are example inputs.",
            "Feed only the inputs it has, or take the unused parameter out of forward.",
        )
    elif got != asked and (artifact.format == "onnx" or spec.input_names):
        yield Mismatch(
            "input_names",
            ", ".join(asked),
            ", ".join(got),
            f"{TITLES[artifact.format]} takes the names of inputs from forward."
            if artifact.format != "onnx"
            else "The exporter gave the inputs other names.",
            "Feed the artifact by the names it has.",
        )


def _outputs(spec: ExportSpec, artifact: Artifact) -> Iterator[Mismatch]:
    asked, got = spec.output_names, tuple(info.name for info in artifact.outputs)
    if not asked or asked == got:
        return
    if len(asked) != len(got):
        explanation = (
            f"{plural(len(asked), 'name')} for outputs given, and the model has {plural(len(got), 'output')}."
        )
        fix = "Give one name for each output."
    elif artifact.format != "onnx":
        explanation, fix = (
            f"{TITLES[artifact.format]} has no names for outputs to set.",
            "Leave the output names empty.",
        )
    else:
        explanation, fix = "The exporter gave the outputs other names.", "Read the outputs by the names they have."
    yield Mismatch("output_names", ", ".join(asked), ", ".join(got), explanation, fix)


def _dims(spec: ExportSpec, inputs: Sequence[InputSpec], artifact: Artifact) -> Iterator[Mismatch]:
    names = spec.input_names or tuple(item.name for item in inputs)
    if artifact.format == "pt2":  # its inputs have the names that forward gives them
        names = tuple(info.name for info in artifact.inputs)
    if len(names) != len(inputs):
        return
    example_of = dict(zip(names, inputs, strict=True))
    asked = {(dim.input, dim.axis): dim.name for dim in spec.dynamic}
    for info in artifact.inputs:
        example = example_of.get(info.name)
        if example is None or info.shape is None:
            continue
        for axis, size in enumerate(info.shape):
            yield from _dim(info, axis, size, asked.get((example.name, axis)))


def _dim(info: TensorInfo, axis: int, size: int | str | None, name: str | None) -> Iterator[Mismatch]:
    place = f"{info.name}[{axis}]"
    if name is not None and isinstance(size, int):
        yield Mismatch(
            "dynamic_dim",
            f"{place} = {name}",
            f"{place} = {size}",
            "This axis was asked to be dynamic, and the artifact takes this size only: the model fixes it.",
            "Use x.shape[i] instead of numbers, give the example another size than 1, or keep the axis static.",
        )
    elif name is not None and size != name:
        yield Mismatch(
            "dynamic_dim",
            f"{place} = {name}",
            f"{place} = {size or '?'}",
            "This axis is dynamic, but it is the size of another axis: the model makes the two equal."
            if size
            else "This axis is dynamic, but the artifact gives it no name.",
            "Give axes that must have one size one name." if size else "",
        )
    elif name is None and not isinstance(size, int):
        yield Mismatch(
            "dynamic_dim",
            f"{place} is static",
            f"{place} = {size or '?'}",
            "This axis was not asked to be dynamic, and is: it depends on one that was.",
            "List it among the dynamic axes under that name, if that is meant.",
        )


def _external_data(spec: ExportSpec, artifact: Artifact) -> Iterator[Mismatch]:
    if spec.external_data and artifact.format != "onnx":
        yield Mismatch(
            "external_data",
            "a data file",
            "one file",
            f"{TITLES[artifact.format]} files hold their weights.",
            "Untick external data.",
        )
    elif spec.external_data and not artifact.external_files:
        yield Mismatch("external_data", "a data file", "one file", "The exporter kept the weights in the main file.")
    elif artifact.external_files and not spec.external_data:
        names = ", ".join(path.replace("\\", "/").rpartition("/")[2] for path in artifact.external_files)
        yield Mismatch(
            "external_data",
            "one file",
            names,
            "The model is too large for one file (ONNX files end at 2 GB).",
            "Keep the data file beside the .onnx file.",
        )

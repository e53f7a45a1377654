"""An export in words: the options, the verdict, what was asked against what was got, facts of the artifact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import DynamicDim, ExportRecord, ExportSpec, InputSpec, Verdict, tensor_inputs
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.models.exporter_choices import FORMAT_TITLES

_ASPECTS = {
    "opset_version": "Opset version",
    "input_names": "Input names",
    "output_names": "Output names",
    "dynamic_dim": "Dynamic axis",
}
_FIX = "Correct it in the options and export again."


@dataclass(frozen=True)
class AskedRow:
    """One thing that was asked for and what came of it."""

    verdict: Verdict
    aspect: str
    asked: str
    got: str
    explanation: str = ""
    fix: str = ""


def option_rows(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """The options at a glance: name and value."""
    spec = recipe.export
    rows = [("Format", FORMAT_TITLES[spec.format]), ("Exporter", spec.exporter)]
    if spec.format == "onnx":
        rows.append(("Opset", "default" if spec.opset_version is None else str(spec.opset_version)))
    rows.append(("Dynamic axes", ", ".join(map(dim_text, spec.dynamic)) or "none: all sizes are fixed"))
    if spec.format == "onnx":
        names = spec.input_names or tuple(item.name for item in tensor_inputs(recipe.inputs))
        rows.append(("Inputs", ", ".join(names) or "none yet"))
        rows.append(("Outputs", ", ".join(spec.output_names) or "named by the exporter"))
        rows.append(("Constants", "folded" if spec.constant_folding else "not folded"))
        rows.append(("Weights", "in a file of their own" if spec.external_data else "in the artifact"))
    rows.append(("Output path", spec.output_path or "not chosen yet"))
    return tuple(rows)


def dim_text(dim: DynamicDim) -> str:
    """`image[0] = batch`, with its range if it has one."""
    text = f"{dim.input}[{dim.axis}] = {dim.name}"
    if dim.min is None and dim.max is None:
        return text
    low = "…" if dim.min is None else str(dim.min)
    return f"{text} ({low} to {'…' if dim.max is None else dim.max})"


def export_sentence(record: ExportRecord) -> str:
    """The verdict: file, size, opset, and what differs from what was asked."""
    artifact = record.artifact
    name = artifact.path.replace("\\", "/").rpartition("/")[2]
    opset = f", opset {artifact.opset_version}" if artifact.opset_version is not None else ""
    made = f"Exported in {fmt.duration(record.duration_s)}: {name}, {fmt.size(artifact.size_bytes)}{opset}."
    if not record.mismatches:
        return made
    first = record.mismatches[0]
    aspect = _aspect(first.aspect).lower()
    more = len(record.mismatches) - 1
    others = f" {fmt.plural(more, 'other difference')} below." if more else ""
    return f"{made} Not all is as asked: {aspect} {first.asked} was asked, {first.got} came out.{others}"


def asked_rows(record: ExportRecord, inputs: Sequence[InputSpec] = ()) -> list[AskedRow]:
    """Everything that was asked for beside what came out, differences first.

    Args:
        inputs: The example inputs that it was exported with.
    """
    rows = [
        AskedRow(Verdict.WARNING, _aspect(item.aspect), item.asked, item.got, item.explanation, item.fix)
        for item in record.mismatches
    ]
    wrong = {item.aspect for item in record.mismatches}
    spec, artifact = record.asked, record.artifact
    if spec.format == "onnx" and "opset_version" not in wrong:
        asked = "the exporter's default" if spec.opset_version is None else str(spec.opset_version)
        rows.append(_judged("opset_version", asked, str(artifact.opset_version), spec.opset_version is None))
    for aspect, names, tensors in (
        ("input_names", spec.input_names, artifact.inputs),
        ("output_names", spec.output_names, artifact.outputs),
    ):
        if aspect not in wrong and spec.format == "onnx":
            got = ", ".join(item.name for item in tensors)
            default = "as the example inputs" if aspect == "input_names" else "the exporter's choice"
            rows.append(_judged(aspect, ", ".join(names) or default, got, not names))
    if "dynamic_dim" not in wrong and spec.format == "onnx":
        rows += [_dim_row(dim, record, inputs) for dim in spec.dynamic]
    return rows


def _dim_row(dim: DynamicDim, record: ExportRecord, inputs: Sequence[InputSpec]) -> AskedRow:
    name = _name_in_artifact(dim.input, record.asked, inputs)
    tensor = next((item for item in record.artifact.inputs if item.name == name), None)
    if tensor is None or tensor.shape is None or dim.axis >= len(tensor.shape):
        return AskedRow(Verdict.WARNING, "Dynamic axis", dim_text(dim), "not found", "", _FIX)
    got = tensor.shape[dim.axis]
    if isinstance(got, str):
        return AskedRow(Verdict.PASSED, "Dynamic axis", dim_text(dim), f"{tensor.name}[{dim.axis}] = {got}")
    shown = "unnamed" if got is None else f"fixed at {got}"
    verdict = Verdict.PASSED if got is None else Verdict.WARNING
    return AskedRow(verdict, "Dynamic axis", dim_text(dim), shown, "", "" if got is None else _FIX)


def _name_in_artifact(name: str, spec: ExportSpec, inputs: Sequence[InputSpec]) -> str:
    """An example input may have been given another name in the artifact, by its place."""
    names = [item.name for item in inputs]
    return spec.input_names[names.index(name)] if name in names and len(spec.input_names) == len(names) else name


def _judged(aspect: str, asked: str, got: str, is_open: bool) -> AskedRow:
    is_same = is_open or asked == got
    return AskedRow(
        Verdict.PASSED if is_same else Verdict.WARNING, _aspect(aspect), asked, got, "", "" if is_same else _FIX
    )


def _aspect(aspect: str) -> str:
    return _ASPECTS.get(aspect, aspect.replace("_", " ").capitalize())


def artifact_rows(record: ExportRecord) -> tuple[tuple[str, str, str], ...]:
    """Name, value and full value of what there is to know about the file."""
    artifact = record.artifact
    rows = [
        ("Size", fmt.size(artifact.size_bytes), f"{artifact.size_bytes} B"),
        ("SHA-256", artifact.sha256, artifact.sha256),
    ]
    if artifact.external_files:
        names = [path.replace("\\", "/").rpartition("/")[2] for path in artifact.external_files]
        rows.append(("Data files", ", ".join(names), "\n".join(artifact.external_files)))
    if artifact.opset_imports:
        imports = ", ".join(f"{domain} {version}" for domain, version in artifact.opset_imports.items())
        rows.append(("Opset imports", imports, imports))
    if artifact.ir_version is not None:
        rows.append(("IR version", str(artifact.ir_version), str(artifact.ir_version)))
    if artifact.producer:
        rows.append(("Producer", artifact.producer, artifact.producer))
    times = (
        f"{fmt.duration(record.export_duration_s)} in the exporter, {fmt.duration(record.duration_s)} with loading"
    )
    rows.append(("Time", times, f"{record.export_duration_s!r} s, {record.duration_s!r} s"))
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    rows.append(("Versions", versions, versions))
    return tuple(rows)


def asked_inspection(row: AskedRow) -> Inspection:
    """One row of asked against got."""
    sections = [Section("Asked and got", (Property("asked", row.asked), Property("got", row.got)))]
    if row.explanation:
        sections.append(Section("Why", text=row.explanation))
    if row.fix:
        sections.append(Section("What to do", text=row.fix))
    return Inspection(row.aspect, "export", tuple(sections))


def mismatch_notes(record: ExportRecord) -> tuple[str, ...]:
    """Each difference with its explanation and what to do about it."""
    return tuple(
        " ".join(filter(None, (f"{_aspect(item.aspect)}:", item.explanation, item.fix)))
        for item in record.mismatches
        if item.explanation or item.fix
    )

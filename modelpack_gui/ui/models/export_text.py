"""An export in words: the options, the verdict, what was asked against what was got, facts of the artifact."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.artifact_formats import FORMAT_TITLES
from modelpack_gui.core.asked import AskedRow, asked_rows, gravest_first
from modelpack_gui.core.provenance import provenance_rows
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import DynamicDim, ExportRecord, ExportSpec, InputSpec, tensor_inputs
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.models.export_ticks import TICK_GROUPS

_ASPECTS = {
    "opset_version": "Opset version",
    "input_names": "Input names",
    "output_names": "Output names",
    "dynamic_dim": "Dynamic axis",
    "output_dim": "Output axis",
}


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
        rows.append(("After the export", ", ".join(spec.post_steps) or "nothing"))
    switched_on = [tick.plain_title for _, ticks in TICK_GROUPS for tick in ticks if _is_unusual(spec, tick.field)]
    if switched_on:
        rows.append(("Options", ", ".join(switched_on)))
    rows.append(("Output path", spec.output_path or "not chosen yet"))
    return tuple(rows)


def _is_unusual(spec: ExportSpec, field: str) -> bool:
    """Whether an option is on that is off by default: the others have rows of their own."""
    return bool(getattr(spec, field)) and not getattr(ExportSpec(), field) and field != "external_data"


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
    left_out = f" Left out: {', '.join(record.left_out)}." if record.left_out else ""
    if not record.mismatches:
        return f"{made}{_doubt_text(record)}{left_out}"
    first = record.mismatches[0]
    aspect = aspect_title(first.aspect).lower()
    more = len(record.mismatches) - 1
    others = f" {fmt.plural(more, 'other difference')} below." if more else ""
    return f"{made} Not all is as asked: {aspect} {first.asked} was asked, {first.got} came out.{others}{left_out}"


def _doubt_text(record: ExportRecord) -> str:
    """The gravest known trouble, as sentences that follow another; empty if there is none."""
    if not record.doubts:
        return ""
    first, more = record.doubts[0], len(record.doubts) - 1
    others = f" {fmt.plural(more, 'other known trouble')} below." if more else ""
    consequence = "It may be wrong" if first.may_be_wrong else "It may do less than was asked"
    return f" {consequence}: {first.title[0].lower()}{first.title[1:]}.{others}"


def shown_rows(record: ExportRecord, inputs: Sequence[InputSpec] = ()) -> list[AskedRow]:
    """Everything that was asked for beside what came out, differences first.

    Args:
        inputs: The example inputs that it was exported with.
    """
    return gravest_first(asked_rows(record.asked, inputs, record.artifact, reference=record.reference))


def aspect_title(aspect: str) -> str:
    """As shown: `Opset version`."""
    return _ASPECTS.get(aspect, aspect.replace("_", " ").capitalize())


def artifact_rows(record: ExportRecord) -> tuple[tuple[str, str, str], ...]:
    """Name, value and full value of what there is to know about the file."""
    artifact = record.artifact
    rows = [("Size", fmt.size(artifact.size_bytes), f"{artifact.size_bytes} B")]
    if artifact.sha256:
        rows.append(("SHA-256", artifact.sha256, artifact.sha256))
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
    written = [f"{name}: {value}" for name, value in provenance_rows(artifact.metadata)]
    if written:
        rows.append(("Written into it", "; ".join(written), "\n".join(written)))
    return tuple(rows)


def asked_inspection(row: AskedRow) -> Inspection:
    """One row of asked against got."""
    sections = [Section("Asked and got", (Property("asked", row.asked), Property("got", row.got)))]
    if row.note:
        sections.append(Section("Result", text=row.note, is_prose=True))
    if row.explanation is not None:
        sections.append(Section("Why", text=row.explanation.cause, is_prose=True))
        fixes = "\n".join(f"{fix.text}. {fix.details}".strip() for fix in row.explanation.fixes)
        if fixes:
            sections.append(Section("What to do", text=fixes, is_prose=True))
    return Inspection(aspect_title(row.aspect), "export", tuple(sections))


def mismatch_notes(record: ExportRecord) -> tuple[str, ...]:
    """Each difference with its explanation and what to do about it, where no card of an explanation says so."""
    if record.explanations:
        return ()
    return tuple(
        " ".join(filter(None, (f"{aspect_title(item.aspect)}:", item.explanation, item.fix)))
        for item in record.mismatches
        if item.explanation or item.fix
    )

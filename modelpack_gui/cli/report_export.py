"""An export as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from modelpack_gui.cli.console import mark, table, wrapped
from modelpack_gui.core.figures import duration, size
from modelpack_gui.core.provenance import provenance_rows
from modelpack_gui.core.records import Artifact, ExportRecord, PostStepResult, TensorInfo, Verdict


def export_lines(record: ExportRecord) -> Iterator[str]:
    """What came out, what was done about it without being asked, what is not as asked, and the steps after it."""
    made = record.artifact
    opset = f", opset {made.opset_version}" if made.opset_version is not None else ""
    own_call = duration(record.export_duration_s)
    yield made.path
    yield f"{record.asked.exporter} exporter{opset}, {size(made.size_bytes)}, exporter's own call {own_call}"
    yield from (f"input  {tensor_text(item)}" for item in made.inputs)
    yield from (f"output {tensor_text(item)}" for item in made.outputs)
    yield from (f"• {note}" for note in record.notes)
    for item in record.mismatches:
        yield f"{mark(Verdict.WARNING)} {item.aspect}: asked {item.asked}, got {item.got}"
        yield from (wrapped(text) for text in (item.explanation, item.fix) if text)
    if record.post_steps:
        yield table(("post-step", "", "bytes", "nodes", "parity"), [_step_row(item) for item in record.post_steps])
        for step in record.post_steps:
            if step.error is not None:
                yield f"{mark(Verdict.WARNING)} {step.error.message}"
                yield from (wrapped(text) for text in (step.error.hint,) if text)
    if record.draft_report:
        yield "Draft report of torch.export:"
        yield wrapped(record.draft_report) if "\n" not in record.draft_report else record.draft_report


def provenance_lines(artifact: Artifact) -> list[str]:
    """What the file says of how it was made."""
    return [f"{name.lower()} {value}" for name, value in provenance_rows(artifact.metadata)]


def tensor_text(info: TensorInfo) -> str:
    """`image: float32 2 × 3`."""
    if not info.dtype and info.shape is None:
        return f"{info.name}: of unknown dtype and shape"
    return f"{info.name}: {info.dtype or '?'} {info.shape_text}"


def _step_row(item: PostStepResult) -> tuple[str, str, str, str, str]:
    sizes = f"{size(item.size_before_bytes)} → {_or_dash(item.size_after_bytes and size(item.size_after_bytes))}"
    nodes = f"{item.nodes_before:,} → {_or_dash(item.nodes_after and f'{item.nodes_after:,}')}"
    kept = "kept" if item.is_kept else "left out"
    return item.step, kept, sizes, nodes, item.parity.verdict.value if item.parity is not None else "–"


def _or_dash(value: object) -> str:
    return str(value) if value else "–"

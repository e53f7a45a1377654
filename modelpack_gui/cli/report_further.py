"""What followed the stages, as plain text: a headline, and the body that the module of its kind gives."""

from __future__ import annotations

from modelpack_gui.cli.console import indented, mark
from modelpack_gui.cli.further import FurtherResult
from modelpack_gui.cli.report_bench import comparison_text, gate_text, speed_text
from modelpack_gui.cli.report_layers import layers_text
from modelpack_gui.cli.report_quantize import quantize_text, sensitivity_text
from modelpack_gui.core.bench.compare import BenchComparison, GateReport
from modelpack_gui.core.events import Outcome
from modelpack_gui.core.figures import duration, plural, size
from modelpack_gui.core.records import (
    BenchReport,
    LayersReport,
    QuantizeReport,
    ReproRecord,
    SensitivityReport,
    Verdict,
)

_ENDINGS = {Outcome.CANCELLED: "cancelled", Outcome.CRASHED: "crashed", Outcome.TIMED_OUT: "timed out"}


def further_text(found: FurtherResult) -> str:
    """A headline and what the job gave."""
    label, result = found.label, found.result
    if result is None:
        verdict = Verdict.SKIPPED if found.outcome is Outcome.CANCELLED else Verdict.FAILED
        return f"{mark(verdict)} {label}: {_ENDINGS.get(found.outcome, 'failed')}"
    if isinstance(result, BenchComparison):
        return comparison_text(label, result)
    if isinstance(result, GateReport):
        return gate_text(label, result)
    if isinstance(result, BenchReport):
        return speed_text(label, result)
    if isinstance(result, ReproRecord):
        return _repro_text(label, result)
    assert isinstance(result, (LayersReport, QuantizeReport, SensitivityReport)), type(result).__name__
    took = f" in {duration(result.duration_s)}"
    if isinstance(result, LayersReport):
        return f"{mark(result.verdict)} {label}: {result.case_label}{took}\n{indented(layers_text(result))}"
    if isinstance(result, QuantizeReport):
        return f"{mark(result.verdict)} {label}: {result.verdict.value}{took}\n{indented(quantize_text(result))}"
    verdict = Verdict.PASSED if result.is_complete else Verdict.WARNING
    return f"{mark(verdict)} {label}{took}\n{indented(sensitivity_text(result))}"


def _repro_text(label: str, record: ReproRecord) -> str:
    fails = record.verdict is Verdict.FAILED
    nodes = f"{record.nodes:,} of {plural(record.nodes_before, 'node')}, {size(record.size_bytes)}"
    head = f"{mark(Verdict.PASSED if fails else Verdict.WARNING)} {label}: {record.path} ({nodes})"
    lines = [f"{head} in {duration(record.duration_s)}", f"  {record.summary}"]
    return "\n".join([*lines, f"  run it, unpacked: {record.command}"] if record.command else lines)

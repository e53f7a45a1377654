"""Results as plain text for a terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence

from modelpack_gui.cli.console import indented, mark, table, wrapped
from modelpack_gui.cli.further import FurtherResult
from modelpack_gui.cli.report_bench import bench_text
from modelpack_gui.cli.report_explanations import explanations_text
from modelpack_gui.cli.report_export import export_lines, provenance_lines, tensor_text
from modelpack_gui.cli.report_keys import keys_lines
from modelpack_gui.cli.report_parity import parity_text
from modelpack_gui.cli.report_quantize import quantize_text
from modelpack_gui.client.recipe_run import StageResult
from modelpack_gui.core.events import Outcome
from modelpack_gui.core.figures import duration, plural, size
from modelpack_gui.core.records import (
    BenchReport,
    Capabilities,
    CapturedWarning,
    CheckReport,
    ExportRecord,
    GraphIndex,
    LoadReport,
    OptionInfo,
    ParityReport,
    QuantizeReport,
    Result,
    RunnerInfo,
    Verdict,
)

_ENDINGS = {
    Outcome.FAILED: "failed",
    Outcome.CANCELLED: "cancelled",
    Outcome.CRASHED: "crashed",
    Outcome.TIMED_OUT: "timed out",
}


def result_text(result: StageResult) -> str:
    """A headline and what the stage gave."""
    if result.skipped:
        return f"{mark(Verdict.SKIPPED)} {result.stage.label}: skipped. {result.skipped}"
    if result.result is None:
        assert result.outcome is not None
        return f"{mark(result.verdict)} {result.stage.label}: {_ENDINGS[result.outcome]}"
    ending = "cancelled" if result.outcome is Outcome.CANCELLED else result.verdict.value
    took = getattr(result.result, "duration_s", None)
    time = f" in {duration(took)}" if took else ""
    return f"{mark(result.verdict)} {result.stage.label}: {ending}{time}\n{indented(_body(result.result))}"


def closing_line(results: Sequence[StageResult], further: Sequence[FurtherResult] = ()) -> str:
    """All in one line, such as `✕ failed: Parity`."""
    by_verdict: dict[Verdict, list[str]] = {}
    for result in results:
        by_verdict.setdefault(result.verdict, []).append(result.stage.label)
    if any(result.outcome is Outcome.CANCELLED for result in results):
        return f"{mark(Verdict.SKIPPED)} cancelled"
    by_verdict.setdefault(Verdict.FAILED, []).extend(found.label for found in further if not found.is_passed)
    if by_verdict[Verdict.FAILED]:
        return f"{mark(Verdict.FAILED)} failed: {', '.join(by_verdict[Verdict.FAILED])}"
    if Verdict.WARNING in by_verdict:
        return f"{mark(Verdict.WARNING)} passed with warnings: {', '.join(by_verdict[Verdict.WARNING])}"
    if Verdict.PASSED in by_verdict:
        return f"{mark(Verdict.PASSED)} passed: {', '.join(by_verdict[Verdict.PASSED])}"
    return f"{mark(Verdict.SKIPPED)} nothing was proved"


def environment_text(found: Capabilities) -> str:
    """What `modelpack env` prints."""
    memory = f", {size(found.memory_bytes)} memory" if found.memory_bytes else ""
    cores = f"{plural(found.physical_cores, 'core')}, {plural(found.logical_cores, 'thread')}"
    flags = f" ({' '.join(found.cpu_flags)})" if found.cpu_flags else ""
    packages = [(item.name, item.version or "missing", item.needed_for) for item in found.packages]
    exporters = [
        (
            item.format,
            item.exporter,
            "–" if item.opset_min is None else f"{item.opset_min} to {item.opset_max}, else {item.opset_default}",
            _missing(item.missing),
        )
        for item in found.exporters
    ]
    runners = [
        (item.id, item.title, item.needs_artifact or "–", _missing(item.missing) or item.problem)
        for item in found.runners
    ]
    steps = [(item.id, item.title, item.format, _missing(item.missing)) for item in found.post_steps]
    parts = [
        f"Python {found.python_version}  {found.executable}",
        f"{found.platform}; {found.cpu}{flags}; {cores}{memory}",
        "",
        table(("package", "version", "needed for"), packages),
        "",
        table(("format", "exporter", "opset", ""), exporters),
        "",
        table(("runner", "", "needs", ""), runners),
        "",
        "options of runners, the default first; spelled as name[option=value,...]:",
        *_option_lines(found.runners),
        "",
        table(("post-step", "", "format", ""), steps),
    ]
    commands = [item.pip for item in found.packages if not item.version and item.pip]
    if commands:
        parts += ["", "To install what is missing:", *(f"  {command}" for command in commands)]
    return "\n".join(parts)


def _option_lines(runners: Sequence[RunnerInfo]) -> list[str]:
    lines = []
    for runner in runners:
        parts = [f"{option.name}={'|'.join(_choices(option))}" for option in runner.options if not option.problem]
        if parts:
            lines += [f"  {runner.id}", wrapped(", ".join(parts), "    ")]
    return lines


def _choices(option: OptionInfo) -> tuple[str, ...]:
    """What it can be, the default first."""
    if option.kind == "int":
        return (str(option.default), "N")
    choices = option.choices if option.kind == "choice" else ("true", "false")
    default = str(option.default).lower() if option.kind == "bool" else str(option.default)
    return (default, *(choice for choice in choices if choice != default))


def _body(result: Result) -> str:
    if isinstance(result, LoadReport):
        return _load_text(result)
    if isinstance(result, ExportRecord):
        return _export_text(result)
    if isinstance(result, GraphIndex):
        return _graph_text(result)
    if isinstance(result, CheckReport):
        return _check_text(result)
    if isinstance(result, ParityReport):
        return parity_text(result)
    if isinstance(result, QuantizeReport):
        return quantize_text(result)
    assert isinstance(result, BenchReport), type(result).__name__
    return bench_text(result)


def _load_text(report: LoadReport) -> str:
    lines = [
        f"{report.class_name} from {report.source_path}",
        f"{report.parameters:,} parameters, {report.buffers:,} buffer elements, {size(report.size_bytes)}",
    ]
    if report.keys is not None:
        lines += keys_lines(report.checkpoint_path, report.keys)
    lines += [f"output {tensor_text(output)}" for output in report.outputs]
    return "\n".join([*lines, *_warning_lines(report.warnings)])


def _export_text(record: ExportRecord) -> str:
    return "\n".join(
        [*export_lines(record), *explanations_text(record.explanations), *_warning_lines(record.warnings)]
    )


def _graph_text(graph: GraphIndex) -> str:
    made = graph.artifact
    domains = ", ".join(f"{domain} {version}" for domain, version in made.opset_imports.items())
    said = {"opset": domains, "ir_version": made.ir_version, "producer": made.producer}
    stored = f"{plural(graph.initializer_count, 'initializer')} ({size(graph.weight_bytes)})"
    lines = [
        made.path,
        f"{plural(graph.node_count, 'node')}, {stored}",
        *filter(None, ["; ".join(f"{name} {value}" for name, value in said.items() if value)]),
        *(f"input  {tensor_text(item)}" for item in made.inputs),
        *(f"output {tensor_text(item)}" for item in made.outputs),
        *provenance_lines(made),
        wrapped(", ".join(f"{count} {op_type}" for op_type, count in graph.op_counts.items()), indent=""),
    ]
    if graph.shape_inference_error:
        lines.append(f"{mark(Verdict.WARNING)} shape inference failed: {graph.shape_inference_error.splitlines()[0]}")
    lines += [wrapped(f"• {note}", indent="") for note in graph.notes]
    return "\n".join(lines)


def _check_text(report: CheckReport) -> str:
    lines = []
    for row in report.rows:
        lines.append(f"{mark(row.verdict)} {row.title}")
        if row.verdict is not Verdict.PASSED:
            asked = f"Asked {row.asked}, got {row.got}. " if row.asked or row.got else ""
            lines += [wrapped(text) for text in (asked + row.explanation, row.fix) if text]
    return "\n".join(lines)


def _warning_lines(warnings: tuple[CapturedWarning, ...]) -> list[str]:
    lines = []
    for warning in warnings:
        # Where a library warns of itself helps nobody; where the model's own code is concerned it does.
        is_library = "site-packages" in warning.file or f"{os.sep}lib{os.sep}python" in warning.file
        where = f" ({warning.file}:{warning.line})" if warning.file and not is_library else ""
        times = f" ({warning.count} times)" if warning.count > 1 else ""
        text = " ".join(warning.message.split())
        lines.append(f"• {warning.category}: {text[:300]}{'…' if len(text) > 300 else ''}{times}{where}")
    return lines


def _missing(packages: tuple[str, ...]) -> str:
    return f"needs {', '.join(packages)}" if packages else ""

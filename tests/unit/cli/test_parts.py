from __future__ import annotations

import dataclasses
import io
import signal
from pathlib import Path

import pytest

from modelpack_gui.cli import inspect_command, main
from modelpack_gui.cli.console import Console, error_text, table
from modelpack_gui.cli.interrupt import Interrupt
from modelpack_gui.cli.monitor import Monitor
from modelpack_gui.cli.parser import make_parser
from modelpack_gui.cli.recipe_args import recipe_of
from modelpack_gui.cli.report import closing_line, environment_text, result_text
from modelpack_gui.cli.status import CRASHED
from modelpack_gui.client.recipe_run import StageResult
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Done, Log, Outcome, Progress, Sample, Started
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit, SourcePlace
from modelpack_gui.core.figures import duration, listed, size
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    Artifact,
    BenchReport,
    BenchSpec,
    CapturedWarning,
    CheckReport,
    CheckRow,
    Doubt,
    Estimate,
    ExportRecord,
    ExportSpec,
    GraphIndex,
    KeyReport,
    LatencySummary,
    LoadReport,
    Mismatch,
    OptionInfo,
    ParityCase,
    ParityReport,
    ParitySpec,
    Result,
    RunnerInfo,
    RunnerResult,
    TensorInfo,
    Verdict,
)
from tests.ui.samples import make_capabilities


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_on_a_terminal_progress_rewrites_one_line_and_leaves_nothing_behind() -> None:
    stream, clock = Terminal(), Clock()
    monitor = Monitor(stream, clock=clock)
    monitor(Started("1", "export"))
    clock.now_s += 1
    monitor(Progress("1", "Exporting", 0.5))
    clock.now_s += 0.01
    monitor(Progress("1", "too soon to draw", 0.6))
    monitor(Done("1", None))
    assert stream.getvalue().split("\r\x1b[K") == [
        "",
        "Export: running  (0 s)",
        "Export:  50% Exporting  (1 s)",
        "",
    ]


def test_without_a_terminal_progress_is_a_plain_line_now_and_then() -> None:
    stream, clock = io.StringIO(), Clock()
    monitor = Monitor(stream, clock=clock)
    monitor(Started("1", "bench"))
    for seconds, message in ((1, "soon"), (5, "later"), (1, "soon after"), (5, "later still")):
        clock.now_s += seconds
        monitor(Progress("1", message, None))
        monitor(Sample("1", "eager", "timed", (1.0,)))
    monitor(Progress("1", "the end", 1.0))
    assert stream.getvalue().splitlines() == [
        "Benchmark: running",
        "Benchmark: later",
        "Benchmark: later still",
        "Benchmark: 100% the end",
    ]


def test_log_lines_of_stages_that_warn_are_shown_and_the_others_when_asked_for() -> None:
    events = (
        Log("1", "warning", "careful"),
        Log("1", "info", "by the way"),
        Log("1", "info", "printed", "stdout"),
    )
    for is_verbose, lines in (
        (False, ["warning: careful"]),
        (True, ["warning: careful", "info: by the way", "stdout: printed"]),
    ):
        stream = io.StringIO()
        monitor = Monitor(stream, is_quiet=True, is_verbose=is_verbose)
        for event in (Started("1", "load"), *events):
            monitor(event)
        assert stream.getvalue().splitlines() == lines


def test_a_stream_that_lacks_the_characters_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Console(stream, stream).result("✓ a × b – ±3 ▲ ✕ 尺")
    assert raw.getvalue() == b"ok a x b - +/-3 ! X ?\n"
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")
    Console(stream, stream).result("✓ 尺")
    assert raw.getvalue().decode() == "✓ 尺\n"


def test_an_error_shows_its_message_and_hint_and_the_details_when_asked_for() -> None:
    info = ErrorInfo("a-code", "It broke.", "Mend it.", "Traceback\n  line")
    assert error_text(info).splitlines() == [
        "error: It broke.",
        "  hint: Mend it.",
        "  (--verbose shows the details)",
    ]
    assert error_text(info, is_verbose=True).endswith("  | Traceback\n  |   line")
    assert error_text(ErrorInfo("a", "Only this.")) == "error: Only this."


def test_a_known_error_shows_its_lines_and_the_keys_that_each_fix_sets() -> None:
    edits = (
        RecipeEdit("export.opset_version", None),
        RecipeEdit("export.dynamic", [{"input": "x", "axis": 0, "name": "rows", "min": None, "max": 8}]),
    )
    fixes = (Fix("Use the default opset", edits), Fix("Write it otherwise", details="With torch.where."))
    known = Explanation("kind", "Title", "It cannot.", (SourcePlace("/net.py", 12, "a branch"),), fixes)
    info = ErrorInfo("a-code", "It broke: It cannot.", "A hint.", explanation=known)
    assert error_text(info).splitlines() == [
        "error: It broke: It cannot.",
        "  at /net.py:12 (a branch)",
        "  fix: Use the default opset",
        "       export.opset_version: back to its default",
        '       export.dynamic = [{ input = "x", axis = 0, name = "rows", max = 8 }]',
        "  fix: Write it otherwise",
        "       With torch.where.",
    ]
    assert "why: It cannot." in error_text(ErrorInfo("a", "It broke.", explanation=known))


def test_columns_line_up_with_numbers_to_the_right() -> None:
    assert table(("name", "ms"), [("a", "1.50"), ("longer", "12.00")], numbers=(1,)) == (
        "name       ms\na        1.50\nlonger  12.00"
    )


def test_sizes_durations_and_lists_are_spelled_for_people() -> None:
    assert [size(value) for value in (999, 1000, 345_678, 2_000_000_000_000)] == [
        "999 B",
        "1.00 kB",
        "346 kB",
        "2.00 TB",
    ]
    assert [duration(value) for value in (0.034, 2.36, 185.2)] == ["34 ms", "2.4 s", "3 min 05 s"]
    assert listed(tuple("abcdefg"), 3) == "a, b, c and 4 more"


def test_the_first_ctrl_c_sets_a_flag_and_the_second_raises() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        assert not interrupt.is_set()
        signal.raise_signal(signal.SIGINT)
        assert interrupt.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


def done(stage: Stage, result: Result) -> StageResult:
    return StageResult(stage, Outcome.SUCCEEDED, result=result)


def test_a_doubtful_load_shows_the_keys_that_do_not_fit() -> None:
    keys = KeyReport(3, missing=tuple(f"w{i}" for i in range(7)), unexpected=("old",))
    report = LoadReport("Net", "/net.py", 1234, 1234, 0, 4936, (), keys, "/net.pt", 5000, (), (), (), 0.5)
    text = result_text(done(Stage.SOURCE, report))
    assert text.startswith("▲ Source: warning in 500 ms")
    assert "3 keys matched" in text
    assert "▲ 7 missing: w0, w1, w2, w3, w4 and 2 more" in text
    assert "▲ 1 unexpected: old" in text


def test_a_graph_says_of_its_file_only_what_that_says() -> None:
    torchscript = Artifact("/net.pt", "torchscript", 10, "", (), (), producer="TorchScript")
    onnx = Artifact(
        "/net.onnx", "onnx", 10, "", (), (), ir_version=10, opset_imports={"ai.onnx": 20}, producer="pytorch"
    )
    lines = [
        result_text(done(Stage.GRAPH, GraphIndex(artifact, "net", "", 2, 0, 0, 0, {"Relu": 2})))
        .splitlines()[3]
        .strip()
        for artifact in (torchscript, onnx)
    ]
    assert lines == ["producer TorchScript", "opset ai.onnx 20; ir_version 10; producer pytorch"]


def test_an_export_shows_what_was_asked_and_not_got_and_where_the_models_code_was_warned_of() -> None:
    library = str(Path("/venv", "lib", "python3.11", "site-packages", "x.py"))
    warnings = (
        CapturedWarning("TracerWarning", "a branch\n   was frozen", "/my/net.py", 12, 2),
        CapturedWarning("FutureWarning", "old", library, 3),
    )
    mismatch = Mismatch("opset_version", "17", "18", "Dynamo made 18.", "Ask for 18.")
    artifact = Artifact("/o.onnx", "onnx", 10, "", (TensorInfo("x", "float32", ("n", 3)),), (), opset_version=18)
    text = result_text(done(Stage.EXPORT, ExportRecord(ExportSpec(), artifact, (mismatch,), warnings, 2.0, 1.0, {})))
    assert text.startswith("▲ Export: warning in 2.0 s\n  /o.onnx\n")
    assert "▲ opset_version: asked 17, got 18" in text
    assert "Ask for 18." in text
    assert "• TracerWarning: a branch was frozen (2 times) (/my/net.py:12)" in text
    assert "• FutureWarning: old\n" in text + "\n"
    assert "input  x: float32 n × 3" in text


def test_a_check_explains_the_rows_that_did_not_pass() -> None:
    rows = (
        CheckRow("a", "Readable", Verdict.PASSED, "Fine."),
        CheckRow("b", "The opset", Verdict.FAILED, "It is not.", "Export again.", "17", "18"),
    )
    text = result_text(done(Stage.CHECK, CheckReport("/o", Verdict.FAILED, rows, 0.1)))
    assert "✓ Readable" in text
    assert "Fine." not in text
    assert "✕ The opset" in text
    assert "Asked 17, got 18. It is not." in text
    assert "Export again." in text


def test_a_parity_case_that_could_not_be_run_is_a_row_with_its_reason() -> None:
    error = ErrorInfo("run-failed", "The runtime refused.", "Export again.")
    cases = (ParityCase("batch = 3", {"batch": 3}, 0, False, Verdict.FAILED, (), error),)
    report = ParityReport("/o", ParitySpec(), Verdict.FAILED, "Failed.", cases, "ONNX Runtime", (), 0.1)
    text = result_text(done(Stage.PARITY, report))
    assert "could not be run" in text
    assert "✕ batch = 3: The runtime refused. Export again." in text


def test_a_benchmark_shows_runners_that_could_not_be_measured_and_why() -> None:
    one = Estimate(1.0, 0.9, 1.1)
    summary = LatencySummary(500, 1.0, 0.1, 0.8, 2.0, one, Estimate(1.5, 1, 2), one, 0.1, 0, 1.0, 1000.0)
    runners = (
        RunnerResult(
            "eager",
            "PyTorch eager",
            None,
            (),
            (1.0,),
            summary,
            None,
            (Doubt("noisy_machine", "The machine was busy."),),
        ),
        RunnerResult("ort", "ONNX Runtime", None, (), (), None, None, (), ErrorInfo("a", "No artifact.", "Export.")),
        RunnerResult("ts", "TorchScript", None, (), (1.0,), summary, Estimate(2.0, 1.9, 2.1)),
    )
    report = BenchReport(BenchSpec(), "", "eager", "All the same.", runners, 2, {"cpu": "A CPU"}, True, 61.0)
    lines = result_text(done(Stage.BENCH, report)).splitlines()
    assert lines[0] == "▲ Benchmark: warning in 1 min 01 s"
    assert any("PyTorch eager" in line and "1.00 [0.900, 1.10]" in line and "baseline" in line for line in lines)
    assert any("ONNX Runtime" in line and "not measured" in line for line in lines)
    assert any("2.00 [1.90, 2.10]" in line for line in lines)
    assert "  ▲ ONNX Runtime: No artifact." in lines
    assert "  ▲ PyTorch eager: The machine was busy." in lines
    assert "  2 threads; A CPU" in lines
    cut_short = StageResult(Stage.BENCH, Outcome.CANCELLED, result=report)
    assert result_text(cut_short).startswith("– Benchmark: cancelled")


def test_the_closing_line_names_what_decided_it() -> None:
    passed = done(Stage.CHECK, CheckReport("", Verdict.PASSED, (), 0.1))
    warned = done(Stage.GRAPH, CheckReport("", Verdict.WARNING, (), 0.1))
    failed = done(Stage.PARITY, CheckReport("", Verdict.FAILED, (), 0.1))
    skipped = StageResult(Stage.BENCH, None, skipped="Because.")
    cancelled = StageResult(Stage.BENCH, Outcome.CANCELLED)
    assert closing_line([passed]) == "✓ passed: Check"
    assert closing_line([passed, warned]) == "▲ passed with warnings: Graph"
    assert closing_line([passed, warned, failed, skipped]) == "✕ failed: Parity"
    assert closing_line([failed, cancelled]) == "– cancelled"
    assert closing_line([skipped]) == "– nothing was proved"
    assert result_text(skipped) == "– Benchmark: skipped. Because."


def test_a_fault_of_the_program_itself_is_no_failed_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(inspect_command, "inspect", broken)
    assert main(["inspect", "net.onnx"]) == CRASHED
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_module_may_be_named_with_its_class() -> None:
    arguments = make_parser().parse_args(["export", "--module", "pkg.nets:Net", "--input", "x:float32:2x3"])
    source = recipe_of(arguments)[0].source
    assert (source.module, source.name) == ("pkg.nets", "Net")


def test_a_saved_model_needs_no_class(tmp_path: Path) -> None:
    arguments = make_parser().parse_args(["export", "--file", str(tmp_path / "net.pt2"), "--input", "x:float32:2x3"])
    assert recipe_of(arguments)[0].source.is_saved_model


def test_the_options_of_runners_are_listed_with_their_defaults_first() -> None:
    options = (
        OptionInfo("optimization", "Optimisation", "choice", "all", ("off", "all")),
        OptionInfo("spinning", "Spinning", "bool", True),
        OptionInfo("threads", "Threads", "int", 0),
        OptionInfo("gone", "Gone", "bool", False, problem="Not here."),
    )
    runner = RunnerInfo("onnxruntime", "ONNX Runtime", "onnx", (), options=options)
    text = environment_text(dataclasses.replace(make_capabilities(), runners=(runner,)))
    assert "\n  onnxruntime\n    optimization=all|off, spinning=true|false, threads=0|N\n" in text

"""`modelpack sweep`, as it asks and as it prints."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.cli import main, sweep_command
from modelpack_gui.cli.monitor import Monitor
from modelpack_gui.cli.report_sweep import sweep_text
from modelpack_gui.core import sweep
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled, Done, Failed, Outcome, Partial, TerminalEvent
from modelpack_gui.core.records import (
    OutputsCheck,
    RunnerSpec,
    SweepCell,
    SweepChoice,
    SweepReport,
    SweepRequest,
    SweepSpec,
    Verdict,
)
from modelpack_gui.core.stats import latencies as stats
from tests.unit.cli.recipes import recipe_text

RECIPE = recipe_text("[1, 3]", output_path="build/net.onnx") + "[sweep]\nthreads = [2]\n"


def _cell(runner: str, threads: int, batch: int | None, p50_ms: float, *, is_right: bool = True) -> SweepCell:
    summary = stats.summarise([p50_ms] * 500)
    outputs = OutputsCheck(Verdict.PASSED if is_right else Verdict.FAILED)
    choice = SweepChoice(RunnerSpec(runner), threads, batch)
    rate = sweep.throughput(summary.p50_ms, batch or 1)
    return SweepCell(choice, runner.title(), "measured", summary, rate, outputs, duration_s=3.0)


QUICK, BUSY = _cell("ort", 2, 1, 1.0), _cell("eager", 2, 8, 4.0)
WRONG = _cell("int8", 1, None, 0.5, is_right=False)
LOST = SweepCell(
    SweepChoice(RunnerSpec("eager"), 1, 8), "Eager", "crashed", error=ErrorInfo("worker-crashed", "It crashed.", "")
)


def _report(*cells: SweepCell) -> SweepReport:
    return SweepReport(SweepSpec(), cells, sweep.summary(cells), {}, True, 12.0)


def test_the_table_marks_the_best_and_says_what_is_wrong() -> None:
    text = sweep_text(_report(QUICK, BUSY, WRONG, dataclasses.replace(LOST, is_kept=True)))
    lines = text.splitlines()
    assert lines[1].startswith("* ")
    assert lines[1].endswith("lowest latency")
    assert lines[2].endswith("most items")
    assert lines[3].startswith("✕")
    assert "as is" in lines[3]
    assert lines[3].endswith("wrong outputs")
    assert lines[4].endswith("crashed")
    assert "4 cells in 12.0 s; 1 kept from an earlier run." in text
    assert "Eager, 1 thread, batch 8: It crashed." in text
    assert "▲ Lowest latency: Ort, 2 threads, batch 1, p50 1.00 ms" in text


def test_the_monitor_tells_of_each_cell_when_it_has_ended_and_of_kept_ones_not() -> None:
    stream = io.StringIO()
    monitor = Monitor(stream)
    running = dataclasses.replace(LOST, outcome="running", error=None)
    for part in (running, QUICK, WRONG, LOST, dataclasses.replace(BUSY, is_kept=True)):
        monitor(Partial("sweep-1", part))
    assert stream.getvalue().splitlines() == [
        "✓ Ort, 2 threads, batch 1: p50 1.00 ms (3.0 s)",
        "✕ Int8, 1 thread: p50 0.500 ms, wrong outputs (3.0 s)",
        "✕ Eager, 1 thread, batch 8 crashed: It crashed. (0 ms)",
    ]


class Answers:
    """Stands for the client: keeps what is asked, and answers."""

    def __init__(self, answer: TerminalEvent) -> None:
        self.answer = answer
        self.asked: list[SweepRequest] = []

    def __call__(self, _client: Any, _stage: str, request: SweepRequest, *_: Any, **__: Any) -> TerminalEvent:
        self.asked.append(request)
        return self.answer


@pytest.fixture
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "net.onnx").write_bytes(b"")


@pytest.mark.usefixtures("_project")
def test_options_go_before_the_recipe_and_files_are_named_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = Answers(Done("x", _report(QUICK, BUSY)))
    monkeypatch.setattr(sweep_command, "run_job", answers)
    options = ["--runners", "eager,onnxruntime[spinning=false]", "--batch-sizes", "1,8", "--files", "build/a.onnx"]
    options += ["--iterations", "30", "--cell-budget", "2", "--fresh", "--json", "out.json"]
    assert main(["sweep", "recipe.toml", *options]) == 0
    request = answers.asked[0]
    assert [one.key for one in request.sweep.runners] == ["eager", "onnxruntime[spinning=false]"]
    assert (request.sweep.threads, request.sweep.batch_sizes) == ((2,), (1, 8))
    assert request.sweep.artifacts == ("build/a.onnx",)
    assert (request.sweep.iterations, request.sweep.cell_budget_s, request.is_fresh) == (30, 2.0, True)
    assert request.artifact_path == str(tmp_path / "build" / "net.onnx")
    assert request.folder == str(tmp_path / "build" / "sweep" / "net")
    data = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert data["exit_status"] == 0
    assert [cell["title"] for cell in data["sweep"]["cells"]] == ["Ort", "Eager"]
    assert "Lowest latency: Ort" in capsys.readouterr().out


@pytest.mark.usefixtures("_project")
@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Done("x", _report(QUICK, LOST)), 1),
        (Done("x", _report(LOST)), 1),
        (Cancelled("x", _report(QUICK)), 130),
        (Cancelled("x"), 130),
        (Failed("x", Outcome.FAILED, ErrorInfo("no-cells", "There is nothing to sweep.", "")), 2),
        (Failed("x", Outcome.TIMED_OUT, ErrorInfo("job-timed-out", "It took too long.", "")), 3),
    ],
)
def test_the_exit_status_says_how_it_went(
    monkeypatch: pytest.MonkeyPatch, answer: TerminalEvent, status: int
) -> None:
    monkeypatch.setattr(sweep_command, "run_job", Answers(answer))
    assert main(["sweep", "recipe.toml"]) == status


@pytest.mark.usefixtures("_project")
def test_numbers_that_make_no_sense_are_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "recipe.toml", "--iterations", "0"]) == 2
    assert "iterations" in capsys.readouterr().err

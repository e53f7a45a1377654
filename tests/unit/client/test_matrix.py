"""The director of a matrix, with lanes that do no work: each part waits until the test answers it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from modelpack_gui.client import matrix as director_module
from modelpack_gui.client.gate import Gate
from modelpack_gui.client.job import WorkerJob
from modelpack_gui.client.matrix import MatrixDirector
from modelpack_gui.client.matrix_store import MatrixStore
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import (
    Cancelled,
    Done,
    Event,
    Failed,
    Outcome,
    Partial,
    Progress,
    TerminalEvent,
)
from modelpack_gui.core.records import (
    Artifact,
    Capabilities,
    CheckpointSpec,
    Estimate,
    ExportSpec,
    HelloRequest,
    InputSpec,
    MatrixCell,
    MatrixCellRequest,
    MatrixChoice,
    MatrixLatency,
    MatrixLatencyRequest,
    MatrixReport,
    MatrixRequest,
    MatrixSpec,
    ModelSource,
    ParitySpec,
)
from tests.unit.core.matrix_cells import cell

PATIENCE_S = 60.0
CHOICES = (
    MatrixChoice("onnx", "trace", 17),
    MatrixChoice("onnx", "trace", 20),
    MatrixChoice("onnx", "dynamo", 20),
)
ERROR = ErrorInfo("worker-crashed", "The worker was ended by SIGSEGV.", "Look.")
Answer = Callable[[WorkerJob], TerminalEvent | None]


class FakeLanes:
    """Stands in for the class Lane; `answer` gives the end of a part, or None to leave it open until a cancel."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[WorkerJob] = []
        self.open = 0
        self.most_open = 0
        self.lock = threading.Lock()
        self.news = threading.Condition(self.lock)

    def __call__(self, interpreter: str) -> FakeLane:
        return FakeLane(self)

    def cells(self) -> list[MatrixChoice]:
        return [part.request.choice for part in self.asked if isinstance(part.request, MatrixCellRequest)]

    def wait_for_cells(self, count: int) -> None:
        with self.news:
            assert self.news.wait_for(lambda: len(self.cells()) >= count, PATIENCE_S)


class FakeLane:
    def __init__(self, lanes: FakeLanes) -> None:
        self._lanes = lanes

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def join_workers(self, timeout_s: float) -> bool:
        return True

    def kill_workers(self) -> None: ...

    def submit(self, part: WorkerJob) -> None:
        with self._lanes.news:
            self._lanes.asked.append(part)
            if isinstance(part.request, MatrixCellRequest):
                self._lanes.open += 1
                self._lanes.most_open = max(self._lanes.most_open, self._lanes.open)
            self._lanes.news.notify_all()

        def end() -> None:
            event = self._lanes.answer(part)
            if event is not None:
                with self._lanes.lock:
                    self._lanes.open -= isinstance(part.request, MatrixCellRequest)
                part.emit(event)

        part.on_cancel(lambda: part.emit(Cancelled(part.id)))
        threading.Thread(target=end, daemon=True).start()


def capabilities(torch: str = "2.13.0") -> Capabilities:
    return Capabilities(1, "/py", "3.11", "Linux", (), f"cpu {torch}", (), 2, 2, 0, (), ())


def exported(choice: MatrixChoice, folder: Path) -> MatrixCell:
    path = folder / f"{choice.exporter}-{choice.opset_version}.onnx"
    path.write_bytes(b"x" * 10)
    made = cell(choice.exporter, choice.opset_version, size_bytes=10)
    assert made.export is not None
    artifact: Artifact = dataclasses.replace(made.export.artifact, path=str(path))
    return dataclasses.replace(made, export=dataclasses.replace(made.export, artifact=artifact))


def answer_all(folder: Path) -> Answer:
    def answer(part: WorkerJob) -> TerminalEvent | None:
        request = part.request
        if isinstance(request, HelloRequest):
            return Done(part.id, capabilities())
        if isinstance(request, MatrixLatencyRequest):
            return Done(part.id, MatrixLatency(Estimate(1.0, 0.9, 1.1), 60, "ONNX Runtime"))
        assert isinstance(request, MatrixCellRequest)
        part.emit(Progress(part.id, "Exporting"))
        return Done(part.id, exported(request.choice, folder))

    return answer


def request(**changes: object) -> MatrixRequest:
    made = MatrixRequest(
        source=ModelSource(file="net.py", name="Net", checkpoint=CheckpointSpec("net.pt")),
        inputs=(InputSpec("x", (2, 3)),),
        export=ExportSpec(exporter="dynamo", opset_version=20, output_path="build/net.onnx"),
        parity=ParitySpec(),
        matrix=MatrixSpec(CHOICES),
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


class Run:
    """One run of a director over fake lanes."""

    def __init__(self, lanes: FakeLanes, asked: MatrixRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(director_module, "Lane", lanes)
        gate = Gate()
        self.lanes = lanes
        self.events: list[Event] = []
        self.job = WorkerJob("matrix", asked, self.events.append, folder, None)
        self.job.ticket = gate.ticket(alone=False)
        self.gate = gate
        MatrixDirector(self.job, "", gate).start()

    def end(self) -> TerminalEvent:
        event = self.job.wait(PATIENCE_S)
        assert event is not None
        return event

    def report(self) -> MatrixReport:
        event = self.end()
        assert isinstance(event, (Done, Cancelled))
        assert isinstance(event.result, MatrixReport)
        return event.result


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text("class Net: ...")
    (tmp_path / "net.pt").write_bytes(b"weights")
    return tmp_path


def test_each_cell_is_shown_when_it_starts_and_when_it_ends_and_the_best_is_recommended(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(FakeLanes(answer_all(project)), request(), project, monkeypatch)
    report = run.report()
    assert report.is_complete
    assert report.recommended == CHOICES[2]
    assert [found.choice for found in report.cells] == list(CHOICES)
    assert all(found.latency is not None for found in report.cells)
    shown = [event.result for event in run.events if isinstance(event, Partial) and event.result.choice == CHOICES[0]]
    assert [found.outcome for found in shown] == ["waiting", "running", "running", "exported", "exported"]
    assert shown[2].message == "Exporting"


def test_no_more_cells_run_at_a_time_than_workers_and_they_share_the_cores(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes = FakeLanes(answer_all(project))
    assert Run(lanes, request(), project, monkeypatch).report().workers == 2
    assert lanes.most_open <= 2
    threads = [part.request.threads for part in lanes.asked if isinstance(part.request, MatrixCellRequest)]
    assert threads == [1, 1, 1]


def test_a_crash_is_the_outcome_of_its_cell_and_the_others_go_on(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = answer_all(project)

    def crash_one(part: WorkerJob) -> TerminalEvent | None:
        if isinstance(part.request, MatrixCellRequest) and part.request.choice == CHOICES[2]:
            return Failed(part.id, Outcome.CRASHED, ERROR)
        return usual(part)

    report = Run(FakeLanes(crash_one), request(), project, monkeypatch).report()
    assert [found.outcome for found in report.cells] == ["exported", "exported", "crashed"]
    assert report.cells[2].error == ERROR
    assert report.recommended == CHOICES[1]


def test_a_cancel_keeps_what_was_finished_and_a_second_run_does_only_the_rest(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = answer_all(project)

    def hang_on_dynamo(part: WorkerJob) -> TerminalEvent | None:
        is_dynamo = isinstance(part.request, MatrixCellRequest) and part.request.choice == CHOICES[2]
        return None if is_dynamo else usual(part)

    first = Run(FakeLanes(hang_on_dynamo), request(matrix=MatrixSpec(CHOICES, workers=1)), project, monkeypatch)
    first.lanes.wait_for_cells(3)
    first.job.cancel()
    report = first.report()
    assert isinstance(first.end(), Cancelled)
    assert not report.is_complete
    assert [found.outcome for found in report.cells] == ["exported", "exported", "cancelled"]

    second = Run(FakeLanes(usual), request(), project, monkeypatch)
    report = second.report()
    assert second.lanes.cells() == [CHOICES[2]]
    assert report.reused == 2
    assert [found.outcome for found in report.cells] == ["exported"] * 3

    third = Run(FakeLanes(usual), request(), project, monkeypatch)
    assert third.report().reused == 3
    assert third.lanes.cells() == []


def test_a_crashed_cell_is_tried_again_and_a_failed_one_is_not(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = answer_all(project)

    def fault(part: WorkerJob) -> TerminalEvent | None:
        if isinstance(part.request, MatrixCellRequest) and part.request.choice == CHOICES[0]:
            return Failed(part.id, Outcome.CRASHED, ERROR)
        if isinstance(part.request, MatrixCellRequest) and part.request.choice == CHOICES[1]:
            return Done(part.id, MatrixCell(CHOICES[1], "failed", error=ERROR))
        return usual(part)

    Run(FakeLanes(fault), request(), project, monkeypatch).report()
    again = Run(FakeLanes(usual), request(), project, monkeypatch)
    again.report()
    assert again.lanes.cells() == [CHOICES[0]]


def _edit_model(project: Path) -> MatrixRequest:
    (project / "net.py").write_text("class Net: x = 1")
    return request()


def _edit_neighbour(project: Path) -> MatrixRequest:
    (project / "layers.py").write_text("y = 1")
    return request()


def _edit_checkpoint(project: Path) -> MatrixRequest:
    (project / "net.pt").write_bytes(b"other weights")
    return request()


def _edit_inputs(project: Path) -> MatrixRequest:
    return request(inputs=(InputSpec("x", (2, 4)),))


def _run_fresh(project: Path) -> MatrixRequest:
    return request(is_fresh=True)


def _delete_artifacts(project: Path) -> MatrixRequest:
    for path in project.glob("*.onnx"):
        path.unlink()
    return request()


@pytest.mark.parametrize(
    "change", [_edit_model, _edit_neighbour, _edit_checkpoint, _edit_inputs, _run_fresh, _delete_artifacts]
)
def test_what_is_out_of_date_or_forgotten_runs_again(
    change: Callable[[Path], MatrixRequest], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Run(FakeLanes(answer_all(project)), request(), project, monkeypatch).report()
    again = Run(FakeLanes(answer_all(project)), change(project), project, monkeypatch)
    assert again.report().reused == 0
    assert sorted(again.lanes.cells(), key=str) == sorted(CHOICES, key=str)


def test_a_kept_file_that_is_cut_short_only_costs_a_second_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Run(FakeLanes(answer_all(project)), request(), project, monkeypatch).report()
    store = MatrixStore(project, request().export)
    assert len(store.read()) == 3
    store.path.write_text(store.path.read_text()[:-50])
    assert store.read() == {}
    assert Run(FakeLanes(answer_all(project)), request(), project, monkeypatch).report().reused == 0


def test_an_interpreter_that_does_not_answer_fails_the_matrix(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(part: WorkerJob) -> TerminalEvent | None:
        return Failed(part.id, Outcome.FAILED, ERROR)

    event = Run(FakeLanes(refuse), request(), project, monkeypatch).end()
    assert isinstance(event, Failed)
    assert event.error == ERROR


def test_a_matrix_without_a_cell_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    event = Run(FakeLanes(answer_all(project)), request(matrix=MatrixSpec(())), project, monkeypatch).end()
    assert isinstance(event, Failed)
    assert event.error.code == "no-cells"


def test_the_latencies_wait_until_no_other_job_runs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = FakeLanes(answer_all(project))
    run = Run(lanes, request(), project, monkeypatch)
    other = run.gate.ticket(alone=False)  # a job asked for while the cells run
    lanes.wait_for_cells(3)
    assert run.job.wait(0.3) is None
    run.gate.leave(other)
    assert all(found.latency is not None for found in run.report().cells)

"""A sweep with real processes: a cell that ends its process leaves the others whole, and a second run goes on."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Cancelled, Done, Partial, Progress
from modelpack_gui.core.records import (
    InputSpec,
    ModelSource,
    SweepCell,
    SweepReport,
    SweepRequest,
    SweepSpec,
    Verdict,
    runner_specs,
)
from tests.places import WORKER_FIXTURES
from tests.worker.harness import Recorder, ended, run


def _request(folder: Path, *batches: int, **settings: float) -> SweepRequest:
    spec = SweepSpec(
        runner_specs("eager"), threads=(1,), batch_sizes=batches, warmup_runs=2, iterations=30, cell_budget_s=5.0
    )
    return SweepRequest(
        ModelSource(file="sweep_models.py", name="Moody"),
        (InputSpec("x", (1, 8)),),
        "",
        dataclasses.replace(spec, **settings),  # type: ignore[arg-type]
        folder=str(folder),
    )


def _cells(recorder: Recorder, outcome: str) -> list[int | None]:
    parts = [event.result for event in recorder.events if isinstance(event, Partial)]
    return [part.choice.batch_size for part in parts if isinstance(part, SweepCell) and part.outcome == outcome]


def test_a_cell_that_crashes_leaves_the_others_whole_and_alone_runs_again(
    client: WorkerClient, tmp_path: Path
) -> None:
    base = tmp_path / "project"
    base.mkdir()
    shutil.copy(WORKER_FIXTURES / "sweep_models.py", base)
    event, recorder = run(client, "sweep", _request(tmp_path / "kept", 1, 3), base=base)
    assert isinstance(event, Done), event
    report = event.result
    assert isinstance(report, SweepReport)
    by_batch = {cell.choice.batch_size: cell for cell in report.cells}
    small, lost = by_batch[1], by_batch[3]
    assert small.outcome == "measured"
    assert small.summary is not None
    assert small.summary.count == 30
    assert small.outputs is None or small.outputs.verdict is Verdict.PASSED
    assert small.peak_rss_bytes > 2**20
    assert (lost.outcome, lost.summary) == ("crashed", None)
    assert lost.error is not None
    assert lost.error.code == "worker-crashed"
    assert "1 cell gave no figure" in report.summary
    assert _cells(recorder, "running") == [1, 3]
    told = [event.message for event in recorder.events if isinstance(event, Progress)]
    assert any("1 of 2 cells, about" in message for message in told)

    second, again = run(client, "sweep", _request(tmp_path / "kept", 1, 3), base=base)
    assert isinstance(second, Done)
    assert isinstance(second.result, SweepReport)
    assert [cell.is_kept for cell in second.result.cells] == [True, False]
    assert _cells(again, "running") == [3]

    (base / "sweep_models.py").write_text((base / "sweep_models.py").read_text() + "\n# another model\n")
    third = Recorder()
    job = client.run("sweep", _request(tmp_path / "kept", 1, 3), third, base=base)
    third.wait_for(lambda event: isinstance(event, Partial) and event.result.outcome == "running")
    job.cancel()
    last = ended(job)
    assert isinstance(last, Cancelled)
    assert isinstance(last.result, SweepReport)
    assert not last.result.is_complete
    assert [cell.outcome for cell in last.result.cells] == ["cancelled", "cancelled"]


def test_a_cell_that_takes_too_long_is_ended(client: WorkerClient, tmp_path: Path) -> None:
    event, _ = run(client, "sweep", _request(tmp_path / "kept", 1, 2, cell_limit_s=0.05))
    assert isinstance(event, Done), event
    assert isinstance(event.result, SweepReport)
    assert [cell.outcome for cell in event.result.cells] == ["timed_out", "timed_out"]
    assert not (tmp_path / "kept").exists()

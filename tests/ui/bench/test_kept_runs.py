"""Runs of the benchmark that are kept with the project: at once, across sessions, and where there is no file yet."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.client.bench.store import BenchStore, WholeRun, bench_folder
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Cancelled
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import BenchReport
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.status import Status
from tests.ui import made_reports as made
from tests.ui.bench.made_bench import lab_report
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_export_record


@pytest.fixture
def saved(client: FakeClient, controller: Controller, tmp_path: Path) -> Path:
    """A project with a file; gives the file."""
    client.answers.update({"export": make_export_record(), "hello": made.capabilities()})
    path = tmp_path / "project" / "net.toml"
    controller.save(path)
    controller.edit(made.ready_recipe(), "start")
    controller.save(path)
    return path


def _store(controller: Controller) -> BenchStore:
    return BenchStore(bench_folder(controller.base, controller.recipe.export))


def _run(controller: Controller, client: FakeClient, report: BenchReport, qtbot: QtBot) -> None:
    client.answers["bench"] = report
    controller.run(Stage.BENCH)
    qtbot.waitUntil(lambda: controller.state(Stage.BENCH).result is report)


def _quiet(controller: Controller, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not controller.bench_runs.is_busy)


def test_a_run_is_on_disk_as_soon_as_it_has_ended(
    saved: Path, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    _run(controller, client, lab_report(), qtbot)
    qtbot.waitUntil(lambda: bool(controller.bench_runs.current))
    _quiet(controller, qtbot)
    kept = _store(controller).read(controller.bench_runs.current)
    assert kept.report == lab_report()
    assert kept.recipe == controller.recipe
    assert [run.id for run in controller.bench_runs.runs] == [controller.bench_runs.current]


def test_a_run_that_was_cut_short_is_kept_with_what_it_measured(
    saved: Path, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    controller.run(Stage.BENCH)
    qtbot.waitUntil(lambda: any(job.stage == "bench" for job in client.jobs))
    job = client.last("bench")
    job.give(Cancelled(job.id, made.bench_report(60, is_complete=False)))
    qtbot.waitUntil(lambda: bool(controller.bench_runs.runs))
    assert not controller.bench_runs.runs[0].is_complete


def test_the_last_run_is_back_when_the_project_is_opened_again(
    saved: Path, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    _run(controller, client, made.bench_report(), qtbot)
    _run(controller, client, lab_report(), qtbot)
    qtbot.waitUntil(lambda: len(controller.bench_runs.runs) == 2 and not controller.bench_runs.is_busy)
    controller.new_project()
    assert controller.bench_runs.runs == ()
    assert controller.result(Stage.BENCH, BenchReport) is None
    controller.open_recipe(saved, is_trusted=True)
    qtbot.waitUntil(lambda: controller.result(Stage.BENCH, BenchReport) is not None)
    assert controller.result(Stage.BENCH, BenchReport) == lab_report()
    assert controller.state(Stage.BENCH).status is Status.WARNING  # one of its runners gives wrong outputs
    _quiet(controller, qtbot)
    assert len(_store(controller).runs()) == 2, "what was read is not kept a second time"


def test_a_run_of_other_settings_is_out_of_date_when_it_is_back(
    saved: Path, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    _run(controller, client, lab_report(), qtbot)
    qtbot.waitUntil(lambda: bool(controller.bench_runs.current))
    recipe = controller.recipe
    controller.edit(dataclasses.replace(recipe, bench=dataclasses.replace(recipe.bench, seed=7)), "seed")
    controller.save(saved)
    controller.open_recipe(saved, is_trusted=True)
    qtbot.waitUntil(lambda: controller.result(Stage.BENCH, BenchReport) is not None)
    assert controller.state(Stage.BENCH).status is Status.STALE


def test_a_benchmark_that_is_on_is_not_replaced_by_what_was_kept(
    saved: Path, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    controller.run(Stage.BENCH)
    qtbot.waitUntil(lambda: controller.state(Stage.BENCH).status is Status.RUNNING)
    _store(controller).keep(lab_report())
    controller.bench_runs.refresh()
    _quiet(controller, qtbot)
    assert len(controller.bench_runs.runs) == 1
    assert controller.result(Stage.BENCH, BenchReport) is None


def test_runs_of_a_project_without_a_file_are_put_on_disk_when_it_is_saved(
    controller: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    client.answers.update({"export": make_export_record(), "hello": made.capabilities()})
    recipe = made.ready_recipe()
    export = dataclasses.replace(recipe.export, output_path=str(tmp_path / "net.onnx"))
    controller.edit(dataclasses.replace(recipe, export=export), "start")
    _run(controller, client, lab_report(), qtbot)
    runs = controller.bench_runs
    assert len(runs.runs) == 1
    runs.rename(runs.current, "first")
    found: list[WholeRun | None] = []
    runs.read(runs.current, lambda whole, _error: found.append(whole))
    assert found[0] is not None
    assert found[0].report is controller.result(Stage.BENCH, BenchReport)
    controller.save(tmp_path / "net.toml")
    qtbot.waitUntil(lambda: [run.name for run in _store(controller).runs()] == ["first"])


def test_a_run_that_cannot_be_kept_is_told_and_stays_in_view(
    saved: Path, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    (saved.parent / "bench").write_text("a file where the folder would be")
    with qtbot.waitSignal(controller.message_raised) as told:
        _run(controller, client, lab_report(), qtbot)
    assert isinstance(told.args[0], ErrorInfo)
    assert told.args[0].code == "file-not-writable"
    assert controller.result(Stage.BENCH, BenchReport) is not None


def test_names_baseline_and_deleting_reach_the_disk(
    saved: Path, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    _run(controller, client, lab_report(), qtbot)
    runs = controller.bench_runs
    qtbot.waitUntil(lambda: bool(runs.current))
    run = runs.current
    runs.rename(run, "release")
    runs.set_baseline(run)
    qtbot.waitUntil(lambda: runs.baseline == run and not runs.is_busy)
    assert _store(controller).find("release").id == _store(controller).baseline == run
    runs.delete(run)
    qtbot.waitUntil(lambda: runs.runs == () and not runs.is_busy)
    assert runs.baseline == runs.current == ""
    assert controller.result(Stage.BENCH, BenchReport) is not None, "what is in view stays there"


def test_a_run_that_the_command_line_kept_comes_with_the_next_look(
    saved: Path, controller: Controller, qtbot: QtBot
) -> None:
    _quiet(controller, qtbot)
    kept = _store(controller).keep(lab_report(), name="by the command line")
    controller.bench_runs.refresh()
    qtbot.waitUntil(lambda: [run.id for run in controller.bench_runs.runs] == [kept.id])


def test_a_run_that_cannot_be_read_says_why(saved: Path, controller: Controller, qtbot: QtBot) -> None:
    kept = _store(controller).keep(lab_report())
    (bench_folder(controller.base, controller.recipe.export) / f"{kept.id}.run.json.gz").write_bytes(b"x")
    told: list[ErrorInfo | None] = []
    controller.bench_runs.read(kept.id, lambda _whole, error: told.append(error))
    qtbot.waitUntil(lambda: bool(told))
    assert told[0] is not None
    assert told[0].code == "bench-run-not-readable"

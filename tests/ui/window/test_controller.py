"""The project of a window: edits, undo, staleness, the order of jobs, trust."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.client.recipe_file import load_recipe, save_recipe
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.events import Cancelled, Progress
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import InterpreterSpec, Recipe
from modelpack_gui.core.records import (
    CheckReport,
    CheckRequest,
    DynamicDim,
    ExportRecord,
    InputSpec,
    ModelSource,
    ParityRequest,
    ParitySpec,
    SavedModel,
    SourceScan,
    Verdict,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.status import Status
from tests.ui import samples
from tests.ui.fake_client import FakeClient


@pytest.fixture
def recipe_path(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "model.py").write_text("class ShapesNet: ...\n")
    path = folder / "shapes.toml"
    save_recipe(samples.make_recipe(), path)
    return path


@pytest.fixture
def project(controller: Controller, recipe_path: Path) -> Controller:
    controller.open_recipe(recipe_path, is_trusted=True)
    return controller


def wait_for(qtbot: QtBot, controller: Controller, stage: Stage, status: Status) -> None:
    qtbot.waitUntil(lambda: controller.state(stage).status is status)


def with_opset(recipe: Recipe, opset: int) -> Recipe:
    return dataclasses.replace(recipe, export=dataclasses.replace(recipe.export, opset_version=opset))


def test_an_edit_is_undone_and_redone(project: Controller) -> None:
    before = project.recipe
    project.edit(with_opset(before, 18), "change opset")
    assert project.is_modified
    assert project.undo_stack.undoText() == "change opset"
    project.undo_stack.undo()
    assert (project.recipe, project.is_modified) == (before, False)
    project.undo_stack.redo()
    assert project.recipe.export.opset_version == 18


def test_typing_in_one_field_is_one_undo_step(project: Controller) -> None:
    before = project.recipe
    for opset in (1, 18):
        project.edit(with_opset(project.recipe, opset), "change opset", "opset")
    assert project.undo_stack.count() == 1
    project.undo_stack.undo()
    assert project.recipe == before


def test_edits_without_a_merge_key_stay_apart(project: Controller) -> None:
    for opset in (17, 18):
        project.edit(with_opset(project.recipe, opset), "change opset")
    assert project.undo_stack.count() == 2


def test_an_edit_that_changes_nothing_is_no_step(project: Controller) -> None:
    project.edit(project.recipe, "nothing")
    assert project.undo_stack.count() == 0


def test_parity_exports_first_and_uses_the_artifact(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers["export"] = samples.make_export_record()
    project.run(Stage.PARITY)
    qtbot.waitUntil(lambda: any(job.stage == "parity" for job in client.jobs))
    request = client.last("parity").request
    assert isinstance(request, ParityRequest)
    assert request.artifact_path == "/models/build/shapes.onnx"
    assert [job.stage for job in client.jobs if job.stage in ("export", "parity")] == ["export", "parity"]
    assert client.bases[-1] == project.base


def test_a_fresh_export_is_not_made_again(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers.update({"export": samples.make_export_record(), "check": samples.make_check_report()})
    project.run(Stage.EXPORT)
    wait_for(qtbot, project, Stage.EXPORT, Status.PASSED)
    project.run(Stage.CHECK)
    wait_for(qtbot, project, Stage.CHECK, Status.PASSED)
    assert sum(job.stage == "export" for job in client.jobs) == 1


def test_a_failed_export_stops_what_would_need_it(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers["export"] = samples.FAULT
    project.run(Stage.EXPORT, Stage.CHECK, Stage.PARITY)
    wait_for(qtbot, project, Stage.EXPORT, Status.FAILED)
    assert project.state(Stage.EXPORT).error == samples.FAULT
    assert not any(job.stage in ("check", "parity") for job in client.jobs)
    for stage in (Stage.CHECK, Stage.PARITY):
        state = project.state(stage)
        assert state.status is Status.NOT_RUN
        assert state.error is not None
        assert state.error.message == f"{stage.label} was not run: Export, which comes before it, failed."
    assert not project.is_busy


def test_a_failed_check_does_not_stop_parity(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers["export"] = samples.make_export_record()
    client.answers["check"] = samples.make_check_report(Verdict.FAILED)
    project.run(Stage.CHECK, Stage.PARITY)
    qtbot.waitUntil(lambda: any(job.stage == "parity" for job in client.jobs))
    assert project.state(Stage.CHECK).status is Status.FAILED
    assert project.state(Stage.CHECK).error is None


def test_a_changed_setting_makes_its_results_stale_and_undo_brings_them_back(
    project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers.update({"export": samples.make_export_record(), "check": samples.make_check_report()})
    project.run(Stage.EXPORT, Stage.CHECK)
    wait_for(qtbot, project, Stage.CHECK, Status.PASSED)
    project.edit(with_opset(project.recipe, 18), "change opset")
    assert project.state(Stage.EXPORT).status is Status.STALE
    assert project.state(Stage.CHECK).status is Status.STALE
    assert project.result(Stage.CHECK, CheckReport) is not None
    project.undo_stack.undo()
    assert project.state(Stage.CHECK).status is Status.PASSED


def test_a_parity_setting_leaves_the_export_fresh(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers["export"] = samples.make_export_record()
    project.run(Stage.EXPORT)
    wait_for(qtbot, project, Stage.EXPORT, Status.PASSED)
    project.edit(dataclasses.replace(project.recipe, parity=ParitySpec(rtol=0.1)), "change tolerance")
    assert project.state(Stage.EXPORT).status is Status.PASSED


def test_a_new_export_makes_later_results_stale(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers.update({"export": samples.make_export_record(), "check": samples.make_check_report()})
    project.run(Stage.EXPORT, Stage.CHECK)
    wait_for(qtbot, project, Stage.CHECK, Status.PASSED)
    project.run(Stage.EXPORT)
    wait_for(qtbot, project, Stage.CHECK, Status.STALE)


def test_what_fails_on_the_newest_export_is_not_stale(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers.update({"export": samples.make_export_record(), "parity": samples.FAULT})
    project.run(Stage.EXPORT, Stage.PARITY)
    wait_for(qtbot, project, Stage.PARITY, Status.FAILED)


def test_progress_shows_in_the_state(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    project.run(Stage.EXPORT)
    job = client.last("export")
    job.give(Progress(job.id, "Tracing", 0.5))
    qtbot.waitUntil(lambda: project.state(Stage.EXPORT).message == "Tracing")
    assert project.state(Stage.EXPORT).fraction == 0.5


def test_cancel_keeps_the_earlier_result(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers["export"] = samples.make_export_record()
    project.run(Stage.EXPORT)
    wait_for(qtbot, project, Stage.EXPORT, Status.PASSED)
    del client.answers["export"]
    project.run(Stage.EXPORT)
    wait_for(qtbot, project, Stage.EXPORT, Status.RUNNING)
    project.cancel(Stage.EXPORT)
    wait_for(qtbot, project, Stage.EXPORT, Status.PASSED)
    assert project.result(Stage.EXPORT, ExportRecord) is not None


def test_cancel_drops_the_stages_that_wait(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    project.run(Stage.EXPORT, Stage.CHECK)
    project.cancel()
    wait_for(qtbot, project, Stage.EXPORT, Status.CANCELLED)
    assert not any(job.stage == "check" for job in client.jobs)


def test_a_stage_asked_for_while_another_runs_waits_and_can_be_cancelled(
    project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    project.run(Stage.SOURCE)
    project.run(Stage.EXPORT)
    project.run(Stage.CHECK)
    assert project.state(Stage.SOURCE).status is Status.RUNNING
    assert project.state(Stage.EXPORT).status is Status.WAITING
    assert project.state(Stage.CHECK).status is Status.WAITING
    project.cancel(Stage.CHECK)
    assert project.state(Stage.CHECK).status is Status.NOT_RUN
    client.last("load").answer(samples.make_load_report())
    wait_for(qtbot, project, Stage.EXPORT, Status.RUNNING)
    assert not any(job.stage == "check" for job in client.jobs)


def test_what_a_cancelled_job_measured_is_kept(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers["export"] = samples.make_export_record()
    project.run(Stage.CHECK)
    qtbot.waitUntil(lambda: any(job.stage == "check" for job in client.jobs))
    job = client.last("check")
    job.give(Cancelled(job.id, samples.make_check_report(Verdict.WARNING)))
    wait_for(qtbot, project, Stage.CHECK, Status.WARNING)


def test_a_stage_that_is_not_ready_says_why(controller: Controller) -> None:
    assert "No model file" in controller.problem(Stage.EXPORT)
    controller.run(Stage.EXPORT)
    error = controller.state(Stage.EXPORT).error
    assert error is not None
    assert error.code == "stage-not-ready"


def test_results_of_a_closed_project_are_dropped(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    project.run(Stage.EXPORT)
    job = client.last("export")
    project.new_project()
    qtbot.waitUntil(lambda: not project.jobs.is_running(job.id))
    assert project.state(Stage.EXPORT).status is Status.NOT_RUN


def test_an_untrusted_recipe_starts_no_job_until_the_user_agrees(
    controller: Controller, client: FakeClient, recipe_path: Path, qtbot: QtBot
) -> None:
    controller.open_recipe(recipe_path)
    assert not controller.is_trusted
    with qtbot.waitSignal(controller.trust_wanted):
        controller.run(Stage.EXPORT)
    assert client.jobs == []
    controller.trust_recipe()
    assert {job.stage for job in client.jobs} == {"hello", "scan"}
    controller.open_recipe(recipe_path)
    assert controller.is_trusted


def test_a_recipe_that_cannot_be_read_leaves_the_project(project: Controller, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("schema_version = 1\n[sorce]\n")
    before = project.recipe
    with pytest.raises(UserError, match="did you mean 'source'"):
        project.open_recipe(bad)
    assert project.recipe is before


def test_saving_writes_the_recipe_and_marks_it_clean(project: Controller, recipe_path: Path) -> None:
    project.edit(with_opset(project.recipe, 18), "change opset")
    project.save(recipe_path)
    assert not project.is_modified
    assert load_recipe(recipe_path).export.opset_version == 18


def test_saving_elsewhere_keeps_pointing_at_the_same_files(
    project: Controller, recipe_path: Path, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = samples.make_export_record()
    project.run(Stage.EXPORT)
    wait_for(qtbot, project, Stage.EXPORT, Status.PASSED)
    other = recipe_path.parent.parent / "elsewhere" / "copy.toml"
    other.parent.mkdir()
    project.save(other)
    assert (other.parent / project.recipe.source.file).resolve() == (recipe_path.parent / "model.py").resolve()
    assert project.state(Stage.EXPORT).status is Status.PASSED


def test_a_new_project_spells_the_files_beside_its_recipe_from_there(controller: Controller, tmp_path: Path) -> None:
    source = ModelSource(file=str(tmp_path / "nets" / "model.py"), name="Net")
    controller.edit(dataclasses.replace(controller.recipe, source=source), "choose model file")
    controller.save(tmp_path / "recipe.toml")
    assert load_recipe(tmp_path / "recipe.toml").source.file == "nets/model.py"
    assert controller.recipe.source.file == "nets/model.py"


@pytest.mark.parametrize(
    "saved", [SavedModel("onnx", size_bytes=3_100_000_000), SavedModel("onnx", size_bytes=9, nodes=50_000)]
)
def test_a_giant_onnx_file_is_not_checked_before_the_user_asks(
    controller: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot, saved: SavedModel
) -> None:
    artifact = tmp_path / "giant.onnx"
    artifact.write_bytes(b"x")
    client.answers["inspect"] = samples.FAULT
    client.answers["scan"] = SourceScan(str(artifact), (), saved)
    with qtbot.waitSignal(controller.scan_changed, check_params_cb=lambda: controller.scan is not None):
        controller.open_artifact(artifact)
    assert not any(job.stage == "check" for job in client.jobs)
    controller.run(Stage.CHECK)
    qtbot.waitUntil(lambda: any(job.stage == "check" for job in client.jobs))


def test_an_opened_onnx_file_is_read_checked_and_compared_without_an_export(
    controller: Controller, client: FakeClient, tmp_path: Path, qtbot: QtBot
) -> None:
    artifact = tmp_path / "some.onnx"
    artifact.write_bytes(b"x")
    client.answers["inspect"] = samples.FAULT
    saved = SavedModel("onnx", proposed=(InputSpec("x", (2, 3)),), dynamic=(DynamicDim("x", 0, "batch"),))
    client.answers["scan"] = SourceScan(str(artifact), (), saved)
    with qtbot.waitSignal(controller.page_wanted):
        controller.open_artifact(artifact)
    qtbot.waitUntil(lambda: any(job.stage == "check" for job in client.jobs))
    assert client.last("check").request == CheckRequest(str(artifact), None, saved.proposed)
    assert not any(job.stage == "export" for job in client.jobs)
    assert controller.problem(Stage.EXPORT) == "The source is an ONNX file already, so there is nothing to export."
    client.last("check").answer(samples.make_check_report())
    controller.run(Stage.PARITY, Stage.BENCH)
    qtbot.waitUntil(lambda: any(job.stage == "parity" for job in client.jobs))
    parity = client.last("parity").request
    assert isinstance(parity, ParityRequest)
    assert (parity.source.file, parity.artifact_path) == (str(artifact), str(artifact))
    assert parity.dynamic == saved.dynamic
    assert not controller.is_modified


def test_a_changed_model_file_is_scanned_again(project: Controller, client: FakeClient) -> None:
    scans = sum(job.stage == "scan" for job in client.jobs)
    source = dataclasses.replace(project.recipe.source, file="other.py")
    project.edit(dataclasses.replace(project.recipe, source=source), "choose model file")
    assert sum(job.stage == "scan" for job in client.jobs) == scans + 1


def test_the_capabilities_follow_the_interpreter(project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    with qtbot.waitSignal(project.capabilities_changed, check_params_cb=lambda: project.capabilities is not None):
        client.last("hello").answer(samples.make_capabilities())
    found = project.capabilities
    assert found is not None
    assert found.version_of("torch") == "2.13.0"


@pytest.mark.parametrize(
    ("path", "place"), [("", ""), ("python3.11", "python3.11"), ("env/bin/python", "{base}/env/bin/python")]
)
def test_an_interpreter_is_looked_for_from_the_recipe_unless_it_is_a_bare_name(
    project: Controller, client: FakeClient, path: str, place: str
) -> None:
    project.edit(dataclasses.replace(project.recipe, interpreter=InterpreterSpec(path)), "choose interpreter")
    project.run(Stage.SOURCE)
    assert client.interpreters[-1] == place.format(base=project.base)

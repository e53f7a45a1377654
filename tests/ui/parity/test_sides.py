"""The two sides of a proof: any artifact against any other, without the model and without an export."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import InputSpec, ParityRequest, RuntimeChoice
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.pages.parity import ParityPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.parity.sides import SideRow, SidesPanel
from tests.ui import made_reports as made
from tests.ui.fake_client import FakeClient
from tests.ui.parity.pages import open_parity_page


@pytest.fixture
def page(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings) -> ParityPage:
    page = open_parity_page(qtbot, client, controller, settings)
    page.settings.folds.open("sides")
    return page


@pytest.fixture
def sides(page: ParityPage) -> SidesPanel:
    return page.settings.sides


def _choices(row: SideRow) -> list[str]:
    return [row.runtime.itemText(place) for place in range(row.runtime.count())]


def _drop(row: SideRow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    row.path.dropEvent(event)


def test_the_model_is_expected_and_the_exported_artifact_is_what_it_is_compared_with(sides: SidesPanel) -> None:
    assert sides.expected.path.line.placeholderText() == "Model in eager PyTorch"
    assert sides.actual.path.line.placeholderText() == "Exported artifact"
    assert _choices(sides.expected) == ["PyTorch"]
    assert not sides.expected.level.isEnabled()
    assert _choices(sides.actual) == ["ONNX Runtime", "onnx.reference"]
    assert sides.actual.level.isEnabled()
    assert not sides.swap.isEnabled()


def test_an_artifact_that_is_dropped_on_a_side_is_compared_undoably(
    sides: SidesPanel, controller: Controller, tmp_path: Path
) -> None:
    before = controller.recipe
    file = tmp_path / "before.onnx"
    file.write_bytes(b"")
    _drop(sides.expected, file)
    assert controller.recipe.parity.expected_artifact == str(file)
    assert _choices(sides.expected) == ["ONNX Runtime", "onnx.reference"]
    controller.undo_stack.undo()
    assert controller.recipe == before
    assert sides.expected.path.path == ""


def test_what_is_no_artifact_cannot_be_dropped(sides: SidesPanel, controller: Controller, tmp_path: Path) -> None:
    before = controller.recipe
    _drop(sides.actual, tmp_path / "model.py")
    assert controller.recipe == before


def test_the_runtimes_are_those_that_fit_the_file_and_the_levels_those_of_the_runtime(
    sides: SidesPanel, controller: Controller
) -> None:
    sides.actual.path.choose("/models/other.pt")
    assert _choices(sides.actual) == ["TorchScript"]
    sides.actual.path.choose("/models/other.onnx")
    sides.actual.runtime.setCurrentIndex(1)
    sides.actual.runtime.activated.emit(1)
    assert controller.recipe.parity.runtime == RuntimeChoice("onnx.reference", "all")
    assert not sides.actual.level.isEnabled()
    sides.actual.runtime.setCurrentIndex(0)
    sides.actual.runtime.activated.emit(0)
    sides.actual.level.setCurrentIndex(sides.actual.level.findData("off"))
    sides.actual.level.activated.emit(3)
    assert controller.recipe.parity.runtime == RuntimeChoice("", "off")


def test_the_fold_says_what_is_compared(page: ParityPage, controller: Controller) -> None:
    header = page.settings.folds.headers["sides"]
    assert header.whole == "Sides: model / exported artifact"
    page.settings.sides.expected.path.choose("/models/before.onnx")
    parity = dataclasses.replace(controller.recipe.parity, runtime=RuntimeChoice("onnx.reference", "off"))
    controller.edit(dataclasses.replace(controller.recipe, parity=parity), "another runtime")
    assert header.whole == "Sides: before.onnx / exported artifact (onnx.reference, optimisation off)"


def test_swapping_makes_the_expected_one_the_actual_one(sides: SidesPanel, controller: Controller) -> None:
    sides.expected.path.choose("/models/before.onnx")
    sides.actual.level.setCurrentIndex(sides.actual.level.findData("basic"))
    sides.actual.level.activated.emit(2)
    sides.swap.click()
    parity = controller.recipe.parity
    assert (parity.expected_artifact, parity.actual_artifact) == ("shapes.onnx", "/models/before.onnx")
    assert (parity.expected_runtime.optimization, parity.runtime.optimization) == ("basic", "all")
    sides.actual.clear.click()
    assert controller.recipe.parity.actual_artifact == ""


def test_two_artifacts_are_compared_without_the_model_and_without_an_export(
    page: ParityPage, sides: SidesPanel, client: FakeClient, controller: Controller, qtbot: QtBot
) -> None:
    controller.edit(Recipe(inputs=(InputSpec("x", (1, 4)),)), "no model")
    assert controller.problem(Stage.PARITY) != ""
    sides.expected.path.choose("/models/before.onnx")
    sides.actual.path.choose("/models/after.onnx")
    assert controller.problem(Stage.PARITY) == ""
    page.run_button.click()
    qtbot.waitUntil(lambda: bool(controller.job_of(Stage.PARITY)))
    assert [job.stage for job in client.jobs if job.stage in ("export", "parity")] == ["parity"]
    request = client.last("parity").request
    assert isinstance(request, ParityRequest)
    assert request.artifact_path == "/models/after.onnx"
    assert request.parity.expected_artifact == "/models/before.onnx"


def test_a_named_artifact_that_is_written_anew_makes_the_proof_stale_and_nothing_else(
    sides: SidesPanel, client: FakeClient, controller: Controller, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "after.onnx"
    file.write_bytes(b"before")
    sides.actual.path.choose(str(file))
    client.answers["parity"] = made.parity_report()
    controller.run(Stage.EXPORT, Stage.PARITY)
    qtbot.waitUntil(lambda: controller.state(Stage.PARITY).status is Status.PASSED)
    exported = controller.state(Stage.EXPORT).status
    file.write_bytes(b"changed")
    qtbot.waitUntil(lambda: controller.state(Stage.PARITY).status is Status.STALE)
    assert controller.state(Stage.EXPORT).status is exported


def test_an_artifact_is_not_compared_with_itself_in_the_same_runtime(
    sides: SidesPanel, controller: Controller
) -> None:
    sides.expected.path.choose("/models/a.onnx")
    sides.actual.path.choose("/models/a.onnx")
    assert "the same artifact" in controller.problem(Stage.PARITY)
    sides.actual.level.setCurrentIndex(sides.actual.level.findData("off"))
    sides.actual.level.activated.emit(3)
    assert controller.problem(Stage.PARITY) == ""

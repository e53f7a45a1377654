"""Looking ahead of an export in the window: findings on the page and in the dialog, and the probe."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Progress
from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit, SourcePlace
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    AxisRef,
    DimFinding,
    DynamicDim,
    Follower,
    LintFinding,
    LintReport,
    LintRequest,
    ProbeReport,
    Severity,
    SizeTrial,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.dialogs.export_options import ExportOptionsDialog
from modelpack_gui.ui.models.dimension_table import DYNAMIC, MAX, NAME, STEP, TAKES
from modelpack_gui.ui.pages.export import ExportPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_capabilities, make_export_record, make_load_report, make_recipe

TO_SCRIPT = Fix("Use the exporter script", (RecipeEdit("export.exporter", "script"),))
BIGGER = Fix("Make the example size 4", (RecipeEdit("inputs", []),))
PLACE = SourcePlace("/models/model.py", 84)


def finding(severity: Severity, concerns: str, *fixes: Fix, cause: str = "It branches.") -> LintFinding:
    return LintFinding(Explanation("trace-branch-frozen", "A branch", cause, (PLACE,), fixes), severity, concerns)


def report(*findings: LintFinding) -> LintReport:
    return LintReport(findings, 3, (), 0.1)


WARNING = finding("warning", "exporter", TO_SCRIPT)
PROBED = ProbeReport(
    dims=(
        DimFinding(
            "image",
            0,
            2,
            "free",
            "batch",
            trials=(SizeTrial(3, "taken"),),
            followers=(Follower("logits", 0, "batch"),),
        ),
        DimFinding("image", 1, 3, "fixed", reason="RuntimeError: expected 3 channels"),
        DimFinding("image", 2, 32, "tied", "size", (AxisRef("image", 3),), 8, None, 512),
        DimFinding("image", 3, 32, "tied", "size", (AxisRef("image", 2),), 8, None, 512),
    ),
    outputs=(),
    runs=40,
    is_complete=True,
    duration_s=1.0,
)


@pytest.fixture
def project(controller: Controller, client: FakeClient, tmp_path: Path) -> Controller:
    (tmp_path / "model.py").write_text("", encoding="utf-8")
    client.answers |= {"hello": make_capabilities(), "load": make_load_report(), "export": make_export_record()}
    controller.edit(make_recipe(str(tmp_path / "model.py")), "set up")
    return controller


@pytest.fixture
def page(project: Controller, settings: Settings, qtbot: QtBot) -> ExportPage:
    made = ExportPage(project, settings)
    qtbot.addWidget(made)
    made.show()
    return made


def lints(client: FakeClient) -> int:
    return sum(job.stage == "lint" for job in client.jobs)


def load(project: Controller, qtbot: QtBot) -> None:
    project.run(Stage.SOURCE)
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).status is Status.PASSED)


def button(parent: QWidget, name: str) -> QAbstractButton:
    found = parent.findChild(QAbstractButton, name)
    assert isinstance(found, QAbstractButton), name
    return found


def notes(parent: QWidget) -> list[str]:
    return [item.accessibleName() for item in parent.findChildren(QWidget, "lint-note") if item.isVisible()]


# The page


def test_findings_come_by_themselves_after_a_load(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["lint"] = report(WARNING)
    assert page.lint.isHidden()
    load(project, qtbot)
    qtbot.waitUntil(lambda: page.advisor.report is not None)
    assert page.lint.sentence.text == "1 warning before you export."
    assert [card.explanation for card in page.lint.findings.cards] == [WARNING.explanation]
    assert lints(client) == 1


def test_nothing_is_looked_at_before_the_model_is_loaded(page: ExportPage, client: FakeClient, qtbot: QtBot) -> None:
    qtbot.wait_signal(page.advisor._timer.timeout, timeout=10, raising=False)
    assert not page.advisor._timer.isActive()
    assert lints(client) == 0


def test_a_changed_option_makes_findings_stale_and_asks_once_for_all_changes_in_a_row(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["lint"] = report(WARNING)
    load(project, qtbot)
    qtbot.waitUntil(lambda: page.advisor.report is not None)
    del client.answers["lint"]
    for exporter in ("trace", "script"):
        export = dataclasses.replace(project.recipe.export, exporter=exporter)
        project.edit(dataclasses.replace(project.recipe, export=export), "change exporter")
    assert page.lint.sentence.text.startswith("For the settings before the last change")
    qtbot.waitUntil(lambda: lints(client) == 2)
    request = client.last("lint").request
    assert isinstance(request, LintRequest)
    assert request.export.exporter == "script"
    client.last("lint").answer(report())
    qtbot.waitUntil(lambda: page.lint.sentence.text == "Nothing looks wrong before you export.")


def test_where_the_file_goes_is_no_reason_to_look_again(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["lint"] = report(WARNING)
    load(project, qtbot)
    qtbot.waitUntil(lambda: page.advisor.report is not None)
    export = dataclasses.replace(project.recipe.export, output_path="build/other.onnx")
    project.edit(dataclasses.replace(project.recipe, export=export), "change path")
    assert not page.advisor.is_stale
    assert not page.advisor._timer.isActive()


def test_it_waits_while_a_stage_runs(page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    del client.answers["export"]
    load(project, qtbot)
    project.run(Stage.EXPORT)
    qtbot.waitSignal(page.advisor._timer.timeout).wait()
    assert lints(client) == 0
    client.last("export").answer(make_export_record())
    qtbot.waitUntil(lambda: lints(client) == 1)


def test_a_fix_on_the_page_changes_the_recipe_and_a_place_is_shown(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["lint"] = report(WARNING)
    load(project, qtbot)
    qtbot.waitUntil(lambda: bool(page.lint.findings.cards))
    with qtbot.waitSignal(project.place_wanted) as shown:
        button(page.lint, "explanation-place").click()
    assert shown.args == [PLACE]
    button(page.lint, "apply-fix").click()
    assert project.recipe.export.exporter == "script"
    project.undo_stack.undo()
    assert project.recipe.export.exporter == "dynamo"


def test_a_look_that_failed_says_why(page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot) -> None:
    client.answers["lint"] = ErrorInfo("constructor-failed", "The class could not be made.")
    load(project, qtbot)
    qtbot.waitUntil(lambda: "The class could not be made." in page.lint.sentence.text)


# The dialog


class Adviser:
    """Keeps what the dialog asks for."""

    def __init__(self) -> None:
        self.specs: list[str] = []
        self.found = report()
        self.probed: Callable[[ProbeReport | None, ErrorInfo | None], None] | None = None
        self.is_cancelled = False

    def lint(self, spec: object, answered: Callable[[LintReport], None]) -> None:
        self.specs.append(getattr(spec, "exporter", ""))
        answered(self.found)

    def probe(
        self,
        answered: Callable[[ProbeReport | None, ErrorInfo | None], None],
        progressed: Callable[[str], None],
    ) -> Callable[[], None]:
        self.probed = answered
        progressed("Trying other sizes")
        return self._cancel

    def _cancel(self) -> None:
        self.is_cancelled = True
        assert self.probed is not None
        self.probed(None, None)

    def answer(self, found: ProbeReport | None, error: ErrorInfo | None = None) -> None:
        assert self.probed is not None
        self.probed(found, error)


@pytest.fixture
def adviser() -> Adviser:
    return Adviser()


@pytest.fixture
def dialog(qtbot: QtBot, adviser: Adviser, _themed: None) -> ExportOptionsDialog:
    made = ExportOptionsDialog(make_recipe(), make_capabilities(), Path("/models"), advice=adviser)
    qtbot.addWidget(made)
    made.show()
    return made


def test_findings_stand_beside_the_field_that_they_concern(
    dialog: ExportOptionsDialog, adviser: Adviser, qtbot: QtBot
) -> None:
    adviser.found = report(
        finding("error", "source", cause="It trains."),
        WARNING,
        finding("warning", "dynamic", cause="The size is one."),
        finding("info", "inputs.image", cause="It is written into."),
    )
    qtbot.waitUntil(lambda: bool(adviser.specs))
    assert notes(dialog.exporter) == ["It branches."]
    assert notes(dialog.dimensions) == ["The size is one.", "It is written into."]
    assert notes(dialog.model_notes) == ["It trains."]
    assert notes(dialog.names) == []


def test_a_fix_in_the_dialog_sets_the_option_and_looks_again(
    dialog: ExportOptionsDialog, adviser: Adviser, qtbot: QtBot
) -> None:
    adviser.found = report(WARNING)
    qtbot.waitUntil(lambda: adviser.specs == ["dynamo"])
    adviser.found = report()
    button(dialog.exporter, "lint-fix").click()
    assert dialog.recipe().export.exporter == "script"
    qtbot.waitUntil(lambda: adviser.specs == ["dynamo", "script"])
    assert notes(dialog.exporter) == []


def test_a_fix_of_the_inputs_is_not_offered_in_the_dialog(
    dialog: ExportOptionsDialog, adviser: Adviser, qtbot: QtBot
) -> None:
    adviser.found = report(finding("warning", "dynamic", BIGGER))
    qtbot.waitUntil(lambda: bool(adviser.specs))
    assert dialog.dimensions.findChild(QAbstractButton, "lint-fix") is None


def test_a_probe_shows_what_the_model_takes_and_changes_nothing(
    dialog: ExportOptionsDialog, adviser: Adviser, qtbot: QtBot
) -> None:
    before = dialog.recipe()
    model, table = dialog.dimensions.model, dialog.dimensions.table
    assert table.isColumnHidden(TAKES)
    button(dialog, "probe-sizes").click()
    assert button(dialog, "probe-sizes").text() == "Cancel the &probe"
    adviser.answer(PROBED)
    assert dialog.recipe() == before
    assert not table.isColumnHidden(TAKES)
    assert [model.index(row, TAKES).data() for row in range(4)] == [
        "any size",
        "3 only",
        "multiples of 8 up to 512, together with image[3]",
        "multiples of 8 up to 512, together with image[2]",
    ]
    tip = model.index(0, TAKES).data(Qt.ItemDataRole.ToolTipRole)
    assert "taken: 3" in tip
    assert "logits[0] = batch" in tip
    table.setCurrentIndex(model.index(1, NAME))
    details = dialog.findChild(QLabel, "probe-details")
    assert details is not None
    assert "expected 3 channels" in details.text()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)


def test_one_axis_is_accepted_with_those_that_change_with_it(
    dialog: ExportOptionsDialog, adviser: Adviser, qtbot: QtBot
) -> None:
    before = dialog.recipe().export.dynamic
    button(dialog, "probe-sizes").click()
    adviser.answer(PROBED)
    dialog.dimensions.table.setCurrentIndex(dialog.dimensions.model.index(2, NAME))
    button(dialog, "probe-accept").click()
    assert dialog.recipe().export.dynamic == (
        *before,
        DynamicDim("image", 2, "size", None, 512, 8),
        DynamicDim("image", 3, "size", None, 512, 8),
    )
    assert not button(dialog, "probe-accept").isEnabled()
    assert not dialog.dimensions.table.isColumnHidden(STEP)


def test_all_proposals_are_accepted_at_once_and_what_is_fixed_stays_fixed(
    dialog: ExportOptionsDialog, adviser: Adviser, qtbot: QtBot
) -> None:
    button(dialog, "probe-sizes").click()
    adviser.answer(PROBED)
    button(dialog, "probe-accept-all").click()
    model = dialog.dimensions.model
    ticks = [model.index(row, DYNAMIC).data(Qt.ItemDataRole.CheckStateRole) for row in range(4)]
    assert [tick == Qt.CheckState.Checked for tick in ticks] == [True, False, True, True]
    assert model.index(3, MAX).data() == "512"
    assert not button(dialog, "probe-accept-all").isEnabled()


def test_a_probe_can_be_cancelled_and_stops_when_the_dialog_closes(
    dialog: ExportOptionsDialog, adviser: Adviser, qtbot: QtBot
) -> None:
    button(dialog, "probe-sizes").click()
    button(dialog, "probe-sizes").click()
    assert adviser.is_cancelled
    assert dialog.dimensions.probe is not None
    assert dialog.dimensions.probe.note.text == "The probe was cancelled."
    adviser.is_cancelled = False
    button(dialog, "probe-sizes").click()
    dialog.reject()
    assert adviser.is_cancelled


def test_a_probe_that_failed_says_why(dialog: ExportOptionsDialog, adviser: Adviser, qtbot: QtBot) -> None:
    button(dialog, "probe-sizes").click()
    adviser.answer(None, ErrorInfo("forward-failed", "It does not run."))
    assert dialog.dimensions.probe is not None
    assert dialog.dimensions.probe.note.text == "It does not run."


@pytest.mark.usefixtures("_themed")
def test_without_advice_there_is_no_probe(qtbot: QtBot) -> None:
    made = ExportOptionsDialog(make_recipe(), make_capabilities(), Path("/models"))
    qtbot.addWidget(made)
    assert made.dimensions.probe is None


def test_the_page_gives_the_dialog_a_probe_that_runs_in_the_worker(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    load(project, qtbot)
    page.open_options()
    dialog = page.dialog
    assert dialog is not None
    button(dialog, "probe-sizes").click()
    qtbot.waitUntil(lambda: any(job.stage == "probe" for job in client.jobs))
    job = client.last("probe")
    job.give(Progress(job.id, "Trying other sizes: axis 2 of 4", 0.3))
    assert dialog.dimensions.probe is not None
    row = dialog.dimensions.probe
    qtbot.waitUntil(lambda: row._progress.whole == "Trying other sizes: axis 2 of 4")
    job.answer(PROBED)
    qtbot.waitUntil(lambda: not row.is_running)
    assert row.note.text.startswith("The model takes other sizes on 3 of 4 axes")
    dialog.reject()

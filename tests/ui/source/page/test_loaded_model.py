"""The model that was loaded, on the Source page: counts, tree, keys, failure."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CapturedWarning, KeyReport, LoadReport, ModuleInfo, ShapeMismatch
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.look.theme import mono_font
from modelpack_gui.ui.models.module_tree import ModuleTreeModel
from modelpack_gui.ui.pages.source import SourcePage
from modelpack_gui.ui.status import Status
from tests.ui.fake_client import FakeClient
from tests.ui.samples import make_load_report
from tests.ui.source.page.parts import child, line


def modules() -> tuple[ModuleInfo, ...]:
    return (
        ModuleInfo("", "ShapesNet", 100, 0, 400),
        ModuleInfo("stem", "Sequential", 40, 0, 160),
        ModuleInfo("stem.0", "Conv2d", 40, 40, 160),
        ModuleInfo("far.away.leaf", "Linear", 60, 60, 240),
    )


def doubtful_report() -> LoadReport:
    keys = KeyReport(38, ("stem.0.weight",), ("old.weight",), (ShapeMismatch("head.weight", (5, 64), (9, 64)),))
    return dataclasses.replace(
        make_load_report(), modules=modules(), keys=keys, warnings=(CapturedWarning("UserWarning", "Careful."),)
    )


@pytest.mark.usefixtures("_themed")
def test_the_module_tree_keeps_qts_rules() -> None:
    model = ModuleTreeModel(mono_font())
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_modules(modules())
    root = model.index(0, 0)
    assert [model.index(row, 0, root).data() for row in range(model.rowCount(root))] == ["stem", "leaf"]
    assert model.module(model.index_of("stem.0")).class_name == "Conv2d"
    assert model.parent(model.index_of("stem.0")) == model.index_of("stem")


def test_loading_shows_counts_tree_keys_and_warnings(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["load"] = doubtful_report()
    page.run_button.click()
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).status is Status.WARNING)
    assert page.tabs.currentIndex() == 1
    assert "1 key missing, 1 key unexpected, 1 key of another shape; 38 matched" in page.sentence.text()
    assert [row.kind for row in page.keys.model.records] == ["missing", "unexpected", "other shape"]
    kind = child(page, QComboBox, "key-kind")
    assert isinstance(kind, QComboBox)
    kind.setCurrentIndex(3)
    assert [row.key for row in page.keys.model.records] == ["head.weight"]
    assert page.results.warnings.model.total == 1


def test_selecting_a_module_and_a_key_fills_the_inspector(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["load"] = doubtful_report()
    project.run(Stage.SOURCE)
    qtbot.waitUntil(lambda: project.state(Stage.SOURCE).result is not None)
    shown: list[Inspection] = []
    project.inspected.connect(shown.append)
    proxy = page.results.tree.model()
    page.results.tree.setCurrentIndex(proxy.index(0, 0, proxy.index(0, 0)))
    assert shown[-1].title == "stem"
    assert shown[-1].sections[1].properties[0].name == "stem.0.weight"
    page.keys.table.select_record(page.keys.model.record(2))
    assert shown[-1].title == "head.weight"


def test_a_failed_load_stays_on_the_settings(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["load"] = ErrorInfo("class-missing", "No such class.", "Choose another.")
    project.run(Stage.SOURCE)
    qtbot.waitUntil(page.error_panel.isVisible)
    assert page.tabs.currentIndex() == 0
    assert not page.tabs.isTabEnabled(1)


def test_a_new_project_empties_the_page(
    page: SourcePage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["load"] = doubtful_report()
    project.run(Stage.SOURCE)
    qtbot.waitUntil(lambda: page.tabs.currentIndex() == 1)
    project.new_project()
    assert page.tabs.currentIndex() == 0
    assert line(page, "source-path").text() == ""
    assert page.model_field.combo.currentText() == ""
    assert page.inputs.model.inputs == ()
    assert project.recipe == Recipe()

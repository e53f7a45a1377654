"""The Under load tab: what is tried, the curves while they come, figures, and what they say."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from modelpack_gui.core.events import Partial
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import TrafficPoint
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.bench_load import load_sentence, load_text
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.bench.load_view import LoadView
from tests.ui import made_reports as made
from tests.ui.bench.made_bench import SPECS, lab_report, with_failed_load
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.samples import make_export_record


@pytest.fixture
def view(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings) -> LoadView:
    client.answers.update({"export": make_export_record(), "hello": made.capabilities()})
    recipe = made.ready_recipe()
    controller.edit(dataclasses.replace(recipe, bench=dataclasses.replace(recipe.bench, runners=SPECS)), "start")
    controller.undo_stack.clear()
    view = LoadView(controller, settings)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    return view


def _start(controller: Controller, client: FakeClient, qtbot: QtBot) -> FakeJob:
    controller.run(Stage.BENCH)
    qtbot.waitUntil(lambda: any(job.stage == "bench" and job.ended is None for job in client.jobs))
    return client.last("bench")


def _cells(view: LoadView, title: str) -> list[str]:
    titles = [column.title for column in view.model.columns]
    return [view.model.index(row, titles.index(title)).data() for row in range(view.model.rowCount())]


def test_without_a_load_it_says_what_it_is_for_and_offers_the_usual_callers(
    view: LoadView, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    assert not view.table.isVisible()
    button = view.findChild(IconButton, "load-run")
    assert button is not None
    assert button.text() == "Try 1, 2, 4 and 8 callers"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    before = controller.recipe.bench
    assert before.callers == (1, 2, 4, 8)
    qtbot.waitUntil(lambda: any(job.stage == "bench" for job in client.jobs))
    controller.undo_stack.undo()
    assert controller.recipe.bench.callers == ()


def test_callers_rates_and_seconds_edit_the_recipe_undoably(view: LoadView, controller: Controller) -> None:
    fields = view.settings
    fields.callers.setText("1, 3")
    fields.callers.textEdited.emit("1, 3")
    fields.rates.setText("50 100.5")
    fields.rates.textEdited.emit("50 100.5")
    fields.seconds.setValue(7.5)
    bench = controller.recipe.bench
    assert (bench.callers, bench.rates_per_s, bench.load_s) == ((1, 3), (50.0, 100.5), 7.5)
    for _ in range(3):
        controller.undo_stack.undo()
    assert (fields.callers.text(), fields.rates.text(), fields.seconds.value()) == ("", "", 3.0)


@pytest.mark.parametrize(("text", "problem"), [("0", "1 or more"), ("x", "whole numbers")])
def test_callers_that_are_none_are_explained_and_change_nothing(
    view: LoadView, controller: Controller, text: str, problem: str
) -> None:
    view.settings.callers.setText(text)
    view.settings.callers.textEdited.emit(text)
    assert problem in view.settings.problem.text
    assert controller.recipe.bench.callers == ()


def test_loads_are_drawn_as_they_come(
    view: LoadView, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    job = _start(controller, client, qtbot)
    point = TrafficPoint("onnxruntime", "closed", 2, None, 900, 3.0, 300.0, {"0.5": 6.0}, max_ms=9.0)
    job.give(Partial(job.id, point))
    qtbot.waitUntil(view.table.isVisible)
    assert _cells(view, "Load") == ["2 callers"]
    assert view.sentence.text() == "So far, while it runs:"
    job.answer(lab_report())
    qtbot.waitUntil(lambda: view.model.rowCount() == 25)


def test_a_report_fills_the_table_and_wrong_runners_are_struck_out(
    view: LoadView, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    QAbstractItemModelTester(view.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    job = _start(controller, client, qtbot)
    job.answer(lab_report())
    qtbot.waitUntil(lambda: view.model.rowCount() == 25)
    assert _cells(view, "Load")[:5] == [
        "1 caller",
        "2 callers",
        "4 callers",
        "200 calls a second",
        "2,000 calls a second",
    ]
    font = view.model.index(20, 2).data(Qt.ItemDataRole.FontRole)
    assert font.strikeOut()
    assert view.model.index(0, 2).data(Qt.ItemDataRole.FontRole) is None
    assert "does not keep up" in _cells(view, "")


def test_the_sentence_names_who_carries_most_and_who_does_not_keep_up() -> None:
    said = load_sentence(lab_report())
    assert said.startswith("ONNX Runtime (shapes-int8.onnx) carries most: 4,412 calls a second with 2 callers, p95 ")
    assert "PyTorch eager keeps up with 200 calls a second, not with more." in said
    assert "bfloat16" not in said, "its answers are wrong"


def test_a_load_that_failed_is_told_in_its_row(
    view: LoadView, controller: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    job = _start(controller, client, qtbot)
    job.answer(with_failed_load(lab_report()))
    qtbot.waitUntil(lambda: view.model.rowCount() == 21)
    assert _cells(view, "")[0] == "The runner died under 4 callers."
    assert _cells(view, "Per second")[0] == "–"


def test_rates_are_spelled_with_three_digits() -> None:
    point = TrafficPoint("eager", "open", 2, 33.3333, 10, 3.0, 30.0)
    assert load_text(point) == "33.3 calls a second"

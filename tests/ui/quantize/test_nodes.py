from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.client.quantize_store import (
    read_sensitivity,
)
from modelpack_gui.core.events import Partial
from modelpack_gui.core.records import (
    SensitivityRequest,
)
from modelpack_gui.ui.pages.quantize import NODES_TAB, QuantizePage
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.quantize import made_quantize as made
from tests.ui.quantize.pages import spec
from tests.ui.samples import FAULT


def explored(page: QuantizePage, client: FakeClient, qtbot: QtBot) -> FakeJob:
    page.tabs.setCurrentIndex(NODES_TAB)
    page.nodes.explore()
    return client.last("quantize.sensitivity")


def test_nodes_come_with_their_share_of_the_error_and_the_worst_are_left_out_by_a_click(
    page: QuantizePage, client: FakeClient, qtbot: QtBot
) -> None:
    job = explored(page, client, qtbot)
    assert isinstance(job.request, SensitivityRequest)
    job.give(Partial(job.id, made.NODES[1]))
    qtbot.waitUntil(lambda: page.nodes.model.total == 1)
    job.answer(made.sensitivity_report())
    qtbot.waitUntil(lambda: page.nodes.model.total == 5)
    costs = page.nodes.model.records
    assert [cost.row.node for cost in costs][:2] == ["/conv0/Conv", "/conv1/Conv"]
    assert costs[0].share == pytest.approx(0.901, abs=0.001)  # 10^-2.2 of 10^-2.2 + 10^-3.2 + 10^-4.2
    assert costs[-1].row.node == "/late/Gemm"
    assert costs[-1].share is None
    assert page.nodes.count.value() == 3  # as it was before there was any node
    page.nodes.count.setValue(2)
    assert page.nodes._share.text() == "of 5: 99 % of the error"
    page.nodes.exclude_button.click()
    assert spec(page).exclude_nodes == ("/conv0/Conv", "/conv1/Conv")
    assert [cost.is_excluded for cost in page.nodes.model.records] == [True, True, False, False, False]
    assert not page.nodes.exclude_button.isEnabled()
    page.controller.undo_stack.undo()
    assert spec(page).exclude_nodes == ()


def test_a_double_click_leaves_one_node_in_float32_or_takes_it_back(
    page: QuantizePage, client: FakeClient, qtbot: QtBot
) -> None:
    explored(page, client, qtbot).answer(made.sensitivity_report())
    qtbot.waitUntil(lambda: page.nodes.model.total == 5)
    table = page.nodes.table
    table.record_activated.emit(page.nodes.model.record(2))
    assert spec(page).exclude_nodes == ("/head/Gemm",)
    table.record_activated.emit(page.nodes.model.record(2))
    assert spec(page).exclude_nodes == ()


def test_what_nodes_cost_is_kept_with_the_project(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    explored(page, client, qtbot).answer(made.sensitivity_report())
    qtbot.waitUntil(lambda: read_sensitivity(artifact) is not None)
    page.controller.new_project()
    assert page.nodes.model.total == 0
    page.controller.open_recipe(artifact.parent.parent / "recipe.toml", is_trusted=True)
    assert page.nodes.model.total == 5
    assert page.nodes.sentence.text() == "INT8 static: /conv0/Conv makes most of the error."


def test_exploring_that_failed_says_why_and_cancelling_keeps_the_rows(
    page: QuantizePage, client: FakeClient, qtbot: QtBot
) -> None:
    job = explored(page, client, qtbot)
    job.give(Partial(job.id, made.NODES[0]))
    qtbot.waitUntil(lambda: page.nodes.model.total == 1)
    page.nodes.cancel_button.click()
    qtbot.waitUntil(lambda: not page._state.sensitivity.job.is_running)
    assert page.nodes.sentence.text() == "INT8 static: Cancelled after 1 node."
    page.nodes.run_button.click()
    client.last("quantize.sensitivity").answer(FAULT)
    qtbot.waitUntil(lambda: not page._state.sensitivity.job.is_running)
    assert page.nodes.error.isVisible()
    page.settings.methods.buttons["float16"].click()
    assert not page.nodes.start_button.isEnabled()

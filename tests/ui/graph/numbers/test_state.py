"""What the graph costs, as the window keeps it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import GraphCostsRequest
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.numbers.state import NumbersState
from tests.ui.fake_client import FakeClient
from tests.ui.graph.numbers.costs_records import counted
from tests.ui.graph.opening import located, open_index
from tests.ui.graph.records import small_graph


@pytest.fixture
def opened(qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path) -> Controller:
    """The small graph, as a user opens it."""
    open_index(qtbot, controller, client, tmp_path, located(small_graph(tmp_path), tmp_path))
    return controller


def _request(client: FakeClient) -> GraphCostsRequest:
    request = client.last("graph.costs").request
    assert isinstance(request, GraphCostsRequest)
    return request


def _wait(qtbot: QtBot, numbers: NumbersState) -> None:
    qtbot.waitUntil(lambda: numbers.report is not None and not numbers.is_counting)


def test_nothing_is_counted_before_somebody_asks(opened: Controller, client: FakeClient) -> None:
    assert not [job for job in client.jobs if job.stage == "graph.costs"]
    assert opened.graph.numbers.is_counting
    assert _request(client).columns == opened.graph.index.columns  # type: ignore[union-attr]


def test_numbers_come_with_the_sizes_that_were_assumed(qtbot: QtBot, opened: Controller, client: FakeClient) -> None:
    client.answers["graph.costs"] = counted
    numbers = opened.graph.numbers
    _wait(qtbot, numbers)
    assert numbers.report is not None
    assert [(dim.key, dim.size, dim.is_assumed) for dim in numbers.report.dims] == [("batch", 1, True)]
    assert numbers.costs is not None
    assert numbers.costs.macs[0] == 16 * 32 * 32 * 27


def test_another_size_is_counted_while_the_numbers_of_before_stay(
    qtbot: QtBot, opened: Controller, client: FakeClient
) -> None:
    client.answers["graph.costs"] = counted
    numbers = opened.graph.numbers
    _wait(qtbot, numbers)
    before = numbers.report
    del client.answers["graph.costs"]
    numbers.set_sizes({"batch": 8})
    assert numbers.is_counting
    assert numbers.report is before
    assert _request(client).sizes == {"batch": 8}
    client.last("graph.costs").answer(counted(_request(client)))
    qtbot.waitUntil(lambda: numbers.report is not before)
    assert numbers.report is not None
    assert before is not None
    assert numbers.report.flops.value == 8 * before.flops.value


def test_a_size_chosen_while_it_counts_is_counted_next(qtbot: QtBot, opened: Controller, client: FakeClient) -> None:
    numbers = opened.graph.numbers
    first = client.last("graph.costs")
    numbers.set_sizes({"batch": 8})
    assert first.is_cancelled
    qtbot.waitUntil(lambda: _request(client).sizes == {"batch": 8})
    client.last("graph.costs").answer(counted(_request(client)))
    _wait(qtbot, numbers)
    assert numbers.report is not None
    assert numbers.report.dims[0].size == 8


def test_a_count_that_the_user_stops_is_not_started_again(
    qtbot: QtBot, opened: Controller, client: FakeClient
) -> None:
    numbers = opened.graph.numbers
    job = client.last("graph.costs")
    with qtbot.waitSignal(numbers.changed):
        job.cancel()
    assert client.last("graph.costs") is job
    assert not numbers.is_counting


def test_a_failure_is_told(qtbot: QtBot, opened: Controller, client: FakeClient) -> None:
    client.answers["graph.costs"] = ErrorInfo("graph-unreadable", "It is gone.", "Read it again.")
    numbers = opened.graph.numbers
    qtbot.waitUntil(lambda: numbers.error is not None)
    assert numbers.report is None


def test_chosen_sizes_are_kept_when_the_file_is_read_again(
    qtbot: QtBot, opened: Controller, client: FakeClient, tmp_path: Path
) -> None:
    client.answers["graph.costs"] = counted
    numbers = opened.graph.numbers
    numbers.set_sizes({"batch": 8})
    _wait(qtbot, numbers)
    again = small_graph(tmp_path)
    index = opened.graph.index
    assert index is not None
    client.answers["inspect"] = dataclasses.replace(again, artifact=index.artifact)
    opened.run(Stage.GRAPH)
    qtbot.waitUntil(lambda: opened.graph.index is not index)
    assert numbers.sizes == {"batch": 8}

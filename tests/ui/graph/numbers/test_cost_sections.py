"""What the inspector tells of costs."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.numbers.cost_sections import CostSections
from modelpack_gui.ui.graph.overlays.state import GraphOverlays
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, ValuePick
from modelpack_gui.ui.inspection import Section
from tests.ui.fake_client import FakeClient
from tests.ui.graph.numbers.costs_records import counted


@pytest.fixture
def sections(qtbot: QtBot, controller: Controller, client: FakeClient, overlays: GraphOverlays) -> CostSections:
    """Of the small graph, counted."""
    del overlays  # with it the graph is open
    client.answers["graph.costs"] = counted
    made = CostSections(controller.graph, lambda: None)
    made(NodePick(0))  # the first look has it counted
    qtbot.waitUntil(lambda: controller.graph.numbers.report is not None)
    return made


def _rows(section: Section) -> dict[str, str]:
    return {row.name: row.value for row in section.properties}


def test_a_node_has_its_costs_with_their_share_and_how_they_are_counted(sections: CostSections) -> None:
    (section,) = sections(NodePick(0))
    rows = _rows(section)
    assert rows["MACs"].startswith("442 k  (")
    assert rows["Parameters"].startswith("448  (")
    assert rows["Counted with"] == "batch = 1 (assumed)"
    assert "Output elements × input channels per group × kernel size" in section.text


def test_a_node_whose_costs_are_unknown_says_why(sections: CostSections) -> None:
    (section,) = sections(NodePick(2))  # a Conv without a weight
    assert _rows(section)["MACs"] == "unknown"
    assert section.text.startswith("Unknown: a shape that is needed is not known.")


def test_a_group_has_the_costs_of_all_that_is_in_it(sections: CostSections) -> None:
    (section,) = sections(GroupPick(0))
    assert _rows(section)["MACs"].startswith("≥ 44")
    assert not section.text


def test_of_a_value_there_is_nothing_to_tell(sections: CostSections) -> None:
    assert not sections(ValuePick(0))

from __future__ import annotations

import math

from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.overlay import Overlay
from modelpack_gui.core.records import GraphCheckResult, GraphChecksReport, GraphFinding
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.inspector.node_sections import drawn_sections, finding_sections
from modelpack_gui.ui.graph.overlays.state import GraphOverlays
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, ValuePick
from tests.ui.fake_client import FakeClient


def test_findings_about_a_node_are_told_with_why_and_what_to_do(
    qtbot: QtBot, controller: Controller, client: FakeClient, overlays: GraphOverlays
) -> None:
    state = controller.graph
    assert not finding_sections(state, NodePick(2))
    findings = tuple(GraphFinding(f"thing {i}", (2,)) for i in range(7))
    result = GraphCheckResult("casts", "Casts", "warning", "They copy.", "Drop them.", findings, 7)
    client.answers["graph.checks"] = GraphChecksReport("", (result,), "")
    with qtbot.waitSignal(state.checks.found):
        state.checks.want()
    (section,) = finding_sections(state, NodePick(2))
    assert section.text.startswith("Warning: Casts.\nthing 0.\nThey copy.\nDrop them.")
    assert section.text.endswith("and 2 more on the Checks tab")
    assert not finding_sections(state, NodePick(3))
    assert not finding_sections(state, ValuePick(2))


def test_value_of_what_is_drawn_is_told_of_nodes_and_modules(controller: Controller, overlays: GraphOverlays) -> None:
    state = controller.graph
    assert not drawn_sections(state, NodePick(0))
    values = floats([0.25, math.nan, *[0.05] * 10])
    overlays.add(Overlay("share", "Share", "share", "sequential", values, combine="sum", is_log=True))
    told = [drawn_sections(state, pick)[0].properties[0].value for pick in (NodePick(0), NodePick(1), GroupPick(0))]
    assert told == ["25 %", "not known", "75 %"]

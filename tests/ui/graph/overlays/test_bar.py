from __future__ import annotations

import dataclasses
import math

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.overlay import Overlay
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.overlays.bar import OverlayBar
from modelpack_gui.ui.graph.overlays.state import GraphOverlays
from modelpack_gui.ui.graph.selection import NodePick

NAN = math.nan
VALUES = [0.5, 0.3, 0.0, NAN, *[0.01] * 8]


@pytest.fixture
def bar(qtbot: QtBot, controller: Controller, overlays: GraphOverlays) -> OverlayBar:
    made = OverlayBar(controller)
    qtbot.addWidget(made)
    made.resize(900, 40)
    made.show()
    return made


def share(values: list[float]) -> Overlay:
    return Overlay("share", "Share", "share", "sequential", floats(values), combine="sum", is_log=True)


def filled(menu_of: OverlayBar, *, is_worst: bool = False) -> list[str]:
    menu = menu_of.worst_menu if is_worst else menu_of.menu
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def test_choice_in_the_menu_is_drawn_and_explained(bar: OverlayBar, overlays: GraphOverlays) -> None:
    assert "Op type" in filled(bar)
    next(action for action in bar.menu.actions() if action.text() == "Op type").trigger()
    assert overlays.chosen == "op-type"
    assert [chip.text for chip in bar.legend.chips] == ["Conv 6", "Relu 5", "Gemm 1"]
    assert "Conv 6" in bar.legend.accessibleDescription()
    assert bar.worst.isHidden()


def test_what_was_not_measured_leads_to_the_page_that_measures_it(
    qtbot: QtBot, bar: OverlayBar, overlays: GraphOverlays, controller: Controller
) -> None:
    assert "Parity error (not measured)" in filled(bar)
    overlays.choose("parity-error")
    assert "Parity page" in bar.problem.whole
    assert bar.legend.isHidden()
    with qtbot.waitSignal(controller.per_node_wanted) as told:
        bar.go.click()
    assert told.args == [Stage.PARITY]


def test_scale_tells_its_ends_and_what_has_no_colour(bar: OverlayBar, overlays: GraphOverlays) -> None:
    overlays.add(share(VALUES))
    low, _middle, high = bar.legend.labels
    assert (low, high) == ("1 %", "87 %")  # of nodes and modules: `stages` holds all but the head
    assert [chip.text for chip in bar.legend.chips] == ["none 1", "not known 1"]


def test_where_nothing_is_on_the_scale_there_is_none(bar: OverlayBar, overlays: GraphOverlays) -> None:
    overlays.add(dataclasses.replace(share([0.0] * 5 + [math.nan] * 7), is_log=True))
    assert bar.legend.labels == ()
    assert [chip.text for chip in bar.legend.chips] == ["none 5", "not known 7"]
    assert "From" not in bar.legend.accessibleDescription()


def test_worst_nodes_are_listed_and_selected(
    qtbot: QtBot, bar: OverlayBar, overlays: GraphOverlays, controller: Controller
) -> None:
    overlays.add(share(VALUES))
    found = filled(bar, is_worst=True)
    assert found[0] == "1. Conv  stages.0\t50 %"
    assert len(found) == 11  # ten, and one for all of them
    with qtbot.waitSignal(overlays.fit_wanted) as told:
        bar.worst_menu.actions()[1].trigger()
    assert told.args == [(1,)]
    assert controller.graph.selection.current == NodePick(1)


def test_many_operators_share_one_colour_in_the_legend(bar: OverlayBar, overlays: GraphOverlays) -> None:
    categories = tuple(f"Op{i}" for i in range(12))
    values = floats([float(i) for i in range(12)])
    overlays.add(Overlay("ops", "Ops", "", "categorical", values, categories, combine="common"))
    assert bar.legend.chips[-1].text == "4 others 4"
    assert len(bar.legend.chips) == 9


def test_limit_is_the_middle_of_its_scale(bar: OverlayBar, overlays: GraphOverlays) -> None:
    values = floats([5.0, 0.02, *[NAN] * 10])
    overlays.add(Overlay("error", "Parity error", "of the limit", "diverging", values, is_log=True))
    assert bar.legend.labels == ("0.01", "1 (limit)", "100")

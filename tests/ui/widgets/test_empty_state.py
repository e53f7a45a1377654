from __future__ import annotations

from pytestqt.qtbot import QtBot

from modelpack_gui.ui.widgets.empty_state import WIDTH, EmptyState


def test_sentences_are_no_wider_than_a_narrow_pane(qtbot: QtBot) -> None:
    state = EmptyState("check", "What is wrong with the graph, and where, once one is read.")
    qtbot.addWidget(state)
    state.set_problem("The checks were cancelled.")
    state.setMinimumWidth(240)
    for width in (600, 300):
        state.resize(width, 400)
        state.show()
        assert state.problem.width() <= width
        assert state.problem.geometry().right() < width
    state.resize(900, 400)
    assert state.problem.width() == WIDTH

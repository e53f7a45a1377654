"""Pictures of the canvas as files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture_of_all_is_written(qtbot: QtBot, pane: CanvasPane, graph: Graph, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"graph.{kind}"
    pane.pictures.write(path)
    qtbot.waitUntil(lambda: not pane.pictures.is_drawing)
    if kind == "png":
        image = QImage(str(path))
        assert image.height() > 2 * pane.canvas.viewport.bounds.height()
        assert len({image.pixel(x, image.height() // 2) for x in range(image.width())}) > 2
    else:
        text = path.read_text(encoding="utf-8")
        assert "stages" in text
        assert "<title>main_graph</title>" in text
    assert pane.notice.text == ""


def test_a_picture_that_cannot_be_written_is_told(
    qtbot: QtBot, pane: CanvasPane, graph: Graph, tmp_path: Path
) -> None:
    with qtbot.waitSignal(pane.controller.message_raised) as raised:
        pane.pictures.write(tmp_path / "missing" / "graph.png")
    assert raised.args[0].code == "picture-not-written"

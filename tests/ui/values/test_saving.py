"""The values of an output, taken away: pictures, tables and arrays."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.widgets.values import view as views
from modelpack_gui.ui.widgets.values.view import ValuesView
from tests.ui.values.outputs import Show, image


@pytest.mark.parametrize("name", [views.HISTOGRAMS, views.SCATTER, views.HEAT_MAP])
def test_every_drawing_is_saved_as_png_and_svg(
    view: ValuesView, show: Show, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    view.show_view(name)
    show(*image())
    qtbot.waitUntil(lambda: view.picture_source() is not None)
    drawing = view.picture_source()
    assert drawing is not None
    drawing.save_picture(tmp_path / "drawn.png")
    assert not QImage(str(tmp_path / "drawn.png")).isNull()
    drawing.save_picture(tmp_path / "drawn.svg")
    assert "<svg" in (tmp_path / "drawn.svg").read_text(encoding="utf-8")


def test_tables_and_arrays_are_saved(
    view: ValuesView, show: Show, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.show_view(views.HEAT_MAP)
    with qtbot.waitSignal(view.heat_map.drawn):
        show(*image())
    view.show_view(views.WORST)
    qtbot.waitUntil(lambda: view.worst.model.total == 2)
    view.export_menu.fill()
    actions = {action.text(): action for action in view.export_menu.actions() if action.text()}
    for title, name in (
        ("Save worst elements as CSV…", "worst.csv"),
        ("Save slice of the heat map as CSV…", "slice"),
        ("Save arrays as .npz…", "arrays.npz"),
    ):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / name), ""))
        with qtbot.waitSignal(view.export_menu.saved):
            actions[title].trigger()
    with (tmp_path / "worst.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:3] == ["Index", "Expected", "Actual"]
    assert rows[1][0] == "[1, 2, 7, 9]"
    assert len((tmp_path / "slice.csv").read_text().splitlines()) == 1 + 30 * 40
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert arrays["actual"].shape == (2, 3, 30, 40)


def test_a_file_that_cannot_be_written_is_an_error_and_not_a_crash(
    view: ValuesView, show: Show, qtbot: QtBot, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(*image())
    view.export_menu.fill()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("/missing/folder/x.npz", ""))
    action = next(one for one in view.export_menu.actions() if "npz" in one.text())
    with qtbot.waitSignal(controller.message_raised) as told:
        action.trigger()
    assert told.args is not None
    assert told.args[0].code == "values-not-written"
    assert view.source.values is not None

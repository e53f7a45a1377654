from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.new_file import ask_where, whole_file
from modelpack_gui.ui.settings import Settings

PICTURES = "PNG picture (*.png);;SVG drawing (*.svg)"


@pytest.mark.parametrize(
    ("given", "kind", "expected"),
    [
        ("mine", "SVG drawing (*.svg)", "mine.svg"),
        ("mine", "", "mine.png"),
        ("mine.svg", "PNG picture (*.png)", "mine.svg"),
    ],
)
def test_a_name_without_a_suffix_gets_that_of_the_kind_and_the_folder_is_remembered(
    qtbot: QtBot,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: str,
    kind: str,
    expected: str,
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / given), kind))
    assert ask_where(parent, settings, "picture", "Save picture", "a.png", PICTURES) == tmp_path / expected
    assert settings.last_folder("picture") == str(tmp_path)


def test_no_name_is_no_file(qtbot: QtBot, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    assert ask_where(parent, settings, "picture", "Save picture", "a.png", PICTURES) is None


def test_a_file_that_is_not_written_to_its_end_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before", encoding="utf-8")

    def write_half() -> None:
        with whole_file(path) as partial:
            partial.write_text("half", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]
    assert path.read_text(encoding="utf-8") == "before"
    with whole_file(path) as partial:
        partial.write_text("after", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "after"


def test_a_dialog_starts_beside_the_file_that_was_opened_last(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()
    assert settings.last_folder("never-asked") == str(Path.home())
    settings.add_recent(tmp_path / "model.onnx")
    assert settings.last_folder("never-asked") == str(tmp_path)

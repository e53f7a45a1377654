from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.ui import editor_launcher
from modelpack_gui.ui.dialogs.choose_editor import ChooseEditorDialog
from modelpack_gui.ui.models.editor_commands import Editor, editor_command, found_editors
from modelpack_gui.ui.settings import Settings

PLACE = SourcePlace("/home/me/my model; rm -rf $HOME.py", 12)
CODE = Editor("VS Code", "code -g {file}:{line}")
KATE = Editor("Kate", "kate --line {line} {file}")


def here(*programs: str) -> object:
    return lambda name: name if Path(name).name in programs else None


def test_the_file_is_one_argument_whatever_its_name() -> None:
    assert editor_command("code -g {file}:{line}", PLACE, "linux") == ["code", "-g", f"{PLACE.file}:12"]
    assert editor_command("'/opt/my code/bin/code' {file}", PLACE, "linux") == ["/opt/my code/bin/code", PLACE.file]


def test_a_backslash_of_windows_is_kept() -> None:
    words = editor_command('"C:\\Program Files\\N\\n.exe" -n{line} {file}', SourcePlace("C:\\m.py", 3), "win32")
    assert words == ["C:\\Program Files\\N\\n.exe", "-n3", "C:\\m.py"]


def test_a_place_without_a_line_opens_at_the_first() -> None:
    assert editor_command("kate --line {line} {file}", SourcePlace("/m.py", 0), "linux")[2] == "1"


@pytest.mark.parametrize("template", ["", "code", "code -g", "'open {file}", "{file}"])
def test_a_command_that_cannot_be_used_says_why(template: str) -> None:
    with pytest.raises(UserError) as raised:
        editor_command(template, PLACE, "linux")
    assert raised.value.info.code == "editor-command-not-valid"
    assert "{file}" in raised.value.info.hint


def test_editors_that_are_installed_are_found_the_users_own_first() -> None:
    which = here("code", "kate", "vim")
    assert found_editors({}, "linux", which) == [CODE, KATE]  # type: ignore[arg-type]
    assert found_editors({"EDITOR": "kate"}, "linux", which) == [KATE, CODE]  # type: ignore[arg-type]
    mine = found_editors({"VISUAL": "/opt/x/kate -n"}, "linux", which)  # type: ignore[arg-type]
    assert mine[0] == Editor("Kate", "/opt/x/kate --line {line} {file}")


def test_an_editor_that_needs_a_terminal_is_not_offered() -> None:
    assert found_editors({"EDITOR": "vim"}, "linux", here("vim")) == []  # type: ignore[arg-type]


def test_every_system_but_linux_has_an_editor() -> None:
    assert found_editors({}, "win32", here())[0].template == "notepad {file}"  # type: ignore[arg-type]
    assert found_editors({}, "darwin", here())[0].template == "open -t {file}"  # type: ignore[arg-type]


@pytest.fixture
def model(tmp_path: Path) -> SourcePlace:
    path = tmp_path / "my model.py"
    path.write_text("x = 1\n", encoding="utf-8")
    return SourcePlace(str(path), 1)


def test_the_editor_is_started_with_file_and_line(qtbot: QtBot, tmp_path: Path, model: SourcePlace) -> None:
    told = tmp_path / "told.txt"
    program = tmp_path / "my-editor"
    program.write_text(f'#!{sys.executable}\nimport sys\nopen({str(told)!r}, "w").write("|".join(sys.argv[1:]))\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    editor_launcher.open_in_editor(f"'{program}' --at {{line}} {{file}}", model)
    qtbot.waitUntil(lambda: told.is_file() and bool(told.read_text()))
    assert told.read_text() == f"--at|1|{model.file}"


def test_an_editor_that_is_not_installed_is_told_by_name(model: SourcePlace) -> None:
    with pytest.raises(UserError) as raised:
        editor_launcher.open_in_editor("no-such-editor-here {file}", model)
    assert raised.value.info.code == "editor-missing"
    assert "no-such-editor-here" in raised.value.info.message


def test_a_file_that_is_gone_is_not_opened() -> None:
    with pytest.raises(UserError) as raised:
        editor_launcher.open_in_editor("code {file}", SourcePlace("/gone/model.py", 1))
    assert raised.value.info.code == "source-missing"


def test_the_chosen_command_comes_before_what_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editor_launcher, "editors_here", lambda: [KATE])
    assert editor_launcher.chosen_command(settings) == KATE.template
    settings.set_text(editor_launcher.COMMAND_KEY, CODE.template)
    assert editor_launcher.chosen_command(settings) == CODE.template
    settings.set_text(editor_launcher.COMMAND_KEY, "")
    monkeypatch.setattr(editor_launcher, "editors_here", list)
    assert editor_launcher.chosen_command(settings) == ""


@pytest.mark.usefixtures("_themed")
def test_the_dialog_gives_what_was_chosen_or_written(qtbot: QtBot) -> None:
    dialog = ChooseEditorDialog([CODE, KATE], "")
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.command == ""  # the first that is found
    assert dialog.choice.itemText(0) == "The first that is found: VS Code"
    dialog.choice.setCurrentIndex(2)
    dialog.choice.activated.emit(2)
    assert dialog.command == KATE.template
    dialog.line.selectAll()
    qtbot.keyClicks(dialog.line, "mine {file}")
    assert dialog.command == "mine {file}"
    assert dialog.choice.currentText() == "Another command"
    with qtbot.waitSignal(dialog.trial_wanted) as tried:
        dialog._try.click()
    assert tried.args == ["mine {file}"]


@pytest.mark.usefixtures("_themed")
def test_the_dialog_refuses_a_command_without_a_file(qtbot: QtBot) -> None:
    dialog = ChooseEditorDialog([CODE], "mine {file}")
    qtbot.addWidget(dialog)
    assert dialog.choice.currentText() == "Another command"
    dialog.line.clear()
    qtbot.keyClicks(dialog.line, "mine")
    assert "{file}" in dialog.note.text
    assert not dialog._try.isEnabled()

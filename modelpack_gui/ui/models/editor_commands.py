"""The commands that open a file at a line in the user's editor: which there are, and their arguments.

A command is a template with `{file}` and `{line}`, such as `code -g {file}:{line}`. It is cut into arguments before
the file is put in, and never goes through a shell, so that no name of a file can become a command.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import NamedTuple

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import SourcePlace


class Editor(NamedTuple):
    """An editor that was found, and its command."""

    title: str
    template: str


_KNOWN: tuple[tuple[str, str, str], ...] = (  # program, title, arguments; the likeliest for Python first
    ("code", "VS Code", "-g {file}:{line}"),
    ("cursor", "Cursor", "-g {file}:{line}"),
    ("codium", "VSCodium", "-g {file}:{line}"),
    ("pycharm", "PyCharm", "--line {line} {file}"),
    ("charm", "PyCharm", "--line {line} {file}"),
    ("idea", "IntelliJ IDEA", "--line {line} {file}"),
    ("zed", "Zed", "{file}:{line}"),
    ("subl", "Sublime Text", "{file}:{line}"),
    ("kate", "Kate", "--line {line} {file}"),
    ("gedit", "gedit", "+{line} {file}"),
    ("gnome-text-editor", "Text Editor", "{file}"),
    ("emacsclient", "Emacs", "-n +{line} {file}"),
    ("gvim", "GVim", "+{line} {file}"),
    ("nvim-qt", "Neovim Qt", "{file} -- +{line}"),
    ("notepad++", "Notepad++", "-n{line} {file}"),
)
_OF_SYSTEM = {"win32": Editor("Notepad", "notepad {file}"), "darwin": Editor("the text editor", "open -t {file}")}

Which = Callable[[str], str | None]


def found_editors(environ: Mapping[str, str], platform: str, which: Which) -> list[Editor]:
    """The graphical editors of this machine, the user's own choice first.

    Args:
        environ: `VISUAL` and `EDITOR` are heeded where they name an editor that needs no terminal.
        platform: As `sys.platform`.
        which: As `shutil.which`.
    """
    found: list[Editor] = []
    for variable in ("VISUAL", "EDITOR"):
        words = split(environ.get(variable, ""), platform)
        name = PurePath(words[0]).stem if words else ""
        for program, title, arguments in _KNOWN:
            if program == name and which(words[0]):
                found.append(Editor(title, f"{_quoted(words[0], platform)} {arguments}"))
    for program, title, arguments in _KNOWN:
        if which(program) and title not in [editor.title for editor in found]:
            found.append(Editor(title, f"{program} {arguments}"))
    if platform in _OF_SYSTEM:
        found.append(_OF_SYSTEM[platform])
    return found


def editor_command(template: str, place: SourcePlace, platform: str) -> list[str]:
    """Program and arguments that open a place.

    Raises:
        UserError: `editor-command-not-valid`, the template has no `{file}` or an open quote.
    """
    try:
        words = split(template, platform)
    except ValueError as error:
        raise _invalid(template, f"it cannot be cut into words ({error})") from None
    if not words:
        raise _invalid(template, "it is empty")
    if "{file}" in words[0] or not any("{file}" in word for word in words[1:]):
        raise _invalid(template, "it does not say where the file goes")
    return [word.replace("{file}", place.file).replace("{line}", str(max(place.line, 1))) for word in words]


def split(command: str, platform: str) -> list[str]:
    """The words of a command; a backslash is a letter like any other on Windows.

    Raises:
        ValueError: A quote is not closed.
    """
    if platform == "win32":
        return [word.strip('"') for word in shlex.split(command, posix=False)]
    return shlex.split(command)


def _quoted(word: str, platform: str) -> str:
    return f'"{word}"' if platform == "win32" else shlex.quote(word)


def _invalid(template: str, problem: str) -> UserError:
    return UserError(
        "editor-command-not-valid",
        f"The editor's command {template!r} cannot be used: {problem}.",
        "Write a program and {file}, with {line} where the line goes: code -g {file}:{line}",
    )

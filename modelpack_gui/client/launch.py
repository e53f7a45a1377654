"""Which Python a worker runs in, and in which environment."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_file, is_folder, is_there, located

CHOOSE = "Choose another interpreter: the python of a virtual environment, or that of the app."
"""What to do about an interpreter that cannot be used."""

_NOT_FOR_WORKERS = (
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONINSPECT",
    "PYTHONEXECUTABLE",
    "__PYVENV_LAUNCHER__",
    "VIRTUAL_ENV",
)
_NOT_FOR_WORKERS_PREFIXES = ("QT_", "QML", "MODELPACK")


def resolve_interpreter(chosen: str, base: Path | None = None) -> str:
    """Path of the Python to start.

    Args:
        chosen: An executable, a name on PATH, the folder of a virtual environment, or empty for the app's own.
        base: Folder that a relative path starts from; None for the current one.

    Raises:
        UserError: `interpreter-missing`, `interpreter-not-executable`.
    """
    if not chosen:
        return sys.executable
    path = located(base or Path(), chosen)
    on_path = shutil.which(chosen) if Path(chosen).name == chosen else None
    if (
        on_path is not None
    ):  # before a file of that name in the project, which whoever agreed to `python3` did not mean
        path = Path(on_path)
    elif is_folder(path):
        inside = next(
            (path / name for name in ("bin/python", "Scripts/python.exe", "python.exe") if is_file(path / name)),
            None,
        )
        if inside is None:
            raise UserError("interpreter-missing", f"There is no Python in the folder {path}.", CHOOSE)
        path = inside
    if not is_there(path):
        broken = " It is a link to a file that is not there." if path.is_symlink() else ""
        raise UserError("interpreter-missing", f"There is no Python at {path}.{broken}", CHOOSE)
    if not os.access(path, os.X_OK):
        raise UserError("interpreter-not-executable", f"{path} is not a program that can be run.", CHOOSE)
    return str(path.absolute())  # links are kept: a venv's python is a link, and what it is called by makes it a venv


def clean_environment(environment: Mapping[str, str], *, is_measuring: bool = False) -> dict[str, str]:
    """The environment of a worker: that of the app without what belongs to the app's own Python and Qt.

    In a worker that measures nothing, torch's threads sleep while they wait for each other, unless the user says
    otherwise. By default they spin: where anything else needs a core, a small model then takes ten times as long,
    and takes that from everything else too. A little later to wake up is what it costs on a quiet machine.
    """
    cleaned = {
        name: value
        for name, value in environment.items()
        if name not in _NOT_FOR_WORKERS and not name.startswith(_NOT_FOR_WORKERS_PREFIXES)
    }
    if "PYTHONPATH" in cleaned:  # an empty entry means the current folder, which is the user's project there
        entries = [str(Path(entry).absolute()) for entry in cleaned["PYTHONPATH"].split(os.pathsep) if entry]
        cleaned["PYTHONPATH"] = os.pathsep.join(entries)
    cleaned["PYTHONUNBUFFERED"] = "1"
    cleaned["PYTHONIOENCODING"] = "utf-8"
    if not is_measuring:
        cleaned.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read once, when torch is imported
    return cleaned

"""Find the Pythons that a project may use, without running any of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_VENV_FOLDERS = (".venv", "venv", "env", ".env")
_PARENTS = 4
_OLDEST = (3, 10)


@dataclass(frozen=True)
class Candidate:
    """An interpreter that may be chosen.

    Attributes:
        path: Of the executable, absolute; links are kept, for a virtual environment's python is one.
        label: Such as `.venv in ~/project (Python 3.12)`.
    """

    path: str
    label: str


def find_interpreters(
    near: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Candidate, ...]:
    """Interpreters that are probably meant, the likeliest first.

    The app's own is the first; then virtual environments in `near` and in the folders above it, the active ones
    ($VIRTUAL_ENV, $CONDA_PREFIX), conda's and pyenv's.

    Args:
        near: The project's folder; None looks at the environment only.
        environment: Variables to look at; None takes those of this process.
    """
    variables = os.environ if environment is None else environment
    found: dict[object, Candidate] = {}
    for folder, label in _places(near, variables):
        executable = _python_in(folder)
        if executable is None:
            continue
        key = _identity(executable)
        if key not in found:
            version = _version(folder)
            shown = f"{label} (Python {version})" if version else label
            found[key] = Candidate(str(executable), shown)
    own = Path(sys.executable).absolute()
    version = ".".join(map(str, sys.version_info[:3]))
    found.pop(_identity(own), None)
    return (Candidate(str(own), f"The app's own (Python {version})"), *found.values())


def _places(near: Path | None, variables: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Folders that may be environments, with what to call them."""
    if near is not None:
        folder = near.absolute()
        for parent in (folder, *folder.parents[:_PARENTS]):
            for name in _VENV_FOLDERS:
                yield parent / name, f"{name} in {_short(parent, variables)}"
    for variable, what in (("VIRTUAL_ENV", "active environment"), ("CONDA_PREFIX", "active conda environment")):
        if variables.get(variable):
            path = Path(variables[variable])
            yield path, f"{path.name}, {what}"
    home = _home(variables)
    for line in _lines(home / ".conda" / "environments.txt"):
        yield Path(line), f"conda {Path(line).name}"
    pyenv = Path(variables.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    for version in sorted(_folders(pyenv), key=_number, reverse=True):
        if _number(version) >= _OLDEST or not _number(version):  # a name without a number is an environment
            yield version, f"pyenv {version.name}"


def _python_in(folder: Path) -> Path | None:
    """The executable of an environment: `bin` on POSIX, `Scripts` or the folder itself on Windows."""
    for name in ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe"):
        path = folder / name
        try:
            if path.is_file() and os.access(path, os.X_OK):
                return path.absolute()
        except OSError:  # no leave to look there
            return None
    return None


def _identity(executable: Path) -> object:
    """Two paths of one environment are one; two environments on one base interpreter are two."""
    prefix = executable.parent.parent if executable.parent.name in ("bin", "Scripts") else executable.parent
    return prefix.resolve()


def _version(folder: Path) -> str:
    """As the environment's own files say; empty if they do not."""
    for line in _lines(folder / "pyvenv.cfg"):
        key, _, value = line.partition("=")
        if key.strip() in ("version", "version_info"):
            return ".".join(value.strip().split(".")[:3])
    for record in _files(folder / "conda-meta", "python-3*.json"):
        return record.name.split("-")[1]
    return ""


def _number(folder: Path) -> tuple[int, ...]:
    """The version that a folder is named after, for comparing; empty if it is not."""
    parts = folder.name.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def _lines(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _folders(path: Path) -> Iterable[Path]:
    try:
        return tuple(item for item in path.iterdir() if item.is_dir())
    except OSError:
        return ()


def _files(path: Path, pattern: str) -> Iterable[Path]:
    try:
        return sorted(path.glob(pattern))
    except OSError:
        return ()


def _home(variables: Mapping[str, str]) -> Path:
    named = variables.get("HOME") or variables.get("USERPROFILE")
    return Path(named) if named else Path.home()


def _short(path: Path, variables: Mapping[str, str]) -> str:
    home = _home(variables)
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) and path != home else str(path)

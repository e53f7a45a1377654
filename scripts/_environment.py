"""The virtual environment that the other scripts start: made once, brought up to date when what it holds changes.

Standard library only, for it runs before anything is installed. Environment variables:

- `MODELPACK_VENV`: where the virtual environment is; `.venv` in the checkout if not set.
- `MODELPACK_PIP_ARGS`: more arguments for `pip install`, such as `--index-url https://mirror.example/simple`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import tomllib

from scripts import _system_libraries

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "scripts" / "constraints.txt"
STAMP_NAME = "modelpack-installed.json"
# Linux wheels of torch on PyPI carry several GB of CUDA libraries; those here do not.
CPU_TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
PROBE_TIMEOUT_S = 5


class SetupError(Exception):
    """What went wrong and what to do next, for the user to read."""


def ensure(*extras: str) -> Path:
    """Make the virtual environment have this checkout with the extras.

    Returns:
        Path of its Python. Costs a few milliseconds when nothing changed since the last time.

    Raises:
        SetupError: It could not be made or filled.
    """
    folder = venv_folder()
    _make(folder)
    fingerprint = compute_fingerprint(ROOT, _python_version(folder))
    stamp = folder / STAMP_NAME
    stamped, installed = _read_stamp(stamp)
    if stamped != fingerprint or not installed.issuperset(extras):
        wanted = sorted(installed.union(extras))
        stamp.unlink(missing_ok=True)  # until pip succeeds, nobody knows what is in there
        _install(folder, wanted)
        _write_stamp(stamp, fingerprint, wanted)
    return python_of(folder)


def venv_folder() -> Path:
    """Folder of the virtual environment, whether it is there or not."""
    chosen = os.environ.get("MODELPACK_VENV")
    return Path(chosen).expanduser().absolute() if chosen else ROOT / ".venv"


def program_of(venv: Path, name: str) -> Path:
    """Path of a program in a virtual environment."""
    return venv / "Scripts" / f"{name}.exe" if os.name == "nt" else venv / "bin" / name


def python_of(venv: Path) -> Path:
    """Path of the Python of a virtual environment."""
    return program_of(venv, "python")


def site_packages_of(venv: Path) -> Path:
    """Folder of the packages of a virtual environment."""
    if os.name == "nt":
        return venv / "Lib" / "site-packages"
    return next(venv.glob("lib/python3*/site-packages"), venv / "lib" / "site-packages")


def compute_fingerprint(root: Path, python_version: str) -> str:
    """Hash of all that decides what pip would install, the extras left out.

    Of `pyproject.toml` only the tables that pip reads count: a changed rule of a linter installs nothing.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    parts = {
        "root": str(root),  # the editable install points there
        "build-system": project.get("build-system"),
        "project": project.get("project"),
        "hatch": project.get("tool", {}).get("hatch"),
        "constraints": (root / "scripts" / "constraints.txt").read_text(encoding="utf-8"),
        "python": python_version,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _read_stamp(stamp: Path) -> tuple[str, set[str]]:
    """Fingerprint and extras of the last installation that succeeded; empty if there was none."""
    try:
        data = json.loads(stamp.read_text(encoding="utf-8"))
        return str(data["fingerprint"]), set(data["extras"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return "", set()


def _write_stamp(stamp: Path, fingerprint: str, extras: list[str]) -> None:
    new = stamp.with_suffix(".new")
    new.write_text(json.dumps({"fingerprint": fingerprint, "extras": extras}), encoding="utf-8")
    new.replace(stamp)


def _python_version(venv: Path) -> str:
    lines = (venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines)
    facts = {key.strip(): value.strip() for key, _, value in pairs}
    return facts.get("version") or facts.get("version_info", "")


def _make(folder: Path) -> None:
    """Make the virtual environment unless it is there, and see that it has pip."""
    if not (folder / "pyvenv.cfg").is_file() or not python_of(folder).exists():
        _create(folder)
    if (site_packages_of(folder) / "pip").is_dir():
        return
    added = subprocess.run([str(python_of(folder)), "-m", "ensurepip"], check=False)  # made by uv, or half made
    if added.returncode != 0:
        raise SetupError(
            f"The virtual environment in {folder} has no pip, and it could not be added; the message is above.\n"
            "Delete that folder and start again, or set the environment variable MODELPACK_VENV to another."
        )


def _create(folder: Path) -> None:
    if folder.exists() and not (folder / "pyvenv.cfg").is_file() and any(folder.iterdir()):
        raise SetupError(
            f"{folder} is there but is not a virtual environment.\n"
            "Move it away, or set the environment variable MODELPACK_VENV to another folder."
        )
    if not _system_libraries.ensure_venv_module():
        raise SetupError("This Python lacks the modules that make virtual environments; see above.")
    print(f"Making a virtual environment in {folder} ...", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False)
    if done.returncode != 0:
        raise SetupError(
            f"Python could not make a virtual environment in {folder}; its message is above.\n"
            "Check that the folder is writable and the disk is not full, or set MODELPACK_VENV to another folder."
        )


def _install(venv: Path, extras: list[str]) -> None:
    python = python_of(venv)
    arguments = shlex.split(os.environ.get("MODELPACK_PIP_ARGS", ""), posix=os.name != "nt")
    print(f"Installing modelpack-gui [{', '.join(extras)}]; the first time takes some minutes ...", flush=True)
    if _wants_cpu_torch(venv):
        torch = _pinned("torch")
        print(f"Taking {torch} without CUDA from {CPU_TORCH_INDEX}", flush=True)
        if _run_pip(python, ["--no-deps", "--index-url", CPU_TORCH_INDEX, torch]) != 0:
            print("It is not to be had there; the next step takes the one with CUDA.", flush=True)
    arguments = ["-c", str(CONSTRAINTS), *arguments, "-e", f"{ROOT}[{','.join(extras)}]"]
    status = _run_pip(python, arguments)
    if status != 0:
        raise SetupError(
            f"pip stopped with exit status {status}; its message is above. The command was:\n"
            f"  {python} -m pip install {shlex.join(arguments)}\n"
            "Check the network and the free disk space and start again: what is already there is kept.\n"
            "Behind a mirror or proxy, set MODELPACK_PIP_ARGS, such as MODELPACK_PIP_ARGS='--index-url https://...'."
        )


def _run_pip(python: Path, arguments: list[str]) -> int:
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=False).returncode


def _pinned(name: str) -> str:
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(f"{name}=="))


def _wants_cpu_torch(venv: Path) -> bool:
    """Whether to take torch from the index without CUDA.

    Only on Linux without an NVIDIA driver, with the index within reach, and when the user chose no index.
    """
    if sys.platform != "linux" or shutil.which("nvidia-smi") or os.environ.get("MODELPACK_PIP_ARGS"):
        return False
    if (site_packages_of(venv) / "torch").is_dir():
        return False  # pip decides whether it will do
    try:
        with urllib.request.urlopen(f"{CPU_TORCH_INDEX}/torch/", timeout=PROBE_TIMEOUT_S):
            return True
    except OSError:
        return False  # no network but a mirror: pip is configured to know better

"""System libraries that Qt's wheels need and do not bring: found with `ldd`, named as Debian packages.

Standard library only. On Linux alone; Windows and macOS lack none.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

# Debian and Ubuntu package of each library that Qt's GUI modules and platform plugins link to.
PACKAGES: Mapping[str, str] = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libICE.so.6": "libice6",
    "libSM.so.6": "libsm6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
# A window without a screen, for tests that start the real app.
VIRTUAL_SCREEN: Mapping[str, str] = {"Xvfb": "xvfb", "xauth": "xauth"}
QT_FILES = (
    "Qt/plugins/platforms/libqxcb.so",
    "Qt/plugins/platforms/libqoffscreen.so",
    "QtGui.abi3.so",
    "QtWidgets.abi3.so",
)

_NOT_FOUND = re.compile(r"^\s*(\S+) => not found\b", re.MULTILINE)


def ensure_qt_libraries(site_packages: Path, *, with_virtual_screen: bool = False) -> bool:
    """Have what Qt needs of the system: install it as root on Debian or Ubuntu, else print the line to paste.

    Returns:
        Whether everything is there now.
    """
    if sys.platform != "linux":
        return True
    libraries = find_missing_libraries(_qt_files(site_packages))
    programs = [name for name in VIRTUAL_SCREEN if with_virtual_screen and not shutil.which(name)]
    if not libraries and not programs:
        return True
    packages, unknown = name_packages(libraries)
    packages = sorted({*packages, *(VIRTUAL_SCREEN[name] for name in programs)})
    print("Missing on this system: " + ", ".join([*libraries, *programs]), flush=True)
    if unknown:
        print(f"No Debian package is known for {', '.join(unknown)}; `apt-file search` finds it.", flush=True)
    return _apt_install(packages) and not find_missing_libraries(_qt_files(site_packages))


def ensure_venv_module() -> bool:
    """Whether this Python can make virtual environments; Debian keeps half of that in a package of its own."""
    if importlib.util.find_spec("ensurepip") is not None:
        return True
    return _apt_install([f"python{sys.version_info.major}.{sys.version_info.minor}-venv"])


def find_missing_libraries(files: Iterable[Path]) -> list[str]:
    """Names of shared libraries that the files link to and the loader cannot find, sorted."""
    ldd = shutil.which("ldd")
    if ldd is None:
        return []
    found: set[str] = set()
    for file in files:
        done = subprocess.run([ldd, str(file)], capture_output=True, text=True, check=False)
        found.update(parse_ldd(done.stdout))
    return sorted(found)


def parse_ldd(output: str) -> list[str]:
    """Names that `ldd` says are not found, in its order, each once."""
    return list(dict.fromkeys(_NOT_FOUND.findall(output)))


def name_packages(libraries: Iterable[str]) -> tuple[list[str], list[str]]:
    """Debian packages of the libraries, sorted, and the libraries whose package is not known."""
    libraries = list(libraries)
    packages = sorted({PACKAGES[name] for name in libraries if name in PACKAGES})
    return packages, [name for name in libraries if name not in PACKAGES]


def _qt_files(site_packages: Path) -> list[Path]:
    files = [*QT_FILES, "Qt/plugins/platforms/libqwayland.so"] if os.environ.get("WAYLAND_DISPLAY") else QT_FILES
    return [site_packages / "PySide6" / name for name in files]


def _apt_install(packages: list[str]) -> bool:
    """Install as root, else say how; whether they were installed."""
    if not packages:
        return False
    apt = shutil.which("apt-get")
    if apt is None:
        print("Install them with the package manager of this system. On Debian they are in: " + " ".join(packages))
        return False
    if os.geteuid() != 0:
        print(f"Paste this line, then start again:\n  sudo apt-get install -y {' '.join(packages)}", flush=True)
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "update"], [apt, "install", "-y", "--no-install-recommends", *packages]):
        print("+ " + " ".join(command), flush=True)
        if subprocess.run(command, env=environment, check=False).returncode != 0:
            print(f"That failed. Install by hand: apt-get install -y {' '.join(packages)}", flush=True)
            return False
    return True

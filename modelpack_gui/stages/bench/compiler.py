"""Whether there is a compiler for C++, which torch's Inductor needs for the CPU. Asked without importing torch."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context

_NAMES = {"darwin": "clang++", "win32": "cl"}
"""What Inductor takes if CXX does not say otherwise; elsewhere g++."""

_INSTALL = {
    "darwin": "xcode-select --install",
    "win32": "the Build Tools for Visual Studio, and start this from their command prompt",
}
_INSTALL_LINUX = "apt-get install g++ (or gcc-c++ of your system)"


def compiler_problem() -> str:
    """Why C++ cannot be compiled here, and what helps; empty if it can."""
    command = os.environ.get("CXX", "").split() or [_NAMES.get(sys.platform, "g++")]
    if shutil.which(command[0]) is None:
        how = _INSTALL.get(sys.platform, _INSTALL_LINUX)
        return f"It compiles C++, and there is no compiler {command[0]} on the path. Install one: {how}."
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.is_file():
        return (
            f"It compiles against Python's headers, and there is no {header}. Install them, such as by apt-get "
            f"install python{sys.version_info.major}.{sys.version_info.minor}-dev."
        )
    return ""


def fresh_inductor(context: Context) -> Any:
    """The settings of torch's compiler, with a cache of its own.

    From the cache that it else keeps for all processes a second compilation takes a tenth of the time: what is
    reported is what a new machine takes.
    """
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(context.scratch / "inductor"))
    import torch._inductor.config as config

    if shutil.which("openssl") is None and hasattr(config, "cpp_cache_precompile_headers"):
        config.cpp_cache_precompile_headers = False  # torch 2.13 asks that program for their checksum
    return config

"""What may change on a machine from run to run and changes latencies: its clock, its load, its environment.

Best effort on Linux, less on macOS and Windows; what the system does not say is left out. Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_CPU = Path("/sys/devices/system/cpu")
_CPUINFO = Path("/proc/cpuinfo")
_MATTERS = ("OMP_", "KMP_", "MKL_", "GOMP_", "OPENBLAS_", "ATEN_", "TORCH_", "TORCHINDUCTOR_", "ORT_", "LD_PRELOAD")
"""Starts of the names of environment variables that change how fast the libraries are."""


def settings(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """What sets the pace: `governor`, `turbo`, `virtual_machine`, `environment`; only what is known.

    Args:
        environment: None for that of this process.
    """
    variables = os.environ if environment is None else environment
    chosen = [f"{name}={variables[name]}" for name in sorted(variables) if name.startswith(_MATTERS)]
    facts = {
        "governor": _read(_CPU / "cpu0" / "cpufreq" / "scaling_governor"),
        "turbo": turbo(_read(_CPU / "intel_pstate" / "no_turbo"), _read(_CPU / "cpufreq" / "boost")),
        "virtual_machine": "yes" if is_virtual(_read(_CPUINFO)) else "",
        "environment": " ".join(chosen),
    }
    return {name: value for name, value in facts.items() if value}


def turbo(no_turbo: str, boost: str) -> str:
    """Whether the processor may exceed its base clock: `on`, `off`, or empty if neither file says."""
    if no_turbo in ("0", "1"):
        return "off" if no_turbo == "1" else "on"
    if boost in ("0", "1"):
        return "on" if boost == "1" else "off"
    return ""


def is_virtual(cpuinfo: str) -> bool:
    """Whether `/proc/cpuinfo` says that other machines may share this processor."""
    return any(line.startswith("flags") and " hypervisor" in line for line in cpuinfo.splitlines())


def frequency_mhz() -> float | None:
    """Clock of the first logical processor now; None if unknown."""
    khz = _read(_CPU / "cpu0" / "cpufreq" / "scaling_cur_freq")
    if khz.isdigit():
        return int(khz) / 1000.0
    return cpuinfo_mhz(_read(_CPUINFO))


def cpuinfo_mhz(cpuinfo: str) -> float | None:
    """The first `cpu MHz` of `/proc/cpuinfo`; None if it has none."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "cpu MHz":
            try:
                return float(value)
            except ValueError:
                return None
    return None


def others_running() -> int | None:
    """How many tasks of the system run or want to, but for the caller; None where that is not told (off Linux)."""
    return running_but_one(_read(Path("/proc/loadavg")))


def running_but_one(loadavg: str) -> int | None:
    """The same from the text of /proc/loadavg: `0.20 0.18 0.12 3/512 11206` gives 2 (man 5 proc)."""
    parts = loadavg.split()
    running = parts[3].partition("/")[0] if len(parts) > 3 else ""
    return max(0, int(running) - 1) if running.isdecimal() else None


def load_average() -> float | None:
    """Processes that ran or waited to, on average over the last minute; None where the system does not count."""
    if sys.platform == "win32":
        return None
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

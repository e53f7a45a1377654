"""Facts about the machine, best effort on Linux, macOS and Windows; standard library only."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_FLAGS_THAT_MATTER = (
    "sse4_1", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx_vnni",
    "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8", "asimd", "asimddp", "bf16", "i8mm", "sve",
)  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """What a benchmark depends on.

    Attributes:
        cpu: As the maker calls it; empty if unknown.
        flags: Instruction sets that matter here, as Linux spells them.
        physical_cores, logical_cores: That this process may use (its affinity and, in a container, its quota on
            Linux; all elsewhere); 0 if unknown.
        memory_bytes: 0 if unknown.
    """

    cpu: str
    flags: tuple[str, ...]
    physical_cores: int
    logical_cores: int
    memory_bytes: int


def look() -> Machine:
    """Ask the system."""
    if sys.platform == "darwin":
        return _macos()
    if sys.platform == "win32":
        return _windows()
    return _linux()


def _linux() -> Machine:
    processors = parse_cpuinfo(_read("/proc/cpuinfo"))
    first = processors[0] if processors else {}
    flags = (first.get("flags") or first.get("Features") or "").split()
    cpu = first.get("model name") or first.get("Hardware") or platform.processor()
    memory = 0
    for line in _read("/proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            memory = int(line.split()[1]) * 1024
    allowed = _allowed()
    usable = [table for table in processors if table.get("processor", "") in map(str, allowed)] or processors
    limit = parse_quota(_read("/sys/fs/cgroup/cpu.max"))
    return Machine(
        cpu, _chosen(flags), min(count_cores(usable), limit), min(len(allowed) or len(processors), limit), memory
    )


def _allowed() -> frozenset[int]:
    """Numbers of the logical processors that this process may run on."""
    ask = getattr(os, "sched_getaffinity", None)  # Linux and some of the BSDs
    return frozenset(ask(0)) if ask is not None else frozenset()


def parse_quota(text: str) -> int:
    """Whole processors' worth of time in a cgroup's `cpu.max`, at least 1; a large number where there is no limit."""
    quota, _, period = text.strip().partition(" ")
    if not quota.isdigit() or not period.isdigit():
        return sys.maxsize
    return max(1, int(quota) // int(period))


def parse_cpuinfo(text: str) -> list[dict[str, str]]:
    """`/proc/cpuinfo` as one table for each logical processor."""
    processors = []
    for block in text.strip().split("\n\n"):
        pairs = (line.partition(":") for line in block.splitlines() if ":" in line)
        table = {key.strip(): value.strip() for key, _, value in pairs}
        if table:
            processors.append(table)
    return processors


def count_cores(processors: Iterable[Mapping[str, str]]) -> int:
    """Physical cores among logical processors; where the kernel does not say, each counts as one."""
    cores = set()
    for number, table in enumerate(processors):
        if "core id" in table:
            cores.add((table.get("physical id", "0"), table["core id"]))
        else:
            cores.add(("?", str(number)))
    return len(cores)


def _macos() -> Machine:
    def number(name: str) -> int:
        text = _command_output("sysctl", "-n", name)
        return int(text) if text.isdigit() else 0

    names = f"{_command_output('sysctl', '-n', 'machdep.cpu.features')} " + _command_output(
        "sysctl", "-n", "machdep.cpu.leaf7_features"
    )
    flags = [name.lower().replace(".", "_").replace("avx1_0", "avx") for name in names.split()]
    if platform.machine() == "arm64":
        flags.append("asimd")
        known = {"FEAT_DotProd": "asimddp", "FEAT_BF16": "bf16", "FEAT_I8MM": "i8mm"}
        flags += [flag for name, flag in known.items() if number(f"hw.optional.arm.{name}")]
    return Machine(
        _command_output("sysctl", "-n", "machdep.cpu.brand_string"),
        _chosen(flags),
        number("hw.physicalcpu"),
        number("hw.logicalcpu"),
        number("hw.memsize"),
    )


if sys.platform == "win32":
    import winreg

    def _windows() -> Machine:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
            cpu = str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
        kernel = ctypes.windll.kernel32
        kilobytes = ctypes.c_ulonglong(0)
        is_known = kernel.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        # Numbers of PF_*_INSTRUCTIONS_AVAILABLE in winnt.h
        known = {37: "sse4_1", 39: "avx", 40: "avx2", 41: "avx512f", 19: "asimd", 43: "asimddp"}
        flags = [name for number, name in known.items() if kernel.IsProcessorFeaturePresent(number)]
        memory = kilobytes.value * 1024 if is_known else 0
        return Machine(cpu, _chosen(flags), _windows_cores(), os.cpu_count() or 0, memory)

    def _windows_cores() -> int:
        """Count the records of RelationProcessorCore (0) that the system gives."""
        kernel = ctypes.windll.kernel32
        size = ctypes.c_ulong(0)
        kernel.GetLogicalProcessorInformationEx(0, None, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        if not kernel.GetLogicalProcessorInformationEx(0, buffer, ctypes.byref(size)):
            return 0
        cores, offset = 0, 0
        while offset < size.value:
            cores += 1
            offset += int.from_bytes(buffer.raw[offset + 4 : offset + 8], "little")
        return cores


def _chosen(flags: Iterable[str]) -> tuple[str, ...]:
    found = set(flags)
    return tuple(flag for flag in _FLAGS_THAT_MATTER if flag in found)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _command_output(name: str, *arguments: str) -> str:
    program = shutil.which(name) or f"/usr/sbin/{name}"
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()

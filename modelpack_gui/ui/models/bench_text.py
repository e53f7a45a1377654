"""The facts of a benchmark's machine in words."""

from __future__ import annotations

from collections.abc import Mapping

from modelpack_gui.core.figures import plural, size

_ASIDE = ("cpu", "cpu_flags", "physical_cores", "logical_cores", "memory_bytes", "platform", "executable")


def machine_line(facts: Mapping[str, str]) -> str:
    """What a reader compares first: processor, cores, memory, then versions; unknown facts are left out."""
    cores, memory = facts.get("physical_cores", ""), facts.get("memory_bytes", "")
    parts = [
        facts.get("cpu", ""),
        plural(int(cores), "core") if cores.isdigit() else "",
        f"{size(int(memory))} memory" if memory.isdigit() else "",
        facts.get("platform", ""),
        *(f"{name} {value}" for name, value in facts.items() if name not in _ASIDE),
    ]
    return " · ".join(part for part in parts if part)


def machine_details(facts: Mapping[str, str]) -> str:
    """Every fact as it was recorded, one on a line."""
    return "\n".join(f"{name}: {value}" for name, value in facts.items())

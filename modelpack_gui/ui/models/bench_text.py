"""The facts of a benchmark's machine in words."""

from __future__ import annotations

from collections.abc import Mapping

from modelpack_gui.core.figures import plural, significant, size

_IN_LINE = ("governor", "turbo", "pinned_to", "python", "torch", "onnxruntime", "openvino")
"""What is told of the other facts, in this order; all of them are in the details."""


def machine_line(facts: Mapping[str, str], *, clock_overhead_ns: float | None = None) -> str:
    """What a reader compares first: processor, cores, memory, then pace and versions; unknown facts are left out."""
    cores, memory = facts.get("physical_cores", ""), facts.get("memory_bytes", "")
    parts = [
        facts.get("cpu", ""),
        plural(int(cores), "core") if cores.isdigit() else "",
        f"{size(int(memory))} memory" if memory.isdigit() else "",
        "virtual machine" if facts.get("virtual_machine") == "yes" else "",
        *(f"{name.replace('_', ' ')} {facts[name]}" for name in _IN_LINE if name in facts),
        f"timing costs {significant(clock_overhead_ns)} ns a run" if clock_overhead_ns is not None else "",
    ]
    return " · ".join(part for part in parts if part)


def machine_details(facts: Mapping[str, str]) -> str:
    """Every fact as it was recorded, one on a line."""
    return "\n".join(f"{name}: {value}" for name, value in facts.items())

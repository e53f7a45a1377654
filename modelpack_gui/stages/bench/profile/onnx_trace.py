"""The trace that ONNX Runtime writes of its runs: one event for each node, with its kernel's time.

The format is Chrome's trace events: `ts` and `dur` are whole microseconds, so a node of half a microsecond counts
as none, and the gaps between nodes hold what is lost by that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelpack_gui.core import serde
from modelpack_gui.stages.bench.profile.runs import TracedRun

_RUN = "model_run"
_SUFFIX = "_kernel_time"
_CONTROL_FLOW = ("If", "Loop", "Scan")
_TRUNCATED_US = 2  # the end of what is within another may seem to be so much after the other's


@dataclass(frozen=True)
class TracedNode:
    """A node that ran, as the trace knows it.

    Attributes:
        index: Its number in the session's graph; that of the file, if it is a node of the file.
    """

    name: str
    op_type: str
    provider: str
    index: int


@dataclass(frozen=True)
class Trace:
    """All runs of a trace, and the bytes that each node gives in one."""

    runs: tuple[TracedRun[TracedNode], ...]
    output_bytes: Mapping[TracedNode, int]


def read_trace(path: Path) -> Trace:
    """Read a trace as `InferenceSession.end_profiling` leaves it."""
    return parse_trace(serde.loads(path.read_text(encoding="utf-8", errors="replace")))


def parse_trace(events: Sequence[Mapping[str, Any]]) -> Trace:
    """The runs in some trace events.

    Control flow runs other nodes within its own time: that is taken off, so that each moment counts once.
    """
    spans = sorted(
        ((int(event["ts"]), int(event["dur"])) for event in events if event.get("name") == _RUN),
        key=lambda one: one[0],
    )
    runs = [TracedRun[TracedNode](float(duration)) for _, duration in spans]
    sizes: dict[TracedNode, int] = {}
    kernels = sorted(
        (event for event in events if event.get("cat") == "Node" and str(event["name"]).endswith(_SUFFIX)),
        key=lambda event: (int(event["ts"]), -int(event["dur"])),
    )
    place = 0
    open_nodes: list[tuple[int, TracedNode]] = []  # end, node: those that the next one may be within
    for event in kernels:
        start, duration = int(event["ts"]), int(event["dur"])
        while place < len(spans) and start > sum(spans[place]):
            place += 1
        if place == len(spans) or start < spans[place][0]:
            continue  # of a run that was not written to its end
        node = _node(event)
        while open_nodes and not (
            start < open_nodes[-1][0] and start + duration <= open_nodes[-1][0] + _TRUNCATED_US
        ):
            open_nodes.pop()
        run = runs[place]
        run.add(node, float(duration))
        if open_nodes and duration and open_nodes[-1][1] in run.own_us:
            run.own_us[open_nodes[-1][1]] -= duration
        if node.op_type in _CONTROL_FLOW:
            open_nodes.append((start + duration, node))
        sizes.setdefault(node, _number(event, "output_size"))
    return Trace(tuple(runs), sizes)


def _node(event: Mapping[str, Any]) -> TracedNode:
    arguments = event.get("args", {})
    return TracedNode(
        name=str(event["name"]).removesuffix(_SUFFIX),
        op_type=str(arguments.get("op_name", "")),
        provider=str(arguments.get("provider", "")),
        index=_number(event, "node_index"),
    )


def _number(event: Mapping[str, Any], name: str) -> int:
    text = str(event.get("args", {}).get(name, ""))
    return int(text) if text.isdigit() else 0

"""Operators of PyTorch as its own profiler sees them, each moment counted for the outermost of them.

What a person wrote is the outermost operator: `aten::conv2d` and not what it calls. What is no operator but runs
some, such as a compiled region, is looked into; its own time is a row where a graph runs operators that nobody names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from modelpack_gui.stages.bench.profile.runs import TracedRun

RUN = "modelpack: one run"
"""Mark around a run of the model."""

MODULE = "modelpack: module "
"""Start of the marks around the call of a module; its path follows."""

_KERNELS = ("cpp_fused", "triton_")
_GRAPHS = ("forward", "## Call CompiledFxGraph")


@dataclass(frozen=True)
class Operator:
    """One call site.

    Attributes:
        name: `aten::conv2d`, a compiled kernel's name, or `forward` for what a TorchScript graph does by itself.
        module: Path of the module that calls it; empty for the model itself, and if unknown.
        node: Of the graph that is run node by node; empty if there is none.
        call: Which of several calls of that operator in a run it is, from 1, where nothing else tells them apart;
            else 0.
    """

    name: str
    module: str = ""
    node: str = ""
    call: int = 0


@dataclass(frozen=True)
class Call:
    """One call of an operator; the time of what it calls is its own. `inner` counts the operators within it."""

    operator: Operator
    us: float
    inner: int = 0


def trace(
    call: Callable[[], object], runs: int, check_cancelled: Callable[[], None]
) -> list[tuple[float, list[Call]]]:
    """Profile some runs: what each took in microseconds, and its calls in order."""
    from torch.profiler import ProfilerActivity, profile, record_function

    with profile(activities=[ProfilerActivity.CPU], acc_events=True) as profiler:
        for _ in range(runs):
            check_cancelled()
            with record_function(RUN):
                call()
    events: Sequence[Any] = profiler.events()
    return [
        (event.cpu_time_total, list(_calls(event, "")))
        for event in events
        if event.name == RUN and not event.is_async
    ]


def _calls(event: Any, module: str) -> Iterator[Call]:
    for child in event.cpu_children:
        name = child.name
        if is_operator(name):
            yield Call(Operator(name, module), child.cpu_time_total, _count(child))
        elif name.startswith(MODULE):
            yield from _calls(child, name.removeprefix(MODULE))
        else:
            yield from _calls(child, module)
            if name.startswith(_GRAPHS) and child.self_cpu_time_total > 0.0:
                yield Call(Operator(_title(name), module), child.self_cpu_time_total)


def _count(event: Any) -> int:
    """Events within an event."""
    return sum(1 + _count(child) for child in event.cpu_children)


def _title(name: str) -> str:
    return name if name in _GRAPHS else "compiled graph"


def is_operator(name: str) -> bool:
    """Whether an event is an operator or a compiled kernel, and not what runs them."""
    return ("::" in name and " " not in name) or any(part in name for part in _KERNELS)


def as_runs(
    traced: Sequence[tuple[float, Sequence[Call]]], operators: Sequence[Operator], added_us: float = 0.0
) -> list[TracedRun[Operator]]:
    """The runs, each call put to the call site that it belongs to.

    Args:
        added_us: What the profiler adds to each event; it is taken off for those within an operator, since what it
            does for the operator itself is before and after that.
        operators: The call sites of one run in order, as `torch_modules` found them. They are taken for a run that
            calls the same operators in the same order; of another one it is not known which call belongs where.
    """
    runs = []
    names = [operator.name for operator in operators]
    for total_us, calls in traced:
        run = TracedRun[Operator](total_us)
        is_known = [call.operator.name for call in calls] == names
        for place, call in enumerate(calls):
            us = max(0.0, call.us - added_us * call.inner)
            run.add(operators[place] if is_known else call.operator, us)
        runs.append(run)
    return runs

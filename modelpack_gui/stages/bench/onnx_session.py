"""A session of ONNX Runtime with the options of its runner, and which provider really takes each node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import OptionInfo
from modelpack_gui.stages.bench.options import THREADS, Options
from modelpack_gui.stages.bench.profile.onnx_settings import profile_session
from modelpack_gui.stages.parity.runtimes.base import first_line

CPU = "CPUExecutionProvider"
_SUFFIX = "ExecutionProvider"
_ON_CUDA = frozenset({"CUDAExecutionProvider", "TensorrtExecutionProvider"})
_LEVELS = {
    "all": "ORT_ENABLE_ALL",
    "extended": "ORT_ENABLE_EXTENDED",
    "basic": "ORT_ENABLE_BASIC",
    "off": "ORT_DISABLE_ALL",
}
_ASSIGNMENT = "session.record_ep_graph_assignment_info"
_SPINNING = ("session.intra_op.allow_spinning", "session.inter_op.allow_spinning")

OPTIMIZATION = OptionInfo(
    "optimization",
    "Graph optimisation",
    "choice",
    "all",
    tuple(_LEVELS),
    note="basic folds constants and drops what does nothing, extended fuses operators, all also changes the layout.",
)
INTER_OP = OptionInfo(
    "inter_op_threads",
    "Inter-op threads",
    "int",
    1,
    minimum=1,
    maximum=1024,
    note="How many operators may run at once; it counts only where the execution is parallel.",
)
EXECUTION = OptionInfo(
    "execution",
    "Execution",
    "choice",
    "sequential",
    ("sequential", "parallel"),
    note="parallel runs branches of the graph at the same time, in inter-op threads.",
)
SPINNING = OptionInfo(
    "spinning",
    "Spinning",
    "bool",
    default=True,
    note="Threads wait for work by spinning: lower latency, and a processor that is busy between runs too.",
)
IO_BINDING = OptionInfo(
    "io_binding",
    "IO binding",
    "bool",
    default=False,
    note="Inputs and outputs stay in memory that the session knows: no copies and no new arrays at each run.",
)


def provider_option(available: Sequence[str]) -> OptionInfo:
    """The choice of an execution provider.

    Args:
        available: As ONNX Runtime names them.
    """
    names = [short_name(name) for name in available]
    return OptionInfo(
        "provider",
        "Execution provider",
        "choice",
        "cpu",
        tuple(dict.fromkeys(["cpu", *names])),
        note="What it cannot run falls back to the CPU; the report says how many nodes did.",
    )


def options(available: Sequence[str]) -> tuple[OptionInfo, ...]:
    """All options of a session, in the order they are shown."""
    return (provider_option(available), OPTIMIZATION, THREADS, SPINNING, IO_BINDING, EXECUTION, INTER_OP)


def short_name(provider: str) -> str:
    """`cpu` of `CPUExecutionProvider`."""
    return provider.removesuffix(_SUFFIX).lower()


def open_session(path: Path, options: Options, threads: int, profile_folder: str = "") -> Any:
    """A session on a file.

    Args:
        threads: Intra-op, common to all runners.
        profile_folder: Where it writes its profile; empty for none.

    Raises:
        UserError: `provider-not-available`, `artifact-not-loadable`.
    """
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.intra_op_num_threads = options.threads(threads)
    settings.inter_op_num_threads = options.number(INTER_OP.name)
    is_parallel = options.choice(EXECUTION.name) == "parallel"
    settings.execution_mode = ort.ExecutionMode.ORT_PARALLEL if is_parallel else ort.ExecutionMode.ORT_SEQUENTIAL
    level = _LEVELS[options.choice(OPTIMIZATION.name)]
    settings.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
    for entry in _SPINNING:
        settings.add_session_config_entry(entry, "1" if options.flag(SPINNING.name) else "0")
    provider = _provider(ort, options.choice("provider"))
    if provider != CPU:
        settings.add_session_config_entry(_ASSIGNMENT, "1")
    if profile_folder:
        profile_session(settings, profile_folder)
    try:
        return ort.InferenceSession(str(path), settings, providers=list(dict.fromkeys([provider, CPU])))
    except Exception as error:  # its exceptions have no common base
        raise session_error("artifact-not-loadable", f"ONNX Runtime could not load {path}", error) from error


def _provider(ort: Any, short: str) -> str:
    available: dict[str, str] = {short_name(name): name for name in ort.get_available_providers()}
    if short not in available:
        raise UserError(
            "provider-not-available",
            f"This ONNX Runtime has no execution provider {short!r}.",
            f"It has {', '.join(available)}. Other builds are packages of their own, such as onnxruntime-gpu.",
        )
    return available[short]


def assigned(session: Any, options: Options) -> tuple[str, tuple[str, ...]]:
    """The provider that really runs the graph, and what to say if that is not the one asked for.

    ONNX Runtime takes the CPU for what a provider cannot do, a provider that does not start included, and says so in
    its log only.
    """
    asked = options.choice("provider")
    registered = session.get_providers()
    if asked == "cpu":
        return CPU, ()
    if short_name(registered[0]) != asked:
        text = f"The provider {asked} did not start; ONNX Runtime took {', '.join(registered)} instead."
        return registered[0], (text,)
    nodes = _nodes_by_provider(session)
    if not nodes:
        return registered[0], (f"This release of ONNX Runtime does not say which nodes {asked} really runs.",)
    elsewhere = sum(count for name, count in nodes.items() if name != registered[0])
    if not elsewhere:
        return registered[0], ()
    total = sum(nodes.values())
    text = f"{elsewhere} of {plural(total, 'node')} run on the CPU, for {asked} does not take them."
    return registered[0] if elsewhere < total else CPU, (text,)


def memory_of(provider: str) -> str:
    """Where a provider keeps tensors: `cpu` or `cuda`."""
    return "cuda" if provider in _ON_CUDA else "cpu"


def _nodes_by_provider(session: Any) -> Counter[str]:
    """How many nodes each provider runs; empty where the release does not say (before 1.24)."""
    ask = getattr(session, "get_provider_graph_assignment_info", None)
    counts: Counter[str] = Counter()
    for subgraph in ask() if ask is not None else ():
        counts[subgraph.ep_name] += len(subgraph.get_nodes())
    return counts


def session_error(code: str, what: str, error: Exception) -> UserError:
    """The error for a file that ONNX Runtime could not load or run."""
    return UserError(
        code,
        f"{what}: {first_line(error)}",
        "See the Check page for what is wrong with the artifact, and compare the example inputs with what it takes.",
        str(error),
    )

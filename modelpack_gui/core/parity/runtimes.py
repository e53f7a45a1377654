"""What can run an artifact for parity, and at which levels of optimisation: for pickers and for reading a recipe."""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = ("off", "basic", "extended", "all")
"""Of a runtime's graph optimisations; each holds those before it."""


@dataclass(frozen=True)
class RuntimeKind:
    """Something that runs artifacts of one format.

    Attributes:
        id: As in RuntimeChoice.
        format: Of the artifacts that it runs.
        levels: Of LEVELS, those that make a difference; empty if none does.
        packages: What the interpreter needs for it.
    """

    id: str
    title: str
    format: str
    levels: tuple[str, ...]
    packages: tuple[str, ...]
    note: str = ""


RUNTIMES = (
    RuntimeKind("onnxruntime", "ONNX Runtime", "onnx", LEVELS, ("onnxruntime",), "What most deployments run."),
    RuntimeKind(
        "onnx.reference", "onnx.reference", "onnx", (), ("onnx",), "The standard's own evaluator, in numpy: slow."
    ),
    RuntimeKind("torchscript", "TorchScript", "torchscript", ("off", "all"), ("torch",), "libtorch's interpreter."),
    RuntimeKind("pt2", "ExportedProgram", "pt2", (), ("torch",), "Operator by operator, in torch."),
)
"""The usual one of a format comes first."""


def runtimes_of(format: str) -> tuple[RuntimeKind, ...]:  # noqa: A002 (named as in the records)
    """Those that run artifacts of a format, the usual one first."""
    return tuple(kind for kind in RUNTIMES if kind.format == format)

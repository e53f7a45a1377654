"""What a runtime is for parity, and what the runtimes have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import TensorInfo

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

_ORT_PREFIX = re.compile(
    r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:Load model from .* failed: ?)?(?:/onnxruntime_src\S+ )?"
)


class Output(NamedTuple):
    """One output of a run: its description and its values."""

    info: TensorInfo
    values: npt.NDArray[Any]


class Runtime(Protocol):
    """Something that runs one artifact.

    Attributes:
        title: Short name, such as `ONNX Runtime`.
        description: With version and provider.
    """

    title: str
    description: str

    def fixed_size(self, input_name: str, axis: int) -> int | None:
        """The size that the artifact demands of an axis of an input; None if it takes any, or does not say."""

    def run(self, tensors: Sequence[Any]) -> tuple[Output, ...]:
        """Run once on the example inputs, tensors or arrays, in their order.

        Raises:
            UserError: `artifact-run-failed`, `inputs-do-not-match`, and those of its own.
        """


def match_inputs(artifact_names: Sequence[str], input_names: Sequence[str]) -> list[int]:
    """For each input of the artifact the position of the example input that feeds it: by name, else by position.

    An exporter drops inputs that the model does not use: those left are fed by name.

    Raises:
        UserError: `inputs-do-not-match`.
    """
    if set(artifact_names) <= set(input_names):
        return [list(input_names).index(name) for name in artifact_names]
    if len(artifact_names) == len(input_names):
        return list(range(len(input_names)))
    raise UserError(
        "inputs-do-not-match",
        f"The artifact takes {len(artifact_names)} inputs ({', '.join(artifact_names) or 'none'}), and there are "
        f"{len(input_names)} example inputs ({', '.join(input_names) or 'none'}); they match neither by name nor "
        "by number.",
        "Give the example inputs the names that the artifact's inputs have.",
    )


def to_tensor(values: Any) -> torch.Tensor:
    """A copy of an input as a tensor, which a model may write into."""
    import torch

    return values.clone() if isinstance(values, torch.Tensor) else torch.tensor(values)


def run_failed(runtime: str, error: Exception) -> UserError:
    """What to say of a runtime that failed on some inputs."""
    return UserError(
        "artifact-run-failed",
        f"{runtime} failed: {first_line(error)}",
        "The details hold all that it said.",
        str(error),
    )


def first_line(error: BaseException) -> str:
    """The line of an exception that says most; its type if it says nothing."""
    return gist(str(error)) or type(error).__name__


def gist(text: str) -> str:
    """The line of a message that says most: the last one of TorchScript's, the first of others.

    What ONNX Runtime puts before its reason (codes, the path, its own source file) is left out.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    if lines[0].startswith("The following operation failed in the TorchScript interpreter"):
        return lines[-1]
    return _ORT_PREFIX.sub("", lines[0]) or lines[0]

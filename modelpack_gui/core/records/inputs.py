"""Example inputs that are found by trying: what the model's signature and layers take."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records.source import InputSpec, ModelSource
from modelpack_gui.core.records.tensors import TensorInfo


@dataclass(frozen=True)
class SuggestInputsRequest:
    """Find example inputs that the model takes.

    Attributes:
        inputs: Those there are; they are kept as far as the model takes them.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...] = ()


@dataclass(frozen=True)
class SuggestedInputs:
    """Example inputs, and why they are what they are.

    Attributes:
        reasons: One sentence for each thing that was found, in order.
        outputs: Of the forward pass on them; empty if none succeeded.
        tries: How many forward passes were made.
        error: Why the model refuses even these; None if it takes them.
    """

    inputs: tuple[InputSpec, ...]
    reasons: tuple[str, ...]
    outputs: tuple[TensorInfo, ...]
    tries: int
    error: ErrorInfo | None = None


@dataclass(frozen=True)
class InputFileRequest:
    """Read the shape and dtype of the file that an example input comes from."""

    spec: InputSpec


@dataclass(frozen=True)
class InputFileInfo:
    """An example input with the shape and dtype of its file."""

    spec: InputSpec

"""What an exporter is. A new one is a file with such a class and a line in `registry.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import ArtifactFormat, ExportSpec

if TYPE_CHECKING:
    import torch

    from modelpack_gui.stages.source.call import CallPlan


@dataclass(frozen=True)
class OpsetRange:
    """Opset versions of the default ONNX domain that an exporter can write, both ends included."""

    min: int
    max: int
    default: int


@dataclass(frozen=True)
class ExportCall:
    """One export, checked already: counts of names agree and the dynamic axes exist.

    Attributes:
        module: In eval mode; its `forward` takes `tensors` one by one. What exporters are to export.
        own_module: The model itself, with the signature that it was written with; the same if that is as plain.
        plan: How the tensors go into the call of `own_module`.
        tensors: Example inputs by position.
        example_names: Their names in the recipe, which `spec.dynamic` refers to.
        input_names: Their names in the artifact.
        path: File to write; data files go beside it. Its folder holds nothing else.
        other_tensors: Of the same shapes with other values, for a second look at what depends on values.
        metadata: To be written into the file by exporters whose files cannot be added to later.
    """

    module: torch.nn.Module
    own_module: torch.nn.Module
    plan: CallPlan
    tensors: tuple[torch.Tensor, ...]
    spec: ExportSpec
    example_names: Sequence[str]
    input_names: Sequence[str]
    path: Path
    other_tensors: tuple[torch.Tensor, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


ONNX_OPTIONS = ("opset_version", "input_names", "output_names", "constant_folding", "external_data")
"""Fields of ExportSpec that every exporter to ONNX heeds."""


class Exporter(Protocol):
    """A way from a module to a file. A Protocol: exporters share a shape, not code.

    Attributes:
        format: What it makes; with `id` it names the exporter in a recipe.
        packages: What it needs in the interpreter besides torch.
        min_torch: Oldest torch it works with, such as `(2, 5)`.
        note: What to know before choosing it, one sentence.
        runs_model: Whether it runs the model on the values of the example inputs, and so refuses unfit ones.
            torch.export looks at shapes only and lets integers into a float layer.
        options: Fields of ExportSpec that it heeds besides the paths and the dynamic axes.
    """

    id: str
    format: ArtifactFormat
    title: str
    packages: tuple[str, ...]
    min_torch: tuple[int, int]
    note: str
    runs_model: bool
    options: tuple[str, ...]

    def opsets(self) -> OpsetRange | None:
        """Range for the torch of this interpreter, found without importing it; None if there are no opsets."""

    def export(self, call: ExportCall, context: Context) -> None:
        """Write `call.path`.

        Raises:
            Exception: Whatever the exporter raises; the stage explains it to the user.
        """

"""What a rule is, and what it is given. A new one is a file, or a class in the file of its family, and a line in
`registry.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from modelpack_gui.core.explain.explanation import Explanation, Fix, RecipeEdit, SourcePlace
from modelpack_gui.core.records import ExportSpec, InputSpec, LintFinding, ModelSource, Severity
from modelpack_gui.stages.export.base import Exporter

if TYPE_CHECKING:
    import torch

    from modelpack_gui.stages.lint.code import Spot


@dataclass(frozen=True)
class Passage:
    """One forward pass of one module.

    Attributes:
        path: Of the module; empty for the model itself.
        given, gave: Digests of its tensors before and after: equal ones are taken for equal tensors.
        shapes: Of its tensor arguments by parameter.
    """

    path: str
    given: tuple[object, ...]
    gave: tuple[object, ...]
    shapes: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Run:
    """One forward pass of the model.

    Attributes:
        result: As `forward` gave it.
        outputs: Digests of the tensors in it.
        passages: Of all modules, in the order in which they ended.
        written: Places of example inputs that it wrote into.
        in_training: Modules that were in training mode after it.
    """

    result: Any
    outputs: tuple[object, ...]
    passages: tuple[Passage, ...]
    written: tuple[int, ...] = ()
    in_training: tuple[str, ...] = ()


@dataclass(frozen=True)
class LintCase:
    """What the rules look at. Runs are None where one before them failed, or where there was no reason for them.

    Attributes:
        module: In eval mode, as far as it lets itself be put there.
        tensors: The example inputs.
        spots: Lines of its code that an export may freeze, found by reading what `forward` reaches.
        run_error: Why the model does not run on the example inputs; empty if it does.
        first, second: On the example inputs.
        resized: With all dynamic axes at another size; `resize_error` says why the model refused it.
    """

    source: ModelSource
    inputs: Sequence[InputSpec]
    export: ExportSpec
    exporter: Exporter
    module: torch.nn.Module
    tensors: Sequence[torch.Tensor]
    stuck_in_training: tuple[str, ...] = ()
    spots: Sequence[Spot] = ()
    run_error: str = ""
    first: Run | None = None
    second: Run | None = None
    resized: Run | None = None
    resize_error: str = ""

    @property
    def is_onnx(self) -> bool:
        """Whether an ONNX file is to be made."""
        return self.export.format == "onnx"

    @property
    def captures(self) -> bool:
        """Whether the exporter captures with torch.export, which guards or refuses what it cannot follow."""
        return self.export.exporter in ("dynamo", "export")

    @property
    def traces(self) -> bool:
        """Whether the exporter records one run."""
        return self.export.exporter == "trace"

    @property
    def compiles(self) -> bool:
        """Whether the exporter compiles the source, and so keeps its branches and loops."""
        return self.export.exporter == "script"


class Rule(Protocol):
    """A way to find something wrong. A Protocol: rules share a shape, not code."""

    def check(self, case: LintCase) -> Iterator[LintFinding]:
        """Everything that it finds."""


@dataclass(frozen=True)
class Draft:
    """A finding in the making: what a rule says, in the order in which one thinks of it."""

    id: str
    title: str
    cause: str
    severity: Severity
    concerns: str = "source"
    places: tuple[SourcePlace, ...] = ()
    fixes: tuple[Fix, ...] = field(default=())

    def finding(self) -> LintFinding:
        """The record."""
        known = Explanation(self.id, self.title, self.cause, self.places, self.fixes)
        return LintFinding(known, self.severity, self.concerns)


def use_exporter(case: LintCase, exporter: str, details: str = "") -> tuple[Fix, ...]:
    """Another exporter of the same format, where there is one and it can be used here."""
    from modelpack_gui.stages.export.registry import EXPORTERS, missing_packages

    for other in EXPORTERS:
        if (other.format, other.id) != (case.export.format, exporter) or other.id == case.export.exporter:
            continue
        if missing_packages(other):
            return ()
        edits = [RecipeEdit("export.exporter", exporter)]
        opsets, asked = other.opsets(), case.export.opset_version
        if asked is not None and not (opsets and opsets.min <= asked <= opsets.max):
            edits.append(RecipeEdit("export.opset_version", None))
        return (Fix(f"Use the exporter {exporter}", tuple(edits), details),)
    return ()

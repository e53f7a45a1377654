"""What to export, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records.brief import ParityBrief
from modelpack_gui.core.records.source import InputSet, InputSpec, ModelSource
from modelpack_gui.core.records.tensors import CapturedWarning, TensorInfo, Verdict

ArtifactFormat = Literal["onnx", "torchscript", "pt2"]


@dataclass(frozen=True)
class DynamicDim:
    """An axis of an input that shall take any size.

    Attributes:
        input: Name of the example input.
        axis: From 0.
        name: Symbolic name; axes with the same name have the same size.
        min: Smallest size; None leaves it to the exporter.
        max: Largest size; None leaves it to the exporter.
        multiple_of: Only multiples of it are sizes, as a U-Net of stride 8 wants; None takes every size.
    """

    input: str
    axis: int
    name: str
    min: int | None = None
    max: int | None = None
    multiple_of: int | None = None


@dataclass(frozen=True)
class ExportSpec:
    """Options of an export.

    Attributes:
        format: `onnx`, `torchscript`, or `pt2` (an ExportedProgram of torch.export).
        exporter: Identifier from the registry: `dynamo`, `trace` or `script`; `export` for `pt2`.
        opset_version: Of the default ONNX domain; None takes the exporter's default. Not used for other formats.
        input_names: In the artifact; empty takes the names of the example inputs.
        output_names: In the artifact; empty leaves them to the exporter.
        external_data: Whether weights go to a file beside the `.onnx` (needed above 2 GB).
        output_path: Relative to the recipe's folder or absolute.
        strict: Whether torch.export captures in strict mode (TorchDynamo reads the bytecode) instead of running it.
        draft_report: Whether torch.export's draft report is made too: all that stands in the way, not the first.
        freeze: Whether TorchScript inlines weights as constants.
        optimize_for_inference: Whether TorchScript is optimised for this machine's kind (implies `freeze`).
        check_trace: Whether a trace is compared with a second run on other values.
        post_steps: Identifiers from their registry, in order; each is followed by a parity check of its own.
    """

    format: ArtifactFormat = "onnx"
    exporter: str = "dynamo"
    opset_version: int | None = None
    dynamic: tuple[DynamicDim, ...] = ()
    constant_folding: bool = True
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    external_data: bool = False
    output_path: str = ""
    strict: bool = False
    draft_report: bool = False
    freeze: bool = False
    optimize_for_inference: bool = False
    check_trace: bool = True
    post_steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExportRequest:
    """Export a model with its example inputs."""

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    export: ExportSpec
    input_sets: tuple[InputSet, ...] = ()


@dataclass(frozen=True)
class Artifact:
    """A file that an export made, or that was opened.

    Attributes:
        path: Absolute.
        size_bytes: With external data files.
        sha256: Of the main file, in hex; empty of a large one that an export just wrote.
        external_files: Absolute paths of data files beside it.
        opset_version: Of the default domain; None for TorchScript.
        opset_imports: Version per domain; the default domain is spelled `ai.onnx`.
        metadata: What its maker wrote into it; the keys of this app start with `modelpack.`.
        weights_dtype: That most of its floating-point weights have, by elements; empty if it has none, or for formats
            other than ONNX.
        is_quantized: Whether operators for integers of 8 bits or fewer are in it; known of ONNX only.
        node_count: Of the main graph; known of ONNX only.
    """

    path: str
    format: ArtifactFormat
    size_bytes: int
    sha256: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    external_files: tuple[str, ...] = ()
    opset_version: int | None = None
    ir_version: int | None = None
    producer: str = ""
    opset_imports: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    weights_dtype: str = ""
    is_quantized: bool = False
    node_count: int = 0


@dataclass(frozen=True)
class ReferenceShapes:
    """How the model's own outputs follow its inputs, from eager runs at other sizes.

    Attributes:
        outputs: With the name of the dimension that an axis follows, or a formula such as `height / 2`; None for an
            axis that changes otherwise. Empty if it is not known.
        refused: Dynamic dimensions that the model itself takes at no other size, and what it says.
    """

    outputs: tuple[TensorInfo, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mismatch:
    """Something that was asked for and not got.

    Attributes:
        aspect: `opset_version`, `input_names`, `output_names`, `dynamic_dim`, ...
    """

    aspect: str
    asked: str
    got: str
    explanation: str = ""
    fix: str = ""


@dataclass(frozen=True)
class PostStepResult:
    """What one step after the export did.

    Attributes:
        step: Identifier from the registry of post-steps.
        is_kept: Whether the artifact is what this step made; False leaves what was there before.
        parity: Of what the step made, against the model; None if there was nothing to compare.
        error: Why it made nothing, or nothing that could be compared; None if it did.
        duration_s: Of the step itself, parity not included.
    """

    step: str
    is_kept: bool
    size_before_bytes: int
    size_after_bytes: int | None
    nodes_before: int
    nodes_after: int | None
    duration_s: float
    parity: ParityBrief | None = None
    error: ErrorInfo | None = None


@dataclass(frozen=True)
class ExportRecord:
    """What was asked and what came out.

    Attributes:
        duration_s: Wall time of the whole stage in the worker, model loading included.
        export_duration_s: Wall time of the exporter's own call.
        versions: Of python, torch, onnx, onnxscript... used.
        explanations: Of its warnings and mismatches, where they are of a known kind; the gravest first.
        notes: What was done without being asked, and why, one sentence each.
        draft_report: What torch.export's draft found in the way; empty if it was not asked for.
        reference: How the model's own outputs follow its dynamic axes; None if that was not looked at.
    """

    asked: ExportSpec
    artifact: Artifact
    mismatches: tuple[Mismatch, ...]
    warnings: tuple[CapturedWarning, ...]
    duration_s: float
    export_duration_s: float
    versions: Mapping[str, str]
    explanations: tuple[Explanation, ...] = ()
    post_steps: tuple[PostStepResult, ...] = ()
    draft_report: str = ""
    notes: tuple[str, ...] = ()
    reference: ReferenceShapes | None = None

    @property
    def doubts(self) -> tuple[Explanation, ...]:
        """Its explanations but those that are only good to know."""
        return tuple(item for item in self.explanations if item.is_doubt)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The steps after the export that were asked for and not kept."""
        return tuple(item.step for item in self.post_steps if not item.is_kept)

    @property
    def verdict(self) -> Verdict:
        """Whether it is as asked, and nothing is known that makes it doubtful."""
        return Verdict.WARNING if self.mismatches or self.doubts or self.left_out else Verdict.PASSED

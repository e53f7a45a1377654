"""Quantising an ONNX artifact, and what that costs in accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records.latency import Estimate
from modelpack_gui.core.records.source import ImageSpec, InputSet, InputSpec, ModelSource
from modelpack_gui.core.records.tensors import Verdict

QuantizeMethod = Literal["dynamic", "static", "float16"]
CalibrationMethod = Literal["minmax", "entropy", "percentile"]


@dataclass(frozen=True)
class CalibrationSpec:
    """The data that ranges of activations come from, and the data that the result is judged by.

    Attributes:
        kind: `inputs`: the example inputs and input sets, and more drawn like them; `folder`: files of a folder
            (`.npy`, `.npz`, images); `python`: an iterable, or a function that gives one, in a Python file.
        path: The folder, or the Python file; relative to the recipe's folder or absolute.
        name: Of the iterable in the Python file. It gives, per sample, a mapping from input names to arrays, a
            sequence of arrays in the order of the inputs, or one array.
        samples: So many at most, held-out ones included.
        held_out: Share of them kept apart from calibration, to judge by.
        seed: Of the choice, and of what is drawn.
        image: How images become tensors; None as the example input of that file says, or the defaults.
    """

    kind: Literal["inputs", "folder", "python"] = "inputs"
    path: str = ""
    name: str = ""
    samples: int = 64
    held_out: float = 0.25
    seed: int = 0
    image: ImageSpec | None = None


@dataclass(frozen=True)
class QuantizeSpec:
    """One way to quantise, by onnxruntime's own tools.

    Attributes:
        method: `dynamic`: weights INT8, ranges of activations found at each run; `static`: ranges from calibration;
            `float16`: weights and arithmetic in half precision.
        format: Static only: `qdq` (QuantizeLinear and DequantizeLinear around float operators) or `qoperator`.
        per_channel: A scale for each output channel of a weight.
        calibration_method: Static only: how ranges are found.
        percentile: For the calibration method of that name.
        symmetric_weights, symmetric_activations: Zero point at zero.
        reduce_range: Weights in 7 bits, which processors without VNNI need lest sums saturate; None: there only.
        op_types: Only these are quantised; empty takes all that the tool can.
        exclude_nodes: Names of nodes that stay in float.
        preprocess: Whether shapes are inferred and the graph optimised first, as onnxruntime advises.
        keep_io_types: float16 only: inputs and outputs stay float32.
        calibration: Also for judging a dynamic or float16 artifact.
        output_path: Relative to the recipe's folder or absolute; empty: beside the artifact, named by its settings.
        label: As shown; empty makes one from the settings.
    """

    method: QuantizeMethod = "static"
    format: Literal["qdq", "qoperator"] = "qdq"
    per_channel: bool = True
    calibration_method: CalibrationMethod = "minmax"
    percentile: float = 99.99
    weight_type: Literal["int8", "uint8"] = "int8"
    activation_type: Literal["int8", "uint8"] = "uint8"
    symmetric_weights: bool = True
    symmetric_activations: bool = False
    reduce_range: bool | None = None
    op_types: tuple[str, ...] = ()
    exclude_nodes: tuple[str, ...] = ()
    preprocess: bool = True
    keep_io_types: bool = True
    calibration: CalibrationSpec = CalibrationSpec()
    output_path: str = ""
    label: str = ""


@dataclass(frozen=True)
class QuantizeAdviceRequest:
    """Say before anything is run what is known of quantising this artifact so, on this machine.

    Attributes:
        inputs, input_sets: To say what the calibration data would be worth; without them nothing is said of that.
    """

    artifact_path: str
    quantize: QuantizeSpec
    inputs: tuple[InputSpec, ...] = ()
    input_sets: tuple[InputSet, ...] = ()


@dataclass(frozen=True)
class QuantizeAdvice:
    """One thing to know.

    Attributes:
        kind: Stable identifier: `dynamic_on_conv`, `no_vnni`, `nothing_to_quantize`...
        text: What, and what it costs, in plain words.
        hint: What to choose instead.
        changes: Fields of QuantizeSpec that do so, as JSON text; empty if there is no one-click change.
    """

    kind: str
    severity: Literal["info", "warning", "error"]
    text: str
    hint: str = ""
    changes: str = ""


@dataclass(frozen=True)
class QuantizeAdviceReport:
    """What is known.

    Attributes:
        op_counts: Nodes of the artifact by op_type.
        quantizable: Op types in it that the method can quantise.
        node_names: Of those nodes, to exclude some.
    """

    advice: tuple[QuantizeAdvice, ...]
    op_counts: Mapping[str, int]
    quantizable: tuple[str, ...]
    node_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuantizeRequest:
    """Quantise an artifact in one or more ways, and compare each with it on calibration and held-out data.

    Attributes:
        artifact_path: A float32 `.onnx` file, relative to the recipe's folder or absolute.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    input_sets: tuple[InputSet, ...]
    artifact_path: str
    specs: tuple[QuantizeSpec, ...]


@dataclass(frozen=True)
class OutputError:
    """One output of the quantised artifact against the float32 one's, over all samples.

    Attributes:
        sqnr_db: 10 log10(sum expected^2 / sum d^2); None if there is no difference or no signal.
        cosine: Cosine similarity of the two, flattened; None without a signal.
    """

    name: str
    max_abs_diff: float
    mean_abs_diff: float
    sqnr_db: float | None
    cosine: float | None


@dataclass(frozen=True)
class QuantizeError:
    """How far a quantised artifact is from float32 on some data.

    Attributes:
        top1_agreement, top5_agreement: Share of rows whose largest entry is the same, and whose largest is among the
            other's five largest, where an output looks like class scores; else None.
        is_finite: Whether it gave NaN or infinity nowhere that float32 did not.
        rows: How many rows those are shares of; 0 without class scores.
        top_classes: How many different classes come first in float32: if it is always the same one, agreement proves
            little. 0 without class scores.
    """

    samples: int
    outputs: tuple[OutputError, ...]
    top1_agreement: float | None = None
    top5_agreement: float | None = None
    is_finite: bool = True
    rows: int = 0
    top_classes: int = 0

    @property
    def worst_sqnr_db(self) -> float | None:
        """Of the worst output; None if none differs."""
        return min((one.sqnr_db for one in self.outputs if one.sqnr_db is not None), default=None)


@dataclass(frozen=True)
class QuantizedVariant:
    """One way and what came of it.

    Attributes:
        path: Absolute; empty if nothing was made.
        size_bytes: With external data.
        quantized_ops, float_ops: Nodes by op_type that run in low precision, and that stayed in float though their
            type could be quantised.
        on_calibration: None for a method without calibration.
        verdict: PASSED: as good as one can expect; WARNING: the price is worth a look; FAILED: no use.
        summary: The price in one plain sentence.
        p50_ms, speedup: Latency, and speed-up over float32, once measured; None before.
        error: Why nothing was made; None if something was.
    """

    spec: QuantizeSpec
    label: str
    path: str
    size_bytes: int
    sha256: str = ""
    quantized_ops: Mapping[str, int] = field(default_factory=dict)
    float_ops: Mapping[str, int] = field(default_factory=dict)
    on_calibration: QuantizeError | None = None
    on_held_out: QuantizeError | None = None
    advice: tuple[QuantizeAdvice, ...] = ()
    verdict: Verdict = Verdict.PASSED
    summary: str = ""
    duration_s: float = 0.0
    p50_ms: Estimate | None = None
    speedup: Estimate | None = None
    error: ErrorInfo | None = None


@dataclass(frozen=True)
class QuantizeReport:
    """All ways that were tried.

    Attributes:
        artifact_path: Absolute, of the float32 artifact.
        calibration_note: Where the data came from and how many samples, one sentence.
        summary: The verdict in one plain sentence.
        machine: CPU and its flags, versions.
    """

    artifact_path: str
    float_size_bytes: int
    variants: tuple[QuantizedVariant, ...]
    calibration_note: str
    summary: str
    verdict: Verdict
    machine: Mapping[str, str]
    duration_s: float
    float_p50_ms: Estimate | None = None


@dataclass(frozen=True)
class SensitivityRequest:
    """Find which nodes cost most accuracy when they are quantised as `quantize` says.

    Attributes:
        budget_s: Nodes that were not reached by then are estimated only.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    input_sets: tuple[InputSet, ...]
    artifact_path: str
    quantize: QuantizeSpec
    budget_s: float = 120.0


@dataclass(frozen=True)
class SensitivityRow:
    """What quantising one node alone costs.

    Attributes:
        sqnr_db: Of the worst output with this node alone in low precision; the lower, the dearer. None if the output
            does not change, or it was not measured.
        weight_sqnr_db: Of its weight; None if it has none.
        module: Path of the PyTorch module it belongs to; empty if unknown.
        is_measured: False: the output was not measured within the budget.
    """

    node: str
    op_type: str
    module: str
    sqnr_db: float | None
    weight_sqnr_db: float | None = None
    is_measured: bool = True


@dataclass(frozen=True)
class SensitivityReport:
    """All nodes, the dearest first.

    Attributes:
        baseline_sqnr_db: With all of them quantised together; None if the output does not change.
    """

    rows: tuple[SensitivityRow, ...]
    baseline_sqnr_db: float | None
    summary: str
    is_complete: bool
    duration_s: float

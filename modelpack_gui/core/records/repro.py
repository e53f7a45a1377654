"""The smallest part of an artifact that still fails, with its inputs and expected outputs, as a zip."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelpack_gui.core.records.export import DynamicDim
from modelpack_gui.core.records.parity import CaseChoice, ParitySpec
from modelpack_gui.core.records.source import InputSet, InputSpec, ModelSource
from modelpack_gui.core.records.tensors import Verdict


@dataclass(frozen=True)
class ReproRequest:
    """Make a repro of a parity failure.

    Attributes:
        case: The inputs on which it fails.
        value: Name of the value where it goes wrong, from a LayerFault; empty to find it first.
        output_path: The zip to write.
    """

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    artifact_path: str
    dynamic: tuple[DynamicDim, ...]
    parity: ParitySpec
    output_path: str
    input_sets: tuple[InputSet, ...] = ()
    case: CaseChoice = field(default_factory=CaseChoice)
    value: str = ""


@dataclass(frozen=True)
class ReproRecord:
    """What was written.

    Attributes:
        verdict: FAILED if the repro fails when it is run, as it should; PASSED if the failure could not be kept.
        nodes, nodes_before: Of the repro, and of the artifact.
        files: Names in the zip.
        command: How to run it once unpacked.
    """

    path: str
    verdict: Verdict
    summary: str
    nodes: int
    nodes_before: int
    files: tuple[str, ...]
    size_bytes: int
    command: str
    duration_s: float

"""The frozen records that stages take and give. One module for each stage or subject; all names are here.

A module is imported when the first of its names is asked for: the window opens with half of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from modelpack_gui.core.records.attribution import *
    from modelpack_gui.core.records.bench import *
    from modelpack_gui.core.records.bench_turns import *
    from modelpack_gui.core.records.brief import *
    from modelpack_gui.core.records.check import *
    from modelpack_gui.core.records.checkpoint import *
    from modelpack_gui.core.records.export import *
    from modelpack_gui.core.records.graph_checks import *
    from modelpack_gui.core.records.graph_compare import *
    from modelpack_gui.core.records.graph_costs import *
    from modelpack_gui.core.records.graph_details import *
    from modelpack_gui.core.records.graph_layout import *
    from modelpack_gui.core.records.hello import *
    from modelpack_gui.core.records.inputs import *
    from modelpack_gui.core.records.inspection import *
    from modelpack_gui.core.records.latency import *
    from modelpack_gui.core.records.layers import *
    from modelpack_gui.core.records.lint import *
    from modelpack_gui.core.records.matrix import *
    from modelpack_gui.core.records.node_data import *
    from modelpack_gui.core.records.operator_docs import *
    from modelpack_gui.core.records.output_parity import *
    from modelpack_gui.core.records.parity import *
    from modelpack_gui.core.records.probe import *
    from modelpack_gui.core.records.profile import *
    from modelpack_gui.core.records.quantize import *
    from modelpack_gui.core.records.repro import *
    from modelpack_gui.core.records.scan import *
    from modelpack_gui.core.records.source import *
    from modelpack_gui.core.records.sweep import *
    from modelpack_gui.core.records.tensor_values import *
    from modelpack_gui.core.records.tensors import *
    from modelpack_gui.core.records.traffic import *

_NAMES = {
    "attribution": "Attribution Origin SideResult",
    "bench": (
        "BenchReport BenchRequest BenchSpec MachineNoise OptionValue PreparedRunner RunnerResult RunnerSpec "
        "runner_specs"
    ),
    "bench_turns": (
        "BenchPrepareRequest BenchTurnRequest Calibration CalibrationRequest LatencyTurn OutputsRequest RunnerOutputs"
    ),
    "brief": "ParityBrief",
    "check": "CheckReport CheckRequest CheckRow",
    "checkpoint": (
        "CAST_DTYPES CheckpointEntry CheckpointScan CheckpointScanRequest KeyPrefix KeyReport KeySuggestion "
        "ShapeMismatch StateDictInfo"
    ),
    "export": (
        "Artifact ArtifactFormat DynamicDim ExportRecord ExportRequest ExportSpec Mismatch PostStepResult "
        "ReferenceShapes"
    ),
    "graph_checks": "GraphCheckResult GraphChecksReport GraphChecksRequest GraphFinding",
    "graph_compare": (
        "OPTIMIZER_LEVELS FactChange FusionPattern GraphCompareRequest GraphComparison GraphOptimizedRequest "
        "WeightChange WeightChanges WeightChangesRequest"
    ),
    "graph_costs": "ChosenDim CostSum GraphCosts GraphCostsRequest OpTypeCosts",
    "graph_details": "DetailRow GraphDetails GraphDetailsRequest GraphPart",
    "graph_layout": "Around Detail Hidden LayoutReport LayoutRequest",
    "hello": "PROTOCOL_VERSION Capabilities ExporterInfo HelloRequest OptionInfo PackageInfo PostStepInfo RunnerInfo",
    "inputs": "InputFileInfo InputFileRequest SuggestInputsRequest SuggestedInputs",
    "inspection": (
        "AttributeInfo DataFile DataFileState GraphIndex InitializerInfo InspectRequest NodeInfo TensorStats "
        "TensorStatsRequest"
    ),
    "latency": "ColdStart Doubt DoubtKind Estimate LatencyMode LatencySummary OutputsCheck",
    "layers": "AlignedBy LayerFault LayerRow LayerRows LayersReport LayersRequest Unaligned UnalignedNode",
    "lint": "LintFinding LintReport LintRequest Severity",
    "matrix": (
        "CellOutcome MatrixCell MatrixCellRequest MatrixChoice MatrixFinding MatrixLatency MatrixLatencyRequest "
        "MatrixReport MatrixRequest MatrixSize MatrixSpec"
    ),
    "node_data": "NodeDataOverlay NodeDataReport NodeDataRequest",
    "operator_docs": "AttributeDoc OperatorDocs OperatorDocsRequest ParameterDoc parameter_at",
    "output_parity": "ErrorGrid ErrorHistogram HullPoint NoiseFigures OutputParity TieFacts ValueFiles",
    "parity": (
        "LOW_PRECISION CaseChoice ParityCase ParityPart ParityReport ParityRequest ParitySpec Regime RuntimeChoice"
    ),
    "probe": "AxisRef DimFinding DimVerdict Follower ProbeReport ProbeRequest SizeTrial",
    "profile": "ProfileReport ProfileRequest ProfileRow",
    "quantize": (
        "CalibrationMethod CalibrationSpec OutputError QuantizeAdvice QuantizeAdviceReport QuantizeAdviceRequest "
        "QuantizeError QuantizeMethod QuantizeReport QuantizeRequest QuantizeSpec QuantizedVariant "
        "SensitivityReport SensitivityRequest SensitivityRow"
    ),
    "repro": "ReproRecord ReproRequest",
    "scan": "GIANT_BYTES GIANT_NODES FactoryDraft FactoryRequest SavedModel SourceScan",
    "source": (
        "CallableInfo CheckpointSpec FileStamp ImageSpec InputSet InputSpec LoadReport LoadRequest ModelSource "
        "ModuleInfo ParameterInfo ScanRequest module_and_name source_problem tensor_inputs"
    ),
    "sweep": "SweepCell SweepChoice SweepOutcome SweepReport SweepRequest SweepSpec",
    "tensor_values": "TensorValues TensorValuesRequest",
    "tensors": "CapturedWarning TensorInfo Verdict",
    "traffic": "TrafficPoint TrafficRequest",
}
"""What each module has for others."""

_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}


if not TYPE_CHECKING:  # a name that there is not would be anything to a type checker

    def __getattr__(name: str) -> object:
        """Import the module of a name that is asked for the first time."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
        globals().update({known: getattr(module, known) for known in _NAMES[_MODULES[name]].split()})
        return globals()[name]


Request: TypeAlias = (
    "HelloRequest | ScanRequest | FactoryRequest | CheckpointScanRequest | LoadRequest | SuggestInputsRequest | "
    "InputFileRequest | ExportRequest | InspectRequest | GraphCostsRequest | LayoutRequest | "
    "TensorStatsRequest | TensorValuesRequest | OperatorDocsRequest | NodeDataRequest | CheckRequest | "
    "ParityRequest | LayersRequest | ReproRequest | ProbeRequest | LintRequest | BenchRequest | "
    "BenchPrepareRequest | BenchTurnRequest | OutputsRequest | CalibrationRequest | TrafficRequest | "
    "SweepRequest | ProfileRequest | QuantizeAdviceRequest | QuantizeRequest | SensitivityRequest | "
    "MatrixRequest | MatrixCellRequest | MatrixLatencyRequest | GraphCompareRequest | GraphDetailsRequest | "
    "GraphChecksRequest | GraphOptimizedRequest | WeightChangesRequest"
)
"""What a job can be asked. The unions are texts: to name a type is not to need it (see `kinds`)."""

Result: TypeAlias = (
    "Capabilities | SourceScan | FactoryDraft | CheckpointScan | LoadReport | SuggestedInputs | InputFileInfo | "
    "ExportRecord | GraphIndex | GraphCosts | GraphDetails | LayoutReport | TensorStats | TensorValues | "
    "OperatorDocs | NodeDataReport | CheckReport | ParityReport | ParityPart | LayersReport | LayerRows | "
    "ReproRecord | ProbeReport | LintReport | BenchReport | PreparedRunner | LatencyTurn | RunnerOutputs | "
    "Calibration | TrafficPoint | SweepCell | SweepReport | ProfileReport | QuantizeAdviceReport | "
    "QuantizedVariant | QuantizeReport | SensitivityRow | SensitivityReport | MatrixCell | MatrixLatency | "
    "MatrixReport | GraphComparison | WeightChanges | GraphChecksReport"
)
"""What a job can give."""

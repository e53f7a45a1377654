"""The frozen records that stages take and give. One module for each stage or subject; all names are here."""

from modelpack_gui.core.records.attribution import Attribution, Origin, SideResult
from modelpack_gui.core.records.bench import (
    BenchReport,
    BenchRequest,
    BenchSpec,
    MachineNoise,
    OptionValue,
    PreparedRunner,
    RunnerResult,
    RunnerSpec,
    runner_specs,
)
from modelpack_gui.core.records.bench_turns import (
    BenchPrepareRequest,
    BenchTurnRequest,
    Calibration,
    CalibrationRequest,
    LatencyTurn,
    OutputsRequest,
    RunnerOutputs,
)
from modelpack_gui.core.records.brief import ParityBrief
from modelpack_gui.core.records.check import CheckReport, CheckRequest, CheckRow
from modelpack_gui.core.records.checkpoint import (
    CAST_DTYPES,
    CheckpointEntry,
    CheckpointScan,
    CheckpointScanRequest,
    KeyPrefix,
    KeyReport,
    KeySuggestion,
    ShapeMismatch,
    StateDictInfo,
)
from modelpack_gui.core.records.export import (
    Artifact,
    ArtifactFormat,
    DynamicDim,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    Mismatch,
    PostStepResult,
    ReferenceShapes,
)
from modelpack_gui.core.records.graph_checks import (
    GraphCheckResult,
    GraphChecksReport,
    GraphChecksRequest,
    GraphFinding,
)
from modelpack_gui.core.records.graph_compare import (
    OPTIMIZER_LEVELS,
    FactChange,
    FusionPattern,
    GraphCompareRequest,
    GraphComparison,
    GraphOptimizedRequest,
    WeightChange,
    WeightChanges,
    WeightChangesRequest,
)
from modelpack_gui.core.records.graph_costs import ChosenDim, CostSum, GraphCosts, GraphCostsRequest, OpTypeCosts
from modelpack_gui.core.records.graph_details import DetailRow, GraphDetails, GraphDetailsRequest, GraphPart
from modelpack_gui.core.records.graph_layout import Around, LayoutReport, LayoutRequest
from modelpack_gui.core.records.hello import (
    PROTOCOL_VERSION,
    Capabilities,
    ExporterInfo,
    HelloRequest,
    OptionInfo,
    PackageInfo,
    PostStepInfo,
    RunnerInfo,
)
from modelpack_gui.core.records.inputs import (
    InputFileInfo,
    InputFileRequest,
    SuggestedInputs,
    SuggestInputsRequest,
)
from modelpack_gui.core.records.inspection import (
    AttributeInfo,
    DataFile,
    DataFileState,
    GraphIndex,
    InitializerInfo,
    InspectRequest,
    NodeInfo,
    TensorStats,
    TensorStatsRequest,
)
from modelpack_gui.core.records.latency import (
    ColdStart,
    Doubt,
    DoubtKind,
    Estimate,
    LatencyMode,
    LatencySummary,
    OutputsCheck,
)
from modelpack_gui.core.records.layers import (
    AlignedBy,
    LayerFault,
    LayerRow,
    LayerRows,
    LayersReport,
    LayersRequest,
    Unaligned,
    UnalignedNode,
)
from modelpack_gui.core.records.lint import LintFinding, LintReport, LintRequest, Severity
from modelpack_gui.core.records.matrix import (
    MatrixCell,
    MatrixCellRequest,
    MatrixChoice,
    MatrixFinding,
    MatrixLatency,
    MatrixLatencyRequest,
    MatrixReport,
    MatrixRequest,
    MatrixSize,
    MatrixSpec,
)
from modelpack_gui.core.records.node_data import NodeDataOverlay, NodeDataReport, NodeDataRequest
from modelpack_gui.core.records.operator_docs import (
    AttributeDoc,
    OperatorDocs,
    OperatorDocsRequest,
    ParameterDoc,
    parameter_at,
)
from modelpack_gui.core.records.output_parity import (
    ErrorGrid,
    ErrorHistogram,
    HullPoint,
    NoiseFigures,
    OutputParity,
    TieFacts,
    ValueFiles,
)
from modelpack_gui.core.records.parity import (
    LOW_PRECISION,
    CaseChoice,
    ParityCase,
    ParityPart,
    ParityReport,
    ParityRequest,
    ParitySpec,
    Regime,
    RuntimeChoice,
)
from modelpack_gui.core.records.probe import AxisRef, DimFinding, Follower, ProbeReport, ProbeRequest, SizeTrial
from modelpack_gui.core.records.profile import ProfileReport, ProfileRequest, ProfileRow
from modelpack_gui.core.records.quantize import (
    CalibrationMethod,
    CalibrationSpec,
    OutputError,
    QuantizeAdvice,
    QuantizeAdviceReport,
    QuantizeAdviceRequest,
    QuantizedVariant,
    QuantizeError,
    QuantizeMethod,
    QuantizeReport,
    QuantizeRequest,
    QuantizeSpec,
    SensitivityReport,
    SensitivityRequest,
    SensitivityRow,
)
from modelpack_gui.core.records.repro import ReproRecord, ReproRequest
from modelpack_gui.core.records.scan import FactoryDraft, FactoryRequest, SavedModel, SourceScan
from modelpack_gui.core.records.source import (
    CallableInfo,
    CheckpointSpec,
    FileStamp,
    ImageSpec,
    InputSet,
    InputSpec,
    LoadReport,
    LoadRequest,
    ModelSource,
    ModuleInfo,
    ParameterInfo,
    ScanRequest,
    module_and_name,
    source_problem,
    tensor_inputs,
)
from modelpack_gui.core.records.sweep import (
    SweepCell,
    SweepChoice,
    SweepOutcome,
    SweepReport,
    SweepRequest,
    SweepSpec,
)
from modelpack_gui.core.records.tensor_values import TensorValues, TensorValuesRequest
from modelpack_gui.core.records.tensors import CapturedWarning, TensorInfo, Verdict
from modelpack_gui.core.records.traffic import TrafficPoint, TrafficRequest

Request = (
    HelloRequest
    | ScanRequest
    | FactoryRequest
    | CheckpointScanRequest
    | LoadRequest
    | SuggestInputsRequest
    | InputFileRequest
    | ExportRequest
    | InspectRequest
    | GraphCostsRequest
    | LayoutRequest
    | TensorStatsRequest
    | TensorValuesRequest
    | OperatorDocsRequest
    | NodeDataRequest
    | CheckRequest
    | ParityRequest
    | LayersRequest
    | ReproRequest
    | ProbeRequest
    | LintRequest
    | BenchRequest
    | BenchPrepareRequest
    | BenchTurnRequest
    | OutputsRequest
    | CalibrationRequest
    | TrafficRequest
    | SweepRequest
    | ProfileRequest
    | QuantizeAdviceRequest
    | QuantizeRequest
    | SensitivityRequest
    | MatrixRequest
    | MatrixCellRequest
    | MatrixLatencyRequest
    | GraphCompareRequest
    | GraphDetailsRequest
    | GraphChecksRequest
    | GraphOptimizedRequest
    | WeightChangesRequest
)
"""What a job can be asked."""

Result = (
    Capabilities
    | SourceScan
    | FactoryDraft
    | CheckpointScan
    | LoadReport
    | SuggestedInputs
    | InputFileInfo
    | ExportRecord
    | GraphIndex
    | GraphCosts
    | GraphDetails
    | LayoutReport
    | TensorStats
    | TensorValues
    | OperatorDocs
    | NodeDataReport
    | CheckReport
    | ParityReport
    | ParityPart
    | LayersReport
    | LayerRows
    | ReproRecord
    | ProbeReport
    | LintReport
    | BenchReport
    | PreparedRunner
    | LatencyTurn
    | RunnerOutputs
    | Calibration
    | TrafficPoint
    | SweepCell
    | SweepReport
    | ProfileReport
    | QuantizeAdviceReport
    | QuantizedVariant
    | QuantizeReport
    | SensitivityRow
    | SensitivityReport
    | MatrixCell
    | MatrixLatency
    | MatrixReport
    | GraphComparison
    | WeightChanges
    | GraphChecksReport
)
"""What a job can give."""

__all__ = [
    "CAST_DTYPES",
    "LOW_PRECISION",
    "OPTIMIZER_LEVELS",
    "PROTOCOL_VERSION",
    "AlignedBy",
    "Around",
    "Artifact",
    "ArtifactFormat",
    "AttributeDoc",
    "AttributeInfo",
    "Attribution",
    "AxisRef",
    "BenchPrepareRequest",
    "BenchReport",
    "BenchRequest",
    "BenchSpec",
    "BenchTurnRequest",
    "Calibration",
    "CalibrationMethod",
    "CalibrationRequest",
    "CalibrationSpec",
    "CallableInfo",
    "Capabilities",
    "CapturedWarning",
    "CaseChoice",
    "CheckReport",
    "CheckRequest",
    "CheckRow",
    "CheckpointEntry",
    "CheckpointScan",
    "CheckpointScanRequest",
    "CheckpointSpec",
    "ChosenDim",
    "ColdStart",
    "CostSum",
    "DataFile",
    "DataFileState",
    "DetailRow",
    "DimFinding",
    "Doubt",
    "DoubtKind",
    "DynamicDim",
    "ErrorGrid",
    "ErrorHistogram",
    "Estimate",
    "ExportRecord",
    "ExportRequest",
    "ExportSpec",
    "ExporterInfo",
    "FactChange",
    "FactoryDraft",
    "FactoryRequest",
    "FileStamp",
    "Follower",
    "FusionPattern",
    "GraphCheckResult",
    "GraphChecksReport",
    "GraphChecksRequest",
    "GraphCompareRequest",
    "GraphComparison",
    "GraphCosts",
    "GraphCostsRequest",
    "GraphDetails",
    "GraphDetailsRequest",
    "GraphFinding",
    "GraphIndex",
    "GraphOptimizedRequest",
    "GraphPart",
    "HelloRequest",
    "HullPoint",
    "ImageSpec",
    "InitializerInfo",
    "InputFileInfo",
    "InputFileRequest",
    "InputSet",
    "InputSpec",
    "InspectRequest",
    "KeyPrefix",
    "KeyReport",
    "KeySuggestion",
    "LatencyMode",
    "LatencySummary",
    "LatencyTurn",
    "LayerFault",
    "LayerRow",
    "LayerRows",
    "LayersReport",
    "LayersRequest",
    "LayoutReport",
    "LayoutRequest",
    "LintFinding",
    "LintReport",
    "LintRequest",
    "LoadReport",
    "LoadRequest",
    "MachineNoise",
    "MatrixCell",
    "MatrixCellRequest",
    "MatrixChoice",
    "MatrixFinding",
    "MatrixLatency",
    "MatrixLatencyRequest",
    "MatrixReport",
    "MatrixRequest",
    "MatrixSize",
    "MatrixSpec",
    "Mismatch",
    "ModelSource",
    "ModuleInfo",
    "NodeDataOverlay",
    "NodeDataReport",
    "NodeDataRequest",
    "NodeInfo",
    "NoiseFigures",
    "OpTypeCosts",
    "OperatorDocs",
    "OperatorDocsRequest",
    "OptionInfo",
    "OptionValue",
    "Origin",
    "OutputError",
    "OutputParity",
    "OutputsCheck",
    "OutputsRequest",
    "PackageInfo",
    "ParameterDoc",
    "ParameterInfo",
    "ParityBrief",
    "ParityCase",
    "ParityPart",
    "ParityReport",
    "ParityRequest",
    "ParitySpec",
    "PostStepInfo",
    "PostStepResult",
    "PreparedRunner",
    "ProbeReport",
    "ProbeRequest",
    "ProfileReport",
    "ProfileRequest",
    "ProfileRow",
    "QuantizeAdvice",
    "QuantizeAdviceReport",
    "QuantizeAdviceRequest",
    "QuantizeError",
    "QuantizeMethod",
    "QuantizeReport",
    "QuantizeRequest",
    "QuantizeSpec",
    "QuantizedVariant",
    "ReferenceShapes",
    "Regime",
    "ReproRecord",
    "ReproRequest",
    "Request",
    "Result",
    "RunnerInfo",
    "RunnerOutputs",
    "RunnerResult",
    "RunnerSpec",
    "RuntimeChoice",
    "SavedModel",
    "ScanRequest",
    "SensitivityReport",
    "SensitivityRequest",
    "SensitivityRow",
    "Severity",
    "ShapeMismatch",
    "SideResult",
    "SizeTrial",
    "SourceScan",
    "StateDictInfo",
    "SuggestInputsRequest",
    "SuggestedInputs",
    "SweepCell",
    "SweepChoice",
    "SweepOutcome",
    "SweepReport",
    "SweepRequest",
    "SweepSpec",
    "TensorInfo",
    "TensorStats",
    "TensorStatsRequest",
    "TensorValues",
    "TensorValuesRequest",
    "TieFacts",
    "TrafficPoint",
    "TrafficRequest",
    "Unaligned",
    "UnalignedNode",
    "ValueFiles",
    "Verdict",
    "WeightChange",
    "WeightChanges",
    "WeightChangesRequest",
    "module_and_name",
    "parameter_at",
    "runner_specs",
    "source_problem",
    "tensor_inputs",
]

"""The frozen records that stages take and give. One module for each stage; all names are here."""

from modelpack_gui.core.records.bench import (
    BenchPrepareRequest,
    BenchReport,
    BenchRequest,
    BenchSpec,
    BenchTurnRequest,
    Estimate,
    LatencySummary,
    LatencyTurn,
    PreparedRunner,
    RunnerResult,
)
from modelpack_gui.core.records.brief import ParityBrief
from modelpack_gui.core.records.check import CheckReport, CheckRequest, CheckRow
from modelpack_gui.core.records.export import (
    Artifact,
    ArtifactFormat,
    DynamicDim,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    Mismatch,
    PostStepResult,
)
from modelpack_gui.core.records.hello import (
    PROTOCOL_VERSION,
    Capabilities,
    ExporterInfo,
    HelloRequest,
    PackageInfo,
    PostStepInfo,
    RunnerInfo,
)
from modelpack_gui.core.records.inspection import (
    AttributeInfo,
    GraphIndex,
    InitializerInfo,
    InspectRequest,
    NodeInfo,
    TensorStats,
    TensorStatsRequest,
)
from modelpack_gui.core.records.parity import (
    ErrorHistogram,
    OutputParity,
    ParityCase,
    ParityReport,
    ParityRequest,
    ParitySpec,
)
from modelpack_gui.core.records.source import (
    CallableInfo,
    CheckpointSpec,
    ImageSpec,
    InputSet,
    InputSpec,
    KeyReport,
    LoadReport,
    LoadRequest,
    ModelSource,
    ModuleInfo,
    ParameterInfo,
    ScanRequest,
    ShapeMismatch,
    SourceScan,
    source_problem,
)
from modelpack_gui.core.records.tensors import CapturedWarning, TensorInfo, Verdict

Request = (
    HelloRequest
    | ScanRequest
    | LoadRequest
    | ExportRequest
    | InspectRequest
    | TensorStatsRequest
    | CheckRequest
    | ParityRequest
    | BenchRequest
    | BenchPrepareRequest
    | BenchTurnRequest
)
"""What a job can be asked."""

Result = (
    Capabilities
    | SourceScan
    | LoadReport
    | ExportRecord
    | GraphIndex
    | TensorStats
    | CheckReport
    | ParityReport
    | BenchReport
    | PreparedRunner
    | LatencyTurn
)
"""What a job can give."""

__all__ = [
    "PROTOCOL_VERSION",
    "Artifact",
    "ArtifactFormat",
    "AttributeInfo",
    "BenchPrepareRequest",
    "BenchReport",
    "BenchRequest",
    "BenchSpec",
    "BenchTurnRequest",
    "CallableInfo",
    "Capabilities",
    "CapturedWarning",
    "CheckReport",
    "CheckRequest",
    "CheckRow",
    "CheckpointSpec",
    "DynamicDim",
    "ErrorHistogram",
    "Estimate",
    "ExportRecord",
    "ExportRequest",
    "ExportSpec",
    "ExporterInfo",
    "GraphIndex",
    "HelloRequest",
    "ImageSpec",
    "InitializerInfo",
    "InputSet",
    "InputSpec",
    "InspectRequest",
    "KeyReport",
    "LatencySummary",
    "LatencyTurn",
    "LoadReport",
    "LoadRequest",
    "Mismatch",
    "ModelSource",
    "ModuleInfo",
    "NodeInfo",
    "OutputParity",
    "PackageInfo",
    "ParameterInfo",
    "ParityBrief",
    "ParityCase",
    "ParityReport",
    "ParityRequest",
    "ParitySpec",
    "PostStepInfo",
    "PostStepResult",
    "PreparedRunner",
    "Request",
    "Result",
    "RunnerInfo",
    "RunnerResult",
    "ScanRequest",
    "ShapeMismatch",
    "SourceScan",
    "TensorInfo",
    "TensorStats",
    "TensorStatsRequest",
    "Verdict",
    "source_problem",
]

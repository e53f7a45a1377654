"""Small, plausible results for the fake client."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import (
    Artifact,
    Capabilities,
    CheckReport,
    CheckRow,
    DynamicDim,
    ExportRecord,
    ExportSpec,
    InputSpec,
    KeyReport,
    LoadReport,
    ModelSource,
    ModuleInfo,
    PackageInfo,
    TensorInfo,
    Verdict,
)

IMAGE = TensorInfo("image", "float32", ("batch", 3, 32, 32))
LOGITS = TensorInfo("logits", "float32", ("batch", 5))


def make_recipe(model_file: str = "model.py") -> Recipe:
    return Recipe(
        source=ModelSource(file=model_file, name="ShapesNet"),
        inputs=(InputSpec("image", (2, 3, 32, 32), low=0.0, high=1.0),),
        export=ExportSpec(
            opset_version=20,
            dynamic=(DynamicDim("image", 0, "batch"),),
            output_names=("logits",),
            output_path="build/shapes.onnx",
        ),
    )


def make_capabilities() -> Capabilities:
    return Capabilities(
        protocol=1,
        executable="/usr/bin/python3",
        python_version="3.11.7",
        platform="Linux",
        packages=(
            PackageInfo("torch", "2.13.0", "loading models", "python -m pip install torch"),
            PackageInfo("onnx", "1.23.2", "ONNX files", "python -m pip install onnx"),
        ),
        cpu="A CPU",
        cpu_flags=("avx2",),
        physical_cores=2,
        logical_cores=4,
        memory_bytes=24_000_000_000,
        exporters=(),
        runners=(),
    )


def make_load_report() -> LoadReport:
    return LoadReport(
        class_name="ShapesNet",
        source_path="/models/model.py",
        parameters=78_037,
        trainable_parameters=78_037,
        buffers=500,
        size_bytes=314_000,
        modules=(ModuleInfo("", "ShapesNet", 78_037, 0, 314_000),),
        keys=KeyReport(40),
        checkpoint_path="/models/shapes.pt",
        checkpoint_size_bytes=330_000,
        inputs=(IMAGE,),
        outputs=(LOGITS,),
        warnings=(),
        duration_s=1.5,
    )


def make_export_record(path: Path = Path("/models/build/shapes.onnx")) -> ExportRecord:
    return ExportRecord(
        asked=make_recipe().export,
        artifact=Artifact(
            path=str(path),
            format="onnx",
            size_bytes=320_000,
            sha256="ab" * 32,
            inputs=(IMAGE,),
            outputs=(LOGITS,),
            opset_version=20,
            ir_version=10,
            producer="pytorch 2.13.0",
            opset_imports={"ai.onnx": 20},
        ),
        mismatches=(),
        warnings=(),
        duration_s=2.5,
        export_duration_s=1.9,
        versions={"torch": "2.13.0"},
    )


def make_check_report(verdict: Verdict = Verdict.PASSED) -> CheckReport:
    row = CheckRow("onnx-checker", "ONNX checker", verdict, "The file follows the standard.")
    return CheckReport("/models/build/shapes.onnx", verdict, (row,), 0.2)


FAULT = ErrorInfo("class-missing", "model.py has no class 'Shapes'.", "Did you mean ShapesNet?", "line 1\nline 2")

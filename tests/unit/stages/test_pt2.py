"""An ExportedProgram through the stages behind the export: graph, tensors, check, parity, benchmark."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import (
    BenchPrepareRequest,
    CheckRequest,
    DynamicDim,
    ExportRequest,
    ExportSpec,
    InputSpec,
    ModelSource,
    ParityRequest,
    ParitySpec,
    RunnerSpec,
    TensorStatsRequest,
    Verdict,
)
from modelpack_gui.stages.bench import prepare
from modelpack_gui.stages.check import stage as check
from modelpack_gui.stages.check.pt2_rows import range_rows
from modelpack_gui.stages.export import stage as export
from modelpack_gui.stages.inspection.tensors import stats as tensor_stats
from modelpack_gui.stages.parity import stage as parity
from tests.places import DEMO
from tests.unit.stages.inspection.inspected import inspect

SHAPES_NET = ModelSource(file="shapes.py", name="ShapesNet", arguments={"width": 4})
BRANCHED = ModelSource(file="shapes.py", name="BatchBranchNet", arguments={"width": 4})
IMAGE = InputSpec("picture", (2, 3, 32, 32))  # forward calls it image
BATCH = DynamicDim("picture", 0, "batch", 1, 64)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> ExportSpec:
    target = tmp_path_factory.mktemp("pt2") / "shapes.pt2"
    made = ExportSpec(format="pt2", exporter="export", dynamic=(BATCH,), output_path=str(target))
    export.run(ExportRequest(SHAPES_NET, (IMAGE,), made), PlainContext(DEMO))
    return made


def test_the_graph_has_modules_lines_shapes_and_parameters(spec: ExportSpec) -> None:
    found = inspect(Path(spec.output_path), Path(spec.output_path).parent)
    conv = next(node for node in found.nodes if node.op_type == "conv2d")
    assert conv.domain == "aten"
    assert conv.module_path
    assert conv.module_class == "Conv2d"
    file, _, line = conv.source_location.rpartition(":")
    assert file == str(DEMO / "shapes.py")
    assert int(line) > 1
    assert conv.output_infos[0].shape is not None
    assert conv.output_infos[0].shape[0] == "batch"
    assert conv.inputs[1] in {item.name for item in found.initializers}
    assert found.index.op_counts["conv2d"] > 1
    assert found.index.graph_name == "ShapesNet"
    assert found.values["image"].shape == ("batch", 3, 32, 32)
    attributes = {item.name: item.value for item in conv.attributes}
    assert attributes["padding"] == "[1, 1]"
    assert found.index.metadata["modelpack.exporter"] == "pt2 by export"


def test_a_parameter_can_be_looked_into(spec: ExportSpec) -> None:
    found = inspect(Path(spec.output_path), Path(spec.output_path).parent)
    name = next(item.name for item in found.initializers if item.name.endswith("weight"))
    stats = tensor_stats.run(TensorStatsRequest(spec.output_path, name), PlainContext())
    assert stats.elements > 0
    assert stats.nans == 0
    with pytest.raises(UserError) as caught:
        tensor_stats.run(TensorStatsRequest(spec.output_path, "nothing"), PlainContext())
    assert caught.value.info.code == "initializer-unknown"


def test_the_check_loads_and_runs_it_and_compares_the_ranges(spec: ExportSpec) -> None:
    report = check.run(CheckRequest(spec.output_path, spec, (IMAGE,)), PlainContext())
    rows = {row.id: row for row in report.rows}
    assert report.verdict is Verdict.PASSED, report.rows
    assert rows["runtime-loads"].explanation.endswith("in an empty folder without the class.")
    assert "runtime-runs" in rows
    assert rows["dynamic-range-batch"].got == "batch: 1 to 64"
    assert rows["dynamic-dim-image-0"].verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("low", "high", "got", "verdict"),
    [
        (None, None, (0, None), Verdict.PASSED),
        (None, None, (2, None), Verdict.PASSED),  # torch.export's way to say that 0 and 1 are sizes of their own
        (None, None, (0, 16), Verdict.WARNING),
        (1, 64, (1, 64), Verdict.PASSED),
        (1, 64, (1, 32), Verdict.FAILED),
        (4, None, (8, None), Verdict.FAILED),
    ],
)
def test_a_range_narrower_than_asked_is_told(
    low: int | None, high: int | None, got: tuple[int, int | None], verdict: Verdict
) -> None:
    asked = ExportSpec(dynamic=(dataclasses.replace(BATCH, min=low, max=high),))
    (row,) = range_rows(asked, {"batch": got})
    assert row.verdict is verdict, row


def test_parity_holds_at_every_size_and_with_other_names(spec: ExportSpec) -> None:
    request = ParityRequest(SHAPES_NET, (IMAGE,), spec.output_path, spec.dynamic, ParitySpec(sizes=(1, 3)))
    report = parity.run(request, PlainContext(DEMO))
    assert report.verdict is Verdict.PASSED, report.summary
    assert report.runtime.startswith("ExportedProgram, torch ")


def test_a_size_that_the_program_refuses_fails_parity(tmp_path: Path) -> None:
    target = tmp_path / "fixed.pt2"
    fixed = ExportSpec(format="pt2", exporter="export", output_path=str(target))
    export.run(ExportRequest(SHAPES_NET, (IMAGE,), fixed), PlainContext(DEMO))
    request = ParityRequest(SHAPES_NET, (IMAGE,), str(target), (BATCH,), ParitySpec(sizes=(3,)))
    report = parity.run(request, PlainContext(DEMO))
    assert report.verdict is Verdict.FAILED
    assert "fixed at 2" in report.summary


def test_the_runner_runs_it_and_refuses_other_files(spec: ExportSpec, tmp_path: Path) -> None:
    request = BenchPrepareRequest(RunnerSpec("exported_program"), SHAPES_NET, (IMAGE,), spec.output_path, 1)
    context = PlainContext(DEMO)
    prepare.run(request, context)
    assert isinstance(prepare.prepared_of("exported_program", context).call(), torch.Tensor)
    (tmp_path / "a.onnx").write_bytes(b"\x08\x07")
    with pytest.raises(UserError) as caught:
        prepare.run(dataclasses.replace(request, artifact_path=str(tmp_path / "a.onnx")), context)
    assert caught.value.info.code == "artifact-not-pt2"

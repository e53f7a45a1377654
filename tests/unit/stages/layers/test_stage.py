from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import (
    AlignedBy,
    CaseChoice,
    CheckpointSpec,
    DynamicDim,
    InputSpec,
    LayerRow,
    LayerRows,
    LayersReport,
    LayersRequest,
    ModelSource,
    ParitySpec,
    Unaligned,
    Verdict,
)
from modelpack_gui.core.records import Result as AnyResult
from modelpack_gui.stages.layers.stage import run
from modelpack_gui.stages.source.build import build_model
from resources.demo.shapes import BatchBranchNet, ShapesNet
from tests.places import DEMO

IMAGE = InputSpec("image", (2, 3, 32, 32), low=0.0, high=1.0)
BATCH = DynamicDim("image", 0, "batch")


class Watched(PlainContext):
    """Keeps the parts that come."""

    def __init__(self, base: Path, scratch: Path) -> None:
        super().__init__(base, scratch)
        self.parts: list[LayerRows] = []

    def partial(self, part: AnyResult) -> None:
        assert isinstance(part, LayerRows)
        self.parts.append(part)


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model with a branch, exported from two pictures: `trace.onnx` and `dynamo.onnx`."""
    folder = tmp_path_factory.mktemp("layers")
    model = BatchBranchNet().eval()
    model.load_state_dict(torch.load(DEMO / "shapes.pt", weights_only=True))
    example = (torch.rand(2, 3, 32, 32),)
    names: dict[str, Any] = {"input_names": ["image"], "output_names": ["logits"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = {"image": {0: "batch"}}
        path = folder / "trace.onnx"
        torch.onnx.export(model, example, path, dynamo=False, dynamic_axes=axes, opset_version=17, **names)
        shapes = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(
            model,
            example,
            folder / "dynamo.onnx",
            dynamo=True,
            dynamic_shapes=shapes,
            external_data=False,
            verbose=False,
            **names,
        )
    return folder


def _run(artifact: Path, batch: int = 2, **changes: Any) -> tuple[LayersReport, list[LayerRows]]:
    source = ModelSource(file="shapes.py", name="BatchBranchNet", checkpoint=CheckpointSpec("shapes.pt"))
    request = LayersRequest(
        source, (IMAGE,), str(artifact), (BATCH,), ParitySpec(), case=CaseChoice({"batch": batch}), **changes
    )
    context = Watched(DEMO, artifact.parent)
    return run(request, context), context.parts


def test_the_artifact_that_parity_compares_is_the_one_that_is_looked_into(artifacts: Path) -> None:
    source = ModelSource(file="shapes.py", name="BatchBranchNet", checkpoint=CheckpointSpec("shapes.pt"))
    spec = ParitySpec(actual_artifact=str(artifacts / "trace.onnx"))
    request = LayersRequest(source, (IMAGE,), "exported.onnx", (BATCH,), spec, optimizations=("off",))
    assert run(request, Watched(DEMO, artifacts)).artifact_path == spec.actual_artifact


def _at(report: LayersReport, level: str) -> list[LayerRow]:
    return [row for row in report.rows if row.optimization == level]


@pytest.mark.parametrize("exporter", ["trace", "dynamo"])
def test_every_node_of_the_demo_is_aligned_and_none_is_at_fault(artifacts: Path, exporter: str) -> None:
    report, _ = _run(artifacts / f"{exporter}.onnx")
    assert report.verdict is Verdict.PASSED
    assert report.fault is None
    assert report.summary.startswith("No node goes wrong")
    assert report.aligned_share == 1.0
    names = [row.eager_name for row in _at(report, "off")]
    assert names[:4] == ["mul (shapes.py:64)", "sub (shapes.py:64)", "stem", "relu (shapes.py:64)"]
    assert _at(report, "off")[-1].aligned_by is AlignedBy.OUTPUT
    assert all(row.noise_ratio is not None and row.noise_ratio < 4 for row in report.rows)


@pytest.mark.parametrize("exporter", ["trace", "dynamo"])
def test_a_branch_that_the_export_froze_is_named_with_its_line(artifacts: Path, exporter: str) -> None:
    report, _ = _run(artifacts / f"{exporter}.onnx", batch=3)
    fault = report.fault
    assert report.verdict is Verdict.FAILED
    assert fault is not None
    assert (fault.op_type, fault.is_confirmed) == ("ReduceMean", True)
    assert len(fault.missing) == 1
    assert fault.missing[0].startswith("slice (shapes.py:")
    assert fault.place is not None
    line = (DEMO / "shapes.py").read_text(encoding="utf-8").splitlines()[fault.place.line - 1]
    assert "features[:, :, ::2, ::2]" in line
    assert "if image.shape[0] > 2" in fault.sentence
    faulty = [row for row in _at(report, "off") if row.is_fault]
    assert [row.op_type for row in faulty] == ["ReduceMean"]
    assert faulty[0].introduced == pytest.approx(faulty[0].max_abs_diff, rel=1e-3)
    assert faulty[0].propagated is not None
    assert faulty[0].propagated < 1e-4


def test_rows_come_before_the_report_and_are_the_same(artifacts: Path) -> None:
    report, parts = _run(artifacts / "trace.onnx")
    assert len(parts) > 1
    assert 1 <= len(parts[0].rows) < len(report.rows)
    latest = {(row.optimization, row.value): row for part in parts for row in part.rows}
    assert latest == {(row.optimization, row.value): row for row in report.rows}
    assert parts[-1].done == parts[-1].planned == len(report.rows)


def test_a_small_memory_gives_the_same_rows(artifacts: Path) -> None:
    whole, _ = _run(artifacts / "trace.onnx")
    pieces, _ = _run(artifacts / "trace.onnx", memory_bytes=100_000)
    assert [row.value for row in whole.rows] == [row.value for row in pieces.rows]
    assert pieces.peak_bytes < whole.peak_bytes
    assert not list(artifacts.glob("*.weights"))


def test_nodes_without_a_row_say_why(artifacts: Path) -> None:
    report, _ = _run(artifacts / "trace.onnx")
    reasons = {item.reason for item in report.unaligned}
    assert reasons == {Unaligned.FOLDED, Unaligned.FUSED}
    assert all(item.text for item in report.unaligned)
    fused = [item for item in report.unaligned if item.reason is Unaligned.FUSED]
    assert {item.optimization for item in fused} == {"all"}
    assert all("Conv" in item.text for item in fused)


def test_what_lies_between_fused_nodes_is_looked_at_with_optimisations_on(artifacts: Path) -> None:
    report, _ = _run(artifacts / "trace.onnx")
    names = [row.eager_name for row in _at(report, "all")]
    assert len(names) > 8
    assert {"stages.0", "stages.1", "stages", "stages.1.shortcut"} <= set(names)
    assert "stages.1.first" not in names


def test_a_changed_weight_is_found_where_it_is(artifacts: Path) -> None:
    path = artifacts / "changed.onnx"
    model = onnx.load(artifacts / "trace.onnx")
    convolution = next(node for node in model.graph.node if node.name == "/stages/stages.1/second/second.0/Conv")
    weight = next(tensor for tensor in model.graph.initializer if tensor.name == convolution.input[1])
    values = onnx.numpy_helper.to_array(weight).copy()
    values[3] *= 1.5
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    onnx.save(model, path)
    report, _ = _run(path)
    assert report.fault is not None
    assert report.fault.node_name == convolution.name
    assert report.fault.is_confirmed
    assert report.fault.missing == ()


def test_torchscript_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(ShapesNet().eval(), (torch.rand(2, 3, 32, 32),))  # type: ignore[no-untyped-call]
        torch.jit.save(traced, str(path))
    with pytest.raises(UserError) as raised:
        _run(path)
    assert raised.value.info.code == "layers-not-possible"
    assert "ONNX" in raised.value.info.hint


PROGRAM = """
import torch
from torch import nn

class Written(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x):
        first, second = self.inner(x).relu().chunk(2, dim=1)
        out = torch.zeros_like(x)
        out[:, :2] = first * 2.0
        return out + x, second
"""


@pytest.mark.parametrize("factor", [2.0, 2.5])
def test_an_exported_program_is_looked_into_too(tmp_path: Path, factor: float) -> None:
    (tmp_path / "written.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "planted.py").write_text(PROGRAM.replace("2.0", str(factor)), encoding="utf-8")
    source = ModelSource(file="planted.py", name="Written")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = build_model(source, PlainContext(tmp_path, tmp_path)).module
        torch.export.save(torch.export.export(module, (torch.rand(2, 4),)), tmp_path / "program.pt2")
    source = ModelSource(file="written.py", name="Written")
    inputs = (InputSpec("x", (2, 4), low=-1.0, high=1.0),)
    request = LayersRequest(source, inputs, str(tmp_path / "program.pt2"), (), ParitySpec())
    report = run(request, Watched(tmp_path, tmp_path))
    names = {row.op_type: row.eager_name for row in report.rows}
    assert names["linear"] == "inner"
    assert [row.aligned_by for row in report.rows].count(AlignedBy.OUTPUT) == 2
    if factor == 2.0:
        assert report.verdict is Verdict.PASSED
    else:
        assert report.fault is not None
        assert report.fault.op_type == "mul.Tensor"
        assert report.fault.place is not None
        assert report.fault.place.line == 13

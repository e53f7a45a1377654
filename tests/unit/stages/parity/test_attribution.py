from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import ErrorInfo, UserError
from modelpack_gui.core.parity.plan import Case
from modelpack_gui.core.records import (
    Attribution,
    DynamicDim,
    ExportRequest,
    ExportSpec,
    InputSpec,
    ModelSource,
    Origin,
    ParityCase,
    ParityReport,
    ParityRequest,
    ParitySpec,
    Regime,
    RuntimeChoice,
    TensorInfo,
    Verdict,
)
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.export.metadata import append_to_onnx, metadata_of
from modelpack_gui.stages.parity import investigation
from modelpack_gui.stages.parity.attribution import worst_case
from modelpack_gui.stages.parity.optimizers import responsible
from modelpack_gui.stages.parity.runtimes import OnnxRuntime, Output
from modelpack_gui.stages.parity.stage import run
from modelpack_gui.stages.parity.way import Situation

X = InputSpec("x", (2, 4), low=-1.0, high=1.0)

AS_WRITTEN = ParitySpec(seeds=(0,), runtime=RuntimeChoice("onnx.reference"))
"""On a CPU without float16, ONNX Runtime computes in float32 from one cast to the next, optimised or not."""

MODELS = """
import torch
from torch import nn

class Affine(nn.Module):
    def forward(self, x):
        return x * 2.0 + 1.0

class Quotient(nn.Module):
    def forward(self, x):
        return (1.0 / x) * x

class Large(nn.Module):
    def forward(self, x):
        return (x + 2.0) * 60000.0 / 60000.0

class Random(nn.Module):
    def forward(self, x):
        return x + torch.rand(4)

class Thirds(nn.Module):
    def forward(self, x):
        return torch.sin(x / 3.0) * 7.0 / 3.0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    return tmp_path


def _save(path: Path, nodes: Sequence[Any], constants: dict[str, Any]) -> Path:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(path))
    return path


def _affine(path: Path, scale: float = 2.0) -> Path:
    nodes = [helper.make_node("Mul", ["x", "scale"], ["scaled"]), helper.make_node("Add", ["scaled", "one"], ["y"])]
    return _save(path, nodes, {"scale": np.float32(scale), "one": np.float32(1)})


def _float16(path: Path, nodes: Sequence[tuple[str, float]]) -> Path:
    made, name = [helper.make_node("Cast", ["x"], ["v0"], to=TensorProto.FLOAT16)], "v0"
    for place, (kind, _) in enumerate(nodes):
        made.append(helper.make_node(kind, [name, f"c{place}"], [f"v{place + 1}"]))
        name = f"v{place + 1}"
    made.append(helper.make_node("Cast", [name], ["y"], to=TensorProto.FLOAT))
    return _save(path, made, {f"c{place}": np.float16(value) for place, (_, value) in enumerate(nodes)})


def _run(
    folder: Path, model: str, artifact: Path, spec: ParitySpec | None = None, x: InputSpec = X
) -> tuple[ParityReport, Attribution]:
    request = ParityRequest(
        ModelSource(file="models.py", name=model), (x,), str(artifact), (), spec or ParitySpec(seeds=(0,))
    )
    report = run(request, PlainContext(folder, folder))
    assert report.attribution is not None
    return report, report.attribution


def test_what_agrees_exactly_has_no_origin_and_nothing_more_is_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(investigation, "Investigation")

    report, found = _run(folder, "Affine", _affine(folder / "m.onnx"))

    assert report.verdict is Verdict.PASSED
    assert found == Attribution(Origin.NONE, "agrees exactly with eager", "example")


def _thirds(path: Path) -> Path:
    nodes = [
        helper.make_node("Div", ["x", "three"], ["a"]),
        helper.make_node("Sin", ["a"], ["b"]),
        helper.make_node("Mul", ["b", "seven_thirds"], ["y"]),
    ]
    return _save(path, nodes, {"three": np.float32(3), "seven_thirds": np.float32(7 / 3)})


@pytest.mark.parametrize("spec", [ParitySpec(seeds=(0,)), ParitySpec(rtol=0.0, atol=0.0, seeds=(0,))])
def test_rounding_is_told_from_the_figures_alone_also_where_the_tolerance_is_too_tight(
    folder: Path, monkeypatch: pytest.MonkeyPatch, spec: ParitySpec
) -> None:
    monkeypatch.delattr(investigation, "Investigation")

    report, found = _run(folder, "Thirds", _thirds(folder / "m.onnx"), spec)

    assert found.origin is Origin.ROUNDING
    assert found.sentence.startswith("differs from eager by ")
    assert "near to the exact result as eager is (" in found.sentence
    assert ("tolerance is tighter" in found.sentence) == (report.verdict is Verdict.FAILED) == (spec.rtol == 0.0)


def test_the_optimiser_is_named_with_its_lowest_level(folder: Path) -> None:
    nodes = [helper.make_node("Div", ["one", "x"], ["r"]), helper.make_node("Mul", ["r", "x"], ["y"])]
    path = _save(folder / "m.onnx", nodes, {"one": np.float32(1)})

    # 1 / x overflows where x is subnormal; ONNX Runtime computes x / x instead.
    report, found = _run(folder, "Quotient", path, x=dataclasses.replace(X, low=1e-39, high=2e-39))

    assert report.verdict is Verdict.FAILED
    assert (found.origin, found.level) == (Origin.OPTIMIZER, "basic")
    assert "graph optimiser of ONNX Runtime, from level basic on (DivMulFusion)" in found.sentence
    sides = {side.side: side.verdict for side in found.sides}
    assert list(sides) == ["all", "off", "basic", "without DivMulFusion"]
    assert sides["all"] is sides["basic"] is Verdict.FAILED
    assert Verdict.FAILED not in (sides["off"], sides["without DivMulFusion"])


def test_a_fault_of_the_export_differs_without_optimisation_too(folder: Path) -> None:
    report, found = _run(folder, "Affine", _affine(folder / "m.onnx", 2.01))

    assert report.verdict is Verdict.FAILED
    assert found.origin is Origin.EXPORT
    assert found.sentence.endswith(
        "x the noise floor: a fault; it comes with the export, for with optimisation off it differs as much"
    )
    assert {"all", "off", "onnx.reference"} == {side.side for side in found.sides}
    assert all((side.noise_ratio or 0.0) > 1000 for side in found.sides)


def test_a_fault_of_large_values_alone_is_told_at_large_values(folder: Path) -> None:
    clipped = [helper.make_node("Mul", ["x", "two"], ["twice"]), helper.make_node("Add", ["twice", "one"], ["sum"])]
    clipped.append(helper.make_node("Min", ["sum", "most"], ["y"]))
    constants = {"two": np.float32(2), "one": np.float32(1), "most": np.float32(100)}
    spec = ParitySpec(seeds=(0,), sweep=True, regimes=(Regime.NORMAL, Regime.LARGE))
    report, found = _run(folder, "Affine", _save(folder / "m.onnx", clipped, constants), spec)

    failed = {case.regime for case in report.cases if case.verdict is Verdict.FAILED}
    assert failed == {Regime.LARGE}
    assert found.origin is Origin.EXPORT
    assert all(side.verdict is Verdict.FAILED for side in found.sides), found.sides


def test_a_difference_within_the_tolerance_is_no_fault_however_many_noise_floors_it_is(folder: Path) -> None:
    report, found = _run(folder, "Affine", _affine(folder / "m.onnx", 2.0005))

    assert report.verdict is Verdict.PASSED
    assert found.origin is Origin.EXPORT
    assert "within the tolerance" in found.sentence
    assert "fault" not in found.sentence


def test_a_runtime_that_disagrees_with_the_standard_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = OnnxRuntime.run

    def wrong(self: OnnxRuntime, tensors: Sequence[Any]) -> Any:
        return tuple(output._replace(values=output.values + np.float32(0.1)) for output in real(self, tensors))

    monkeypatch.setattr(OnnxRuntime, "run", wrong)

    _, found = _run(folder, "Affine", _affine(folder / "m.onnx"))

    assert found.origin is Origin.RUNTIME
    assert found.sentence.endswith("onnx.reference agrees on the same file: it is ONNX Runtime")


@pytest.mark.parametrize("is_stale", [False, True])
def test_folding_is_told_by_exporting_again_without_it_and_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, is_stale: bool
) -> None:
    path = _affine(folder / "m.onnx", 2.01)
    append_to_onnx(
        path, metadata_of(ExportRequest(ModelSource(name="Affine"), (X,), ExportSpec()), {}, PlainContext())
    )

    def export(request: ExportRequest, *_: object) -> object:
        warnings.warn("of the other export", UserWarning, stacklevel=1)
        is_wrong = request.export.constant_folding and not is_stale
        again = _affine(Path(request.export.output_path), 2.01 if is_wrong else 2.0)
        return SimpleNamespace(artifact=read_artifact(again))

    monkeypatch.setattr("modelpack_gui.stages.export.stage.run", export)

    report, found = _run(folder, "Affine", path)

    assert not report.warnings
    assert found.origin is (Origin.EXPORT if is_stale else Origin.FOLDING)
    assert ("exported anew it agrees" if is_stale else "it is constant folding") in found.sentence
    assert [side.side for side in found.sides][-2:] == ["without folding", "exported anew"]


@pytest.mark.parametrize(("scale", "is_exported_again"), [(2.0, False), (2.01, True)])
def test_what_agrees_at_the_sizes_of_the_example_is_not_exported_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, scale: float, is_exported_again: bool
) -> None:
    """Twice as much from three rows on, as a branch on the size that the export froze; or wrong at any size."""
    nodes = [
        helper.make_node("Shape", ["x"], ["rows"], end=1),
        helper.make_node("Greater", ["rows", "two"], ["is_large"]),
        helper.make_node("Where", ["is_large", "four", "scale"], ["factor"]),
        helper.make_node("Mul", ["x", "factor"], ["scaled"]),
        helper.make_node("Add", ["scaled", "one"], ["y"]),
    ]
    constants = {"two": np.int64(2), "four": np.float32(4), "scale": np.float32(scale), "one": np.float32(1)}
    path = _save(folder / "m.onnx", nodes, constants)
    asked = ExportRequest(ModelSource(name="Affine"), (X,), ExportSpec())
    append_to_onnx(path, metadata_of(asked, {}, PlainContext()))
    exported: list[ExportRequest] = []

    def export(request: ExportRequest, *_: object) -> object:
        exported.append(request)
        raise UserError("not-exported", "It was only asked for.")

    monkeypatch.setattr("modelpack_gui.stages.export.stage.run", export)
    source, rows = ModelSource(file="models.py", name="Affine"), DynamicDim("x", 0, "rows")

    report = run(
        ParityRequest(source, (X,), str(path), (rows,), ParitySpec(sizes=(3,))), PlainContext(folder, folder)
    )

    found = report.attribution
    assert found is not None
    assert found.origin is Origin.EXPORT
    assert found.case.startswith("rows = 3")
    assert bool(exported) is is_exported_again
    assert ("at the sizes of the example it agrees" in found.sentence) is not is_exported_again


def test_float16_is_its_lower_precision_and_no_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(investigation, "Investigation")

    path = _float16(folder / "m.onnx", [("Mul", 2.0), ("Add", 1.0)])
    report, found = _run(folder, "Affine", path, AS_WRITTEN)

    assert (report.computes_in, report.verdict) == ("float16", Verdict.PASSED)
    assert found.origin is Origin.PRECISION
    assert "as near to the exact result as float16 allows (" in found.sentence
    assert report.cases[0].noise_ratio is not None
    assert report.cases[0].noise_ratio < 2.0


def test_a_fault_in_a_float16_artifact_is_told_from_its_precision(folder: Path) -> None:
    report, found = _run(folder, "Affine", _float16(folder / "m.onnx", [("Mul", 2.5), ("Add", 1.0)]))

    assert report.verdict is Verdict.FAILED
    assert found.origin is Origin.EXPORT
    assert "eager in float16" in {side.side for side in found.sides}


def test_an_overflow_of_float16_is_told_by_running_the_model_in_it(folder: Path) -> None:
    path = _float16(folder / "m.onnx", [("Add", 2.0), ("Mul", 60000.0), ("Div", 60000.0)])

    report, found = _run(folder, "Large", path, AS_WRITTEN)

    assert report.verdict is Verdict.FAILED
    assert found.origin is Origin.PRECISION
    assert found.sentence.startswith("has NaN or Inf at other places than eager")
    assert found.sentence.endswith("eager PyTorch in float16 differs as much: it is the lower precision")


def test_of_a_random_model_nothing_is_told(folder: Path) -> None:
    _, found = _run(folder, "Random", _affine(folder / "m.onnx"))

    assert found.origin is Origin.UNKNOWN
    assert "different answers" in found.sentence


def _scripted(module: torch.nn.Module, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(module).save(str(path))  # type: ignore[no-untyped-call]


def _exported(module: torch.nn.Module, path: Path) -> None:
    torch.export.save(torch.export.export(module, (torch.zeros(2, 4),)), str(path))


class Wrong(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2.01 + 1.0


@pytest.mark.parametrize(
    ("save", "name", "sides"), [(_scripted, "m.pt", ["all", "off"]), (_exported, "m.pt2", ["pt2"])]
)
def test_other_formats_are_told_likewise(
    folder: Path, save: Callable[[torch.nn.Module, Path], None], name: str, sides: list[str]
) -> None:
    save(Wrong(), folder / name)

    report, found = _run(folder, "Affine", folder / name)

    assert report.verdict is Verdict.FAILED
    assert found.origin is Origin.EXPORT
    assert [side.side for side in found.sides] == sides
    (noise,) = (output.noise for output in report.cases[0].outputs)
    assert noise is not None
    assert (noise.plain is None) == (name == "m.pt2")


def test_a_level_that_is_chosen_is_the_highest_that_is_tried(folder: Path) -> None:
    spec = ParitySpec(seeds=(0,), runtime=RuntimeChoice(optimization="off"))

    report, found = _run(folder, "Affine", _affine(folder / "m.onnx", 2.01), spec)

    assert found.origin is Origin.EXPORT
    assert report.runtime.endswith("optimisation off")
    assert {side.side for side in found.sides} == {"off", "onnx.reference"}


def test_the_search_halves_until_one_is_left() -> None:
    tried: list[tuple[str, ...]] = []

    def agrees_without(names: Sequence[str]) -> bool:
        tried.append(tuple(names))
        return "c" in names

    assert responsible(agrees_without, "abcdefgh") == "c"
    assert len(tried) <= 7
    assert responsible(lambda names: {"a", "h"} <= set(names), "abcdefgh") == ""
    assert responsible(lambda names: False, "abc") == ""


def test_a_way_that_gives_another_number_of_outputs_is_told_as_one_that_does_not_agree() -> None:
    y = Output(TensorInfo("y", "float32", (2,)), np.zeros(2, np.float32))
    situation = Situation(Case("example", {}, {}, 0), (), (y,), (None,), ParitySpec(), "")
    way = situation.look_at("exported anew", (y, y._replace(info=TensorInfo("z", "float32", (2,)))))
    assert way.result.verdict is Verdict.FAILED
    assert way.result.error.startswith("The artifact gives 2 outputs (y, z)")


def test_where_all_failures_are_refusals_nothing_is_said_of_the_cases_that_agree() -> None:
    case = ParityCase("example", {}, 0, True, Verdict.PASSED, ())
    refused = dataclasses.replace(case, verdict=Verdict.FAILED, error=ErrorInfo("dim-not-dynamic", "n is fixed."))

    assert worst_case([refused]) is None
    assert worst_case([]) is None

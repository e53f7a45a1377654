"""Whole sweeps of small models: what each regime may say against an artifact, and what not."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.parity.judgement import rejudge_report
from modelpack_gui.core.records import (
    DynamicDim,
    ExportRequest,
    InputSpec,
    ModelSource,
    ParityReport,
    ParityRequest,
    ParitySpec,
    Regime,
    Verdict,
)
from modelpack_gui.stages import registry
from modelpack_gui.stages.parity.stage import run
from tests.fixtures.zoo.cases import CASES, FOLDER

X = InputSpec("x", (2, 4), low=-1.0, high=1.0)
N = DynamicDim("x", 0, "n")
SWEEP = ParitySpec(sizes=(1, 3), seeds=(0,), sweep=True)
FINITE = (Regime.ZEROS, Regime.LARGE, Regime.TINY, Regime.EQUAL)

MODELS = """
import torch
from torch import nn

class Pooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1.0, 1.0, 27).reshape(1, 3, 3, 3))

    def forward(self, x):
        return nn.functional.max_pool2d(torch.relu(nn.functional.conv2d(x, self.weight)), 2)

class Normal(nn.Module):
    def forward(self, x):
        return nn.functional.normalize(x, dim=1)

class Soft(nn.Module):
    def forward(self, x):
        return torch.softmax(x, dim=1)

class Powers(nn.Module):
    def forward(self, x):
        return torch.exp(x)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    return tmp_path


def _sweep(folder: Path, name: str, artifact: Path, spec: ParitySpec = SWEEP, x: InputSpec = X) -> ParityReport:
    request = ParityRequest(ModelSource(file="models.py", name=name), (x,), str(artifact), (N,), spec)
    return run(request, PlainContext(folder, folder))


def _saved(folder: Path, nodes: Sequence[onnx.NodeProto], constants: Sequence[onnx.TensorProto] = ()) -> Path:
    """An artifact from `x` to `y`, of n rows of four."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "made", ends[:1], ends[1:], constants)
    path = folder / "made.onnx"
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)]), path)
    return path


def _axis(number: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array([number], np.int64), "axis")


def _regimes(report: ParityReport, verdict: Verdict) -> set[Regime]:
    return {case.regime for case in report.cases if case.verdict is verdict}


@pytest.mark.usefixtures("one_thread")
def test_a_model_of_relu_and_max_pool_passes_a_sweep_whatever_the_runtime_makes_of_nan(folder: Path) -> None:
    image = InputSpec("x", (2, 3, 8, 8), low=-1.0, high=1.0)
    namespace: dict[str, type[torch.nn.Module]] = {}
    exec(MODELS, namespace)
    artifact = folder / "pooled.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            namespace["Pooled"]().eval(),
            (torch.rand(2, 3, 8, 8),),
            str(artifact),
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "n"}},
            verbose=False,
        )
    report = _sweep(folder, "Pooled", artifact, x=image)
    assert report.verdict is Verdict.PASSED, report.summary
    assert not _regimes(report, Verdict.FAILED)
    assert {case.regime for case in report.cases} == set(Regime)


def test_differing_nan_for_inputs_with_nan_is_a_warning_with_the_reason(folder: Path) -> None:
    nodes = [
        helper.make_node("IsNaN", ["x"], ["odd"]),
        helper.make_node("Where", ["odd", "zero", "x"], ["known"]),
        helper.make_node("Softmax", ["known"], ["y"], axis=1),
    ]
    report = _sweep(folder, "Soft", _saved(folder, nodes, [numpy_helper.from_array(np.float32(0), "zero")]))
    assert report.verdict is Verdict.PASSED, report.summary
    odd = [case for case in report.cases if case.regime is Regime.NAN]
    assert {case.verdict for case in odd} == {Verdict.WARNING}
    assert "real inputs are finite" in odd[0].outputs[0].reason
    assert "cases values differ that no real inputs give" in report.summary


def test_a_fault_that_only_zeros_show_fails(folder: Path) -> None:
    """As an exporter makes it that drops the epsilon: 0 / 0."""
    nodes = [
        helper.make_node("ReduceL2", ["x", "axis"], ["length"], keepdims=1),
        helper.make_node("Div", ["x", "length"], ["y"]),
    ]
    report = _sweep(folder, "Normal", _saved(folder, nodes, [_axis(1)]))
    assert report.verdict is Verdict.FAILED
    assert _regimes(report, Verdict.FAILED) == {Regime.ZEROS}
    assert "usual values pass" in report.summary


def test_a_fault_that_only_large_values_show_fails(folder: Path) -> None:
    """A softmax that is not shifted by its maximum overflows: the model itself does not."""
    nodes = [
        helper.make_node("Exp", ["x"], ["powers"]),
        helper.make_node("ReduceSum", ["powers", "axis"], ["sum"], keepdims=1),
        helper.make_node("Div", ["powers", "sum"], ["y"]),
    ]
    report = _sweep(folder, "Soft", _saved(folder, nodes, [_axis(1)]))
    assert report.verdict is Verdict.FAILED
    assert _regimes(report, Verdict.FAILED) - {Regime.INF} == {Regime.LARGE}


def test_where_the_model_itself_overflows_nothing_is_held_against_the_artifact(folder: Path) -> None:
    nodes = [helper.make_node("Exp", ["x"], ["powers"]), helper.make_node("Clip", ["powers", "", "most"], ["y"])]
    most = numpy_helper.from_array(np.float32(3e38), "most")
    report = _sweep(folder, "Powers", _saved(folder, nodes, [most]))
    assert report.verdict is Verdict.PASSED, report.summary
    large = next(case for case in report.cases if case.regime is Regime.LARGE)
    assert large.verdict is Verdict.WARNING
    assert "the model itself gives NaN or Inf" in large.outputs[0].reason


@pytest.mark.parametrize("regime", FINITE)
def test_a_wrong_constant_fails_in_every_regime_of_finite_values(folder: Path, regime: Regime) -> None:
    nodes = [helper.make_node("Softmax", ["x"], ["right"], axis=1), helper.make_node("Add", ["right", "more"], ["y"])]
    wrong = _saved(folder, nodes, [numpy_helper.from_array(np.float32(0.01), "more")])
    report = _sweep(folder, "Soft", wrong, dataclasses.replace(SWEEP, regimes=(regime,)))
    assert _regimes(report, Verdict.FAILED) == {Regime.NORMAL, regime}


def test_a_sweep_that_goes_on_gives_what_one_run_gives(folder: Path) -> None:
    artifact = _saved(folder, [helper.make_node("Softmax", ["x"], ["y"], axis=1)])
    source = ModelSource(file="models.py", name="Soft")
    request = ParityRequest(source, (X,), str(artifact), (N,), SWEEP)
    context = PlainContext(folder, folder)
    whole = run(request, context)
    ticks = iter(range(1000))
    short = dataclasses.replace(SWEEP, time_budget_s=4.0)
    part = run(dataclasses.replace(request, parity=short), context, clock=lambda: float(next(ticks)))
    assert 0 < len(part.cases) < len(whole.cases) == len(part.cases) + len(part.left)
    assert "not tried for lack of time" in part.summary
    rest = run(dataclasses.replace(request, known=part.cases), context)
    assert (rest.cases, rest.verdict, rest.summary, rest.left) == (whole.cases, whole.verdict, whole.summary, ())


def test_a_sweep_is_judged_anew_as_it_was_judged(folder: Path) -> None:
    nodes = [helper.make_node("Exp", ["x"], ["powers"]), helper.make_node("Clip", ["powers", "", "most"], ["y"])]
    report = _sweep(folder, "Powers", _saved(folder, nodes, [numpy_helper.from_array(np.float32(3e38), "most")]))
    again = rejudge_report(report, report.parity)
    assert [case.verdict for case in again.cases] == [case.verdict for case in report.cases]
    assert (again.verdict, again.summary) == (report.verdict, report.summary)


CLEAN = (
    "DetectionHead", "SpatialTransformer", "GruTagger", "Recommender", "TiedAutoencoder", "DictOutput",
    "OptionalInput", "Indexing", "QuantisedLinear", "HalfPrecision", "InPlace",
)  # fmt: skip
"""Of the zoo: those that take the least time, and those whose answers for odd inputs are the hardest to judge."""


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Models as small as these are run faster by one thread than by several that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", CLEAN)
def test_a_sweep_over_a_clean_model_raises_no_alarm(name: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == name)
    table = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
    assert table["models"][name]["onnx/trace/20"] == "works"
    export = case.export("onnx", "trace", 20, str(tmp_path / "artifact.onnx"))
    context = PlainContext(tmp_path, tmp_path)
    registry.resolve("export")(ExportRequest(case.source, case.inputs, export), context)
    spec = ParitySpec(sizes=(1, 3), seeds=(0,), sweep=True)
    request = ParityRequest(case.source, case.inputs, export.output_path, case.dynamic, spec)
    report = run(request, context)
    failed = [one for one in report.cases if one.verdict is Verdict.FAILED]
    assert not [(one.label, output.reason) for one in failed for output in one.outputs]
    assert report.verdict is Verdict.PASSED, report.summary

"""Steps after an export: good ones are kept, failing and disagreeing ones are left out and say so."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import onnx
import pytest

from modelpack_gui.core import serde
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import (
    LOW_PRECISION,
    DynamicDim,
    ExportRecord,
    ExportRequest,
    ExportSpec,
    InputSpec,
    ModelSource,
    ParityReport,
    ParityRequest,
    ParitySpec,
    PostStepResult,
    Verdict,
)
from modelpack_gui.stages.export import stage
from modelpack_gui.stages.export.post import registry
from modelpack_gui.stages.export.post.float16_step import Float16Step
from modelpack_gui.stages.export.post.onnxruntime_offline import OnnxruntimeOfflineStep
from modelpack_gui.stages.export.post.onnxscript_optimizer import OnnxscriptOptimizerStep
from modelpack_gui.stages.hello import missing_of
from modelpack_gui.stages.parity import stage as parity
from tests.places import DEMO

SHAPES_NET = ModelSource(file="shapes.py", name="ShapesNet", arguments={"width": 4})
IMAGE = InputSpec("image", (2, 3, 32, 32))
BATCH = DynamicDim("image", 0, "batch")
NAMES = tuple(step.id for step in registry.STEPS)


class FailingStep(OnnxscriptOptimizerStep):
    id = "failing"
    title = "Failing"

    def apply(self, source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:100])
        raise ValueError("the package does not like\nthis model")


class WrongStep(OnnxscriptOptimizerStep):
    id = "wrong"
    title = "Wrong"

    def apply(self, source: Path, target: Path) -> None:
        model = onnx.load(str(source))
        weight = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
        weight.raw_data = bytes(len(weight.raw_data))
        onnx.save_model(model, str(target))


class InvalidStep(OnnxscriptOptimizerStep):
    id = "invalid"
    title = "Invalid"

    def apply(self, source: Path, target: Path) -> None:
        model = onnx.load(str(source))
        model.graph.node.append(model.graph.node.pop(0))  # now it comes after those that read what it gives
        onnx.save_model(model, str(target))


class UnknownStep(OnnxscriptOptimizerStep):
    id = "unknown"
    title = "Unknown"

    def apply(self, source: Path, target: Path) -> None:
        model = onnx.load(str(source))
        model.graph.node[0].domain = "some.company"
        model.opset_import.append(onnx.helper.make_opsetid("some.company", 1))
        onnx.save_model(model, str(target))


@pytest.fixture
def more_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        registry, "STEPS", (*registry.STEPS, FailingStep(), WrongStep(), InvalidStep(), UnknownStep())
    )


def export(target: Path, *steps: str, source: ModelSource = SHAPES_NET, **options: Any) -> ExportRecord:
    spec = ExportSpec(
        output_path=str(target), post_steps=steps, **{"dynamic": (BATCH,), "exporter": "trace", **options}
    )
    return stage.run(ExportRequest(source, (IMAGE,), spec), PlainContext(DEMO))


def result(record: ExportRecord, step: str) -> PostStepResult:
    return next(item for item in record.post_steps if item.step == step)


@pytest.mark.parametrize("exporter", ["dynamo", "trace"])
def test_every_step_in_a_row_is_proved_and_kept(tmp_path: Path, exporter: str) -> None:
    target = tmp_path / "shapes.onnx"
    record = export(target, *NAMES, exporter=exporter, output_names=("logits",))
    assert [item.step for item in record.post_steps] == list(NAMES)
    for item in record.post_steps:
        assert item.error is None
        assert item.is_kept
        assert item.parity is not None
        assert item.parity.verdict is Verdict.PASSED
        assert item.parity.cases >= 5  # the example, another seed, three sizes of the batch
        assert item.size_after_bytes is not None
        assert item.nodes_after is not None
        assert item.duration_s > 0
    before, after = record.post_steps[0].size_before_bytes, record.post_steps[-1].size_after_bytes
    assert after is not None
    assert after < 0.8 * before  # half precision comes last
    assert record.mismatches == ()
    assert set(record.artifact.opset_imports) == {"ai.onnx"}  # a domain that is not used may be refused elsewhere
    assert record.artifact.inputs[0].shape == ("batch", 3, 32, 32)
    assert record.artifact.metadata["modelpack.exporter"] == f"onnx by {exporter}"
    assert [path.name for path in tmp_path.iterdir()] == ["shapes.onnx"]
    onnx.checker.check_model(str(target))
    assert serde.decode(ExportRecord, json.loads(serde.dumps(serde.encode(record)))) == record


@pytest.mark.usefixtures("more_steps")
def test_a_step_that_fails_is_left_out_with_its_error_and_the_next_goes_on(tmp_path: Path) -> None:
    record = export(tmp_path / "shapes.onnx", "failing", "onnxscript-optimizer")
    failing = result(record, "failing")
    assert not failing.is_kept
    assert failing.error is not None
    assert failing.error.code == "post-step-failed"
    assert failing.error.message == "Failing was left out, as it failed with ValueError: the package does not like"
    assert result(record, "onnxscript-optimizer").is_kept
    options = json.loads(record.artifact.metadata["modelpack.options"])
    assert options["post_steps"] == ["onnxscript-optimizer"]  # the file does not claim the one that was left out
    assert {path.name for path in tmp_path.iterdir()} == {"shapes.onnx"}


@pytest.mark.usefixtures("more_steps")
def test_a_step_whose_result_disagrees_with_the_model_is_left_out(tmp_path: Path) -> None:
    wrong = result(export(tmp_path / "shapes.onnx", "wrong"), "wrong")
    plain = export(tmp_path / "plain.onnx")
    assert not wrong.is_kept
    assert wrong.parity is not None
    assert wrong.parity.verdict is Verdict.FAILED
    assert wrong.error is not None
    assert wrong.error.code == "post-step-disagrees"
    assert "disagrees with the model. Failed: output" in wrong.error.message
    one, two = onnx.load(str(tmp_path / "shapes.onnx")), onnx.load(str(tmp_path / "plain.onnx"))
    assert one.graph == two.graph
    assert plain.post_steps == ()


@pytest.mark.usefixtures("more_steps")
@pytest.mark.parametrize(
    ("step", "code", "reason"),
    [
        ("invalid", "post-step-failed", "Invalid was left out, as what it makes is not valid ONNX: "),
        ("unknown", "artifact-not-loadable", "Unknown was left out: ONNX Runtime "),
    ],
)
def test_a_step_whose_result_cannot_be_used_is_left_out(tmp_path: Path, step: str, code: str, reason: str) -> None:
    item = result(export(tmp_path / "shapes.onnx", step), step)
    assert not item.is_kept
    assert item.parity is None
    assert item.error is not None
    assert item.error.code == code
    assert item.error.message.startswith(reason)


def test_a_step_after_a_wrong_export_is_not_blamed_for_it(tmp_path: Path) -> None:
    source = ModelSource(file="shapes.py", name="BatchBranchNet", arguments={"width": 4})
    record = export(tmp_path / "branch.onnx", "onnxscript-optimizer", source=source)
    (item,) = record.post_steps
    assert not item.is_kept
    assert item.error is not None
    assert item.error.code == "post-step-unproved"


def test_an_artifact_in_half_precision_is_judged_as_such_whatever_its_outputs_are(tmp_path: Path) -> None:
    target = tmp_path / "shapes.onnx"
    assert result(export(target, "float16", "onnxslim"), "onnxslim").is_kept  # though after it nothing is exact

    def judged(path: Path, spec: ParitySpec) -> ParityReport:
        return parity.run(ParityRequest(SHAPES_NET, (IMAGE,), str(path), (BATCH,), spec), PlainContext(DEMO))

    exact = ParitySpec(rtol=1e-6, atol=1e-7, sizes=(1, 3))
    report = judged(target, exact)
    outputs = [output for case in report.cases for output in case.outputs]
    assert {output.actual.dtype for output in outputs} == {"float32"}
    assert {(output.rtol, output.atol) for output in outputs} == {LOW_PRECISION["float16"]}
    assert report.verdict is Verdict.PASSED, report.summary
    assert report.computes_in == "float16"
    assert "Float16OnCpu" in [warning.category for warning in report.warnings]
    assert report.summary.endswith(
        "The artifact computes in float16 inside, and was judged by the tolerances for that."
    )
    assert judged(target, dataclasses.replace(exact, low_precision={})).verdict is Verdict.FAILED

    model = onnx.load(str(target))
    del model.metadata_props[:]  # as of somebody else's file: the weights say it
    onnx.save_model(model, str(tmp_path / "mute.onnx"))
    assert judged(tmp_path / "mute.onnx", ParitySpec(sizes=(1,))).computes_in == "float16"


def test_steps_keep_the_weights_where_they_are(tmp_path: Path) -> None:
    target = tmp_path / "shapes.onnx"
    record = export(target, *NAMES, external_data=True)
    assert [item.error for item in record.post_steps] == [None] * len(NAMES)
    assert {path.name for path in tmp_path.iterdir()} == {"shapes.onnx", "shapes.onnx.data"}
    assert record.mismatches == ()
    onnx.checker.check_model(str(target))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"post_steps": ("magic",)}, "post-step-unknown"),
        ({"post_steps": ("float16",), "format": "torchscript", "output_path": "a.pt"}, "post-step-unfit"),
    ],
)
def test_a_step_that_cannot_be_run_is_refused_before_the_export(options: dict[str, Any], code: str) -> None:
    spec = dataclasses.replace(ExportSpec(exporter="trace", output_path="a.onnx"), **options)
    with pytest.raises(UserError) as caught:
        stage.check_request(ExportRequest(SHAPES_NET, (IMAGE,), spec))
    assert caught.value.info.code == code


def test_a_step_that_lacks_its_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnnxscriptOptimizerStep, "packages", ("no-such-package",))
    (info,) = [info for info in registry.post_step_infos() if info.id == "onnxscript-optimizer"]
    assert info.missing == ("no-such-package",)
    spec = ExportSpec(exporter="trace", output_path="a.onnx", post_steps=("onnxscript-optimizer",))
    with pytest.raises(UserError) as caught:
        registry.steps_of(spec)
    assert caught.value.info.code == "import-missing"
    assert "pip install no-such-package" in caught.value.info.hint


def test_a_cancel_between_the_steps_leaves_no_file(tmp_path: Path) -> None:
    class Cancelled(PlainContext):
        def progress(self, message: str, fraction: float | None = None) -> None:
            self.is_stepping = message.startswith("Comparing what")

        def check_cancelled(self) -> None:
            if getattr(self, "is_stepping", False):
                raise JobCancelled

    spec = ExportSpec(exporter="trace", output_path=str(tmp_path / "a.onnx"), post_steps=("onnxscript-optimizer",))
    with pytest.raises(JobCancelled):
        stage.run(ExportRequest(SHAPES_NET, (IMAGE,), spec), Cancelled(DEMO))
    assert list(tmp_path.iterdir()) == []


def test_half_precision_is_judged_by_tolerances_that_it_can_keep() -> None:
    assert Float16Step.rtol > OnnxruntimeOfflineStep.rtol
    assert Float16Step.atol > OnnxruntimeOfflineStep.atol


def test_the_packages_of_every_step_are_installed_here() -> None:
    assert not [name for step in registry.STEPS for name in missing_of(step.packages)]

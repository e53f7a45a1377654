from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo, OptionValue, RunnerSpec
from modelpack_gui.stages.bench.options import checked
from modelpack_gui.stages.bench.prepare import prepared_of
from modelpack_gui.stages.bench.registry import RUNNERS, runner_infos
from tests.unit.stages.bench.nets import context_of, prepared, request_of, save_linear

OPTIONS = (
    OptionInfo("mode", "Mode", "choice", "fast", ("fast", "small")),
    OptionInfo("tick", "Tick", "bool", default=False),
    OptionInfo("count", "Count", "int", 1, minimum=1, maximum=8),
    OptionInfo("device", "Device", "choice", "cpu", ("cpu", "npu"), problem="There is no NPU."),
)


@pytest.fixture(autouse=True)
def _torch_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_options_that_are_not_given_have_their_defaults() -> None:
    options = checked("R", OPTIONS, {"count": 3})
    assert (options.choice("mode"), options.flag("tick"), options.number("count")) == ("fast", False, 3)


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ({"speed": 1}, "option-unknown", "mode, tick, count, device"),
        ({"mode": "slow"}, "option-invalid", "fast, small"),
        ({"mode": True}, "option-invalid", "fast, small"),
        ({"tick": 1}, "option-invalid", "true or false"),
        ({"count": 9}, "option-invalid", "from 1 to 8"),
        ({"count": 0}, "option-invalid", "from 1 to 8"),
        ({"count": True}, "option-invalid", "whole number"),
        ({"count": 2.5}, "option-invalid", "whole number"),
        ({"device": "npu"}, "option-not-available", "Leave it at 'cpu'"),
    ],
)
def test_an_option_that_cannot_be_is_refused_and_says_what_can(
    given: Mapping[str, OptionValue], code: str, says: str
) -> None:
    with pytest.raises(UserError) as caught:
        checked("R", OPTIONS, given)
    assert caught.value.info.code == code
    assert says in caught.value.info.hint


def test_an_option_with_a_problem_may_be_left_at_its_default() -> None:
    assert checked("R", OPTIONS, {"device": "cpu"}).choice("device") == "cpu"


def test_every_runner_describes_its_options_so_that_the_window_can_draw_them() -> None:
    for info in runner_infos():
        names = [option.name for option in info.options]
        assert len(set(names)) == len(names)
        for option in info.options:
            assert option.title
            assert option.note
            if option.kind == "choice":
                assert option.default in option.choices
            elif option.kind == "int":
                assert option.minimum <= int(option.default) <= option.maximum
            else:
                assert isinstance(option.default, bool)
        assert checked(info.title, info.options, {}) is not None
    assert len(RUNNERS) == len(runner_infos())


@pytest.mark.parametrize("runner", ["eager", "torchscript_trace", "torchscript_script"])
@pytest.mark.parametrize(
    "options", [{"channels_last": True, "precision": "bfloat16"}, {"threads": 2}], ids=["bfloat16", "threads"]
)
def test_options_of_runners_on_torch_take_effect(
    runner: str, options: dict[str, OptionValue], tmp_path: Path
) -> None:
    context = context_of(tmp_path)
    request = request_of(runner, options)
    report = prepared(request, context)
    result = prepared_of(request.runner.key, context)
    with result.mode():
        output = result.call()
    assert isinstance(output, torch.Tensor)
    is_low = "precision" in options
    assert output.dtype is (torch.bfloat16 if is_low else torch.float32)
    assert report.is_lossy is is_low
    assert report.threads == (1 if is_low else 2)
    assert report.facts["intra-op threads"] == str(report.threads)
    assert report.facts.get("layout", "") == ("channels last" if is_low else "")
    assert report.first_run_ms is not None
    assert report.first_run_ms > 0


@pytest.mark.parametrize(("grad", "is_inference"), [("inference_mode", True), ("no_grad", False)])
def test_eager_runs_without_gradients_in_the_way_asked_for(grad: str, is_inference: bool, tmp_path: Path) -> None:
    context = context_of(tmp_path)
    request = request_of("eager", {"grad": grad})
    prepared(request, context)
    result = prepared_of(request.runner.key, context)
    with result.mode():
        output = result.call()
    assert isinstance(output, torch.Tensor)
    assert output.is_inference() is is_inference
    assert not output.requires_grad


def test_autocast_computes_in_bfloat16_and_leaves_the_weights(tmp_path: Path) -> None:
    context = context_of(tmp_path)
    request = request_of("eager", {"precision": "autocast_bfloat16"})
    assert prepared(request, context).is_lossy
    result = prepared_of(request.runner.key, context)
    with result.mode():
        output = result.call()
    assert isinstance(output, torch.Tensor)
    assert output.dtype is torch.bfloat16


@pytest.mark.parametrize(
    ("finish", "graph"),
    [("plain", "torch.jit.trace"), ("frozen", "torch.jit.trace, freeze")],
)
def test_a_traced_graph_is_finished_as_asked(finish: str, graph: str, tmp_path: Path) -> None:
    assert prepared(request_of("torchscript_trace", {"finish": finish}), context_of(tmp_path)).facts["graph"] == graph


def test_options_of_onnx_runtime_take_effect_and_stand_in_the_facts(tmp_path: Path) -> None:
    from modelpack_gui.core.records import InputSpec

    save_linear(tmp_path / "net.onnx")
    options: dict[str, OptionValue] = {
        "optimization": "basic",
        "threads": 2,
        "execution": "parallel",
        "inter_op_threads": 2,
        "spinning": False,
        "io_binding": True,
    }
    request = request_of("onnxruntime", options, artifact="net.onnx", inputs=(InputSpec("x", (2, 8)),))
    context = context_of(tmp_path)
    report = prepared(request, context)
    facts = {name: report.facts[name] for name in report.facts if name not in ("onnxruntime", "file")}
    assert facts == {
        "intra-op threads": "2",
        "inter-op threads": "2",
        "execution": "parallel",
        "graph optimisation": "basic",
        "spinning": "off",
        "IO binding": "on",
    }
    assert report.provider == "CPUExecutionProvider"
    result = prepared_of(request.runner.key, context)
    assert result.read is not None
    bound = result.read(result.call())
    plain_request = request_of("onnxruntime", artifact="net.onnx", inputs=(InputSpec("x", (2, 8)),))
    prepared(plain_request, context)
    plain = prepared_of(plain_request.runner.key, context)
    assert plain.read is not None
    expected = plain.read(plain.call())
    assert [one.info for one in bound] == [one.info for one in expected]
    assert (bound[0].values == expected[0].values).all()


def test_a_file_for_a_runner_of_the_source_is_refused(tmp_path: Path) -> None:
    request = request_of("eager")
    with_file = BenchPrepareRequest(
        RunnerSpec("eager", artifact="other.onnx"), request.source, request.inputs, "", threads=1
    )
    with pytest.raises(UserError) as caught:
        prepared(with_file, context_of(tmp_path))
    assert caught.value.info.code == "runner-takes-no-file"


def test_processors_that_this_process_may_not_use_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        prepared(request_of("eager", pin_cpus=(100_000,)), context_of(tmp_path))
    assert caught.value.info.code == "cpus-not-available"

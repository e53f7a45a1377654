from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import BenchPrepareRequest, BenchTurnRequest, InputSpec, ModelSource, RunnerSpec
from modelpack_gui.stages.bench import prepare, turn
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.prepare import prepared_of, session_key
from modelpack_gui.stages.bench.registry import RUNNERS, find_runner


class CancelsAfter(PlainContext):
    def __init__(self, checks: int) -> None:
        super().__init__()
        self.left = checks

    def check_cancelled(self) -> None:
        if self.left == 0:
            raise JobCancelled
        self.left -= 1


@pytest.fixture
def collector() -> Iterator[None]:
    """Python's own collector is on, as in a worker: windows of other tests may have taken it over."""
    was_on = gc.isenabled()
    gc.enable()
    yield
    if not was_on:
        gc.disable()


def prepared_by(request: BenchPrepareRequest, folder: Path) -> Prepared:
    context = PlainContext(folder)
    prepare.run(request, context)
    return prepared_of(request.runner.key, context)


@pytest.mark.usefixtures("collector")
def test_settle_runs_are_made_and_not_kept_and_nothing_is_collected_meanwhile() -> None:
    seen: list[str] = []

    @contextmanager
    def mode() -> Iterator[None]:
        seen.append("in")
        yield
        seen.append("out")

    def call() -> object:
        seen.append("collecting" if gc.isenabled() else "run")
        return None

    context = PlainContext()
    context.session[session_key("eager")] = Prepared(call, "CPU", {}, mode)
    result = turn.run(BenchTurnRequest("eager", runs=3, settle_runs=2), context)
    assert seen == ["in", "run", "run", "run", "run", "run", "out"]
    assert len(result.latencies_ms) == 3
    assert all(value >= 0.0 for value in result.latencies_ms)
    assert gc.isenabled()


@pytest.mark.usefixtures("collector")
def test_a_cancel_keeps_what_was_measured_until_then() -> None:
    context = CancelsAfter(checks=4)
    context.session[session_key("eager")] = Prepared(lambda: None, "CPU")
    result = turn.run(BenchTurnRequest("eager", runs=10, settle_runs=2), context)
    assert len(result.latencies_ms) == 2
    assert gc.isenabled()


def test_a_cancel_before_the_first_timed_run_is_a_cancel() -> None:
    context = CancelsAfter(checks=1)
    context.session[session_key("eager")] = Prepared(lambda: None, "CPU")
    with pytest.raises(JobCancelled):
        turn.run(BenchTurnRequest("eager", runs=10, settle_runs=2), context)


def test_a_turn_without_preparation_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        turn.run(BenchTurnRequest("eager", runs=1), PlainContext())
    assert caught.value.info.code == "runner-not-prepared"


def test_runners_have_identifiers_of_their_own_and_are_found_by_them() -> None:
    assert len({runner.id for runner in RUNNERS}) == len(RUNNERS)
    assert all(find_runner(runner.id) is runner for runner in RUNNERS)
    with pytest.raises(UserError):
        find_runner("nonsense")


def test_onnx_runtime_feeds_inputs_by_name_and_tells_the_format_without_a_suffix(tmp_path: Path) -> None:
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("b", [3]), ("a", [2]))
    ]
    node = helper.make_node("Concat", ["a", "b"], ["y"], axis=0)
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [5])
    graph = helper.make_graph([node], "g", values, [output])
    opsets = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=opsets), tmp_path / "net.model")
    inputs = (InputSpec("a", (2,)), InputSpec("b", (3,)))
    request = BenchPrepareRequest(RunnerSpec("onnxruntime"), ModelSource(), inputs, "net.model", threads=1)
    prepared = prepared_by(request, tmp_path)
    assert [array.shape for array in prepared.call()] == [(5,)]  # type: ignore[attr-defined]


def test_threads_that_the_models_file_sets_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import torch\ntorch.set_num_threads(3)\nclass Net(torch.nn.Identity): pass\n")
    source = ModelSource(file="net.py", name="Net")
    request = BenchPrepareRequest(RunnerSpec("eager"), source, (InputSpec("x", (2,)),), "", threads=1)
    before = torch.get_num_threads()
    try:
        prepared = prepared_by(request, tmp_path)
        assert torch.get_num_threads() == 1
        assert prepared.facts["intra-op threads"] == "1"
    finally:
        torch.set_num_threads(before)

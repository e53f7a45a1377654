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
from modelpack_gui.stages.bench.base import Call, Prepared
from modelpack_gui.stages.bench.prepare import prepared_of, request_key, session_key
from modelpack_gui.stages.bench.registry import RUNNERS, find_runner
from tests.unit.stages.bench.nets import context_of, request_of, save_linear


class CancelsAfter(PlainContext):
    def __init__(self, checks: int) -> None:
        super().__init__()
        self.left = checks

    def check_cancelled(self) -> None:
        if self.left == 0:
            raise JobCancelled
        self.left -= 1


def prepared_by(request: BenchPrepareRequest, folder: Path) -> Prepared:
    context = PlainContext(folder)
    prepare.run(request, context)
    return prepared_of(request.runner.key, context)


@pytest.mark.usefixtures("python_collects")
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


@pytest.mark.usefixtures("python_collects")
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


def test_fresh_inputs_are_other_ones_in_every_run_and_come_again_in_no_turn() -> None:
    seen: list[int] = []

    def make_call(offset: int) -> Call:
        return lambda: seen.append(offset)

    context = PlainContext()
    request = request_of("eager", fresh_inputs=True, seed=2)
    context.session[session_key("eager")] = Prepared(lambda: seen.append(0), "CPU", make_call=make_call)
    context.session[request_key("eager")] = request
    for _ in range(2):
        assert len(turn.run(BenchTurnRequest("eager", runs=3, settle_runs=1), context).latencies_ms) == 3
    settle, timed = seen[::4], [offset for index, offset in enumerate(seen) if index % 4]
    assert settle == [0, 0]
    assert len(set(timed)) == 6
    assert 0 not in timed


def test_fresh_inputs_are_made_for_as_many_runs_as_fit_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    most = 0

    def make_call(offset: int) -> Call:
        nonlocal made, most
        made += 1
        most = max(most, made)
        return run

    def run() -> None:
        nonlocal made
        made -= 1

    context = PlainContext()
    request = request_of("eager", fresh_inputs=True)
    size_bytes = 8 * 2 * 3 * 8 * 8
    monkeypatch.setattr(turn, "_FRESH_BYTES", 4 * size_bytes)
    context.session[session_key("eager")] = Prepared(lambda: None, "CPU", make_call=make_call)
    context.session[request_key("eager")] = request
    assert len(turn.run(BenchTurnRequest("eager", runs=10), context).latencies_ms) == 10
    assert most == 4


@pytest.mark.parametrize("runner", ["eager", "onnxruntime"])
def test_fresh_inputs_have_other_values_of_the_same_kind(runner: str, tmp_path: Path) -> None:
    save_linear(tmp_path / "net.onnx")
    context = context_of(tmp_path)
    inputs = (InputSpec("x", (2, 8), low=3.0, high=4.0),)
    request = request_of(runner, name="Writes", artifact="net.onnx", inputs=inputs)
    prepare.run(request, context)
    result = prepared_of(runner, context)
    assert result.read is not None
    with result.mode():
        values = [result.read(result.another_call(offset)())[0].values for offset in (0, 0, 1, 2)]
    assert (values[0] == values[1]).all()
    assert len({value.tobytes() for value in values}) == 3
    if runner == "eager":
        assert all(((value >= 4.0) & (value < 5.0)).all() for value in values)  # it adds one


def test_a_turn_tells_memory_and_what_the_loop_itself_costs() -> None:
    context = PlainContext()
    context.session[session_key("eager")] = Prepared(lambda: None, "CPU")
    result = turn.run(BenchTurnRequest("eager", runs=1), context)
    assert 0 < result.overhead_ns < 1e6
    assert result.peak_rss_bytes > 2**20
    assert result.rss_bytes > 2**20


def test_nothing_but_the_call_is_between_the_readings_of_the_clock() -> None:
    log: list[str] = []

    def clock() -> int:
        log.append("clock")
        return 1000 * len(log)

    elapsed: list[int] = []
    turn.time_calls([lambda: log.append("call")] * 2, elapsed, lambda: log.append("check"), clock)
    assert log == ["check", "clock", "call", "clock"] * 2
    assert elapsed == [2000, 2000]


@pytest.mark.usefixtures("python_collects")
def test_a_model_that_fails_later_says_in_which_run() -> None:
    left = iter(range(5))

    def call() -> object:
        return next(left)

    context = PlainContext()
    context.session[session_key("eager")] = Prepared(call, "CPU")
    with pytest.raises(UserError) as caught:
        turn.run(BenchTurnRequest("eager", runs=9, settle_runs=2), context)
    assert caught.value.info.code == "runner-failed"
    assert "in run 4 of its turn" in caught.value.info.message
    assert gc.isenabled()

"""Load on calls whose time is known, by a clock that only they and the waiting move."""

from __future__ import annotations

import ctypes
import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import TrafficPoint, TrafficRequest
from modelpack_gui.stages.bench import prepare, traffic
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.load import SystemClock, is_saturated
from modelpack_gui.stages.bench.prepare import session_key
from tests.unit.stages.bench.nets import context_of, request_of

MS = 1_000_000


class VirtualClock:
    def __init__(self) -> None:
        self.time = 5 * MS

    def now(self) -> int:
        return self.time

    def wait_until(self, then: int) -> None:
        self.time = max(self.time, then)


def load(service_ms: Iterator[float], *, rate_per_s: float | None = None, seconds: float = 1.0) -> TrafficPoint:
    """One caller, whose calls take these times."""
    clock = VirtualClock()
    left = 5  # before the time begins

    def call() -> None:
        nonlocal left
        if left:
            left -= 1
            return
        clock.time += round(next(service_ms) * MS)

    request = TrafficRequest("fake", 1, rate_per_s, seconds)
    return traffic.measure(Prepared(call, "CPU"), request, clock, lambda: None)


def always(service_ms: float) -> Iterator[float]:
    while True:
        yield service_ms


def stalling(service_ms: float, every: int, stall_ms: float) -> Iterator[float]:
    number = 0
    while True:
        number += 1
        yield stall_ms if number % every == 0 else service_ms


def test_a_closed_loop_gives_the_latency_and_the_throughput_of_its_caller() -> None:
    point = load(always(2.0))
    assert (point.mode, point.completed, point.callers, point.rate_per_s) == ("closed", 500, 1, None)
    assert point.duration_s == pytest.approx(1.0)
    assert point.throughput_per_s == pytest.approx(500.0)
    assert {share: pytest.approx(value, rel=1e-3) for share, value in point.percentiles_ms.items()} == {
        "0.5": 2.0,
        "0.9": 2.0,
        "0.95": 2.0,
        "0.99": 2.0,
    }  # 500 calls carry no p99.9
    assert point.max_ms == pytest.approx(2.0, rel=1e-3)
    assert point.service_ms == {}
    assert not point.is_saturated


def test_an_open_loop_that_keeps_up_waits_for_each_arrival() -> None:
    point = load(always(8.0), rate_per_s=100.0)
    assert (point.mode, point.completed) == ("open", 100)
    assert point.percentiles_ms["0.5"] == pytest.approx(8.0, rel=1e-3)
    assert point.percentiles_ms == point.service_ms
    assert point.throughput_per_s == pytest.approx(100.0)
    assert not point.is_saturated


def test_a_stall_counts_for_all_that_it_held_up_and_the_uncorrected_figures_hide_that() -> None:
    """A call in 1,000 takes 500 ms; at 200 a second and 1 ms each, about 100 arrivals wait for it."""
    point = load(stalling(1.0, 1000, 500.0), rate_per_s=200.0, seconds=10.0)
    assert point.completed == 2000
    assert point.service_ms["0.99"] == pytest.approx(1.0, rel=1e-3)
    assert point.percentiles_ms["0.5"] == pytest.approx(1.0, rel=1e-3)
    # The k-th after the one that stalls is due 5k ms later, begun k - 1 ms after its end, and takes 1 ms: 500 - 4k.
    # That holds up 125; the 2,000th and last stalls too. p95 is the 101st longest, p99 the 21st.
    assert point.percentiles_ms["0.95"] == pytest.approx(500.0 - 4 * 99, rel=0.03)
    assert point.percentiles_ms["0.99"] == pytest.approx(500.0 - 4 * 19, rel=0.03)
    assert point.max_ms == pytest.approx(500.0, rel=1e-3)
    assert not point.is_saturated


def test_an_open_loop_that_does_not_keep_up_is_saturated_and_its_latency_grows() -> None:
    point = load(always(12.0), rate_per_s=100.0)
    assert point.is_saturated
    # The k-th arrival is due at 10k ms and done at 12 (k + 1) ms.
    assert point.completed == 100
    assert point.max_ms == pytest.approx(12.0 + 2.0 * 99, rel=1e-3)
    assert point.percentiles_ms["0.5"] == pytest.approx(12.0 + 2.0 * 49, rel=0.02)
    assert point.service_ms["0.5"] == pytest.approx(12.0, rel=1e-3)
    assert point.throughput_per_s == pytest.approx(1000 / 12.0)


def test_an_open_loop_far_behind_ends_and_counts_what_still_waits() -> None:
    point = load(always(100.0), rate_per_s=100.0)
    assert point.is_saturated
    assert point.completed == 20  # in twice its time
    assert point.max_ms == pytest.approx(2000.0 - 200.0, rel=1e-2)  # the 21st was due after 200 ms
    assert point.percentiles_ms["0.5"] > 1000.0


def test_a_queue_that_a_stall_left_and_that_shrinks_again_is_no_saturation() -> None:
    late = [(number, max(0, 500 - 4 * number) * MS) for number in range(400)]
    assert not is_saturated(late, 200.0, 1)
    growing = [(number, number * MS) for number in range(400)]
    assert is_saturated(growing, 200.0, 1)
    assert not is_saturated([(number, number * 100) for number in range(400)], 200.0, 1)  # by less than a call


def test_callers_call_at_the_same_time_each_with_a_call_and_a_mode_of_its_own() -> None:
    together = threading.Barrier(3, timeout=60)
    entered: list[str] = []
    made: list[int] = []
    clock = VirtualClock()

    def make_call(offset: int) -> object:
        made.append(offset)

        def call() -> None:
            together.wait()  # passes only if all three are in it
            clock.time += MS

        return call

    class Mode:
        def __enter__(self) -> None:
            entered.append(threading.current_thread().name)

        def __exit__(self, *error: object) -> None:
            return

    prepared = Prepared(lambda: None, "CPU", {}, Mode, make_call)  # type: ignore[arg-type]
    point = traffic.measure(prepared, TrafficRequest("fake", 3, 1000.0, 0.03), clock, lambda: None)
    assert point.completed == 30
    assert made == [0, 0, 0]
    # The thread that has run the model before calls too: one team of OpenMP threads more would slow all down.
    assert sorted(entered) == sorted([threading.current_thread().name, "caller 2", "caller 3"])


def test_a_caller_that_fails_ends_the_others_and_is_told() -> None:
    calls = iter(range(1_000_000))

    def call() -> None:
        if next(calls) > 10:
            raise RuntimeError("not twice at once")

    with pytest.raises(UserError) as caught:
        traffic.measure(Prepared(call, "CPU"), TrafficRequest("fake", 2, None, 3600.0), SystemClock(), lambda: None)
    assert caught.value.info.code == "runner-failed"
    assert "not twice at once" in caught.value.info.message


def test_a_cancel_ends_all_callers() -> None:
    before = threading.active_count()

    def cancelled() -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        traffic.measure(
            Prepared(lambda: None, "CPU"), TrafficRequest("fake", 2, None, 3600.0), SystemClock(), cancelled
        )
    assert threading.active_count() == before


@pytest.mark.parametrize(("callers", "rate", "seconds"), [(0, None, 1.0), (1, 0.0, 1.0), (1, None, 0.0)])
def test_a_load_that_is_none_is_refused(callers: int, rate: float | None, seconds: float) -> None:
    context = PlainContext()
    context.session[session_key("fake")] = Prepared(lambda: None, "CPU")
    with pytest.raises(UserError) as caught:
        traffic.run(TrafficRequest("fake", callers, rate, seconds), context)
    assert caught.value.info.code == "traffic-not-possible"


def test_without_hdrhistogram_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "missing_of", lambda names: names)
    context = PlainContext()
    context.session[session_key("fake")] = Prepared(lambda: None, "CPU")
    with pytest.raises(UserError) as caught:
        traffic.run(TrafficRequest("fake", 1, None, 1.0), context)
    assert caught.value.info.code == "package-missing"
    assert "pip install hdrhistogram" in caught.value.info.hint


def test_the_systems_clock_does_not_return_too_early() -> None:
    clock = SystemClock()
    for wait in (0, 50_000, 400_000):
        then = clock.now() + wait
        clock.wait_until(then)
        assert clock.now() >= then


def _threads_of_openmp() -> Callable[[], int]:
    """What oneDNN asks for the number of threads."""
    torch = pytest.importorskip("torch")
    found = sorted((Path(torch.__file__).parent / "lib").glob("libgomp*"))
    if not found:
        pytest.skip("this torch brings no libgomp to ask")
    ask: Callable[[], int] = ctypes.CDLL(str(found[0])).omp_get_max_threads
    return ask


def test_a_caller_of_torch_has_the_threads_that_were_asked_for(tmp_path: Path) -> None:
    import torch

    ask = _threads_of_openmp()
    before = torch.get_num_threads()
    seen: list[int] = []
    context = context_of(tmp_path)
    request = dataclasses.replace(request_of("eager"), threads=3)  # which no machine takes by itself
    try:
        prepare.run(request, context)
        prepared = prepare.prepared_of("eager", context)

        def caller() -> None:
            with prepared.mode():
                prepared.call()
                seen.append(ask())

        thread = threading.Thread(target=caller)
        thread.start()
        thread.join()
    finally:
        torch.set_num_threads(before)
    assert seen == [3]

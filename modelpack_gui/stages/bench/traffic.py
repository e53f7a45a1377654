"""A prepared runner under load: several callers at once, or calls that arrive at a fixed rate."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import TrafficPoint, TrafficRequest
from modelpack_gui.core.stats.latencies import carries
from modelpack_gui.stages.bench import load
from modelpack_gui.stages.bench.base import Call, Prepared
from modelpack_gui.stages.bench.load import Clock, Schedule, SystemClock, Times
from modelpack_gui.stages.bench.prepare import prepared_of, runner_failed
from modelpack_gui.stages.bench.turn import without_collection
from modelpack_gui.stages.hello import missing_of
from modelpack_gui.stages.source.usercode import pip_command

SHARES = (0.5, 0.9, 0.95, 0.99, 0.999)
"""Percentiles that a point tells, those that its sample carries."""

_DIGITS = 3
_LONGEST_NS = 3_600_000_000_000
_POLL_S = 0.05
_SETTLE_RUNS = 5
"""Of each caller before the time begins: what a runner sets up for a thread belongs to no latency."""

_GRACE = 1.0
"""An open loop that is behind may go on for this share of its time, and then ends with what still waits."""


def run(request: TrafficRequest, context: Context) -> TrafficPoint:
    """Let the callers call for as long as asked, each in a thread of its own with inputs of its own.

    Raises:
        UserError: `runner-not-prepared`, `traffic-not-possible`, `package-missing`, `runner-failed`.
        JobCancelled: The user asked to stop.
    """
    prepared = prepared_of(request.runner, context)
    _check(request)
    return measure(prepared, request, SystemClock(), context.check_cancelled)


def measure(prepared: Prepared, request: TrafficRequest, clock: Clock, check: Callable[[], None]) -> TrafficPoint:
    """The same by any clock.

    Args:
        check: Called now and then by this thread; what it raises ends the callers first.
    """
    calls = [prepared.another_call(0) for _ in range(request.callers)]
    crew = _Crew(prepared, calls, request, clock)
    with without_collection():
        crew.work(check)
    return _point(request, crew)


class _Crew:
    """The callers of one point.

    Attributes:
        started: When the time began.
        times: Of each caller that came to its end.
    """

    def __init__(self, prepared: Prepared, calls: Sequence[Call], request: TrafficRequest, clock: Clock) -> None:
        self._prepared = prepared
        self._calls = calls
        self._request = request
        self._clock = clock
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._ready = threading.Barrier(len(calls), action=self._begin)
        self._schedule: Schedule | None = None
        self._error: BaseException | None = None
        self._end: BaseException | None = None  # what `check` raised
        self.started = 0
        self.times: list[Times] = []

    def work(self, check: Callable[[], None]) -> None:
        """Let all call, and wait until they have ended.

        The first caller is this thread, which has run the model before: beside its team of OpenMP threads, which is
        there all the same, one caller more would be more threads than processors, and a team then sleeps between
        the operators (libgomp's GOMP_SPINCOUNT). A lone caller of eager PyTorch took 1.7 times as long.

        Raises:
            UserError: `runner-failed`; what `check` raises.
        """

        def is_stopped() -> bool:
            try:
                check()
            except BaseException as error:  # noqa: BLE001 (told when the callers have ended)
                self._end = error
                self._stop.set()
            return self._stop.is_set()

        threads = [
            threading.Thread(
                target=self._caller, args=(call, self._stop.is_set), name=f"caller {number}", daemon=True
            )
            for number, call in enumerate(self._calls[1:], 2)
        ]
        for thread in threads:
            thread.start()
        try:
            self._caller(self._calls[0], is_stopped)
            for thread in threads:
                while thread.is_alive() and not is_stopped():
                    thread.join(_POLL_S)
        finally:
            self._stop.set()
            self._ready.abort()
            for thread in threads:
                thread.join()
        if self._end is not None:
            raise self._end
        if self._error is not None:
            raise runner_failed(self._request.runner, "under load", self._error) from self._error

    def _begin(self) -> None:
        """By the last caller that is ready."""
        self.started = self._clock.now()
        if self._request.rate_per_s is not None:
            self._schedule = Schedule(self.started, self._request.rate_per_s, self._request.seconds)

    def _caller(self, call: Call, is_stopped: Callable[[], bool]) -> None:
        try:
            with self._prepared.mode():
                for _ in range(_SETTLE_RUNS):
                    if is_stopped():
                        return
                    call()
                self._ready.wait()
                self._call(call, is_stopped)
        except threading.BrokenBarrierError:  # another one failed, or the user asked to stop
            return
        except BaseException as error:  # noqa: BLE001 (whatever the runtime raises is told by who waits)
            with self._lock:
                self._error = self._error or error
            self._stop.set()
            self._ready.abort()

    def _call(self, call: Call, is_stopped: Callable[[], bool]) -> None:
        lasts = round(self._request.seconds * 1e9)
        if self._schedule is None:
            times = load.call_again(call, self.started + lasts, self._clock, is_stopped)
        else:
            until = self.started + round(lasts * (1.0 + _GRACE))
            times = load.call_on_schedule(call, self._schedule, until, self._clock, is_stopped)
        with self._lock:
            self.times.append(times)


def _point(request: TrafficRequest, crew: _Crew) -> TrafficPoint:
    is_open = request.rate_per_s is not None
    latencies = _histogram(times.latencies for times in crew.times)
    services = _histogram(times.services for times in crew.times)
    completed = (services if is_open else latencies).get_total_count()
    ended = max((times.ended for times in crew.times if times.ended), default=crew.started)
    duration_s = (ended - crew.started) / 1e9
    if is_open:
        duration_s = max(duration_s, request.seconds)  # the last arrival is due before that
    return TrafficPoint(
        runner=request.runner,
        mode="open" if is_open else "closed",
        callers=request.callers,
        rate_per_s=request.rate_per_s,
        completed=completed,
        duration_s=duration_s,
        throughput_per_s=completed / duration_s if duration_s else 0.0,
        percentiles_ms=_percentiles(latencies),
        service_ms=_percentiles(services) if is_open else {},
        max_ms=latencies.get_max_value() / 1e6 if latencies.get_total_count() else 0.0,
        is_saturated=_is_saturated(request, crew.times),
    )


def _is_saturated(request: TrafficRequest, times: Sequence[Times]) -> bool:
    if request.rate_per_s is None:
        return False
    late = [one for caller in times for one in caller.late]
    return any(caller.given_up for caller in times) or load.is_saturated(late, request.rate_per_s, request.callers)


def _histogram(parts: Iterable[Iterable[int]]) -> Any:
    """All values in one histogram of three significant digits (HdrHistogram, by Gil Tene)."""
    from hdrh.histogram import HdrHistogram

    histogram = HdrHistogram(1, _LONGEST_NS, _DIGITS)
    for values in parts:
        for value in values:
            histogram.record_value(min(max(value, 1), _LONGEST_NS))
    return histogram


def _percentiles(histogram: Any) -> dict[str, float]:
    count = histogram.get_total_count()
    return {
        f"{share:g}": histogram.get_value_at_percentile(100.0 * share) / 1e6
        for share in SHARES
        if count and carries(count, share)
    }


def _check(request: TrafficRequest) -> None:
    if request.callers < 1 or request.seconds <= 0 or (request.rate_per_s is not None and request.rate_per_s <= 0):
        raise UserError(
            "traffic-not-possible",
            f"{request.callers} callers, a rate of {request.rate_per_s} and {request.seconds:g} s are no load.",
            "Give one caller or more, and a rate and a time above zero.",
        )
    if missing_of(("hdrhistogram",)):
        raise UserError(
            "package-missing",
            "Measuring under load needs the package hdrhistogram, which this interpreter lacks.",
            f"Install it: {pip_command('hdrhistogram')}",
        )

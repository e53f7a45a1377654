from __future__ import annotations

from modelpack_gui.client.gate import Gate


def test_ordinary_jobs_start_at_once() -> None:
    gate = Gate()
    first, second = gate.ticket(alone=False), gate.ticket(alone=False)
    assert gate.may_start(first)
    assert gate.may_start(second)


def test_a_benchmark_waits_for_jobs_before_it_and_holds_up_those_after_it() -> None:
    gate = Gate()
    before, bench, after = gate.ticket(alone=False), gate.ticket(alone=True), gate.ticket(alone=False)
    assert not gate.may_start(bench)
    assert not gate.may_start(after)
    gate.leave(before)
    assert gate.may_start(bench)
    assert not gate.may_start(after)
    gate.leave(bench)
    assert gate.may_start(after)


def test_whoever_watches_is_woken_when_a_job_has_ended() -> None:
    gate = Gate()
    woken = []

    def wake() -> None:
        woken.append(1)

    gate.watch(wake)
    gate.leave(gate.ticket(alone=True))
    gate.unwatch(wake)
    gate.leave(gate.ticket(alone=True))
    assert woken == [1]

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from modelpack_gui.core.errors import JobCancelled
from modelpack_gui.stages.common.forked import CAN_FORK, ChildError, ForkedCall

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="this system has no children of this kind")


def _go_on() -> None:
    """Nobody cancels."""


def _sleep() -> bytes:
    signal.pause()
    return b""


def _crash() -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def _raise() -> bytes:
    raise ValueError("not this")


def test_a_call_gives_what_the_function_gave_and_leaves_no_file(tmp_path: Path) -> None:
    here = os.getpid()
    with ForkedCall(lambda: f"{os.getpid() != here}".encode(), tmp_path) as call:
        assert call.result(_go_on, 60.0) == b"True"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("work", "longest_s", "text"),
    [(_crash, 60.0, r"crashed \(SIGSEGV\)"), (_raise, 60.0, "ValueError: not this"), (_sleep, 0.0, "was ended")],
)
def test_what_keeps_it_from_giving_anything_is_told(
    work: object, longest_s: float, text: str, tmp_path: Path
) -> None:
    with ForkedCall(work, tmp_path) as call, pytest.raises(ChildError, match=text):  # type: ignore[arg-type]
        call.result(_go_on, longest_s)
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_is_not_waited_for_is_ended(tmp_path: Path) -> None:
    number = tmp_path / "number"

    def say_number_and_sleep() -> bytes:
        number.write_text(str(os.getpid()), encoding="ascii")
        return _sleep()

    def cancel_once_it_runs() -> None:
        if number.exists() and number.read_text(encoding="ascii"):
            raise JobCancelled

    with pytest.raises(JobCancelled), ForkedCall(say_number_and_sleep, tmp_path) as call:
        call.result(cancel_once_it_runs, 60.0)
    with pytest.raises(ChildProcessError):  # neither runs nor waits to be reaped
        os.waitpid(int(number.read_text(encoding="ascii")), os.WNOHANG)
    assert list(tmp_path.iterdir()) == [number]

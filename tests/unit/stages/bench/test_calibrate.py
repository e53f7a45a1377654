from __future__ import annotations

import gc

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled
from modelpack_gui.core.records import CalibrationRequest
from modelpack_gui.stages import machine_state
from modelpack_gui.stages.bench import calibrate


class Cancelled(PlainContext):
    def check_cancelled(self) -> None:
        raise JobCancelled


@pytest.mark.usefixtures("python_collects")
def test_the_loop_is_timed_as_often_as_asked() -> None:
    result = calibrate.run(CalibrationRequest(loops=3), PlainContext())
    assert len(result.latencies_ms) == 3
    assert all(value > 0.0 for value in result.latencies_ms)
    assert gc.isenabled()


@pytest.mark.usefixtures("python_collects")
def test_a_cancel_ends_it_and_the_garbage_is_collected_again() -> None:
    with pytest.raises(JobCancelled):
        calibrate.run(CalibrationRequest(), Cancelled())
    assert gc.isenabled()


def test_the_tasks_that_want_a_processor_beside_ours_are_counted() -> None:
    assert machine_state.running_but_one("0.20 0.18 0.12 3/512 11206\n") == 2
    assert machine_state.running_but_one("0.20 0.18 0.12 0/512 11206\n") == 0
    assert machine_state.running_but_one("") is None
    assert machine_state.running_but_one("1 2 3 many\n") is None


def test_turbo_is_read_from_either_file() -> None:
    assert machine_state.turbo("1", "") == "off"
    assert machine_state.turbo("0", "0") == "on"
    assert machine_state.turbo("", "1") == "on"
    assert machine_state.turbo("", "0") == "off"
    assert machine_state.turbo("", "") == ""


def test_a_virtual_machine_and_its_clock_are_read_from_the_list_of_processors() -> None:
    text = "processor\t: 0\ncpu MHz\t\t: 2596.122\nflags\t\t: fpu avx2 hypervisor lahf_lm\n"
    assert machine_state.is_virtual(text)
    assert not machine_state.is_virtual(text.replace("hypervisor", "vmx"))
    assert machine_state.cpuinfo_mhz(text) == 2596.122
    assert machine_state.cpuinfo_mhz("processor : 0\nFeatures : asimd\n") is None


def test_settings_hold_the_variables_that_the_libraries_heed_and_nothing_else() -> None:
    found = machine_state.settings({"OMP_NUM_THREADS": "2", "HOME": "/home/me", "KMP_BLOCKTIME": "0"})
    assert found["environment"] == "KMP_BLOCKTIME=0 OMP_NUM_THREADS=2"
    assert "environment" not in machine_state.settings({"HOME": "/home/me"})
    assert "" not in machine_state.settings({}).values()

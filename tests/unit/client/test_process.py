from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from modelpack_gui.client import crash
from modelpack_gui.client.crash import crash_error, file_of
from modelpack_gui.client.launch import clean_environment, resolve_interpreter
from modelpack_gui.core.records import HelloRequest, InspectRequest, LoadRequest, ModelSource


def test_a_worker_gets_nothing_of_the_apps_python_and_qt() -> None:
    cleaned = clean_environment(
        {"PATH": "/bin", "PYTHONHOME": "x", "VIRTUAL_ENV": "x", "QT_QPA_PLATFORM": "x", "PYTHONSTARTUP": "x",
         "MODELPACK_DATA_DIR": "x", "PYTHONIOENCODING": "latin-1", "OMP_NUM_THREADS": "2",
         "OMP_WAIT_POLICY": "ACTIVE"}
    )  # fmt: skip
    assert cleaned == {"PATH": "/bin", "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "2",
                       "OMP_WAIT_POLICY": "ACTIVE"}  # fmt: skip


def test_threads_do_not_spin_while_they_wait_but_where_times_are_measured() -> None:
    assert clean_environment({})["OMP_WAIT_POLICY"] == "PASSIVE"
    assert "OMP_WAIT_POLICY" not in clean_environment({}, is_measuring=True)


def test_an_empty_entry_of_the_path_does_not_bring_in_the_current_folder() -> None:
    entries = os.pathsep.join(["", "lib", str(Path("/opt/lib").absolute()), ""])
    cleaned = clean_environment({"PYTHONPATH": entries})
    assert cleaned["PYTHONPATH"].split(os.pathsep) == [str(Path("lib").absolute()), str(Path("/opt/lib").absolute())]


def test_an_interpreter_is_found_by_venv_folder_relative_path_and_name(tmp_path: Path) -> None:
    executable = tmp_path / ".venv" / "bin" / "python"
    executable.parent.mkdir(parents=True)
    executable.symlink_to(sys.executable)
    assert resolve_interpreter("") == sys.executable
    assert resolve_interpreter(".venv", tmp_path) == str(executable)
    assert resolve_interpreter(".venv/bin/python", tmp_path) == str(executable)
    assert Path(resolve_interpreter("python3", tmp_path)).is_absolute()


def test_a_name_on_the_path_is_not_a_program_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "python3").symlink_to("/bin/false")
    assert Path(resolve_interpreter("python3", tmp_path)).parent != tmp_path


@pytest.mark.parametrize(
    ("returncode", "said"),
    [
        (-11, "SIGSEGV"),
        (-9, "SIGKILL"),
        (-63, "signal 63"),
        (0xC0000005, "SIGSEGV"),
        (0xC00000FD, "out of stack"),
        (3, "exit code 3"),
        (None, "closed its channel"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="numbers of signals are those of POSIX")
def test_a_death_is_put_into_words(returncode: int | None, said: str) -> None:
    error = crash_error(returncode, "load", "last lines")
    assert said in error.message
    assert error.hint
    assert error.details == "last lines"


@pytest.mark.skipif(sys.platform == "win32", reason="numbers of signals are those of POSIX")
def test_a_death_in_native_code_names_the_innermost_line_that_is_the_users() -> None:
    output = f"""Fatal Python error: Segmentation fault

Thread 0x00007f0e1 (most recent call first):
  File "/home/me/project/another_thread.py", line 3 in wait

Current thread 0x00007f0e2 (most recent call first):
  File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at
  File "/home/me/.venv/lib/python3.11/site-packages/torch/nn/modules/module.py", line 17 in __init__
  File "/home/me/project/my nets.py", line 12 in __init__
  File "/home/me/project/outer.py", line 40 in make
  File "{crash.__file__}", line 30 in run
"""
    error = crash_error(-11, "load", output)
    assert error.message.endswith(", at /home/me/project/my nets.py:12.")
    only_ours = output.replace("/home/me/project/", f"{Path(crash.__file__).parent}/")
    assert crash_error(-11, "load", only_ours).message.endswith("while it ran 'load'.")


@pytest.mark.skipif(sys.platform == "win32", reason="numbers of signals are those of POSIX")
def test_of_a_death_while_reading_a_file_the_file_is_named_and_suspected() -> None:
    file = file_of(InspectRequest("/models/net.pt"))
    error = crash_error(-11, "inspect", "last lines", file)
    assert error.message == "The worker was ended by SIGSEGV while it ran 'inspect' on /models/net.pt."
    assert error.hint.startswith("The file may be damaged, or made to do that")
    assert not crash_error(-9, "inspect", "", file).hint.startswith("The file may be damaged"), "it lacked memory"


def test_the_file_of_a_job_is_the_one_that_it_reads_first() -> None:
    assert file_of(LoadRequest(ModelSource("net.pt2"))) == "net.pt2"
    assert file_of(LoadRequest(ModelSource("net.py", name="Net"))) == "", "Python is run, not read"
    assert file_of(HelloRequest()) == ""

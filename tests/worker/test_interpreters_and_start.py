"""Which interpreter runs, what it may lack, and what the current folder must not do to it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import modelpack_gui
from modelpack_gui.client import lane
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.core.events import Done, Failed, Outcome
from modelpack_gui.core.records import (
    PROTOCOL_VERSION,
    Capabilities,
    HelloRequest,
    InputSpec,
    LoadReport,
    LoadRequest,
    ModelSource,
)
from tests.places import WORKER_FIXTURES
from tests.worker.harness import load, run

BOOTSTRAP = Path(modelpack_gui.__file__).with_name("worker") / "bootstrap.py"
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


def script(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_hello_tells_of_packages_runners_and_the_machine_without_importing_torch(client: WorkerClient) -> None:
    event, _ = run(client, "hello", HelloRequest())
    assert isinstance(event, Done), event
    found = event.result
    assert isinstance(found, Capabilities)
    assert found.protocol == PROTOCOL_VERSION
    assert found.executable == sys.executable
    assert found.version_of("torch").startswith("2.")
    assert all(f'"{sys.executable}" -m pip install {info.name}' == info.pip for info in found.packages)
    assert {info.id for info in found.runners} >= {"eager", "torchscript_trace", "torchscript_script", "onnxruntime"}
    assert {info.exporter for info in found.exporters} == {"dynamo", "trace", "script", "export"}
    assert found.logical_cores >= found.physical_cores >= 1
    assert found.memory_bytes > 2**28
    code = (
        "import sys; from modelpack_gui.core.context import PlainContext; from modelpack_gui.stages import hello;"
        "hello.run(None, PlainContext());"
        "print([name for name in ('torch', 'onnx', 'onnxruntime', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_worker_serves_jobs_of_one_folder_and_another_folder_gets_a_fresh_one(
    client: WorkerClient, tmp_path: Path
) -> None:
    def pid(base: Path) -> str:
        source = ModelSource(file=str(WORKER_FIXTURES / "misbehaving.py"), name="tells_pid")
        event, recorder = run(client, "load", LoadRequest(source), base=base)
        assert isinstance(event, Done), event
        return recorder.wait_for_line("pid ")

    first = pid(WORKER_FIXTURES)
    assert pid(WORKER_FIXTURES) == first
    assert pid(tmp_path) != first


@pytest.mark.parametrize("is_on_path", [False, True])
def test_files_in_the_folder_do_not_shadow_libraries(
    client: WorkerClient, monkeypatch: pytest.MonkeyPatch, is_on_path: bool
) -> None:
    folder = WORKER_FIXTURES / "shadowing"
    if is_on_path:
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", str(folder)]))
    inputs = (InputSpec("x", (1, 4)),)
    event, _ = run(client, "load", load("Plain", "model.py", inputs), base=folder)
    assert isinstance(event, Done), event
    assert isinstance(event.result, LoadReport)
    assert event.result.outputs[0].shape == (1, 2)


@pytest.fixture
def bare_venv(tmp_path: Path) -> Path:
    """A second environment that has torch and numpy of this one, but neither Qt nor our package nor its needs."""
    folder = tmp_path / "project" / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next(folder.glob("lib/python3*/site-packages"), folder / "Lib" / "site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (site / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hidden:\n"
        "    names = {'PySide6', 'pyqtgraph', 'tomlkit', 'platformdirs', 'modelpack_gui', 'pytest'}\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in self.names:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "print('a start-up hook that prints')\n",
        encoding="utf-8",
    )
    return folder


def test_an_environment_without_qt_and_without_our_package_says_hello_and_loads(
    client: WorkerClient, bare_venv: Path
) -> None:
    event, recorder = run(client, "hello", HelloRequest(), interpreter=str(bare_venv))
    assert isinstance(event, Done), event
    assert isinstance(event.result, Capabilities)
    assert Path(event.result.executable).is_relative_to(bare_venv)
    assert ("stdout", "a start-up hook that prints") in recorder.lines
    event, _ = run(client, "load", load("good"), interpreter=str(bare_venv))
    assert isinstance(event, Done), event


def test_an_interpreter_that_is_missing_or_no_program_is_named(client: WorkerClient, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a program", encoding="utf-8")
    for chosen, code in (
        (tmp_path / "gone" / "python", "interpreter-missing"),
        (tmp_path, "interpreter-missing"),
        (text, "interpreter-not-executable"),
    ):
        event, _ = run(client, "hello", HelloRequest(), interpreter=str(chosen))
        assert isinstance(event, Failed)
        assert (event.outcome, event.error.code) == (Outcome.FAILED, code)
        assert str(chosen) in event.error.message
        assert event.error.hint


@posix_only
def test_a_program_that_is_no_python_is_told_apart(client: WorkerClient, tmp_path: Path) -> None:
    chosen = script(tmp_path / "python", "#!/bin/sh\necho some other program\necho its trouble >&2\nexit 4\n")
    event, _ = run(client, "hello", HelloRequest(), interpreter=chosen)
    assert isinstance(event, Failed)
    assert event.error.code == "interpreter-not-usable"
    assert "exit code 4" in event.error.message
    assert "its trouble" in event.error.details
    event, _ = run(client, "hello", HelloRequest(), interpreter=script(tmp_path / "garbled", "neither\x00this"))
    assert isinstance(event, Failed)
    assert event.error.code == "interpreter-not-usable"


@posix_only
def test_an_interpreter_that_never_gets_ready_times_out(
    client: WorkerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "START_S", 0.3)
    event, _ = run(client, "hello", HelloRequest(), interpreter=script(tmp_path / "python", "#!/bin/sh\nsleep 600\n"))
    assert isinstance(event, Failed)
    assert (event.outcome, event.error.code) == (Outcome.TIMED_OUT, "worker-start-timeout")


def test_a_folder_that_is_gone_is_named(client: WorkerClient, tmp_path: Path) -> None:
    event, _ = run(client, "hello", HelloRequest(), base=tmp_path / "gone")
    assert isinstance(event, Failed)
    assert event.error.code == "folder-missing"


def test_the_bootstrap_can_be_parsed_by_an_old_python() -> None:
    ast.parse(BOOTSTRAP.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_says_what_is_needed(tmp_path: Path) -> None:
    code = (
        "import importlib.util, sys;"
        f"spec = importlib.util.spec_from_file_location('bootstrap', {str(BOOTSTRAP)!r});"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module);"
        "module.OLDEST = (99, 0); module.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    refused = json.loads(done.stdout)["refused"]
    assert refused["code"] == "interpreter-too-old"
    assert "Python 99.0 or newer" in refused["message"]


def test_another_protocol_is_refused(client: WorkerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelpack_gui.client.process.PROTOCOL_VERSION", PROTOCOL_VERSION + 1)
    event, _ = run(client, "hello", HelloRequest())
    assert isinstance(event, Failed)
    assert event.error.code == "protocol-version"


def test_core_stages_worker_and_client_import_without_qt() -> None:
    code = """
import importlib, pkgutil, sys
class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "pyqtgraph", "shiboken6"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NoQt())
import modelpack_gui
# A script that is written into a repro as it is, and a class that derives from one of torch's: both are imported
# only where they are needed, by nothing that is imported here.
late = ("modelpack_gui.stages.repro.reproduce", "modelpack_gui.stages.parity.widening")
count = 0
for part in ("core", "stages", "worker", "client", "cli"):
    package = importlib.import_module(f"modelpack_gui.{part}")
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not info.name.endswith("__main__") and info.name not in late:
            importlib.import_module(info.name)
            count += 1
assert count > 30, count
heavy = {"torch", "onnx", "onnxruntime"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""The command line with real workers, but for the cases that need none."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from modelpack_gui import __version__
from modelpack_gui.cli import commands, main, main_gui
from modelpack_gui.cli.status import READER_GONE
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.core import serde
from modelpack_gui.core.recipe import Recipe
from tests.places import DEMO, ROOT
from tests.worker.harness import SharedClient

NETS = """\
import os, sys, time
import torch

class Net(torch.nn.Module):
    def __init__(self, width: int = 4, kind: str = "small"):
        super().__init__()
        print("a model that prints", width, kind)
        self.linear = torch.nn.Linear(3, width)

    def forward(self, x):
        return self.linear(x)

class Branches(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 4)

    def forward(self, x):
        y = self.linear(x)
        if x.shape[0] > 2:
            y = y * 2
        return y

class Exits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        print("last words", file=sys.stderr, flush=True)
        os._exit(7)

class Hangs(torch.nn.Module):
    def __init__(self):
        super().__init__()
        open("hanging", "w").close()
        while True:
            time.sleep(0.01)
"""

RECIPE = """\
schema_version = 1
[source]
file = "nets.py"
name = "{name}"
[[inputs]]
name = "x"
shape = [2, 3]
[export]
exporter = "trace"
output_path = "build/net.onnx"
dynamic = [{{ input = "x", axis = 0, name = "batch" }}]
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    for path in DEMO.glob("*.*"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch, workers: WorkerClient) -> Iterator[Path]:
    (folder / "nets.py").write_text(NETS, encoding="utf-8")
    for name in ("Net", "Branches", "Exits", "Hangs", "Missing"):
        (folder / f"{name}.toml").write_text(RECIPE.format(name=name), encoding="utf-8")
    monkeypatch.setattr(commands, "make_client", lambda: SharedClient(workers))
    monkeypatch.chdir(folder)
    yield folder
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def read_json(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def stages_of(data: dict[str, Any]) -> dict[str, str]:
    return {stage["stage"]: f"{stage['outcome']} {stage['verdict']}" for stage in data["stages"]}


def test_the_demo_passes_and_its_results_are_written(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = demo / "deep" / "er" / "results.json"
    stages = ["load", "export", "inspect", "check", "parity"]
    status = main(["run", str(demo / "demo.toml"), "--stages", ",".join(stages), "--json", str(out)])
    printed = capsys.readouterr()
    assert status == 0, printed
    data = read_json(out)
    assert stages_of(data) == dict.fromkeys(stages, "succeeded passed")
    assert (data["schema_version"], data["exit_status"]) == (1, 0)
    assert data["recipe_path"] == str(demo / "demo.toml")
    assert serde.decode(Recipe, data["recipe"]) == load_recipe(demo / "demo.toml")
    assert data["versions"]["modelpack_gui"] == __version__
    assert {"torch", "onnx", "onnxruntime", "worker_python"} <= set(data["versions"])
    kinds = [stage["result"]["kind"] for stage in data["stages"]]
    assert kinds == ["LoadReport", "ExportRecord", "GraphIndex", "CheckReport", "ParityReport"]
    cases = data["stages"][-1]["result"]["cases"]
    assert {case["sizes"]["batch"] for case in cases} >= {1, 2, 3, 5, 17}
    assert all(case["outputs"][0]["max_abs_diff"] < 1e-3 for case in cases)
    assert "✓ passed: Source, Export, Graph, Check, Parity" in printed.out
    assert "77,717 parameters" in printed.out
    assert "Parity: running" in printed.err
    assert [path.name for path in out.parent.iterdir()] == ["results.json"]


def test_the_batch_branch_demo_fails_parity_at_the_sizes_where_it_is_wrong(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = demo / "short_bench.toml"
    text = (demo / "batch_branch.toml").read_text(encoding="utf-8")
    bench = '[bench]\nrunners = ["onnxruntime"]\niterations = 10\nwarmup_runs = 1\n'
    recipe.write_text(f"{text}\n{bench}", encoding="utf-8")
    status = main(["run", str(recipe), "--stages", "load,export,check,parity,bench", "--json", "-"])
    printed = capsys.readouterr()
    assert status == 1, printed
    data = json.loads(printed.out)
    assert stages_of(data)["check"] == "succeeded passed"
    assert stages_of(data)["parity"] == "succeeded failed"
    verdicts = {(case["sizes"]["batch"], case["verdict"]) for case in data["stages"][3]["result"]["cases"]}
    assert verdicts == {(1, "passed"), (2, "passed"), (3, "failed"), (5, "failed"), (17, "failed")}
    assert "✕ failed: Parity" in printed.err
    assert "batch = 3" in printed.err
    assert stages_of(data)["bench"] == "succeeded passed"
    assert "their speed-up compares unlike things" in printed.err


def test_parity_of_an_artifact_can_be_judged_by_itself_and_with_other_tolerances(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parity", "Net.toml"]) == 2
    printed = capsys.readouterr()
    assert "There is no artifact" in printed.err
    assert "hint: Make it first: modelpack export Net.toml" in printed.err
    assert main(["export", "Net.toml", "-q"]) == 0
    capsys.readouterr()
    assert main(["parity", "Net.toml", "--sizes", "4", "--seeds", "0,9", "--json", "p.json", "-q"]) == 0
    report = read_json(project / "p.json")["stages"][0]["result"]
    assert {(case["sizes"]["batch"], case["seed"]) for case in report["cases"]} == {(2, 0), (2, 9), (4, 0), (4, 9)}
    assert main(["parity", "Net.toml", "--rtol", "-1"]) == 2
    assert "parity.rtol is out of range" in capsys.readouterr().err


def test_a_failed_parity_is_followed_layer_by_layer_to_the_line_and_to_a_repro(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "Branches.toml", "-q"]) == 0
    words = ["--sizes", "3", "--seeds", "0", "--layers", "--repro", "fault.zip", "--json", "p.json"]
    status = main(["parity", "Branches.toml", *words])
    printed = capsys.readouterr()
    assert status == 1, printed
    data = read_json(project / "p.json")
    assert data["layers"]["result"]["fault"]["place"]["file"] == str(project / "nets.py")
    assert data["layers"]["result"]["case"]["sizes"] == {"batch": 3}
    assert data["repro"]["result"]["verdict"] == "failed"
    assert (project / "fault.zip").stat().st_size == data["repro"]["result"]["size_bytes"]
    assert "<-- first fault" in printed.out
    assert "✕ 2 of 2, batch = 3: " in printed.err


def test_a_benchmark_without_an_artifact_measures_what_needs_none(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(
        [
            "bench",
            "Net.toml",
            "--runners",
            "eager",
            "--iterations",
            "30",
            "--warmup",
            "5",
            "--threads",
            "1",
            "--json",
            "b.json",
        ]
    )
    printed = capsys.readouterr()
    assert status == 0, printed
    assert "warning: There is no artifact" in printed.err
    report = read_json(project / "b.json")["stages"][0]["result"]
    assert [(runner["runner"], len(runner["latencies_ms"])) for runner in report["runners"]] == [("eager", 30)]
    assert report["threads"] == 1
    assert "baseline" in printed.out


def test_an_export_from_parts_needs_no_recipe(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ["--file", "nets.py", "--name", "Net", "--arg", "width=6", "--arg", "kind=large"]
    inputs = ["--input", "x:float32:2x3:-1:1", "--dynamic", "x:0=batch"]
    options = ["--exporter", "trace", "--opset", "17", "--output", "out/n.onnx", "--json", "e.json"]
    status = main(["export", *model, *inputs, *options])
    printed = capsys.readouterr()
    assert status == 0, printed
    data = read_json(project / "e.json")
    record = data["stages"][0]["result"]
    assert record["artifact"]["path"] == str(project / "out" / "n.onnx")
    assert record["artifact"]["opset_version"] == 17
    assert record["artifact"]["inputs"][0]["shape"] == ["batch", 3]
    assert record["artifact"]["outputs"][0]["shape"] == ["batch", 6]
    assert data["recipe"]["source"]["arguments"] == {"width": 6, "kind": "large"}
    assert "opset 17" in printed.out


def test_an_export_from_parts_can_leave_a_recipe_that_the_other_commands_run(project: Path) -> None:
    model = ["--file", "nets.py", "--name", "Net", "--exporter", "trace", "--input", "x:float32:2x3"]
    assert main(["export", *model, "--output", "sub/n.onnx", "--save-recipe", "sub/made.toml", "-q"]) == 0
    recipe = load_recipe(project / "sub" / "made.toml")
    assert recipe.export.output_path == "n.onnx"
    assert recipe.source.file == str(project / "nets.py")
    assert main(["check", "sub/n.onnx", "--recipe", "sub/made.toml", "-q"]) == 0


def test_options_override_the_recipe_and_paths_on_the_command_line_start_from_the_current_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = project / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    assert (
        main(["export", "../Net.toml", "--format", "torchscript", "--output", "net.pt", "-q", "--json", "e.json"])
        == 0
    )
    record = read_json(other / "e.json")["stages"][0]["result"]
    assert record["asked"]["format"] == "torchscript"
    assert (other / "net.pt").is_file()
    assert main(["export", "../Net.toml", "-q"]) == 0
    assert (project / "build" / "net.onnx").is_file()


def test_inspect_lists_the_nodes_that_hold_a_text_and_check_compares_with_the_recipe(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "Net.toml", "-q"]) == 0
    capsys.readouterr()
    assert main(["inspect", "build/net.onnx", "--nodes", "--filter", "GEMM"]) == 0
    printed = capsys.readouterr().out
    assert "1 node of 1" in printed
    assert main(["inspect", "build/net.onnx", "--filter", "no such thing"]) == 0
    assert "No node has 'no such thing' in it." in capsys.readouterr().out
    assert main(["inspect", "build/net.onnx", "--json", "-q"]) == 0
    graph = json.loads(capsys.readouterr().out)["stages"][0]["result"]
    assert graph["op_counts"] == {"Gemm": 1}
    assert main(["check", "build/net.onnx", "--json", "plain.json"]) == 0
    assert main(["check", "build/net.onnx", "--recipe", "Net.toml", "--json", "asked.json"]) == 0
    plain = read_json(project / "plain.json")["stages"][0]["result"]["rows"]
    asked = read_json(project / "asked.json")["stages"][0]["result"]["rows"]
    assert len(asked) > len(plain)
    text = (project / "Net.toml").read_text(encoding="utf-8").replace('"batch"', '"other"')
    (project / "Net.toml").write_text(text.replace("axis = 0", "axis = 1"), encoding="utf-8")
    assert main(["check", "build/net.onnx", "--recipe", "Net.toml"]) == 1
    assert "✕ failed: Check" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"this is not an onnx file at all"])
def test_a_file_that_is_no_artifact_is_bad_input(
    content: bytes, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bad.onnx").write_bytes(content)
    assert main(["inspect", "bad.onnx", "-q"]) == 2
    printed = capsys.readouterr()
    assert "error: " in printed.err
    assert "bad.onnx" in printed.err
    assert "hint: " in printed.err


@pytest.mark.parametrize(
    ("change", "code_part", "hint_part"),
    [
        (("[export]", "[exprot]"), "exprot is not a known key; did you mean 'export'?", "Correct the file"),
        (("[2, 3]", '"2x3"'), "inputs[0].shape expected a list, got '2x3'", "Correct the file"),
        (("schema_version = 1", "schema_version = 9"), "has schema_version 9", "Update modelpack-gui"),
        (("[source]", "[source"), "is not valid TOML", "at that line"),
        (('file = "nets.py"', ""), "bad.toml names no model", "Add file (or module) and name"),
        (('name = "Net"', ""), "No class or factory of nets.py is named", "Add name ="),
    ],
)
def test_a_recipe_with_a_fault_is_bad_input(
    change: tuple[str, str], code_part: str, hint_part: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = RECIPE.format(name="Net").replace(*change)
    (project / "bad.toml").write_text(text, encoding="utf-8")
    assert main(["run", "bad.toml", "--stages", "load", "-q"]) == 2
    printed = capsys.readouterr()
    assert code_part in printed.err
    assert f"  hint: {hint_part}" in printed.err or f" {hint_part}" in printed.err.split("  hint: ")[1]
    assert printed.out == ""


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["run", "none.toml"], "There is no recipe file none.toml"),
        (["run", "."], "is a folder, not a recipe file"),
        (["export"], "Neither a recipe nor a model is named"),
        (["export", "--file", "nets.py"], "No class or factory"),
        (["run", "Net.toml", "--json", "."], "--json . is a folder"),
        (["run", "Net.toml", "--json", "nets.py/r.json"], "--json nets.py/r.json cannot be written"),
        (["gui", "none.onnx"], "There is no file none.onnx"),
        (["bench", "Net.toml", "--artifact", "none.onnx"], "There is no artifact"),
    ],
)
def test_arguments_that_name_nothing_usable_are_bad_input_before_anything_runs(
    arguments: list[str], part: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert part in printed.err
    assert "hint: " in printed.err
    assert printed.out == ""


def test_a_class_that_is_missing_is_bad_input_and_what_rests_on_it_is_skipped(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "Missing.toml", "--json", "r.json"]) == 2
    printed = capsys.readouterr()
    assert "Missing" in printed.err
    assert "hint: " in printed.err
    data = read_json(project / "r.json")
    assert stages_of(data) == {"load": "failed failed"} | dict.fromkeys(
        ("export", "inspect", "check", "parity", "bench"), "skipped skipped"
    )
    error = data["stages"][0]["error"]
    assert error["code"]
    assert error["hint"]
    assert data["stages"][1]["reason"] == "Source did not succeed."
    assert data["stages"][2]["reason"] == "Export did not succeed."
    assert "– Export: skipped. Source did not succeed." in printed.out


def test_a_model_that_ends_the_process_is_a_crash(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "Exits.toml", "--stages", "load,check", "--json", "r.json", "--verbose"]) == 3
    printed = capsys.readouterr()
    data = read_json(project / "r.json")
    assert data["stages"][0]["outcome"] == "crashed"
    assert "7" in data["stages"][0]["error"]["message"]
    assert "last words" in printed.err
    assert "hint: " in printed.err


def test_an_interpreter_that_is_not_there_is_bad_input(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "Net.toml", "--interpreter", "./no/python", "--json", "r.json"]) == 2
    printed = capsys.readouterr()
    assert "no/python" in printed.err
    assert "hint: " in printed.err
    assert read_json(project / "r.json")["stages"][0]["outcome"] == "failed"
    assert main(["env", "--interpreter", "./no/python"]) == 2


def test_what_a_model_prints_does_not_get_into_the_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "Net.toml", "--stages", "load", "--json", "-", "--verbose"]) == 0
    printed = capsys.readouterr()
    assert stages_of(json.loads(printed.out)) == {"load": "succeeded passed"}
    assert "a model that prints 4 small" in printed.err


def test_env_shows_versions_exporters_and_runners(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env"]) == 0
    printed = capsys.readouterr().out
    for part in ("Python 3.", "torch", "onnxruntime", "dynamo", "eager"):
        assert part in printed


def interrupted(arguments: list[str], when: bytes, folder: Path) -> str:
    """Run the command line, send Ctrl+C when a line of its stderr holds `when`; gives its stdout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "modelpack_gui", *arguments]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    try:
        assert child.stderr is not None
        for line in child.stderr:
            if when in line:
                break
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 130, (out, err)
    assert b"Traceback" not in err
    return out.decode("utf-8")


no_signals = pytest.mark.skipif(os.name == "nt", reason="a console's Ctrl+C cannot be sent to one process there")


@no_signals
def test_ctrl_c_in_a_benchmark_prints_and_writes_what_was_measured(project: Path) -> None:
    options = ["--runners", "eager", "--iterations", "10000000", "--warmup", "3", "--json", "r.json"]
    printed = interrupted(["bench", "Net.toml", *options], b"Round", project)
    data = read_json(project / "r.json")
    assert stages_of(data) == {"bench": "cancelled skipped"}
    assert data["exit_status"] == 130
    runner = data["stages"][0]["result"]["runners"][0]
    assert 0 < len(runner["latencies_ms"]) < 10000000
    assert f"{runner['summary']['count']:,}" in printed
    assert "– Benchmark: cancelled" in printed


@no_signals
def test_ctrl_c_cancels_the_job_and_skips_the_rest(project: Path) -> None:
    printed = interrupted(["run", "Hangs.toml", "--json", "r.json"], b"Source:", project)
    assert "– Export: skipped. The run was cancelled." in printed
    data = read_json(project / "r.json")
    assert stages_of(data)["load"] == "cancelled skipped"
    assert stages_of(data)["export"] == "cancelled skipped"
    assert data["exit_status"] == 130


WITHOUT_QT = """
import sys
for name in ("PySide6", "shiboken6", "pyqtgraph"):
    sys.modules[name] = None
from modelpack_gui.cli import main
status = main(sys.argv[1:])
loaded = {name.partition(".")[0] for name, module in sys.modules.items() if module is not None}
assert not loaded & {"PySide6", "shiboken6", "pyqtgraph", "torch", "onnx", "onnxruntime"}, loaded
raise SystemExit(status)
"""


def run_without_qt(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WITHOUT_QT, *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
    )


def test_stages_run_where_qt_is_not_installed_and_the_command_imports_no_runtime_itself(project: Path) -> None:
    done = run_without_qt("run", "Net.toml", "--stages", "load,export", folder=project)
    assert done.returncode == 0, done.stderr
    assert (project / "build" / "net.onnx").is_file()


def test_the_window_without_qt_says_what_to_install(project: Path) -> None:
    done = run_without_qt("gui", folder=project)
    assert done.returncode == 2, done.stderr
    assert "which is not installed" in done.stderr
    assert "pip install PySide6-Essentials" in done.stderr


def test_a_reader_that_has_seen_enough_gets_no_traceback_and_a_status_that_claims_nothing(project: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "modelpack_gui", "env"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        err = child.stderr.read()
        assert child.wait(60) == READER_GONE, err
    assert b"BrokenPipe" not in err


@pytest.mark.parametrize("name", ["run", "export", "inspect", "check", "parity", "bench", "gui", "env"])
def test_the_help_of_every_command_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"examples:\n  modelpack {name}" in capsys.readouterr().out


def test_help_tells_the_exit_statuses_and_version_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "exit status:" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"modelpack {__version__}"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["rum"],
        ["run"],
        ["run", "a.toml", "--stages", "load,expotr"],
        ["run", "a.toml", "--stages", ","],
        ["export", "--input", "x:float32"],
        ["export", "--input", "x:float32:2xbig"],
        ["export", "--dynamic", "x=batch"],
        ["export", "--dynamic", "x:first=batch"],
        ["export", "--arg", "width"],
        ["export", "--format", "tflite"],
        ["parity", "a.toml", "--sizes", "1,two"],
    ],
)
def test_a_usage_error_is_bad_input(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage: modelpack" in capsys.readouterr().err


def test_the_window_command_hands_over_the_file_and_the_demo(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def window(argv: Sequence[str]) -> int:
        seen.append(list(argv))
        return 0

    app = ModuleType("modelpack_gui.ui.app")
    app.main = window  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "modelpack_gui.ui.app", app)
    assert main(["gui", "Net.toml"]) == 0
    assert main(["gui", "--demo"]) == 0
    assert main_gui(["--demo", "batch_branch"]) == 0
    assert main_gui([]) == 0
    assert seen == [[str(project / "Net.toml")], ["--demo", "demo"], ["--demo", "batch_branch"], []]

"""The command line with real workers: what its commands do with the demo and with parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelpack_gui import __version__
from modelpack_gui.cli import main
from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.core import serde
from modelpack_gui.core.recipe import Recipe
from tests.worker.cli.projects import read_json, stages_of


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
    assert stages_of(data)["bench"] in ("succeeded passed", "succeeded warning")  # the latter on a busy machine
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

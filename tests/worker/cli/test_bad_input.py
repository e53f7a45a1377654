"""Everything a user can get wrong, through the command line and a real worker: status, message, hint, code."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.cli import commands, main
from modelpack_gui.client.jobs import WorkerClient
from tests.fixtures.bad_input import BAD_CHECKPOINTS, NETS, recipe_text
from tests.worker.harness import SharedClient


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch, workers: WorkerClient) -> Iterator[Path]:
    monkeypatch.setattr(commands, "make_client", lambda: SharedClient(workers))
    monkeypatch.chdir(folder)
    (folder / "nets.py").write_text(NETS, encoding="utf-8")
    yield folder
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def failure(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    stage: str,
    status: int = 2,
    **changes: dict[str, Any] | list[Any],
) -> tuple[dict[str, str], str]:
    """Run one stage of a changed recipe, which must end with `status`; gives its error and what was on stderr."""
    (project / "r.toml").write_text(recipe_text(**changes), encoding="utf-8")
    assert main(["run", "r.toml", "--stages", stage, "--json", "r.json", "-q"]) == status
    printed = capsys.readouterr()
    error: dict[str, str] = json.loads((project / "r.json").read_text(encoding="utf-8"))["stages"][0]["error"]
    assert error["code"]
    assert error["hint"], error
    assert f"error: {error['message']}" in printed.err
    assert "  hint: " in printed.err or "  fix: " in printed.err  # of a known kind of trouble the ways out are listed
    assert "Traceback" not in printed.err
    return error, printed.err


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ({"name": "Missing"}, "Missing"),
        ({"name": "Abstract"}, "encode"),
        ({"name": "Raises"}, "no weights today"),
        ({"name": "Eats"}, "out of memory"),
        ({"name": "Leaves"}, "sys.exit"),
        ({"name": "NeedsWidth"}, "width"),
        ({"name": "not_a_model"}, "not_a_model"),
        ({"arguments": {"width": "wide"}}, "width"),
        ({"arguments": {"wdith": 3}}, "wdith"),
        ({"file": "none.py"}, "none.py"),
    ],
)
def test_a_model_that_cannot_be_constructed(
    source: dict[str, Any], part: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error, _ = failure(project, capsys, "load", source=source)
    assert part in error["message"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("class Net(:\n", "nets.py:1: invalid syntax"),
        ("import surely_not_installed\n", "surely_not_installed"),
        ("import os\nraise ValueError('at import')\n", "at import"),
    ],
)
def test_a_model_file_that_cannot_be_imported(
    text: str, part: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "nets.py").write_text(text, encoding="utf-8")
    error, _ = failure(project, capsys, "load")
    assert part in f"{error['message']} {error['details']}"
    assert "nets.py" in error["message"]


@pytest.mark.parametrize("kind", BAD_CHECKPOINTS)
def test_a_checkpoint_that_does_not_load_runs_nothing_from_it(
    kind: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    BAD_CHECKPOINTS[kind](project / "w.pt")
    error, _ = failure(project, capsys, "load", source={"checkpoint": {"path": "w.pt"}})
    assert error["code"].startswith("checkpoint-")
    assert not (project / "pwned").exists()


@pytest.mark.parametrize(
    "inputs",
    [
        [{"name": "x", "shape": [2, 4]}],
        [{"name": "x", "shape": []}],
        [{"name": "x", "shape": [2, 3], "dtype": "int64"}],
        [{"name": "x", "shape": [2, 3], "dtype": "float99"}],
        [{"name": "x", "shape": [2, 3], "low": 3.0, "high": 1.0}],
        [{"name": "x", "shape": [2, 3]}, {"name": "y", "shape": [2, 3]}],
    ],
    ids=["size", "rank", "dtype", "no-such-dtype", "range", "one-too-many"],
)
def test_example_inputs_that_the_model_does_not_take(
    inputs: list[Any], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failure(project, capsys, "load", inputs=inputs)


@pytest.mark.parametrize(
    ("export", "source", "part"),
    [
        ({"opset_version": 99}, {}, "99"),
        ({"opset_version": 2, "exporter": "dynamo"}, {}, "2"),
        ({"exporter": "fax"}, {}, "fax"),
        ({"exporter": "trace"}, {"name": "Unsupported"}, ""),
        ({"dynamic": [{"input": "z", "axis": 0, "name": "n"}]}, {}, "z"),
        ({"dynamic": [{"input": "x", "axis": 5, "name": "n"}]}, {}, "5"),
        ({"output_path": "."}, {}, "folder"),
        ({"output_path": "nets.py/o.onnx"}, {}, "nets.py is a file"),
    ],
    ids=["opset", "opset-dynamo", "exporter", "operator", "input", "axis", "folder", "below-a-file"],
)
def test_an_export_that_cannot_be_made_leaves_the_old_artifact(
    export: dict[str, Any], source: dict[str, Any], part: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "build").mkdir()
    (project / "build" / "net.onnx").write_bytes(b"the old one")
    error, _ = failure(project, capsys, "export", export=export, source=source)
    assert part in error["message"]
    assert (project / "build" / "net.onnx").read_bytes() == b"the old one"
    assert [path.name for path in (project / "build").iterdir()] == ["net.onnx"]


@pytest.mark.parametrize("stage", ["inspect", "check", "parity"])
@pytest.mark.parametrize(
    "content", [None, b"", b"\x08\x07garbage that is not a protobuf" * 9], ids=["none", "empty", "bad"]
)
def test_an_artifact_that_is_missing_or_damaged_never_passes(
    content: bytes | None, stage: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "build").mkdir()
    if content is not None:
        (project / "build" / "net.onnx").write_bytes(content)
    (project / "r.toml").write_text(
        'schema_version = 1\nsource = { file = "nets.py", name = "Net" }\ninputs = [{ name = "x", shape = [2, 3] }]\n'
        'export = { output_path = "build/net.onnx" }\n',
        encoding="utf-8",
    )
    assert main(["run", "r.toml", "--stages", stage, "-q"]) in (1, 2)
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    assert "net.onnx" in printed.out + printed.err
    assert "✕ failed" in printed.out


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_a_model_that_brings_the_worker_down_is_a_crash_and_the_next_run_is_well(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error, _ = failure(project, capsys, "load", status=3, source={"name": "Segfaults"})
    assert "SIGSEGV" in error["message"]
    (project / "ok.toml").write_text(
        'schema_version = 1\nsource = { file = "nets.py", name = "Net" }\n', encoding="utf-8"
    )
    assert main(["run", "ok.toml", "--stages", "load", "-q"]) == 0

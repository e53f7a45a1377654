"""`modelpack inspect` with real workers."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.cli import main


def _write(path: Path, width: int = 5, *, is_float64: bool = False) -> None:
    """MatMul, Relu and a second MatMul of a batch that is left open."""
    kind = TensorProto.DOUBLE if is_float64 else TensorProto.FLOAT
    dtype = np.float64 if is_float64 else np.float32
    weights = [
        numpy_helper.from_array(np.arange(4 * width, dtype=dtype).reshape(4, width), "first.weight"),
        numpy_helper.from_array(np.zeros((width, 2), dtype), "second.weight"),
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "first.weight"], ["a"], name="/first/MatMul"),
        helper.make_node("Relu", ["a"], ["b"], name="/first/Relu"),
        helper.make_node("MatMul", ["b", "second.weight"], ["y"], name="/second/MatMul"),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", kind, ["batch", 4])],
        [helper.make_tensor_value_info("y", kind, ["batch", 2])],
        weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the current folder."""
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "net.onnx")
    return tmp_path / "net.onnx"


def _json(capsys: pytest.CaptureFixture[str], *options: str, status: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["inspect", "net.onnx", "-q", "--json", *options]) == status
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return data


@pytest.mark.parametrize("sizes", [["--set", "batch=8"], ["--input", "x:float32:8x4"]], ids=["set", "input"])
def test_a_file_is_told_with_what_it_costs(sizes: list[str], net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(net), "-q", *sizes]) == 0
    out = capsys.readouterr().out
    assert "30 parameters (120 B), 240 MACs, 520 FLOPs, with batch = 8" in out
    assert "tensors take up to 320 B at a time, at Relu /first/Relu" in out


def test_a_size_that_the_file_does_not_have_is_refused(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(net), "-q", "--set", "bach=8"]) == 2
    assert "--set bach: the inputs leave no size of this name open." in (err := capsys.readouterr().err)
    assert "Choose of batch (x[0])." in err


def test_json_holds_nodes_ops_modules_and_initializers(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del net
    data = _json(capsys)
    assert [(node["op_type"], node["macs"]) for node in data["nodes"]] == [
        ("MatMul", 20),
        ("Relu", 0),
        ("MatMul", 10),
    ]
    assert data["ops"][0]["op_type"] == "MatMul"
    assert {row["path"]: row["macs"] for row in data["modules"]} == {"net": 30, "first": 20, "second": 10}
    assert [item["name"] for item in data["initializers"]] == ["first.weight", "second.weight"]
    assert "costs" not in data["costs"]  # the file of columns, which is gone
    assert data["costs"]["dims"] == [{"key": "batch", "places": ["x[0]"], "size": 1, "is_assumed": True}]
    assert data["stages"][0]["result"]["columns"] == ""


def test_csv_goes_to_stdout_alone(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(net), "-q", "--csv", "--modules", "--sort", "macs"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["path"] for row in rows] == ["net", "first", "second"]


def test_csv_goes_to_a_file(net: Path) -> None:
    assert main(["inspect", str(net), "-q", "--csv", "out/ops.csv", "--ops"]) == 0
    text = (net.parent / "out" / "ops.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0].startswith("op_type,domain,nodes,macs")


def test_weights_are_described(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del net
    (row,) = _json(capsys, "--stats", "--filter", "SECOND")["stats"]
    assert (row["name"], row["minimum"], row["maximum"], row["zeros"]) == ("second.weight", 0.0, 0.0, 10)


def test_nodes_are_found_by_their_fields(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(net), "-q", "--filter", "op:MatMul -module:first"]) == 0
    out = capsys.readouterr().out
    assert "1 node of 3" in out
    assert "/second/MatMul" in out


def test_two_files_are_compared(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(net.with_name("wide.onnx"), width=7)
    assert main(["inspect", str(net), "-q", "--diff", "wide.onnx"]) == 0
    assert "~ MatMul /first/MatMul" in capsys.readouterr().out
    compared = _json(capsys, "--diff", "wide.onnx")["compare"]
    assert compared["counts"]["changed"] > 0
    (changed, *_) = [node for node in compared["nodes"] if node["state"] == "changed"]
    assert changed["before"]["op_type"] == changed["after"]["op_type"]
    assert {change["aspect"] for change in changed["changes"]} >= {"weights"}


def test_a_check_that_finds_an_error_fails_the_command(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = _json(capsys, "--checks")
    assert data["checks"]["results"]
    model = onnx.load(net)
    model.graph.node[1].op_type = "NoSuchOperator"
    onnx.save(model, net)
    assert _json(capsys, "--checks", status=1)["exit_status"] == 1


def test_a_second_file_that_is_missing_is_bad_input(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(net), "-q", "--diff", "none.onnx"]) == 2
    assert "none.onnx" in capsys.readouterr().err


def test_other_viewers_get_their_files(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "net.onnx", "--node-data", "macs.json", "--netron", "net.attachment.json"]) == 0
    told = capsys.readouterr()
    assert "Wrote macs.json for Model Explorer" in told.err
    results = json.loads(Path("macs.json").read_text())["net"]["results"]
    assert {name: one["value"] for name, one in results.items()} == {
        "/first/MatMul": 20,
        "/first/Relu": 0,
        "/second/MatMul": 10,
    }
    attachment = json.loads(Path("net.attachment.json").read_text())
    assert attachment["signature"] == "netron:attachment"
    Path("taken").mkdir()
    assert main(["inspect", "net.onnx", "-q", "--node-data", "taken"]) == 2
    assert "taken" in capsys.readouterr().err

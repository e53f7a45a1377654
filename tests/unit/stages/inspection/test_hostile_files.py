"""Damaged and adversarial files: each gives an error with a hint, or a graph."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.inspection import stage
from tests.unit.stages.inspection.inspected import Inspected, inspect
from tests.unit.stages.inspection.mutated import LONGEST_S, mutated, whole

MUTATIONS, PARTS = 1000, 4
FLOAT = TensorProto.FLOAT


@pytest.mark.parametrize("part", range(PARTS))
def test_a_damaged_file_gives_an_error_or_a_graph(part: int, tmp_path: Path) -> None:
    count = MUTATIONS // PARTS
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.stages.inspection.mutated", str(tmp_path), str(part * count), str(count)],
        capture_output=True,
        text=True,
        timeout=4 * LONGEST_S,
        check=False,
    )
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"mutation {part * count + len(outcomes)}: {done.stderr[-2000:]}"
    known = {"graph", "graph, onnx crashed", "artifact-corrupt", "artifact-not-onnx", "artifact-empty"}
    assert [item for item in outcomes if item[2] not in known] == []
    counts = Counter(item[2] for item in outcomes)
    assert min(counts["graph"], counts["artifact-corrupt"]) > count // 5, "there are enough of both kinds"


def test_the_model_before_it_is_damaged_is_read_whole(tmp_path: Path) -> None:
    found = _read(whole(), tmp_path)
    assert (found.index.node_count, found.index.initializer_count) == (11, 6)
    assert found.index.shape_inference_error == ""
    assert found.index.notes == ()
    assert mutated(whole(), 7) == mutated(whole(), 7), "seeded"


def _read(model: Any, folder: Path) -> Inspected:
    path = folder / "hostile.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return inspect(path, folder / "columns")


def _model(nodes: list[Any], **options: Any) -> Any:
    options.setdefault("opset_imports", [helper.make_opsetid("", 20)])
    ports = [helper.make_tensor_value_info(name, FLOAT, [2]) for name in ("x", "y")]
    return helper.make_model(helper.make_graph(nodes, "g", ports[:1], ports[1:]), ir_version=10, **options)


def _cycle() -> Any:
    return [helper.make_node("Add", ["x", "b"], ["a"]), helper.make_node("Relu", ["a"], ["b"])]


def _self_loop() -> Any:
    return [helper.make_node("Add", ["y", "y"], ["y"])]


def _missing_inputs() -> Any:
    return [helper.make_node("Add", ["nowhere", ""], ["y"]), helper.make_node("Relu", ["neither"], [""])]


def _same_names() -> Any:
    return [helper.make_node("Relu", ["x"], ["x"], name="x"), helper.make_node("Relu", ["x"], ["y"], name="x")]


def _backwards() -> Any:
    return [helper.make_node("Relu", ["a"], ["y"]), helper.make_node("Relu", ["x"], ["a"])]


def _no_operator() -> Any:
    return [helper.make_node("", ["x"], ["y"], domain="\0"), helper.make_node("N" * 100_000, ["y"], ["z"])]


def _many_ports() -> Any:
    return [helper.make_node("Sum", ["x"] * 100_000, [f"o{i}" for i in range(1000)])]


@pytest.mark.parametrize(
    "nodes", [_cycle, _self_loop, _missing_inputs, _same_names, _backwards, _no_operator, _many_ports]
)
def test_a_graph_that_means_nothing_is_shown_as_it_is(nodes: Callable[[], list[Any]], tmp_path: Path) -> None:
    expected = nodes()
    found = _read(_model(expected), tmp_path)
    assert [(node.op_type, node.inputs, node.outputs) for node in found.nodes] == [
        (node.op_type, tuple(node.input), tuple(node.output)) for node in expected
    ]
    for value in range(found.graph.value_count):
        readers = found.graph.consumers(value)
        assert all(value in found.graph.inputs(node) for node in readers)


def test_graphs_in_graphs_are_read_as_deep_as_protobuf_goes(tmp_path: Path) -> None:
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "innermost", [], [])
    for _ in range(28):
        graph = helper.make_graph([helper.make_node("If", ["x"], ["y"], then_branch=graph)], "outer", [], [])
    found = _read(_model(list(graph.node)), tmp_path)
    assert found.index.op_counts == {"If": 28, "Relu": 1}
    assert [scope.parent for scope in found.graph.scopes] == list(range(-1, 28))
    assert found.graph.inputs(28)[0] == found.graph.scopes[0].inputs[0], "the innermost node reads the input of all"


def test_a_file_nested_deeper_than_protobuf_goes_is_an_error(tmp_path: Path) -> None:
    def field(number: int, content: bytes) -> bytes:
        length = len(content)
        sizes = bytearray()
        while length > 0x7F:
            sizes.append(length & 0x7F | 0x80)
            length >>= 7
        return bytes([number << 3 | 2, *sizes, length]) + content

    graph = field(1, field(4, b"Relu"))
    for _ in range(2000):
        graph = field(1, field(4, b"If") + field(5, field(1, b"then_branch") + field(6, graph) + b"\xa0\x01\x05"))
    with pytest.raises(UserError) as caught:
        _read(b"\x08\x0a" + field(7, graph) + field(8, b"\x10\x14"), tmp_path)
    assert caught.value.info.code == "artifact-corrupt"


def test_a_type_nested_in_types_is_spelled(tmp_path: Path) -> None:
    kind = helper.make_tensor_type_proto(FLOAT, [1])
    for _ in range(30):
        kind = helper.make_sequence_type_proto(kind)
    model = _model([helper.make_node("SequenceLength", ["list"], ["y"])])
    model.graph.input.append(helper.make_value_info("list", kind))
    assert _read(model, tmp_path).values["list"].dtype == f"{'sequence(' * 30}float32{')' * 30}"


def test_texts_of_megabytes_are_shortened_in_the_columns(tmp_path: Path) -> None:
    node = helper.make_node("Relu", ["x"], ["y"], doc_string="d" * 3_000_000, code="c" * 3_000_000)
    node.attribute.append(helper.make_attribute("list", list(range(200_000))))
    found = _read(_model([node]), tmp_path)
    assert Path(found.index.columns).stat().st_size < 20_000
    assert found.nodes[0].doc.endswith("… (3,000,000 characters)")
    assert [len(item.value) < 300 for item in found.nodes[0].attributes] == [True, True]


@pytest.mark.parametrize(
    "data", [b"\0", b"\x08\x07", b"\x08", b"PK\x03\x04 no archive", b"\xff" * 5000, b"<!DOCTYPE html>"]
)
def test_what_is_no_model_is_an_error_with_a_hint(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        _read(data, tmp_path)
    assert str(tmp_path / "hostile.onnx") in caught.value.info.message
    assert caught.value.info.hint


def test_a_file_that_is_no_model_is_refused_before_all_of_it_was_hashed(tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)  # of which the disk keeps nothing; hashing it takes an hour
    with pytest.raises(UserError) as caught:
        inspect(path, tmp_path / "columns")
    assert caught.value.info.code == "artifact-not-onnx"


def test_hashing_ends_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "_HASHED_AT_ONCE", 7)
    is_over = threading.Event()
    assert stage._digest(b"0123456789", is_over) == hashlib.sha256(b"0123456789").hexdigest()
    is_over.set()
    assert stage._digest(b"0123456789", is_over) == ""

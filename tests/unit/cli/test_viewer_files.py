from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelpack_gui.cli.viewer_files import VALUES, write_viewer_files
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.costs.node_costs import costs_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import InitializerInfo, NodeInfo, TensorInfo


@pytest.fixture
def graph() -> Graph:
    """Two products that read the same weight of 12 elements."""
    weight = InitializerInfo("w", "float32", (3, 4), 48)
    nodes = []
    for i in range(2):
        given = TensorInfo(f"y{i}", "float32", (2, 4))
        nodes.append(NodeInfo(i, "MatMul", "ai.onnx", f"product{i}", "", ("x", "w"), (given.name,), (given,)))
    return graph_of(nodes, [weight], [TensorInfo("x", "float32", (2, 3))], [], "net")


def test_both_files_are_written_and_told(tmp_path: Path, graph: Graph) -> None:
    explorer, netron = tmp_path / "colours.json", tmp_path / "attachment.json"
    told = write_viewer_files(graph, costs_of(graph), explorer, netron)
    assert [str(path) in line for path, line in zip((explorer, netron), told, strict=True)] == [True, True]
    results = json.loads(explorer.read_text())["net"]["results"]
    assert {key: one["value"] for key, one in results.items()} == {"product0": 24, "product1": 24}
    rows = json.loads(netron.read_text())["metrics"]
    totals = {row["name"]: row["value"] for row in rows if row["kind"] == "model"}
    assert totals["MACs, in all"] == 48
    assert totals["Parameters, in all"] == 12  # a weight that two nodes read counts once


@pytest.mark.parametrize("value", VALUES)
def test_every_value_can_be_chosen(tmp_path: Path, graph: Graph, value: str) -> None:
    write_viewer_files(graph, costs_of(graph), tmp_path / "f.json", None, value)
    assert json.loads((tmp_path / "f.json").read_text())["net"]["results"]


def test_without_costs_the_graph_itself_is_still_told(tmp_path: Path, graph: Graph) -> None:
    with pytest.raises(UserError) as caught:
        write_viewer_files(graph, None, tmp_path / "f.json", None)
    assert caught.value.info.code == "value-unknown"
    write_viewer_files(graph, None, tmp_path / "f.json", tmp_path / "n.json", "parameters")
    assert (tmp_path / "n.json").exists()


def test_nothing_is_written_that_was_not_asked_for(tmp_path: Path, graph: Graph) -> None:
    assert write_viewer_files(graph, None, None, None) == []
    assert list(tmp_path.iterdir()) == []

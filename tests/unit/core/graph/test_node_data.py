from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.builder import GraphBuilder, graph_of
from modelpack_gui.core.graph.columns import floats, read_columns
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.node_data.model_explorer import model_explorer_json
from modelpack_gui.core.graph.node_data.netron import netron_json
from modelpack_gui.core.graph.node_data.reading import NodeDataError, TimedNode, read_results, timed
from modelpack_gui.core.graph.overlay import Overlay, numbered
from modelpack_gui.core.records import NodeDataReport, NodeDataRequest, NodeInfo, TensorInfo
from modelpack_gui.stages.inspection import node_data

OPS = ("Conv", "Relu", "Gemm")


def a_node(index: int, op_type: str, name: str) -> NodeInfo:
    given = TensorInfo(f"t{index}", "float32", (2,))
    return NodeInfo(index, op_type, "ai.onnx", name, "", ("x",), (given.name,), (given,))


@pytest.fixture
def graph() -> Graph:
    """Conv and Relu have names; the Gemm has none, and gives t2."""
    nodes = [a_node(i, op, "" if op == "Gemm" else f"node_{op}") for i, op in enumerate(OPS)]
    return graph_of(nodes, graph_name="main_graph")


def latency(values: tuple[float, ...] = (10.0, math.nan, 30.0), **more: Any) -> Overlay:
    return Overlay("time", "Latency", "us", "sequential", floats(values), combine="sum", **more)


def read_file(folder: Path, graph: Graph, data: Any) -> tuple[NodeDataReport, dict[str, Any]]:
    path, columns = folder / "run.json", folder / "graph.columns"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    graph.write(columns)
    report = node_data.run(NodeDataRequest(str(path), str(columns), str(folder)), PlainContext())
    return report, {name: list(column) for name, column in read_columns(Path(report.columns)).items()}


def test_model_explorer_finds_nodes_by_name_or_by_what_they_give(graph: Graph) -> None:
    made = json.loads(model_explorer_json(graph, latency()))
    results = made["main_graph"]["results"]
    assert {key: one["value"] for key, one in results.items()} == {"node_Conv": 10, "t2": 30}
    stops = [item["stop"] for item in made["main_graph"]["gradient"]]
    assert (stops[0], stops[-1]) == (0.0, 1.0)


def test_colours_of_a_logarithmic_scale_and_of_categories_are_given_node_by_node(graph: Graph) -> None:
    made = json.loads(model_explorer_json(graph, latency((1.0, 100.0, 10000.0), is_log=True)))["main_graph"]
    colors = [made["results"][key]["bgColor"] for key in ("node_Conv", "node_Relu", "t2")]
    assert "gradient" not in made
    assert colors[0] == "#440154"
    assert colors[2] == "#fde725"
    assert len(set(colors)) == 3
    kinds = numbered("op-type", "Op type", OPS, "")
    named = json.loads(model_explorer_json(graph, kinds))["main_graph"]["results"]
    assert named["node_Relu"]["value"] == "Relu"
    assert named["node_Relu"]["bgColor"] != named["node_Conv"]["bgColor"]


def test_nodes_of_functions_have_a_graph_of_their_own_and_those_of_subgraphs_none() -> None:
    builder = GraphBuilder("net")
    builder.add_node(a_node(0, "If", "if"))
    builder.add_node(a_node(1, "Neg", "inside"), builder.add_scope("node 0 / then_branch", "subgraph", 0, 0))
    builder.add_node(a_node(2, "Add", "body"), builder.add_scope("function my::Twice", "function"))
    made = json.loads(model_explorer_json(builder.finish(), latency((1.0, 2.0, 3.0))))
    assert {key: list(one["results"]) for key, one in made.items()} == {
        "net": ["if"],
        "[function]my::Twice": ["body"],
    }


def test_netron_shows_numbers_as_metrics_and_categories_as_metadata(graph: Graph) -> None:
    made = json.loads(netron_json(graph, [latency(), numbered("op-type", "Op type", OPS, "")]))
    assert made["signature"] == "netron:attachment"
    assert made["metrics"] == [
        {"kind": "node", "target": "node_Conv", "name": "Latency (µs)", "value": 10},
        {"kind": "value", "target": "t2", "name": "Latency (µs)", "value": 30},
        {"kind": "model", "target": "", "name": "Latency (µs), in all", "value": 40},
    ]
    assert [row["value"] for row in made["metadata"]] == list(OPS)


@pytest.mark.parametrize("write", [model_explorer_json, lambda graph, overlay: netron_json(graph, [overlay])])
def test_what_is_written_can_be_read_again(tmp_path: Path, graph: Graph, write: Any) -> None:
    report, columns = read_file(tmp_path, graph, write(graph, latency()))
    assert [one.combine for one in report.overlays] == ["sum" if "Latency" in report.overlays[0].title else "max"]
    values = columns[report.overlays[0].column]
    assert (values[0], math.isnan(values[1]), values[2]) == (10.0, True, 30.0)
    assert (report.nodes, report.unmatched_count) == (2, 0)


def test_a_profile_of_onnxruntime_gives_the_mean_of_its_runs_and_says_what_is_lost(
    tmp_path: Path, graph: Graph
) -> None:
    def event(name: str, start: int, took: int, op: str = "") -> dict[str, Any]:
        return {"cat": "Node" if op else "Session", "name": name, "ts": start, "dur": took, "args": {"op_name": op}}

    events = [
        event("model_run", 0, 100), event("model_run", 200, 100),
        event("node_Conv_kernel_time", 1, 20, "Conv"), event("node_Conv_kernel_time", 201, 40, "Conv"),
        event("fused_7_kernel_time", 50, 10, "FusedGemm"), event("fused_7_kernel_time", 250, 10, "FusedGemm"),
    ]  # fmt: skip
    report, columns = read_file(tmp_path, graph, events)
    assert columns["values_0"][0] == 30.0
    assert report.overlays[0].unit == "us"
    assert report.unmatched == ("fused_7",)
    assert "25 % of the time" in report.overlays[0].note
    assert "2 runs" in report.overlays[0].note


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("node_Conv_nchwc", 0),
        ("t1_nchwc", 1),
        ("node_Conv/MatMulScaleFusion//MatmulTransposeFusion/", 0),
        ("node_Relu/FusedThing_token_12", 1),
        ("node_Conv/other", -1),
        ("_token_3", -1),
    ],
)
def test_a_node_that_the_runtime_made_of_another_counts_for_that_one(graph: Graph, name: str, node: int) -> None:
    nodes = [TimedNode(name, "X", 99, 5.0), TimedNode("t2", "Gemm", 2, 1.0)]
    found = timed(nodes, graph, "run", 1)
    known = [place for place, value in enumerate(found.overlays[0].values) if value == 5.0]
    assert known == ([node] if node >= 0 else [])


def test_a_plain_object_of_names_and_numbers_or_texts_is_read(tmp_path: Path, graph: Graph) -> None:
    report, columns = read_file(tmp_path, graph, {"node_Conv": 3, "t1": "-2", "elsewhere": 1})
    assert report.overlays[0].scale == "diverging"
    assert columns["values_0"][:2] == [3.0, -2.0]
    assert (report.unmatched, report.unmatched_count) == (("elsewhere",), 1)
    texts = read_results({"node_Conv": "int8", "t1": "fp16"}, graph, "kinds").overlays[0]
    assert [texts.text(value) for value in texts.values] == ["int8", "fp16", ""]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("{", "node-data-unreadable"),
        ("[" * 100_000, "node-data-unreadable"),
        ([], "node-data-unknown"),
        ([{"cat": "Node", "name": "x_kernel_time"}], "node-data-unknown"),
        ([1, "x"], "node-data-unknown"),
        ({}, "node-data-unknown"),
        ({"elsewhere": 1}, "node-data-unknown"),
        ({"a": [1]}, "node-data-unknown"),
        ({"signature": "netron:attachment", "metrics": [1, {"kind": "node"}]}, "node-data-unknown"),
        ("7", "node-data-unknown"),
    ],
)
def test_files_that_tell_nothing_say_why(tmp_path: Path, graph: Graph, data: Any, code: str) -> None:
    with pytest.raises(UserError) as caught:
        read_file(tmp_path, graph, data)
    assert caught.value.info.code == code
    assert caught.value.info.hint
    assert code != "node-data-unreadable" or caught.value.info.hint.startswith("Choose node data")


def test_a_file_that_is_gone_says_so(tmp_path: Path, graph: Graph) -> None:
    graph.write(tmp_path / "graph.columns")
    request = NodeDataRequest(str(tmp_path / "gone.json"), str(tmp_path / "graph.columns"), str(tmp_path))
    with pytest.raises(UserError):
        node_data.run(request, PlainContext())


def test_values_over_many_orders_of_magnitude_are_told_apart_by_their_logarithm(graph: Graph) -> None:
    small = read_results({"node_Conv": 1, "node_Relu": 5}, graph, "x").overlays[0]
    large = read_results({"node_Conv": 1, "node_Relu": 50_000}, graph, "x").overlays[0]
    assert (small.is_log, large.is_log) == (False, True)


def test_a_long_name_of_a_file_makes_a_short_head_of_a_column(graph: Graph) -> None:
    found = timed([TimedNode("node_Conv", "Conv", 0, 1.0)], graph, "ort_2026-11-30_12-55-08_957.json", 1)
    assert found.overlays[0].title == "Time in ort_2026…-08_957"
    assert read_results({"node_Conv": 1}, graph, "run.json").overlays[0].title == "run"


def test_results_of_another_model_are_refused(graph: Graph) -> None:
    with pytest.raises(NodeDataError, match="2 names"):
        read_results({"main": {"results": {"a": {"value": 1}, "b": {"value": 2}}}}, graph, "x")


def test_results_keep_the_name_that_model_explorer_shows(graph: Graph) -> None:
    written = json.loads(model_explorer_json(graph, latency()))
    names = {results["name"] for results in written.values()}
    assert len(names) == 1
    assert {overlay.title for overlay in read_results(written, graph, "run.json").overlays} == names
    alone = {"name": "Error", "results": {"node_Conv": {"value": 1}}}
    assert read_results(alone, graph, "run.json").overlays[0].title == "Error"


@pytest.mark.parametrize("name", ["other" + "/" * 100_000, "/" + "fused" * 20_000 + "!"])
def test_a_name_made_to_take_for_ever_is_one_that_is_not_known(graph: Graph, name: str) -> None:
    with pytest.raises(NodeDataError):
        timed([TimedNode(name, "Relu", 0, 5.0)], graph, "p.json", 1)


def test_a_number_that_no_float_holds_is_endless(graph: Graph) -> None:
    (overlay,) = read_results({"node_Relu": 10**400}, graph, "r.json").overlays
    assert math.inf in overlay.values

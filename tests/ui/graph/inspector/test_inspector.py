from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.builder import GraphBuilder, graph_of
from modelpack_gui.core.records import (
    AttributeDoc,
    AttributeInfo,
    DetailRow,
    GraphDetails,
    GraphDetailsRequest,
    GraphIndex,
    InitializerInfo,
    NodeInfo,
    OperatorDocs,
    OperatorDocsRequest,
    ParameterDoc,
    Request,
    TensorInfo,
    TensorStatsRequest,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.inspector.docs_sections import docs_sections
from modelpack_gui.ui.graph.inspector.group_inspection import group_inspection
from modelpack_gui.ui.graph.inspector.inspector import GraphInspector
from modelpack_gui.ui.graph.inspector.node_inspection import node_inspection
from modelpack_gui.ui.graph.inspector.targets import TensorValues
from modelpack_gui.ui.graph.inspector.value_inspection import value_inspection
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, ValuePick
from modelpack_gui.ui.inspection import Inspection, Property, Section
from tests.ui.fake_client import FakeClient
from tests.ui.graph.opening import open_index
from tests.ui.graph.records import small_graph, stats, stored

CONV = OperatorDocs(
    "Conv",
    "ai.onnx",
    source="onnx 1.23",
    since_version=11,
    newest_version=22,
    text="The convolution operator.",
    inputs=(ParameterDoc("X", "the data"), ParameterDoc("W", "the filter"), ParameterDoc("B", "", (), "optional")),
    outputs=(ParameterDoc("Y"),),
    attributes=(
        AttributeDoc("group", "number of groups", "INT", "1"),
        AttributeDoc("kernel_shape", "size of the kernel", "INTS"),
    ),
    link="https://onnx.ai/Conv.html",
)


@pytest.fixture
def index(tmp_path: Path) -> GraphIndex:
    return small_graph(tmp_path)


@pytest.fixture
def seen(controller: Controller) -> list[Inspection]:
    found: list[Inspection] = []
    controller.inspected.connect(found.append)
    return found


@pytest.fixture
def inspector(
    qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path, index: GraphIndex
) -> GraphInspector:
    made = GraphInspector(controller, controller)
    open_index(qtbot, controller, client, tmp_path, index)
    return made


def section(inspection: Inspection, title: str) -> Section:
    return next(item for item in inspection.sections if item.title == title)


def rows(part: Section) -> dict[str, str]:
    return {item.name: item.value for item in part.properties}


def row(part: Section, name: str) -> Property:
    return next(item for item in part.properties if item.name == name)


def test_whoever_selects_a_node_fills_the_inspector(
    inspector: GraphInspector, controller: Controller, seen: list[Inspection]
) -> None:
    controller.graph.selection.select(NodePick(0))
    assert (seen[-1].title, seen[-1].subtitle) == ("Conv", "node_Conv_0")
    assert rows(section(seen[-1], "Operator")) == {"Documentation": "looking it up…"}


def test_the_operator_is_looked_up_at_the_models_opset_and_once(
    qtbot: QtBot, inspector: GraphInspector, controller: Controller, client: FakeClient, seen: list[Inspection]
) -> None:
    client.answers["operator-docs"] = CONV
    controller.graph.selection.select(NodePick(0))
    qtbot.waitUntil(lambda: "Since opset" in rows(section(seen[-1], "Operator")))
    assert client.last("operator-docs").request == OperatorDocsRequest("Conv", "ai.onnx", 20)
    operator = section(seen[-1], "Operator")
    assert rows(operator)["Changed in"] == "opset 22"
    assert operator.text == "The convolution operator."
    assert row(section(seen[-1], "Inputs"), "W = conv.weight").meaning == "W: the filter"
    attributes = section(seen[-1], "Attributes")
    assert rows(attributes) == {"kernel_shape": "[3, 3]", "group": "1  (default)"}
    assert row(attributes, "kernel_shape").meaning == "size of the kernel"
    controller.graph.selection.select(NodePick(2))
    assert rows(section(seen[-1], "Operator"))["Since opset"] == "11"  # without asking again
    assert len([job for job in client.jobs if job.stage == "operator-docs"]) == 1


def test_a_tensor_between_two_nodes_tells_who_makes_and_who_reads_it(
    inspector: GraphInspector, controller: Controller, seen: list[Inspection]
) -> None:
    graph = controller.graph.graph
    assert graph is not None
    controller.graph.selection.select(ValuePick(graph.value_named("v0")))
    assert (seen[-1].title, seen[-1].subtitle) == ("v0", "tensor")
    maker, reader = section(seen[-1], "Made by").properties[0], section(seen[-1], "Read by").properties[0]
    assert (maker.name, reader.name) == ("0 Conv", "1 Relu")
    inspector.follow(reader.target)
    assert controller.graph.selection.current == NodePick(1)
    assert seen[-1].title == "Relu"


def test_an_initializer_shows_its_statistics_and_offers_its_values(
    qtbot: QtBot, inspector: GraphInspector, controller: Controller, client: FakeClient, seen: list[Inspection]
) -> None:
    client.answers["tensor-stats"] = stats("head.weight")
    graph = controller.graph.graph
    assert graph is not None
    value = graph.value_named("head.weight")
    controller.graph.selection.select(ValuePick(value))
    qtbot.waitUntil(lambda: rows(section(seen[-1], "Values")).get("Mean") == "0.500")
    assert rows(section(seen[-1], "Initializer"))["Stored in"] == "shapes.onnx.data"
    button = section(seen[-1], "Values").actions[0]
    assert button.target == TensorValues(value)
    with qtbot.waitSignal(controller.graph.tensor_wanted) as wanted:
        inspector.follow(button.target)
    assert wanted.args == [value]


def test_a_group_tells_what_is_in_it_and_what_passes_its_border(
    inspector: GraphInspector, controller: Controller, seen: list[Inspection]
) -> None:
    graph = controller.graph.graph
    assert graph is not None
    group = graph.ints("node_group")[1]
    controller.graph.selection.select(GroupPick(group))
    assert seen[-1].title == graph.groups[group].title
    assert rows(section(seen[-1], "Takes")) == {"v0": "float32  batch × 16 × 32 × 32"}
    assert rows(section(seen[-1], "Gives")) == {"v1": "float32  batch × 16 × 31 × 32"}
    assert rows(section(seen[-1], "Operators")) == {"Relu": "1"}
    root = group_inspection(graph, 0)
    assert rows(section(root, "Group"))["Nodes"] == "12"
    assert rows(section(root, "Takes")) == {"image": "float32  batch × 3 × 32 × 32"}
    assert rows(section(root, "Gives")) == {"logits": "float32  batch × 5"}


def test_others_add_what_they_know(inspector: GraphInspector, controller: Controller, seen: list[Inspection]) -> None:
    inspector.add_sections(lambda pick: (Section("Cost", (Property("MACs", "12"),)),) if pick == NodePick(1) else ())
    controller.graph.selection.select(NodePick(1))
    assert rows(section(seen[-1], "Cost")) == {"MACs": "12"}
    controller.graph.selection.select(NodePick(2))
    assert "Cost" not in [one.title for one in seen[-1].sections]


def test_an_operator_that_nobody_knows_says_so() -> None:
    part = docs_sections(OperatorDocs("Foo", "my.domain"), 1)[0]
    assert "my.domain.Foo" in part.text


def test_subgraphs_and_functions_can_be_entered_and_left() -> None:
    builder = GraphBuilder("main")

    def node(index: int, op_type: str, output: str, domain: str = "ai.onnx", subgraph: str = "") -> NodeInfo:
        info = TensorInfo(output, "float32", (2,))
        return NodeInfo(index, op_type, domain, "", "", ("x",), (output,), (info,), subgraph=subgraph)

    builder.add_ports(0, [TensorInfo("x", "float32", (2,))], ())
    builder.add_node(node(0, "If", "y"))
    inner = builder.add_scope("node 0 / then_branch", "subgraph", 0, 0)
    builder.add_node(node(1, "Neg", "z"), inner)
    builder.add_node(node(2, "Twice", "w", "my"))
    function = builder.add_scope("function my::Twice", "function")
    builder.add_node(node(3, "Add", "v"), function)
    graph = builder.finish()
    facts = section(node_inspection(graph, 0), "Node")
    assert row(facts, "Subgraph").target == GroupPick(graph.root_group(inner))
    assert rows(facts)["Subgraph"] == "then_branch"
    inside = section(node_inspection(graph, 1), "Node")
    assert row(inside, "Inside").target == NodePick(0)
    assert row(section(node_inspection(graph, 2), "Node"), "Calls").target == GroupPick(graph.root_group(function))
    branch = group_inspection(graph, graph.root_group(inner))
    assert (branch.title, branch.subtitle) == ("node 0 / then_branch", "subgraph")
    assert row(section(branch, "Group"), "Belongs to").target == NodePick(0)


def test_a_constant_that_very_many_nodes_read_lists_some_and_counts_the_rest() -> None:
    builder = GraphBuilder()
    builder.add_initializer(InitializerInfo("one", "float32", (), 4))
    for i in range(1000):
        out = TensorInfo(f"v{i}", "float32", ())
        builder.add_node(NodeInfo(i, "Add", "ai.onnx", "", "", ("one", "one"), (out.name,), (out,)))
    graph = builder.finish()
    readers = section(value_inspection(graph, graph.value_named("one")), "Read by").properties
    assert (len(readers), readers[-1].value) == (201, "800 more")


def test_an_attribute_that_was_shortened_offers_all_of_it() -> None:
    builder = GraphBuilder()
    attributes = (AttributeInfo("code", "STRING", "abc… (9000 characters)"), AttributeInfo("axis", "INT", "1"))
    builder.add_node(NodeInfo(0, "Foo", "my", "", "", (), (), (), attributes))
    actions = section(node_inspection(builder.finish(), 0), "Attributes").actions
    assert [action.title for action in actions] == ["Show all of code"]


def test_the_file_is_asked_for_what_the_graph_leaves_out(
    qtbot: QtBot, inspector: GraphInspector, controller: Controller, client: FakeClient, seen: list[Inspection]
) -> None:
    def answer(request: Request) -> GraphDetails:
        assert isinstance(request, GraphDetailsRequest)
        return GraphDetails(
            request,
            attributes=(AttributeInfo("kernel_shape", "INTS", "[3, 3, 1]"),),
            facts=(DetailRow("overload", "out"),),
            metadata={"namespace": "Net/stages"},
            doc="by the exporter",
        )

    client.answers["graph.details"] = answer
    controller.graph.selection.select(NodePick(0))
    qtbot.waitUntil(lambda: "In the file" in [one.title for one in seen[-1].sections])
    assert client.last("graph.details").request == GraphDetailsRequest("/models/shapes.onnx", "node", 0)
    assert rows(section(seen[-1], "In the file")) == {"Overload": "out"}
    assert rows(section(seen[-1], "Metadata of the file")) == {"namespace": "Net/stages"}
    assert section(seen[-1], "Note in the file").text == "by the exporter"
    assert rows(section(seen[-1], "Attributes")) == {"kernel_shape": "[3, 3, 1]"}  # in full


@pytest.mark.parametrize(
    ("name", "request_of"),
    [
        ("v0", GraphDetailsRequest("/models/shapes.onnx", "value", 0, "v0")),
        ("conv.bias", GraphDetailsRequest("/models/shapes.onnx", "initializer", 1)),
    ],
)
def test_tensors_are_looked_up_in_the_file_too(
    qtbot: QtBot,
    inspector: GraphInspector,
    controller: Controller,
    client: FakeClient,
    name: str,
    request_of: GraphDetailsRequest,
) -> None:
    graph = controller.graph.graph
    assert graph is not None
    controller.graph.selection.select(ValuePick(graph.value_named(name)))
    qtbot.waitUntil(lambda: any(job.stage == "graph.details" for job in client.jobs))
    assert client.last("graph.details").request == request_of


def test_a_giant_tensor_is_read_only_when_that_is_asked_for(
    qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path, seen: list[Inspection]
) -> None:
    inspector = GraphInspector(controller, controller)
    builder = GraphBuilder()
    builder.add_initializer(InitializerInfo("giant", "float32", (1_000_000, 1000), 4_000_000_000, "m.data"))
    index = stored(small_graph(tmp_path).artifact, builder.finish(), tmp_path)
    client.answers["inspect"] = index
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.graph.index is index)
    controller.graph.selection.select(ValuePick(0))
    values = section(seen[-1], "Values")
    assert rows(values) == {"Statistics": "not made: 4.00 GB are to be read"}
    qtbot.waitUntil(lambda: any(job.stage == "graph.details" for job in client.jobs))
    assert not any(job.stage == "tensor-stats" for job in client.jobs)
    client.answers["tensor-stats"] = stats("giant")
    inspector.follow(values.actions[0].target)
    qtbot.waitUntil(lambda: "Mean" in rows(section(seen[-1], "Values")))


def test_a_constant_shows_what_it_gives(
    qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path, seen: list[Inspection]
) -> None:
    GraphInspector(controller, controller)
    given = TensorInfo("c", "float32", (4,))
    graph = graph_of([NodeInfo(0, "Constant", "ai.onnx", "", "", (), ("c",), (given,))])
    index = stored(small_graph(tmp_path).artifact, graph, tmp_path)
    client.answers |= {"inspect": index, "tensor-stats": stats("c")}
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.graph.index is index)
    controller.graph.selection.select(NodePick(0))
    qtbot.waitUntil(lambda: "Mean" in rows(section(seen[-1], "Values of c")))
    assert client.last("tensor-stats").request == TensorStatsRequest(index.artifact.path, "c")


def test_all_of_a_long_attribute_is_shown_when_that_is_asked_for(
    qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path, seen: list[Inspection]
) -> None:
    inspector = GraphInspector(controller, controller)
    long = AttributeInfo("kernel_shape", "STRING", "abc… (9000 characters)")
    index = small_graph(tmp_path, lambda node: dataclasses.replace(node, attributes=(long,)))
    client.answers["inspect"] = index
    client.answers["graph.details"] = GraphDetails(
        GraphDetailsRequest("", "node"), attributes=(AttributeInfo("kernel_shape", "STRING", "abc" * 3000),)
    )
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.graph.index is index)
    controller.graph.selection.select(NodePick(0))
    inspector.follow(section(seen[-1], "Attributes").actions[0].target)
    qtbot.waitUntil(lambda: section(seen[-1], "Attribute kernel_shape").text == "abc" * 3000)


def test_while_times_are_measured_it_says_what_the_values_wait_for(
    inspector: GraphInspector, controller: Controller, seen: list[Inspection]
) -> None:
    controller.jobs.run("bench", TensorStatsRequest("", ""), "Benchmark", lambda _ended: None)
    controller.graph.selection.select(NodePick(0))
    assert section(seen[-1], "Values of conv.weight").text.startswith("Waiting for “Benchmark” to end")

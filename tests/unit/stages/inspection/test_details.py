"""All that a file says of one part of its graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import GraphDetails, GraphDetailsRequest, GraphPart
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.inspection.details import run
from tests.unit.stages.inspection.inspected import inspect
from tests.unit.stages.inspection.mutated import whole


@pytest.fixture
def model() -> Any:
    return onnx.load_model_from_string(whole())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.onnx"


def _look_up(path: Path, part: GraphPart, number: int = 0, name: str = "") -> GraphDetails:
    return run(GraphDetailsRequest(str(path), part, number, name), PlainContext())


def _facts(details: GraphDetails) -> dict[str, str]:
    return {row.name: row.text for row in details.facts}


def test_attributes_come_in_full(path: Path, model: Any) -> None:
    node = model.graph.node[6]
    node.attribute.append(helper.make_attribute("list", list(range(500))))
    node.attribute.append(helper.make_attribute("code", "c" * 5000))
    path.write_bytes(model.SerializeToString())
    number = next(item.index for item in inspect(path, path.parent).nodes if item.op_type == "Conv")
    details = _look_up(path, "node", number)
    listed, code, padding = (details.attribute(name) for name in ("list", "code", "auto_pad"))
    assert listed is not None
    assert listed.value == str(list(range(500)))
    assert code is not None
    assert code.value == "c" * 5000
    assert padding is not None
    assert padding.value == "SAME_UPPER"


def test_every_node_scope_and_initializer_is_found_by_its_number(path: Path, model: Any) -> None:
    step = model.training_info.add().algorithm
    step.CopyFrom(helper.make_graph([helper.make_node("Abs", ["y"], ["loss"])], "step", [], []))
    path.write_bytes(model.SerializeToString())
    found = inspect(path, path.parent)
    for node in found.nodes:
        names = [item.name for item in _look_up(path, "node", node.index).attributes]
        assert names == [item.name for item in node.attributes]
    titles = [_facts(_look_up(path, "scope", scope.index))["name"] for scope in found.graph.scopes]
    assert titles == ["net", "else", "then", "Twice", "step"]
    for number, item in enumerate(found.initializers):
        kept = _facts(_look_up(path, "initializer", number)).get("kept in", "")
        assert bool(kept) == (item.external == "")
    for part, count in (("node", len(found.nodes)), ("initializer", len(found.initializers)), ("scope", 5)):
        with pytest.raises(UserError, match="any more"):
            _look_up(path, part, count)  # type: ignore[arg-type] # of the three


def test_notes_metadata_and_annotations_are_read(path: Path, model: Any) -> None:
    graph = model.graph
    graph.doc_string = "all of it"
    graph.input[0].doc_string = "an image"
    graph.input[0].type.denotation = "IMAGE"
    graph.input[0].type.tensor_type.shape.dim[0].denotation = "DATA_BATCH"
    graph.initializer[0].metadata_props.add(key="trained", value="long")
    graph.node[0].attribute.append(helper.make_attribute("a", 1, doc_string="why"))
    annotation = graph.quantization_annotation.add(tensor_name="m")
    annotation.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="m_scale")
    training = model.training_info.add()
    training.update_binding.add(key="weight", value="new_weight")
    path.write_bytes(model.SerializeToString())
    assert _look_up(path, "scope").doc == "all of it"
    value = _look_up(path, "value", name="x")
    assert (value.doc, _facts(value)) == (
        "an image",
        {"declared type": "float32 n × 4", "denotation": "IMAGE", "axes": "DATA_BATCH, "},
    )
    assert _facts(_look_up(path, "value", name="m")) == {"quantised with: SCALE_TENSOR": "m_scale"}
    assert _look_up(path, "initializer").metadata == {"trained": "long"}
    assert _facts(_look_up(path, "node"))["a (note)"] == "why"
    assert _look_up(path, "node").metadata == {"pkg.torch.onnx.name_scopes": "['', 'fc', 'matmul']"}
    facts = _facts(_look_up(path, "model"))
    assert facts["local function"] == "my::Twice, 1 nodes, ai.onnx 20"
    assert facts["training 0: updates"] == "weight = new_weight"


def test_the_place_of_an_external_tensor_and_the_parts_of_a_sparse_one_are_told(path: Path, model: Any) -> None:
    path.write_bytes(model.SerializeToString())
    names = [item.name for item in inspect(path, path.parent).initializers]
    far = _facts(_look_up(path, "initializer", names.index("far")))
    assert far == {"external data: location": "far.bin", "external data: offset": "16", "external data: length": "16"}
    sparse = _facts(_look_up(path, "initializer", names.index("sparse")))
    assert (sparse["values"], sparse["indices"]) == ("float32 2", "int64 2")


def test_a_function_tells_its_attributes_with_their_defaults(path: Path, model: Any) -> None:
    function = model.functions[0]
    function.attribute.append("alpha")
    function.attribute_proto.append(helper.make_attribute("beta", 0.5))
    path.write_bytes(model.SerializeToString())
    details = _look_up(path, "scope", 3)
    assert [(item.name, item.value) for item in details.attributes] == [("beta", "0.5")]
    assert _facts(details)["attributes without a default"] == "alpha"


def test_a_file_that_is_damaged_since_is_an_error(path: Path) -> None:
    path.write_bytes(whole()[:100])
    with pytest.raises(UserError) as caught:
        _look_up(path, "node")
    assert caught.value.info.code == "artifact-corrupt"


class _Shapes(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = torch.split(x, 2, 1)
        return (first * first + second).reshape(2, 2).repeat([1] * 24)


def test_long_attributes_of_torch_files_come_in_full(tmp_path: Path) -> None:
    program = torch.export.export(_Shapes(), (torch.ones(2, 4),))
    torch.export.save(program, tmp_path / "m.pt2")
    found = inspect(tmp_path / "m.pt2", tmp_path)
    node = next(item for item in found.nodes if item.op_type == "repeat")
    assert any(item.value.endswith("… (24 items)]") for item in node.attributes)
    attribute = _look_up(tmp_path / "m.pt2", "node", node.index).attribute("repeats")
    assert attribute is not None
    assert attribute.value == str([1] * 24)
    with capture():
        traced = torch.jit.trace(_Shapes(), torch.ones(2, 4))  # type: ignore[no-untyped-call]
        torch.jit.save(traced, str(tmp_path / "m.pt"))
    scripted = inspect(tmp_path / "m.pt", tmp_path)
    details = _look_up(tmp_path / "m.pt", "node", 0)
    assert details.attributes == scripted.nodes[0].attributes


def test_a_node_of_a_program_reads_the_item_it_takes_and_a_value_twice(tmp_path: Path) -> None:
    torch.export.save(torch.export.export(_Shapes(), (torch.ones(2, 4),)), tmp_path / "m.pt2")
    graph = inspect(tmp_path / "m.pt2", tmp_path).graph
    split, first, second = (node for node in graph.nodes if "split" in node.op_type or node.op_type == "getitem")
    assert [first.inputs, second.inputs] == [(split.outputs[0],), (split.outputs[1],)]
    times = next(node for node in graph.nodes if node.op_type.startswith("mul"))
    assert times.inputs == (first.outputs[0], first.outputs[0])
    made_by = [graph.producers[value] for value in graph.inputs(first.index)]
    assert made_by == [split.index]


def test_types_of_every_kind_have_a_text(path: Path, model: Any) -> None:
    floats = helper.make_tensor_type_proto(TensorProto.FLOAT, [1])
    for name, kind in (("list", helper.make_sequence_type_proto(floats)), ("any", onnx.TypeProto())):
        model.graph.input.append(helper.make_value_info(name, kind))
    path.write_bytes(model.SerializeToString())
    texts = [_facts(_look_up(path, "value", name=name))["declared type"] for name in ("list", "any")]
    assert texts == ["sequence(float32)", "any type of any shape"]


class _Sized(torch.nn.Module):
    """Has a batch of any size, and asks for it within a module of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = _Flat()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat: torch.Tensor = self.inner(x)
        return flat.relu()


class _Flat(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0] * 2, 2)


def test_nodes_that_torch_makes_for_sizes_are_in_no_module_of_its_own(tmp_path: Path) -> None:
    program = torch.export.export(_Sized(), (torch.ones(3, 4),), dynamic_shapes={"x": {0: torch.export.Dim("batch")}})
    torch.export.save(program, tmp_path / "m.pt2")
    nodes = inspect(tmp_path / "m.pt2", tmp_path).nodes
    assert "sym_size.int" in {node.op_type for node in nodes}
    assert {node.module_path for node in nodes} <= {"", "inner"}

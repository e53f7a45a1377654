"""The job that counts what a graph costs, on models as the exporters write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.costs.formulas import formula_of
from modelpack_gui.core.graph.costs.node_costs import Costs, shapes_counted_with
from modelpack_gui.core.records import CostSum, GraphCosts, GraphCostsRequest
from modelpack_gui.stages.inspection.costs.stage import run
from tests.unit.stages.inspection.inspected import inspect

pytestmark = pytest.mark.filterwarnings("ignore")


class ConvNet(nn.Module):
    """Plain, grouped and transposed convolutions, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.grouped = nn.Conv2d(16, 16, 3, groups=4)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.head = nn.Linear(8, 5)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Classify images."""
        hidden = self.up(self.grouped(torch.relu(self.first(image))))
        scores: torch.Tensor = self.head(hidden.mean((2, 3)))
        return scores


class Attention(nn.Module):
    """One block of self-attention with its heads split by a reshape of computed sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.packed = nn.Linear(32, 96)
        self.out = nn.Linear(32, 32)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Attend over the tokens."""
        batch, length, _ = tokens.shape
        query, key, value = self.packed(tokens).view(batch, length, 3, 4, 8).permute(2, 0, 3, 1, 4).unbind(0)
        weights = torch.softmax(query @ key.transpose(-1, -2) / 8**0.5, -1)
        made: torch.Tensor = self.out((weights @ value).transpose(1, 2).reshape(batch, length, 32))
        return made


MODELS: dict[str, tuple[type[nn.Module], tuple[int, ...], dict[int, str]]] = {
    "convolutions": (ConvNet, (2, 3, 32, 40), {0: "batch", 2: "height", 3: "width"}),
    "attention": (Attention, (2, 10, 32), {0: "batch", 1: "length"}),
}


def _costs(path: Path, folder: Path, **sizes: int) -> GraphCosts:
    index = inspect(path, folder).index
    return run(GraphCostsRequest(str(path), index.columns, str(folder), sizes), PlainContext(scratch=folder))


def _exported(way: str, model: nn.Module, example: torch.Tensor, axes: dict[int, str], folder: Path) -> Path:
    if way == "pt2":
        path = folder / "net.pt2"
        torch.export.save(torch.export.export(model, (example,)), path)
        return path
    path = folder / "net.onnx"
    if way == "dynamo":
        torch.onnx.export(
            model, (example,), path, dynamo=True, dynamic_shapes=(axes,), verbose=False, external_data=False
        )
    else:
        torch.onnx.export(model, (example,), path, dynamo=False, input_names=["x"], dynamic_axes={"x": axes})
    return path


@pytest.mark.parametrize("way", ["dynamo", "trace", "pt2"])
@pytest.mark.parametrize("name", list(MODELS))
def test_multiply_accumulates_are_half_the_flops_that_torch_counts(name: str, way: str, tmp_path: Path) -> None:
    kind, shape, axes = MODELS[name]
    torch.manual_seed(0)
    model, example = kind().eval(), torch.randn(shape)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(example)
    path = _exported(way, model, example, axes, tmp_path)
    sizes = {} if way == "pt2" else {name: shape[axis] for axis, name in axes.items()}
    costs = _costs(path, tmp_path, **sizes)
    assert costs.macs.unknown == 0
    assert 2 * costs.macs.value == counter.get_total_flops()
    assert costs.parameters >= sum(parameter.numel() for parameter in model.parameters())
    assert not costs.notes


def _saved(graph: Any, path: Path, **more: Any) -> Path:
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], **more), path)
    return path


def _io(name: str, *shape: int | str | None) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _matmul(path: Path, *shape: int | str | None) -> Path:
    weight = numpy_helper.from_array(torch.zeros(4, 5).numpy(), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "net", [_io("x", *shape)], [_io("y", None, 5)], [weight]
    )
    return _saved(graph, path)


def test_sizes_that_nobody_chose_are_usual_ones_and_said_to_be(tmp_path: Path) -> None:
    costs = _costs(_matmul(tmp_path / "net.onnx", "batch", 4), tmp_path)
    assert [(dim.key, dim.size, dim.is_assumed) for dim in costs.dims] == [("batch", 1, True)]
    assert costs.macs.value == 20


def test_chosen_sizes_count(tmp_path: Path) -> None:
    path = _matmul(tmp_path / "net.onnx", "batch", 4)
    costs = _costs(path, tmp_path, batch=8)
    assert [(dim.key, dim.size, dim.is_assumed) for dim in costs.dims] == [("batch", 8, False)]
    assert costs.macs.value == 160
    assert costs.peak_bytes.value == 8 * 4 * 4 + 8 * 5 * 4
    assert costs.peak_node == 0


def test_a_size_without_a_name_is_chosen_by_its_place(tmp_path: Path) -> None:
    path = _matmul(tmp_path / "net.onnx", None, 4)
    index = inspect(path, tmp_path).index
    request = GraphCostsRequest(str(path), index.columns, str(tmp_path), {"x[0]": 3})
    assert run(request, PlainContext(scratch=tmp_path)).macs.value == 60


def test_sizes_that_contradict_the_file_leave_a_note_and_what_is_known(tmp_path: Path) -> None:
    costs = _costs(_matmul(tmp_path / "net.onnx", "batch", "features"), tmp_path, batch=2, features=7)
    assert len(costs.notes) == 1
    assert "fit these sizes" in costs.notes[0]
    assert costs.parameters == 20


def test_shapes_within_a_branch_follow_the_chosen_sizes(tmp_path: Path) -> None:
    weight = numpy_helper.from_array(torch.zeros(4, 5).numpy(), "w")
    branches = {
        f"{name}_branch": helper.make_graph(
            [helper.make_node(*node, [f"{name}_out"])], name, [], [_io(f"{name}_out", None, None)]
        )
        for name, node in (("then", ("MatMul", ["x", "w"])), ("else", ("Identity", ["other"])))
    }
    condition = helper.make_tensor_value_info("c", TensorProto.BOOL, [])
    graph = helper.make_graph(
        [helper.make_node("If", ["c"], ["y"], **branches)],
        "net",
        [condition, _io("x", "batch", 4), _io("other", "batch", 5)],
        [_io("y", None, None)],
        [weight],
    )
    costs = _costs(_saved(graph, tmp_path / "net.onnx"), tmp_path, batch=3)
    assert costs.macs.value == 3 * 4 * 5
    assert sorted(Costs.read(Path(costs.costs)).macs) == [0.0, 60.0, 60.0]


def test_a_size_below_zero_is_refused(tmp_path: Path) -> None:
    path = _matmul(tmp_path / "net.onnx", "batch", 4)
    with pytest.raises(UserError) as raised:
        _costs(path, tmp_path, batch=-1)
    assert raised.value.info.code == "size-not-valid"


def test_columns_that_are_gone_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        run(GraphCostsRequest("net.onnx", str(tmp_path / "none.columns")), PlainContext(scratch=tmp_path))
    assert raised.value.info.code == "graph-unreadable"


@pytest.mark.parametrize(
    ("name", "macs"),
    [  # as published, in billions: 4.1, 0.35, 19.6, 2.8
        ("resnet50", 4_089_184_256),
        ("squeezenet", 349_151_936),
        ("vgg19", 19_632_062_464),
        ("densenet121", 2_834_161_664),
    ],
)
def test_well_known_networks_have_the_published_number_of_multiply_accumulates(
    name: str, macs: int, tmp_path: Path
) -> None:
    path = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"light_{name}.onnx"
    assert _costs(path, tmp_path).macs == CostSum(macs)


@pytest.mark.parametrize("name", list(MODELS))
def test_what_onnxruntime_makes_of_a_file_has_the_same_multiply_accumulates(name: str, tmp_path: Path) -> None:
    import onnxruntime

    kind, shape, axes = MODELS[name]
    path = _exported("trace", kind().eval(), torch.randn(shape), axes, tmp_path)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    found = _costs(tmp_path / "optimized.onnx", tmp_path, batch=4)
    assert found.macs == _costs(path, tmp_path, batch=4).macs
    assert any(row.domain == "com.microsoft" for row in found.by_op)
    assert found.activation_bytes.unknown == found.peak_bytes.unknown == 0  # dtypes are followed as shapes are


class _TextEncoder(nn.TransformerEncoder):
    def __init__(self) -> None:
        super().__init__(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), 1, enable_nested_tensor=False)


def test_products_that_onnxruntime_fused_with_transposes_of_the_batch_count_as_before(tmp_path: Path) -> None:
    import onnxruntime

    path = _exported("trace", _TextEncoder().eval(), torch.randn(2, 10, 32), {}, tmp_path)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    fused = onnx.load(tmp_path / "optimized.onnx").graph.node
    assert any(item.name == "transBatchA" and item.i for node in fused for item in node.attribute)
    # The two products of four heads, the four projections, the two layers of 64, of 20 tokens of 32.
    by_hand = 2 * 2 * 10 * 10 * 32 + 20 * 4 * 32 * 32 + 20 * 2 * 32 * 64
    assert _costs(tmp_path / "optimized.onnx", tmp_path).macs == _costs(path, tmp_path).macs == CostSum(by_hand)


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes", "sizes"),
    [
        ("QLinearAdd", [(2, 1, 4), (), (), (3, 1), (), ()], {}, (2, 3, 4)),
        ("QLinearConcat", [(), (), (2, 3, 4), (), (), (2, 5, 4), (), ()], {"axis": 1}, (2, 8, 4)),
        ("QLinearGlobalAveragePool", [(2, 3, 4, 5), (), (), (), ()], {}, (2, 3, 1, 1)),
        ("QGemm", [(2, 3), (), (), (5, 3), (), ()], {"transB": 1}, (2, 5)),
        ("FusedMatMul", [(7, 3, 2), (7, 3, 5)], {"transA": 1}, (7, 2, 5)),
        (
            "FusedMatMul",
            [(10, 2, 4, 8), (10, 2, 4, 8)],
            {"transBatchA": 1, "transBatchB": 1, "transB": 1},
            (2, 4, 10, 10),
        ),
        ("MatMulNBits", [(2, 6, 64), (5, 2, 16), (10,)], {"N": 5, "K": 64}, (2, 6, 5)),
        ("MultiHeadAttention", [(2, 6, 32), (2, 7, 32), (2, 7, 16)], {"num_heads": 4}, (2, 6, 16)),
        ("Attention", [(2, 6, 32), (32, 96), (96,)], {"num_heads": 4}, (2, 6, 32)),
        ("FusedConv", [(1, 3, 8, 8), (4, 3, 3, 3)], {"kernel_shape": [3, 3], "activation": "Relu"}, (1, 4, 6, 6)),
        ("QuickGelu", [(2, 3)], {}, (2, 3)),
    ],
)
def test_shapes_of_onnxruntimes_own_operators_are_followed(
    op_type: str, inputs: list[tuple[int, ...]], attributes: dict[str, Any], sizes: tuple[int, ...], tmp_path: Path
) -> None:
    names = [f"x{i}" for i in range(len(inputs))]
    graph = helper.make_graph(
        [
            helper.make_node(op_type, names, ["a"], domain="com.microsoft", **attributes),
            helper.make_node("Relu", ["a"], ["y"]),
        ],
        "net",
        [_io(name, *shape) for name, shape in zip(names, inputs, strict=True)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets), path)
    index = inspect(path, tmp_path)
    costs = run(GraphCostsRequest(str(path), index.index.columns, str(tmp_path)), PlainContext(scratch=tmp_path))
    shaped = shapes_counted_with(Path(costs.costs), index.graph)
    assert shaped.value_info(shaped.value_named("y")).shape == sizes


def test_operators_of_pytorch_that_a_model_is_exported_with_have_a_formula() -> None:
    core = set()
    for schema in torch._C._jit_get_all_schemas():
        domain, _, name = schema.name.partition("::")
        packet = getattr(torch.ops.aten, name, None) if domain == "aten" else None
        overloads = (getattr(packet, overload) for overload in packet.overloads()) if packet is not None else ()
        if any(torch.Tag.core in overload.tags for overload in overloads):
            core.add(name)
    unknown = {name for name in core if formula_of("aten", name) is None and "backward" not in name}
    assert len(core) > 150
    assert unknown <= {"_embedding_bag", "_pdist_forward", "col2im"}


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node("Shape", [], ["size"]),
        helper.make_node("Conv", ["x", "x"], ["size"], no_such_attribute=1),
        helper.make_node("Reshape", ["x", "gone"], ["size"]),
        helper.make_node("NoSuchOperator", ["x"], ["size"]),
        helper.make_node("QGemm", ["x"], ["size"], domain="com.microsoft"),
    ],
    ids=lambda node: node.op_type,
)
def test_a_node_that_means_nothing_leaves_shapes_unknown(node: Any, tmp_path: Path) -> None:
    graph = helper.make_graph(
        [node, helper.make_node("Reshape", ["x", "size"], ["y"])],
        "net",
        [_io("x", "batch", 4)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets), tmp_path / "net.onnx")
    index = inspect(tmp_path / "net.onnx", tmp_path)
    request = GraphCostsRequest(index.index.artifact.path, index.index.columns, str(tmp_path), {"batch": 2})
    costs = run(request, PlainContext(scratch=tmp_path))
    shaped = shapes_counted_with(Path(costs.costs), index.graph)
    assert shaped.value_info(shaped.value_named("x")).shape == (2, 4)
    assert shaped.value_info(shaped.value_named("y")).shape is None


def test_a_file_without_shapes_says_so_and_what_has_them(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    traced = torch.jit.trace(ConvNet().eval(), torch.randn(1, 3, 32, 40))  # type: ignore[no-untyped-call]
    traced.save(str(path))
    costs = _costs(path, tmp_path)
    assert costs.macs.value == 0
    assert costs.macs.unknown > 0
    assert costs.parameters > 0
    (note,) = costs.notes
    assert ".pt2 export" in note


def test_calls_of_functions_cost_what_their_bodies_cost_with_the_shapes_of_each_call(tmp_path: Path) -> None:
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("my", 1)]
    product = helper.make_function(
        "my", "Product", ["a", "b"], ["c"], [helper.make_node("MatMul", ["a", "b"], ["c"])], opsets[:1]
    )
    twice = helper.make_function(
        "my",
        "Twice",
        ["a", "b"],
        ["d"],
        [
            helper.make_node("Product", ["a", "b"], ["c"], domain="my"),
            helper.make_node("Relu", ["c"], ["r"]),
            helper.make_node("Product", ["r", "b"], ["d"], domain="my"),
        ],
        opsets,
    )
    weights = [numpy_helper.from_array(torch.zeros(4, 4).numpy(), "square")]
    nodes = [
        helper.make_node("Twice", ["x", "square"], ["first"], domain="my"),
        helper.make_node("Product", ["x", "square"], ["second"], domain="my"),
    ]
    graph = helper.make_graph(
        nodes, "net", [_io("x", "batch", 4)], [_io("first", "batch", 4), _io("second", "batch", 4)], weights
    )
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(graph, functions=[product, twice], opset_imports=opsets, ir_version=10), path)
    costs = _costs(path, tmp_path, batch=3)
    assert costs.macs == CostSum(3 * 3 * 4 * 4)
    assert costs.flops == CostSum(2 * 3 * 3 * 4 * 4 + 3 * 4)
    assert list(Costs.read(Path(costs.costs)).macs[:2]) == [96.0, 48.0]
    assert list(tmp_path.glob("call-*")) == []


def test_a_function_of_unknown_operators_stays_unknown(tmp_path: Path) -> None:
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("my", 1)]
    odd = helper.make_function("my", "Odd", ["a"], ["b"], [helper.make_node("Mystery", ["a"], ["b"])], opsets[:1])
    graph = helper.make_graph(
        [helper.make_node("Odd", ["x"], ["y"], domain="my")], "net", [_io("x", 2, 4)], [_io("y", 2, 4)]
    )
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(graph, functions=[odd], opset_imports=opsets, ir_version=10), path)
    assert _costs(path, tmp_path).macs == CostSum(0.0, 1)

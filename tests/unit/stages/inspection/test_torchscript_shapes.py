"""Shapes of TorchScript archives, which keep none: found for example inputs, and counted with."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.graph.costs.node_costs import Costs
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import GraphCosts, GraphCostsRequest, InputSpec, InspectRequest
from modelpack_gui.stages.inspection.costs import stage as costs_stage
from modelpack_gui.stages.inspection.stage import run
from modelpack_gui.stages.inspection.torchscript_shapes import script_types

pytestmark = pytest.mark.filterwarnings("ignore")


class _Net(nn.Module):
    """Convolutions, attention with heads of a computed size, a list, and a branch that depends on a shape."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.packed = nn.Linear(8, 24)
        self.wide = nn.Linear(3, 1000)

    def forward(self, image: Tensor) -> Tensor:
        if image.shape[0] > 2:
            few: Tensor = self.wide(image.mean((2, 3)))
            return few.relu()
        tokens = torch.relu(self.conv(image)).flatten(2).transpose(1, 2)
        batch, length, width = tokens.shape
        parts = self.packed(tokens).view(batch, length, 3, 2, width // 2).permute(2, 0, 3, 1, 4).unbind(0)
        made = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        return torch.cat([made.transpose(1, 2).reshape(batch, length, width), tokens], -1)


_IMAGE = InputSpec("image", (2, 3, 4, 5))
_BY_HAND = 2 * 20 * (8 * 27 + 8 * 24 + 20 * (8 + 8))  # the convolution, the projection, two products over 20 tokens


def _archive(way: str, path: Path, net: nn.Module | None = None) -> Path:
    jit: Any = torch.jit
    model = (net or _Net()).eval()
    made = jit.script(model) if way == "script" else jit.trace(model, torch.rand(_IMAGE.shape))
    made.save(str(path))
    return path


def _counted(path: Path, *inputs: InputSpec) -> tuple[GraphCosts, Graph]:
    context = PlainContext(scratch=path.parent)
    index = run(InspectRequest(str(path), str(path.parent), inputs), context)
    graph = Graph.read(Path(index.columns))
    return costs_stage.run(GraphCostsRequest(str(path), index.columns, str(path.parent)), context), graph


@pytest.mark.parametrize("way", ["trace", "script"])
def test_an_archive_is_counted_with_the_shapes_for_its_example_inputs(way: str, tmp_path: Path) -> None:
    costs, graph = _counted(_archive(way, tmp_path / "net.pt"), _IMAGE)
    assert (costs.macs.value, costs.macs.unknown, costs.flops.unknown) == (_BY_HAND, 0, 0)
    assert costs.activation_bytes.unknown == costs.peak_bytes.unknown == 0
    shapes = {node.op_type: node.output_infos[0].shape for node in graph.nodes if node.op_type in ("cat", "linear")}
    assert shapes["cat"] == (2, 20, 16)
    assert {graph.value_info(value).shape for value in graph.scopes[0].outputs} == {(2, 20, 16)}


@pytest.mark.parametrize("way", ["trace", "script"])
def test_tensors_live_until_what_reads_the_list_that_they_are_in(way: str, tmp_path: Path) -> None:
    class Kept(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            first = image.exp()
            return torch.cat([first, torch.relu(image[:, :1])], 1)

    costs, graph = _counted(_archive(way, tmp_path / "net.pt", Kept()), _IMAGE)
    whole, part = 2 * 3 * 20 * 4, 2 * 1 * 20 * 4
    assert graph.nodes[costs.peak_node].op_type == "cat"
    assert costs.peak_bytes.value == whole + part + (whole + part)


def test_the_branch_that_is_not_taken_costs_nothing(tmp_path: Path) -> None:
    path = _archive("script", tmp_path / "net.pt")
    small, graph = _counted(path, _IMAGE)
    large, _ = _counted(path, InputSpec("image", (3, 3, 4, 5)))
    assert small.macs.value == _BY_HAND
    assert (large.macs.value, large.macs.unknown) == (3 * 3 * 1000, 0)
    macs = Costs.read(Path(small.costs)).macs
    assert [macs[node.index] for node in graph.nodes if node.op_type == "linear" and node.module_path == "wide"] == [
        0
    ]


def test_without_example_inputs_arithmetic_is_unknown(tmp_path: Path) -> None:
    costs, _ = _counted(_archive("script", tmp_path / "net.pt"))
    assert costs.macs.unknown > 0
    assert any("example inputs" in note for note in costs.notes)


def test_inputs_of_other_names_are_taken_in_order_and_values_as_they_are(tmp_path: Path) -> None:
    class Repeated(nn.Module):
        def forward(self, image: Tensor, times: int) -> Tensor:
            return image.repeat(times, 1)

    _archive("script", tmp_path / "net.pt", Repeated())
    given = (InputSpec("x", (2, 3)), InputSpec("n", (), is_value=True, value=4))
    _, graph = _counted(tmp_path / "net.pt", *given)
    assert {graph.value_info(value).shape for value in graph.scopes[0].outputs} == {(8, 3)}


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ("for i in range(3):\n            x = torch.cat([x, x])\n        return x", (16, 3)),
        ("for i in range(1000):\n            x = x * 2\n        return x", (2, 3)),
        ("for i in range(1000):\n            x = torch.cat([x, x[:1]])\n        return x", None),
        ("while bool(x.sum() > 0):\n            x = x - 1\n        return x", (2, 3)),
        ("y = [0] * 10000000000\n        return x + len(y)", None),
        ("y = x\n        if bool(x.sum() > 0):\n            y = x[:1]\n        return y", None),
        ("if x.dim() != 5:\n            raise Exception('five axes')\n        return x * 2", None),
        ("return x[x > 0]", None),
    ],
    ids=[
        "few rounds",
        "many of one shape",
        "many of others",
        "while",
        "a huge list",
        "either",
        "refused",
        "by value",
    ],
)
def test_what_depends_on_elements_or_grows_without_end_is_unknown(source: str, known: tuple[int, ...] | None) -> None:
    unit: Any = torch.jit.CompilationUnit(f"def run(me: int, x):\n        {source}\n")
    module = SimpleNamespace(inlined_graph=unit.run.inlined_graph)
    found = script_types(module, (InputSpec("x", (2, 3)),), PlainContext())
    (output,) = module.inlined_graph.outputs()
    assert found.types.get(output.debugName(), ("", None))[1] == known

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import TensorStatsRequest
from modelpack_gui.stages.inspection import torchscript_graph
from modelpack_gui.stages.inspection.tensors import stats as tensor_stats
from tests.unit.stages.inspection.inspected import inspect


class _Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 3), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[0] > 2:
            x = x * 2
        return torch.tanh(self.body(x))


def _save(path: Path, make: Callable[[nn.Module], Any], net: nn.Module | None = None) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make((net or _Net()).eval()).save(str(path))
    return path


@pytest.fixture(params=["trace", "script"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "trace":
        return _save(tmp_path / "net.pt", lambda net: torch.jit.trace(net, (torch.rand(2, 4),)))  # type: ignore[no-untyped-call]
    return _save(tmp_path / "net.pt", torch.jit.script)


def test_nodes_name_their_module_and_the_users_line(archive: Path) -> None:
    found = inspect(archive, archive.parent)
    linear = next(node for node in found.nodes if node.op_type == "linear")
    assert (linear.domain, linear.module_path, linear.module_class) == ("aten", "body.0", "Linear")
    tanh = next(node for node in found.nodes if node.op_type == "tanh")
    assert tanh.source_location.startswith(f"{__file__}:")
    assert {"body.0.weight", "body.0.bias"} <= set(linear.inputs)
    assert found.index.op_counts["linear"] == 1
    names = {found.graph.value_name(value) for value in range(found.graph.value_count)}
    assert not [name for name in names if name.startswith("self")]  # the module is no input of the model


def test_parameters_are_initializers_with_statistics(archive: Path) -> None:
    found = inspect(archive, archive.parent)
    assert [(item.name, item.dtype, item.shape, item.size_bytes) for item in found.initializers] == [
        ("body.0.weight", "float32", (3, 4), 48),
        ("body.0.bias", "float32", (3,), 12),
    ]
    stats = tensor_stats.run(TensorStatsRequest(str(archive), "body.0.bias"), PlainContext())
    assert (stats.shape, stats.elements, sum(stats.counts)) == ((3,), 3, 3)


def test_nodes_of_blocks_follow_their_owner(tmp_path: Path) -> None:
    found = inspect(_save(tmp_path / "net.pt", torch.jit.script), tmp_path)
    branch = next(node for node in found.nodes if node.op_type == "If")
    inner = found.nodes[branch.index + 1]
    assert inner.subgraph == f"node {branch.index} / block 0"
    assert [node.index for node in found.nodes] == list(range(len(found.nodes)))


def test_damaged_debug_information_costs_the_lines_and_is_asked_once(
    archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    def refuse(text: str) -> str:
        asked.append(text)
        raise RuntimeError("Unexpected end of pickler archive.")  # torch takes two seconds to say so

    monkeypatch.setattr(torchscript_graph, "location_of_source_range", refuse)
    nodes = inspect(archive, tmp_path).nodes
    assert len(nodes) > 3
    assert {node.source_location for node in nodes} == {""}
    assert len(asked) == 1


class _Step(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Identity(), nn.Conv2d(2, 2, 1)])

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(x, 1)
        for layer in self.layers:
            x = layer(x)
        return torch.relu(x)


class _Stages(nn.Module):
    """Lists of modules whose last parts are the same, one right after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.downs = nn.ModuleList([_Step(), _Step()])
        self.ups = nn.ModuleList([_Step()])
        self.heads = nn.ModuleList([_Step()])

    def forward(self, x: Tensor) -> Tensor:
        for step in self.downs:
            x = step(x)
        for step in self.ups:
            x = step(x)
        for step in self.heads:
            x = step(x)
        return torch.tanh(x)


def _traced(net: nn.Module) -> Any:
    trace: Any = torch.jit.trace
    return trace(net, (torch.rand(1, 2, 4, 4),))


@pytest.mark.parametrize("make", [_traced, torch.jit.script])
def test_nodes_are_in_the_modules_of_their_whole_paths(make: Callable[[nn.Module], Any], tmp_path: Path) -> None:
    found = inspect(_save(tmp_path / "net.pt", make, _Stages()), tmp_path)
    steps = ["downs.0", "downs.1", "ups.0", "heads.0"]
    for op_type, paths in {
        "max_pool2d": steps,
        "relu": steps,
        "tanh": [""],
    }.items():
        assert [node.module_path for node in found.nodes if node.op_type == op_type] == paths
    convolutions = [node for node in found.nodes if "conv" in node.op_type]
    assert [node.module_path for node in convolutions] == [f"{step}.layers.1" for step in steps]
    assert {node.module_path for node in found.nodes} <= {name for name, _ in _Stages().named_modules()}


def test_constant_arguments_are_attributes(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, groups=2), nn.LeakyReLU(0.25))
    found = inspect(_save(tmp_path / "net.pt", torch.jit.script, net), tmp_path)
    attributes = {
        node.op_type: {item.name: (item.type, item.value) for item in node.attributes} for node in found.nodes
    }
    assert attributes["conv2d"]["stride"] == ("INTS", "[2, 2]")
    assert attributes["conv2d"]["groups"] == ("INT", "2")
    assert attributes["leaky_relu"]["negative_slope"] == ("FLOAT", "0.25")
    assert "weight" not in attributes["conv2d"]

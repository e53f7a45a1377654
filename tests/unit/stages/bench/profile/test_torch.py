"""Operators of PyTorch: whose time they have, and which module and node they are of."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from modelpack_gui.stages.bench.profile.torch_modules import call_sites, marked_modules
from modelpack_gui.stages.bench.profile.torch_trace import Call, Operator, as_runs, is_operator, trace
from modelpack_gui.stages.common.warnings import capture


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.act = nn.ReLU()
        self.second = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.act(self.second(self.act(self.first(x))))
        return y + x


def nothing() -> None:
    pass


def sites(model: object, *inputs: torch.Tensor) -> list[Operator]:
    assert callable(model)
    with torch.inference_mode():
        return list(call_sites(model, lambda: model(*inputs), nothing))


def test_each_operator_is_put_to_the_innermost_module_that_calls_it() -> None:
    assert [(one.name, one.module) for one in sites(Block(), torch.ones(2, 4))] == [
        ("aten::linear", "first"),
        ("aten::relu", "act"),
        ("aten::linear", "second"),
        ("aten::relu", "act"),
        ("aten::add", ""),
    ]


def test_the_marks_go_when_they_have_been_used() -> None:
    before = nn.Module.__call__
    with pytest.raises(ZeroDivisionError), marked_modules(Block()):
        raise ZeroDivisionError
    assert nn.Module.__call__ is before


def test_a_layer_that_takes_another_way_with_hooks_takes_its_own() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    found = [one for one in sites(model, torch.zeros(1, 3, 8)) if "encoder_layer" in one.name]
    assert [one.module for one in found] == ["layers.0", "layers.1"]


def test_an_exported_program_names_its_nodes_too() -> None:
    program = torch.export.export(Block(), (torch.ones(2, 4),))
    found = sites(program.module(), torch.ones(2, 4))
    assert [one.module for one in found] == ["first", "act", "second", "act", ""]
    assert [one.node for one in found] == ["linear", "relu", "linear_1", "relu_1", "add"]


def test_calls_of_a_compiled_graph_are_told_apart_by_their_order() -> None:
    with capture():  # torch.jit says that it is deprecated
        scripted = torch.jit.freeze(torch.jit.script(Block().eval()))
    found = [(one.name, one.call) for one in sites(scripted, torch.ones(2, 4)) if one.name == "aten::linear"]
    assert found == [("aten::linear", 1), ("aten::linear", 2)]


def test_time_of_what_an_operator_calls_is_its_own() -> None:
    model = Block()
    with torch.inference_mode():
        (total, calls), *others = trace(lambda: model(torch.ones(2, 4)), 3, nothing)
    assert len(others) == 2
    assert [call.operator.name for call in calls if call.operator.name == "aten::addmm"] == []
    assert 0.0 < sum(call.us for call in calls) <= total


def test_a_run_that_calls_other_operators_keeps_its_own_names() -> None:
    known = [Operator("aten::relu", "act"), Operator("aten::add", "")]
    relu, add = Call(Operator("aten::relu"), 2.0), Call(Operator("aten::add"), 3.0)
    usual, other = as_runs([(9.0, [relu, add]), (9.0, [add, relu])], known)
    assert usual.own_us == {known[0]: 2.0, known[1]: 3.0}
    assert other.own_us == {Operator("aten::add"): 3.0, Operator("aten::relu"): 2.0}


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("aten::conv2d", True),
        ("graph_0_cpp_fused_relu_1", True),
        ("Torch-Compiled Region: 0/0", False),
        ("forward", False),
        ("## Call CompiledFxGraph abc ##", False),
    ],
)
def test_what_runs_operators_is_none(name: str, is_one: bool) -> None:
    assert is_operator(name) == is_one

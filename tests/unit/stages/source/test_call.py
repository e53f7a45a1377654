"""The call of forward: from rows of example inputs to arguments, and the same through every exporter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

import pytest
import torch
from torch import Tensor

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.inputs import argument_path
from modelpack_gui.core.records import InputSpec
from modelpack_gui.stages.source.call import plan_call
from modelpack_gui.stages.source.flat import flat_module
from modelpack_gui.stages.source.forward import run_forward
from modelpack_gui.stages.source.inputs import make_inputs
from tests.unit.stages.source.called_models import CALLS, model, row, value


@dataclass
class Batch:
    image: Tensor
    scale: float = 1.0


class Pair(NamedTuple):
    left: Tensor
    right: Tensor


class Named(TypedDict):
    ids: Tensor


def bound(function: Any, *rows: InputSpec) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with the tensors 0, 1, 2... for the rows that are tensors, as plain numbers."""
    plan = plan_call(function, rows)
    args, kwargs = plan.bind(list(range(len(plan.flat_names))))  # type: ignore[arg-type]  # tells them apart
    return args, kwargs


def error_of(function: Any, *rows: InputSpec) -> tuple[str, str]:
    with pytest.raises(UserError) as caught:
        plan_call(function, rows)
    return caught.value.info.code, caught.value.info.message


@pytest.mark.parametrize("text", ["mask", "images[0]", "batch.image", "pair[1].left", "a.b[10].c"])
def test_a_path_is_spelled_as_it_was_read(text: str) -> None:
    assert argument_path.spell(argument_path.parse(text)) == text


@pytest.mark.parametrize("text", ["[0]", "1x", "a.", "a[", "a[-1]", "a[x]", "a b", "a..b", "a[0]b"])
def test_what_is_no_path_is_refused_with_the_place(text: str) -> None:
    with pytest.raises(ValueError, match=r"'.*'"):
        argument_path.parse(text)


def test_rows_without_an_argument_go_by_position() -> None:
    def forward(a: Tensor, b: Tensor) -> None: ...

    assert bound(forward, row(name="x"), row(name="y")) == ((0, 1), {})


def test_an_argument_in_the_middle_is_left_out_by_passing_the_rest_by_keyword() -> None:
    def forward(a: Tensor, b: Tensor | None = None, c: Tensor | None = None) -> None: ...

    assert bound(forward, row(), row("c")) == ((0,), {"c": 1})


def test_named_rows_are_passed_in_the_order_of_the_signature() -> None:
    def forward(a: Tensor, b: Tensor) -> None: ...

    assert bound(forward, row("b"), row("a")) == ((1, 0), {})


def test_values_take_their_place_beside_the_tensors() -> None:
    def forward(a: Tensor, times: int, b: Tensor, mode: str = "x") -> None: ...

    rows = (row(), value("", 3), row(name="y"), value("mode", None))
    assert bound(forward, *rows) == ((0, 3, 1, None), {})


def test_keyword_only_positional_only_and_starred_parameters() -> None:
    def forward(a: Tensor, /, b: Tensor, *more: Tensor, mask: Tensor, **rest: Tensor) -> None: ...

    rows = (row("a"), row("b"), row("more[0]"), row("more[1]"), row("mask"), row("extra"), row("rest.other"))
    assert bound(forward, *rows) == ((0, 1, 2, 3), {"mask": 4, "extra": 5, "other": 6})
    assert bound(forward, row(), row(name="2"), row(name="3"), row("mask")) == ((0, 1, 2), {"mask": 3})


def test_parts_become_what_the_annotation_says() -> None:
    def forward(
        a: list[Tensor],
        b: tuple[Tensor, ...],
        c: dict[str, Tensor],
        d: Batch | None,
        e: Pair,
        f: dict[int, Tensor],
        g: Named,
        h: Any,
    ) -> None: ...

    paths = ("a[0]", "a[1]", "b[0]", "c.x", "d.image", "e.left", "e.right", "f.7", "g.ids", "h.x[0]")
    args, kwargs = bound(forward, *map(row, paths), value("d.scale", 0.5))
    assert args == ([0, 1], (2,), {"x": 3}, Batch(4, 0.5), Pair(5, 6), {7: 7}, {"ids": 8}, {"x": [9]})  # type: ignore[arg-type]
    assert kwargs == {}
    assert isinstance(args[4], Pair)


def test_parts_nest() -> None:
    def forward(pairs: list[Pair], table: dict[str, list[Batch]]) -> None: ...

    paths = ("pairs[0].left", "pairs[0][1]", "table.a[0].image")
    with pytest.raises(UserError, match="fields"):
        plan_call(forward, [row(path) for path in paths])
    args, _ = bound(forward, row("pairs[0][0]"), row("pairs[0][1]"), row("table.a[0].image"))
    assert args == ([Pair(0, 1)], {"a": [Batch(2)]})  # type: ignore[arg-type]


def test_paths_that_contradict_each_other_are_refused() -> None:
    def forward(a: Tensor, b: list[Tensor]) -> None: ...

    for rows in (
        (row(name="first"), row("a")),
        (row("a"), row("b"), row("b[0]")),
        (row("a"), row("b[0]"), row("b")),
        (row("a"), row("b[0]"), row("b.x")),
        (row("a"), row("b[0]"), row("b[2]")),
        (row("a"), row("b[")),
    ):
        assert error_of(forward, *rows)[0] == "input-argument"


def test_what_the_signature_does_not_take_is_refused_by_name() -> None:
    def forward(image: Tensor, mask: Tensor) -> None: ...

    code, message = error_of(forward, row("image"), row("maks"))
    assert (code, "'maks'" in message) == ("inputs-do-not-fit", True)
    assert error_of(forward, row())[0] == "inputs-do-not-fit"
    assert error_of(forward, row(), row(name="2"), row(name="3"))[0] == "inputs-do-not-fit"


def test_a_field_that_the_class_lacks_is_refused_when_it_is_made() -> None:
    def forward(batch: Batch) -> None: ...

    with pytest.raises(UserError, match="Batch cannot be made") as caught:
        bound(forward, row("batch.picture"))
    assert caught.value.info.code == "inputs-do-not-fit"


@pytest.mark.parametrize("name", CALLS)
def test_the_flat_module_computes_the_same_with_the_same_parameters(name: str) -> None:
    module, rows = model(name), CALLS[name]
    plan, tensors = plan_call(module, rows), make_inputs(rows)
    flat = flat_module(module, plan)
    ((_, expected),) = run_forward(module, tensors, plan)
    assert torch.equal(flat(*tensors), expected)
    assert not flat.training
    assert {id(item) for item in flat.parameters()} == {id(item) for item in module.parameters()}
    if name != "HookedRoot":
        assert isinstance(flat, type(module))
        assert list(flat.state_dict()) == list(module.state_dict())


def test_a_plain_call_needs_no_other_module() -> None:
    module = torch.nn.Linear(4, 4)
    assert flat_module(module, plan_call(module, [row()])) is module

"""Dynamic axes as each exporter of the installed torch understands them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import ArtifactFormat, DynamicDim, ExportSpec, InputSpec
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export.base import ExportCall
from modelpack_gui.stages.export.dynamic import axes_by_input, check_dims, dynamic_shapes
from modelpack_gui.stages.source.call import plan_positional

SHARED = (
    DynamicDim("ids", 0, "batch", 1, 64),
    DynamicDim("ids", 1, "sequence"),
    DynamicDim("mask", 0, "batch", 1, 64),
    DynamicDim("mask", 1, "sequence"),
)


class Masked(nn.Module):
    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return (ids * mask).sum(1)


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(1, 1, 4, stride=4)
        self.up = nn.ConvTranspose2d(1, 1, 4, stride=4)

    def forward(self, image: Tensor) -> Tensor:
        result: Tensor = image + self.up(self.down(image))
        return result


def call(
    module: nn.Module, dims: tuple[DynamicDim, ...], format_: ArtifactFormat = "onnx", **tensors: Any
) -> ExportCall:
    return ExportCall(
        module=module.eval(),
        own_module=module,
        plan=plan_positional(module, len(tensors)),
        tensors=tuple(tensors.values()),
        spec=ExportSpec(format=format_, dynamic=dims),
        example_names=list(tensors),
        input_names=[name.upper() for name in tensors],
        path=Path("unused"),
    )


def exported(made: ExportCall) -> torch.export.ExportedProgram:
    with capture():
        return torch.export.export(made.module, made.tensors, dynamic_shapes=dynamic_shapes(made), strict=False)


def test_dynamic_axes_of_trace_go_by_the_names_in_the_artifact() -> None:
    made = call(Masked(), SHARED, ids=torch.ones(2, 8), mask=torch.ones(2, 8))
    assert axes_by_input(made) == {"IDS": {0: "batch", 1: "sequence"}, "MASK": {0: "batch", 1: "sequence"}}


def test_one_name_is_one_dim_across_inputs_and_axes() -> None:
    made = call(Masked(), SHARED, ids=torch.ones(2, 8), mask=torch.ones(2, 8))
    ids, mask = dynamic_shapes(made) or ()
    assert ids[0] is mask[0]
    assert ids[1] is mask[1]
    assert (ids[0].min, ids[0].max) == (1, 64)


def test_a_program_of_torch_export_takes_the_sizes_in_the_range_and_refuses_the_others() -> None:
    made = call(Masked(), SHARED, "pt2", ids=torch.ones(2, 8), mask=torch.ones(2, 8))
    program: Any = exported(made).module()
    assert program(torch.ones(3, 5), torch.ones(3, 5)).tolist() == [5.0, 5.0, 5.0]
    with pytest.raises(Exception, match="<= 64"):
        program(torch.ones(65, 5), torch.ones(65, 5))


def test_multiples_are_derived_dims_for_torch_export_and_plain_names_for_onnx() -> None:
    dims = (DynamicDim("image", 2, "height", 8, 64, 4), DynamicDim("image", 3, "width", multiple_of=4))
    image = torch.rand(1, 1, 16, 16)
    program: Any = exported(call(UNet(), dims, "pt2", image=image)).module()
    assert program(torch.rand(1, 1, 8, 20)).shape == (1, 1, 8, 20)
    (shapes,) = dynamic_shapes(call(UNet(), dims, image=image)) or ()
    assert (shapes[2].__name__, shapes[2].min, shapes[2].max) == ("height", 8, 64)


@pytest.mark.parametrize(
    ("dim", "text"),
    [
        (DynamicDim("image", 2, "height", multiple_of=5), "no multiple of 5"),
        (DynamicDim("image", 2, "height", multiple_of=0), "no multiple of 0"),
        (DynamicDim("image", 2, "height", 17), "outside its range"),
    ],
)
def test_an_example_that_its_own_dimension_excludes_is_refused(dim: DynamicDim, text: str) -> None:
    with pytest.raises(UserError, match=text):
        check_dims((dim,), (InputSpec("image", (1, 1, 16, 16)),))


@pytest.mark.parametrize(
    ("dims", "kept"),
    [
        ((DynamicDim("imgae", 0, "batch"),), (DynamicDim("image", 0, "batch"),)),
        ((DynamicDim("image", 7, "depth"),), ()),
        ((DynamicDim("image", 0, "a"), DynamicDim("image", 0, "b")), (DynamicDim("image", 0, "b"),)),
    ],
    ids=["misspelt input", "no such axis", "listed twice"],
)
def test_what_is_wrong_with_a_dimension_can_be_mended_with_a_fix(
    dims: tuple[DynamicDim, ...], kept: tuple[DynamicDim, ...]
) -> None:
    inputs = (InputSpec("image", (1, 1, 16, 16)),)
    with pytest.raises(UserError) as caught:
        check_dims(dims, inputs)
    known = caught.value.info.explanation
    assert known is not None
    recipe = Recipe(inputs=inputs, export=ExportSpec(dynamic=dims))
    assert apply_fix(recipe, known.fixes[0]).export.dynamic == kept

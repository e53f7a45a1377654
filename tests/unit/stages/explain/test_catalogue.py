"""Each kind of trouble has a tiny model that triggers it: it is explained, placed, and mended by its fix."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.explain.fixes import apply_fix
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import DynamicDim, ExportRecord, ExportRequest, ExportSpec, InputSpec, ModelSource
from modelpack_gui.stages.export import stage
from tests.places import FAILURES

X = InputSpec("x", (2, 4))
BATCH = (DynamicDim("x", 0, "batch"),)


@dataclass(frozen=True)
class Trigger:
    """An export that is explained by one entry.

    Attributes:
        id: Of the entry.
        line: Part of the source line that the explanation names first; empty if it names none.
        mends: Whether the first fix is a setting, with which the export succeeds and is no longer explained so.
        code: Of the error; empty if the export succeeds all the same.
    """

    id: str
    model: str
    exporter: str
    line: str
    mends: bool
    code: str = "export-failed"
    inputs: tuple[InputSpec, ...] = (X,)
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"{self.model.partition('.')[0]}.py"

    @property
    def recipe(self) -> Recipe:
        suffix = {"onnx": ".onnx", "torchscript": ".pt", "pt2": ".pt2"}[self.options.get("format", "onnx")]
        spec = ExportSpec(**{"exporter": self.exporter, "output_path": f"model{suffix}", **self.options})
        source = ModelSource(file=str(FAILURES / self.file), name=self.model.partition(".")[2])
        return Recipe(source=source, inputs=self.inputs, export=spec)


STEPS = (DynamicDim("x", 1, "steps"),)
TIME = InputSpec("x", (2, 5, 4))
OP, DYNAMIC, DATA = "export-unsupported-op", "export-dynamic-shape", "export-data-dependent"
N = InputSpec("n", (), "int64", 1, 2)
LENGTHS = InputSpec("lengths", (2,), "int64", 2, 5)
TORCHSCRIPT = {"format": "torchscript"}
PT2 = {"format": "pt2"}
ONE_ROW, FOUR_ROWS = InputSpec("x", (1, 4)), InputSpec("x", (4, 4))
LEFT, RIGHT = InputSpec("left", (2, 4)), InputSpec("right", (2, 4))

EXPORTS = (
    Trigger("operator-unsupported", "operators.Bessel", "trace", "bessel_j0(scaled)", False, OP),
    Trigger("operator-unsupported", "operators.Bessel", "dynamo", "bessel_j0(scaled)", False, OP),
    Trigger("operator-unsupported", "operators.Heaviside", "trace", "heaviside(x", True, OP),
    Trigger(
        "operator-needs-opset",
        "operators.GridSample",
        "trace",
        "grid_sample(x",
        True,
        OP,
        (InputSpec("x", (2, 16)),),
        {"opset_version": 11},
    ),
    Trigger("operator-custom", "operators.CustomOperator", "script", "modelpack_tests.double(x)", False, OP),
    Trigger("quantised-layers", "operators.Quantised", "trace", "quantize_dynamic", True, OP),
    Trigger("complex-numbers", "operators.Spectrum", "trace", "fft.rfft(x)", True, OP),
    Trigger("complex-numbers", "operators.ComplexGate", "script", "torch.complex64) * self.phase", True, OP),
    Trigger("custom-autograd-function", "operators.ClipNet", "script", "_Clip.apply(x)", True, OP),
    Trigger(
        "custom-autograd-function", "operators.ClipNet", "trace", "_Clip.apply(x)", False, OP, options=TORCHSCRIPT
    ),
    Trigger("operator-form", "operators.AttendsFlat", "dynamo", "scaled_dot_product_attention(rows", True, OP),
    Trigger("operator-unsupported", "operators.RmsNorm", "trace", "nn.RMSNorm(4)", True, OP),
    Trigger("dim-guarded", "shapes.Pools", "export", "", True, DYNAMIC, (FOUR_ROWS,), {**PT2, "dynamic": BATCH}),
    Trigger(
        "dim-fixed", "values.Recurrent", "export", "nn.GRU(4, 3", True, DYNAMIC, (TIME,), {**PT2, "dynamic": STEPS}
    ),
    Trigger("input-none", "outputs.OptionalInput", "script", "bias: Tensor", True),
    Trigger("script-annotation-unknown", "scripts.AnnotatesBuffer", "script", "scale: Tensor", True),
    Trigger("script-no-counterpart", "scripts.Encodes", "script", "", True, OP, (TIME,)),
    Trigger("dim-fixed", "shapes.FixedBatch", "dynamo", "x.reshape(2, 4)", True, "", options={"dynamic": BATCH}),
    Trigger(
        "dim-shared",
        "shapes.Linked",
        "dynamo",
        "",
        True,
        "",
        (LEFT, RIGHT),
        {"dynamic": (DynamicDim("left", 0, "rows"), DynamicDim("right", 0, "others"))},
    ),
    Trigger("dim-range", "shapes.AtMostEight", "export", "", True, DYNAMIC, options={**PT2, "dynamic": BATCH}),
    Trigger(
        "dim-fixed", "shapes.FixedBatch", "export", "reshape(2, 4)", True, DYNAMIC, options={**PT2, "dynamic": BATCH}
    ),
    Trigger("dim-example-one", "shapes.Plain", "export", "", True, DYNAMIC, (ONE_ROW,), {**PT2, "dynamic": BATCH}),
    Trigger(
        "dim-derived",
        "shapes.Pairs",
        "export",
        "view(-1, 2, 4)",
        True,
        DYNAMIC,
        (FOUR_ROWS,),
        {**PT2, "dynamic": BATCH},
    ),
    Trigger("graph-break", "values.ReadsClock", "export", "time.time()", True, DATA, options={**PT2, "strict": True}),
    Trigger(
        "branch-on-values", "values.BranchOnValue", "dynamo", "if x.sum() > 0:", True, DATA, options={"strict": True}
    ),
    Trigger("branch-on-values", "values.BranchOnValue", "dynamo", "if x.sum() > 0:", True, DATA),
    Trigger("rows-from-values", "values.DropsRows", "dynamo", "if rows.shape[0] == 0:", True, DATA),
    Trigger("number-from-values", "values.CountsLoops", "dynamo", "range(int(n))", True, DATA, (X, N)),
    Trigger(
        "packed-sequence",
        "values.Packed",
        "dynamo",
        "pack_padded_sequence(x",
        True,
        DATA,
        (InputSpec("x", (2, 5, 4)), LENGTHS),
    ),
    Trigger("trace-branch-frozen", "values.BranchOnValue", "trace", "if x.sum() > 0:", True, ""),
    Trigger("trace-number-frozen", "values.DividesByMaximum", "trace", "float(x.max())", True, ""),
    Trigger(
        "trace-number-frozen", "shapes.BakedIn", "trace", "int(x.shape[0])", True, "", options={"dynamic": BATCH}
    ),
    Trigger("compiled-wrapper", "outputs.compiled", "trace", "torch.compile(", False),
    Trigger("compiled-wrapper", "outputs.compiled", "script", "torch.compile(", False),
    Trigger("parallel-wrapper", "outputs.parallel", "trace", "nn.DataParallel(", True),
    Trigger("trace-loop-unrolled", "values.LoopsOverRows", "trace", "for row in x:", True, ""),
    Trigger("trace-constant", "values.NewTensor", "trace", "torch.tensor(x.shape[0]", True, ""),
    Trigger("trace-random", "values.AlwaysDrops", "trace", "training=True", False, "", options=TORCHSCRIPT),
    Trigger("trace-check-differs", "values.AlwaysDrops", "trace", "training=True", False, "", options=TORCHSCRIPT),
    Trigger("script-annotation-missing", "scripts.Unannotated", "script", "self.scale(x, 3)", False),
    Trigger("script-module-index", "scripts.IndexesModules", "script", "self.layers[i](x)", True),
    Trigger("script-attribute", "scripts.MixedTable", "script", 'self.table["scale"]', True),
    Trigger("script-two-types", "scripts.TwoTypes", "script", "return x * 2.0", True),
    Trigger("script-hook", "scripts.Hooked", "script", "register_forward_hook", True),
    Trigger("script-no-counterpart", "scripts.ReturnsDict", "script", '"double": x', True, OP),
    Trigger("script-foreign-value", "scripts.UsesGlobal", "script", "x * SCALE", True),
    Trigger("script-foreign-value", "scripts.CallsNumpy", "script", "np.sqrt(2.0)", True),
    Trigger("script-python", "scripts.TriesSomething", "script", "try:", True),
    Trigger("output-class", "outputs.ReturnsObject", "trace", "return Result(", False),
    Trigger("output-class", "outputs.ReturnsObject", "export", "return Result(", False, options=PT2),
    Trigger("output-none", "outputs.ReturnsNone", "trace", "return x * 2.0, None", True, options=TORCHSCRIPT),
    Trigger(
        "input-vanished", "outputs.UnusedInput", "trace", "mask: Tensor", True, "", (X, InputSpec("mask", (2, 4)))
    ),
    Trigger("state-kept", "values.KeepsState", "dynamo", "self.last = doubled", False, ""),
)


def export(recipe: Recipe, folder: Path) -> tuple[UserError | None, tuple[Explanation, ...]]:
    """The error of an export if it fails, and what explains it or what it gave."""
    request = ExportRequest(recipe.source, recipe.inputs, recipe.export)
    try:
        record: ExportRecord = stage.run(request, PlainContext(folder))
    except UserError as error:
        return error, (error.info.explanation,) if error.info.explanation else ()
    return None, record.explanations


def test_checks_inside_torch_are_no_frozen_branches(tmp_path: Path) -> None:
    trigger = Trigger("", "operators.Normalises", "trace", "", False, inputs=(InputSpec("x", (2, 4, 3)),))
    error, explanations = export(trigger.recipe, tmp_path)
    assert error is None
    assert explanations == ()


@pytest.mark.parametrize("trigger", EXPORTS, ids=lambda item: f"{item.id}-{item.exporter}")
def test_export_is_explained_by_its_kind_and_place(trigger: Trigger, tmp_path: Path) -> None:
    error, explanations = export(trigger.recipe, tmp_path)
    assert (error.info.code if error is not None else "") == trigger.code
    explanation = next((item for item in explanations if item.id == trigger.id), None)
    assert explanation is not None, [item.id for item in explanations]
    assert explanation.fixes
    assert all(Path(place.file) == FAILURES / trigger.file for place in explanation.places)
    named = (FAILURES / trigger.file).read_text().splitlines()
    assert not trigger.line or trigger.line in named[explanation.places[0].line - 1]
    if error is not None:
        assert error.info.message.endswith(explanation.cause)
        assert error.info.details
    assert bool(explanation.fixes[0].edits) == trigger.mends
    if trigger.mends:
        remaining_error, remaining = export(apply_fix(trigger.recipe, explanation.fixes[0]), tmp_path)
        assert remaining_error is None, remaining_error.info
        assert trigger.id not in [item.id for item in remaining]

from __future__ import annotations

import ast
import dataclasses
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.core.preview.script import export_code
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CheckpointSpec, DynamicDim, ExportSpec, InputSpec, ModelSource
from tests.places import DEMO, ROOT

SOURCE = ModelSource(file="net.py", name="Net")
SIMPLE = Recipe(source=SOURCE, inputs=(InputSpec("x", (1, 3)),), export=ExportSpec(output_path="o.onnx"))

RUN_ONNX = """
import onnxruntime
session = onnxruntime.InferenceSession(str(output_path), providers=["CPUExecutionProvider"])
names = [item.name for item in session.get_inputs()]
assert names == ["image"], names
assert [item.name for item in session.get_outputs()] == ["logits"]
assert session.get_inputs()[0].shape[0] == "batch", session.get_inputs()[0].shape
actual = torch.from_numpy(session.run(None, {"image": inputs[0].numpy()})[0])
"""
RUN_TORCHSCRIPT = """
actual = torch.jit.load(str(output_path))(*inputs)
"""
BRANCHING = """
import torch

class Net(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[0] > 2:
            return x * 2
        return x + 1
"""
COMPARE = """
with torch.inference_mode():
    torch.testing.assert_close(actual, model(*inputs), rtol=1e-4, atol=1e-5)
print("equal", list(actual.shape))
"""


def run_script(code: str, folder: Path) -> str:
    script = folder / "made.py"
    script.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, script.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"format": "onnx", "exporter": "dynamo"}, RUN_ONNX),
        ({"format": "onnx", "exporter": "trace", "opset_version": 17, "external_data": True}, RUN_ONNX),
        ({"format": "torchscript", "exporter": "trace", "output_path": "build/shapes.pt"}, RUN_TORCHSCRIPT),
    ],
)
def test_the_script_makes_an_artifact_that_answers_as_the_model(
    changes: dict[str, object], check: str, tmp_path: Path
) -> None:
    for name in ("shapes.py", "shapes.pt"):
        (tmp_path / name).write_bytes((DEMO / name).read_bytes())
    recipe = load_recipe(DEMO / "demo.toml")
    recipe = dataclasses.replace(recipe, export=dataclasses.replace(recipe.export, **changes))  # type: ignore[arg-type]
    assert "equal [2, 5]" in run_script(export_code(recipe) + check + COMPARE, tmp_path)
    made = {path.name for path in (tmp_path / "build").iterdir()}
    assert made == {Path(recipe.export.output_path).name} | (
        {"shapes.onnx.data"} if changes.get("external_data") else set()
    )


@pytest.mark.parametrize("export_format", ["onnx", "torchscript"])
def test_a_scripted_model_keeps_its_branch(export_format: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(BRANCHING, encoding="utf-8")
    export = ExportSpec(output_names=("y",), output_path="o.bin", dynamic=(DynamicDim("image", 0, "batch"),))
    export = dataclasses.replace(export, format=export_format, exporter="script")  # type: ignore[arg-type]
    recipe = dataclasses.replace(SIMPLE, inputs=(InputSpec("image", (2, 3)),), export=export)
    other = "inputs = (torch.rand(5, 3),)\n"
    check = RUN_TORCHSCRIPT if export_format == "torchscript" else RUN_ONNX.replace("logits", "y")
    assert "equal [5, 3]" in run_script(export_code(recipe) + other + check + COMPARE, tmp_path)


def test_the_script_draws_the_same_inputs_as_the_stages(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import torch\nclass Net(torch.nn.Identity):\n    pass\n", encoding="utf-8")
    inputs = (
        InputSpec("a", (2, 3)),
        InputSpec("b", (2, 3), low=-1.0, high=3.5),
        InputSpec("class", (4,), "float64", 2.0, None, seed=5),
        InputSpec("torch", (4,), "float16", -2.0, 2.0),
        InputSpec("d", (4,), "bfloat16"),
        InputSpec("e", (), "int64"),
        InputSpec("f", (50,), "int32", 3.0, 30000.0),
        InputSpec("g", (50,), "uint8", 20.0, None),
        InputSpec("h", (50,), "bool", seed=2**40),
    )
    recipe = dataclasses.replace(SIMPLE, inputs=inputs)
    code = export_code(recipe).split("output_path =")[0]
    names = ", ".join(
        f"InputSpec({item.name!r}, {item.shape}, {item.dtype!r}, {item.low}, {item.high}, {item.seed})"
        for item in inputs
    )
    check = f"""
from modelpack_gui.core.records import InputSpec
from modelpack_gui.stages.source.inputs import make_inputs
expected = make_inputs(({names}))
for ours, theirs in zip(inputs, expected, strict=True):
    assert ours.dtype == theirs.dtype and torch.equal(ours, theirs), (ours, theirs)
print("same", len(inputs))
"""
    assert "same 9" in run_script(code + check, tmp_path)


def test_a_recipe_without_a_model_says_what_is_missing_instead() -> None:
    assert export_code(Recipe()).startswith("# Choose a model")
    assert export_code(Recipe(source=ModelSource(file="a.py"))).startswith("# Choose a model")


@pytest.mark.parametrize(
    "recipe",
    [
        SIMPLE,
        dataclasses.replace(
            SIMPLE, source=ModelSource(module="pkg.nets", name="Outer.Net", arguments={"a": "\"'\\\n"})
        ),
        dataclasses.replace(SIMPLE, source=ModelSource(module="pkg.my-nets", name="Net")),
        dataclasses.replace(
            SIMPLE,
            source=ModelSource(file='odd "name"\\.py', name="Net", arguments={"class": 1, "b": [None, {"c": ()}]}),
        ),
        dataclasses.replace(
            SIMPLE, source=dataclasses.replace(SOURCE, checkpoint=CheckpointSpec("a.safetensors", False))
        ),
        dataclasses.replace(
            SIMPLE,
            source=dataclasses.replace(SOURCE, checkpoint=CheckpointSpec("a.pt", allowed_globals=("a.b.C", "d.E"))),
        ),
        dataclasses.replace(SIMPLE, inputs=()),
        dataclasses.replace(SIMPLE, inputs=(InputSpec("input.1", (1,)), InputSpec("model", (1,), "int64"))),
    ],
)
@pytest.mark.parametrize("exporter", ["dynamo", "trace", "script"])
def test_any_recipe_gives_python_that_parses(recipe: Recipe, exporter: str) -> None:
    dims = (DynamicDim("x", 0, "batch", 1, 8), DynamicDim("x", 1, "batch"))
    recipe = dataclasses.replace(
        recipe, export=dataclasses.replace(recipe.export, exporter=exporter, dynamic=dims, constant_folding=False)
    )
    code = export_code(recipe)
    ast.parse(code)
    assert code.endswith("\n")
    assert not any(line.endswith(" ") for line in code.splitlines())


def test_settings_appear_in_the_call_and_defaults_do_not() -> None:
    plain = export_code(SIMPLE)
    assert "dynamic_shapes" not in plain
    assert "opset_version" not in plain
    assert "optimize" not in plain
    dims = (DynamicDim("x", 0, "batch", 2, 8), DynamicDim("x", 1, "width"))
    export = ExportSpec("onnx", "dynamo", 21, dims, False, ("first",), ("y",), True, "o.onnx")
    code = export_code(dataclasses.replace(SIMPLE, export=export))
    for part in (
        'dim_batch = torch.export.Dim("batch", min=2, max=8)',
        'dim_width = torch.export.Dim("width")',
        "dynamic_shapes=({0: dim_batch, 1: dim_width},),",
        'input_names=["first"],',
        'output_names=["y"],',
        "opset_version=21,",
        "optimize=False,",
        "external_data=True,",
    ):
        assert part in code
    traced = export_code(dataclasses.replace(SIMPLE, export=dataclasses.replace(export, exporter="trace")))
    assert 'dynamic_axes={"first": {0: "batch", 1: "width"}},' in traced
    assert "do_constant_folding=False," in traced


def test_weights_are_loaded_without_running_code_from_the_file_but_for_the_globals_agreed_to() -> None:
    checkpoint = CheckpointSpec("a.pt", allowed_globals=("pkg.Config",))
    code = export_code(dataclasses.replace(SIMPLE, source=dataclasses.replace(SOURCE, checkpoint=checkpoint)))
    assert "weights_only=True" in code
    assert "with torch.serialization.safe_globals([pkg.Config]):\n    checkpoint = torch.load(" in code
    assert "\nimport pkg\n" in code


def test_a_path_in_the_home_folder_is_expanded_when_the_script_runs() -> None:
    source = ModelSource(file="~/net.py", name="Net", checkpoint=CheckpointSpec("~/w.pt"))
    code = export_code(Recipe(source=source, export=ExportSpec(output_path="~/o.onnx")))
    for part in (
        'Path("~/net.py").expanduser()',
        'load(Path("~/w.pt").expanduser(),',
        'Path("~/o.onnx").expanduser()',
    ):
        assert part in code.replace("load(\n    ", "load(")


def test_a_long_call_is_laid_out_an_argument_a_line() -> None:
    arguments = {f"argument_number_{i}": [i] * 5 for i in range(6)} | {"limit": math.inf}
    code = export_code(dataclasses.replace(SIMPLE, source=dataclasses.replace(SOURCE, arguments=arguments)))
    assert "model = module.Net(\n    argument_number_0=[0, 0, 0, 0, 0],\n" in code
    assert '    limit=float("inf"),\n)\n' in code
    assert max(map(len, code.splitlines())) <= 88


def test_multiples_are_spelled_as_torch_export_wants_them_and_plainly_for_onnx() -> None:
    dims = (DynamicDim("x", 0, "rows", 8, 64, 4),)
    recipe = Recipe(source=ModelSource(file="m.py", name="M"), inputs=(InputSpec("x", (8, 4)),))
    program = ExportSpec(format="pt2", exporter="export", dynamic=dims, output_path="m.pt2")
    code = export_code(dataclasses.replace(recipe, export=program))
    assert 'dim_rows = 4 * torch.export.Dim("_rows", min=2, max=16)' in code
    code = export_code(dataclasses.replace(recipe, export=ExportSpec(dynamic=dims, output_path="m.onnx")))
    assert 'dim_rows = torch.export.Dim("rows", min=8, max=64)' in code

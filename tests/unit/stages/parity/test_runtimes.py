from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.runtimes import LEVELS, RUNTIMES
from modelpack_gui.core.records import Artifact, InputSpec, RuntimeChoice
from modelpack_gui.stages.export.artifact import read_artifact
from modelpack_gui.stages.parity.runtimes import open_runtime

X = InputSpec("x", (2, 4), low=-1.0, high=1.0)
VALUES = torch.linspace(-1.0, 1.0, 8).reshape(2, 4)


class Affine(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2.0 + 1.0


def _onnx(folder: Path) -> Path:
    two, one = (
        numpy_helper.from_array(np.array(value, np.float32), name) for name, value in (("two", 2), ("one", 1))
    )
    nodes = [helper.make_node("Mul", ["x", "two"], ["scaled"]), helper.make_node("Add", ["scaled", "one"], ["y"])]
    graph = helper.make_graph(
        nodes,
        "affine",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])],
        [two, one],
    )
    path = folder / "affine.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(path))
    return path


def _torchscript(folder: Path) -> Path:
    path = folder / "affine.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(Affine()).save(str(path))  # type: ignore[no-untyped-call]
    return path


def _pt2(folder: Path) -> Path:
    path = folder / "affine.pt2"
    torch.export.save(torch.export.export(Affine(), (VALUES,)), str(path))
    return path


MAKERS = {"onnx": _onnx, "torchscript": _torchscript, "pt2": _pt2}


def _artifact(folder: Path, format: str) -> Artifact:  # noqa: A002
    return read_artifact(MAKERS[format](folder))


@pytest.mark.parametrize(
    ("id", "format", "level"), [(kind.id, kind.format, level) for kind in RUNTIMES for level in LEVELS]
)
def test_every_runtime_gives_the_values_of_the_model_at_every_level(
    tmp_path: Path,
    id: str,  # noqa: A002
    format: str,  # noqa: A002
    level: str,
) -> None:
    runtime = open_runtime(_artifact(tmp_path, format), [X], RuntimeChoice(id, level))

    (output,) = runtime.run([VALUES])

    np.testing.assert_array_equal(output.values, (VALUES * 2.0 + 1.0).numpy())
    assert output.info.dtype == "float32"


@pytest.mark.parametrize("kind", RUNTIMES, ids=lambda kind: kind.id)
def test_arrays_do_for_tensors_and_stay_as_they_are(tmp_path: Path, kind: object) -> None:
    runtime = open_runtime(_artifact(tmp_path, kind.format), [X], RuntimeChoice(kind.id))  # type: ignore[attr-defined]
    values = VALUES.numpy().copy()

    (output,) = runtime.run([values])

    np.testing.assert_array_equal(output.values, VALUES.numpy() * 2 + 1)
    np.testing.assert_array_equal(values, VALUES.numpy())


def test_the_description_says_the_level_only_where_it_makes_a_difference(tmp_path: Path) -> None:
    artifact = _artifact(tmp_path, "onnx")

    assert open_runtime(artifact, [X], RuntimeChoice(optimization="basic")).description.endswith("optimisation basic")
    assert "optimisation" not in open_runtime(artifact, [X]).description
    assert "optimisation" not in open_runtime(artifact, [X], RuntimeChoice("onnx.reference", "off")).description


def test_onnx_reference_knows_the_sizes_that_the_file_fixes(tmp_path: Path) -> None:
    runtime = open_runtime(_artifact(tmp_path, "onnx"), [X], RuntimeChoice("onnx.reference"))

    assert (runtime.fixed_size("x", 0), runtime.fixed_size("x", 1), runtime.fixed_size("x", 2)) == (None, 4, None)


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (RuntimeChoice("tensorrt"), "runtime-unknown"),
        (RuntimeChoice("torchscript"), "runtime-does-not-fit"),
        (RuntimeChoice(optimization="most"), "optimization-unknown"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_the_ones_that_can(
    tmp_path: Path, choice: RuntimeChoice, code: str
) -> None:
    with pytest.raises(UserError) as caught:
        open_runtime(_artifact(tmp_path, "onnx"), [X], choice)

    assert caught.value.info.code == code
    assert "onnxruntime" in caught.value.info.hint or "basic" in caught.value.info.hint

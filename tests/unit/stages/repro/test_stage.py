from __future__ import annotations

import re
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import (
    CaseChoice,
    DynamicDim,
    InputSpec,
    ModelSource,
    ParitySpec,
    ReproRecord,
    ReproRequest,
    Verdict,
)
from modelpack_gui.stages.repro.stage import run

X = InputSpec("x", (4, 6), low=-1.0, high=1.0)
N = DynamicDim("x", 0, "n")

MODELS = """
import torch
from torch import nn

class Affine(nn.Module):
    def forward(self, x):
        return x * 2.0 + 1.0

class Pairs(nn.Module):
    def forward(self, x):
        return x.reshape(-1, 2, 3) * 2.0

class Branch(nn.Module):
    def forward(self, x):
        return x * 2.0 + (1.0 if x.shape[0] < 3 else 5.0)

class Halves(nn.Module):
    def forward(self, x):
        return (x * 2.0).bfloat16()
"""

ALONE = """
import runpy, sys
for name in ("torch", "modelpack_gui", "PySide6", "onnxscript"):
    sys.modules[name] = None  # importing it fails
runpy.run_path("reproduce.py", run_name="__main__")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    return tmp_path


def save(
    folder: Path,
    nodes: Sequence[Any],
    constants: dict[str, Any],
    *,
    shape: Sequence[int | str] = ("n", 6),
    dtype: int = TensorProto.FLOAT,
    **more: Any,
) -> None:
    """An ONNX file from `x` to `y`."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 6])],
        [helper.make_tensor_value_info("y", dtype, shape)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("local", 1)]
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=opsets, **more), folder / "m.onnx")


def affine(folder: Path, one: float = 1.5) -> None:
    nodes = [
        helper.make_node("Mul", ["x", "two"], ["m"], doc_string="/home/me/secret.py(3)"),
        helper.make_node("Add", ["m", "one"], ["y"]),
    ]
    constants = {"two": np.float32(2), "one": np.float32(one), "unused": np.zeros(1000, np.float32)}
    save(folder, nodes, constants)


def make(folder: Path, name: str, *, sizes: dict[str, int] | None = None, **more: Any) -> ReproRecord:
    request = ReproRequest(
        ModelSource(file="models.py", name=name), (X,), "m.onnx", (N,), ParitySpec(), "out/repro.zip",
        case=CaseChoice(sizes or {}), **more,
    )  # fmt: skip
    (folder / "scratch").mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return run(request, PlainContext(folder, folder / "scratch"))


def unpacked(folder: Path) -> Path:
    target = folder / "unpacked"
    with zipfile.ZipFile(folder / "out" / "repro.zip") as archive:
        archive.extractall(target)
    return target


def run_alone(folder: Path) -> subprocess.CompletedProcess[str]:
    """The script where nothing but onnx, onnxruntime and numpy can be imported."""
    return subprocess.run(
        [sys.executable, "-E", "-c", ALONE], cwd=unpacked(folder), capture_output=True, text=True, check=False
    )


def tensors(folder: Path, kind: str) -> list[Any]:
    files = sorted((folder / "unpacked" / "test_data_set_0").glob(f"{kind}_*.pb"))
    return [numpy_helper.to_array(onnx.load_tensor(str(file))) for file in files]


def test_the_zip_fails_where_only_onnx_onnxruntime_and_numpy_can_be_imported(folder: Path) -> None:
    affine(folder)

    record = make(folder, "Affine")

    assert record.verdict is Verdict.FAILED
    assert record.summary == (
        "It fails without this app, with optimisations off and on: 1 node of 2, a matter for pytorch/pytorch."
    )
    assert record.files == (
        "README.md", "model.onnx", "reproduce.py", "test_data_set_0/input_0.pb", "test_data_set_0/output_0.pb",
        "versions.txt",
    )  # fmt: skip
    done = run_alone(folder)
    assert done.returncode == 1, done.stderr
    assert re.search(
        r"^optimisation off: y: FAILED, 6 of 6 elements differ by more than rtol 0.001", done.stdout, re.M
    )
    assert re.search(r"^optimisation all: y: FAILED", done.stdout, re.M)
    assert done.stderr == ""


def test_the_script_passes_once_the_graph_is_mended(folder: Path) -> None:
    affine(folder)
    make(folder, "Affine")
    path = unpacked(folder) / "model.onnx"
    model = onnx.load(path)
    one = next(tensor for tensor in model.graph.initializer if tensor.name == "one")
    one.CopyFrom(numpy_helper.from_array(np.float32(1), "one"))
    onnx.save(model, path)
    done = subprocess.run(
        [sys.executable, "reproduce.py"], cwd=path.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("agrees") == 2


def test_inputs_are_cut_down_to_the_fewest_rows_that_fail_and_no_further(folder: Path) -> None:
    affine(folder, one=1.0)
    make(folder, "Branch", sizes={"n": 17})
    unpacked(folder)
    assert [values.shape for values in tensors(folder, "input")] == [(3, 6)]
    assert np.array_equal(tensors(folder, "output")[0], tensors(folder, "input")[0] + np.float32(5))


def test_the_zip_holds_neither_what_is_not_needed_nor_what_names_the_users_files(folder: Path) -> None:
    affine(folder)
    make(folder, "Affine")
    model = onnx.load(unpacked(folder) / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert {tensor.name for tensor in model.graph.initializer} == {"one"}
    assert b"secret" not in (folder / "unpacked" / "model.onnx").read_bytes()
    readme = (folder / "unpacked" / "README.md").read_text(encoding="utf-8")
    assert str(folder) not in readme
    assert "| ONNX Runtime, optimisations off | wrong: 6 of 6 elements" in readme
    assert "https://github.com/pytorch/pytorch/issues" in readme
    versions = (folder / "unpacked" / "versions.txt").read_text(encoding="utf-8")
    assert re.search(r"^onnxruntime: \d", versions, re.M)
    assert re.search(r"^torch: \d", versions, re.M)


def test_an_artifact_that_agrees_gives_no_repro(folder: Path) -> None:
    affine(folder, one=1.0)
    with pytest.raises(UserError) as caught:
        make(folder, "Affine")
    assert caught.value.info.code == "repro-nothing-fails"
    assert not (folder / "out").exists()


def test_a_graph_that_refuses_to_run_is_cut_to_the_node_that_does(folder: Path) -> None:
    nodes = [
        helper.make_node("Mul", ["x", "two"], ["m"], name="scale"),
        helper.make_node("Reshape", ["m", "shape"], ["r"], name="split"),
        helper.make_node("Identity", ["r"], ["y"], name="out"),
    ]
    save(folder, nodes, {"two": np.float32(2), "shape": np.array([4, 2, 3])}, shape=(4, 2, 3))
    record = make(folder, "Pairs", sizes={"n": 5})
    assert (record.verdict, record.nodes, record.nodes_before) == (Verdict.FAILED, 2, 3)
    done = run_alone(folder)
    assert done.returncode == 1
    assert "optimisation off: does not run:" in done.stdout
    assert [values.shape for values in tensors(folder, "input")] == [(1, 6)]


def test_bfloat16_goes_out_as_the_float32_that_holds_it(folder: Path) -> None:
    nodes = [
        helper.make_node("Mul", ["x", "two"], ["m"]),
        helper.make_node("Cast", ["m"], ["y"], to=TensorProto.BFLOAT16),
    ]
    save(folder, nodes, {"two": np.float32(2.5)}, dtype=TensorProto.BFLOAT16)
    record = make(folder, "Halves")
    assert record.verdict is Verdict.FAILED
    assert run_alone(folder).returncode == 1
    assert tensors(folder, "output")[0].dtype == np.float32


def test_subgraphs_and_local_functions_come_along_with_what_they_use(folder: Path) -> None:
    then = helper.make_graph(
        [helper.make_node("Add", ["d", "one"], ["t"])], "then", [],
        [helper.make_tensor_value_info("t", TensorProto.FLOAT, None)],
    )  # fmt: skip
    other = helper.make_graph(
        [helper.make_node("Identity", ["d"], ["e"])], "else", [],
        [helper.make_tensor_value_info("e", TensorProto.FLOAT, None)],
    )  # fmt: skip
    double = helper.make_function(
        "local", "Double", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 20)]
    )
    nodes = [
        helper.make_node("Double", ["x"], ["d"], domain="local"),
        helper.make_node("If", ["yes"], ["y"], then_branch=then, else_branch=other),
    ]
    save(folder, nodes, {"yes": np.array(True), "one": np.float32(7)}, functions=[double])
    record = make(folder, "Affine")
    assert (record.verdict, record.nodes) == (Verdict.FAILED, 2)
    assert run_alone(folder).returncode == 1


def test_another_format_is_refused_with_the_way_out(folder: Path) -> None:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(torch.nn.Identity()).save(str(folder / "m.pt"))  # type: ignore[no-untyped-call]
    request = ReproRequest(ModelSource("models.py", name="Affine"), (X,), "m.pt", (N,), ParitySpec(), "repro.zip")
    with pytest.raises(UserError) as caught:
        run(request, PlainContext(folder, folder))
    assert caught.value.info.code == "repro-not-onnx"
    assert caught.value.info.message == "m.pt is a TorchScript archive, and a repro is cut out of an ONNX graph."
    assert "Export the same model to ONNX" in caught.value.info.hint


def test_a_value_of_another_file_is_refused(folder: Path) -> None:
    affine(folder)
    with pytest.raises(UserError) as caught:
        make(folder, "Affine", value="conv_7")
    assert caught.value.info.code == "repro-value-unknown"


def test_cancelling_leaves_no_file_behind(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    class Cancelled(PlainContext):
        def progress(self, message: str, fraction: float | None = None) -> None:
            self.is_writing = message.startswith("Writing")

        def check_cancelled(self) -> None:
            if getattr(self, "is_writing", False):
                raise JobCancelled

    affine(folder)
    request = ReproRequest(ModelSource("models.py", name="Affine"), (X,), "m.onnx", (N,), ParitySpec(), "repro.zip")
    with pytest.raises(JobCancelled):
        run(request, Cancelled(folder, tmp_path_factory.mktemp("scratch")))
    assert sorted(path.name for path in folder.iterdir() if path.name != "__pycache__") == ["m.onnx", "models.py"]


def test_an_artifact_can_stand_in_the_place_of_the_model(folder: Path) -> None:
    affine(folder, one=1.0)
    (folder / "m.onnx").rename(folder / "before.onnx")
    affine(folder)
    spec = ParitySpec(expected_artifact="before.onnx")
    request = ReproRequest(ModelSource("gone.py", name="Gone"), (X,), "m.onnx", (N,), spec, "out/repro.zip")
    record = run(request, PlainContext(folder, folder))
    assert record.verdict is Verdict.FAILED
    assert record.summary.endswith("a matter for whoever made one file from the other.")
    readme = (unpacked(folder) / "README.md").read_text(encoding="utf-8")
    assert "does not give what before.onnx in ONNX Runtime does" in readme
    assert "It belongs to whatever made one of the two files from the other" in readme

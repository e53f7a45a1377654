"""Record what the installed torch really does with each model of the zoo: `python scripts/record_zoo.py`.

Writes tests/fixtures/zoo/expected.json, against which the tests hold the app. So that the two cannot be wrong
together, nothing of modelpack_gui takes part in it but the list of models: exports are bare calls of torch, and
outputs are compared with numpy over many sizes and seeds.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import itertools
import json
import logging
import multiprocessing
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.fixtures.zoo.cases import CASES, FOLDER, ZooCase  # noqa: E402 (the checkout is put on the path above)

TARGET = FOLDER / "expected.json"
ROUTES = (
    ("onnx", "dynamo", 18),
    ("onnx", "dynamo", 20),
    ("onnx", "trace", 17),
    ("onnx", "trace", 20),
    ("onnx", "script", 17),
    ("torchscript", "trace", None),
    ("torchscript", "script", None),
    ("pt2", "export", None),
)
SIZES = (1, 2, 3, 5, 17)
SEEDS = tuple(range(8))

Leaves = list[torch.Tensor]
Runner = Callable[[Leaves], list[np.ndarray[Any, Any]]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="models to record anew; all if none is named")
    chosen = parser.parse_args().names
    table = json.loads(TARGET.read_text(encoding="utf-8"))["models"] if chosen and TARGET.is_file() else {}
    # An interpreter for each export: torch keeps things of one that change the next (a GRU's second has fixed steps).
    with multiprocessing.get_context("spawn").Pool(initializer=_be_quiet, maxtasksperchild=1) as pool:
        for case in CASES:
            if chosen and case.name not in chosen:
                continue
            outcomes = pool.starmap(_outcome, [(case, *route) for route in ROUTES], chunksize=1)
            table[case.name] = dict(zip(map(_key, ROUTES), outcomes, strict=True))
            print(case.name, json.dumps(table[case.name]), flush=True)
    ordered = {case.name: table[case.name] for case in CASES if case.name in table}
    data = {"torch": torch.__version__.partition("+")[0], "models": ordered}
    TARGET.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return 0


def _be_quiet() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)


def _key(route: tuple[str, str, int | None]) -> str:
    return "/".join(str(part) for part in route if part is not None)


def _outcome(case: ZooCase, format_: str, exporter: str, opset: int | None) -> str:
    """`works`, `fails: <what torch said>`, or `wrong: <where>`."""
    model = _model(case)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = str(Path(folder) / "artifact")
        try:
            run = _EXPORTS[format_, exporter](model, case, opset, path)
        except Exception as error:  # noqa: BLE001 (what it is, is the record)
            return f"fails: {_gist(error)}"
        if isinstance(run, str):
            return f"wrong: {run}"
        return _compare(_model(case), case, run)


def _compare(model: torch.nn.Module, case: ZooCase, run: Runner) -> str:
    for label, leaves in _tries(case):
        try:
            with torch.no_grad():
                expected = _flat(model(*_arguments(case, leaves)[0], **_arguments(case, leaves)[1]))
        except Exception:  # noqa: BLE001 (the model itself takes no such size)
            continue
        try:
            actual = run(leaves)
        except Exception as error:  # noqa: BLE001
            return f"wrong: at {label} it does not run: {_gist(error)}"
        if len(actual) != len(expected):
            return f"wrong: {len(expected)} outputs became {len(actual)}"
        for one, other in zip(expected, actual, strict=True):
            if one.shape != other.shape or one.dtype != other.dtype:
                return f"wrong: at {label} {one.dtype}{list(one.shape)} became {other.dtype}{list(other.shape)}"
            half = one.dtype == np.float16
            if not np.allclose(other, one, rtol=1e-2 if half else 1e-3, atol=1e-3 if half else 1e-5, equal_nan=True):
                return f"wrong: at {label} the values differ"
    return "works"


def _tries(case: ZooCase) -> Iterator[tuple[str, Leaves]]:
    for seed in SEEDS:
        yield f"seed {seed}", _leaves(case, seed, {})
    names = list(dict.fromkeys(dim.name for dim in case.dynamic))
    for name, size in itertools.product(names, SIZES):
        yield f"{name} = {size}", _leaves(case, 0, {name: size})


def _leaves(case: ZooCase, seed: int, sizes: dict[str, int]) -> Leaves:
    generator = np.random.default_rng(seed)
    leaves = []
    for item in case.inputs:
        shape = list(item.shape)
        for dim in case.dynamic:
            if dim.input == item.name and dim.name in sizes:
                shape[dim.axis] = sizes[dim.name]
        if item.dtype.startswith("int"):
            ends = int(item.low or 0), int(9 if item.high is None else item.high)
            leaves.append(torch.from_numpy(generator.integers(ends[0], ends[1] + 1, shape)))
        else:
            low, high = item.low or 0.0, 1.0 if item.high is None else item.high
            leaves.append(torch.from_numpy(generator.uniform(low, high, shape)).to(getattr(torch, item.dtype)))
    return leaves


def _arguments(case: ZooCase, leaves: Leaves) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if case.name == "ListInput":
        return (list(leaves),), {}
    if case.name == "DictInput":
        return (), {"batch": dict(zip(("x", "weight"), leaves, strict=True))}
    return tuple(leaves), {}


def _flat(result: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(result, torch.Tensor):
        return [result.detach().numpy()]
    items = result.values() if isinstance(result, dict) else result
    return list(itertools.chain.from_iterable(map(_flat, items)))


class _OfList(torch.nn.Module):
    """What a person writes around a model with a list of tensors: an artifact takes them one by one."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.model([fine, coarse])
        return result


class _OfDict(torch.nn.Module):
    """The same around a dict by keyword."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.model(batch={"x": x, "weight": weight})
        return result


_FLAT: dict[str, type[torch.nn.Module]] = {"ListInput": _OfList, "DictInput": _OfDict}


def _flattened(model: torch.nn.Module, case: ZooCase) -> torch.nn.Module:
    return _FLAT[case.name](model).eval() if case.name in _FLAT else model


def _model(case: ZooCase) -> torch.nn.Module:
    name = f"zoo_{Path(case.file).stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, FOLDER / case.file)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    torch.manual_seed(0)
    model: torch.nn.Module = getattr(sys.modules[name], case.name)()
    return model.eval()


# -- the bare exports; each gives what runs the artifact, or what is not as it was asked for


def _by_dynamo(model: torch.nn.Module, case: ZooCase, opset: int | None, path: str) -> Runner | str:
    args, kwargs = _arguments(case, _leaves(case, 0, {}))
    torch.onnx.export(
        model, args, path, kwargs=kwargs, dynamo=True, opset_version=opset, verbose=False,
        input_names=[item.name for item in case.inputs], dynamic_shapes=_dynamic_shapes(case),
    )  # fmt: skip
    return _onnx_runner(case, opset, path)


def _by_trace(model: torch.nn.Module, case: ZooCase, opset: int | None, path: str) -> Runner | str:
    _legacy(_flattened(model, case), case, opset, path)
    return _onnx_runner(case, opset, path)


def _by_script(model: torch.nn.Module, case: ZooCase, opset: int | None, path: str) -> Runner | str:
    _legacy(torch.jit.script(_flattened(model, case)), case, opset, path)
    return _onnx_runner(case, opset, path)


def _legacy(model: torch.nn.Module, case: ZooCase, opset: int | None, path: str) -> None:
    axes: dict[str, dict[int, str]] = {}
    for dim in case.dynamic:
        axes.setdefault(dim.input, {})[dim.axis] = dim.name
    torch.onnx.export(
        model, tuple(_leaves(case, 0, {})), path, dynamo=False, opset_version=opset, dynamic_axes=axes,
        input_names=[item.name for item in case.inputs],
    )  # fmt: skip


def _onnx_runner(case: ZooCase, opset: int | None, path: str) -> Runner | str:
    import onnx
    import onnxruntime

    got = next(entry.version for entry in onnx.load(path).opset_import if entry.domain in ("", "ai.onnx"))
    if got != opset:
        return f"opset {opset} became {got}"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 (its exceptions have no common base)
        return f"it does not load: {_gist(error)}"
    names = [item.name for item in case.inputs]
    found = {argument.name: argument for argument in session.get_inputs()}
    if set(found) != set(names):
        return f"the inputs became {', '.join(found)}"
    for dim in case.dynamic:
        if isinstance(found[dim.input].shape[dim.axis], int):
            return f"{dim.input}[{dim.axis}] is fixed at {found[dim.input].shape[dim.axis]}"

    def run(leaves: Leaves) -> list[np.ndarray[Any, Any]]:
        outputs: list[np.ndarray[Any, Any]] = session.run(
            None, {name: leaf.numpy() for name, leaf in zip(names, leaves, strict=True)}
        )
        return outputs

    return run


def _torchscript_trace(model: torch.nn.Module, case: ZooCase, _opset: int | None, path: str) -> Runner | str:
    leaves = tuple(_leaves(case, 0, {}))
    with torch.no_grad():
        traced = torch.jit.trace(_flattened(model, case), leaves, strict=False)  # type: ignore[no-untyped-call]
    torch.jit.save(traced, path)
    return _torch_runner(case, torch.jit.load(path), is_flat=True)  # type: ignore[no-untyped-call]


def _torchscript_script(model: torch.nn.Module, case: ZooCase, _opset: int | None, path: str) -> Runner | str:
    torch.jit.save(torch.jit.script(model), path)
    return _torch_runner(case, torch.jit.load(path))  # type: ignore[no-untyped-call]


def _by_export(model: torch.nn.Module, case: ZooCase, _opset: int | None, path: str) -> Runner | str:
    args, kwargs = _arguments(case, _leaves(case, 0, {}))
    program = torch.export.export(model, args, kwargs or None, dynamic_shapes=_dynamic_shapes(case))
    torch.export.save(program, f"{path}.pt2")
    return _torch_runner(case, torch.export.load(f"{path}.pt2").module())


def _torch_runner(case: ZooCase, module: Any, *, is_flat: bool = False) -> Runner:
    def run(leaves: Leaves) -> list[np.ndarray[Any, Any]]:
        copies = [leaf.clone() for leaf in leaves]
        args, kwargs = (tuple(copies), {}) if is_flat else _arguments(case, copies)
        with torch.no_grad():
            return _flat(module(*args, **kwargs))

    return run


def _dynamic_shapes(case: ZooCase) -> Any:
    if not case.dynamic:
        return None
    dims = {dim.name: torch.export.Dim(dim.name) for dim in case.dynamic}
    leaves: Sequence[Any] = [
        {dim.axis: dims[dim.name] for dim in case.dynamic if dim.input == item.name} for item in case.inputs
    ]
    if case.name == "ListInput":
        return {"features": list(leaves)}
    if case.name == "DictInput":
        return {"batch": dict(zip(("x", "weight"), leaves, strict=True))}
    return tuple(leaves)


_EXPORTS: dict[tuple[str, str], Callable[[torch.nn.Module, ZooCase, int | None, str], Runner | str]] = {
    ("onnx", "dynamo"): _by_dynamo,
    ("onnx", "trace"): _by_trace,
    ("onnx", "script"): _by_script,
    ("torchscript", "trace"): _torchscript_trace,
    ("torchscript", "script"): _torchscript_script,
    ("pt2", "export"): _by_export,
}


def _gist(error: BaseException) -> str:
    """The innermost cause in one line, without addresses and paths, which differ from machine to machine."""
    while error.__cause__ is not None:
        error = error.__cause__
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    line = re.sub(r"0x[0-9a-f]+|\x1b\[[\d;]*m|(/[\w.\-]+)+/", "", line)
    return f"{type(error).__name__}: {line}"[:160]


if __name__ == "__main__":
    raise SystemExit(main())

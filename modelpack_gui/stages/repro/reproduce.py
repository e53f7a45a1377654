"""Run model.onnx on the inputs in test_data_set_0, and compare with the outputs that are expected there.

    python reproduce.py

Needs onnx, onnxruntime and numpy, nothing else. Exits with 1 if an output differs by more than the tolerances below
or the model does not run, with 0 if everything agrees, at all levels of optimisation.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

# An element agrees if |actual - expected| <= ATOL + RTOL * |expected|; integers, booleans and strings must be equal.
RTOL = 1e-3
ATOL = 1e-5
NAN_EQUAL = True  # whether NaN agrees with NaN

FOLDER = Path(__file__).resolve().parent
LEVELS = {"off": ort.GraphOptimizationLevel.ORT_DISABLE_ALL, "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL}


class Difference(NamedTuple):
    """How far an output is from what is expected; `reason` says why it fails, and is empty if it agrees."""

    reason: str
    max_abs: float = 0.0
    max_rel: float = 0.0
    mismatched: int = 0


def compare(expected: Any, actual: Any, rtol: float, atol: float, nan_equal: bool) -> Difference:
    """Compare two arrays strictly: nothing is broadcast, and NaN, +Inf and -Inf must be at the same places."""
    if expected.shape != actual.shape:
        return Difference(f"its shape is {actual.shape} instead of {expected.shape}", np.inf, np.inf, expected.size)
    if expected.dtype != actual.dtype:
        return Difference(f"its dtype is {actual.dtype} instead of {expected.dtype}", np.inf, np.inf, expected.size)
    if expected.dtype.kind not in "fc":
        wrong = int(np.sum(expected != actual))
        if not wrong or expected.dtype.kind not in "iu":
            return Difference(f"{wrong} of {expected.size} elements differ" if wrong else "", 0.0, 0.0, wrong)
        distance = np.abs(expected.astype(np.float64) - actual.astype(np.float64))
        return Difference(f"{wrong} of {expected.size} elements differ", float(distance.max()), np.inf, wrong)
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    left, right = expected.astype(wide), actual.astype(wide)
    finite = np.isfinite(left) & np.isfinite(right)
    alike = (left == right) | (np.isnan(left) & np.isnan(right) & nan_equal)
    misplaced = int(np.sum(~finite & ~alike))
    error, size = np.abs(right[finite] - left[finite]), np.abs(left[finite])
    wrong = misplaced + int(np.sum(error > atol + rtol * size))
    nonzero = size > 0
    max_rel = float((error[nonzero] / size[nonzero]).max()) if nonzero.any() else 0.0
    reason = f"{wrong} of {expected.size} elements differ by more than rtol {rtol:g}, atol {atol:g}" if wrong else ""
    if misplaced:
        reason = f"{misplaced} of {expected.size} elements have NaN or Inf where the other side has none"
    return Difference(reason, float(error.max()) if error.size else 0.0, max_rel, wrong)


def read_tensors(folder: Path, kind: str) -> dict[str, Any]:
    """The tensors input_0.pb, input_1.pb, ... (or output_...) of a folder, by name."""
    tensors = {}
    for number in range(len(list(folder.glob(f"{kind}_*.pb")))):
        tensor = onnx.load_tensor(str(folder / f"{kind}_{number}.pb"))
        tensors[tensor.name] = numpy_helper.to_array(tensor)
    return tensors


def run(model: str | bytes, level: str, feeds: dict[str, Any], names: list[str]) -> list[Any]:
    """The named outputs of the model in ONNX Runtime on the CPU, at one level of its graph optimisations."""
    options = ort.SessionOptions()
    options.graph_optimization_level = LEVELS[level]
    options.log_severity_level = 4  # what goes wrong comes as an exception
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return list(session.run(names, feeds))


def main() -> int:
    """Run at each level, print what differs, and give the exit status."""
    print(
        f"onnxruntime {ort.__version__}, onnx {onnx.__version__}, numpy {np.__version__}, "
        f"Python {platform.python_version()}, {platform.platform()}"
    )
    feeds = read_tensors(FOLDER / "test_data_set_0", "input")
    expected = read_tensors(FOLDER / "test_data_set_0", "output")
    failed = False
    for level in LEVELS:
        try:
            outputs = run(str(FOLDER / "model.onnx"), level, feeds, list(expected))
        except Exception as error:  # noqa: BLE001 (its exceptions have no common base, and each is a failure)
            print(f"optimisation {level}: does not run: {error}")
            failed = True
            continue
        for (name, values), actual in zip(expected.items(), outputs):  # noqa: B905 (Python 3.9 has no strict)
            found = compare(values, actual, RTOL, ATOL, NAN_EQUAL)
            verdict = f"FAILED, {found.reason}" if found.reason else "agrees"
            print(
                f"optimisation {level}: {name}: {verdict} "
                f"(largest absolute difference {found.max_abs:.3g}, relative {found.max_rel:.3g})"
            )
            failed = failed or bool(found.reason)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

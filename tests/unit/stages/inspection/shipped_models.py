"""The models that ship in the tests of the onnx package."""

from __future__ import annotations

import functools
import warnings
from pathlib import Path

import onnx
from onnx.backend.test.loader import load_model_tests

DATA = Path(onnx.__file__).parent / "backend/test/data"


@functools.cache
def models() -> tuple[tuple[str, bytes], ...]:
    """Name and bytes of each: those in files, and those that the package makes for its operators."""
    found = [(str(path.relative_to(DATA)), path.read_bytes()) for path in sorted(DATA.rglob("*.onnx"))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package computes what its operators give for infinities
        cases = load_model_tests(kind="node")
    found += [(case.name, case.model.SerializeToString()) for case in cases if case.model is not None]
    return tuple(found)

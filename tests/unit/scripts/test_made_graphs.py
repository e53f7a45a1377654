from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from scripts.made_graphs import SHAPES, WIDTH


@pytest.mark.parametrize("shape", SHAPES)
def test_a_made_graph_has_as_many_nodes_as_asked_is_valid_and_runs(shape: str, tmp_path: Path) -> None:
    path = SHAPES[shape](120, tmp_path / "made.onnx")
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert 116 <= len(model.graph.node) <= 140
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {"x": np.ones((2, 8, WIDTH), np.float32)})
    assert np.isfinite(output).all()

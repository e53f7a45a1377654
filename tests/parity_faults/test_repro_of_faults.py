"""The repro of a planted fault is the node that it was planted into."""

from __future__ import annotations

import zipfile
from pathlib import Path

import onnx
import pytest

from modelpack_gui.core.records import CaseChoice, Verdict
from tests.parity_faults.catalogue import FAULTS
from tests.parity_faults.conftest import Export
from tests.parity_faults.plant import Editor

BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.mark.parametrize(
    ("name", "exporter"),
    [
        ("GELU by tanh", "trace"),  # within the tolerances where it is, beyond them further on
        ("wrong padding mode", "trace"),  # after a dozen nodes that compute constants
        ("batch made a number", "dynamo"),
    ],
)
def test_it_is_cut_to_that_node(export: Export, name: str, exporter: str, tmp_path: Path) -> None:
    fault = BY_NAME[name]
    exported = export(fault.model, exporter)
    model = onnx.load(exported.path)
    planted = fault.plant(Editor(model))
    onnx.save(model, tmp_path / "planted.onnx")
    record = exported.repro(tmp_path / "repro.zip", tmp_path / "planted.onnx", CaseChoice(fault.sizes))
    assert record.verdict is Verdict.FAILED, record.summary
    with zipfile.ZipFile(record.path) as archive:
        graph = onnx.load_from_string(archive.read("model.onnx")).graph
    assert [node.op_type for node in graph.node] == [planted.op_type]

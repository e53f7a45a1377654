"""A fault planted into one node fails parity, and the layers name that node or its direct neighbour."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from modelpack_gui.core.records import CaseChoice, Verdict
from tests.parity_faults.catalogue import FAULTS
from tests.parity_faults.conftest import EXPORTERS, Export
from tests.parity_faults.plant import Editor, Fault, around


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_node_that_is_wrong_is_named(export: Export, fault: Fault, exporter: str, tmp_path: Path) -> None:
    exported = export(fault.model, exporter)
    model = onnx.load(exported.path)
    planted = fault.plant(Editor(model)).output[0]
    path = tmp_path / "planted.onnx"
    onnx.save(model, path)
    choice = CaseChoice(fault.sizes)

    parity = exported.parity(path, choice)
    found = exported.layers(path, choice).fault

    assert parity.verdict is Verdict.FAILED, parity.summary
    assert found is not None
    assert found.value in around(model, planted), f"{found.sentence} (planted at {planted})"


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("name", sorted({fault.model for fault in FAULTS}))
def test_the_same_artifacts_without_a_fault_raise_no_alarm(export: Export, name: str, exporter: str) -> None:
    exported = export(name, exporter)
    choices = (CaseChoice(), CaseChoice({"batch": 3}), CaseChoice({"batch": 17}, seed=1))
    parity = exported.parity(None, *choices)
    assert parity.verdict is Verdict.PASSED, parity.summary
    for choice in choices:
        layers = exported.layers(None, choice)
        assert layers.fault is None, layers.fault
        assert layers.verdict is Verdict.PASSED, layers.summary

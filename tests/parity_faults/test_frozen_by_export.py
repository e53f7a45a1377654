"""Faults that no edit makes: what an exporter froze, or was set to, without a word of failure."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import pytest
import torch

from modelpack_gui.core.records import CaseChoice, Verdict
from tests.parity_faults.catalogue import FAULTS
from tests.parity_faults.conftest import EXPORTERS, Export
from tests.parity_faults.models import PictureNet
from tests.parity_faults.plant import Editor

MODELS = Path(__file__).with_name("models.py").read_text(encoding="utf-8").splitlines()
THREE = CaseChoice({"batch": 3})


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_a_branch_on_the_batch_is_named_with_what_it_leaves_out(export: Export, exporter: str) -> None:
    exported = export("BranchOnSize", exporter)
    parity, layers = exported.parity(None, CaseChoice(), THREE), exported.layers(choice=THREE)
    assert [case.verdict for case in parity.cases] == [Verdict.PASSED, Verdict.FAILED]
    assert exported.layers().fault is None
    assert layers.fault is not None
    assert layers.fault.missing
    assert layers.fault.missing[0].startswith("mul (models.py:")
    assert layers.fault.place is not None
    assert MODELS[layers.fault.place.line - 1].strip() == "hidden = hidden * 0.5"
    assert "under `if x.shape[0] > 2`" in layers.fault.sentence


def test_a_length_that_tracing_took_for_a_number_is_named(export: Export) -> None:
    exported = export("CountsRows", "trace")
    parity, layers = exported.parity(None, CaseChoice(), THREE), exported.layers(choice=THREE)
    assert [case.verdict for case in parity.cases] == [Verdict.PASSED, Verdict.FAILED]
    assert layers.fault is not None
    assert layers.fault.op_type == "Div", layers.fault.sentence


def test_an_export_in_train_mode_is_caught_at_its_batch_norm(export: Export, tmp_path: Path) -> None:
    """As from a script that forgot eval(): the file takes the statistics of each batch."""
    model, path = PictureNet().train(), tmp_path / "train.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (torch.rand(2, 3, 8, 8),), path, dynamo=False, input_names=["image"], opset_version=17,
            training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
        )  # fmt: skip
    exported = export("PictureNet", "trace")
    parity, layers = exported.parity(path), exported.layers(path)
    assert parity.verdict is Verdict.FAILED, parity.summary
    assert layers.fault is not None
    assert layers.fault.op_type == "BatchNormalization", layers.fault.sentence


def test_a_node_that_refuses_to_run_is_named_after_what_agrees_before_it(export: Export, tmp_path: Path) -> None:
    exported = export("BatchShare", "dynamo")
    model = onnx.load(exported.path)
    fault = next(fault for fault in FAULTS if fault.name == "constant shape that does not fit")
    fault.plant(Editor(model))
    onnx.save(model, tmp_path / "planted.onnx")
    layers = exported.layers(tmp_path / "planted.onnx", THREE)
    assert layers.verdict is Verdict.FAILED
    assert layers.fault is not None
    assert layers.fault.op_type == "Reshape"
    assert layers.summary == layers.fault.sentence
    assert "(Reshape, models.py:" in layers.summary
    assert "refuses to run, where the model itself does: The input tensor cannot be reshaped" in layers.summary
    assert {row.verdict for row in layers.rows} == {Verdict.PASSED}
    record = exported.repro(tmp_path / "repro.zip", tmp_path / "planted.onnx", THREE)
    assert (record.verdict, record.nodes) == (Verdict.FAILED, 2)

"""No alarm where there is no fault: models of the zoo, of each exporter some with what is hard to align in them.

`tests/zoo` judges all of them by parity; layer by layer all were run once by hand, and a few are kept here.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.records import CaseChoice, ExportRequest, LayersReport, LayersRequest, ParitySpec, Verdict
from modelpack_gui.stages import registry
from tests.fixtures.zoo.cases import CASES

BY_NAME = {case.name: case for case in CASES}
CLEAN = [
    ("AudioConv", "trace", 17),  # GELU written out
    ("PackedLstm", "trace", 17),  # helpers that fill tensors
    ("CausalDecoder", "trace", 20),
    ("ResidualNet", "dynamo", 20),  # batch norms folded into convolutions
    ("MaskedEncoder", "dynamo", 20),
    ("Upsampler", "dynamo", 20),
    ("InPlace", "dynamo", 20),  # slices of slices, most of them helpers
]


@pytest.mark.parametrize(("name", "exporter", "opset"), CLEAN)
def test_no_layer_of_a_clean_model_is_at_fault(name: str, exporter: str, opset: int, tmp_path: Path) -> None:
    case, path, context = BY_NAME[name], str(tmp_path / "model.onnx"), PlainContext(tmp_path, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec = case.export("onnx", exporter, opset, path)
        registry.resolve("export")(ExportRequest(case.source, case.inputs, spec), context)
    names = dict.fromkeys(dim.name for dim in case.dynamic)
    for choice in (CaseChoice(), CaseChoice({dim: 3 + 2 * i for i, dim in enumerate(names)}, seed=1)):
        request = LayersRequest(case.source, case.inputs, path, case.dynamic, ParitySpec(), case=choice)
        report: LayersReport = registry.resolve("layers")(request, context)
        assert report.fault is None, report.fault
        assert report.verdict is Verdict.PASSED, report.summary
        assert report.rows
        assert report.aligned_share > (0.1 if name == "InPlace" else 0.5)

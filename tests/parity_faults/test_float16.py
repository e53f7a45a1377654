"""float16 by the post-step of the export: what is rounding, and what is not."""

from __future__ import annotations

import pytest

from modelpack_gui.core.records import Origin, RuntimeChoice, Verdict
from tests.parity_faults.conftest import EXPORTERS, Export


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_its_rounding_is_no_fault(export: Export, exporter: str) -> None:
    exported = export("HalfFriendly", exporter, "float16")
    parity, layers = exported.whole_parity(), exported.layers()
    assert parity.computes_in == "float16"
    assert all(case.verdict is Verdict.PASSED for case in parity.cases), parity.summary
    assert parity.attribution is not None
    assert parity.attribution.origin in (Origin.NONE, Origin.ROUNDING, Origin.PRECISION), parity.attribution.sentence
    assert layers.fault is None, layers.fault
    assert max(row.max_abs_diff or 0.0 for row in layers.rows) > 1e-5  # it does round


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_what_is_beyond_its_range_is_a_fault_of_the_node_that_overflows(export: Export, exporter: str) -> None:
    """On the CPU, ONNX Runtime does such a chain in float32: its outputs are right there, and the layers tell."""
    exported = export("LargeInside", exporter, "float16")
    parity, layers = exported.parity(runtime=RuntimeChoice("onnx.reference")), exported.layers()
    assert parity.verdict is Verdict.FAILED, parity.summary
    assert layers.verdict is Verdict.FAILED
    assert layers.fault is not None
    assert layers.fault.op_type == "Mul", layers.fault.sentence
    assert "NaN or Inf" in layers.fault.sentence

"""The sentence that sums up a comparison layer by layer."""

from __future__ import annotations

import dataclasses

from modelpack_gui.core.records import AlignedBy, LayerRow, TensorInfo, Verdict
from modelpack_gui.stages.layers.report import summarise


def _row(error: float, *, misplaced: int = 0) -> LayerRow:
    return LayerRow(
        node=0,
        node_name="node_Relu_0",
        op_type="Relu",
        value="relu",
        depth=0,
        info=TensorInfo("relu", "float32", (2, 3)),
        module_path="stem",
        source_location="",
        aligned_by=AlignedBy.MODULE,
        eager_name="stem",
        optimization="off",
        verdict=Verdict.PASSED,
        reason="",
        max_abs_diff=error,
        max_rel_diff=error,
        rmse=error,
        max_ulp=error,
        max_budget=error,
        noise_floor=1e-7,
        noise_ratio=0.5,
        misplaced=misplaced,
    )


def test_where_every_value_is_the_same_nothing_is_said_of_rounding() -> None:
    assert summarise([_row(0.0), _row(0.0)], None) == (
        Verdict.PASSED,
        "No node goes wrong: every value agrees exactly.",
    )


def test_where_one_value_is_off_by_rounding_it_is_said_by_how_much() -> None:
    verdict, text = summarise([_row(0.0), _row(1e-9)], None)
    assert verdict is Verdict.PASSED
    assert "error grows as rounding does, up to" in text


def test_values_without_a_figure_are_not_called_equal() -> None:
    assert "exactly" not in summarise([dataclasses.replace(_row(0.0), max_abs_diff=None)], None)[1]
    assert "exactly" not in summarise([_row(0.0, misplaced=1)], None)[1]

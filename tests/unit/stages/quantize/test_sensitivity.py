"""Each node alone in low precision: the dearest is found, within a budget, and leaving it out helps."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import ModelSource, QuantizeSpec, SensitivityReport, SensitivityRequest
from modelpack_gui.stages.quantize import sensitivity, stage
from modelpack_gui.stages.quantize.weights import activation_sqnr_db, together_db, weight_sqnr_db
from tests.unit.stages.quantize.models import FEW, IMAGE, Watching, conv_net, request_for

STATIC = QuantizeSpec(calibration=FEW, per_channel=False)


def looked_at(path: Path, spec: QuantizeSpec = STATIC, budget_s: float = 60.0) -> tuple[SensitivityReport, Watching]:
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    context = Watching(path.parent, scratch)
    request = SensitivityRequest(ModelSource(file=path.name), (IMAGE,), (), path.name, spec, budget_s)
    found = sensitivity.run(request, context)
    assert not list(scratch.iterdir())
    return found, context


def test_the_dearest_node_comes_first_and_leaving_it_out_helps_most(tmp_path: Path) -> None:
    path = conv_net(tmp_path, spread=30.0)
    report, context = looked_at(path)
    assert report.is_complete
    assert report.baseline_sqnr_db is not None
    found = [row.sqnr_db for row in report.rows if row.sqnr_db is not None]
    assert found == sorted(found)
    assert {part.node for part in context.parts} == {row.node for row in report.rows}
    dearest, cheapest = report.rows[0].node, [row.node for row in report.rows if row.sqnr_db is not None][-1]
    assert report.summary.startswith(f"{dearest} ({report.rows[0].op_type}) costs most")
    specs = [dataclasses.replace(STATIC, exclude_nodes=(name,)) for name in (dearest, cheapest)]
    made = stage.run(request_for(path, STATIC, *specs), context)
    all_in, without_dearest, without_cheapest = (
        one.on_held_out.worst_sqnr_db or 0.0 for one in made.variants if one.on_held_out is not None
    )
    assert without_dearest > all_in + 3
    assert without_dearest > without_cheapest + 3


def test_what_the_time_leaves_out_is_estimated_only(tmp_path: Path) -> None:
    report, _ = looked_at(conv_net(tmp_path), budget_s=0.0)
    assert not report.is_complete
    assert [row.is_measured for row in report.rows].count(True) == 1
    unmeasured = [row for row in report.rows if not row.is_measured]
    assert all(row.sqnr_db is None for row in unmeasured)
    assert any(row.weight_sqnr_db is not None for row in unmeasured)


def test_every_method_can_be_looked_at(tmp_path: Path) -> None:
    path = conv_net(tmp_path)
    for method in ("dynamic", "float16"):
        report, _ = looked_at(path, dataclasses.replace(STATIC, method=method))
        measured = {row.node: row.sqnr_db for row in report.rows if row.is_measured}
        assert {"first", "depthwise", "head"} <= set(measured)
        assert measured["first"] is not None


def test_excluded_nodes_are_no_rows(tmp_path: Path) -> None:
    report, _ = looked_at(conv_net(tmp_path), dataclasses.replace(STATIC, exclude_nodes=("head",)))
    assert "head" not in [row.node for row in report.rows]


def test_a_method_that_quantizes_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no node"):
        looked_at(conv_net(tmp_path), dataclasses.replace(STATIC, op_types=("LSTM",)))


def test_a_scale_per_channel_rounds_unequal_channels_better() -> None:
    weight = np.random.default_rng(0).normal(size=(8, 4, 3, 3)) * np.geomspace(1, 1000, 8).reshape(8, 1, 1, 1)
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    one = weight_sqnr_db(node, weight, QuantizeSpec(per_channel=False), reduce_range=False)
    each = weight_sqnr_db(node, weight, QuantizeSpec(), reduce_range=False)
    assert one is not None
    assert each is not None
    assert each > one


def test_one_bit_less_costs_six_decibels() -> None:
    weight = np.random.default_rng(0).uniform(-1, 1, (64, 64))
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    eight, seven = (weight_sqnr_db(node, weight, QuantizeSpec(), reduce_range=reduced) for reduced in (False, True))
    assert eight is not None
    assert seven is not None
    assert eight - seven == pytest.approx(6.0, abs=0.3)


def test_a_transposed_gemm_weight_has_its_channels_in_front() -> None:
    weight = np.random.default_rng(0).normal(size=(8, 32)) * np.geomspace(1, 1000, 8).reshape(8, 1)
    plain, turned = (helper.make_node("Gemm", ["x", "w"], ["y"], transB=turn) for turn in (0, 1))
    as_rows = weight_sqnr_db(turned, weight, QuantizeSpec(), reduce_range=False)
    as_columns = weight_sqnr_db(plain, weight.T, QuantizeSpec(), reduce_range=False)
    assert as_rows == pytest.approx(as_columns)


def test_the_noise_of_rounding_an_even_activation_is_what_theory_says() -> None:
    values = np.random.default_rng(0).uniform(0, 1, 100_000).astype(np.float32)
    expected = 10 * np.log10((1 / 3) / ((1 / 255) ** 2 / 12))
    assert activation_sqnr_db(values) == pytest.approx(expected, abs=0.1)
    assert activation_sqnr_db(np.zeros(4, np.float32)) is None


def test_two_equal_noises_cost_three_decibels() -> None:
    assert together_db(30.0, 30.0) == pytest.approx(27.0, abs=0.02)
    assert together_db(30.0, None) == pytest.approx(30.0)


def test_the_names_are_those_of_the_artifact_even_where_they_were_fused_away(tmp_path: Path) -> None:
    path = conv_net(tmp_path)
    model = onnx.load(str(path))
    for node in model.graph.node:
        if node.name == "head":
            node.op_type, node.name = "MatMul", "product"
            bias = node.input.pop()
            node.output[0] = "product_out"
            model.graph.node.append(helper.make_node("Add", ["product_out", bias], ["logits"], name="bias"))
    onnx.save_model(model, str(path))
    report, _ = looked_at(path)
    assert {row.node for row in report.rows} & {"product", "bias"}

"""What a profile says, and why one runner takes longer than another."""

from __future__ import annotations

import dataclasses

import pytest

from modelpack_gui.core.module_paths import common_module
from modelpack_gui.core.operator_kinds import CAST, LAYOUT, OTHER, QUANTIZE, kind_of
from modelpack_gui.core.profile.difference import BETWEEN, Part, ProfileDifference, difference
from modelpack_gui.core.profile.summary import DOUBTFUL_NOTE, is_doubtful, notes_of, op_totals, summary_of
from modelpack_gui.core.records import ProfileRow
from tests.unit.core.profile.profiles import DYNAMIC, FLOAT, report, row


def part(found: ProfileDifference, title: str) -> Part:
    return next(one for one in (*found.by_kind, *found.by_place) if one.title == title)


def test_parts_add_up_to_the_difference_and_the_largest_is_first() -> None:
    found = difference(FLOAT, DYNAMIC)
    assert found.change_us == 280.0
    for parts in (found.by_kind, found.by_place):
        assert sum(one.change_us for one in parts) == pytest.approx(280.0)
        assert [one.change_us for one in parts] == sorted((one.change_us for one in parts), reverse=True)
    assert found.by_kind[0].title == "convolution"
    assert found.by_kind[0].change_us == 220.0


def test_nodes_that_the_quantiser_renamed_are_laid_beside_their_originals() -> None:
    found = difference(FLOAT, DYNAMIC)
    assert found.matched_by == "nodes"
    conv = part(found, "conv and 1 other")
    assert (conv.before.us, conv.after.us) == (80.0, 320.0)
    assert conv.after.text == "ConvInteger, Mul, Relu"
    assert conv.is_matched
    assert not part(found, f"other {QUANTIZE}").is_matched


def test_reasons_are_told_where_they_cost_time() -> None:
    found = difference(FLOAT, DYNAMIC)
    assert part(found, "convolution").reasons == ("conv-integer", "no-vnni")
    assert part(found, QUANTIZE).reasons == ("dynamic-quantize",)
    assert part(found, LAYOUT).reasons == ()  # it is faster there
    assert "ConvInteger" in found.summary
    assert "79 % of the difference" in found.summary
    with_vnni = difference(FLOAT, dataclasses.replace(DYNAMIC, facts={"cpu flags": "avx2 avx512_vnni"}))
    assert part(with_vnni, "convolution").reasons == ("conv-integer",)


def test_the_other_way_round_nothing_is_blamed_for_being_faster() -> None:
    found = difference(DYNAMIC, FLOAT)
    assert found.change_us == -280.0
    assert "280 µs less" in found.summary
    assert all(not one.reasons for one in found.by_kind if one.change_us <= 0.0)
    assert part(found, LAYOUT).reasons == ("layout-reorder",)


def test_operators_that_take_longer_than_a_whole_run_are_scaled_down() -> None:
    slow_profiler = dataclasses.replace(FLOAT, wall_us=50.0)
    found = difference(slow_profiler, DYNAMIC)
    assert part(found, "convolution").before.us == pytest.approx(40.0)
    assert part(found, BETWEEN).before.us == pytest.approx(0.0)
    assert sum(one.change_us for one in found.by_kind) == pytest.approx(350.0)
    assert any("float32 to 50 %" in note for note in found.notes)


def test_eager_is_matched_by_module_and_what_is_alone_by_the_module_around_it() -> None:
    def at(op_type: str, us: float, *modules: str) -> ProfileRow:
        return row(op_type, us, f"{op_type} {modules}", modules=modules, module=common_module(modules))

    eager = report(
        "eager",
        200.0,
        at("aten::conv2d", 90.0, "block.conv"),
        at("aten::batch_norm", 20.0, "block.norm"),
        at("aten::linear", 30.0, "fc"),
        at("aten::softmax", 5.0, "head"),
    )
    fused = report("fused", 100.0, at("Conv", 60.0, "block.norm", "block.relu"), at("Gemm", 20.0, "fc"))
    found = difference(fused, eager)
    assert found.matched_by == "modules"
    block = part(found, "block")
    assert (block.before.us, block.after.us) == (60.0, 110.0)
    assert (part(found, "fc").before.us, part(found, "fc").after.us) == (20.0, 30.0)
    assert not part(found, "other softmax").is_matched
    assert sum(one.change_us for one in found.by_place) == pytest.approx(100.0)


def test_profiles_with_no_place_in_common_are_compared_by_kind_alone() -> None:
    found = difference(report("a", 30.0, row("Conv", 20.0)), report("b", 50.0, row("aten::conv2d", 45.0)))
    assert (found.matched_by, found.by_place) == ("", ())
    assert part(found, "convolution").change_us == 25.0


def test_a_profile_says_where_most_of_it_goes_and_what_is_known_to_be_slow() -> None:
    assert summary_of(DYNAMIC.rows, DYNAMIC.wall_us) == (
        "80 % of the time in operators goes to convolution: ConvInteger in conv_quant."
    )
    notes = notes_of(DYNAMIC)
    assert notes[0].startswith("80 % of the time: ConvInteger (1 node)")
    assert not any("Mul" in note for note in notes)


def test_a_fallback_to_the_cpu_is_told_however_little_it_takes() -> None:
    rows = (row("Conv", 999.0, provider="CUDAExecutionProvider"), row("NonZero", 1.0, is_fallback=True))
    assert any("NonZero" in note and "on the CPU" in note for note in notes_of(report("CUDA", 1000.0, *rows)))


def test_totals_by_op_type_hold_every_row() -> None:
    totals = op_totals((row("Conv", 3.0, share=0.3), row("Conv", 5.0, share=0.5), row("Add", 2.0, share=0.2)))
    assert [(one.op_type, one.mean_us, one.rows) for one in totals] == [("Conv", 8.0, 2), ("Add", 2.0, 1)]
    assert totals[0].share == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("op_type", "kind"),
    [
        ("FusedConv", "convolution"),
        ("aten::conv2d", "convolution"),
        ("DynamicQuantizeMatMul", "matrix product"),
        ("QLinearAdd", "elementwise"),
        ("QLinearGlobalAveragePool", "pooling"),
        ("aten::relu_", "activation"),
        ("SkipLayerNormalization", "normalisation"),
        ("DequantizeLinear", QUANTIZE),
        ("aten::_softmax", "softmax"),
        ("ReorderInput", LAYOUT),
        ("Cast", CAST),
        ("aten::to", CAST),
        ("graph_0_cpp_fused_relu_add_1", "compiled kernels"),
        ("com.acme::Whatever", OTHER),
    ],
)
def test_operators_are_of_a_kind(op_type: str, kind: str) -> None:
    assert kind_of(op_type) == kind


def test_a_profile_made_while_the_machine_was_busy_is_in_doubt() -> None:
    busy = dataclasses.replace(FLOAT, wall_us=FLOAT.wall_us / 3)
    assert not is_doubtful(FLOAT)
    assert is_doubtful(busy)
    assert notes_of(busy)[0] == DOUBTFUL_NOTE
    assert DOUBTFUL_NOTE in difference(busy, DYNAMIC).notes

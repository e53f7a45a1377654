from __future__ import annotations

import dataclasses

from modelpack_gui.cli.report_matrix import cell_line, matrix_text
from modelpack_gui.core import matrix
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records import ExportSpec, MatrixCell, MatrixChoice, MatrixReport, Verdict
from tests.unit.core.matrix_cells import DYNAMO, SCRIPT, TRACE, cell, failed

ASKED = ExportSpec(exporter="dynamo", opset_version=20, output_path="build/net.onnx")


def test_choices_are_the_default_the_newest_and_an_old_opset_where_the_exporter_has_them() -> None:
    assert matrix.choices([DYNAMO, TRACE, SCRIPT]) == (
        MatrixChoice("onnx", "dynamo", 20),
        MatrixChoice("onnx", "dynamo", 23),
        MatrixChoice("onnx", "trace", 17),
        MatrixChoice("onnx", "trace", 20),
        MatrixChoice("torchscript", "script"),
    )


def test_choices_take_the_opsets_asked_for_and_leave_out_exporters_that_lack_a_package() -> None:
    without = dataclasses.replace(TRACE, missing=("onnx",))
    named = matrix.Opsets(has_default=False, has_newest=False, others=(17, 18))
    assert matrix.choices([DYNAMO, without], named) == (MatrixChoice("onnx", "dynamo", 18),)


def test_cells_run_the_cheapest_first() -> None:
    ordered = matrix.run_order(matrix.choices([DYNAMO, TRACE]))
    assert [one.exporter for one in ordered] == ["trace", "trace", "dynamo", "dynamo"]


def test_a_table_has_them_format_by_format_and_exporter_by_exporter_however_they_ended() -> None:
    natural = matrix.choices([DYNAMO, TRACE, SCRIPT])
    assert matrix.table_order(matrix.run_order(natural)) == natural
    assert matrix.table_order(reversed(natural)) == natural


def test_a_cell_writes_to_a_file_of_its_own_in_a_folder_beside_the_output() -> None:
    base = dataclasses.replace(ASKED, post_steps=("simplify",))
    spec = matrix.export_of(MatrixChoice("onnx", "trace", 17), base)
    assert (spec.output_path, spec.exporter, spec.opset_version) == ("build/matrix/net-trace-17.onnx", "trace", 17)
    assert spec.post_steps == ()
    assert matrix.export_of(MatrixChoice("torchscript", "script"), base).output_path == "build/matrix/net-script.pt"


def test_taking_a_cell_keeps_the_recipes_output_path_with_the_suffix_of_its_format() -> None:
    assert matrix.options_of(MatrixChoice("onnx", "trace", 17), ASKED).output_path == "build/net.onnx"
    taken = matrix.options_of(MatrixChoice("torchscript", "script"), ASKED)
    assert (taken.format, taken.output_path) == ("torchscript", "build/net.pt")


def test_the_exporter_that_torch_supports_most_is_recommended_though_another_is_faster() -> None:
    chosen, reason = matrix.recommend([cell("trace", 17, ms=(1.0, 0.9, 1.1)), cell(ms=(2.0, 1.9, 2.1))], ASKED)
    assert chosen == MatrixChoice("onnx", "dynamo", 20)
    assert reason == (
        "dynamo, opset 20: passes in all 3 cases; trace, opset 17 is 50 % faster but is an exporter that PyTorch does"
        " less for."
    )


def test_a_faster_cell_that_is_wrong_at_a_size_is_never_recommended_and_the_reason_says_where() -> None:
    chosen, reason = matrix.recommend([cell("dynamo", wrong_at="batch = 3"), cell("script", 17)], ASKED)
    assert chosen == MatrixChoice("onnx", "script", 17)
    assert reason == "script, opset 17: passes in all 3 cases; dynamo, opset 20 is wrong at batch = 3."


def test_what_is_as_asked_and_without_doubt_goes_before_support() -> None:
    doubtful = cell("dynamo", 18, parity=Verdict.WARNING)
    unasked = cell("dynamo", 23, mismatches=1)
    warned = cell("trace", 17, check=Verdict.WARNING)
    clean = cell("script", 17)
    chosen, reason = matrix.recommend([doubtful, unasked, warned, clean], ASKED)
    assert chosen == clean.choice
    assert "trace, opset 17 comes next but has a warning of the checks" in reason
    assert matrix.recommend([doubtful, unasked], ASKED)[0] == unasked.choice
    assert "1 thing not as asked" in matrix.recommend([doubtful, unasked], ASKED)[1]


def test_a_known_trouble_of_the_export_counts_as_a_doubt_and_what_is_good_to_know_does_not() -> None:
    def explained(made: MatrixCell, gravity: int) -> MatrixCell:
        assert made.export is not None
        known = Explanation("kind", "A kind", "It is so.", gravity=gravity)
        return dataclasses.replace(made, export=dataclasses.replace(made.export, explanations=(known,)))

    frozen, clean = explained(cell("dynamo", 20), 3), explained(cell("script", 17), 1)
    assert matrix.recommend([frozen, clean], ASKED)[0] == clean.choice
    assert "with 1 known trouble of the export" in matrix.recommend([frozen], ASKED)[1]
    assert matrix.doubt(clean) == ""
    report = MatrixReport((frozen, clean), clean.choice, "Because.", True, 1.0, 0, 1)
    assert cell_line(frozen).startswith("▲ dynamo, opset 20")
    assert cell_line(clean).startswith("✓ script, opset 17")
    assert matrix_text(report).splitlines()[1].startswith("▲")


def test_within_the_noise_the_smaller_file_is_recommended_and_beyond_it_the_faster() -> None:
    big = cell("dynamo", 18, ms=(1.0, 0.9, 1.1), size_bytes=2000)
    small = cell("dynamo", 23, ms=(1.05, 0.95, 1.15), size_bytes=1000)
    assert matrix.recommend([big, small], ASKED)[0] == small.choice
    slow = cell("dynamo", 23, ms=(1.5, 1.4, 1.6), size_bytes=1000)
    chosen, reason = matrix.recommend([big, slow], ASKED)
    assert chosen == big.choice
    assert "dynamo, opset 23 is 50 % slower" in reason


def test_among_equals_the_recipes_own_opset_then_the_newest_is_recommended() -> None:
    equals = [cell("dynamo", opset) for opset in (18, 20, 23)]
    assert matrix.recommend(equals, ASKED)[0] == MatrixChoice("onnx", "dynamo", 20)
    assert matrix.recommend(equals, dataclasses.replace(ASKED, opset_version=None))[0] == MatrixChoice(
        "onnx", "dynamo", 23
    )


def test_a_torchscript_file_does_not_stand_in_for_the_onnx_that_was_asked_for() -> None:
    other = cell("trace", None, format="torchscript", ms=(0.1, 0.1, 0.1))
    chosen, reason = matrix.recommend([other, cell("script", 17)], ASKED)
    assert chosen == MatrixChoice("onnx", "script", 17)
    assert "TorchScript by trace comes next but is not the ONNX that the recipe asks for" in reason


def test_where_none_can_be_used_the_nearest_is_named_and_not_recommended() -> None:
    wrong = cell(wrong_at="batch = 3")
    unloadable = cell("trace", 17, loads=Verdict.FAILED)
    chosen, reason = matrix.recommend([failed("script", 17), unloadable, wrong], ASKED)
    assert chosen is None
    assert reason == (
        "No export can be used: dynamo, opset 20 comes nearest, but it is wrong at batch = 3 (2 of 3 cases pass)."
    )


def test_crashes_and_failures_with_the_same_reason_are_told_together() -> None:
    _, reason = matrix.recommend(
        [cell(), failed("script", 17), failed("script", 20), failed("trace", 17, "crashed")], ASKED
    )
    assert "script could not be exported" in reason
    both = [cell("dynamo", wrong_at="batch = 3"), cell("trace", 17, wrong_at="batch = 3"), cell("script", 17)]
    assert "dynamo and trace are wrong at batch = 3" in matrix.recommend(both, ASKED)[1]
    _, reason = matrix.recommend([cell(), failed("trace", 17, "crashed")], ASKED)
    assert "trace, opset 17 crashed its worker" in reason
    assert matrix.recommend([failed("script", 17)], ASKED) == (
        None,
        "No export can be used: of 1 cell none gave an artifact; the details say why.",
    )

from __future__ import annotations

import dataclasses
import io

import pytest

from modelpack_gui.cli import main
from modelpack_gui.cli.monitor import Monitor
from modelpack_gui.cli.report_matrix import matrix_text
from modelpack_gui.core.events import Partial
from modelpack_gui.core.matrix import recommend
from modelpack_gui.core.records import ExportSpec, MatrixCell, MatrixChoice, MatrixReport, Verdict
from tests.unit.core.matrix_cells import cell, failed

ASKED = ExportSpec(exporter="dynamo", opset_version=20, output_path="build/net.onnx")


def report(*cells: MatrixCell, reused: int = 0) -> MatrixReport:
    recommended, reason = recommend(cells, ASKED)
    return MatrixReport(tuple(cells), recommended, reason, True, 12.0, reused, 2)


def test_the_table_marks_the_recommended_cell_and_says_where_others_are_wrong() -> None:
    text = matrix_text(
        report(cell(ms=(2.0, 1.9, 2.1)), cell("trace", 17, wrong_at="batch = 3"), failed("script", 17))
    )
    header, best, wrong, lost = text.splitlines()[:4]
    assert header.split()[0] == "format"
    assert best.startswith("* ")
    assert "2.00 [1.90, 2.10]" in best
    assert wrong.startswith("✕")
    assert "wrong at batch = 3" in wrong
    assert lost.split()[-1] == "–"
    assert "3 cells in 12.0 s, 2 at a time." in text
    assert "script, opset 17: The exporter gave up." in text
    assert "a quick look on one thread" in text
    assert text.splitlines()[-1].startswith("✓ dynamo, opset 20: passes")


def test_an_opset_that_was_not_got_is_in_the_table_and_kept_cells_are_counted() -> None:

    other = cell("trace", 22, check=Verdict.WARNING, mismatches=1)
    assert other.export is not None
    artifact = dataclasses.replace(other.export.artifact, opset_version=20)
    other = dataclasses.replace(other, export=dataclasses.replace(other.export, artifact=artifact))
    text = matrix_text(report(other, reused=1))
    assert "22, got 20" in text
    assert "All 1 cell kept from an earlier run." in text


def test_the_monitor_tells_of_each_cell_once_when_it_has_ended() -> None:
    stream = io.StringIO()
    monitor = Monitor(stream)
    running = MatrixCell(MatrixChoice("onnx", "dynamo", 20), "running", "Exporting")
    for part in (running, cell(), cell(ms=(1.0, 0.9, 1.1)), failed("script", 17, "timed_out")):
        monitor(Partial("matrix-1", part))
    assert stream.getvalue().splitlines() == [
        "✓ dynamo, opset 20: 3 cases agree (2.5 s)",
        "✕ script, opset 17 did not end in time: The exporter gave up.",
    ]


def test_a_recipe_that_is_not_there_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "no-such-recipe.toml"]) == 2
    assert "no recipe file" in capsys.readouterr().err

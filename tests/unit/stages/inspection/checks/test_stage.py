"""The job that checks a graph: what it reports, in which order, and what it does when it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper, save

from modelpack_gui.core import records
from modelpack_gui.core.context import PlainContext
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.records import GraphChecksRequest, Result
from modelpack_gui.core.serde import decode_tagged, dumps, encode_tagged, kinds_of
from modelpack_gui.stages.inspection.checks import stage
from modelpack_gui.stages.inspection.checks.base import Check
from modelpack_gui.stages.inspection.checks.registry import CHECKS
from tests.unit.stages.inspection.checks.checker import Checker, op, value, weight
from tests.unit.stages.inspection.inspected import inspect


@pytest.mark.parametrize(("rest", "said"), [(b"\x08\x0a\xff", "is cut short or damaged"), (None, "cannot be read")])
def test_file_that_was_damaged_or_deleted_since_is_told_of_in_words(
    tmp_path: Path, rest: bytes | None, said: str
) -> None:
    path = tmp_path / "model.onnx"
    graph = helper.make_graph([op("Relu", ("x",), "y")], "g", [value("x")], [value("y")])
    save(helper.make_model(graph, ir_version=10), str(path))
    index = inspect(path, tmp_path).index
    path.unlink() if rest is None else path.write_bytes(rest)
    report = stage.run(GraphChecksRequest(index), PlainContext(scratch=tmp_path))
    problems = {result.id: result.problem for result in report.results if result.problem}
    assert said in problems["checker"]
    assert not any("Error" in problem for problem in problems.values()), problems


def test_clean_graph_has_no_findings(checker: Checker) -> None:
    checker.check(
        [op("MatMul", ("x", "w"), "h"), op("Relu", ("h",), "y")],
        outputs=[value("y", (2, 3))],
        weights=[weight("w", np.ones((4, 3), np.float32))],
    )
    assert [result.id for result in checker.report.results if result.total] == []
    assert {result.id for result in checker.report.results} == {check.id for check in CHECKS}


def test_report_crosses_the_process_boundary_unchanged(checker: Checker) -> None:
    checker.check([op("Identity", ("x",), "h"), op("Relu", ("h",), "y", bogus=1)], outputs=[value("y")])
    sent = json.loads(dumps(encode_tagged(checker.report)))
    assert decode_tagged(kinds_of(Result, records), sent) == checker.report


def test_gravest_come_first_and_what_found_nothing_last(checker: Checker) -> None:
    checker.check(
        [op("Identity", ("x",), "h"), op("Relu", ("h",), "y", bogus=1), op("Exp", ("x",), "lost")],
        outputs=[value("y")],
    )
    found = [result.severity for result in checker.report.results if result.total]
    assert found == sorted(found, key=("error", "warning", "info").index)
    assert checker.report.results[-1].total == 0
    assert checker.report.count("error") >= 1


def test_check_that_breaks_does_not_take_the_others_with_it(
    checker: Checker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(_subject: object) -> Any:
        raise RuntimeError("the file is odd")

    broken_check = Check("broken", "Broken", "info", "", "", broken)
    monkeypatch.setattr(stage, "CHECKS", (broken_check, *CHECKS))
    graph = helper.make_graph([op("Identity", ("x",), "h"), op("Relu", ("h",), "y")], "g", [value("x")], [value("y")])
    path = tmp_path / "model.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), str(path))
    report = stage.run(GraphChecksRequest(inspect(path, tmp_path).index), PlainContext(scratch=tmp_path))
    assert "the file is odd" in next(result.problem for result in report.results if result.id == "broken")
    assert report.count("info") == 1


def test_columns_that_are_gone_are_an_error_of_ours(checker: Checker, tmp_path: Path) -> None:
    checker.check([op("Relu", ("x",), "y")], outputs=[value("y")])
    index = inspect(tmp_path / "model.onnx", tmp_path).index
    Path(index.columns).unlink()
    with pytest.raises(UserError, match="cannot be read"):
        stage.run(GraphChecksRequest(index), PlainContext(scratch=tmp_path))


def test_cancelling_ends_it(checker: Checker, tmp_path: Path) -> None:
    class Cancelled(PlainContext):
        def check_cancelled(self) -> None:
            raise JobCancelled

    checker.check([op("Relu", ("x",), "y")], outputs=[value("y")])
    index = inspect(tmp_path / "model.onnx", tmp_path).index
    with pytest.raises(JobCancelled):
        stage.run(GraphChecksRequest(index), Cancelled(scratch=tmp_path))


def test_many_findings_are_counted_and_some_are_told(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "MOST_FINDINGS", 2)
    checker.check([op("Exp", ("x",), f"lost{i}") for i in range(5)] + [op("Relu", ("x",), "y")], outputs=[value("y")])
    result = checker.result("dead-nodes")
    assert (result.total, len(result.findings)) == (5, 2)

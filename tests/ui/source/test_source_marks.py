from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation, SourcePlace, place_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import CapturedWarning, CheckReport, CheckRow, Result, Verdict
from modelpack_gui.ui.models.code_spans import Style, code_spans
from modelpack_gui.ui.models.source_marks import SourceMarks, source_marks
from modelpack_gui.ui.models.source_marks_text import line_tooltip
from modelpack_gui.ui.models.traceback_places import own_places_in, places_in
from modelpack_gui.ui.status import StageState, Status
from tests.ui.export.explained import BRANCH, EXPLAINED, TRACEBACK
from tests.ui.graph.records import small_graph
from tests.ui.parity import made_layers
from tests.ui.samples import make_export_record, make_load_report

FILE = "/home/me/shapes.py"
WARNING = CapturedWarning("TracerWarning", "Converting a tensor\nto a bool", FILE, 12, 3)


def state(result: Result | None = None, status: Status = Status.PASSED, error: ErrorInfo | None = None) -> StageState:
    return StageState(status, result, error)


def exported(**more: object) -> StageState:
    return state(dataclasses.replace(make_export_record(), **more))  # type: ignore[arg-type]


def texts(marks: SourceMarks, line: int, file: str = FILE) -> list[tuple[Status, str]]:
    return [(mark.status, mark.text) for mark in marks.of(file)[line].marks]


def test_a_warning_marks_its_line_and_remembers_where_it_came_from() -> None:
    marks = source_marks({Stage.EXPORT: exported(warnings=(WARNING,))})
    assert texts(marks, 12) == [(Status.WARNING, "TracerWarning: Converting a tensor")]
    (mark,) = marks.of(FILE)[12].marks
    assert (mark.stage, mark.subject) == (Stage.EXPORT, WARNING)


def test_a_warning_without_a_place_marks_nothing() -> None:
    loaded = dataclasses.replace(make_load_report(), warnings=(CapturedWarning("UserWarning", "Hm."),))
    assert source_marks({Stage.SOURCE: state(loaded)}).files == {}


def test_the_gravest_mark_of_a_line_comes_first() -> None:
    failed = state(error=EXPLAINED, status=Status.FAILED)
    loaded = state(dataclasses.replace(make_load_report(), warnings=(WARNING,)))
    marks = source_marks({Stage.SOURCE: loaded, Stage.EXPORT: failed})
    found = marks.of(FILE)[12]
    assert [mark.status for mark in found.marks] == [Status.FAILED, Status.WARNING]
    assert found.status is Status.FAILED
    assert found.marks[0].text == "A branch was frozen: if x.shape[0] > 2"


def test_an_unknown_failure_marks_the_users_lines_of_its_traceback_and_no_library_s() -> None:
    details = (
        'Traceback (most recent call last):\n  File "/home/me/main.py", line 3, in <module>\n'
        f'  File "{FILE}", line 12, in forward\n  File "/v/lib/python3.11/site-packages/torch/f.py", line 9, in g\n'
    )
    marks = source_marks({Stage.EXPORT: state(error=ErrorInfo("x", "It broke.\nbadly", details=details))})
    assert texts(marks, 12) == [(Status.FAILED, "It broke.")]
    assert texts(marks, 3, "/home/me/main.py") == [(Status.FAILED, "On the way to: It broke.")]
    assert marks.own_files == ("/home/me/main.py", FILE)
    assert len(marks.files) == 2


def test_a_line_that_an_explanation_tells_of_is_not_marked_again_for_the_traceback() -> None:
    marks = source_marks({Stage.EXPORT: state(error=EXPLAINED, status=Status.FAILED)})
    assert len(marks.of(FILE)[12].marks) == 1
    assert TRACEBACK in EXPLAINED.details


def test_nodes_are_counted_on_the_line_that_made_them(tmp_path: Path) -> None:
    index = small_graph(tmp_path)
    marks = source_marks({Stage.GRAPH: state(index)}, graph=Graph.read(Path(index.columns)))
    found = marks.of(FILE)[37]
    assert found.marks == ()
    assert found.status is None
    assert len(found.nodes) == 6
    assert line_tooltip(found) == "6 nodes: 6 Conv"


def test_nodes_of_an_older_artifact_say_so(tmp_path: Path) -> None:
    index = small_graph(tmp_path)
    marks = source_marks({Stage.GRAPH: state(index, Status.STALE)}, graph=Graph.read(Path(index.columns)))
    assert line_tooltip(marks.of(FILE)[37]) == "6 nodes: 6 Conv (before the last change)"


def test_what_an_older_run_said_is_marked_as_stale_and_after_what_holds_now() -> None:
    stale = dataclasses.replace(exported(warnings=(WARNING,)), status=Status.STALE)
    loaded = state(dataclasses.replace(make_load_report(), warnings=(WARNING,)))
    marks = source_marks({Stage.EXPORT: stale, Stage.SOURCE: loaded})
    assert [mark.is_stale for mark in marks.of(FILE)[12].marks] == [False, True]
    assert "before the last change" in line_tooltip(marks.of(FILE)[12])


def test_lint_marks_the_places_of_its_explanations() -> None:
    lint = Explanation("dropout-in-train", "Dropout is on", "It is random.", (SourcePlace(FILE, 5),))
    marks = source_marks({}, [(Status.WARNING, Stage.EXPORT, lint)])
    assert texts(marks, 5) == [(Status.WARNING, "Dropout is on")]


def test_an_explanation_of_an_export_is_a_warning() -> None:
    marks = source_marks({Stage.EXPORT: exported(explanations=(BRANCH,))})
    assert texts(marks, 40) == [(Status.WARNING, BRANCH.title)]


def test_a_check_of_a_known_kind_marks_its_lines() -> None:
    row = CheckRow("opset", "Opset", Verdict.FAILED, "It differs.", known=BRANCH)
    marks = source_marks({Stage.CHECK: state(CheckReport("/m.onnx", Verdict.FAILED, (row,), 0.1))})
    assert texts(marks, 40) == [(Status.FAILED, BRANCH.title)]


def test_a_link_to_a_file_is_the_same_file(tmp_path: Path) -> None:
    real = tmp_path / "model.py"
    real.write_text("x = 1\n", encoding="utf-8")
    link = tmp_path / "link.py"
    link.symlink_to(real)
    marks = source_marks({Stage.EXPORT: exported(warnings=(CapturedWarning("W", "m", str(link), 1),))})
    assert 1 in marks.of(str(real))


def test_places_of_a_traceback_know_where_they_stand_in_the_text() -> None:
    (found,) = places_in(TRACEBACK)
    assert TRACEBACK[found.start : found.start + found.length] == f'File "{FILE}", line 12'
    assert found.place == SourcePlace(FILE, 12)
    assert places_in('File "<string>", line 1') == []
    assert own_places_in('File "/v/lib/python3.11/ast.py", line 1') == []


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/a/b.py:12", SourcePlace("/a/b.py", 12)),
        ("C:\\m.py:3", SourcePlace("C:\\m.py", 3)),
        ("", None),
        ("x.py", None),
    ],
)
def test_a_location_names_a_place(location: str, expected: SourcePlace | None) -> None:
    assert place_of(location) == expected


def styles(text: str, line: int) -> list[tuple[str, Style]]:
    row = text.split("\n")[line]
    return [(row[span.start : span.start + span.length], span.style) for span in code_spans(text)[line]]


def test_a_docstring_is_coloured_on_all_of_its_lines() -> None:
    text = 'def f():\n    """One\n    two."""\n    return 1  # c'
    assert ('    two."""', Style.DOCSTRING) in styles(text, 2)
    assert ("return", Style.KEYWORD) in styles(text, 3)
    assert ("# c", Style.COMMENT) in styles(text, 3)


def test_the_code_in_an_f_string_is_not_a_string() -> None:
    assert ("len", Style.BUILTIN) in styles('y = f"{len(x)} items"', 0)


def test_decorators_definitions_and_faulty_code_are_coloured() -> None:
    text = "@property\ndef size(self):\n    return 'open"
    assert styles(text, 0) == [("@property", Style.DECORATOR)]
    assert ("size", Style.DEFINED) in styles(text, 1)
    assert ("return", Style.KEYWORD) in styles(text, 2)


def test_pieces_are_counted_as_qt_counts() -> None:
    (_, number) = [span for span in code_spans("'😀' + 1")[0] if span.style in (Style.STRING, Style.NUMBER)][-2:]
    assert (number.start, number.length) == (7, 1)  # the emoji takes two places


def test_there_is_an_entry_for_every_line() -> None:
    assert len(code_spans("a\n\nb\n")) == 4
    assert code_spans("") == [[]]


def test_the_fault_of_a_comparison_layer_by_layer_marks_its_line() -> None:
    report = made_layers.report(fault=14)
    marks = source_marks({}, fault=report.fault)
    (mark,) = marks.of(made_layers.FILE)[44].marks
    assert (mark.status, mark.stage, mark.subject) == (Status.FAILED, Stage.PARITY, report.fault)
    assert mark.text.startswith("Layer by layer: From node_Mul_14")
    stale = source_marks({}, fault=report.fault, is_fault_stale=True)
    assert line_tooltip(stale.of(made_layers.FILE)[44]).endswith("(before the last change)")


def test_a_fault_without_a_line_marks_nothing() -> None:
    fault = made_layers.report(fault=14).fault
    assert fault is not None
    assert source_marks({}, fault=dataclasses.replace(fault, place=None)).files == {}

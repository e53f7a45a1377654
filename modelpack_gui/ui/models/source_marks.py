"""What the results of the stages say about lines of the user's code.

Pure: from the states of the stages to marks by file and line. The source view draws them, and each one knows the
record it came from, so that a click can lead there.
"""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation, SourcePlace, place_of
from modelpack_gui.core.graph.graph import Graph, Rows
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    CapturedWarning,
    CheckReport,
    ExportRecord,
    LayerFault,
    LoadReport,
    NodeInfo,
    ParityReport,
    Verdict,
)
from modelpack_gui.ui.models.traceback_places import is_own, own_places_in
from modelpack_gui.ui.status import StageState, Status

Subject = Explanation | CapturedWarning | ErrorInfo | LayerFault
"""The record that a mark came from."""

_GRAVITY = {Status.FAILED: 0, Status.WARNING: 1}


@dataclass(frozen=True)
class Mark:
    """One thing that is said about a line.

    Attributes:
        status: Its severity: `FAILED`, `WARNING`, or a milder one.
        text: What is said, in one line.
        stage: Whose result says it.
        is_stale: Whether settings or the file have changed since.
    """

    status: Status
    text: str
    stage: Stage
    subject: Subject
    is_stale: bool = False


@dataclass(frozen=True)
class LineMarks:
    """All that points to one line.

    Attributes:
        marks: The gravest first.
        nodes: Of the graph, made by this line; in the order of the graph.
        is_graph_stale: Whether these are of an artifact from before the last change.
    """

    marks: tuple[Mark, ...] = ()
    nodes: Sequence[NodeInfo] = ()
    is_graph_stale: bool = False

    @property
    def status(self) -> Status | None:
        """The gravest; None where there are only nodes."""
        return self.marks[0].status if self.marks else None


FileMarks = Mapping[int, LineMarks]
"""By line, from 1."""


@dataclass(frozen=True)
class SourceMarks:
    """The marks of every file, by its canonical path.

    Attributes:
        own_files: Those of the user's, as they were named, in order of their first mark.
    """

    files: Mapping[str, FileMarks]
    own_files: tuple[str, ...] = ()

    def of(self, file: str) -> FileMarks:
        """The marks of a file."""
        return self.files.get(canonical(file), {})


@functools.lru_cache(maxsize=4096)
def canonical(file: str) -> str:
    """One spelling for each file, whatever links lead to it."""
    return os.path.normcase(os.path.realpath(file)) if file else ""


def source_marks(
    states: Mapping[Stage, StageState],
    extra: Iterable[tuple[Status, Stage, Explanation]] = (),
    fault: LayerFault | None = None,
    *,
    is_fault_stale: bool = False,
    graph: Graph | None = None,
) -> SourceMarks:
    """The marks that the stages' results and failures give.

    Args:
        extra: Explanations that belong to no result, such as those of lint, and the stage that they concern.
        fault: What the comparison layer by layer, which is no stage, has found.
        graph: Of the artifact; its nodes are put to the lines that made them.
    """
    marks: dict[tuple[str, int], list[Mark]] = defaultdict(list)
    nodes: dict[tuple[str, int], list[int]] = defaultdict(list)
    named: dict[str, str] = {}
    for place, mark in (*_all_marks(states), *_of_lint(extra), *_of_fault(fault, is_stale=is_fault_stale)):
        key = _key(place, named)
        if mark not in marks[key]:
            marks[key].append(mark)
    for location, made in _by_location(graph).items() if graph is not None else ():
        made_at = place_of(location)
        if made_at is not None:
            nodes[_key(made_at, named)] += made
    is_graph_stale = Stage.GRAPH in states and states[Stage.GRAPH].status is Status.STALE
    files: dict[str, dict[int, LineMarks]] = defaultdict(dict)
    for file, line in (*marks, *(key for key in nodes if key not in marks)):
        found = sorted(marks.get((file, line), ()), key=lambda mark: (mark.is_stale, _GRAVITY.get(mark.status, 2)))
        files[file][line] = LineMarks(tuple(found), _records(graph, nodes.get((file, line), [])), is_graph_stale)
    return SourceMarks(files, tuple(name for name in named.values() if is_own(name)))


def _by_location(graph: Graph) -> dict[str, list[int]]:
    """Numbers of the nodes by the text of what made them."""
    found: dict[int, list[int]] = {}
    for node, location in enumerate(graph.ints("node_source_location")):
        found.setdefault(location, []).append(node)
    return {graph.texts[location]: made for location, made in found.items()}


def _records(graph: Graph | None, nodes: list[int]) -> Sequence[NodeInfo]:
    """Records of some nodes, made when they are looked at; a line may have made thousands."""
    if graph is None or not nodes:
        return ()
    whole = graph
    ordered = sorted(nodes)
    return Rows(len(ordered), lambda place: whole.nodes[ordered[place]])


def _key(place: SourcePlace, named: dict[str, str]) -> tuple[str, int]:
    file = canonical(place.file)
    named.setdefault(file, place.file)
    return file, max(place.line, 1)


def _all_marks(states: Mapping[Stage, StageState]) -> Iterator[tuple[SourcePlace, Mark]]:
    for stage, state in states.items():
        is_stale = state.status is Status.STALE
        if state.error is not None and not state.is_under_way:
            yield from _of_error(state.error, stage, is_stale=is_stale)
        is_older = is_stale or state.error is not None
        result = state.result
        if isinstance(result, (LoadReport, ExportRecord, ParityReport)):
            yield from _of_warnings(result.warnings, stage, is_stale=is_older)
        if isinstance(result, CheckReport):
            for row in result.rows:
                if row.known is not None:
                    status = Status.FAILED if row.verdict is Verdict.FAILED else Status.WARNING
                    yield from _of_explanations((row.known,), status, stage, is_stale=is_older)
        if isinstance(result, ExportRecord):
            for one in result.explanations:
                status = Status.WARNING if one.is_doubt else Status.REMARK
                yield from _of_explanations((one,), status, stage, is_stale=is_older)
        elif isinstance(result, ParityReport):
            status = Status.FAILED if result.verdict is Verdict.FAILED else Status.WARNING
            yield from _of_explanations(result.explanations, status, stage, is_stale=is_older)
            for error in dict.fromkeys(case.error for case in result.cases if case.error is not None):
                yield from _of_error(error, stage, is_stale=is_older)


def _of_error(error: ErrorInfo, stage: Stage, *, is_stale: bool) -> Iterator[tuple[SourcePlace, Mark]]:
    explained = error.explanation
    if explained is not None:
        yield from _of_explanations((explained,), Status.FAILED, stage, error, is_stale=is_stale)
    told = {(canonical(place.file), place.line) for place in explained.places} if explained is not None else set()
    own = [place for place in own_places_in(error.details) if (canonical(place.file), place.line) not in told]
    for place in own:
        is_last = place is own[-1] and not told
        text = _first_line(error.message) if is_last else f"On the way to: {_first_line(error.message)}"
        yield place, Mark(Status.FAILED, text, stage, error, is_stale)


def _of_explanations(
    explanations: Sequence[Explanation],
    status: Status,
    stage: Stage,
    subject: ErrorInfo | None = None,
    *,
    is_stale: bool,
) -> Iterator[tuple[SourcePlace, Mark]]:
    for one in explanations:
        for place in one.places:
            text = f"{one.title}: {place.note}" if place.note else one.title
            yield place, Mark(status, text, stage, subject or one, is_stale)


def _of_warnings(
    warnings: Sequence[CapturedWarning], stage: Stage, *, is_stale: bool
) -> Iterator[tuple[SourcePlace, Mark]]:
    for one in warnings:
        if one.file:
            text = f"{one.category}: {_first_line(one.message)}"
            yield SourcePlace(one.file, one.line), Mark(Status.WARNING, text, stage, one, is_stale)


def _of_lint(extra: Iterable[tuple[Status, Stage, Explanation]]) -> Iterator[tuple[SourcePlace, Mark]]:
    for status, stage, one in extra:
        yield from _of_explanations((one,), status, stage, is_stale=False)


def _of_fault(fault: LayerFault | None, *, is_stale: bool) -> Iterator[tuple[SourcePlace, Mark]]:
    if fault is not None and fault.place is not None:
        yield fault.place, Mark(Status.FAILED, f"Layer by layer: {fault.sentence}", Stage.PARITY, fault, is_stale)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]

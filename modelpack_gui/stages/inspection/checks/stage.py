"""Look for what is wrong with a graph: the job `graph.checks`."""

from __future__ import annotations

import time
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import JobCancelled, UserError
from modelpack_gui.core.graph.reading import stored_graph
from modelpack_gui.core.records import GraphCheckResult, GraphChecksReport, GraphChecksRequest, GraphFinding
from modelpack_gui.stages.inspection.checks.base import Check, Subject
from modelpack_gui.stages.inspection.checks.kernels import providers
from modelpack_gui.stages.inspection.checks.registry import CHECKS

MOST_FINDINGS = 1000
"""Of one check: nobody reads more, and a graph of 100,000 nodes may have as many."""
MOST_NODES = 200
"""Of one finding."""
_GRAVEST_FIRST = ("error", "warning", "info")


def run(request: GraphChecksRequest, context: Context) -> GraphChecksReport:
    """Make all checks that there are for a format; one that cannot be made says why, and the others are made.

    Raises:
        UserError: `graph-unreadable`.
    """
    started = time.perf_counter()
    artifact = request.index.artifact
    graph = stored_graph(Path(request.index.columns))
    subject = Subject(artifact, graph, context, request.provider, request.reads_weights)
    results = []
    checks = [check for check in CHECKS if artifact.format == "onnx" or not check.is_of_onnx]
    for place, check in enumerate(checks):
        context.check_cancelled()
        context.progress(check.title, place / len(checks))
        results.append(_made(check, subject))
    results.sort(key=lambda result: (not result.total, _GRAVEST_FIRST.index(result.severity)))
    known = providers() if artifact.format == "onnx" else ()
    return GraphChecksReport(artifact.path, tuple(results), request.provider, known, time.perf_counter() - started)


def _made(check: Check, subject: Subject) -> GraphCheckResult:
    found: list[GraphFinding] = []
    total, problem = 0, ""
    try:
        for finding in check.find(subject):
            total += 1
            if total % MOST_FINDINGS == 0:
                subject.context.check_cancelled()
            if total <= MOST_FINDINGS:
                found.append(GraphFinding(finding.text, finding.nodes[:MOST_NODES], finding.values[:MOST_NODES]))
    except JobCancelled:
        raise
    except UserError as error:
        problem = f"{error.info.message} {error.info.hint}"
    except OSError as error:
        problem = f"{subject.artifact.path} cannot be read any more: {error.strerror or error}. Read the graph again."
    except Exception as error:  # noqa: BLE001 (a damaged file may break any library; the other checks go on)
        problem = f"It could not be made: {type(error).__name__}: {error}"
    return GraphCheckResult(check.id, check.title, check.severity, check.why, check.fix, tuple(found), total, problem)

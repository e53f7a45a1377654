"""The error to show for what an exporter raised: explained by the catalogue where it is of a known kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records import ExportSpec, InputSpec, ModelSource
from modelpack_gui.stages.explain.base import Situation
from modelpack_gui.stages.explain.raised import causes, chain_of, plain
from modelpack_gui.stages.explain.registry import recognise
from modelpack_gui.stages.export.base import Exporter
from modelpack_gui.stages.source.usercode import missing_import, trimmed_traceback

_DETAILS_LIMIT = 20_000


def explain(
    error: Exception,
    exporter: Exporter,
    spec: ExportSpec | None = None,
    inputs: Sequence[InputSpec] = (),
    source: ModelSource | None = None,
    source_path: str = "",
) -> UserError:
    """The error to show for what an exporter raised. `details` keeps the traceback, the end of it if it is long."""
    for cause in causes(error):
        if isinstance(cause, ModuleNotFoundError):
            return missing_import(cause, "exporting")
    situation = Situation(
        errors=chain_of(error),
        spec=spec or ExportSpec(format=exporter.format, exporter=exporter.id),
        inputs=tuple(inputs),
        source=source,
        source_path=source_path,
    )
    details = plain(trimmed_traceback(error))[-_DETAILS_LIMIT:]
    known = recognise(situation)
    if known is None:
        return _unknown(situation, exporter, details)
    entry, explanation = known
    return UserError(entry.code, _message(explanation, exporter), _hint(explanation), details, explanation)


def _message(explanation: Explanation, exporter: Exporter) -> str:
    place = explanation.places[0] if explanation.places else None
    is_named = place is not None and f"{Path(place.file).name}:{place.line}" in explanation.cause
    at = f" (at {place.file}:{place.line})" if place and not is_named else ""
    return f"The exporter {exporter.title} failed{at}: {explanation.cause}"


def _hint(explanation: Explanation) -> str:
    return " Or: ".join(f"{fix.text}." for fix in explanation.fixes)


def _unknown(situation: Situation, exporter: Exporter, details: str) -> UserError:
    """What is of no known kind: the last words of the exporter, and the traceback."""
    root = situation.errors[-1]
    line = next((line.strip() for line in root.text.splitlines() if line.strip()), "(no message)")
    places = [place for error in reversed(situation.errors) for place in error.places]
    at = f" (at {places[0].file}:{places[0].line})" if places else ""
    return UserError(
        "export-failed",
        f"The exporter {exporter.title} failed{at}: {root.types[0]}: {line}",
        "The traceback shows what it could not do; another exporter may be able to."
        if exporter.id != "script"
        else "TorchScript compiles a part of Python only: change what the traceback names, or use another exporter.",
        details,
    )

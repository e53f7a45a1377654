"""What an entry of the catalogue is, and what it is told of the case it may explain.

To add a kind of trouble: a function that looks at a `Situation` and gives a `Finding` if it knows it, an `Entry` in
the family's `ENTRIES`, and a tiny model that triggers it in tests/unit/stages/explain/test_catalogue.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from modelpack_gui.core.explain.explanation import Explanation, Fix, SourcePlace
from modelpack_gui.core.records import (
    CapturedWarning,
    CheckpointSpec,
    ExportSpec,
    InputSpec,
    Mismatch,
    ModelSource,
    ParityReport,
)
from modelpack_gui.stages.explain.raised import Raised


@dataclass(frozen=True)
class Situation:
    """One thing that went wrong, and what was being done.

    At most one of `errors`, `warning`, `mismatch` and `report` is given; the rest says what was asked for.

    Attributes:
        errors: The exception and its causes, the first cause last.
        code, message, details: Of the UserError that a stage made of it; empty if there is none.
        warning: Given by a library while a stage worked.
        mismatch: Asked of an export and not got.
        report: Of a parity run that did not pass.
        spec: Of the export that failed, or that made the artifact; None where there was none.
        inputs: The example inputs.
        source: Of the model; None for an opened file.
        source_path: Its Python file, absolute; empty if unknown.
    """

    errors: tuple[Raised, ...] = ()
    code: str = ""
    message: str = ""
    details: str = ""
    warning: CapturedWarning | None = None
    mismatch: Mismatch | None = None
    report: ParityReport | None = None
    spec: ExportSpec | None = None
    inputs: tuple[InputSpec, ...] = ()
    source: ModelSource | None = None
    source_path: str = ""

    @property
    def exporter(self) -> str:
        """Identifier of the exporter; empty where there was no export."""
        return self.spec.exporter if self.spec else ""

    @property
    def checkpoint(self) -> CheckpointSpec | None:
        """Of the model, if it has one."""
        return self.source.checkpoint if self.source else None

    def raised(self, *names: str) -> Raised | None:
        """The innermost exception of the chain that is of one of these classes, by name, or derives from one."""
        return next((error for error in reversed(self.errors) if error.is_a(*names)), None)


@dataclass(frozen=True)
class Finding:
    """What an entry says of a case; see `Explanation` for the fields."""

    cause: str
    places: tuple[SourcePlace, ...] = ()
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A kind of trouble.

    Attributes:
        id: Of the explanations it makes.
        title: In a few words, as a sentence without its full stop.
        recognise: None if the situation is of another kind.
        code: Of the error it makes of an exporter's exception.
        gravity: See `Explanation`; of two explanations of one export the graver comes first.
    """

    id: str
    title: str
    recognise: Callable[[Situation], Finding | None]
    code: str = field(default="export-failed")
    gravity: int = 2

    def explain(self, situation: Situation) -> Explanation | None:
        """The explanation of a situation of this kind; None if it is of another."""
        finding = self.recognise(situation)
        if finding is None:
            return None
        return Explanation(self.id, self.title, finding.cause, finding.places, finding.fixes, self.gravity)

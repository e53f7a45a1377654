"""The checkpoint's keys against the model's: which are missing, unexpected, or of another shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import KeyReport, LoadReport
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.look.theme import SPACING, mono_font, status_icon
from modelpack_gui.ui.models.checkpoint_text import how_loaded
from modelpack_gui.ui.models.record_table import Column, RecordTableModel
from modelpack_gui.ui.models.source_text import shape_text
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import StatusBadge, wrapped_label
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.form_parts import CalmCombo

_PROBABLY, _SHAPES = 2, (3, 4)  # columns
_KINDS = {
    "missing": "In the model, not in the checkpoint: the values stay as the constructor made them.",
    "unexpected": "In the checkpoint, not in the model: the values are not used.",
    "other shape": "In both, with different shapes: the values are not used.",
}


@dataclass(frozen=True)
class KeyRow:
    """One key that does not match.

    Attributes:
        probably: The key on the other side that it probably is; empty if none is known.
        reason: Why, in a few words.
    """

    key: str
    kind: str
    model_shape: str = ""
    checkpoint_shape: str = ""
    probably: str = ""
    reason: str = ""


def key_rows(keys: KeyReport) -> list[KeyRow]:
    """All keys that do not match."""
    wanted = {item.missing: (item.unexpected, item.reason) for item in keys.suggestions}
    offered = {item.unexpected: (item.missing, item.reason) for item in keys.suggestions}
    return [
        *(_renamed(key, "missing", wanted) for key in keys.missing),
        *(_renamed(key, "unexpected", offered) for key in keys.unexpected),
        *(
            KeyRow(item.key, "other shape", shape_text(item.model_shape), shape_text(item.checkpoint_shape))
            for item in keys.mismatched
        ),
    ]


def _renamed(key: str, kind: str, partners: Mapping[str, tuple[str, str]]) -> KeyRow:
    probably, reason = partners.get(key, ("", ""))
    return KeyRow(key, kind, probably=probably, reason=reason)


class KeyReportView(QWidget):
    """Verdict, filter and table. `inspection_made` gives what the inspector shows of the selected key."""

    inspection_made = Signal(object)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._badge = StatusBadge()
        self._sentence = wrapped_label("", is_selectable=True)
        self._sentence.setObjectName("key-sentence")
        self._filter = QLineEdit()
        self._filter.setObjectName("key-filter")
        self._filter.setAccessibleName("Filter keys")
        self._filter.setPlaceholderText("Filter keys")
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(self._on_filter_changed)
        self._kind = CalmCombo("Kind of mismatch")
        self._kind.setObjectName("key-kind")
        self._kind.currentIndexChanged.connect(self._on_filter_changed)
        self.model = RecordTableModel[KeyRow](
            (
                Column("Key", lambda row: row.key, is_mono=True, width=320),
                Column("Finding", lambda row: row.kind, icon=lambda _row: status_icon(Status.WARNING), width=130),
                Column("Probably", lambda row: row.probably or None, full=_probably, is_mono=True, width=280,
                       tooltip="The key on the other side that it was renamed from or to"),
                Column("Shape in model", lambda row: row.model_shape, is_mono=True, width=140),
                Column("Shape in checkpoint", lambda row: row.checkpoint_shape, is_mono=True, width=140),
            ),
            mono_font(),
            self,
        )  # fmt: skip
        self.table = DataTable(self.model, "key-table", "Checkpoint keys that do not match")
        self.table.remember(settings)
        self.table.record_selected.connect(self._on_selected)
        verdict = QHBoxLayout()
        verdict.setSpacing(SPACING)
        verdict.addWidget(self._badge)
        verdict.addWidget(self._sentence, 1)
        self._tools = QWidget()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(SPACING)
        tools.addWidget(self._filter, 2)
        tools.addWidget(self._kind, 1)
        self._rest = QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(verdict)
        column.addWidget(self._tools)
        column.addWidget(self.table, 1)
        column.addWidget(self._rest, 1)

    def show_report(self, report: LoadReport) -> None:
        """Show the key report of a loaded model."""
        keys = report.keys
        rows = key_rows(keys) if keys is not None else []
        self.model.set_records(rows)
        for column, has_some in (
            (_PROBABLY, any(row.probably for row in rows)),
            (_SHAPES[0], any(row.model_shape for row in rows)),
            (_SHAPES[1], any(row.model_shape for row in rows)),
        ):
            self.table.setColumnHidden(column, not has_some)
        self._tools.setVisible(bool(rows))
        self.table.setVisible(bool(rows))
        self._rest.setVisible(not rows)
        counts = {kind: sum(row.kind == kind for row in rows) for kind in _KINDS}
        self._kind.blockSignals(True)
        self._kind.clear()
        self._kind.addItem(f"All ({len(rows)})", "")
        for kind, number in counts.items():
            if number:
                self._kind.addItem(f"{kind.capitalize()} ({fmt.count(number)})", kind)
        self._kind.blockSignals(False)
        self._on_filter_changed()
        if keys is None:
            self._badge.set_status(Status.NOT_RUN, "No checkpoint")
            self._sentence.setText("The weights are as the constructor made them.")
        elif not rows:
            self._badge.set_status(Status.PASSED)
            text = f"All {fmt.plural(keys.matched, 'key')} matched in name and shape. {how_loaded(keys)}"
            self._sentence.setText(text.strip())
        else:
            self._badge.set_status(Status.WARNING)
            found = ", ".join(f"{fmt.count(number)} {kind}" for kind, number in counts.items() if number)
            text = f"{fmt.plural(keys.matched, 'key')} matched; {found}. {_random_note(keys)} {how_loaded(keys)}"
            self._sentence.setText(" ".join(text.split()))

    def _on_filter_changed(self) -> None:
        kind = self._kind.currentData() or ""
        self.model.set_filter(self._filter.text(), (lambda row: row.kind == kind) if kind else None)

    def _on_selected(self, row: KeyRow) -> None:
        properties = [
            Property("key", row.key, is_mono=True),
            Property("finding", row.kind),
            Property("module", row.key.rpartition(".")[0] or "(the model)", is_mono=True),
        ]
        if row.model_shape:
            properties.append(Property("shape in model", row.model_shape, is_mono=True))
            properties.append(Property("shape in checkpoint", row.checkpoint_shape, is_mono=True))
        if row.probably:
            properties.append(Property("probably", row.probably, is_mono=True))
            properties.append(Property("because of", row.reason))
        sections = (Section("Checkpoint key", tuple(properties)), Section("What it means", text=_KINDS[row.kind]))
        self.inspection_made.emit(Inspection(row.key, "checkpoint key", sections))


def _probably(row: KeyRow) -> str:
    return f"{row.probably} ({row.reason})" if row.probably else ""


def _random_note(keys: KeyReport) -> str:
    """What the model computes with where the checkpoint gave nothing."""
    random = len(keys.missing) + len(keys.mismatched)
    if not random:
        return ""
    return (
        f"{fmt.plural(random, 'tensor')} of the model {'is' if random == 1 else 'are'} as the constructor made them."
    )

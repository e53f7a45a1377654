"""The inspector: properties of what was selected last on the page that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QGridLayout,
    QScrollArea,
    QScrollBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.pipeline import ORDER, Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Action, Inspection, Section
from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING, heading_font
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel, Foldable, IconButton, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.charts.histogram import HistogramView
from modelpack_gui.ui.widgets.markdown_label import MarkdownLabel
from modelpack_gui.ui.widgets.mono_block import MonoBlock
from modelpack_gui.ui.widgets.property_rows import PropertyRows

EMPTY_TEXT = "Select a node, a tensor or a row to see its properties."
_CLOSED_KEY, _OPENED_KEY = "inspector/closed", "inspector/opened"


class InspectorPanel(QWidget):
    """Shows what `controller.inspected` gave for the page that is shown. Folded sections are kept by their titles."""

    def __init__(
        self, controller: Controller, parent: QWidget | None = None, *, settings: Settings | None = None
    ) -> None:
        """`settings` keeps the folded sections for the next session too."""
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName("Inspector")
        self._settings = settings
        self._closed, self._opened = self._kept(_CLOSED_KEY), self._kept(_OPENED_KEY)
        self._inspection: Inspection | None = None
        self._stage: Stage | None = None
        self._of_pages: dict[Stage | None, Inspection] = {}

        empty = wrapped_label(EMPTY_TEXT, is_muted=True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setContentsMargins(GROUP_SPACING, GROUP_SPACING, GROUP_SPACING, GROUP_SPACING)
        self._title = ElidedLabel()
        self._title.setFont(heading_font())
        self._title.setObjectName("inspector-title")
        self._subtitle = ElidedLabel()
        self._subtitle.setProperty("role", "muted")
        self._subtitle.setObjectName("inspector-subtitle")
        copy = IconToolButton("Copy all properties", "copy")
        copy.clicked.connect(self.copy_all)
        header = QGridLayout()
        header.setContentsMargins(12, SPACING, SPACING, SPACING)
        header.setVerticalSpacing(0)
        header.addWidget(self._title, 0, 0)
        header.addWidget(self._subtitle, 1, 0)
        header.addWidget(copy, 0, 1, 2, 1, Qt.AlignmentFlag.AlignTop)
        header.setColumnStretch(0, 1)
        self._scroll = QScrollArea()
        self._scroll.setAccessibleName("Properties")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header)
        column.addWidget(self._scroll, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(filled)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self.setMinimumWidth(200)
        self._controller = controller
        controller.inspected.connect(self._on_inspected)
        controller.project_changed.connect(self._on_project_changed)

    @property
    def inspection(self) -> Inspection | None:
        """What is shown."""
        return self._inspection

    @property
    def scroll_bar(self) -> QScrollBar:
        """Of the sections."""
        return self._scroll.verticalScrollBar()

    def show_page(self, stage: Stage) -> None:
        """Another page is shown: what was selected on it last comes back; the empty state if nothing was."""
        self._stage = stage
        kept = self._of_pages.get(stage)
        if kept is None:
            self.clear()
        elif kept is not self._inspection:
            self.show_inspection(kept)

    def clear(self) -> None:
        """Show the empty state."""
        self._inspection = None
        shown = self._scroll.takeWidget()
        if shown is not None:
            shown.deleteLater()
        self._stack.setCurrentIndex(0)

    def show_inspection(self, inspection: Inspection) -> None:
        """Show something; the scroll position stays while it is the same thing with more known about it."""
        before = self._inspection
        is_same = before is not None and (before.title, before.subtitle) == (inspection.title, inspection.subtitle)
        position = self._scroll.verticalScrollBar().value() if is_same else 0
        self._inspection = inspection
        self._title.set_text(inspection.title)
        self._subtitle.set_text(inspection.subtitle)
        self._subtitle.setVisible(bool(inspection.subtitle))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 0, 12, 12)
        column.setSpacing(12)
        for section in inspection.sections:
            column.addWidget(self._section(section, inspection.follow))
        column.addStretch(1)
        self._scroll.setWidget(body)
        self._stack.setCurrentIndex(1)
        if position:
            body.adjustSize()
            self._scroll.verticalScrollBar().setValue(position)

    def copy_all(self) -> None:
        """Put everything that is shown on the clipboard, with full values."""
        if self._inspection is not None:
            QGuiApplication.clipboard().setText(as_text(self._inspection))

    def _on_inspected(self, inspection: Inspection) -> None:
        self._of_pages[inspection.stage] = inspection
        if self._stage in (None, inspection.stage):  # a job of another page may tell more of what is selected there
            self.show_inspection(inspection)

    def _on_project_changed(self) -> None:
        if all(self._controller.state(stage).result is None for stage in ORDER):
            self._of_pages.clear()
            self.clear()  # another project: what was selected is of the one before

    def _section(self, section: Section, follow: Callable[[Any], None] | None) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        if section.properties:
            column.addWidget(PropertyRows(section.properties, follow))
        if section.histogram is not None:
            column.addWidget(HistogramView(section.histogram))
        if section.text:
            column.addWidget(_text(section))
        if follow is not None:
            for action in section.actions:
                column.addWidget(_button(action, follow), alignment=Qt.AlignmentFlag.AlignLeft)
        key = section.title.split(" ", 1)[0]  # `Initializer conv.weight` folds as every `Initializer`
        is_open = key in self._opened if section.is_folded else key not in self._closed
        fold = Foldable(section.title, content, is_open=is_open)
        fold.setObjectName(f"section-{section.title}")
        fold.toggled.connect(lambda is_open: self._on_toggled(key, is_open=is_open, is_folded=section.is_folded))
        return fold

    def _on_toggled(self, key: str, *, is_open: bool, is_folded: bool) -> None:
        """Keep what differs from how such a section is at first."""
        differing, setting = (self._opened, _OPENED_KEY) if is_folded else (self._closed, _CLOSED_KEY)
        if is_open == is_folded:
            differing.add(key)
        else:
            differing.discard(key)
        if self._settings is not None:
            self._settings.set_text(setting, "\n".join(sorted(differing)))

    def _kept(self, setting: str) -> set[str]:
        kept = self._settings.text(setting) if self._settings is not None else ""
        return {title for title in kept.split("\n") if title}


def _text(section: Section) -> QWidget:
    if section.is_prose and not section.is_markdown:
        return wrapped_label(section.text, is_selectable=True)
    text = MarkdownLabel(section.text) if section.is_markdown else MonoBlock(section.text)
    text.setAccessibleName(section.title)
    return text


def _button(action: Action, follow: Callable[[Any], None]) -> QWidget:
    button = IconButton(action.title, action.icon)
    button.setToolTip(action.tooltip)
    # Not at once, as with the links: what is shown next takes the place of this very button.
    button.clicked.connect(lambda: QTimer.singleShot(0, lambda: follow(action.target)))
    return button


def as_text(inspection: Inspection) -> str:
    """Everything as plain text with full values."""
    lines = [inspection.title]
    if inspection.subtitle:
        lines.append(inspection.subtitle)
    for section in inspection.sections:
        lines += ["", section.title]
        lines += [f"{item.name}\t{item.full or item.value}" for item in section.properties]
        if section.histogram is not None:
            edges = section.histogram.edges
            for low, high, number in zip(edges, edges[1:], section.histogram.counts, strict=False):
                lines.append(f"{low!r} to {high!r}\t{number}")
        if section.text:
            lines.append(section.text)
    return "\n".join(lines)

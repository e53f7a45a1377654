"""The log: what stages, libraries and the user's model print."""

from __future__ import annotations

import datetime

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from modelpack_gui.core.events import Log
from modelpack_gui.ui.job_center import JobCenter
from modelpack_gui.ui.theme import mono_font, theme
from modelpack_gui.ui.widgets.basics import IconToolButton

LINE_LIMIT = 5000
_LEVELS = {"debug": 0, "info": 1, "warning": 2, "error": 3}


class LogPanel(QWidget):
    """The last lines, filtered as you type. It follows the end unless you scrolled away."""

    def __init__(self, jobs: JobCenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._lines: list[tuple[str, str]] = []  # level, text
        self._view = QPlainTextEdit(readOnly=True)
        self._view.setObjectName("log-view")
        self._view.setAccessibleName("Log")
        self._view.setFont(mono_font())
        self._view.setMaximumBlockCount(LINE_LIMIT)
        self._view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._filter = QLineEdit(placeholderText="Filter the log", clearButtonEnabled=True)
        self._filter.setAccessibleName("Filter the log")
        self._filter.textChanged.connect(self._redraw)
        self._only_warnings = QCheckBox("Warnings and errors only")
        self._only_warnings.toggled.connect(self._redraw)
        clear = IconToolButton("Clear the log", "remove")
        clear.clicked.connect(self._clear)
        row = QHBoxLayout()
        row.addWidget(self._filter, 1)
        row.addWidget(self._only_warnings)
        row.addWidget(clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addLayout(row)
        column.addWidget(self._view, 1)
        jobs.log_added.connect(self._on_log)

    def _on_log(self, log: Log) -> None:
        time = datetime.datetime.now().astimezone().strftime("%H:%M:%S")
        view = self._jobs.jobs.get(log.job)
        title = view.title if view is not None else log.job
        source = "" if log.source == "stage" else f" {log.source}"
        line = (log.level, f"{time}  {title}{source}  {log.message}")
        self._lines.append(line)
        del self._lines[:-LINE_LIMIT]
        if self._is_shown(*line):
            self._append(*line)

    def _is_shown(self, level: str, text: str) -> bool:
        if self._only_warnings.isChecked() and _LEVELS.get(level, 1) < _LEVELS["warning"]:
            return False
        return self._filter.text().lower() in text.lower()

    def _append(self, level: str, text: str) -> None:
        bar = self._view.verticalScrollBar()
        is_at_end = bar.value() >= bar.maximum() - 2
        colors = theme().colors
        shade = {"warning": colors.warning, "error": colors.failed, "debug": colors.muted}.get(level, colors.text)
        style = QTextCharFormat()
        style.setForeground(QColor(shade))
        cursor = QTextCursor(self._view.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self._view.document().isEmpty():
            cursor.insertBlock()
        cursor.insertText(text, style)
        if is_at_end:
            bar.setValue(bar.maximum())

    def _redraw(self) -> None:
        self._view.clear()
        for line in self._lines:
            if self._is_shown(*line):
                self._append(*line)

    def _clear(self) -> None:
        self._lines.clear()
        self._view.clear()

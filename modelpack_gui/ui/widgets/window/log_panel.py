"""The log: what stages, libraries and the user's model print."""

from __future__ import annotations

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from modelpack_gui.ui.job_center import LOG_LIMIT, JobCenter, LogLine
from modelpack_gui.ui.look.theme import mono_font, theme
from modelpack_gui.ui.widgets.basics import IconToolButton

_LEVELS = {"debug": 0, "info": 1, "warning": 2, "error": 3}


class LogPanel(QWidget):
    """The last lines, filtered as you type. It follows the end unless you scrolled away."""

    def __init__(self, jobs: JobCenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._view = QPlainTextEdit(readOnly=True)
        self._view.setObjectName("log-view")
        self._view.setAccessibleName("Log")
        self._view.setFont(mono_font())
        self._view.setMaximumBlockCount(LOG_LIMIT)
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
        self._redraw()
        jobs.log_added.connect(self._on_log)

    def text(self) -> str:
        """What is shown."""
        return self._view.toPlainText()

    def set_filter(self, text: str) -> None:
        """Show only lines that contain a text."""
        self._filter.setText(text)

    def _on_log(self, line: LogLine) -> None:
        if self._is_shown(line):
            self._append(line)

    def _is_shown(self, line: LogLine) -> bool:
        if self._only_warnings.isChecked() and _LEVELS.get(line.log.level, 1) < _LEVELS["warning"]:
            return False
        return self._filter.text().lower() in _text(line).lower()

    def _append(self, line: LogLine) -> None:
        level = line.log.level
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
        cursor.insertText(_text(line), style)
        if is_at_end:
            bar.setValue(bar.maximum())

    def _redraw(self) -> None:
        self._view.clear()
        for line in self._jobs.log:
            if self._is_shown(line):
                self._append(line)

    def _clear(self) -> None:
        self._jobs.log.clear()
        self._view.clear()


def _text(line: LogLine) -> str:
    source = "" if line.log.source == "stage" else f" {line.log.source}"
    return f"{line.time:%H:%M:%S}  {line.title}{source}  {line.log.message}"

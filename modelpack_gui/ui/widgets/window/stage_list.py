"""The stages in order, each with its state."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from modelpack_gui.core.pipeline import ORDER, Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.stage_icons import ICONS
from modelpack_gui.ui.look.theme import icon, status_icon, theme
from modelpack_gui.ui.status import Status

_STATUS_ROLE = Qt.ItemDataRole.UserRole
_STAGE_ROLE = Qt.ItemDataRole.UserRole + 1


class StageList(QListWidget):
    """A list to choose a stage from; it shows states but does not run anything."""

    stage_chosen = Signal(object)  # Stage

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage-list")
        self.setAccessibleName("Stages")
        self.setItemDelegate(_StageDelegate(self))
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setStyleSheet("QListWidget { border: none; background: transparent; }")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._controller = controller
        for number, stage in enumerate(ORDER, start=1):
            item = QListWidgetItem(stage.label, self)
            item.setData(_STAGE_ROLE, stage)
            item.setData(_STATUS_ROLE, Status.NOT_RUN)
            item.setToolTip(f"{stage.label} (Alt+{number})")
        controller.stage_changed.connect(self._on_stage_changed)
        controller.project_changed.connect(self._refresh)
        self.currentRowChanged.connect(self._on_row_changed)
        self._refresh()

    def choose(self, stage: Stage) -> None:
        """Make a stage the current one, without a signal."""
        self.blockSignals(True)
        self.setCurrentRow(ORDER.index(stage))
        self.blockSignals(False)

    def _refresh(self) -> None:
        for stage in ORDER:
            self._on_stage_changed(stage)

    def _on_stage_changed(self, stage: Stage) -> None:
        item = self.item(ORDER.index(stage))
        status = self._controller.state(stage).status
        if item.data(_STATUS_ROLE) is not status:
            item.setData(_STATUS_ROLE, status)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{stage.label}, {status.value}")

    def _on_row_changed(self, row: int) -> None:
        if row >= 0:
            self.stage_chosen.emit(ORDER[row])


class _StageDelegate(QStyledItemDelegate):
    """Icon and name at the left, state at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(super().sizeHint(option, index).width(), max(36, option.fontMetrics.height() + 20))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colors = theme().colors
        rect = option.rect.adjusted(8, 2, -8, -2)
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_current or is_hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(option.palette.highlight() if is_current else option.palette.button())
            painter.drawRoundedRect(rect, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus and is_current:
            painter.setPen(option.palette.accent().color())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 6, 6)
        middle = rect.center().y()
        stage, status = index.data(_STAGE_ROLE), index.data(_STATUS_ROLE)
        left = QRect(rect.left() + 10, middle - 9, 18, 18)
        icon(ICONS[stage], colors.accent if is_current else colors.muted).paint(painter, left)
        right = QRect(rect.right() - 26, middle - 7, 16, 16)
        status_icon(status).paint(painter, right)
        painter.setPen(option.palette.text().color())
        text = rect.adjusted(38, 0, -32, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, str(index.data()))
        painter.restore()

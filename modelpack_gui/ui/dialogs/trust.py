"""The question before a recipe from elsewhere may run Python."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFormLayout, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.ui.theme import GROUP_SPACING, SPACING, heading_font, mono_font
from modelpack_gui.ui.widgets.basics import IconButton, IconLabel, wrapped_label


class TrustDialog(QDialog):
    """Shows what a recipe would run. Accepted means the user agrees; rejected opens it without running anything."""

    def __init__(self, name: str, rows: tuple[tuple[str, str], ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trust-dialog")
        self.setWindowTitle("Run code from this recipe?")
        self.setMinimumWidth(560)
        question = QLabel(f"{name} would run Python code on this machine")
        question.setFont(heading_font())
        explanation = wrapped_label(
            "It was not made here. Loading the model runs the file below with your rights. Nothing has been run yet; "
            "you can look at the settings first and decide later.",
            is_muted=True,
        )
        card = QFrame()
        card.setProperty("role", "card")
        form = QFormLayout(card)
        form.setContentsMargins(12, 12, 12, 12)
        form.setHorizontalSpacing(GROUP_SPACING)
        for label, value in rows:
            text = wrapped_label(value, is_selectable=True)
            text.setFont(mono_font())
            form.addRow(label, text)
        run = IconButton("Trust and run", "run")
        run.setObjectName("trust-accept")
        run.clicked.connect(self.accept)
        look = IconButton("Look only", role="primary")
        look.setObjectName("trust-reject")
        look.setDefault(True)
        run.setAutoDefault(False)
        look.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(run)
        buttons.addWidget(look)
        head = QHBoxLayout()
        head.setSpacing(SPACING + 4)
        head.addWidget(IconLabel("warning", 32), alignment=Qt.AlignmentFlag.AlignTop)
        texts = QVBoxLayout()
        texts.addWidget(question)
        texts.addWidget(explanation)
        texts.addStretch(1)
        head.addLayout(texts, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GROUP_SPACING, GROUP_SPACING, GROUP_SPACING, GROUP_SPACING)
        column.setSpacing(GROUP_SPACING)
        column.addLayout(head)
        column.addWidget(card)
        column.addLayout(buttons)
        look.setFocus()  # else the first button has it, and Return or Space would run what nobody read

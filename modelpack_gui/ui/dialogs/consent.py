"""A question before code from elsewhere may run. Declining is the easy way: it has the focus and is the default."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING, heading_font
from modelpack_gui.ui.widgets.basics import IconButton, IconLabel, wrapped_label


class ConsentDialog(QDialog):
    """A question, why it is asked, what it is about, and two buttons. Accepted means the user agrees.

    Args:
        name: Object name of the dialog; its buttons are `NAME-accept` and `NAME-reject`.
        subject: Names exactly what the user agrees to.
    """

    def __init__(
        self,
        name: str,
        question: str,
        explanation: str,
        subject: QWidget,
        agree: str,
        decline: str,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}-dialog")
        title = QLabel(question)
        title.setFont(heading_font())
        texts = QVBoxLayout()
        texts.addWidget(title)
        texts.addWidget(wrapped_label(explanation, is_muted=True))
        texts.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(SPACING + 4)
        head.addWidget(IconLabel("warning", 32), alignment=Qt.AlignmentFlag.AlignTop)
        head.addLayout(texts, 1)

        accept = IconButton(agree, "run")
        accept.setObjectName(f"{name}-accept")
        accept.setAutoDefault(False)
        accept.clicked.connect(self.accept)
        reject = IconButton(decline, role="primary")
        reject.setObjectName(f"{name}-reject")
        reject.setDefault(True)
        reject.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(accept)
        buttons.addWidget(reject)

        column = QVBoxLayout(self)
        column.setContentsMargins(GROUP_SPACING, GROUP_SPACING, GROUP_SPACING, GROUP_SPACING)
        column.setSpacing(GROUP_SPACING)
        column.addLayout(head)
        column.addWidget(subject, 1)
        column.addLayout(buttons)
        reject.setFocus()  # else the first button has it, and Return or Space would agree to what nobody read

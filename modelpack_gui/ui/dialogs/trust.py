"""The question before a recipe from elsewhere may run Python."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QFrame, QWidget

from modelpack_gui.ui.dialogs.consent import ConsentDialog
from modelpack_gui.ui.look.theme import GROUP_SPACING, mono_font
from modelpack_gui.ui.widgets.basics import wrapped_label


class TrustDialog(ConsentDialog):
    """Shows what a recipe would run. Accepted means the user agrees; rejected opens it without running anything."""

    def __init__(self, name: str, rows: tuple[tuple[str, str], ...], parent: QWidget | None = None) -> None:
        card = QFrame()
        card.setProperty("role", "card")
        form = QFormLayout(card)
        form.setContentsMargins(12, 12, 12, 12)
        form.setHorizontalSpacing(GROUP_SPACING)
        for label, value in rows:
            text = wrapped_label(value, is_selectable=True)
            text.setFont(mono_font())
            form.addRow(label, text)
        super().__init__(
            "trust",
            f"{name} would run Python code on this machine",
            "It was not made here. Loading the model runs the file below with your rights. Nothing has been run yet; "
            "you can look at the settings first and decide later.",
            card,
            "Trust and run",
            "Look only",
            parent,
        )
        self.setWindowTitle("Run code from this recipe?")
        self.setMinimumWidth(560)

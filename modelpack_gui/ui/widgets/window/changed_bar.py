"""The line that says that a file of the model was changed on disk, with the button that loads it again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from modelpack_gui.core.locations import is_there
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import PAGE_MARGIN, SPACING
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton


class ChangedBar(QWidget):
    """Shown while the last load is older than the files it was made from."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("changed-bar")
        self._controller = controller
        self._text = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self._text.setObjectName("changed-text")
        self._again = IconButton("Load again", "reset")
        self._again.setObjectName("load-again")
        self._again.clicked.connect(lambda: controller.run(Stage.SOURCE))
        row = QHBoxLayout(self)
        row.setContentsMargins(PAGE_MARGIN, SPACING, PAGE_MARGIN, 0)
        row.setSpacing(SPACING)
        row.addWidget(self._text, 1)
        row.addWidget(self._again)
        controller.files_changed.connect(self.refresh)
        controller.stage_changed.connect(self.refresh)
        controller.project_changed.connect(self.refresh)
        controller.recipe_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show it or not."""
        changed = self._controller.changed_files
        is_loading = self._controller.state(Stage.SOURCE).is_under_way
        self.setVisible(bool(changed) and not is_loading)
        if changed:
            names = [Path(path).name for path in changed]
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            verb = "is no longer there" if not any(is_there(Path(path)) for path in changed) else "changed on disk"
            self._text.set_text(f"▲ {', '.join(names[:3])}{more} {verb}. The results are of the file before that.")
            self._text.setToolTip("\n".join(changed))

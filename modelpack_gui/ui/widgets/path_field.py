"""A path with a browse button; files can be dropped on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from modelpack_gui.client.recipe_file import relative_to_recipe
from modelpack_gui.core.locations import is_file, is_folder
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.marked_line import MarkedLine


class PathField(QWidget):
    """Gives paths as a recipe in `base()` spells them: relative below that folder, else absolute.

    `path_edited` comes when a typed path is that of a file, or on Return and when the focus leaves: what is half
    typed makes nobody read a file that is not there. With `is_output` each keystroke counts, for the file need not
    exist.
    """

    path_edited = Signal(str)

    def __init__(
        self,
        label: str,
        purpose: str,
        file_filter: str,
        base: Callable[[], Path],
        settings: Settings | None,
        *,
        suffixes: Sequence[str] = (),
        is_output: bool = False,
        is_folder: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`purpose` is the key under which the last folder is remembered; `suffixes` are those accepted by a drop.

        With `is_folder` it takes folders in place of files.
        """
        super().__init__(parent)
        self._label, self._purpose, self.file_filter = label, purpose, file_filter
        self._base, self._settings, self._is_output = base, settings, is_output
        self._suffixes, self._is_folder = tuple(suffixes), is_folder
        self._path = ""
        self.line = MarkedLine(label)
        self.line.setObjectName(f"{purpose}-path")
        self.line.textEdited.connect(self._on_text_edited)
        self.line.editingFinished.connect(self._on_editing_finished)
        self.line.setAcceptDrops(False)  # the field itself takes files; a dropped file:// text would be no path
        self.browse = IconButton("Browse…", "browse")
        self.browse.setObjectName(f"{purpose}-browse")
        self.browse.setAccessibleName(f"Browse for {label.lower()}")
        self.browse.clicked.connect(self._on_browse)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(SPACING)
        self.row.addWidget(self.line, 1)
        self.row.addWidget(self.browse)
        self.setFocusProxy(self.line)
        self.setAcceptDrops(True)

    @property
    def path(self) -> str:
        """The path as it was last given or set."""
        return self._path

    def set_path(self, path: str) -> None:
        """Show a path; what is half typed stays while the path is the one it was."""
        if path != self._path:
            self._path = path
            self.line.follow(path)

    def choose(self, path: str) -> None:
        """Take a path that was picked or dropped."""
        if self._settings is not None:
            self._settings.set_last_folder(self._purpose, path)
        spelled = relative_to_recipe(path, self._base())
        self.line.setText(spelled)
        self._commit(spelled)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file of a fitting kind."""
        if self._dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Use it."""
        path = self._dropped(event)
        if path:
            event.acceptProposedAction()
            self.choose(path)

    def _dropped(self, event: QDropEvent) -> str:
        urls = event.mimeData().urls()
        path = urls[0].toLocalFile() if len(urls) == 1 else ""
        if self._is_folder:
            return path if path and is_folder(Path(path)) else ""
        return path if path and (not self._suffixes or Path(path).suffix.lower() in self._suffixes) else ""

    def _on_text_edited(self, text: str) -> None:
        text = text.strip()
        if self._is_output or (text and self._is_there(text)):
            self._commit(text)

    def _on_editing_finished(self) -> None:
        self._commit(self.line.text().strip())

    def _is_there(self, text: str) -> bool:
        place = self._base() / text
        try:
            return is_folder(place) if self._is_folder else is_file(place)
        except (OSError, ValueError):  # a name too long, or with a NUL in it
            return False

    def _commit(self, path: str) -> None:
        if path != self._path:
            self._path = path
            self.path_edited.emit(path)

    def _on_browse(self) -> None:
        dialog = QFileDialog(self, f"Choose {self._label.lower()}", self._start_folder(), self.file_filter)
        dialog.setObjectName(f"{self._purpose}-dialog")
        if self._is_output:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        elif self._is_folder:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.choose)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _start_folder(self) -> str:
        whole = self._base() / self._path if self._path else None
        if whole is not None and is_folder(whole.parent):
            return str(whole if self._is_output else whole.parent)
        return self._settings.last_folder(self._purpose) if self._settings is not None else str(self._base())

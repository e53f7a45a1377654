"""What can be taken away of an output: the picture that is drawn, the tables, and the arrays themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.ui.background import Check
from modelpack_gui.ui.look.theme import icon
from modelpack_gui.ui.new_file import ask_where
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.table_csv import CSV_KINDS
from modelpack_gui.ui.widgets.charts.pictures import add_picture_actions

if TYPE_CHECKING:
    from modelpack_gui.ui.widgets.values.view import ValuesView

_KINDS = {"csv": CSV_KINDS, "npz": "NumPy arrays (*.npz)"}


class ValuesExportMenu(QMenu):
    """Filled when it is opened; files are written off the GUI thread, all of them or nothing."""

    failed = Signal(object)  # ErrorInfo
    saved = Signal(object)  # Path

    def __init__(self, view: ValuesView, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._settings = settings
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Offer what there is now."""
        self.clear()
        view, values = self._view, self._view.source.values
        drawing = view.picture_source()

        def nothing() -> None:
            """Both are disabled."""

        copy, save = (drawing.copy_picture, drawing.ask_and_save) if drawing is not None else (nothing, nothing)
        add_picture_actions(self, copy, save, is_enabled=drawing is not None)
        self.addSeparator()
        has_pairs = values is not None and not values.mismatch
        has_rows = has_pairs and bool(view.worst.model.total)
        self._add("table", "Save worst elements as CSV…", self._save_worst, is_enabled=has_rows)
        has_slice = has_pairs and view.heat_map.has_picture
        self._add("table", "Save slice of the heat map as CSV…", self._save_slice, is_enabled=has_slice)
        self._add("save", "Save arrays as .npz…", self._save_arrays, is_enabled=values is not None)

    def _add(self, name: str, title: str, action: Callable[[], None], *, is_enabled: bool) -> None:
        made = self.addAction(icon(name), title)
        made.setEnabled(is_enabled)
        made.triggered.connect(action)

    def _save_worst(self) -> None:
        rows = self._view.worst.rows()

        def write(path: Path, _check: Check) -> None:
            from modelpack_gui.ui.arrays.saving import save_rows

            save_rows(rows, path)

        self._save("worst elements", "csv", write)

    def _save_slice(self) -> None:
        values, choice = self._view.source.values, self._view.heat_map.slice_choice()

        def write(path: Path, check: Check) -> None:
            from modelpack_gui.ui.arrays.saving import save_slice

            assert values is not None
            save_slice(values, choice, path, check)

        self._save("slice", "csv", write)

    def _save_arrays(self) -> None:
        values = self._view.source.values

        def write(path: Path, _check: Check) -> None:
            from modelpack_gui.ui.arrays.saving import save_npz

            assert values is not None
            save_npz(values, path)

        self._save("values", "npz", write)

    def _save(self, what: str, suffix: str, write: Callable[[Path, Check], None]) -> None:
        output = self._view.source.output
        assert output is not None
        name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in output.name)
        suggested = f"{name}-{what.replace(' ', '-')}.{suffix}"
        path = ask_where(self._view, self._settings, "values", f"Save {what}", suggested, _KINDS[suffix])
        if path is None:
            return

        def ended(_result: Any, error: ErrorInfo | None) -> None:
            if error is not None:
                self.failed.emit(error)
            else:
                self.saved.emit(path)

        self._view.source.run(f"save-{path}", lambda check: write(path, check), ended)

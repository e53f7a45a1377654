"""Tables as CSV files, with all digits."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QFileDialog, QWidget

from modelpack_gui.core.errors import UserError
from modelpack_gui.ui.models.record_table import Column
from modelpack_gui.ui.settings import Settings

R = TypeVar("R")
_FOLDER_KEY = "csv"


def csv_text(columns: Sequence[Column[R]], records: Iterable[R]) -> str:
    """A line with the titles, then one for each record."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.title for column in columns)
    writer.writerows([column.whole(record) for column in columns] for record in records)
    return out.getvalue()


def write_csv(path: Path, columns: Sequence[Column[R]], records: Iterable[R]) -> None:
    """Write the whole file or none.

    Raises:
        UserError: `csv-not-written`.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(csv_text(columns, records), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        what = f"The table could not be written to {path}: {error.strerror}."
        raise UserError("csv-not-written", what, "Choose another folder.") from error


def ask_where(parent: QWidget, settings: Settings, name: str) -> Path | None:
    """Let the user name the file; None if there is to be none."""
    suggested = str(Path(settings.last_folder(_FOLDER_KEY)) / f"{name}.csv")
    given, _ = QFileDialog.getSaveFileName(parent, "Save table", suggested, "Comma-separated values (*.csv)")
    if not given:
        return None
    path = Path(given) if Path(given).suffix else Path(given).with_suffix(".csv")
    settings.set_last_folder(_FOLDER_KEY, str(path))
    return path

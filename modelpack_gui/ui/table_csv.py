"""Tables as CSV files, with all digits."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from modelpack_gui.core.errors import UserError
from modelpack_gui.ui.models.record_table import Column
from modelpack_gui.ui.new_file import whole_file

R = TypeVar("R")
CSV_KINDS = "Comma-separated values (*.csv)"
"""For `new_file.ask_where`."""


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
    try:
        with whole_file(path) as partial:
            partial.write_text(csv_text(columns, records), encoding="utf-8")
    except OSError as error:
        what = f"The table could not be written to {path}: {error.strerror}."
        raise UserError("csv-not-written", what, "Choose another folder.") from error

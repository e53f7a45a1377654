"""Tables and the data of charts as CSV files, with all digits."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from modelpack_gui.core.errors import UserError
from modelpack_gui.ui.models.record_table import Column
from modelpack_gui.ui.new_file import whole_file

R = TypeVar("R")
CSV_KINDS = "Comma-separated values (*.csv)"
"""For `new_file.ask_where`."""
_ROWS_AT_ONCE = 5000


def write_csv(path: Path, columns: Sequence[Column[R]], records: Iterable[R]) -> None:
    """Write the whole file or none.

    Raises:
        UserError: `csv-not-written`.
    """
    titles = [column.title for column in columns]
    write_rows(path, titles, ([column.whole(record) for column in columns] for record in records), what="table")


def write_rows(
    path: Path,
    titles: Sequence[str],
    rows: Iterable[Sequence[object]],
    check: Callable[[], None] = lambda: None,
    *,
    what: str = "data",
) -> None:
    """Write the whole file or none.

    Args:
        check: Called now and then; it may raise to give up.
        what: Is written, for the message.

    Raises:
        UserError: `csv-not-written`.
    """
    try:
        with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(titles)
            for number, row in enumerate(rows):
                if number % _ROWS_AT_ONCE == 0:
                    check()
                writer.writerow(row)
    except OSError as error:
        message = f"The {what} could not be written to {path}: {error.strerror}."
        raise UserError("csv-not-written", message, "Choose another folder.") from error

"""The finished cells of a job of many, on disk as they come, so that a later run goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from modelpack_gui.client.files import write_text
from modelpack_gui.core import serde

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

SCHEMA_VERSION = 1


class CellStore(Generic[K, T]):
    """Kept cells in one file.

    Args:
        kind: Record of a kept cell.
        key: What tells one from the others.
    """

    def __init__(self, path: Path, kind: type[T], key: Callable[[T], K]) -> None:
        self.path = path
        self._kind = kind
        self._key = key
        self._kept: dict[K, T] = {}

    def read(self) -> Mapping[K, T]:
        """The kept cells, in the order they were written. A file that cannot be read has none."""
        try:
            data = serde.loads(self.path.read_text(encoding="utf-8"))
            found = [serde.decode(self._kind, item) for item in data["cells"]]
            is_known = data["schema_version"] == SCHEMA_VERSION
            self._kept = {self._key(kept): kept for kept in found} if is_known else {}
        except (OSError, ValueError, KeyError, TypeError):  # an older version's, or cut short: the cells run again
            self._kept = {}
        return dict(self._kept)

    def keep(self, kept: T) -> None:
        """Keep a cell, in place of an older one of the same key.

        Raises:
            UserError: The file cannot be written.
        """
        self._kept[self._key(kept)] = kept
        cells = [serde.encode(one) for one in self._kept.values()]
        write_text(self.path, serde.dumps({"schema_version": SCHEMA_VERSION, "cells": cells}, indent=1) + "\n")

    def clear(self) -> None:
        """Forget all of them; what they describe stays."""
        self._kept = {}
        self.path.unlink(missing_ok=True)

"""The files beside an ONNX model that hold its tensors: there, moved, missing or too short. None of them is read."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from modelpack_gui.core.locations import is_file, is_folder
from modelpack_gui.core.records import DataFile, DataFileState
from modelpack_gui.stages.inspection.onnx_types import external_entries, spelled_size

FOLDERS_SEARCHED = 200
"""For a file that is not where the model says: a model may lie in a folder of thousands."""


@dataclass
class _Place:
    path: str
    state: DataFileState
    size_bytes: int
    needed_bytes: int = 0
    tensors: int = 0


class DataFiles:
    """What tensors need of such files.

    Args:
        folder: That of the model, which all names start from.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, _Place] = {}

    @property
    def found(self) -> tuple[DataFile, ...]:
        """All files that were named, in the order of their names."""
        return tuple(
            DataFile(name, place.path, place.state, place.size_bytes, place.needed_bytes, place.tensors)
            for name, place in sorted(self._places.items())
        )

    def need(self, tensor: Any, size_bytes: int) -> list[str]:
        """Count a tensor that is kept in a data file; what is wrong with it there, if anything is.

        Args:
            size_bytes: By its dtype and shape, for a file that does not say it.
        """
        entries = external_entries(tensor)
        name = entries.get("location", "")
        if not name:
            return ["kept in a data file that it does not name"]
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = self._look(name)
        end = spelled_size(entries.get("offset", "")) + (spelled_size(entries.get("length", "")) or size_bytes)
        place.tensors += 1
        place.needed_bytes = max(place.needed_bytes, end)
        if place.state == "missing":
            return [f"{name} is missing"]
        if place.state == "outside":
            return [f"{name} is outside the model's folder"]
        if place.size_bytes < end:
            place.state = "short" if place.state == "present" else place.state
            return [f"{name} ends before it"]
        return [f"{name} was moved"] if place.state == "moved" else []

    def _look(self, name: str) -> _Place:
        pure = PurePosixPath(name.replace("\\", "/"))
        if pure.is_absolute() or ".." in pure.parts or "\0" in name or (pure.parts and ":" in pure.parts[0]):
            return _Place("", "outside", 0)
        try:
            path = self._folder.joinpath(*pure.parts)
            if is_file(path):
                return _Place(str(path), "present", path.stat().st_size)
            for folder in (self._folder, *self._folders()):
                path = folder / pure.name
                if is_file(path):
                    return _Place(str(path), "moved", path.stat().st_size)
        except OSError:  # a name that the system does not take, a folder that may not be read
            return _Place("", "missing", 0)
        return _Place("", "missing", 0)

    def _folders(self) -> list[Path]:
        entries = itertools.islice(self._folder.iterdir(), FOLDERS_SEARCHED)
        return sorted(entry for entry in entries if is_folder(entry) and not entry.is_symlink())

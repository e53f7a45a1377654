"""Keep the values of outputs as .npy files, for whoever looks at them later, within a number of bytes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import ParityCase, ValueFiles, Verdict
from modelpack_gui.stages.common.paths import replace_files

if TYPE_CHECKING:
    import numpy.typing as npt

_CHUNK = 1 << 20
"""Elements that are cast and written at once."""

_RANKS = {Verdict.FAILED: 2, Verdict.WARNING: 1}
_ASKED_RANK = 3
_SLUG = re.compile(r"[^a-z0-9]+")


class OutputValues(NamedTuple):
    """The values of one output on each side; those of sides that were not run are None."""

    expected: npt.NDArray[Any]
    actual: npt.NDArray[Any]
    exact: npt.NDArray[Any] | None = None
    plain: npt.NDArray[Any] | None = None


@dataclass
class _Entry:
    """What lies in one sub-folder; `keys` are those of the cases that refer to it."""

    folder: Path
    keys: set[tuple[object, ...]]
    rank: int
    size_bytes: int


class ValueStore:
    """A folder of values with one sub-folder per case. What fails goes before what passes, earlier before later.

    Nothing of it is needed for the verdict: what cannot be written is left out, with a line in the log.
    """

    def __init__(self, folder: Path, limit_bytes: int, context: Context, known: Iterable[ParityCase] = ()) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._context = context
        self._entries = {entry.folder: entry for entry in map(_found, _subfolders(folder))}
        self._left_out = 0
        self._is_broken = False
        for case in known:
            for sub_folder in {_below(folder, output.values) for output in case.outputs}:
                entry = self._entries.get(sub_folder)
                if entry is not None:
                    entry.keys.add(case.choice.key)
                    entry.rank = max(entry.rank, _rank(case))

    def delete_strays(self) -> None:
        """Delete what earlier runs left and no known case refers to."""
        for entry in [entry for entry in self._entries.values() if not entry.keys]:
            self._delete(entry)

    def keep(
        self, case: ParityCase, values: Sequence[OutputValues], *, is_asked: bool = False
    ) -> tuple[ParityCase, set[tuple[object, ...]]]:
        """The case with the places of its values, and the keys of cases whose values made room for them.

        Args:
            values: In the order of the case's outputs.
            is_asked: Whether they were asked for: then they go before all others.
        """
        folder = self._folder / folder_name(case)
        earlier = self._entries.get(folder)
        if earlier is not None:
            self._delete(earlier)
        entry = _Entry(folder, {case.choice.key}, _ASKED_RANK if is_asked else _rank(case), 0)
        evicted: set[tuple[object, ...]] = set()
        arrays: dict[str, npt.NDArray[Any]] = {}
        places = [self._chosen(place, item, entry, arrays, evicted) for place, item in enumerate(values)]
        if arrays and self._written(folder, arrays):
            self._entries[folder] = entry
        else:
            places = [None] * len(values)
        outputs = [
            dataclasses.replace(output, values=place) for output, place in zip(case.outputs, places, strict=True)
        ]
        self._left_out += any(place is None for place in places)
        return dataclasses.replace(case, outputs=tuple(outputs)), evicted

    def tell(self) -> None:
        """Say in the log what was not kept."""
        if self._left_out:
            self._context.log(
                "info",
                f"The values of {plural(self._left_out, 'case')} were not kept, or not all of them: there is room for"
                f" {self._limit / (1 << 20):,.0f} MiB. They are made again when a case is opened.",
            )

    def _chosen(
        self,
        place: int,
        item: OutputValues,
        entry: _Entry,
        arrays: dict[str, npt.NDArray[Any]],
        evicted: set[tuple[object, ...]],
    ) -> ValueFiles | None:
        """The files of one output, with their arrays put among those to write; None if there is no room for two."""

        def is_taken(*found: tuple[str, npt.NDArray[Any]]) -> bool:
            size = sum(_stored_bytes(array) for _, array in found)
            if not self._make_room(size, entry, evicted):
                return False
            entry.size_bytes += size
            arrays.update((f"{place}.{side}.npy", array) for side, array in found)
            return True

        sides: Mapping[str, Any] = {side: _storable(array) for side, array in item._asdict().items()}
        if any(sides[side] is None for side in ("expected", "actual")):
            return None
        if not is_taken(("expected", sides["expected"]), ("actual", sides["actual"])):
            return None
        more = {
            side: sides[side] is not None and is_taken((side, sides[side])) for side in ("exact", "plain")
        }  # judging needs the first two only
        paths = {side: str(entry.folder / f"{place}.{side}.npy") if more.get(side, True) else "" for side in sides}
        return ValueFiles(**paths)

    def _make_room(self, size: int, entry: _Entry, evicted: set[tuple[object, ...]]) -> bool:
        used = entry.size_bytes + sum(one.size_bytes for one in self._entries.values())
        latest_first = reversed(list(self._entries.values()))
        lower = [one for one in latest_first if one.rank < entry.rank]
        if used - sum(one.size_bytes for one in lower) + size > self._limit:
            return False
        # The least grave first, of these the latest: the example, which is run first, is what one looks at most.
        for one in sorted(lower, key=lambda one: one.rank):
            if used + size <= self._limit:
                break
            used -= one.size_bytes
            self._delete(one)
            evicted |= one.keys
            self._left_out += len(one.keys)
        return True

    def _written(self, folder: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> bool:
        if self._is_broken:
            return False
        try:
            with replace_files(folder / next(iter(arrays))) as path:
                for name, array in arrays.items():
                    _save(path.with_name(name), array)
        except UserError as error:
            self._is_broken = True
            self._context.log("warning", f"The values of the outputs are not kept: {error.info.message}")
            return False
        return True

    def _delete(self, entry: _Entry) -> None:
        shutil.rmtree(entry.folder, ignore_errors=True)
        self._entries.pop(entry.folder, None)


def with_files_there(case: ParityCase) -> ParityCase:
    """The case as it is, but without the places of values that are no longer there."""
    outputs = [
        dataclasses.replace(output, values=None)
        if output.values is not None and not _is_there(output.values)
        else output
        for output in case.outputs
    ]
    return dataclasses.replace(case, outputs=tuple(outputs))


def without_values(case: ParityCase) -> ParityCase:
    """The case without the places of its values."""
    outputs = tuple(dataclasses.replace(output, values=None) for output in case.outputs)
    return dataclasses.replace(case, outputs=outputs)


def folder_name(case: ParityCase) -> str:
    """A name for the sub-folder of a case that every file system takes: readable, and different for every case."""
    slug = _SLUG.sub("-", case.label.lower()).strip("-")[:40]
    digest = hashlib.sha256(json.dumps(case.choice.key).encode()).hexdigest()
    return f"{slug or 'case'}-{digest[:10]}"


def _rank(case: ParityCase) -> int:
    return _RANKS.get(case.verdict, 0)


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _found(folder: Path) -> _Entry:
    return _Entry(folder, set(), -1, sum(path.stat().st_size for path in folder.rglob("*.npy")))


def _below(folder: Path, files: ValueFiles | None) -> Path:
    """The sub-folder that values lie in; the folder itself if they lie elsewhere, or nowhere."""
    if files is None or not Path(files.expected).is_relative_to(folder):
        return folder
    return folder / Path(files.expected).relative_to(folder).parts[0]


def _is_there(files: ValueFiles) -> bool:
    return all(Path(path).is_file() for path in dataclasses.astuple(files) if path)


def _storable(values: npt.NDArray[Any] | None) -> npt.NDArray[Any] | None:
    """The values as numpy can write them without pickling: strings as `U`. None if it cannot."""
    if values is None or values.dtype.kind != "O":
        return values
    return values.astype(str) if all(isinstance(item, str) for item in values.reshape(-1)) else None


def _stored_dtype(values: npt.NDArray[Any]) -> Any:
    """float32 for bfloat16 and the 8-bit floats, which numpy lacks."""
    import numpy as np

    return values.dtype if values.dtype.isbuiltin == 1 or values.dtype.kind in "SU" else np.dtype(np.float32)


def _stored_bytes(values: npt.NDArray[Any]) -> int:
    return int(values.size) * int(_stored_dtype(values).itemsize) + 128  # the header


def _save(path: Path, values: npt.NDArray[Any]) -> None:
    """Like numpy.save; a cast is made in pieces, so that it takes no second array."""
    import numpy as np

    dtype = _stored_dtype(values)
    if dtype == values.dtype:
        np.save(path, values, allow_pickle=False)
        return
    flat = values.reshape(-1)
    with path.open("wb") as stream:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": values.shape}
        np.lib.format.write_array_header_1_0(stream, header)
        for start in range(0, flat.size, _CHUNK):
            flat[start : start + _CHUNK].astype(dtype).tofile(stream)

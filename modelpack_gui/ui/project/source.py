"""The source of a project on disk: what kind it is, which files results were made from, and their changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from modelpack_gui.client.files import stamp_of
from modelpack_gui.core.locations import is_there, located
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import FileStamp, LoadReport
from modelpack_gui.core.saved_models import SavedKind, kind_of_source

if TYPE_CHECKING:  # it is imported when there is one: the window opens without
    from modelpack_gui.core.records import SourceScan

SETTLE_MS = 200
"""A save is several steps: editors write another file and move it over the old one."""

_ARTIFACTS = (SavedKind.ONNX, SavedKind.TORCHSCRIPT, SavedKind.EXPORTED_PROGRAM)


class ProjectSource(QObject):
    """Follows the files of a recipe's source. Nothing is polled: the system says when something was written.

    Attributes:
        kind: Of a saved model; None for Python source, and while there is no such file.
        artifact: Absolute path of the source where it is an artifact itself; else empty.
    """

    files_changed = Signal()  # one of the files is another than it was, or is gone, or is there again

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.kind: SavedKind | None = None
        self.artifact = ""
        self._recipe = Recipe()
        self._base = Path()
        self._stamps: dict[str, FileStamp | None] = {}
        self._named: frozenset[str] = frozenset()  # those that are no part of the source, but of parity's sides
        self._watcher = QFileSystemWatcher(self)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._look)
        # Not by lambdas that hold this object: in a cycle it would be deleted by whichever thread collects it.
        self._watcher.fileChanged.connect(self._on_touched)
        self._watcher.directoryChanged.connect(self._on_touched)

    @property
    def is_onnx(self) -> bool:
        """Whether there is nothing to export, since the source is an ONNX file."""
        return self.kind is SavedKind.ONNX

    def follow(self, recipe: Recipe, base: Path, scan: SourceScan | None, loaded: LoadReport | None) -> None:
        """Watch the files of a recipe in the folder `base`, and those that the last load imported besides.

        The artifacts that parity is asked to compare are watched too.
        """
        self._recipe, self._base = recipe, base
        self._tell_kind()
        paths = []
        if recipe.source.file:
            paths.append(located(base, recipe.source.file))
        if scan is not None:
            paths.append(Path(scan.path))
        if recipe.source.checkpoint is not None and recipe.source.checkpoint.path:
            paths.append(located(base, recipe.source.checkpoint.path))
        if loaded is not None:
            paths += [Path(stamp.path) for stamp in loaded.files]
        named = (recipe.parity.expected_artifact, recipe.parity.actual_artifact)
        sides = {str(located(base, path).absolute()) for path in named if path}
        of_source = {str(path.absolute()) for path in paths}
        self._named = frozenset(sides - of_source)
        wanted = of_source | sides
        if wanted != set(self._stamps):
            self._stamps = {path: stamp_of(Path(path)) for path in sorted(wanted)}
            self._watch()

    def stamps(self, *, with_sides: bool = False) -> tuple[FileStamp, ...]:
        """The watched files as they are this moment, also where the system has not told yet that one was written.

        Args:
            with_sides: Also the artifacts that only parity looks at.
        """
        self._look()
        left_out = frozenset[str]() if with_sides else self._named
        found = (stamp for path, stamp in self._stamps.items() if path not in left_out)
        return tuple(stamp for stamp in found if stamp is not None)

    def changed(self, made_from: Iterable[FileStamp]) -> tuple[str, ...]:
        """Absolute paths of the files that are others than a result was made from."""
        return tuple(
            stamp.path for stamp in made_from if stamp.path in self._stamps and self._stamps[stamp.path] != stamp
        )

    def _tell_kind(self) -> None:
        self.kind = kind_of_source(self._recipe.source, self._base)
        path = located(self._base, self._recipe.source.file)
        self.artifact = str(path.absolute()) if self.kind in _ARTIFACTS else ""

    def _watch(self) -> None:
        """Files, and their folders: a file that is replaced is no longer watched itself."""
        folders = {str(Path(path).parent) for path in self._stamps}
        wanted = {path for path in (*self._stamps, *folders) if is_there(Path(path))}
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))

    def _on_touched(self, _path: str) -> None:
        self._settle.start()

    def _look(self) -> None:
        """See what became of the files, once whoever writes them is done."""
        before = self._stamps
        self._stamps = {path: stamp_of(Path(path)) for path in before}
        self._watch()
        if self._stamps != before:
            self._tell_kind()
            self.files_changed.emit()

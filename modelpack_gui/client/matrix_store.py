"""What is kept of a matrix: each finished cell, on disk at once, beside the artifacts it describes.

A cell is up to date while what it was made from is as it was: the fingerprint says so. It counts the settings, the
Python files beside the model, the checkpoint and other files by size and time, and the versions of the libraries.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.client.cell_store import CellStore
from modelpack_gui.client.files import link_or_copy
from modelpack_gui.client.model_files import model_files
from modelpack_gui.core import serde
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.locations import is_file, located
from modelpack_gui.core.matrix import shared_options
from modelpack_gui.core.records import Capabilities, ExportRecord, ExportSpec, MatrixCell, MatrixChoice, MatrixRequest

_PACKAGES = ("torch", "numpy", "onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class KeptCell:
    """A cell of an earlier run, and what it was made from."""

    cell: MatrixCell
    fingerprint: str


class MatrixStore(CellStore[MatrixChoice, KeptCell]):
    """The kept cells of one recipe, in a file beside their artifacts.

    Args:
        base: Folder of the recipe.
        export: Its options; the output path says where the file is.
    """

    def __init__(self, base: Path, export: ExportSpec) -> None:
        output = located(base, export.output_path or "model")
        path = output.parent / "matrix" / f"{output.stem}.matrix.json"
        super().__init__(path, KeptCell, lambda kept: kept.cell.choice)

    def put(self, cell: MatrixCell, fingerprint: str) -> None:
        """Keep a cell.

        Raises:
            UserError: The file cannot be written.
        """
        self.keep(KeptCell(cell, fingerprint))


def take_artifact(record: ExportRecord, asked: ExportSpec, target: Path) -> ExportRecord:
    """Put the artifact of a cell where a recipe wants its own, and give the record of an export that made it there.

    Data files keep their names, since the artifact refers to them. Where the disk allows it nothing is copied.

    Raises:
        UserError: `artifact-missing`, `file-is-folder`, `disk-full`, `file-not-writable`.
    """
    artifact = record.artifact
    data_files = [(Path(name), target.parent / Path(name).name) for name in artifact.external_files]
    for source, _ in [(Path(artifact.path), target), *data_files]:
        if not is_file(source):
            raise UserError(
                "artifact-missing", f"{source} is no longer there.", "Run the matrix again; it makes what is missing."
            )
    for source, place in [*data_files, (Path(artifact.path), target)]:
        link_or_copy(source, place)
    moved = dataclasses.replace(
        artifact, path=str(target), external_files=tuple(str(place) for _, place in data_files)
    )
    return dataclasses.replace(record, asked=asked, artifact=moved)


def is_worth_keeping(cell: MatrixCell) -> bool:
    """Whether a second try would come to the same; a crash, a hang or a cancel may not."""
    return cell.outcome in ("exported", "failed")


def is_current(kept: KeptCell, fingerprint: str) -> bool:
    """Whether a kept cell need not be run again: made from the same, and its artifact is still there."""
    cell = kept.cell
    if kept.fingerprint != fingerprint or not is_worth_keeping(cell):
        return False
    if cell.export is None:
        return True
    files = (cell.export.artifact.path, *cell.export.artifact.external_files)
    try:
        return sum(Path(name).stat().st_size for name in files) == cell.size_bytes
    except OSError:
        return False


def fingerprint_of(request: MatrixRequest, capabilities: Capabilities, base: Path) -> str:
    """What the cells of a request are made from, besides their own choice, as one short text."""
    settings = (request.source, request.inputs, shared_options(request.export), request.parity, request.input_sets)
    sets = (request.inputs, *(item.inputs for item in request.input_sets))
    data = {
        "settings": [serde.encode(item) for item in settings],
        "interpreter": capabilities.executable,
        "versions": [capabilities.python_version, *(capabilities.version_of(name) for name in _PACKAGES)],
        "files": dict(model_files(request.source, sets, base)),
    }
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]

"""What is kept of a sweep: each finished cell, on disk at once, beside the artifact, so that a later run goes on.

A cell is up to date while what it was made from is as it was: its fingerprint says so. It counts the settings that
concern a cell, the model's files and the cell's own file, the versions of the libraries, and the machine.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from modelpack_gui.client.cell_store import CellStore
from modelpack_gui.client.model_files import model_files, stat_text
from modelpack_gui.core import serde
from modelpack_gui.core.locations import located
from modelpack_gui.core.records import Capabilities, ExportSpec, SweepCell, SweepChoice, SweepRequest
from modelpack_gui.core.sweep import CellKey, key_of

_PACKAGES = ("torch", "numpy", "onnxruntime", "openvino")


@dataclass(frozen=True)
class KeptSweepCell:
    """A cell of an earlier run, and what it was made from."""

    cell: SweepCell
    fingerprint: str


def sweep_folder(base: Path, export: ExportSpec) -> Path:
    """Where the cells of a recipe are kept.

    Args:
        base: Folder of the recipe.
        export: Its options; the output path says where the artifact is.
    """
    output = located(base, export.output_path or "model")
    return output.parent / "sweep" / output.stem


class SweepStore(CellStore[CellKey, KeptSweepCell]):
    """The kept cells of one folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "cells.json", KeptSweepCell, lambda kept: key_of(kept.cell.choice))

    def put(self, cell: SweepCell, fingerprint: str) -> None:
        """Keep a cell.

        Raises:
            UserError: The file cannot be written.
        """
        self.keep(KeptSweepCell(dataclasses.replace(cell, is_kept=True), fingerprint))


def is_worth_keeping(cell: SweepCell) -> bool:
    """Whether a second try would come to the same; a crash, a hang or a cancel may not."""
    return cell.outcome in ("measured", "failed")


class Fingerprints:
    """What the cells of a request are made from, each as one short text."""

    def __init__(self, request: SweepRequest, capabilities: Capabilities, base: Path) -> None:
        sweep = request.sweep
        self._base = base
        self._artifact = request.artifact_path
        shared = {
            "source": serde.encode(request.source),
            "inputs": [serde.encode(item) for item in request.inputs],
            "dynamic": [serde.encode(item) for item in request.dynamic],
            "tolerance": [request.rtol, request.atol],
            "runs": [sweep.warmup_runs, sweep.iterations, sweep.cell_budget_s, sweep.seed],
            "interpreter": capabilities.executable,
            "machine": [capabilities.cpu, capabilities.physical_cores, capabilities.memory_bytes],
            "versions": [capabilities.python_version, *(capabilities.version_of(name) for name in _PACKAGES)],
            "files": dict(model_files(request.source, [request.inputs], base)),
        }
        self._shared = json.dumps(shared, sort_keys=True)

    def of(self, choice: SweepChoice) -> str:
        """Of one cell: with the file that it runs."""
        name = choice.runner.artifact or self._artifact
        file = stat_text(located(self._base, name)) if name else ""
        text = json.dumps([self._shared, list(key_of(choice)), choice.runner.runner, file])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

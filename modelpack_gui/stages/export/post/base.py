"""What a step after the export is. A new one is a file with such a class and a line in `registry.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from modelpack_gui.core.records import ArtifactFormat
from modelpack_gui.stages.export.external_data import save_with_data


class PostStep(Protocol):
    """A way from an artifact to another one of the same format. A Protocol: steps share a shape, not code.

    Attributes:
        id: As recipes spell it.
        format: Of the artifacts it works on.
        packages: What it needs in the interpreter, as pip calls them.
        note: What it does and costs, one sentence.
        rtol, atol: What its results are judged by: those of parity, unless the step gives up precision on purpose.
    """

    id: str
    format: ArtifactFormat
    title: str
    packages: tuple[str, ...]
    note: str
    rtol: float
    atol: float

    def apply(self, source: Path, target: Path) -> None:
        """Write `target`, with data files beside it if `source` has some; `source` stays as it is.

        Raises:
            Exception: Whatever the package raises; the run of the steps tells the user.
        """


def save_like(model: Any, source: Path, target: Path) -> None:
    """Save an ONNX model, with a data file if the one it was made from has one."""
    import onnx

    if has_data_files(source):
        save_with_data(model, target)
    else:
        onnx.save_model(model, str(target))


def has_data_files(path: Path) -> bool:
    """Whether an ONNX file in a folder of its own keeps weights in other files."""
    return any(other != path and other.is_file() for other in path.parent.iterdir())

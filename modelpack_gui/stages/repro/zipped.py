"""Write a repro as a zip, and run it once as its reader will: unpacked, in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.export.external_data import save_with_data
from modelpack_gui.stages.inspection.onnx_shapes import IN_MEMORY_BYTES
from modelpack_gui.stages.repro.trial import Trial

SCRIPT = "reproduce.py"
COMMAND = f"python {SCRIPT}"
DATA = "test_data_set_0"
RUN_TIMEOUT_S = 300.0
_SETTING = re.compile(r"^(RTOL|ATOL|NAN_EQUAL) = \S+", re.MULTILINE)


@dataclass(frozen=True)
class Rerun:
    """What the script in the zip did.

    Attributes:
        status: Its exit status: 1 if the failure shows, 0 if it does not.
    """

    status: int
    output: str

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of optimisation at which it failed."""
        return tuple(re.findall(r"^optimisation (\w+): (?:does not run|.*?: FAILED)", self.output, re.MULTILINE))


def write_folder(
    folder: Path, model: Any, trial: Trial, settings: Mapping[str, object], texts: Mapping[str, str]
) -> None:
    """Write all files of a repro into an empty folder.

    Args:
        settings: The tolerances for the script, by the names they have in it.
        texts: Content of the other files by name.
    """
    import onnx
    from onnx import numpy_helper

    path = folder / "model.onnx"
    if model.ByteSize() < IN_MEMORY_BYTES:
        onnx.save_model(_typed(model, trial.expected.ndim), str(path))
    else:
        save_with_data(model, path)
    data = folder / DATA
    data.mkdir()
    inputs = [trial.feeds[name] for name in trial.cut.inputs]
    for kind, values, infos in (
        ("input", inputs, model.graph.input),
        ("output", [trial.expected], model.graph.output),
    ):
        for number, (array, info) in enumerate(zip(values, infos, strict=True)):
            tensor = numpy_helper.from_array(array, info.name)
            (data / f"{kind}_{number}.pb").write_bytes(tensor.SerializeToString())
    (folder / SCRIPT).write_text(_script(settings), encoding="utf-8")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _typed(model: Any, rank: int) -> Any:
    """The model with a shape for its output, which the standard asks for: as inferred, else of unknown sizes."""
    import onnx

    inferred = onnx.shape_inference.infer_shapes(model)
    output = inferred.graph.output[0]
    del inferred.graph.value_info[:]
    if not output.type.tensor_type.HasField("shape"):
        dims = [None] * rank
        output.type.tensor_type.shape.CopyFrom(onnx.helper.make_tensor_type_proto(1, dims).tensor_type.shape)
    return inferred


def _script(settings: Mapping[str, object]) -> str:
    """The script that judged the trials, with the tolerances they were judged by."""
    text = Path(__file__).with_name("reproduce.py").read_text(encoding="utf-8")
    return _SETTING.sub(lambda match: f"{match.group(1)} = {settings[match.group(1)]!r}", text)


def pack(folder: Path, target: Path, context: Context) -> tuple[str, ...]:
    """Put the files of a folder into a zip; their names in it.

    Raises:
        JobCancelled: The user asked to stop.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            context.check_cancelled()
            names.append(path.relative_to(folder).as_posix())
            archive.write(path, names[-1])
    return tuple(names)


def rerun(archive: Path, folder: Path, context: Context) -> Rerun:
    """Unpack a zip into a folder and run its script as its reader will, in a fresh process.

    Raises:
        UserError: `repro-does-not-run`, the script takes too long.
        JobCancelled: The user asked to stop.
    """
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    # -E, -s: neither PYTHONPATH nor the user's own packages; nothing of this app can be imported there.
    process = subprocess.Popen(
        [sys.executable, "-E", "-s", SCRIPT],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", errors="replace",
    )  # fmt: skip
    deadline = time.monotonic() + RUN_TIMEOUT_S
    try:
        while True:
            context.check_cancelled()
            try:
                output, _ = process.communicate(timeout=0.2)
                return Rerun(process.returncode, output)
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    raise UserError(
                        "repro-does-not-run",
                        f"The script of the repro took more than {RUN_TIMEOUT_S:.0f} s and was stopped.",
                        "Make the repro at a case with smaller inputs.",
                    ) from None
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()

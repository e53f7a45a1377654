"""Read the facts of files that torch itself loads: TorchScript archives and ExportedPrograms."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import Artifact, TensorInfo
from modelpack_gui.stages.export import artifact_errors as wrong
from modelpack_gui.stages.export import metadata as written


def read_torchscript(path: Path, data: mmap.mmap) -> Artifact:
    """Describe a TorchScript archive.

    Raises:
        UserError: `artifact-not-torchscript`, `artifact-corrupt`, `import-missing`.
    """
    try:
        import torch
    except ImportError as error:
        raise wrong.lacking("torch", "TorchScript files") from error
    from modelpack_gui.stages.inspection.torchscript_file import DAMAGE, open_archive

    if data[:2] != b"PK":
        raise wrong.not_torchscript(path, "it is not a zip archive")
    extra_files = {written.EXTRA_FILE: ""}
    try:
        module = open_archive(path, extra_files)
    except DAMAGE as error:
        text = str(error)
        if "constants.pkl" in text or "file not found" in text:
            raise wrong.not_torchscript(path, "it is an archive of something else, such as a checkpoint") from error
        raise wrong.corrupt(path, text) from error
    graph = module.graph
    return Artifact(
        path=str(path),
        format="torchscript",
        size_bytes=len(data),
        sha256="",
        inputs=tuple(_graph_values(list(graph.inputs())[1:])),  # the first one is `self`
        outputs=tuple(_graph_outputs(graph)),
        producer=f"TorchScript, read by torch {torch.__version__}",
        metadata=written.of_extra_file(extra_files[written.EXTRA_FILE]),
    )


def read_pt2(path: Path, data: mmap.mmap) -> Artifact:
    """Describe an archive of torch.export.save.

    Raises:
        UserError: `artifact-not-pt2`, `artifact-corrupt`, `import-missing`, and those of a file that would run more
            than its graph.
    """
    try:
        import torch
    except ImportError as error:
        raise wrong.lacking("torch", "ExportedPrograms") from error
    from modelpack_gui.stages.inspection.pt2_program import Symbols, load_program, user_inputs, user_outputs

    if data[:2] != b"PK":
        raise wrong.not_pt2(path, "it is not a zip archive")
    try:
        program, metadata = load_program(path)
    except UserError as error:
        if error.info.code not in ("saved-model-damaged", "pt2-not-loadable"):
            raise
        raise wrong.corrupt(path, error.info.details) from error
    symbols = Symbols(program, metadata)
    return Artifact(
        path=str(path),
        format="pt2",
        size_bytes=len(data),
        sha256="",
        inputs=tuple(symbols.info(name, value) for name, value in user_inputs(program)),
        outputs=tuple(symbols.info(name, value) for name, value in user_outputs(program)),
        producer=f"torch.export, read by torch {torch.__version__}",
        metadata=metadata,
    )


def _graph_values(values: Iterable[Any]) -> Iterator[TensorInfo]:
    for value in values:
        yield _typed(value.debugName().rpartition(".")[0] or value.debugName(), value.type())


def _graph_outputs(graph: Any) -> Iterator[TensorInfo]:
    """Outputs by type, as names of values mean nothing there; a tuple gives one each."""
    types = []
    for value in graph.outputs():
        types += list(value.type().elements()) if value.type().kind() == "TupleType" else [value.type()]
    for index, item in enumerate(types):
        yield _typed("output" if len(types) == 1 else f"output_{index}", item)


def _typed(name: str, kind: Any) -> TensorInfo:
    if kind.kind() != "TensorType":
        return TensorInfo(name, str(kind), None)
    dtype, sizes = kind.dtype(), kind.sizes()
    return TensorInfo(name, str(dtype).removeprefix("torch.") if dtype else "", tuple(sizes) if sizes else None)

"""Open a TorchScript archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.common.archive import damage_of_archive
from modelpack_gui.stages.common.warnings import capture
from modelpack_gui.stages.export.artifact_errors import corrupt

DAMAGE = (RuntimeError, ValueError, LookupError, TypeError, OSError, MemoryError)
"""What torch raises where an archive is damaged: text that is no UTF-8, sizes that no memory holds, and others."""


def open_archive(path: str | Path, extra_files: dict[str, str] | None = None) -> Any:
    """The module in a TorchScript archive, on the CPU, in the mode that it was saved in.

    Args:
        extra_files: Names of further members to read; their texts take the place of its values.

    Raises:
        UserError: `artifact-corrupt`, by its check sums.
        RuntimeError, ValueError, LookupError, TypeError, OSError, MemoryError: As in `DAMAGE`; also where it is not
            TorchScript, or another torch made it.
    """
    import torch

    damage = damage_of_archive(path)
    if damage:
        raise corrupt(Path(path), damage)
    load: Callable[..., Any] = torch.jit.load  # untyped in torch
    # The deprecation of torch.jit is news for whoever exports, not for whoever reads.
    with capture():
        return load(str(path), map_location="cpu", _extra_files=extra_files)


def load_torchscript(path: str | Path) -> Any:
    """The module in a TorchScript archive, on the CPU and in eval mode.

    Raises:
        UserError: `artifact-corrupt`, `torchscript-not-loadable`.
    """
    import torch

    try:
        return open_archive(path).eval()
    except DAMAGE as error:
        raise UserError(
            "torchscript-not-loadable",
            f"torch {torch.__version__} cannot load {path} as TorchScript.",
            "Export it again with the torch of this interpreter, or choose the interpreter that made it.",
            str(error),
        ) from error

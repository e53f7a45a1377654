"""Open a TorchScript archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.stages.common.warnings import capture


def load_torchscript(path: str | Path) -> Any:
    """The module in a TorchScript archive, on the CPU and in eval mode.

    Raises:
        UserError: `torchscript-not-loadable`.
    """
    import torch

    load: Callable[..., Any] = torch.jit.load  # untyped in torch
    try:
        # The deprecation of torch.jit is news for whoever exports, not for whoever reads.
        with capture():
            return load(str(path), map_location="cpu").eval()
    except (RuntimeError, ValueError, LookupError, TypeError, OSError) as error:
        raise UserError(
            "torchscript-not-loadable",
            f"torch {torch.__version__} cannot load {path} as TorchScript.",
            "Export it again with the torch of this interpreter, or choose the interpreter that made it.",
            str(error),
        ) from error

"""Write a TorchScript module."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def save(module: torch.jit.ScriptModule, path: Path) -> None:
    """Save a module by way of memory: given a path, torch's writer aborts the process when the disk is full.

    Raises:
        OSError: The file could not be written.
    """
    import torch

    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    path.write_bytes(buffer.getbuffer())

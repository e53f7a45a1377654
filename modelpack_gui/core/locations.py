"""Paths as a recipe spells them."""

from __future__ import annotations

import os.path
from pathlib import Path


def located(base: Path, path: str) -> Path:
    """The place that a path in a recipe means: relative ones start from its folder, `~` is the home folder."""
    return base / os.path.expanduser(path)  # noqa: PTH111 (Path.expanduser raises for users that it does not know)

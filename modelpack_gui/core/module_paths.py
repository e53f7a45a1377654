"""Paths of PyTorch modules, such as `layers.0.conv`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable


def common_module(paths: Iterable[str]) -> str:
    """The innermost module that holds all of some: `layers.0` of `layers.0.conv` and `layers.0.relu`, else empty."""
    parts = [path.split(".") if path else [] for path in paths]
    shared = itertools.takewhile(lambda names: len(set(names)) == 1, zip(*parts, strict=False))
    return ".".join(names[0] for names in shared)

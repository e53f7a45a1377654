"""Read files of numpy, whatever is in them; Python objects are never unpickled."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

DAMAGE = (
    OSError, ValueError, EOFError, LookupError, NotImplementedError, RuntimeError, MemoryError, zipfile.BadZipFile,
    zlib.error, tokenize.TokenError,
)  # fmt: skip
"""What numpy raises where a file is damaged: its header, a compressed member, or a size that no memory holds."""


def load_arrays(path: Path, pick: Callable[[Any], Any]) -> Any:
    """The array of a file.

    Args:
        pick: Is given the one array of a `.npy` file, or the archive of several, which has `files`; gives an array.

    Raises:
        DAMAGE: See there.
    """
    import numpy as np

    with path.open("rb") as stream:  # numpy itself leaves a damaged archive open
        found = pick(np.load(stream, allow_pickle=False))
    if not isinstance(found, np.ndarray):  # of an archive, what does not start as an array is given as bytes
        raise ValueError("what is in it is no array of numpy")
    return found

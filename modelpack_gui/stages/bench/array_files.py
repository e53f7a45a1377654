"""Arrays that one process of a benchmark leaves for the others, in a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

    Arrays = tuple[npt.NDArray[Any], ...]


def write_arrays(folder: Path, name: str, arrays: Sequence[Any], notes: Any = None) -> None:
    """Write arrays and what JSON can hold beside them. Where the index is, all of them are.

    Raises:
        OSError: They cannot be written.
    """
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    dtypes = []
    for number, array in enumerate(arrays):
        values = array.astype(str) if array.dtype.kind == "O" else array
        is_numpys = values.dtype.kind != "V"  # bfloat16 and its like are not: their bits are kept
        np.save(folder / f"{name}_{number}.npy", values if is_numpys else values.view(f"u{values.itemsize}"))
        dtypes.append(str(values.dtype))
    unfinished = folder / f"{name}.json.part"
    unfinished.write_text(json.dumps({"dtypes": dtypes, "notes": notes}), encoding="utf-8")
    unfinished.replace(folder / f"{name}.json")


def has_arrays(folder: Path, name: str) -> bool:
    """Whether they were written to the end."""
    return (folder / f"{name}.json").is_file()


def read_arrays(folder: Path, name: str) -> tuple[Arrays, Any]:
    """The arrays, and what was written beside them.

    Raises:
        OSError, ValueError, KeyError: They are not there, or not whole.
    """
    import numpy as np

    index = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    found = []
    for number, dtype in enumerate(index["dtypes"]):
        values = np.load(folder / f"{name}_{number}.npy")
        found.append(values if str(values.dtype) == dtype else values.view(_dtype(dtype)))
    return tuple(found), index["notes"]


def _dtype(name: str) -> Any:
    """A dtype that numpy lacks."""
    import ml_dtypes

    return getattr(ml_dtypes, name)

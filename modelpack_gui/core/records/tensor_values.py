"""Where the elements of a stored tensor lie, for whoever looks at them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TensorValuesRequest:
    """Find the elements of a tensor that an artifact stores.

    Attributes:
        name: Of an initializer, or of what a Constant node gives.
        folder: Absolute path of the folder for a copy, where one has to be made.
    """

    path: str
    name: str
    folder: str


@dataclass(frozen=True)
class TensorValues:
    """The elements of a tensor, one after the other with the last axis fastest, in a file.

    Attributes:
        dtype: Of the tensor.
        file: The artifact, its data file, or a copy in the request's folder.
        offset: Bytes before the first element.
        storage: What an element is in the file: a dtype as numpy spells it (`<f4`, `<U12`), or `bfloat16`.
        is_copy: Whether the file was made for this. What it holds is exact: narrow floats are widened to float32.
        stamp_ns, file_bytes: When the file was changed last, and its size, to notice that it became another one.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: str
    offset: int
    storage: str
    is_copy: bool
    stamp_ns: int
    file_bytes: int

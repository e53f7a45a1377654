"""Example inputs as numpy arrays, for an ONNX file that is compared and measured without torch.

They are drawn by numpy whether torch is there or not, so that they are the same in every interpreter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import InputSpec, tensor_inputs
from modelpack_gui.stages.common import paths
from modelpack_gui.stages.source.usercode import pip_command

if TYPE_CHECKING:
    import numpy.typing as npt

_SEED_STEP = 1_000_003
"""Between the generators of two inputs with the same seed, so that they differ and swapping them shows."""


def make_arrays(
    inputs: Sequence[InputSpec],
    context: Context,
    *,
    seed_offset: int = 0,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
) -> tuple[npt.NDArray[Any], ...]:
    """Draw the example inputs in order, or read them from `.npy` and `.npz` files.

    Args:
        seed_offset: Added to each input's seed, for other values of the same kind. Files stay as they are.
        shapes: Other shapes by name of input; the rest keep theirs.

    Raises:
        UserError: `input-dtype`, `input-shape`, `input-range`, `input-too-large`, `input-file-missing`,
            `input-file-not-valid`, `input-file-shape`.
    """
    shapes = shapes or {}
    return tuple(
        _make(spec, shapes.get(spec.name, spec.shape), spec.seed + seed_offset + _SEED_STEP * index, context)
        for index, spec in enumerate(tensor_inputs(inputs))
    )


def make_values(inputs: Sequence[InputSpec], context: Context) -> Sequence[Any]:
    """The example inputs as tensors; as arrays in an interpreter without torch, where they have other values.

    Raises:
        UserError: Those of `make_inputs` and `make_arrays`.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        return make_arrays(inputs, context)
    from modelpack_gui.stages.source.inputs import make_inputs

    return make_inputs(inputs, context)


def _make(spec: InputSpec, shape: tuple[int, ...], seed: int, context: Context) -> npt.NDArray[Any]:
    dtype = _dtype(spec)
    if any(size < 0 for size in shape):
        raise UserError(
            "input-shape",
            f"The example input {spec.name!r} has the shape {list(shape)}, and a size cannot be negative.",
            "Give each axis a size of 0 or more.",
        )
    if spec.file:
        return _read(spec, shape, dtype, context)
    try:
        return _draw(spec, shape, dtype, seed)
    except (ValueError, MemoryError, OverflowError) as error:
        raise UserError(
            "input-too-large",
            f"The example input {spec.name!r} of shape {list(shape)} and dtype {spec.dtype} could not be made.",
            "Make its shape smaller; it may not fit in memory.",
            str(error),
        ) from error


def _dtype(spec: InputSpec) -> Any:
    import numpy as np

    if spec.dtype == "bfloat16":
        try:
            import ml_dtypes
        except ImportError as error:
            raise UserError(
                "import-missing",
                f"The example input {spec.name!r} is bfloat16, which numpy has only with the package ml_dtypes.",
                f"Install it: {pip_command('ml_dtypes')}",
            ) from error
        return np.dtype(ml_dtypes.bfloat16)
    try:
        dtype = np.dtype(spec.dtype)
    except TypeError:
        dtype = np.dtype(object)
    if dtype.kind not in "fiubc":
        raise UserError(
            "input-dtype",
            f"The example input {spec.name!r} has the dtype {spec.dtype!r}, which cannot be drawn.",
            "Take a number type or bool, such as float32 or int64.",
        )
    return dtype


def _draw(spec: InputSpec, shape: tuple[int, ...], dtype: Any, seed: int) -> npt.NDArray[Any]:
    import numpy as np

    generator = np.random.Generator(np.random.PCG64(seed % (1 << 63)))
    if dtype.kind == "b":
        return generator.integers(0, 2, shape, dtype=np.uint8).astype(bool)
    if dtype.kind in "iu":
        low = 0.0 if spec.low is None else float(spec.low)
        high = max(9.0, low) if spec.high is None else float(spec.high)
        limits = np.iinfo(dtype)
        is_whole = low.is_integer() and high.is_integer()
        if not (is_whole and limits.min <= low <= high <= limits.max):
            raise _bad_range(spec, low, high)
        return np.asarray(generator.integers(int(low), int(high), shape, dtype=dtype, endpoint=True))
    low = 0.0 if spec.low is None else float(spec.low)
    high = max(1.0, low + 1.0) if spec.high is None else float(spec.high)
    if not (low <= high and np.isfinite([low, high]).all()):
        raise _bad_range(spec, low, high)
    values = generator.random(shape) * (high - low) + low
    if dtype.kind == "c":
        values = values + 1j * (generator.random(shape) * (high - low) + low)
    return np.asarray(values).astype(dtype)


def _read(spec: InputSpec, shape: tuple[int, ...], dtype: Any, context: Context) -> npt.NDArray[Any]:
    import numpy as np

    from modelpack_gui.stages.source.input_files import read_values, resized
    from modelpack_gui.stages.source.inputs import to_numpy
    from modelpack_gui.stages.source.numpy_files import DAMAGE, load_arrays

    try:
        import torch  # noqa: F401 (where it is, it reads every kind of file)
    except ImportError:
        pass
    else:
        found = read_values(spec, context)
        return to_numpy(resized(found, shape or found.shape))
    path = paths.resolve(context, spec.file)
    if path.suffix not in (".npy", ".npz"):
        raise _not_readable(spec, path, f"a {path.suffix or 'file without a suffix'} is not an array of numpy")

    def pick(content: Any) -> Any:
        return content[spec.file_key or next(iter(content.files), "")] if hasattr(content, "files") else content

    try:
        values = load_arrays(path, pick)
    except FileNotFoundError as error:
        raise UserError(
            "input-file-missing",
            f"There is no file {path} for the example input {spec.name!r}.",
            "Check the path; it is relative to the recipe's folder.",
        ) from error
    except DAMAGE as error:
        raise _not_readable(spec, path, str(error) or type(error).__name__) from error
    if values.shape != tuple(shape):
        raise UserError(
            "input-file-shape",
            f"{path} has the shape {list(values.shape)}, and the example input {spec.name!r} is {list(shape)} here.",
            "Give the input the shape that the file has; another size of a dynamic axis cannot come from a file.",
        )
    return np.asarray(values).astype(dtype)


def _not_readable(spec: InputSpec, path: Path, why: str) -> UserError:
    return UserError(
        "input-file-not-valid",
        f"The values of the example input {spec.name!r} cannot be read from {path}: {why}.",
        "For an ONNX source give a .npy or .npz file.",
    )


def _bad_range(spec: InputSpec, low: float, high: float) -> UserError:
    return UserError(
        "input-range",
        f"The example input {spec.name!r} cannot be drawn from {low:g} to {high:g} in {spec.dtype}.",
        "Give a low that is not above high, both within the dtype and whole numbers for integers.",
    )

"""Example inputs that come from files: arrays, tensors and pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.locations import is_file, is_folder
from modelpack_gui.core.records import InputFileInfo, InputFileRequest, InputSpec
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.source.draw import torch_dtype
from modelpack_gui.stages.source.numpy_files import DAMAGE, load_arrays
from modelpack_gui.stages.source.pictures import PICTURE_SUFFIXES, read_picture
from modelpack_gui.stages.source.usercode import pip_command, require_torch

if TYPE_CHECKING:
    import torch


def run(request: InputFileRequest, context: Context) -> InputFileInfo:
    """The describe-input stage: the input with the shape and dtype that its file gives it.

    Raises:
        UserError: Those of `read_file`.
    """
    require_torch()
    return InputFileInfo(with_file_facts(request.spec, context))


def read_values(spec: InputSpec, context: Context) -> torch.Tensor:
    """The values of an input from its file, in the dtype and shape of its row, where that gives them.

    The first axis may differ: a file with fewer items is repeated, one with more is cut off; the log says so. Floats
    may be cast to other floats, and integers to others that hold the same values.

    Raises:
        UserError: Those of `read_file`; `input-file-shape`, `input-file-dtype`, `input-dtype`.
    """
    found = read_file(spec, context)
    values = _cast(spec, found) if spec.dtype else found
    if tuple(values.shape) == spec.shape or not spec.shape:
        return values
    fits = len(spec.shape) == values.dim() > 0 and spec.shape[1:] == values.shape[1:] and values.shape[0] > 0
    if not fits:
        raise UserError(
            "input-file-shape",
            f"The example input {spec.name!r} has the shape {list(spec.shape)}, and {spec.file} holds"
            f" {list(values.shape)}.",
            _shape_hint(spec, values),
        )
    what = "repeated" if spec.shape[0] > values.shape[0] else "cut off"
    context.log(
        "info",
        f"{spec.file} holds {plural(values.shape[0], 'item')} along the first axis; they are {what} to make the"
        f" {spec.shape[0]} of {spec.name}.",
    )
    return resized(values, spec.shape)


def with_file_facts(spec: InputSpec, context: Context) -> InputSpec:
    """The input with the shape of its file, and with its dtype; a float file leaves a float dtype as it is.

    Raises:
        UserError: Those of `read_file`.
    """
    values = read_file(spec, context)
    dtype = str(values.dtype).removeprefix("torch.")
    if spec.dtype and torch_dtype(spec).is_floating_point and values.is_floating_point():
        dtype = spec.dtype
    return dataclasses.replace(spec, shape=tuple(values.shape), dtype=dtype)


def read_file(spec: InputSpec, context: Context) -> torch.Tensor:
    """What is in the file of an input, as it is there; a picture as its ImageSpec says.

    Raises:
        UserError: `input-file-missing`, `input-file-kind`, `input-file-key`, `input-file-not-valid`,
            `input-file-pickled`, `input-file-too-large`, `input-file-dtype`, `import-missing`.
    """
    path = resolve(context, spec.file)
    if not is_file(path):
        problem = "is a folder" if is_folder(path) else "is not there"
        raise UserError(
            "input-file-missing",
            f"The example input {spec.name!r} comes from {path}, which {problem}.",
            "Choose another file, or draw the values at random.",
        )
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return read_picture(spec, path)
    reader = _READERS.get(suffix)
    if reader is None:
        raise UserError(
            "input-file-kind",
            f"The example input {spec.name!r} comes from {path.name}, and nothing is known of files of that kind.",
            f"Take one of {', '.join((*_READERS, *PICTURE_SUFFIXES))}.",
        )
    try:
        values: torch.Tensor = reader(spec, path)
        return values
    except (UserError, MemoryError):
        raise
    except OSError as error:
        raise UserError(
            "input-file-not-valid",
            f"{path} cannot be read for the example input {spec.name!r}: {error.strerror or error}.",
            "Check its permissions, or choose another file.",
        ) from error


def resized(values: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """The values at another shape of the same rank: repeated where an axis is longer, cut off where it is shorter."""
    for axis, size in enumerate(shape):
        have = values.shape[axis]
        if size > have > 0:
            times = [1] * values.dim()
            times[axis] = -(-size // have)
            values = values.repeat(times)
        values = values.narrow(axis, 0, min(size, values.shape[axis]))
    return values.contiguous()


def _cast(spec: InputSpec, found: torch.Tensor) -> torch.Tensor:
    wanted = torch_dtype(spec)
    if found.dtype == wanted:
        return found
    if found.is_floating_point() and wanted.is_floating_point:
        return found.to(wanted)
    both_whole = not (
        found.is_floating_point() or found.is_complex() or wanted.is_floating_point or wanted.is_complex
    )
    if both_whole:
        cast = found.to(wanted)
        if bool((cast.to(found.dtype) == found).all()):
            return cast
    raise UserError(
        "input-file-dtype",
        f"The example input {spec.name!r} is {spec.dtype}, and {spec.file} holds"
        f" {str(found.dtype).removeprefix('torch.')}{', with values that do not fit' if both_whole else ''}.",
        "Give the input the dtype of its file, or save the file in the dtype that the model takes.",
    )


def _shape_hint(spec: InputSpec, values: torch.Tensor) -> str:
    if spec.image is not None or Path(spec.file).suffix.lower() in PICTURE_SUFFIXES:
        return "Give the picture the height and width of the shape, or the shape those of the picture."
    if spec.shape[1:] == values.shape:
        return "The file has no axis for the batch: save it with one, such as array[None]."
    return "Give the input the shape of its file; only the first axis may differ."


def _read_npy(spec: InputSpec, path: Path) -> torch.Tensor:
    return _from_numpy(spec, path, _numpy_load(spec, path, lambda opened: opened))


def _read_npz(spec: InputSpec, path: Path) -> torch.Tensor:
    def pick(archive: Any) -> Any:
        if not hasattr(archive, "files"):
            return archive  # a lone array under the wrong suffix
        return archive[_chosen(spec, path, list(archive.files), "array")]

    return _from_numpy(spec, path, _numpy_load(spec, path, pick))


def _numpy_load(spec: InputSpec, path: Path, pick: Callable[[Any], Any]) -> Any:
    try:
        return load_arrays(path, pick)
    except MemoryError as error:
        raise UserError(
            "input-file-too-large",
            f"{path}, from which the example input {spec.name!r} comes, asks for more memory than there is.",
            "Choose a smaller file; one that is small itself is damaged, or was made to ask for that.",
            str(error),
        ) from error
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk, or of permissions
        text = str(error)
        if "allow_pickle" in text or "Object arrays" in text:
            raise UserError(
                "input-file-pickled",
                f"{path} holds Python objects, for which {spec.name!r} would have to run what is in the file.",
                "Save a plain array: numpy.save(path, numpy.asarray(values, dtype='float32')).",
            ) from error
        raise _not_valid(spec, path, "a whole file of numpy arrays", text) from error


def _from_numpy(spec: InputSpec, path: Path, array: Any) -> torch.Tensor:
    import torch

    native = array.astype(array.dtype.newbyteorder("="))
    try:
        return torch.from_numpy(native)
    except TypeError as error:
        raise UserError(
            "input-file-dtype",
            f"The example input {spec.name!r} comes from {path.name}, which holds {array.dtype}: torch has no such"
            " tensors.",
            "Save the values as numbers or bools.",
        ) from error


def _read_pt(spec: InputSpec, path: Path) -> torch.Tensor:
    import pickle

    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            "input-file-pickled",
            f"{path} holds Python objects besides tensors, for which {spec.name!r} would have to run what is in it.",
            "Save tensors only: torch.save(tensor, path), or a dict of them.",
            str(error),
        ) from error
    except (OSError, MemoryError):
        raise
    except Exception as error:  # damaged pickles raise anything; it becomes the outcome
        raise _not_valid(spec, path, "a whole file of torch.save", f"{type(error).__name__}: {error}") from error
    steps = [step for step in spec.file_key.split(".") if step]
    if not steps and isinstance(content, Mapping):
        steps = [_chosen(spec, path, [str(key) for key in content], "entry")]
    for depth, step in enumerate(steps):
        content = _entry(spec, path, content, step, steps[:depth])
    if not isinstance(content, torch.Tensor):
        raise UserError(
            "input-file-key",
            f"{path.name} holds {_shown_type(content)} under {spec.file_key or 'its only entry'}, and the input"
            f" {spec.name!r} is a tensor.",
            "Name the tensor, with dots between the keys that lead to it.",
        )
    return content.detach().clone()


def _shown_type(content: Any) -> str:
    return "a group of entries" if isinstance(content, Mapping) else f"a {type(content).__name__}"


def _entry(spec: InputSpec, path: Path, content: Any, step: str, before: list[str]) -> Any:
    if isinstance(content, Mapping):
        by_name = {str(key): value for key, value in content.items()}
        if step in by_name:
            return by_name[step]
        raise _no_key(spec, path, ".".join((*before, step)), list(by_name))
    if isinstance(content, (list, tuple)) and step.isdigit() and int(step) < len(content):
        return content[int(step)]
    raise _no_key(spec, path, ".".join((*before, step)), [])


def _read_safetensors(spec: InputSpec, path: Path) -> torch.Tensor:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise UserError(
            "import-missing",
            f"Reading {path.name} needs the package safetensors, which this interpreter lacks.",
            f"Install it: {pip_command('safetensors')}",
        ) from error
    try:
        with safe_open(path, framework="pt") as opened:
            tensor: torch.Tensor = opened.get_tensor(_chosen(spec, path, list(opened.keys()), "tensor"))
            return tensor
    except SafetensorError as error:
        raise _not_valid(spec, path, "a whole safetensors file", str(error)) from error


_READERS: dict[str, Callable[[InputSpec, Path], Any]] = {
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".pt": _read_pt,
    ".pth": _read_pt,
    ".safetensors": _read_safetensors,
}


def _chosen(spec: InputSpec, path: Path, keys: list[str], what: str) -> str:
    """The key that the row names, or the only one."""
    if spec.file_key in keys:
        return spec.file_key
    if not spec.file_key and len(keys) == 1:
        return keys[0]
    if not spec.file_key and spec.name in keys:
        return spec.name
    if spec.file_key:
        raise _no_key(spec, path, spec.file_key, keys)
    raise UserError(
        "input-file-key",
        f"{path.name} holds {plural(len(keys), what)}, and the example input {spec.name!r} does not say which.",
        f"Give its key, one of {', '.join(keys[:12])}." if keys else "Choose another file.",
    )


def _no_key(spec: InputSpec, path: Path, key: str, keys: list[str]) -> UserError:
    return UserError(
        "input-file-key",
        f"{path.name} has no {key!r}, from which the example input {spec.name!r} comes.",
        f"It has {', '.join(keys[:12])}." if keys else "What is above it has no entries.",
    )


def _not_valid(spec: InputSpec, path: Path, what: str, details: str) -> UserError:
    return UserError(
        "input-file-not-valid",
        f"{path}, from which the example input {spec.name!r} comes, is not {what}.",
        "It may be cut short or of another kind: make it again, or choose another file.",
        details,
    )

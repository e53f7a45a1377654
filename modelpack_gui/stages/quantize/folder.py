"""Calibration data from a folder: `.npy`, `.npz`, tensors and pictures, one or more samples a file."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.locations import is_file, is_folder
from modelpack_gui.core.records import CalibrationSpec, ImageSpec, InputSpec, TensorInfo, tensor_inputs
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.quantize.fit import Arrays, Fitter, Sample, named
from modelpack_gui.stages.source.numpy_files import DAMAGE, load_arrays
from modelpack_gui.stages.source.pictures import PICTURE_SUFFIXES
from modelpack_gui.stages.source.usercode import require_torch

_ARRAYS = (".npy", ".npz", ".pt", ".pth", ".safetensors")


def folder_samples(
    spec: CalibrationSpec, inputs: Sequence[InputSpec], fitter: Fitter, context: Context
) -> tuple[list[Sample], str]:
    """Samples from the files of a folder, and what they are in a phrase.

    An artifact of several inputs needs `.npz` files with arrays of their names, or a folder below for each input,
    with as many files each. Which files are read where there are more than needed is drawn by `spec.seed`.

    Raises:
        UserError: `calibration-folder-missing`, `calibration-empty`, those of `read_file` and of `Fitter`.
    """
    folder = resolve(context, spec.path)
    if not spec.path or not is_folder(folder):
        raise UserError(
            "calibration-folder-missing",
            f"There is no folder {folder} to take calibration data from."
            if spec.path
            else "No folder is named to take calibration data from.",
            "Choose a folder of .npy or .npz files, or of pictures.",
        )
    names = [info.name for info in fitter.inputs]
    parts = _parts(folder, names)
    order = list(range(len(parts)))
    random.Random(spec.seed).shuffle(order)  # noqa: S311 (a choice of files, not a secret)
    reader = _Reader(spec, inputs, fitter.inputs, context)
    used: set[int] = set()

    def rows() -> Iterator[Sample]:
        for number in order:
            context.check_cancelled()
            used.add(number)
            context.progress(f"Reading file {len(used):,} of {min(len(parts), spec.samples):,}")
            yield from fitter.rows(*reader.read(parts[number]))

    samples = list(fitter.batches(rows(), spec.samples))
    of = f" of {len(parts):,}" if len(used) < len(parts) else ""
    return samples, f"{plural(len(samples), 'sample')} from {len(used):,}{of} files in {folder.name}"


def _parts(folder: Path, names: Sequence[str]) -> list[dict[str, Path]]:
    """For each sample its files by the name of the input; by `""` a file that holds all inputs."""
    below = {name: folder / name for name in names if is_folder(folder / name)}
    if len(names) > 1 and below:
        files = {name: _files(place) for name, place in below.items()}
        counts = {name: len(found) for name, found in files.items()} | {
            name: 0 for name in names if name not in below
        }
        if len(set(counts.values())) > 1:
            shown = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise UserError(
                "calibration-empty",
                f"The folders in {folder} hold different numbers of files: {shown}.",
                "Give each input a folder of its name with as many files.",
            )
        return [dict(zip(names, row, strict=True)) for row in zip(*(files[name] for name in names), strict=True)]
    found = _files(folder)
    if len(names) > 1:
        found = [path for path in found if path.suffix.lower() in (".npz", ".pt", ".pth", ".safetensors")]
    if not found:
        what = f".npz files with arrays {', '.join(names)}" if len(names) > 1 else "arrays or pictures"
        raise UserError(
            "calibration-empty",
            f"There are no {what} in {folder}.",
            f"Known are {', '.join((*_ARRAYS, *PICTURE_SUFFIXES))}.",
        )
    return [{"" if len(names) > 1 else names[0]: path} for path in found]


def _files(folder: Path) -> list[Path]:
    """The files that can be read in a folder and all below it, in the order that a person would count."""
    known = {*_ARRAYS, *PICTURE_SUFFIXES}
    found = [path for path in folder.rglob("*") if path.suffix.lower() in known and is_file(path)]
    return sorted(found, key=lambda path: [(int(part), "") if part.isdigit() else (0, part) for part in _split(path)])


def _split(path: Path) -> list[str]:
    return [part for part in re.split(r"(\d+)", str(path)) if part]


class _Reader:
    """Reads files by the same readers as example inputs."""

    def __init__(
        self, spec: CalibrationSpec, inputs: Sequence[InputSpec], infos: Sequence[TensorInfo], context: Context
    ) -> None:
        self._infos = tuple(infos)
        self._image = spec.image
        self._specs = {one.name: one for one in tensor_inputs(inputs)}
        self._context = context

    def read(self, part: dict[str, Path]) -> tuple[Arrays, str]:
        """The arrays of one sample, and where they come from."""
        files = " and ".join(path.name for path in part.values())
        where = f"the file {files}" if len(part) == 1 else f"the files {files}"
        if "" in part:
            found: dict[str, Any] = {info.name: self._array(info, part[""], info.name) for info in self._infos}
        else:
            found = {info.name: self._array(info, part[info.name], "") for info in self._infos}
        return named(found, self._infos, where), where

    def _array(self, info: TensorInfo, path: Path, key: str) -> Any:
        from modelpack_gui.stages.source.input_files import read_file

        is_picture = path.suffix.lower() in PICTURE_SUFFIXES
        if path.suffix.lower() in (".npy", ".npz") and not is_picture:
            return self._numpy(info, path, key)
        require_torch()
        like = self._specs.get(info.name)
        spec = InputSpec(info.name, (), info.dtype, file=str(path), file_key=key)
        if is_picture:
            spec = dataclasses.replace(spec, image=self._image_of(info, like))
        return read_file(spec, self._context)

    def _image_of(self, info: TensorInfo, like: InputSpec | None) -> ImageSpec:
        """How pictures are read: as said, as the example input of that name is, at the size that is taken."""
        image = self._image or (like.image if like is not None else None) or ImageSpec()
        shape = info.shape or ()
        if len(shape) != 4:
            return image
        channels, sizes = shape[1], [size for size in shape[2:] if isinstance(size, int)]
        if image.size is None:
            if like is not None and len(sizes) < 2 and len(like.shape) == 4:
                sizes = list(like.shape[2:])
            if len(sizes) == 2:
                image = dataclasses.replace(image, size=(sizes[0], sizes[1]))
        return dataclasses.replace(image, channels=1) if channels == 1 else image

    def _numpy(self, info: TensorInfo, path: Path, key: str) -> Any:
        """An array of numpy, for which no torch is needed."""

        def pick(content: Any) -> Any:
            if not hasattr(content, "files"):
                return content
            keys = list(content.files)
            wanted = key if key in keys else info.name if info.name in keys else keys[0] if len(keys) == 1 else ""
            if wanted and (not key or wanted == key or len(self._infos) == 1):
                return content[wanted]
            raise UserError(
                "calibration-names",
                f"{path.name} holds {', '.join(keys) or 'nothing'}, and the artifact takes {info.name}.",
                "Name the arrays as the artifact's inputs are named.",
            )

        try:
            return load_arrays(path, pick)
        except DAMAGE as error:
            raise UserError(
                "calibration-file",
                f"{path} cannot be read as arrays of numpy: {str(error) or type(error).__name__}.",
                "It may be cut short, or hold Python objects: save plain arrays with numpy.save or numpy.savez.",
            ) from error

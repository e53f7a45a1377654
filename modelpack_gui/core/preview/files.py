"""Example inputs that come from files, as Python source."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from modelpack_gui.core.preview.pycode import literal
from modelpack_gui.core.records import ImageSpec, InputSpec

_TENSOR_SUFFIXES = (".pt", ".pth")

RESIZED = '''\
def resized(values, shape):
    """The values at another shape: repeated where an axis is longer, cut off where it is shorter."""
    for axis, size in enumerate(shape):
        times = [1] * values.dim()
        times[axis] = -(-size // values.shape[axis])
        values = values.repeat(times).narrow(axis, 0, size)
    return values.contiguous()'''


def import_names(inputs: Sequence[InputSpec]) -> set[str]:
    """Modules that the lines need besides torch: `numpy`, `PIL`, `safetensors`."""
    names: set[str] = set()
    for item in inputs:
        if item.file:
            suffix = PurePath(item.file).suffix.lower()
            if suffix == ".safetensors":
                names.add("safetensors")
            elif suffix not in _TENSOR_SUFFIXES:
                names |= {"numpy"} if suffix in (".npy", ".npz") else {"numpy", "PIL"}
    return names


def read_lines(name: str, item: InputSpec, shape: str, indent: str) -> list[str]:
    """Lines that read an input into a variable, in its dtype, at a shape given as source."""
    path, suffix = literal(item.file), PurePath(item.file).suffix.lower()
    if suffix in _TENSOR_SUFFIXES:
        keys = "".join(f"[{literal(key)}]" for key in item.file_key.split(".") if key)
        lines = [f'{name} = torch.load({path}, map_location="cpu", weights_only=True){keys}']
    elif suffix == ".safetensors":
        lines = [f"{name} = load_file({path})[{literal(item.file_key or item.name)}]"]
    elif suffix == ".npz":
        lines = [f"{name} = torch.from_numpy(np.load({path})[{literal(item.file_key or item.name)}])"]
    elif suffix == ".npy":
        lines = [f"{name} = torch.from_numpy(np.load({path}))"]
    else:
        lines = _picture_lines(name, path, item.image or ImageSpec(), item.dtype)
    return [indent + line for line in [*lines, f"{name} = resized({name}.to(torch.{item.dtype}), {shape})"]]


def _picture_lines(name: str, path: str, image: ImageSpec, dtype: str) -> list[str]:
    """As the stages read a picture of 8 bits; one of 16 bits needs a line more."""
    mode = "RGB" if image.channels == 3 else "L"
    lines = [f'picture = ImageOps.exif_transpose(Image.open({path})).convert("{mode}")']
    if image.size:
        lines.append(f"picture = picture.resize({literal(image.size[::-1])}, Image.Resampling.BILINEAR)")
    pixels = f"np.asarray(picture).reshape(picture.height, picture.width, {image.channels}).copy()"
    lines.append(f"{name} = torch.from_numpy({pixels}).permute(2, 0, 1)[None]")
    if not dtype.startswith(("float", "bfloat")):
        return lines
    lines.append(f"{name} = {name} / 255.0")
    for numbers, sign in ((image.mean, "-"), (image.std, "/")):
        if numbers:
            lines.append(f"{name} = {name} {sign} torch.tensor({literal(list(numbers))}).view(1, -1, 1, 1)")
    return lines


def helper_lines(inputs: Sequence[InputSpec]) -> list[str]:
    """The function that the lines call, where any input comes from a file."""
    return [RESIZED, "", ""] if any(item.file for item in inputs) else []

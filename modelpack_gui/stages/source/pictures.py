"""Pictures as example inputs: decoded, resized, scaled and normalised as vision models usually want them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import ImageSpec, InputSpec
from modelpack_gui.stages.source.usercode import pip_command

if TYPE_CHECKING:
    import torch

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


def read_picture(spec: InputSpec, path: Path) -> torch.Tensor:
    """A picture as a tensor of the shape 1, channels, height, width.

    It is turned as its camera says (EXIF), decoded to RGB or grey, resized (bilinear, smoothed when it shrinks),
    scaled to 0..1, and normalised. Transparency is dropped, as `Image.convert("RGB")` does. For an integer dtype the
    values stay 0..255 and are not normalised.

    Raises:
        UserError: `import-missing`, `input-file-not-valid`, `input-picture`.
    """
    import torch

    image = spec.image or ImageSpec()
    pixels = _pixels(spec, path, image)  # height, width, channels in 0..1
    values = torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0).contiguous()
    if spec.dtype and not spec.dtype.startswith(("float", "bfloat")):
        return values.mul(255.0).round().to(torch.uint8)
    for numbers, name in ((image.mean, "mean"), (image.std, "std")):
        if numbers and len(numbers) not in (1, image.channels):
            raise UserError(
                "input-picture",
                f"{spec.name!r} has {len(numbers)} numbers for {name} and {image.channels} channels.",
                "Give one number for each channel, or one for all.",
            )
    if image.mean:
        values = values - torch.tensor(image.mean).view(1, -1, 1, 1)
    if image.std:
        if any(number == 0 for number in image.std):
            raise UserError("input-picture", f"A std of {spec.name!r} is 0.", "Give numbers above 0.")
        values = values / torch.tensor(image.std).view(1, -1, 1, 1)
    return values


def _pixels(spec: InputSpec, path: Path, image: ImageSpec) -> Any:
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as error:
        raise UserError(
            "import-missing",
            f"Reading {path.name} needs the package pillow, which this interpreter lacks.",
            f"Install it: {pip_command('pillow')}",
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # it is the user's own picture
            with Image.open(path) as opened:
                opened.load()
                picture = ImageOps.exif_transpose(opened)
                return _decoded(picture, image, spec, path)
    except UnidentifiedImageError as error:
        raise _not_valid(spec, path, "is not a picture that Pillow can read", str(error)) from error
    except Image.DecompressionBombError as error:
        raise _not_valid(spec, path, "is too large a picture", str(error)) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise _not_valid(spec, path, "is cut short or damaged", str(error)) from error


def _decoded(picture: Any, image: ImageSpec, spec: InputSpec, path: Path) -> Any:
    import numpy as np
    from PIL import Image

    size = (image.size[1], image.size[0]) if image.size else picture.size
    if min(size) < 1:
        raise UserError(
            "input-picture", f"The size of {spec.name!r} is {size[1]} x {size[0]}.", "Give sizes above 0."
        )
    if picture.mode == "F":
        raise UserError(
            "input-picture",
            f"{path.name} holds floating-point grey values, whose range it does not say.",
            "Save it as an 8-bit or 16-bit picture, or as an .npy file.",
        )
    if picture.mode.startswith("I"):  # 16 bits of grey, which convert("RGB") would cut off at 255
        grey = Image.fromarray(np.asarray(picture).astype(np.float32) / 65535.0)
        plane = np.asarray(grey.resize(size, Image.Resampling.BILINEAR))
        return np.repeat(plane[:, :, None], image.channels, axis=2).astype(np.float32)
    converted = picture.convert("RGB" if image.channels == 3 else "L").resize(size, Image.Resampling.BILINEAR)
    array = np.asarray(converted, dtype=np.float32) / 255.0
    return array if array.ndim == 3 else array[:, :, None]


def _not_valid(spec: InputSpec, path: Path, problem: str, details: str) -> UserError:
    return UserError(
        "input-file-not-valid",
        f"{path}, from which the example input {spec.name!r} comes, {problem}.",
        "Choose another file, or save it again as PNG or JPEG.",
        details,
    )

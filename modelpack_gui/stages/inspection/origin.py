"""Which PyTorch module, and which line of Python, a node came from."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
_TRACED_FRAME = re.compile(r"^(.+?)\((\d+)\): ", re.MULTILINE)
_TORCH = re.compile(
    r"[\\/](?:site|dist)-packages[\\/]torch[\\/]|[\\/]torch[\\/](?:nn|_|jit|onnx|export|functional)|^<|^code[\\/]__torch__"
)
_LIBRARY = re.compile(r"[\\/](?:site|dist)-packages[\\/]")


class Origin(NamedTuple):
    """Path and class of the module, and `file:line`; each empty if unknown."""

    module_path: str = ""
    module_class: str = ""
    source_location: str = ""


def origin_of_onnx(node_name: str, metadata: Mapping[str, str]) -> Origin:
    """Where an ONNX node came from.

    Args:
        node_name: The TorchScript exporter writes the module path into it.
        metadata: The node's metadata_props; the dynamo exporter writes scopes, classes and stack there.
    """
    scopes = metadata.get("pkg.torch.onnx.name_scopes")
    if scopes is None:
        return Origin(path_of_node_name(node_name))
    path = _second_last(scopes)
    module_class = _second_last(metadata.get("pkg.torch.onnx.class_hierarchy", ""))
    return Origin(path, module_class, location_of_stack(metadata.get("pkg.torch.onnx.stack_trace", "")))


def _second_last(list_text: str) -> str:
    """The last item but one of a printed list of strings: the last one is the operation, not a module."""
    items = _QUOTED.findall(list_text)
    return items[-2][0] or items[-2][1] if len(items) > 1 else ""


@functools.lru_cache(maxsize=4096)
def location_of_stack(stack: str) -> str:
    """`file:line` of the innermost frame of the user's own code, else of a library above torch, else of any.

    Args:
        stack: As Python prints it, innermost frame last.
    """
    return _chosen(list(reversed(_FRAME.findall(stack))))


@functools.lru_cache(maxsize=4096)
def location_of_source_range(source_range: str) -> str:
    """`file:line` of a TorchScript node.

    Args:
        source_range: Traced code lists `file(line): function`, innermost first; scripted code prints
            `File "...", line N`, innermost last.
    """
    return _chosen(_TRACED_FRAME.findall(source_range)) or location_of_stack(source_range)


def is_torch(file: str) -> bool:
    """Whether a file of Python is part of torch, or none at all."""
    return _TORCH.search(file) is not None


def is_library(file: str) -> bool:
    """Whether a file of Python belongs to an installed package."""
    return _LIBRARY.search(file) is not None


def _chosen(frames: list[tuple[str, str]]) -> str:
    """`file:line` of the frame that says most, of frames with the innermost first; empty if there are none."""
    above_torch = [frame for frame in frames if not is_torch(frame[0])]
    own = [frame for frame in above_torch if not is_library(frame[0])]
    return next((f"{file}:{line}" for file, line in (*own, *above_torch, *frames)), "")


def path_of_node_name(name: str) -> str:
    """The module path in a node name of the TorchScript exporter: `/layers/0/conv1/Conv` is in `layers.0.conv1`.

    A child of a Sequential is named with its parent's name before it (`/stages/stages.0/first/first.1/Relu`);
    the repeated part counts once.
    """
    if not name.startswith("/"):
        return ""
    path: list[str] = []
    before = ""
    for part in name.split("/")[1:-1]:
        path.append(part[len(before) + 1 :] if before and part.startswith(f"{before}.") else part)
        before = part
    return ".".join(path)


@functools.lru_cache(maxsize=4096)
def origin_of_hierarchy(hierarchy: str) -> Origin:
    """Path and class from TorchScript's `stages(Sequential).0(ResidualBlock)`."""
    path: list[str] = []
    module_class = ""
    for name, class_name in re.findall(r"([^.()]+)(?:\(([^()]*)\))?", hierarchy):
        path.append(name)
        module_class = class_name
    return Origin(".".join(path), module_class)

"""Which PyTorch module, and which line of Python, a node came from."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
_TRACED_FRAME = re.compile(r"^(.+?)\((\d+)\): ", re.MULTILINE)
_TORCH = re.compile(
    r"[\\/](?:site|dist)-packages[\\/]torch[\\/]|[\\/]torch[\\/](?:nn|_|jit|onnx|export|functional)|^<|^code[\\/]__torch__"
)
_ARE_TEXTS = frozenset({str})
_NO_MODULES = frozenset({"SELF", "UNKNOWN_INSTANCE"})
_SCOPES, _CLASSES, _STACK = _KEYS = tuple(
    f"pkg.torch.onnx.{name}" for name in ("name_scopes", "class_hierarchy", "stack_trace")
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
    scopes = metadata.get(_SCOPES)
    if scopes is None:
        return Origin(path_of_node_name(node_name))
    classes, stack = metadata.get(_CLASSES, ""), metadata.get(_STACK, "")
    return Origin(_last(_but_last(scopes)), _last(_but_last(classes)), location_of_stack(stack))


def origins_of_nodes(names: Sequence[str], nodes: Iterable[Any]) -> tuple[list[str], list[str], list[str]]:
    """The same of many messages, as columns: module paths, module classes and source locations.

    Args:
        names: Theirs.
    """
    paths, classes, sources = [], [], []
    for name, node in zip(names, nodes, strict=True):
        wanted = {key: entry.value for entry in node.metadata_props if (key := entry.key) in _KEYS}
        if not _ARE_TEXTS.issuperset(map(type, wanted.values())):
            wanted = {key: _spelled(value) for key, value in wanted.items()}
        scopes = wanted.get(_SCOPES)
        if scopes is None:
            paths.append(path_of_node_name(name))
            classes.append("")
            sources.append("")
        else:
            paths.append(_last(_but_last(scopes)))
            classes.append(_last(_but_last(wanted.get(_CLASSES, ""))))
            sources.append(location_of_stack(wanted.get(_STACK, "")))
    return paths, classes, sources


def _spelled(text: str | bytes) -> str:
    """A text that is no valid UTF-8 comes as bytes."""
    return text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")


def _but_last(list_text: str) -> str:
    """A printed list of strings without its last item: that is the operation, not a module."""
    return list_text[: max(list_text.rfind(", "), 0)]


def _last(list_text: str) -> str:
    """The last item of a printed list of strings, of which the end may be missing."""
    if list_text.endswith("'") and '"' not in list_text and "\\" not in list_text:  # nearly all: quotes come in pairs
        return list_text[list_text.rfind("'", 0, -1) + 1 : -1]
    items = _QUOTED.findall(list_text)
    return items[-1][0] or items[-1][1] if items else ""


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
    return path_of_folders(name.rpartition("/")[0])


@functools.lru_cache(maxsize=65536)
def path_of_folders(folders: str) -> str:
    """The same of `/layers/0/conv1`, the name without its last part."""
    if not folders.startswith("/"):
        return ""
    path: list[str] = []
    before = ""
    for part in folders.split("/")[1:]:
        path.append(part[len(before) + 1 :] if before and part.startswith(f"{before}.") else part)
        before = part
    return ".".join(path)


@functools.lru_cache(maxsize=4096)
def origin_of_hierarchy(hierarchy: str) -> Origin:
    """Path and class from TorchScript's `stages(Sequential).0(ResidualBlock)`.

    A method that a module calls on itself (`SELF`), and a function (`UNKNOWN_INSTANCE`), are no modules in it.
    """
    path: list[str] = []
    module_class = ""
    for name, class_name in re.findall(r"([^.()]+)(?:\(([^()]*)\))?", hierarchy):
        if name not in _NO_MODULES:
            path.append(name)
            module_class = class_name
    return Origin(".".join(path), module_class)

"""Sizes that a graph leaves open, and shapes once they are chosen."""

from __future__ import annotations

import ast
import json
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from modelpack_gui.core.graph.columns import ints
from modelpack_gui.core.graph.graph import Graph, Shape

LONGEST_EXPRESSION = 300
LARGEST = 2**53
"""Above this a size is no size any more, and a float64 would not hold it."""

_USUAL = {"batch": 1, "height": 224, "width": 224, "h": 224, "w": 224, "channel": 3, "channels": 3, "past": 0}
_USUAL_OTHER = 16
_BINARY: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_CALLS: dict[str, Callable[..., int]] = {
    "Max": max, "max": max, "Min": min, "min": min, "FloorDiv": operator.floordiv, "Mod": operator.mod,
    "CeilToInt": lambda size: size, "IntTrueDiv": operator.floordiv, "PythonMod": operator.mod,
}  # fmt: skip


@dataclass(frozen=True)
class OpenDim:
    """A size that the inputs leave open.

    Attributes:
        key: Its name in the file (`batch`), or its place (`image[0]`) where it has none.
        places: The axes of inputs that have it: `image[0]`.
        usual: A size to count with as long as nobody says another.
    """

    key: str
    places: tuple[str, ...]
    usual: int


def open_dims(graph: Graph) -> tuple[OpenDim, ...]:
    """The sizes that the inputs of the main graph leave open, in their order."""
    found: dict[str, list[str]] = {}
    usual: dict[str, int] = {}
    stored = graph.initializer_of
    for value in graph.scopes[0].inputs if len(graph.scopes) else ():
        if value in stored:
            continue
        info = graph.value_info(value)
        for axis, size in enumerate(info.shape or ()):
            if isinstance(size, int):
                continue
            place = f"{info.name}[{axis}]"
            key = size or place
            if size and not size.isidentifier() and _evaluated(size, {}) is None and _names(size):
                continue  # it follows from others: `2*batch`
            found.setdefault(key, []).append(place)
            usual.setdefault(key, _usual_size(size or "", axis))
    return tuple(OpenDim(key, tuple(places), usual[key]) for key, places in found.items())


def _usual_size(name: str, axis: int) -> int:
    words = name.lower().replace("-", "_").split("_")
    known = next((size for word, size in _USUAL.items() if word in words), None)
    return known if known is not None else 1 if axis == 0 else _USUAL_OTHER


def sizes_of_inputs(dims: Sequence[OpenDim], shapes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """The sizes that some inputs have, by `OpenDim.key`; those of inputs that are not there are left out.

    Args:
        shapes: Of example inputs, by name.
    """
    found: dict[str, int] = {}
    for dim in dims:
        for place in dim.places:
            name, _, axis = place[:-1].rpartition("[")
            shape = shapes.get(name, ())
            if int(axis) < len(shape):
                found.setdefault(dim.key, shape[int(axis)])
    return found


def sizes_by_key(graph: Graph, given: Mapping[str, int]) -> dict[str, int]:
    """Sizes as a user names them, by `OpenDim.key`: a size that has a name is known by its place as well.

    Raises:
        KeyError: With a name that stands neither for a size that the inputs leave open, nor for one within the graph.
    """
    keys = {place: dim.key for dim in open_dims(graph) for place in dim.places}
    known = {*keys.values()}
    for shape in graph.shapes:
        for size in shape or ():
            if isinstance(size, str):
                known |= {size, *_names(size)}
    found = {}
    for name, size in given.items():
        key = keys.get(name, name)
        if key not in known:
            raise KeyError(name)
        found[key] = size
    return found


def with_sizes(graph: Graph, sizes: Mapping[str, int]) -> Graph:
    """The graph with its open sizes chosen, as far as they follow from their names.

    Args:
        sizes: By `OpenDim.key`; also of names that only occur within the graph.
    """
    shapes = [shape_with(shape, sizes) for shape in graph.shapes]
    value_shape = graph.ints("value_shape")
    values = ints(value_shape)
    for value in graph.scopes[0].inputs if len(graph.scopes) else ():
        shape = value_shape[value]
        name = graph.value_name(value)
        known = shapes[shape] if shape >= 0 else None
        if known is not None and None in known:
            values[value] = len(shapes)
            shapes.append(
                tuple(sizes.get(f"{name}[{axis}]") if size is None else size for axis, size in enumerate(known))
            )
    return reshaped(graph, shapes, values)


def retyped(graph: Graph, found: Mapping[int, tuple[str, Shape | None]]) -> Graph:
    """The graph with what was found out of some values; what it knows itself stays.

    Args:
        found: Dtype and shape by number of the value: an empty dtype, no shape, and sizes that are no numbers tell
            nothing.
    """
    texts = list(graph.texts)
    places = {text: place for place, text in enumerate(texts)}
    shapes: list[Shape | None] = list(graph.shapes)
    shape_places: dict[Shape, int] = {}
    value_dtype, value_shape = ints(graph.ints("value_dtype")), ints(graph.ints("value_shape"))
    for value, (dtype, shape) in found.items():
        if dtype and not texts[value_dtype[value]]:
            if dtype not in places:
                places[dtype] = len(texts)
                texts.append(dtype)
            value_dtype[value] = places[dtype]
        before = shapes[value_shape[value]] if value_shape[value] >= 0 else None
        if shape is None or shape == before or (before is not None and len(before) != len(shape)):
            continue
        merged = tuple(new if isinstance(new, int) else old for old, new in zip(before or shape, shape, strict=True))
        if merged not in shape_places:
            shape_places[merged] = len(shapes)
            shapes.append(merged)
        value_shape[value] = shape_places[merged]
    typed = Graph({**graph.columns, "texts": texts, "value_dtype": value_dtype})
    return reshaped(typed, shapes, value_shape)


def reshaped(graph: Graph, shapes: list[Shape | None], value_shape: object) -> Graph:
    """The same graph with other shapes.

    Args:
        value_shape: Column of places in `shapes`, -1 for none.
    """
    columns = {**graph.columns, "shapes": [json.dumps(shape) for shape in shapes], "value_shape": value_shape}
    return Graph(columns)  # type: ignore[arg-type]


def has_unknown(graph: Graph) -> bool:
    """Whether the shape of some value is not known in full."""
    is_open = [shape is None or any(not isinstance(size, int) for size in shape) for shape in graph.shapes]
    return any(shape < 0 or is_open[shape] for shape in graph.ints("value_shape"))


def shape_with(shape: Shape | None, sizes: Mapping[str, int]) -> Shape | None:
    """A shape with its open sizes chosen, as far as they follow from their names."""
    if shape is None:
        return None
    return tuple(_size(size, sizes) if isinstance(size, str) else size for size in shape)


def _size(text: str, sizes: Mapping[str, int]) -> int | str:
    known = sizes.get(text)
    if known is None:
        known = _evaluated(text, sizes)
    return text if known is None else known


def _parsed(text: str) -> ast.expr | None:
    if len(text) > LONGEST_EXPRESSION:
        return None
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a name that is no expression
        return None


def _names(text: str) -> frozenset[str]:
    tree = _parsed(text)
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)) if tree else frozenset()


def _evaluated(text: str, sizes: Mapping[str, int]) -> int | None:
    """An expression of sizes, as exporters write them: `2*batch`, `(height - 1)//2 + 1`; None if it is none."""
    tree = _parsed(text)
    try:
        size = None if tree is None else _value(tree, sizes)
    except (ArithmeticError, TypeError, ValueError, KeyError, RecursionError):
        return None
    return size if size is not None and 0 <= size <= LARGEST else None


def _value(node: ast.expr, sizes: Mapping[str, int]) -> int:
    """The value of an expression; raises KeyError for what is not known, or not understood."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return sizes[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, sizes)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, sizes), _value(node.right, sizes)
        if isinstance(node.op, ast.Pow) and 0 <= right <= 4:
            return math.prod([left] * right)
        if isinstance(node.op, ast.Div) and left % right == 0:
            return left // right
        return _BINARY[type(node.op)](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in ("floor", "ceiling") and len(node.args) == 1:
            return _rounded(node.args[0], sizes, is_up=node.func.id == "ceiling")
        return _CALLS[node.func.id](*(_value(item, sizes) for item in node.args))
    raise KeyError(node)


def _rounded(node: ast.expr, sizes: Mapping[str, int], *, is_up: bool) -> int:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        left, right = _value(node.left, sizes), _value(node.right, sizes)
        return -(-left // right) if is_up else left // right
    return _value(node, sizes)

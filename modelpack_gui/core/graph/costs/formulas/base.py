"""What a formula for the work of an operator is, and what it sees of a node."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from modelpack_gui.core.dtypes import element_bits
from modelpack_gui.core.graph.graph import Graph, Shape

Sizes = tuple[int, ...]

SPECIFICATION = (
    "The operator's definition in the ONNX specification; each arithmetic step and each exponential counts as one"
)
PRODUCTS = (
    "Sze, Chen, Yang and Emer, Efficient Processing of Deep Neural Networks (Proceedings of the IEEE 105, 2017);"
    " torch.utils.flop_counter counts the same, as 2 FLOPs for each multiply-accumulate"
)


LISTS = frozenset({"ListConstruct", "TupleConstruct"})
"""Op types of TorchScript that put tensors together."""

_MAY_BE_TENSORS = ("string", "sequence(", "optional(", "map(", "onnx type", "Optional[Tensor]")


class UnknownSize(Exception):  # noqa: N818 (it is no error: the numbers of the node are unknown)
    """A shape or an attribute that a formula needs is not known."""


class Work(NamedTuple):
    """What a node computes once.

    Attributes:
        macs: Multiply-accumulates of products and convolutions.
        steps: Other arithmetic; NaN where the operator's cost depends on the values or on the algorithm.
    """

    macs: float
    steps: float

    @property
    def flops(self) -> float:
        """All of it: a multiply-accumulate is two operations."""
        return 2.0 * self.macs + self.steps


@dataclass(frozen=True)
class Formula:
    """How the work of an operator is counted.

    Attributes:
        text: The formula in words.
        source: Where it is from.
        work: Raises UnknownSize where the shapes do not say.
    """

    text: str
    source: str
    work: Callable[[NodeView], Work]


class NodeView:
    """One node of a graph at a time: shapes of what it reads and makes, and its attributes as values."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._shapes = [known(shape) for shape in graph.shapes]
        self._value_shape = graph.ints("value_shape")
        self._inputs = self._outputs = graph.inputs(0) if len(graph.nodes) else array("i")
        self._attributes: dict[str, str] | None = None
        self._no_tensor = [is_no_tensor(text) for text in graph.texts]
        self._value_dtype, self._op_types = graph.ints("value_dtype"), graph.ints("node_op_type")
        self._is_script = any(graph.texts[domain] == "prim" for domain in set(graph.ints("node_domain")))
        self.node = 0

    def at(self, node: int) -> NodeView:
        """Look at a node."""
        self.node = node
        self._attributes = None
        self._inputs, self._outputs = self._graph.inputs(node), self._graph.outputs(node)
        if self._is_script:
            self._inputs = array("i", self._tensors(self._inputs))
        return self

    def _tensors(self, values: Sequence[int]) -> Iterator[int]:
        """Those of the arguments of TorchScript that are tensors, in lists as well; numbers are attributes."""
        graph = self._graph
        for value in values:
            if not self._no_tensor[self._value_dtype[value]]:
                yield value
                continue
            maker = graph.producers[value]
            if maker >= 0 and graph.texts[self._op_types[maker]] in LISTS:
                yield from self._tensors(graph.inputs(maker))

    @property
    def makes_no_tensor(self) -> bool:
        """Whether the node of a program of PyTorch gives numbers, texts or lists alone."""
        return all(self._no_tensor[self._value_dtype[value]] for value in self._outputs if value >= 0)

    @property
    def input_count(self) -> int:
        """Inputs, those left out included."""
        return len(self._inputs)

    def has_input(self, place: int) -> bool:
        """Whether an optional input is given."""
        return place < len(self._inputs) and self._inputs[place] >= 0

    def input(self, place: int) -> Sizes:
        """Shape of an input.

        Raises:
            UnknownSize: It is left out, or a size is not known.
        """
        return self._shape(self._inputs, place)

    def output(self, place: int = 0) -> Sizes:
        """Shape of an output; raises as `input`."""
        return self._shape(self._outputs, place)

    def text(self, name: str, default: str = "") -> str:
        """An attribute as the columns spell it."""
        if self._attributes is None:
            graph, starts = self._graph, self._graph.ints("attribute_starts")
            self._attributes = {
                graph.text("attribute_names", i): graph.text("attribute_texts", i)
                for i in range(starts[self.node], starts[self.node + 1])
            }
        return self._attributes.get(name, default)

    def number(self, name: str, default: int) -> int:
        """An INT attribute."""
        return int(_number(self.text(name, str(default))))

    def numbers(self, name: str) -> Sizes:
        """An INTS attribute; empty if it is not there."""
        items = self.text(name).strip("[]()")
        return tuple(int(_number(item)) for item in items.split(",")) if items else ()

    def _shape(self, values: array[int], place: int) -> Sizes:
        if place >= len(values) or values[place] < 0:
            raise UnknownSize
        shape = self._value_shape[values[place]]
        sizes = self._shapes[shape] if shape >= 0 else None
        if sizes is None:
            raise UnknownSize
        return sizes


def is_no_tensor(dtype: str) -> bool:
    """Whether a dtype, as the columns spell it, is the type of something else; an unknown one is not."""
    return bool(dtype) and not element_bits(dtype) and not dtype.startswith(_MAY_BE_TENSORS)


def known(shape: Shape | None) -> Sizes | None:
    """A shape whose sizes are all known; None for any other, and for one that no tensor has."""
    if shape is None:
        return None
    sizes = tuple(size for size in shape if isinstance(size, int) and size >= 0)
    return sizes if len(sizes) == len(shape) else None


def elements(sizes: Sequence[int]) -> float:
    """Elements of a tensor; a float, since a hostile file may have more than any integer column holds."""
    return float(math.prod(sizes))


def first(sizes: Sizes, place: int = 0) -> int:
    """A size that must be there.

    Raises:
        UnknownSize: The rank is too low: the file contradicts the operator's definition.
    """
    if not -len(sizes) <= place < len(sizes):
        raise UnknownSize
    return sizes[place]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # shortened, a reference to a function's attribute, or of another type than defined
        raise UnknownSize from None

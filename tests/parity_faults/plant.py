"""Edits of an ONNX graph that make it wrong in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import helper, numpy_helper


class Editor:
    """An ONNX model that is being edited."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._number = 0

    def node(self, op_type: str, nth: int = 0) -> Any:
        """The nth node of a type, in execution order."""
        return [node for node in self.model.graph.node if node.op_type == op_type][nth]

    def set(self, node: Any, **attributes: Any) -> None:
        """Give attributes other values."""
        for name, value in attributes.items():
            kept = [attribute for attribute in node.attribute if attribute.name != name]
            del node.attribute[:]
            node.attribute.extend((*kept, helper.make_attribute(name, value)))

    def array(self, name: str) -> Any:
        """The values of a constant."""
        for tensor in self.model.graph.initializer:
            if tensor.name == name:
                return numpy_helper.to_array(tensor).copy()
        maker = next(node for node in self.model.graph.node if name in node.output)
        value = {attribute.name: attribute for attribute in maker.attribute}["value"]
        return numpy_helper.to_array(value.t).copy()

    def feed(self, node: Any, position: int, values: Any) -> None:
        """Let a node, and no other, read a new constant."""
        name = self._name()
        self.model.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
        node.input[position] = name

    def insert(self, node: Any, position: int, op_type: str, *others: Any, **attributes: Any) -> None:
        """Put a node between a node and one of its inputs; `others` are its further inputs."""
        name = self._name()
        inputs = [node.input[position], *(self._constant(other) for other in others)]
        self._add_before(node, helper.make_node(op_type, inputs, [name], name=f"node_{name}", **attributes))
        node.input[position] = name

    def compute(self, node: Any, op_type: str, *inputs: str | Any, **attributes: Any) -> str:
        """Compute a new value before a node; gives its name."""
        name = self._name()
        names = [one if isinstance(one, str) else self._constant(one) for one in inputs]
        self._add_before(node, helper.make_node(op_type, names, [name], name=f"node_{name}", **attributes))
        return name

    def bypass(self, node: Any) -> None:
        """Let whatever reads a node read what the node reads."""
        for other in self.model.graph.node:
            for position, name in enumerate(other.input):
                if name == node.output[0]:
                    other.input[position] = node.input[0]
        self.model.graph.node.remove(node)

    def _constant(self, values: Any) -> str:
        name = self._name()
        self.model.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def _name(self) -> str:
        self._number += 1
        return f"planted_{self._number}"

    def _add_before(self, node: Any, new: Any) -> None:
        position = next(i for i, one in enumerate(self.model.graph.node) if one.output == node.output)
        self.model.graph.node.insert(position, new)


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        plant: Makes the graph wrong, and gives the node that is wrong then.
        sizes: Of the dynamic dimensions where it shows.
    """

    name: str
    model: str
    plant: Callable[[Editor], Any]
    sizes: dict[str, int] = field(default_factory=dict)


def around(model: Any, value: str) -> Sequence[str]:
    """What the node that makes a value gives, and what its direct neighbours give."""
    maker = next(node for node in model.graph.node if value in node.output)
    found = list(maker.output)
    for node in model.graph.node:
        if set(node.output) & set(maker.input) or set(node.input) & set(maker.output):
            found += node.output
    return found

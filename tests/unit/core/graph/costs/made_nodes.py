"""One-node graphs of any operator, for tests of what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import AttributeInfo, InitializerInfo, NodeInfo, TensorInfo

Sizes = tuple["int | str | None", ...]


def info(name: str, shape: Sizes | None, dtype: str = "float32") -> TensorInfo:
    """A value."""
    return TensorInfo(name, dtype, shape)


def one_node(
    op_type: str,
    inputs: Sequence[Sizes | None],
    outputs: Sequence[Sizes | None],
    domain: str = "ai.onnx",
    **attributes: Any,
) -> Graph:
    """A node of an operator between values of some shapes; attributes are spelled as the columns spell them."""
    given = [info(f"x{i}", shape) for i, shape in enumerate(inputs)]
    made = [info(f"y{i}", shape) for i, shape in enumerate(outputs)]
    node = node_of(op_type, [item.name for item in given], made, domain, **attributes)
    return graph_of([node], inputs=given, outputs=made)


def node_of(
    op_type: str,
    inputs: Sequence[str],
    outputs: Sequence[TensorInfo],
    domain: str = "ai.onnx",
    module: str = "",
    **attributes: Any,
) -> NodeInfo:
    """A node."""
    return NodeInfo(
        0,
        op_type,
        domain,
        "",
        module,
        tuple(inputs),
        tuple(item.name for item in outputs),
        tuple(outputs),
        tuple(AttributeInfo(name, "INTS", str(value)) for name, value in attributes.items()),
    )


def weight(name: str, *shape: int) -> InitializerInfo:
    """An initializer of float32."""
    count = 1
    for size in shape:
        count *= size
    return InitializerInfo(name, "float32", shape, 4 * count)

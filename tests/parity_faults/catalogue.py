"""The kinds of faults that are planted."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.parity_faults.plant import Editor, Fault


def _weight(edit: Editor) -> Any:
    node = edit.node("Conv", 1)
    weight = edit.array(node.input[1])
    weight[2, 1, 0, 0] += 0.5
    edit.feed(node, 1, weight)
    return node


def _kernel(edit: Editor) -> Any:
    node = edit.node("Conv", 1)
    edit.feed(node, 1, np.ascontiguousarray(edit.array(node.input[1]).transpose(0, 1, 3, 2)))
    return node


def _batch_statistics(edit: Editor) -> Any:
    """What batch norm computes in train mode."""
    node = edit.node("BatchNormalization")
    axes = np.array([0, 2, 3])
    mean = edit.compute(node, "ReduceMean", node.input[0], axes, keepdims=1)
    centred = edit.compute(node, "Sub", node.input[0], mean)
    squared = edit.compute(node, "Mul", centred, centred)
    node.input[3] = edit.compute(node, "Squeeze", mean, axes)
    node.input[4] = edit.compute(node, "ReduceMean", squared, axes, keepdims=0)
    return node


def _bias(edit: Editor) -> Any:
    node = edit.node("Conv")
    del node.input[2]
    return node


def _linear_transposed(edit: Editor) -> Any:
    node = edit.node("MatMul")
    edit.feed(node, 1, np.ascontiguousarray(edit.array(node.input[1]).T))
    return node


def _index_clipped(edit: Editor) -> Any:
    node = edit.node("Gather")
    edit.insert(node, 1, "Min", np.array(9))
    return node


def _rows_swapped(edit: Editor) -> Any:
    node = edit.node("Gather")
    table = edit.array(node.input[0])
    edit.feed(node, 0, np.roll(table, 1, axis=0))
    return node


def _with_attributes(op_type: str, **attributes: Any) -> Any:
    def plant(edit: Editor) -> Any:
        node = edit.node(op_type)
        edit.set(node, **attributes)
        return node

    return plant


def _with_input(op_type: str, place: int, value: Any) -> Any:
    def plant(edit: Editor) -> Any:
        node = edit.node(op_type)
        edit.feed(node, place, value)
        return node

    return plant


def _swapped(op_type: str, nth: int = 0) -> Any:
    def plant(edit: Editor) -> Any:
        node = edit.node(op_type, nth)
        last, first = node.input[-1], node.input[-2]
        node.input[-1], node.input[-2] = first, last
        return node

    return plant


def _matmul_swapped(edit: Editor) -> Any:
    """The query times the key: the first product of two computed values."""
    computed = {name for node in edit.model.graph.node if node.op_type != "Constant" for name in node.output}
    node = next(one for one in edit.model.graph.node if one.op_type == "MatMul" and set(one.input) <= computed)
    node.input[0], node.input[1] = node.input[1], node.input[0]
    return node


def _slice_off_by_one(edit: Editor) -> Any:
    node = edit.node("Slice")
    edit.feed(node, 1, np.array([0]))
    edit.feed(node, 2, np.array([-1]))
    return node


def _cast_dropped(edit: Editor) -> Any:
    first, second = edit.node("Cast", 0), edit.node("Cast", 1)
    edit.bypass(first)
    return second


def _least(edit: Editor) -> Any:
    node = edit.node("ArgMax")
    node.op_type = "ArgMin"
    return node


FAULTS = (
    Fault("a weight changed in one layer", "PictureNet", _weight),
    Fault("transposed kernel", "PictureNet", _kernel),
    Fault("wrong epsilon of batch norm", "PictureNet", _with_attributes("BatchNormalization", epsilon=0.1)),
    Fault("batch norm in train mode", "PictureNet", _batch_statistics),
    Fault("wrong padding mode", "PictureNet", _with_attributes("Pad", mode="edge")),
    Fault("padding on one side only", "PictureNet", _with_attributes("Conv", pads=[2, 1, 0, 1])),
    Fault("padding counted in an average", "PictureNet", _with_attributes("AveragePool", count_include_pad=1)),
    Fault("wrong limit of a clip", "PictureNet", _with_input("Clip", 2, np.float32(0.5))),
    Fault("missing bias", "PictureNet", _bias),
    Fault("wrong slope", "PictureNet", _with_attributes("LeakyRelu", alpha=0.1)),
    Fault("nearest for linear", "PictureNet", _with_attributes("Resize", mode="nearest")),
    Fault(
        "wrong coordinates of a resize",
        "PictureNet",
        _with_attributes("Resize", coordinate_transformation_mode="asymmetric"),
    ),
    Fault("mean over the wrong axis", "PictureNet", _with_input("ReduceMean", 1, np.array([2]))),
    Fault("swapped inputs of Sub", "PictureNet", _swapped("Sub")),
    Fault("transposed weight of a linear layer", "PictureNet", _linear_transposed),
    Fault("clipped index", "TextNet", _index_clipped),
    Fault("shifted rows of an embedding", "TextNet", _rows_swapped),
    Fault("softmax over the wrong axis", "TextNet", _with_attributes("Softmax", axis=1)),
    Fault("wrong epsilon of layer norm", "TextNet", _with_attributes("LayerNormalization", epsilon=0.1)),
    Fault("GELU by tanh", "TextNet", _with_attributes("Gelu", approximate="tanh")),
    Fault("swapped inputs of MatMul", "TextNet", _matmul_swapped),
    Fault("transpose left out", "TextNet", _with_attributes("Transpose", perm=[0, 1, 2])),
    Fault("slice off by one", "TextNet", _slice_off_by_one),
    Fault("sum from the other end", "TextNet", _with_attributes("CumSum", reverse=1)),
    Fault("dropped cast", "TextNet", _cast_dropped),
    Fault("swapped branches of Where", "TextNet", _swapped("Where")),
    Fault("swapped inputs of Div", "TextNet", _swapped("Div", 1)),
    Fault("swapped parts of Concat", "TextNet", _swapped("Concat")),
    Fault("least for largest", "TextNet", _least),
    Fault("batch made a number", "BatchShare", _with_input("Div", 1, np.float32(2)), {"batch": 3}),
    Fault(
        "constant shape that does not fit", "BatchShare", _with_input("Reshape", 1, np.array([2, 2, 3])), {"batch": 3}
    ),
    Fault(
        "constant shape that fits the wrong way",
        "BatchShare",
        _with_input("Reshape", 1, np.array([2, -1, 3])),
        {"batch": 4},
    ),
)

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


def _epsilon(edit: Editor) -> Any:
    node = edit.node("BatchNormalization")
    edit.set(node, epsilon=0.1)
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


def _pad_mode(edit: Editor) -> Any:
    node = edit.node("Pad")
    edit.set(node, mode="edge")
    return node


def _pads(edit: Editor) -> Any:
    node = edit.node("Conv")
    edit.set(node, pads=[2, 1, 0, 1])
    return node


def _count_pad(edit: Editor) -> Any:
    node = edit.node("AveragePool")
    edit.set(node, count_include_pad=1)
    return node


def _limit(edit: Editor) -> Any:
    node = edit.node("Clip")
    edit.feed(node, 2, np.float32(0.5))
    return node


def _bias(edit: Editor) -> Any:
    node = edit.node("Conv")
    del node.input[2]
    return node


def _slope(edit: Editor) -> Any:
    node = edit.node("LeakyRelu")
    edit.set(node, alpha=0.1)
    return node


def _resize_mode(edit: Editor) -> Any:
    node = edit.node("Resize")
    edit.set(node, mode="nearest")
    return node


def _resize_coordinates(edit: Editor) -> Any:
    node = edit.node("Resize")
    edit.set(node, coordinate_transformation_mode="asymmetric")
    return node


def _mean_axis(edit: Editor) -> Any:
    node = edit.node("ReduceMean")
    edit.feed(node, 1, np.array([2]))
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


def _softmax_axis(edit: Editor) -> Any:
    node = edit.node("Softmax")
    edit.set(node, axis=1)
    return node


def _layer_norm_epsilon(edit: Editor) -> Any:
    node = edit.node("LayerNormalization")
    edit.set(node, epsilon=0.1)
    return node


def _gelu_tanh(edit: Editor) -> Any:
    node = edit.node("Gelu")
    edit.set(node, approximate="tanh")
    return node


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


def _transposed(edit: Editor) -> Any:
    node = edit.node("Transpose")
    edit.set(node, perm=[0, 1, 2])
    return node


def _slice_off_by_one(edit: Editor) -> Any:
    node = edit.node("Slice")
    edit.feed(node, 1, np.array([0]))
    edit.feed(node, 2, np.array([-1]))
    return node


def _sum_reversed(edit: Editor) -> Any:
    node = edit.node("CumSum")
    edit.set(node, reverse=1)
    return node


def _cast_dropped(edit: Editor) -> Any:
    first, second = edit.node("Cast", 0), edit.node("Cast", 1)
    edit.bypass(first)
    return second


def _least(edit: Editor) -> Any:
    node = edit.node("ArgMax")
    node.op_type = "ArgMin"
    return node


def _batch_constant(edit: Editor) -> Any:
    node = edit.node("Div")
    edit.feed(node, 1, np.float32(2))
    return node


def _shape_constant(edit: Editor) -> Any:
    node = edit.node("Reshape")
    edit.feed(node, 1, np.array([2, 2, 3]))
    return node


def _shape_folded(edit: Editor) -> Any:
    node = edit.node("Reshape")
    edit.feed(node, 1, np.array([2, -1, 3]))
    return node


FAULTS = (
    Fault("a weight changed in one layer", "PictureNet", _weight),
    Fault("transposed kernel", "PictureNet", _kernel),
    Fault("wrong epsilon of batch norm", "PictureNet", _epsilon),
    Fault("batch norm in train mode", "PictureNet", _batch_statistics),
    Fault("wrong padding mode", "PictureNet", _pad_mode),
    Fault("padding on one side only", "PictureNet", _pads),
    Fault("padding counted in an average", "PictureNet", _count_pad),
    Fault("wrong limit of a clip", "PictureNet", _limit),
    Fault("missing bias", "PictureNet", _bias),
    Fault("wrong slope", "PictureNet", _slope),
    Fault("nearest for linear", "PictureNet", _resize_mode),
    Fault("wrong coordinates of a resize", "PictureNet", _resize_coordinates),
    Fault("mean over the wrong axis", "PictureNet", _mean_axis),
    Fault("swapped inputs of Sub", "PictureNet", _swapped("Sub")),
    Fault("transposed weight of a linear layer", "PictureNet", _linear_transposed),
    Fault("clipped index", "TextNet", _index_clipped),
    Fault("shifted rows of an embedding", "TextNet", _rows_swapped),
    Fault("softmax over the wrong axis", "TextNet", _softmax_axis),
    Fault("wrong epsilon of layer norm", "TextNet", _layer_norm_epsilon),
    Fault("GELU by tanh", "TextNet", _gelu_tanh),
    Fault("swapped inputs of MatMul", "TextNet", _matmul_swapped),
    Fault("transpose left out", "TextNet", _transposed),
    Fault("slice off by one", "TextNet", _slice_off_by_one),
    Fault("sum from the other end", "TextNet", _sum_reversed),
    Fault("dropped cast", "TextNet", _cast_dropped),
    Fault("swapped branches of Where", "TextNet", _swapped("Where")),
    Fault("swapped inputs of Div", "TextNet", _swapped("Div", 1)),
    Fault("swapped parts of Concat", "TextNet", _swapped("Concat")),
    Fault("least for largest", "TextNet", _least),
    Fault("batch made a number", "BatchShare", _batch_constant, {"batch": 3}),
    Fault("constant shape that does not fit", "BatchShare", _shape_constant, {"batch": 3}),
    Fault("constant shape that fits the wrong way", "BatchShare", _shape_folded, {"batch": 4}),
)
